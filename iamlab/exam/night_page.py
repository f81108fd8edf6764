"""The page about the night of the leak: what happened, what was done, and how well, with figures.

It is computed from the learner's two worlds and texts, and says nothing that they don't show.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab import view
from iamlab.display import count
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.incident import excessive, kept, score
from iamlab.incident.questions import facts_of, night_of
from iamlab.model.strict_json import replace_file
from iamlab.view.cards.card import boxed, items
from iamlab.view.html import html_table
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.incident import Night, Request, Score
    from iamlab.view.figure import Figure
    from iamlab.world.world import World

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{max-width: 60em; margin: 2em auto; padding: 0 1em; font-family: sans-serif}}
@media print {{h2 {{break-after: avoid}} figure {{break-inside: avoid}}}}</style></head><body>
"""


@dataclass(frozen=True)
class IncidentPage:
    """What a learner found out about a night, and did about it.

    Parameters
    ----------
    seed
        The seed of the night.
    contained, redesigned
        The world after the containment, and after the redesign.
    steps
        The attacker's steps, as exercise 20.2 names them.
    post_mortem
        The learner's text; its paragraphs are separated by empty lines.
    """

    seed: int
    contained: World
    redesigned: World
    steps: frozenset[str]
    post_mortem: str

    @property
    def night(self) -> Night:
        """The night, with the world before any edit."""
        return night_of(self.seed)

    @cached_property
    def containment(self) -> Score:
        """How good the containment is."""
        return score(self.contained, self.night)

    @cached_property
    def redesign(self) -> Score:
        """How good the redesign is."""
        return score(self.redesigned, self.night)

    @property
    def scores(self) -> dict[str, tuple[int, int]]:
        """The five scores: how many points, of how many."""
        world = self.night.world
        true_steps = {step for step, (own, _) in facts_of("attack_steps", self.seed).items() if own}
        least, used = self.containment.fewest, len(self.containment.edits)
        wanted, before = len(kept(world)), {own for own in excessive(world) if world.can(*own)}
        removed = before.difference(self.redesign.excess)
        lost = {*self.containment.lost, *self.redesign.lost}
        return {
            "Safety": (sum(not own.leak for own in (self.containment, self.redesign)), 2),
            "Function kept": (wanted - len(lost), wanted),
            "Edits": (least, max(used, least)),
            "Excess removed": (len(removed), len(before)),
            "Explanation": (len(self.steps & true_steps), len(self.steps | true_steps)),
        }

    @property
    def figure(self) -> Figure:
        """The five scores as bars."""
        return view.score_bars(self.scores)

    @property
    def difference(self) -> Figure:
        """What the redesign changed, in the requests that must stay allowed or be denied."""
        before, after = self.night.world, self.redesigned
        requests = (*kept(before), *excessive(before))
        callers, actions, resources = (
            list(dict.fromkeys(own)) for own in zip(*requests, strict=True)
        )
        old, new = (world.access_matrix(actions, resources, callers) for world in (before, after))
        return view.difference_bars(old, new, world=before)

    @property
    def timeline(self) -> Table:
        """The attacker's calls in their order; ✕ was denied."""
        events = {own.event_id: own for own in self.night.world.events}
        rows = []
        for event_id in self.night.attack:
            own = events[event_id]
            answer = "✕ denied" if event_id in self.night.refused else "✓"
            who = str(own.user_identity.get("arn") or own.user_identity.get("accountId"))
            rows.append((f"{own.event_time:%H:%M}", who, own.event_name, answer))
        return Table.of("The attacker's calls", "time (UTC), caller, event, answer", rows)

    def __str__(self) -> str:
        lines = [f"{name}: {got} of {of}" for name, (got, of) in self.scores.items()]
        return "\n".join([f"The night of the leak, number {self.seed}", *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return boxed(self.html)

    @property
    def html(self) -> str:
        """The page's content."""
        parts: Mapping[str, Iterable[str]] = {
            f"The night of the leak, number {self.seed}": [self.figure._repr_html_()],
            "What happened": [self._summary(), _whole(self.timeline)],
            "Containment": [_result(self.containment), items(self.containment.edits)],
            "Redesign": [_result(self.redesign), self.difference._repr_html_()],
            "Post-mortem": _paragraphs(self.post_mortem),
        }
        return "".join(f"<h2>{escape(own)}</h2>{''.join(parts[own])}" for own in parts)

    def _summary(self) -> str:
        night, names = self.night, [arn.rpartition("/")[2] for arn in self.night.goal]
        text = (
            f"The access key {night.access_key_id} of {night.plan.entry} leaked. "
            f"The attacker read {count(len(names), 'map')}: {', '.join(names)}."
        )
        return f"<p>{escape(text)}</p>"

    def save(self, path: str | Path) -> None:
        """Write the page as one HTML file, which a browser can print.

        Raises
        ------
        ExerciseError
            The name doesn't end with ``.html``.
        """
        if Path(path).suffix != ".html":
            raise ExerciseError(f"{path} must end with .html.")
        head = _HEAD.format(title=f"The night of the leak, number {self.seed}")
        replace_file(Path(path), [f"{head}{self.html}</body></html>\n"], private=True)


def _whole(table: Table) -> str:
    """Return a table with all of its rows, because a printed page can't be scrolled."""
    return html_table(table.caption, table.columns, table.rows, longest=len(table))


def _result(found: Score) -> str:
    """Return in a sentence or two whether the maps can leave, and who can't work."""
    safe = "✓ No path to the maps is left for the attacker."
    if found.leak:
        safe = f"✕ The maps can still leave: {'; '.join(found.leak)}."
    lost = "✓ Everybody can work."
    if found.lost:
        lost = f"✕ {count(len(found.lost), 'request')} of daily work denied: {_listed(found.lost)}."
    return f"<p>{escape(safe)} {escape(lost)} {count(len(found.edits), 'edit')}.</p>"


def _listed(requests: Sequence[Request]) -> str:
    return "; ".join(f"{own.caller.rpartition(':')[2]} {own.action}" for own in requests)


def _paragraphs(text: str) -> list[str]:
    return [f"<p>{escape(own)}</p>" for own in text.strip().split("\n\n")]


def incident_page(
    contained: World,
    redesigned: World,
    steps: Iterable[str],
    post_mortem: str,
    *,
    seed: int = 7,
) -> IncidentPage:
    """Make the page about a night.

    Parameters
    ----------
    contained, redesigned
        The world after the containment, and after the redesign.
    steps
        The attacker's steps, as exercise 20.2 names them.
    post_mortem
        Your text; its paragraphs are separated by empty lines.
    seed
        The seed of the night.

    Raises
    ------
    ExerciseError
        A step isn't one of those that the exercise names.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> world = night(7).world
    >>> print(incident_page(world, world, [], "We were asleep.").scores["Safety"])
    (0, 2)
    """
    known = facts_of("attack_steps", seed)
    for step in steps:
        if step not in known:
            raise noted(ExerciseError(f"There is no step {step!r}."), did_you_mean(step, known))
    return IncidentPage(seed, contained, redesigned, frozenset(steps), post_mortem)

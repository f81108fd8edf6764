"""The page about the night of the leak: what happened, what was done, and how well, with figures.

It is computed from the learner's two worlds and texts, and says nothing that they don't show.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab import view
from iamlab.display import count
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.exam.item_html import html_page, whole_table
from iamlab.incident import contain, edits, excessive, kept, score
from iamlab.incident.night import MOST_EDITS
from iamlab.incident.questions import about, facts_of, night_of
from iamlab.model.strict_json import replace_file
from iamlab.view.cards.card import boxed, items
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.incident import Night, Score
    from iamlab.view.figure import Figure
    from iamlab.world.world import World

_MAIN, _BUCKETS = ":111111111111:", ("star-maps", "star-archive")
_CLOSED = "✓ No path to the maps is left for the attacker, and no credentials of theirs work."
_CLEAN = "✓ Nothing of the attacker is left, and the next leaked key leads nowhere."


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

    Examples
    --------
    >>> from iamlab.exam import incident_page
    >>> world = night_of(7).world
    >>> page = incident_page(world, world, [], "Nothing was done.")
    >>> page.scores["Edits"], page.scores["Safety"]
    ((0, 3), (0, 2))
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
        return score(self.redesigned, self.night, "redesigned")

    @property
    def scores(self) -> dict[str, tuple[int, int]]:
        """The five scores: how many points, of how many."""
        world = self.night.world
        true_steps = {step for step, (own, _) in facts_of("attack_steps", self.seed).items() if own}
        most = max(MOST_EDITS, len(edits(*map(self._erased, (world, self.contained)))))
        wanted, before = len(kept(world)), {own for own in excessive(world) if world.can(*own)}
        removed = before.difference(self.redesign.excess)
        return {
            "Safety": (sum(not own.fault for own in (self.containment, self.redesign)), 2),
            "Function kept": (wanted - len({*self.containment.lost, *self.redesign.lost}), wanted),
            "Edits": (0 if self.containment.fault else MOST_EDITS, most),
            "Excess removed": (len(removed), len(before)),
            "Explanation": (len(self.steps & true_steps), len(self.steps | true_steps)),
        }

    def _erased(self, world: World) -> World:
        """Return a world in which the attacker's traces are removed: this costs no points."""
        changed = world.copy()
        for name in (own for own in self.night.plan.erases if not own.endswith("-key")):
            contain(changed, name)
        return changed

    @property
    def figure(self) -> Figure:
        """The five scores as bars."""
        return view.score_bars(self.scores)

    @property
    def difference(self) -> Table:
        """What the redesign changed, of the requests that must stay allowed or be denied."""
        before, after = self.night.world, self.redesigned
        rows = []
        for own in (*kept(before), *excessive(before)):
            old, new = (bool(world.can(*own)) for world in (before, after))
            if old != new:
                change = "+ allowed now" if new else "- denied now"
                rows.append((_name(own.caller), own.action, _name(own.resource), change))
        return Table.of("What changed", "caller, action, resource, change", rows)

    @property
    def reached(self) -> str:
        """Who gets to the maps and their copy after the redesign, and what is public, as HTML."""
        reach = self.redesigned.reach()
        texts = [str(own) for own in self.redesigned.outside_access() if own.is_public]
        for bucket in _BUCKETS:
            found = reach.to("s3:GetObject", f"arn:aws:s3:::{bucket}/survey/m31.fits")
            names = ", ".join(_name(arn) for arn in sorted(found) if not arn.endswith(":root"))
            texts.append(f"{bucket}, directly or in some steps: {names}; and root users.")
        return items(texts)

    @property
    def timeline(self) -> Table:
        """The attacker's calls in their order; ✕ was denied."""
        events = {own.event_id: own for own in self.night.world.events}
        rows = []
        for own in (events[event_id] for event_id in self.night.attack):
            who = own.user_identity
            by = who.get("arn") or who.get("invokedBy") or f"account {who.get('accountId')}"
            what = [*own.resources, about(own.request_parameters or {})][0].rpartition(":")[2]
            when, ip = f"{own.event_time:%H:%M}", own.source_ip_address
            answer = "✕ denied" if own.event_id in self.night.refused else "✓"
            rows.append((when, _name(by), ip, own.event_name, what, answer))
        columns = "time (UTC), caller, address, event, about, answer"
        return Table.of("The attacker's calls", columns, rows)

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
            f"Post-mortem of night {self.seed}": _paragraphs(self.post_mortem),
            "Who can reach the maps now": [self.reached],
            "What happened": [self._summary(), whole_table(self.timeline)],
            "Containment": [_result(self.containment, _CLOSED), items(_told(self.containment))],
            "Redesign": [_result(self.redesign, _CLEAN), whole_table(self.difference)],
            "Marks (for you or your teacher)": [self.figure._repr_html_()],
        }
        return "".join(f"<h2>{escape(own)}</h2>{''.join(parts[own])}" for own in parts)

    def _summary(self) -> str:
        night, names = self.night, [arn.rpartition("/")[2] for arn in self.night.goal]
        leaked = f"The access key {night.access_key_id} of {night.plan.entry} leaked."
        read = f"The attacker read {count(len(names), 'map')}: {', '.join(names)}."
        return f"<p>{escape(leaked)} {escape(read)}</p>"

    def save(self, path: str | Path) -> None:
        """Write the page as one HTML file, which a browser can print.

        Raises
        ------
        ExerciseError
            The name doesn't end with ``.html``.
        """
        if Path(path).suffix != ".html":
            raise ExerciseError(f"{path} must end with .html.")
        page = html_page(f"The night of the leak, number {self.seed}", self.html)
        replace_file(Path(path), [page], private=True)


def _result(found: Score, good: str) -> str:
    """Return in a sentence or two whether the world is safe, and who can't work."""
    safe = f"✕ {' '.join(found.fault[:1])} {'; '.join(found.fault[1:])}" if found.fault else good
    lost = "✓ Everybody can work."
    if found.lost:
        texts = "; ".join(f"{own.caller.rpartition(':')[2]} {own.action}" for own in found.lost)
        lost = f"✕ {count(len(found.lost), 'request')} of daily work denied: {texts}."
    return f"<p>{escape(safe)} {escape(lost)}</p>"


def _told(found: Score) -> list[str]:
    """Return the edits; a key that was changed doesn't work any more."""
    return [re.sub(r"^(changed.*access key \S+)$", r"\1: inactive", own) for own in found.edits]


def _name(arn: str) -> str:
    """Return the short name of an ARN of acme-main, with the account of others."""
    return arn.rpartition(":")[2] if _MAIN in arn or ":::" in arn else arn.partition("::")[2] or arn


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
    for step in (own for own in steps if own not in known):
        raise noted(ExerciseError(f"There is no step {step!r}."), did_you_mean(step, known))
    return IncidentPage(seed, contained, redesigned, frozenset(steps), post_mortem)

"""What is different between two worlds: the edits, and who gained or lost what by which of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, overload

from iamlab.analysis.world_diff.edits import Change, Comparison, edits_between
from iamlab.analysis.world_diff.questions_of_edits import asked_by
from iamlab.display import Shown
from iamlab.engine.request import check_text
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.world_diff.edits import Edit
    from iamlab.model.world import World


FEW = 20
"""So many edits and so many gains and losses of each are printed; others are counted."""


@dataclass(frozen=True, eq=False)
class WorldDiff(Sequence[str], Shown):
    """The edits that lead from one world to another, as sentences.

    It is equal to a tuple of the same sentences.

    Parameters
    ----------
    details
        The edits, each of which can be done and undone.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> before = scenario("groups")
    >>> after = before.copy()
    >>> after.group("astronomers").remove_user("alice")
    >>> diff = diff_between(before, after)
    >>> list(diff)
    ['removed: acme-main: user alice in group astronomers']
    >>> print(diff.changes(["s3:GetObject"], [MAP])[0])
    arn:aws:iam::111111111111:user/alice lost s3:GetObject on arn:aws:s3:::star-maps/m31.fits
    """

    details: tuple[Edit, ...]
    _worlds: tuple[World, World] | None = field(default=None, repr=False)

    @property
    def edits(self) -> tuple[str, ...]:
        """The edits as sentences."""
        return tuple(edit.sentence for edit in self.details)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...

    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        return self.edits[place]

    def __len__(self) -> int:
        return len(self.details)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, WorldDiff):
            return self.edits == other.edits
        return self.edits == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.edits)

    def __reduce__(self) -> tuple[Any, ...]:  # the worlds have secrets, and stay behind
        return WorldDiff, (self.details,)

    def __repr__(self) -> str:
        return f"<WorldDiff {list(self.edits)}>"

    def changes(
        self, actions: Iterable[str] | None = None, resources: Iterable[str] | None = None
    ) -> tuple[Change, ...]:
        """Say who gained or lost what, and by which edits.

        Parameters
        ----------
        actions
            Default: some of those that the edits are about.
        resources
            Default: what there is, and things that the edited policies name.

        Raises
        ------
        RequestError
            A question cannot be asked; or the difference comes from a file, without its worlds.
        """
        if self._worlds is None:
            raise RequestError("A difference from a file has its sentences only: compare again.")
        before, after = self._worlds
        if actions is not None and resources is not None:
            pairs = list(product(actions, resources))
        else:
            pairs = asked_by(self.details, before, after, actions, resources)
        for action, resource in pairs:
            check_text("action", action)
            check_text("resource", resource)
        return tuple(Comparison.of(self.details, before, after, pairs).changes())

    @cached_property
    def gains_and_losses(self) -> tuple[Change, ...]:
        """Who gained or lost what, as far as the edits themselves say what to ask."""
        return self.changes()

    @property
    def by_edit(self) -> Mapping[tuple[str, ...], tuple[Change, ...]]:
        """The gains and losses by the edits that cause them."""
        found: dict[tuple[str, ...], list[Change]] = defaultdict(list)
        for change in self.gains_and_losses:
            found[change.by].append(change)
        return {by: tuple(changes) for by, changes in found.items()}

    def __str__(self) -> str:
        if not self.details:
            return "Nothing is different."
        lines = list(_capped(map(_short, self.edits), len(self)))
        for by, changes in (self.by_edit if self._worlds else {}).items():
            how = _HOW[changes[0].together] if len(by) > 1 else ""
            lines += ["", f"{how}{'; '.join(_capped(map(_short, by), len(by)))}:"]
            told = _told(changes)
            lines += (f"  {line}" for line in _capped(told, len(told)))
        return "\n".join(lines)

    def to_frame(self) -> Any:
        """Give the gains and losses as a ``pandas.DataFrame``."""
        from iamlab import display

        rows = [
            (
                "gained" if one.gained else "lost",
                one.caller,
                one.action,
                one.resource,
                "; ".join(one.by),
            )
            for one in self.gains_and_losses
        ]
        return display.table(("change", "caller", "action", "resource", "by"), rows)


def diff_between(before: World, after: World) -> WorldDiff:
    """Compare two worlds, as they are now."""
    return WorldDiff(edits_between(before, after), (before.copy(), after.copy()))


_HOW = {True: "all together, ", None: "one or several of these, ", False: ""}
"""Whether several edits do it only together; ``None``: nobody has worked that out."""

LONG = 160
"""A sentence is printed up to so many characters: it may hold a whole policy."""


def _short(sentence: str) -> str:
    line = " ".join(sentence.split())
    return line if len(line) <= LONG else f"{line[:LONG]}..."


def _capped(lines: Iterable[str], count: int) -> Iterator[str]:
    for place, line in enumerate(lines):
        if place == FEW:
            yield f"and {count - FEW} more"
            return
        yield line


def _told(changes: Iterable[Change]) -> list[str]:
    """Say who gained or lost what: a line for each caller and resource."""
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in changes:
        grouped[one.words, one.resource].append(one.action)
    return [
        f"{words} {', '.join(_capped(actions, len(actions)))} on {resource}"
        for (words, resource), actions in grouped.items()
    ]

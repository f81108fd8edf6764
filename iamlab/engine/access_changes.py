"""The access that callers gained and lost between two access matrices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.display import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.engine.matrix import AccessMatrix

Cell = tuple[str, str, str]
Pair = tuple[str, str]

FEW = 20
"""At most this number of gains, losses or names is printed; others are counted."""


@dataclass(frozen=True, slots=True)
class AccessChanges(Shown):
    """The difference between two access matrices, for the callers and pairs of both.

    Parameters
    ----------
    gained, lost
        (caller, action, resource).
    only_before, only_after
        Callers that only one of them has.
    pairs_only_before, pairs_only_after
        Pairs that only one of them has.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> before = world.access_matrix(actions=["s3:DeleteObject"], resources=[MAP])
    >>> world.group("contractors").remove_user("dana")
    >>> changes = before.diff(world.access_matrix(actions=["s3:DeleteObject"], resources=[MAP]))
    >>> [caller for caller, action, resource in changes.gained]
    ['arn:aws:iam::111111111111:user/dana']
    """

    gained: tuple[Cell, ...] = ()
    lost: tuple[Cell, ...] = ()
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    pairs_only_before: tuple[Pair, ...] = ()
    pairs_only_after: tuple[Pair, ...] = ()

    def __len__(self) -> int:
        """The number of cells that changed."""
        return len(self.gained) + len(self.lost)

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost)

    def __str__(self) -> str:
        lines = [*_lines("gained", self.gained), *_lines("lost", self.lost)]
        lines += [f"{words}: {_briefly(names)}" for words, names in self.apart]
        return "\n".join(lines) or "Nobody gained or lost anything."

    @property
    def apart(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The callers and pairs that only one of the two has, so that they weren't compared."""
        sides = (
            ("callers only before", self.only_before),
            ("callers only after", self.only_after),
            ("pairs only before", tuple(map(" on ".join, self.pairs_only_before))),
            ("pairs only after", tuple(map(" on ".join, self.pairs_only_after))),
        )
        return tuple((words, names) for words, names in sides if names)

    @property
    def changed(self) -> tuple[Cell, ...]:
        """Always empty: access is gained or lost. Other differences also have other changes."""
        return ()


def _lines(word: str, cells: Sequence[Cell]) -> Iterator[str]:
    """Write a line for each caller and resource with gains or losses."""
    grouped: dict[Pair, list[str]] = defaultdict(list)
    for caller, action, resource in cells:
        grouped[caller, resource].append(action)
    for (caller, resource), actions in list(grouped.items())[:FEW]:
        yield f"{caller} {word} {_briefly(actions)} on {resource}"
    if len(grouped) > FEW:
        yield f"and {len(grouped) - FEW} more lines with {word} access"


def _briefly(names: Sequence[str]) -> str:
    left = len(names) - FEW
    return ", ".join(names[:FEW]) + (f" and {left} more" if left > 0 else "")


def changes_between(before: AccessMatrix, after: AccessMatrix) -> AccessChanges:
    """Compare two matrices by the names of callers and pairs; their order can differ."""
    old, new = _by_name(before.principals), _by_name(after.principals)
    old_pairs, new_pairs = _by_pair(before.pairs), _by_pair(after.pairs)
    shared = [(old_pairs[key], place) for key, place in new_pairs.items() if key in old_pairs]
    gained: list[Cell] = []
    lost: list[Cell] = []
    for caller, row in new.items():
        if caller not in old:
            continue
        was, now = before.rows[old[caller]], after.rows[row]
        if was == now and before.pairs == after.pairs:
            continue
        for there, here in shared:
            has, had = now >> here & 1, was >> there & 1
            if has != had:
                (gained if has else lost).append((caller, *after.pairs[here]))
    return AccessChanges(
        tuple(gained),
        tuple(lost),
        tuple(name for name in old if name not in new),
        tuple(name for name in new if name not in old),
        tuple(before.pairs[place] for key, place in old_pairs.items() if key not in new_pairs),
        tuple(after.pairs[place] for key, place in new_pairs.items() if key not in old_pairs),
    )


def _by_name(callers: Iterable[str]) -> dict[str, int]:
    """Return each caller's first row: a duplicate caller has equal rows."""
    found: dict[str, int] = {}
    for place, caller in enumerate(callers):
        found.setdefault(caller, place)
    return found


def _by_pair(pairs: Iterable[Pair]) -> dict[Pair, int]:
    """Return the first place of each pair, ignoring the case of actions."""
    found: dict[Pair, int] = {}
    for place, (action, resource) in enumerate(pairs):
        found.setdefault((action.lower(), resource), place)
    return found

"""The ways of an access graph: through which group, policy and statement each leads.

A policy of sixty statements, or a caller of sixty policies, would bury the one that matters. So
what says nothing is gathered first, and what says the same only if that is not enough; the Allow
that came nearest always stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.access.access_rows import ALLOWS, DENIES, SIDES, SILENT, TAKEN
from iamlab.view.layouts.path import SHUT
from iamlab.view.scene import Edge, Node
from iamlab.view.style import LOOKS
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from iamlab.view.figures.access.access_rows import Row

SYMBOLS = {ALLOWS: "✓", DENIES: "✕", SILENT: "○", TAKEN: "○"}
LOOKS_OF = {ALLOWS: LOOKS["allowed"], DENIES: LOOKS["explicitDeny"]}
"""How a statement looks that applies, the strongest first."""
_RANK = {ALLOWS: 0, TAKEN: 0, DENIES: 1, SILENT: 2}
MOST, MOST_WITH_SILENT = 10, 6
"""So many ways each side has at most, if they can be gathered to that; of silent ones fewer."""


@dataclass(frozen=True, slots=True)
class Way:
    """One line of the picture: what stands in its boxes.

    Parameters
    ----------
    side
        ``"identity"``, or ``"resource"`` for what hangs on the resource.
    group
        The group, or how many; empty if it hangs on the caller itself.
    policy, kind
        The policy, or how many; and what it is.
    text, note
        The statement, or how many; and what is to be said of it.
    does
        As in :class:`~iamlab.view.figures.access.access_rows.Row`.
    names
        How the resource's policy names the caller.
    rows
        The statements that it stands for.
    """

    side: str
    group: str
    policy: str
    kind: str
    text: str
    note: str
    does: str
    names: str
    rows: tuple[Row, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Tell its policy box from others."""
        owners = dict.fromkeys(row.owner for row in self.rows)
        return (self.side, self.group, self.policy, *owners)

    @property
    def applies(self) -> bool:
        """Whether its statement applies."""
        return self.does in (ALLOWS, DENIES)


def ways_of(rows: Iterable[Row]) -> tuple[Way, ...]:
    """Give the ways that are drawn, in the order in which they stand."""
    granting = [row for row in rows if row.layer in SIDES]
    found: list[Way] = []
    for side in ("identity", "resource"):
        own = [row for row in granting if (row.layer == "identity") == (side == "identity")]
        found += _ordered(_gathered(_single(side, own)))
    return tuple(found)


def _single(side: str, rows: Sequence[Row]) -> list[Way]:
    """Give each statement its way; of one policy, those that do not apply share one."""
    ways = [_way(side, row) for row in rows]
    return _merged(ways, [way.key if _is_plainly_silent(way) else None for way in ways])


def _way(side: str, row: Row) -> Way:
    text = f"{SYMBOLS[row.does]} {row.effect} {row.label}" if row.effect else "○ no statements"
    note = ""
    if row.does == TAKEN:
        note = "Block Public Access"
    elif row.does == SILENT and row.effect:
        elements = listed(list(dict.fromkeys(row.elements)), 2)
        note = f"nearest: misses {elements}" if row.is_nearest else f"misses {elements}"
    names = row.names if row.does in (ALLOWS, TAKEN) else ""
    return Way(side, row.group, row.policy, row.kind, text, note, row.does, names, (row,))


def _is_plainly_silent(way: Way) -> bool:
    return way.does == SILENT and not any(row.is_nearest for row in way.rows)


def _gathered(ways: list[Way]) -> list[Way]:
    """Make ways fewer, in steps, until they can be read."""
    for most, step in _STEPS:
        if len(ways) <= most:
            continue
        silent = {key for key in {way.key for way in ways} if _is_silent(ways, key)}
        ways = _merged(ways, [step(way, way.key in silent) for way in ways])
    return ways


def _is_silent(ways: list[Way], key: tuple[str, ...]) -> bool:
    return all(_is_plainly_silent(way) for way in ways if way.key == key)


_STEPS: tuple[tuple[int, Callable[[Way, bool], Hashable]], ...] = (
    (MOST_WITH_SILENT, lambda way, silent: (way.group, SILENT) if silent else None),
    (MOST_WITH_SILENT, lambda _, silent: SILENT if silent else None),
    (MOST, lambda way, _: (way.key, ALLOWS) if way.does == ALLOWS else None),
    (MOST, lambda way, _: (way.key, DENIES) if way.does == DENIES else None),
    (MOST, lambda way, _: (way.group, ALLOWS) if way.does == ALLOWS else None),
    (MOST, lambda way, _: SILENT if _is_plainly_silent(way) else None),
    (MOST, lambda way, _: ALLOWS if way.does == ALLOWS else None),
    (MOST, lambda way, _: None if way.rows[0].is_nearest else way.does),
)
"""What becomes one, if there are more ways than that: silent policies of one group, all silent
policies, what says the same in one policy, in one group, and at last whatever says the same."""


def _merged(ways: Sequence[Way], classes: Iterable[Hashable]) -> list[Way]:
    """Make one of all ways of one class; those of the class ``None`` stay alone."""
    found: dict[Hashable, list[Way]] = {}
    for number, (way, same) in enumerate(zip(ways, classes, strict=True)):
        found.setdefault(number if same is None else ("same", same), []).append(way)
    return [own[0] if len(own) == 1 else _as_one(own) for own in found.values()]


def _as_one(ways: Sequence[Way]) -> Way:
    rows = tuple(row for way in ways for row in way.rows)
    does = ways[0].does
    policies = list(dict.fromkeys((row.owner, row.policy) for row in rows))
    groups = list(dict.fromkeys(row.group for row in rows))
    written = [row for row in rows if row.effect]
    kind = {ALLOWS: "Allow statement", DENIES: "Deny statement"}.get(does, "statement")
    one = ways[0]
    if len(policies) > 1:
        kinds = listed(list(dict.fromkeys(row.kind for row in rows)))
        names = listed([name for _, name in policies], 2, length=16)
        one = replace(one, policy=count(len(policies), "policy", "policies"), kind=names or kinds)
    if len(groups) > 1:
        one = replace(one, group="" if "" in groups else count(len(groups), "group"))
    labels = listed([row.label for row in written], 2, length=16)
    note = "do not apply" if does == SILENT else labels
    return replace(one, text=f"{SYMBOLS[does]} {count(len(written), kind)}", note=note, rows=rows)


def _ordered(ways: Sequence[Way]) -> list[Way]:
    """Put what allows above what denies, and that above what is silent; groups stay together."""
    ranks: dict[tuple[str, ...], int] = {}
    first: dict[tuple[str, ...], int] = {}
    for number, way in enumerate(ways):
        for key in (_home(way), way.key):
            ranks[key] = min(ranks.get(key, 9), _RANK[way.does])
            first.setdefault(key, number)
    return sorted(
        ways,
        key=lambda way: (
            *(ranks[_home(way)], first[_home(way)]),
            *(ranks[way.key], first[way.key]),
            _RANK[way.does],
        ),
    )


def _home(way: Way) -> tuple[str, ...]:
    """Give what a way's policy stays beside: its group, or nothing."""
    return ("group", way.group) if way.group else way.key


# -- nodes and edges -------------------------------------------------------------------------------


def _key(way: Way) -> str:
    return f"policy {way.key}"


def policy_nodes(ways: Sequence[Way], owner: str) -> Iterator[Node]:
    """Yield groups, policies and statements, each below what it is attached to."""
    seen: set[str] = set()
    for number, way in enumerate(ways):
        group, policy = f"group {way.group}" if way.group else "", _key(way)
        if group and group not in seen:
            is_several = len({row.group for row in way.rows}) > 1
            line = way.group if is_several else group
            yield Node(group, way.group, "", "group", owner, 1, owner, line=line)
        if policy not in seen:
            yield Node(policy, way.policy, way.kind, "policy", group or owner, 2, owner)
        seen |= {group, policy}
        yield Node(
            f"statement {owner} {number}", way.text, way.note or way.names, "statement",
            policy, 3, owner, look=LOOKS_OF.get(way.does),
            line=f"{way.text}: {way.note}" if way.note else way.text, details=list(_each(way)),
        )  # fmt: skip


def _each(way: Way) -> Iterator[str]:
    """Say of each statement of a way what its box has no room for."""
    for row in way.rows:
        if len(way.rows) > 1:
            place = f", {row.place}" if row.place else ""
            said = row.does if not row.missed else f"missed {'; '.join(row.missed)}"
            yield f"{row.effect or 'nothing'} {row.address}{place}: {said}"
        else:
            yield from filter(None, (row.names, *row.missed))


def policy_edges(
    ways: Sequence[Way], caller: str, owner: str, resource: str, marks: Mapping[str, str]
) -> Iterator[Edge]:
    """Yield the edges from the caller to the marks, through groups, policies and statements.

    Parameters
    ----------
    caller, owner, resource
        The ids of nodes: ``owner`` is what the caller's own policies are attached to.
    marks
        The ids of the marks ``"own"`` and ``"grant"``, as far as they are there.
    """
    identity = [way for way in ways if way.side == "identity"]
    below = [way for way in ways if way.side != "identity"]
    named = {way.key for way in below if way.names}
    shared: dict[tuple[str, str], list[Way]] = {(caller, owner): [*identity]}
    for way in identity:
        group = f"group {way.group}" if way.group else owner
        shared.setdefault((owner, group), []).append(way)
        shared.setdefault((group, _key(way)), []).append(way)
    for way in (way for way in below if way.key in named):
        shared.setdefault((caller, _key(way)), []).append(way)
    for (source, target), own in shared.items():
        if source != target:
            yield _edge(source, target, own, next((way.names for way in own if way.names), ""))
    for side, mark, own in ((caller, "own", identity), (resource, "grant", below)):
        for number, way in enumerate(own):
            statement = f"statement {side} {number}"
            yield _edge(_key(way), statement, [way])
            yield from _onward(way, statement, marks.get(mark, ""))


def _onward(way: Way, statement: str, mark: str) -> Iterator[Edge]:
    if way.applies and mark:
        yield _edge(statement, mark, [way], "cuts" if way.does == DENIES else "")
    elif mark and (way.does == TAKEN or any(row.is_nearest for row in way.rows)):
        yield Edge(statement, mark, kind=SHUT if way.does == TAKEN else "", dashed=True)


def _edge(source: str, target: str, ways: Sequence[Way], label: str = "") -> Edge:
    """Make an edge that several ways share: it looks as the strongest of them."""
    does = {way.does for way in ways}
    strongest = next((one for one in LOOKS_OF if one in does), "")
    return Edge(source, target, label, look=LOOKS_OF.get(strongest), bold=bool(strongest))

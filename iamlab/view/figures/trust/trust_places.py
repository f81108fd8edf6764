"""The trust graph as it is drawn: who is put together, who stands in which column and account.

Principals who may become just the same roles, in the same way, stand for each other once there are
many of them. Whoever is permitted to ask for any role, as administrators are, would have a dashed
line to every role there is; this is said in his box instead.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.trust.trust_facts import NOT_TRUSTED, Party, Step
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from iamlab.model.world import World

MOST = 60
"""So many boxes are drawn; beyond, those who are alike are put together, and then left out."""
FEW = 3
"""So many roles that do not trust somebody have a line; of more, the number is in his box."""
MUCH = 8
"""If there are more such lines in all, whoever has two has none."""
ALIKE = 6
"""From so many on, those who are alike are put together in any case."""
DEEPEST = 4
"""So many columns there are at most."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn.

    Parameters
    ----------
    notes
        Party -> what stands below its name.
    common
        Role -> what all who take it must bring along; it is said in its box.
    columns
        Party -> its column.
    bands
        The parties of each account; of one account, and of none, there is one band.
    titles
        The accounts' names, one for each band; none if there is one band.
    left_out
        Who has no place.
    outside
        Whether the first column is of those who are in no account.
    """

    steps: tuple[Step, ...]
    notes: Mapping[Party, str]
    common: Mapping[Party, tuple[str, ...]]
    columns: Mapping[Party, int]
    bands: Sequence[Sequence[Party]]
    titles: Sequence[str]
    left_out: tuple[Party, ...]
    outside: bool


def drawn(world: World, steps: Sequence[Step], lit: str) -> Drawn:
    """Say what is drawn.

    Parameters
    ----------
    lit
        The ARN of somebody who is drawn in any case; empty: of nobody in particular.
    """
    kept, wide = _without_wide([step for step in steps if not _is_idle(step)])
    kept = _alike(kept, ALIKE, lit)
    if len(_parties(kept)) > MOST:
        kept = _alike(_targets_alike(_alike(kept, 2, lit), lit), 2, lit)
    kept, left_out = _fitting(kept, lit)
    common = _common(kept)
    notes = {party: _note(party, wide, common) for party in _parties(kept)}
    accounts = [one for one in world.accounts if any(p.account_id == one for p in notes)]
    several = len(accounts) > 1
    outside = several and any(not party.account_id for party in notes)
    columns = _columns(kept, notes, outside=outside)
    bands: dict[str, list[Party]] = {one: [] for one in accounts} if several else {"": []}
    for party in notes:
        bands[_band(party, kept) if several else ""].append(party)
    titles = [world.accounts[one].name for one in accounts] if several else []
    return Drawn(
        tuple(kept), notes, common, columns, list(bands.values()), titles, left_out, outside
    )


def _is_idle(step: Step) -> bool:
    """Whether it leads from a role to itself, of which a picture says nothing."""
    return step.source.key == step.target.key


def _parties(steps: Iterable[Step]) -> list[Party]:
    """Give everybody at an end, those who begin first."""
    every = list(steps)
    return list(dict.fromkeys([one.source for one in every] + [one.target for one in every]))


def _without_wide(steps: Sequence[Step]) -> tuple[list[Step], dict[str, int]]:
    """Take out the steps of those who are permitted far more than they are trusted; count them."""
    numbers: dict[str, int] = defaultdict(int)
    for step in steps:
        if step.state == NOT_TRUSTED:
            numbers[step.source.key] += 1
    is_much = sum(numbers.values()) > MUCH
    wide = {key: number for key, number in numbers.items() if number > (1 if is_much else FEW)}
    return [
        step for step in steps if not (step.state == NOT_TRUSTED and step.source.key in wide)
    ], wide


def _common(steps: Iterable[Step]) -> dict[Party, tuple[str, ...]]:
    """Give the roles into which several steps lead that all want the same of the call."""
    wants: dict[Party, list[tuple[str, ...]]] = defaultdict(list)
    for step in steps:
        if step.is_possible:
            wants[step.target].append(step.conditions)
    return {
        party: own[0]
        for party, own in wants.items()
        if own[0] and len(own) >= FEW and len(set(own)) == 1
    }


def _note(party: Party, wide: Mapping[str, int], common: Mapping[Party, tuple[str, ...]]) -> str:
    """Say what somebody is, and what has no line or no words at it."""
    parts = [party.kind]
    if party in common:
        parts.append(f"if {' and '.join(common[party])}")
    elif party.key in wide:
        parts.append(f"permitted {wide[party.key]} more")
    return ", ".join(parts)


def _alike(steps: Sequence[Step], least: int, lit: str) -> list[Step]:
    """Put together those who begin the same steps, and whom nobody becomes."""
    targets = {step.target for step in steps}
    ways: dict[Party, list[object]] = defaultdict(list)
    for step in steps:
        ways[step.source].append((step.target, step.state, step.conditions, step.by))
    groups: dict[object, list[Party]] = defaultdict(list)
    for party, own in ways.items():
        if party not in targets and party.key != lit and not party.members:
            groups[party.kind, party.account_id, tuple(own)].append(party)
    return _merged(steps, [own for own in groups.values() if len(own) >= least])


def _targets_alike(steps: Sequence[Step], lit: str) -> list[Step]:
    """Put together roles that are taken by the same, and take nobody."""
    sources = {step.source for step in steps}
    ways: dict[Party, list[object]] = defaultdict(list)
    for step in steps:
        ways[step.target].append((step.source, step.state, step.conditions, step.by))
    groups: dict[object, list[Party]] = defaultdict(list)
    for party, own in ways.items():
        if party not in sources and party.key != lit:
            groups[party.account_id, tuple(own)].append(party)
    return _merged(steps, [own for own in groups.values() if len(own) > 1])


def _merged(steps: Sequence[Step], groups: Iterable[Sequence[Party]]) -> list[Step]:
    """Let one stand for each group."""
    stands: dict[Party, Party] = {}
    for own in groups:
        members = tuple(one.key for one in own)
        kind = own[0].kind
        many = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
        names = listed([one.name for one in own], 2, length=24)
        together = Party("|".join(members), count(len(own), kind, many), names, "", members)
        together = together._replace(account_id=own[0].account_id)
        stands |= dict.fromkeys(own, together)
    moved = (
        replace(
            step,
            source=stands.get(step.source, step.source),
            target=stands.get(step.target, step.target),
        )
        for step in steps
    )
    return list(dict.fromkeys(moved))


def _fitting(steps: Sequence[Step], lit: str) -> tuple[list[Step], tuple[Party, ...]]:
    """Keep the steps of as many as there is room for: the lit one's first, then possible ones."""
    ordered = sorted(
        steps, key=lambda one: (lit not in (one.source.key, one.target.key), not one.is_possible)
    )
    kept: dict[Party, None] = {}
    for step in ordered:
        new = dict.fromkeys((step.source, step.target))
        if len({**kept, **new}) <= MOST:
            kept |= new
    left_out = tuple(party for party in _parties(steps) if party not in kept)
    return [step for step in steps if step.source in kept and step.target in kept], left_out


# -- columns and bands -----------------------------------------------------------------------------


def _columns(steps: Sequence[Step], parties: Iterable[Party], *, outside: bool) -> dict[Party, int]:
    """Put everybody into the column of as many steps as it takes to become him."""
    first = 1 if outside else 0
    targets = {step.target for step in steps}
    column = {one: 0 if outside and not one.account_id else first for one in parties}
    waiting = {one for one in column if one in targets}
    possible = [step for step in steps if step.is_possible]
    for leading in (possible, steps):  # who is only nearly reached stands as if he were
        while nearest := _next_to(column, waiting, leading):
            for one, place in nearest.items():
                column[one] = min(max(place, first) + 1, DEEPEST - 1)
            waiting -= nearest.keys()
    return column | dict.fromkeys(waiting, first + 1)  # a circle into which nobody leads


def _next_to(
    column: Mapping[Party, int], waiting: Collection[Party], steps: Iterable[Step]
) -> dict[Party, int]:
    """Give those who wait and are one step from somebody with a column, each with the nearest."""
    nearest: dict[Party, int] = {}
    for step in steps:
        if step.target in waiting and step.source not in waiting:
            place = column[step.source]
            nearest[step.target] = min(place, nearest.get(step.target, place))
    return nearest


def _band(party: Party, steps: Iterable[Step]) -> str:
    """Give the account that somebody stands in, or stands beside because he becomes its role."""
    if party.account_id:
        return party.account_id
    return next(step.target.account_id for step in steps if step.source == party)

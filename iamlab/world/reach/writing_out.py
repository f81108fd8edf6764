"""How a way of the graph is written: with its caller's own calls, and without needless steps.

Notes
-----
AWS page: "Policy evaluation logic".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import IamLabError
from iamlab.world.reach.administrators import ADMINISTERS
from iamlab.world.reach.powers import CALLS_WITH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.exploring import Explorer
    from iamlab.world.reach.powers import Change, Power


def written_out(
    explorer: Explorer, edges: Sequence[Edge], is_wanted: Callable[[Power], bool]
) -> tuple[Edge, ...]:
    """Write a way with its caller's own calls, and without a step that is not needed."""
    found = _through_administrators(explorer, edges)
    place = 0
    while sum(edge.is_own for edge in found) > 1 and place < len(found):
        fewer = _again(explorer, found, without=place) if found[place].is_own else None
        if fewer and is_wanted(fewer[-1].target):
            found = fewer
        else:
            place += 1
    return found


def _through_administrators(explorer: Explorer, edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Write a way that goes through administrators' common point with their own calls."""
    found: list[Edge] = []
    administrator: Power | None = None
    for edge in edges:
        if edge.way is ADMINISTERS:
            administrator = edge.source
        elif administrator is not None:
            found += _as(explorer, administrator, edge.target)
            administrator = None
        else:
            found.append(edge)
    return tuple(found)


def _as(explorer: Explorer, administrator: Power, target: Power) -> tuple[Edge, ...]:
    """Give an administrator's own way to somebody in his account.

    A root user can assume no role: it makes an administrator first.
    """
    # What he has done before may make more of whom he becomes: versions set, a group written to.
    # A session that he opens has his own name, not that of administrators in general.
    own = [
        edge
        for edge in explorer.own_edges(administrator)
        if (edge.target.arn, edge.target.carried) == (target.arn, target.carried)
    ]
    for apart_from in ((), (CALLS_WITH,)):
        wanted = _changes(target, apart_from)
        fitting = [edge for edge in own if wanted <= _changes(edge.target, apart_from)]
        if fitting:
            return (min(fitting, key=lambda edge: len(edge.target.changes)),)
    every = explorer.own_edges(administrator) if administrator.arn.endswith(":root") else ()
    made = next((one for one in every if not one.is_own and explorer.is_admin(one.target)), None)
    if made is None:
        raise IamLabError(f"{administrator} has no way to {target}: please report this.")
    return (made, *_as(explorer, made.target, target))


def _changes(power: Power, apart_from: tuple[str, ...]) -> set[Change]:
    """Give what was changed of somebody, but for the changes about some things."""
    return {change for change in power.changes if change.about not in apart_from}


def _again(explorer: Explorer, edges: Sequence[Edge], without: int) -> tuple[Edge, ...] | None:
    """Go a way once more without one of its steps; ``None`` if then another is not possible."""
    power, found = edges[0].source, []
    for place, edge in enumerate(edges):
        if place == without:
            continue
        added = set(edge.target.changes) - set(edge.source.changes)
        same = (
            one
            for one in explorer.own_edges(power)
            if one.way is edge.way
            and one.target.arn == edge.target.arn
            and set(one.target.changes) - set(one.source.changes) == added
        )
        step = next(same, None)
        if step is None:
            return None
        found.append(step)
        power = step.target
    return tuple(found)

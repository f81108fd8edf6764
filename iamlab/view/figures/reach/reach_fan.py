"""Many ways at once: all that somebody can become, or all who get somewhere.

One column for each step. Administrators are marked by the word. Those who are reached in the same
way, and lead nowhere, are put together once there are many of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius
from iamlab.authorization.resource import resource_context
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.view.drawing.network import MOST_COLUMNS, Line, Node, draw_network
from iamlab.view.drawing.sheet import MARGIN, Sheet
from iamlab.view.drawing.together import put_together
from iamlab.view.figure import Figure
from iamlab.view.figures.names import short_name
from iamlab.view.figures.reach.reach_words import (
    ADMINISTRATOR,
    Named,
    call_all,
    edge_lines,
    edge_row,
    key_of,
    name_and_kind,
    named,
    point_lines,
    powers_of,
    short_calls,
    told_calls,
)
from iamlab.view.style import ALLOW, LIT_AREA, PAPER
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import networkx as nx

    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.view.drawing.together import Together

MOST, ALIKE = 60, 6
"""So many boxes are drawn; from so many on, those who are alike are one box in any case."""

BOX = 1.55
"""So wide boxes are at most, for calls have long names."""

GOAL = "goal"
"""The key of the box of a resource."""


@dataclass(slots=True)
class Fan:
    """What is drawn.

    Parameters
    ----------
    points
        Key -> name and note, and the account's id.
    columns
        Key -> its column.
    steps
        Keys of two points -> the words for the line between them, the longest first.
    lit
        The key of the one who is lit.
    """

    points: dict[str, tuple[Named, str]]
    columns: dict[str, int]
    steps: dict[tuple[str, str], tuple[str, ...]]
    lit: str = ""


def draw_found(found: BlastRadius | Arrivals) -> Figure:
    """Draw all that somebody can become, or all who get to do something.

    Parameters
    ----------
    found
        What ``reach.blast_radius(caller)`` or ``reach.to(action, resource)`` gives.

    Raises
    ------
    RequestError
        It is something else.

    Examples
    --------
    >>> from iamlab.teach.acme import observatory
    >>> world = observatory()
    >>> draw_found(world.reach().blast_radius(world.user("carol"))).alt
    'carol can become 2 of 18 principals: auditor by sts:AssumeRole; archivist in 2 steps.'
    """
    if isinstance(found, BlastRadius):
        return _draw_radius(found)
    if isinstance(found, Arrivals):
        return _draw_arrivals(found)
    raise RequestError(
        "draw_found() draws what reach.blast_radius(caller) or reach.to(action, resource) gives, "
        f"not {type(found).__name__}."
    )


# -- ways of many ----------------------------------------------------------------------------------


def _add(fan: Fan, path: Path, columns: Sequence[int]) -> None:
    """Add the points and the steps of a path; whoever is there already stays where he is."""
    for power, column in zip(powers_of(path), columns, strict=True):
        point = named(power, is_admin=path.is_admin(power))
        fan.points.setdefault(key_of(power), (point, power.account_id))
        own = fan.columns.get(key_of(power), column)
        fan.columns[key_of(power)] = min(own, column)
    for edge in path.edges:
        fan.steps.setdefault((key_of(edge.source), key_of(edge.target)), short_calls(edge))


def _draw_radius(found: BlastRadius) -> Figure:
    names = _account_names(found)
    fan = Fan({}, {}, {})
    # The way to be an administrator may be another than the one to who then is one.
    strong = (
        (f"administrator of {names.get(one, one)}", path) for one, path in found.admin_of.items()
    )
    ways = dict([*found.items(), *strong])
    for path in ways.values():
        _add(fan, path, [min(i, MOST_COLUMNS - 1) for i in range(len(path.edges) + 1)])
        fan.lit = key_of(path.source)
    who = shorten(name_and_kind(found.source)[0], 40)
    head = f"{who} can become {len(found)} of {count(found.asked, 'principal')}"
    if found.admin_of:
        accounts = [names.get(one, one) for one in found.admin_of]
        head += f", and administer {listed(accounts, length=30)}"
    called = call_all(found, names)
    parts = [_told(called[arn], path) for arn, path in found.items()]
    return Figure.on(
        draw_fan(fan, names, ("BEGINS", "ONE STEP", "TWO STEPS", "THREE AND MORE")),
        alt=told(f"{head}: ", parts, ".") if parts else f"{head}.",
        caption=f"How far {who} gets.",
        rows=_found_rows(ways) or [{"source": found.source, "principal": "", "steps": 0}],
        lines=[str(found.source), head, *_found_lines(ways), *told_points(fan, names)],
        graph=lambda: graph_of(fan),
    )


def _draw_arrivals(found: Arrivals) -> Figure:
    names = _account_names(found)
    fan = Fan({}, {}, {})
    longest = min(max((len(path.edges) for path in found.values()), default=0), MOST_COLUMNS - 2)
    last = longest + 1
    for path in found.values():
        steps = len(path.edges)
        _add(fan, path, [max(last - 1 - steps + i, 0) for i in range(steps + 1)])
        end = path.edges[-1].target if path.edges else path.source
        fan.steps[key_of(end), GOAL] = ()
    what = found.resource
    if found:
        fan.points[GOAL] = Named(what, found.action, found.action), _owner(found)
        fan.columns[GOAL] = last
    head = (
        f"{len(found)} of {count(found.asked, 'principal')} get to do {found.action} on "
        f"{shorten(what, 50)}, {len(found.directly)} directly"
    )
    called = call_all(found, names)
    parts = [_told(called[arn], path) for arn, path in found.items()]
    return Figure.on(
        draw_fan(fan, names, _steps_to_go(last)),
        alt=told(f"{head}: ", parts, "."),
        caption=f"Who gets to do {found.action} on {shorten(what, 60)}.",
        rows=_found_rows(found) or [{"principal": "", "steps": 0}],
        lines=[head, what, *_found_lines(found), *told_points(fan, names)],
        graph=lambda: graph_of(fan),
    )


def _account_names(found: Mapping[str, Path]) -> dict[str, str]:
    path = next(iter(found.values()), None)
    return {} if path is None else {key: one.name for key, one in path.world.accounts.items()}


def _owner(found: Arrivals) -> str:
    """Say whose the resource is, as far as the first who gets there can tell."""
    path = next(iter(found.values()))
    return resource_context(
        path.world, found.resource, found.action, path.source.account_id
    ).account_id


def _steps_to_go(last: int) -> list[str]:
    """Head the columns of those who arrive: how many steps they have before them."""
    return [
        *(f"IN {count(last - 1 - i, 'STEP', 'STEPS')}" for i in range(last - 1)),
        "DIRECTLY",
        "ON WHAT",
    ]


def _told(name: str, path: Path) -> str:
    if not path.edges:
        return f"{name} as it is"
    if len(path.edges) == 1:
        return f"{name} by {told_calls(path.edges[0])}"
    return f"{name} in {len(path.edges)} steps"


def _found_rows(found: Mapping[str, Path]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for arn, path in found.items():
        if not path.edges:
            rows.append({"principal": arn, "steps": 0, "step": 0, "source": arn})
        rows += [
            edge_row(edge, principal=arn, steps=len(path.edges), step=number)
            for number, edge in enumerate(path.edges, 1)
        ]
    return rows


def _found_lines(found: Mapping[str, Path]) -> list[str]:
    lines = []
    for arn, path in found.items():
        lines.append(f"{arn}: {count(len(path.edges), 'step')}")
        for number, edge in enumerate(path.edges, 1):
            lines += edge_lines(edge, number, "  ")
    return lines


# -- drawing ---------------------------------------------------------------------------------------


def _titles(fan: Fan, names: Mapping[str, str]) -> dict[str, str]:
    """Give the accounts that have fields, by their ids; none if there is only one."""
    ids = list(dict.fromkeys(account for _, account in fan.points.values() if account))
    return {one: names.get(one, one) for one in ids} if len(ids) > 1 else {}


def told_points(fan: Fan, names: Mapping[str, str]) -> Iterator[str]:
    """List names and notes, who is put together, and who is in which account."""
    for account, title in _titles(fan, names).items():
        own = (point.name for point, one in fan.points.values() if one == account)
        yield f"{title} ({account}): {', '.join(own)}"
    for point, _ in fan.points.values():
        yield from point_lines(point)
    found = _less(fan, {})
    for node in found.nodes:
        if node.key in found.members:
            own = (fan.points[key][0].name for key in found.members[node.key])
            yield f"drawn as one, {node.names[0]} ({node.note}): {', '.join(own)}"
    for key in found.left_out:
        yield f"only in this list: {fan.points[key][0].name if key in fan.points else key}"


def _names(point: Named) -> tuple[str, ...]:
    """Give a name in full, and in short: of a resource, of a root user."""
    if point.name.startswith("root of "):
        return point.name, "root"
    return point.name, short_name(point.name)[0]


def _less(fan: Fan, fields: Mapping[str, int]) -> Together:
    nodes = [
        Node(
            key,
            _names(point),
            point.short,
            fan.columns[key],
            fields.get(account, 0),
            area=LIT_AREA if key in (fan.lit, GOAL) else PAPER,
            bold=key in (fan.lit, GOAL) or ADMINISTRATOR in point.note,
        )
        for key, (point, account) in fan.points.items()
    ]
    lines = [Line(start, end, words, ALLOW) for (start, end), words in fan.steps.items()]
    return put_together(nodes, lines, most=MOST, alike=ALIKE, alone=(fan.lit, GOAL))


def draw_fan(fan: Fan, names: Mapping[str, str], headings: Sequence[str]) -> Sheet:
    """Draw points, and the steps between them."""
    if not fan.points:
        sheet = Sheet()
        sheet.text(MARGIN, 0.3, "Nobody.", fact=False)
        return sheet
    titles = _titles(fan, names)
    fields = {one: number for number, one in enumerate(titles)}
    found = _less(fan, fields)
    return draw_network(
        found.nodes, found.lines, headings=headings, titles=list(titles.values()), box=BOX
    )


def graph_of(fan: Fan) -> nx.DiGraph[str]:
    """Give points and steps as a graph."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for key, (point, account) in fan.points.items():
        graph.add_node(key, label=point.name, note=point.note, field=account)
    for (start, end), words in fan.steps.items():
        graph.add_edge(start, end, label=words[0] if words else "")
    return graph

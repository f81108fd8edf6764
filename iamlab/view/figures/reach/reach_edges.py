"""Every step between principals as they are: the whole reach graph.

What several ways lead from one principal to another share a line. Where there are too many lines to
be told apart, only those are drawn that bring somebody further, and then one to each principal; the
table has all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.drawing.network import MOST_COLUMNS
from iamlab.view.figure import Figure
from iamlab.view.figures.reach.reach_fan import Fan, draw_fan, graph_of, told_points
from iamlab.view.figures.reach.reach_words import (
    ADMINISTRATOR,
    Named,
    call_all,
    edge_lines,
    edge_row,
    name_and_kind,
    short_calls,
    told_calls,
)
from iamlab.view.words import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.reach import Reach

MANY = 40
"""More lines than that cannot be told apart."""


def draw_edges(reach: Reach) -> Figure:
    """Draw every step between principals as they are: what ``reach.show()`` gives.

    Examples
    --------
    >>> from iamlab.teach.acme import observatory
    >>> figure = draw_edges(observatory().reach())
    >>> figure.alt.partition(";")[0]
    '6 steps between 9 principals: carol becomes auditor by sts:AssumeRole'
    """
    names = {key: account.name for key, account in reach.world.accounts.items()}
    edges = _different(reach.edges)
    fan = _fan(reach, edges)
    drawn = _fewer(fan)
    missing = len(fan.steps) - len(drawn.steps)
    called = call_all((one.arn for edge in edges for one in (edge.source, edge.target)), names)
    pairs = [
        f"{called[edge.source.arn]} {_becomes(edge, called)} by {told_calls(edge)}"
        for edge in edges
    ]
    head = f"{count(len(edges), 'step')} between {count(len(fan.points), 'principal')}: "
    caption = (
        "Who can become whom, by which calls. Steps of administrators inside their account are "
        "left out: they take everybody in it."
    )
    if missing:
        caption += f" {count(missing, 'more line stands', 'more lines stand')} only in the table."
    return Figure.on(
        draw_fan(drawn, names, ("WHO", "BECOMES", "AND THEN", "AND THEN")),
        alt=told(head, pairs, ".") if edges else _nobody(reach),
        caption=caption,
        rows=[edge_row(edge) for edge in edges] or [{"source": "", "target": ""}],
        lines=[
            *(line for i, edge in enumerate(edges, 1) for line in edge_lines(edge, i)),
            *told_points(drawn, names),
        ],
        graph=lambda: graph_of(fan),
    )


def _nobody(reach: Reach) -> str:
    """Say that there is no step; those that are left out are there all the same."""
    lead = (reach.is_admin(one) and reach.edges_from(one) for one in reach.principals)
    return f"Nobody{' but administrators' if any(lead) else ''} can become anybody."


def _different(edges: Iterable[Edge]) -> list[Edge]:
    """Keep one edge of those that lead between the same two in the same way."""
    found: dict[object, Edge] = {}
    for edge in edges:
        found.setdefault((edge.source.arn, edge.target.arn, edge.way.number), edge)
    return list(found.values())


def _becomes(edge: Edge, called: Mapping[str, str]) -> str:
    return "widens itself" if edge.is_own else f"becomes {called[edge.target.arn]}"


def _fan(reach: Reach, edges: Iterable[Edge]) -> Fan:
    """Give the principals, and a line for each two between whom a way leads."""
    there = set(reach.principals)
    wider = {edge.source.arn for edge in edges if edge.is_own}
    fan = Fan({}, {}, {})
    for edge in edges:
        for power in (edge.source, edge.target):
            is_there = power.arn in there
            name, kind = name_and_kind(power.arn)
            parts = [kind if is_there or ":assumed-role/" in power.arn else f"new {kind}"]
            if is_there and reach.is_admin(power.arn):
                parts.append(ADMINISTRATOR)
            if power.arn in wider:
                parts.append("widens itself")
            note = ", ".join(parts)
            fan.points[power.arn] = Named(name, note, note), power.account_id
        if not edge.is_own:
            fan.steps.setdefault((edge.source.arn, edge.target.arn), short_calls(edge))
    return replace(fan, columns=_distances(fan))


def _fewer(fan: Fan) -> Fan:
    """Leave out lines until they can be told apart: those that lead back or aside come first."""
    if len(fan.steps) <= MANY:
        return fan
    columns = fan.columns
    on = {pair: words for pair, words in fan.steps.items() if columns[pair[0]] < columns[pair[1]]}
    if len(on) > MANY:
        one_each = {end: (start, end) for start, end in reversed(on)}
        on = {pair: on[pair] for pair in reversed(one_each.values())}
    return replace(fan, steps=on)


def _distances(fan: Fan) -> dict[str, int]:
    """Put everybody into the column of as many steps as it takes to get there from a beginner."""
    targets = {end for _, end in fan.steps}
    columns = {key: 0 for key in fan.points if key not in targets}
    if not columns and fan.points:
        columns = {next(iter(fan.points)): 0}
    waiting = list(columns)
    while waiting:
        one = waiting.pop(0)
        for start, end in fan.steps:
            if start == one and end not in columns:
                columns[end] = min(columns[one] + 1, MOST_COLUMNS - 1)
                waiting.append(end)
        if not waiting:
            left = next((key for key in fan.points if key not in columns), None)
            if left is not None:
                columns[left] = 0
                waiting.append(left)
    return {key: columns[key] for key in fan.points}

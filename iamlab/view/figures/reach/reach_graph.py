"""The reach graph: whom somebody can become, and by which calls; before and after a cut.

Notes
-----
AWS pages: "Policy evaluation logic"; "IAM roles"; "Grant a user permissions to pass a role to an
AWS service".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.cut import Cut
from iamlab.analysis.privilege_escalation.cut_edits import apply
from iamlab.analysis.privilege_escalation.paths import Path
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
from iamlab.analysis.privilege_escalation.reach import ADMIN, Reach
from iamlab.authorization.principal import principal_of
from iamlab.deprecated import with_old_names
from iamlab.display import count
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.reach.reach_edges import draw_edges
from iamlab.view.figures.reach.reach_fan import draw_found
from iamlab.view.figures.reach.reach_path import After, Shown, draw_path
from iamlab.view.figures.reach.reach_words import (
    edge_lines,
    edge_row,
    key_of,
    name_and_kind,
    named,
    operations,
    point_lines,
    powers_of,
    short_edit,
    told_way,
)
from iamlab.view.given import check
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx

    from iamlab.analysis.privilege_escalation.cut_edits import CutEdit
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.authorization.principal import Caller

ADMINISTERS = 0
"""The number of the way that is no call: what an administrator is to his account."""


@with_old_names
def reach_graph(
    reach: Reach,
    principal: Caller | None = None,
    to: Caller | None = ADMIN,
    *,
    cut: Cut | None = None,
) -> Figure:
    """Draw the ways of a world.

    Parameters
    ----------
    reach
        What ``world.reach()`` gives.
    principal
        Whose way is drawn. Default: all steps of everybody are drawn.
    to
        Whom he wants to be; ``"admin"``: an administrator of whichever account. ``None``: all that
        he can become is drawn.
    cut
        What ``reach.cut(source, to)`` gives: the way is drawn before and after it.

    Raises
    ------
    RequestError
        It is no reach, ``cut`` is no cut, or ``source`` is none of its world.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> dana, bob = main.create_user("dana"), main.create_user("bob")
    >>> bob.attach_policy("AdministratorAccess")
    >>> dana.put_policy("help", Policy.allow("iam:CreateAccessKey", bob.arn))
    >>> reach_graph(main.world.reach(), dana).alt
    'dana becomes bob by iam:CreateAccessKey. bob is an administrator.'
    """
    check("reach_graph", reach, Reach)
    if cut is not None:
        check("reach_graph", cut, Cut)
    if principal is None:
        return draw_edges(reach)
    if to is None:
        return draw_found(reach.blast_radius(principal))
    path = reach.path(principal, to)
    if path is None:
        return _no_way(reach, principal, to)
    if cut is not None:
        return _before_and_after(reach, path, cut)
    return draw_way(path, reach)


def draw_way(path: Path, reach: Reach | None = None) -> Figure:
    """Draw a path: what ``path.show()`` gives.

    Parameters
    ----------
    reach
        Where to look for whom else somebody on the way could become. Default: that is left out.

    Raises
    ------
    RequestError
        It is no path.
    """
    check("draw_way", path, Path)
    others = () if reach is None else _others(reach, path)
    shown = Shown(path, others if any(others) else ())
    end = _end(path)
    return Figure.on(
        draw_path(shown),
        alt=told(f"{told_way(path)}. ", [end] if end else [], "") if end else f"{told_way(path)}.",
        caption="Each arrow is an API call and the identity that it gives the caller.",
        rows=_rows(shown),
        lines=_lines(shown),
        graph=lambda: _graph(shown),
    )


def draw_cut(cut: Cut) -> Figure:
    """Draw a way before and after a cut: what ``cut.show()`` gives.

    Raises
    ------
    RequestError
        It is no cut.
    """
    check("draw_cut", cut, Cut)
    if cut.reach is None or cut.way is None:
        sheet = Sheet()
        sheet.text(MARGIN, 0.3, "There is no way to close.")
        return Figure.on(
            sheet,
            alt="There is no way, and so nothing to close.",
            caption="Nothing to close.",
            rows=[{"step": 0, "is_open": False}],
            lines=["There is no way to close."],
        )
    return _before_and_after(cut.reach, cut.way, cut)


def _end(path: Path) -> str:
    """Say of the one whom a path ends with whether he is an administrator."""
    end = path.edges[-1].target if path.edges else path.source
    return f"{shorten(named(end).name, 40)} is an administrator." if path.is_admin(end) else ""


def _others(reach: Reach, path: Path) -> tuple[tuple[Edge, ...], ...]:
    """Give for each point of a path whom else it leads to; an administrator's are too many."""
    powers = powers_of(path)
    on_way = {power.arn for power in powers}
    found = []
    for power in powers:
        own: dict[str, Edge] = {}
        if not path.is_admin(power):
            for edge in reach.edges_from(power):
                if edge.target.arn not in on_way and edge.way.number != ADMINISTERS:
                    own.setdefault(edge.target.arn, edge)
        found.append(tuple(own.values()))
    return tuple(found)


# -- a cut -----------------------------------------------------------------------------------------


def _before_and_after(reach: Reach, path: Path, cut: Cut) -> Figure:
    shown = _after_cut(reach, path, cut)
    on_way = [edit for after in shown.after or () for edit in after.edits]
    gone = [short_edit(edit) for edit in on_way or shown.besides]
    head = f"Before the cut {shorten(told_way(path), 150)}. "
    end = "It is closed by this" if cut.is_closed else "Nothing closes it"
    return Figure.on(
        draw_path(shown),
        alt=told(f"{head}{end}: ", gone, ".") if gone else f"{head}{end}.",
        caption=_cut_caption(cut),
        rows=_rows(shown),
        lines=_lines(shown),
        graph=lambda: _graph(shown),
    )


def _cut_caption(cut: Cut) -> str:
    if not cut.is_closed:
        return "Nothing closes this way, with what shall stay."
    how = "no smaller set of edits does it" if cut.is_smallest else "each edit is needed"
    return f"The same way before and after {count(len(cut), 'edit')}; {how}."


def _after_cut(reach: Reach, path: Path, cut: Cut) -> Shown:
    """Say of each step of a path whether it is still there, and which edit takes it away."""
    after = reach.again(cut.apply()) if cut.edits else reach
    singles = {}
    for edit in cut.edits:
        world = reach.world.copy()
        apply(world, [edit])
        singles[edit] = reach.again(world)
    found, reached, used = [], True, set()
    for edge in path.edges:
        is_open = _is_open(after, reach, edge)
        by: list[CutEdit] = []
        if not is_open:
            by = [edit for edit, one in singles.items() if not _is_open(one, reach, edge)]
            used |= {*by}
            by = by or list(cut.edits)  # none does it alone
        found.append(After(is_open, reached, tuple(map(str, by))))
        reached = reached and is_open
    besides = tuple(str(edit) for edit in cut.edits if edit not in used)
    return Shown(path, (), tuple(found), besides)


def _is_open(after: Reach, before: Reach, edge: Edge) -> bool:
    """Say whether the calls of an edge are still allowed, of those that were."""
    source = edge.source
    known = principal_of(after.world, source.credential or source.arn)
    power = PrincipalState.of(known, source.credential).with_(*source.changes)
    return all(
        after.decide(power, need)
        for call in edge.calls
        for need in call.needs
        if before.decide(source, need)
    )


# -- in words --------------------------------------------------------------------------------------


def _rows(shown: Shown) -> list[dict[str, object]]:
    rows = []
    for number, edge in enumerate(shown.path.edges, 1):
        more = {}
        if shown.after is not None:
            step = shown.after[number - 1]
            more = {
                "open_after_cut": step.is_open,
                "reached_after_cut": step.is_reached,
                "closed_by": " ".join(step.edits),
            }
        rows.append(edge_row(edge, step=number, on_way=True, **more))
    for number, own in enumerate(shown.others, 1):
        rows += [edge_row(edge, step=number, on_way=False) for edge in own]
    return rows or [{"step": 0, "on_way": True, "source": shown.path.source.arn}]


def _lines(shown: Shown) -> Iterator[str]:
    edges = shown.path.edges
    if not edges:
        yield f"{shown.points[0]} is there already"
    for number, edge in enumerate(edges, 1):
        yield from edge_lines(edge, number)
        if shown.after is not None:
            step = shown.after[number - 1]
            state = "is open" if step.is_open else "✕ is closed"
            yield f"   after the cut it {state}"
            yield from (f"     {edit}" for edit in step.edits)
            if not shown.reached(number):
                yield f"   {named(edge.target)}: not reached any more"
    for point in shown.points:
        yield from point_lines(point)
    for edit in shown.besides:
        yield f"Besides: {edit}"
    for own in shown.others:
        for edge in own:
            calls = " + ".join(operations(edge))
            yield f"{named(edge.source)} could also become {named(edge.target)}: {calls}"


def _graph(shown: Shown) -> nx.DiGraph[str]:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for power, point in zip(powers_of(shown.path), shown.points, strict=True):
        graph.add_node(key_of(power), label=point.name, note=point.note, field=power.account_id)
    for number, edge in enumerate(shown.path.edges):
        gone = shown.after is not None and not shown.after[number].is_open
        label = " + ".join(operations(edge))
        graph.add_edge(key_of(edge.source), key_of(edge.target), label=label, missing=gone)
    for edge in (edge for own in shown.others for edge in own):
        target = named(edge.target)
        graph.add_node(
            key_of(edge.target), label=target.name, note=target.note, field=edge.target.account_id
        )
        graph.add_edge(key_of(edge.source), key_of(edge.target), label=" + ".join(operations(edge)))
    return graph


def _no_way(reach: Reach, source: Caller, to: Caller) -> Figure:
    """Say that there is no way, and whom he can become instead."""
    found = reach.blast_radius(source)
    who, kind = name_and_kind(found.source)
    whom = "an administrator" if to == ADMIN else name_and_kind(getattr(to, "arn", str(to)))[0]
    text = f"{who} cannot become {whom}, whatever is called."
    sheet = Sheet()
    room = PAGE - 4 * MARGIN
    sheet.text(MARGIN, 0.3, text, room=room)
    instead = [name_and_kind(arn)[0] for arn in found]
    if instead:
        words = f"Instead: {listed(instead, 6, length=30)}."
        sheet.note(MARGIN, 0.55, words, room=room, fact=False)
    return Figure.on(
        sheet,
        alt=told(
            f"{shorten(who, 40)} cannot become {shorten(whom, 40)}, whatever is called",
            [f"; within reach are {listed(instead, 4, length=30)}"] if instead else [],
            ".",
            between="",
        ),
        caption="There is no way.",
        rows=[{"source": found.source, "to": whom, "is_possible": False}],
        lines=[text, f"{who}: {kind}", *(f"  within reach: {arn}" for arn in found)],
    )

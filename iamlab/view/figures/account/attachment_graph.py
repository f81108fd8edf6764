"""The attachment graph: what hangs on whom in an account, with one principal lit.

Three columns: users and roles, groups, policies. A line that passes the groups has a lane of its
own between them. A boundary is attached to somebody like a policy, but grants nothing: its line is
dashed and says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.display import count, printable
from iamlab.errors import RequestError
from iamlab.model.account import Account
from iamlab.model.world import World
from iamlab.view.drawing.measure import TEXT, widest
from iamlab.view.drawing.sheet import FRAME, MARGIN, PAD, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.account.attachment_plan import HEADINGS, grid_of, past, places_of
from iamlab.view.figures.account.attachment_words import (
    NO_ACCOUNTS,
    NOBODY,
    alt_of,
    lines_of,
    rows_of,
)
from iamlab.view.figures.account.attachments import (
    Lit,
    column_of,
    graph_of,
    node_of,
    steps,
    ways_of,
)
from iamlab.view.style import ALLOW, ALLOW_AREA, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.view.drawing.layered import Places
    from iamlab.view.drawing.measure import Face
    from iamlab.view.figures.account.attachment_plan import Grid
    from iamlab.view.figures.account.attachments import Graph, Node

MOST, MOST_LINES = 60, 80  # more boxes or lines than that nobody can read
MOST_FIELDS = 12  # nor more accounts
HEAD = 0.45  # a field's title


def attachment_graph(of: Account | World | Lit, *, lit: Lit | None = None) -> Figure:
    """Draw everything that hangs on somebody, in an account or in every account of a world.

    Parameters
    ----------
    of
        Whose identities and policies are drawn. Of more than 60, those that are alike are drawn as
        one; the table and the list have each. Of a user, a role or a group: its account, with
        itself lit.
    lit
        A user, a role or a group: its ways are drawn bold, all others pale.

    Raises
    ------
    RequestError
        ``of`` is none of these, or ``lit`` is not in it.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> world = scenario("groups")
    >>> print(attachment_graph(world.account("acme-main"), lit=world.user("bob")).alt)
    bob gets AmazonS3FullAccess through developers.
    """
    if isinstance(of, Lit):
        return attachment_graph(of.account, lit=lit or of)
    accounts = _accounts(of)
    graphs = [graph_of(account) for account in accounts]
    _check(graphs, lit)
    drawn = _readable(graphs, lit)
    shown = _fields(graphs, lit)
    return Figure.on(
        _draw(
            [accounts[i] for i in shown], [drawn[i] for i in shown], lit, left_out=_left_out(graphs)
        ),
        alt=alt_of(_named(accounts), graphs, lit),
        caption=_caption(accounts, lit, folded=sum(map(len, drawn)) < sum(map(len, graphs))),
        rows=rows_of(graphs, lit),
        lines=lines_of(list(zip(graphs, drawn, strict=True)), lit, left_out=_left_out(graphs)),
        graph=_union(drawn),
    )


def _caption(accounts: Sequence[Account], lit: Lit | None, *, folded: bool) -> str:
    caption = f"What hangs on whom in {_named(accounts)}."
    if lit is not None:
        of_group = f"what {lit.name} hands on, and to whom"
        caption += f" Lit: {of_group if lit.kind == 'group' else f'all that reaches {lit.name}'}."
    if folded:
        caption += " Those that are alike are drawn as one; the list has each."
    return caption


def _fields(graphs: Sequence[Graph], lit: Lit | None) -> list[int]:
    """Choose the accounts that are drawn: that of whoever is lit, then the first ones."""
    order = sorted(range(len(graphs)), key=lambda i: lit is None or node_of(lit) not in graphs[i])
    return sorted(order[:MOST_FIELDS])


def _left_out(graphs: Sequence[Graph]) -> str:
    number = len(graphs) - MOST_FIELDS
    return f"and {count(number, 'more account')} in the list and the table" if number > 0 else ""


def _accounts(of: object) -> list[Account]:
    if isinstance(of, Account):
        return [of]
    if isinstance(of, World):
        return list(of.accounts.values())
    raise RequestError(
        "attachment_graph() draws an account or a world, or a user, role or group in its account, "
        f"not {type(of).__name__}."
    )


def _check(graphs: Sequence[Graph], lit: object) -> None:
    if lit is None:
        return
    if not isinstance(lit, Lit):
        raise RequestError(f"lit is a user, a role or a group, not {type(lit).__name__}.")
    if not any(node_of(lit) in graph for graph in graphs):
        raise RequestError(f"{lit.arn} is not in what is to be drawn, so it cannot be lit.")


def _named(accounts: Sequence[Account]) -> str:
    return accounts[0].name if len(accounts) == 1 else count(len(accounts), "account")


def _readable(graphs: Sequence[Graph], lit: Lit | None) -> list[Graph]:
    """Fold every account just so far that all of them together can be read."""
    drawn: list[Graph] = []
    for step in zip(*(steps(graph, lit) for graph in graphs), strict=True):
        drawn = list(step)
        lines = sum(one.number_of_edges() for one in drawn)
        if sum(map(len, drawn)) <= MOST and lines <= MOST_LINES:
            break
    return drawn


def _union(drawn: Sequence[Graph]) -> Graph:
    import networkx as nx

    union: Graph = nx.compose_all(drawn) if drawn else nx.DiGraph()
    return union


# -- drawing ---------------------------------------------------------------------------------------


def _draw(
    accounts: Sequence[Account], drawn: Sequence[Graph], lit: Lit | None, *, left_out: str
) -> Sheet:
    sheet = Sheet()
    places = [places_of(graph) for graph in drawn]
    several = len(accounts) > 1
    grid = grid_of(drawn, max((one.height for one in places), default=0), several=several)
    for column, (left, _) in grid.columns.items():
        sheet.heading(left, 0.25, HEADINGS[column])
    top = 0.5
    for account, graph, found in zip(accounts, drawn, places, strict=True):
        if several:
            height = HEAD + max(found.height, 1) * grid.row + 0.1
            width = grid.right + FRAME - MARGIN
            sheet.field(MARGIN, top, width, height, printable(account.name), account.account_id)
            _account(sheet, grid, graph, found, top + HEAD, lit)
            top += height + 0.15
        else:
            _account(sheet, grid, graph, found, top, lit)
    words = left_out or ("" if accounts else NO_ACCOUNTS)
    sheet.note(MARGIN, top + 0.1, words)
    return sheet


def _account(
    sheet: Sheet, grid: Grid, graph: Graph, places: Places[Node], top: float, lit: Lit | None
) -> None:
    """Draw the boxes of one account, and the lines between them."""
    if not len(graph):
        left = min(left for left, _ in grid.columns.values())
        sheet.text(left, top + grid.row / 2, NOBODY, PALE_INK)
        return
    ways = ways_of(graph, lit)
    reached = {node for way in ways for node in way}
    boxes = {
        node: _box(grid, graph, node, top + (places.rows[node] + 0.5) * grid.row, lit, reached)
        for node in graph
    }
    for edge in sorted(graph.edges, key=lambda one: one in ways):
        lanes = [
            (column, top + (row + 0.5) * grid.row) for column, row in places.lanes.get(edge, ())
        ]
        via = past(grid, graph, lanes)
        style = _LIT if edge in ways else _PALE
        dashed = bool(graph.edges[edge].get("missing"))
        sheet.line(boxes[edge[0]].right, boxes[edge[1]].left, via=via, dashed=dashed, **style)
    for node, box in boxes.items():
        _put(sheet, grid, box)
        if node[0] == "boundary":
            # The word stands once, where the dashed lines meet.
            place = box.x - 0.04, box.y
            sheet.note(*place, "boundary", box.colour, align="right", on_line=True, fact=False)


_LIT: dict[str, Any] = {"colour": ALLOW, "bold": True}
_PALE: dict[str, Any] = {"colour": PALE_LINE}


def _box(
    grid: Grid, graph: Graph, node: Node, y: float, lit: Lit | None, reached: set[Node]
) -> Box:
    facts = graph.nodes[node]
    left, width = grid.columns[column_of(graph, node)]
    is_lit = lit is not None and node == node_of(lit)
    on_way = node in reached or is_lit
    colour = INK if is_lit or lit is None else ALLOW if on_way else PALE_INK
    area = LIT_AREA if is_lit else ALLOW_AREA if on_way else PAPER
    dashed = node[0] == "boundary"
    return Box(
        left, y, width, facts["label"], facts["note"], colour, area,
        bold=on_way, dashed=dashed, height=grid.box,
    )  # fmt: skip


def _put(sheet: Sheet, grid: Grid, box: Box) -> None:
    """Draw a box; in a dense column its note stands beside the text, not below."""
    if not grid.is_dense:
        sheet.box(box)
        return
    sheet.box(replace(box, text="", note=""))
    face: Face = "bold" if box.bold else "sans"
    room, right = box.width - 2 * PAD, box.x + box.width - PAD
    beside = max(room - widest([box.text], TEXT, face) - 0.12, room * 0.4)
    taken = sheet.note(right, box.y, box.note, box.colour, align="right", room=beside)
    sheet.text(box.x + PAD, box.y, box.text, box.colour, face=face, room=room - taken - 0.1)

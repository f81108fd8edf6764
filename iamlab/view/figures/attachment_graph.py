"""The attachment graph: what hangs on whom in one account, with one principal lit.

Three columns: users and roles, groups, policies. Inline policies stand beside the managed ones, and
say that they are inline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from iamlab.view.drawing.sheet import ROW, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.access_rows import kind_of
from iamlab.view.style import ALLOW, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER
from iamlab.world.gather import policies_of
from iamlab.world.identities import Bounded, Group, Role, User

if TYPE_CHECKING:
    from iamlab.world.account import Account

    Node = tuple[str, str]
    Graph = nx.DiGraph[Node]

LEFT = {"identity": 0.15, "group": 3.5, "policy": 6.85}
BOX_WIDTH = 2.6
WIDTH = 9.65
TOP = 0.8
MOST = 60  # more boxes than that nobody can read
HEADINGS = {"identity": "USERS AND ROLES", "group": "GROUPS", "policy": "POLICIES"}


def attachment_graph(account: Account, *, lit: User | Role | None = None) -> Figure:
    """Draw everything that hangs on somebody in an account.

    Parameters
    ----------
    account
        Whose identities and policies are drawn.
    lit
        Whose ways are drawn bold, all others pale.
    """
    graph = graph_of(account)
    ways = _ways(graph, lit)
    drawn = _readable(graph, ways)
    left_out = len(graph) - len(drawn)
    caption = f"What hangs on whom in {account.name}."
    if lit is not None:
        caption += f" Lit: all that reaches {lit.name}."
    if left_out:
        caption += f" {left_out} more stand only in the table."
    return Figure.on(
        _draw(drawn, ways, lit),
        alt=_alt(account, graph, lit),
        caption=caption,
        rows=tuple(_rows(graph)),
        lines=tuple(_lines(graph)),
    )


def graph_of(account: Account) -> Graph:
    """Give the account as a directed graph: identity -> group -> policy.

    Nodes are tuples of column and name, an inline policy's with its owner; each has a ``label`` and
    a ``note``.
    """
    graph: Graph = nx.DiGraph()
    identities = [*account.users.values(), *account.roles.values()]
    for identity in (*identities, *account.groups.values()):
        column = "identity" if isinstance(identity, Bounded) else "group"
        node = (column, identity.arn)
        note = _count(identity.users) if isinstance(identity, Group) else identity.kind
        graph.add_node(node, label=identity.name, note=note)
        for attached in policies_of(identity):
            name = attached.policy.name
            policy = ("policy", attached.arn or f"{identity.arn}/{name}")
            kind = kind_of("identity", attached.arn)
            if attached.arn is None:
                kind = f"inline on {identity.name}"
            graph.add_node(policy, label=name, note=kind)
            graph.add_edge(node, policy)
    for user in account.users.values():
        for group in user.groups:
            if group in account.groups:
                graph.add_edge(("identity", user.arn), ("group", account.groups[group].arn))
    return graph


def _readable(graph: Graph, ways: set[tuple[Node, Node]]) -> Graph:
    """Keep what fits into a picture: the lit ways first, then the others in order."""
    lit = [node for way in ways for node in way]
    kept = list(dict.fromkeys([*lit, *graph]))[:MOST]
    return graph if len(kept) == len(graph) else graph.subgraph(sorted(kept, key=list(graph).index))


def _count(users: list[User]) -> str:
    return "1 user" if len(users) == 1 else f"{len(users)} users"


def _ways(graph: Graph, lit: User | Role | None) -> set[tuple[Node, Node]]:
    """Collect the edges on the lit principal's ways."""
    if lit is None:
        return set()
    return set(nx.edge_dfs(graph, ("identity", lit.arn)))


def _draw(graph: Graph, ways: set[tuple[Node, Node]], lit: User | Role | None) -> Sheet:
    columns: dict[str, list[tuple[str, str]]] = {name: [] for name in LEFT}
    for node in graph:
        columns[node[0]].append(node)
    columns["policy"].sort(key=lambda node: _first_place(graph, columns, node))
    rows = max((len(nodes) for nodes in columns.values()), default=1)
    sheet = Sheet(WIDTH, TOP + max(rows, 1) * ROW - 0.1)
    boxes: dict[object, Box] = {}
    reached = {node for edge in ways for node in edge}
    for column, nodes in columns.items():
        sheet.heading(LEFT[column], 0.28, HEADINGS[column])
        start = TOP + (rows - len(nodes)) * ROW / 2
        for i, node in enumerate(nodes):
            boxes[node] = _box(graph, node, start + i * ROW, lit, reached=node in reached)
    for edge in graph.edges:
        on_way = edge in ways
        colour = ALLOW if on_way else PALE_LINE
        start_box, end_box = boxes[edge[0]], boxes[edge[1]]
        if edge[0][0] == "identity" and edge[1][0] == "policy":
            _past_the_groups(sheet, start_box, end_box, columns, colour, bold=on_way)
        else:
            sheet.line(start_box.right, end_box.left, colour, bold=on_way)
    for box in boxes.values():
        sheet.box(box)
    return sheet


def _first_place(
    graph: Graph, columns: dict[str, list[tuple[str, str]]], node: tuple[str, str]
) -> tuple[float, int]:
    """Place a policy near those that it hangs on."""
    order = {owner: i for name in ("group", "identity") for i, owner in enumerate(columns[name])}
    owners = [order[owner] for owner in graph.predecessors(node)]
    return sum(owners) / len(owners), len(owners)


def _past_the_groups(
    sheet: Sheet,
    start: Box,
    end: Box,
    columns: dict[str, list[tuple[str, str]]],
    colour: str,
    *,
    bold: bool,
) -> None:
    """Lead a line that goes by no group between two of their boxes."""
    groups = max(len(columns["group"]), 1)
    rows = max(len(nodes) for nodes in columns.values())
    first = TOP + (rows - groups) * ROW / 2 - ROW / 2
    gaps = [first + i * ROW for i in range(groups + 1)]
    level = min(gaps, key=lambda gap: abs(gap - (start.y + end.y) / 2))
    before, after = (LEFT["group"] - 0.1, level), (LEFT["group"] + BOX_WIDTH + 0.1, level)
    sheet.line(start.right, before, colour, bold=bold)
    sheet.line(before, after, colour, bold=bold)
    sheet.line(after, end.left, colour, bold=bold)


def _box(
    graph: Graph,
    node: tuple[str, str],
    y: float,
    lit: User | Role | None,
    *,
    reached: bool,
) -> Box:
    label, note = graph.nodes[node]["label"], graph.nodes[node]["note"]
    is_lit = lit is not None and node == ("identity", lit.arn)
    colour = INK if reached or lit is None else PALE_INK
    area = LIT_AREA if is_lit else PAPER
    return Box(
        LEFT[node[0]], y, BOX_WIDTH, label, note, ALLOW if reached and not is_lit else colour, area,
        bold=reached,
    )  # fmt: skip


def _alt(account: Account, graph: Graph, lit: User | Role | None) -> str:
    if lit is None:
        policies = sum(node[0] == "policy" for node in graph)
        return (
            f"Account {account.name}: {len(account.users)} users, {len(account.roles)} roles, "
            f"{len(account.groups)} groups and {policies} policies, with lines from each to what "
            "hangs on it."
        )
    ways = []
    node = ("identity", lit.arn)
    for target in graph.successors(node):
        label = graph.nodes[target]["label"]
        if target[0] == "policy":
            ways.append(f"{label} hangs on {lit.name} itself")
        else:
            names = [graph.nodes[policy]["label"] for policy in graph.successors(target)]
            ways.append(f"group {label} hands on {' and '.join(names) or 'nothing'}")
    return f"What reaches {lit.name}: {'; '.join(ways) or 'nothing'}."


def _rows(graph: Graph) -> list[dict[str, str]]:
    return [
        {
            "from": graph.nodes[start]["label"],
            "is": graph.nodes[start]["note"],
            "to": graph.nodes[end]["label"],
            "which is": graph.nodes[end]["note"],
        }
        for start, end in graph.edges
    ]


def _lines(graph: Graph) -> list[str]:
    lines = []
    for node in graph:
        if node[0] == "identity":
            lines.append(f"{graph.nodes[node]['note']} {graph.nodes[node]['label']}")
            for target in graph.successors(node):
                label, note = graph.nodes[target]["label"], graph.nodes[target]["note"]
                kind = "group" if target[0] == "group" else note
                lines.append(f"  {kind} {label}")
                lines += (
                    f"    {graph.nodes[policy]['note']} {graph.nodes[policy]['label']}"
                    for policy in graph.successors(target)
                )
    return lines

"""What hangs on whom in an account, as a graph: users and roles, groups, policies.

Too many of them make a hairball. Then those that are alike become one, in steps: first users with
the very same groups and policies, then policies that hang on the very same ones, at last all of a
kind. Whoever is lit stays alone, and so does all that reaches him.

Notes
-----
AWS pages: "Managed policies and inline policies"; "IAM user groups"; "Permissions boundaries for
IAM entities".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from iamlab.display import count, printable
from iamlab.model.identities import Bounded, Group, Role, User
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator
    from typing import TypeAlias

    import networkx as nx

    from iamlab.model.account import Account
    from iamlab.model.identities import Identity

    Node: TypeAlias = tuple[str, ...]
    Graph: TypeAlias = nx.DiGraph[Node]
    Way: TypeAlias = tuple[Node, Node]
    Classes: TypeAlias = Callable[[Graph, Node], Hashable]

PRINCIPAL, GROUP, POLICY = 0, 1, 2
"""The columns."""

NOUNS = {
    "user": ("user", "users"),
    "role": ("role", "roles"),
    "group": ("group", "groups"),
    "policy": ("policy", "policies"),
    "inline": ("inline policy", "inline policies"),
    "boundary": ("permissions boundary", "permissions boundaries"),
}
"""What kinds of nodes there are, and how they are counted."""

Lit = User | Role | Group


def column_of(graph: Graph, node: Node) -> int:
    """Say in which column a node stands."""
    column: int = graph.nodes[node]["column"]
    return column


def graph_of(account: Account) -> Graph:
    """Give an account as a graph.

    Nodes have a ``label``, a ``note``, a ``kind``, a ``column`` and the ``field`` that they stand
    in; edges say how the one is attached to the other. A policy that is a boundary is another node
    than the same policy where it grants.
    """
    import networkx as nx

    graph: Graph = nx.DiGraph(field=field_of(account))
    identities = [*account.users.values(), *account.roles.values(), *account.groups.values()]
    for identity in identities:
        node = node_of(identity)
        column = PRINCIPAL if isinstance(identity, Bounded) else GROUP
        note = count(len(identity.users), "user") if isinstance(identity, Group) else identity.kind
        _add(graph, account, node, identity.name, note, column)
        _hang(graph, account, identity, node)
    for user in account.users.values():
        for name in user.groups:
            known = account.groups.get(name)
            missing = ("group", f"{account.account_id}/{name}")
            group = missing if known is None else node_of(known)
            if known is None:
                _add(graph, account, group, name, "not in the file", GROUP)
            graph.add_edge(node_of(user), group, label="member")
    return graph


def node_of(identity: Identity) -> Node:
    """Give the node that an identity is in the graph."""
    return identity.kind, identity.arn


def _add(graph: Graph, account: Account, node: Node, label: str, note: str, column: int) -> None:
    seen = printable(label)
    facts: dict[str, Any] = {"label": seen, "note": printable(note), "names": (seen,)}
    facts |= {"column": column, "kind": node[0], "field": field_of(account), "whole": label}
    graph.add_node(node, **facts)


def field_of(account: Account) -> str:
    """Name an account."""
    return f"{printable(account.name)} {account.account_id}"


def _hang(graph: Graph, account: Account, identity: Identity, node: Node) -> None:
    for name in identity.inline:
        policy = ("inline", identity.arn, name)
        _add(graph, account, policy, name, f"inline on {identity.name}", POLICY)
        graph.add_edge(node, policy, label="inline")
    for arn in identity.attached:
        managed = ("policy", f"{account.account_id}/{arn}")
        _add(graph, account, managed, _name(arn), _kind(account, arn), POLICY)
        graph.add_edge(node, managed, label="attached")
    if isinstance(identity, Bounded) and identity.boundary is not None:
        limit = ("boundary", f"{account.account_id}/{identity.boundary}")
        _add(graph, account, limit, _name(identity.boundary), "permissions boundary", POLICY)
        graph.add_edge(node, limit, label="boundary", missing=True)  # dashed: it grants nothing


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _kind(account: Account, arn: str) -> str:
    if ":iam::aws:" in arn:
        return "AWS managed"
    return "customer managed" if arn in account.policies else "not in the file"


def ways_of(graph: Graph, lit: Lit | None) -> set[Way]:
    """Give the edges on the ways of whoever is lit: of a group those to its members, too."""
    import networkx as nx

    if lit is None or node_of(lit) not in graph:
        return set()
    node = node_of(lit)
    return {*nx.edge_dfs(graph, node), *((member, node) for member in graph.predecessors(node))}


# -- fewer nodes -----------------------------------------------------------------------------------


def steps(graph: Graph, lit: Lit | None) -> Iterator[Graph]:
    """Give the graph as it is, then in fewer and fewer nodes."""
    yield graph
    ways = ways_of(graph, lit)
    alone = {node for way in ways for node in way} | ({node_of(lit)} if lit is not None else set())
    for kept in (alone, {node_of(lit)} if lit is not None else set()):
        same = fold(graph, _same_attachments, kept)
        yield same
        near = fold(same, _same_neighbours, kept)
        yield near
        for of in _COARSER:
            near = fold(near, of, kept)
            yield near


def fold(graph: Graph, of: Classes, alone: Collection[Node]) -> Graph:
    """Make one node of all those that are of one class, except for those that stay alone."""
    import networkx as nx

    classes: dict[Hashable, list[Node]] = defaultdict(list)
    for node in graph:
        classes[node if node in alone else (graph.nodes[node]["kind"], of(graph, node))].append(
            node
        )
    home = {node: members[0] for members in classes.values() for node in members}
    made: Graph = nx.DiGraph(**graph.graph)
    for members in classes.values():
        made.add_node(members[0], **_together(graph, members))
    for start, end, facts in graph.edges(data=True):
        made.add_edge(home[start], home[end], **facts)
    return made


def _together(graph: Graph, members: list[Node]) -> dict[str, Any]:
    """Give the facts of many as of one, named by number."""
    first: dict[str, Any] = graph.nodes[members[0]]
    if len(members) == 1:
        return first
    names = tuple(name for node in members for name in graph.nodes[node]["names"])
    label, note = count(len(names), *NOUNS[first["kind"]]), listed(names, 2, length=24)
    if first["kind"] == "inline" and len(set(names)) == 1:
        label, note = names[0], f"inline on each of {len(names)}"
    return {**first, "label": label, "note": note, "names": names}


def _same_attachments(graph: Graph, node: Node) -> Hashable:
    """Users are alike who have the same groups and policies; of inline ones the name counts."""
    column = graph.nodes[node]["column"]
    if column == PRINCIPAL:
        return _attachments(graph, node)
    if graph.nodes[node]["kind"] == "inline":
        (owner,) = graph.predecessors(node)
        own = _attachments(graph, owner) if graph.nodes[owner]["column"] == PRINCIPAL else owner
        return graph.nodes[owner]["kind"], own, graph.nodes[node]["label"]
    return node


def _attachments(graph: Graph, node: Node) -> Hashable:
    return frozenset(
        ("inline", graph.nodes[end]["label"]) if end[0] == "inline" else end
        for end in graph.successors(node)
    )


def _same_neighbours(graph: Graph, node: Node) -> Hashable:
    """Policies are alike that hang on the same ones; groups, if members and policies are alike."""
    column = graph.nodes[node]["column"]
    if column == PRINCIPAL:
        return node
    before = frozenset(graph.predecessors(node))
    return before if column == POLICY else (before, frozenset(graph.successors(node)))


def _inline_as_one(graph: Graph, node: Node) -> Hashable:
    """All inline policies of users are alike, and all of groups, and all of roles."""
    if graph.nodes[node]["kind"] != "inline":
        return node
    return frozenset(graph.nodes[owner]["kind"] for owner in graph.predecessors(node))


def _same_groups(graph: Graph, node: Node) -> Hashable:
    """Users are alike who have the same groups, whatever else they have."""
    if graph.nodes[node]["column"] != PRINCIPAL:
        return node
    groups = frozenset(end for end in graph.successors(node) if end[0] == "group")
    return groups or frozenset(graph.successors(node))


def _roles_as_one(graph: Graph, node: Node) -> Hashable:
    return None if graph.nodes[node]["kind"] == "role" else node


def _policies_as_one(graph: Graph, node: Node) -> Hashable:
    return None if graph.nodes[node]["kind"] in ("role", "policy") else node


def _same_kind(_graph: Graph, _node: Node) -> Hashable:
    return None


_COARSER: tuple[Classes, ...] = (
    _inline_as_one,
    _same_groups,
    _roles_as_one,
    _policies_as_one,
    _same_kind,
)
"""What makes nodes alike, once being truly alike is not enough."""

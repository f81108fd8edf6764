"""The attachment graph: the policies that are attached to users, groups and roles.

Users and roles are on the left, groups in the middle, policies on the right. A permissions boundary
is attached like a policy, but grants nothing: its line is dashed.

Notes
-----
AWS pages: "Managed policies and inline policies"; "IAM user groups"; "Permissions boundaries for
IAM entities".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from iamlab.display import called, count, printable
from iamlab.errors import RequestError
from iamlab.model.account import Account
from iamlab.model.identities import Bounded, Group, Role, User
from iamlab.model.world import World
from iamlab.view.folding import folded
from iamlab.view.layouts.network import draw_network
from iamlab.view.scene import HEADING, Column, Edge, Node, Scene
from iamlab.view.style import ABSENT, LOOKS
from iamlab.view.words import alt_text, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.model.identities import Identity
    from iamlab.view.figure import Figure
    from iamlab.view.scene import Facts

MOST, MOST_LINES, MOST_ACCOUNTS = 60, 60, 12
"""The largest numbers of boxes, lines and accounts in a picture."""
COLUMNS = ("USERS AND ROLES", "GROUPS", "POLICIES")
GROUPS, POLICIES = 1, 2
INLINE, ATTACHED, BOUNDARY, MEMBER = "inline", "attached", "boundary", "member"
LIMIT, NOT_IN_FILE = "permissions boundary", "not in the file"
NOBODY = "no users, roles or groups"
Lit = User | Role | Group


def attachment_graph(of: Account | World | Lit, *, lit: Lit | None = None) -> Figure:
    """Draw the policies that are attached in an account, or in every account of a world.

    Parameters
    ----------
    of
        The account or the world. For a user, a role or a group: its account, with this identity
        highlighted. If there are more than 60 boxes, similar ones are drawn as one; the table and
        the list are complete.
    lit
        The user, role or group to highlight: what applies to it is bold, everything else is pale.

    Raises
    ------
    RequestError
        ``of`` has another type, or ``lit`` isn't in it.

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
    _check(accounts, lit)
    scene = _scene(accounts, lit)
    first = sorted(accounts, key=lambda account: lit is None or account is not lit.account)
    drawn = scene
    if len(accounts) > MOST_ACCOUNTS:
        kept = sorted(first[:MOST_ACCOUNTS], key=accounts.index)
        drawn = _scene(kept, lit)
    drawn = folded(drawn, MOST, MOST_LINES)
    name = accounts[0].name if len(accounts) == 1 else count(len(accounts), "account")
    caption = f"What is attached to the users, groups and roles of {name}."
    if lit is not None:
        caption += f" What applies to {lit.name} is bold."
    if any(node.members for node in drawn.nodes):
        caption += " Similar boxes are drawn as one; the list is complete."
    if len(accounts) > MOST_ACCOUNTS:
        caption += f" {len(accounts) - MOST_ACCOUNTS} more accounts are only in the list."
    draw = partial(draw_network, arrows=False)
    return scene.figure(draw, alt=_alt(name, scene, lit), caption=caption, drawn=drawn)


def _accounts(of: object) -> list[Account]:
    if isinstance(of, Account):
        return [of]
    if isinstance(of, World):
        return list(of.accounts.values())
    raise RequestError(f"Pass an account, world, user, role or group, not {type(of).__name__}.")


def _check(accounts: Sequence[Account], lit: object) -> None:
    if lit is None:
        return
    if not isinstance(lit, Lit):
        raise RequestError(f"Pass a user, a role or a group as lit, not {type(lit).__name__}.")
    arns = (identity.arn for account in accounts for identity in _identities(account))
    if lit.arn not in arns:
        raise RequestError(f"{lit.arn} isn't in this picture, so it can't be highlighted.")


def _identities(account: Account) -> list[Identity]:
    return [*account.users.values(), *account.roles.values(), *account.groups.values()]


# -- nodes and edges -------------------------------------------------------------------------------


def _scene(accounts: Sequence[Account], lit: Lit | None) -> Scene:
    several = len(accounts) > 1
    nodes: list[Node] = []
    edges: list[Edge] = []
    table: list[Facts] = []
    parts: Sequence[Node | Edge]
    frames = {}
    for account in accounts:
        own, attached = _account(account, lit)
        title = _title(account)
        line = title if own else f"{title}, {NOBODY}"
        nodes += [Node(title, title, kind=HEADING, line=line if several else ""), *own]
        edges += attached
        parts = [*own, *attached]
        table += [part.facts for part in parts if part.facts] or [_row(title)]
        note = account.account_id if own else f"{account.account_id}, {NOBODY}"
        frames[account.account_id] = account.name, note
    is_empty = not several and not any(node.kind != HEADING for node in nodes)
    return Scene(
        nodes,
        edges,
        {number: Column(title) for number, title in enumerate(COLUMNS)},
        frames if several else {},
        after=[NOBODY if accounts else "no accounts"] if is_empty else [],
        table=table or [_row("")],
    )


def _title(account: Account) -> str:
    return f"{account.name} {account.account_id}"


def _account(account: Account, lit: Lit | None) -> tuple[list[Node], list[Edge]]:
    """Return the users, roles, groups and policies of an account, and the edges between them."""
    title, shown = _title(account), "" if lit is None else lit.arn
    nodes = {identity.arn: _node(identity) for identity in _identities(account)}
    attached = {identity.arn: list(_attached(identity)) for identity in _identities(account)}
    granting = {shown, *(node.id for how, node in attached.get(shown, ()) if how == MEMBER)}
    edges = []
    for source in list(nodes.values()):
        for how, target in attached[source.id]:
            nodes.setdefault(target.id, target)
            is_bold = source.id in granting or target.id == shown
            edges.append(
                Edge(
                    source.id,
                    target.id,
                    kind=how,
                    parent=source.id,
                    look=ABSENT if how == BOUNDARY else None,
                    bold=is_bold,
                    dashed=how == BOUNDARY,
                    line=f"member of {target.words}" if how == MEMBER else target.words,
                    facts=_row(title, source, how, target, lit=is_bold),
                )
            )
    bold = {end for edge in edges if edge.bold for end in (edge.source, edge.target)}
    blue = {key for key in bold - {shown} if nodes[key].kind != LIMIT}
    for key, node in nodes.items():
        is_empty = node.column < POLICIES and not attached.get(key)
        nodes[key] = replace(
            node,
            parent=title,
            frame=account.account_id,
            highlighted=key in bold or key == shown,
            is_end=key == shown,
            stays=key == shown,
            look=LOOKS["allowed"] if key in blue else None,
            line=f"{node.listed} (highlighted)" if key == shown else node.line,
            details=["nothing"] if is_empty else [],
            facts=_row(title, node, lit=key == shown) if is_empty else {},
        )
    return list(nodes.values()), edges


def _node(identity: Identity) -> Node:
    name, kind = identity.name, identity.kind
    if not isinstance(identity, Group):
        return Node(identity.arn, name, kind, kind, line=f"{kind} {name}")
    note = count(len(identity.users), "user")
    return Node(identity.arn, name, note, kind, column=GROUPS, line=f"group {name}, {note}")


def _attached(identity: Identity) -> Iterator[tuple[str, Node]]:
    """Yield the policies and groups of an identity, each with how it is attached."""
    account = identity.account
    for name in identity.inline:
        yield INLINE, _policy(f"{identity.arn} {name}", name, "inline policy", "inline policy")
    for arn in identity.attached:
        known = "customer managed" if arn in account.policies else NOT_IN_FILE
        note = "AWS managed" if ":iam::aws:" in arn else known
        yield ATTACHED, _policy(f"{account.account_id} {arn}", called(arn), note, "policy")
    if isinstance(identity, Bounded) and identity.boundary is not None:
        key = f"{account.account_id} boundary {identity.boundary}"
        yield BOUNDARY, _policy(key, called(identity.boundary), LIMIT, LIMIT)
    for name in identity.groups if isinstance(identity, User) else ():
        group, key = account.groups.get(name), f"{account.account_id} {name}"
        missing = Node(key, name, NOT_IN_FILE, "group", column=GROUPS, line=f"group {name}")
        yield MEMBER, missing if group is None else _node(group)


def _policy(key: str, name: str, note: str, kind: str) -> Node:
    """Make the node of a policy; the list has it below the identities that have it."""
    return Node(key, name, note, kind, column=POLICIES, line="")


def _row(
    account: str,
    source: Node | None = None,
    how: str = "nothing",
    target: Node | None = None,
    *,
    lit: bool = False,
) -> Facts:
    """Return a row of the table; the note of a managed policy is its type."""
    types = {MEMBER: "group", INLINE: f"inline on {source.text if source else ''}"}
    return {
        "account": printable(account),
        "from": source.text if source else "",
        "from_type": source.kind if source else "",
        "attached_as": how,
        "to": target.text if target else "",
        "to_type": printable(types.get(how, target.note)) if target else "",
        "lit": lit,
    }


# -- in words --------------------------------------------------------------------------------------


def _alt(name: str, scene: Scene, lit: Lit | None) -> str:
    """Describe what applies to the highlighted identity, or which identities have most policies."""
    nodes = {node.id: node for node in scene.drawn}
    has: dict[str, dict[str, list[str]]] = {key: defaultdict(list) for key in nodes}
    members: dict[str, list[str]] = defaultdict(list)
    for edge in scene.edges:
        how = "policies" if edge.kind in (INLINE, ATTACHED) else edge.kind
        has[edge.source][how].append(edge.target)
        members[edge.target].append(edge.source)

    def names(keys: Sequence[str], most: int = 3) -> str:
        return listed([nodes[key].text for key in keys], most) if keys else "nothing"

    def gives(group: str, most: int = 3) -> str:
        policies, users = names(has[group]["policies"], most), names(members[group], most)
        return f"{nodes[group].text} gives {policies} to {users.replace('nothing', 'nobody')}"

    if lit is not None and lit.kind == "group":
        return alt_text(f"Group {gives(lit.arn)}", [], ".")
    if lit is not None:
        own = has[lit.arn]
        parts = [f"{names(has[key]['policies'])} through {nodes[key].text}" for key in own[MEMBER]]
        parts += [f"{names(own['policies'])} directly"] if own["policies"] else []
        limit = f"; the boundary {names(own[BOUNDARY])} limits this" if own[BOUNDARY] else ""
        return alt_text(f"{lit.name} gets ", parts or ["no policy and no group"], f"{limit}.")
    kinds = Counter(node.kind.removeprefix("inline ") for node in nodes.values())
    sizes = [count(number, kind) for kind, number in kinds.items()]
    groups = [key for key, node in nodes.items() if node.kind == "group"]
    groups.sort(key=lambda key: -len(members[key]))
    others = [key for key, node in nodes.items() if node.column == 0 and has[key]["policies"]]
    others.sort(key=lambda key: -len(has[key]["policies"]))
    parts = [gives(key, 2) for key in groups[:3]]
    parts += [f"{nodes[key].text} has {names(has[key]['policies'], 2)}" for key in others[:2]]
    if not scene.edges:
        parts = ["nothing is attached"] if sizes else []
    found = listed(sizes, len(sizes)) if sizes else NOBODY
    return alt_text("", [f"In {name}: {found}", *parts], ".")

"""The trust graph: who can assume which role.

Principals are on the left, the roles that they can assume are next to them, and then the roles that
these roles can assume. A solid arrow means that the engine allows the call. A dashed arrow means
that something is missing. A ring shows where: the caller's permission, or the role's trust.

Notes
-----
AWS pages: "IAM roles"; "Methods to assume a role"; "Roles terms and concepts", for role chaining.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import role_trust as states
from iamlab.analysis.privilege_escalation.role_trust import role_trusts
from iamlab.authorization.principal import principal_of
from iamlab.display import called, count
from iamlab.model.world import World
from iamlab.view.arguments import check
from iamlab.view.figures.names import distinct_names
from iamlab.view.folding import folded
from iamlab.view.layouts.network import MOST_COLUMNS, columns_by_distance, draw_network
from iamlab.view.scene import HEADING, Column, Edge, Node, Scene
from iamlab.view.style import LOOKS
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.analysis.privilege_escalation.role_trust import RoleTrust
    from iamlab.authorization.principal import Caller
    from iamlab.view.figure import Figure

ALLOWED, SILENT, DENY = (LOOKS[key] for key in ("allowed", "implicitDeny", "explicitDeny"))
STATES = {
    states.CAN: (ALLOWED, ""),
    states.OUTSIDE: (ALLOWED, ""),
    states.NOT_PERMITTED: (SILENT, "start"),
    states.NOT_TRUSTED: (SILENT, "end"),
    states.UNMET: (SILENT, "end"),
    states.DENIED: (DENY, ""),
    states.MISSING: (SILENT, "start"),
}
"""State -> the look of its arrows, and the end at which something is missing."""
MOST, MOST_EDGES = 24, 30
"""The largest numbers of boxes and arrows in a picture; more are folded."""
FEW = 2
"""The largest number of arrows from a principal to roles that don't trust it."""
MORE, NOBODY = "permitted", "nobody can assume it"
EMPTY = "Nobody can assume a role."
NO_ROW = {"principal": "nobody", "role": "", "may_become": False, "state": ""}
HEADINGS = ("PRINCIPAL", "CAN ASSUME", "THEN", "THEN")
SHORT = {
    "aws:multifactorauthpresent": "MFA",
    "aws:multifactorauthage": "MFA age",
    "sts:rolesessionname": "session name",
}
"""Short names of condition keys; other keys are shortened to the part after the last colon."""


def trust_graph(world: World, *, lit: Caller | None = None) -> Figure:
    """Draw who can assume which role.

    Parameters
    ----------
    world
        All its roles are drawn, and the principals that can assume them or lack one thing.
    lit
        The principal to highlight: the roles that it can reach are bold, everything else is pale.

    Raises
    ------
    RequestError
        ``world`` isn't a world, or ``lit`` isn't in it.

    Examples
    --------
    >>> from iamlab.teach.scenarios import observatory
    >>> world = observatory()
    >>> trust_graph(world, lit=world.user("carol")).alt
    'carol can assume auditor and admin (if MFA).'
    """
    check("trust_graph", world, World)
    known = None if lit is None else principal_of(world, lit)
    shown = "" if known is None else known.issuer or known.arn
    scene = _scene(world, list(role_trusts(world)), shown)
    drawn = _drawn(scene)
    wide = [f"{node.text}: {node.note}" for node in drawn.nodes if MORE in node.note]
    scene = replace(scene, after=[*scene.after, *wide])
    drawn = folded(drawn, MOST, MOST_EDGES)
    caption = "Who can assume which role. A ring shows where permission or trust is missing."
    if shown:
        caption += f" The roles that {called(shown)} can assume are bold."
    if wide:
        caption += " Permitted: more roles that policies allow, but that don't trust it."
    if any(node.members for node in drawn.nodes):
        caption += " Similar boxes are drawn as one; the list is complete."
    return scene.figure(draw_network, alt=_alt(world, scene, shown), caption=caption, drawn=drawn)


# -- nodes and edges -------------------------------------------------------------------------------


def _scene(world: World, trusts: Sequence[RoleTrust], shown: str) -> Scene:
    """Make a scene of all roles, and of the principals that can assume them or nearly can."""
    edges = [_edge(world, trust) for trust in trusts]
    targets = {edge.target for edge in edges}
    nodes: dict[str, Node] = {}
    for key, account in world.accounts.items():
        title = f"account {account.name} ({key})"
        nodes[title] = Node(title, title, kind=HEADING)
        for role in account.roles.values():
            line, none = f"role {role.name}", [] if role.arn in targets else [NOBODY]
            nodes[role.arn] = Node(
                role.arn, role.name, "role", "role", title, frame=key, line=line, details=none
            )
    for trust in trusts:
        source = trust.source
        nodes.setdefault(
            source.id,
            Node(
                source.id,
                source.name,
                source.kind,
                source.kind.partition(" of ")[0],
                short=source.name.removesuffix(".amazonaws.com"),
                frame=source.account_id,
                line="",
            ),
        )
    bold, waiting = {shown}, [shown]
    while waiting:
        key = waiting.pop()
        reached = {edge.target for edge in edges if edge.source == key and _is_possible(edge)}
        waiting += reached - bold
        bold |= reached
    return Scene(
        [
            replace(node, highlighted=key in bold, is_end=key == shown, stays=key == shown)
            for key, node in nodes.items()
        ],
        [replace(edge, bold=edge.source in bold and _is_possible(edge)) for edge in edges],
        frames={key: (account.name, "") for key, account in world.accounts.items()},
        after=[] if edges else [EMPTY],
        table=[] if edges else [NO_ROW],
    )


def _is_possible(edge: Edge) -> bool:
    return edge.kind in (states.CAN, states.OUTSIDE)


def _edge(world: World, trust: RoleTrust) -> Edge:
    """Make the edge of a pair, labelled with condition keys; its details are the conditions."""
    state, source, account = trust.state, trust.source, trust.role.account
    look, missing = STATES[state]
    conditions = [
        f"{condition.comparison} {condition.key} {' or '.join(condition.values)}"
        for condition in trust.conditions
    ]
    keys = [condition.key for condition in trust.conditions]
    short = dict.fromkeys(SHORT.get(key.lower(), key.rpartition(":")[2] or key) for key in keys)
    required, denied_by = " and ".join(short), ", ".join(trust.denied_by)
    labels = {
        states.CAN: f"if {required}",
        states.OUTSIDE: f"if {required}",
        states.UNMET: f"not met: {required}",
    }
    label = labels.get(state, "") if keys else f"by {denied_by}" if denied_by else ""
    is_foreign = source.account_id not in ("", account.account_id)
    of = f" of {world.accounts[source.account_id].name}" if is_foreign else ""
    return Edge(
        source.id,
        trust.role.arn,
        label,
        kind=state,
        parent=trust.role.arn,
        look=look,
        dashed=look is not ALLOWED,
        missing=missing,
        line=f"{source.name} ({source.kind}{of}): {state}" + (f" ({label})" if label else ""),
        details=list(dict.fromkeys(conditions)),
        facts={
            "principal": source.id,
            "kind": source.kind,
            "role": trust.role.arn,
            "account": account.name,
            "action": trust.action,
            "may_become": state == states.CAN,
            "state": state,
            "conditions": " and ".join(dict.fromkeys(conditions)),
            "cut_by": denied_by,
        },
    )


def _drawn(scene: Scene) -> Scene:
    """Return what is drawn, in columns.

    Administrators are permitted to assume any role. Instead of an arrow to each role that doesn't
    trust them, their note has the number of these roles. A role that assumes itself has no arrow.
    """
    edges = [edge for edge in scene.edges if edge.source != edge.target]
    untrusted = Counter(edge.source for edge in edges if edge.kind == states.NOT_TRUSTED)
    more = {key: f", +{number} {MORE}" for key, number in untrusted.items() if number > FEW}
    edges = [
        edge for edge in edges if not (edge.kind == states.NOT_TRUSTED and edge.source in more)
    ]
    ends = {end for edge in edges for end in (edge.source, edge.target)}
    nodes = [node for node in scene.nodes if node.id in ends]
    every = [(edge.source, edge.target) for edge in edges]
    possible = [(edge.source, edge.target) for edge in edges if _is_possible(edge)]
    columns = columns_by_distance([node.id for node in nodes], possible, every)
    accounts = {node.frame for node in nodes if node.frame}
    outside = [node.id for node in nodes if not node.frame] if len(accounts) > 1 else []
    if outside:
        columns = {key: min(column + 1, MOST_COLUMNS - 1) for key, column in columns.items()}
        columns |= dict.fromkeys(outside, 0)
    headings = ("OUTSIDE", *HEADINGS) if outside else HEADINGS
    frames = {key: frame for key, frame in scene.frames.items() if key in accounts}
    return replace(
        scene,
        nodes=[
            replace(
                node, parent="", column=columns[node.id], note=node.note + more.get(node.id, "")
            )
            for node in nodes
        ],
        edges=edges,
        columns={number: Column(title) for number, title in enumerate(headings)},
        frames=frames if len(frames) > 1 else {},
    )


# -- in words --------------------------------------------------------------------------------------


def _alt(world: World, scene: Scene, shown: str) -> str:
    """Describe who can assume which roles, and who nearly can."""
    forms = {}
    for node in scene.drawn:
        name = shorten(node.text, 30)
        of = f" of {shorten(world.accounts[node.frame].name, 20)}" if node.frame else ""
        forms[node.id] = name, f"{name}{of}", f"{node.note} {name}{of}"
    names = distinct_names(forms)
    can: dict[str, list[str]] = defaultdict(list)
    nearly = []
    for edge in scene.edges:
        source, target = names[edge.source], names[edge.target]
        if shown in ("", edge.source) and _is_possible(edge):
            can[source].append(f"{target} ({edge.label})" if edge.label else target)
        elif shown in ("", edge.source) and edge.kind in (states.NOT_PERMITTED, states.NOT_TRUSTED):
            nearly.append(f"{source} to {target}: {edge.kind}")
    roles = sum(len(account.roles) for account in world.accounts.values())
    if not roles:
        return "There are no roles in this world."
    who = shorten(called(shown), 40) if shown else "Principals"
    parts = [f"{source} can assume {listed(own, length=80)}" for source, own in can.items()]
    parts = parts or [f"{who} can assume 0 of {count(roles, 'role')}"]
    return alt_text("", [*parts, *nearly], ".")

"""The organization tree: root, OUs and accounts, with the policies that are attached to each.

For a request it also shows the result at each level: of the SCPs above the caller's account, and of
the RCPs above the resource's account. The path to the account is bold until a level blocks it.

Notes
-----
AWS pages: "Viewing the details of an organization"; "SCP evaluation"; "How RCPs work with AWS
Organizations"; "Service control policies (SCPs)", for the management account.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.engine.trace import ABSENT, DENIES, NO_ALLOW
from iamlab.errors import RequestError
from iamlab.model.organization.organization import Organization, targets_below
from iamlab.model.organization.policies import RCP, SCP, TYPES
from iamlab.view.arguments import check
from iamlab.view.figures.names import asks_for
from iamlab.view.folding import folded
from iamlab.view.layouts.tree import draw_tree
from iamlab.view.scene import Cell, Column, Edge, Node, Scene
from iamlab.view.style import ABSENT as PALE
from iamlab.view.style import LOOKS, look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.trace import Trace, TraceLevel
    from iamlab.model.organization.targets import Target
    from iamlab.view.figure import Figure

MOST = 60
"""The largest number of boxes in a picture; more are folded."""
LAYERS = {SCP: "scp", RCP: "rcp"}
COLUMNS = {
    kind: Column(f"{name} control policies", pale=frozenset({TYPES[kind].full_access}))
    for kind, name in ((SCP, "service"), (RCP, "resource"))
}
KINDS = {"ROOT": "root", "ORGANIZATIONAL_UNIT": "OU", "ACCOUNT": "account"}
MANAGEMENT, CALLER, RESOURCE = "management_account", "callers_account", "resources_account"
ROLES = {MANAGEMENT: "management", CALLER: "caller's", RESOURCE: "resource's"}
NONE = Cell()
EXEMPT = {
    SCP: "no SCP limits the management account",
    RCP: "no RCP protects the management account",
}


def organization_tree(organization: Organization, decision: Decision | None = None) -> Figure:
    """Draw an organization, and the path of a request through it.

    Parameters
    ----------
    organization
        Its root, OUs, accounts and policies are drawn.
    decision
        A request: its path is highlighted, with the results of the SCPs above the caller's account
        and of the RCPs above the resource's account.

    Raises
    ------
    RequestError
        A value has another type, or the decision is about another organization.

    Examples
    --------
    >>> from iamlab.teach.scenarios import OLD_MAP, observatory
    >>> world = observatory()
    >>> decision = world.can(world.role("archivist"), "s3:DeleteObject", OLD_MAP)
    >>> (organization,) = world.organizations.values()
    >>> alt = organization_tree(organization, decision).alt
    >>> alt[alt.index("SCPs at") : alt.index(";")]
    'SCPs at OU Archive deny: KeepTheArchive of keep-the-archive'
    """
    check("organization_tree", organization, Organization)
    if decision is not None:
        check("organization_tree", decision, Decision)
    enabled = [kind for kind in COLUMNS if kind in organization.root.policy_types]
    nodes = list(_nodes(organization, decision, enabled))
    scene = Scene(
        nodes,
        [Edge(node.parent, node.id, _results(node)) for node in nodes if node.parent],
        {kind: COLUMNS[kind] for kind in enabled},
        before=[f"organization {organization.id} of {organization.management_account.name}"],
        after=[
            *([] if enabled else ["no SCPs and no RCPs are enabled"]),
            *([] if decision is None else _request(organization, decision)),
        ],
    )
    caption = f"Organization {organization.id}."
    if decision is not None:
        verdict = look(decision.verdict).sentence
        caption = f"{asks_for(decision.request)}. {verdict} Every level must allow; none may deny."
    drawn = folded(scene, MOST)
    if missing := len(nodes) - len(drawn.nodes):
        caption += f" {missing} more OUs and accounts are only in the list."
    return scene.figure(
        lambda scene: draw_tree(scene, "ROOT, OUS AND ACCOUNTS"),
        alt=_alt(organization, nodes, decision),
        caption=caption,
        drawn=drawn,
    )


def _paths(decision: Decision | None) -> dict[str, tuple[str, str]]:
    """Return the account whose path from the root is evaluated, by the type of policy."""
    if decision is None:
        return {}
    request = decision.request
    return {SCP: (CALLER, request.caller.account), RCP: (RESOURCE, request.resource_account)}


def _nodes(
    organization: Organization, decision: Decision | None, enabled: Sequence[str]
) -> Iterator[Node]:
    """Yield the root, OUs and accounts, each after its parent."""
    roles: dict[str, list[str]] = {organization.management_account_id: [MANAGEMENT]}
    results: dict[tuple[str, str], Cell] = {}
    for kind, (role, account_id) in _paths(decision).items():
        if account_id in organization.members:
            roles.setdefault(account_id, []).append(role)
            if decision is not None and kind in enabled:
                results |= _levels(organization, decision.trace, kind, account_id)
    below = targets_below(organization)
    waiting: list[tuple[Target, str, int]] = [(organization.root, "", 0)]
    while waiting:
        target, parent, depth = waiting.pop()
        inside = reversed(below.get(target.id, ()))
        waiting += [(other, target.id, depth + 1) for other in inside]
        kind, own = KINDS[target.kind], roles.get(target.id, [])
        title = f"root {target.id}" if kind == "root" else target.label.removeprefix("account ")
        attached = [organization.policies[key] for key in target.attached]
        cells = {}
        for policy_type in enabled:
            names = tuple(policy.name for policy in attached if policy.type == policy_type)
            cells[policy_type] = replace(results.get((target.id, policy_type), NONE), names=names)
        is_end = CALLER in own or RESOURCE in own
        note = f"{listed([ROLES[role] for role in own])} account" if own else ""
        line = title if kind == "root" else f"{target.label} ({target.id})"
        yield Node(
            target.id,
            title,
            note,
            kind,
            parent,
            highlighted=is_end or any(cell.words for cell in cells.values()),
            is_end=is_end,
            stays=bool(own),
            line=f"{line}, {note}" if note else line,
            cells=cells,
            facts={
                "kind": kind,
                "name": title,
                "id": target.id,
                "parent_id": parent,
                "depth": depth,
                **{role: role in own for role in ROLES},
                **{
                    column.title.replace(" ", "_"): ", ".join(cells.get(key, NONE).names or ())
                    for key, column in COLUMNS.items()
                },
                **{f"{LAYERS[key]}_says": str(cells.get(key, "")) for key in COLUMNS},
            },
        )


def _levels(
    organization: Organization, trace: Trace, kind: str, account_id: str
) -> dict[tuple[str, str], Cell]:
    """Return the result at each level above an account, or the reason why no policy applies."""
    step = trace.step(LAYERS[kind])
    if step.outcome == ABSENT:
        exempt = EXEMPT[kind] if account_id == organization.management_account_id else step.exempt
        return {(account_id, kind): Cell(look=PALE, words=exempt or f"no {step.name} applies")}
    path = organization.way_to(account_id)
    if len(path) != len(step.levels):
        raise RequestError(
            f"The decision has {count(len(step.levels), 'level')} of {step.name}s, and {account_id}"
            f" is below {len(path)} in {organization.id}: it is a decision about another "
            "organization, or this one has changed."
        )
    return {(place.id, kind): _cell(level) for place, level in zip(path, step.levels, strict=True)}


def _cell(level: TraceLevel) -> Cell:
    """Return what the policies of one level do."""
    if level.outcome == NO_ALLOW:
        words = "no Allow here"
        return Cell((), LOOKS["implicitDeny"], words, f"○ {words}", blocks=True)
    effect = "Deny" if level.outcome == DENIES else "Allow"
    matches = [match for match in level.matches if match.applies and match.effect == effect]
    by = ", ".join(f"{match.statement.label} of {match.attached.policy.name}" for match in matches)
    if effect == "Allow":
        return Cell((), LOOKS["allowed"], f"allows: {by}", "✓ allows")
    labels = ", ".join(match.statement.label for match in matches)
    return Cell((), LOOKS["explicitDeny"], f"denies: {by}", f"✕ denies: {labels}", blocks=True)


def _results(node: Node) -> str:
    """Return the label of the edge to a node: the results there."""
    return "; ".join(
        f"{LAYERS[key].upper()} {cell}" for key, cell in node.cells.items() if cell.words
    )


# -- in words --------------------------------------------------------------------------------------


def _alt(organization: Organization, nodes: Sequence[Node], decision: Decision | None) -> str:
    if decision is not None:
        end = f". Verdict: {look(decision.verdict).word}."
        return alt_text(f"{asks_for(decision.request)}: ", _outcomes(nodes), end)
    kinds, attached = [node.kind for node in nodes], []
    for node in nodes:
        own = [
            shorten(name, 30)
            for key, cell in node.cells.items()
            for name in cell.names or ()
            if name not in COLUMNS[key].pale
        ]
        attached += [f"{', '.join(own)} on {shorten(node.text, 30)}"] if own else []
    name = shorten(organization.management_account.name, 30)
    accounts, units = (count(kinds.count(kind), kind) for kind in ("account", "OU"))
    nothing = ["only AWS's own policies are attached"]
    return alt_text(f"{name} manages {accounts} in {units}: ", attached or nothing, ".")


def _outcomes(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield for each type of policy the levels that block the request, or that all allow it."""
    for kind, layer in LAYERS.items():
        name = layer.upper()
        cells = [(node, cell) for node in nodes if (cell := node.cells.get(kind)) and cell.words]
        blocking = [(node, cell) for node, cell in cells if cell.blocks]
        for node, cell in blocking:
            by = cell.words.partition("denies: ")[2]
            by = f"deny: {shorten(by, 60)}" if by else "have no Allow"
            yield f"{name}s at {shorten(node.text, 30)} {by}"
        if not cells:
            yield f"no {name} of this organization applies"
        elif cells[0][1].look is PALE:
            yield shorten(cells[0][1].words, 70)
        elif not blocking:
            yield f"{name}s allow it at {count(len(cells), 'level')}"


def _request(organization: Organization, decision: Decision) -> Iterator[str]:
    request = decision.request
    yield f"{request.principal} asks for {request.action} on {request.resource}"
    for role, account_id in _paths(decision).values():
        if account_id not in organization.members:
            end = ROLES[role].partition("'")[0]
            where = f"in account {account_id}, which isn't" if account_id else "not"
            yield f"  the {end} is {where} in this organization"
    yield f"  {look(decision.verdict)}"

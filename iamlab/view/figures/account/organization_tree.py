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
from iamlab.engine.layers import NAMES
from iamlab.errors import RequestError
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import RCP, SCP, TYPES
from iamlab.view.figures.names import short_name
from iamlab.view.folding import folded
from iamlab.view.given import check
from iamlab.view.layouts.tree import draw_tree
from iamlab.view.scene import Cell, Column, Edge, Node, Scene
from iamlab.view.style import ABSENT, LOOKS, look
from iamlab.view.words import shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.verdict import StatementMatch
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
MANAGEMENT, CALLER, RESOURCE = "management account", "caller's account", "resource's account"
NOTES = {
    (CALLER, RESOURCE): "caller's and resource's account",
    (MANAGEMENT, CALLER): "management and caller's account",
    (MANAGEMENT, RESOURCE): "management and resource's account",
    (MANAGEMENT, CALLER, RESOURCE): "management, caller's, resource's",
}
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
        The request whose path is highlighted, with the results of the SCPs above the caller's
        account and of the RCPs above the resource's.

    Raises
    ------
    RequestError
        One of them is something else, or the decision is of another organization.

    Examples
    --------
    >>> from iamlab.teach.acme import OLD_MAP, observatory
    >>> world = observatory()
    >>> decision = world.can(world.role("archivist"), "s3:DeleteObject", OLD_MAP)
    >>> (organization,) = world.organizations.values()
    >>> alt = organization_tree(organization, decision).alt
    >>> alt[alt.index("at OU") :]
    'at OU Archive the SCP denies by KeepTheArchive of keep-the-archive. Verdict: explicit deny.'
    """
    check("organization_tree", organization, Organization)
    if decision is not None:
        check("organization_tree", decision, Decision)
    nodes = list(_nodes(organization, decision))
    enabled = _enabled(organization)
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
    return scene.figure(
        lambda scene: draw_tree(scene, "ROOT, OUS AND ACCOUNTS"),
        alt=_alt(organization, nodes, decision),
        caption=_caption(organization, decision),
        drawn=folded(scene, MOST),
        left_out="{} more places stand only in the list.",
    )


def _enabled(organization: Organization) -> list[str]:
    return [kind for kind in COLUMNS if kind in organization.root.policy_types]


def _paths(decision: Decision) -> dict[str, tuple[str, str]]:
    """Return the account whose path from the root counts, by the type of policy."""
    request = decision.request
    return {SCP: (CALLER, request.caller.account), RCP: (RESOURCE, request.resource_account)}


def _nodes(organization: Organization, decision: Decision | None) -> Iterator[Node]:
    """Yield the root, OUs and accounts, each after its parent."""
    roles: dict[str, list[str]] = {organization.management_account_id: [MANAGEMENT]}
    results: dict[tuple[str, str], Cell] = {}
    if decision is not None:
        for kind, (role, account_id) in _paths(decision).items():
            if account_id in organization.members:
                roles.setdefault(account_id, []).append(role)
                results |= _levels(organization, decision, kind, account_id)
    below: dict[str, list[str]] = {}
    places = organization.organizational_units | organization.members
    for key, place in places.items():
        below.setdefault(place.parent_id, []).append(key)
    waiting: list[tuple[Target, str, int]] = [(organization.root, "", 0)]
    while waiting:
        target, parent, depth = waiting.pop()
        waiting += [
            (places[key], target.id, depth + 1) for key in reversed(below.get(target.id, ()))
        ]
        kind, own = KINDS[target.kind], tuple(roles.get(target.id, ()))
        title = f"root {target.id}" if kind == "root" else target.label.removeprefix("account ")
        attached = [organization.policies[key] for key in target.attached]
        cells = {}
        for policy_type in _enabled(organization):
            names = tuple(policy.name for policy in attached if policy.type == policy_type)
            cells[policy_type] = replace(results.get((target.id, policy_type), Cell()), names=names)
        is_end = CALLER in own or RESOURCE in own
        note = NOTES.get(own, ", ".join(own))
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
                "management_account": MANAGEMENT in own,
                "callers_account": CALLER in own,
                "resources_account": RESOURCE in own,
                **{
                    column.title.replace(" ", "_"): ", ".join(cells.get(key, Cell()).names or ())
                    for key, column in COLUMNS.items()
                },
                **{f"{LAYERS[key]}_says": str(cells.get(key, "")) for key in COLUMNS},
            },
        )


def _levels(
    organization: Organization, decision: Decision, kind: str, account_id: str
) -> dict[tuple[str, str], Cell]:
    """Return the result at each level above an account; if no policy applies, why not."""
    if kind not in organization.root.policy_types:
        return {}
    layer, name = decision.layer_matches[LAYERS[kind]], NAMES[LAYERS[kind]]
    if not layer.present:
        exempt = EXEMPT[kind] if account_id == organization.management_account_id else ""
        words = exempt or layer.why_absent or f"no {name} was heard"
        return {(account_id, kind): Cell(look=ABSENT, words=words)}
    path = organization.way_to(account_id)
    if len(path) != len(layer.levels):
        raise RequestError(
            f"The decision heard {count(len(layer.levels), 'level')} of {name}s, and {account_id} "
            f"stands below {len(path)} in {organization.id}: it is a decision of another "
            "organization, or of another day."
        )
    return {
        (place.id, kind): _result(level) for place, level in zip(path, layer.levels, strict=True)
    }


def _result(level: Sequence[StatementMatch]) -> Cell:
    """Return what the policies of one level do: a Deny wins, so it is looked for first."""
    applying = [match for match in level if match.applies]
    denies = [match for match in applying if match.effect == "Deny"]
    by = ", ".join(
        f"{match.statement.label} of {match.attached.policy.name}" for match in denies or applying
    )
    if denies:
        labels = ", ".join(match.statement.label for match in denies)
        explicit = LOOKS["explicitDeny"]
        return Cell((), explicit, f"denies: {by}", f"✕ denies: {labels}", blocks=True)
    if applying:
        return Cell((), LOOKS["allowed"], f"allows: {by}", "✓ allows")
    silent = LOOKS["implicitDeny"]
    return Cell((), silent, "no Allow here", "○ no Allow here", blocks=True)


def _results(node: Node) -> str:
    """Return the label of the edge to a node: the results there."""
    return "; ".join(
        f"{LAYERS[key].upper()} {cell}" for key, cell in node.cells.items() if cell.words
    )


# -- in words --------------------------------------------------------------------------------------


def _alt(organization: Organization, nodes: Sequence[Node], decision: Decision | None) -> str:
    if decision is None:
        kinds = [node.kind for node in nodes]
        name = shorten(organization.management_account.name, 30)
        accounts, units = (count(kinds.count(kind), kind) for kind in ("account", "OU"))
        attached = [
            f"{', '.join(shorten(name, 30) for name in own)} on {shorten(node.text, 30)}"
            for node in nodes
            if (own := [name for key in node.cells for name in _own(node.cells[key], key)])
        ]
        nothing = ["nothing but AWS's own policies hangs on them"]
        return told(f"{name} manages {accounts} in {units}: ", attached or nothing, ".")
    request = decision.request
    who, what = (short_name(arn)[0] for arn in (request.principal, request.resource))
    head = f"{shorten(who, 30)} asks for {request.action} on {shorten(what, 40)}: "
    stops = [
        f"at {shorten(node.text, 30)} the {LAYERS[key].upper()} {_stop(cell)}"
        for node in nodes
        for key, cell in node.cells.items()
        if cell.blocks
    ]
    end = f". Verdict: {look(decision.verdict).word}."
    return told(head, stops or _unstopped(organization, nodes, decision), end)


def _own(cell: Cell, key: str) -> list[str]:
    """Return the policies that aren't AWS's own."""
    return [name for name in cell.names or () if name not in COLUMNS[key].pale]


def _stop(cell: Cell) -> str:
    by = cell.words.removeprefix("denies: ")
    return "has no Allow" if by == cell.words else f"denies by {shorten(by, 60)}"


def _unstopped(
    organization: Organization, nodes: Sequence[Node], decision: Decision
) -> Iterator[str]:
    """Say of each path whether it is open, or why no policy applies to it."""
    for kind, (_, account_id) in _paths(decision).items():
        cells = [
            node.cells[kind] for node in nodes if kind in node.cells and node.cells[kind].words
        ]
        if cells and cells[0].look is ABSENT:
            yield shorten(cells[0].words, 70)
        elif cells:
            yield f"{count(len(cells), 'level')} of {LAYERS[kind].upper()}s let it through"
        elif account_id not in organization.members:
            yield f"no {LAYERS[kind].upper()} of this organization has a part in it"


def _caption(organization: Organization, decision: Decision | None) -> str:
    if decision is None:
        return f"Organization {organization.id}."
    request = decision.request
    who, what = short_name(request.principal)[0], short_name(request.resource)[0]
    answer = f"May {who} do {request.action} on {what}? {look(decision.verdict).sentence}"
    return f"{answer} Every level must allow, and none may deny."


def _request(organization: Organization, decision: Decision) -> Iterator[str]:
    request = decision.request
    yield f"{request.principal} asks for {request.action} on {request.resource}"
    for role, account_id in _paths(decision).values():
        if account_id not in organization.members:
            where = f"of account {account_id}" if account_id else "of no account"
            end = role.partition("'")[0]
            yield f"  the {end} is {where}, which is not in this organization"
    yield f"  {look(decision.verdict)}"

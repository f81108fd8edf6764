"""The confused deputy: a principal that works for several customers, and calls AWS for an attacker.

The deputy has the permission for its call, and can't know who owns the resource. Only the owner's
policy can check which customer the deputy works for: with ``sts:ExternalId`` for a vendor, with
``aws:SourceArn`` or ``aws:SourceAccount`` for an AWS service. Arrows lead from the customer and the
attacker through the same deputy to the same resource.

Notes
-----
AWS page: "The confused deputy problem".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.decision import Decision
from iamlab.engine.layers import NAMES
from iamlab.errors import RequestError
from iamlab.view.arguments import check, check_world, text
from iamlab.view.drawing.sheet import MARGIN, PAGE
from iamlab.view.figures.calls.policy_ends import conditions_of, side_of, stops_of
from iamlab.view.figures.names import account_names, short_name, title_and_note
from iamlab.view.layouts.network import draw_network
from iamlab.view.scene import HEADING, Column, Edge, Node, Scene
from iamlab.view.style import INK, look
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.world import World
    from iamlab.view.drawing.sheet import Sheet
    from iamlab.view.figure import Figure

ROLES = ("customer", "attacker")
ACCESS = {True: "gets access", False: "is denied"}
MOST = 4
"""The largest number of conditions below the picture."""


def confused_deputy(
    honest: Decision,
    attack: Decision,
    *,
    before: tuple[Decision, Decision] | None = None,
    customer: str = "",
    attacker: str = "",
    world: World | None = None,
) -> Figure:
    """Draw how a customer and an attacker use the same deputy.

    Parameters
    ----------
    honest, attack
        The deputy's call for the customer, and its call for the attacker: the same caller, action
        and resource with another context.
    before
        The same two calls in a world where the policy doesn't check this.
    customer, attacker
        Their names. Default: the name of the resource's account, and "somebody else".
    world
        The world whose accounts' names are shown. Default: accounts are shown by their ids.

    Raises
    ------
    RequestError
        A value has another type, or the decisions have different callers, actions or resources.

    Examples
    --------
    >>> from iamlab.teach.scenarios import observatory
    >>> world = observatory()
    >>> call = (world.account("starsoft").roles["collector"], "sts:AssumeRole",
    ...         "arn:aws:iam::222222222222:role/starsoft-reader")
    >>> honest = world.can(*call, context={"sts:ExternalId": "acme-4711"})
    >>> attack = world.can(*call, context={"sts:ExternalId": "nebula-1"})
    >>> for line in confused_deputy(honest, attack, world=world).lines[-3:]:
    ...     print(line.strip())
    sts:AssumeRole with sts:ExternalId "nebula-1": ○ implicit deny
    ✕ StringEquals sts:ExternalId "acme-4711"; the request has "nebula-1"
    blocked by the resource-based policy
    """
    panels: dict[str, Any] = {"": (honest, attack)}
    if before is not None:
        panels = {"before": before, "after": (honest, attack)}
    for pair in panels.values():
        if not (isinstance(pair, tuple | list) and len(pair) == 2):
            raise RequestError("confused_deputy(before) is two decisions: (honest, attack).")
        for decision in pair:
            check("confused_deputy", decision, Decision)
    check_world("confused_deputy", world)
    for role, name in zip(ROLES, (customer, attacker), strict=True):
        text(f"confused_deputy({role}=...)", name)
    calls = [decision.request for pair in panels.values() for decision in pair]
    if len({(call.principal, call.action.lower(), call.resource) for call in calls}) > 1:
        raise RequestError(
            "Pass two decisions with the same caller, action and resource: the deputy's call "
            "for the customer, and for the attacker."
        )
    names, request = account_names(world), honest.request
    owner = names.get(request.resource_account) or f"account {request.resource_account}"
    parties = (customer or owner, attacker or "somebody else")
    deputy, kind = title_and_note(request.principal, request.caller.kind.value)
    account = names.get(request.caller.account) or request.caller.account
    kind = f"{kind} of {account}" if account else kind
    resource, what = short_name(request.resource)
    titles = "CUSTOMER AND ATTACKER", f"DEPUTY, CALLS {request.action}", "RESOURCE"
    parts = [
        part
        for panel, pair in panels.items()
        for part in _parts(panel, parties, pair, deputy, kind)
    ]
    nodes = [part for part in parts if isinstance(part, Node)]
    scene = Scene(
        nodes,
        [part for part in parts if isinstance(part, Edge)],
        dict(enumerate(map(Column, titles))),
        {panel: (panel, "") for panel in panels if panel},
        before=[
            f"{deputy}, {kind}: {request.principal}",
            f"{resource}, {what or 'resource'} of {owner}: {request.resource}",
        ],
    )
    story = [node.text for node in nodes if node.kind == HEADING]
    first = f"{shorten(deputy, 30)} calls {request.action} on {shorten(resource, 30)}: "
    return scene.figure(
        _draw,
        alt=alt_text(first, [*story, *nodes[-1].details], "."),
        caption=f"{deputy} can't know who owns {resource}. The owner's policy must check it.",
    )


def _parts(
    panel: str, parties: tuple[str, str], pair: tuple[Decision, Decision], deputy: str, kind: str
) -> Iterator[Node | Edge]:
    """Yield the nodes and edges of one world: customer, attacker, deputy, and its calls."""
    request, top, middle = pair[0].request, f"{panel} calls", f"{panel} deputy"
    resource, _ = short_name(request.resource)
    access = [f"{who} {ACCESS[bool(call)]}" for who, call in zip(parties, pair, strict=True)]
    headline = ": ".join(filter(None, (panel, ", ".join(access))))
    yield Node(top, headline, kind=HEADING)
    yield Node(middle, deputy, kind, parent=top, column=1, frame=panel, is_end=True)
    for role, who, call, other in zip(ROLES, parties, pair, reversed(pair), strict=True):
        key, words, verdict = f"{panel} {role}", f"“use my {resource}”", look(call.verdict)
        line = f"{who}, {role}, to {deputy}: {words}"
        yield Node(key, who, role, parent=top, frame=panel, line=line)
        yield Edge(key, middle, words)
        context = _context(call, other)
        yield Edge(middle, f"{key}'s call", context[0], look=verdict, dashed=not call)
        yield Node(
            f"{key}'s call",
            resource,
            str(verdict),
            parent=key,
            column=2,
            frame=panel,
            look=verdict,
            line=f"{request.action} with {', '.join(context)}: {verdict}",
            details=list(_conditions(call, deputy)),
            facts={
                **({"panel": panel} if panel else {}),
                "who": who,
                "role": role,
                "deputy": request.principal,
                "action": request.action,
                "resource": request.resource,
                "context": ", ".join(context),
                "verdict": verdict.word,
                "statements": ", ".join(map(str, side_of(call, "resource").shown)),
                "stopped_by": ", ".join(sorted(NAMES[layer] for layer in stops_of(call))),
            },
        )


def _context(call: Decision, other: Decision) -> list[str]:
    """Return the context keys with other values than in the other call."""
    keys = {key.lower(): key for each in (call, other) for key in each.request.context}
    values = {key: call.request.values(key) for key in sorted(keys.values())}
    return [
        f"no {key}" if found is None else f'{key} "{" ".join(found)}"'
        for key, found in values.items()
        if found != other.request.values(key)
    ] or ["the same context"]


def _conditions(call: Decision, deputy: str) -> Iterator[str]:
    """Yield the conditions of the resource's policy, and the layers that block the call."""
    for match in side_of(call, "resource").shown:
        none = [f"{match.address} has no condition on who {deputy} works for"]
        yield from list(conditions_of(call, match)) or none
    if blocking := [name for layer, name in NAMES.items() if layer in stops_of(call)]:
        yield f"blocked by the {' and the '.join(blocking)}"


def _draw(scene: Scene) -> Sheet:
    """Draw the network, and below it who gets access, with the conditions for the attacker."""
    sheet, x = draw_network(scene, widest_box=1.45, row=1.0), MARGIN
    for node in scene.nodes:
        if node.kind == HEADING:
            sheet.text(x, sheet.height + 0.12, node.text, face="bold", room=PAGE - 2 * x)
        if node.id.endswith(f"{ROLES[1]}'s call"):
            for words in node.details[:MOST]:
                sheet.note(2 * x, sheet.height, words, INK, room=PAGE - 3 * x)
    return sheet

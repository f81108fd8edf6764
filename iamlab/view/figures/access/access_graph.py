"""The access graph: who can access what, by which policy, and what blocks it.

One caller, one action, one resource. Columns from left to right: the caller, the groups that it is
in or the role that it has assumed, policies, statements, and the checks before the resource. The
path of the Allow is bold, a Deny has its own colour, and everything else is pale.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.lifetimes import chain_of
from iamlab.engine.decision import Decision
from iamlab.engine.request import Kind
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError
from iamlab.operations.sts.session import Session
from iamlab.view.arguments import check
from iamlab.view.figures.access.access_policies import (
    CALLER,
    FRAMES,
    GRANT,
    LIMITS,
    NO_POLICIES,
    OWN,
    RESOURCE,
    ROLE,
    AccessRow,
    edges_of,
    fold_statements,
    in_order,
    is_abroad,
    policies_of,
    stops_of,
)
from iamlab.view.figures.names import short_name
from iamlab.view.layouts.path import LINK, draw_path
from iamlab.view.scene import Column, Edge, Node, Scene
from iamlab.view.style import LOOKS, look
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.request import Request
    from iamlab.view.figure import Figure


def access_graph(decision: Decision, *, session: Session | None = None) -> Figure:
    """Draw why one request is allowed or denied.

    Parameters
    ----------
    decision
        The result of ``World.can``.
    session
        The session that called. Its chain of credentials is drawn, too.

    Raises
    ------
    RequestError
        ``decision`` isn't a decision, or another session called.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> print(access_graph(world.can(world.user("alice"), "s3:GetObject", MAP)).caption)
    May alice do s3:GetObject on star-maps/m31.fits? ✓ Allowed.
    """
    check("access_graph", decision, Decision)
    request, seen = decision.request, look(decision.verdict)
    what, what_note = short_name(request.resource)
    what_note = what_note or "no specific resource"
    chain, table, stops = _chain(request, session), policies_of(decision), list(stops_of(decision))
    policies = in_order([node for node in table if node.frame])
    role = "".join(node.text for node in policies if node.id == ROLE)
    who, who_note = short_name(request.principal)
    if request.caller.kind is not Kind.USER:
        who_note = request.caller.kind.value
    if request.caller.kind is Kind.ROLE:
        who, who_note = "some session", Kind.SESSION.value
    caller = f"{who} of {role}" if role else who
    nodes = [
        *chain,
        Node(CALLER, who, who_note, "caller", frame=CALLER, highlighted=True),
        *policies,
        Node(RESOURCE, what, str(seen), "resource", "", 4, RESOURCE, look=seen, line=what),
        *(stop for stop, _ in stops),
    ]
    between = next((node.note or node.kind for node in policies if node.column == 1), "")
    titles = ("principal", between, "policy", "statement", "checks and resource")
    frames = _accounts(request, session)
    rows = [AccessRow("verdict", effect=seen.word, applies=True, decides=True)._asdict()]
    scene = Scene(
        nodes,
        list(_edges(decision, [*chain, *policies], stops, what_note)),
        {number: Column(title.upper()) for number, title in enumerate(titles) if title},
        frames if is_abroad(request) or not request.caller.account else {},
        before=[f"{request.action} on {what} ({what_note})"],
        after=[
            *(", ".join(words) for words in frames.values()),
            f"{seen}: {request.principal}, {request.action}, {request.resource}",
            *(f"  assumed: {assumed}" for assumed in decision.assumed),
        ],
        table=[*(node.facts for node in (*chain, *table) if node.facts), *rows],
    )
    return scene.figure(
        draw_path,
        alt=_alt(decision, caller, what, [stop for stop, _ in stops]),
        caption=f"May {caller} do {request.action} on {what}? {seen.sentence}",
        drawn=fold_statements(scene),
    )


def _accounts(request: Request, session: Session | None) -> dict[str, tuple[str, str]]:
    """Return the accounts of the caller and of the resource, with their names if they are known."""
    known = {} if session is None else session.world.accounts
    found = {}
    for key, account in ((CALLER, request.caller.account), (RESOURCE, request.resource_account)):
        if account:
            name = f"{known[account].name}, " if account in known else ""
            found[key] = f"account {account}", f"{name}the {key}'s account"
    return found


def _chain(request: Request, session: Session | None) -> list[Node]:
    """Return the chain of credentials before the caller, each with the call for the next ones."""
    caller = request.caller
    links: list[tuple[str, str, str]] = []  # an ARN, the time of its credentials, the call
    if session is not None:
        check("access_graph", session, Session, argument="session")
        if session.arn != caller.arn:
            raise RequestError(f"{session.arn} didn't make this request; {caller.arn} did.")
        chain = chain_of(session)
        if chain[0].depth and chain[0].asked_by:
            links.append((chain[0].asked_by, "", chain[0].operation))
        for lifetime, following in pairwise(chain):
            end = "" if lifetime.end is None else f" to {lifetime.end:%Y-%m-%d %H:%M}"
            times = f"{lifetime.start:%Y-%m-%d %H:%M}{end}, {lifetime.ended}"
            account = f"account {lifetime.arn.split(':')[4]}"
            links.append((lifetime.arn, f"{account}, {times}", following.operation))
    elif caller.kind is Kind.FEDERATED and caller.issuer:
        links.append((caller.issuer, "", "GetFederationToken"))
    nodes = []
    for level, (arn, times, operation) in enumerate(links, 1):
        name, note = short_name(arn)
        if ":assumed-role/" in arn:
            note = f"session of {arn.split('/')[-2]}"
        row = AccessRow("credentials", level, arn, policy_type=note, statement=operation)
        details, facts = [words for words in (times, operation) if words], row._asdict()
        nodes.append(Node(f"link {level}", name, note, LINK, details=details, facts=facts))
    return nodes


def _edges(
    decision: Decision, nodes: Sequence[Node], stops: Sequence[tuple[Node, bool]], note: str
) -> Iterator[Edge]:
    """Yield the edges to the caller, through policies and stops, to the resource."""
    links = [node for node in nodes if node.kind == LINK]
    for link, following in pairwise([*links, Node(CALLER, "")]):
        yield Edge(link.id, following.id, link.details[-1], "".join(link.details[:-1]))
    policies = [node for node in nodes if node.kind != LINK]
    edges = list(edges_of(policies, [stop.id for stop, _ in stops]))
    yield from edges
    owner = ROLE if any(node.id == ROLE for node in policies) else CALLER
    (first, flows), allowed = stops[0], LOOKS["allowed"]
    leads = any(edge.label or (edge.bold and edge.target == first.id) for edge in edges)
    if first.id == OWN and not any(node.column == 3 and node.frame == CALLER for node in policies):
        yield Edge(owner, OWN, NO_POLICIES, dashed=True)
    elif first.id != OWN and (is_abroad(decision.request) or not leads):
        yield Edge(owner, first.id, look=allowed, bold=flows, dashed=not flows)
    for (stop, flows), (following, _) in pairwise([*stops, (Node(RESOURCE, ""), False)]):
        words = (decision.request.action, note) if following.id == RESOURCE else ("", "")
        yield Edge(stop.id, following.id, *words, look=allowed, bold=flows, dashed=not flows)


def _alt(decision: Decision, caller: str, what: str, stops: Sequence[Node]) -> str:
    request, made = decision.request, decision.trace
    allows = [match for layer in FRAMES for match in made.step(layer).found.allows]
    denies = made.denies if decision.verdict is Verdict.EXPLICIT_DENY else ()
    parts: dict[str, str] = {}  # statement -> its words, so each is named once
    for match in (*denies, *allows):
        place = f" of {match.path[0].removeprefix('group ')}" if match.path else ""
        verb = "denies" if match.effect == "Deny" else "allows"
        parts[match.address] = f"{shorten(match.address, 60)}{place} {verb} it"
    if not (decision or denies) and made.is_cut:
        limits = {layer: f"the {LIMITS[layer]} doesn't allow it" for layer in made.blocking}
        parts = {**limits, **parts}
    elif not denies and not (decision and allows):
        marks = [stop.text.partition(" ")[2] for stop in stops if stop.id == GRANT]
        rule, end = marks[0] if marks else "", "" if parts else "no Allow matches"
        parts["rule"] = ", and ".join(filter(None, (rule, end))) or "nothing allows it"
    first = f"{shorten(caller, 50)} asks for {request.action} on {shorten(what, 60)}: "
    return alt_text(first, parts.values(), f". {look(decision.verdict).sentence}")

"""The access graph: who reaches what, by which policy, and what blocks it.

One caller, one action, one resource. Columns from left to right: the caller, the groups that it is
in or the role that it has assumed, policies, statements, and at the right the way to the resource.
What carries the Allow is bold; a Deny is on the line that it cuts; all else is pale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.engine.layers import NAMES
from iamlab.engine.request import Kind
from iamlab.engine.verdict import Verdict
from iamlab.view.figures.access.access_chain import chain_of_credentials, fold_chain
from iamlab.view.figures.access.access_rows import ALLOWS, DENIES, SIDES, rows_of
from iamlab.view.figures.access.access_stops import SILENT, is_abroad, is_outsider, stops_of
from iamlab.view.figures.access.access_ways import policy_edges, policy_nodes, ways_of
from iamlab.view.figures.names import short_name
from iamlab.view.given import check
from iamlab.view.layouts.path import GATE, MARK, draw_path
from iamlab.view.scene import HEADING, Column, Edge, Node, Scene
from iamlab.view.style import LOOKS, look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.verdict import StatementMatch
    from iamlab.operations.sts.session import Session
    from iamlab.view.figure import Figure
    from iamlab.view.figures.access.access_rows import Row
    from iamlab.view.figures.access.access_stops import Stop, Stops
    from iamlab.view.figures.access.access_ways import Way

CALLER, ROLE, RESOURCE = "caller", "role", "resource"
"""The ids of three nodes; the first and the last are also those of the frames."""
ALLOWED, DENIED = LOOKS["allowed"], LOOKS["explicitDeny"]
EFFECTS = {ALLOWS: ALLOWED, DENIES: DENIED}
NO_POLICIES = "no identity-based policies"
CALLERS, RESOURCES = "the caller's account", "the resource's account"
KINDS = {
    Kind.ROOT: "root user",
    Kind.FEDERATED: "federated user",
    Kind.SERVICE: "AWS service",
    Kind.PROVIDER: "identity provider",
    Kind.ANONYMOUS: "nobody signed",
}
FACTS = {
    "layer": "", "level": 0, "place": "", "policy": "", "policy_type": "", "statement": "",
    "effect": "", "applies": False, "missed": "", "names": "", "decides": False,
}  # fmt: skip
"""Every column of the table, as it is where a row has nothing in it."""


def access_graph(decision: Decision, *, session: Session | None = None) -> Figure:
    """Draw why one request is allowed or denied.

    Parameters
    ----------
    decision
        As ``World.can`` returns it.
    session
        The session that called: the chain of credentials that led to it is drawn, too.

    Raises
    ------
    RequestError
        It isn't a decision, or it was another session that called.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> print(access_graph(world.can(world.user("alice"), "s3:GetObject", MAP)).caption)
    May alice do s3:GetObject on star-maps/m31.fits? ✓ Allowed.
    """
    check("access_graph", decision, Decision)
    request, seen = decision.request, look(decision.verdict)
    who, who_note, role = _caller(decision)
    what, what_note = short_name(request.resource)
    if request.resource == "*":
        what_note = "no resource in particular"
    stops, rows = stops_of(decision), rows_of(decision)
    ways = ways_of(rows)
    identity = [way for way in ways if way.side == "identity"]
    chain, links = chain_of_credentials(decision, session, CALLER)
    here, there = _accounts(decision, session)
    account = f"; account {here}, {CALLERS}" if here else ""
    note = f", {who_note}" if who_note else ""
    at = f"; account {there}, {RESOURCES}" if there else ""
    nodes = [
        *chain,
        Node(
            CALLER, who, who_note, "caller", frame=CALLER, highlighted=True,
            line=f"{who}{note}{account}",
        ),
        *([Node(ROLE, role, "assumed role", "role", CALLER, 1, CALLER, line=f"assumed role {role}")]
          if role else []),
        *policy_nodes(identity, CALLER),
        *([] if identity else [Node("none", NO_POLICIES, kind=HEADING, parent=CALLER)]),
        *_stops(stops.before, CALLER, 0),
        Node(
            RESOURCE, what, str(seen), "resource", column=4, frame=RESOURCE, look=seen,
            line=f"{what}{at}" if stops.after or len(ways) > len(identity) else "",
        ),
        *policy_nodes([way for way in ways if way.side != "identity"], RESOURCE),
        *_stops(stops.after, RESOURCE, len(stops.before)),
    ]  # fmt: skip
    is_straight = not stops.after and all(stop.kind == "own" for stop in stops.before)
    titles = {
        0: "PRINCIPAL",
        1: "ASSUMED ROLE" if role else "GROUP" if any(way.group for way in ways) else "",
        2: "POLICY",
        3: "STATEMENT",
        4: "RESOURCE" if is_straight else "WAY TO THE RESOURCE",
    }
    frames = {CALLER: _title(here, CALLERS), RESOURCE: _title(there, RESOURCES)}
    if is_outsider(decision):
        del frames[CALLER]
    owner = ROLE if role else CALLER
    marks = {stop.kind: f"stop {number}" for number, stop in enumerate(stops.all)}
    scene = Scene(
        nodes,
        [
            *links,
            *policy_edges(ways, CALLER, owner, RESOURCE, marks),
            *_way(decision, ways, stops.all, owner, what_note),
        ],
        {number: Column(title) for number, title in titles.items() if title},
        frames if is_abroad(decision) or is_outsider(decision) else {},
        before=[f"{request.action} on {what} ({what_note or request.resource})"],
        after=_verdict(decision),
        table=list(_table(decision, chain, rows)),
    )
    answers = f"AWS answers: {request.refusal}" if request.refusal else ""
    caller = f"{who} of {role}" if role else who
    return scene.figure(
        lambda scene: draw_path(scene, answers),
        alt=_alt(decision, caller, what, stops),
        caption=f"May {caller} do {request.action} on {what}? {seen.sentence}",
        drawn=fold_chain(scene),
    )


def _caller(decision: Decision) -> tuple[str, str, str]:
    """Name the caller, say what it is, and name the role whose session it is."""
    caller = decision.request.caller
    name, note = short_name(caller.arn)
    if caller.kind is Kind.ROLE:
        return "some session", "of a role", name
    if caller.kind is Kind.SESSION:
        return name, "role session", short_name(caller.issuer)[0]
    return name, KINDS.get(caller.kind, note), ""


def _accounts(decision: Decision, session: Session | None) -> Iterator[str]:
    """Yield the accounts of the caller and of the resource: name, if it is known, and id."""
    names = {} if session is None else session.world.accounts
    for account in (decision.request.caller.account, decision.request.resource_account):
        yield f"{names[account].name} {account}" if account in names else account


def _title(account: str, whose: str) -> tuple[str, str]:
    name, _, number = account.rpartition(" ")
    return (name, f"{number}, {whose}") if name else (f"account {number}", whose)


# -- the way to the resource -----------------------------------------------------------------------


def _stops(stops: Sequence[Stop], owner: str, first: int) -> Iterator[Node]:
    for number, stop in enumerate(stops, first):
        kind = GATE if stop.kind == "gate" else MARK
        line = f"{stop.text}: {stop.note}" if stop.note else stop.text
        yield Node(
            f"stop {number}", stop.text, stop.note, kind, owner, 4, owner, look=stop.look, line=line
        )


def _way(
    decision: Decision, ways: Sequence[Way], stops: Sequence[Stop], owner: str, note: str
) -> Iterator[Edge]:
    """Yield the edges from stop to stop; the first may be the caller's own."""
    first = stops[0]
    named = any(way.applies or way.names for way in ways if way.side != "identity")
    if first.kind == "own" and not any(way.side == "identity" for way in ways):
        yield Edge(owner, "stop 0", NO_POLICIES, dashed=True)
    elif first.kind != "own" and (is_abroad(decision) or not named):
        yield _flow(owner, "stop 0", first)
    for number, stop in enumerate(stops[:-1]):
        yield _flow(f"stop {number}", f"stop {number + 1}", stop)
    yield _flow(f"stop {len(stops) - 1}", RESOURCE, stops[-1], decision.request.action, note)


def _flow(source: str, target: str, stop: Stop, label: str = "", note: str = "") -> Edge:
    """Make the edge behind a stop: bold if the request gets past it."""
    return Edge(source, target, label, note, look=ALLOWED, bold=stop.flows, dashed=not stop.flows)


# -- in words --------------------------------------------------------------------------------------


def _alt(decision: Decision, who: str, what: str, stops: Stops) -> str:
    """Say who reaches what through which policy, and what stops it."""
    who, what = shorten(who, 50), shorten(what, 60)
    action = decision.request.action
    ways = list(
        dict.fromkeys(_by(hit) for layer in SIDES for hit in decision.layer_matches[layer].allows)
    )
    if decision:
        grant = stops.grant
        by = ways or ([f": {grant.title}"] if grant is not None else [])
        return told(f"{who} reaches {what}", by, f"; nothing stops {action}: allowed.", between=",")
    ending = _ending(decision, stops)
    if not ways and decision.verdict is Verdict.IMPLICIT_DENY:
        return told(f"No policy brings {who} to {what}; ", [ending], ": implicit deny.")
    last = f"; {shorten(ending, 150)}: {decision.verdict}."
    return told(f"{who} reaches for {what}", ways, last, between=",")


def _by(hit: StatementMatch) -> str:
    """Say through which group and policy, as a part of a sentence."""
    through = f" through {hit.path[0].removeprefix('group ')}" if hit.path else ""
    return f"{through} by {hit.address}"


def _ending(decision: Decision, stops: Stops) -> str:
    """Say what stops the request, or who doesn't allow it."""
    action, grant = decision.request.action, stops.grant
    if decision.verdict is Verdict.EXPLICIT_DENY:
        names = dict.fromkeys(
            hit.address + (f" of {hit.path[0].removeprefix('group ')}" if hit.path else "")
            for hit in decision.denies
        )
        return f"the Deny in {listed(list(names), 2, length=60)} stops {action}"
    if grant is not None and not grant.flows and not decision.trace.is_cut:
        by_policies = any(word in grant.note for word in ("identity", "resource"))
        return f"{grant.title}{_who_allows(decision) if by_policies else ''}"
    shut = [one.title for one in stops.all if one.kind == "gate" and one.look is SILENT]
    if shut:
        return f"the {listed(shut)} {'is' if len(shut) == 1 else 'are'} shut"
    return f"nothing allows {action}"


def _who_allows(decision: Decision) -> str:
    """Say which side allows."""
    heard = decision.layer_matches
    resource = any(heard[layer].allows for layer in SIDES[1:])
    if is_outsider(decision):
        return ", and does not"
    if heard["identity"].allows:
        return ", and only the caller's side does" if not resource else ", and that is not enough"
    return ", and only the resource's side does" if resource else ", and neither side does"


def _verdict(decision: Decision) -> list[str]:
    request, seen = decision.request, look(decision.verdict)
    return [
        f"{seen}: {request.principal}, {request.action}, {request.resource}",
        *([f"  AWS answers: {request.refusal}"] if request.refusal else []),
        *(f"  taken for granted: {one}" for one in decision.assumed),
    ]


def _table(
    decision: Decision, chain: Sequence[Node], rows: Sequence[Row]
) -> Iterator[dict[str, object]]:
    """Yield each statement as a row, those of ceilings too; before them the chain, then the sum."""
    for node in chain:
        yield {**FACTS, **node.facts}
    for row in rows:
        yield {
            **FACTS,
            "layer": NAMES[row.layer],
            "level": row.level,
            "place": row.place,
            "policy": row.policy,
            "policy_type": row.kind,
            "statement": row.label,
            "effect": row.effect,
            "applies": row.does in (ALLOWS, DENIES),
            "missed": "; ".join(row.missed),
            "names": row.names,
            "decides": row.decides,
        }
    seen = look(decision.verdict)
    yield {**FACTS, "layer": "verdict", "effect": seen.word, "applies": True, "decides": True}

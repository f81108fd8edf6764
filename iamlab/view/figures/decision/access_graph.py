"""The access graph: who can access what, by which policy, and what blocks it.

One caller, one action, one resource. Columns from left to right: the caller, the groups that it is
in or the role that it has assumed, policies, statements, and the stops before the resource. The
path of the Allow is bold, a Deny has its own colour, and everything else is pale.

A stop is a policy that only limits, or a mark: what the caller's own policies allow, and what both
sides allow together. Boundary and session policy limit what is granted to an identity, so they come
before the mark where the resource's policy can grant by itself; all others come after it. Between
two accounts each policy counts, and those of the caller's account are in its frame.

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Cross-account policy
evaluation logic".
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_timeline.lifetimes import chain_of
from iamlab.engine.applicable_statements import RESTRICTED
from iamlab.engine.combining_rule import why_absent
from iamlab.engine.decision import Decision
from iamlab.engine.layers import CEILINGS, NAMES, PERMISSION_FILTERS
from iamlab.engine.request import Kind
from iamlab.engine.trace import ABSENT, ALLOWS, DENIES, NO_ALLOW
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError
from iamlab.operations.sts.session import Session
from iamlab.view import folding
from iamlab.view.arguments import check
from iamlab.view.figures import names
from iamlab.view.figures.calls.policy_ends import OUTCOMES
from iamlab.view.layouts.path import GATE, LINK, MARK, draw_path
from iamlab.view.scene import Column, Edge, Node, Scene
from iamlab.view.style import bad, good, look, silent
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.engine.verdict import StatementMatch
    from iamlab.view.figure import Figure

CALLER, ROLE, RESOURCE, OWN, GRANT = "caller", "role", "resource", "stop identity", "stop grant"
"""The ids of the ends, which are also those of the frames, and of the two marks."""
FRAMES = {"identity": CALLER, "resource": RESOURCE, "grant": RESOURCE}
"""The frame of each layer that can grant."""
TITLES = {**NAMES, "identity": "identity-based policies", "rcp": "RCP", "scp": "SCP"}
"""The titles of stops, by layer."""
MATCHES, MISSES = {"Allow": good("match"), "Deny": bad("match")}, silent("don't match")
"""The looks of statements."""
STATEMENT, MOST = 3, 8
"""The column of statements, and their largest number in a picture; more are folded."""
COLUMNS = "layer level place policy policy_type statement effect matches missed names decides"
EMPTY = ("", 0, "", "", "", "", "", False, "", "", False)
"""The columns of the table, and a row without facts."""


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
    alice asks for s3:GetObject on star-maps/m31.fits. ✓ Allowed.
    """
    check("access_graph", decision, Decision)
    scene = scene_of(decision, session)
    chain = [node for node in scene.nodes if node.kind == LINK]
    middle = [chain[2:-2]] if len(chain) > 5 else []
    return scene.figure(
        draw_path,
        alt=_alt(decision, list(stops_of(decision))),
        caption=f"{names.asks_for(decision.request)}. {look(decision.verdict).sentence}",
        drawn=folding.nested(folding.merged(folding.alike(scene), middle, folding.as_one), MOST),
    )


def scene_of(decision: Decision, session: Session | None = None) -> Scene:
    """Return the nodes and edges: the caller, its policies, the stops and the resource."""
    request, seen = decision.request, look(decision.verdict)
    chain, stops = list(_chain(decision, session)), list(stops_of(decision))
    table = _policies(decision)
    policies = [node for node in table if node.frame]
    (who, _), (what, kind) = map(names.short_name, (request.principal, request.resource))
    start = Node(CALLER, who, request.caller.kind.value, "caller", frame=CALLER)
    words = list(filter(None, (request.action, kind)))
    end = Node(RESOURCE, what, str(seen), "resource", "", 4, RESOURCE, look=seen, details=words)
    between = next((node.note or node.kind for node in policies if node.column == 1), "")
    titles = ("principal", between, "policy", "statement", "checks and resource")
    known = names.account_names(session.world if session else None)
    ends = {CALLER: request.caller.account, RESOURCE: request.resource_account}
    named = {key: f"account {own} {known.get(own, '')}".strip() for key, own in ends.items() if own}
    frames = {key: (account, f"the {key}'s account") for key, account in named.items()}
    return Scene(
        [*chain, start, *policies, end, *stops],
        list(_edges([*chain, start], policies, [*stops, end])),
        {number: Column(title.upper()) for number, title in enumerate(titles) if title},
        {} if request.same_account else frames,
        after=[
            *(", ".join(words) for words in frames.values()),
            f"{seen}: {request.principal}, {request.action}, {request.resource}",
            *(f"  assumed: {assumed}" for assumed in decision.assumed),
        ],
        table=[
            *(node.facts for node in (*chain, *table) if node.facts),
            {**_row("verdict"), "effect": seen.word, "matches": True, "decides": True},
        ],
    )


def _row(*values: object) -> dict[str, Any]:
    """Return a row of the table with the first columns, and without facts in the others."""
    return dict(zip(COLUMNS.split(), (*values, *EMPTY[len(values) :]), strict=True))


def _chain(decision: Decision, session: Session | None) -> Iterator[Node]:
    """Yield those who requested the caller's credentials, each with its call."""
    caller, links = decision.request.caller, list[tuple[str, str, str]]()
    if session is not None:
        check("access_graph", session, Session, argument="session")
        if session.arn != caller.arn:
            raise RequestError(f"{session.arn} didn't make this request; {caller.arn} did.")
        chain = [own for own in chain_of(session) if own.asked_by]
        links = [(own.asked_by, own.operation, f"{own.operation}, {own.when}") for own in chain]
    elif caller.kind is Kind.FEDERATED and caller.issuer:
        links = [(caller.issuer, "GetFederationToken", "GetFederationToken")]
    for level, (arn, operation, call) in enumerate(links, 1):
        name, note = names.short_name(arn)
        note = f"session of {arn.split('/')[-2]}" if ":assumed-role/" in arn else note
        words, facts = (name, note, LINK), _row("credentials", level, arn, "", note, operation)
        line = f"{name}, {note}: {arn}"
        yield Node(f"link {level}", *words, line=line, details=[call], facts=facts)


# -- policies and statements -----------------------------------------------------------------------


def _policies(decision: Decision) -> list[Node]:
    """Return groups or the role, policies, and statements with their rows, in the table's order.

    Policies that only limit have no frame: they are in the table, and the picture has stops for
    them.
    """
    request, nodes = decision.request, dict[str, Node]()
    homes, kinds = dict(FRAMES), {**NAMES, "resource": names.resource_policy_of(request)}
    if request.caller.kind is Kind.SESSION:
        homes["identity"], (name, _) = ROLE, names.short_name(request.caller.issuer)
        nodes[ROLE] = Node(ROLE, name, "assumed role", "role", CALLER, 1, CALLER)
    for step in decision.trace.steps:
        frame = FRAMES.get(step.layer, "")
        pairs = zip(decision.layers.levels(step.layer), step.found.levels, strict=False)
        for level, (policies, found) in enumerate(pairs, 1):
            for number, attached in enumerate(policies):
                matches = [match for match in found if match.attached is attached]
                kind, home = kinds[step.layer], homes.get(step.layer, "")
                name, place = attached.policy.name or "unnamed", "".join(attached.path[:1])
                if step.layer == "identity":
                    kind = names.policy_type(attached.arn, place)
                    if place.startswith("group "):
                        home, group = place, place.removeprefix("group ")
                        nodes[home] = Node(home, group, "", "group", CALLER, 1, CALLER, line=home)
                key = f"policy {step.layer} {level} {number}"
                facts = (step.name, level, place, name, kind)
                note, row = (kind, {}) if matches else ("no statements", _row(*facts))
                nodes[key] = Node(key, name, note, "policy", home, 2, frame, facts=row)
                for part, match in enumerate(matches):
                    nodes[f"{key} {part}"] = _statement(decision, match, nodes[key], part, facts)
    return list(nodes.values())


def _statement(
    decision: Decision, match: StatementMatch, policy: Node, number: int, facts: tuple[object, ...]
) -> Node:
    """Return a statement with its row; one that matches, or nearly, is highlighted."""
    missed, label, named = match.mismatches, match.statement.label, _named(decision, match)
    stays = missed == (RESTRICTED,) or match is decision.trace.nearest
    parts = [part.condition.key if part.condition else part.element for part in missed]
    verb = "blocked by" if missed == (RESTRICTED,) else "nearest: misses" if stays else "misses"
    note = f"{verb} {listed(list(dict.fromkeys(parts)), 2)}" if missed else named
    details = [words for words in (named, *map(str, missed)) if words not in ("", note)]
    decides = any(match is deciding for deciding in decision.determining)
    row = _row(*facts, label, match.effect, match.applies, match.why_not, named, decides)
    kind = f"{match.effect} statement" if match.applies else "statement"
    seen = MATCHES[match.effect] if match.applies else MISSES
    words = f"{seen.symbol} {match.effect} {label}", note, kind, policy.id, STATEMENT, policy.frame
    node = Node(f"{policy.id} {number}", *words, look=seen, details=details, facts=row)
    return replace(node, highlighted=match.applies or stays, stays=stays)


def _named(decision: Decision, match: StatementMatch) -> str:
    """Return how the resource's policy names the caller."""
    everyone = any(value == "*" for _, value in match.statement.principal or (("", "*"),))
    direct = "names everyone" if everyone else "names the caller"
    behind = f"names its {'role' if decision.request.caller.is_of_role else 'user'}"
    by_directness = ("", "names its account", behind, direct)
    return by_directness[match.principal_match] if FRAMES.get(match.layer) == RESOURCE else ""


def _edges(chain: Sequence[Node], nodes: Sequence[Node], stops: Sequence[Node]) -> Iterator[Edge]:
    """Yield the edges to the caller, through policies, statements and stops, to the resource.

    The caller has an edge to the resource's policy if this names it.
    """
    for link, following in pairwise(chain):
        yield Edge(link.id, following.id, link.details[0])
    for stop, following in pairwise(stops):
        label = "".join(following.details[:1])  # only the resource has details: the action
        yield Edge(stop.id, following.id, label, dashed=not stop.highlighted)
    statements = [node for node in nodes if node.column == STATEMENT]
    named = {node.parent: node.facts["names"] for node in statements if node.facts["names"]}
    for node in nodes:
        if node.parent != RESOURCE or node.id in named:
            source = CALLER if node.parent == RESOURCE else node.parent
            yield Edge(source, node.id, named.get(node.id, ""))
    marks = {node.id: OWN if node.frame == CALLER else GRANT for node in statements}
    for node in statements:
        if node.highlighted:
            label = "denies" if node.look == MATCHES["Deny"] else ""
            yield Edge(node.id, marks[node.id], label, dashed=node.stays)
    first = stops[0]
    paths = [node for node in statements if node.highlighted or node.frame == CALLER]
    if first.id not in [marks[node.id] for node in paths]:
        owner = next((node.id for node in nodes if node.id == ROLE), CALLER)
        label = first.text.partition(" ")[2] if first.id == OWN else ""
        yield Edge(owner, first.id, label, dashed=not first.highlighted)


# -- stops -----------------------------------------------------------------------------------------


def stops_of(decision: Decision) -> Iterator[Node]:
    """Yield each stop before the resource; it is highlighted if the request passes it."""
    request, trace = decision.request, decision.trace
    order = ["identity", "session", "boundary", "scoped", "scp", "endpoint", "rcp"]
    order.insert(3 if request.same_account else -1, "grant")
    flows, frame = True, CALLER
    for layer in order:
        if layer in CEILINGS and decision and trace.needs_no_allow:
            continue
        both = layer == "grant"
        outcome, title, note = _both_sides(decision) if both else _layer(decision, layer)
        if outcome != ABSENT:
            is_overruled = outcome == DENIES and decision.verdict is not Verdict.EXPLICIT_DENY
            flows = flows or (both and request.same_account)
            flows = flows and (outcome == ALLOWS or is_overruled)
            frame = RESOURCE if both else frame
            seen, kind = OUTCOMES[outcome], GATE if layer in CEILINGS else MARK
            text = f"{seen.symbol} {title}"
            line = f"{text}: {note}" if note else text
            words = f"stop {layer}", text, note, kind, frame, 4, frame
            yield Node(*words, look=seen, highlighted=flows, stays=True, line=line)


def _layer(decision: Decision, layer: str) -> tuple[str, str, str]:
    """Return the outcome of a layer, its title with its places, and its deciding statements."""
    step, title = decision.trace.step(layer), TITLES[layer]
    if layer == "identity" and not (step.found.present or why_absent(layer, decision.request)):
        return NO_ALLOW, f"no {title}", "no Allow matches"
    deciding = {DENIES: step.found.denies, ALLOWS: step.found.allows}.get(step.outcome, ())
    shut = [match for level in step.levels if not level.lets_through for match in level.matches]
    places = dict.fromkeys(place for match in deciding or shut for place in match.path)
    if places and layer in CEILINGS:
        title += f" of {listed([place.removeprefix('account ') for place in places], 4)}"
    by = list(dict.fromkeys(f"{match.effect} {match.address}" for match in deciding))
    nothing = "no Deny matches" if step.outcome == ALLOWS else "no Allow matches"
    return step.outcome, title, listed(by, 1, length=65) if by else nothing


def _both_sides(decision: Decision) -> tuple[str, str, str]:
    """Return the outcome of both sides together, the rule, and the outcome of each side."""
    trace, layers = decision.trace, {match.layer for match in decision.trace.denies}
    if trace.rule == "same_account" and not trace.step("resource").found.present:
        return ABSENT, "", ""
    if decision.verdict is Verdict.EXPLICIT_DENY and layers & {*FRAMES, *PERMISSION_FILTERS}:
        return DENIES, "a Deny overrides every Allow", ""
    outcome = ALLOWS if decision or trace.is_granted else NO_ALLOW
    sides = [layer for layer in FRAMES if not why_absent(layer, decision.request)]
    note = ", ".join(f"{layer} {OUTCOMES[trace.step(layer).outcome].symbol}" for layer in sides)
    note += ", but blocked" if trace.is_cut and outcome == NO_ALLOW else ""
    answer = f"AWS answers: {trace.refusal}" if trace.refusal else note
    return outcome, names.who_must_allow(decision).split(": ", 1)[-1], answer


def _alt(decision: Decision, stops: Sequence[Node]) -> str:
    trace, is_denied = decision.trace, decision.verdict is Verdict.EXPLICIT_DENY
    allows = [match for layer in FRAMES for match in trace.step(layer).found.allows]
    limits = trace.blocking if trace.is_cut and not (decision or is_denied) else ()
    parts = [f"the {TITLES[layer]} doesn't allow it" for layer in limits]
    for match in (*(trace.denies if is_denied else ()), *allows):
        place = f" of {match.path[0].removeprefix('group ')}" if match.path else ""
        verb = DENIES if match.effect == "Deny" else ALLOWS
        parts.append(f"{shorten(match.address, 60)}{place} {verb} it")
    if not (is_denied or limits or (decision and allows)):
        parts += [stop.text.partition(" ")[2] for stop in stops if stop.id == GRANT]
    if not (parts and (decision or allows or is_denied or limits)):
        parts.append("no Allow matches")
    every, end = dict.fromkeys(parts), look(decision.verdict).sentence
    return alt_text(f"{names.asks_for(decision.request)}: ", every, f". {end}")

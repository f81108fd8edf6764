"""The policies of an access graph: their statements, and the stops before the resource.

With sixty statements in a picture, a reader can't find the one that matters. So statements that
don't match share a box, and if that isn't enough, statements with the same effect do, too. The
nearest Allow always has its own box.

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

from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from iamlab.display import count
from iamlab.engine import trace
from iamlab.engine.applicable_statements import RESTRICTED
from iamlab.engine.combining_rule import OUTSIDERS
from iamlab.engine.layers import CEILINGS, NAMES, PERMISSION_FILTERS
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.request import Kind
from iamlab.engine.verdict import Verdict
from iamlab.view.figures.names import resource_policy_of, short_name, who_must_allow
from iamlab.view.folding import as_one, merged
from iamlab.view.layouts.path import GATE, LINK, MARK
from iamlab.view.scene import Edge, Node
from iamlab.view.style import LOOKS
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import AttachedPolicy
    from iamlab.engine.request import Request
    from iamlab.engine.verdict import StatementMatch
    from iamlab.view.scene import Scene
    from iamlab.view.style import Look

    Stop = tuple[Look, str, str, bool]
    """The look, title and note of a stop, and whether the request passes it."""

CALLER, ROLE, RESOURCE, OWN, GRANT = "caller", "role", "resource", "stop own", "stop grant"
"""The ids of the ends, which are also those of the frames, and of the two marks."""
FRAMES = {"identity": CALLER, "resource": RESOURCE, "grant": RESOURCE}
"""The frame of each layer that can grant."""
ALLOWS, DENIES, SILENT = "Allow statement", "Deny statement", "statement"
LOOKS_OF = {ALLOWS: LOOKS["allowed"], DENIES: LOOKS["explicitDeny"]}
"""The kinds of statements; those that apply have a look."""
LIMITS = {**NAMES, "rcp": "RCP", "scp": "SCP", "credentials": "what the credentials allow"}
"""The titles of stops, by layer, or by the path of a limit that isn't a policy."""
NO_POLICIES, NO_OWN_POLICIES = "no identity-based policies", (*OUTSIDERS, Kind.ROOT)
"""The title of a mark, and the kinds of callers whose own policies aren't evaluated."""
SYMBOLS = {trace.DENIES: "✕", trace.ALLOWS: "✓", trace.NO_ALLOW: "○", trace.ABSENT: "–"}
MOST = 7, 10
"""The largest numbers of statements in a picture before policies without a match share a box, and
before all similar ones do."""


class AccessRow(NamedTuple):
    """A row of the table: one statement, a session before the caller's, or the verdict."""

    layer: str
    level: int = 0
    place: str = ""
    policy: str = ""
    policy_type: str = ""
    statement: str = ""
    effect: str = ""
    applies: bool = False
    missed: str = ""
    names: str = ""
    decides: bool = False


# -- statements ------------------------------------------------------------------------------------


def policies_of(decision: Decision) -> list[Node]:
    """Return groups or the role, policies, and statements with their rows, in the table's order.

    Policies that only limit have no frame: they are in the table, and the picture has stops for
    them.
    """
    nodes: dict[str, Node] = {}
    request, owner = decision.request, CALLER
    if request.caller.is_of_role:
        name, owner = short_name(request.caller.issuer or request.caller.arn)[0], ROLE
        nodes[ROLE] = Node(ROLE, name, "assumed role", "role", CALLER, 1, CALLER)
    for step in decision.trace.steps:
        frame = FRAMES.get(step.layer, "")
        pairs = zip(decision.layers.levels(step.layer), step.found.levels, strict=False)
        for level, (policies, matches) in enumerate(pairs, 1):
            for number, attached in enumerate(policies):
                place, home = attached.path[0] if attached.path else "", frame
                if frame == CALLER and place.startswith("group "):
                    home, name = place, place.removeprefix("group ")
                    nodes[home] = Node(home, name, "", "group", CALLER, 1, CALLER, line=place)
                elif frame == CALLER:
                    home = owner
                name, kind = attached.policy.name or "unnamed", _type(request, step.layer, attached)
                key = f"policy {step.layer} {level} {number}"
                nodes[key] = Node(key, name, kind, "policy", home, 2, frame)
                row = AccessRow(step.name, level, place, name, kind)
                own = [match for match in matches if match.attached is attached]
                for part, match in enumerate(own):
                    nodes[f"{key} {part}"] = _statement(decision, match, f"{key} {part}", key, row)
                if not own:
                    none = Node(f"{key} 0", "○ no statements", "", SILENT, key, 3, frame)
                    nodes[none.id] = replace(none, facts=row._asdict())
    return list(nodes.values())


def _type(request: Request, layer: str, attached: AttachedPolicy) -> str:
    """Return AWS's name for the type of a policy."""
    if layer != "identity":
        return resource_policy_of(request) if layer == "resource" else NAMES[layer]
    if attached.arn:
        return "AWS managed" if ":iam::aws:" in attached.arn else "customer managed"
    path = attached.path[0] if attached.path else "group"
    return "inline" if path.startswith("group") else path


def _statement(
    decision: Decision, match: StatementMatch, key: str, policy: str, row: AccessRow
) -> Node:
    kind = f"{match.effect} statement" if match.applies else SILENT
    look, frame = LOOKS_OF.get(kind), FRAMES.get(match.layer, "")
    text = f"{look.symbol if look else '○'} {match.effect} {match.statement.label}"
    missed = [str(mismatch) for mismatch in match.mismatches]
    is_blocked, is_nearest = match.mismatches == (RESTRICTED,), match is decision.trace.nearest
    note = names = _names(decision.request, match) if frame == RESOURCE else ""
    if not match.applies:
        elements = [
            miss.condition.key if miss.condition else miss.element for miss in match.mismatches
        ]
        verb = "blocked by" if is_blocked else "nearest: misses" if is_nearest else "misses"
        note = f"{verb} {listed(list(dict.fromkeys(elements)), 2)}"
    row = row._replace(
        statement=match.statement.label,
        effect=match.effect,
        applies=match.applies,
        missed="; ".join(missed),
        names=names,
        decides=any(match is deciding for deciding in decision.determining),
    )
    details = [words for words in (names, *missed) if words not in ("", note)]
    node = Node(key, text, note, kind, policy, 3, frame, look=look, facts=row._asdict())
    return replace(node, highlighted=is_blocked or is_nearest, details=details)


def _names(request: Request, match: StatementMatch) -> str:
    """Return how the resource's policy names the caller."""
    everyone = any(value == "*" for _, value in match.statement.principal or (("", "*"),))
    return {
        PrincipalMatch.DIRECT: "names everyone" if everyone else "names the caller",
        PrincipalMatch.INDIRECT: f"names its {'role' if request.caller.is_of_role else 'user'}",
        PrincipalMatch.ACCOUNT: "names its account",
    }.get(match.principal_match, "")


def inside(nodes: Iterable[Node]) -> dict[str, set[str]]:
    """Return the kinds of statements in each node; a highlighted statement is its own kind."""
    by_id = {node.id: node for node in nodes}
    found: dict[str, set[str]] = defaultdict(set)
    for node in by_id.values():
        place = node if node.column == 3 else None
        while place is not None:
            found[place.id].add(node.id if node.highlighted else node.kind)
            place = by_id.get(place.parent)
    return found


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """Return each policy after its group, each statement after its policy; Allows are first."""
    kinds, by_id = inside(nodes), {node.id: node for node in nodes}
    places = {node.id: number for number, node in enumerate(nodes)}

    def path(node: Node) -> tuple[tuple[int, int], ...]:
        above = path(by_id[node.parent]) if node.parent in by_id else ()
        rank = next((i for i, kind in enumerate(LOOKS_OF) if kind in kinds[node.id]), 2)
        return (*above, (rank, places[node.id]))

    return sorted(nodes, key=path)


def edges_of(nodes: Sequence[Node], stops: Iterable[str]) -> Iterator[Edge]:
    """Yield the edges through groups, policies and statements, to the marks among the stops.

    An edge has the look of the strongest statement that it leads to. The caller has an edge to the
    resource's policy if this names it.
    """
    kinds = inside(nodes)
    statements = [node for node in nodes if node.column == 3]
    names = {
        node.parent: node.facts["names"]
        for node in statements
        if node.kind == ALLOWS or node.highlighted
    }
    for node in nodes:
        look = next((look for kind, look in LOOKS_OF.items() if kind in kinds[node.id]), None)
        bold, label = look is not None, names.get(node.id, "")
        source = CALLER if node.parent == RESOURCE else node.parent
        if node.parent != RESOURCE or label:
            yield Edge(source, node.id, label, look=look, bold=bold)
        mark = OWN if node.frame == CALLER else GRANT
        if node.column == 3 and mark in stops and (bold or node.highlighted):
            label = "denies" if node.kind == DENIES else ""
            yield Edge(node.id, mark, label, look=look, bold=bold, dashed=not bold)


# -- the picture of many statements ----------------------------------------------------------------


def fold_statements(scene: Scene) -> Scene:
    """Return a scene with few enough statements and sessions for a picture.

    Statements of a policy that don't match share a box. If that isn't enough, policies and groups
    without a match share one, and then all with the same kinds of statements.
    """
    by_id, kinds = {node.id: node for node in scene.nodes}, inside(scene.nodes)
    between = [node for node in scene.nodes if node.kind == LINK][2:-2]

    def class_of(node: Node, step: int) -> Hashable:
        own = kinds[node.id]
        may_share = (node.kind == SILENT, own == {SILENT}, True)
        if 0 < node.column < 4 and may_share[step]:
            return class_of(by_id[node.parent], step), node.kind, frozenset(own)
        return LINK if node in between else node.id

    for step in range(3):
        alike: dict[Hashable, list[Node]] = defaultdict(list)
        for node in scene.nodes:
            alike[class_of(node, step)].append(node)
        folded = merged(scene, [group for group in alike.values() if len(group) > 1], _as_one)
        if step == len(MOST) or sum(node.column == 3 for node in folded.nodes) <= MOST[step]:
            break
    return folded


def _as_one(nodes: Sequence[Node]) -> Node:
    first, box = nodes[0], as_one(nodes)
    if first.column != 3:
        return box
    note = "don't match" if first.kind == SILENT else box.note
    return replace(box, text=f"{first.text[0]} {box.text}", note=note)


# -- stops -----------------------------------------------------------------------------------------


def stops_of(decision: Decision) -> Iterator[tuple[Node, bool]]:
    """Yield each stop before the resource, and whether the request passes it."""
    step, abroad = decision.trace.step, is_abroad(decision.request)
    order = [OWN, "session", "boundary", "scoped", "scp", "endpoint", "rcp"]
    order.insert(-1 if abroad else 3, GRANT)
    sides = any(step(layer).found.present for layer in ("resource", "grant"))
    are_there = dict.fromkeys(CEILINGS, not (decision and decision.trace.needs_no_allow))
    are_there[OWN] = decision.request.caller.kind not in NO_OWN_POLICIES
    are_there[GRANT] = abroad or sides or decision.trace.rule != "same_account"
    flows, frame = True, CALLER
    for name in (name for name in order if are_there[name]):
        frame = RESOURCE if name == GRANT else frame
        stops = _limits(decision, name) if name in CEILINGS else [_mark(decision, name)]
        for number, (look, title, note, passes) in enumerate(stops):
            flows = passes and (flows or (name == GRANT and not abroad))
            key, kind = (f"stop {name} {number}", GATE) if name in CEILINGS else (name, MARK)
            text = f"{look.symbol} {title}"
            line = f"{text}: {note}" if note else text
            yield Node(key, text, note, kind, frame, 4, frame, look=look, line=line), flows


def is_abroad(request: Request) -> bool:
    """Return whether caller and resource are in two accounts."""
    return request.caller.account not in ("", request.resource_account)


def _limits(decision: Decision, layer: str) -> Iterator[Stop]:
    """Yield a stop for each level of a layer that only limits, or for open levels together."""
    policies = decision.layers.levels(layer) or ((),)  # a session policy may not be passed
    paths = [next((own.path[0] for own in level if own.path), "") for level in policies]
    levels = zip(decision.trace.step(layer).levels, paths, strict=False)
    for is_open, run in groupby(levels, key=lambda level: level[0].lets_through):
        together = [(level, path, path.removeprefix("account ")) for level, path in run]
        if is_open and len(together) > 1:
            title = f"{LIMITS[layer]}, {count(len(together), 'level')}"
            yield LOOKS["allowed"], title, ", ".join(place for *_, place in together if place), True
            continue
        for level, path, place in together:
            title = LIMITS.get(path) or f"{LIMITS[layer]} of {place}".removesuffix(" of ")
            yield _stop(decision, title, trace.ALLOWS if is_open else level.outcome, level.matches)


def _stop(decision: Decision, title: str, outcome: str, matches: Sequence[StatementMatch]) -> Stop:
    """Return a stop with the statements that make its outcome."""
    effect = {trace.ALLOWS: "Allow", trace.DENIES: "Deny"}.get(outcome, "")
    found = [match.address for match in matches if match.applies and match.effect == effect]
    by = f"{effect} {listed(list(dict.fromkeys(found)), 1, length=60)}" if found else ""
    if outcome == trace.DENIES:  # by some rules a Deny doesn't count
        return LOOKS["explicitDeny"], title, by, decision.verdict is not Verdict.EXPLICIT_DENY
    if outcome == trace.ALLOWS:
        return LOOKS["allowed"], title, by or "no Deny matches", True
    return LOOKS["implicitDeny"], title, "no Allow matches", False


def _mark(decision: Decision, name: str) -> Stop:
    """Return the mark of the caller's own policies, or of both sides together."""
    made, step = decision.trace, decision.trace.step
    if name == OWN:
        own = step("identity")
        title = "identity-based policies" if own.found.present else NO_POLICIES
        return _stop(decision, title, own.outcome, own.matches)
    denies = [match for match in made.denies if match.layer in (*FRAMES, *PERMISSION_FILTERS)]
    if denies and decision.verdict is Verdict.EXPLICIT_DENY:
        of_resource = [match for match in denies if FRAMES.get(match.layer) == RESOURCE]
        return _stop(decision, "a Deny overrides every Allow", trace.DENIES, of_resource)
    title = who_must_allow(decision).split(": ", 1)[-1]
    sides = [layer for layer in FRAMES if step(layer).found.present or layer != "grant"]
    if decision.request.caller.kind in NO_OWN_POLICIES:
        sides.remove("identity")
    note = ", ".join(f"{layer} {SYMBOLS[step(layer).outcome]}" for layer in sides)
    passes = bool(decision) or made.is_granted
    note += ", but blocked" if made.is_cut and not passes else ""
    look = LOOKS["allowed" if passes else "implicitDeny"]
    answer = f"AWS answers: {made.refusal}" if made.refusal else ""
    return look, title, answer or note, passes

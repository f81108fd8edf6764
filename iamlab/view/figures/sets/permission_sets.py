"""The permissions that remain: identity-based policies and each policy that limits them, as sets.

Each layer is the set of actions that it allows. An action in all sets is allowed unless a Deny
stops it; a resource-based policy can grant more. Four sets can be drawn: with more than three,
layers that only limit and agree become one, and then so do the last two.

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Permissions boundaries for IAM
entities"; "Permissions for AssumeRole".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from iamlab.authorization.authorize import authorize
from iamlab.deprecated import with_old_names
from iamlab.display import count
from iamlab.engine.combining_rule import why_absent
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.engine.verdict import addresses
from iamlab.errors import RequestError
from iamlab.model.world import World
from iamlab.view.arguments import check, texts
from iamlab.view.figures.names import short_name
from iamlab.view.layouts.set_tiles import ITEM, MOST_SETS, PART, SET, draw_sets, part_id
from iamlab.view.scene import Node, Scene
from iamlab.view.style import LOOKS, look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.view.figure import Figure

    Layers = tuple[str, ...]
    Parts = Mapping[str, Sequence[Decision]]

SHORT = {
    "identity": "identity",
    "boundary": "boundary",
    "session": "session policy",
    "scp": "SCP",
    "rcp": "RCP",
    "endpoint": "endpoint policy",
    "scoped": "scope-down policy",
    "resource": "resource policy",
}
"""The layers in the order of their sets: two side by side, two more across them."""
COMFORTABLE = 3
"""With more sets, those that only limit and agree are drawn as one."""
MOST_REASONS = 3


@with_old_names
def permission_sets(
    world: World,
    principal: Caller,
    actions: str | Iterable[str],
    resource: str,
    *,
    context: Mapping[str, ContextValue] | None = None,
) -> Figure:
    """Draw which layer allows which of some actions, and what is left.

    Parameters
    ----------
    world, principal, resource, context
        As in ``World.can``.
    actions
        The actions to compare; each counts once.

    Raises
    ------
    RequestError
        ``world`` isn't a world, there is no action, or a request is impossible.

    Examples
    --------
    >>> from iamlab import Policy
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> limit = world.account("acme-main").create_policy("limit", Policy.allow("s3:Get*"))
    >>> world.user("bob").put_permissions_boundary(limit)
    >>> figure = permission_sets(world, world.user("bob"), ["s3:GetObject", "s3:PutObject"], MAP)
    >>> print(figure.as_text())
    bob asks for 2 actions on arn:aws:s3:::star-maps/m31.fits
      identity-based policy: AmazonS3FullAccess
      permissions boundary: limit
    in all sets: ✓ allowed: 1 action
      ✓ s3:GetObject: allowed
    only in identity: 1 action
      ○ s3:PutObject: implicit deny
    """
    check("permission_sets", world, World)
    decisions = [
        authorize(world, principal, action, resource, context=context)
        for action in texts("action", actions)
    ]
    if not decisions:
        raise RequestError("Pass at least one action: the picture shows which sets it is in.")
    sets = _sets(decisions)
    found: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        found[part_id(_has(decision, layers) for layers in sets)].append(decision)
    parts = dict(sorted(found.items(), reverse=True))  # those in more sets come first
    reasons: dict[str, list[str]] = defaultdict(list)
    for decision in (decision for group in parts.values() for decision in group):
        reasons[" ".join(_reasons(decision, sets))].append(_marked(decision))
    below = [f"{listed(marked)}: {reason}" for reason, marked in reasons.items() if reason]
    request = decisions[0].request
    who, what = (shorten(short_name(arn)[0], 40) for arn in (request.principal, request.resource))
    together = "".join(f" Drawn as one: {_names(layers)}." for layers in sets if len(layers) > 1)
    return Scene(
        list(_nodes(decisions, sets, parts)), table=[_facts(decision) for decision in decisions]
    ).figure(
        lambda scene: draw_sets(scene, "none of these", below=below[:MOST_REASONS]),
        alt=_alt(who, decisions, sets, parts),
        caption=f"Highlighted: what {who} may do on {what}, unless a Deny stops it.{together}",
        is_graph=False,
    )


# -- layers and sets -------------------------------------------------------------------------------


def _allows(decision: Decision, layer: str) -> bool:
    """Whether a layer allows an action; a resource's side allows by its policy or by a grant."""
    found = decision.trace.step(layer).found
    if layer in CEILINGS:
        return all(found.allows_by_level)
    grant = decision.trace.step("grant").found.allows if layer == "resource" else ()
    return bool(found.allows or grant)


def _has(decision: Decision, layers: Layers) -> bool:
    """Whether an action is in a set."""
    return all(_allows(decision, layer) for layer in layers)


def _counts(decision: Decision, layer: str) -> bool:
    """Whether a layer is part of a decision."""
    if layer == "identity":
        return not why_absent(layer, decision.request)
    if layer == "resource":  # it allows, or it has to, as for a caller of another account
        missing = layer in decision.blocked_by and not decision.denies
        return missing or _allows(decision, layer)
    return decision.trace.step(layer).found.present


def _sets(decisions: Sequence[Decision]) -> list[Layers]:
    """Return the layers of each set."""
    sets: list[Layers] = [
        (layer,) for layer in SHORT if any(_counts(decision, layer) for decision in decisions)
    ]
    if len(sets) > COMFORTABLE:
        alike: dict[object, Layers] = defaultdict(tuple)
        for layers in sets:
            inside = tuple(_has(decision, layers) for decision in decisions)
            alike[inside if layers[0] in CEILINGS else layers] += layers
        sets = list(alike.values())
    while len(sets) > MOST_SETS:
        first, second = [layers for layers in sets if layers[0] in CEILINGS][-2:]
        sets[sets.index(first)] += second
        sets.remove(second)
    return sets


def _names(layers: Sequence[str]) -> str:
    return listed([SHORT[layer] for layer in layers], len(layers))


def _policies(decisions: Sequence[Decision], layers: Layers) -> str:
    """Return the names of the policies of a set."""
    every = (*layers, "grant") if "resource" in layers else layers
    attached = [
        entry for decision in decisions for layer in every for entry in decision.layers.of(layer)
    ]
    return ", ".join(dict.fromkeys(entry.policy.name for entry in attached if entry.policy.name))


# -- the scene -------------------------------------------------------------------------------------


def _nodes(decisions: Sequence[Decision], sets: Sequence[Layers], parts: Parts) -> Iterator[Node]:
    """Yield the question with its sets, and each part of the sets with its actions."""
    request = decisions[0].request
    who, number = short_name(request.principal)[0], count(len(decisions), "action")
    yield Node("sets", f"{who} asks for {number} on {request.resource}")
    for layers in sets:
        names = [NAMES[layer] for layer in layers]
        label = _names(layers) if len(names) > 1 else names[0]
        policies = _policies(decisions, layers) or "no policy"
        note = "" if policies == label else policies
        line = f"{label}: {note}" if note else label
        details = names if len(names) > 1 else []
        yield Node(f"set {label}", label, note, SET, "sets", line=line, details=details)
    for part, group in parts.items():
        title, seen = _title(part, sets), LOOKS["allowed"] if any(group) else None
        line = ": ".join([title, *([str(seen)] if seen else []), count(len(group), "action")])
        # With more sets their edges show which of them a part is in.
        text = title if len(sets) < COMFORTABLE or "1" not in part else ""
        yield Node(part, text, kind=PART, look=seen, line=line)
        for decision in group:
            text, denying = _marked(decision), _denying(decision)
            yield Node(
                f"action {text}",
                text,
                denying,
                ITEM,
                part,
                look=None if decision else look(decision.verdict),
                line=f"{text}: {decision.verdict}{f' by {denying}' if denying else ''}",
                details=_reasons(decision, sets),
            )


def _facts(decision: Decision) -> dict[str, object]:
    return {
        "action": decision.request.action,
        "resource": decision.request.resource,
        **{NAMES[layer]: _allows(decision, layer) for layer in SHORT if _counts(decision, layer)},
        "denied by": _denying(decision),
        "verdict": str(decision.verdict),
    }


def _title(part: str, sets: Sequence[Layers]) -> str:
    """Return which sets a part is in."""
    inside = [
        layers for layers, has in zip(sets, part.removeprefix(PART), strict=True) if has == "1"
    ]
    if not inside:
        return "in no set" if sets else "no policy counts"
    if len(inside) == len(sets) > 1:
        return "in all sets"
    return f"only in {_names([layer for layers in inside for layer in layers])}"


def _denying(decision: Decision) -> str:
    return ", ".join(addresses(decision.denies))


def _marked(decision: Decision) -> str:
    return f"{decision.verdict.symbol} {decision.request.action}"


def _reasons(decision: Decision, sets: Sequence[Layers]) -> list[str]:
    """Return why a decision differs from what the sets show, in the engine's words."""
    layers = [layer for group in sets for layer in group]
    outside = [layer for layer in layers if layer != "resource" and not _allows(decision, layer)]
    trace = decision.trace
    if not decision:
        is_odd = not decision.denies and all(_allows(decision, layer) for layer in layers)
        return [decision.message] if is_odd else []
    if trace.needs_no_allow or trace.rule == "root_user":
        return [trace.reason] if outside or not layers else []
    granting = ["resource"] if outside and _allows(decision, "resource") else []
    reasons = {step.layer: step.reason for step in decision.steps}
    return [reasons[layer] for layer in (*granting, *outside) if layer != "identity"]


def _alt(who: str, decisions: Sequence[Decision], sets: Sequence[Layers], parts: Parts) -> str:
    allowed = [decision.request.action for decision in decisions if decision]
    may = f"{len(allowed)}: {listed(allowed)}" if allowed else "none"
    stopped = [
        f"a Deny in {shorten(_denying(decision), 60)} stops {shorten(decision.request.action, 40)}"
        for decision in decisions
        if decision.denies
    ]
    inside = [
        f"{_title(part, sets)}: {listed([decision.request.action for decision in group], 2)}"
        for part, group in parts.items()
    ]
    start, *rest = [*stopped, *inside]
    first = f"Of {count(len(decisions), 'action')}, {who} may do {may}. "
    return alt_text(first, [f"{start[0].upper()}{start[1:]}", *rest], ".")

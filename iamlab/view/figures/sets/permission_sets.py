"""What is left of somebody's permissions: identity-based policies, cut by each ceiling, as sets.

Each layer is the set of actions that it allows, or lets through; the actions that are asked for lie
in the part of the sets that the engine's decisions put them into. What lies in all of them is
allowed, unless a Deny takes it out; a resource-based policy can grant besides.

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Permissions boundaries for IAM
entities"; "Permissions for AssumeRole".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.authorization.authorize import authorize
from iamlab.deprecated import with_old_names
from iamlab.display import count
from iamlab.engine.layers import NAMES
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError
from iamlab.model.world import World
from iamlab.view.drawing.measure import SMALL, height_of
from iamlab.view.drawing.paragraph import paragraph
from iamlab.view.drawing.sheet import MARGIN, Sheet
from iamlab.view.figures.names import short_name
from iamlab.view.figures.sets.permission_layers import (
    COMFORTABLE,
    ORDER,
    SHORT,
    allows,
    counts,
    sets_of,
)
from iamlab.view.given import check, texts
from iamlab.view.layouts.set_tiles import Item, Part, Ring, Tile, draw_sets, in_order
from iamlab.view.scene import Node, Scene
from iamlab.view.style import INK, look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.view.figure import Figure
    from iamlab.view.figures.sets.permission_layers import LayerSet

    Parts = Mapping[Part, Sequence[Decision]]

ANYWAY = {
    "never_refused": "It is never refused, whatever policies say.",
    "needs_no_permission": "It needs no permission.",
    "only_narrows": "It only narrows permissions, and needs none.",
    "root_user": "The root user needs no Allow in its own account.",
}
"""Why some things are allowed that nothing allows, by the situation."""
LEAST_ROOM, LESS = 5.0, 0.6
"""The reasons below the sets are a bit less wide than the paper, unless that is very narrow."""
MOST_REASONS = 2
"""So many actions are explained that are allowed although some set does not have them."""
TWO = 2
"""Of so many layers people say both, or neither."""


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
        What is asked for; each once.

    Raises
    ------
    RequestError
        It is no world, no action is given, or it cannot be asked.

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
    only in identity: 1 action
      ○ s3:PutObject: implicit deny
    in both: ✓ allowed: 1 action
      ✓ s3:GetObject: allowed
    """
    check("permission_sets", world, World)
    return draw_decisions(
        [
            authorize(world, principal, action, resource, context=context)
            for action in texts("action", actions)
        ]
    )


def draw_decisions(decisions: Sequence[Decision]) -> Figure:
    """Draw the sets of decisions that differ only in their actions.

    Raises
    ------
    RequestError
        There is no decision.
    """
    if not decisions:
        raise RequestError("Name at least one action: the picture shows which sets it lies in.")
    sets = sets_of(decisions)
    found: dict[Part, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(tuple(one.has(decision) for one in sets), []).append(decision)
    parts = {part: found[part] for part in in_order(found, len(sets))}
    return Scene(
        list(_nodes(decisions, sets, parts)), table=[_facts(decision) for decision in decisions]
    ).figure(
        lambda _: _draw(sets, parts),
        alt=_alt(decisions, parts, sets),
        caption=_caption(decisions, sets),
        is_graph=False,
    )


# -- the scene -------------------------------------------------------------------------------------


def _nodes(decisions: Sequence[Decision], sets: Sequence[LayerSet], parts: Parts) -> Iterator[Node]:
    """Yield the question with its sets, and each part of the sets with the actions in it."""
    request = decisions[0].request
    who, number = short_name(request.principal)[0], count(len(decisions), "action")
    yield Node("sets", f"{who} asks for {number} on {request.resource}")
    for one in sets:
        names = [NAMES[layer] for layer in one.layers] if len(one.layers) > 1 else []
        line = f"{one.label}: {one.note}".rstrip(": ")
        yield Node(f"set {one.label}", one.label, one.note, parent="sets", line=line, details=names)
    for part, group in parts.items():
        title = f"{_title(part, sets)}{': ✓ allowed' if any(group) else ''}"
        yield Node(title, f"{title}: {count(len(group), 'action')}")
        for decision in group:
            by = f" by {_denying(decision)}" if decision.denies else ""
            text, reasons = _marked(decision), _because(decision, sets)
            line = f"{text}: {decision.verdict}{by}"
            yield Node(f"action {text}", text, parent=title, line=line, details=reasons)


def _facts(decision: Decision) -> dict[str, object]:
    return {
        "action": decision.request.action,
        "resource": decision.request.resource,
        **{NAMES[layer]: allows(decision, layer) for layer in ORDER if counts(decision, layer)},
        "denied by": _denying(decision),
        "verdict": str(decision.verdict),
    }


def _title(part: Part, sets: Sequence[LayerSet]) -> str:
    """Return in which sets a part lies."""
    inside = [name for one, has in zip(sets, part, strict=True) if has for name in one.short]
    if not sets:
        return "whatever policies say"
    if all(part):
        return ("inside", "in both", "in all 3", "in all 4")[len(sets) - 1]
    if not inside:
        return ("outside", "in neither", "in none", "in none")[len(sets) - 1]
    return f"only in {listed(inside, len(inside))}"


def _denying(decision: Decision) -> str:
    return ", ".join(dict.fromkeys(match.address for match in decision.denies))


def _marked(decision: Decision) -> str:
    return f"{decision.verdict.symbol} {decision.request.action}"


def _because(decision: Decision, sets: Sequence[LayerSet]) -> list[str]:
    """Return why a decision isn't what the sets would say; in the engine's words."""
    layers = [layer for one in sets for layer in one.layers]
    outside = [layer for layer in layers if layer != "resource" and not allows(decision, layer)]
    if not decision:
        is_odd = not decision.denies and all(allows(decision, layer) for layer in layers)
        return [decision.message] if is_odd else []
    if decision.trace.rule in ANYWAY:
        return [ANYWAY[decision.trace.rule]] if outside or not layers else []
    granting = ["resource"] if outside and allows(decision, "resource") else []
    reasons = {step.layer: step.reason for step in decision.steps}
    return [reasons[layer] for layer in (*granting, *outside) if layer != "identity"]


# -- in words --------------------------------------------------------------------------------------


def _alt(decisions: Sequence[Decision], parts: Parts, sets: Sequence[LayerSet]) -> str:
    who = shorten(short_name(decisions[0].request.principal)[0], 40)
    allowed = [decision.request.action for decision in decisions if decision]
    may = f"{len(allowed)}: {listed(allowed)}" if allowed else "none"
    denied = [
        f"a Deny in {shorten(_denying(one), 60)} stops {shorten(one.request.action, 40)}"
        for one in decisions
        if one.denies
    ]
    layers = [layer for one in sets for layer in one.layers]
    alike: dict[tuple[str, ...], list[str]] = {}
    for decision in (one for group in parts.values() for one in group):
        inside = tuple(layer for layer in layers if allows(decision, layer))
        alike.setdefault(inside, []).append(decision.request.action)
    said = [
        f"{_who_allows(inside, layers)} {listed(actions, 2)}" for inside, actions in alike.items()
    ]
    start, *rest = [*denied, *said]
    first = f"Of {count(len(decisions), 'action')}, {who} may do {may}. "
    return told(first, [f"{start[0].upper()}{start[1:]}", *rest], ".")


def _who_allows(inside: Sequence[str], layers: Sequence[str]) -> str:
    """Return which layers allow some actions, before these are named."""
    names, number = [SHORT[layer] for layer in inside], len(layers)
    if not layers:
        return "no policy counts for"
    if number == 1:
        return f"{SHORT[layers[0]]} {'allows' if inside else 'does not allow'}"
    if len(inside) == number:
        return "both allow" if number == TWO else f"all {number} allow"
    if not inside:
        return "neither allows" if number == TWO else f"none of {number} allows"
    return f"only {listed(names, number)} {'allows' if len(names) == 1 else 'allow'}"


def _caption(decisions: Sequence[Decision], sets: Sequence[LayerSet]) -> str:
    request = decisions[0].request
    who, what = (shorten(short_name(arn)[0], 60) for arn in (request.principal, request.resource))
    beyond = any(one and not all(each.has(one) for each in sets) for one in decisions)
    left = "all that is lit" if beyond or not sets else "what lies in all sets"
    caption = f"What {who} may do on {what}: {left}, unless a Deny takes it out."
    together = [one.names for one in sets if len(one.layers) > 1]
    return f"{caption} Drawn as one: {'; '.join(together)}." if together else caption


# -- the picture -----------------------------------------------------------------------------------


def _draw(sets: Sequence[LayerSet], parts: Parts) -> Sheet:
    sheet, tiles = Sheet(), {}
    for part, group in parts.items():
        # The edges of more sets show in which a tile lies; then its title is only its result.
        is_named = len(sets) < COMFORTABLE or not any(part)
        lit = look(Verdict.ALLOWED) if any(group) else None
        title = [_title(part, sets)] if is_named else []
        title += [str(lit)] if lit else []
        tiles[part] = Tile(": ".join(title), tuple(map(_item, group)), lit)
    rings = [Ring(one.label, one.note) for one in sets]
    y = draw_sets(sheet, MARGIN, rings, tiles, "none of these")
    odd: dict[tuple[str, ...], list[Decision]] = {}
    for decision in (one for group in parts.values() for one in group):
        odd.setdefault(tuple(_because(decision, sets)), []).append(decision)
    odd.pop((), None)
    room = max(sheet.width - LESS, LEAST_ROOM)
    for reasons, group in list(odd.items())[:MOST_REASONS]:
        actions = listed([one.request.action for one in group])
        words = f"{group[0].verdict.symbol} {actions}: {' '.join(reasons)}"
        y += 0.1
        y += paragraph(sheet, MARGIN, y, words, room, size=SMALL, most=4, fact=False)
    if len(odd) > MOST_REASONS:
        y += height_of(SMALL) + 0.1
        sheet.note(MARGIN, y, f"and {len(odd) - MOST_REASONS} more alike", fact=False)
    return sheet


def _item(decision: Decision) -> Item:
    text, colour = _marked(decision), look(decision.verdict).colour
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return Item(text, _denying(decision), colour, is_struck=True)
    return Item(text, colour=INK if decision else colour)

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
from iamlab.view.figure import Figure
from iamlab.view.figures.names import short_name
from iamlab.view.figures.sets.permission_layers import (
    COMFORTABLE,
    ORDER,
    SHORT,
    allows,
    counts,
    sets_of,
)
from iamlab.view.figures.sets.set_tiles import Item, Part, Ring, Tile, draw_sets, in_order
from iamlab.view.given import check, texts
from iamlab.view.style import INK, look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.view.figures.sets.permission_layers import LayerSet

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
    parts: dict[Part, list[Decision]] = {}
    for decision in decisions:
        parts.setdefault(tuple(one.has(decision) for one in sets), []).append(decision)
    ordered = {part: parts[part] for part in in_order(parts, len(sets))}
    titles = {part: _title(part, sets) for part in ordered}
    return Figure.on(
        _draw(sets, ordered, titles),
        alt=_alt(decisions, ordered, sets),
        caption=_caption(decisions, sets),
        rows=[_row(decision) for decision in decisions],
        lines=_lines(decisions, sets, ordered, titles),
    )


# -- words -------------------------------------------------------------------------------------


def _title(part: Part, sets: Sequence[LayerSet]) -> str:
    """Say in which sets a part lies."""
    inside = [name for one, value in zip(sets, part, strict=True) if value for name in one.short]
    outside = not all(part)
    if not sets:
        return "whatever policies say"
    if not outside:
        return ("inside", "in both", "in all 3", "in all 4")[len(sets) - 1]
    if not inside:
        return ("outside", "in neither", "in none", "in none")[len(sets) - 1]
    return f"only in {_listed(inside)}"


def _listed(names: Sequence[str]) -> str:
    return listed(names, len(names))


def _told(own: Sequence[Decision], title: str) -> str:
    """Say what a part is, and whether it is what is left."""
    return f"{title}: ✓ allowed" if any(own) else title


def _denying(decision: Decision) -> str:
    return ", ".join(dict.fromkeys(reading.address for reading in decision.denies))


def _because(decision: Decision, sets: Sequence[LayerSet]) -> list[str]:
    """Say why a decision is not what the sets would say; in the engine's words."""
    layers = [layer for one in sets for layer in one.layers]
    outside = [one for one in layers if one != "resource" and not allows(decision, one)]
    if not decision:
        is_odd = not decision.denies and all(allows(decision, one) for one in layers)
        return [decision.message] if is_odd else []
    if decision.combining_rule in ANYWAY:
        return [ANYWAY[decision.combining_rule]] if outside or not layers else []
    granting = ["resource"] if outside and allows(decision, "resource") else []
    reasons = {step.layer: step.reason for step in decision.steps}
    return [reasons[one] for one in (*granting, *outside) if one != "identity"]


def _sentence(decision: Decision) -> str:
    by = f" by {_denying(decision)}" if decision.denies else ""
    return f"{_marked(decision)}: {decision.verdict}{by}"


def _marked(decision: Decision) -> str:
    return f"{decision.verdict.symbol} {decision.request.action}"


def _lines(
    decisions: Sequence[Decision],
    sets: Sequence[LayerSet],
    parts: Mapping[Part, list[Decision]],
    titles: Mapping[Part, str],
) -> list[str]:
    asked = decisions[0].request
    who, what = short_name(asked.principal)[0], asked.resource
    lines = [f"{who} asks for {count(len(decisions), 'action')} on {what}"]
    for one in sets:
        lines.append(f"  {one.label}: {one.note}".rstrip(": "))
        lines += [f"    {NAMES[layer]}" for layer in one.layers if len(one.layers) > 1]
    for part, own in parts.items():
        lines.append(f"{_told(own, titles[part])}: {count(len(own), 'action')}")
        for decision in own:
            lines.append(f"  {_sentence(decision)}")
            lines += [f"    {reason}" for reason in _because(decision, sets)]
    return lines


def _row(decision: Decision) -> dict[str, object]:
    there = [layer for layer in ORDER if counts(decision, layer)]
    return {
        "action": decision.request.action,
        "resource": decision.request.resource,
        **{NAMES[layer]: allows(decision, layer) for layer in there},
        "denied by": _denying(decision),
        "verdict": str(decision.verdict),
    }


def _alt(
    decisions: Sequence[Decision],
    parts: Mapping[Part, Sequence[Decision]],
    sets: Sequence[LayerSet],
) -> str:
    who = shorten(short_name(decisions[0].request.principal)[0], 40)
    allowed = [one.request.action for one in decisions if one]
    first = f"Of {count(len(decisions), 'action')}, {who} may do "
    first += f"{len(allowed)}: {listed(allowed)}. " if allowed else "none. "
    denied = [
        f"a Deny in {shorten(_denying(one), 60)} stops {shorten(one.request.action, 40)}"
        for one in decisions
        if one.denies
    ]
    layers = [layer for one in sets for layer in one.layers]
    alike: dict[tuple[str, ...], list[str]] = {}
    for decision in (one for own in parts.values() for one in own):
        inside = tuple(layer for layer in layers if allows(decision, layer))
        alike.setdefault(inside, []).append(decision.request.action)
    said = [
        f"{_who_allows(inside, layers)} {listed(actions, 2)}" for inside, actions in alike.items()
    ]
    start, *rest = [*denied, *said]
    return told(first, [f"{start[0].upper()}{start[1:]}", *rest], ".")


def _who_allows(inside: Sequence[str], layers: Sequence[str]) -> str:
    """Say which layers allow some actions, before these are named."""
    names = [SHORT[layer] for layer in inside]
    if not layers:
        return "no policy counts for"
    if len(layers) == 1:
        return f"{SHORT[layers[0]]} {'allows' if inside else 'does not allow'}"
    if len(inside) == len(layers):
        return "both allow" if len(layers) == TWO else f"all {len(layers)} allow"
    if not inside:
        return "neither allows" if len(layers) == TWO else f"none of {len(layers)} allows"
    return f"only {_listed(names)} {'allows' if len(names) == 1 else 'allow'}"


def _caption(decisions: Sequence[Decision], sets: Sequence[LayerSet]) -> str:
    who, what = (
        shorten(short_name(arn)[0], 60)
        for arn in (decisions[0].request.principal, decisions[0].request.resource)
    )
    beyond = [one for one in decisions if one and not all(each.has(one) for each in sets)]
    if beyond or not sets:
        said = f"What {who} may do on {what}: all that is lit, unless a Deny takes it out."
    else:
        said = f"What {who} may do on {what}: what lies in all sets, unless a Deny takes it out."
    together = [_listed(one.short) for one in sets if len(one.layers) > 1]
    return f"{said} Drawn as one: {'; '.join(together)}." if together else said


# -- the picture -------------------------------------------------------------------------------


def _draw(
    sets: Sequence[LayerSet], parts: Mapping[Part, Sequence[Decision]], titles: Mapping[Part, str]
) -> Sheet:
    sheet = Sheet()
    rings = [Ring(one.label, one.note) for one in sets]
    # Where there are more sets, their edges say in which a tile lies, and its title only its fate.
    tiles = {
        part: _tile(own, titles[part] if len(sets) < COMFORTABLE or not any(part) else "")
        for part, own in parts.items()
    }
    bottom = draw_sets(sheet, MARGIN, rings, tiles, "none of these")
    _explain(sheet, bottom, sets, [one for own in parts.values() for one in own])
    return sheet


def _tile(own: Sequence[Decision], title: str) -> Tile:
    items = tuple(map(_item, own))
    if not any(own):
        return Tile(title, items)
    return Tile(_told(own, title) if title else "✓ allowed", items, look(Verdict.ALLOWED))


def _item(decision: Decision) -> Item:
    if decision.verdict is Verdict.EXPLICIT_DENY:
        colour = look(decision.verdict).colour
        return Item(_marked(decision), _denying(decision), colour, is_struck=True)
    return Item(_marked(decision), colour=INK if decision else look(decision.verdict).colour)


def _explain(
    sheet: Sheet, y: float, sets: Sequence[LayerSet], decisions: Sequence[Decision]
) -> None:
    """Say below the sets why something outside of one of them is allowed."""
    odd: dict[tuple[str, ...], list[Decision]] = {}
    for decision in decisions:
        odd.setdefault(tuple(_because(decision, sets)), []).append(decision)
    odd.pop((), None)
    room = max(sheet.width - LESS, LEAST_ROOM)
    for reasons, own in list(odd.items())[:MOST_REASONS]:
        actions = listed([one.request.action for one in own])
        words = f"{own[0].verdict.symbol} {actions}: {' '.join(reasons)}"
        y += 0.1
        y += paragraph(sheet, MARGIN, y, words, room, size=SMALL, most=4, fact=False)
    if len(odd) > MOST_REASONS:
        y += height_of(SMALL) + 0.1
        sheet.note(MARGIN, y, f"and {len(odd) - MOST_REASONS} more alike", fact=False)

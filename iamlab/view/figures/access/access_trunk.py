"""The way from the statements to the resource: straight, or down through gates and marks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.sheet import BOX_HEIGHT
from iamlab.view.figures.access.access_plan import LINE, comes_to_the_grant, is_straight
from iamlab.view.figures.access.access_rows import ALLOWS, DENIES, TAKEN
from iamlab.view.style import ALLOW, DENY, PALE_LINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.drawing.sheet import Box, Sheet
    from iamlab.view.figures.access.access_plan import Plan
    from iamlab.view.figures.access.access_scene import Scene
    from iamlab.view.figures.access.access_stops import Stop
    from iamlab.view.figures.access.access_ways import Way

OPEN_BAR, SHUT_BAR = 0.02, 0.06  # how thick a gate is
GAP = 0.13  # half of an open gate's gap
DISC = 0.15

LINES: Mapping[str, Mapping[str, Any]] = {
    ALLOWS: {"colour": ALLOW, "bold": True},
    DENIES: {"colour": DENY, "bold": True},
}
PALE: Mapping[str, Any] = {"colour": PALE_LINE}
BROKEN: Mapping[str, Any] = {"colour": PALE_LINE, "dashed": True}
_FLOWS: Mapping[bool, Mapping[str, Any]] = {True: LINES[ALLOWS], False: BROKEN}


def joint_of(scene: Scene, plan: Plan) -> Point:
    """Say where the caller's own statements come together."""
    if not is_straight(scene):
        return plan.trunk, plan.own
    left, width = plan.columns["statement"]
    return (left + width + plan.columns["resource"][0]) / 2, plan.own


def draw_straight(
    sheet: Sheet, scene: Scene, plan: Plan, statements: list[tuple[Way, Box]], resource: Box
) -> None:
    """Lead the statements straight to the resource; a Deny cuts what the others allow."""
    joint = joint_of(scene, plan)
    own = next(iter(scene.stops.before), None)
    for way, box in statements:
        if way.does == ALLOWS and scene.allows:
            sheet.line(box.right, resource.left, arrow=True, **LINES[ALLOWS])
        elif way.applies:
            sheet.line(box.right, joint, **LINES[way.does])
        elif any(row.is_nearest for row in way.rows):
            sheet.line(box.right, joint, **BROKEN)
    if not scene.allows and own is not None:
        sheet.line(joint, resource.left, arrow=True, **BROKEN)
        sheet.mark(joint, own.look.symbol, own.look.colour)


def draw_trunk(
    sheet: Sheet,
    scene: Scene,
    plan: Plan,
    caller: Box,
    statements: list[tuple[Way, Box]],
    resource: Box,
) -> None:
    """Lead the way down, through every stop, to the resource."""
    x = plan.trunk
    stops = list(zip(scene.stops.all, plan.stops, strict=True))
    joints = {stop.kind: (x, y) for stop, y in stops if stop.kind != "gate"}
    _joined(sheet, statements, joints)
    flows, y = True, plan.caller
    if stops[0][0].kind == "own":
        flows, y = False, stops[0][1]
    elif scene.is_abroad or comes_to_the_grant(scene):
        # Nobody's statement leads to the first stop: the caller itself comes there.
        flows = scene.stops.all[0].flows
        sheet.straight(caller.right, (x, plan.caller), **_FLOWS[flows])
    for (stop, below), note in zip(stops, plan.notes, strict=True):
        if below > y:
            sheet.straight((x, y), (x, below), **_FLOWS[flows])
        _stop(sheet, plan, stop, below, note)
        flows, y = stop.flows, below
    top = (x, resource.y - BOX_HEIGHT / 2)
    sheet.straight((x, y), top, arrow=True, **_FLOWS[flows])


def _joined(sheet: Sheet, statements: list[tuple[Way, Box]], joints: Mapping[str, Point]) -> None:
    """Lead statements to the mark where those of their side come together."""
    for way, box in statements:
        joint = joints.get("own" if way.side == "identity" else "grant")
        if joint is None:
            continue
        end = (joint[0] - DISC, joint[1])
        if way.applies:
            sheet.line(box.right, end, **LINES[way.does])
        elif way.does == TAKEN or any(row.is_nearest for row in way.rows):
            sheet.line(box.right, end, **BROKEN)
        if way.does == TAKEN:
            sheet.gate(box.x + box.width + 0.1, box.y - 0.23, box.y + 0.23, DENY, open_at=None)


def _stop(sheet: Sheet, plan: Plan, stop: Stop, y: float, note: Sequence[str]) -> None:
    """Draw a gate as a bar across the way, open or not; a mark as a disc on it."""
    x = plan.trunk
    left, width = plan.columns["resource"]
    colour = stop.look.colour
    if stop.kind == "gate":
        parts = (
            [(left, x - GAP), (x + GAP, left + width)] if stop.is_open else [(left, left + width)]
        )
        thick = OPEN_BAR if stop.is_open else SHUT_BAR
        for start, end in parts:
            sheet.area((start, y - thick / 2), (end - start, thick), colour, edge=colour)
        words = y + 0.15
    else:
        words = y - 0.09
    if not (stop.kind == "gate" and stop.is_open):
        sheet.mark((x, y), stop.look.symbol, colour)
    room = left + width - x - 0.2
    sheet.note(x + 0.2, words, stop.text, colour, room=room)
    for number, line in enumerate(note, 1):
        # A line that was shortened or made plain is not what the list has; that has the whole.
        sheet.note(x + 0.2, words + LINE * number, line, fact=line in stop.note)

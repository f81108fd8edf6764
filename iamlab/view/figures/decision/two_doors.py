"""Two doors to one room: the caller's own policies, and those of the resource.

In one account the doors stand side by side, and either is enough. Between two accounts one stands
behind the other, and both must be open. Roles and KMS keys have their own rule. A Deny at either
door stops who comes through the other one, too.

Notes
-----
AWS pages: "Identity-based policies and resource-based policies"; "Policy evaluation for requests
within a single account"; "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, height_of
from iamlab.view.drawing.paragraph import lines_of, paragraph
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.decision.door_shapes import COLOURS, TALL, WIDE, draw_door
from iamlab.view.figures.decision.two_doors_plan import Door, Plan, plan
from iamlab.view.figures.names import asks_for, short_name
from iamlab.view.given import check
from iamlab.view.style import ABSENT, ALLOW, INK, LIT_AREA, LOOKS, PALE_INK, PALE_LINE, look
from iamlab.view.words import shorten, told

if TYPE_CHECKING:
    from iamlab.view.drawing.shapes import Point

CALLER, CALLER_WIDTH = 0.25, 1.75
ROOM, ROOM_WIDTH, ROOM_HEIGHT = 7.5, 2.25, 1.15
BAR = 0.34  # the first bar stands so far before the room
SIDE_DOOR = 2.75  # where the doors stand that are side by side
ROOM_FOR_WORDS, SIGN_WIDTH = 2.85, 3.1
LINES = 5  # so many a reason may have
FIRST_DOOR, SECOND_DOOR = 2.62, 5.3
CUT = 4.68  # between two accounts
SIGN_LOOK = {one.symbol: one for one in (*LOOKS.values(), ABSENT)}


def two_doors(decision: Decision) -> Figure:
    """Draw the caller's and the resource's policies as two doors, and what opens the room.

    Parameters
    ----------
    decision
        What ``World.can`` or ``evaluate`` gave.

    Raises
    ------
    RequestError
        It is no decision.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> print(two_doors(world.can(world.user("alice"), "s3:GetObject", MAP)).alt[:67])
    alice asks for s3:GetObject on star-maps/m31.fits: either is enough
    """
    check("two_doors", decision, Decision)
    found = plan(decision)
    sheet = Sheet(PAGE)
    if found.way == "one after the other":
        _in_series(sheet, decision, found)
    else:
        _side_by_side(sheet, decision, found)
    return Figure.on(
        sheet,
        alt=_alt(decision, found),
        caption=f"{asks_for(decision.request)}: {found.sign}.",
        rows=_rows(decision, found),
        lines=_lines(decision, found),
    )


# -- the picture -----------------------------------------------------------------------------------


def _side_by_side(sheet: Sheet, decision: Decision, found: Plan) -> None:
    upper = 1.08
    # The sign hangs below what is said of the upper door.
    said = lines_of(_reason(found.doors[0]), ROOM_FOR_WORDS, SMALL, most=LINES) * height_of(SMALL)
    middle = upper + 0.3 + max(said, 0.35) + 0.14 + _sign_height(found, SIGN_WIDTH) / 2
    lower = 2 * middle - upper
    caller, room = _ends(sheet, decision, middle)
    _headings(sheet, (SIDE_DOOR, "TWO DOORS"))
    stop = _bars(sheet, found, (upper - 0.4, lower + 0.4))
    for door, y in zip(found.doors, (upper, lower), strict=True):
        _way_in(sheet, door, caller, (SIDE_DOOR, y))
        draw_door(sheet, door.state, (SIDE_DOOR, y))
        _way_on(sheet, door, (SIDE_DOOR + WIDE, y), (stop or room.x, middle), ends=stop is None)
        _words(sheet, door, SIDE_DOOR + WIDE + 0.18, y, ROOM_FOR_WORDS)
    sign = _sign(sheet, found, SIDE_DOOR - 0.05, middle, SIGN_WIDTH)
    if found.way == "no door":
        seen = look(decision.verdict)
        sheet.line(caller.right, sign.left, seen.colour, bold=True)
        end = (stop or room.x, middle)
        if decision:
            sheet.line(sign.right, end, seen.colour, bold=True, arrow=True)
        else:
            sheet.line(sign.right, end, PALE_LINE, dashed=True)


def _in_series(sheet: Sheet, decision: Decision, found: Plan) -> None:
    y, top = 2.12, 0.46
    request = decision.request
    # What is said of the second door ends before the bars.
    rooms = (1.95, min(1.95, ROOM - BAR - 0.3 * len(found.bars) - SECOND_DOOR))
    tall = max(
        lines_of(_reason(door), room, SMALL, most=LINES)
        for door, room in zip(found.doors, rooms, strict=True)
    )
    bottom = y + TALL / 2 + 0.72 + tall * height_of(SMALL) + 0.12
    if not request.same_account:
        for left, right, account in (
            (MARGIN, CUT - 0.06, request.caller.account),
            (CUT + 0.06, PAGE - MARGIN, request.resource_account),
        ):
            sheet.field(left, top, right - left, bottom - top, f"account {account}")
    caller, room = _ends(sheet, decision, y)
    _headings(sheet, (FIRST_DOOR, "IDENTITY DOOR"), (SECOND_DOOR, "RESOURCE DOOR"))
    stop = _bars(sheet, found, (y - 0.75, y + 0.75))
    passed = True
    places = (FIRST_DOOR, SECOND_DOOR)
    starts = (caller.right, (FIRST_DOOR + WIDE, y))
    for door, x, start, room_for in zip(found.doors, places, starts, rooms, strict=True):
        _straight_on(sheet, start, (x, y), lit=passed)
        passed = passed and door.state == "open"
        if passed:
            sheet.straight((x, y), (x + WIDE, y), ALLOW, bold=True)
        draw_door(sheet, door.state, (x, y))
        _words_below(sheet, door, x - 0.1, y + TALL / 2 + 0.1, room_for)
    end = (stop or room.x, y)
    _straight_on(sheet, (SECOND_DOOR + WIDE, y), end, lit=passed, arrow=stop is None)
    _sign(sheet, found, CUT - 1.8, top + 0.63, 3.6)


def _straight_on(sheet: Sheet, start: Point, end: Point, *, lit: bool, arrow: bool = False) -> None:
    if lit:
        sheet.straight(start, end, ALLOW, bold=True, arrow=arrow)
    else:
        sheet.straight(start, end, PALE_LINE, dashed=True, arrow=arrow)


def _headings(sheet: Sheet, *doors: tuple[float, str]) -> None:
    for x, words in ((CALLER, "CALLER"), *doors, (ROOM, "ROOM")):
        sheet.heading(x, 0.24, words)


def _ends(sheet: Sheet, decision: Decision, y: float) -> tuple[Box, Box]:
    """Draw the caller, and the room with the verdict."""
    request, seen = decision.request, look(decision.verdict)
    who, kind = short_name(request.principal)
    what, what_kind = short_name(request.resource)
    caller = Box(CALLER, y, CALLER_WIDTH, who, kind, INK, LIT_AREA, bold=True)
    sheet.box(caller)
    sheet.note(CALLER, y + 0.38, request.action, INK, room=CALLER_WIDTH)
    room = Box(ROOM, y, ROOM_WIDTH, "", "", seen.colour, seen.area, bold=True, height=ROOM_HEIGHT)
    sheet.box(room)
    inner = ROOM_WIDTH - 0.24
    x = ROOM + ROOM_WIDTH / 2
    sheet.text(x, y - 0.34, what, INK, face="bold", align="center", room=inner)
    sheet.note(x, y - 0.12, what_kind, PALE_INK, align="center", room=inner)
    sheet.text(x, y + 0.26, str(seen), seen.colour, size=TITLE, face="bold", align="center")
    return caller, room


def _way_in(sheet: Sheet, door: Door, caller: Box, place: Point) -> None:
    lit = door.leads
    sheet.line(
        caller.right, place, ALLOW if lit else INK if door.counts else PALE_LINE, bold=lit,
        dashed=not door.counts,
    )  # fmt: skip


def _way_on(sheet: Sheet, door: Door, start: Point, end: Point, *, ends: bool) -> None:
    if door.state == "open" and door.leads:
        sheet.straight((start[0] - WIDE, start[1]), start, ALLOW, bold=True)
        knee = (end[0] - 0.75, start[1])
        sheet.line(start, end, ALLOW, via=[knee], bold=True, arrow=ends)
    elif door.state == "open" and door.counts:
        knee = (end[0] - 0.75, start[1])
        sheet.line(start, end, ALLOW, via=[knee], arrow=ends)


def _words(sheet: Sheet, door: Door, x: float, y: float, room: float) -> None:
    """Say beside a door what it is, and whether it is open."""
    sheet.text(x, y - 0.46, door.name, INK, face="bold", room=room)
    sheet.note(x, y - 0.26, door.policies, PALE_INK, room=room)
    _state(sheet, door, x, y + 0.2, room)


def _words_below(sheet: Sheet, door: Door, x: float, y: float, room: float) -> None:
    sheet.text(x, y + 0.1, door.name, INK, face="bold", room=room)
    sheet.note(x, y + 0.28, door.policies, PALE_INK, room=room)
    _state(sheet, door, x, y + 0.5, room)


def _state(sheet: Sheet, door: Door, x: float, y: float, room: float) -> None:
    colour = COLOURS[door.state][0] if door.counts else PALE_INK
    sheet.text(x, y, f"{door.symbol} {door.words}", colour, face="bold", room=room)
    paragraph(sheet, x, y + 0.1, _reason(door), room, INK, size=SMALL, most=LINES)


def _reason(door: Door) -> str:
    return door.reason if door.counts else f"It does not count here. {door.reason}"


def _sign(sheet: Sheet, found: Plan, x: float, y: float, width: float) -> Box:
    """Hang the sign between the doors."""
    height = _sign_height(found, width)
    box = Box(x, y, width, "", "", INK, LIT_AREA, height=height)
    sheet.box(box)
    top, room = y - height / 2 + 0.08, width - 0.3
    paragraph(sheet, x + width / 2, top, found.sign, room, face="bold", align="center")
    return box


def _sign_height(found: Plan, width: float) -> float:
    return lines_of(found.sign, width - 0.3, TEXT, "bold") * height_of(TEXT) + 0.16


def _bars(sheet: Sheet, found: Plan, span: tuple[float, float]) -> float | None:
    """Draw what stops the request before the room; say where its way ends."""
    x = None
    top, bottom = span
    for number, (symbol, words) in enumerate(found.bars):
        x, end = ROOM - BAR - 0.3 * number, bottom + 0.12 + 0.33 * number
        colour = SIGN_LOOK[symbol].colour
        sheet.gate(x, top, end, colour, open_at=None)
        sheet.mark((x, end), symbol, colour, size=11)
        sheet.note(x + 0.22, end, words, colour, room=PAGE - 0.35 - x, face="bold")
    return x


# -- the words -------------------------------------------------------------------------------------


def _alt(decision: Decision, found: Plan) -> str:
    verdict = f". {look(decision.verdict).sentence}"
    parts = []
    for door in found.doors:
        by = f" ({shorten(door.statements[0], 40)})" if door.statements else ""
        parts.append(f"the {door.name.lower()} is {door.words.replace('no door: ', '')}{by}")
    parts += [f"before the room {symbol} {shorten(words, 60)}" for symbol, words in found.bars]
    parts[0] = parts[0][0].upper() + parts[0][1:]
    return told(f"{asks_for(decision.request)}: {found.sign}. ", parts, verdict)


def _rows(decision: Decision, found: Plan) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {
            "place": door.name,
            "policies": door.policies,
            "state": door.state,
            "counts": door.counts,
            "leads": door.leads,
            "statements": ", ".join(door.statements),
            "reason": door.reason,
        }
        for door in found.doors
    ]
    rows += [_row_of("before the room", symbol, words) for symbol, words in found.bars]
    request = decision.request
    return [*rows, _row_of("room", str(decision.verdict), request.resource)]


def _row_of(place: str, state: str, words: str) -> dict[str, object]:
    return {
        "place": place, "policies": "", "state": state, "counts": None, "leads": None,
        "statements": "", "reason": words,
    }  # fmt: skip


def _lines(decision: Decision, found: Plan) -> list[str]:
    request = decision.request
    who, kind = short_name(request.principal)
    what, what_kind = short_name(request.resource)
    lines = [f"caller: {who}, {kind}", f"  {request.principal}", f"  {request.action}"]
    if not request.same_account:
        lines.append(f"  account {request.caller.account or 'none'}")
    lines.append(f"sign: {found.sign}")
    for door in found.doors:
        lines += [str(door), f"  {_reason(door)}"]
    lines += [f"before the room: {symbol} {words}" for symbol, words in found.bars]
    lines += [f"room: {what}, {what_kind}", f"  {request.resource}"]
    lines.append(f"  account {request.resource_account or 'unknown'}")
    return [*lines, str(look(decision.verdict))]

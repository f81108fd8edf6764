"""Two doors to one room: the caller's own policies, and those of the resource.

In one account the doors are side by side, and either is enough. Between two accounts one is behind
the other, and both must be open. Roles and KMS keys have their own rule. A Deny at either door also
stops a request that comes through the other one.

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
from iamlab.view.drawing.shapes import Circle, Ink, Line, Rectangle
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figures.decision.two_doors_plan import Door, Plan, plan
from iamlab.view.figures.names import asks_for, short_name
from iamlab.view.given import check
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ALLOW, DENY, INK, LIT_AREA, PALE_INK, PALE_LINE, PAPER, SILENT, look
from iamlab.view.words import shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figure import Figure

CALLER, CALLER_WIDTH = 0.25, 1.75
ROOM, ROOM_WIDTH, ROOM_HEIGHT = 7.5, 2.25, 1.15
BAR, BAR_STEP = 0.34, 0.3
"""From the first bar to the room, and from one bar to the next."""
WIDE, TALL = 0.72, 1.1
"""The size of a door."""
SIDE_DOOR, UPPER = 2.75, 1.08
"""The place of doors that are side by side; the lower one's height depends on their words."""
FIRST_DOOR, SECOND_DOOR, ROW, FIELD = 2.62, 5.3, 2.12, 0.46
"""The places of doors that are one after the other, and the top of the accounts around them."""
BESIDE, BELOW, SIGN_WIDTH = 2.85, 1.95, 3.1
"""The room for what is said of a door, and of the sign."""
CUT = 4.68
"""Between two accounts."""
MOST_LINES = 5


def two_doors(decision: Decision) -> Figure:
    """Draw the caller's and the resource's policies as two doors, and what opens the room.

    Parameters
    ----------
    decision
        The result of ``World.can`` or ``evaluate``.

    Raises
    ------
    RequestError
        It isn't a decision.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> print(two_doors(world.can(world.user("alice"), "s3:GetObject", MAP)).alt[:67])
    alice asks for s3:GetObject on star-maps/m31.fits: either is enough
    """
    check("two_doors", decision, Decision)
    found = plan(decision)
    draw = _in_series if found.way == "one after the other" else _side_by_side
    return Scene(list(_nodes(decision, found)), after=[str(look(decision.verdict))]).figure(
        lambda _: draw(decision, found),
        alt=_alt(decision, found),
        caption=f"{asks_for(decision.request)}: {found.sign}.",
        is_graph=False,
    )


def _nodes(decision: Decision, found: Plan) -> Iterator[Node]:
    """Yield the caller, the sign, the doors, the bars and the room."""
    request = decision.request
    who, what = (", ".join(short_name(arn)) for arn in (request.principal, request.resource))
    home = () if request.same_account else (f"account {request.caller.account or 'none'}",)
    details = request.principal, request.action, *home
    yield Node("caller", who, line=f"caller: {who}", details=details)
    yield Node("sign", found.sign, line=f"sign: {found.sign}")
    for door in found.doors:
        facts = {
            "place": door.name,
            "policies": door.policies,
            "state": door.state,
            "counts": door.counts,
            "leads": door.leads,
            "statements": ", ".join(door.statements),
            "reason": door.reason,
        }
        yield Node(door.side, door.name, line=str(door), details=(_reason(door),), facts=facts)
    empty = {"policies": "", "state": "", "counts": None, "leads": None, "statements": ""}
    for symbol, words in found.bars:
        facts = {"place": "before the room", **empty, "state": symbol, "reason": words}
        yield Node(words, words, line=f"before the room: {symbol} {words}", facts=facts)
    facts = {"place": "room", **empty, "state": str(decision.verdict), "reason": request.resource}
    details = request.resource, f"account {request.resource_account or 'unknown'}"
    yield Node("room", what, line=f"room: {what}", details=details, facts=facts)


def _reason(door: Door) -> str:
    return door.reason if door.counts else f"It does not count here. {door.reason}"


def _alt(decision: Decision, found: Plan) -> str:
    parts = []
    for door in found.doors:
        by = f" ({shorten(door.statements[0], 40)})" if door.statements else ""
        parts.append(f"the {door.side} door is {door.words.replace('no door: ', '')}{by}")
    parts += [f"before the room {symbol} {shorten(words, 60)}" for symbol, words in found.bars]
    parts[0] = parts[0].replace("the", "The", 1)
    first = f"{asks_for(decision.request)}: {found.sign}. "
    return told(first, parts, f". {look(decision.verdict).sentence}")


# -- the picture -----------------------------------------------------------------------------------


def _side_by_side(decision: Decision, found: Plan) -> Sheet:
    sheet = Sheet(PAGE)
    said = max(_height(found.doors[0], BESIDE), 0.35)
    middle = UPPER + 0.44 + said + _sign_height(found.sign, SIGN_WIDTH) / 2
    heights = UPPER, 2 * middle - UPPER
    caller = _ends(sheet, decision, middle)
    sheet.heading(SIDE_DOOR, 0.24, "TWO DOORS")
    end = _bars(sheet, found, (heights[0] - 0.4, heights[1] + 0.4)), middle
    for door, y in zip(found.doors, heights, strict=True):
        into, out = (SIDE_DOOR, y), (SIDE_DOOR + WIDE, y)
        colour = ALLOW if door.leads else INK if door.counts else PALE_LINE
        sheet.line(caller.right, into, colour, bold=door.leads, dashed=not door.counts)
        _draw_door(sheet, door, into)
        if door.state == "open" and door.leads:
            sheet.straight(into, out, ALLOW, bold=True)
        if door.state == "open" and (door.leads or door.counts):
            knee, arrow = (end[0] - 0.75, y), not found.bars
            sheet.line(out, end, ALLOW, via=[knee], bold=door.leads, arrow=arrow)
        _words(sheet, door, out[0] + 0.18, (y - 0.46, y + 0.2), BESIDE)
    sign = _sign(sheet, found.sign, SIDE_DOOR - 0.05, middle, SIGN_WIDTH)
    if found.way == "no door":
        colour = look(decision.verdict).colour
        sheet.line(caller.right, sign.left, colour, bold=True)
        lit = bool(decision)
        colour = colour if lit else PALE_LINE
        sheet.line(sign.right, end, colour, bold=lit, arrow=lit, dashed=not lit)
    return sheet


def _in_series(decision: Decision, found: Plan) -> Sheet:
    sheet, request = Sheet(PAGE), decision.request
    # What is said of the second door ends before the bars.
    before_bars = ROOM - BAR - BAR_STEP * len(found.bars) - SECOND_DOOR
    columns = [(FIRST_DOOR, BELOW), (SECOND_DOOR, min(BELOW, before_bars))]
    tall = max(_height(door, room) for door, (_, room) in zip(found.doors, columns, strict=True))
    if not request.same_account:
        height = ROW + TALL / 2 + 0.84 + tall - FIELD
        for left, right, account in (
            (MARGIN, CUT - 0.06, request.caller.account),
            (CUT + 0.06, PAGE - MARGIN, request.resource_account),
        ):
            sheet.field(left, FIELD, right - left, height, f"account {account}")
    caller = _ends(sheet, decision, ROW)
    end, lit, start = _bars(sheet, found, (ROW - 0.75, ROW + 0.75)), True, caller.right
    for door, (x, room) in zip(found.doors, columns, strict=True):
        sheet.heading(x, 0.24, door.name.upper())
        _straight(sheet, start, (x, ROW), lit=lit)
        start, lit = (x + WIDE, ROW), lit and door.state == "open"
        if lit:
            sheet.straight((x, ROW), start, ALLOW, bold=True)
        _draw_door(sheet, door, (x, ROW))
        top = ROW + TALL / 2 + 0.2
        _words(sheet, door, x - 0.1, (top, top + 0.4), room)
    _straight(sheet, start, (end, ROW), lit=lit, arrow=not found.bars)
    _sign(sheet, found.sign, CUT - 1.8, FIELD + 0.63, 3.6)
    return sheet


def _straight(sheet: Sheet, start: Point, end: Point, *, lit: bool, arrow: bool = False) -> None:
    sheet.straight(start, end, ALLOW if lit else PALE_LINE, bold=lit, dashed=not lit, arrow=arrow)


def _ends(sheet: Sheet, decision: Decision, y: float) -> Box:
    """Draw the caller, and the room with the verdict; return the caller's box."""
    request, verdict = decision.request, look(decision.verdict)
    caller = Box(CALLER, y, CALLER_WIDTH, *short_name(request.principal), INK, LIT_AREA, bold=True)
    colours = verdict.colour, verdict.area
    room = Box(ROOM, y, ROOM_WIDTH, "", "", *colours, bold=True, height=ROOM_HEIGHT)
    for box, heading in ((caller, "CALLER"), (room, "ROOM")):
        sheet.heading(box.x, 0.24, heading)
        sheet.box(box)
    sheet.note(CALLER, y + 0.38, request.action, INK, room=CALLER_WIDTH)
    what, kind = short_name(request.resource)
    x, inner = ROOM + ROOM_WIDTH / 2, ROOM_WIDTH - 0.24
    sheet.text(x, y - 0.34, what, face="bold", align="center", room=inner)
    sheet.note(x, y - 0.12, kind, align="center", room=inner)
    sheet.text(x, y + 0.26, str(verdict), colours[0], size=TITLE, face="bold", align="center")
    return caller


def _draw_door(sheet: Sheet, door: Door, place: Point) -> None:
    """Draw a door by the middle of its left edge: its frame, and its leaf unless it is absent."""
    x, y = place
    top, bottom = y - TALL / 2, y + TALL / 2
    colour, area = door.look.colour, door.look.area
    is_shut, is_absent = door.state == "shut", door.state == "absent"
    width, dashes = (1.1, (4, 3)) if is_absent else (2.2, ())
    ink = Ink(fill=PAPER if is_shut else area, edge=colour, width=width, dashes=dashes)
    sheet.draw(Rectangle(x, top, WIDE, TALL, ink))
    sheet.reach(x + WIDE, bottom)
    if door.state == "open":
        swung = ((x, top), (x - 0.3, top + 0.13), (x - 0.3, bottom + 0.13), (x, bottom))
        sheet.draw(Line(swung, Ink(fill=PAPER, edge=colour, width=1.6)))
        sheet.reach(x, bottom + 0.13)
    elif not is_absent:
        hatch = door.look.hatch if is_shut else ""
        leaf = Ink(fill=area, edge=colour, width=0.8, hatch=hatch, hatch_colour=colour, layer=3)
        sheet.draw(Rectangle(x + 0.06, top + 0.06, WIDE - 0.12, TALL - 0.06, leaf))
    if is_shut:
        sheet.draw(Circle(x + WIDE - 0.16, y, 0.04, Ink(fill=INK, layer=4)))
    for start in (top + 0.22, bottom - 0.22) if door.state == "barred" else ():
        ends = ((x - 0.04, start), (x + WIDE + 0.04, 2 * y - start))
        sheet.draw(Line(ends, Ink(edge=colour, width=5, layer=4)))


def _height(door: Door, room: float) -> float:
    return lines_of(_reason(door), room, SMALL, most=MOST_LINES) * height_of(SMALL)


def _words(sheet: Sheet, door: Door, x: float, heights: tuple[float, float], room: float) -> None:
    """Write what a door is, and whether it is open."""
    name, state = heights
    sheet.text(x, name, door.name, face="bold", room=room)
    sheet.note(x, name + 0.19, door.policies, room=room)
    colour = door.look.colour if door.counts else PALE_INK
    sheet.text(x, state, str(door.look), colour, face="bold", room=room)
    paragraph(sheet, x, state + 0.1, _reason(door), room, size=SMALL, most=MOST_LINES)


def _sign_height(words: str, width: float) -> float:
    return lines_of(words, width - 0.3, TEXT, "bold") * height_of(TEXT) + 0.16


def _sign(sheet: Sheet, words: str, x: float, y: float, width: float) -> Box:
    """Draw the sign between the doors."""
    box = Box(x, y, width, "", "", INK, LIT_AREA, height=_sign_height(words, width))
    sheet.box(box)
    middle, top = box.top
    paragraph(sheet, middle, top + 0.08, words, width - 0.3, face="bold", align="center")
    return box


def _bars(sheet: Sheet, found: Plan, span: tuple[float, float]) -> float:
    """Draw what stops the request before the room; return where its path ends."""
    x = ROOM
    for number, (symbol, words) in enumerate(found.bars):
        x, end = ROOM - BAR - BAR_STEP * number, span[1] + 0.12 + 0.33 * number
        colour = DENY if symbol == "✕" else SILENT
        sheet.gate(x, span[0], end, colour)
        sheet.mark((x, end), symbol, colour, size=11)
        sheet.note(x + 0.22, end, words, colour, room=PAGE - 0.35 - x, face="bold")
    return x

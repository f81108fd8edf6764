"""Two doors to one room: the caller's own policies, and those of the resource.

In one account the doors are side by side, and one open door is enough. Between two accounts, one is
behind the other, and both must be open. Roles and KMS keys have their own rule. A Deny at either
door also stops a request that comes through the other one.

Notes
-----
AWS pages: "Identity-based policies and resource-based policies"; "Policy evaluation for requests
within a single account"; "Cross-account policy evaluation logic"; "Key policies in AWS KMS"; "How
IAM roles differ from resource-based policies".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.engine.decision import Decision
from iamlab.engine.layers import NAMES, PERMISSION_FILTERS
from iamlab.engine.verdict import Verdict, addresses
from iamlab.view.arguments import check
from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, height_of, lines_of
from iamlab.view.drawing.shapes import Ink, Line, Rectangle
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.figures import names
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ABSENT, ALLOW, INK, LIT_AREA, LOOKS, PALE_INK, PALE_LINE, PAPER, look
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figure import Figure
    from iamlab.view.style import Look

SIDES = {"Identity door": ("identity",), "Resource door": ("resource", "grant")}
"""The layers of each door."""
IDENTITY, RESOURCE = SIDES
IN_SERIES = "cross_account", "both_sides"
COUNTING = {
    **dict.fromkeys(("same_account", *IN_SERIES), (IDENTITY, RESOURCE)),
    **dict.fromkeys(("role_trust", "kms_key", "outsider"), (RESOURCE,)),
    **dict.fromkeys(("root_user_kms", "root_user_abroad"), (RESOURCE,)),
    "assume_root": (IDENTITY,),
}
"""The doors that count, by the rule; with other rules, no door counts."""
STATES = {"deny": "barred", "allow": "open", "silent": "shut", "absent": "absent"}
"""The state of a door, by the result of its step."""
DOORS = {
    "open": replace(LOOKS["allowed"], word="open"),
    "shut": replace(LOOKS["implicitDeny"], word="shut: no Allow matches"),
    "barred": replace(LOOKS["explicitDeny"], word="barred by a Deny"),
    "absent": replace(ABSENT, word="no door: not there"),
}
"""The look of a door, by its state."""

CALLER, CALLER_WIDTH, ROOM, ROOM_WIDTH, ROOM_HEIGHT = 0.25, 1.75, 7.5, 2.25, 1.15
BAR, BAR_STEP = 0.34, 0.3
"""From the first bar to the room, and from one bar to the next."""
WIDE, TALL = 0.72, 1.1
"""The size of a door."""
SIDE_DOOR, UPPER = 2.75, 1.08
"""The place of doors that are side by side; the lower one's height depends on their words."""
FIRST_DOOR, SECOND_DOOR, ROW, FIELD, CUT = 2.62, 5.3, 2.12, 0.46, 4.68
"""The places of doors that are one after the other, the top of the accounts, the gap between."""
BESIDE, BELOW, SIGN_WIDTH, MOST_LINES = 2.85, 1.95, 3.1, 5
"""The room for the words of a door, and for the sign; the largest number of lines of a reason."""


class Door(NamedTuple):
    """A row of the table: a door, whether it counts, and whether access is through it; or a bar."""

    place: str
    policies: str
    state: str
    counts: Any
    leads: Any
    statements: str
    reason: str

    @property
    def look(self) -> Look:
        """The look of its state."""
        return DOORS[self.state]

    @property
    def why(self) -> str:
        """The reason of its state."""
        return self.reason if self.counts else f"It does not count here. {self.reason}"


class Plan(NamedTuple):
    """Both doors, whether one is behind the other, the sign, and the bars before the room."""

    doors: tuple[Door, ...]
    in_series: bool
    sign: str
    bars: tuple[tuple[str, str], ...]


def two_doors(decision: Decision) -> Figure:
    """Draw the caller's and the resource's policies as two doors to a room.

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
    >>> print(two_doors(world.can(world.user("alice"), "s3:GetObject", MAP)).alt[51:106])
    One account: either side is enough. Identity door: open
    """
    check("two_doors", decision, Decision)
    found, verdict = plan(decision), look(decision.verdict)
    question = f"{names.asks_for(decision.request)}. {found.sign}."
    doors = [(door.place, door.look.word, door.reason.rstrip(".")) for door in found.doors]
    parts = [f"{place}: {state} ({shorten(reason, 60)})" for place, state, reason in doors]
    parts += [f"before the room {symbol} {shorten(words, 60)}" for symbol, words in found.bars]
    return Scene(list(_nodes(decision, found)), after=[str(verdict)]).figure(
        lambda _: _draw(decision, found),
        alt=alt_text(f"{question} ", parts, f". {verdict.sentence}"),
        caption=question,
        is_graph=False,
    )


def plan(decision: Decision) -> Plan:
    """Return the doors, the sign and the bars of a decision.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> found = plan(world.can(world.user("alice"), "s3:GetObject", MAP))
    >>> found.sign, [door.state for door in found.doors]
    ('One account: either side is enough', ['open', 'absent'])
    """
    trace = decision.trace
    counting, in_series = COUNTING.get(trace.rule, ()), trace.rule in IN_SERIES
    if names.names_only_account(decision):
        in_series = trace.rule != "same_account"
        counting = tuple(SIDES) if in_series else (IDENTITY,)
    doors = tuple(_door(decision, place, counts=place in counting) for place in SIDES)
    exempt = PERMISSION_FILTERS if trace.is_enough_at_resource else ()
    shut = [layer for layer in (() if decision else trace.blocking) if layer not in exempt]
    bars = [("○", f"shut: {NAMES[each]}") for each in shut if not trace.step(each).found.denies]
    # A barred door needs no other bar, but a request through the other door does.
    comes = not in_series and any(door.state == "open" for door in doors)
    comes = comes or any(match.layer not in ("identity", "resource") for match in trace.denies)
    if comes and decision.verdict is Verdict.EXPLICIT_DENY:
        bars.insert(0, ("✕", f"Deny: {', '.join(addresses(trace.denies))}"))
    return Plan(doors, in_series, names.who_must_allow(decision), tuple(bars))


def _door(decision: Decision, place: str, *, counts: bool) -> Door:
    layers, request = SIDES[place], decision.request
    step = next(step for step in decision.steps if step.layer == layers[0])
    state, found = STATES[step.result], [decision.trace.step(layer).found for layer in layers]
    policies = "identity-based policies" if place == IDENTITY else names.resource_policy_of(request)
    matches = [
        match for own in found for match in (own.denies if state == "barred" else own.applying)
    ]
    statements = ", ".join(addresses(matches))
    leads = state == "open" and counts
    if decision:
        leads = any(match.layer in layers for match in decision.determining)
    return Door(place, policies, state, counts, leads, statements, step.reason)


def _nodes(decision: Decision, found: Plan) -> Iterator[Node]:
    """Yield the caller, the sign, the doors, the bars and the room."""
    request = decision.request
    who, what = (", ".join(names.short_name(arn)) for arn in (request.principal, request.resource))
    details = [request.principal, request.action, f"account {request.caller.account or 'none'}"]
    yield Node("caller", who, line=f"caller: {who}", details=details)
    yield Node("sign", found.sign, line=f"sign: {found.sign}")
    for door in found.doors:
        note = "" if door.counts else " (it does not count here)"
        line = f"{door.place}, {door.policies}: {door.look}{note}"
        yield Node(door.place, door.place, line=line, details=(door.why,), facts=door._asdict())
    for symbol, bar in found.bars:
        row = Door("before the room", "", symbol, None, None, "", bar)
        yield Node(bar, bar, line=f"before the room: {symbol} {bar}", facts=row._asdict())
    row = Door("room", "", str(decision.verdict), None, None, "", request.resource)
    details = [request.resource, f"account {request.resource_account or 'unknown'}"]
    yield Node("room", what, line=f"room: {what}", details=details, facts=row._asdict())


# -- the picture -----------------------------------------------------------------------------------


def _draw(decision: Decision, found: Plan) -> Sheet:
    sheet, request, middle = Sheet(PAGE), decision.request, ROW
    places = [(FIRST_DOOR, ROW), (SECOND_DOOR, ROW)]
    if not found.in_series:
        lines = lines_of(found.doors[0].why, BESIDE, SMALL, most=MOST_LINES)
        middle = UPPER + 0.7 + max(lines * height_of(SMALL), 0.35)
        places = [(SIDE_DOOR, UPPER), (SIDE_DOOR, 2 * middle - UPPER)]
    caller = _ends(sheet, decision, middle)
    sheet.heading(places[0][0], 0.24, "TWO DOORS")
    bottom = max(places[1][1] + 0.6, middle + 0.87)
    end = _bars(sheet, found, places[0][1] - 0.6, bottom), middle
    for door, place in zip(found.doors, places, strict=True):
        _draw_door(sheet, door, place)
        _words(sheet, door, place, end[0] if found.in_series else 0)
    if found.in_series:
        _through_both(sheet, found, [caller.right, *places, end])
        _sign(sheet, found.sign, CUT - 1.8, FIELD + 0.63, 3.6)
        accounts, bottom = (request.caller.account, request.resource_account), sheet.height
        sides = (MARGIN, CUT - 0.06), (CUT + 0.06, PAGE - MARGIN)
        for account, (left, right) in zip(accounts, sides, strict=True):
            if not request.same_account:
                sheet.field(left, FIELD, right - left, bottom - FIELD, f"account {account}")
        return sheet
    sign = _sign(sheet, found.sign, SIDE_DOOR - 0.05, middle, SIGN_WIDTH)
    for door, (x, y) in zip(found.doors, places, strict=True):
        colour = ALLOW if door.leads else INK if door.counts else PALE_LINE
        sheet.line(caller.right, (x, y), colour, bold=door.leads, dashed=not door.counts)
        if door.state == "open" and door.counts:
            via, arrow = [(x + WIDE, y), (end[0] - 0.75, y)], not found.bars
            sheet.line((x, y), end, ALLOW, via=via, bold=door.leads, arrow=arrow)
    if not any(door.counts for door in found.doors):
        _path(sheet, caller.right, sign.left, is_open=True)
        _path(sheet, sign.right, end, is_open=bool(decision), arrow=bool(decision))
    return sheet


def _through_both(sheet: Sheet, found: Plan, points: list[Point]) -> None:
    """Draw the path through both doors; it is dashed after a shut one."""
    start, is_open = points[0], True
    for door, (x, y) in zip(found.doors, points[1:-1], strict=True):
        _path(sheet, start, (x, y), is_open=is_open)
        start, is_open = (x + WIDE, y), is_open and door.state == "open"
        if is_open:
            _path(sheet, (x, y), start, is_open=True)
    _path(sheet, start, points[-1], is_open=is_open, arrow=not found.bars)


def _path(sheet: Sheet, start: Point, end: Point, *, is_open: bool, arrow: bool = False) -> None:
    colour = ALLOW if is_open else PALE_LINE
    sheet.straight(start, end, colour, bold=is_open, dashed=not is_open, arrow=arrow)


def _ends(sheet: Sheet, decision: Decision, y: float) -> Box:
    """Draw the caller, and the room with the verdict; return the caller's box."""
    request, verdict = decision.request, look(decision.verdict)
    who, colours = names.short_name(request.principal), (verdict.colour, verdict.area)
    caller = Box(CALLER, y, CALLER_WIDTH, *who, INK, LIT_AREA, bold=True)
    room = Box(ROOM, y, ROOM_WIDTH, "", "", *colours, bold=True, height=ROOM_HEIGHT)
    for box, heading in ((caller, "CALLER"), (room, "ROOM")):
        sheet.heading(box.x, 0.24, heading)
        sheet.box(box)
    sheet.note(CALLER, y + 0.38, request.action, INK, room=CALLER_WIDTH)
    what, kind = names.short_name(request.resource)
    x, inner = ROOM + ROOM_WIDTH / 2, ROOM_WIDTH - 0.24
    sheet.text(x, y - 0.34, what, face="bold", align="center", room=inner)
    sheet.note(x, y - 0.12, kind, align="center", room=inner)
    sheet.text(x, y + 0.26, str(verdict), colours[0], size=TITLE, face="bold", align="center")
    return caller


def _draw_door(sheet: Sheet, door: Door, place: Point) -> None:
    """Draw a door by the middle of its left edge: its frame, and its leaf unless it is absent."""
    (x, y), look, is_absent = place, door.look, door.state == "absent"
    top, bottom, dashes = y - TALL / 2, y + TALL / 2, (4, 3) if is_absent else ()
    frame = Ink(fill=look.area, edge=look.colour, width=1.1 if is_absent else 2.2, dashes=dashes)
    sheet.draw(Rectangle(x, top, WIDE, TALL, frame))
    sheet.reach(x + WIDE, bottom + 0.13)
    if door.state == "open":
        swung = ((x, top), (x - 0.3, top + 0.13), (x - 0.3, bottom + 0.13), (x, bottom))
        sheet.draw(Line(swung, Ink(fill=PAPER, edge=look.colour, width=1.6)))
    elif not is_absent:
        leaf = replace(frame, width=0.8, hatch=look.hatch, hatch_colour=look.colour, layer=3)
        sheet.draw(Rectangle(x + 0.06, top + 0.06, WIDE - 0.12, TALL - 0.06, leaf))
    for start in (top + 0.22, bottom - 0.22) if door.state == "barred" else ():
        ends = ((x - 0.04, start), (x + WIDE + 0.04, 2 * y - start))
        sheet.draw(Line(ends, Ink(edge=look.colour, width=5, layer=4)))


def _words(sheet: Sheet, door: Door, place: Point, end: float) -> None:
    """Write the name and state of a door: to its right, or below it up to an end."""
    (x, y), room, gap = place, BESIDE, 0.66
    x, y = x + WIDE + 0.18, y - 0.46
    if end:
        x, y, room, gap = place[0] - 0.1, place[1] + TALL / 2 + 0.2, min(BELOW, end - place[0]), 0.4
    sheet.text(x, y, door.place, face="bold", room=room)
    sheet.note(x, y + 0.19, door.policies, room=room)
    colour = door.look.colour if door.counts else PALE_INK
    sheet.text(x, y + gap, str(door.look), colour, face="bold", room=room)
    sheet.paragraph(x, y + gap + 0.1, door.why, room, size=SMALL, most=MOST_LINES)


def _sign(sheet: Sheet, words: str, x: float, y: float, width: float) -> Box:
    """Draw the sign between the doors."""
    box = Box(x, y, width, "", "", INK, LIT_AREA, height=0.5)
    sheet.box(box)
    top = y - lines_of(words, width - 0.3, TEXT, "bold") * height_of(TEXT) / 2
    sheet.paragraph(box.top[0], top, words, width - 0.3, face="bold", align="center")
    return box


def _bars(sheet: Sheet, found: Plan, top: float, bottom: float) -> float:
    """Draw the bars before the room; return where the path ends."""
    x = ROOM
    for number, (symbol, words) in enumerate(found.bars):
        x, end = ROOM - BAR - BAR_STEP * number, bottom + 0.33 * number
        colour = LOOKS["explicitDeny" if symbol == "✕" else "implicitDeny"].colour
        sheet.gate(x, top, end, colour)
        sheet.mark((x, end), symbol, colour, size=11)
        sheet.note(x + 0.22, end, words, colour, room=PAGE - 0.35 - x, face="bold")
    return x

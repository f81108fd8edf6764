"""The decision ladder: the rungs of AWS's flow chart, from the first question to the verdict.

A request climbs down. Where a rung decides, it leaves the ladder for its verdict; the rungs below
are pale, for nobody asks them any more. A rung that is there and says nothing is told apart from
one that is not there: of a ceiling, the one stops everything and the other nothing.

Notes
-----
AWS page: "How AWS enforcement code logic evaluates requests to allow or deny access".
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.engine.decision import Decision
from iamlab.engine.trace import PARTICULAR
from iamlab.engine.verdict import Verdict
from iamlab.view.drawing.measure import SMALL, Face, height_of
from iamlab.view.drawing.paragraph import lines_of, paragraph
from iamlab.view.drawing.sheet import PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.decision.ladder_flow import Rung, rungs
from iamlab.view.figures.names import asks_for
from iamlab.view.given import check
from iamlab.view.style import ABSENT, INK, LIT_AREA, LOOKS, PALE_INK, PALE_LINE, PAPER, Look, look
from iamlab.view.words import LONGEST, shorten, told

if TYPE_CHECKING:
    from collections.abc import Sequence

LEFT, RIGHT = 0.15, 9.45
RAIL, LANE = 0.42, 9.7
"""Where the request climbs down, and where it is led past rungs that are not asked."""
ROW_LEFT, ANSWER, WHY, SO = 0.78, 3.42, 5.2, 8.45
"""Where the columns begin."""
WHY_WIDTH = SO - WHY - 0.15
TOP, GAP = 1.02, 0.09
WORD = 0.28  # the answer's word begins so far behind its symbol
LINES = 3  # so many a reason may have
HALF_LINE = 0.018  # half of a bold line's width: its corners are filled

APART = ("deny", "rule")
"""Rungs that are no layer."""
SIGNS = {"✓": LOOKS["allowed"], "✕": LOOKS["explicitDeny"], "○": LOOKS["implicitDeny"], "–": ABSENT}
KEY = {
    "○": "says nothing, or does not allow: it is there, but no Allow in it fits. So it grants "
    "nothing, and a ceiling stops the request.",
    "–": "not there: there is no such policy. So it grants nothing, and a ceiling that is not "
    "there stops nothing.",
}
"""What is easily mistaken for each other."""


def ladder(decision: Decision) -> Figure:
    """Draw a decision as AWS's flow chart makes it, rung by rung.

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
    >>> figure = ladder(world.can(world.user("carol"), "s3:GetObject", MAP))
    >>> figure.alt[51:]
    'Rung 6 decides, Identity-based policies: No Allow statement applies. ○ Implicit deny.'
    """
    check("ladder", decision, Decision)
    every = rungs(decision)
    return Figure.on(
        _draw(decision, every),
        alt=_alt(decision, every),
        caption=_caption(decision),
        rows=[_row(rung, decision) for rung in every],
        lines=_lines(decision, every),
    )


# -- the picture -----------------------------------------------------------------------------------


def _draw(decision: Decision, every: Sequence[Rung]) -> Sheet:
    sheet = Sheet(PAGE)
    question = asks_for(decision.request), _between(decision)
    asked = Box(LEFT, 0.38, RIGHT - LEFT, *question, INK, bold=True)
    sheet.box(asked)
    headings = ((ROW_LEFT, "AWS ASKS, IN THIS ORDER"), (ANSWER, "ANSWER"), (WHY, "WHY"), (SO, "SO"))
    for x, words in headings:
        sheet.heading(x, TOP - 0.2, words)
    heights = [max(_height(rung), 0.5) for rung in every]
    tops = [TOP + sum(heights[:i]) + GAP * i for i in range(len(every))]
    places = [top + height / 2 for top, height in zip(tops, heights, strict=True)]
    bottom = tops[-1] + heights[-1]
    seen = look(decision.verdict)
    verdict = Box(
        LEFT, bottom + 0.54, RIGHT - LEFT, str(seen), _ending(decision, every),
        seen.colour, seen.area, bold=True, height=0.56,
    )  # fmt: skip
    for rung, y, height in zip(every, places, heights, strict=True):
        _rung(sheet, rung, y, height, seen)
    _rail(sheet, every, places, (asked, verdict), seen)
    sheet.box(verdict)
    below = _nearest(sheet, decision, verdict.y + verdict.height / 2 + 0.16)
    _key(sheet, every, below)
    return sheet


def _height(rung: Rung) -> float:
    return _reason_height(rung) + 0.16


def _reason_height(rung: Rung) -> float:
    return lines_of(rung.reason, WHY_WIDTH, SMALL, most=LINES) * height_of(SMALL)


def _rung(sheet: Sheet, rung: Rung, y: float, height: float, verdict: Look) -> None:
    """Draw one rung as a row: its question, its answer, why, and what follows."""
    ink = PALE_INK if rung.is_pale else INK
    area = LIT_AREA if rung.decides else PAPER
    edge = verdict.colour if rung.decides else PALE_LINE
    row = Box(
        ROW_LEFT, y, RIGHT - ROW_LEFT, "", "", edge, area,
        bold=rung.decides, dashed=rung.is_pale, height=height,
    )  # fmt: skip
    sheet.box(row)
    room = ANSWER - ROW_LEFT - 0.25
    face: Face = "bold" if rung.decides else "sans"
    sheet.text(ROW_LEFT + 0.12, y - 0.09, rung.name, ink, face=face, room=room)
    sheet.note(ROW_LEFT + 0.12, y + 0.1, rung.note, PALE_INK, room=room)
    seen = SIGNS[rung.symbol]
    colour = PALE_INK if rung.is_pale and rung.symbol != "✕" else seen.colour
    sign: dict[str, Any] = {"size": 13, "face": "bold", "align": "center", "fact": False}
    sheet.text(ANSWER + 0.1, y, rung.symbol, colour, **sign)
    room = WHY - ANSWER - WORD - 0.08
    sheet.text(ANSWER + WORD, y, rung.answer, colour, face=face, room=room)
    top = y - _reason_height(rung) / 2
    paragraph(sheet, WHY, top, rung.reason, WHY_WIDTH, ink, size=SMALL, most=LINES)
    so = verdict.colour if rung.decides else ink
    sheet.text(SO, y, rung.part, so, face=face, room=RIGHT - SO - 0.08)


def _rail(
    sheet: Sheet, every: Sequence[Rung], places: Sequence[float], ends: tuple[Box, Box], seen: Look
) -> None:
    """Draw the way of the request: down the rail, and out where it is decided."""
    asked, verdict = ends
    lit = [not rung.is_pale for rung in every]
    stops = [asked.y + asked.height / 2, *places, verdict.y - verdict.height / 2]
    # A piece of the rail is walked if the rungs at both its ends are asked.
    walked = [one and other for one, other in pairwise((True, *lit, True))]
    for (start, end), is_walked in zip(pairwise(stops), walked, strict=True):
        colour = seen.colour if is_walked else PALE_LINE
        last = end == stops[-1]
        style = {"bold": is_walked, "dashed": not is_walked, "arrow": is_walked and last}
        sheet.straight((RAIL, start), (RAIL, end), colour, **style)
    for rung, y, is_lit in zip(every, places, lit, strict=True):
        colour = seen.colour if rung.decides else INK if is_lit else PALE_LINE
        sheet.straight((RAIL, y), (ROW_LEFT, y), colour, bold=rung.decides)
        sheet.mark((RAIL, y), str(rung.number or "!"), colour, size=10)
    for i, (is_lit, below) in enumerate(pairwise(lit)):
        if is_lit and not below:
            back = next((k for k in range(i + 1, len(lit)) if lit[k]), None)
            end = verdict.y if back is None else places[back]
            _by_the_lane(sheet, places[i], end, seen.colour)


def _by_the_lane(sheet: Sheet, start: float, end: float, colour: str) -> None:
    """Lead the request past the rungs that are not asked."""
    sheet.straight((RIGHT, start), (LANE + HALF_LINE, start), colour, bold=True)
    sheet.straight((LANE, start), (LANE, end), colour, bold=True)
    sheet.straight((LANE + HALF_LINE, end), (RIGHT, end), colour, bold=True, arrow=True)


def _nearest(sheet: Sheet, decision: Decision, top: float) -> float:
    """Say below what came nearest; give where there is room again."""
    if not decision.nearest_miss:
        return top
    sheet.heading(LEFT, top + 0.08, "NEAREST MISS")
    room = RIGHT - ROW_LEFT - 0.6
    words = decision.nearest_miss
    return top + paragraph(sheet, ROW_LEFT + 0.6, top, words, room, size=SMALL, most=4) + 0.1


def _key(sheet: Sheet, every: Sequence[Rung], top: float) -> None:
    for symbol, words in _explained(every):
        sheet.note(RAIL, top + 0.08, symbol, PALE_INK, face="bold", align="center", fact=False)
        top += 0.04 + paragraph(
            sheet, ROW_LEFT, top, words, RIGHT - ROW_LEFT, PALE_INK, size=SMALL, most=2
        )


# -- the words -------------------------------------------------------------------------------------


def _explained(every: Sequence[Rung]) -> list[tuple[str, str]]:
    """Give the signs that rungs have and that want an explanation, each with it."""
    used = {rung.symbol for rung in every if rung.layer not in APART}
    return [(symbol, words) for symbol, words in KEY.items() if symbol in used]


def _between(decision: Decision) -> str:
    """Say who is of which account."""
    request = decision.request
    kind = request.caller.kind.value
    if not request.caller.account:
        return f"{kind}; resource of account {request.resource_account or 'unknown'}"
    if request.same_account:
        return f"{kind} and resource of one account, {request.resource_account}"
    return f"{kind} of account {request.caller.account}; resource of {request.resource_account}"


def _ending(decision: Decision, every: Sequence[Rung]) -> str:
    """Say in the verdict's box what made it."""
    deciding = [f"rung {rung.number}" for rung in every if rung.decides and rung.number]
    if not deciding:
        return "no rung decides, but a rule of AWS"
    says = {
        Verdict.EXPLICIT_DENY: "one Deny outweighs every Allow",
        Verdict.IMPLICIT_DENY: "an Allow is missing there, and nothing is allowed by itself",
        Verdict.ALLOWED: "it is allowed there, and nothing stops it",
    }
    rule = PARTICULAR.get(decision.combining_rule, "")
    if decision.verdict is Verdict.EXPLICIT_DENY or not rule:
        rule = ""
    return f"decided at {' and '.join(deciding)}: {says[decision.verdict]}. {rule}".strip(" .")


def _caption(decision: Decision) -> str:
    verdict = look(decision.verdict).sentence
    return f"{asks_for(decision.request)}: the order in which AWS decides. {verdict}"


def _alt(decision: Decision, every: Sequence[Rung]) -> str:
    first = f"{asks_for(decision.request)}. "
    decides = [
        f"{f'Rung {rung.number}' if rung.number else rung.name} decides"
        f"{f', {rung.name}' if rung.number else ''}: {rung.reason.rstrip('.')}"
        for rung in every
        if rung.decides
    ]
    last = f". {look(decision.verdict).sentence}"
    room = LONGEST - len(first) - len(last)
    words = "; ".join(decides)
    miss = f". {decision.nearest_miss.rstrip('.')}" if decision.nearest_miss else ""
    body = words + miss if len(words + miss) <= room else shorten(words, room)
    return told(f"{first}{body}", (), last)


def _row(rung: Rung, decision: Decision) -> dict[str, object]:
    steps = {step.layer: step for step in decision.steps}
    step = steps.get(rung.layer)
    applying = [one.address for one in step.statements if one.applies] if step else []
    return {
        "rung": rung.number,
        "layer": rung.layer,
        "name": rung.name,
        "symbol": rung.symbol,
        "answer": rung.answer,
        "statements": ", ".join(dict.fromkeys(applying)),
        "reason": rung.reason,
        "part": rung.part,
        "decides": rung.decides,
    }


def _lines(decision: Decision, every: Sequence[Rung]) -> list[str]:
    request = decision.request
    lines = [
        asks_for(request),
        f"  caller: {request.principal}",
        f"  resource: {request.resource}",
        f"  {_between(decision)}",
    ]
    for rung in every:
        lines += [str(rung), f"  {rung.reason}"]
    lines += [str(look(decision.verdict)), f"  {_ending(decision, every)}"]
    if decision.nearest_miss:
        lines += ["nearest miss", f"  {decision.nearest_miss}"]
    if decision.message:
        lines += ["AWS's own words", f"  {decision.message}"]
    return [*lines, *(f"{symbol} {words}" for symbol, words in _explained(every))]

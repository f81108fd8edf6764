"""The decision ladder: the rungs of AWS's flow chart, from the first question to the verdict.

A request climbs down. Where a rung decides, it leaves the ladder for its verdict; the rungs below
are pale, since AWS doesn't come to them. A policy that is there and says nothing looks different
from one that isn't there: if it is a ceiling, the one stops everything and the other nothing.

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
from iamlab.view.figures.decision.ladder_flow import Rung, rungs
from iamlab.view.figures.names import asks_for
from iamlab.view.given import check
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ABSENT, INK, LIT_AREA, LOOKS, PALE_INK, PALE_LINE, PAPER, Look, look
from iamlab.view.words import LONGEST, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.view.figure import Figure

LEFT, RIGHT = 0.15, 9.45
RAIL, LANE = 0.42, 9.7
"""Where the request climbs down, and where it passes rungs that don't count."""
ROW, ANSWER, WHY, SO = 0.78, 3.42, 5.2, 8.45
"""Where the columns begin."""
HEADINGS = {ROW: "AWS ASKS, IN THIS ORDER", ANSWER: "ANSWER", WHY: "WHY", SO: "SO"}
WHY_WIDTH, MOST_LINES = SO - WHY - 0.15, 3
TOP, GAP, LEAST = 1.02, 0.09, 0.5
HALF_LINE = 0.018
"""Half of a bold line's width, which fills its corners."""
WORD = 0.28
"""From the symbol of an answer to its words."""

SYMBOLS = {"✓": LOOKS["allowed"], "✕": LOOKS["explicitDeny"], "○": LOOKS["implicitDeny"]}
KEY = {
    "○": "says nothing, or does not allow: it is there, but no Allow in it fits. So it grants "
    "nothing, and a ceiling stops the request.",
    "–": "not there: there is no such policy. So it grants nothing, and a ceiling that is not "
    "there stops nothing.",
}
"""Two symbols that are easily mistaken for each other."""
BECAUSE = {
    Verdict.EXPLICIT_DENY: "one Deny outweighs every Allow",
    Verdict.IMPLICIT_DENY: "an Allow is missing there, and nothing is allowed by itself",
    Verdict.ALLOWED: "it is allowed there, and nothing stops it",
}


def ladder(decision: Decision) -> Figure:
    """Draw a decision as AWS's flow chart makes it, rung by rung.

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
    >>> figure = ladder(world.can(world.user("carol"), "s3:GetObject", MAP))
    >>> figure.alt[51:]
    'Rung 6 decides, Identity-based policies: No Allow statement applies. ○ Implicit deny.'
    """
    check("ladder", decision, Decision)
    every = rungs(decision)
    question, verdict = asks_for(decision.request), look(decision.verdict)
    return Scene(list(_nodes(decision, every))).figure(
        lambda scene: _draw({node.id: node for node in scene.nodes}, every, verdict),
        alt=_alt(decision, every),
        caption=f"{question}: the order in which AWS decides. {verdict.sentence}",
        is_graph=False,
    )


def _nodes(decision: Decision, every: Sequence[Rung]) -> Iterator[Node]:
    """Yield the request, the rungs, the verdict, and what explains them."""
    request, question, between = decision.request, asks_for(decision.request), _between(decision)
    ends = f"caller: {request.principal}", f"resource: {request.resource}"
    yield Node("request", question, between, line=question, details=(*ends, between))
    matches = {step.layer: step.statements for step in decision.steps}
    for rung in every:
        applying = [match.address for match in matches.get(rung.layer, ()) if match.applies]
        facts = {
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
        yield Node(rung.layer, rung.name, line=str(rung), details=(rung.reason,), facts=facts)
    verdict, ending = str(look(decision.verdict)), _ending(decision, every)
    yield Node("verdict", verdict, ending, line=verdict, details=(ending,))
    if decision.nearest_miss:
        yield Node("nearest", "nearest miss", details=(decision.nearest_miss,))
    if decision.message:
        yield Node("message", "AWS's own words", details=(decision.message,))
    used = {rung.symbol for rung in every if rung.layer not in ("deny", "rule")}
    for symbol in (symbol for symbol in KEY if symbol in used):
        yield Node(symbol, KEY[symbol], line=f"{symbol} {KEY[symbol]}")


# -- the picture -----------------------------------------------------------------------------------


def _draw(nodes: dict[str, Node], every: Sequence[Rung], verdict: Look) -> Sheet:
    sheet = Sheet(PAGE)
    request, end = nodes["request"], nodes["verdict"]
    first = Box(LEFT, 0.38, RIGHT - LEFT, request.text, request.note, bold=True)
    sheet.box(first)
    for x, heading in HEADINGS.items():
        sheet.heading(x, TOP - 0.2, heading)
    places, top = [], TOP
    for rung in every:
        height = max(_height(rung) + 0.16, LEAST)
        places.append(top + height / 2)
        _rung(sheet, rung, places[-1], height, verdict)
        top += height + GAP
    last = Box(
        LEFT, top - GAP + 0.54, RIGHT - LEFT, end.text, end.note, verdict.colour, verdict.area,
        bold=True, height=0.56,
    )  # fmt: skip
    _rail(sheet, every, [first.bottom[1], *places, last.top[1]], verdict)
    _lanes(sheet, [rung.is_pale for rung in every], [*places, last.y], verdict)
    sheet.box(last)
    top = last.bottom[1] + 0.16
    if nearest := nodes.get("nearest"):
        sheet.heading(LEFT, top + 0.08, "NEAREST MISS")
        x, words = ROW + 0.6, nearest.details[0]
        top += paragraph(sheet, x, top, words, RIGHT - x, size=SMALL, most=4) + 0.1
    for symbol in (symbol for symbol in KEY if symbol in nodes):
        words = nodes[symbol].text
        sheet.note(RAIL, top + 0.08, symbol, face="bold", align="center", fact=False)
        top += paragraph(sheet, ROW, top, words, RIGHT - ROW, PALE_INK, size=SMALL, most=2) + 0.04
    return sheet


def _height(rung: Rung) -> float:
    """Return how high its reason is."""
    return lines_of(rung.reason, WHY_WIDTH, SMALL, most=MOST_LINES) * height_of(SMALL)


def _rung(sheet: Sheet, rung: Rung, y: float, height: float, verdict: Look) -> None:
    """Draw a rung as a row: its question, its answer, why, and what follows."""
    ink = PALE_INK if rung.is_pale else INK
    so, edge, area = (
        (verdict.colour, verdict.colour, LIT_AREA) if rung.decides else (ink, PALE_LINE, PAPER)
    )
    face: Face = "bold" if rung.decides else "sans"
    style = {"bold": rung.decides, "dashed": rung.is_pale}
    sheet.box(Box(ROW, y, RIGHT - ROW, "", "", edge, area, height=height, **style))
    room = ANSWER - ROW - 0.25
    sheet.text(ROW + 0.12, y - 0.09, rung.name, ink, face=face, room=room)
    sheet.note(ROW + 0.12, y + 0.1, rung.note, room=room)
    symbol, answer = rung.symbol, SYMBOLS.get(rung.symbol, ABSENT).colour
    if rung.is_pale and symbol != "✕":
        answer = PALE_INK
    sheet.text(ANSWER + 0.1, y, symbol, answer, size=13, face="bold", align="center", fact=False)
    room = WHY - ANSWER - WORD - 0.08
    sheet.text(ANSWER + WORD, y, rung.answer, answer, face=face, room=room)
    top = y - _height(rung) / 2
    paragraph(sheet, WHY, top, rung.reason, WHY_WIDTH, ink, size=SMALL, most=MOST_LINES)
    sheet.text(SO, y, rung.part, so, face=face, room=RIGHT - SO - 0.08)


def _rail(sheet: Sheet, every: Sequence[Rung], stops: Sequence[float], verdict: Look) -> None:
    """Draw the path of the request down the rail: bold between rungs that count."""
    counts = [True, *(not rung.is_pale for rung in every), True]
    for (start, end), ends in zip(pairwise(stops), pairwise(counts), strict=True):
        lit = all(ends)
        colour, arrow = verdict.colour if lit else PALE_LINE, lit and end == stops[-1]
        sheet.straight((RAIL, start), (RAIL, end), colour, bold=lit, dashed=not lit, arrow=arrow)
    for rung, y in zip(every, stops[1:-1], strict=True):
        colour = verdict.colour if rung.decides else PALE_LINE if rung.is_pale else INK
        sheet.straight((RAIL, y), (ROW, y), colour, bold=rung.decides)
        sheet.mark((RAIL, y), str(rung.number or "!"), colour, size=10)


def _lanes(sheet: Sheet, pale: list[bool], places: Sequence[float], verdict: Look) -> None:
    """Lead the request past the rungs that don't count."""
    pale = [*pale, False]
    for number, (is_pale, below) in enumerate(pairwise(pale)):
        if below and not is_pale:
            start, end = places[number], places[pale.index(False, number + 1)]
            style: dict[str, Any] = {"colour": verdict.colour, "bold": True}
            sheet.straight((RIGHT, start), (LANE + HALF_LINE, start), **style)
            sheet.straight((LANE, start), (LANE, end), **style)
            sheet.straight((LANE + HALF_LINE, end), (RIGHT, end), **style, arrow=True)


# -- in words --------------------------------------------------------------------------------------


def _between(decision: Decision) -> str:
    """Return the accounts of caller and resource in words."""
    request = decision.request
    kind, account = request.caller.kind.value, request.caller.account
    if not account:
        return f"{kind}; resource of account {request.resource_account or 'unknown'}"
    if request.same_account:
        return f"{kind} and resource of one account, {request.resource_account}"
    return f"{kind} of account {account}; resource of {request.resource_account}"


def _ending(decision: Decision, every: Sequence[Rung]) -> str:
    """Return what made the verdict."""
    deciding = [f"rung {rung.number}" for rung in every if rung.decides and rung.number]
    if not deciding:
        return "no rung decides, but a rule of AWS"
    is_explicit = decision.verdict is Verdict.EXPLICIT_DENY
    rule = "" if is_explicit else PARTICULAR.get(decision.combining_rule, "")
    because = BECAUSE[decision.verdict]
    return f"decided at {' and '.join(deciding)}: {because}. {rule}".strip(" .")


def _alt(decision: Decision, every: Sequence[Rung]) -> str:
    first, last = f"{asks_for(decision.request)}. ", f". {look(decision.verdict).sentence}"
    named = [
        (
            f"Rung {rung.number} decides, {rung.name}" if rung.number else f"{rung.name} decides",
            rung,
        )
        for rung in every
        if rung.decides
    ]
    words = "; ".join(f"{name}: {rung.reason.rstrip('.')}" for name, rung in named)
    miss = f". {decision.nearest_miss.rstrip('.')}" if decision.nearest_miss else ""
    room = LONGEST - len(first) - len(last)
    body = words + miss if len(words + miss) <= room else shorten(words, room)
    return told(f"{first}{body}", (), last)

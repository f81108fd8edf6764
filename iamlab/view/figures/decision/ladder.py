"""The decision ladder: the rungs of AWS's flow chart, from the first question to the verdict.

A request goes down the ladder until a rung decides. The rungs below are pale, because AWS doesn't
reach them. A policy that doesn't allow looks different from a policy that isn't there: of policies
that only limit, the first blocks the request, and the second doesn't.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "Policy
evaluation for requests within a single account"; "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.engine.decision import Decision
from iamlab.engine.layers import CEILINGS, GUARDRAILS, NAMES, PERMISSION_FILTERS
from iamlab.engine.verdict import Verdict, addresses
from iamlab.view.arguments import check
from iamlab.view.drawing.measure import SMALL, Face, height_of, lines_of
from iamlab.view.drawing.sheet import PAGE, Box, Sheet
from iamlab.view.figures.names import asks_for
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ABSENT, INK, LIT_AREA, LOOKS, PALE_INK, PALE_LINE, PAPER, Look, look
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from iamlab.view.figure import Figure

TITLES = {layer: f"{name[0].upper()}{name[1:]}" for layer, name in NAMES.items()}
TITLES["deny"] = "Any explicit Deny?"
NOTES = {
    **dict.fromkeys(NAMES, "only a limit, never a grant"),
    "deny": "in any policy of any type",
    "rcp": "RCP: only a limit, never a grant",
    "scp": "SCP: only a limit, never a grant",
    "resource": "the resource's side: can grant",
    "identity": "the caller's side: can grant",
    "rule": "no policy is needed",
}
"""What each rung can do."""
ANSWERS = {"allow": "allows", "deny": "a Deny here", "silent": "does not allow"}
"""What a layer does, by the result of its step; others aren't there."""
GOES_ON, DECIDES, AT_FIRST = "goes on", "decides", "counted at 1"
NOT_REACHED, NO_HELP = "not reached", "cannot help"
"""The part of a rung in the verdict. The last two can't change it: another rung has decided, or
another account has denied access. A Deny further down is counted at rung 1."""
BECAUSE = dict.fromkeys(CEILINGS, "Each policy that only limits must allow")
BECAUSE["deny"] = "One Deny overrides every Allow"
"""Why a rung decides; for other rungs, the reason of the rule."""
NOTE = "note"
"""The kind of nodes that explain the verdict below it."""
KEY = {
    "○": "does not allow: there is a policy, but no Allow in it matches. So it grants nothing; and "
    "if it only limits, it blocks the request.",
    "–": "not there: there is no such policy. So it grants nothing, and it blocks nothing.",
}
"""Two symbols that are easy to confuse."""

LEFT, RIGHT, RAIL, LANE = 0.15, 9.45, 0.42, 9.7
"""The edges, the path of the request, and its path past rungs that don't count."""
ROW, ANSWER, WHY, SO = 0.78, 3.42, 5.2, 8.45
"""Where the columns begin."""
NOTES_AT = 1.38
HEADINGS = {ROW: "AWS CHECKS, IN THIS ORDER", ANSWER: "ANSWER", WHY: "WHY", SO: "RESULT"}
TOP, GAP, LEAST, WORD, CORNER = 1.02, 0.09, 0.5, 0.28, 0.018
"""The first rung, between two, a rung's least height, from a symbol to its words, half a line."""


class Rung(NamedTuple):
    """A rung of the ladder, and its row of the table; number 0 is a rule between two rungs."""

    rung: int
    layer: str
    name: str
    symbol: str
    answer: str
    statements: str
    reason: str
    part: str
    decides: bool

    @property
    def is_pale(self) -> bool:
        """Whether it has no part in the verdict."""
        return self.part not in (GOES_ON, DECIDES)

    @property
    def title(self) -> str:
        """Its number and its name."""
        return f"rung {self.rung}, {self.name.rstrip('?')}" if self.rung else "a rule of AWS"


def ladder(decision: Decision) -> Figure:
    """Draw a decision rung by rung, in the order of AWS's flow chart.

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
    >>> figure.alt[51:119]
    'Decided by rung 6, Identity-based policy: No Allow statement matches'
    """
    check("ladder", decision, Decision)
    every, verdict = rungs(decision), look(decision.verdict)
    question = asks_for(decision.request)
    deciding = [(rung.title, shorten(rung.reason[:-1], 140)) for rung in every if rung.decides]
    parts = [f"Decided by {title}: {reason}" for title, reason in deciding]
    parts.append(shorten(decision.nearest_miss[:-1], 140))
    return Scene(list(_nodes(decision, every))).figure(
        lambda scene: _draw({node.id: node for node in scene.nodes}, every, verdict),
        alt=alt_text(f"{question}. ", parts, f". {verdict.sentence}", between=". "),
        caption=f"{question}: the order in which AWS decides. {verdict.sentence}",
        is_graph=False,
    )


# -- rungs -----------------------------------------------------------------------------------------


def rungs(decision: Decision) -> list[Rung]:
    """Return the rungs in the order of the flow chart.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> rung = rungs(world.can(world.user("dana"), "s3:DeleteObject", MAP))[0]
    >>> rung.rung, rung.name, rung.answer, rung.part
    (1, 'Any explicit Deny?', 'a Deny', 'decides')
    """
    trace, request = decision.trace, decision.request
    deciding = _deciding(decision)
    order = [step.layer for step in decision.steps]
    reached = _reached(decision, order, deciding)
    is_late = decision.verdict is Verdict.IMPLICIT_DENY and trace.rule == "cross_account"
    idle = NO_HELP if is_late else NOT_REACHED
    found = []
    for number, step in enumerate(decision.steps, 1):
        part = DECIDES if step.layer in deciding else GOES_ON
        if part == GOES_ON and step.layer not in reached:
            part = AT_FIRST if step.result == "deny" else idle
        name, answer = TITLES[step.layer], ANSWERS.get(step.result, "not there")
        if step.layer == "deny":
            answer = "a Deny" if step.result == "deny" else "no Deny"
        elif step.layer in CEILINGS and step.result == "allow":
            answer = "lets through"
        elif step.layer == "resource" and (request.about_trust or request.about_kms_key):
            name = "Role trust policy" if request.about_trust else "Key policy and grants"
        applying = ", ".join(addresses(match for match in step.statements if match.applies))
        row = number, step.layer, name, step.symbol, answer, applying, step.reason, part
        found.append(Rung(*row, decides=part == DECIDES))
    if not deciding:
        place = next((n for n, layer in enumerate(order) if layer not in reached), len(order))
        answer = "needs no Allow" if decision else "no policy can"
        reason, symbol = f"{trace.reason} {trace.refusal}".rstrip(), decision.verdict.symbol
        rule = Rung(0, "rule", "A rule of AWS", symbol, answer, "", reason, DECIDES, decides=True)
        found.insert(place, rule)
    return found


def _deciding(decision: Decision) -> tuple[str, ...]:
    """Return the layers that decide; none if a rule decides that needs no policy."""
    trace = decision.trace
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return ("deny",)
    if decision:
        if trace.is_enough_at_resource:
            return ("resource",)
        layers = (
            "resource" if match.layer == "grant" else match.layer for match in trace.sufficient
        )
        return tuple(dict.fromkeys(layers))
    everyone: dict[str, Any] = dict.fromkeys(trace.results._fields, True)
    if trace.combine is None or not trace.combine(trace.results._replace(**everyone)):
        return ()
    exempt = PERMISSION_FILTERS if trace.is_enough_at_resource else ()
    for layer in CEILINGS:  # the guardrails first
        allows = trace.step(layer).found.allows_by_level
        if layer not in exempt and not getattr(decision.rules, layer)(allows):
            return (layer,) if layer in GUARDRAILS or trace.is_cut else (trace.missing_granter,)
    return (trace.missing_granter,)


def _reached(
    decision: Decision, order: Sequence[str], deciding: tuple[str, ...]
) -> Collection[str]:
    """Return the layers that AWS evaluates before the verdict."""
    trace = decision.trace
    if trace.rule == "never_refused":
        return ()
    if deciding == ("deny",) or trace.needs_no_allow or not (decision or deciding):
        return ("deny",)
    skipped = {"resource"} if trace.rule == "root_user" else set()
    if skipped or trace.is_enough_at_resource:
        skipped |= {"identity", *PERMISSION_FILTERS}
    last = order[-1] if decision else max(deciding, key=order.index)
    return [layer for layer in order[: order.index(last) + 1] if layer not in skipped]


def _nodes(decision: Decision, every: Sequence[Rung]) -> Iterator[Node]:
    """Yield the request, the rungs, the verdict, and the notes that explain them."""
    request, question = decision.request, asks_for(decision.request)
    account, owner = request.caller.account or "none", request.resource_account or "unknown"
    accounts = f"{request.caller.kind.value} of account {account}; resource of account {owner}"
    details = [f"caller: {request.principal}", f"resource: {request.resource}", accounts]
    yield Node("request", question, accounts, line=question, details=details)
    for rung in every:
        number = f"{rung.rung}. " if rung.rung else ""
        line = (
            f"{number}{rung.name} ({NOTES[rung.layer]}): {rung.symbol} {rung.answer}; {rung.part}"
        )
        yield Node(rung.layer, rung.name, line=line, details=(rung.reason,), facts=rung._asdict())
    deciding = [rung for rung in every if rung.decides]
    because = BECAUSE.get(deciding[0].layer, decision.trace.reason)
    ending = f"decided by {' and '.join(rung.title for rung in deciding)}. {because}".rstrip(". ")
    verdict = str(look(decision.verdict))
    yield Node("verdict", verdict, ending, line=verdict, details=(ending,))
    if decision.message:
        yield Node("message", "AWS's own words", details=(decision.message,))
    if decision.nearest_miss:
        yield Node("nearest", decision.nearest_miss, kind=NOTE)
    used = {rung.symbol for rung in every if rung.layer not in ("deny", "rule")}
    for symbol in (symbol for symbol in KEY if symbol in used):
        yield Node(symbol, KEY[symbol], kind=NOTE, line=f"{symbol} {KEY[symbol]}")


# -- the picture -----------------------------------------------------------------------------------


def _draw(nodes: dict[str, Node], every: Sequence[Rung], verdict: Look) -> Sheet:
    sheet, request, end = Sheet(PAGE), nodes["request"], nodes["verdict"]
    first = Box(LEFT, 0.38, RIGHT - LEFT, request.text, request.note, bold=True)
    sheet.box(first)
    for x, heading in HEADINGS.items():
        sheet.heading(x, TOP - 0.2, heading)
    places, top = [], TOP
    for rung in every:
        lines = lines_of(rung.reason, SO - WHY - 0.15, SMALL) * height_of(SMALL)
        height = max(lines + 0.16, LEAST)
        places.append(top + height / 2)
        _rung(sheet, rung, places[-1], (height, lines), verdict)
        top += height + GAP
    y, colours = top - GAP + 0.54, (verdict.colour, verdict.area)
    last = Box(LEFT, y, RIGHT - LEFT, end.text, end.note, *colours, bold=True, height=0.56)
    _rail(sheet, every, [first.bottom[1], *places, last.top[1]], verdict)
    _lanes(sheet, [rung.is_pale for rung in every], [*places, last.y], verdict)
    sheet.box(last)
    top = last.bottom[1] + 0.16
    for note in (node for node in nodes.values() if node.kind == NOTE):
        sheet.heading(LEFT, top + 0.08, note.id.upper())
        x = ROW if note.id in KEY else NOTES_AT
        top += sheet.paragraph(x, top, note.text, RIGHT - x, size=SMALL) + 0.06
    return sheet


def _rung(sheet: Sheet, rung: Rung, y: float, heights: tuple[float, float], verdict: Look) -> None:
    """Draw a rung as a row: its question, its answer, the reason, and the result."""
    ink, (height, lines) = PALE_INK if rung.is_pale else INK, heights
    face: Face = "bold" if rung.decides else "sans"
    colours = (verdict.colour, LIT_AREA) if rung.decides else (PALE_LINE, PAPER)
    sheet.box(Box(ROW, y, RIGHT - ROW, "", "", *colours, rung.decides, rung.is_pale, height))
    room = ANSWER - ROW - 0.25
    sheet.text(ROW + 0.12, y - 0.09, rung.name, ink, face=face, room=room)
    sheet.note(ROW + 0.12, y + 0.1, NOTES[rung.layer], room=room)
    looks = {look.symbol: look for look in LOOKS.values()}
    is_quiet = rung.is_pale and rung.symbol != "✕"
    answer = PALE_INK if is_quiet else looks.get(rung.symbol, ABSENT).colour
    sheet.text(ANSWER, y, rung.symbol, answer, size=13, face="bold", fact=False)
    room = WHY - ANSWER - WORD - 0.08
    sheet.text(ANSWER + WORD, y, rung.answer, answer, face=face, room=room)
    sheet.paragraph(WHY, y - lines / 2, rung.reason, SO - WHY - 0.15, ink, size=SMALL)
    sheet.text(SO, y, rung.part, colours[0] if rung.decides else ink, face=face)


def _rail(sheet: Sheet, every: Sequence[Rung], stops: Sequence[float], verdict: Look) -> None:
    """Draw the path of the request down the rail: bold between rungs that count."""
    counts = [True, *(not rung.is_pale for rung in every), True]
    for (start, end), ends in zip(pairwise(stops), pairwise(counts), strict=True):
        colour, arrow = verdict.colour if all(ends) else PALE_LINE, all(ends) and end == stops[-1]
        style = {"bold": all(ends), "dashed": not all(ends), "arrow": arrow}
        sheet.straight((RAIL, start), (RAIL, end), colour, **style)
    for rung, y in zip(every, stops[1:-1], strict=True):
        colour = verdict.colour if rung.decides else PALE_LINE if rung.is_pale else INK
        sheet.straight((RAIL, y), (ROW, y), colour, bold=rung.decides)
        sheet.mark((RAIL, y), str(rung.rung or "!"), colour, size=10)


def _lanes(sheet: Sheet, pale: list[bool], places: Sequence[float], verdict: Look) -> None:
    """Draw the path of the request past the rungs that don't count."""
    pale = [*pale, False]
    for number, (is_pale, below) in enumerate(pairwise(pale)):
        if below and not is_pale:
            start, end = places[number], places[pale.index(False, number + 1)]
            corner = LANE + CORNER  # half of a bold line's width fills its corners
            sheet.straight((RIGHT, start), (corner, start), verdict.colour, bold=True)
            sheet.straight((LANE, start), (LANE, end), verdict.colour, bold=True)
            sheet.straight((corner, end), (RIGHT, end), verdict.colour, bold=True, arrow=True)

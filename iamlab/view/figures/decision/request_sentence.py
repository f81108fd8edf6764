"""The request sentence: who, does what, to what, when and where.

Every request is one sentence. AWS has a word for each of its parts, and policies use the same words
for them: Principal, Action, Resource, Condition.

Notes
-----
AWS pages: "Components of a request"; "AWS global condition context keys".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.decision import Decision
from iamlab.engine.request import Request
from iamlab.errors import RequestError
from iamlab.policy.catalog import action as in_catalog
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.paragraph import paragraph
from iamlab.view.drawing.sheet import PAGE, Box, Sheet
from iamlab.view.figures.names import short_name
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ABSENT, FIELD_AREA, HAIRLINE, INK, LIT_AREA, PALE_INK, look
from iamlab.view.words import LONGEST, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.view.figure import Figure

LEFTS, WIDTHS = (0.15, 2.26, 4.37, 6.62), (1.96, 1.96, 2.1, 3.2)
"""Of the four parts."""
TOP, BOX, LABEL = 0.72, 0.56, 1.2
"""The middle of the boxes, their height, and the middle of AWS's words below them."""
ROW_HEIGHT, VERDICT_WIDTH = 0.215, 1.7
MANY = 7
"""The largest number of context keys in the picture; of more, the last ones are counted."""
MISSING_WORDS = f"{ABSENT.symbol} not in the request"
NO_TIME = "no time is told"
CONTEXT = "Condition context"
FIRST = (
    *("aws:currenttime", "aws:sourceip", "aws:requestedregion", "aws:multifactorauthpresent"),
    *("aws:securetransport", "aws:principaltag/", "aws:requesttag/", "aws:resourcetag/"),
    *("aws:principalorgid", "sts:externalid", "aws:sourcevpce", "aws:useragent", "aws:viaaws"),
)
"""The most telling keys; those about principal and resource only repeat what is beside them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the sentence: its question, its words here, AWS's word for it, and its ARN."""

    question: str
    text: str
    note: str
    word: str
    details: tuple[str, ...] = ()
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the context; ``values`` is ``None`` if only a policy asks for it."""

    name: str
    values: tuple[str, ...] | None
    asked: bool

    def __str__(self) -> str:
        return MISSING_WORDS if self.values is None else ", ".join(self.values) or "(empty)"


def request_sentence(asked: Decision | Request) -> Figure:
    """Draw a request as one sentence in its parts.

    Parameters
    ----------
    asked
        A request; or a decision, for its request, its verdict, and the condition keys that its
        policies ask for.

    Raises
    ------
    RequestError
        It is neither.

    Examples
    --------
    >>> from iamlab import Request
    >>> figure = request_sentence(Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject",
    ...     "arn:aws:s3:::star-maps/m31.fits", context={"aws:SourceIp": "203.0.113.7"}))
    >>> print(figure.alt.partition("; ")[2])
    the request has 1 context key.
    """
    decision = asked if isinstance(asked, Decision) else None
    request = asked.request if isinstance(asked, Decision) else asked
    if not isinstance(request, Request):
        raise RequestError(
            f"An object of type {type(asked).__name__} is neither a request nor a decision: give "
            "Request(principal, action, resource), or what world.can(caller, action, resource) "
            "gives."
        )
    parts, keys = _parts(request), keys_of(request, decision)
    return Scene(list(_nodes(parts, keys, request, decision))).figure(
        lambda _: _draw(parts, keys, request, decision),
        alt=_alt(request, keys, decision),
        caption="Every request to AWS is one sentence, and policies speak of its parts.",
        is_graph=False,
    )


# -- parts and keys --------------------------------------------------------------------------------


def _parts(request: Request) -> list[Part]:
    """Return the four parts, with what is known of each."""
    who, what = short_name(request.principal)[0], short_name(request.resource)
    caller, known = request.caller, in_catalog(request.action)
    does = known.description.removeprefix("Grants permission to ") if known else ""
    of_caller = [f"account {caller.account}" if caller.account else "of no account"]
    if caller.issuer and caller.issuer != request.principal:
        of_caller.append(f"acts as {caller.issuer}")
    owner = [f"account {request.resource_account}"] if request.resource_account else []
    if caller.account:
        owner.append("the caller's own account" if request.same_account else "another account")
    level = known.level if known else ""
    action = request.action
    return [
        Part("WHO", who, caller.kind.value, "Principal", tuple(of_caller), request.principal),
        Part("DOES WHAT", action, level, "Action", (does,) if does else (), action),
        Part("TO WHAT", *what, "Resource", tuple(owner), request.resource),
        Part("WHEN AND WHERE", *_moment(request), CONTEXT),
    ]


def _moment(request: Request) -> tuple[str, str]:
    """Return when and where, as far as the context has it."""
    time, address = request.value("aws:CurrentTime"), request.value("aws:SourceIp")
    mfa = {"true": "with MFA", "false": "without MFA"}
    where = [f"from {address}"] if address else []
    where += [mfa[value] for value in [request.value("aws:MultiFactorAuthPresent")] if value in mfa]
    if time:
        return f"on {time}", ", ".join(where)
    return (where or [NO_TIME])[0], ", ".join(where[1:])


def keys_of(request: Request, decision: Decision | None) -> list[Key]:
    """List the context: what policies ask for first, then the most telling keys."""
    conditions = [
        condition
        for step in (() if decision is None else decision.trace.steps)
        for match in step.matches
        for condition in match.statement.conditions
    ]
    wanted = {condition.key.lower(): condition.key for condition in conditions}
    names = {name.lower(): name for name in request.context if request.keys.get(name.lower())}
    sent = [Key(name, request.keys[low], low in wanted) for low, name in names.items()]
    missing = [Key(name, None, asked=True) for low, name in wanted.items() if low not in names]
    return sorted([*sent, *missing], key=_rank)


def _rank(key: Key) -> tuple[bool, int, str]:
    low = key.name.lower()
    place = next((i for i, start in enumerate(FIRST) if low.startswith(start)), len(FIRST))
    return not key.asked, place, low


# -- in words --------------------------------------------------------------------------------------


def _nodes(
    parts: Sequence[Part], keys: Sequence[Key], request: Request, decision: Decision | None
) -> Iterator[Node]:
    """Yield the parts, the keys of the context below the last one, and the verdict."""

    def facts(
        part: str, key: str, value: object, *, asked: bool | None = None
    ) -> dict[str, object]:
        wanted = {"a policy asks for it": asked} if decision is not None else {}
        return {"part": part, "key": key, "value": value, **wanted}

    for part in parts:
        line = f"{part.question.lower()}: {part.text} ({part.word})"
        details = [words for words in (part.note, *part.details, part.whole) if words]
        row = facts(part.word, "", part.whole) if part.whole else {}
        yield Node(part.word, part.text, line=line, details=details, facts=row)
    for key in keys:
        asks = " (a policy asks for it)" if key.asked else ""
        value = key.values[0] if key.values and len(key.values) == 1 else key.values
        row = facts(CONTEXT, key.name, value, asked=key.asked)
        yield Node(key.name, key.name, parent=CONTEXT, line=f"{key.name}: {key}{asks}", facts=row)
    if not keys:
        yield Node("none", "no context keys", parent=CONTEXT)
    if decision is not None:
        row = facts("verdict", "", str(decision.verdict))
        line = f"{_question(request)} {look(decision.verdict)}"
        yield Node("verdict", line, facts=row)


def _question(request: Request) -> str:
    who, what = short_name(request.principal)[0], short_name(request.resource)[0]
    return f"May {who} do {request.action} to {what}?"


def _alt(request: Request, keys: Sequence[Key], decision: Decision | None) -> str:
    who = shorten(short_name(request.principal)[0], 40)
    what = shorten(short_name(request.resource)[0], 50)
    moment = ", ".join(words for words in _moment(request) if words not in ("", NO_TIME))
    when = f", {shorten(moment, 60)}" if moment else ""
    missing = [key.name for key in keys if key.values is None]
    sent = count(len(keys) - len(missing), "context key")
    lacks = f", and lacks {listed(missing, 2)}, for which a policy asks" if missing else ""
    words = f"{who} does {request.action} to {what}{when}; the request has {sent}{lacks}"
    verdict = "." if decision is None else f". {look(decision.verdict).sentence}"
    return shorten(words, LONGEST - len(verdict)) + verdict


# -- the picture -----------------------------------------------------------------------------------


def _draw(
    parts: Sequence[Part], keys: Sequence[Key], request: Request, decision: Decision | None
) -> Sheet:
    sheet, lowest = Sheet(PAGE), 0.0
    for left, width, part in zip(LEFTS, WIDTHS, parts, strict=True):
        sheet.heading(left, 0.24, part.question)
        box = Box(left, TOP, width, part.text, part.note, INK, LIT_AREA, bold=True, height=BOX)
        sheet.box(box)
        middle = box.bottom[0]
        sheet.straight(box.bottom, (middle, LABEL - 0.1))
        sheet.text(middle, LABEL, part.word, face="bold", align="center")
        y = LABEL + 0.17
        for detail in part.details:
            y += paragraph(sheet, left, y, detail, width, size=SMALL, most=3) + 0.03
        lowest = max(lowest, y)
        if part.word != CONTEXT:
            sheet.straight(box.right, (left + width + 0.15, TOP))
    bottom = _context(sheet, keys, LABEL + 0.2)
    if decision is not None:
        y, verdict = max(lowest + 0.4, bottom - 0.28), look(decision.verdict)
        right = LEFTS[2] + WIDTHS[2] - VERDICT_WIDTH
        ask = Box(LEFTS[0], y, right - LEFTS[0] - 0.3, _question(request), area=FIELD_AREA)
        colours = verdict.colour, verdict.area
        answer = Box(right, y, VERDICT_WIDTH, str(verdict), "", *colours, bold=True)
        sheet.box(ask)
        sheet.box(answer)
        sheet.straight(ask.right, answer.left, verdict.colour, bold=True, arrow=True)
    return sheet


def _context(sheet: Sheet, keys: Sequence[Key], top: float) -> float:
    """Draw the keys of the context, what policies ask for first; return the lower edge."""
    left, width, y = LEFTS[3], WIDTHS[3], top + ROW_HEIGHT / 2
    shown = keys if len(keys) <= MANY else keys[: MANY - 1]
    for asked, group in groupby(shown, key=lambda key: key.asked):
        if shown[0].asked:
            sheet.heading(left, y + 0.02, "A POLICY ASKS FOR" if asked else "ALSO SENT")
            y += ROW_HEIGHT
        for key in group:
            colour = PALE_INK if key.values is None else INK
            style = {"face": "bold" if asked else "sans", "align": "right"}
            taken = sheet.note(left, y, key.name, colour, room=1.85)
            sheet.note(left + width, y, str(key), colour, room=width - taken - 0.15, **style)
            y += ROW_HEIGHT
            line = y - ROW_HEIGHT / 2
            sheet.straight((left, line), (left + width, line), HAIRLINE)
    if len(shown) < len(keys):
        sheet.note(left, y, f"and {len(keys) - len(shown)} more keys", fact=False)
        y += ROW_HEIGHT
    if not keys:
        sheet.note(left, y, "no context keys")
        y += ROW_HEIGHT
    return y - ROW_HEIGHT / 2

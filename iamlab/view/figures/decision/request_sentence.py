"""The request sentence: who, does what, to what, when and where.

Every request is one sentence. AWS has a word for each of its parts, and policies speak of these
parts by the same words: Principal, Action, Resource, Condition.

Notes
-----
AWS pages: "Components of a request"; "AWS global condition context keys".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.paragraph import paragraph
from iamlab.view.drawing.sheet import PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.decision.request_parts import (
    Key,
    Part,
    keys_of,
    moment_of,
    parts_of,
    request_and_decision,
)
from iamlab.view.figures.names import short_name
from iamlab.view.style import FIELD_AREA, HAIRLINE, INK, LIT_AREA, PALE_INK, look
from iamlab.view.words import LONGEST, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import Request

LEFTS, WIDTHS = (0.15, 2.26, 4.37, 6.62), (1.96, 1.96, 2.1, 3.2)
"""Of the four parts."""
TOP, BOX = 0.72, 0.56
"""The middle of the boxes, and their height."""
ROW_HEIGHT = 0.215
MANY = 7
"""So many context keys are shown; others are counted."""


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
    request, decision = request_and_decision(asked)
    parts, keys = parts_of(request), keys_of(request, decision)
    return Figure.on(
        _draw(parts, keys, decision, request),
        alt=_alt(request, keys, decision),
        caption="Every request to AWS is one sentence, and policies speak of its parts.",
        rows=_rows(request, keys, decision),
        lines=_lines(request, parts, keys, decision),
    )


# -- the picture -----------------------------------------------------------------------------------


def _draw(
    parts: Sequence[Part], keys: Sequence[Key], decision: Decision | None, request: Request
) -> Sheet:
    sheet = Sheet(PAGE)
    lowest = 0.0
    label = TOP + BOX / 2 + 0.2
    for left, width, part in zip(LEFTS, WIDTHS, parts, strict=True):
        sheet.heading(left, 0.24, part.question)
        box = Box(left, TOP, width, part.text, part.note, INK, LIT_AREA, bold=True, height=BOX)
        sheet.box(box)
        sheet.straight(box.bottom, (box.bottom[0], label - 0.1))
        sheet.text(box.bottom[0], label, part.word, face="bold", align="center")
        y = label + 0.17
        for detail in part.details:
            y += paragraph(sheet, left, y, detail, width, size=SMALL, most=3) + 0.03
        lowest = max(lowest, y)
    for left, width in zip(LEFTS[:3], WIDTHS[:3], strict=True):
        sheet.straight((left + width, TOP), (left + width + 0.15, TOP))
    bottom = _list(sheet, keys, label + 0.2)
    if decision is not None:
        _verdict(sheet, decision, request, max(lowest + 0.4, bottom - 0.28))
    return sheet


def _list(sheet: Sheet, keys: Sequence[Key], top: float) -> float:
    """Draw the context as a small list; give its lower edge."""
    left, width = LEFTS[3], WIDTHS[3]
    shown = keys if len(keys) <= MANY else keys[: MANY - 1]
    rows: list[Key | str] = list(shown)
    if any(key.asked for key in shown):
        first_other = next((i for i, key in enumerate(shown) if not key.asked), len(shown))
        rows.insert(0, "A POLICY ASKS FOR")
        if first_other < len(shown):
            rows.insert(first_other + 1, "ALSO SENT")
    for row in rows:
        y = top + ROW_HEIGHT / 2
        if isinstance(row, str):
            sheet.heading(left, y + 0.02, row)
        else:
            face = "bold" if row.asked else "sans"
            colour = PALE_INK if row.values is None else INK
            taken = sheet.note(left, y, row.name, colour, room=1.85)
            sheet.note(
                left + width, y, row.shown, colour, face=face, align="right",
                room=width - taken - 0.15,
            )  # fmt: skip
            sheet.straight((left, top + ROW_HEIGHT), (left + width, top + ROW_HEIGHT), HAIRLINE)
        top += ROW_HEIGHT
    if len(shown) < len(keys):
        more = f"and {len(keys) - len(shown)} more keys"
        sheet.note(left, top + ROW_HEIGHT / 2, more, PALE_INK, fact=False)
        top += ROW_HEIGHT
    if not keys:
        sheet.note(left, top + ROW_HEIGHT / 2, "no context keys", PALE_INK)
        top += ROW_HEIGHT
    return top


def _verdict(sheet: Sheet, decision: Decision, request: Request, y: float) -> None:
    """Put the question, and its answer, below the three parts that ask it."""
    seen = look(decision.verdict)
    right = LEFTS[2] + WIDTHS[2]
    width = 1.7
    question = _question(request)
    ask = Box(LEFTS[0], y, right - LEFTS[0] - width - 0.3, question, "", INK, FIELD_AREA)
    answer = Box(right - width, y, width, str(seen), "", seen.colour, seen.area, bold=True)
    sheet.box(ask)
    sheet.box(answer)
    sheet.straight(ask.right, answer.left, seen.colour, bold=True, arrow=True)


# -- the words -------------------------------------------------------------------------------------


def _question(request: Request) -> str:
    who, what = short_name(request.principal)[0], short_name(request.resource)[0]
    return f"May {who} do {request.action} to {what}?"


def _alt(request: Request, keys: Sequence[Key], decision: Decision | None) -> str:
    who = shorten(short_name(request.principal)[0], 40)
    what = shorten(short_name(request.resource)[0], 50)
    moment = ", ".join(one for one in moment_of(request) if one and one != "no time is told")
    when = f", {shorten(moment, 60)}" if moment else ""
    sent = sum(key.values is not None for key in keys)
    words = f"{who} does {request.action} to {what}{when}; "
    missing = [key.name for key in keys if key.values is None]
    words += f"the request has {count(sent, 'context key')}"
    if missing:
        words += f", and lacks {listed(missing, 2)}, for which a policy asks"
    verdict = "." if decision is None else f". {look(decision.verdict).sentence}"
    return shorten(words, LONGEST - len(verdict)) + verdict


def _rows(
    request: Request, keys: Sequence[Key], decision: Decision | None
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"part": "Principal", "key": "", "value": request.principal},
        {"part": "Action", "key": "", "value": request.action},
        {"part": "Resource", "key": "", "value": request.resource},
    ]
    rows += [{"part": "Condition context", "key": key.name, "value": _plain(key)} for key in keys]
    for row, asked in zip(rows, [*[None] * 3, *(key.asked for key in keys)], strict=True):
        if decision is not None:
            row["a policy asks for it"] = asked
    if decision is not None:
        verdict = {"part": "verdict", "key": "", "value": str(decision.verdict)}
        rows.append({**verdict, "a policy asks for it": None})
    return rows


def _plain(key: Key) -> str | tuple[str, ...] | None:
    if key.values is None:
        return None
    return key.values[0] if len(key.values) == 1 else key.values


def _lines(
    request: Request, parts: Sequence[Part], keys: Sequence[Key], decision: Decision | None
) -> list[str]:
    whole = {
        "Principal": request.principal,
        "Action": request.action,
        "Resource": request.resource,
        "Condition context": "",
    }
    lines: list[str] = []
    for part in parts:
        lines.append(f"{part.question.lower()}: {part.text} ({part.word})")
        lines += [f"  {one}" for one in (part.note, *part.details, whole[part.word]) if one]
    for key in keys:
        asks = " (a policy asks for it)" if key.asked else ""
        lines.append(f"  {key.name}: {key.shown}{asks}")
    if not keys:
        lines.append("  no context keys")
    if decision is not None:
        lines.append(f"{_question(request)} {look(decision.verdict)}")
    return lines

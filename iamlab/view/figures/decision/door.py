"""The first picture of the course: a request comes to a door and leaves with a verdict."""

from __future__ import annotations

from iamlab.engine.verdict import Verdict
from iamlab.view.drawing.sheet import PAGE, ROW, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.style import INK, LIT_AREA, look

TOP = 0.72
REQUEST, DOOR, VERDICT = 0.15, 3.8, 7.15
REQUEST_WIDTH, DOOR_WIDTH, VERDICT_WIDTH = 2.75, 2.45, 2.65
PARTS = (
    ("who", "the caller, such as alice"),
    ("does what", "the action, such as s3:GetObject"),
    ("on what", "the resource, an ARN"),
    ("in which context", "time, address, MFA, tags ..."),
)
MEANING = {
    Verdict.ALLOWED: "an Allow applies, no Deny does",
    Verdict.EXPLICIT_DENY: "a Deny applies: it always wins",
    Verdict.IMPLICIT_DENY: "nothing applies: the default",
}


def door(*, meanings: bool = True) -> Figure:
    """Draw what every request is made of, and the three verdicts that it can get.

    Parameters
    ----------
    meanings
        Whether each verdict says what it means; before the first prediction that would tell.
    """
    sheet = Sheet(PAGE)
    middle = TOP + (len(PARTS) - 1) * ROW / 2
    asks = "asks all policies that apply"
    gate = Box(DOOR, middle, DOOR_WIDTH, "AWS IAM", asks, INK, LIT_AREA, bold=True)
    for x, heading in ((REQUEST, "REQUEST"), (DOOR, "DOOR"), (VERDICT, "VERDICT")):
        sheet.heading(x, 0.28, heading)
    for i, (name, example) in enumerate(PARTS):
        part = Box(REQUEST, TOP + i * ROW, REQUEST_WIDTH, name, example)
        sheet.box(part)
        sheet.line(part.right, gate.left, INK, arrow=True)
    sheet.box(gate)
    for i, (verdict, meaning) in enumerate(MEANING.items()):
        seen = look(verdict)
        note = meaning if meanings else ""
        place = middle + (i - 1) * ROW
        end = Box(VERDICT, place, VERDICT_WIDTH, str(seen), note, seen.colour, seen.area, bold=True)
        sheet.box(end)
        sheet.line(gate.right, end.left, seen.colour, arrow=True)
    words = [
        f"{verdict.symbol} {verdict}" + (f": {meaning}" if meanings else "")
        for verdict, meaning in MEANING.items()
    ]
    return Figure.on(
        sheet,
        alt="A request has four parts: who, does what, on what, and in which context. IAM asks all "
        f"policies that apply, and answers with one of three verdicts. {'; '.join(words)}.",
        caption="Every request to AWS goes through this door.",
        rows=tuple({"part": name, "is": example} for name, example in PARTS),
        lines=(
            *(f"{name}: {example}" for name, example in PARTS),
            "AWS IAM asks all policies that apply",
            *(f"  {verdict}" for verdict in words),
        ),
    )

"""The first picture of the course: a request comes to a door and leaves with a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.verdict import Verdict
from iamlab.view.drawing.sheet import PAGE, ROW, Box, Sheet
from iamlab.view.scene import Node, Scene
from iamlab.view.style import INK, LIT_AREA, PAPER, look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.view.figure import Figure

TOP, HEADINGS = 0.72, 0.28
REQUEST, DOOR, VERDICT = (0.15, 2.75), (3.8, 2.45), (7.15, 2.65)
"""Where the columns begin, and how wide their boxes are."""
ASKS = "asks all policies that apply"
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
        Whether each verdict has its meaning; before the first prediction that would give it away.
    """
    parts = [
        Node(name, name, example, line=f"{name}: {example}", facts={"part": name, "is": example})
        for name, example in PARTS
    ]
    gate = Node("door", "AWS IAM", ASKS, line=f"AWS IAM {ASKS}")
    verdicts = []
    for verdict, meaning in MEANING.items():
        seen, note = look(verdict), meaning if meanings else ""
        line = f"{seen}: {note}" if note else str(seen)
        verdicts.append(Node(line, str(seen), note, parent="door", look=seen, line=line))
    return Scene([*parts, gate, *verdicts]).figure(
        lambda _: _draw(parts, gate, verdicts),
        alt="A request has four parts: who, does what, on what, and in which context. IAM asks all "
        "policies that apply, and answers with one of three verdicts. "
        f"{'; '.join(node.id for node in verdicts)}.",
        caption="Every request to AWS goes through this door.",
        is_graph=False,
    )


def _draw(parts: Sequence[Node], gate: Node, verdicts: Sequence[Node]) -> Sheet:
    sheet = Sheet(PAGE)
    for (x, _), heading in ((REQUEST, "REQUEST"), (DOOR, "DOOR"), (VERDICT, "VERDICT")):
        sheet.heading(x, HEADINGS, heading)
    middle = TOP + (len(parts) - 1) * ROW / 2
    asks = Box(DOOR[0], middle, DOOR[1], gate.text, gate.note, area=LIT_AREA, bold=True)
    for number, node in enumerate(parts):
        part = Box(REQUEST[0], TOP + number * ROW, REQUEST[1], node.text, node.note)
        sheet.box(part)
        sheet.line(part.right, asks.left, INK, arrow=True)
    sheet.box(asks)
    for number, node in enumerate(verdicts, -1):
        y = middle + number * ROW
        colour, area = (node.look.colour, node.look.area) if node.look else (INK, PAPER)
        end = Box(VERDICT[0], y, VERDICT[1], node.text, node.note, colour, area, bold=True)
        sheet.box(end)
        sheet.line(asks.right, end.left, colour, arrow=True)
    return sheet

"""The policy card: a policy as a person reads it, each statement in plain words beside its JSON.

Notes
-----
AWS page: "IAM JSON policy element reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.policy.describe import sentences
from iamlab.policy.document import Policy
from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, height_of, width_of
from iamlab.view.drawing.paragraph import lines_of, paragraph
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.figures.policy.policy_lines import Line, json_lines
from iamlab.view.given import check, text
from iamlab.view.scene import Node, Scene
from iamlab.view.style import EFFECTS, FIELD_AREA, INK, PALE_INK, PALE_LINE
from iamlab.view.words import LONGEST, listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.policy.statement import Statement
    from iamlab.view.figure import Figure

LEFT, RIGHT = MARGIN, PAGE - MARGIN
JSON = 5.05
"""Where the JSON begins."""
BAR, HEAD, PAD, GAP = 0.1, 0.36, 0.1, 0.14
NOTHING = "No statements: it says nothing."
MANY = 20
"""So many statements are drawn; others are counted."""
FEW = 6
"""So many statements have room for braces and long lists."""
VALUES, FEW_VALUES = 12, 3
"""So many values of a list are drawn, or where there is little room."""


def policy_card(policy: Policy, *, policy_type: str = "") -> Figure:
    """Draw a policy as it is read: every statement in plain words beside its JSON.

    Parameters
    ----------
    policy
        What to read.
    policy_type
        What it is used as, if that is known: ``"identity"``, ``"trust"``, ``"scp"`` ...

    Raises
    ------
    RequestError
        It is no policy, or there is no such type.

    Examples
    --------
    >>> readers = Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", name="readers")
    >>> policy_card(readers).alt
    'Policy readers has 1 statement: Allow #1: Lets the caller read objects in star-maps.'
    """
    check("policy_card", policy, Policy)
    read = _read(policy, text("policy_type", policy_type))
    nodes = [
        Node(
            str(statement.number),
            statement.label,
            line=f"{_effect(statement)} {statement.label}",
            details=[words, *(f"  {line}" for line in json_lines(statement))],
            facts={
                "statement": statement.label,
                "effect": statement.effect,
                "words": words,
                "json": "\n".join(map(str, json_lines(statement))),
            },
        )
        for statement, words in zip(policy.statements, read, strict=True)
    ]
    nothing = Node("none", f"  {NOTHING}", facts={"statement": "", "effect": "", "words": NOTHING})
    scene = Scene(
        nodes or [nothing],
        before=[_title(policy), f"  {_counted(policy)}"],
        after=[*filter(None, [_left_out(policy)])],
    )
    return scene.figure(
        lambda _: _draw(policy, read),
        alt=_alt(policy, read),
        caption=f"{_title(policy, 80)}: each statement in words, and as it is written.",
        is_graph=False,
    )


def _read(policy: Policy, policy_type: str) -> tuple[str, ...]:
    """Read each statement aloud, without its Sid, which the card has anyway."""
    bare = [Policy((one,), version=policy.version, name=policy.name) for one in policy.statements]
    return tuple(sentences(one, for_type=policy_type)[0] for one in bare)


# -- the picture -----------------------------------------------------------------------------------


def _draw(policy: Policy, read: Sequence[str]) -> Sheet:
    sheet = Sheet(PAGE)
    taken = sheet.text(LEFT, 0.27, _title(policy), INK, size=TITLE, face="bold", room=6.5)
    sheet.note(LEFT + taken + 0.15, 0.28, _counted(policy), PALE_INK)
    sheet.heading(LEFT + BAR + PAD, 0.58, "IN WORDS")
    sheet.heading(JSON, 0.58, "AS IT IS WRITTEN")
    y, has_room = 0.72, len(policy.statements) <= FEW
    for statement, words in zip(policy.statements[:MANY], read, strict=False):
        lines = json_lines(statement, VALUES if has_room else FEW_VALUES, braces=has_room)
        y = _card(sheet, statement, words, lines, y) + GAP
    rest = _left_out(policy) if policy.statements else NOTHING
    sheet.note(LEFT + BAR + PAD, y + 0.06, rest, INK)
    return sheet


def _card(
    sheet: Sheet, statement: Statement, words: str, lines: Sequence[Line], top: float
) -> float:
    """Draw a statement; return the card's lower edge."""
    look, step = EFFECTS[statement.effect], height_of(SMALL)
    room = JSON - LEFT - BAR - 3 * PAD
    below = HEAD + lines_of(words, room, TEXT, most=12) * height_of(TEXT)
    tall = max(below, PAD + len(lines) * step) + PAD
    # The edge of a Deny's card is hatched: a print tells them apart.
    sheet.area((LEFT, top), (RIGHT - LEFT, tall), look.area, edge=PALE_LINE)
    sheet.area((JSON - PAD, top), (RIGHT - JSON + PAD, tall), FIELD_AREA, edge=PALE_LINE)
    sheet.area((LEFT, top), (BAR, tall), look.fill, edge=PALE_LINE, hatch=look.hatch)
    x = LEFT + BAR + PAD
    taken = sheet.text(x, top + 0.2, _effect(statement), look.colour, face="bold") + 0.15
    sheet.text(x + taken, top + 0.2, statement.label, INK, room=room - taken)
    paragraph(sheet, x, top + HEAD, words, room, most=12)
    for number, line in enumerate(lines):
        _json(sheet, line, top + PAD + (number + 0.5) * step)
    return top + tall


def _json(sheet: Sheet, line: Line, y: float) -> None:
    """Write a line of JSON as far in as it stands."""
    letter = width_of("0", SMALL, "mono")
    x = JSON + line.indent * letter
    colour = PALE_INK if line.counts else INK
    room = RIGHT - 0.08 - x
    sheet.text(x, y, line.text, colour, size=SMALL, face="mono", room=room, fact=not line.counts)


# -- the words -------------------------------------------------------------------------------------


def _title(policy: Policy, most: int = 0) -> str:
    name = shorten(policy.name, most) if most else policy.name
    return f"Policy {name}" if name else "A policy"


def _counted(policy: Policy) -> str:
    return f"{count(len(policy.statements), 'statement')}, version {policy.version}"


def _effect(statement: Statement) -> str:
    return f"{EFFECTS[statement.effect].symbol} {statement.effect}"


def _left_out(policy: Policy) -> str:
    """Count the statements that aren't drawn."""
    rest = policy.statements[MANY:]
    allows = sum(statement.effect == "Allow" for statement in rest)
    words = f"and {count(len(rest), 'more statement')}: {allows} Allow, {len(rest) - allows} Deny"
    return words if rest else ""


def _alt(policy: Policy, read: Sequence[str]) -> str:
    statements = policy.statements
    if not statements:
        return f"{_title(policy, 60)} has no statements, so it says nothing."
    first = f"{_title(policy, 60)} has {count(len(statements), 'statement')}: "
    if len(statements) > 2:
        allows = sum(one.effect == "Allow" for one in statements)
        denies = [one.label for one in statements if one.effect == "Deny"]
        heads = [f"{allows} Allow"] if allows else []
        heads += [f"{len(denies)} Deny ({listed(denies, 2, length=20)})"] if denies else []
        first += f"{', '.join(heads)}. "
    each = (LONGEST - len(first)) // min(len(statements), 2) - 2
    parts = [
        _cut(f"{one.effect} {shorten(one.label, 30)}: {words}", each).rstrip(".")
        for one, words in zip(statements, read, strict=True)
    ]
    return told(first, parts, ".")


def _cut(text: str, length: int) -> str:
    """Cut a sentence at a word."""
    if len(text) <= length:
        return text
    return f"{text[: length - 1].rpartition(' ')[0] or text[: length - 1]}…"

"""The policy card: a policy as a person reads it, each statement in plain words beside its JSON.

Notes
-----
AWS pages: "IAM JSON policy element reference"; "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from textwrap import shorten as cut
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.policy.describe import sentences
from iamlab.policy.document import Policy
from iamlab.policy.statement import statement_to_json
from iamlab.view.arguments import check, text
from iamlab.view.drawing.measure import SMALL, TEXT, TITLE, height_of, lines_of, width_of
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.scene import Node, Scene
from iamlab.view.style import EFFECTS, FIELD_AREA, INK, PALE_INK, PALE_LINE
from iamlab.view.words import alt_text, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.policy.statement import Statement
    from iamlab.view.figure import Figure

LEFT, RIGHT = MARGIN, PAGE - MARGIN
JSON = 5.05
"""Where the JSON begins."""
BAR, HEAD, PAD, GAP = 0.1, 0.36, 0.1, 0.14
NOTHING = "No statements: nothing is allowed or denied."
MANY, VALUES = 20, 12
"""The largest numbers of statements in the picture, and of values of a list there."""
LETTERS = 60
"""The longest line of JSON that isn't broken, without its indent."""
INDENT = "  "


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
        It isn't a policy, or there is no such type.

    Examples
    --------
    >>> readers = Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", name="readers")
    >>> policy_card(readers).alt
    'Policy readers has 1 statement: Allow #1: Lets the caller read objects in star-maps.'
    """
    check("policy_card", policy, Policy)
    text("policy_type", policy_type)
    # Each is read alone, without its Sid, which the card has anyway.
    alone = [Policy((statement,), version=policy.version) for statement in policy.statements]
    read = [sentences(part, for_type=policy_type)[0] for part in alone]
    nodes = [
        Node(
            str(statement.number),
            statement.label,
            line=f"{EFFECTS[statement.effect].symbol} {statement.effect} {statement.label}",
            details=[words, *(f"{INDENT}{line}" for line in json_lines(statement))],
            facts={
                "statement": statement.label,
                "effect": statement.effect,
                "words": words,
                "json": "\n".join(json_lines(statement)),
            },
        )
        for statement, words in zip(policy.statements, read, strict=True)
    ]
    if not nodes:
        nothing = {"statement": "", "effect": "", "words": NOTHING}
        nodes = [Node("none", NOTHING, facts=nothing)]
    return Scene(nodes, before=[f"{_title(policy)}: {_counted(policy)}"]).figure(
        lambda _: _draw(policy, read),
        alt=_alt(policy, read),
        caption=f"{_title(policy, 80)}: each statement in words and as JSON.",
        is_graph=False,
    )


def json_lines(statement: Statement, most: int = 0) -> list[str]:
    r"""Write a statement as JSON, short lists on one line.

    Parameters
    ----------
    most
        The largest number of values of a list; the others are counted. 0: all are written.

    Examples
    --------
    >>> policy = Policy.allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::star-maps/*")
    >>> print("\n".join(json_lines(policy.statements[0])))
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": "arn:aws:s3:::star-maps/*"
    }
    """
    return list(_written(statement_to_json(statement), "", "", "", most))


def _written(value: Any, indent: str, before: str, after: str, most: int) -> Iterator[str]:
    """Write a value: on one line if it fits, else its parts on lines of their own."""
    whole, is_statement = _json(value), not indent
    simple = not isinstance(value, dict | list) or not value
    if simple or (len(before + whole) <= LETTERS and not is_statement):
        yield f"{indent}{before}{whole}{after}"
        return
    is_dict = isinstance(value, dict)
    parts = [("", part) for part in value]
    if is_dict:
        parts = [(f"{_json(key)}: ", part) for key, part in value.items()]
    kept = parts[:most] if most and len(parts) > most + 1 and not is_dict else parts
    yield f"{indent}{before}{'{' if is_dict else '['}"
    for number, (key, part) in enumerate(kept, 1):
        comma = "," if number < len(parts) else ""
        yield from _written(part, indent + INDENT, key, comma, most)
    if len(kept) < len(parts):
        yield f"{indent}{INDENT}… {len(parts) - len(kept)} more values"
    yield f"{indent}{'}' if is_dict else ']'}{after}"


def _json(value: Any) -> str:
    """Write JSON; letters that can't be printed are written as their numbers."""
    return "".join(
        letter if letter.isprintable() else json.dumps(letter)[1:-1]
        for letter in json.dumps(value, ensure_ascii=False)
    )


def _title(policy: Policy, most: int = 1000) -> str:
    return f"Policy {shorten(policy.name, most)}" if policy.name else "A policy"


def _counted(policy: Policy) -> str:
    return f"{count(len(policy.statements), 'statement')}, version {policy.version}"


def _alt(policy: Policy, read: Sequence[str]) -> str:
    statements, title = policy.statements, _title(policy, 60)
    if not statements:
        return f"{title} has no statements: it allows and denies nothing."
    denies = sum(statement.effect == "Deny" for statement in statements)
    effects = f" ({len(statements) - denies} Allow, {denies} Deny)" if len(statements) > 1 else ""
    room = 180 if len(statements) == 1 else 90
    parts = [
        f"{statement.effect} {shorten(statement.label, 30)}: "
        f"{cut(words.rstrip('.'), room, placeholder='…')}"
        for statement, words in zip(statements, read, strict=True)
    ]
    return alt_text(f"{title} has {count(len(statements), 'statement')}{effects}: ", parts, ".")


def _draw(policy: Policy, read: Sequence[str]) -> Sheet:
    sheet = Sheet(PAGE)
    taken = sheet.text(LEFT, 0.27, _title(policy), INK, size=TITLE, face="bold", room=6.5)
    sheet.note(LEFT + taken + 0.15, 0.28, _counted(policy), PALE_INK)
    sheet.heading(LEFT + BAR + PAD, 0.58, "IN WORDS")
    sheet.heading(JSON, 0.58, "AS JSON")
    y = 0.72
    for statement, words in zip(policy.statements[:MANY], read, strict=False):
        y = _draw_card(sheet, statement, words, y) + GAP
    left = len(policy.statements) - MANY
    rest = f"and {count(left, 'more statement')}" if left > 0 else "" if read else NOTHING
    sheet.note(LEFT + BAR + PAD, y + 0.06, rest, INK, fact=left <= 0)
    return sheet


def _draw_card(sheet: Sheet, statement: Statement, words: str, top: float) -> float:
    """Draw a statement; return the card's lower edge."""
    look, step, lines = EFFECTS[statement.effect], height_of(SMALL), json_lines(statement, VALUES)
    room = JSON - LEFT - BAR - 4 * PAD
    below = HEAD + lines_of(words, room, TEXT, most=12) * height_of(TEXT)
    tall = max(below, PAD + len(lines) * step) + PAD
    # The edge of a Deny's card is hatched: a print tells them apart.
    sheet.area((LEFT, top), (RIGHT - LEFT, tall), look.area, edge=PALE_LINE)
    sheet.area((JSON - PAD, top), (RIGHT - JSON + PAD, tall), FIELD_AREA, edge=PALE_LINE)
    sheet.area((LEFT, top), (BAR, tall), look.fill, edge=PALE_LINE, hatch=look.hatch)
    x, effect = LEFT + BAR + PAD, f"{look.symbol} {statement.effect}"
    taken = sheet.text(x, top + 0.2, effect, look.colour, face="bold") + 0.15
    sheet.text(x + taken, top + 0.2, statement.label, INK, room=room - taken)
    sheet.paragraph(x, top + HEAD, words, room, most=12)
    for number, line in enumerate(lines):
        written = line.lstrip()
        counts = written.startswith("…")
        left = JSON + (len(line) - len(written)) * width_of("0", SMALL, "mono")
        y, ink = top + PAD + (number + 0.5) * step, PALE_INK if counts else INK
        style: dict[str, Any] = {"size": SMALL, "face": "mono", "room": RIGHT - 0.08 - left}
        sheet.text(left, y, written, ink, fact=not counts, **style)
    return top + tall

"""A statement as a few lines of JSON: short lists on one line, long ones counted.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.policy.statement import statement_to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.statement import Statement

LETTERS = 60
"""So long a line may be, without the room before it."""
STEP = 2
"""So many places further in stands what is inside."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of JSON: how far in it stands, its text, and whether it only counts values left out.

    Examples
    --------
    >>> str(Line(2, '"Action": "s3:*"'))
    '  "Action": "s3:*"'
    """

    indent: int
    text: str
    counts: bool = False

    def __str__(self) -> str:
        return f"{' ' * self.indent}{self.text}"


def json_lines(statement: Statement, most: int = 0, *, braces: bool = True) -> tuple[Line, ...]:
    """Write a statement as JSON.

    Parameters
    ----------
    most
        So many values of a list are written, the others counted; 0: all are written.
    braces
        Whether the braces around the statement are written.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::star-maps/*")
    >>> print(*json_lines(policy.statements[0]), sep=chr(10))
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:PutObject"],
      "Resource": "arn:aws:s3:::star-maps/*"
    }
    """
    lines = tuple(_written(statement_to_json(statement), 0, "", "", most))
    if braces:
        return lines
    return tuple(replace(line, indent=line.indent - STEP) for line in lines[1:-1])


def _written(value: Any, indent: int, before: str, after: str, most: int) -> Iterator[Line]:
    """Write a value: on one line if it fits, else its parts on lines of their own."""
    whole = _text(value)
    is_statement = not before
    simple = not isinstance(value, dict | list) or not value
    if simple or (len(before + whole) <= LETTERS and not is_statement):
        yield Line(indent, f"{before}{whole}{after}")
        return
    opened, closed = "{}" if isinstance(value, dict) else "[]"
    yield Line(indent, f"{before}{opened}")
    if isinstance(value, dict):
        parts = [(f"{_text(key)}: ", part) for key, part in value.items()]
    else:
        parts = [("", part) for part in value]
    kept = parts[:most] if most and len(parts) > most + 1 and isinstance(value, list) else parts
    for number, (key, part) in enumerate(kept, 1):
        comma = "," if number < len(parts) else ""
        if key:
            yield from _written(part, indent + STEP, key, comma, most)
        else:
            yield Line(indent + STEP, f"{_text(part)}{comma}")
    if len(kept) < len(parts):
        yield Line(indent + STEP, f"… {len(parts) - len(kept)} more values", counts=True)
    yield Line(indent, f"{closed}{after}")


def _text(value: Any) -> str:
    """Write JSON; letters that do something instead of being seen are written as their numbers."""
    return "".join(
        letter if letter.isprintable() else json.dumps(letter)[1:-1]
        for letter in json.dumps(value, ensure_ascii=False)
    )

"""What changed in the text of a policy: statement by statement, in the lines of a diff.

Statements are equal if all their elements are equal, wherever they are. Other statements are paired
by Sid. Those without a Sid are paired in order.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from iamlab.policy.statement import statement_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Statement

Lines = tuple[str, ...]


def text_difference(before: PolicyRecord, after: PolicyRecord) -> Lines:
    """Compare the text of two policies: ``-`` marks removed lines, ``+`` marks new ones.

    Examples
    --------
    >>> from iamlab import Policy
    >>> before, after = (Policy.allow(f"s3:{name}", sid="Read") for name in ("Get*", "*"))
    >>> for line in text_difference(before, after):
    ...     print(line)
    Statement Read:
    - Action: s3:Get*
    + Action: s3:*
    """
    lines = list(_changes(_head(before), _head(after)))
    both = (before.statements, after.statements)
    first, second = (Counter(map(_unordered, statements)) for statements in both)
    gone, new = (_without(statements, first & second) for statements in both)
    partners: dict[str | None, deque[Statement]] = defaultdict(deque)
    for statement in new:
        partners[statement.sid].append(statement)
    for statement in gone:
        found = partners[statement.sid]
        now = _lines(found.popleft()) if found else ()
        lines.append(f"Statement {_shown(statement.label)}{'' if now else ', removed'}:")
        lines += _changes(_lines(statement), now)
    for statement in sorted(
        (added for rest in partners.values() for added in rest), key=attrgetter("number")
    ):
        lines.append(f"Statement {_shown(statement.label)}, new:")
        lines += _changes((), _lines(statement))
    return tuple(lines)


def _without(statements: Iterable[Statement], equals: Counter[Lines]) -> list[Statement]:
    """Leave out statements that have an equal, first ones first."""
    left = Counter(equals)
    rest = []
    for statement in statements:
        lines = _unordered(statement)
        left[lines] -= 1
        if left[lines] < 0:
            rest.append(statement)
    return rest


def _head(policy: PolicyRecord) -> Lines:
    return (f"Version: {policy.version}", *_flat("Id", policy.id))


def _lines(statement: Statement) -> Lines:
    """Write a statement with one value a line."""
    written = statement_to_json(statement)
    return tuple(line for element, value in written.items() for line in _flat(element, value))


def _unordered(statement: Statement) -> Lines:
    return tuple(sorted(_lines(statement)))


def _flat(name: str, value: Any) -> Iterator[str]:
    """Write a JSON value in lines that each begin with the value's place."""
    if isinstance(value, str):
        yield f"{name}: {_shown(value)}"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name} {_shown(key)}", inner)
    elif value is not None:
        for item in value or ["(an empty list)"]:
            yield f"{name}: {_shown(item)}"


def _shown(text: str) -> str:
    """Keep text in one line."""
    return text if text.isprintable() else json.dumps(text)


def _changes(gone: Lines, new: Lines) -> Iterator[str]:
    """Return the lines that only one side has."""
    for sign, lines in (("-", Counter(gone) - Counter(new)), ("+", Counter(new) - Counter(gone))):
        yield from (f"{sign} {line}" for line in lines.elements())

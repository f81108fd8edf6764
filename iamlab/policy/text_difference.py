"""How the text of two policies differs, statement by statement, in lines as of a diff.

Statements are the same if all their elements are, wherever they stand. Of the others, those of one
Sid belong together, and those without a Sid belong together in order.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, Any

from iamlab.policy.writing import statement_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

Lines = tuple[str, ...]


def text_difference(before: Policy, after: Policy) -> Lines:
    """Say how two policies differ in words: ``-`` before what is gone, ``+`` before what is new.

    Examples
    --------
    >>> from iamlab.policy.building import allow
    >>> for line in text_difference(allow("s3:Get*", sid="Read"), allow("s3:*", sid="Read")):
    ...     print(line)
    Statement Read:
    - Action: s3:Get*
    + Action: s3:*
    """
    told = list(_changes(_head(before), _head(after)))
    gone, new = _unequal(before.statements, after.statements)
    partners: dict[str | None, deque[Statement]] = defaultdict(deque)
    for statement in new:
        partners[statement.sid].append(statement)
    for statement in gone:
        found = partners[statement.sid]
        now = _lines(found.popleft()) if found else ()
        told.append(f"Statement {_shown(statement.label)}{'' if now else ', gone'}:")
        told += _changes(_lines(statement), now)
    for statement in sorted((one for rest in partners.values() for one in rest), key=_number):
        told.append(f"Statement {_shown(statement.label)}, new:")
        told += _changes((), _lines(statement))
    return tuple(told)


def _number(statement: Statement) -> int:
    return statement.number


def _unequal(
    before: Iterable[Statement], after: Iterable[Statement]
) -> tuple[list[Statement], list[Statement]]:
    """Give the statements that have no equal on the other side."""
    equals = Counter(map(_unordered, before)) & Counter(map(_unordered, after))
    return _without(before, equals), _without(after, equals)


def _without(statements: Iterable[Statement], equals: Counter[Lines]) -> list[Statement]:
    """Leave out as many of each kind as have equals; the first of them have."""
    left = Counter(equals)
    rest = []
    for statement in statements:
        lines = _unordered(statement)
        left[lines] -= 1
        if left[lines] < 0:
            rest.append(statement)
    return rest


def _head(policy: Policy) -> Lines:
    return (f"Version: {policy.version}", *_flat("Id", policy.id))


def _lines(statement: Statement) -> Lines:
    """Write a statement with one value a line."""
    written = statement_to_json(statement)
    return tuple(line for element, value in written.items() for line in _flat(element, value))


def _unordered(statement: Statement) -> Lines:
    return tuple(sorted(_lines(statement)))


def _flat(name: str, value: Any) -> Iterator[str]:
    """Write a JSON value in lines, each of which says where it stands."""
    if isinstance(value, str):
        yield f"{name}: {_shown(value)}"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name} {_shown(key)}", inner)
    elif value is not None:
        for one in value or ["(an empty list)"]:
            yield f"{name}: {_shown(one)}"


def _shown(text: str) -> str:
    """Keep text in one line."""
    return text if text.isprintable() else json.dumps(text)


def _changes(gone: Lines, new: Lines) -> Iterator[str]:
    """Give the lines that only one side has."""
    for sign, lines in (("-", Counter(gone) - Counter(new)), ("+", Counter(new) - Counter(gone))):
        yield from (f"{sign} {line}" for line in lines.elements())

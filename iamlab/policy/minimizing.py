"""Shorten a policy without changing its meaning.

It removes values that another value of the same list covers, statements that another statement
covers, and statements without an effect. It joins statements that differ only in their actions, or
only in their resources. The steps are repeated until none changes anything.

It compares patterns only and never uses the catalogue. ``s3:Get*`` isn't the same as a list of
today's actions that begin with it: AWS can add actions.

Notes
-----
AWS page: "IAM Access Analyzer policy check reference", whose REDUNDANT_ACTION, REDUNDANT_RESOURCE
and REDUNDANT_STATEMENT find the same.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.policy.building import statements_as_written
from iamlab.policy.covering import (
    conditions_of,
    covers_action,
    covers_pairs,
    covers_resource,
    may_stand_for,
    never_applies,
    principals_of,
)
from iamlab.policy.statement import LISTS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from iamlab.policy.record import Document
    from iamlab.policy.statement import Statement

ROUNDS = 50
"""The most repetitions. Policies that people write need three."""

WORK = 100_000_000
"""The most letters that are compared. A policy that AWS would save needs far fewer."""

PAIR = 200
"""Comparing two statements costs as much as comparing this number of letters."""

START = 64
"""Patterns are looked up by at most this number of first letters."""

_WILD = re.compile(r"[*?]")


def minimize(policy: Document) -> Document:
    """Return a shorter policy with the same meaning.

    Order and Sids are kept. Joined statements get the first of their Sids. A policy keeps at least
    one statement.

    Returns
    -------
    PolicyRecord
        It is never longer. If nothing can be removed, it is the same object.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse({"Version": "2012-10-17", "Statement": [
    ...     {"Effect": "Allow", "Action": ["s3:GetObject", "s3:Get*"], "Resource": "*"},
    ...     {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]})
    >>> [statement.action for statement in minimize(policy).statements]
    [('s3:Get*', 's3:ListBucket')]
    """
    statements = tuple(statement for statement in policy.statements if not never_applies(statement))
    for _ in range(ROUNDS):
        before = statements
        statements = tuple(map(_with_short_lists, statements))
        statements = _joined(statements, "action")
        statements = _joined(statements, "resource")
        statements = _without_covered(statements)
        if statements == before:
            break
    statements = statements or policy.statements[:1]
    return policy if statements == policy.statements else _rewritten(policy, statements)


def _with_short_lists(statement: Statement) -> Statement:
    """Remove values that another value of the same list covers."""
    fits = partial(covers_resource, variables=statement.variables)
    spares = partial(may_stand_for, variables=statement.variables)
    return replace(
        statement,
        action=_shortened(statement.action, covers_action, _folded),
        not_action=_shortened(statement.not_action, covers_action, _folded),
        resource=_shortened(statement.resource, fits),
        not_resource=_shortened(statement.not_resource, spares),
    )


def _folded(action: str) -> str:
    return action.lower() if action.isascii() else action


def _shortened(
    values: tuple[str, ...] | None,
    covering: Callable[[str, str], bool],
    fold: Callable[[str], str] = str,
) -> tuple[str, ...] | None:
    """Keep values that no other covers; of two with the same meaning, keep the first."""
    if values is None:
        return None
    alive: dict[str, str] = {}
    for value in values:
        alive.setdefault(fold(value), value)
    by_start: dict[str, list[str]] = defaultdict(list)
    for folded in alive:
        start = _WILD.split(folded, maxsplit=1)[0]
        if start != folded:  # without wildcards it covers only itself
            by_start[start[:START]].append(folded)
    rivals = {folded: _that_begin_alike(folded, by_start) for folded in alive}
    if sum(len(folded) * sum(map(len, groups)) for folded, groups in rivals.items()) > WORK:
        return tuple(alive.values())
    for folded in reversed(rivals):
        others = (rival for group in rivals[folded] for rival in group if rival != folded)
        mine = alive[folded]
        if any(covering(alive[other], mine) for other in others if other in alive):
            del alive[folded]
    return tuple(alive.values())


def _that_begin_alike(folded: str, by_start: dict[str, list[str]]) -> list[list[str]]:
    """Return groups of patterns that begin like a value: only they can cover it."""
    starts = (folded[:end] for end in range(min(len(folded), START) + 1))
    return [by_start[start] for start in starts if start in by_start]


def _joined(statements: Iterable[Statement], growing: str) -> tuple[Statement, ...]:
    """Join statements that differ only in one list into the first of them."""
    groups: dict[Hashable, list[Statement]] = {}
    for statement in statements:
        alone = getattr(statement, growing) is None
        key = statement.number if alone else in_one_form(statement, growing)
        groups.setdefault(key, []).append(statement)
    return tuple(_join(group, growing) for group in groups.values())


def in_one_form(statement: Statement, growing: str = "") -> Hashable:
    """Return a statement without Sid and order, and without one of its lists if it is named."""
    lists = [_as_set(statement, name) for name in LISTS.values() if name != growing]
    return (statement.effect, principals_of(statement), conditions_of(statement), *lists)


def _as_set(statement: Statement, name: str) -> Hashable:
    values = getattr(statement, name)
    if values is None:
        return None
    return frozenset(map(_folded, values) if name.endswith("action") else values)


def _join(group: Sequence[Statement], growing: str) -> Statement:
    if len(group) == 1:
        return group[0]
    values = tuple(dict.fromkeys(value for part in group for value in getattr(part, growing)))
    named = replace(group[0], sid=next((part.sid for part in group if part.sid), None))
    if growing == "action":
        return replace(named, action=values)
    return replace(named, resource=values)


def _without_covered(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """Keep statements that no other covers; of two with the same meaning, keep the first."""
    groups: dict[Hashable, dict[int, Statement]] = {}
    for statement in statements:
        key = (statement.effect, principals_of(statement))
        groups.setdefault(key, {})[statement.number] = statement
    covered = {number for group in groups.values() for number in covered_in(group)}
    return tuple(statement for statement in statements if statement.number not in covered)


def covered_in(group: dict[int, Statement]) -> dict[int, int]:
    """Return the covered statements of a group with one effect and principal, and what covers each.

    Nothing is found if it would take too long.

    Examples
    --------
    >>> from iamlab import Policy
    >>> names = ("s3:GetObject", "s3:*", "s3:Get*")
    >>> covered_in({place: Policy.allow(name).statements[0] for place, name in enumerate(names)})
    {2: 1, 0: 1}
    """
    values = [value for statement in group.values() for value in _values(statement)]
    letters = sum(map(len, values)) + PAIR * len(group)
    if (len(values) + len(group)) * letters > WORK:
        return {}
    conditions = {number: conditions_of(statement) for number, statement in group.items()}
    alive, found = dict(group), {}
    for number, narrow in reversed(group.items()):
        for other, wide in alive.items():
            is_wider = other != number and conditions[other] <= conditions[number]
            if is_wider and covers_pairs(wide, narrow):
                found[number] = other
                del alive[number]
                break
    return found


def _values(statement: Statement) -> list[str]:
    return [value for name in LISTS.values() for value in getattr(statement, name) or ()]


def _rewritten(policy: Document, statements: Sequence[Statement]) -> Document:
    """Write the document again; unchanged parts stay as they were written."""
    raw = statements_as_written(policy)
    written = [
        _written(new, policy.statements[new.number - 1], raw[new.number - 1]) for new in statements
    ]
    document = policy.to_dict()
    single = not isinstance(document["Statement"], list)
    document["Statement"] = written[0] if single else written
    return type(policy).parse(json.dumps(document, indent=2), name=policy.name)


def _written(statement: Statement, before: Statement, raw: dict[str, Any]) -> dict[str, Any]:
    written = dict(raw)
    if statement.sid != before.sid:
        written = {"Sid": statement.sid} | raw | {"Sid": statement.sid}
    for element, name in LISTS.items():
        values = getattr(statement, name)
        if values != getattr(before, name):
            written[element] = values[0] if len(values) == 1 else list(values)
    return written

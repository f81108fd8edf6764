"""Findings about redundant values and statements, which others cover.

Only pairs that can cover each other are compared. With hundreds of wildcards for one service, or
more than 150 similar statements, only equal ones are found.

Notes
-----
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from iamlab.policy.covering import (
    covers_action,
    covers_resource,
    never_applies,
    principals_of,
)
from iamlab.policy.minimizing import covered_in, in_one_form
from iamlab.policy.statement import ACTIONS, RESOURCES, list_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement

MOST_PAIRS = 20_000
"""The most pairs of one list that are compared."""
MOST_STATEMENTS = 150
LONGEST_SHOWN = 200


def redundant_values(checked: PolicyContext) -> Iterator[Finding]:
    """Find values that another value of their list covers.

    A value with a misplaced variable isn't redundant: it makes the whole statement void.
    """
    for statement in checked.statements:
        for element in ACTIONS if never_applies(statement) else (*ACTIONS, *RESOURCES):
            if len(list_of(statement, element)) > 1:
                yield from _redundant(checked, statement, element)


def _redundant(checked: PolicyContext, statement: Statement, element: str) -> Iterator[Finding]:
    actions = element in ACTIONS
    values = list_of(statement, element)
    found = covered_values(values, actions=actions, variables=statement.variables)
    better = checked.leave_out(statement, element, found) if found else None
    code = "REDUNDANT_ACTION" if actions else "REDUNDANT_RESOURCE"
    for index, cover in sorted(found.items()):
        wide, narrow = values[cover], values[index]
        same = wide == narrow or (actions and wide.lower() == narrow.lower())
        wide, narrow = wide[:LONGEST_SHOWN], narrow[:LONGEST_SHOWN]
        what = f"{narrow} is duplicated." if same else f"{wide} covers {narrow}."
        path = checked.places.value(statement, element, index)
        yield checked.find(code, path, what, "Remove it.", better)


def covered_values(
    values: Sequence[str], *, actions: bool, variables: bool = True
) -> dict[int, int]:
    """Return the indices of covered values, each with the index of the value that covers it.

    Examples
    --------
    >>> covered_values(["s3:Get*", "s3:GetObject", "s3:PutObject", "S3:get*"], actions=True)
    {1: 0, 3: 0}
    """
    covers = covers_action if actions else partial(covers_resource, variables=variables)
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    wide: dict[str, list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        before = first.setdefault(value.lower() if actions else value, index)
        if before != index:
            found[index] = before
        elif "*" in value or "?" in value:
            wide[_group(value, actions=actions)].append(index)
    pairs = 0
    for index in first.values():
        group = _group(values[index], actions=actions)
        rivals = wide[""] + (wide[group] if group else [])
        pairs += len(rivals)
        if pairs > MOST_PAIRS:
            break
        for rival in rivals:
            mutual = rival > index and covers(values[index], values[rival])
            if rival != index and covers(values[rival], values[index]) and not mutual:
                found[index] = rival
                break
    return dict(sorted(found.items()))


def _group(value: str, *, actions: bool) -> str:
    """Return the service of a value; empty if it can match several services."""
    parts = value.split(":", 3)
    service = parts[0] if actions else parts[2] if len(parts) > 2 else ""
    return "" if "*" in service or "?" in service or value == "*" else service.lower()


def redundant_statements(checked: PolicyContext) -> Iterator[Finding]:
    """Find statements that another statement with the same effect covers."""
    for index, cover in covered_statements(checked.statements).items():
        narrow, wide = checked.statements[index], checked.statements[cover]
        what = f"Statement {wide.label!r} covers statement {narrow.label!r}."
        better = checked.without(narrow)
        path = checked.places.statement(narrow)
        yield checked.find("REDUNDANT_STATEMENT", path, what, "Remove it.", better)


def covered_statements(statements: Sequence[Statement]) -> dict[int, int]:
    """Return the indices of covered statements, each with that of the statement that covers it.

    Examples
    --------
    >>> from iamlab import Policy
    >>> allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    >>> covered_statements(Policy.parse({"Statement": [allow, allow]}).statements)
    {1: 0}
    """
    found: dict[int, int] = {}
    alike: dict[Hashable, list[int]] = defaultdict(list)
    equal: dict[Hashable, int] = {}
    for index, statement in enumerate(statements):
        if never_applies(statement):
            continue
        before = equal.setdefault(in_one_form(statement), index)
        if before != index:
            found[index] = before
        else:
            alike[statement.effect, principals_of(statement)].append(index)
    for group in alike.values():
        if 1 < len(group) <= MOST_STATEMENTS:
            found |= covered_in({index: statements[index] for index in group})
    return dict(sorted(found.items()))


DETECTORS: tuple[Detector, ...] = (redundant_values, redundant_statements)

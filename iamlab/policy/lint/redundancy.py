"""Findings about what says nothing new: a value, or a statement, that another one covers.

Pairs are compared only where they can cover each other, and in a list of hundreds of wildcards for
one service, or among more than 150 like statements, only what is equal is found.

Notes
-----
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from iamlab.policy.covering import (
    conditions_of,
    covers_action,
    covers_resource,
    covers_statement,
    never_applies,
    principals_of,
)
from iamlab.policy.statement import ACTIONS, RESOURCES, list_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement

MOST_PAIRS = 20_000
"""So many pairs of one list are compared."""
MOST_STATEMENTS = 150
LONGEST_SHOWN = 200


def redundant_values(checked: PolicyContext) -> Iterator[Finding]:
    """A value that another of its list covers adds nothing.

    A misplaced variable does, however much its value is covered: it voids the whole statement.
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
        what = f"{narrow} stands here twice." if same else f"{wide} covers {narrow}."
        path = checked.places.value(statement, element, index)
        yield checked.find(code, path, what, "Leave it out.", better)


def covered_values(
    values: Sequence[str], *, actions: bool, variables: bool = True
) -> dict[int, int]:
    """Say which values of a list are covered by another, and by which.

    Examples
    --------
    >>> covered_values(["s3:Get*", "s3:GetObject", "s3:PutObject", "S3:get*"], actions=True)
    {1: 0, 3: 0}
    """

    def covers(wide: str, narrow: str) -> bool:
        if actions:
            return covers_action(wide, narrow)
        return covers_resource(wide, narrow, variables=variables)

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
    """Give the service that a value is about; nothing if it can be about several."""
    parts = value.split(":", 3)
    service = parts[0] if actions else parts[2] if len(parts) > 2 else ""
    return "" if "*" in service or "?" in service or value == "*" else service.lower()


def redundant_statements(checked: PolicyContext) -> Iterator[Finding]:
    """A statement that applies only where another with the same effect does adds nothing."""
    for index, cover in covered_statements(checked.statements).items():
        narrow, wide = checked.statements[index], checked.statements[cover]
        what = f"Statement {wide.label!r} says all that statement {narrow.label!r} says."
        better = checked.without(narrow)
        path = checked.places.statement(narrow)
        yield checked.find("REDUNDANT_STATEMENT", path, what, "Leave it out.", better)


def covered_statements(statements: Sequence[Statement]) -> dict[int, int]:
    """Say which statements are covered by another, and by which.

    Examples
    --------
    >>> from iamlab import Policy
    >>> one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    >>> covered_statements(Policy.parse({"Statement": [one, one]}).statements)
    {1: 0}
    """
    found: dict[int, int] = {}
    alike: dict[Hashable, list[int]] = defaultdict(list)
    equal: dict[Hashable, int] = {}
    for index, one in enumerate(statements):
        if never_applies(one):
            continue
        before = equal.setdefault(_meaning(one), index)
        if before != index:
            found[index] = before
        else:
            alike[one.effect, principals_of(one)].append(index)
    for group in alike.values():
        if 1 < len(group) <= MOST_STATEMENTS:
            _compare(statements, group, found)
    return dict(sorted(found.items()))


def _meaning(one: Statement) -> Hashable:
    """Give a statement in a form in which Sid and order do not count."""
    lists = (one.action, one.not_action, one.resource, one.not_resource)
    sets = tuple(None if values is None else frozenset(values) for values in lists)
    return one.effect, principals_of(one), conditions_of(one), sets


def _compare(statements: Sequence[Statement], group: list[int], found: dict[int, int]) -> None:
    """Note in ``found`` which statements of a group are covered by another."""
    conditions = {index: conditions_of(statements[index]) for index in group}
    prefixes = {index: _prefixes(statements[index]) for index in group}
    for narrow in group:
        for wide in group:
            if wide == narrow or not conditions[wide] <= conditions[narrow]:
                continue
            if prefixes[wide] and not prefixes[narrow] <= prefixes[wide]:
                continue
            if covers_statement(statements[wide], statements[narrow]) and (
                wide < narrow or not covers_statement(statements[narrow], statements[wide])
            ):
                found[narrow] = wide
                break


def _prefixes(statement: Statement) -> frozenset[str]:
    """Give the services of Action; nothing if it can be about any."""
    found = frozenset(_group(value, actions=True) for value in statement.action or ("",))
    return frozenset() if "" in found else found


DETECTORS: tuple[Detector, ...] = (redundant_values, redundant_statements)

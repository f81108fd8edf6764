"""What stands once in a document, and what is counted in it: version, Sids, numbers of parts.

Notes
-----
AWS pages: "IAM JSON policy elements: Version"; "IAM JSON policy elements: Sid"; "Amazon SQS policy
quotas"; "Amazon SNS API permissions".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.checks.defects import (
    Defect,
    actions_of,
    at_document,
    at_element,
    at_statement,
    resources_of,
    short,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.policy.checks.type_rules import TypeRules
    from iamlab.policy.document import Policy
    from iamlab.policy.places import Places
    from iamlab.policy.statement import Statement


def no_statements(policy: Policy, _: TypeRules) -> Iterator[Defect]:
    """Find a document without a statement."""
    if not policy.statements:
        yield Defect("no_statement", at_document)


def old_version(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find a document of the older version of the language, or without one."""
    if rules.newest_version and policy.version != "2012-10-17":
        yield Defect("version", _at_version)


def _at_version(places: Places) -> str:
    line, _ = places.where("$.Version")
    return "$" if line is None else "$.Version"


def sid_letters(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find Sids with characters that the service does not take."""
    for statement in policy.statements if rules.sid is not None else ():
        if statement.sid is not None and not re.fullmatch(rules.sid or "", statement.sid):
            yield Defect("sid_letters", at_element(statement, "Sid"))


def sids_twice(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find statements with the Sid of an earlier one."""
    seen: set[str] = set()
    for statement in policy.statements if rules.unique_sids else ():
        if statement.sid and statement.sid in seen:
            place = at_element(statement, "Sid")
            yield Defect("sid_twice", place, {"sid": short(statement.sid)})
        seen.add(statement.sid or "")


def _principals(statement: Statement) -> int:
    return len(statement.principal or statement.not_principal or ())


def _conditions(statement: Statement) -> int:
    return len(statement.conditions)


IN_DOCUMENT: dict[str, Callable[[Statement], int]] = {
    "statements": lambda _: 1,
    "principals": _principals,
    "conditions": _conditions,
}
"""What is counted over all statements of a document."""

IN_STATEMENT: dict[str, Callable[[Statement], int]] = {
    "actions of a statement": lambda statement: len(actions_of(statement)[1]),
    "resources of a statement": lambda statement: len(resources_of(statement)[1] or ()),
}
"""What is counted in each statement."""


def too_many(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find more of something than the service takes."""
    for what, limit in rules.most.items():
        if what in IN_DOCUMENT:
            number = sum(map(IN_DOCUMENT[what], policy.statements))
            if number > limit:
                details = {"what": what, "number": number, "limit": limit}
                yield Defect("too_many", at_document, details)
            continue
        for statement in policy.statements:
            number = IN_STATEMENT[what](statement)
            if number > limit:
                details = {"what": what, "number": number, "limit": limit}
                yield Defect("too_many", at_statement(statement), details)

"""The values of a statement's lists: to walk through them, and to write another in place of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy.rules import SERVICES, TYPES

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from iamlab.policy.advice.case import Case
    from iamlab.policy.advice.finding import Better
    from iamlab.policy.checks.type_rules import TypeRules
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

FIELDS = {
    "Action": "action",
    "NotAction": "not_action",
    "Resource": "resource",
    "NotResource": "not_resource",
}
"""Elements that hold a list of text, and where a statement keeps them."""
ACTIONS = ("Action", "NotAction")
RESOURCES = ("Resource", "NotResource")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a list, and where it stands."""

    statement: Statement
    element: str
    index: int
    text: str

    def path(self, case: Case) -> str:
        """Give its JSON path."""
        return case.places.value(self.statement, self.element, self.index)


def values_of(statement: Statement, elements: tuple[str, ...]) -> Iterator[Value]:
    """Walk through the values of some elements.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '{"Statement": {"Effect": "Deny", "Action": ["a:b", "c:d"], "Resource": "*"}}'
    >>> statement = Policy.parse(text).statements[0]
    >>> [(value.index, value.text) for value in values_of(statement, ACTIONS)]
    [(0, 'a:b'), (1, 'c:d')]
    """
    for element in elements:
        for index, text in enumerate(list_of(statement, element)):
            yield Value(statement, element, index, text)


def all_values(case: Case, elements: tuple[str, ...]) -> Iterator[Value]:
    """Walk through the values of some elements of all statements."""
    for statement in case.policy.statements:
        yield from values_of(statement, elements)


def list_of(statement: Statement, element: str) -> tuple[str, ...]:
    """Give the values of an element; none if it is not there."""
    found: tuple[str, ...] | None = getattr(statement, FIELDS[element])
    return found or ()


def put(case: Case, value: Value, text: str | None) -> Better | None:
    """Write the policy with another text in the place of a value; no text stands there twice."""
    if text is None:
        return None

    def better() -> Policy:
        others = enumerate(list_of(value.statement, value.element))
        changed = (text if index == value.index else one for index, one in others)
        return write(case, value.statement, value.element, tuple(dict.fromkeys(changed)))()

    return better


def leave_out(case: Case, statement: Statement, element: str, indices: Container[int]) -> Better:
    """Write the policy without some values of a list."""
    listed = enumerate(list_of(statement, element))
    kept = tuple(text for index, text in listed if index not in indices)
    return write(case, statement, element, kept)


def write(case: Case, statement: Statement, element: str, values: tuple[str, ...]) -> Better:
    """Write the policy with another list in a statement."""
    return case.change(statement, **{FIELDS[element]: values})


def rules_of(case: Case) -> TypeRules:
    """Give what AWS lets such a policy contain; of a service unknown here, what all have."""
    found = SERVICES.get(case.service or "") if case.policy_type == "resource" else None
    return found or TYPES[case.policy_type]


def named(case: Case) -> str:
    """Say what the policy is: ``"a trust policy"``, ``"a resource policy of sqs"``."""
    if case.policy_type == "resource" and case.service:
        return f"a resource policy of {case.service}"
    return _NAMES[case.policy_type]


_NAMES = {
    "identity": "an identity-based policy",
    "resource": "a resource-based policy",
    "trust": "a trust policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
    "scp": "a service control policy",
    "rcp": "a resource control policy",
    "endpoint": "an endpoint policy",
}

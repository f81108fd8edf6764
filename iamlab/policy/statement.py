"""The values that a policy is made of: statements and their conditions.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.conditions import Comparison


Effect = Literal["Allow", "Deny"]
Version = Literal["2012-10-17", "2008-10-17"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A line of a Condition block: an operator, a key, and values. One value must match."""

    comparison: Comparison
    key: str
    values: tuple[str, ...]


# A Principal element as pairs of type and value: (("AWS", "111122223333"), ("Service", "..."));
# the bare "*" is ("*", "*").
Principals = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: an effect, and the elements that must all match.

    A missing element is ``None``; an empty list is ``()``. A statement has either ``Action`` or
    ``NotAction``. It has at most one of ``Resource`` and ``NotResource``, and at most one of
    ``Principal`` and ``NotPrincipal``.

    Parameters
    ----------
    number
        Its position in the document, from 1.
    variables
        Whether ``${...}`` is a variable, as in a document with version 2012-10-17.

    Examples
    --------
    >>> from iamlab import Policy
    >>> (statement,) = Policy.allow("s3:Get*", "arn:aws:s3:::star-maps/*", sid="Read").statements
    >>> statement.effect, statement.sid, statement.action
    ('Allow', 'Read', ('s3:Get*',))
    """

    effect: Effect
    number: int
    sid: str | None = None
    principal: Principals | None = None
    not_principal: Principals | None = None
    action: tuple[str, ...] | None = None
    not_action: tuple[str, ...] | None = None
    resource: tuple[str, ...] | None = None
    not_resource: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()
    variables: bool = True

    @property
    def label(self) -> str:
        """The statement's Sid; without a Sid, ``#2`` for the second statement."""
        return self.sid or f"#{self.number}"

    @property
    def actions(self) -> tuple[str, ...]:
        """The values of Action or NotAction, whichever it has."""
        return self.action if self.action is not None else self.not_action or ()

    @property
    def resources(self) -> tuple[str, ...] | None:
        """The values of Resource or NotResource; ``None`` if it has neither."""
        return self.resource if self.resource is not None else self.not_resource

    @property
    def principals(self) -> Principals | None:
        """The pairs of Principal or NotPrincipal; ``None`` if it has neither."""
        return self.principal if self.principal is not None else self.not_principal

    @property
    def texts_with_variables(self) -> tuple[str, ...]:
        """The texts that can contain variables: its resources, and the values of its conditions."""
        values = (value for condition in self.conditions for value in condition.values)
        return (*(self.resources or ()), *values)

    def element(self, name: str) -> str:
        """Return the name of the element that it has: ``Principal`` or ``NotPrincipal``."""
        return name if getattr(self, name.lower()) is not None else f"Not{name}"


LISTS = {
    "Action": "action",
    "NotAction": "not_action",
    "Resource": "resource",
    "NotResource": "not_resource",
}
"""Elements with a list of texts, and their fields in ``Statement``."""
ACTIONS = ("Action", "NotAction")
RESOURCES = ("Resource", "NotResource")


@dataclass(frozen=True, slots=True)
class ListValue:
    """A value of a list, and its position."""

    statement: Statement
    element: str
    index: int
    text: str


def list_of(statement: Statement, element: str) -> tuple[str, ...]:
    """Return the values of an element; empty if it is missing."""
    found: tuple[str, ...] | None = getattr(statement, LISTS[element])
    return found or ()


def values_of(statement: Statement, elements: Iterable[str]) -> Iterator[ListValue]:
    """Return the values of some elements.

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
            yield ListValue(statement, element, index, text)


def statement_to_json(statement: Statement) -> dict[str, Any]:
    """Write a statement as JSON values, with its elements in AWS's usual order.

    Examples
    --------
    >>> from iamlab import Policy
    >>> document = {"Statement": [{"Effect": "Deny", "Action": ["s3:*"], "Resource": "*"}]}
    >>> statement_to_json(Policy.parse(document).statements[0])
    {'Effect': 'Deny', 'Action': 's3:*', 'Resource': '*'}
    """
    written = {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Principal": _principals(statement.principal),
        "NotPrincipal": _principals(statement.not_principal),
        "Action": _values(statement.action),
        "NotAction": _values(statement.not_action),
        "Resource": _values(statement.resource),
        "NotResource": _values(statement.not_resource),
        "Condition": _conditions(statement),
    }
    return {element: value for element, value in written.items() if value is not None}


def _values(values: tuple[str, ...] | None) -> str | list[str] | None:
    if values is None:
        return None
    return values[0] if len(values) == 1 else list(values)


def _principals(principals: Principals | None) -> str | dict[str, Any] | None:
    if principals is None:
        return None
    if len(principals) == 1 and principals[0][0] in ("*", ""):
        return principals[0][1]
    kinds = dict.fromkeys(kind for kind, _ in principals)
    return {
        kind: _values(tuple(value for own, value in principals if own == kind)) for kind in kinds
    }


def _conditions(statement: Statement) -> dict[str, Any] | None:
    if not statement.conditions:
        return None
    block: dict[str, Any] = {}
    for condition in statement.conditions:
        block.setdefault(str(condition.comparison), {})[condition.key] = _values(condition.values)
    return block

"""The values that a policy is made of: statements and their conditions.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from iamlab.policy.conditions import Comparison


Effect = Literal["Allow", "Deny"]
Version = Literal["2012-10-17", "2008-10-17"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a Condition block: an operator, a key, and the values of which one must fit."""

    comparison: Comparison
    key: str
    values: tuple[str, ...]


# A Principal element as pairs of type and value: (("AWS", "111122223333"), ("Service", "..."));
# the bare "*" is ("*", "*").
Principals = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: an effect, and the elements that must all match for it to apply.

    An element that is not written is ``None``; an empty list is ``()``. Of ``Action`` and
    ``NotAction`` exactly one is there; of ``Resource`` and ``NotResource``, and of ``Principal``
    and ``NotPrincipal``, at most one.

    Parameters
    ----------
    number
        Its place in the document, counted from 1.
    variables
        Whether ``${...}`` means anything: only in a document of version 2012-10-17.
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
        """What the statement is called: its Sid, or ``#2`` for the second."""
        return self.sid or f"#{self.number}"


def statement_to_json(statement: Statement) -> dict[str, Any]:
    """Write a statement as JSON values, its elements in AWS's usual order.

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

"""The values that a policy is made of: statements and their conditions.

Notes
-----
AWS page: "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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

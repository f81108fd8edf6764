"""What the detectors get: a policy of some type, and each of its conditions.

Both help to write findings, and to write the policy with one part of it changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.policy.condition_keys import condition_key
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.json_text import Places
from iamlab.policy.lint.findings import Finding
from iamlab.policy.record import edited
from iamlab.policy.rules import SERVICES, TYPE_NAMES, TYPES
from iamlab.policy.statement import LISTS, list_of
from iamlab.policy.validate.document_defects import CheckedPolicy
from iamlab.policy.variables import without_variables

if TYPE_CHECKING:
    from collections.abc import Container

    from iamlab.policy.condition_keys import ConditionKey, GlobalKey
    from iamlab.policy.conditions import Comparison
    from iamlab.policy.lint.findings import Better
    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Condition, ListValue, Statement


@dataclass(frozen=True, slots=True)
class PolicyContext(CheckedPolicy):
    """A policy under review, and what a detector needs to write findings.

    Parameters
    ----------
    policy_type
        ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``, ``"session"``, ``"scp"``,
        ``"rcp"`` or ``"endpoint"``.
    service
        Of a resource policy: the service whose resource it is attached to, such as ``"s3"``.
    """

    policy_type: str
    service: str | None

    @classmethod
    def of(
        cls, policy: PolicyRecord, policy_type: str = "identity", service: str | None = None
    ) -> PolicyContext:
        """Put a policy with the rules of its type; of an unknown service, with what all have."""
        found = SERVICES.get(service or "") if policy_type == "resource" else None
        return cls(policy, found or TYPES[policy_type], Places(policy), policy_type, service)

    @property
    def names_principals(self) -> bool:
        """Whether a policy of this type names principals."""
        return self.policy_type in ("resource", "trust", "rcp", "endpoint")

    @property
    def type_name(self) -> str:
        """What the policy is: ``"a trust policy"``, ``"a resource policy of sqs"``."""
        if self.policy_type == "resource" and self.service:
            return f"a resource policy of {self.service}"
        return TYPE_NAMES[self.policy_type]

    def find(
        self, code: str, path: str, what: str, remedy: str, better: Better | None = None
    ) -> Finding:
        """Make a finding about the value at a path."""
        return Finding(code, path, *self.places.where(path), what, remedy, better)

    def change(self, statement: Statement, **elements: Any) -> Better:
        """Write the policy with some elements of a statement replaced."""
        return lambda: edited(self.policy, {statement.number: replace(statement, **elements)})

    def without(self, statement: Statement) -> Better | None:
        """Write the policy without a statement; ``None`` if no other would be left."""
        if len(self.policy.statements) < 2:
            return None
        return partial(edited, self.policy, {statement.number: None})

    def write(self, statement: Statement, element: str, values: tuple[str, ...]) -> Better:
        """Write the policy with another list in a statement."""
        return self.change(statement, **{LISTS[element]: values})

    def leave_out(self, statement: Statement, element: str, indices: Container[int]) -> Better:
        """Write the policy without some values of a list."""
        listed = enumerate(list_of(statement, element))
        return self.write(
            statement, element, tuple(text for index, text in listed if index not in indices)
        )

    def put(self, value: ListValue, text: str | None) -> Better | None:
        """Write the policy with another text in place of a value; no text is there twice."""
        if text is None:
            return None
        values = list(list_of(value.statement, value.element))
        values[value.index] = text
        return self.write(value.statement, value.element, tuple(dict.fromkeys(values)))


class ValueFault(NamedTuple):
    """What is wrong with a value, and the right one where that is plain."""

    code: str
    what: str
    remedy: str
    right: str | None = None


Detector = Callable[[PolicyContext], Iterator[Finding]]
"""Looks at a whole policy for findings of one kind."""

LONGEST = 40_000
"""No policy that AWS takes is longer than 32 KB; what is beyond is not worth a long search."""

FAMILY: dict[str, str] = {
    name: next(word for word in re.findall("[A-Z][a-z]+", name) if word != "Not")
    for name in OPERATORS
}
"""What an operator compares: ``String``, ``Numeric``, ``Date``, ``Bool``, ``Ip``, ``Arn``, ..."""


def is_short(policy: PolicyRecord) -> bool:
    """Say whether AWS could take a policy of this length."""
    return len(policy.text) <= LONGEST


def has_wildcard(value: str) -> bool:
    """Say whether ``*`` or ``?`` stands in a value, elsewhere than in a variable."""
    plain = without_variables(value)
    return "*" in plain or "?" in plain


def holds_without_key(comparison: Comparison) -> bool:
    """Say whether a condition is met by a request that has no such key.

    Examples
    --------
    >>> from iamlab.policy.conditions import Comparison
    >>> holds_without_key(Comparison("StringNotEquals")), holds_without_key(Comparison("Bool"))
    (True, False)
    """
    if comparison.set_operator:
        return comparison.set_operator == "ForAllValues"
    return comparison.if_exists or OPERATORS[comparison.name].negated


@dataclass(frozen=True, slots=True)
class ConditionContext:
    """A condition, and the statement and the case that it belongs to.

    Parameters
    ----------
    names
        Operator and key, in lower case, of all conditions of the statement.
    """

    checked: PolicyContext
    statement: Statement
    condition: Condition
    names: frozenset[tuple[Comparison, str]]

    @property
    def comparison(self) -> Comparison:
        """The operator as it is written."""
        return self.condition.comparison

    @property
    def operator(self) -> str:
        """The operator without set operator and IfExists."""
        return self.condition.comparison.name

    @property
    def set_operator(self) -> str:
        """``ForAllValues``, ``ForAnyValue`` or nothing."""
        return self.condition.comparison.set_operator

    @property
    def name(self) -> str:
        """The key as it is written."""
        return self.condition.key

    @property
    def values(self) -> tuple[str, ...]:
        """The values that the request's are compared with."""
        return self.condition.values

    @property
    def family(self) -> str:
        """What the operator compares."""
        return FAMILY[self.comparison.name]

    @property
    def is_negated(self) -> bool:
        """Whether the operator has Not in its name."""
        return OPERATORS[self.comparison.name].negated

    @property
    def narrows(self) -> bool:
        """Whether its values are those who get in: of an Allow, or those whom a Deny spares."""
        return (self.statement.effect == "Deny") is self.is_negated

    @property
    def key(self) -> str:
        """The key in lower case, since letter case does not count."""
        return self.condition.key.lower()

    @property
    def known(self) -> ConditionKey | GlobalKey | None:
        """What is known of the key."""
        return condition_key(self.condition.key)

    def find(
        self,
        code: str,
        what: str,
        remedy: str,
        better: Better | None = None,
        *,
        value: int | None = None,
    ) -> Finding:
        """Make a finding about the key, or about one of its values."""
        path = self.checked.places.condition(self.statement, self.condition, value)
        return self.checked.find(code, path, what, remedy, better)

    def instead(self, **changes: Any) -> Better | None:
        """Write the policy with this condition changed; ``None`` if another is in the way."""
        changed = replace(self.condition, **changes)
        name = _name(changed)
        if name != _name(self.condition) and name in self.names:
            return None
        return self._with_conditions(changed)

    def renamed(self, operator: str) -> Better | None:
        """Write the policy with another operator here; set operator and IfExists stay."""
        return self.instead(comparison=replace(self.comparison, name=operator))

    def with_value(self, index: int, text: str) -> Better:
        """Write the policy with another text in the place of a value; none stands there twice."""

        def better() -> PolicyRecord:
            values = list(self.condition.values)
            values[index] = text
            changed = replace(self.condition, values=tuple(dict.fromkeys(values)))
            return self._with_conditions(changed)()

        return better

    def dropped(self) -> Better:
        """Write the policy without this condition."""
        return self._with_conditions()

    def _with_conditions(self, *instead: Condition) -> Better:
        def better() -> PolicyRecord:
            lines: list[Condition] = []
            for one in self.statement.conditions:
                lines += instead if one is self.condition else (one,)
            return self.checked.change(self.statement, conditions=tuple(lines))()

        return better


def _name(condition: Condition) -> tuple[Comparison, str]:
    return condition.comparison, condition.key.lower()


def condition_contexts(checked: PolicyContext, statement: Statement) -> Iterator[ConditionContext]:
    """Give the conditions of a statement with their contexts."""
    names = frozenset(map(_name, statement.conditions))
    for condition in statement.conditions:
        yield ConditionContext(checked, statement, condition, names)


def on_conditions(*looks: Callable[[ConditionContext], Iterator[Finding]]) -> Detector:
    """Make a detector that shows every condition of a policy to some functions."""

    def detector(checked: PolicyContext) -> Iterator[Finding]:
        for statement in checked.policy.statements:
            for context in condition_contexts(checked, statement):
                for look in looks:
                    yield from look(context)

    return detector

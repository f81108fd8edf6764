"""The input of the detectors: a policy of some type, and each of its conditions.

Both have methods that write findings, and that write the policy with one part changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.policy.condition_keys import condition_key
from iamlab.policy.conditions import OPERATORS, missing_key_default
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
    """A policy under review, with methods to write findings.

    Parameters
    ----------
    policy_type
        ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``, ``"session"``, ``"scp"``,
        ``"rcp"`` or ``"endpoint"``.
    service
        For a resource policy: the service of the resource, such as ``"s3"``.
    """

    policy_type: str
    service: str | None

    @classmethod
    def of(
        cls, policy: PolicyRecord, policy_type: str = "identity", service: str | None = None
    ) -> PolicyContext:
        """Combine a policy with the rules of its type, or of its service if it has rules."""
        found = SERVICES.get(service or "") if policy_type == "resource" else None
        return cls(policy, found or TYPES[policy_type], Places(policy), policy_type, service)

    @property
    def names_principals(self) -> bool:
        """Whether policies of this type have principals."""
        return self.policy_type in ("resource", "trust", "rcp", "endpoint")

    @property
    def type_name(self) -> str:
        """The type in words: ``"a trust policy"``, ``"a resource policy of sqs"``."""
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
        """Write the policy with another text for a value, without duplicates."""
        if text is None:
            return None
        values = list(list_of(value.statement, value.element))
        values[value.index] = text
        return self.write(value.statement, value.element, tuple(dict.fromkeys(values)))


class ValueFault(NamedTuple):
    """A fault of a value, and the right value if that is clear."""

    code: str
    what: str
    remedy: str
    right: str | None = None


Detector = Callable[[PolicyContext], Iterator[Finding]]
"""Finds one kind of problem in a whole policy."""

LONGEST = 40_000
"""Longer policies aren't searched for long: AWS accepts at most 32 KB."""

FAMILY: dict[str, str] = {
    name: next(word for word in re.findall("[A-Z][a-z]+", name) if word != "Not")
    for name in OPERATORS
}
"""Operator -> the type that it compares: ``String``, ``Numeric``, ``Date``, ``Bool``, ``Ip`` ..."""


def is_short(policy: PolicyRecord) -> bool:
    """Return whether AWS could accept a policy of this length."""
    return len(policy.text) <= LONGEST


def has_wildcard(value: str) -> bool:
    """Return whether a value has ``*`` or ``?`` outside its variables."""
    plain = without_variables(value)
    return "*" in plain or "?" in plain


def holds_without_key(comparison: Comparison) -> bool:
    """Return whether a request without the key meets a condition.

    Examples
    --------
    >>> from iamlab.policy.conditions import Comparison
    >>> holds_without_key(Comparison("StringNotEquals")), holds_without_key(Comparison("Bool"))
    (True, False)
    """
    if comparison.set_operator:
        return comparison.set_operator == "ForAllValues"
    return missing_key_default(comparison)


@dataclass(frozen=True, slots=True)
class ConditionContext:
    """A condition, with its statement and policy.

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
        """The values of the policy."""
        return self.condition.values

    @property
    def family(self) -> str:
        """The type of values that the operator compares."""
        return FAMILY[self.comparison.name]

    @property
    def is_negated(self) -> bool:
        """Whether the operator has Not in its name."""
        return OPERATORS[self.comparison.name].negated

    @property
    def narrows(self) -> bool:
        """Whether its values are the ones with access: an Allow matches them, or a Deny doesn't."""
        return (self.statement.effect == "Deny") is self.is_negated

    @property
    def key(self) -> str:
        """The key in lower case: keys are case-insensitive."""
        return self.condition.key.lower()

    @property
    def known(self) -> ConditionKey | GlobalKey | None:
        """The key in the catalogue; ``None`` if it is unknown."""
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
        """Write the policy with this condition changed; ``None`` if this would be a duplicate."""
        changed = replace(self.condition, **changes)
        name = _name(changed)
        if name != _name(self.condition) and name in self.names:
            return None
        return self._with_conditions(changed)

    def renamed(self, operator: str) -> Better | None:
        """Write the policy with another operator here; set operator and IfExists stay."""
        return self.instead(comparison=replace(self.comparison, name=operator))

    def with_value(self, index: int, text: str) -> Better:
        """Write the policy with another text for a value, without duplicates."""
        values = list(self.condition.values)
        values[index] = text
        return self._with_conditions(replace(self.condition, values=tuple(dict.fromkeys(values))))

    def dropped(self) -> Better:
        """Write the policy without this condition."""
        return self._with_conditions()

    def _with_conditions(self, *instead: Condition) -> Better:
        def better() -> PolicyRecord:
            lines: list[Condition] = []
            for condition in self.statement.conditions:
                lines += instead if condition is self.condition else (condition,)
            return self.checked.change(self.statement, conditions=tuple(lines))()

        return better


def _name(condition: Condition) -> tuple[Comparison, str]:
    return condition.comparison, condition.key.lower()


def condition_contexts(checked: PolicyContext, statement: Statement) -> Iterator[ConditionContext]:
    """Return the conditions of a statement with their contexts."""
    names = frozenset(map(_name, statement.conditions))
    for condition in statement.conditions:
        yield ConditionContext(checked, statement, condition, names)


def on_conditions(*looks: Callable[[ConditionContext], Iterator[Finding]]) -> Detector:
    """Make a detector that calls some functions with every condition of a policy."""

    def detector(checked: PolicyContext) -> Iterator[Finding]:
        for statement in checked.policy.statements:
            for context in condition_contexts(checked, statement):
                for look in looks:
                    yield from look(context)

    return detector


def in_types(types: Container[str], *detectors: Detector) -> Detector:
    """Make a detector of those that are for some types of policies."""

    def detector(checked: PolicyContext) -> Iterator[Finding]:
        for look in detectors if checked.policy_type in types else ():
            yield from look(checked)

    return detector

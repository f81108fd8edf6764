"""One condition under review, with all that the detectors of conditions ask about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.policy.condition_keys import condition_key
from iamlab.policy.conditions import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Better, Finding
    from iamlab.policy.condition_keys import ConditionKey
    from iamlab.policy.conditions import Comparison
    from iamlab.policy.document import Policy
    from iamlab.policy.global_keys import GlobalKey
    from iamlab.policy.statement import Condition, Statement

LONGEST = 40_000
"""No policy that AWS takes is longer than 32 KB; what is beyond is not worth a long search."""

FAMILY: dict[str, str] = {
    name: next(word for word in re.findall("[A-Z][a-z]+", name) if word != "Not")
    for name in OPERATORS
}
"""What an operator compares: ``String``, ``Numeric``, ``Date``, ``Bool``, ``Ip``, ``Arn``, ..."""

_VARIABLE = re.compile(r"\$\{[^}]*\}?")


def is_short(policy: Policy) -> bool:
    """Say whether AWS could take a policy of this length."""
    return len(policy.text) <= LONGEST


def without_variables(value: str) -> str:
    """Take the variables out of a value.

    Examples
    --------
    >>> without_variables("home/${aws:username}/${*}*")
    'home//*'
    """
    return _VARIABLE.sub("", value)


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
class Spot:
    """A condition, and the statement and the case that it belongs to.

    Parameters
    ----------
    names
        Operator and key, in lower case, of all conditions of the statement.
    """

    case: Case
    statement: Statement
    condition: Condition
    names: frozenset[tuple[Comparison, str]]

    @property
    def comparison(self) -> Comparison:
        """The operator as it is written."""
        return self.condition.comparison

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
        mend: str,
        better: Better | None = None,
        *,
        value: int | None = None,
    ) -> Finding:
        """Make a finding about the key, or about one of its values."""
        path = self.case.places.condition(self.statement, self.condition, value)
        return self.case.find(code, path, what, mend, better)

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

        def better() -> Policy:
            values = list(self.condition.values)
            values[index] = text
            changed = replace(self.condition, values=tuple(dict.fromkeys(values)))
            return self._with_conditions(changed)()

        return better

    def dropped(self) -> Better:
        """Write the policy without this condition."""
        return self._with_conditions()

    def _with_conditions(self, *instead: Condition) -> Better:
        def better() -> Policy:
            lines: list[Condition] = []
            for one in self.statement.conditions:
                lines += instead if one is self.condition else (one,)
            return self.case.change(self.statement, conditions=tuple(lines))()

        return better


def _name(condition: Condition) -> tuple[Comparison, str]:
    return condition.comparison, condition.key.lower()


def spots_of(case: Case, statement: Statement) -> Iterator[Spot]:
    """Give the conditions of a statement as spots."""
    names = frozenset(map(_name, statement.conditions))
    for condition in statement.conditions:
        yield Spot(case, statement, condition, names)


def on_conditions(*looks: Callable[[Spot], Iterator[Finding]]) -> Detector:
    """Make a detector that shows every condition of a policy to some functions."""

    def detector(case: Case) -> Iterator[Finding]:
        for statement in case.policy.statements:
            for spot in spots_of(case, statement):
                for look in looks:
                    yield from look(spot)

    return detector

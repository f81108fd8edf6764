"""A condition taken apart: which value of a request fits which of the policy, and what follows.

The engine is asked with a policy and a request of that one condition; why it holds, or does not, is
said in the words of sets.

Notes
-----
AWS page: "Set operators for multivalued context keys".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.display import printable
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.matching import wanted_values
from iamlab.engine.request import Request
from iamlab.engine.rules import AWS_RULES
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, read_operator
from iamlab.policy.document import Policy
from iamlab.view.given import text, texts
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.policy.conditions import Comparison

Part = tuple[bool, bool]
"""A part of the two sets: whether it lies in the policy's, and whether in the request's."""
BOTH, POLICY, REQUEST = (True, True), (True, False), (False, True)
NOBODY = "arn:aws:iam::111111111111:user/somebody"
DECIDING: dict[tuple[str, bool], tuple[Part, bool]] = {
    ("ForAllValues", False): (REQUEST, False),
    ("ForAllValues", True): (BOTH, False),
    ("ForAnyValue", False): (BOTH, True),
    ("ForAnyValue", True): (REQUEST, True),
    ("", False): (BOTH, True),
    ("", True): (REQUEST, True),
}
"""Which part decides, and whether there must be a value in it: by set operator and negation."""


@dataclass(frozen=True, slots=True)
class ComparedValues:
    """Two sets of values, and what became of the condition."""

    comparison: Comparison
    key: str
    policy: tuple[str, ...]
    request: tuple[str, ...]
    fits: Mapping[str, tuple[str, ...]]
    holds: bool

    def part(self, part: Part) -> tuple[str, ...]:
        """List the values that lie in a part: of the request, or else of the policy."""
        if part == POLICY:
            met = {one for own in self.fits.values() for one in own}
            return tuple(value for value in self.policy if value not in met)
        return tuple(value for value in self.request if bool(self.fits[value]) is (part == BOTH))

    @property
    def is_empty(self) -> bool:
        """Whether the request has no value that counts: ForAllValues counts no empty text."""
        every = self.comparison.set_operator == "ForAllValues"
        return not self.request or (every and not any(self.request))

    @property
    def is_hopeless(self) -> bool:
        """Whether the key holds several values and there is no set operator: it never fits."""
        several = len(self.request) > 1 or is_multivalued(self.key)
        return several and not self.comparison.set_operator

    @property
    def is_decided_by_parts(self) -> bool:
        """Whether it is the values that decide, and not that the key is missing."""
        part, wanted = self.deciding
        return not self.is_hopeless and (bool(self.part(part)) is wanted) is self.holds

    @property
    def deciding(self) -> tuple[Part, bool]:
        """The part that decides, and whether there must be a value in it."""
        negated = OPERATORS[self.comparison.name].negated
        return DECIDING[self.comparison.set_operator, negated]


def compare(operator: object, key: object, policy: object, request: object) -> ComparedValues:
    """Let the engine compare the values of a policy with those of a request.

    Raises
    ------
    RequestError
        As ``value_sets`` says.

    Examples
    --------
    >>> compare("ForAnyValue:StringLike", "aws:TagKeys", ["pro*"], ["project", "cost"]).fits
    {'project': ('pro*',), 'cost': ()}
    """
    comparison = read_operator(operator) if isinstance(operator, str) else None
    if comparison is None:
        error = RequestError(f"There is no operator {operator!r}.")
        error.add_note(did_you_mean(str(operator), _operators()))
        raise error
    if comparison.name == "Null":
        message = "Null asks whether a key is there, and compares no values: there are no sets."
        raise RequestError(message)
    wanted = texts("value of the policy", policy)
    found = texts("value of the request", () if request is None else request)
    name = text("A condition key", key)
    condition = {str(operator): {name: list(wanted)}}
    document = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    written = Policy.parse({"Version": "2012-10-17", "Statement": document})
    asked = Request(NOBODY, "s3:GetObject", "*", context={name: list(found)})
    decision = evaluate(asked, Layers(identity=[written]))
    [statement] = written.statements
    filled = wanted_values(statement.conditions[0], statement, asked, AWS_RULES)
    test = OPERATORS[comparison.name].test
    fits = {
        value: tuple(
            raw
            for raw, want in zip(wanted, filled, strict=True)
            if want is not None and test(want, value)
        )
        for value in found
    }
    return ComparedValues(comparison, name, wanted, found, fits, bool(decision))


def _operators() -> list[str]:
    return [*OPERATORS, *(f"{one}:{name}" for one in SET_OPERATORS for name in OPERATORS)]


def reason_of(sets: ComparedValues) -> str:
    """Say why it holds, or does not."""
    if sets.is_empty:
        return _of_nothing(sets)
    if sets.is_hopeless:
        return "a key of several values never fits without a set operator"
    if not sets.policy:
        return "the policy lists no value"
    part, _ = sets.deciding
    own = sets.part(part)
    if own:
        fit = "fits" if len(own) == 1 else "fit"
        some = "a value" if part == BOTH else "no value"
        return f"{listed(list(map(shown, own)), 3, length=60)} {fit} {some} of the policy"
    if part == BOTH:
        return "no value of the request fits one of the policy"
    return "every value of the request fits one of the policy"


def _of_nothing(sets: ComparedValues) -> str:
    """Say what becomes of the empty set."""
    there = (
        "all values of the request are empty text"
        if sets.request
        else "the request has no such key"
    )
    comparison = sets.comparison
    if comparison.set_operator == "ForAllValues":
        return f"{there}; of an empty set every value fits"
    if not sets.holds:
        nothing = "; in an empty set no value fits"
        return there + (nothing if comparison.set_operator else ", and so no value that fits")
    if comparison.if_exists:
        return f"{there}, and IfExists asks only where it is there"
    return f"{there}, and so none of these values"


def shown(value: str) -> str:
    """Show a value; the empty text is one, too."""
    return printable(value) or '""'

"""Conditions held against a request: which match, by which values, and what the request has.

Whether a condition matches is what the engine said of the statement. Beside it stand the engine's
answers for each value by itself, so that a reader sees where it came from.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition"; "Creating a condition with multiple keys or
values"; "Set operators for multivalued context keys".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.decision import Decision
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import LAYERS, Layers
from iamlab.engine.matching import wanted_values
from iamlab.engine.request import Request
from iamlab.errors import RequestError
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, Comparison, holds
from iamlab.policy.document import Policy
from iamlab.policy.statement import Statement
from iamlab.view.style import EFFECTS
from iamlab.view.words import listed, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.verdict import StatementMatch
    from iamlab.policy.statement import Condition

COMPARES = {
    "StringEquals": "is",
    "StringEqualsIgnoreCase": "is, in any letter case,",
    "StringLike": "is like",
    "ArnEquals": "is like",
    "ArnLike": "is like",
    "Bool": "is",
    "BinaryEquals": "is",
    "IpAddress": "is in",
    "NumericEquals": "is",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is more than",
    "NumericGreaterThanEquals": "is at least",
    "DateEquals": "is",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is at or before",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is at or after",
}
"""What an operator asks of one value of the request, in words."""

MATCHES, MISSES, MISSING = "✓", "✕", "–"
NO_KEY = "no such key"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value, and whether it fits; ``fits`` is ``None`` where there is nothing to compare."""

    text: str
    fits: bool | None
    note: str = ""

    @property
    def symbol(self) -> str:
        """Its outcome as a sign."""
        return MISSING if self.fits is None else MATCHES if self.fits else MISSES

    @property
    def shown(self) -> str:
        """The value behind its sign, if it has one."""
        text = self.text or "(empty text)"
        return text if self.fits is None else f"{self.symbol} {text}"

    def __str__(self) -> str:
        return f"{self.shown} ({self.note})" if self.note else self.shown


@dataclass(frozen=True, slots=True)
class Branch:
    """One condition of a statement.

    Parameters
    ----------
    operator, key
        As the policy has them.
    asks
        What the operator asks, in words.
    joint
        How its values are joined: ``"OR"``, or ``"NOR"`` where none of them may fit; empty for one
        value.
    matches
        Whether the condition is met, as the engine says.
    why
        What its outcome hangs on, where that is not plain: a key that the request lacks.
    values
        The policy's values, each with its own outcome.
    found
        The request's values; with a set operator each has its own outcome.
    """

    operator: str
    key: str
    asks: str
    joint: str
    matches: bool
    why: str
    values: tuple[Leaf, ...]
    found: tuple[Leaf, ...]

    @property
    def symbol(self) -> str:
        """Its outcome as a sign."""
        return MATCHES if self.matches else MISSES

    @property
    def outcome(self) -> str:
        """Its outcome in words."""
        return "matches" if self.matches else "does not match"


@dataclass(frozen=True, slots=True)
class Tree:
    """One statement with its conditions, all of which must match.

    Parameters
    ----------
    policy, label
        The statement, and its policy if that has a name.
    other
        Elements besides conditions that miss, such as ``("Action",)``.
    """

    policy: str
    label: str
    effect: str
    layer: str
    branches: tuple[Branch, ...]
    other: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its effect and its label, after the sign of whether it applies."""
        symbol = EFFECTS[self.effect].symbol if self.applies else "○"
        return f"{symbol} {self.effect} {self.label}"

    @property
    def address(self) -> str:
        """Where it stands."""
        return f"{self.policy}/{self.label}" if self.policy else self.label

    @property
    def matches(self) -> bool:
        """Whether every condition is met."""
        return all(branch.matches for branch in self.branches)

    @property
    def applies(self) -> bool:
        """Whether the whole statement applies."""
        return self.matches and not self.other

    @property
    def outcome(self) -> str:
        """What comes of it, in words."""
        if self.applies:
            return "applies"
        if not self.matches:
            failed = sum(not branch.matches for branch in self.branches)
            of = f"{failed} of {len(self.branches)} conditions"
            fails = "fail" if failed > 1 else "fails"
            return f"does not apply: {of if len(self.branches) > 1 else 'its condition'} {fails}"
        return f"conditions match, but {' and '.join(self.other)} does not"

    @property
    def sentence(self) -> str:
        """Whether it applies, and which conditions keep it from it, shortened."""
        name = f"{self.effect} {shorten(self.address, 40)}"
        if self.applies:
            return f"{name} applies: {listed([f'✓ {branch.key}' for branch in self.branches], 2)}"
        if self.matches:
            return f"{name}: all conditions match, but {' and '.join(self.other)} does not"
        failing = []
        for branch in self.branches:
            if not branch.matches:
                has = ", ".join(leaf.text or '""' for leaf in branch.found) or NO_KEY
                failing.append(f"✕ {shorten(branch.key, 40)} ({shorten(has, 30)})")
        return f"{name} does not apply: {listed(failing, 2, length=90)}"


def trees(what: object, request: object) -> tuple[tuple[Tree, ...], Decision]:
    """Hold conditions against a request; give also the decision that they were read from.

    Raises
    ------
    RequestError
        There is no request, or nothing that could have conditions.
    """
    if isinstance(what, Decision):
        if request is not None and request != what.request:
            raise RequestError("A decision has its own request; give that decision alone.")
        decision = what
        matches = what.layer_matches
        readings = [match for layer in LAYERS for match in matches[layer].matches]
    elif isinstance(what, Policy | Statement):
        if not isinstance(request, Request):
            got = "none is given" if request is None else f"a {type(request).__name__} is none"
            raise RequestError(
                f"Conditions are held against a request, and {got}: "
                "condition_tree(policy, Request(principal, action, resource))."
            )
        decision = evaluate(request, Layers())
        readings = list(decision.why_not(what))
    else:
        raise RequestError(
            f"condition_tree wants a decision, or a policy or statement and a request, not an "
            f"object of type {type(what).__name__}."
        )
    with_conditions = [reading for reading in readings if reading.statement.conditions]
    bare = isinstance(what, Statement)
    return tuple(_tree(one, decision, is_bare=bare) for one in with_conditions), decision


def _tree(reading: StatementMatch, decision: Decision, *, is_bare: bool) -> Tree:
    """Read one statement; the engine's mismatches decide."""
    missed = {mismatch.condition for mismatch in reading.mismatches}
    statement = reading.statement
    return Tree(
        "" if is_bare else reading.attached.policy.name,
        statement.label,
        statement.effect,
        reading.layer,
        tuple(
            _branch(one, statement, decision, matches=one not in missed)
            for one in statement.conditions
        ),
        _other_misses(reading),
    )


def _other_misses(reading: StatementMatch) -> tuple[str, ...]:
    """Name the elements that don't match, other than conditions, each once."""
    others = (one.element for one in reading.mismatches if one.condition is None)
    return tuple(dict.fromkeys(others))


def _branch(
    condition: Condition, statement: Statement, decision: Decision, *, matches: bool
) -> Branch:
    request, rules = decision.request, decision.rules
    comparison, key = condition.comparison, condition.key
    found = request.values(key)
    wanted = wanted_values(condition, statement, request, rules)
    many = is_multivalued(key) or len(found or ()) > 1

    def fits(values: Sequence[str | None], has: Sequence[str] | None) -> bool:
        return holds(comparison, values, has, multivalued=many, rules=rules)

    # With a set operator it is the request's values that fit or not, one by one.
    one_by_one = bool(comparison.set_operator)
    compared = (found or comparison.name == "Null") and not one_by_one
    values = []
    for raw, filled in zip(condition.values, wanted, strict=True):
        note = "the variable has no value" if filled is None else raw if filled != raw else ""
        text = raw if filled is None else filled
        values.append(Leaf(text, fits((filled,), found) if compared else None, note))
    negated = OPERATORS[comparison.name].negated
    return Branch(
        operator=str(comparison),
        key=key,
        asks=asks(comparison, condition.values),
        joint=("NOR" if negated else "OR") if len(values) > 1 else "",
        matches=matches,
        why=_why(comparison, found, many=many),
        values=tuple(values),
        found=tuple(
            Leaf(value, fits(wanted, (value,)) if one_by_one else None) for value in found or ()
        ),
    )


def asks(comparison: Comparison, values: Sequence[str]) -> str:
    """Say what an operator asks.

    Examples
    --------
    >>> asks(Comparison("StringNotEquals"), ["sea", "sky"])
    'is none of these'
    >>> asks(Comparison("StringLike", "ForAllValues"), ["map-*"])
    'every value that the request has is like this; also if it has none'
    """
    if comparison.name == "Null":
        wanted = {value.lower() for value in values}
        only = {"true": "the key must be missing", "false": "the key must be there"}
        return only[wanted.pop()] if len(wanted) == 1 and wanted <= set(only) else "is it missing?"
    negated = OPERATORS[comparison.name].negated
    verb = COMPARES[_positive(comparison.name)]
    if len(values) == 1:
        words = f"{verb.replace('is', 'is not', 1) if negated else verb} this"
    else:
        words = f"{verb} {'none' if negated else 'one'} of these"
    if comparison.set_operator == "ForAllValues":
        return f"every value that the request has {words}; also if it has none"
    if comparison.set_operator == "ForAnyValue":
        return f"at least one value that the request has {words}"
    return f"{words}; or no such key" if comparison.if_exists else words


def _positive(name: str) -> str:
    """Give the operator that a negated one is the opposite of."""
    return name.replace("Not", "", 1) if OPERATORS[name].negated else name


def _why(comparison: Comparison, found: tuple[str, ...] | None, *, many: bool) -> str:
    """Say why the outcome is what it is, where the values alone do not show it."""
    if comparison.name == "Null":
        return "the key is there" if found else "the key is missing"
    if found:
        if many and not comparison.set_operator:
            return "several values need ForAllValues or ForAnyValue"
        return ""
    if comparison.set_operator:
        every = comparison.set_operator == "ForAllValues"
        return "of no values all fit" if every else "of no values none fits"
    if comparison.if_exists:
        return "IfExists: a missing key matches"
    if OPERATORS[comparison.name].negated:
        return "a missing key is none of them"
    return "a missing key never matches"

"""The values of a condition as two sets: the policy's values and the request's values.

``ForAllValues`` asks whether every value of the request matches one of the policy's, so it holds
for the empty set; ``ForAnyValue`` asks whether at least one does. The engine decides which value
matches which, and whether the condition holds.

Notes
-----
AWS page: "Set operators for multivalued context keys".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import printable
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.matching import wanted_values
from iamlab.engine.request import Request
from iamlab.errors import RequestError, did_you_mean, noted
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, Comparison, read_operator
from iamlab.policy.document import Policy
from iamlab.view.arguments import text, texts
from iamlab.view.layouts.set_tiles import ITEM, PART, SET, draw_sets, part_id
from iamlab.view.scene import Node, Scene
from iamlab.view.style import LIT_AREA, LOOKS, SILENT, Look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.view.figure import Figure

    Part = tuple[bool, bool]
    Values = Sequence[str]
    Parts = Mapping[Part, Values]
    Fits = Mapping[str, Values]
    Looks = Mapping[Part, Look]

POLICY, BOTH, REQUEST = (True, False), (True, True), (False, True)
NAMES = {POLICY: "only in the policy", BOTH: "in both", REQUEST: "only in the request"}
"""The parts: whether they are in the policy's set, and in the request's."""
HOLDS = replace(LOOKS["allowed"], word="the condition matches")
FAILS = Look("○", "the condition does not match", SILENT, LIT_AREA)
NO_VALUE, NO_KEY = "no value", "it has no such key"
NOBODY = "arn:aws:iam::111111111111:user/somebody"


def value_sets(
    operator: str,
    key: str,
    policy_values: str | Iterable[str],
    request_values: str | Iterable[str] | None = None,
) -> Figure:
    """Draw one condition: the values in the policy, those in the request, and whether it holds.

    Parameters
    ----------
    operator
        As a policy writes it: ``"ForAllValues:StringEquals"``.
    key
        The condition key, such as ``"aws:TagKeys"``.
    policy_values
        The values in the condition.
    request_values
        The values in the request. ``None`` or an empty list: it doesn't have the key.

    Raises
    ------
    RequestError
        There is no such operator, or it compares no values (``Null``); the key or a value isn't
        text.

    Examples
    --------
    >>> figure = value_sets(
    ...     "ForAllValues:StringEquals", "aws:TagKeys", ["project", "owner"], ["project", "cost"])
    >>> print(figure.as_text())
    ForAllValues:StringEquals aws:TagKeys
      values of the policy: project, owner
      values of the request: project, cost
      only in the policy: owner
      in both: project
      only in the request: cost
    ○ the condition does not match: cost matches no value of the policy
    """
    comparison = _comparison(operator)
    policy = texts("value of the policy", policy_values)
    request = texts("value of the request", () if request_values is None else request_values)
    fits, holds = _compared(comparison, text("A condition key", key), policy, request)
    matched = {value for own in fits.values() for value in own}
    parts = {
        POLICY: [value for value in policy if value not in matched],
        BOTH: [value for value in request if fits[value]],
        REQUEST: [value for value in request if not fits[value]],
    }
    title, seen = f"{comparison} {shown(key)}", HOLDS if holds else FAILS
    reason, looks = _reason(comparison, key, policy, parts, holds=holds)
    outcome = f"{seen}: {reason}"
    named = [
        f"{name}: {listed(list(map(shown, parts[part])) or [NO_VALUE], length=30)}"
        for part, name in NAMES.items()
    ]
    verdict = f". {seen.word.capitalize()}: {shorten(reason, 110)}."
    nodes = list(_nodes(title, policy, request, parts, fits, looks))
    return Scene(nodes, after=[outcome]).figure(
        lambda scene: draw_sets(scene, NO_VALUE, title=title, below=[outcome], look=seen),
        alt=alt_text(f"{comparison} {shorten(shown(key), 40)}: ", named, verdict),
        caption=_caption(comparison),
        is_graph=False,
    )


def _comparison(operator: object) -> Comparison:
    """Read an operator that compares values."""
    comparison = read_operator(operator) if isinstance(operator, str) else None
    if comparison is None:
        known = [*OPERATORS, *(f"{kind}:{name}" for kind in SET_OPERATORS for name in OPERATORS)]
        hint = did_you_mean(str(operator), known)
        raise noted(RequestError(f"There is no operator {operator!r}."), hint)
    if comparison.name == "Null":
        raise RequestError("Null tests whether a key is present. It compares no values.")
    return comparison


def _compared(
    comparison: Comparison, key: str, policy: Values, request: Values
) -> tuple[Fits, bool]:
    """Return the policy's values that each request value matches, and the outcome."""
    condition = {str(comparison): {key: list(policy)}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    document = Policy.parse({"Version": "2012-10-17", "Statement": statement})
    sample = Request(NOBODY, "s3:GetObject", "*", context={key: list(request)})
    decision = evaluate(sample, Layers(identity=[document]))
    [parsed] = document.statements
    wanted = wanted_values(parsed.conditions[0], parsed, sample, decision.rules)
    pairs = [(raw, want) for raw, want in zip(policy, wanted, strict=True) if want is not None]
    test = OPERATORS[comparison.name].test
    fits = {value: [raw for raw, want in pairs if test(want, value)] for value in request}
    return fits, decision.allowed


def _reason(
    comparison: Comparison, key: str, policy: Values, parts: Parts, *, holds: bool
) -> tuple[str, Looks]:
    """Return the reason of the outcome, and the look of the part that decides."""
    every = comparison.set_operator == "ForAllValues"
    decides = BOTH if OPERATORS[comparison.name].negated is every else REQUEST
    own, request = parts[decides], [*parts[BOTH], *parts[REQUEST]]
    is_hopeless = not comparison.set_operator and (len(request) > 1 or is_multivalued(key))
    words = "must be empty" if every else "needs a value"
    decided = not is_hopeless and (bool(own) is not every) is holds
    looks = {decides: replace(HOLDS if holds else FAILS, word=words)} if decided else {}
    if not request or (every and not any(request)):
        there = "every value is empty text" if request else "the request has no such key"
        result = "matches" if holds else "does not match"
        nothing = "an empty set" if comparison.set_operator else "a missing key"
        reason = f"{there}; {comparison.set_operator or comparison} {result} {nothing}"
    elif is_hopeless:
        reason = "a key of several values never matches without a set operator"
    elif not policy:
        reason = "the policy lists no value"
    elif own:
        match = "matches" if len(own) == 1 else "match"
        values = listed(list(map(shown, own)), 3, length=60)
        reason = f"{values} {match} {'a' if decides == BOTH else 'no'} value of the policy"
    else:
        which = "no" if decides == BOTH else "every"
        reason = f"{which} value of the request matches a value of the policy"
    return reason, looks


def _nodes(
    title: str, policy: Values, request: Values, parts: Parts, fits: Fits, looks: Looks
) -> Iterator[Node]:
    """Yield the condition, its two sets, their parts, and the values in each."""
    empty: dict[str, object] = {"value": None, "in policy": False, "in request": False, "fits": []}
    yield Node("condition", title, facts={} if policy or request else empty)
    for side, values, without in (("policy", policy, ""), ("request", request, NO_KEY)):
        name, note = f"values of the {side}", "" if values else without
        line = f"{name}: {note or _named(values)}"
        yield Node(name, name, note, SET, "condition", line=line)
    for part, name in NAMES.items():
        parent, line = part_id(part), f"{name}: {_named(parts[part])}"
        yield Node(parent, name, kind=PART, parent="condition", look=looks.get(part), line=line)
        for value in parts[part]:
            own = [] if part == POLICY else fits[value]
            note = f"matches {_named(own)}" if own not in ([], [value]) else ""
            facts = {
                "value": value,
                "in policy": part != REQUEST,
                "in request": part != POLICY,
                "fits": own,
            }
            words, line = shown(value), f"{shown(value)} {note}" if note else ""
            yield Node(f"{parent} {value}", words, note, ITEM, parent, line=line, facts=facts)


def shown(value: str) -> str:
    """Return a value as it is shown; the empty text too."""
    return printable(value) or '""'


def _named(values: Iterable[str]) -> str:
    return ", ".join(map(shown, values)) or NO_VALUE


def _caption(comparison: Comparison) -> str:
    value = "no value" if OPERATORS[comparison.name].negated else "a value"
    which = {"ForAllValues": "all values", "ForAnyValue": "at least one value", "": "the value"}
    also = "; it also matches without values" if comparison.set_operator == "ForAllValues" else ""
    values = f"{which[comparison.set_operator]} of the request match {value} of the policy"
    return f"{comparison} requires that {values}{also}."

"""The kinds of requests that some statements can tell apart.

A statement sees of a request only which of its patterns and conditions match. So the actions fall
into a few groups, those that the same statements are about, and one of each is enough. Likewise the
resources, by the patterns that match them, and the values of each condition key, by the conditions
that hold. What is tried are the samples of ``policy/samples.py``.

Notes
-----
AWS pages: "IAM JSON policy elements reference"; "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import prod
from typing import TYPE_CHECKING, Any

from iamlab.engine import combining_rule as actions
from iamlab.engine.matching import any_action_matches
from iamlab.engine.request import MAX_TEXT, is_role
from iamlab.policy.arn import RCP_SERVICES
from iamlab.policy.catalog import expand, matched
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, holds
from iamlab.policy.patterns import glob_resource, is_action_pattern, literal
from iamlab.policy.samples import ACCOUNT, resource_samples, value_samples
from iamlab.policy.variables import any_variable, keys_in, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
    from random import Random

    from iamlab.policy.conditions import Comparison
    from iamlab.policy.statement import Condition, Statement

    Values = tuple[str, ...] | None
    Choices = Mapping[str, tuple[str, ...]]
    Test = tuple[Comparison, tuple[str | None, ...]]

PLAIN_VALUES = ("one", "another")
"""What a variable can be for, beside the values that conditions name."""

FEW = 64
"""So many ways of filling the variables of a text are tried at most."""

USUAL_KEYS = 10
"""A request with so many keys counts twice, one with twice as many three times."""

MOST_MATCHES = 5_000_000
"""So often a pattern is held against a resource at most, in all."""

FEW_VALUES = 6
"""So many values of a key are put together to pairs."""

# What stands for a group of actions: what everybody knows, and no action with rules of its own.
_KNOWN = (
    *("s3:GetObject", "s3:PutObject", "s3:ListBucket", "dynamodb:GetItem", "sqs:SendMessage"),
    *("secretsmanager:GetSecretValue", "ec2:StartInstances", "lambda:InvokeFunction"),
)
_ODD = (
    actions.NEVER_REFUSED
    | actions.NEEDS_LONG_TERM_KEYS
    | actions.SAME_ACCOUNT_ONLY
    | actions.RCP_EXEMPT
    | actions.ROOT_UNLOCKS
)
_ODD_SERVICES = actions.FOR_SERVICES_ONLY | {"backup", "kms", "sts"}
_TRUST = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9]+")
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}")


@dataclass(frozen=True, slots=True)
class Kind:
    """Requests for one action: every resource with every value of every key.

    Parameters
    ----------
    keys
        Condition keys in lower case, with the values to be tried; ``None``: the key is not there.
    is_complete
        Whether all samples of resources were looked at.
    """

    action: str
    resources: tuple[str, ...]
    keys: Mapping[str, tuple[Values, ...]]
    is_complete: bool = True

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return len(self.resources) * prod(map(len, self.keys.values()))

    def fits(self, most: int) -> bool:
        """Return whether these are all combinations, and there is time for all of them."""
        return self.is_complete and self.size <= self._affordable(most)

    def combinations(self, most: int, chance: Random) -> Iterator[tuple[Any, ...]]:
        """Return each resource with each value of each key; if there are too many, by chance."""
        options = (self.resources, *self.keys.values())
        affordable = self._affordable(most)
        if self.size <= affordable:
            yield from product(*options)
        else:
            yield from (tuple(map(chance.choice, options)) for _ in range(affordable))

    def _affordable(self, most: int) -> int:
        """Return how many are tried: a request with many keys takes its time."""
        return max(1, most // (1 + len(self.keys) // USUAL_KEYS))


def kinds_of_requests(statements: Sequence[Statement], layer: str = "identity") -> list[Kind]:
    """Return a kind for each group of actions that the statements tell apart.

    Parameters
    ----------
    layer
        Where the statements are; RCPs, say, are about some services only.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.allow("s3:Get*", "arn:aws:s3:::maps/*", when={"aws:SecureTransport": True})
    >>> [(kind.action, kind.size) for kind in kinds_of_requests(policy.statements)]
    [('s3:GetObject', 4), ('s3:PutObject', 1)]
    """
    kinds = []
    groups = _groups(statements)
    for numbers, names in groups.items():
        about = [statements[number] for number in numbers]
        choices = _choices(about)
        keys = _keys(about, choices)
        resources, is_complete = _resources(about, choices, MOST_MATCHES // len(groups))
        kinds += [Kind(name, resources, keys, is_complete) for name in _some_of(names, layer)]
    return sorted(kinds, key=lambda kind: kind.action)


def _groups(statements: Sequence[Statement]) -> dict[tuple[int, ...], frozenset[str]]:
    """Put the actions together that the same statements are about."""
    unknown = _unknown(statements)
    groups: dict[tuple[int, ...], frozenset[str]] = {(): frozenset((*expand("*"), *unknown))}
    for number, statement in enumerate(statements):
        about = frozenset(_actions_of(statement, unknown))
        split: dict[tuple[int, ...], frozenset[str]] = {}
        for numbers, names in groups.items():
            if inside := names & about:
                split[*numbers, number] = inside
            if outside := names - about:
                split[numbers] = outside
        groups = split
    return groups


def _unknown(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Return an action for each pattern that fits none of the catalogue."""
    patterns = {
        pattern
        for statement in statements
        for pattern in (*(statement.action or ()), *(statement.not_action or ()))
        if is_action_pattern(pattern) and not expand(pattern)
    }
    names = (pattern.replace("*", "x").replace("?", "x").lower() for pattern in sorted(patterns))
    return tuple(name for name in dict.fromkeys(names) if _ACTION.fullmatch(name))


def _actions_of(statement: Statement, unknown: Iterable[str]) -> Iterator[str]:
    """Return the actions that a statement is about."""
    if not all(map(is_action_pattern, statement.not_action or ())):
        return  # it never applies
    yield from matched(statement)
    wanted = statement.action is not None
    listed = (statement.action if wanted else statement.not_action) or ()
    yield from (name for name in unknown if any_action_matches(listed, name) is wanted)


def _some_of(names: frozenset[str], layer: str) -> tuple[str, ...]:
    """Choose who stands for a group of actions."""

    def is_odd(name: str) -> tuple[bool, bool]:
        service = name.partition(":")[0]
        out_of_reach = layer == "rcp" and service not in RCP_SERVICES
        return out_of_reach, name.lower() in _ODD or service in _ODD_SERVICES

    known = [name for name in _KNOWN if name in names]
    item = min(known or sorted(names), key=is_odd)
    # Which of these a caller can use depends on what the caller is.
    trust = [name for name in _TRUST if name in names and layer == "resource"]
    return tuple(dict.fromkeys((item, *trust)))


def _choices(about: Iterable[Statement]) -> Choices:
    """Return what the variables can be for: values that conditions name, and some others."""
    named: dict[str, list[str]] = defaultdict(list)
    keys: dict[str, tuple[str, ...]] = {}
    for statement in about:
        for condition in statement.conditions:
            named[condition.key.lower()] += condition.values[:2]
        if statement.variables:
            keys |= {key.lower(): PLAIN_VALUES for key in _variables_of(statement)}
        pairs = (*(statement.principal or ()), *(statement.not_principal or ()))
        ids = [value for _, value in pairs if _UNIQUE_ID.fullmatch(value)]
        if ids:
            keys["aws:userid"] = (*ids, *(f"{item}:session" for item in ids))
    return {
        key: (*[value for value in named[key][:2] if not set("*?$") & set(value)], *values)
        for key, values in keys.items()
    }


def _variables_of(statement: Statement) -> Iterator[str]:
    for text in (*(statement.resource or ()), *(statement.not_resource or ())):
        yield from keys_in(text)
    for condition in statement.conditions:
        if OPERATORS[condition.comparison.name].variables:
            for text in condition.values:
                yield from keys_in(text)


def _filled(
    texts: tuple[str, ...], choices: Choices, quote: Callable[[str], str]
) -> Iterator[tuple[str | None, ...]]:
    """Return texts with several values for their variables; ``None`` for one without a value."""
    keys = dict.fromkeys(key.lower() for text in texts for key in keys_in(text))
    options = [(*choices.get(key, ()), None) for key in keys]
    for values in islice(product(*options), FEW):
        chosen = dict(zip(keys, values, strict=True))

        def value_of(key: str, chosen: dict[str, str | None] = chosen) -> str | None:
            return chosen[key.lower()]

        yield tuple(substitute(text, value_of, quote) for text in texts)


def _resources(
    about: Sequence[Statement], choices: Choices, most: int
) -> tuple[tuple[str, ...], bool]:
    """Return one resource for each sort, that is, for each set of patterns that match.

    Also say whether there was time to match all samples.
    """
    patterns: dict[str, None] = {}
    for statement in about:
        for text in (*(statement.resource or ()), *(statement.not_resource or ())):
            if statement.variables and any_variable((text,)):
                filled = [item for (item,) in _filled((text,), choices, literal)]
                patterns |= dict.fromkeys(item for item in filled if item is not None)
            else:
                patterns[text] = None
    # A statement without Resource is one of a trust policy, as a rule.
    bare = any(item.resource is None and item.not_resource is None for item in about)
    samples = (f"arn:aws:iam::{ACCOUNT}:role/any",) * bare + resource_samples(patterns)
    found: dict[Hashable, str] = {}
    few = max(FEW, most // (len(patterns) + 1))
    for resource in samples[:few]:
        if len(resource) <= MAX_TEXT:
            sort = tuple(glob_resource(pattern, resource) for pattern in patterns)
            found.setdefault((sort, bare and is_role(resource)), resource)
    return tuple(found.values()), len(samples) <= few


def _keys(about: Iterable[Statement], choices: Choices) -> dict[str, tuple[Values, ...]]:
    """Return for each condition key a value for each set of conditions that it meets."""
    tests: dict[str, list[Test]] = {key: [] for key in choices}
    for statement in about:
        for condition in statement.conditions:
            tests.setdefault(condition.key.lower(), []).extend(
                (condition.comparison, wanted) for wanted in _wanted(condition, statement, choices)
            )
    return {
        key: _values(key, of_key, choices.get(key, ()))
        for key, of_key in tests.items()
        if 0 < len(key) <= MAX_TEXT
    }


def _wanted(
    condition: Condition, statement: Statement, choices: Choices
) -> Iterable[tuple[str | None, ...]]:
    operator = OPERATORS[condition.comparison.name]
    if statement.variables and operator.variables and any_variable(condition.values):
        return _filled(condition.values, choices, literal if operator.pattern else str)
    return (condition.values,)


def _values(key: str, tests: Sequence[Test], chosen: tuple[str, ...]) -> tuple[Values, ...]:
    """Return one value for each sort; what variables can be for is a sort by itself."""
    single = dict.fromkeys(chosen)
    for comparison, wanted in tests:
        known = (value for value in wanted if value is not None)
        single |= dict.fromkeys(value_samples(comparison.name, known))
    samples: list[Values] = [None, *((value,) for value in single if len(value) <= MAX_TEXT)]
    several = any(comparison.set_operator for comparison, _ in tests)
    if is_multivalued(key) or (several and not key.startswith("aws:")):
        samples += [("",), *combinations(list(single)[:FEW_VALUES], 2)]
    found: dict[Hashable, Values] = {}
    for values in samples:
        sort = tuple(_holds(key, test, values) for test in tests)
        found.setdefault((sort, values if chosen else None), values)
    return tuple(found.values())


def _holds(key: str, test: Test, values: Values) -> bool:
    multivalued = is_multivalued(key) or len(values or ()) > 1
    return holds(*test, values, multivalued=multivalued)

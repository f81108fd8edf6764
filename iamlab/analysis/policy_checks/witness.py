"""A request that one policy allows and another doesn't, found by trying good guesses.

Of the actions, resources and values of each condition key, one is tried for each set of patterns
and conditions that it matches. What surrounds the policies lets every request through.

Notes
-----
AWS page: "Policy evaluation logic".
"""

from __future__ import annotations

import random
from itertools import combinations, islice, product
from math import prod
from typing import TYPE_CHECKING, Any

from iamlab.analysis.external_access.sample_contexts import SOME_TEXT, keys_of, tests_of
from iamlab.analysis.world_diff.edit_questions import KNOWN
from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import ANONYMOUS, Request
from iamlab.errors import RequestError
from iamlab.policy.arn import is_arn
from iamlab.policy.catalog import PLACEHOLDER, arns_for
from iamlab.policy.document import Policy
from iamlab.policy.patterns import glob_resource
from iamlab.policy.samples import ACCOUNT, resource_samples, value_samples
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.external_access.sample_contexts import Values
    from iamlab.engine.decision import Decision
    from iamlab.policy.statement import Statement

STRANGER = "999988887777"
"""Another account, which no policy would name."""

MOST_REQUESTS = 10_000
"""The most requests that are tried for a part of a statement ..."""

FEW_PARTS = 5
"""... and the most parts."""

FEW_ACTIONS = 3
"""The most actions of a part that are tried: policies treat all of them alike."""

FEW_VALUES = 6
"""The most values of a key that are combined to pairs."""

_ALL = Policy.allow("*", name="the caller's own account")
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/somebody"


def witness(
    parts: Iterable[Statement], before: Policy, after: Policy, *, named: bool
) -> Decision | None:
    """Return the decision about a request that matches one of the parts and has new access.

    Parameters
    ----------
    named
        Whether these are resource-based policies.
    """
    statements = (*before.statements, *after.statements)
    old, new = (_layers(policy, named=named) for policy in (before, after))
    for part in islice(parts, FEW_PARTS):
        for request in _requests(part, statements, named=named):
            decision = evaluate(request, new[request.same_account])
            if decision and not evaluate(request, old[request.same_account]):
                return decision
    return None


def _layers(policy: Policy, *, named: bool) -> tuple[Layers, Layers]:
    """Return layers in which the policy alone decides: with two accounts, and with one."""
    if named:
        return Layers(identity=[_ALL], resource=policy), Layers(resource=policy)
    trusting = Policy.allow("*", principal=ACCOUNT) + Policy.allow("*", None, principal=ACCOUNT)
    return (Layers(identity=[policy], resource=trusting),) * 2


def _requests(
    part: Statement, statements: Sequence[Statement], *, named: bool
) -> Iterator[Request]:
    keys = dict.fromkeys(key for each in statements for key in keys_of(each))
    axes: list[Sequence[Any]] = [
        [
            (name, arn)
            for name in sorted(part.action or (), key=_rank)[:FEW_ACTIONS]
            for arn in _resources(name, part, statements)
        ],
        _callers(statements) if named else [(f"arn:aws:iam::{ACCOUNT}:user/somebody", ACCOUNT)],
        *(_values(key, part, statements) for key in keys),
    ]
    chance = random.Random(0)
    combined: Iterable[Sequence[Any]] = product(*axes)
    if prod(map(len, axes)) > MOST_REQUESTS:
        combined = ([chance.choice(axis) for axis in axes] for _ in range(MOST_REQUESTS))
    for (action, resource), (caller, owner), *values in combined:
        context = {key: list(own) for key, own in zip(keys, values, strict=True) if own}
        who = (
            caller.replace(":aws:", f":{resource.split(':')[1]}:", 1)
            if is_arn(resource)
            else caller
        )
        try:
            yield Request(who, action, resource, owner, context)
        except RequestError:
            continue  # the caller doesn't exist


def _rank(action: str) -> tuple[int, str]:
    """Put actions first that most people know."""
    return (KNOWN.index(action) if action in KNOWN else len(KNOWN)), action


def _resources(action: str, part: Statement, statements: Sequence[Statement]) -> list[str]:
    """Return resources of a part; those that the action works on come first."""

    def patterns_of(statement: Statement) -> list[str]:
        fill = statement.variables
        return [
            (substitute(text, lambda _: SOME_TEXT) if fill else text) or text
            for text in statement.resources or ()
        ]

    own = patterns_of(part)
    patterns = [*own, *(text for each in statements for text in patterns_of(each))]
    texts = [*sorted(map(_filled, arns_for(action)), key=len), *resource_samples(patterns), _ROLE]
    wanted = part.resource is not None
    return [
        text
        for text in dict.fromkeys(texts)
        if not own or any(glob_resource(pattern, text) for pattern in own) is wanted
    ]


def _filled(form: str) -> str:
    known = {"${Partition}": "aws", "${Region}": DEFAULT_REGION, "${Account}": ACCOUNT}
    return PLACEHOLDER.sub(lambda found: known.get(found[0], "x"), form)


def _callers(statements: Sequence[Statement]) -> list[tuple[str, str]]:
    """Return callers that the statements name and others, each with an owner of the resource."""
    pairs = [pair for each in statements for pair in each.principals or ()]
    named = [f"arn:aws:iam::{text}:user/somebody" if text.isdigit() else text for _, text in pairs]
    named = [text.replace(":root", ":user/somebody") for text in named if text != "*"]
    strangers = (f"arn:aws:iam::{ACCOUNT}:user/somebody", ANONYMOUS, "ec2.amazonaws.com")
    callers = dict.fromkeys((*named, *strangers))
    own = [(who, who.split(":")[4]) for who in callers if is_arn(who)]
    return [*((who, STRANGER) for who in callers), *own]


def _values(key: str, part: Statement, statements: Sequence[Statement]) -> list[Values]:
    """Return values of a key with which the part matches."""
    single = [SOME_TEXT]
    for comparison, wanted in tests_of(key, statements, lambda _: SOME_TEXT):
        single += value_samples(comparison.name, filter(None, wanted))
    samples = [None, *((value,) for value in single), *combinations(single[:FEW_VALUES], 2)]
    tests = list(tests_of(key, (part,), lambda _: SOME_TEXT))
    return [values for values in samples if all(test.fits(key, values) for test in tests)]

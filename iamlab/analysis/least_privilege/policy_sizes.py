"""Policies that IAM saves: small enough, no more of them than one principal may have, and proved.

While a policy is too large, its resources are generalised further, step by step. If it is still too
large then, it is written as several managed policies.

The proof: the engine decides a request for each pair that was used, with the new policies alone.
Only they may allow it. Where something else has to allow it too (a key policy, a trust policy, the
other account), that is assumed to allow the caller's own account.

Notes
-----
AWS pages: "IAM and AWS STS quotas": 6,144 characters for a managed policy, 2,048 and 10,240 for all
inline policies of a user and of a role, white space not counted; "Policy evaluation for requests
within a single account"; "Default key policy".
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple

from iamlab.analysis.least_privilege.statements import (
    AllowStatement,
    statements_by_sid,
    statements_for,
)
from iamlab.display import steps
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request, check_text, service_of
from iamlab.errors import LimitExceeded, RequestError, noted
from iamlab.policy.arn import Arn
from iamlab.policy.document import Policy
from iamlab.policy.validate.document_defects import size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.least_privilege.statements import Generalisation
    from iamlab.analysis.least_privilege.used_permissions import Pair


PolicyForm = Literal["managed", "inline"]

MANAGED_LIMIT = 6144
NAME = "least-privilege"
_AROUND = len('{"Version":"2012-10-17","Statement":[]}')
_SID_NUMBER = 4
"""A number at the end of a Sid may have so many characters."""


class WrittenPolicies(NamedTuple):
    """Policies, the statements of each, and how their resources were generalised."""

    policies: tuple[Policy, ...] = ()
    statements: tuple[tuple[AllowStatement, ...], ...] = ()
    steps: tuple[Generalisation, ...] = ()


def policies_that_fit(
    pairs: Collection[Pair],
    most: int,
    limit: int,
    policies: int,
    extra: Sequence[AllowStatement] = (),
    inexact: Collection[Pair] = (),
) -> WrittenPolicies:
    """Write pairs as policies that fit.

    Parameters
    ----------
    most
        If one statement has more resources with the same beginning, they are always generalised.
    limit, policies
        The size that each may have, and how many there may be.
    extra
        Statements that come last, as they are.
    inexact
        The pairs in which a star replaces an unknown part.

    Raises
    ------
    LimitExceeded
        It cannot be done.
    """
    statements: tuple[AllowStatement, ...] = ()
    done: tuple[Generalisation, ...] = ()
    for fewer, last_resort in _most_resources_to_try(min(most, len(pairs))):
        statements, done = statements_for(pairs, fewer, last_resort=last_resort, inexact=inexact)
        statements = (*statements, *extra)
        if not statements:
            return WrittenPolicies()
        longest = sum(map(_length, statements)) + _AROUND
        if longest - (_SID_NUMBER + 1) * len(statements) > limit:
            continue  # not even with the shortest Sids
        policy = written(statements)
        if size(policy) <= limit:
            return WrittenPolicies((policy,), (statements,), done)
    divided = tuple(_divided(statements, limit)) if policies > 1 else ()
    if not divided or len(divided) > policies:
        raise _too_large(sum(map(_length, statements)), limit, policies)
    made = (written(own, number) for number, own in enumerate(divided, 1))
    return WrittenPolicies(tuple(made), divided, done)


def _most_resources_to_try(most: int) -> Iterator[tuple[int, bool]]:
    """Return how many resources may stay: as many as was said, then half as many, then one."""
    while most > 1:
        yield most, False
        most //= 2
    yield 1, False
    yield 1, True


def written(statements: Iterable[AllowStatement], number: int = 0) -> Policy:
    """Write statements as a policy; if there are several policies, each has its number."""
    with_sids = [statement.to_dict(sid) for sid, statement in statements_by_sid(statements).items()]
    document = {"Version": "2012-10-17", "Statement": with_sids}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return Policy.parse(text, name=f"{NAME}-{number}" if number else NAME)


def _length(statement: AllowStatement) -> int:
    """Return the length that a statement has at most, with its comma."""
    json_value = statement.to_dict(statement.sid)
    text = json.dumps(json_value, separators=(",", ":"), ensure_ascii=False)
    return len(text) + 1 + _SID_NUMBER


def _divided(every: Iterable[AllowStatement], limit: int) -> Iterator[tuple[AllowStatement, ...]]:
    """Divide statements into policies, in order."""
    own: list[AllowStatement] = []
    length = _AROUND
    for part in chain.from_iterable(_split(statement, limit - _AROUND) for statement in every):
        if own and length + _length(part) > limit:
            yield tuple(own)
            own, length = [], _AROUND
        own.append(part)
        length += _length(part)
    yield tuple(own)


def _split(statement: AllowStatement, room: int) -> Iterator[AllowStatement]:
    """Split a statement that is larger than a policy: its resources in halves, then its actions."""
    if _length(statement) <= room:
        yield statement
        return
    for name in ("resources", "actions"):
        values: tuple[str, ...] = getattr(statement, name)
        middle = len(values) // 2
        if middle:
            for half in (values[:middle], values[middle:]):
                smaller: AllowStatement = replace(statement, **{name: half})  # type: ignore[arg-type]
                yield from _split(smaller, room)
            return
    raise _too_large(_length(statement), room, 1)


def _too_large(measured: int, limit: int, policies: int) -> LimitExceeded:
    error = LimitExceeded(f"Cannot exceed quota for PolicySize: {limit}")
    room = "one policy has" if policies == 1 else f"each of {policies} policies has"
    return noted(
        error,
        f"What was used takes {measured:,} characters even with wildcards, and {room} room for "
        f"{limit:,}. Give the work to several roles, and write a policy for each.",
    )


LONGEST_ARN = 2048
"""AWS gives no resource a longer one."""


def not_allowed_by(
    policies: Sequence[Policy],
    caller: str,
    pairs: Iterable[Pair],
    context: Mapping[Pair, Mapping[str, str]] | None = None,
) -> list[Pair]:
    """Return the pairs that these identity-based policies, and nothing else, do not allow.

    Parameters
    ----------
    caller
        The ARN of a user or role.
    context
        The condition keys that come with a pair.

    Examples
    --------
    >>> readers = Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*")
    >>> pairs = [("s3:GetObject", "arn:aws:s3:::maps/x"), ("s3:PutObject", "arn:aws:s3:::maps/x")]
    >>> not_allowed_by([readers], "arn:aws:iam::111122223333:user/ana", pairs)
    [('s3:PutObject', 'arn:aws:s3:::maps/x')]
    """
    account = Arn.parse(caller).account
    known = context or {}
    allow_all = Policy.allow("*", "*", principal=account)
    trust = Policy.allow("sts:*", None, principal=account)  # a trust policy has no Resource
    layers, sts_layers = (Layers(identity=policies, resource=own) for own in (allow_all, trust))
    return [
        (action, resource)
        for action, resource in steps(pairs, "proving")
        if not evaluate(
            Request(caller, action, resource, account, known.get((action, resource), {})),
            sts_layers if action.lower().startswith("sts:") else layers,
        )
    ]


def can_be_requested(pair: Pair) -> bool:
    """Return whether a request can have this action and this resource.

    Examples
    --------
    >>> can_be_requested(("s3:GetObject", "*")), can_be_requested(("s3:Get Object", "*"))
    (True, False)
    """
    action, resource = pair
    try:
        service_of(action)
        check_text("resource", resource)
    except RequestError:
        return False
    return len(resource) <= LONGEST_ARN

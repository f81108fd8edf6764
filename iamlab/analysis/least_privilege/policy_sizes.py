"""Policies that IAM will save: small enough, and no more of them than may hang on one principal.

While a policy is too large, resources are generalised further, a step at a time. What is still too
large then is written as several managed policies.

The proof: each pair that was used is asked of the engine, with the new policies alone.

The policies must be what allows. Where another side has a say too (a key policy, a trust policy,
the other account), that side is taken to let in whomever the caller's own account lets in.

Notes
-----
AWS page: "IAM and AWS STS quotas": 6,144 characters for a managed policy, 2,048 and 10,240 for all
inline policies of a user and of a role, white space not counted.
AWS pages: "Policy evaluation for requests within a single account"; "Default key policy".
"""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Literal

from iamlab.analysis.least_privilege.statements import Part, documents, parts_of
from iamlab.display import steps
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request, check_text, service_of
from iamlab.errors import LimitExceeded, RequestError
from iamlab.policy.arn import Arn
from iamlab.policy.checks.sizes import size
from iamlab.policy.document import Policy
from iamlab.policy.rules import INLINE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.least_privilege.used_permissions import Pair
    from iamlab.analysis.least_privilege.wildcards import Step


Form = Literal["managed", "inline"]

MANAGED_LIMIT = 6144
NAME = "least-privilege"
_AROUND = len('{"Version":"2012-10-17","Statement":[]}')
_SID_NUMBER = 4
"""So many characters a number at the end of a Sid may take."""


def limit_of(form: Form, kind: str) -> int:
    """Say how large a policy may be.

    Examples
    --------
    >>> limit_of("managed", "user"), limit_of("inline", "user")
    (6144, 2048)
    """
    return MANAGED_LIMIT if form == "managed" else INLINE_LIMITS[kind]


def fitted(
    pairs: Sequence[Pair],
    most: int,
    limit: int,
    policies: int,
    extra: Sequence[Part] = (),
    inexact: Collection[Pair] = (),
) -> tuple[tuple[Policy, ...], tuple[tuple[Part, ...], ...], tuple[Step, ...]]:
    """Write pairs as policies that fit.

    Parameters
    ----------
    most
        More resources of one statement with the same beginning are generalised in any case.
    limit, policies
        The size that each may have, and how many there may be.
    extra
        Statements that come last, as they are.
    inexact
        The pairs in which a star stands for what is not known.

    Returns
    -------
    tuple
        The policies, the statements of each, and the steps of generalisation.

    Raises
    ------
    LimitExceeded
        It cannot be done.
    """
    parts: tuple[Part, ...] = ()
    steps: tuple[Step, ...] = ()
    for fewer, last_resort in _ladder(min(most, len(pairs))):
        parts, steps = parts_of(pairs, fewer, last_resort=last_resort, inexact=inexact)
        parts = (*parts, *extra)
        if not parts:
            return (), (), ()
        longest = sum(map(_length, parts)) + _AROUND
        if longest - (_SID_NUMBER + 1) * len(parts) > limit:
            continue  # not even with the shortest Sids
        policy = written(parts)
        if size(policy) <= limit:
            return (policy,), (parts,), steps
    shares = tuple(_shares(parts, limit)) if policies > 1 else ()
    if not shares or len(shares) > policies:
        raise _too_large(sum(map(_length, parts)), limit, policies)
    many = tuple(written(share, number) for number, share in enumerate(shares, 1))
    return many, shares, steps


def _ladder(most: int) -> Iterator[tuple[int, bool]]:
    """Give what may stay apart: as many as was said, then half as many, then nothing."""
    while most > 1:
        yield most, False
        most //= 2
    yield 1, False
    yield 1, True


def written(parts: Iterable[Part], number: int = 0) -> Policy:
    """Write statements as a policy; of several policies, each has its number."""
    document = {"Version": "2012-10-17", "Statement": documents(parts)}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return Policy.parse(text, name=f"{NAME}-{number}" if number else NAME)


def _length(part: Part) -> int:
    """Say how long a statement is at most, with its comma."""
    text = json.dumps(part.to_json(part.sid), separators=(",", ":"), ensure_ascii=False)
    return len(text) + 1 + _SID_NUMBER


def _shares(parts: Iterable[Part], limit: int) -> Iterator[tuple[Part, ...]]:
    """Deal statements out to policies, in order."""
    share: list[Part] = []
    length = _AROUND
    for part in chain.from_iterable(_pieces(one, limit - _AROUND) for one in parts):
        own = _length(part)
        if share and length + own > limit:
            yield tuple(share)
            share, length = [], _AROUND
        share.append(part)
        length += own
    yield tuple(share)


def _pieces(part: Part, room: int) -> Iterator[Part]:
    """Cut a statement that fills a policy alone: its resources in halves, then its actions."""
    if _length(part) <= room:
        yield part
        return
    for name in ("resources", "actions"):
        values: tuple[str, ...] = getattr(part, name)
        if len(values) > 1:
            middle = len(values) // 2
            for half in (values[:middle], values[middle:]):
                cut = replace(part, resources=half) if name == "resources" else _of(part, half)
                yield from _pieces(cut, room)
            return
    raise _too_large(_length(part), room, 1)


def _of(part: Part, actions: tuple[str, ...]) -> Part:
    return replace(part, actions=actions)


def _too_large(measured: int, limit: int, policies: int) -> LimitExceeded:
    error = LimitExceeded(f"Cannot exceed quota for PolicySize: {limit}")
    room = "one policy has" if policies == 1 else f"each of {policies} policies has"
    error.add_note(
        f"What was used takes {measured:,} characters even with wildcards, and {room} room for "
        f"{limit:,}. Give the work to several roles, and write a policy for each."
    )
    return error


LONGEST_ARN = 2048
"""Longer ones AWS gives to nothing."""

EVERYTHING = Policy.allow("*", "*", name="everything")


def refused(
    policies: Sequence[Policy],
    caller: str,
    pairs: Iterable[Pair],
    context: Mapping[Pair, Mapping[str, str]] | None = None,
) -> list[Pair]:
    """Give the pairs that these identity-based policies, and nothing else, do not allow.

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
    >>> refused([readers], "arn:aws:iam::111122223333:user/ana", pairs)
    [('s3:PutObject', 'arn:aws:s3:::maps/x')]
    """
    account = Arn.parse(caller).account
    known = context or {}
    layers = Layers(identity=policies, resource=Policy.allow("*", "*", principal=account))
    # A trust policy has no Resource element.
    trusted = Layers(identity=policies, resource=Policy.allow("sts:*", None, principal=account))
    return [
        (action, resource)
        for action, resource in steps(pairs, "proving")
        if not evaluate(
            Request(caller, action, resource, account, known.get((action, resource), {})),
            trusted if action.lower().startswith("sts:") else layers,
        )
    ]


def is_text(pair: Pair) -> bool:
    """Say whether a pair names an action and a resource that can be asked for at all.

    Examples
    --------
    >>> is_text(("s3:GetObject", "*")), is_text(("s3:Get Object", "*"))
    (True, False)
    """
    action, resource = pair
    try:
        service_of(action)
        check_text("resource", resource)
    except RequestError:
        return False
    return len(resource) <= LONGEST_ARN


def can_be_given(caller: str, pair: Pair) -> bool:
    """Say whether some identity-based policy allows it: not what is of another partition, say."""
    return not refused([EVERYTHING], caller, [pair])

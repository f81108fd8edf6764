"""The proof: each pair that was used is asked of the engine, with the new policies alone.

The policies must be what allows. Where another side has a say too (a key policy, a trust policy,
the other account), that side is taken to let in whomever the caller's own account lets in.

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Default key policy".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import Request, check_text, service_of
from iamlab.errors import RequestError
from iamlab.policy.arn import Arn
from iamlab.policy.document import Policy
from iamlab.world.progress import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.world.least_privilege.used import Pair

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

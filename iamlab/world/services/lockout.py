"""Would a new policy keep whoever saves it from ever saving another one?

Some services refuse such a policy, or want to be told that it is meant. They look at the policy
itself: what an SCP, an RCP or a VPC endpoint forbids can change without it.

Notes
-----
AWS pages: "API PutResourcePolicy" of Secrets Manager and of DynamoDB; "API SetRepositoryPolicy".
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.engine.evaluate import evaluate
from iamlab.world.asking import question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.document import Policy
    from iamlab.world.gather import Caller
    from iamlab.world.resources import Resource


def locks_out(resource: Resource, policy: Policy, caller: Caller, action: str) -> bool:
    """Say whether a caller could not do an action any more if the resource had this policy."""
    with _supposing(resource, policy):
        asked = question(resource.account.world, caller, action, resource.arn, None, {})
    return not evaluate(asked.request, replace(asked.layers, scps=(), rcps=(), endpoint=None))


@contextmanager
def _supposing(resource: Resource, policy: Policy) -> Iterator[None]:
    """Let a resource have a policy for as long as a question takes; it need not be there yet."""
    held, known = resource.policy, resource.account.resources
    is_new = resource.arn not in known
    known[resource.arn], resource.policy = resource, policy
    try:
        yield
    finally:
        resource.policy = held
        if is_new:
            del known[resource.arn]

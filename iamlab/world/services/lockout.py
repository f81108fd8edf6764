"""Would a new policy keep whoever saves it from ever saving another one?

Some services refuse such a policy, or want to be told that it is meant. They look at the policy
itself: what an SCP, an RCP or a VPC endpoint forbids can change without it.

Notes
-----
AWS pages: "API PutResourcePolicy" of Secrets Manager and of DynamoDB; "API SetRepositoryPolicy".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.engine.evaluate import evaluate
from iamlab.world.asking import question
from iamlab.world.facts import of_resource

if TYPE_CHECKING:
    from iamlab.policy.document import Policy
    from iamlab.world.gather import Caller
    from iamlab.world.resources import Resource


def locks_out(resource: Resource, policy: Policy, caller: Caller, action: str) -> bool:
    """Say whether a caller could not do an action any more if the resource had this policy."""
    facts = replace(of_resource(resource), policy=policy)
    asked = question(resource.account.world, caller, action, resource.arn, None, {}, facts=facts)
    return not evaluate(asked.request, replace(asked.layers, scps=(), rcps=(), endpoint=None))

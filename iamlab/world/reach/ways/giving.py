"""Which policies somebody may give: the first of them that gives the most.

To attach a policy gives what that policy allows. Whoever may attach any takes AdministratorAccess;
where a condition on ``iam:PolicyARN`` leaves only some, those that it names are tried, and the
account's own.

Notes
-----
AWS pages: "IAM and AWS STS condition context keys", for ``iam:PolicyARN``; "AWS managed policies
for job functions".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from iamlab.engine.layers import Attached
from iamlab.policy.document import Policy
from iamlab.world import managed
from iamlab.world.api.naming import SERVICE_LINKED_ONLY
from iamlab.world.reach.asked import literals
from iamlab.world.reach.own_denies import denies_something
from iamlab.world.reach.powers import Change, any_permission, policy_given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.policies import ManagedPolicy
    from iamlab.world.reach.standpoint import Standpoint

POLICY_NAME = "reach"
"""What the inline policies of replayed ways are called."""

ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""The policy that allows all."""

ADMINISTRATOR = "AdministratorAccess"
STRONG = (ADMINISTRATOR, "IAMFullAccess", "PowerUserAccess")
"""Policies of AWS that are always tried: with the second one gives oneself the first."""


def administrator(one: Standpoint) -> str:
    """Give the ARN of AdministratorAccess in the partition of a power's account."""
    return f"arn:{one.account.partition}:iam::aws:policy/{ADMINISTRATOR}"


def change_by(one: Standpoint, policy: ManagedPolicy) -> Change:
    """Say what somebody gains who is given a managed policy, by its version that is in force."""
    (found,) = one.as_they_are([Attached(policy.document, policy.arn)])
    return any_permission() if allows_all(found.policy) else policy_given(found.policy, policy.arn)


@cache
def _all() -> Policy:
    return Policy.parse(ALL)


def allows_all(policy: Policy) -> bool:
    """Say whether a policy allows all, and nothing takes any of it away."""
    return not denies_something(policy) and any(
        "*" in (one.action or ()) and "*" in (one.resource or ()) and not one.conditions
        for one in policy.statements
    )


def allows_something(policy: Policy) -> bool:
    """Say whether a policy has an Allow."""
    return any(one.effect == "Allow" for one in policy.statements)


def policies_to_try(one: Standpoint) -> Iterator[ManagedPolicy]:
    """Give managed policies that a power might attach, strong ones first."""
    account = one.account
    for name in STRONG:
        yield account.get_policy(f"arn:{account.partition}:iam::aws:policy/{name}")
    layers = one.power.gathered.layers()
    every = (*layers.of("identity"), *layers.of("boundary"), *layers.of("scp"))
    named = {arn for each in every for arn in literals(each.policy, "iam:PolicyARN")}
    for arn in sorted(named):
        policy = account.policies.get(arn) or managed.find(arn)
        if policy is None or policy in one.stock.policies:
            continue
        if policy.name not in STRONG and not policy.path.startswith(SERVICE_LINKED_ONLY):
            yield policy
    yield from one.stock.policies

"""What can be shared at all: resources with a policy of their own, roles, and keys with grants.

Notes
-----
AWS pages: "IAM Access Analyzer supported resource types for external and internal access"; "AWS
services that work with IAM", for what else has a resource-based policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.actions import FOR_SERVICES_ONLY
from iamlab.policy.arn import Arn
from iamlab.policy.patterns import glob
from iamlab.world.resource_types import BUCKET, OBJECT, resource_type
from iamlab.world.services.cloudcontrol import SEPARATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.grants import Grant
    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.world import World

_NO_TYPE = "AWS::Unknown::Resource"
_BELOW = {"dynamodb": "/", "lambda": ":", "s3": "/", "sns": ":"}
"""Service -> what stands before that which lies below its resources."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A resource that may be shared.

    Parameters
    ----------
    owner
        The account; empty: its ARN says it, or nothing does.
    policy, grants
        Who is let in: its resource-based policy or trust policy, and KMS grants.
    separator
        What stands between its ARN and that of something below it; empty: nothing is below it.
    is_held
        Whether it is in the world, so that its tags are known; else only its policy was given.
    """

    arn: str
    policy: Policy | None
    owner: str = ""
    grants: tuple[Grant, ...] = ()
    separator: str = ""
    is_held: bool = True

    @property
    def is_role(self) -> bool:
        """Whether it is a role, whose policy speaks of ``sts`` actions."""
        return ":iam:" in self.arn

    @property
    def service(self) -> str:
        """The prefix of the actions that its policy speaks of."""
        return "sts" if self.is_role else Arn.parse(self.arn).service

    @property
    def type(self) -> str:
        """What it is, as Access Analyzer calls it."""
        return type_of(self.arn)


def type_of(arn: str) -> str:
    """Say what a resource is, as Access Analyzer calls it.

    Examples
    --------
    >>> type_of("arn:aws:s3:::maps"), type_of("arn:aws:iam::111122223333:role/sky/reader")
    ('AWS::S3::Bucket', 'AWS::IAM::Role')
    """
    parsed = Arn.parse(arn)
    found = resource_type(parsed.service, parsed.resource)
    return BUCKET if found == OBJECT else found or _NO_TYPE


def shared_of(account: Account) -> Iterator[Shared]:
    """Give what an account has that may be shared. A VPC endpoint's policy lets nobody at it."""
    given = account.world.resource_policies
    for role in account.roles.values():
        yield Shared(role.arn, given.get(role.arn) or role.trust, account.account_id)
    for one in account.resources.values():
        grants = one.grants
        if (one.policy is not None or grants) and one.service not in FOR_SERVICES_ONLY:
            yield Shared(one.arn, one.policy, account.account_id, grants, one.separator)


def shared_by_hand(world: World) -> Iterator[Shared]:
    """Give the resources of which nothing is known but the policy."""
    held = {arn for account in world.accounts.values() for arn in account.resources}
    held |= {role.arn for account in world.accounts.values() for role in account.roles.values()}
    for arn, policy in world.resource_policies.items():
        parsed = Arn.parse(arn)
        is_role = (parsed.service, parsed.kind) == ("iam", "role")
        if arn in held or parsed.service in FOR_SERVICES_ONLY:
            continue
        separator = "" if is_role else _separator(parsed)
        yield Shared(arn, policy, separator=separator, is_held=False)


def _separator(arn: Arn) -> str:
    form = f"{arn.service}::{arn.resource}"
    for known, separator in SEPARATORS.items():
        if glob(known, form):
            return separator
    return _BELOW.get(arn.service, "")

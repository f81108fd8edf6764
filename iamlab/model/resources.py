"""Resources: an ARN, an owner, tags, a policy. What is special about a service is in its module.

Notes
-----
AWS page: "AWS services that work with IAM", for what has a resource-based policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NoReturn

from iamlab.display import Shown
from iamlab.errors import RequestError
from iamlab.model.resource_types import parts_of

if TYPE_CHECKING:
    from iamlab.engine.grants import Grant
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy


@dataclass(slots=True, eq=False)
class Resource(Shown):
    """What requests are about: a bucket, a key, a queue.

    Parameters
    ----------
    arn
        Whatever comes below it (objects of a bucket, indexes of a table) is asked of the same
        policy.
    policy
        Its resource-based policy.
    """

    account: Account = field(repr=False)
    arn: str
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    policy: Policy | None = field(default=None, repr=False)
    kind: ClassVar[str] = "resource"
    separator: ClassVar[str] = ""
    """What stands between the ARN and that of something below it; empty: nothing is below it."""

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return parts_of(self.arn).name

    @property
    def service(self) -> str:
        """The prefix of the service that keeps it."""
        return parts_of(self.arn).service

    @property
    def region(self) -> str:
        """Where it is; empty of what is in no Region."""
        return parts_of(self.arn).region

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The KMS grants on it."""
        return ()

    @property
    def public_access_block(self) -> PublicAccessBlock | None:
        """The switches of S3 Block Public Access that are in force for it."""
        return None

    @property
    def context(self) -> dict[str, ContextValue]:
        """The condition keys that it brings along beside its tags and its owner."""
        return {}

    @property
    def under_rcps(self) -> bool:
        """Whether resource control policies reach it."""
        return True

    @property
    def shows_tags(self) -> bool:
        """Whether requests have its tags as ``aws:ResourceTag``."""
        return True

    def attach_policy(self, policy_arn: object) -> NoReturn:
        """Refuse: no service has such an operation, and nobody should look for it in vain.

        Raises
        ------
        RequestError
            With the two ways that work.
        """
        raise RequestError(
            f"A managed policy hangs on users, groups and roles, never on a {self.kind}. Attach "
            f"{policy_arn} to whoever shall use {self.name}: user.attach_policy(...). Or give the "
            f"{self.kind} a policy of its own, which names its Principal: "
            f"{self.kind}.put_policy(...)."
        )

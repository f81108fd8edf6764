"""Resources: an ARN, an owner, tags, a policy; and AWS's names for the types of resources.

Each service's module has the details of its resources.

Notes
-----
AWS pages: "AWS services that work with IAM", for what has a resource-based policy; "AWS resource
and property types reference"; "IAM Access Analyzer supported resource types for external and
internal access"; "CloudTrail record contents", resources.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NoReturn

from iamlab.display import Shown
from iamlab.errors import RequestError
from iamlab.policy.arn import parts_of
from iamlab.policy.patterns import glob
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.grants import Grant
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy


@dataclass(frozen=True, slots=True)
class Requested:
    """What a request to a resource meets.

    Parameters
    ----------
    account_id
        The owner's account; another account can own an object in a bucket.
    policy
        Its policy, with what else S3 adds: ACLs, the network origin of an access point.
    behind
        For an access point: the ARN that must allow the request, too, and the bucket's account.
    encrypted
        The KMS key of an object's data, and the ARN in the encryption context.
    """

    account_id: str
    policy: Policy | None
    public_access_block: PublicAccessBlock | None
    behind: tuple[str, str] | None = None
    encrypted: tuple[str, str] | None = None


@dataclass(slots=True, eq=False)
class Resource(Shown):
    """A resource that requests can be about: a bucket, a key, a queue.

    Parameters
    ----------
    arn
        What is below it (objects of a bucket, indexes of a table) has the same policy.
    policy
        Its resource-based policy.
    """

    account: Account = field(repr=False)
    arn: str
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    policy: Policy | None = field(default=None, repr=False)
    kind: ClassVar[str] = "resource"
    separator: ClassVar[str] = ""
    """The separator between the ARN and the name of a part; empty: it has no parts."""

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return parts_of(self.arn).name

    @property
    def service(self) -> str:
        """The prefix of its service."""
        return parts_of(self.arn).service

    @property
    def region(self) -> str:
        """Its Region; empty if it isn't in one."""
        return parts_of(self.arn).region

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Its KMS grants."""
        return ()

    @property
    def public_access_block(self) -> PublicAccessBlock | None:
        """The settings of S3 Block Public Access that apply to it."""
        return None

    @property
    def context(self) -> dict[str, ContextValue]:
        """Its condition keys other than tags and owner."""
        return {}

    @property
    def under_rcps(self) -> bool:
        """Whether resource control policies apply to it."""
        return True

    @property
    def shows_tags(self) -> bool:
        """Whether requests contain its tags as ``aws:ResourceTag``."""
        return True

    def requested(self, arn: str, action: str) -> Requested:  # noqa: ARG002 - S3 needs them
        """Return what a request to it, or to its part with this ARN, meets."""
        return Requested(self.account.account_id, self.policy, self.public_access_block)

    def attach_policy(self, policy_arn: object) -> NoReturn:
        """Raise an error that explains what to do instead: AWS has no such operation.

        Raises
        ------
        RequestError
            Always; it names the two methods that work.
        """
        raise RequestError(
            f"You can attach a managed policy to a user, group or role, not to a {self.kind}. "
            f"Attach {policy_arn} to the principals that use {self.name}: user.attach_policy(...). "
            f"Or write a policy for the {self.kind}, with a Principal: {self.kind}.put_policy(...)."
        )


BUCKET, OBJECT = "AWS::S3::Bucket", "AWS::S3::Object"

TYPES: Mapping[str, str] = tables(__file__, "data/resource_types.toml")
"""Service and resource -> the type; the first match counts."""


@lru_cache(maxsize=4096)
def resource_type(service: str, resource: str) -> str:
    """Return the type of the resource that an ARN names; empty if it is unknown.

    Parameters
    ----------
    resource
        The sixth part of the ARN.

    Examples
    --------
    >>> resource_type("s3", "star-maps/m31.fits"), resource_type("lambda", "function:resize")
    ('AWS::S3::Object', 'AWS::Lambda::Function')
    """
    text = f"{service}:{resource}"
    found = next((name for form, name in TYPES.items() if glob(form, text)), "")
    return OBJECT if found == BUCKET and "/" in resource else found

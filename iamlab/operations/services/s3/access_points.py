"""S3 access points: a name for a bucket, with its own policy, settings and network origin.

A request through an access point needs the permission of the access point and of its bucket. The
engine decides both: first for the ARN of the access point, then for the ARN in the bucket.

Notes
-----
AWS pages: "Configuring IAM policies for using access points"; "Creating access points restricted to
a virtual private cloud"; "Managing public access to access points for general purpose buckets";
"API CreateAccessPoint".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors.services import NoSuchAccessPointPolicy, NoSuchBucket
from iamlab.model.public_access_block import ALL_ON, combined
from iamlab.operations.parameters import as_text
from iamlab.operations.services.apis import Api, NamedResource, api_of, keep
from iamlab.operations.services.s3.acl_grants import with_statements
from iamlab.operations.services.s3.policies_and_public_access import sent_block, set_policy
from iamlab.policy import catalog
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.resources import Requested
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

API = api_of("access-point", Api)

_ABOUT_ITSELF = ("s3:tagresource", "s3:untagresource", "s3:listtagsforresource")
"""Actions on an access point or a bucket, which don't go on from one to the other."""


@dataclass(slots=True, eq=False)
class AccessPoint(NamedResource):
    """An S3 access point; objects are ``arn/object/key``.

    Parameters
    ----------
    bucket_name, bucket_account_id
        The bucket behind it, and the account of the bucket.
    vpc_id
        The VPC that all requests must come from; empty: they can come from the internet.
    own_public_access_block
        Its own four settings; ``public_access_block`` has the effective ones.
    """

    bucket_name: str = ""
    bucket_account_id: str = ""
    vpc_id: str = ""
    own_public_access_block: PublicAccessBlock = field(default=ALL_ON, repr=False)
    kind: ClassVar[str] = "access point"
    api: ClassVar[Api] = API
    separator: ClassVar[str] = "/"

    @property
    def network_origin(self) -> str:
        """``VPC`` or ``Internet``."""
        return "VPC" if self.vpc_id else "Internet"

    @property
    def context(self) -> dict[str, ContextValue]:
        """The condition keys of requests through it."""
        return {
            "s3:DataAccessPointArn": self.arn,
            "s3:DataAccessPointAccount": self.account.account_id,
            "s3:AccessPointNetworkOrigin": self.network_origin,
        }

    @property
    def public_access_block(self) -> PublicAccessBlock:
        """The four effective settings; its policy is never public with a VPC as its origin."""
        levels = [self.account.s3_public_access_block, self.own_public_access_block]
        owner = self.account.world.accounts.get(self.bucket_account_id)
        bucket = None if owner is None else owner.resources.get(self.bucket_arn)
        effective = combined(*levels, None if bucket is None else bucket.public_access_block)
        if not self.vpc_id:
            return effective
        return replace(effective, block_public_policy=False, restrict_public_buckets=False)

    @property
    def bucket_arn(self) -> str:
        """The ARN of the bucket behind it."""
        return f"arn:{self.account.partition}:s3:::{self.bucket_name}"

    def requested(self, arn: str, action: str) -> Requested:
        """Return what a request through it meets; with a VPC, S3 denies requests from elsewhere.

        Actions on the access point itself, such as ``s3:GetAccessPointPolicy``, don't go on to
        the bucket.
        """
        met = NamedResource.requested(self, arn, action)
        known = catalog.action(action) if action else None
        types = set() if known is None else {use.name for use in known.resource_types}
        if not types & {"bucket", "object"} or action.lower() in _ABOUT_ITSELF:
            return met
        _, is_object, key = arn.removeprefix(self.arn).partition("/object/")
        behind = f"{self.bucket_arn}{f'/{key}' if is_object else ''}", self.bucket_account_id
        if not self.vpc_id:
            return replace(met, behind=behind)
        when = {"StringNotEquals": {"aws:SourceVpc": self.vpc_id}}
        own = [self.arn, f"{self.arn}/object/*"]
        elsewhere = Policy.deny("s3:*", own, principal="*", sid="NetworkOrigin", when=when)
        policy = with_statements(self.policy, f"policy of {self.name}", elsewhere.statements)
        return replace(met, policy=policy, behind=behind)

    def put_policy(self, document: Document) -> None:
        """Replace its policy.

        Raises
        ------
        MalformedPolicy
            In S3's words.
        AccessDenied
            It is public, and BlockPublicPolicy is on.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> bucket, ana = main.create_bucket("maps"), main.create_user("ana")
        >>> point = main.create_access_point("readers", bucket)
        >>> objects = f"{point.arn}/object/*"
        >>> point.put_policy(Policy.allow("s3:GetObject", objects, principal=ana.arn))
        >>> print(main.world.can(ana, "s3:GetObject", f"{point.arn}/object/m31"))
        ○ implicit deny
        >>> bucket.put_policy(Policy.allow("s3:GetObject", f"{bucket.arn}/*", principal=ana.arn))
        >>> print(main.world.can(ana, "s3:GetObject", f"{point.arn}/object/m31"))
        ✓ allowed by policy of readers/#1
        """
        self._do("PutAccessPointPolicy", Policy=as_text(document))

    def get_policy(self) -> Policy:
        """Return its policy.

        Raises
        ------
        NoSuchAccessPointPolicy
            It has none.
        """
        read: Policy = self._do("GetAccessPointPolicy")
        return read

    def delete_policy(self) -> None:
        """Delete its policy; without one, nothing happens."""
        self._do("DeleteAccessPointPolicy")


def _keys(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition keys of creating an access point."""
    return _new(account, API.arn_of(account, arguments), arguments).context


def _new(account: Account, arn: str, arguments: Parameters) -> AccessPoint:
    return AccessPoint(
        account,
        arn,
        bucket_name=arguments["Bucket"],
        bucket_account_id=arguments.get("BucketAccountId", account.account_id),
        vpc_id=(arguments.get("VpcConfiguration") or {}).get("VpcId", ""),
        own_public_access_block=sent_block(arguments) or ALL_ON,
    )


# In AWS's API, policy and tags have their own operations.
@API.does("CreateAccessPoint", also=API.also, keys=_keys, by_whom=True)
def create_access_point(account: Account, arguments: Parameters, caller: Caller) -> AccessPoint:
    """Create an access point for a bucket of the account, or of another account that it names."""
    made = _new(account, API.check_new(account, arguments), arguments)
    owner = account.world.accounts.get(made.bucket_account_id)
    if owner is not None and made.bucket_arn not in owner.resources:
        raise NoSuchBucket("The specified bucket does not exist")
    if "Policy" in arguments:
        set_policy(made, arguments["Policy"], caller, "AccessPoint")
    return keep(made)


API.shared(tags=False)  # they are tagged as buckets are


@API.does("PutAccessPointPolicy", by_whom=True)
def put_access_point_policy(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Replace an access point's policy."""
    set_policy(API.find(account, arguments), arguments["Policy"], caller, "AccessPoint")


@API.does("GetAccessPointPolicy", lambda policy: {"Policy": policy.text})
def get_access_point_policy(account: Account, arguments: Parameters) -> Policy:
    """Return an access point's policy."""
    policy: Policy | None = API.find(account, arguments).policy
    if policy is None:
        raise NoSuchAccessPointPolicy("The specified accesspoint does not have a policy")
    return policy


API.deletes_policies("DeleteAccessPointPolicy")

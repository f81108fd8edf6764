"""The S3 bucket: its fields, its operations as methods, and how calls name it.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "Blocking public access to your Amazon S3 storage";
"Controlling ownership of objects and disabling ACLs for your bucket"; "Enabling ABAC in general
purpose buckets"; "API GetBucketPolicyStatus".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.model.public_access_block import ALL_ON, PublicStatus, as_parameter, combined, status_of
from iamlab.model.resources import Requested
from iamlab.operations.parameters import as_tags, as_text
from iamlab.operations.services.apis import Api, NamedResource, api_of
from iamlab.operations.services.s3.acl_grants import (
    Acl,
    private_acl,
    statements_of,
    with_statements,
)
from iamlab.policy.public import is_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy


class _Buckets(Api):
    """Bucket names are globally unique. The newest operations use a bucket's ARN."""

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of a call's bucket."""
        named = arguments.get("Bucket", "")
        return str(arguments.get("ResourceArn", f"arn:{account.partition}:s3:::{named}"))

    def arn_of_tagged(self, _: Account, arguments: Parameters) -> str:
        """Return the ARN in a call; ``*`` without one."""
        return str(arguments.get("ResourceArn", ""))

    def find(self, account: Account, arguments: Parameters) -> Bucket:
        """Find a call's bucket, in any account."""
        arn = self.arn_of(account, arguments)
        owners = account.world.accounts.values()
        found: Any = next(
            (owner.resources[arn] for owner in owners if arn in owner.resources), None
        )
        if not isinstance(found, Bucket) and (found is None or "Bucket" in arguments):
            raise self.absent(arn)
        bucket: Bucket = found  # or an access point, which is tagged as a bucket is
        return bucket


API = api_of("bucket", _Buckets)

ENFORCED, PREFERRED = "BucketOwnerEnforced", "BucketOwnerPreferred"
OWNERSHIPS = (ENFORCED, PREFERRED, "ObjectWriter")
"""The values of ObjectOwnership; the first one disables ACLs."""


_ON_BUCKET = ("s3:putobject", "s3:deleteobject", "s3:deleteobjectversion")
"""Actions on objects that the bucket's owner decides about."""


@dataclass(slots=True, eq=False)
class Bucket(NamedResource):
    """An S3 bucket. Its policy also applies to its objects ``arn:aws:s3:::name/key``.

    A new bucket is as in AWS since April 2023: nothing in it can be public, and ACLs are disabled.

    Parameters
    ----------
    own_public_access_block
        Its own four settings; ``public_access_block`` has the effective ones.
    object_ownership
        One of ``OWNERSHIPS``, or ``None`` without a setting.
    abac
        ``"Enabled"`` if its tags affect access.
    acls
        The ACLs by key, with their owners; its own has the key ``""``. Without an ACL, only the
        bucket's owner has access.
    """

    own_public_access_block: PublicAccessBlock | None = field(default=ALL_ON, repr=False)
    object_ownership: str | None = field(default=ENFORCED, repr=False)
    abac: str = field(default="Disabled", repr=False)
    acls: dict[str, Acl] = field(default_factory=dict, repr=False)
    kind: ClassVar[str] = "bucket"
    api: ClassVar[Api] = API
    separator: ClassVar[str] = "/"

    @property
    def public_access_block(self) -> PublicAccessBlock:
        """The four effective settings: on if on for the account or the bucket."""
        return combined(self.account.s3_public_access_block, self.own_public_access_block)

    @property
    def shows_tags(self) -> bool:
        """Whether requests contain its tags as ``aws:ResourceTag``: only with ABAC."""
        return self.abac == "Enabled"

    def acl(self, key: str = "") -> Acl:
        """Return its ACL or that of an object: private while ACLs are disabled."""
        known = None if self.object_ownership == ENFORCED else self.acls.get(key)
        return known or private_acl(self.account)

    def requested(self, arn: str, action: str) -> Requested:
        """Return what a request to it or its objects meets: the bucket policy, and ACLs.

        Who owns an object decides about it, except that the bucket policy can deny. The bucket's
        owner decides about uploads and deletions.
        """
        met = NamedResource.requested(self, arn, action)
        if self.object_ownership == ENFORCED or not self.acls:
            return met
        policy, block, world = self.policy, self.public_access_block, self.account.world
        if policy is None or not is_public(policy):  # whatever the ACLs say
            block = replace(block, restrict_public_buckets=False)
        added = [*statements_of(self.acl(), "bucket", self.arn, world, block)]
        key, owner = arn.removeprefix(f"{self.arn}/"), met.account_id
        if key in self.acls and action.lower() not in _ON_BUCKET:
            added += statements_of(self.acls[key], "object", arn, world, block)
            owner = self.acls[key].owner
        denies, name = owner != met.account_id, f"ACL of {self.name}"
        merged = with_statements(policy, name, tuple(added), only_denies=denies)
        return Requested(owner, merged, block)

    def put_policy(self, document: Document) -> None:
        """Replace the bucket policy.

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
        >>> objects = f"{bucket.arn}/*"
        >>> bucket.put_policy(Policy.allow("s3:GetObject", objects, principal=ana.arn))
        >>> print(main.world.can(ana, "s3:GetObject", f"{bucket.arn}/m31"))
        ✓ allowed by policy of maps/#1
        """
        self._do("PutBucketPolicy", Policy=as_text(document))

    def get_policy(self) -> Policy:
        """Return the bucket policy.

        Raises
        ------
        NoSuchBucketPolicy
            There is no bucket policy.
        """
        read: Policy = self._do("GetBucketPolicy")
        return read

    def delete_policy(self) -> None:
        """Delete the bucket policy; without one, nothing happens."""
        self._do("DeleteBucketPolicy")

    def is_public(self) -> PublicStatus:
        """Return whether S3 considers its policy public, and why; settings don't change that.

        Examples
        --------
        >>> from iamlab import World
        >>> bucket = World(seed=7).create_account("main").create_bucket("maps")
        >>> print(bucket.is_public())
        not public: it has no bucket policy
        """
        return status_of(self.policy, self.public_access_block)

    def put_public_access_block(
        self,
        *,
        block_public_acls: bool = False,
        ignore_public_acls: bool = False,
        block_public_policy: bool = False,
        restrict_public_buckets: bool = False,
    ) -> None:
        """Set its four settings of Block Public Access; settings not named are off.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> bucket = main.create_bucket("maps")
        >>> bucket.put_public_access_block(block_public_acls=True)
        >>> bucket.public_access_block.block_public_policy
        False
        """
        switches = PublicAccessBlock(
            block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets
        )
        self._do("PutPublicAccessBlock", PublicAccessBlockConfiguration=as_parameter(switches))

    def get_public_access_block(self) -> PublicAccessBlock:
        """Return its own four settings.

        Raises
        ------
        NoSuchPublicAccessBlockConfiguration
            It has no settings.
        """
        read: PublicAccessBlock = self._do("GetPublicAccessBlock")
        return read

    def delete_public_access_block(self) -> None:
        """Delete its own four settings: only the account's apply."""
        self._do("DeletePublicAccessBlock")

    def put_ownership_controls(self, object_ownership: str) -> None:
        """Set who owns the objects: ``BucketOwnerEnforced`` disables ACLs."""
        controls = {"Rules": [{"ObjectOwnership": object_ownership}]}
        self._do("PutBucketOwnershipControls", OwnershipControls=controls)

    def delete_ownership_controls(self) -> None:
        """Remove the setting: whoever uploads an object owns it, as before 2021."""
        self._do("DeleteBucketOwnershipControls")

    def put_acl(
        self, acl: str | None = None, *, access_control_policy: Mapping[str, Any] | None = None
    ) -> None:
        """Set a canned ACL, ``"private"`` or ``"public-read"``, or the grants of a list.

        Raises
        ------
        AccessControlListNotSupported
            ACLs are disabled, which is the default.
        AccessDenied
            It is public, and BlockPublicAcls is on.

        Examples
        --------
        >>> from iamlab import ANONYMOUS, World
        >>> from iamlab.engine.public_access import PublicAccessBlock
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> bucket = main.create_bucket("maps", object_ownership="ObjectWriter",
        ...                             public_access_block=PublicAccessBlock())
        >>> bucket.put_acl("public-read")
        >>> print(main.world.can(ANONYMOUS, "s3:ListBucket", bucket.arn))
        ✓ allowed by ACL of maps/ACL READ
        """
        self._do("PutBucketAcl", ACL=acl, AccessControlPolicy=access_control_policy)

    def put_object_acl(
        self,
        key: str,
        acl: str | None = None,
        *,
        access_control_policy: Mapping[str, Any] | None = None,
    ) -> None:
        """Set the ACL of an object, like ``put_acl``."""
        self._do("PutObjectAcl", Key=key, ACL=acl, AccessControlPolicy=access_control_policy)

    def put_object(self, key: str, *, acl: str | None = None) -> None:
        """Upload an object: its owner and ACL are stored."""
        self._do("PutObject", Key=key, ACL=acl)

    def put_abac(self, status: str) -> None:
        """Set whether its tags affect access (``"Enabled"``) or not (``"Disabled"``).

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> bucket = main.create_bucket("maps", tags={"team": "sky"})
        >>> bucket.shows_tags
        False
        >>> bucket.put_abac("Enabled")
        >>> bucket.shows_tags
        True
        """
        self._do("PutBucketAbac", AbacStatus={"Status": status})

    def put_tagging(self, tags: Mapping[str, str]) -> None:
        """Replace all its tags (``PutBucketTagging``); with ABAC use ``tag``."""
        self._do("PutBucketTagging", Tagging={"TagSet": as_tags(tags)})

    def delete_tagging(self) -> None:
        """Delete all its tags (``DeleteBucketTagging``); with ABAC use ``untag``."""
        self._do("DeleteBucketTagging")

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation on it; after its deletion, another account can use its name."""
        if self.account.resources.get(self.arn) is not self:
            raise API.absent(self.arn)
        return super(Bucket, self)._do(operation, **parameters)

    def _named(self, parameter: str) -> dict[str, str]:
        return {parameter: self.name if parameter == "Bucket" else self.arn}


def object_of(account: Account, arguments: Parameters) -> str:
    """Return the ARN of a call's object."""
    return f"{API.arn_of(account, arguments)}/{arguments.get('Key', '')}"

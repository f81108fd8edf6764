"""The S3 bucket: what it keeps, its operations as methods, and how calls name it.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "Blocking public access to your Amazon S3 storage";
"Controlling ownership of objects and disabling ACLs for your bucket"; "Enabling ABAC in general
purpose buckets"; "API GetBucketPolicyStatus".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors.services import InvalidTag, NoSuchBucket
from iamlab.model.public_access_block import ALL_ON, PublicStatus, as_parameter, combined, status_of
from iamlab.operations.parameters import as_tags, as_text
from iamlab.operations.services.apis import Api, NamedResource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy


class _Buckets(Api):
    """Names of buckets are unique in the world. The newest operations take a bucket's ARN."""

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of the bucket that a call is about."""
        named = arguments.get("Bucket", "")
        return str(arguments.get("ResourceArn", f"arn:{account.partition}:s3:::{named}"))

    def arn_of_tagged(self, _: Account, arguments: Parameters) -> str:
        """Return the ARN that a call sends; without one it is about no bucket."""
        return str(arguments.get("ResourceArn", ""))

    def find(self, account: Account, arguments: Parameters) -> Bucket:
        """Find the bucket that a call is about, whoever owns it."""
        arn = self.arn_of(account, arguments)
        owners = account.world.accounts.values()
        found = next((owner.resources[arn] for owner in owners if arn in owner.resources), None)
        if not isinstance(found, Bucket):
            raise self.absent(arn)
        return found


API = _Buckets(
    service="s3",
    named_by=("Bucket", "ResourceArn"),
    absent=lambda _: NoSuchBucket("The specified bucket does not exist"),
    untaggable=InvalidTag,
    delete="DeleteBucket",
)

ENFORCED = "BucketOwnerEnforced"
OWNERSHIPS = (ENFORCED, "BucketOwnerPreferred", "ObjectWriter")
"""Who owns the objects of a bucket; with the first of them ACLs are switched off."""


@dataclass(slots=True, eq=False)
class Bucket(NamedResource):
    """An S3 bucket. Its objects are ``arn:aws:s3:::name/key``, and are asked of its policy.

    A new one is as AWS makes it since April 2023: nothing in it can be public, and ACLs are off.

    Parameters
    ----------
    own_public_access_block
        Its own four switches; those in force are ``public_access_block``.
    object_ownership
        One of ``OWNERSHIPS``, or ``None`` where nothing is said.
    abac
        ``"Enabled"`` if its tags count in access control.
    """

    own_public_access_block: PublicAccessBlock | None = field(default=ALL_ON, repr=False)
    object_ownership: str | None = field(default=ENFORCED, repr=False)
    abac: str = field(default="Disabled", repr=False)
    kind: ClassVar[str] = "bucket"
    api: ClassVar[Api] = API
    separator: ClassVar[str] = "/"

    @property
    def public_access_block(self) -> PublicAccessBlock:
        """The four switches in force: on for the account or for the bucket is on."""
        return combined(self.account.s3_public_access_block, self.own_public_access_block)

    @property
    def shows_tags(self) -> bool:
        """Whether requests have its tags as ``aws:ResourceTag``: not until ABAC is enabled."""
        return self.abac == "Enabled"

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
        """Read the bucket policy.

        Raises
        ------
        NoSuchBucketPolicy
            There is none.
        """
        read: Policy = self._do("GetBucketPolicy")
        return read

    def delete_policy(self) -> None:
        """Take the bucket policy away; S3 does not mind if there is none."""
        self._do("DeleteBucketPolicy")

    def is_public(self) -> PublicStatus:
        """Return whether S3 takes its policy for public, and why; switches do not change that.

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
        """Set its four switches of Block Public Access; those that are not named are off.

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
        """Read its own four switches.

        Raises
        ------
        NoSuchPublicAccessBlockConfiguration
            It has none.
        """
        read: PublicAccessBlock = self._do("GetPublicAccessBlock")
        return read

    def delete_public_access_block(self) -> None:
        """Take its own four switches away: only the account's are left."""
        self._do("DeletePublicAccessBlock")

    def put_ownership_controls(self, object_ownership: str) -> None:
        """Set who owns the objects: ``BucketOwnerEnforced`` disables ACLs."""
        controls = {"Rules": [{"ObjectOwnership": object_ownership}]}
        self._do("PutBucketOwnershipControls", OwnershipControls=controls)

    def delete_ownership_controls(self) -> None:
        """Remove the setting: whoever uploads an object owns it, as before 2021."""
        self._do("DeleteBucketOwnershipControls")

    def put_acl(self, acl: str) -> None:
        """Set one of the ready-made ACLs: ``"private"``, ``"public-read"``.

        Raises
        ------
        AccessControlListNotSupported
            ACLs are off, as they are if nothing else was said.
        AccessDenied
            It is public, and BlockPublicAcls is on.
        RequestError
            It would give somebody access: iamlab does not model what ACLs grant.
        """
        self._do("PutBucketAcl", ACL=acl)

    def put_object(self, key: str, *, acl: str | None = None) -> None:
        """Try an upload as far as ACLs go; objects are not kept."""
        self._do("PutObject", Key=key, ACL=acl)

    def put_abac(self, status: str) -> None:
        """Let its tags count in access control (``"Enabled"``), or not (``"Disabled"``).

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
        """Take all its tags away (``DeleteBucketTagging``); with ABAC use ``untag``."""
        self._do("DeleteBucketTagging")

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation on it; once it is deleted, its name may be another account's."""
        if self.account.resources.get(self.arn) is not self:
            raise API.absent(self.arn)
        return super(Bucket, self)._do(operation, **parameters)

    def _named(self, parameter: str) -> dict[str, str]:
        return {parameter: self.name if parameter == "Bucket" else self.arn}


def object_of(account: Account, arguments: Parameters) -> str:
    """Return the ARN of the object that a call is about."""
    return f"{API.arn_of(account, arguments)}/{arguments.get('Key', '')}"

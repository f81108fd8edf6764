"""The S3 bucket: its fields, its operations as methods, and how calls name it.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "Blocking public access to your Amazon S3 storage";
"Controlling ownership of objects and disabling ACLs for your bucket"; "Enabling ABAC in general
purpose buckets"; "API GetBucketPolicyStatus"; "Setting default server-side encryption behavior for
Amazon S3 buckets"; "Using server-side encryption with AWS KMS keys (SSE-KMS)"; "Reducing the cost
of SSE-KMS with Amazon S3 Bucket Keys".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import noted
from iamlab.errors.services import MethodNotAllowed
from iamlab.model.public_access_block import ALL_ON, PublicStatus, as_parameter, combined, status_of
from iamlab.operations.iam.common import filled
from iamlab.operations.parameters import as_tags, as_text
from iamlab.operations.services.apis import Api, NamedResource, api_of
from iamlab.operations.services.kms.key import API as KEYS
from iamlab.operations.services.s3.acl_grants import (
    Acl,
    private_acl,
    statements_of,
    with_statements,
)
from iamlab.policy.arn import is_arn
from iamlab.policy.public import is_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.resources import Requested
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy


def not_allowed(note: str) -> AwsError:
    """Make S3's error for an operation that a resource doesn't support."""
    refused = MethodNotAllowed("The specified method is not allowed against this resource.")
    return noted(refused, note)


class _Buckets(Api):
    """Bucket names are globally unique. The newest operations use a bucket's ARN."""

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of a call's bucket, or of the access point that it names instead."""
        named = arguments.get("Bucket", "")
        arn = named if is_arn(named) else f"arn:{account.partition}:s3:::{named}"
        return str(arguments.get("ResourceArn", arn))

    def arn_of_tagged(self, _: Account, arguments: Parameters) -> str:
        """Return the ARN in a call; ``*`` without one."""
        return str(arguments.get("ResourceArn", ""))

    def find(
        self, account: Account, arguments: Parameters, *, by_access_point: bool = False
    ) -> Bucket:
        """Find a call's bucket, in any account; for some operations behind an access point.

        Raises
        ------
        MethodNotAllowed
            Access points don't support the operation.
        """
        arn = self.arn_of(account, arguments)
        known = (owner.resources.get(arn) for owner in account.world.accounts.values())
        found: Any = next(filter(None, known), None)
        if found is None:
            raise self.absent(arn)
        if "Bucket" in arguments and not isinstance(found, Bucket):
            if by_access_point or "Key" in arguments:
                return self.find(account, {"Bucket": found.bucket_name})
            raise not_allowed("Access points don't support it: name the bucket.")
        bucket: Bucket = found  # or an access point, which is tagged as a bucket is
        return bucket


API = api_of("bucket", _Buckets)

ENFORCED, PREFERRED = "BucketOwnerEnforced", "BucketOwnerPreferred"
OWNERSHIPS = (ENFORCED, PREFERRED, "ObjectWriter")
"""The values of ObjectOwnership; the first one disables ACLs."""

SSE_S3 = "AES256"


@dataclass(frozen=True, slots=True)
class DefaultEncryption:
    """How S3 encrypts new objects of a bucket if the request doesn't say it.

    Parameters
    ----------
    kms_master_key_id
        As the call named it; empty: with KMS, the AWS managed key ``aws/s3``.
    """

    sse_algorithm: str = SSE_S3
    kms_master_key_id: str = ""
    bucket_key_enabled: bool = False

    def as_parameter(self) -> dict[str, Any]:
        """Return it in the API's form."""
        by = filled(SSEAlgorithm=self.sse_algorithm, KMSMasterKeyID=self.kms_master_key_id)
        has_bucket_key = {"BucketKeyEnabled": self.bucket_key_enabled}
        return {"Rules": [{"ApplyServerSideEncryptionByDefault": by, **has_bucket_key}]}


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
    encryption
        The default encryption. Objects aren't stored, so it decides for all of them: AWS decrypts
        an object with the key that it was written with.
    """

    own_public_access_block: PublicAccessBlock | None = field(default=ALL_ON, repr=False)
    object_ownership: str | None = field(default=ENFORCED, repr=False)
    abac: str = field(default="Disabled", repr=False)
    acls: dict[str, Acl] = field(default_factory=dict, repr=False)
    encryption: DefaultEncryption = field(default=DefaultEncryption(), repr=False)
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
        met = replace(NamedResource.requested(self, arn, action), encrypted=self._encrypted(arn))
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
        return replace(met, account_id=owner, policy=merged, public_access_block=block)

    def _encrypted(self, arn: str) -> tuple[str, str] | None:
        """Return the KMS key of an object, and the ARN in the encryption context."""
        if self.encryption.sse_algorithm == SSE_S3 or arn == self.arn:
            return None
        named = {"KeyId": self.encryption.kms_master_key_id or "alias/aws/s3"}
        shown = self.arn if self.encryption.bucket_key_enabled else arn
        return KEYS.arn_of(self.account, named), shown

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

    def put_encryption(
        self, sse_algorithm: str, kms_master_key_id: str = "", *, bucket_key_enabled: bool = False
    ) -> None:
        """Set its default encryption: ``"AES256"``, or ``"aws:kms"``, which needs a KMS key.

        Name the key by its ARN or id, or by an alias of the bucket's account; without a key, S3
        uses the AWS managed key.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> bucket, ana = main.create_bucket("maps"), main.create_user("ana")
        >>> ana.put_policy("read", Policy.allow("s3:GetObject", f"{bucket.arn}/*"))
        >>> bucket.put_encryption("aws:kms", main.create_key().arn)
        >>> decision = main.world.can(ana, "s3:GetObject", f"{bucket.arn}/m31")
        >>> [(pair.request.action, pair.allowed) for pair in decision.pairs]
        [('s3:GetObject', True), ('kms:Decrypt', False)]
        """
        chosen = DefaultEncryption(sse_algorithm, kms_master_key_id, bucket_key_enabled)
        self._do("PutBucketEncryption", ServerSideEncryptionConfiguration=chosen.as_parameter())

    def delete_encryption(self) -> None:
        """Reset its default encryption to SSE-S3: ``"AES256"``."""
        self._do("DeleteBucketEncryption")

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
    """Return the ARN of a call's object: as the access point has it, if the call names one."""
    below = "/object/" if is_arn(arguments.get("Bucket", "")) else "/"
    return f"{API.arn_of(account, arguments)}{below}{arguments.get('Key', '')}"

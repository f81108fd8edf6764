"""S3: create and delete buckets; their tags, object ownership and default encryption.

Tags are for billing, and for access control if ABAC is enabled.

Notes
-----
AWS pages: "Default settings for new S3 buckets FAQ"; "API CreateBucket"; "Using tags with S3
general purpose buckets"; "Enabling ABAC in general purpose buckets"; "Controlling ownership of
objects and disabling ACLs for your bucket"; "Access control list (ACL) overview"; "API
PutBucketEncryption".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import BucketAlreadyExists, BucketAlreadyOwnedByYou, noted
from iamlab.errors.services import (
    InvalidArgument,
    InvalidBucketAclWithBlockPublicAccessError,
    InvalidBucketAclWithObjectOwnership,
    MalformedXML,
)
from iamlab.model.public_access_block import ALL_ON
from iamlab.model.quotas import check_bucket_name
from iamlab.operations.services.apis import keep
from iamlab.operations.services.kms.keys import use_managed_key
from iamlab.operations.services.s3.acl_grants import MALFORMED_XML
from iamlab.operations.services.s3.acls import OWNERS_ACLS, new_acl
from iamlab.operations.services.s3.bucket import (
    API,
    ENFORCED,
    OWNERSHIPS,
    SSE_S3,
    Bucket,
    DefaultEncryption,
    not_allowed,
)
from iamlab.operations.services.s3.policies_and_public_access import sent_block, set_policy

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

_NEEDS = {
    "ObjectOwnership": "s3:PutBucketOwnershipControls",
    "Policy": "s3:PutBucketPolicy",
    "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
}
"""Parameter of CreateBucket -> the action that it also needs."""


_OPEN = InvalidBucketAclWithObjectOwnership(
    f"Bucket cannot have ACLs set with ObjectOwnership's {ENFORCED} setting"
)


def _also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    bucket = API.arn_of(account, arguments)
    needed = [(action, bucket) for name, action in _NEEDS.items() if name in arguments]
    opens = arguments.get("ACL", "private") not in OWNERS_ACLS
    return [*needed, ("s3:PutBucketAcl", bucket)] if opens else needed


# In AWS's API, policy and settings have their own operations.
@API.does("CreateBucket", also=_also, by_whom=True)
def create_bucket(account: Account, arguments: Parameters, caller: Caller) -> Bucket:
    """Create a bucket with a globally unique name."""
    name = arguments["Bucket"]
    check_bucket_name(name)
    if name in account.buckets:
        raise BucketAlreadyOwnedByYou(
            "Your previous request to create the named bucket succeeded and you already own it."
        )
    if any(name in other.buckets for other in account.world.accounts.values()):
        raise BucketAlreadyExists(
            "The requested bucket name is not available. The bucket namespace is shared by all "
            "users of the system. Please select a different name and try again."
        )
    ownership = arguments.get("ObjectOwnership", ENFORCED)
    if ownership not in OWNERSHIPS:
        raise InvalidArgument(f"Invalid x-amz-object-ownership header: {ownership}")
    bucket = Bucket(
        account,
        API.arn_of(account, arguments),
        API.tags(arguments),
        own_public_access_block=sent_block(arguments) or ALL_ON,
        object_ownership=ownership,
    )
    blocked = InvalidBucketAclWithBlockPublicAccessError(
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
    )
    acl = new_acl(arguments, bucket, account, (_OPEN, blocked), *OWNERS_ACLS)
    bucket.acls = {"": acl} if acl.grants[1:] else {}
    if "Policy" in arguments:
        set_policy(bucket, arguments["Policy"], caller)
    return keep(bucket)


API.shared()

# -- tags, and whether they affect access: the older operations don't work if they do
# ---------------


def _find_older(account: Account, arguments: Parameters) -> Bucket:
    """Find the bucket for an older operation.

    Raises
    ------
    MethodNotAllowed
        ABAC is enabled. AWS documents the rejection, but not its code and sentence.
    """
    bucket = API.find(account, arguments)
    if bucket.shows_tags:
        raise not_allowed("With ABAC enabled, tags affect access: use bucket.tag, bucket.untag.")
    return bucket


@API.does("PutBucketTagging")
@API.does("DeleteBucketTagging", action="s3:PutBucketTagging")
def replace_bucket_tags(account: Account, arguments: Parameters) -> None:
    """Replace or delete all tags of a bucket."""
    bucket = _find_older(account, arguments)
    bucket.tags = API.tags({"Tags": arguments.get("Tagging", {}).get("TagSet", ())})


@API.does("PutBucketAbac")
def put_bucket_abac(account: Account, arguments: Parameters) -> None:
    """Set whether a bucket's tags affect access."""
    status = arguments["AbacStatus"].get("Status")
    if status not in ("Enabled", "Disabled"):
        raise MalformedXML(MALFORMED_XML)
    API.find(account, arguments).abac = status


# -- who owns objects -----------------------------------------------------------------------------


@API.does("PutBucketOwnershipControls")
def put_bucket_ownership_controls(account: Account, arguments: Parameters) -> None:
    """Set who owns a bucket's objects; the bucket's ACL must be private to disable ACLs."""
    match arguments["OwnershipControls"].get("Rules"):
        case [{"ObjectOwnership": ownership}] if ownership in OWNERSHIPS:
            pass
        case _:
            note = f"OwnershipControls has one rule, for one of {', '.join(OWNERSHIPS)}."
            raise noted(MalformedXML(MALFORMED_XML), note)
    bucket = API.find(account, arguments)
    own = {bucket.account.canonical_user_id}
    if ownership == ENFORCED and {grant.grantee for grant in bucket.acl().grants} - own:
        raise _OPEN
    bucket.object_ownership = ownership


@API.does("DeleteBucketOwnershipControls", action="s3:PutBucketOwnershipControls")
def delete_bucket_ownership_controls(account: Account, arguments: Parameters) -> None:
    """Remove the setting."""
    API.find(account, arguments).object_ownership = None


# -- how objects are encrypted by default ----------------------------------------------------------


_BY = (SSE_S3, "aws:kms", "aws:kms:dsse")


@API.does("PutBucketEncryption", action="s3:PutEncryptionConfiguration")
@API.does("DeleteBucketEncryption", action="s3:PutEncryptionConfiguration")
def set_bucket_encryption(account: Account, arguments: Parameters) -> None:
    """Set the default encryption, or reset it to SSE-S3; S3 doesn't check that the key exists."""
    reset = DefaultEncryption().as_parameter()
    rules = arguments.get("ServerSideEncryptionConfiguration", reset).get("Rules")
    match rules:
        case [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": str(by)}}] if by in _BY:
            rule, default = rules[0], rules[0]["ApplyServerSideEncryptionByDefault"]
        case _:
            raise noted(MalformedXML(MALFORMED_XML), f"It has one rule, with {', '.join(_BY)}.")
    key, has_bucket_key = str(default.get("KMSMasterKeyID", "")), rule.get("BucketKeyEnabled")
    if key and by == SSE_S3:
        raise InvalidArgument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
            "aws:kms:dsse"
        )
    bucket = API.find(account, arguments)
    if not key and by != SSE_S3:
        use_managed_key(bucket.account, "s3")
    bucket.encryption = DefaultEncryption(by, key, bool(has_bucket_key))

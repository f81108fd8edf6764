"""S3: create and delete buckets, with their tags and object ownership.

Tags are for billing, and for access control if ABAC is enabled.

Notes
-----
AWS pages: "Default settings for new S3 buckets FAQ"; "API CreateBucket"; "Using tags with S3
general purpose buckets"; "Enabling ABAC in general purpose buckets"; "Controlling ownership of
objects and disabling ACLs for your bucket"; "Access control list (ACL) overview".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import BucketAlreadyExists, BucketAlreadyOwnedByYou, noted
from iamlab.errors.services import (
    InvalidArgument,
    InvalidBucketAclWithBlockPublicAccessError,
    InvalidBucketAclWithObjectOwnership,
    MalformedXML,
    MethodNotAllowed,
)
from iamlab.model.public_access_block import ALL_ON, from_parameter
from iamlab.model.quotas import check_bucket_name
from iamlab.operations.iam.common import write_tags
from iamlab.operations.services.apis import keep
from iamlab.operations.services.s3.acls import OWNERS_ACLS, new_acl
from iamlab.operations.services.s3.bucket import API, ENFORCED, OWNERSHIPS, Bucket
from iamlab.operations.services.s3.policies_and_public_access import set_policy

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

MALFORMED_XML = (
    "The XML you provided was not well-formed or did not validate against our published schema"
)

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


def _as_location(bucket: Bucket) -> dict[str, Any]:
    return {"Location": f"/{bucket.name}", "BucketArn": bucket.arn}


# In AWS's API, policy and settings have their own operations.
@API.does("CreateBucket", _as_location, also=_also, by_whom=True)
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
    sent = arguments.get("PublicAccessBlockConfiguration")
    bucket = Bucket(
        account,
        API.arn_of(account, arguments),
        API.tags(arguments),
        own_public_access_block=ALL_ON if sent is None else from_parameter(sent),
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
        raise noted(
            MethodNotAllowed("The specified method is not allowed against this resource."),
            "With ABAC enabled, tags affect access: use bucket.tag, bucket.untag.",
        )
    return bucket


@API.does("PutBucketTagging")
def put_bucket_tagging(account: Account, arguments: Parameters) -> None:
    """Replace all tags of a bucket."""
    bucket = _find_older(account, arguments)
    bucket.tags = API.tags({"Tags": arguments["Tagging"].get("TagSet", ())})


@API.does("DeleteBucketTagging", action="s3:PutBucketTagging")
def delete_bucket_tagging(account: Account, arguments: Parameters) -> None:
    """Delete all tags of a bucket."""
    _find_older(account, arguments).tags = {}


def _as_tags(bucket: Bucket) -> dict[str, Any]:
    return {"Tags": write_tags(bucket.tags)}


API.tells("ListTagsForResource", _as_tags, API.arn_of_tagged)


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

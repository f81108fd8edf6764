"""S3: create and delete buckets, with their tags, object ownership, and ACLs.

Tags are for billing, and for access control if ABAC is enabled. Only the rejection of ACLs is
modelled. What an ACL grants isn't: an ACL that gives access is an error, rather than a wrong
decision later.

Notes
-----
AWS pages: "Default settings for new S3 buckets FAQ"; "API CreateBucket"; "Using tags with S3
general purpose buckets"; "Enabling ABAC in general purpose buckets"; "Controlling ownership of
objects and disabling ACLs for your bucket"; "Access control list (ACL) overview".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.errors import (
    AccessDenied,
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    RequestError,
    did_you_mean,
    noted,
)
from iamlab.errors.services import (
    AccessControlListNotSupported,
    InvalidArgument,
    InvalidBucketAclWithBlockPublicAccessError,
    InvalidBucketAclWithObjectOwnership,
    MalformedXML,
    MethodNotAllowed,
    NoSuchTagSet,
    OwnershipControlsNotFoundError,
)
from iamlab.model.public_access_block import ALL_ON, from_parameter
from iamlab.model.quotas import check_bucket_name
from iamlab.operations.iam.common import write_tags
from iamlab.operations.services.apis import keep
from iamlab.operations.services.s3.bucket import API, ENFORCED, OWNERSHIPS, Bucket, object_of
from iamlab.operations.services.s3.policies_and_public_access import set_policy

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

MALFORMED_XML = (
    "The XML you provided was not well-formed or did not validate against our published schema"
)

_NEEDS = {
    "Tags": "s3:TagResource",
    "ObjectOwnership": "s3:PutBucketOwnershipControls",
    "Policy": "s3:PutBucketPolicy",
    "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
}
"""Parameter of CreateBucket -> the action that it also needs."""


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
    _check_acl(
        arguments.get("ACL", "private"),
        bucket,
        InvalidBucketAclWithObjectOwnership(
            f"Bucket cannot have ACLs set with ObjectOwnership's {ENFORCED} setting"
        ),
        InvalidBucketAclWithBlockPublicAccessError(
            "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
        ),
        *OWNERS_ACLS,
    )
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


@API.does("GetBucketTagging", lambda tags: {"TagSet": write_tags(tags)})
def get_bucket_tagging(account: Account, arguments: Parameters) -> dict[str, str]:
    """Return a bucket's tags."""
    tags = API.find(account, arguments).tags
    if not tags:
        raise NoSuchTagSet("The TagSet does not exist")
    return tags


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


API.tells("GetBucketAbac", lambda bucket: {"AbacStatus": {"Status": bucket.abac}})


# -- who owns objects -----------------------------------------------------------------------------


@API.does("PutBucketOwnershipControls")
def put_bucket_ownership_controls(account: Account, arguments: Parameters) -> None:
    """Set who owns a bucket's objects; no open ACL in iamlab can prevent it."""
    match arguments["OwnershipControls"].get("Rules"):
        case [{"ObjectOwnership": ownership}] if ownership in OWNERSHIPS:
            pass
        case _:
            note = f"OwnershipControls has one rule, for one of {', '.join(OWNERSHIPS)}."
            raise noted(MalformedXML(MALFORMED_XML), note)
    API.find(account, arguments).object_ownership = ownership


def _as_controls(object_ownership: str) -> dict[str, Any]:
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": object_ownership}]}}


@API.does("GetBucketOwnershipControls", _as_controls)
def get_bucket_ownership_controls(account: Account, arguments: Parameters) -> str:
    """Return who owns a bucket's objects."""
    found = API.find(account, arguments).object_ownership
    if found is None:
        raise OwnershipControlsNotFoundError("The bucket ownership controls were not found")
    return found


@API.does("DeleteBucketOwnershipControls", action="s3:PutBucketOwnershipControls")
def delete_bucket_ownership_controls(account: Account, arguments: Parameters) -> None:
    """Remove the setting."""
    API.find(account, arguments).object_ownership = None


# -- ACLs -----------------------------------------------------------------------------------------

PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
"""ACLs that give access to everybody, or to everybody with an AWS account."""
OWNERS_ACLS = ("private", "bucket-owner-full-control")
"""ACLs that give access only to the owner."""
ACLS = (*OWNERS_ACLS, *PUBLIC_ACLS, "aws-exec-read", "bucket-owner-read", "log-delivery-write")


def _check_acl(acl: str, bucket: Bucket, off: AwsError, public: AwsError, *spared: str) -> None:
    """Check an ACL before it is set.

    Parameters
    ----------
    off
        The error if ACLs are disabled.
    public
        The error for a public ACL if BlockPublicAcls is on.
    spared
        The ACLs that are allowed if ACLs are disabled.

    Raises
    ------
    InvalidArgument
        There is no such ACL.
    RequestError
        It would give access.
    """
    if acl not in ACLS:
        note = did_you_mean(acl, ACLS)
        raise noted(InvalidArgument("The specified argument was not valid: x-amz-acl"), note)
    if bucket.object_ownership == ENFORCED and acl not in spared:
        raise off
    if acl in PUBLIC_ACLS and bucket.public_access_block.block_public_acls:
        raise public
    if acl not in OWNERS_ACLS:
        raise RequestError(
            f"ACL {acl} would give access, and iamlab doesn't model what ACLs grant. Use "
            "a bucket policy, as AWS recommends: bucket.put_policy(...)."
        )


def _set_acl(
    acl: str, bucket: Bucket, caller: Caller, action: str, resource: str, *spared: str
) -> None:
    """Set an ACL. An accepted ACL gives no access, so it isn't stored."""
    public = AccessDenied(
        f"User: {principal_of(bucket.account.world, caller).arn} is not authorized to perform: "
        f'{action} on resource: "{resource}" because public access control lists (ACLs) are '
        "blocked by the BlockPublicAcls block public access setting."
    )
    off = AccessControlListNotSupported("The bucket does not allow ACLs")
    _check_acl(acl, bucket, off, public, *spared)


@API.does("PutBucketAcl", by_whom=True)
def put_bucket_acl(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Set a bucket's ACL."""
    bucket = API.find(account, arguments)
    _set_acl(arguments["ACL"], bucket, caller, "s3:PutBucketAcl", bucket.arn)


def _as_acl(bucket: Bucket) -> dict[str, Any]:
    """Return a bucket's ACL: only its owner has control."""
    owner = {"ID": bucket.account.canonical_user_id}
    grant = {"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    return {"Owner": owner, "Grants": [grant]}


API.tells("GetBucketAcl", _as_acl)


def _acl_too(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    return [("s3:PutObjectAcl", object_of(account, arguments))] if "ACL" in arguments else []


@API.does("PutObject", about=object_of, also=_acl_too, by_whom=True)
def put_object(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Check an upload's ACL; objects aren't stored."""
    bucket = API.find(account, arguments)
    if "ACL" in arguments:
        arn, spared = object_of(account, arguments), "bucket-owner-full-control"
        _set_acl(arguments["ACL"], bucket, caller, "s3:PutObject", arn, spared)

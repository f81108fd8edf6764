"""S3: buckets are created and deleted.

Tags of buckets: for bills, and for access control once ABAC is enabled.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "Default settings for new S3 buckets FAQ"; "API
CreateBucket".
AWS pages: "Using tags with S3 general purpose buckets"; "Enabling ABAC in general purpose buckets".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.errors import BucketAlreadyExists, BucketAlreadyOwnedByYou, RequestError
from iamlab.errors.services import InvalidTag, MethodNotAllowed, NoSuchBucket, NoSuchTagSet
from iamlab.model.public_access_block import ALL_ON, from_parameter
from iamlab.model.quotas import check_bucket_name
from iamlab.operations.iam.common import write_tags
from iamlab.operations.registry import Parameters, operation
from iamlab.operations.services.common import more_tags
from iamlab.operations.services.s3.bucket import ENFORCED, Bucket, arn_of, bucket_of, find_bucket
from iamlab.operations.services.s3.policies import bucket_policy
from iamlab.operations.services.s3.public_access import OWNERS_ACLS, check_new_acl, check_ownership

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account


_NEEDS = {
    "Tags": "s3:TagResource",
    "ObjectOwnership": "s3:PutBucketOwnershipControls",
    "Policy": "s3:PutBucketPolicy",
    "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
}
"""What a bucket is created with -> the action that its creator needs for it too."""


def _also(account: Account, given: Parameters) -> list[tuple[str, str]]:
    bucket = arn_of(account, given)
    needed = [(action, bucket) for name, action in _NEEDS.items() if name in given]
    opens = given.get("ACL", "private") not in OWNERS_ACLS
    return [*needed, ("s3:PutBucketAcl", bucket)] if opens else needed


def _as_location(bucket: Bucket) -> dict[str, Any]:
    return {"Location": f"/{bucket.name}", "BucketArn": bucket.arn}


# In AWS's API the policy and the switches come with operations of their own.
@operation("s3:CreateBucket", arn_of, answer=_as_location, also=_also, by_whom=True)
def create_bucket(account: Account, given: Parameters, caller: Caller) -> Bucket:
    """Make a bucket; its name is unique in the whole world."""
    name = given["Bucket"]
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
    tags = merged({}, given.get("Tags", ()))
    sent = given.get("PublicAccessBlockConfiguration")
    bucket = Bucket(
        account,
        arn_of(account, given),
        tags,
        own_public_access_block=ALL_ON if sent is None else from_parameter(sent),
        object_ownership=check_ownership(given.get("ObjectOwnership", ENFORCED)),
    )
    switches = bucket.public_access_block
    check_new_acl(given.get("ACL", "private"), str(bucket.object_ownership), switches)
    if "Policy" in given:
        who = principal_of(account.world, caller)
        bucket.policy = bucket_policy(given["Policy"], bucket, switches, who.arn)
    account.resources[bucket.arn] = bucket
    account.changed()
    return bucket


@operation("s3:DeleteBucket", arn_of)
def delete_bucket(account: Account, given: Parameters) -> None:
    """Delete a bucket; its name is free again."""
    bucket = bucket_of(account, given)
    del bucket.account.resources[bucket.arn]
    account.changed()


_STATES = ("Enabled", "Disabled")


def merged(held: dict[str, str], sent: Any) -> dict[str, str]:
    """Put the tags that a call sends to those that are there.

    Raises
    ------
    InvalidTag
        One of them cannot be, or there would be too many.
    RequestError
        They are no list of keys and values.
    """
    return more_tags({"Tags": sent}, held, InvalidTag)


def _older(account: Account, given: Parameters) -> Bucket:
    """Find the bucket of one of the older operations, which end when ABAC is enabled.

    Raises
    ------
    MethodNotAllowed
        It is. That it is refused is documented, the code and sentence are not.
    """
    bucket = bucket_of(account, given)
    if bucket.shows_tags:
        error = MethodNotAllowed("The specified method is not allowed against this resource.")
        error.add_note("With ABAC enabled, tags decide who gets in: use bucket.tag, bucket.untag.")
        raise error
    return bucket


@operation("s3:PutBucketTagging", arn_of)
def put_bucket_tagging(account: Account, given: Parameters) -> None:
    """Replace all tags of a bucket."""
    bucket = _older(account, given)
    bucket.tags = merged({}, given["Tagging"].get("TagSet", ()))
    account.changed()


@operation("s3:DeleteBucketTagging", arn_of, action="s3:PutBucketTagging")
def delete_bucket_tagging(account: Account, given: Parameters) -> None:
    """Take all tags of a bucket away."""
    _older(account, given).tags = {}
    account.changed()


def _as_set(tags: dict[str, str]) -> dict[str, Any]:
    return {"TagSet": write_tags(tags)}


@operation("s3:GetBucketTagging", arn_of, answer=_as_set)
def get_bucket_tagging(account: Account, given: Parameters) -> dict[str, str]:
    """Read a bucket's tags."""
    tags = bucket_of(account, given).tags
    if not tags:
        raise NoSuchTagSet("The TagSet does not exist")
    return tags


# -- the newer operations, which name the bucket by its ARN ---------------------------------------


def _named(_: Account, given: Parameters) -> str:
    return str(given.get("ResourceArn", ""))


def _by_arn(account: Account, given: Parameters) -> Bucket:
    found = find_bucket(account, _named(account, given))
    if found is None:
        raise NoSuchBucket("The specified bucket does not exist")
    return found


@operation("s3:TagResource", _named)
def tag_resource(account: Account, given: Parameters) -> None:
    """Set tags of a bucket."""
    bucket = _by_arn(account, given)
    bucket.tags = merged(bucket.tags, given["Tags"])
    account.changed()


@operation("s3:UntagResource", _named)
def untag_resource(account: Account, given: Parameters) -> None:
    """Take some tags of a bucket away."""
    bucket, gone = _by_arn(account, given), given["TagKeys"]
    bucket.tags = {key: value for key, value in bucket.tags.items() if key not in gone}
    account.changed()


def _as_tags(tags: dict[str, str]) -> dict[str, Any]:
    return {"Tags": write_tags(tags)}


@operation("s3:ListTagsForResource", _named, answer=_as_tags)
def list_tags_for_resource(account: Account, given: Parameters) -> dict[str, str]:
    """Read a bucket's tags."""
    return _by_arn(account, given).tags


# -- whether tags count ---------------------------------------------------------------------------


@operation("s3:PutBucketAbac", arn_of)
def put_bucket_abac(account: Account, given: Parameters) -> None:
    """Let a bucket's tags count in access control, or not."""
    status = given["AbacStatus"].get("Status")
    if status not in _STATES:
        raise RequestError(f"The ABAC status is {' or '.join(_STATES)}, not {status!r}.")
    bucket_of(account, given).abac = status
    account.changed()


def _as_status(status: str) -> dict[str, Any]:
    return {"AbacStatus": {"Status": status}}


@operation("s3:GetBucketAbac", arn_of, answer=_as_status)
def get_bucket_abac(account: Account, given: Parameters) -> str:
    """Say whether they count."""
    return bucket_of(account, given).abac

"""Tags of buckets: for bills, and for access control once ABAC is enabled.

Notes
-----
AWS pages: "Using tags with S3 general purpose buckets"; "Enabling ABAC in general purpose buckets".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.service_errors import InvalidTag, MethodNotAllowed, NoSuchBucket, NoSuchTagSet
from iamlab.world.api import answers
from iamlab.world.api.entry import Parameters, service_operation
from iamlab.world.services.common import more_tags
from iamlab.world.services.s3.bucket import Bucket, arn_of, bucket_of, find_bucket

if TYPE_CHECKING:
    from iamlab.world.account import Account

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


@service_operation("s3", "PutBucketTagging", arn_of, "Bucket Tagging:dict")
def put_bucket_tagging(account: Account, given: Parameters) -> None:
    """Replace all tags of a bucket."""
    bucket = _older(account, given)
    bucket.tags = merged({}, given["Tagging"].get("TagSet", ()))
    account.changed()


@service_operation("s3", "DeleteBucketTagging", arn_of, "Bucket", action="s3:PutBucketTagging")
def delete_bucket_tagging(account: Account, given: Parameters) -> None:
    """Take all tags of a bucket away."""
    _older(account, given).tags = {}
    account.changed()


def _as_set(tags: dict[str, str]) -> dict[str, Any]:
    return {"TagSet": answers.tags(tags)}


@service_operation("s3", "GetBucketTagging", arn_of, "Bucket", answer=_as_set)
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


@service_operation("s3", "TagResource", _named, "ResourceArn Tags:list")
def tag_resource(account: Account, given: Parameters) -> None:
    """Set tags of a bucket."""
    bucket = _by_arn(account, given)
    bucket.tags = merged(bucket.tags, given["Tags"])
    account.changed()


@service_operation("s3", "UntagResource", _named, "ResourceArn TagKeys:list")
def untag_resource(account: Account, given: Parameters) -> None:
    """Take some tags of a bucket away."""
    bucket, gone = _by_arn(account, given), given["TagKeys"]
    bucket.tags = {key: value for key, value in bucket.tags.items() if key not in gone}
    account.changed()


def _as_tags(tags: dict[str, str]) -> dict[str, Any]:
    return {"Tags": answers.tags(tags)}


@service_operation("s3", "ListTagsForResource", _named, "ResourceArn", answer=_as_tags)
def list_tags_for_resource(account: Account, given: Parameters) -> dict[str, str]:
    """Read a bucket's tags."""
    return _by_arn(account, given).tags


# -- whether tags count ---------------------------------------------------------------------------


@service_operation("s3", "PutBucketAbac", arn_of, "Bucket AbacStatus:dict")
def put_bucket_abac(account: Account, given: Parameters) -> None:
    """Let a bucket's tags count in access control, or not."""
    status = given["AbacStatus"].get("Status")
    if status not in _STATES:
        raise RequestError(f"The ABAC status is {' or '.join(_STATES)}, not {status!r}.")
    bucket_of(account, given).abac = status
    account.changed()


def _as_status(status: str) -> dict[str, Any]:
    return {"AbacStatus": {"Status": status}}


@service_operation("s3", "GetBucketAbac", arn_of, "Bucket", answer=_as_status)
def get_bucket_abac(account: Account, given: Parameters) -> str:
    """Say whether they count."""
    return bucket_of(account, given).abac

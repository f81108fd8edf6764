"""S3: buckets are created and deleted.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "Default settings for new S3 buckets FAQ"; "API
CreateBucket".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import BucketAlreadyExists, BucketAlreadyOwnedByYou
from iamlab.world.api.entry import Parameters, service_operation
from iamlab.world.gather import known as known_of
from iamlab.world.quotas import check_bucket_name
from iamlab.world.services.s3.bucket import ENFORCED, Bucket, arn_of, bucket_of
from iamlab.world.services.s3.policies import bucket_policy
from iamlab.world.services.s3.public_access import OWNERS_ACLS, check_new_acl, check_ownership
from iamlab.world.services.s3.switches import ALL_ON, from_parameter
from iamlab.world.services.s3.tags import merged

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.gather import Caller

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
@service_operation(
    "s3",
    "CreateBucket",
    arn_of,
    "Bucket Tags:list? Policy? PublicAccessBlockConfiguration:dict? ObjectOwnership? ACL?",
    answer=_as_location,
    also=_also,
    by_whom=True,
)
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
        who = known_of(account.world, caller)
        bucket.policy = bucket_policy(given["Policy"], bucket, switches, who.arn)
    account.resources[bucket.arn] = bucket
    account.changed()
    return bucket


@service_operation("s3", "DeleteBucket", arn_of, "Bucket")
def delete_bucket(account: Account, given: Parameters) -> None:
    """Delete a bucket; its name is free again."""
    bucket = bucket_of(account, given)
    del bucket.account.resources[bucket.arn]
    account.changed()

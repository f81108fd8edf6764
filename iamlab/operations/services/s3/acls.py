"""S3: set and read the ACLs of buckets and objects.

Objects aren't stored. What is stored about an object is its owner and its ACL, if they aren't those
of any object that the bucket's owner uploads.

Notes
-----
AWS pages: "Access control list (ACL) overview"; "Controlling ownership of objects and disabling
ACLs for your bucket"; "API PutBucketAcl"; "API PutObjectAcl"; "API PutObject"; "Blocking public
access to your Amazon S3 storage".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.errors import did_you_mean, noted
from iamlab.errors.services import (
    AccessControlListNotSupported,
    InvalidArgument,
    MissingSecurityHeader,
)
from iamlab.operations.services.kms.key import API as KEYS
from iamlab.operations.services.s3.acl_grants import CANNED, acl_of, private_acl
from iamlab.operations.services.s3.bucket import API, ENFORCED, PREFERRED, object_of
from iamlab.operations.services.s3.policies_and_public_access import blocked

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters
    from iamlab.operations.services.s3.acl_grants import Acl
    from iamlab.operations.services.s3.bucket import Bucket

    Errors = tuple[AwsError, AwsError]

OWNERS_ACLS = ("private", "bucket-owner-full-control")
"""ACLs that give access only to the owner."""


def new_acl(
    arguments: Parameters, bucket: Bucket, owner: Account, errors: Errors, *spared: str
) -> Acl:
    """Read the ACL of a call, after S3's checks.

    Parameters
    ----------
    errors
        The error if ACLs are disabled, and the one for a public ACL if BlockPublicAcls is on.
    spared
        The canned ACLs that are allowed if ACLs are disabled.

    Raises
    ------
    InvalidArgument
        The canned ACL doesn't exist.
    """
    named = arguments.get("ACL", "private")
    if named not in CANNED:
        note = did_you_mean(named, CANNED)
        raise noted(InvalidArgument("The specified argument was not valid: x-amz-acl"), note)
    acl = acl_of(arguments, owner, bucket.account)
    if "AccessControlPolicy" in arguments:
        named = OWNERS_ACLS[-1] if acl == private_acl(bucket.account) else ""
    if bucket.object_ownership == ENFORCED and named not in spared:
        raise errors[0]
    if acl.is_public and bucket.public_access_block.block_public_acls:
        raise errors[1]
    return acl


def _set(
    account: Account, arguments: Parameters, caller: Caller, owner: str, action: str, *spared: str
) -> None:
    """Set the ACL of a call's bucket or object."""
    bucket, key = API.find(account, arguments), arguments.get("Key", "")
    arn = object_of(account, arguments) if key else bucket.arn
    public = blocked(account.world, caller, action, arn, "BlockPublicAcls")
    errors = AccessControlListNotSupported("The bucket does not allow ACLs"), public
    acl = new_acl(
        arguments, bucket, account.world.accounts.get(owner, bucket.account), errors, *spared
    )
    bucket.acls.pop(key, None)
    if acl != private_acl(bucket.account):
        bucket.acls[key] = acl


def _key(_: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition key of a canned ACL."""
    return {"s3:x-amz-acl": arguments["ACL"]} if "ACL" in arguments else {}


@API.does("PutBucketAcl", keys=_key, by_whom=True)
@API.does("PutObjectAcl", about=object_of, keys=_key, by_whom=True)
def put_acl(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Set the ACL of a bucket or an object; its owner stays the same."""
    if not {"ACL", "AccessControlPolicy"} & set(arguments):
        raise MissingSecurityHeader("Your request was missing a required header")
    owner = API.find(account, arguments).acl(arguments.get("Key", "")).owner
    kind = "Object" if "Key" in arguments else "Bucket"
    _set(account, arguments, caller, owner, f"s3:Put{kind}Acl")


def _as_acl(shown: tuple[Bucket, Acl]) -> dict[str, Any]:
    """Return an ACL as S3 uses it: without public grants if they are ignored."""
    bucket, acl = shown
    ignored = bucket.public_access_block.ignore_public_acls
    grants = [each.as_parameter() for each in acl.grants if not (ignored and each.is_public)]
    owner = bucket.account.world.accounts[acl.owner]
    return {"Owner": {"ID": owner.canonical_user_id}, "Grants": grants}


@API.does("GetBucketAcl", _as_acl)
@API.does("GetObjectAcl", _as_acl, about=object_of)
def get_acl(account: Account, arguments: Parameters) -> tuple[Bucket, Acl]:
    """Return the ACL of a bucket or an object."""
    bucket = API.find(account, arguments, by_access_point=True)
    return bucket, bucket.acl(arguments.get("Key", ""))


def _also(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    """Return the permission to set the ACL."""
    return [("s3:PutObjectAcl", object_of(account, arguments))] if "ACL" in arguments else []


def _keys(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition keys of the ACL and of the encryption, which can need a KMS key."""
    named, start = arguments.get("SSEKMSKeyId", ""), "s3:x-amz-server-side-encryption"
    key = KEYS.arn_of(account, {"KeyId": named}) if named else ""
    by = arguments.get("ServerSideEncryption", "aws:kms" if key else "")
    found = {start: by, f"{start}-aws-kms-key-id": key}
    return _key(account, arguments) | {name: value for name, value in found.items() if value}


@API.does("PutObject", about=object_of, also=_also, keys=_keys, by_whom=True)
def put_object(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Upload an object: its writer owns it, unless the ACL or the bucket's setting differs."""
    bucket, full = API.find(account, arguments), OWNERS_ACLS[-1]
    owner = principal_of(account.world, caller).account_id
    gives = arguments.get("ACL") == full and bucket.object_ownership == PREFERRED
    if gives or bucket.object_ownership == ENFORCED:
        owner = bucket.account.account_id
    spared = full if "ACL" in arguments else "private"
    _set(account, arguments, caller, owner, "s3:PutObject", spared)

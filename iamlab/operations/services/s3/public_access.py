"""Block Public Access, ownership of objects, and what is left of ACLs.

ACLs are modelled as far as they are refused. What an ACL would grant is not: whoever asks for one
that lets somebody in is told so, rather than left with a wrong verdict later.

The four switches of Block Public Access: as values, as the API writes them, and together.

Notes
-----
AWS pages: "Blocking public access to your Amazon S3 storage"; "Controlling ownership of objects and
disabling ACLs for your bucket"; "Access control list (ACL) overview".
AWS page: "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.errors import AccessDenied, RequestError, did_you_mean
from iamlab.errors.services import (
    AccessControlListNotSupported,
    InvalidBucketAclWithBlockPublicAccessError,
    InvalidBucketAclWithObjectOwnership,
    NoSuchPublicAccessBlockConfiguration,
    OwnershipControlsNotFoundError,
)
from iamlab.model.public_access_block import as_parameter, from_parameter
from iamlab.operations.registry import Parameters, as_it_is, operation
from iamlab.operations.services.s3.bucket import ENFORCED, OWNERSHIPS, arn_of, bucket_of, object_of

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.model.account import Account


PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
"""Those that give something to everybody, or to everybody with any AWS account."""
OWNERS_ACLS = ("private", "bucket-owner-full-control")
"""Those that give nothing to anybody but the owner."""
_OTHER_ACLS = ("aws-exec-read", "bucket-owner-read", "log-delivery-write")
ACLS = (*OWNERS_ACLS, *PUBLIC_ACLS, *_OTHER_ACLS)


# -- the switches ---------------------------------------------------------------------------------


def _as_configuration(switches: PublicAccessBlock) -> dict[str, Any]:
    return {"PublicAccessBlockConfiguration": as_parameter(switches)}


def _stored(switches: PublicAccessBlock | None) -> PublicAccessBlock:
    if switches is None:
        raise NoSuchPublicAccessBlockConfiguration(
            "The public access block configuration was not found"
        )
    return switches


def _of_account(_: Account, __: Parameters) -> str:
    return "*"


@operation("s3:PutPublicAccessBlock", arn_of, action="s3:PutBucketPublicAccessBlock")
def put_public_access_block(account: Account, given: Parameters) -> None:
    """Set a bucket's switches."""
    switches = from_parameter(given["PublicAccessBlockConfiguration"])
    bucket_of(account, given).own_public_access_block = switches
    account.changed()


@operation(
    "s3:GetPublicAccessBlock",
    arn_of,
    answer=_as_configuration,
    action="s3:GetBucketPublicAccessBlock",
)
def get_public_access_block(account: Account, given: Parameters) -> PublicAccessBlock:
    """Read a bucket's own switches."""
    return _stored(bucket_of(account, given).own_public_access_block)


@operation("s3:DeletePublicAccessBlock", arn_of, action="s3:PutBucketPublicAccessBlock")
def delete_public_access_block(account: Account, given: Parameters) -> None:
    """Take a bucket's own switches away."""
    bucket_of(account, given).own_public_access_block = None
    account.changed()


@operation("s3:PutAccountPublicAccessBlock", _of_account)
def put_account_public_access_block(account: Account, given: Parameters) -> None:
    """Set the account's switches, which are in force for all its buckets."""
    account.s3_public_access_block = from_parameter(given["PublicAccessBlockConfiguration"])
    account.changed()


@operation("s3:GetAccountPublicAccessBlock", _of_account, answer=_as_configuration)
def get_account_public_access_block(account: Account, _: Parameters) -> PublicAccessBlock:
    """Read the account's switches."""
    return _stored(account.s3_public_access_block)


@operation(
    "s3:DeleteAccountPublicAccessBlock", _of_account, action="s3:PutAccountPublicAccessBlock"
)
def delete_account_public_access_block(account: Account, _: Parameters) -> None:
    """Take the account's switches away."""
    account.s3_public_access_block = None
    account.changed()


# -- ownership ------------------------------------------------------------------------------------


def check_ownership(object_ownership: object) -> str:
    """Check who is said to own objects."""
    if object_ownership not in OWNERSHIPS:
        known = did_you_mean(str(object_ownership), OWNERSHIPS)
        raise RequestError(f"There is no ObjectOwnership {object_ownership!r}. {known}")
    return str(object_ownership)


@operation("s3:PutBucketOwnershipControls", arn_of)
def put_bucket_ownership_controls(account: Account, given: Parameters) -> None:
    """Say who owns a bucket's objects."""
    wanted = _ownership_in(given["OwnershipControls"].get("Rules"))
    # No ACL that is open is ever kept here, so that none can stand in the way of enforcing.
    bucket_of(account, given).object_ownership = wanted
    account.changed()


def _ownership_in(rules: Any) -> str:
    """Read the one rule that controls can have."""
    match rules:
        case [{"ObjectOwnership": wanted}]:
            return check_ownership(wanted)
    raise RequestError(
        f'OwnershipControls has one rule, [{{"ObjectOwnership": "{ENFORCED}"}}], not {rules!r}.'
    )


def _as_controls(object_ownership: str) -> dict[str, Any]:
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": object_ownership}]}}


@operation("s3:GetBucketOwnershipControls", arn_of, answer=_as_controls)
def get_bucket_ownership_controls(account: Account, given: Parameters) -> str:
    """Read who owns a bucket's objects."""
    found = bucket_of(account, given).object_ownership
    if found is None:
        raise OwnershipControlsNotFoundError("The bucket ownership controls were not found")
    return found


@operation("s3:DeleteBucketOwnershipControls", arn_of, action="s3:PutBucketOwnershipControls")
def delete_bucket_ownership_controls(account: Account, given: Parameters) -> None:
    """Say nothing of it."""
    bucket_of(account, given).object_ownership = None
    account.changed()


# -- ACLs -----------------------------------------------------------------------------------------


def check_new_acl(acl: str, object_ownership: str, switches: PublicAccessBlock) -> None:
    """Check the ACL that a bucket is created with.

    Raises
    ------
    InvalidBucketAclWithObjectOwnership
        ACLs are off.
    InvalidBucketAclWithBlockPublicAccessError
        It is public, and BlockPublicAcls is on.
    RequestError
        It would let somebody in.
    """
    _check_name(acl)
    if acl in OWNERS_ACLS:
        return
    if object_ownership == ENFORCED:
        raise InvalidBucketAclWithObjectOwnership(
            f"Bucket cannot have ACLs set with ObjectOwnership's {ENFORCED} setting"
        )
    if acl in PUBLIC_ACLS and switches.block_public_acls:
        raise InvalidBucketAclWithBlockPublicAccessError(
            "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
        )
    _not_modelled(acl)


def _check_name(acl: str) -> None:
    if acl not in ACLS:
        raise RequestError(f"There is no ready-made ACL {acl!r}. {did_you_mean(acl, ACLS)}")


def _not_modelled(acl: str) -> None:
    if acl not in OWNERS_ACLS:
        raise RequestError(
            f"ACL {acl} would let somebody in, and iamlab does not model what ACLs grant. Say it "
            "with a bucket policy, as AWS advises: bucket.put_policy(...)."
        )


def _check_acl(
    acl: str, switches: PublicAccessBlock, request: tuple[str, str, str], *, off: bool
) -> None:
    """Check an ACL that is about to be set.

    Parameters
    ----------
    request
        Who does what, on which resource.
    off
        Whether ACLs are switched off there.
    """
    _check_name(acl)
    if off:
        raise AccessControlListNotSupported("The bucket does not allow ACLs")
    if acl in PUBLIC_ACLS and switches.block_public_acls:
        who, action, resource = request
        raise AccessDenied(
            f'User: {who} is not authorized to perform: {action} on resource: "{resource}" because '
            "public access control lists (ACLs) are blocked by the BlockPublicAcls block public "
            "access setting."
        )
    _not_modelled(acl)


@operation("s3:PutBucketAcl", arn_of, by_whom=True)
def put_bucket_acl(account: Account, given: Parameters, caller: Caller) -> None:
    """Set a bucket's ACL: what is not refused gives nobody anything, so nothing is kept."""
    bucket = bucket_of(account, given)
    request = (principal_of(account.world, caller).arn, "s3:PutBucketAcl", bucket.arn)
    off = bucket.object_ownership == ENFORCED
    _check_acl(given["ACL"], bucket.public_access_block, request, off=off)


@operation("s3:GetBucketAcl", arn_of, answer=as_it_is)
def get_bucket_acl(account: Account, given: Parameters) -> dict[str, Any]:
    """Read a bucket's ACL: its owner alone controls it."""
    owner = {"ID": bucket_of(account, given).account.canonical_user_id}
    grant = {"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    return {"Owner": owner, "Grants": [grant]}


def _acl_too(account: Account, given: Parameters) -> list[tuple[str, str]]:
    return [("s3:PutObjectAcl", object_of(account, given))] if "ACL" in given else []


@operation("s3:PutObject", object_of, also=_acl_too, by_whom=True)
def put_object(account: Account, given: Parameters, caller: Caller) -> None:
    """Upload an object, as far as its ACL is looked at; objects are not kept."""
    bucket = bucket_of(account, given)
    acl = given.get("ACL")
    if acl is None:
        return
    request = (principal_of(account.world, caller).arn, "s3:PutObject", object_of(account, given))
    off = bucket.object_ownership == ENFORCED and acl != "bucket-owner-full-control"
    _check_acl(acl, bucket.public_access_block, request, off=off)

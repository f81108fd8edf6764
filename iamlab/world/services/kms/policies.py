"""Key policies: what a new key gets, and what KMS checks before it saves another.

Notes
-----
AWS pages: "Default key policy"; "Key policies in AWS KMS"; "API PutKeyPolicy".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.service_errors import MalformedPolicyDocumentException, NotFoundException
from iamlab.world.api.entry import Parameters, service_operation
from iamlab.world.resource_policies import resource_policy
from iamlab.world.services.kms.key import Key, arn_of, key_of
from iamlab.world.services.lockout import locks_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.gather import Caller
    from iamlab.world.saving import Document

_MANAGE = (
    *("Create*", "Describe*", "Enable*", "List*", "Put*", "Update*", "Revoke*", "Disable*", "Get*"),
    *("Delete*", "TagResource", "UntagResource", "ScheduleKeyDeletion", "CancelKeyDeletion"),
    "RotateKeyOnDemand",
)
_ASYMMETRIC = ("DescribeKey", "GetPublicKey")
# Those of asymmetric encryption, of key agreement and of encapsulation follow the same pattern.
_USE = {
    "ENCRYPT_DECRYPT": ("Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*", "DescribeKey"),
    "SIGN_VERIFY": (*_ASYMMETRIC, "Sign", "Verify"),
    "GENERATE_VERIFY_MAC": ("DescribeKey", "GenerateMac", "VerifyMac"),
    "KEY_AGREEMENT": (*_ASYMMETRIC, "DeriveSharedSecret"),
    "ENCAPSULATE_DECAPSULATE": (*_ASYMMETRIC, "Encapsulate", "Decapsulate"),
}
_USE_ASYMMETRIC_ENCRYPTION = ("Encrypt", "Decrypt", "ReEncrypt*", *_ASYMMETRIC)
_GRANTS = ("CreateGrant", "ListGrants", "RevokeGrant")


def default_policy(root_arn: str) -> dict[str, Any]:
    """Write the key policy that the API makes: the account's own IAM policies decide.

    Examples
    --------
    >>> default_policy("arn:aws:iam::111122223333:root")["Statement"][0]["Action"]
    'kms:*'
    """
    return {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [_allow("Enable IAM User Permissions", root_arn, "kms:*")],
    }


def console_policy(
    root_arn: str,
    kind: tuple[str, str],
    key_administrators: Sequence[str],
    key_users: Sequence[str],
) -> dict[str, Any]:
    """Write the key policy that the console makes of who is chosen as administrator and as user.

    Parameters
    ----------
    kind
        The key's usage and its spec.
    """
    statements = [_allow("Enable IAM User Permissions", root_arn, "kms:*")]
    if key_administrators:
        managing = _named(_MANAGE)
        statements.append(
            _allow("Allow access for Key Administrators", list(key_administrators), managing)
        )
    if key_users:
        users, using = list(key_users), _named(_uses(*kind))
        statements += [
            _allow("Allow use of the key", users, using),
            {
                **_allow("Allow attachment of persistent resources", users, _named(_GRANTS)),
                "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
            },
        ]
    return {"Version": "2012-10-17", "Id": "key-consolepolicy-3", "Statement": statements}


def _uses(key_usage: str, key_spec: str) -> tuple[str, ...]:
    if key_usage == "ENCRYPT_DECRYPT" and key_spec != "SYMMETRIC_DEFAULT":
        return _USE_ASYMMETRIC_ENCRYPTION
    return _USE[key_usage]


def _named(actions: Sequence[str]) -> list[str]:
    return [f"kms:{action}" for action in actions]


def _allow(sid: str, principals: str | list[str], actions: str | list[str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": principals},
        "Action": actions,
        "Resource": "*",
    }


def key_policy(document: Document, key: Key, caller: Caller, *, bypass: bool) -> Policy:
    """Check what KMS checks before it saves a key policy.

    Parameters
    ----------
    bypass
        Whether the caller may lock himself out.

    Raises
    ------
    MalformedPolicyDocumentException
        It is no policy for a key, or the caller could not save another one after it.
    """
    policy = resource_policy(document, key, "kms")
    if not bypass and locks_out(key, policy, caller, "kms:PutKeyPolicy"):
        error = MalformedPolicyDocumentException(
            "The new key policy will not allow you to update the key policy in the future."
        )
        error.add_note(
            "Whoever saves a key policy has to keep kms:PutKeyPolicy under it. Let a statement "
            f"allow it to the account, {key.account.root_arn}, or to the caller."
        )
        raise error
    return policy


def bypass_of(_: Account, given: Parameters) -> dict[str, Any]:
    """Give the condition key that tells whether the check is skipped."""
    return {
        "kms:BypassPolicyLockoutSafetyCheck": given.get("BypassPolicyLockoutSafetyCheck", False)
    }


@service_operation(
    "kms",
    "PutKeyPolicy",
    arn_of,
    "KeyId Policy PolicyName? BypassPolicyLockoutSafetyCheck:bool?",
    keys=bypass_of,
    by_whom=True,
)
def put_key_policy(account: Account, given: Parameters, caller: Caller) -> None:
    """Replace a key's policy."""
    key = key_of(account, given)
    _check_name(given)
    bypass = given.get("BypassPolicyLockoutSafetyCheck", False)
    key.policy = key_policy(given["Policy"], key, caller, bypass=bypass)
    account.changed()


def _as_text(policy: Policy) -> dict[str, Any]:
    return {"Policy": policy.text, "PolicyName": "default"}


@service_operation("kms", "GetKeyPolicy", arn_of, "KeyId PolicyName?", answer=_as_text)
def get_key_policy(account: Account, given: Parameters) -> Policy:
    """Read a key's policy: every key has one."""
    key = key_of(account, given)
    _check_name(given)
    if key.policy is None:
        raise RequestError(f"Key {key.key_id} was put into its account without a key policy.")
    return key.policy


def _check_name(given: Parameters) -> None:
    """Insist on the only name that a key policy can have."""
    if given.get("PolicyName", "default") != "default":
        raise NotFoundException("No such policy exists")

"""Key policies: what a new key gets, and what KMS checks before it saves another.

The states of a key: enabled, disabled, or waiting for its deletion.

Who may use a key is one question, whether it can be used another: a disabled key answers nobody,
though every policy says yes. Operations here look at the state; ``World.can`` asks for permission
only.

Notes
-----
AWS pages: "Default key policy"; "Key policies in AWS KMS"; "API PutKeyPolicy".
AWS page: "Key states of AWS KMS keys".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.errors.services import (
    DisabledException,
    KMSInvalidStateException,
    MalformedPolicyDocumentException,
    NotFoundException,
    ValidationException,
)
from iamlab.operations.registry import Parameters, operation
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.common import check_not_locked_out
from iamlab.operations.services.kms.key import Key, arn_of, key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.policy.document import Policy


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
    error = MalformedPolicyDocumentException(
        "The new key policy will not allow you to update the key policy in the future."
    )
    error.add_note(
        "Whoever saves a key policy has to keep kms:PutKeyPolicy under it. Let a statement "
        f"allow it to the account, {key.account.root_arn}, or to the caller."
    )
    if not bypass:
        check_not_locked_out(key, policy, caller, "kms:PutKeyPolicy", error)
    return policy


def bypass_of(_: Account, given: Parameters) -> dict[str, Any]:
    """Give the condition key that tells whether the check is skipped."""
    return {
        "kms:BypassPolicyLockoutSafetyCheck": given.get("BypassPolicyLockoutSafetyCheck", False)
    }


@operation("kms:PutKeyPolicy", arn_of, keys=bypass_of, by_whom=True)
def put_key_policy(account: Account, given: Parameters, caller: Caller) -> None:
    """Replace a key's policy."""
    key = key_of(account, given)
    _check_name(given)
    bypass = given.get("BypassPolicyLockoutSafetyCheck", False)
    key.policy = key_policy(given["Policy"], key, caller, bypass=bypass)
    account.changed()


def _as_text(policy: Policy) -> dict[str, Any]:
    return {"Policy": policy.text, "PolicyName": "default"}


@operation("kms:GetKeyPolicy", arn_of, answer=_as_text)
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


PENDING = "PendingDeletion"
WINDOW = (7, 30)
"""How many days a key can wait for its deletion."""


def check_enabled(key: Key) -> None:
    """Insist on a key that can be used.

    Raises
    ------
    DisabledException
        It is switched off.
    KMSInvalidStateException
        It waits for its deletion.
    """
    check_not_pending(key)
    if key.key_state == "Disabled":
        raise DisabledException(f"{key.arn} is disabled.")


def check_not_pending(key: Key) -> None:
    """Insist on a key that does not wait for its deletion."""
    if key.key_state == PENDING:
        raise KMSInvalidStateException(f"{key.arn} is pending deletion.")


def _set(account: Account, given: Parameters, state: str) -> None:
    key = key_of(account, given)
    check_not_pending(key)
    key.key_state = state
    account.changed()


@operation("kms:EnableKey", arn_of)
def enable_key(account: Account, given: Parameters) -> None:
    """Switch a key on."""
    _set(account, given, "Enabled")


@operation("kms:DisableKey", arn_of)
def disable_key(account: Account, given: Parameters) -> None:
    """Switch a key off."""
    _set(account, given, "Disabled")


def _as_scheduled(key: Key) -> dict[str, Any]:
    return {"KeyId": key.arn, "DeletionDate": key.deletion_date, "KeyState": key.key_state}


def _window(_: Account, given: Parameters) -> dict[str, Any]:
    return {"kms:ScheduleKeyDeletionPendingWindowInDays": given.get("PendingWindowInDays", 30)}


@operation("kms:ScheduleKeyDeletion", arn_of, answer=_as_scheduled, keys=_window)
def schedule_key_deletion(account: Account, given: Parameters) -> Key:
    """Let a key wait for its deletion, so that whoever still needs it notices in time."""
    key, days = key_of(account, given), given.get("PendingWindowInDays", 30)
    check_not_pending(key)
    if not WINDOW[0] <= days <= WINDOW[1]:
        raise ValidationException(f"PendingWindowInDays is {WINDOW[0]} to {WINDOW[1]}, not {days}.")
    key.key_state, key.deletion_date = PENDING, account.world.clock.now + timedelta(days=days)
    account.changed()
    return key


def _as_cancelled(key: Key) -> dict[str, Any]:
    return {"KeyId": key.arn}


@operation("kms:CancelKeyDeletion", arn_of, answer=_as_cancelled)
def cancel_key_deletion(account: Account, given: Parameters) -> Key:
    """Keep a key after all; it has to be enabled by itself."""
    key = key_of(account, given)
    if key.key_state != PENDING:
        raise KMSInvalidStateException(f"{key.arn} is not pending deletion.")
    key.key_state, key.deletion_date = "Disabled", None
    account.changed()
    return key

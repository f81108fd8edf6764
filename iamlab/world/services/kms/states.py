"""The states of a key: enabled, disabled, or waiting for its deletion.

Who may use a key is one question, whether it can be used another: a disabled key answers nobody,
though every policy says yes. Operations here look at the state; ``World.can`` asks for permission
only.

Notes
-----
AWS page: "Key states of AWS KMS keys".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.service_errors import DisabledException, KMSInvalidStateException, ValidationException
from iamlab.world.api.entry import Parameters, service_operation
from iamlab.world.services.kms.key import Key, arn_of, key_of

if TYPE_CHECKING:
    from iamlab.world.account import Account

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


@service_operation("kms", "EnableKey", arn_of, "KeyId")
def enable_key(account: Account, given: Parameters) -> None:
    """Switch a key on."""
    _set(account, given, "Enabled")


@service_operation("kms", "DisableKey", arn_of, "KeyId")
def disable_key(account: Account, given: Parameters) -> None:
    """Switch a key off."""
    _set(account, given, "Disabled")


def _as_scheduled(key: Key) -> dict[str, Any]:
    return {"KeyId": key.arn, "DeletionDate": key.deletion_date, "KeyState": key.key_state}


def _window(_: Account, given: Parameters) -> dict[str, Any]:
    return {"kms:ScheduleKeyDeletionPendingWindowInDays": given.get("PendingWindowInDays", 30)}


@service_operation(
    "kms",
    "ScheduleKeyDeletion",
    arn_of,
    "KeyId PendingWindowInDays:int?",
    answer=_as_scheduled,
    keys=_window,
)
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


@service_operation("kms", "CancelKeyDeletion", arn_of, "KeyId", answer=_as_cancelled)
def cancel_key_deletion(account: Account, given: Parameters) -> Key:
    """Keep a key after all; it has to be enabled by itself."""
    key = key_of(account, given)
    if key.key_state != PENDING:
        raise KMSInvalidStateException(f"{key.arn} is not pending deletion.")
    key.key_state, key.deletion_date = "Disabled", None
    account.changed()
    return key

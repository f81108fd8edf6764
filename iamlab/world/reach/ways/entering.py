"""How a power can become a user: by an access key, or by a password for the console.

Limits count. A user has two access keys at most: a third one takes the place of another. Whoever
has an MFA device is asked for it at sign-in, so that a password alone is not enough; a key asks for
nothing. Of a user that was loaded from an export none of that is known: it becomes a condition.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "Sign in to the AWS
Management Console"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.world.context import of_temporary
from iamlab.world.mfa import devices_of
from iamlab.world.presented import CredentialKind, Presented
from iamlab.world.quotas import quota
from iamlab.world.reach.calls import Call
from iamlab.world.reach.later import PASSWORD
from iamlab.world.reach.powers import CALLS_WITH, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.identities import User
    from iamlab.world.reach.standpoint import Standpoint

ONE_KEY_FREE = "the user has fewer than two access keys"
CONDITIONS = {
    12: "the user has no password yet, and no MFA device",
    13: "the user has a password, and no MFA device",
}
"""Number of a row -> what must be so of a user of whom that is not known."""


class Entry(NamedTuple):
    """A way to become a user.

    Parameters
    ----------
    number
        Of the row of the table.
    changes
        What is different from calls with the user's own access key.
    conditions
        What must be so and is not known.
    """

    number: int
    user: User
    calls: tuple[Call, ...]
    changes: tuple[Change, ...] = ()
    conditions: tuple[str, ...] = ()


def by_key(one: Standpoint) -> Iterator[Entry]:
    """Give the users for whom the power can make an access key, another one deleted if need be."""
    users = one.allowed("CreateAccessKey", one.stock.users)
    most = quota(one.account, "AccessKeysPerUser")
    full = [user for user in users if len(user.key_records) >= most]
    can_delete = one.allowed("DeleteAccessKey", one.stock.users, AccessKeyId="any") if full else ()
    conditions = (ONE_KEY_FREE,) if one.world.loaded else ()
    for user in users:
        if not _adds(one, user, by_key=True):
            continue
        create = one.call("CreateAccessKey", UserName=user.name)
        too_many = [*user.key_records][: len(user.key_records) - most + 1] if user in full else []
        deletes = (
            one.call("DeleteAccessKey", UserName=user.name, AccessKeyId=key) for key in too_many
        )
        if not too_many:
            yield Entry(10, user, (create,), conditions=conditions)
        elif user in can_delete:
            yield Entry(11, user, (*deletes, create))


def by_password(one: Standpoint) -> Iterator[Entry]:
    """Give the users as whom the power can sign in to the console, by a password that it sets."""
    new = one.allowed("CreateLoginProfile", one.stock.users, Password=PASSWORD)
    changed = one.allowed("UpdateLoginProfile", one.stock.users, Password=PASSWORD)
    yield from (
        entry for user in new if user.login_profile is None for entry in _signed_in(one, user, 12)
    )
    # Of a loaded user nobody knows whether it has a password.
    yield from (
        entry
        for user in changed
        if user.login_profile is not None or one.world.loaded
        for entry in _signed_in(one, user, 13)
    )
    # A password that may not be changed may be deleted perhaps, and another one made.
    others = [user for user in new if user.login_profile is not None and user not in changed]
    gone = one.allowed("DeleteLoginProfile", one.stock.users) if others else ()
    for user in (each for each in others if each in gone):
        delete = one.call("DeleteLoginProfile", UserName=user.name)
        for entry in _signed_in(one, user, 12):
            yield entry._replace(calls=(delete, *entry.calls))


def _signed_in(one: Standpoint, user: User, number: int) -> Iterator[Entry]:
    """Set a password and sign in; before that, take away every MFA device."""
    devices = devices_of(user)
    named = [{"UserName": user.name, "SerialNumber": each.serial_number} for each in devices]
    first = [one.call("DeactivateMFADevice", **each) for each in named]
    if not _adds(one, user) or not all(map(one.may, first)):
        return
    is_known = user.login_profile is not None or not one.world.loaded
    conditions = () if is_known else (CONDITIONS[number],)
    calls = (*first, _password_call(one, user, number), sign_in_call(one, user))
    changes = (in_console(one, user),)
    yield Entry(28 if devices else number, user, calls, changes, conditions)


def _password_call(one: Standpoint, user: User, number: int) -> Call:
    named = {"UserName": user.name, "Password": PASSWORD}
    if number == 12:
        return one.call("CreateLoginProfile", **named)
    return one.call("UpdateLoginProfile", **named, PasswordResetRequired=False)


def _adds(one: Standpoint, user: User, *, by_key: bool = False) -> bool:
    """Say whether to become a user adds anything: not to oneself, unless one is less than that.

    A session of a user may be kept from what the user may do with an access key.
    """
    known = one.power.gathered
    is_less = known.kind is not CredentialKind.LONG_TERM or bool(known.session or known.scoped)
    return user is not one.user or (by_key and is_less)


def sign_in_call(one: Standpoint, user: User) -> Call:
    """Sign in, which is no call of an API and takes no permission."""
    return Call("signin:ConsoleLogin", {"account": one.account.account_id, "user": user.name}, ())


def in_console(one: Standpoint, user: User) -> Change:
    """Let it be a session in the console, without MFA."""
    now = one.world.clock.now
    presented = Presented(user.arn, of_temporary(now, now), kind=CredentialKind.CONSOLE)
    return Change("in the console", lambda known: known.showing(presented), CALLS_WITH)

"""What a lesson's file names about credentials: who can sign in, which keys are used, goals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.errors import FailedAuthentication
from iamlab.model.credentials import code_at, devices_of, seed_of
from iamlab.teach.callers import PASSWORD, main_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from iamlab.model.credentials import KeyRecord
    from iamlab.model.event import Event
    from iamlab.world.account import Account
    from iamlab.world.world import World


SHORTEST_PASSWORD = 14
"""The minimum length that CIS asks for."""

ROOT_ONLY = ("DeleteAccessKey", "UpdateAccessKey")
"""The calls about the root user's access key: nobody else in the account can make them."""


class CanSignIn:
    """The attempts to sign in to the console that succeed.

    Parameters
    ----------
    attempts
        A user, and what the user has: ``alice:password``, ``carol:password+code``,
        ``bob:access-key``.
    """

    def __init__(self, *attempts: str) -> None:
        self.attempts = {_in_words(*own.split(":")): own.split(":") for own in attempts}

    def candidates(self, _: World) -> list[str]:
        """Return the attempts in words."""
        return list(self.attempts)

    def truth(self, world: World) -> set[str]:
        """Return the attempts that succeed."""
        return {own for own in self.attempts if not self._refusal(world, own)}

    def about(self, world: World, name: str) -> str:
        """Return what the sign-in page answers."""
        return self._refusal(world, name) or "the sign-in succeeds."

    def _refusal(self, world: World, name: str) -> str:
        """Sign in to a copy of the world; return AWS's error, or nothing."""
        world, (user_name, what) = world.copy(), self.attempts[name]
        user = main_account(world).users[user_name]
        code, password = None, PASSWORD
        if what == "access-key":
            password = world.ids.secret_of(user.access_keys[0].access_key_id)
        elif what == "password+code":
            world.clock.advance(minutes=1)  # the codes that enabled the device can't be used again
            code = code_at(seed_of(world, devices_of(user)[0].number), world.clock.now)
        try:
            world.sign_in(account=user.account, user=user, password=password, mfa_code=code)
        except FailedAuthentication as error:
            return f"the sign-in page answers: {str(error).removeprefix(f'{error.code}: ')}"
        return ""


def _in_words(user: str, what: str) -> str:
    return f"{user} with {what.replace('-', ' ').replace('+', ' and MFA ')}"


class UnusedKeys:
    """The access keys that a credential report shows as unused, and those of the root user.

    Parameters
    ----------
    days
        A key that wasn't used for more days is unused.
    """

    def __init__(self, days: str) -> None:
        self.days = timedelta(days=int(days))

    def candidates(self, world: World) -> list[str]:
        """Return all access keys of the account."""
        return [name for name, _ in _keys(main_account(world))]

    def truth(self, world: World) -> set[str]:
        """Return the keys of the root user, and those that weren't used for so long."""
        now, keys = world.clock.now, _keys(main_account(world))
        return {name for name, key in keys if _is_root(name) or now - _last(key) > self.days}

    def about(self, world: World, name: str) -> str:
        """Return a sentence about a key's use."""
        key = dict(_keys(main_account(world)))[name]
        ago = count((world.clock.now - _last(key)).days, "day")
        text = f"last used {ago} ago." if key.last_used else f"made {ago} ago, and never used."
        return f"it belongs to the root user; it was {text}" if _is_root(name) else f"it was {text}"


def _is_root(name: str) -> bool:
    return name.startswith("root user ")


def _keys(account: Account) -> Iterator[tuple[str, KeyRecord]]:
    """Yield each key with its name."""
    for owner in (account.root, *account.users.values()):
        for number, key in enumerate(owner.key_records.values(), 1):
            yield f"{owner.user_name if owner.named else 'root user'} key {number}", key


def _last(key: KeyRecord) -> datetime:
    """Return when a key was last used, or else created."""
    return key.last_used.date if key.last_used else key.create_date


class SecurityStatus:
    """A goal: both security lists are green, and nothing was done less securely than needed.

    Parameters
    ----------
    user
        Who signs in, sees the recommendations, and must be the only administrator.
    """

    def __init__(self, user: str) -> None:
        self.user = user

    def __call__(self, world: World) -> bool:
        """Return whether nothing is still to do."""
        return not self.still_open(world)

    def still_open(self, world: World) -> list[str]:
        """Return a sentence about each thing that is still to do."""
        account = main_account(world)
        items = *account.security_status(), *account.security_recommendations(self.user)
        found = [f"{own.title}: {own.reason}" for own in items if not own.is_done]
        users = account.users.values()
        admins = {own.name for own in users if world.can(own, "iam:AttachUserPolicy", own.arn)}
        found += [f"{name} must not be an administrator." for name in sorted(admins - {self.user})]
        policy = account.password_policy
        if policy is not None and policy.minimum_password_length < SHORTEST_PASSWORD:
            found.append(f"A password needs {SHORTEST_PASSWORD} characters or more.")
        roots = [own for own in world.events if own.user_identity.get("type") == "Root"]
        names = dict.fromkeys(own.event_name for own in roots if own.event_name not in ROOT_ONLY)
        return found + [f"{self.user} can call {name}: don't use root for it." for name in names]


def key_rotated(key_id: str) -> Callable[[World], bool]:
    """Return a goal: a new key was used while a key was active, which was then deactivated."""

    def reached(world: World) -> bool:
        log = list(world.events)
        ends = [place for place, event in enumerate(log) if _ends(event, key_id)]
        if not ends or _is_active(world, key_id):
            return False
        first = min(ends)
        return log[first].event_name == "UpdateAccessKey" and _new_key_used(world, log[:first])

    return reached


def key_replaced(kept: str) -> Callable[[World], bool]:
    """Return a goal: a new key was used, and another key is still active."""
    return lambda world: _is_active(world, kept) and _new_key_used(world, list(world.events))


def _is_active(world: World, key_id: str) -> bool:
    owner = main_account(world).owner_of_key(key_id)
    return owner is not None and owner.key_records[key_id].status == "Active"


def _ends(event: Event, key_id: str) -> bool:
    """Return whether a call deactivated or deleted a key."""
    sent = event.request_parameters or {}
    is_end = event.event_name == "DeleteAccessKey" or sent.get("status") == "Inactive"
    return is_end and sent.get("accessKeyId") == key_id and not event.error_code


def _new_key_used(world: World, log: list[Event]) -> bool:
    """Return whether a key that was created in the log was used there, and is active."""
    answers = [(own.response_elements or {}).get("accessKey", {}) for own in log]
    created = {answer.get("accessKeyId") for answer in answers} - {None}
    used = {own.user_identity.get("accessKeyId") for own in log if not own.error_code}
    return any(_is_active(world, key_id) for key_id in created & used)

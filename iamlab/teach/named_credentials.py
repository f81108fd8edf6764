"""What a lesson's file names about credentials: who can sign in, which keys are used, goals."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.errors import FailedAuthentication
from iamlab.teach.callers import PASSWORD, code_of, main_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.event import Event
    from iamlab.teach.checks import Judged
    from iamlab.world.world import World


SHORTEST_PASSWORD = 14
"""The minimum length that CIS asks for."""

ROOT_ONLY = ("DeleteAccessKey", "UpdateAccessKey")
"""The calls about the root user's access key: nobody else in the account can make them."""


def can_sign_in(world: World, *attempts: str) -> Judged:
    """Return which attempts to sign in to the console succeed, and what the sign-in page answers.

    Parameters
    ----------
    attempts
        A user, and what the user has: ``alice:password``, ``carol:password+code``,
        ``bob:access-key``.
    """
    found = {}
    for attempt in attempts:
        user, what = attempt.split(":")
        words = what.replace("-", " ").replace("+", " and MFA ")
        found[f"{user} with {words}"] = _sign_in(world.copy(), user, what)
    return found


def _sign_in(world: World, user_name: str, what: str) -> tuple[bool, str]:
    user = main_account(world).users[user_name]
    code, password = None, PASSWORD
    if what == "access-key":
        password = world.ids.secret_of(user.access_keys[0].access_key_id)
    elif what == "password+code":
        code = code_of(user)["token_code"]
    try:
        world.sign_in(account=user.account, user=user, password=password, mfa_code=code)
    except FailedAuthentication as error:
        return False, f"the sign-in page answers: {str(error).removeprefix(f'{error.code}: ')}"
    return True, "the sign-in succeeds."


def unused_keys(world: World, days: str) -> Judged:
    """Return which access keys a credential report shows as unused, and the root user's.

    Parameters
    ----------
    days
        A key that wasn't used for more days is unused.
    """
    account, found = main_account(world), {}
    for owner in (account.root, *account.users.values()):
        is_root = owner is account.root
        for number, key in enumerate(owner.key_records.values(), 1):
            time = world.clock.now - (key.last_used.date if key.last_used else key.create_date)
            ago = count(time.days, "day")
            text = f"last used {ago} ago." if key.last_used else f"made {ago} ago, and never used."
            why = f"{'it belongs to the root user; ' if is_root else ''}it was {text}"
            name = f"{'root user' if is_root else owner.user_name} key {number}"
            found[name] = is_root or time > timedelta(days=int(days)), why
    return found


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
        first = next((place for place, event in enumerate(log) if _ends(event, key_id)), None)
        if first is None or _is_active(world, key_id):
            return False
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

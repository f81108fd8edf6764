"""What a lesson's file names but can't express: properties, goals, orders, and sets to collect."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.display import count
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.errors import FailedAuthentication, MalformedPolicy
from iamlab.model.credentials import code_at, devices_of, seed_of
from iamlab.model.identities import policies_of
from iamlab.teach.callers import PASSWORD, caller_of, decide, main_account
from iamlab.teach.notation import arn_of, read_policy
from iamlab.teach.places import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from iamlab.engine.decision import Decision
    from iamlab.model.credentials import KeyRecord
    from iamlab.model.event import Event
    from iamlab.model.identities import Identity
    from iamlab.world.account import Account
    from iamlab.world.world import World


PROPERTIES: dict[str, Callable[[Decision], bool]] = {
    "allowed_by_a_statement": lambda decision: bool(decision and decision.determining),
}


class PoliciesOf:
    """The policies that apply to a user.

    Parameters
    ----------
    user
        The user's name.
    """

    def __init__(self, user: str) -> None:
        self.user = user

    def candidates(self, world: World) -> list[str]:
        """Return the name of every policy of a user or group in the account."""
        account = main_account(world)
        identities = [*account.users.values(), *account.groups.values()]
        return sorted(set().union(*map(_policies, identities)))

    def truth(self, world: World) -> set[str]:
        """Return the names of the policies that apply to the user."""
        principal = principal_of(world, caller_of(world, self.user))
        return {attached.policy.name for attached in principal.identity}

    def about(self, world: World, name: str) -> str:
        """Return a sentence: which identity has the policy, and which users are in the group."""
        account = main_account(world)
        for group in account.groups.values():
            if name in _policies(group):
                members = ", ".join(user.name for user in group.users) or "nobody"
                return f"the group {group.name} has it, with these members: {members}."
        owners = [user.name for user in account.users.values() if name in _policies(user)]
        return f"the user {owners[0]} has it." if owners else "it isn't attached."


def _policies(identity: Identity) -> set[str]:
    return {attached.policy.name for attached in policies_of(identity)}


class Principals:
    """Who can be the Principal of a bucket's policy.

    Parameters
    ----------
    bucket
        The bucket's name.
    names
        The candidates: ``user:alice``, ``group:astronomers``, ``account:acme-main``.
    """

    def __init__(self, bucket: str, *names: str) -> None:
        self.place = Place(bucket, "policy")
        self.names = [name.replace(":", " ") for name in names]

    def candidates(self, _: World) -> list[str]:
        """Return the candidates."""
        return sorted(self.names)

    def truth(self, world: World) -> set[str]:
        """Return the candidates that S3 accepts."""
        return {name for name in self.names if not self._refusal(world, name)}

    def about(self, world: World, name: str) -> str:
        """Return a sentence about a candidate."""
        return self._refusal(world, name) or "S3 accepts a policy that names it."

    def _refusal(self, world: World, name: str) -> str:
        """Try to save a bucket policy with this principal; return S3's error, or nothing."""
        line = f"allow - s3:GetObject {self.place.owner}/* to {name.partition(' ')[2]}"
        try:
            self.place.write(world.copy(), read_policy(line, main_account(world)))
        except MalformedPolicy as error:
            return f"S3 says: {error}."
        return ""


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


COLLECTIONS: dict[str, Callable[..., Any]] = {
    "policies_of": PoliciesOf,
    "principals": Principals,
    "can_sign_in": CanSignIn,
    "unused_keys": UnusedKeys,
}
"""The sets that a learner collects. In a world, each has

- candidates: the names to choose from;
- truth: the names that belong to the set;
- about: a sentence why a name belongs to the set, or doesn't.
"""


class Steps:
    """The types of policies in the order in which AWS evaluates them.

    Parameters
    ----------
    request
        Caller, action and resource: only the types that count for it.
    """

    def __init__(self, *request: str) -> None:
        self.request = request

    def places(self, world: World) -> dict[str, int]:
        """Return each type of policy with its number."""
        caller, action, resource = self.request
        account = main_account(world)
        decision = decide(world, caller, action, arn_of(resource, account))
        present = [step for step in decision.trace.steps if step.found.present]
        return {NAMES[step.layer]: number for number, step in enumerate(present, 1)}

    def about(self, _: World, name: str) -> str:
        """Return a sentence about a type of policy."""
        limits = name in {NAMES[layer] for layer in CEILINGS}
        return f"The {name} {'limits what others allow' if limits else 'can allow the request'}."


ORDERS: dict[str, Callable[..., Any]] = {"steps": Steps}
"""Texts with an order. In a world, each has places, the texts with their numbers, and about."""


def _called(name: str) -> Callable[[World], bool]:
    """Return a goal: a call has succeeded."""
    return lambda world: any(own.event_name == name and not own.error_code for own in world.events)


def security_status(user: str) -> Callable[[World], bool]:
    """Return a goal: every item of the old list and of today's recommendations is done."""

    def reached(world: World) -> bool:
        account = main_account(world)
        lists = account.security_status(), account.security_recommendations(user)
        return all(item.is_done for items in lists for item in items)

    return reached


def key_rotated(key_id: str) -> Callable[[World], bool]:
    """Return a goal: a new key was used while a key was still active, which now isn't."""

    def reached(world: World) -> bool:
        log = list(world.events)
        ends = [place for place, event in enumerate(log) if _ends(event, key_id)]
        return not _is_active(world, key_id) and _new_key_used(world, log[: min(ends, default=0)])

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


GOALS: dict[str, Callable[..., Callable[[World], bool]]] = {
    "always": lambda: lambda _: True,
    "called": _called,
    "security_status": security_status,
    "key_rotated": key_rotated,
    "key_replaced": key_replaced,
}

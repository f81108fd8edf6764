"""What a lesson's file names but can't express: properties, goals, orders, and sets to collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import misfit
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.errors import MalformedPolicy
from iamlab.model.identities import policies_of
from iamlab.teach.callers import caller_of, main_account
from iamlab.teach.checks import Collection
from iamlab.teach.named_credentials import (
    SecurityStatus,
    can_sign_in,
    key_replaced,
    key_rotated,
    unused_keys,
)
from iamlab.teach.notation import arn_of, read_policy
from iamlab.teach.places import Place
from iamlab.widgets.controls import reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from iamlab.engine.decision import Decision
    from iamlab.model.identities import Identity
    from iamlab.world.world import World


PROPERTIES: dict[str, Callable[[Decision], bool]] = {
    "allowed_by_a_statement": lambda decision: bool(decision and decision.determining),
    "allowed_and_possible": lambda decision: (
        bool(decision) and not misfit(decision.request.action, decision.request.resource)
    ),
}


def _policies_of(user: str) -> Collection:
    """Return the policies that apply to a user.

    Parameters
    ----------
    user
        The user's name.
    """

    def candidates(world: World) -> list[str]:
        """Return the name of every policy of a user or group in the account."""
        account = main_account(world)
        identities = [*account.users.values(), *account.groups.values()]
        return sorted(set().union(*map(_policies, identities)))

    def judge(world: World, name: str) -> tuple[bool, str]:
        """Tell which identity has the policy, and which users are in the group."""
        principal = principal_of(world, caller_of(world, user))
        applies = name in {attached.policy.name for attached in principal.identity}
        account = main_account(world)
        for group in account.groups.values():
            if name in _policies(group):
                members = ", ".join(user.name for user in group.users) or "nobody"
                return applies, f"the group {group.name} has it, with these members: {members}."
        owners = [user.name for user in account.users.values() if name in _policies(user)]
        return applies, f"the user {owners[0]} has it." if owners else "it isn't attached."

    return Collection(candidates, judge)


def _policies(identity: Identity) -> set[str]:
    return {attached.policy.name for attached in policies_of(identity)}


def _principals(bucket: str, *names: str) -> Collection:
    """Return who can be the Principal of a bucket's policy.

    Parameters
    ----------
    bucket
        The bucket's name.
    names
        The candidates: ``user:alice``, ``group:astronomers``, ``account:acme-main``.
    """
    place = Place(bucket, "policy")

    def judge(world: World, name: str) -> tuple[bool, str]:
        """Try to save a bucket policy with this principal."""
        line = f"allow - s3:GetObject {bucket}/* to {name.partition(' ')[2]}"
        try:
            place.write(world.copy(), read_policy(line, main_account(world)))
        except MalformedPolicy as error:
            return False, f"S3 says: {error}."
        return True, "S3 accepts a policy that names it."

    return Collection(lambda _: sorted(name.replace(":", " ") for name in names), judge)


def _allowed_actions(user: str, *names: str) -> Collection:
    """Return the actions that a user's policies allow on everything.

    Parameters
    ----------
    user
        The user's name.
    names
        The candidates.
    """

    def judge(world: World, name: str) -> tuple[bool, str]:
        """Tell which statement decides."""
        decision = world.can(caller_of(world, user), name, "*")
        return bool(decision), reason(decision)

    return Collection(lambda _: sorted(names), judge)


def _public_buckets(*names: str) -> Collection:
    """Return the buckets that anybody on the internet can read or change.

    Parameters
    ----------
    names
        The candidates.
    """

    def judge(world: World, name: str) -> tuple[bool, str]:
        """Tell who outside has access, or that nobody has."""
        every = world.outside_access()
        found = [own for own in every if own.resource.rpartition(":")[2].partition("/")[0] == name]
        text = str(found[0]) if found else "nobody outside the account has access by its policy."
        return any(own and own.is_public for own in found), text

    return Collection(lambda _: sorted(names), judge)


COLLECTIONS: dict[str, Callable[..., Collection]] = {
    "policies_of": _policies_of,
    "principals": _principals,
    "allowed_actions": _allowed_actions,
    "public_buckets": _public_buckets,
    "can_sign_in": can_sign_in,
    "unused_keys": unused_keys,
}
"""The sets that a learner collects."""


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
        decision = world.can(caller, action, arn_of(resource, account))
        present = [step for step in decision.trace.steps if step.found.present]
        return {NAMES[step.layer]: number for number, step in enumerate(present, 1)}

    def about(self, _: World, name: str) -> str:
        """Return a sentence about a type of policy."""
        limits = name in {NAMES[layer] for layer in CEILINGS}
        return f"The {name} {'limits what others allow' if limits else 'can allow the request'}."


class Lifetimes:
    """Sessions from the shortest to the longest.

    Parameters
    ----------
    names
        The sessions' names.
    """

    def __init__(self, *names: str) -> None:
        self.names = names

    def places(self, world: World) -> dict[str, timedelta]:
        """Return each session with the time until its credentials expire."""
        sessions: dict[str, Any] = {own: caller_of(world.copy(), own) for own in self.names}
        return {own: made.expiration - made.issued for own, made in sessions.items()}

    def about(self, world: World, name: str) -> str:
        """Return how long a session lasts."""
        minutes = self.places(world)[name].total_seconds() // 60
        return f"it lasts {minutes:,.0f} minutes"


ORDERS: dict[str, Callable[..., Any]] = {"steps": Steps, "lifetimes": Lifetimes}
"""Texts with an order. In a world, each has places, the texts with their numbers, and about."""


def _called(event_name: str) -> Callable[[World], bool]:
    """Return a goal: a call has succeeded."""
    return lambda world: any(
        own.event_name == event_name and not own.error_code for own in world.events
    )


GOALS: dict[str, Callable[..., Callable[[World], bool]]] = {
    "always": lambda: lambda _: True,
    "called": _called,
    "security_status": SecurityStatus,
    "key_rotated": key_rotated,
    "key_replaced": key_replaced,
}

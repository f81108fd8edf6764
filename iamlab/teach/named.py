"""What a lesson's file names but can't express: properties, goals, orders, and sets to collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import misfit
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.errors import MalformedPolicy
from iamlab.model.identities import policies_of
from iamlab.teach.callers import caller_of, main_account
from iamlab.teach.named_credentials import (
    CanSignIn,
    SecurityStatus,
    UnusedKeys,
    key_replaced,
    key_rotated,
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


class AllowedActions:
    """The actions that a user's policies allow on everything.

    Parameters
    ----------
    user
        The user's name.
    names
        The candidates.
    """

    def __init__(self, user: str, *names: str) -> None:
        self.user, self.names = user, names

    def candidates(self, _: World) -> list[str]:
        """Return the candidates."""
        return sorted(self.names)

    def truth(self, world: World) -> set[str]:
        """Return the candidates that are allowed."""
        return {name for name in self.names if world.can(caller_of(world, self.user), name, "*")}

    def about(self, world: World, name: str) -> str:
        """Return a sentence: which statement decides."""
        return reason(world.can(caller_of(world, self.user), name, "*"))


class PublicBuckets:
    """The buckets that anybody on the internet can read or change.

    Parameters
    ----------
    names
        The candidates.
    """

    def __init__(self, *names: str) -> None:
        self.names = names

    def candidates(self, _: World) -> list[str]:
        """Return the candidates."""
        return sorted(self.names)

    def truth(self, world: World) -> set[str]:
        """Return the candidates that are public."""
        findings = [own for own in world.outside_access() if own and own.is_public]
        buckets = {own.resource.rpartition(":")[2].partition("/")[0] for own in findings}
        return buckets.intersection(self.names)

    def about(self, world: World, name: str) -> str:
        """Return a sentence: who outside has access, or that nobody has."""
        arn = arn_of(name, main_account(world))
        found = (own for own in world.outside_access() if own.resource.partition("/")[0] == arn)
        return str(next(found, "nobody outside the account has access by its policy."))


COLLECTIONS: dict[str, Callable[..., Any]] = {
    "policies_of": PoliciesOf,
    "principals": Principals,
    "allowed_actions": AllowedActions,
    "public_buckets": PublicBuckets,
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

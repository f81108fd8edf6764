"""What a lesson's file names but can't express: properties, goals, orders, and sets to collect."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import misfit
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.errors import MalformedPolicy
from iamlab.incident.questions import facts_of
from iamlab.model.identities import policies_of
from iamlab.policy.arn import Arn
from iamlab.teach import named_credentials as credentials
from iamlab.teach.callers import caller_of, main_account
from iamlab.teach.checks import Collection
from iamlab.teach.notation import arn_of, read_policy
from iamlab.teach.places import Place
from iamlab.widgets.controls import reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from iamlab.analysis.least_privilege.unused import StatementUse
    from iamlab.engine.decision import Decision
    from iamlab.model.identities import Identity
    from iamlab.teach.explain import Places
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
        """Return whether it applies, which identity has it, and which users are in the group."""
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
        """Return whether it is allowed, and which statement decides."""
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
        """Return whether it is public, and who outside has access."""
        every = world.outside_access()
        found = [own for own in every if own.resource.rpartition(":")[2].partition("/")[0] == name]
        text = str(found[0]) if found else "nobody outside the account has access by its policy."
        return any(own and own.is_public for own in found), text

    return Collection(lambda _: sorted(names), judge)


def _unused_statements(caller: str) -> Collection:
    """Return the Allow statements of a user or role of which the world's log shows no use.

    Parameters
    ----------
    caller
        The name of the user or role.
    """

    def rows(world: World) -> dict[str, StatementUse]:
        """Return each statement, by the names of its policy and itself."""
        every = world.unused(caller_of(world, caller)).rows
        return {f"{row.policy}/{row.statement}": row for row in every}

    def judge(world: World, name: str) -> tuple[bool, str]:
        """Return whether nothing of it was used, and what was."""
        used = rows(world)[name].used
        return not used, f"the log shows {', '.join(used) or 'no use of it'}."

    return Collection(lambda world: sorted(rows(world)), judge)


def _of_night(question: str) -> Collection:
    """Return what a question about the night of the leak offers.

    Parameters
    ----------
    question
        Its name in ``iamlab.incident.QUESTIONS``.
    """

    def judge(world: World, name: str) -> tuple[bool, str]:
        """Return whether it is right, and why."""
        return facts_of(question, world.seed)[name]

    return Collection(lambda world: list(facts_of(question, world.seed)), judge)


def _reaches(action: str, resource: str) -> Collection:
    """Return who gets to do something, directly or by privilege escalation.

    Parameters
    ----------
    action, resource
        What they do.
    """

    @lru_cache(1)
    def steps(world: World) -> dict[str, str]:
        """Return the steps of each user and role who does."""
        found = world.reach().to(action, arn_of(resource, main_account(world)))
        return {Arn.parse(arn).resource: "; ".join(map(str, own)) for arn, own in found.items()}

    def judge(world: World, name: str) -> tuple[bool, str]:
        """Return whether a user or role does, and by which steps."""
        path = steps(world).get(name, "no steps lead there")
        return name in steps(world), f"{path or 'it is allowed directly'}."

    def candidates(world: World) -> list[str]:
        """Return all users and roles of the first account."""
        account = main_account(world)
        every = (*account.users.values(), *account.roles.values())
        return [Arn.parse(own.arn).resource for own in every]

    return Collection(candidates, judge)


COLLECTIONS: dict[str, Callable[..., Collection]] = {
    "policies_of": _policies_of,
    "principals": _principals,
    "allowed_actions": _allowed_actions,
    "public_buckets": _public_buckets,
    "unused_statements": _unused_statements,
    "night": _of_night,
    "reaches": _reaches,
    "can_sign_in": credentials.can_sign_in,
    "unused_keys": credentials.unused_keys,
}
"""The sets that a learner collects."""


def _steps(*request: str) -> Places:
    """Return the types of policies in the order in which AWS evaluates them.

    Parameters
    ----------
    request
        Caller, action and resource: only the types that count for it.
    """

    def places(world: World) -> dict[str, tuple[int, str]]:
        """Return each type of policy with its number, and what it does."""
        caller, action, resource = request
        decision = world.can(caller, action, arn_of(resource, main_account(world)))
        present = [step.layer for step in decision.trace.steps if step.found.present]
        found = {}
        for number, layer in enumerate(present, 1):
            does = "limits what others allow" if layer in CEILINGS else "can allow the request"
            found[NAMES[layer]] = (number, f"The {NAMES[layer]} {does}.")
        return found

    return places


def _rungs(*request: str) -> Places:
    """Return the rungs of the decision ladder, after the caller and the request.

    Parameters
    ----------
    request
        Caller, action and resource. Types of policies that don't count for it are rungs too.
    """

    def places(world: World) -> dict[str, tuple[int, str]]:
        """Return each rung with its number, and what AWS found there."""
        caller, action, resource = request
        steps = world.can(caller, action, arn_of(resource, main_account(world))).steps
        reasons = {
            ("explicit deny" if s.layer == "deny" else NAMES[s.layer]): s.reason for s in steps
        }
        first = {
            "caller": "First AWS finds out who calls.",
            "request": "Then it reads the request.",
        }
        return {name: (n, own) for n, (name, own) in enumerate({**first, **reasons}.items(), 1)}

    return places


def _lifetimes(*names: str) -> Places:
    """Return sessions from the shortest to the longest.

    Parameters
    ----------
    names
        The sessions' names.
    """

    def places(world: World) -> dict[str, tuple[timedelta, str]]:
        """Return each session with the time until its credentials expire."""
        found = {}
        for name in names:
            session: Any = caller_of(world.copy(), name)
            lasts = session.expiration - session.issued
            found[name] = (lasts, f"it lasts {lasts.total_seconds() // 60:,.0f} minutes")
        return found

    return places


ORDERS: dict[str, Callable[..., Places]] = {
    "steps": _steps,
    "rungs": _rungs,
    "lifetimes": _lifetimes,
}
"""What a learner puts into order."""


def _called(event_name: str) -> Callable[[World], bool]:
    """Return a goal: a call has succeeded."""
    return lambda world: any(
        own.event_name == event_name and not own.error_code for own in world.events
    )


GOALS: dict[str, Callable[..., Callable[[World], bool]]] = {
    "always": lambda: lambda _: True,
    "called": _called,
    "security_status": credentials.SecurityStatus,
    "key_rotated": credentials.key_rotated,
    "key_replaced": credentials.key_replaced,
}

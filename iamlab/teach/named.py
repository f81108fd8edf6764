"""What a lesson's file names but can't express: properties, goals, orders, and sets to collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import misfit
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.errors import MalformedPolicy
from iamlab.model.identities import policies_of
from iamlab.teach import named_credentials as credentials
from iamlab.teach.callers import caller_of, main_account
from iamlab.teach.notation import arn_of, read_policy
from iamlab.teach.places import Place
from iamlab.widgets.controls import reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from iamlab.engine.decision import Decision
    from iamlab.model.identities import Identity
    from iamlab.teach.checks import Judged
    from iamlab.teach.explain import Places
    from iamlab.teach.source_lines import Found
    from iamlab.world.world import World


PROPERTIES: dict[str, Callable[[Decision], bool]] = {
    "allowed_by_a_statement": lambda decision: bool(decision and decision.determining),
    "allowed_and_possible": lambda decision: (
        bool(decision) and not misfit(decision.request.action, decision.request.resource)
    ),
}


def _policies_of(world: World, user: str) -> Judged:
    """Return the policies of the account's users and groups: which of them apply to a user."""
    account = main_account(world)
    owners: dict[str, str] = {}
    for group in account.groups.values():
        members = ", ".join(own.name for own in group.users) or "nobody"
        text = f"the group {group.name} has it, with these members: {members}."
        owners = {**dict.fromkeys(_policies(group), text), **owners}
    for own in account.users.values():
        owners = {**dict.fromkeys(_policies(own), f"the user {own.name} has it."), **owners}
    principal = principal_of(world, caller_of(world, user))
    applying = {attached.policy.name for attached in principal.identity}
    return {name: (name in applying, owners[name]) for name in sorted(owners)}


def _policies(identity: Identity) -> set[str]:
    return {attached.policy.name for attached in policies_of(identity)}


def _principals(world: World, bucket: str, *names: str) -> Judged:
    """Return who can be the Principal of a bucket's policy: try to save one with each of them.

    Parameters
    ----------
    names
        The candidates: ``user:alice``, ``group:astronomers``, ``account:acme-main``.
    """
    found = {}
    for name in sorted(names):
        kind, _, own = name.partition(":")
        policy = read_policy(f"allow - s3:GetObject {bucket}/* to {own}", main_account(world))
        try:
            Place(bucket, "policy").write(world.copy(), policy)
        except MalformedPolicy as error:
            found[f"{kind} {own}"] = False, f"S3 says: {error}."
        else:
            found[f"{kind} {own}"] = True, "S3 accepts a policy that names it."
    return found


def _allowed_actions(world: World, user: str, *names: str) -> Judged:
    """Return which of the named actions a user's policies allow on everything."""
    caller = caller_of(world, user)
    decisions = {name: world.can(caller, name, "*") for name in sorted(names)}
    return {name: (bool(own), reason(own)) for name, own in decisions.items()}


def _public_buckets(world: World, *names: str) -> Judged:
    """Return which of the named buckets anybody on the internet can read or change."""
    accesses, found = world.outside_access(), {}
    for name in sorted(names):
        own = [one for one in accesses if one.resource.rpartition(":")[2].partition("/")[0] == name]
        text = str(own[0]) if own else "nobody outside the account has access by its policy."
        found[name] = any(one and one.is_public for one in own), text
    return found


def _unused_statements(world: World, caller: str) -> Judged:
    """Return the Allow statements of a user or role: of which does the log show no use?"""
    rows = world.unused(caller_of(world, caller)).rows
    used = {f"{row.policy}/{row.statement}": row.used for row in rows}
    return {
        name: (not used[name], f"the log shows {', '.join(used[name]) or 'no use of it'}.")
        for name in sorted(used)
    }


def _of_world(function: Callable[..., Found]) -> Callable[..., Callable[[World], Found]]:
    """Let a function take the words of a lesson's file first, and the world later."""
    return lambda *words: lambda world: function(world, *words)


COLLECTIONS: dict[str, Callable[..., Callable[[World], Judged]]] = {
    "policies_of": _of_world(_policies_of),
    "principals": _of_world(_principals),
    "allowed_actions": _of_world(_allowed_actions),
    "public_buckets": _of_world(_public_buckets),
    "unused_statements": _of_world(_unused_statements),
    "can_sign_in": _of_world(credentials.can_sign_in),
    "unused_keys": _of_world(credentials.unused_keys),
}
"""The sets that a learner collects."""


def _steps(world: World, caller: str, action: str, resource: str) -> dict[str, tuple[int, str]]:
    """Return the types of policies that count for a request, as AWS evaluates them: what each does.

    Each has its number.
    """
    decision = world.can(caller, action, arn_of(resource, main_account(world)))
    present = [step.layer for step in decision.trace.steps if step.found.present]
    found = {}
    for number, layer in enumerate(present, 1):
        does = "limits what others allow" if layer in CEILINGS else "can allow the request"
        found[NAMES[layer]] = (number, f"The {NAMES[layer]} {does}.")
    return found


def _lifetimes(world: World, *names: str) -> dict[str, tuple[timedelta, str]]:
    """Return each of the named sessions with the time until its credentials expire."""
    found = {}
    for name in names:
        session: Any = caller_of(world.copy(), name)
        lasts = session.expiration - session.issued
        found[name] = (lasts, f"it lasts {lasts.total_seconds() // 60:,.0f} minutes")
    return found


ORDERS: dict[str, Callable[..., Places]] = {
    "steps": _of_world(_steps),
    "lifetimes": _of_world(_lifetimes),
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

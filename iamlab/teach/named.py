"""What a lesson's file names but can't express: properties, goals, orders, and sets to collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import misfit
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.errors import MalformedPolicy
from iamlab.model.identities import policies_of
from iamlab.policy.arn import Arn
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
    from iamlab.teach.explain import Placed
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
    decisions = {name: world.can(caller_of(world, user), name, "*") for name in sorted(names)}
    return {name: (bool(own), reason(own)) for name, own in decisions.items()}


def _public_buckets(world: World, *names: str) -> Judged:
    """Return which of the named buckets anybody on the internet can read or change."""
    every, judged = world.outside_access(), {}
    for name in sorted(names):
        found = [own for own in every if own.resource.rpartition(":")[2].partition("/")[0] == name]
        text = str(found[0]) if found else "nobody outside the account has access by its policy."
        judged[name] = any(own and own.is_public for own in found), text
    return judged


def _can_become(world: World, target: str, *names: str) -> Judged:
    """Return which of the named callers can become another one by privilege escalation."""
    end, reach = target if target == "admin" else caller_of(world, target), world.reach()
    paths = {name: reach.path(caller_of(world, name), end) for name in sorted(names)}
    texts = {name: str(own or "no path leads there").split("\n") for name, own in paths.items()}
    return {name: (own is not None, f"{'; '.join(texts[name])}.") for name, own in paths.items()}


def _unused_statements(world: World, caller: str) -> Judged:
    """Return the Allow statements of a user or role: of which does the log show no use?"""
    rows = world.unused(caller_of(world, caller)).rows
    used = sorted((f"{row.policy}/{row.statement}", ", ".join(row.used)) for row in rows)
    return {name: (not own, f"the log shows {own or 'no use of it'}.") for name, own in used}


def _of_night(world: World, question: str) -> Judged:
    """Return what a question about the night of the leak offers, of ``iamlab.incident``."""
    from iamlab.incident.questions import facts_of

    return facts_of(question, world.seed)


def _reaches(world: World, action: str, resource: str) -> Judged:
    """Return which users and roles get to do something, directly or by privilege escalation."""
    account = main_account(world)
    paths = world.reach().to(action, arn_of(resource, account))
    found = {}
    for own in (*account.users.values(), *account.roles.values()):
        steps = "; ".join(map(str, paths.get(own.arn, ()))) or "it is allowed directly"
        text = f"{steps}." if own.arn in paths else "no steps lead there."
        found[Arn.parse(own.arn).resource] = own.arn in paths, text
    return found


COLLECTIONS: dict[str, Callable[..., Judged]] = {
    "policies_of": _policies_of,
    "principals": _principals,
    "allowed_actions": _allowed_actions,
    "public_buckets": _public_buckets,
    "can_become": _can_become,
    "unused_statements": _unused_statements,
    "night": _of_night,
    "reaches": _reaches,
    "can_sign_in": credentials.can_sign_in,
    "unused_keys": credentials.unused_keys,
}
"""The sets that a learner collects: functions of a world and of the other words in the file."""


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


def _rungs(world: World, caller: str, action: str, resource: str) -> dict[str, tuple[int, str]]:
    """Return the rungs of the decision ladder, after the caller and the request.

    Each has its number, and what AWS found there. Types of policies that don't count for the
    request are rungs too.
    """
    steps = world.can(caller, action, arn_of(resource, main_account(world))).steps
    reasons = {("explicit deny" if s.layer == "deny" else NAMES[s.layer]): s.reason for s in steps}
    first = {"caller": "First AWS finds out who calls.", "request": "Then it reads the request."}
    return {name: (n, own) for n, (name, own) in enumerate({**first, **reasons}.items(), 1)}


def _lifetimes(world: World, *names: str) -> dict[str, tuple[timedelta, str]]:
    """Return each of the named sessions with the time until its credentials expire."""
    found = {}
    for name in names:
        session: Any = caller_of(world.copy(), name)
        lasts = session.expiration - session.issued
        found[name] = (lasts, f"it lasts {lasts.total_seconds() // 60:,.0f} minutes")
    return found


ORDERS: dict[str, Callable[..., Placed]] = {
    "steps": _steps,
    "rungs": _rungs,
    "lifetimes": _lifetimes,
}
"""What a learner puts into order: functions of a world and of the other words in the file."""


def _called(event_name: str) -> Callable[[World], bool]:
    """Return a goal: a call has succeeded."""
    return lambda world: any(e.event_name == event_name and not e.error_code for e in world.events)


GOALS: dict[str, Callable[..., Callable[[World], bool]]] = {
    "always": lambda: lambda _: True,
    "called": _called,
    "security_status": credentials.SecurityStatus,
    "key_rotated": credentials.key_rotated,
    "key_replaced": credentials.key_replaced,
}

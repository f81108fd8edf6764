"""What is one's own, as it has become: oneself, one's groups, what hangs there, calls on oneself.

A power may have changed already: it has joined a group, has lost its boundary, has tags. The world
that is asked has not. So what a call on oneself says of oneself is put right here, and what is
written where is read off the power.

Notes
-----
AWS pages: "IAM and AWS STS condition context keys", for ``iam:PermissionsBoundary`` and
``iam:ResourceTag``; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.privilege_escalation.principal_states import (
    Change,
    Edge,
    any_permission,
    group_joined,
    group_left,
    policy_given,
)
from iamlab.analysis.privilege_escalation.required_parameters import literals
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something
from iamlab.authorization.attached_policies import document_of
from iamlab.engine.layers import Attached
from iamlab.model import managed_policies as managed
from iamlab.model.quotas import quota
from iamlab.operations.iam.lookup import SERVICE_LINKED_ONLY
from iamlab.policy.checks.sizes import size
from iamlab.policy.document import Policy
from iamlab.policy.rules import INLINE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.permission_checks import Call, Need
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.model.identities import Group, Role, User
    from iamlab.model.managed_policies import ManagedPolicy


BOUNDARY = "iam:PermissionsBoundary"
ABOUT_PERMISSIONS = ("Attach", "Detach", "Put", "Delete")
"""How the operations on oneself begin whose requests say which boundary one has."""

RESOURCE_TAGS = ("aws:ResourceTag/", "iam:ResourceTag/")


class Holder(NamedTuple):
    """Who holds policies that count for a power: itself, or a group that it is in.

    Parameters
    ----------
    path
        As the policies have it: empty for its own.
    """

    identity: User | Role | Group
    path: tuple[str, ...]

    @property
    def noun(self) -> str:
        """How operations call it: ``AttachUserPolicy``."""
        return self.identity.kind.capitalize()

    @property
    def named(self) -> dict[str, str]:
        """The parameter that names it."""
        return {f"{self.noun}Name": self.identity.name}


def oneself(one: Standpoint) -> Holder | None:
    """Give the user that a power is, or its role; ``None`` if it is one that nobody can change."""
    own = one.user or one.role
    if own is None or (own is one.role and own not in one.stock.roles):
        return None
    return Holder(own, ())


def own_groups(one: Standpoint) -> list[Holder]:
    """Give the groups that a power is in by now."""
    if one.user is None:
        return []
    changes, names = one.power.changes, set(one.user.groups)
    if changes:
        every = [group.name for group in one.stock.groups]
        names |= {name for name in every if group_joined(name, ()) in changes}
        names -= {name for name in names if group_left(name) in changes}
    groups = one.account.groups
    return [Holder(groups[name], (f"group {name}",)) for name in sorted(names) if name in groups]


def own_call(one: Standpoint, name: str, **parameters: Any) -> Call:
    """Make a call of IAM; what it says of the caller's own boundary and tags is as it is now."""
    call = one.call(name, **parameters)
    if not one.power.changes:
        return call
    own = oneself(one)
    needs = tuple(
        _as_now(one, need, name, parameters)
        if own is not None and need.resource == own.identity.arn
        else need
        for need in call.needs
    )
    return replace(call, needs=needs)


def _as_now(one: Standpoint, need: Need, name: str, parameters: dict[str, Any]) -> Need:
    keys = dict(need.keys)
    if name.startswith(ABOUT_PERMISSIONS) and "PermissionsBoundary" not in parameters:
        boundary = one.power.gathered.boundary
        keys.pop(BOUNDARY, None)
        if boundary is not None and boundary.arn:
            keys[BOUNDARY] = boundary.arn
    known = {key.lower(): key for key in keys}
    changed = {change.about.removeprefix("tag ") for change in one.power.changes}
    for key, value in one.power.gathered.who().tags.items():
        if key.lower() in changed:
            for start in RESOURCE_TAGS:
                written = f"{start}{key}"
                keys[known.get(written.lower(), written)] = value
    return need._replace(keys=keys)


def with_boundary(call: Call, role: Role, arn: str | None) -> Call:
    """Give a call as it will be when a role that it is on has another boundary, or none."""
    now = {} if arn is None else {BOUNDARY: arn}
    needs = (
        need._replace(keys={**{key: need.keys[key] for key in need.keys if key != BOUNDARY}, **now})
        if need.resource == role.arn
        else need
        for need in call.needs
    )
    return replace(call, needs=tuple(needs))


def widened_by(
    one: Standpoint,
    way: Way,
    changes: Iterable[Change],
    calls: Iterable[Call],
    *conditions: str,
) -> Edge:
    """Say that a power can widen itself in several respects at once."""
    made = tuple(calls)
    return Edge(way, one.power, one.power.with_(*changes), lambda: made, conditions)


def is_widest(one: Standpoint) -> bool:
    """Say whether a power has a policy that allows all: then no other Allow adds to it."""
    return any(allows_all(attached.policy) for attached in one.power.gathered.identity)


# What hangs there ------------------------------------------------------------------------------


def hanging(one: Standpoint, holder: Holder) -> list[Attached]:
    """Give the policies that count for a power and hang on one of its holders."""
    return [each for each in one.power.gathered.identity if each.path == holder.path]


def attached_to(one: Standpoint, holder: Holder) -> set[str]:
    """Give the ARNs of the managed policies that hang on a holder by now."""
    of_today = {
        arn
        for arn in holder.identity.attached
        # One whose document nobody knows counts for nothing, but takes up room.
        if holder.identity.account is one.account and document_of(one.account, arn) is None
    }
    return of_today | {each.arn for each in hanging(one, holder) if each.arn is not None}


def room_for(one: Standpoint, holder: Holder) -> int:
    """Say how many more managed policies a holder can have."""
    return quota(one.account, f"PoliciesPer{holder.noun}") - len(attached_to(one, holder))


def names_to_write(one: Standpoint, holder: Holder, denying: list[Attached]) -> Iterator[str]:
    """Give the names under which inline policies that allow all are to be written.

    What is written under the name of a policy takes its place: so those that deny something are
    written over. Else it gets a name of its own if there is room, or takes the largest one's.
    """
    inline = {each.policy.name: each for each in hanging(one, holder) if each.arn is None}
    held = holder.identity.inline
    sizes = {name: size(policy) for name, policy in held.items() if name in inline}
    bad = [name for name in sizes if inline[name] in denying]
    largest = max(sizes, key=lambda name: sizes[name], default="")
    free = next(name for name in _free_names() if name not in held)
    for names in (bad, [free], [largest]):
        left = sum(of for name, of in sizes.items() if name not in names)
        fits = left + len(names) * _size_of_all() <= INLINE_LIMITS[holder.identity.kind]
        if names and names != [""] and fits:
            yield from names
            return


@cache
def _size_of_all() -> int:
    return size(Policy.parse(ALL))


def _free_names() -> Iterator[str]:
    yield POLICY_NAME
    number = 2
    while True:
        yield f"{POLICY_NAME}-{number}"
        number += 1


POLICY_NAME = "reach"
"""What the inline policies of replayed ways are called."""

ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""The policy that allows all."""

ADMINISTRATOR = "AdministratorAccess"

STRONG = (ADMINISTRATOR, "IAMFullAccess", "PowerUserAccess")
"""Policies of AWS that are always tried: with the second one gives oneself the first."""


def administrator(one: Standpoint) -> str:
    """Give the ARN of AdministratorAccess in the partition of a power's account."""
    return f"arn:{one.account.partition}:iam::aws:policy/{ADMINISTRATOR}"


def change_by(one: Standpoint, policy: ManagedPolicy) -> Change:
    """Say what somebody gains who is given a managed policy, by its version that is in force."""
    (found,) = one.as_they_are([Attached(policy.document, policy.arn)])
    return any_permission() if allows_all(found.policy) else policy_given(found.policy, policy.arn)


@cache
def _all() -> Policy:
    return Policy.parse(ALL)


def allows_all(policy: Policy) -> bool:
    """Say whether a policy allows all, and nothing takes any of it away."""
    return not denies_something(policy) and any(
        "*" in (one.action or ()) and "*" in (one.resource or ()) and not one.conditions
        for one in policy.statements
    )


def allows_something(policy: Policy) -> bool:
    """Say whether a policy has an Allow."""
    return any(one.effect == "Allow" for one in policy.statements)


def policies_to_try(one: Standpoint) -> Iterator[ManagedPolicy]:
    """Give managed policies that a power might attach, strong ones first."""
    account = one.account
    for name in STRONG:
        yield account.get_policy(f"arn:{account.partition}:iam::aws:policy/{name}")
    layers = one.power.gathered.layers()
    every = (*layers.of("identity"), *layers.of("boundary"), *layers.of("scp"))
    named = {arn for each in every for arn in literals(each.policy, "iam:PolicyARN")}
    for arn in sorted(named):
        policy = account.policies.get(arn) or managed.find(arn)
        if policy is None or policy in one.stock.policies:
            continue
        if policy.name not in STRONG and not policy.path.startswith(SERVICE_LINKED_ONLY):
            yield policy
    yield from one.stock.policies

"""Ways to become another user: by a key, a password, or a credential for one service.

How a power can become a user: by an access key, or by a password for the console.

Limits count. A user has two access keys at most: a third one takes the place of another. Whoever
has an MFA device is asked for it at sign-in, so that a password alone is not enough; a key asks for
nothing. Of a user that was loaded from an export none of that is known: it becomes a condition.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "Service-specific
credentials for IAM users"; "API DeactivateMFADevice".
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "Sign in to the AWS
Management Console"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.principal_states import group_joined
from iamlab.analysis.privilege_escalation.ways.grants import (
    Gift,
    attached,
    best,
    of_groups,
    rewritten,
    written,
)
from iamlab.analysis.privilege_escalation.ways.groups import by_groups
from iamlab.analysis.privilege_escalation.ways.service_credentials import (
    Entry,
    by_key,
    by_password,
    keys_of_services,
)
from iamlab.authorization.attached_policies import policies_of
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.analysis.privilege_escalation.ways.grants import Given


@finds(11)
@finds(10)
def make_key(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreateAccessKey``; where the user has two, ``DeleteAccessKey`` first."""
    yield from (enter(one, way, entry) for entry in by_key(one) if entry.number == way.number)


@finds(28)
@finds(13)
@finds(12)
def set_password(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreateLoginProfile`` or ``UpdateLoginProfile``, then sign in.

    Where the user has MFA devices, ``DeactivateMFADevice`` for each comes first.
    """
    yield from (enter(one, way, entry) for entry in by_password(one) if entry.number == way.number)


@finds(20)
def widen_and_enter(one: Standpoint, way: Way) -> Iterator[Edge]:
    """A policy for the user or a group of it, then a key; where no key can be made, a password."""
    entries = first_entries(one)
    if not entries:
        return
    for arn, gifts in gifts_of_users(one).items():
        for gift in gifts if arn in entries else ():
            yield enter(one, way, entries[arn], gift)


def first_entries(one: Standpoint) -> dict[str, Entry]:
    """Give the plainest way to become each of the other users, by their ARNs."""
    entries: dict[str, Entry] = {}
    for entry in (*by_key(one), *by_password(one)):
        if entry.user is not one.user:
            entries.setdefault(entry.user.arn, entry)
    return entries


def gifts_of_users(one: Standpoint) -> Given:
    """Give what the power can give to users: themselves, or by a group."""
    users, groups = one.stock.users, one.stock.groups
    found = best(
        written(one, users),
        attached(one, users),
        of_groups(written(one, groups), users),
        of_groups(attached(one, groups), users),
        rewritten(one, users),
        of_groups(rewritten(one, groups), users),
        _joined(one),
    )
    # Groups that they are not in are looked for only where something is left to be given.
    left = [user for user in users if not any(gift.is_all for gift in found.get(user.arn, ()))]
    return best(found, by_groups(one, left)) if left else found


def _joined(one: Standpoint) -> Given:
    """Make users members of groups that have policies."""
    most = quota(one.account, "GroupsPerUser")
    found: Given = {}
    # Whom it makes a member is no part of what is asked.
    for group in one.allowed("AddUserToGroup", one.stock.groups, UserName="any"):
        handed = tuple(policies_of(group, (f"group {group.name}",)))
        for user in one.stock.users if handed else ():
            if group.name not in user.groups and len(user.groups) < most:
                call = one.call("AddUserToGroup", GroupName=group.name, UserName=user.name)
                gift = Gift((group_joined(group.name, handed),), (call,))
                found.setdefault(user.arn, []).append(gift)
    return found


@finds(31)
def create_key_of_service(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreateServiceSpecificCredential`` and its likes, where an access key cannot be had."""
    entered = {entry.user.arn for entry in by_key(one)}
    for entry in keys_of_services(one):
        if entry.user.arn not in entered:
            yield enter(one, way, entry)


def enter(one: Standpoint, way: Way, entry: Entry, gift: Gift | None = None) -> Edge:
    """Say that a power can become a user, and what the user is given before."""
    changes, before = ((), ()) if gift is None else gift
    calls = partial(tuple, (*before, *entry.calls))
    return one.becomes(
        way, entry.user, calls, *entry.conditions, changes=(*changes, *entry.changes)
    )

"""What must be true between the things of a world: what is named is there, and is there once.

A world that was made of exports may name what no file held; it has warned of that, and keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import did_you_mean
from iamlab.policy.arn import Arn
from iamlab.world import managed
from iamlab.world.files.way import member

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from iamlab.world.account import Account
    from iamlab.world.files.way import Way
    from iamlab.world.identities import Bounded, Group, Identity, Role, User
    from iamlab.world.policies import ManagedPolicy

Found = tuple[str, str]
"""A place, and what is wrong there."""


def check(accounts: Mapping[str, Account], way: Way, *, complete: bool) -> None:
    """Note what does not go together.

    Parameters
    ----------
    complete
        Whether all that is named must be there; not so in a world made of exports.
    """
    for key, account in accounts.items():
        place = member("$.accounts", key)
        _note(way, _of_account(account, place, way))
        if complete:
            _note(way, _loose_ends(account, place, way))
    _note(way, _twice(accounts))


def _note(way: Way, found: Iterator[Found]) -> None:
    for place, what in found:
        way.wrong(place, what)


def _of_account(account: Account, place: str, way: Way) -> Iterator[Found]:
    for arn, policy in account.policies.items():
        yield from _of_policy(policy, member(f"{place}.policies", arn), account, way)
    if way.is_sound(f"{place}.instance_profiles"):
        for name, role in account.roles.items():
            yield from _of_role(role, member(f"{place}.roles", name))
    if way.is_sound(f"{place}.users"):
        owners = {account.account_id, *(user.unique_id for user in account.users.values())}
        for serial, device in account.mfa_records.items():
            if device.owner is not None and device.owner not in owners:
                where = f"{member(f'{place}.mfa_records', serial)}.owner"
                yield where, "Nobody here has this id: name a user's unique_id, or the account's."


def _of_policy(policy: ManagedPolicy, place: str, account: Account, way: Way) -> Iterator[Found]:
    versions = policy.versions
    if policy.default_version_id not in versions and way.is_sound(f"{place}.versions"):
        hint = did_you_mean(policy.default_version_id[:100], versions)
        yield f"{place}.default_version_id", f"The policy has no such version. {hint}"
    if Arn.parse(policy.arn).account not in (account.account_id, "aws"):
        yield f"{place}.arn", "It is neither of this account nor AWS's."


def _of_role(role: Role, place: str) -> Iterator[Found]:
    known = role.account.instance_profiles
    return _unknown(role.instance_profiles, known, f"{place}.instance_profiles", "instance profile")


def _loose_ends(account: Account, place: str, way: Way) -> Iterator[Found]:
    groups_known = way.is_sound(f"{place}.groups")
    policies_known = way.is_sound(f"{place}.policies")
    for kind, identities in _identities(account):
        for name, identity in identities.items():
            where = member(f"{place}.{kind}", name)
            if policies_known:
                yield from _unknown_policies(identity, where)
            if kind == "users" and groups_known:
                named = getattr(identity, "groups")  # noqa: B009 - only users have them
                yield from _unknown(named, account.groups, f"{where}.groups", "group")


def _identities(account: Account) -> Iterator[tuple[str, Mapping[str, User | Group | Role]]]:
    yield "users", account.users
    yield "groups", account.groups
    yield "roles", account.roles


def _unknown_policies(identity: Identity | Bounded, place: str) -> Iterator[Found]:
    account = identity.account
    what = "The policy is neither in the account nor one of AWS's."
    for number, arn in enumerate(identity.attached):
        if not _is_known(account, arn):
            yield f"{place}.attached[{number}]", what
    boundary = getattr(identity, "boundary", None)
    if boundary is not None and not _is_known(account, boundary):
        yield f"{place}.boundary", what


def _is_known(account: Account, arn: str) -> bool:
    return arn in account.policies or managed.find(arn) is not None


def _unknown(
    named: Collection[str], known: Mapping[str, object], place: str, noun: str
) -> Iterator[Found]:
    for number, name in enumerate(named):
        if name not in known:
            hint = did_you_mean(name[:100], known)
            yield f"{place}[{number}]", f"The account has no such {noun}. {hint}"


def _twice(accounts: Mapping[str, Account]) -> Iterator[Found]:
    """Find what only one may have, and two have: aliases, access keys, resources."""
    seen: dict[tuple[str, str], str] = {}
    for key, account in accounts.items():
        place = member("$.accounts", key)
        for kind, name, where in _only_once(account, place):
            other = seen.setdefault((kind, name), where)
            if other != where:
                yield where, f"The {kind} is there already: {other}."


def _only_once(account: Account, place: str) -> Iterator[tuple[str, str, str]]:
    if account.alias is not None:
        yield "alias", account.alias, f"{place}.alias"
    for key_id in account.root.key_records:
        yield "access key", key_id, member(f"{place}.root.key_records", key_id)
    for name, user in account.users.items():
        for key_id in user.key_records:
            where = member(member(f"{place}.users", name) + ".key_records", key_id)
            yield "access key", key_id, where
    for arn in account.resources:
        yield "resource", arn, member(f"{place}.resources", arn)

"""What must be true between the parts of a world: what is named is there, and is there once.

A world made of exports can name what no file held; it has warned of that, and keeps it. In IAM
Identity Center, assignments can name users and groups that were deleted, and roles and SAML
providers can be gone: a living world has that too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import AwsError, did_you_mean
from iamlab.model import managed_policies as managed
from iamlab.operations.identity_center.provisioning import seconds_of
from iamlab.policy.arn import Arn
from iamlab.storage.problems import member

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from iamlab.model.account import Account
    from iamlab.model.identities import Bounded, Group, Identity, Role, User
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import OrganizationPart, Target
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.storage.problems import CodingRun


Found = tuple[str, str]
"""A place, and what is wrong there."""


def check(accounts: Mapping[str, Account], run: CodingRun, *, complete: bool) -> None:
    """Note what does not go together.

    Parameters
    ----------
    complete
        Whether all that is named must be there; not so in a world made of exports.
    """
    for key, account in accounts.items():
        place = member("$.accounts", key)
        _note(run, _of_account(account, place, run))
        if complete:
            _note(run, _loose_ends(account, place, run))
    _note(run, _twice(accounts))


def _note(run: CodingRun, found: Iterator[Found]) -> None:
    for place, what in found:
        run.wrong(place, what)


def _of_account(account: Account, place: str, run: CodingRun) -> Iterator[Found]:
    for arn, policy in account.policies.items():
        yield from _of_policy(policy, member(f"{place}.policies", arn), account, run)
    if run.is_sound(f"{place}.instance_profiles"):
        for name, role in account.roles.items():
            yield from _of_role(role, member(f"{place}.roles", name))
    if run.is_sound(f"{place}.users"):
        owners = {account.account_id, *(user.unique_id for user in account.users.values())}
        for serial, device in account.mfa_records.items():
            if device.owner is not None and device.owner not in owners:
                where = f"{member(f'{place}.mfa_records', serial)}.owner"
                yield where, "Nobody here has this id: name a user's unique_id, or the account's."


def _of_policy(
    policy: ManagedPolicy, place: str, account: Account, run: CodingRun
) -> Iterator[Found]:
    versions = policy.versions
    if policy.default_version_id not in versions and run.is_sound(f"{place}.versions"):
        hint = did_you_mean(policy.default_version_id[:100], versions)
        yield f"{place}.default_version_id", f"The policy has no such version. {hint}"
    if Arn.parse(policy.arn).account not in (account.account_id, "aws"):
        yield f"{place}.arn", "It is neither of this account nor AWS's."


def _of_role(role: Role, place: str) -> Iterator[Found]:
    known = role.account.instance_profiles
    return _unknown(role.instance_profiles, known, f"{place}.instance_profiles", "instance profile")


def _loose_ends(account: Account, place: str, run: CodingRun) -> Iterator[Found]:
    groups_known = run.is_sound(f"{place}.groups")
    policies_known = run.is_sound(f"{place}.policies")
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


def check_organizations(
    organizations: Mapping[str, Organization], accounts: Mapping[str, Account], run: CodingRun
) -> None:
    """Note what does not go together; nothing is said of accounts that could not be read."""
    accounts_known = run.is_sound("$.accounts")
    seen: dict[str, str] = {}
    for key, organization in organizations.items():
        place = member("$.organizations", key)
        if not run.is_sound(place):
            continue  # a part that could not be read would be missed everywhere
        found = [*_organization_parts(organization, place), *_tree(organization, place)]
        if accounts_known:
            found += _accounts(organization, accounts, place)
        for account_id in organization.members:
            other = seen.setdefault(account_id, place)
            if other != place:
                where = member(f"{place}.members", account_id)
                found.append((where, f"The account is in another organization too: {other}."))
        for where, what in found:
            run.wrong(where, what)


def _accounts(
    organization: Organization, accounts: Mapping[str, Account], place: str
) -> Iterator[Found]:
    for account_id in organization.members:
        if account_id not in accounts:
            hint = did_you_mean(account_id[:100], accounts)
            yield member(f"{place}.members", account_id), f"There is no such account. {hint}"
    if organization.management_account_id not in organization.members:
        yield f"{place}.management_account_id", "It must be one of the members."


def _organization_parts(organization: Organization, place: str) -> Iterator[Found]:
    """Check what each part says of its organization, and of the policies that hang on it."""
    for where, part in _every(organization, place):
        if part.organization_id != organization.id:
            yield f"{where}.organization_id", f"It must be {organization.id}."
    for where, target in _targets(organization, place):
        for number, policy_id in enumerate(target.attached):
            if policy_id not in organization.policies:
                hint = did_you_mean(policy_id[:100], organization.policies)
                yield f"{where}.attached[{number}]", f"There is no such policy. {hint}"


def _targets(organization: Organization, place: str) -> Iterator[tuple[str, Target]]:
    yield f"{place}.root", organization.root
    for key, unit in organization.organizational_units.items():
        yield member(f"{place}.organizational_units", key), unit
    for key, account in organization.members.items():
        yield member(f"{place}.members", key), account


def _every(organization: Organization, place: str) -> Iterator[tuple[str, OrganizationPart]]:
    yield from _targets(organization, place)
    for key, policy in organization.policies.items():
        yield member(f"{place}.policies", key), policy
    for key, handshake in organization.handshakes.items():
        yield member(f"{place}.handshakes", key), handshake


def _tree(organization: Organization, place: str) -> Iterator[Found]:
    """Check that everything stands below the root: whoever climbs comes to an end."""
    units, root_id = organization.organizational_units, organization.root.id
    parents = {key: unit.parent_id for key, unit in units.items()}
    for key, unit in units.items():
        climbed, above = {key}, unit.parent_id
        while above in parents and above not in climbed:
            climbed.add(above)
            above = parents[above]
        if above != root_id:
            what = "It does not stand below the root: name the id of the root or of an OU."
            yield f"{member(f'{place}.organizational_units', key)}.parent_id", what
    for key, account in organization.members.items():
        if account.parent_id != root_id and account.parent_id not in parents:
            what = "It is the id neither of the root nor of an OU."
            yield f"{member(f'{place}.members', key)}.parent_id", what


def check_identity_centers(centers: Mapping[str, IdentityCenter], run: CodingRun) -> None:
    """Note what does not go together."""
    for key, center in centers.items():
        place = member("$.identity_centers", key)
        if run.is_sound(place):
            for where, what in (*_identity_center_parts(center, place), *_sets(center, place)):
                run.wrong(where, what)


def _identity_center_parts(center: IdentityCenter, place: str) -> Iterator[Found]:
    """Check what each part says of its instance, and who is in the groups."""
    for kind in ("users", "groups", "permission_sets"):
        for key, part in getattr(center, kind).items():
            if part.instance_arn != center.arn:
                where = member(f"{place}.{kind}", key)
                yield f"{where}.instance_arn", f"It must be {center.arn}."
    for key, group in center.groups.items():
        for number, user_id in enumerate(group.member_ids):
            if user_id not in center.users:
                where = f"{member(f'{place}.groups', key)}.member_ids[{number}]"
                yield where, f"There is no such user. {did_you_mean(user_id[:100], center.users)}"


def _sets(center: IdentityCenter, place: str) -> Iterator[Found]:
    """Check that what is assigned is there, and has been provisioned."""
    for key, permission_set in center.permission_sets.items():
        try:
            seconds_of(permission_set.session_duration)
        except AwsError:
            where = f"{member(f'{place}.permission_sets', key)}.session_duration"
            yield where, "There must be PT1H to PT12H."
    for number, assigned in enumerate(center.account_assignments):
        where = f"{place}.account_assignments[{number}]"
        known = center.permission_sets.get(assigned.permission_set_id)
        if known is None:
            yield f"{where}.permission_set_id", "There is no such permission set."
        elif assigned.account_id not in known.provisioned:
            yield f"{where}.account_id", f"{known.name} is not provisioned in this account."

"""What must be true between the parts of an organization: a tree, whose accounts are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import did_you_mean
from iamlab.world.files.way import member

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.world.account import Account
    from iamlab.world.files.way import Way
    from iamlab.world.organization import Organization
    from iamlab.world.organization.targets import Part, Target



def check_organizations(
    organizations: Mapping[str, Organization], accounts: Mapping[str, Account], way: Way
) -> None:
    """Note what does not go together; nothing is said of accounts that could not be read."""
    accounts_known = way.is_sound("$.accounts")
    seen: dict[str, str] = {}
    for key, organization in organizations.items():
        place = member("$.organizations", key)
        if not way.is_sound(place):
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
            way.wrong(where, what)


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
    for key, one in organization.members.items():
        yield member(f"{place}.members", key), one


def _every(organization: Organization, place: str) -> Iterator[tuple[str, Part]]:
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
    for key, one in organization.members.items():
        if one.parent_id != root_id and one.parent_id not in parents:
            what = "It is the id neither of the root nor of an OU."
            yield f"{member(f'{place}.members', key)}.parent_id", what

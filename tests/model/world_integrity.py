"""Whether a world hangs together: nothing in it leads to what is not there."""

import re
from collections.abc import Iterator
from typing import Any

from iamlab import World
from iamlab.lab.account import Account
from iamlab.model.credentials import SessionRecord
from iamlab.model.organization.organization import Organization
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
ALWAYS = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}
DEEPEST = 5
UNIQUE_ID = re.compile("(AIDA|AROA)[A-Z2-7]{17}")
KEY_ID = re.compile("(AKIA|ASIA)[A-Z2-7]{9}EXAMPLE")


def assert_whole(world: World) -> None:
    """Whatever happened, everything has its place."""
    for key, account in world.accounts.items():
        assert (account.account_id, account.world) == (key, world)
        assert_account_is_whole(account)
    for name, organization in world.organizations.items():
        assert (organization.id, organization.world) == (name, world)
        assert_organization_is_whole(organization)
    inside = [key for one in world.organizations.values() for key in one.members]
    assert len(inside) == len(set(inside))
    assert_sessions_are_whole(world)
    buckets = [name for account in world.accounts.values() for name in account.buckets]
    assert len(buckets) == len(set(buckets))


def assert_account_is_whole(account: Account) -> None:
    """Things know their account, and each other."""
    for arn, one in account.resources.items():
        assert (one.arn, one.account) == (arn, account)
        assert len(one.tags) <= 50
    for profile in account.instance_profiles.values():
        assert profile.account is account
        assert len(profile.roles) <= 1
        assert all(account.roles.get(role.name) is role for role in profile.roles)
    for arn, policy in account.policies.items():
        assert (policy.arn, policy.account) == (arn, account)
    for identity in (*account.users.values(), *account.roles.values(), *account.groups.values()):
        assert identity.account is account
    for policy_of_something in _policies(account):
        assert list(_absent(policy_of_something, account.world)) == []
    for instance in account.resources.values():
        _assert_profile_is_own(instance)


def _assert_profile_is_own(resource: Any) -> None:
    held = getattr(resource, "association", None)
    if held is not None and resource.iam_instance_profile is not None:
        profile = resource.iam_instance_profile
        assert resource.account.instance_profiles[profile.name] is profile
        assert (profile.arn, profile.unique_id) == (held.profile_arn, held.profile_id)


def assert_sessions_are_whole(world: World) -> None:
    """Each session has its own times, its account, and a parent that could have asked for it."""
    for key, one in world.sessions.items():
        assert (one.access_key_id, one.account_id in world.accounts) == (key, True)
        assert one.issued < one.expiration
        assert one.issuer_id == one.account_id or UNIQUE_ID.fullmatch(one.issuer_id)
        assert one.arn.split(":")[4] == one.issuer_arn.split(":")[4] == one.account_id
        assert {*one.transitive_tag_keys} <= {*one.tags}
        assert len(one.tags) <= 50
        assert len(one.scoped) <= 3
        assert one.parent == "" or KEY_ID.fullmatch(one.parent)
        if one.parent.startswith("ASIA"):
            _assert_comes_of(one, world.sessions[one.parent])


def _assert_comes_of(one: SessionRecord, parent: SessionRecord) -> None:
    assert parent.issued <= one.issued < parent.expiration
    assert parent.source_identity in ("", one.source_identity)
    if one.operation == "GetScopedCredentials":
        assert one.expiration <= parent.expiration
        assert one.scoped[: len(parent.scoped)] == parent.scoped
        assert (one.arn, one.issuer_id, one.tags) == (parent.arn, parent.issuer_id, parent.tags)
    elif one.operation == "AssumeRole":
        assert parent.transitive_tags.items() <= one.tags.items()
        assert {*parent.transitive_tags} <= {*one.transitive_tag_keys}
    else:
        assert one.operation == "AssumeRoot"


def _policies(account: Account) -> Iterator[Policy]:
    yield from (role.trust for role in account.roles.values() if role.trust is not None)
    yield from (one.policy for one in account.resources.values() if one.policy is not None)


def _absent(policy: Policy, world: World) -> Iterator[str]:
    """Give the users and roles that a policy names by ARN and that are not there."""
    for statement in policy.statements:
        for kind, value in statement.principal or statement.not_principal or ():
            if kind != "AWS" or not is_arn(value):
                continue
            arn = Arn.parse(value)
            account = world.accounts.get(arn.account)
            if account is not None and arn.kind in ("user", "role"):
                held: Any = account.users if arn.kind == "user" else account.roles
                if arn.name not in held or held[arn.name].arn != value:
                    yield value


def assert_organization_is_whole(organization: Organization) -> None:
    """It is one tree; what hangs in it is there, and of a type that is enabled."""
    units, members = organization.organizational_units, organization.members
    world, root = organization.world, organization.root
    assert members[organization.management_account_id].account.organization is organization
    for key, one in (*units.items(), *members.items(), *organization.policies.items()):
        assert (one.id, one.world, one.organization) == (key, world, organization)
    assert all(key in world.accounts for key in members)
    assert all(one.parent_id in (root.id, *units) for one in (*units.values(), *members.values()))
    for key in (*units, *members):
        way = organization.way_to(key)
        assert way[0] is root
        assert len(way) <= DEEPEST + 2
        assert len({one.id for one in way}) == len(way)
    names = [(unit.parent_id, unit.name) for unit in units.values()]
    assert len(names) == len(set(names))
    _assert_policies_hang_well(organization)
    _assert_delegates_are_members(organization)


def _assert_policies_hang_well(organization: Organization) -> None:
    enabled = organization.root.policy_types
    for target in organization.targets:
        held = target.attached
        assert len(held) == len(set(held))
        types = [organization.policies[key].type for key in held]
        assert set(types) == set(enabled)
        assert RCP not in enabled or ALWAYS[RCP] in held
        assert types.count(SCP) <= 10
        assert types.count(RCP) <= 5
    for kind in (SCP, RCP):
        assert organization.levels(organization.management_account_id, kind) == ()


def _assert_delegates_are_members(organization: Organization) -> None:
    for key, services in organization.delegates.items():
        assert key in organization.members
        assert key != organization.management_account_id
        assert services
        assert set(services) <= set(organization.service_access)

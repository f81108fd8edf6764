"""Whether a world hangs together: nothing in it leads to what is not there."""

import re
from collections.abc import Iterator
from typing import Any

from iamlab import World
from iamlab.model.credentials import SessionRecord
from iamlab.model.organization.organization import Organization
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy
from iamlab.world.account import Account

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
    inside = [key for item in world.organizations.values() for key in item.members]
    assert len(inside) == len(set(inside))
    assert_sessions_are_whole(world)
    buckets = [name for account in world.accounts.values() for name in account.buckets]
    assert len(buckets) == len(set(buckets))


def assert_account_is_whole(account: Account) -> None:
    """Things know their account, and each other."""
    for arn, resource in account.resources.items():
        assert (resource.arn, resource.account) == (arn, account)
        assert len(resource.tags) <= 50
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
    for key, session in world.sessions.items():
        assert (session.access_key_id, session.account_id in world.accounts) == (key, True)
        assert session.issued < session.expiration
        assert session.issuer_id == session.account_id or UNIQUE_ID.fullmatch(session.issuer_id)
        assert session.arn.split(":")[4] == session.issuer_arn.split(":")[4] == session.account_id
        assert {*session.transitive_tag_keys} <= {*session.tags}
        assert len(session.tags) <= 50
        assert len(session.scoped) <= 3
        assert session.parent == "" or KEY_ID.fullmatch(session.parent)
        if session.parent.startswith("ASIA"):
            _assert_comes_of(session, world.sessions[session.parent])


def _assert_comes_of(item: SessionRecord, parent: SessionRecord) -> None:
    assert parent.issued <= item.issued < parent.expiration
    assert parent.source_identity in ("", item.source_identity)
    if item.operation == "GetScopedCredentials":
        assert item.expiration <= parent.expiration
        assert item.scoped[: len(parent.scoped)] == parent.scoped
        assert (item.arn, item.issuer_id, item.tags) == (parent.arn, parent.issuer_id, parent.tags)
    elif item.operation == "AssumeRole":
        assert parent.transitive_tags.items() <= item.tags.items()
        assert {*parent.transitive_tags} <= {*item.transitive_tag_keys}
    else:
        assert item.operation == "AssumeRoot"


def _policies(account: Account) -> Iterator[Policy]:
    yield from (role.trust for role in account.roles.values() if role.trust is not None)
    yield from (
        resource.policy for resource in account.resources.values() if resource.policy is not None
    )


def _absent(policy: Policy, world: World) -> Iterator[str]:
    """Return the users and roles that a policy names by ARN and that are not there."""
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
    """It is one tree; what is attached in it is there, and of a type that is enabled."""
    units, members = organization.organizational_units, organization.members
    world, root = organization.world, organization.root
    assert members[organization.management_account_id].account.organization is organization
    for key, entry in (*units.items(), *members.items(), *organization.policies.items()):
        assert (entry.id, entry.world, entry.organization) == (key, world, organization)
    assert all(key in world.accounts for key in members)
    assert all(unit.parent_id in (root.id, *units) for unit in (*units.values(), *members.values()))
    for key in (*units, *members):
        how = organization.way_to(key)
        assert how[0] is root
        assert len(how) <= DEEPEST + 2
        assert len({item.id for item in how}) == len(how)
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

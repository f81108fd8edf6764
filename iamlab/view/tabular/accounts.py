"""Tables of worlds, accounts and identities: who is there, and which policies reach whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.layers import NAMES
from iamlab.model.identities import Bounded, Group, Identity, Role, User, policies_of
from iamlab.model.managed_policies import document_of
from iamlab.model.organization.organization import targets_below
from iamlab.model.organization.policies import RCP, SCP
from iamlab.model.organization.targets import Member, OrganizationalUnit
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.engine.layers import AttachedPolicy
    from iamlab.model.account import Account
    from iamlab.model.identities import RootUser
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import Target
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

Row = tuple[object, ...]

IDENTITY = (
    *("kind", "name", "groups", "policies", "permissions_boundary", "access_keys"),
    *("tags", "create_date", "arn"),
)


def world_table(world: World) -> Table:
    """Give the principals of a world: its users, roles and root users."""
    rows = (
        (account.name, account.account_id, *row)
        for account in world.accounts.values()
        for row in _principals(account)
    )
    return Table(
        f"Principals of the world at {world.clock.now:%Y-%m-%d %H:%M} UTC",
        ("account", "account_id", *IDENTITY),
        tuple(rows),
    )


def account_table(account: Account) -> Table:
    """Give the identities of an account: its users, groups and roles, and its root user."""
    groups = map(_identity, account.groups.values())
    return Table(
        f"Identities of account {account.name} ({account.account_id})",
        IDENTITY,
        (*_principals(account), *groups),
    )


def root_table(root: RootUser) -> Table:
    """Give what there is of a root user; no policy of its account reaches it."""
    return Table(
        f"Root user of account {root.account.name}", IDENTITY, (_root(root.account),), of_one=True
    )


def _principals(account: Account) -> Iterator[Row]:
    yield from map(_identity, account.users.values())
    yield from map(_identity, account.roles.values())
    yield _root(account)


def _root(account: Account) -> Row:
    keys = len(account.root.key_records)
    arn = account.root_arn
    return ("root user", "root", None, None, None, keys, None, account.create_date, arn)


def _identity(one: Identity) -> Row:
    boundary = one.boundary if isinstance(one, Bounded) else None
    user = one if isinstance(one, User) else None
    return (
        *(one.kind, one.name),
        None if user is None else tuple(user.groups),
        (*one.inline, *(arn.rpartition("/")[2] for arn in one.attached)),
        None if boundary is None else boundary.rpartition("/")[2],
        None if user is None else len(user.key_records),
        tuple(f"{key}={value}" for key, value in one.tags.items()) or None,
        *(one.create_date, one.arn),
    )


# -- what reaches an identity ----------------------------------------------------------------------

REACHES = ("policy", "type", "through", "PolicyArn", "Allow", "Deny")
"""What is told of a policy that reaches somebody; the last two are numbers of statements."""


def identity_table(identity: Identity) -> Table:
    """Give the policies that reach a user, group or role: a row a policy."""
    return Table(
        f"Policies that reach {identity.kind} {identity.name}", REACHES, tuple(_reaching(identity))
    )


def _reaching(identity: Identity) -> Iterator[Row]:
    account = identity.account
    yield from (_hanging(one, identity.kind) for one in policies_of(identity))
    for name in identity.groups if isinstance(identity, User) else ():
        if name in account.groups:
            yield from (_hanging(one, f"group {name}") for one in policies_of(account.groups[name]))
    if isinstance(identity, Bounded) and identity.boundary is not None:
        arn = identity.boundary
        document = document_of(account, arn)
        yield _told(document, NAMES["boundary"], identity.kind, arn)
    if isinstance(identity, Role) and identity.trust is not None:
        named = identity.trust.with_name("trust policy")
        yield _told(named, "role trust policy", "role", None)
    if not isinstance(identity, Group) and account.organization is not None:
        for level in account.organization.levels(account.account_id, SCP):
            for one in level:
                yield _told(one.policy, NAMES["scp"], ", ".join(one.path), one.arn)


def _hanging(one: AttachedPolicy, through: str) -> Row:
    kind = "inline policy"
    if one.arn is not None:
        of_aws = one.arn.split(":")[4:5] == ["aws"]
        kind = "AWS managed policy" if of_aws else "customer managed policy"
    return _told(one.policy, kind, through, one.arn)


def _told(policy: Policy | None, kind: str, through: str, arn: str | None) -> Row:
    if policy is None:  # a file names it, and does not have its document
        return str(arn).rpartition("/")[2], kind, through, arn, None, None
    effects = [one.effect for one in policy.statements]
    name = policy.name or str(arn or "unnamed").rpartition("/")[2]
    return name, kind, through, arn, effects.count("Allow"), effects.count("Deny")


# -- organizations ---------------------------------------------------------------------------------


def organization_table(organization: Organization) -> Table:
    """Give what policies hang on: a row a target, from the root down."""
    columns = (
        *("depth", "Type", "Name", "Id", "ParentId"),
        *("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "other policies"),
    )
    return Table(
        f"Organization {organization.id}, management account "
        f"{organization.management_account.name}",
        columns,
        tuple(_targets(organization, organization.root, targets_below(organization), 0)),
    )


def _targets(
    organization: Organization, target: Target, below: Mapping[str, list[Target]], depth: int
) -> Iterator[Row]:
    """Give a target and all below it."""
    known = [organization.policies[key] for key in target.attached if key in organization.policies]
    other = tuple(one.name for one in known if one.type not in (SCP, RCP))
    parent = target.parent_id if isinstance(target, OrganizationalUnit | Member) else None
    yield (
        *(depth, target.kind, target.name, target.id, parent),
        *(tuple(one.name for one in known if one.type == kind) for kind in (SCP, RCP)),
        other or None,
    )
    for one in below.get(target.id, ()):
        yield from _targets(organization, one, below, depth + 1)

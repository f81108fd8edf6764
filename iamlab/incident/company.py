"""Acme Observatory before the night, built from ``company.toml`` by calls of the root users.

Everything has a name before anything gets a policy, because AWS keeps no trust policy and no
bucket policy that names a principal which isn't there.

Notes
-----
AWS pages: "IAM JSON policy elements: Statement"; "Managed policies and inline policies"; "Service
control policies (SCPs)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.world.account import Account
    from iamlab.world.identities import Group, Role, User
    from iamlab.world.world import World

Table = dict[str, Any]

MANAGEMENT = "acme-org"
"""The management account."""

PASSWORD = "Correct-Horse-1"
"""The password of the people who have one."""

_COMPANY: Table = tables(__file__)
_OPEN: Table = {"Own": {"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}
"""The trust policy of a role until it gets its own."""


def document(statements: Mapping[str, Table]) -> Table:
    """Return a policy document from its statements by Sid; ``Allow`` is the default effect.

    Examples
    --------
    >>> document({"All": {"Action": "*", "Resource": "*"}})["Statement"]
    [{'Sid': 'All', 'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]
    """
    rows = [{"Sid": sid, "Effect": "Allow", **own} for sid, own in statements.items()]
    return {"Version": "2012-10-17", "Statement": rows}


def build_company(world: World) -> None:
    """Fill an empty world with Acme's accounts and its vendor's.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> build_company(world)
    >>> [account.name for account in world.accounts.values()]
    ['acme-main', 'acme-data', 'acme-org', 'starsoft']
    """
    accounts = {
        name: world.create_account(name, account_id=table["id"]) for name, table in _COMPANY.items()
    }
    for step in (_name_all, _fill):
        for name, account in accounts.items():
            step(account, _COMPANY[name])
    _create_organization(world)


def _name_all(account: Account, table: Table) -> None:
    """Create everything that has a name, without policies of its own."""
    for name, versions in table.get("policies", {}).items():
        first, *others = versions if isinstance(versions, list) else [versions]
        made = account.create_policy(name, document(first))
        for other in others:
            made.create_version(document(other), set_as_default=True)
    for name in table.get("groups", {}):
        account.create_group(name)
    for name in table.get("users", {}):
        account.create_user(name)
    for name, own in table.get("roles", {}).items():
        longest = own.get("session", 3600)
        account.create_role(
            name, assume_role_policy_document=document(_OPEN), max_session_duration=longest
        )
    for name in table.get("buckets", {}):
        account.create_bucket(name)
    for name in table.get("queues", {}):
        account.create_queue(name)


def _fill(account: Account, table: Table) -> None:
    """Add policies, memberships and credentials."""
    for name, own in table.get("groups", {}).items():
        _add_policies(account.groups[name], own)
    for name, own in table.get("users", {}).items():
        user = account.users[name]
        _add_policies(user, own)
        for group in own.get("groups", ()):
            account.groups[group].add_user(user)
        if "boundary" in own:
            user.put_permissions_boundary(own["boundary"])
        if own.get("password"):
            user.create_login_profile(PASSWORD, max_signin_session_duration=own.get("session"))
        user.create_access_key()
    for name, own in table.get("roles", {}).items():
        role = account.roles[name]
        _add_policies(role, own)
        role.update_assume_role_policy(document(own["trust"]))
    for name, statements in table.get("buckets", {}).items():
        account.buckets[name].put_policy(document(statements))
    for name, role_name in table.get("functions", {}).items():
        account.create_function(name, role=role_name)


def _add_policies(identity: User | Group | Role, table: Table) -> None:
    """Attach managed policies and put inline policies."""
    attached: Iterable[str] = table.get("attach", ())
    for name in attached:
        identity.attach_policy(name)
    for name, statements in table.get("inline", {}).items():
        identity.put_policy(name, document(statements))


def _create_organization(world: World) -> None:
    """Create the organization with its units, members and service control policies."""
    organization = world.create_organization(MANAGEMENT)
    for name, table in _COMPANY.items():
        if "unit" in table:
            account = world.account(name)
            organization.create_organizational_unit(table["unit"])
            organization.invite_account(account).accept()
            organization.move_account(account, table["unit"])
    for name, own in _COMPANY[MANAGEMENT]["scps"].items():
        organization.create_policy(name, document(own["policy"])).attach(own["on"])

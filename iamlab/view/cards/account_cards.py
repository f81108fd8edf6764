"""Cards of what is there: worlds, accounts, identities, organizations, resources; all escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.model.identities import Group, User
from iamlab.view.cards import FEW
from iamlab.view.html import PAPERED
from iamlab.view.tables import Table
from iamlab.view.tabular.accounts import account_table, identity_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from iamlab.model.account import Account
    from iamlab.model.identities import Identity
    from iamlab.model.organization.organization import Organization
    from iamlab.model.resources import Resource
    from iamlab.model.world import World

CODE = f"font-family:monospace;white-space:pre-wrap;margin:0.3em 0;{PAPERED}"
"""How policies and ARNs look."""
NAMES = 8
"""So many names stand in a cell."""


def world_card(world: World) -> str:
    """Show the accounts of a world with what is in them, and its organizations as trees."""
    rows = tuple(_account_row(account) for account in world.accounts.values())
    columns = ("account", "account_id", "users", "groups", "roles", "buckets")
    table = Table(f"World at {world.clock.now:%Y-%m-%d %H:%M} UTC", columns, rows)
    trees = "".join(map(organization_card, world.organizations.values()))
    return f"{table.first(FEW).html()}{trees}"


def _account_row(account: Account) -> tuple[object, ...]:
    kinds = (account.users, account.groups, account.roles, account.buckets)
    return account.name, account.account_id, *(_few(kind) for kind in kinds)


def _few(names: Collection[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{', '.join(list(names)[:NAMES])}{more}" if names else "none"


def account_card(account: Account) -> str:
    """Show the identities of an account."""
    columns = ("kind", "name", "groups", "policies", "permissions_boundary", "access_keys")
    return account_table(account).only(*columns).first(FEW).html()


def identity_card(identity: Identity) -> str:
    """Show a user, a group or a role: who it is with, and the policies that reach it."""
    parts = [f"<strong>{escape(identity.kind)} {escape(identity.name)}</strong>"]
    parts.append(f'<div style="{CODE}">{escape(identity.arn)}</div>')
    if isinstance(identity, User):
        parts.append(_named("groups", identity.groups))
    if isinstance(identity, Group):
        parts.append(_named("users", [user.name for user in identity.users]))
    return "".join((*parts, identity_table(identity).first(FEW).html()))


def _named(what: str, names: Iterable[str]) -> str:
    return f"<div>{what}: {escape(', '.join(names)) or 'none'}</div>"


def organization_card(organization: Organization) -> str:
    """Show the tree of an organization."""
    return f'<div style="{CODE}">{escape(organization.describe())}</div>'


def resource_card(resource: Resource) -> str:
    """Show a resource, and the policy that it has of its own."""
    parts = [f"<strong>{escape(resource.kind)} {escape(resource.name)}</strong>"]
    parts.append(f'<div style="{CODE}">{escape(resource.arn)}</div>')
    parts.append(_named("tags", [f"{key}={value}" for key, value in resource.tags.items()]))
    text = "no policy of its own" if resource.policy is None else resource.policy.text
    return "".join([*parts, f'<div style="{CODE}">{escape(text)}</div>'])

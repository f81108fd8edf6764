"""Cards of worlds, accounts, identities, organizations, resources, sessions and events.

They have no secrets.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.model.account import Account
from iamlab.model.event import EventLog
from iamlab.model.identities import Group, Identity, User
from iamlab.model.organization.organization import Organization
from iamlab.model.resources import Resource
from iamlab.model.world import World
from iamlab.operations.sts.session import Session
from iamlab.view.cards.card import FEW, code, inner
from iamlab.view.html import badge, html_facts
from iamlab.view.tables import Table
from iamlab.view.tabular import table_of
from iamlab.view.tabular.access import events_table
from iamlab.view.tabular.accounts import state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

NAMES = 8
"""The largest number of names in a cell."""


@inner.register(World)
def _(world: World) -> str:
    """Return the accounts of a world with their contents, and its organizations as trees."""
    rows = []
    for account in world.accounts.values():
        kinds: list[Collection[str]] = [account.users, account.groups, account.roles]
        cells = map(_few, [*kinds, account.buckets])
        rows.append((account.name, account.account_id, *cells))
    caption = f"World at {world.clock.now:%Y-%m-%d %H:%M} UTC"
    table = Table.of(caption, "account, account_id, users, groups, roles, buckets", rows)
    return f"{table.first(FEW).html()}{''.join(map(inner, world.organizations.values()))}"


def _few(names: Collection[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{', '.join(list(names)[:NAMES])}{more}" if names else "none"


@inner.register(Account)
def _(account: Account) -> str:
    columns = ("kind", "name", "groups", "policies", "permissions_boundary", "access_keys")
    return table_of(account).only(*columns).first(FEW).html()


@inner.register(Identity)
def _(identity: Identity) -> str:
    """Return a user, a group or a role, with its groups or users and its policies."""
    names = ""
    if isinstance(identity, User):
        names = _named("groups", identity.groups)
    if isinstance(identity, Group):
        names = _named("users", [user.name for user in identity.users])
    table = table_of(identity).first(FEW).html()
    return f"{_head(identity.kind, identity.name, identity.arn)}{names}{table}"


def _head(kind: str, name: str, arn: str) -> str:
    return f"<strong>{escape(kind)} {escape(name)}</strong>{code(arn)}"


def _named(what: str, names: Iterable[str]) -> str:
    return f"<div>{what}: {escape(', '.join(names)) or 'none'}</div>"


@inner.register(Organization)
def _(organization: Organization) -> str:
    return code(organization.describe())


@inner.register(Resource)
def _(resource: Resource) -> str:
    tags = _named("tags", [f"{key}={value}" for key, value in resource.tags.items()])
    text = "no policy of its own" if resource.policy is None else resource.policy.text
    return f"{_head(resource.kind, resource.name, resource.arn)}{tags}{code(text)}"


@inner.register(Session)
def _(session: Session) -> str:
    """Return a session with its caller, its duration, its tags and its policies."""
    record = session.record
    policies = [policy.name or "session policy" for policy in (*session.policies, *record.scoped)]
    tags = [
        f"{key}={value}" + (" (transitive)" if key in record.transitive_tags else "")
        for key, value in record.tags.items()
    ]
    facts = {
        "caller": record.arn,
        "permissions of": record.issuer_arn,
        "made by": record.operation,
        "from": record.issued,
        "until": record.expiration,
        "MFA": "used" if session.keys.get("aws:MultiFactorAuthPresent") else "not used",
        "source identity": record.source_identity or "none",
        "session tags": ", ".join(tags) or "none",
        "limited by": ", ".join(policies) or "nothing",
    }
    head = f"<strong>{escape(record.access_key_id)}</strong> {badge(state_of(session))}"
    return f"{head}{html_facts('Session', facts.items())}"


@inner.register(Timeline)
def _(timeline: Timeline) -> str:
    return table_of(timeline).first(FEW).html() if timeline.rows else "No credentials."


@inner.register(EventLog)
def _(log: EventLog) -> str:
    """Return the last events of a log."""
    if not log:
        return "No events."
    more = f"<div>after {len(log) - FEW} earlier ones</div>" if len(log) > FEW else ""
    return f"{more}{events_table(log[-FEW:]).html()}"

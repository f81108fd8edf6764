"""Cards of worlds, accounts, identities, organizations, resources, sessions, events and policies.

They have no secrets. A policy has each statement in plain words beside its JSON.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.model.account import Account
from iamlab.model.event import EventLog
from iamlab.model.identities import Group, Identity, User
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.model.organization.organization import Organization
from iamlab.model.resources import Resource
from iamlab.model.world import World
from iamlab.operations.sts.session import Session
from iamlab.policy.describe import sentences
from iamlab.policy.document import Policy
from iamlab.view.cards.card import FEW, code, inner
from iamlab.view.figures.policy.policy_card import NOTHING, json_lines
from iamlab.view.html import CELL, PAPERED, badge, framed, html_facts, written
from iamlab.view.style import EFFECTS
from iamlab.view.tables import Table
from iamlab.view.tabular import table_of
from iamlab.view.tabular.access import events_table
from iamlab.view.tabular.accounts import state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from iamlab.analysis.credential_timeline.timeline import Timeline
    from iamlab.policy.statement import Statement

NAMES = 8
"""The largest number of names in a cell."""
STATEMENTS, UNFRAMED, VALUES = 30, 8, 12
"""The largest numbers of statements, of statements without a frame, and of values of a list."""
_CODE = "font-family:monospace;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate"


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
    return f"{head}{html_facts('Session', list(facts.items()))}"


@inner.register("analysis.credential_timeline.timeline.Timeline")
def _(timeline: Timeline) -> str:
    return table_of(timeline).first(FEW).html() if timeline.rows else "No credentials."


@inner.register(EventLog)
def _(log: EventLog) -> str:
    """Return the last events of a log."""
    if not log:
        return "No events."
    more = f"<div>after {len(log) - FEW} earlier ones</div>" if len(log) > FEW else ""
    return f"{more}{events_table(log[-FEW:]).html()}"


# -- policies --------------------------------------------------------------------------------------


@inner.register(Policy)
def policy_card(policy: Policy) -> str:
    """Return a policy as a table: the effect, the words and the JSON of each statement.

    Examples
    --------
    >>> text = policy_card(Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", sid="<b>"))
    >>> "Lets the caller read objects in star-maps." in text, "&lt;b&gt;" in text, "<b>" in text
    (True, True, False)
    """
    title = f"Policy {policy.name}" if policy.name else "A policy"
    title += f": {count(len(policy.statements), 'statement')}, version {policy.version}"
    body = "".join(_row(statement, policy) for statement in policy.statements[:STATEMENTS])
    left = len(policy.statements) - STATEMENTS
    below = f"and {count(left, 'more statement')}" if left > 0 else ""
    if not policy.statements:
        below = NOTHING
    table = written(title, ("statement", "in words", "as it is written"), body, below)
    shown = framed(table, title, long=len(policy.statements) > UNFRAMED, wide=True)
    return f"{shown}{_whole(policy)}"


@inner.register(ManagedPolicy)
def _(policy: ManagedPolicy) -> str:
    return f"{table_of(policy).first(FEW).html()}{policy_card(policy.document)}"


def _row(statement: Statement, policy: Policy) -> str:
    words = sentences(Policy((statement,), version=policy.version))[0]
    written = "\n".join(json_lines(statement, VALUES))
    effect = f'<span style="white-space:nowrap">{badge(EFFECTS[statement.effect])}</span>'
    label = f'<div style="margin-top:0.4em">{escape(statement.label)}</div>'
    top = f"{CELL};vertical-align:top"
    head = f"{top};font-weight:normal;min-width:6.5em;overflow-wrap:anywhere"
    return (
        f'<tr><th scope="row" style="{head}">{effect}{label}</th>'
        f'<td style="{top};min-width:14em">{escape(words)}</td>'
        f'<td style="{top};min-width:25em;{_CODE}">{escape(written)}</td></tr>'
    )


def _whole(policy: Policy) -> str:
    """Return the document as it was written, in a fold."""
    if not policy.text:
        return ""
    return (
        f"<details><summary>The whole document</summary>"
        f'<div style="{_CODE};{PAPERED}">{escape(policy.text)}</div></details>'
    )

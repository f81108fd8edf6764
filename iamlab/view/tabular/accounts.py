"""Tables of worlds, accounts, identities, sessions and organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.layers import NAMES
from iamlab.model.account import Account
from iamlab.model.identities import Bounded, Group, Identity, Role, RootUser, User, policies_of
from iamlab.model.managed_policies import document_of
from iamlab.model.organization.organization import Organization, targets_below
from iamlab.model.organization.policies import RCP, SCP
from iamlab.model.world import World
from iamlab.operations.sts.session import Session
from iamlab.view.figures.names import policy_type
from iamlab.view.style import bad, good
from iamlab.view.tables import Table, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.analysis.credential_timeline.timeline import Timeline
    from iamlab.model.organization.targets import Target
    from iamlab.policy.document import Policy
    from iamlab.view.style import Look

    Row = tuple[object, ...]

IDENTITY = "kind, name, groups, policies, permissions_boundary, access_keys, tags, create_date, arn"
POLICIES = "policy, type, through, PolicyArn, Allow, Deny"
"""The columns of a policy; the last two are numbers of statements."""
ORGANIZATION = (
    "depth, Type, Name, Id, ParentId, SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY, "
    "other policies"
)
STEP, DEEPEST = "\N{NO-BREAK SPACE}" * 4, 10


@table_of.register(World)
def _(world: World) -> Table:
    """Return the principals of a world: its users, roles and root users."""
    rows = [
        (account.name, account.account_id, *row)
        for account in world.accounts.values()
        for row in _principals(account)
    ]
    caption = f"Principals of the world at {world.clock.now:%Y-%m-%d %H:%M} UTC"
    return Table.of(caption, f"account, account_id, {IDENTITY}", rows)


@table_of.register(Account)
def _(account: Account) -> Table:
    """Return the identities of an account: its users, roles and groups, and its root user."""
    caption = f"Identities of account {account.name} ({account.account_id})"
    rows = (*_principals(account), *map(_identity, account.groups.values()))
    return Table.of(caption, IDENTITY, rows)


@table_of.register(RootUser)
def _(root: RootUser) -> Table:
    """Return the facts of a root user; no policy of its account applies to it."""
    caption = f"Root user of account {root.account.name}"
    return Table.facts(caption, dict(zip(IDENTITY.split(", "), _root(root.account), strict=True)))


def _principals(account: Account) -> Iterator[Row]:
    yield from map(_identity, account.users.values())
    yield from map(_identity, account.roles.values())
    yield _root(account)


def _root(account: Account) -> Row:
    keys, date = len(account.root.key_records), account.create_date
    return "root user", "root", None, None, None, keys, None, date, account.root_arn


def _identity(identity: Identity) -> Row:
    boundary = identity.boundary if isinstance(identity, Bounded) else None
    user = identity if isinstance(identity, User) else None
    return (
        identity.kind,
        identity.name,
        None if user is None else tuple(user.groups),
        (*identity.inline, *(arn.rpartition("/")[2] for arn in identity.attached)),
        None if boundary is None else boundary.rpartition("/")[2],
        None if user is None else len(user.key_records),
        _tags(identity.tags) or None,
        identity.create_date,
        identity.arn,
    )


def _tags(tags: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{key}={value}" for key, value in tags.items())


# -- the policies of an identity -------------------------------------------------------------------


@table_of.register(Identity)
def _(identity: Identity) -> Table:
    """Return the policies that apply to a user, group or role: a row for each."""
    caption = f"Policies that apply to {identity.kind} {identity.name}"
    return Table.of(caption, POLICIES, _policies(identity))


def _policies(identity: Identity) -> Iterator[Row]:
    account = identity.account
    holders: list[tuple[Identity, str]] = [(identity, identity.kind)]
    groups = identity.groups if isinstance(identity, User) else ()
    known = [name for name in groups if name in account.groups]
    holders += [(account.groups[name], f"group {name}") for name in known]
    for holder, through in holders:
        for attached in policies_of(holder):
            yield _policy(
                attached.policy, f"{policy_type(attached.arn)} policy", through, attached.arn
            )
    if isinstance(identity, Bounded) and identity.boundary is not None:
        document = document_of(account, identity.boundary)
        yield _policy(document, NAMES["boundary"], identity.kind, identity.boundary)
    if isinstance(identity, Role) and identity.trust is not None:
        yield _policy(identity.trust.with_name("trust policy"), "role trust policy", "role", None)
    if not isinstance(identity, Group) and account.organization is not None:
        for level in account.organization.levels(account.account_id, SCP):
            for attached in level:
                path = ", ".join(attached.path)
                yield _policy(attached.policy, NAMES["scp"], path, attached.arn)


def _policy(policy: Policy | None, kind: str, through: str, arn: str | None) -> Row:
    end = str(arn or "unnamed").rpartition("/")[2]
    if policy is None:  # a file can lack the document
        return end, kind, through, arn, None, None
    effects = [statement.effect for statement in policy.statements]
    numbers = effects.count("Allow"), effects.count("Deny")
    return policy.name or end, kind, through, arn, *numbers


# -- sessions, without their secrets ---------------------------------------------------------------


def state_of(session: Session) -> Look:
    """Return whether a session is still valid."""
    return bad("expired") if session.is_expired else good("valid")


@table_of.register(Session)
def _(session: Session) -> Table:
    """Return the facts of a session as one row."""
    record = session.record
    policies = (policy.name or "session policy" for policy in (*session.policies, *record.scoped))
    facts = {
        "access_key_id": record.access_key_id,
        "state": state_of(session),
        "arn": record.arn,
        "role_arn": record.issuer_arn,
        "operation": record.operation,
        "issued": record.issued,
        "expiration": record.expiration,
        "mfa": bool(session.keys.get("aws:MultiFactorAuthPresent")),
        "source_identity": record.source_identity,
        "tags": _tags(record.tags),
        "transitive_tag_keys": tuple(record.transitive_tag_keys),
        "policies": tuple(policies),
    }
    return Table.facts(f"Session {record.arn.rpartition(':')[2]}", facts)


@table_of.register("analysis.credential_timeline.timeline.Timeline")
def _(timeline: Timeline) -> Table:
    """Return credentials as a tree: below each, those that were requested with it."""
    rows = []
    for level, row in timeline.as_tree():
        who = f"{STEP * min(level, DEEPEST)}{row.arn.rpartition(':')[2]}"
        state = good(row.ended) if row.ended == "still valid" else bad(row.ended)
        rows.append((who, row.access_key_id, row.operation, row.start, row.end, state))
    caption = f"Credentials until {timeline.now:%Y-%m-%d %H:%M} UTC"
    return Table.of(caption, "who, access key, made by, from, until, state", rows)


# -- organizations ---------------------------------------------------------------------------------


@table_of.register(Organization)
def _(organization: Organization) -> Table:
    """Return the targets with their policies, from the root down."""
    management = organization.management_account.name
    caption = f"Organization {organization.id}, management account {management}"
    rows = _targets(organization, organization.root, targets_below(organization), 0)
    return Table.of(caption, ORGANIZATION, rows)


def _targets(
    organization: Organization, target: Target, below: Mapping[str, list[Target]], depth: int
) -> Iterator[Row]:
    """Yield a target and all below it."""
    known = [organization.policies[key] for key in target.attached if key in organization.policies]
    scps, rcps = (tuple(own.name for own in known if own.type == kind) for kind in (SCP, RCP))
    others = tuple(own.name for own in known if own.type not in (SCP, RCP))
    parent = getattr(target, "parent_id", None)
    yield depth, target.kind, target.name, target.id, parent, scps, rcps, others or None
    for inner in below.get(target.id, ()):
        yield from _targets(organization, inner, below, depth + 1)

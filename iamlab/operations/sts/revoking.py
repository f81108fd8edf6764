"""Revoke sessions: a Deny for existing sessions, because tokens can't be revoked themselves.

Temporary credentials can't be listed, changed or deleted. But policies are evaluated at every
request. So a Deny on the role revokes a session, with conditions on facts that never change in the
session: issue time, name, source identity. The policy can be inline, attached, or the permissions
boundary: a Deny has the same effect.

Sessions of *other* roles that a revoked session assumed stay valid: they have another role's
permissions. ``Revocation.survivors`` lists them.

A policy counts as denying everything only if action and resource are ``*``. Statements with
``NotAction`` or ``NotResource``, combinations of statements, and policies of groups or
organizations don't count. ``World.can`` always has the right decision.

Notes
-----
AWS pages: "Revoke IAM role temporary security credentials"; "Disabling permissions for temporary
security credentials"; "Monitor and control actions taken with assumed roles". The console writes
the first of these policies; the others follow the pages, which don't give their names.

``aws:TokenIssueTime`` has whole seconds, and ``DateLessThan`` doesn't match an equal time. Of the
sessions that start in the same second as the revocation, none is revoked if the clock shows a whole
second; otherwise all are, even later ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.errors import RequestError
from iamlab.operations.dispatch import call, perform
from iamlab.operations.parameters import as_text
from iamlab.operations.sts.assume_role import check_source_identity
from iamlab.operations.sts.session import Session, managed_document, principal_of
from iamlab.policy.conditions import holds
from iamlab.policy.document import Policy
from iamlab.policy.variables import any_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.model.credentials import CredentialOwner, SessionRecord
    from iamlab.model.identities import Role
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement


OLDER_SESSIONS = "AWSRevokeOlderSessions"
"""The inline policy of the console's button."""

LONGEST_NAME = 128
"""The longest name of a policy; a source identity can be longer."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """The result of a revocation.

    Parameters
    ----------
    policy_name, policy
        The inline policy on the role, which denies as long as it is there.
    hits
        The access key ids of unexpired sessions that are now denied everything.
    survivors
        The access key ids of sessions that a revoked session obtained, and that stay valid.
    note
        Other sessions that it affects, or doesn't.
    """

    role_arn: str
    policy_name: str
    policy: Policy
    hits: tuple[str, ...]
    survivors: tuple[str, ...]
    note: str


def revoke_sessions(role: Role, caller: Caller | None = None) -> Revocation:
    """Deny everything to all existing sessions of a role, like the console's button.

    Parameters
    ----------
    caller
        The caller, who needs iam:PutRolePolicy; by default the account's root user.

    Raises
    ------
    UnmodifiableEntity
        It is AWS's role, for example a service-linked one.
    AccessDenied
        The caller has no permission.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
    >>> role = main.create_role("audit", assume_role_policy_document=trust)
    >>> role.revoke_sessions().policy.statements[0].conditions[0].values
    ('2026-11-25T09:00:00.000Z',)
    """
    _check(role)
    now = role.account.world.clock.now
    date = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
    done = _revoke(
        role,
        OLDER_SESSIONS,
        {"DateLessThan": {"aws:TokenIssueTime": date}},
        caller,
        "Later sessions aren't denied, so trusted principals can assume the role again. To "
        "block a principal, also change the trust policy.",
    )
    spared = sum(record.access_key_id not in done.hits for record in _alive(role))
    if not spared:
        return done
    note = (
        f"Not denied, because they started in this second: {spared}. "
        f"To revoke them too, advance the clock by a second and revoke again. {done.note}"
    )
    return replace(done, note=note)


def revoke_session(role: Role, session: Session, caller: Caller | None = None) -> Revocation:
    """Deny everything to one session, by its ``aws:userid``: ``AROA...:NAME``.

    Session names aren't unique. Other sessions with the same name are denied too, also future ones,
    as long as the role has the policy.

    Raises
    ------
    RequestError
        It isn't a session of this role.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> world = World(seed=7)
    >>> trust = Policy.allow("sts:AssumeRole", None, principal="ecs-tasks.amazonaws.com")
    >>> role = world.create_account("main").create_role("task", assume_role_policy_document=trust)
    >>> first, second = (world.sts.assume_role_as_service(
    ...     "ecs-tasks.amazonaws.com", role_arn=role) for _ in range(2))
    >>> role.revoke_session(first).hits == (first.access_key_id,)
    True
    """
    _check(role)
    if not isinstance(session, Session):
        raise RequestError(f"Revoke a session, not {session!r}.")
    record = session.record
    if record.issuer_id != role.unique_id:
        raise RequestError(f"{session.arn} isn't a session of role {role.name}.")
    named = [other for other in _alive(role) if other.userid == record.userid]
    others = len(named) - (record in named)
    note = f"All sessions of role {role.name} named {record.name} are denied, also later ones"
    return _revoke(
        role,
        _fitting(f"RevokeSession-{record.name}"),
        {"StringEquals": {"aws:userid": record.userid}},
        caller,
        f"{note}: there are {others} others with that name." if others else f"{note}.",
    )


def revoke_by_source_identity(role: Role, name: str, caller: Caller | None = None) -> Revocation:
    """Deny everything to a role's sessions with a source identity, also through role chains.

    Raises
    ------
    RequestError
        The name isn't text.
    ValidationError
        A session can't have such a source identity.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
    >>> role = main.create_role("audit", assume_role_policy_document=trust)
    >>> revocation = role.revoke_by_source_identity("ana")
    >>> revocation.policy_name, revocation.policy.statements[0].conditions[0].values
    ('RevokeSourceIdentity-ana', ('ana',))
    """
    _check(role)
    text: object = name
    if not isinstance(text, str) or not text:
        raise RequestError(f"A source identity must be text, not {text!r}.")
    check_source_identity(name)  # otherwise IAM would reject the name of the policy
    return _revoke(
        role,
        _fitting(f"RevokeSourceIdentity-{name}"),
        {"StringEquals": {"aws:SourceIdentity": name}},
        caller,
        f"Later sessions with the source identity {name} are denied too. Sessions of other roles "
        "aren't: each of those roles needs the policy.",
    )


def _revoke(
    role: Role, policy_name: str, condition: Mapping[str, Any], caller: Caller | None, note: str
) -> Revocation:
    """Put the policy on the role; return its effect."""
    statement = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": condition}
    policy = Policy.parse({"Version": "2012-10-17", "Statement": [statement]}, name=policy_name)
    document = as_text(policy)
    sent = {"RoleName": role.name, "PolicyName": policy_name, "PolicyDocument": document}
    if caller is None:
        perform(role.account, "PutRolePolicy", **sent)
    else:
        call(role.account, "PutRolePolicy", caller, sent)
    hit = [record.access_key_id for record in _alive(role) if hits(policy, record)]
    world = role.account.world
    return Revocation(role.arn, policy_name, policy, tuple(hit), _survivors(world, hit), note)


def _alive(role: Role) -> list[SessionRecord]:
    """List the unexpired sessions of a role."""
    world = role.account.world
    return [
        record
        for record in world.sessions.values()
        if record.issuer_id == role.unique_id and world.clock.now < record.expiration
    ]


def _survivors(world: World, hit: Iterable[str]) -> tuple[str, ...]:
    """Return the valid sessions that revoked sessions obtained, directly or indirectly."""
    behind, found = {*hit}, []
    for record in world.sessions.values():  # a parent comes before its children
        if record.parent in behind:
            behind.add(record.access_key_id)
            if _goes_on(world, record):
                found.append(record.access_key_id)
    return tuple(found)


def _goes_on(world: World, record: SessionRecord) -> bool:
    principal = principal_of(world, record)
    if principal is None or world.clock.now >= record.expiration:
        return False
    return not any(hits(placed.policy, record) for placed in revoking_policies(principal))


def _fitting(name: str) -> str:
    """Make a valid policy name: the end makes a shortened name unique."""
    if len(name) <= LONGEST_NAME:
        return name
    mark = sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(mark) - 1]}-{mark}"


def _check(role: object) -> None:
    if getattr(role, "kind", "") != "role":
        raise RequestError(f"You can revoke sessions of a role, and {role!r} isn't one.")


_KEYS_OF_SESSIONS = frozenset(("aws:tokenissuetime", "aws:userid", "aws:sourceidentity"))
"""Keys whose values don't change during a session."""


def hits(policy: Policy, record: SessionRecord) -> bool:
    """Return whether a policy denies everything to a session for an unchanging fact.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> world = World(seed=7)
    >>> key = world.create_account("main").create_user("ana").create_access_key()
    >>> record = world.sts.get_session_token(key).record
    >>> older = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-26T00:00:00Z"}}
    >>> hits(Policy.deny("*", when=older), record), hits(Policy.deny("*"), record)
    (True, False)
    """
    issued = (record.issue_time or record.issued).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"aws:tokenissuetime": (issued,), "aws:userid": (record.userid,)}
    if record.source_identity:
        values["aws:sourceidentity"] = (record.source_identity,)

    def applies(statement: Statement) -> bool:
        return all(
            holds(condition.comparison, condition.values, values.get(condition.key.lower()))
            for condition in statement.conditions
        )

    return any(map(applies, filter(revokes, policy.statements)))


INLINE, ATTACHED, BOUNDARY = "inline", "attached", "boundary"
"""Where a policy can be."""


class PlacedPolicy(NamedTuple):
    """A policy and its place; a managed policy has an ARN."""

    policy: Policy
    place: str
    arn: str = ""


def revoking_policies(principal: Role | CredentialOwner) -> tuple[PlacedPolicy, ...]:
    """Return the policies of a role or user that revoke its sessions."""
    return tuple(
        placed
        for placed in _placed_policies(principal)
        if any(map(revokes, placed.policy.statements))
    )


def _placed_policies(principal: Role | CredentialOwner) -> Iterator[PlacedPolicy]:
    """Return all policies of an identity itself; a root user has none."""
    world = principal.account.world
    inline: Mapping[str, Policy] = getattr(principal, "inline", {})
    for policy in inline.values():
        yield PlacedPolicy(policy, INLINE)
    for arn in getattr(principal, "attached", ()):
        yield PlacedPolicy(managed_document(world, arn), ATTACHED, arn)
    boundary = getattr(principal, "boundary", None)
    if boundary is not None:
        yield PlacedPolicy(managed_document(world, boundary), BOUNDARY, boundary)


def revokes(statement: Statement) -> bool:
    """Return whether a statement denies everything, with conditions only about sessions.

    A statement with ``NotAction`` doesn't count.
    """
    return (
        statement.effect == "Deny"
        and "*" in (statement.action or ())
        and "*" in (statement.resource or ())
        and bool(statement.conditions)
        and all(
            condition.key.lower() in _KEYS_OF_SESSIONS and not any_variable(condition.values)
            for condition in statement.conditions
        )
    )

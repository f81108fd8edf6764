"""Revoking sessions: a Deny for sessions that exist already, since tokens can't be taken back.

Temporary credentials cannot be listed, changed or deleted. But policies are looked up at every
request: so a session is revoked by a Deny that its role gets, with conditions only on what the
session carries from its beginning to its end: when it was issued, its name, its source identity.
The policy may be inline, attached, or the permissions boundary: a Deny works in each of these
places.

Sessions of *other* roles that were assumed with a revoked one go on: they have another role's
permissions, and were made when it was still good. ``Revocation.survivors`` names them.

That a policy denies everything is only seen where ``*`` is the action and the resource. A statement
with ``NotAction`` or ``NotResource``, or several that only together leave nothing, is not seen, nor
is one of a group or of an organization. ``World.can`` always says what a session may do.

Notes
-----
AWS pages: "Revoke IAM role temporary security credentials"; "Disabling permissions for temporary
security credentials"; "Monitor and control actions taken with assumed roles". The console writes
the first of these policies; the others are as the pages say, under names that they leave open.

``aws:TokenIssueTime`` counts whole seconds, and ``DateLessThan`` spares what is equal. So of the
sessions that begin in the very second of the button, a clock that shows a full second spares all,
and one that is between two seconds hits all, even those that begin later in it.
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
"""The inline policy that the console's button writes."""

LONGEST_NAME = 128
"""So long can the name of a policy be; a source identity can be longer."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """What was revoked.

    Parameters
    ----------
    policy_name, policy
        The inline policy that the role has now; while it has it, it hits.
    hits
        The ids of the sessions' access keys that are denied everything now, and had time left.
    survivors
        Those of sessions that were asked for with one of them, and go on nevertheless.
    note
        What else it hits, or leaves alone.
    """

    role_arn: str
    policy_name: str
    policy: Policy
    hits: tuple[str, ...]
    survivors: tuple[str, ...]
    note: str


def revoke_sessions(role: Role, caller: Caller | None = None) -> Revocation:
    """Press the console's button: deny everything to all sessions of a role until now.

    Parameters
    ----------
    caller
        Who does it, and needs iam:PutRolePolicy; if nothing is said, the account's root user.

    Raises
    ------
    UnmodifiableEntity
        The role is AWS's: a service-linked one, say.
    AccessDenied
        The caller may not.

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
        "Sessions that begin later are not hit, so whoever the role still trusts can come back: to "
        "keep somebody out, change the trust policy too.",
    )
    spared = sum(record.access_key_id not in done.hits for record in _alive(role))
    if not spared:
        return done
    note = (
        f"Not hit, for they began in this very second and are not older: {spared}. "
        f"To hit these too, advance the clock by a second and revoke again. {done.note}"
    )
    return replace(done, note=note)


def revoke_session(role: Role, session: Session, caller: Caller | None = None) -> Revocation:
    """Deny everything to one session, by its ``aws:userid``: ``AROA...:NAME``.

    A session's name need not be its own. Other sessions of the same name are hit too, and all that
    will get it as long as the role has the policy.

    Raises
    ------
    RequestError
        It is no session of this role.

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
        raise RequestError(f"A session is revoked, not {session!r}.")
    record = session.record
    if record.issuer_id != role.unique_id:
        raise RequestError(f"{session.arn} is no session of role {role.name}.")
    named = [other for other in _alive(role) if other.userid == record.userid]
    others = len(named) - (record in named)
    note = f"Every session of role {role.name} that is called {record.name} is hit, later ones too"
    return _revoke(
        role,
        _fitting(f"RevokeSession-{record.name}"),
        {"StringEquals": {"aws:userid": record.userid}},
        caller,
        f"{note}: there are {others} others of that name." if others else f"{note}.",
    )


def revoke_by_source_identity(role: Role, name: str, caller: Caller | None = None) -> Revocation:
    """Deny everything to the sessions of a role behind which somebody is, however he came there.

    Raises
    ------
    RequestError
        The name is no text.
    ValidationError
        No session can have such a source identity.

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
        raise RequestError(f"A source identity is text, not {text!r}.")
    check_source_identity(name)  # else IAM would complain about the name of the policy
    return _revoke(
        role,
        _fitting(f"RevokeSourceIdentity-{name}"),
        {"StringEquals": {"aws:SourceIdentity": name}},
        caller,
        f"Later sessions behind which {name} is are hit too. His sessions of other roles are not: "
        "each of those roles needs the policy.",
    )


def _revoke(
    role: Role, policy_name: str, condition: Mapping[str, Any], caller: Caller | None, note: str
) -> Revocation:
    """Put the policy on the role; then say what it hits."""
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
    """List the sessions of a role that have time left."""
    world = role.account.world
    return [
        record
        for record in world.sessions.values()
        if record.issuer_id == role.unique_id and world.clock.now < record.expiration
    ]


def _survivors(world: World, hit: Iterable[str]) -> tuple[str, ...]:
    """Return what was asked for with the sessions that are hit, step by step, and is not hit."""
    behind, found = {*hit}, []
    for record in world.sessions.values():  # a parent stands before its children
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
    """Make a name that a policy can have: of one that is too long the end tells it apart."""
    if len(name) <= LONGEST_NAME:
        return name
    mark = sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(mark) - 1]}-{mark}"


def _check(role: object) -> None:
    if getattr(role, "kind", "") != "role":
        raise RequestError(f"Sessions of a role are revoked, and {role!r} is none.")


_KEYS_OF_SESSIONS = frozenset(("aws:tokenissuetime", "aws:userid", "aws:sourceidentity"))
"""Keys whose values a session has from its beginning to its end."""


def hits(policy: Policy, record: SessionRecord) -> bool:
    """Return whether a policy denies everything to a session for what it carries all its life.

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
"""Where a policy can stand."""


class PlacedPolicy(NamedTuple):
    """A policy, and where it stands; a managed one has an ARN."""

    policy: Policy
    place: str
    arn: str = ""


def revoking_policies(principal: Role | CredentialOwner) -> tuple[PlacedPolicy, ...]:
    """Return the policies of a role or user that revoke sessions of it."""
    return tuple(
        placed
        for placed in _placed_policies(principal)
        if any(map(revokes, placed.policy.statements))
    )


def _placed_policies(principal: Role | CredentialOwner) -> Iterator[PlacedPolicy]:
    """Return all policies that stand on somebody himself; a root user has none."""
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
    """Return whether a statement denies everything, on conditions about sessions and nothing else.

    One with ``NotAction`` is not seen, whatever it leaves.
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

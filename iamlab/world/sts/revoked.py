"""Which policies revoke sessions, and which sessions they hit.

A policy revokes a session if it denies everything, on conditions that only look at what a session
carries from its beginning to its end: when it was issued, its name, who is behind it. It may be
inline, attached, or the permissions boundary: a Deny is as good in each of these places.

That it denies everything is only seen where ``*`` stands as action and as resource. A statement
with ``NotAction`` or ``NotResource``, or several that only together leave nothing, is not seen, nor
is one of a group or of an organization. What a session may, always ask ``World.can``.

Notes
-----
AWS pages: "Revoke IAM role temporary security credentials"; "Disabling permissions for temporary
security credentials".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.conditions import holds
from iamlab.policy.variables import any_variable
from iamlab.world.sts.finding import managed_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.policy.document import Policy, Statement
    from iamlab.world.holder import Holder
    from iamlab.world.identities import Role
    from iamlab.world.sts.record import SessionRecord

_CARRIED = frozenset(("aws:tokenissuetime", "aws:userid", "aws:sourceidentity"))
"""Keys whose values a session has from its beginning to its end."""


def hits(policy: Policy, record: SessionRecord) -> bool:
    """Say whether a policy denies everything to a session for what it carries all its life.

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
    carried = _carried(record)
    return any(
        _applies(statement, carried) for statement in policy.statements if revokes(statement)
    )


INLINE, ATTACHED, BOUNDARY = "inline", "attached", "boundary"
"""Where a policy can stand."""


class Standing(NamedTuple):
    """A policy, and where it stands; a managed one has an ARN."""

    policy: Policy
    place: str
    arn: str = ""


def revoking_policies(principal: Role | Holder) -> tuple[Standing, ...]:
    """Give the policies of a role or user that revoke sessions of it."""
    return tuple(one for one in _standing(principal) if any(map(revokes, one.policy.statements)))


def _standing(principal: Role | Holder) -> Iterator[Standing]:
    """Give all policies that stand on somebody himself; a root user has none."""
    world = principal.account.world
    inline: Mapping[str, Policy] = getattr(principal, "inline", {})
    for policy in inline.values():
        yield Standing(policy, INLINE)
    for arn in getattr(principal, "attached", ()):
        yield Standing(managed_document(world, arn), ATTACHED, arn)
    boundary = getattr(principal, "boundary", None)
    if boundary is not None:
        yield Standing(managed_document(world, boundary), BOUNDARY, boundary)


def revokes(statement: Statement) -> bool:
    """Say whether a statement denies everything, on conditions about sessions and nothing else.

    One with ``NotAction`` is not seen, whatever it leaves.
    """
    return (
        statement.effect == "Deny"
        and "*" in (statement.action or ())
        and "*" in (statement.resource or ())
        and bool(statement.conditions)
        and all(
            one.key.lower() in _CARRIED and not any_variable(one.values)
            for one in statement.conditions
        )
    )


def _carried(record: SessionRecord) -> dict[str, tuple[str, ...]]:
    issued = (record.issue_time or record.issued).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: dict[str, tuple[str, ...]] = {
        "aws:tokenissuetime": (issued,),
        "aws:userid": (record.userid,),
    }
    if record.source_identity:
        found["aws:sourceidentity"] = (record.source_identity,)
    return found


def _applies(statement: Statement, carried: Mapping[str, tuple[str, ...]]) -> bool:
    return all(
        holds(one.comparison, one.values, carried.get(one.key.lower()))
        for one in statement.conditions
    )

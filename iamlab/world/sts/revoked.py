"""Which policies revoke sessions, and which sessions they hit.

A policy revokes a session if it denies everything, on conditions that only look at what a session
carries from its beginning to its end: when it was issued, its name, who is behind it.

Notes
-----
AWS pages: "Revoke IAM role temporary security credentials"; "Disabling permissions for temporary
security credentials".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.conditions import holds
from iamlab.policy.variables import any_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def revoking_policies(principal: Role | Holder) -> tuple[Policy, ...]:
    """Give the inline policies of a role or user that revoke sessions of it."""
    inline: Mapping[str, Policy] = getattr(principal, "inline", {})  # a root user has none
    return tuple(one for one in inline.values() if any(map(revokes, one.statements)))


def revokes(statement: Statement) -> bool:
    """Say whether a statement denies everything, on conditions about sessions and nothing else."""
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

"""Does a Principal element name this caller, and how directly?

The directness matters: an Allow that names the very caller stands by itself, one that names the
role behind a session can be cut by boundary and session policy, and one that names the account
only lets that account's own policies speak.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal".
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

from iamlab.engine.request import Kind
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.engine.request import Caller, Request
    from iamlab.policy.document import Principals, Statement


class Named(IntEnum):
    """How directly a Principal element names a caller; the greater, the more directly."""

    NOT = 0
    ACCOUNT = 1  # only the caller's account
    INDIRECT = 2  # the role behind the session, the user behind the federated user
    DIRECT = 3  # the very caller, or everyone


_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}")
_DIGITS = re.compile(r"\d{12}")


def how_named(principals: Principals, request: Request) -> Named:
    """Say how directly a Principal element names the caller of a request.

    Examples
    --------
    >>> from iamlab.engine.request import Request
    >>> session = Request("arn:aws:sts::111122223333:assumed-role/Audit/ana", "s3:GetObject", "*")
    >>> how_named((("AWS", "arn:aws:iam::111122223333:role/Audit"),), session).name
    'INDIRECT'
    """
    return max(
        (_how_one_named(kind, value, request) for kind, value in principals), default=Named.NOT
    )


def _how_one_named(kind: str, value: str, request: Request) -> Named:
    caller = request.caller
    if kind == "*" or (kind == "AWS" and value == "*"):
        return Named.DIRECT  # everyone, anonymous callers included
    if kind == "Service":
        return _direct_if(caller.kind is Kind.SERVICE and value == caller.arn)
    if kind != "AWS" or caller.kind in (Kind.SERVICE, Kind.ANONYMOUS):
        return Named.NOT
    if _DIGITS.fullmatch(value):
        return _by_account(value, caller)
    if _UNIQUE_ID.fullmatch(value):
        return _by_unique_id(value, request)
    if value == caller.arn and caller.kind is not Kind.ROLE:
        return Named.DIRECT
    return _by_arn(value, caller) if is_arn(value) else Named.NOT


def _by_arn(value: str, caller: Caller) -> Named:
    arn = Arn.parse(value)
    own = Arn.parse(caller.arn)
    if arn.service != "iam" or (arn.partition, arn.account) != (own.partition, own.account):
        return Named.NOT
    if arn.resource == "root":
        return _by_account(arn.account, caller)
    if caller.is_of_role and arn.kind == "role":
        # A session's ARN does not hold its role's path; role names are unique in an account.
        same_name = arn.name == Arn.parse(caller.issuer).name
        return Named.INDIRECT if same_name else Named.NOT
    if caller.kind is Kind.FEDERATED and value == caller.issuer:
        return Named.INDIRECT
    return Named.NOT


def _by_account(account: str, caller: Caller) -> Named:
    """Name by account: that stands for all in it, and names only the root user itself."""
    if account != caller.account:
        return Named.NOT
    return Named.DIRECT if caller.kind is Kind.ROOT else Named.ACCOUNT


def _by_unique_id(value: str, request: Request) -> Named:
    """A policy keeps the unique id of the user or role that it named, whatever is made later."""
    user_id = request.value("aws:userid") or ""
    if request.caller.is_of_role:
        return Named.INDIRECT if user_id.partition(":")[0] == value else Named.NOT
    return _direct_if(user_id == value)


def _direct_if(condition: bool) -> Named:  # noqa: FBT001 - a conversion, not a mode
    return Named.DIRECT if condition else Named.NOT


def how_reached(statement: Statement, request: Request, *, bounded: bool) -> Named:
    """Say how a statement of a resource policy reaches the caller, NotPrincipal included.

    ``NotPrincipal`` with Deny spares only who is listed as caller or as the role behind it; to be
    of a listed account is not enough, and whoever has a permissions boundary is never spared.

    Parameters
    ----------
    bounded
        Whether the caller has a permissions boundary.
    """
    if statement.principal is not None:
        return how_named(statement.principal, request)
    if statement.not_principal is None:
        return Named.NOT  # nobody is named: the statement speaks of nobody
    listed = how_named(statement.not_principal, request)
    if statement.effect == "Deny":
        return _direct_if(bounded or listed < Named.INDIRECT)
    return _direct_if(listed is Named.NOT)

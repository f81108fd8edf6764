"""Does a Principal element name this caller, and how directly?

The directness matters: an Allow that names the very caller stands by itself, one that names the
role behind a session can be cut by boundary and session policy, and one that names the account
only lets that account's own policies speak.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal"; "Control
access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.evaluation_case import GATEWAY_SERVICES
from iamlab.engine.request import Kind
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.engine.layers import Place
    from iamlab.engine.request import Caller, Request
    from iamlab.policy.statement import Principals, Statement


class Named(IntEnum):
    """How directly a Principal element names a caller; the greater, the more directly."""

    NOT = 0
    ACCOUNT = 1  # only the caller's account
    INDIRECT = 2  # the role behind the session, the user behind the federated user
    DIRECT = 3  # the very caller, or everyone


MUST_NAME = ("resource", "grant")
"""The layers whose statements must name somebody."""

MAY_NAME = (*MUST_NAME, "endpoint", "rcp")
"""Those whose statements may; without a Principal they speak of everybody."""

# Which callers a statement of a trust policy can be about, by the action that is asked for. What
# goes with any of them (sts:TagSession, sts:SetSourceIdentity, sts:SetContext) is not listed.
TRUST_ACTIONS: dict[str, Callable[[Caller], bool]] = {
    "sts:assumerole": lambda caller: caller.kind not in (Kind.PROVIDER, Kind.ANONYMOUS),
    "sts:assumerolewithsaml": lambda caller: caller.is_saml,
    "sts:assumerolewithwebidentity": lambda caller: (
        caller.kind is Kind.PROVIDER and not caller.is_saml
    ),
}

_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}")
_DIGITS = re.compile(r"\d{12}")
_NAMED_BY_TYPE = {"Service": Kind.SERVICE, "Federated": Kind.PROVIDER}


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
    if kind in _NAMED_BY_TYPE:
        return _direct_if(caller.kind is _NAMED_BY_TYPE[kind] and value == caller.arn)
    if kind != "AWS" or not caller.account:
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


def why_unnamed(principals: Principals, request: Request, place: Place) -> str:
    """Say why a Principal that seems to name the caller does not, if it seems so."""
    if place.layer == "resource" and request.about_trust and not _fits_action(request):
        return f"{request.action} does not fit this kind of caller"
    if any(kind == "CanonicalUser" for kind, _ in principals):
        return "S3 saves a canonical user ID as the account that it stands for: write the account"
    if request.caller.kind is Kind.PROVIDER:
        return "who comes from an identity provider must be named under Federated"
    if place.layer == "endpoint" and how_named(principals, request) is Named.ACCOUNT:
        return "an account in the policy of a gateway endpoint is its root user alone"
    return ""


def how_reached(statement: Statement, request: Request, place: Place) -> Named:
    """Say how a statement of a resource-like policy reaches the caller, NotPrincipal included.

    ``NotPrincipal`` with Deny spares only who is listed as caller or as the role behind it; to be
    of a listed account is not enough, and whoever has a permissions boundary is never spared.

    Parameters
    ----------
    place
        Where the statement stands, and whether the caller has a permissions boundary.
    """
    if place.layer == "resource" and request.about_trust and not _fits_action(request):
        return Named.NOT
    if statement.principal is not None:
        return _with_place(how_named(statement.principal, request), statement, request, place)
    if statement.not_principal is None:
        return Named.NOT  # nobody is named: the statement speaks of nobody
    listed = how_named(statement.not_principal, request)
    if statement.effect == "Deny":
        spared = listed >= Named.INDIRECT and not place.bounded
        if spared and unsure.DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT:
            spared = _lists_account(statement.not_principal, request.caller)
        return _direct_if(not spared)
    return _with_place(_direct_if(listed is Named.NOT), statement, request, place)


def _fits_action(request: Request) -> bool:
    fits = TRUST_ACTIONS.get(request.action.lower())
    return fits is None or fits(request.caller)


def _with_place(named: Named, statement: Statement, request: Request, place: Place) -> Named:
    """Take away what the place of an Allow statement does not give."""
    if statement.effect == "Deny":
        return named
    if request.caller.kind is Kind.PROVIDER and place.layer == "resource":
        # Who comes from a provider must be let in by its name: everybody is not enough.
        pairs = statement.principal or ()
        return how_named(tuple(pair for pair in pairs if pair[0] == "Federated"), request)
    if place.layer == "grant":
        return named if named >= Named.INDIRECT else Named.NOT
    gateway = place.layer == "endpoint" and request.service in GATEWAY_SERVICES
    if gateway and named is Named.ACCOUNT and unsure.GATEWAY_ENDPOINT_ADMITS_ONLY_ROOT_BY_ACCOUNT:
        return Named.NOT
    return named


def _lists_account(principals: Principals, caller: Caller) -> bool:
    if not caller.account:
        return True  # it has none that could be listed
    partition = Arn.parse(caller.arn).partition
    accounts = (caller.account, f"arn:{partition}:iam::{caller.account}:root")
    return any(kind == "AWS" and value in accounts for kind, value in principals)

"""Whether a Principal element names the caller, and how directly.

An Allow that names the caller itself is enough. If it names the role behind a session, the
permissions boundary and session policy can limit it. If it names the account, the account's own
policies must allow too.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal"; "Control
access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.combining_rule import GATEWAY_SERVICES
from iamlab.engine.request import Kind
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.engine.layers import Place
    from iamlab.engine.request import Caller, Request
    from iamlab.policy.statement import Principals, Statement


class PrincipalMatch(IntEnum):
    """How directly a Principal element names a caller; a greater value is more direct."""

    NOT = 0
    ACCOUNT = 1  # only the caller's account
    INDIRECT = 2  # the role behind the session, the user behind the federated user
    DIRECT = 3  # the caller itself, or everybody: "*" names each session, too


PRINCIPAL_REQUIRED = ("resource", "grant")
"""The layers whose statements must name a principal."""

PRINCIPAL_ALLOWED = (*PRINCIPAL_REQUIRED, "endpoint", "rcp")
"""The layers whose statements can name one; without a Principal, they apply to everybody."""

# The callers that a statement of a trust policy can match, by the action. Actions for all of them
# (sts:TagSession, sts:SetSourceIdentity, sts:SetContext) aren't listed.
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


def match_principals(principals: Principals, request: Request) -> PrincipalMatch:
    """Return how directly a Principal element names the caller of a request.

    Examples
    --------
    >>> from iamlab.engine.request import Request
    >>> session = Request("arn:aws:sts::111122223333:assumed-role/Audit/ana", "s3:GetObject", "*")
    >>> match_principals((("AWS", "arn:aws:iam::111122223333:role/Audit"),), session).name
    'INDIRECT'
    """
    return max(
        (_how_one_named(kind, value, request) for kind, value in principals),
        default=PrincipalMatch.NOT,
    )


def _how_one_named(kind: str, value: str, request: Request) -> PrincipalMatch:
    caller = request.caller
    if kind == "*" or (kind == "AWS" and value == "*"):
        return PrincipalMatch.DIRECT  # everybody, also anonymous callers
    if kind in _NAMED_BY_TYPE:
        return _direct_if(caller.kind is _NAMED_BY_TYPE[kind] and value == caller.arn)
    if kind != "AWS" or not caller.account:
        return PrincipalMatch.NOT
    if _DIGITS.fullmatch(value):
        return _by_account(value, caller)
    if _UNIQUE_ID.fullmatch(value):
        return _by_unique_id(value, request)
    # A request "of the role" is one of some session, which the role's ARN names indirectly.
    if value == caller.arn and caller.kind is not Kind.ROLE:
        return PrincipalMatch.DIRECT
    return _by_arn(value, caller) if is_arn(value) else PrincipalMatch.NOT


def _by_arn(value: str, caller: Caller) -> PrincipalMatch:
    arn = _parsed(value)
    own_partition = caller.arn.split(":", 2)[1]
    if arn.service != "iam" or (arn.partition, arn.account) != (own_partition, caller.account):
        return PrincipalMatch.NOT
    if arn.resource == "root":
        return _by_account(arn.account, caller)
    if caller.is_of_role and arn.kind == "role":
        # A session's ARN doesn't have its role's path. Role names are unique in an account.
        same_name = arn.name == Arn.parse(caller.issuer).name
        return PrincipalMatch.INDIRECT if same_name else PrincipalMatch.NOT
    if caller.kind is Kind.FEDERATED and value == caller.issuer:
        return PrincipalMatch.INDIRECT
    return PrincipalMatch.NOT


_parsed = lru_cache(maxsize=4096)(Arn.parse)  # policies often name the same principals


def _by_account(account: str, caller: Caller) -> PrincipalMatch:
    """Match an account: it names the root user directly, and everybody else by account."""
    if account != caller.account:
        return PrincipalMatch.NOT
    return PrincipalMatch.DIRECT if caller.kind is Kind.ROOT else PrincipalMatch.ACCOUNT


def _by_unique_id(value: str, request: Request) -> PrincipalMatch:
    """Match the unique ID of a user or role: a new one with the same name doesn't match."""
    user_id = request.value("aws:userid") or ""
    if request.caller.is_of_role:
        return PrincipalMatch.INDIRECT if user_id.partition(":")[0] == value else PrincipalMatch.NOT
    return _direct_if(user_id == value)


def _direct_if(condition: bool) -> PrincipalMatch:  # noqa: FBT001 - a conversion, not a mode
    return PrincipalMatch.DIRECT if condition else PrincipalMatch.NOT


def why_no_match(principals: Principals, request: Request, place: Place) -> str:
    """Explain why a Principal that seems to name the caller doesn't; can be empty."""
    if place.layer == "resource" and request.about_trust and not _fits_action(request):
        return f"this type of caller can't use {request.action}"
    if any(kind == "CanonicalUser" for kind, _ in principals):
        return "S3 replaces a canonical user ID with its account; write the account"
    if request.caller.kind is Kind.PROVIDER:
        return "users of an identity provider must be named under Federated"
    is_gateway = place.layer == "endpoint" and not place.is_interface
    if is_gateway and match_principals(principals, request) is PrincipalMatch.ACCOUNT:
        return "in the policy of a gateway endpoint, an account means only its root user"
    return ""


def match_principal(statement: Statement, request: Request, place: Place) -> PrincipalMatch:
    """Return how a statement with Principal or NotPrincipal matches the caller.

    ``NotPrincipal`` with Deny exempts only a caller that is listed itself or by its role. Listing
    its account isn't enough, and a caller with a permissions boundary is never exempt.

    Parameters
    ----------
    place
        The statement's layer, and whether the caller has a permissions boundary.
    """
    if place.layer == "resource" and request.about_trust and not _fits_action(request):
        return PrincipalMatch.NOT
    if statement.principal is not None:
        return _with_place(
            match_principals(statement.principal, request), statement, request, place
        )
    if statement.not_principal is None:
        return PrincipalMatch.NOT  # it names nobody, so it matches nobody
    listed = match_principals(statement.not_principal, request)
    if statement.effect == "Deny":
        exempt = listed >= PrincipalMatch.INDIRECT and not place.bounded
        if exempt and unsure.DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT:
            exempt = _lists_account(statement.not_principal, request.caller)
        return _direct_if(not exempt)
    return _with_place(_direct_if(listed is PrincipalMatch.NOT), statement, request, place)


def _fits_action(request: Request) -> bool:
    fits = TRUST_ACTIONS.get(request.action.lower())
    return fits is None or fits(request.caller)


def _with_place(
    named: PrincipalMatch, statement: Statement, request: Request, place: Place
) -> PrincipalMatch:
    """Remove the matches that an Allow statement can't have in its layer."""
    if statement.effect == "Deny":
        return named
    if request.caller.kind is Kind.PROVIDER and place.layer == "resource":
        # The provider must be named: everybody isn't enough.
        pairs = statement.principal or ()
        return match_principals(tuple(pair for pair in pairs if pair[0] == "Federated"), request)
    if place.layer == "grant":
        return named if named >= PrincipalMatch.INDIRECT else PrincipalMatch.NOT
    gateway = place.layer == "endpoint" and not place.is_interface
    if gateway and request.service in GATEWAY_SERVICES and named is PrincipalMatch.ACCOUNT:
        return PrincipalMatch.NOT
    return named


def _lists_account(principals: Principals, caller: Caller) -> bool:
    if not caller.account:
        return True  # it has no account
    partition = Arn.parse(caller.arn).partition
    accounts = (caller.account, f"arn:{partition}:iam::{caller.account}:root")
    return any(kind == "AWS" and value in accounts for kind, value in principals)

"""A request: principal, action, resource and context."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any

from iamlab.display import Shown, count, few
from iamlab.errors import RequestError
from iamlab.policy.arn import WEB_IDENTITY_PROVIDERS, Arn, is_arn
from iamlab.policy.condition_keys import is_multivalued

ANONYMOUS = "anonymous"
"""The caller of an unsigned request."""

ContextValue = str | bool | int | float | datetime | Sequence[str]
NO_CONTEXT: Mapping[str, ContextValue] = MappingProxyType({})
NO_VALUE = ("",)
MAX_TEXT = 65_536  # far above AWS's limits; keeps hostile input cheap
PROVIDER_HOSTS = WEB_IDENTITY_PROVIDERS
"""Identity providers that IAM knows without an ARN."""

_PROVIDER = re.compile(r"arn:[^:]*:iam::\d{12}:(saml|oidc)-provider/.+", re.ASCII)
SERVICE_LINKED = ":role/aws-service-role/"
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_SESSION = re.compile(r"assumed-role/[^/]+/[^/]+")
_ROLE = re.compile(r"arn:[^:]*:iam:[^:]*:[^:]*:role(/|$)")
_KEY = re.compile(r"arn:[^:]*:kms:[^:]*:[^:]*:key(/|$)")
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9-]+")


class Kind(Enum):
    """The type of a caller, by its ARN."""

    USER = "user"
    ROOT = "root user"
    ROLE = "role"  # any session of this role
    SESSION = "role session"
    FEDERATED = "federated user"
    SERVICE = "AWS service"
    PROVIDER = "identity provider"  # for a SAML or OIDC caller, who has no AWS identity yet
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request.

    Parameters
    ----------
    arn
        The principal of the request: an ARN, the name of a service or provider, or ``ANONYMOUS``.
    kind
        Its type, by its ARN.
    account
        The account ID; empty for services, identity providers and anonymous callers.
    issuer
        The ARN of the role behind a role session, or of the user behind a federated user; empty for
        others.
    """

    arn: str
    kind: Kind
    account: str = ""
    issuer: str = ""

    @property
    def is_of_role(self) -> bool:
        """Whether the caller acts as a role."""
        return self.kind in (Kind.ROLE, Kind.SESSION)

    @property
    def is_anonymous(self) -> bool:
        """Whether the request isn't signed."""
        return self.kind is Kind.ANONYMOUS

    @property
    def is_service_linked(self) -> bool:
        """Whether the caller acts as a service-linked role."""
        return SERVICE_LINKED in self.issuer

    @property
    def is_saml(self) -> bool:
        """Whether the caller comes from a SAML provider."""
        return self.kind is Kind.PROVIDER and ":saml-provider/" in self.arn


@dataclass(frozen=True, slots=True, init=False)
class Request(Shown):
    """A request: a principal wants to perform an action on a resource.

    Parameters
    ----------
    principal
        ARN of a user, a role (any session of it), an assumed-role session, a federated user or a
        root user; the name of a service (``ec2.amazonaws.com``); for a SAML or OIDC caller, the
        provider's ARN or, for providers built into IAM, its host (``accounts.google.com``); or
        ``ANONYMOUS``.
    action
        ``service:Action``, case-insensitive.
    resource
        An ARN, or ``*`` for calls without a specific resource.
    resource_account
        The account that owns the resource. Default: the account in its ARN; without one, as in S3,
        the principal's account.
    context
        Condition keys and their values. A list is several values.
    issuer
        The ARN of the role behind a session, or of the user behind a federated user. Default for a
        role session: ``aws:PrincipalArn`` in the context, or else the role with the path /.
    refusal
        AWS's error message if the caller's credentials aren't valid for this call, whatever the
        policies allow; empty if they are.
    access_point
        The S3 access point that allowed the request, if the resource is in the bucket behind it.

    Attributes
    ----------
    caller
        The caller's type and account.
    service
        The action's service prefix, in lower case.
    keys
        The context as text: each condition key in lower case, with its values. Don't change it.

    Raises
    ------
    RequestError
        A value isn't valid. The message says how to fix it.

    Examples
    --------
    >>> request = Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject",
    ...                   "arn:aws:s3:::star-maps/m31.fits", context={"aws:TagKeys": "owner"})
    >>> request.caller.kind.value, request.resource_account, request.values("aws:tagkeys")
    ('user', '111122223333', ('owner',))
    """

    principal: str
    action: str
    resource: str
    resource_account: str = ""
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    issuer: str | None = None
    refusal: str = ""
    access_point: str = ""
    caller: Caller = field(init=False, compare=False, repr=False)
    service: str = field(init=False, compare=False, repr=False)
    keys: Mapping[str, tuple[str, ...]] = field(init=False, compare=False, repr=False)

    def __init__(
        self,
        principal: str,
        action: str,
        resource: str,
        resource_account: str = "",
        context: Mapping[str, ContextValue] = NO_CONTEXT,
        issuer: str | None = None,
        refusal: str = "",
        access_point: str = "",
    ) -> None:
        check_text("principal", principal)
        check_text("action", action)
        check_text("resource", resource)
        if refusal != "":
            check_text("refusal", refusal)
        if access_point != "":
            check_text("access_point", access_point)
        if issuer is not None:
            check_text("issuer", issuer)
        values = as_text(context)
        set_ = object.__setattr__
        set_(self, "principal", principal)
        set_(self, "action", action)
        set_(self, "resource", resource)
        set_(self, "context", MappingProxyType(dict(context)))
        set_(self, "issuer", issuer)
        set_(self, "refusal", refusal)
        set_(self, "access_point", access_point)
        set_(self, "keys", values)
        role = values.get("aws:principalarn", NO_VALUE)[0] if issuer is None else ""
        set_(self, "caller", _caller(principal, issuer, role))
        set_(self, "service", service_of(action))
        if resource_account and not is_account(resource_account):
            raise RequestError(f"{resource_account!r} isn't an account ID of 12 digits.")
        set_(self, "resource_account", resource_account or self._owner())

    def __reduce__(self) -> tuple[Any, ...]:
        question = self.principal, self.action, self.resource, self.resource_account
        more = self.issuer, self.refusal, self.access_point
        return Request, (*question, dict(self.context), *more)

    def __repr__(self) -> str:
        keys = f", {count(len(self.context), 'context key')}" if self.context else ""
        who, what, on = (few([text]) for text in (self.principal, self.action, self.resource))
        return f"<Request {who} {what} on {on}{keys}>"

    def _owner(self) -> str:
        parts = self.resource.split(":", 5)
        if len(parts) == 6 and parts[0] == "arn" and is_account(parts[4]):
            return parts[4]
        if self.caller.account:
            return self.caller.account
        raise RequestError(
            f"The owner of {self.resource!r} is unknown: its ARN has no account, and the caller "
            f"{self.principal!r} has no account. Pass resource_account."
        )

    def values(self, key: str) -> tuple[str, ...] | None:
        """Return all values of a condition key, ignoring case; ``None`` if it is absent."""
        return self.keys.get(key.lower())

    def value(self, key: str) -> str | None:
        """Return the value of a single-valued key, as for a policy variable."""
        values = self.keys.get(key.lower())
        return values[0] if values and not is_multivalued(key) and len(values) == 1 else None

    @property
    def with_long_term_keys(self) -> bool:
        """Whether a user or root user calls with long-term access keys."""
        is_user = self.caller.kind in (Kind.USER, Kind.ROOT)
        return is_user and "aws:tokenissuetime" not in self.keys

    @property
    def same_account(self) -> bool:
        """Whether the caller and the resource are in the same account."""
        return self.caller.account == self.resource_account and self.same_partition

    @property
    def same_partition(self) -> bool:
        """Whether they are in the same partition: partitions are isolated from each other."""
        caller, resource = self.principal, self.resource
        if caller.startswith("arn:aws:") and resource.startswith("arn:aws:"):
            return True  # the common case
        if not (is_arn(caller) and is_arn(resource)):
            return True
        return caller.split(":", 2)[1] == resource.split(":", 2)[1]

    @property
    def resource_is_role(self) -> bool:
        """Whether the resource is an IAM role; its trust policy applies to ``sts:`` actions."""
        return is_role(self.resource)

    @property
    def about_trust(self) -> bool:
        """Whether the role trust policy is the resource policy: ``sts:AssumeRole`` and the like."""
        return self.service == "sts" and self.resource_is_role

    @property
    def about_kms_key(self) -> bool:
        """Whether a key policy is the resource policy."""
        return self.service == "kms" and is_kms_key(self.resource)


def is_role(resource: str) -> bool:
    """Return whether a resource is an IAM role."""
    return _ROLE.match(resource) is not None


def is_kms_key(resource: str) -> bool:
    """Return whether a resource is a KMS key."""
    return _KEY.match(resource) is not None


def is_account(text: object) -> bool:
    """Return whether it is an account ID: 12 digits."""
    return isinstance(text, str) and len(text) == 12 and text.isascii() and text.isdigit()


def check_text(name: str, text: object) -> None:
    """Reject a value that isn't text, is empty or too long, or has half a character."""
    if type(text) is str and text and len(text) <= MAX_TEXT and text.isascii():
        return  # the common case
    if not isinstance(text, str) or not text:
        raise RequestError(f"{name} must be text, and not empty.")
    if len(text) > MAX_TEXT:
        raise RequestError(f"{name} is longer than {MAX_TEXT} characters.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            message = f"{name} contains half of a surrogate pair, which isn't a character."
            raise RequestError(message) from None


@lru_cache(maxsize=8192)
def service_of(action: str) -> str:
    """Return the service prefix of an action, in lower case; reject an invalid action."""
    if not _ACTION.fullmatch(action):
        raise RequestError(
            f"{action!r} isn't an action. Write service:Action, such as s3:GetObject. "
            "A request has one action, without wildcards."
        )
    return action.partition(":")[0].lower()


def as_text(context: object) -> dict[str, tuple[str, ...]]:
    """Write a context as text, without keys that have no value."""
    if not isinstance(context, Mapping):
        raise RequestError(f"context must be a dict of condition keys and values, not {context!r}.")
    values: dict[str, tuple[str, ...]] = {}
    for (lower, single), (key, value) in zip(_keys(tuple(context)), context.items(), strict=True):
        if type(value) is str and value.isascii() and len(value) <= MAX_TEXT:
            values[lower] = (value,)  # the common case
        elif value != () and (found := _context_value(key, value, single=single)):
            values[lower] = found
    return values


@lru_cache(maxsize=1024)
def _keys(keys: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """Return condition keys in lower case, and whether each is a global key with one value."""
    found: dict[str, bool] = {}
    for key in keys:
        check_text("a condition key", key)
        lower = key.lower()
        if lower in found:
            first = next(known for known in keys if known.lower() == lower)
            raise RequestError(f"{first} is duplicated in the context (keys are case-insensitive).")
        found[lower] = lower.startswith("aws:") and not is_multivalued(key)
    return tuple(found.items())


def _context_value(key: str, value: object, *, single: bool) -> tuple[str, ...]:
    """Write the values of one condition key as text."""
    many = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    if len(many) > 1 and single:
        raise RequestError(f"{key} can have only one value, not {len(many)}.")
    return tuple(_as_text(key, item) for item in many)


def _as_text(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        if value:
            check_text(f"the value of {key}", value)
        return value
    if isinstance(value, int) and abs(value) < 10**400:
        return str(value)
    if isinstance(value, float) and isfinite(value):
        return format(Decimal(repr(value)), "f")  # never 1e+16, which no condition reads
    shown = "too long a number" if isinstance(value, int) else reprlib.repr(value)
    what = "Pass text, a number, a boolean, or a list of texts."
    raise RequestError(f"The value of {key} is {shown}. {what}")


@lru_cache(maxsize=8192)
def _caller(principal: str, issuer: str | None, role: str) -> Caller:
    """Return the caller of a principal; ``role`` is aws:PrincipalArn, if it is known."""
    if issuer is not None and not is_arn(issuer):
        raise RequestError(f"issuer {issuer!r} isn't the ARN of a role or a user.")
    if principal == ANONYMOUS:
        return Caller(principal, Kind.ANONYMOUS)
    if principal in PROVIDER_HOSTS or _PROVIDER.fullmatch(principal):
        return Caller(principal, Kind.PROVIDER)
    if _SERVICE.fullmatch(principal):
        return Caller(principal, Kind.SERVICE)
    caller = _caller_of_arn(principal, issuer, role) if is_arn(principal) else None
    if caller is not None:
        return caller
    hint = " A group can't make calls. Pass one of its users." if ":group/" in principal else ""
    raise RequestError(
        f"{principal!r} isn't a caller. Pass the ARN of a user, a role, a role session, a "
        "federated user, a root user or an identity provider, a service such as "
        f'ec2.amazonaws.com, or ANONYMOUS, which is "anonymous".{hint}'
    )


def _caller_of_arn(principal: str, issuer: str | None, role: str) -> Caller | None:
    """Return the caller of an ARN; ``None`` if it isn't a caller's ARN."""
    arn = Arn.parse(principal)
    if not is_account(arn.account):
        return None
    shape = (arn.service, arn.kind)
    named = "/" in arn.resource and arn.name
    if (arn.service, arn.resource) == ("iam", "root"):
        return Caller(principal, Kind.ROOT, arn.account)
    if shape == ("iam", "user") and named:
        return Caller(principal, Kind.USER, arn.account)
    if shape == ("iam", "role") and named:
        return Caller(principal, Kind.ROLE, arn.account, principal)
    if shape == ("sts", "assumed-role") and _SESSION.fullmatch(arn.resource):
        known = role if is_arn(role) and ":role/" in role else ""
        plain = f"arn:{arn.partition}:iam::{arn.account}:role/{arn.resource.split('/')[1]}"
        return Caller(principal, Kind.SESSION, arn.account, issuer or known or plain)
    if shape == ("sts", "federated-user") and named:
        return Caller(principal, Kind.FEDERATED, arn.account, issuer or "")
    return None

"""A request: who asks to do what, on which resource, and what AWS knows about the moment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from math import isfinite
from types import MappingProxyType

from iamlab.errors import RequestError
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.catalog import is_multivalued

ANONYMOUS = "anonymous"
"""The caller of a request that nobody signed."""

ContextValue = str | bool | int | float | datetime | Sequence[str]
MAX_TEXT = 65_536  # far above what AWS takes anywhere; keeps hostile input cheap
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_SESSION = re.compile(r"assumed-role/[^/]+/[^/]+")
_ACTION = re.compile(r"[A-Za-z0-9.-]+:[A-Za-z0-9]+")


class Kind(Enum):
    """What a caller is. The shape of its ARN says so."""

    USER = "user"
    ROOT = "root user"
    ROLE = "role"  # "some session of this role"
    SESSION = "role session"
    FEDERATED = "federated user"
    SERVICE = "AWS service"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls.

    Parameters
    ----------
    arn
        As in the request: an ARN, a service's name, or ``ANONYMOUS``.
    kind
        What the ARN's shape says.
    account
        Its 12 digits; empty for services and anonymous callers.
    issuer
        ARN of the role behind a role session, or of the user behind a federated user; empty for
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


@dataclass(frozen=True, slots=True)
class Request:
    """One question: may this principal perform this action on this resource, now?

    Parameters
    ----------
    principal
        ARN of a user, a role ("some session of it"), an assumed-role session, a federated user or
        a root user; the name of a service (``ec2.amazonaws.com``); or ``ANONYMOUS``.
    action
        ``service:Action``; its letter case does not matter.
    resource
        An ARN, or ``*`` for calls that concern no resource in particular.
    resource_account
        The account that owns the resource. Default: the one in its ARN; if it has none, as in S3,
        the principal's.
    context
        Condition keys and their values. A list gives several.
    issuer
        ARN of the role behind a session, or of the user behind a federated user. Default for a
        role session: ``aws:PrincipalArn`` of the context, else the role of that name with path /.

    Raises
    ------
    RequestError
        The question cannot be asked that way; the text says how it can.

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
    caller: Caller = field(init=False, compare=False, repr=False)
    _values: Mapping[str, tuple[str, ...]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("principal", "action", "resource"):
            _check_text(name, getattr(self, name))
        values = _context(self.context)
        if self.issuer is not None and not is_arn(str(self.issuer)):
            raise RequestError(f"issuer {self.issuer!r} is not the ARN of a role or a user.")
        set_ = object.__setattr__
        set_(self, "context", MappingProxyType(dict(self.context)))
        set_(self, "_values", MappingProxyType(values))
        set_(self, "caller", _caller(self.principal, self.issuer, values))
        if not _ACTION.fullmatch(self.action):
            message = (
                f"{self.action!r} is not an action. Write service:Action, such as s3:GetObject; "
                "a question names one action, without wildcards."
            )
            raise RequestError(message)
        set_(self, "resource_account", self.resource_account or self._owner())
        if not _is_account(self.resource_account):
            raise RequestError(
                f"resource_account {self.resource_account!r} is not an id of 12 digits."
            )

    def _owner(self) -> str:
        account = Arn.parse(self.resource).account if is_arn(self.resource) else ""
        if _is_account(account):
            return account
        if self.caller.account:
            return self.caller.account
        message = (
            f"Nobody can tell who owns {self.resource!r}: its ARN names no account, and the caller "
            f"{self.principal!r} has none. Give resource_account."
        )
        raise RequestError(message)

    def values(self, key: str) -> tuple[str, ...] | None:
        """Give all values of a condition key (any letter case); ``None`` if it is absent."""
        return self._values.get(key.lower())

    def value(self, key: str) -> str | None:
        """Give the value of a single-valued key: what a policy variable may stand for."""
        values = self._values.get(key.lower())
        return values[0] if values and not is_multivalued(key) and len(values) == 1 else None

    @property
    def service(self) -> str:
        """The action's service prefix, in lower case."""
        return self.action.partition(":")[0].lower()

    @property
    def same_account(self) -> bool:
        """Whether caller and resource are of one account."""
        return self.caller.account == self.resource_account

    @property
    def resource_is_role(self) -> bool:
        """Whether the resource is an IAM role; with an ``sts:`` action, its trust policy speaks."""
        return is_arn(self.resource) and _is(self.resource, "iam", "role")

    @property
    def about_trust(self) -> bool:
        """Whether the role trust policy is the resource policy: ``sts:AssumeRole`` and the like."""
        return self.service == "sts" and self.resource_is_role

    @property
    def about_kms_key(self) -> bool:
        """Whether a key policy is the resource policy."""
        return self.service == "kms" and is_arn(self.resource) and _is(self.resource, "kms", "key")


def _is(resource: str, service: str, kind: str) -> bool:
    arn = Arn.parse(resource)
    return arn.service == service and arn.kind == kind


def _is_account(text: object) -> bool:
    return isinstance(text, str) and _ACCOUNT.fullmatch(text) is not None


def _check_text(name: str, text: object) -> None:
    if not isinstance(text, str) or not text:
        raise RequestError(f"{name} must be text, and not empty.")
    if len(text) > MAX_TEXT:
        raise RequestError(f"{name} is longer than {MAX_TEXT} characters.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise RequestError(
                f"{name} holds half of a surrogate pair, which is no character."
            ) from None


def _context(context: object) -> dict[str, tuple[str, ...]]:
    """Write a context as text; a key without a value is not there."""
    if not isinstance(context, Mapping):
        raise RequestError(f"context is a dict of condition keys and values, not {context!r}.")
    values: dict[str, tuple[str, ...]] = {}
    for key, value in context.items():
        found = _context_value(key, value)
        if key.lower() in values:
            raise RequestError(f"{key} stands twice in the context: letter case does not count.")
        if found:
            values[key.lower()] = found
    return values


def _context_value(key: str, value: object) -> tuple[str, ...]:
    """Write the values of one condition key as text."""
    _check_text("a condition key", key)
    many = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    if len(many) > 1 and key.lower().startswith("aws:") and not is_multivalued(key):
        raise RequestError(f"{key} holds one value, not {len(many)}.")
    return tuple(_as_text(key, item) for item in many)


def _as_text(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        if value:
            _check_text(f"the value of {key}", value)
        return value
    if isinstance(value, int) and abs(value) < 10**400:
        return str(value)
    if isinstance(value, float) and isfinite(value):
        return format(Decimal(repr(value)), "f")  # never 1e+16, which no condition reads
    shown = "too long a number" if isinstance(value, int) else repr(value)
    raise RequestError(
        f"The value of {key} is {shown}; give text, a number, a boolean, or a list of text."
    )


def _caller(principal: str, issuer: str | None, values: Mapping[str, tuple[str, ...]]) -> Caller:
    """Say what the principal is, from its shape."""
    if principal == ANONYMOUS:
        return Caller(principal, Kind.ANONYMOUS)
    if _SERVICE.fullmatch(principal):
        return Caller(principal, Kind.SERVICE)
    caller = _caller_of_arn(principal, issuer, values) if is_arn(principal) else None
    if caller is not None:
        return caller
    hint = " A group cannot call: its users do, one by one." if ":group/" in principal else ""
    raise RequestError(
        f"{principal!r} is no caller that iamlab knows. Give the ARN of a user, a role, a role "
        "session, a federated user or a root user, a service such as ec2.amazonaws.com, "
        f"or ANONYMOUS.{hint}"
    )


def _caller_of_arn(
    principal: str, issuer: str | None, values: Mapping[str, tuple[str, ...]]
) -> Caller | None:
    """Say what an ARN is as a caller; ``None`` if it is none."""
    arn = Arn.parse(principal)
    if not _is_account(arn.account):
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
        given = values.get("aws:principalarn", ("",))[0]
        given = given if is_arn(given) and ":role/" in given else ""
        role = f"arn:{arn.partition}:iam::{arn.account}:role/{arn.resource.split('/')[1]}"
        return Caller(principal, Kind.SESSION, arn.account, issuer or given or role)
    if shape == ("sts", "federated-user") and named:
        return Caller(principal, Kind.FEDERATED, arn.account, issuer or "")
    return None

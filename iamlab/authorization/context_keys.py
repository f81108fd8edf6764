"""The context keys of a request: principal, resource, time, network and calling services.

Tables have a function for the value of each condition key; ``None`` means that the request doesn't
have the key. ``policy/global_keys.toml`` describes in words when that is so, and a test proves that
both agree. ``Session.present`` adds the keys of temporary credentials. Keys of an operation
(``iam:PassedToService``, ``sts:ExternalId``) come with its call.

Notes
-----
AWS page: "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from iamlab.engine.request import ContextValue
from iamlab.errors import RequestError
from iamlab.policy.condition_keys import unsupported_keys
from iamlab.tables import tables

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.identities import Role, User
    from iamlab.model.record import Membership


Context = dict[str, ContextValue]

DEFAULT_REGION = "us-east-1"
AGENT = "iamlab"
"""The default user agent."""

REGION_OF = {
    service: region for region, services in tables(__file__).items() for service in services.split()
}
"""Global services, whose calls all go to one Region."""


@dataclass(frozen=True, slots=True)
class CallerAttributes:
    """A caller, as policies see it.

    Parameters
    ----------
    arn
        The value of ``aws:PrincipalArn``; for a session it is the *role's* ARN.
    principal_type
        ``User``, ``AssumedRole``, ``Account`` (a root user) ...; empty for services.
    service
        The name of a service that calls on its own behalf.
    sends
        The condition keys about its source that such a service sends.
    """

    arn: str = ""
    account_id: str = ""
    userid: str = ""
    principal_type: str = ""
    username: str = ""
    service: str = ""
    sends: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    membership: Membership | None = None

    @property
    def is_signed(self) -> bool:
        """Whether the call is signed by a principal that AWS knows."""
        return bool(self.arn or self.service)


@dataclass(frozen=True, slots=True)
class ResourceAttributes:
    """A resource, as policies see it.

    Parameters
    ----------
    tags
        The tags in requests.
    own
        More keys, which only this type of resource has.
    """

    account_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    membership: Membership | None = None
    own: Mapping[str, ContextValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EndpointAttributes:
    """The VPC endpoint that a call goes through."""

    endpoint_id: str
    vpc: str
    vpc_arn: str
    source_ip: str
    account_id: str = ""
    membership: Membership | None = None


@dataclass(frozen=True, slots=True)
class SourceAttributes:
    """The resource that a service calls for: a trail, a topic, a rule."""

    arn: str
    account_id: str = ""
    membership: Membership | None = None


@dataclass(frozen=True, slots=True)
class CallAttributes:
    """Everything else that AWS knows about a call.

    Parameters
    ----------
    source_ip
        The caller's public address; empty if the call doesn't come over the internet.
    sends
        The keys about the ``source`` that a calling service sends; other callers send none.
    via
        The services that call on the principal's behalf, in order.
    """

    now: datetime
    action: str
    region: str
    resource_account: str = ""
    source_ip: str = ""
    endpoint: EndpointAttributes | None = None
    via: tuple[str, ...] = ()
    source: SourceAttributes | None = None
    sends: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """The prefix of the action's service."""
        return self.action.partition(":")[0].lower()


KeyValue = ContextValue | Mapping[str, str] | None
"""A value, tags with a value for each key, or nothing: then the key is absent."""

Subject = TypeVar(
    "Subject", CallerAttributes, ResourceAttributes, CallAttributes, EndpointAttributes
)


def _id(membership: Membership | None) -> str | None:
    return None if membership is None else membership.organization_id


def _paths(membership: Membership | None) -> list[str] | None:
    return None if membership is None else [membership.path]


CALLER_KEYS: Mapping[str, Callable[[CallerAttributes], KeyValue]] = {
    "aws:PrincipalArn": lambda who: who.arn,
    "aws:PrincipalAccount": lambda who: who.account_id,
    "aws:PrincipalOrgID": lambda who: _id(who.membership),
    "aws:PrincipalOrgPaths": lambda who: _paths(who.membership),
    "aws:PrincipalTag/": lambda who: who.tags,
    "aws:PrincipalType": lambda who: who.principal_type,
    "aws:PrincipalIsAWSService": lambda who: bool(who.service) if who.is_signed else None,
    "aws:PrincipalServiceName": lambda who: who.service,
    "aws:PrincipalServiceNamesList": lambda who: [who.service] if who.service else None,
    "aws:userid": lambda who: who.userid,
    "aws:username": lambda who: who.username,
    "kms:CallerAccount": lambda who: who.account_id,  # requests to other services drop these
    "s3:authType": lambda who: "REST-HEADER" if who.is_signed else None,
    "s3:signatureversion": lambda who: "AWS4-HMAC-SHA256" if who.is_signed else None,
}

_OF_ONE_SERVICE = tuple(key for key in CALLER_KEYS if not key.startswith("aws:"))

RESOURCE_KEYS: Mapping[str, Callable[[ResourceAttributes], KeyValue]] = {
    "aws:ResourceAccount": lambda what: what.account_id,
    "aws:ResourceOrgID": lambda what: _id(what.membership),
    "aws:ResourceOrgPaths": lambda what: _paths(what.membership),
    "aws:ResourceTag/": lambda what: what.tags,
}

ENDPOINT_KEYS: Mapping[str, Callable[[EndpointAttributes], KeyValue]] = {
    "aws:VpcSourceIp": lambda endpoint: endpoint.source_ip,
    "aws:SourceVpc": lambda endpoint: endpoint.vpc,
    "aws:SourceVpce": lambda endpoint: endpoint.endpoint_id,
    "aws:SourceVpcArn": lambda endpoint: endpoint.vpc_arn,
    "aws:VpceAccount": lambda endpoint: endpoint.account_id,
    "aws:VpceOrgID": lambda endpoint: _id(endpoint.membership),
    "aws:VpceOrgPaths": lambda endpoint: _paths(endpoint.membership),
}


def _sent(
    key: str, tell: Callable[[SourceAttributes], KeyValue]
) -> Callable[[CallAttributes], KeyValue]:
    """Return what a calling service sends about its source."""
    return lambda call: tell(call.source) if call.source and key in call.sends else None


def _via_service(call: CallAttributes) -> str | None:
    """Return the service and Region that a KMS key is used through."""
    if call.service != "kms" or not call.via:
        return None
    name, _, rest = call.via[-1].partition(".")
    return f"{name}.{call.region}.{rest}"


CALL_KEYS: Mapping[str, Callable[[CallAttributes], KeyValue]] = {
    "aws:CurrentTime": lambda call: call.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "aws:EpochTime": lambda call: str(int(call.now.timestamp())),
    "aws:SecureTransport": lambda _: True,
    "aws:RequestedRegion": lambda call: call.region,
    "aws:UserAgent": lambda call: call.via[-1] if call.via else AGENT,
    "aws:SourceIp": lambda call: call.source_ip,
    "aws:ViaAWSService": lambda call: bool(call.via),
    "aws:CalledVia": lambda call: list(call.via),
    "aws:CalledViaFirst": lambda call: call.via[0] if call.via else None,
    "aws:CalledViaLast": lambda call: call.via[-1] if call.via else None,
    "aws:SourceArn": _sent("aws:SourceArn", lambda source: source.arn),
    "aws:SourceAccount": _sent("aws:SourceAccount", lambda source: source.account_id),
    "aws:SourceOrgID": _sent("aws:SourceAccount", lambda source: _id(source.membership)),
    "aws:SourceOrgPaths": _sent("aws:SourceAccount", lambda source: _paths(source.membership)),
    "aws:RequestTag/": lambda call: call.tags,
    "aws:TagKeys": lambda call: list(call.tags),
    # Two services' own keys, which many policies use.
    "s3:ResourceAccount": lambda call: call.resource_account if call.service == "s3" else None,
    "kms:ViaService": _via_service,
}


def keys_of(table: Mapping[str, Callable[[Subject], KeyValue]], subject: Subject) -> Context:
    """Make the part of the context that follows from a table and its subject."""
    found: Context = {}
    for key, tell in table.items():
        value = tell(subject)
        if not value and value is not False:
            continue
        if isinstance(value, Mapping):
            found |= tag_keys(key.rstrip("/"), value)
        else:
            found[key] = value
    return found


def call_keys(call: CallAttributes) -> Context:
    """Return what AWS knows about a call and its network.

    Keys without a value are absent: those of the caller and the resource that the action doesn't
    support.
    """
    keys = {} if call.endpoint is None else keys_of(ENDPOINT_KEYS, call.endpoint)
    dropped = (key for key in _OF_ONE_SERVICE if not key.startswith(f"{call.service}:"))
    absent = dict.fromkeys((*dropped, *unsupported_keys(call.action)), ())
    return {**keys_of(CALL_KEYS, call), **keys, **absent}


def user_attributes(user: User, membership: Membership | None = None) -> CallerAttributes:
    """Return the keys of an IAM user who signs with a long-term access key: no MFA keys."""
    own = user.arn, user.account.account_id, user.unique_id, "User", user.name
    return CallerAttributes(*own, tags=user.tags, membership=membership)


def role_attributes(
    role: Role, session_name: str, membership: Membership | None = None
) -> CallerAttributes:
    """Return the keys of a role session; ``aws:PrincipalArn`` is the *role's* ARN."""
    own = role.arn, role.account.account_id, f"{role.unique_id}:{session_name}", "AssumedRole"
    return CallerAttributes(*own, tags=role.tags, membership=membership)


def root_user_attributes(
    arn: str, account_id: str, membership: Membership | None = None
) -> CallerAttributes:
    """Return the keys of a root user."""
    return CallerAttributes(arn, account_id, account_id, "Account", membership=membership)


ANONYMOUS_CALLER = CallerAttributes(
    account_id="anonymous", userid="anonymous", principal_type="Anonymous"
)
"""An anonymous caller."""


def root_user_keys(arn: str, account_id: str) -> Context:
    """Return what AWS knows about a root user."""
    return keys_of(CALLER_KEYS, root_user_attributes(arn, account_id))


def temporary_credential_keys(
    issued: datetime, now: datetime, mfa: datetime | None = None
) -> Context:
    """Return the keys that come with temporary credentials.

    Parameters
    ----------
    mfa
        When MFA was used for them.
    """
    return {**federated_credential_keys(issued), **mfa_keys(now, mfa)}


def federated_credential_keys(issued: datetime) -> Context:
    """Return the keys that come with a session of SAML, OIDC or Identity Center: none of MFA."""
    return {"aws:TokenIssueTime": issued.strftime("%Y-%m-%dT%H:%M:%SZ")}


def mfa_keys(now: datetime, used: datetime | None) -> Context:
    """Return whether an MFA device was used, and how many seconds ago.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> now = datetime(2026, 11, 25, 9)
    >>> mfa_keys(now, now - timedelta(minutes=5))
    {'aws:MultiFactorAuthPresent': True, 'aws:MultiFactorAuthAge': 300}
    >>> mfa_keys(now, None)
    {'aws:MultiFactorAuthPresent': False}
    """
    if used is None:
        return {"aws:MultiFactorAuthPresent": False}
    age = int((now - used).total_seconds())
    return {"aws:MultiFactorAuthPresent": True, "aws:MultiFactorAuthAge": age}


def forwarded_keys(own: Context) -> Context:
    """Return a caller's keys when a service calls on its behalf: MFA isn't passed on.

    A key without a value is absent. Federated sessions never have the keys of MFA.
    """
    if "aws:TokenIssueTime" in own and "aws:MultiFactorAuthPresent" not in own:
        return own
    return {**own, "aws:MultiFactorAuthPresent": False, "aws:MultiFactorAuthAge": ()}


def tag_keys(key: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags as condition keys, which are case-insensitive.

    Of two tags whose keys differ only in case, the first counts; AWS doesn't document which.

    Examples
    --------
    >>> tag_keys("aws:ResourceTag", {"team": "sky", "Team": "air"})
    {'aws:ResourceTag/team': 'sky'}
    """
    first: dict[str, str] = {}
    for name in tags:
        first.setdefault(name.lower(), name)
    return {f"{key}/{name}": tags[name] for name in first.values()}


def called_region(service: str, named: str, of_resource: str) -> str:
    """Return the Region of a call: the one that it names, or the resource's.

    Examples
    --------
    >>> called_region("sqs", "", "eu-west-1"), called_region("iam", "eu-west-1", "")
    ('eu-west-1', 'us-east-1')
    """
    return REGION_OF.get(service) or named or of_resource or DEFAULT_REGION


def override_keys(
    known: Mapping[str, ContextValue], overrides: Mapping[str, ContextValue]
) -> dict[str, ContextValue]:
    """Override known keys; keys are case-insensitive.

    Raises
    ------
    RequestError
        The overrides aren't a context.
    """
    context: object = overrides
    if not (isinstance(context, Mapping) and all(isinstance(key, str) for key in context)):
        raise RequestError(f"context is a dict of condition keys and values, not {overrides!r}.")
    lower = {key.lower() for key in overrides}
    return {**{key: value for key, value in known.items() if key.lower() not in lower}, **overrides}

"""The context keys of a request: who calls, on what, when, from where, on whose behalf.

Tables give the value of each condition key; a function that returns ``None`` says that the request
has no such key. ``policy/global_keys.py`` says in words when that is so, and a test proves for each
key that both say the same. ``Session.present`` gives the keys that come with temporary credentials.
Those of an operation (``iam:PassedToService``, ``sts:ExternalId``) come with its call.

Notes
-----
AWS page: "AWS global condition context keys".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from iamlab.engine.request import ContextValue
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.identities import Role, User
    from iamlab.model.record import Membership


Context = dict[str, ContextValue]

DEFAULT_REGION = "us-east-1"
AGENT = "iamlab"
"""The user agent of calls that say none."""

REGION_OF = {
    **dict.fromkeys(
        (
            *("iam", "organizations", "route53", "route53domains", "cloudfront", "account"),
            *("support", "shield", "waf", "health", "billing", "ce", "budgets", "trustedadvisor"),
        ),
        "us-east-1",
    ),
    **dict.fromkeys(("globalaccelerator", "networkmanager", "devicefarm", "chatbot"), "us-west-2"),
}
"""Services that are in one Region for the whole world, wherever their callers are."""


@dataclass(frozen=True, slots=True)
class CallerAttributes:
    """A caller, as AWS tells it to policies.

    Parameters
    ----------
    arn
        As ``aws:PrincipalArn`` has it: of a session it is the *role's*.
    principal_type
        ``User``, ``AssumedRole``, ``Account`` (a root user) ...; empty for services.
    service
        The name of a service that calls for itself.
    sends
        The condition keys about its reason to call that such a service sends.
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
        """Whether the call is signed by somebody whom AWS knows."""
        return bool(self.arn or self.service)


@dataclass(frozen=True, slots=True)
class ResourceAttributes:
    """A resource, as AWS tells it to policies.

    Parameters
    ----------
    tags
        Those that requests show.
    own
        Further keys that only this kind of resource has.
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
    """The resource for which a service calls: a trail, a topic, a rule."""

    arn: str
    account_id: str = ""
    membership: Membership | None = None


@dataclass(frozen=True, slots=True)
class CallAttributes:
    """All else that AWS knows of a call.

    Parameters
    ----------
    service
        The prefix of the action's service.
    source_ip
        The caller's address on the internet; empty if the call comes another way.
    sends
        What the calling service sends of the ``source``; a call of somebody else sends nothing.
    via
        The services that call for the principal, the first one first.
    """

    now: datetime
    service: str
    region: str
    resource_account: str = ""
    source_ip: str = ""
    endpoint: EndpointAttributes | None = None
    via: tuple[str, ...] = ()
    source: SourceAttributes | None = None
    sends: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


KeyValue = ContextValue | Mapping[str, str] | None
"""A value, the tags that make values of one key each, or nothing: then there is no such key."""

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
    "kms:CallerAccount": lambda who: who.account_id,  # a request of another service drops it
}

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
    """Name the service through which a key is used, with its Region."""
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
    # What two services add, since so many policies ask for it.
    "s3:ResourceAccount": lambda call: call.resource_account if call.service == "s3" else None,
    "kms:ViaService": _via_service,
}

CALLERS_CHOICE = frozenset(("aws:referer", "aws:useragent", "aws:tagkeys"))
"""Global keys, beside the tags of the request, whose values the caller chooses."""


def keys_of(table: Mapping[str, Callable[[Subject], KeyValue]], subject: Subject) -> Context:
    """Make the part of the context that a table tells of its subject."""
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
    """Return what AWS knows about a call and its network."""
    keys = {} if call.endpoint is None else keys_of(ENDPOINT_KEYS, call.endpoint)
    dropped: Context = {} if call.service == "kms" else {"kms:CallerAccount": ()}  # no value: gone
    return {**keys_of(CALL_KEYS, call), **keys, **dropped}


def user_attributes(user: User, membership: Membership | None = None) -> CallerAttributes:
    """Return the keys of an IAM user who signs with a long-term access key: no MFA keys."""
    return CallerAttributes(
        user.arn,
        user.account.account_id,
        user.unique_id,
        "User",
        user.name,
        tags=user.tags,
        membership=membership,
    )


def role_attributes(
    role: Role, session_name: str, membership: Membership | None = None
) -> CallerAttributes:
    """Return the keys of a role session; ``aws:PrincipalArn`` is the *role's* ARN."""
    return CallerAttributes(
        role.arn,
        role.account.account_id,
        f"{role.unique_id}:{session_name}",
        "AssumedRole",
        tags=role.tags,
        membership=membership,
    )


def root_user_attributes(
    arn: str, account_id: str, membership: Membership | None = None
) -> CallerAttributes:
    """Return the keys of a root user."""
    return CallerAttributes(arn, account_id, account_id, "Account", membership=membership)


ANONYMOUS_CALLER = CallerAttributes(
    account_id="anonymous", userid="anonymous", principal_type="Anonymous"
)
"""Somebody who did not sign."""


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
        When an MFA device was used for them.
    """
    return {"aws:TokenIssueTime": issued.strftime("%Y-%m-%dT%H:%M:%SZ"), **mfa_keys(now, mfa)}


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


FORWARDED_CALL_KEYS: Mapping[str, ContextValue] = {
    "aws:MultiFactorAuthPresent": False,
    "aws:MultiFactorAuthAge": (),
}
"""What stands instead of a caller's own keys when a service calls for him: MFA does not go along;
a key without a value is not there."""


def tag_keys(key: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags as condition keys, which are case-insensitive.

    Of two tags that differ in nothing else the first is given: AWS does not say which one it takes.

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


def reserved_key_notes(set_keys: Mapping[str, object]) -> Sequence[str]:
    """Return which of these keys a caller of AWS cannot choose."""
    return [
        f"{key} was given by hand: AWS fills it in itself, and no caller can choose it."
        for key in set_keys
        if key.lower().startswith("aws:")
        and key.lower() not in CALLERS_CHOICE
        and not key.lower().startswith("aws:requesttag/")
    ]


def override_keys(
    known: Mapping[str, ContextValue], overrides: Mapping[str, ContextValue]
) -> dict[str, ContextValue]:
    """Lay what is given over what is known; the letter case of keys does not count.

    Raises
    ------
    RequestError
        What is given is no context.
    """
    context: object = overrides
    if not (isinstance(context, Mapping) and all(isinstance(key, str) for key in context)):
        raise RequestError(f"context is a dict of condition keys and values, not {overrides!r}.")
    lower = {key.lower() for key in overrides}
    return {**{key: value for key, value in known.items() if key.lower() not in lower}, **overrides}

"""Record calls as events in the logs of their accounts, and note the use of credentials.

``event_names.toml`` maps calls to the names and categories of CloudTrail's events.

Events contain no secrets. An event with an access key, or with a role session, counts as a use,
allowed or not, because the caller was authenticated. Only the newest use is kept; the log has the
rest. Sign-in records the use of passwords. AWS records none for MFA devices.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Logging data events",
for data events; "Logging Amazon S3 API calls using AWS CloudTrail"; "Logging AWS Lambda API calls
using AWS CloudTrail", for names with a version at their end; "Logging IAM and AWS STS API calls
with AWS CloudTrail", for read-only calls; "Generate credential reports for your AWS account", for
how often a key's use is recorded; "API AccessKeyLastUsed"; "API RoleLastUsed". It is likely, not
certain, that calls of its sessions count as a role's use, and assuming it doesn't.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.cloudtrail import event_fields
from iamlab.model.event import CONSOLE_SIGN_IN, DATA, MANAGEMENT, Event, code_of, keeps_parameters
from iamlab.model.record import LastUsed, RoleLastUsed
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.world import World


REGION = re.compile(r"[a-z]+(-[a-z0-9]+)+", re.ASCII)
"""The pattern of a Region's name."""

SOURCES: Mapping[str, str] = {"cloudwatch": "monitoring", "tag": "tagging"}
"""Services whose event source differs from their prefix in policies."""

_TABLES: dict[str, Any] = tables(__file__, "event_names.toml")
NAMES: Mapping[str, str] = _TABLES["event_names"]
"""Action or operation -> the name of its event."""

NO_CALLS = frozenset(("iam:PassRole", "sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"))
"""Actions that are always part of another call, and have no event."""

DATA_EVENTS = {service: set(names.split()) for service, names in _TABLES["data_events"].items()}
"""Service -> its data events, which a trail logs only if configured."""

_READS: Mapping[str, bool] = _TABLES["read_only"]
"""Action -> CloudTrail's ``readOnly``, where it differs from the access level."""

NAME_NO_RESOURCES = frozenset(("ec2", "iam", "organizations"))
"""Services whose events contain only the parameters that name the resource."""


def event_name(service: str, name: str) -> str:
    """Return the name of the event of a call.

    Examples
    --------
    >>> event_name("s3", "ListBucket"), event_name("s3", "GetObject")
    ('ListObjects', 'GetObject')
    """
    return NAMES.get(f"{service}:{name}", name)


def is_data_event(service: str, name: str) -> bool:
    """Return whether an event is a data event, not a management event.

    Examples
    --------
    >>> is_data_event("s3", "GetObject"), is_data_event("s3", "GetBucketPolicy")
    (True, False)
    """
    return name in DATA_EVENTS.get(service, ())


def record_call(
    world: World,
    call: tuple[str, str],
    identity: Mapping[str, Any],
    accounts: tuple[str, str],
    *,
    error: AwsError | None = None,
    **more: Any,
) -> None:
    """Record a call in the logs of one account or two.

    The caller's account always logs it. The resource's account also does if the call succeeded; it
    doesn't see denied callers of other accounts. A call of an anonymous caller or an AWS service is
    only in the log of the resource's account. Accounts outside this world have no log.

    Parameters
    ----------
    accounts
        The caller's, which can be empty, and the resource's.
    more
        As in :func:`record_in_account`.

    Notes
    -----
    That only the caller's log has a denied call is certain for AssumeRole, and assumed for all
    services.
    """
    own, owner = accounts
    recipients = [
        account_id for account_id in dict.fromkeys(accounts) if account_id in world.accounts
    ]
    if own and error is not None:
        recipients = [account_id for account_id in recipients if account_id == own]
    shared = world.ids.event_id("shared") if len(recipients) > 1 else ""
    request_id = world.ids.event_id("request")
    for account_id in recipients:
        record_in_account(
            world,
            call,
            event_fields.identity_seen_from(account_id, identity),
            account_id,
            error=error,
            shared_event_id=shared,
            request_id=request_id,
            resource_account_id=owner,
            **more,
        )


def record_in_account(
    world: World,
    call: tuple[str, str],
    identity: Mapping[str, Any],
    account_id: str,
    *,
    read_only: bool,
    parameters: Mapping[str, Any] | None = None,
    answer: Mapping[str, Any] | None = None,
    error: AwsError | None = None,
    region: str = DEFAULT_REGION,
    **more: Any,
) -> None:
    """Add a call to a world's log.

    Parameters
    ----------
    call
        The service's prefix and the operation or action: ``("iam", "CreateUser")``.
    parameters, answer
        As the API names them; secrets are left out. For most services, a denied call has no
        parameters in the log.
    more
        As in :func:`record_event`.
    """
    service, operation = call
    name = event_name(service, operation)
    is_data = is_data_event(service, name)
    shown = None if error and not keeps_parameters(service, error) else parameters
    more.setdefault("request_id", world.ids.event_id("request"))
    record_event(
        world,
        (service, name),
        identity,
        account_id,
        region=region,
        read_only=_READS.get(f"{service}:{operation}", read_only),
        request_parameters=None if shown is None else event_fields.event_values(shown, service),
        response_elements=event_fields.event_values(answer, service) if answer else None,
        error_code=code_of(service, error) if error else "",
        error_message=error.message if error else "",
        management_event=not is_data,
        event_category=DATA if is_data else MANAGEMENT,
        **more,
    )


def record_event(
    world: World,
    call: tuple[str, str],
    identity: Mapping[str, Any],
    account_id: str,
    *,
    read_only: bool,
    region: str = DEFAULT_REGION,
    origin: event_fields.Origin | None = None,
    **more: Any,
) -> None:
    """Add an event with its fields unchanged, for what isn't an API call, such as a sign-in.

    Parameters
    ----------
    origin
        Where the call comes from; by default the world's current network.
    more
        More fields of :class:`Event`.
    """
    service, name = call
    if origin is None:
        origin = event_fields.origin_of(world, identity, service, region)
    event = Event(
        event_time=world.clock.now,
        event_source=_source(service),
        event_name=name,
        # A call with an unknown Region couldn't have reached an endpoint.
        aws_region=region if REGION.fullmatch(region) else DEFAULT_REGION,
        user_identity=_shared(world, _complete(world, identity)),
        read_only=read_only,
        recipient_account_id=account_id,
        event_id=world.ids.event_id(),
        source_ip_address=origin.address,
        user_agent=event_fields.clip(origin.agent),
        vpc_endpoint_id=origin.endpoint_id,
        vpc_endpoint_account_id=origin.endpoint_account_id,
        **_within_limits(more),
    )
    world.events.append(event)
    note_credential_use(world, event)


def record_sign_in(
    world: World,
    name: str,
    identity: Mapping[str, Any],
    account_id: str,
    data: Mapping[str, Any],
    **more: Any,
) -> None:
    """Add an event of the console: somebody signs in, or switches the role."""
    fields = {"response_elements": {name: "Success"}, "additional_event_data": data, **more}
    call, kind = ("signin", name), CONSOLE_SIGN_IN
    record_event(world, call, identity, account_id, read_only=False, event_type=kind, **fields)


@lru_cache(maxsize=512)
def _source(service: str) -> str:
    """Return the host of a service: the same text for all its events."""
    return f"{SOURCES.get(service, service)}.amazonaws.com"


def _within_limits(parts: dict[str, Any]) -> dict[str, Any]:
    """Omit values that are too large for an event, and cut texts that are too long."""
    limits = event_fields.LIMITS.items()
    small = {name: event_fields.within_limit(parts.get(name), most) for name, most in limits}
    return {**parts, **small, "error_message": event_fields.clip(parts.get("error_message", ""))}


def _complete(world: World, identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add the account's alias to a root user, if it has one."""
    if identity.get("type") != "Root":
        return identity
    account = world.accounts.get(str(identity.get("accountId", "")))
    alias = None if account is None else account.alias
    return {**identity, "userName": alias} if alias else identity


def _shared(world: World, identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the previous event's object if it is equal, because there are many events."""
    newest = next(reversed(world.events), None)
    return newest.user_identity if newest and newest.user_identity == identity else identity


KEY_USE_IS_NOTED_EVERY = timedelta(minutes=15)
"""Of several uses of a key within this time, only the first is recorded."""

_WITHOUT_REGION = frozenset({"s3"})
"""Services whose use of a key is recorded without a Region."""


def note_credential_use(world: World, event: Event) -> None:
    """Record the use of an access key or a role."""
    identity = event.user_identity
    account = world.accounts.get(str(identity.get("accountId", "")))
    if account is None or event.event_type != "AwsApiCall":
        return
    key_id = str(identity.get("accessKeyId", ""))
    named: CredentialOwner = account.users.get(str(identity.get("userName", "")), account.root)
    holder = named if key_id in named.key_records else None
    if holder is None and key_id.startswith("AKIA"):  # its user may have been renamed
        holder = account.owner_of_key(key_id)
    if holder is not None:
        service = event.event_source.removesuffix(".amazonaws.com")
        note_key_use(holder, key_id, LastUsed(event.event_time, service, event.aws_region))
    issuer = event_fields.issuer_of(identity)
    role = account.roles.get(issuer.get("userName", "")) if issuer.get("type") == "Role" else None
    if role is not None and role.arn == issuer.get("arn"):
        role.last_used = RoleLastUsed(event.event_time, event.aws_region)


def note_key_use(holder: CredentialOwner, key_id: str, use: LastUsed) -> None:
    """Record the use of a key: the first, and then at most one in 15 minutes."""
    kept = holder.key_records[key_id]
    if kept.last_used is None or use.date - kept.last_used.date >= KEY_USE_IS_NOTED_EVERY:
        where = "N/A" if use.service in _WITHOUT_REGION else use.region
        holder.key_records[key_id] = replace(kept, last_used=replace(use, region=where))

"""How a call becomes an event in the logs of its accounts, and marks credentials as used.

Secrets never become part of an event. An event with an access key, or with a session of a role,
counts as a use, allowed or not, because the caller was known. Only the newest use is kept; the log
has the rest. For passwords, signing in notes the use. AWS notes none for MFA devices.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Logging IAM and AWS STS
API calls with AWS CloudTrail"; "Generate credential reports for your AWS account", for how often a
key's use is noted; "API AccessKeyLastUsed"; "API RoleLastUsed". Likely, not sure: that a role is
used by the calls of its sessions, and not by being assumed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.cloudtrail.event_fields import (
    MOST_OF_ADDITIONAL_DATA,
    MOST_OF_PARAMETERS,
    Origin,
    clip,
    event_values,
    origin_of,
    within_limit,
)
from iamlab.cloudtrail.event_names import REGION, SOURCES, event_name, is_data_event, reads_only
from iamlab.cloudtrail.user_identity import identity_seen_from
from iamlab.model.event import DATA, MANAGEMENT, Event, code_of, keeps_parameters
from iamlab.model.record import LastUsed, RoleLastUsed
from iamlab.model.session_record import issuer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import Role
    from iamlab.model.world import World


def record_call(
    world: World,
    call: tuple[str, str],
    identity: Mapping[str, Any],
    accounts: tuple[str, str],
    *,
    error: AwsError | None = None,
    **more: Any,
) -> None:
    """Add what a call is to the logs of one account or of two.

    The caller's account always notes it. That of the resource does too, if it is another one and
    the call succeeded: of who was not let in, it is told nothing. A call that nobody signed, or a
    service of AWS, stands in the log of the resource's account alone. Accounts that are not in this
    world keep no log.

    Parameters
    ----------
    accounts
        The caller's, which may be empty, and that of the resource.
    more
        As in :func:`record_in_account`.

    Notes
    -----
    That the denied call stands in the caller's log only is sure of AssumeRole, and taken for all
    services.
    """
    own, owner = accounts
    recipients = [
        account_id for account_id in dict.fromkeys(accounts) if account_id in world.accounts
    ]
    if own and error is not None:
        recipients = [account_id for account_id in recipients if account_id == own]
    shared = world.ids.shared_event_id() if len(recipients) > 1 else ""
    request_id = world.ids.request_id()
    for account_id in recipients:
        record_in_account(
            world,
            call,
            identity_seen_from(account_id, identity),
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
        As the API names them; secrets are left out. A call that was refused for want of permission
        keeps no parameters, but for some services.
    more
        As in :func:`record_event`.
    """
    service, operation = call
    name = event_name(service, operation)
    is_data = is_data_event(service, name)
    shown = parameters if keeps_parameters(service, error) else None
    more.setdefault("request_id", world.ids.request_id())
    record_event(
        world,
        (service, name),
        identity,
        account_id,
        region=region,
        read_only=reads_only(service, operation, otherwise=read_only),
        request_parameters=None if shown is None else event_values(shown, service),
        response_elements=event_values(answer, service) if answer else None,
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
    origin: Origin | None = None,
    **more: Any,
) -> None:
    """Add an event with its fields as they are: of what is no call of an API, such as a sign-in.

    Parameters
    ----------
    origin
        Where the call comes from, if not from where the world's calls come from just now.
    more
        Further fields of :class:`Event`.
    """
    service, name = call
    if origin is None:
        origin = origin_of(world, identity, service, region)
    event = Event(
        event_time=world.clock.now,
        event_source=_source(service),
        event_name=name,
        # Where there is no such Region, somebody asked what no endpoint could have been sent.
        aws_region=region if REGION.fullmatch(region) else DEFAULT_REGION,
        user_identity=_shared(world, _complete(world, identity)),
        read_only=read_only,
        recipient_account_id=account_id,
        event_id=world.ids.event_id(),
        source_ip_address=origin.address,
        user_agent=clip(origin.agent),
        vpc_endpoint_id=origin.endpoint_id,
        vpc_endpoint_account_id=origin.endpoint_account_id,
        **_within_limits(more),
    )
    world.events.append(event)
    note_credential_use(world, event)


@lru_cache(maxsize=512)
def _source(service: str) -> str:
    """Give the host of a service: the same text for all its events."""
    return f"{SOURCES.get(service, service)}.amazonaws.com"


def _within_limits(event_fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is too large for an event, and cut what is too long."""
    limits = {
        "request_parameters": MOST_OF_PARAMETERS,
        "response_elements": MOST_OF_PARAMETERS,
        "additional_event_data": MOST_OF_ADDITIONAL_DATA,
    }
    small = {
        name: within_limit(event_fields[name], most)
        for name, most in limits.items()
        if name in event_fields
    }
    return {
        **event_fields,
        **small,
        "error_message": clip(event_fields.get("error_message", "")),
    }


def _complete(world: World, identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Name a root user by the alias of the account, if it has one."""
    if identity.get("type") != "Root":
        return identity
    account = world.accounts.get(str(identity.get("accountId", "")))
    alias = None if account is None else account.alias
    return {**identity, "userName": alias} if alias else identity


def _shared(world: World, identity: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the same object that the event before has, if it says the same: there are many."""
    if not world.events:
        return identity
    before = world.events[-1].user_identity
    return before if before == identity else identity


KEY_USE_IS_NOTED_EVERY = timedelta(minutes=15)
"""Of several uses of a key within this time only the first is noted."""

ROLE_USE_IS_TOLD_FOR = timedelta(days=400)
"""A use of a role that is longer ago is not told any more."""

_WITHOUT_REGION = frozenset({"s3"})
"""Services of whose use no Region is noted with a key."""


def note_credential_use(world: World, event: Event) -> None:
    """Note that an event shows the use of an access key, or of a role."""
    identity = event.user_identity
    account = world.accounts.get(str(identity.get("accountId", "")))
    if account is None or event.event_type != "AwsApiCall":
        return
    key_id = str(identity.get("accessKeyId", ""))
    holder = _key_owner(account, str(identity.get("userName", "")), key_id)
    if holder is not None:
        service = event.event_source.removesuffix(".amazonaws.com")
        note_key_use(holder, key_id, LastUsed(event.event_time, service, event.aws_region))
    issuer = issuer_of(identity)
    role = account.roles.get(issuer.get("userName", "")) if issuer.get("type") == "Role" else None
    if role is not None and role.arn == issuer.get("arn"):
        role.last_used = RoleLastUsed(event.event_time, event.aws_region)


def _key_owner(account: Account, user_name: str, key_id: str) -> CredentialOwner | None:
    """Find whose a long-term key is; who renames himself is not found by the name that he had."""
    named = account.users.get(user_name, account.root)
    if key_id in named.key_records:
        return named
    return account.holder_of_key(key_id) if key_id.startswith("AKIA") else None


def note_key_use(holder: CredentialOwner, key_id: str, use: LastUsed) -> None:
    """Note that a key was used: the first time, and then once in 15 minutes."""
    kept = holder.key_records[key_id]
    if kept.last_used is None or use.date - kept.last_used.date >= KEY_USE_IS_NOTED_EVERY:
        where = "N/A" if use.service in _WITHOUT_REGION else use.region
        holder.key_records[key_id] = replace(kept, last_used=replace(use, region=where))


def password_last_used(holder: CredentialOwner) -> dict[str, Any]:
    """Write when a password was last used, as the API does.

    Of somebody who has none now, or a new one, the former one counts.
    """
    profile = holder.login_profile
    used = (profile.last_used if profile else None) or holder.former_sign_in
    return {"PasswordLastUsed": used} if used else {}


def role_last_used(role: Role) -> dict[str, Any]:
    """Write when a role was last used, as the API does; nothing if that was too long ago."""
    used, now = role.last_used, role.account.world.clock.now
    if used is None or now - used.date > ROLE_USE_IS_TOLD_FOR:
        return {}
    return {"LastUsedDate": used.date, **({"Region": used.region} if used.region else {})}

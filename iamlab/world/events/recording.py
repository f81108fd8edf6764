"""How what happens in a world becomes an event: of whose call it is, for whose logs.

Secrets never become part of an event.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Logging IAM and AWS STS
API calls with AWS CloudTrail".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.world.context import DEFAULT_REGION
from iamlab.world.events.errors import code_of, keeps_parameters
from iamlab.world.events.event import DATA, MANAGEMENT, Event
from iamlab.world.events.identity import seen_from
from iamlab.world.events.names import (
    REGION,
    SOURCES,
    event_name,
    is_data_event,
    reads_only,
)
from iamlab.world.events.origin import Origin, origin_of
from iamlab.world.events.values import (
    MOST_OF_ADDITIONAL_DATA,
    MOST_OF_PARAMETERS,
    clipped,
    plain,
    within,
)
from iamlab.world.last_use import note_use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError
    from iamlab.world.world import World


def record_for(
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
        As in :func:`record`.

    Notes
    -----
    That the denied call stands in the caller's log only is sure of AssumeRole, and taken for all
    services.
    """
    own, owner = accounts
    told = [one for one in dict.fromkeys(accounts) if one in world.accounts]
    if own and error is not None:
        told = [one for one in told if one == own]
    shared = world.ids.shared_event_id() if len(told) > 1 else ""
    request_id = world.ids.request_id()
    for account_id in told:
        record(
            world,
            call,
            seen_from(account_id, identity),
            account_id,
            error=error,
            shared_event_id=shared,
            request_id=request_id,
            resource_account_id=owner,
            **more,
        )


def record(
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
        As in :func:`note`.
    """
    service, operation = call
    name = event_name(service, operation)
    is_data = is_data_event(service, name)
    shown = parameters if keeps_parameters(service, error) else None
    more.setdefault("request_id", world.ids.request_id())
    note(
        world,
        (service, name),
        identity,
        account_id,
        region=region,
        read_only=reads_only(service, operation, otherwise=read_only),
        request_parameters=None if shown is None else plain(shown, service),
        response_elements=plain(answer, service) if answer else None,
        error_code=code_of(service, error) if error else "",
        error_message=error.message if error else "",
        management_event=not is_data,
        event_category=DATA if is_data else MANAGEMENT,
        **more,
    )


def note(
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
        user_agent=clipped(origin.agent),
        vpc_endpoint_id=origin.endpoint_id,
        vpc_endpoint_account_id=origin.endpoint_account_id,
        **_within_limits(more),
    )
    world.events.append(event)
    note_use(world, event)


@lru_cache(maxsize=512)
def _source(service: str) -> str:
    """Give the host of a service: the same text for all its events."""
    return f"{SOURCES.get(service, service)}.amazonaws.com"


def _within_limits(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is too large for an event, and cut what is too long."""
    limits = {
        "request_parameters": MOST_OF_PARAMETERS,
        "response_elements": MOST_OF_PARAMETERS,
        "additional_event_data": MOST_OF_ADDITIONAL_DATA,
    }
    small = {name: within(given[name], most) for name, most in limits.items() if name in given}
    return {**given, **small, "error_message": clipped(given.get("error_message", ""))}


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

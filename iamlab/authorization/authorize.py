"""One question, put together: a request with its whole context, and the policies that apply to it.

Notes
-----
AWS pages: "AWS global condition context keys"; "Forward access sessions"; "Control access to VPC
endpoints using endpoint policies".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.authorization.context_keys import (
    FORWARDED,
    Call,
    Endpoint,
    Source,
    of_call,
    region_of,
    set_by_hand,
)
from iamlab.authorization.credential_scope import out_of_region, refusal_of
from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import find_resource, resource_context
from iamlab.engine.evaluate import evaluate
from iamlab.engine.request import Request, service_of
from iamlab.errors import RequestError, did_you_mean
from iamlab.model.network_locations import Network, way_of
from iamlab.model.record import Circumstances, over
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.authorization.context_keys import Who
    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.authorization.resource import ResourceContext
    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import Layers
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import VpcEndpoint
    from iamlab.model.record import Membership
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")


@dataclass(frozen=True, slots=True)
class Question:
    """What the engine is asked, and what was taken for granted."""

    request: Request
    layers: Layers
    assumed: tuple[str, ...] = ()

    def decide(self) -> Decision:
        """Let the engine decide it."""
        return evaluate(self.request, self.layers).assuming(self.assumed)


def question(
    world: World,
    caller: Caller,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue] | None,
    circumstances: Circumstances,
    *,
    keys: Mapping[str, ContextValue] | None = None,
    facts: ResourceContext | None = None,
) -> Question:
    """Put a question together.

    Parameters
    ----------
    keys
        The condition keys that the operation itself brings; ``context`` is what was given by hand.
    facts
        What the resource is taken to be; else what the world knows of it.

    Raises
    ------
    NoSuchEntity
        The caller, its account or the VPC endpoint is not in this world.
    RequestError
        It cannot be asked that way.
    """
    given, circumstances = world.standing.with_(context or {}, circumstances)
    known = principal_of(world, caller)
    refusal = refusal_of(known.kind, action, known.credentials())
    if facts is None:
        facts = resource_context(world, resource, action, known.account_id)
    way = Way.of(world, known.who(), facts, action, circumstances)
    stranger = out_of_region(way.call.region) if known.default_regions_only else None
    if stranger is not None:
        raise stranger
    own = {**known.context(), **(FORWARDED if way.call.via else {})}
    request = Request(
        known.arn,
        action,
        resource,
        resource_account=facts.account_id,
        context=over({**own, **facts.context, **of_call(way.call), **(keys or {})}, given),
        issuer=known.issuer,
        refusal="" if refusal is None else refusal.message,
    )
    assumed = (*known.assumed, *facts.assumed, *way.assumed, *set_by_hand(given))
    return Question(request, known.layers(facts, way.policy), assumed)


def check_credentials(known: PrincipalContext, action: str) -> None:
    """Refuse a call that the caller's credentials are not good for.

    Raises
    ------
    InvalidClientTokenId
        IAM cannot be called with them.
    AccessDenied
        This operation of STS cannot.
    """
    refusal = refusal_of(known.kind, action, known.credentials(), known.arn)
    if refusal is not None:
        raise refusal


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a call: what AWS knows of it, and the policy of the VPC endpoint on it."""

    call: Call
    policy: Policy | None = None
    assumed: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        world: World,
        who: Who,
        facts: ResourceContext,
        action: str,
        circumstances: Circumstances,
    ) -> Way:
        """Find the way that somebody's call takes to a resource."""
        check(circumstances)
        service = service_of(action)
        network = circumstances.get("network") or world.current_network
        via = _services(circumstances.get("via") or ())
        is_service = bool(who.service)
        if via and is_service:
            raise RequestError(f"{who.service} calls for itself: via= is for a principal's calls.")
        if circumstances.get("source_arn") is not None and not is_service:
            raise RequestError(
                "source_arn= says for which resource a service calls for itself, and "
                f"{who.arn or 'the caller'} is no service."
            )
        region = circumstances.get("region") or facts.region
        endpoint = None if is_service else way_of(world, network, service, region)
        known = not via or unsure.FORWARDED_CALLS_KEEP_THE_NETWORK
        call = Call(
            world.clock.now,
            service,
            region_of(service, circumstances.get("region") or "", facts.region),
            facts.account_id,
            network.outside if known and not is_service and endpoint is None else "",
            _endpoint(world, endpoint, network) if known and endpoint is not None else None,
            via,
            _source(world, circumstances.get("source_arn")),
            who.sends,
            circumstances.get("request_tags") or {},
        )
        # A service that calls for somebody does not come through his endpoint.
        policy = None if endpoint is None or via else endpoint.endpoint_policy
        return cls(call, policy, tuple(_assumed(network, endpoint, is_from_service=is_service)))


def check(circumstances: Circumstances) -> None:
    """Refuse what is no circumstance, or is of the wrong kind.

    Raises
    ------
    RequestError
        With the way to say it.
    """
    known = Circumstances.__annotations__
    for name in circumstances:
        if name not in known:
            raise RequestError(f"There is no {name}= here. {did_you_mean(name, known)}")
    network: object = circumstances.get("network")
    if network is not None and not isinstance(network, Network):
        raise RequestError(f"network is a Network(ip=...), not {network!r}.")
    via: object = circumstances.get("via") or ()
    if not isinstance(via, str | list | tuple):
        raise RequestError(f"via is a service or several: athena.amazonaws.com, not {via!r}.")
    for name in ("source_arn", "region"):
        text: object = circumstances.get(name, "")
        if text is not None and not isinstance(text, str):
            raise RequestError(f"{name} is text, not {text!r}.")
    tags: object = circumstances.get("request_tags") or {}
    if not isinstance(tags, Mapping) or not all(
        isinstance(text, str) for pair in tags.items() for text in pair
    ):
        raise RequestError(f"request_tags is a dict of text to text, not {tags!r}.")


def _services(via: str | Sequence[str]) -> tuple[str, ...]:
    found: tuple[object, ...] = (via,) if isinstance(via, str) else tuple(via)
    for service in found:
        if not (isinstance(service, str) and _SERVICE.fullmatch(service)):
            raise RequestError(f"via={service!r}: name a service such as athena.amazonaws.com.")
    return tuple(map(str, found))


def _endpoint(world: World, endpoint: VpcEndpoint, network: Network) -> Endpoint:
    account = endpoint.account
    told = unsure.ENDPOINT_OWNER_KEYS_COME_WITH_EVERY_SERVICE or endpoint.for_service == "s3"
    return Endpoint(
        endpoint.name,
        endpoint.vpc_id,
        endpoint.vpc_arn,
        network.inside,
        *(_owner(world, account.account_id) if told else ()),
    )


def _owner(world: World, account_id: str) -> tuple[str, Membership | None]:
    return account_id, world.membership_of(account_id)


def _source(world: World, arn: str | None) -> Source | None:
    """Say what is known of the resource for which a service calls."""
    if arn is None:
        return None
    if not is_arn(arn):
        raise RequestError(f"source_arn={arn!r} is no ARN.")
    parsed = Arn.parse(arn)
    known = None if parsed.account else find_resource(world, parsed, arn)  # a bucket
    owner = parsed.account if known is None else known.account.account_id
    return Source(arn, owner, world.membership_of(owner))


def _assumed(network: Network, endpoint: object, *, is_from_service: bool) -> Sequence[str]:
    if endpoint is None and not is_from_service and network.ip and network.ip != network.outside:
        note = (
            f"{network.ip} is a private address, and no VPC endpoint takes the call: it leaves "
            f"through a NAT gateway, and AWS sees {network.outside}."
        )
        return (note,)
    return ()

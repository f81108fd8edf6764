"""Decide whether a principal can perform an action on a resource, in given circumstances.

:func:`authorize` collects the principal, the resource, the network path, the context keys and the
layers of policies, in AWS's order. Then the engine evaluates them.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "AWS global
condition context keys"; "Forward access sessions"; "Control access to VPC endpoints using endpoint
policies".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Unpack

from iamlab.authorization.context_keys import (
    CallAttributes,
    EndpointAttributes,
    SourceAttributes,
    call_keys,
    called_region,
    override_keys,
)
from iamlab.authorization.credential_scope import region_refusal
from iamlab.authorization.principal import principal_of
from iamlab.authorization.question_defects import (
    defects_of,
    missing_role,
    raise_problems,
    set_key_notes,
)
from iamlab.authorization.resource import find_resource, resource_context
from iamlab.engine.decision import Decision
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import AttachedPolicy
from iamlab.engine.request import Request, service_of
from iamlab.errors import RequestError
from iamlab.model.network_locations import (
    Circumstances,
    Network,
    check_circumstances,
    endpoint_for,
    services_of,
)
from iamlab.model.record import check_texts
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.call_permissions import (
    NeededPair,
    also_needed,
    keys_of_other_types,
    other_type_notes,
    pairs_of,
    pairs_on_key,
    without_keys,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.authorization.context_keys import CallerAttributes
    from iamlab.authorization.principal import Caller
    from iamlab.authorization.resource import ResourceContext
    from iamlab.engine.layers import Layers
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Standing, VpcEndpoint
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

_ENCRYPTION = "s3:x-amz-server-side-encryption"


def authorize(
    world: World,
    caller: Caller,
    action: str,
    resource: str | Sequence[str],
    *,
    context: Mapping[str, ContextValue] | None = None,
    **circumstances: Unpack[Circumstances],
) -> Decision:
    """Decide whether a principal can perform an action; ``world.can`` documents the parameters.

    Raises
    ------
    NoSuchEntity
        The caller, its account or the VPC endpoint isn't in this world.
    RequestError
        An argument isn't valid.
    """
    is_call = isinstance(resource, list | tuple)
    arns: tuple[Any, ...] = tuple(resource) if is_call else (resource,)
    if {type(action), *map(type, arns)} != {str}:
        check_texts(action=action, resource=next((arn for arn in arns if type(arn) is not str), ""))
    if not arns:
        raise RequestError("resource is an ARN, *, or the ARNs of a call.")
    tagged = bool(circumstances.get("request_tags"))
    pairs = pairs_of(action, arns, tagged=tagged) if is_call else [NeededPair(action, arns[0])]
    names_key = any(pair.via for pair in pairs)
    question = context, circumstances
    decisions = [_decide(world, caller, pair, *question, names_key=names_key) for pair in pairs]
    notes = also_needed(action, arns, tagged=tagged and not is_call)
    if context and len(pairs) == 1:
        notes += other_type_notes(action, arns[0], context)
    decision = Decision.of_call(decisions).assuming(notes)
    if is_on("strict", world, circumstances):
        raise_problems(_problems(world, decision, circumstances))
    return decision


def question_defects(
    world: World, action: str, resource: str, circumstances: Circumstances
) -> tuple[str, ...]:
    """Return what is odd about a question, in sentences; raise what no API could receive."""
    allow_unknown = is_on("allow_unknown", world, circumstances)
    found = defects_of(action, resource, allow_unknown=allow_unknown)  # from the cache
    missing = missing_role(world, resource) if action.lower() == "iam:passrole" else ""
    return (*found, missing) if missing else found


def is_on(name: str, world: World, circumstances: Circumstances) -> bool:
    """Return whether an option of the question is set, here or for the whole world."""
    value: object = {**world.standing.circumstances, **circumstances}.get(name, False)
    if not isinstance(value, bool):
        raise RequestError(f"{name} is True or False, not {value!r}.")
    return value


def _decide(
    world: World,
    caller: Caller,
    pair: NeededPair,
    context: Mapping[str, ContextValue] | None,
    circumstances: Circumstances,
    *,
    names_key: bool,
) -> Decision:
    """Decide one pair of a call."""
    defects = question_defects(world, pair.action, pair.resource, circumstances)
    request = _request_for(world, caller, pair, context, circumstances)
    decision = request.decide(defects, names_key=names_key)
    if decision or not pair.instead:
        return decision
    instead = pair._replace(action=pair.instead, instead="")
    question = world, caller, instead, context, circumstances
    return _decide(*question, names_key=names_key) or decision


def _request_for(
    world: World,
    caller: Caller,
    pair: NeededPair,
    context: Mapping[str, ContextValue] | None,
    how: Circumstances,
) -> AuthorizationRequest:
    """Collect what the decision about a pair of a call depends on."""
    if pair.via and not principal_of(world, caller).who().service:
        how = {**how, "via": (*services_of(how.get("via") or ()), pair.via)}
    question = world, caller, pair.action, pair.resource, context, how
    return authorization_request(*question, operation_keys=pair.keys)


def _problems(world: World, decision: Decision, circumstances: Circumstances) -> Iterator[str]:
    """Return what AWS wouldn't save, and what is odd about the question or its pairs."""
    yield from map(str, decision.refused)
    for request in (pair.request for pair in decision.pairs or (decision,)):
        yield from question_defects(world, request.action, request.resource, circumstances)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What the engine evaluates: a request, its layers, and the assumptions.

    Parameters
    ----------
    further
        The requests that must be allowed, too: that to the bucket of an access point, and those to
        the KMS key of an object.
    """

    request: Request
    layers: Layers
    assumed: tuple[str, ...] = ()
    further: tuple[AuthorizationRequest, ...] = ()

    def decide(self, defects: tuple[str, ...] = (), *, names_key: bool = False) -> Decision:
        """Return the engine's decision; of several requests, that of the one that is denied.

        It says the defects of the question first. If the question names a key, it is decided there.
        """
        own = evaluate(self.request, self.layers).assuming((*defects, *self.assumed))
        further = (
            other.decide(names_key=names_key)
            for other in self.further
            if not names_key or service_of(other.request.action) != "kms"
        )
        return Decision.of_call([own, *further])


def authorization_request(
    world: World,
    caller: Caller,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue] | None,
    circumstances: Circumstances,
    *,
    operation_keys: Mapping[str, ContextValue] | None = None,
    known_resource: ResourceContext | None = None,
) -> AuthorizationRequest:
    """Collect everything that the decision depends on.

    Parameters
    ----------
    context
        Condition keys set by hand. They override all others.
    operation_keys
        The condition keys of the operation.
    known_resource
        The facts about the resource; by default what the world knows.

    Raises
    ------
    NoSuchEntity
        The caller, its account or the VPC endpoint isn't in this world.
    RequestError
        An argument isn't valid.
    """
    set_keys, circumstances = _with_defaults(world.standing, context or {}, circumstances)
    principal = principal_of(world, caller)
    refusal = principal.refusal(action)
    target = known_resource
    if target is None:
        target = resource_context(world, resource, action, principal.account_id)
    path = NetworkPath.of(world, principal.who(), target, action, circumstances)
    if principal.default_regions_only and (wrong := region_refusal(path.call.region)) is not None:
        raise wrong
    keys = {
        **principal.context(forwarded=bool(path.call.via)),
        **target.context,
        **call_keys(path.call),
        **(operation_keys or {}),
    }
    keys = override_keys(keys, set_keys)
    if set_keys or operation_keys or circumstances.get("request_tags"):
        keys = without_keys(keys, keys_of_other_types(action, resource))
    refused = "" if refusal is None else refusal.message
    if target.closed and not refused:  # AWS doesn't say why
        who = f"User: {principal.arn} is not authorized to perform"
        refused = f"{who}: {action} on resource: {resource}"
    request = Request(
        principal.arn,
        action,
        resource,
        resource_account=target.account_id,
        context=keys,
        issuer=principal.issuer,
        refusal=refused,
        access_point=target.access_point,
    )
    layers = principal.layers(target, path.policy)
    notes = (
        *principal.assumed,
        *filter(None, [target.closed]),
        *target.assumed,
        *path.assumed,
        *set_key_notes(action, tuple(set_keys)),
    )
    further = []
    if (behind := target.bucket(world, action, resource)) is not None:
        question = world, caller, action, behind[0], context, circumstances
        further.append(
            authorization_request(
                *question, operation_keys=operation_keys, known_resource=behind[1]
            )
        )
    elif (key := _key_of(request, target)) is not None:
        further += [
            _request_for(world, caller, pair, context, circumstances)
            for pair in pairs_on_key(action, *key)
        ]
    return AuthorizationRequest(request, layers, notes, tuple(further))


def _key_of(request: Request, target: ResourceContext) -> tuple[str, str] | None:
    """Return the KMS key of an object: an upload can name another one than its bucket's."""
    if not request.value(_ENCRYPTION):
        return target.encrypted
    named = request.value(f"{_ENCRYPTION}-aws-kms-key-id")
    return (str(named), request.resource) if named else None


def _with_defaults(
    standing: Standing, context: Mapping[str, ContextValue], circumstances: Circumstances
) -> tuple[Mapping[str, ContextValue], Circumstances]:
    """Fill in the settings of the world that a call doesn't override."""
    if standing.context:
        context = override_keys(standing.context, context)
    if standing.circumstances:
        circumstances = {**standing.circumstances, **circumstances}
    return context, circumstances


@dataclass(frozen=True, slots=True)
class NetworkPath:
    """A call's path to a resource: what AWS knows about it, and the policy of its VPC endpoint."""

    call: CallAttributes
    policy: AttachedPolicy | None = None
    assumed: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        world: World,
        caller: CallerAttributes,
        resource: ResourceContext,
        action: str,
        circumstances: Circumstances,
    ) -> NetworkPath:
        """Find the path of a call."""
        if circumstances:
            check_circumstances(circumstances)
        network = circumstances.get("network") or world.current_network
        via = services_of(circumstances["via"]) if circumstances.get("via") else ()
        is_service = bool(caller.service)
        if via and is_service:
            raise RequestError(f"{caller.service} calls on its own behalf. via= is for principals.")
        if circumstances.get("source_arn") is not None and not is_service:
            raise RequestError(
                "source_arn= is for services that call on their own behalf, and "
                f"{caller.arn or 'the caller'} isn't a service."
            )
        region, endpoint = circumstances.get("region") or "", None
        if not is_service and (network.endpoint or network.vpc):
            # The caller itself calls the first service, whose calls keep only the public address.
            service = service_of(action) if not via else via[0].partition(".")[0]
            called = region or ("" if via else resource.region)
            endpoint = endpoint_for(world, network, service, called)
        over_internet = not is_service and endpoint is None
        call = CallAttributes(
            world.clock.now,
            action,
            called_region(service_of(action), region, resource.region),
            resource.attributes.account_id,
            network.outside if over_internet else "",
            None if endpoint is None or via else _endpoint(world, endpoint, network),
            via,
            _source(world, circumstances.get("source_arn")),
            caller.sends,
            circumstances.get("request_tags") or {},
        )
        # A service that calls on a principal's behalf doesn't use the principal's endpoint.
        policy = None
        if endpoint is not None and not via:
            policy = _attached(endpoint.endpoint_policy, endpoint.vpc_endpoint_type)
        return cls(call, policy, _gateway_note(network, endpoint, is_service=is_service))


@lru_cache(maxsize=256)
def _attached(policy: Policy, vpc_endpoint_type: str) -> AttachedPolicy:
    """Return an endpoint's policy, always the same object: layers are remembered by it."""
    return AttachedPolicy(policy, vpc_endpoint_type=vpc_endpoint_type)


def _endpoint(world: World, endpoint: VpcEndpoint, network: Network) -> EndpointAttributes:
    owner, vpc = endpoint.account.account_id, (endpoint.vpc_id, endpoint.vpc_arn)
    membership = world.membership_of(owner)
    return EndpointAttributes(endpoint.name, *vpc, network.inside, owner, membership)


def _source(world: World, arn: str | None) -> SourceAttributes | None:
    """Return what is known about the resource that a service calls for."""
    if arn is None:
        return None
    if not is_arn(arn):
        raise RequestError(f"source_arn={arn!r} isn't an ARN.")
    parsed = Arn.parse(arn)
    known = None if parsed.account else find_resource(world, parsed, arn)  # a bucket
    owner = parsed.account if known is None else known.account.account_id
    return SourceAttributes(arn, owner, world.membership_of(owner))


def _gateway_note(network: Network, endpoint: object, *, is_service: bool) -> tuple[str, ...]:
    """Record the assumption about a private address, which AWS doesn't see."""
    if is_service or endpoint is not None or not network.ip or network.ip == network.outside:
        return ()
    note = (
        f"{network.ip} is a private address, and the call uses no VPC endpoint: it leaves "
        f"through a NAT gateway, and AWS sees {network.outside}."
    )
    return (note,)

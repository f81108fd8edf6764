"""Use of actions without a model in iamlab: decide, log the event, and raise if denied.

A presigned URL of S3 is such a use by whoever opens it.

Notes
-----
AWS pages: "Download and upload objects with presigned URLs"; "Authenticating Requests: Using Query
Parameters (AWS Signature Version 4)".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Unpack

from iamlab.authorization.authorize import authorization_request, authorize
from iamlab.authorization.principal import principal_of
from iamlab.cloudtrail.event_fields import Origin, caller_identity, origin_of
from iamlab.cloudtrail.recording import NO_CALLS, record_call
from iamlab.errors import AccessDenied
from iamlab.errors.services import AuthorizationQueryParametersError
from iamlab.model.record import check_texts
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World


def use(
    world: World,
    caller: Caller,
    action: str,
    resource: str | Sequence[str],
    context: Mapping[str, ContextValue] | None,
    circumstances: Circumstances,
) -> Decision:
    """Use an action, for :meth:`World.do`."""
    check_texts(action=action)
    who = principal_of(world, caller)
    refusal = _refusal(who, action)
    decision = authorize(world, caller, action, resource, context=context, **circumstances)
    own = [pair for pair in decision.pairs if pair.request.action == action] or [decision]
    if refusal is not None:
        refusal.decision = decision
    elif not decision:
        refusal = AccessDenied(decision, _message(world, own[0], decision))
    _record(world, caller, who, own, refusal, circumstances)
    if refusal is not None:
        raise refusal
    return decision


def _refusal(who: PrincipalContext, action: str) -> AccessDenied | None:
    """Return the error for a call that the caller's credentials cannot make.

    Raises
    ------
    InvalidClientTokenId
        They aren't accepted, so there is no event.
    """
    refusal = who.refusal(action)
    if refusal is None or isinstance(refusal, AccessDenied):
        return refusal
    raise refusal


def _message(world: World, own: Decision, decision: Decision) -> str:
    """Return a service's text of a refusal: some add an encoded message."""
    request = own.request
    if request.action.partition(":")[0].lower() not in _ENCODES:
        return decision.message
    from iamlab.operations.sts.tokens_and_messages import with_encoded

    return with_encoded(world, request.resource_account, decision.message, decision)


_ENCODES = frozenset({"ec2"})
"""Services that add an encoded message to a denied call."""


def _record(
    world: World,
    caller: Caller,
    who: PrincipalContext,
    own: Sequence[Decision],
    error: AccessDenied | None,
    circumstances: Circumstances,
) -> None:
    """Record it, unless it is a permission without its own call."""
    request = own[0].request
    service, _, name = request.action.partition(":")
    known = catalog.action(request.action)
    if known is not None:
        service, name = known.service, known.name
    if f"{service}:{name}" in NO_CALLS:
        return
    via = circumstances.get("via") or ()
    services = (via,) if isinstance(via, str) else tuple(via)
    identity = caller_identity(
        who, getattr(caller, "access_key_id", ""), services[-1] if services else ""
    )
    record_call(
        world,
        (service, name),
        identity,
        (who.account_id, request.resource_account),
        read_only=known is not None and known.level in ("List", "Read"),
        parameters=_parameters(service, request.resource),
        error=error,
        resources=tuple(pair.request.resource for pair in own if is_arn(pair.request.resource)),
        region=str(request.value("aws:RequestedRegion")),
        origin=_origin(world, identity, service, own[0], circumstances),
        session_credential_from_console=getattr(caller, "is_in_console", False),
    )


def _origin(
    world: World,
    identity: Mapping[str, Any],
    service: str,
    decision: Decision,
    circumstances: Circumstances,
) -> Origin:
    """Return where the call came from; the event also shows context set by hand."""
    value = decision.request.value
    region = str(value("aws:RequestedRegion"))
    found = origin_of(world, identity, service, region, circumstances.get("network"))
    if "invokedBy" in identity:
        return found
    address = "" if found.endpoint_id else value("aws:SourceIp")
    return replace(
        found, address=address or found.address, agent=value("aws:UserAgent") or found.agent
    )


def _parameters(service: str, resource: str) -> dict[str, str] | None:
    """Return the bucket and object that a call of S3 names; nothing for other services."""
    if service != "s3" or not is_arn(resource):
        return None
    below = "/object/" if Arn.parse(resource).account else "/"  # an access point has an account
    bucket, _, key = (resource.partition(":::")[2] or resource).partition(below)
    return {"Bucket": bucket, **({"key": key} if key else {})}


LONGEST = 7 * 24 * 3600
"""The longest time that a presigned URL is valid, in seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class PresignedUrl:
    """A presigned URL of S3: whoever opens it makes the signed request as the signer.

    Parameters
    ----------
    signer
        A caller. If it is an access key or a session, the URL ends with it.
    signed, expires_in
        When it was signed, and for how many seconds it is valid.
    """

    world: World = field(repr=False)
    signer: Caller = field(repr=False)
    action: str
    resource: str
    signed: datetime
    expires_in: int

    def open(
        self,
        *,
        context: Mapping[str, ContextValue] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> Decision:
        """Decide the request now, with the signer's permissions at this time.

        Raises
        ------
        AccessDenied
            It has expired.
        AuthorizationQueryParametersError
            It is valid for more than seven days.
        AwsError
            The signer's credentials aren't valid any more.
        """
        if not 0 <= self.expires_in <= LONGEST:
            raise AuthorizationQueryParametersError(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                f"X-Amz-Expires must be less than {LONGEST} seconds"
                if self.expires_in > 0
                else "X-Amz-Expires must be non-negative"
            )
        age = self.world.clock.now - self.signed
        if age.total_seconds() >= self.expires_in:
            raise AccessDenied("Request has expired")
        keys = {
            "s3:authType": "REST-QUERY-STRING",
            "s3:signatureAge": str(age // timedelta(milliseconds=1)),
        }
        question = self.world, self.signer, self.action, self.resource, context, circumstances
        return authorization_request(*question, operation_keys=keys).decide()

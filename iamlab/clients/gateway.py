"""The gateway: requests of real clients become calls in a world, and their answers responses.

The caller follows from the request's signature. The call is the same as ``account.call(...)``: the
engine decides it, and the log gets its event. Each call is also kept here, with its decision.

Notes
-----
AWS pages: "IAM API Reference"; "AWS STS API Reference"; "AWS Organizations API Reference", also
for common errors; "AWS STS Regions and endpoints". Each family of services has its own codes for
rejected signatures; those of JSON services come from public sources.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.clients.signature import read_signature
from iamlab.clients.wire import HttpRequest, Response, api, error_without_model
from iamlab.clients.wire_values import HttpError
from iamlab.engine.decision import Decision
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, AwsError, RequestError
from iamlab.operations.credential_lookup import owner_of
from iamlab.operations.dispatch import Call, run
from iamlab.operations.registry import NOT_MODELLED, find
from iamlab.operations.sts.calls import region_of
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.clients.metadata_server import ContainerServer, MetadataServer
    from iamlab.clients.signature import Signature
    from iamlab.model.identities import Role
    from iamlab.model.resources import Resource
    from iamlab.model.world import World
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.operations.registry import Entry
    from iamlab.operations.services.ec2.instance import Instance
    from iamlab.operations.sts.session import Session

SERVED = ("iam", "organizations", "sts")
"""The services whose operations the gateway calls."""

MOST_CALLS = 1_000
"""How many calls are kept; older ones are only in the world's log."""

_GLOBAL = ("iam", "organizations")
"""Services with one endpoint, in ``us-east-1``."""

_IN_JSON = {
    "ExpiredToken": "ExpiredTokenException",
    "IncompleteSignature": "IncompleteSignatureException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}
"""Code of IAM and STS for a rejected signature -> the code of JSON services, with status 400."""

ONE_AT_A_TIME = RLock()
"""A world isn't made for several threads."""


@dataclass(frozen=True, slots=True)
class ClientCall:
    """A call of a real client: its operation, its caller and its outcome.

    Parameters
    ----------
    service, operation
        ``"iam"`` and ``"CreateUser"``.
    caller
        The caller's ARN; empty if the request isn't signed, or the signature is wrong.
    status
        The status of the response.
    code, message
        The error; empty for a success.
    request_id
        The id of the request, also in its event.
    decision
        The decision; ``None`` if the call ended before that, or needs no permission.
    is_denied
        Whether the caller has no permission.
    """

    service: str
    operation: str
    caller: str = ""
    status: int = 200
    code: str = ""
    message: str = ""
    request_id: str = ""
    decision: Decision | None = field(default=None, repr=False)
    is_denied: bool = False

    def __str__(self) -> str:
        outcome = f"{self.status} {self.code}: {self.message}" if self.code else f"{self.status}"
        return f"{self.caller or 'unverified'} {self.service}:{self.operation} {outcome}"


def computer_time() -> datetime:
    """Return the computer's time, with which clients date their signatures."""
    return datetime.now(UTC)


class Gateway:
    """The endpoint of real clients in a world.

    Parameters
    ----------
    world
        The world that answers.
    now
        The time by which signatures must be dated. Credentials expire by the world's clock.

    Examples
    --------
    >>> from iamlab import World
    >>> gateway = Gateway(World(seed=7))
    >>> status, headers, body = gateway.handle(
    ...     "POST", "https://iam.amazonaws.com/", {}, b"Action=ListUsers&Version=2010-05-08")
    >>> print(gateway.calls[-1])
    unverified iam:ListUsers 403 MissingAuthenticationToken: Request is missing Authentication Token
    """

    def __init__(self, world: World, now: Callable[[], datetime] = computer_time) -> None:
        self.world = world
        self.calls: deque[ClientCall] = deque(maxlen=MOST_CALLS)
        self._now = now

    def __repr__(self) -> str:
        return f"<Gateway {len(self.calls)} calls, {len(self.denied)} denied>"

    @property
    def denied(self) -> list[ClientCall]:
        """The calls whose caller has no permission, newest last."""
        return [call for call in self.calls if call.is_denied]

    def boto3_session(self, principal: Any, *, region_name: str = "us-east-1") -> Any:
        """Return a boto3 session of a principal: see ``world.boto3_session``."""
        from iamlab.clients.boto3_session import boto3_session

        return boto3_session(self, principal, region_name)

    def serve_metadata(self, instance: Instance, port: int = 0, *, hops: int = 1) -> MetadataServer:
        """Start the metadata service of an instance on 127.0.0.1, for clients without credentials.

        Parameters
        ----------
        instance
            The instance, for example ``account.create_instance(...)``.
        port
            The port; 0 chooses a free one.
        hops
            The distance of the clients: 1 on the instance; 2 in a container with its own network.

        Returns
        -------
        MetadataServer
            Its ``url``, the variables of its ``environment()``, its ``requests`` and ``stop()``.

        Raises
        ------
        RequestError
            It isn't an instance of this world, or the port isn't free.

        Examples
        --------
        >>> from urllib.request import urlopen
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> instance = world.create_account("main").create_instance()
        >>> with world.gateway.serve_metadata(instance) as metadata:
        ...     found = urlopen(f"{metadata.url}/latest/meta-data/instance-id").read().decode()
        >>> found == instance.name
        True
        >>> print(metadata.requests[-1])
        GET /latest/meta-data/instance-id 200
        """
        from iamlab.clients.metadata_server import MetadataServer

        return MetadataServer(self, instance, port, hops)

    def serve_credentials(
        self,
        service: str,
        *,
        role_arn: str | Role,
        source_arn: str | Resource | None = None,
        tags: Mapping[str, str] | None = None,
        port: int = 0,
    ) -> ContainerServer:
        """Start what a container asks for its role's credentials, on 127.0.0.1.

        Requests must contain an authorization token, which ``environment()`` has: in a file for
        EKS Pod Identity, and otherwise in a variable. On AWS, ECS uses
        ``AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`` instead: a path at 169.254.170.2.

        Parameters
        ----------
        service
            ``"ecs-tasks.amazonaws.com"``, or ``"pods.eks.amazonaws.com"`` for EKS Pod Identity.
        role_arn, source_arn, tags
            As in ``world.sts.assume_role_as_service``.
        port
            The port; 0 chooses a free one.

        Returns
        -------
        ContainerServer
            Its ``url``, the variables of its ``environment()``, its ``requests`` and ``stop()``.

        Raises
        ------
        AccessDenied
            The role's trust policy doesn't allow the service.
        RequestError
            It isn't a service, or the port isn't free.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="ecs-tasks.amazonaws.com")
        >>> role = world.create_account("main").create_role(
        ...     "task", assume_role_policy_document=trust)
        >>> with world.gateway.serve_credentials("ecs-tasks.amazonaws.com", role_arn=role) as task:
        ...     found = task.environment()
        >>> found["AWS_CONTAINER_CREDENTIALS_FULL_URI"].startswith("http://127.0.0.1:")
        True
        """
        from iamlab.clients.metadata_server import ContainerServer

        return ContainerServer(self, service, role_arn, source_arn, tags, port)

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer an HTTP request.

        Returns
        -------
        tuple
            The status, headers and body of the response.
        """
        small = {name.lower(): value for name, value in headers.items()}
        with ONE_AT_A_TIME:
            return _Exchange(self, HttpRequest(method, url, small, body)).answered()

    def time_of_clients(self) -> datetime:
        """Return the time by which signatures must be dated."""
        return self._now()


class _Exchange:
    """A request and, step by step, what is known about it."""

    def __init__(self, gateway: Gateway, request: HttpRequest) -> None:
        self.gateway, self.world, self.request = gateway, gateway.world, request
        self.service, self.operation = _service_of(request.host), request.operation
        self.caller = ""
        self.call: Call | None = None

    def answered(self) -> Response:
        """Do the call; keep it, and return the response."""
        before = len(self.world.events)
        try:
            result = self._do()
        except (AwsError, HttpError) as error:
            return self._refused(error, before)
        except RequestError as error:
            return self._refused(HttpError("NotImplemented", str(error), 501), before)
        made = self._keep(before)
        return api(self.service).answer(self.operation, result, made.request_id)

    def _do(self) -> dict[str, Any]:
        signature = read_signature(self.request)
        if signature is not None:
            self.service = signature.service
        if self.service not in SERVED:
            served = "iam, organizations and sts"
            raise self._lacking(f"Real clients can call {served}; account.call(...) more.")
        self.operation, parameters = api(self.service).parse(self.request)
        entry = self._entry()
        caller = self._caller(signature, entry)
        who = principal_of(self.world, caller)
        self.caller = who.arn if signature is not None else ""
        account_id = "" if self.service == "sts" else who.account_id
        endpoint = self._region_of_host() or (signature.region if signature else "us-east-1")
        kind: type[Call] = entry.call_type or Call
        self.call = kind.make(self.world, entry, caller, parameters, account_id, endpoint)
        return run(self.call)[1]

    def _lacking(self, why: str) -> HttpError:
        wanted = f"{self.service}:{self.operation}"
        return HttpError("NotImplemented", f"iamlab doesn't answer {wanted}. {why}", 501)

    def _entry(self) -> Entry:
        """Find the operation."""
        prefix = "" if self.service == "iam" else f"{self.service}:"
        try:
            return find(f"{prefix}{self.operation}")
        except RequestError:
            raise self._lacking(NOT_MODELLED.get(self.operation, "")) from None

    def _caller(self, signature: Signature | None, entry: Entry) -> AccessKey | Session | str:
        """Find the caller, who has signed the request."""
        if not entry.is_signed:
            return ANONYMOUS
        if signature is None:
            missing = "Request is missing Authentication Token"
            raise HttpError("MissingAuthenticationToken", missing, 403)
        found = owner_of(self.world, signature.access_key_id, signature.token)
        presented = found.present(self.world)  # an error if it's inactive or has expired
        self._check_region(signature.region, presented.arn)
        signature.check_date(self.gateway.time_of_clients())
        signature.check_value(self.request, self.world.ids.secret_of(signature.access_key_id))
        return found

    def _region_of_host(self) -> str:
        """Return the Region that the host names, ``aws-global``, or nothing."""
        named = re.match(r"[a-z]+\.([a-z]+(?:-[a-z]+)+-[0-9])\.", self.request.host)
        if named:
            return named[1]
        is_global = self.service == "sts" and ".amazonaws.com" in self.request.host
        return "aws-global" if is_global else ""

    def _check_region(self, signed: str, caller: str) -> None:
        """Check that the signature is for the Region of the endpoint."""
        wanted = self._region_of_host()
        if self.service in _GLOBAL:
            wanted = "us-east-1" if Arn.parse(caller).partition == "aws" else ""
        if wanted and signed != region_of(wanted):
            shown = f"Credential should be scoped to a valid region, not '{signed[:40]}'."
            raise HttpError("SignatureDoesNotMatch", shown, 403)

    def _refused(self, error: AwsError | HttpError, before: int) -> Response:
        """Keep the call, and return the response with its error."""
        is_served = self.service in SERVED
        code = error.code
        status = error.status if isinstance(error, HttpError) else error.http_status
        if is_served and api(self.service).is_json and code in _IN_JSON:
            code, status = _IN_JSON[code], 400
        made = self._keep(before, (status, code, error.message), error)
        values = code, error.message, status, made.request_id
        if not is_served:
            return error_without_model(self.request, self.service, *values)
        reason = getattr(error, "reason", "")
        return api(self.service).error(*values, {"Reason": reason} if reason else {})

    def _keep(
        self,
        before: int,
        outcome: tuple[int, str, str] = (200, "", ""),
        error: Exception | None = None,
    ) -> ClientCall:
        """Keep the call, with the id of its event's request."""
        events = self.world.events
        has_event = len(events) > before
        request_id = events[-1].request_id if has_event else self.world.ids.request_id()
        decision = getattr(error, "decision", None)
        if decision is None and self.call is not None and self.call.decisions:
            decision = Decision.of_call(self.call.decisions)
        made = ClientCall(
            self.service,
            self.operation,
            self.caller,
            *outcome,
            request_id,
            decision,
            isinstance(error, AccessDenied),
        )
        self.gateway.calls.append(made)
        return made


def _service_of(host: str) -> str:
    """Return the service that a host names.

    >>> _service_of("sts.eu-west-1.amazonaws.com")
    'sts'
    """
    return host.partition(".")[0]

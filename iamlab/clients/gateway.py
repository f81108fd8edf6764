"""The gateway: requests of real clients become calls in a world, and their answers responses.

The caller follows from the request's signature. The call is the same as ``account.call(...)``: the
engine decides it, and the log gets its event. Each call is also kept here, with its decision.

Notes
-----
AWS pages: "IAM API Reference"; "AWS STS API Reference"; "AWS Organizations API Reference".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Any

from iamlab.clients.boto3_session import boto3_session, session_apart
from iamlab.clients.exchange import Exchange
from iamlab.clients.moto_backends import Moto
from iamlab.clients.wire import HttpRequest, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.clients.metadata_server import ContainerServer, MetadataServer
    from iamlab.clients.serving import Server
    from iamlab.engine.decision import Decision
    from iamlab.model.identities import Role
    from iamlab.model.resources import Resource
    from iamlab.model.world import World
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.operations.services.ec2.instance import Instance
    from iamlab.operations.sts.session import Session

MOST_CALLS = 1_000
"""How many calls are kept; older ones are only in the world's log."""

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
    is_decided_only
        Whether iamlab decided about the call, and doesn't have the operation.
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
    is_decided_only: bool = False

    def __str__(self) -> str:
        outcome = f"{self.status} {self.code}: {self.message}" if self.code else f"{self.status}"
        note = " (decided only)" if self.is_decided_only else ""
        return f"{self.caller or 'unverified'} {self.service}:{self.operation} {outcome}{note}"


class Gateway:
    """The endpoint of real clients in a world.

    Parameters
    ----------
    world
        The world that answers.
    now
        The time by which signatures must be dated; by default the computer's. Credentials expire
        by the world's clock.

    Examples
    --------
    >>> from iamlab import World
    >>> gateway = Gateway(World(seed=7))
    >>> status, headers, body = gateway.handle(
    ...     "POST", "https://iam.amazonaws.com/", {}, b"Action=ListUsers&Version=2010-05-08")
    >>> print(gateway.calls[-1])
    unverified iam:ListUsers 403 MissingAuthenticationToken: Request is missing Authentication Token
    """

    def __init__(self, world: World, now: Callable[[], datetime] | None = None) -> None:
        self.world = world
        self.calls: deque[ClientCall] = deque(maxlen=MOST_CALLS)
        self.numbers = count()
        self.secret_of = lru_cache(MOST_CALLS)(world.ids.secret_of)  # of access keys
        self.time_of_clients = now or partial(datetime.now, UTC)

    def __repr__(self) -> str:
        return f"<Gateway {len(self.calls)} calls, {len(self.denied)} denied>"

    @property
    def denied(self) -> list[ClientCall]:
        """The calls whose caller has no permission, newest last."""
        return [call for call in self.calls if call.is_denied]

    def boto3_session(self, principal: Any, *, region_name: str = "us-east-1") -> Any:
        """Return a boto3 session of a principal: see ``world.boto3_session``."""
        return boto3_session(self, principal, region_name)

    def serve(self, port: int = 0) -> Server:
        """Serve the world to clients of this computer over HTTP, on real time.

        Parameters
        ----------
        port
            The port; 0 chooses a free one.

        Returns
        -------
        Server
            Its ``url``, ``environment(principal)`` and ``write_profiles(path)`` lead clients to
            it. End it with ``stop()``, or use it in a ``with``.
        """
        from iamlab.clients.serving import Server

        return Server(self, port)

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
            Its ``url``, ``environment()`` and ``requests``. End it with ``stop()``, or use it in a
            ``with``.

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
            Its ``url``, ``environment()`` and ``requests``. End it with ``stop()``, or use it in a
            ``with``.

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
        with ONE_AT_A_TIME:
            status, answered, content = self._exchange(method, url, headers, body).answered()
        return status, answered, b"" if method == "HEAD" else content

    def caller_of_request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> AccessKey | Session:
        """Return who signed a request: see ``world.caller_of_request``."""
        return self._exchange(method, url, headers, body).signed_by()

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Exchange:
        small = {name.lower(): value for name, value in headers.items()}
        return Exchange(self, HttpRequest(method, url, small, body))

    @cached_property
    def moto(self) -> Moto:
        """The backends that execute what iamlab has allowed."""
        return Moto(session_apart())

    def keep(self, *outcome: Any) -> ClientCall:
        """Keep a call."""
        made = ClientCall(*outcome)
        self.calls.append(made)
        return made

"""Where software on AWS gets its credentials, over HTTP: from its instance, or for its container.

SDKs and the AWS CLI first look for credentials in environment variables and profiles. Then they ask
an address that only their own machine can reach: the container's, or the instance metadata service.
Here these addresses are on 127.0.0.1, and environment variables lead to them. Both services give
the same credentials until shortly before they expire.

Notes
-----
AWS pages: "Use the Instance Metadata Service to access instance metadata"; "IMDS credential
provider" and "Container credential provider" of the AWS SDKs and Tools Reference Guide; "Amazon ECS
task IAM role"; "Learn how EKS Pod Identity works". The status of a request without the right
authorization token comes from the source of the Amazon EKS Pod Identity Agent. How early the
credentials of a container are renewed is likely, not certain.
"""

from __future__ import annotations

import hmac
import json
import os
import re
from collections import deque
from datetime import datetime, timedelta
from functools import partial
from http.client import responses
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from iamlab.clients.gateway import MOST_CALLS, ONE_AT_A_TIME
from iamlab.clients.http_server import LocalServer
from iamlab.errors import AwsError, RequestError
from iamlab.model.clock_and_ids import seal
from iamlab.operations.parameters import arn_of, as_role_arn
from iamlab.operations.services.ec2.instance import Instance
from iamlab.operations.services.ec2.instance_role import OVERLAP
from iamlab.operations.services.ec2.metadata import Response
from iamlab.operations.sts.service_sessions import assume_role_as_service
from iamlab.operations.sts.session import Delivered
from iamlab.policy.arn import Arn, is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.clients.gateway import Gateway
    from iamlab.clients.wire import Response as HttpResponse

    Answer = Callable[[str, str, Mapping[str, str]], Response]

_TIME = re.compile("[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z")
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_TABLES: dict[str, Any] = tables(__file__, "clients.toml")


class CredentialServer(LocalServer):
    """A server on 127.0.0.1 that clients without any configuration ask for their credentials.

    Parameters
    ----------
    gateway
        The gateway that answers the calls of these clients. The server starts an endpoint for it.
    region
        The Region of the clients.
    answer
        Answers a method, a path and headers.
    port
        The port; 0 chooses a free one.

    Attributes
    ----------
    requests
        The latest requests: method, path, status, and for a rejection the reason, which AWS doesn't
        send. Status 0: there was no response.

    Raises
    ------
    RequestError
        The port isn't free.
    """

    def __init__(self, gateway: Gateway, region: str, answer: Answer, port: int) -> None:
        self.requests: deque[str] = deque(maxlen=MOST_CALLS)
        super().__init__(self._handle, port)
        self._answer, self._region, self._endpoint = answer, region, gateway.serve()
        self._variables: dict[str, str] = {}

    def stop(self) -> None:
        """Stop answering, also the calls of clients."""
        super().stop()
        self._endpoint.stop()

    def environment(self) -> dict[str, str]:
        """Return environment variables for clients: they find credentials here, and the endpoint.

        They hide the computer's own profiles and credentials. Their printed form hides secrets.

        Raises
        ------
        RequestError
            Variables of this computer say that it is a container with a role.
        """
        made = {
            **self._endpoint.write_profiles(),
            **_TABLES["without_credentials"],
            **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), self._region),
            "AWS_CONFIG_FILE": self._written("apart", "[default]\n"),  # without keys of users
            **self._variables,
        }
        other = {name for name in os.environ if name.startswith("AWS_CONTAINER_")} - {*made}
        if other:
            raise RequestError(
                f"Clients would look for credentials where {min(other)} says. Remove it first: "
                f"os.environ.pop({min(other)!r})."
            )
        return Delivered(made)

    def _written(self, name: str, text: str) -> str:
        """Write a file, which is removed at the end; return its path."""
        path = Path(self._endpoint.folder.name, name)
        path.write_text(text, "utf-8")
        return str(path)

    def _handle(self, method: str, url: str, headers: Mapping[str, str], _: bytes) -> HttpResponse:
        path = urlsplit(url).path
        with ONE_AT_A_TIME:
            made = self._answer(method, path, headers)
            self.requests.append(f"{method} {path} {made.status} {made.note}".rstrip())
        # Times are by the clients' clock, of which the world's can be ahead.
        ahead = timedelta(seconds=getattr(self._endpoint.gateway.world.clock, "ahead", 0))
        body = made.body or f"{made.status} - {responses.get(made.status)}\n"
        body = _TIME.sub(lambda time: f"{datetime.fromisoformat(time[0]) - ahead:{_FORM}}", body)
        return made.status, {"Content-Type": "text/plain", **dict(made.headers)}, body.encode()


class MetadataServer(CredentialServer):
    """The metadata service of an instance: see ``world.gateway.serve_metadata``."""

    def __init__(self, gateway: Gateway, instance: object, port: int, hops: int) -> None:
        if not isinstance(instance, Instance) or instance.account.world is not gateway.world:
            hint = "Pass one: account.create_instance()"
            raise RequestError(f"{instance!r} isn't an instance of this world. {hint}.")
        answer = partial(instance.metadata.request, hops=hops)
        answer("GET", "/")  # an error if hops isn't valid
        super().__init__(gateway, instance.region, answer, port)
        self._variables = {**_TABLES["metadata"], "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url}


class ContainerServer(CredentialServer):
    """The credentials of a container: see ``world.gateway.serve_credentials``."""

    def __init__(
        self, gateway: Gateway, service: str, role: Any, source: Any, tags: Any, port: int
    ) -> None:
        role_arn = as_role_arn(role)
        source_arn = None if source is None else arn_of(source, "source_arn is a resource")
        region = Arn.parse(source_arn).region if source_arn and is_arn(source_arn) else ""
        super().__init__(gateway, region or "us-east-1", self._answered, port)
        assume = partial(assume_role_as_service, gateway.world, service, role_arn)
        self._assume = partial(assume, endpoint=self._region, source_arn=source_arn)
        try:
            self._session = self._assume(tags=tags)
        except (AwsError, RequestError):
            self.stop()
            raise
        self._token = seal(gateway.world.ids, "container", self._session.access_key_id, 40)
        self._path = f"/v2/credentials/{self._session.record.name}"
        token = {"AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token}
        if service == "pods.eks.amazonaws.com":
            self._path = "/v1/credentials"
            token = {f"{name}_FILE": self._written("token", text) for name, text in token.items()}
        self._variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url + self._path, **token}

    def _answered(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        if (method, path) != ("GET", self._path):
            return Response(404, note=f"use GET {self._path}")
        sent, kept = headers.get("authorization", ""), self._session
        if not hmac.compare_digest(sent.encode(), self._token.encode()):
            return Response(400, note="the authorization token is missing or wrong")
        if kept.expiration - kept.world.clock.now <= OVERLAP:
            try:
                self._session = self._assume(role_session_name=kept.record.name, tags=kept.tags)
            except AwsError as error:
                return Response(error.http_status, error.message, note=error.message)
        body = json.dumps(self._session.container_credentials())
        return Response(200, body, (("Content-Type", "application/json"),))

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
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from iamlab.clients.gateway import MOST_CALLS, ONE_AT_A_TIME
from iamlab.clients.http_server import LocalServer
from iamlab.errors import AwsError, RequestError
from iamlab.model.clock_and_ids import HEX, seal
from iamlab.operations.parameters import arn_of, as_role_arn
from iamlab.operations.services.ec2.instance import Instance
from iamlab.operations.services.ec2.metadata import Response
from iamlab.operations.sts.service_sessions import assume_role_as_service
from iamlab.operations.sts.session import Delivered
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.clients.gateway import Gateway
    from iamlab.clients.wire import Response as HttpResponse
    from iamlab.model.identities import Role
    from iamlab.model.resources import Resource

RENEWAL = timedelta(minutes=15)
"""How long before expiry a container gets new credentials: SDKs begin to ask for them then."""

_NO_CREDENTIALS = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
)
"""Variables that SDKs read first. An empty one is the same as none."""


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request for credentials or metadata, and the status of its response.

    Parameters
    ----------
    status
        The HTTP status; 0: no response.
    note
        The reason for a rejection, which AWS doesn't send.
    """

    method: str
    path: str
    status: int
    note: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status} {self.note}".rstrip()


class CredentialServer(LocalServer):
    """A server on 127.0.0.1 that clients without any configuration ask for their credentials.

    Parameters
    ----------
    gateway
        The gateway that answers the calls of these clients. The server starts an endpoint for it.
    region
        The Region of the clients.
    port
        The port; 0 chooses a free one.

    Raises
    ------
    RequestError
        The port isn't free.
    """

    def __init__(self, gateway: Gateway, region: str, port: int) -> None:
        self.requests: deque[AnsweredRequest] = deque(maxlen=MOST_CALLS)
        super().__init__(self._handle, port)
        self._region, self._endpoint = region, gateway.serve()
        self._folder = TemporaryDirectory(prefix="iamlab-")

    def stop(self) -> None:
        """Stop answering, also the calls of clients."""
        super().stop()
        self._endpoint.stop()
        self._folder.cleanup()

    def environment(self) -> dict[str, str]:
        """Return environment variables for clients: they find credentials here, and the endpoint.

        They hide the computer's own profiles and credentials. Their printed form hides secrets.

        Raises
        ------
        RequestError
            Variables of this computer say that it is a container with a role.
        """
        local = f"{os.environ.get('NO_PROXY', '')},127.0.0.1".removeprefix(",")
        endpoints = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")]
        made = {
            **dict.fromkeys(_NO_CREDENTIALS, ""),
            **dict.fromkeys(("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), "default"),
            **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), self._region),
            **dict.fromkeys(("AWS_ENDPOINT_URL", *endpoints), self._endpoint.url),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), local),
            "AWS_CONFIG_FILE": self._written("config", "[default]\n"),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            **self._variables(),
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
        path = Path(self._folder.name) / name
        path.write_text(text, "utf-8")
        return str(path)

    def _variables(self) -> dict[str, str]:
        """Return the variables that lead to the credentials."""
        raise NotImplementedError

    def _answer(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        """Answer a request."""
        raise NotImplementedError

    def _handle(self, method: str, url: str, headers: Mapping[str, str], _: bytes) -> HttpResponse:
        path = urlsplit(url).path
        with ONE_AT_A_TIME:
            made = self._answer(method, path, headers)
            self.requests.append(AnsweredRequest(method, path, made.status, made.note))
        body = made.body
        if made.status and not body:
            body = f"{made.status} - {HTTPStatus(made.status).phrase}\n"
        return made.status, {"Content-Type": "text/plain", **dict(made.headers)}, body.encode()


class MetadataServer(CredentialServer):
    """The metadata service of an instance: see ``world.gateway.serve_metadata``."""

    def __init__(self, gateway: Gateway, instance: object, port: int, hops: int) -> None:
        if not isinstance(instance, Instance) or instance.account.world is not gateway.world:
            hint = "Pass one: account.create_instance()"
            raise RequestError(f"{instance!r} isn't an instance of this world. {hint}.")
        instance.metadata.request("GET", "/", hops=hops)  # an error if hops isn't valid
        self._service, self._hops = instance.metadata, hops
        super().__init__(gateway, instance.region, port)

    def _variables(self) -> dict[str, str]:
        return {
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_V1_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url,
            "AWS_METADATA_SERVICE_TIMEOUT": "10",  # seconds; one is too few on a busy computer
        }

    def _answer(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        return self._service.request(method, path, headers, hops=self._hops)


class ContainerServer(CredentialServer):
    """The credentials of a container: see ``world.gateway.serve_credentials``."""

    def __init__(
        self,
        gateway: Gateway,
        service: str,
        role_arn: str | Role,
        source_arn: str | Resource | None,
        tags: Mapping[str, str] | None,
        port: int,
    ) -> None:
        source = None if source_arn is None else arn_of(source_arn, "source_arn is a resource")
        region = Arn.parse(source).region if source and is_arn(source) else ""
        named = gateway.world, service, as_role_arn(role_arn)
        super().__init__(gateway, region or "us-east-1", port)
        self._assume = partial(
            assume_role_as_service, *named, endpoint=self._region, source_arn=source
        )
        try:
            self._session = self._assume(tags=tags)
        except (AwsError, RequestError):
            self.stop()
            raise
        self._is_pod = service == "pods.eks.amazonaws.com"
        ids, purpose = gateway.world.ids, f"container/{self._session.access_key_id}"
        self._token = seal(ids, purpose, service, 40)
        self._path = f"/v2/credentials/{ids.hidden(purpose, HEX, 32)}"
        if self._is_pod:
            self._path = "/v1/credentials"

    def _variables(self) -> dict[str, str]:
        name, value = "AWS_CONTAINER_AUTHORIZATION_TOKEN", self._token
        if self._is_pod:
            name, value = f"{name}_FILE", self._written("token", value)
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}{self._path}", name: value}

    def _answer(self, method: str, path: str, headers: Mapping[str, str]) -> Response:
        if (method, path) != ("GET", self._path):
            return Response(404, note=f"use GET {self._path}")
        sent = headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), self._token.encode()):
            wrong = "isn't the container's" if sent else "is missing"
            return Response(400, note=f"the authorization token {wrong}")
        kept = self._session
        if kept.expiration - kept.world.clock.now <= RENEWAL:
            try:
                self._session = self._assume(role_session_name=kept.record.name, tags=kept.tags)
            except AwsError as error:
                return Response(error.http_status, error.message, note=error.message)
        body = json.dumps(self._session.container_credentials())
        return Response(200, body, (("Content-Type", "application/json"),))

"""AWS's protocols: an HTTP request becomes an operation with parameters, an answer a response.

:class:`Api` reads requests and writes responses in the shapes of a service's model, which botocore
has. This module knows the protocols ``query`` of IAM and STS, with forms and XML, and ``json`` of
Organizations; the others are in :mod:`iamlab.clients.wire_by_moto`. It knows nothing about worlds.

Notes
-----
AWS pages: "Making query requests" of IAM; "Common errors" of the IAM API Reference. The sentences
about malformed requests come from public sources.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from iamlab.clients.wire_by_moto import Protocol
from iamlab.clients.wire_values import (
    HttpError,
    element,
    from_form,
    from_json,
    members_to_xml,
    nested,
    read_json,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Response = tuple[int, dict[str, str], bytes]
"""The status, headers and body of an HTTP response."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request. Its printed form hides the headers and the body, which contain secrets.

    Parameters
    ----------
    headers
        The headers by their names in lower case.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def host(self) -> str:
        """The host and port, from the header or else the URL."""
        return self.headers.get("host") or urlsplit(self.url).netloc

    @property
    def query(self) -> list[tuple[str, str]]:
        """The names and values of the URL's query."""
        return _pairs(urlsplit(self.url).query)

    @property
    def form(self) -> dict[str, str]:
        """The parameters of the protocol ``query``: from the URL, and from a form in the body."""
        pairs = dict(self.query)
        if "json" not in self.headers.get("content-type", ""):
            pairs.update(_pairs(_text(self.body)))
        return pairs

    def path_style(self) -> HttpRequest:
        """Return a request of S3 with the bucket in the path, also if it was in the host's name."""
        parts, (name, _, rest) = urlsplit(self.url), self.host.partition(".s3")
        path = parts.path
        if rest.startswith("-accesspoint."):
            access_point, _, account = name.rpartition("-")
            region = rest.split(".")[1]
            name = quote(f"arn:aws:s3:{region}:{account}:accesspoint/{access_point}", safe="")
        if rest.startswith((".", "-")):
            path = f"/{name}{path}"
        url = urlunsplit(("https", "s3.amazonaws.com", path, parts.query, ""))
        return replace(self, url=url, headers={**self.headers, "host": "s3.amazonaws.com"})

    @property
    def operation(self) -> str:
        """The name of the operation, for any protocol; else the method and the path."""
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        return target or self.form.get("Action") or f"{self.method} {urlsplit(self.url).path}"


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace")


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


class Api:
    """A service's API: reads its requests, and writes its responses.

    Parameters
    ----------
    name
        The name of the service's model in botocore: ``"iam"``.

    Examples
    --------
    >>> body = b"Action=GetUser&Version=2010-05-08&UserName=ana"
    >>> api("iam").parse(HttpRequest("POST", "https://iam.amazonaws.com/", {}, body))
    ('GetUser', {'UserName': 'ana'})
    """

    def __init__(self, name: str) -> None:
        from botocore.loaders import Loader
        from botocore.model import ServiceModel

        self.name = name
        self.model: Any = ServiceModel(Loader().load_service_model(name, "service-2"), name)
        self.protocol: str = self.model.resolved_protocol
        self.is_json = self.protocol in ("json", "rest-json")
        self.moto = None if self.protocol == "query" else Protocol(name, self.protocol)

    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        """Read the operation and its parameters, by the names of the model.

        Parameters that the model doesn't have are left out.

        Raises
        ------
        HttpError
            There is no such operation, or a parameter has another type.
        """
        if self.moto is not None and self.protocol != "json":
            return self.moto.parse(request)
        form = {} if self.is_json else request.form
        operation = request.operation if self.is_json else form.get("Action", "")
        self._check(operation, form, request)
        shape = self.model.operation_model(operation).input_shape
        if shape is None:
            return operation, {}
        if self.is_json:
            return operation, from_json(read_json(request.body), shape)
        return operation, from_form(nested(form.items()), shape)

    def _check(self, operation: str, form: Mapping[str, str], request: HttpRequest) -> None:
        is_known = operation in self.model.operation_names
        if self.is_json:
            target = f"{self.model.metadata['targetPrefix']}.{operation}"
            if not is_known or request.headers.get("x-amz-target") != target:
                raise HttpError("UnknownOperationException", "")
        elif not operation:
            raise HttpError("MissingAction", "Missing Action")
        elif not is_known or form.get("Version", self.model.api_version) != self.model.api_version:
            version = form.get("Version", "NO_VERSION_SPECIFIED")
            message = f"Could not find operation {operation} for version {version}"
            raise HttpError("InvalidAction", message)

    def answer(self, operation: str, result: Mapping[str, Any], request_id: str) -> Response:
        """Write the response of an operation; values that the model doesn't have are left out."""
        if self.moto is not None:
            status, headers, body = self.moto.answer(operation, result, request_id)
            return status, {**headers, **_numbers(request_id)}, body
        shape = self.model.operation_model(operation).output_shape
        inside = "" if shape is None else members_to_xml(result, shape)
        wrapper = "" if shape is None else shape.serialization.get("resultWrapper", "")
        if wrapper:
            inside = f"<{wrapper}>{inside}</{wrapper}>"
        metadata = f"<ResponseMetadata>{element('RequestId', request_id)}</ResponseMetadata>"
        return self._xml(200, f"{operation}Response", inside + metadata, request_id)

    def error(
        self,
        code: str,
        message: str,
        status: int,
        request_id: str,
        more: Mapping[str, str] | None = None,
    ) -> Response:
        """Write an error.

        Parameters
        ----------
        more
            More members of the error's shape, such as ``Reason``.
        """
        if not self.is_json:
            space = self.model.metadata.get("xmlNamespace", "")
            is_s3 = self.name == "s3"
            kind = "s3" if is_s3 else self.protocol
            return error_of(kind, code, message, status, request_id, space="" if is_s3 else space)
        shape = self.model.shape_for_error_code(code)
        name = "Message" if shape is not None and "Message" in shape.members else "message"
        status, headers, body = self._json(
            status, {"__type": code, name: message, **(more or {})}, request_id
        )
        if "awsQueryCompatible" in self.model.metadata:
            known = self._query_codes.get(code, code)
            headers["x-amzn-query-error"] = f"{known};{_side(status)}"
        return status, {**headers, "x-amzn-ErrorType": code}, body

    def read(self, operation: str, response: Response) -> dict[str, Any]:
        """Read a response of another server, without its metadata."""
        from botocore.awsrequest import HeadersDict
        from botocore.parsers import create_parser

        status, headers, body = response
        seen = {"status_code": status, "headers": HeadersDict(headers), "body": body}
        shape = None if status >= 400 else self.model.operation_model(operation).output_shape
        parsed: dict[str, Any] = create_parser(self.protocol).parse(seen, shape)
        parsed.pop("ResponseMetadata", None)
        return parsed

    def error_in(self, response: Response) -> tuple[str, str]:
        """Read the code and message of an error of another server."""
        error = self.read("", response).get("Error", {})
        return error.get("Code", ""), error.get("Message", "")

    @cached_property
    def _query_codes(self) -> dict[str, str]:
        """The error codes of a service that has changed its protocol: those that clients know."""
        errors = (
            (shape.name, shape.metadata.get("error", {})) for shape in self.model.error_shapes
        )
        return {name: error["code"] for name, error in errors if "code" in error}

    def _json(self, status: int, body: Mapping[str, Any], request_id: str) -> Response:
        version = self.model.metadata.get("jsonVersion")
        kind = f"application/x-amz-json-{version}" if version else "application/json"
        headers = {"Content-Type": kind, **_numbers(request_id)}
        return status, headers, json.dumps(body).encode()

    def _xml(self, status: int, name: str, inside: str, request_id: str) -> Response:
        space = self.model.metadata["xmlNamespace"]
        headers = {"Content-Type": "text/xml", **_numbers(request_id)}
        return status, headers, f'<{name} xmlns="{space}">{inside}</{name}>'.encode()


def _numbers(request_id: str) -> dict[str, str]:
    """Return the headers with the request's id."""
    return {"x-amzn-RequestId": request_id, "x-amz-request-id": request_id}


def _side(status: int) -> str:
    return "Sender" if status < 500 else "Receiver"


def error_of(
    protocol: str, code: str, message: str, status: int, request_id: str, space: str = ""
) -> Response:
    """Write an error in the form of a protocol; S3 has its own."""
    if "json" in protocol:
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        body = json.dumps({"__type": code, "message": message}).encode()
        return status, {**headers, **_numbers(request_id)}, body
    named = f' xmlns="{space}"' if space else ""
    text = element("Code", code) + element("Message", message)
    number = element("RequestId", request_id)
    if protocol == "s3":
        body = f"<Error>{text}{number}</Error>".encode()
    elif protocol == "ec2":
        inside = f"<Errors><Error>{text}</Error></Errors>{element('RequestID', request_id)}"
        body = f"<Response>{inside}</Response>".encode()
    else:
        error = f"<Error>{element('Type', _side(status))}{text}</Error>"
        body = f"<ErrorResponse{named}>{error}{number}</ErrorResponse>".encode()
    return status, {"Content-Type": "text/xml", **_numbers(request_id)}, body


@cache
def api(name: str) -> Api:
    """Return the API of a service, whose model is read once."""
    return Api(name)

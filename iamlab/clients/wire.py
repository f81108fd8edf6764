"""AWS's protocols: an HTTP request becomes an operation with parameters, an answer a response.

:class:`Api` reads requests and writes responses in the shapes of a service's model, which botocore
has. This module knows the protocol ``query`` of IAM and STS, with forms and XML; the others are in
:mod:`iamlab.clients.wire_protocols`. It knows nothing about worlds.

Notes
-----
AWS pages: "Making query requests" of IAM; "Common errors" of the IAM API Reference. The sentences
about malformed requests come from public sources.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit
from uuid import UUID

from iamlab.clients.wire_protocols import Protocol
from iamlab.clients.wire_values import ActionError, element, from_form, members_to_xml, nested

if TYPE_CHECKING:
    from collections.abc import Mapping

Response = tuple[int, dict[str, str], bytes]
"""The status, headers and body of an HTTP response."""

_FORM, _OBJECT = "application/x-www-form-urlencoded", "binary/octet-stream"
"""Types of bodies. curl gives an object the type of a form, which moto would read as parameters."""


_ID = str(UUID(int=0))
"""The id of a request until :func:`numbered` replaces it."""


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
            pairs.update(_pairs(self.body.decode("utf-8", "replace")))
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
        kind = self.headers.get("content-type", _OBJECT).replace(_FORM, _OBJECT)
        own = {"host": "s3.amazonaws.com", "content-type": kind}
        return replace(self, url=url, headers={**self.headers, **own})

    @property
    def operation(self) -> str:
        """The name of the operation, for any protocol; else the method and the path."""
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        return target or self.form.get("Action") or f"{self.method} {urlsplit(self.url).path}"


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace")


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
        self.moto = None if self.protocol == "query" else Protocol(name, self.protocol)

    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        """Read the operation and its parameters, by the names of the model.

        Parameters that the model doesn't have are left out.

        Raises
        ------
        HttpError
            There is no such operation, or a parameter has another type.
        """
        if self.moto is not None:
            return self.moto.parse(request)
        form, current = request.form, self.model.api_version
        operation = form.get("Action", "")
        if not operation:
            raise ActionError("MissingAction", "Missing Action")
        if operation not in self.model.operation_names or form.get("Version", current) != current:
            version = form.get("Version", "NO_VERSION_SPECIFIED")
            message = f"Could not find operation {operation} for version {version}"
            raise ActionError("InvalidAction", message)
        shape = self.model.operation_model(operation).input_shape
        return operation, {} if shape is None else from_form(nested(form.items()), shape)

    def answer(self, operation: str, result: Mapping[str, Any], request_id: str = _ID) -> Response:
        """Write the response of an operation; values that the model doesn't have are left out."""
        if self.moto is not None:
            return numbered(self.moto.answer(operation, result, request_id), request_id)
        shape = self.model.operation_model(operation).output_shape
        inside = "" if shape is None else members_to_xml(result, shape)
        wrapper = "" if shape is None else shape.serialization.get("resultWrapper", "")
        if wrapper:
            inside = f"<{wrapper}>{inside}</{wrapper}>"
        metadata = f"<ResponseMetadata>{element('RequestId', request_id)}</ResponseMetadata>"
        space = self.model.metadata["xmlNamespace"]
        text = f'<{operation}Response xmlns="{space}">{inside}{metadata}</{operation}Response>'
        return _xml(200, text, request_id)

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
        metadata = self.model.metadata
        if "json" not in self.protocol:
            values = code, message, status, request_id, metadata.get("xmlNamespace", "")
            return error_of("s3" if self.name == "s3" else self.protocol, *values)
        shape = self.model.shape_for_error_code(code)
        name = "Message" if shape is not None and "Message" in shape.members else "message"
        body = {"__type": code, name: message, **(more or {})}
        version = metadata.get("jsonVersion")
        headers = {"Content-Type": f"application/x-amz-json-{version}"} if version else {}
        if "awsQueryCompatible" in metadata:  # clients know its codes of the protocol ``query``
            codes = (each.error_code for each in self.model.error_shapes if each.name == code)
            headers["x-amzn-query-error"] = f"{next(codes, code)};{_side(status)}"
        return _json(status, body, request_id, headers)

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


def numbered(response: Response, request_id: str) -> Response:
    """Return a response with the request's id, in the place of one that moto gave it."""
    status, headers, body = response
    other = headers.get("x-amzn-requestid") or request_id
    ids = dict.fromkeys(("x-amzn-requestid", "x-amz-request-id"), request_id)
    return status, {**headers, **ids}, body.replace(other.encode(), request_id.encode())


def _side(status: int) -> str:
    return "Sender" if status < 500 else "Receiver"


def _json(
    status: int, error: Mapping[str, str], request_id: str, headers: Mapping[str, str]
) -> Response:
    standard = {"Content-Type": "application/json", "x-amzn-ErrorType": error["__type"]}
    return numbered((status, {**standard, **headers}, json.dumps(error).encode()), request_id)


def _xml(status: int, text: str, request_id: str) -> Response:
    return numbered((status, {"Content-Type": "text/xml"}, text.encode()), request_id)


def error_of(
    protocol: str, code: str, message: str, status: int, request_id: str, space: str = ""
) -> Response:
    """Write an error in the form of a protocol; S3 has its own."""
    if "json" in protocol:
        return _json(status, {"__type": code, "message": message}, request_id, {})
    error = element("Code", code) + element("Message", message)
    number = element("RequestId", request_id)
    if protocol == "s3":
        text = f"<Error>{error}{number}</Error>"
    elif protocol == "ec2":
        number = element("RequestID", request_id)
        text = f"<Response><Errors><Error>{error}</Error></Errors>{number}</Response>"
    else:
        named = f' xmlns="{space}"' if space else ""
        error = f"<Error>{element('Type', _side(status))}{error}</Error>"
        text = f"<ErrorResponse{named}>{error}{number}</ErrorResponse>"
    return _xml(status, text, request_id)


@cache
def api(name: str) -> Api:
    """Return the API of a service, whose model is read once."""
    return Api(name)

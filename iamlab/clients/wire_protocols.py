"""The protocols other than ``query``: JSON, REST and EC2's.

With ``json``, the name of the operation is in a header, and the parameters are in the body. With
REST, an operation has its own method and path. A parameter is in the path, the query, a header or
the body, which is JSON or XML; the model of the service says where. moto reads REST and EC2's
protocol, and writes all of them.

Notes
-----
AWS pages: "Amazon S3 API Reference"; "AWS Lambda API Reference"; "Amazon EC2 API Reference"; the
AWS protocols of Smithy, "restJson1", "restXml", "ec2Query" and "awsJson1_1".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from iamlab.clients.wire_values import ActionError, HttpError, members_from, moment, scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.clients.wire import HttpRequest, Response


_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What moto raises for a request that doesn't have the form of its model."""


def _depth(path: str) -> int:
    return path.strip("/").count("/")


class Protocol:
    """The protocol of a service, with moto's readers and writers.

    Parameters
    ----------
    name
        The name of the service's model in botocore.
    """

    def __init__(self, name: str, protocol: str) -> None:
        from moto.core.parse import PROTOCOL_PARSERS
        from moto.core.routing import get_service_router
        from moto.core.serialize import get_serializer_class
        from moto.core.utils import get_service_model

        self._is_json = protocol == "json"
        self._model: Any = get_service_model(name)
        self._router: Any = get_service_router(name)
        self._parser: Any = PROTOCOL_PARSERS[protocol]
        self._serializer: Any = get_serializer_class(name, protocol)

    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        """Read the operation and its parameters.

        Raises
        ------
        HttpError
            There is no such operation, or a parameter has another type.
        """
        if self._is_json:
            return self._parse_json(request)
        from moto.core.parse import UNDEFINED, RequestParserError
        from moto.core.request import Request
        from werkzeug.exceptions import HTTPException, NotFound

        seen = Request.from_primitives(request.method, request.url, request.headers, request.body)
        try:
            operation, labels = self._router.match(seen)
            path = operation.http["requestUri"].partition("?")[0]
            if "+}" not in path and _depth(path) != _depth(urlsplit(request.url).path):
                raise NotFound  # moto takes several parts of a path as the last label
        except (HTTPException, NotImplementedError):
            raise ActionError("UnknownOperationException", "", 404) from None
        values = seen.values if "Action" in request.form else seen.args
        places = {"headers": seen.headers, "values": values, "url_params": labels}
        parser = self._parser(operation, timestamp_parser=moment)
        try:
            found = parser.parse({**places, "body": seen.data, "method": seen.method})
        except (RequestParserError, *_UNREADABLE):
            raise HttpError("SerializationException", "The request can't be read.") from None
        members = {} if operation.input_shape is None else operation.input_shape.members
        return operation.name, {
            name: value
            for name, value in found.items()
            if value not in (None, UNDEFINED)
            and (value not in ({}, []) or "location" not in members[name].serialization)
        }

    def _parse_json(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        """Read a request more strictly than moto, which takes any type and body."""
        operation = request.operation
        target = f"{self._model.metadata['targetPrefix']}.{operation}"
        is_known = operation in self._model.operation_names
        if not is_known or request.headers.get("x-amz-target") != target:
            raise ActionError("UnknownOperationException", "")
        shape = self._model.operation_model(operation).input_shape
        if shape is None:
            return operation, {}
        try:
            body = json.loads(request.body or b"{}")
        except (ValueError, RecursionError):
            raise HttpError("SerializationException", "") from None
        return operation, _from_json(body, shape)

    def answer(self, operation: str, result: Mapping[str, Any], request_id: str) -> Response:
        """Write the response of an operation."""
        from moto.core.serialize import SerializationContext

        context = SerializationContext(request_id)
        made = self._serializer(self._model.operation_model(operation), context).serialize(result)
        status, headers, body = (made[part] for part in ("status_code", "headers", "body"))
        return int(status), dict(headers), body.encode() if isinstance(body, str) else body


_KINDS: dict[type, tuple[str, ...]] = {
    dict: ("structure", "map"),
    list: ("list",),
    str: ("string", "blob", "timestamp"),
    int: ("integer", "long", "float", "double", "timestamp"),
    float: ("float", "double", "timestamp"),
    bool: ("boolean",),
}
"""What a value of JSON can be."""


def _from_json(value: Any, shape: Any) -> Any:
    """Read a value of JSON."""
    kind = shape.type_name
    if kind not in _KINDS.get(type(value), ()):
        raise HttpError("SerializationException", f"The value can not be converted to {kind}.")
    if kind == "structure":
        return members_from(value, shape, _from_json)
    if kind == "list":
        return [_from_json(item, shape.member) for item in value]
    if kind == "map":
        return {key: _from_json(item, shape.value) for key, item in value.items()}
    return value if kind == "boolean" else scalar(value, kind, "SerializationException")

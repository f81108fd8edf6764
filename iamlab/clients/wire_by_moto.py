"""The protocols that moto reads and writes: REST, EC2's, and answers in JSON.

With REST, an operation has its own method and path. A parameter is in the path, the query, a header
or the body, which is JSON or XML; the model of the service says where.

Notes
-----
AWS pages: "Amazon S3 API Reference"; "AWS Lambda API Reference"; "Amazon EC2 API Reference"; the
AWS protocols of Smithy, "restJson1", "restXml", "ec2Query" and "awsJson1_1".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.clients.wire_values import HttpError, moment, require

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.clients.wire import HttpRequest, Response


_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What moto raises for a request that doesn't have the form of its model."""


class Protocol:
    """The protocol of a service, by moto.

    Parameters
    ----------
    name
        The name of the service's model in botocore.

    Raises
    ------
    RequestError
        moto isn't installed.
    """

    def __init__(self, name: str, protocol: str) -> None:
        require("moto")
        from moto.core.parse import PROTOCOL_PARSERS
        from moto.core.routing import get_service_router
        from moto.core.serialize import get_serializer_class
        from moto.core.utils import get_service_model

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
        from moto.core.parse import UNDEFINED, RequestParserError
        from moto.core.request import Request
        from werkzeug.exceptions import HTTPException

        seen = Request.from_primitives(request.method, request.url, request.headers, request.body)
        try:
            operation, labels = self._router.match(seen)
        except (HTTPException, NotImplementedError):
            raise HttpError("UnknownOperationException", "", 404) from None
        values = seen.values if "Action" in request.form else seen.args
        places = {"headers": seen.headers, "values": values, "url_params": labels}
        parser = self._parser(operation, timestamp_parser=moment)
        try:
            found = parser.parse({**places, "body": seen.data, "method": seen.method})
        except (
            RequestParserError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RecursionError,
        ):
            raise HttpError("SerializationException", "The request can't be read.") from None
        members = {} if operation.input_shape is None else operation.input_shape.members
        return operation.name, {
            name: value
            for name, value in found.items()
            if value not in (None, UNDEFINED)
            and (value not in ({}, []) or "location" not in members[name].serialization)
        }

    def answer(self, operation: str, result: Mapping[str, Any], request_id: str) -> Response:
        """Write the response of an operation."""
        from moto.core.serialize import SerializationContext

        context = SerializationContext(request_id)
        made = self._serializer(self._model.operation_model(operation), context).serialize(result)
        status, headers, body = (made[part] for part in ("status_code", "headers", "body"))
        if isinstance(body, str):
            body = body.encode()
        return int(status), dict(headers), body

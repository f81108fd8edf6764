"""REST protocols: an operation has its own method and path, and parameters in many places.

A parameter is in the path, the query, a header or the body, which is JSON or XML. The model of the
service says where.

Notes
-----
AWS pages: "Amazon S3 API Reference"; "AWS Lambda API Reference"; the AWS protocols of Smithy,
"restJson1" and "restXml".
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from datetime import UTC
from email.utils import format_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from iamlab.clients.wire_values import (
    HttpError,
    from_json,
    from_text,
    from_xml,
    members_to_xml,
    name_of,
    read_json,
    read_xml,
    to_json,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.clients.wire import HttpRequest

_LABEL = re.compile(r"\{(\w+)(\+?)\}")
_PLACES = ("uri", "querystring", "header")


class Route:
    """An operation's method and path, as its model declares them."""

    def __init__(self, operation: Any) -> None:
        self.name: str = operation.name
        self.shape: Any = operation.input_shape
        self._method: str = operation.http["method"]
        path, _, query = operation.http["requestUri"].partition("?")
        pairs = (pair.partition("=") for pair in query.split("&") if pair)
        self._query = {name: value for name, _, value in pairs}
        self._labels = dict(_LABEL.findall(path))
        parts = re.split(r"(\{\w+\+?\})", path)
        self._path = re.compile(
            "".join(
                re.escape(part)
                if not (label := _LABEL.fullmatch(part))
                else f"(?P<{label[1]}>.+)"
                if label[2]
                else f"(?P<{label[1]}>[^/]+)"
                for part in parts
            )
            + "/?",
            re.DOTALL,
        )
        members = {} if self.shape is None else self.shape.members
        self._needed = [
            (members[name].serialization["location"], members[name].serialization["name"])
            for name in (() if self.shape is None else self.shape.required_members)
            if members[name].serialization.get("location") in ("querystring", "header")
        ]
        found = (len(self._query) + len(self._needed), -len(self._labels), len(path))
        self.weight = (*found, not operation.deprecated)

    def fits(self, request: HttpRequest, query: Mapping[str, list[str]]) -> bool:
        """Return whether a request is for this operation."""
        return (
            request.method == self._method
            and self._path.fullmatch(_path(request)) is not None
            and all(
                name in query and (not value or value in query[name])
                for name, value in self._query.items()
            )
            and all(
                name in query if place == "querystring" else name.lower() in request.headers
                for place, name in self._needed
            )
        )

    def read(
        self, request: HttpRequest, query: Mapping[str, list[str]], *, is_json: bool
    ) -> dict[str, Any]:
        """Read the parameters of a request."""
        if self.shape is None:
            return {}
        found = self._path.fullmatch(_path(request))
        labels = {} if found is None else found.groupdict()
        made = {}
        for name, member in self.shape.members.items():
            place, wire_name = member.serialization.get("location"), name_of(member, name)
            value = None
            if place == "uri":
                value = from_text(unquote(labels[wire_name]), member)
            elif place == "querystring":
                value = _in_query(wire_name, member, query)
            elif place == "header" and wire_name.lower() in request.headers:
                value = from_text(request.headers[wire_name.lower()], member, is_header=True)
            elif place == "headers":
                value = _with_prefix(wire_name.lower(), request.headers)
            if value is not None:
                made[name] = value
        return {**made, **_from_body(request.body, self.shape, is_json=is_json)}


def _path(request: HttpRequest) -> str:
    return urlsplit(request.url).path or "/"


def _with_prefix(prefix: str, headers: Mapping[str, str]) -> dict[str, str] | None:
    found = {
        name[len(prefix) :]: value for name, value in headers.items() if name.startswith(prefix)
    }
    return found or None


def _in_query(name: str, shape: Any, query: Mapping[str, list[str]]) -> Any:
    """Read a parameter of the query; a map has all parameters."""
    if shape.type_name == "map":
        return {key: values[-1] for key, values in query.items()}
    if name not in query:
        return None
    if shape.type_name == "list":
        return [from_text(value, shape.member) for value in query[name]]
    return from_text(query[name][-1], shape)


def _from_body(body: bytes, shape: Any, *, is_json: bool) -> dict[str, Any]:
    """Read the parameters in the body: one as the whole body, or all without another place."""
    payload = shape.serialization.get("payload")
    if payload is None:
        inside = {
            name: member
            for name, member in shape.members.items()
            if member.serialization.get("location") is None
        }
        if not inside or not body:
            return {}
        read = from_json(read_json(body), shape) if is_json else from_xml(read_xml(body), shape)
        return {name: value for name, value in read.items() if name in inside}
    member = shape.members[payload]
    if not body:
        return {}
    if member.type_name == "blob":
        return {payload: body}
    if member.type_name == "string":
        return {payload: body.decode("utf-8", "replace")}
    value = from_json(read_json(body), member) if is_json else from_xml(read_xml(body), member)
    return {payload: value}


class Router:
    """Finds the operation of a request.

    Parameters
    ----------
    model
        The service's model, of botocore.
    """

    def __init__(self, model: Any, *, is_json: bool) -> None:
        self._model, self._is_json = model, is_json

    @cached_property
    def _routes(self) -> list[Route]:
        every = (Route(self._model.operation_model(name)) for name in self._model.operation_names)
        return sorted(every, key=lambda route: route.weight, reverse=True)

    def parse(self, request: HttpRequest) -> tuple[str, dict[str, Any]]:
        """Read the operation and its parameters.

        Raises
        ------
        HttpError
            There is no such operation, or a parameter has another type.
        """
        query: dict[str, list[str]] = {}
        for name, value in request.query:
            query.setdefault(name, []).append(value)
        for route in self._routes:
            if route.fits(request, query):
                return route.name, route.read(request, query, is_json=self._is_json)
        raise HttpError("UnknownOperationException", "", 404)

    def name_of(self, request: HttpRequest) -> str:
        """Return the name of the operation; empty if there is none."""
        query = {name: [value] for name, value in request.query}
        return next((route.name for route in self._routes if route.fits(request, query)), "")


# -- responses ------------------------------------------------------------------------------------


def answered(
    result: Mapping[str, Any], operation: Any, space: str, *, is_json: bool
) -> tuple[int, dict[str, str], bytes]:
    """Write the response of an operation: its status, headers and body."""
    shape, status = operation.output_shape, int(operation.http.get("responseCode", 200))
    if shape is None:
        return status, {}, b"{}" if is_json else b""
    headers = dict(_headers(result, shape))
    code = next(
        (
            result[name]
            for name, member in shape.members.items()
            if member.serialization.get("location") == "statusCode" and name in result
        ),
        status,
    )
    return int(code), headers, _body(result, shape, space, is_json=is_json)


def _headers(result: Mapping[str, Any], shape: Any) -> Iterator[tuple[str, str]]:
    for name, member in shape.members.items():
        place, value = member.serialization.get("location"), result.get(name)
        if value is None or place not in ("header", "headers"):
            continue
        wire_name = name_of(member, name)
        if place == "headers":
            yield from ((f"{wire_name}{key}", str(item)) for key, item in value.items())
        elif member.serialization.get("jsonvalue"):
            yield wire_name, b64encode(json.dumps(value).encode()).decode()
        elif member.type_name == "timestamp":
            yield wire_name, format_datetime(value.astimezone(UTC), usegmt=True)
        elif member.type_name == "list":
            yield wire_name, ", ".join(map(str, value))
        else:
            yield wire_name, written(value, member.type_name)


def _body(result: Mapping[str, Any], shape: Any, space: str, *, is_json: bool) -> bytes:
    payload = shape.serialization.get("payload")
    if payload is not None:
        member, value = shape.members[payload], result.get(payload)
        if member.type_name in ("blob", "string"):
            return value if isinstance(value, bytes) else str(value or "").encode()
        shape, result = member, value or {}
        name = name_of(member, member.name)
    else:
        name = name_of(shape, shape.name)
    inside = {
        each: value
        for each, value in result.items()
        if each in shape.members and shape.members[each].serialization.get("location") is None
    }
    if is_json:
        return json.dumps(to_json(inside, shape)).encode()
    if not inside and payload is not None:
        return b""
    named = f' xmlns="{space}"' if space else ""
    return f"<{name}{named}>{members_to_xml(inside, shape)}</{name}>".encode()

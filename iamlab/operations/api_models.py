"""What AWS's APIs demand of each operation: parameters, patterns, limits, error codes.

The data are those of AWS's own client library; ``scripts/make_api_models.py`` makes them. IAM and
STS are there as a whole. Of other services there are the operations that iamlab has, and of their
parameters only the names and types: the operations check the values themselves, with the words of
their service.

Notes
-----
AWS pages: "IAM API Reference", "AWS STS API Reference" and those of the other services, the page of
each operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent.parent / "model" / "data"
WHOLE = ("iam", "sts")
"""Services whose APIs are there as a whole."""

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "timestamp": (object,),
    "list": (list, tuple),
    "structure": (Mapping,),
    "map": (Mapping,),
    "blob": (bytes, str),
}
"""Type of a shape -> the Python types of its values."""

OF_TAGS = r"\w \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
r"""Inside of brackets: letters, digits and spaces of every alphabet, as tags take them. AWS writes
``\p{L}\p{Z}\p{N}``, which Python's patterns do not know; a tab or a line break is no such space."""


_UNMODELLED = {
    "CreateRole": ("MaxSigninSessionDuration",),
    "UpdateRole": ("MaxSigninSessionDuration", "ResetMaxSigninSessionDuration"),
    "ListPolicies": ("PolicyUsageFilter",),
}
"""Operation of IAM -> its parameters that iamlab does not model."""


@dataclass(frozen=True)
class Shape:
    """What a value must be.

    Parameters
    ----------
    type
        ``string``, ``integer``, ``boolean``, ``timestamp``, ``list``, ``structure`` or ``map``.
    min, max
        The least and greatest length of a string or a list, or value of a number.
    pattern
        As AWS prints it.
    enum
        The texts that there are; none: any.
    member
        Of a list: the shape of what is in it.
    members, required
        Of a structure: its parts by name, and those that must be there.
    service
        Whose API it is of.
    """

    type: str
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    member: str = ""
    members: tuple[tuple[str, str], ...] = ()
    required: tuple[str, ...] = ()
    service: str = "iam"

    def of(self, name: str) -> Shape:
        """Give another shape of the same API."""
        return shape(name, self.service)

    @cached_property
    def matches(self) -> re.Pattern[str] | None:
        """The pattern as Python reads it; the letters are those of ASCII."""
        if self.pattern is None:
            return None
        pattern = self.pattern.replace(r"\p{L}\p{Z}\p{N}", OF_TAGS)
        return re.compile(pattern, 0 if pattern != self.pattern else re.ASCII)

    def fits(self, text: str) -> bool:
        """Say whether a text has such a length, and no other letters.

        Examples
        --------
        >>> [shape("tagKeyType", "sts").fits(text) for text in ("team", "", "sky*")]
        [True, False, False]
        """
        long_enough = (self.min or 0) <= len(text)
        short_enough = self.max is None or len(text) <= self.max
        letters = self.matches is None or self.matches.fullmatch(text) is not None
        return long_enough and short_enough and letters


@dataclass(frozen=True, slots=True)
class Signature:
    """An operation as the API declares it.

    Parameters
    ----------
    parameters
        Name to the name of its shape.
    required
        Those that must be given.
    errors
        The codes with which it may answer, beside those of every call.
    unmodelled
        The parameters that AWS has and iamlab does not model.
    """

    name: str
    parameters: dict[str, str]
    required: tuple[str, ...]
    errors: tuple[str, ...] = ()
    unmodelled: frozenset[str] = frozenset()


def file_of(service: str) -> Path:
    """Say where the data of an API are."""
    return _FOLDER / f"{service if service in WHOLE else 'services'}_model.json"


@cache
def _data(service: str = "iam") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(file_of(service).read_text("utf-8"))
    return data


def names(service: str = "iam") -> list[str]:
    """List all operations of an API, in alphabetical order.

    Examples
    --------
    >>> "CreateUser" in names(), len(names("sts"))
    (True, 12)
    """
    if service in WHOLE:
        return list(_data(service)["operations"])
    every = (key.partition(":") for key in _data("services")["operations"])
    return [name for prefix, _, name in every if prefix == service]


@cache
def signature(operation: str, service: str = "iam") -> Signature:
    """Give the signature of an operation.

    Examples
    --------
    >>> signature("CreateUser").required, signature("GetFederationToken", "sts").required
    (('UserName',), ('Name',))
    >>> signature("TagQueue", "sqs").parameters
    {'QueueUrl': 'string', 'Tags': 'map', 'Region': 'string'}
    """
    key = operation if service in WHOLE else f"{service}:{operation}"
    raw = _data(service if service in WHOLE else "services")["operations"][key]
    return Signature(
        operation,
        raw["parameters"],
        tuple(raw["required"]),
        tuple(raw.get("errors", ())),
        frozenset((*raw.get("unmodelled", ()), *_UNMODELLED.get(key, ()))),
    )


@cache
def shape(name: str, service: str = "iam") -> Shape:
    """Give a shape by its name; the parameters of other services have the name of their type.

    Examples
    --------
    >>> shape("userNameType").max, shape("userNameType", "sts").max
    (64, 32)
    """
    shapes = _data(service if service in WHOLE else "services")["shapes"]
    if name not in shapes and service not in WHOLE:
        return Shape(name, service=service)
    raw = shapes[name]
    return Shape(
        raw["type"],
        raw.get("min"),
        raw.get("max"),
        raw.get("pattern"),
        tuple(raw.get("enum", ())),
        raw.get("member", ""),
        tuple(raw.get("members", {}).items()),
        tuple(raw.get("required", ())),
        service,
    )


def python_name(parameter: str) -> str:
    """Write a name of the API as Python does.

    Examples
    --------
    >>> python_name("SAMLProviderArn"), python_name("MaxSessionDuration")
    ('saml_provider_arn', 'max_session_duration')
    """
    apart = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parameter)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", apart).lower()

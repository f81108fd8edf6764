"""The models of AWS's APIs: operations, and the shapes of their parameters.

The data come from AWS's client library; ``scripts/make_api_models.py`` makes them. IAM and STS are
complete. For other services, they contain the operations that iamlab models, with names and types
of the parameters: the operations check the values themselves, with the errors of their service.

Notes
-----
AWS pages: "IAM API Reference", for the patterns and limits of each parameter; "AWS STS API
Reference" and those of the other services, the page of each operation.
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
"""Services with a complete API."""

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
r"""Inside brackets: letters, digits and spaces of every alphabet, as in tags. AWS writes
``\p{L}\p{Z}\p{N}``, which Python's patterns don't have; it excludes tabs and line breaks."""


_UNMODELLED = {
    "CreateRole": ("MaxSigninSessionDuration",),
    "UpdateRole": ("MaxSigninSessionDuration", "ResetMaxSigninSessionDuration"),
}
"""Operation of IAM -> its parameters that iamlab doesn't model."""


@dataclass(frozen=True)
class Shape:
    """The shape of a value.

    Parameters
    ----------
    type
        ``string``, ``integer``, ``boolean``, ``timestamp``, ``list``, ``structure`` or ``map``.
    min, max
        The least and greatest length of a string or a list, or value of a number.
    pattern
        As AWS prints it.
    enum
        The allowed texts; empty: any text.
    member
        For a list: the shape of its items.
    members, required
        For a structure: its parts by name, and the required ones.
    service
        The service of the API.
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
        """Return another shape of the same API."""
        return shape(name, self.service)

    @cached_property
    def matches(self) -> re.Pattern[str] | None:
        """The pattern in Python's form, for ASCII characters."""
        if self.pattern is None:
            return None
        pattern = self.pattern.replace(r"\p{L}\p{Z}\p{N}", OF_TAGS)
        return re.compile(pattern, 0 if pattern != self.pattern else re.ASCII)

    def fits(self, text: str) -> bool:
        """Return whether a text has the length and the characters of the shape.

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
        Name -> the name of its shape.
    required
        The required parameters.
    errors
        The operation's error codes, without those of every call.
    unmodelled
        AWS's parameters that iamlab doesn't model.
    """

    name: str
    parameters: dict[str, str]
    required: tuple[str, ...]
    errors: tuple[str, ...] = ()
    unmodelled: frozenset[str] = frozenset()


def file_of(service: str) -> Path:
    """Return where an API's data are."""
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
    """Return the signature of an operation.

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
    """Return a shape by name; parameters of other services have the name of their type.

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
    """Return a name of the API in snake_case.

    Examples
    --------
    >>> python_name("SAMLProviderArn"), python_name("MaxSessionDuration")
    ('saml_provider_arn', 'max_session_duration')
    """
    apart = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", parameter)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", apart).lower()

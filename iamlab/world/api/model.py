"""What IAM's API demands of each operation: parameters, patterns, limits, error codes.

The data are those of AWS's own client library; ``scripts/make_iam_model.py`` makes them.

Notes
-----
AWS page: "IAM API Reference", the page of each operation.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "data/iam_model.json"


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
    """

    type: str
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    member: str = ""
    members: tuple[tuple[str, str], ...] = ()
    required: tuple[str, ...] = ()

    @cached_property
    def matches(self) -> re.Pattern[str] | None:
        """The pattern as Python reads it; IAM's letters are those of ASCII."""
        if self.pattern is None:
            return None
        # Tags take letters, spaces and digits of every alphabet, which Python writes otherwise.
        pattern = self.pattern.replace(r"\p{L}\p{Z}\p{N}", r"\w\s")
        return re.compile(pattern, 0 if pattern != self.pattern else re.ASCII)


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
    """

    name: str
    parameters: dict[str, str]
    required: tuple[str, ...]
    errors: tuple[str, ...]


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return data


def names() -> list[str]:
    """List all operations of IAM's API, in alphabetical order.

    Examples
    --------
    >>> "CreateUser" in names(), len(names()) > 170
    (True, True)
    """
    return list(_data()["operations"])


@cache
def signature(operation: str) -> Signature:
    """Give the signature of an operation.

    Examples
    --------
    >>> signature("CreateUser").required
    ('UserName',)
    """
    raw = _data()["operations"][operation]
    return Signature(operation, raw["parameters"], tuple(raw["required"]), tuple(raw["errors"]))


@cache
def shape(name: str) -> Shape:
    """Give a shape by its name.

    Examples
    --------
    >>> shape("userNameType").max
    64
    """
    raw = _data()["shapes"][name]
    return Shape(
        raw["type"],
        raw.get("min"),
        raw.get("max"),
        raw.get("pattern"),
        tuple(raw.get("enum", ())),
        raw.get("member", ""),
        tuple(raw.get("members", {}).items()),
        tuple(raw.get("required", ())),
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

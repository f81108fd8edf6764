"""SAML metadata: of an identity provider's document, who speaks, and until when it is valid.

The document comes from outside, so it is read as it streams by, and refused as soon as it declares
a document type: without one there are no entities that could grow.

Notes
-----
AWS page: "Create a SAML identity provider in IAM".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from xml.parsers import expat

from iamlab.errors import InvalidInput

_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_ROOT, _PROVIDER = f"{_METADATA} EntityDescriptor", f"{_METADATA} IDPSSODescriptor"
_DEFAULT = timedelta(days=36_525)
"""So long AWS takes metadata for valid that do not say it: a hundred years."""


@dataclass(frozen=True, slots=True)
class SAMLMetadata:
    """What IAM reads in the metadata."""

    issuer: str
    valid_until: datetime


class _Wrong(Exception):  # noqa: N818 - it is caught where it is raised
    """What makes the document none."""


class _Reader:
    """Takes note of the outermost element, and of whether it describes an identity provider."""

    def __init__(self) -> None:
        self.root: dict[str, str] | None = None
        self.describes_provider = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.root is None:
            if name != _ROOT or not attributes.get("entityID"):
                raise _Wrong("The outermost element is an EntityDescriptor with an entityID.")
            self.root = attributes
        self.describes_provider |= name == _PROVIDER

    @staticmethod
    def doctype(*_: Any) -> None:
        raise _Wrong("A document type is not allowed.")


def read(text: str, now: datetime) -> SAMLMetadata:
    """Read metadata.

    Parameters
    ----------
    now
        When they are uploaded.

    Raises
    ------
    InvalidInput
        They are none; in AWS's words, with the reason as a note.
    """
    reader = _Reader()
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.ParseFile(BytesIO(text.lstrip("\ufeff").encode()))
        return _found(reader, now)
    except (_Wrong, expat.ExpatError, UnicodeEncodeError, OverflowError) as wrong:
        error = InvalidInput("Could not parse metadata")
        error.add_note(str(wrong))
        raise error from None


def _found(reader: _Reader, now: datetime) -> SAMLMetadata:
    root = reader.root or {}
    if not reader.describes_provider:
        raise _Wrong("It describes no identity provider: there is no IDPSSODescriptor.")
    until = root.get("validUntil")
    if until is None:
        return SAMLMetadata(root["entityID"], now + _DEFAULT)
    try:
        valid_until = datetime.fromisoformat(until)
    except ValueError:
        raise _Wrong(f"validUntil is no time: {until[:40]}.") from None
    if valid_until.tzinfo is None:
        valid_until = valid_until.replace(tzinfo=UTC)
    return SAMLMetadata(root["entityID"], valid_until.astimezone(UTC))

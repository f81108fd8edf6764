"""The vocabulary of SAML messages to AWS, and a safe reader for XML from outside.

A document type can declare entities, which expand ("billion laughs") or name files of the reader's
computer. So a document with one is rejected before it is read; nothing is ever fetched.

Notes
-----
AWS pages: "Configure SAML assertions for the authentication response", for the attributes and what
condition keys they become; "AWS Sign-In endpoints and quotas". The rules for XML are those of the
package defusedxml, and of "XML Signature Best Practices" of the W3C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn
from xml.parsers import expat

from iamlab.display import has_stand_in
from iamlab.errors import noted
from iamlab.errors.sts import ExpiredTokenException, InvalidIdentityToken
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import XMLParser
    from lxml.etree import _Element as Element


_TABLES: Mapping[str, Any] = tables(__file__)
NAMESPACES: Mapping[str, str] = _TABLES["namespaces"]
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
BY_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

NAME_ID = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
"""The prefix that AWS omits from the format of a subject: ``persistent`` remains."""

UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
"""The format of a subject without one."""

OF_AWS = "https://aws.amazon.com/SAML/Attributes/"
ROLE = f"{OF_AWS}Role"
ROLE_SESSION_NAME = f"{OF_AWS}RoleSessionName"
SESSION_DURATION = f"{OF_AWS}SessionDuration"
SOURCE_IDENTITY = f"{OF_AWS}SourceIdentity"
TRANSITIVE_TAG_KEYS = f"{OF_AWS}TransitiveTagKeys"
PRINCIPAL_TAG = f"{OF_AWS}PrincipalTag:"
"""The tag's key follows."""

SIGN_IN = "https://signin.aws.amazon.com/saml"
"""The global sign-in endpoint for identity providers; Regions have their own."""


@dataclass(frozen=True, slots=True)
class Door:
    """The names of a partition of AWS in SAML.

    Parameters
    ----------
    host
        The host of its sign-in endpoint.
    urn
        Its other name, as an audience.
    """

    host: str
    urn: str

    def is_recipient(self, text: str, provider_id: str = "") -> bool:
        """Return whether a text is the URL of a sign-in endpoint, global or regional.

        Parameters
        ----------
        provider_id
            The unique id of the SAML provider; the URL can end with it.

        Examples
        --------
        >>> DOORS["aws"].is_recipient("https://eu-west-1.signin.aws.amazon.com/saml")
        True
        >>> DOORS["aws"].is_recipient("https://evil.example/saml")
        False
        """
        found = re.fullmatch(_ENDPOINT, text)
        return (
            found is not None
            and found["host"] == self.host
            and (found["id"] is None or found["id"] == provider_id)
        )

    def is_audience(self, text: str) -> bool:
        """Return whether a text names AWS as an audience."""
        return text == self.urn or self.is_recipient(text)


_ENDPOINT = r"https://([a-z]+(-[a-z]+)+-\d+\.)?(?P<host>signin\.[a-z.-]+)/saml(/acs/(?P<id>\w+))?"

DOORS = {partition: Door(*names) for partition, names in _TABLES["doors"].items()}
"""By partition."""


CLAIMS_OF_AD = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
GROUP = "http://schemas.xmlsoap.org/claims/Group"
"""The person's groups, which AWS ignores."""

CLAIMS: dict[str, str] = _TABLES["claims"]
"""Well-known attribute -> its condition key for trust policies."""


def tag(name: str) -> str:
    """Return the name of an element in lxml's form.

    Examples
    --------
    >>> tag("saml:Issuer")
    '{urn:oasis:names:tc:SAML:2.0:assertion}Issuer'
    """
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


@cache
def _attributes() -> dict[str, str]:
    """Return the names of attributes by the last part of their condition keys, in lower case."""
    found: dict[str, str] = {}
    for name, key in CLAIMS.items():
        found.setdefault(key.partition(":")[2].lower(), name)
    return found


def attribute_name(name: str) -> str:
    """Return the full name of a directory's short name.

    Examples
    --------
    >>> attribute_name("eduPersonAffiliation"), attribute_name("cn")
    ('urn:oid:1.3.6.1.4.1.5923.1.1.1.1', 'urn:oid:2.5.4.3')
    >>> attribute_name("department")
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/department'
    """
    if ":" in name:
        return name
    return _attributes().get(name.lower(), f"{CLAIMS_OF_AD}{name}")


_DEEPEST = 50
"""How deep elements can be nested; real messages need about a dozen levels."""


class _Guard:
    """Reads a document as a stream, and stops at forbidden parts."""

    def __init__(self) -> None:
        self.depth = 0

    def start(self, *_: Any) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"its elements are nested more than {_DEEPEST} deep")

    def end(self, *_: Any) -> None:
        self.depth -= 1

    @staticmethod
    def doctype(*_: Any) -> NoReturn:
        raise ValueError("it has a document type, which could declare entities")


@has_stand_in("lxml")
def etree() -> Any:
    """Return lxml, with the prefixes of SAML."""
    from lxml import etree

    for prefix, address in NAMESPACES.items():
        etree.register_namespace(prefix, address)
    return etree


def parse(document: bytes) -> Element:
    """Read a document; return its outermost element.

    Raises
    ------
    ValueError
        It isn't XML in UTF-8, has a document type, or is too deep; the text has the reason.

    Examples
    --------
    >>> parse(b"<a><b/></a>").tag
    'a'
    >>> parse(b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>')
    Traceback (most recent call last):
    ...
    ValueError: it has a document type, which could declare entities
    """
    guard = _Guard()
    watch = expat.ParserCreate("utf-8")
    watch.StartElementHandler, watch.EndElementHandler = guard.start, guard.end
    watch.StartDoctypeDeclHandler = guard.doctype
    try:
        watch.Parse(document, True)  # noqa: FBT003 - expat takes it by place only
        return etree().fromstring(document, parser())
    except (expat.ExpatError, etree().ParseError) as error:
        raise ValueError(f"it isn't well-formed XML: {error}") from None


@has_stand_in("lxml")
def parser() -> XMLParser | None:
    """Make a parser that fetches nothing, resolves nothing and accepts no other encoding."""
    from lxml import etree

    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
    )


def every(element: Element, path: str) -> list[Element]:
    """Find elements below one, by a path such as ``saml:Subject/saml:NameID``."""
    found: list[Element] = element.findall(path, NAMESPACES)
    return found


def text_of(element: Element) -> str:
    """Return the text of an element that contains nothing else.

    A comment would split it, and a reader that takes only the first part would read another name
    than the signed one.

    Raises
    ------
    ValueError
        It contains other elements, comments or processing instructions.

    Examples
    --------
    >>> text_of(parse(b"<a> ana@acme.example </a>"))
    'ana@acme.example'
    >>> text_of(parse(b"<a>ana@acme.example<!---->.evil.example</a>"))
    Traceback (most recent call last):
    ...
    ValueError: the text of a contains a comment or an element
    """
    if len(element):
        name = element.tag.rpartition("}")[2]
        raise ValueError(f"the text of {name} contains a comment or an element")
    return (element.text or "").strip()


INVALID = "Your request included an invalid SAML response."


def invalid(note: str, sentence: str = INVALID) -> InvalidIdentityToken:
    """Make the error for a response that STS rejects.

    Examples
    --------
    >>> error = invalid("There is no Role attribute.")
    >>> print(error, *error.__notes__, sep=chr(10))
    InvalidIdentityToken: Your request included an invalid SAML response.
    There is no Role attribute.
    """
    return noted(InvalidIdentityToken(sentence), note)


def expired(note: str, sentence: str = "Response has expired") -> ExpiredTokenException:
    """Make the error for an expired response."""
    return noted(ExpiredTokenException(sentence), note)


def shown(text: str) -> str:
    """Return a sent text for a note: in ASCII and shortened.

    Examples
    --------
    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'"
    """
    return ascii(text if len(text) <= 60 else f"{text[:60]}...")

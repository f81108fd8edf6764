"""XML that comes from outside, read with care.

A document type can declare entities, which grow ("billion laughs") or name files of the reader's
computer. So a document that has one is refused before any of it is read; nothing is ever fetched.

Notes
-----
The rules are those of the package defusedxml, and of "XML Signature Best Practices" of the W3C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn
from xml.parsers import expat

from iamlab.world.federation.saml_names import NAMESPACES

if TYPE_CHECKING:
    from lxml.etree import XMLParser
    from lxml.etree import _Element as Element

_DEEPEST = 50
"""So deep elements may stand in each other; real messages need about a dozen."""


class _Guard:
    """Looks at a document as it streams by, and stops at what is not wanted."""

    def __init__(self) -> None:
        self.depth = 0

    def start(self, *_: Any) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"its elements stand in each other more than {_DEEPEST} deep")

    def end(self, *_: Any) -> None:
        self.depth -= 1

    @staticmethod
    def doctype(*_: Any) -> NoReturn:
        raise ValueError("it has a document type, which could declare entities")


def parse(document: bytes) -> Element:
    """Read a document, and give its outermost element.

    Raises
    ------
    ValueError
        It is no XML in UTF-8, has a document type, or is too deep; the text says which.

    Examples
    --------
    >>> parse(b"<a><b/></a>").tag
    'a'
    >>> parse(b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>')
    Traceback (most recent call last):
    ...
    ValueError: it has a document type, which could declare entities
    """
    from lxml import etree

    guard = _Guard()
    watch = expat.ParserCreate("utf-8")
    watch.StartElementHandler, watch.EndElementHandler = guard.start, guard.end
    watch.StartDoctypeDeclHandler = guard.doctype
    try:
        watch.Parse(document, True)  # noqa: FBT003 - expat takes it by place only
        return etree.fromstring(document, parser())
    except (expat.ExpatError, etree.XMLSyntaxError) as error:
        raise ValueError(f"it is no well-formed XML: {error}") from None


def parser() -> XMLParser:
    """Make a parser that fetches nothing, resolves nothing and believes no other encoding."""
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
    """Give all the text of an element that holds nothing else.

    A comment would cut it in two, and who takes only the first part reads another name than the
    one that was signed.

    Raises
    ------
    ValueError
        It holds other elements, comments or processing instructions.

    Examples
    --------
    >>> text_of(parse(b"<a> ana@acme.example </a>"))
    'ana@acme.example'
    >>> text_of(parse(b"<a>ana@acme.example<!---->.evil.example</a>"))
    Traceback (most recent call last):
    ...
    ValueError: the text of a is interrupted
    """
    if len(element):
        raise ValueError(f"the text of {element.tag.rpartition('}')[2]} is interrupted")
    return (element.text or "").strip()

"""Which part of a SAML response its identity provider signed: only that may be read.

A signature names by its ID what it signs, and that can stand anywhere in the message. An attacker
who has one genuine assertion puts it aside, where nobody reads, and a forged one in its place
("signature wrapping"). So nothing is taken from the message itself: signxml gives what the
signature covers, and that must be the very element that holds the signature.

The key is that of a certificate in the metadata that the account uploaded. A certificate in the
message is not looked at, since everybody can enclose one of their own. Nor are the dates of a
certificate: the metadata vouch for it, and a world has a time of its own.

Notes
-----
AWS page: "Create a SAML identity provider in IAM". Standards: "Assertions and Protocols for SAML
2.0", section 5.4; "XML Signature Best Practices".
"""

from __future__ import annotations

from base64 import b64decode
from functools import cache
from typing import TYPE_CHECKING

from iamlab.operations.federation.saml_xml import every, parse, parser, tag, text_of

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from lxml.etree import _Element as Element
    from signxml.verifier import SignatureConfiguration

_METHODS = (
    *("RSA_SHA256", "RSA_SHA384", "RSA_SHA512", "ECDSA_SHA256", "ECDSA_SHA384", "ECDSA_SHA512"),
    *("SHA256_RSA_MGF1", "SHA384_RSA_MGF1", "SHA512_RSA_MGF1"),
)
_DIGESTS = ("SHA256", "SHA384", "SHA512")

_PLACES = {"./": "samlp:Response", f"./{tag('saml:Assertion')}/": "saml:Assertion"}
"""Where a signature may stand, and in what: the response's own, and the assertion's own."""


def signing_certificates(metadata: str) -> tuple[Certificate, ...]:
    """Give the certificates with which an identity provider says that it signs.

    There may be several, so that it can change from one to the next. What cannot be read, or says
    that it is for encryption, is left out.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.saml_directory import create_directory
    >>> acme = create_directory(World(seed=7))
    >>> signing_certificates(acme.metadata()) == (acme.certificate(),)
    True
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import load_der_x509_certificate

    try:
        root = parse(metadata.lstrip("\ufeff").encode())
    except ValueError:
        return ()
    found = []
    for key in every(root, "md:IDPSSODescriptor/md:KeyDescriptor"):
        if key.get("use", "signing") != "signing":
            continue
        for element in every(key, "ds:KeyInfo/ds:X509Data/ds:X509Certificate"):
            try:
                certificate = load_der_x509_certificate(b64decode(text_of(element)))
                certificate.public_key()  # which may be of a kind that nobody knows
            except (ValueError, UnsupportedAlgorithm):
                continue
            found.append(certificate)
    return tuple(found)


def signed_assertion(response: Element, certificates: tuple[Certificate, ...]) -> Element:
    """Give the assertion of a response as its identity provider signed it.

    Parameters
    ----------
    response
        The outermost element, of which nothing is to be believed.

    Raises
    ------
    ValueError
        It is not signed, or by somebody else, or the signature is for something else; the text
        says which.
    """
    assertion = _only_assertion(response)
    found: Element | None = None
    for place, name in _PLACES.items():
        holder = response if place == "./" else assertion
        if every(holder, "ds:Signature"):  # each must be right
            found = _covered(response, place, certificates)
            if found.tag != tag(name) or found.get("ID") != holder.get("ID"):
                raise ValueError(f"the signature in the {name} is for something else")
    if found is None:
        raise ValueError("neither the response nor its assertion is signed")
    return found if found.tag == tag("saml:Assertion") else _only_assertion(found)


def _only_assertion(response: Element) -> Element:
    """Give the one assertion: anywhere else in the message there must be no other."""
    found = list(response.iter(tag("saml:Assertion")))
    if len(found) != 1 or found[0].getparent() is not response:
        raise ValueError("there must be one assertion, directly in the response")
    return found[0]


def _covered(response: Element, place: str, certificates: tuple[Certificate, ...]) -> Element:
    """Give what the signature at a place covers."""
    from signxml.verifier import XMLVerifier

    why = "the metadata name no certificate for signing"
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(
                response,
                x509_cert=certificate,
                parser=parser(),
                id_attribute="ID",
                expect_config=_expected(place),
            )
        except Exception as error:  # noqa: BLE001 - whatever signxml stumbles over was sent to us
            why = f"{type(error).__name__}: {error}"
            continue
        if not isinstance(result, list) and result.signed_xml is not None:
            return result.signed_xml
        why = "what is signed is no XML"
    raise ValueError(why[:300])


@cache
def _expected(place: str) -> SignatureConfiguration:
    """Say what signatures are taken: one reference, no SHA-1, and no keys that both sides know."""
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.verifier import SignatureConfiguration

    return SignatureConfiguration(
        location=place,
        expect_references=1,
        signature_methods=frozenset(SignatureMethod[name] for name in _METHODS),
        digest_algorithms=frozenset(DigestAlgorithm[name] for name in _DIGESTS),
    )

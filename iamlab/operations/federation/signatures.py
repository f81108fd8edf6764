"""Keys and signatures of identity providers: tokens signed, and SAML responses checked.

The keys of test providers follow from the world's seed. So no key is stored in a file or in the
source, and the same seed gives the same tokens. They protect nothing: anyone who knows the seed can
compute them. A certificate contains a public key with its owner's name, and is self-signed.
Accounts trust it because it is in uploaded metadata, not because of an authority. Its dates are
wide, because a world's time differs from the computer's, and nobody checks them.

A JSON Web Token is two JSON texts and a signature over both, each in base64url, separated by dots.
Everybody can read it; only the holder of the private key can create one whose signature matches the
public key.

The signature in a SAML response names the signed element by its ID, which can be anywhere in the
message. An attacker with a genuine assertion moves it to a place that isn't read, and puts a forged
one in its place ("signature wrapping"). So nothing is read from the message itself: signxml returns
the signed element, and that must be the element with the signature. Certificates in the message are
ignored, because anyone can include their own.

Notes
-----
AWS pages: "API AssumeRoleWithWebIdentity", for the algorithms of tokens; "Create a SAML identity
provider in IAM", for the certificate in the metadata. RFC 7515 "JSON Web Signature", RFC 7517 "JSON
Web Key", RFC 7638 "JSON Web Key Thumbprint"; "Assertions and Protocols for SAML 2.0", section 5.4;
"XML Signature Best Practices".
"""

from __future__ import annotations

import json
import random
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from functools import cache, lru_cache
from hashlib import sha256
from math import gcd, prod
from typing import TYPE_CHECKING, Any, TypeAlias

from iamlab.display import has_stand_in
from iamlab.errors import RequestError
from iamlab.model.clock_and_ids import HEX
from iamlab.operations.federation.saml_xml import every, parse, parser, tag, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate
    from lxml.etree import _Element as Element
    from signxml.verifier import SignatureConfiguration

    from iamlab.model.world import World


_EXPONENT = 65_537
_BITS = 2048
_SMALL_ODD_NUMBERS = prod(range(3, 2000, 2))


@has_stand_in("cryptography")
def rsa_key(world: World, whose: str) -> RSAPrivateKey:
    """Return an owner's RSA key of 2,048 bits.

    Parameters
    ----------
    whose
        Any text; each text gives another key.

    Examples
    --------
    >>> from iamlab import World
    >>> one, again = (rsa_key(World(seed=7), "directory 1") for _ in range(2))
    >>> one.key_size, one.private_numbers() == again.private_numbers()
    (2048, True)
    """
    return _rsa(seed_for(world, "rsa", whose))


@has_stand_in("cryptography")
def ec_key(world: World, whose: str) -> EllipticCurvePrivateKey:
    """Return an owner's key on the curve P-384, as ES384 needs it."""
    from cryptography.hazmat.primitives.asymmetric import ec

    draw = random.Random(seed_for(world, "ec", whose))
    return ec.derive_private_key(draw.getrandbits(380) | 1, ec.SECP384R1())


def seed_for(world: World, kind: str, whose: str) -> str:
    """Return the text from which an owner's key follows."""
    return world.ids.hidden(f"signing key/{kind}/{whose}", HEX, 64)


@lru_cache(maxsize=64)
def _rsa(seed: str) -> RSAPrivateKey:
    """Make a key from two random primes with a seed."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    draw = random.Random(seed)
    p, q = _prime(draw), _prime(draw)
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(
        p,
        q,
        private,
        rsa.rsa_crt_dmp1(private, p),
        rsa.rsa_crt_dmq1(private, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(_EXPONENT, p * q),
    ).private_key()


def _prime(draw: random.Random) -> int:
    """Return a random prime of half the key's length, with its two highest bits set."""
    size = _BITS // 2
    while True:
        number = draw.getrandbits(size) | (3 << (size - 2)) | 1
        if gcd(number - 1, _EXPONENT) == 1 and _is_prime(number, draw):
            return number


def _is_prime(number: int, draw: random.Random) -> bool:
    """Return whether a random number is prime, by Fermat's test, which is wrong for very few.

    Twenty bases are drawn, though only the first five are tried, so that worlds keep their keys.
    """
    bases = (draw.randrange(2, number - 1) for _ in range(20))
    return gcd(number, _SMALL_ODD_NUMBERS) == 1 and all(
        place >= 5 or pow(base, number - 1, number) == 1 for place, base in enumerate(bases)
    )


_FROM = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_LONGEST_NAME = 64  # of a common name, in X.520


@has_stand_in("cryptography")
def certificate_of(key: RSAPrivateKey, name: str, serial_number: int) -> Certificate:
    """Make the certificate of a key, which follows from the arguments.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.signatures import rsa_key
    >>> made = certificate_of(rsa_key(World(seed=7), "acme"), "Acme signing", 1)
    >>> made.subject.rfc4514_string(), made.issuer == made.subject
    ('CN=Acme signing', True)
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    whose = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:_LONGEST_NAME])])
    return (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(serial_number)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .sign(key, hashes.SHA256())
    )


@has_stand_in("cryptography")
def der_of(certificate: Certificate) -> bytes:
    """Return a certificate as it is in metadata."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


SigningKey: TypeAlias = "RSAPrivateKey | EllipticCurvePrivateKey"
"""The private key of an issuer."""

ALGORITHMS = {"RS256": "SHA256", "RS384": "SHA384", "RS512": "SHA512", "ES384": "SHA384"}
"""The signature algorithms of issuers, with their hash."""

_OF_THE_KEY = ("crv", "e", "kty", "n", "x", "y")  # the members in a thumbprint

_BYTES_OF_P384 = 48


def signing_key(world: World, whose: str, algorithm: str) -> SigningKey:
    """Return an owner's private key for an algorithm, from the world's seed."""
    return rsa_key(world, whose) if algorithm.startswith("RS") else ec_key(world, whose)


@has_stand_in("cryptography")
def public_jwk(key: SigningKey, algorithm: str) -> dict[str, str]:
    """Return the public key as a JSON Web Key; its id follows from the key.

    Examples
    --------
    >>> from iamlab import World
    >>> key = signing_key(World(seed=7), "acme", "ES384")
    >>> sorted(public_jwk(key, "ES384"))
    ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']
    """
    import jwt.algorithms as kinds

    kind: Any = kinds.RSAAlgorithm if algorithm.startswith("RS") else kinds.ECAlgorithm
    written = kind.to_jwk(key.public_key(), as_dict=True)
    own = {name: str(written[name]) for name in _OF_THE_KEY if name in written}
    key_id = base64url(sha256(_json(own)).digest())
    return {**own, "alg": algorithm, "kid": key_id, "use": "sig"}


class OidcToken(str):
    """A signed token (JWT). It is a credential, so it isn't shown; it is a string everywhere else.

    Examples
    --------
    >>> OidcToken("e30.e30.c2ln")
    OidcToken(12 characters)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"OidcToken({len(self):,} characters)"


def signed_token(claims: Mapping[str, Any], key: SigningKey, algorithm: str) -> OidcToken:
    """Sign claims.

    Parameters
    ----------
    algorithm
        One of ``ALGORITHMS``, which fits the key's type.

    Raises
    ------
    RequestError
        JSON can't contain one of the claims.

    Examples
    --------
    >>> from iamlab import World
    >>> key = signing_key(World(seed=7), "acme", "ES384")
    >>> signed_token({"sub": "ana"}, key, "ES384").count(".")
    2
    """
    header = {"alg": algorithm, "kid": public_jwk(key, algorithm)["kid"], "typ": "JWT"}
    try:
        texts = [_json(header), _json(claims)]
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"A token's claims must be JSON: {error}.") from None
    signed = ".".join(map(base64url, texts))
    return OidcToken(f"{signed}.{base64url(signature_of(signed.encode(), key, algorithm))}")


@has_stand_in("cryptography")
def signature_of(signed: bytes, key: SigningKey, algorithm: str) -> bytes:
    """Sign deterministically.

    ``jwt.encode`` uses a random number for each signature on an elliptic curve, so the same seed
    wouldn't give the same tokens.
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

    digest = getattr(hashes, ALGORITHMS[algorithm])()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), digest)
    pair = utils.decode_dss_signature(
        key.sign(signed, ec.ECDSA(digest, deterministic_signing=True))
    )
    return b"".join(number.to_bytes(_BYTES_OF_P384, "big") for number in pair)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def base64url(value: bytes) -> str:
    """Return bytes as text, as in a token."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


_METHODS = (
    *("RSA_SHA256", "RSA_SHA384", "RSA_SHA512", "ECDSA_SHA256", "ECDSA_SHA384", "ECDSA_SHA512"),
    *("SHA256_RSA_MGF1", "SHA384_RSA_MGF1", "SHA512_RSA_MGF1"),
)
_DIGESTS = ("SHA256", "SHA384", "SHA512")

_PLACES = {"./": "samlp:Response", f"./{tag('saml:Assertion')}/": "saml:Assertion"}
"""The place of a signature and its element: the response's, and the assertion's."""


@has_stand_in("cryptography")
def signing_certificates(metadata: str) -> tuple[Certificate, ...]:
    """Return an identity provider's signing certificates.

    There can be several, for rotation. Unreadable certificates and those for encryption are left
    out.

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
                certificate.public_key()  # whose key type can be unknown
            except (ValueError, UnsupportedAlgorithm):
                continue
            found.append(certificate)
    return tuple(found)


@has_stand_in("signxml")
def signed_assertion(response: Element, certificates: tuple[Certificate, ...]) -> Element:
    """Return the assertion of a response, as signed by its identity provider.

    Parameters
    ----------
    response
        The outermost element, which isn't trusted.

    Raises
    ------
    ValueError
        It isn't signed, another provider signed it, or the signature is for another element; the
        text has the reason.
    """
    assertion = _only_assertion(response)
    found: Element | None = None
    for place, name in _PLACES.items():
        holder = response if place == "./" else assertion
        if every(holder, "ds:Signature"):  # each must be right
            found = _covered(response, place, certificates)
            if found.tag != tag(name) or found.get("ID") != holder.get("ID"):
                raise ValueError(f"the signature in the {name} is for another element")
    if found is None:
        raise ValueError("neither the response nor its assertion is signed")
    return found if found.tag == tag("saml:Assertion") else _only_assertion(found)


def _only_assertion(response: Element) -> Element:
    """Return the assertion, which must be the only one in the message."""
    found = list(response.iter(tag("saml:Assertion")))
    if len(found) != 1 or found[0].getparent() is not response:
        raise ValueError("there must be one assertion, directly in the response")
    return found[0]


def _covered(response: Element, place: str, certificates: tuple[Certificate, ...]) -> Element:
    """Return the element that the signature at a place covers."""
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
        except Exception as error:  # noqa: BLE001 - any failure of signxml comes from the sent text
            why = f"{type(error).__name__}: {error}"
            continue
        if not isinstance(result, list) and result.signed_xml is not None:
            return result.signed_xml
        why = "the signed part isn't XML"
    raise ValueError(why[:300])


@cache
def _expected(place: str) -> SignatureConfiguration:
    """Return which signatures are accepted: one reference, no SHA-1, no shared keys."""
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.verifier import SignatureConfiguration

    return SignatureConfiguration(
        location=place,
        expect_references=1,
        signature_methods=frozenset(SignatureMethod[name] for name in _METHODS),
        digest_algorithms=frozenset(DigestAlgorithm[name] for name in _DIGESTS),
    )

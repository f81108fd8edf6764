"""Stand-ins for compiled packages that no browser can install.

The functions have the names and parameters of those that they replace; the decorator
:func:`~iamlab.display.has_stand_in` calls them. So lessons show and decide the same in a browser,
with two differences. Tables aren't those of pandas. And an identity provider doesn't sign with a
private key: it seals with a secret that its world knows (HMAC, RFC 2104). So whoever can check a
seal can also make one, which no lesson does.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from copy import deepcopy
from hashlib import sha256
from hmac import compare_digest, digest
from importlib import import_module
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from iamlab.operations.federation import saml_xml
from iamlab.operations.federation import signatures as real
from iamlab.operations.federation.oidc_claims import NOT_VALID, refusal
from iamlab.operations.federation.saml_assertion import SamlAssertion
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.world import World
    from iamlab.operations.federation.web_identity import UnverifiedToken
    from iamlab.view.figure import Figure
    from iamlab.view.tables import VerdictTable

# -- pandas ----------------------------------------------------------------------------------------


class Frame(Table):
    """A table of iamlab; what only a table of pandas can do asks for pandas."""

    def __getitem__(self, _: object) -> object:
        return import_module("pandas")


def to_frame(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return rows as a table of iamlab, with the same cells.

    Examples
    --------
    >>> print(to_frame(["user", "keys"], [["ana", 2]]).as_text().strip())
    user  keys
    ────  ────
    ana      2
    """
    filled = (["" if cell is None else cell for cell in row] for row in rows)
    return Frame("", tuple(columns), tuple(map(tuple, filled)))


def figure_table(figure: Figure) -> Table:
    """Return the facts of a figure as a table."""
    names = dict.fromkeys(name for row in figure.rows for name in row)
    return to_frame(names, [[row.get(name) for name in names] for row in figure.rows])


def verdicttable_to_frame(found: VerdictTable) -> Table:
    """Return verdicts as a table of words."""
    words = [[str(decision.verdict) for decision in row] for row in found.decisions]
    return _named_rows(found.rows, found.columns, words)


def frame(matrix: AccessMatrix) -> Table:
    """Return an access matrix as yes and no."""
    pairs = range(len(matrix.pairs))
    cells = [[matrix.allowed(row, pair) for pair in pairs] for row in range(len(matrix.principals))]
    return _named_rows(matrix.principals, [" on ".join(pair) for pair in matrix.pairs], cells)


def _named_rows(
    names: Iterable[str], columns: Iterable[str], cells: Iterable[Sequence[object]]
) -> Table:
    rows = [(name, *row) for name, row in zip(names, cells, strict=True)]
    return to_frame(["", *columns], rows)


# -- cryptography: a secret in bytes is the private key, the public key and the certificate --------


def rsa_key(world: World, whose: str) -> bytes:
    """Return an owner's secret."""
    return real.seed_for(world, "secret", whose).encode()


ec_key = rsa_key


def certificate_of(key: bytes, *_: object) -> bytes:
    """Return the secret itself."""
    return key


der_of = certificate_of


def public_jwk(key: bytes, algorithm: str) -> dict[str, str]:
    """Return the secret as a JSON Web Key; its id follows from it."""
    key_id = sha256(key).hexdigest()[:43]
    return {"alg": algorithm, "k": key.decode(), "kid": key_id, "kty": "oct", "use": "sig"}


def signature_of(signed: bytes, key: bytes, _: str) -> bytes:
    """Return the seal of a token."""
    return digest(key, signed, "sha256")


def verified(token: UnverifiedToken, keys: Iterable[Mapping[str, str]]) -> Mapping[str, Any]:
    """Check a token's seal; return its claims."""
    signed, _, seal = token.text.rpartition(".")
    for key in keys:
        own = real.base64url(signature_of(signed.encode(), key["k"].encode(), ""))
        if key["kid"] == token.header.get("kid") and compare_digest(own, seal):
            return token.claims
    raise refusal(NOT_VALID, "Its issuer didn't sign it, or it was changed.")


def signing_certificates(metadata: str) -> tuple[bytes, ...]:
    """Return the secrets in a provider's metadata."""
    root = saml_xml.parse(metadata.encode())
    found = root.iter(saml_xml.tag("ds:X509Certificate"))
    return tuple(b64decode(saml_xml.text_of(element)) for element in found)


# -- OpenSSL ---------------------------------------------------------------------------------------


def scrypt_of(password: str, salt: bytes) -> bytes:
    """Return a hash of a made-up password. It is quick, so it protects less than scrypt."""
    return digest(salt, password.encode("utf-8", "surrogatepass"), "sha256")


# -- lxml and signxml ------------------------------------------------------------------------------


def etree() -> Any:
    """Return Python's own reader and writer of XML."""
    for prefix, address in saml_xml.NAMESPACES.items():
        ET.register_namespace(prefix, address)
    return ET


def parser() -> None:
    """Return no parser: Python's own fetches nothing and resolves nothing."""


def signed(response: Element, key: bytes, _: bytes) -> SamlAssertion:
    """Seal the assertion in a response; return the response as it is sent."""
    ET.indent(response)
    for assertion in saml_xml.every(response, "saml:Assertion"):
        saml_xml.every(assertion, "ds:Signature")[0].text = _seal_of(assertion, key)
    return SamlAssertion(b64encode(etree().tostring(response, encoding="utf-8")).decode())


def signed_assertion(response: Element, certificates: tuple[bytes, ...]) -> Element:
    """Return the assertion of a response, as sealed by its identity provider."""
    assertions = saml_xml.every(response, "saml:Assertion")
    seals = saml_xml.every(response, "saml:Assertion/ds:Signature")
    if len(assertions) != 1 or len(seals) != 1:
        raise ValueError("there must be one assertion with one signature")
    if seals[0].text not in [_seal_of(assertions[0], own) for own in certificates]:
        raise ValueError("another provider signed it, or it was changed")
    found: Element = assertions[0]
    return found


def _seal_of(assertion: Element, key: bytes) -> str:
    plain = deepcopy(assertion)
    saml_xml.every(plain, "ds:Signature")[0].text = None
    text = ET.canonicalize(ET.tostring(plain).decode(), rewrite_prefixes=True)
    return b64encode(digest(key, text.encode(), "sha256")).decode()

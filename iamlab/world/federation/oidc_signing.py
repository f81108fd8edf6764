"""JSON Web Tokens, as an issuer makes them: two texts of JSON, and a signature over both.

Each part is written in base64url, and dots stand between them. Everybody can read such a token;
nobody but the holder of the private key can make one whose signature fits the public key.

Notes
-----
RFC 7515 "JSON Web Signature", RFC 7517 "JSON Web Key", RFC 7638 "JSON Web Key Thumbprint". AWS
page: "API AssumeRoleWithWebIdentity", for the algorithms that STS takes.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

from iamlab.errors import RequestError
from iamlab.world.federation.signing_keys import ec_key, rsa_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from iamlab.world.world import World

SigningKey: TypeAlias = "RSAPrivateKey | EllipticCurvePrivateKey"
"""What an issuer signs with."""

ALGORITHMS = {"RS256": "SHA256", "RS384": "SHA384", "RS512": "SHA512", "ES384": "SHA384"}
"""How issuers here can sign, and with which hash."""

_OF_THE_KEY = ("crv", "e", "kty", "n", "x", "y")  # what a thumbprint is made of
_BYTES_OF_P384 = 48


def signing_key(world: World, whose: str, algorithm: str) -> SigningKey:
    """Give somebody's private key for an algorithm, from the world's seed."""
    return rsa_key(world, whose) if algorithm.startswith("RS") else ec_key(world, whose)


def public_jwk(key: SigningKey, algorithm: str) -> dict[str, str]:
    """Write the public half of a key as a JSON Web Key; its id follows from the key.

    Examples
    --------
    >>> from iamlab import World
    >>> key = signing_key(World(seed=7), "acme", "ES384")
    >>> sorted(public_jwk(key, "ES384"))
    ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    if isinstance(key, RSAPrivateKey):
        written = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        written = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    own = {name: str(written[name]) for name in _OF_THE_KEY if name in written}
    key_id = _base64url(sha256(_json(own)).digest())
    return {**own, "alg": algorithm, "kid": key_id, "use": "sig"}


def signed_token(claims: Mapping[str, Any], key: SigningKey, algorithm: str) -> str:
    """Sign claims.

    Parameters
    ----------
    algorithm
        One of ``ALGORITHMS``, of the key's kind.

    Raises
    ------
    RequestError
        JSON cannot hold one of the claims.

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
        raise RequestError(f"A token's claims are JSON, and these are not: {error}.") from None
    signed = ".".join(map(_base64url, texts))
    return f"{signed}.{_base64url(_signature(signed.encode(), key, algorithm))}"


def _signature(signed: bytes, key: SigningKey, algorithm: str) -> bytes:
    """Sign, in a way that gives the same signature each time.

    ``jwt.encode`` would draw a random number for each signature on an elliptic curve, so that the
    same seed would not give the same tokens.
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


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()

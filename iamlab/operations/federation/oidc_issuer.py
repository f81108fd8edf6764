"""A made-up OpenID Connect provider: it signs tokens, and publishes the keys that check them.

It stands for GitHub, a company's sign-in server, a Kubernetes cluster. IAM knows no secret of it:
an account registers its URL, and STS fetches the public keys from there.

JSON Web Tokens, as an issuer makes them: two texts of JSON, and a signature over both.

Each part is written in base64url, and dots stand between them. Everybody can read such a token;
nobody but the holder of the private key can make one whose signature fits the public key.

Notes
-----
AWS pages: "OIDC federation"; "Create an OpenID Connect (OIDC) identity provider in IAM"; "Pass
session tags in AWS STS", for the claims of tags. OpenID Connect Discovery 1.0, for the documents
that an issuer publishes.
RFC 7515 "JSON Web Signature", RFC 7517 "JSON Web Key", RFC 7638 "JSON Web Key Thumbprint". AWS
page: "API AssumeRoleWithWebIdentity", for the algorithms that STS takes.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from iamlab.engine.request import PROVIDER_HOSTS, check_text
from iamlab.errors import RequestError, ValidationError
from iamlab.operations.federation.oidc_claims import SOURCE_IDENTITY, TAGS
from iamlab.operations.federation.signing_keys import ec_key, rsa_key
from iamlab.operations.iam.identity_providers import name_of_url
from iamlab.operations.parameters import as_list

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from iamlab.model.account import Account
    from iamlab.model.providers import OpenIDConnectProvider
    from iamlab.model.world import World


_OWN_CLAIMS = ("aud", "exp", "iat", "iss", "jti", "nbf", "sub")
_HEX = "0123456789abcdef"


@dataclass(slots=True, eq=False)
class OidcIssuer:
    """An OpenID Connect provider outside of AWS; :func:`create_issuer` makes one.

    Parameters
    ----------
    url
        The ``iss`` of its tokens: where its keys are fetched.
    audience
        For whom its tokens are if nothing else is said.
    algorithm
        How it signs: ``RS256``, ``RS384``, ``RS512`` or ``ES384``.
    key_number
        Which of its keys it signs with now. No key is kept: each follows from the world's seed.
    is_online
        Whether its server answers. If not, nobody can check its tokens.
    issued
        How many tokens it has made.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> issuer = create_issuer(world, "https://id.acme.example", audience="star-maps")
    >>> issuer.register(main).arn
    'arn:aws:iam::111111111111:oidc-provider/id.acme.example'
    >>> issuer.token("ana").count(".")
    2
    """

    world: World = field(repr=False)
    url: str
    audience: str = "sts.amazonaws.com"
    algorithm: str = "RS256"
    key_number: int = 1
    is_online: bool = True
    issued: int = field(default=0, repr=False)

    def token(
        self,
        subject: str,
        *,
        audience: str | Iterable[str] | None = None,
        lifetime_seconds: int = 300,
        principal_tags: Mapping[str, str] | None = None,
        transitive_tag_keys: Iterable[str] = (),
        source_identity: str | None = None,
        **claims: Any,
    ) -> str:
        """Sign a token (JWT) that says who somebody is.

        Parameters
        ----------
        subject
            Whom it is about: its ``sub``.
        audience
            For whom it is, its ``aud``: one, or several.
        principal_tags, transitive_tag_keys
            The session tags that it carries, and which of them go on to the next session.
        source_identity
            Who stands behind the session, whatever roles follow.
        claims
            Further claims, whatever JSON can hold.

        Raises
        ------
        RequestError
            One of them is of the wrong kind, or a claim that the issuer itself sets.
        """
        check_text("subject", subject)
        own = sorted({*_OWN_CLAIMS} & {*claims})
        if own:
            raise RequestError(f"The issuer itself sets {', '.join(own)}.")
        now = int(self.world.clock.now.timestamp())
        said = {
            "iss": self.url,
            "sub": subject,
            "aud": self._audience(audience),
            "iat": now,
            "nbf": now,
            "exp": now + _seconds(lifetime_seconds),
            "jti": self._next_id(),
            **_session_claims(principal_tags, transitive_tag_keys, source_identity),
            **claims,
        }
        made = signed_token(said, self._key(self.key_number), self.algorithm)
        self.issued += 1
        return made

    def rotate_keys(self) -> None:
        """Sign with a new key from now on.

        Tokens of the key before it are still accepted, as its public half is still published;
        tokens of older keys are not.
        """
        self.key_number += 1

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Give what its server publishes: the public halves of the newest two keys.

        Examples
        --------
        >>> from iamlab import World
        >>> issuer = create_issuer(World(seed=7), "https://id.acme.example", algorithm="ES384")
        >>> issuer.rotate_keys()
        >>> [key["alg"] for key in issuer.jwks()["keys"]]
        ['ES384', 'ES384']
        """
        numbers = range(self.key_number, max(self.key_number - 2, 0), -1)
        return {"keys": [public_jwk(self._key(number), self.algorithm) for number in numbers]}

    def openid_configuration(self) -> dict[str, Any]:
        """Give what its server says of itself: where its keys are, and how it signs."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url.rstrip('/')}/.well-known/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            "claims_supported": list(_OWN_CLAIMS),
            "scopes_supported": ["openid"],
        }

    def register(
        self, account: Account, *, client_ids: Iterable[str] | None = None
    ) -> OpenIDConnectProvider:
        """Make it an identity provider of an account (``CreateOpenIDConnectProvider``).

        Parameters
        ----------
        client_ids
            The audiences whose tokens the account takes; the issuer's own if nothing is said.

        Raises
        ------
        EntityAlreadyExists
            It is one already.
        RequestError
            The account is of another world, or IAM knows this issuer without being told.
        """
        if account.world is not self.world:
            raise RequestError(f"{account.name} is an account of another world.")
        if self.url.removeprefix("https://") in PROVIDER_HOSTS:
            raise RequestError(
                f"IAM knows {self.url} already: a trust policy names it without an ARN."
            )
        ids = [self.audience] if client_ids is None else as_list(client_ids, "client_ids is a list")
        return account.create_open_id_connect_provider(self.url, client_id_list=ids)

    def copy(self, world: World) -> OidcIssuer:
        """Copy it for another world, a copy of its own."""
        return replace(self, world=world)

    def _key(self, number: int) -> SigningKey:
        return signing_key(self.world, f"oidc/{self.url}/{number}", self.algorithm)

    def _audience(self, given: str | Iterable[str] | None) -> str | list[str]:
        if given is None or isinstance(given, str):
            wanted = self.audience if given is None else given
            check_text("audience", wanted)
            return wanted
        found = as_list(given, "audience is one text, or a list of them")
        for one in found:
            check_text("an audience", one)
        return found

    def _next_id(self) -> str:
        """Make the id of the next token: nothing else in the world depends on it."""
        digits = self.world.ids.hidden(f"jti/{self.url}/{self.issued + 1}", _HEX, 32)
        return str(UUID(digits))


def create_issuer(
    world: World, url: str, *, audience: str = "sts.amazonaws.com", algorithm: str = "RS256"
) -> OidcIssuer:
    """Do what :meth:`World.create_oidc_issuer` says.

    Examples
    --------
    >>> from iamlab import World
    >>> create_issuer(World(seed=7), "https://id.acme.example").openid_configuration()["jwks_uri"]
    'https://id.acme.example/.well-known/jwks'
    """
    check_text("url", url)
    check_text("audience", audience)
    if algorithm not in tuple(ALGORITHMS):
        raise RequestError(f"An issuer signs with {', '.join(ALGORITHMS)}, not {algorithm!r}.")
    try:
        name_of_url(url)
    except ValidationError as error:
        raise RequestError(f"{url[:200]!r}: {error.message}. {error.__notes__[0]}") from None
    if url in world.oidc_issuers:
        raise RequestError(f"There is an issuer at {url} already: world.oidc_issuers[{url!r}].")
    world.oidc_issuers[url] = OidcIssuer(world, url, audience, algorithm)
    return world.oidc_issuers[url]


def _seconds(lifetime: object) -> int:
    if type(lifetime) is not int or not 1 <= lifetime <= 10**9:
        raise RequestError(f"lifetime_seconds is a number of seconds, not {lifetime!r}.")
    return lifetime


def _session_claims(
    tags: Mapping[str, str] | None, transitive: Iterable[str], source_identity: str | None
) -> dict[str, Any]:
    """Write session tags and the source identity as AWS's claims."""
    if tags is not None and not isinstance(tags, Mapping):
        raise RequestError(f"principal_tags is a dict of keys and values, not {tags!r}.")
    given = tags or {}
    keys = as_list(transitive, "transitive_tag_keys is a list of keys")
    if not all(isinstance(text, str) for text in (*given, *given.values(), *keys)):
        raise RequestError("The keys and values of session tags are text.")
    found: dict[str, Any] = {}
    if given or keys:
        each = {key: [value] for key, value in given.items()}
        found[TAGS] = {"principal_tags": each, "transitive_tag_keys": keys}
    if source_identity is not None:
        check_text("source_identity", source_identity)
        found[SOURCE_IDENTITY] = source_identity
    return found


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

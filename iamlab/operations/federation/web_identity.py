"""How STS reads a web identity token: its signature, audience and subject.

STS checks in this order: does the role's account know the issuer? Did the issuer sign the token? Is
the token for this account, and is it valid now? Only then it evaluates the trust policy.

The sender of a token also writes its header. So the header doesn't determine how the token is
checked: the algorithm is that of the issuer's key, and the key is fetched from the issuer.

Notes
-----
AWS pages: "API AssumeRoleWithWebIdentity", also for the algorithms and the errors; "OIDC
federation"; "Create an OpenID Connect (OIDC) identity provider in IAM"; "Amazon Cognito identity
pools", whose tokens IAM accepts without one. RFC 8725 "JSON Web Token Best Current Practices", for
the attacks.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.display import has_stand_in
from iamlab.engine.request import PROVIDER_HOSTS
from iamlab.errors import RequestError, noted
from iamlab.errors.sts import IDPCommunicationError
from iamlab.model.strict_json import parse_json
from iamlab.operations.federation.oidc_claims import (
    NOT_VALID,
    audience_of,
    check_times,
    condition_keys,
    refusal,
    session_tags_of,
    source_identity_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.providers import OpenIDConnectProvider
    from iamlab.model.world import World


_HTTPS = "https://"
_WITHOUT_JWT = ("graph.facebook.com", "www.amazon.com")
_WITHOUT_PROVIDER = tuple(host for host in PROVIDER_HOSTS if host not in _WITHOUT_JWT)
"""Issuers of tokens that are built into IAM. Facebook's and Amazon's tokens are OAuth access
tokens, which only their issuers can read."""


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """A person or program identified by an OpenID Connect provider, without an AWS identity yet.

    Parameters
    ----------
    principal
        The principal for the trust policy: the identity provider's ARN, or the host of a built-in
        provider.
    subject
        The subject of the token.
    audience
        The audience of the token.
    provider
        The provider in the response of ``AssumeRoleWithWebIdentity``.
    context
        The condition keys for the trust policy.
    tags, transitive_tag_keys
        The session tags of the token.
    source_identity
        The source identity that the token sets, if any.
    """

    principal: str
    subject: str
    audience: str
    provider: str
    context: Mapping[str, ContextValue]
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None


def read_web_identity(account: Account, token: str) -> WebIdentity:
    """Read a token for assuming a role.

    Parameters
    ----------
    account
        The account of the role.
    token
        The JSON Web Token of an OpenID Connect provider.

    Raises
    ------
    InvalidIdentityToken
        It isn't such a token, its issuer is unknown to the account, it has another audience, or its
        issuer didn't sign it; it isn't valid yet, or a claim isn't valid.
    ExpiredTokenException
        It has expired.
    IDPCommunicationError
        The issuer is unreachable, so the signature can't be checked.
    RequestError
        The token isn't text.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.oidc_issuer import create_issuer
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> issuer = create_issuer(world, "https://id.acme.example", audience="star-maps")
    >>> provider = issuer.register(main)
    >>> ana = read_web_identity(main, issuer.token("ana", principal_tags={"team": "sky"}))
    >>> ana.principal, ana.subject, ana.tags
    ('arn:aws:iam::111111111111:oidc-provider/id.acme.example', 'ana', {'team': 'sky'})
    """
    if not isinstance(token, str):
        raise RequestError(f"A token is text, not {type(token).__name__}.")
    unverified = read_token(token)
    issuer = text_of(unverified.claims, "iss")
    provider = _provider(account, issuer)
    claims = verified(unverified, _keys(account.world, issuer))
    host = issuer.removeprefix(_HTTPS)
    audience = audience_of(claims, None if provider is None else provider.client_ids)
    check_times(claims, account.world.clock.now)
    context = condition_keys(host, claims, audience)
    tags, transitive_tag_keys = session_tags_of(claims)
    principal = host if provider is None else provider.arn
    return WebIdentity(
        principal=principal,
        subject=text_of(claims, "sub"),
        audience=audience,
        provider=principal,  # AWS answers with the ARN, though its page mentions iss
        context=context,
        tags=tags,
        transitive_tag_keys=transitive_tag_keys,
        source_identity=source_identity_of(claims),
    )


def _provider(account: Account, issuer: str) -> OpenIDConnectProvider | None:
    """Find the identity provider of an issuer; ``None`` if the issuer is built into IAM.

    Raises
    ------
    InvalidIdentityToken
        The account has no such provider.
    """
    scheme, _, name = issuer.partition("//")
    if scheme == "https:":
        if name in _WITHOUT_PROVIDER:
            return None
        arn = f"arn:{account.partition}:iam::{account.account_id}:oidc-provider/{name}"
        if arn in account.oidc_providers:
            return account.oidc_providers[arn]
    message = f"No OpenIDConnect provider found in your account for {issuer[:2048]}"
    known = ", ".join(known.url for known in account.oidc_providers.values()) or "none"
    raise refusal(message, f"{account.name} has identity providers for these issuers: {known}.")


def _keys(world: World, issuer: str) -> list[dict[str, str]]:
    """Fetch the public keys of an issuer."""
    found = world.oidc_issuers.get(issuer)
    if found is not None and found.is_online:
        keys: list[dict[str, str]] = found.jwks()["keys"]
        return keys
    error = IDPCommunicationError(
        "The request could not be fulfilled because the identity provider (IDP) that was asked to "
        "verify the incoming identity token could not be reached."
    )
    why = "nobody answers at" if found is None else "the server is down of"
    raise noted(
        error,
        f"STS fetches the keys that check a token's signature from its issuer, and {why} {issuer}.",
    )


ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
"""The algorithms that STS accepts: not ``none``, and none with a shared secret."""

LONGEST = 20_000

NOT_A_TOKEN = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)
NO_KEY = (  # with two spaces, as AWS writes it
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)

_THREE_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """The contents of a token, whose signature isn't checked yet.

    Parameters
    ----------
    text
        The token, as it was sent.
    header
        The header, which isn't trusted.
    claims
        The claims, which aren't checked yet.
    """

    text: str = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)


def read_token(token: str) -> UnverifiedToken:
    """Parse a token without checking it.

    Raises
    ------
    InvalidIdentityToken
        It isn't a JSON Web Token.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.oidc_issuer import create_issuer
    >>> token = create_issuer(World(seed=7), "https://id.acme.example").token("ana")
    >>> read_token(token).claims["sub"]
    'ana'
    """
    parts = _THREE_PARTS.fullmatch(token) if len(token) <= LONGEST else None
    if parts is None:
        what = "It must be three base64url parts with dots between, of at most 20,000 characters."
        raise refusal(NOT_A_TOKEN, what)
    header, claims = _json(parts[1], "header"), _json(parts[2], "payload")
    _decoded(parts[3], "signature")
    return UnverifiedToken(token, header, claims)


@has_stand_in("cryptography")
def verified(token: UnverifiedToken, keys: Iterable[Mapping[str, str]]) -> Mapping[str, Any]:
    """Check a token's signature; return its claims.

    Parameters
    ----------
    keys
        The public keys of its issuer, each with ``kid`` and ``alg``.

    Raises
    ------
    InvalidIdentityToken
        Its issuer didn't sign it.

    Notes
    -----
    PyJWT checks only the signature. Times are checked by the world's clock, and other claims where
    they are used. ``jwk``, ``jku``, ``x5c`` and ``x5u`` in the header, with which a token brings
    its own key, are ignored.
    """
    import jwt

    algorithm = token.header.get("alg")
    if algorithm not in ALGORITHMS:
        what = f"Its header names another algorithm than {', '.join(ALGORITHMS)}."
        raise refusal(NOT_A_TOKEN, what)
    key_id = token.header.get("kid")
    key = next((public for public in keys if public["kid"] == key_id), None)
    if key is None:
        what = "The issuer publishes no key with that id (kid). Has it rotated its keys?"
        raise refusal(NO_KEY, what)
    if key["alg"] != algorithm:
        raise refusal(NOT_VALID, f"The key that it names is for {key['alg']} only.")
    if "crit" in token.header:
        raise refusal(NOT_VALID, "Its header requires an extension (crit) unknown to STS.")
    try:
        jwt.PyJWS().decode_complete(token.text, jwt.PyJWK(dict(key)), algorithms=[key["alg"]])
    except jwt.PyJWTError:
        what = "Its signature doesn't match: it was changed, or another key signed it."
        raise refusal(NOT_VALID, what) from None
    return token.claims


def _json(part: str, name: str) -> dict[str, Any]:
    """Read a part, which must be a JSON object, strictly."""
    try:
        found = parse_json(_decoded(part, name).decode())
        json.dumps(found, ensure_ascii=False).encode()  # fails for half of a surrogate pair
    except (ValueError, RecursionError):
        raise refusal(NOT_A_TOKEN, f"Its {name} isn't valid JSON.") from None
    if not isinstance(found, dict):
        raise refusal(NOT_A_TOKEN, f"Its {name} isn't a JSON object.")
    return found


def _decoded(part: str, name: str) -> bytes:
    """Decode base64url, in its only valid form for the same bytes."""
    found = urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
    if urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise refusal(NOT_A_TOKEN, f"Its {name} isn't base64url.")
    return found

"""OpenID Connect providers for tests: each signs tokens and publishes its public keys.

An issuer represents GitHub, Amazon Cognito, a company's sign-in server or a Kubernetes cluster. IAM
has no secret of it: an account registers its URL, and STS fetches the public keys from there.

Notes
-----
AWS pages: "OIDC federation"; "Create an OpenID Connect (OIDC) identity provider in IAM"; "Pass
session tags in AWS STS", for the claims of tags; "Amazon Cognito identity pools". GitHub's page:
"OpenID Connect reference". OpenID Connect Discovery 1.0, for the published documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from iamlab.engine.request import PROVIDER_HOSTS, check_text
from iamlab.errors import RequestError, ValidationError
from iamlab.model.clock_and_ids import HEX
from iamlab.operations.dispatch import perform
from iamlab.operations.federation.oidc_claims import SOURCE_IDENTITY, TAGS
from iamlab.operations.federation.signatures import (
    ALGORITHMS,
    OidcToken,
    SigningKey,
    public_jwk,
    signed_token,
    signing_key,
)
from iamlab.operations.iam.identity_providers import name_of_url
from iamlab.operations.parameters import as_list

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.providers import OpenIDConnectProvider
    from iamlab.model.world import World


_OWN_CLAIMS = ("aud", "exp", "iat", "iss", "jti", "nbf", "sub")


@dataclass(slots=True, eq=False)
class OidcIssuer:
    """An OpenID Connect provider outside AWS; :func:`create_issuer` creates one.

    Parameters
    ----------
    url
        The ``iss`` of its tokens, from which its keys are fetched.
    audience
        The default audience of its tokens.
    algorithm
        The signature algorithm: ``RS256``, ``RS384``, ``RS512`` or ``ES384``.
    key_number
        The number of its current key. No key is stored: each follows from the world's seed.
    is_online
        Whether its server is reachable. If not, its tokens can't be checked.
    issued
        The number of its tokens.

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
    ) -> OidcToken:
        """Sign a token (JWT) that identifies a person or program.

        Parameters
        ----------
        subject
            Its ``sub``: who it is about.
        audience
            Its ``aud``: one audience, or several.
        principal_tags, transitive_tag_keys
            Its session tags, and which of them pass to the next session.
        source_identity
            The source identity of the session and its role chain.
        claims
            More claims: any JSON values.

        Raises
        ------
        RequestError
            A value has the wrong type, or the issuer itself sets the claim.
        """
        check_text("subject", subject)
        own = sorted({*_OWN_CLAIMS} & {*claims})
        if own:
            raise RequestError(f"The issuer itself sets {', '.join(own)}.")
        now = int(self.world.clock.now.timestamp())
        # Nothing else depends on the id of a token.
        digits = self.world.ids.hidden(f"jti/{self.url}/{self.issued + 1}", HEX, 32)
        stated = {
            "iss": self.url,
            "sub": subject,
            "aud": self._audience(audience),
            "iat": now,
            "nbf": now,
            "exp": now + _seconds(lifetime_seconds),
            "jti": str(UUID(digits)),
            **_session_claims(principal_tags, transitive_tag_keys, source_identity),
            **claims,
        }
        made = signed_token(stated, self._key(self.key_number), self.algorithm)
        self.issued += 1
        return made

    def rotate_keys(self) -> None:
        """Start signing with a new key.

        Tokens signed with the previous key are still accepted, because its public key is still
        published; tokens with older keys aren't.
        """
        self.key_number += 1

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys that its server publishes: the newest two.

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
        """Return its server's discovery document, with keys' URL and algorithms."""
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
        """Register it as an account's identity provider (``CreateOpenIDConnectProvider``).

        Parameters
        ----------
        client_ids
            The audiences that the account accepts; by default the issuer's.

        Raises
        ------
        EntityAlreadyExists
            It is already registered.
        RequestError
            The account is in another world, or the issuer is built into IAM.
        """
        if account.world is not self.world:
            raise RequestError(f"{account.name} is an account in another world.")
        if self.url.removeprefix("https://") in PROVIDER_HOSTS:
            raise RequestError(f"{self.url} is built into IAM: trust policies need no ARN.")
        ids = [self.audience] if client_ids is None else as_list(client_ids, "client_ids is a list")
        return perform(
            account,
            "CreateOpenIDConnectProvider",
            Url=self.url,
            ClientIDList=ids,
            ThumbprintList=[],
        )

    def copy(self, world: World) -> OidcIssuer:
        """Copy it into a copy of its world."""
        return replace(self, world=world)

    def _key(self, number: int) -> SigningKey:
        return signing_key(self.world, f"oidc/{self.url}/{number}", self.algorithm)

    def _audience(self, audience: str | Iterable[str] | None) -> str | list[str]:
        wanted = self.audience if audience is None else audience
        what = "audience is one text, or a list of them"
        found = [wanted] if isinstance(wanted, str) else as_list(wanted, what)
        for text in found:
            check_text("audience", text)
        return wanted if isinstance(wanted, str) else found


def create_issuer(
    world: World, url: str, *, audience: str = "sts.amazonaws.com", algorithm: str = "RS256"
) -> OidcIssuer:
    """Create an issuer, for :meth:`World.create_oidc_issuer`.

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
        raise RequestError(f"There already is an issuer at {url}: world.oidc_issuers[{url!r}].")
    made = OidcIssuer(world, url, audience, algorithm)
    world.oidc_issuers[url] = made
    return made


def _seconds(lifetime: object) -> int:
    if type(lifetime) is not int or not 1 <= lifetime <= 10**9:
        raise RequestError(f"lifetime_seconds is a number of seconds, not {lifetime!r}.")
    return lifetime


def _session_claims(
    tags: Mapping[str, str] | None, transitive: Iterable[str], source_identity: str | None
) -> dict[str, Any]:
    """Return session tags and the source identity as AWS's claims."""
    if tags is not None and not isinstance(tags, Mapping):
        raise RequestError(f"principal_tags is a dict of keys and values, not {tags!r}.")
    known = tags or {}
    keys = as_list(transitive, "transitive_tag_keys is a list of keys")
    if not all(isinstance(text, str) for text in (*known, *known.values(), *keys)):
        raise RequestError("The keys and values of session tags are text.")
    found: dict[str, Any] = {}
    if known or keys:
        each = {key: [value] for key, value in known.items()}
        found[TAGS] = {"principal_tags": each, "transitive_tag_keys": keys}
    if source_identity is not None:
        check_text("source_identity", source_identity)
        found[SOURCE_IDENTITY] = source_identity
    return found


GITHUB = "https://token.actions.githubusercontent.com"

COGNITO = "https://cognito-identity.amazonaws.com"

_POOL = re.compile(r"[a-z0-9-]+:[0-9a-f-]+", re.ASCII)


def github_actions(world: World) -> OidcIssuer:
    """Add GitHub: the issuer of tokens for the runs of workflows.

    Raises
    ------
    RequestError
        The world already has it.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> github_actions(world).register(main).client_ids
    ['sts.amazonaws.com']
    """
    return create_issuer(world, GITHUB)


def cognito(world: World, identity_pool_id: str | None = None) -> OidcIssuer:
    """Add Amazon Cognito: the issuer of tokens for the users of an identity pool.

    It is built into IAM, without an identity provider. All identity pools of all accounts share the
    issuer, so a trust policy must check the pool: the token's audience.

    Parameters
    ----------
    identity_pool_id
        ``"us-east-1:"`` and an id; by default it follows from the world's seed.

    Raises
    ------
    RequestError
        It isn't the id of an identity pool, or the world already has Cognito.

    Examples
    --------
    >>> from iamlab import World
    >>> cognito(World(seed=7)).audience.partition(":")[0]
    'us-east-1'
    """
    drawn = world.ids.hidden("cognito/identity pool", HEX, 32)
    pool = f"us-east-1:{UUID(drawn)}" if identity_pool_id is None else identity_pool_id
    check_pool_id("identity_pool_id", pool)
    return create_issuer(world, COGNITO, audience=pool, algorithm="RS512")


def check_pool_id(name: str, value: str) -> None:
    """Check an id of Cognito.

    Raises
    ------
    RequestError
        It isn't such an id.
    """
    check_text(name, value)
    if not _POOL.fullmatch(value) or len(value) > 55:
        raise RequestError(f"{name} is a Region, a colon and an id, not {value[:200]!r}.")

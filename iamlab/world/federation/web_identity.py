"""How STS reads a web identity token: who signed it, for whom it is, whom it is about.

STS asks four things in turn. Does the role's account know the issuer? Has the issuer signed the
token? Is it for this account, and is it the time for it? Only then the trust policy is asked.

Notes
-----
AWS pages: "API AssumeRoleWithWebIdentity"; "OIDC federation"; "Create an OpenID Connect (OIDC)
identity provider in IAM"; "Amazon Cognito identity pools", whose tokens IAM takes without one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.engine.request import PROVIDER_HOSTS
from iamlab.errors import RequestError
from iamlab.sts_errors import IDPCommunicationError
from iamlab.world.federation.oidc_claims import (
    audience_of,
    check_times,
    condition_keys,
    session_tags_of,
    source_identity_of,
    text_of,
)
from iamlab.world.federation.oidc_token import read_token, refusal, verified

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.request import ContextValue
    from iamlab.world.account import Account
    from iamlab.world.things import OpenIDConnectProvider
    from iamlab.world.world import World

_HTTPS = "https://"
_WITHOUT_JWT = ("graph.facebook.com", "www.amazon.com")
_WITHOUT_PROVIDER = tuple(host for host in PROVIDER_HOSTS if host not in _WITHOUT_JWT)
"""Issuers of tokens that IAM knows by itself. Facebook's and Amazon's are access tokens of OAuth,
which only their makers can read."""


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Somebody whom an OpenID Connect provider vouches for. Such a person has no AWS identity yet.

    Parameters
    ----------
    principal
        Whom a trust policy must name: the identity provider's ARN, or its host where IAM knows it
        without one.
    subject
        Whom the token is about.
    audience
        For whom it is.
    provider
        What the answer of ``AssumeRoleWithWebIdentity`` says of the issuer.
    context
        The condition keys for the trust policy.
    tags, transitive_tag_keys
        The session tags that the token carries.
    source_identity
        What the token sets, if anything.
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
    """Read a token that somebody shows to assume a role.

    Parameters
    ----------
    account
        The one that the role is in.
    token
        The JSON Web Token of an OpenID Connect provider.

    Raises
    ------
    InvalidIdentityToken
        It is no such token, of an issuer that the account does not know, for somebody else, or
        not signed by its issuer; its time has not come, or one of its claims makes no sense.
    ExpiredTokenException
        Its time is over.
    IDPCommunicationError
        The issuer does not answer, so that nobody can check who signed.
    RequestError
        The token is no text.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.world.federation.issuer import create_issuer
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
        provider=principal,  # AWS answers with the ARN, though its page speaks of iss
        context=context,
        tags=tags,
        transitive_tag_keys=transitive_tag_keys,
        source_identity=source_identity_of(claims),
    )


def _provider(account: Account, issuer: str) -> OpenIDConnectProvider | None:
    """Find the identity provider of an issuer; ``None`` if IAM knows the issuer by itself.

    Raises
    ------
    InvalidIdentityToken
        The account has none.
    """
    scheme, _, name = issuer.partition("//")
    if scheme == "https:":
        if name in _WITHOUT_PROVIDER:
            return None
        arn = f"arn:{account.partition}:iam::{account.account_id}:oidc-provider/{name}"
        if arn in account.oidc_providers:
            return account.oidc_providers[arn]
    message = f"No OpenIDConnect provider found in your account for {issuer[:2048]}"
    known = ", ".join(one.url for one in account.oidc_providers.values()) or "none"
    raise refusal(message, f"{account.name} has identity providers of these issuers: {known}.")


def _keys(world: World, issuer: str) -> list[dict[str, str]]:
    """Fetch the public keys of an issuer."""
    found = world.oidc_issuers.get(issuer)
    if found is not None and found.is_online:
        return found.jwks()["keys"]
    error = IDPCommunicationError(
        "The request could not be fulfilled because the identity provider (IDP) that was asked to "
        "verify the incoming identity token could not be reached."
    )
    why = "nobody answers at" if found is None else "the server is down of"
    error.add_note(
        f"STS fetches the keys that check a token's signature from its issuer, and {why} {issuer}."
    )
    raise error

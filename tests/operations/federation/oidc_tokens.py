"""Tokens to show to STS: good ones, and those that somebody has forged."""

import base64
import json
from typing import Any

import jwt
import pytest

from iamlab import World
from iamlab.errors import AwsError
from iamlab.operations.federation.oidc_issuer import OidcIssuer, create_issuer
from iamlab.operations.federation.signatures import public_jwk, signing_key
from iamlab.operations.federation.web_identity import read_web_identity
from iamlab.world.account import Account
from tests.model.world_contents import plain, snapshot

ID, OTHER = "111111111111", "222222222222"
HOST = "id.acme.example"
URL = f"https://{HOST}"
ARN = f"arn:aws:iam::{ID}:oidc-provider/{HOST}"
ASSUME = "sts:AssumeRoleWithWebIdentity"
NO_JWT = "The ID Token provided is not a valid JWT."
NOT_VALID = "could not be validated by AWS"
NO_KEY = "Couldn't retrieve verification key from your identity provider"
NO_PROVIDER = "No OpenIDConnect provider found in your account for "
GITHUB = "token.actions.githubusercontent.com"


def made(algorithm: str = "RS256") -> tuple[World, Account, OidcIssuer]:
    """Make a world with an issuer that one account knows."""
    world = World(seed=1)
    main = world.create_account("main", account_id=ID)
    world.create_account("other", account_id=OTHER)
    issuer = create_issuer(world, URL, audience="star-maps", algorithm=algorithm)
    issuer.register(main)
    return world, main, issuer


def part(value: object) -> str:
    """Write a part of a token, of anything, or of text as it is."""
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def signed(claims: object, issuer: OidcIssuer, *, key: Any = None, **header: Any) -> str:
    """Sign anything as the issuer would, or with another key, under any header."""
    own = issuer._key(issuer.key_number)
    arguments = {"alg": issuer.algorithm, "kid": public_jwk(own, issuer.algorithm)["kid"], **header}
    body = claims if isinstance(claims, str) else json.dumps(claims)
    fields = {name: value for name, value in arguments.items() if value is not None}
    chosen = key or own
    return jwt.PyJWS().encode(body.encode(), chosen, str(arguments["alg"]), headers=fields)


def claims_of(issuer: OidcIssuer, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good token, some of them changed, or left out (``...``)."""
    now = int(issuer.world.clock.now.timestamp())
    good = {"iss": issuer.url, "sub": "ana", "aud": issuer.audience, "iat": now, "exp": now + 300}
    return {name: change for name, change in (good | changes).items() if change is not ...}


def refused(account: Account, token: str) -> AwsError:
    """Read a token that STS does not take, and give the error; the world stays as it was."""
    before = state(account.world)
    with pytest.raises(AwsError) as caught:
        read_web_identity(account, token)
    assert state(account.world) == before
    return caught.value


def state(world: World) -> Any:
    """Return everything that reading a token could change."""
    return snapshot(world), plain(world.oidc_issuers)


def eve(issuer: OidcIssuer) -> Any:
    """Return an attacker's key."""
    return signing_key(issuer.world, "eve", issuer.algorithm)

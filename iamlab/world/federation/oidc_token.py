"""A web identity token as STS gets it: read first, believed only once its signature is checked.

Whoever sends a token writes its header too. So nothing in it chooses how it is checked: not the
algorithm, which is that of the issuer's key, and not the key, which is fetched from the issuer.

Notes
-----
AWS page: "API AssumeRoleWithWebIdentity", for the algorithms and the errors. RFC 8725 "JSON Web
Token Best Current Practices", for the attacks.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.sts_errors import InvalidIdentityToken
from iamlab.world.json_files import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
"""What STS takes: never ``none``, and no algorithm whose key is a shared secret."""

LONGEST = 20_000

NOT_A_TOKEN = (
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
)
NOT_VALID = (
    "The web identity token that was passed could not be validated by AWS. Get a new identity "
    "token from the identity provider and then retry the request."
)
NO_KEY = (  # with two spaces, as AWS writes it
    "Couldn't retrieve verification key from your identity provider,  please reference "
    "AssumeRoleWithWebIdentity documentation for requirements"
)

_THREE_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """What a token says. Nobody has checked who wrote it.

    Parameters
    ----------
    text
        The token itself, as it was sent.
    header
        How it claims to be signed.
    claims
        Whom it claims to be about.
    """

    text: str = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)


def refusal(message: str, note: str) -> InvalidIdentityToken:
    """Make the error for a token that STS does not take; the note tells the learner why."""
    error = InvalidIdentityToken(message)
    error.add_note(note)
    return error


def read_token(token: str) -> UnverifiedToken:
    """Read a token, without believing it.

    Raises
    ------
    InvalidIdentityToken
        It is no JSON Web Token.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.world.federation.issuer import create_issuer
    >>> token = create_issuer(World(seed=7), "https://id.acme.example").token("ana")
    >>> read_token(token).claims["sub"]
    'ana'
    """
    parts = _THREE_PARTS.fullmatch(token) if len(token) <= LONGEST else None
    if parts is None:
        what = "It has three parts in base64url, with dots between, and 20,000 characters at most."
        raise refusal(NOT_A_TOKEN, what)
    header, claims = _json(parts[1], "header"), _json(parts[2], "payload")
    _decoded(parts[3], "signature")
    return UnverifiedToken(token, header, claims)


def verified(token: UnverifiedToken, keys: Iterable[Mapping[str, str]]) -> Mapping[str, Any]:
    """Check a token's signature, and give its claims.

    Parameters
    ----------
    keys
        The public keys of its issuer, each with ``kid`` and ``alg``.

    Raises
    ------
    InvalidIdentityToken
        Its issuer has not signed it.

    Notes
    -----
    PyJWT checks the signature and nothing else. The times are checked by the world's clock, and
    what else a claim must be by those who use it. ``jwk``, ``jku``, ``x5c`` and ``x5u`` in the
    header, by which a token brings a key of its own, are not even looked at.
    """
    import jwt

    algorithm = token.header.get("alg")
    if algorithm not in ALGORITHMS:
        what = f"STS takes tokens signed with {', '.join(ALGORITHMS)}; its header says otherwise."
        raise refusal(NOT_A_TOKEN, what)
    key_id = token.header.get("kid")
    key = next((one for one in keys if one["kid"] == key_id), None)
    if key is None:
        what = "The issuer publishes no key of that id (kid): has it changed its keys?"
        raise refusal(NO_KEY, what)
    if key["alg"] != algorithm:
        raise refusal(NOT_VALID, f"The key that it names is for {key['alg']} only.")
    if "crit" in token.header:
        raise refusal(NOT_VALID, "Its header demands an extension (crit) that STS does not know.")
    try:
        jwt.PyJWS().decode_complete(token.text, jwt.PyJWK(dict(key)), algorithms=[key["alg"]])
    except jwt.PyJWTError:
        what = "Its signature does not fit: it was changed, or another key has signed it."
        raise refusal(NOT_VALID, what) from None
    return token.claims


def _json(part: str, name: str) -> dict[str, Any]:
    """Read a part that is a JSON object, strictly."""
    try:
        found = parse_json(_decoded(part, name).decode())
        json.dumps(found, ensure_ascii=False).encode()  # fails for half of a surrogate pair
    except (ValueError, RecursionError):
        raise refusal(NOT_A_TOKEN, f"Its {name} is no JSON, or not such as can be meant.") from None
    if not isinstance(found, dict):
        raise refusal(NOT_A_TOKEN, f"Its {name} is no JSON object.")
    return found


def _decoded(part: str, name: str) -> bytes:
    """Decode base64url, of which there is only one way to write the same bytes."""
    found = urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
    if urlsafe_b64encode(found).rstrip(b"=").decode() != part:
        raise refusal(NOT_A_TOKEN, f"Its {name} is not written in base64url.")
    return found

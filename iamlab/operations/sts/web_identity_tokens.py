"""Calls that say who somebody is, to the caller or to a service outside of AWS.

GetWebIdentityToken gives a signed token about its caller. GetCallerIdentity, GetAccessKeyInfo and
DecodeAuthorizationMessage only answer.

Notes
-----
AWS pages: "API GetWebIdentityToken"; "Federating AWS identities to external services"; "API
GetCallerIdentity"; "API GetAccessKeyInfo"; "API DecodeAuthorizationMessage".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, ValidationError
from iamlab.errors.sts import (
    JWTPayloadSizeExceededException,
    OutboundWebIdentityFederationDisabledException,
    SessionDurationEscalationException,
)
from iamlab.operations.federation.signatures import public_jwk, signed_token, signing_key
from iamlab.operations.iam.common import filled
from iamlab.operations.registry import as_it_is
from iamlab.operations.sts.authorization_messages import decode
from iamlab.operations.sts.calls import region_of, sts_operation
from iamlab.operations.sts.issuing import after
from iamlab.operations.sts.session_tags import session_tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.federation.signatures import SigningKey
    from iamlab.operations.sts.calls import StsCall


DEFAULT_SECONDS = 300
ALGORITHMS = ("RS256", "ES384")
LARGEST_PAYLOAD = 8192
"""So many bytes the claims may have; AWS does not tell its own limit."""

_STS = "https://sts.amazonaws.com/"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token, and its end."""

    web_identity_token: str = field(repr=False)
    expiration: datetime

    def __reduce__(self) -> Any:
        """Refuse to be written to a file: that would write the token too."""
        raise TypeError("The token is a secret, so it cannot be pickled.")


def _answer(token: IssuedToken) -> dict[str, Any]:
    return {"WebIdentityToken": token.web_identity_token, "Expiration": token.expiration}


@sts_operation("GetWebIdentityToken", _answer, is_regional=True, reads_only=False)
def get_web_identity_token(call: StsCall) -> IssuedToken:
    """Sign a token about the caller, for services outside of AWS."""
    request, account = call.parameters, call.account
    algorithm = request["SigningAlgorithm"]
    if algorithm not in ALGORITHMS:
        raise ValidationError(
            f"1 validation error detected: Value '{algorithm}' at 'signingAlgorithm' failed to "
            f"satisfy constraint: Member must satisfy enum value set: [{', '.join(ALGORITHMS)}]"
        )
    _refuse_origin(request)
    tags = session_tags(request.get("Tags", ()))
    seconds = request.get("DurationSeconds", DEFAULT_SECONDS)
    keys = {
        "sts:IdentityTokenAudience": list(request["Audience"]),
        "sts:SigningAlgorithm": algorithm,
        "sts:DurationSeconds": str(seconds),
        **tags.context(),
    }
    call.must_be_allowed("sts:GetWebIdentityToken", "*", keys)
    if tags.passed:
        call.must_be_allowed("sts:TagGetWebIdentityToken", "*", keys)
    if not account.outbound_federation:
        raise OutboundWebIdentityFederationDisabledException(
            "Outbound web identity federation is disabled for your account"
        )
    expiration = after(call.world.clock.now, seconds)
    if call.expiration is not None and expiration > call.expiration:
        raise SessionDurationEscalationException(
            "The requested token duration would extend the session beyond its original expiration "
            "time."
        )
    claims = _claims(call, dict(tags.passed), expiration)
    if len(json.dumps(claims)) > LARGEST_PAYLOAD:  # before an id is drawn: failing leaves no trace
        raise JWTPayloadSizeExceededException(
            "The requested token payload size exceeds the maximum allowed size."
        )
    signed = signed_token(
        {**claims, "jti": call.world.ids.uuid()}, _key(account, algorithm), algorithm
    )
    return IssuedToken(signed, expiration)


def _refuse_origin(request: Mapping[str, Any]) -> None:
    """Refuse what needs trusted identity propagation, which is not modelled."""
    if request.get("SubjectMode") == "OriginIdentity":
        raise RequestError(
            "SubjectMode OriginIdentity needs a session with an origin identity (trusted identity "
            "propagation), which iamlab does not model."
        )
    if "Scope" in request:
        raise ValidationError("Scope can be specified only when SubjectMode is OriginIdentity.")


def _claims(call: StsCall, tags: dict[str, str], expiration: datetime) -> dict[str, Any]:
    """Write the claims; those of AWS stand under a name of their own."""
    who, now = call.who, call.world.clock.now
    subject = who.issuer or who.arn
    audience = list(call.parameters["Audience"])
    known = who.who()
    own = {
        "aws_account": who.account_id,
        "source_region": region_of(call.endpoint),
        "principal_id": subject,
        **filled(
            org_id=known.membership and known.membership.organization_id,
            principal_tags=dict(known.tags),
            request_tags=tags,
            source_identity=call.session and call.session.source_identity,
        ),
    }
    return {
        "iss": call.account.outbound_federation,
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else audience,
        "iat": int(now.timestamp()),
        "exp": int(expiration.timestamp()),
        _STS: own,
    }


def _key(account: Account, algorithm: str) -> SigningKey:
    return signing_key(account.world, f"outbound {account.account_id}", algorithm)


def jwks_of(account: Account) -> dict[str, list[dict[str, str]]]:
    """Give the public keys with which a service outside of AWS verifies an account's tokens.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main")
    >>> [key["alg"] for key in jwks_of(main)["keys"]]
    ['RS256', 'ES384']
    """
    return {"keys": [public_jwk(_key(account, name), name) for name in ALGORITHMS]}


@sts_operation("GetCallerIdentity", as_it_is, logs_answer=False)
def get_caller_identity(call: StsCall) -> dict[str, Any]:
    """Say who the caller is; no policy can forbid this call."""
    call.must_be_allowed("sts:GetCallerIdentity", "*")
    who = call.who
    return {"UserId": who.who().userid, "Account": who.account_id, "Arn": who.arn}


@sts_operation("GetAccessKeyInfo", as_it_is, logs_answer=False)
def get_access_key_info(call: StsCall) -> dict[str, Any]:
    """Say which account an access key is of, active or not."""
    call.must_be_allowed("sts:GetAccessKeyInfo", "*")
    key_id = call.parameters["AccessKeyId"]
    account_id = _account_of(call.world, key_id)
    if account_id is None:  # AWS's code and sentence are not documented
        raise ValidationError(f"The Access Key with id {key_id} cannot be found.")
    return {"Account": account_id}


def _account_of(world: World, key_id: str) -> str | None:
    session = world.sessions.get(key_id)
    if session is not None:
        return session.account_id
    every = world.accounts.values()
    return next((known.account_id for known in every if known.holder_of_key(key_id)), None)


@sts_operation("DecodeAuthorizationMessage", as_it_is, logs_answer=False)
def decode_authorization_message(call: StsCall) -> dict[str, Any]:
    """Read the encoded message of a refusal; principals of the account can be allowed to."""
    call.must_be_allowed("sts:DecodeAuthorizationMessage", "*")
    message = decode(call.world, call.who.account_id, call.parameters["EncodedMessage"])
    return {"DecodedMessage": message}

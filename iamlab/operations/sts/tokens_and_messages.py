"""STS's information: the caller's identity, in a response or a signed token, and decoded errors.

GetWebIdentityToken returns a signed token about its caller, for services outside AWS.
GetCallerIdentity, GetAccessKeyInfo and DecodeAuthorizationMessage only read. Some services, mainly
EC2, add encoded messages to denied calls, because not everybody can see their content. They are
encrypted with a key that follows from the world's seed.

Notes
-----
AWS pages: "API GetWebIdentityToken"; "Federating AWS identities to external services"; "API
GetCallerIdentity"; "API GetAccessKeyInfo"; "API DecodeAuthorizationMessage".
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from hashlib import blake2b, shake_256
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, ValidationError
from iamlab.errors.sts import (
    InvalidAuthorizationMessageException,
    JWTPayloadSizeExceededException,
    OutboundWebIdentityFederationDisabledException,
    SessionDurationEscalationException,
)
from iamlab.model.clock_and_ids import HEX
from iamlab.operations.federation.signatures import public_jwk, signed_token, signing_key
from iamlab.operations.iam.common import filled
from iamlab.operations.registry import as_it_is
from iamlab.operations.sts.calls import region_of, sts_operation
from iamlab.operations.sts.issuing import after, session_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from iamlab.engine.decision import Decision
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.federation.signatures import SigningKey
    from iamlab.operations.sts.calls import StsCall
    from iamlab.policy.statement import Statement


DEFAULT_SECONDS = 300
ALGORITHMS = ("RS256", "ES384")
LARGEST_PAYLOAD = 8192
"""The most bytes of the claims; AWS doesn't publish its own limit."""

_STS = "https://sts.amazonaws.com/"


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token and its expiration."""

    web_identity_token: str = field(repr=False)
    expiration: datetime

    def __reduce__(self) -> Any:
        """Raise an error: pickling would write the token to a file."""
        raise TypeError("The token is a secret, so it can't be pickled.")


def _answer(token: IssuedToken) -> dict[str, Any]:
    return {"WebIdentityToken": token.web_identity_token, "Expiration": token.expiration}


@sts_operation("GetWebIdentityToken", _answer, is_regional=True, reads_only=False)
def get_web_identity_token(call: StsCall) -> IssuedToken:
    """Sign a token about the caller, for services outside AWS."""
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
    # This comes before an id is taken, so that a failure changes nothing.
    if len(json.dumps(claims)) > LARGEST_PAYLOAD:
        raise JWTPayloadSizeExceededException(
            "The requested token payload size exceeds the maximum allowed size."
        )
    signed = signed_token(
        {**claims, "jti": call.world.ids.uuid()}, _key(account, algorithm), algorithm
    )
    return IssuedToken(signed, expiration)


def _refuse_origin(request: Mapping[str, Any]) -> None:
    """Reject what needs trusted identity propagation, which isn't modelled."""
    if request.get("SubjectMode") == "OriginIdentity":
        raise RequestError(
            "SubjectMode OriginIdentity needs a session with an origin identity (trusted identity "
            "propagation), which iamlab doesn't model."
        )
    if "Scope" in request:
        raise ValidationError("Scope can be specified only when SubjectMode is OriginIdentity.")


def _claims(call: StsCall, tags: dict[str, str], expiration: datetime) -> dict[str, Any]:
    """Return the claims; AWS's own claims are under a separate name."""
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
    """Return the public keys with which services outside AWS verify an account's tokens.

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
    """Return the identity of the caller; no policy can deny this call."""
    call.must_be_allowed("sts:GetCallerIdentity", "*")
    who = call.who
    return {"UserId": who.who().userid, "Account": who.account_id, "Arn": who.arn}


@sts_operation("GetAccessKeyInfo", as_it_is, logs_answer=False)
def get_access_key_info(call: StsCall) -> dict[str, Any]:
    """Return the account of an access key, active or not."""
    call.must_be_allowed("sts:GetAccessKeyInfo", "*")
    key_id = call.parameters["AccessKeyId"]
    account_id = _account_of(call.world, key_id)
    if account_id is None:  # AWS doesn't document code and sentence
        raise ValidationError(f"The Access Key with id {key_id} cannot be found.")
    return {"Account": account_id}


def _account_of(world: World, key_id: str) -> str | None:
    session = world.sessions.get(key_id)
    if session is not None:
        return session.account_id
    every = world.accounts.values()
    return next((known.account_id for known in every if known.owner_of_key(key_id)), None)


@sts_operation("DecodeAuthorizationMessage", as_it_is, logs_answer=False)
def decode_authorization_message(call: StsCall) -> dict[str, Any]:
    """Decode the message of a denied call; principals of the account need permission."""
    call.must_be_allowed("sts:DecodeAuthorizationMessage", "*")
    message = decode(call.world, call.who.account_id, call.parameters["EncodedMessage"])
    return {"DecodedMessage": message}


LONGEST = 10_240
"""The most characters that the API accepts."""

_MARK = 16
"""The bytes of the code at the beginning, without which nobody can make or change a message."""


def encode(world: World, account_id: str, decision: Decision) -> str:
    """Return an encrypted message about a denied call; long parts, statements first, are left out.

    Parameters
    ----------
    account_id
        The account whose principals can decode it.
    """
    whole = message_of(decision)
    for _ in range(2):
        packed = zlib.compress(json.dumps(whole, separators=(",", ":")).encode(), 9)
        mark = _mark(world, account_id, packed)
        sealed = base64.urlsafe_b64encode(mark + _masked(world, mark, packed))
        encoded = sealed.decode().rstrip("=")
        if len(encoded) <= LONGEST:
            break
        whole = {**whole, "matchedStatements": _items(()), "context": {}}
    return encoded


def with_encoded(world: World, account_id: str, message: str, decision: Decision) -> str:
    """Return the message of a denied call with an encoded part.

    Parameters
    ----------
    account_id
        The called account, which counts for callers without an account, such as anonymous ones.
    """
    encoded = encode(world, decision.request.caller.account or account_id, decision)
    return f"{message}. Encoded authorization failure message: {encoded}"


def decode(world: World, account_id: str, encoded: str) -> str:
    """Decode such a message.

    Raises
    ------
    InvalidAuthorizationMessageException
        It isn't such a message, or belongs to another account.
    """
    try:
        sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
    except ValueError:
        sealed = b""
    mark = sealed[:_MARK]
    packed = _masked(world, mark, sealed[_MARK:])
    if not compare_digest(mark, _mark(world, account_id, packed)):
        raise InvalidAuthorizationMessageException("Message is not valid")  # likely wording
    return zlib.decompress(packed).decode()


def _mark(world: World, account_id: str, packed: bytes) -> bytes:
    """Return the authentication code of an account's message, which depends on the world's key."""
    return blake2b(account_id.encode() + packed, key=_secret(world), digest_size=_MARK).digest()


def _masked(world: World, mark: bytes, text: bytes) -> bytes:
    """Encrypt a text, or decrypt it: combine each byte with one that key and mark determine."""
    mask = shake_256(_secret(world) + mark).digest(len(text))
    return bytes(own ^ other for own, other in zip(text, mask, strict=True))


def _secret(world: World) -> bytes:
    return world.ids.hidden("authorization messages", HEX, 32).encode()


def message_of(decision: Decision) -> dict[str, Any]:
    """Return the content of a decoded message.

    Examples
    --------
    >>> from iamlab import Layers, Request, evaluate
    >>> request = Request("arn:aws:iam::111122223333:user/ana", "ec2:RunInstances",
    ...                   "arn:aws:ec2:us-east-1:111122223333:instance/*")
    >>> message = message_of(evaluate(request, Layers()))
    >>> message["allowed"], message["explicitDeny"], message["matchedStatements"]
    (False, False, {'items': []})
    """
    request = decision.request
    denied = bool(decision.denies)
    conditions = [
        {"key": key, "values": _values(map(str, values))}
        for key in request.context
        if (values := request.values(key))
    ]
    matched = (_statement(reading.statement, reading.effect) for reading in decision.determining)
    return {
        "allowed": bool(decision),
        "explicitDeny": denied,
        "matchedStatements": _items(matched if denied else ()),
        "failures": _items(()),
        "context": {
            "principal": {"id": request.value("aws:userid") or "", "arn": request.principal},
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(conditions),
        },
    }


def _items(values: Iterable[Any]) -> dict[str, Any]:
    return {"items": list(values)}


def _values(texts: Iterable[str]) -> dict[str, Any]:
    return _items({"value": text} for text in texts)


def _statement(statement: Statement, effect: str) -> dict[str, Any]:
    """Return a statement in the form of these messages."""
    principals = statement.principal or statement.not_principal or ()
    return {
        "statementId": statement.sid or "",
        "effect": effect.upper(),
        "principals": _values(value for _, value in principals),
        "principalGroups": _items(()),
        "actions": _values(statement.action or statement.not_action or ()),
        "resources": _values(statement.resource or statement.not_resource or ()),
        "conditions": _items(
            {"key": condition.key, "values": _values(map(str, condition.values))}
            for condition in statement.conditions
        ),
    }

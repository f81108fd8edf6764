"""The encoded messages of refusals: what was asked, and which statement denied it.

Some services, EC2 above all, hand them out with a refusal, because what they say is not for
everybody. They are encrypted with a key that follows from the world's seed.

Notes
-----
AWS page: "API DecodeAuthorizationMessage".
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from iamlab.errors.sts import InvalidAuthorizationMessageException
from iamlab.model.clock_and_ids import HEX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from iamlab.engine.decision import Decision
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement


LONGEST = 10_240
"""So many characters the API takes."""

_NONCE = 12


def encode(world: World, account_id: str, decision: Decision) -> str:
    """Write down a refusal, encrypted; what would be too long is left out, the statements first.

    Parameters
    ----------
    account_id
        The account whose principals may read it.
    """
    whole = message_of(decision)
    for _ in range(2):
        text = json.dumps(whole, separators=(",", ":"))
        packed = zlib.compress(text.encode(), 9)
        nonce = sha256(packed).digest()[:_NONCE]
        sealed = nonce + _cipher(world).encrypt(nonce, packed, account_id.encode())
        encoded = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        if len(encoded) <= LONGEST:
            break
        whole = {**whole, "matchedStatements": _items(()), "context": {}}
    return encoded


def with_encoded(world: World, account_id: str, message: str, decision: Decision) -> str:
    """Give the message of a refusal as the services write it that hand out an encoded one.

    Parameters
    ----------
    account_id
        The account that was asked: whoever is of none, as an anonymous caller is, is its guest.
    """
    encoded = encode(world, decision.request.caller.account or account_id, decision)
    return f"{message}. Encoded authorization failure message: {encoded}"


def decode(world: World, account_id: str, encoded: str) -> str:
    """Read such a message.

    Raises
    ------
    InvalidAuthorizationMessageException
        It is none, or of another account.
    """
    from cryptography.exceptions import InvalidTag

    try:
        sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
        packed = _cipher(world).decrypt(sealed[:_NONCE], sealed[_NONCE:], account_id.encode())
        return zlib.decompress(packed).decode()
    except (InvalidTag, ValueError, binascii.Error, zlib.error):
        raise InvalidAuthorizationMessageException(
            "Message is not valid"  # likely wording
        ) from None


def _cipher(world: World) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = world.ids.hidden("authorization messages", HEX, 32)
    return AESGCM(key.encode())


def message_of(decision: Decision) -> dict[str, Any]:
    """Give what a decoded message says.

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
    """Write a statement in the form of these messages."""
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

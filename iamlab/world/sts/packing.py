"""How much room a session's policies and tags take in its token.

AWS packs them with a method of its own and tells only the percentage, so the figures here are
likely, not sure: text is compressed, and the longest token is as long as the longest that can be
asked for.

Notes
-----
AWS pages: "Pass session tags in AWS STS", on the packed limit; "API AssumeRole", of
``SessionTokenSize`` and ``MinimumSessionTokenSize``; "API SetSecurityTokenServicePreferences".
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from iamlab.errors import ValidationError
from iamlab.sts_errors import PackedPolicyTooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.policy.document import Policy

LARGEST_TOKEN = 4096
"""The longest session token, in bytes."""

WITHOUT_ANYTHING = 356
"""The length of a token without policies and tags."""

VERSION_1_LACKS = 64
"""By so much a token is shorter that is good in the default Regions only; AWS tells no number."""

ROOM = (LARGEST_TOKEN - WITHOUT_ANYTHING) * 3 // 4
"""So many packed bytes find room in it: a token is text, three bytes of which take four letters."""

PLAINTEXT = 2048
"""So many characters session policies may have, the ARNs of managed ones included."""

MOST_ARNS = 10


def packed_size(
    policies: Sequence[Policy], policy_arns: Sequence[str], tags: Mapping[str, str]
) -> int:
    """Give the packed size of policies and tags, in bytes.

    Raises
    ------
    PackedPolicyTooLarge
        There is no room for them.

    Examples
    --------
    >>> packed_size((), (), {}), 0 < packed_size((), (), {"team": "sky"}) < 50
    (0, True)
    """
    if not policies and not policy_arns and not tags:
        return 0
    documents = [json.dumps(policy.to_json(), separators=(",", ":")) for policy in policies]
    text = json.dumps([documents, list(policy_arns), dict(tags)], ensure_ascii=False)
    packed = len(zlib.compress(text.encode("utf-8", "surrogatepass"), 9))
    if packed > ROOM:
        raise too_large(packed, ROOM)
    return packed


def too_large(taken: int, room: int) -> PackedPolicyTooLarge:
    """Say that there is not so much room, in percent."""
    percent = -(-100 * taken // room)
    return PackedPolicyTooLarge(
        f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
    )


def token_bytes(packed: int, at_least: int, *, everywhere: bool = True) -> int:
    """Give the length of a token with so many packed bytes in it.

    Parameters
    ----------
    at_least
        ``MinimumSessionTokenSize``: an application tries out whether it can hold long tokens.
    everywhere
        Whether it is good in every Region.

    Examples
    --------
    >>> token_bytes(0, 0), token_bytes(0, 4096), token_bytes(0, 0, everywhere=False)
    (356, 4096, 292)
    """
    lacks = 0 if everywhere else VERSION_1_LACKS
    return max(WITHOUT_ANYTHING - lacks + -(-4 * packed // 3), at_least)


def check_plaintext(policy: str, policy_arns: Sequence[str]) -> None:
    """Check how many session policies there are, and how long they are.

    Raises
    ------
    ValidationError
        More than ten managed policies are named.
    PackedPolicyTooLarge
        They are too long together.
    """
    if len(policy_arns) > MOST_ARNS:
        shown = str(list(policy_arns))[:200]
        raise ValidationError(
            f"1 validation error detected: Value '{shown}' at 'policyArns' failed to satisfy "
            f"constraint: Member must have length less than or equal to {MOST_ARNS}"
        )
    taken = len(policy) + sum(map(len, policy_arns))
    if taken > PLAINTEXT:
        raise too_large(taken, PLAINTEXT)

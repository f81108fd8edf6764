r"""Wildcards: ``*`` matches any text, also none; ``?`` matches exactly one character.

Anybody can write a policy, so no pattern may take long. A pattern is split at its stars. The first
piece must begin the text, and the last must end it. Each piece between them matches at the first
place where it can. The first place leaves the most text for the rest, so there is no backtracking.

Stars in a variable's value, and ``${*}``, aren't wildcards. :func:`literal` replaces them with code
points that no valid text contains.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.policy.arn import PARTS, is_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

# Halves of surrogate pairs: no UTF-8 text contains one, and Request and Policy reject them.
LITERAL_STAR, LITERAL_QUESTION = "\udc2a", "\udc3f"
_LITERALS = str.maketrans({"*": LITERAL_STAR, "?": LITERAL_QUESTION})


def literal(text: str) -> str:
    """Write text so that its stars and question marks are plain characters in a pattern.

    Examples
    --------
    >>> glob("a" + literal("*"), "a*"), glob("a" + literal("*"), "ab")
    (True, False)
    """
    return text.translate(_LITERALS)


def glob(pattern: str, text: str) -> bool:
    """Match the whole text, case-sensitively.

    Examples
    --------
    >>> glob("s3:Get*", "s3:GetObject"), glob("v?", "v12"), glob("bk/*/x", "bk//x")
    (True, False, True)
    """
    if pattern == text:
        return True  # as most parts of ARNs do
    if LITERAL_STAR in pattern or LITERAL_QUESTION in pattern:
        text = literal(text)
    if "*" not in pattern:
        return _fits(pattern, text, 0) and len(pattern) == len(text)
    first, *middle, last = pattern.split("*")
    end = len(text) - len(last)
    place = len(first)
    if place > end or not _fits(first, text, 0) or not _fits(last, text, end):
        return False
    for piece in middle:
        found = _find(piece, text, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def is_action_pattern(pattern: str) -> bool:
    """Return whether IAM would save this value of an Action element: ``*``, or ``prefix:Name``.

    Examples
    --------
    >>> is_action_pattern("s3:Get*"), is_action_pattern("s3*"), is_action_pattern("*:*")
    (True, False, True)
    """
    prefix, colon, name = pattern.partition(":")
    wild_prefix = prefix != "*" and ("*" in prefix or "?" in prefix)
    return pattern == "*" or bool(colon and ":" not in name and not wild_prefix)


def glob_ignoring_case(pattern: str, text: str) -> bool:
    """Match the whole text, ignoring case: the rule for actions."""
    return glob(pattern.lower(), text.lower())


def glob_arn(pattern: str, arn: str) -> bool:
    """Match two ARNs part by part, as ``ArnLike`` does: a star doesn't match a colon.

    Only in the sixth part, where colons are plain text, it does. A pattern with fewer than six
    parts matches nothing.

    Examples
    --------
    >>> glob_arn("arn:aws:sqs:*:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q")
    True
    >>> glob_arn("arn:aws:sqs:*:111122223333:q", "arn:aws:sqs:a:b:111122223333:q")
    False
    """
    if not (is_arn(pattern) and is_arn(arn)):
        return unsure.ARN_PATTERN_MAY_BE_SHORT and is_arn(arn) and glob_resource(pattern, arn)
    wanted, found = pattern.split(":", PARTS - 1), arn.split(":", PARTS - 1)
    return all(map(glob, wanted, found))


def glob_resource(pattern: str, resource: str) -> bool:
    """Match a Resource element's value with the resource of a request.

    ARNs are matched part by part like in :func:`glob_arn`. In addition, a star at the end of a part
    can match beyond the colon, so a pattern can have fewer parts (``arn:aws:s3*``). A star inside a
    part can't. A request without a specific resource has the resource ``*``, and only the pattern
    ``*`` matches it. Other text matches only itself.

    Notes
    -----
    AWS page: "IAM JSON policy elements: Resource".

    Examples
    --------
    >>> glob_resource("arn:aws:s3:::star-maps/*", "arn:aws:s3:::star-maps/m31.fits")
    True
    >>> glob_resource("arn:aws:s3:::star-maps/*", "arn:aws:s3:::star-maps")
    False
    >>> table = "arn:aws:dynamodb:eu-west-1:111122223333:table/prod-orders"
    >>> glob_resource("arn:aws:dynamodb:*:table/prod-*", table), glob_resource("arn:*", "*")
    (True, False)
    """
    if pattern in ("*", resource):
        return True
    start = pattern.partition("*")[0]
    if not resource.startswith(start) and "?" not in start and pattern.isascii():
        return False  # most patterns are about something else
    if not (glob(pattern, resource) and is_arn(resource)):
        return False  # what matches part by part also matches as a whole
    wanted = pattern.split(":", PARTS - 1)
    if len(wanted) == PARTS and all(map(glob, wanted, resource.split(":", PARTS - 1))):
        return True
    return any(part.endswith("*") for part in wanted[: PARTS - 1]) and _beyond(wanted, resource)


def _beyond(wanted: list[str], resource: str) -> bool:
    """Match parts, of which those that end with a star can match several parts of the resource."""
    resource = literal(resource)
    found = resource.split(":")
    places: Sequence[int] = [0]  # of the parts of the resource that the next part can match
    for part in wanted[: PARTS - 1]:
        here = [place for place in places if place < len(found) and glob(part, found[place])]
        if not here:
            return False
        after = [place + 1 for place in here]
        places = range(after[0], len(found) + 1) if part.endswith("*") else after
    if len(wanted) < PARTS:
        return places[-1] == len(found)
    starts = [0, *accumulate(len(part) + 1 for part in found)]
    text, star, _ = wanted[-1].partition("*")
    if isinstance(places, range):
        return glob(f"*:{wanted[-1]}", resource[starts[places[0]] - 1 :])
    for start in (starts[place] for place in places if place < len(found)):
        if (star or start + len(text) == len(resource)) and _fits(text, resource, start):
            return glob(wanted[-1], resource[start:])  # the first place leaves the most text
    return False


def _fits(piece: str, text: str, place: int) -> bool:
    """Return whether a piece without stars matches the text at this place."""
    if "?" not in piece:
        return text.startswith(piece, place)
    here = text[place : place + len(piece)]
    return len(here) == len(piece) and all(
        want in ("?", have) for want, have in zip(piece, here, strict=True)
    )


def _find(piece: str, text: str, start: int, end: int) -> int:
    """Find the first place of a piece between two places of the text, or -1."""
    if "?" not in piece:
        return text.find(piece, start, end)
    size = 2 * len(piece)
    while start + len(piece) <= end:  # windows that double: a near match costs little
        stop = min(end, start + size)
        found = _find_within(piece, text[start:stop])
        if found >= 0:
            return start + found
        start, size = stop - len(piece) + 1, 2 * size
    return -1


FEW = 16
"""If at most this number of places is left, they are checked singly."""


def _find_within(piece: str, text: str) -> int:
    """Find the first place of a piece in a text that is at least as long, or -1.

    A long integer has one bit for each place in the text. Each letter of the piece clears, in one
    operation, the bits of all places where it doesn't match, until only a few are left.
    """
    found_at: dict[str, bytearray] = {letter: bytearray() for letter in piece if letter != "?"}
    for place, letter in enumerate(text):
        if letter in found_at:
            bits = found_at[letter]
            byte = place >> 3
            if byte >= len(bits):
                bits.extend(bytes(byte + 1 - len(bits)))
            bits[byte] |= 1 << (place & 7)
    places = (1 << (len(text) - len(piece) + 1)) - 1
    known: dict[str, int] = {}
    for offset, letter in enumerate(piece):
        if letter == "?":
            continue
        if places.bit_count() <= FEW:
            break
        if letter not in known:
            known[letter] = int.from_bytes(found_at[letter], "little")
        places &= known[letter] >> offset
    while places:
        first = (places & -places).bit_length() - 1
        if _fits(piece, text, first):
            return first
        places &= places - 1
    return -1

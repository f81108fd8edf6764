"""Texts on which patterns and conditions can be told apart: hits, near misses, meeting points.

Of a pattern it is enough to try a few texts: its wildcards filled with nothing, and with something
that no policy would name. What lies in two patterns at once is found by laying one over the other.

Notes
-----
AWS pages: "IAM JSON policy elements: Resource"; "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import combinations, islice
from typing import TYPE_CHECKING

from iamlab.policy.arn import PARTS
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.patterns import LITERAL_QUESTION, LITERAL_STAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

OTHER = "something-else"
"""A value that no policy would name."""

ACCOUNT = "111122223333"

MOST_PAIRS = 300
"""So many pairs of patterns are laid over one another at most."""

MOST_CROSSINGS = 10_000
"""And so long they may be: the length of one times that of the other."""

_PLAIN = str.maketrans({LITERAL_STAR: "*", LITERAL_QUESTION: "?"})
# What stands for a star in each part of an ARN.
_STARS = ("arn", "aws", "x", "x", ACCOUNT, "x/y:z")


@lru_cache(maxsize=4096)
def meeting(one: str, other: str) -> str | None:
    """Give a pattern of texts that match both patterns; ``None`` if none is found.

    Examples
    --------
    >>> meeting("maps/*", "*.fits"), meeting("a*", "b*")
    ('maps/*.fits', None)
    """
    if len(one) * len(other) > MOST_CROSSINGS:
        return None
    texts = {(0, 0): ""}
    waiting = [(0, 0)]
    while waiting:
        first, second = place = waiting.pop()
        for taken, taken_too, text in _steps(one[first : first + 1], other[second : second + 1]):
            reached = first + taken, second + taken_too
            if reached not in texts:
                texts[reached] = texts[place] + text
                waiting.append(reached)
    return texts.get((len(one), len(other)))


def _steps(one: str, other: str) -> Iterator[tuple[int, int, str]]:
    """Say how far both can go from here: by how much each, and over which text."""
    if one == "*":
        yield 1, 0, ""
        if other:
            yield 0, 1, other
    if other == "*":
        yield 0, 1, ""
        if one:
            yield 1, 0, one
    elif one != "*" and one and other and (one == other or "?" in (one, other)):
        yield 1, 1, other if one == "?" else one


def resource_samples(patterns: Iterable[str]) -> tuple[str, ...]:
    """Give resources that tell patterns apart: what matches one, two, or none of them.

    Examples
    --------
    >>> resource_samples(["arn:aws:s3:::maps/*"])[:3]
    ('arn:aws:other:::something-else', '*', 'arn:aws:s3:::maps/x/y:z')
    """
    known = tuple(dict.fromkeys(patterns))
    pairs = islice(combinations(known, 2), MOST_PAIRS)
    both = (_meeting_of_arns(one, other) for one, other in pairs)
    found = [f"arn:aws:other:::{OTHER}", "*"]
    for pattern in dict.fromkeys((*known, *filter(None, both))):
        text = _filled(pattern, _STARS)
        found += (text, text + "x", text[:-1], text.swapcase().replace("ARN:AWS", "arn:aws", 1))
        found += (
            _filled(pattern, ("arn", "aws", "", "", "", "")),
            _filled(pattern, "abcdef"),
            pattern,
        )
    texts = (text.translate(_PLAIN) for text in found)
    return tuple(dict.fromkeys(text for text in texts if text))


def _meeting_of_arns(one: str, other: str) -> str | None:
    """Lay two patterns of ARNs over one another, part by part."""
    parts = [_parts(pattern) for pattern in (one, other)]
    both = [meeting(*pair) for pair in zip(*parts, strict=True)]
    found = [part for part in both if part is not None]
    return ":".join(found) if len(found) == PARTS else None


def _parts(pattern: str) -> list[str]:
    """Take a pattern apart; a short one covers whatever may follow."""
    parts = pattern.split(":", PARTS - 1)
    return parts + ["*"] * (PARTS - len(parts))


def _filled(pattern: str, stars: Sequence[str]) -> str:
    parts = zip(_parts(pattern), stars, strict=True)
    return ":".join(part.replace("*", star).replace("?", "x") for part, star in parts)


def value_samples(operator: str, values: Iterable[str]) -> tuple[str, ...]:
    """Give values of a condition key that tell a condition's values apart.

    Examples
    --------
    >>> value_samples("NumericLessThan", ["10"])
    ('something-else', '10', '9.999', '10.001')
    """
    known = tuple(dict.fromkeys(values))
    if OPERATORS[operator].pattern:
        pairs = islice(combinations(known, 2), MOST_PAIRS)
        known += tuple(filter(None, (meeting(one, other) for one, other in pairs)))
    near = next((make for start, make in _NEAR.items() if start in operator), _like)
    found = [OTHER]
    for value in known:
        found += near(value)
    return tuple(dict.fromkeys(text.translate(_PLAIN) for text in found))


def _like(value: str) -> Iterator[str]:
    """Give texts that match a pattern, and some that miss it by a little."""
    arn = value.startswith("arn:")
    for star in ("x", ""):
        filled = value.replace("*", star).replace("?", "x")
        yield from (filled, filled + "x", filled.swapcase())
    if arn:
        yield _filled(value, _STARS)


def _text(value: str) -> Iterator[str]:
    yield from (value, value.swapcase(), value + "x")


def _number(value: str) -> Iterator[str]:
    yield value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return
    if number.is_finite() and abs(number) < 10**15:
        step = Decimal("0.001")
        yield from (format(number - step, "f"), format(number + step, "f"))


def _date(value: str) -> Iterator[str]:
    yield from _number(value)
    try:
        moment = datetime.fromisoformat(value)
        for seconds in (-1, 1):
            yield (moment + timedelta(seconds=seconds)).isoformat()
    except (ValueError, OverflowError):
        return


def _address(value: str) -> Iterator[str]:
    """Give the first and last address of a range, and those beside it."""
    yield from ("203.0.113.1", "2001:db8::1")
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return
    for end, step in ((network.network_address, -1), (network.broadcast_address, 1)):
        yield str(end)
        try:
            yield str(end + step)
        except ValueError:  # there is none beyond
            continue


def _truth(_: str) -> Iterator[str]:
    yield from ("true", "false")


_NEAR: dict[str, Callable[[str], Iterator[str]]] = {
    "StringEquals": _text,
    "StringNotEquals": _text,
    "Numeric": _number,
    "Date": _date,
    "IpAddress": _address,
    "Bool": _truth,
    "Null": _truth,
}
"""How to find values around one of a policy, by what its operator's name holds; else a pattern."""

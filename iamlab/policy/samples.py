"""Sample texts that show how patterns and conditions differ: matches, near misses, overlaps.

A few texts are enough for a pattern: its wildcards filled with nothing, or with text that no policy
would name. A text that matches two patterns is found by combining them.

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
"""The most pairs of patterns that are combined."""

MOST_CROSSINGS = 10_000
"""The greatest product of their lengths."""

_PLAIN = str.maketrans({LITERAL_STAR: "*", LITERAL_QUESTION: "?"})
# The text for a star in each part of an ARN.
_STARS = ("arn", "aws", "x", "x", ACCOUNT, "x/y:z")


@lru_cache(maxsize=4096)
def meeting(pattern: str, other: str, stops: str = "") -> str | None:
    """Return a pattern for texts that match both patterns; ``None`` if it finds no such text.

    Parameters
    ----------
    stops
        Characters that the wildcards of the first pattern don't match.

    Examples
    --------
    >>> meeting("maps/*", "*.fits"), meeting("a*", "b*")
    ('maps/*.fits', None)
    """
    if len(pattern) * len(other) > MOST_CROSSINGS:
        return None
    texts = {(0, 0): ""}
    waiting = [(0, 0)]
    while waiting:
        first, second = place = waiting.pop()
        for step, other_step, text in _steps(pattern[first:][:1], other[second:][:1], stops):
            reached = first + step, second + other_step
            if reached not in texts:
                texts[reached] = texts[place] + text
                waiting.append(reached)
    return texts.get((len(pattern), len(other)))


def may_meet(pattern: str, other: str) -> bool:
    """Return whether a text may match both patterns; long patterns may."""
    return len(pattern) * len(other) > MOST_CROSSINGS or meeting(pattern, other) is not None


def _steps(sign: str, other: str, stops: str) -> Iterator[tuple[int, int, str]]:
    """Return the next steps: how far each pattern advances, and the text between."""
    if sign in ("*", "?") and other and other in stops:
        other = ""
    both = "*" if sign == other == "*" else ""
    if sign == "*":
        yield 1, 0, both
        if other:
            yield 0, 1, other
    if other == "*":
        yield 0, 1, both
        if sign:
            yield 1, 0, sign
    elif sign != "*" and sign and other and (sign == other or "?" in (sign, other)):
        yield 1, 1, other if sign == "?" else sign


def resource_samples(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return resources that match one, two or none of the patterns.

    Examples
    --------
    >>> resource_samples(["arn:aws:s3:::maps/*"])[:3]
    ('arn:aws:other:::something-else', '*', 'arn:aws:s3:::maps/x/y:z')
    """
    known = tuple(dict.fromkeys(patterns))
    pairs = islice(combinations(known, 2), MOST_PAIRS)
    both = (_meeting_of_arns(first, other) for first, other in pairs)
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


def _meeting_of_arns(first: str, other: str) -> str | None:
    """Combine two patterns of ARNs, part by part."""
    parts = [_parts(pattern) for pattern in (first, other)]
    both = [meeting(*pair) for pair in zip(*parts, strict=True)]
    found = [part for part in both if part is not None]
    return ":".join(found) if len(found) == PARTS else None


def _parts(pattern: str) -> list[str]:
    """Split a pattern into the parts of an ARN; a star at the end of one matches missing parts."""
    parts = pattern.split(":", PARTS - 1)
    open_parts = (place for place, part in enumerate(parts[:-1], 1) if part.endswith("*"))
    place = max(open_parts, default=len(parts))
    return [*parts[:place], *["*"] * (PARTS - len(parts)), *parts[place:]]


def _filled(pattern: str, stars: Sequence[str]) -> str:
    parts = zip(_parts(pattern), stars, strict=True)
    return ":".join(part.replace("*", star).replace("?", "x") for part, star in parts)


def value_samples(operator: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return values of a condition key that match some of a condition's values and not others.

    Examples
    --------
    >>> value_samples("NumericLessThan", ["10"])
    ('something-else', '10', '9.999', '10.001')
    """
    known = tuple(dict.fromkeys(values))
    if OPERATORS[operator].pattern:
        pairs = islice(combinations(known, 2), MOST_PAIRS)
        known += tuple(filter(None, (meeting(first, other) for first, other in pairs)))
    near = next((make for start, make in _NEAR.items() if start in operator), _like)
    found = [OTHER]
    for value in known:
        found += near(value)
    return tuple(dict.fromkeys(text.translate(_PLAIN) for text in found))


def _like(value: str) -> Iterator[str]:
    """Return texts that match a pattern, and near misses."""
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
    """Return the first and last address of a range, and the addresses next to it."""
    yield from ("203.0.113.1", "2001:db8::1")
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return
    for end, step in ((network.network_address, -1), (network.broadcast_address, 1)):
        yield str(end)
        try:
            yield str(end + step)
        except ValueError:  # there is no address beyond
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
"""Part of an operator's name -> function that finds values near a policy's value."""

"""Sentences about many principals: as many of them as an alternative text has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.words import LONGEST, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence


def said(first: str, parts: Sequence[tuple[int, str]], rest: str = "the list has {}") -> str:
    """Put a sentence together, the most telling parts first; the others are counted.

    Parameters
    ----------
    parts
        Of how many principals each part speaks, and what it says.
    rest
        What is said of those for whom there was no room.

    Examples
    --------
    >>> said("Today ", [(1, "ana may do all"), (2, "bob and eve may do nothing")])
    'Today ana may do all; bob and eve may do nothing.'
    >>> long = [(1, "somebody may do something")] * 20
    >>> said("", long)[-25:], len(said("", long)) <= LONGEST
    ('; the list has 10 others.', True)
    """
    text = f"{first}{parts[0][1]}"
    left = sum(number for number, _ in parts[1:])
    for number, part in parts[1:]:
        if len(f"{text}; {part}{_end(left - number, rest)}") > LONGEST:
            break
        text, left = f"{text}; {part}", left - number
    end = _end(left, rest)
    return f"{shorten(text, LONGEST - len(end))}{end}"


def _end(number: int, rest: str) -> str:
    return f"; {rest.format(count(number, 'other'))}." if number else "."

"""Words about pictures: lists of names, and sentences of a limited length.

An alternative text has at most :data:`LONGEST` characters, because a screen reader reads it aloud.
The list below the picture is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 300


def shorten(text: str, length: int) -> str:
    """Shorten text in the middle, where names differ least; line breaks become visible signs.

    Examples
    --------
    >>> shorten("arn:aws:s3:::star-maps/m31.fits", 20)
    'arn:aws:s3…/m31.fits'
    """
    text = printable(text)
    if len(text) <= length:
        return text
    head = length // 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def listed(names: Sequence[str], most: int = 3, *, length: int = 40) -> str:
    """Return a few names, and the number of the others.

    Examples
    --------
    >>> listed(["ana", "bob", "eve"]), listed(["ana", "bob", "eve", "zoe"], 2), listed([])
    ('ana, bob and eve', 'ana, bob and 2 more', 'nobody')
    """
    if not names:
        return "nobody"
    few = [shorten(name, length) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(few)} and {len(names) - most} more"
    return " and ".join([", ".join(few[:-1]), few[-1]] if len(few) > 1 else few)


def alt_text(first: str, parts: Iterable[str], last: str = "", *, between: str = "; ") -> str:
    """Join as many parts as an alternative text has room for.

    Parameters
    ----------
    first, last
        The words before and after the parts, which are never left out.
    parts
        The parts, the most important ones first; those without room are counted.

    Examples
    --------
    >>> alt_text("Two layers: ", ["one allows", "one denies"], ".")
    'Two layers: one allows; one denies.'
    >>> len(alt_text("Many: ", ["a part of some length"] * 40, ".")) <= LONGEST
    True
    """
    every = [part for part in parts if part]
    text = f"{first}{between.join(every)}{last}"
    kept = list(every)
    while len(text) > LONGEST and kept:
        kept.pop()
        text = f"{first}{between.join([*kept, f'{len(every) - len(kept)} more'])}{last}"
    return shorten(text, LONGEST)

"""Tokens of which nothing is kept: they say themselves what counts, under a seal.

Whoever gets such a token back reads what is written in it, seals that once more, and compares. Only
the world can make the seal, since it follows from the world's seed; so nobody can write a token of
his own, or change one.

Notes
-----
AWS pages: "Use the Instance Metadata Service to access instance metadata"; "Enable custom identity
broker access to the AWS console". How AWS's own tokens are made is not told.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.world.world import World

_TOKEN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_START, _MICROSECOND = datetime(1, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def seal(world: World, purpose: str, written: str, size: int) -> str:
    """Make the seal of what is written, marked as an example.

    Parameters
    ----------
    purpose
        What the token is for, and for whom: the seal of one purpose is none for another.
    size
        How many letters it has, the mark aside.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> seal(world, "signin", "ana", 4) == seal(world, "signin", "ana", 4)
    True
    >>> seal(world, "signin", "bob", 4) == seal(world, "signin", "ana", 4)
    False
    """
    return world.ids.hidden(f"{purpose}/{written}", _TOKEN_LETTERS, size) + "EXAMPLETOKEN"


def since_text(moment: datetime) -> str:
    """Write a moment in 15 hexadecimal digits, exact to the microsecond.

    Examples
    --------
    >>> since_text(datetime(2026, 11, 25, 9, tzinfo=UTC))
    '0e321150c6fc400'
    """
    return f"{(moment - _START) // _MICROSECOND:015x}"


def moment_of(text: str) -> datetime:
    """Read what :func:`since_text` has written; a seal shows that it was that.

    Examples
    --------
    >>> moment_of(since_text(datetime(2026, 11, 25, 9, tzinfo=UTC))).isoformat()
    '2026-11-25T09:00:00+00:00'
    """
    return _START + int(text, 16) * _MICROSECOND

"""Long questions show how far they are, in a notebook, a terminal or a log.

Most answers come at once. Whoever waits longer than a second sees a bar, on standard error, which
is gone when the work is done. Everything is computed on values that are frozen or copied, so
whoever does not want to wait can interrupt: the world stays as it was.
"""

from __future__ import annotations

import sys
from operator import length_hint
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE = 1.0
"""So many seconds pass before a bar is shown."""

Thing = TypeVar("Thing")


def steps(things: Iterable[Thing], what: str, total: int | None = None) -> Iterator[Thing]:
    """Give things one by one, and show how many are done if that takes long.

    Parameters
    ----------
    what
        What is being done, for whoever waits: ``"gathering"``.
    total
        How many there are. Default: as many as the things themselves say.

    Examples
    --------
    >>> list(steps(["ana", "bob"], "gathering"))
    ['ana', 'bob']
    """
    begun, done = monotonic(), 0
    waiting = iter(things)
    count = (length_hint(things) or None) if total is None else total
    for thing in waiting:
        yield thing
        done += 1
        if monotonic() - begun > PATIENCE:
            break
    else:
        return
    from tqdm.auto import tqdm  # not before: quick answers need no bar

    yield from tqdm(
        waiting, desc=what, total=count, initial=done, file=sys.stderr, leave=False, unit=""
    )

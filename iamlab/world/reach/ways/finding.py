"""How a function becomes the finder of a way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from iamlab.world.reach.table import TABLE

if TYPE_CHECKING:
    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way

Finder = Callable[["Standpoint"], "Iterator[Edge]"]
Written = Callable[["Standpoint", "Way"], "Iterator[Edge]"]

FINDERS: dict[int, Finder] = {}
"""Number of a way -> what finds it; of several finders, all of them one after the other."""


def finds(number: int) -> Callable[[Written], Written]:
    """Make a function a finder of a way; it is given the standpoint and the way's row."""
    way = TABLE[number]

    def make(written: Written) -> Written:
        before = FINDERS.get(number)

        def finder(standpoint: Standpoint) -> Iterator[Edge]:
            if before is not None:
                yield from before(standpoint)
            yield from written(standpoint, way)

        FINDERS[number] = finder
        return written

    return make

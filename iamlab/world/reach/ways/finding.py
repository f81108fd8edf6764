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
"""Number of a way -> what finds it."""


def finds(number: int) -> Callable[[Written], Written]:
    """Make a function the finder of a way; it is given the standpoint and the way's row."""
    way = TABLE[number]

    def make(written: Written) -> Written:
        FINDERS[number] = lambda standpoint: written(standpoint, way)
        return written

    return make

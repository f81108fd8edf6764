"""The ways, as functions: each gives the edges that one power has by it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from iamlab.world.reach.ways.finding import FINDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.standpoint import Standpoint

MODULES = (
    *("own_policies", "own_versions", "boundaries", "own_denials", "own_mfa", "own_tags"),
    *("groups", "own_room", "own_sessions", "others"),
    *("roles", "users", "creating", "providers"),
    *("member_root",),
    *("compute", "existing", "functions", "instances", "identity_center"),
)
"""Where the functions are."""


def edges_from(standpoint: Standpoint, numbers: Iterable[int] | None = None) -> Iterator[Edge]:
    """Give all edges that one power has; or only those by some ways."""
    for module in MODULES:
        import_module(f"iamlab.world.reach.ways.{module}")
    for number in FINDERS if numbers is None else numbers:
        yield from FINDERS[number](standpoint)

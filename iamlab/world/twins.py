"""How parts of the world are copied along with it: things that are changed in place, of values.

Notes
-----
No AWS page: nothing in AWS can be copied so.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from iamlab.world.world import World

    Own = TypeVar("Own", bound=DataclassInstance)


def twin_of(part: Own, world: World) -> Own:
    """Copy a part into another world: its lists and dicts are new, their values shared.

    Parameters
    ----------
    part
        Of a dataclass with a field ``world``, whose own lists and dicts hold values only.

    Examples
    --------
    >>> from iamlab import World
    >>> world, other = World(seed=7), World(seed=7)
    >>> root = world.create_organization(world.create_account("main")).root
    >>> twin = twin_of(root, other)
    >>> twin.world is other, twin.id == root.id, twin.attached is root.attached
    (True, True, False)
    """
    mutable: dict[str, Any] = {
        one.name: type(value)(value)
        for one in fields(part)
        if isinstance(value := getattr(part, one.name), list | dict)
    }
    return replace(part, world=world, **mutable)

"""The arguments of a figure: an error in words if one of them isn't what the figure needs.

An argument for several texts can also be one text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamlab.errors import RequestError
from iamlab.model.world import World

WANTED = {
    "Decision": ("a decision", "ask world.can(caller, action, resource)"),
    "Policy": ("a policy", "make one with Policy.parse(document)"),
    "World": ("a world", "make one with World()"),
    "AccessMatrix": ("an access matrix", "ask world.access_matrix(actions, resources)"),
    "Organization": ("an organization", "take one of world.organizations.values()"),
    "Session": ("a session", "ask world.sts.assume_role(caller, role_arn=..., ...)"),
    "Timeline": ("a timeline", "ask world.timeline()"),
    "Reach": ("a reach", "ask world.reach()"),
    "Path": ("a path", "ask reach.path(caller)"),
    "Cut": ("a cut", "ask reach.cut(caller)"),
}
"""The name of each type of value, and how to get one."""


def check(figure: str, value: object, kind: type, *, argument: str = "") -> None:
    """Raise an error for what a figure can't draw.

    Parameters
    ----------
    argument
        Its name; the first arguments need none.

    Raises
    ------
    RequestError
        It isn't of this type.

    Examples
    --------
    >>> from iamlab import World
    >>> check("two_layers", "acme", World)
    Traceback (most recent call last):
    iamlab.errors.RequestError: two_layers wants a world, not an object of type str: ...
    """
    if not isinstance(value, kind):
        wanted, how = WANTED[kind.__name__]
        got = type(value).__name__
        called = f"{figure}({argument}=...)" if argument else figure
        raise RequestError(f"{called} wants {wanted}, not an object of type {got}: {how}.")


def check_world(figure: str, world: object) -> None:
    """Raise an error for a ``world=`` that isn't a world; ``None`` is fine.

    Raises
    ------
    RequestError
        It is something else.

    Examples
    --------
    >>> check_world("sequence", None)
    >>> check_world("sequence", "acme")
    Traceback (most recent call last):
    iamlab.errors.RequestError: sequence(world=...) wants a world, not an object of type str: ...
    """
    if world is not None:
        check(figure, world, World, argument="world")


def text(what: str, value: object) -> str:
    """Return a text.

    Raises
    ------
    RequestError
        It isn't one.
    """
    if not isinstance(value, str):
        raise RequestError(f"{what} is text, and not {value!r}.")
    return value


def texts(what: str, value: object) -> tuple[str, ...]:
    """Return one text or several, each once; those of a set, which has no order, are sorted.

    Raises
    ------
    RequestError
        Something in it isn't a text.

    Examples
    --------
    >>> texts("action", "s3:GetObject"), texts("action", ["a:b", "c:d", "a:b"])
    (('s3:GetObject',), ('a:b', 'c:d'))
    """
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    values: list[Any] = list(value) if several else [value]  # type: ignore[call-overload]
    for one in values:
        text(f"Each {what}", one)
    if isinstance(value, set | frozenset):
        values.sort()
    return tuple(dict.fromkeys(values))

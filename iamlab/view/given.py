"""What people hand to a figure: taken if it is what the figure wants, and refused in words if not.

An argument that takes several texts takes one as well, and says so when it gets neither.
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
"""What each type of value is called, and where people get one."""


def check(figure: str, given: object, kind: type, *, argument: str = "") -> None:
    """Refuse what a figure cannot draw.

    Parameters
    ----------
    argument
        By which name it was given; the first ones need none.

    Raises
    ------
    RequestError
        It is not of this type.

    Examples
    --------
    >>> from iamlab import World
    >>> check("two_layers", "acme", World)
    Traceback (most recent call last):
    iamlab.errors.RequestError: two_layers wants a world, not an object of type str: ...
    """
    if not isinstance(given, kind):
        wanted, how = WANTED[kind.__name__]
        got = type(given).__name__
        called = f"{figure}({argument}=...)" if argument else figure
        raise RequestError(f"{called} wants {wanted}, not an object of type {got}: {how}.")


def check_world(figure: str, world: object) -> None:
    """Refuse a ``world=`` that is no world; none at all is fine.

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


def text(what: str, given: object) -> str:
    """Read one text.

    Raises
    ------
    RequestError
        It is none.
    """
    if not isinstance(given, str):
        raise RequestError(f"{what} is text, and not {given!r}.")
    return given


def texts(what: str, given: object) -> tuple[str, ...]:
    """Read one text or several, each once; a set, which has no order, in that of the alphabet.

    Raises
    ------
    RequestError
        Something in it is no text.

    Examples
    --------
    >>> texts("action", "s3:GetObject"), texts("action", ["a:b", "c:d", "a:b"])
    (('s3:GetObject',), ('a:b', 'c:d'))
    """
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping)
    values: list[Any] = list(given) if several else [given]  # type: ignore[call-overload]
    for one in values:
        text(f"Each {what}", one)
    if isinstance(given, set | frozenset):
        values.sort()
    return tuple(dict.fromkeys(values))

"""Check the arguments of a figure, with errors that say how to get the right value.

An argument for several texts can also be a single text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iamlab.errors import RequestError
from iamlab.model.world import World

WANTED = {
    "Decision": ("a decision", "call world.can(principal, action, resource)"),
    "Policy": ("a policy", "make one with Policy.parse(document)"),
    "World": ("a world", "make one with World()"),
    "AccessMatrix": ("an access matrix", "call world.access_matrix(actions, resources)"),
    "Organization": ("an organization", "use one of world.organizations.values()"),
    "Session": ("a session", "call world.sts.assume_role(principal, role_arn=..., ...)"),
    "Timeline": ("a timeline", "call world.timeline()"),
    "Reach": ("a reach", "call world.reach()"),
    "Path": ("a path", "call reach.path(principal)"),
    "Cut": ("a cut", "call reach.cut(principal)"),
}
"""The name of each type of value, and how to get one."""


def check(figure: str, value: object, kind: type, *, argument: str = "") -> None:
    """Raise an error for a value of the wrong type.

    Parameters
    ----------
    argument
        The name of the argument; the first one needs none.

    Raises
    ------
    RequestError
        The value has another type.

    Examples
    --------
    >>> from iamlab import World
    >>> check("two_layers", "acme", World)
    Traceback (most recent call last):
    iamlab.errors.RequestError: two_layers needs a world, not an object of type str: ...
    """
    if not isinstance(value, kind):
        wanted, how = WANTED[kind.__name__]
        got = type(value).__name__
        called = f"{figure}({argument}=...)" if argument else figure
        raise RequestError(f"{called} needs {wanted}, not an object of type {got}: {how}.")


def check_world(figure: str, world: object) -> None:
    """Raise an error for a ``world=`` that isn't a world; ``None`` is fine.

    Raises
    ------
    RequestError
        The value has another type.

    Examples
    --------
    >>> check_world("sequence", None)
    >>> check_world("sequence", "acme")
    Traceback (most recent call last):
    iamlab.errors.RequestError: sequence(world=...) needs a world, not an object of type str: ...
    """
    if world is not None:
        check(figure, world, World, argument="world")


def text(what: str, value: object) -> str:
    """Return a value that must be text.

    Raises
    ------
    RequestError
        It isn't text.
    """
    if not isinstance(value, str):  # the error doesn't have the value, which can be secret
        raise RequestError(f"{what} must be text, not an object of type {type(value).__name__}.")
    return value


def texts(what: str, value: object) -> tuple[str, ...]:
    """Return one text or several as a tuple, each once; those of a set are sorted.

    Raises
    ------
    RequestError
        A value isn't text.

    Examples
    --------
    >>> texts("action", "s3:GetObject"), texts("action", ["a:b", "c:d", "a:b"])
    (('s3:GetObject',), ('a:b', 'c:d'))
    """
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    values: list[Any] = list(value) if several else [value]  # type: ignore[call-overload]
    for each in values:
        text(f"Each {what}", each)
    if isinstance(value, set | frozenset):
        values.sort()
    return tuple(dict.fromkeys(values))

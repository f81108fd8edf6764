"""A thing that a world keeps: plain fields below, and the methods of the lab above.

How parts of the world are copied along with it: things that are changed in place, of values.

Arguments are checked.

When credentials and roles were last used: values.

Values that a world holds about its calls.

Notes
-----
No AWS page: nothing in AWS can be copied so.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypedDict, TypeVar

from iamlab.errors import RequestError

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Network
    from iamlab.model.world import World


Own = TypeVar("Own")


class Record:
    """Made as the class of the lab that stands for it, once there is one (as ``Path`` is made)."""

    __slots__ = ()
    made_as: ClassVar[type | None] = None

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return object.__new__(cls.__dict__.get("made_as") or cls)

    @classmethod
    def plain(cls) -> type:
        """Give the class of the record itself: a file names this one."""
        return next(one for one in cls.__mro__ if "made_as" in one.__dict__ or one is cls)


def facade_of(record: type) -> Any:
    """Say of a class of the lab which records are made as it."""

    def note(facade: type) -> type:
        record.made_as = facade
        return facade

    return note


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


def check_texts(**given: object) -> None:
    """Refuse what is no text.

    Raises
    ------
    RequestError
        It is something else.
    """
    for name, text in given.items():
        if not isinstance(text, str):
            raise RequestError(f"{name} must be text, and is {text!r}.")


@dataclass(frozen=True, slots=True)
class LastUsed:
    """When a key was last used, and for what."""

    date: datetime
    service: str
    region: str


@dataclass(frozen=True, slots=True)
class RoleLastUsed:
    """When a role was last used, and where."""

    date: datetime
    region: str


class Membership(NamedTuple):
    """An account's place in its organization: ``o-.../r-.../ou-.../`` is the path."""

    organization_id: str
    path: str


class Circumstances(TypedDict, total=False):
    """How a call is made, where that matters. Whoever leaves one out leaves it to the world.

    Parameters
    ----------
    network
        Where the call comes from; else from where ``world.network(...)`` says.
    via
        The services that call for the principal: ``"athena.amazonaws.com"``, or several, the first
        one first. They use forward access sessions.
    source_arn
        Of a service that calls for itself: the resource for which it does, a trail, say.
    request_tags
        Tags that the call sends.
    region
        The Region whose endpoint is called; else the resource's own.
    """

    network: Network
    via: str | Sequence[str]
    source_arn: str
    request_tags: Mapping[str, str]
    region: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How every call of a world is made that does not say otherwise: of a copy that tries some."""

    context: Mapping[str, ContextValue] = field(default_factory=dict)
    circumstances: Circumstances = field(default_factory=Circumstances)

    def with_(
        self, context: Mapping[str, ContextValue], circumstances: Circumstances
    ) -> tuple[Mapping[str, ContextValue], Circumstances]:
        """Give what one call says, and where it says nothing, what stands."""
        if self.context:
            context = over(self.context, context)
        if self.circumstances:
            circumstances = {**self.circumstances, **circumstances}
        return context, circumstances


@dataclass(slots=True)
class Remembered:
    """What was worked out for earlier questions; a change of the world forgets it.

    Parameters
    ----------
    gathered
        Callers, by ARN.
    crowds
        All callers of the world or of an account, made ready for questions.
    """

    gathered: dict[str, Any] = field(default_factory=dict)
    crowds: dict[Hashable, Any] = field(default_factory=dict)


def over(
    known: Mapping[str, ContextValue], given: Mapping[str, ContextValue]
) -> dict[str, ContextValue]:
    """Lay what is given over what is known; the letter case of keys does not count.

    Raises
    ------
    RequestError
        What is given is no context.
    """
    context: object = given
    if not (isinstance(context, Mapping) and all(isinstance(key, str) for key in context)):
        raise RequestError(f"context is a dict of condition keys and values, not {given!r}.")
    lower = {key.lower() for key in given}
    return {**{key: value for key, value in known.items() if key.lower() not in lower}, **given}

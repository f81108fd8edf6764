"""The base of all records, and small values that several records hold.

Notes
-----
AWS page: "IAM and AWS STS quotas", section "IAM name requirements", for `Entities`. Records, their
copies and their facades are iamlab's own.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields, replace
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self, TypeVar

from iamlab.errors import NoSuchEntity, RequestError, did_you_mean, noted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime


Held = TypeVar("Held", bound="DataclassObject")
Facade = TypeVar("Facade", bound=type)
Entity = TypeVar("Entity")


class DataclassObject(Protocol):
    """An object of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class Record:
    """A dataclass of fields, whose objects are made as a class of `iamlab.world`.

    The class of `iamlab.world` inherits from the record and adds the methods of a notebook. Code in
    lower rooms makes records (``User(account, name)``) and gets objects of `iamlab.world`, as
    ``Path()`` returns a ``PosixPath``.
    """

    __slots__ = ()
    made_as: ClassVar[type | None] = None
    facade_modules: ClassVar[dict[str, str]] = {}
    """Module of records -> the module of `iamlab.world` that is imported with the first one."""

    def __new__(cls, *_: Any, **__: Any) -> Self:  # noqa: D102 - a dunder to readers
        if cls.__module__ in Record.facade_modules:
            import_module(Record.facade_modules[cls.__module__])
            Record.facade_modules.pop(cls.__module__, None)
        made: Self = super().__new__(cls.__dict__.get("made_as") or cls)
        return made


def facade_of(record: type[Record]) -> Callable[[Facade], Facade]:
    """Make all objects of a record as the decorated class of `iamlab.world`.

    Parameters
    ----------
    record
        The record that the decorated class inherits from. It holds the fields; the decorated class
        adds only methods and no slots.

    Examples
    --------
    >>> class Star(Record):
    ...     pass
    >>> @facade_of(Star)
    ... class ShiningStar(Star):
    ...     pass
    >>> type(Star()).__name__
    'ShiningStar'
    """

    def register(facade: Facade) -> Facade:
        record.made_as = facade
        return facade

    return register


def plain(cls: type) -> type:
    """Return the record of a class of `iamlab.world` or of its subclass; any other class itself.

    A saved world names this class.
    """
    records = (base for base in cls.__mro__ if issubclass(cls, base.__dict__.get("made_as") or ()))
    return next(records, cls)


def copy_into(part: Held, **holder: object) -> Held:
    """Copy a part of a world into another one: with new lists and dicts, and shared values.

    Parameters
    ----------
    part
        An object of a dataclass whose lists and dicts hold values only.
    holder
        The holder of the copy, by the name of the field that points to it: ``world`` or
        ``account``.

    Examples
    --------
    >>> from iamlab import World
    >>> world, other = World(seed=7), World(seed=7)
    >>> root = world.create_organization(world.create_account("main")).root
    >>> copy = copy_into(root, world=other)
    >>> copy.world is other, copy.id == root.id, copy.attached is root.attached
    (True, True, False)
    """
    mutable: dict[str, Any] = {
        field.name: type(value)(value)
        for field in fields(part)
        if isinstance(value := getattr(part, field.name), list | dict)
    }
    return replace(part, **holder, **mutable)


_NOT_FOUND = {
    "policies": "Policy {} does not exist or is not attachable.",
    "instance_profiles": "Instance Profile {} cannot be found.",
    "server_certificates": "The Server Certificate with name {} cannot be found.",
    "saml_providers": "Manifest not found for arn {}",
    "oidc_providers": "OpenIDConnect Provider not found for arn {}",
}
"""Attribute of an account -> AWS's sentence about what isn't in it, if that isn't the usual one."""

_CASE_SENSITIVE = ("policies", "saml_providers", "oidc_providers")


class Entities(dict[str, Entity]):
    """The entities of one type in an account, by name or ARN.

    It is a dictionary, except that ``[...]`` finds a name case-insensitively, as IAM does, and
    raises AWS's error for what doesn't exist.

    Parameters
    ----------
    attribute
        The account's attribute that holds them.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main")
    >>> ana = main.create_user("ana")
    >>> main.users["ANA"] is ana, "zoe" in main.users, main.users.get("zoe")
    (True, False, None)
    >>> main.users["zoe"]
    Traceback (most recent call last):
        ...
    iamlab.errors.NoSuchEntity: NoSuchEntity: The user with name zoe cannot be found.
    There are: ana.
    """

    __slots__ = ("attribute",)

    def __init__(self, attribute: str, entities: Mapping[str, Entity]) -> None:
        super().__init__(entities)
        self.attribute = attribute

    def __missing__(self, name: object) -> Entity:
        """Find a name in another case; Python calls this for an unknown key."""
        if not isinstance(name, str):
            raise RequestError(f"{name!r} isn't a name.")
        if self.attribute not in _CASE_SENSITIVE:
            for known, entity in self.items():
                if known.lower() == name.lower():
                    return entity
        raise self.not_found(name)

    def not_found(self, name: str) -> NoSuchEntity:
        """Return the error for a name, with a note about similar names."""
        usual = f"The {self.attribute[:-1]} with name {{}} cannot be found."
        error = NoSuchEntity(_NOT_FOUND.get(self.attribute, usual).format(name))
        return noted(error, self.similar_to(name))

    def similar_to(self, name: str) -> str:
        """Return a note about similar names."""
        return did_you_mean(name, self)


def check_texts(**texts: object) -> None:
    """Check that a value is text.

    Raises
    ------
    RequestError
        It isn't text.
    """
    for name, text in texts.items():
        if not isinstance(text, str):
            raise RequestError(f"{name} must be text, not {text!r}.")


def known_name(name: str, held: Collection[str], absent: str) -> str:
    """Return a name that is among those held, or say which one may be meant."""
    if name not in held:
        raise noted(NoSuchEntity(absent), did_you_mean(name, held))
    return name


class Membership(NamedTuple):
    """An account's place in its organization: ``o-.../r-.../ou-.../`` is the path."""

    organization_id: str
    path: str
    status: str = "ACTIVE"


class CredentialKind(Enum):
    """The kind of credentials; it decides which operations they can call."""

    LONG_TERM = "long-term credentials"
    CONSOLE = "a console session"
    USER = "a session of GetSessionToken"
    FEDERATED = "a session of GetFederationToken"
    FEDERATED_CONSOLE = "a console session of a federated user"
    ROLE = "a role session"
    ROOT_TASK = "a session of AssumeRoot"


OF_FEDERATED_USERS = (CredentialKind.FEDERATED, CredentialKind.FEDERATED_CONSOLE)
"""The kinds whose caller has its own ARN, and the permissions of the user who created it."""


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

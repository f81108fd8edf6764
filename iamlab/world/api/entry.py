"""One entry for each operation: what it works on, what it does, what it answers.

From the entry come the method of an identity or account, the call as somebody, and the event. The
modules beside this one hold the entries; they are loaded when an operation is first wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError, did_you_mean

if TYPE_CHECKING:
    from iamlab.world.account import Account

Parameters = Mapping[str, Any]
Perform = Callable[["Account", Parameters], Any]
Answer = Callable[[Any], dict[str, Any]]
Pairs = Callable[["Account", Parameters], list[tuple[str, str]]]

MODULES = (
    "users",
    "groups",
    "roles",
    "policies",
    "attachments",
    "boundaries",
    "tags",
    "account",
    "keys",
    "passwords",
    "password_policy",
    "mfa",
    "aliases",
    "profiles",
    "service_linked",
    "saml",
    "oidc",
    "certificates",
    "ssh_keys",
    "service_credentials",
    "preferences",
)
"""Where the entries are."""

READS = ("Get", "List", "Generate")
"""What the names of operations that change nothing begin with."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation.

    Parameters
    ----------
    name
        As in the API: ``CreateUser``.
    on
        What it works on: the kind of thing whose ARN it needs permission for, ``"user"``; with a
        slash at its end, all of them: ``"user/"``; ``"*"``: on nothing in particular.
    perform
        Does it: checks first, and changes last, so that what fails changes nothing.
    answer
        What ``perform`` gives, as the API answers it.
    also
        Further pairs of action and resource that the caller needs.
    """

    name: str
    on: str
    perform: Perform
    answer: Answer
    also: Pairs

    @property
    def is_read_only(self) -> bool:
        """Whether it changes nothing."""
        return self.name.startswith(READS)


_ENTRIES: dict[str, Entry] = {}


def nothing(_: Any) -> dict[str, Any]:
    """Answer nothing, as operations do that only change something."""
    return {}


def as_it_is(value: dict[str, Any]) -> dict[str, Any]:
    """Answer what was found."""
    return value


def no_more(_: Account, __: Parameters) -> list[tuple[str, str]]:
    """Need no further permission."""
    return []


def operation(
    name: str, on: str, answer: Answer = nothing, also: Pairs = no_more
) -> Callable[[Perform], Perform]:
    """Make a function the entry of an operation."""

    def make(perform: Perform) -> Perform:
        _ENTRIES[name] = Entry(name, on, perform, answer, also)
        return perform

    return make


def entries() -> Mapping[str, Entry]:
    """Give all entries by name."""
    for module in MODULES:
        import_module(f"iamlab.world.api.{module}")
    return _ENTRIES


def find(name: str) -> Entry:
    """Find an entry.

    Raises
    ------
    RequestError
        There is none.

    Examples
    --------
    >>> find("CreateUser").on
    'user'
    """
    known = _ENTRIES.get(name) or entries().get(name)
    if known is None:
        hint = did_you_mean(name, entries())
        raise RequestError(f"iamlab has no operation {name!r} yet. {hint}")
    return known

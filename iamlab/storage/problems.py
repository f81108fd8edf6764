"""A run of writing or reading a world: problems, their places, and which fields are secret.

Places are JSON paths: ``$.accounts["111111111111"].users.alice.path``. The rule for secrets fails
safe: a field whose name sounds secret is a secret, unless it is listed as harmless.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Protocol

from iamlab.storage.account_entries import Problems
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.policy.document import Policy


_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ENOUGH = 1000  # the most problems before reading stops
_SHOWN = 60  # the most characters of a value in an error


class Unusable:
    """Replaces a value with a problem that was reported."""


UNUSABLE: Final = Unusable()


@dataclass(slots=True)
class CodingRun:
    """A run of writing or reading a world.

    Parameters
    ----------
    heading
        The heading of the list of problems.
    secrets
        Whether secrets are written, or can be in the file.
    owners
        The enclosing objects, innermost last, to which ``account`` or ``world`` refer.
    policies
        Parsed documents, by their text.
    """

    heading: str = "It can't be read:"
    secrets: bool = False
    problems: Problems = field(default_factory=Problems)
    places: list[str] = field(default_factory=list)
    owners: list[Any] = field(default_factory=list)
    policies: dict[Any, Policy] = field(default_factory=dict)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def wrong(self, place: str, what: str) -> Unusable:
        """Report a problem at a place, and how to fix it."""
        self.problems.add(place, what)
        self.places.append(place)
        if len(self.places) >= _ENOUGH:
            self.finish()
        return UNUSABLE

    def finish(self) -> None:
        """Raise an error with the problems found, if there are any.

        Raises
        ------
        LoadError
            There are problems; the error lists their places.
        """
        self.problems.raise_if_any(self.heading)

    def not_a(self, wanted: str, raw: object, place: str) -> Unusable:
        """Report that a value has the wrong type."""
        return self.wrong(place, f"It must be {wanted}, not {kind_of(raw)}.")

    def is_sound(self, place: str) -> bool:
        """Return whether there is no problem at a place and below it."""
        return not any(wrong.startswith(place) for wrong in self.places)

    def owner(self, cls: type) -> Any:
        """Return the nearest enclosing object of a class, or ``None``."""
        return next((owner for owner in reversed(self.owners) if isinstance(owner, cls)), None)


class Coder(Protocol):
    """Writes values of some types as JSON, and reads them."""

    @property
    def types(self) -> tuple[type, ...]:
        """The Python types that it writes."""

    @property
    def kinds(self) -> tuple[type, ...]:
        """The Python types of the JSON values that it reads."""

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return the JSON value for a value."""

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Return the value for JSON; ``UNUSABLE`` if it is wrong."""


_KINDS: dict[type, str] = {
    str: "text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    type(None): "null",
}


def kind_of(raw: object) -> str:
    """Return the type of a JSON value, not the value: it can be a secret.

    Examples
    --------
    >>> kind_of([1]), kind_of(None)
    ('a list', 'null')
    """
    return _KINDS.get(type(raw), f"a Python {type(raw).__name__}")


def shown(text: object) -> str:
    """Show a value of a file, shortened."""
    full = ascii(text)
    return full if len(full) <= _SHOWN else f"{full[:_SHOWN]}..."


def member(place: str, key: str) -> str:
    """Return the place of an object's member.

    Examples
    --------
    >>> member("$.users", "alice"), member("$.accounts", "1-2")
    ('$.users.alice', '$.accounts["1-2"]')
    """
    if _WORD.fullmatch(key):
        return f"{place}.{key[:100]}"
    return f"{place}[{json.dumps(key[:100])}]"


_SOUNDS_SECRET = re.compile("hash|salt|passw|secret|seed|token|private")


def one_way(seed: int) -> int:
    """Return the seed of a world saved without secrets, from which the original doesn't follow.

    Anyone who knows the seed can compute secret access keys and seeds of MFA devices. A seed that
    can be guessed, such as 7, isn't a secret anyway.

    Examples
    --------
    >>> one_way(7) == one_way(7), one_way(7) == one_way(8)
    (True, False)
    """
    text = f"iamlab, a world without secrets/{seed}"
    return int.from_bytes(sha256(text.encode()).digest(), "big")


WRITTEN_INSTEAD: dict[str, Callable[[Any], Any]] = {"Ids.seed": one_way}
"""Secrets that are replaced by a value that follows from them."""

LEFT_OUT: dict[str, object] = {
    "LoginProfile.hashes": (),  # there is a password, but no text matches it
    "ServiceSpecificCredential.password": None,
}
"""Secrets that aren't written, and their value in a loaded world."""

HARMLESS = frozenset(tables(__file__)["harmless"])
"""Harmless fields whose names sound secret."""


def is_secret(field: str) -> bool:
    """Return whether a field, such as ``"LoginProfile.hashes"``, can contain a secret.

    Examples
    --------
    >>> is_secret("LoginProfile.hashes"), is_secret("LoginProfile.password_reset_required")
    (True, False)
    """
    sounds = _SOUNDS_SECRET.search(field.partition(".")[2]) is not None
    return field in LEFT_OUT or field in WRITTEN_INSTEAD or (sounds and field not in HARMLESS)

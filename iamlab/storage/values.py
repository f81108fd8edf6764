"""Plain values, and how a file has each: text, numbers, times, bytes, words of a closed list."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.storage.problems import CodingRun, member

if TYPE_CHECKING:
    from enum import Enum

_LARGEST = 2**53
"""Larger numbers are written as hexadecimal text: other programs would round them."""

_HEXADECIMAL = re.compile(r"-?0x[0-9a-f]{1,16384}")
_HALF = re.compile("[\ud800-\udfff]")
_MARK = "\0base64:"
"""Begins text that JSON cannot hold: a call may have been given half of a surrogate pair."""

_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Text:
    """Text, character by character."""

    types: tuple[type, ...] = (str,)
    kinds: tuple[type, ...] = (str,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give it as it is, or marked as Base64 if JSON cannot hold it."""
        if not isinstance(value, str):
            return run.not_a("text", value, place)
        if value.startswith("\0") or _HALF.search(value):
            return _MARK + base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()
        return str(value)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Take it; half of a surrogate pair only where it is marked, so meant."""
        if type(raw) is not str:
            return run.not_a("text", raw, place)
        if raw.isascii() and not raw.startswith(_MARK):
            return raw
        if raw.startswith(_MARK):
            return _marked(raw, place, run)
        if _HALF.search(raw):
            return run.wrong(place, "It holds half of a surrogate pair: write the whole character.")
        return raw


def _marked(raw: str, place: str, run: CodingRun) -> Any:
    try:
        found = base64.b64decode(raw.removeprefix(_MARK), validate=True)
        return found.decode("utf-8", "surrogatepass")
    except ValueError:
        return run.wrong(place, "What follows base64: must be Base64 of UTF-8.")


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number; a large one is hexadecimal text, unless text beside it is something else."""

    beside_text: bool = False
    types: tuple[type, ...] = (int,)

    @property
    def kinds(self) -> tuple[type, ...]:
        """A number, or text."""
        return (int,) if self.beside_text else (int, str)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give it, as text if it is large."""
        if not isinstance(value, int) or isinstance(value, bool):
            return run.not_a("a whole number", value, place)
        if -_LARGEST < value < _LARGEST:
            return int(value)
        return run.wrong(place, "The number is too large.") if self.beside_text else hex(value)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Take it from either form."""
        if type(raw) is int:
            if -_LARGEST < raw < _LARGEST:
                return raw
            return run.wrong(place, "The number is too large: write it as text, in the form 0x1f.")
        if type(raw) is str and _HEXADECIMAL.fullmatch(raw):
            return int(raw, 16)
        return run.not_a("a whole number", raw, place)


@dataclass(frozen=True, slots=True)
class Fraction:
    """A number with a point."""

    types: tuple[type, ...] = (float,)
    kinds: tuple[type, ...] = (float, int)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give it; JSON has neither infinity nor NaN."""
        return self.read(value, place, run)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Take it."""
        if type(raw) is int and -_LARGEST < raw < _LARGEST:
            return float(raw)
        if type(raw) is float and math.isfinite(raw):
            return raw
        return run.not_a("a finite number", raw, place)


@dataclass(frozen=True, slots=True)
class Exact:
    """One of a few values that JSON has itself: true, false, null, words of a closed list."""

    choices: tuple[Any, ...]
    types: tuple[type, ...] = field(init=False)
    kinds: tuple[type, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = tuple(dict.fromkeys(type(choice) for choice in self.choices))
        object.__setattr__(self, "types", found)
        object.__setattr__(self, "kinds", found)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give it as it is."""
        return self.read(value, place, run)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Take it if it is one of them; 1 is not true."""
        for choice in self.choices:
            if type(raw) is type(choice) and raw == choice:
                return raw
        words = {True: "true", False: "false", None: "null"}
        known = " or ".join(words.get(choice, repr(choice)) for choice in self.choices)
        return run.not_a(known, raw, place)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an enumeration, by its name."""

    enum: type[Enum]
    kinds: tuple[type, ...] = (str,)

    @property
    def types(self) -> tuple[type, ...]:
        """The enumeration."""
        return (self.enum,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give its name."""
        if not isinstance(value, self.enum):
            return run.not_a(f"a {self.enum.__name__}", value, place)
        return value.name

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Find it by its name."""
        known = self.enum.__members__
        if type(raw) is str and raw in known:
            return known[raw]
        return run.not_a(" or ".join(known), raw, place)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its zone, as in ISO 8601; UTC is Z."""

    types: tuple[type, ...] = (datetime,)
    kinds: tuple[type, ...] = (str,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give it as text."""
        if not isinstance(value, datetime) or value.tzinfo is None:
            return run.wrong(place, "It must be a time with a zone, such as UTC.")
        return value.isoformat().replace("+00:00", "Z")

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Take it from text."""
        try:
            found = datetime.fromisoformat(raw)
        except (TypeError, ValueError):
            return run.not_a("a time such as 2026-11-25T09:00:00Z", raw, place)
        if found.tzinfo is None:
            return run.wrong(place, "The time has no zone: write Z at its end for UTC.")
        return found


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes, as Base64."""

    types: tuple[type, ...] = (bytes,)
    kinds: tuple[type, ...] = (str,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give them as text."""
        if not isinstance(value, bytes):
            return run.not_a("bytes", value, place)
        return base64.b64encode(value).decode()

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Take them from text."""
        if type(raw) is not str:
            return run.not_a("Base64 text", raw, place)
        try:
            return base64.b64decode(raw, validate=True)
        except ValueError:
            return run.wrong(place, "It must be Base64.")


@dataclass(frozen=True, slots=True)
class Anything:
    """What may be any JSON: parameters of a call, say."""

    types: tuple[type, ...] = (str, bool, int, float, type(None), dict, list, tuple)
    kinds: tuple[type, ...] = (str, bool, int, float, type(None), dict, list)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Give it as it is."""
        return self._through(value, place, run, Text().write)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Take it as it is."""
        return self._through(raw, place, run, Text().read)

    def _through(self, value: Any, place: str, run: CodingRun, text: Any, depth: int = 0) -> Any:
        if depth > _DEEPEST:
            return run.wrong(place, f"It is nested deeper than {_DEEPEST} levels.")
        if type(value) is str:
            return text(value, place, run)
        if value is None or type(value) in (bool, int):
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if isinstance(value, list | tuple):
            return [
                self._through(item, f"{place}[{number}]", run, text, depth + 1)
                for number, item in enumerate(value)
            ]
        if isinstance(value, dict):
            return {
                text(key, place, run): self._through(
                    item, member(place, str(key)), run, text, depth + 1
                )
                for key, item in value.items()
            }
        return run.not_a("JSON", value, place)

"""Coders of plain values: text, numbers, times, bytes, words of a closed list."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.storage.problems import CodingRun, member

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import Enum

_LARGEST = 2**53
"""Larger numbers are written as hexadecimal text, because other programs round them."""

_HEXADECIMAL = re.compile(r"-?0x[0-9a-f]{1,16384}")
_HALF = re.compile("[\ud800-\udfff]")
_MARK = "\0base64:"
"""Begins text that JSON can't contain: a call can have half of a surrogate pair."""

_DEEPEST = 50


class _NotA(Exception):  # noqa: N818 - it only carries what is wanted to the list of problems
    """A value has the wrong type."""


class _Wrong(Exception):  # noqa: N818 - it only carries a sentence to the list of problems
    """A value has the right type, but is wrong."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A coder of plain values: two functions, to JSON and from JSON."""

    types: tuple[type, ...]
    kinds: tuple[type, ...]
    to_json: Callable[[Any], Any]
    from_json: Callable[[Any], Any]

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return the value as JSON."""
        return _noted(self.to_json, value, place, run)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Return the value from JSON."""
        return _noted(self.from_json, raw, place, run)


def _noted(convert: Callable[[Any], Any], value: Any, place: str, run: CodingRun) -> Any:
    """Convert a value, or report what is wrong with it."""
    try:
        return convert(value)
    except _NotA as wanted:
        return run.not_a(str(wanted), value, place)
    except _Wrong as what:
        return run.wrong(place, str(what))


def _text_to_json(value: Any) -> str:
    """Return text as it is, or marked as Base64 if JSON can't contain it."""
    if not isinstance(value, str):
        raise _NotA("text")
    if value.startswith("\0") or _HALF.search(value):
        return _MARK + base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()
    return str(value)


def _text_from_json(raw: Any) -> str:
    """Read text; half of a surrogate pair is accepted only if marked."""
    if type(raw) is not str:
        raise _NotA("text")
    if raw.startswith(_MARK):
        try:
            found = base64.b64decode(raw.removeprefix(_MARK), validate=True)
            return found.decode("utf-8", "surrogatepass")
        except ValueError:
            raise _Wrong("What follows base64: must be Base64 of UTF-8.") from None
    if not raw.isascii() and _HALF.search(raw):
        raise _Wrong("It contains half of a surrogate pair: write the whole character.")
    return raw


def _number_to_json(value: Any) -> int | str:
    """Return a number, as hexadecimal text if it is large."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise _NotA("a whole number")
    return int(value) if -_LARGEST < value < _LARGEST else hex(value)


def _beside_text_to_json(value: Any) -> int:
    """Return a number in a field where text has another meaning."""
    written = _number_to_json(value)
    if isinstance(written, str):
        raise _Wrong("The number is too large.")
    return written


def _number_from_json(raw: Any) -> int:
    """Read a number in either form."""
    if type(raw) is str and _HEXADECIMAL.fullmatch(raw):
        return int(raw, 16)
    if type(raw) is not int:
        raise _NotA("a whole number")
    if -_LARGEST < raw < _LARGEST:
        return raw
    raise _Wrong("The number is too large: write it as text, in the form 0x1f.")


def _fraction(value: Any) -> float:
    """Return a floating-point number; JSON doesn't have infinity and NaN."""
    if type(value) is int and -_LARGEST < value < _LARGEST:
        return float(value)
    if type(value) is float and math.isfinite(value):
        return value
    raise _NotA("a finite number")


def _moment_to_json(value: Any) -> str:
    """Return a time with its zone, as in ISO 8601; UTC is Z."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _Wrong("It must be a time with a zone, such as UTC.")
    return value.isoformat().replace("+00:00", "Z")


def _moment_from_json(raw: Any) -> datetime:
    try:
        found = datetime.fromisoformat(raw)
    except (TypeError, ValueError):
        raise _NotA("a time such as 2026-11-25T09:00:00Z") from None
    if found.tzinfo is None:
        raise _Wrong("The time has no zone: write Z at its end for UTC.")
    return found


def _bytes_to_json(value: Any) -> str:
    if not isinstance(value, bytes):
        raise _NotA("bytes")
    return base64.b64encode(value).decode()


def _bytes_from_json(raw: Any) -> bytes:
    if type(raw) is not str:
        raise _NotA("Base64 text")
    try:
        return base64.b64decode(raw, validate=True)
    except ValueError:
        raise _Wrong("It must be Base64.") from None


TEXT = Plain((str,), (str,), _text_to_json, _text_from_json)
NUMBER = Plain((int,), (int, str), _number_to_json, _number_from_json)
NUMBER_BESIDE_TEXT = Plain((int,), (int,), _beside_text_to_json, _number_from_json)
FRACTION = Plain((float,), (float, int), _fraction, _fraction)
MOMENT = Plain((datetime,), (str,), _moment_to_json, _moment_from_json)
BYTES = Plain((bytes,), (str,), _bytes_to_json, _bytes_from_json)


def exact(choices: tuple[Any, ...]) -> Plain:
    """Code one of a few values that JSON has too: true, false, null, words of a closed list."""

    def choose(value: Any) -> Any:
        for choice in choices:
            if type(value) is type(choice) and value == choice:  # 1 isn't true
                return choice
        words = {True: "true", False: "false", None: "null"}
        raise _NotA(" or ".join(words.get(choice, repr(choice)) for choice in choices))

    types = tuple(dict.fromkeys(map(type, choices)))
    return Plain(types, types, choose, choose)


def member_of(enum: type[Enum]) -> Plain:
    """Code a member of an enumeration, by its name."""

    def name(value: Any) -> str:
        if not isinstance(value, enum):
            raise _NotA(f"a {enum.__name__}")
        return value.name

    def named(raw: Any) -> Enum:
        known = enum.__members__
        if type(raw) is str and raw in known:
            return known[raw]
        raise _NotA(" or ".join(known))

    return Plain((enum,), (str,), name, named)


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value, such as the parameters of a call."""

    types: tuple[type, ...] = (str, bool, int, float, type(None), dict, list, tuple)
    kinds: tuple[type, ...] = (str, bool, int, float, type(None), dict, list)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return the value as it is."""
        return self._through(value, place, run, TEXT.write)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Return the value as it is."""
        return self._through(raw, place, run, TEXT.read)

    def _through(self, value: Any, place: str, run: CodingRun, text: Any, depth: int = 0) -> Any:
        if depth > _DEEPEST:
            return run.wrong(place, f"It is nested more deeply than {_DEEPEST} levels.")
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

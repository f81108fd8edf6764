"""Where each key of a TOML file is, and errors that know which key they are about."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import AwsError, ExerciseError, IamLabError, did_you_mean, noted
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Keys = tuple[str, ...]
Found = TypeVar("Found")

_QUOTES = ('"""', "'''")
_TYPES: dict[str, type] = {
    "text": str,
    "true or false": bool,
    "a whole number": int,
    "a list": list,
    "a table": dict,
    "a time": datetime,
}
FORMAT: dict[str, dict[str, Any]] = tables(__file__, "lesson_format.toml")
"""The keys of a lesson's file, and what else it can name."""

_MISFITS = (TypeError, ValueError, AttributeError, LookupError)
"""What Python raises if a value has a form that nobody expected."""


class KeyedError(ExerciseError):
    """An error about the value of a key.

    Parameters
    ----------
    path
        The key, and the tables that have it.
    line
        The line of its text, from 1; 0 is the line of the key.
    """

    def __init__(self, message: str, path: Keys, line: int = 0) -> None:
        super().__init__(message)
        self.path, self.line = path, line


class LocatedError(ExerciseError):
    """An error with file and line.

    Parameters
    ----------
    text
        What is wrong. The message also has the file and the line.
    """

    def __init__(self, text: str, file: str, line: int) -> None:
        super().__init__(f"{file}, line {line}: {text}")
        self.text, self.file, self.line = text, file, line


@contextmanager
def at(*keys: str, line: int = 0) -> Iterator[None]:
    """Turn each error inside into an error about a key.

    Examples
    --------
    >>> try:
    ...     with at("alice"), at("groups", line=2):
    ...         raise ExerciseError("There is no group 'pilots'.")
    ... except KeyedError as problem:
    ...     print(problem.path, problem.line)
    ('alice', 'groups') 2
    """
    try:
        yield
    except LocatedError:
        raise
    except KeyedError as error:
        error.path, error.line = (*keys, *error.path), error.line or line
        raise
    except (IamLabError, *_MISFITS) as error:
        message = " ".join(str(error).split())
        if isinstance(error, AwsError):
            message = f"{'.'.join(keys)}: {message}"
        elif isinstance(error, _MISFITS):
            message = f"This value can't be read: {message}."
        raise noted(KeyedError(message, keys, line), *getattr(error, "__notes__", ())) from error


def expect(value: Any, *types: type) -> Any:
    """Return a value of one of these types.

    Raises
    ------
    ExerciseError
        It has another type.

    Examples
    --------
    >>> expect(3, str)
    Traceback (most recent call last):
        ...
    iamlab.errors.ExerciseError: 3 must be text, in quotes.
    """
    if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
        return value
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    quotes = ", in quotes" if types == (str,) else ""
    names = " or ".join(name for name, own in _TYPES.items() if own in types)
    raise ExerciseError(f"{shown} must be {names}{quotes}.")


def each_line(text: str, read: Callable[[str], Found]) -> list[Found]:
    """Read each line of a text that isn't empty or a comment; an error knows the line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            with at(line=number):
                found.append(read(line.strip()))
    return found


def find_named(what: str, name: str, known: Mapping[str, Found]) -> Found:
    """Return what a name stands for.

    Raises
    ------
    ExerciseError
        There is nothing with this name.
    """
    if name not in known:
        raise noted(ExerciseError(f"There is no {what} {name!r}."), did_you_mean(name, known))
    return known[name]


def check_table(table: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Check that each key has a meaning, and a value of its type.

    Parameters
    ----------
    known
        As in ``FORMAT``: for each key the type of its value, a list of types, or the known keys of
        its table; ``"*"`` is any key.

    Raises
    ------
    ExerciseError
        A key or a value isn't known. The error names the key.

    Examples
    --------
    >>> check_table({"ana": {"mfa": True}}, {"users": "text", "*": {"mfa": "true or false"}})
    """
    for key, value in table.items():
        with at(key):
            own = known.get(key, known.get("*"))
            if own is None:
                error = ExerciseError(f"{key!r} has no meaning here.")
                raise noted(error, did_you_mean(key, known))
            if isinstance(own, dict):
                check_table(expect(value, dict), own)
            else:
                expect(value, *(_TYPES[name] for name in ([own] if isinstance(own, str) else own)))


def need(table: Mapping[str, Any], key: str) -> Any:
    """Return the value of a key that a table must have."""
    if key not in table:
        raise ExerciseError(f"{key} = ... is missing here.")
    return table[key]


def lines_of_keys(text: str) -> dict[Keys, tuple[int, ...]]:
    r"""Return for each key its line, and then the line of each line of its text.

    Items of a list have their numbers as keys.

    Examples
    --------
    >>> lines_of_keys("[world.a]\nusers = 'ana'")["world", "a", "users"]
    (2, 2)
    """
    found: dict[Keys, tuple[int, ...]] = {}
    lines = text.split("\n")
    header: Keys = ()
    start = read = 0
    for number in range(1, len(lines) + 1):
        part = "\n".join(lines[start:number])
        for table, is_complete in _readings(part):
            is_header = part.lstrip().startswith("[")
            paths = [path for path, _ in each_value(table, () if is_header else header)]
            own = tuple(_lines_of_text(lines[read:number], read + 1))
            found |= {path: own for path in paths if path not in found}
            header = paths[-1] if is_header else header
            start, read = number if is_complete else start, number
    return found


def _readings(part: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield what TOML reads from a statement, or from its beginning; nothing within a text."""
    for end in ("", "]", "]}", "]]", "]}]"):
        with suppress(tomllib.TOMLDecodeError):
            yield tomllib.loads(f"{part}\n{end}"), not end
            return


def each_value(value: Any, path: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield each value in a table or list with its path, the outer ones first."""
    yield path, value
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, own in value.items() if isinstance(value, dict) else ():
        yield from each_value(own, (*path, str(key)))


def _lines_of_text(lines: list[str], first: int) -> Iterator[int]:
    """Yield the first line, and the line of each line of a text: a backslash joins two lines."""
    yield first
    begin = int(len(lines) > 1 and lines[0].endswith(_QUOTES))
    for place in range(begin, len(lines)):
        if place == begin or "'''" in lines[0] or not lines[place - 1].endswith("\\"):
            yield first + place

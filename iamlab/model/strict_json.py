"""JSON files, read strictly and replaced in one step.

The standard library's reader is fast, but accepts more than JSON: NaN, the last of two equal keys,
numbers of any length. These are rejected with their place, because they are mistakes.

New content is written beside the file, as ``.NAME.….unfinished``, and moved into place when all of
it is on the disk. An interruption loses nothing.
"""

from __future__ import annotations

import json
import math
import os
import re
from contextlib import suppress
from glob import escape
from time import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from iamlab.errors import LoadError
from iamlab.policy.json_text import read_json as read_slowly

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


_MOST_DIGITS = 1000
_WORDS = ("true", "false", "null", "-")
_STRING_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|-?(?:\d[\d.eE+-]*|Infinity)|NaN')


class _NotMeantError(ValueError):
    """It is JSON, or nearly, but must be a mistake."""


def read_json(path: Path, what: str) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    what
        What it should be, for the message: ``"account details"``.

    Raises
    ------
    LoadError
        It can't be read, is cut off, or isn't JSON; with line and column.
    """
    text = _read_text(path)
    try:
        return parse_json(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].rstrip()
        cut = "Unterminated" in error.msg or any(word.startswith(rest) for word in _WORDS)
        found = "The file seems cut off." if cut else "It isn't JSON."
        place = f"{path.name}, line {error.lineno}, column {error.colno}"
        raise LoadError(f"{place}: {found} {error.msg}.") from None
    except RecursionError:
        raise LoadError(f"{path.name} is nested too deeply to be {what}.") from None
    except ValueError as error:
        raise LoadError(f"{path.name}{_place(text)} can't be {what}: {error}.") from None


def parse_json(text: str) -> Any:
    """Parse JSON text strictly.

    Raises
    ------
    ValueError
        It isn't JSON.

    Examples
    --------
    >>> parse_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
        ...
    iamlab.model.strict_json._NotMeantError: the key 'a' is duplicated
    """
    return json.loads(
        text,
        object_pairs_hook=_once,
        parse_constant=_no_constant,
        parse_int=_int,
        parse_float=_float,
    )


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise LoadError(f"{path} can't be read: it is not UTF-8 text.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LoadError(f"{path} can't be read: {reason}.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject a duplicated key: which of its values is meant would be a guess."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotMeantError(f"the key {repeated(pairs)[:100]!r} is duplicated")
    return found


def repeated(pairs: Iterable[tuple[str, Any]]) -> str:
    """Return the first key of an object that is there for the second time."""
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def _no_constant(text: str) -> Any:
    raise _NotMeantError(f"{text} isn't a JSON number")


def _int(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise _NotMeantError(f"it holds a number of {len(text)} digits")
    return int(text)


def _float(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise _NotMeantError(f"the number {text[:40]} is too large")
    return found


def _place(text: str) -> str:
    """Find its place by reading again, slowly: the fast reader doesn't report it."""
    for token in _STRING_OR_NUMBER.finditer(text):
        if not token[0].startswith('"') and _is_refused(token[0]):
            line = text.count("\n", 0, token.start()) + 1
            column = token.start() - text.rfind("\n", 0, token.start())
            return f", line {line}, column {column},"
    _, source = read_slowly(text)
    twice = [problem for problem in source.problems if "Duplicate" in problem.what]
    return f", line {twice[0].line}, column {twice[0].column}," if twice else ""


def _is_refused(token: str) -> bool:
    try:
        parse_json(token)
    except ValueError as error:
        return isinstance(error, _NotMeantError)
    return False


_OWNER_ONLY = 0o600
_AS_USUAL = 0o666  # minus the user's umask
_ABANDONED = 3600.0
"""Seconds after which nobody writes such a file any more."""


def replace_file(path: Path, pieces: Iterable[str | bytes], *, private: bool) -> None:
    """Write a file completely, or leave the existing file unchanged.

    Parameters
    ----------
    pieces
        The content in parts; text is written as UTF-8.
    private
        Whether only its owner can read it.

    Raises
    ------
    OSError
        It can't be written.
    """
    target = path.resolve()  # behind a link, the file is replaced, not the link
    _remove_abandoned(target)
    beside = target.with_name(f".{target.name[:100]}.{uuid4().hex[:12]}.unfinished")
    new = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        number = os.open(beside, new, _OWNER_ONLY if private else _AS_USUAL)
    except OSError as error:
        raise _of_target(error, target) from None
    try:
        with open(number, "wb") as stream:  # noqa: PTH123 - a number
            stream.writelines(
                piece.encode() if isinstance(piece, str) else piece for piece in pieces
            )
            stream.flush()
            os.fsync(number)
        if not private and target.exists():
            beside.chmod(target.stat().st_mode & 0o777)
        beside.replace(target)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _of_target(error, target) from None
        raise


def _of_target(error: OSError, target: Path) -> OSError:
    """Return an error that names the file, not the new one beside it."""
    return OSError(error.errno, error.strerror, str(target))


def _remove_abandoned(target: Path) -> None:
    """Delete what is left from writing a file if a process was killed more than an hour ago."""
    for left in target.parent.glob(f".{escape(target.name[:100])}.*.unfinished"):
        with suppress(OSError):  # somebody else deletes it, or nobody may
            if time() - left.stat().st_mtime > _ABANDONED:
                left.unlink()

"""The records of a JSON text of any length, one by one, with little of it in memory.

A file of CloudTrail is one line, ``{"Records":[{...},{...}]}``, and may be gigabytes long. The text
comes in pieces. Only as many of them are kept as one record needs, and the standard library's
decoder reads that record from the middle of the text.

Damage is reported and skipped if its end can be found: the end of the record by its brackets, or
the next line that begins an object.

Notes
-----
AWS pages: "CloudTrail log file examples"; "lookup-events" of the AWS CLI Command Reference.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.model.strict_json import repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 1 << 18
"""So many characters are read at once, at least."""

MOST = 1 << 24
"""A record may have so many characters; CloudTrail's have at most 2 ** 18."""

CUT = "The file is cut off here."
TOO_LONG = f"It is longer than {MOST:,} characters; the rest of the file is not read."
TOO_DEEP = "It is nested too deeply."
DEEPEST = 100
"""Values may be nested so deeply; no record is, and functions that walk a value are safe."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong where a record should be."""

    what: str


class _DamagedError(Exception):
    """The text is not JSON at this place."""


class _UnreadableError(Exception):
    """The rest of the text cannot be read."""


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject a duplicated key: JSON doesn't define which value counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"The key {repeated(pairs)[:40]!a} is duplicated in one object.")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} isn't a JSON number.")


def _finite(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"The number {text[:40]} is too large.")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=_finite
)
_LISTS = ("Records", "Events")
"""The key of the records: in CloudTrail's files, and in what lookup-events prints."""

_LIST = re.compile(r'\{\s*"(?:Records|Events)"\s*:\s*\[')
_BLANK = re.compile(r"[ \t\r\n\ufeff]*")
_NEXT_LINE = re.compile(r"\n(?=\{)")
_TO_SEPARATOR = re.compile(r"[^,\]}\s]*")
# No text of a string is read twice, so a hostile text takes little time and memory.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(")?|[\[{]+|[\]}]+', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_HALF = re.compile(r"[\ud800-\udfff]")
_NEAR = 16
"""An error that is nearer to the end of the text may be due to its end."""
_WORDS = ("true", "false", "null", "-")


class Text:
    """A text that comes in pieces, and a place in it."""

    __slots__ = ("_pieces", "is_whole", "place", "text")

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self.text = ""
        self.place = 0
        self.is_whole = False

    def more(self) -> bool:
        """Read more, and forget what is before the place; say whether there was more.

        At least as much is read as is kept, so that reading again from the place costs no more in
        all than reading twice.
        """
        if self.is_whole:
            return False
        kept = self.text[self.place :]
        parts, wanted = [kept], max(PIECE, len(kept))
        while wanted > 0 and not self.is_whole:
            piece = next(self._pieces, None)
            if piece is None:
                self.is_whole = True
            else:
                parts.append(piece)
                wanted -= len(piece)
        self.text, self.place = "".join(parts), 0
        return len(self.text) > len(kept)

    def peek(self) -> str:
        """Skip white space, and give the character that follows; none at the end."""
        passed = 0
        while True:
            start, self.place = self.place, _BLANK.match(self.text, self.place).end()  # type: ignore[union-attr]
            if self.place < len(self.text):
                return self.text[self.place]
            passed += self.place - start
            if passed > MOST:
                raise _UnreadableError(TOO_LONG)
            if not self.more():
                return ""

    def value(self) -> Any:
        """Read the value at the place."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.place)
                break
            except json.JSONDecodeError as error:
                if not self._may_be_the_end(error):
                    raise _DamagedError(f"It is not JSON. {error.msg}.") from None
                self._grow()
            except RecursionError:
                raise _DamagedError(TOO_DEEP) from None
            except ValueError as error:
                ours = str(error).endswith(".")
                raise _DamagedError(str(error) if ours else "A number is too long.") from None
        text, place = self.text, self.place
        brackets = text.count("{", place, end) + text.count("[", place, end)
        if brackets > DEEPEST and _is_deep(value):
            raise _DamagedError(TOO_DEEP)
        self.place = end
        return _without_halves(value) if _SURROGATE.search(text, place, end) else value

    def _may_be_the_end(self, error: json.JSONDecodeError) -> bool:
        """Return whether more text could correct the error."""
        if error.msg.startswith("Unterminated"):
            return True
        if not self.is_whole:
            return error.pos > len(self.text) - _NEAR
        rest = self.text[error.pos :].rstrip()
        return any(word.startswith(rest) for word in _WORDS)

    def _grow(self) -> None:
        """Read more because a value is not complete yet."""
        if len(self.text) - self.place > MOST:
            raise _UnreadableError(TOO_LONG)
        if not self.more():
            raise _UnreadableError(CUT)

    def skip(self) -> None:
        """Skip a damaged value, by its brackets."""
        if self.text[self.place] not in '{["':
            while True:
                self.place = _TO_SEPARATOR.match(self.text, self.place).end()  # type: ignore[union-attr]
                if self.place < len(self.text) or not self.more():
                    return
        at, depth = self.place, 0
        while True:
            at, depth, is_over = self._past_tokens(at, depth)
            if is_over:
                self.place = at
                return
            at -= self.place
            self._grow()  # and the place becomes the beginning

    def _past_tokens(self, at: int, depth: int) -> tuple[int, int, bool]:
        """Go from a place at this depth of a value to its end, if that is in the text."""
        for token in _TOKEN.finditer(self.text, at):
            start, end = token.span()
            first = self.text[start]
            if first == '"':
                if token[1] is None:
                    return start, depth, False  # the string goes on
                if not depth:
                    return end, 0, True
            elif first in "[{":
                depth += end - start
            elif depth > end - start:
                depth -= end - start
            else:
                return start + depth, 0, True
            at = end
        return at, depth, False

    def next_line(self) -> bool:
        """Go to the next line that begins an object; say whether there is one."""
        while not (found := _NEXT_LINE.search(self.text, self.place)):
            # The last character may be the line's end.
            self.place = max(self.place, len(self.text) - 1)
            if not self.more():
                return False
        self.place = found.end()
        return True


def records_in(pieces: Iterator[str]) -> Iterator[Any]:
    """Return the records of a text, and a :class:`Damage` where one cannot be read.

    Parameters
    ----------
    pieces
        The text: a file of CloudTrail, an array of records, one record a line, or what
        ``aws cloudtrail lookup-events`` prints.

    Examples
    --------
    >>> list(records_in(iter(['{"Records":[{"a"', ':1},{"a":NaN},{"a":3}]}'])))
    [{'a': 1}, Damage(what="NaN isn't a JSON number."), {'a': 3}]
    """
    text = Text(pieces)
    while True:
        try:
            if not text.peek():
                return
            yield from _document(text)
        except _UnreadableError as error:
            yield Damage(str(error))
            return
        except _DamagedError as error:
            yield Damage(str(error))
            if not text.next_line():
                return


def _document(text: Text) -> Iterator[Any]:
    """Read one JSON value and the records in it."""
    if len(text.text) - text.place < PIECE:
        text.more()
    found = _LIST.match(text.text, text.place)
    if found:
        text.place = found.end()
        yield from _array(text)
        _rest_of_object(text)
    elif text.text[text.place] == "[":
        text.place += 1
        yield from _array(text)
    else:
        yield from _records_of(text.value())


def _array(text: Text) -> Iterator[Any]:
    """Read the elements of an array after its bracket."""
    if text.peek() == "]":
        text.place += 1
        return
    while True:
        if not text.peek():
            raise _UnreadableError(CUT)
        try:
            value = text.value()
        except _DamagedError as error:
            yield Damage(str(error))
            text.skip()
        else:
            yield from _records_of(value)
        follows = text.peek()
        text.place += 1
        if follows == "]":
            return
        if follows != ",":
            _expect(follows, "a comma")


def _rest_of_object(text: Text) -> None:
    """Skip what comes after the records, such as a token for the next page."""
    while (follows := text.peek()) == ",":
        text.place += 1
        text.peek()
        text.value()
        if text.peek() != ":":
            _expect(text.peek(), "a colon")
        text.place += 1
        text.peek()
        text.value()
    if follows != "}":
        _expect(follows, "a closing brace")
    text.place += 1


def _expect(follows: str, what: str) -> None:
    if not follows:
        raise _UnreadableError(CUT)
    raise _DamagedError(f"It is not JSON. There is {follows!a} where {what} should be.")


def _records_of(value: Any) -> Iterator[Any]:
    """Return the records in a value: lookup-events has each as text, pages have a list."""
    if isinstance(value, dict):
        if isinstance(value.get("CloudTrailEvent"), str):
            value = _record_in_text(value["CloudTrailEvent"])
        else:
            for key in _LISTS:
                if isinstance(value.get(key), list):
                    for part in value[key]:
                        yield from _records_of(part)
                    return
    yield value


def _is_deep(value: Any) -> bool:
    """Return whether values are nested too deeply."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            part
            for item in level
            for part in (item.values() if isinstance(item, dict) else item)
            if isinstance(part, dict | list)
        ]
        if not level:
            return False
    return True


def _record_in_text(text: str) -> Any:
    """Read a record that is text in another one."""
    inner = Text(iter((text,)))
    try:
        inner.peek()
        return inner.value()
    except (_DamagedError, _UnreadableError) as error:
        return Damage(f"CloudTrailEvent: {error}")


def _without_halves(value: Any) -> Any:
    """Replace half characters by the sign for an unknown one: no file could keep them."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_halves(item) for item in value]
    if isinstance(value, dict):
        return {_without_halves(key): _without_halves(item) for key, item in value.items()}
    return value

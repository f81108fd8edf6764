"""Read JSON text and keep the position of each value.

The standard library's reader keeps no positions, uses the last of two equal keys, and stops at the
first error. A learner needs the line and column of each value, and every duplicate key. This small
reader keeps them. ``Places`` finds the JSON path, line and column of each part of a policy.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]  # the C scanner for one string
from typing import TYPE_CHECKING, Any

from iamlab.errors import PolicyProblem

if TYPE_CHECKING:
    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Condition, Statement


MAX_DEPTH = 20
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_FIXES = {
    "'": "Use double quotes. JSON has no others.",
    "/": "Remove the comment. JSON has no comments.",
    "#": "Remove the comment. JSON has no comments.",
    "\ufeff": "Save the file as UTF-8 without a byte order mark.",
}
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")


class Number(str):
    """A JSON number as it was written: a condition compares its text."""

    __slots__ = ()


@dataclass(slots=True)
class Source:
    """The positions of a document's values, and the problems in its text.

    Parameters
    ----------
    text
        The JSON text; empty for a document passed as a ``dict``.
    places
        The path of each value and its offset in the text.
    problems
        The problems so far; later readers add theirs.
    """

    text: str
    places: dict[str, int] = field(default_factory=dict)
    problems: list[PolicyProblem] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def where(self, path: str) -> tuple[int | None, int | None]:
        """Return the line and column, from 1, of the value at a path."""
        return self._line_column(self.places[path]) if path in self.places else (None, None)

    def problem(
        self,
        path: str,
        what: str,
        fix: str,
        offset: int | None = None,
        code: str = "JSON_SYNTAX_ERROR",
    ) -> None:
        """Add a problem at a path."""
        line, column = self.where(path) if offset is None else self._line_column(offset)
        self.problems.append(PolicyProblem(path, line, column, what, fix, code))

    def _line_column(self, offset: int) -> tuple[int, int]:
        if not self.lines:
            self.lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self.lines, offset)
        return line, offset - self.lines[line - 1] + 1


class _BadJsonError(Exception):
    """The text isn't valid JSON from here on."""

    def __init__(self, path: str, offset: int, what: str, fix: str) -> None:
        super().__init__(what)
        self.path, self.offset, self.what, self.fix = path, offset, what, fix


def read_json(text: str) -> tuple[Any, Source]:
    """Read JSON text. The source has the problems.

    Examples
    --------
    >>> value, source = read_json('{"a": [1, true]}')
    >>> value, source.where("$.a[1]")
    ({'a': ['1', True]}, (1, 11))
    """
    source = Source(text)
    try:
        value, end = _value(source, "$", _skip(text, 0), 0)
        end = _skip(text, end)
        if end < len(text):
            source.problem("$", "Text follows the end of the JSON.", "Remove it.", end)
            return None, source
    except _BadJsonError as bad:
        source.problem(bad.path, bad.what, bad.fix, bad.offset)
        return None, source
    return value, source


def take_json(document: object) -> tuple[Any, Source]:
    """Read a document of Python values: the same result, without positions."""
    try:
        text = json.dumps(dict(document) if isinstance(document, Mapping) else document)
    except (TypeError, ValueError, RecursionError) as error:
        source = Source("")
        fix = "Use only dict, list, str, numbers and bool."
        source.problem("$", f"This isn't JSON: {error}.", fix)
        return None, source
    value, source = read_json(text)
    bare = [PolicyProblem(p.path, None, None, p.what, p.remedy, p.code) for p in source.problems]
    return value, Source("", {}, bare)


def child(path: str, name: str) -> str:
    """Return the path of a member; a very long name is shortened."""
    return f"{path}.{name if len(name) <= 100 else name[:60] + '...'}"


def _skip(text: str, place: int) -> int:
    return _SPACE.match(text, place).end()  # type: ignore[union-attr]  # it always matches


def _value(source: Source, path: str, place: int, depth: int) -> tuple[Any, int]:
    text = source.text
    source.places.setdefault(path, place)
    if depth > MAX_DEPTH:
        what = f"The JSON is nested deeper than {MAX_DEPTH} levels."
        raise _BadJsonError(path, place, what, "Remove levels. No policy needs so many.")
    first = text[place : place + 1]
    if first == "{":
        return _object(source, path, place + 1, depth)
    if first == "[":
        return _array(source, path, place + 1, depth)
    if first == '"':
        return _string(source, path, place)
    number = _NUMBER.match(text, place)
    if number:
        return Number(number[0]), number.end()
    for word, value in _WORDS.items():
        if text.startswith(word, place):
            return value, place + len(word)
    if not first:
        raise _BadJsonError(path, place, "The text ends too early.", "Is the file cut off?")
    what = f"Unexpected {first!r}; expected a value."
    fix = _FIXES.get(first, "Is there an extra comma?")
    raise _BadJsonError(path, place, what, fix)


def _string(source: Source, path: str, place: int) -> tuple[str, int]:
    try:
        value, end = scanstring(source.text, place + 1, True)  # noqa: FBT003 - takes no keyword
    except json.JSONDecodeError as error:
        fix = "Close the string with a double quote. Write a line break as \\n."
        raise _BadJsonError(path, place, f"This string isn't valid: {error.msg}.", fix) from None
    if _SURROGATE.search(value):
        what = "This string contains half of a surrogate pair, which isn't a character."
        raise _BadJsonError(path, place, what, "Write the whole character.")
    return value, end


def _array(source: Source, path: str, place: int, depth: int) -> tuple[list[Any], int]:
    text = source.text
    values: list[Any] = []
    place = _skip(text, place)
    if text.startswith("]", place):
        return values, place + 1
    while True:
        value, place = _value(source, f"{path}[{len(values)}]", place, depth + 1)
        values.append(value)
        place = _skip(text, place)
        if text.startswith("]", place):
            return values, place + 1
        place = _comma(source, path, place, "]")


def _object(source: Source, path: str, place: int, depth: int) -> tuple[dict[str, Any], int]:
    text, members = source.text, dict[str, Any]()
    place = _skip(text, place)
    if text.startswith("}", place):
        return members, place + 1
    while True:
        if not text.startswith('"', place):
            what = "Expected a name in double quotes."
            raise _BadJsonError(path, place, what, "Is there an extra comma?")
        start = place
        name, place = _string(source, path, place)
        place = _skip(text, place)
        if not text.startswith(":", place):
            raise _BadJsonError(path, place, f"A colon is missing after {name!r}.", "Add it.")
        member = child(path, name)
        value, place = _value(source, member, _skip(text, place + 1), depth + 1)
        if name in members:
            fix = "Keep one, or put both values in a list."
            source.problem(member, f"Duplicate key {name!r}.", fix, start)
        members.setdefault(name, value)
        place = _skip(text, place)
        if text.startswith("}", place):
            return members, place + 1
        place = _comma(source, path, place, "}")


def _comma(source: Source, path: str, place: int, closing: str) -> int:
    text = source.text
    if place >= len(text):
        raise _BadJsonError(path, place, "The text ends too early.", f"Is {closing!r} missing?")
    if text[place] != ",":
        raise _BadJsonError(path, place, f"Unexpected {text[place]!r}.", "Is a comma missing?")
    return _skip(text, place + 1)


class Places:
    """The positions in a policy. Its text is read again only when they are needed.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse('{"Statement": [{"Effect": "Allow", "Action": ["a:b", "c:d"]}]}')
    >>> places = Places(policy)
    >>> path = places.value(policy.statements[0], "Action", 1)
    >>> path, places.where(path)
    ('$.Statement[0].Action[1]', (1, 54))
    """

    def __init__(self, policy: PolicyRecord) -> None:
        self._policy = policy
        self._known_ordinals: dict[int, list[int]] = {}

    def statement(self, statement: Statement) -> str:
        """Return the path of a statement."""
        raw = self._raw.get("Statement")
        return f"$.Statement[{statement.number - 1}]" if isinstance(raw, list) else "$.Statement"

    def element(self, statement: Statement, name: str) -> str:
        """Return the path of an element of a statement: ``$.Statement[0].Action``."""
        return child(self.statement(statement), name)

    def value(self, statement: Statement, name: str, index: int) -> str:
        """Return the path of one value of Action, NotAction, Resource or NotResource."""
        return self._one_of(
            self._written(statement).get(name), self.element(statement, name), index
        )

    def principal(self, statement: Statement, index: int) -> str:
        """Return the path of one pair of ``statement.principal`` or ``.not_principal``."""
        name = statement.element("Principal")
        pairs = statement.principals
        path = self.element(statement, name)
        block = self._written(statement).get(name)
        if pairs is None or not isinstance(block, dict):
            return path
        kind = pairs[index][0]
        return self._one_of(block.get(kind), child(path, kind), self._ordinals(statement)[index])

    def _ordinals(self, statement: Statement) -> list[int]:
        """Return each principal's position among those of its type, from 0."""
        known = self._known_ordinals.get(statement.number)
        if known is None:
            seen: Counter[str] = Counter()
            known = self._known_ordinals[statement.number] = []
            for kind, _ in statement.principal or statement.not_principal or ():
                known.append(seen[kind])
                seen[kind] += 1
        return known

    def condition(
        self, statement: Statement, condition: Condition, index: int | None = None
    ) -> str:
        """Return the path of a condition's key, or of one of its values."""
        operator = str(condition.comparison)
        path = child(child(self.element(statement, "Condition"), operator), condition.key)
        if index is None:
            return path
        block = self._written(statement).get("Condition") or {}
        return self._one_of(block.get(operator, {}).get(condition.key), path, index)

    def where(self, path: str) -> tuple[int | None, int | None]:
        """Return the line and column, from 1, of the value at a path."""
        return self._read[1].where(path)

    @cached_property
    def _read(self) -> tuple[Any, Source]:
        return read_json(self._policy.text)

    @property
    def _raw(self) -> dict[str, Any]:
        return self._read[0] if isinstance(self._read[0], dict) else {}

    def _written(self, statement: Statement) -> dict[str, Any]:
        raw = self._raw.get("Statement")
        found: dict[str, Any] = raw[statement.number - 1] if isinstance(raw, list) else raw or {}
        return found

    @staticmethod
    def _one_of(raw: object, path: str, index: int) -> str:
        return f"{path}[{index}]" if isinstance(raw, list) else path

"""Choose the coder for each type; and the coders of lists, objects and policies.

Dataclasses are coded by their fields and annotations: a new field or subclass is saved without
another line here. A file names a class only where a field can hold several. The name is under
``class``, which can't be a field's name.

The text of a policy document is restored byte for byte: it is written as JSON only if a known
layout reproduces its text, and as text otherwise.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache, partial
from typing import Any, Literal, get_args, get_origin

from iamlab.errors import PolicyError, did_you_mean
from iamlab.model.strict_json import parse_json
from iamlab.policy.document import Policy
from iamlab.policy.statement import statement_to_json
from iamlab.storage import value_coders
from iamlab.storage.problems import UNUSABLE, Coder, CodingRun, kind_of, member
from iamlab.storage.record_coders import ClassCoder, RecordCoder, below


@dataclass(frozen=True, slots=True)
class Many:
    """A list, a tuple or a set of values of the same type."""

    item_coder: Coder
    make: Callable[[Iterable[Any]], Any]
    types: tuple[type, ...]
    kinds: tuple[type, ...] = (list,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return a list; a set is sorted."""
        if not isinstance(value, self.types) or isinstance(value, str):
            return run.not_a("a list", value, place)
        inside: Any = sorted(value) if isinstance(value, AbstractSet) else value
        return [self.item_coder.write(item, f"{place}[{n}]", run) for n, item in enumerate(inside)]

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Read a list; report and skip wrong values."""
        if type(raw) is not list:
            return run.not_a("a list", raw, place)
        found = (self.item_coder.read(item, f"{place}[{n}]", run) for n, item in enumerate(raw))
        return self.make(item for item in found if item is not UNUSABLE)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tuple of values, each of its own type."""

    each: tuple[Coder, ...]
    types: tuple[type, ...] = (tuple,)
    kinds: tuple[type, ...] = (list,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return a list."""
        if not isinstance(value, tuple) or len(value) != len(self.each):
            return run.not_a(f"a tuple of {len(self.each)}", value, place)
        return [
            coder.write(item, f"{place}[{n}]", run)
            for n, (coder, item) in enumerate(zip(self.each, value, strict=True))
        ]

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Read a list of that length."""
        if type(raw) is not list or len(raw) != len(self.each):
            return run.wrong(place, f"It must be a list of {len(self.each)}.")
        found = tuple(
            coder.read(item, f"{place}[{n}]", run)
            for n, (coder, item) in enumerate(zip(self.each, raw, strict=True))
        )
        return UNUSABLE if UNUSABLE in found else found


@dataclass(frozen=True, slots=True)
class ByName:
    """A dictionary from text to values of a type."""

    item_coder: Coder
    types: tuple[type, ...] = (Mapping,)
    kinds: tuple[type, ...] = (dict,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return an object, in the order of the dictionary."""
        if not isinstance(value, Mapping):
            return run.not_a("an object", value, place)
        name = value_coders.TEXT.write
        return {
            name(key, place, run): self.item_coder.write(item, member(place, str(key)), run)
            for key, item in value.items()
        }

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Read an object; report and skip wrong values."""
        if type(raw) is not dict:
            return run.not_a("an object", raw, place)
        name, found = value_coders.TEXT.read, {}
        for key, raw_value in raw.items():
            value = self.item_coder.read(raw_value, member(place, str(key)), run)
            known = name(key, place, run)
            if value is not UNUSABLE and known is not UNUSABLE:
                found[known] = value
        return found


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value of one of several types, each of which is another kind in JSON."""

    each: tuple[Coder, ...]
    types: tuple[type, ...]
    kinds: tuple[type, ...]

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Write a value with the coder of its type."""
        same = (coder for coder in self.each if type(value) in coder.types)
        near = (coder for coder in self.each if isinstance(value, coder.types))
        coder = next(same, None) or next(near, None) or self._only_one
        if coder is not None:
            return coder.write(value, place, run)
        return run.not_a(self._wanted(), value, place)

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Read a value with the coder of its JSON kind."""
        for coder in self.each:
            if type(raw) in coder.kinds:
                return coder.read(raw, place, run)
        if self._only_one is not None:
            return self._only_one.read(raw, place, run)
        return run.not_a(self._wanted(), raw, place)

    @property
    def _only_one(self) -> Coder | None:
        """The coder other than null's, which has the best errors."""
        others = [coder for coder in self.each if coder.kinds != (type(None),)]
        return others[0] if len(others) == 1 else None

    def _wanted(self) -> str:
        return " or ".join(dict.fromkeys(kind_of(kind()) for kind in self.kinds))


LAYOUTS: dict[str, Callable[[Any], str]] = {
    "indented": partial(json.dumps, indent=2),
    "indented, unescaped": partial(json.dumps, indent=2, ensure_ascii=False),
    "indented by 4": partial(json.dumps, indent=4),
    "one line": json.dumps,
    "compact": partial(json.dumps, separators=(",", ":")),
}
_NO_TEXT = "none"
_FIELDS = ("name", "layout", "document", "text")


class PolicyCoder:
    """A policy: its name, and its document."""

    types: tuple[type, ...] = (Policy,)
    kinds: tuple[type, ...] = (dict,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return the document as JSON if that preserves its text, else its text."""
        if not isinstance(value, Policy):
            return run.not_a("a policy", value, place)
        if value.text not in run.documents:
            run.documents[value.text] = _written(value.text)
        name = {"name": value.name} if value.name else {}
        if not value.text:
            return {**name, "layout": _NO_TEXT, "document": _in_words(value)}
        return {**name, **run.documents[value.text]}

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Parse it; each problem has its place in the document."""
        if type(raw) is not dict:
            return run.not_a("a policy with its name and document", raw, place)
        for key in raw:
            if key not in _FIELDS:
                hint = did_you_mean(str(key)[:100], _FIELDS)
                run.wrong(place, f"A policy doesn't have the field {str(key)[:100]!r}. {hint}")
        name, layout = raw.get("name", ""), raw.get("layout", "indented")
        if type(name) is not str or type(layout) is not str:
            return run.not_a("text as name and layout", raw, place)
        if "text" in raw:
            return _of_text(raw["text"], name, f"{place}.text", run)
        if layout not in LAYOUTS and layout != _NO_TEXT:
            return run.wrong(f"{place}.layout", f"No such layout. {did_you_mean(layout, LAYOUTS)}")
        if type(raw.get("document")) is not dict:
            return run.not_a("an object", raw.get("document"), f"{place}.document")
        return _of_document(raw["document"], layout, name, f"{place}.document", run)


def _written(text: str) -> dict[str, Any]:
    try:
        document = parse_json(text) if text else {}
    except (ValueError, RecursionError):
        return {"text": text}  # for example a very long number: a policy compares it as text
    for layout, write in LAYOUTS.items():
        if write(document) == text:
            return {**({} if layout == "indented" else {"layout": layout}), "document": document}
    return {"text": text}


def _in_words(policy: Policy) -> dict[str, Any]:
    """Write a policy without text, because it was never written."""
    return {
        "Version": policy.version,
        **({} if policy.id is None else {"Id": policy.id}),
        "Statement": [statement_to_json(statement) for statement in policy.statements],
    }


def _of_document(
    document: dict[str, Any], layout: str, name: str, place: str, run: CodingRun
) -> Any:
    try:
        text = LAYOUTS.get(layout, json.dumps)(document)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        return run.wrong(place, f"It isn't JSON: {error}."[:200])
    found = _parsed(text, name, run)
    if isinstance(found, PolicyError):
        for problem in found.problems:
            run.wrong(place + problem.path[1:], f"{problem.what} {problem.remedy}")
        return UNUSABLE
    if layout == _NO_TEXT:
        return Policy(found.statements, found.version, found.id, name)
    return found


def _of_text(text: Any, name: str, place: str, run: CodingRun) -> Any:
    if type(text) is not str:
        return run.wrong(place, f"It must be the text of a document, not {kind_of(text)}.")
    found = _parsed(text, name, run)
    if isinstance(found, PolicyError):
        for problem in found.problems:
            run.wrong(place, f"In this text, {problem}")
        return UNUSABLE
    return found


def _parsed(text: str, name: str, run: CodingRun) -> Policy | PolicyError:
    """Parse a text once: policies are immutable and can be shared."""
    if (text, name) in run.policies:
        return run.policies[text, name]
    same = run.policies.get(text)
    try:
        found = same.with_name(name) if same is not None else Policy.parse(text, name=name)
    except PolicyError as error:
        return error
    run.policies[text] = run.policies[text, name] = found
    return found


_PLAIN: dict[Any, Coder] = {
    str: value_coders.TEXT,
    int: value_coders.NUMBER,
    float: value_coders.FRACTION,
    bool: value_coders.exact((False, True)),
    type(None): value_coders.exact((None,)),
    bytes: value_coders.BYTES,
    datetime: value_coders.MOMENT,
    Policy: PolicyCoder(),
    Any: value_coders.Anything(),
    object: value_coders.Anything(),
}

_LISTS: dict[Any, tuple[type, tuple[type, ...]]] = {  # annotation: what is written, what is read
    list: (list, (list,)),
    Sequence: (tuple, (Sequence,)),
    set: (set, (AbstractSet,)),
    frozenset: (frozenset, (AbstractSet,)),
    AbstractSet: (frozenset, (AbstractSet,)),
}


@cache
def coder_of(hint: Any) -> Coder:
    """Return the coder of a type.

    Raises
    ------
    TypeError
        A file can't contain such values: an error for the developer of the class.

    Examples
    --------
    >>> from iamlab.storage.problems import CodingRun
    >>> coder_of(dict[str, tuple[bytes, ...]]).write({"a": (b"1", b"2")}, "$", CodingRun())
    {'a': ['MQ==', 'Mg==']}
    """
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inside = get_origin(hint) or hint, get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _union(inside)
    if origin is Literal:
        return value_coders.exact(inside)
    if origin is tuple and inside[1:] == (...,):
        return Many(coder_of(inside[0]), tuple, (tuple,))
    if origin is tuple and inside:
        return Fixed(tuple(map(coder_of, inside)))
    if origin in _LISTS and inside:
        return Many(coder_of(inside[0]), *_LISTS[origin])
    if origin in (dict, Mapping) and inside[:1] == (str,):
        return ByName(coder_of(inside[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return value_coders.member_of(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _of_classes([hint])
    raise TypeError(f"a world's file can't contain {hint}")


def _union(hints: tuple[Any, ...]) -> Coder:
    """Return the coder of several types, each of which is another kind in JSON."""
    classes = [hint for hint in hints if is_dataclass(hint) and hint not in _PLAIN]
    coders = [coder_of(hint) for hint in hints if hint not in classes and hint is not int]
    if int in hints:
        coders.append(value_coders.NUMBER_BESIDE_TEXT if str in hints else value_coders.NUMBER)
    if classes:
        coders.append(_of_classes(classes))
    kinds = tuple(kind for coder in coders for kind in coder.kinds)
    if len(kinds) > len(set(kinds)):
        raise TypeError(f"a world's file can't distinguish which of {hints} a value is")
    written = tuple(type_ for coder in coders for type_ in coder.types)
    return OneOf(tuple(coders), written, kinds)


def _of_classes(classes: list[Any]) -> Coder:
    """Return the coder of some classes and their subclasses."""
    every = [class_ for cls in classes for class_ in (cls, *below(cls).values())]
    records = [RecordCoder(class_, coder_of) for class_ in every]
    if len(records) == 1:
        return records[0]
    return ClassCoder({record.cls.__name__: record for record in records}, tuple(every))

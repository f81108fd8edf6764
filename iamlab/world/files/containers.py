"""Lists, sets, dictionaries and alternatives, each of what other coders write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from iamlab.world.files.values import Text
from iamlab.world.files.way import UNUSABLE, Coder, Way, kind_of, member


@dataclass(frozen=True, slots=True)
class Many:
    """A list, a tuple or a set of one type."""

    one: Coder
    make: Callable[[Iterable[Any]], Any]
    takes: type
    kinds: tuple[type, ...] = (list,)

    @property
    def types(self) -> tuple[type, ...]:
        """What it takes."""
        return (self.takes,)

    def write(self, value: Any, place: str, way: Way) -> Any:
        """Give a list; of a set, a sorted one."""
        if not isinstance(value, self.takes) or isinstance(value, str):
            return way.not_a("a list", value, place)
        inside: Any = sorted(value) if isinstance(value, AbstractSet) else value
        return [self.one.write(one, f"{place}[{n}]", way) for n, one in enumerate(inside)]

    def read(self, raw: Any, place: str, way: Way) -> Any:
        """Take a list; what is wrong in it is noted and left out."""
        if type(raw) is not list:
            return way.not_a("a list", raw, place)
        found = (self.one.read(one, f"{place}[{n}]", way) for n, one in enumerate(raw))
        return self.make(one for one in found if one is not UNUSABLE)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tuple of so many values, each of its own type."""

    each: tuple[Coder, ...]
    types: tuple[type, ...] = (tuple,)
    kinds: tuple[type, ...] = (list,)

    def write(self, value: Any, place: str, way: Way) -> Any:
        """Give a list."""
        if not isinstance(value, tuple) or len(value) != len(self.each):
            return way.not_a(f"a tuple of {len(self.each)}", value, place)
        return [
            coder.write(one, f"{place}[{n}]", way)
            for n, (coder, one) in enumerate(zip(self.each, value, strict=True))
        ]

    def read(self, raw: Any, place: str, way: Way) -> Any:
        """Take a list of that length."""
        if type(raw) is not list or len(raw) != len(self.each):
            return way.wrong(place, f"There must be a list of {len(self.each)}.")
        found = tuple(
            coder.read(one, f"{place}[{n}]", way)
            for n, (coder, one) in enumerate(zip(self.each, raw, strict=True))
        )
        return UNUSABLE if UNUSABLE in found else found


@dataclass(frozen=True, slots=True)
class ByName:
    """A dictionary from text to one type."""

    one: Coder
    types: tuple[type, ...] = (Mapping,)
    kinds: tuple[type, ...] = (dict,)

    def write(self, value: Any, place: str, way: Way) -> Any:
        """Give an object, in the order of the dictionary."""
        if not isinstance(value, Mapping):
            return way.not_a("an object", value, place)
        name = Text().write
        return {
            name(key, place, way): self.one.write(one, member(place, str(key)), way)
            for key, one in value.items()
        }

    def read(self, raw: Any, place: str, way: Way) -> Any:
        """Take an object; what is wrong in it is noted and left out."""
        if type(raw) is not dict:
            return way.not_a("an object", raw, place)
        name, found = Text().read, {}
        for key, one in raw.items():
            value = self.one.read(one, member(place, str(key)), way)
            known = name(key, place, way)
            if value is not UNUSABLE and known is not UNUSABLE:
                found[known] = value
        return found


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value of one of several types, of which JSON has each as another kind."""

    each: tuple[Coder, ...]

    @property
    def types(self) -> tuple[type, ...]:
        """What any of them writes."""
        return tuple(one for coder in self.each for one in coder.types)

    @property
    def kinds(self) -> tuple[type, ...]:
        """What any of them reads."""
        return tuple(one for coder in self.each for one in coder.kinds)

    def write(self, value: Any, place: str, way: Way) -> Any:
        """Let the one write whose type it is."""
        exact = (coder for coder in self.each if type(value) in coder.types)
        near = (coder for coder in self.each if isinstance(value, coder.types))
        coder = next(exact, None) or next(near, None) or self._only_one
        if coder is not None:
            return coder.write(value, place, way)
        return way.not_a(self._wanted(), value, place)

    def read(self, raw: Any, place: str, way: Way) -> Any:
        """Let the one read whose kind it is."""
        for coder in self.each:
            if type(raw) in coder.kinds:
                return coder.read(raw, place, way)
        if self._only_one is not None:
            return self._only_one.read(raw, place, way)
        return way.not_a(self._wanted(), raw, place)

    @property
    def _only_one(self) -> Coder | None:
        """The one that is there beside null: it says best what is wrong."""
        others = [coder for coder in self.each if coder.kinds != (type(None),)]
        return others[0] if len(others) == 1 else None

    def _wanted(self) -> str:
        return " or ".join(dict.fromkeys(kind_of(kind()) for kind in self.kinds))

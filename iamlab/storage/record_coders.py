"""Coders of records: each field has its own coder, in the order of the class.

Modules import many names only for types, so annotations can't be resolved at run time. So the
imports under ``TYPE_CHECKING`` are read from the compiled code: a browser may have no source.
"""

from __future__ import annotations

import pkgutil
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from dis import get_instructions
from functools import cache, cached_property
from importlib import import_module
from inspect import get_annotations
from typing import Any, get_args, get_origin

from iamlab.analysis.credential_report import Job
from iamlab.analysis.last_accessed.operations import LastAccessedJob
from iamlab.errors import IamLabError, did_you_mean
from iamlab.model.account import Account
from iamlab.model.record import plain
from iamlab.storage.checks import Rule, rule_for
from iamlab.storage.problems import LEFT_OUT, UNUSABLE, WRITTEN_INSTEAD, Coder, CodingRun, is_secret

if typing.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BACK = frozenset({"world", "account", "user", "organization", "parent"})
"""Fields that point back to the object's holder: not written, but set from the context."""

_CLASS = "class"
_NEVER, _NONE = object(), type(None)


@dataclass(frozen=True, slots=True)
class FieldCoder:
    """A field of a dataclass.

    Parameters
    ----------
    label
        Class and field: ``"LoginProfile.hashes"``.
    empty
        The default, such as an empty list, which isn't written.
    rule
        An additional rule for the value.
    """

    name: str
    field: Field[Any]
    coder: Coder
    label: str
    empty: Any
    rule: Rule | None

    def is_left_out(self, run: CodingRun) -> bool:
        """Return whether it is a secret that can't be in the file."""
        return not run.secrets and self.label not in WRITTEN_INSTEAD and is_secret(self.label)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return the value to write; without secrets, a value that follows from the seed."""
        written, before = value, len(run.places)
        if not run.secrets and self.label in WRITTEN_INSTEAD and isinstance(value, int):
            written = WRITTEN_INSTEAD[self.label](value)
        found = self.coder.write(written, place, run)
        if len(run.places) == before:
            self._check(value, place, run)
        return found

    def read(self, raw: dict[str, Any], place: str, run: CodingRun) -> Any:
        """Read it from the object's JSON, or return its default."""
        before = len(run.places)
        value = self._value(raw, place, run)
        if len(run.places) == before and self.name in raw:
            self._check(value, place, run)
        if len(run.places) > before and not isinstance(value, dict | list):
            return UNUSABLE  # a container keeps its correct values
        return value

    def _value(self, raw: dict[str, Any], place: str, run: CodingRun) -> Any:
        left_out, default = self.is_left_out(run), default_of(self.field)
        if self.name in raw and left_out:
            what = 'Remove it, because the file has "secrets": false.'
            return run.wrong(place, what)
        if self.name in raw:
            return self.coder.read(raw[self.name], place, run)
        if left_out:
            return LEFT_OUT.get(self.label, default)
        return run.wrong(place, f"{self.name} is missing.") if default is MISSING else default

    def _check(self, value: Any, place: str, run: CodingRun) -> None:
        """Report what its rule finds in a value."""
        for below, what in self.rule(value) if self.rule is not None else ():
            run.wrong(place + below, what)


def default_of(field: Field[Any]) -> Any:
    """Return the default of a field; ``MISSING`` if it is required."""
    return field.default if field.default_factory is MISSING else field.default_factory()


class RecordCoder:
    """An object of a dataclass, with all its fields.

    A field whose name begins with an underscore isn't saved, and neither is one that a frozen class
    computes: both can be computed again.

    Parameters
    ----------
    coder_of
        Returns the coder of a field's type; called late, since classes can refer to each other.
    """

    kinds: tuple[type, ...] = (dict,)

    def __init__(self, cls: type, coder_of: Callable[[Any], Coder]) -> None:
        self.cls, self._coder_of = cls, coder_of
        self.types = (cls,)

    @cached_property
    def is_frozen(self) -> bool:
        """Whether its objects are immutable."""
        return bool(self.cls.__dataclass_params__.frozen)  # type: ignore[attr-defined]

    @cached_property
    def back(self) -> dict[str, tuple[type, bool]]:
        """Fields that point back: the class of their object, and whether it can be missing."""
        found = {}
        for name, hint in types_of_fields(self.cls).items():
            is_union = get_origin(hint) in (types.UnionType, typing.Union)
            parts = get_args(hint) if is_union else (hint,)
            classes = [part for part in parts if part is not _NONE]
            modules = [getattr(class_, "__module__", "") for class_ in classes]
            if name in _BACK and len(classes) == 1 and modules[0].startswith("iamlab."):
                found[name] = classes[0], is_union
        return found

    @cached_property
    def field_coders(self) -> tuple[FieldCoder, ...]:
        """The fields that are written.

        Raises
        ------
        TypeError
            A file can't contain one of them, or a secret has no replacement.
        """
        hints = types_of_fields(self.cls)
        return tuple(
            self._field_coder(field, hints[field.name])
            for field in fields(self.cls)
            if self._is_kept(field) and field.name not in self.back
        )

    def _is_kept(self, field: Field[Any]) -> bool:
        return not field.name.startswith("_") and (field.init or not self.is_frozen)

    def _field_coder(self, field: Field[Any], hint: Any) -> FieldCoder:
        label, default = f"{self.cls.__name__}.{field.name}", default_of(field)
        stands_in = default is not MISSING or label in LEFT_OUT or label in WRITTEN_INSTEAD
        if is_secret(label) and not stands_in:
            raise TypeError(f"add the value of {label} without it to iamlab.storage.problems")
        coder = self._coder_of(hint)
        is_empty = default is None or (isinstance(default, _EMPTY) and not default)
        rule = rule_for(self.cls, field.name)
        return FieldCoder(field.name, field, coder, label, default if is_empty else _NEVER, rule)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return its fields in order."""
        if plain(type(value)) is not self.cls:
            return run.not_a(self.cls.__name__, value, place)
        found: dict[str, Any] = {}
        for name, (cls, _) in self.back.items():
            owner = getattr(value, name)
            if owner is None:
                found[name] = None
            elif owner is not run.owner(cls):
                run.wrong(place, f"Its {name} isn't the object that contains it.")
        run.owners.append(value)
        for part in self.field_coders:
            own = getattr(value, part.name)
            if own != part.empty and not part.is_left_out(run):
                found[part.name] = part.write(own, f"{place}.{part.name}", run)
        run.owners.pop()
        return found

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Make an object from its fields."""
        if type(raw) is not dict:
            return run.not_a(f"an object, of {self.cls.__name__}", raw, place)
        self._refuse_unknown(raw, place, run)
        values = self._owners(raw, place, run)
        made = None if self.is_frozen else self._begun(values)
        run.owners.append(made)
        for part in self.field_coders:
            values[part.name] = value = part.read(raw, f"{place}.{part.name}", run)
            if made is not None and value is not UNUSABLE:
                setattr(made, part.name, value)
        run.owners.pop()
        if any(value is UNUSABLE for value in values.values()):
            return UNUSABLE
        try:
            return self.cls(**values) if made is None else made
        except (IamLabError, TypeError, ValueError) as error:  # a class can reject its values
            return run.wrong(place, f"{error}"[:300])

    def _begun(self, owners: dict[str, Any]) -> Any:
        """Make an object before its contents, which point back to it."""
        cls: Any = self.cls
        made = cls.__new__(cls)
        rest = {field.name: default_of(field) for field in fields(cls) if not self._is_kept(field)}
        for name, value in {**owners, **rest}.items():
            setattr(made, name, value)
        return made

    def _owners(self, raw: dict[str, Any], place: str, run: CodingRun) -> dict[str, Any]:
        found = {}
        for name, (cls, optional) in self.back.items():
            none = optional and name in raw and raw[name] is None
            found[name] = None if none else run.owner(cls)
            if found[name] is None and not none:
                found[name] = run.wrong(place, f"It isn't in a {name}.")
        return found

    def _refuse_unknown(self, raw: dict[str, Any], place: str, run: CodingRun) -> None:
        known = {part.name for part in self.field_coders}
        for key, value in raw.items():
            optional = key in self.back and self.back[key][1] and value is None
            if key not in known and not optional:
                name = str(key)[:100]
                hint = did_you_mean(name, known)
                run.wrong(place, f"A {self.cls.__name__} doesn't have the field {name!a}. {hint}")


_EMPTY = (str, tuple, list, dict, set, frozenset)


@dataclass(frozen=True, slots=True)
class ClassCoder:
    """An object of one of several dataclasses; the file names its class."""

    known: Mapping[str, RecordCoder]
    types: tuple[type, ...]
    kinds: tuple[type, ...] = (dict,)

    def write(self, value: Any, place: str, run: CodingRun) -> Any:
        """Return its class and its fields."""
        cls = plain(type(value))
        record = self.known.get(cls.__name__)
        if record is None or cls is not record.cls:
            return run.not_a(" or ".join(self.known), value, place)
        return {_CLASS: record.cls.__name__, **record.write(value, place, run)}

    def read(self, raw: Any, place: str, run: CodingRun) -> Any:
        """Read an object of the named class."""
        if type(raw) is not dict:
            return run.not_a("an object", raw, place)
        name = raw.get(_CLASS)
        if type(name) is not str or name not in self.known:
            hint = did_you_mean(str(name)[:100], self.known)
            return run.wrong(f"{place}.{_CLASS}", f"It must be the name of a class. {hint}")
        inside = {key: value for key, value in raw.items() if key != _CLASS}
        return self.known[name].read(inside, place, run)


@cache
def import_all() -> None:
    """Import every module below this folder that has records, so that all classes exist."""
    for folder in ("model", "operations"):
        package = import_module(f"iamlab.{folder}")
        for module in pkgutil.walk_packages(package.__path__, f"iamlab.{folder}."):
            import_module(module.name)


@cache
def types_of_fields(cls: type) -> dict[str, Any]:
    """Return the type of each field of a dataclass.

    Examples
    --------
    >>> from iamlab.model.credentials import KeyRecord
    >>> types_of_fields(KeyRecord)["status"]
    <class 'str'>
    """
    known = {name: base for base in reversed(cls.__mro__) for name in get_annotations(base)}
    above = _REPORTS if cls is Account else {}
    return {
        field.name: above.get(field.name) or _type_of(field.name, known[field.name])
        for field in fields(cls)
    }


_REPORTS: dict[str, Any] = {
    "report_job": Job | None,
    "last_accessed_jobs": dict[str, LastAccessedJob],
}
"""The types of an account's fields whose classes are in folders above the model."""


def _type_of(name: str, cls: type) -> Any:
    """Return the type of a field, resolved in the module that declares it."""
    module = sys.modules[cls.__module__]
    holder = type(cls.__name__, (), {"__annotations__": {name: get_annotations(cls)[name]}})
    return typing.get_type_hints(holder, {**_for_types_only(cls.__module__), **vars(module)})[name]


@cache
def _for_types_only(module: str) -> dict[str, Any]:
    """Import the names that a module imports for its types."""
    known, found, home, name = vars(sys.modules[module]), {}, "", ""
    loader = known["__loader__"]  # that of a test has no compiled code
    for step in get_instructions(loader.get_code(module)) if hasattr(loader, "get_code") else ():
        if step.opname == "IMPORT_NAME":
            home, name = step.argval, ""
        elif step.opname == "IMPORT_FROM":
            name = step.argval
        elif name and step.opname == "STORE_NAME" and step.argval not in known:
            found[step.argval] = getattr(import_module(home), name)
    return found


@cache
def below(cls: type) -> dict[str, type]:
    """Return the subclasses of a dataclass by name, as a file names them.

    Raises
    ------
    TypeError
        Two of them have the same name.

    Examples
    --------
    >>> from iamlab.model.providers import Provider
    >>> sorted(below(Provider))
    ['OpenIDConnectProvider', 'SAMLProvider']
    """
    import_all()
    found: dict[str, type] = {}
    heirs: list[type] = cls.__subclasses__()
    for heir in heirs:
        # Classes of the lab add no fields, and a dataclass with slots leaves the class that it was
        # made of behind.
        module = sys.modules.get(heir.__module__)
        is_there = getattr(module, heir.__name__, None) is heir
        is_own = "__dataclass_fields__" in vars(heir) and heir.__module__.startswith("iamlab.")
        own = {heir.__name__: heir} if is_there and is_own else {}
        for name, class_ in (own | below(heir)).items():
            if found.setdefault(name, class_) is not class_:
                raise TypeError(f"two subclasses of {cls.__name__} are called {name}: rename one")
    return found

"""What the annotations of dataclasses mean, and which classes there are.

Modules import much for its type only, so the names in annotations are not all there when the
program runs: what a module imports under ``TYPE_CHECKING`` is read in its source.
"""

from __future__ import annotations

import ast
import pkgutil
import sys
import typing
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from inspect import get_annotations, getsource
from typing import Any


@cache
def import_all() -> None:
    """Import every module of the world, so that all classes are there."""
    import_module("iamlab.lab.world")
    package = import_module("iamlab.world")
    for module in pkgutil.walk_packages(package.__path__, "iamlab.world."):
        import_module(module.name)


@cache
def types_of_fields(cls: type) -> dict[str, Any]:
    """Say of which type each field of a dataclass is.

    Examples
    --------
    >>> from iamlab.world.keys import KeyRecord
    >>> types_of_fields(KeyRecord)["status"]
    <class 'str'>
    """
    known = {name: base for base in reversed(cls.__mro__) for name in get_annotations(base)}
    return {one.name: _type_of(one.name, known[one.name]) for one in fields(cls)}


def _type_of(name: str, cls: type) -> Any:
    """Give the type of a field, in the words of the module that declares it."""
    module = sys.modules[cls.__module__]
    holder = type(cls.__name__, (), {"__annotations__": {name: get_annotations(cls)[name]}})
    return typing.get_type_hints(holder, {**_for_types_only(cls.__module__), **vars(module)})[name]


@cache
def _for_types_only(module: str) -> dict[str, Any]:
    """Import what a module imports for its types."""
    tree = ast.parse(getsource(sys.modules[module]))
    blocks = [
        statement
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
    ]
    return {
        alias.asname or alias.name: getattr(import_module(block.module), alias.name)
        for block in blocks
        if isinstance(block, ast.ImportFrom) and block.module
        for alias in block.names
    }


@cache
def below(cls: type) -> dict[str, type]:
    """Give the dataclasses of the package that inherit from one, by name: a file names these.

    Raises
    ------
    TypeError
        Two of them have one name.

    Examples
    --------
    >>> from iamlab.world.things import Provider
    >>> sorted(below(Provider))
    ['OpenIDConnectProvider', 'SAMLProvider']
    """
    import_all()
    found: dict[str, type] = {}
    heirs: list[type] = [
        one for one in cls.__subclasses__() if not one.__module__.startswith("iamlab.lab")
    ]
    for heir in heirs:
        # A dataclass with slots leaves the class that it was made of behind.
        module = sys.modules.get(heir.__module__)
        is_there = getattr(module, heir.__name__, None) is heir and is_dataclass(heir)
        own = {heir.__name__: heir} if is_there and heir.__module__.startswith("iamlab.") else {}
        for name, one in (own | below(heir)).items():
            if found.setdefault(name, one) is not one:
                raise TypeError(f"two classes below {cls.__name__} are called {name}: rename one")
    return found

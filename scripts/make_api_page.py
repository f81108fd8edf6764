"""Write docs/api.md, the page of all public names, from their docstrings.

Run ``python scripts/make_api_page.py``. A test fails if the page isn't up to date.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

import inspect
import pkgutil
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab import world
from iamlab.deprecated import REMOVED_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).parents[1] / "docs" / "api.md"

HEAD = """\
# Public names

Everything that a notebook or a program can rely on. Other names are internal and can change in any
release. The first table has the names of `from iamlab import ...`. `iamlab.view` has the figures,
`iamlab.teach` the lessons, `iamlab.exam` questions, and `iamlab.classroom` what a
teacher needs. Methods return the classes below them. Each
docstring has more: `help(World.can)`.

Old names aren't on this page. They work until iamlab {removed_in}, and warn with the new name:
`iamlab/deprecated.py` has the table.

`python scripts/make_api_page.py` writes this page from the docstrings.
"""

RETURNED = {
    "Decisions": "engine.Step engine.StatementMatch engine.Fix",
    "Many decisions": (
        "engine.evaluate_matrix engine.ResourceFacts engine.AccessMatrix "
        "engine.AccessChanges analysis.WhoCan "
        "analysis.WhatCan analysis.WorldDiff "
        "analysis.Change policy.Difference"
    ),
    "Policies": "policy.Finding policy.Refusal",
    "Privilege escalation and access from outside": (
        "analysis.Reach analysis.Path "
        "analysis.Arrivals "
        "analysis.BlastRadius analysis.Cut "
        "analysis.Replay "
        "analysis.OutsideAccess "
    ),
    "Reports": (
        "model.Event analysis.LeastPrivilege "
        "analysis.Unused analysis.Audit "
        "analysis.Finding analysis.SecurityStatus "
        "analysis.Item"
    ),
}
"""Title -> folder and name of what methods of other tables return, or programs import."""


def page() -> str:
    """Return the page as text."""
    tables = (_table(title, names) for title, names in public_names())
    return "\n".join((HEAD.format(removed_in=REMOVED_IN), *tables))


def public_names() -> Iterator[tuple[str, list[str]]]:
    """Yield the title of each table with the names in it, each with its module."""
    rooms = (import_module(f"iamlab.{name}") for name in ("view", "teach", "exam", "classroom"))
    for module in (iamlab, *rooms):
        names = [f"{module.__name__}.{name}" for name in module.__all__]
        yield f"`{module.__name__}`", names
    yield "Objects of a notebook", _objects()
    for title, names in RETURNED.items():
        yield title, [_whole(name) for name in names.split()]


def value_of(name: str) -> Any:
    """Import what has a name."""
    module, _, short = name.rpartition(".")
    return getattr(import_module(module), short)


def _objects() -> list[str]:
    """Return the public classes of ``iamlab.world``, which methods of a world return."""
    modules = [
        import_module(f"iamlab.world.{found.name}")
        for found in pkgutil.iter_modules(world.__path__)
    ]
    return [
        f"{module.__name__}.{name}"
        for module in modules
        for name, kind in sorted(vars(module).items())
        if isinstance(kind, type) and kind.__module__ == module.__name__ and name[0] != "_"
    ]


def _whole(name: str) -> str:
    """Find the module of a class or function, of which a folder has one with that name."""
    room, _, short = name.partition(".")
    folder = import_module(f"iamlab.{room}")
    for found in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}."):
        value = vars(import_module(found.name)).get(short)
        if getattr(value, "__module__", "") == found.name:
            return f"{found.name}.{short}"
    raise LookupError(name)


def _table(title: str, names: Iterable[str]) -> str:
    rows = [row for name in names for row in _rows(*name.rsplit(".", 1))]
    return "\n".join((f"## {title}", "", "| name | what it is |", "|---|---|", *rows, ""))


def _rows(module: str, name: str) -> Iterator[str]:
    """Write one row for a name, and one for each public member of a class."""
    value = value_of(f"{module}.{name}")
    shown = f"`{name}{signature(value)}`"
    where = getattr(value, "__module__", module) if isinstance(value, type) else module
    if not callable(value):
        yield f"| {shown} | a {type(value).__name__} |"
        return
    yield f"| **{shown}** | {line_of(value)} ({where}) |"
    if isinstance(value, type) and not issubclass(value, BaseException):
        for member, kind in members(value):
            yield f"| `.{member}{signature(kind)}` | {line_of(kind)} |"


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """Return the methods and properties of a class and its bases in iamlab."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("iamlab."):
            found |= vars(base)
    for name, value in sorted(found.items()):
        plain = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        is_member = inspect.isfunction(plain) or isinstance(plain, property)
        if is_member and name[0] != "_":
            yield name, plain
        elif not is_member and hasattr(value, "func") and name[0] != "_":  # a cached_property
            yield name, property(value.func)


def signature(value: Any) -> str:
    """Write the parameters with their defaults, without types."""
    if not callable(value) or (isinstance(value, type) and issubclass(value, Enum)):
        return ""
    is_error = isinstance(value, type) and issubclass(value, BaseException)
    if is_error and not inspect.isfunction(value.__init__):
        return ""  # versions of Python know different things of these
    try:
        parameters = [
            one.replace(annotation=inspect.Parameter.empty, default=_Default.of(one.default))
            for name, one in inspect.signature(value).parameters.items()
            if name not in ("self", "cls")
        ]
    except ValueError:  # a class that is written in C
        return ""
    return str(inspect.Signature(parameters)).replace(" = ", "=").replace("|", r"\|")


class _Default:
    """A default value, as it is written in code; what is no plain value is ``...``."""

    def __init__(self, value: object) -> None:
        self.value = value

    @classmethod
    def of(cls, value: object) -> object:
        is_empty = value is inspect.Parameter.empty
        return value if is_empty else cls(value)

    def __repr__(self) -> str:
        is_plain = self.value is None or isinstance(self.value, str | bool | int | float)
        return repr(self.value) if is_plain or self.value == () else "..."


def line_of(value: Any) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(value) or "").partition("\n")[0].replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

"""How values are displayed, and the progress of long questions.

Policies, decisions and worlds are ``Shown``. At the end of a notebook cell they are a card;
``show()`` returns their picture or table, ``to_frame()`` a table of pandas. ``view`` is imported
only when one of them is needed.

If an answer takes longer than a second, a progress bar appears on standard error, and disappears
at the end. You can interrupt a question at any time. The world doesn't change.

In a browser, some packages and locks of files aren't there. What is different there is here, too,
because this file alone names ``view`` and ``distribution``, by strings.
"""

from __future__ import annotations

import re
import sys
from contextlib import nullcontext
from functools import update_wrapper, wraps
from importlib import import_module
from operator import length_hint
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from iamlab import extras

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd


P = ParamSpec("P")
T = TypeVar("T")
Part = TypeVar("Part", bound="Callable[..., Any]")


class Shown:
    """A value with a card for notebooks, and a picture or a table."""

    __slots__ = ()

    def show(self, **options: Any) -> Any:
        """Return the picture of this value, or its table if it has no picture.

        Parameters
        ----------
        options
            Further parameters of the function of ``iamlab.view`` that draws it; see
            ``iamlab.view.show``.
        """
        return import_module("iamlab.view.showing").show(self, **options)

    def to_frame(self) -> pd.DataFrame:
        """Return a table of pandas: for a policy, for example, a row for each statement."""
        frame: pd.DataFrame = import_module("iamlab.view.tabular").table_of(self).to_frame()
        return frame

    def _repr_html_(self) -> str:
        return html(self)


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package that imports a name when it is first used (PEP 562).

    Parameters
    ----------
    homes
        The names, and the modules in the package that define them; after a colon the name there,
        if it is another one.

    Examples
    --------
    >>> lazily("iamlab.policy", {"Arn": "arn"})("Arn").__name__
    'Arn'
    """

    def imported(name: str) -> object:
        if name not in homes:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        home, _, own = homes[name].partition(":")
        value = getattr(import_module(f"{package}.{home}"), own or name)
        setattr(sys.modules[package], name, value)
        return value

    return imported


def in_stub(file: str) -> dict[str, str]:
    """Return the names that a package's stub file imports, and where they are, for :func:`lazily`.

    Parameters
    ----------
    file
        The package's ``__file__``, which is beside the stub.

    Examples
    --------
    >>> import iamlab.widgets
    >>> in_stub(iamlab.widgets.__file__)["stepper"]
    'instruments.steps:Stepper'
    """
    text = Path(file).with_suffix(".pyi").read_text("utf-8")
    found = re.findall(r"from iamlab\.\w+\.(\S+) import (\w+) as (\w+)", text)
    return {name: f"{home}:{own}" for home, own, name in found}


class OfKind(Generic[T]):
    """A function with a part for each type of value; a type can be named, without importing it.

    Parameters
    ----------
    otherwise
        The function for other types.

    Examples
    --------
    >>> name = OfKind(lambda value: "a value")
    >>> _ = name.register("model.world.World")(lambda value: "a world")
    >>> from iamlab import World
    >>> name(World(seed=7)), name(7)
    ('a world', 'a value')
    """

    def __init__(self, otherwise: Callable[[Any], T]) -> None:
        self.parts: dict[str, Callable[[Any], T]] = {"builtins.object": otherwise}
        update_wrapper(self, otherwise)

    def register(self, *kinds: type | str) -> Callable[[Part], Part]:
        """Decorate the part for some types, each a class or its name in ``iamlab``."""

        def keep(part: Part) -> Part:
            self.parts |= {kind if isinstance(kind, str) else name_of(kind): part for kind in kinds}
            return part

        return keep

    def __call__(self, value: object) -> T:
        """Call the part for a value's type, or for the nearest type that it inherits from."""
        names = map(name_of, type(value).__mro__)
        return next(self.parts[name] for name in names if name in self.parts)(value)


def name_of(kind: type) -> str:
    """Return the name of a type in ``iamlab``.

    Examples
    --------
    >>> from iamlab import World
    >>> name_of(World)
    'world.world.World'
    """
    return f"{kind.__module__}.{kind.__name__}".removeprefix("iamlab.")


def has_stand_in(package: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function that needs a package, and has a stand-in for a browser without it.

    The stand-in is a function in ``iamlab.distribution.stand_ins``. For a method, its name begins
    with that of the class: ``figure_table``.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def chosen(*arguments: P.args, **named: P.kwargs) -> T:
            if extras.IN_BROWSER and _is_missing(package):
                name = function.__qualname__.replace(".", "_").lower()
                others = import_module("iamlab.distribution.stand_ins")
                result: T = getattr(others, name)(*arguments, **named)
                return result
            return function(*arguments, **named)

        return chosen

    return decorate


def _is_missing(package: str) -> bool:
    try:
        import_module(package)
    except ModuleNotFoundError:
        return True
    return False


def offer_upload() -> None:
    """In a browser, show the card that uploads progress from another browser or computer."""
    if extras.IN_BROWSER:
        import_module("iamlab.distribution.browser").show_card()


def locked(file: Path, seconds: float) -> AbstractContextManager[object]:
    """Let no other program write a file for a while.

    A browser's storage belongs to one learner. A lock file there is never released.

    Parameters
    ----------
    seconds
        How long to wait for a program that writes.
    """
    if extras.IN_BROWSER:
        return nullcontext()
    from filelock import FileLock

    return FileLock(file.with_name(f".{file.name}.lock"), timeout=seconds)


def html(value: object) -> str:
    """Return a value as HTML, with all texts escaped."""
    text: str = import_module("iamlab.view.cards").card(value)
    return text


def frame(matrix: object) -> pd.DataFrame:
    """Return an access matrix as a table."""
    table: pd.DataFrame = import_module("iamlab.view.tables").frame(matrix)
    return table


def table(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> pd.DataFrame:
    """Return rows as a table."""
    made: pd.DataFrame = import_module("iamlab.view.cells").to_frame(columns, rows)
    return made


_SIGNS = {"\n": "↵", "\r": "↵", "\t": "→"}


def printable(text: str) -> str:
    r"""Replace characters that break a line or change the direction of text.

    Examples
    --------
    >>> printable("two\nlines")
    'two↵lines'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _SIGNS.get(c, "␣") for c in text)


def count(number: int, singular: str, plural: str = "") -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> count(1, "user"), count(3, "policy"), count(2, "key"), count(2, "is", "are")
    ('1 user', '3 policies', '2 keys', '2 are')
    """
    if number == 1:
        return f"1 {singular}"
    if not plural:
        is_y = singular.endswith("y") and singular[-2:-1] not in tuple("aeou")
        plural = f"{singular[:-1]}ies" if is_y else f"{singular}s"
    return f"{number} {plural}"


def called(arn: str) -> str:
    """Return the name at the end of an ARN; other text is returned unchanged.

    Examples
    --------
    >>> called("arn:aws:iam::111122223333:role/app/reader"), called("ec2.amazonaws.com")
    ('reader', 'ec2.amazonaws.com')
    """
    return arn.rpartition(":")[2].rpartition("/")[2] if arn.startswith("arn:") else arn


FEW, LONG = 4, 60
"""The most names, and the most letters of a name, that a terminal shows of a value."""


def few(names: Iterable[str]) -> str:
    r"""List a few names on one line, and count the rest.

    Examples
    --------
    >>> few(["ana", "bob"]), few(["two\nlines"]), few(map(str, range(10)))
    ('ana, bob', 'two↵lines', '0, 1, 2, 3 and 6 more')
    """
    every = list(names)
    shown = ", ".join(map(_on_one_line, every[:FEW]))
    return f"{shown} and {len(every) - FEW} more" if len(every) > FEW else shown


def _on_one_line(name: str) -> str:
    """Shorten a name in the middle, and make it printable."""
    plain = printable(name)
    return plain if len(plain) <= LONG else f"{plain[: LONG // 2]}…{plain[-LONG // 2 :]}"


PATIENCE = 1.0
"""The number of seconds before a bar is shown."""

Item = TypeVar("Item")


def steps(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Return items one by one, with a progress bar if that takes long.

    Parameters
    ----------
    what
        The text of the progress bar: ``"gathering"``.
    total
        The number of items. Default: the length of the items, if they have one.

    Examples
    --------
    >>> list(steps(["ana", "bob"], "gathering"))
    ['ana', 'bob']
    """
    begun, done = monotonic(), 0
    waiting = iter(items)
    count = (length_hint(items) or None) if total is None else total
    for item in waiting:
        yield item
        done += 1
        if monotonic() - begun > PATIENCE:
            break
    else:
        return
    # Imported late: quick answers need no bar. tqdm.auto takes a terminal for a notebook as soon as
    # a widget has been imported.
    shell = sys.modules.get("IPython")
    in_notebook = shell is not None and hasattr(shell.get_ipython(), "kernel")
    bar = import_module("tqdm.auto" if in_notebook else "tqdm").tqdm

    yield from bar(
        waiting, desc=what, total=count, initial=done, file=sys.stderr, leave=False, unit=""
    )

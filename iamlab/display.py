"""How values show themselves: the one door from the core down to ``view``.

Policies, decisions and worlds are ``Shown``: a bare one at the end of a cell is a card, ``show()``
is its picture or its table, ``to_frame()`` its facts for pandas. ``view`` is imported only when one
of them is asked for.

Long questions show how far they are, in a notebook, a terminal or a log.

Most answers come at once. Whoever waits longer than a second sees a bar, on standard error, which
is gone when the work is done. Everything is computed on values that are frozen or copied, so
whoever does not want to wait can interrupt: the world stays as it was.
"""

from __future__ import annotations

import sys
from importlib import import_module
from operator import length_hint
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd


class Shown:
    """What can show itself: as a card in a notebook, and as a picture or a table when asked."""

    __slots__ = ()

    def show(self, **options: Any) -> Any:
        """Give the picture of it, or its table if it has no picture.

        Parameters
        ----------
        options
            What the function of ``iamlab.view`` that draws it takes besides; ``iamlab.view.show``
            names that function.
        """
        return import_module("iamlab.view.showing").show(self, **options)

    def to_frame(self) -> pd.DataFrame:
        """Give its facts as a table of pandas: of a policy each statement is a row, and so on."""
        frame: pd.DataFrame = import_module("iamlab.view.tabular").table_of(self).to_frame()
        return frame

    def _repr_html_(self) -> str:
        return html(self)


def html(value: object) -> str:
    """Give a value as HTML, everything in it escaped."""
    text: str = import_module("iamlab.view.cards").card(value)
    return text


def frame(matrix: object) -> pd.DataFrame:
    """Give an access matrix as a table."""
    table: pd.DataFrame = import_module("iamlab.view.tables").frame(matrix)
    return table


def table(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> pd.DataFrame:
    """Give rows as a table."""
    made: pd.DataFrame = import_module("iamlab.view.cells").to_frame(columns, rows)
    return made


_SIGNS = {"\n": "↵", "\r": "↵", "\t": "→"}


def printable(text: str) -> str:
    r"""Make text that stays where it is put: no line breaks, no turns of direction.

    Examples
    --------
    >>> printable("two\nlines")
    'two↵lines'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _SIGNS.get(c, "␣") for c in text)


def count(number: int, one: str, many: str = "") -> str:
    """Count things.

    Examples
    --------
    >>> count(1, "user"), count(3, "policy"), count(2, "key"), count(2, "is", "are")
    ('1 user', '3 policies', '2 keys', '2 are')
    """
    if number == 1:
        return f"1 {one}"
    if not many:
        is_y = one.endswith("y") and one[-2:-1] not in tuple("aeou")
        many = f"{one[:-1]}ies" if is_y else f"{one}s"
    return f"{number} {many}"


def called(arn: str) -> str:
    """Give the end of an ARN, by which people call what it names; other text as it is.

    Examples
    --------
    >>> called("arn:aws:iam::111122223333:role/app/reader"), called("ec2.amazonaws.com")
    ('reader', 'ec2.amazonaws.com')
    """
    return arn.rpartition(":")[2].rpartition("/")[2] if arn.startswith("arn:") else arn


FEW, LONG = 4, 60
"""So many names, of so many letters, stand in what a terminal shows of a value."""


def few(names: Iterable[str]) -> str:
    r"""Name a few on one line, and count the rest.

    Examples
    --------
    >>> few(["ana", "bob"]), few(["two\nlines"]), few(map(str, range(10)))
    ('ana, bob', 'two↵lines', '0, 1, 2, 3 and 6 more')
    """
    every = list(names)
    shown = ", ".join(map(_on_one_line, every[:FEW]))
    return f"{shown} and {len(every) - FEW} more" if len(every) > FEW else shown


def _on_one_line(name: str) -> str:
    """Shorten a name in the middle; what would break a line or turn it around becomes a sign."""
    plain = printable(name)
    return plain if len(plain) <= LONG else f"{plain[: LONG // 2]}…{plain[-LONG // 2 :]}"


PATIENCE = 1.0
"""So many seconds pass before a bar is shown."""

Thing = TypeVar("Thing")


def steps(things: Iterable[Thing], what: str, total: int | None = None) -> Iterator[Thing]:
    """Give things one by one, and show how many are done if that takes long.

    Parameters
    ----------
    what
        What is being done, for whoever waits: ``"gathering"``.
    total
        How many there are. Default: as many as the things themselves say.

    Examples
    --------
    >>> list(steps(["ana", "bob"], "gathering"))
    ['ana', 'bob']
    """
    begun, done = monotonic(), 0
    waiting = iter(things)
    count = (length_hint(things) or None) if total is None else total
    for thing in waiting:
        yield thing
        done += 1
        if monotonic() - begun > PATIENCE:
            break
    else:
        return
    from tqdm.auto import tqdm  # not before: quick answers need no bar

    yield from tqdm(
        waiting, desc=what, total=count, initial=done, file=sys.stderr, leave=False, unit=""
    )

"""Tables: facts in rows and columns, for notebooks, terminals and pandas.

A verdict in a table is always a symbol and a word, with a colour.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.authorization.authorize import authorize
from iamlab.authorization.principal import principal_of
from iamlab.deprecated import with_old_names
from iamlab.display import OfKind, count, has_stand_in, printable
from iamlab.errors import RequestError
from iamlab.model.world import World
from iamlab.view import cells
from iamlab.view.arguments import check
from iamlab.view.cells import ROWS, as_words, is_number
from iamlab.view.html import html_facts, html_table
from iamlab.view.style import PALE_INK, PAPER, Look, look
from iamlab.view.terminal import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Facts in rows and columns, with a caption.

    Parameters
    ----------
    caption
        The title of the table.
    columns
        The headings of the columns.
    rows
        A tuple for each row. A ``Look`` is shown as its symbol and its word, in its colour. A
        column with only ``None`` isn't shown.
    left_out
        The number of other rows.
    of_one
        Whether its only row is shown as a list of facts.

    Raises
    ------
    RequestError
        A row has more or fewer cells than there are columns, or a table of facts has no row.

    Examples
    --------
    >>> print(Table("Users", ("user", "access keys"), (("ana", 2), ("bob", 0))))
    Users
    user  access keys
    ────  ───────────
    ana             2
    bob             0
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    left_out: int = 0
    of_one: bool = False

    def __post_init__(self) -> None:
        if self.of_one and not self.rows:
            raise RequestError("A table of facts must have a row.")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise RequestError(
                    f"Row {number} of a table has {count(len(row), 'cell')}, and the table has "
                    f"{count(len(self.columns), 'column')}."
                )

    @classmethod
    def of(cls, caption: str, columns: str, rows: Iterable[tuple[object, ...]]) -> Table:
        """Make a table; a comma and a blank separate the names of its columns."""
        return cls(caption, tuple(columns.split(", ")), tuple(rows))

    @classmethod
    def facts(cls, caption: str, values: Mapping[str, object]) -> Table:
        """Make a table of facts, from their names and values."""
        return cls(caption, tuple(values), (tuple(values.values()),), of_one=True)

    def to_frame(self) -> pd.DataFrame:
        """Return the facts as a pandas frame: moments and numbers keep their types."""
        return cells.to_frame(self.columns, self.rows)

    def first(self, most: int) -> Table:
        """Return the table with its first rows; the others are counted."""
        rest = max(len(self.rows) - most, 0)
        return replace(self, rows=self.rows[:most], left_out=self.left_out + rest)

    def only(self, *columns: str) -> Table:
        """Return the table with some of its columns."""
        return self._at([self.columns.index(name) for name in columns])

    def _at(self, places: Sequence[int]) -> Table:
        rows = tuple(tuple(row[place] for place in places) for row in self.rows)
        return replace(self, columns=tuple(self.columns[place] for place in places), rows=rows)

    def as_text(self) -> str:
        """Return all rows, aligned for a terminal; long cells take several lines."""
        return "\n".join(_lines(self))

    def html(self) -> str:
        """Return the table as HTML; if there are many rows, only the first ones."""
        shown = _shown(self.first(ROWS))
        if shown.of_one:
            return html_facts(self.caption, list(zip(shown.columns, shown.rows[0], strict=True)))
        return html_table(shown.caption, shown.columns, shown.rows, _rest(shown))

    def _repr_html_(self) -> str:
        return self.html()

    def __len__(self) -> int:
        return len(self.rows)

    def __bool__(self) -> bool:
        return True  # also without a row

    def __str__(self) -> str:
        return self.first(ROWS).as_text()

    def __repr__(self) -> str:
        return str(self)


def _lines(table: Table) -> Iterator[str]:
    """Yield the lines of a table."""
    shown = _shown(table)
    yield printable(shown.caption)
    if shown.of_one:
        facts = zip(shown.columns, map(as_words, shown.rows[0]), strict=True)
        yield from aligned(list(facts), (False, False), headed=False)
        return
    words = [[as_words(cell) for cell in row] for row in shown.rows]
    right = [
        all(cell is None or is_number(cell) for cell in column)
        for column in zip(*shown.rows, strict=True)
    ]
    yield from aligned([shown.columns, *words], right or [False] * len(shown.columns))
    if rest := _rest(shown):
        yield rest


def _shown(table: Table) -> Table:
    """Return the table without its empty columns."""
    columns = enumerate(zip(*table.rows, strict=True))
    kept = [place for place, cells in columns if any(cell is not None for cell in cells)]
    return table._at(kept) if table.rows else table  # noqa: SLF001


def _rest(table: Table) -> str:
    if table.left_out:
        return f"and {table.left_out:,} more"
    return "" if table.rows else "none"


@dataclass(frozen=True, slots=True)
class VerdictTable:
    """Decisions in rows and columns.

    Parameters
    ----------
    rows, columns
        The names of the callers, and of the pairs.
    decisions
        A tuple for each row.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> from iamlab.view import verdict_table
    >>> table = verdict_table(scenario("groups"), ["bob", "dana"], [("s3:DeleteObject", MAP)])
    >>> print(table.as_text())
    bob, s3:DeleteObject on star-maps/m31.fits: ✓ allowed
    dana, s3:DeleteObject on star-maps/m31.fits: ✕ explicit deny
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    decisions: tuple[tuple[Decision, ...], ...]

    @has_stand_in("pandas")
    def to_frame(self) -> pd.DataFrame:
        """Return the verdicts as a table of words."""
        import pandas as pd

        words = [[str(decision.verdict) for decision in row] for row in self.decisions]
        return pd.DataFrame(words, index=list(self.rows), columns=list(self.columns))

    def as_text(self) -> str:
        """Return a line for each cell."""
        return "\n".join(
            f"{printable(who)}, {printable(what)}: {decision.verdict.symbol} {decision.verdict}"
            for who, row in zip(self.rows, self.decisions, strict=True)
            for what, decision in zip(self.columns, row, strict=True)
        )

    def table(self) -> Table:
        """Return it as a table: a row for each caller, a column for each pair."""
        looks = [[look(decision.verdict) for decision in row] for row in self.decisions]
        rows = tuple((who, *row) for who, row in zip(self.rows, looks, strict=True))
        return Table("Access of principals", ("principal", *self.columns), rows)

    def __str__(self) -> str:
        return self.as_text()

    def _repr_html_(self) -> str:
        return self.table().html()


@OfKind
def table_of(value: object) -> Table:
    """Return the table of a value.

    ``iamlab.view.tabular`` has a function for each type of value.

    Raises
    ------
    RequestError
        The value has no table.

    Examples
    --------
    >>> from iamlab import Policy
    >>> from iamlab.view.tabular import table_of
    >>> print(table_of(Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", name="readers")))
    Statements of readers
    Statement  Effect   Action        Resource
    ─────────  ───────  ────────────  ────────────────────────
    #1         ✓ Allow  s3:GetObject  arn:aws:s3:::star-maps/*
    """
    raise RequestError(f"There is neither a picture nor a table of {type(value).__name__}.")


@has_stand_in("pandas")
def frame(matrix: AccessMatrix) -> pd.DataFrame:
    """Return an access matrix as True and False: a row for each caller, a column for each pair."""
    import pandas as pd

    columns = pd.MultiIndex.from_tuples(matrix.pairs, names=["action", "resource"])
    found = [
        [matrix.allowed(row, pair) for pair in range(len(matrix.pairs))]
        for row in range(len(matrix.principals))
    ]
    return pd.DataFrame(found, index=list(matrix.principals), columns=columns, dtype=bool)


NOT_ALLOWED = Look("–", "not allowed", PALE_INK, PAPER)
"""The look of a cell without a reason."""


def _name(world: World, caller: Caller) -> str:
    """Return a caller's name; for credentials, the ARN of their caller."""
    if isinstance(caller, str):
        return caller
    return str(getattr(caller, "name", "") or principal_of(world, caller).arn)


@with_old_names
def verdict_table(
    world: World, principals: Iterable[Caller], pairs: Sequence[Pair]
) -> VerdictTable:
    """Decide for each principal and each (action, resource) pair.

    Raises
    ------
    RequestError
        A value has another type, or a request can't be decided.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> print(verdict_table(world, [world.user("dana")], [("s3:DeleteObject", MAP)]))
    dana, s3:DeleteObject on star-maps/m31.fits: ✕ explicit deny
    """
    check("verdict_table", world, World)
    callers = _several(principals, "principals", "[world.user('ana')]")
    requests = _several(pairs, PAIRS, AS_PAIRS)
    for pair in requests:
        is_pair = isinstance(pair, tuple | list) and len(pair) == 2
        if not is_pair or not all(isinstance(part, str) for part in pair):
            raise _wrong(pair, PAIRS, AS_PAIRS)
    return VerdictTable(
        tuple(_name(world, caller) for caller in callers),
        tuple(f"{action} on {resource.rpartition(':')[2]}" for action, resource in requests),
        tuple(
            tuple(authorize(world, caller, action, resource) for action, resource in requests)
            for caller in callers
        ),
    )


PAIRS, AS_PAIRS = "pairs of action and resource", "[('s3:GetObject', 'arn:aws:s3:::maps/m31')]"


def _several(values: object, what: str, such_as: str) -> list[Any]:
    """Return a list of values; text isn't a list, although Python can iterate over its letters."""
    if not isinstance(values, Iterable) or isinstance(values, str | bytes):
        raise _wrong(values, what, such_as)
    return list(values)


def _wrong(value: object, what: str, such_as: str) -> RequestError:
    return RequestError(
        f"verdict_table needs a list of {what}, such as {such_as}, not {reprlib.repr(value)}."
    )

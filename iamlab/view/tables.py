"""Tables of verdicts: who may do what, each cell a symbol and a word."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from iamlab.engine.verdict import Verdict
from iamlab.view.style import INK, PAPER, look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.world.gather import Caller
    from iamlab.world.world import World

Pair = tuple[str, str]
CELL = "padding:0.35em 0.8em;border:1px solid #C4C9CF;text-align:left"


@dataclass(frozen=True, slots=True)
class Table:
    """Facts in rows and columns, with a caption.

    Parameters
    ----------
    caption
        What the table is of.
    columns
        What stands over the columns.
    rows
        One tuple a row; a ``Look`` in it stands for its symbol and its word, in its colour.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def to_frame(self) -> pd.DataFrame:
        """Give the facts as a table of pandas."""
        return table(self.columns, self.rows)


@dataclass(frozen=True, slots=True)
class VerdictTable:
    """Decisions in rows and columns.

    Parameters
    ----------
    rows, columns
        What stands at the margins.
    decisions
        One list a row.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    decisions: tuple[tuple[Decision, ...], ...]

    def to_frame(self) -> pd.DataFrame:
        """Give the verdicts as a table of words."""
        import pandas as pd

        cells = [[str(decision.verdict) for decision in row] for row in self.decisions]
        return pd.DataFrame(cells, index=list(self.rows), columns=list(self.columns))

    def as_text(self) -> str:
        """Give one line a cell."""
        return "\n".join(
            f"{who}, {what}: {decision.verdict.symbol} {decision.verdict}"
            for who, row in zip(self.rows, self.decisions, strict=True)
            for what, decision in zip(self.columns, row, strict=True)
        )

    def __str__(self) -> str:
        return self.as_text()

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="{CELL}">{escape(c)}</th>' for c in self.columns)
        body = "".join(
            f'<tr><th scope="row" style="{CELL}">{escape(who)}</th>{"".join(map(_cell, row))}</tr>'
            for who, row in zip(self.rows, self.decisions, strict=True)
        )
        return (
            f'<table style="border-collapse:collapse;background:{PAPER};color:{INK}">'
            f'<thead><tr><td style="{CELL}"></td>{head}</tr></thead><tbody>{body}</tbody></table>'
        )


def _cell(decision: Decision) -> str:
    seen = look(decision.verdict)
    style = f"{CELL};background:{seen.area};color:{seen.colour}"
    return f'<td style="{style}">{seen.symbol}&nbsp;{seen.word}</td>'


def table(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> pd.DataFrame:
    """Give rows as a table.

    Examples
    --------
    >>> table(["user"], [["ana"], ["bob"]])["user"].tolist()
    ['ana', 'bob']
    """
    import pandas as pd

    return pd.DataFrame([list(row) for row in rows], columns=list(columns))


def frame(matrix: AccessMatrix) -> pd.DataFrame:
    """Give an access matrix as True and False: callers down, actions and resources across."""
    import pandas as pd

    columns = pd.MultiIndex.from_tuples(matrix.pairs, names=["action", "resource"])
    cells = [
        [matrix.allowed(row, pair) for pair in range(len(matrix.pairs))]
        for row in range(len(matrix.callers))
    ]
    return pd.DataFrame(cells, index=list(matrix.callers), columns=columns, dtype=bool)


MOST_ROWS, MOST_COLUMNS = 40, 12
"""Of an access matrix so many callers and pairs are shown; its frame has all."""


def matrix_table(matrix: AccessMatrix) -> str:
    """Give the first callers and pairs of an access matrix as HTML."""
    pairs = matrix.pairs[:MOST_COLUMNS]
    head = "".join(
        f'<th scope="col" style="{CELL}">{escape(f"{action} on {resource}")}</th>'
        for action, resource in pairs
    )
    body = "".join(
        f'<tr><th scope="row" style="{CELL}">{escape(who)}</th>'
        + "".join(_yes_or_no(yes=matrix.allowed(row, pair)) for pair in range(len(pairs)))
        + "</tr>"
        for row, who in enumerate(matrix.callers[:MOST_ROWS])
    )
    shown = f"{min(len(matrix.callers), MOST_ROWS)} of {len(matrix.callers)} callers"
    note = f"{shown}, {len(pairs)} of {len(matrix.pairs)} pairs"
    return (
        f"<div>{note}</div>"
        f'<table style="border-collapse:collapse;background:{PAPER};color:{INK}">'
        f'<thead><tr><td style="{CELL}"></td>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _yes_or_no(*, yes: bool) -> str:
    if yes:
        seen = look(Verdict.ALLOWED)
        style = f"{CELL};background:{seen.area};color:{seen.colour}"
        return f'<td style="{style}">✓&nbsp;allowed</td>'
    return f'<td style="{CELL}">–&nbsp;denied</td>'


def _name(world: World, caller: Caller) -> str:
    """Call somebody by a name; who shows credentials is called by the ARN that they stand for."""
    if isinstance(caller, str):
        return caller
    return str(getattr(caller, "name", "") or world.gather(caller).arn)


def verdict_table(world: World, callers: Iterable[Caller], pairs: Sequence[Pair]) -> VerdictTable:
    """Ask about each caller and each (action, resource) pair.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> print(verdict_table(world, [world.user("dana")], [("s3:DeleteObject", MAP)]))
    dana, s3:DeleteObject on star-maps/m31.fits: ✕ explicit deny
    """
    who = list(callers)
    return VerdictTable(
        tuple(_name(world, caller) for caller in who),
        tuple(f"{action} on {resource.rpartition(':')[2]}" for action, resource in pairs),
        tuple(
            tuple(world.can(caller, action, resource) for action, resource in pairs)
            for caller in who
        ),
    )

"""An answer in its forms: lines for people, JSON for programs, CSV for spreadsheets.

An answer longer than a screen starts with a summary. No name in an answer can control the terminal,
add a line, or become a formula in a spreadsheet.

Notes
-----
OWASP page: "CSV Injection".
"""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    Row = Mapping[str, Any] | Iterable[str | int | Iterable[str]]

WIDTH, HEIGHT = 80, 24
"""The screen, where the answer goes to a file or a pipe."""

MOST_IMPORTANT = 3
"""The number of entries below the counts of a summary."""

WORDS = {True: "yes", False: "no"}
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the second four are the wide forms


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found.

    Parameters
    ----------
    status
        Whether the exit status is 1; or the exit status.
    value
        Makes the object for ``--json``, without the address of its schema.
    text
        Makes the lines for people.
    summary
        Makes the lines of a summary: counts, then the entries, the most important first.
    table
        Makes the columns and the rows for ``--csv``: ``"a, b"`` are two columns. A row can be the
        JSON that has these keys.
    """

    status: bool | int
    value: Callable[[], Mapping[str, Any]]
    text: Callable[[], Iterable[str]]
    summary: Callable[[], Iterable[str]] | None = None
    table: Callable[[], tuple[str | Iterable[str], Iterable[Row]]] | None = None

    def show(self, options: argparse.Namespace) -> None:
        """Print the form that the options ask for."""
        if getattr(options, "json", False):
            print(*json_lines({"$schema": options.schema, **self.value()}), sep="\n")
        elif self.table and options.csv:
            print_csv(*self.table())
        else:
            lines = [one_line(line) for line in self.text()]
            if self.summary and _rows_of(lines) > _screen().lines:
                counts, *entries = self.summary()
                entries = [f"  {entry}" for entry in entries[:MOST_IMPORTANT]]
                heading = ["Most important:"] if entries else []
                summary = [one_line(line) for line in (counts, *heading, *entries)]
                if sys.stdout.isatty() and not options.details:
                    lines = [*summary, f"--details prints all {len(lines)} lines."]
                elif entries:
                    lines = [*summary, "", *lines]
            red = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            for line in lines:
                print(f"\x1b[31m{line}\x1b[0m" if red and line.startswith(LOUD) else line)


LOUD = "✕ AWS would not save "
"""The beginning of a line about a Deny without effect, which is red on a terminal."""


def _screen() -> os.terminal_size:
    size = (WIDTH, HEIGHT)
    return shutil.get_terminal_size(size) if sys.stdout.isatty() else os.terminal_size(size)


def _rows_of(lines: Sequence[str]) -> int:
    """Count the rows of a terminal, and one for the next prompt: a long line fills several."""
    return 1 + sum(max(1, math.ceil(len(line) / _screen().columns)) for line in lines)


def json_lines(value: Any) -> list[str]:
    """Write JSON with visible characters; others are escaped."""
    lines = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    return [line if line.isprintable() else _escaped(line) for line in lines]


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def as_json(record: object, keys: str) -> dict[str, Any]:
    """Return attributes of an object for ``--json``.

    Parameters
    ----------
    keys
        The keys; ``key=attribute`` where they differ.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> as_json(datetime(2026, 11, 25, tzinfo=UTC), "day zone=tzinfo")
    {'day': 25, 'zone': 'UTC'}
    """
    pairs = (key.partition("=") for key in keys.split())
    return {key: _plain(attrgetter(name or key)(record)) for key, _, name in pairs}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: what isn't a number, a list or an object is text."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(map(_plain, value)) if isinstance(value, Iterable) else str(value)


def print_csv(columns: str | Iterable[str], rows: Iterable[Row]) -> None:
    """Print a table; semicolons separate several texts in a cell."""
    names = columns.split(", ") if isinstance(columns, str) else list(columns)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for row in (names, *rows):
        cells = [row[name] for name in names] if isinstance(row, Mapping) else row
        writer.writerow(map(cell, cells))


def cell(value: str | int | Iterable[str]) -> str:
    """Return a cell that a spreadsheet takes as text, on one line.

    Examples
    --------
    >>> cell("=1+1"), cell(["readers/#1", "writers/#2"])
    ("'=1+1", 'readers/#1; writers/#2')
    """
    text = one_line(str(value) if isinstance(value, str | int) else "; ".join(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def one_line(text: str) -> str:
    r"""Return text on one line, with a sign for each character that controls a terminal.

    Examples
    --------
    >>> one_line("a\n\x1b[31mb") == "a\ufffd\ufffd[31mb"
    True
    """
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def wrapped(*texts: str) -> list[str]:
    """Return the lines of sentences in 80 columns; an ARN stays whole, so it can be copied."""
    lines = []
    for text in texts:
        sentence = text.lstrip(" ")
        indent = text.removesuffix(sentence)
        lines += textwrap.wrap(
            one_line(sentence),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=f"{indent}    ",
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines

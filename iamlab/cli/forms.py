"""The forms of an answer: lines for people, JSON and CSV for programs.

In none of them does a name that a stranger chose steer the terminal, forge a line, or become a
formula of a spreadsheet.

Notes
-----
OWASP page: "CSV Injection".
"""

from __future__ import annotations

import csv
import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from iamlab.cli.documents import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

WIDTH = 80
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the second four are the wide forms
WORDS = {True: "yes", False: "no"}


def add_form_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that ask for another form than plain text."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all of it as JSON")
    form.add_argument("--csv", action="store_true", help="print it as a table, for spreadsheets")


def add_fail_argument(parser: argparse.ArgumentParser) -> None:
    """Add the argument by which a pipeline stops when something is found."""
    parser.add_argument("--fail", action="store_true", help="exit with 1 if something is found")


def print_json(value: Any) -> None:
    """Print JSON in which each character can be seen, or is escaped."""
    lines = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    print("\n".join(line if line.isprintable() else _escaped(line) for line in lines))


def _escaped(text: str) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def print_csv(columns: Iterable[str], rows: Iterable[Iterable[str | Iterable[str]]]) -> None:
    """Print a table; several texts in a cell have semicolons between them."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(cell, columns))
    writer.writerows(map(cell, row) for row in rows)


def cell(value: str | Iterable[str]) -> str:
    """Write a cell so that a spreadsheet takes it for text; a row is a line.

    Examples
    --------
    >>> cell("=1+1"), cell(["readers/#1", "writers/#2"])
    ("'=1+1", 'readers/#1; writers/#2')
    """
    text = printable(value if isinstance(value, str) else "; ".join(value)).replace("\n", " ")
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def one_line(text: str) -> str:
    r"""Show text in one line, whatever is in it.

    Examples
    --------
    >>> one_line("a\nb") == "a\ufffdb"
    True
    """
    return printable(text).replace("\n", "\ufffd")


def print_line(text: str, indent: int = 0) -> None:
    """Print a sentence; what has no room in a line goes on in the next, further in."""
    print(
        textwrap.fill(
            one_line(text),
            WIDTH,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 4),
            break_long_words=False,  # an ARN can be copied
            break_on_hyphens=False,
        )
    )

"""Accessible tables in HTML.

A table has a caption, and each heading has a scope, so a screen reader can read the headings of a
cell. Each cell has a light background, because dark themes of notebooks colour rows and cells. A
large table scrolls in a frame, which the keyboard can reach. All text is escaped, and no dollar
sign begins a formula.

Notes
-----
Web Content Accessibility Guidelines 2.2: "Info and Relationships", "Keyboard".
"""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from iamlab.view.cells import Link, as_words, is_number, named_by
from iamlab.view.style import HAIRLINE, INK, PAPER, Look

if TYPE_CHECKING:
    from collections.abc import Sequence

PAPERED = f"background:{PAPER};color:{INK}"
CELL = f"padding:0.35em 0.8em;border:1px solid {HAIRLINE};text-align:left;{PAPERED}"
"""The style of a cell; a colour behind it replaces its background."""

TABLE = (
    "border-collapse:collapse;table-layout:auto;margin:0.4em 0;"
    f"overflow-wrap:normal;word-break:normal;{PAPERED}"
)
CAPTION = (
    f"caption-side:top;text-align:left;font-weight:bold;padding:0.35em 0.8em;white-space:normal;"
    f"{PAPERED};overflow-wrap:anywhere"
)

AS_TEXT = "mathjax_ignore tex2jax_ignore"
"""Classes that tell MathJax, which notebooks load, to ignore an element. Otherwise it would set
text between two dollar signs as a formula, as in ``${aws:username}/${aws:userid}``."""

LONG, WIDE, MANY = 12, 60, 5
"""A table with more rows, more letters side by side, or more columns scrolls in a frame: a notebook
that is enlarged to 200 % has no more room."""

LONG_WORD = 24
"""A longer word, such as an ARN, can be broken anywhere."""


def html_table(
    caption: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    below: str = "",
    *,
    longest: int = LONG,
) -> str:
    """Write a table.

    Parameters
    ----------
    rows
        A ``Look`` is shown as its symbol and its word, in its colour.
    below
        The words below the last row: ``"and 34 more"``.
    longest
        A table with more rows scrolls in a frame.

    Examples
    --------
    >>> text = html_table("Two <users>", ["user", "groups"], [["ana", 2], ["bob", 0]])
    >>> text.count('<th scope="row"'), text.count('<th scope="col"'), "&lt;users&gt;" in text
    (2, 2, True)
    """
    head = named_by(rows)
    body = "".join(f"<tr>{_row(row, head)}</tr>" for row in rows)
    table = written(caption, columns, body, below)
    wide = len(columns) > MANY or _letters([columns, *rows]) > WIDE
    return framed(table, caption, long=len(rows) > longest, wide=wide)


def html_facts(caption: str, facts: Sequence[tuple[str, object]]) -> str:
    """Write facts as a table: a row for each, with its name as the heading."""
    body = "".join(
        f'<tr><th scope="row" style="{CELL};font-weight:normal">{escape(name)}</th>'
        f"{_cell(value)}</tr>"
        for name, value in facts
    )
    return framed(written(caption, (), body), caption, long=False, wide=_letters(facts) > WIDE)


def written(caption: str, columns: Sequence[str], body: str, below: str = "") -> str:
    """Write a table with these rows, and a last row across all columns."""
    names = "".join(f'<th scope="col" style="{CELL}">{escape(name)}</th>' for name in columns)
    head = f"<thead><tr>{names}</tr></thead>" if columns else ""
    last = f'<td colspan="{max(len(columns), 1)}" style="{CELL}">{escape(below)}</td>'
    foot = f"<tfoot><tr>{last}</tr></tfoot>" if below else ""
    return (
        f'<table class="{AS_TEXT}" style="{TABLE}"><caption style="{CAPTION}">{escape(caption)}'
        f"</caption>{head}<tbody>{body}</tbody>{foot}</table>"
    )


def _letters(rows: Sequence[Sequence[object]]) -> int:
    """Count the letters side by side: words are not broken, but long ones are."""
    return sum(max(map(_least, column)) + 3 for column in zip(*rows, strict=True))


def _least(cell: object) -> int:
    text = as_words(cell)
    if isinstance(cell, (Look, datetime)):
        return len(text)
    return max((min(len(word), LONG_WORD) for word in text.split()), default=0)


def framed(table: str, caption: str, *, long: bool, wide: bool) -> str:
    """Put a table that can be too large into a frame that scrolls, also with the keyboard."""
    if not (long or wide):
        return table
    height = "max-height:32em;" if long else ""
    return (
        f'<div role="group" tabindex="0" aria-label="{escape(caption)}" '
        f'style="overflow:auto;max-width:100%;{height}{PAPERED}">{table}</div>'
    )


def badge(look: Look) -> str:
    """Write a look, such as a verdict, as a coloured word with its symbol."""
    return (
        f'<strong style="background:{look.area};color:{look.colour};border:1px solid {look.colour};'
        f'border-radius:6px;padding:0.15em 0.6em">{escape(as_words(look))}</strong>'
    )


def _row(row: Sequence[object], head: int | None) -> str:
    return "".join(_cell(cell, is_head=place == head) for place, cell in enumerate(row))


def _cell(cell: object, *, is_head: bool = False) -> str:
    if isinstance(cell, Look):
        style = f"{CELL};background:{cell.area};color:{cell.colour};white-space:nowrap"
        symbol = f"{escape(cell.symbol)}&nbsp;" if cell.symbol else ""
        return f'<td style="{style}">{symbol}{escape(cell.word)}</td>'
    if isinstance(cell, Link):
        return f'<td style="{CELL}">{cell.html()}</td>'
    text = as_words(cell)
    style = CELL
    if is_number(cell):
        style += ";text-align:right"
    if isinstance(cell, datetime):
        style += ";white-space:nowrap"
    elif any(len(word) > LONG_WORD for word in text.split()):
        style += ";overflow-wrap:anywhere;min-width:12em"
    if "\n" in text:
        style += ";white-space:pre-wrap"
    if is_head:
        return f'<th scope="row" style="{style};font-weight:normal">{escape(text)}</th>'
    return f'<td style="{style}">{escape(text)}</td>'

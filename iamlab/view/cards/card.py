"""The card of a value, and the shared parts of cards; all text is escaped."""

from __future__ import annotations

from html import escape
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.display import OfKind, Shown
from iamlab.engine.labels import labels
from iamlab.engine.refused_statements import loud, quiet
from iamlab.view import html
from iamlab.view.style import HAIRLINE, INK, PAPER, bad, look, silent
from iamlab.view.tabular import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.engine.decision import Decision

FEW = 30
"""The largest number of rows of a table, or lines of a list, in a card; the others are counted."""
BOX = (
    f"background:{PAPER};color:{INK};border:1px solid {HAIRLINE};border-radius:8px;"
    "padding:0.7em 1em;margin:0.4em 0;max-width:min(60em, 100%);box-sizing:border-box;"
    "display:inline-block;overflow-wrap:anywhere"
)
CODE = f"font-family:monospace;white-space:pre-wrap;margin:0.3em 0;{html.PAPERED}"
"""The style of policies and ARNs."""


def card(value: object) -> str:
    """Return a value as HTML."""
    if isinstance(value, Shown):
        return boxed(inner(value))
    return f'<pre style="{CODE}">{escape(repr(value))}</pre>'


@OfKind
def inner(value: object) -> str:
    """Return the content of a value's card: the first rows of its table."""
    return table_of(value).first(FEW).html()


def boxed(inside: str) -> str:
    """Put HTML into a box with a light background."""
    return f'<div class="{html.AS_TEXT}" style="{BOX}">{inside}</div>'


def badge(decision: Decision) -> str:
    """Return a verdict as a coloured word with its symbol."""
    return html.badge(look(decision.verdict))


def six_labels(decision: Decision) -> str:
    """Return the six questions as a list, with their answers."""
    items = "".join(
        f"<li><strong>{escape(label.question)}</strong><br>{lines(label.answer)}</li>"
        for label in labels(decision)
    )
    return f'<ol style="margin:0.5em 0;padding-left:1.6em">{items}</ol>'


def lines(texts: Iterable[str]) -> str:
    """Write texts below each other."""
    return "<br>".join(map(escape, texts))


def code(text: str) -> str:
    """Write a text as it is, such as a policy or an ARN."""
    return f'<div style="{CODE}">{escape(text)}</div>'


def with_notes(inside: str, texts: Sequence[str]) -> str:
    """Put an answer between what AWS wouldn't save, a void Deny in red, and its assumptions."""
    first = "".join(
        f"<div>{html.badge(bad('void Deny') if line[0] == '✕' else silent('not saved'))} "
        f"{escape(line[2:])}</div>"
        for line in loud(texts)
    )
    notes = quiet(texts)
    return f"{first}{inside}{f'<div><em>Assumed:</em> {lines(notes)}</div>' if notes else ''}"


def items(texts: Sequence[str]) -> str:
    """Write the first texts as a list, and the number of the others."""
    shown = "".join(f"<li>{escape(text)}</li>" for text in islice(texts, FEW))
    more = f"<li>and {len(texts) - FEW} more</li>" if len(texts) > FEW else ""
    return f"<ul>{shown}{more}</ul>" if texts else ""

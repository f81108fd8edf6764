"""CSV for spreadsheets and JSON for programs, both with the key."""

from __future__ import annotations

import csv as rows
import json as values
from io import StringIO
from typing import TYPE_CHECKING

from iamlab.exam.items import LETTERS
from iamlab.exam.templates import VERSION

if TYPE_CHECKING:
    from iamlab.exam.exports.entries import Entry

FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
"""How a formula begins in a spreadsheet; the second four are the wide forms."""
TAGS = ("kind", "level", "lesson", "template", "seed", "point")


def cell(text: str) -> str:
    """Return a cell that a spreadsheet takes as text.

    Examples
    --------
    >>> cell("=1+1")
    "'=1+1"
    """
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def csv(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write a row for each question. Excel knows from the first bytes that it is UTF-8."""
    letters = LETTERS[: max(len(entry.options) for entry in entries)]
    columns = ["title", "number", "id", "form", "question", "facts", "prompts", *letters, "key"]
    columns += [*(f"why {own}" for own in letters), "rationale", *TAGS]
    stream = StringIO(newline="")
    writer = rows.DictWriter(stream, columns)
    writer.writeheader()
    for entry in entries:
        item = entry.item
        row = {"title": title, "number": str(entry.number), "id": entry.name, "form": item.form}
        row |= {own: "\n".join(getattr(item, own)) for own in ("facts", "prompts", "rationale")}
        row |= {"question": item.question, **dict(entry.options), "key": entry.key}
        for place, (letter, _) in enumerate(entry.options):
            row[f"why {letter}"] = "\n".join(entry.reasons(place))
        row |= {own: item.tags[own] for own in TAGS if own in item.tags}
        writer.writerow({name: cell(text) for name, text in row.items()})
    return {"": stream.getvalue().encode("utf-8-sig")}


def json(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write all values, with the reasons of each option."""
    questions = []
    for entry in entries:
        reasons = [entry.reasons(place) for place in range(len(entry.options))]
        own = {"number": entry.number, "id": entry.name, **entry.item.to_dict()}
        questions.append({**own, "letters": entry.key, "reasons": reasons})
    found = {"title": title, "version": VERSION, "questions": questions}
    return {"": f"{values.dumps(found, ensure_ascii=False, indent=1)}\n".encode()}

"""A deck for Anki: a card for each question, with its key and the reasons on the back.

Notes keep their ids, so a deck that is imported again updates its cards and keeps what Anki knows
about them. Anki updates a card if the file was made on a later day than the one before.
"""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from iamlab.exam.exports.entries import FRONT, html, zipped

if TYPE_CHECKING:
    from iamlab.exam.exports.entries import Entry

FIELDS = ("Question", "Options", "Key", "Reasons", "Rationale", "Source")
_ASKED = "{{Question}}<hr>{{Options}}"
_SOLVED = "{{FrontSide}}<hr id=answer>{{Key}}{{Reasons}}{{Rationale}}<small>{{Source}}</small>"
_CSS = ".card {font-family: sans-serif; text-align: left} pre {white-space: pre-wrap}"


def _number(text: str) -> int:
    """Return an id as Anki has them: a number between 2³⁰ and 2³¹."""
    return (1 << 30) + int(sha256(f"iamlab {text}".encode()).hexdigest(), 16) % (1 << 30)


def _day() -> float:
    """Return when today began, in UTC: the same day makes the same file."""
    return datetime.combine(datetime.now(UTC), datetime.min.time(), UTC).timestamp()


def deck(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write a deck that is named after the title."""
    import genanki

    fields = [{"name": own} for own in FIELDS]
    card = {"name": "Card 1", "qfmt": _ASKED, "afmt": _SOLVED}
    model = genanki.Model(_number("question 1"), FRONT, fields, [card], _CSS)
    made = genanki.Deck(_number(f"deck {title}"), f"{FRONT}::{title.replace('::', ':')}")
    for entry in entries:
        tags = [own.replace(" ", "_") for own in entry.labels]
        guid = genanki.guid_for(entry.digest)
        made.add_note(genanki.Note(model, _fields(entry), entry.title, tags, guid))
    day = _day()
    with closing(sqlite3.connect(":memory:")) as database:
        ids = itertools.count(int(day * 1000))
        genanki.Package(made).write_to_db(database.cursor(), day, ids)
        database.commit()
        return {"": zipped({"collection.anki2": database.serialize(), "media": b"{}"})}


def _fields(entry: Entry) -> list[str]:
    """Return the fields of a note as HTML, without brackets: ``[sound:`` would play a file."""
    item = entry.item
    prompts = [f"{number}. {own}" for number, own in enumerate(item.prompts, 1)]
    options = (html(f"{letter})", text) for letter, text in entry.options)
    reasons = (f"{letter}: {text}" for _, letter, text in entry.explained)
    made = [html(*entry.stem, *prompts), "".join(options), f"<p><b>{entry.key}</b></p>"]
    made += [html(*reasons), html(*item.rationale), html(entry.name)]
    return [own.replace("[", "&#91;") for own in made]

"""Moodle XML and GIFT.

A question with several right options is marked as strictly as Moodle can: a wrong option takes all
points away. Only the question type ``ordering`` has a mark of all or nothing.

Moodle pages: "Moodle XML format", "GIFT format", "Ordering question type".
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from lxml import etree
from lxml.builder import E

from iamlab.exam.exports.entries import FRONT, html
from iamlab.exam.items import CHOICE, MATCH, ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.exam.exports.entries import Entry

_MARKED = {"layouttype": "VERTICAL", "selecttype": "ALL", "gradingtype": "ALL_OR_NOTHING"}
_ORDERING = {**_MARKED, "showgrading": "SHOW", "numberingstyle": "none"}
_FEEDBACK = {"correct": "Right.", "partiallycorrect": "Partly right.", "incorrect": "Wrong."}
_SPECIAL = re.compile(r"([~=#:])")
_ENTITIES = {ord(own): f"&#{ord(own)};" for own in "{}\\"}


def _category(title: str) -> str:
    """Return a place in Moodle's bank of questions; a slash would begin another level."""
    return f"$course$/top/{FRONT}: {title.replace('/', '//')}"


def _points(entry: Entry, place: int) -> str:
    """Return the percentage of the points that an option gives, as Moodle writes it."""
    if place in entry.item.key:
        return f"{100 / len(entry.item.key):.7g}"
    return "0" if entry.item.form == CHOICE else "-100"


def _lines(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield each line of a match with its choice as HTML, and the choices that fit nothing."""
    choices = [escape(own, quote=False) for own in entry.choices]
    used = {place for _, place in entry.lines}
    yield from ((html(text), choices[place]) for text, place in entry.lines)
    yield from (("", own) for place, own in enumerate(choices) if place not in used)


def xml(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write Moodle XML: a category with the title, and the questions in it."""
    head = E.question(E.category(E.text(_category(title))), type="category")
    quiz = E.quiz(head, *map(_question, entries))
    etree.indent(quiz)
    return {"": etree.tostring(quiz, encoding="utf-8", xml_declaration=True)}


def _rich(tag: str, text: str, *parts: Any, **attributes: str) -> Any:
    """Return an element whose text is HTML."""
    return E(tag, E.text(text), *parts, format="html", **attributes)


def _question(entry: Entry) -> Any:
    item = entry.item
    return E.question(
        E.name(E.text(entry.title[:255])),
        _rich("questiontext", html(*(entry.stem if item.form == ORDER else entry.whole_stem))),
        _rich("generalfeedback", html(*item.rationale)),
        *(E.defaultgrade("1"), E.penalty("0.3333333"), E.hidden("0"), E.idnumber(entry.digest)),
        *_form(entry),
        E.tags(*(E.tag(E.text(label)) for label in entry.labels)),
        type={MATCH: "matching", ORDER: "ordering"}.get(item.form, "multichoice"),
    )


def _form(entry: Entry) -> Iterator[Any]:
    """Yield what a type of question has of its own."""
    item, texts = entry.item, [html(own.text) for own in entry.item.options]
    if item.form == ORDER:
        yield from (E(tag, text) for tag, text in _ORDERING.items())
        yield E.selectcount(str(len(texts)))
    else:
        yield E.shuffleanswers("true")
    yield from (_rich(f"{what}feedback", html(text)) for what, text in _FEEDBACK.items())
    if entry.asks_lines:
        yield E.shownumcorrect()
    if item.form == ORDER:
        for number, place in enumerate(item.key, 1):
            yield _rich("answer", texts[place], fraction=str(number))
    elif item.form == MATCH:
        for text, choice in _lines(entry):
            yield _rich("subquestion", text, E.answer(E.text(choice)))
    else:
        yield from (E.single(str(item.form == CHOICE).lower()), E.answernumbering("ABCD"))
        for place, text in enumerate(texts):
            why = _rich("feedback", html(*entry.reasons(place)))
            yield _rich("answer", text, why, fraction=_points(entry, place))


def gift(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write GIFT: a line for each part of a question, and an empty line behind it."""
    lines = [f"// {FRONT}: {title}", f"$CATEGORY: {_category(title)}", ""]
    for entry in entries:
        lines.append(f"::{_escaped(entry.title)}::[html]{_escaped(html(*entry.whole_stem))} {{")
        if entry.asks_lines:
            lines += [f"={_escaped(text)} -> {_escaped(choice)}" for text, choice in _lines(entry)]
        else:
            lines += [_option(entry, place) for place in range(len(entry.options))]
        lines += [f"####{_escaped(html(*entry.item.rationale))}", "}", ""]
    return {"": "\n".join(lines).encode()}


def _option(entry: Entry, place: int) -> str:
    points = _points(entry, place)
    sign = {"100": "=", "0": "~"}.get(points, f"~%{points}%")
    why = html(*entry.reasons(place))
    return sign + _escaped(html(entry.options[place][1])) + (why and f"#{_escaped(why)}")


def _escaped(text: str) -> str:
    """Put a backslash before each sign of GIFT, in HTML; some readers need entities for braces."""
    return _SPECIAL.sub(r"\\\1", text.translate(_ENTITIES))

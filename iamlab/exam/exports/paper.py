"""A paper without answers, and its key as a second file: as HTML and as PDF."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from iamlab.exam.exports.entries import FRONT, html, is_document
from iamlab.exam.item_html import html_page
from iamlab.exam.items import MATCH
from iamlab.exam.templates import VERSION
from iamlab.policy.describe.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fpdf import FPDF

    from iamlab.exam.exports.entries import Entry

    Line = tuple[str, str]

TITLE, NOTE, HEADING, TEXT, OPTION = "title", "note", "heading", "text", "option"
"""The styles of lines. An option begins with its letter and a line break."""
_FONTS = (("sans", "", "Sans"), ("sans", "B", "Sans-Bold"), ("fixed", "", "SansMono"))
"""DejaVu, with ✓ and ✕: what it is called, its style and its file."""
_PAGES = "{iamlab:pages}"
"""What is replaced by the number of pages."""
_MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""The same questions make the same file, so it doesn't have the time."""
_SIZES, _SIZE, _FIXED_SIZE = {TITLE: 16.0, HEADING: 12.0, NOTE: 9.0}, 10.5, 8.5
"""In points; all other lengths are in millimetres."""
_MARGIN, _INDENT, _SPACE, _HEAD = 18.0, 10.0, 1.5, 40.0


def _pages(entries: list[Entry], title: str) -> dict[str, list[Line]]:
    """Return the lines of the key and of the paper, by what is added to the file's name."""
    seeds = [*dict.fromkeys(own.item.tags["seed"] for own in entries if "seed" in own.item.tags)]
    source = f", seed {joined(seeds)}" if 0 < len(seeds) <= 5 else ""  # the key has all
    note = (NOTE, f"{FRONT}{source}, version {VERSION}. Questions: {len(entries)}.")
    key = [(TITLE, f"Key: {title}"), note, *(line for own in entries for line in _solved(own))]
    paper = [(TITLE, title), note]
    for own in entries:
        paper += [(HEADING, f"Question {own.number}"), *question_lines(own)]
        paper.append((NOTE, f"Your answer ({own.item.wanted}): ____________"))
    return {"-key": key, "": paper}


def question_lines(entry: Entry) -> Iterator[Line]:
    """Yield the lines of a question, without its heading."""
    yield from ((TEXT, own) for own in entry.stem)
    yield from ((TEXT, f"{number}. {own}") for number, own in enumerate(entry.item.prompts, 1))
    yield from ((OPTION, f"{letter})\n{text}") for letter, text in entry.options)


def _solved(entry: Entry) -> Iterator[Line]:
    item = entry.item
    yield HEADING, f"Question {entry.number}: {entry.key}"
    if item.form == MATCH:
        yield from ((TEXT, f"{own} → {item.options[place].text}") for own, place in entry.lines)
    else:
        yield from ((OPTION, "\n".join(entry.options[place])) for place in item.key)
    yield from ((TEXT, own) for own in item.rationale)
    for place, letter, reasons in entry.explained:
        yield OPTION, f"{'✓' if place in item.key else '✕'} {letter}\n{reasons}"
    yield NOTE, f"Question: {entry.name}"


def as_html(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write the paper and the key as HTML, which a browser can print."""
    return {
        more: html_page(lines[0][1], f"<section>{''.join(map(_tags, lines))}</section>").encode()
        for more, lines in _pages(entries, title).items()
    }


def _tags(line: Line) -> str:
    """Return a line as HTML."""
    style, text = line
    letter, _, rest = text.partition("\n")
    return {
        TITLE: f"<h1>{escape(text)}</h1>",
        HEADING: f"</section><section>\n<h2>{escape(text)}</h2>",
        NOTE: f'<p class="note">{escape(text)}</p>',
        TEXT: html(text),
        OPTION: f'<div class="option"><p><b>{escape(letter)}</b></p><div>{html(rest)}</div></div>',
    }[style]


def as_pdf(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write the paper and the key as PDF, with text that can be selected."""
    return {more: drawn(lines, title) for more, lines in _pages(entries, title).items()}


def _empty(title: str) -> FPDF:
    """Return an empty document, with title and page number on each page."""
    import matplotlib as mpl
    from fpdf import FPDF

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_xy(_MARGIN, -_MARGIN + 4)
            self.set_font("sans", size=8)
            text = _shown(self, f"{FRONT}: {title[:80]}. Page {self.page_no()} of ")
            self.cell(0, 5, text + _PAGES)

    made = Paper(format="A4")
    made.set_creation_date(_MADE)
    made.set_title(title)
    made.set_lang("en")
    made.set_margin(_MARGIN)
    made.set_auto_page_break(auto=True, margin=_MARGIN)
    made.alias_nb_pages(_PAGES)
    folder = Path(mpl.get_data_path(), "fonts", "ttf")
    for family, style, file in _FONTS:
        made.add_font(family, style, folder / f"DejaVu{file}.ttf")
    return made


def drawn(lines: list[Line], title: str) -> bytes:
    """Draw lines as a PDF; a question that isn't long isn't split by the end of a page."""
    made, probe = _empty(title), _empty(title)
    made.add_page()
    starts = [place for place, (style, _) in enumerate(lines) if style == HEADING]
    for start, end in pairwise((0, *starts, len(lines))):
        probe.add_page()
        number = probe.page
        _draw(probe, lines[start:end])
        height = probe.y - _MARGIN if probe.page == number else probe.eph
        if made.will_page_break(_HEAD if height > probe.eph / 2 else height):
            made.add_page()
        _draw(made, lines[start:end])
    content = bytes(made.output())
    fonts: list[Any] = [*made.fonts.values(), *probe.fonts.values()]
    for font in fonts:
        font.ttfont.close()  # fpdf2 leaves the files open
    return content


def _draw(made: FPDF, lines: list[Line]) -> None:
    for style, text in lines:
        letter, _, rest = text.partition("\n") if style == OPTION else ("", "", text)
        made.ln(4 if style == HEADING else 0)
        if letter:
            made.set_font("sans", "B", _SIZE)
            made.cell(_INDENT, _SIZE / 2, _shown(made, letter))
            made.set_left_margin(_MARGIN + _INDENT)
        for line in rest.split("\n"):
            _write(made, style, line)
        made.set_left_margin(_MARGIN)
        made.ln(_SPACE)


def _write(made: FPDF, style: str, line: str) -> None:
    """Write a line, which continues on the next one if it is long."""
    below: dict[str, Any] = {"new_x": "LMARGIN", "new_y": "NEXT", "align": "L"}
    if not is_document(line):
        size = _SIZES.get(style, _SIZE)
        made.set_font("sans", "B" if style in (TITLE, HEADING) else "", size)
        made.multi_cell(0, size / 2, _shown(made, line), **below)
        return
    made.set_font("fixed", "", _FIXED_SIZE)
    most = int(made.epw / made.get_string_width("x"))
    inside = " " * (len(line) - len(line.lstrip()) + 4)
    for part in wrap(_shown(made, line), most, subsequent_indent=inside, break_on_hyphens=False):
        made.cell(0, _FIXED_SIZE / 2, part, **below)


def _shown(made: FPDF, text: str) -> str:
    """Replace characters that the font doesn't have."""
    known = getattr(made.current_font, "cmap", {})
    return "".join(own if ord(own) in known else "\ufffd" for own in text)

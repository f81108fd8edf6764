"""Peer instruction: everybody votes, discusses, and votes again; then the votes are compared.

The question has four options. The engine makes it, or it is one of the knowledge bank. Nothing
shows its key before the second vote, and no name of a voter is kept. ``polls.toml`` has the texts,
and ``polls.html`` is the page for the projector.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.classroom.editions import check_new
from iamlab.classroom.screen_items import item_about
from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.exam.item_html import marked_up
from iamlab.exam.items import LETTERS
from iamlab.model.strict_json import replace_file
from iamlab.policy.describe.words import joined
from iamlab.tables import tables
from iamlab.view.words import listed, shorten
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.exam.items import Item

    Votes = tuple[int, ...]

_TEXTS = tables(__file__)
STEPS, LABEL, UNCLEAR = _TEXTS["steps"], _TEXTS["label"], _TEXTS["unclear"]
FIELDS = {0: "first", 2: "second"}
"""The steps with a vote."""
COMPARED, WHY = 3, 4
"""The steps that show which option is right."""
MOST_BYTES, NAMED = 1_000_000, 5
"""The size of a file with votes, and how many of its bad rows are named."""
_PAIR = r"\s*([{}])\s*[:=]?\s*(\d{{1,6}})(?:\s*[,;]|\s+|$)"
_CELL = re.compile(r"^(?:option )?([a-z])(?:[).:].*)?$")


@dataclass(frozen=True, slots=True)
class Shown:
    """The step of a poll, and both votes as they are typed."""

    step: int = 0
    first: str = ""
    second: str = ""


class Poll(Instrument[Shown]):
    """A question to vote on, two votes, their comparison, and why.

    At the end of a notebook cell it is a card. Its controls are ``first`` and ``second``, the votes
    as ``vote`` takes them. Its buttons are ``next`` and ``back``.

    Parameters
    ----------
    name, seed
        What it is about, and which question it is: they make it again.

    Examples
    --------
    >>> print(poll("8.3", seed=1).vote("A 12, B 3"))
    First vote: 15 votes. A 12 (80 %), B 3 (20 %), C 0 (0 %), D 0 (0 %).
    """

    def __init__(self, name: str, seed: int, item: Item) -> None:
        self.name, self.seed, self.item = name, seed, item
        self.title, self.letters = f"Poll {name}, number {seed}", LETTERS[: len(item.options)]
        texts = (" ".join(own.text.lower().split()) for own in item.options)
        self._known = {own.lower(): own for own in self.letters}
        self._known |= zip(texts, self.letters, strict=True)
        super().__init__(Shown())

    @property
    def votes(self) -> tuple[Votes, Votes]:
        """How many votes each option has, in the first and in the second vote."""
        return self._read(self.state.first), self._read(self.state.second)

    def vote(self, votes: str) -> str:
        """Count the first vote, or after it the second one, and go to the next step.

        Parameters
        ----------
        votes
            ``"A 12, B 3"``.

        Raises
        ------
        ExerciseError
            The votes aren't clear, or both votes are there already.
        """
        if self.state.step >= COMPARED:
            raise ExerciseError('Both votes are there. press("back") goes back to the second one.')
        step, name = (1, "first") if self.state.step == 0 else (COMPARED, "second")
        counted = self._counted(self._read(votes))
        self.from_json(json.dumps({"step": step, name: votes}))
        return f"{name.capitalize()} vote: {counted}"

    def read_votes(self, file: str | Path) -> str:
        """Count the votes of a CSV file, one in each row, as ``vote`` does.

        Moodle, Canvas, forms and spreadsheets write such files. A vote is a letter, ``"B) No"``, or
        the text of an option. Nothing in the file is executed, and no other column is kept.

        Raises
        ------
        ExerciseError
            It can't be read as votes; the message says why.
        """
        rows = _rows(Path(file))
        columns = zip_longest(*rows.values(), fillvalue="")
        every = [own for own in columns if any(map(self._letter, own))]
        groups = ([own for own in every if word in own[0].lower()] for word in _TEXTS["headings"])
        best = next(filter(None, groups), [])
        if len(best) != 1:
            raise ExerciseError(
                f"{file} has {'two columns' if best else 'no column'} with votes: "
                f"{', '.join(self.letters)}. Write 'vote' above the column with the votes."
            )
        letters = [*map(self._letter, best[0])]
        text = self.vote(", ".join(f"{own} {letters.count(own)}" for own in self.letters))
        cells = zip(rows, best[0], letters, strict=True)
        bad = [f"row {number} {cell!r}" for number, cell, letter in cells if not letter]
        bad = bad[not letters[0] :]  # without the heading, if there is one
        rows_without = f"{count(len(bad), 'row')} without a vote: {listed(bad, NAMED)}."
        return f"{text} {rows_without}" if bad else text

    def _letter(self, cell: str) -> str:
        """Return the letter that a cell means; empty if it isn't a vote."""
        text = " ".join(cell.split()).lower()
        return self._known.get(text) or self._known.get(_CELL.sub(r"\1", text), "")

    def _read(self, votes: str) -> Votes:
        counts = dict.fromkeys(self.letters, 0)
        pair = re.compile(_PAIR.format(self.letters), re.ASCII | re.IGNORECASE)
        for letter, number in pair.findall(votes):
            counts[letter.upper()] += int(number)
        if left := pair.sub("", votes).strip():
            raise ExerciseError(f"{shorten(left, 30)!r} {UNCLEAR}")
        return tuple(counts.values())

    def _counted(self, votes: Votes) -> str:
        pairs = zip(self.letters, votes, strict=True)
        texts = [f"{letter} {number} ({_share(number, votes)} %)" for letter, number in pairs]
        return f"{count(sum(votes), 'vote')}. {', '.join(texts)}."

    # -- what it shows ---------------------------------------------------------------------------

    def change(self, name: str, value: Any) -> Shown:
        """Take votes as they are typed, or go to another step if they are clear."""
        if name in FIELDS.values():
            return replace(self.state, **{name: str(value)})  # type: ignore[arg-type]
        if name not in ("next", "back") or not self.votes:
            raise self.no_control(name)
        step = self.state.step + (1 if name == "next" else -1)
        return replace(self.state, step=min(max(step, 0), WHY))

    def parts(self) -> dict[str, str]:
        """Return the card of the present step."""
        step, name = self.state.step, FIELDS.get(self.state.step, "")
        inside = {COMPARED: self._comparison, WHY: self._why}.get(step, self._question)()
        field = html.text_field(name, LABEL, getattr(self.state, name)) if name else ""
        back, go = html.button("back", "Back"), html.button("next", "Next", main=True)
        return {
            "head": html.heading(self.title, STEPS[step]),
            f"step {step}": f'<div style="font-size: 24px">{inside}</div>',
            f"buttons {step}": html.row(field, back * (step > 0), go * (step < WHY)),
            "result": html.paragraph(self.note.removeprefix(f"{ExerciseError.__name__}: ")),
        }

    def _question(self) -> str:
        body, options = marked_up(self.item.question), ""
        for title, *lines in (fact.split("\n") for fact in self.item.facts):
            rows = "".join(f"<li>{escape(line)}</li>" for line in lines)
            body += f'<div class="fact"><p><b>{escape(title)}</b></p><ul>{rows}</ul></div>'
        for letter, own in zip(self.letters, self.item.options, strict=True):
            options += f"<li><b>{letter}</b>{marked_up(own.text, 'span')}</li>"
        return f'{body}<ol class="options">{options}</ol>'

    def _comparison(self) -> str:
        """Write how many votes each option has, in both votes side by side, with bars."""
        rows = []
        for place, own in enumerate(self.item.options):
            is_right, cells = place in self.item.key, []
            for number, votes in enumerate(self.votes):
                share, colour = _share(votes[place], votes), "#0072b2" if is_right else "#737980"
                bar = f"display: block; height: 1em; width: {share / 20}em; background: {colour}"
                text = f'<span class="count">{votes[place]} ({share} %)</span>'
                cells.append(f'<span class="bar vote{number}" style="{bar}"></span>{text}')
            mark = " <strong>✓ right answer</strong>" * is_right
            name = f"<b>{self.letters[place]}</b> {escape(own.text)}{mark}"
            rows.append((name, *cells))
        return html.table("Votes", ("Option", "First vote", "Second vote"), rows)

    def _why(self) -> str:
        every = "".join(map(marked_up, self.item.rationale))
        return "".join(map(marked_up, self._reasons())) + html.fold("All reasons", every)

    def _reasons(self) -> Iterator[str]:
        """Yield why the right option is right, and which belief each wrong option fits."""
        item = self.item
        lines = [own for own in item.rationale if not own.startswith(("User: ", "AWS page: "))]
        yield f"✓ {item.named(item.key[0])}"
        yield (lines or item.rationale)[-1]
        wrong = dict[str, list[str]]()
        for place in sorted({*range(len(item.options))} - {*item.key}):
            fits = item.fitting((place,))[:1]
            own = [f"Who chooses it answers as if {found.claim}. {found.truth}" for found in fits]
            text = " ".join(filter(None, (item.options[place].why, *own)))
            wrong.setdefault(text or "It fits no known wrong belief.", []).append(LETTERS[place])
        yield from (f"✕ {joined(letters)}: {text}" for text, letters in wrong.items())

    def __repr__(self) -> str:
        lines, step = [self.title, STEPS[self.state.step]], self.state.step
        if step < COMPARED:
            return "\n".join([*lines, *self.item.lines()])
        first, second = map(self._counted, self.votes)
        reasons = [*self._reasons()][: None if step == WHY else 1]
        return "\n".join([*lines, f"First vote: {first}", f"Second vote: {second}", *reasons])

    def save(self, file: str | Path = ".", *, force: bool = False) -> Path:
        """Write the page for the projector, one HTML file that needs no network, and return it.

        The arrow keys go from step to step. The file has the key, so don't give it away.

        Parameters
        ----------
        file
            Its name, which ends with ``.html``, or a folder.
        force
            Whether to overwrite a file that is there.

        Raises
        ------
        RequestError
            The file exists.
        """
        path, name = Path(file), re.sub(r"[^a-z0-9.]+", "-", self.name.lower())
        if path.suffix != ".html":
            path /= f"poll-{name}-{self.seed}.html"
        check_new(path, force=force)
        texts = {**asdict(self.state), "title": self.title, "step": STEPS[0], "label": LABEL}
        texts |= {"texts": json.dumps({**_TEXTS, "letters": self.letters})}
        parts = {name: escape(text) for name, text in texts.items()}
        parts |= {"question": self._question(), "votes": self._comparison(), "why": self._why()}
        page = Path(__file__).with_suffix(".html").read_text("utf-8")
        page = re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], page)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [page], private=True)
        return path


def poll(name: str, *, seed: int | None = None) -> Poll:
    """Make a question to vote on in class.

    Parameters
    ----------
    name
        What it is about: an exercise (the wrong beliefs that it shows, or else its lesson), a
        lesson, a wrong belief, a topic, or a template of exams: ``"8.3"``, ``"12"``, ``"M12"``.
    seed
        Another seed makes another question. Default: the day, so tomorrow it is another one.

    Raises
    ------
    ExerciseError
        There is no such subject, or it has no question that fits on a screen.

    Examples
    --------
    >>> poll("12", seed=3).title
    'Poll 12, number 3'
    """
    seed = datetime.now(UTC).astimezone().toordinal() if seed is None else seed
    subject, item = item_about(name, seed)
    return Poll(subject, seed, item)


def _share(number: int, votes: Votes) -> int:
    return int(100 * number / max(1, sum(votes)) + 0.5)  # as the page does, halves up


def _rows(file: Path) -> dict[int, list[str]]:
    """Read a CSV file: its rows that aren't empty, by their numbers in a spreadsheet."""
    if not file.is_file():
        raise ExerciseError(f"There is no file {file}.")
    if file.stat().st_size > MOST_BYTES:
        raise ExerciseError(f"{file} is larger than 1 MB. Keep only the column with the votes.")
    data = file.read_bytes()
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if is_wide else "utf-8-sig", "replace")
    between = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    try:
        rows = {number: row for number, row in enumerate(reader, 1) if any(map(str.strip, row))}
    except csv.Error as error:
        raise ExerciseError(f"{file}, line {reader.line_num}: it isn't CSV: {error}.") from None
    if not rows or "\0" in text:
        raise ExerciseError(f"{file} isn't a CSV file with votes. Save the sheet as CSV.")
    return rows

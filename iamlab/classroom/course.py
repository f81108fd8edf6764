"""A teacher's course: a folder with its key, its lessons with dates and weights, and its roster.

The key makes the hidden seeds. Who has it can compute them, so it stays with the teacher.
"""

from __future__ import annotations

import csv
import hmac
import os
import re
import secrets
import tomllib
import unicodedata
import warnings
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, NamedTuple

import iamlab
from iamlab.errors import LoadError
from iamlab.model.strict_json import replace_file
from iamlab.tables import tables
from iamlab.teach.lesson import own_lessons
from iamlab.teach.source_lines import lines_of_keys

KEY, ABOUT, ROSTER = "course.key", "course.toml", "roster.csv"
BYTES, HIDDEN, HEAVIEST = 32, 3, 10_000
"""The size of a key, the number of hidden worlds of an exercise, the largest weight of a lesson."""
_TABLES = tables(__file__)
_WRONG: dict[str, str] = _TABLES["wrong"]
_KINDS = {"title": str, "lessons": list, "due": dict, "weights": dict, "late": object}


class Student(NamedTuple):
    """One student, a row of the roster.

    Parameters
    ----------
    id
        What ``IAMLAB_STUDENT`` or ``JUPYTERHUB_USER`` is on the student's computer.
    moodle_id
        The participant's number in names of Moodle's folders, or several with blanks between them.
    sis_id
        The number that the institution uses: "SIS User ID" in Canvas, "ID number" in Moodle.
    """

    id: str
    name: str = ""
    email: str = ""
    canvas_id: str = ""
    moodle_id: str = ""
    sis_id: str = ""
    section: str = ""


@dataclass(frozen=True)
class Course:
    """A course as its folder describes it.

    Parameters
    ----------
    key
        32 random bytes.
    lessons
        The numbers of the lessons that count.
    due
        For each lesson the last moment that isn't late; ``None``: there is no date.
    weights
        For each lesson the points that it has in the gradebooks.
    roster
        The students, by their id in lower case.
    late
        The part of a point that a right answer after the date has, such as 0.5.
    """

    folder: Path
    title: str
    key: bytes = field(repr=False)
    lessons: list[str]
    due: dict[str, datetime | None]
    weights: dict[str, float]
    roster: dict[str, Student] = field(default_factory=dict)
    late: float = 0.0

    def hidden_seeds(self, number: str) -> tuple[int, ...]:
        """Return the seeds of an exercise's hidden worlds, the same for all; none without a key."""
        texts = (f"{number}:{iamlab.__version__}:{n}".encode() for n in range(HIDDEN))
        made = (hmac.digest(self.key, text, "sha256")[:8] for text in texts)
        return tuple(-1 - int.from_bytes(own) for own in made) if self.key else ()

    @property
    def known(self) -> dict[str, str]:
        """The student's id for each name by which a platform can call a student."""
        found: dict[str, set[str]] = {}
        for own, student in self.roster.items():
            first, _, last = student.name.rpartition(" ")
            for name in (*student[:-1], f"{last}{first}", *student.moodle_id.split()):
                found.setdefault(plain(name), set()).add(own)
        return {name: min(own) for name, own in found.items() if name and len(own) == 1}


def plain(text: str) -> str:
    """Return a name as it is compared: without accents and blanks, in lower case.

    Examples
    --------
    >>> plain("María  López")
    'marialopez'
    """
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in parts if not unicodedata.combining(c) and not c.isspace())


def new_course(folder: Path) -> list[Path]:
    """Make a course's folder, and return its files.

    Raises
    ------
    LoadError
        One of the files exists. Then nothing is written.
    """
    texts = {KEY: f"{secrets.token_hex(BYTES)}\n", **_TABLES["new"]}
    if there := [name for name in texts if (folder / name).exists()]:
        raise LoadError(f"{folder} has {', '.join(there)} already. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        replace_file(folder / name, [text], private=True)
    return [folder / name for name in texts]


def read_course(folder: str | Path) -> Course:
    """Read a course's folder.

    Raises
    ------
    LoadError
        A file is missing or wrong. The message has all problems, each with its file and line.
    """
    found = _Reader(Path(folder))
    key, about, roster = found.key(), found.about(), found.roster()
    if found.problems:
        raise LoadError("\n".join(dict.fromkeys(found.problems)))
    return Course(found.folder, key=key, roster=roster, **about)


class _Reader:
    """Reads the files of a course, and collects their problems."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.problems = folder, list[str]()

    def wrong(self, file: str, line: int, what: str, name: object) -> None:
        self.problems.append(f"{self.folder / file}, line {line}: {_WRONG[what].format(name)}")

    def text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", "it isn't UTF-8")
            raise LoadError(_WRONG["file"].format(self.folder / name, reason)) from None

    def key(self) -> bytes:
        path, text = self.folder / KEY, self.text(KEY).strip()
        if os.name == "posix" and path.stat().st_mode & 0o077:
            warnings.warn(f"Other users can read {path}. Run: chmod 600 {path}", stacklevel=3)
        if re.fullmatch(f"([0-9a-fA-F]{{2}}){{{BYTES},}}", text):
            return bytes.fromhex(text)
        self.wrong(KEY, 1, "key", BYTES)
        return b""

    def about(self) -> dict[str, Any]:
        text, known = self.text(ABOUT), own_lessons()
        try:
            table, lines = tomllib.loads(text), lines_of_keys(text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            self.wrong(ABOUT, int(line[1] if line else 1 + text.count("\n")), "toml", error)
            return {}

        def wrong(what: str, *path: str) -> None:
            place = next((lines[path[:n]][0] for n in (2, 1) if path[:n] in lines), 1)
            self.wrong(ABOUT, place, what, path[-1])

        for key in [own for own in table if not isinstance(table[own], _KINDS.get(own, ()))]:
            wrong(key if key in _KINDS else "name", key)
            del table[key]
        named = [str(own) for own in table.get("lessons", ())]
        for own in dict.fromkeys(own for own in named if own not in known or named.count(own) > 1):
            wrong("twice" if own in known else "lesson", "lessons", own)
        if not named:
            wrong("lessons", "lessons")
        lessons = [own for own in known if own in named]
        found: dict[str, dict[str, Any]] = {"due": dict.fromkeys(lessons)}
        found["weights"] = {own: float(len(known[own].exercises)) for own in lessons}
        for name, read in (("due", _moment), ("weights", _weight)):
            for lesson, value in table.get(name, {}).items():
                if (made := read(value)) is None or lesson not in lessons:
                    wrong(name if lesson in lessons else "unknown", name, lesson)
                found[name][lesson] = made
        if (late := _weight(table.get("late", 0))) is None or late > 1:
            wrong("late", "late")
        return {"title": table.get("title", ""), "lessons": lessons, "late": late, **found}

    def roster(self) -> dict[str, Student]:
        found = dict[str, Student]()
        reader = csv.DictReader(self.text(ROSTER).splitlines(keepends=True))
        if "student" not in (reader.fieldnames or ()):
            self.wrong(ROSTER, 1, "column", "student")
        for row in (own for own in reader if any(own.values())):
            cells = (row.get(name) or "" for name in ("student", *Student._fields[1:]))
            student = Student(*map(str.strip, cells))
            if student.id.lower() in found or not student.id:
                self.wrong(ROSTER, reader.line_num, "student", student.id)
            found[student.id.lower()] = student
        return found


def _moment(value: Any) -> datetime | None:
    """Return the last moment of a date, or a time; without an offset, both are in UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time.max, UTC) if isinstance(value, date) else None


def _weight(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value <= HEAVIEST else None

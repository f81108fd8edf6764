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
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.errors import LoadError
from iamlab.tables import tables
from iamlab.teach.lesson import own_lessons
from iamlab.teach.source_lines import lines_of_keys

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, ABOUT, ROSTER = "course.key", "course.toml", "roster.csv"
BYTES, HIDDEN = 32, 3
"""The size of a key, and the number of hidden worlds for each exercise."""
HEAVIEST = 10_000
"""The largest weight of a lesson."""
COLUMNS = ("student", "name", "email", "canvas_id", "moodle_id", "sis_id", "section")


@dataclass(frozen=True, slots=True)
class Student:
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
    """

    folder: Path
    title: str
    key: bytes = field(repr=False)
    lessons: list[str]
    due: dict[str, datetime | None]
    weights: dict[str, float]
    roster: dict[str, Student] = field(default_factory=dict)

    def hidden_seeds(self, number: str) -> tuple[int, ...]:
        """Return the seeds of the hidden worlds of an exercise, the same for all students."""
        texts = (f"{number}:{iamlab.__version__}:{n}".encode() for n in range(HIDDEN))
        made = (hmac.digest(self.key, text, "sha256")[:8] for text in texts)
        return tuple(-1 - int.from_bytes(own) for own in made)

    @cached_property
    def known(self) -> dict[str, str]:
        """The student's id for each name by which a platform can call a student."""
        found: dict[str, set[str]] = {}
        for own, student in self.roster.items():
            names = own, student.email, student.canvas_id, student.sis_id, student.name
            last, _, first = student.name[::-1].partition(" ")  # Maria Lopez is lopezmaria
            both = f"{last[::-1]}{first[::-1]}"
            for name in filter(None, (*map(plain, (*names, both)), *student.moodle_id.split())):
                found.setdefault(name, set()).add(own)
        return {name: next(iter(owners)) for name, owners in found.items() if len(owners) == 1}


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
    texts: dict[str, str] = tables(__file__)["new"]
    texts = {KEY: f"{secrets.token_hex(BYTES)}\n", **texts, ROSTER: f"{','.join(COLUMNS)}\n"}
    if there := [name for name in texts if (folder / name).exists()]:
        raise LoadError(f"{folder} has {', '.join(there)} already. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        mode = 0o600 if name in (KEY, ROSTER) else 0o644
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(folder / name, flags, mode), "w", encoding="utf-8") as stream:
            stream.write(text)
    return [folder / name for name in texts]


def read_course(folder: str | Path) -> Course:
    """Read a course's folder.

    Raises
    ------
    LoadError
        A file is missing or wrong. The message has all problems, each with its file and line.
    """
    return _Reader(Path(folder)).course()


class _Reader:
    """Reads the files of a course, and collects their problems."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.problems = folder, list[str]()

    def course(self) -> Course:
        key, about, roster = self._key(), self._about(), self._roster()
        if self.problems:
            raise LoadError("\n".join(self.problems))
        return Course(self.folder, key=key, roster=roster, **about)

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", "") or "it isn't UTF-8"
            self.problems.append(
                f"{self.folder / name} can't be read: {reason}. "
                "`iamlab classroom new` makes a course's files."
            )
            return ""

    def _key(self) -> bytes:
        path, key = self.folder / KEY, b""
        if text := self._text(KEY).strip():
            if os.name == "posix" and path.stat().st_mode & 0o077:
                warnings.warn(f"Other users can read {path}. Run: chmod 600 {path}", stacklevel=4)
            try:
                key = bytes.fromhex(text)
            except ValueError:
                self.problems.append(f"{path}, line 1: the key isn't hexadecimal digits.")
            else:
                if len(key) < BYTES:
                    self.problems.append(
                        f"{path}, line 1: the key has {len(key)} bytes, and needs {BYTES}."
                    )
        return key

    def _about(self) -> dict[str, Any]:
        text, path = self._text(ABOUT), self.folder / ABOUT
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            message, _, place = str(error).partition(" (at ")
            line = re.search(r"line (\d+)", place)
            number = int(line[1]) if line else 1 + text.count("\n")
            self.problems.append(f"{path}, line {number}: {message}.")
            return {}
        lines = lines_of_keys(text)

        def check(problem: str, *keys: str) -> None:
            place = next((lines[keys[:n]][0] for n in (2, 1) if keys[:n] in lines), 1)
            self.problems.append(f"{path}, line {place}: {problem}")

        for key in table.keys() - {"title", "lessons", "due", "weights"}:
            check(f"{key!r} has no meaning here.", key)
        known, title = own_lessons(), table.get("title", "")
        if not isinstance(title, str):
            check("the title must be text, in quotes.", "title")
        lessons = table.get("lessons", [])
        if text and (not isinstance(lessons, list) or not lessons):
            check('lessons must be a list, such as ["02", "08"].', "lessons")
            lessons = []
        for place, own in enumerate(lessons):
            if not isinstance(own, str) or own not in known:
                check(f"there is no lesson {own!r}. Write a number such as '08'.", "lessons")
            elif own in lessons[:place]:
                check(f"lesson {own} is in the list twice.", "lessons")
        lessons = [own for own in known if own in lessons]
        weights = {own: float(len(known[own].exercises)) for own in lessons}
        due = self._each(table, "due", dict.fromkeys(lessons), _moment, check)
        weights = self._each(table, "weights", weights, _weight, check)
        return {"title": title, "lessons": lessons, "due": due, "weights": weights}

    def _each(
        self, table: Any, name: str, found: dict[str, Any], read: Any, check: Callable[..., None]
    ) -> dict[str, Any]:
        """Read a table with a value for some of the lessons."""
        own = table.get(name, {})
        if not isinstance(own, dict):
            check(f"{name} must be a table: [{name}]", name)
            return found
        for lesson, value in own.items():
            if lesson not in found:
                check(f"{lesson} isn't one of the course's lessons.", name, lesson)
            elif (made := read(value)) is None:
                check(f"{value!r} {_WANTED[name]}", name, lesson)
            else:
                found[lesson] = made
        return found

    def _roster(self) -> dict[str, Student]:
        path, found = self.folder / ROSTER, dict[str, Student]()
        if not (text := self._text(ROSTER)):
            return found
        reader = csv.DictReader(text.splitlines(), strict=True)
        try:
            if "student" not in (reader.fieldnames or ()):
                self.problems.append(f"{path}, line 1: there is no column 'student'.")
                return found
            for row in reader:
                own = {name: (row.get(name) or "").strip() for name in COLUMNS}
                where, student = f"{path}, line {reader.line_num}", own.pop("student")
                if not student and any(own.values()):
                    self.problems.append(f"{where}: the student's id is missing.")
                elif student.lower() in found:
                    self.problems.append(f"{where}: {student} is in the roster twice.")
                elif student:
                    found[student.lower()] = Student(student, **own)
        except csv.Error as error:
            self.problems.append(f"{path}, line {reader.line_num}: it isn't CSV: {error}.")
        return found


_WANTED = {
    "due": "isn't a date. Write 2026-12-01, or 2026-12-01T18:00:00+01:00.",
    "weights": f"isn't a weight. Write a number from 0 to {HEAVIEST:,}.",
}


def _moment(value: Any) -> datetime | None:
    """Return the last moment of a date, or a time; without an offset, both are in UTC."""
    if not isinstance(value, date):
        return None
    whole = value if isinstance(value, datetime) else datetime.combine(value, time.max)
    return whole if whole.tzinfo else whole.replace(tzinfo=UTC)


def _weight(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= HEAVIEST else None

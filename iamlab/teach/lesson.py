"""A lesson: its file of texts, worlds and exercises.

iamlab's own lessons are in ``iamlab/lessons/``; ``open_lesson`` reads a file of your own. The page
docs/lesson-format.md documents the format. Nothing in a file is executed.
"""

from __future__ import annotations

import hmac
import os
import random
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.errors import ExerciseError, noted
from iamlab.teach.source_lines import (
    FORMAT,
    KeyedError,
    Keys,
    LocatedError,
    at,
    check_table,
    find_named,
    lines_of_keys,
    need,
)
from iamlab.teach.worlds import build, merged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.teach.callers import LessonWorld

FOLDER = Path(iamlab.__file__).parent / "lessons"
DEMO, VARIANTS = 7, 50
"""The seed of the course's texts and figures, and how many other seeds students have."""


def seed_of(student: str) -> int:
    """Return the seed of a student, from 101 to 150, which everybody can compute.

    Examples
    --------
    >>> seed_of("maria"), seed_of("")
    (140, 7)
    """
    found = hmac.digest(b"iamlab practice", student.strip().lower().encode(), "sha256")
    return 101 + int.from_bytes(found[:8]) % VARIANTS if student.strip() else DEMO


STUDENT = os.environ.get("IAMLAB_STUDENT") or os.environ.get("JUPYTERHUB_USER") or ""
SEED = seed_of(STUDENT)
"""Your own seed: the student's, or the course's. Negative seeds are for practising again."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """A lesson's file. What is opened again is another lesson, with exercises of its own.

    Parameters
    ----------
    file
        Its path: ``02_deny_wins.toml``.
    content
        What TOML has read.
    text
        The text of the file.
    """

    file: Path
    content: Mapping[str, Any]
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> Mapping[Keys, tuple[int, ...]]:
        """The line of each key, and the lines of its text."""
        return lines_of_keys(self.text)

    @property
    def number(self) -> str:
        """The beginning of the file's name: ``"02"``."""
        return self.file.stem.partition("_")[0]

    @property
    def key(self) -> str:
        """The beginning of the exercises' numbers: ``"2"``."""
        return self.number.lstrip("0") or "0"

    @property
    def title(self) -> str:
        """The title, without the number."""
        return str(self.content["title"])

    @property
    def exam(self) -> list[str]:
        """The exam tasks that it covers: ``"SAA-C03 1.1"``."""
        return list(self.content.get("exam", ()))

    @property
    def knowledge(self) -> list[str]:
        """The points of knowledge that it teaches, by their numbers in knowledge.toml."""
        return list(self.content.get("knowledge", ()))

    @cached_property
    def objectives(self) -> dict[str, list[str]]:
        """What a learner can do afterwards, with the numbers of the exercises that test it."""
        return {text: own.split() for text, own in self.content.get("objectives", {}).items()}

    @property
    def glossary(self) -> dict[str, str | Mapping[str, str]]:
        """Each new term: what it means, or a table with the fields of ``terms.Term``."""
        return dict(self.content.get("glossary", {}))

    @cached_property
    def exercises(self) -> dict[str, Mapping[str, Any]]:
        """The table of each exercise, by its number."""
        return {f"{self.key}.{own}": table for own, table in self.content.get(self.key, {}).items()}

    def exercise(self, number: str, seed: int = DEMO) -> tuple[str, Mapping[str, Any]]:
        """Return the variant of an exercise that a seed chooses, and its table.

        Without variants the name is empty. The course's seed chooses the first one, and seeds for
        practising again choose one after the other. So exercises of a lesson stay in step.
        """
        table = dict(self.exercises[number])
        variants = dict(table.pop("variants", {}))
        if not variants:
            return "", table
        known = [*variants]
        name = known[-seed % len(known)] if seed < 0 else _drawn(known, seed, self.number)
        return name, {**table, **variants[name]}

    @property
    def worlds(self) -> dict[str, dict[str, Any]]:
        """The table of each world, by its name."""
        return dict(self.content.get("world", {}))

    def world(self, name: str, seed: int = DEMO) -> LessonWorld:
        """Return a new world: a copy of what was built before, if it was.

        Raises
        ------
        ExerciseError
            The table has an error. The message names file and line.
        """
        return _built(self, name, seed).copy()

    def names(self, seed: int = DEMO) -> dict[str, str]:
        """Return the value of each name that varies; the first one for the course's seed."""
        found: dict[str, str] = {}
        for name, values in self.content.get("names", {}).items():
            options = values.split() if isinstance(values, str) else values
            value = str(_drawn(options, seed, f"{self.number}/{name}"))
            found |= {name: value, name.capitalize(): value.capitalize()}
        return found

    def named(self, value: Any, seed: int = DEMO) -> Any:
        """Replace ``{name}`` in all texts of a value; the story's names too for a seed below 0."""
        is_renamed = seed < 0 and not any("incident" in own for own in self.worlds.values())
        names, others = self.names(seed), other_names(seed) if is_renamed else {}
        slot = re.compile(rf"(?<!\$){{({'|'.join(names) or '(?!)'})}}")
        word = re.compile(rf"\b({'|'.join(others) or '(?!)'})\b")

        def replaced(part: Any) -> Any:
            if isinstance(part, str):
                text = slot.sub(lambda match: names[match[1]], part)
                return word.sub(lambda match: others[match[1]], text)
            if isinstance(part, dict):
                return {replaced(key): replaced(own) for key, own in part.items()}
            return [replaced(own) for own in part] if isinstance(part, list) else part

        return replaced(value)

    def located(self, error: Exception, *path: str) -> LocatedError:
        """Return an error with the file and the line of a key before its message.

        Parameters
        ----------
        path
            The key, and the tables that have it. An error that knows a path goes on from there.
        """
        offset = 0
        if isinstance(error, KeyedError):
            path, offset = (*path, *error.path), error.line
        notes = getattr(error, "__notes__", ())
        line = self.line(*path, offset=offset)
        return noted(LocatedError(str(error), self.file.name, line), *notes)

    def line(self, *path: str, offset: int = 0) -> int:
        """Return the line of a key, or of a line of its text.

        What a world has from the world that it is like is in the table of that world.
        """
        found: tuple[int, ...] = (1,)
        size = 0
        if path[2:3] == ("variants",) and path[:5] not in self.lines:
            path = (*path[:2], *path[4:])  # what all variants have
        while path:
            known = next((n for n in range(len(path), size, -1) if path[:n] in self.lines), 0)
            if known:
                own = self.lines[path[:known]]
                found, size = (own if known == len(path) else own[:1]), known
            like = self.worlds.get(path[1], {}).get("like") if len(path) > 2 else None
            path = ("world", like, *path[2:]) if like and path[0] == "world" else ()
        return found[min(offset, len(found) - 1)]


def _drawn(options: Sequence[Any], seed: int, name: str) -> Any:
    return options[0] if seed == DEMO else random.Random(f"{seed}/{name}").choice(options)


def other_names(seed: int) -> dict[str, str]:
    """Return other people and buckets for the names of the story.

    Examples
    --------
    >>> other_names(-1)["alice"], other_names(-1)["Alice"], other_names(-2)["alice"]
    ('erin', 'Erin', 'heidi')
    """
    found: dict[str, str] = {}
    for own, others in FORMAT["others"].items():
        names = own.split()
        drawn = random.Random(f"{seed}/{own}").sample(others.split(), len(names))
        found |= dict(zip(names, drawn, strict=True))
    return found | {name.capitalize(): other.capitalize() for name, other in found.items()}


def read_lesson(file: Path) -> Lesson:
    """Read a lesson's file.

    Raises
    ------
    ExerciseError
        It isn't TOML, or a key is missing, misspelt or of another type. The message names file and
        line.
    """
    try:
        text = file.read_text("utf-8")
        content = tomllib.loads(text)
    except ValueError as error:  # of TOML, or of UTF-8
        message, _, place = str(error).partition(" (at ")
        line = re.search(r"line (\d+)", place)
        number = line[1] if line else "1" if place == "" else text.count("\n") + 1
        quotes = " Put text in quotation marks." if message == "Invalid value" else ""
        raise LocatedError(f"{message}.{quotes}", file.name, int(number)) from error
    lesson = Lesson(file, content, text)
    try:
        need(content, "title")
        check_table(content, {**FORMAT["lesson"], lesson.key: {"*": "a table"}})
    except ExerciseError as error:
        raise lesson.located(error) from error
    return lesson


_opened: dict[str, Lesson] = {}
"""The lessons that ``open_lesson`` has read, by number."""


@lru_cache(maxsize=256)
def _built(lesson: Lesson, name: str, seed: int) -> LessonWorld:
    try:
        with at("world"):
            table = merged(lesson.worlds, name)
        with at("world", name):
            return build(lesson.named(table, seed), seed if "incident" in table else DEMO)
    except KeyedError as error:
        raise lesson.located(error) from error


@cache
def own_lessons() -> dict[str, Lesson]:
    """Read iamlab's lessons."""
    return {own.number: own for own in map(read_lesson, sorted(FOLDER.glob("*.toml")))}


def lessons() -> dict[str, Lesson]:
    """Return all lessons by number, yours included."""
    return {**own_lessons(), **_opened}


def open_lesson(file: str | Path) -> Lesson:
    """Read a lesson of your own, so that its notebook can show its worlds and exercises.

    Parameters
    ----------
    file
        Its path. The name begins with a number or a word of its own: ``x1_our_buckets.toml``.

    Raises
    ------
    ExerciseError
        The file has an error, or iamlab has a lesson with this number.

    Examples
    --------
    >>> open_lesson(FOLDER / "02_deny_wins.toml").title
    'Deny wins'
    """
    lesson = read_lesson(Path(file))
    if own := own_lessons().get(lesson.number):
        if own.file == lesson.file.resolve():
            return own
        raise ExerciseError(f"iamlab has a lesson {lesson.number}. Rename {lesson.file.name}.")
    _opened[lesson.number] = lesson
    return lesson


def lesson_of(number: str) -> Lesson:
    """Return the lesson of an exercise: ``"2.1"`` is in lesson 02.

    Raises
    ------
    ExerciseError
        There is no such lesson.
    """
    known = {own.key: own for own in lessons().values()}
    return find_named(f"exercise {number!r}, and no lesson", number.partition(".")[0], known)


def reveals() -> dict[str, str]:
    """Return the texts of all lessons that must not be read too early, by name."""
    found = [own.named(own.content.get("reveals", {})) for own in lessons().values()]
    return {name: text for texts in found for name, text in texts.items()}

"""A lesson: its file of texts, worlds and exercises.

iamlab's own lessons are in ``iamlab/lessons/``; ``open_lesson`` reads a file of your own. The page
docs/lesson-format.md documents the format. Nothing in a file is executed.
"""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.teach.worlds import build, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.teach.callers import LessonWorld

FOLDER = Path(iamlab.__file__).parent / "lessons"
SEED = 7
"""The seed of everybody who has no seed of their own. Negative seeds are for practising again."""

OTHERS = {
    "alice carol dana": "erin grace heidi judy mia olga",
    "bob": "frank hugo ivan oscar",
    "star-": "moon- comet- galaxy- eclipse-",
}
"""The people and buckets of the story, and who and what takes their place in other worlds."""

_HEADER = re.compile(r"\s*\[+([^\]]+)\]+\s*(?:#.*)?")
_KEY = re.compile(r"\s*([\w.\"'{}-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=")

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Objective:
    """What a learner can do afterwards, and the exercises that test it."""

    text: str
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """A lesson's file.

    Parameters
    ----------
    file
        Its path: ``02_deny_wins.toml``.
    content
        What TOML has read.
    """

    file: Path
    content: Mapping[str, Any]
    lines: Mapping[Keys, int] = field(repr=False, default_factory=dict)

    @property
    def number(self) -> str:
        """The beginning of the file's name, and of its exercises' numbers: ``"02"``."""
        return self.file.stem.partition("_")[0]

    @property
    def title(self) -> str:
        """The title, without the number."""
        return str(self.content["title"])

    @cached_property
    def objectives(self) -> tuple[Objective, ...]:
        """What a learner can do afterwards."""
        found = self.content.get("objectives", {})
        return tuple(Objective(text, tuple(own.split())) for text, own in found.items())

    @property
    def glossary(self) -> dict[str, str]:
        """Each new term, and what it means."""
        return dict(self.content.get("glossary", {}))

    @property
    def reveals(self) -> dict[str, str]:
        """The texts that appear only after an answer, by name."""
        return dict(self.content.get("reveals", {}))

    @cached_property
    def exercises(self) -> dict[str, Mapping[str, Any]]:
        """The table of each exercise, by its number."""
        key = self.number.lstrip("0") or "0"
        return {f"{key}.{own}": table for own, table in self.content.get(key, {}).items()}

    @property
    def worlds(self) -> dict[str, dict[str, Any]]:
        """The table of each world, by its name."""
        return dict(self.content.get("world", {}))

    def world(self, name: str, seed: int = SEED) -> LessonWorld:
        """Build a world.

        Raises
        ------
        ExerciseError
            The table has an error. The message names file and line.
        """
        try:
            return build(self.named(merged(self.worlds, name), seed), seed)
        except ExerciseError as error:
            raise self.located(error, "world", name) from error

    def names(self, seed: int = SEED) -> dict[str, str]:
        """Return the value of each name that varies; the first one for the usual seed."""
        found = {}
        for name, values in self.content.get("names", {}).items():
            options = values.split() if isinstance(values, str) else values
            drawn = random.Random(f"{seed}/{self.number}/{name}").choice(options)
            value = str(options[0] if seed == SEED else drawn)
            found[name] = value
            found[name.capitalize()] = value.capitalize()
        return found

    def named(self, value: Any, seed: int = SEED) -> Any:
        """Replace ``{name}`` in all texts of a value; the story's names too for a seed below 0."""
        names, others = self.names(seed), other_names(seed) if seed < 0 else {}
        if not names and not others:
            return value
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

    def located(self, error: Exception, *path: str) -> ExerciseError:
        """Return an error with the file and the line of a key before its message."""
        while path and path not in self.lines:
            path = path[:-1]
        line = self.lines.get(path, 1)
        notes = getattr(error, "__notes__", ())
        return noted(ExerciseError(f"{self.file.name}, line {line}: {error}"), *notes)


def other_names(seed: int) -> dict[str, str]:
    """Return other people and buckets for the names of the story.

    Examples
    --------
    >>> other_names(-1)["alice"], other_names(-1)["Alice"], other_names(-2)["alice"]
    ('erin', 'Erin', 'heidi')
    """
    found: dict[str, str] = {}
    for own, others in OTHERS.items():
        names = own.split()
        drawn = random.Random(f"{seed}/{own}").sample(others.split(), len(names))
        found |= dict(zip(names, drawn, strict=True))
    return found | {name.capitalize(): other.capitalize() for name, other in found.items()}


def read_lesson(file: Path) -> Lesson:
    """Read a lesson's file.

    Raises
    ------
    ExerciseError
        It isn't TOML, or it has no title. The message names file and line.
    """
    text = file.read_text("utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ExerciseError(f"{file.name}: {error}") from error
    if "title" not in content:
        raise ExerciseError(f"{file.name}, line 1: a lesson needs a title.")
    return Lesson(file, content, dict(_lines(text)))


def _lines(text: str) -> Iterator[tuple[Keys, int]]:
    """Yield the path of each header and key with its line."""
    header: Keys = ()
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            if match := _HEADER.fullmatch(line):
                header = _parts(match[1])
                yield header, number
            elif match := _KEY.match(line):
                yield (*header, *_parts(match[1])), number
        if line.count('"""') % 2:
            inside = not inside


def _parts(dotted: str) -> Keys:
    return tuple(part.strip().strip("\"'") for part in re.findall(r'"[^"]*"|[^.]+', dotted))


_opened: dict[str, Lesson] = {}
"""The lessons that ``open_lesson`` has read, by number."""


@cache
def _own() -> dict[str, Lesson]:
    """Read iamlab's lessons."""
    return {own.number: own for own in map(read_lesson, sorted(FOLDER.glob("*.toml")))}


def lessons() -> dict[str, Lesson]:
    """Return all lessons by number, yours included."""
    return {**_own(), **_opened}


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
    """
    lesson = read_lesson(Path(file))
    if lesson.number in _own():
        message = f"iamlab has a lesson {lesson.number} already. Rename {lesson.file.name}."
        raise ExerciseError(message)
    _opened[lesson.number] = lesson
    return lesson


def lesson_of(number: str) -> Lesson:
    """Return the lesson of an exercise: ``"2.1"`` is in lesson 02.

    Raises
    ------
    ExerciseError
        There is no such lesson.
    """
    known = {own.number.lstrip("0") or "0": own for own in lessons().values()}
    key = number.partition(".")[0]
    if key not in known:
        raise noted(ExerciseError(f"There is no exercise {number!r}."), did_you_mean(key, known))
    return known[key]


def reveals() -> dict[str, str]:
    """Return the texts of all lessons that must not be read too early, by name."""
    return {name: text for own in lessons().values() for name, text in own.reveals.items()}

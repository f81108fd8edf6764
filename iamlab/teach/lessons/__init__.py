"""The exercises of each lesson: texts and answers in a TOML file, functions in a module.

``deny_wins.toml`` has texts for ``reveal``, by name, and a table for each exercise: ``kind`` is a
class of ``iamlab.teach``, and the other keys are its fields. A request is ``"caller action
resource"``; in a target, ``allowed`` or ``denied`` follows. ``"lesson.moves"`` is what
``deny_wins.py`` calls ``moves``, for what is computed in the learner's world.
"""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.teach.checks import Cell
from iamlab.teach.exercises import KnownWrong, Question
from iamlab.teach.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from iamlab.teach.exercises import Exercise
    from iamlab.world.world import World


def read_exercises(name: str) -> tuple[Exercise, ...]:
    """Read the exercises of a lesson, at the end of its module."""
    lesson = sys.modules[name]
    file = Path(str(lesson.__file__)).with_suffix(".toml")
    tables = tomllib.loads(file.read_text("utf-8"))["exercise"]
    return tuple(_exercise(lesson, **table) for table in tables)


@cache
def reveals() -> dict[str, str]:
    """Return the texts of all lessons that must not be read too early, by name."""
    files = Path(__file__).parent.glob("*.toml")
    found = (tomllib.loads(file.read_text("utf-8")).get("reveals", {}) for file in files)
    return {name: text for texts in found for name, text in texts.items()}


def _exercise(lesson: ModuleType, kind: str, known_wrong: Any, **fields: Any) -> Exercise:
    wrong = (KnownWrong(_answer(lesson, **own), own["belief"], own["hint"]) for own in known_wrong)
    values = {name: _value(lesson, name, value) for name, value in fields.items()}
    return KINDS[kind.lower()].exercise(**values, known_wrong=tuple(wrong))


def _value(lesson: ModuleType, name: str, value: Any) -> Any:
    """Return the value of a field."""
    if isinstance(value, str) and value.startswith("lesson."):
        return getattr(lesson, value.removeprefix("lesson."))
    if name == "questions":
        return tuple(Question(*text.split()) for text in value)
    if name == "target":
        return tuple(map(_cell, value))
    return tuple(value) if isinstance(value, list) else value


def _cell(text: str) -> Cell:
    *question, verdict = text.split()
    return Cell(Question(*question), allowed=verdict == "allowed")


def _answer(lesson: ModuleType, answer: Any, **_: str) -> Callable[[World], Any]:
    """Return a function that makes the answer in the exercise's world."""
    found = _value(lesson, "answer", answer)
    return found if callable(found) else lambda _: answer

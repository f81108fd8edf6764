"""Marks as CSV files: all of them, and gradebooks that Canvas, Moodle and Gradescope know."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from iamlab.classroom.course import Student
from iamlab.cli.answers import cell
from iamlab.errors import LoadError
from iamlab.tables import tables
from iamlab.teach.lesson import lesson_of, own_lessons

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from iamlab.classroom.course import Course
    from iamlab.classroom.marking import Marked

_HEADS: dict[str, list[str]] = tables(__file__)["heads"]
Row = list[Any]


def check_new(path: Path, *, force: bool) -> list[Path]:
    """Return the files that marks are written to.

    Raises
    ------
    LoadError
        One of them exists.
    """
    files = [path.with_stem(path.stem + name) for name in _HEADS]
    if there := [str(own) for own in files if own.exists() and not force]:
        raise LoadError(f"{', '.join(there)} exists already. Add --force to overwrite it.")
    return files


def write_gradebooks(
    marked: Sequence[Marked], course: Course, path: Path, *, force: bool = False
) -> list[Path]:
    """Write ``grades.csv`` and, beside it, ``grades_canvas.csv`` and others; return all paths.

    Raises
    ------
    LoadError
        One of them exists. Then nothing is written.
    """
    files, books = check_new(path, force=force), [_marks(marked), *_gradebooks(marked, course)]
    path.parent.mkdir(parents=True, exist_ok=True)
    for file, head, rows in zip(files, _HEADS.values(), books, strict=True):
        rows[0][:0] = head
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([cell(_text(own)) for own in row] for row in rows)
    return files


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _marks(marked: Sequence[Marked]) -> list[Row]:
    rows: list[Row] = [[]]
    for own in marked:
        counts = own.points, own.max, own.attempts, own.hints, " ".join(own.beliefs), own.seconds
        rows.append([own.student, own.exercise, *counts, ("no", "yes")[own.late], own.version])
    return rows


def _gradebooks(marked: Sequence[Marked], course: Course) -> tuple[list[Row], ...]:
    """Return the rows of each gradebook; who handed in nothing has empty cells."""
    points: dict[str, dict[str, float]] = {}
    for own in marked:
        lesson = lesson_of(own.exercise).number
        share = course.weights[lesson] / len(own_lessons()[lesson].exercises)
        points.setdefault(own.student, dict.fromkeys(course.lessons, 0.0))
        points[own.student][lesson] += own.points * share
    students = {name: Student(name) for name in points}
    students |= {student.id: student for student in course.roster.values()}
    titles = [f"{own} {own_lessons()[own].title}" for own in course.lessons]
    weights: list[Any] = [course.weights[own] for own in course.lessons]
    heads = [f"{title} ({_text(own)} pts)" for title, own in zip(titles, weights, strict=True)]
    possible: Row = ["Points Possible", "", "", "", "", *weights, "(read only)"]
    canvas, moodle, gradescope = (
        [[*titles, "Final Points"], possible],
        [[*titles, "Total"]],
        [heads],
    )
    for name, student in sorted(students.items()):
        got = [round(own, 4) for own in points.get(name, {}).values()]
        cells: Row = got or [""] * len(titles)
        total: Any = round(sum(got), 4) if got else ""
        first, _, last = (student.name or name).rpartition(" ")
        ids, place = [student.sis_id, student.email], [student.sis_id, name, student.section]
        state: Row = [total, sum(weights), "Graded" if got else "Missing"]
        canvas.append([student.name or name, student.canvas_id, *place, *cells, total])
        moodle.append([first, last, *ids, *cells, total])
        gradescope.append([first, last, *ids, student.section, *state, *cells])
    return canvas, moodle, gradescope

"""Marks as CSV files: all of them, and gradebooks that Canvas, Moodle and Gradescope know."""

from __future__ import annotations

import csv
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from iamlab.classroom.course import Student
from iamlab.cli.answers import WORDS, cell
from iamlab.errors import LoadError
from iamlab.tables import tables
from iamlab.teach.lesson import lesson_of, own_lessons

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from iamlab.classroom.course import Course
    from iamlab.classroom.marking import Marked

_BOOKS: dict[str, dict[str, str]] = tables(__file__)["books"]
Row = dict[str, Any]


def check_new(path: Path, *, force: bool) -> list[Path]:
    """Return the files that marks are written to.

    Raises
    ------
    LoadError
        One of them exists.
    """
    files = [path.with_stem(path.stem + name) for name in _BOOKS]
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
    files, students = check_new(path, force=force), [*_students(marked, course)]
    possible = {"name": "Points Possible", "total": "(read only)", **course.weights}
    path.parent.mkdir(parents=True, exist_ok=True)
    marks = [{**asdict(own), "late": WORDS[own.late]} for own in marked]
    rows = {"": marks, "_canvas": [possible, *students]}
    for file, (book, columns) in zip(files, _BOOKS.items(), strict=True):
        head = dict(_head(columns, course))
        with file.open("w", encoding="utf-8", newline="") as stream:
            for row in (head, *rows.get(book, students)):
                csv.writer(stream).writerow([_cell(row.get(key, "")) for key in head])
    return files


def _cell(value: Any) -> str:
    return cell(f"{value:g}" if isinstance(value, float) else value)


def _head(columns: dict[str, str], course: Course) -> Iterator[tuple[str, str]]:
    """Yield each column's key and title; the key of a lesson is its number."""
    for key, title in columns.items():
        for own in course.lessons if key == "lesson" else [key]:
            yield own, title.format(lesson=own_lessons().get(own), points=course.weights.get(own))


def _students(marked: Sequence[Marked], course: Course) -> Iterator[Row]:
    """Yield what gradebooks have of each student; who handed in nothing has empty cells."""
    points: dict[str, Row] = {}
    for own in marked:
        lesson = lesson_of(own.exercise).number
        share = course.weights[lesson] / len(own_lessons()[lesson].exercises)
        points.setdefault(own.student, dict.fromkeys(course.lessons, 0.0))
        points[own.student][lesson] += own.points * share
    students = {name: Student(name) for name in points}
    students |= {student.id: student for student in course.roster.values()}
    for _, student in sorted(students.items()):
        got, name = points.get(student.id, {}), student.name or student.id
        first, _, last = name.rpartition(" ")
        row = {**student._asdict(), **got, "name": name, "first": first, "last": last}
        row |= {"max": sum(course.weights.values()), "status": "Graded" if got else "Missing"}
        yield {**row, "total": sum(got.values()) if got else ""}

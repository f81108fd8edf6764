"""Marks as CSV files: all of them, and gradebooks that Canvas, Moodle and Gradescope know."""

from __future__ import annotations

import csv
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from iamlab.classroom.course import Student
from iamlab.cli.answers import cell
from iamlab.errors import LoadError
from iamlab.teach.lesson import lesson_of, own_lessons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from iamlab.classroom.course import Course
    from iamlab.classroom.marking import Marked

COLUMNS = "student, exercise, points, max, attempts, hints, misconceptions, seconds, late, version"
Rows = list[list[Any]]
NAMES = "", "_canvas", "_moodle", "_gradescope"


def write_gradebooks(
    marked: Sequence[Marked], course: Course, path: Path, *, force: bool = False
) -> list[Path]:
    """Write ``grades.csv`` and, beside it, ``grades_canvas.csv`` and others; return all paths.

    Raises
    ------
    LoadError
        One of them exists. Then nothing is written.
    """
    tables = {"": [COLUMNS.split(", "), *map(_row, marked)], **_gradebooks(marked, course)}
    files = check_new(path, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    for file, rows in zip(files, tables.values(), strict=True):
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([cell(_number(own)) for own in row] for row in rows)
    return files


def check_new(path: Path, *, force: bool) -> list[Path]:
    """Return the files that marks are written to; none of them must exist."""
    files = [path.with_stem(f"{path.stem}{name}") for name in NAMES]
    if there := [str(own) for own in files if own.exists() and not force]:
        raise LoadError(f"{', '.join(there)} exists already. Add --force to overwrite it.")
    return files


def _number(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, float) else value


def _row(own: Marked) -> list[Any]:
    beliefs, late = " ".join(own.beliefs), "yes" if own.late else "no"
    counts = own.points, own.max, own.attempts, own.hints
    return [own.student, own.exercise, *counts, beliefs, own.seconds, late, own.version]


def _gradebooks(marked: Iterable[Marked], course: Course) -> dict[str, Rows]:
    """Return the rows of each gradebook; who handed in nothing has empty cells."""
    points: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(course.lessons, 0.0))
    most = {own: len(own_lessons()[own].exercises) for own in course.lessons}
    for mark in marked:
        lesson = lesson_of(mark.exercise).number
        points[mark.student][lesson] += mark.points * course.weights[lesson] / most[lesson]
    students = {own.id: own for own in course.roster.values()}
    students |= {name: Student(name) for name in points if name not in students}
    titles = [f"{own} {own_lessons()[own].title}" for own in course.lessons]
    weights = [course.weights[own] for own in course.lessons]
    most_points, rows = sum(weights), dict[str, Rows]()
    rows["_canvas"] = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *titles, "Final Points"],
        ["Points Possible", *[""] * 4, *weights, "(read only)"],
    ]
    rows["_moodle"] = [["First name", "Last name", "ID number", "Email address", *titles, "Total"]]
    heads = [f"{title} ({_number(own)} pts)" for title, own in zip(titles, weights, strict=True)]
    head = ["First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points"]
    rows["_gradescope"] = [[*head, "Status", *heads]]
    for name in sorted(students):
        own, got = students[name], [*points[name].values()] if name in points else []
        cells = [round(one, 4) for one in got] or [""] * len(titles)
        total: Any = round(sum(got), 4) if got else ""
        first, _, last = (own.name or name).rpartition(" ")
        ids = [own.canvas_id, own.sis_id, own.id, own.section]
        rows["_canvas"].append([own.name or name, *ids, *cells, total])
        rows["_moodle"].append([first, last, own.sis_id, own.email, *cells, total])
        status = "Graded" if got else "Missing"
        about = [own.sis_id, own.email, own.section, total, most_points, status]
        rows["_gradescope"].append([first, last, *about, *cells])
    return rows

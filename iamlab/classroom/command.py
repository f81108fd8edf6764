"""``iamlab classroom``: a function for each task of a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.classroom.course import new_course, read_course
from iamlab.classroom.editions import edition
from iamlab.classroom.exporters import export
from iamlab.classroom.gradebooks import check_new, write_gradebooks
from iamlab.classroom.marking import mark_all
from iamlab.classroom.polls import poll
from iamlab.classroom.reports import report, write_feedback
from iamlab.classroom.submissions import read_submissions
from iamlab.cli.answers import Answer
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.tables import tables

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    Made = Iterator[Path | str]


def classroom(options: argparse.Namespace) -> Answer:
    """Do a task of a teacher: name the files that it makes, and say what it notices."""
    if options.task in ("grade", "feedback") and options.course is None:
        raise RequestError("Name the course's folder: --course COURSE")
    made = list(_TASKS[options.task](options))
    paths = [str(own) for own in made if isinstance(own, Path)]
    return Answer(status=False, value=lambda: {"files": paths}, text=lambda: map(str, made))


def _edition(options: argparse.Namespace) -> Made:
    """Write an edition of a lesson's notebook."""
    yield edition(options.lesson, options.task, Path(options.out), force=options.force)


def _poll(options: argparse.Namespace) -> Made:
    """Write the page of a question to vote on."""
    yield poll(options.lesson).save(options.out, force=options.force)


def _export(options: argparse.Namespace) -> Made:
    """Write a lesson's source notebook for each grader that has a folder."""
    if not (options.otter or options.nbgrader):
        raise RequestError("Name a folder: --otter DIR or --nbgrader DIR.")
    for dialect, folder in (("otter", options.otter), ("nbgrader", options.nbgrader)):
        if folder:
            yield export(options.lesson, dialect, Path(folder), force=options.force)


def _new(options: argparse.Namespace) -> Made:
    """Make the folder of a course."""
    yield from new_course(Path(options.lesson))
    yield from tables(__file__)["new"].splitlines()


def _grade(options: argparse.Namespace) -> Made:
    """Mark submissions, and write the marks."""
    course = read_course(options.course)
    path = Path(options.out) if Path(options.out).suffix else Path(options.out, "grades.csv")
    check_new(path, force=options.force)
    found, faults = read_submissions(options.lesson, course)
    marks = mark_all(found, course)
    yield from write_gradebooks(marks, course, path, force=options.force)
    right = f"{sum(own.correct for own in marks)} of {len(marks)} exercises are right."
    yield f"{count(len(found), 'student')}; {right}"
    if missing := sorted(course.roster.keys() - {own.student.lower() for own in found}):
        yield f"Nothing from: {', '.join(missing)}."
    yield from (f"{m.student}, {m.exercise}: {m.counterexample}" for m in marks if m.hidden)
    yield from map(str, faults)


def _report(options: argparse.Namespace) -> Made:
    """Write the page of a class report."""
    found = report(options.lesson, options.course, anonymous=options.anonymous)
    yield found.save(options.out, force=options.force)


def _feedback(options: argparse.Namespace) -> Made:
    """Write a page for each student."""
    yield from write_feedback(options.lesson, options.course, options.out, force=options.force)


_TASKS = {"solved": _edition, "blank": _edition, "poll": _poll, "export": _export}
_TASKS |= {"new": _new, "grade": _grade, "report": _report, "feedback": _feedback}

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
    from collections.abc import Iterable


def classroom(options: argparse.Namespace) -> Answer:
    """Do a task of a teacher."""
    try:
        return _TASKS[options.task](options)
    except ModuleNotFoundError as error:  # of an extra, with the command that installs it
        raise RequestError(str(error)) from error


def _edition(options: argparse.Namespace) -> Answer:
    """Write an edition of a lesson's notebook."""
    return _written(edition(options.lesson, options.task, Path(options.out), force=options.force))


def _poll(options: argparse.Namespace) -> Answer:
    """Write the page of a question to vote on."""
    return _written(poll(options.lesson).save(options.out, force=options.force))


def _export(options: argparse.Namespace) -> Answer:
    """Write a lesson's source notebook for each grader that has a folder."""
    folders = {"otter": options.otter, "nbgrader": options.nbgrader}
    named = [(dialect, Path(folder)) for dialect, folder in folders.items() if folder]
    if not named:
        raise RequestError("Name a folder: --otter DIR or --nbgrader DIR.")
    return _written(*(export(options.lesson, *own, force=options.force) for own in named))


def _new(options: argparse.Namespace) -> Answer:
    """Make the folder of a course."""
    return _written(*new_course(Path(options.lesson)), notes=tables(__file__)["new"].splitlines())


def _grade(options: argparse.Namespace) -> Answer:
    """Mark submissions, and write the marks."""
    if options.course is None:
        raise RequestError("Name the course's folder: --course COURSE")
    course = read_course(options.course)
    path = Path("grades.csv" if options.out == "." else options.out)
    check_new(path, force=options.force)
    found, faults = read_submissions(options.lesson, course)
    marks = mark_all(found, course)
    paths = write_gradebooks(marks, course, path, force=options.force)
    right = f"{sum(own.correct for own in marks)} of {len(marks)} exercises are right."
    missing = sorted(course.roster.keys() - {own.student.lower() for own in found})
    notes = [f"{count(len(found), 'student')}; {right}"]
    notes += [f"Nothing from: {', '.join(missing)}."] * bool(missing)
    notes += [f"{own.student}, {own.exercise}: {own.counterexample}" for own in marks if own.hidden]
    return _written(*paths, notes=[*notes, *map(str, faults)])


def _report(options: argparse.Namespace) -> Answer:
    """Write the page of a class report."""
    found = report(options.lesson, options.course, anonymous=options.anonymous)
    return _written(found.save(options.out, force=options.force))


def _feedback(options: argparse.Namespace) -> Answer:
    """Write a page for each student."""
    paths = write_feedback(options.lesson, options.course, options.out, force=options.force)
    return _written(*paths)


def _written(*paths: Path, notes: Iterable[str] = ()) -> Answer:
    every = [*map(str, paths), *notes]
    return Answer(status=False, value=lambda: [str(own) for own in paths], text=lambda: every)


_TASKS = {"solved": _edition, "blank": _edition, "poll": _poll, "export": _export}
_TASKS |= {"new": _new, "grade": _grade, "report": _report, "feedback": _feedback}

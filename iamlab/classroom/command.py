"""``iamlab classroom``: a function for each task of a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.classroom.editions import edition
from iamlab.classroom.exporters import export
from iamlab.classroom.polls import poll
from iamlab.cli.answers import Answer
from iamlab.errors import RequestError

if TYPE_CHECKING:
    import argparse


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


def _written(*paths: Path) -> Answer:
    files = [*map(str, paths)]
    return Answer(status=False, value=lambda: files, text=lambda: files)


_TASKS = {"solved": _edition, "blank": _edition, "poll": _poll, "export": _export}

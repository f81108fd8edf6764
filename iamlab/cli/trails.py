"""What ``least-privilege`` and ``unused`` share: the trail that is read, and what it left out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iamlab.cli.common import add_world_arguments, filled
from iamlab.cli.forms import add_fail_argument, add_form_arguments, one_line
from iamlab.errors import LoadError

if TYPE_CHECKING:
    import argparse

    from iamlab.analysis.trails.reading import Trail

SHOWN = 10
"""So many problems of a trail are named; the others are counted."""


def add_trail_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the trail, the world, and the forms of the answer."""
    parser.add_argument(
        "trail",
        nargs="+",
        type=filled,
        metavar="TRAIL",
        help="files of CloudTrail, or folders with such files; compressed or not",
    )
    add_world_arguments(parser)
    add_form_arguments(parser)
    add_fail_argument(parser)


def read_trail(options: argparse.Namespace) -> Trail:
    """Find the files of the trail; its records are read when they are asked for."""
    from iamlab.analysis.trails.reading import Trail

    return Trail(*options.trail)


def tell_problems(trail: Trail) -> None:
    """Name the records that could not be read, on standard error: the answer goes without them.

    Raises
    ------
    LoadError
        Not one could be read: then that is no trail, and silence would prove nothing.
    """
    problems = trail.problems
    if problems.total and not trail.read:
        raise LoadError(f"No record of CloudTrail could be read: {problems[0]}")
    for problem in list(problems)[:SHOWN]:
        print(one_line(f"iamlab: warning: {problem}"), file=sys.stderr)
    if problems.total > SHOWN:
        left = problems.total - SHOWN
        print(f"iamlab: warning: and {left:,} more records could not be read", file=sys.stderr)

"""``iamlab COMMAND``: runs the command; bad input is one line and exit status 2.

The imports register the commands, in the order of the help.
"""

from __future__ import annotations

import io
import os
import sys
import warnings
from typing import TYPE_CHECKING

from iamlab.cli import access, accounts, completion, permissions, policies, verify, worlds  # noqa: F401 - registers commands
from iamlab.cli.answers import one_line
from iamlab.cli.commands import BAD_INPUT, COMMANDS, INTERRUPTED, OK, parsers
from iamlab.errors import IamLabError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ shows ?, and the word
    options = parsers()[0].parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        pass
    # At this point the work is over, and its progress bar is removed.
    print("iamlab: interrupted", file=sys.stderr)
    return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    status = OK
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            answer = COMMANDS[options.command].run(options)
            status = int(answer.status)
            answer.show(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has stopped reading; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return status
    except (IamLabError, OSError) as error:
        print(_report(str(error), *getattr(error, "__notes__", [])), file=sys.stderr)
        return BAD_INPUT
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        print(_report("warning:", text), file=sys.stderr)
    return status


def _report(*parts: str) -> str:
    return "iamlab: " + one_line(" ".join(" ".join(parts).split()))

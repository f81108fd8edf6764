"""``iamlab COMMAND``: runs the command; bad input is one line and exit status 2.

The head imports only Python's own modules, so that Ctrl+C never prints a traceback.
"""

from __future__ import annotations

import io
import sys
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

INTERRUPTED = 130
"""The exit status after Ctrl+C, as in shells: 128 and the number of the signal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ shows ?, and the word
    try:
        from iamlab.cli.commands import parsers

        return _run(parsers()[0].parse_args(arguments))
    except KeyboardInterrupt:
        pass
    # At this point the work is over, and its progress bar is removed.
    print("iamlab: interrupted", file=sys.stderr)
    return INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    from iamlab.cli.commands import BAD_INPUT, COMMANDS, OK, stop_writing
    from iamlab.errors import IamLabError

    status = OK
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            answer = COMMANDS[options.command].run(options)
            status = int(answer.status)
            answer.show(options)
        sys.stdout.flush()
    except BrokenPipeError:
        stop_writing()
        return status
    except (IamLabError, OSError) as error:
        text = f"{error.filename}: {error.strerror}." if isinstance(error, OSError) else str(error)
        print(_report(text, *getattr(error, "__notes__", [])), file=sys.stderr)
        return BAD_INPUT
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        print(_report("warning:", text), file=sys.stderr)
    return status


def _report(*parts: str) -> str:
    from iamlab.cli.answers import one_line

    return "iamlab: " + one_line(" ".join(" ".join(parts).split()))

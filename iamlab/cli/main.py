"""``iamlab COMMAND``: finds the command, and turns bad input into one line and exit status 2."""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from typing import TYPE_CHECKING

from iamlab.cli import (
    actions,
    audit,
    can,
    check,
    diff,
    explain,
    explain_policy,
    least_privilege,
    matrix,
    outside,
    reach,
    report,
    unused,
    verify,
    what_can,
    who_can,
    world,
)
from iamlab.cli.documents import printable
from iamlab.errors import IamLabError

if TYPE_CHECKING:
    from collections.abc import Sequence

ALLOWED, DENIED, BAD_INPUT = 0, 1, 2
INTERRUPTED = 130  # as shells count: 128 and the number of the signal
COMMANDS = {
    "can": can,
    "who-can": who_can,
    "what-can": what_can,
    "matrix": matrix,
    "reach": reach,
    "outside": outside,
    "least-privilege": least_privilege,
    "unused": unused,
    "diff": diff,
    "world": world,
    "explain": explain,
    "check": check,
    "explain-policy": explain_policy,
    "actions": actions,
    "audit": audit,
    "report": report,
    "verify": verify,
}


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> None:  # type: ignore[override]
        line = printable(" ".join(message.split()))
        self.exit(BAD_INPUT, f"{self.prog}: {line} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns
    -------
    int
        0 allowed (or all well), 1 denied (or something failed), 2 bad input, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without ✓ shows ?, and the word
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        pass
    # Here the interrupted work is gone, and with it a bar that showed how far it was.
    print("iamlab: interrupted", file=sys.stderr)
    return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="iamlab",
        description=(
            "AWS IAM, modelled offline. "
            "Exit status: 0 allowed, or all well; 1 denied, or something to mend; 2 bad input; "
            "130 interrupted."
        ),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=module.HELP,
            description=module.HELP,
            epilog=module.EXAMPLE,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
    return parser


def _run(options: argparse.Namespace) -> int:
    status: int = ALLOWED
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            status = COMMANDS[options.command].run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has read enough; nothing may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return status
    except (IamLabError, OSError) as error:
        print(_one_line(str(error), *getattr(error, "__notes__", [])), file=sys.stderr)
        return BAD_INPUT
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        print(_one_line("warning:", text), file=sys.stderr)
    return status


def _one_line(*parts: str) -> str:
    """Put what is to be said into one line, which steers no terminal."""
    return "iamlab: " + printable(" ".join(" ".join(parts).split()))

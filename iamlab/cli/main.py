"""``iamlab COMMAND``: finds the command, and turns bad input into one line and exit status 2."""

from __future__ import annotations

import argparse
import sys
import warnings
from typing import TYPE_CHECKING

from iamlab.cli import can, verify, who_can
from iamlab.errors import IamLabError

if TYPE_CHECKING:
    from collections.abc import Sequence

ALLOWED, DENIED, BAD_INPUT = 0, 1, 2
COMMANDS = {"can": can, "who-can": who_can, "verify": verify}


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns
    -------
    int
        0 allowed (or all well), 1 denied (or something failed), 2 bad input.
    """
    parser = _Parser(
        prog="iamlab",
        description="AWS IAM, modelled offline. Exit status: 0 allowed, 1 denied, 2 bad input.",
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
    options = parser.parse_args(arguments)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            status: int = COMMANDS[options.command].run(options)
        except (IamLabError, OSError) as error:
            print(_one_line(error), file=sys.stderr)
            return BAD_INPUT
        except BrokenPipeError:
            return ALLOWED
        finally:
            for warning in caught:
                print(f"iamlab: warning: {warning.message}", file=sys.stderr)
    return status


def _one_line(error: Exception) -> str:
    """Put an error and its notes into one line."""
    parts = [str(error), *getattr(error, "__notes__", [])]
    return "iamlab: " + " ".join(" ".join(parts).split())

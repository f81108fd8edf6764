"""Commands, and the parsers that are made from them.

``@command`` registers a function. Its docstring is the help, and its answer has all forms.
Completion uses the same parsers.
"""

from __future__ import annotations

import argparse
import inspect
import textwrap
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, NoReturn

from iamlab.cli.answers import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlab.cli.answers import Answer

OK, FOUND, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses; the last one is the shells' number: 128 and the number of the signal."""

ACCESS, POLICIES, REVIEW, WORLDS, SETUP = PURPOSES = (
    "Ask about access",
    "Look at policies",
    "Review accounts",
    "Make and compare worlds",
    "Set up iamlab",
)
COMMANDS: dict[str, Command] = {}
_INDENT = 19  # of the help's second column

_INTRODUCTION = """\
iamlab answers questions about AWS IAM on your computer. It never calls AWS.
'iamlab COMMAND --help' describes a command and its options.

The examples work when you paste them, after 'iamlab demo' wrote their files.
For your own account, use '--account-details account.json', not '--world FILE':
  aws iam get-account-authorization-details --output json > account.json
"""
_END = """\
A text answer longer than a screen starts with a summary: counts, and the three
most important entries. On a terminal, --details adds the rest; a file or a pipe
always gets all. Programs read --json.

Exit status: 0 if access is allowed, or nothing is found; 1 if access is denied,
or a problem or difference is found; 2 for bad input; 130 if interrupted.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its function, its purpose for the help, an example, and its options.

    Parameters
    ----------
    statuses
        The meanings of exit status 0 and, if the command has it, 1.
    """

    run: Callable[[argparse.Namespace], Answer]
    purpose: str
    example: str
    options: Sequence[Callable[[argparse.ArgumentParser], object]]
    statuses: Sequence[str]

    @property
    def help(self) -> tuple[str, str]:
        """The sentence about the command, and the rest of the help."""
        about, _, more = (inspect.getdoc(self.run) or "").partition("\n\n")
        return about, more

    def example_lines(self, indent: int) -> str:
        """Return the example, indented."""
        return textwrap.indent(self.example, " " * indent)


def command(
    purpose: str,
    example: str,
    *options: Callable[[argparse.ArgumentParser], object],
    statuses: Sequence[str],
) -> Callable[[Callable[[argparse.Namespace], Answer]], Callable[[argparse.Namespace], Answer]]:
    """Register a function as the command with its name."""

    def register(
        run: Callable[[argparse.Namespace], Answer],
    ) -> Callable[[argparse.Namespace], Answer]:
        name = run.__name__.replace("_", "-")
        COMMANDS[name] = Command(run, purpose, example, options, statuses)
        return run

    return register


class Parser(argparse.ArgumentParser):
    """A parser that reports bad input on one line."""

    def error(self, message: str) -> NoReturn:
        """Report bad input, and exit."""
        line = one_line(" ".join(message.split()))
        self.exit(BAD_INPUT, f"{self.prog}: {line} (see {self.prog} --help)\n")


class _MainParser(Parser):
    """The parser of ``iamlab`` itself, whose help groups the commands by purpose."""

    def format_help(self) -> str:
        parts = [f"usage: {self.prog} COMMAND ...\n", _INTRODUCTION]
        for purpose in PURPOSES:
            parts.append(f"{purpose}:")
            for name, known in COMMANDS.items():
                if known.purpose == purpose:
                    parts.append(f"  {name:<{_INDENT - 2}}{known.help[0]}")
                    parts.append(known.example_lines(6))
            parts.append("")
        return "\n".join((*parts, _END))


def parsers() -> tuple[Parser, dict[str, argparse.ArgumentParser]]:
    """Build the parser of ``iamlab``, and those of its commands by name."""
    parser = _MainParser(prog="iamlab")
    parser.add_argument("--version", action="version", version=f"iamlab {installed('iamlab')}")
    subs: Any = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    for name, cmd in COMMANDS.items():
        zero, *others = cmd.statuses
        meaning = [f"0 {zero}", *(f"1 {other}" for other in others), f"{BAD_INPUT} bad input"]
        status = textwrap.fill(f"Exit status: {'; '.join(meaning)}.", 80)
        sub = subs.add_parser(
            name,
            description="\n\n".join(filter(None, cmd.help)),
            epilog=f"example, with the files of 'iamlab demo':\n{cmd.example_lines(2)}\n\n{status}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for add in cmd.options:
            add(sub)
    return parser, subs.choices


def installed(package: str) -> str:
    """Return the version of a package, or "is not installed"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"

"""Commands, and the parsers that are made from them.

``commands.toml`` has the options, the example and the exit statuses of each command. ``@command``
registers its function, whose docstring is the help and whose answer knows its own forms. Completion
is made from the same parsers.
"""

from __future__ import annotations

import argparse
import inspect
import re
import textwrap
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from iamlab.cli.answers import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.cli.answers import Answer

OK, FOUND, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses; the last one is the shells' number: 128 and the number of the signal."""

_TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
PURPOSES: list[str] = _TABLE["purposes"]
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
    """A command: its function, and its table in ``commands.toml``.

    Parameters
    ----------
    choices
        The values of options, if the table doesn't list them: ``fail_on=("error", ...)``.
    """

    run: Callable[[argparse.Namespace], Answer]
    table: Mapping[str, Any]
    choices: Mapping[str, Iterable[str]]

    @property
    def help(self) -> tuple[str, str]:
        """The sentence about the command, and the rest of the help."""
        about, _, more = (inspect.getdoc(self.run) or "").partition("\n\n")
        return about, more

    def example(self, indent: int) -> str:
        """Return the example, indented."""
        return textwrap.indent(self.table["example"], " " * indent)

    def describe(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options, line by line."""
        for line in self.table["options"]:
            title, _, flags = _TABLE["lines"].get(line, line).rpartition(": ")
            group = parser.add_argument_group(title) if title else parser
            for several, needed, single in re.findall(r"\((.*?)\)(!?)|(\S+)", flags):
                if single:
                    self._declare(group, single)
                else:
                    either = group.add_mutually_exclusive_group(required=bool(needed))
                    for flag in several.split():
                        self._declare(either, flag)

    def _declare(self, container: argparse._ActionsContainer, flag: str) -> None:
        """Declare an option or an argument."""
        name = flag.removesuffix("!")
        settings = {**_TABLE["options"].get(name, {}), **self.table.get(name, {})}
        value, also = settings.pop("value", ""), settings.pop("also", "")
        choices = self.choices.get(name.removeprefix("--").replace("-", "_"))
        if choices:
            settings["choices"] = tuple(choices)
        if value.endswith("..."):
            settings |= {"action": "append", "default": []}
            settings["help"] += "; repeat it for more"
        if value:
            parts = value.removesuffix("...").split()
            settings["metavar"] = tuple(parts) if len(parts) > 1 else parts[0]
        if value or "choices" in settings:
            settings["type"] = int if isinstance(settings.get("default"), int) else filled
        else:
            settings["action"] = "store_true"
        if name != flag:
            settings["required"] = True
        container.add_argument(name, *also.split(), **settings)


def filled(text: str) -> str:
    """Refuse an empty value, such as a shell variable that isn't set.

    Raises
    ------
    argparse.ArgumentTypeError
        It is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("it can't be empty")
    return text


Run = TypeVar("Run", bound="Callable[[argparse.Namespace], Answer]")


def command(**choices: Iterable[str]) -> Callable[[Run], Run]:
    """Register a function as the command that has its name."""

    def register(run: Run) -> Run:
        name = run.__name__.replace("_", "-")
        COMMANDS[name] = Command(run, _TABLE["commands"][name], choices)
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
            for name, command in COMMANDS.items():
                if command.table["purpose"] == purpose:
                    parts.append(f"  {name:<{_INDENT - 2}}{command.help[0]}")
                    parts.append(command.example(6))
            parts.append("")
        return "\n".join((*parts, _END))


def parsers() -> tuple[Parser, dict[str, argparse.ArgumentParser]]:
    """Build the parser of ``iamlab``, and those of its commands by name."""
    parser = _MainParser(prog="iamlab")
    parser.add_argument("--version", action="version", version=f"iamlab {installed('iamlab')}")
    subs: Any = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    for name, command in COMMANDS.items():
        zero, *others = command.table["status"]
        meaning = [f"0 {zero}", *(f"1 {other}" for other in others), f"{BAD_INPUT} bad input"]
        status = textwrap.fill(f"Exit status: {'; '.join(meaning)}.", 80)
        sub = subs.add_parser(
            name,
            description="\n\n".join(filter(None, command.help)),
            epilog=f"example, with the files of 'iamlab demo':\n{command.example(2)}\n\n{status}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.describe(sub)
    return parser, subs.choices


def installed(package: str) -> str:
    """Return the version of a package, or "is not installed"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"

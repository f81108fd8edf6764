"""Commands, and the parsers that are made from them.

``commands.toml`` has the help, the options, the example and the exit statuses of each command, and
the module with the function of its name, whose answer knows its own forms. The module is imported
when the command runs, so help is fast. Completion is made from the same parsers.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from iamlab.cli.answers import Answer, one_line
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

OK, FOUND, BAD_INPUT = 0, 1, 2
"""The exit statuses."""

_TABLE: dict[str, Any] = tables(__file__)
PURPOSES: list[str] = _TABLE["purposes"]
_INDENT = 19  # of the help's second column


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, and its table in ``commands.toml``."""

    name: str
    table: Mapping[str, Any]

    def run(self, options: argparse.Namespace) -> Answer:
        """Call the function of the command; if the command has no ``--json``, it returns lines."""
        module = import_module(f".{self.table['module']}", "iamlab.cli")
        made = getattr(module, self.name.replace("-", "_"))(options)
        return (
            made if isinstance(made, Answer) else Answer(status=False, value=dict, text=made.copy)
        )

    @property
    def help(self) -> tuple[str, str]:
        """The sentence about the command, and the rest of the help."""
        about, _, more = self.table["help"].partition("\n\n")
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


COMMANDS = {name: Command(name, table) for name, table in _TABLE["commands"].items()}


class Parser(argparse.ArgumentParser):
    """A parser that reports bad input on one line."""

    def error(self, message: str) -> NoReturn:
        """Report bad input, and exit."""
        line = one_line(" ".join(message.split()))
        self.exit(BAD_INPUT, f"{self.prog}: {line} (see {self.prog} --help)\n")

    def exit(self, status: int = OK, message: str | None = None) -> NoReturn:
        """Exit after help, the version or an error, whoever reads the rest of the help."""
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            stop_writing()
        super().exit(status, message)


def stop_writing() -> None:
    """Write nothing more, not even at the end: the reader has stopped reading."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Version(argparse.Action):
    """Prints the version, which is read when somebody asks for it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print, and exit."""
        with suppress(BrokenPipeError):
            print(f"iamlab {installed('iamlab')}")
        parser.exit()


class _MainParser(Parser):
    """The parser of ``iamlab`` itself, whose help groups the commands by purpose."""

    def format_help(self) -> str:
        parts = [f"usage: {self.prog} COMMAND ...\n", _TABLE["introduction"]]
        for purpose in PURPOSES:
            parts.append(f"{purpose}:")
            for name, command in COMMANDS.items():
                if command.table["purpose"] == purpose:
                    parts.append(f"  {name:<{_INDENT - 2}}{command.help[0]}")
                    parts.append(command.example(6))
            parts.append("")
        return "\n".join((*parts, _TABLE["end"]))


def parsers() -> tuple[Parser, dict[str, argparse.ArgumentParser]]:
    """Build the parser of ``iamlab``, and those of its commands by name."""
    parser = _MainParser(prog="iamlab")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    subs: Any = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    for name, command in COMMANDS.items():
        zero, *others = command.table["status"]
        meaning = [f"0 {zero}", *(f"1 {other}" for other in others), f"{BAD_INPUT} bad input"]
        status = textwrap.fill(f"Exit status: {'; '.join(meaning)}.", 80)
        files = ", with the files of 'iamlab demo'" * ("demo/" in command.example(0))
        sub = subs.add_parser(
            name,
            description="\n\n".join(filter(None, command.help)),
            epilog=f"example{files}:\n{command.example(2)}\n\n{status}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.describe(sub)
        sub.set_defaults(schema=_TABLE["schema"].format(name, command.table.get("schema", 1)))
    return parser, subs.choices


def installed(package: str) -> str:
    """Return the version of a package, or "is not installed"."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"

"""Write the reference of the command line from ``--help`` of each command, for the site.

``make docs`` uses it: one page with a heading for each command.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from functools import partial
from typing import TYPE_CHECKING

from iamlab.cli.commands import COMMANDS, PURPOSES, parsers

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """\
# Commands and options

This page has what `iamlab COMMAND --help` prints.
[The tour of the command line](../command-line.md) shows how the commands go together.
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join((HEAD, *(line for purpose in PURPOSES for line in _section(purpose))))


def _section(purpose: str) -> Iterator[str]:
    """Write the commands of a purpose."""
    _, by_name = parsers()
    yield from (f"## {purpose}", "")
    for name, command in COMMANDS.items():
        if command.table["purpose"] == purpose:
            parser = by_name[name]
            parser.formatter_class = partial(RawDescriptionHelpFormatter, width=78)
            parser.color = False  # of Python 3.14
            text = parser.format_help().rstrip()
            yield from (f"### `iamlab {name}`", "", "```text", text, "```", "")

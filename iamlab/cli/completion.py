"""``iamlab completion``: scripts for bash, zsh and fish, made from the parsers of the commands."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from iamlab.cli.commands import COMMANDS, parsers
from iamlab.cli.options import FILES
from iamlab.tables import tables

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

_BASH: dict[str, str] = tables(__file__)["bash"]


def _flag(action: argparse.Action) -> str:
    """Return the long form of an option; its first one, if it has several."""
    return next((flag for flag in action.option_strings if flag.startswith("--")), "")


def _choices(action: argparse.Action) -> list[str]:
    return list(map(str, action.choices or ()))


def _bash(actions: dict[str, list[argparse.Action]]) -> Iterator[str]:
    """Match command, previous word and current word: values first, then options and arguments."""
    yield _BASH["head"]
    yield f"    '  '*) words={_lines([*COMMANDS, '--help', '--version'])} ;;"
    for name, every in actions.items():
        options = [action for action in every if action.option_strings]
        for action in options:
            if action.nargs != 0:
                yield f"    '{name} {_flag(action)} '*) {_bash_values(action)};;"
        flags = f"words={_lines(map(_flag, options))}"
        yield f"    '{name} '*' -'*) {flags} ;;"
        arguments = [action for action in every if not action.option_strings]
        yield f"    '{name} '*) {_bash_values(arguments[0]) if arguments else f'{flags} '};;"
    yield _BASH["end"]


def _bash_values(action: argparse.Action) -> str:
    if action.metavar in FILES:
        return "files=yes "
    return f"words={_lines(_choices(action))} " if action.choices else ""


def _lines(words: Iterable[str]) -> str:
    return "$'" + "\\n".join(words) + "'"


def _zsh(actions: dict[str, list[argparse.Action]]) -> Iterator[str]:
    """Describe each command to ``_describe``, and its options to ``_arguments``."""
    yield "#compdef iamlab\n_iamlab() {\n    local -a commands=("
    for name, known in COMMANDS.items():
        yield f"        {shlex.quote(f'{name}:{known.help[0]}')}"
    yield "    )\n    if (( CURRENT == 2 )); then _describe command commands; return; fi"
    yield "    shift words\n    (( CURRENT-- ))\n    case $words[1] in"
    for name, every in actions.items():
        yield f"    {name}) _arguments {' '.join(map(shlex.quote, map(_zsh_spec, every)))} ;;"
    yield "    esac\n}\ncompdef _iamlab iamlab"


def _zsh_spec(action: argparse.Action) -> str:
    """Write an argument as ``_arguments`` reads it: ``--type[help]:name:(one two)``."""
    choices = " ".join(choice.replace(" ", "\\ ") for choice in _choices(action))
    values = "_files" if action.metavar in FILES else f"({choices})" if choices else " "
    if not action.option_strings:
        return f"{'*' if action.nargs == '+' else ''}:{action.dest}:{values}"
    about = (action.help or "").translate({ord(sign): f"\\{sign}" for sign in "[]\\"})
    number = action.nargs if isinstance(action.nargs, int) else 1
    star = "*" if isinstance(action.default, list) else ""
    return f"{star}{_flag(action)}[{about}]" + f":value:{values}" * number


def _fish(actions: dict[str, list[argparse.Action]]) -> Iterator[str]:
    """Write a line for each command and each option."""
    yield "complete -c iamlab -f"
    for name, known in COMMANDS.items():
        about = _fish_quote(known.help[0])
        yield f"complete -c iamlab -n __fish_use_subcommand -a {name} -d {about}"
    for name, every in actions.items():
        for action in every:
            flag = _flag(action).removeprefix("--")
            choices = _fish_quote(" ".join(c.replace(" ", "\\ ") for c in _choices(action)))
            parts = [
                f"complete -c iamlab -n '__fish_seen_subcommand_from {name}'",
                f"-l {flag} -d {_fish_quote(action.help or '')}" if flag else "",
                "-r" if flag and action.nargs != 0 else "",
                "-F" if action.metavar in FILES else "-f",
                f"-a {choices}" if action.choices else "",
            ]
            yield " ".join(filter(None, parts))


def _fish_quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


_SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}


def completion(options: argparse.Namespace) -> list[str]:
    """Print a script that completes commands, options and files."""
    actions = {
        name: [
            action
            for action in parser._actions  # noqa: SLF001 - argparse has no public list of them
            if not action.option_strings or _flag(action)
        ]
        for name, parser in parsers()[1].items()
    }
    return "\n".join(_SHELLS[options.shell](actions)).split("\n")

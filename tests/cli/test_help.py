"""``iamlab --help`` groups the commands by purpose; every example in every help works."""

import json
import re
import shlex
from pathlib import Path

import pytest

from iamlab.cli import main
from iamlab.cli.commands import COMMANDS, PURPOSES
from tests.cli.helpers import ROOT_FOLDER, Shell, examples_in, one_line

assert main  # its imports register the commands

# What the example of a command prints, in a part of a line, and its exit status.
SHOWN = {
    "can": (1, "Denied by guard/KeepMaps"),
    "explain": (1, "What would change it:"),
    "who-can": (0, "user/bob  (AmazonS3FullAccess/#1)"),
    "what-can": (0, "by own-notes/OwnNotes"),
    "matrix": (0, "user/bob     yes  yes"),
    "check": (1, "Did you mean s3:GetObject?"),
    "explain-policy": (0, "star-maps"),
    "actions": (0, "s3:GetObjectTagging"),
    "audit": (1, "There is no MFA device."),
    "report": (1, "to do: Apply an IAM password policy"),
    "outside": (0, "Account 444455556666 may do sts:AssumeRole"),
    "reach": (0, "1. user/dana -> role/deploy: sts:AssumeRole"),
    "least-privilege": (0, '"Action": "s3:GetObject"'),
    "unused": (0, "To do:"),
    "demo": (0, "demo/world.json"),
    "world": (0, "1 account, 4 users, 4 groups, 1 role"),
    "diff": (1, "gained:"),
    "completion": (0, "complete -F _iamlab iamlab"),
    "verify": (0, "decision: ✕ explicit deny by guard/KeepMaps"),
}


@pytest.fixture
def demo(shell: Shell) -> Shell:
    """The folder has the files of ``iamlab demo``."""
    assert shell("demo").status == 0
    return shell


def test_the_help_lists_each_command_once_with_its_example(shell: Shell) -> None:
    """By purpose, in 80 columns: a line that says what it does, and an example."""
    result = shell("--help")
    headings = [line[:-1] for line in result.out.splitlines() if line[:-1] in PURPOSES]

    assert (result.status, result.err) == (0, "")
    assert headings == list(PURPOSES)
    assert [item[0] for item in examples_in(result.out)] == [
        name
        for purpose in PURPOSES
        for name, item in COMMANDS.items()
        if item.table["purpose"] == purpose
    ]
    assert set(SHOWN) == set(COMMANDS)
    assert [line for line in result.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("name", [name for name in SHOWN if name != "demo"])
def test_the_example_of_a_command_works_when_it_is_pasted(name: str, demo: Shell) -> None:
    """With the files that ``iamlab demo`` writes."""
    (example,) = (item for item in examples_in(demo("--help").out) if item[0] == name)
    status, words = SHOWN[name]
    result = demo(*example)

    assert (result.status, words in result.out) == (status, True), result.out


@pytest.mark.parametrize("name", SHOWN)
def test_the_help_of_a_command_is_complete(name: str, demo: Shell) -> None:
    """In 80 columns: what it does, each option, the exit statuses; and its examples work."""
    text = demo(name, "--help").out
    about, more = COMMANDS[name].help
    options = re.findall(r"^  (?:-h, )?(--[a-z-]+)(?:, --[a-z-]+)?(?: .*)?$", text, re.MULTILINE)

    assert [line for line in text.splitlines() if len(line) > 80 and "{" not in line] == []
    assert about in text
    assert "Exit status: 0 " in text
    assert "--json" not in options or "--json" in more or name in ("explain", "verify")
    for example in examples_in(text):
        if name != "demo":
            result = demo(*example)
            assert result.status in (0, 1), result.err
            assert {option for option in example if option.startswith("--")} <= set(options)


def test_the_commands_of_the_readme_and_of_the_tour_work(demo: Shell) -> None:
    """Each line that begins with iamlab works, in their order."""
    pages = (ROOT_FOLDER / "README.md", ROOT_FOLDER / "docs" / "command-line.md")
    text = "\n".join(page.read_text("utf-8") for page in pages).replace("\\\n", " ")
    lines = re.findall(r"^(iamlab .*)$", text, re.MULTILINE)
    commands = [shlex.split(line, comments=True)[1:] for line in lines if " " in line]
    shown = [command for command in commands if command[0] in COMMANDS and command != ["demo"]]

    assert len(shown) > 10
    for command in shown:
        result = demo(*command)
        assert result.status in (0, 1), (command, result.err)


def test_every_command_but_completion_prints_json(demo: Shell) -> None:
    """By the same option, whatever the command."""
    for example in examples_in(demo("--help").out):
        name = example[0]
        if name not in ("demo", "completion"):
            result = demo(*(item for item in example if item != "--explain"), "--json")
            assert result.status == SHOWN[name][0], name
            assert json.loads(result.out), name


def test_the_demo_overwrites_nothing(demo: Shell) -> None:
    """A folder that exists is bad input; another one can be named."""
    before = {path: path.read_bytes() for path in Path("demo").iterdir()}

    assert "already exists" in one_line(demo("demo"))
    assert {path: path.read_bytes() for path in Path("demo").iterdir()} == before
    assert json.loads(demo("demo", "other", "--json").out)[0] == str(Path("other", "world.json"))


def test_the_old_name_of_an_option_goes_on_working(demo: Shell) -> None:
    """``--from`` is ``--principal`` now, and the help says so."""
    dana = "arn:aws:iam::111111111111:user/dana"
    command = ("reach", "--world", "demo/world.json", "--to", "admin")

    assert demo(*command, "--from", dana) == demo(*command, "--principal", dana)
    assert "--from is the old name" in demo("reach", "--help").out


def test_the_version_is_printed(shell: Shell) -> None:
    """As every command line does."""
    assert re.fullmatch(r"iamlab \d+\.\d+\.\d+\n", shell("--version").out)

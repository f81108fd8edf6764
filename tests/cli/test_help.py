"""``iamlab --help`` groups the commands by purpose; every example in every help works."""

import io
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from iamlab.analysis.audit.controls import SEVERITIES
from iamlab.cli.commands import COMMANDS, PURPOSES
from iamlab.clients import serving
from iamlab.policy import catalog
from iamlab.policy.lint.findings import LEVELS
from iamlab.policy.rules import SERVICES, TYPES
from tests.cli.helpers import ROOT_FOLDER, Shell, examples_in, one_line

# What the example of a command prints, in a part of a line, and its exit status.
SHOWN = {
    "can": (1, "Denied by guard/KeepMaps"),
    "explain": (1, "What would change it:"),
    "who-can": (0, "user/bob  (AmazonS3FullAccess/#1)"),
    "what-can": (0, "by own-notes/OwnNotes"),
    "matrix": (0, "user/bob     yes  yes"),
    "check": (1, "Did you mean s3:GetObject?"),
    "explain-policy": (0, "star-maps"),
    "lookup": (0, "A set operator. Matches if every value"),
    "actions": (0, "s3:GetObjectTagging"),
    "audit": (1, "There is no MFA device."),
    "report": (1, "to do: Apply an IAM password policy"),
    "outside": (0, "Account 444455556666 may do sts:AssumeRole"),
    "reach": (0, "1. user/dana -> role/deploy: sts:AssumeRole"),
    "least-privilege": (0, '"Action": "s3:GetObject"'),
    "unused": (0, "To do:"),
    "demo": (0, "demo/world.json"),
    "world": (0, "1 account, 4 users, 4 groups, 1 role"),
    "serve": (0, "aws --profile dana sts get-caller-identity"),
    "diff": (1, "gained:"),
    "lab": (0, "JupyterLab starts."),
    "quiz": (0, "Question 1 of 3: predict"),
    "exam": (0, '"form": "choice"'),
    "lesson": (0, "Next: iamlab lesson check x1_our_buckets.toml"),
    "share": (0, "/lite/repl/index.html#kernel=python"),
    "classroom": (0, "08_resource_policies_blank.ipynb"),
    "completion": (0, "complete -F _iamlab iamlab"),
    "verify": (0, "decision: ✕ explicit deny by guard/KeepMaps"),
}


@pytest.fixture(autouse=True)
def _interrupted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Press Ctrl+C as soon as a server waits for calls, and answer no question."""
    stopped = SimpleNamespace(launch_instance=lambda _: None)
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", SimpleNamespace(LabApp=stopped))
    for home in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(home, str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setattr(serving, "sleep", lambda _: signal.raise_signal(signal.SIGINT))


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


def test_help_imports_no_part_of_the_model() -> None:
    """So it appears at once; a command imports what it needs when it runs."""
    code = (
        "import sys\n"
        "from iamlab.cli.main import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit:\n"
        "    print(*(name for name in sys.modules if name.startswith('iamlab')), file=sys.stderr)\n"
    )
    for arguments in (["--help"], ["reach", "--help"], ["can"]):
        run = [sys.executable, "-c", code, *arguments]
        ended = subprocess.run(run, capture_output=True, text=True, check=True)
        loaded = ended.stderr.splitlines()[-1].split()
        rooms = {name.split(".")[1] for name in loaded if "." in name}
        assert rooms == {"cli", "deprecated", "extras", "tables"}


@pytest.mark.parametrize(
    ("command", "option", "choices"),
    [
        ("check", "--type", TYPES),
        ("check", "--service", SERVICES),
        ("check", "--fail-on", [level.lower().replace("_", "-") for level in LEVELS]),
        ("explain-policy", "--type", TYPES),
        ("audit", "--fail-on", [level.lower() for level in SEVERITIES]),
        ("actions", "--level", catalog.LEVELS),
    ],
)
def test_the_choices_of_an_option_are_those_that_its_command_knows(
    command: str, option: str, choices: Iterable[str], shell: Shell
) -> None:
    """The help doesn't import the command, so it has its own list."""
    shown = re.search(option + r" \{(.*?)\}", shell(command, "--help").out.replace("\n", ""))

    assert shown
    assert shown[1].replace(" ", "").split(",") == [choice.replace(" ", "") for choice in choices]


def test_an_option_is_written_in_full(shell: Shell) -> None:
    """An abbreviation would mean something else as soon as there is another option."""
    result = shell("actions", "s3:*", "--lev", "Read")

    assert result.status == 2
    assert "unrecognized arguments: --lev Read" in one_line(result)


def test_the_commands_of_the_readme_and_of_the_tour_work(demo: Shell) -> None:
    """Each line that begins with iamlab works, in their order."""
    pages = (ROOT_FOLDER / "README.md", ROOT_FOLDER / "docs" / "command-line.md")
    text = "\n".join(page.read_text("utf-8") for page in pages).replace("\\\n", " ")
    lines = re.findall(r"^(iamlab .*?)(?: [|>] .*)?$", text, re.MULTILINE)
    commands = [shlex.split(line, comments=True)[1:] for line in lines if " " in line]
    shown = [command for command in commands if command[0] in COMMANDS and command != ["demo"]]

    assert len(shown) > 10
    for command in shown:
        result = demo(*command)
        assert result.status in (0, 1), (command, result.err)


def test_the_demo_overwrites_nothing(demo: Shell) -> None:
    """A folder that exists is bad input; another one can be named."""
    before = {path: path.read_bytes() for path in Path("demo").iterdir()}

    assert "already exists" in one_line(demo("demo"))
    assert {path: path.read_bytes() for path in Path("demo").iterdir()} == before
    assert demo("demo", "other", "--json").values["files"][0] == str(Path("other", "world.json"))


def test_the_old_name_of_an_option_goes_on_working(demo: Shell) -> None:
    """``--from`` is ``--principal`` now, and the help says so."""
    dana = "arn:aws:iam::111111111111:user/dana"
    command = ("reach", "--world", "demo/world.json", "--to", "admin")

    assert demo(*command, "--from", dana) == demo(*command, "--principal", dana)
    assert "--from is the old name" in demo("reach", "--help").out


def test_the_version_is_printed(shell: Shell) -> None:
    """As every command line does."""
    assert re.fullmatch(r"iamlab \d+\.\d+\.\d+\n", shell("--version").out)

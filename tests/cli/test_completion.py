"""``iamlab completion`` prints scripts with which bash, zsh and fish complete."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from iamlab.cli.commands import COMMANDS
from iamlab.policy.catalog import LEVELS
from iamlab.policy.rules import TYPES
from tests.cli.helpers import PATIENCE, Shell, one_line

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture
def bash(shell: Shell) -> Shell:
    """Bash is here, and the folder has the script and two files."""
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    shell.write("iamlab.bash", shell("completion", "bash").out)
    shell.write("policy one.json", "{}")
    shell.folder.joinpath("policies").mkdir()
    return shell


def completed(folder: Path, *words: str) -> list[str]:
    """Ask bash for the completions of the last word."""
    listed = " ".join(f"{word!r}" if word else "''" for word in words)
    script = (
        "source ./iamlab.bash\n"
        f"COMP_WORDS=(iamlab {listed})\nCOMP_CWORD={len(words)}\n_iamlab\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return [line for line in done.stdout.splitlines() if line]


def test_bash_completes_commands(bash: Shell) -> None:
    """All of them, or those that begin so."""
    assert completed(bash.folder, "") == [*COMMANDS, "--help", "--version"]
    assert completed(bash.folder, "wh") == ["who-can", "what-can"]
    assert completed(bash.folder, "nothing") == []


def test_bash_completes_the_options_of_the_command(bash: Shell) -> None:
    """And of no other; an old name is not offered."""
    assert completed(bash.folder, "who-can", "--re") == [
        "--resource-policy",
        "--resource",
        "--region",
        "--request-tag",
    ]
    assert completed(bash.folder, "reach", "--fr") == []
    assert completed(bash.folder, "reach", "--pr") == ["--principal"]
    options = completed(bash.folder, "can", "--world", "w.json", "--")
    shown = re.findall(r"^  (?:-h, )?(--[a-z-]+)", bash("can", "--help").out, re.MULTILINE)
    assert sorted(options) == sorted(shown)


def test_bash_completes_values(bash: Shell) -> None:
    """Choices, also after an equals sign and with spaces; nothing where any text can be."""
    assert completed(bash.folder, "check", "--type", "") == list(TYPES)
    assert completed(bash.folder, "check", "--type", "=", "sc") == ["scp"]
    assert completed(bash.folder, "check", "--type", "=") == list(TYPES)
    assert completed(bash.folder, "completion", "") == list(SHELLS)
    assert completed(bash.folder, "can", "--action", "") == []
    assert completed(bash.folder, "actions", "--level", "") == [
        level.replace(" ", "\\ ") for level in LEVELS
    ]


def test_bash_completes_files(bash: Shell) -> None:
    """Where a file or a folder is wanted."""
    files = ["policies", "policy one.json"]

    assert sorted(completed(bash.folder, "check", "pol")) == files
    assert sorted(completed(bash.folder, "can", "--world", "pol")) == files
    assert sorted(completed(bash.folder, "diff", "account.json", "pol")) == files


@pytest.mark.parametrize("name", SHELLS)
def test_the_shell_reads_the_script(name: str, shell: Shell) -> None:
    """Without a complaint, in whatever shells are here."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    path = shell.write("script", shell("completion", name).out)
    done = subprocess.run(
        [name, "-n", str(path)], capture_output=True, text=True, check=False, timeout=PATIENCE
    )

    assert (done.returncode, done.stderr) == (0, "")


LINES = {
    "iamlab wh": "who-can",
    "iamlab can --wo": "--world",
    "iamlab check --type sc": "scp",
}


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(shell: Shell) -> None:
    """Commands, options, choices."""
    shell.write("script", shell("completion", "fish").out)
    for line, word in LINES.items():
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source script; complete -C {json.dumps(line)}"],
            cwd=shell.folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
            env={**os.environ, "HOME": str(shell.folder)},
        )
        assert word in [line.split("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", SHELLS)
def test_every_command_and_option_is_in_the_script(name: str, shell: Shell) -> None:
    """Made from the parsers, so nothing is left out."""
    script = shell("completion", name).out

    for command in COMMANDS:
        assert command in script
        for option in re.findall(
            r"^  (?:-h, )?--([a-z-]+)", shell(command, "--help").out, re.MULTILINE
        ):
            assert option in script


def test_other_shells_are_bad_input(shell: Shell) -> None:
    """With those that there are."""
    assert "fish" in one_line(shell("completion", "tcsh"))

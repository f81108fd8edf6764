"""Run the command line: in this process for most tests, as a real process for some."""

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from iamlab.cli.main import main
from tests.storage.account_exports import as_cli, export_of, hand_made

PATIENCE = 600
"""So many seconds a process may take: it hangs, however busy the machine is."""
ROOT_FOLDER = Path(__file__).parents[2]
SCHEMAS = ROOT_FOLDER / "iamlab" / "distribution" / "schemas"


class Result(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def values(self) -> dict[str, Any]:
        """What ``--json`` printed, without the address of its schema."""
        found: dict[str, Any] = json.loads(self.out)
        del found["$schema"]
        return found


class Shell:
    """Runs ``iamlab`` in a folder that holds account.json: the hand-made account as an export."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.write("account.json", as_cli(export_of(hand_made())))

    def write(self, name: str, text: str) -> Path:
        """Make a file beside it."""
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def __call__(self, *arguments: str) -> Result:
        """Run it here."""
        self.capsys.readouterr()
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code  # type: ignore[assignment]
        result = Result(status, *self.capsys.readouterr())
        if "--json" in arguments and "$schema" in result.out:
            is_as_described(result.out)
        return result

    def terminal(self, encoding: str, *arguments: str) -> Result:
        """Run it here, for a terminal that knows only the letters of an encoding."""
        pipes = [io.TextIOWrapper(io.BytesIO(), encoding, newline="\n") for _ in "oe"]
        with contextlib.redirect_stdout(pipes[0]), contextlib.redirect_stderr(pipes[1]):
            try:
                status = main(arguments)
            except SystemExit as end:
                status = end.code  # type: ignore[assignment]
            text = []
            for pipe in pipes:
                pipe.flush()
                text.append(pipe.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]
        return Result(status, *text)

    def process(self, *arguments: str, **environment: str) -> Result:
        """Run it as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "iamlab", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT_FOLDER), **environment},
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        return Result(
            done.returncode,
            done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"),
        )


def is_as_described(out: str) -> None:
    """Check an answer for programs with its schema."""
    answer = json.loads(out)
    schema = (SCHEMAS / answer["$schema"].rpartition("/")[2]).read_text("utf-8")
    problem = best_match(Draft202012Validator(json.loads(schema)).iter_errors(answer))
    assert problem is None, f"{problem.json_path}: {problem.message[:200]}"


def one_line(result: Result) -> str:
    """Check that bad input was met as promised, and give the line."""
    assert (result.status, result.out) == (2, "")
    assert "Traceback" not in result.err
    assert result.err.endswith("\n")
    assert len(result.err.splitlines()) == 1, result.err
    assert result.err.startswith("iamlab")
    return result.err


def details_of(out: str) -> str:
    """Leave out the summary with which an answer starts that is longer than a screen."""
    summary, _, details = out.partition("\n\n")
    return details if "\nMost important:" in summary else out


def examples_in(help_text: str) -> list[list[str]]:
    """Take the commands out of a help text, as arguments: a line that begins with iamlab."""
    lines = help_text.replace("\\\n", " ")
    return [shlex.split(item)[1:] for item in re.findall(r"^ +(iamlab .*)$", lines, re.MULTILINE)]

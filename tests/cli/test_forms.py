"""How answers leave: as JSON, as CSV, through pipes; and what an interruption leaves."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iamlab.cli.answers import cell
from tests.cli.calls import DETAILS, GET, QUESTIONS
from tests.cli.helpers import PATIENCE, ROOT_FOLDER, Result, Shell
from tests.effort import first_now
from tests.policy.documents import allow, document
from tests.storage.account_exports import MAPS, arn_of, as_cli, big


@pytest.mark.parametrize("start", [*"=+-@", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_cell_begins_as_a_formula(start: str) -> None:
    """As OWASP advises; what is not a formula stays as it is."""
    for before in ("", " ", "\t", "\r", "\n"):
        assert cell(f"{before}{start}1+1").startswith(("'", "\ufffd"))
    assert cell(f"a{start}1") == f"a{start}1"
    assert cell([f"{start}1", "b"]) == f"'{start}1; b"


def test_a_policy_with_the_name_of_a_formula_stays_text_in_a_table(shell: Shell) -> None:
    """IAM allows such names: ``=1+1`` and ``@sum``."""
    export: dict[str, Any] = json.loads((shell.folder / "account.json").read_text("utf-8"))
    own = document(allow("s3:GetObject", Sid='x",=1,"'))
    export["UserDetailList"][2]["UserPolicyList"] = [
        {"PolicyName": "=1+1", "PolicyDocument": own},
        {"PolicyName": "@sum", "PolicyDocument": own},
    ]
    shell.write("after.json", as_cli(export))
    after = ("--account-details", "after.json")
    request = {
        "who-can": (*after, *GET),
        "what-can": (*after, "--principal", arn_of("carol"), "--service", "s3"),
        "matrix": (*after, *GET),
        "diff": ("account.json", "after.json", *GET),
    }
    for command, arguments in request.items():
        result = shell(command, *arguments, "--csv")
        rows = list(csv.reader(io.StringIO(result.out)))

        assert result.status in (0, 1), result.err
        assert len({len(row) for row in rows}) == 1
        assert [item for row in rows for item in row if item[:1] in set("=+-@")] == []
        assert len(rows) == len(result.out.splitlines())
        assert command == "matrix" or "=1+1" in result.out


@pytest.mark.parametrize("command", [*QUESTIONS, "diff", "world"])
def test_help_has_room_in_80_columns_and_promises_the_keys(command: str, shell: Shell) -> None:
    """Keys and columns of the programs' forms are there."""
    result = shell(command, "--help")

    assert (result.status, result.err) == (0, "")
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    if command == "world":
        return
    shell("world", *DETAILS, "--output", "world.json")
    grant = document(allow("s3:*"))
    export: dict[str, Any] = json.loads((shell.folder / "account.json").read_text("utf-8"))
    export["UserDetailList"][2]["UserPolicyList"] = [{"PolicyName": "p", "PolicyDocument": grant}]
    shell.write("after.json", as_cli(export))
    request = QUESTIONS | {"diff": ("after.json", *GET)}
    first = ("account.json",) if command == "diff" else DETAILS
    promised = result.out.partition("--json: ")[2]
    for key in keys_in(shell(command, *first, *request[command], "--json").values):
        assert command == "can" or key in promised, key
    if command != "can":
        head = shell(command, *first, *request[command], "--csv").out.splitlines()[0]
        columns = next(csv.reader([head]))
        text = promised.partition("--csv: ")[2]
        assert all(column in text for column in columns if " on " not in column)


def keys_in(value: Any) -> set[str]:
    """Collect the keys of JSON."""
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys_in(item)}
    return {key for item in value for key in keys_in(item)} if isinstance(value, list) else set()


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT_FOLDER), "PYTHONIOENCODING": "utf-8"}
WAITING = """
import signal, sys, time
import tqdm.auto
from iamlab import display
from iamlab.cli.main import main

class Waiting(tqdm.auto.tqdm):
    def __iter__(self):
        self.refresh()
        time.sleep(600)
        yield from super().__iter__()

signal.signal(signal.SIGINT, signal.default_int_handler)
display.PATIENCE = -1
tqdm.auto.tqdm = Waiting
sys.exit(main(sys.argv[1:]))
"""
"""Runs the command line, which shows its first bar and then waits.

A shell starts what runs in the background with Ctrl+C switched off, so it is switched on here.
"""


def start(folder: Path, *arguments: str, **pipes: Any) -> "subprocess.Popen[bytes]":
    """Run it as a process that goes on."""
    return subprocess.Popen(
        [sys.executable, "-m", "iamlab", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        **pipes,
    )


@pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise on Windows")
@pytest.mark.parametrize("command", first_now([*QUESTIONS, "diff", "world"]))
def test_a_reader_that_goes_away_causes_no_traceback(command: str, shell: Shell) -> None:
    """``iamlab who-can ... | head -1`` leaves nothing on stderr."""
    arguments = {
        **{name: (*DETAILS, *question) for name, question in QUESTIONS.items()},
        "diff": ("account.json", "account.json"),
        "world": (*DETAILS, "--output", "-"),
    }
    read, write = os.pipe()
    os.close(read)
    try:
        process = start(
            shell.folder, command, *arguments[command], stdout=write, stderr=subprocess.PIPE
        )
        _, err = process.communicate(timeout=PATIENCE)
    finally:
        os.close(write)

    assert err.decode() == ""


@pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise on Windows")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (1, ("can", *DETAILS, "--principal", arn_of("carol"), *GET)),
        (1, ("check", "policy.json")),
        (0, ("--help",)),
        (0, ("--version",)),
        (2, ("check", "nowhere.json")),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_a_reader_that_goes_away_does_not_change_the_exit_status(
    status: int, arguments: tuple[str, ...], unbuffered: str, shell: Shell
) -> None:
    """In a pipeline with pipefail, denied stays denied."""
    shell.write("policy.json", json.dumps(document(allow("s3:GetObjct"))))
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-m", "iamlab", *arguments],
        cwd=shell.folder,
        env={**ENVIRONMENT, "PYTHONUNBUFFERED": unbuffered},
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        check=False,
    )
    os.close(write)

    assert (process.returncode, b"BrokenPipe" in process.stderr) == (status, False)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_an_interrupted_question_ends_with_130_and_one_line(shell: Shell) -> None:
    """Ctrl+C while the bar shows how far it is: the bar goes, a line stays, no traceback.

    The bar is shown at once, and the work waits there for the signal.
    """
    before = big(60)
    after = json.loads(json.dumps(before, default=str))
    for user in after["UserDetailList"][5:25]:
        own = document(allow("s3:*", f"{MAPS}/{user['UserName']}/*"))
        user["UserPolicyList"].append({"PolicyName": "more", "PolicyDocument": own})
    shell.write("account.json", as_cli(before))
    shell.write("after.json", as_cli(after))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-c", WAITING, "diff", "account.json", "after.json"]
    with subprocess.Popen(command, cwd=shell.folder, env=ENVIRONMENT, **pipes) as process:
        assert process.stderr is not None
        seen = b""
        while b"%|" not in seen:
            got = os.read(process.stderr.fileno(), 4096)
            assert got, "it was done before a bar was shown"
            seen += got
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)

    left = err.decode().rpartition("\r")[2]
    assert (process.returncode, out) == (130, b"")
    assert left == "iamlab: interrupted\n"
    assert "Traceback" not in err.decode()


def test_an_interruption_before_any_bar_is_one_line_too(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the work was."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("iamlab.cli.access.read_world", interrupted)

    assert shell("who-can", *DETAILS, *GET) == Result(130, "", "iamlab: interrupted\n")


def test_progress_stays_out_of_the_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without patience there is a bar on stderr, and the same answer."""
    for command, question in QUESTIONS.items():
        quiet = shell(command, *DETAILS, *question)
        with monkeypatch.context() as patch:
            patch.setattr("iamlab.display.PATIENCE", -1.0)
            loud = shell(command, *DETAILS, *question)

        assert (loud.status, loud.out) == (quiet.status, quiet.out)
        assert command in ("can", "what-can") or "%|" in loud.err


def test_json_hides_nothing_and_steers_nothing(shell: Shell) -> None:
    """What cannot be seen is escaped, and is there when it is read."""
    sid = "\x9b31m\u202ered\x7f\U000e0041\x85\u2028end\u2029"
    export: dict[str, Any] = json.loads((shell.folder / "account.json").read_text("utf-8"))
    export["UserDetailList"][2]["UserPolicyList"] = [
        {"PolicyName": "p", "PolicyDocument": document(allow("s3:GetObject", Sid=sid))}
    ]
    shell.write("account.json", as_cli(export))
    out = shell("who-can", *DETAILS, *GET, "--json").out
    by = {load["principal"]: load["determining"] for load in json.loads(out)["allowed"]}

    assert by[arn_of("carol")] == [f"p/{sid}"]
    assert all(line.isprintable() for line in out.split("\n"))


def test_no_sid_forges_a_line_of_the_list(shell: Shell) -> None:
    """Who is at the beginning of a line may do it."""
    export: dict[str, Any] = json.loads((shell.folder / "account.json").read_text("utf-8"))
    forged = document(allow("s3:GetObject", Sid=f"x)\n{arn_of('erin')}  (y\x1b[31m"))
    export["UserDetailList"][2]["UserPolicyList"] = [{"PolicyName": "p", "PolicyDocument": forged}]
    shell.write("account.json", as_cli(export))
    for form in ((), ("--csv",)):
        out = shell("who-can", *DETAILS, *GET, *form).out

        assert arn_of("carol") in out
        assert not any(line.startswith(arn_of("erin")) for line in out.splitlines())
        assert all(line.isprintable() for line in out.split("\n"))

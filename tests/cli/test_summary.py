"""An answer longer than a screen starts with a summary: counts, and the three most important."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import PATIENCE, ROOT_FOLDER, Shell
from tests.effort import first_now
from tests.storage.account_exports import MAPS, as_cli, big

READ = (
    "--account-details",
    "account.json",
    "--action",
    "s3:GetObject",
    "--resource",
    f"{MAPS}/m31",
)


@pytest.fixture
def many(shell: Shell) -> Shell:
    """The account has 60 users more."""
    shell.write("account.json", as_cli(big(60)))
    return shell


def summary_of(out: str) -> list[str]:
    """Take the summary of an answer: the lines above the first empty one."""
    lines = out.splitlines()
    return lines[: lines.index("")] if "" in lines else lines


def test_a_short_answer_has_no_summary(shell: Shell) -> None:
    """It begins with the answer itself."""
    assert shell("who-can", *READ).out.startswith("arn:aws:iam::")


LONG: dict[str, tuple[tuple[str, ...], str]] = {
    "who-can": (READ, "principals can do s3:GetObject on"),
    "matrix": (READ, " yes, "),
    "audit": (READ[:2], "Audit of 1 account: "),
    "actions": (("s3:*",), " Permissions management, "),
    "reach": ((*READ, "--all"), "directly; "),
}


@pytest.mark.parametrize("command", first_now(LONG, len(LONG) - 1))
def test_a_long_answer_starts_with_counts_and_the_three_most_important(
    command: str, many: Shell
) -> None:
    """In a pipe all of it follows."""
    arguments, counts = LONG[command]
    first, heading, *entries = summary_of(many(command, *arguments).out)

    assert counts in first
    assert heading == "Most important:"
    assert 1 <= len(entries) <= 3
    assert all(entry.startswith("  ") for entry in entries)


def test_users_come_first_and_the_root_user_last(many: Shell) -> None:
    """What is important is who has long-term credentials; a root user can do everything anyhow."""
    out = many("who-can", *READ).out

    assert all(":user/" in entry for entry in summary_of(out)[2:])
    assert sum(":root" in line for line in out.splitlines()) == 1


def test_the_riskiest_actions_come_first(shell: Shell) -> None:
    """Those that manage permissions."""
    entries = summary_of(shell("actions", "s3:*").out)[2:]

    assert [" Permissions management " in entry for entry in entries] == [True] * 3


def test_json_and_csv_have_no_summary(many: Shell) -> None:
    """They are for programs."""
    for form in ("--json", "--csv"):
        assert "Most important" not in many("who-can", *READ, form).out


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such terminals")
def test_a_terminal_gets_the_summary_and_details_on_request(many: Shell) -> None:
    """By its height: 24 lines are not enough, 200 are."""
    short = terminal(many.folder, 24, "who-can", *READ)
    whole = terminal(many.folder, 24, "who-can", *READ, "--details")
    high = terminal(many.folder, 200, "who-can", *READ)

    assert len(short) == 6
    assert short[-1].startswith("--details prints all ")
    assert whole[:5] == short[:5]
    assert len(whole) > 60
    assert high == whole[6:]


def terminal(folder: Path, height: int, *arguments: str) -> list[str]:
    """Run a command in a terminal of this height, and give its lines."""
    import fcntl
    import pty
    import struct
    import subprocess
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, 200, 0, 0))
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(ROOT_FOLDER)}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "iamlab", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=theirs, stderr=subprocess.DEVNULL
    ) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                got = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if not got:
                break
            out += got
        process.wait(PATIENCE)
    os.close(ours)
    return out.decode().splitlines()

"""``iamlab least-privilege`` and ``iamlab unused`` read a trail beside a world."""

import csv
import gzip
import io
import json
import os
import sys
from pathlib import Path
from threading import Thread

import pytest

from iamlab import Policy, World
from tests.cli.helpers import Shell, one_line

DANA = "arn:aws:iam::111111111111:user/dana"
MAP = "arn:aws:s3:::star-maps/m31.fits"


@pytest.fixture
def shell(shell: Shell) -> Shell:
    """A world in which dana may use S3 and EC2, and the trail of what she did: one read."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    dana = main.create_user("dana")
    dana.put_policy("work", Policy.allow(["s3:*", "ec2:*"]))
    world.save(shell.folder / "world.json")
    world.do(dana, "s3:GetObject", MAP)
    folder = shell.folder / "trail"
    folder.mkdir()
    records = [event.to_dict() for event in world.events]
    with gzip.open(folder / "one.json.gz", "wt", encoding="utf-8") as file:
        json.dump({"Records": records}, file)
    return shell


def ask(command: str, shell: Shell, *more: str) -> tuple[str, ...]:
    """Ask with the trail."""
    return (command, str(shell.folder / "trail"), "--world", "world.json", *more)


@pytest.fixture(autouse=True)
def _here(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shell.folder)


def test_the_policy_allows_what_was_used_and_no_more(shell: Shell) -> None:
    """Of all S3 and EC2, one read is left."""
    result = shell(*ask("least-privilege", shell, "--principal", DANA, "--json"))
    assert result.status == 0
    text = json.loads(result.out)
    (document,) = text["policies"]
    (statement,) = document["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("s3:GetObject", MAP)
    assert text["problems"] == 0


def _incomplete(folder: Path, kind: str) -> None:
    """Make the trail cut off, or add an event of 2099, or a record that isn't one."""
    text = gzip.decompress((folder / "one.json.gz").read_bytes()).decode()
    if kind == "cut off":
        (folder / "two.json").write_text(text[: len(text) // 2], "utf-8")
    elif kind == "in the future":
        (folder / "two.json").write_text(text.replace('"eventTime": "20', '"eventTime": "21'))
    else:
        (folder / "two.json").write_text('{"Records": [{"eventVersion": "1.11"}]}', "utf-8")


@pytest.mark.parametrize("command", ["least-privilege", "unused"])
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cut off", "The trail is incomplete: 1 record can't be read."),
        ("in the future", "3 events are dated in the future and left out."),
        ("not a record", "The trail is incomplete: 1 record can't be read."),
    ],
)
def test_an_incomplete_trail_is_printed_first_and_fails(
    shell: Shell, command: str, kind: str, words: str
) -> None:
    """An edit that is right for half a trail can take away what the other half uses."""
    whole = shell(*ask(command, shell, "--principal", DANA, "--json"))
    _incomplete(shell.folder / "trail", kind)
    result = shell(*ask(command, shell, "--principal", DANA))

    assert (whole.status, result.status) == (0, 1)
    assert words in [line.strip() for line in result.out.splitlines()[:3]]
    assert ("warning: " in result.err) == (kind != "in the future")
    ours = json.loads(shell(*ask(command, shell, "--principal", DANA, "--json")).out)
    before = json.loads(whole.out)
    same = ("policies",) if command == "least-privilege" else ("since", "edits", "findings")
    assert {key: ours[key] for key in same} == {key: before[key] for key in same}


def test_a_trail_comes_from_standard_input_or_from_a_pipe(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both can be read only once, and the trail is."""
    content = (shell.folder / "trail" / "one.json.gz").read_bytes()
    expected = shell(*ask("unused", shell, "--json")).out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    assert shell("unused", "-", "--world", "world.json", "--json").out == expected
    assert "Standard input is read once" in one_line(shell("unused", "-", "--world", "-"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(shell.folder / "pipe")
        writer = Thread(target=(shell.folder / "pipe").write_bytes, args=(content,))
        writer.start()
        assert shell("unused", "pipe", "--world", "world.json", "--json").out == expected
        writer.join()


def test_what_was_used_is_a_table_too(shell: Shell) -> None:
    """With how often."""
    result = shell(*ask("least-privilege", shell, "--principal", DANA, "--csv"))
    (row,) = csv.DictReader(io.StringIO(result.out))
    assert (row["action"], row["resource"], row["allowed"]) == ("s3:GetObject", MAP, "1")


def test_a_pipeline_stops_where_too_much_is_allowed(shell: Shell) -> None:
    """By both commands, and only if they must."""
    for more in (("least-privilege", "--principal", DANA), ("unused", "--principal", DANA)):
        command, *options = more
        assert shell(*ask(command, shell, *options)).status == 0
        assert shell(*ask(command, shell, *options, "--fail")).status == 1


def test_the_edits_are_reported_with_the_new_document(shell: Shell) -> None:
    """EC2 goes; what was used stays."""
    lines = json.loads(shell(*ask("unused", shell, "--principal", DANA, "--json")).out)
    (edit,) = lines["edits"]
    assert edit["holder"] == DANA
    assert "ec2" not in json.dumps(edit["document"])
    text = shell(*ask("unused", shell, "--principal", DANA)).out
    assert "To do:" in text
    assert "work" in text


def test_what_cannot_be_read_is_said_in_a_line(shell: Shell, tmp_path: Path) -> None:
    """A trail that is not there, one without records, a principal that isn't one."""
    empty = tmp_path / "nothing"
    empty.mkdir()
    world = ("--world", "world.json")
    assert "nowhere" in one_line(shell("unused", "nowhere", *world))
    assert one_line(shell("unused", str(empty), *world))
    assert "danna" in one_line(shell(*ask("least-privilege", shell, "--principal", "danna")))
    assert one_line(shell(*ask("unused", shell, "--unused-access-age", "0")))


def test_a_file_that_is_not_a_trail_proves_nothing(shell: Shell) -> None:
    """With exit status 2: a gate that lets everything through isn't one."""
    for command in (("unused",), ("least-privilege", "--principal", DANA)):
        arguments = (command[0], "account.json", "--world", "world.json", *command[1:])
        assert "No CloudTrail record can be read" in one_line(shell(*arguments))

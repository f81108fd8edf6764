"""``iamlab diff`` tells the edits between two files, and who gained or lost what by which."""

import csv
import io
import json
from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.world_diff.world_diff import WorldDiff, diff_between
from tests.cli.helpers import Shell, one_line
from tests.policy.documents import allow, document
from tests.storage.account_exports import (
    ARN_OF,
    MAPS,
    arn_of,
    as_cli,
    export_of,
    filtered,
    hand_made,
)

FILES = ("diff", "account.json", "after.json")
NAMES = ("carol", "dana", "erin")
QUESTION = ("--action", "s3:GetObject", "--resource", f"{MAPS}/m31")


@pytest.fixture
def changed(shell: Shell) -> Shell:
    """The folder has the account as it is after two edits too."""
    world = hand_made()
    world.group("astronomers").remove_user("alice")
    world.user("erin").attach_policy(ARN_OF["everything"])
    shell.write("after.json", as_cli(export_of(world)))
    return shell


def compared(shell: Shell) -> WorldDiff:
    """Ask by Python."""
    before, after = (World.from_account_details(shell.folder / name) for name in FILES[1:])
    return diff_between(before, after)


def as_rows(changes: Any) -> list[tuple[Any, ...]]:
    """Return gains and losses as rows."""
    return [
        (
            "gained" if change.gained else "lost",
            change.principal,
            change.action,
            change.resource,
            change.by,
        )
        for change in changes
    ]


def test_the_same_file_ends_with_0(shell: Shell) -> None:
    """In each form."""
    same = ("diff", "account.json", "account.json")

    text, as_json, table = (shell(*same, *form) for form in ([], ["--json"], ["--csv"]))

    assert (text.status, text.out, text.err) == (0, "Nothing is different.\n", "")
    assert (as_json.status, as_json.values) == (
        0,
        {"edits": [], "outside": {}, "changes": []},
    )
    assert (table.status, table.out) == (0, "change,principal,action,resource,by\n")


def test_json_holds_what_python_finds(changed: Shell) -> None:
    """The edits, and each gain and loss with its causes; the status is 1."""
    result = changed(*FILES, "--json")
    wanted = compared(changed)
    got = json.loads(result.out)

    assert (result.status, result.err) == (1, "")
    assert got["edits"] == list(wanted.edits)
    keys = ("change", "principal", "action", "resource")
    rows = [(*(item[key] for key in keys), tuple(item["by"])) for item in got["changes"]]
    assert rows == as_rows(wanted.gains_and_losses)
    assert {item["change"] for item in got["changes"]} == {"gained", "lost"}
    assert [item["together"] for item in got["changes"]] == [
        change.together for change in wanted.gains_and_losses
    ]


def test_csv_is_the_table_of_python(changed: Shell) -> None:
    """A line for each gain and loss."""
    head, *rows = csv.reader(io.StringIO(changed(*FILES, "--csv").out))

    assert head == ["change", "principal", "action", "resource", "by"]
    assert rows == [
        [*row, "; ".join(by)] for *row, by in as_rows(compared(changed).gains_and_losses)
    ]


def test_text_names_each_edit_with_what_it_did(changed: Shell) -> None:
    """The request for can be given; long lines go on in the next."""
    out = changed(*FILES, *QUESTION).out
    above, alice, erin = out.split("\n\n")
    left, came = compared(changed).edits

    assert above.splitlines()[0] == left
    assert " ".join(above.split()) == f"{left} {came}"
    assert alice.splitlines() == [
        left,
        f"  {arn_of('alice')} lost:",
        f"    s3:GetObject on {MAPS}/m31",
    ]
    assert " ".join(erin.split()) == (f"{came} {arn_of('erin')} gained: s3:GetObject on {MAPS}/m31")
    assert all(len(line) <= 80 for line in out.splitlines())


def test_an_edit_without_effect_is_an_edit(shell: Shell) -> None:
    """It ends with 1, and says that nobody gained."""
    world = hand_made()
    world.user("carol").tags["team"] = "sky"
    shell.write("after.json", as_cli(export_of(world)))
    result = shell(*FILES, *QUESTION)

    assert result.status == 1
    assert "tag team of user carol" in result.out
    assert result.out.endswith("Nobody gained or lost the access that was checked.\n")


def test_edits_that_only_work_together_are_reported_together(shell: Shell) -> None:
    """A new group, and its new member."""
    world = hand_made()
    (account,) = world.accounts.values()
    account.create_group("readers").put_policy("read", document(allow("s3:GetObject")))
    account.groups["readers"].add_user("carol")
    shell.write("after.json", as_cli(export_of(world)))
    out = shell(*FILES, *QUESTION).out

    assert "\n\nBy " in out
    assert f"  {arn_of('carol')} gained:\n    s3:GetObject on {MAPS}/m31\n" in out


def test_text_has_short_edits_and_json_whole_ones(shell: Shell) -> None:
    """Many edits are counted first; of a policy in an edit, the statements are printed."""
    world = hand_made()
    for number in range(24):
        own = document(allow("sqs:SendMessage", f"arn:aws:sqs:us-east-1:*:{number}"))
        world.user(NAMES[number % 3]).put_policy(f"p{number}", own)
    shell.write("after.json", as_cli(export_of(world)))
    text = shell(*FILES, *QUESTION).out
    edits = json.loads(shell(*FILES, *QUESTION, "--json").out)["edits"]

    assert text.startswith("24 edits: 0 gained, 0 lost.\nMost important:\n")
    assert len(edits) == 24
    assert "  + Action: sqs:SendMessage\n" in text
    assert all(len(edit) > 170 for edit in edits)


@pytest.mark.slow
def test_a_file_is_what_is_in_it(changed: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved world, whatever the order of its keys; account details; standard input."""
    world = World.from_account_details(changed.folder / "account.json")
    world.save(changed.folder / "saved.txt")
    saved = (changed.folder / "saved.txt").read_text("utf-8")
    turned = dict(reversed(json.loads(saved).items()))
    changed.write("turned", json.dumps(turned))
    after = (changed.folder / "after.json").read_bytes()

    def given(data: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))

    for name in ("saved.txt", "turned"):
        assert changed("diff", name, "account.json").status == 0
        assert changed("diff", name, "after.json").out == changed(*FILES).out
    given(after)
    assert changed("diff", "saved.txt", "-").out == changed(*FILES).out
    given(saved.encode())
    assert changed("diff", "-", "after.json").out == changed(*FILES).out


def test_what_the_files_leave_open_is_warned_of_once(changed: Shell) -> None:
    """Both files lack the groups."""
    for name in FILES[1:]:
        path = changed.folder / name
        whole = json.loads(path.read_text("utf-8"))
        changed.write(name, as_cli(filtered(whole, "User", "LocalManagedPolicy")))
    lines = changed(*FILES, *QUESTION).err.splitlines()

    assert len(lines) == len(set(lines))
    assert any("astronomers" in line for line in lines)


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "one file": (("diff", "account.json"), "FILE"),
    "no such file": (("diff", "account.json", "none.json"), "none.json can't be read"),
    "a folder": (("diff", ".", "account.json"), "can't be read"),
    "standard input twice": (("diff", "-", "-"), "read once"),
    "another command's": (("diff", "account.json", "other.json"), "other.json is not the output"),
    "a text": (("diff", "account.json", "text.json"), "isn't a JSON object"),
    "a damaged world": (("diff", "account.json", "damaged.json"), "damaged.json"),
    "a world of tomorrow": (("diff", "account.json", "new.json"), "version 99"),
    "no JSON": (("diff", "account.json", "no.json"), "no.json, line 1"),
    "no action": ((*FILES, "--action", "s3:Get*", "--resource", "*"), "service:Action"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line(case: str, changed: Shell) -> None:
    """With the name of the file."""
    changed.write("other.json", '{"Users": []}')
    changed.write("text.json", '"account.json"')
    changed.write("damaged.json", '{"iamlab": "world", "version": 1}')
    changed.write("new.json", '{"iamlab": "world", "version": 99}')
    changed.write("no.json", "<html>")
    arguments, word = BAD[case]

    assert word in one_line(changed(*arguments))


def test_names_of_strangers_neither_steer_nor_forge(shell: Shell) -> None:
    """A tag of a user may hold anything in a file."""
    export: dict[str, Any] = json.loads((shell.folder / "account.json").read_text("utf-8"))
    value = "sky\nNothing is different.\n\x1b[31m\u202e"
    export["UserDetailList"][0]["Tags"] = [{"Key": "=team", "Value": value}]
    shell.write("after.json", as_cli(export))
    text, as_json, table = (shell(*FILES, *form) for form in ([], ["--json"], ["--csv"]))

    assert text.status in (1, 2)
    for result in (text, as_json, table):
        assert "\x1b" not in result.out + result.err
        assert "\u202e" not in result.out + result.err
        assert "Nothing is different." not in result.out.splitlines()

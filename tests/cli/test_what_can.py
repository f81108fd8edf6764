"""``iamlab what-can`` says what Python says, in three forms."""

import csv
import io
import json

import pytest

from iamlab import World
from iamlab.analysis.what_can.what_can import WhatCan, what_can
from tests.cli.calls import CALLS, CHOSEN, CLOUDTRAIL, IAM, TRAIL, options_of, travelling
from tests.cli.helpers import Shell, one_line
from tests.effort import first_now
from tests.policy.documents import allow, document
from tests.storage.account_exports import ROOT, arn_of, as_cli, export_of, filtered, hand_made

COLUMNS = ["allowed", "actions", "resources", "except", "when", "by"]
CALLERS = [*map(arn_of, ("alice", "bob", "dana", "erin", "auditor")), ROOT]
OF_EACH_KIND = [arn_of("alice"), arn_of("auditor"), ROOT]
"""A user, a role and the root user are asked about all services."""


def ask(who: str, *more: str) -> tuple[str, ...]:
    """Write a question down as arguments."""
    return ("what-can", "--account-details", "account.json", "--principal", who, *more)


def found(shell: Shell, who: str, *services: str) -> WhatCan:
    """Ask by Python."""
    world = World.from_account_details(shell.folder / "account.json")
    return what_can(world, who, services=services or None)


def told(item: WhatCan) -> list[str]:
    """Return the words of all lines."""
    return [str(line) for line in (*item.allowed, *item.conditional, *item.stopped)]


@pytest.mark.parametrize("who", CALLERS)
def test_json_holds_what_python_finds(who: str, shell: Shell) -> None:
    """Line by line, under the keys that the help promises."""
    result = shell(*ask(who, "--json", "--service", "s3", "--service", "sts"))
    wanted = found(shell, who, "s3", "sts")
    got = result.values

    assert (result.status, result.err) == (0, "")
    assert list(got) == ["principal", "allowed", "conditional", "stopped", "assumed", "incomplete"]
    assert got["principal"] == who
    for kind in ("allowed", "conditional"):
        assert got[kind] == [
            {
                "actions": list(item.actions),
                "resources": list(item.resources),
                "except": list(item.but),
                "when": list(item.when),
                "by": list(item.by),
            }
            for item in getattr(wanted, kind)
        ]
    assert [(item["layer"], item["why"], tuple(item["by"])) for item in got["stopped"]] == [
        (item.layer, item.why, item.by) for item in wanted.stopped
    ]
    assert got["assumed"] == list(wanted.assumed)


@pytest.mark.parametrize("who", first_now(OF_EACH_KIND))
def test_csv_is_the_table_of_python(who: str, shell: Shell) -> None:
    """A header, then what is allowed, what is under a condition, and what is stopped."""
    result = shell(*ask(who, "--csv"))
    wanted = found(shell, who)

    assert list(csv.reader(io.StringIO(result.out))) == [
        COLUMNS,
        *(["yes", *item.columns] for item in wanted.allowed),
        *(["conditional", *item.columns] for item in wanted.conditional),
        *(["no", *item.columns] for item in wanted.stopped),
    ]


@pytest.mark.parametrize("who", first_now(OF_EACH_KIND))
def test_text_says_every_line_in_80_columns(who: str, shell: Shell) -> None:
    """Only a single word may be longer, so that an ARN can be copied."""
    out = shell(*ask(who)).out

    assert out.startswith(f"{who} may:\n")
    words = " ".join(out.split())
    assert [line for line in told(found(shell, who)) if line not in words] == []
    assert all(len(line) <= 80 or len(line.split()) == 1 for line in out.splitlines())


@pytest.mark.slow
def test_bobs_boundary_is_under_what_he_may_not(shell: Shell) -> None:
    """What his policy would give, and his boundary stops."""
    may, _, not_ = shell(*ask(arn_of("bob"))).out.partition("but not:\n")

    assert "everything/All" in may
    assert "no Allow in the permissions boundary ceiling" in " ".join(not_.split())
    assert "no-delete/Raw" in not_


def test_what_was_taken_for_granted_is_said(shell: Shell) -> None:
    """Alice's group isn't in the file."""
    shell.write("account.json", as_cli(filtered(export_of(hand_made()), "User")))
    result = shell(*ask(arn_of("alice"), "--service", "s3"))

    assert "\nassumed: " in result.out
    assert "astronomers" in result.out.partition("\nassumed: ")[2]
    assert "astronomers" in result.err


def test_who_may_do_nothing_makes_status_1(shell: Shell) -> None:
    """With a sentence, an empty list, a header."""
    carol = arn_of("carol")
    forms = [shell(*ask(carol, "--service", "s3", *form)) for form in ([], ["--json"], ["--csv"])]

    assert [item.status for item in forms] == [1, 1, 1]
    assert forms[0].out == f"{carol} may do nothing.\n"
    assert json.loads(forms[1].out)["allowed"] == []
    assert forms[2].out == f"{','.join(COLUMNS)}\n"


@pytest.mark.parametrize("name", CALLS)
def test_how_the_call_is_made_counts(name: str, shell: Shell) -> None:
    """Who meets a condition is allowed; without it, only who can choose the value is."""
    world = travelling()
    world.save(shell.folder / "world.json")
    command = ("what-can", "--world", "world.json", "--principal", f"{IAM}user/{name}")

    def statuses(*more: str) -> int:
        return shell(*command, "--service", "s3", *more).status

    assert (statuses(), statuses(*options_of(name, world))) == (0 if name == CHOSEN else 1, 0)


def test_a_service_can_be_asked_too(shell: Shell) -> None:
    """For the trail that the bucket knows, and for no other."""
    travelling().save(shell.folder / "world.json")
    command = ("what-can", "--world", "world.json", "--principal", CLOUDTRAIL, "--service", "s3")

    assert shell(*command, "--source-arn", TRAIL).status == 0
    assert "s3:PutObject" in shell(*command, "--source-arn", TRAIL).out
    assert shell(*command, "--source-arn", TRAIL + "s").status == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (ask("alise"), "ARN"),
        (ask(arn_of("alice") + "s"), "Did you mean alice"),
        (ask(arn_of("alice").replace("user/sky/alice", "group/astronomers")), "isn't a principal"),
        (ask(arn_of("alice"), "--service", "s33"), "s33"),
        (ask(arn_of("alice"), "--json", "--csv"), "--csv"),
        (ask(arn_of("alice"))[:3], "--principal"),
        (ask(arn_of("alice"), "--source-arn", TRAIL), "isn't a service"),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], word: str, shell: Shell) -> None:
    """As everywhere."""
    assert word in one_line(shell(*arguments))


def test_names_of_strangers_neither_steer_nor_forge(shell: Shell) -> None:
    """A Sid may hold anything in a file: no line begins with it, no escape sequence is left."""
    export = export_of(hand_made())
    hostile = document(allow("s3:GetObject", "*", Sid="x\nroot may:\n\x1b[31m\u202e\x9b"))
    export["UserDetailList"][2]["UserPolicyList"] = [{"PolicyName": "p", "PolicyDocument": hostile}]
    shell.write("account.json", as_cli(export))
    text, table, as_json = (
        shell(*ask(arn_of("carol"), "--service", "s3", *form)).out
        for form in ([], ["--csv"], ["--json"])
    )

    for out in (text, table, as_json):
        assert all(line.isprintable() for line in out.split("\n"))
    assert not any(line.startswith("root may") for line in text.splitlines())
    assert len(table.splitlines()) == 2
    assert json.loads(as_json)["allowed"][0]["by"] == ["p/x\nroot may:\n\x1b[31m\u202e\x9b"]

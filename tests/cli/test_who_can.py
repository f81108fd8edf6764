"""``iamlab who-can`` lists those who are allowed, and nobody else."""

import csv
import io
import json

import pytest

from iamlab import World
from tests.cli import calls
from tests.cli.helpers import Shell, one_line
from tests.policy.documents import allow, document
from tests.storage.account_exports import (
    ACCOUNT,
    IAM,
    MAPS,
    ROLES,
    ROOT,
    USERS,
    VERDICTS,
    arn_of,
    as_cli,
    export_of,
    filtered,
    hand_made,
)

OBJECT = f"{MAPS}/m31"


def ask(action: str = "s3:GetObject", resource: str = OBJECT, *more: str) -> tuple[str, ...]:
    """Write a question down as arguments."""
    return (
        *("who-can", "--account-details", "account.json"),
        *("--action", action, "--resource", resource, *more),
    )


def listed(out: str, *, conditional: bool = False) -> set[str]:
    """Return the ARNs of a listing: those who may, or those who may under a condition."""
    lines = [line.split("  (") for line in out.splitlines() if line.startswith("arn:")]
    return {arn for arn, why in lines if why.startswith("if ") is conditional}


def test_the_list_is_that_of_the_rules(shell: Shell) -> None:
    """Readers are whoever a group, a policy or the root user's rights let read."""
    result = shell(*ask())

    assert (result.status, result.err) == (0, "")
    assert listed(result.out) == {*map(arn_of, ("alice", "bob", "dana", "auditor")), ROOT}
    assert "read-maps/ReadMaps" in result.out


@pytest.mark.slow
def test_the_list_is_what_can_says_of_each(shell: Shell) -> None:
    """Asking everybody by ``can`` gives the same names."""
    for action, resource in dict.fromkeys((row[1], row[2]) for row in VERDICTS):
        everybody = (*map(arn_of, USERS), *map(arn_of, ROLES), ROOT)
        allowed = {
            who
            for who in everybody
            if shell("can", *ask(action, resource)[1:], "--principal", who).status == 0
        }

        result = shell(*ask(action, resource))

        assert listed(result.out) == allowed
        assert result.status == (0 if allowed else 1)


def test_context_and_resource_policies_count(shell: Shell) -> None:
    """The argument beside the file changes the list."""
    shell.write(
        "p.json",
        json.dumps(
            document(allow("s3:PutObject", f"{MAPS}/*", Principal={"AWS": arn_of("carol")}))
        ),
    )
    context = ("--context", "aws:SourceIp=203.0.113.9")
    policy = ("--resource-policy", f"{MAPS}=p.json")
    base = {arn_of("bob"), arn_of("auditor"), ROOT}

    put = [listed(shell(*ask("s3:PutObject", OBJECT, *more)).out) for more in ((), context, policy)]

    assert put == [base, base | {arn_of("erin")}, base | {arn_of("carol")}]
    assert listed(shell(*ask("s3:PutObject")).out, conditional=True) == {arn_of("erin")}


@pytest.mark.parametrize("name", calls.CALLS)
def test_how_the_call_is_made_counts(name: str, shell: Shell) -> None:
    """Each way to call lets those in whose policies want it, and whoever chooses the value."""
    world = calls.travelling()
    world.save(shell.folder / "world.json")
    command = ("who-can", "--world", "world.json", "--action", "s3:GetObject")

    plain = shell(*command, "--resource", calls.MAP)
    result = shell(*command, "--resource", calls.MAP, *calls.options_of(name, world))

    always = calls.allowed_by(calls.CHOSEN)
    assert listed(plain.out) == always
    assert listed(plain.out, conditional=True) == {
        f"{calls.IAM}user/{user}" for user in calls.NOT_TOLD
    }
    assert listed(result.out) == calls.allowed_by(name) | always


def test_json_and_csv_hold_what_python_finds(shell: Shell) -> None:
    """Those who may, by which statements, and what was taken for granted."""
    world = World.from_account_details(shell.folder / "account.json")
    wanted = world.who_can("s3:GetObject", OBJECT)
    by = {
        arn: [reading.address for reading in decision.determining]
        for arn, decision in wanted.items()
    }

    got = shell(*ask(), "--json").values
    head, *rows = csv.reader(io.StringIO(shell(*ask(), "--csv").out))

    assert got == {
        "action": "s3:GetObject",
        "resource": OBJECT,
        "asked": wanted.asked,
        "allowed": [{"principal": arn, "determining": names} for arn, names in by.items()],
        "conditional": [
            {"principal": arn, "condition": words} for arn, words in wanted.conditional.items()
        ],
        "assumed": list(
            dict.fromkeys(
                (*wanted.assumed, *(note for item in wanted.values() for note in item.assumed))
            )
        ),
    }
    assert head == ["principal", "action", "resource", "by"]
    assert rows == [
        [arn, "s3:GetObject", OBJECT, "; ".join(names) or "root user of the account"]
        for arn, names in by.items()
    ]


def test_what_needs_no_permission_says_so(shell: Shell) -> None:
    """A user who may by no statement is not a root user."""
    lines = shell(*ask("sts:GetCallerIdentity", "*")).out.splitlines()

    assert f"{arn_of('carol')}  (no permission is needed)" in lines
    assert f"{ROOT}  (root user of the account)" in lines


def test_nobody_is_an_empty_list_and_a_header(shell: Shell) -> None:
    """With status 1."""
    shell.write("account.json", as_cli(filtered(export_of(hand_made()), "Role")))
    command = ask("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/none")
    as_json, table = (shell(*command, form) for form in ("--json", "--csv"))

    assert (as_json.status, json.loads(as_json.out)["allowed"]) == (1, [])
    assert (table.status, table.out) == (1, "principal,action,resource,by\n")


def test_what_was_assumed_is_said_even_when_nobody_can(shell: Shell) -> None:
    """An empty list may be empty because something is missing from the file."""
    export = filtered(export_of(hand_made()), "User")
    shell.write("account.json", as_cli(export))

    result = shell(*ask("sts:AssumeRole", arn_of("auditor")))

    assert (result.status, listed(result.out)) == (1, set())
    assert "assumed: " in result.out


def test_a_hole_that_may_keep_somebody_off_the_list_is_assumed(shell: Shell) -> None:
    """Alice is not listed because her group is missing: the listing says so."""
    shell.write("account.json", as_cli(filtered(export_of(hand_made()), "User")))

    result = shell(*ask())

    assert listed(result.out) == {ROOT}
    assert "astronomers" in result.out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (ask("GetObject"), "service:Action"),
        (ask("s3:GetObject", ""), "resource"),
        (ask("s3:GetObject", OBJECT, "--context", "x"), "KEY=VALUE"),
        (ask("s3:GetObject", OBJECT, "--principal", f"{IAM}user/a"), "--principal"),
        (ask("s3:GetObject", OBJECT, "--account-details", "no.json"), "no.json"),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_status_2(
    arguments: tuple[str, ...], word: str, shell: Shell
) -> None:
    """As with ``can``."""
    assert word in one_line(shell(*arguments))


def test_a_process_lists_too(shell: Shell) -> None:
    """On a terminal without Unicode as well, and nobody makes status 1."""
    shell.write("account.json", as_cli(filtered(export_of(hand_made()), "Role")))

    found = shell.process(*ask(), PYTHONIOENCODING="ascii")
    nobody = shell.process(
        *ask("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/none"), PYTHONIOENCODING="ascii"
    )

    assert (found.status, listed(found.out)) == (0, {ROOT})
    assert (nobody.status, listed(nobody.out)) == (1, set())
    assert "Traceback" not in found.err + nobody.err

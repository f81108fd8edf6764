"""``iamlab can`` answers on the file it is given, and meets bad input with one line."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iamlab.engine.labels import QUESTIONS
from tests.cli import calls
from tests.cli.helpers import PATIENCE, ROOT_FOLDER, Shell, one_line
from tests.effort import first_now, later
from tests.policy.documents import allow, document
from tests.storage.account_exports import (
    ACCOUNT,
    IAM,
    MAPS,
    VERDICTS,
    arn_of,
    as_cli,
    export_of,
    filtered,
    hand_made,
    moto_account,
)

OBJECT = f"{MAPS}/m31"
FILE = ("--account-details", "account.json")
STATUS = {"allowed": 0, "explicitDeny": 1, "implicitDeny": 1}


def ask(
    who: str = "alice", action: str = "s3:GetObject", resource: str = OBJECT, *more: str
) -> tuple[str, ...]:
    """Write a question down as arguments."""
    principal = who if ":" in who or "." in who or not who else arn_of(who)
    return (
        *("can", *FILE, "--principal", principal),
        *("--action", action, "--resource", resource, *more),
    )


def pairs(context: dict[str, Any]) -> list[str]:
    """Write a context down as arguments."""
    return [
        part
        for key, value in context.items()
        for item in (value if isinstance(value, list) else [value])
        for part in ("--context", f"{key}={item}")
    ]


# -- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["hand-made", later("moto")])
def test_verdicts_and_exit_statuses_are_those_of_the_table(source: str, shell: Shell) -> None:
    """Groups, inline policies, boundaries, conditions and variables: 0 allowed, 1 denied."""
    if source == "moto":
        shell.write("account.json", as_cli(moto_account("cli")))
    for who, action, resource, context, verdict, why in VERDICTS:
        result = shell(*ask(who, action, resource, "--json", *pairs(context)))

        assert (result.status, result.err) == (STATUS[verdict], ""), why
        assert json.loads(result.out)["verdict"] == verdict, why


@pytest.mark.parametrize(
    ("who", "resource", "status", "word"),
    first_now(
        [
            ("dana", f"{MAPS}/raw/1", 1, "✕ explicit deny by no-delete/Raw"),
            ("alice", OBJECT, 0, "✓ allowed by read-maps/ReadMaps"),
            ("carol", OBJECT, 1, "○ implicit deny"),
        ]
    ),
)
def test_a_process_prints_the_verdict_first(
    who: str, resource: str, status: int, word: str, shell: Shell
) -> None:
    """``python -m iamlab`` and its exit status, as a shell sees them."""
    action = "s3:DeleteObject" if "raw" in resource else "s3:GetObject"

    result = shell.process(*ask(who, action, resource), PYTHONIOENCODING="utf-8")

    assert (result.status, result.err) == (status, "")
    assert result.out.splitlines()[0] == word


def test_a_denial_comes_with_the_sentence_of_aws_and_what_was_assumed(shell: Shell) -> None:
    """So that it can be compared with what the real account says."""
    result = shell(*ask("carol"))

    sentence = (
        f"User: {arn_of('carol')} is not authorized to perform: s3:GetObject on resource: "
        f'"{OBJECT}" because no identity-based policy allows the s3:GetObject action'
    )
    assert sentence in result.out.splitlines()
    assert [line for line in result.out.splitlines() if line.startswith("assumed: ")]


def test_csv_is_a_table_of_one_row(shell: Shell) -> None:
    """For a script that asks many questions and keeps the answers together."""
    shell.write("account.json", as_cli(export_of(hand_made())))
    result = shell(*ask("dana", "s3:DeleteObject", f"{MAPS}/raw/1", "--csv"))

    [row] = csv.DictReader(result.out.splitlines())
    assert row["verdict"] == "explicitDeny"
    assert row["determining"] == "no-delete/Raw"
    assert row["message"].startswith(f"User: {arn_of('dana')} is not authorized")


def test_json_holds_the_whole_decision(shell: Shell) -> None:
    """The promised keys are there, with eight steps, and nothing else is printed."""
    result = shell(*ask("dana", "s3:DeleteObject", f"{MAPS}/raw/1", "--json"))
    decision = json.loads(result.out)

    assert {"verdict", "determining", "blocked_by", "message", "steps", "assumed"} <= set(decision)
    assert decision["verdict"] == "explicitDeny"
    assert decision["determining"] == ["no-delete/Raw"]
    assert decision["blocked_by"] == ["identity"]
    assert decision["message"].startswith(f"User: {arn_of('dana')} is not authorized")
    assert [step["layer"] for step in decision["steps"]] == [
        *("deny", "rcp", "scp", "endpoint", "resource", "identity", "boundary", "session")
    ]
    assert any("organization" in text for text in decision["assumed"])


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dana", "erin", "auditor"])
def test_explain_answers_the_six_questions_in_order(who: str, shell: Shell) -> None:
    """Each label is there once, numbered, above the verdict."""
    lines = shell(*ask(who, "s3:GetObject", OBJECT, "--explain")).out.splitlines()

    numbered = [line for line in lines if line[1:3] == ". "]
    assert len(numbered) == len(QUESTIONS)
    for number, (line, question) in enumerate(zip(numbered, QUESTIONS, strict=True), 1):
        assert line.startswith(f"{number}. {question.removesuffix('?')}")
    assert "Assumed:" in lines


def test_the_six_labels_are_those_of_the_design() -> None:
    """Who, what, which policies, any deny, outer ceilings, who grants."""
    words = ("calling", "request", "policies apply", "explicit deny", "RCPs", "policies allow")

    assert len(QUESTIONS) == len(words)
    assert [word for word, question in zip(words, QUESTIONS, strict=True) if word in question] == [
        *words
    ]


EXPLAINED: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (ask("alice", "s3:GetObject", OBJECT), ("read-maps/ReadMaps allows", "astronomers")),
    (
        ask("dana", "s3:DeleteObject", f"{MAPS}/raw/1"),
        ("Denied by no-delete/Raw", "no-delete/Raw comes through group interns"),
    ),
    (ask("erin", "s3:PutObject", OBJECT), ("Nearest statement: office/#1", "aws:SourceIp")),
    (
        ask("erin", "s3:PutObject", OBJECT, "--context", "aws:SourceIp=198.51.100.1"),
        ("Nearest statement: office/#1", "203.0.113.0/24", "198.51.100.1"),
    ),
    (
        ask("bob", "ec2:StartInstances", "*"),
        ("boundary", "The permissions boundary doesn't allow ec2:StartInstances"),
    ),
    (
        ask("alice", "s3:PutObject", "arn:aws:s3:::homes/bob/x"),
        ("Nearest statement: home/OwnHome", "arn:aws:s3:::homes/bob/x"),
    ),
]


@pytest.mark.parametrize(("arguments", "words"), EXPLAINED)
def test_explain_names_the_deciding_statement_or_the_nearest_miss(
    arguments: tuple[str, ...], words: tuple[str, ...], shell: Shell
) -> None:
    """Who reads it knows which statement to look at, and where it hangs."""
    out = shell(*arguments, "--explain").out

    assert [word for word in words if word not in out] == []


def test_a_key_given_twice_makes_a_list(shell: Shell) -> None:
    """Two values of one key are one list; one value that is not allowed spoils it."""
    where = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i"

    def tags(*values: str) -> int:
        arguments = pairs({"aws:TagKeys": list(values)})
        return shell(*ask("erin", "ec2:CreateTags", where), *arguments).status

    assert [tags("owner", "project"), tags("owner"), tags("owner", "cost"), tags()] == [0, 0, 1, 1]


def test_a_key_given_twice_in_two_letter_cases_makes_a_list_too(shell: Shell) -> None:
    """The letter case of a condition key does not count."""
    where = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i"
    result = shell(
        *ask("erin", "ec2:CreateTags", where),
        *("--context", "aws:TagKeys=cost", "--context", "aws:tagkeys=owner"),
    )

    assert result.status == 1


def test_a_value_may_hold_an_equals_sign_and_may_be_empty(shell: Shell) -> None:
    """Only the first equals sign parts key and value."""
    doc = document(
        allow("ec2:DescribeInstances", Condition={"StringEquals": {"x:a": "b=c", "x:e": ""}})
    )
    export = export_of(hand_made())
    export["UserDetailList"][2]["UserPolicyList"] = [{"PolicyName": "p", "PolicyDocument": doc}]
    shell.write("account.json", as_cli(export))

    arguments = ("--context", "x:a=b=c", "--context", "x:e=")

    assert shell(*ask("carol", "ec2:DescribeInstances", "*", *arguments)).status == 0
    assert shell(*ask("carol", "ec2:DescribeInstances", "*", *arguments[:2])).status == 1


def test_the_policy_of_a_resource_can_be_given_beside_the_file(shell: Shell) -> None:
    """``--resource-policy ARN=FILE``, more than once, also where the file's name has a =."""
    grant = document(allow("s3:GetObject", f"{MAPS}/*", Principal={"AWS": arn_of("carol")}))
    shell.write("bucket.json", json.dumps(grant))
    shell.write("a=b.json", json.dumps(grant))
    none = document(allow("s3:GetObject", "arn:aws:s3:::homes/*", Principal={"AWS": "1" * 12}))
    shell.write("homes.json", json.dumps(none))

    assert shell(*ask("carol")).status == 1
    for file in ("bucket.json", "a=b.json"):
        arguments = ("--resource-policy", f"{MAPS}={file}")
        more = ("--resource-policy", "arn:aws:s3:::homes=homes.json")
        for order in (arguments, (*arguments, *more), (*more, *arguments)):
            assert shell(*ask("carol"), *order).status == 0, file


@pytest.mark.parametrize("name", calls.CALLS)
def test_how_the_call_is_made_counts(name: str, shell: Shell) -> None:
    """An address, a VPC, an endpoint, other services, tags, a Region, a key: each lets one in."""
    world = calls.travelling()
    world.save(shell.folder / "world.json")
    command = (
        *("can", "--world", "world.json", "--principal", f"{calls.IAM}user/{name}"),
        *("--action", "s3:GetObject", "--resource", calls.MAP),
    )

    def status(options: tuple[str, ...]) -> int:
        return shell(*command, *options).status

    assert status(()) == 1
    assert status(calls.options_of(name, world)) == 0
    assert [
        other
        for other in calls.CALLS
        if status(calls.options_of(other, world)) == 0
        and f"{calls.IAM}user/{name}" not in calls.allowed_by(other)
    ] == []


def test_a_service_may_say_for_which_resource_it_calls(shell: Shell) -> None:
    """CloudTrail for the trail that the bucket's policy names, and for no other."""
    calls.travelling().save(shell.folder / "world.json")
    command = (
        *("can", "--world", "world.json", "--principal", calls.CLOUDTRAIL),
        *("--action", "s3:PutObject", "--resource", calls.MAP),
    )

    assert shell(*command).status == 1
    assert shell(*command, "--source-arn", calls.TRAIL).status == 0
    assert shell(*command, "--source-arn", f"{calls.TRAIL}-2").status == 1


def test_only_a_service_says_for_which_resource_it_calls(shell: Shell) -> None:
    """Who else says so, has mistaken something."""
    assert "isn't a service" in one_line(shell(*ask(), "--source-arn", OBJECT))
    assert "isn't an ARN" in one_line(shell(*ask("sns.amazonaws.com"), "--source-arn", "trail"))


def test_several_files_are_one_account(shell: Shell) -> None:
    """``--account-details`` may be repeated."""
    export = export_of(hand_made())
    shell.write("account.json", as_cli(filtered(export, "User", "Role")))
    shell.write("more.json", as_cli(filtered(export, "Group", "LocalManagedPolicy")))

    result = shell(*ask("alice"), "--account-details", "more.json")

    assert (result.status, result.err) == (0, "")


def test_warnings_go_to_stderr_and_the_answer_to_stdout(shell: Shell) -> None:
    """A file with holes still answers, and names the holes; ``--json`` stays JSON."""
    shell.write("account.json", as_cli(filtered(export_of(hand_made()), "User")))

    result = shell(*ask("alice", "s3:GetObject", OBJECT, "--json"))

    assert result.status == 1
    assert any("astronomers" in text for text in json.loads(result.out)["assumed"])
    warned = result.err.splitlines()
    assert all(line.startswith("iamlab: warning: ") for line in warned)
    assert any("astronomers" in line for line in warned)


# -- bad input --------------------------------------------------------------------------------

BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no command": ((), "COMMAND"),
    "unknown command": (("canx",), "canx"),
    "no principal": (("can", *FILE, "--action", "a:b", "--resource", "*"), "--principal"),
    "no file": (ask()[:1] + ask()[3:], "--account-details"),
    "unknown option": (ask("alice", "s3:GetObject", OBJECT, "--why"), "--why"),
    "unknown option of two lines": (ask("alice", "s3:GetObject", OBJECT, "--a\nb"), "--a"),
    "both forms": (ask("alice", "s3:GetObject", OBJECT, "--json", "--explain"), "--explain"),
    "misspelt user": (ask(f"{IAM}user/sky/alcie"), "Did you mean alice"),
    "misspelt role": (ask(f"{IAM}role/audit/auditr"), "Did you mean auditor"),
    "path left out": (ask(f"{IAM}user/alice"), arn_of("alice")),
    "unknown account": (ask("arn:aws:iam::999999999999:user/a"), "999999999999"),
    "a group": (ask(f"{IAM}group/astronomers"), "isn't a principal"),
    "a name": ((*ask()[:4], "alise", *ask()[5:]), "ARN"),
    "no principal at all": (ask(""), "--principal"),
    "a line break in the principal": (ask(f"{IAM}user/x\ny"), "cannot be found"),
    "action without service": (ask("alice", "GetObject"), "service:Action"),
    "action with a wildcard": (ask("alice", "s3:Get*"), "service:Action"),
    "empty action": (ask("alice", ""), "action"),
    "empty resource": (ask("alice", "s3:GetObject", ""), "resource"),
    "context without value": (ask("alice", "s3:GetObject", OBJECT, "--context", "a"), "KEY=VALUE"),
    "context without key": (ask("alice", "s3:GetObject", OBJECT, "--context", "=a"), "KEY=VALUE"),
    "two values of a single-valued key": (
        (*ask(), *pairs({"aws:SourceIp": ["203.0.113.9", "203.0.113.8"]})),
        "aws:SourceIp",
    ),
    "resource policy without file": (
        (*ask(), "--resource-policy", MAPS),
        "ARN=FILE",
    ),
    "resource policy without ARN": ((*ask(), "--resource-policy", "=x.json"), "ARN=FILE"),
    "missing resource policy": ((*ask(), "--resource-policy", f"{MAPS}=no.json"), "no.json"),
    "folder as resource policy": ((*ask(), "--resource-policy", f"{MAPS}=."), "can't be read"),
    "bad resource policy": ((*ask(), "--resource-policy", f"{MAPS}=account.json"), "Statement"),
    "no ARN before the file": (
        (*ask(), "--resource-policy", "star-maps=policy.json"),
        "star-maps",
    ),
    "object instead of bucket": (
        (*ask(), "--resource-policy", f"{MAPS}/*=policy.json"),
        MAPS,
    ),
}
POLICY = document(allow("s3:GetObject", f"{MAPS}/*", Principal={"AWS": arn_of("carol")}))


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_on_stderr_and_status_2(case: str, shell: Shell) -> None:
    """The line says what is wrong, or how to say it right."""
    shell.write("policy.json", json.dumps(POLICY))
    arguments, word = BAD[case]

    assert word in one_line(shell(*arguments))


BAD_FILES: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "account.json can't be read"),
    "empty": (b"", "cut off"),
    "cut off": (as_cli(export_of(hand_made()))[:900].encode(), "cut off"),
    "not JSON": (b"<html>\n</html>\n", "isn't JSON"),
    "binary": (bytes(range(256)), "UTF-8"),
    "another command's": (b'{"Users": []}', "get-account-authorization-details"),
    "three mistakes": (b'{"UserDetailList": [1, 2, 3]}', "UserDetailList[2]"),
    "deep": (b"[" * 100_000, "nested"),
    "a number of 5,000 digits": (b'{"UserDetailList": [' + b"9" * 5_000 + b"]}", "account.json"),
    "a policy with a mistake": (
        as_cli(export_of(hand_made())).replace('"Allow"', '"allow"').encode(),
        "$.Statement[0].Effect",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_line_on_stderr_and_status_2(case: str, shell: Shell) -> None:
    """Whatever the file holds, its name or the place in it is said in one line."""
    data, word = BAD_FILES[case]
    path = shell.folder / "account.json"
    path.unlink()
    if data is not None:
        path.write_bytes(data)

    assert word in one_line(shell(*ask()))


def test_bad_input_with_a_file_that_has_holes_is_still_one_line(shell: Shell) -> None:
    """Warnings belong to an answer; without one they only hide the error."""
    shell.write("account.json", as_cli(filtered(export_of(hand_made()), "User")))

    assert "Did you mean" in one_line(shell(*ask(f"{IAM}user/sky/alcie")))


@pytest.mark.parametrize(
    "arguments", [("can", "--nonsense"), *map(later, (ask(f"{IAM}user/sky/alcie"), ask()[:3]))]
)
def test_a_process_meets_bad_input_without_a_traceback(
    arguments: tuple[str, ...], shell: Shell
) -> None:
    """As a shell sees it: one line, status 2."""
    one_line(shell.process(*arguments))


# -- terminals --------------------------------------------------------------------------------

FORMS = [(), ("--explain",), ("--json",)]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize("form", FORMS)
def test_a_terminal_without_unicode_gets_an_answer(
    encoding: str, form: tuple[str, ...], shell: Shell
) -> None:
    """A sign that it cannot show is replaced; the status is right and nothing crashes."""
    result = shell.terminal(encoding, *ask(), *form)

    assert (result.status, result.err) == (0, "")
    assert "allowed" in result.out.lower()


@pytest.mark.parametrize("name", ["M\u00fcller \u2728", "\ud83d", "\x1b[31mred", "a\nb"])
@pytest.mark.parametrize("form", FORMS)
def test_hostile_names_in_a_file_break_no_terminal(
    name: str, form: tuple[str, ...], shell: Shell
) -> None:
    """An odd name is printed harmlessly or refused: no traceback, no escape sequence."""
    export = export_of(hand_made())
    entry = {"PolicyName": name, "PolicyDocument": document(allow("s3:*"))}
    export["UserDetailList"][2]["UserPolicyList"] = [entry]
    export["UserDetailList"][2]["GroupList"] = [name]
    shell.write("account.json", as_cli(export))

    result = shell.terminal("utf-8", *ask("carol"), *form)

    assert "Traceback" not in result.err
    assert "\x1b" not in result.out + result.err
    assert result.status == 0 or (result.status == 2 and one_line(result))


@pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise on Windows")
@pytest.mark.parametrize("form", [FORMS[0], *map(later, FORMS[1:])])
def test_a_reader_that_goes_away_causes_no_traceback(form: tuple[str, ...], shell: Shell) -> None:
    """``iamlab can ... | head -1`` leaves nothing on stderr."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "iamlab", *ask(), *form],
            stdout=write,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT_FOLDER), "PYTHONIOENCODING": "utf-8"},
            cwd=shell.folder,
            check=False,
            timeout=PATIENCE,
        )
    finally:
        os.close(write)

    assert done.stderr.decode() == ""


# -- help -------------------------------------------------------------------------------------


def test_help_names_every_option_and_ends_well(shell: Shell) -> None:
    """Both help texts have status 0, and tell the exit statuses and all options."""
    top, can = shell("--help"), shell("can", "--help")

    assert (top.status, can.status, top.err, can.err) == (0, 0, "", "")
    for word in (
        "can",
        "who-can",
        "verify",
        "0 if access is allowed, or nothing is found; 1 if access is denied",
    ):
        assert word in " ".join(top.out.split())
    for option in (
        *("--account-details", "--principal", "--action", "--resource", "--context"),
        *("--resource-policy", "--explain", "--json", "--world", "--organization"),
        *("--ip", "--vpc", "--endpoint", "--via", "--source-arn", "--request-tag", "--region"),
    ):
        assert option in can.out


def test_the_command_iamlab_is_installed(shell: Shell) -> None:
    """``iamlab`` and ``python -m iamlab`` are one program."""
    program = Path(sys.executable).with_name("iamlab")
    if not program.exists():
        pytest.skip("iamlab is run from its folder, not installed")
    done = subprocess.run(
        [program, *ask("dana")],
        capture_output=True,
        check=False,
        cwd=shell.folder,
        timeout=PATIENCE,
    )

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_misspelt_action_is_bad_input_unless_it_may_be_newer(shell: Shell) -> None:
    """The error names what may be meant, the catalogue's date, and the option."""
    wrong = shell(*ask("carol", "s3:GetObjct", f"{MAPS}/m31"))
    newer = shell(*ask("carol", "s3:GetObjct", f"{MAPS}/m31", "--allow-unknown"))

    assert (wrong.status, wrong.out) == (2, "")
    assert "Did you mean s3:GetObject? The catalogue is of 20" in wrong.err
    assert "--allow-unknown" in wrong.err
    assert newer.status in (0, 1)
    assert "It is decided by its name alone." in newer.out


def test_a_void_deny_comes_first_and_strict_stops_at_it(shell: Shell) -> None:
    """In text and JSON; red is for terminals."""
    void = {"Effect": "Deny", "Action": "s3*", "Resource": "*"}
    statements = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, void]
    user, maps = "arn:aws:iam::111111111111:user/dana", "arn:aws:s3:::maps/m31"
    question = {
        "request": {"principal": user, "action": "s3:GetObject", "resource": maps},
        "layers": {
            "identity": [
                {"policy": {"Version": "2012-10-17", "Statement": statements}, "name": "guard"}
            ]
        },
    }
    (shell.folder / "void.json").write_text(json.dumps(question), "utf-8")
    text = shell("explain", "void.json")
    strict = shell("explain", "void.json", "--strict")

    assert text.status == 0
    assert text.out.startswith("✕ AWS would not save policy guard, statement 2: Malformed")
    assert "\x1b" not in text.out
    assert (strict.status, strict.out) == (2, "")
    assert "AWS would not save policy guard, statement 2" in strict.err
    found = json.loads(shell("explain", "void.json", "--json").out)
    assert [(item["policy"], item["void"]) for item in found["refused"]] == [("guard", True)]
    assert found["assumed"][0].startswith("AWS would not save policy guard")


def test_a_call_with_several_arns_names_the_pair_that_fails(shell: Shell) -> None:
    """In a terminal, as JSON and as a table."""
    subnet, instance = (
        f"arn:aws:ec2:us-east-1:{ACCOUNT}:{end}" for end in ("subnet/s", "instance/*")
    )
    question = ask("alice", "ec2:RunInstances", subnet, "--resource", instance)

    text, made = shell(*question), json.loads(shell(*question, "--json").out)
    rows = shell(*question, "--csv").out.splitlines()

    assert text.status == 1
    assert f"○ ec2:RunInstances on {subnet}: implicit deny" in text.out
    assert [pair["resource"] for pair in made["pairs"]] == [subnet, instance]
    assert made["verdict"] == "implicitDeny"
    assert len(rows) == 3


def test_tags_in_the_request_need_the_permission_to_tag(shell: Shell) -> None:
    """Of a new user, too."""
    zoe = f"arn:aws:iam::{ACCOUNT}:user/zoe"
    question = ask("alice", "iam:CreateUser", zoe, "--request-tag", "team=sky", "--json")

    assert [pair["action"] for pair in json.loads(shell(*question).out)["pairs"]] == [
        "iam:CreateUser",
        "iam:TagUser",
    ]

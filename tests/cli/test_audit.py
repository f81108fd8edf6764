"""``iamlab audit`` looks at exports as an auditor does; it ends with 0, 1, 2."""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from iamlab import World
from tests.cli.helpers import Result, Shell, details_of, one_line
from tests.policy.documents import document, trust
from tests.storage.account_exports import ACCOUNT, as_cli

IAM = f"arn:aws:iam::{ACCOUNT}:"
BY_EC2 = trust({"Service": "ec2.amazonaws.com"})
FILE = ("--account-details", "good.json")
TABLE = ("--account-details", "account.json", "--credential-report", "users.csv")
DAY = ("--as-of", "2026-11-25")


def good_account() -> World:
    """Make an account in which no control finds anything that an export could show."""
    world = World(seed=1)
    account = world.create_account("good", account_id=ACCOUNT)
    role = account.create_role("help", assume_role_policy_document=BY_EC2, tags={"owner": "ana"})
    role.attach_policy("AWSSupportAccess")
    ana = account.create_user("ana", tags={"owner": "ana"})
    account.create_group("people").add_user(ana)
    return world


def export(world: World) -> str:
    """Write an account down as the CLI would."""
    (account,) = world.accounts.values()
    details = account.call("GetAccountAuthorizationDetails", account.root_arn)
    return json.dumps(details, default=str)


def csv_of(world: World) -> str:
    """Make a credential report of its account."""
    (account,) = world.accounts.values()
    return account.credential_report().csv


@pytest.fixture
def good(shell: Shell) -> Shell:
    """The folder has that account too, and its credential report."""
    world = good_account()
    shell.write("good.json", export(world))
    shell.write("good.csv", csv_of(world))
    return shell


def test_an_account_in_good_order_ends_with_0(good: Shell) -> None:
    """What an export cannot tell is said, and does not count."""
    result = good("audit", *FILE)

    assert (result.status, result.err) == (0, "")
    assert details_of(result.out).startswith(f"Audit of account {ACCOUNT}: nothing found.\n")
    assert "An export of account details holds no credentials." in result.out


def test_findings_end_with_1(shell: Shell) -> None:
    """Each with its control, its subject, what is wrong and how to fix it."""
    result = shell("audit", "--account-details", "account.json")

    assert result.status == 1
    assert re.search(
        rf"✕ HIGH policy-admin \(CIS 1\.16.*\)\n    {IAM}policy/everything: It allows .*\n",
        result.out,
    )


def test_findings_of_a_control_are_below_each_other(shell: Shell) -> None:
    """The control, the users, and the remedy once."""
    lines = shell("audit", "--account-details", "account.json").out.splitlines()
    heads = [line for line in lines if line.startswith("✕ ")]
    place = next(number for number, line in enumerate(lines) if " user-policies" in line)

    assert len(heads) == len(set(heads))
    assert all(":user/" in line for line in lines[place + 1 : place + 3])


def test_a_credential_report_answers_what_the_export_leaves_open(good: Shell) -> None:
    """A user without MFA is found; of good.json alone nobody could tell."""
    result = good("audit", *FILE, "--credential-report", "good.csv", *DAY)

    assert result.status == 1
    assert "user-mfa (Security Hub IAM.19)" in result.out
    assert "holds no credentials" not in result.out


def test_ages_count_from_the_day_that_is_given(good: Shell) -> None:
    """Without one, from now: a key of the year 2000 is old."""
    key = f"user,{IAM}user/u,2000-01-01T00:00:00+00:00,false,N/A,N/A,N/A,true,true,"
    old = (
        key + "2000-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A,N/A"
    )
    head = (good.folder / "good.csv").read_text("utf-8").splitlines()[0]
    good.write("old.csv", f"{head}\n{old}\n")
    arguments = ("audit", *FILE, "--credential-report", "old.csv")
    years = (datetime.now(UTC) - datetime(2000, 1, 1, tzinfo=UTC)).days

    assert (
        "An active access key is 31 days old." not in good(*arguments, "--as-of", "2000-02-01").out
    )
    assert "is 91 days old" in good(*arguments, "--as-of", "2000-04-01T00:00:00").out
    assert "is 91 days old" in good(*arguments, "--as-of", "2000-04-01T02:00:00+02:00").out
    assert re.search(rf"is ({years}|{years + 1}) days old", good(*arguments).out)


def test_thresholds_can_be_given(good: Shell) -> None:
    """By the names that Python uses."""
    table = ("--credential-report", "good.csv", "--as-of", "2027-01-01")
    loose = good("audit", *FILE, *table, "--threshold", "unused_days=999", "--json")

    assert loose.values["accounts"][0]["thresholds"]["unused_days"] == 999


@pytest.mark.parametrize(
    ("fail_on", "status"),
    [("informational", 1), ("low", 1), ("medium", 1), ("high", 1), ("critical", 0)],
)
def test_the_mildest_finding_that_counts_can_be_given(
    fail_on: str, status: int, shell: Shell
) -> None:
    """What is milder is printed all the same."""
    result = shell("audit", "--account-details", "account.json", "--fail-on", fail_on)

    assert result.status == status
    assert "inline-policies" in result.out


def test_json_has_all_of_it(good: Shell) -> None:
    """One audit for each account, as the library gives it."""
    other = json.dumps(json.loads(export(good_account()))).replace(ACCOUNT, "222222222222")
    good.write("other.json", other)
    result = good("audit", *FILE, "--account-details", "other.json", "--json")
    audits = result.values["accounts"]

    assert result.status == 0
    assert [audit["accountId"] for audit in audits] == [ACCOUNT, "222222222222"]
    assert audits[0]["findings"] == []
    assert {item["id"] for item in audits[0]["unanswered"]} >= {"root-mfa", "console-mfa"}


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no such export": (("--account-details", "none.json"), "none.json"),
    "no export": (("--account-details", "good.csv"), "It isn't JSON"),
    "no such report": ((*FILE, "--credential-report", "none.csv"), "none.csv can't be read"),
    "no report": ((*FILE, "--credential-report", "good.json"), "isn't a credential report"),
    "report still in Base64": ((*FILE, "--credential-report", "b64.csv"), "base64 --decode"),
    "another account's report": (
        (*FILE, "--credential-report", "other.csv"),
        "belongs to account 222222222222, which has no account details here",
    ),
    "two reports of one account": (
        (*FILE, "--credential-report", "good.csv", "--credential-report", "good.csv"),
        "a second credential report",
    ),
    "a report of nobody": ((*FILE, "--credential-report", "empty.csv"), "users of one account"),
    "a report of several": ((*FILE, "--credential-report", "both.csv"), "users of one account"),
    "a report without ARNs": ((*FILE, "--credential-report", "bare.csv"), "users of one account"),
    "no such threshold": ((*FILE, "--threshold", "key_age=3"), "Did you mean key_age_days"),
    "no number": ((*FILE, "--threshold", "key_age_days=old"), "write NAME=NUMBER"),
    "no value": ((*FILE, "--threshold", "key_age_days"), "write NAME=NUMBER"),
    "no such day": ((*FILE, "--as-of", "yesterday"), "write a day"),
    "no file at all": ((), "--account-details"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_ends_with_2(case: str, good: Shell) -> None:
    """With the file, or with what is right."""
    text = (good.folder / "good.csv").read_text("utf-8")
    head, *rows = text.splitlines()
    other = [row.replace(ACCOUNT, "222222222222") for row in rows]
    good.write("b64.csv", base64.b64encode(text.encode()).decode())
    good.write("other.csv", "\n".join([head, *other]))
    good.write("both.csv", "\n".join([head, *rows, *other]))
    good.write("empty.csv", head)
    good.write("bare.csv", text.replace(f"{IAM}user/ana", "ana"))
    arguments, message = BAD[case]

    assert message in one_line(good("audit", *arguments))


def test_no_name_steers_the_terminal(shell: Shell) -> None:
    """Names of statements come from strangers."""
    details: dict[str, Any] = json.loads((shell.folder / "account.json").read_text("utf-8"))
    wide = {"Effect": "Allow", "Action": "*", "Resource": "*", "Sid": "\x1b[31m"}
    details["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] = document(wide)
    shell.write("account.json", json.dumps(details))
    result: Result = shell("audit", "--account-details", "account.json")

    assert "inline-policy-admin" in result.out
    assert "\x1b" not in result.out


def test_it_runs_as_a_process(shell: Shell) -> None:
    """As in a shell."""
    assert shell.process("audit", "--account-details", "account.json").status == 1


def test_as_the_cli_prints_it(shell: Shell) -> None:
    """The example's account of the other commands is read too."""
    shell.write("copy.json", as_cli(json.loads((shell.folder / "account.json").read_text("utf-8"))))

    assert shell("audit", "--account-details", "copy.json").status == 1

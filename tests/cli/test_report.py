"""``iamlab report``: accounts in numbers, and what is recommended for them."""

import json
import re

import pytest

from iamlab import World
from tests.cli.helpers import Shell, details_of, one_line
from tests.storage.account_exports import ACCOUNT, export_of, hand_made

FILE = ("--account-details", "account.json")
PASSWORD = "Correct-Horse-1"


@pytest.fixture
def with_table(shell: Shell) -> Shell:
    """The folder has a credential report of the account, too."""
    account = hand_made().accounts[ACCOUNT]
    account.root.create_login_profile(PASSWORD)
    ana = account.users["alice"]
    ana.create_access_key()
    ana.create_virtual_mfa_device("phone").enable()
    account.users["bob"].create_login_profile(PASSWORD)
    account.users["bob"].create_access_key()
    account.users["bob"].create_access_key()
    shell.write("users.csv", account.credential_report().csv)
    return shell


def test_an_export_alone_gives_numbers_and_says_what_is_not_known(shell: Shell) -> None:
    """Nothing is to do as far as it can be reported."""
    result = shell("report", *FILE)

    assert (result.status, result.err) == (0, "")
    assert details_of(result.out).startswith(f"Account {ACCOUNT}\n\nUsers: 5 of 5000\n")
    assert "AccountMFAEnabled: not in the file" in result.out
    assert "? not known: Add MFA for root user" in result.out
    assert "✓ done: Create individual IAM users" in result.out
    assert "\nCredentials\n" not in result.out


def test_a_credential_report_tells_the_rest(with_table: Shell) -> None:
    """The root user without MFA is to do, so the status is 1; each user has a line."""
    result = with_table("report", *FILE, "--credential-report", "users.csv")

    assert result.status == 1
    assert "✕ to do: Add MFA for root user" in result.out
    lines = result.out.partition("\nCredentials\n")[2].splitlines()
    assert lines[:4] == [
        "<root_account>: a password",
        "alice: MFA, 1 active access key",
        "bob: a password, 2 active access keys",
        "carol: no credentials",
    ]


def test_json_has_the_same(with_table: Shell) -> None:
    """Numbers, lists, credentials; null without a credential report."""
    (found,) = with_table("report", *FILE, "--json").values["accounts"]
    assert found["summary"]["Users"] == 5
    assert "AccountMFAEnabled" in found["unknown"]
    assert found["credentials"] is None

    result = with_table("report", *FILE, "--credential-report", "users.csv", "--json")
    (found,) = result.values["accounts"]
    assert result.status == 1
    assert found["security"][0]["items"][0]["state"] == "to do"
    assert "alice: MFA, 1 active access key" in found["credentials"]


def test_an_account_without_users_has_something_to_do(shell: Shell) -> None:
    """What the file does tell counts without a credential report."""
    export = export_of(hand_made())
    export["UserDetailList"] = []
    shell.write("account.json", json.dumps(export))
    result = shell("report", *FILE)

    assert result.status == 1
    assert "✕ to do: Create individual IAM users" in result.out


def test_bad_input_is_one_line(shell: Shell) -> None:
    """As everywhere."""
    shell.write("users.csv", "user\nzoe\n")

    text = one_line(shell("report", *FILE, "--credential-report", "users.csv"))
    assert "users.csv isn't a credential report" in text


def test_the_lists_are_those_of_the_library(shell: Shell) -> None:
    """The very same text."""
    account = World.from_account_details(shell.folder / "account.json").accounts[ACCOUNT]
    out = shell("report", *FILE).out

    assert str(account.summary()) in out
    assert str(account.security_status()) in out
    assert re.search(r"Security recommendations: 0 of 2 done", out)

"""``iamlab outside`` lists who gets in from outside, and what stops him."""

import csv
import io
import json

import pytest

from iamlab import Policy, World
from tests.cli.helpers import Shell, one_line
from tests.policy.documents import trust

FAR = "444455556666"


@pytest.fixture
def shell(shell: Shell) -> Shell:
    """A saved world: a role trusts an account outside, a bucket is open, and a Deny stops one."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    main.create_role("audit", assume_role_policy_document=trust({"AWS": FAR}))
    main.create_role("own", assume_role_policy_document=trust({"AWS": "111111111111"}))
    queue = main.create_queue("jobs")
    queue.put_policy(Policy.allow("sqs:SendMessage", queue.arn, principal="*"))
    topic = main.create_topic("news")
    closed = Policy.allow("sns:Publish", topic.arn, principal=FAR) + Policy.deny(
        "sns:Publish", topic.arn, principal="*"
    )
    topic.put_policy(closed)
    world.save(shell.folder / "world.json")
    return shell


def ask(*more: str) -> tuple[str, ...]:
    """Ask the saved world."""
    return ("outside", "--world", "world.json", *more)


def test_public_access_comes_first_and_what_is_stopped_last(shell: Shell) -> None:
    """Each as a sentence, below its service."""
    lines = shell(*ask()).out.splitlines()
    audit = "arn:aws:iam::111111111111:role/audit"
    assert lines[0].startswith("Zone of trust: ")
    assert lines[1:4:2] == ["sqs:", "iam:"]
    assert lines[2].startswith("  Public: anybody may do sqs:SendMessage")
    assert lines[4].startswith(f"  Account {FAR} may do sts:AssumeRole on {audit}")
    assert lines[5] == "sns:"
    assert "is stopped by the deny" in lines[6]
    assert "role/own" not in "\n".join(lines)


def test_programs_read_json_and_spreadsheets_csv(shell: Shell) -> None:
    """With the same findings."""
    text = json.loads(shell(*ask("--json")).out)
    assert [item["is_open"] for item in text["findings"]] == [True, True, False]
    assert text["findings"][1]["principal"] == {"AWS": FAR}
    rows = list(csv.DictReader(io.StringIO(shell(*ask("--csv")).out)))
    assert [row["open"] for row in rows] == ["yes", "yes", "no"]
    assert rows[0]["type"] == "AWS::SQS::Queue"


def test_a_zone_of_trust_may_have_more_accounts(shell: Shell) -> None:
    """Then only the public queue is open, and a pipeline stops for it."""
    command = ask("--zone", "111111111111", "--zone", FAR, "--json")
    found = json.loads(shell(*command).out)["findings"]
    assert [item["resource_type"] for item in found if item["is_open"]] == ["AWS::SQS::Queue"]
    assert shell(*ask("--fail")).status == 1
    assert shell(*ask()).status == 0


def test_there_is_no_such_zone(shell: Shell) -> None:
    """It is said in a line."""
    assert "zone" in one_line(shell(*ask("--zone", "everywhere")))

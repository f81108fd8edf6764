"""The real AWS CLI calls a world: by a profile, as a role, page by page; and it reads denials."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from iamlab import World
from tests.clients.at_home import home  # noqa: F401 - a fixture

AWS = shutil.which("aws", path=Path(sys.executable).parent)
MAIN = "111111111111"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": MAIN}, "Action": "sts:AssumeRole"},
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(AWS is None, reason="the AWS CLI isn't installed"),
]


@pytest.fixture
def world():
    """Make a world with Dana, who can become an administrator, Ana, who can't, and 25 others."""
    made = World(seed=7)
    main = made.create_account("main", account_id=MAIN)
    main.create_role("deploy", assume_role_policy_document=TRUST).attach_policy("IAMFullAccess")
    for name in ("ana", "dana"):
        main.create_user(name).create_access_key()
    for number in range(25):
        main.create_user(f"user-{number:02}")
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": made.role("deploy").arn}
    made.user("dana").put_policy("deploy", {"Version": "2012-10-17", "Statement": may})
    made.user("dana").attach_policy("IAMReadOnlyAccess")
    return made


@pytest.fixture
def aws(world, home, tmp_path):  # noqa: F811
    """Return a function that runs a command of the CLI, where other AWS settings are set, too."""
    with world.gateway.serve() as server:
        file = tmp_path / "profiles"
        variables = server.write_profiles(file)
        with file.open("a") as stream:
            role = f"role_arn = arn:aws:iam::{MAIN}:role/deploy\nsource_profile = dana\n"
            stream.write(f"\n[profile deploy]\n{role}")

        def run(*arguments):
            return subprocess.run(
                [AWS, *arguments, "--output", "json"],
                env={**os.environ, "HOME": str(home), **variables},
                capture_output=True,
                text=True,
                check=False,
            )

        run.url = server.url
        yield run


def test_a_denied_call_is_allowed_after_a_role_has_fixed_it(aws, world):
    """The CLI shows AWS's message; it assumes the role by itself, and keeps the credentials."""
    ana = ("--profile", "ana", "iam", "list-users")
    denied = aws(*ana)
    attach = ("iam", "attach-user-policy", "--user-name", "ana", "--policy-arn")
    fixed = aws("--profile", "deploy", *attach, "arn:aws:iam::aws:policy/IAMReadOnlyAccess")

    assert denied.returncode == 255  # version 2 of the CLI: 254
    assert (
        "An error occurred (AccessDenied) when calling the ListUsers operation: "
        f"User: arn:aws:iam::{MAIN}:user/ana is not authorized to perform: iam:ListUsers"
    ) in denied.stderr
    assert (fixed.returncode, fixed.stderr) == (0, "")
    assert aws(*ana).returncode == 0
    assert [call.operation for call in world.gateway.calls] == [
        *("ListUsers", "AssumeRole", "AttachUserPolicy", "ListUsers")
    ]


@pytest.mark.parametrize("command", ["sqs list-queues", "rds describe-db-instances"])
def test_no_command_leaves_the_computer(aws, world, command):
    """Version 1 of the CLI would call AWS for some services, unless the command has an address."""
    dana = ("--profile", "dana", *command.split())
    assert "127.0.0.1" in aws(*dana).stderr
    assert [*world.gateway.calls] == []

    assert "AccessDenied" in aws("--endpoint-url", aws.url, *dana).stderr
    assert len(world.gateway.calls) == 1


def test_what_is_written_is_read_as_it_was(aws):
    """A policy document comes back as JSON."""
    document = json.dumps(TRUST)
    role = ("--role-name", "e+=x")
    made = aws(
        *("--profile", "deploy", "iam", "create-role", *role),
        *("--assume-role-policy-document", document, "--description", "Für die Nacht"),
    )
    found = aws("--profile", "dana", "iam", "get-role", *role)

    assert json.loads(made.stdout)["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert json.loads(found.stdout)["Role"]["Description"] == "Für die Nacht"


def test_pages_are_put_together_and_waiters_end(aws, world):
    """There are 27 users in pages of ten; the CLI waits only for a user who is missing."""
    names = aws("--profile", "dana", "iam", "list-users", "--page-size", "10", "--query", "Users")
    some = aws("--profile", "dana", "iam", "list-users", "--max-items", "3")
    waited = aws("--profile", "dana", "iam", "wait", "user-exists", "--user-name", "user-07")

    assert len(json.loads(names.stdout)) == 27
    assert [call.operation for call in world.gateway.calls] == [*["ListUsers"] * 4, "GetUser"]
    assert len(json.loads(some.stdout)["Users"]) == 3
    assert "NextToken" in json.loads(some.stdout)
    assert (waited.returncode, waited.stderr) == (0, "")

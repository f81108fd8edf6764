"""``iamlab explain-policy`` says in plain English what a document says."""

import json

from iamlab import Policy
from tests.cli.helpers import Shell, one_line

DENY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}],
    }
)


def test_it_prints_the_policys_prose(shell: Shell) -> None:
    """The very same text as ``policy.describe()``."""
    shell.write("p.json", DENY)
    result = shell("explain-policy", "p.json")

    assert (result.status, result.out) == (0, Policy.parse(DENY).describe() + "\n")


def test_several_files_have_their_names_above_them(shell: Shell) -> None:
    """Each after an empty line."""
    shell.write("a.json", DENY)
    shell.write("b.json", DENY)
    prose = Policy.parse(DENY).describe()

    assert shell("explain-policy", "a.json", "b.json").out == (
        f"a.json:\n{prose}\n\nb.json:\n{prose}\n"
    )


def test_the_type_is_taken_into_account(shell: Shell) -> None:
    """It is handed on."""
    shell.write("p.json", DENY)

    assert shell("explain-policy", "p.json", "--type", "scp").out == (
        Policy.parse(DENY).describe("scp") + "\n"
    )


def test_what_is_not_a_policy_is_bad_input(shell: Shell) -> None:
    """With its place, in one line."""
    shell.write("p.json", "{")

    assert "line 1" in one_line(shell("explain-policy", "p.json"))


def test_no_text_of_a_document_steers_the_terminal(shell: Shell) -> None:
    """An escape sequence is shown as a box."""
    shell.write("p.json", DENY.replace("s3:DeleteObject", "s3:\\u001b[31m"))

    assert "\x1b" not in shell("explain-policy", "p.json").out

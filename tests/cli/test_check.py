"""``iamlab check`` speaks like a linter: file, line, column, level, code; it ends with 0, 1, 2."""

import io
import json
import re
import shlex
import sys
from typing import Any

import pytest
import yaml

from iamlab.cli.policies import FileFinding
from tests.cli.calls import DETAILS
from tests.cli.helpers import ROOT_FOLDER, Result, Shell, one_line
from tests.storage.account_exports import arn_of

LINE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<level>\w+) (?P<code>\w+): ")


def policy(**elements: Any) -> str:
    """Write a policy of one statement, with nothing to fix where it says nothing else."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::maps/*"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, **elements}]}
    return json.dumps(document, indent=2)


GOOD = policy()
MISSPELT = policy(Action="s3:GetObjects")
REDUNDANT = policy(Action=["s3:*", "s3:GetObject"], Resource="*")
NO_JSON = '{\n  "Statement": [,]\n}'
WITH_PRINCIPAL = policy(Principal="*")


@pytest.fixture
def check(shell: Shell) -> Any:
    """Write a document into a file, and run the command on it."""

    def run(text: str, *options: str) -> Result:
        shell.write("p.json", text)
        return shell("check", "p.json", *options)

    return run


def test_a_good_policy_ends_with_0_and_says_so(check: Any) -> None:
    """And nothing else is printed."""
    assert check(GOOD) == Result(0, "✓ 1 file, nothing to fix.\n", "")


def test_a_finding_is_where_it_is_in_the_text(check: Any) -> None:
    """File, line, column, level, code, then what is wrong and how to fix it."""
    result = check(MISSPELT)
    first = result.out.splitlines()[0]
    found = LINE.match(first)

    assert result.status == 1
    assert found
    assert found["file"] == "p.json"
    assert (found["level"], found["code"]) == ("ERROR", "INVALID_ACTION")
    written = MISSPELT.splitlines()[int(found["line"]) - 1]
    assert written[int(found["column"]) - 1 :].startswith('"s3:GetObjects"')
    assert "Did you mean s3:GetObject?" in first
    assert result.out.splitlines()[-1] == "1 file: 1 error."


def test_what_aws_refuses_comes_first_in_its_own_words(check: Any) -> None:
    """With AWS's code and sentence."""
    result = check(WITH_PRINCIPAL, "--type", "identity")

    assert result.status == 1
    assert re.match(
        r"p.json:\d+:\d+: REFUSED MalformedPolicyDocument: "
        r"Policy document should not specify a principal\.",
        result.out,
    )


def test_text_that_is_not_a_policy_is_reported_and_not_bad_input(check: Any) -> None:
    """The findings of the other files are needed too. A syntax error is one problem."""
    result = check(NO_JSON)

    assert result.status == 1
    assert result.out.startswith("p.json:2:17: REFUSED MalformedPolicyDocument: Syntax errors in")
    assert result.out.splitlines()[1:] == ["1 file: 1 refused."]


@pytest.mark.parametrize(
    ("fail_on", "status"), [("suggestion", 1), ("warning", 0), ("security-warning", 0)]
)
def test_suggestions_count_only_when_asked(check: Any, fail_on: str, status: int) -> None:
    """They are printed in any case."""
    result = check(REDUNDANT, "--fail-on", fail_on)

    assert "SUGGESTION REDUNDANT_ACTION" in result.out
    assert result.status == status


def test_the_type_decides_what_is_right(check: Any) -> None:
    """A trust policy has a Principal and no Resource."""
    trust = policy(Principal={"Service": "ec2.amazonaws.com"}, Action="sts:AssumeRole")
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {key: value for key, value in load.items() if key != "Resource"}
                for load in json.loads(trust)["Statement"]
            ],
        }
    )

    assert "REFUSED" in check(trust, "--type", "identity").out
    assert "REFUSED" not in check(trust, "--type", "trust").out
    bucket = policy(Principal="*", Resource="arn:aws:s3:::maps/*")
    assert "REFUSED" not in check(bucket, "--type", "resource", "--service", "s3").out
    assert "REFUSED MalformedPolicyDocumentException" in (
        check(bucket, "--type", "resource", "--service", "kms").out
    )


def test_all_files_are_read_and_one_bad_one_is_enough(shell: Shell) -> None:
    """The last line counts them."""
    shell.write("a.json", GOOD)
    shell.write("b.json", MISSPELT)
    result = shell("check", "a.json", "b.json")

    assert result.status == 1
    assert result.out.startswith("b.json:")
    assert result.out.splitlines()[-1] == "2 files: 1 error."


@pytest.mark.parametrize(
    ("elements", "kind"),
    [
        ({"Principal": "*"}, "a resource policy of s3"),
        ({"Principal": "*", "Action": ["s3:*", "kms:Decrypt"]}, "a resource policy"),
        ({"Principal": {"AWS": "1" * 12}, "Action": "sts:AssumeRole"}, "a trust policy"),
        ({"NotPrincipal": "*", "Effect": "Deny"}, "a resource policy of s3"),
        ({}, ""),
        ({"Effect": "Maybe", "Principal": "*"}, ""),
    ],
)
def test_the_type_is_guessed_from_the_principal_and_the_guess_is_shown(
    check: Any, elements: dict[str, Any], kind: str
) -> None:
    """A file without a Principal can be of any other type, and is checked as identity-based."""
    lines = check(policy(**elements)).out.splitlines()
    guesses = [line for line in lines if " is checked as " in line]

    assert guesses == ([f"p.json is checked as {kind}; --type changes this."] if kind else [])
    assert "is checked as" not in check(policy(**elements), "--type", "resource").out


def test_a_file_that_cannot_be_read_hides_no_other_and_is_bad_input(shell: Shell) -> None:
    """It is in the list and in the counts, so that nobody takes the answer for complete."""
    shell.write("a.json", MISSPELT)
    result = shell("check", "nowhere.json", "a.json")
    unreadable, finding, counts = result.out.splitlines()

    assert result.status == 2
    assert "UNREADABLE" in unreadable
    assert "nowhere.json can't be read: No such file" in unreadable
    assert "INVALID_ACTION" in finding
    assert counts == "2 files: 1 can't be read, 1 error."
    assert shell("check", "nowhere.json", "a.json", "--json").status == 2


def test_standard_input_is_a_file_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With or without the mark that some editors put first."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"\ufeff{MISSPELT}".encode())))

    assert shell("check", "-").out.startswith("<stdin>:")


def test_json_holds_the_same(check: Any) -> None:
    """One object for each line, whatever is in the document."""
    lines = check(MISSPELT).out.splitlines()[:-1]
    found = check(MISSPELT, "--json").values["findings"]

    assert [f"{item['level']} {item['code']}: {item['text']}" for item in found] == [
        line.partition(": ")[2] for line in lines
    ]
    assert found[0]["path"] == "$.Statement[0].Action"
    assert found[0]["fixable"] is True


def test_github_annotations_hold_the_place(check: Any) -> None:
    """As GitHub Actions read them."""
    result = check(MISSPELT, "--github")

    assert result.status == 1
    assert re.match(r"::error file=p.json,line=\d+,col=\d+,title=INVALID_ACTION::", result.out)
    assert len(result.out.splitlines()) == 1


def test_nothing_in_a_document_can_end_an_annotation_or_begin_another() -> None:
    """Line ends, percent signs, and in its properties colons and commas are escaped."""
    line = FileFinding("a:b,c\n.json", 1, 2, "$", "ERROR", "X", "50%\n::error::boo")

    assert line.for_github() == (
        "::error file=a%3Ab%2Cc%0A.json,line=1,col=2,title=X::50%25%0A::error::boo"
    )


def test_no_text_of_a_document_steers_the_terminal(check: Any) -> None:
    """An escape sequence is shown as a box."""
    result = check(policy(Action="s3:Get\x1b[31mObject"))

    assert result.status == 1
    assert "\x1b" not in result.out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(["--type", "scps"], "scp"), (["--service", "s4"], "s3"), (["--fail-on", "all"], "error")],
)
def test_an_unknown_choice_names_those_that_there_are(
    check: Any, arguments: list[str], word: str
) -> None:
    """In one line."""
    assert word in one_line(check(GOOD, *arguments))


def test_a_service_goes_with_a_resource_policy_only(check: Any) -> None:
    """Nobody must believe that a bucket policy was checked when it was not."""
    assert "--service" in one_line(check(GOOD, "--service", "s3"))


def test_the_hook_for_other_repositories_runs_this_command(shell: Shell) -> None:
    """What .pre-commit-hooks.yaml names is there, and works on files given as arguments."""
    (hook,) = yaml.safe_load(ROOT_FOLDER.joinpath(".pre-commit-hooks.yaml").read_text("utf-8"))
    program, *arguments = shlex.split(hook["entry"])
    shell.write("policy.json", MISSPELT)

    assert program == "iamlab"
    assert shell.process(*arguments, "policy.json").status == 1
    assert re.search(hook["files"], "policies/reader.json")
    assert re.search(hook["files"], "deploy/bucket-policy.json")
    assert not re.search(hook["files"], "package.json")


OLD = policy(Action="s3:GetObject", Resource="arn:aws:s3:::maps/*")
NEW = policy(Action=["s3:GetObject", "s3:PutObject"], Resource="arn:aws:s3:::maps/*")


def test_new_access_stops_a_pipeline(check: Any, shell: Shell) -> None:
    """The statement is named with its place and a request; other findings aren't printed."""
    shell.write("old.json", OLD)
    shell.write("new.json", NEW)
    result = check(NEW, "--no-new-access", "old.json")
    (finding,) = check(NEW, "--no-new-access", "old.json", "--json").values["findings"]

    assert result.status == 1
    assert "NEW_ACCESS: New access in the statement with index: 0. For example, " in result.out
    assert (finding["code"], finding["path"]) == ("NEW_ACCESS", "$.Statement[0]")
    assert (finding["level"], finding["fixable"]) == ("ERROR", False)
    assert check(OLD, "--no-new-access", "new.json").out == "✓ 1 file, nothing to fix.\n"
    assert "::error file=p.json" in check(NEW, "--no-new-access", "old.json", "--github").out


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--access-not-granted", "s3:Put*"), 1),
        (("--access-not-granted", "s3:Delete*"), 0),
        (("--access-not-granted", "s3:Put*", "--resource", "arn:aws:s3:::logs/*"), 0),
        (("--resource", "arn:aws:s3:::maps/m31"), 1),
        (("--no-public-access", "AWS::S3::Bucket"), 0),
        (("--access-not-granted", "s3"), 2),
        (("--no-public-access", "bucket"), 2),
        (("--no-new-access", "none.json"), 2),
    ],
)
def test_access_that_is_not_wanted_is_found(check: Any, options: Any, status: int) -> None:
    """What can't be checked is bad input."""
    assert check(NEW, *options).status == status


def test_a_public_policy_is_found(check: Any) -> None:
    """The type of the resource says what it's a policy of."""
    public = policy(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::maps/*")
    result = check(public, "--type", "resource", "--no-public-access", "AWS::S3::Bucket")

    assert result.status == 1
    assert "ERROR PUBLIC_ACCESS: Public access granted in the following statement" in result.out


@pytest.mark.parametrize("command", ["check", "explain-policy", "can"])
def test_no_error_repeats_a_megabyte_of_input(command: str, shell: Shell) -> None:
    """Its beginning and its length are enough to find it."""
    shell.write("p.json", policy(Effect="x" * 1_000_000, **{"y" * 1_000_000: "*"}))
    more = ("--action", "z" * 9_000, "--resource", "*", *DETAILS) if command == "can" else ()
    arguments = ("--principal", arn_of("dana"), *more) if more else ("p.json",)
    result = shell(command, *arguments)

    assert result.status in (1, 2)
    assert len(result.out) + len(result.err) < 2_000
    assert " characters)" in result.out + result.err

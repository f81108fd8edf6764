"""``iamlab quiz``: questions about an account on a terminal, of which nothing is kept."""

import builtins
import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iamlab import World
from tests.cli.helpers import PATIENCE, ROOT_FOLDER, Result, Shell, one_line
from tests.policy.documents import allow, deny, document, trust
from tests.storage.account_exports import as_cli

DETAILS = ("--account-details", "account.json")
ACCOUNT = "987654321098"


@pytest.fixture
def answered(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Progress is saved in the folder."""
    monkeypatch.delenv("IAMLAB_PROGRESS", raising=False)
    return shell


def ask(shell: Shell, monkeypatch: pytest.MonkeyPatch, answers: str, *options: str) -> Result:
    """Run a quiz, with these lines on standard input."""
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    return shell("quiz", *DETAILS, "--seed", "1", *options)


def keys(shell: Shell, *options: str) -> Iterator[str]:
    """Yield the right answers, as ``--json`` has them."""
    result = shell("quiz", *DETAILS, "--seed", "1", *options, "--json")
    for item in result.values["questions"]:
        yield "ABCDEFGH"[item["key"][0]]


def test_right_answers_get_the_whole_score(
    answered: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The questions with --json are the same, with their keys."""
    right = "\n".join(keys(answered))
    result = ask(answered, monkeypatch, right + "\n")

    assert result.status == 0
    assert result.out.count("✓ Right.") == 9
    assert "9 of 9 right: predict 3 of 3, explain 3 of 3, cut 3 of 3." in result.out
    assert "Repeat" not in result.out


def test_a_wrong_answer_is_explained_and_its_lesson_named(
    answered: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is right, why, the belief, and the command that shows more, which works."""
    (right,) = keys(answered, "--questions", "1")
    result = ask(answered, monkeypatch, "ABC".replace(right, "")[0] + "\n", "--questions", "1")
    text = " ".join(result.out.split())
    command = text.partition("To look further: iamlab ")[2].partition(" 0 of 1 right")[0]

    assert f"✕ Wrong. The right answer is {right}: " in text
    assert "0 of 1 right: predict 0 of 1." in text
    assert "Repeat lesson " in text
    assert answered(*shlex.split(command)).status in (0, 1)


@pytest.mark.parametrize("end", ["q\n", "Quit\n", ""])
def test_q_or_the_end_of_the_input_stops_with_the_score_so_far(
    end: str, answered: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question without an answer doesn't count."""
    first, *_ = keys(answered)
    result = ask(answered, monkeypatch, f"{first}\n{end}")

    assert result.status == 0
    assert "Question 2 of 9" in result.out
    assert "1 of 1 right: predict 1 of 1." in result.out


def test_ctrl_c_stops_in_the_same_way(answered: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exit status 0, as it is a way to stop."""

    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(builtins, "input", interrupted)
    result = answered("quiz", *DETAILS)

    assert result.status == 0
    assert result.out.endswith("No question was answered.\n")


def test_an_answer_that_means_nothing_is_read_again(
    answered: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It doesn't count."""
    (right,) = keys(answered, "--questions", "1")
    result = ask(answered, monkeypatch, f"maybe\n\n{right}\n", "--questions", "1")

    assert "'maybe' isn't clear. Choose one of A, B, C." in result.out
    assert "1 of 1 right" in result.out


def test_json_asks_nothing_and_keeps_nothing(answered: Shell) -> None:
    """Programs get the questions."""
    first, *_ = answered("quiz", *DETAILS, "--json").values["questions"]

    names = "kind lesson form question facts prompts options key rationale"
    assert first.keys() == {*names.split()}
    assert [path.name for path in answered.folder.iterdir()] == ["account.json"]


def test_names_cannot_control_the_terminal(
    answered: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Sid in an export can be any text."""
    main = World(seed=3).create_account("main", account_id=ACCOUNT)
    main.create_user("ana").put_policy("own", document(allow("s3:GetObject", Sid="Own")))
    (export,) = main.world.to_account_details()
    text = as_cli(export).replace("Own", "\\u001b[31mOwn")
    answered.write("account.json", text)

    assert "\x1b" not in ask(answered, monkeypatch, "A\nA\nA\n").out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--account-details", "-"), "Standard input has your answers."),
        ((*DETAILS, "--questions", "0"), "A quiz has at least one question, not 0."),
        (("--account-details", "empty.json"), "Nothing can be asked"),
    ],
)
def test_bad_input_is_one_line(options: tuple[str, ...], message: str, answered: Shell) -> None:
    """And exit status 2."""
    world = World(seed=3)
    world.create_account("main", account_id=ACCOUNT).create_user("ana")
    (empty,) = world.to_account_details()
    answered.write("empty.json", as_cli(empty))

    assert message in one_line(answered("quiz", *options))


def _private_account() -> World:
    """Make an account, each name of which has the same letters in it."""
    main = World(seed=3).create_account("quagga", account_id=ACCOUNT)
    bucket = "arn:aws:s3:::quagga-maps"
    read = main.create_policy(
        "quagga-read", document(allow("s3:GetObject", f"{bucket}/*", Sid="QuaggaRead"))
    )
    team = main.create_group("quagga-team")
    team.put_policy("quagga-keep", document(deny("s3:Delete*", f"{bucket}/*", Sid="QuaggaKeep")))
    role = main.create_role("quagga-job", assume_role_policy_document=trust({"AWS": ACCOUNT}))
    role.attach_policy("AdministratorAccess")
    for name in ("quagga-ana", "quagga-ben"):
        user = main.create_user(name, tags={"quagga": "quagga"})
        user.attach_policy(read)
        team.add_user(user)
        user.put_policy(
            f"{name}-own",
            document(
                allow("s3:*", f"{bucket}/*", Sid="QuaggaOwn"), allow("sts:AssumeRole", role.arn)
            ),
        )
    return main.world


def test_nothing_of_an_account_reaches_a_file(answered: Shell) -> None:
    """All that a quiz writes in its folder, at home and for a while is searched for each name."""
    (export,) = _private_account().to_account_details()
    account = answered.write("account.json", as_cli(export))
    folders = [answered.folder / name for name in ("home", "temporary")]
    for folder in folders:
        folder.mkdir()
    places = dict(zip(("HOME", "TMPDIR"), map(str, folders), strict=True))
    environment = {**os.environ, **places, "PYTHONPATH": str(ROOT_FOLDER)}
    environment.pop("IAMLAB_PROGRESS", None)
    done = subprocess.run(
        [sys.executable, "-m", "iamlab", "quiz", *DETAILS, "--seed", "1"],
        cwd=answered.folder,
        env=environment,
        input="A\nnonsense\nB\n" + "C\nA\n" * 9,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    written = [path for path in answered.folder.rglob("*") if path.is_file() and path != account]
    texts = {path: path.read_bytes().decode("utf-8", "replace").lower() for path in written}

    assert "of 9 right" in done.stdout
    assert "quagga-ana" in done.stdout
    assert "quagga" not in done.stderr
    assert Path(answered.folder, "iamlab_progress.jsonl") in texts
    for path, text in texts.items():
        assert [own for own in ("quagga", ACCOUNT, "arn:", "s3:") if own in text] == [], path
        assert not path.name.startswith("quagga")

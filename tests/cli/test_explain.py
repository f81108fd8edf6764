"""``iamlab explain`` decides what a file says, explains it, and meets bad input with one line."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

from iamlab import Layers, evaluate
from iamlab.engine.evaluate import evaluate_call
from iamlab.engine.labels import QUESTIONS
from iamlab.engine.questions import read_questions
from tests.cli.helpers import PATIENCE, ROOT_FOLDER, Result, Shell, one_line

ANA = "arn:aws:iam::111122223333:user/ana"
GET: dict[str, Any] = {
    "principal": ANA,
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::maps/m31",
}


def document(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """Write a policy of one statement that is about everything, where it says nothing else."""
    statement = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [statement]}


ALLOW, DENY = document(), document("Deny", Sid="No")
ALLOWED = {"request": GET, "layers": {"identity": [{"policy": ALLOW, "name": "all"}]}}
EXPLICIT = {
    "request": GET,
    "layers": {
        "identity": [
            {"policy": ALLOW, "name": "all"},
            {"policy": DENY, "name": "guard", "path": ["group interns"]},
        ]
    },
}
IMPLICIT = {"request": GET, "layers": {}}
IMPOSSIBLE = {
    "request": {
        "principal": "arn:aws:iam::111122223333:root",
        "action": "sts:AssumeRole",
        "resource": "arn:aws:iam::111122223333:role/r",
    }
}


@pytest.fixture
def explain(shell: Shell) -> Any:
    """Write a question into a file, and run the command on it."""

    def run(question: Any, *options: str) -> Result:
        text = question if isinstance(question, str) else json.dumps(question)
        shell.write("question.json", text)
        return shell("explain", "question.json", *options)

    return run


def through_stdin(shell: Shell, text: bytes, *options: str, **environment: str) -> Result:
    """Run the command as a process that reads the question from standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "iamlab", "explain", "-", *options],
        cwd=shell.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT_FOLDER), **environment},
        input=text,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    return Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


# -- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "status", "word"),
    [
        (ALLOWED, 0, "✓ ALLOWED"),
        (EXPLICIT, 1, "✕ EXPLICIT DENY"),
        (IMPLICIT, 1, "○ IMPLICIT DENY"),
        (IMPOSSIBLE, 1, "○ IMPLICIT DENY"),
    ],
    ids=["allowed", "explicit", "implicit", "impossible"],
)
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "json"])
def test_the_exit_status_is_0_for_allowed_and_1_for_denied(
    question: Any, status: int, word: str, options: tuple[str, ...], explain: Any
) -> None:
    """In either form; nothing is on stderr."""
    result = explain(question, *options)

    assert (result.status, result.err) == (status, "")
    if options:
        assert json.loads(result.out)["verdict"].lower() in word.lower().replace(" ", "")
    else:
        assert word in result.out.splitlines()


def test_the_six_questions_are_answered_in_order(explain: Any) -> None:
    """Each is there once, numbered, above the verdict."""
    lines = explain(EXPLICIT).out.splitlines()
    numbered = [f"{number}. {question}" for number, question in enumerate(QUESTIONS, 1)]

    assert [line for line in lines if line in numbered] == numbered
    assert lines.index("✕ EXPLICIT DENY") > lines.index(numbered[-1])
    assert any("guard/No" in line for line in lines)
    assert any("group interns" in line for line in lines)


def test_a_denial_comes_with_the_sentence_of_aws(explain: Any) -> None:
    """So that it can be compared with what the real account says."""
    sentence = (
        rf"User: {ANA} is not authorized to perform: s3:GetObject on resource: "
        r"\S+ with an explicit deny"
    )
    assert re.search(sentence, explain(EXPLICIT).out)


@pytest.mark.parametrize("question", [EXPLICIT, IMPLICIT], ids=["explicit", "implicit"])
def test_what_would_change_a_denial_is_listed_and_does_change_it(
    question: Any, explain: Any
) -> None:
    """The lines are those of the engine's fixes, each of which flips the verdict."""
    lines = explain(question).out.splitlines()
    listed = lines[lines.index("What would change it:") + 1 :]
    ((request, layers),) = read_questions(json.dumps(question))
    fixes = evaluate(request, layers).fixes()

    assert listed == [f"  - {fix}" for fix in fixes]
    assert listed
    assert all(evaluate(fix.ask(request), fix.apply(layers)) for fix in fixes)


def test_where_nothing_would_change_it_that_is_said(explain: Any) -> None:
    """A root user assumes no role, whatever is written."""
    assert explain(IMPOSSIBLE).out.splitlines()[-1] == "No policy would change it."


def test_an_allowed_question_is_not_fixed(explain: Any) -> None:
    """There is nothing to change."""
    out = explain(ALLOWED).out

    assert "would change it" not in out
    assert "all/#1" in out


@pytest.mark.parametrize("question", [ALLOWED, EXPLICIT, IMPLICIT, IMPOSSIBLE], ids=range(4))
def test_json_holds_the_whole_decision_and_its_fixes(question: Any, explain: Any) -> None:
    """All that ``can --json`` prints, and what would flip the verdict; nothing else."""
    result = explain(question, "--json")
    ((request, layers),) = read_questions(json.dumps(question))
    decision = evaluate(request, layers)

    assert result.values == {
        **decision.to_dict(),
        "fixes": [fix.to_dict() for fix in decision.fixes()],
    }
    for fix in json.loads(result.out)["fixes"]:
        assert set(fix) == {"text", "who", "breadth"}


def test_json_is_the_same_through_either_door(shell: Shell, explain: Any) -> None:
    """File and standard input say the same."""
    by_file = explain(EXPLICIT, "--json")
    by_stdin = through_stdin(shell, json.dumps(EXPLICIT).encode(), "--json")

    assert by_file == by_stdin


# -- several questions ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("questions", "status", "action"),
    [
        ([ALLOWED], 0, "s3:GetObject"),
        ([ALLOWED, ALLOWED], 0, "s3:GetObject"),
        ([ALLOWED, {"request": {**GET, "action": "s3:PutObject"}}, EXPLICIT], 1, "s3:PutObject"),
        ([EXPLICIT, ALLOWED], 1, "s3:GetObject"),
    ],
    ids=["one", "all", "second-refused", "first-refused"],
)
def test_a_list_is_a_call_that_needs_all(
    questions: Any, status: int, action: str, explain: Any
) -> None:
    """The first that is refused is explained; else the last."""
    result = explain(questions, "--json")
    decision = evaluate_call(read_questions(json.dumps(questions)))

    assert result.status == status
    assert json.loads(result.out)["action"] == action
    assert json.loads(result.out)["determining"] == decision.to_dict()["determining"]


# -- standard input and files -----------------------------------------------------------------


@pytest.mark.parametrize(("question", "status"), [(ALLOWED, 0), (EXPLICIT, 1), ({}, 2)])
def test_a_dash_reads_standard_input(question: Any, status: int, shell: Shell) -> None:
    """As a process, with the exit status that a shell sees."""
    result = through_stdin(shell, json.dumps(question).encode())

    assert result.status == status
    assert "Traceback" not in result.err
    assert bool(result.out) is (status < 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("door", ["file", "stdin"])
def test_a_byte_order_mark_is_not_a_mistake(encoding: str, door: str, shell: Shell) -> None:
    """Windows' editors and pipes write one, and nobody sees it."""
    text = json.dumps(ALLOWED, ensure_ascii=False).encode(encoding)
    if door == "stdin":
        result = through_stdin(shell, text)
    else:
        (shell.folder / "q.json").write_bytes(text)
        result = shell("explain", "q.json")

    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize("surroundings", [{}, {"LC_ALL": "C"}, {"PYTHONUTF8": "0"}], ids=str)
def test_names_in_other_letters_survive_whatever_the_terminal_speaks(
    surroundings: dict[str, str], shell: Shell
) -> None:
    """JSON is UTF-8, whatever the locale says; an answer is printed in any case."""
    guard = {"policy": DENY, "name": "Wächter-星"}
    text = json.dumps({"request": GET, "layers": {"identity": [guard]}}, ensure_ascii=False)
    result = through_stdin(shell, text.encode(), "--json", **surroundings)

    assert result.status == 1
    assert "Traceback" not in result.err
    assert json.loads(result.out)["verdict"] == "explicitDeny"


def test_text_that_is_not_utf_8_gets_an_error(shell: Shell) -> None:
    """From a file and from standard input."""
    text = json.dumps(EXPLICIT).replace("guard", "w\u00e4chter").encode("latin-1")
    (shell.folder / "latin.json").write_bytes(text)

    assert "latin.json can't be read" in one_line(shell("explain", "latin.json"))
    assert "can't be read" in one_line(through_stdin(shell, text))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("explain",), "FILE"),
        (("explain", "no.json"), "no.json can't be read"),
        (("explain", "."), "can't be read"),
        (("explain", ""), "can't be empty"),
        (("explain", "a.json", "b.json"), "b.json"),
        (("explain", "a.json", "--why"), "--why"),
        (("explain", "account.json"), "There is no 'UserDetailList' here"),
    ],
    ids=["none", "missing", "folder", "empty", "two", "option", "other-file"],
)
def test_bad_arguments_and_files_are_one_line_and_status_2(
    arguments: tuple[str, ...], word: str, shell: Shell
) -> None:
    """As with the other commands."""
    assert word in one_line(shell(*arguments))


# -- bad questions ----------------------------------------------------------------------------


def test_every_problem_is_reported_in_one_line_with_path_line_and_column(explain: Any) -> None:
    """What is wrong in request, layers and policies, all at once."""
    text = """{
  "request": {"principal": "ana", "action": "s3:GetObject", "resource": "*"},
  "layers": {"identity": [{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}],
             "scps": {}},
  "more": 1
}"""
    line = one_line(explain(text))
    found = re.findall(r"(\$\S*) \(line (\d+), column (\d+)\)", line)

    assert sorted(found) == [
        ("$.layers.identity[0].Statement[0].Effect", "3", "53"),
        ("$.layers.scps", "4", "22"),
        ("$.more", "5", "11"),
        ("$.request", "2", "14"),
    ]


HOSTILE = {
    "empty": "",
    "no-json": "principal: ana",
    "list-of-nothing": "[]",
    "null": "null",
    "deep": "[" * 100_000,
    "cut-off": json.dumps(ALLOWED)[:-5],
    "twice": '{"request": {}, "request": {}}',
    "nan": '{"request": NaN}',
    "zero-byte": "\x00",
    "group": {"request": {**GET, "principal": "arn:aws:iam::111122223333:group/g"}},
    "wildcard": {"request": {**GET, "action": "s3:Get*"}},
    "long": {"request": {**GET, "resource": "x" * 100_000}},
    "nobody-knows-who-owns-it": {"request": {**GET, "principal": "ec2.amazonaws.com"}},
    "issuer-list": {"request": {**GET, "issuer": []}},
    "grant-constraint": {
        "request": {**GET, "action": "kms:Decrypt"},
        "layers": {
            "grants": [
                {
                    "grantee_principal": ANA,
                    "operations": ["Decrypt"],
                    "constraints": {"encryption_context_subset": {"a": ["b"]}},
                }
            ]
        },
    },
    "policy-in-policy": {"request": GET, "layers": {"identity": [{"policy": {"policy": ALLOW}}]}},
    "control-letters": {"request": {**GET, "principal": "\u001b[31mana\u0007\n\u202e"}},
}


@pytest.mark.parametrize("question", HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_one_line_and_status_2(question: Any, explain: Any) -> None:
    """Whatever a file holds: no traceback, and nothing that a terminal would obey."""
    line = one_line(explain(question))

    assert line.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    "name",
    ["\u001b[31mred\u001b[0m", "bell\u0007", "up\u001b[2Aand\rover", "\u202etfel"],
    ids=ascii,
)
def test_names_from_strangers_cannot_command_the_terminal(name: str, explain: Any) -> None:
    """A Sid, a policy's name or a path is shown, and never obeyed."""
    policy = {"policy": document("Deny", Sid=name), "name": name, "path": [f"group {name}"]}
    result = explain({"request": GET, "layers": {"identity": [policy]}})

    assert result.status == 1
    assert all(line.isprintable() for line in result.out.split("\n"))


def test_a_number_of_thousands_of_digits_is_not_a_crash(explain: Any) -> None:
    """It is kept as text, and compared as such."""
    policy = document(Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "N"}})
    text = json.dumps({"request": GET, "layers": {"identity": [policy]}}).replace('"N"', "9" * 5000)
    result = explain(text)

    assert result.status in (0, 1, 2)
    assert "Traceback" not in result.err


def test_a_large_question_is_answered(explain: Any) -> None:
    """Hundreds of policies in the way are read and listed."""
    many = [{"policy": document(Action=f"ec2:Action{n}"), "name": f"p{n}"} for n in range(300)]
    result = explain({"request": GET, "layers": {"identity": [*many, ALLOW]}})

    assert result.status == 0
    assert "identity-301/#1" in result.out


# -- help -------------------------------------------------------------------------------------


def test_the_example_of_the_help_is_answered(shell: Shell, explain: Any) -> None:
    """It is run as printed, and names every key of the layers."""
    text = shell("explain", "--help").out
    example = text[text.index('{"request"') : text.index("\nThe keys are")]
    result = explain(example)

    assert (result.status, result.err) == (1, "")
    assert json.loads(explain(example, "--json").out)["verdict"] == "implicitDeny"
    for name in Layers.__slots__:
        if not name.startswith("_") and name != "compiled":
            assert name in text


def test_the_command_is_in_the_list_of_commands(shell: Shell) -> None:
    """With what it does."""
    assert re.search(r"explain\s+Decide a request from a JSON file", shell("--help").out)

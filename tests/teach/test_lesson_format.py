"""docs/lesson-format.md documents all that a lesson's file can have, and its examples work."""

import ast
import json
import re
from pathlib import Path

import pytest

from iamlab.teach import edits, lesson, named
from iamlab.teach.cards import INPUTS
from iamlab.teach.exercises import Question
from iamlab.teach.lesson_check import check_lesson
from iamlab.teach.mutants import MISCONCEPTIONS
from iamlab.teach.scenarios import MAP, scenario
from iamlab.teach.show import predict
from iamlab.teach.source_lines import FORMAT
from iamlab.teach.tables import find
from tests.teach.every_kind import kind_of
from tests.teach.test_gate import LESSONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "lesson-format.md").read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The examples of the page as one lesson."""
    monkeypatch.setattr(lesson, "_opened", {})
    path = tmp_path / "x1_format.toml"
    path.write_text("\n".join(BLOCKS), "utf-8")
    return path


def test_the_examples_are_a_lesson_with_all_ten_kinds(file):
    """Each can be read."""
    opened = lesson.open_lesson(file)
    tasks = [find(number) for number in opened.exercises]

    assert [kind_of(task) for task in tasks] == [
        *("predict", "explain", "write", "repair", "repair", "witness", "witness"),
        *("collect", "order", "sequence", "design", "break"),
    ]
    assert {kind_of(task) for task in tasks} == set(INPUTS)


def test_the_examples_have_no_problem(file):
    """Each world builds, each solution passes, and each wrong answer gets its own hint."""
    cards = (f'exercise("{number}")' for number in lesson.open_lesson(file).exercises)
    code = [
        {"cell_type": "code", "source": [own]} for own in ('open_lesson("x1_format.toml")', *cards)
    ]
    prose = {"cell_type": "markdown", "source": ["A bucket policy and a prefix."]}
    file.with_suffix(".ipynb").write_text(json.dumps({"cells": [prose, *code]}), "utf-8")

    assert [str(own) for own in check_lesson(file, seeds=5)] == []


@pytest.mark.parametrize(
    "names",
    [
        *(FORMAT["lesson"], FORMAT["account"], FORMAT["lists"], FORMAT["calls"], edits.EDITORS),
        *(FORMAT["world"], FORMAT["world"]["organization"], FORMAT["world"]["network"], INPUTS),
        *(edits._OPERATIONS, named.PROPERTIES, named.COLLECTIONS, named.ORDERS, named.GOALS),
        [name for name in FORMAT["keys"] if name != "*"],
    ],
    ids=lambda names: next(iter(names)),
)
def test_the_page_has_every_name(names):
    """Lists, keys, calls of sessions, edits, and what files name."""
    assert [name for name in names if not re.search(rf"\b{name}\b", PAGE)] == []


def test_the_page_has_every_belief():
    """With its claim, so that an author finds the one behind a wrong answer."""
    rows = dict(re.findall(r"^\| (M\d\d) \| (.*) \|$", PAGE.replace("`", ""), re.MULTILINE))

    assert list(rows) == list(MISCONCEPTIONS)
    for key, own in MISCONCEPTIONS.items():
        assert all(mutant.claim in rows[key] for mutant in own.mutants), key


def test_the_page_has_the_form_of_each_answer():
    """Each is an answer to the example of its kind."""
    forms = PAGE.partition("| kind | answer |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| ([a-z, ]+) \|", forms, re.MULTILINE) == [
        *("predict", "explain", "write", "repair, design", "witness"),
        *("collect", "order", "sequence", "break"),
    ]


@pytest.mark.parametrize(
    ("number", "kind"),
    [(1, "predict"), (2, "explain"), (5, "witness"), (6, "collect"), (7, "order"), (10, "break")],
)
def test_an_answer_in_the_form_of_the_page_is_read(number, kind, file):
    """It is Python; the check marks it."""
    lesson.open_lesson(file)
    form = re.search(rf"^\| {kind} \|.*`(.*)` \|$", PAGE, re.MULTILINE)[1]

    assert find(f"x1.{number}").mark(ast.literal_eval(form)).correct in (True, False)


def test_an_unknown_operation_or_parameter_of_a_wrong_answer_is_found(file):
    """The message names it."""
    for old, new, text in (
        ("RoleArn=auditor", "RoleAr=auditor", "no parameter of sts:AssumeRole 'RoleAr'"),
        ("carol sts:AssumeRole", "carol sts:AssumRole", "no operation 'sts:AssumRole'"),
    ):
        file.write_text("\n".join(BLOCKS).replace(old, new), "utf-8")
        assert any(text in own.text for own in check_lesson(file, seeds=1))


def test_a_role_of_a_call_can_be_a_name(file):
    """The second wrong answer assumes the role; only its second call is refused."""
    lesson.open_lesson(file)
    task = find("x1.8")
    mark = task.mark(task.known_wrong[1].answer(task.world()))

    assert mark.counterexample.startswith("Call 2 is refused: ")
    assert "s3:ListBucket" in mark.counterexample


@pytest.mark.parametrize("name", ["audit", "acme-main/carol", "carol", "root"])
def test_a_prediction_takes_the_names_of_the_file(name, file):
    """A session, an identity of an account, an identity, the root user; each as in an exercise."""
    lesson.open_lesson(file)
    world = scenario("x1/sessions")
    prediction = predict(world, name, "s3:GetObject", MAP, "allowed", record=False)

    decision = Question(name, "s3:GetObject", MAP).ask(world)
    assert prediction.decision.request.principal == decision.request.principal
    assert prediction.correct is (name == "root")


def test_the_expressions_of_the_page_work(file):
    """Each reaches what the table says, in worlds of the page."""
    lesson.open_lesson(file)
    table = PAGE.partition("| expression |")[2].partition("\n\n")[0]
    names = {"action": "s3:GetObject", "resource": MAP, "predict": predict}
    shown = []
    for expression in re.findall(
        r"`([^`]+)`", re.sub(r" \|[^|]*\|$", "", table, flags=re.MULTILINE)
    ):
        world = scenario("x1/organization" if "acme-data" in expression else "x1/sessions")
        shown.append(str(eval(expression, {**names, "world": world})))  # noqa: S307 - our own page

    assert len(shown) == 7
    assert shown[2].startswith("<User dana")
    assert "implicit deny" in shown[5]


def test_each_lesson_names_the_page():
    """An author finds it from any file."""
    for path in LESSONS:
        file = lesson.FOLDER / path.with_suffix(".toml").name
        assert "docs/lesson-format.md" in file.read_text("utf-8")

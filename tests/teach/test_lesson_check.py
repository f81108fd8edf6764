"""``check_lesson`` finds what is wrong in a lesson, and nothing in iamlab's lessons."""

import json

import pytest

from iamlab.cli.main import main
from iamlab.teach import lesson as lessons
from iamlab.teach.lesson_check import check_lesson

OWN = sorted(lessons.FOLDER.glob("*.toml"))
ENOUGH_FOR_NAMES = 9
"""So many seeds give a lesson all the names that it can have."""
each_own = pytest.mark.parametrize("file", OWN, ids=lambda file: file.stem)


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    """Each test opens its own lessons."""
    monkeypatch.setattr(lessons, "_opened", {})


@pytest.fixture
def new(tmp_path, capsys):
    """The file of a new lesson, as ``iamlab lesson new`` writes it."""
    file = tmp_path / "x1_our_buckets.toml"
    main(["lesson", "new", str(file)])
    capsys.readouterr()
    return file


@each_own
@pytest.mark.slow
def test_a_lesson_of_iamlab_has_no_problem_for_any_seed(file):
    """Solutions, wrong answers, objectives, texts, predictions and terms.

    A lesson whose names don't vary is the same for every seed, but for ids; and each exercise is
    solved with one more seed when it is practised again.
    """
    seeds = ENOUGH_FOR_NAMES if lessons.read_lesson(file).names() else 1
    assert [str(problem) for problem in check_lesson(file, seeds=seeds)] == []


@each_own
def test_so_many_seeds_have_every_name(file):
    """More seeds would only give the same names again."""
    lesson = lessons.read_lesson(file)
    few, many = (
        {tuple(lesson.names(seed).items()) for seed in (lessons.SEED, *range(1, number))}
        for number in (ENOUGH_FOR_NAMES, 200)
    )

    assert few == many


def test_a_new_lesson_has_no_problem(new):
    """So an author begins with something that works."""
    assert check_lesson(new, seeds=1) == []


SOLUTION = "bob: s3:GetObject on star-maps/m31.fits: denied"
"""Of the exit ticket."""
IN_FILE = {  # what is wrong -> what the file has, and has instead; the line that is named; the text
    "no TOML": ("minutes = 15", "minutes =", "minutes =", "Invalid value"),
    "no world": ('users = "alice bob"', "users = 3", "users = 3", "3 must be text"),
    "an unknown caller": ('ask = "bob', 'ask = "rob', 'ask = "rob', "'rob' isn't a caller"),
    "a right answer": ('"A A | M03', '"A D | M03', "A D |", "This answer is right."),
    "equal answers": ('"D D | -', '"A A | -', "A A | -", "Two wrong answers are the same."),
    "an answer of another kind": ('"D D | -', '"D X | -', "D X", "'X'"),
    "no wrong answer": ('wrong = ["A |', 'wrong = [] # ["A |', "wrong = []", "0 known wrong"),
    "a solution in a hint": (
        '"A | M03 | ',
        f'"A | M03 | {SOLUTION}. ',
        '"A | M03',
        "The hint contains",
    ),
    "a solution in a nudge": (
        "Which statement applies",
        SOLUTION,
        "denied to",
        "The nudge contains",
    ),
    "a wrong solution": (
        "allow WriteNotes s3:P",
        "allow WriteNotes s3:G",
        "solution",
        "isn't right",
    ),
    "unlike seeds": (
        "Maps s3:GetObject star-maps/*",
        "Maps s3:GetObject star-maps/m31*",
        "[x1.1]",
        "equally",
    ),
    "a long sentence": ('why = "', 'why = "word' + " word" * 26, 'why = "word', "too long"),
    "no such exercise": ('objects." = "x1.2"', 'objects." = "x1.9"', "x1.9", "no exercise 'x1.9'"),
    "an unused exercise": ('objects." = "x1.2"', 'objects." = "x1.1"', "[x1.2]", "no objective"),
    "an unused term": ('"object key" =', '"bucket owner" =', "bucket owner", "doesn't mention"),
    "a name in braces": ("notes/,", "{notes}/,", "{notes}", "no name in braces 'notes'"),
    "a name in a reveal": ("Every other", "{Every} other", "one-action =", "'Every'"),
    "a name in the glossary": ('"The name of', '"The {object} of', "object key", "'object'"),
    "a term's exercise": (
        '= "The name of an object in its bucket."',
        '= { rule = "The name of an object.", exercise = "x1.7" }',
        "object key",
        "no exercise 'x1.7'",
    ),
    "a prerequisite": ('= "02" ', '= "2" ', "prereq", "no lesson '2'"),
    "a refused session": (
        'users = "alice bob"',
        'users = "alice bob"\nroles = "boss"\nsessions.read = {assume_role = "boss", by = "bob"}',
        "sessions.read",
        "not authorized to perform: sts:AssumeRole",
    ),
    "no solution": (
        "allow WriteNotes s3:P",
        "allow WriteNotes s3:G",
        "solution",
        "s3:PutObject on",
    ),
    "a settled prediction": ('"Compare', "\"Alice can't delete. See", "Alice can't", "settles"),
}


@pytest.mark.parametrize(("old", "new_text", "there", "text"), IN_FILE.values(), ids=IN_FILE)
def test_a_problem_of_the_file_has_its_line(old, new_text, there, text, new):
    """The first problem names the line, and what is wrong there."""
    content = new.read_text("utf-8")
    assert content.count(old) >= 1
    content = content.replace(old, new_text, 1)
    new.write_text(content, "utf-8")
    line = content.count("\n", 0, content.index(there)) + 1
    problems = check_lesson(new, seeds=20 if text == "equally" else 1)

    assert (problems[0].file, problems[0].place) == (new.name, f"line {line}"), problems
    assert text in problems[0].text
    assert problems[0].fix


IN_NOTEBOOK = {  # what is wrong -> the cell, its new source, and the text
    "no lesson": (2, "from iamlab.teach import exercise", "doesn't open its lesson"),
    "a long cell": (5, "1\n" * 13, "more than 12 lines"),
    "a link": (1, "# T\n\n[next](x2_none.ipynb) object key", "x2_none.ipynb doesn't exist"),
    "a card twice": (12, 'exercise("x1.1")', "is in the notebook twice"),
    "a card of nothing": (12, 'exercise("x1.7")', "no exercise 'x1.7'"),
    "a text of nothing": (8, 'reveal(card, "one-acton")', "no reveal 'one-acton'"),
    "a world of nothing": (8, 'scenario("x1/offise")', "no scenario 'x1/offise'"),
    "a solution": (11, f"Notes: {SOLUTION}", "contains the solution of x1.3"),
    "a settled prediction": (
        4,
        "An object key. Alice can't delete it.",
        "s3:DeleteObject in cell 10",
    ),
    "a long sentence": (4, "An object key. " + "Word " * 26, "too long"),
}


@pytest.mark.parametrize(("number", "source", "text"), IN_NOTEBOOK.values(), ids=IN_NOTEBOOK)
def test_a_problem_of_the_notebook_has_its_cell(number, source, text, new):
    """One problem names the cell."""
    notebook = new.with_suffix(".ipynb")
    content = json.loads(notebook.read_text("utf-8"))
    content["cells"][number - 1]["source"] = [source]
    notebook.write_text(json.dumps(content), "utf-8")
    problems = [own for own in check_lesson(new, seeds=1) if own.file == notebook.name]
    place = "cell 1" if "open its" in text else f"cell {number}"

    assert any(text in own.text and own.place == place for own in problems), problems


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"cells": [{"cell_type": "code"}]}'])
def test_a_notebook_that_cannot_be_read_is_a_problem(text, new):
    """It is missing, isn't JSON, or has no cells."""
    notebook = new.with_suffix(".ipynb")
    notebook.unlink()
    if text is not None:
        notebook.write_text(text, "utf-8")

    assert [(own.file, own.text) for own in check_lesson(new, seeds=1)] == [
        (notebook.name, "This notebook is missing, or it isn't a notebook.")
    ]


def test_a_term_of_a_later_lesson_is_found(new):
    """It is allowed where it, or an earlier notebook, explains it and marks it as *term*."""
    later = new.with_name("x2_later.toml")
    later.write_text('title = "Later"\n[glossary]\nbucket = "A place for objects."\n', "utf-8")

    assert [(own.place, own.text) for own in check_lesson(new, seeds=1)] == [
        ("cell 1", "'bucket' is explained only in x2_later.toml.")
    ]

    notebook = new.with_suffix(".ipynb")
    text = notebook.read_text("utf-8")
    notebook.write_text(text.replace("the bucket", "the *bucket*"), "utf-8")
    assert check_lesson(new, seeds=1) == []

    notebook.write_text(text, "utf-8")
    new.with_name("x0_earlier.toml").write_text('title = "Earlier"\n', "utf-8")
    new.with_name("x0_earlier.ipynb").write_text("A *bucket* has objects.", "utf-8")
    assert check_lesson(new, seeds=1) == []


def test_all_problems_are_reported_at_once(new):
    """A file with two errors in two exercises has both."""
    text = new.read_text("utf-8").replace('kind = "predict"', 'kind = "predikt"')
    new.write_text(text, "utf-8")
    kinds = [own for own in check_lesson(new, seeds=1) if "no kind" in own.text]

    assert len({own.place for own in kinds}) == 2
    assert all("predict" in own.fix for own in kinds)


def test_a_lesson_can_be_read_again_after_a_change(new):
    """In one session, the second check is about the new file."""
    text = new.read_text("utf-8")
    new.write_text(text.replace("A A | M03", "A D | M03"), "utf-8")

    assert len(check_lesson(new, seeds=1)) == 1
    new.write_text(text, "utf-8")
    assert check_lesson(new, seeds=1) == []


def test_the_answers_are_printed(new, capsys):
    """Each right answer, and for each wrong one what a learner reads: the hint, too."""
    assert main(["lesson", "check", str(new), "--answers", "--seeds", "1"]) == 0
    text = capsys.readouterr().out

    assert "x1.1, a right answer\n    alice: s3:GetObject on star-maps/m31.fits: allowed\n" in text
    assert "x1.1, a wrong answer (M03)\n" in text
    assert "x1.2, a wrong answer (-)\n" in text
    assert "    Which statement would allow the second action?\n" in text
    assert text.endswith(f"0 problems in {new}.\n")

    main(["lesson", "check", str(new), "--answers", "--json", "--seeds", "1"])
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == []
    assert found["answers"][0]["title"] == "x1.1, a right answer"


def test_a_session_can_be_meant_to_fail(new):
    """Its table says so."""
    session = (
        'roles = "reader"\nsessions.read = {assume_role = "reader", by = "bob", refused = true}'
    )
    text = new.read_text("utf-8").replace('users = "alice bob"', f'users = "alice bob"\n{session}')
    new.write_text(text, "utf-8")

    assert check_lesson(new, seeds=1) == []


def test_a_name_in_a_reveal_is_replaced(new):
    """As in a world and in an exercise."""
    text = new.read_text("utf-8").replace("allows one action.", "allows one action on {object}.")
    new.write_text(text, "utf-8")

    assert check_lesson(new, seeds=1) == []
    assert "on m31.fits." in lessons.reveals()["one-action"]


def test_an_unknown_action_is_corrected_in_the_file(new):
    """A lesson has no option for actions that the catalogue doesn't have."""
    text = new.read_text("utf-8").replace("bob s3:GetObject", "bob s3:GetObjct")
    new.write_text(text, "utf-8")
    (problem,) = check_lesson(new, seeds=1)

    assert "Did you mean s3:GetObject?" in problem.text
    assert "allow_unknown" not in problem.text

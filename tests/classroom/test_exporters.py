"""``iamlab classroom export`` and ``iamlab.grade``: every lesson, for both graders."""

import ast
import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import nbformat
import pytest

import iamlab
from iamlab import Policy
from iamlab.classroom.exporters import export
from iamlab.teach.cards import ExerciseCard
from iamlab.teach.checks import Repair
from iamlab.teach.lesson import DEMO, own_lessons, seed_of
from iamlab.teach.scenarios import scenario
from iamlab.teach.sequence import Sequence
from iamlab.teach.tables import find
from tests.cli.helpers import ROOT_FOLDER, Shell, one_line
from tests.teach.test_gate import LESSONS

QUICK = {"00", "02", "03"}
EXAM = "21"
"""Its questions are drawn by forms: it has no exercises of its own."""
GRADERS = ("otter", "nbgrader")
MARIA = "maria"
SHOWS_EXERCISE = re.compile(r'(?m)^(?:\w+ = )?exercise\("([\d.]+)"')
each_lesson = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem[:2] not in QUICK))
        for path in LESSONS
        if path.stem[:2] != EXAM
    ],
)


def cells_in(path):
    """Return the cells of a notebook, which is valid."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


def text_of(html):
    """Return the text of HTML, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


@each_lesson
def test_each_exercise_becomes_a_right_answer_and_a_test_of_one_line(path, tmp_path):
    """For both graders, in the order of the lesson, of which the other cells stay as they are."""
    before = [cell.source for cell in cells_in(path)]
    numbers = [number for source in before for number in SHOWS_EXERCISE.findall(source)]
    kept = [source for source in before if not SHOWS_EXERCISE.search(source)]
    wanted = [f'iamlab.grade("{n}", answer_{n.replace(".", "_")}, student="")' for n in numbers]

    assert set(numbers) == set(own_lessons()[path.stem[:2]].exercises)
    for grader in GRADERS:
        cells = cells_in(export(str(path), grader, tmp_path))
        codes = [cell.source for cell in cells if cell.cell_type == "code"]
        tests = [place for place, code in enumerate(codes) if code.startswith("iamlab.")]
        variables = {"iamlab": iamlab}
        for place in tests:
            exec(codes[place - 1], variables)  # noqa: S102 - it assigns an answer
            exec(codes[place], variables)  # noqa: S102 - it fails if the answer isn't right

        assert [codes[place] for place in tests] == wanted
        assert [cell.source for cell in cells if cell.source in kept] == kept
        assert all(not cell.get("outputs") for cell in cells)


@each_lesson
def test_a_prompt_has_all_that_a_card_shows(path, tmp_path):
    """Task, policies, requests, choices and lists, so that it is solved without a widget."""
    cells = cells_in(export(str(path), "nbgrader", tmp_path))
    names = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in cells}
    for number in own_lessons()[path.stem[:2]].exercises:
        task, prompt = find(number, DEMO), names[f"prompt_{number.replace('.', '_')}"]
        html, text = "".join(ExerciseCard(task).parts().values()), text_of(prompt)
        shown = re.findall(r"<(summary|legend|code|td|caption)\b[^>]*>(.*?)</\1>", html)
        wanted = [text_of(own) for _, own in shown if not own.startswith("How sure")]
        wanted += [unescape(own) for own in re.findall(r'<option value="([^"]+)"', html)]
        wanted += [
            text_of(own) for own in re.findall(r'<div class="code">(.*?)</div>', html, re.DOTALL)
        ]
        choices = task.editor.choices if isinstance(task, Repair) else {}
        if choices:
            edits = [[*edit] for own in choices.values() for edit in own]
            wanted = [task.prompt, *choices]
            lines = re.findall(r"(?m)^\[.*\]$", unescape(re.sub(r"</?pre>", "", prompt)))
            assert [ast.literal_eval(line) for line in lines] == edits
        if isinstance(task, Sequence):
            for operation, parameters in task.operations(task.world()).items():
                wanted += [operation, *parameters]
                wanted += [
                    " ".join(json.dumps(own).split()) for p in parameters.values() for own in p
                ]

        assert [own for own in [task.prompt, task.title, *wanted] if own not in text] == []
        assert not re.search(r"<(button|input|select|textarea|label|option)|\$", prompt)
        assert "Answer with " in prompt


def test_the_cells_of_nbgrader_are_what_it_asks_for(tmp_path):
    """Answers can be edited, tests give a point, and all ids are different."""
    cells = cells_in(export("00", "nbgrader", tmp_path))
    own = [cell for cell in cells if "nbgrader" in cell.metadata]
    kinds = [(c.metadata.nbgrader.solution, c.metadata.nbgrader.grade) for c in own]
    ids = [cell.metadata.nbgrader.grade_id for cell in own]

    assert kinds == [(False, False), *[(False, False), (True, False), (False, True)] * 3]
    assert all(cell.metadata.nbgrader.locked is not cell.metadata.nbgrader.solution for cell in own)
    assert len(ids) == len(set(ids)) == 10
    assert [c.metadata.nbgrader.points for c in own if c.metadata.nbgrader.grade] == [1, 1, 1]
    assert all("### BEGIN SOLUTION" in c.source for c in own if c.metadata.nbgrader.solution)


def test_the_cells_of_otter_are_blocks(tmp_path):
    """Each question has a prompt, a solution and tests, between its raw cells."""
    cells = cells_in(export("00", "otter", tmp_path))
    raw = [cell.source.splitlines()[0] for cell in cells if cell.cell_type == "raw"]
    parts = "BEGIN QUESTION, BEGIN SOLUTION, END SOLUTION, BEGIN TESTS, END TESTS, END QUESTION"

    assert raw == ["# ASSIGNMENT CONFIG", *(f"# {part}" for part in parts.split(", ") * 3)]


@pytest.mark.slow
def test_a_card_that_later_cells_read_has_the_answer(tmp_path):
    """As in lesson 20, where later cells use what is ticked."""
    cells = cells_in(export("20", "otter", tmp_path))
    codes = [cell.source for cell in cells if cell.cell_type == "code"]
    place = next(n for n, code in enumerate(codes) if code.startswith("contain_card ="))
    variables = {"iamlab": iamlab}
    exec("from iamlab.teach import exercise\nNIGHT = 7", variables)  # noqa: S102
    for code in codes[place : place + 4]:
        exec(code, variables)  # noqa: S102 - the card, the answer, its test, and the answer again
    exec(f"answer_20_3 = ...\n{codes[place + 3]}", variables)  # noqa: S102 - without an answer

    assert variables["contain_card"].input.read() == [
        ("contain", "bob-key"),
        ("contain", "visitor"),
    ]


# -- grade ------------------------------------------------------------------------------------


def test_a_right_answer_is_quiet_and_nothing_is_recorded(progress_file: Path, capsys) -> None:
    """A set counts as a list; a policy can be text."""
    find_one = find("1.6", DEMO)

    assert iamlab.grade("0.1", ["allowed", "denied", "denied"], student="") is None
    iamlab.grade("3.1", {"AmazonS3FullAccess", "guard", "own-notes"}, student="")
    iamlab.grade("1.6", json.dumps(find_one.solution_answer()), student="")

    assert capsys.readouterr().out == ""
    assert not progress_file.exists()


@pytest.mark.parametrize(
    ("number", "answer", "text"),
    [
        ("0.1", ["allowed", "allowed", "denied"], "2 of 3 are right. Look at alice: s3:ListBucket"),
        ("0.1", ["allowed"], "Exercise 0.1 needs a list of 3 verdicts."),
        ("0.2", ["zoe", "s3:GetObject", "*"], "zoe"),
        ("3.4", [["add_user", "astronomers"]], "isn't an edit"),
        ("3.4", [["add_user", "pilots", "dana"]], "pilots"),
        ("0.1", ..., "isn't answered yet"),
        ("0.1", None, "isn't answered yet"),
        ("3.4", scenario("groups"), "isn't data"),
        ("1.6", Policy.allow("s3:GetObject", "*"), "isn't data"),
        ("0.1", [...] * 3, "isn't data"),
    ],
)
def test_an_answer_that_is_not_right_is_an_assertion_error(number, answer, text) -> None:
    """It says what is right, and has a counterexample; or it says that the answer isn't data."""
    with pytest.raises(AssertionError, match=re.escape(text)):
        iamlab.grade(number, answer, student="")


def test_an_answer_that_contains_itself_is_not_data() -> None:
    """Whether in a circle or very deep."""
    circle: list[object] = []
    circle.append(circle)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    for answer in (circle, deep):
        with pytest.raises(AssertionError, match="isn't data"):
            iamlab.grade("0.1", answer, student="")


def test_a_student_is_marked_on_their_own_variant() -> None:
    """The course's own answer isn't right for everybody."""
    student = next(
        name
        for name in map(str, range(100))
        if find("8.1", seed_of(name)).solution_answer() != find("8.1", DEMO).solution_answer()
    )
    iamlab.grade("8.1", find("8.1", seed_of(student)).solution_answer(), student=student)

    with pytest.raises(AssertionError, match="of 4"):
        iamlab.grade("8.1", find("8.1", DEMO).solution_answer(), student=student)


@pytest.mark.slow
def test_all_learners_have_the_same_worlds_on_a_jupyterhub_too(tmp_path) -> None:
    """The first code of a notebook forgets who runs it, before a lesson is imported."""
    cells = cells_in(export("20", "nbgrader", tmp_path))
    first = next(cell.source for cell in cells if cell.cell_type == "code")
    code = f"{first}\nfrom iamlab.teach.lesson import SEED\nassert SEED == {DEMO}"

    assert run_python(code, JUPYTERHUB_USER=MARIA, IAMLAB_STUDENT=MARIA).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["IAMLAB_STUDENT", "JUPYTERHUB_USER"])
def test_without_a_name_the_student_is_that_of_the_environment(name: str) -> None:
    """The test cells of a notebook name the course's, so they don't depend on who grades."""
    answer = find("8.1", seed_of(MARIA)).solution_answer()
    own = find("8.1", DEMO).solution_answer()
    code = f"import iamlab; iamlab.grade('8.1', {answer}); iamlab.grade('8.1', {own}, student='')"

    assert run_python(code, **{name: MARIA}).returncode == 0
    assert find("8.1", seed_of(MARIA)).questions != find("8.1", DEMO).questions


@pytest.mark.slow
def test_grade_needs_no_package_of_an_extra() -> None:
    """A grader's container may have only iamlab and the grader; an exercise of each kind works."""
    every = {
        number: find(number, DEMO) for own in own_lessons().values() for number in own.exercises
    }
    kinds = {type(task): number for number, task in every.items()}
    names = "IPython anywidget boto3 fsrs ipywidgets matplotlib moto networkx pandas"
    code = f"""
import sys
for name in {names.split()}:
    sys.modules[name] = None
import iamlab
from iamlab.teach.tables import find
for number in {[*kinds.values()]}:
    task = find(number, {DEMO})
    iamlab.grade(number, task.submitted(task.solution_answer(), task.world()), student="")
"""

    assert len(kinds) == 10
    assert run_python(code).returncode == 0


def run_python(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python code as a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT_FOLDER), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# -- the command --------------------------------------------------------------------------------


def test_export_writes_a_notebook_for_each_grader_once(shell: Shell) -> None:
    """For nbgrader in the folder where its commands look."""
    files = [Path("a/00_start_here.ipynb"), Path("b/source/00_start_here/00_start_here.ipynb")]
    command = ("classroom", "export", "0", "--otter", "a", "--nbgrader", "b")

    assert shell(*command, "--json").values["files"] == [str(file) for file in files]
    assert all(file.exists() for file in files)
    assert "already exists" in one_line(shell(*command))
    assert shell(*command, "--force").status == 0


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("08",), "Name a folder: --otter DIR or --nbgrader DIR."),
        (("21", "--otter", "made"), "This notebook has no exercises."),
        (("99", "--otter", "made"), "There is no lesson '99'."),
    ],
)
def test_what_cannot_be_exported_is_bad_input(command, message, shell: Shell) -> None:
    """And nothing is written."""
    assert message in one_line(shell("classroom", "export", *command))
    assert not Path("made").exists()


def test_the_lesson_itself_is_never_overwritten(shell: Shell) -> None:
    """Not even with ``--force``."""
    shell("lesson", "new", "x1_our_buckets.toml")
    before = Path("x1_our_buckets.ipynb").read_bytes()
    command = ("classroom", "export", "x1_our_buckets.toml", "--otter", ".", "--force")

    assert "already exists" in one_line(shell(*command))
    assert Path("x1_our_buckets.ipynb").read_bytes() == before


@pytest.mark.parametrize("grader", GRADERS)
def test_an_own_lesson_takes_its_file_along(grader, shell: Shell) -> None:
    """Its notebook opens the file by a relative path; otter copies the files that are named."""
    shell("lesson", "new", "x1_our_buckets.toml")
    done = shell("classroom", "export", "x1_our_buckets.toml", f"--{grader}", "made")
    path = Path(done.out.strip())
    text = path.read_text("utf-8")

    assert (done.status, done.err) == (0, "")
    assert path.with_suffix(".toml").read_bytes() == Path("x1_our_buckets.toml").read_bytes()
    assert 'iamlab.grade(\\"x1.1\\", answer_x1_1' in text
    assert ('files: [\\"x1_our_buckets.toml\\"]' in text) is (grader == "otter")

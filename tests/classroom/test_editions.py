"""``iamlab classroom solved`` and ``blank``: every lesson, and a lesson of one's own."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from iamlab.classroom import answered
from iamlab.classroom.answers import Answered
from iamlab.classroom.editions import cells_of
from iamlab.teach import exercise, predict, progress
from iamlab.teach.exercises import Feedback
from iamlab.teach.lesson import own_lessons
from iamlab.teach.practice import Practice
from iamlab.teach.scenarios import MAP, scenario
from iamlab.widgets import matrix_board, stepper
from iamlab.widgets.prediction import Prediction
from tests.cli.helpers import Shell, one_line
from tests.effort import slow
from tests.hidden import hide
from tests.teach.test_gate import LESSONS, run

QUICK = {"00", "01", "02", "03"}
EXAM = "21"
"""Its questions are drawn by forms: it has no exercises of its own."""
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
run_each_lesson = pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] * (path.stem[:2] not in QUICK))
        for path in LESSONS
    ],
)


def notebook_cells(path):
    """Return the cells of a notebook."""
    return json.loads(path.read_text("utf-8"))["cells"]


def code_of(cells):
    """Return the code of cells."""
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@run_each_lesson
@pytest.mark.usefixtures("capsys")
def test_every_exercise_and_every_prediction_of_a_lesson_is_right(path, monkeypatch, tmp_path):
    """All cells of the solved edition run, here without a kernel: each answer marks as right."""
    monkeypatch.chdir(tmp_path)
    variables, marks, predictions, solved = {}, [], [], set()
    for source in code_of(cells_of("solved", notebook_cells(path))):
        found = run(source, variables)
        if isinstance(found, Answered):
            marks += [own for own in found.shown if isinstance(own, Feedback) and own.state]
            predictions += [own for own in found.shown if isinstance(own, Prediction)]
            solved |= {own.task.number for own in found.shown if hasattr(own, "task")}
            assert all(own.is_over for own in found.shown if isinstance(own, Practice))
    variables["solved_folder"].cleanup()

    assert solved == set(own_lessons()[path.stem[:2]].exercises)
    assert all(marks)
    assert len(marks) >= len(solved)
    assert all(own.correct and own.confidence == "certain" for own in predictions)
    assert predictions or path.stem[:2] == EXAM


@each_lesson
def test_the_solved_edition_answers_each_card_that_the_lesson_shows(path):
    """The other cells, and all texts, stay as they are; the first cell is for instructors."""
    before = notebook_cells(path)
    note, _, *after = cells_of("solved", before)

    assert "For instructors" in note["source"]
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        source = "".join(old["source"]).strip()
        plain = re.sub(r"(?s)answered\((.*)\)", r"\1", new["source"], count=1)
        assert source in (new["source"], plain)
        cards = r"(?m)^(?:exercise|predict|reveal|after|warm_up|again)\(.*"
        assert all(f"answered({call}" in new["source"] for call in re.findall(cards, source))


@each_lesson
def test_the_blank_edition_keeps_texts_and_cards_and_is_a_valid_notebook(path):
    """Code that stays shows a card, prepares one, or has gaps; all else is a comment."""
    content = json.loads(path.read_text("utf-8"))
    note, *after = content["cells"] = cells_of("blank", content["cells"])
    nbformat.validate(content)

    assert "typing along" in note["source"]
    for old, new in zip(notebook_cells(path), after, strict=True):
        source = "".join(old["source"]).strip()
        lines = new["source"].splitlines()
        if new["source"] != source:
            assert new["cell_type"] == "code"
            assert all(line.startswith("# ") for line in lines)
            assert max(map(len, lines)) <= 130
            assert not re.search(r"(?m)^(exercise|predict|reveal|after|warm_up)\(", source)
        assert new["cell_type"] != "code" or (new["outputs"], new["execution_count"]) == ([], None)


def test_a_comment_has_the_shape_of_the_code() -> None:
    """A line for each statement, without its texts; comments stay in their places."""
    source = '# Who?\nalice = world.user("alice")\nprint(f"{alice}", 2)  # so\n!aws sts get x y'
    cell = {"cell_type": "code", "metadata": {}, "source": source}

    assert cells_of("blank", [cell])[1]["source"].splitlines() == [
        "# Who?",
        "# alice = world.user(...)",
        "# print(..., 2)  # so",
        "# !aws sts get ...",
    ]


@pytest.mark.parametrize(
    "source",
    ["from iamlab import World\nWorld()", "who = ...", "card.walk_through()", 'reveal("a")'],
)
def test_code_that_all_need_stays_complete(source) -> None:
    """What the next cells import, gaps to fill in, and cards."""
    cell = {"cell_type": "code", "metadata": {}, "source": source}

    assert cells_of("blank", [cell])[1]["source"] == source


def test_what_asks_for_many_predictions_shows_everything() -> None:
    """A board and the steps of a decision; what isn't a card stays as it is."""
    world = scenario("groups")
    board = matrix_board(world, ["dana"], [("s3:GetObject", MAP)], predict_first=True)
    steps = stepper(world.can("dana", "s3:GetObject", MAP), predict_first=True)
    table = progress()

    assert [own.predict_first for own in answered(board).shown] == [False]
    assert [own.predict_first for own in answered(steps).shown] == [False]
    assert answered(table) is table


def test_an_answer_is_readable_without_its_card() -> None:
    """The task, the answer in the words of the card, and the rule; and what decides."""
    text = str(answered(exercise("1.6")))
    prediction = str(answered(predict(scenario("groups"), "dana", "s3:DeleteObject", MAP)))

    assert own_lessons()["01"].exercises["1.6"]["why"].split()[0] in text
    assert '"Action": "s3:' in text
    assert "✓ Right." in text
    assert "AWS: ✕ explicit deny. As you predicted." in prediction


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_solved_runs_a_lesson_and_leaves_the_progress_of_the_teacher(
    shell: Shell, progress_file: Path
) -> None:
    """One file with outputs, and nothing else in the folder; a file is never overwritten."""
    before = sorted(shell.folder.iterdir())
    result = shell("classroom", "solved", "0")
    (path,) = set(shell.folder.iterdir()) - set(before)
    notebook = nbformat.read(path, as_version=4)
    outputs = "".join(str(cell.get("outputs", "")) for cell in notebook.cells)

    assert (result.status, result.err, result.out.strip()) == (0, "", "00_start_here_solved.ipynb")
    nbformat.validate(notebook)
    assert outputs.count("✓ Right.") >= len(own_lessons()["00"].exercises)
    assert "Not what you predicted" not in outputs
    assert not progress_file.exists()
    assert "already exists" in one_line(shell("classroom", "solved", "00"))


@slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_an_own_lesson_is_solved_beside_its_file(shell: Shell) -> None:
    """Its notebook opens the file by a relative path, in the folder where it runs."""
    assert shell("lesson", "new", "own/x1_our_buckets.toml").status == 0
    done = shell("classroom", "solved", "own/x1_our_buckets.toml", "--out", "made")

    assert (done.status, done.err) == (0, "")
    assert "✓ Right." in Path("made/x1_our_buckets_solved.ipynb").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_cell_that_fails_is_reported_and_nothing_is_written(shell: Shell) -> None:
    """With the error of Python, in one line."""
    shell("lesson", "new", "x1_our_buckets.toml")
    notebook = Path("x1_our_buckets.ipynb")
    text = notebook.read_text("utf-8")
    notebook.write_text(text.replace('alice.inline[\\"read-maps\\"]', "no_such_name"), "utf-8")
    failed = one_line(shell("classroom", "solved", str(notebook)))

    assert "ipynb fails: NameError: name 'no_such_name' is not defined" in failed
    assert not Path("x1_our_buckets_solved.ipynb").exists()


def test_blank_writes_a_file_once(shell: Shell) -> None:
    """In another folder too, which is made; the notebook can be anywhere."""
    assert shell("classroom", "blank", "08", "--out", "a/b", "--json").values["files"] == [
        str(Path("a/b/08_resource_policies_blank.ipynb"))
    ]
    assert "already exists" in one_line(shell("classroom", "blank", "8", "--out", "a/b"))
    assert shell("classroom", "blank", "8", "--out", "a/b", "--force").status == 0


@pytest.mark.parametrize(
    ("lesson", "message"),
    [
        ("99", "There is no lesson '99'."),
        ("x1_none.toml", "There is no x1_none.ipynb in"),
    ],
)
def test_a_lesson_that_does_not_exist_is_bad_input(lesson: str, message: str, shell: Shell) -> None:
    """The message says where iamlab looked."""
    assert message in one_line(shell("classroom", "blank", lesson))


def test_what_is_not_python_stays_and_what_is_not_a_notebook_is_refused(shell: Shell) -> None:
    """Such as a cell for another language, and a file with anything else."""
    cell = {"cell_type": "code", "metadata": {}, "source": "%%bash\nif true; then ls; fi"}
    shell.write("list.ipynb", "[1]")
    shell.write("text.ipynb", "text")

    assert cells_of("blank", [cell])[1]["source"] == cell["source"]
    assert cells_of("solved", [cell])[2]["source"] == cell["source"]
    for name in ("list.ipynb", "text.ipynb"):
        assert f"{name} isn't a notebook." in one_line(shell("classroom", "blank", name))


def test_solved_names_the_command_that_installs_what_is_missing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs the packages with which notebooks run; ``blank`` doesn't."""
    hide("nbclient", monkeypatch)

    assert 'python -m pip install "iamlab[lab]"' in one_line(shell("classroom", "solved", "00"))
    assert shell("classroom", "blank", "00").status == 0

"""The real Otter-Grader and nbgrader, with an exported lesson and two students.

Both graders run the code of notebooks. They are installed in a virtual environment of their own
above that of the tests, because nbgrader and jupytext would change the JupyterLab of other tests.
"""

import csv
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from sysconfig import get_path

import nbformat
import pytest
from filelock import FileLock

from iamlab.classroom.exporters import export
from iamlab.teach.lesson import DEMO
from iamlab.teach.tables import find
from tests.cli.helpers import PATIENCE, ROOT_FOLDER
from tests.effort import give_up
from tests.repository import PROJECT

LESSON = "00_start_here"
NUMBERS = ("0.1", "0.2", "0.3")
EXTRAS = ("otter", "nbgrader")
COUNTEREXAMPLE = "The request must be allowed by a statement, but it is"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def python(request: pytest.FixtureRequest) -> Path:
    """Install both graders if they aren't, and return the Python that has them.

    The folder is in pytest's cache, so that only the first run downloads.
    """
    folder = request.config.cache.mkdir("graders")  # type: ignore[union-attr]
    names = [name for extra in EXTRAS for name in PROJECT["optional-dependencies"][extra]]
    program = folder / f"{sys.version_info.minor}" / "bin" / "python"
    with FileLock(folder / "lock"):
        if not program.exists():
            venv.create(program.parents[1], symlinks=True)
        [packages] = program.parents[1].glob("lib/*/site-packages")
        below = f"import site; site.addsitedir({get_path('purelib')!r})\n"
        (packages / "below.pth").write_text(below, "utf-8")
        pip = (*("-m", "pip", "--python", str(program)), "--disable-pip-version-check")
        done = run(Path(sys.executable), *pip, "install", "--quiet", *names, folder=folder)
        # JupyterHub's alembic is there already, but its command runs another Python.
        alone = ("install", "--quiet", "--ignore-installed", "--no-deps", "alembic")
        done = done if done.returncode else run(Path(sys.executable), *pip, *alone, folder=folder)
    if done.returncode:
        give_up(f"{' and '.join(names)} can't be installed: {done.stderr[-300:]}")
    return program


def run(python: Path, *command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command of Python as somebody with a user name on a JupyterHub."""
    own = {name: str(folder / name) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR")}
    own |= {"PYTHONPATH": str(ROOT_FOLDER), "JUPYTERHUB_USER": "teacher"}
    own["PATH"] = f"{python.parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic
    return subprocess.run(
        [str(python), *command],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def answers_of_students() -> dict[str, dict[str, object]]:
    """Return the answers of Ana, who is right; and of Ben: one is right, one wrong, one missing."""
    right = {number: find(number, DEMO).solution_answer() for number in NUMBERS}
    wrong = ["bob", "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"]
    return {"ana": right, "ben": {"0.1": right["0.1"], "0.2": wrong}}


def hand_in(release: Path, answers: dict[str, object], path: Path) -> Path:
    """Fill the answers into a student's notebook, which has none, and save it."""
    notebook = nbformat.read(release, as_version=4)
    for number in NUMBERS:
        name = f"answer_{number.replace('.', '_')}"
        [cell] = [own for own in notebook.cells if own.source.startswith(f"{name} = ...")]
        if number in answers:
            cell.source = f"{name} = {answers[number]!r}"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def test_otter_marks_one_student_right_and_one_wrong(python: Path, tmp_path: Path) -> None:
    """``otter assign`` accepts the answers of the source, and ``otter run`` gives the points."""
    source = export(LESSON[:2], "otter", tmp_path)
    made = run(python, "-m", "otter", "assign", str(source), "dist", folder=tmp_path)

    assert made.returncode == 0, made.stderr
    [grader] = (tmp_path / "dist" / "autograder").glob("*.zip")
    points = {}
    for name, answers in answers_of_students().items():
        own = hand_in(
            tmp_path / "dist" / "student" / source.name, answers, tmp_path / name / "a.ipynb"
        )
        own = own.rename(own.with_name(source.name))
        command = ("-m", "otter", "run", "-a", str(grader), "-o", str(own.parent), str(own))
        done = run(python, *command, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        results = json.loads((own.parent / "results.json").read_text("utf-8"))["tests"]
        points[name] = [test["score"] for test in results if "score" in test]
        assert (COUNTEREXAMPLE in str(results)) is (name == "ben")

    assert points == {"ana": [1, 1, 1], "ben": [1, 0, 0]}


def test_nbgrader_marks_one_student_right_and_one_wrong(python: Path, tmp_path: Path) -> None:
    """Its commands find the notebook in the folder of the course, and export the points."""
    source = export(LESSON[:2], "nbgrader", tmp_path)
    made = run(python, "-m", "nbgrader", "generate_assignment", LESSON, folder=tmp_path)

    assert made.returncode == 0, made.stderr
    for name, answers in answers_of_students().items():
        own = tmp_path / "submitted" / name / LESSON / source.name
        hand_in(tmp_path / "release" / LESSON / source.name, answers, own)
    for command in (("autograde", LESSON), ("export",)):
        done = run(python, "-m", "nbgrader", *command, folder=tmp_path)
        assert done.returncode == 0, done.stderr
    with (tmp_path / "grades.csv").open(encoding="utf-8") as lines:
        points = {
            row["student_id"]: (row["score"], row["max_score"]) for row in csv.DictReader(lines)
        }

    assert points == {"ana": ("3.0", "3.0"), "ben": ("1.0", "3.0")}
    assert COUNTEREXAMPLE in (tmp_path / "autograded" / "ben" / LESSON / source.name).read_text(
        "utf-8"
    )

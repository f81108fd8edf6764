"""The browser edition: lessons 00 to 14 run without compiled packages, and show the same."""

import json
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

from iamlab.distribution import stand_ins
from iamlab.errors import MissingPackageError
from iamlab.teach.scenarios import MAP, scenario
from iamlab.view import verdict_table
from iamlab.view.cells import as_words
from tests.hidden import hide

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.slow
def test_lessons_run_without_compiled_packages(tmp_path):
    """Each cell runs, the answers to lesson 10 are marked as ever, and what is missing is named."""
    program = [sys.executable, "-m", "tests.distribution.lean_lessons", str(tmp_path)]
    ran = subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout)
    words = found.pop("without matplotlib")

    assert words.startswith("This needs matplotlib, which the browser edition doesn't have.")
    assert len(found) == 15 + 1
    assert {name: problems for name, problems in found.items() if problems} == {}


def _decision(world):
    return world.can(world.user("dana"), "s3:DeleteObject", MAP)


REQUESTS = [("s3:GetObject", MAP), ("s3:DeleteObject", MAP)]
TABLES = {
    "a table": (
        lambda world: world.main.credential_report().to_frame(),
        lambda world: world.main.credential_report().to_frame(),
    ),
    "a figure": (
        lambda world: _decision(world).show().table,
        lambda world: stand_ins.figure_table(_decision(world).show()),
    ),
    "verdicts": (
        lambda world: verdict_table(world, ["dana", "alice"], REQUESTS).to_frame().reset_index(),
        lambda world: verdict_table(world, ["dana", "alice"], REQUESTS).to_frame(),
    ),
}


@pytest.fixture
def without_pandas(monkeypatch):
    """Return what lets functions ask for their stand-ins from then on, as in a browser."""

    def enter_browser():
        monkeypatch.setattr("iamlab.extras.IN_BROWSER", True)
        monkeypatch.setitem(sys.modules, "pandas", None)

    return enter_browser


def test_a_table_names_pandas_if_it_is_used_as_one_of_pandas(without_pandas, monkeypatch):
    """Lesson 20 chooses columns; the message says what is missing."""
    table = stand_ins.to_frame(["user"], [["ana"]])
    without_pandas()
    hide("pandas", monkeypatch)
    with pytest.raises(MissingPackageError, match="needs pandas, which the browser edition"):
        table[["user"]]


def test_an_import_of_a_lesson_is_named_in_a_browser_alone(monkeypatch):
    """Lessons 15 and 16 import boto3 themselves. Elsewhere, a program may try and go on."""
    as_a_lesson = ("import boto3", "a cell", "exec")
    hide("boto3", monkeypatch)
    run_cell = FunctionType(compile(*as_a_lesson), {"__name__": "__main__"})
    run_cell()
    monkeypatch.delitem(sys.modules, "boto3")
    monkeypatch.setattr("iamlab.extras.IN_BROWSER", True)
    with pytest.raises(MissingPackageError, match="needs boto3, which the browser edition"):
        run_cell()


@pytest.mark.parametrize(("real", "light"), TABLES.values(), ids=TABLES)
def test_a_table_without_pandas_has_the_same_cells(real, light, without_pandas):
    """Each cell says what the cell of pandas says."""
    world = scenario("groups")
    expected = [[_word(cell) for cell in row] for row in real(world).to_numpy().tolist()]
    without_pandas()
    shown = light(world)

    assert [[as_words(cell) for cell in row] for row in shown.rows] == expected
    assert all(word in shown.html() for row in expected for word in row if word.isalnum())


def _word(cell):
    """Return the words of a cell of pandas."""
    import pandas as pd

    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
        return ""
    return as_words(cell.to_pydatetime() if isinstance(cell, pd.Timestamp) else cell)


def test_an_access_matrix_without_pandas_has_a_row_for_each_caller(without_pandas):
    """Its cells are yes and no."""
    world = scenario("groups")
    matrix = world.access_matrix(["s3:GetObject"], [MAP], ["dana", "alice"])
    expected = matrix.to_frame()
    without_pandas()
    shown = matrix.to_frame()

    assert [row[0] for row in shown.rows] == list(expected.index)
    assert [list(row[1:]) for row in shown.rows] == expected.to_numpy().tolist()

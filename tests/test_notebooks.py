"""Every notebook: stored clean, short cells, runs top to bottom, and gives nothing away."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from iamlab import view
from iamlab.teach.lesson import DEMO, seed_of
from iamlab.teach.tables import find
from iamlab.view.showing import PICTURES

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
GALLERY = next(path for path in NOTEBOOKS if path.stem == "gallery")
INDEX = next(path for path in NOTEBOOKS if path.stem == "index")
LONGEST_CELL = 12
VERDICTS = re.compile(
    r"✓ allowed|✕ explicit deny|○ implicit deny|ALLOWED|EXPLICIT DENY|IMPLICIT DENY"
)


def _read(path):
    import nbformat  # slow to import: only by who runs a test that reads notebooks

    return nbformat.read(path, as_version=4)


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


LESSONS = [path for path in NOTEBOOKS if path.stem[:2].isdigit()]
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


@each_notebook
def test_it_is_stored_without_outputs_and_widget_state(path):
    """What is stored is text and code, nothing that a run left."""
    import nbformat

    notebook = _read(path)

    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    assert not any(cell.outputs or cell.execution_count for cell in _code(notebook))


@each_notebook
def test_its_cells_are_short(path):
    """No code cell has more than 12 lines."""
    assert max(len(cell.source.splitlines()) for cell in _code(_read(path))) <= LONGEST_CELL


@each_notebook
def test_its_headings_are_in_order(path):
    """One title, and no level is skipped."""
    levels = [
        len(hashes)
        for cell in _read(path).cells
        if cell.cell_type == "markdown"
        for hashes in re.findall(r"^(#+) ", cell.source, re.MULTILINE)
    ]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@each_notebook
def test_the_arrow_keys_skip_no_cell(path):
    """JupyterLab's arrow keys pass over a cell with hidden code, so it isn't below other code."""
    cells = _read(path).cells
    hidden = [cell.metadata.get("jupyter", {}).get("source_hidden", False) for cell in cells]
    below = [above for above, is_hidden in zip(cells, hidden[1:], strict=False) if is_hidden]

    assert all(above.cell_type == "markdown" for above in below)


@each_notebook
def test_its_links_lead_somewhere(path):
    """A link to another notebook finds it."""
    for cell in _read(path).cells:
        for link in re.findall(r"\]\((\w+\.ipynb)\)", cell.source):
            assert (path.parent / link).exists()


def _run(notebook, folder):
    from scripts.run_notebooks import execute  # imports nbclient

    execute(notebook, folder)


def _run_and_keep(path, folder):
    """Run a notebook as `make docs` does, which then needn't run it again."""
    from scripts.run_notebooks import run  # imports nbclient

    return run(path, folder)


@pytest.mark.parametrize("path", LESSONS[:4], ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_it_runs_from_top_to_bottom_and_shows_no_verdict_before_a_prediction(path, tmp_path):
    """Run without a learner it raises nothing, and no output of any cell holds a verdict.

    tests/teach/test_gate.py runs the cells of every lesson without a kernel, and tests/browser runs
    every lesson in JupyterLab.
    """
    notebook = _run_and_keep(path, tmp_path)
    shown = [
        json.dumps(output, ensure_ascii=False)
        for cell in _code(notebook)
        if "door(" not in cell.source  # it shows what the three verdicts mean, of no request
        for output in cell.outputs
    ]
    state = json.dumps(notebook.metadata.get("widgets", {}), ensure_ascii=False)

    assert not any(VERDICTS.search(text) for text in [*shown, state])
    assert not (tmp_path / "iamlab_progress.jsonl").exists()


STUDENT = "sven"
"""Their seed, 150, gives them another variant than the course's of each of these exercises."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lesson", "exercise", "own", "other"),
    [
        ("00", "0.1", "m42.fits", "andromeda.fits"),
        ("05", "5.1", "2025/m33.fits.zip", "2026-test/m31.fits"),
        ("18", "18.6", "SkyPolicies", "Close Hana"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_student_gets_their_own_variant(lesson, exercise, own, other, tmp_path, monkeypatch):
    """The notebook runs with the student's name, and its card has what their seed gives."""
    monkeypatch.setenv("IAMLAB_STUDENT", STUDENT)
    notebook = _read(next(path for path in LESSONS if path.stem.startswith(lesson)))
    _run(notebook, tmp_path)
    state = json.dumps(notebook.metadata["widgets"], ensure_ascii=False)
    theirs, courses = (str(find(exercise, seed)) for seed in (seed_of(STUDENT), DEMO))

    assert own in state
    assert other not in state
    assert own in theirs
    assert own not in courses


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_index_shows_every_lesson_and_where_to_go_on(tmp_path):
    """It runs on the first day and later, and each link leads to a notebook that exists."""
    for path in LESSONS:
        (tmp_path / path.name).touch()
    for first_line in ("Begin with exercise 0.1", "Continue with exercise 2.1"):
        notebook = _read(INDEX)
        _run(notebook, tmp_path)
        course, progress, words = (cell.outputs[0].data for cell in _code(notebook))
        links = set(re.findall(r'href="([^"]+)"', course["text/html"]))

        assert links == {path.name for path in LESSONS}
        assert first_line in course["text/html"]
        assert first_line in course["text/plain"]
        record = {"kind": "hint", "exercise": "2.1", "lesson": "02", "time": "2026-11-29"}
        (tmp_path / "iamlab_progress.jsonl").write_text(json.dumps(record), "utf-8")
    assert "02 Deny wins" in progress["text/html"]
    assert "explicit deny" in words["text/html"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_gallery_shows_every_figure_of_the_package_with_its_words(tmp_path):
    """It runs, and each function of ``iamlab.view`` that draws is called in it, or by ``show``."""
    notebook = _run_and_keep(GALLERY, tmp_path)
    code = "\n".join(cell.source for cell in _code(notebook))
    pages = [
        output.data.get("text/html", "")
        for cell in _code(notebook)
        for output in cell.outputs
        if output.output_type == "execute_result"
    ]
    titles = [
        cell.source.splitlines()[0]
        for cell in notebook.cells
        if cell.cell_type == "markdown" and cell.source.startswith("### ")
    ]
    shown = {*PICTURES.values()}
    drawing = {name for name, home in view._HOME.items() if home.startswith("figures.")}

    assert drawing - set(re.findall(r"view\.(\w+)\(", code)) <= shown
    assert sum("<img " in page for page in pages) >= len(drawing)
    assert len(titles) == len(set(titles)) >= len(drawing)
    assert all(re.search(r'<img [^>]*alt="[^"]{20,}"', page) for page in pages if "<img " in page)

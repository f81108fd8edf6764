"""Somebody who follows "Your first lesson in an hour" in CONTRIBUTING.md gets to its end."""

import re
import shlex
import textwrap
from pathlib import Path

import pytest

from iamlab.cli.main import main
from iamlab.teach import lesson

PAGE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text("utf-8")
SECTION = PAGE.partition("## Your first lesson in an hour\n")[2].partition("\n## ")[0]
STEPS = [
    (kind, textwrap.dedent(text))
    for _, kind, text in re.findall(
        r"^( +)```(\w+)\n(.*?)^\1```$", SECTION, re.DOTALL | re.MULTILINE
    )
]
FILE, NOTEBOOK = Path("x1_our_buckets.toml"), Path("x1_our_buckets.ipynb")


def follow(capsys):
    """Do what each block says: run commands, compare what they print, and edit the two files."""
    printed = ""
    for kind, text in STEPS:
        if kind == "sh":
            for line in text.splitlines():
                main(shlex.split(line)[1:])
            printed = capsys.readouterr().out
        elif kind == "text":
            assert printed.endswith(text)
        elif kind == "toml":
            FILE.write_text(FILE.read_text("utf-8") + text, "utf-8")
        elif kind == "diff":
            before = "".join(own[1:] for own in text.splitlines(keepends=True) if own[0] == " ")
            after = "".join(own[1:] for own in text.splitlines(keepends=True))
            assert FILE.read_text("utf-8").count(before) == 1
            FILE.write_text(FILE.read_text("utf-8").replace(before, after), "utf-8")
        else:
            assert kind == "python"
            import nbformat  # slow to import: only by who runs this

            notebook = nbformat.read(NOTEBOOK, as_version=4)
            notebook.cells.append(nbformat.v4.new_code_cell(text.strip()))
            nbformat.write(notebook, NOTEBOOK)


@pytest.fixture
def _followed(tmp_path, monkeypatch, capsys):
    """A folder in which the steps have been made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lesson, "_opened", {})
    follow(capsys)


def test_the_page_has_each_kind_of_step():
    """Commands, what they print, additions to the file, a change, and a cell."""
    assert {kind for kind, _ in STEPS} == {"sh", "text", "toml", "diff", "python"}


@pytest.mark.usefixtures("_followed")
def test_the_steps_lead_to_a_lesson_without_problems():
    """Each command prints what the page says; the last one finds no problem."""
    assert main(["lesson", "check", str(FILE)]) == 0
    assert list(lesson.open_lesson(FILE).exercises) == ["x1.1", "x1.2", "x1.3", "x1.4"]


@pytest.mark.slow
@pytest.mark.usefixtures("_followed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_of_the_first_lesson_runs(tmp_path):
    """From top to bottom, without an error, and each exercise has its card."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=resources).execute()
    cards = [cell for cell in notebook.cells if cell.source.startswith("exercise(")]

    assert len(cards) == 4
    assert all(cell.outputs for cell in cards)

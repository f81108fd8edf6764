"""A small course, and a folder for a learner's copy of it."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from iamlab.distribution import notebooks
from tests.cli.helpers import Shell
from tests.distribution.small_course import FIRST, LESSON, write


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two lessons and a picture takes the place of the course."""
    folder = tmp_path / "course"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "graph.svg").write_text("<svg/>", "utf-8")
    write(folder / FIRST, "# Start here", "predict(world)")
    write(folder / LESSON, "# Deny wins", "show()", "check()")
    monkeypatch.setattr(notebooks, "originals", lambda: folder)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The learner's folder, which isn't there yet."""
    return tmp_path / "lessons"


@pytest.fixture
def jupyterlab(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, list[str]]]:
    """JupyterLab isn't started: the list has the folder and the arguments of each start."""
    started: list[tuple[Path, list[str]]] = []
    app = SimpleNamespace(launch_instance=lambda arguments: started.append((Path.cwd(), arguments)))
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", SimpleNamespace(LabApp=app))
    return started


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Run commands in a folder of their own."""
    (folder := tmp_path / "shell").mkdir()
    monkeypatch.chdir(folder)
    return Shell(folder, capsys)

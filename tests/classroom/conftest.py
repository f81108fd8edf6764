"""Each test has its own progress file and its own folder."""

from pathlib import Path

import pytest

from tests.cli.conftest import shell

__all__ = ["progress_file", "shell"]


@pytest.fixture(autouse=True)
def _lessons_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lesson that a test opens doesn't take the place of another test's."""
    monkeypatch.setattr("iamlab.teach.lesson._opened", {})


@pytest.fixture(autouse=True)
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Save progress in a temporary folder; the file's path is returned."""
    file = tmp_path / "own_progress.jsonl"
    monkeypatch.setenv("IAMLAB_PROGRESS", str(file))
    return file

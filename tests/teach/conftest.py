"""Each test has its own progress file."""

import pytest


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """Save progress in a temporary folder; the file's path is returned."""
    file = tmp_path / "iamlab_progress.jsonl"
    monkeypatch.setenv("IAMLAB_PROGRESS", str(file))
    return file

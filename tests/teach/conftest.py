"""Each test has a progress file of its own."""

import pytest


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """Keep progress in a folder of the test's own, and say where."""
    file = tmp_path / "iamlab_progress.json"
    monkeypatch.setenv("IAMLAB_PROGRESS", str(file))
    return file

"""Every command-line test gets a folder with an account in it, and is run there."""

from pathlib import Path

import pytest

from tests.cli.helpers import Shell


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Run commands in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)

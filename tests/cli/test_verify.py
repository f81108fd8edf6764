"""``iamlab verify`` tries what the lessons need, and says what it finds."""

from importlib.metadata import version

import pytest

from iamlab.cli import verify
from tests.cli.helpers import Shell, one_line

TRIES = ("decision", "figure", "widget", "check")


def test_all_is_well_here(shell: Shell) -> None:
    """Versions are those that are installed, and each of the four tries succeeds."""
    result = shell("verify")

    assert (result.status, result.err) == (0, "")
    for name in ("jupyterlab", "anywidget", "ipywidgets", "pandas", "networkx", "matplotlib"):
        assert f"{name} {version(name)}" in result.out
    for name in TRIES:
        assert [line for line in result.out.splitlines() if line.startswith(f"✓ {name}: ")]


def test_the_decision_tried_is_the_one_of_the_first_lesson(shell: Shell) -> None:
    """Dana may not delete: a deny of her group wins."""
    lines = shell("verify").out.splitlines()

    assert [line for line in lines if line.startswith("✓ decision: ✕ explicit deny by ")]


@pytest.mark.parametrize("broken", TRIES)
def test_what_fails_is_named_and_the_rest_is_still_tried(
    broken: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 1, the error behind the try's name, and three that went well."""

    def fail() -> str:
        message = "no such module"
        raise ImportError(message)

    monkeypatch.setattr(verify, f"_{broken}", fail)

    result = shell("verify")

    assert result.status == 1
    assert f"✕ {broken}: ImportError: no such module" in result.out.splitlines()
    assert sum(line.startswith("✓ ") for line in result.out.splitlines()) == 3


def test_it_works_in_a_process_of_its_own(shell: Shell) -> None:
    """Wherever it is started, in a terminal without Unicode too."""
    result = shell.process("verify", PYTHONIOENCODING="ascii")

    assert result.status == 0
    assert "Traceback" not in result.err
    assert all(f" {name}: " in result.out for name in TRIES)


def test_it_leaves_nothing_in_the_folder(shell: Shell) -> None:
    """Trying a widget records no prediction of the learner."""
    before = sorted(shell.folder.iterdir())

    shell("verify")

    assert sorted(shell.folder.iterdir()) == before


def test_it_takes_no_arguments(shell: Shell) -> None:
    """As with the other commands: one line, status 2."""
    assert "--why" in one_line(shell("verify", "--why"))

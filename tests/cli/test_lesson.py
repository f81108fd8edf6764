"""``iamlab lesson``: begin a lesson, and check one."""

import pytest

from iamlab.teach import lesson as lessons
from tests.cli.helpers import Shell, one_line


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test opens its own lessons."""
    monkeypatch.setattr(lessons, "_opened", {})


def test_a_new_lesson_is_two_files_without_problems(shell: Shell) -> None:
    """The file has the number and the title of its name; the notebook is beside it."""
    result = shell("lesson", "new", "x1_our_buckets.toml")

    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[:2] == ["x1_our_buckets.toml", "x1_our_buckets.ipynb"]
    assert 'title = "Our buckets"' in (shell.folder / "x1_our_buckets.toml").read_text("utf-8")
    assert shell("lesson", "check", "x1_our_buckets.toml") == (
        0,
        "0 problems in x1_our_buckets.toml.\n",
        "",
    )


@pytest.mark.parametrize("suffix", [".toml", ".ipynb"])
def test_a_new_lesson_overwrites_nothing(suffix: str, shell: Shell) -> None:
    """Neither the file nor the notebook; and then it writes neither."""
    file = shell.write(f"x1_our_buckets{suffix}", "mine")
    before = sorted(shell.folder.iterdir())

    assert "already exists" in one_line(shell("lesson", "new", "x1_our_buckets.toml"))
    assert file.read_text("utf-8") == "mine"
    assert sorted(shell.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("02_our_buckets.toml", "iamlab has a lesson 02"),
        ("buckets.toml", "isn't a lesson's name"),
        ("x1_our_buckets", "isn't a lesson's name"),
        ("x.1_buckets.toml", "isn't a lesson's name"),
    ],
)
def test_a_name_has_a_number_of_its_own(name: str, message: str, shell: Shell) -> None:
    """So exercises can be found by their numbers."""
    assert message in one_line(shell("lesson", "new", name))


def test_every_problem_has_a_line_and_a_fix(shell: Shell) -> None:
    """Exit status 1; the same with --json."""
    shell("lesson", "new", "x1_our_buckets.toml")
    file = shell.folder / "x1_our_buckets.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('kind = "predict"', 'kind = "predikt"', 1), "utf-8")
    line = text[: text.index('kind = "predict"')].count("\n") + 1
    result = shell("lesson", "check", "x1_our_buckets.toml")
    found = shell("lesson", "check", "x1_our_buckets.toml", "--json")
    first, fix, *_ = result.out.splitlines()

    assert (result.status, found.status, result.err) == (1, 1, "")
    assert first == f"x1_our_buckets.toml, line {line}: There is no kind 'predikt'."
    assert fix == "    Did you mean predict?"
    assert result.out.endswith(" in x1_our_buckets.toml.\n")
    assert found.values["problems"][0] == {
        "file": "x1_our_buckets.toml",
        "place": f"line {line}",
        "text": "There is no kind 'predikt'.",
        "fix": "Did you mean predict?",
    }


def test_a_lesson_of_iamlab_can_be_checked_too(shell: Shell) -> None:
    """Its notebook is in another folder."""
    file = lessons.FOLDER / "00_start_here.toml"

    assert shell("lesson", "check", str(file), "--seeds", "2").status == 0


def test_a_file_that_is_missing_is_bad_input(shell: Shell) -> None:
    """One line, and exit status 2."""
    assert "No such file" in one_line(shell("lesson", "check", "x1_nothing.toml"))

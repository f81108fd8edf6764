"""``iamlab exam``: the questions of an exam on a terminal, as JSON, or in a file."""

import io
from pathlib import Path

import pytest

from iamlab.exam.forms import form
from tests.cli.helpers import Shell


def test_it_asks_marks_and_scores(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same questions as in Python; q stops."""
    first, second, *_ = form("saa", 5).items
    letters = [own.lettered(own.key) for own in (first, second)]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*letters, "q", ""])))
    result = shell("exam", "--form", "saa", "--seed", "5")

    assert result.status == 0
    assert "IAM practice for SAA-C03, form 5" in result.out
    assert "It isn't from AWS" in " ".join(result.out.split())
    assert result.out.count("✓ Right.") == 2
    assert "2 of 2 right" in result.out


def test_without_a_number_it_asks_other_questions(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By chance; the title says the number, with which they come again."""
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.setattr("iamlab.exam.asking.randrange", lambda _: 77)

    assert "form 77" in shell("exam").out


def test_the_form_can_have_the_code_of_the_exam(shell: Shell) -> None:
    """In any case."""
    json_of = ("--seed", "5", "--json")

    assert shell("exam", "--form", "SAA-C03", *json_of).out == shell("exam", *json_of).out


def test_json_has_every_question_with_its_key(shell: Shell) -> None:
    """For programs; nothing is asked."""
    found = shell("exam", "--form", "scs", "--seed", "5", "--json").values["questions"]

    assert len(found) == 20
    assert [own["key"] for own in found] == [list(own.key) for own in form("scs", 5).items]


def test_an_export_writes_the_file_and_names_it(shell: Shell) -> None:
    """A paper has two files."""
    result = shell("exam", "--form", "clf", "--seed", "5", "--export", "paper.html")

    assert result.out.splitlines() == ["paper-key.html", "paper.html"]
    assert (Path(shell.folder) / "paper.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--form", "saaa"), "There is no form 'saaa'. Did you mean saa?"),
        (("--form", "drill M99"), "There is no form 'drill M99'."),
        (("--seed", "1", "--export", "form.docx"), "There is no format 'docx'."),
        (("--seed", "one"), "argument --seed: invalid int value: 'one'"),
    ],
)
def test_bad_input_is_one_line(shell: Shell, options: tuple[str, ...], message: str) -> None:
    """It says what is wrong, and what there is."""
    result = shell("exam", *options)

    assert result.status == 2
    assert message in " ".join(result.err.split())

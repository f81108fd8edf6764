"""``iamlab lookup``: the rule of a word, the lesson that teaches it, and the AWS page."""

import pytest

from tests.cli.helpers import Shell, one_line


def test_several_words_are_one_term(shell: Shell) -> None:
    """With its lesson and the title and address of the page."""
    result = shell("lookup", "trust", "policy")

    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[0] == "trust policy"
    assert "09 Roles and trust" in result.out
    assert "IAM roles (https://docs.aws.amazon.com/" in result.out


def test_programs_get_the_fields_of_a_term(shell: Shell) -> None:
    """The exercise that teaches it, too."""
    found = shell("lookup", "implicit deny", "--json").values

    assert list(found) == ["word", "rule", "also", "lesson", "exercise", "page", "url", "picture"]
    assert (found["lesson"], found["exercise"]) == ("02", "2.2")
    assert found["page"] == "Policy evaluation logic"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("ForAlValues", "Did you mean ForAllValues"),
        ("trus policy", "Did you mean trust policy"),
        ("\x1b[31mred", "doesn't know the word"),
        ("", "it can't be empty"),
    ],
)
def test_an_unknown_word_is_bad_input_with_a_suggestion(shell: Shell, word: str, text: str) -> None:
    """One line, and nothing in it controls the terminal."""
    line = one_line(shell("lookup", word))

    assert text in line
    assert "\x1b" not in line

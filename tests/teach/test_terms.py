"""Words: the rule, the lesson, the AWS page and a picture; misspelt words get a suggestion."""

import pytest

from iamlab import view
from iamlab.errors import ExerciseError, RequestError
from iamlab.policy.conditions import OPERATORS
from iamlab.teach import glossary, lookup
from iamlab.teach.course import course_map
from iamlab.teach.lesson import open_lesson
from iamlab.teach.tables import every
from iamlab.teach.terms import PAGES, PICTURES, terms
from tests.rows import each_row

LONGEST = 25
"""The number of words of a sentence."""


@each_row("term", terms().values(), ids=lambda term: term.word)
def test_a_word_has_a_short_rule_and_names_only_what_exists(term):
    """Its lesson, exercise, page and picture."""
    assert term.rule.endswith(".")
    assert max(len(sentence.split()) for sentence in term.rule.split(". ")) <= LONGEST
    assert term.lesson in {"", *course_map().lessons}
    assert term.exercise in {"", *every()}
    assert not term.exercise or int(term.exercise.partition(".")[0]) == int(term.lesson)
    assert not term.page or term.url.startswith("https://docs.aws.amazon.com/")
    assert term.picture in {"", *PICTURES}
    assert lookup(term.word) == term


def test_every_page_is_used_and_every_picture_is_a_figure():
    """The tables have nothing that no word needs."""
    used = {term.picture for term in terms().values()}

    assert set(PAGES) <= {term.page for term in terms().values()}
    assert set(PICTURES) <= used & set(view.__all__)
    assert all("<img " in draw()._repr_html_() for draw in PICTURES.values())


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_condition_operator_is_known(operator):
    """Also with a set operator, and with IfExists."""
    assert lookup(operator).lesson in {"06", ""}
    assert lookup(f"ForAnyValue:{operator}").word == "ForAnyValue"


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("trust policies", "trust policy"),
        ("Trust-Policy", "trust policy"),
        ("forallvalues:StringLike", "ForAllValues"),
        ("service control policy", "SCP"),
        ("aws:sourceip", "aws:SourceIp"),
        ("S3:getobject", "s3:GetObject"),
        ("iam:PassRole", "PassRole"),
        ("BoolIfExists", "IfExists"),
        ("implicit deny", "implicit deny"),
    ],
)
def test_case_blanks_and_plurals_make_no_difference(word, found):
    """As other names and AWS's own names of keys and actions."""
    assert lookup(word).word == found
    assert glossary(word) == lookup(word)


@pytest.mark.parametrize(
    ("word", "note"),
    [
        ("trus policy", "Did you mean trust policy"),
        ("aws:SorceIp", "Did you mean aws:SourceIp"),
        ("ForAlValue", "Did you mean ForAllValues"),
        ("zebra crossing", "See glossary()"),
        ("<b>", "See glossary()"),
    ],
)
def test_a_misspelt_word_gets_a_suggestion(word, note):
    """The error names the word as it was written."""
    with pytest.raises(RequestError, match="doesn't know the word") as caught:
        lookup(word)

    assert caught.value.__notes__[0].startswith(note)


def test_a_word_shows_itself_with_its_picture_and_its_page():
    """As text and as HTML."""
    html = lookup("ForAllValues")._repr_html_()

    assert 'href="https://docs.aws.amazon.com/IAM/latest/UserGuide/' in html
    assert "<img " in html
    assert "iamlab.view.value_sets" in str(lookup("ForAllValues"))
    assert "<img " not in lookup("StringEquals")._repr_html_()


def test_a_lesson_of_your_own_has_words_too(tmp_path, monkeypatch):
    """A text or a table; an error names file and line."""
    monkeypatch.setattr("iamlab.teach.lesson._opened", {})
    file = tmp_path / "y1_words.toml"
    text = 'title = "Words"\n[glossary]\n"stellar map" = "A <map> of stars."\n"comet" = { %s }\n'
    file.write_text(text % 'rule = "A star with a tail.", page = "A page", url = "https://x.org"')
    open_lesson(file)

    assert lookup("comet").url == "https://x.org"
    assert "A &lt;map&gt; of stars." in lookup("stellar maps")._repr_html_()

    file.write_text(text % 'rul = "A star with a tail."')
    open_lesson(file)
    with pytest.raises(ExerciseError, match=r"y1_words\.toml, line 4: A term needs a rule"):
        lookup("comet")

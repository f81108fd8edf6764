"""Policy variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab.policy.patterns import glob, literal
from iamlab.policy.variables import has_variable, substitute
from tests.effort import first_now
from tests.growth import grows_linearly

VALUES = {"aws:username": "ana", "aws:PrincipalTag/team": "*", "empty": ""}
ROWS = [
    ("plain", "plain"),
    ("", ""),
    ("${aws:username}", "ana"),
    ("home/${aws:username}/*", "home/ana/*"),
    ("${aws:username}${aws:username}", "anaana"),
    ("${aws:username, 'guest'}", "ana"),
    ("${missing, 'guest'}", "guest"),
    ("${missing, ''}", ""),
    ("${missing, 'two words'}", "two words"),
    ("${missing, '${'}", "${"),
    ("${empty, 'guest'}", ""),
    ("${*}", "*"),
    ("${?}", "?"),
    ("${$}", "$"),
    ("${$}{aws:username}", "${aws:username}"),
    ("$aws:username", "$aws:username"),
    ("{aws:username}", "{aws:username}"),
    ("a}b$", "a}b$"),
    # no value, or written wrongly: what holds the text matches nothing
    ("${missing}", None),
    ("x${aws:username}${missing}", None),
    ("${missing,'guest'}", None),
    ("${missing,  'guest'}", None),
    ("${missing, guest}", None),
    ('${missing, "guest"}', None),
    ("${missing, 'guest}", None),
    ("${missing, 'a'b'}", None),
    ("${aws:PrincipalTag/cost center}", None),
    ("${ aws:username}", None),
    ("${}", None),
    ("${aws:username", None),
    ("${aws:username}${", None),
    ("${**}", None),
]


@pytest.mark.parametrize(("text", "wanted"), ROWS)
def test_substitution_rows(text, wanted):
    """Each form of a variable, right and wrong."""
    assert substitute(text, VALUES.get) == wanted


@given(st.text("$ab*{", max_size=8).filter(lambda text: "${" not in text))
def test_text_without_a_variable_is_left_alone(text):
    """Nothing but ``${`` begins a variable."""
    assert not has_variable(text)
    assert substitute(text, VALUES.get) == text


@given(st.text("a*?", max_size=5), st.text("a*?", max_size=5))
def test_a_star_that_comes_from_a_value_is_not_a_wildcard(value, text):
    """Substituted text is literal; the stars written beside it stay alive."""
    filled = substitute("${key}", {"key": value}.get, literal)
    default = substitute("${none, '" + value + "'}", {}.get, literal)

    assert glob(filled, text) is (value == text)
    assert default == filled


def test_an_escaped_star_is_a_plain_one_in_a_pattern():
    """``${*}`` is how a pattern writes a star that isn't one."""
    pattern = substitute("a${*}b*${?}", {}.get, literal)

    assert glob(pattern, "a*bcd?")
    assert not glob(pattern, "axbcd?")
    assert not glob(pattern, "a*bcdx")


@pytest.mark.parametrize(
    "text",
    first_now(
        [
            "${a}",
            "${a, 'b'}",
            "}",
            "$",
            "${",
        ]
    ),
)
def test_substitution_takes_linear_time(text):
    """Four times the text takes about four times as long."""
    assert grows_linearly(
        lambda size: lambda: substitute("${a}" + text * size, {"a": "1"}.get), 2_000
    )

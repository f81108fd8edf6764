"""Wildcards: what they match, and that nobody can make them slow."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iamlab.policy.patterns import (
    glob,
    glob_arn,
    glob_ignoring_case,
    glob_resource,
    literal,
)
from tests.effort import first_now
from tests.growth import grows_linearly
from tests.rows import each_row

OWN = "111122223333"
PATTERN = st.text("ab*?:\n", max_size=12)
TEXT = st.text("ab*?:\n", max_size=14)
SEGMENT = st.text("ab*?", max_size=4)
REQUESTED = st.text("ab", max_size=4)


def expression(pattern):
    """A reference: the pattern as a regular expression."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in pattern), re.DOTALL)


def matches(pattern, text):
    """Match the whole text with the reference."""
    return expression(pattern).fullmatch(text) is not None


def by_segments(pattern, arn):
    """A reference for six parts and six parts."""
    return all(map(matches, pattern.split(":", 5), arn.split(":", 5)))


@given(PATTERN, TEXT)
def test_glob_is_the_regular_expression_that_a_pattern_stands_for(pattern, text):
    """A star is any text, a question mark any one character, all else itself."""
    assert glob(pattern, text) == matches(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [
        ("", "", True),
        ("*", "", True),
        ("?", "", False),
        ("**", "", True),
        ("a*a", "a", False),
        ("*a?c*", "xxabcxx", True),
        ("*a?c*", "xxbbbxx", False),
        ("*a?c*", "ac", False),
        ("*a?c*", "aac", True),
        ("*?a*?b*", "aaab", True),
        ("*?a*?b*", "aab", False),
        ("a?*?c", "abxc", True),
        ("a?*?c", "abc", False),
    ],
)
def test_glob_rows(pattern, text, wanted):
    """Pieces between stars keep their order, do not overlap, and may hold question marks."""
    assert glob(pattern, text) is wanted
    assert matches(pattern, text) is wanted


@given(st.data(), PATTERN)
def test_glob_finds_every_text_that_is_made_from_the_pattern(data, pattern):
    """Text made by filling in the wildcards always matches."""
    made = "".join(
        data.draw(TEXT) if c == "*" else data.draw(st.sampled_from("abz?")) if c == "?" else c
        for c in pattern
    )

    assert glob(pattern, made)


@given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=6), TEXT)
def test_literal_text_is_matched_by_itself_only(before, value, text):
    """Stars and question marks that went through literal() are plain characters."""
    plain = expression(before).pattern + re.escape(value)
    wanted = re.compile(plain, re.DOTALL).fullmatch(text) is not None

    assert glob(before + literal(value), text) == wanted
    assert glob(literal(value), value)


@given(st.text("aB*?é", max_size=8), st.text("AbÉ", max_size=8))
def test_ignoring_case_is_glob_on_lower_case(pattern, text):
    """The rule for actions: letter case on either side never matters."""
    wanted = matches(pattern.lower(), text.lower())

    assert glob_ignoring_case(pattern, text) == wanted
    assert glob_ignoring_case(pattern.swapcase(), text) == wanted


@given(
    st.lists(SEGMENT, min_size=4, max_size=4),
    PATTERN,
    st.lists(REQUESTED, min_size=4, max_size=4),
    TEXT,
)
def test_arns_are_matched_part_by_part(wanted, last, found, resource):
    """A star in one of the first five parts never crosses a colon; in the sixth it does."""
    pattern, arn = ":".join(("arn", *wanted, last)), ":".join(("arn", *found, resource))

    assert glob_arn(pattern, arn) == by_segments(pattern, arn)
    assert glob_resource(pattern, arn) >= by_segments(pattern, arn)


def beyond(pattern):
    """A reference for Resource: a star at the end of a segment crosses colons."""
    *inner, last = pattern.split(":", 5) if pattern.count(":") > 4 else (*pattern.split(":"), None)
    made = [
        re.escape(part.removesuffix("*")).replace(r"\*", "[^:]*").replace(r"\?", "[^:]")
        + ".*" * part.endswith("*")
        for part in inner
    ]
    return re.compile(
        ":".join(made if last is None else [*made, expression(last).pattern]), re.DOTALL
    )


@given(
    st.lists(SEGMENT, min_size=1, max_size=5),
    PATTERN,
    st.lists(REQUESTED, min_size=4, max_size=4),
    st.text("ab:", max_size=10),
)
@example(["*"], "a", ["", "", "", ""], "a")
@example(["a", "*", "b", "*", ""], "", ["a", "", "", ""], "b")
@example(["", "", "*", "bb"], "", ["", "", "", ""], "bb")
@example(["a*", "b"], "a*b", ["a", "", "", "b"], "a:b")
def test_a_star_at_the_end_of_a_segment_matches_beyond_the_colon(wanted, last, found, resource):
    """Patterns can have fewer segments, or segments at another place."""
    pattern, arn = ":".join(("arn", *wanted, last)), ":".join(("arn", *found, resource))

    assert glob_resource(pattern, arn) is (beyond(pattern).fullmatch(arn) is not None)


@pytest.mark.parametrize(
    "pattern", ["*", "arn:aws:*", "arn:aws:sns:eu:1", "", "arn", "ARN:a:b:c:d:e"]
)
def test_arn_like_with_fewer_than_six_parts_matches_nothing(pattern):
    """ArnLike knows no short form."""
    assert not glob_arn(pattern, "arn:aws:sns:eu:1:topic")
    assert not glob_arn("arn:*:*:*:*:*", pattern)


ROWS = [
    # pattern, resource, does it match? policy-language.md section 3
    (f"arn:aws:sqs:*:{OWN}:q", f"arn:aws:sqs:us-east-1:{OWN}:q", True),
    (f"arn:aws:sqs:*:{OWN}:q", f"arn:aws:sqs:a:b:{OWN}:q", True),
    (f"arn:aws:sqs:e*1:{OWN}:q", f"arn:aws:sqs:e:1:{OWN}:q", False),
    (f"arn:aws:sqs:?:{OWN}:q", f"arn:aws:sqs::{OWN}:q", False),
    ("arn:aws:dynamodb:*:table/prod-*", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/prod-a", True),
    ("arn:aws:dynamodb:*:table/prod-*", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/test-a", False),
    ("arn:aws:dynamodb:*:table/prod", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/prod", True),
    (
        "arn:aws:dynamodb:*:table/prod",
        f"arn:aws:dynamodb:eu-west-1:{OWN}:table/prod/index/i",
        False,
    ),
    ("arn:aws:dynamodb:eu-*-1:table/prod", f"arn:aws:dynamodb:eu-west-1:{OWN}:table/prod", False),
    ("arn:aws:s3*:bk", "arn:aws:s3:::bk", True),
    ("arn:*:role/admin", f"arn:aws:iam::{OWN}:role/admin", True),
    ("arn:*:role/admin:", f"arn:aws:iam::{OWN}:role/admin", False),
    ("arn:aws:s3:*:zz:", "arn:aws:s3:::zz", False),
    ("arn:aws:s3:*:zz*:", "arn:aws:s3:::zz", False),
    ("arn:aws:sqs:*", f"arn:aws:sqs:us-east-1:{OWN}:q", True),
    ("arn:aws:sqs:*", f"arn:aws:sqs:a:b:{OWN}:q", True),
    ("arn:aws:s3:::b*", "arn:aws:s3:::bk/x:y", True),
    ("arn:aws:s3:::*", "arn:aws:s3:::bk", True),
    ("arn:aws:s3:::*", "arn:aws:s3:::bk/x:y", True),
    (f"arn:aws:logs:r:{OWN}:*", f"arn:aws:logs:r:{OWN}:log-group:g:*", True),
    ("arn:aws:*", "arn:aws:s3:::bk", True),
    ("arn:aws:*", "arn:aws-cn:s3:::bk", False),
    ("arn:*", "arn:aws:s3:::bk", True),
    ("arn:aws:s3*", "arn:aws:s3:::bk", True),
    ("arn:*:s3:::bk", "arn:aws-cn:s3:::bk", True),
    ("arn:aws:s3:::bk/*/test/*", "arn:aws:s3:::bk/1/test/", True),
    ("arn:aws:s3:::bk/*/test/*", "arn:aws:s3:::bk//test/x", True),
    ("arn:aws:s3:::bk/*/test/*", "arn:aws:s3:::bk/test/x", False),
    ("arn:aws:s3:::bk/*", "arn:aws:s3:::bk", False),
    ("arn:aws:s3:::bk/*", "arn:aws:s3:::bk/", True),
    ("arn:aws:s3:::bk/?", "arn:aws:s3:::bk/x", True),
    ("arn:aws:s3:::bk/?", "arn:aws:s3:::bk/", False),
    ("arn:aws:s3:::bk/?", "arn:aws:s3:::bk/xy", False),
    ("arn:aws:s3:::BK/*", "arn:aws:s3:::bk/x", False),
    ("arn:aws:s3::", "arn:aws:s3:::bk", False),
    ("arn:aws:s3", "arn:aws:s3:::bk", False),
    ("*", "*", True),
    ("arn:aws:iam::*", "*", False),
    ("arn:*:*:*:*:*", "*", False),
    ("?", "*", False),
    ("*", "plain text", True),
    ("plain text", "plain text", True),
    ("plain*", "plain text", False),
    ("plain text", "plain", False),
    ("a:b:c:d:e:*", "a:b:c:d:e:f", False),
]
INSIDE = [
    ("arn:aws:s3*x*", "arn:aws:s3:::bk/x"),
    ("arn:aws:s3::*bk*", "arn:aws:s3:::bk"),
    ("*bk*", "arn:aws:s3:::bk"),
]


@each_row(("pattern", "resource", "wanted"), ROWS)
def test_resource_rows(pattern, resource, wanted):
    """Each row of the table of wildcards."""
    assert glob_resource(pattern, resource) is wanted


@pytest.mark.parametrize(("pattern", "resource"), INSIDE)
def test_a_star_inside_a_segment_stays_inside_it(pattern, resource):
    """Only a star at the end of a segment may run across colons."""
    assert not glob_resource(pattern, resource)


HOSTILE = {
    "stars without end": lambda n: ("a*" * n + "b", "a" * n),
    "stars that match": lambda n: ("*a" * n, "a" * n),
    "question marks": lambda n: ("?" * n, "a" * n),
    "question marks after a star": lambda n: ("*" + "?" * n + "b", "a" * (2 * n)),
    "one long piece": lambda n: ("*" + "a" * n + "b*", "a" * (2 * n)),
    "halves that nearly fit": lambda n: ("*" + "a" * n + "b" + "a" * n + "*", ("a" * n + "c") * 3),
}
QUADRATIC = {
    "star and question mark in turn": lambda n: ("*?" * (64 * n), "a" * (64 * n)),
    "pieces with a question mark": lambda n: ("*a?" * n, "aa" * n),
    "a piece of many letters": lambda n: (
        "*?" + "".join(map(chr, range(0x100, 0x100 + n))) + "*",
        "x" + "".join(map(chr, range(0x100, 0x100 + n))) + "y",
    ),
}


@pytest.mark.parametrize(
    "make",
    first_now(pytest.param(make, id=name) for name, make in (HOSTILE | QUADRATIC).items()),
)
def test_no_pattern_takes_more_than_linear_time(make):
    """Four times the pattern and the text take about four times as long."""

    def work(size):
        pattern, text = make(size)
        return lambda: glob(pattern, text)

    assert grows_linearly(work, 500 if make in QUADRATIC.values() else 8_000)


MANY_PARTS = {
    "a star that ends a part": ("arn:*:a:*:a:a*b", ":a"),
    "parts behind a star": ("arn:aws:*:a:a:b*c", ":a"),
    "question marks behind a star": ("arn:*:?:?:?:" + "?" * 9 + "b", ":a"),
    "fewer parts": ("arn:*:a:*:b", ":a"),
}


@pytest.mark.parametrize("name", MANY_PARTS)
def test_the_parts_of_a_hostile_arn_are_matched_in_linear_time(name):
    """However many colons a resource has."""
    pattern, part = MANY_PARTS[name]

    def work(size):
        text = f"arn:aws:s3:::{part * size}"
        return lambda: glob_resource(pattern, text)

    assert grows_linearly(work, 2_000)


@pytest.mark.parametrize("place", [0, 1, 5, 40, 997])
@pytest.mark.parametrize("piece", ["a?b", "?a", "a?", "ab?cd?", "a" * 30 + "?b"])
def test_a_piece_with_question_marks_is_found_however_far_it_lies(piece, place):
    """Near the beginning or far behind many false beginnings, it is found, and only there."""
    real = piece.replace("?", "1")
    text = "a" * place + real + "xyz"

    assert glob(f"*{piece}*", text)
    assert glob(f"*{piece}xyz", text)
    assert not glob(f"*{piece}Z*", text)

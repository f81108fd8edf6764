"""Texts on which patterns and conditions can be distinguished."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iamlab.policy.conditions import OPERATORS
from iamlab.policy.patterns import LITERAL_STAR, glob, glob_resource
from iamlab.policy.samples import meeting, resource_samples, value_samples
from tests.rows import each_row

PATTERNS = st.text("ab*?", max_size=6)


@given(PATTERNS, PATTERNS, st.sampled_from(["", "x", "ab"]))
@example("*", "?", "")
@example("*", "a?", "x")
def test_where_two_patterns_meet_both_match(item, other, star):
    """Whatever the wildcards that are left stand for."""
    both = meeting(item, other)
    if both is not None:
        text = both.replace("*", star).replace("?", "a")

        assert glob(item, text)
        assert glob(other, text)


@given(PATTERNS, PATTERNS, st.text("ab", max_size=6))
def test_patterns_that_have_a_text_in_common_meet(item, other, text):
    """If one is known, one is found."""
    if glob(item, text) and glob(other, text):
        assert meeting(item, other) is not None


def test_patterns_that_are_long_are_not_laid_over_one_another():
    """It would take too long."""
    assert meeting("a" * 200, "a" * 200) is None


S3 = "arn:aws:s3:::"


@pytest.mark.parametrize(
    "patterns",
    [
        ["*"],
        [f"{S3}maps/*", f"{S3}maps/?*"],
        [f"{S3}maps/*", f"{S3}*/secret"],
        [f"{S3}maps", f"{S3}maps/*"],
        [f"{S3}maps", f"{S3}Maps"],
        ["arn:aws:s3*", f"{S3}maps"],
        ["arn:*:sqs:*:*:q", "arn:aws:sqs:eu-west-1:*:*"],
        ["arn:aws:dynamodb:*:table/prod-*", "arn:aws:dynamodb:*:table/*"],
        ["arn:aws:dynamodb:*:table/prod", "arn:aws:dynamodb:eu-west-1:*"],
        ["no-arn", "*"],
        [f"{S3}a{LITERAL_STAR}", f"{S3}a*"],
    ],
)
def test_a_sample_matches_each_pattern_alone_none_and_all(patterns):
    """As far as that is possible."""
    found = {
        tuple(glob_resource(pattern, sample) for pattern in patterns)
        for sample in resource_samples(patterns)
    }
    for number in range(len(patterns)):
        assert any(row[number] for row in found)
    overlap = all(
        any(
            glob_resource(item, sample) and glob_resource(other, sample)
            for sample in resource_samples([item, other])
        )
        for item in patterns
        for other in patterns
    )
    assert not overlap or any(map(all, found))
    assert any(not any(row) for row in found) or "*" in patterns


def test_samples_are_plain_text():
    """They hold neither marks of literal stars nor nothing at all."""
    samples = resource_samples([f"{S3}a{LITERAL_STAR}", "?", ""])

    assert all(samples)
    assert all(sample.isprintable() for sample in samples)


@pytest.mark.parametrize(
    ("operator", "values"),
    [
        ("StringEquals", ["ana"]),
        ("StringNotEquals", ["ana", "ben"]),
        ("StringEqualsIgnoreCase", ["ana"]),
        ("StringLike", ["a*", "*b"]),
        ("StringNotLike", ["a?"]),
        ("ArnLike", [f"{S3}a*"]),
        ("ArnEquals", ["arn:*:iam::*:role/x"]),
        ("NumericEquals", ["5"]),
        ("NumericLessThan", ["5"]),
        ("NumericGreaterThanEquals", ["-5.5"]),
        ("DateLessThan", ["2026-01-01T00:00:00Z"]),
        ("DateGreaterThan", ["2026-01-01"]),
        ("DateNotEquals", ["1795600800"]),
        ("IpAddress", ["203.0.113.0/24"]),
        ("NotIpAddress", ["0.0.0.0/0"]),
        ("IpAddress", ["::/0"]),
        ("IpAddress", ["2001:db8::/32"]),
        ("Bool", ["true"]),
        ("BinaryEquals", ["aGVsbG8="]),
    ],
)
def test_a_sample_fits_each_value_and_another_fits_none(operator, values):
    """Both ways of a condition can be tried."""
    test, samples = OPERATORS[operator].test, value_samples(operator, values)

    assert all(any(test(value, sample) for sample in samples) for value in values)
    assert any(not any(test(value, sample) for value in values) for sample in samples)


@pytest.mark.parametrize(
    ("operator", "lower", "upper"),
    [
        ("NumericLessThan", "5", "5.5"),
        ("DateLessThan", "2026-01-01", "2026-01-01T00:01:00Z"),
        ("DateLessThan", "1795600800", "1795600900"),
        ("StringLike", "a*", "*b"),
    ],
)
def test_a_sample_is_between_two_values(operator, lower, upper):
    """Where only one of two conditions holds."""
    test, samples = OPERATORS[operator].test, value_samples(operator, [lower, upper])

    assert {(test(lower, sample), test(upper, sample)) for sample in samples} >= {
        (False, True),
        (False, False),
        (True, True),
    }


@each_row("operator", sorted(OPERATORS))
@pytest.mark.parametrize("value", ["", "x", "9" * 5000, "9999-12-31T23:59:59Z", "NaN", "1e9", "*"])
def test_no_value_is_too_odd(operator, value):
    """A policy comes from anybody."""
    assert value_samples(operator, [value])

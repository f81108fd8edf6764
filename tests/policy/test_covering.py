"""Patterns that cover others: each result is true."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import Policy
from iamlab.engine.matching import action_matches
from iamlab.policy.containing import contains
from iamlab.policy.covering import (
    covers,
    covers_action,
    covers_resource,
    each_covered,
    may_stand_for,
    never_applies,
)
from iamlab.policy.patterns import glob, glob_resource, literal
from iamlab.policy.variables import substitute
from tests.effort import first_now
from tests.growth import grows_linearly

ROWS = [
    # wide, narrow, covered
    ("*", "", True),
    ("*", "*", True),
    ("a*", "a*b", True),
    ("a*b", "a*", False),
    ("a?", "a*", False),
    ("a?*", "a*", False),
    ("a*", "a?*", True),
    ("?*", "*?", True),
    ("*?*?*", "??*", True),
    ("??", "?a", True),
    ("?a", "??", False),
    ("a?c", "abc", True),
    ("a?c", "a*c", False),
    ("a*?c*", "ab*c", True),
    ("*?b*", "ab*", True),
    ("*?b*", "*b*", False),
    ("a*a?", "a", False),
    ("a*?a", "a*", False),
    ("*b*b", "*b", False),
    # true, but not plain to see
    ("a*?a", "a*xa", False),
    ("a*b*?", "ab*c", False),
    ("A*", "ab", False),
]


@pytest.mark.parametrize(("wide", "narrow", "covered"), ROWS)
def test_which_pattern_covers_which(wide, narrow, covered):
    """A question mark never stands for a star."""
    assert covers(wide, narrow) is covered


WORDS = ["".join(letters) for size in range(6) for letters in product("ab", repeat=size)]
PATTERNS = st.text("ab*?", max_size=5)


@given(PATTERNS, PATTERNS)
def test_to_cover_is_to_match_all_that_the_other_matches(wide, narrow):
    """Exactly that, as far as words of an alphabet with one more letter can tell."""
    words = [*WORDS, *(word.replace("b", "c") for word in WORDS)]
    all_ = all(glob(wide, word) for word in words if glob(narrow, word))

    assert covers(wide, narrow) <= all_


@given(PATTERNS)
def test_every_pattern_covers_itself(pattern):
    """And the star covers all."""
    assert covers(pattern, pattern)
    assert covers("*", pattern)


@given(PATTERNS, PATTERNS, PATTERNS)
def test_covering_passes_on(item, other, third):
    """What covers the coverer covers the covered."""
    if covers(item, other) and covers(other, third):
        assert covers(item, third)


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "s3:*", True),
        ("*:*", "*", True),
        ("*", "*:*", True),
        ("*", "s3*", False),
        ("s3*", "s3:GetObject", False),
        ("s3*", "s3*", True),
        ("S3:*", "s3:GetObject", True),
        ("s3:GetObject", "s3:getobject", True),
        ("*:Get*", "s3:GetObject", True),
        ("s*:Get*", "s3:GetObject", False),
        ("s3:*", "s3:a:b", False),
        ("s3:*", "ec2:*", False),
        ("s3:\N{KELVIN SIGN}", "s3:k", False),
        ("s3:*", "s3:\N{KELVIN SIGN}", False),
    ],
)
def test_which_action_covers_which(wide, narrow, covered):
    """Case is ignored, and what is not a pattern of actions stands for itself."""
    assert covers_action(wide, narrow) is covered


ACTIONS = st.lists(st.sampled_from(["s3", ":", "*", "?", "Get", "get", "a"]), max_size=4).map(
    "".join
)
ASKED = ["s3:Get", "s3:GetGet", "s3:a", "a:Get", "a:a", "s3:aa", "a:getA", "s3a:s3"]


@given(ACTIONS, ACTIONS)
def test_a_covered_action_matches_nothing_more(wide, narrow):
    """Held against the engine."""
    if covers_action(wide, narrow):
        assert all(action_matches(wide, item) for item in ASKED if action_matches(narrow, item))


S3 = "arn:aws:s3:::"


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("*", "anything", True),
        ("x", "x", True),
        ("arn:aws:s3:::b*", "x", False),
        ("arn:*", "arn:aws:s3*", False),
        ("arn:aws:*", f"{S3}b", True),
        ("arn:aws:s3:", f"{S3}b", False),
        (f"{S3}*", f"{S3}b/x:y", True),
        ("arn:*:s3:::b", "arn:aws:s3:::b", True),
        ("arn:aws:sqs:*:b", "arn:aws:sqs:r:a:b", False),
        ("arn:aws:sqs:*:*:q", "arn:aws:sqs:r*:1:q", True),
        (f"{S3}home/*", f"{S3}home/${{aws:username}}/*", True),
        (f"{S3}home/$*", f"{S3}home/${{aws:username}}/*", False),
        (f"{S3}home/??*", f"{S3}home/${{aws:username}}x", False),
        (f"{S3}?${{*}}*", f"{S3}a${{*}}b", True),
        (f"{S3}${{aws:username}}*", f"{S3}${{aws:username}}/x", True),
        (f"{S3}${{aws:username}}*", f"{S3}${{aws:userid}}/x", False),
        (f"{S3}${{aws:username}}*", f"{S3}ana/x", False),
        (f"{S3}*", "arn:aws:s3::${aws:PrincipalAccount}:b", False),
        ("arn:aws:${*}:*", f"{S3}b", False),
        (f"{S3}*", f"{S3}${{open", True),
    ],
)
def test_which_resource_covers_which(wide, narrow, covered):
    """Part by part; a variable stands for any text and equals only itself."""
    assert covers_resource(wide, narrow) is covered


def test_in_the_old_version_a_variable_is_plain_text():
    """Its stars are wildcards, too."""
    assert covers_resource(f"{S3}home/$*", f"{S3}home/${{aws:username}}", variables=False)
    assert covers_resource(f"{S3}${{*}}", f"{S3}${{a}}", variables=False)


def test_more_variables_than_there_are_signs_are_left_alone():
    """Two of them might be taken for the same."""
    narrow = f"{S3}" + "".join(f"${{k{number}}}" for number in range(1500))

    assert not covers_resource(f"{S3}*", narrow)


RESOURCES = st.lists(
    st.sampled_from(["arn:aws", ":", "s3", "*", "?", "b", "/", "${u}", "${*}", "${v, 'b'}"]),
    max_size=9,
).map("".join)
FULL = st.builds("arn:aws:{}:::{}".format, st.sampled_from(["s3", "*", "s?", "s*3"]), RESOURCES)
PARTS = st.lists(st.sampled_from(["", "*", "b", "b*", "*b", "b*b", "?"]), min_size=1, max_size=6)
SHORT = PARTS.map(lambda parts: ":".join(("arn:aws", *parts)))
FOUND = [f"{S3}{word}" for word in ["", "b", "bb", "b/b", "*", "b*", "?", "b:b", "/", "b/"]]


@given(SHORT, SHORT, st.lists(st.sampled_from(["", "b", "bb", "c"]), min_size=4, max_size=7))
def test_what_covers_a_star_that_crosses_colons_crosses_them_too(wide, narrow, parts):
    """A star at the end of a segment matches beyond the colon."""
    arn = ":".join(("arn:aws", *parts))

    if covers_resource(wide, narrow) and glob_resource(narrow, arn):
        assert glob_resource(wide, arn)


@given(FULL | RESOURCES, FULL | RESOURCES, st.sampled_from([None, "", "b", "*", "b/"]))
def test_a_covered_resource_matches_nothing_more(wide, narrow, user):
    """Held against the engine, whatever the variable stands for."""
    if not covers_resource(wide, narrow):
        return
    texts = [substitute(item, {"u": user}.get, literal) for item in (wide, narrow)]
    for resource in (*FOUND, "*", "b", narrow.replace("${u}", "b")):
        if texts[1] is not None and glob_resource(texts[1], resource):
            assert texts[0] is not None
            assert glob_resource(texts[0], resource)


@pytest.mark.parametrize(
    ("wide", "narrow", "may"),
    [
        (f"{S3}*", f"{S3}b", True),
        (f"{S3}*", f"{S3}${{aws:username}}", False),
        (f"{S3}${{aws:username}}", f"{S3}${{aws:username}}", True),
    ],
)
def test_a_variable_in_not_resource_is_left_alone(wide, narrow, may):
    """What it does without a value is an open question."""
    assert may_stand_for(wide, narrow, variables=True) is may
    assert may_stand_for(wide, narrow, variables=False)


def two(wide, narrow):
    """Two statements of one document."""
    usual = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    made = [
        {key: value for key, value in (usual | item).items() if value is not None}
        for item in (wide, narrow)
    ]
    return Policy.parse({"Version": "2012-10-17", "Statement": made}).statements


GET = {"Action": "s3:GetObject"}
ANA = {"StringEquals": {"aws:username": ["ana", "ben"]}}
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "sky"}}
NOT_GET = {"Action": None, "NotAction": ["s3:GetObject", "ec2:*"]}
NOT_B = {"Resource": None, "NotResource": f"{S3}b"}


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ({}, {}, True),
        ({}, GET, True),
        (GET, {}, False),
        ({}, {"Effect": "Deny"}, False),
        ({}, GET | {"Condition": ANA}, True),
        ({"Condition": ANA}, GET, False),
        (
            {"Condition": {"StringEquals": {"AWS:UserName": ["ben", "ana"]}}},
            GET | {"Condition": {"StringEquals": ANA["StringEquals"] | TEAM["StringEquals"]}},
            True,
        ),
        ({"Principal": "*"}, GET, False),
        ({"Principal": {"AWS": ["1", "2"]}}, {"Principal": {"AWS": ["2", "1"]}}, True),
        ({"Principal": {"AWS": "1"}}, {"NotPrincipal": {"AWS": "1"}}, False),
        ({"Action": "*"}, NOT_GET, True),
        ({}, NOT_GET, False),
        (NOT_GET, {}, False),
        (NOT_GET, {"Action": None, "NotAction": ["ec2:*", "s3:Get*"]}, True),
        ({"Action": None, "NotAction": ["s3:Get*"]}, NOT_GET, False),
        ({"Resource": [f"{S3}a", f"{S3}b*"]}, {"Resource": [f"{S3}bc", f"{S3}a"]}, True),
        ({"Resource": f"{S3}b"}, {"Resource": [f"{S3}b", f"{S3}c"]}, False),
        ({}, NOT_B, True),
        ({"Resource": f"{S3}*"}, NOT_B, False),
        (NOT_B, {"Resource": f"{S3}c"}, True),
        (NOT_B, {"Resource": [f"{S3}c", f"{S3}*"]}, False),
        (NOT_B, {"Resource": f"{S3}${{aws:username}}"}, False),
        (NOT_B, {"Resource": None, "NotResource": f"{S3}*"}, True),
        ({"Resource": None, "NotResource": f"{S3}*"}, NOT_B, False),
        ({"Resource": None}, {"Resource": None} | GET, True),
        ({}, {"Resource": None}, False),
        ({"Resource": None}, {}, False),
    ],
)
def test_which_statement_covers_which(wide, narrow, covered):
    """Same effect and principal, no more conditions, all actions and resources."""
    wide, narrow = two(wide, narrow)

    assert (wide.effect == narrow.effect and contains(wide, narrow)) is covered


@pytest.mark.parametrize(
    ("item", "idle"),
    [
        ({}, False),
        ({"Action": []}, True),
        ({"Resource": []}, True),
        ({"Principal": {}}, True),
        ({"Principal": {"AWS": []}}, True),
        ({"Resource": None}, False),
        ({"Action": None, "NotAction": []}, False),
        ({"Resource": None, "NotResource": []}, False),
        ({"Resource": [f"{S3}b", "arn:aws:sqs:*:${aws:PrincipalAccount}:q"]}, True),
        ({"Resource": None, "NotResource": "arn:aws:sqs:*:${aws:PrincipalAccount}:q"}, True),
    ],
)
def test_which_statement_never_matches(item, idle):
    """An empty list, or a variable where none can be."""
    assert never_applies(two(item, {})[0]) is idle


def test_no_list_covers_no_other():
    """An element that is not written is not an empty list."""
    assert not each_covered(None, (), covers)
    assert not each_covered((), None, covers)
    assert each_covered((), (), covers)


@pytest.mark.parametrize("piece", first_now(["*a?", "a", "*a", "a?", "?"]))
def test_long_patterns_cost_little(piece):
    """Whoever wrote them."""

    def work(size):
        wide, narrow = piece * size + "*b", "a*" * size + "?c"
        return lambda: covers(wide, narrow)

    assert grows_linearly(work, 100)


def test_patterns_that_would_take_long_are_not_compared():
    """Unsure is no."""
    pattern = "a?" * 1000

    assert covers(f"{pattern}*", f"{pattern}*")
    assert not covers(f"*{pattern}*", f"b{pattern}*")

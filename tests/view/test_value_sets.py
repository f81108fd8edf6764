"""The two sets of a condition: what is drawn is what the engine compares and decides."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from iamlab import Layers, Policy, Request
from iamlab.engine.evaluate import evaluate
from iamlab.errors import IamLabError, RequestError
from iamlab.policy.conditions import SET_OPERATORS
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.figures.policy.value_sets import value_sets
from tests.effort import tries
from tests.view.disfigure import UGLY
from tests.view.looking import faults
from tests.view.set_outlines import around

KEY = "aws:TagKeys"
ALICE = "arn:aws:iam::111111111111:user/alice"
VALUES = ("project", "owner", "cost", "pro*", "*ject", "Project", "")
EVERY_OPERATOR = [
    f"{prefix}{name}{suffix}"
    for prefix in ("", *(f"{operator}:" for operator in SET_OPERATORS))
    for name in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")
    for suffix in ("", "IfExists")
]


def holds(operator, key, policy, request):
    """Evaluate a policy with this condition and a request."""
    document = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document["Condition"] = {operator: {key: policy}}
    written = Policy.parse({"Version": "2012-10-17", "Statement": [document]})
    query = Request(ALICE, "s3:GetObject", "*", context={} if request is None else {key: request})
    return bool(evaluate(query, Layers(identity=[written])))


def outcome(figure):
    """Return the last line of the list: sign and words."""
    return figure.lines[-1]


@settings(max_examples=tries(35))
@given(
    st.sampled_from(EVERY_OPERATOR),
    st.lists(st.sampled_from(VALUES), unique=True, max_size=3),
    st.none() | st.lists(st.sampled_from(VALUES), unique=True, max_size=3),
    st.sampled_from([KEY, "aws:RequestTag/x"]),
)
@example("ForAllValues:StringEquals", ["project"], None, KEY)
@example("ForAllValues:StringEquals", [], [""], KEY)
@example("StringNotEquals", [], ["project"], "aws:RequestTag/x")
def test_the_outcome_is_the_engines(operator, policy, request, key):
    """For each operator, set operator and IfExists; with and without values."""
    if key != KEY and request is not None:
        request = request[:1]  # this key holds one value
    figure = value_sets(operator, key, policy, request)
    is_met = holds(operator, key, policy, request)

    assert outcome(figure).startswith(
        "✓ the condition matches" if is_met else "○ the condition does"
    )
    assert ("The condition matches" in figure.alt) is is_met
    for row in figure.rows:
        value = row["value"]
        if value is not None:
            in_both = row["in policy"] and row["in request"]
            assert (value in (request or [])) is row["in request"]
            assert in_both is bool(row["in request"] and row["fits"])
            assert set(row["fits"]) <= set(policy)


@settings(max_examples=tries(20))
@given(
    st.sampled_from(SET_OPERATORS),
    st.booleans(),
    st.sets(st.sampled_from("abcd"), min_size=1),
    st.sets(st.sampled_from("abcd")),
)
def test_the_sets_and_the_reason_are_those_of_set_theory(set_operator, negated, policy, request):
    """With plain values, the parts are intersection and differences, and decide the outcome."""
    operator = f"{set_operator}:String{'Not' if negated else ''}Equals"
    figure = value_sets(operator, KEY, policy, request)
    common = policy & request
    agree = request - policy if negated else common
    met = agree == request if set_operator == "ForAllValues" else bool(agree)
    lines = {line.strip().partition(": ")[0]: line.partition(": ")[2] for line in figure.lines}

    assert lines["in both"] == (", ".join(sorted(common)) or "no value")
    assert lines["only in the policy"] == (", ".join(sorted(policy - request)) or "no value")
    assert lines["only in the request"] == (", ".join(sorted(request - policy)) or "no value")
    assert outcome(figure).startswith("✓" if met else "○")
    assert faults(figure) == []


def test_each_value_is_in_its_set():
    """The picture has a rectangle for each set."""
    figure = value_sets("ForAllValues:StringEquals", KEY, ["project", "owner"], ["project", "cost"])

    assert around(figure, "owner") == (True, False)
    assert around(figure, "project") == (True, True)
    assert around(figure, "cost") == (False, True)


@pytest.mark.parametrize(
    ("operator", "title", "words"),
    [
        (
            "ForAllValues:StringEquals",
            "only in the request: ○ must be empty",
            "cost matches no value",
        ),
        ("ForAllValues:StringNotEquals", "in both: ○ must be empty", "project matches a value"),
        ("ForAnyValue:StringEquals", "in both: ✓ needs a value", "project matches a value"),
        ("ForAnyValue:StringNotEquals", "only in the request: ✓ needs a value", "cost matches no"),
    ],
)
def test_the_part_that_decides_is_lit_and_says_what_it_needs(operator, title, words):
    """The part depends on the set operator, and on the negation."""
    figure = value_sets(operator, KEY, ["project", "owner"], ["project", "cost"])
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]

    assert title in texts
    assert words in outcome(figure)
    assert words in figure.alt


@pytest.mark.parametrize("request_values", [None, [], ()])
@pytest.mark.parametrize(
    ("operator", "sign", "words"),
    [
        ("ForAllValues:StringEquals", "✓", "ForAllValues matches an empty set"),
        ("ForAllValues:StringNotEquals", "✓", "ForAllValues matches an empty set"),
        ("ForAnyValue:StringEquals", "○", "ForAnyValue does not match an empty set"),
        ("ForAnyValue:StringEqualsIfExists", "○", "does not match an empty set"),
        ("StringEquals", "○", "StringEquals does not match a missing key"),
        ("StringNotEquals", "✓", "StringNotEquals matches a missing key"),
        ("StringEqualsIfExists", "✓", "StringEqualsIfExists matches a missing key"),
    ],
)
def test_the_empty_set_is_said_in_words(operator, sign, words, request_values):
    """A missing key and an empty value are the same; ForAllValues holds for both."""
    figure = value_sets(operator, KEY, ["project"], request_values)

    assert outcome(figure).startswith(sign)
    assert "the request has no such key" in outcome(figure)
    assert words in outcome(figure)
    assert "  values of the request: it has no such key" in figure.lines
    assert "it has no such key" in [text.get_text() for text in figure.drawing.axes[0].texts]


def test_nothing_but_empty_text_counts_as_no_value():
    """AWS documents this for ForAllValues."""
    figure = value_sets("ForAllValues:StringEquals", KEY, ["project"], [""])

    assert "every value is empty text" in outcome(figure)
    assert 'only in the request: ""' in figure.as_text()


def test_wildcards_fit_and_it_is_said_which():
    """The value project matches pro*, and so it is in both."""
    figure = value_sets("ForAnyValue:StringLike", KEY, ["pro*", "owner"], ["project", "cost"])

    assert around(figure, "project") == (True, True)
    assert around(figure, "matches pro*") == (True, True)
    assert "    project matches pro*" in figure.lines
    assert figure.rows[1] == {
        "value": "project",
        "in policy": True,
        "in request": True,
        "fits": ["pro*"],
    }


@pytest.mark.parametrize("request_values", [["project"], ["project", "cost"]])
def test_without_a_set_operator_a_key_of_several_values_never_fits(request_values):
    """Even with only one value; no part is highlighted."""
    figure = value_sets("StringEquals", KEY, ["project"], request_values)

    assert outcome(figure).startswith("○")
    assert "never matches without a set operator" in outcome(figure)
    assert not any("needs" in text.get_text() for text in figure.drawing.axes[0].texts)


@pytest.mark.parametrize(
    ("operator", "key", "policy", "request_values", "sign"),
    [
        ("NumericLessThan", "s3:max-keys", "10", "5", "✓"),
        ("NumericLessThan", "s3:max-keys", "10", "50", "○"),
        ("Bool", "aws:SecureTransport", "true", "true", "✓"),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.0/24"], "192.0.2.7", "✓"),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01", "2026-11-26T07:00:00Z", "✓"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", "✓"),
    ],
)
def test_other_operators_compare_in_their_own_way(operator, key, policy, request_values, sign):
    """A smaller number matches NumericLessThan, an address matches its network."""
    figure = value_sets(operator, key, policy, request_values)

    assert outcome(figure).startswith(sign)
    assert faults(figure) == []


def test_a_variable_that_stands_for_nothing_fits_nothing():
    """The request of the figure has no user name; the text of the variable isn't a value of it."""
    values = ["${aws:username}", "x"]
    figure = value_sets("ForAnyValue:StringEquals", KEY, values, ["alice", *values])

    assert "  only in the policy: ${aws:username}" in figure.lines
    assert "  in both: x" in figure.lines
    assert "  only in the request: alice, ${aws:username}" in figure.lines


@pytest.mark.parametrize("number", [1, 3, 20, 60])
def test_any_number_of_ugly_values_can_be_drawn(number):
    """Long, right to left, with markup: the list has all, the picture some."""
    own = [f"{UGLY[i % len(UGLY)]}{i}" for i in range(number)]
    others = [f"{UGLY[i % len(UGLY)]}{i + number // 2}" for i in range(number)]
    figure = value_sets("ForAnyValue:StringNotEquals", f"aws:RequestTag/{UGLY[0]}", own, others[:1])
    several = value_sets("ForAllValues:StringEquals", KEY, own, others)

    for drawn in (figure, several):
        assert faults(drawn) == []
        assert drawn.drawing.get_size_inches()[0] <= PAGE
        assert all("\n" not in line for line in drawn.lines)
        assert len(drawn.alt) <= 300
    assert {row["value"] for row in several.rows} == {*own, *others}


@pytest.mark.parametrize(
    ("operator", "key", "policy", "request_values", "message"),
    [
        ("ForAllValues:StringEqual", KEY, ["a"], ["b"], "There is no operator"),
        ("stringequals", KEY, ["a"], ["b"], "There is no operator"),
        (None, KEY, ["a"], ["b"], "There is no operator"),
        (["StringEquals"], KEY, ["a"], ["b"], "There is no operator"),
        ("Null", KEY, ["true"], ["b"], "compares no values"),
        ("ForAllValues:Null", KEY, ["true"], ["b"], "compares no values"),
        ("StringEquals", KEY, [1], ["b"], "must be text"),
        ("StringEquals", KEY, ["a"], [None], "must be text"),
        ("StringEquals", KEY, {"a": "b"}, ["b"], "must be text"),
        ("StringEquals", None, ["a"], ["b"], "must be text"),
        ("StringEquals", [], ["a"], ["b"], "condition key"),
        ("StringEquals", ["a", "b"], ["a"], ["b"], "condition key"),
        ("StringEquals", "", ["a"], ["b"], "."),
        ("StringEquals", "aws:username", ["a"], ["a", "b"], "only one value"),
    ],
)
def test_what_cannot_be_drawn_is_refused(operator, key, policy, request_values, message):
    """The error is one of iamlab's own."""
    with pytest.raises(IamLabError, match=message):
        value_sets(operator, key, policy, request_values)


def test_a_misspelt_operator_gets_a_hint():
    """The error suggests the nearest name."""
    with pytest.raises(RequestError) as caught:
        value_sets("ForAllValue:StringEquals", KEY, ["a"])

    assert "ForAllValues:StringEquals" in caught.value.__notes__[0]


def test_the_same_values_give_the_same_bytes():
    """Also with a set, which has no order."""
    first, two = (
        value_sets("ForAnyValue:StringEquals", KEY, set(values), ["owner"])
        for values in (["project", "owner", "cost"], ["cost", "project", "owner"])
    )

    assert first.svg() == two.svg()
    assert (first.alt, first.lines, first.rows) == (two.alt, two.lines, two.rows)


@pytest.mark.parametrize("operator", ["StringEquals", "NotIpAddress", "DateLessThan"])
@pytest.mark.parametrize("prefix", ["", "ForAllValues:", "ForAnyValue:"])
def test_the_caption_says_what_the_operator_asks(operator, prefix):
    """One sentence; for ForAllValues also that it holds without values."""
    caption = value_sets(f"{prefix}{operator}", KEY, ["a"]).caption

    assert re.fullmatch(r"\w.*\.", caption)
    assert ("matches without values" in caption) is prefix.startswith("ForAll")
    assert ("no value of the policy" in caption) is ("Not" in operator)

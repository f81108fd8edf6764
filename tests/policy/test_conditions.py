"""Condition operators, one value against one, many against many, and no value at all."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab.policy.conditions import (
    OPERATORS,
    Comparison,
    ConditionRules,
    holds,
    missing_key_default,
    read_operator,
)
from tests.rows import each_row

BASES = (
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    *("StringLike", "StringNotLike", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"),
    *(
        f"{family}{name}"
        for family in ("Numeric", "Date")
        for name in (
            *("Equals", "NotEquals", "LessThan", "LessThanEquals"),
            *("GreaterThan", "GreaterThanEquals"),
        )
    ),
)
NEGATED = [name for name in BASES if "Not" in name]
POSITIVE = [name for name in BASES if "Not" not in name and name != "Null"]
WHOLE_NEGATIONS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
}

TOPIC = "arn:aws:sns:us-east-1:111122223333:topic"
STORE = "arn:aws:x:us-east-2:999999999999:store/abc:111122223333:finance/d.txt"
PAIRS = [
    # operator, the policy's value, the request's value, does it hold?
    ("StringEquals", "red", "red", True),
    ("StringEquals", "red", "Red", False),
    ("StringEquals", "r*", "red", False),
    ("StringEquals", "r*", "r*", True),
    ("StringEquals", "", "", True),
    ("StringEqualsIgnoreCase", "red", "RED", True),
    ("StringEqualsIgnoreCase", "r*", "red", False),
    ("StringLike", "r*", "red", True),
    ("StringLike", "r?d", "red", True),
    ("StringLike", "r?d", "rd", False),
    ("StringLike", "R*", "red", False),
    ("StringLike", "arn:aws:x:*:111122223333:finance/*", STORE, True),
    ("ArnLike", "arn:aws:x:*:111122223333:finance/*", STORE, False),
    ("ArnEquals", "arn:aws:x:*:111122223333:finance/*", STORE, False),
    ("ArnLike", "arn:aws:sns:*:111122223333:*", TOPIC, True),
    ("ArnEquals", "arn:aws:sns:*:111122223333:t????", TOPIC, True),
    ("ArnLike", "arn:aws:sns:*:111122223333:TOPIC", TOPIC, False),
    ("ArnLike", "*", TOPIC, False),
    ("ArnLike", "arn:aws:sns:*", TOPIC, False),
    ("ArnLike", TOPIC, "topic", False),
    ("NumericEquals", "10", "10", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", "10.0", "+10", True),
    ("NumericEquals", "-1", "-1", True),
    ("NumericEquals", "10", "9.999", False),
    ("NumericEquals", "ten", "ten", False),
    ("NumericEquals", "", "", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThan", "10", "100", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "100", True),
    ("NumericGreaterThan", "10", "9", False),
    ("NumericGreaterThanEquals", "9.5", "9.5", True),
    ("NumericLessThan", "many", "1", False),
    ("NumericLessThan", "1", "few", False),
    pytest.param("NumericLessThan", "1" + "0" * 399, "9" * 399, True, id="400 digits"),
    ("DateEquals", "2026-11-25T10:00:00Z", "1795600800", True),
    ("DateEquals", "2026-11-25T10:00Z", "2026-11-25T10:00:00Z", True),
    ("DateEquals", "2026-11-25T10:00:00", "2026-11-25T10:00:00Z", True),
    ("DateEquals", "2026-11-25T11:00:00+01:00", "2026-11-25T10:00:00Z", True),
    ("DateEquals", "2026-11-25T11:00:00+0100", "2026-11-25T10:00:00Z", True),
    ("DateEquals", "2026-11-25T05:30-04:30", "1795600800", True),
    ("DateEquals", "2026-11-25", "2026-11-25T00:00:00Z", True),
    ("DateEquals", "2026-11-25t10:00:00z", "2026-11-25T10:00:00Z", True),
    ("DateEquals", "2026-11-25T10:00:00.500Z", "1795600800.5", True),
    ("DateEquals", "2026-11-25T10:00:00.5Z", "2026-11-25T10:00:00Z", False),
    ("DateEquals", "1969-12-31T23:59:59.5Z", "-0.5", True),
    ("DateEquals", "2026-02-29", "2026-02-29", False),
    ("DateEquals", "2026-13-01", "2026-13-01", False),
    ("DateEquals", "2026-11-25T25:00Z", "2026-11-25T25:00Z", False),
    ("DateEquals", "0001-01-01T00:00+01:00", "0001-01-01T00:00+01:00", False),
    ("DateEquals", "yesterday", "yesterday", False),
    ("DateEquals", "2026-11-25 10:00", "2026-11-25 10:00", False),
    ("DateEquals", "\u0662026-11-25", "\u0662026-11-25", False),
    ("DateLessThan", "2026-11-25", "2026-11-24T23:59:59Z", True),
    ("DateLessThan", "2026-11-25", "2026-11-25", False),
    ("DateLessThanEquals", "2026-11-25", "2026-11-25", True),
    ("DateGreaterThan", "2026-11-25", "2026-11-25T00:00:01Z", True),
    ("DateGreaterThan", "2026-11-25T00:00:00+00:00", "2026-11-25T00:00:00+01:00", False),
    ("DateGreaterThanEquals", "0", "1970-01-01", True),
    ("Bool", "true", "true", True),
    ("Bool", "TRUE", "true", True),
    ("Bool", "false", "False", True),
    ("Bool", "true", "false", False),
    ("Bool", "yes", "yes", False),
    ("Bool", "1", "true", False),
    ("Bool", "", "", False),
    ("BinaryEquals", "aGVsbG8=", "aGVsbG8=", True),
    ("BinaryEquals", "aGVsbG8=", "AAEC", False),
    ("BinaryEquals", "not base64", "not base64", False),
    ("BinaryEquals", "é", "é", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.9", True),
    ("IpAddress", "203.0.113.77/24", "203.0.113.9", True),
    ("IpAddress", "203.0.113.9", "203.0.113.9", True),
    ("IpAddress", "203.0.113.9", "203.0.113.8", False),
    ("IpAddress", "0.0.0.0/0", "203.0.113.9", True),
    ("IpAddress", "0.0.0.0/0", "2001:db8::5", False),
    ("IpAddress", "::/0", "203.0.113.9", False),
    ("IpAddress", "2001:db8::/32", "2001:0DB8:0:0:0:0:0:6", True),
    ("IpAddress", "2001:db8::5", "2001:db8::5", True),
    ("IpAddress", "2001:db8::5", "2001:db8::6", False),
    ("IpAddress", "2001:db8::/126", "2001:db8::4", False),
    ("IpAddress", "203.0.113.0/25", "203.0.113.0/24", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.0/25", True),
    ("IpAddress", "203.0.113.0/33", "203.0.113.0", False),
    ("IpAddress", "203.0.113.*", "203.0.113.9", False),
    ("IpAddress", "here", "203.0.113.9", False),
    ("IpAddress", "203.0.113.0/24", "there", False),
]


def one(operator, wanted, found):
    """Hold one value against one."""
    return holds(read_operator(operator), [wanted], [found])


@each_row(("operator", "wanted", "found", "expected"), PAIRS)
def test_one_value_against_one(operator, wanted, found, expected):
    """Each row of the table of operators, and the negated operator says the opposite."""
    assert one(operator, wanted, found) is expected
    if operator in WHOLE_NEGATIONS:
        assert one(WHOLE_NEGATIONS[operator], wanted, found) is not expected


def test_the_table_has_aws_operators_and_no_others():
    """27 operators, of which eight and no more are negated."""
    assert set(OPERATORS) == set(BASES)
    assert len(BASES) == 27
    assert {name for name, rule in OPERATORS.items() if rule.negated} == set(NEGATED)
    assert set(NEGATED) == set(WHOLE_NEGATIONS.values())


@pytest.mark.parametrize("name", BASES)
def test_variables_and_wildcards_belong_to_text_and_arns(name):
    """Only String and Arn operators fill in variables, only Like and Arn ones know wildcards."""
    rule = OPERATORS[name]

    assert rule.variables is name.startswith(("String", "Arn"))
    assert rule.pattern is (name.startswith("Arn") or "Like" in name)


@each_row("base", BASES)
@pytest.mark.parametrize("prefix", ["", "ForAllValues:", "ForAnyValue:"])
@pytest.mark.parametrize("suffix", ["", "IfExists"])
def test_an_operator_is_written_as_it_was_read(prefix, base, suffix):
    """Every operator takes both prefixes and IfExists; only Null takes no IfExists."""
    text = prefix + base + suffix
    comparison = read_operator(text)

    if base == "Null" and suffix:
        assert comparison is None
    else:
        assert str(comparison) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "stringequals", "StringEqual", "StringEqualsIfexists", "IfExists", "Equals"),
        *("forallvalues:StringEquals", "ForAll:StringEquals", ":StringEquals"),
        *("ForAllValues:ForAnyValue:StringEquals", "StringEquals ", "NullIfExists"),
        *("StringEqualsIfExistsIfExists", "ForAllValues:", "BinaryNotEquals", "BoolNot"),
    ],
)
def test_no_other_name_is_an_operator(text):
    """Letter case counts, and nothing is guessed."""
    assert read_operator(text) is None


@pytest.mark.parametrize("base", [*POSITIVE, *NEGATED])
def test_a_missing_key_fits_negated_operators_and_if_exists(base):
    """Positive: no match. Negated: match. IfExists: match, whatever the operator."""
    assert missing_key_default(Comparison(base)) is (base in NEGATED)
    assert holds(read_operator(base), ["1"], None) is (base in NEGATED)
    assert holds(read_operator(f"{base}IfExists"), ["1"], None)
    assert holds(read_operator(base), ["1"], None, multivalued=True) is (base in NEGATED)


def test_the_rule_for_a_missing_key_can_be_replaced():
    """It is asked for a missing key, and for nothing else."""
    request = []

    def rule(comparison, _wanted):
        request.append(comparison.name)
        return True

    rules = ConditionRules(missing_key=rule)
    assert holds(read_operator("StringEquals"), ["a"], None, rules=rules)
    assert not holds(read_operator("StringEquals"), ["a"], ["b"], rules=rules)
    assert request == ["StringEquals"]


@pytest.mark.parametrize("base", [*POSITIVE, *NEGATED])
def test_if_exists_changes_nothing_for_a_key_that_is_there(base):
    """IfExists is about missing keys only."""
    for wanted, found in itertools.product(("1", "2"), repeat=2):
        assert one(f"{base}IfExists", wanted, found) is one(base, wanted, found)


VALUES = st.lists(st.sampled_from("abc"), max_size=3)


@given(VALUES, st.sampled_from("abc"))
def test_values_of_a_policy_are_or_and_nor_when_negated(wanted, found):
    """One fitting value is enough; a negated operator wants none to fit."""
    assert holds(read_operator("StringEquals"), wanted, [found]) is (found in wanted)
    assert holds(read_operator("StringNotEquals"), wanted, [found]) is (found not in wanted)


@given(VALUES.filter(bool), VALUES)
def test_set_operators_are_all_and_any(wanted, found):
    """ForAllValues: every value of the request fits; ForAnyValue: at least one does."""
    hits = [value in wanted for value in found]

    def ask(operator):
        return holds(read_operator(operator), wanted, found, multivalued=True)

    assert ask("ForAllValues:StringEquals") is all(hits)
    assert ask("ForAnyValue:StringEquals") is any(hits)
    assert ask("ForAllValues:StringNotEquals") is not any(hits)
    assert ask("ForAnyValue:StringNotEquals") is not all(hits)
    assert ask("ForAllValues:StringEqualsIfExists") is all(hits)
    assert ask("ForAnyValue:StringEqualsIfExists") is any(hits)


MISSING = [
    ("ForAllValues:StringEquals", True),
    ("ForAllValues:StringNotEquals", True),
    ("ForAnyValue:StringEquals", False),
    ("ForAnyValue:StringNotEquals", False),
    ("ForAllValues:StringEqualsIfExists", True),
    ("ForAnyValue:StringEqualsIfExists", False),
    ("ForAllValues:Null", True),
    ("ForAnyValue:Null", False),
]


@pytest.mark.parametrize(("operator", "expected"), MISSING)
@pytest.mark.parametrize("found", [None, []])
def test_a_set_operator_without_values(operator, expected, found):
    """ForAllValues is true of nothing, ForAnyValue is not, whatever else is written."""
    assert holds(read_operator(operator), ["a"], found, multivalued=True) is expected


def test_empty_text_counts_as_no_value_for_all_values():
    """The "null data set" of the documents."""
    for found in ([""], ["", ""]):
        assert holds(read_operator("ForAllValues:StringEquals"), ["a"], found, multivalued=True)
    assert not holds(read_operator("ForAllValues:StringEquals"), ["a"], ["", "b"], multivalued=True)
    assert not holds(read_operator("ForAnyValue:StringEquals"), ["a"], [""], multivalued=True)


@pytest.mark.parametrize("base", [*POSITIVE, *NEGATED])
def test_a_multivalued_key_without_set_operator_never_fits(base):
    """Not even with one value, not even negated, not even IfExists."""
    for found in (["1"], ["1", "2"], ["9"]):
        assert not holds(read_operator(base), ["1"], found, multivalued=True)
        assert not holds(read_operator(f"{base}IfExists"), ["1"], found, multivalued=True)


EMPTY = [
    # operator, request's values, does an empty list of policy values hold?
    ("StringEquals", ["a"], False),
    ("StringEquals", None, False),
    ("StringEqualsIfExists", ["a"], False),
    ("StringEqualsIfExists", None, True),
    ("StringNotEqualsIfExists", ["a"], False),
    ("StringNotEqualsIfExists", None, True),
    ("ForAllValues:StringEquals", ["a"], False),
    ("ForAllValues:StringNotEquals", ["a"], False),
    ("ForAllValues:StringEquals", None, True),
    ("ForAnyValue:StringEquals", ["a"], False),
    ("ForAnyValue:StringNotEquals", ["a"], False),
    ("ForAnyValue:StringNotEquals", None, False),
    ("Null", ["a"], False),
    ("Null", None, False),
]


@pytest.mark.parametrize(("operator", "found", "expected"), EMPTY)
def test_an_empty_list_of_values(operator, found, expected):
    """With ForAllValues or IfExists it fits a missing key only, with ForAnyValue never."""
    assert holds(read_operator(operator), [], found) is expected


@pytest.mark.parametrize(("wanted", "absent"), [("true", True), ("TRUE", True), ("false", False)])
def test_null_asks_whether_the_key_is_absent(wanted, absent):
    """True: the key must be absent. False: it must be there."""
    null = read_operator("Null")

    assert holds(null, [wanted], None) is absent
    assert holds(null, [wanted], [], multivalued=True) is absent
    assert holds(null, [wanted], ["x"]) is not absent
    assert holds(null, [wanted], ["x", "y"], multivalued=True) is not absent


def test_null_with_anything_else_never_fits():
    """``Null: maybe`` is neither true nor false; both at once is always true."""
    for found in (None, ["x"]):
        assert not holds(read_operator("Null"), ["maybe"], found)
        assert not holds(read_operator("Null"), [None], found)
        assert holds(read_operator("Null"), ["true", "false"], found)


def test_a_value_that_could_not_be_filled_in_is_dropped():
    """Positive: no match. Negated: match. Beside others, the others are compared."""
    assert not holds(read_operator("StringEquals"), [None], ["a"])
    assert holds(read_operator("StringNotEquals"), [None], ["a"])
    assert holds(read_operator("StringEquals"), [None, "a"], ["a"])
    assert not holds(read_operator("StringNotEquals"), [None, "a"], ["a"])


def test_an_empty_list_in_the_request_is_a_missing_key():
    """A single-valued key without a value is not there."""
    for operator in ("StringEquals", "StringNotEquals", "StringEqualsIfExists", "Null"):
        comparison = read_operator(operator)
        assert holds(comparison, ["true"], []) is holds(comparison, ["true"], None)


@given(
    st.sampled_from(BASES),
    st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]),
    st.sampled_from(["", "IfExists"]),
    st.lists(st.none() | st.text(max_size=8), max_size=3),
    st.none() | st.lists(st.text(max_size=8), min_size=1, max_size=3),
    st.booleans(),
)
def test_no_values_make_an_operator_fail(base, prefix, suffix, wanted, found, multivalued):
    """Whatever the text on both sides, the answer is yes or no."""
    comparison = read_operator(prefix + base + (suffix if base != "Null" else ""))

    assert holds(comparison, wanted, found, multivalued=multivalued) in (True, False)


@pytest.mark.parametrize(
    "text",
    [
        *("1e3", "5.", ".5", "0x5", "5 ", " 5", "1_0", "inf", "nan"),
        pytest.param("5" * 401, id="401 digits"),
        "\u0665",
    ],
)
def test_only_plain_decimals_are_numbers(text):
    """Digits of other scripts, exponents and spaces are not numbers, and equal nothing."""
    assert not one("NumericEquals", text, text)


@pytest.mark.parametrize("wanted", ["203.0.113.0/255.255.255.0", "203.0.113.0/0.0.0.255"])
def test_a_range_is_an_address_with_a_prefix_length(wanted):
    """CIDR has no masks."""
    assert not one("IpAddress", wanted, "203.0.113.9")

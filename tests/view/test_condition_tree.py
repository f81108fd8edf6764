"""The condition tree shows what the engine says: of each statement, each condition, each value."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Layers, Policy, Request
from iamlab.display import printable
from iamlab.engine.evaluate import evaluate
from iamlab.errors import RequestError
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, read_operator
from iamlab.view.figures.names import asks_for
from iamlab.view.figures.policy.condition_tree import (
    CONDITION,
    FOUND,
    NO_KEY,
    STATEMENT,
    VALUE,
    ConditionNodes,
    asks,
    condition_tree,
)
from tests.effort import tries
from tests.view.cases import DANA, DECISIONS, MAP, OTHER
from tests.view.looking import faults

CONTEXT = {
    "aws:SourceIp": "203.0.113.7",
    "aws:PrincipalTag/team": "sky",
    "aws:TagKeys": ["owner", "secret"],
    "aws:username": "dana",
}
ASKED = Request(DANA, "s3:GetObject", MAP, context=CONTEXT)


def when(condition, effect="Allow", sid="Maps", action="s3:*"):
    """Write a policy of one statement with conditions."""
    statement = {"Sid": sid, "Effect": effect, "Action": action, "Resource": "*"}
    statement["Condition"] = condition
    return Policy.parse({"Version": "2012-10-17", "Statement": [statement]}, name="own")


def nodes_of(condition, request=ASKED, **more):
    """Return the nodes of one statement with such conditions, by their kinds."""
    decision = evaluate(request, Layers())
    every = ConditionNodes(decision, decision.why_not(when(condition, **more))).nodes
    return {
        kind: [node for node in every if node.kind == kind and node.text]
        for kind in (STATEMENT, CONDITION, VALUE, FOUND)
    }


def sign(node):
    """Return the sign of a value, or a dash where it has none."""
    return node.look.symbol or "–"


# Condition -> whether it matches; the signs of its values, and of the request's; why, in words.
LEAVES = [
    ({"StringEquals": {"aws:PrincipalTag/team": ["sea", "sky"]}}, True, "○✓", "–", ""),
    ({"StringEquals": {"aws:PrincipalTag/team": ["sea"]}}, False, "○", "–", ""),
    ({"StringNotEquals": {"aws:PrincipalTag/team": ["sea", "sky"]}}, False, "✓○", "–", ""),
    ({"StringNotEquals": {"aws:PrincipalTag/team": ["sea", "fog"]}}, True, "✓✓", "–", ""),
    ({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}, True, "✓", "–", ""),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False, "–", "", "never matches"),
    ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, True, "–", "", "IfExists"),
    ({"StringNotEquals": {"aws:PrincipalTag/no": "x"}}, True, "–", "", "none of them"),
    ({"Null": {"aws:MultiFactorAuthPresent": "true"}}, True, "✓", "", "the key is missing"),
    ({"Null": {"aws:SourceIp": "true"}}, False, "○", "–", "the key is there"),
    ({"Null": {"aws:SourceIp": "false"}}, True, "✓", "–", "the key is there"),
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]}}, False, "–", "✓○", ""),
    ({"ForAllValues:StringEquals": {"aws:TagKeys": ["owner", "secret"]}}, True, "––", "✓✓", ""),
    ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["owner"]}}, True, "–", "✓○", ""),
    ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["owner"]}}, True, "–", "○✓", ""),
    ({"ForAllValues:StringEquals": {"aws:Nothing": ["a"]}}, True, "–", "", "all fit"),
    ({"ForAnyValue:StringEquals": {"aws:Nothing": ["a"]}}, False, "–", "", "none fits"),
    ({"StringEquals": {"aws:TagKeys": "owner"}}, False, "○", "––", "several values need"),
    ({"StringEquals": {"aws:PrincipalTag/team": []}}, False, "", "–", ""),
]


@pytest.mark.parametrize(("condition", "matches", "values", "found", "why"), LEAVES)
def test_each_value_has_the_sign_that_the_engine_gives_it(condition, matches, values, found, why):
    """With matching and other values, absent keys, set operators and Null."""
    nodes = nodes_of(condition)
    [branch], [statement] = nodes[CONDITION], nodes[STATEMENT]

    assert branch.facts["matches"] is branch.stays is matches
    assert branch.facts["statement matches"] is statement.highlighted is matches
    assert "".join(map(sign, nodes[VALUE])) == values
    assert "".join(map(sign, nodes[FOUND])) == (found or "–")
    assert (nodes[FOUND][0].text == f"– {NO_KEY}") is (not found)
    assert why in branch.facts["why"]
    assert bool(branch.facts["why"]) is bool(why)


operators = st.builds(
    lambda prefix, name, suffix: f"{prefix}{name}{suffix if name != 'Null' else ''}",
    st.sampled_from(["", *(f"{operator}:" for operator in SET_OPERATORS)]),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from(["", "IfExists"]),
)
RANGES, DATES = ["10.0.0.0/8", "10.1.2.3", "2001:db8::/32"], ["2026-11-29T12:00:00Z", "5"]
OTHERS = ["true", "false", "sky", "sk*", "5", "10.0.0.0/8", "${aws:username}", ""]


def with_values(name):
    """Draw values that AWS would save with an operator; others make the statement void."""
    values = RANGES if "IpAddress" in name else DATES if "Date" in name else OTHERS
    return st.tuples(st.just(name), st.lists(st.sampled_from(values), max_size=4))


contexts = st.dictionaries(
    st.sampled_from(["aws:TagKeys", "aws:SourceIp", "aws:username", "aws:PrincipalTag/team"]),
    st.sampled_from(["true", "sky", "5", "10.1.2.3", "dana"]),
)
keys = st.sampled_from(["aws:TagKeys", "aws:SourceIp", "aws:Nothing", "aws:PrincipalTag/team"])


@given(operators.flatmap(with_values), keys, contexts)
@settings(max_examples=tries(150))
def test_the_outcome_of_a_tree_is_the_engines_and_its_leaves_add_up(operator, key, context):
    """A statement's conditions match if it applies; OR and NOR of the values give the same."""
    name, values = operator
    request = Request(DANA, "s3:GetObject", MAP, context=context)
    policy = when({name: {key: values}})
    nodes = nodes_of({name: {key: values}}, request)
    [facts] = [node.facts for node in nodes[CONDITION]]
    allowed = bool(evaluate(request, Layers(identity=[policy])))
    of, has = ([sign(node) == "✓" for node in nodes[kind] if sign(node) != "–"]
               for kind in (VALUE, FOUND))  # fmt: skip

    assert facts["statement matches"] is facts["matches"] is allowed
    if of and not facts["request has"]:
        assert any(of) is allowed  # Null
    elif of and len(of) == len(values):
        joined = all if OPERATORS[read_operator(name).name].negated else any
        assert joined(of) is allowed
    if has and read_operator(name).name != "Null":
        joined = all if name.startswith("ForAll") else any
        empty = not any(facts["request has"]) or not values
        assert empty or joined(has) is allowed
    assert asks(read_operator(name), values)


def test_conditions_are_joined_by_and_values_by_or_or_nor():
    """The picture says so where there are several, and the list explains it."""
    several = {
        "StringEquals": {"aws:PrincipalTag/team": ["sky", "sea"]},
        "NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]},
    }
    figure = condition_tree(when(several), ASKED)
    words = [label.whole for label in figure.sheet.record.labels]
    single = condition_tree(when({"Bool": {"aws:SecureTransport": "true"}}), ASKED)

    assert [word for word in words if word in ("AND", "OR", "NOR")] == ["AND", "OR", "NOR"]
    assert "  AND ✓ aws:PrincipalTag/team: matches" in figure.lines
    assert "    OR ✓ sky" in figure.lines
    assert "    NOR ○ 203.0.113.0/24" in figure.lines
    assert not {"AND", "OR", "NOR"} & {label.whole for label in single.sheet.record.labels}
    assert "    value: true" in single.lines


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("StringEquals", ["a"], "is this"),
        ("StringEquals", ["a", "b"], "is one of these"),
        ("StringNotEquals", ["a", "b"], "is none of these"),
        ("StringNotLike", ["a"], "is not like this"),
        ("NotIpAddress", ["a"], "is not in this"),
        ("NumericLessThanEquals", ["5"], "is at most this"),
        ("DateGreaterThan", ["2026-01-01"], "is after this"),
        ("BoolIfExists", ["true"], "is this; or no such key"),
        ("Null", ["true"], "the key must be missing"),
        ("Null", ["false"], "the key must be there"),
        ("Null", ["true", "false"], "is it missing?"),
        ("ForAnyValue:StringLike", ["a", "b"], "at least one value that the request has is like"),
        ("ForAllValues:StringEquals", ["a"], "every value that the request has is this; also if"),
    ],
)
def test_operators_are_said_in_words(name, values, words):
    """Each operator, also IfExists, Null and the set operators."""
    assert asks(read_operator(name), values).startswith(words)


def test_a_statement_says_what_else_it_misses():
    """Its conditions can match although the statement doesn't match."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "sky"}}
    figure = condition_tree(when(condition, action="ec2:*"), ASKED)
    words = "does not match: ○ Action"

    assert (figure.rows[0]["matches"], figure.rows[0]["statement matches"]) == (True, False)
    assert "○ Allow Maps" in figure.lines
    assert f"  {words}" in figure.lines
    assert words in figure.alt
    assert "  matches" in condition_tree(when(condition), ASKED).lines


def test_variables_have_their_values():
    """The list also has the policy's text, and names a variable without a value."""
    own, unknown = (
        condition_tree(when({"StringLike": {"aws:username": f"${{{key}}}"}}), ASKED)
        for key in ("aws:username", "aws:PrincipalTag/no")
    )

    assert "    value: ✓ dana (${aws:username})" in own.lines
    assert "(the variable has no value)" in unknown.as_text()
    assert unknown.rows[0]["matches"] is False


def test_the_table_agrees_with_what_the_statement_misses():
    """Row by row: operator, key, values, request values, outcome."""
    condition = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "StringEquals": {"aws:PrincipalTag/team": ["sky", "sea"]},
    }
    policy = when(condition)
    figure = condition_tree(policy, ASKED)
    [reading] = evaluate(ASKED, Layers()).why_not(policy)
    missed = {mismatch.where for mismatch in reading.mismatches}

    assert [row["matches"] for row in figure.rows] == [
        f"Condition {row['operator']} {row['key']}" not in missed for row in figure.rows
    ]
    assert [row["values"] for row in figure.rows] == [("true",), ("sky", "sea")]
    assert [row["request has"] for row in figure.rows] == [None, ("sky",)]
    assert f"○ aws:MultiFactorAuthPresent ({NO_KEY})" in figure.alt
    assert figure.alt.startswith(f"{asks_for(ASKED)}: Allow own/Maps does not match")


def test_a_decision_shows_the_conditions_of_all_its_layers_and_its_verdict():
    """Each statement with conditions, in the order of the flow chart; others are left out."""
    guard = when({"Null": {"aws:MultiFactorAuthPresent": "true"}}, "Deny", "Mfa").with_name("guard")
    own = when({"StringEquals": {"aws:PrincipalTag/team": "sky"}})
    plain = Policy.allow("s3:*", name="plain", sid="Plain")
    decision = evaluate(ASKED, Layers(identity=[plain, own], scp=[[plain, guard]]))
    figure = condition_tree(decision)

    assert list(dict.fromkeys(row["statement"] for row in figure.rows)) == ["guard/Mfa", "own/Maps"]
    assert figure.alt.endswith("✕ Explicit deny.")
    assert figure.as_text().endswith("✕ explicit deny")
    assert "✕ Deny guard/Mfa" not in figure.alt
    assert "Deny guard/Mfa matches: ✓ aws:MultiFactorAuthPresent" in figure.alt


def test_without_conditions_it_says_so():
    """A sentence replaces an empty picture."""
    figure = condition_tree(Policy.allow("s3:*"), ASKED)

    assert faults(figure) == []
    assert "no statement has a condition" in figure.lines
    assert "no statement has a condition" in figure.alt
    assert condition_tree(DECISIONS["nothing"]).alt.endswith("○ Implicit deny.")


def test_a_bare_statement_is_called_by_its_label():
    """It has no policy."""
    statement = when({"Bool": {"aws:SecureTransport": "true"}}).statements[0]

    assert condition_tree(statement, ASKED).rows[0]["statement"] == "Maps"


@pytest.mark.parametrize(
    ("what", "request_"),
    [
        (when({"Bool": {"aws:SecureTransport": "true"}}), None),
        ("policy", ASKED),
        (DECISIONS["nothing"], ASKED),
        (when({"Bool": {"aws:SecureTransport": "true"}}), "alice"),
    ],
)
def test_what_cannot_be_held_against_each_other_is_refused(what, request_):
    """No request, no policy, or two requests."""
    with pytest.raises(RequestError):
        condition_tree(what, request_)


@pytest.mark.parametrize("number", [1, 7, 8, 60])
def test_many_values_are_counted_those_that_fit_first(number):
    """The value that matches is shown, wherever it is in the list."""
    values = [*(f"team-{i}" for i in range(number - 1)), "sky"]
    figure = condition_tree(when({"StringEquals": {"aws:PrincipalTag/team": values}}), ASKED)
    drawn = [label.whole for label in figure.sheet.record.labels]

    assert faults(figure) == []
    assert "✓ sky" in drawn
    assert figure.rows[0]["values"] == tuple(values)
    assert sum(text.startswith("○ team") for text in drawn) == (number - 1 if number < 8 else 5)
    left = [label.whole for label in figure.sheet.record.labels if label.whole.startswith("and ")]
    assert left == ([f"and {number - 6} more"] if number > 7 else [])


@pytest.mark.parametrize("number", [3, 20, 60])
def test_many_statements_are_counted_and_the_list_has_them_all(number):
    """The picture has at most thirty conditions."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "sky"}, "Null": {"aws:x": "true"}}
    policy = when(condition, sid="S0")
    for i in range(1, number):
        policy += when(condition, sid=f"S{i}")
    figure = condition_tree(policy, ASKED)
    words = [label.whole for label in figure.sheet.record.labels]
    roots = [box for box in figure.sheet.record.boxes if box.x < 1]

    assert faults(figure) == []
    assert len(roots) == min(number, 16)
    assert len({row["statement"] for row in figure.rows}) == number
    assert all(f"✓ Allow S{i}" in figure.lines for i in range(number))
    assert (f"and {number - 15} more" in words) is (number > 16)


def test_names_of_strangers_are_text():
    """Markup, formulas, line breaks, long keys and values overlap nothing; the list has all."""
    ugly = "<b>$x^2$ \u202e\n😀" + "n" * 300
    condition = {"StringEquals": {f"aws:PrincipalTag/{ugly}": [ugly, "$y$", ""]}}
    request = Request(DANA, "s3:GetObject", MAP, OTHER, {f"aws:PrincipalTag/{ugly}": ugly})
    figure = condition_tree(when(condition, sid=ugly), request)

    assert faults(figure) == []
    assert figure.as_text().count(printable(ugly)) >= 4
    assert figure.rows[0]["values"] == (ugly, "$y$", "")
    assert len(figure.alt) <= 300


def test_the_same_conditions_give_the_same_bytes():
    """Drawn twice it is the same."""
    first, two = (when({"Bool": {"aws:SecureTransport": "true"}}) for _ in range(2))

    assert condition_tree(first, ASKED).svg() == condition_tree(two, ASKED).svg()


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, set()),
        ({"StringEquals": {"aws:username": ["ana", "bob"]}}, {"OR"}),
        ({"StringNotEquals": {"aws:username": ["ana", "bob"]}}, {"NOR"}),
    ],
)
def test_the_caption_says_how_to_read_what_is_drawn_and_no_more(when, sentence):
    """A tree of one condition with one value doesn't explain NOR."""
    request = Request("arn:aws:iam::111122223333:user/ana", "s3:GetObject", "arn:aws:s3:::maps/a")
    caption = condition_tree(Policy.allow("s3:*", when=when), request).caption

    assert set(re.findall(r"\((N?OR)\)", caption)) == sentence

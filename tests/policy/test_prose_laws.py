"""Laws of what is read aloud: it agrees with the engine about what never and what always holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Layers, Policy, Request, Verdict, evaluate
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, SET_OPERATORS, Comparison, holds
from iamlab.policy.describe import prose, sentences
from iamlab.policy.describe.conditions import MFA, ConditionSetting, clause
from iamlab.policy.describe.words import boolean, item, may_miss, noun, presence, shown
from iamlab.policy.statement import Condition
from tests.effort import tries

ANA = "arn:aws:iam::111122223333:user/ana"
KEYS = (
    *("aws:PrincipalTag/team", "aws:TagKeys", "aws:SourceIp", "aws:MultiFactorAuthPresent"),
    *("aws:username", "s3:prefix", "aws:CurrentTime", "nope:key", "aws:SecureTransport"),
)
VALUES = (
    *("a", "b*", "", "*", "5", "2026-11-01", "true", "FALSE", "203.0.113.0/24", "QQ==", "arn:a*"),
    *("arn:aws:iam::111122223333:user/*", "${aws:username}", "${nope:x}", "${broken", "x?"),
)
FOUND = ("a", "bc", "", "5", "2026-11-01", "true", "false", "203.0.113.9", "QQ==", ANA)
ACTIONS = (
    *("s3:GetObject", "s3:ListBucket", "s3:*", "S3:get*", "*", "ec2:DescribeInstances", "s3"),
    *("iam:GetUser", "s3:Nope", "*:*", "*:Get*", "s*:Get*", "kms:Decrypt", "sts:AssumeRole", ""),
)
RESOURCES = (
    *("*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:iam::*:user/ana"),
    *("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:${aws:username}::b", "arn:aws:s3:::${", "x"),
    *("arn:aws:ec2:*:*:instance/*", "arn:aws:s3*", "arn:aws:s3:::b/${aws:username, 'x'}"),
)
CALLS = (
    ("s3:GetObject", "arn:aws:s3:::b/ana/x"),
    ("s3:GetObject", "arn:aws:s3:::b/x"),
    ("s3:ListBucket", "arn:aws:s3:::b"),
    ("ec2:DescribeInstances", "*"),
    ("iam:GetUser", ANA),
)


def lists(pool):
    """One value, or a list of some, or none."""
    return st.sampled_from(pool) | st.lists(st.sampled_from(pool) | st.text(max_size=4), max_size=4)


OPERATOR_NAMES = [
    f"{prefix}{name}{end}"
    for name in OPERATORS
    for prefix in ("", "ForAllValues:", "ForAnyValue:")
    for end in ("", "IfExists")
    if name != "Null" or not end
]
BLOCKS = st.dictionaries(
    st.sampled_from(OPERATOR_NAMES),
    st.dictionaries(st.sampled_from(KEYS), lists(VALUES), min_size=1, max_size=2),
    max_size=3,
)
PRINCIPALS = st.just("*") | st.dictionaries(
    st.sampled_from(("AWS", "Service", "Federated", "CanonicalUser")),
    lists(("*", "111122223333", ANA, "ec2.amazonaws.com", "accounts.google.com")),
)


@st.composite
def statements(draw, *, principals=True):
    """Any statement that can be parsed."""
    made = {
        "Effect": draw(st.sampled_from(("Allow", "Deny"))),
        draw(st.sampled_from(("Action", "NotAction"))): draw(lists(ACTIONS)),
    }
    if draw(st.booleans()):
        made["Condition"] = draw(BLOCKS)
    if not principals or draw(st.integers(0, 3)):
        made[draw(st.sampled_from(("Resource", "NotResource")))] = draw(lists(RESOURCES))
    if principals and draw(st.booleans()):
        made[draw(st.sampled_from(("Principal", "NotPrincipal")))] = draw(PRINCIPALS)
    return made


def documents(made):
    """Documents of either version."""
    versions = st.sampled_from(("2012-10-17", "2008-10-17"))
    return st.builds(
        lambda version, parts: Policy.parse({"Version": version, "Statement": parts}),
        versions,
        st.lists(made, max_size=3),
    )


TYPES = ("", "identity", "resource", "trust", "boundary", "session", "scp", "rcp", "endpoint")


@given(documents(statements()), st.sampled_from(TYPES))
def test_every_policy_can_be_read_aloud(policy, for_type):
    """It never breaks, every statement has its sentence, and all of it can be printed."""
    lines = sentences(policy, for_type=for_type)

    assert prose(policy, for_type=for_type)
    assert len(lines) == len(policy.statements)
    assert all(line.isprintable() and line.endswith(".") for line in lines)


@given(documents(statements()))
def test_no_condition_is_left_out(policy):
    """Each key is named, or what it is, unless the statement can never match."""
    for statement, line in zip(policy.statements, sentences(policy), strict=True):
        for key in (condition.key for condition in statement.conditions):
            words = (shown(key), noun(key), item(key), *presence(key), *boolean(key))
            known = any(word in line for word in words) or (key.lower() == MFA.lower())

            assert known or "atches nothing: " in line


@given(documents(statements(principals=False)))
@settings(max_examples=tries(300))
def test_a_statement_described_as_matching_nothing_does_not_match(policy):
    """The engine finds no call that such a statement lets through, or denies."""
    for statement, line in zip(policy.statements, sentences(policy), strict=True):
        if not line.startswith("Matches nothing: "):
            continue
        alone = Policy((statement,), policy.version)
        whole = Policy.parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
        others = [] if statement.effect == "Allow" else [whole]
        for action, resource in CALLS:
            request = Request(ANA, action, resource, context={"aws:username": "ana"})
            verdict = evaluate(request, Layers(identity=[alone, *others])).verdict

            assert verdict is (Verdict.ALLOWED if others else Verdict.IMPLICIT_DENY)


COMPARISONS = st.builds(
    Comparison,
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from(("", *SET_OPERATORS)),
    st.booleans(),
).filter(lambda known: known.name != "Null" or not known.if_exists)
CONDITIONS = st.builds(
    Condition,
    COMPARISONS,
    st.sampled_from(KEYS),
    st.lists(st.sampled_from(VALUES), max_size=3).map(tuple),
)
SETTINGS = st.builds(ConditionSetting, st.booleans(), st.booleans(), st.booleans())


def met(condition, found, variables):
    """Whether AWS's rules take a condition for met; a variable stands for nothing here."""
    operator = OPERATORS[condition.comparison.name]
    wanted = [
        None if variables and operator.variables and "${" in value else value
        for value in condition.values
    ]
    many = is_multivalued(condition.key)
    return holds(condition.comparison, wanted, found, multivalued=many)


@given(CONDITIONS, SETTINGS, st.none() | st.lists(st.sampled_from(FOUND), min_size=1, max_size=2))
@settings(max_examples=tries(500))
def test_never_and_always_are_true(condition, setting, found):
    """The text never to hold holds for no request, what always for every one."""
    words = clause(condition, setting)
    if found and not is_multivalued(condition.key) and not condition.comparison.set_operator:
        found = found[:1]

    assert bool(words.text) + bool(words.never) + bool(words.always) == 1
    if words.never:
        assert not met(condition, found, setting.variables)
    if words.always:
        assert met(condition, found, setting.variables)


@given(CONDITIONS, SETTINGS)
@settings(max_examples=tries(500))
def test_a_missing_key_is_mentioned_where_it_meets_the_condition(condition, setting):
    """Whoever reads it must know what holds for a request without the key."""
    words = clause(condition, setting)
    if words.never or words.always or not may_miss(condition.key, signed=setting.signed):
        return
    if condition.key.lower() == MFA and condition.comparison.name == "Bool":
        return  # it has words of its own, of which the rows speak
    lacks = presence(condition.key)[1]
    marks = (
        f" (or the request has no {condition.key}",
        f" (a request without {condition.key}",
        "(or it has none)",
    )
    spoken_of = any(mark in words.text for mark in marks) or words.text.startswith(lacks)

    assert spoken_of is met(condition, None, setting.variables)

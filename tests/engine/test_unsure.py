"""What AWS's pages leave open: the way taken, and that its switch leads to the other one."""

import ast
from pathlib import Path

import pytest

from iamlab import ANONYMOUS, Layers, Verdict, evaluate, unsure
from iamlab.engine.evaluate import read
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.policy.public import is_public
from tests.engine.making import (
    ANA,
    EC2,
    EVERYTHING,
    FOREIGN_ROOT,
    OBJECT,
    OWN,
    ROLE,
    ROOT,
    allowed_in_matrix,
    ask,
    policy,
    resource_policy,
    trust_policy,
)

ALLOWED, EXPLICIT, IMPLICIT = Verdict.ALLOWED, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY


@pytest.fixture
def turn(monkeypatch):
    """Turn a switch the other way."""
    return lambda name: monkeypatch.setattr(unsure, name, not getattr(unsure, name))


def verdict(request, **layers):
    """Decide in three ways that must agree, with documents that nobody has asked yet."""
    made = Layers(**{layer: make() for layer, make in layers.items()})
    fast = evaluate(request, made).verdict

    assert read(request, made).verdict is fast
    assert allowed_in_matrix(request, made) is (fast is ALLOWED)
    return fast


def when(operator, key, values, effect="Allow"):
    """A list with one policy, made when it is called: with a condition, all else fits."""
    condition = {"Effect": effect, "Condition": {operator: {key: values}}}
    return lambda: [policy({}, condition) if effect == "Deny" else policy(condition)]


# The table --------------------------------------------------------------------------------------


def test_the_table_has_every_switch_once_with_its_value():
    """Constants and table are the same."""
    switches = {switch.name: switch.taken for switch in unsure.SWITCHES}
    constants = {name: value for name, value in vars(unsure).items() if isinstance(value, bool)}

    assert switches == constants
    assert len(switches) == len(unsure.SWITCHES)
    assert all(item.says.endswith(".") and item.because.endswith(".") for item in unsure.SWITCHES)


@pytest.mark.slow
def test_every_switch_names_a_test_that_there_is():
    """Each its own, and once in all tests."""
    written = [
        function.name
        for file in Path(__file__).parents[1].rglob("test_*.py")
        for function in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(function, ast.FunctionDef)
    ]
    named = [switch.test for switch in unsure.SWITCHES]

    assert len(set(named)) == len(named)
    assert [written.count(name) for name in named] == [1] * len(named)


# The switches -----------------------------------------------------------------------------------


def test_an_explicit_deny_stops_get_session_token(turn):
    """The other way no policy has any effect on it."""
    token = ask(action="sts:GetSessionToken", resource="*")
    root = ask(ROOT, action="sts:GetSessionToken", resource="*")

    def deny():
        return [policy({"Effect": "Deny"})]

    assert verdict(token, identity=deny) is EXPLICIT
    assert verdict(root, scp=lambda: [deny()]) is EXPLICIT
    assert verdict(token) is verdict(root) is ALLOWED
    turn("DENY_STOPS_GET_SESSION_TOKEN")
    assert verdict(token, identity=deny) is ALLOWED
    assert verdict(root, scp=lambda: [deny()]) is ALLOWED
    assert verdict(token) is verdict(root) is ALLOWED


def test_not_principal_spares_a_user_who_is_listed_without_his_account(turn):
    """In the other case it denies him, and exempts the listed principals and services."""

    def exempt(**principals):
        return lambda: resource_policy(
            {}, {"Effect": "Deny", "Principal": None, "NotPrincipal": principals}
        )

    service = ask(EC2, resource_account=OWN)
    alone, digits, arn = exempt(AWS=ANA), exempt(AWS=[ANA, OWN]), exempt(AWS=[ANA, ROOT])
    assert verdict(ask(), resource=alone) is ALLOWED
    assert verdict(ask(), resource=digits) is verdict(ask(), resource=arn) is ALLOWED
    assert verdict(service, resource=exempt(Service=EC2)) is ALLOWED
    turn("DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT")
    assert verdict(ask(), resource=alone) is EXPLICIT
    assert verdict(ask(), resource=exempt(AWS=[ANA, FOREIGN_ROOT])) is EXPLICIT
    assert verdict(ask(), resource=digits) is verdict(ask(), resource=arn) is ALLOWED
    assert verdict(service, resource=exempt(Service=EC2)) is ALLOWED


def test_an_arn_condition_with_fewer_than_six_parts_matches_nothing(turn):
    """The other way a last star covers the parts that are not written."""
    topic = ask(context={"aws:SourceArn": f"arn:aws:sns:eu-west-1:{OWN}:t"})

    def asked(operator, pattern):
        return verdict(topic, identity=when(operator, "aws:SourceArn", pattern))

    assert asked("ArnLike", "*") is asked("ArnEquals", "arn:aws:sns:*") is IMPLICIT
    assert asked("ArnNotLike", "*") is ALLOWED
    assert asked("ArnLike", "arn:aws:sns:*:*:*") is ALLOWED
    turn("ARN_PATTERN_MAY_BE_SHORT")
    assert asked("ArnLike", "*") is asked("ArnEquals", "arn:aws:sns:*") is ALLOWED
    assert asked("ArnNotLike", "*") is IMPLICIT
    assert asked("ArnLike", "arn:aws:sqs:*") is asked("ArnLike", "arn:aws:sns") is IMPLICIT
    assert asked("ArnLike", "arn:aws:sns:*:*:*") is ALLOWED
    no_arn = ask(context={"aws:SourceArn": "topic"})
    assert verdict(no_arn, identity=when("ArnLike", "aws:SourceArn", "*")) is IMPLICIT


def test_not_resource_with_an_unknown_variable_spares_nothing(turn):
    """The other way the whole statement is void."""
    homes = ["arn:aws:s3:::bk/${aws:username}/*", "arn:aws:s3:::other/*"]
    without_name, with_name = ask(), ask(context={"aws:username": "ana"})

    def guard(*exempt):
        deny = {"Effect": "Deny", "Resource": None, "NotResource": list(exempt)}
        return lambda: [policy({}, deny)]

    assert verdict(without_name, identity=guard(homes[0])) is EXPLICIT
    assert verdict(without_name, identity=guard(*homes)) is EXPLICIT
    assert verdict(without_name, identity=guard(*homes, OBJECT)) is ALLOWED
    assert verdict(with_name, identity=guard(*homes)) is EXPLICIT
    turn("NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES")
    assert verdict(without_name, identity=guard(homes[0])) is ALLOWED
    assert verdict(without_name, identity=guard(*homes)) is ALLOWED
    assert verdict(with_name, identity=guard(*homes)) is EXPLICIT


def test_a_negated_operator_fits_an_empty_list(turn):
    """The other way it does not, as a positive one; and with IfExists never."""
    here = ask(context={"s3:prefix": "a"})

    def asked(operator):
        return verdict(here, identity=when(operator, "s3:prefix", []))

    assert asked("StringNotEquals") is asked("StringNotLike") is ALLOWED
    assert asked("StringEquals") is asked("StringNotEqualsIfExists") is IMPLICIT
    turn("EMPTY_LIST_FITS_NEGATED")
    assert asked("StringNotEquals") is asked("StringNotLike") is IMPLICIT
    assert asked("StringEquals") is asked("StringNotEqualsIfExists") is IMPLICIT


def test_a_multivalued_key_never_fits_without_a_set_operator(turn):
    """The other way one of its values is enough."""
    tags = ask(context={"aws:TagKeys": ["a", "b"]})

    def asked(operator, value):
        return verdict(tags, identity=when(operator, "aws:TagKeys", value))

    assert asked("StringEquals", "a") is asked("StringNotEquals", "a") is IMPLICIT
    assert asked("ForAnyValue:StringEquals", "a") is ALLOWED
    turn("MULTIVALUED_KEY_NEEDS_SET_OPERATOR")
    assert asked("StringEquals", "a") is asked("StringNotEquals", "a") is ALLOWED
    assert asked("StringEquals", "c") is IMPLICIT
    assert asked("ForAnyValue:StringEquals", "a") is ALLOWED


def test_variables_are_plain_text_in_bool(turn):
    """The other way they stand for their values there too."""
    tagged = ask(context={"aws:PrincipalTag/tls": "true", "aws:SecureTransport": "true"})

    def asked(operator, variable):
        return verdict(tagged, identity=when(operator, "aws:SecureTransport", variable))

    assert asked("Bool", "${aws:PrincipalTag/tls}") is IMPLICIT
    assert asked("StringEquals", "${aws:PrincipalTag/tls}") is ALLOWED
    turn("VARIABLES_WORK_IN_BOOL")
    assert asked("Bool", "${aws:PrincipalTag/tls}") is ALLOWED
    assert asked("Bool", "${aws:PrincipalTag/none}") is IMPLICIT
    assert asked("BoolIfExists", "${aws:PrincipalTag/none, 'true'}") is ALLOWED
    assert verdict(tagged, identity=when("NumericEquals", "aws:EpochTime", "${x}")) is IMPLICIT


BLOCKED = PublicAccessBlock(restrict_public_buckets=True)


def let_in(make):
    """Whether a bucket policy lets a stranger in although public access is blocked."""
    stranger = ask(ANONYMOUS, resource_account=OWN, context=VPC)
    return verdict(stranger, resource=make, public_access_block=lambda: BLOCKED) is ALLOWED


VPC = {"aws:VpceAccount": OWN, "aws:PrincipalOrgID": "o-1", "aws:VpceOrgID": "o-1"}


def test_a_deny_does_not_make_a_policy_private(turn):
    """The other way one does that denies everybody but fixed principals."""
    fixed = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}
    wild = {"StringNotLike": {"aws:PrincipalOrgID": "o-*"}}

    def with_deny(condition, **more):
        deny = {"Effect": "Deny", "Condition": condition} | more
        return lambda: resource_policy({}, deny)

    assert is_public(with_deny(fixed)())
    assert not let_in(with_deny(fixed))
    turn("DENY_MAKES_A_BUCKET_POLICY_PRIVATE")
    assert not is_public(with_deny(fixed)())
    assert let_in(with_deny(fixed))
    assert is_public(with_deny(wild)())
    assert is_public(with_deny({"StringEquals": {"aws:PrincipalOrgID": "o-2"}})())
    assert is_public(with_deny({"StringNotEquals": {"aws:username": "ana"}})())
    assert is_public(with_deny(fixed, Principal={"AWS": ANA})())
    assert is_public(with_deny(fixed, Effect="Allow")())


def test_newer_keys_do_not_pin_a_bucket_policy(turn):
    """The other way they do, if their values are fixed."""

    def pinned(value, key="aws:VpceAccount", operator="StringEquals"):
        return lambda: resource_policy({"Condition": {operator: {key: value}}})

    assert is_public(pinned(OWN)())
    assert not let_in(pinned(OWN))
    turn("NEWER_KEYS_PIN_A_BUCKET_POLICY")
    assert not is_public(pinned(OWN)())
    assert let_in(pinned(OWN))
    assert not is_public(pinned("o-1", "AWS:VpceOrgID")())
    assert is_public(pinned("1111*", operator="StringLike")())
    assert is_public(pinned("ana", "aws:username")())


def test_rcps_apply_to_calls_without_a_resource(turn):
    """The other way no RCP applies to them."""
    buckets, key = (
        ask(action="s3:ListAllMyBuckets", resource="*"),
        ask(action="kms:CreateKey", resource="*"),
    )
    described = ask(action="ec2:DescribeInstances", resource="*")

    def asked(request):
        rcp = [resource_policy({}, {"Effect": "Deny", "Action": ["s3:*", "kms:*"]})]
        return verdict(request, identity=lambda: [EVERYTHING], rcp=lambda: [rcp])

    assert asked(buckets) is asked(key) is EXPLICIT
    assert asked(described) is ALLOWED
    turn("RCPS_APPLY_WITHOUT_RESOURCE")
    assert asked(buckets) is asked(key) is asked(described) is ALLOWED
    assert asked(ask()) is EXPLICIT


TRUST = [
    (Layers([EVERYTHING]), " because no role trust policy allows the sts:AssumeRole action"),
    (
        Layers([EVERYTHING], trust_policy({"Effect": "Deny"})),
        " with an explicit deny in the role trust policy",
    ),
]
OWN_SIDE = [
    (
        Layers(resource=trust_policy({"Principal": {"AWS": OWN}})),
        " because no identity-based policy allows the sts:AssumeRole action",
    ),
    (
        Layers([policy({"Effect": "Deny"})], trust_policy({})),
        " with an explicit deny in an identity-based policy",
    ),
    (
        Layers([EVERYTHING], trust_policy({}), scp=[[policy({"Effect": "Deny"})]]),
        " with an explicit deny in a service control policy",
    ),
]


def test_a_trust_policy_that_refuses_is_not_named(turn):
    """The other way it has the forms of the page; the policies of the caller's side always have."""
    request = ask(action="sts:AssumeRole", resource=ROLE)
    plain = f"User: {ANA} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"

    assert {evaluate(request, layers).message for layers, _ in TRUST} == {plain}
    for layers, reason in OWN_SIDE:
        assert evaluate(request, layers).message == plain + reason
    turn("TRUST_DENIALS_GIVE_A_REASON")
    for layers, reason in (*TRUST, *OWN_SIDE):
        assert evaluate(request, layers).message == plain + reason


def test_for_any_value_with_if_exists_needs_the_key(turn):
    """The other way it fits a request without it, as every other IfExists."""
    some, none = ask(context={"aws:TagKeys": ["b"]}), ask()

    def asked(request, operator="ForAnyValue:StringEqualsIfExists", values="a"):
        return verdict(request, identity=when(operator, "aws:TagKeys", values))

    assert asked(none) is asked(some) is IMPLICIT
    assert asked(some, values="b") is ALLOWED
    turn("FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY")
    assert asked(none) is ALLOWED
    assert asked(some) is asked(none, "ForAnyValue:StringEquals") is IMPLICIT
    assert asked(none, "ForAllValues:StringEqualsIfExists") is ALLOWED

"""Requests: which questions can be asked, and what is known of the caller."""

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import ANONYMOUS, Layers, Policy, Request, Verdict, evaluate
from iamlab.engine.request import MAX_TEXT, Kind
from iamlab.errors import RequestError
from iamlab.policy import catalog

OWN, FOREIGN = "111122223333", "444455556666"
ANA = f"arn:aws:iam::{OWN}:user/ana"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/dev/s1"
OBJECT = "arn:aws:s3:::bk/k"


def ask(principal=ANA, action="s3:GetObject", resource=OBJECT, **more):
    """A request that differs in one thing from one that can be asked."""
    return Request(principal, action, resource, **more)


CALLERS = [
    (ANA, Kind.USER, OWN, ""),
    (f"arn:aws:iam::{OWN}:user/sky/night/ana", Kind.USER, OWN, ""),
    (f"arn:aws-us-gov:iam::{OWN}:user/ana", Kind.USER, OWN, ""),
    (f"arn:aws:iam::{OWN}:root", Kind.ROOT, OWN, ""),
    (f"arn:aws:iam::{OWN}:role/team/dev", Kind.ROLE, OWN, f"arn:aws:iam::{OWN}:role/team/dev"),
    (SESSION, Kind.SESSION, OWN, f"arn:aws:iam::{OWN}:role/dev"),
    (
        f"arn:aws-cn:sts::{OWN}:assumed-role/dev/s1",
        Kind.SESSION,
        OWN,
        f"arn:aws-cn:iam::{OWN}:role/dev",
    ),
    (f"arn:aws:sts::{OWN}:federated-user/guest", Kind.FEDERATED, OWN, ""),
    ("ec2.amazonaws.com", Kind.SERVICE, "", ""),
    ("logs.eu-west-1.amazonaws.com", Kind.SERVICE, "", ""),
    ("ec2.amazonaws.com.cn", Kind.SERVICE, "", ""),
    (ANONYMOUS, Kind.ANONYMOUS, "", ""),
    (f"arn:aws:iam::{OWN}:saml-provider/corp", Kind.PROVIDER, "", ""),
    (f"arn:aws-cn:iam::{OWN}:oidc-provider/idp.example.com/x", Kind.PROVIDER, "", ""),
    ("accounts.google.com", Kind.PROVIDER, "", ""),
    ("cognito-identity.amazonaws.com", Kind.PROVIDER, "", ""),
]


@pytest.mark.parametrize(("principal", "kind", "account", "issuer"), CALLERS)
def test_the_shape_of_the_principal_says_what_it_is(principal, kind, account, issuer):
    """Kind, account and what is behind the caller."""
    caller = ask(principal, resource_account=OWN).caller

    assert (caller.arn, caller.kind) == (principal, kind)
    assert (caller.account, caller.issuer) == (account, issuer)
    assert caller.is_of_role is (kind in (Kind.ROLE, Kind.SESSION))
    assert caller.is_anonymous is (principal == ANONYMOUS)
    assert caller.is_saml is ("saml-provider" in principal)
    assert not caller.is_service_linked


LINKED = "role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"


@pytest.mark.parametrize(
    ("principal", "issuer"),
    [
        (f"arn:aws:iam::{OWN}:{LINKED}", None),
        (f"arn:aws:sts::{OWN}:assumed-role/AWSServiceRoleForX/s", f"arn:aws:iam::{OWN}:{LINKED}"),
    ],
)
def test_the_path_of_a_role_says_that_it_is_service_linked(principal, issuer):
    """Its own path, or that of the role behind the session."""
    assert ask(principal, issuer=issuer).caller.is_service_linked
    assert not ask(SESSION).caller.is_service_linked


NO_CALLERS = [
    *("ana", "*", "anonymous ", f" {ANA}", OWN, "amazonaws.com", "EC2.amazonaws.com"),
    *(f"arn:aws:iam::{OWN}:user/", f"arn:aws:iam::{OWN}:group/g", f"arn:aws:iam::{OWN}:root/x"),
    *(f"arn:aws:iam::{OWN}:policy/p", f"arn:aws:sts::{OWN}:assumed-role/dev", "arn:aws:s3:::bk"),
    *(f"arn:aws:sts::{OWN}:assumed-role/a/b/c", f"arn:aws:sts::{OWN}:user/ana"),
    *(f"arn:aws:iam::{OWN}:assumed-role/dev/s1", f"arn:aws:sts::{OWN}:federated-user/"),
    *(f"arn:aws:iam::{OWN}:users/ana", "arn:aws:iam", "ec2.amazonaws.com.evil.com"),
    *(
        text
        for text in (
            f"arn:aws:iam::{OWN}:user",
            f"arn:aws:iam::{OWN}:role",
            f"arn:aws:sts::{OWN}:federated-user",
        )
    ),
    *(
        text
        for text in ("arn:aws:iam::ana:user/ana", "arn:aws:iam:::root", f"arn:aws:iam::{OWN}0:root")
    ),
    *(f"arn:aws:sts::{OWN}:assumed-role/{name}" for name in ("/s1", "dev/")),
]


@pytest.mark.parametrize("principal", NO_CALLERS)
def test_what_is_not_a_caller_is_refused(principal):
    """The error quotes it, and says what a caller looks like."""
    with pytest.raises(RequestError, match="isn't a caller") as caught:
        ask(principal, resource="arn:aws:sqs:eu-west-1:111122223333:q")

    assert repr(principal) in str(caught.value)


def test_a_group_is_not_a_caller_and_the_error_says_why():
    """A group's policies act through its members."""
    with pytest.raises(RequestError, match="A group can't make calls"):
        ask(f"arn:aws:iam::{OWN}:group/astronomers")


def test_the_issuer_is_given_or_known_from_the_context_or_guessed():
    """In that order; the guess is the role of that name with path /."""
    given_, known = f"arn:aws:iam::{OWN}:role/a/dev", f"arn:aws:iam::{OWN}:role/b/dev"
    context = {"AWS:principalarn": known}

    assert ask(SESSION, issuer=given_, context=context).caller.issuer == given_
    assert ask(SESSION, context=context).caller.issuer == known
    assert ask(SESSION).caller.issuer == f"arn:aws:iam::{OWN}:role/dev"
    guest = f"arn:aws:sts::{OWN}:federated-user/guest"
    assert ask(guest, issuer=ANA).caller.issuer == ANA


NO_ACTIONS = [
    *("GetObject", "s3", "s3:", ":GetObject", "s3:*", "s3:Get*", "*", "s3:Get Object", "s3 :Get"),
    *("s3:Get:Object", "s3:GetObject ", "s3:GetObject\n", "é:Get", "s3:Gét", "s3:Get_Object"),
]


@pytest.mark.parametrize("action", NO_ACTIONS)
def test_a_question_names_one_action(action):
    """Without wildcards, as service:Action."""
    with pytest.raises(RequestError, match="isn't an action") as caught:
        ask(action=action)

    assert repr(action) in str(caught.value)


def test_every_action_of_the_catalogue_can_be_asked_about():
    """One of them has a hyphen in it."""
    odd = "vpc-lattice:AssociateViaAWSService-EventsAndStates"

    assert odd in catalog.expand("*")
    assert [ask(action=name).action for name in catalog.expand("*")] == [*catalog.expand("*")]


@pytest.mark.parametrize("name", ["principal", "action", "resource"])
@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("", "not empty"),
        (None, "must be text"),
        (5, "must be text"),
        (b"x", "must be text"),
        (["x"], "must be text"),
        pytest.param("a:" + "b" * MAX_TEXT, f"longer than {MAX_TEXT}", id="long"),
        ("a:\ud800", "surrogate"),
    ],
)
def test_principal_action_and_resource_are_text(name, value, word):
    """The error says which of them is not, and why."""
    with pytest.raises(RequestError, match=word) as caught:
        ask(**{name: value})

    assert str(caught.value).startswith(name)


class Actions(StrEnum):
    """Names, as a program keeps them."""

    GET = "s3:GetObject"


def test_a_kind_of_text_is_text():
    """A member of an enumeration, for instance."""
    request = ask(action=Actions.GET, context={"aws:username": Actions.GET})

    assert (request.action, request.service) == ("s3:GetObject", "s3")
    assert request.value("aws:username") == "s3:GetObject"


ACCOUNTS = [
    # principal, resource, the account that owns it by default
    (ANA, f"arn:aws:sqs:eu-west-1:{FOREIGN}:q", FOREIGN),
    (ANA, f"arn:aws:iam::{FOREIGN}:role/r", FOREIGN),
    (ANA, OBJECT, OWN),
    (ANA, "*", OWN),
    (ANA, "no arn", OWN),
    (ANA, "arn:aws:iam::aws:policy/ReadOnlyAccess", OWN),
    (f"arn:aws:iam::{FOREIGN}:root", OBJECT, FOREIGN),
    ("ec2.amazonaws.com", f"arn:aws:sqs:eu-west-1:{FOREIGN}:q", FOREIGN),
]


@pytest.mark.parametrize(("principal", "resource", "account"), ACCOUNTS)
def test_the_owner_is_in_the_arn_or_it_is_the_caller(principal, resource, account):
    """Unless it is given."""
    assert ask(principal, resource=resource).resource_account == account
    assert ask(principal, resource=resource, resource_account=OWN).resource_account == OWN


@pytest.mark.parametrize("principal", ["ec2.amazonaws.com", ANONYMOUS])
def test_where_nobody_can_tell_the_owner_it_must_be_given(principal):
    """A bucket's ARN has no account, and neither has such a caller."""
    with pytest.raises(RequestError, match="Pass resource_account") as caught:
        ask(principal)

    assert repr(OBJECT) in str(caught.value)
    assert not ask(principal, resource_account=OWN).same_account


@pytest.mark.parametrize(
    "account",
    [
        *("1", "ana", OWN + "1", f" {OWN}", "1111-2222-3333"),
        "\u0661" * 12,
        int(OWN),
    ],
)
def test_an_account_has_twelve_digits(account):
    """Anything else is refused."""
    with pytest.raises(RequestError, match="12 digits"):
        ask(resource_account=account)


# Context ----------------------------------------------------------------------------------------

VALUES = [
    ("a:b", "text", ("text",)),
    ("a:b", "", ("",)),
    ("a:b", True, ("true",)),
    ("a:b", False, ("false",)),
    ("a:b", 10, ("10",)),
    ("a:b", -1.5, ("-1.5",)),
    ("a:b", datetime(2026, 11, 25, 10, tzinfo=UTC), ("2026-11-25T10:00:00+00:00",)),
    ("a:b", ["x", "y"], ("x", "y")),
    ("a:b", ("x",), ("x",)),
    ("a:b", {"x"}, ("x",)),
    ("a:b", frozenset({"x"}), ("x",)),
    ("a:b", ["x", 1, True], ("x", "1", "true")),
    ("aws:TagKeys", "owner", ("owner",)),
    ("aws:TagKeys", ["owner", "team"], ("owner", "team")),
]


@pytest.mark.parametrize(("key", "value", "wanted"), VALUES)
def test_values_are_kept_as_text(key, value, wanted):
    """Text, numbers, booleans and dates, one or a list; the key in any letter case."""
    request = ask(context={key: value})

    assert request.values(key) == request.values(key.swapcase()) == wanted
    assert request.values("other:key") is None


def test_a_date_in_the_context_is_a_moment():
    """Whatever its zone, it compares as the moment that it is."""
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {"DateEquals": {"aws:CurrentTime": "2026-11-25T10:00:00.25Z"}},
            },
        }
    )
    noon = datetime(2026, 11, 25, 12, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2)))

    assert evaluate(ask(context={"aws:CurrentTime": noon}), Layers([policy]))
    later = noon + timedelta(seconds=1)
    assert not evaluate(ask(context={"aws:CurrentTime": later}), Layers([policy]))


BAD_CONTEXT = [
    ({"a:b": None}, "a:b"),
    ({"a:b": {"x": 1}}, "a:b"),
    ({"a:b": [["x"]]}, "a:b"),
    ({"a:b": b"x"}, "a:b"),
    ({"a:b": object}, "a:b"),
    ({"a:b": "x" * (MAX_TEXT + 1)}, "longer"),
    ({"a:b": ["ok", "\ud800"]}, "surrogate"),
    ({"": "x"}, "condition key"),
    ({"k" * (MAX_TEXT + 1): "x"}, "condition key"),
    ({"aws:username": ["ana", "bob"]}, "one value, not 2"),
    ({"AWS:UserName": ("ana", "bob", "eve")}, "one value, not 3"),
    ({1: "x"}, "condition key"),
    (None, "context"),
    ("aws:username=ana", "context"),
    ({"a:b": 10**5000}, "a:b"),
    ({"a:b": "1", "A:B": "2"}, "duplicated"),
]


@pytest.mark.parametrize(("context", "word"), BAD_CONTEXT)
def test_a_context_that_cannot_be_is_refused(context, word):
    """The error names the key, or what is wrong with it."""
    with pytest.raises(RequestError, match=word):
        ask(context=context)


def test_only_a_single_value_can_replace_a_variable():
    """Of a key that holds several values, no variable can tell which is meant."""
    request = ask(
        context={"aws:username": "ana", "aws:TagKeys": "a", "x:y": ["1", "2"], "x:z": ["1"]}
    )

    assert (request.value("AWS:username"), request.value("x:z")) == ("ana", "1")
    for key in ("aws:TagKeys", "x:y", "x:none"):
        assert request.value(key) is None


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLikeIfExists"])
def test_an_empty_list_is_a_key_that_is_not_there(operator):
    """A condition on it is decided as for a missing key, and nothing breaks."""
    policy = Policy.parse(
        {
            "Statement": {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {operator: {"s3:prefix": "a"}},
            }
        }
    )
    empty, missing = (evaluate(ask(context=c), Layers([policy])) for c in ({"s3:prefix": []}, {}))

    assert empty.verdict is missing.verdict
    assert ask(SESSION, context={"aws:PrincipalArn": []}).caller.issuer.endswith("role/dev")


@pytest.mark.parametrize(
    "more",
    [
        {"issuer": "dev"},
        {"issuer": 5},
        {"context": {"aws:PrincipalArn": "dev"}},
        {"issuer": f"arn:aws:iam::{OWN}:role/other"},
    ],
)
def test_a_strange_issuer_is_refused_or_names_nobody(more):
    """It never breaks the decision."""
    policy = Policy.parse(
        {
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OWN}:role/dev"},
                "Action": "*",
                "Resource": "*",
            }
        }
    )
    try:
        request = ask(SESSION, **more)
    except RequestError:
        return

    assert evaluate(request, Layers(resource=policy)).verdict in Verdict


def test_a_request_cannot_be_changed_from_outside():
    """It keeps its own copy of the context, and nobody can write into it."""
    context = {"aws:username": "ana"}
    request = ask(context=context)
    context["aws:username"] = "bob"

    assert request.value("aws:username") == "ana"
    assert request.context == {"aws:username": "ana"}
    with pytest.raises(TypeError):
        request.context["aws:username"] = "bob"


ABOUT = [
    # action, resource: whose policy is the resource policy?
    ("sts:AssumeRole", f"arn:aws:iam::{OWN}:role/r", "trust"),
    ("STS:tagsession", f"arn:aws:iam::{OWN}:role/a/r", "trust"),
    ("sts:AssumeRole", "*", ""),
    ("iam:PassRole", f"arn:aws:iam::{OWN}:role/r", ""),
    ("sts:GetFederationToken", f"arn:aws:sts::{OWN}:federated-user/g", ""),
    ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/k", "kms"),
    ("KMS:decrypt", f"arn:aws:kms:eu-west-1:{OWN}:key/k", "kms"),
    ("kms:UpdateAlias", f"arn:aws:kms:eu-west-1:{OWN}:alias/a", ""),
    ("kms:ListKeys", "*", ""),
    ("s3:GetObject", f"arn:aws:kms:eu-west-1:{OWN}:key/k", ""),
]


@pytest.mark.parametrize(("action", "resource", "about"), ABOUT)
def test_action_and_resource_say_which_special_rules_apply(action, resource, about):
    """An sts: action on a role is about trust, a kms: action on a key about its key policy."""
    request = ask(action=action, resource=resource)

    assert request.about_trust is (about == "trust")
    assert request.about_kms_key is (about == "kms")
    assert request.service == action.split(":")[0].lower()


JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=3)


@given(JUNK, JUNK, JUNK, st.dictionaries(st.text(max_size=9), JUNK | st.lists(JUNK, max_size=2)))
def test_any_question_is_a_request_or_a_request_error(principal, action, resource, context):
    """No value makes Request fail in another way."""
    for question in (
        {"principal": principal},
        {"action": action},
        {"resource": resource},
        {"context": context},
    ):
        try:
            request = ask(**question)
        except RequestError as error:
            message = str(error)
            assert message
        else:
            assert request.caller.kind in Kind

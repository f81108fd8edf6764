"""What needs no permission, and calls that need several pairs."""

from dataclasses import replace

import pytest

from iamlab import ANONYMOUS, AWS_RULES, Layers, RequestError, Verdict, evaluate, evaluate_call
from iamlab.engine.evaluate import read
from tests.engine.making import (
    ANA,
    CHINESE,
    DENY,
    DEV_1,
    EC2_ONLY,
    EVERYTHING,
    GOOGLE,
    GUEST,
    OWN,
    SAML,
    allowed_in_matrix,
    ask,
    resource_policy,
)

WHOAMI = ask(action="sts:GetCallerIdentity", resource="*")
TOKEN = ask(action="sts:GetSessionToken", resource="*")


def test_who_am_i_is_always_answered_and_a_session_token_unless_denied():
    """Neither needs an Allow; only the second can be denied."""
    assert evaluate(WHOAMI, Layers())
    assert evaluate(WHOAMI, Layers([DENY]))
    assert evaluate(TOKEN, Layers(boundary=EC2_ONLY))
    assert evaluate(TOKEN, Layers([DENY])).verdict is Verdict.EXPLICIT_DENY


@pytest.mark.parametrize("caller", [ANONYMOUS, SAML, GOOGLE])
def test_who_am_i_needs_credentials(caller):
    """Who did not sign, or has just come from an identity provider, is nobody to AWS yet."""
    request = ask(caller, "sts:GetCallerIdentity", "*", resource_account=OWN)

    assert not evaluate(request, Layers())


@pytest.mark.parametrize("caller", [DEV_1, GUEST])
def test_a_session_token_is_for_users(caller):
    """Sessions of roles and federated users cannot call sts:GetSessionToken."""
    assert not evaluate(ask(caller, "sts:GetSessionToken", "*"), Layers())


def test_nothing_determines_what_needs_no_permission():
    """An Allow for everything changes nothing about who-am-I."""
    assert evaluate(WHOAMI, Layers([EVERYTHING])).determining == ()


def test_a_deny_that_does_not_count_is_not_told_to_win():
    """The first rung denies only where the verdict is an explicit deny."""
    decision = evaluate(WHOAMI, Layers([DENY]))

    assert decision
    assert "A Deny overrides" not in decision.explain()


# Partitions -------------------------------------------------------------------------------------


def test_accounts_of_two_partitions_know_nothing_of_each_other():
    """The same twelve digits in China are another account, to which nothing can be given."""
    layers = Layers([EVERYTHING], resource_policy({}, {"Principal": {"AWS": CHINESE}}))

    for principal, partition, allowed in (
        (ANA, "aws", True),
        (ANA, "aws-cn", False),
        (CHINESE, "aws", False),
        (CHINESE, "aws-cn", True),
    ):
        request = ask(principal, resource=f"arn:{partition}:s3:::bk/k", resource_account=OWN)
        assert bool(evaluate(request, layers)) is allowed
        assert bool(read(request, layers)) is allowed
        assert allowed_in_matrix(request, layers) is allowed
    assert evaluate(ask(CHINESE, "s3:ListAllMyBuckets", "*"), layers)
    assert evaluate(ask(CHINESE, resource="arn:aws:s3:::bk/k"), layers).fixes() == ()


# Several pairs ----------------------------------------------------------------------------------

ALLOWED = (ask(), Layers([EVERYTHING]))
REFUSED = (ask(action="s3:PutObject"), Layers())
DENIED = (ask(action="iam:PassRole"), Layers([DENY]))


def test_a_call_that_needs_several_pairs_needs_each_of_them():
    """The first that is refused is the answer; if none is, the last."""
    first = evaluate_call([ALLOWED, REFUSED, DENIED])
    last = evaluate_call([ALLOWED, (ask(action="s3:PutObject"), Layers([EVERYTHING]))])

    assert (first.verdict, first.request.action) == (Verdict.IMPLICIT_DENY, "s3:PutObject")
    assert (last.verdict, last.request.action) == (Verdict.ALLOWED, "s3:PutObject")
    assert evaluate_call([DENIED, REFUSED]).verdict is Verdict.EXPLICIT_DENY


def test_the_pairs_after_the_first_that_is_refused_are_not_asked():
    """As AWS stops there; the pairs may come one by one."""
    request = []

    def questions():
        for question in (ALLOWED, REFUSED, DENIED):
            request.append(question)
            yield question

    assert not evaluate_call(questions())
    assert request == [ALLOWED, REFUSED]


def test_several_pairs_may_be_decided_by_other_rules():
    """Each of them by the same."""
    nobody = replace(AWS_RULES, same_account=lambda _: False)

    assert evaluate_call([ALLOWED])
    assert not evaluate_call([ALLOWED], nobody)
    assert evaluate_call([ALLOWED], nobody).rules is nobody


def test_a_call_that_needs_nothing_is_not_a_question():
    """The error says what a call needs."""
    with pytest.raises(RequestError, match="at least one pair"):
        evaluate_call([])

"""Conditions that no export tells don't mean no; those that the caller chooses don't protect."""

from typing import Any

import pytest

from iamlab import Network, Policy, World
from iamlab.analysis.suppositions import WORDS, suppositions
from iamlab.world.account import Account

HERE = "arn:aws:iam::111111111111"
MAP = "arn:aws:s3:::star-maps/m31.fits"
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ELSEWHERE = {
    "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
    "Bool": {"aws:ViaAWSService": "false"},
}


def entry(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    """Write a statement."""
    return {"Effect": effect, "Action": "*", "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Write a policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture
def main() -> Account:
    """An account with the user dana and a bucket."""
    main = World(seed=7).create_account("main", account_id="111111111111")
    main.create_user("dana")
    main.create_bucket("star-maps")
    return main


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (OFFICE, "called from 203.0.113.0/24"),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, "called from vpc-1"),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, None),
        ({"Null": {"aws:SourceVpc": "false"}}, "called from a place that the policy doesn't name"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "the user has an MFA device"),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, "the user has an MFA device"),
        ({"Bool": {"aws:ViaAWSService": "true"}}, "called through a service"),
        (
            {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}},
            "called through athena.amazonaws.com",
        ),
        (
            {"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}},
            "the role is passed to ec2.amazonaws.com*",
        ),
        ({"StringLike": {"aws:UserAgent": "corp-*"}}, ""),
        ({"StringEquals": {"aws:Referer": "https://maps.example"}}, ""),
        ({"StringEquals": {"aws:PrincipalTag/team": "sky"}}, None),
        ({"StringEquals": {"aws:username": "dana"}}, None),
        ({"IpAddress": {"aws:SourceIp": "${aws:username}"}}, None),
        ({**OFFICE, "StringLike": {"aws:UserAgent": "corp"}}, "called from 203.0.113.0/24"),
    ],
)
def test_an_allow_is_met_as_its_condition_says(
    condition: dict[str, Any], words: str | None
) -> None:
    """AWS page: "AWS global condition context keys"."""
    policy = Policy.parse(document(entry(Condition=condition)))
    usual: dict[str, Any] = {
        "aws:SourceIp": "198.18.0.10",
        "aws:ViaAWSService": False,
        "aws:UserAgent": "iamlab",
    }
    found = suppositions(policy.statements, list(WORDS), usual)
    assert [each.words for each in found] == ([] if words is None else [words])


def test_a_guard_is_kept_away_by_one_of_its_conditions(main: Account) -> None:
    """AWS page: "Denies access to AWS based on the source IP"."""
    dana = main.users["dana"]
    dana.attach_policy("AdministratorAccess")
    dana.put_policy("guard", document(entry("Deny", Condition=ELSEWHERE)))
    found = main.world.who_can("s3:GetObject", MAP)
    assert found.conditional == {dana.arn: "if called from 192.0.2.0/24 or 203.0.113.0/24"}
    assert dana.arn not in found
    assert "1 principal can do it only if called from" in found.assumed[-1]


def test_what_the_question_says_is_not_supposed(main: Account) -> None:
    """A context, a network and the settings of the world are known."""
    dana = main.users["dana"]
    dana.put_policy("own", document(entry(Condition=OFFICE)))
    world, question = main.world, ("s3:GetObject", MAP)
    assert dana.arn in world.who_can(*question).conditional
    home = {"aws:SourceIp": "198.51.100.7"}
    for denied in (
        world.who_can(*question, context=home),
        world.who_can(*question, network=Network(ip="198.51.100.7")),
    ):
        assert dana.arn not in denied
        assert not denied.conditional
    assert dana.arn in world.who_can(*question, network=Network(ip="203.0.113.7"))
    with world.network(ip="198.51.100.7"):
        assert not world.who_can(*question).conditional


@pytest.mark.parametrize(
    "more",
    [
        (entry("Deny"),),
        (entry("Deny", Condition={"Bool": {"aws:SecureTransport": "true"}}),),
    ],
)
def test_another_deny_still_denies(main: Account, more: tuple[dict[str, Any], ...]) -> None:
    """Only what no export tells is supposed."""
    dana = main.users["dana"]
    dana.put_policy("own", document(entry(Condition=OFFICE), *more))
    found = main.world.who_can("s3:GetObject", MAP)
    assert dana.arn not in {*found, *found.conditional}


def test_a_claimed_user_agent_protects_nothing(main: Account) -> None:
    """AWS page: "AWS global condition context keys", aws:UserAgent: callers choose it."""
    dana = main.users["dana"]
    agent = {"StringLike": {"aws:UserAgent": "corp-*"}}
    dana.put_policy("own", document(entry(Action="s3:*", Condition=agent)))
    found = main.world.who_can("s3:GetObject", MAP)
    assert found[dana.arn]
    assert not found.conditional
    assert any("s3:*" in line.actions for line in main.world.what_can(dana).allowed)


def test_a_role_session_has_no_mfa_device(main: Account) -> None:
    """AWS page: "AWS global condition context keys": the sessions of a role carry no MFA."""
    role = main.create_role(
        "r",
        assume_role_policy_document=Policy.allow("sts:AssumeRole", None, principal=HERE + ":root"),
    )
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    for identity in (role, main.users["dana"]):
        identity.put_policy("own", document(entry(Condition=mfa)))
    found = main.world.who_can("s3:GetObject", MAP).conditional
    assert found == {f"{HERE}:user/dana": "if the user has an MFA device"}


def test_a_grant_to_a_named_session_counts_for_its_role(main: Account) -> None:
    """AWS page: "AWS JSON policy elements: Principal", role sessions."""
    trust = Policy.allow("sts:AssumeRole", None, principal=HERE + ":root")
    role = main.create_role("reader", assume_role_policy_document=trust)
    main.create_role("other", assume_role_policy_document=trust)
    session = "arn:aws:sts::111111111111:assumed-role/reader/zoe"
    policy = Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", principal=session)
    main.world.bucket("star-maps").put_policy(policy)
    found = main.world.who_can("s3:GetObject", MAP)
    assert found.conditional == {role.arn: "in a session named zoe"}
    assert f"{role.arn} (in a session named zoe)" in str(found)


def test_what_can_lists_what_depends_on_a_condition(main: Account) -> None:
    """Apart from what is allowed now, with the condition in words."""
    dana = main.users["dana"]
    dana.put_policy("own", document(entry(Action="s3:*", Condition=OFFICE), entry(Action="sqs:*")))
    found = main.world.what_can(dana)
    assert "sqs:*" in {action for line in found.allowed for action in line.actions}
    [line] = found.conditional
    assert (line.actions, line.when[-1]) == (("s3:*",), "called from 203.0.113.0/24")
    assert "called from 203.0.113.0/24" in str(found)

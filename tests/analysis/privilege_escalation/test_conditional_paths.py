"""Paths that depend on what no export tells are conditional; callers' choices protect nothing."""

from typing import Any

import pytest

from iamlab import Policy, World
from iamlab.analysis.privilege_escalation.paths import Path, assumptions
from iamlab.world.account import Account
from tests.policy.documents import trust

MAIN = "111111111111"
OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
GUARD = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {
        "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
        "Bool": {"aws:ViaAWSService": "false"},
    },
}


@pytest.fixture
def main() -> Account:
    """An account with the user dana."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    main.create_user("dana")
    return main


def path_of(main: Account) -> Path:
    """Return the path of dana to an administrator, and prove it by a replay."""
    path = main.world.reach().path(main.users["dana"])
    assert path is not None
    made = path.replay()
    assert made.world.can(made.principal, "iamlab-probe:AnythingAtAll", "*", allow_unknown=True)
    return path


def test_an_administrator_behind_an_address_guard_is_one(main: Account) -> None:
    """AWS page: "Denies access to AWS based on the source IP"."""
    dana = main.users["dana"]
    dana.attach_policy("AdministratorAccess")
    dana.put_policy("guard", {"Version": "2012-10-17", "Statement": GUARD})
    path = path_of(main)
    assert len(path) == 0
    assert path.conditions == ("called from 192.0.2.0/24 or 203.0.113.0/24",)
    assert str(path) == (
        "user/dana is there already (if called from 192.0.2.0/24 or 203.0.113.0/24)"
    )
    reach = main.world.reach()
    assert not reach.is_admin(dana)
    assert str(reach).endswith("0 can make themselves so. 1 more can under conditions.")
    assert assumptions(reach.admins()) == [
        "1 path depends on this: called from 192.0.2.0/24 or 203.0.113.0/24"
    ]


@pytest.mark.parametrize(
    ("condition", "conditions"),
    [
        (OFFICE, ("called from 203.0.113.0/24",)),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, ("called from vpc-1",)),
        ({"StringLike": {"aws:UserAgent": "corp-*"}}, ()),
        ({"StringEquals": {"aws:Referer": "https://maps.example"}}, ()),
    ],
)
def test_the_step_is_conditional_as_its_permission_is(
    main: Account, condition: dict[str, Any], conditions: tuple[str, ...]
) -> None:
    """Whoever chooses the value is limited by nothing."""
    main.users["dana"].put_policy("own", Policy.allow("iam:PutUserPolicy", when=condition))
    path = path_of(main)
    assert path.conditions == conditions
    assert path.is_proved is not bool(conditions)
    assert [edge.conditions for edge in path] == [conditions]


def test_a_proved_path_comes_before_a_shorter_conditional_one(main: Account) -> None:
    """However many steps it has."""
    dana = main.users["dana"]
    for number in range(2):
        trusted = trust({"AWS": f"arn:aws:iam::{MAIN}:{'user/dana' if not number else 'role/r0'}"})
        main.create_role(f"r{number}", assume_role_policy_document=trusted)
    main.roles["r1"].attach_policy("AdministratorAccess")
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", when=OFFICE))
    path = path_of(main)
    assert len(path) == 2
    assert path.is_proved
    [found] = [path for arn, path in main.world.reach().admins().items() if arn == dana.arn]
    assert found.is_proved


def test_another_deny_still_closes_the_path(main: Account) -> None:
    """Only what no export tells is supposed."""
    dana = main.users["dana"]
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", when=OFFICE))
    dana.put_policy("never", Policy.deny("iam:Put*"))
    assert main.world.reach().path(dana) is None


@pytest.mark.parametrize("loaded", [True, False])
def test_an_export_does_not_tell_of_mfa_devices(main: Account, *, loaded: bool) -> None:
    """AWS page: "Secure API access with MFA"; in a world of one's own, the devices are known."""
    dana = main.users["dana"]
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", when=MFA))
    main.world.loaded = loaded
    if loaded:
        assert path_of(main).conditions == ("the user has an MFA device",)
    else:
        assert main.world.reach().path(dana) is None


def test_a_trust_policy_can_ask_for_mfa_too(main: Account) -> None:
    """AWS page: "API AssumeRole", SerialNumber."""
    trusted = trust({"AWS": main.users["dana"].arn})
    trusted["Statement"][0]["Condition"] = MFA
    main.create_role("boss", assume_role_policy_document=trusted)
    main.roles["boss"].attach_policy("AdministratorAccess")
    assert main.world.reach().path(main.users["dana"]) is None
    main.world.loaded = True
    assert path_of(main).conditions == ("the user has an MFA device",)


def test_a_grant_to_a_named_session_counts_for_whoever_can_assume_the_role(main: Account) -> None:
    """AWS page: "AWS JSON policy elements: Principal", role sessions."""
    dana = main.users["dana"]
    role = main.create_role("reader", assume_role_policy_document=trust({"AWS": dana.arn}))
    main.create_bucket("star-maps")
    session = f"arn:aws:sts::{MAIN}:assumed-role/reader/zoe"
    main.world.bucket("star-maps").put_policy(
        Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", principal=session)
    )
    found = main.world.reach().to("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
    assert found.directly == (main.root_arn,)
    assert found[role.arn].conditions == ("in a session named zoe",)
    assert len(found[role.arn]) == 0
    assert len(found[dana.arn]) == 1
    assert str(found).endswith("(in a session named zoe)")


def test_service_linked_roles_are_not_actors(main: Account) -> None:
    """AWS page: "Create a service-linked role": only the service can assume it."""
    main.create_service_linked_role("autoscaling.amazonaws.com")
    reach = main.world.reach()
    assert not [arn for arn in reach.principals if "aws-service-role" in arn]
    assert len(reach.to("ec2:RunInstances", "*")) == 1


def test_a_step_names_the_role_that_it_passes(main: Account) -> None:
    """AWS page: "Grant a user permissions to pass a role to an AWS service"."""
    boss = main.create_role(
        "boss", assume_role_policy_document=trust({"Service": "lambda.amazonaws.com"})
    )
    boss.attach_policy("AdministratorAccess")
    names = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]
    main.users["dana"].put_policy("own", Policy.allow(names))
    path = main.world.reach().path(main.users["dana"])
    assert str(path) == (
        "1. user/dana -> role/boss: iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction"
    )


def test_the_plainest_call_is_shown(main: Account) -> None:
    """A role that can be assumed as it is isn't changed before."""
    boss = main.create_role("boss", assume_role_policy_document=trust({"AWS": MAIN}))
    boss.attach_policy("AdministratorAccess")
    names = ["sts:AssumeRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"]
    main.users["dana"].put_policy("own", Policy.allow(names))
    assert str(path_of(main)) == "1. user/dana -> role/boss: sts:AssumeRole"


def test_an_administrator_does_not_become_itself(main: Account) -> None:
    """The point that administrators share leads to the others."""
    dana = main.users["dana"]
    dana.attach_policy("AdministratorAccess")
    twin = main.world.create_account("other", account_id="222222222222")
    twin.create_role("far", assume_role_policy_document=trust({"AWS": dana.arn}))
    found = main.world.reach().blast_radius(dana)
    assert all(path.edges for path in found.values())

"""Paths by a helper: it changes whoever became it, and both act together."""

import pytest

from iamlab import Policy, World
from iamlab.analysis.privilege_escalation.paths import Path
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.service_worlds import MAIN

HERE = f"arn:aws:iam::{MAIN}"


def trust(principal: str | dict[str, str]) -> Policy:
    """Write a trust policy."""
    return Policy.allow("sts:AssumeRole", None, principal=principal)


@pytest.fixture
def main() -> Account:
    """An account with dana, who may assume the role helper."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    dana = main.create_user("dana")
    main.create_role("helper", assume_role_policy_document=trust(dana.arn))
    return main


def path_of(main: Account, name: str = "dana") -> Path | None:
    """Return the path of a user to an administrator; ``admins`` has it too."""
    reach = main.world.reach()
    user = main.users[name]
    path = reach.path(user)
    assert (user.arn in reach.admins()) is (path is not None)
    return path


@pytest.mark.parametrize(
    "action",
    ["iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:CreatePolicyVersion", "iam:PutGroupPolicy"],
)
def test_a_helper_gives_a_policy_to_whoever_became_it(main: Account, action: str) -> None:
    """AWS page: "IAM roles": the user keeps its own credentials."""
    dana, helper = main.users["dana"], main.roles["helper"]
    main.create_policy("own", Policy.allow("s3:*"))
    dana.attach_policy(main.policies[f"{HERE}:policy/own"])
    main.create_group("team").add_user(dana)
    helper.put_policy("own", Policy.allow(action))
    path = path_of(main)
    assert path is not None
    assert path.is_proved
    assert [(edge.way.number, edge.target.arn) for edge in path] == [
        (15, helper.arn),
        (76, dana.arn),
    ]
    made = path.replay()
    assert made.world.can(made.principal, "iamlab-probe:AnythingAtAll", "*", allow_unknown=True)
    assert all(all(main.world.reach().decisions(edge)) for edge in path)


def test_a_helper_of_a_helper_will_do(main: Account) -> None:
    """The first role leads to the second, which changes the user."""
    dana = main.users["dana"]
    far = main.create_role("far", assume_role_policy_document=trust(main.roles["helper"].arn))
    far.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    path = path_of(main)
    assert path is not None
    assert len(path) == 3
    made = path.replay()
    assert made.world.can(made.principal, "iamlab-probe:AnythingAtAll", "*", allow_unknown=True)


def test_a_helper_may_change_a_role_that_became_it(main: Account) -> None:
    """Roles are callers, too."""
    first = main.create_role("first", assume_role_policy_document=trust(main.users["dana"].arn))
    helper = main.create_role("second", assume_role_policy_document=trust(first.arn))
    helper.put_policy("own", Policy.allow("iam:PutRolePolicy", first.arn))
    found = main.world.reach().admins()
    assert found[first.arn].is_proved
    assert len(found[first.arn]) == 2


@pytest.mark.parametrize(
    "policy",
    [
        Policy.allow("iam:PutUserPolicy", f"{HERE}:user/eve"),
        Policy.allow("iam:PutUserPolicy", when={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        Policy.allow("iam:ListUsers"),
    ],
)
def test_a_helper_without_an_allow_for_the_user_proves_nothing(
    main: Account, policy: Policy
) -> None:
    """Only an Allow for this user counts; under a condition the path is conditional."""
    main.create_user("eve")
    main.roles["helper"].put_policy("own", policy)
    path = path_of(main)
    assert path is None or path.conditions == ("called from 203.0.113.0/24",)


def test_a_boundary_of_the_user_still_limits_it(main: Account) -> None:
    """AWS page: "Permissions boundaries for IAM entities"."""
    dana = main.users["dana"]
    main.create_policy("limit", Policy.allow("s3:*"))
    dana.put_permissions_boundary("limit")
    main.roles["helper"].put_policy("own", Policy.allow("iam:PutUserPolicy"))
    assert path_of(main) is None


@pytest.mark.parametrize(
    ("user_may", "role_may", "is_path"),
    [
        (["lambda:InvokeFunction"], ["iam:PassRole", "lambda:CreateFunction"], True),
        (["lambda:InvokeFunction", "iam:PassRole"], ["lambda:CreateFunction"], False),
        (["iam:PassRole", "lambda:CreateFunction"], ["lambda:InvokeFunction"], True),
        (["lambda:CreateFunction"], ["iam:PassRole", "lambda:InvokeFunction"], False),
        ([], ["iam:PassRole", "lambda:CreateFunction"], False),
    ],
)
def test_the_session_and_the_user_share_the_calls(
    main: Account, user_may: list[str], role_may: list[str], *, is_path: bool
) -> None:
    """AWS page: "Grant a user permissions to pass a role": who makes the call passes the role."""
    boss = main.create_role(
        "boss", assume_role_policy_document=trust({"Service": "lambda.amazonaws.com"})
    )
    boss.attach_policy("AdministratorAccess")
    if user_may:
        main.users["dana"].put_policy("own", Policy.allow(user_may))
    main.roles["helper"].put_policy("own", Policy.allow(role_may))
    path = path_of(main)
    assert (path is not None) is is_path
    if path is not None:
        assert path.target.arn == boss.arn
        reach = main.world.reach()
        assert all(all(reach.decisions(edge)) for edge in path)


def test_whoever_becomes_the_user_has_its_helper_too(main: Account) -> None:
    """The key of dana is held on, while the helper changes dana."""
    dana = main.users["dana"]
    main.create_user("eve").put_policy("own", Policy.allow("iam:CreateAccessKey", dana.arn))
    main.roles["helper"].put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    for path in (main.world.reach().admins()[f"{HERE}:user/eve"],):
        assert len(path) == 3
        made = path.replay()
        assert made.world.can(made.principal, "iamlab-probe:AnythingAtAll", "*", allow_unknown=True)

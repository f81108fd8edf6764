"""Methods that other lists leave out: swapped profiles, tuning jobs, a stack's role."""

from typing import Any

import pytest

from iamlab import Policy
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.service_worlds import (
    MAIN,
    account,
    caller,
    edges,
    proved,
    trust,
    worker,
)

SWAP = ("iam:PassRole", "iam:RemoveRoleFromInstanceProfile", "iam:AddRoleToInstanceProfile")


def with_instance(profile: str = "old") -> Account:
    """Make an account with an instance that has a profile, and a role that no profile has."""
    main = account()
    main.create_role("old", assume_role_policy_document=trust("ec2"))
    main.create_instance_profile(profile).add_role("old")
    main.create_instance(instance_profile=profile)
    worker(main, "ec2", profile=False)
    return main


def test_the_role_of_a_profile_is_swapped() -> None:
    """AWS page: "IAM roles for Amazon EC2": an instance profile has one role."""
    main = with_instance()
    dana = caller(main, Policy.allow(SWAP))
    [edge] = edges(dana, 73)
    assert edge.target.arn == main.roles["ec2-worker"].arn
    assert [call.operation for call in edge.calls] == list(SWAP[1:])
    assert edge.conditions[0].startswith("the caller runs code on an instance")
    assert str(edge).split(": ")[1].startswith(" + ".join((*SWAP[1:2], *SWAP[:1], *SWAP[2:])))
    assert proved(dana, [edge])


@pytest.mark.parametrize("missing", SWAP)
def test_each_permission_of_a_swap_is_needed(missing: str) -> None:
    """Neither call alone swaps, and the role must be passed."""
    main = with_instance()
    dana = caller(main, Policy.allow([name for name in SWAP if name != missing]))
    assert edges(dana, 73) == []


def test_a_profile_that_no_instance_has_gives_nothing() -> None:
    """In a world of one's own, all instances are known."""
    main = account()
    worker(main, "ec2")
    main.create_instance_profile("empty")
    assert edges(caller(main, Policy.allow(SWAP)), 73) == []


@pytest.mark.parametrize(
    ("actions", "service"),
    [
        (["ecs:RegisterTaskDefinition", "ecs:UpdateService"], "ecs-tasks"),
        (["ecs:RegisterTaskDefinition", "ecs:CreateTaskSet"], "ecs-tasks"),
        (["sagemaker:CreateHyperParameterTuningJob"], "sagemaker"),
        (["sagemaker:CreateUserProfile", "sagemaker:CreatePresignedDomainUrl"], "sagemaker"),
        (
            ["sagemaker:CreateNotebookInstanceLifecycleConfig", "sagemaker:CreateNotebookInstance"],
            "sagemaker",
        ),
    ],
)
def test_a_role_is_passed_to_further_calls(actions: list[str], service: str) -> None:
    """AWS pages: "API UpdateService", "API CreateTaskSet", "API CreateHyperParameterTuningJob"."""
    main = account()
    role = worker(main, service)
    dana = caller(main, Policy.allow(["iam:PassRole", *actions]))
    [edge] = edges(dana, 48, 49, 52)
    assert edge.target.arn == role.arn
    assert proved(dana, [edge])
    dana.put_policy("no", Policy.deny(actions[-1]))
    assert edges(dana, 48, 49, 52) == []


@pytest.mark.parametrize(
    "actions",
    [
        ["sagemaker:CreatePresignedDomainUrl"],
        [
            "sagemaker:CreateStudioLifecycleConfig",
            "sagemaker:UpdateUserProfile",
            "sagemaker:CreateApp",
        ],
        [
            "sagemaker:UpdateNotebookInstanceLifecycleConfig",
            "sagemaker:StopNotebookInstance",
            "sagemaker:StartNotebookInstance",
        ],
    ],
)
def test_existing_studio_users_and_notebooks_run_other_code(actions: list[str]) -> None:
    """AWS pages: "API CreatePresignedDomainUrl", "API CreateApp"."""
    main = account()
    role = worker(main, "sagemaker")
    dana = caller(main, Policy.allow(actions))
    [edge] = edges(dana, 65)
    assert edge.target.arn == role.arn
    assert "works with the role" in edge.conditions[0]
    for missing in actions:
        dana.put_policy("no", Policy.deny(missing))
        assert edges(dana, 65) == []


@pytest.mark.parametrize(
    "actions",
    [
        ["ssm:CreateAssociation"],
        ["ssm:ResumeSession"],
        ["ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"],
        [
            "ssm:CreateMaintenanceWindow",
            "ssm:RegisterTargetWithMaintenanceWindow",
            "ssm:RegisterTaskWithMaintenanceWindow",
        ],
        ["ssm:RegisterTaskWithMaintenanceWindow"],
    ],
)
def test_systems_manager_runs_commands_in_further_ways(actions: list[str]) -> None:
    """AWS pages: "API CreateAssociation", "API UpdateDocument"; "Maintenance Windows"."""
    main = account()
    role = worker(main, "ec2")
    main.create_instance(instance_profile="ec2-worker")
    dana = caller(main, Policy.allow(actions))
    [edge] = edges(dana, 66)
    assert edge.target.arn == role.arn
    assert edge.conditions
    assert proved(dana, [edge])
    dana.put_policy("no", Policy.deny(actions[-1]))
    assert edges(dana, 66) == []


MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
MFA_TRUST = Policy.allow("sts:AssumeRole", None, principal=MAIN, when=MFA)
DEVICE = ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:CreateAccessKey"]


def test_a_key_and_a_device_make_a_user_with_mfa() -> None:
    """AWS pages: "API EnableMFADevice"; "Secure API access with MFA": a role asks for MFA."""
    main = account()
    boss = main.create_role("boss", assume_role_policy_document=MFA_TRUST)
    boss.attach_policy("AdministratorAccess")
    main.create_user("eve").put_policy("own", Policy.allow("sts:AssumeRole", boss.arn))
    dana = caller(main, Policy.allow(DEVICE))
    path = main.world.reach().path(dana)
    assert path is not None
    assert [edge.way.number for edge in path] == [74, 15]
    made = path.replay()
    assert made.world.can(made.principal, "iamlab-probe:AnythingAtAll", "*", allow_unknown=True)
    for missing in DEVICE:
        dana.put_policy("no", Policy.deny(missing))
        assert main.world.reach().path(dana) is None


def test_a_device_is_made_only_where_a_policy_asks_for_mfa() -> None:
    """Elsewhere the key is enough."""
    main = account()
    main.create_user("eve").put_policy("own", Policy.allow("s3:*"))
    dana = caller(main, Policy.allow(DEVICE))
    assert edges(dana, 74) == []
    assert len(edges(dana, 10)) == 1


@pytest.mark.parametrize(
    "missing", ["", "iam:PassRole", "cloudformation:CreateStack", "lambda:InvokeFunction"]
)
def test_a_stacks_role_creates_what_the_user_invokes(missing: str) -> None:
    """AWS page: "AWS CloudFormation service role": a stack's calls are made with its role."""
    main = account()
    stack, work = worker(main, "cloudformation"), worker(main, "lambda")
    stack.put_policy("own", Policy.allow(["iam:PassRole", "lambda:CreateFunction"]))
    names = ["iam:PassRole", "cloudformation:CreateStack", "lambda:InvokeFunction"]
    dana = caller(main, Policy.allow([name for name in names if name != missing]))
    found = edges(dana, 75)
    assert [edge.target.arn for edge in found] == ([] if missing else [work.arn])
    for edge in found:
        assert [call.operation for call in edge.calls] == [
            "cloudformation:CreateStack",
            "lambda:CreateFunction",
            "lambda:InvokeFunction",
        ]
        assert proved(dana, found)


def test_a_stacks_role_needs_its_own_permissions() -> None:
    """The user's don't help it."""
    main = account()
    stack = worker(main, "cloudformation")
    worker(main, "lambda")
    names = ["cloudformation:CreateStack", "lambda:InvokeFunction", "lambda:CreateFunction"]
    dana = caller(main, Policy.allow(names), Policy.allow("iam:PassRole", stack.arn))
    assert edges(dana, 75) == []


OF_AWS = "arn:aws:iam::aws:policy"
LISTED = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")


@pytest.mark.parametrize(
    ("condition", "is_path"),
    [
        ({"ArnEquals": {"iam:PolicyARN": [f"{OF_AWS}/{name}" for name in LISTED]}}, True),
        ({"ArnNotEquals": {"iam:PolicyARN": f"{OF_AWS}/ReadOnlyAccess"}}, False),
    ],
)
def test_a_deny_list_of_policies_protects_only_if_the_rest_leads_nowhere(
    condition: dict[str, Any], *, is_path: bool
) -> None:
    """AWS page: "IAM and AWS STS condition context keys", iam:PolicyARN."""
    main = account()
    worker(main, "lambda").attach_policy("AdministratorAccess")
    dana = caller(
        main, Policy.allow("iam:AttachUserPolicy"), Policy.deny("iam:Attach*", when=condition)
    )
    path = main.world.reach().path(dana)
    assert (path is not None) is is_path
    assert not any(name in str(path).split() for name in LISTED)

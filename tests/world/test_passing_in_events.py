"""Which role a call hands to which service, as its parameters say."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from iamlab.analysis.least_privilege.pass_role import PASSES, passed_by
from iamlab.analysis.privilege_escalation import finders as ways
from iamlab.analysis.privilege_escalation.plans import Plan
from iamlab.analysis.trails.uses import Use

if TYPE_CHECKING:
    from collections.abc import Iterator

ANA = "arn:aws:iam::111111111111:user/ana"
JOB = "arn:aws:iam::111111111111:role/job"
PROFILE = "arn:aws:iam::111111111111:instance-profile/web"


def plans_in(value: object, depth: int = 4) -> Iterator[Plan]:
    """Give the plans in a table, however they lie in it."""
    if isinstance(value, Plan):
        yield value
    elif depth and isinstance(value, Mapping | list | tuple):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from plans_in(one, depth - 1)


def test_every_passing_call_of_the_ways_is_known() -> None:
    """A call that passes a role on the way to its permissions shows it in a log as well."""
    modules = [
        import_module(f"{ways.__name__}.{one.name}") for one in pkgutil.iter_modules(ways.__path__)
    ]
    plans = [
        one for module in modules for value in vars(module).values() for one in plans_in(value)
    ]
    passing = {(step.action, plan.service) for plan in plans for step in plan.steps if step.passes}

    known = {(action, service) for action, services in PASSES.items() for service in services}

    assert len(passing) > 30
    assert passing - known == set()


@pytest.mark.parametrize(
    ("action", "given", "role", "service"),
    [
        (
            "ec2:RequestSpotInstances",
            {"launchSpecification": {"iamInstanceProfile": {"name": "web"}}},
            PROFILE,
            "ec2",
        ),
        (
            "ec2:ReplaceIamInstanceProfileAssociation",
            {
                "ReplaceIamInstanceProfileAssociationRequest": {
                    "IamInstanceProfile": {"Name": "web"}
                }
            },
            PROFILE,
            "ec2",
        ),
        ("autoscaling:CreateLaunchConfiguration", {"iamInstanceProfile": "web"}, PROFILE, "ec2"),
        (
            "imagebuilder:CreateInfrastructureConfiguration",
            {"instanceProfileName": "web"},
            PROFILE,
            "ec2",
        ),
        ("elasticmapreduce:RunJobFlow", {"jobFlowRole": "web"}, PROFILE, "ec2"),
        ("elasticmapreduce:RunJobFlow", {"serviceRole": "job"}, JOB, "elasticmapreduce"),
        ("iam:AddRoleToInstanceProfile", {"roleName": "job"}, JOB, "ec2"),
        (
            "apprunner:CreateService",
            {"instanceConfiguration": {"instanceRoleArn": JOB}},
            JOB,
            "tasks.apprunner",
        ),
        (
            "batch:RegisterJobDefinition",
            {"containerProperties": {"jobRoleArn": JOB}},
            JOB,
            "ecs-tasks",
        ),
        ("bedrock-agentcore:CreateBrowser", {"executionRoleArn": JOB}, JOB, "bedrock-agentcore"),
        ("cloudformation:CreateStackSet", {"administrationRoleARN": JOB}, JOB, "cloudformation"),
        (
            "datapipeline:PutPipelineDefinition",
            {
                "pipelineObjects": [
                    {
                        "fields": [
                            {"key": "resourceRole", "stringValue": "web"},
                            {"key": "type", "stringValue": "job"},
                        ]
                    }
                ]
            },
            PROFILE,
            "ec2",
        ),
    ],
)
def test_the_role_stands_in_the_parameters(
    action: str, given: dict[str, Any], role: str, service: str
) -> None:
    """Of a role in an instance profile only the profile is named."""
    use = Use(
        action,
        "*",
        ANA,
        ANA,
        "111111111111",
        datetime(2026, 11, 25, tzinfo=UTC),
        is_allowed=True,
        region="x",
    )

    [passed] = passed_by(use, given)

    assert (passed.role, passed.service) == (role, f"{service}.amazonaws.com")
    assert passed.is_profile == (role == PROFILE)

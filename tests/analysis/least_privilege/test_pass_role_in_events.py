"""Which role a call hands to which service, as its parameters say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from iamlab.analysis.least_privilege.used_permissions import PASSES, passed_by
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS
from iamlab.analysis.trails.uses import Use

ANA = "arn:aws:iam::111111111111:user/ana"
JOB = "arn:aws:iam::111111111111:role/job"
PROFILE = "arn:aws:iam::111111111111:instance-profile/web"


def test_every_passing_call_of_the_ways_is_known() -> None:
    """A call that passes a role on the way to its permissions shows it in a log as well."""
    plans = [plan for method in METHODS.values() for plan in method.plans]
    passing = {
        (step.action.lower(), plan.service) for plan in plans for step in plan.steps if step.passes
    }

    known = {(action, service) for action, services in PASSES.items() for service in services}

    assert len(passing) > 30
    assert passing - known == set()


@pytest.mark.parametrize(
    ("action", "parameters", "role", "service"),
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
def test_the_role_is_in_the_parameters(
    action: str, parameters: dict[str, Any], role: str, service: str
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

    [passed] = passed_by(use, parameters)

    assert (passed.role, passed.service) == (role, f"{service}.amazonaws.com")
    assert passed.is_profile == (role == PROFILE)

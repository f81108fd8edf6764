"""Roles that calls hand to services: ``iam:PassRole`` is asked for, and never logged.

A call that makes a function, an instance or a stack says in its parameters with which role that is
to run. So the call's own record proves which role its caller may pass, and to which service.

Notes
-----
AWS pages: "Grant a user permissions to pass a role to an AWS service"; "Refine permissions in AWS
using last accessed information", which says that PassRole is not tracked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.model.quotas import is_name
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.analysis.trails.uses import Use

PASS_ROLE = "iam:PassRole"

_TASK = {"ecs-tasks": "taskRoleArn executionRoleArn"}
_RUN = {"ecs-tasks": "overrides.taskRoleArn overrides.executionRoleArn"}
PASSES: Mapping[str, Mapping[str, str]] = {
    # The role is in an instance profile.
    "autoscaling:CreateLaunchConfiguration": {"ec2": "iamInstanceProfile"},
    "ec2:AssociateIamInstanceProfile": {
        "ec2": "iamInstanceProfile AssociateIamInstanceProfileRequest.IamInstanceProfile"
    },
    "ec2:ReplaceIamInstanceProfileAssociation": {
        "ec2": "iamInstanceProfile ReplaceIamInstanceProfileAssociationRequest.IamInstanceProfile"
    },
    "ec2:RequestSpotInstances": {"ec2": "launchSpecification.iamInstanceProfile"},
    "ec2:RunInstances": {"ec2": "iamInstanceProfile"},
    "imagebuilder:CreateInfrastructureConfiguration": {"ec2": "instanceProfileName"},
    "imagebuilder:UpdateInfrastructureConfiguration": {"ec2": "instanceProfileName"},
    "datapipeline:PutPipelineDefinition": {
        "ec2": "pipelineObjects.fields.key=resourceRole.stringValue",
        "datapipeline": "pipelineObjects.fields.key=role.stringValue",
    },
    "elasticmapreduce:RunJobFlow": {"ec2": "jobFlowRole", "elasticmapreduce": "serviceRole"},
    "batch:CreateComputeEnvironment": {
        "ec2": "computeResources.instanceRole",
        "batch": "serviceRole",
    },
    # Whoever puts a role into a profile hands it to EC2.
    "iam:AddRoleToInstanceProfile": {"ec2": "roleName"},
    # The role is named.
    "apprunner:CreateService": {
        "tasks.apprunner": "instanceConfiguration.instanceRoleArn",
        "build.apprunner": "sourceConfiguration.authenticationConfiguration.accessRoleArn",
    },
    "batch:RegisterJobDefinition": {
        "ecs-tasks": "containerProperties.jobRoleArn containerProperties.executionRoleArn"
    },
    "bedrock-agentcore:CreateAgentRuntime": {"bedrock-agentcore": "roleArn"},
    "bedrock-agentcore:CreateBrowser": {"bedrock-agentcore": "executionRoleArn"},
    "bedrock-agentcore:CreateCodeInterpreter": {"bedrock-agentcore": "executionRoleArn"},
    "braket:CreateJob": {"braket": "roleArn"},
    "cloudformation:CreateChangeSet": {"cloudformation": "roleARN"},
    "cloudformation:CreateStack": {"cloudformation": "roleARN"},
    "cloudformation:CreateStackSet": {"cloudformation": "administrationRoleARN"},
    "cloudformation:DeleteStack": {"cloudformation": "roleARN"},
    "cloudformation:UpdateStack": {"cloudformation": "roleARN"},
    "cloudformation:UpdateStackSet": {"cloudformation": "administrationRoleARN"},
    "codebuild:CreateProject": {"codebuild": "serviceRole"},
    "codebuild:UpdateProject": {"codebuild": "serviceRole"},
    "ecs:RegisterTaskDefinition": _TASK,
    "ecs:RunTask": _RUN,
    "ecs:StartTask": _RUN,
    "emr-serverless:StartJobRun": {"emr-serverless": "executionRoleArn"},
    "events:PutTargets": {"events": "targets.roleArn"},
    "gamelift:CreateFleet": {"gamelift": "instanceRoleArn"},
    "glue:CreateDevEndpoint": {"glue": "roleArn"},
    "glue:CreateJob": {"glue": "role"},
    "glue:CreateSession": {"glue": "role"},
    "glue:UpdateJob": {"glue": "jobUpdate.role"},
    "kinesisanalytics:CreateApplication": {"kinesisanalytics": "serviceExecutionRole"},
    "lambda:CreateFunction": {"lambda": "role"},
    "lambda:UpdateFunctionConfiguration": {"lambda": "role"},
    "omics:StartRun": {"omics": "roleArn"},
    "sagemaker:CreateNotebookInstance": {"sagemaker": "roleArn"},
    "sagemaker:CreateProcessingJob": {"sagemaker": "roleArn"},
    "sagemaker:CreateTrainingJob": {"sagemaker": "roleArn"},
    "scheduler:CreateSchedule": {"scheduler": "target.roleArn"},
    "scheduler:UpdateSchedule": {"scheduler": "target.roleArn"},
    "ssm:StartAutomationExecution": {
        "ssm": "parameters.AutomationAssumeRole parameters.automationAssumeRole"
    },
    "states:CreateStateMachine": {"states": "roleArn"},
    "states:UpdateStateMachine": {"states": "roleArn"},
}
"""Action -> the services that get a role, each with the places of the parameters that name it."""

_BY_ACTION = {action.lower(): services for action, services in PASSES.items()}

_PROFILES = frozenset(
    (
        *("iaminstanceprofile", "instanceprofilename", "jobflowrole", "instancerole"),
        "pipelineobjects.fields.key=resourcerole.stringvalue",
    )
)
"""Places, or their last parts, in lower case, where an instance profile is named, not a role."""


@dataclass(frozen=True, slots=True, order=True)
class Passed:
    """A role that was passed to a service.

    Parameters
    ----------
    role
        Its ARN; of a role in an instance profile, the profile's ARN, which does not name the role.
    service
        The service that runs with it: ``lambda.amazonaws.com``.
    """

    role: str
    service: str

    @property
    def is_profile(self) -> bool:
        """Whether it is known only in which instance profile the role is."""
        return ":instance-profile/" in self.role

    def statement(self) -> dict[str, Any]:
        """Write the statement that lets it be passed: this role, to this service."""
        return {
            "Effect": "Allow",
            "Action": PASS_ROLE,
            "Resource": self.role,
            "Condition": {"StringEquals": {"iam:PassedToService": self.service}},
        }


def passed_by(use: Use, parameters: Mapping[str, Any] | None) -> Iterator[Passed]:
    """Give the roles that a call passed, as its parameters say.

    Examples
    --------
    >>> from datetime import datetime
    >>> from iamlab.analysis.trails.uses import Use
    >>> ana = "arn:aws:iam::111122223333:user/ana"
    >>> use = Use("lambda:CreateFunction", "*", ana, ana, "111122223333", datetime(2026, 11, 25),
    ...           True, "us-east-1")
    >>> list(passed_by(use, {"role": "arn:aws:iam::111122223333:role/job"}))
    [Passed(role='arn:aws:iam::111122223333:role/job', service='lambda.amazonaws.com')]
    """
    known = _BY_ACTION.get(use.action.lower())
    if known is None or not isinstance(parameters, Mapping):
        return
    partition = use.caller.split(":")[1] if is_arn(use.caller) else "aws"
    for service, places in known.items():
        for place in places.split():
            kind = "instance-profile" if _is_of_profile(place.lower()) else "role"
            begins = f"arn:{partition}:iam::{use.account_id}:{kind}/"
            for value in _at(parameters, place.split(".")):
                arn = _arn(value, kind, begins)
                if arn:
                    yield Passed(arn, f"{service}.amazonaws.com")


def _is_of_profile(place: str) -> bool:
    return place in _PROFILES or place.rpartition(".")[2] in _PROFILES


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Give what stands at a place; of lists on the way each member counts."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and "=" in path[0]:
        name, _, wanted = path[0].partition("=")
        if value.get(name) == wanted:
            yield from _at(value, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _arn(value: Any, kind: str, begins: str) -> str:
    """Read an ARN or a name; of an instance profile both may stand in an object. Else empty."""
    if isinstance(value, Mapping):
        value = value.get("arn") or value.get("Arn") or value.get("name") or value.get("Name")
    if not isinstance(value, str) or not value:
        return ""
    if is_arn(value):
        return value if Arn.parse(value).kind == kind else ""
    return f"{begins}{value}" if is_name(value) else ""

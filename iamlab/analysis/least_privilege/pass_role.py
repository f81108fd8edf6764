"""Roles that calls pass to services: this takes ``iam:PassRole``, which is never logged.

A call that creates a function, an instance or a stack names in its parameters the role that the
service is to use. So the call's own record proves which role its caller may pass, and to which
service.

Notes
-----
AWS pages: "Grant a user permissions to pass a role to an AWS service"; "Refine permissions in AWS
using last accessed information", which says that PassRole is not tracked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.model.quotas import is_name
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.analysis.trails.uses import Use

PASS_ROLE = "iam:PassRole"

_ROLE_PARAMETERS: Mapping[str, Mapping[str, str]] = {
    # The role is in an instance profile.
    "ec2": {
        "iamInstanceProfile": "autoscaling:CreateLaunchConfiguration RunInstances "
        "AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation",
        "AssociateIamInstanceProfileRequest.IamInstanceProfile": "AssociateIamInstanceProfile",
        "ReplaceIamInstanceProfileAssociationRequest.IamInstanceProfile": (
            "ReplaceIamInstanceProfileAssociation"
        ),
        "launchSpecification.iamInstanceProfile": "RequestSpotInstances",
        "instanceProfileName": "imagebuilder:CreateInfrastructureConfiguration "
        "imagebuilder:UpdateInfrastructureConfiguration",
        "pipelineObjects.fields.key=resourceRole.stringValue": (
            "datapipeline:PutPipelineDefinition"
        ),
        "jobFlowRole": "elasticmapreduce:RunJobFlow",
        "computeResources.instanceRole": "batch:CreateComputeEnvironment",
        # Whoever puts a role into a profile passes it to EC2.
        "roleName": "iam:AddRoleToInstanceProfile",
    },
    "datapipeline": {"pipelineObjects.fields.key=role.stringValue": "PutPipelineDefinition"},
    "elasticmapreduce": {"serviceRole": "RunJobFlow"},
    "batch": {"serviceRole": "CreateComputeEnvironment"},
    # The role is named.
    "tasks.apprunner": {"instanceConfiguration.instanceRoleArn": "apprunner:CreateService"},
    "build.apprunner": {
        "sourceConfiguration.authenticationConfiguration.accessRoleArn": "apprunner:CreateService"
    },
    "bedrock-agentcore": {
        "roleArn": "CreateAgentRuntime",
        "executionRoleArn": "CreateBrowser CreateCodeInterpreter",
    },
    "braket": {"roleArn": "CreateJob"},
    "cloudformation": {
        "roleARN": "CreateChangeSet CreateStack DeleteStack UpdateStack",
        "administrationRoleARN": "CreateStackSet UpdateStackSet",
    },
    "codebuild": {"serviceRole": "CreateProject UpdateProject"},
    "ecs-tasks": {
        "containerProperties.jobRoleArn": "batch:RegisterJobDefinition",
        "containerProperties.executionRoleArn": "batch:RegisterJobDefinition",
        "taskRoleArn": "ecs:RegisterTaskDefinition",
        "executionRoleArn": "ecs:RegisterTaskDefinition",
        "overrides.taskRoleArn": "ecs:RunTask ecs:StartTask",
        "overrides.executionRoleArn": "ecs:RunTask ecs:StartTask",
    },
    "emr-serverless": {"executionRoleArn": "StartJobRun"},
    "events": {"targets.roleArn": "PutTargets"},
    "gamelift": {"instanceRoleArn": "CreateFleet"},
    "glue": {
        "roleArn": "CreateDevEndpoint",
        "role": "CreateJob CreateSession",
        "jobUpdate.role": "UpdateJob",
    },
    "kinesisanalytics": {"serviceExecutionRole": "CreateApplication"},
    "lambda": {"role": "CreateFunction UpdateFunctionConfiguration"},
    "omics": {"roleArn": "StartRun"},
    "sagemaker": {"roleArn": "CreateNotebookInstance CreateProcessingJob CreateTrainingJob"},
    "scheduler": {"target.roleArn": "CreateSchedule UpdateSchedule"},
    "ssm": {
        "parameters.AutomationAssumeRole": "StartAutomationExecution",
        "parameters.automationAssumeRole": "StartAutomationExecution",
    },
    "states": {"roleArn": "CreateStateMachine UpdateStateMachine"},
}
"""Service that gets a role -> the parameter that names the role -> the actions that have it."""


def _by_action() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for service, parameters in _ROLE_PARAMETERS.items():
        for parameter, actions in parameters.items():
            for name in actions.split():
                services = found[name if ":" in name else f"{service}:{name}"]
                services[service] = (*services.get(service, ()), parameter)
    return dict(found)


PASSES = _by_action()
"""Action -> the services that get a role, each with the parameters that name it."""

_PASSES_LOWER = {action.lower(): services for action, services in PASSES.items()}


@dataclass(frozen=True, slots=True, order=True)
class PassedRole:
    """A role that was passed to a service.

    Parameters
    ----------
    role
        Its ARN; of a role in an instance profile, the profile's ARN, which does not name the role.
    service
        The service that uses it: ``lambda.amazonaws.com``.
    """

    role: str
    service: str

    @property
    def is_profile(self) -> bool:
        """Whether only the instance profile of the role is known."""
        return ":instance-profile/" in self.role


def passed_by(use: Use, parameters: Mapping[str, Any] | None) -> Iterator[PassedRole]:
    """Give the roles that a call passed, as its parameters say.

    Examples
    --------
    >>> from datetime import datetime
    >>> from iamlab.analysis.trails.uses import Use
    >>> ana = "arn:aws:iam::111122223333:user/ana"
    >>> use = Use("lambda:CreateFunction", "*", ana, ana, "111122223333", datetime(2026, 11, 25),
    ...           True, "us-east-1")
    >>> [passed] = passed_by(use, {"role": "arn:aws:iam::111122223333:role/job"})
    >>> passed.role, passed.service
    ('arn:aws:iam::111122223333:role/job', 'lambda.amazonaws.com')
    """
    services = _PASSES_LOWER.get(use.action.lower(), {})
    if not isinstance(parameters, Mapping):
        return
    partition = use.caller.split(":")[1] if is_arn(use.caller) else "aws"
    for service, names in services.items():
        for name in names:
            is_profile = service == "ec2" and name != "roleName"
            kind = "instance-profile" if is_profile else "role"
            start = f"arn:{partition}:iam::{use.account_id}:{kind}/"
            for value in _values_at(parameters, name.split(".")):
                arn = _role_arn(value, kind, start)
                if arn:
                    yield PassedRole(arn, f"{service}.amazonaws.com")


def _values_at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Give the values at a path; of lists on the way each member counts."""
    if isinstance(value, list | tuple):
        for member in value:
            yield from _values_at(member, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and "=" in path[0]:
        name, _, wanted = path[0].partition("=")
        if value.get(name) == wanted:
            yield from _values_at(value, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _values_at(value[path[0]], path[1:])


def _role_arn(value: Any, kind: str, start: str) -> str:
    """Read an ARN or a name; of an instance profile both may be in an object. Else empty."""
    if isinstance(value, Mapping):
        value = value.get("arn") or value.get("Arn") or value.get("name") or value.get("Name")
    if not isinstance(value, str) or not value:
        return ""
    if is_arn(value):
        return value if Arn.parse(value).kind == kind else ""
    return f"{start}{value}" if is_name(value) else ""

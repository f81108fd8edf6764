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

from iamlab.policy.arn import Arn, is_arn
from iamlab.world.quotas import is_name

if TYPE_CHECKING:
    from iamlab.world.trails.uses import Use

PASS_ROLE = "iam:PassRole"

_PASSES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ec2:runinstances": ("ec2.amazonaws.com", ("iamInstanceProfile",)),
    "ec2:associateiaminstanceprofile": (
        "ec2.amazonaws.com",
        ("iamInstanceProfile", "AssociateIamInstanceProfileRequest.IamInstanceProfile"),
    ),
    "lambda:createfunction": ("lambda.amazonaws.com", ("role",)),
    "lambda:updatefunctionconfiguration": ("lambda.amazonaws.com", ("role",)),
    "ecs:registertaskdefinition": (
        "ecs-tasks.amazonaws.com",
        ("taskRoleArn", "executionRoleArn"),
    ),
    "ecs:runtask": (
        "ecs-tasks.amazonaws.com",
        ("overrides.taskRoleArn", "overrides.executionRoleArn"),
    ),
    "cloudformation:createstack": ("cloudformation.amazonaws.com", ("roleARN",)),
    "cloudformation:updatestack": ("cloudformation.amazonaws.com", ("roleARN",)),
    "cloudformation:deletestack": ("cloudformation.amazonaws.com", ("roleARN",)),
    "cloudformation:createchangeset": ("cloudformation.amazonaws.com", ("roleARN",)),
    "glue:createjob": ("glue.amazonaws.com", ("role",)),
    "glue:updatejob": ("glue.amazonaws.com", ("jobUpdate.role",)),
    "glue:createdevendpoint": ("glue.amazonaws.com", ("roleArn",)),
    "glue:createsession": ("glue.amazonaws.com", ("role",)),
    "sagemaker:createnotebookinstance": ("sagemaker.amazonaws.com", ("roleArn",)),
    "sagemaker:createtrainingjob": ("sagemaker.amazonaws.com", ("roleArn",)),
    "sagemaker:createprocessingjob": ("sagemaker.amazonaws.com", ("roleArn",)),
    "codebuild:createproject": ("codebuild.amazonaws.com", ("serviceRole",)),
    "codebuild:updateproject": ("codebuild.amazonaws.com", ("serviceRole",)),
    "states:createstatemachine": ("states.amazonaws.com", ("roleArn",)),
    "states:updatestatemachine": ("states.amazonaws.com", ("roleArn",)),
    "scheduler:createschedule": ("scheduler.amazonaws.com", ("target.roleArn",)),
    "events:puttargets": ("events.amazonaws.com", ("targets.roleArn",)),
    "ssm:startautomationexecution": (
        "ssm.amazonaws.com",
        ("parameters.AutomationAssumeRole", "parameters.automationAssumeRole"),
    ),
}
"""An action, in lower case -> the service that gets the role, and the parameters that name it."""


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
    >>> from iamlab.world.trails.uses import Use
    >>> ana = "arn:aws:iam::111122223333:user/ana"
    >>> use = Use("lambda:CreateFunction", "*", ana, ana, "111122223333", datetime(2026, 11, 25),
    ...           True, "us-east-1")
    >>> list(passed_by(use, {"role": "arn:aws:iam::111122223333:role/job"}))
    [Passed(role='arn:aws:iam::111122223333:role/job', service='lambda.amazonaws.com')]
    """
    known = _PASSES.get(use.action.lower())
    if known is None or not isinstance(parameters, Mapping):
        return
    service, paths = known
    partition = use.caller.split(":")[1] if is_arn(use.caller) else "aws"
    for path in paths:
        for value in _at(parameters, path.split(".")):
            kind = "instance-profile" if path.endswith("nstanceProfile") else "role"
            arn = _arn(value, kind, f"arn:{partition}:iam::{use.account_id}:{kind}/")
            if arn:
                yield Passed(arn, service)


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Give what stands at a path; of lists on it, each member is looked at."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _at(one, path)
    elif not path:
        yield value
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

"""Ways to make what already works with a role do what one likes: rows 63 to 65, and 69 to 72.

No role is passed, so ``iam:PassRole`` does not guard these ways. The world does not know stacks,
notebooks, projects, tasks and the like: an edge goes to each role that the service may assume, on
the condition that there is such a thing.

Notes
-----
AWS pages: the API pages of the calls; "Service Authorization Reference", for what each is asked on.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from iamlab.world.reach.plans import plan
from iamlab.world.reach.ways.finding import finds
from iamlab.world.reach.ways.services import by_plans

if TYPE_CHECKING:
    from iamlab.world.reach.plans import Plan

STACK = "a stack works with the role {role}"
NOTEBOOK = "a notebook works with the role {role}"
PROJECT = "a project works with the role {role}"
INTERPRETER = "a code interpreter works with the role {role}"

PLANS: dict[int, tuple[Plan, ...]] = {
    63: (
        plan(
            "glue",
            "glue:UpdateDevEndpoint devendpoint",
            "a development endpoint works with the role {role}",
        ),
    ),
    64: (
        plan("cloudformation", "cloudformation:UpdateStack stack", STACK),
        plan(
            "cloudformation",
            "cloudformation:CreateChangeSet stack & cloudformation:ExecuteChangeSet stack",
            STACK,
        ),
    ),
    65: (
        plan(
            "sagemaker", "sagemaker:CreatePresignedNotebookInstanceUrl notebook-instance", NOTEBOOK
        ),
        plan(
            "sagemaker",
            "sagemaker:CreateNotebookInstanceLifecycleConfig +notebook-instance-lifecycle-config & "
            "sagemaker:StopNotebookInstance notebook-instance & "
            "sagemaker:UpdateNotebookInstance notebook-instance & "
            "sagemaker:StartNotebookInstance notebook-instance",
            NOTEBOOK,
            main="notebook-instance",
        ),
    ),
    69: (
        plan(
            "ec2",
            "ec2:CreateLaunchTemplateVersion launch-template & "
            "ec2:ModifyLaunchTemplate launch-template ec2:Attribute=DefaultVersion",
            "instances are started again and again from a launch template with the role {role}, "
            "by its default version",
        ),
    ),
    70: (
        plan("codebuild", "codebuild:StartBuild project", PROJECT),
        plan("codebuild", "codebuild:StartBuildBatch project", PROJECT),
    ),
    71: (
        plan(
            "ecs-tasks",
            "ecs:DescribeTasks task ecs:cluster={cluster} & "
            "ecs:ExecuteCommand cluster task ecs:cluster={cluster}",
            "a task that lets commands be run in it works with the role {role}",
            main="task",
        ),
    ),
    72: (
        plan(
            "tasks.apprunner",
            "apprunner:UpdateService service",
            "a service works with the role {role}",
        ),
        plan(
            "states",
            "states:UpdateStateMachine statemachine & states:StartExecution statemachine",
            "a state machine works with the role {role}",
        ),
        plan(
            "ecs-tasks",
            "batch:SubmitJob +job job-definition job-queue",
            "a job definition with the role {role} runs what it is told",
            main="job",
        ),
        plan(
            "ec2",
            "codedeploy:CreateDeployment deploymentgroup",
            "CodeDeploy installs what it is told on an instance with the role {role}",
        ),
        plan(
            "bedrock-agentcore",
            "bedrock-agentcore:StartCodeInterpreterSession code-interpreter-custom & "
            "bedrock-agentcore:InvokeCodeInterpreter code-interpreter-custom",
            INTERPRETER,
        ),
    ),
}
"""Number of a way -> plans, of which one is enough."""

for _number, _plans in PLANS.items():
    finds(_number)(partial(by_plans, plans=_plans))

"""Ways to make what already works with a role do what one likes: rows 63 to 65, and 69 to 72.

No role is passed, so ``iam:PassRole`` does not guard these ways. The world does not know stacks,
notebooks, projects, tasks and the like: an edge goes to each role that the service may assume, on
the condition that there is such a thing.

Ways to have a function of the world run code of one's own with its role: rows 61 and 62.

Notes
-----
AWS pages: the API pages of the calls; "Service Authorization Reference", for what each is asked on.
AWS pages: "API UpdateFunctionCode"; "API UpdateFunctionConfiguration"; "Managing Lambda
dependencies with layers"; "Viewing resource-based IAM policies in Lambda", for a function's policy
lets its principals change the function too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.services import Known, by_known, by_plans
from iamlab.analysis.privilege_escalation.plans import Plan, plan
from iamlab.operations.services.lambda_function import Function
from iamlab.operations.sts.session import find_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.model.account import Account


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


EVENTS = "lambda:CreateEventSourceMapping"

RUN = {
    " & lambda:InvokeFunction function": "",
    " & lambda:AddPermission function": "",
    f" & {EVENTS} lambda:FunctionArn={{function}}": (
        "the role {role} may read a stream or a queue that is there"
    ),
    "": "something calls the function",
}
"""How the function comes to run: by the caller, by somebody whom it lets, by events, or anyway."""

LAYER = (
    "lambda:GetLayerVersion layerVersion & "
    "lambda:UpdateFunctionConfiguration function lambda:Layer={layerVersion}"
)
BY_LAYER = "a layer holds code of the caller's"
BY_VARIABLE = "an environment variable makes the function's runtime load other code"


def _and(*texts: str) -> str:
    return ", and ".join(text for text in texts if text)


CODE_PLANS = tuple(
    plan("lambda", f"lambda:UpdateFunctionCode function{run}", given) for run, given in RUN.items()
)
SETTING_PLANS = (
    *(
        plan("lambda", f"{LAYER}{run}", _and(BY_LAYER, given), main="function")
        for run, given in RUN.items()
    ),
    *(
        plan(
            "lambda",
            f"lambda:UpdateFunctionConfiguration function{run}",
            _and(BY_VARIABLE, given),
        )
        for run, given in RUN.items()
    ),
)


A_FUNCTION = "a function works with the role {role}"


@finds(61)
def replace_code(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``UpdateFunctionCode``; then the function must run."""
    yield from _change(view, method, CODE_PLANS)


@finds(62)
def change_settings(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``UpdateFunctionConfiguration`` with a layer, or with environment variables."""
    yield from _change(view, method, SETTING_PLANS)


def _change(view: AttackerView, method: EscalationMethod, plans: Sequence[Plan]) -> Iterator[Edge]:
    yield from by_known(view, method, plans, list(_functions(view.account)), A_FUNCTION)
    for account in view.world.accounts.values():
        if account is not view.account:
            # Nobody makes an event source for a function of another account.
            abroad = [plan for plan in plans if EVENTS not in plan.actions]
            shared = [each for each in _functions(account) if each.is_shared]
            yield from by_known(view, method, abroad, shared, "")


def _functions(account: Account) -> Iterator[Known]:
    """Give the functions of an account that have a role of it."""
    for each in account.resources.values():
        role = find_role(account.world, each.role_arn) if isinstance(each, Function) else None
        if role is not None and role.account is account:
            yield Known({"function": each.arn}, role, is_shared=each.policy is not None)

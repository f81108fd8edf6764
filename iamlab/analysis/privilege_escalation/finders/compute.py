"""Ways to run code with a role that is passed to a service: rows 35 to 60 of the table.

Each row has plans, of which one is enough. What cannot be replayed is proved by the decisions about
all calls of the plan.

Notes
-----
AWS pages: "Grant a user permissions to pass a role to an AWS service"; "Service Authorization
Reference", for what each call is asked on. Service principals that no page of AWS lists together
are those of the services' own guides.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.services import by_plan, by_plans
from iamlab.analysis.privilege_escalation.plans import Plan, plan, with_role
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.authorization.principal import principal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole
    from iamlab.analysis.privilege_escalation.table import EscalationMethod


FUNCTION = "lambda:CreateFunction> +function & "
TASK = "ecs:RegisterTaskDefinition> +task-definition & "
RUN = "ecs:RunTask task-definition @task ecs:cluster={cluster} ~cluster"
START_ON = (
    "ecs:StartTask task-definition @task ecs:cluster={cluster} ~cluster "
    "ecs:container-instances={container-instance} ~container-instance"
)
SERVE = (
    "ecs:CreateService +service @task ecs:cluster={cluster} ~cluster "
    "ecs:task-definition={task-definition}"
)
CLUSTER = "ecs:CreateCluster +cluster & "
HAS_CLUSTER = "there is a cluster that runs tasks"
HAS_TASK = f"{HAS_CLUSTER}, and a task definition whose containers run what they are told"

PLANS: dict[int, tuple[Plan, ...]] = {
    35: (
        plan(
            "ec2",
            "ec2:RunInstances> +instance image +network-interface security-group subnet +volume "
            "ec2:InstanceProfile={profile}",
        ),
    ),
    36: (
        plan(
            "ec2", "ec2:RequestSpotInstances> +spot-instances-request image security-group subnet"
        ),
    ),
    39: (
        plan(
            "ec2",
            "autoscaling:CreateLaunchConfiguration> +launchConfiguration & "
            "autoscaling:CreateAutoScalingGroup +autoScalingGroup",
        ),
        plan(
            "ec2",
            "autoscaling:CreateLaunchConfiguration> +launchConfiguration & "
            "autoscaling:UpdateAutoScalingGroup autoScalingGroup",
            "there is an Auto Scaling group",
        ),
    ),
    40: (plan("lambda", f"{FUNCTION}lambda:InvokeFunction function"),),
    41: (
        plan(
            "lambda",
            f"{FUNCTION}lambda:CreateEventSourceMapping lambda:FunctionArn={{function}}",
            "the role {role} may read a stream or a queue that is there",
        ),
    ),
    42: (plan("lambda", f"{FUNCTION}lambda:AddPermission function"),),
    43: (
        plan("cloudformation", "cloudformation:CreateStack> +stack cloudformation:RoleArn={role}"),
    ),
    44: (
        plan(
            "cloudformation",
            "cloudformation:CreateStackSet> @stackset cloudformation:RoleArn={role} & "
            "cloudformation:CreateStackInstances stackset",
        ),
        plan(
            "cloudformation",
            "cloudformation:UpdateStackSet> stackset cloudformation:RoleArn={role}",
            "there is a stack set with stacks",
        ),
    ),
    45: (plan("glue", "glue:CreateDevEndpoint> @devendpoint"),),
    46: (
        plan("glue", "glue:CreateJob> +job & glue:StartJobRun job"),
        plan("glue", "glue:CreateJob> +job & glue:CreateTrigger +trigger"),
        plan("glue", "glue:CreateSession> +session & glue:RunStatement session"),
        plan("glue", "glue:UpdateJob> job & glue:StartJobRun job", "there is a job"),
        plan("glue", "glue:UpdateJob> job & glue:CreateTrigger +trigger", "there is a job"),
    ),
    47: (
        plan(
            "ec2",
            "datapipeline:CreatePipeline @pipeline & datapipeline:PutPipelineDefinition> pipeline "
            "& datapipeline:ActivatePipeline pipeline",
            "the account is one of those that may still use Data Pipeline",
            also="datapipeline",
        ),
    ),
    48: (
        plan(
            "sagemaker",
            "sagemaker:CreateNotebookInstance> +notebook-instance & "
            "sagemaker:CreatePresignedNotebookInstanceUrl notebook-instance",
        ),
    ),
    49: (
        plan("sagemaker", "sagemaker:CreateTrainingJob> +training-job"),
        plan("sagemaker", "sagemaker:CreateProcessingJob> +processing-job"),
    ),
    50: (
        plan("codebuild", "codebuild:CreateProject> +project & codebuild:StartBuild project"),
        plan("codebuild", "codebuild:CreateProject> +project & codebuild:StartBuildBatch project"),
    ),
    52: (
        plan("ecs-tasks", f"{CLUSTER}{TASK}{RUN}", main="task"),
        plan("ecs-tasks", f"{CLUSTER}{TASK}{SERVE}", main="task"),
        plan("ecs-tasks", f"{TASK}{RUN}", HAS_CLUSTER, main="task"),
        plan("ecs-tasks", f"{TASK}{SERVE}", HAS_CLUSTER, main="task"),
        plan("ecs-tasks", f"{TASK}{START_ON}", HAS_CLUSTER, main="task"),
    ),
    53: (
        plan("ecs-tasks", with_role(RUN), HAS_TASK, main="task"),
        plan("ecs-tasks", with_role(START_ON), HAS_TASK, main="task"),
    ),
    54: (plan("tasks.apprunner", "apprunner:CreateService> +service"),),
    55: (
        plan(
            "ecs-tasks",
            "batch:RegisterJobDefinition> +job-definition & "
            "batch:SubmitJob +job job-definition job-queue",
            "there is a job queue",
        ),
    ),
    56: (
        plan(
            "states",
            "states:CreateStateMachine> +statemachine & states:StartExecution statemachine",
        ),
    ),
    57: (
        plan(
            "ssm",
            "ssm:CreateDocument +document ssm:DocumentType=Automation & "
            "ssm:StartAutomationExecution> +automation-execution document",
        ),
    ),
    58: (
        plan(
            "scheduler",
            "scheduler:CreateSchedule> +schedule @schedule-group",
            main="schedule-group",
        ),
    ),
    59: (
        plan(
            "bedrock-agentcore",
            "bedrock-agentcore:CreateCodeInterpreter> @code-interpreter-custom & "
            "bedrock-agentcore:StartCodeInterpreterSession code-interpreter-custom & "
            "bedrock-agentcore:InvokeCodeInterpreter code-interpreter-custom",
        ),
    ),
    60: (
        plan("ec2", "elasticmapreduce:RunJobFlow> @cluster", also="elasticmapreduce"),
        plan(
            "emr-serverless",
            "emr-serverless:CreateApplication @application & "
            "emr-serverless:StartJobRun> application",
        ),
        plan(
            "kinesisanalytics",
            "kinesisanalytics:CreateApplication> @application & "
            "kinesisanalytics:StartApplication application",
        ),
        plan("gamelift", "gamelift:CreateBuild @build & gamelift:CreateFleet> @fleet"),
        plan(
            "ec2",
            "imagebuilder:CreateComponent +component & imagebuilder:CreateImageRecipe +imageRecipe "
            "& imagebuilder:CreateInfrastructureConfiguration> +infrastructureConfiguration & "
            "imagebuilder:CreateImage +image",
        ),
        plan("braket", "braket:CreateJob> +job device"),
        plan("omics", "omics:CreateWorkflow @workflow & omics:StartRun> +run workflow"),
        plan(
            "bedrock-agentcore",
            "bedrock-agentcore:CreateBrowser> @browser-custom & "
            "bedrock-agentcore:StartBrowserSession browser-custom & "
            "bedrock-agentcore:ConnectBrowserAutomationStream",
        ),
        plan(
            "bedrock-agentcore",
            "bedrock-agentcore:CreateAgentRuntime> @runtime & "
            "bedrock-agentcore:InvokeAgentRuntime runtime +runtime-endpoint",
        ),
    ),
}
"""Number of a way -> plans, of which one is enough."""

PLAIN = {"RoleArn", "RoleSessionName"}
"""The parameters of AssumeRole that CloudFormation sends."""


for _number in PLANS.keys() - {44}:
    finds(_number)(partial(by_plans, plans=PLANS[_number]))


@finds(44)
def take_by_a_stack_set(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Have a stack set made: the role that is passed administers it, and takes the role that works.

    Both must be so: the first trusts CloudFormation, the second the first.
    """
    done: set[str] = set()
    for each in PLANS[44]:
        for administration, edge in by_plan(view, method, each):
            for taken in _taken_by(view, administration.arn):
                if taken.role.arn not in done and taken.role is not view.role:
                    done.add(taken.role.arn)
                    yield view.becomes(method, taken.role, edge.make, *edge.conditions)


def _taken_by(view: AttackerView, role_arn: str) -> list[AssumableRole]:
    """Give the roles that a role may assume; worked out once."""
    key = ("taken by", role_arn)
    if key not in view.decider.kept:
        state = PrincipalState.of(principal_of(view.world, role_arn))
        every = view.assuming.taken_by(state)
        # CloudFormation says no more in its call than it must.
        view.decider.kept[key] = [each for each in every if each.call.parameters.keys() == PLAIN]
    found: list[AssumableRole] = view.decider.kept[key]
    return found

"""The rows of the table whose ways go through a service: one that runs code as a role, or sets it.

Most services work with a role of the account's. Whoever tells such a service what to do acts as
that role. There are two kinds of ways: to hand the service a role (``iam:PassRole``), or to change
what it already has a role for. The first has a guard that the second has not.

Notes
-----
``table.py`` says what the columns are. AWS pages: "Grant a user permissions to pass a role to an
AWS service"; "AWS services that work with IAM"; for IAM Identity Center "Manage AWS accounts with
permission sets".
"""

from __future__ import annotations

Row = tuple[int, str, str, str, str, str, str]

PASS = "iam:PassRole "
OR = " or "
"""Stands between forms of which one is enough."""

IDENTITY_CENTER: tuple[Row, ...] = (
    (
        34,
        "widen a permission set that one is assigned to, or assign oneself",
        (
            "sso:AttachManagedPolicyToPermissionSet|sso:PutInlinePolicyToPermissionSet "
            "sso:ProvisionPermissionSet or sso:CreateAccountAssignment"
        ),
        *("S R", "d", "sso-001 sso-002 sso-003", "IAM Identity Center"),
    ),
)

NEW_COMPUTE: tuple[Row, ...] = (
    (
        *(35, "start an instance with a role", f"{PASS}ec2:RunInstances"),
        *("R", "a", "ec2-001 RH3", "EC2"),
    ),
    (
        *(36, "ask for a spot instance with a role", f"{PASS}ec2:RequestSpotInstances"),
        *("R", "a", "", "EC2"),
    ),
    (
        37,
        "give a role to an instance that one controls",
        f"{PASS}ec2:AssociateIamInstanceProfile|ec2:ReplaceIamInstanceProfileAssociation",
        *("R", "a", "", "EC2"),
    ),
    (
        38,
        "make an instance profile of a role, and an instance with it",
        (
            f"{PASS}iam:CreateInstanceProfile iam:AddRoleToInstanceProfile "
            "ec2:RunInstances|ec2:AssociateIamInstanceProfile|ec2:ReplaceIamInstanceProfileAssociation"
        ),
        *("R", "a d", "", "EC2"),
    ),
    (
        39,
        "let Auto Scaling start instances with a role",
        (
            f"{PASS}autoscaling:CreateLaunchConfiguration "
            "autoscaling:CreateAutoScalingGroup|autoscaling:UpdateAutoScalingGroup"
        ),
        *("R", "a", "", "EC2 Auto Scaling"),
    ),
    (
        40,
        "make a function with a role, and call it",
        f"{PASS}lambda:CreateFunction lambda:InvokeFunction",
        *("R", "a", "lambda-001 RH15", "Lambda"),
    ),
    (
        41,
        "make a function with a role, and let a stream or a queue call it",
        f"{PASS}lambda:CreateFunction lambda:CreateEventSourceMapping",
        *("R", "a", "lambda-002 RH17", "Lambda"),
    ),
    (
        42,
        "make a function with a role, and let somebody else call it",
        f"{PASS}lambda:CreateFunction lambda:AddPermission",
        *("R", "a", "lambda-006 RH16", "Lambda"),
    ),
    (
        *(43, "make a stack that works with a role", f"{PASS}cloudformation:CreateStack"),
        *("R", "a f", "cfn-001 RH21", "CloudFormation"),
    ),
    (
        44,
        "make or change a stack set whose administration role takes another one",
        (
            f"{PASS}cloudformation:CreateStackSet cloudformation:CreateStackInstances or "
            f"{PASS}cloudformation:UpdateStackSet"
        ),
        *("R", "a", "cfn-003 cfn-004", "CloudFormation"),
    ),
    (
        *(45, "make a development endpoint with a role", f"{PASS}glue:CreateDevEndpoint"),
        *("R", "a", "glue-001 RH19", "Glue"),
    ),
    (
        46,
        "run a job or an interactive session with a role",
        (
            f"{PASS}glue:CreateJob|glue:UpdateJob glue:StartJobRun|glue:CreateTrigger or "
            f"{PASS}glue:CreateSession glue:RunStatement"
        ),
        *("R", "a", "glue-003 glue-004 glue-005 glue-006 glue-007", "Glue"),
    ),
    (
        47,
        "run a pipeline on an instance with a role",
        (
            f"{PASS}datapipeline:CreatePipeline datapipeline:PutPipelineDefinition "
            "datapipeline:ActivatePipeline"
        ),
        *("R", "a", "RH22", "Data Pipeline"),
    ),
    (
        48,
        "make a notebook with a role, and open it",
        f"{PASS}sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl",
        *("R", "a", "sagemaker-001 RH27", "SageMaker"),
    ),
    (
        49,
        "run a training or processing job with a role",
        f"{PASS}sagemaker:CreateTrainingJob|sagemaker:CreateProcessingJob",
        *("R", "a", "sagemaker-002 sagemaker-003", "SageMaker"),
    ),
    (
        50,
        "make a project with a role, and build it",
        f"{PASS}codebuild:CreateProject codebuild:StartBuild|codebuild:StartBuildBatch",
        *("R", "a", "codebuild-001 codebuild-004", "CodeBuild"),
    ),
    (
        51,
        "make a CodeStar project",
        (
            "codestar:CreateProjectFromTemplate or "
            "codestar:CreateProject iam:PassRole|codestar:AssociateTeamMember"
        ),
        *("S R", "", "RH23 RH24 RH25", "CodeStar"),
    ),
    (
        52,
        "register a task definition with a role, and run it",
        (
            f"{PASS}ecs:RegisterTaskDefinition ecs:RunTask|ecs:StartTask|ecs:CreateService or "
            f"{PASS}ecs:CreateCluster ecs:RegisterTaskDefinition ecs:RunTask|ecs:CreateService"
        ),
        *("R", "a", "ecs-001 ecs-002 ecs-003 ecs-004 ecs-005", "ECS"),
    ),
    (
        53,
        "run a known task definition with another role and another command",
        f"{PASS}ecs:RunTask|ecs:StartTask",
        *("R", "a", "ecs-007 ecs-008 ecs-009", "ECS"),
    ),
    (
        *(54, "make a service with a role", f"{PASS}apprunner:CreateService"),
        *("R", "a", "apprunner-001", "App Runner"),
    ),
    (
        55,
        "register a job definition with a role, and submit a job",
        f"{PASS}batch:RegisterJobDefinition batch:SubmitJob",
        *("R", "a", "batch-001", "Batch"),
    ),
    (
        56,
        "make a state machine with a role, and start it",
        f"{PASS}states:CreateStateMachine states:StartExecution",
        *("R", "a", "stepfunctions-001", "Step Functions"),
    ),
    (
        57,
        "write an automation, and run it with a role",
        f"{PASS}ssm:CreateDocument ssm:StartAutomationExecution",
        *("R", "a", "ssm-003", "Systems Manager"),
    ),
    (
        *(58, "let the scheduler make a call with a role", f"{PASS}scheduler:CreateSchedule"),
        *("R", "a", "scheduler-001", "EventBridge Scheduler"),
    ),
    (
        59,
        "make a code interpreter with a role, and run code in it",
        (
            f"{PASS}bedrock-agentcore:CreateCodeInterpreter "
            "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter"
        ),
        *("R", "a", "bedrock-001", "Bedrock AgentCore"),
    ),
    (
        60,
        "run code with a role in a less common service",
        (
            f"{PASS}elasticmapreduce:RunJobFlow|braket:CreateJob or "
            f"{PASS}emr-serverless:CreateApplication emr-serverless:StartJobRun or "
            f"{PASS}kinesisanalytics:CreateApplication kinesisanalytics:StartApplication or "
            f"{PASS}gamelift:CreateBuild gamelift:CreateFleet or "
            f"{PASS}imagebuilder:CreateComponent imagebuilder:CreateImageRecipe "
            "imagebuilder:CreateInfrastructureConfiguration imagebuilder:CreateImage or "
            f"{PASS}omics:CreateWorkflow omics:StartRun or "
            f"{PASS}bedrock-agentcore:CreateBrowser bedrock-agentcore:StartBrowserSession "
            "bedrock-agentcore:ConnectBrowserAutomationStream or "
            f"{PASS}bedrock-agentcore:CreateAgentRuntime bedrock-agentcore:InvokeAgentRuntime"
        ),
        *("R", "a", "", "a service that runs code"),
    ),
)

RUN = "lambda:InvokeFunction|lambda:AddPermission|lambda:CreateEventSourceMapping"
"""How a function is made to run; others may call it anyway."""

EXISTING: tuple[Row, ...] = (
    (
        61,
        "replace the code of a function",
        f"lambda:UpdateFunctionCode or lambda:UpdateFunctionCode {RUN}",
        *("R", "d f", "lambda-003 lambda-004 lambda-005 RH18", "Lambda"),
    ),
    (
        62,
        "give a function a layer or environment variables that bring code",
        (
            f"lambda:UpdateFunctionConfiguration or lambda:UpdateFunctionConfiguration {RUN} or "
            "lambda:GetLayerVersion lambda:UpdateFunctionConfiguration or "
            f"lambda:GetLayerVersion lambda:UpdateFunctionConfiguration {RUN}"
        ),
        *("R", "d f", "RH26", "Lambda"),
    ),
    (
        *(63, "put one's key on a development endpoint", "glue:UpdateDevEndpoint"),
        *("R", "d", "glue-002 RH20", "Glue"),
    ),
    (
        64,
        "change a stack that works with a role",
        (
            "cloudformation:UpdateStack or "
            "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet"
        ),
        *("R", "d f", "cfn-002 cfn-005", "CloudFormation"),
    ),
    (
        65,
        "open a notebook, or change what it does when it starts",
        (
            "sagemaker:CreatePresignedNotebookInstanceUrl or "
            "sagemaker:CreateNotebookInstanceLifecycleConfig "
            "sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance "
            "sagemaker:StartNotebookInstance"
        ),
        *("R", "d", "sagemaker-004 sagemaker-005 RH28", "SageMaker"),
    ),
    (
        66,
        "run commands on an instance by Systems Manager",
        "ssm:StartSession|ssm:SendCommand or ssm:CreateDocument ssm:SendCommand",
        *("R", "d f", "ssm-001 ssm-002", "Systems Manager"),
    ),
    (
        67,
        "log in to an instance with a key that EC2 Instance Connect puts there",
        "ec2-instance-connect:SendSSHPublicKey|ec2-instance-connect:SendSerialConsoleSSHPublicKey",
        *("R", "d f", "", "EC2 Instance Connect"),
    ),
    (
        68,
        "write the script that an instance runs when it starts",
        (
            "ec2:StopInstances ec2:ModifyInstanceAttribute ec2:StartInstances or "
            "ec2:ModifyInstanceAttribute ec2:StartInstances"
        ),
        *("R", "d", "ec2-002", "EC2"),
    ),
    (
        69,
        "write a launch template that is used again and again",
        "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate",
        *("R", "d", "", "EC2"),
    ),
    (
        70,
        "build a project with commands of one's own",
        "codebuild:StartBuild|codebuild:StartBuildBatch",
        *("R", "d", "codebuild-002 codebuild-003", "CodeBuild"),
    ),
    (
        71,
        "open a shell in a task",
        "ecs:ExecuteCommand ecs:DescribeTasks",
        *("R", "d", "ecs-006", "ECS"),
    ),
    (
        72,
        "change or call what works with a role in another service",
        (
            "apprunner:UpdateService|batch:SubmitJob|codedeploy:CreateDeployment or "
            "states:UpdateStateMachine states:StartExecution or "
            "bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter"
        ),
        *("R", "d", "", "a service that runs code"),
    ),
)

ROWS = (*IDENTITY_CENTER, *NEW_COMPUTE, *EXISTING)
"""Number, title, permissions, gain, guards, ids, service; as ``table.py`` reads them."""

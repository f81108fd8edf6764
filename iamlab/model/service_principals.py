"""Service principals: which roles they assume, which keys they send, which linked roles they have.

A service works for many accounts. It sends the resource and account that it calls for as
``aws:SourceArn`` and ``aws:SourceAccount``, so a policy can allow it for one account only. An Allow
with a condition on a key that the service doesn't send allows nobody.

Notes
-----
AWS pages: "The confused deputy problem"; each row names its page. AWS has no page with all of them,
so some rows are only likely. "AWS services that work with IAM"; "Create a service-linked role"; the
"AWS Managed Policy Reference", for the policies under ``/aws-service-role/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


SOURCE_ARN, SOURCE_ACCOUNT = "aws:SourceArn", "aws:SourceAccount"
BOTH = (SOURCE_ARN, SOURCE_ACCOUNT)
Confidence = Literal["sure", "likely", "unsure"]


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """A service principal.

    Parameters
    ----------
    name
        Without ``.amazonaws.com``.
    assumes_roles, calls_resources
        Where policies name it: in trust policies, in resource-based policies.
    sends
        The condition keys that it sends.
    page
        The page that documents it; empty if no page is known.
    """

    name: str
    assumes_roles: bool
    calls_resources: bool
    sends: tuple[str, ...]
    confidence: Confidence
    page: str = ""


def _rows(
    names: str, used_for: str, sends: tuple[str, ...], confidence: Confidence, page: str = ""
) -> list[ServicePrincipal]:
    """Make a row for each name; ``T`` means trust policies, ``D`` resource-based policies."""
    trust, resource = "T" in used_for, "D" in used_for
    return [
        ServicePrincipal(name, trust, resource, sends, confidence, page) for name in names.split()
    ]


PRINCIPALS = {
    row.name: row
    for row in (
        *_rows("ec2", "T", (), "likely"),
        *_rows("lambda", "T", BOTH, "sure", "Lambda execution role"),
        *_rows("ecs-tasks states codebuild glue sagemaker ssm", "T", BOTH, "likely"),
        *_rows("vpc-flow-logs scheduler firehose cloudformation", "T", BOTH, "likely"),
        *_rows("backup codepipeline codedeploy", "T", BOTH, "unsure"),
        *_rows("s3", "D", BOTH, "sure", "Amazon S3 Event Notifications"),
        *_rows("logging.s3", "D", BOTH, "sure", "Enabling Amazon S3 server access logging"),
        *_rows("sns", "D", (SOURCE_ARN,), "sure", "Subscribing an SQS queue to an SNS topic"),
        *_rows("events", "DT", (SOURCE_ARN,), "sure", "EventBridge resource-based policies"),
        *_rows("apigateway", "DT", (SOURCE_ARN,), "sure", "API Gateway Lambda permissions"),
        *_rows("cloudtrail", "DT", BOTH, "sure", "Amazon S3 bucket policy for CloudTrail"),
        *_rows("config", "DT", (SOURCE_ACCOUNT,), "likely", "AWS Config delivery channel"),
        *_rows("delivery.logs logs", "D", BOTH, "likely", "Logging from AWS services"),
        *_rows("cloudfront", "D", (SOURCE_ARN,), "sure", "Access to an Amazon S3 origin"),
        *_rows("cloudwatch budgets ses cognito-idp", "D", BOTH, "likely"),
        *_rows("guardduty secretsmanager", "D", BOTH, "likely"),
    )
}
"""By name. It isn't certain that apigateway sends both when it assumes a role for its log."""

_END = re.compile(r"\.amazonaws\.(?:com|com\.cn|eu)\Z", re.ASCII)
_REGION = re.compile(r"\.(?:[a-z]{2,4})(?:-[a-z]+)+-\d\Z", re.ASCII)


def find(principal: str) -> ServicePrincipal | None:
    """Find a service; its name can contain a Region.

    Examples
    --------
    >>> find("logs.eu-west-1.amazonaws.com").name
    'logs'
    """
    name = _END.sub("", principal.lower())
    return PRINCIPALS.get(_REGION.sub("", name))


def sends(principal: str) -> tuple[str, ...]:
    """Return the condition keys that a service sends about its source: both, if unknown.

    Examples
    --------
    >>> sends("sns.amazonaws.com"), sends("ec2.amazonaws.com")
    (('aws:SourceArn',), ())
    >>> sends("of-tomorrow.amazonaws.com")
    ('aws:SourceArn', 'aws:SourceAccount')
    """
    known = find(principal)
    return BOTH if known is None else known.sends


PATH = "/aws-service-role/"
"""The path of service-linked roles."""

ROLE_MANAGER = "role-manager.iam.amazonaws.com"
"""The service that creates roles from templates."""

_BEGIN = "AWSServiceRoleFor"
_DOMAIN = ".amazonaws.com"


@dataclass(frozen=True, slots=True)
class LinkedService:
    """A service with a service-linked role.

    Parameters
    ----------
    name
        The part of the role's name after ``AWSServiceRoleFor``.
    policy
        The AWS managed policy attached to the role; empty if unknown.
    takes_suffix
        Whether there can be several such roles, each with its own suffix.
    is_known
        Whether AWS's pages have the name; else it follows from the service's name.
    """

    name: str
    policy: str = ""
    takes_suffix: bool = False
    is_known: bool = True

    def role_name(self, suffix: str) -> str:
        """Return the name of the role."""
        return f"{_BEGIN}{self.name}" + (f"_{suffix}" if suffix else "")


_KNOWN = {
    "access-analyzer": LinkedService("AccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
    "autoscaling": LinkedService("AutoScaling", "AutoScalingServiceRolePolicy", takes_suffix=True),
    "backup": LinkedService("Backup", "AWSBackupServiceLinkedRolePolicyForBackup"),
    "batch": LinkedService("Batch", "BatchServiceRolePolicy"),
    "cloudtrail": LinkedService("CloudTrail", "CloudTrailServiceRolePolicy"),
    "config": LinkedService("Config", "AWSConfigServiceRolePolicy"),
    "connect": LinkedService(
        "AmazonConnect", "AmazonConnectServiceLinkedRolePolicy", takes_suffix=True
    ),
    "dynamodb.application-autoscaling": LinkedService(
        "ApplicationAutoScaling_DynamoDBTable", "AWSApplicationAutoscalingDynamoDBTablePolicy"
    ),
    "ecs": LinkedService("ECS", "AmazonECSServiceRolePolicy"),
    "ecs.application-autoscaling": LinkedService(
        "ApplicationAutoScaling_ECSService", "AWSApplicationAutoscalingECSServicePolicy"
    ),
    "eks": LinkedService("AmazonEKS", "AmazonEKSServiceRolePolicy"),
    "eks-fargate": LinkedService("AmazonEKSForFargate", "AmazonEKSForFargateServiceRolePolicy"),
    "eks-nodegroup": LinkedService("AmazonEKSNodegroup", "AWSServiceRoleForAmazonEKSNodegroup"),
    "elasticache": LinkedService("ElastiCache", "ElastiCacheServiceRolePolicy"),
    "elasticbeanstalk": LinkedService("ElasticBeanstalk", "AWSElasticBeanstalkServiceRolePolicy"),
    "elasticfilesystem": LinkedService(
        "AmazonElasticFileSystem", "AmazonElasticFileSystemServiceRolePolicy"
    ),
    "elasticloadbalancing": LinkedService(
        "ElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"
    ),
    "elasticmapreduce": LinkedService("EMRCleanup", "AmazonEMRCleanupPolicy"),
    "es": LinkedService("AmazonElasticsearchService", "AmazonElasticsearchServiceRolePolicy"),
    "fsx": LinkedService("AmazonFSx", "AmazonFSxServiceRolePolicy"),
    "globalaccelerator": LinkedService("GlobalAccelerator", "AWSGlobalAcceleratorSLRPolicy"),
    "guardduty": LinkedService("AmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"),
    "inspector2": LinkedService("AmazonInspector2", "AmazonInspector2ServiceRolePolicy"),
    "kafka": LinkedService("Kafka", "KafkaServiceRolePolicy"),
    "lakeformation": LinkedService(
        "LakeFormationDataAccess", "LakeFormationDataAccessServiceRolePolicy"
    ),
    "lex": LinkedService("LexBots", "LexBotPolicy"),
    "lexv2": LinkedService("LexV2Bots", "AmazonLexV2BotPolicy", takes_suffix=True),
    "macie": LinkedService("AmazonMacie", "AmazonMacieServiceRolePolicy"),
    "mq": LinkedService("AmazonMQ", "AmazonMQServiceRolePolicy"),
    "opensearchservice": LinkedService(
        "AmazonOpenSearchService", "AmazonOpenSearchServiceRolePolicy"
    ),
    "ops.apigateway": LinkedService("APIGateway", "APIGatewayServiceRolePolicy"),
    "organizations": LinkedService("Organizations", "AWSOrganizationsServiceTrustPolicy"),
    "rds": LinkedService("RDS", "AmazonRDSServiceRolePolicy"),
    "redshift": LinkedService("Redshift", "AmazonRedshiftServiceLinkedRolePolicy"),
    "replication.dynamodb": LinkedService(
        "DynamoDBReplication", "DynamoDBReplicationServiceRolePolicy"
    ),
    "replicator.lambda": LinkedService("LambdaReplicator", "AWSLambdaReplicator"),
    "role-manager.iam": LinkedService("IAMRoleManager", "AWSIAMRoleManagerServiceRolePolicy"),
    "securityhub": LinkedService("SecurityHub", "AWSSecurityHubServiceRolePolicy"),
    "spot": LinkedService("EC2Spot", "AWSEC2SpotServiceRolePolicy"),
    "spotfleet": LinkedService("EC2SpotFleet", "AWSEC2SpotFleetServiceRolePolicy"),
    "ssm": LinkedService("AmazonSSM", "AmazonSSMServiceRolePolicy"),
    "sso": LinkedService("SSO", "AWSSSOServiceRolePolicy"),
    "support": LinkedService("Support", "AWSSupportServiceRolePolicy"),
    "transitgateway": LinkedService("VPCTransitGateway", "AWSVPCTransitGatewayServiceRolePolicy"),
    "trustedadvisor": LinkedService("TrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy"),
}
"""Service principal, without ``.amazonaws.com`` -> its role."""


def linked_service(principal: str) -> LinkedService | None:
    """Return the linked role of a service; ``None`` if it isn't a service principal.

    Examples
    --------
    >>> linked_service("autoscaling.amazonaws.com").role_name("blue")
    'AWSServiceRoleForAutoScaling_blue'
    >>> linked_service("some-thing.amazonaws.com")
    LinkedService(name='SomeThing', policy='', takes_suffix=True, is_known=False)
    """
    own = principal.removesuffix(_DOMAIN)
    if own in ("", principal):
        return None
    if own in _KNOWN:
        return _KNOWN[own]
    # As AWS does it: the whole name, then the part before the first dot.
    parts = ["".join(map(_title, part.split("-"))) for part in reversed(own.split("."))]
    return LinkedService("_".join(parts), takes_suffix=True, is_known=False)


def _title(word: str) -> str:
    return word[:1].upper() + word[1:]


def role_of(parameters: Mapping[str, Any]) -> str:
    """Return path and name of the role that a call names by its service or by a task.

    Examples
    --------
    >>> role_of({"AWSServiceName": "ecs.amazonaws.com"})
    '/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS'
    """
    if "AWSServiceName" in parameters:
        service = parameters["AWSServiceName"]
        linked = linked_service(service)
        name = linked.role_name(parameters.get("CustomSuffix", "")) if linked else ""
        return f"{PATH}{service}/{name}"
    return str(parameters.get("DeletionTaskId", "")).removeprefix("task").rpartition("/")[0]

"""Which service names its service-linked role how, and which policy of AWS hangs on it.

Notes
-----
AWS pages: "AWS services that work with IAM"; "Create a service-linked role"; the "AWS Managed
Policy Reference", for the policies under ``/aws-service-role/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH = "/aws-service-role/"
"""Where service-linked roles are."""

ROLE_MANAGER = "role-manager.iam.amazonaws.com"
"""The part of IAM that makes roles from templates."""

_BEGIN = "AWSServiceRoleFor"
_DOMAIN = ".amazonaws.com"


@dataclass(frozen=True, slots=True)
class LinkedService:
    """A service that has a role linked to it.

    Parameters
    ----------
    name
        What follows ``AWSServiceRoleFor`` in the role's name.
    policy
        AWS's managed policy that hangs on the role; empty where it is not known.
    takes_suffix
        Whether there may be several such roles, each with a suffix of its own.
    is_known
        Whether AWS's pages give the name; else it was derived from that of the service.
    """

    name: str
    policy: str = ""
    takes_suffix: bool = False
    is_known: bool = True

    def role_name(self, suffix: str) -> str:
        """Give the name of the role."""
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
"""Service principal, without ``.amazonaws.com`` -> how its role is called."""


def linked_service(principal: str) -> LinkedService | None:
    """Say how a service calls its role; ``None`` for what is no service principal.

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
    # As AWS does it: the service, then the part of it that stands before the first dot.
    parts = ["".join(map(_title, part.split("-"))) for part in reversed(own.split("."))]
    return LinkedService("_".join(parts), takes_suffix=True, is_known=False)


def _title(word: str) -> str:
    return word[:1].upper() + word[1:]


def role_of(given: Mapping[str, Any]) -> str:
    """Give path and name of the role that a call means by its service, or by a task.

    Examples
    --------
    >>> role_of({"AWSServiceName": "ecs.amazonaws.com"})
    '/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS'
    """
    if "AWSServiceName" in given:
        service = given["AWSServiceName"]
        linked = linked_service(service)
        name = linked.role_name(given.get("CustomSuffix", "")) if linked else ""
        return f"{PATH}{service}/{name}"
    return str(given.get("DeletionTaskId", "")).removeprefix("task").rpartition("/")[0]

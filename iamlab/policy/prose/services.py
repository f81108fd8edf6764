"""What people call AWS's services."""

from __future__ import annotations

from iamlab.policy.catalog import service_name
from iamlab.policy.prose.words import named

_CALLED = {
    "acm": "ACM",
    "apigateway": "API Gateway",
    "autoscaling": "EC2 Auto Scaling",
    "cassandra": "Keyspaces",
    "cloudformation": "CloudFormation",
    "dynamodb": "DynamoDB",
    "ec2": "EC2",
    "ecr": "ECR",
    "ecs": "ECS",
    "eks": "EKS",
    "elasticfilesystem": "EFS",
    "elasticloadbalancing": "Elastic Load Balancing",
    "elasticmapreduce": "EMR",
    "es": "OpenSearch Service",
    "execute-api": "API Gateway's execute-api",
    "iam": "IAM",
    "kms": "KMS",
    "logs": "CloudWatch Logs",
    "rds": "RDS",
    "s3": "S3",
    "sns": "SNS",
    "sqs": "SQS",
    "ssm": "Systems Manager",
    "sts": "STS",
}
_FIRST_WORDS = ("Amazon ", "AWS ")


def called(prefix: str) -> str | None:
    """Give a service's name as people say it; ``None`` if there is no such service.

    Examples
    --------
    >>> called("S3"), called("cloudtrail"), called("s4")
    ('S3', 'CloudTrail', None)
    """
    known = _CALLED.get(prefix.lower())
    name = service_name(prefix)
    if known or name is None:
        return known
    for word in _FIRST_WORDS:
        name = name.removeprefix(word)
    return name.rpartition(" (")[2].removesuffix(")")


def principal_called(value: str) -> str | None:
    """Name the service behind a service principal; ``None`` if it is no such thing.

    Examples
    --------
    >>> principal_called("ec2.amazonaws.com"), principal_called("delivery.logs.amazonaws.com")
    ('EC2', 'the service delivery.logs.amazonaws.com')
    >>> principal_called("ec2") is None
    True
    """
    prefix, dot, rest = value.partition(".")
    if (
        not value.isascii()
        or not value.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        or not prefix
    ):
        return None
    known = called(prefix) if dot and rest == "amazonaws.com" and prefix.islower() else None
    return known or f"the service {named(value)}"

"""What AWS's services say of themselves when they assume a role, or call somebody's resource.

A service works for many accounts. By ``aws:SourceArn`` and ``aws:SourceAccount`` it says for which
resource and for whose account it calls this time, so that a policy can let it do so for one account
only. An Allow with a condition on a key that the service does not send lets nobody in.

Notes
-----
AWS pages: "The confused deputy problem"; for each row the page that it names. AWS has no page with
all of them, so that some rows are only likely.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

SOURCE_ARN, SOURCE_ACCOUNT = "aws:SourceArn", "aws:SourceAccount"
BOTH = (SOURCE_ARN, SOURCE_ACCOUNT)
Confidence = Literal["sure", "likely", "unsure"]


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """A service, as policies name it.

    Parameters
    ----------
    name
        Without ``.amazonaws.com``.
    assumes_roles, calls_resources
        What it is named for: in trust policies, in the policies of resources.
    sends
        The condition keys that it sends.
    page
        Where that stands; empty: nowhere that is known.
    """

    name: str
    assumes_roles: bool
    calls_resources: bool
    sends: tuple[str, ...]
    confidence: Confidence
    page: str = ""


def _rows(
    names: str,
    used_for: str,
    sends: tuple[str, ...],
    confidence: Confidence,
    page: str = "",
) -> list[ServicePrincipal]:
    """Make a row for each name; ``T`` is for trust policies, ``D`` for those of resources."""
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
"""By name. That apigateway sends both when it assumes a role for its log is unsure."""

_END = re.compile(r"\.amazonaws\.(?:com|com\.cn|eu)\Z", re.ASCII)
_REGION = re.compile(r"\.(?:[a-z]{2,4})(?:-[a-z]+)+-\d\Z", re.ASCII)


def find(principal: str) -> ServicePrincipal | None:
    """Find what is known of a service; a Region in its name does not make it another.

    Examples
    --------
    >>> find("logs.eu-west-1.amazonaws.com").name
    'logs'
    """
    name = _END.sub("", principal.lower())
    return PRINCIPALS.get(_REGION.sub("", name))


def sends(principal: str) -> tuple[str, ...]:
    """Say which condition keys a service sends of what it calls for: both, if it is not known.

    Examples
    --------
    >>> sends("sns.amazonaws.com"), sends("ec2.amazonaws.com")
    (('aws:SourceArn',), ())
    >>> sends("of-tomorrow.amazonaws.com")
    ('aws:SourceArn', 'aws:SourceAccount')
    """
    known = find(principal)
    return BOTH if known is None else known.sends

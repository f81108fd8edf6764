"""What the ARN of a resource says: its parts, and what AWS calls the type of the resource.

Notes
-----
AWS pages: "AWS resource and property types reference"; "IAM Access Analyzer supported resource
types for external and internal access"; "CloudTrail record contents", resources.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Mapping


@lru_cache(maxsize=4096)
def parts_of(arn: str) -> Arn:
    """Read an ARN; what is read once is kept."""
    return Arn.parse(arn)


@lru_cache(maxsize=4096)
def parsed_arn(text: str) -> Arn | None:
    """Read what may be an ARN; ``None`` if it is none."""
    return parts_of(text) if is_arn(text) else None


BUCKET, OBJECT = "AWS::S3::Bucket", "AWS::S3::Object"

TYPES: Mapping[str, str] = {
    "backup:backup-vault:*": "AWS::Backup::BackupVault",
    "dynamodb:table/*/stream/*": "AWS::DynamoDB::Stream",
    "dynamodb:table/*": "AWS::DynamoDB::Table",
    "ecr:repository/*": "AWS::ECR::Repository",
    "elasticfilesystem:file-system/*": "AWS::EFS::FileSystem",
    "events:event-bus/*": "AWS::Events::EventBus",
    "execute-api:*": "AWS::ApiGateway::RestApi",
    "iam:group/*": "AWS::IAM::Group",
    "iam:policy/*": "AWS::IAM::ManagedPolicy",
    "iam:role/*": "AWS::IAM::Role",
    "iam:user/*": "AWS::IAM::User",
    "kinesis:stream/*": "AWS::Kinesis::Stream",
    "kms:alias/*": "AWS::KMS::Alias",
    "kms:key/*": "AWS::KMS::Key",
    "lambda:function:*": "AWS::Lambda::Function",
    "lambda:layer:*": "AWS::Lambda::LayerVersion",
    # Access Analyzer reports an access point with its bucket, which its ARN does not tell.
    "s3:accesspoint/*": "AWS::S3::AccessPoint",
    "s3:*": BUCKET,
    "s3express:bucket/*": "AWS::S3Express::DirectoryBucket",
    "secretsmanager:secret:*": "AWS::SecretsManager::Secret",
    "sns:*": "AWS::SNS::Topic",
    "sqs:*": "AWS::SQS::Queue",
}
"""Service and resource -> the type; the first that fits counts."""


@lru_cache(maxsize=4096)
def resource_type(service: str, resource: str) -> str:
    """Give the type of what an ARN names; empty if it is in no table.

    Parameters
    ----------
    resource
        The sixth part of the ARN.

    Examples
    --------
    >>> resource_type("s3", "star-maps/m31.fits"), resource_type("lambda", "function:resize")
    ('AWS::S3::Object', 'AWS::Lambda::Function')
    """
    text = f"{service}:{resource}"
    found = next((name for form, name in TYPES.items() if glob(form, text)), "")
    return OBJECT if found == BUCKET and "/" in resource else found

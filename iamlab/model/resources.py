"""Resources: an ARN, an owner, tags, a policy; and what AWS calls the types of resources.

What is special about the resources of a service is in its module.

Notes
-----
AWS pages: "AWS services that work with IAM", for what has a resource-based policy; "AWS resource
and property types reference"; "IAM Access Analyzer supported resource types for external and
internal access"; "CloudTrail record contents", resources.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, NoReturn

from iamlab.display import Shown
from iamlab.errors import RequestError
from iamlab.policy.arn import parts_of
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.grants import Grant
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy


@dataclass(slots=True, eq=False)
class Resource(Shown):
    """What requests are about: a bucket, a key, a queue.

    Parameters
    ----------
    arn
        Whatever comes below it (objects of a bucket, indexes of a table) is asked of the same
        policy.
    policy
        Its resource-based policy.
    """

    account: Account = field(repr=False)
    arn: str
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    policy: Policy | None = field(default=None, repr=False)
    kind: ClassVar[str] = "resource"
    separator: ClassVar[str] = ""
    """What stands between the ARN and that of something below it; empty: nothing is below it."""

    @property
    def name(self) -> str:
        """The last part of its ARN."""
        return parts_of(self.arn).name

    @property
    def service(self) -> str:
        """The prefix of the service that keeps it."""
        return parts_of(self.arn).service

    @property
    def region(self) -> str:
        """Where it is; empty of what is in no Region."""
        return parts_of(self.arn).region

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The KMS grants on it."""
        return ()

    @property
    def public_access_block(self) -> PublicAccessBlock | None:
        """The switches of S3 Block Public Access that are in force for it."""
        return None

    @property
    def context(self) -> dict[str, ContextValue]:
        """The condition keys that it brings along beside its tags and its owner."""
        return {}

    @property
    def under_rcps(self) -> bool:
        """Whether resource control policies reach it."""
        return True

    @property
    def shows_tags(self) -> bool:
        """Whether requests have its tags as ``aws:ResourceTag``."""
        return True

    def attach_policy(self, policy_arn: object) -> NoReturn:
        """Refuse: no service has such an operation, and nobody should look for it in vain.

        Raises
        ------
        RequestError
            With the two ways that work.
        """
        raise RequestError(
            f"A managed policy hangs on users, groups and roles, never on a {self.kind}. Attach "
            f"{policy_arn} to whoever shall use {self.name}: user.attach_policy(...). Or give the "
            f"{self.kind} a policy of its own, which names its Principal: "
            f"{self.kind}.put_policy(...)."
        )


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
    """Return the type of what an ARN names; empty if it is in no table.

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

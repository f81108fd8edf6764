"""Which actions a record is about: what CloudTrail calls a call, and what policies call it.

Mostly the event's name is the action's, and the event's source begins with the service's prefix.
The tables have what differs, with the reason.

Actions whose calls are data events, which a trail has only if it is told to.

Which events are of data says the table of events; which actions these calls need, the table of
actions. Here are only those that follow from neither.

Notes
-----
AWS pages: "Service Authorization Reference"; "Amazon S3 API operations and permissions"; "Amazon
S3 CloudTrail events"; "Logging Lambda API calls using AWS CloudTrail".
AWS pages: "Logging data events"; "Logging Amazon S3 API calls using AWS CloudTrail".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.cloudtrail.event_names import DATA_EVENTS, event_name, is_data_event
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Named(NamedTuple):
    """An action of a record, and whether the catalogue has it."""

    name: str
    is_known: bool


PREFIXES: Mapping[str, tuple[str, ...]] = {
    # Policies know these by another name.
    "cloudcontrolapi": ("cloudformation",),
    "email": ("ses",),
    "memory-db": ("memorydb",),
    "monitoring": ("cloudwatch",),
    "rdsdata": ("rds-data",),
    "tagging": ("tag",),
    # These log for two or more services, whose names differ in policies.
    "autoscaling": ("autoscaling", "application-autoscaling", "autoscaling-plans"),
    "ds": ("ds", "ds-data"),
    "es": ("es", "opensearch"),
    "s3": ("s3", "s3express", "s3-object-lambda"),
    "sso": ("sso", "sso-directory", "identitystore"),
}
"""The source of an event, without ``.amazonaws.com`` -> prefixes of actions, the likeliest first.

Where AWS documents no source, that of the service's endpoint is taken.
"""

NO_PERMISSION = frozenset(
    (
        "sts:GetCallerIdentity",  # it is answered to everybody, even against a Deny
        "sts:GetSessionToken",  # the caller only shows again who he is
    )
)
"""Calls that no policy has to allow."""

SIGN_IN = "signin"
"""Where people sign in: what has no action there needs no permission."""

RENAMED: Mapping[str, tuple[str, ...]] = {
    # S3 named its actions before it had as many operations.
    "s3:ListBuckets": ("s3:ListAllMyBuckets",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:ListObjects": ("s3:ListBucket",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
    "s3:ListParts": ("s3:ListMultipartUploadParts",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:SelectObjectContent": ("s3:GetObject",),
    "s3:GetObjectAttributes": ("s3:GetObject", "s3:GetObjectAttributes"),
    "s3:CreateMultipartUpload": ("s3:PutObject",),
    "s3:UploadPart": ("s3:PutObject",),
    "s3:CompleteMultipartUpload": ("s3:PutObject",),
    "s3:PostObject": ("s3:PutObject",),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
    "s3:UploadPartCopy": ("s3:GetObject", "s3:PutObject"),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:ListDirectoryBuckets": ("s3express:ListAllMyDirectoryBuckets",),
    "s3:CreateSession": ("s3express:CreateSession",),
    "s3:WriteGetObjectResponse": ("s3-object-lambda:WriteGetObjectResponse",),
    # S3's configurations: their actions leave out "Bucket", and to delete one is to put none.
    "s3:GetBucketAccelerateConfiguration": ("s3:GetAccelerateConfiguration",),
    "s3:PutBucketAccelerateConfiguration": ("s3:PutAccelerateConfiguration",),
    "s3:GetBucketAccelerate": ("s3:GetAccelerateConfiguration",),
    "s3:PutBucketAccelerate": ("s3:PutAccelerateConfiguration",),
    "s3:GetBucketAnalyticsConfiguration": ("s3:GetAnalyticsConfiguration",),
    "s3:ListBucketAnalyticsConfigurations": ("s3:GetAnalyticsConfiguration",),
    "s3:PutBucketAnalyticsConfiguration": ("s3:PutAnalyticsConfiguration",),
    "s3:DeleteBucketAnalyticsConfiguration": ("s3:PutAnalyticsConfiguration",),
    "s3:DeleteBucketCors": ("s3:PutBucketCORS",),
    "s3:GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:DeleteBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:GetBucketIntelligentTieringConfiguration": ("s3:GetIntelligentTieringConfiguration",),
    "s3:ListBucketIntelligentTieringConfigurations": ("s3:GetIntelligentTieringConfiguration",),
    "s3:PutBucketIntelligentTieringConfiguration": ("s3:PutIntelligentTieringConfiguration",),
    "s3:DeleteBucketIntelligentTieringConfiguration": ("s3:PutIntelligentTieringConfiguration",),
    "s3:GetBucketInventoryConfiguration": ("s3:GetInventoryConfiguration",),
    "s3:ListBucketInventoryConfigurations": ("s3:GetInventoryConfiguration",),
    "s3:PutBucketInventoryConfiguration": ("s3:PutInventoryConfiguration",),
    "s3:DeleteBucketInventoryConfiguration": ("s3:PutInventoryConfiguration",),
    "s3:GetBucketLifecycle": ("s3:GetLifecycleConfiguration",),
    "s3:GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "s3:PutBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "s3:PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:DeleteBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "s3:DeleteBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:GetBucketMetricsConfiguration": ("s3:GetMetricsConfiguration",),
    "s3:ListBucketMetricsConfigurations": ("s3:GetMetricsConfiguration",),
    "s3:PutBucketMetricsConfiguration": ("s3:PutMetricsConfiguration",),
    "s3:DeleteBucketMetricsConfiguration": ("s3:PutMetricsConfiguration",),
    "s3:GetBucketNotificationConfiguration": ("s3:GetBucketNotification",),
    "s3:PutBucketNotificationConfiguration": ("s3:PutBucketNotification",),
    "s3:DeleteBucketOwnershipControls": ("s3:PutBucketOwnershipControls",),
    "s3:GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "s3:PutBucketReplication": ("s3:PutReplicationConfiguration",),
    "s3:DeleteBucketReplication": ("s3:PutReplicationConfiguration",),
    "s3:DeleteBucketTagging": ("s3:PutBucketTagging",),
    "s3:GetObjectLockConfiguration": ("s3:GetBucketObjectLockConfiguration",),
    "s3:PutObjectLockConfiguration": ("s3:PutBucketObjectLockConfiguration",),
    # The bucket's switches and the account's are two actions.
    "s3:GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock",),
    "s3:PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:DeletePublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:DeleteBucketPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:DeleteAccountPublicAccessBlock": ("s3:PutAccountPublicAccessBlock",),
    # Lambda's API says Invoke, and its action says what.
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "lambda:InvokeWithResponseStream": ("lambda:InvokeFunction",),
    "lambda:GetLayerVersionByArn": ("lambda:GetLayerVersion",),
    # A batch needs what each of its parts needs.
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sns:PublishBatch": ("sns:Publish",),
    "dynamodb:TransactGetItems": ("dynamodb:GetItem",),
    "verifiedpermissions:BatchGetPolicy": ("verifiedpermissions:GetPolicy",),
    "verifiedpermissions:BatchIsAuthorized": ("verifiedpermissions:IsAuthorized",),
    "verifiedpermissions:BatchIsAuthorizedWithToken": (
        "verifiedpermissions:IsAuthorizedWithToken",
    ),
    # One call, two keys.
    "kms:ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    # A conversation is one way to invoke a model.
    "bedrock:Converse": ("bedrock:InvokeModel",),
    "bedrock:ConverseStream": ("bedrock:InvokeModelWithResponseStream",),
    "bedrock:StartAsyncInvoke": ("bedrock:InvokeModel",),
    "bedrock:InvokeModelWithBidirectionalStream": ("bedrock:InvokeModel",),
    # A second version of an operation has the action of the first.
    "access-analyzer:GetFindingV2": ("access-analyzer:GetFinding",),
    "access-analyzer:ListFindingsV2": ("access-analyzer:ListFindings",),
    "cloudfront:CreateDistributionWithTags": ("cloudfront:CreateDistribution",),
    # Budgets have two actions for all that is done with them.
    "budgets:CreateBudget": ("budgets:ModifyBudget",),
    "budgets:UpdateBudget": ("budgets:ModifyBudget",),
    "budgets:DeleteBudget": ("budgets:ModifyBudget",),
    "budgets:DescribeBudget": ("budgets:ViewBudget",),
    "budgets:DescribeBudgets": ("budgets:ViewBudget",),
}
"""What the event's name would be as an action -> the actions that are needed."""

VERSIONED = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}
"""What S3 asks for instead when the call names a version of the object."""

VERBS = {
    "Create": "POST",
    "Delete": "DELETE",
    "Flush": "DELETE",
    "Generate": "POST",
    "Get": "GET",
    "Import": "POST",
    "Put": "PUT",
    "Reimport": "PUT",
    "Tag": "PUT",
    "Test": "POST",
    "Untag": "DELETE",
    "Update": "PATCH",
}
"""How a name begins at API Gateway -> its action, which is the verb of HTTP."""

_VERSION = re.compile(r"20\d\d_?\d\d_?\d\d(?:v\d)?$")
"""What Lambda and CloudFront put behind the name: ``20150331v2``, ``2020_05_31``."""

_FIRST_WORD = re.compile(r"[A-Z][a-z]+")


@lru_cache(maxsize=8192)
def named(event_source: str, event_name: str) -> tuple[Named, ...]:
    """Give the actions that a call needs; none if it needs no permission.

    Examples
    --------
    >>> named("s3.amazonaws.com", "HeadObject")
    (Named(name='s3:GetObject', is_known=True),)
    >>> named("lambda.amazonaws.com", "CreateFunction20150331")[0].name
    'lambda:CreateFunction'
    >>> named("sts.amazonaws.com", "GetCallerIdentity")
    ()
    >>> named("night.amazonaws.com", "CountStars")
    (Named(name='night:CountStars', is_known=False),)
    """
    source = event_source.removesuffix(".amazonaws.com")
    plain = _VERSION.sub("", event_name) or event_name
    # Endpoints for one part of a service stand before its name: data.iot.
    prefixes = PREFIXES.get(source) or (source.rpartition(".")[2],)
    for prefix in prefixes:
        full = f"{prefix}:{plain}"
        if full in NO_PERMISSION:
            return ()
        if full in RENAMED:
            return tuple(Named(one, is_known=True) for one in RENAMED[full])
        found = catalog.action(full)
        if found is not None:
            return (Named(found.full_name, is_known=True),)
    word = _FIRST_WORD.match(plain)
    if source == "apigateway" and word and word[0] in VERBS:
        return (Named(f"apigateway:{VERBS[word[0]]}", is_known=True),)
    return () if source == SIGN_IN else (Named(f"{prefixes[0]}:{plain}", is_known=False),)


_FURTHER: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("ConditionCheckItem", "PartiQL*"),  # parts of transactions and of statements
    "lambda": ("InvokeFunctionUrl",),
    "rds-data": ("*",),
    "s3-object-lambda": ("*",),
}
"""Service -> further actions, under whatever names their calls have."""


@lru_cache(maxsize=1)
def data_actions() -> Mapping[str, str]:
    """Give the actions whose events are data events, by their names in lower case.

    Examples
    --------
    >>> data_actions()["s3:getobject"], data_actions()["s3:listbucket"]
    ('s3:GetObject', 's3:ListBucket')
    >>> "s3:getbucketpolicy" in data_actions()
    False
    """
    return {name.lower(): name for name in sorted(_found())}


def is_data_action(action: str) -> bool:
    """Say whether the calls that need an action are data events."""
    return action.lower() in data_actions()


@lru_cache(maxsize=1)
def data_services() -> tuple[str, ...]:
    """List the services whose data events are known here."""
    return tuple(sorted({name.partition(":")[0] for name in data_actions().values()}))


def _found() -> Iterator[str]:
    for service, events in DATA_EVENTS.items():
        for event in events:
            of_event = named(f"{service}.amazonaws.com", event)
            yield from (one.name for one in of_event if one.is_known)
        for one in catalog.actions_of(service).values():
            if is_data_event(service, event_name(service, one.name)):
                yield one.full_name
    for one in catalog.actions_of("s3").values():
        if any(kind.name == "object" for kind in one.resource_types):
            yield one.full_name
    for service, patterns in _FURTHER.items():
        for pattern in patterns:
            yield from catalog.expand(f"{service}:{pattern}")

"""Which actions a record is about: CloudTrail's name of a call, and the names in policies.

Usually the event's name is the action's, and the event's source begins with the service's prefix.
The tables have the exceptions, with the reason. They also say which actions belong to data events,
which a trail has only if it is set up to log them: the table of data events says which calls these
are, and the tables here say which actions the calls need.

Notes
-----
AWS pages: "Service Authorization Reference"; "Amazon S3 API operations and permissions"; "Amazon
S3 CloudTrail events"; "Logging Lambda API calls using AWS CloudTrail"; "Logging data events";
"Logging Amazon S3 API calls using AWS CloudTrail".
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.cloudtrail.recording import DATA_EVENTS, event_name, is_data_event
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class NeededAction(NamedTuple):
    """An action that a call needs, and whether the catalogue has it."""

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
        "sts:GetCallerIdentity",  # everybody gets an answer, even against a Deny
        "sts:GetSessionToken",  # the caller only shows again who he is
    )
)
"""Calls that no policy has to allow."""

SIGN_IN = "signin"
"""Where people sign in: an event that has no action there needs no permission."""

_CALLS_THAT_NEED: Mapping[str, str] = {
    # S3 named its actions before it had as many operations.
    "s3:ListAllMyBuckets": "ListBuckets",
    "s3:ListBucket": "HeadBucket ListObjects ListObjectsV2",
    "s3:ListBucketVersions": "ListObjectVersions",
    "s3:ListBucketMultipartUploads": "ListMultipartUploads",
    "s3:ListMultipartUploadParts": "ListParts",
    "s3:GetObject": "HeadObject SelectObjectContent GetObjectAttributes CopyObject UploadPartCopy",
    "s3:GetObjectAttributes": "GetObjectAttributes",
    "s3:PutObject": "CreateMultipartUpload UploadPart CompleteMultipartUpload PostObject "
    "CopyObject UploadPartCopy",
    "s3:DeleteObject": "DeleteObjects",
    "s3express:ListAllMyDirectoryBuckets": "s3:ListDirectoryBuckets",
    "s3express:CreateSession": "s3:CreateSession",
    "s3-object-lambda:WriteGetObjectResponse": "s3:WriteGetObjectResponse",
    # S3's configurations: their actions leave out "Bucket", and to delete one is to put none.
    "s3:GetAccelerateConfiguration": "GetBucketAccelerateConfiguration GetBucketAccelerate",
    "s3:PutAccelerateConfiguration": "PutBucketAccelerateConfiguration PutBucketAccelerate",
    "s3:GetAnalyticsConfiguration": "GetBucketAnalyticsConfiguration "
    "ListBucketAnalyticsConfigurations",
    "s3:PutAnalyticsConfiguration": "PutBucketAnalyticsConfiguration "
    "DeleteBucketAnalyticsConfiguration",
    "s3:PutBucketCORS": "DeleteBucketCors",
    "s3:GetEncryptionConfiguration": "GetBucketEncryption",
    "s3:PutEncryptionConfiguration": "PutBucketEncryption DeleteBucketEncryption",
    "s3:GetIntelligentTieringConfiguration": "GetBucketIntelligentTieringConfiguration "
    "ListBucketIntelligentTieringConfigurations",
    "s3:PutIntelligentTieringConfiguration": "PutBucketIntelligentTieringConfiguration "
    "DeleteBucketIntelligentTieringConfiguration",
    "s3:GetInventoryConfiguration": "GetBucketInventoryConfiguration "
    "ListBucketInventoryConfigurations",
    "s3:PutInventoryConfiguration": "PutBucketInventoryConfiguration "
    "DeleteBucketInventoryConfiguration",
    "s3:GetLifecycleConfiguration": "GetBucketLifecycle GetBucketLifecycleConfiguration",
    "s3:PutLifecycleConfiguration": "PutBucketLifecycle PutBucketLifecycleConfiguration "
    "DeleteBucketLifecycle DeleteBucketLifecycleConfiguration",
    "s3:GetMetricsConfiguration": "GetBucketMetricsConfiguration ListBucketMetricsConfigurations",
    "s3:PutMetricsConfiguration": "PutBucketMetricsConfiguration DeleteBucketMetricsConfiguration",
    "s3:GetBucketNotification": "GetBucketNotificationConfiguration",
    "s3:PutBucketNotification": "PutBucketNotificationConfiguration",
    "s3:PutBucketOwnershipControls": "DeleteBucketOwnershipControls",
    "s3:GetReplicationConfiguration": "GetBucketReplication",
    "s3:PutReplicationConfiguration": "PutBucketReplication DeleteBucketReplication",
    "s3:PutBucketTagging": "DeleteBucketTagging",
    "s3:GetBucketObjectLockConfiguration": "GetObjectLockConfiguration",
    "s3:PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
    # The bucket's settings and the account's are two actions.
    "s3:GetBucketPublicAccessBlock": "GetPublicAccessBlock",
    "s3:PutBucketPublicAccessBlock": "PutPublicAccessBlock DeletePublicAccessBlock "
    "DeleteBucketPublicAccessBlock",
    "s3:PutAccountPublicAccessBlock": "DeleteAccountPublicAccessBlock",
    # Lambda's API says Invoke, and its action says what.
    "lambda:InvokeFunction": "Invoke InvokeWithResponseStream",
    "lambda:GetLayerVersion": "GetLayerVersionByArn",
    # A batch needs what each of its parts needs.
    "sqs:SendMessage": "SendMessageBatch",
    "sqs:DeleteMessage": "DeleteMessageBatch",
    "sqs:ChangeMessageVisibility": "ChangeMessageVisibilityBatch",
    "sns:Publish": "PublishBatch",
    "dynamodb:GetItem": "TransactGetItems",
    "verifiedpermissions:GetPolicy": "BatchGetPolicy",
    "verifiedpermissions:IsAuthorized": "BatchIsAuthorized",
    "verifiedpermissions:IsAuthorizedWithToken": "BatchIsAuthorizedWithToken",
    # One call, two keys.
    "kms:ReEncryptFrom": "ReEncrypt",
    "kms:ReEncryptTo": "ReEncrypt",
    # A conversation is one way to invoke a model.
    "bedrock:InvokeModel": "Converse StartAsyncInvoke InvokeModelWithBidirectionalStream",
    "bedrock:InvokeModelWithResponseStream": "ConverseStream",
    # A second version of an operation has the action of the first.
    "access-analyzer:GetFinding": "GetFindingV2",
    "access-analyzer:ListFindings": "ListFindingsV2",
    "cloudfront:CreateDistribution": "CreateDistributionWithTags",
    # Budgets have two actions for all that is done with them.
    "budgets:ModifyBudget": "CreateBudget UpdateBudget DeleteBudget",
    "budgets:ViewBudget": "DescribeBudget DescribeBudgets",
}
"""Action -> the calls that need it under another name; a prefix is there where it differs."""


def _by_call() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for action, calls in _CALLS_THAT_NEED.items():
        for call in calls.split():
            name = call if ":" in call else f"{action.partition(':')[0]}:{call}"
            found[name] += (action,)
    return dict(found)


RENAMED: Mapping[str, tuple[str, ...]] = _by_call()
"""What the event's name would be as an action -> the actions that are needed."""

VERSIONED = {
    f"s3:{verb}Object{what}": f"s3:{verb}ObjectVersion{what}"
    for verb, parts in (
        ("Get", ("", "Acl", "Tagging", "Attributes")),
        ("Delete", ("", "Tagging")),
        ("Put", ("Acl", "Tagging")),
    )
    for what in parts
}
"""What S3 asks for instead when the call names a version of the object."""

VERBS = {
    **dict.fromkeys(("Create", "Generate", "Import", "Test"), "POST"),
    **dict.fromkeys(("Delete", "Flush", "Untag"), "DELETE"),
    **dict.fromkeys(("Put", "Reimport", "Tag"), "PUT"),
    "Get": "GET",
    "Update": "PATCH",
}
"""How a name begins at API Gateway -> its action, which is the verb of HTTP."""

_VERSION = re.compile(r"20\d\d_?\d\d_?\d\d(?:v\d)?$")
"""What Lambda and CloudFront put behind the name: ``20150331v2``, ``2020_05_31``."""

_FIRST_WORD = re.compile(r"[A-Z][a-z]+")


@lru_cache(maxsize=8192)
def actions_of_call(event_source: str, event_name: str) -> tuple[NeededAction, ...]:
    """Give the actions that a call needs; none if it needs no permission.

    Examples
    --------
    >>> actions_of_call("s3.amazonaws.com", "HeadObject")
    (NeededAction(name='s3:GetObject', is_known=True),)
    >>> actions_of_call("lambda.amazonaws.com", "CreateFunction20150331")[0].name
    'lambda:CreateFunction'
    >>> actions_of_call("sts.amazonaws.com", "GetCallerIdentity")
    ()
    >>> actions_of_call("night.amazonaws.com", "CountStars")
    (NeededAction(name='night:CountStars', is_known=False),)
    """
    source = event_source.removesuffix(".amazonaws.com")
    plain = _VERSION.sub("", event_name) or event_name
    # Endpoints for one part of a service are named before it: data.iot.
    prefixes = PREFIXES.get(source) or (source.rpartition(".")[2],)
    for prefix in prefixes:
        full = f"{prefix}:{plain}"
        if full in NO_PERMISSION:
            return ()
        if full in RENAMED:
            return tuple(NeededAction(name, is_known=True) for name in RENAMED[full])
        found = catalog.action(full)
        if found is not None:
            return (NeededAction(found.full_name, is_known=True),)
    word = _FIRST_WORD.match(plain)
    if source == "apigateway" and word and word[0] in VERBS:
        return (NeededAction(f"apigateway:{VERBS[word[0]]}", is_known=True),)
    return () if source == SIGN_IN else (NeededAction(f"{prefixes[0]}:{plain}", is_known=False),)


_MORE_DATA_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("ConditionCheckItem", "PartiQL*"),  # parts of transactions and of statements
    "lambda": ("InvokeFunctionUrl",),
    "rds-data": ("*",),
    "s3-object-lambda": ("*",),
}
"""Service -> more actions of data events, whatever the names of their calls are."""


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
    return {name.lower(): name for name in sorted(_data_actions())}


def is_data_action(action: str) -> bool:
    """Say whether the calls that need an action are data events."""
    return action.lower() in data_actions()


@lru_cache(maxsize=1)
def data_services() -> tuple[str, ...]:
    """List the services whose data events are known here."""
    return tuple(sorted({name.partition(":")[0] for name in data_actions().values()}))


def _data_actions() -> Iterator[str]:
    for service, events in DATA_EVENTS.items():
        for event in events:
            needed = actions_of_call(f"{service}.amazonaws.com", event)
            yield from (action.name for action in needed if action.is_known)
        for known in catalog.actions_of(service).values():
            if is_data_event(service, event_name(service, known.name)):
                yield known.full_name
    for known in catalog.actions_of("s3").values():
        if any(kind.name == "object" for kind in known.resource_types):
            yield known.full_name
    for service, patterns in _MORE_DATA_ACTIONS.items():
        for pattern in patterns:
            yield from catalog.expand(f"{service}:{pattern}")

"""What CloudTrail calls a call, and which kind of event it makes of it: tables by service.

Notes
-----
AWS pages: "Logging data events", for what is no management event; "Logging Amazon S3 API calls
using AWS CloudTrail"; "Logging AWS Lambda API calls using AWS CloudTrail", for names with a version
at their end; "Logging IAM and AWS STS API calls with AWS CloudTrail", for what reads only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = re.compile(r"[a-z]+(-[a-z0-9]+)+", re.ASCII)
"""What the name of a Region looks like."""

SOURCES: Mapping[str, str] = {"cloudwatch": "monitoring", "tag": "tagging"}
"""Services whose events do not come from a host of the name that policies know them by."""

NAMES: Mapping[str, str] = {
    # Actions that have another name than the call that they let.
    "lambda:InvokeFunction": "Invoke",
    "s3:ListAllMyBuckets": "ListBuckets",
    "s3:ListBucket": "ListObjects",
    "s3:ListBucketVersions": "ListObjectVersions",
    # Calls whose events name them otherwise.
    "lambda:AddPermission": "AddPermission20150331v2",
    "lambda:CreateFunction": "CreateFunction20150331",
    "lambda:DeleteFunction": "DeleteFunction20150331",
    "lambda:RemovePermission": "RemovePermission20150331v2",
    "lambda:TagResource": "TagResource20170331v2",
    "lambda:UntagResource": "UntagResource20170331v2",
    "lambda:UpdateFunctionConfiguration": "UpdateFunctionConfiguration20150331v2",
    "s3:DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "s3:GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
}
"""Action or operation -> the name that its event has."""

NO_CALLS = frozenset(("iam:PassRole", "sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"))
"""Actions that are only ever part of another call, and have no event."""

DATA_EVENTS: Mapping[str, frozenset[str]] = {
    "dynamodb": frozenset(
        (
            *("BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem"),
            *("ExecuteStatement", "ExecuteTransaction", "GetRecords", "GetShardIterator"),
            *("PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem"),
        )
    ),
    "ebs": frozenset(
        (
            *("CompleteSnapshot", "GetSnapshotBlock", "ListChangedBlocks", "ListSnapshotBlocks"),
            *("PutSnapshotBlock", "StartSnapshot"),
        )
    ),
    "kinesis": frozenset(
        ("GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard")
    ),
    "rds-data": frozenset(
        (
            *("BatchExecuteStatement", "BeginTransaction", "CommitTransaction"),
            *("ExecuteStatement", "RollbackTransaction"),
        )
    ),
    "lambda": frozenset(("Invoke", "InvokeAsync", "InvokeWithResponseStream")),
    "s3": frozenset(
        (
            *("AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "DeleteObject"),
            *("CreateMultipartUpload", "DeleteObjects", "DeleteObjectTagging", "GetObject"),
            *("DeleteObjectVersion", "DeleteObjectVersionTagging", "GetObjectAcl"),
            *("GetObjectAttributes", "GetObjectLegalHold", "GetObjectRetention"),
            *("GetObjectTagging", "GetObjectTorrent", "GetObjectVersion", "GetObjectVersionAcl"),
            *("GetObjectVersionAttributes", "GetObjectVersionTagging", "HeadBucket", "HeadObject"),
            *("ListMultipartUploadParts", "ListMultipartUploads", "ListObjects"),
            *("ListObjectVersions", "ListParts", "PutObject", "PutObjectAcl"),
            *("PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging"),
            *("PutObjectVersionAcl", "PutObjectVersionTagging", "RenameObject", "RestoreObject"),
            *("SelectObjectContent", "UploadPart", "UploadPartCopy"),
        )
    ),
    "s3-object-lambda": frozenset(("WriteGetObjectResponse",)),
    "s3express": frozenset(("CreateSession",)),
    "sns": frozenset(("Publish", "PublishBatch")),
    "sqs": frozenset(
        (
            *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage"),
            *("DeleteMessageBatch", "ReceiveMessage", "SendMessage", "SendMessageBatch"),
        )
    ),
}
"""Service -> the events of its data, which a trail has only if it is told to."""

_READS: Mapping[str, bool] = {
    "sts:AssumeRole": True,
    "sts:AssumeRoleWithSAML": True,
    "sts:AssumeRoleWithWebIdentity": True,
    "sts:GetSessionToken": False,
    # A key is used, and stays as it is.
    "kms:Decrypt": True,
    "kms:Encrypt": True,
    "kms:GenerateDataKey": True,
    "kms:GenerateDataKeyPair": True,
    "kms:GenerateDataKeyPairWithoutPlaintext": True,
    "kms:GenerateDataKeyWithoutPlaintext": True,
    "kms:GenerateMac": True,
    "kms:Sign": True,
    "kms:Verify": True,
    "kms:VerifyMac": True,
}
"""Action -> whether CloudTrail says that it only reads, where its access level says otherwise."""

NAME_NO_RESOURCES = frozenset(("ec2", "iam", "organizations"))
"""Services whose events say in their parameters only what they are about."""


def event_name(service: str, name: str) -> str:
    """Give the name of the event of a call.

    Examples
    --------
    >>> event_name("s3", "ListBucket"), event_name("s3", "GetObject")
    ('ListObjects', 'GetObject')
    """
    return NAMES.get(f"{service}:{name}", name)


def is_data_event(service: str, name: str) -> bool:
    """Say whether an event is of data, not of management.

    Examples
    --------
    >>> is_data_event("s3", "GetObject"), is_data_event("s3", "GetBucketPolicy")
    (True, False)
    """
    return name in DATA_EVENTS.get(service, ())


def reads_only(service: str, name: str, *, otherwise: bool) -> bool:
    """Say whether CloudTrail calls something a read."""
    return _READS.get(f"{service}:{name}", otherwise)

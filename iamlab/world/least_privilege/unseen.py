"""What no trail shows, or only a trail that was told to: tables.

Notes
-----
AWS pages: "Logging data events"; "Refine permissions in AWS using last accessed information"; "Pass
session tags in AWS STS"; "Actions, resources, and condition keys for Amazon S3" and "... for AWS
KMS", for permissions that no operation has.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

# A trail has these only if it was set up for them. The table is of the services that people use
# most; AWS's own list is longer, and grows.
_DATA_ACTIONS = {
    "s3": (
        *("GetObject*", "PutObject*", "DeleteObject*", "RestoreObject", "AbortMultipartUpload"),
        *("ListMultipartUploadParts", "BypassGovernanceRetention"),
    ),
    "dynamodb": (
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem"),
        *("BatchWriteItem", "ConditionCheckItem", "GetRecords", "PartiQL*"),
    ),
    "lambda": ("InvokeFunction", "InvokeFunctionUrl"),
    "sns": ("Publish",),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"),
    "kinesis": ("PutRecord", "PutRecords", "GetRecords", "GetShardIterator"),
}

PERMISSION_ONLY = frozenset(
    {
        # Asked beside the call itself, which has another name.
        *("iam:passrole", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext"),
        *("s3:bypassgovernanceretention", "s3:objectowneroverridetobucketowner"),
        *("s3:replicateobject", "s3:replicatedelete", "s3:replicatetags"),
        *("kms:reencryptfrom", "kms:reencryptto"),
    }
)
"""Actions, in lower case, that have no event of their own."""


@lru_cache(maxsize=1)
def data_actions() -> Mapping[str, str]:
    """Give the actions whose events are data events, by their names in lower case.

    Examples
    --------
    >>> data_actions()["s3:getobject"], "s3:listbucket" in data_actions()
    ('s3:GetObject', False)
    """
    names = (
        name
        for service, patterns in _DATA_ACTIONS.items()
        for pattern in patterns
        for name in catalog.expand(f"{service}:{pattern}")
    )
    return {name.lower(): name for name in names}


def is_data_action(action: str) -> bool:
    """Say whether its events are data events."""
    return action.lower() in data_actions()


def data_services() -> tuple[str, ...]:
    """List the services whose data events are known here."""
    return tuple(_DATA_ACTIONS)

"""Permissions that no event is about: they are asked beside a call that has another name.

Notes
-----
AWS pages: "Refine permissions in AWS using last accessed information"; "Pass
session tags in AWS STS"; "Actions, resources, and condition keys for Amazon S3" and "... for AWS
KMS", for permissions that no operation has.
"""

from __future__ import annotations

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

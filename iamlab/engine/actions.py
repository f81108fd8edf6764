"""Actions that have rules of their own, as tables; names in lower case, as they are compared.

Notes
-----
AWS pages: "API GetCallerIdentity"; "Permissions for GetSessionToken"; "Resource control policies
(RCPs)"; "Allowing users in other accounts to use a KMS key"; "Vault access policies" of
AWS Backup; "Limitations of custom policies" of
Amazon SQS; "API PutBucketPolicy"; "Perform a privileged task on a member account"; "API
GetScopedCredentials"; "Monitor and control actions taken with assumed roles".
"""

from __future__ import annotations


def _of(service: str, names: str) -> frozenset[str]:
    return frozenset(f"{service}:{name.lower()}" for name in names.split())


# Whoever holds valid credentials may ask who he is; not even an explicit deny keeps him from it.
NEVER_REFUSED = _of("sts", "GetCallerIdentity")

# A user may always trade his keys for a session token: no Allow is needed.
NEEDS_NO_PERMISSION = _of("sts", "GetSessionToken")

# Nor to make credentials weaker than they are.
ONLY_NARROWS = _of("sts", "GetScopedCredentials")

# What the caller's own policies and the trust policy must both allow, even in one account.
NEEDS_BOTH_SIDES = _of("sts", "SetSourceIdentity")

# Only long-term keys can be traded for a session of the same user.
NEEDS_LONG_TERM_KEYS = _of("sts", "GetSessionToken GetFederationToken")

# A bucket or queue whose policy shuts out everybody can still be mended by the owner's root user.
ROOT_UNLOCKS = _of("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy") | _of(
    "sqs", "GetQueueAttributes SetQueueAttributes"
)

# The only operations on a key that can work from another account.
KMS_ABROAD = _of(
    "kms",
    "Encrypt Decrypt ReEncrypt ReEncryptFrom ReEncryptTo GenerateDataKey "
    "GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
    "GenerateMac VerifyMac Sign Verify DeriveSharedSecret DescribeKey GetPublicKey "
    "GetKeyRotationStatus CreateGrant ListGrants RetireGrant RevokeGrant",
)

# The only operation on a backup vault that can.
BACKUP_ABROAD = _of("backup", "CopyIntoBackupVault")

# What no policy can give to another account.
NEVER_ABROAD = _of("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy") | _of(
    "sqs",
    "AddPermission RemovePermission CreateQueue DeleteQueue ListQueues SetQueueAttributes "
    "TagQueue UntagQueue ListQueueTags",
)

# What no RCP reaches, though its service does.
RCP_SPARES = _of("kms", "RetireGrant")

# Services whose resources can have a policy of their own, beside roles.
RESOURCE_POLICIES = frozenset(
    {
        *("backup", "dynamodb", "ecr", "events", "execute-api", "kms", "lambda", "s3"),
        *("secretsmanager", "sns", "sqs"),
    }
)

# Services whose resource policies leave the Resource element out: the policy hangs on the resource.
WITHOUT_RESOURCE = frozenset({"ecr"})

# Services whose resource policies speak only to AWS services, whoever else they name.
FOR_SERVICES_ONLY = frozenset({"logs"})

# Services whose VPC endpoints may be gateways, where naming an account admits only its root user.
GATEWAY_SERVICES = frozenset({"s3", "dynamodb"})

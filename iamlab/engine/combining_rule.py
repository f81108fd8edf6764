"""The rule that combines the layers: for one account or two, a role, a key, the root user ...

Actions that have rules of their own, as tables; names in lower case, as they are compared.

Whom a layer binds: the shape of the caller, the action and the resource say so, no flag does.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access", for the
trust and key policies that must allow; "Cross-account policy evaluation logic"; "IAM identifiers",
for partitions.
AWS pages: "API GetCallerIdentity"; "Permissions for GetSessionToken"; "Resource control policies
(RCPs)"; "Allowing users in other accounts to use a KMS key"; "Vault access policies" of
AWS Backup; "Limitations of custom policies" of
Amazon SQS; "API PutBucketPolicy"; "Perform a privileged task on a member account"; "API
GetScopedCredentials"; "Monitor and control actions taken with assumed roles".
AWS pages: "Service control policies (SCPs)"; "Resource control policies (RCPs)"; "Permissions
boundaries for IAM entities"; "AWS account root user".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab import unsure
from iamlab.engine.request import SERVICE_LINKED, Kind
from iamlab.policy.arn import RCP_SERVICES

if TYPE_CHECKING:
    from iamlab.engine.layers import Layers, Level
    from iamlab.engine.request import Request


OUTSIDERS = (Kind.SERVICE, Kind.ANONYMOUS, Kind.PROVIDER)

SESSIONS = (Kind.ROLE, Kind.SESSION, Kind.FEDERATED)
"""Who calls with temporary credentials, as the ARN shows."""

UNSIGNED = (Kind.ANONYMOUS, Kind.PROVIDER)
"""Who has no AWS credentials with which to sign."""


NO_ALLOW_NEEDED = ("needs_no_permission", "only_narrows")
"""Situations in which nobody has to allow."""


def combining_rule(request: Request) -> str:
    """Name the rule for a request: a field of ``Rules``, or that nothing has to allow it.

    Examples
    --------
    >>> from iamlab import Request
    >>> combining_rule(Request("arn:aws:iam::111122223333:user/alice", "sts:AssumeRole",
    ...                   "arn:aws:iam::444455556666:role/partner"))
    'cross_account'
    """
    caller, action = request.caller, request.action.lower()
    if action in NEVER_REFUSED and caller.kind not in UNSIGNED:
        return "never_refused"
    by_credentials = _of_credentials(request, action)
    if by_credentials:
        return by_credentials
    if caller.kind is Kind.ROOT:
        return _of_root_user(request, action)
    if action == "sts:assumeroot":
        return "assume_root"
    if not request.same_account:
        return "never_abroad" if _never_abroad(request, action) else "cross_account"
    if request.about_kms_key:
        return "kms_key"
    if not request.about_trust:
        return "same_account"
    return "both_sides" if action in NEEDS_BOTH_SIDES else "role_trust"


def _of_credentials(request: Request, action: str) -> str:
    """Name the rule where the kind of credentials decides; else nothing."""
    kind = request.caller.kind
    if kind in OUTSIDERS:
        return "outsider"
    if action in NEEDS_LONG_TERM_KEYS and kind in SESSIONS:
        return "needs_long_term_keys"
    if request.refusal:
        return "credentials_refused"
    if action in NEEDS_NO_PERMISSION and kind in (Kind.USER, Kind.ROOT):
        return "needs_no_permission"
    if action in ONLY_NARROWS and request.with_long_term_keys:
        return "needs_temporary_credentials"
    if action in ONLY_NARROWS and unsure.SCOPED_CREDENTIALS_NEED_NO_ALLOW:
        return "only_narrows"
    return ""


def _of_root_user(request: Request, action: str) -> str:
    """Name the rule for a root user."""
    if action == "sts:assumeroot" or request.about_trust:
        return "root_user_assumes_role"
    if not request.same_account:
        return "never_abroad" if _never_abroad(request, action) else "root_user_abroad"
    return "root_user_kms" if request.about_kms_key else "root_user"


def _never_abroad(request: Request, action: str) -> bool:
    """Say whether no policy can give this to a caller of another account."""
    return (
        not request.same_partition
        or action in SAME_ACCOUNT_ONLY
        or (request.about_kms_key and action not in KMS_CROSS_ACCOUNT)
        or (request.service == "backup" and action not in BACKUP_CROSS_ACCOUNT)
    )


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
KMS_CROSS_ACCOUNT = _of(
    "kms",
    "Encrypt Decrypt ReEncrypt ReEncryptFrom ReEncryptTo GenerateDataKey "
    "GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
    "GenerateMac VerifyMac Sign Verify DeriveSharedSecret DescribeKey GetPublicKey "
    "GetKeyRotationStatus CreateGrant ListGrants RetireGrant RevokeGrant",
)

# The only operation on a backup vault that can.
BACKUP_CROSS_ACCOUNT = _of("backup", "CopyIntoBackupVault")

# What no policy can give to another account.
SAME_ACCOUNT_ONLY = _of("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy") | _of(
    "sqs",
    "AddPermission RemovePermission CreateQueue DeleteQueue ListQueues SetQueueAttributes "
    "TagQueue UntagQueue ListQueueTags",
)

# What no RCP reaches, though its service does.
RCP_EXEMPT = _of("kms", "RetireGrant")

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


# The layers of the caller's own side, by who has none of them whatever is handed in.
OWN_SIDE = ("scp", "identity", "boundary", "session", "scoped")
WITHOUT = {
    Kind.SERVICE: (OWN_SIDE, "An AWS service is no principal of an account"),
    Kind.ANONYMOUS: (OWN_SIDE, "Who does not sign is no principal of an account"),
    Kind.PROVIDER: (OWN_SIDE, "Who comes from an identity provider has no AWS identity yet"),
    Kind.ROOT: (("identity", "boundary"), "No policy can be attached to the root user"),
}


def why_absent(layer: str, request: Request) -> str:
    """Say why a layer has no part in this request, in a clause; empty where it has.

    Examples
    --------
    >>> from iamlab.engine.request import Request
    >>> why_absent("scp", Request("ec2.amazonaws.com", "sts:AssumeRole",
    ...                        "arn:aws:iam::111122223333:role/job"))
    'An AWS service is no principal of an account'
    """
    caller, action = request.caller, request.action.lower()
    layers, reason = WITHOUT.get(caller.kind, ((), ""))
    if layer in layers:
        return reason
    if layer in ("scp", "rcp", "boundary") and caller.is_service_linked:
        return "A service-linked role does not stand under this"
    if layer == "rcp" and caller.kind is Kind.SERVICE and SERVICE_LINKED in request.resource:
        return "RCPs never keep a service from its service-linked role"
    if layer == "rcp":
        return _out_of_reach(request, action)
    if layer == "resource":
        if caller.kind is Kind.ROOT and request.same_account and action in ROOT_UNLOCKS:
            return "The owner's root user may always mend this policy, whatever it says"
        if request.service in FOR_SERVICES_ONLY and caller.kind is not Kind.SERVICE:
            return f"Resource policies of {request.service} speak only to AWS services"
        if request.resource_is_role and request.service != "sts":
            return "A role's trust policy speaks only of sts actions"
    if layer == "grant" and not request.about_kms_key:
        return "Grants are for KMS keys"
    return ""


def _out_of_reach(request: Request, action: str) -> str:
    """Say why an RCP does not protect this resource against this action."""
    if request.service not in RCP_SERVICES:
        return f"RCPs do not cover {request.service}"
    if action in RCP_EXEMPT:
        return f"RCPs do not cover {request.action}"
    return "RCPs protect resources, and this call concerns none" if request.resource == "*" else ""


def only_denies(layer: str, request: Request) -> bool:
    """Say whether a ceiling needs no Allow: the task policy of a root session only denies.

    Notes
    -----
    AWS page: "Perform a privileged task on a member account": its policies hold no Allow.
    """
    return layer == "session" and request.caller.kind is Kind.ROOT


def has_boundary(request: Request, layers: Layers) -> bool:
    """Say whether a permissions boundary stands above the caller."""
    return layers.boundary is not None and not why_absent("boundary", request)


def levels_that_apply(layer: str, request: Request, layers: Layers) -> tuple[Level, ...]:
    """Give the policies of a layer, level by level, if it has a part in this request."""
    levels = layers.levels(layer)
    if levels and why_absent(layer, request):
        return ()
    # A federated user without session policy still stands under one, which allows nothing.
    if layer == "session" and not levels and request.caller.kind is Kind.FEDERATED:
        return ((),)
    return levels

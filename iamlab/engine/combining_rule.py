"""The rule that combines the layers, and the layers that apply to a request.

The rule differs for one account or two, for a role, a KMS key or the root user. Tables list the
actions with their own rules, in lower case. Which layers apply depends on the caller, the action
and the resource.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access", for the
trust and key policies that must allow; "Cross-account policy evaluation logic"; "IAM identifiers",
for partitions; "API GetCallerIdentity"; "Permissions for GetSessionToken"; "Resource control
policies (RCPs)"; "Allowing users in other accounts to use a KMS key"; "Vault access policies" of
AWS Backup; "Limitations of custom policies" of Amazon SQS; "API PutBucketPolicy"; "Perform a
privileged task on a member account"; "API GetScopedCredentials"; "Monitor and control actions taken
with assumed roles"; "Service control policies (SCPs)"; "Permissions boundaries for IAM entities";
"AWS account root user"; "Configuring IAM policies for using access points".
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
"""Callers with temporary credentials, as their ARNs show."""

UNSIGNED = (Kind.ANONYMOUS, Kind.PROVIDER)
"""Callers without AWS credentials, who can't sign requests."""


NO_ALLOW_NEEDED = ("needs_no_permission", "only_narrows")
"""Rules that need no Allow."""


def combining_rule(request: Request) -> str:
    """Name the rule for a request: a field of ``Rules``, or one of ``NO_ALLOW_NEEDED``.

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
        if _never_abroad(request, action):
            return "never_abroad"
        return "behind_access_point" if request.access_point else "cross_account"
    if request.about_kms_key:
        return "kms_key"
    if not request.about_trust:
        return "same_account"
    return "both_sides" if action in NEEDS_BOTH_SIDES else "role_trust"


def _of_credentials(request: Request, action: str) -> str:
    """Name the rule that the type of credentials decides; empty if it decides nothing."""
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
    """Return whether no policy can allow this to a caller of another account."""
    return (
        not request.same_partition
        or action in SAME_ACCOUNT_ONLY
        or (request.about_kms_key and action not in KMS_CROSS_ACCOUNT)
        or (request.service == "backup" and action not in BACKUP_CROSS_ACCOUNT)
    )


def _of(service: str, names: str) -> frozenset[str]:
    return frozenset(f"{service}:{name.lower()}" for name in names.split())


# Every caller with valid credentials can call it, even with an explicit deny.
NEVER_REFUSED = _of("sts", "GetCallerIdentity")

# A user needs no Allow to exchange access keys for a session token.
NEEDS_NO_PERMISSION = _of("sts", "GetSessionToken")

# A caller needs no Allow to get credentials with fewer permissions.
ONLY_NARROWS = _of("sts", "GetScopedCredentials")

# The caller's own policies and the trust policy must both allow it, even in one account.
NEEDS_BOTH_SIDES = _of("sts", "SetSourceIdentity")

# Only long-term keys can be exchanged for a session of the same user.
NEEDS_LONG_TERM_KEYS = _of("sts", "GetSessionToken GetFederationToken")

# The owner's root user can still fix the policy of a bucket or queue that denies everybody.
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

# The only operation on a backup vault that can work from another account.
BACKUP_CROSS_ACCOUNT = _of("backup", "CopyIntoBackupVault")

# No policy can allow these to another account.
SAME_ACCOUNT_ONLY = _of("s3", "GetBucketPolicy PutBucketPolicy DeleteBucketPolicy") | _of(
    "sqs",
    "AddPermission RemovePermission CreateQueue DeleteQueue ListQueues SetQueueAttributes "
    "TagQueue UntagQueue ListQueueTags",
)

# RCPs don't apply to these, although they apply to other actions of the service.
RCP_EXEMPT = _of("kms", "RetireGrant")

# Services whose resources, other than roles, can have a policy of their own.
RESOURCE_POLICIES = frozenset(
    {
        *("backup", "dynamodb", "ecr", "events", "execute-api", "kms", "lambda", "s3"),
        *("secretsmanager", "sns", "sqs"),
    }
)

# Services whose resource policies have no Resource element: they are attached to the resource.
WITHOUT_RESOURCE = frozenset({"ecr"})

# Services whose resource policies apply only to AWS services, whatever else they name.
FOR_SERVICES_ONLY = frozenset({"logs"})

# Services with gateway endpoints, whose policies name only the root user of a named account.
GATEWAY_SERVICES = frozenset({"s3", "dynamodb"})


# The layers of the caller's own side, and the callers that they never apply to.
OWN_SIDE = ("scp", "identity", "boundary", "session", "scoped")
WITHOUT = {
    Kind.SERVICE: (OWN_SIDE, "An AWS service isn't a principal of an account"),
    Kind.ANONYMOUS: (OWN_SIDE, "An anonymous caller isn't a principal of an account"),
    Kind.PROVIDER: (OWN_SIDE, "A user of an identity provider has no AWS identity yet"),
    Kind.ROOT: (("identity", "boundary"), "No policy can be attached to the root user"),
}


def why_absent(layer: str, request: Request) -> str:
    """Explain in a clause why a layer doesn't apply to this request; empty if it does.

    Examples
    --------
    >>> from iamlab.engine.request import Request
    >>> why_absent("scp", Request("ec2.amazonaws.com", "sts:AssumeRole",
    ...                        "arn:aws:iam::111122223333:role/job"))
    "An AWS service isn't a principal of an account"
    """
    caller, action = request.caller, request.action.lower()
    layers, reason = WITHOUT.get(caller.kind, ((), ""))
    if layer in layers:
        return reason
    if layer in ("scp", "rcp", "boundary") and caller.is_service_linked:
        return "It doesn't apply to service-linked roles"
    if layer == "rcp" and caller.kind is Kind.SERVICE and SERVICE_LINKED in request.resource:
        return "RCPs never stop a service from assuming its service-linked role"
    if layer == "rcp":
        return _out_of_reach(request, action)
    if layer == "resource":
        if caller.kind is Kind.ROOT and request.same_account and action in ROOT_UNLOCKS:
            return "The owner's root user can always fix this policy, whatever it denies"
        if request.service in FOR_SERVICES_ONLY and caller.kind is not Kind.SERVICE:
            return f"Resource policies of {request.service} apply only to AWS services"
        if request.resource_is_role and request.service != "sts":
            return "A role's trust policy applies only to sts actions"
    if layer == "grant" and not request.about_kms_key:
        return "Grants are for KMS keys"
    return ""


def _out_of_reach(request: Request, action: str) -> str:
    """Explain why an RCP doesn't apply to this resource or action."""
    if request.service not in RCP_SERVICES:
        return f"RCPs don't apply to {request.service}"
    if action in RCP_EXEMPT:
        return f"RCPs don't apply to {request.action}"
    if request.resource == "*" and not unsure.RCPS_APPLY_WITHOUT_RESOURCE:
        return "RCPs protect resources, and this call has none"
    return ""


def only_denies(layer: str, request: Request) -> bool:
    """Return whether a ceiling needs no Allow: the task policy of a root session only denies.

    Notes
    -----
    AWS page: "Perform a privileged task on a member account": its policies have no Allow.
    """
    return layer == "session" and request.caller.kind is Kind.ROOT


def has_boundary(request: Request, layers: Layers) -> bool:
    """Return whether a permissions boundary applies to the caller."""
    return layers.boundary is not None and not why_absent("boundary", request)


def levels_that_apply(layer: str, request: Request, layers: Layers) -> tuple[Level, ...]:
    """Return the policies of a layer, level by level, if it applies to this request."""
    levels = layers.levels(layer)
    if levels and why_absent(layer, request):
        return ()
    # A federated user without a session policy counts as having one that allows nothing.
    if layer == "session" and not levels and request.caller.kind is Kind.FEDERATED:
        return ((),)
    return levels

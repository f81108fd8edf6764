"""What each type of policy can contain, and how AWS rejects other policies, as tables.

``TypeRules`` describes a type: the elements that it must, can and must not have, its actions and
resources, its size, and AWS's error messages. The functions in ``validate/`` check a policy with
these tables.

``aws_messages.toml`` has a table for each type and for each service that saves policies: kind of
defect -> code, HTTP status and sentence. If no sentence is known, it is the description of the
code in the API reference.

Notes
-----
AWS pages: "Grammar of the IAM JSON policy language"; "Troubleshoot IAM policies"; "IAM and AWS STS
quotas"; "Quotas and service limits for AWS Organizations"; "SCP syntax"; "RCP syntax"; "Amazon SQS
policy quotas"; "Amazon SNS API permissions"; "Control access to VPC endpoints using endpoint
policies"; for the other services the API reference of the operation that saves the policy.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from iamlab.errors import RequestError, did_you_mean
from iamlab.policy.arn import RCP_SERVICES
from iamlab.policy.catalog import vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.policy.record import PolicyRecord


ANY = ""
"""The kind for AWS's answer to every other defect."""

_IAM_PATHS = (
    "user/ federated-user/ role/ group/ instance-profile/ mfa/ server-certificate/ policy/ "
    "sms-mfa/ saml-provider/ oidc-provider/ report/ access-report/"
)
IAM_PATHS = tuple(_IAM_PATHS.split())
"""The beginnings of the resource part of an IAM ARN, in the order of IAM's message."""


@dataclass(frozen=True, slots=True)
class AwsText:
    """AWS's answer; ``{...}`` in the message is a part of the document."""

    code: str
    message: str
    http_status: int = 400


_TABLES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("aws_messages.toml").read_text("utf-8")
)
REMEDIES: Mapping[str, str] = _TABLES.pop("remedies")
"""Kind of defect -> how to fix it; ``{...}`` is a detail of the defect."""


def _texts(name: str) -> dict[str, AwsText]:
    """Read the table of a type or service: kind of defect -> AWS's answer."""
    table: dict[str, Any] = dict(_TABLES[name])
    found = _texts(table.pop("extends")) if "extends" in table else {}
    for answer, sentences in table.items():
        code, _, status = answer.partition(" ")
        for kinds, sentence in sentences.items():
            message = sentence.replace("{paths}", ", ".join(IAM_PATHS))
            text = AwsText(code, message, int(status or 400))
            found |= {ANY if kind == "any" else kind: text for kind in kinds.split()}
    return found


AWS_TEXTS: Mapping[str, Mapping[str, AwsText]] = {name: _texts(name) for name in _TABLES}
"""Type of policy or service -> kind of defect -> AWS's answer."""


Presence = Literal["required", "optional", "forbidden"]
Counting = Literal["compact", "characters", "bytes"]
"""How a size is counted: IAM doesn't count white space outside strings."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size limit of a document, and how its size is counted."""

    limit: int
    counting: Counting


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What a type of policy can contain.

    Parameters
    ----------
    texts
        Kind of defect -> AWS's answer; ``""`` is the kind of any other defect.
    size
        ``None`` if AWS documents no limit.
    parameter
        The API's name for the document.
    iam_api
        Whether IAM's API receives it. This API checks length and characters first.
    iam_grammar
        Whether IAM's own checks apply: ARN format, dates, and at least one action.
    newest_version
        Whether the version must be 2012-10-17.
    principal, not_principal, resource
        Whether the elements are required, optional or forbidden. ``NotResource`` counts as
        ``Resource``.
    principal_types
        The types that a Principal can have; ``None``: not checked.
    bare_star
        Whether a Principal can be ``"*"`` without a type.
    principal_is_everybody
        Whether a Principal must be ``"*"``.
    allow, not_action
        Whether ``Allow`` and ``NotAction`` are permitted.
    services
        Prefixes that an action can have, in lower case; ``None``: any.
    actions
        The actions that it can name, in lower case; ``None``: any.
    every_action
        Whether the action ``*``, which has no prefix, is permitted.
    wildcards
        Whether an action can have wildcards.
    looks_actions_up
        Whether AWS rejects unknown actions, and actions that match no resource of the statement.
    resources
        The permitted formats of a resource; ``*`` is the star itself. ``None``: any.
    sid
        Regular expression for a Sid; ``None``: any text.
    unique_sids
        Whether each Sid must be unique.
    most
        What is counted -> its limit; see ``validate/document_defects.py``.
    named_accounts
        Whether keys that identify accounts, organizations and VPCs must have fixed values.
    """

    texts: Mapping[str, AwsText]
    size: Size | None = None
    parameter: str = "policyDocument"
    iam_api: bool = False
    iam_grammar: bool = False
    newest_version: bool = False
    principal: Presence = "required"
    not_principal: bool = True
    resource: Presence = "required"
    principal_types: tuple[str, ...] | None = ("AWS", "Service")
    bare_star: bool = True
    principal_is_everybody: bool = False
    allow: bool = True
    not_action: bool = True
    services: frozenset[str] | None = None
    actions: frozenset[str] | None = None
    every_action: bool = True
    wildcards: bool = True
    looks_actions_up: bool = False
    resources: tuple[str, ...] | None = None
    sid: str | None = None
    unique_sids: bool = False
    most: Mapping[str, int] = field(default_factory=dict)
    named_accounts: bool = False


__all__ = [
    "INLINE_LIMITS",
    "LONGEST_DOCUMENT",
    "PARTITIONS",
    "SERVICES",
    "TYPES",
    "TYPE_NAMES",
    "Size",
    "TypeRules",
    "likely_type",
    "rules_for",
]

INLINE_LIMITS = {"user": 2048, "role": 10240, "group": 5120}
"""The total size limit of an identity's inline policies, counted as ``"compact"``."""

LONGEST_DOCUMENT = 131_072
"""The most characters of a document that IAM's API accepts, including white space."""

PARTITIONS = frozenset(
    ("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")
)


def _named(service: str, names: str) -> frozenset[str]:
    return frozenset(f"{service}:{name.lower()}" for name in names.split())


# The actions of a trust policy. IAM checks their names only here and rejects a misspelt one. Most
# of the second line have no effect in a trust policy.
TRUST_ACTIONS = _named(
    "sts",
    "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity TagSession SetSourceIdentity "
    "SetContext DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetFederationToken "
    "GetServiceBearerToken GetSessionToken",
)

# The eleven actions on a topic, and Receive, which was once in AWS's default policy.
TOPIC_ACTIONS = _named(
    "sns",
    "AddPermission DeleteTopic GetDataProtectionPolicy GetTopicAttributes "
    "ListSubscriptionsByTopic ListTagsForResource Publish PutDataProtectionPolicy "
    "RemovePermission SetTopicAttributes Subscribe Receive",
)

# The actions that a service needs to write to a log group; some services write in batches.
LOG_ACTIONS = _named("logs", "PutLogEvents PutLogEventsBatch CreateLogStream")

_ALPHANUMERIC = "[0-9A-Za-z]*"

IDENTITY = TypeRules(
    AWS_TEXTS["iam"],
    Size(6144, "compact"),
    iam_api=True,
    iam_grammar=True,
    newest_version=True,
    principal="forbidden",
    sid=_ALPHANUMERIC,
    unique_sids=True,
)
# A session policy has the grammar of an identity policy, but STS accepts the older version too.
SESSION = replace(
    IDENTITY,
    texts=AWS_TEXTS["session"],
    size=Size(2048, "characters"),
    parameter="policy",
    newest_version=False,
)
TRUST = replace(
    IDENTITY,
    texts=AWS_TEXTS["trust"],
    size=Size(2048, "compact"),
    newest_version=False,
    principal="required",
    not_principal=False,
    not_action=False,
    resource="forbidden",
    principal_types=("AWS", "Service", "Federated"),
    bare_star=False,
    every_action=False,
    services=frozenset({"sts"}),
    actions=TRUST_ACTIONS,
)
SCP = replace(
    IDENTITY, texts=AWS_TEXTS["organizations"], size=Size(10_240, "characters"), iam_api=False
)
RCP = replace(
    SCP,
    size=Size(5120, "characters"),
    principal="required",
    not_principal=False,
    principal_is_everybody=True,
    allow=False,
    not_action=False,
    every_action=False,
    services=RCP_SERVICES,
)
ENDPOINT = TypeRules(
    AWS_TEXTS["endpoint"], Size(20_480, "characters"), principal_types=None, named_accounts=True
)
RESOURCE = TypeRules(
    AWS_TEXTS["resource"], resource="optional", principal_types=("AWS", "Service", "CanonicalUser")
)

TYPES: Mapping[str, TypeRules] = {
    "identity": IDENTITY,
    "resource": RESOURCE,
    "trust": TRUST,
    "boundary": IDENTITY,
    "session": SESSION,
    "scp": SCP,
    "rcp": RCP,
    "endpoint": ENDPOINT,
}


TYPE_NAMES: dict[str, str] = vocabulary("policy_types")
"""The name of each type of policy."""


def _of(service: str, limit: int, counting: Counting, resources: str, **more: Any) -> TypeRules:
    """Return the rules of a service's resource-based policies; limit 0: none is documented."""
    return TypeRules(
        AWS_TEXTS[service],
        Size(limit, counting) if limit else None,
        services=frozenset({service}),
        resources=tuple(resources.split()) or None,
        **more,
    )


_SQS_MOST = {"statements": 20, "principals": 50, "conditions": 10, "actions of a statement": 7}
_SNS_MOST = {"statements": 100, "principals": 200, "resources of a statement": 1}
_BY_SERVICE = (
    _of(
        "s3",
        20_480,
        "bytes",
        "arn:*:s3:*",
        principal_types=("AWS", "Service", "CanonicalUser"),
        looks_actions_up=True,
    ),
    _of("sqs", 8192, "bytes", "* arn:*:sqs:*", most=_SQS_MOST),
    _of(
        "sns",
        30_720,
        "bytes",
        "arn:*:sns:*",
        actions=TOPIC_ACTIONS,
        wildcards=False,
        unique_sids=True,
        most=_SNS_MOST,
    ),
    _of("kms", 32_768, "bytes", "* arn:*:kms:*", resource="optional"),
    _of("lambda", 20_480, "bytes", "arn:*:lambda:*", sid="[0-9A-Za-z_-]{1,100}", unique_sids=True),
    _of("secretsmanager", 20_480, "characters", "* arn:*:secretsmanager:*"),
    _of("ecr", 10_240, "characters", "", resource="forbidden"),
    _of("dynamodb", 20_480, "bytes", "arn:*:dynamodb:*"),
    _of("events", 10_240, "bytes", "arn:*:events:*"),
    _of("execute-api", 8192, "characters", "execute-api:/* arn:*:execute-api:*"),
    _of("logs", 5120, "characters", "arn:*:logs:*", actions=LOG_ACTIONS, wildcards=False),
    _of("backup", 0, "bytes", "* arn:*", wildcards=False),
)
SERVICES: Mapping[str, TypeRules] = {
    service: rules for rules in _BY_SERVICE for service in rules.services or ()
}


def rules_for(policy_type: str, service: str | None = None) -> TypeRules:
    """Return the rules of a policy type, or of a service's resource-based policies.

    Raises
    ------
    RequestError
        There is no such type or service.

    Examples
    --------
    >>> rules_for("trust").resource, rules_for("resource", "sqs").size
    ('forbidden', Size(limit=8192, counting='bytes'))
    """
    if policy_type not in TYPES:
        hint = did_you_mean(str(policy_type), TYPES)
        raise RequestError(f"There is no policy type {policy_type!r}. {hint}")
    if service is None:
        return TYPES[policy_type]
    if policy_type != "resource":
        raise RequestError(f"Name a service only with type 'resource', not with {policy_type!r}.")
    if service not in SERVICES:
        hint = did_you_mean(str(service), SERVICES)
        raise RequestError(f"iamlab has no policy rules for the service {service!r}. {hint}")
    return SERVICES[service]


def likely_type(policy: PolicyRecord) -> tuple[str, str | None]:
    """Guess the type of a document from its elements, and of a resource's policy the service.

    A policy with a Principal belongs to a resource, or to a role if it only lets principals
    assume it. All others are like identity-based policies.

    Examples
    --------
    >>> from iamlab import Policy
    >>> likely_type(Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*", principal="*"))
    ('resource', 's3')
    >>> likely_type(Policy.allow("sts:AssumeRole", None, principal="111111111111"))
    ('trust', None)
    >>> likely_type(Policy.allow("s3:GetObject", "*"))
    ('identity', None)
    """
    statements = policy.statements
    if all(statement.principals is None for statement in statements):
        return "identity", None
    patterns = [pattern for each in statements for pattern in each.action or each.not_action or ()]
    prefixes = {pattern.partition(":")[0].lower() for pattern in patterns}
    if prefixes == {"sts"}:
        return "trust", None
    service = prefixes.pop() if len(prefixes) == 1 else ""
    return "resource", service if service in SERVICES else None

"""What each type of policy may contain when it is saved, and how AWS refuses it, as tables.

One ``TypeRules`` says it all for a type: which elements must, may and must not be there, which
actions and resources fit, how large it may be, and with which words AWS refuses it. The functions
that check a policy by these tables are in ``validate/``.

``aws_messages.toml`` has a table for each type and each service that saves policies: kind of defect
-> code, HTTP status and sentence. AWS does not document every sentence. Where it does not, the
sentence is empty rather than made up.

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


ANY = ""
"""The kind under which a table says what is answered to every other defect."""

_IAM_PATHS = (
    "user/ federated-user/ role/ group/ instance-profile/ mfa/ server-certificate/ policy/ "
    "sms-mfa/ saml-provider/ oidc-provider/ report/ access-report/"
)
IAM_PATHS = tuple(_IAM_PATHS.split())
"""What the resource part of an IAM ARN may begin with, as IAM's own sentence lists it."""


@dataclass(frozen=True, slots=True)
class AwsText:
    """What AWS answers; ``{...}`` in the message stands for a part of the document."""

    code: str
    message: str = ""
    http_status: int = 400


_TABLES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("aws_messages.toml").read_text("utf-8")
)
REMEDIES: Mapping[str, str] = _TABLES.pop("remedies")
"""Kind of defect -> how to fix it; ``{...}`` stands for a detail of the defect."""


def _texts(name: str) -> dict[str, AwsText]:
    """Read the table of a type or service: kind of defect -> what AWS answers."""
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
"""Type of policy or service -> kind of defect -> how AWS refuses it."""


Presence = Literal["required", "optional", "forbidden"]
Counting = Literal["compact", "characters", "bytes"]
"""How a size is counted: IAM leaves out white space that stands outside strings."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a document may be, and how that is counted."""

    limit: int
    counting: Counting


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What a type of policy may contain.

    Parameters
    ----------
    texts
        Kind of defect -> how AWS refuses it; under ``""`` what it answers to any other.
    size
        ``None`` where AWS documents no limit.
    parameter
        How the API calls the document that is sent.
    iam_api
        Whether IAM's API takes it, which looks at length and characters first.
    iam_grammar
        Whether IAM's own checks are made: the form of ARNs, dates, and at least one action.
    newest_version
        Whether the version must be 2012-10-17.
    principal, not_principal, resource
        Whether the elements must, may or must not stand; ``NotResource`` counts as ``Resource``.
    principal_types
        The types that a Principal may have; ``None``: nobody looks.
    bare_star
        Whether a Principal may be ``"*"``, without a type.
    principal_is_everybody
        Whether it can only be that.
    allow, not_action
        Whether ``Allow`` and ``NotAction`` may stand.
    services
        Prefixes that an action may have, in lower case; ``None``: any.
    actions
        The actions that may be named, in lower case; ``None``: any.
    every_action
        Whether the action ``*`` may stand, which has no prefix.
    wildcards
        Whether an action may have wildcards.
    looks_actions_up
        Whether actions that do not exist, or fit no resource beside them, are refused.
    resources
        Forms of which a resource must have one; ``*`` is the star itself. ``None``: any.
    sid
        Regular expression for a Sid; ``None``: any text.
    unique_sids
        Whether two statements may not have the same Sid.
    most
        What is counted -> how many of it there may be; see ``validate/document_defects.py``.
    named_accounts
        Whether keys that tell accounts, organizations and VPCs apart must have fixed values.
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
    "rules_for",
]

INLINE_LIMITS = {"user": 2048, "role": 10240, "group": 5120}
"""The sizes of all inline policies of one identity together, counted as ``"compact"``."""

LONGEST_DOCUMENT = 131_072
"""The most characters, white space included, that IAM's API takes for any document."""

PARTITIONS = frozenset(
    ("aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")
)


def _named(service: str, names: str) -> frozenset[str]:
    return frozenset(f"{service}:{name.lower()}" for name in names.split())


# What a trust policy may name. IAM knows them by name and refuses a misspelt one, which it does
# nowhere else; most of the second line can be named, but is never asked of a role.
TRUST_ACTIONS = _named(
    "sts",
    "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity TagSession SetSourceIdentity "
    "SetContext DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetFederationToken "
    "GetServiceBearerToken GetSessionToken",
)

# The eleven actions on one topic, and Receive, which AWS once wrote into its default policy.
TOPIC_ACTIONS = _named(
    "sns",
    "AddPermission DeleteTopic GetDataProtectionPolicy GetTopicAttributes "
    "ListSubscriptionsByTopic ListTagsForResource Publish PutDataProtectionPolicy "
    "RemovePermission SetTopicAttributes Subscribe Receive",
)

# What a service needs in order to write into a log group; some write in batches.
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
# A session policy has the grammar of an identity policy, but it is sent, not saved: STS takes the
# older version too.
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
"""What a policy of each type is called."""


def _of(service: str, limit: int, counting: Counting, resources: str, **more: Any) -> TypeRules:
    """Give the rules of a service's resource-based policies; no limit is documented if it is 0."""
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
    """Give the rules of a type; for a resource's policy, those of the service if one is named.

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
        raise RequestError(f"There is no type of policy {policy_type!r}. {hint}")
    if service is None:
        return TYPES[policy_type]
    if policy_type != "resource":
        raise RequestError(f"Name a service only with type 'resource', not with {policy_type!r}.")
    if service not in SERVICES:
        hint = did_you_mean(str(service), SERVICES)
        raise RequestError(f"No service {service!r} with rules for its policies. {hint}")
    return SERVICES[service]

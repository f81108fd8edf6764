"""What each type of policy can contain, and how AWS rejects other policies, as tables.

``TypeRules`` describes a type: the elements that it must, can and must not have, its actions and
resources, its size, and AWS's error messages. The functions in ``validate/`` check a policy with
these tables.

``policy_types.toml`` has these tables. ``aws_messages.toml`` has a table for each type and for each
service that saves policies: kind of defect -> code, HTTP status and sentence. If no sentence is
known, it is the description of the code in the API reference.

Notes
-----
AWS pages: "Grammar of the IAM JSON policy language"; "Troubleshoot IAM policies"; "IAM and AWS STS
quotas"; "Quotas and service limits for AWS Organizations"; "SCP syntax"; "RCP syntax"; "Amazon SQS
policy quotas"; "Amazon SNS API permissions"; "Control access to VPC endpoints using endpoint
policies"; for the other services the API reference of the operation that saves the policy.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from iamlab.errors import RequestError, did_you_mean
from iamlab.policy.arn import RCP_SERVICES, names
from iamlab.policy.catalog import vocabulary
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.policy.record import PolicyRecord


ANY = ""
"""The kind for AWS's answer to every other defect."""

IAM_PATHS = names("iam_paths")
"""The beginnings of the resource part of an IAM ARN, in the order of IAM's message."""


@dataclass(frozen=True, slots=True)
class AwsText:
    """AWS's answer; ``{...}`` in the message is a part of the document."""

    code: str
    message: str
    http_status: int = 400


_TABLES: dict[str, Any] = tables(__file__, "aws_messages.toml")
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


INLINE_LIMITS = {"user": 2048, "role": 10240, "group": 5120}
"""The total size limit of an identity's inline policies, counted as ``"compact"``."""

LONGEST_DOCUMENT = 131_072
"""The most characters of a document that IAM's API accepts, including white space."""

PARTITIONS = frozenset(names("partitions"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _size(text: str) -> Size:
    limit, counting = text.split()
    return Size(int(limit), cast("Counting", counting))


# Field -> how to read its text; other fields are as they are written.
_READ: dict[str, Callable[[str], Any]] = {
    "texts": AWS_TEXTS.__getitem__,
    "size": _size,
    "services": _words,
    "actions": _words,
    "principal_types": lambda text: tuple(text.split()) or None,
    "resources": lambda text: tuple(text.split()),
}


def _rules(**fields: Any) -> TypeRules:
    read = {name: _READ[name](value) if name in _READ else value for name, value in fields.items()}
    base = read.pop("extends", None)
    return replace(TYPES[base], **read) if base else TypeRules(**read)


_ROWS: dict[str, dict[str, Any]] = tables(__file__, "policy_types.toml")

TYPES: dict[str, TypeRules] = {}
for _type, _fields in _ROWS["types"].items():
    TYPES[_type] = _rules(**_fields)
TYPES["rcp"] = replace(TYPES["rcp"], services=RCP_SERVICES)

SERVICES: Mapping[str, TypeRules] = {
    service: _rules(**{"texts": service, "services": service, **fields})
    for service, fields in _ROWS["services"].items()
}


TYPE_NAMES: dict[str, str] = vocabulary("policy_types")
"""The name of each type of policy."""


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

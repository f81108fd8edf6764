"""What a call needs besides its own action, because of what stands in its parameters.

Whoever makes something with tags needs the permission to tag it too, and a bucket's settings have
actions of their own, also where they are sent with the call that makes the bucket. No event says
so: only the parameters do.

Notes
-----
AWS pages: "Service Authorization Reference"; "Grant permission to tag Amazon EC2 resources during
creation"; "API CreateBucket", permissions; "API PutObject", permissions; "Pass session tags in AWS
STS"; "Monitor and control actions taken with assumed roles", for the source identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.analysis.trails.arn_formats import place_of_call
from iamlab.analysis.trails.request_parameters import parameter_texts
from iamlab.analysis.trails.resources import TAKES_NO_RESOURCE, UNKNOWN, ActedOn, resources_of
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.event import Event

_OF_SESSIONS = {
    "tags": "sts:TagSession",
    "principaltags": "sts:TagSession",
    "sourceidentity": "sts:SetSourceIdentity",
}
_OF_BUCKETS = {
    "objectownership": "s3:PutBucketOwnershipControls",
    "x-amz-object-ownership": "s3:PutBucketOwnershipControls",
    "acl": "s3:PutBucketAcl",
    "x-amz-acl": "s3:PutBucketAcl",
    # The model's own, of a bucket that is made with all that belongs to it.
    "policy": "s3:PutBucketPolicy",
    "publicaccessblockconfiguration": "s3:PutBucketPublicAccessBlock",
}
_OF_OBJECTS = {
    "acl": "s3:PutObjectAcl",
    "x-amz-acl": "s3:PutObjectAcl",
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
}
DEPENDENT_ON_PARAMETER: Mapping[str, Mapping[str, str]] = {
    "sts:AssumeRole": _OF_SESSIONS,
    "sts:AssumeRoleWithSAML": _OF_SESSIONS,
    "sts:AssumeRoleWithWebIdentity": _OF_SESSIONS,
    "s3:CreateBucket": _OF_BUCKETS,
    "s3:PutObject": _OF_OBJECTS,
    "dynamodb:CreateTable": {"resourcepolicy": "dynamodb:PutResourcePolicy"},
    # The model's own, as with buckets.
    "ecr:CreateRepository": {"policy": "ecr:SetRepositoryPolicy"},
    "events:CreateEventBus": {"policy": "events:PutPermission"},
    "lambda:CreateFunction": {"policy": "lambda:PutResourcePolicy"},
    "secretsmanager:CreateSecret": {"policy": "secretsmanager:PutResourcePolicy"},
}
"""Action -> a parameter in lower case -> the action that is needed too, if it says something."""

_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "iam:GenerateOrganizationsAccessReport": (
        *("organizations:DescribePolicy", "organizations:ListChildren"),
        *("organizations:ListParents", "organizations:ListPoliciesForTarget"),
        *("organizations:ListRoots", "organizations:ListTargetsForPolicy"),
    )
}
"""Action -> what is needed too, whatever the parameters say."""

_RENAMING: Mapping[str, tuple[str, str]] = {
    "iam:UpdateServerCertificate": ("server-certificate", "servercertificatename"),
}
"""Action -> what is renamed by it, as its ARN calls it, and the parameter with the old name."""

_ASKED_ON_ANOTHER = frozenset(("organizations:CreateOrganizationalUnit",))
"""Calls that are asked on something else than what they make, as on the parent."""

_ROLE_MANAGER = (
    "arn:{0[0]}:iam::{0[2]}:role/aws-service-role/role-manager.iam.amazonaws.com/"
    "AWSServiceRoleForIAMRoleManager"
)
"""The role that comes with role manager."""

_SAYS_NOTHING = {"acl": ("private",), "x-amz-acl": ("private",)}
"""A parameter -> values with which a bucket is what it would be without."""

_MAKES = ("Create", "Run", "Register", "Upload", "Put", "Start", "Request", "Import", "Invite")
"""How the names of calls begin that may make something with tags."""

_TAGS = frozenset(("tags", "tag", "tagset", "taglist"))
_EC2_TAGS = frozenset(("tagspecifications", "tagspecificationset", "tagspecification"))
"""Parameters in lower case, that have the tags."""

_TO_TAG = ("TagResource", "CreateTags", "AddTagsToResource", "AddTags", "TagResources")
"""What services call the action that tags, if it is not named after what is tagged."""

_TAGGED_OTHERWISE: Mapping[str, str] = {
    "autoscaling:CreateAutoScalingGroup": "autoscaling:CreateOrUpdateTags",
    "iam:CreateVirtualMFADevice": "iam:TagMFADevice",
    "kinesis:CreateStream": "kinesis:AddTagsToStream",
}


def dependent_actions(event: Event, action: str) -> Iterator[tuple[str, ActedOn]]:
    """Give what a call needs besides, each with its resource.

    Parameters
    ----------
    action
        The action of the call itself.

    Examples
    --------
    >>> from datetime import datetime
    >>> from iamlab.model.event import Event
    >>> event = Event(datetime(2026, 11, 25), "sns.amazonaws.com", "CreateTopic", "eu-west-1",
    ...     {"type": "IAMUser"}, True, "111122223333", "e-1",
    ...     request_parameters={"name": "moons", "tags": [{"key": "team", "value": "sky"}]})
    >>> [(needed, target.arn) for needed, target in dependent_actions(event, "sns:CreateTopic")]
    [('sns:TagResource', 'arn:aws:sns:eu-west-1:111122223333:moons')]
    """
    said = _parameters(event)
    for name, needed in DEPENDENT_ON_PARAMETER.get(action, {}).items():
        if said.get(name) and said[name] not in _SAYS_NOTHING.get(name, ()):
            yield from _on_what_is_made(event, action, needed)
    if action in _ALWAYS:
        yield from ((needed, TAKES_NO_RESOURCE) for needed in _ALWAYS[action])
    if action in _RENAMING:
        yield from _renamed(event, action)
    if action == "iam:PutAccountProperties" and _turns_on(said.get("properties")):
        yield "iam:CreateServiceLinkedRole", ActedOn(_ROLE_MANAGER.format(place_of_call(event)))
    if action.startswith("ec2:"):
        yield from _types_tagged(event, said)
    elif any(said.get(name) for name in _TAGS):
        needed = tagging_action(action)
        if needed:
            yield from _on_what_is_made(event, action, needed)


def _parameters(event: Event) -> dict[str, Any]:
    parameters = event.request_parameters
    if not isinstance(parameters, Mapping):
        return {}
    return {str(name).lower(): value for name, value in parameters.items()}


@lru_cache(maxsize=1024)
def tagging_action(action: str) -> str:
    """Give the action that lets something be tagged as it is made; empty if nothing is made.

    Examples
    --------
    >>> tagging_action("iam:CreateRole"), tagging_action("sqs:CreateQueue"), tagging_action("kms:CreateKey")
    ('iam:TagRole', 'sqs:TagQueue', 'kms:TagResource')
    >>> tagging_action("sns:TagResource")
    ''
    """
    service, _, name = action.partition(":")
    verb = next((one for one in _MAKES if name.startswith(one)), "")
    if not verb:
        return ""
    if action in _TAGGED_OTHERWISE:
        return _TAGGED_OTHERWISE[action]
    names = (f"Tag{name.removeprefix(verb)}", *_TO_TAG)
    known = catalog.actions_of(service)
    return next((f"{service}:{one}" for one in names if one.lower() in known), "")


def _on_what_is_made(event: Event, action: str, needed: str) -> Iterator[tuple[str, ActedOn]]:
    """Give the action with its resource: what is made, which the call itself is asked on too."""
    own = () if action in _ASKED_ON_ANOTHER else resources_of(event, action)
    found = own if own not in ((), (TAKES_NO_RESOURCE,)) else (UNKNOWN,)
    yield from ((needed, target) for target in found)


def _types_tagged(event: Event, said: Mapping[str, Any]) -> Iterator[tuple[str, ActedOn]]:
    """EC2 asks for each type of what is made and tagged; of what has no id yet, for all."""
    partition, region, account = place_of_call(event)
    for name in _EC2_TAGS.intersection(said):
        for one in _entries(said[name]):
            kind = one.get("resourceType") if isinstance(one, Mapping) else None
            if isinstance(kind, str) and kind and _has_tags(one):
                arn = f"arn:{partition}:ec2:{region}:{account}:{kind}/*"
                yield "ec2:CreateTags", ActedOn(arn, is_exact=False)


def _renamed(event: Event, action: str) -> Iterator[tuple[str, ActedOn]]:
    """Whoever renames something needs permission for the new name as well."""
    values = parameter_texts(event.request_parameters)
    kind, name = _RENAMING[action]
    path = values.get("newpath", [""])[0]
    new = values.get(f"new{name}", [])[:1]
    for text in new or (values.get(name, [])[:1] if path else []):
        partition, _, account = place_of_call(event)
        arn = f"arn:{partition}:iam::{account}:{kind}{path or '/'}{text}"
        yield action, ActedOn(arn, is_path_known=bool(path))


def _turns_on(properties: Any) -> bool:
    """Say whether properties of an account turn on its role manager."""
    said = properties if isinstance(properties, Mapping) else {}
    return any(
        str(name).lower() == "rolemanager/enabled" and value == "true"
        for name, value in said.items()
    )


def _has_tags(one: Mapping[str, Any]) -> bool:
    return any(one.get(name) for name in ("tags", "tag", "Tags", "Tag"))


def _entries(value: Any) -> list[Any]:
    """Give the members of a list; some records put it into an object."""
    if isinstance(value, Mapping):
        value = value.get("items") or value.get("tag") or [value]
    return value[:_MOST] if isinstance(value, list) else []


_MOST = 1000

"""The actions that a call needs in addition to its own, because of what is in its parameters.

Whoever creates a resource with tags needs permission to tag it too, and a bucket's settings have
actions of their own, also if they are sent with the call that creates the bucket. No event says
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

from iamlab.analysis.trails.arn_formats import TABLES, parameter_texts, place_of_call, table
from iamlab.analysis.trails.resources import (
    TAKES_NO_RESOURCE,
    UNKNOWN,
    CallResource,
    resources_of,
)
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.event import Event

DEPENDENT_ON_PARAMETER: Mapping[str, Mapping[str, str]] = {
    action: needed
    for actions, needed in TABLES["needed_for_parameter"].items()
    for action in actions.split()
}
"""Action -> a parameter in lower case -> the action that is needed too, if it has a value."""

_RENAMING: Mapping[str, tuple[str, str]] = {
    "iam:UpdateServerCertificate": ("server-certificate", "servercertificatename"),
}
"""Action -> what it renames, as its ARN calls it, and the parameter with the old name."""

_AUTHORIZED_ON_ANOTHER = frozenset(("organizations:CreateOrganizationalUnit",))
"""Calls that need permission on something else than what they create, such as the parent."""

_ROLE_MANAGER = (
    "arn:{0[0]}:iam::{0[2]}:role/aws-service-role/role-manager.iam.amazonaws.com/"
    "AWSServiceRoleForIAMRoleManager"
)
"""The role that comes with role manager."""

_WITHOUT_EFFECT = {"acl": ("private",), "x-amz-acl": ("private",)}
"""A parameter -> values with which a bucket is what it would be without."""

_CREATING = ("Create", "Run", "Register", "Upload", "Put", "Start", "Request", "Import", "Invite")
"""How the names of calls begin that may create a resource with tags."""

_TAGS = frozenset(("tags", "tag", "tagset", "taglist"))
_EC2_TAGS = frozenset(("tagspecifications", "tagspecificationset", "tagspecification"))
"""Parameters in lower case, that have the tags."""

_TAGGING = ("TagResource", "CreateTags", "AddTagsToResource", "AddTags", "TagResources")
"""What services call the action that tags, if it is not named after the resource."""

_MOST = 1000


def dependent_actions(event: Event, action: str) -> Iterator[tuple[str, CallResource]]:
    """Give what a call needs in addition, each action with its resource.

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
    >>> [(needed, topic.arn) for needed, topic in dependent_actions(event, "sns:CreateTopic")]
    [('sns:TagResource', 'arn:aws:sns:eu-west-1:111122223333:moons')]
    """
    sent = event.request_parameters if isinstance(event.request_parameters, Mapping) else {}
    parameters = {str(name).lower(): value for name, value in sent.items()}
    for name, needed in DEPENDENT_ON_PARAMETER.get(action, {}).items():
        if parameters.get(name) and parameters[name] not in _WITHOUT_EFFECT.get(name, ()):
            yield from _on_what_is_created(event, action, needed)
    yield from ((needed, TAKES_NO_RESOURCE) for needed in table("always_needed").get(action, ()))
    if action in _RENAMING:
        yield from _on_new_name(event, action)
    if action == "iam:PutAccountProperties" and _turns_on(parameters.get("properties")):
        role = CallResource(_ROLE_MANAGER.format(place_of_call(event)))
        yield "iam:CreateServiceLinkedRole", role
    if action.startswith("ec2:"):
        yield from _ec2_tagging(event, parameters)
    elif any(parameters.get(name) for name in _TAGS):
        needed = tagging_action(action)
        if needed:
            yield from _on_what_is_created(event, action, needed)


@lru_cache(maxsize=1024)
def tagging_action(action: str) -> str:
    """Give the action that lets a new resource be tagged; empty if the action creates none.

    Examples
    --------
    >>> tagging_action("iam:CreateRole"), tagging_action("sqs:CreateQueue")
    ('iam:TagRole', 'sqs:TagQueue')
    >>> tagging_action("kms:CreateKey"), tagging_action("sns:TagResource")
    ('kms:TagResource', '')
    """
    service, _, name = action.partition(":")
    verb = next((verb for verb in _CREATING if name.startswith(verb)), "")
    if not verb:
        return ""
    if action in TABLES["other_tagging"]:
        return str(TABLES["other_tagging"][action])
    names = (f"Tag{name.removeprefix(verb)}", *_TAGGING)
    known = catalog.actions_of(service)
    return next((f"{service}:{one}" for one in names if one.lower() in known), "")


def _on_what_is_created(
    event: Event, action: str, needed: str
) -> Iterator[tuple[str, CallResource]]:
    """Give the action with its resource: the new one, on which the call itself is authorized."""
    own = () if action in _AUTHORIZED_ON_ANOTHER else resources_of(event, action)
    found = own if own not in ((), (TAKES_NO_RESOURCE,)) else (UNKNOWN,)
    yield from ((needed, resource) for resource in found)


def _ec2_tagging(event: Event, parameters: Mapping[str, Any]) -> Iterator[tuple[str, CallResource]]:
    """EC2 checks each type that is created and tagged; what has no id yet is all of its type."""
    partition, region, account = place_of_call(event)
    for name in _EC2_TAGS.intersection(parameters):
        value = parameters[name]
        if isinstance(value, Mapping):  # some records put a list into an object
            value = value.get("items") or value.get("tag") or [value]
        for one in value[:_MOST] if isinstance(value, list) else ():
            kind = one.get("resourceType") if isinstance(one, Mapping) else None
            has_tags = kind and any(one.get(key) for key in ("tags", "tag", "Tags", "Tag"))
            if isinstance(kind, str) and has_tags:
                arn = f"arn:{partition}:ec2:{region}:{account}:{kind}/*"
                yield "ec2:CreateTags", CallResource(arn, is_exact=False)


def _on_new_name(event: Event, action: str) -> Iterator[tuple[str, CallResource]]:
    """Whoever renames a resource needs permission for the new name as well."""
    texts = parameter_texts(event.request_parameters)
    kind, name = _RENAMING[action]
    path = texts.get("newpath", [""])[0]
    new = texts.get(f"new{name}", [])[:1]
    for text in new or (texts.get(name, [])[:1] if path else []):
        partition, _, account = place_of_call(event)
        arn = f"arn:{partition}:iam::{account}:{kind}{path or '/'}{text}"
        yield action, CallResource(arn, is_path_known=bool(path))


def _turns_on(properties: Any) -> bool:
    """Say whether properties of an account turn on its role manager."""
    pairs = properties.items() if isinstance(properties, Mapping) else ()
    return any(str(name).lower() == "rolemanager/enabled" and on == "true" for name, on in pairs)

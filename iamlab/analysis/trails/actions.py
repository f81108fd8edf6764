"""Which actions a record is about: CloudTrail's name of a call, and the names in policies.

Usually the event's name is the action's, and the event's source begins with the service's prefix.
``call_tables.toml`` has the exceptions, with the reason. It also says which actions belong to data
events, which a trail has only if it is set up to log them.

Some calls need more actions because of what is in their parameters. Whoever creates a resource with
tags needs permission to tag it too, and a bucket's settings have actions of their own, also if they
are sent with the call that creates the bucket. No event says so: only the parameters do.

Notes
-----
AWS pages: "Service Authorization Reference"; "Amazon S3 API operations and permissions"; "Amazon
S3 CloudTrail events"; "Logging Lambda API calls using AWS CloudTrail"; "Logging data events";
"Logging Amazon S3 API calls using AWS CloudTrail"; "Grant permission to tag Amazon EC2 resources
during creation"; "API CreateBucket", permissions; "API PutObject", permissions; "Pass session tags
in AWS STS"; "Monitor and control actions taken with assumed roles", for the source identity.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.trails.resources import TAKES_NO_RESOURCE, UNKNOWN, CallResource, resources_of
from iamlab.cloudtrail.arn_formats import TABLES, parameter_texts, place_of_call, table
from iamlab.cloudtrail.recording import DATA_EVENTS, event_name, is_data_event
from iamlab.policy import catalog
from iamlab.policy.call_permissions import tagging_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.model.event import Event


class NeededAction(NamedTuple):
    """An action that a call needs, and whether the catalogue has it."""

    name: str
    is_known: bool


PREFIXES = table("prefixes")
"""The source of an event, without ``.amazonaws.com`` -> prefixes of actions, likeliest first."""

NO_PERMISSION = frozenset(table("lists")["no_permission"])
"""Calls that no policy has to allow."""

SIGN_IN = "signin"
"""Where people sign in: an event that has no action there needs no permission."""


def _by_call() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for action, calls in table("calls_that_need").items():
        for call in calls:
            name = call if ":" in call else f"{action.partition(':')[0]}:{call}"
            found[name] += (action,)
    return dict(found)


RENAMED: Mapping[str, tuple[str, ...]] = _by_call()
"""What the event's name would be as an action -> the actions that are needed."""

VERSIONED: Mapping[str, str] = TABLES["versioned"]
"""What S3 asks for instead when the call names a version of the object."""

VERBS = {start: verb for verb, starts in table("http_verbs").items() for start in starts}
"""How a name begins at API Gateway -> its action, which is the verb of HTTP."""

_VERSION = re.compile(r"20\d\d_?\d\d_?\d\d(?:v\d)?$")
"""What Lambda and CloudFront put behind the name: ``20150331v2``, ``2020_05_31``."""

_FIRST_WORD = re.compile(r"[A-Z][a-z]+")


@lru_cache(maxsize=8192)
def actions_of_call(event_source: str, event_name: str) -> tuple[NeededAction, ...]:
    """Return the actions that a call needs; none if it needs no permission.

    Examples
    --------
    >>> actions_of_call("s3.amazonaws.com", "HeadObject")
    (NeededAction(name='s3:GetObject', is_known=True),)
    >>> actions_of_call("lambda.amazonaws.com", "CreateFunction20150331")[0].name
    'lambda:CreateFunction'
    >>> actions_of_call("sts.amazonaws.com", "GetCallerIdentity")
    ()
    >>> actions_of_call("night.amazonaws.com", "CountStars")
    (NeededAction(name='night:CountStars', is_known=False),)
    """
    source = event_source.removesuffix(".amazonaws.com")
    plain = _VERSION.sub("", event_name) or event_name
    # Endpoints for one part of a service are named before it: data.iot.
    prefixes = PREFIXES.get(source) or (source.rpartition(".")[2],)
    for prefix in prefixes:
        full = f"{prefix}:{plain}"
        if full in NO_PERMISSION:
            return ()
        if full in RENAMED:
            return tuple(NeededAction(name, is_known=True) for name in RENAMED[full])
        found = catalog.action(full)
        if found is not None:
            return (NeededAction(found.full_name, is_known=True),)
    word = _FIRST_WORD.match(plain)
    if source == "apigateway" and word and word[0] in VERBS:
        return (NeededAction(f"apigateway:{VERBS[word[0]]}", is_known=True),)
    return () if source == SIGN_IN else (NeededAction(f"{prefixes[0]}:{plain}", is_known=False),)


@lru_cache(maxsize=1)
def data_actions() -> Mapping[str, str]:
    """Return the actions whose events are data events, by their names in lower case.

    Examples
    --------
    >>> data_actions()["s3:getobject"], data_actions()["s3:listbucket"]
    ('s3:GetObject', 's3:ListBucket')
    >>> "s3:getbucketpolicy" in data_actions()
    False
    """
    return {name.lower(): name for name in sorted(_data_actions())}


def is_data_action(action: str) -> bool:
    """Return whether the calls that need an action are data events."""
    return action.lower() in data_actions()


@lru_cache(maxsize=1)
def data_services() -> tuple[str, ...]:
    """List the services whose data events are known here."""
    return tuple(sorted({name.partition(":")[0] for name in data_actions().values()}))


def _data_actions() -> Iterator[str]:
    for service, events in DATA_EVENTS.items():
        for event in events:
            needed = actions_of_call(f"{service}.amazonaws.com", event)
            yield from (action.name for action in needed if action.is_known)
        for known in catalog.actions_of(service).values():
            if is_data_event(service, event_name(service, known.name)):
                yield known.full_name
    for known in catalog.actions_of("s3").values():
        if any(kind.name == "object" for kind in known.resource_types):
            yield known.full_name
    for service, patterns in table("more_data_actions").items():
        for pattern in patterns:
            yield from catalog.expand(f"{service}:{pattern}")


DEPENDENT_ON_PARAMETER: Mapping[str, Mapping[str, str]] = {
    action: needed
    for actions, needed in TABLES["needed_for_parameter"].items()
    for action in actions.split()
}
"""Action -> a parameter in lower case -> the action that is needed too, if it has a value."""

_ALWAYS = table("always_needed")

_RENAMING = table("renaming")
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

_TAGS = frozenset(("tags", "tag", "tagset", "taglist"))
_EC2_TAGS = frozenset(("tagspecifications", "tagspecificationset", "tagspecification"))
"""Parameters in lower case, that have the tags."""

_KMS_KEY = ("ssekmskeyid", "x-amz-server-side-encryption-aws-kms-key-id")
"""Parameters in lower case, that have the key of an object."""

_MOST = 1000


def dependent_actions(event: Event, action: str) -> Iterator[tuple[str, CallResource]]:
    """Return what a call needs in addition, each action with its resource.

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
            yield from _on_the_created(event, action, needed)
    yield from ((needed, TAKES_NO_RESOURCE) for needed in _ALWAYS.get(action, ()))
    key = next((parameters[name] for name in _KMS_KEY if name in parameters), None)
    if action == "s3:PutObject" and isinstance(key, str) and key.startswith("arn:"):
        yield "kms:GenerateDataKey", CallResource(key)
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
            yield from _on_the_created(event, action, needed)


def _on_the_created(event: Event, action: str, needed: str) -> Iterator[tuple[str, CallResource]]:
    """Return the action with its resource: the new one, on which the call itself is authorized."""
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
        for item in value[:_MOST] if isinstance(value, list) else ():
            kind = item.get("resourceType") if isinstance(item, Mapping) else None
            has_tags = kind and any(item.get(key) for key in ("tags", "tag", "Tags", "Tag"))
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
    """Return whether properties of an account turn on its role manager."""
    pairs = properties.items() if isinstance(properties, Mapping) else ()
    return any(str(name).lower() == "rolemanager/enabled" and on == "true" for name, on in pairs)

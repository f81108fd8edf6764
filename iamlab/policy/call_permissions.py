"""What a call needs permission for: pairs of an action and a resource.

A policy is about one action on one resource. Some calls need more: ``RunInstances`` an image, a
subnet and other resources, all for the same action; a service that gets a role needs
``iam:PassRole``; encrypted data need the KMS key; a new resource with tags needs the action that
tags. Each resource type has its own condition keys: only the instance has ``ec2:InstanceType``.

Notes
-----
AWS pages: "Service Authorization Reference", the columns "Resource types" and "Condition keys";
"Example policies for Amazon EC2"; "Grant a user permissions to pass a role to an AWS service";
"Using server-side encryption with AWS KMS keys (SSE-KMS)"; "Key management" of Amazon SQS and
Amazon SNS; "Secret encryption and decryption in AWS Secrets Manager"; "How AWS Systems Manager
Parameter Store uses AWS KMS"; "Requirements for Amazon EBS encryption"; "Permissions to use
user-generated KMS keys" of Kinesis Data Streams; API CreateLogGroup; "Tag IAM users"; "Grant
permission to tag Amazon EC2 resources during creation".
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.policy import catalog
from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.patterns import glob
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

PASS_ROLE = "iam:PassRole"
_REQUEST_TAG = "aws:RequestTag/${TagKey}"


_FACTS: Mapping[str, Any] = tables(__file__, "call_permissions.toml")
_ON_KMS_KEY = {
    name: needs.split() for names, needs in _FACTS["on_kms_key"].items() for name in names.split()
}
_EVERY_TYPE, _ONE_TYPE = (_FACTS["every_type"][name].split() for name in ("actions", "but_not"))
_CREATING = ("Create", "Run", "Register", "Upload", "Put", "Start", "Request", "Import", "Invite")
"""How the names of calls begin that may create a resource with tags."""

_TAGGING = ("TagResource", "CreateTags", "AddTagsToResource", "AddTags", "TagResources")
"""What services call the action that tags, if it is not named after the resource."""


def _passes() -> Mapping[str, Mapping[str, Sequence[str]]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for service, parameters in tables(__file__, "passed_roles.toml").items():
        for parameter, actions in parameters.items():
            for name in actions.lower().split():
                action = name if ":" in name else f"{service}:{name}"
                found[action][service].append(parameter)
    return found


PASSES = _passes()
"""Action in lower case -> the services that get a role, each with the parameters that name it."""


class NeededPair(NamedTuple):
    """An action and a resource that a call needs permission for.

    Parameters
    ----------
    keys
        The condition keys of this pair alone.
    via
        The service that makes this call for the caller: ``s3.amazonaws.com``.
    instead
        An action that is enough instead.
    """

    action: str
    resource: str
    keys: Mapping[str, str] = MappingProxyType({})
    via: str = ""
    instead: str = ""


def pairs_of(action: str, resources: Iterable[str], *, tagged: bool = False) -> list[NeededPair]:
    """Return what a call needs permission for, if it uses these resources.

    Parameters
    ----------
    tagged
        Whether the request has tags.

    Examples
    --------
    >>> key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    >>> pairs = pairs_of("s3:GetObject", ["arn:aws:s3:::maps/m31", key])
    >>> [pair.action for pair in pairs], pairs[1].via
    (['s3:GetObject', 'kms:Decrypt'], 's3.amazonaws.com')
    """
    listed = list(dict.fromkeys(resources))
    found: list[NeededPair] = []
    for resource in listed:
        further = () if type_of(action, resource) else _on_further(action, resource, listed)
        found += tuple(further) or (NeededPair(action, resource),)
    return [*found, *(_tagging_pairs(action, listed) if tagged else ())]


def _tagging_pairs(action: str, resources: Iterable[str]) -> Iterator[NeededPair]:
    """Return what a call needs that creates resources with tags, on each that gets them."""
    known = catalog.action(action)
    if known is None or _REQUEST_TAG not in known.all_condition_keys:
        return
    tagging = tagging_action(known.full_name)
    instead = _FACTS["tagging_instead"].get(known.full_name, "")
    keys = {"ec2:CreateAction": known.name} if known.service == "ec2" else {}
    for resource in resources if tagging else ():
        is_tagged = resource == "*" or type_of(action, resource)
        if is_tagged and "aws:requesttag" not in keys_of_other_types(action, resource):
            yield NeededPair(tagging, resource, keys, instead=instead)


def _on_further(action: str, resource: str, resources: Sequence[str]) -> Iterator[NeededPair]:
    """Return what a call needs on a role or KMS key that isn't the resource of its action."""
    known = catalog.action(action)
    if known is None:
        return
    if type_of(PASS_ROLE, resource):
        names = [f"{service}.amazonaws.com" for service in PASSES.get(action.lower(), ())]
        keys = {"iam:PassedToService": names[0]} if len(names) == 1 else {}
        yield NeededPair(PASS_ROLE, resource, keys)
    yield from pairs_on_key(action, resource, resources[0])


def pairs_on_key(action: str, key: str, data: str) -> Iterator[NeededPair]:
    """Return what a call needs on the KMS key of its data, whose ARN the encryption context has.

    Examples
    --------
    >>> key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    >>> [pair] = pairs_on_key("s3:PutObject", key, "arn:aws:s3:::maps/m31")
    >>> pair.action, dict(pair.keys)
    ('kms:GenerateDataKey', {'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::maps/m31'})
    """
    known = catalog.action(action)
    on_key = () if known is None else _ON_KMS_KEY.get(known.full_name, ())
    if known is None or not on_key or not type_of(on_key[0], key):
        return
    shown = _FACTS["encryption_context"].get(known.service)
    keys = {f"kms:EncryptionContext:{shown}": data} if shown else {}
    for name in on_key:
        own = {"kms:GrantIsForAWSResource": "true"} if name == "kms:CreateGrant" else {}
        yield NeededPair(name, key, keys | own, f"{known.service}.amazonaws.com")


@lru_cache(maxsize=1024)
def tagging_action(action: str) -> str:
    """Return the action that lets a new resource be tagged; empty if the action creates none.

    Examples
    --------
    >>> tagging_action("iam:CreateRole"), tagging_action("sqs:CreateQueue")
    ('iam:TagRole', 'sqs:TagQueue')
    >>> tagging_action("kms:CreateKey"), tagging_action("sns:TagResource")
    ('kms:TagResource', '')
    """
    service, _, name = action.partition(":")
    verb = next((verb for verb in _CREATING if name.startswith(verb)), "")
    if not verb or name in _TAGGING:
        return ""
    if action in _FACTS["other_tagging"]:
        return str(_FACTS["other_tagging"][action])
    names = (f"Tag{name.removeprefix(verb)}", *_TAGGING)
    known = catalog.actions_of(service)
    return next((f"{service}:{candidate}" for candidate in names if candidate.lower() in known), "")


# -- resource types -------------------------------------------------------------------------------


class Form(NamedTuple):
    """The form of a resource type's ARN, with stars for the names.

    Parameters
    ----------
    weight
        How many of its characters aren't stars.
    """

    name: str
    parts: tuple[str, ...]
    weight: int

    @property
    def text(self) -> str:
        """The form as a pattern."""
        return ":".join(self.parts)


@lru_cache(maxsize=1024)
def forms_of(service: str) -> tuple[Form, ...]:
    """List the forms of a service's resource types."""
    patterns = {kind.name: kind.pattern for kind in catalog.resource_types_of(service).values()}
    return tuple(
        Form(name, tuple(pattern.split(":", PARTS - 1)), len(pattern.replace("*", "")))
        for name, pattern in patterns.items()
        if pattern.count(":") >= PARTS - 1
    )


def types_of(arn: str, forms: Iterable[Form]) -> list[str]:
    """Return the names of the types whose form an ARN has, those that say most of it.

    Examples
    --------
    >>> types_of("arn:aws:s3:::maps/m31", forms_of("s3"))
    ['object']
    """
    if not is_arn(arn):
        return []
    parts = arn.split(":", PARTS - 1)
    of_service = (form for form in forms if glob(form.parts[2], parts[2]))
    fitting = [form for form in of_service if all(map(glob, form.parts, parts))]
    most = max((form.weight for form in fitting), default=0)
    return [form.name for form in fitting if form.weight == most]


@lru_cache(maxsize=4096)
def type_of(action: str, resource: str) -> str:
    """Return which of an action's resource types a resource has; empty if none, or not only one.

    Examples
    --------
    >>> type_of("ec2:RunInstances", "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1")
    'subnet'
    """
    known = catalog.action(action)
    if known is None:
        return ""
    uses = {use.name for use in known.resource_types}
    fitting = types_of(resource, forms_of(known.service))
    # A loadbalancer/app is a loadbalancer.
    found = uses & {name if name in uses else name.partition("/")[0] for name in fitting}
    return found.pop() if len(found) == 1 else ""


@lru_cache(maxsize=4096)
def required_types(action: str) -> tuple[str, ...]:
    """Return the resource types that each call of an action needs permission for.

    The catalogue also marks several types if a call has one of them, such as a table or a stream.
    These actions have no required types.

    Examples
    --------
    >>> required_types("ec2:AttachVolume"), required_types("s3:GetObject")
    (('instance', 'volume'), ())
    """
    known = catalog.action(action)
    if known is None:
        return ()
    marked = [use.name for use in known.resource_types if use.required]
    fits = partial(glob, text=known.full_name)
    if len(marked) > 1 and (any(map(fits, _ONE_TYPE)) or not any(map(fits, _EVERY_TYPE))):
        return ()
    return (*marked, *_FACTS["also_required"].get(known.full_name, "").split())


@lru_cache(maxsize=4096)
def also_needed(
    action: str, resources: tuple[str, ...], *, tagged: bool = False
) -> tuple[str, ...]:
    """Return what a call needs in addition to permission on these resources, in a sentence.

    Examples
    --------
    >>> instance = "arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"
    >>> also_needed("ec2:AttachVolume", (instance,))
    ('A call of ec2:AttachVolume also needs permission on: volume. Pass all ARNs as a list.',)
    """
    required, passes = required_types(action), action.lower() in PASSES
    if len(required) < 2 and not passes and not tagged:
        return ()
    own = {type_of(action, resource) for resource in resources}
    missing = [name for name in required if name not in own] if len(required) > 1 else []
    parts = [f"permission on: {', '.join(missing)}"] if missing else []
    if passes and not any(type_of(PASS_ROLE, arn) for arn in resources):
        parts.append(f"{PASS_ROLE} if it passes a role")
    tagging = tuple(_tagging_pairs(action, resources)) if tagged else ()
    if tagging:
        parts.append(f"{tagging[0].action} for the tags")
    how = " Pass all ARNs as a list." if missing else ""
    return (f"A call of {action} also needs {', and '.join(parts)}.{how}",) if parts else ()


# -- condition keys -------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def keys_of_other_types(action: str, resource: str) -> frozenset[str]:
    """Return the condition keys that an action has only with other types of resources.

    They are in lower case; of a key with a name after a slash, it is the text before it.

    Examples
    --------
    >>> subnet = "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1"
    >>> "ec2:instancetype" in keys_of_other_types("ec2:RunInstances", subnet)
    True
    """
    known, own = catalog.action(action), type_of(action, resource)
    if known is None or not own:
        return frozenset()
    keys = {use.name: set(map(key_name, use.condition_keys)) for use in known.resource_types}
    every = set().union(*keys.values()) - keys[own] - set(map(key_name, known.condition_keys))
    return frozenset(
        key
        for key in every
        if key in TAG_KEYS or (key.startswith(f"{known.service}:") and "resourcetag" not in key)
    )


TAG_KEYS = frozenset(("aws:requesttag", "aws:tagkeys"))
"""The keys of the tags in a request."""


def key_name(key: str) -> str:
    """Return a condition key in lower case, without the name of a tag.

    Examples
    --------
    >>> key_name("aws:RequestTag/team")
    'aws:requesttag'
    """
    return key.lower().partition("/")[0]


def without_keys(context: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return a context without some keys, such as those that AWS doesn't send for a resource."""
    if not names:
        return dict(context)
    return {key: value for key, value in context.items() if key_name(key) not in names}


def other_type_notes(action: str, resource: str, context: Iterable[str]) -> tuple[str, ...]:
    """Return which keys that a caller sets aren't in such a request, in sentences."""
    return tuple(
        f"{key} isn't in requests of {action} on this type of resource, so it was left out."
        for key in context
        if key_name(key) in keys_of_other_types(action, resource)
    )

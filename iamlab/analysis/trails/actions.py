"""Which actions a record is about: CloudTrail's name of a call, and the names in policies.

Usually the event's name is the action's, and the event's source begins with the service's prefix.
``call_tables.toml`` has the exceptions, with the reason. It also says which actions belong to data
events, which a trail has only if it is set up to log them.

Notes
-----
AWS pages: "Service Authorization Reference"; "Amazon S3 API operations and permissions"; "Amazon
S3 CloudTrail events"; "Logging Lambda API calls using AWS CloudTrail"; "Logging data events";
"Logging Amazon S3 API calls using AWS CloudTrail".
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.trails.arn_formats import table
from iamlab.cloudtrail.event_names import DATA_EVENTS, event_name, is_data_event
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class NeededAction(NamedTuple):
    """An action that a call needs, and whether the catalogue has it."""

    name: str
    is_known: bool


PREFIXES = table("prefixes")
"""The source of an event, without ``.amazonaws.com`` -> prefixes of actions, the likeliest first."""

NO_PERMISSION = frozenset(
    (
        "sts:GetCallerIdentity",  # everybody gets an answer, even against a Deny
        "sts:GetSessionToken",  # the caller only shows again who he is
    )
)
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

VERSIONED = {
    f"s3:{verb}Object{what}": f"s3:{verb}ObjectVersion{what}"
    for verb, parts in (
        ("Get", ("", "Acl", "Tagging", "Attributes")),
        ("Delete", ("", "Tagging")),
        ("Put", ("Acl", "Tagging")),
    )
    for what in parts
}
"""What S3 asks for instead when the call names a version of the object."""

VERBS = {
    **dict.fromkeys(("Create", "Generate", "Import", "Test"), "POST"),
    **dict.fromkeys(("Delete", "Flush", "Untag"), "DELETE"),
    **dict.fromkeys(("Put", "Reimport", "Tag"), "PUT"),
    "Get": "GET",
    "Update": "PATCH",
}
"""How a name begins at API Gateway -> its action, which is the verb of HTTP."""

_VERSION = re.compile(r"20\d\d_?\d\d_?\d\d(?:v\d)?$")
"""What Lambda and CloudFront put behind the name: ``20150331v2``, ``2020_05_31``."""

_FIRST_WORD = re.compile(r"[A-Z][a-z]+")


@lru_cache(maxsize=8192)
def actions_of_call(event_source: str, event_name: str) -> tuple[NeededAction, ...]:
    """Give the actions that a call needs; none if it needs no permission.

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
    """Give the actions whose events are data events, by their names in lower case.

    Examples
    --------
    >>> data_actions()["s3:getobject"], data_actions()["s3:listbucket"]
    ('s3:GetObject', 's3:ListBucket')
    >>> "s3:getbucketpolicy" in data_actions()
    False
    """
    return {name.lower(): name for name in sorted(_data_actions())}


def is_data_action(action: str) -> bool:
    """Say whether the calls that need an action are data events."""
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

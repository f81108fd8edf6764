"""Actions whose calls are data events, which a trail has only if it is told to.

Which events are of data says the table of events; which actions these calls need, the table of
actions. Here are only those that follow from neither.

Notes
-----
AWS pages: "Logging data events"; "Logging Amazon S3 API calls using AWS CloudTrail".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy import catalog
from iamlab.world.events.names import DATA_EVENTS, event_name, is_data_event
from iamlab.world.trails.actions import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FURTHER: Mapping[str, tuple[str, ...]] = {
    "dynamodb": ("ConditionCheckItem", "PartiQL*"),  # parts of transactions and of statements
    "lambda": ("InvokeFunctionUrl",),
    "rds-data": ("*",),
    "s3-object-lambda": ("*",),
}
"""Service -> further actions, under whatever names their calls have."""


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
    return {name.lower(): name for name in sorted(_found())}


def is_data_action(action: str) -> bool:
    """Say whether the calls that need an action are data events."""
    return action.lower() in data_actions()


@lru_cache(maxsize=1)
def data_services() -> tuple[str, ...]:
    """List the services whose data events are known here."""
    return tuple(sorted({name.partition(":")[0] for name in data_actions().values()}))


def _found() -> Iterator[str]:
    for service, events in DATA_EVENTS.items():
        for event in events:
            of_event = named(f"{service}.amazonaws.com", event)
            yield from (one.name for one in of_event if one.is_known)
        for one in catalog.actions_of(service).values():
            if is_data_event(service, event_name(service, one.name)):
                yield one.full_name
    for one in catalog.actions_of("s3").values():
        if any(kind.name == "object" for kind in one.resource_types):
            yield one.full_name
    for service, patterns in _FURTHER.items():
        for pattern in patterns:
            yield from catalog.expand(f"{service}:{pattern}")

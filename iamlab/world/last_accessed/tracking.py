"""What last accessed information is kept of, and since when.

Services are tracked for 400 days. Actions are tracked since a day that differs by service, and of
them only those whose calls are management events: who reads an object of S3 is known to the service
level only.

Notes
-----
AWS pages: "Refine permissions in AWS using last accessed information", with the days; "Logging
data events", for what is no management event.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from iamlab.policy import catalog
from iamlab.world.events.names import NO_CALLS
from iamlab.world.trails.data_actions import is_data_action

if TYPE_CHECKING:
    from collections.abc import Mapping

PERIOD = timedelta(days=400)
"""How long ago an access may be. AWS says "at least", so that it may tell of older ones too."""

# AWS shows an access "usually within four hours", and does not say when a given one will show. Here
# it shows at once: a learner who has called a service wants to see it, and not to move the clock.
VISIBLE_AFTER = timedelta(0)
"""How old an access is when it is first told."""

_NEWER = datetime(2021, 4, 7, tzinfo=UTC)
SINCE: Mapping[str, datetime] = {
    "s3": datetime(2020, 4, 12, tzinfo=UTC),
    "ec2": _NEWER,
    "iam": _NEWER,
    "lambda": _NEWER,
}
"""Service -> since when its actions are tracked."""

SINCE_OF_OTHERS = datetime(2023, 5, 23, tzinfo=UTC)
"""The same of all other services."""


def is_tracked(action: str) -> bool:
    """Say whether an action of the catalogue has last accessed information of its own.

    Examples
    --------
    >>> [is_tracked(f"s3:{name}") for name in ("CreateBucket", "PutObject")]
    [True, False]
    >>> is_tracked("iam:PassRole")
    False
    """
    known = catalog.action(action)
    if known is None or known.full_name in NO_CALLS:
        return False
    return not is_data_action(known.full_name)


def tracked_since(service: str, now: datetime) -> datetime:
    """Say from when on an access to an action is told.

    Examples
    --------
    >>> tracked_since("sqs", datetime(2024, 1, 1, tzinfo=UTC)).date().isoformat()
    '2023-05-23'
    """
    return max(now - PERIOD, SINCE.get(service, SINCE_OF_OTHERS))

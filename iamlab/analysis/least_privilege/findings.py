"""Unused access, in the words of IAM Access Analyzer.

As with last accessed information, an attempt counts as a use, even one that was refused.

Notes
-----
AWS pages: "IAM Access Analyzer unused access"; "Refine permissions in AWS using last accessed
information".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iamlab.analysis.least_privilege.excess import allowed_by
from iamlab.authorization.principal import principal_of
from iamlab.model.identities import Role, User
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from iamlab.analysis.least_privilege.shrinking import Sight
    from iamlab.analysis.least_privilege.used_permissions import Log
    from iamlab.model.identities import Bounded

FindingType = Literal[
    "UnusedIAMRole", "UnusedIAMUserPassword", "UnusedIAMUserAccessKey", "UnusedPermission"
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    resource
        The ARN of the user or role.
    text
        What it is.
    last_accessed
        When it was last used; ``None``: not as far as anybody knows.
    services
        Of unused permissions: the services of which nothing was used.
    actions
        Of unused permissions: the actions that were not used, of services that were.
    """

    finding_type: FindingType
    resource: str
    text: str
    last_accessed: datetime | None = None
    services: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.finding_type}: {self.resource}: {self.text}"


def findings_for(one: Bounded, log: Log, since: datetime, sight: Sight) -> tuple[Finding, ...]:
    """Give the findings about a user or role.

    Parameters
    ----------
    since
        What was used before this moment only, counts as unused.
    """
    if isinstance(one, Role):
        noted = one.last_used.date if one.last_used else None
        last = _later(noted, log.of(one.arn, one.unique_id).last)
        if last is None or last < since:
            # As all of it is unused, its permissions are no findings of their own.
            text = f"the role was {_when(last)}"
            return (Finding("UnusedIAMRole", one.arn, text, last),)
    found = [*_credentials(one, log, since)] if isinstance(one, User) else []
    return (*found, *_permissions(one, log, since, sight))


def _credentials(user: User, log: Log, since: datetime) -> Iterator[Finding]:
    profile = user.login_profile
    if profile is not None and not _is_young(profile.create_date, since):
        last = _later(profile.last_used, log.signed_in(user.arn, user.unique_id))
        if last is None or last < since:
            text = f"the password was {_when(last)}"
            yield Finding("UnusedIAMUserPassword", user.arn, text, last)
    for key in user.key_records.values():
        if key.status != "Active" or _is_young(key.create_date, since):
            continue
        noted = key.last_used.date if key.last_used else None
        last = _later(noted, log.keys.get(key.access_key_id))
        if last is None or last < since:
            text = f"access key {key.access_key_id} was {_when(last)}"
            yield Finding("UnusedIAMUserAccessKey", user.arn, text, last)


def _permissions(one: Bounded, log: Log, since: datetime, sight: Sight) -> Iterator[Finding]:
    """Compare what the identity-based policies allow with what was attempted of late."""
    usage = log.of(one.arn, one.unique_id)
    used = {pair[0].lower() for pair, tally in usage.pairs.items() if tally.last >= since}
    services = {action.partition(":")[0] for action in used}
    gathered = principal_of(one.account.world, one.arn)
    allowed = allowed_by(attached.policy for attached in gathered.identity)
    by_service: dict[str, list[str]] = defaultdict(list)
    for name in sorted(allowed):
        by_service[name.partition(":")[0]].append(name)
    silent = tuple(
        service
        for service, names in by_service.items()
        if service not in services and any(map(sight.shows, names))
    )
    unused = tuple(
        name
        for service, names in by_service.items()
        if service in services
        for name in names
        if name.lower() not in used and sight.shows(name)
    )
    if silent or unused:
        text = f"{_services(silent)} unused, and {len(unused):,} actions of services that are used"
        yield Finding("UnusedPermission", one.arn, text, usage.last, silent, unused)


def _services(silent: tuple[str, ...]) -> str:
    if len(silent) == 1:
        return f"{catalog.service_name(silent[0]) or silent[0]} is"
    return f"{len(silent):,} services are"


def is_young(one: Bounded, since: datetime) -> bool:
    """Say whether it is younger than what is asked for; then it is passed over."""
    return _is_young(one.create_date, since)


def _is_young(made: datetime | None, since: datetime) -> bool:
    return made is not None and made > since


def _later(*moments: datetime | None) -> datetime | None:
    known: Iterable[datetime] = (one for one in moments if one is not None)
    return max(known, default=None)


def _when(last: datetime | None) -> str:
    return "never used" if last is None else f"last used on {last:%Y-%m-%d}"

"""Unused access, in the words of IAM Access Analyzer.

As with last accessed information, an attempt counts as a use, even one that was refused.

Notes
-----
AWS pages: "IAM Access Analyzer unused access"; "Refine permissions in AWS using last accessed
information".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from iamlab.analysis.least_privilege.excess import allowed_by
from iamlab.authorization.principal import principal_of
from iamlab.model.identities import Role, User
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from iamlab.analysis.least_privilege.shrinking import Visibility
    from iamlab.analysis.least_privilege.used_permissions import Log
    from iamlab.model.identities import Bounded

FindingType = Literal[
    "UnusedIAMRole", "UnusedIAMUserPassword", "UnusedIAMUserAccessKey", "UnusedPermission"
]


@dataclass(frozen=True, slots=True)
class UnusedFinding:
    """A finding about a user or role.

    Parameters
    ----------
    resource
        The ARN of the user or role.
    text
        What it is.
    last_accessed
        When it was last used; ``None``: no use is known.
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


def findings_for(
    one: Bounded, log: Log, since: datetime, visibility: Visibility
) -> tuple[UnusedFinding, ...]:
    """Give the findings about a user or role.

    Parameters
    ----------
    since
        What was used only before this moment counts as unused.
    """
    if isinstance(one, Role):
        recorded = one.last_used.date if one.last_used else None
        last = _latest(recorded, log.of(one.arn, one.unique_id).last)
        if last is None or last < since:
            # As all of it is unused, its permissions get no findings of their own.
            return (UnusedFinding("UnusedIAMRole", one.arn, f"the role was {_when(last)}", last),)
    found = [*_credentials(one, log, since)] if isinstance(one, User) else []
    return (*found, *_permissions(one, log, since, visibility))


def _credentials(user: User, log: Log, since: datetime) -> Iterator[UnusedFinding]:
    profile = user.login_profile
    if profile is not None and not is_after(profile.create_date, since):
        last = _latest(profile.last_used, log.signed_in(user.arn, user.unique_id))
        if last is None or last < since:
            text = f"the password was {_when(last)}"
            yield UnusedFinding("UnusedIAMUserPassword", user.arn, text, last)
    for key in user.key_records.values():
        if key.status == "Active" and not is_after(key.create_date, since):
            recorded = key.last_used.date if key.last_used else None
            last = _latest(recorded, log.keys.get(key.access_key_id))
            if last is None or last < since:
                text = f"access key {key.access_key_id} was {_when(last)}"
                yield UnusedFinding("UnusedIAMUserAccessKey", user.arn, text, last)


def _permissions(
    one: Bounded, log: Log, since: datetime, visibility: Visibility
) -> Iterator[UnusedFinding]:
    """Compare what the identity-based policies allow with what was attempted lately."""
    usage = log.of(one.arn, one.unique_id)
    used = {pair[0].lower() for pair, tally in usage.pairs.items() if tally.last >= since}
    used_services = {action.partition(":")[0] for action in used}
    principal = principal_of(one.account.world, one.arn)
    unused_services: dict[str, None] = {}
    unused_actions = []
    for name in sorted(allowed_by(attached.policy for attached in principal.identity)):
        service = name.partition(":")[0]
        if name.lower() not in used and visibility.shows(name):
            if service in used_services:
                unused_actions.append(name)
            else:
                unused_services[service] = None
    if unused_services or unused_actions:
        services = f"{len(unused_services):,} services are"
        if len(unused_services) == 1:
            [service] = unused_services
            services = f"{catalog.service_name(service) or service} is"
        text = f"{services} unused, and {len(unused_actions):,} actions of services that are used"
        lists = tuple(unused_services), tuple(unused_actions)
        yield UnusedFinding("UnusedPermission", one.arn, text, usage.last, *lists)


def is_after(moment: datetime | None, since: datetime) -> bool:
    """Say whether something was created after this moment; then it is too new to be unused."""
    return moment is not None and moment > since


def _latest(*moments: datetime | None) -> datetime | None:
    return max((moment for moment in moments if moment is not None), default=None)


def _when(last: datetime | None) -> str:
    return "never used" if last is None else f"last used on {last:%Y-%m-%d}"

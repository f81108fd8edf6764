"""Last accessed information of an organization: of services that service control policies allow.

Who called is of no matter here, only in which account: root users, users and roles all count. The
management account is limited by no policy, so that it has a row for every service, and is in the
report of nothing else.

Notes
-----
AWS pages: "API GenerateOrganizationsAccessReport"; "API GetOrganizationsAccessReport"; "Refine
permissions in AWS using last accessed information". The pages want the management account; of
they don't mention delegated administrators, so those are rejected. Which errors come then is not
documented: those are taken that Organizations has for them. Likely, not sure: that a Deny of all
resources without a condition takes a service away ("it only applies SCP logic"), and no other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.analysis.last_accessed.last_accessed import read_attempts, rows_of
from iamlab.analysis.last_accessed.report import ServiceLastAccessed, cells_of
from iamlab.analysis.least_privilege.excess import allowed_by
from iamlab.display import Shown, table
from iamlab.errors import InvalidInput, noted
from iamlab.errors.organizations import (
    AccessDeniedException,
    PolicyNotFoundException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from iamlab.model.organization.organization import Organization, own_organization
from iamlab.model.organization.policies import SCP, OrganizationPolicy
from iamlab.model.record import check_texts
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    import pandas as pd

    from iamlab.model.account import Account
    from iamlab.model.event import Event
    from iamlab.model.organization.targets import Target

PRINCIPALS = ("Root", "IAMUser", "AssumedRole", "FederatedUser")
"""Types of callers that are of an account; the copy of an event in another account has others."""


@dataclass(frozen=True, slots=True)
class OrganizationsLastAccessed(Shown):
    """Last accessed information of a root, an OU or an account.

    Parameters
    ----------
    entity_path
        What it is about: ``o-.../r-.../ou-.../``, and an account's id at the end.
    policy_id
        The one policy that it is about; empty: all that reach the entity.
    generated
        At what moment it was.
    services
        Those that are allowed. The entity of an access is the path of an account.
    """

    entity_path: str
    policy_id: str
    generated: datetime
    services: tuple[ServiceLastAccessed, ...] = field(repr=False)

    @property
    def number_of_services_accessible(self) -> int:
        """How many services are allowed."""
        return len(self.services)

    @property
    def number_of_services_not_accessed(self) -> int:
        """How many of them nobody attempted."""
        return sum(not service.accesses for service in self.services)

    def to_frame(self) -> pd.DataFrame:
        """Return it as a table: a row for each service."""
        rows = (
            (service.service_namespace, *cells_of(service.last_access), len(service.accesses))
            for service in self.services
        )
        return table(_COLUMNS, rows)

    def __str__(self) -> str:
        about = f", by {self.policy_id}" if self.policy_id else ""
        accessed = self.number_of_services_accessible - self.number_of_services_not_accessed
        return (
            f"{self.entity_path}{about}: {accessed:,} of {len(self.services):,} allowed services "
            "accessed in the tracking period"
        )


_COLUMNS = (
    *("service_namespace", "last_authenticated_time", "entity_path", "region"),
    "total_authenticated_entities",
)


def organizations_last_accessed(
    account: Account,
    entity_path: str,
    policy_id: str | None = None,
    events: Iterable[Event] | None = None,
    *,
    now: datetime | None = None,
) -> OrganizationsLastAccessed:
    """Return when services were last accessed that service control policies allow.

    Parameters
    ----------
    account
        Who asks: the management account.
    entity_path
        The path of the root, an OU or an account, with or without a slash at its end.
    policy_id
        One policy; of the management account it is ignored.
    events, now
        As in ``iamlab.analysis.last_accessed.last_accessed``.

    Raises
    ------
    AWSOrganizationsNotInUseException
        The account is in no organization.
    AccessDeniedException
        It is not the management account.
    PolicyTypeNotEnabledException
        Service control policies are not enabled.
    TargetNotFoundException
        There is no entity with this path.
    PolicyNotFoundException
        There is no policy with this id.
    InvalidInput
        The policy isn't a service control policy.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> organization = world.create_organization(main)
    >>> path = f"{organization.id}/{organization.root.id}"
    >>> found = organizations_last_accessed(main, path)
    >>> found.number_of_services_accessible == found.number_of_services_not_accessed
    True
    """
    check_texts(entity_path=entity_path, policy_id="" if policy_id is None else policy_id)
    organization = _own(account)
    target = _target(organization, entity_path)
    policy, attached = None, []
    if target.id != organization.management_account_id:  # no policy limits that
        every = organization.policies
        path = organization.way_to(target.id)
        attached = [[every[key] for key in node.attached] for node in path]
        if policy_id is not None:
            policy = _policy(organization, policy_id)
            attached = [[policy]]
    own_id = "" if policy is None else policy.id
    paths = {
        key: _path_of(organization, organization.members[key])
        for key in _accounts(organization, target, own_id)
    }

    def entity_of(event: Event) -> str | None:
        """Return of which account a caller is, by its path."""
        identity = event.user_identity
        is_principal = identity.get("type") in PRINCIPALS
        return paths.get(str(identity.get("accountId") or "")) if is_principal else None

    latest, moment = read_attempts(account.world, entity_of, events, now)
    services = sorted({name.partition(":")[0] for name in _allowed(attached)})
    rows = rows_of(dict.fromkeys(services, ()), latest, moment)
    return OrganizationsLastAccessed(_path_of(organization, target), own_id, moment, tuple(rows))


def _own(account: Account) -> Organization:
    """Find the organization that an account may ask about."""
    organization = own_organization(account)
    if account.account_id != organization.management_account_id:
        raise noted(
            AccessDeniedException("You don't have permissions to access this resource."),
            f"The management account asks: {organization.management_account_id}.",
        )
    if SCP not in organization.root.policy_types:
        raise noted(
            PolicyTypeNotEnabledException("The specified policy type isn't currently enabled."),
            f'organization.enable_policy_type("{SCP}") enables it.',
        )
    return organization


def _target(organization: Organization, entity_path: str) -> Target:
    """Find a root, an OU or an account by its path; the path must be whole."""
    path = entity_path.rstrip("/")
    found = organization.target(path.rpartition("/")[2])
    if found is not None and _path_of(organization, found) == path:
        return found
    note = f"There is {_path_of(organization, found or organization.root)}."
    raise noted(TargetNotFoundException("You specified a target that doesn't exist."), note)


def _path_of(organization: Organization, target: Target) -> str:
    return "/".join((organization.id, *(node.id for node in organization.way_to(target.id))))


def _policy(organization: Organization, policy_id: str) -> OrganizationPolicy:
    """Find a service control policy by its id."""
    found = organization.policies.get(policy_id)
    if found is None:
        raise noted(
            PolicyNotFoundException("You specified a policy that doesn't exist."),
            f"There are: {', '.join(sorted(organization.policies)[:8])}.",
        )
    if found.type != SCP:
        raise InvalidInput(f"{policy_id} is not a service control policy.")
    return found


def _allowed(levels: Iterable[Iterable[OrganizationPolicy]]) -> frozenset[str]:
    """Return the actions that every level allows, and none denies altogether."""
    found = frozenset(catalog.expand("*"))
    for level in levels:
        documents = [policy.document for policy in level if policy.type == SCP]
        denies = [
            catalog.matched(entry)
            for document in documents
            for entry in document.statements
            if entry.effect == "Deny" and "*" in (entry.resource or ()) and not entry.conditions
        ]
        found = found.intersection(allowed_by(documents)).difference(*denies)
    return found


def _accounts(organization: Organization, target: Target, policy_id: str) -> Iterator[str]:
    """Return the accounts whose use counts.

    Of a policy only those that it reaches, from the entity or from below it.
    """
    for key in organization.members:
        path = organization.way_to(key)
        if target in path and (key == target.id or key != organization.management_account_id):
            below = path[path.index(target) :]
            if not policy_id or any(policy_id in node.attached for node in below):
                yield key

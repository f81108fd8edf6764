"""What last accessed information says: a row for each service that policies allow.

Notes
-----
AWS pages: "API GetServiceLastAccessedDetails"; "API GetServiceLastAccessedDetailsWithEntities".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from iamlab.display import Shown, table
from iamlab.errors import RequestError, did_you_mean
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import pandas as pd


Granularity = Literal["SERVICE_LEVEL", "ACTION_LEVEL"]
GRANULARITIES: tuple[Granularity, ...] = ("SERVICE_LEVEL", "ACTION_LEVEL")


@dataclass(frozen=True, slots=True)
class Entity:
    """A user or a role that could have used the policies in question.

    Parameters
    ----------
    type
        ``USER`` or ``ROLE``.
    id
        The unique id, which tells namesakes apart.
    """

    arn: str
    name: str
    type: str
    id: str
    path: str


@dataclass(frozen=True, slots=True)
class LastAttempt:
    """The most recent attempt of somebody, allowed or not.

    Parameters
    ----------
    entity
        The ARN of a user or a role.
    """

    entity: str
    time: datetime
    region: str


@dataclass(frozen=True, slots=True)
class TrackedAction:
    """An action, and the most recent attempt; ``None`` if there was no attempt."""

    action_name: str
    access: LastAttempt | None = None


@dataclass(frozen=True, slots=True)
class ServiceLastAccessed:
    """A service, and who attempted to access it when.

    Parameters
    ----------
    service_namespace
        The service's prefix in policies: ``s3``.
    accesses
        One for each entity that attempted it in the tracking period, the most recent first.
    tracked_actions
        At action level: the management actions that the policies allow, by name.
    """

    service_namespace: str
    accesses: tuple[LastAttempt, ...] = ()
    tracked_actions: tuple[TrackedAction, ...] = ()

    @property
    def service_name(self) -> str:
        """Its name: ``Amazon S3``."""
        return catalog.service_name(self.service_namespace) or self.service_namespace

    @property
    def last_access(self) -> LastAttempt | None:
        """The most recent attempt of anybody."""
        return self.accesses[0] if self.accesses else None

    @property
    def last_authenticated(self) -> datetime | None:
        """When the most recent attempt was made; ``None`` if there was no attempt."""
        return self.accesses[0].time if self.accesses else None

    @property
    def last_authenticated_entity(self) -> str:
        """The ARN of the caller; empty if there was no attempt."""
        return self.accesses[0].entity if self.accesses else ""

    @property
    def last_authenticated_region(self) -> str:
        """The Region that was called; empty if none was."""
        return self.accesses[0].region if self.accesses else ""

    @property
    def total_authenticated_entities(self) -> int:
        """How many users and roles attempted it."""
        return len(self.accesses)


@dataclass(frozen=True, slots=True)
class LastAccessed(Shown):
    """Last accessed information of a user, a group, a role or a managed policy.

    Parameters
    ----------
    arn
        What it is about.
    generated
        At what moment it was: what came later is not in it.
    services
        Those that the policies allow, by prefix; others are not listed, even if they were called.
    entities
        Who could have used the policies.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> ana = world.create_account("main", account_id="111111111111").create_user("ana")
    >>> ana.attach_policy("IAMReadOnlyAccess")
    >>> _ = ana.account.call("ListUsers", ana)
    >>> print(ana.last_accessed())
    iam  2026-11-25 09:00  arn:aws:iam::111111111111:user/ana  us-east-1
    """

    arn: str
    granularity: str
    generated: datetime
    services: tuple[ServiceLastAccessed, ...] = field(repr=False)
    entities: tuple[Entity, ...] = field(default=(), repr=False)

    def service(self, service_namespace: str) -> ServiceLastAccessed:
        """Return the row of a service.

        Raises
        ------
        RequestError
            The policies don't allow the service, or it doesn't exist.
        """
        for row in self.services:
            if row.service_namespace == service_namespace:
                return row
        if not isinstance(service_namespace, str):
            raise RequestError(
                f"{service_namespace!r} isn't the prefix of a service, such as 's3'."
            )
        known = [service.service_namespace for service in self.services]
        note = did_you_mean(service_namespace, known)
        raise RequestError(f"The policies allow nothing of {service_namespace!r}. {note}")

    @property
    def not_accessed(self) -> tuple[str, ...]:
        """The services that are allowed, and were not attempted in the tracking period."""
        return tuple(service.service_namespace for service in self.services if not service.accesses)

    def to_frame(self) -> pd.DataFrame:
        """Return it as a table: a row for each service, at action level one for each action too."""
        if self.granularity == "SERVICE_LEVEL":
            return table(("service_namespace", *_COLUMNS), self._of_services())
        columns = ("service_namespace", "action_name", *_COLUMNS[:3])
        return table(columns, self._of_actions())

    def _of_services(self) -> Iterator[tuple[object, ...]]:
        for service in self.services:
            total = service.total_authenticated_entities
            yield service.service_namespace, *cells_of(service.last_access), total

    def _of_actions(self) -> Iterator[tuple[object, ...]]:
        for service in self.services:
            yield service.service_namespace, "", *cells_of(service.last_access)
            for action in service.tracked_actions:
                yield service.service_namespace, action.action_name, *cells_of(action.access)

    def __str__(self) -> str:
        if not self.services:
            return "The policies allow no service."
        wide = max(len(service.service_namespace) for service in self.services)
        return "\n".join(
            f"{row.service_namespace:<{wide}}  {_line(row.last_access)}" for row in self.services
        )


_COLUMNS = (
    "last_authenticated",
    "last_authenticated_entity",
    "last_authenticated_region",
    "total_authenticated_entities",
)


def cells_of(access: LastAttempt | None) -> tuple[object, ...]:
    """Return the cells of an attempt in a table: time, caller, Region."""
    return (None, "", "") if access is None else (access.time, access.entity, access.region)


def _line(access: LastAttempt | None) -> str:
    if access is None:
        return "not accessed in the tracking period"
    return f"{access.time:%Y-%m-%d %H:%M}  {access.entity}  {access.region}".rstrip()

"""The log of a world: a list of events that can be searched, shown, and written as AWS writes it.

Notes
-----
AWS pages: "Viewing CloudTrail events with the AWS CLI", for times that count as within; "CloudTrail
record contents".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex, overload

from iamlab import display
from iamlab.display import Shown, count
from iamlab.model.event import Event

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from iamlab.analysis.event_search import Somebody
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization

COLUMNS = ("time", "account", "who", "event", "outcome", "error", "resource", "region", "from")
"""What a table of events has."""


class EventLog(Shown, list[Event]):
    """Events, in the order in which they happened.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> ana = main.create_user("ana")
    >>> ana.attach_policy("AmazonS3ReadOnlyAccess")
    >>> decision = world.do(ana, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
    >>> [event.event_name for event in world.events.where(what="iam:*")]
    ['CreateUser', 'AttachUserPolicy']
    >>> [event.event_name for event in world.events.where(who=ana, outcome="allowed")]
    ['GetObject']
    """

    __slots__ = ()

    def where(
        self,
        *,
        who: Somebody | None = None,
        what: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        outcome: str | None = None,
        account: Account | str | None = None,
    ) -> EventLog:
        """Give the events that are as is said; what is left out may be anything.

        Parameters
        ----------
        who
            A caller, or his ARN, the id of his access key, his name or his unique id. Of a role,
            and of whoever makes federated users, all sessions count; of a session or an access
            key, what was called with these very credentials. An account, or its id: all its
            principals.
        what
            An action (``"s3:GetObject"``), or the name of an event (``"ConsoleLogin"``), with
            ``*`` and ``?`` for what may be anything; letter case does not count.
        since, until
            Moments with a time zone, or text: ``"2026-11-25T09:00:00Z"``. Both count as within.
        outcome
            ``"allowed"``, ``"denied"`` (for want of permission) or ``"failed"`` (for another
            reason).
        account
            In whose log an event stands: an account or its id.

        Raises
        ------
        RequestError
            Nothing can be like that: there is no such action, say.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).events.where(outcome="refused")
        Traceback (most recent call last):
            ...
        iamlab.errors.RequestError: outcome='refused' is none. There are: allowed, denied, failed.
        """
        from iamlab.analysis.event_search import checks_of

        checks = checks_of(
            self,
            who=who,
            what=what,
            since=since,
            until=until,
            outcome=outcome,
            account=account,
        )
        return EventLog(event for event in self if all(check(event) for check in checks))

    def to_frame(self) -> pd.DataFrame:
        """Give it as a table: who did what, and how it ended.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> world.events.to_frame()["event"].tolist()
        ['iam:CreateUser']
        """
        return display.table(COLUMNS, map(row_of, self))

    def save(self, path: str | Path) -> None:
        """Write it to a file as CloudTrail does: ``{"Records": [...]}``.

        Parameters
        ----------
        path
            Packed with gzip if its name ends in ``.gz``. In a folder, :meth:`deliver` writes the
            many files of a trail.

        Raises
        ------
        RequestError
            It is a folder.
        OSError
            The file cannot be written; one that was there is as it was.
        """
        from iamlab.cloudtrail.log_files import write

        write(self, path)

    def deliver(
        self,
        folder: str | Path,
        *,
        prefix: str = "",
        organization: Organization | str | None = None,
    ) -> list[Path]:
        """Write it below a folder as a trail does to its bucket, and give the files.

        There is a file for each account, Region and five minutes. The same events give the same
        files, byte by byte.

        Parameters
        ----------
        prefix
            What stands before ``AWSLogs``.
        organization
            Whose trail it is, or its id. Of an organization itself only its accounts are written.

        Raises
        ------
        RequestError
            It is no place for files, or an event says of itself that it is of no account.
        OSError
            A file cannot be written.
        """
        from iamlab.cloudtrail.log_files import deliver

        return deliver(self, folder, prefix=prefix, organization=organization)

    def copy(self) -> EventLog:
        """Copy the log; the events are the same."""
        return EventLog(self)

    @overload
    def __getitem__(self, place: SupportsIndex) -> Event: ...

    @overload
    def __getitem__(self, place: slice) -> EventLog: ...

    def __getitem__(self, place: SupportsIndex | slice) -> Event | EventLog:
        if isinstance(place, slice):
            return EventLog(super().__getitem__(place))
        return super().__getitem__(place)

    def __repr__(self) -> str:
        times = sorted(event.event_time for event in self)
        ends = dict.fromkeys(f"{time:%Y-%m-%d %H:%M}" for time in (*times[:1], *times[-1:]))
        when = f", {' to '.join(ends)} UTC" if ends else ""
        return f"<EventLog: {count(len(self), 'event')}{when}>"

    def __add__(self, other: Iterable[Event]) -> EventLog:  # type: ignore[override]
        return EventLog((*self, *other)) if isinstance(other, list) else NotImplemented


def row_of(event: Event) -> tuple[object, ...]:
    """Say an event in the columns of a table."""
    identity = event.user_identity
    who = (identity.get(name) for name in ("arn", "invokedBy", "principalId", "userName"))
    return (
        event.event_time,
        event.recipient_account_id,
        next((str(one) for one in who if one), str(identity.get("type", ""))),
        f"{event.event_source.removesuffix('.amazonaws.com')}:{event.event_name}",
        event.outcome,
        event.error_code or event.error_message,
        event.resources[0] if event.resources else "",
        event.aws_region,
        event.source_ip_address,
    )

"""The event log of a world: a list of events, which can be shown as a table.

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
from iamlab.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


COLUMNS = ("time", "account", "who", "event", "outcome", "error", "resource", "region", "from")
"""What a table of events has."""


class EventLog(Shown, Record, list[Event]):
    """Events, in the order in which they happened."""

    __slots__ = ()

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

    def copy(self) -> EventLog:
        """Copy the log; the events are the same."""
        return type(self)(self)

    @overload
    def __getitem__(self, place: SupportsIndex) -> Event: ...

    @overload
    def __getitem__(self, place: slice) -> EventLog: ...

    def __getitem__(self, place: SupportsIndex | slice) -> Event | EventLog:
        if isinstance(place, slice):
            return type(self)(super().__getitem__(place))
        return super().__getitem__(place)

    def __repr__(self) -> str:
        times = sorted(event.event_time for event in self)
        ends = dict.fromkeys(f"{time:%Y-%m-%d %H:%M}" for time in (*times[:1], *times[-1:]))
        when = f", {' to '.join(ends)} UTC" if ends else ""
        return f"<EventLog: {count(len(self), 'event')}{when}>"

    def __add__(self, other: Iterable[Event]) -> EventLog:  # type: ignore[override]
        return type(self)((*self, *other)) if isinstance(other, list) else NotImplemented


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

"""The event log of a world: it can be searched, and written to files as CloudTrail does.

Notes
-----
AWS pages: "Viewing CloudTrail events with the AWS CLI"; "Getting and viewing your CloudTrail log
files".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.event_search import checks_of
from iamlab.cloudtrail.log_files import deliver, write
from iamlab.model import event_log as records
from iamlab.model.record import facade_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from iamlab.analysis.event_search import Somebody
    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization


@facade_of(records.EventLog)
class EventLog(records.EventLog):
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
        checks = checks_of(
            self,
            who=who,
            what=what,
            since=since,
            until=until,
            outcome=outcome,
            account=account,
        )
        return type(self)(event for event in self if all(check(event) for check in checks))

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
        return deliver(self, folder, prefix=prefix, organization=organization)

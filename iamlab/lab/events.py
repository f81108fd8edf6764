"""Events: the log, which can be searched and written to files, and what events answer.

Notes
-----
AWS pages: "Viewing CloudTrail events with the AWS CLI"; "Getting and viewing your CloudTrail log
files".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.deprecated import with_old_names
from iamlab.model import event as log_records
from iamlab.model import world as world_records
from iamlab.model.record import facade_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from iamlab.analysis.credential_timeline.timeline import Of, Timeline
    from iamlab.analysis.event_search import Somebody
    from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
    from iamlab.analysis.least_privilege.policy_sizes import PolicyForm
    from iamlab.analysis.least_privilege.unused import Unused
    from iamlab.analysis.trails.uses import Use
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.model.event import Event
    from iamlab.model.organization.organization import Organization


@facade_of(log_records.EventLog)
class EventLog(log_records.EventLog):
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
    >>> [event.event_name for event in world.events.where(principal=ana, outcome="allowed")]
    ['GetObject']
    """

    __slots__ = ()

    @with_old_names
    def where(
        self,
        *,
        principal: Somebody | None = None,
        what: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        outcome: str | None = None,
        account: Account | str | None = None,
    ) -> EventLog:
        """Return the events that are as is said; what is left out may be anything.

        Parameters
        ----------
        principal
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
            who=principal,
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


class EventQuestions(world_records.World):
    """The methods of a world that look at what happened."""

    @with_old_names
    def least_privilege(
        self,
        principal: Caller,
        events: Iterable[Event | Use] | None = None,
        *,
        most_resources: int = 10,
        form: PolicyForm = "managed",
        pass_role: bool = False,
    ) -> LeastPrivilege:
        """Write the tightest policy that allows what a caller did, and say what it leaves open.

        Parameters
        ----------
        principal
            A user, a role, a session or key of one, or the ARN of one that need not be here.
        events
            Of another log, such as a ``Trail``. Default: those of this world.
        most_resources
            More resources than this with the same beginning are written as it and a star.
        form
            ``"managed"``: up to 6,144 characters each; ``"inline"``: one that fits a user or role.
        pass_role
            Whether to allow ``iam:PassRole`` for the roles that calls handed to services.

        Raises
        ------
        LimitExceeded
            What was used does not fit into all policies that one principal may have.
        RequestError
            That is no caller, or the root user, whom no policy of its own limits; or those are no
            events.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.attach_policy("AmazonS3FullAccess")
        >>> decision = world.do(ana, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
        >>> [statement.sid for statement in world.least_privilege(ana).policy.statements]
        ['ReadStarMaps']
        """
        from iamlab.analysis.least_privilege.least_privilege import least_privilege

        return least_privilege(
            self,
            principal,
            events,
            most_resources=most_resources,
            form=form,
            pass_role=pass_role,
        )

    @with_old_names
    def unused(
        self,
        principal: Caller | None = None,
        events: Iterable[Event | Use] | None = None,
        *,
        unused_access_age: int = 90,
    ) -> Unused:
        """Report what was granted and never used, and which edits remove it.

        Parameters
        ----------
        principal
            A user or role. Default: all who are older than the age.
        events
            Of another log, such as a ``Trail``. Default: those of this world.
        unused_access_age
            In days, 1 to 365: how long ago the last use must be for a finding.

        Raises
        ------
        NoSuchEntity
            The caller is not in this world.
        RequestError
            That is no caller, no age, or those are no events.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.attach_policy("AmazonS3FullAccess")
        >>> print(world.unused(ana).edits[0])
        Detach AmazonS3FullAccess from user ana: nothing of it was used.
        """
        from iamlab.analysis.least_privilege.unused import unused

        return unused(self, principal, events, unused_access_age=unused_access_age)

    def timeline(self, of: Of | None = None) -> Timeline:
        """Show which credentials there were, from when to when, and who got them from whom.

        Parameters
        ----------
        of
            A session, an access key, a role, a user or a root user, or the id or ARN of one: only
            what leads to their credentials, and what comes of these.

        Raises
        ------
        RequestError
            There is no such thing in this world.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> key = world.create_account("main").create_user("ana").create_access_key()
        >>> session = world.sts.get_session_token(key, duration_seconds=900)
        >>> world.clock.advance(hours=1)
        >>> world.timeline()[session].ended
        'expired'
        """
        from iamlab.analysis.credential_timeline.timeline import timeline_of

        return timeline_of(self, of)

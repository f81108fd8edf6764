"""Events: search the log, write it to files, analyze it; and the calls of real clients.

Notes
-----
AWS pages: "Viewing CloudTrail events with the AWS CLI"; "Getting and viewing your CloudTrail log
files".
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.model import event as log_records
from iamlab.model import world as world_records
from iamlab.model.record import facade_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from iamlab.analysis.credential_timeline.timeline import Of, Timeline
    from iamlab.analysis.event_search import Somebody
    from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
    from iamlab.analysis.least_privilege.policy_sizes import PolicyForm
    from iamlab.analysis.least_privilege.unused import Unused
    from iamlab.analysis.trails.uses import Use
    from iamlab.authorization.principal import Caller
    from iamlab.clients.gateway import Gateway
    from iamlab.model.account import Account
    from iamlab.model.event import Event
    from iamlab.model.organization.organization import Organization
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.operations.sts.session import Session


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
        """Return the matching events; omitted criteria match everything.

        Parameters
        ----------
        principal
            A caller, its ARN, access key id, name or unique id; or an account or its id, for all
            its principals. A role, or a user who creates federated users, includes all its
            sessions; a session or an access key only calls with these credentials.
        what
            An action (``"s3:GetObject"``), or the name of an event (``"ConsoleLogin"``), with the
            wildcards ``*`` and ``?``; case-insensitive.
        since, until
            Times with a time zone, or text: ``"2026-11-25T09:00:00Z"``. Both are inclusive.
        outcome
            ``"allowed"``, ``"denied"`` (no permission) or ``"failed"`` (another reason).
        account
            The account, or its id, whose log contains the event.

        Raises
        ------
        RequestError
            No event can match, for example because there is no such action.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).events.where(outcome="refused")
        Traceback (most recent call last):
            ...
        iamlab.errors.RequestError: outcome='refused' isn't an outcome. There are: ...
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
            Compressed with gzip if its name ends in ``.gz``. :meth:`deliver` writes the files of a
            trail into a folder.

        Raises
        ------
        RequestError
            The path is a folder.
        OSError
            The file can't be written; an existing file is unchanged.
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
        """Write it into a folder, as a trail does into its bucket; return the files.

        There is a file for each account, Region and five minutes. The same events give the same
        files, byte by byte.

        Parameters
        ----------
        prefix
            The part of the path before ``AWSLogs``.
        organization
            The organization of the trail, or its id. From an organization, only its accounts are
            written.

        Raises
        ------
        RequestError
            It isn't a folder for files, or an event has no account.
        OSError
            A file can't be written.
        """
        from iamlab.cloudtrail.log_files import deliver

        return deliver(self, folder, prefix=prefix, organization=organization)


class EventQuestions(world_records.World):
    """The methods of a world that analyze events, and those for real clients."""

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
        """Generate the smallest policy that allows a caller's past calls, and note its limits.

        Parameters
        ----------
        principal
            A user, a role, its session or key, or an ARN, which needn't be in this world.
        events
            Events of another log, such as a ``Trail``. Default: this world's.
        most_resources
            More resources than this with a common prefix are written as prefix and ``*``.
        form
            ``"managed"``: up to 6,144 characters each; ``"inline"``: one policy that fits a user or
            role.
        pass_role
            Whether to allow ``iam:PassRole`` for the roles that calls passed to services.

        Raises
        ------
        LimitExceeded
            The used permissions don't fit into the policies that a principal can have.
        RequestError
            It isn't a caller, or it is the root user, whose permissions policies don't limit; or
            the events aren't valid.

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
            self, principal, events, most_resources=most_resources, form=form, pass_role=pass_role
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
            A user or role. Default: all that are older than the age.
        events
            Events of another log, such as a ``Trail``. Default: this world's.
        unused_access_age
            In days, 1 to 365: the minimum time since the last use for a finding.

        Raises
        ------
        NoSuchEntity
            The caller isn't in this world.
        RequestError
            The caller, the age or the events aren't valid.

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
        """Show credentials with their lifetimes, and how each was obtained from another.

        Parameters
        ----------
        of
            A session, an access key, a role, a user, a root user, or an id or ARN: only its
            credentials, with their origins and successors.

        Raises
        ------
        RequestError
            This world doesn't have it.

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

    @cached_property
    def gateway(self) -> Gateway:
        """The endpoint of real clients; its ``calls`` and ``denied`` are newest last."""
        from iamlab.clients.gateway import Gateway

        return Gateway(self)

    def caller_of_request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> AccessKey | Session:
        """Return whose signature is in a request: in a header, or in a presigned URL.

        Parameters
        ----------
        method, url, headers, body
            The request, as it was signed.

        Raises
        ------
        AwsError
            The key is unknown or inactive, or the credentials have expired.
        IamLabError
            The signature is missing, malformed, too old or wrong, with AWS's code.

        Examples
        --------
        >>> from iamlab import World
        >>> World(seed=7).caller_of_request("GET", "https://iam.amazonaws.com/", {})
        Traceback (most recent call last):
            ...
        iamlab.clients.wire_values.HttpError: MissingAuthenticationToken: Request is missing \
Authentication Token
        """
        return self.gateway.caller_of_request(method, url, headers, body)

    def boto3_session(self, principal: Any, *, region_name: str = "us-east-1") -> Any:
        """Return a boto3 session of a principal, whose clients call this world and nothing else.

        It needs boto3: ``pip install "iamlab[clients]"``.

        Parameters
        ----------
        principal
            A user or root user with an active access key, a key, or a session of STS.

        Raises
        ------
        RequestError
            It has no key.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main", account_id="111111111111").create_user("ana")
        >>> key = ana.create_access_key()
        >>> world.boto3_session(ana).client("sts").get_caller_identity()["Arn"]
        'arn:aws:iam::111111111111:user/ana'
        >>> world.gateway.calls[-1].operation
        'GetCallerIdentity'
        """
        return self.gateway.boto3_session(principal, region_name=region_name)

"""The permissions that a record shows as used: the caller, the resource, and the outcome.

A record names a call, and a policy names actions. Usually these are the same word; ``actions.py``
has the exceptions, and what a call needs in addition because of its parameters. The resource is in
the record, or follows from its parameters too (``resources.py``).

IAM and STS log no parameters with a refusal, so only its text says which permission was missing,
and on what. IAM abbreviates its entities there: ``on resource: role audit``.

No record says that a role was passed to a service: calls that only name the role use
``iam:PassRole``.

Notes
-----
AWS pages: "CloudTrail record contents"; "CloudTrail userIdentity element"; "Service Authorization
Reference"; "Refine permissions in AWS using last accessed information"; "Troubleshoot access denied
error messages".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from iamlab.analysis.trails.actions import VERSIONED, actions_of_call, dependent_actions
from iamlab.analysis.trails.resources import UNKNOWN, CallResource, resources_of
from iamlab.cloudtrail.arn_formats import partition_of, table
from iamlab.cloudtrail.event_fields import id_in, issuer_of
from iamlab.errors import RequestError
from iamlab.model.credentials import role_of_session
from iamlab.model.event import is_denial, is_unauthenticated
from iamlab.policy import catalog
from iamlab.policy.arn import is_arn
from iamlab.policy.describe.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from iamlab.model.event import Event

    UsedPairs = dict[tuple[str, str], tuple[bool, CallResource]]
    """Action and resource -> whether the catalogue knows the action, and the resource."""


@dataclass(frozen=True, slots=True)
class Use:
    """One permission, used once.

    Parameters
    ----------
    action
        As policies spell it: ``s3:GetObject``.
    resource
        An ARN, with ``*`` for a part that the record does not say; only ``*`` where it says
        nothing, or where the action takes no resource.
    caller
        Whose permissions were used: a user's or root user's ARN, for a role's session the role's;
        empty if the record does not say it, as for a service or a caller of another account.
    session
        The ARN that called: of a session that one, else the same as the caller; of a service its
        name.
    account_id
        The account whose log has it.
    is_allowed
        Whether the permission was there. A call that failed for another reason was allowed first.
    is_known
        Whether the catalogue has the action; if not, it is written as CloudTrail writes it.
    is_path_known
        Whether the ARN is whole: the name of an IAM user, role or group does not tell its path.
    is_exact
        Whether the resource is a literal ARN. If not, a star in it replaces what the
        record does not say; if it is, a star is a star, as in the key of an object.
    caller_id
        The unique id of the caller: who has the same name later is another. Empty if the record
        does not say it.
    """

    action: str
    resource: str
    caller: str
    session: str
    account_id: str
    time: datetime
    is_allowed: bool
    region: str
    is_known: bool = True
    is_path_known: bool = True
    is_exact: bool = True
    caller_id: str = ""

    def __str__(self) -> str:
        """Return it as one line; text of the record can't break the line."""
        by = self.session or self.caller or "somebody"
        end = "allowed" if self.is_allowed else "refused"
        when = f"{self.time:%Y-%m-%d %H:%M}"
        return printable(f"{when} {by}: {self.action} on {self.resource}, {end}")


NO_CALLS = frozenset(table("lists")["no_calls"])
"""Types of events that aren't calls with permissions."""

_COPIES = frozenset(("CopyObject", "UploadPartCopy"))


def uses_of(event: Event) -> tuple[Use, ...]:
    """Return which permissions an event shows as used.

    Usually one; several if the call needs several actions, or works on several resources; none if
    it needs no permission, or if the caller could not prove who he is.

    Examples
    --------
    >>> from datetime import datetime
    >>> from iamlab.model.event import Event
    >>> maya = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/maya"}
    >>> use, = uses_of(Event(datetime(2026, 11, 25), "s3.amazonaws.com", "HeadObject", "eu-west-1",
    ...     maya, True, "111122223333", "e-1",
    ...     request_parameters={"bucketName": "star-maps", "key": "m/31.fits"}))
    >>> use.action, use.resource, use.is_allowed
    ('s3:GetObject', 'arn:aws:s3:::star-maps/m/31.fits', True)
    """
    if event.event_type in NO_CALLS or event.event_category == "Insight":
        return ()
    if is_unauthenticated(event.error_code):
        return ()  # AWS looked for no permission
    actions = actions_of_call(event.event_source, event.event_name)
    if not actions:
        return ()
    caller, session = caller_and_session(event.user_identity)
    caller_id = id_in(issuer_of(event.user_identity)) if caller else ""
    allowed, account_id = not is_denial(event.error_code), event.recipient_account_id
    call = (caller, session, account_id, event.event_time, allowed, event.aws_region)
    found: UsedPairs = {}
    for action, is_known in actions:
        for name, resource in _resources_used(event, action):
            exact = resource if is_known else resource._replace(is_exact=False)
            found[name, resource.arn] = (is_known, exact)
        for name, resource in dependent_actions(event, action):
            found[name, resource.arn] = (True, resource)
    if not allowed:
        found = _with_refusal(event, found)
    return tuple(
        Use(action, arn, *call, is_known, use.is_path_known, use.is_exact, caller_id)
        for (action, arn), (is_known, use) in found.items()
    )


def uses(events: Iterable[Event], caller: object = None) -> Iterator[Use]:
    """Return the uses of some events, of all callers or of one.

    Parameters
    ----------
    caller
        A user, a role with all its sessions, a root user, one session; or the ARN of one of these.

    Raises
    ------
    RequestError
        It is something else.

    Examples
    --------
    >>> list(uses([], "arn:aws:iam::111122223333:user/maya"))
    []
    """
    if caller is None:
        return (use for event in events for use in uses_of(event))
    arn = caller if isinstance(caller, str) else getattr(caller, "arn", None)
    if not isinstance(arn, str) or not is_arn(arn):
        raise RequestError(f"Pass a user, a role, a session or an ARN, not {caller!r}.")
    wanted, unique_id = without_path(arn), getattr(caller, "unique_id", "")

    def is_his(use: Use) -> bool:
        if unique_id and use.caller_id:
            return bool(use.caller_id == unique_id)
        return use.session == arn or without_path(use.caller) == wanted

    return (use for event in events for use in uses_of(event) if is_his(use))


def caller_and_session(identity: Mapping[str, Any]) -> tuple[str, str]:
    """Return whose permissions were used, and the caller; empty if the record doesn't show them.

    A session has the permissions of its role, or of the user who created it. Services and callers
    from other accounts have no ARN in a record.

    Examples
    --------
    >>> caller_and_session(
    ...     {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/app/job"})
    ('arn:aws:iam::111122223333:role/app', 'arn:aws:sts::111122223333:assumed-role/app/job')
    >>> caller_and_session({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})
    ('', 'ec2.amazonaws.com')
    """
    session = identity.get("arn")
    if not isinstance(session, str):
        service = identity.get("invokedBy")
        return "", service if isinstance(service, str) else ""
    if ":sts:" not in session:
        return session, session
    issuer = issuer_of(identity)
    arn = "" if issuer is identity else issuer.get("arn")
    return (arn if isinstance(arn, str) and arn else role_of_session(session)), session


def without_path(arn: str) -> str:
    """Take the path out of an ARN of IAM: not every record has it, and names are unique alone.

    Examples
    --------
    >>> without_path("arn:aws:iam::111122223333:role/sky/app")
    'arn:aws:iam::111122223333:role/app'
    """
    start, _, rest = arn.partition("/")
    return f"{start}/{rest.rpartition('/')[2]}" if ":iam:" in arn else arn


def _resources_used(event: Event, action: str) -> Iterator[tuple[str, CallResource]]:
    """Return an action with each of its resources."""
    parameters = event.request_parameters or {}
    if event.event_name in _COPIES and action == "s3:GetObject":
        yield _copied_object(parameters.get("x-amz-copy-source"), partition_of(event.aws_region))
        return
    if action in VERSIONED and parameters.get("versionId"):
        action = VERSIONED[action]
    resources = resources_of(event, action)
    if resources == (UNKNOWN,) and _is_about_oneself(event, action):
        resources = (CallResource(event.user_identity["arn"]),)
    yield from ((action, resource) for resource in resources)


def _copied_object(source: object, partition: str) -> tuple[str, CallResource]:
    """Read which object was copied: bucket and key as in a URL, or an ARN."""
    text, _, query = (source if isinstance(source, str) else "").partition("?")
    text = unquote(text).removeprefix("/")
    action = VERSIONED["s3:GetObject"] if query.startswith("versionId=") else "s3:GetObject"
    if is_arn(text):
        return action, CallResource(text)
    return action, CallResource(f"arn:{partition}:s3:::{text}") if "/" in text else UNKNOWN


def _is_about_oneself(event: Event, action: str) -> bool:
    """Return whether a user's call is about himself, since it names no user."""
    if event.error_code or event.user_identity.get("type") != "IAMUser":
        return False
    if (event.request_parameters or {}).get("allUsers"):
        return False
    known = catalog.action(action)
    return (
        action.startswith("iam:")
        and known is not None
        and [use.name for use in known.resource_types] == ["user"]
        and isinstance(event.user_identity.get("arn"), str)
    )


_PERFORM = "is not authorized to perform: "
_RESOURCE = "on resource: "
_REASONS = (" because ", " with an explicit deny")
_LONGEST = 4096
"""A message has at most 1 KB; CloudTrail writes no longer one."""

IAM_TYPES = ("group", "instance profile", "role", "user")
"""What IAM calls an entity in a text; its ARN has hyphens for the spaces."""


class RefusedPermission(NamedTuple):
    """The permission that the text of a refusal names.

    Parameters
    ----------
    action
        As policies spell it.
    resource
        An ARN, or ``*`` if the text does not say it.
    is_path_known
        Whether the ARN is complete: of an IAM entity the text may have only the name.
    """

    action: str
    resource: str
    is_path_known: bool = True


def refusal_in(message: str, partition: str, account_id: str) -> RefusedPermission | None:
    """Read which permission the text of a refusal names; ``None`` if it names none.

    Parameters
    ----------
    partition, account_id
        Where the IAM entities are that the text abbreviates.

    Examples
    --------
    >>> refusal_in(
    ...     "User: arn:aws:iam::111122223333:user/maya is not authorized to perform: "
    ...     "iam:PutRolePolicy on resource: role audit because no identity-based policy allows the "
    ...     "iam:PutRolePolicy action", "aws", "111122223333")
    RefusedPermission(action='iam:PutRolePolicy', \
resource='arn:aws:iam::111122223333:role/audit', is_path_known=False)
    """
    _, found, rest = message[:_LONGEST].partition(_PERFORM)
    action, _, rest = rest.partition(" ")
    action = action.strip("\"'.,;")
    prefix, _, name = action.partition(":")
    if not (found and prefix and name and action.isascii() and ":" not in name):
        return None
    _, found, resource = rest.partition(_RESOURCE)
    if not found:
        return RefusedPermission(action, "*")
    for reason in _REASONS:
        before, is_there, _ = resource.rpartition(reason)
        resource = before if is_there else resource
    text = resource.strip(" \n\"'").removesuffix(".")
    kind, _, name = text.rpartition(" ")
    if kind in IAM_TYPES and not name.startswith("arn:"):
        arn = f"arn:{partition}:iam::{account_id}:{kind.replace(' ', '-')}/{name}"
        return RefusedPermission(action, arn, is_path_known=False)
    if kind == "policy":
        text = name
    return RefusedPermission(action, text if text.startswith("arn:") else "*")


def _with_refusal(event: Event, found: UsedPairs) -> UsedPairs:
    """Put in what was refused, as far as the text says it.

    It may be one of the actions that the call needs, or one that the record does not show: then the
    caller attempted the call's own too.
    """
    partition = partition_of(event.aws_region)
    refusal = refusal_in(event.error_message, partition, event.recipient_account_id)
    known = None if refusal is None else catalog.action(refusal.action)
    if refusal is None or known is None:
        return found
    own = {pair: use for pair, use in found.items() if pair[0] == known.full_name}
    if own and refusal.resource == "*":
        return own
    arn = refusal.resource
    resource = CallResource(arn, "*" not in arn, refusal.is_path_known)
    refused: UsedPairs = {(known.full_name, arn): (True, resource)}
    return refused if own else {**found, **refused}

"""Credentials in a world's log, which is read once, from its first event to its last.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "Logging IAM and AWS STS API calls with AWS
CloudTrail".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from iamlab.model.event import Event

Name = tuple[str, str, str]
"""An account's id, ``role`` or ``user``, and a name in lower case."""


TABLES: dict[str, Any] = tables(__file__, "credential_tables.toml")

KEY, PASSWORD, MFA = "access key", "password", "MFA device"
CERTIFICATE, SSH, SERVICE = "signing certificate", "SSH key", "service credential"

CHANGES = {
    operation: (kind, str(change["id"]))
    for kind, change in TABLES["changes"].items()
    for operation in change["operations"]
}
"""Operation -> the kind of long-term credential that it changes, and the name of the id in it."""


class LoggedEvent(NamedTuple):
    """An event, and its place in the log."""

    place: int
    event: Event


class Put(NamedTuple):
    """That an inline policy was written."""

    at: datetime
    document: str


@dataclass(slots=True)
class CredentialHistory:
    """The history of a long-term credential.

    Parameters
    ----------
    kind, id
        As in :data:`CHANGES`. A password has no id.
    user_name
        The user's name; empty for the root user.
    created, inactive, deleted
        Since when; ``None`` if no event shows it.
    is_of_the_past
        Whether the user has been deleted. A new user may have the same name.
    """

    kind: str
    id: str
    account_id: str = ""
    user_name: str = ""
    created: datetime | None = None
    inactive: datetime | None = None
    deleted: datetime | None = None
    is_of_the_past: bool = False


@dataclass(slots=True)
class CredentialLog:
    """What a log says of credentials.

    Parameters
    ----------
    issued
        The id of a session's access key -> the event that answered it.
    uses
        What was called with credentials that the event names, but for calls that made a session.
    deleted
        When somebody of a name was deleted, each time.
    puts
        Somebody, and the name of an inline policy -> when it was written, since it was last
        deleted.
    held
        Somebody -> the histories of long-term credentials.
    by_id
        The same histories by their ids; the last one of each id.
    gone
        Deleted users -> their names, and the histories of their credentials.
    attached
        Somebody, and the ARN of a managed policy -> since when it has been attached.
    boundaries
        Somebody -> when his permissions boundary was set.
    changed
        The ARN of a managed policy -> when another version of it became the default.
    """

    issued: dict[str, LoggedEvent] = field(default_factory=dict)
    uses: list[tuple[str, LoggedEvent]] = field(default_factory=list)
    deleted: dict[Name, list[datetime]] = field(default_factory=dict)
    puts: dict[tuple[Name, str], list[Put]] = field(default_factory=dict)
    held: dict[Name, list[CredentialHistory]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, CredentialHistory] = field(default_factory=dict)
    gone: dict[Name, tuple[str, list[CredentialHistory]]] = field(default_factory=dict)
    attached: dict[tuple[Name, str], datetime] = field(default_factory=dict)
    boundaries: dict[Name, datetime] = field(default_factory=dict)
    changed: dict[str, datetime] = field(default_factory=dict)

    def deletion(self, name: Name, since: datetime) -> datetime | None:
        """Return when an identity was deleted after a time; ``None`` if no event shows it."""
        times = self.deleted.get(name, [])
        place = bisect_left(times, since)
        return times[place] if place < len(times) else None

    def puts_since(self, name: Name, policy_name: str, since: datetime) -> Iterable[Put]:
        """Return each time that an inline policy was written, from that which was in force on."""
        puts = self.puts.get((name, policy_name), [])
        return puts[max(0, bisect_right(puts, since, key=lambda put: put.at) - 1) :]

    def managed_since(self, name: Name, place: str, arn: str) -> datetime | None:
        """Return since when a managed policy is attached to an identity in its present version.

        Parameters
        ----------
        place
            ``"attached"`` or ``"boundary"``.

        Returns
        -------
        datetime or None
            ``None`` if no event says it. What an earlier version of the policy said does not count.
        """
        put = self.attached.get((name, arn)) if place == "attached" else self.boundaries.get(name)
        changed = self.changed.get(arn)
        return put if put is None or changed is None else max(put, changed)

    def last_use(self) -> dict[str, datetime]:
        """Return when credentials were last used, by the id of their access key."""
        return {key_id: placed.event.event_time for key_id, placed in self.uses}


def read_log(events: Iterable[Event]) -> CredentialLog:
    """Read a log."""
    log = CredentialLog()
    for place, event in enumerate(events):
        new = _session_in(event)
        if new:
            # Of two accounts that note one call the caller's comes first, and says who he is.
            log.issued.setdefault(new, LoggedEvent(place, event))
            continue
        with_key = str(event.user_identity.get("accessKeyId", ""))
        if with_key:
            log.uses.append((with_key, LoggedEvent(place, event)))
        note = _NOTES.get(event.event_name)
        if note is not None and event.event_source == "iam.amazonaws.com" and not event.error_code:
            note(log, event, event.request_parameters or {})
    return log


def _session_in(event: Event) -> str:
    """Return the id of the session that a call of STS has made; empty if it made none."""
    if event.event_source != "sts.amazonaws.com":
        return ""
    made = (event.response_elements or {}).get("credentials")
    return str(made.get("accessKeyId", "")) if isinstance(made, dict) else ""


def _somebody(event: Event, sent: Mapping[str, Any]) -> Name:
    kind = "role" if "roleName" in sent else "user"
    name = str(sent.get(f"{kind}Name", ""))
    return (event.recipient_account_id, kind, name.lower())


def _note_deletion(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    name = _somebody(event, sent)
    log.deleted.setdefault(name, []).append(event.event_time)
    if event.event_name == "DeleteUser":
        histories = log.held.pop(name, [])
        for history in histories:
            history.is_of_the_past = True
        before = log.gone.get(name, ("", []))[1]
        log.gone[name] = str(sent.get("userName", "")), [*before, *histories]


def _note_renaming(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    if new := str(sent.get("newUserName", "")):
        histories = log.held.pop(_somebody(event, sent), [])
        log.held[event.recipient_account_id, "user", new.lower()] = histories
        for history in histories:
            history.user_name = new


def _note_attachment(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    attachment = (_somebody(event, sent), str(sent.get("policyArn", "")))
    if event.event_name.startswith("Attach"):
        log.attached.setdefault(attachment, event.event_time)
    else:
        log.attached.pop(attachment, None)


def _note_boundary(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    if event.event_name.startswith("Delete"):
        log.boundaries.pop(_somebody(event, sent), None)
    elif sent.get("permissionsBoundary"):
        log.boundaries[_somebody(event, sent)] = event.event_time


def _note_version(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    if event.event_name == "SetDefaultPolicyVersion" or sent.get("setAsDefault"):
        log.changed[str(sent.get("policyArn", ""))] = event.event_time


def _note_inline_policy(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    policy = (_somebody(event, sent), str(sent.get("policyName", "")))
    if event.event_name.startswith("Put"):
        put = Put(event.event_time, str(sent.get("policyDocument", "")))
        log.puts.setdefault(policy, []).append(put)
    else:
        log.puts.pop(policy, None)


def _note_credential(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    kind, parameter = CHANGES[event.event_name]
    own_id = _id_in(sent, parameter) or _id_in(event.response_elements, parameter)
    own = log.held[_somebody(event, sent)]
    history = log.by_id.get(own_id) or next(
        (history for history in reversed(own) if history.kind == kind and not own_id), None
    )
    is_new = event.event_name.startswith(("Create", "Enable", "Upload"))
    if is_new or history is None or history.deleted:
        account_id, user_name = event.recipient_account_id, str(sent.get("userName", ""))
        history = CredentialHistory(kind, own_id, account_id, user_name)
        own.append(history)
        if own_id:
            log.by_id[own_id] = history
    if is_new:
        history.created = event.event_time
    elif event.event_name == "UpdateAccessKey":
        is_off = sent.get("status") == "Inactive"
        history.inactive = (history.inactive or event.event_time) if is_off else None
    else:
        history.deleted = event.event_time


def _id_in(found: Mapping[str, Any] | None, name: str) -> str:
    """Return an id in a request, or in the object that a response is about."""
    if not name or not isinstance(found, dict):
        return ""
    nested = next((inner for inner in found.values() if isinstance(inner, dict)), {})
    return str(found.get(name) or nested.get(name) or "")


Note: TypeAlias = "Callable[[CredentialLog, Event, Mapping[str, Any]], None]"

_OF_ROLES_AND_USERS: Mapping[str, Note] = {
    "Delete{}": _note_deletion,
    "Put{}Policy": _note_inline_policy,
    "Delete{}Policy": _note_inline_policy,
    "Attach{}Policy": _note_attachment,
    "Detach{}Policy": _note_attachment,
    "Create{}": _note_boundary,
    "Put{}PermissionsBoundary": _note_boundary,
    "Delete{}PermissionsBoundary": _note_boundary,
}
_NOTES: Mapping[str, Note] = {
    **{
        form.format(kind): note
        for form, note in _OF_ROLES_AND_USERS.items()
        for kind in ("Role", "User")
    },
    "UpdateUser": _note_renaming,
    "CreatePolicyVersion": _note_version,
    "SetDefaultPolicyVersion": _note_version,
    **dict.fromkeys(CHANGES, _note_credential),
}
"""The operations of IAM that change credentials, and what notes each."""

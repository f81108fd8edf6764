"""Credentials in a world's log, which is read once, from its first event to its last.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "Logging IAM and AWS STS API calls with AWS
CloudTrail".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from iamlab.model.event import Event

Name = tuple[str, str, str]
"""An account's id, ``role`` or ``user``, and a name in lower case."""


class LoggedEvent(NamedTuple):
    """An event, and its place in the log."""

    place: int
    event: Event


class Put(NamedTuple):
    """That an inline policy was written."""

    at: datetime
    document: str


@dataclass(slots=True)
class KeyHistory:
    """The history of an access key.

    Parameters
    ----------
    user_name
        Whose it is; empty: the root user's.
    inactive, deleted
        Since when; ``None`` if it is not.
    is_of_the_past
        Whether the user has been deleted: another one of his name is not he.
    """

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
    keys
        The histories of long-term access keys.
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
    keys: dict[str, KeyHistory] = field(default_factory=dict)
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
    log.deleted.setdefault(_somebody(event, sent), []).append(event.event_time)
    if event.event_name == "DeleteUser":
        for key in _keys_of(log, event, sent):
            key.is_of_the_past = True


def _note_renaming(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    if new := str(sent.get("newUserName", "")):
        for key in _keys_of(log, event, sent):
            key.user_name = new


def _keys_of(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> list[KeyHistory]:
    """Return the keys of the user that an event is about."""
    account_id, name = event.recipient_account_id, str(sent.get("userName", "")).lower()
    return [
        key
        for key in log.keys.values()
        if (key.account_id, key.user_name.lower()) == (account_id, name) and not key.is_of_the_past
    ]


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


def _note_new_key(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    made = (event.response_elements or {}).get("accessKey")
    if isinstance(made, dict):
        user_name = str(sent.get("userName", ""))
        key = KeyHistory(event.recipient_account_id, user_name, event.event_time)
        log.keys[str(made.get("accessKeyId", ""))] = key


def _note_key(log: CredentialLog, event: Event, sent: Mapping[str, Any]) -> None:
    key = log.keys.setdefault(str(sent.get("accessKeyId", "")), KeyHistory())
    if event.event_name == "DeleteAccessKey":
        key.deleted = event.event_time
    else:
        is_off = sent.get("status") == "Inactive"
        key.inactive = (key.inactive or event.event_time) if is_off else None


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
    "CreateAccessKey": _note_new_key,
    "UpdateAccessKey": _note_key,
    "DeleteAccessKey": _note_key,
}
"""The operations of IAM that change credentials, and what notes each."""

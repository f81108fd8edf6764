"""What a world's log says of credentials: read once, from its first event to its last.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "Logging IAM and AWS STS API calls with AWS
CloudTrail".
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from iamlab.model.event import Event

Name = tuple[str, str, str]
"""An account's id, ``role`` or ``user``, and a name in lower case."""


class Placed(NamedTuple):
    """An event, and its place in the log."""

    place: int
    event: Event


class Put(NamedTuple):
    """That an inline policy was written."""

    at: datetime
    document: str


@dataclass(slots=True)
class KeyStory:
    """What became of an access key.

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
class Trail:
    """What the log says.

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
        The stories of long-term access keys.
    attached
        Somebody, and the ARN of a managed policy -> since when it has been attached.
    boundaries
        Somebody -> when his permissions boundary was set.
    changed
        The ARN of a managed policy -> when another version of it became the default.
    """

    issued: dict[str, Placed] = field(default_factory=dict)
    uses: list[tuple[str, Placed]] = field(default_factory=list)
    deleted: dict[Name, list[datetime]] = field(default_factory=dict)
    puts: dict[tuple[Name, str], list[Put]] = field(default_factory=dict)
    keys: dict[str, KeyStory] = field(default_factory=dict)
    attached: dict[tuple[Name, str], datetime] = field(default_factory=dict)
    boundaries: dict[Name, datetime] = field(default_factory=dict)
    changed: dict[str, datetime] = field(default_factory=dict)

    def deletion(self, name: Name, since: datetime) -> datetime | None:
        """Say when somebody was deleted who was there at a time; ``None`` if no event says it."""
        times = self.deleted.get(name, [])
        place = bisect_left(times, since)
        return times[place] if place < len(times) else None

    def puts_since(self, name: Name, policy_name: str, since: datetime) -> Iterable[Put]:
        """Give each time that an inline policy was written, from that which was in force on."""
        puts = self.puts.get((name, policy_name), [])
        return puts[max(0, bisect_right(puts, since, key=lambda put: put.at) - 1) :]

    def managed_since(self, name: Name, place: str, arn: str) -> datetime | None:
        """Say since when a managed policy has stood on somebody as it is now.

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
        """Say when credentials were last used, by the id of their access key."""
        return {key_id: placed.event.event_time for key_id, placed in self.uses}


def read_trail(events: Iterable[Event]) -> Trail:
    """Read a log."""
    trail = Trail()
    for place, event in enumerate(events):
        new = _session_in(event)
        if new:
            # Of two accounts that note one call the caller's comes first, and says who he is.
            trail.issued.setdefault(new, Placed(place, event))
            continue
        with_key = str(event.user_identity.get("accessKeyId", ""))
        if with_key:
            trail.uses.append((with_key, Placed(place, event)))
        note = _NOTES.get(event.event_name)
        if note is not None and event.event_source == "iam.amazonaws.com" and not event.error_code:
            note(trail, event, event.request_parameters or {})
    return trail


def _session_in(event: Event) -> str:
    """Give the id of the session that a call of STS has made; empty if it made none."""
    if event.event_source != "sts.amazonaws.com":
        return ""
    made = (event.response_elements or {}).get("credentials")
    return str(made.get("accessKeyId", "")) if isinstance(made, dict) else ""


def _somebody(event: Event, given: Mapping[str, Any]) -> Name:
    kind = "role" if "roleName" in given else "user"
    name = str(given.get(f"{kind}Name", ""))
    return (event.recipient_account_id, kind, name.lower())


def _note_deletion(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    trail.deleted.setdefault(_somebody(event, given), []).append(event.event_time)


def _note_user_deletion(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    _note_deletion(trail, event, given)
    for story in _keys_of(trail, event, given):
        story.is_of_the_past = True


def _note_user_change(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    new = str(given.get("newUserName", ""))
    if new:
        for story in _keys_of(trail, event, given):
            story.user_name = new


def _keys_of(trail: Trail, event: Event, given: Mapping[str, Any]) -> list[KeyStory]:
    """Give the stories of the keys of the user that an event is about."""
    account_id, name = event.recipient_account_id, str(given.get("userName", "")).lower()
    return [
        one
        for one in trail.keys.values()
        if (one.account_id, one.user_name.lower()) == (account_id, name) and not one.is_of_the_past
    ]


def _note_attached(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    hanging = (_somebody(event, given), str(given.get("policyArn", "")))
    trail.attached.setdefault(hanging, event.event_time)


def _note_detached(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    trail.attached.pop((_somebody(event, given), str(given.get("policyArn", ""))), None)


def _note_boundary(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    if given.get("permissionsBoundary"):
        trail.boundaries[_somebody(event, given)] = event.event_time


def _note_boundary_gone(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    trail.boundaries.pop(_somebody(event, given), None)


def _note_version(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    if event.event_name == "SetDefaultPolicyVersion" or given.get("setAsDefault"):
        trail.changed[str(given.get("policyArn", ""))] = event.event_time


def _note_put(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    policy = (_somebody(event, given), str(given.get("policyName", "")))
    put = Put(event.event_time, str(given.get("policyDocument", "")))
    trail.puts.setdefault(policy, []).append(put)


def _note_policy_gone(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    trail.puts.pop((_somebody(event, given), str(given.get("policyName", ""))), None)


def _note_key_made(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    made = (event.response_elements or {}).get("accessKey")
    if isinstance(made, dict):
        trail.keys[str(made.get("accessKeyId", ""))] = KeyStory(
            event.recipient_account_id, str(given.get("userName", "")), event.event_time
        )


def _note_key_set(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    story = trail.keys.setdefault(str(given.get("accessKeyId", "")), KeyStory())
    is_off = given.get("status") == "Inactive"
    story.inactive = (story.inactive or event.event_time) if is_off else None


def _note_key_gone(trail: Trail, event: Event, given: Mapping[str, Any]) -> None:
    story = trail.keys.setdefault(str(given.get("accessKeyId", "")), KeyStory())
    story.deleted = event.event_time


_NOTES: Mapping[str, Callable[[Trail, Event, Mapping[str, Any]], None]] = {
    "DeleteRole": _note_deletion,
    "DeleteUser": _note_user_deletion,
    "UpdateUser": _note_user_change,
    "PutRolePolicy": _note_put,
    "PutUserPolicy": _note_put,
    "DeleteRolePolicy": _note_policy_gone,
    "DeleteUserPolicy": _note_policy_gone,
    "AttachRolePolicy": _note_attached,
    "AttachUserPolicy": _note_attached,
    "DetachRolePolicy": _note_detached,
    "DetachUserPolicy": _note_detached,
    "CreateRole": _note_boundary,
    "CreateUser": _note_boundary,
    "PutRolePermissionsBoundary": _note_boundary,
    "PutUserPermissionsBoundary": _note_boundary,
    "DeleteRolePermissionsBoundary": _note_boundary_gone,
    "DeleteUserPermissionsBoundary": _note_boundary_gone,
    "CreatePolicyVersion": _note_version,
    "SetDefaultPolicyVersion": _note_version,
    "CreateAccessKey": _note_key_made,
    "UpdateAccessKey": _note_key_set,
    "DeleteAccessKey": _note_key_gone,
}
"""The operations of IAM that say something of credentials, each with what notes it."""

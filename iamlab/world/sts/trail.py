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

    from iamlab.world.events import Event

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
    """

    account_id: str = ""
    user_name: str = ""
    created: datetime | None = None
    inactive: datetime | None = None
    deleted: datetime | None = None


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
    """

    issued: dict[str, Placed] = field(default_factory=dict)
    uses: list[tuple[str, Placed]] = field(default_factory=list)
    deleted: dict[Name, list[datetime]] = field(default_factory=dict)
    puts: dict[tuple[Name, str], list[Put]] = field(default_factory=dict)
    keys: dict[str, KeyStory] = field(default_factory=dict)

    def deletion(self, name: Name, since: datetime) -> datetime | None:
        """Say when somebody was deleted who was there at a time; ``None`` if no event says it."""
        times = self.deleted.get(name, [])
        place = bisect_left(times, since)
        return times[place] if place < len(times) else None

    def puts_since(self, name: Name, policy_name: str, since: datetime) -> Iterable[Put]:
        """Give each time that an inline policy was written, from that which was in force on."""
        puts = self.puts.get((name, policy_name), [])
        return puts[max(0, bisect_right(puts, since, key=lambda put: put.at) - 1) :]

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
    "DeleteUser": _note_deletion,
    "PutRolePolicy": _note_put,
    "PutUserPolicy": _note_put,
    "DeleteRolePolicy": _note_policy_gone,
    "DeleteUserPolicy": _note_policy_gone,
    "CreateAccessKey": _note_key_made,
    "UpdateAccessKey": _note_key_set,
    "DeleteAccessKey": _note_key_gone,
}
"""The operations of IAM that say something of credentials, each with what notes it."""

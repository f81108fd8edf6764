"""Callers, services and their calls: from a timeline, or from the events of a log.

A timeline knows what happened before STS: an instance's metadata service, a directory, an issuer. A
log has only the calls of AWS's API. A call between two accounts is in the logs of both, and is one
call. The credentials in STS's response are an answer: a second hop, from STS to the session.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "CloudTrail record contents", ``sharedEventID``;
"Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.hops import Hop, Party
from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.errors import RequestError
from iamlab.model.event import Event
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.describe.words import called

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any, TypeAlias

    from iamlab.analysis.credential_timeline.hops import PartyKind
    from iamlab.model.world import World

    Calls: TypeAlias = Timeline | Iterable[Event] | Iterable[Hop]
    Ends: TypeAlias = Mapping[str, tuple[datetime | None, str]]

KINDS: Mapping[str, PartyKind] = {
    "IAMUser": "user",
    "Root": "user",
    "AssumedRole": "session",
    "FederatedUser": "session",
    "SAMLUser": "SAML user",
    "WebIdentityUser": "web identity user",
    "IdentityCenterUser": "Identity Center user",
    "AWSService": "service",
    "AWSAccount": "AWS account",
}
"""CloudTrail's type of an identity -> the kind of caller."""
NAMES = ("arn", "userName", "invokedBy", "accountId", "principalId")
"""The fields of an identity that name the caller, the best one first."""


def account_names(world: World | None) -> dict[str, str]:
    """Return the names of a world's accounts, by their ids."""
    return {} if world is None else {key: one.name for key, one in world.accounts.items()}


def title_and_note(name: str, kind: str) -> tuple[str, str]:
    """Return what people call a caller or a service, and what it is.

    Examples
    --------
    >>> title_and_note("arn:aws:sts::111122223333:assumed-role/auditor/carol", "session")
    ('role auditor', 'session carol')
    >>> title_and_note("cloudtrail.amazonaws.com", "service")
    ('CloudTrail', 'service')
    """
    if not is_arn(name):
        prefix, is_service, _ = name.partition(".amazonaws.com")
        return (called(prefix) or prefix) if is_service else name, kind
    arn = Arn.parse(name)
    if arn.kind == "assumed-role":
        role, _, session = arn.resource.partition("/")[2].partition("/")
        return f"role {role}", f"session {session}"
    if arn.kind == "oidc-provider":
        return arn.resource.partition("/")[2], kind
    return "root user" if arn.resource == "root" else arn.name or arn.resource, kind


def hops_of(calls: Any) -> tuple[Sequence[Hop], Ends]:
    """Return the hops of a timeline or of a log, and the end of credentials by their key's id.

    Raises
    ------
    RequestError
        It isn't a timeline, hops or events.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> decision = world.do("arn:aws:iam::111111111111:user/alice", "s3:GetObject", MAP)
    >>> hops, _ = hops_of(world.events)
    >>> print(hops[-1])
    user arn:aws:iam::111111111111:user/alice -> service s3.amazonaws.com: GetObject
    """
    if isinstance(calls, Timeline):
        return calls.hops, {row.access_key_id: (row.end, row.ended) for row in calls.rows}
    is_several = isinstance(calls, Iterable) and not isinstance(calls, str)
    values: Sequence[Any] = tuple(calls) if is_several else (calls,)
    if all(isinstance(value, Hop) for value in values):
        return values, {}
    if all(isinstance(value, Event) for value in values):
        return _hops_of_log(values)
    raise RequestError(
        "A sequence is made of a timeline (world.timeline(session)), of events (world.events), or "
        f"of hops; {type(calls).__name__} is none of these."
    )


def _hops_of_log(events: Iterable[Event]) -> tuple[list[Hop], Ends]:
    """Return the calls and the answers of STS in a log."""
    hops, ends = [], {}
    for event in _once(events):
        caller, service = _caller(event.user_identity), Party("service", event.event_source)
        call = event.event_name, event.event_time, event.event_id
        hops.append(Hop(caller, service, *call, event.error_code or event.error_message))
        answer = event.response_elements or {}
        credentials = answer.get("credentials")
        if isinstance(credentials, Mapping) and credentials.get("accessKeyId"):
            user = answer.get("assumedRoleUser") or answer.get("federatedUser")
            arn = user.get("arn") if isinstance(user, Mapping) else ""
            key_id = str(credentials["accessKeyId"])
            hops.append(Hop(service, Party("session", str(arn or caller.name), key_id), *call))
            ends[key_id] = _time(credentials.get("expiration")), ""
    return hops, ends


def _once(events: Iterable[Event]) -> Collection[Event]:
    """Return one event for each call: of those in several logs, the one with the caller's ARN."""
    found: dict[object, Event] = {}
    for number, event in enumerate(events):
        call = event.shared_event_id or number
        if call not in found or "arn" in event.user_identity:
            found[call] = event
    return found.values()


def _caller(identity: Mapping[str, Any]) -> Party:
    """Return the caller that an event names."""
    words = {field: value for field, value in identity.items() if isinstance(value, str)}
    name = next((words[field] for field in NAMES if words.get(field)), "unknown caller")
    kind, key_id = KINDS.get(words.get("type", ""), "caller"), words.get("accessKeyId", "")
    if kind == "user" and key_id:
        kind = "session" if key_id.startswith("ASIA") else "access key"
    return Party(kind, name, key_id)


def _time(text: object) -> datetime | None:
    """Read a time as CloudTrail writes it in STS's responses: ``Nov 25, 2026, 03:00:00 PM``."""
    try:
        return datetime.strptime(str(text), "%b %d, %Y, %I:%M:%S %p").replace(tzinfo=UTC)
    except ValueError:
        return None

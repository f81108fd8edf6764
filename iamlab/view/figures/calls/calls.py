"""Calls and answers, as a sequence of arrows: from a timeline's hops, or from events of a log.

A timeline knows who stood before STS: an instance's metadata service, a directory, an issuer. A log
has only what AWS's API was asked. A call between two accounts stands in the logs of both, and is
one call. What STS answers is a call's second half: an arrow back, to the credentials that begin
with it.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "CloudTrail record contents", ``sharedEventID``;
"Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.credential_timeline.hops import Hop, Party
from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.engine.request import Kind
from iamlab.errors import RequestError
from iamlab.model.event import Event, is_denial
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.describe.words import called

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TypeAlias

    from iamlab.engine.request import Request
    from iamlab.model.world import World

    Calls: TypeAlias = Timeline | Iterable[Event] | Iterable[Hop]

OUTSIDE = ("service", "metadata service", "directory", "OIDC issuer", "browser", "CI job")
"""Who stands in no account, though a provider's ARN names the one that trusts it."""

SIGNS = {"allowed": "✓ ", "denied": "✕ ", "failed": "○ ", "": ""}
"""How a call ended; what is no call of AWS's API has no sign, as no log has it."""


class Actor(NamedTuple):
    """Who calls, or is called.

    Parameters
    ----------
    kind, name
        As of a :class:`~iamlab.analysis.credential_timeline.hops.Party`.
    key_id
        Which credentials it is, if it is an access key or a session.
    """

    kind: str
    name: str
    key_id: str = ""

    @property
    def account(self) -> str:
        """In whose account it stands; empty outside of all."""
        if self.kind == "AWS account":
            return self.name
        inside = self.kind not in OUTSIDE and is_arn(self.name)
        return Arn.parse(self.name).account if inside else ""

    @property
    def is_root(self) -> bool:
        """Whether it is an account's root user."""
        return self.name.endswith(":root")

    @property
    def title(self) -> str:
        """What people call it."""
        if self.kind == "service":
            prefix = self.name.partition(".")[0]
            return called(prefix) or prefix
        if not is_arn(self.name):
            return self.name
        arn = Arn.parse(self.name)
        if arn.kind == "assumed-role":
            return f"role {arn.resource.split('/')[1]}"
        if arn.kind == "oidc-provider":
            return arn.resource.partition("/")[2]
        return "root user" if arn.resource == "root" else arn.name or arn.resource

    @property
    def note(self) -> str:
        """What it is."""
        if self.kind == "session" and ":assumed-role/" in self.name:
            return f"session {self.name.rpartition('/')[2]}"
        if self.kind == "access key":
            return f"access key {self.key_id}"
        return self.kind

    def __str__(self) -> str:
        key = f", {self.key_id}" if self.kind == "session" and self.key_id else ""
        return f"{self.title}, {self.note}: {self.name}{key}"


_CALLERS = {Kind.SESSION: "session", Kind.SERVICE: "service", Kind.ROOT: "user"}
"""What kind of actor a caller is, where that has another name than what the caller is."""


def caller_of(request: Request) -> Actor:
    """Give the one who makes a request.

    Examples
    --------
    >>> from iamlab import Request
    >>> arn = "arn:aws:iam::111122223333:user/ana"
    >>> print(caller_of(Request(arn, "s3:GetObject", "arn:aws:s3:::maps/m31.fits")))
    ana, user: arn:aws:iam::111122223333:user/ana
    """
    caller = request.caller
    return Actor(_CALLERS.get(caller.kind, caller.kind.value), caller.arn)


def account_names(world: World | None) -> dict[str, str]:
    """Give the names of a world's accounts, by their ids; without a world nobody knows them."""
    if world is None:
        return {}
    return {account.account_id: account.name for account in world.accounts.values()}


@dataclass(frozen=True, slots=True)
class Call:
    """One arrow: a call, or an answer.

    Parameters
    ----------
    operation
        What was called; of an answer, what it answers.
    outcome
        ``"allowed"``, ``"denied"``, ``"failed"``; empty for what is no call of AWS's API.
    is_answer
        Whether it leads back, with temporary credentials.
    until, ended
        Of an answer: till when these are good, and why no longer, as far as that is known.
    times, last
        How often it was made, one time after the other, and when for the last time.
    """

    source: Actor
    target: Actor
    operation: str
    at: datetime
    outcome: str = ""
    error_code: str = ""
    event_id: str = ""
    is_answer: bool = False
    until: datetime | None = None
    ended: str = ""
    times: int = 1
    last: datetime | None = None

    @property
    def is_refused(self) -> bool:
        """Whether nothing came of it."""
        return self.outcome in ("denied", "failed")


def calls_of(given: object) -> tuple[Call, ...]:
    """Give the calls of a timeline, of hops, or of events.

    Raises
    ------
    RequestError
        It is none of these.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> decision = world.do("arn:aws:iam::111111111111:user/alice", "s3:GetObject", MAP)
    >>> call = calls_of(world.events)[-1]
    >>> call.source.title, call.target.title, call.operation, call.outcome
    ('alice', 'S3', 'GetObject', 'allowed')
    """
    if isinstance(given, Timeline):
        ends = {row.access_key_id: (row.end, row.ended) for row in given.rows}
        return tuple(_of_hop(hop, ends) for hop in given.hops)
    every = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    if all(isinstance(one, Hop) for one in every):
        return tuple(_of_hop(hop, {}) for hop in every if isinstance(hop, Hop))
    if all(isinstance(one, Event) for one in every):
        events = _once([one for one in every if isinstance(one, Event)])
        return tuple(call for event in events for call in _of_event(event))
    raise RequestError(
        "A sequence is made of a timeline (world.timeline(session)), of events (world.events), or "
        f"of hops; {type(given).__name__} is none of these."
    )


def repeated(calls: Iterable[Call]) -> list[Call]:
    """Make one arrow of a call that was made several times, one time after the other."""
    found: list[Call] = []
    for call in calls:
        before = found[-1] if found else None
        if before is not None and _looks(before) == _looks(call):
            found[-1] = replace(before, times=before.times + 1, last=call.at)
        else:
            found.append(call)
    return found


def _looks(call: Call) -> tuple[object, ...]:
    return call.source, call.target, call.operation, call.outcome, call.error_code, call.is_answer


# -- hops -----------------------------------------------------------------------------------------


def _of_hop(hop: Hop, ends: Mapping[str, tuple[datetime | None, str]]) -> Call:
    # Nobody calls credentials: an arrow that leads to some hands them out.
    is_answer = hop.target.kind in ("session", "access key")
    until, ended = ends.get(hop.target.access_key_id, (None, "")) if is_answer else (None, "")
    outcome = "" if is_answer or not _is_of_api(hop) else _outcome(hop.error_code)
    return Call(
        _actor(hop.source),
        _actor(hop.target),
        hop.operation,
        hop.at,
        outcome,
        hop.error_code,
        hop.event_id,
        is_answer,
        until,
        ended,
    )


def _is_of_api(hop: Hop) -> bool:
    """Say whether it is a call of AWS's API; only that has an event, if the log still has it."""
    return bool(hop.event_id or hop.error_code) or hop.target.name == "sts.amazonaws.com"


def _outcome(error_code: str) -> str:
    if not error_code:
        return "allowed"
    return "denied" if is_denial(error_code) else "failed"


def _actor(party: Party) -> Actor:
    return Actor(party.kind, party.name, party.access_key_id)


# -- events ---------------------------------------------------------------------------------------


def _once(events: list[Event]) -> Iterator[Event]:
    """Give one event for each call: of those in several logs, the one that says who called."""
    telling: dict[str, Event] = {}
    for event in events:
        call = event.shared_event_id
        if call and ("arn" in event.user_identity or call not in telling):
            telling[call] = event
    seen: set[str] = set()
    for event in events:
        call = event.shared_event_id
        if not call:
            yield event
        elif call not in seen:
            seen.add(call)
            yield telling[call]


def _of_event(event: Event) -> Iterator[Call]:
    caller = _caller(event.user_identity)
    service = Actor("service", event.event_source)
    told = (event.event_name, event.event_time)
    code = event.error_code or event.error_message
    yield Call(caller, service, *told, event.outcome, code, event.event_id)
    made, until = _made(event, caller)
    if made is not None:
        yield Call(
            service, made, *told, event_id=event.event_id, is_answer=True, until=until
        )  # fmt: skip


_KINDS = {
    "IAMUser": "user",
    "Root": "user",
    "AssumedRole": "session",
    "FederatedUser": "session",
    "SAMLUser": "SAML user",
    "WebIdentityUser": "web identity user",
    "IdentityCenterUser": "Identity Center user",
}
"""The type of identity -> what kind of actor it is."""


def _caller(identity: Mapping[str, Any]) -> Actor:
    """Say who called."""
    of = {name: str(value) for name, value in identity.items() if isinstance(value, str)}
    kind, key_id = of.get("type", ""), of.get("accessKeyId", "")
    if kind == "AWSService":
        return Actor("service", of.get("invokedBy", "a service"))
    if kind == "AWSAccount":
        return Actor("AWS account", of.get("accountId", "an account"))
    name = of.get("arn") or of.get("userName") or of.get("principalId") or "somebody unknown"
    known = _KINDS.get(kind, "caller")
    if known == "user" and key_id:
        known = "session" if key_id.startswith("ASIA") else "access key"
    return Actor(known, name, key_id)


def _made(event: Event, caller: Actor) -> tuple[Actor | None, datetime | None]:
    """Give the credentials that an event tells of, and till when they are good."""
    answer = event.response_elements or {}
    told = answer.get("credentials")
    if not isinstance(told, Mapping) or not told.get("accessKeyId"):
        return None, None
    for user in (answer.get("assumedRoleUser"), answer.get("federatedUser")):
        if isinstance(user, Mapping) and user.get("arn"):
            caller = Actor("session", str(user["arn"]))
    session = Actor("session", caller.name, str(told["accessKeyId"]))
    return session, _moment(told.get("expiration"))


def _moment(text: object) -> datetime | None:
    """Read a moment as CloudTrail writes STS's: ``Nov 25, 2026, 03:00:00 PM``."""
    try:
        return datetime.strptime(str(text), "%b %d, %Y, %I:%M:%S %p").replace(tzinfo=UTC)
    except ValueError:
        return None

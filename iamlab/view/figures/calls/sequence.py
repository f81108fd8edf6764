"""The sequence diagram: API calls and their answers, from top to bottom.

Each caller and each service has a lifeline. Each edge is an API call in a world's log, or a hop of
a timeline. The lifeline of a session begins where STS returns its credentials. Accounts are frames;
AWS services and identity providers are outside of them.

A timeline also has the calls before STS: to an instance's metadata service, a directory, an issuer.
A log only has calls of AWS's API. A call between two accounts is in the logs of both, and is drawn
once. The credentials in STS's response are an answer: a second hop, from STS to the session.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "SAML 2.0 federation"; "OIDC federation"; "Cross account
resource access in IAM"; "CloudTrail userIdentity element"; "CloudTrail record contents",
``sharedEventID``; "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from iamlab.analysis.credential_timeline.timeline import BEFORE, Hop, Party, Timeline
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.model.event import Event, is_denial
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.arguments import check_world
from iamlab.view.figures.names import account_names, title_and_note
from iamlab.view.layouts.lanes import GAP, draw_lanes, fold_lanes
from iamlab.view.scene import HEADING, Edge, Node, Scene
from iamlab.view.style import INK, LOOKS, PAPER, Look
from iamlab.view.words import LONGEST, alt_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from typing import Any, TypeAlias

    from iamlab.analysis.credential_timeline.timeline import PartyKind
    from iamlab.model.world import World
    from iamlab.view.figure import Figure

    Calls: TypeAlias = Timeline | Iterable[Event] | Iterable[Hop]
    Ends: TypeAlias = Mapping[str, tuple[datetime | None, str]]

MOST_CALLS, MOST_PARTIES = 40, 10
"""The largest numbers of edges and lanes in a picture."""
LINE = 24
"""The largest number of letters of an operation above its edge."""
OUTSIDE = ("service", "metadata service", "directory", "OIDC issuer", "browser", "CI job")
"""Kinds of callers outside of accounts, although a provider's ARN has an account."""
OUTCOMES = {
    "allowed": LOOKS["allowed"],
    "denied": replace(LOOKS["explicitDeny"], word="denied"),
    "failed": replace(LOOKS["implicitDeny"], word="failed for another reason"),
    "": Look("", "no sign: not a call of AWS's API, so it isn't in a log", INK, PAPER),
}
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
"""The fields of an identity that name the caller, in order of preference."""
NO_CALL = {"time": None, "source": "", "target": "", "operation": "no call"}


def sequence(calls: Calls, *, world: World | None = None) -> Figure:
    """Draw API calls and their answers as a sequence diagram.

    Parameters
    ----------
    calls
        A timeline (``world.timeline(session)``), which also has the calls before STS; a log
        (``world.events``) or some of its events; or hops.
    world
        The world whose accounts' names are shown. Default: accounts are shown by their ids.

    Raises
    ------
    RequestError
        ``calls`` has another type, or ``world`` isn't a world.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> key = world.create_account("main", account_id="111111111111").create_user(
    ...     "ana").create_access_key()
    >>> session = world.sts.get_session_token(key, duration_seconds=900)
    >>> print(sequence(world.timeline(session)).alt)
    ana calls STS: ✓ GetSessionToken; STS answers ana: temporary credentials until 09:15.
    """
    hops, ends = hops_of(calls)
    check_world("sequence", world)
    names = account_names(world)
    nodes = list(_nodes(hops, names))
    titles = {node.id: node.text for node in nodes}
    day, time = _clock(hops, ends)
    alike = groupby(hops, lambda hop: (hop.source, hop.target, hop.operation, hop.error_code))
    edges = [_edge(list(group), titles, ends, time) for _, group in alike]
    scene = Scene(
        [
            Node("parties", "callers and services", kind=HEADING),
            *nodes,
            Node("calls", "calls, from top to bottom" if hops else "No calls.", kind=HEADING),
        ],
        edges,
        frames={node.frame: (names.get(node.frame) or "account", node.frame) for node in nodes},
        table=() if hops else [NO_CALL],
    )
    drawn = fold_lanes(scene, MOST_CALLS, MOST_PARTIES)
    gaps = [f"not drawn: {edge.label}" for edge in drawn.edges if edge.kind == GAP]
    return replace(scene, after=gaps).figure(
        lambda scene: draw_lanes(scene, day),
        alt=_alt(edges, titles),
        caption=_caption(edges),
        drawn=drawn,
        is_graph=False,
    )


def _nodes(hops: Sequence[Hop], names: Mapping[str, str]) -> Iterator[Node]:
    """Yield a node for each party; if two have the same words, the second one gets a number."""
    seen: Counter[tuple[str, str]] = Counter()
    for party in dict.fromkeys(party for hop in hops for party in (hop.source, hop.target)):
        title, note = title_and_note(party.name, party.kind)
        if party.kind == "access key":
            note = f"access key {party.access_key_id}"
        account = party.name if party.kind == "AWS account" else ""
        if party.kind not in OUTSIDE and is_arn(party.name):
            account = Arn.parse(party.name).account
        short = title if title == "root user" else ""
        if short:
            title = f"root user of {names.get(account) or account}"
        seen[title, note] += 1
        if seen[title, note] > 1:
            title = f"{title} ({seen[title, note]})"
        details = [", ".join(filter(None, (str(party), party.access_key_id)))]
        if account:
            details.append(" ".join(filter(None, ("in account", names.get(account), account))))
        yield Node(
            repr(party), title, note, parent="parties", frame=account, short=short, details=details
        )


def _clock(hops: Sequence[Hop], ends: Ends) -> tuple[str, Callable[[datetime], str]]:
    """Return the day of all calls, if it is the same, and a function that writes a time."""
    days = {f"{hop.at:%Y-%m-%d}" for hop in hops}
    day = days.pop() if len(days) == 1 else ""
    times = [hop.at for hop in hops] + [end for end, _ in ends.values() if end]
    clock = "%H:%M:%S" if any(time.second for time in times) else "%H:%M"
    return day, lambda at: f"{at:{clock}}" if f"{at:%Y-%m-%d}" == day else f"{at:%Y-%m-%d {clock}}"


def _edge(
    hops: Sequence[Hop], titles: Mapping[str, str], ends: Ends, time: Callable[[datetime], str]
) -> Edge:
    """Return the edge of a call, or of the same call several times in a row."""
    first = hops[0]
    is_answer, outcome = first.target.kind == "session", _outcome(first)
    end, ended = ends.get(first.target.access_key_id, (None, ""))
    if is_answer:
        word = "until" if ended in ("", "still valid", "expired") else ended
        label, note = "temporary credentials", f"{word} {time(end)}" if end else ""
    else:
        label = f"{len(hops)} × {first.operation}" if len(hops) > 1 else first.operation
        label, note = f"{OUTCOMES[outcome].symbol} {label}".lstrip(), first.error_code
        if len(label) > LINE and not note:
            place = label.rfind("/", 0, LINE) + 1 or len(label)
            label, note = label[:place], label[place:]
    edge = Edge(
        repr(first.source),
        repr(first.target),
        label,
        note,
        parent="calls",
        look=OUTCOMES[outcome],
        bold=outcome in ("denied", "failed"),
        dashed=is_answer,
        at=time(first.at),
        facts={
            "time": first.at,
            "source": first.source.name,
            "source_kind": first.source.kind,
            "access_key_id": first.source.access_key_id,
            "target": first.target.name,
            "target_kind": first.target.kind,
            "operation": first.operation,
            "is_answer": is_answer,
            "outcome": outcome,
            "error_code": first.error_code,
            "until": end,
            "event_id": first.event_id,
        },
        members=tuple(_edge([hop], titles, ends, time) for hop in hops) if len(hops) > 1 else (),
    )
    times = dict.fromkeys(f"{hop.at:%Y-%m-%d %H:%M:%S}" for hop in (first, hops[-1]))
    of = f" ({first.operation})" if is_answer else ""
    return replace(edge, line=f"{' to '.join(times)} {_sentence(edge, titles)}{of}")


def _outcome(hop: Hop) -> str:
    """Return the outcome of a call of AWS's API; empty for answers and for other calls."""
    if hop.target.kind == "session" or hop.operation in ("", *BEFORE.values()):
        return ""
    return "allowed" if not hop.error_code else "denied" if is_denial(hop.error_code) else "failed"


# -- timelines and logs ----------------------------------------------------------------------------


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
    values: Sequence[Any] = tuple(calls) if isinstance(calls, Iterable) else (calls,)
    if all(isinstance(value, Hop) for value in values):
        return values, {}
    if all(isinstance(value, Event) for value in values):
        return _hops_of_log(values)
    raise RequestError(
        "A sequence is made of a timeline (world.timeline(session)), of events (world.events), or "
        f"of hops, not of {type(calls).__name__}."
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


# -- in words --------------------------------------------------------------------------------------


def _alt(edges: Sequence[Edge], titles: Mapping[str, str]) -> str:
    if not edges:
        return "There is no call in this log or timeline."
    story = f"{'; '.join(_sentence(edge, titles) for edge in edges)}."
    if len(story) <= LONGEST:
        return story
    calls = [call for edge in edges for call in edge.members or (edge,) if not call.dashed]
    callers = count(len({call.source for call in calls}), "caller")
    failed = f"{sum(call.bold for call in calls)} denied or failed"
    first = f"{callers}, {count(len(calls), 'call')}, {failed}: "
    ordered = sorted(edges, key=lambda edge: not edge.bold)
    return alt_text(first, dict.fromkeys(_sentence(edge, titles) for edge in ordered), ".")


def _sentence(edge: Edge, titles: Mapping[str, str]) -> str:
    verb = "answers" if edge.dashed else "calls"
    label = edge.label if edge.label.endswith("/") else f"{edge.label} "
    return f"{titles[edge.source]} {verb} {titles[edge.target]}: {label}{edge.note}".rstrip()


def _caption(edges: Sequence[Edge]) -> str:
    kinds = {edge.facts["outcome"] for edge in edges if not edge.dashed}
    meanings = [str(look) for kind, look in OUTCOMES.items() if kind in kinds]
    if any(edge.dashed for edge in edges):
        meanings.append("dashed: STS's answer")
    return f"API calls, from top to bottom. {'; '.join(meanings)}." if edges else "No calls."

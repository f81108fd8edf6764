"""The sequence: who called whom, and the answers, from top to bottom.

Everybody who takes part has a lifeline. Each edge is an API call of a world's log, or a hop of its
timeline. Temporary credentials begin where STS answers with them: from there on they call. Accounts
are frames; AWS's services and identity providers are outside of them.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "SAML 2.0 federation"; "OIDC federation"; "Cross account
resource access in IAM".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.calls.calls import SIGNS, account_names, calls_of, repeated
from iamlab.view.given import check_world
from iamlab.view.layouts.lanes import GAP, draw_lanes, fold_lanes
from iamlab.view.scene import HEADING, Edge, Node, Scene
from iamlab.view.style import LOOKS
from iamlab.view.words import LONGEST, shorten, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from iamlab.model.world import World
    from iamlab.view.figure import Figure
    from iamlab.view.figures.calls.calls import Actor, Call, Calls

MOST_CALLS, MOST_ACTORS = 40, 10
"""The largest numbers of edges and lanes that one can follow."""
PATH = 24
"""The largest number of letters of a path in one line."""
OUTCOMES = {
    "allowed": LOOKS["allowed"],
    "denied": LOOKS["explicitDeny"],
    "failed": LOOKS["implicitDeny"],
}
MEANINGS = {
    "allowed": "✓ a call that went through",
    "denied": "✕ one that was refused",
    "failed": "○ one that failed for another reason",
    "": "without a sign: no call of AWS's API, so no log has it",
}
NOBODY = "Nobody called anybody: there is no call in this log or timeline."


def sequence(calls: Calls, *, world: World | None = None) -> Figure:
    """Draw who called whom, and the answers.

    Parameters
    ----------
    calls
        A timeline (``world.timeline(session)``), whose hops know what happened before STS; a log
        (``world.events``) or some of its events; or hops.
    world
        The world whose accounts' names are shown. Default: accounts are shown by their ids.

    Raises
    ------
    RequestError
        ``calls`` is none of these, or ``world`` isn't a world.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> key = world.create_account("main", account_id="111111111111").create_user(
    ...     "ana").create_access_key()
    >>> session = world.sts.get_session_token(key, duration_seconds=900)
    >>> print(sequence(world.timeline(session)).alt)
    ana calls STS: GetSessionToken (allowed); STS hands ana temporary credentials until 09:15.
    """
    every = calls_of(calls)
    check_world("sequence", world)
    names = account_names(world)
    actors = list(dict.fromkeys(actor for call in every for actor in (call.source, call.target)))
    titles = _titles(actors, names)
    day, time = _clock(every)
    edges = [_edge(call, titles, time) for call in every]
    scene = Scene(
        [
            Node("actors", "who takes part", kind=HEADING),
            *(_node(actor, titles[actor], names) for actor in actors),
            Node("calls", "from top to bottom", kind=HEADING),
        ],
        _merged(every, edges, titles, time),
        frames={one: (names.get(one) or "account", one) for one in {a.account for a in actors}},
    )
    if not every:
        nothing = {"time": None, "source": "", "target": "", "operation": "no call"}
        scene = Scene([Node("none", "No calls.", kind=HEADING, facts=nothing)])
    drawn = fold_lanes(scene, MOST_CALLS, MOST_ACTORS)
    gaps = [f"not drawn: {edge.label}" for edge in drawn.edges if edge.kind == GAP]
    return replace(scene, after=gaps).figure(
        lambda scene: draw_lanes(scene, "TIME", day),
        alt=_alt(every, titles, time),
        caption=_caption(every),
        drawn=drawn,
        is_graph=False,
    )


def _titles(actors: Sequence[Actor], names: Mapping[str, str]) -> dict[Actor, str]:
    """Return a title for each actor: two that look the same name their account, or get a number."""
    titles = {actor: actor.title for actor in actors}
    often = Counter(titles.values())
    for actor, title in titles.items():
        if actor.account and often[title] > 1 and actor.is_root:
            titles[actor] = f"root user of {names.get(actor.account) or actor.account}"
    seen: Counter[tuple[str, str]] = Counter()
    for actor, title in titles.items():
        seen[title, actor.note] += 1
        number = seen[title, actor.note]
        titles[actor] = title if number == 1 else f"{title} ({number})"
    return titles


def _clock(calls: Sequence[Call]) -> tuple[str, Callable[[datetime], str]]:
    """Return the day of all calls, if it is one day, and what writes a moment briefly."""
    days = {f"{call.at:%Y-%m-%d}" for call in calls}
    day = days.pop() if len(days) == 1 else ""
    moments = [call.at for call in calls] + [call.until for call in calls if call.until]
    clock = "%H:%M:%S" if any(moment.second for moment in moments) else "%H:%M"
    return day, lambda at: f"{at:{clock}}" if f"{at:%Y-%m-%d}" == day else f"{at:%Y-%m-%d {clock}}"


def _node(actor: Actor, title: str, names: Mapping[str, str]) -> Node:
    key = f", {actor.key_id}" if actor.kind == "session" and actor.key_id else ""
    details = [f"{actor.kind} {actor.name}{key}"]
    if actor.account:
        name = names.get(actor.account)
        details.append(f"in account {f'{name} ' if name else ''}{actor.account}")
    note = actor.note
    return Node(
        repr(actor), title, note, parent="actors", frame=actor.account,
        short=actor.title if actor.is_root else "", line=f"{title}, {note}", details=details,
    )  # fmt: skip


def _edge(call: Call, titles: Mapping[Actor, str], time: Callable[[datetime], str]) -> Edge:
    label, note = _parts(call, time)
    way = "answers" if call.is_answer else "to"
    last = f" to {call.last:%Y-%m-%d %H:%M:%S}" if call.last not in (None, call.at) else ""
    of = f" ({call.operation})" if call.is_answer else ""
    return Edge(
        repr(call.source),
        repr(call.target),
        label,
        note,
        parent="calls",
        look=OUTCOMES.get(call.outcome),
        bold=call.is_refused,
        dashed=call.is_answer,
        at=time(call.at),
        line=(
            f"{call.at:%Y-%m-%d %H:%M:%S}{last} {titles[call.source]} {way} "
            f"{titles[call.target]}: {_joined(label, note)}{of}"
        ),
        facts={
            "time": call.at,
            "source": call.source.name,
            "source_kind": call.source.kind,
            "access_key_id": call.source.key_id,
            "target": call.target.name,
            "target_kind": call.target.kind,
            "operation": call.operation,
            "is_answer": call.is_answer,
            "outcome": call.outcome,
            "error_code": call.error_code,
            "until": call.until,
            "event_id": call.event_id,
        },
    )


def _merged(
    calls: Sequence[Call],
    edges: Sequence[Edge],
    titles: Mapping[Actor, str],
    time: Callable[[datetime], str],
) -> list[Edge]:
    """Make one edge of a call that was made several times, one after the other."""
    found, begin = [], 0
    for call in repeated(calls):
        members = tuple(edges[begin : begin + call.times])
        found.append(replace(_edge(call, titles, time), members=members))
        begin += call.times
    return found


def _parts(call: Call, time: Callable[[datetime], str]) -> tuple[str, str]:
    """Return the label above an edge, and the note below it."""
    if call.is_answer:
        if call.target.kind == "access key":
            return "a long-term access key", ""
        over = call.ended if call.ended not in ("", "still valid", "expired") else "until"
        return "temporary credentials", f"{over} {time(call.until)}" if call.until else ""
    often = f"{call.times} × " if call.times > 1 else ""
    text = f"{SIGNS[call.outcome]}{often}{call.operation}"
    slashes = [place for place, letter in enumerate(text[:-1], 1) if letter == "/"]
    if call.error_code or len(text) <= PATH or not slashes:
        return text, call.error_code
    place = min(slashes, key=lambda one: abs(one - len(text) / 2))
    return text[:place], text[place:]


def _joined(label: str, note: str) -> str:
    return f"{label}{'' if label.endswith('/') else ' '}{note}".rstrip()


# -- in words --------------------------------------------------------------------------------------


def _alt(
    calls: Sequence[Call], titles: Mapping[Actor, str], time: Callable[[datetime], str]
) -> str:
    if not calls:
        return NOBODY

    def sentence(call: Call) -> str:
        source, target = (shorten(titles[actor], 26) for actor in (call.source, call.target))
        if call.is_answer:
            return f"{source} hands {target} {_joined(*_parts(call, time))}"
        if call.is_refused:
            why = shorten(call.error_code, 40)
            return f"{target} refuses {source} {call.operation} ({why}){_times(call.times)}"
        end = f" ({call.outcome})" if call.outcome else ""
        return f"{source} calls {target}: {shorten(call.operation, 26)}{end}{_times(call.times)}"

    story = f"{'; '.join(map(sentence, repeated(calls)))}."
    if len(story) <= LONGEST:
        return story
    made = [call for call in calls if not call.is_answer]
    refused = [call for call in made if call.is_refused]
    callers = count(len({call.source for call in made}), "caller")
    first = f"{callers}, {count(len(made), 'call')}, {len(refused)} refused: "
    # The same sentence once, however often; what was refused comes first.
    rest = [call for call in made if not call.is_refused]
    often = Counter(map(sentence, [*refused, *rest]))
    return told(first, (f"{one}{_times(number)}" for one, number in often.items()), ".")


def _times(number: int) -> str:
    return f", {number} times" if number > 1 else ""


def _caption(calls: Sequence[Call]) -> str:
    if not calls:
        return "No calls."
    kinds = {call.outcome for call in calls if not call.is_answer}
    meanings = [text for kind, text in MEANINGS.items() if kind in kinds]
    if any(call.is_answer for call in calls):
        meanings.append("dashed: what STS answers")
    return f"Who called whom, from top to bottom. {'; '.join(meanings)}."

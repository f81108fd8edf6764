"""The access graph in words: alternative text, caption, list and table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.layers import NAMES
from iamlab.engine.verdict import Verdict
from iamlab.view.figures.access.access_chain import drawn
from iamlab.view.figures.access.access_rows import ALLOWS, DENIES, SIDES
from iamlab.view.figures.access.access_stops import SILENT
from iamlab.view.style import look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.engine.verdict import StatementMatch
    from iamlab.view.figures.access.access_scene import Scene
    from iamlab.view.figures.access.access_stops import Stop
    from iamlab.view.figures.access.access_ways import Way


NO_POLICIES = "no identity-based policies"
CALLERS, RESOURCES = "the caller's account", "the resource's account"


def caption_of(scene: Scene) -> str:
    """Ask the question, and answer it."""
    question = f"May {caller_of(scene)} do {scene.decision.request.action} on {scene.what}?"
    return f"{question} {look(scene.decision.verdict).sentence}"


def caller_of(scene: Scene) -> str:
    """Name the caller: of a role's session with the role."""
    return f"{scene.who} of {scene.role}" if scene.role else scene.who


def alt_of(scene: Scene) -> str:
    """Say who reaches what through which policy, and what stops it."""
    decision = scene.decision
    who, what = shorten(caller_of(scene), 50), shorten(scene.what, 60)
    action = decision.request.action
    ways = list(dict.fromkeys(
        _way(hit) for layer in SIDES for hit in decision.layer_matches[layer].allows
    ))  # fmt: skip
    if decision:
        grant = scene.stops.grant
        by = ways or ([f": {grant.title}"] if grant is not None else [])
        return told(f"{who} reaches {what}", by, f"; nothing stops {action}: allowed.", between=",")
    if not ways and decision.verdict is Verdict.IMPLICIT_DENY:
        return told(f"No policy brings {who} to {what}; ", _endings(scene), ": implicit deny.")
    first = f"{who} reaches for {what}"
    ending = " and ".join(_endings(scene))
    return told(first, ways, f"; {shorten(ending, 150)}: {decision.verdict}.", between=",")


def _way(hit: StatementMatch) -> str:
    """Say through which group and policy, as a part of a sentence."""
    through = f" through {hit.path[0].removeprefix('group ')}" if hit.path else ""
    return f"{through} by {hit.address}"


def _endings(scene: Scene) -> list[str]:
    """Say what stops the request, or who does not allow it."""
    decision = scene.decision
    action = decision.request.action
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return [f"the Deny in {_denying(decision.denies)} stops {action}"]
    grant = scene.stops.grant
    cut = decision.trace.is_cut
    if grant is not None and not grant.flows and not cut:
        by_policies = any(word in grant.note for word in ("identity", "resource"))
        return [f"{grant.title}{_who_allows(scene) if by_policies else ''}"]
    shut = [one.title for one in scene.stops.all if one.kind == "gate" and one.look is SILENT]
    if shut:
        return [f"the {listed(shut)} {'is' if len(shut) == 1 else 'are'} shut"]
    return [f"nothing allows {action}"]


def _who_allows(scene: Scene) -> str:
    """Say in words which side allows."""
    heard = scene.decision.layer_matches
    resource = any(heard[layer].allows for layer in SIDES[1:])
    if scene.is_outsider:
        return ", and does not"
    if heard["identity"].allows:
        return ", and only the caller's side does" if not resource else ", and that is not enough"
    return ", and only the resource's side does" if resource else ", and neither side does"


def _denying(denies: tuple[StatementMatch, ...]) -> str:
    """Name the Denies, each with the group that it came through."""
    names = dict.fromkeys(
        hit.address + (f" of {hit.path[0].removeprefix('group ')}" if hit.path else "")
        for hit in denies
    )
    return listed(list(names), 2, length=60)


def lines_of(scene: Scene) -> Iterator[str]:
    """Give everything as a list, in the order of the way."""
    request = scene.decision.request
    yield f"{request.action} on {scene.what} ({scene.what_note or request.resource})"
    yield from _chain(scene)
    note = f", {scene.who_note}" if scene.who_note else ""
    yield f"{scene.who}{note}{_account(scene.here, CALLERS)}"
    if scene.role:
        yield f"  assumed role {scene.role}"
    yield from _side(scene.identity, "  ")
    if not scene.identity:
        yield f"  {NO_POLICIES}"
    yield from (f"  {_stop(stop)}" for stop in scene.stops.before)
    if scene.stops.after or scene.resource:
        yield f"{scene.what}{_account(scene.there, RESOURCES)}"
    yield from _side(scene.resource, "  ")
    yield from (f"  {_stop(stop)}" for stop in scene.stops.after)
    seen = look(scene.decision.verdict)
    yield f"{seen}: {request.principal}, {request.action}, {request.resource}"
    if request.refusal:
        yield f"  AWS answers: {request.refusal}"
    yield from (f"  taken for granted: {one}" for one in scene.decision.assumed)


def _chain(scene: Scene) -> Iterator[str]:
    hidden = [link for link in drawn(scene.links) if link not in scene.links]
    for number, link in enumerate(scene.links):
        if number == 2:
            yield from (f"{one.name}, {one.note}" for one in hidden)
        times = f": {link.times}" if link.times else ""
        yield f"{link.name}, {link.note}{times}"
        yield f"  {link.leads_by}"


def _account(account: tuple[str, str], whose: str) -> str:
    number, name = account
    return f"; account {f'{name} ' if name else ''}{number}, {whose}" if number else ""


def _stop(stop: Stop) -> str:
    return f"{stop.text}: {stop.note}" if stop.note else stop.text


def _side(ways: tuple[Way, ...], indent: str) -> Iterator[str]:
    """Give the ways of a side; what is drawn as one is followed by each of it."""
    before: tuple[str, ...] = ()
    group = ""
    for way in ways:
        if way.group != group and way.group:
            yield f"{indent}{way.group if _is_count(way) else f'group {way.group}'}"
        group = way.group
        inner = indent + "  " if group else indent
        if way.key != before:
            yield f"{inner}{way.policy}, {way.kind}"
        before = way.key
        note = f": {way.note}" if way.note else ""
        yield f"{inner}  {way.text}{note}"
        yield from (f"{inner}    {one}" for one in _each(way))


def _is_count(way: Way) -> bool:
    return len({row.group for row in way.rows}) > 1


def _each(way: Way) -> Iterator[str]:
    """Say of each statement of a way what its box has no room for."""
    for row in way.rows:
        if len(way.rows) > 1:
            place = f", {row.place}" if row.place else ""
            said = row.does if not row.missed else f"missed {'; '.join(row.missed)}"
            yield f"{row.effect or 'nothing'} {row.address}{place}: {said}"
        else:
            yield from filter(None, (row.names, *row.missed))


def table_of(scene: Scene) -> Iterator[dict[str, object]]:
    """Give each statement as a row, those of ceilings too; before them the chain, then the sum."""
    for number, link in enumerate(scene.links, 1):
        chain = {"layer": "credentials", "level": number, "place": link.arn, "policy": ""}
        yield {**_EMPTY, **chain, "policy_type": link.note, "statement": link.leads_by}
    for row in scene.rows:
        yield {
            **_EMPTY,
            "layer": NAMES[row.layer],
            "level": row.level,
            "place": row.place,
            "policy": row.policy,
            "policy_type": row.kind,
            "statement": row.label,
            "effect": row.effect,
            "applies": row.does in (ALLOWS, DENIES),
            "missed": "; ".join(row.missed),
            "names": row.names,
            "decides": row.decides,
        }
    seen = look(scene.decision.verdict)
    yield {**_EMPTY, "layer": "verdict", "effect": seen.word, "applies": True, "decides": True}


_EMPTY: Mapping[str, object] = {
    "layer": "",
    "level": 0,
    "place": "",
    "policy": "",
    "policy_type": "",
    "statement": "",
    "effect": "",
    "applies": False,
    "missed": "",
    "names": "",
    "decides": False,
}
"""Every column, as it is where a row has nothing to say."""

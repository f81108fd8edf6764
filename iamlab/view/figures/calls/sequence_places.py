"""Where a sequence's heads stand, from left to right, and which of its arrows are drawn.

The one who begins stands first. The others follow as they appear, and change places as long as that
makes arrows shorter, lets them cross fewer lifelines, and keeps those of an account together.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, TEXT, widest
from iamlab.view.drawing.sheet import PAD
from iamlab.view.figures.calls.calls import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.view.figures.calls.calls import Call

MOST_CALLS, MOST_ACTORS = 40, 10
"""So many arrows and heads one can follow."""

BETWEEN = 0.22
"""The least distance of two heads."""
ROOM = 0.4
"""What an arrow has beside its words."""
NARROW, WIDE = 0.72, 1.75
"""The widths of a head, at least and at most."""

_TORN = 12
"""What it costs to draw an account as one field more, where an arrow costs 1 for each column."""
_HALVINGS = 16


def shown(arrows: Sequence[Call]) -> tuple[list[Call], int, list[Call]]:
    """Give the arrows that are drawn, before and after a gap, and how many calls are in the gap."""
    if len(arrows) <= MOST_CALLS:
        return list(arrows), 0, []
    half = MOST_CALLS // 2
    gap = sum(arrow.times for arrow in arrows[half:-half] if not arrow.is_answer)
    return list(arrows[:half]), gap, list(arrows[-half:])


def gathered(calls: Sequence[Call]) -> dict[Actor, Actor]:
    """Give each actor the head that stands for him: his own, or that of all for whom is no room."""
    seen = [actor for call in calls for actor in (call.source, call.target)]
    actors = list(dict.fromkeys(seen))
    if len(actors) <= MOST_ACTORS:
        return {actor: actor for actor in actors}
    often = {actor: seen.count(actor) for actor in actors}
    ranked = sorted(actors[1:], key=lambda actor: -often[actor])
    kept = {actors[0], *ranked[: MOST_ACTORS - 2]}
    others = Actor("others", f"{len(actors) - len(kept)} more")
    return {actor: actor if actor in kept else others for actor in actors}


def under(calls: Sequence[Call], heads: Mapping[Actor, Actor]) -> list[Call]:
    """Lead each call to the heads that stand for its actors."""
    return [
        replace(call, source=heads[call.source], target=heads[call.target]) for call in calls
    ]  # fmt: skip


def beginnings(calls: Sequence[Call]) -> Mapping[Actor, Call]:
    """Give the answers that hand out credentials which nobody has used before."""
    seen: Counter[Actor] = Counter()
    found: dict[Actor, Call] = {}
    for call in calls:
        if call.is_answer and not seen[call.target]:
            found[call.target] = call
        seen.update((call.source, call.target))
    return found


def ordered(calls: Sequence[Call]) -> list[Actor]:
    """Give the heads from left to right.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from iamlab.view.figures.calls.calls import Call
    >>> ana, s3, sts = (Actor("", name) for name in ("ana", "S3", "STS"))
    >>> at = datetime(2026, 11, 25, tzinfo=UTC)
    >>> calls = [(ana, s3), (ana, sts), (ana, sts)]
    >>> [one.name for one in ordered([Call(*pair, "", at) for pair in calls])]
    ['ana', 'STS', 'S3']
    """
    order = list(dict.fromkeys(actor for call in calls for actor in (call.source, call.target)))
    born = {call.target: at for at, call in reversed([*enumerate(calls)]) if call.is_answer}
    best, is_better = _cost(order, calls, born), True
    while is_better:
        others = (_moved(order, a, b) for a in range(1, len(order)) for b in range(1, len(order)))
        better = ((_cost(one, calls, born), one) for one in others)
        cost, found = min(better, key=lambda one: one[0], default=(best, order))
        is_better = cost < best
        if is_better:
            best, order = cost, found
    return order


def _moved(order: Sequence[Actor], place: int, to: int) -> list[Actor]:
    found = [*order[:place], *order[place + 1 :]]
    found.insert(to, order[place])
    return found


def _cost(order: Sequence[Actor], calls: Sequence[Call], born: Mapping[Actor, int]) -> int:
    """Say how hard an order is to read: arrows are long, cross lifelines, accounts are torn."""
    place = {actor: number for number, actor in enumerate(order)}
    cost = 0
    for at, call in enumerate(calls):
        left, right = sorted((place[call.source], place[call.target]))
        passed = order[left + 1 : right]
        cost += right - left + 2 * sum(born.get(actor, -1) < at for actor in passed)
    accounts = [actor.account for actor in order]
    fields = sum(one != other for one, other in pairwise(["", *accounts]) if other)
    return cost + _TORN * (fields - len(set(accounts) - {""}))


def widths_of(order: Sequence[Actor], titles: Mapping[Actor, str]) -> list[float]:
    """Give each head the width that its words need, within limits."""
    found = []
    for actor in order:
        words = max(widest([titles[actor]], TEXT, "bold"), widest([actor.note], SMALL))
        found.append(min(max(words + 2 * PAD + 0.02, NARROW), WIDE))
    return found


def fitted(
    widths: Sequence[float], spans: Sequence[tuple[int, int, float]], room: float
) -> tuple[list[float], list[float]]:
    """Find the width and the middle of each head, as close together as words allow.

    Words above arrows give way first: they may pass a lifeline. Then heads get narrower.

    Parameters
    ----------
    spans
        Two heads, the left one first, and what room is wanted between their lifelines.
    room
        How wide all may be.

    Examples
    --------
    >>> fitted([1, 1], [(0, 1, 2.0)], 10)
    ([1, 1], [0.5, 2.5])
    >>> [round(one, 1) for one in fitted([1, 1], [(0, 1, 20.0)], 5)[1]]
    [0.5, 4.5]
    """
    widths = _capped(widths, room - BETWEEN * (len(widths) - 1))
    least, most = 0.0, 1.0
    found = _middles(widths, spans, 1.0)
    if found[-1] + widths[-1] / 2 > room:
        for _ in range(_HALVINGS):
            share = (least + most) / 2
            found = _middles(widths, spans, share)
            least, most = (least, share) if found[-1] + widths[-1] / 2 > room else (share, most)
        found = _middles(widths, spans, least)
    return widths, found


def _capped(widths: Sequence[float], room: float) -> list[float]:
    """Cut the widest so that all have room together."""
    cap, left = room, room
    for place, width in enumerate(sorted(widths)):
        share = left / (len(widths) - place)
        if width > share:
            cap = share
            break
        left -= width
    return [min(width, cap) for width in widths]


def _middles(
    widths: Sequence[float], spans: Sequence[tuple[int, int, float]], share: float
) -> list[float]:
    """Put heads side by side, with a share of the room that words want between them."""
    found: list[float] = []
    for place, width in enumerate(widths):
        beside = found[-1] + (widths[place - 1] + width) / 2 + BETWEEN if found else width / 2
        needs = [found[left] + wanted * share for left, right, wanted in spans if right == place]
        found.append(max([beside, *needs]))
    return found

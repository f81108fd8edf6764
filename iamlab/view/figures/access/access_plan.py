"""Where everything stands in an access graph: numbers only, in inches.

The caller's side is above, what belongs to the resource below, and the way leads down at the right:
through the gates, past the point where the resource's side joins, to the resource. Without any gate
or resource's side there is no such way, and the resource stands straight behind the statements.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.view.drawing.measure import SMALL, TEXT, widest, wrap
from iamlab.view.drawing.sheet import FRAME, MARGIN, PAD, PAGE, ROW
from iamlab.view.figures.access.access_chain import drawn
from iamlab.view.figures.access.access_rows import ALLOWS, DENIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.view.figures.access.access_scene import Scene
    from iamlab.view.figures.access.access_stops import Stop
    from iamlab.view.figures.access.access_ways import Way

LINK = 0.84  # the distance of two links of a chain
HEADING = 0.3
HEAD = 0.42  # a field's title
HALF = 0.28  # half a box, with some air
TO_GATE = 0.46  # from the stop above
BELOW = 0.42  # room for the words of the last stop
LINE = 0.17  # the distance of two lines of small text
NOTES = 0.68  # from the middle of the resource to the end of what stands below it
TRUNK = 0.24  # from the left edge of the last column to the way down

Column = tuple[float, float]
"""Left edge and width."""

_LIMITS: Mapping[str, tuple[float, float]] = {
    "caller": (1.05, 1.75),
    "group": (1.05, 1.7),
    "policy": (1.3, 2.3),
    "statement": (1.35, 2.5),
    "resource": (1.9, 2.75),
}
"""How narrow and how wide each column may be."""

BESIDE = 0.34
"""From column to column, where nothing but a line has to find room."""
TIGHT = 0.08
"""By so much less if there are groups, and room is scarce."""
UNDER_TITLE = 1.75
"""How wide statements are at least below the title of a field."""
STEP = 0.02
"""By so much the widest column gives way at a time."""

_BONUS = {"resource": 0.4, "statement": 0.25}
"""By so much these columns may be wider than the others, if room is scarce."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where things stand.

    Parameters
    ----------
    columns
        Those that there are.
    links, heading, caller
        Heights of the boxes of the chain, of the columns' headings, of the caller.
    ways
        Heights of the statements, in the order of the ways.
    stops
        Heights of the stops, in their order.
    own
        The height at which the caller's own statements come together.
    resource
        The height of the resource.
    notes
        What is said of each stop, in lines.
    fields
        Of each account that is drawn as a field: left, top, right, bottom; the caller's first.
    """

    columns: Mapping[str, Column]
    links: tuple[float, ...]
    heading: float
    caller: float
    ways: tuple[float, ...]
    stops: tuple[float, ...]
    own: float
    resource: float
    notes: tuple[tuple[str, ...], ...]
    fields: tuple[tuple[float, float, float, float], ...]

    @property
    def trunk(self) -> float:
        """Where the way leads down."""
        return self.columns["resource"][0] + TRUNK


def is_straight(scene: Scene) -> bool:
    """Say whether nothing stands between the statements and the resource."""
    return not scene.stops.after and all(stop.kind == "own" for stop in scene.stops.before)


def plan_of(scene: Scene) -> Plan:
    """Find a place for everything."""
    links = tuple(MARGIN + HEADING + HALF + i * LINK for i in range(len(drawn(scene.links))))
    top = links[-1] + LINK - HALF if links else MARGIN
    columns = columns_of(scene)
    heights = _straight if is_straight(scene) else _with_stops
    return heights(scene, columns, links, top)


# -- columns ---------------------------------------------------------------------------------------


def columns_of(scene: Scene) -> dict[str, Column]:
    """Give each column the room that its words need, as far as the page has it."""
    needs = {name: _clamped(name, need) for name, need in _needs(scene).items()}
    if scene.is_abroad or scene.is_outsider:
        needs["statement"] = max(needs["statement"], UNDER_TITLE)
    inside = 2 * FRAME if scene.is_abroad else FRAME if scene.is_outsider else 0
    gaps = dict.fromkeys(needs, BESIDE)
    # Before the resource lines come together, in a point or where the way leads down.
    gaps["statement"], gaps["resource"] = (0.85 if is_straight(scene) else 0.45), 0.0
    if scene.is_outsider:
        gaps["caller"] = 0.75
    room = PAGE - 2 * MARGIN - inside - sum(gaps.values())
    if sum(needs.values()) > room and "group" in needs:
        for name in ("caller", "group", "policy"):
            gaps[name], room = gaps[name] - TIGHT, room + TIGHT
    while sum(needs.values()) > room:
        widest_one = max(needs, key=lambda name: needs[name] - _BONUS.get(name, 0.0))
        needs[widest_one] -= STEP
    columns, left = {}, MARGIN + (FRAME if scene.is_abroad else 0)
    for name, need in needs.items():
        columns[name] = (left, need)
        left += need + gaps[name]
    return columns


def _clamped(name: str, need: float) -> float:
    least, most = _LIMITS[name]
    return min(max(least, need), most)


def _needs(scene: Scene) -> dict[str, float]:
    ways = scene.ways
    needs = {
        "caller": _box(
            [scene.who, *(link.name for link in scene.links)],
            [scene.who_note, *(link.note for link in scene.links)],
        ),
        "group": _box([scene.role, *(way.group for way in ways)], []),
        "policy": _box([way.policy for way in ways], [way.kind for way in ways]),
        "statement": _box([way.text for way in ways], [way.note for way in ways]),
        "resource": max(
            _box([scene.what], [scene.what_note, scene.decision.request.action]),
            TRUNK + 0.23 + widest(_of_stops(scene), SMALL),
        ),
    }
    if not scene.role and not any(way.group for way in ways):
        del needs["group"]
    return needs


def _of_stops(scene: Scene) -> list[str]:
    stops = () if is_straight(scene) else scene.stops.all
    return [text for stop in stops for text in (stop.text, stop.note[:30])]


def _box(texts: Sequence[str], notes: Sequence[str]) -> float:
    bold = widest([one[:60] for one in texts], TEXT, "bold")
    return max(bold, widest([one[:60] for one in notes], SMALL)) + 2 * PAD


# -- heights ---------------------------------------------------------------------------------------


def _rows(start: float, number: int) -> list[float]:
    return [start + i * ROW for i in range(number)]


def _middle(heights: Sequence[float]) -> float:
    return sum(heights) / len(heights)


def _joint(ways: Sequence[Way], heights: Sequence[float]) -> float:
    """Say at which height ways come together: that of those that allow, or else deny."""
    for does in (ALLOWS, DENIES):
        own = [y for way, y in zip(ways, heights, strict=True) if way.does == does]
        if own:
            return _middle(own)
    return _middle(heights)


def _straight(
    scene: Scene, columns: dict[str, Column], links: tuple[float, ...], top: float
) -> Plan:
    """Put the resource behind the statements that lead to it."""
    heading = top + HEADING / 2
    ys = _rows(top + HEADING + HALF, max(len(scene.ways), 1))
    joint = _joint(scene.ways, ys) if scene.ways else ys[0]
    ways = tuple(ys[: len(scene.ways)])
    caller = _middle(ys)
    stops = tuple(joint for _ in scene.stops.all)
    return Plan(columns, links, heading, caller, ways, stops, joint, joint, (), ())


def _notes(stops: Sequence[Stop], columns: Mapping[str, Column]) -> tuple[tuple[str, ...], ...]:
    """Break what is said of each stop into lines."""
    room = columns["resource"][1] - TRUNK - 0.2
    return tuple(tuple(wrap(stop.note, room, SMALL, most=2)) for stop in stops)


def _with_stops(
    scene: Scene, columns: dict[str, Column], links: tuple[float, ...], top: float
) -> Plan:
    """Stack the caller's side and the resource's, and lead the way down at the right."""
    heading = top + HEADING / 2
    y = top + HEADING
    head = HEAD if scene.is_abroad else 0.0
    notes = _notes(scene.stops.all, columns)
    own, stops, bottom = _own_side(scene, y + head, notes)
    fields = []
    left, right = MARGIN, columns["resource"][0] + columns["resource"][1] + FRAME
    if scene.is_abroad:
        fields.append((left, y, right, bottom))
        y = bottom + 0.18
    elif own or stops:
        y = bottom
    if scene.is_outsider:
        left, head = columns["policy"][0] - FRAME, HEAD
    there, below, resource, end = _resource_side(scene, y + head, stops, notes)
    if scene.is_abroad or scene.is_outsider:
        fields.append((left, y, right, end))
    caller = _middle(own) if own else below[0] if below else _middle(there)
    joint = stops[0] if stops and scene.stops.before[0].kind == "own" else caller
    return Plan(
        columns, links, heading, caller, (*own[: len(scene.identity)], *there),
        (*stops, *below), joint, resource, notes, tuple(fields),
    )  # fmt: skip


def _own_side(
    scene: Scene, top: float, notes: Sequence[Sequence[str]]
) -> tuple[list[float], list[float], float]:
    """Give the heights of the caller's ways and stops, and where they end."""
    before = scene.stops.before
    if not before and not scene.is_abroad:
        return [], [], top
    ways = _rows(top + HALF, max(len(scene.identity), 1))
    joint = _joint(scene.identity, ways[: len(scene.identity)]) if scene.identity else ways[0]
    joint = min(joint, ways[0] + 1.5 * ROW)
    stops = _down(joint, before, notes)
    last = stops[-1] + BELOW + 0.06 + _more(notes[len(before) - 1]) if stops else 0.0
    return ways, stops, max(ways[-1] + HALF + 0.08, last)


def _down(start: float, stops: Sequence[Stop], notes: Sequence[Sequence[str]]) -> list[float]:
    """Give the heights of stops, one below the other; a mark may stand where they begin."""
    found: list[float] = []
    y = start
    for number, stop in enumerate(stops):
        if number or stop.kind == "gate":
            y += TO_GATE + (_more(notes[number - 1]) if number else 0)
        found.append(y)
    return found


def _more(note: Sequence[str]) -> float:
    """Say how much higher a stop is with what is said of it, than with one line."""
    return LINE * (len(note) - 1)


def comes_to_the_grant(scene: Scene) -> bool:
    """Say whether it is no statement that leads to the grant, but the caller itself comes there."""
    own = any(stop.kind == "own" for stop in scene.stops.before)
    named = any(way.applies or way.names for way in scene.resource)
    return not own and not scene.is_abroad and not named


def _resource_side(
    scene: Scene, top: float, stops: Sequence[float], notes: Sequence[Sequence[str]]
) -> tuple[list[float], list[float], float, float]:
    """Give the heights of the resource's ways, its stops and itself, and where all ends."""
    after, rest = scene.stops.after, notes[len(scene.stops.before) :]
    if not after:  # only gates stand before the resource
        resource = stops[-1] + _more(notes[-1]) + BELOW + HALF + 0.1
        return [], [], resource, resource + NOTES
    itself = comes_to_the_grant(scene)
    ways = _rows(top + HALF + (ROW if itself else 0), len(scene.resource))
    joint = top + HALF if itself or not ways else _joint(scene.resource, ways)
    below = _down(joint, after, rest)
    resource = below[-1] + _more(rest[-1]) + BELOW + HALF + 0.1
    end = max([resource + NOTES, *(y + HALF + 0.1 for y in ways)])
    return ways, below, resource, end

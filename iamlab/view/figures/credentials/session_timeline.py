"""The timeline of sessions: who had which credentials, from when to when, and who got them how.

Each row is one lane of the world's clock. What is good now is dark, what is over is pale; an arrow
leads down from the credentials that asked to those that they got. Long-term keys are thin lines:
no time ends them.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Roles terms and concepts", for chains of roles
and their hour; "Revoke IAM role temporary security credentials".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL, widest, width_of
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.drawing.time_axis import TimeAxis, later, utc
from iamlab.view.figure import Figure
from iamlab.view.figures.credentials.session_lanes import (
    CHAINED,
    STATES,
    Lane,
    alt_of,
    chained_in,
    end_words,
    ends_told,
    is_good,
    is_key,
    lanes_of,
    lines_of,
    rows_of,
)
from iamlab.view.given import check
from iamlab.view.style import DENY, HAIRLINE, INK, PALE_INK, PALE_LINE, PAPER, SILENT, SILENT_AREA

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime

FEW = 16
"""So many lanes have two lines of text each; of more, each has one."""

NAMES, PLOT = MARGIN, 3.4
ENDS, FAR_ENDS = 8.55, 7.85
"""Where the columns begin: whose, the time, how it ends; that further left where lanes are many."""
TOP = 0.82
"""Where the first lane begins."""
STEP = 0.16
"""How much further to the right credentials stand than those that they come from."""
DEEPEST = 5
"""So many steps of a chain are indented, and no further."""


def session_timeline(timeline: Timeline) -> Figure:
    """Draw lifetimes of credentials on the world's clock.

    Parameters
    ----------
    timeline
        What ``world.timeline()`` gives, or ``world.timeline(session)``.

    Raises
    ------
    RequestError
        It is no timeline.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> key = world.create_account("main", account_id="111111111111").create_user(
    ...     "ana").create_access_key()
    >>> session = world.sts.get_session_token(key, duration_seconds=900)
    >>> world.clock.advance(hours=1)
    >>> print(session_timeline(world.timeline()).alt)
    At 2026-11-25 10:00, 1 of 2 credentials is valid, of ana; 1 is over, ana last.
    """
    check("session_timeline", timeline, Timeline)
    if not timeline.rows:
        return _nothing(timeline)
    lanes = lanes_of(timeline)
    sheet = Sheet(PAGE)
    _Drawing(sheet, timeline, lanes).draw()
    chained = " One hour is the longest that a chained session lasts." * bool(chained_in(timeline))
    return Figure.on(
        sheet,
        alt=alt_of(timeline),
        caption=f"Credentials on the world's clock (UTC): what is dark is good now.{chained}",
        rows=rows_of(timeline, lanes),
        lines=lines_of(timeline, lanes),
    )


def _nothing(timeline: Timeline) -> Figure:
    sheet = Sheet(5)
    words = "There are no credentials: nobody has made a key or asked STS."
    sheet.text(MARGIN, 0.3, words, PALE_INK)
    return Figure.on(
        sheet,
        alt=words,
        caption="Credentials on the world's clock (UTC).",
        rows=[{"now": timeline.now, "credentials": 0}],
        lines=[words],
    )


def window(timeline: Timeline) -> tuple[datetime, datetime]:
    """Say which time is drawn: all sessions, and now if it is near; keys may be much older."""
    sessions = [row for row in timeline if not is_key(row)]
    drawn = sessions or list(timeline)
    now = utc(timeline.now)
    start = min(utc(row.start) for row in drawn)
    end = max(utc(row.end) if row.end else now for row in drawn)
    length = max(end - start, timedelta(minutes=1))
    if now - end <= length:
        end = max(end, now)
    near = [utc(row.start) for row in timeline if start - utc(row.start) <= length / 2]
    start = min([start, *near])
    length = max(end - start, timedelta(minutes=1))
    return later(start, -length / 50), later(end, length / 30)


class _Drawing:
    """One picture in the making."""

    def __init__(self, sheet: Sheet, timeline: Timeline, lanes: list[Lane]) -> None:
        self.sheet, self.timeline, self.lanes = sheet, timeline, lanes
        self.is_roomy = len(lanes) <= FEW
        self.row = 0.5 if self.is_roomy else 0.27
        self.bar = 0.22 if self.is_roomy else 0.15
        self.ends = ENDS if self.is_roomy else FAR_ENDS
        self.axis = TimeAxis(*window(timeline), PLOT, self.ends - 0.2)
        self.bottom = TOP + len(lanes) * self.row
        self.chained = chained_in(timeline)
        self.notes = 0.0 if self.is_roomy else min(widest((x.note for x in lanes), SMALL), 1.75)
        self.arrows: list[tuple[float, float, float]] = []
        self.crosses: dict[float, list[float]] = {}
        self.lane_of = {row.access_key_id: i for i, lane in enumerate(lanes) for row in lane.rows}

    def middle(self, number: int) -> float:
        """Say at which height a lane is."""
        return TOP + (number + 0.5) * self.row

    def draw(self) -> None:
        """Draw all."""
        sheet, timeline = self.sheet, self.timeline
        for x, heading in (
            (NAMES, "CREDENTIALS"),
            (PLOT, f"TIME (UTC), {self.axis.days()}"),
            (self.ends, "END"),
        ):
            sheet.heading(x, 0.28, heading)
        for number in range(len(self.lanes) + 1):
            y = TOP + number * self.row
            sheet.area((NAMES, y), (PAGE - 2 * MARGIN, 0.001), HAIRLINE)
        self.axis.draw(sheet, TOP - 0.22, self.bottom, now=timeline.now)
        for number, lane in enumerate(self.lanes):
            self._name(number, lane)
            self._end(number, lane)
            for row in lane.rows:
                self._arrow(number, row)
        for number, lane in enumerate(self.lanes):
            for row in sorted(lane.rows, key=is_good):  # over what is not good any more
                self._bar(number, row)
        self.axis.draw_now(sheet, timeline.now, TOP - 0.09, self.bottom)
        for number, lane in enumerate(self.lanes):
            for row in lane.rows:
                self._marks(number, row, is_last=row is lane.rows[-1])
        self._legend()

    # -- the words of a lane ----------------------------------------------------------------------

    def _name(self, number: int, lane: Lane) -> None:
        x, y = NAMES + 0.05 + STEP * min(lane.level, DEEPEST), self.middle(number)
        room = PLOT - 0.2 - x
        if lane.level:
            self._elbow(x, y)
        if self.is_roomy:
            self.sheet.text(x, y - 0.09, lane.name, room=room)
            self.sheet.note(x, y + 0.1, f"{lane.note} {lane.where}".rstrip(), room=room)
            return
        self.sheet.text(x, y, lane.name, room=room - self.notes - 0.1)
        self.sheet.note(PLOT - 0.2 - self.notes, y, lane.note, room=self.notes)

    def _elbow(self, x: float, y: float) -> None:
        """Draw the sign that a lane comes from the one above it."""
        y -= 0.09 * self.is_roomy
        self.sheet.area((x - 0.11, y - 0.09), (0.001, 0.09), PALE_LINE, edge=PALE_LINE)
        self.sheet.area((x - 0.11, y), (0.07, 0.001), PALE_LINE, edge=PALE_LINE)

    def _end(self, number: int, lane: Lane) -> None:
        y, room = self.middle(number), PAGE - MARGIN - self.ends
        if lane.is_group:
            self.sheet.note(self.ends, y, ends_told(lane), INK, room=room)
            return
        row = lane.rows[-1]
        words, has_time = end_words(row)
        style: dict[str, Any] = {"colour": STATES[row.ended].colour, "face": "bold", "size": SMALL}
        time = self.axis.short(row.end) if has_time and row.end else ""
        if self.is_roomy and time:
            self.sheet.text(self.ends, y - 0.09, words, room=room, **style)
            self.sheet.note(self.ends, y + 0.1, time, INK)
            return
        taken = self.sheet.text(self.ends, y, words, room=room, **style)
        if time and taken + 0.08 + width_of(time, SMALL) <= room:
            self.sheet.note(self.ends + taken + 0.08, y, time, INK)

    # -- the bars ---------------------------------------------------------------------------------

    def _place(self, row: Lifetime) -> tuple[float, float]:
        """Say from where to where a bar is drawn; it is never too short to be seen."""
        left = self.axis.at(row.start)
        right = self.axis.right if row.end is None else self.axis.at(row.end)
        return left, max(right, left + 0.03)

    def _arrow(self, number: int, row: Lifetime) -> None:
        """Lead from what asked down to what it got, at the moment when it asked."""
        above = self.lane_of.get(row.parent)
        if above is None or self.lanes[number].is_group:
            return
        x = self.axis.at(row.start)
        start, end = self.middle(above), self.middle(number) - self.bar / 2
        self.arrows.append((x, start, end))
        self.sheet.straight((x, start), (x, end), INK, arrow=self.is_roomy)

    def _bar(self, number: int, row: Lifetime) -> None:
        left, right = self._place(row)
        state = STATES[row.ended]
        height = self.bar * (0.4 if is_key(row) else 1)
        place, size = (left, self.middle(number) - height / 2), (right - left, height)
        self.sheet.area(place, size, state.area, edge=state.colour)

    def _marks(self, number: int, row: Lifetime, *, is_last: bool) -> None:
        """Put on a bar what is to be seen of its end: a cross, a wall, a word."""
        left, right = self._place(row)
        y, state, is_group = self.middle(number), STATES[row.ended], self.lanes[number].is_group
        limit = later(utc(row.start), CHAINED)
        if row.access_key_id in self.chained and not is_group and self.axis.has(limit):
            reach = self.bar * 0.8
            self.sheet.gate(self.axis.at(limit), y - reach, y + reach, INK, open_at=None)
        if state.symbol == "✕":
            self._cross(right, y)
        if not is_group and not self.axis.has(row.start):
            self.sheet.text(left - 0.02, y, "◂", state.colour, align="right", fact=False)
        if self.is_roomy and not (is_last or is_group):
            self._word(row, left, right, y)

    def _word(self, row: Lifetime, left: float, right: float, y: float) -> None:
        """Write into a bar how it ended, where there is room beside the arrows that pass."""
        state = STATES[row.ended]
        words = str(state)
        width = width_of(words, SMALL)
        passing = [x for x, top, bottom in self.arrows if top <= y <= bottom and left < x < right]
        end = right - 0.05 - 0.15 * (state.symbol == "✕")
        for x in (left + 0.06, *(one + 0.08 for one in passing)):
            if x + width <= end and not any(x - 0.03 < one < x + width + 0.03 for one in passing):
                self.sheet.note(x, y, words, PAPER if is_good(row) else state.colour)
                return

    def _cross(self, x: float, y: float) -> None:
        """Mark a cut, unless there is a mark just there."""
        apart = 0.32 if self.is_roomy else 0.16
        if any(abs(x - other) < apart for other in self.crosses.setdefault(y, [])):
            return
        self.crosses[y].append(x)
        if self.is_roomy:
            self.sheet.mark((x, y), "✕", DENY, 11)
        else:
            self.sheet.text(x, y, "✕", DENY, face="bold", align="center", fact=False)

    # -- the legend -------------------------------------------------------------------------------

    def _legend(self) -> None:
        """Say what bars, crosses and walls mean; only of what there is."""
        legend = Legend(self.sheet, NAMES + 0.05, self.bottom + 0.3)
        ended = {row.ended for row in self.timeline}
        for state in (STATES[one] for one in STATES if one in ended):
            legend.piece(str(state), state.area, state.colour)
        if any(map(is_key, self.timeline)):
            legend.piece("access key", SILENT_AREA, SILENT, height=0.06)
        alone = {lane.rows[0].access_key_id for lane in self.lanes if not lane.is_group}
        if self.chained & alone:
            legend.wall("limit of a chained session: 1 h")

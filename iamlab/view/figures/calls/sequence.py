"""The sequence: who called whom, and what came back, from top to bottom.

Everybody who takes part has a head and, below it, a lifeline. Each arrow is a real call of a
world's log, or a hop of its timeline. Temporary credentials have their head where STS hands them
out: from there on it is they who call. Accounts are fields that heads stand in; AWS's services, and
whoever vouches for somebody, stand in none.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "SAML 2.0 federation"; "OIDC federation"; "Cross account
resource access in IAM".
"""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from iamlab.view.drawing.measure import SMALL, Face, plain, widest, width_of
from iamlab.view.drawing.sheet import BOX_HEIGHT, MARGIN, PAGE, Box, Sheet
from iamlab.view.figure import Figure
from iamlab.view.figures.calls.calls import account_names, calls_of, repeated
from iamlab.view.figures.calls.sequence_places import (
    ROOM,
    beginnings,
    fitted,
    gathered,
    ordered,
    shown,
    under,
    widths_of,
)
from iamlab.view.figures.calls.sequence_words import Words
from iamlab.view.given import check_world
from iamlab.view.style import (
    ALLOW,
    DENY,
    INK,
    LIT_AREA,
    PALE_INK,
    PALE_LINE,
    PAPER,
    SILENT,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.model.world import World
    from iamlab.view.figures.calls.calls import Actor, Call, Calls

_PITCH, _CLOSE, _BORN, _BELOW = 0.44, 0.36, 0.66, 0.15
"""The height of an arrow's row, and where there are many; of a row with a head in it; and what
words below the arrow add."""
_FEW = 12
_LIFT = 0.13
"""How far words stand above their arrow."""
_LONGEST = 3.1
"""So wide are words above an arrow at most."""
_COLOURS = {"allowed": ALLOW, "denied": DENY, "failed": SILENT, "": INK}
_LOOP = 0.35
"""How far a call of one to himself leads out."""
_AROUND = 0.09
"""How far a field reaches beyond its heads."""


def sequence(calls: Calls, *, world: World | None = None) -> Figure:
    """Draw who called whom, and what came back.

    Parameters
    ----------
    calls
        A timeline (``world.timeline(session)``), whose hops know who stood before STS; a log
        (``world.events``) or some of its events; or hops.
    world
        Where accounts have names; if it is not given, they are called by their ids.

    Raises
    ------
    RequestError
        It is none of these, or ``world`` is no world.

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
    before, gap, after = shown(repeated(every))
    heads = gathered([*before, *after])
    words = Words(every, account_names(world))
    drawing = _Drawing(words, under(before, heads), gap, under(after, heads))
    return Figure.on(
        drawing.sheet,
        alt=words.alt(),
        caption=words.caption(),
        rows=words.rows(),
        lines=words.lines(gap, [one for one in heads.values() if one not in heads]),
    )


class _Drawing:
    """A sheet on which the sequence is drawn, row by row."""

    def __init__(
        self, words: Words, before: Sequence[Call], gap: int, after: Sequence[Call]
    ) -> None:
        self.words, self.sheet = words, Sheet(3.0, 0.8)
        calls = [*before, *after]
        if not calls:
            self.sheet.text(MARGIN, 0.4, "No calls.")
            return
        self.order = ordered(calls)
        self.place = {actor: number for number, actor in enumerate(self.order)}
        self.accounts = [actor.account for actor in self.order]
        self.in_fields = len(set(self.accounts) - {""}) > 1
        self.begin = beginnings(calls)
        self._across(calls)
        self.top = 0.88 if self.in_fields else 0.4
        self.foot: dict[Actor, float] = {}
        self.last_time = ""
        y = self.top + 0.42
        for call in before:
            y = self._row(call, y)
        if gap:
            y = self._gap(gap, y)
        for call in after:
            y = self._row(call, y)
        self._down(y)

    def _across(self, calls: Sequence[Call]) -> None:
        """Find a place for every head."""
        titles = {actor: self._title(actor) for actor in self.order}
        widths = widths_of(self.order, titles)
        if self.in_fields:
            widths = [
                max(width, 1.1) if account else width
                for width, account in zip(widths, self.accounts, strict=True)
            ]
        times = [self.words.time(call.at) for call in calls]
        start = MARGIN + max(widest([*times, self.words.day], SMALL), 0.4) + 0.25
        spans = []
        for call in calls:
            left, right = sorted((self.place[call.source], self.place[call.target]))
            room = min(self._width(call), _LONGEST) + ROOM + 2 * _AROUND * self.in_fields
            if call is self.begin.get(call.target):
                room += widths[self.place[call.target]] / 2
            if left < right:
                spans.append((left, right, room))
        self.widths, found = fitted(widths, spans, PAGE - MARGIN - _AROUND - start)
        self.x = [start + one for one in found]
        self.end = self.x[-1] + self.widths[-1] / 2
        self.fields = self._in_fields() if self.in_fields else []
        self.edges = [x for _, left, right in self.fields for x in (left, right)]
        self.pitch = _PITCH if len(calls) <= _FEW else _CLOSE

    def _width(self, call: Call) -> float:
        above, below = self.words.parts(call)
        face: Face = "bold" if call.is_refused else "sans"
        return max(width_of(plain(above, face), SMALL, face), width_of(plain(below), SMALL))

    # -- rows ------------------------------------------------------------------------------------

    def _row(self, call: Call, y: float) -> float:
        """Draw an arrow in the row that begins at this height; give where the next one begins."""
        born = call is self.begin.get(call.target)
        height = _BORN if born else self.pitch
        arrow = y + height - (BOX_HEIGHT / 2 if born else 0.12)
        self._time(call, arrow - _LIFT / 2)
        source, target = self.place[call.source], self.place[call.target]
        start, end = self.x[source], self.x[target]
        if born:
            self._head(call.target, arrow)
            end += self.widths[target] / 2 * (1 if target < source else -1)
        colour = PALE_LINE if call.is_answer else _COLOURS[call.outcome]
        if source == target:
            self._loop(start, arrow, colour)
        else:
            self.sheet.straight(
                (start, arrow),
                (end, arrow),
                colour,
                arrow=True,
                bold=call.is_refused,
                dashed=call.is_answer,
            )
        below = self._label(call, start, end, arrow)
        return y + height + below

    def _label(self, call: Call, start: float, end: float, y: float) -> float:
        """Write what was called above its arrow, and the rest below; give what that takes."""
        colour = PALE_INK if call.is_answer else _COLOURS[call.outcome]
        left, right = min(start, end) + 0.1, max(start, end) - 0.1
        above, below = self.words.parts(call)
        face: Face = "bold" if call.is_refused else "sans"
        taken = min(self._width(call), _LONGEST)
        where = self._free(left, right, taken)
        passes = where is None
        if where is None:
            # Words may pass a lifeline, though not a head that stands in the row.
            born = call is self.begin.get(call.target)
            first = left if born and end < start else self.x[0] + 0.1
            last = right if born and end > start else self.end
            taken = min(taken, last - first)
            where = max(min(left, last - taken), first)
        left, room = where, taken + 0.02
        style: dict[str, Any] = {"room": room, "on_line": passes}
        self.sheet.note(left, y - _LIFT, above, colour, face=face, **style)
        self.sheet.note(left, y + _LIFT, below, colour, **style)
        return _BELOW if below else 0.0

    def _free(self, left: float, right: float, taken: float) -> float | None:
        """Find the first place on an arrow where words pass no lifeline and no edge of a field."""
        there = [x for x in (*self._lifelines(), *self.edges) if left < x < right]
        stops = sorted([left - 0.08, *there, right + 0.08])
        for one, other in pairwise(stops):
            if other - one - 0.16 >= taken:
                return one + 0.08
        return None

    def _lifelines(self) -> list[float]:
        """Say where lifelines are at this height: not yet those of what begins further down."""
        return [
            self.x[self.place[actor]]
            for actor in self.order
            if actor not in self.begin or actor in self.foot
        ]

    def _loop(self, x: float, y: float, colour: str) -> None:
        """Draw a call of one to himself."""
        out = (x + _LOOP, y - 0.04)
        self.sheet.straight((x, y - 0.04), out, colour)
        self.sheet.straight(out, (x + _LOOP, y + 0.06), colour)
        self.sheet.straight((x + _LOOP, y + 0.06), (x, y + 0.06), colour, arrow=True)

    def _time(self, call: Call, y: float) -> None:
        """Write when it was, where that is later than the row before."""
        text = self.words.time(call.at)
        if text != self.last_time:
            self.sheet.note(MARGIN, y, text)
        self.last_time = text

    def _gap(self, number: int, y: float) -> float:
        text = self.words.gap(number)
        self.sheet.area((MARGIN, y + 0.1), (self.end - MARGIN, 0.34), LIT_AREA)
        middle = (MARGIN + self.end) / 2
        self.sheet.text(middle, y + 0.27, text, align="center", room=self.end - 2 * MARGIN)
        return y + 0.5

    # -- what stands from top to bottom ----------------------------------------------------------

    def _title(self, actor: Actor) -> str:
        """Give the words of a head; a field says already whose root user somebody is."""
        return actor.title if self.in_fields and actor.is_root else self.words.title(actor)

    def _head(self, actor: Actor, y: float) -> None:
        number = self.place[actor]
        width = self.widths[number]
        title, is_new = self._title(actor), actor in self.begin
        box = Box(
            self.x[number] - width / 2,
            y,
            width,
            title,
            actor.note if actor.note != title else "",
            area=LIT_AREA if is_new else PAPER,
            bold=is_new or number == 0,
        )
        self.sheet.box(box)
        self.foot[actor] = y + BOX_HEIGHT / 2

    def _down(self, y: float) -> None:
        """Draw the heads that were there from the beginning, the lifelines, the accounts."""
        for actor in self.order:
            if actor not in self.foot:
                self._head(actor, self.top)
        bottom = y + 0.14
        for actor, foot in self.foot.items():
            x = self.x[self.place[actor]]
            self.sheet.straight((x, foot), (x, bottom), PALE_LINE)
        self.sheet.heading(MARGIN, self.top - 0.085, "TIME")
        if self.words.day:
            self.sheet.note(MARGIN, self.top + 0.11, self.words.day)
        self._accounts(bottom)

    def _in_fields(self) -> list[tuple[str, float, float]]:
        """Give the accounts with their left and right edges."""
        found: list[tuple[str, float, float]] = []
        for account, group in groupby(range(len(self.order)), key=self.accounts.__getitem__):
            heads = list(group)
            first, last = heads[0], heads[-1]
            left = self.x[first] - self.widths[first] / 2 - _AROUND
            right = self.x[last] + self.widths[last] / 2 + _AROUND
            if account:
                found.append((account, left, right))
        return found

    def _accounts(self, bottom: float) -> None:
        """Draw accounts behind the heads that stand in them."""
        for account, left, right in self.fields:
            self.sheet.field(left, 0.1, right - left, bottom, "")
            name = self.words.names.get(account) or "account"
            room = right - left - 2 * _AROUND
            self.sheet.note(left + _AROUND, 0.27, name, INK, room=room, face="bold")
            self.sheet.note(left + _AROUND, 0.44, account, INK, room=room)

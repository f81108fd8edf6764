"""The lifetimes of credentials: since when there is what, when it was used, what is too old.

Long-term credentials do not end by themselves, so they are looked after: what is older than it may
be is hatched from that moment on, which is the first that meets the eye.

Notes
-----
AWS pages: "Manage access keys for IAM users", for rotation; "Set an account password policy for IAM
users"; "Security best practices in IAM".
"""

from __future__ import annotations

from datetime import timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.view.drawing.legend import Legend
from iamlab.view.drawing.measure import SMALL
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.drawing.time_axis import TimeAxis, later, utc
from iamlab.view.figure import Figure
from iamlab.view.figures.credentials.credential_facts import (
    ACTIVE,
    INACTIVE,
    KEY,
    OVER,
    TOO_OLD,
    Credential,
    Facts,
    Owner,
    facts_of,
)
from iamlab.view.figures.credentials.credential_lanes import Lane, lanes_of
from iamlab.view.figures.credentials.credential_words import alt_of, lines_of, rows_of
from iamlab.view.style import (
    ALLOW,
    ALLOW_AREA,
    DENY,
    DENY_FILL,
    HAIRLINE,
    INK,
    PALE_INK,
    PAPER,
    SILENT,
)

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.world import World

FEW = 16
"""So many lanes have two lines of text each."""
KEY_AGE = 90
"""The days after which auditors object to an access key."""

USERS, NAMES, PLOT, STATES = MARGIN, 1.65, 3.55, 7.75
"""Where the columns begin: who, which credential, the time, how it is."""
TOP = 0.82
"""Where the first lane begins."""
DAYS_AHEAD = 100
"""Days into the future that are drawn at least, where something must be replaced then."""


def credential_lifetimes(
    of: World | Account | CredentialOwner, *, key_age_days: int = KEY_AGE
) -> Figure:
    """Draw passwords, access keys, MFA devices, certificates and sessions on the world's clock.

    Parameters
    ----------
    of
        A world, an account, a user or a root user.
    key_age_days
        How old an active access key may be.

    Raises
    ------
    RequestError
        It is none of these, or the days are no number.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> ana = world.create_account("main").create_user("ana")
    >>> key = ana.create_access_key()
    >>> world.clock.advance(days=100)
    >>> print(credential_lifetimes(ana).alt)
    On 2027-03-05, 1 credential of ana: access key of ana is 100 days old; 0 are active and in time.
    """
    facts = facts_of(of, key_age_days)
    if not any(owner.credentials for owner in facts.owners):
        return _nothing(facts)
    sheet = Sheet(PAGE)
    lanes = lanes_of(facts)
    by_account = any(lane.heading for lane in lanes)
    _Drawing(sheet, facts, lanes).draw()
    return Figure.on(
        sheet,
        alt=alt_of(facts),
        caption="Long-term credentials and sessions on the world's clock (UTC). Access keys are to "
        f"be replaced after {count(facts.key_age_days, 'day')}; passwords as the account's "
        "password policy says.",
        rows=rows_of(facts),
        lines=lines_of(facts, by_account=by_account),
    )


def _nothing(facts: Facts) -> Figure:
    sheet = Sheet(5)
    words = "Nobody has credentials here: no password, no access key, no MFA device."
    sheet.text(MARGIN, 0.3, words, PALE_INK)
    return Figure.on(
        sheet,
        alt=words,
        caption="Credentials on the world's clock (UTC).",
        rows=[*rows_of(facts)] or [{"now": facts.now, "credentials": 0}],
        lines=[words, *lines_of(facts, by_account=True)],
    )


def _window(facts: Facts) -> tuple[datetime, datetime]:
    """Say which time is drawn: all that has been, and what is due before long."""
    now = utc(facts.now)
    starts = [utc(one.start) for _, one in facts.every() if one.start is not None]
    start = min([now, *starts])
    soon = later(now, max(2 * (now - start), timedelta(days=DAYS_AHEAD)))
    ahead = [one.due or one.end for _, one in facts.every() if one.state in (ACTIVE, TOO_OLD)]
    end = max([now, *(utc(one) for one in ahead if one is not None and utc(one) <= soon)])
    length = max(end - start, timedelta(minutes=10))
    return later(start, -length / 50), later(end, length / 20)


# -- the picture ----------------------------------------------------------------------------------


class _Drawing:
    """One picture in the making."""

    def __init__(self, sheet: Sheet, facts: Facts, lanes: list[Lane]) -> None:
        self.sheet, self.facts, self.lanes = sheet, facts, lanes
        self.is_roomy = len(lanes) <= FEW
        self.row = 0.46 if self.is_roomy else 0.28
        self.bar = 0.2 if self.is_roomy else 0.15
        self.axis = TimeAxis(*_window(facts), PLOT, STATES - 0.2)
        heights = [self.row if lane.owner else min(self.row, 0.32) for lane in lanes]
        self.tops = [TOP, *(TOP + height for height in accumulate(heights))]
        self.bottom = self.tops[-1]
        self.points: dict[float, list[float]] = {}

    def draw(self) -> None:
        """Draw all."""
        sheet, axis, now = self.sheet, self.axis, self.facts.now
        headings = {
            USERS: "USER",
            NAMES: "CREDENTIAL",
            PLOT: f"TIME (UTC), {axis.days()}",
            STATES: "STATE",
        }
        for x, heading in headings.items():
            sheet.heading(x, 0.28, heading)
        axis.draw(sheet, TOP - 0.22, self.bottom, now=now)
        middles = [(top + bottom) / 2 for top, bottom in pairwise(self.tops)]
        for lane, top, middle in zip(self.lanes, self.tops, middles, strict=False):
            left = NAMES if lane.owner and not lane.is_first else USERS
            sheet.area((left, top), (PAGE - MARGIN - left, 0.001), HAIRLINE)
            self._words(lane, middle)
        sheet.area((USERS, self.bottom), (PAGE - 2 * MARGIN, 0.001), HAIRLINE)
        for lane, middle in zip(self.lanes, middles, strict=True):
            # What is too old is drawn over what is not.
            for one in sorted(lane.credentials, key=lambda one: one.state is TOO_OLD):
                self._bar(one, middle)
        axis.draw_now(sheet, now, TOP - 0.09, self.bottom)
        self._legend()

    def _words(self, lane: Lane, y: float) -> None:
        """Write what stands beside a bar."""
        sheet = self.sheet
        if lane.owner is None:
            room = PLOT - 0.2 - USERS
            # Of a remark on the rest, the list has all.
            sheet.text(USERS, y, lane.heading, face="bold", size=SMALL, room=room)
            sheet.note(USERS, y, lane.remark, room=room, fact=False)
            return
        if lane.is_first:
            self._user(lane.owner, y)
        room = PLOT - 0.2 - NAMES
        style: dict[str, Any] = {"colour": _colour(lane.state), "face": "bold", "size": SMALL}
        right = PAGE - MARGIN - STATES
        if self.is_roomy:
            lift = 0.09 if lane.detail else 0
            sheet.text(NAMES, y - lift, lane.title, room=room)
            sheet.note(NAMES, y + 0.1, lane.detail, room=room)
            lift = 0.09 if lane.use else 0
            sheet.text(STATES, y - lift, lane.state, room=right, **style)
            sheet.note(STATES, y + 0.1, lane.use, INK, room=right)
            return
        taken = sheet.note(NAMES, y, lane.title, INK, room=room)
        if room - taken > 0.6:
            sheet.note(NAMES + taken + 0.08, y, lane.detail, room=room - taken - 0.08)
        sheet.text(STATES, y, lane.state, room=right, **style)

    def _user(self, owner: Owner, y: float) -> None:
        room = NAMES - 0.12 - USERS
        if self.is_roomy and owner.lacks_mfa:
            self.sheet.text(USERS, y - 0.09, owner.name, face="bold", room=room)
            self.sheet.note(USERS, y + 0.1, "✕ no MFA", DENY)
            return
        taken = self.sheet.text(USERS, y, owner.name, face="bold", room=room)
        if owner.lacks_mfa and room - taken > 0.75:
            self.sheet.note(USERS + taken + 0.08, y, "✕ no MFA", DENY)

    # -- the bars ---------------------------------------------------------------------------------

    def _bar(self, one: Credential, y: float) -> None:
        """Draw a credential: what has been, what is too long, what is still to come."""
        axis, now = self.axis, utc(self.facts.now)
        start = axis.left if one.start is None else axis.at(one.start)
        present = axis.at(now)
        end = present if one.end is None or utc(one.end) > now else axis.at(one.end)
        if one.state is TOO_OLD and one.kind == KEY and one.due is not None:
            over = axis.at(one.due)
            self._piece(start, over, y, ACTIVE.area, ALLOW)
            self._piece(over, present, y, DENY_FILL, DENY, hatch="////")
        elif one.state is TOO_OLD:
            self._piece(start, end, y, ACTIVE.area, ALLOW)
            self._piece(end, present, y, DENY_FILL, DENY, hatch="////")
        else:
            self._piece(start, end, y, one.state.area, one.state.colour)
        ahead = one.due or one.end
        if one.state is ACTIVE and ahead is not None and utc(ahead) > now:
            self._piece(present, axis.at(ahead), y, ALLOW_AREA, ALLOW)
        if one.state is INACTIVE and one.end is not None:
            self._piece(end, present, y, INACTIVE.area, SILENT, part=0.25)
        if one.due is not None and axis.has(one.due):
            reach = self.bar * (0.75 if self.is_roomy else 0.55)
            self.sheet.gate(axis.at(one.due), y - reach, y + reach, INK, open_at=None)
        if one.start is None and self.is_roomy:
            self.sheet.text(axis.left - 0.02, y, "◂", SILENT, align="right", fact=False)
        self._points(one, y)

    def _points(self, one: Credential, y: float) -> None:
        """Mark when a credential was replaced, and when it was last used."""
        if one.changed is not None:
            x = self.axis.at(one.changed)
            self.sheet.area((x - 0.012, y - self.bar / 2), (0.024, self.bar), PAPER, edge=PAPER)
        if one.last_used is not None:
            is_dark = one.state in (ACTIVE, TOO_OLD)
            style: dict[str, Any] = {"size": SMALL, "align": "center", "fact": False}
            x = min(self.axis.at(one.last_used), self.axis.at(self.facts.now) - 0.08)
            taken = self.points.setdefault(y, [])
            if all(abs(x - other) > 0.15 for other in taken):
                taken.append(x)
                self.sheet.text(x, y, "◆", PAPER if is_dark else SILENT, **style)

    def _piece(
        self,
        left: float,
        right: float,
        y: float,
        area: str,
        edge: str,
        *,
        hatch: str = "",
        part: float = 1.0,
    ) -> None:
        """Draw a piece of a bar; never too short to be seen."""
        height = self.bar * part
        width = max(right - left, 0.03)
        self.sheet.area((left, y - height / 2), (width, height), area, edge=edge, hatch=hatch)

    # -- the legend -------------------------------------------------------------------------------

    def _legend(self) -> None:
        """Say what pieces and marks mean; only of what there is."""
        every = [one for _, one in self.facts.every()]
        states = {one.state.word for one in every}
        legend = Legend(self.sheet, USERS + 0.02, self.bottom + 0.3)
        if ACTIVE.word in states:
            legend.piece("✓ active", ACTIVE.area, ALLOW)
        if TOO_OLD.word in states:
            legend.piece("✕ too old", DENY_FILL, DENY, hatch=TOO_OLD.hatch)
        if any(one.state is ACTIVE and _ahead(one, utc(self.facts.now)) for one in every):
            legend.piece("time left", ALLOW_AREA, ALLOW)
        if INACTIVE.word in states:
            legend.piece("– inactive", INACTIVE.area, SILENT)
        if OVER.word in states:
            legend.piece("○ over", OVER.area, SILENT)
        if any(one.due is not None for one in every):
            legend.wall("to be replaced")
        if any(one.last_used is not None for one in every):
            legend.sign("last used", "◆", PAPER, ACTIVE.area, ALLOW)
        if any(one.changed is not None for one in every):
            legend.notch("password changed", ACTIVE.area, ALLOW, PAPER)


def _ahead(one: Credential, now: datetime) -> bool:
    end = one.due or one.end
    return end is not None and utc(end) > now


def _colour(state: str) -> str:
    """Give the colour that goes with the symbol before a state."""
    return {"✓": ALLOW, "✕": DENY}.get(state[:1], SILENT)

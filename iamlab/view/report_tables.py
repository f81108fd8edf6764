"""Report tables: what a report says, each state by a symbol, a word and a colour.

A credential report says when, and leaves it to the reader whether that is long ago; here each
credential is judged, as an auditor does. An exam's report says by topic what is to be repeated.

Notes
-----
AWS page: "Generate credential reports for your AWS account". What is too old, or unused for too
long, is what ``account.audit()`` takes it for: the numbers of CIS and AWS Security Hub.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from iamlab.analysis.audit.audit import Audit
from iamlab.analysis.audit.controls import Thresholds
from iamlab.analysis.credential_report import CredentialReport
from iamlab.analysis.security_status import SecurityStatus
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.view.drawing.time_axis import day, utc
from iamlab.view.figures.charts.score_bars import scores_of
from iamlab.view.style import ABSENT, Look
from iamlab.view.tables import Table
from iamlab.view.tabular import table_of
from iamlab.view.tabular.signs import bad, good, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.credential_report import Credentials, Key

NONE = Look("–", "none", ABSENT.colour, ABSENT.area)
COLUMNS = ("user", "password", "MFA", "access key 1", "access key 2", "certificates", "created")


@dataclass(frozen=True, slots=True)
class Topic:
    """What an exam says of one topic.

    Parameters
    ----------
    right, of
        How many answers are right, and of how many.
    belief
        As if what the wrong answers were given: ``"boundaries grant"``.
    again
        The exercises to repeat: ``"11.2"``.
    """

    name: str
    right: int
    of: int
    belief: str = ""
    again: tuple[str, ...] = ()


def report_table(
    report: CredentialReport | SecurityStatus | Audit,
    *,
    now: datetime | None = None,
    thresholds: Thresholds | None = None,
) -> Table:
    """Give a report as a table that judges: done or to do, in use or too old.

    Parameters
    ----------
    report
        A credential report, the recommendations or the old five-item status, or an audit.
    now
        From when the age of credentials is counted back; if nothing is said, from the time of the
        report. A file that was read says none: without ``now`` ages are left out.
    thresholds
        Of credential reports: what is too old. If nothing is said, what an audit takes for it.

    Raises
    ------
    RequestError
        It is none of these; or ``now`` is no moment, or ``thresholds`` are none.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> key = main.create_user("ana").create_access_key()
    >>> world.clock.advance(days=100)
    >>> table = report_table(main.credential_report())
    >>> table.rows[1][3].word
    '100 days old, never used'
    """
    if now is not None and not isinstance(now, datetime):
        raise RequestError(f"report_table(now=...) is a moment (a datetime), and not {now!r}.")
    if thresholds is not None and not isinstance(thresholds, Thresholds):
        raise RequestError(
            f"report_table(thresholds=...) is made with Thresholds(), and not {thresholds!r}."
        )
    if isinstance(report, CredentialReport):
        return _credentials_table(report, now or report.generated_time, thresholds or Thresholds())
    if isinstance(report, SecurityStatus | Audit):
        return table_of(report)
    raise RequestError(
        "report_table() takes a credential report, a security status or an audit, not "
        f"{type(report).__name__}."
    )


def _credentials_table(
    report: CredentialReport, now: datetime | None, thresholds: Thresholds
) -> Table:
    judge = _Judge(None if now is None else utc(now), thresholds)
    when = "" if now is None else f", judged on {day(now)}"
    rows = [judge.row(one) for one in report.credentials()]
    wrong = sum(isinstance(cell, Look) and cell.symbol == "✕" for row in rows for cell in row)
    caption = f"Credential report{when}: {count(wrong, 'thing')} to do"
    return Table(caption, COLUMNS, tuple(rows))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Says of credentials how they are, at a time or at none."""

    now: datetime | None
    thresholds: Thresholds

    def row(self, one: Credentials) -> tuple[object, ...]:
        """Judge the credentials of a user."""
        keys = [self._key(key, of_root=one.is_root) for key in one.keys[:2]]
        active = sum(certificate.is_active for certificate in one.certificates)
        certificates = good(f"{active} active") if active else silent("inactive", "–")
        return (
            one.user,
            self._password(one),
            self._mfa(one),
            *[*keys, NONE, NONE][:2],
            certificates if one.certificates else NONE,
            one.created,
        )

    def _password(self, one: Credentials) -> Look:
        found = one.password
        if found is None:
            return NONE
        if self.now is not None and found.next_rotation and self.now >= utc(found.next_rotation):
            return bad(f"expired {day(found.next_rotation)}")
        since = found.last_used or found.last_changed or one.created
        # A root user's password is best left unused.
        is_idle = not one.is_root and self._is_more(since, self.thresholds.unused_days)
        return (bad if is_idle else good)(self._use(found.last_used))

    def _mfa(self, one: Credentials) -> Look:
        if one.mfa:
            return good("on")
        is_needed = not one.is_empty if one.is_root else one.password is not None
        return bad("off") if is_needed else NONE

    def _key(self, key: Key, *, of_root: bool) -> Look:
        if of_root:
            return bad("a root user's key")
        if not key.is_active:
            return silent("inactive", "–")
        age = self._days(key.last_rotated)
        said = [] if age is None else [f"{count(age, 'day')} old"]
        words = ", ".join([*said, self._use(key.last_used)])
        is_old = self._is_more(key.last_rotated, self.thresholds.key_age_days)
        is_idle = self._is_more(key.last_used or key.last_rotated, self.thresholds.unused_days)
        return (bad if is_old or is_idle else good)(words)

    def _is_more(self, moment: datetime | None, most: int) -> bool:
        days = self._days(moment)
        return days is not None and days > most

    def _use(self, used: datetime | None) -> str:
        days = self._days(used)
        if used is None:
            return "never used"
        return f"used {day(used)}" if days is None else f"used {count(days, 'day')} ago"

    def _days(self, moment: datetime | None) -> int | None:
        """Count the days since a moment, if both are known."""
        if moment is None or self.now is None:
            return None
        return max((self.now - utc(moment)).days, 0)


def exam_table(topics: Iterable[Topic], *, pass_mark: float = 0.7) -> Table:
    """Give an exam's report: by topic the score, the belief behind it, what to repeat.

    Parameters
    ----------
    topics
        What the exam says of each.
    pass_mark
        The share from which on a topic is passed, 0 to 1.

    Raises
    ------
    RequestError
        Something is no topic, a score is none, or the mark is no share.

    Examples
    --------
    >>> print(exam_table([Topic("boundaries", 1, 4, "boundaries grant", ("11.2",))]))
    Exam: 1 of 4 right, 1 topic to repeat
    topic       right  of  result       as if             repeat
    ──────────  ─────  ──  ───────────  ────────────────  ──────
    boundaries      1   4  ✕ to repeat  boundaries grant  11.2
    """
    every = _checked(topics)
    rows = list(_topics(every, pass_mark))
    repeat = sum(isinstance(row[3], Look) and row[3].symbol == "✕" for row in rows)
    right, of = sum(one.right for one in every), sum(one.of for one in every)
    caption = f"Exam: {right} of {of} right, {count(repeat, 'topic')} to repeat"
    columns = ("topic", "right", "of", "result", "as if", "repeat")
    return Table(caption, columns, tuple(rows))


def _checked(given: object) -> list[Topic]:
    """See to it that topics are some."""
    several = list(given) if isinstance(given, Iterable) else [given]
    topics = [one for one in several if isinstance(one, Topic)]
    if len(topics) < len(several):
        raise RequestError(f"exam_table() takes a list of Topic(name, right, of), not {given!r}.")
    return topics


def _topics(every: list[Topic], mark: float) -> Iterator[tuple[object, ...]]:
    for one in every:
        # As the bars judge it, so that table and picture never differ.
        [score] = scores_of({one.name: (one.right, one.of)}, mark)
        again = ", ".join(one.again) or None
        yield one.name, one.right, one.of, score.look, one.belief or None, again

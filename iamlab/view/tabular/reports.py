"""Tables of reports: credentials, numbers, recommendations, findings of an audit, what was used.

A credential report only has dates; :func:`report_table` judges each credential, as an auditor does.
An exam's report has the topics to repeat.

Notes
-----
AWS page: "Generate credential reports for your AWS account". The limits are those of
``account.audit()``: the numbers of CIS and AWS Security Hub.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.model.console_access import PasswordPolicy
from iamlab.view.drawing.time_axis import day, utc
from iamlab.view.figures.charts.score_bars import scores_of
from iamlab.view.style import ABSENT, NO, YES, Look, bad, good, silent
from iamlab.view.tables import Table, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.account_reports import Summary, UserSummary
    from iamlab.analysis.audit.audit import Audit
    from iamlab.analysis.audit.controls import Thresholds
    from iamlab.analysis.credential_report import CredentialReport, Credentials, Key
    from iamlab.analysis.last_accessed.organizations import OrganizationsLastAccessed
    from iamlab.analysis.last_accessed.report import LastAccessed, LastAttempt
    from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
    from iamlab.analysis.least_privilege.unused import Unused
    from iamlab.analysis.security_status import SecurityStatus


REPORT = (
    "user, password_enabled, password_last_used, mfa_active, access_key_1_active, "
    "access_key_1_last_used_date, access_key_2_active, access_key_2_last_used_date"
)
STATES = {"done": good("done"), "to do": bad("to do"), "not known": silent("not known", "?")}


@table_of.register("analysis.credential_report.CredentialReport")
def _(report: CredentialReport) -> Table:
    """Return the report's main columns; its frame has all 23."""
    when = f", {report.generated_time:%Y-%m-%d %H:%M} UTC" if report.generated_time else ""
    signs, cells = {"true": YES, "false": NO}, attrgetter(*REPORT.split(", "))
    rows = (tuple(signs.get(cell.lower(), cell) for cell in cells(row)) for row in report.rows)
    return Table.of(f"Credential report{when}", REPORT, rows)


@table_of.register("analysis.account_reports.Summary")
def _(summary: Summary) -> Table:
    """Return the numbers of an account, each with its quota."""
    numbers = summary.numbers
    rows: list[tuple[object, ...]] = [
        (name, number, numbers.get(f"{name}Quota"))
        for name, number in numbers.items()
        if not (name.endswith("Quota") and name.removesuffix("Quota") in numbers)
    ]
    rows += [(name, None, None) for name in summary.unknown]
    return Table.of("Account summary", "name, number, quota", rows)


@table_of.register("analysis.security_status.SecurityStatus")
def _(status: SecurityStatus) -> Table:
    """Return the items, each done or to do."""
    rows = (
        (STATES[item.state], item.title, item.reason, item.remedy or None, item.today or None)
        for item in status.items
    )
    return Table(status.title, ("state", "title", "reason", "mend", "today"), tuple(rows))


@table_of.register("analysis.audit.audit.Audit")
def _(audit: Audit) -> Table:
    """Return the findings of an audit, then the passed and the unknown checks."""
    finding = attrgetter("severity", "control.id", "subject", "what", "remedy")
    rows: list[tuple[object, ...]] = [(bad("found"), *finding(row)) for row in audit.findings]
    rows += [(good("passed"), row.severity, row.id, None, None, None) for row in audit.passed]
    for row in audit.unanswered:
        control, sign = row.control, silent("not asked", "?")
        rows.append((sign, control.severity, control.id, None, row.reason, None))
    caption = f"Audit of account {audit.account} ({audit.account_id})"
    columns = ("result", "severity", "control", "subject", "what", "mend")
    return Table(caption, columns, tuple(rows))


@table_of.register("analysis.account_reports.UserSummary")
def _(summary: UserSummary) -> Table:
    """Return a summary of a user as one row."""
    cells = {field.name: getattr(summary, field.name) for field in fields(summary)}
    cells["policies"] = tuple(f"{policy} ({form})" for policy, form in summary.policies)
    cells["access_keys"] = tuple(map(str, summary.access_keys))
    return Table.facts(f"User {summary.name}", cells)


@table_of.register(PasswordPolicy)
def _(policy: PasswordPolicy) -> Table:
    """Return the requirements of a password policy as one row."""
    names = (*(field.name for field in fields(policy)), "expire_passwords")
    return Table.facts("Password policy", {name: getattr(policy, name) for name in names})


# -- what was used ---------------------------------------------------------------------------------


@table_of.register(
    "analysis.last_accessed.report.LastAccessed",
    "analysis.last_accessed.organizations.OrganizationsLastAccessed",
)
def _(found: LastAccessed | OrganizationsLastAccessed) -> Table:
    """Return the last access of each service, with its principal."""
    about = getattr(found, "entity_path", None) or getattr(found, "arn", "")
    columns = "service, action, last accessed, when, who, Region"
    return Table.of(f"Last accessed: {about}", columns, _accesses(found))


def _accesses(found: LastAccessed | OrganizationsLastAccessed) -> Iterator[tuple[object, ...]]:
    for service in found.services:
        yield service.service_namespace, None, *_access(service.last_access)
        for action in service.tracked_actions:
            yield service.service_namespace, action.action_name, *_access(action.access)


def _access(access: LastAttempt | None) -> tuple[object, ...]:
    if access is None:
        return NO, None, None, None
    return YES, access.time, access.entity, access.region


@table_of.register("analysis.least_privilege.least_privilege.LeastPrivilege")
def _(found: LeastPrivilege) -> Table:
    """Return the used and the denied actions, with their numbers."""
    rows = []
    for pair, tally in sorted({**found.used, **found.refused}.items()):
        state = good("used") if tally.allowed else bad("refused")
        rows.append((state, *pair, tally.allowed, tally.refused, tally.first, tally.last))
    columns = "state, action, resource, allowed, refused, first, last"
    return Table.of(f"What {found.principal} used", columns, rows)


@table_of.register("analysis.least_privilege.unused.Unused")
def _(found: Unused) -> Table:
    """Return the statements, with the used part of each."""
    columns = "principal, policy, statement, used, actions"
    cells = attrgetter(*columns.split(", "))
    rows = ((good("used") if row.used else silent("unused"), *cells(row)) for row in found.rows)
    return Table.of(f"Used since {found.since:%Y-%m-%d %H:%M} UTC", f"state, {columns}", rows)


NONE = replace(ABSENT, word="none")
COLUMNS = ("user", "password", "MFA", "access key 1", "access key 2", "certificates", "created")


@dataclass(frozen=True, slots=True)
class Topic:
    """The result of an exam in one topic.

    Parameters
    ----------
    right, of
        The number of right answers, and of all answers.
    belief
        The belief that explains the wrong answers: ``"boundaries grant"``.
    again
        The exercises to repeat: ``"11.2"``.

    Examples
    --------
    >>> from iamlab.view import exam_table
    >>> topics = [Topic("Boundaries", 2, 4, "boundaries grant", ("11.2",)), Topic("Sessions", 4, 4)]
    >>> print(exam_table(topics).as_text())
    Exam: 6 of 8 right, 1 topic to repeat
    topic       right  of  result       as if             repeat
    ──────────  ─────  ──  ───────────  ────────────────  ──────
    Boundaries      2   4  ✕ to repeat  boundaries grant  11.2
    Sessions        4   4  ✓ passed
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
    """Return a report as a table with judgements: done or to do, in use or too old.

    Parameters
    ----------
    report
        A credential report, the recommendations or the old five-item status, or an audit.
    now
        The time for the age of credentials. Default: the time of the report. A file has no time:
        without ``now``, ages are left out.
    thresholds
        The limits for credential reports. Default: those of an audit.

    Raises
    ------
    RequestError
        ``report``, ``now`` or ``thresholds`` has another type.

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
    from iamlab.analysis.audit.audit import Audit
    from iamlab.analysis.audit.controls import Thresholds
    from iamlab.analysis.credential_report import CredentialReport
    from iamlab.analysis.security_status import SecurityStatus

    if now is not None and not isinstance(now, datetime):
        raise RequestError(f"report_table(now=...) must be a datetime, not {now!r}.")
    if thresholds is not None and not isinstance(thresholds, Thresholds):
        raise RequestError(
            f"report_table(thresholds=...) must be Thresholds(...), not {thresholds!r}."
        )
    if isinstance(report, SecurityStatus | Audit):
        return table_of(report)
    if not isinstance(report, CredentialReport):
        raise RequestError(
            "Pass report_table() a credential report, a security status or an audit, not "
            f"{type(report).__name__}."
        )
    now = now or report.generated_time
    judge = _Judge(now and utc(now), thresholds or Thresholds())
    when = f", judged on {day(now)}" if now else ""
    rows = [judge.row(own) for own in report.credentials()]
    caption = f"Credential report{when}: {count(_to_do(rows), 'item')} to do"
    return Table(caption, COLUMNS, tuple(rows))


def _to_do(rows: Iterable[tuple[object, ...]]) -> int:
    return sum(isinstance(cell, Look) and cell.symbol == "✕" for row in rows for cell in row)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges credentials at a time; without a time, ages are unknown."""

    now: datetime | None
    thresholds: Thresholds

    def row(self, own: Credentials) -> tuple[object, ...]:
        """Judge the credentials of a user."""
        keys = [bad("a root user's key") if own.is_root else self._key(key) for key in own.keys]
        active = sum(certificate.is_active for certificate in own.certificates)
        certificates = good(f"{active} active") if active else silent("inactive", "–")
        needs_mfa = not own.is_empty if own.is_root else own.password is not None
        return (
            own.user,
            self._password(own),
            good("on") if own.mfa else bad("off") if needs_mfa else NONE,
            *[*keys, NONE, NONE][:2],
            certificates if own.certificates else NONE,
            own.created,
        )

    def _password(self, own: Credentials) -> Look:
        found = own.password
        if found is None:
            return NONE
        if self.now is not None and found.next_rotation and self.now >= utc(found.next_rotation):
            return bad(f"expired {day(found.next_rotation)}")
        age = self._days(found.last_used or found.last_changed or own.created)
        # A root user's password should stay unused.
        is_idle = not own.is_root and (age or 0) > self.thresholds.unused_days
        return (bad if is_idle else good)(self._use(found.last_used))

    def _key(self, key: Key) -> Look:
        if not key.is_active:
            return silent("inactive", "–")
        age, idle = self._days(key.last_rotated), self._days(key.last_used or key.last_rotated)
        words = "" if age is None else f"{count(age, 'day')} old, "
        is_old = (age or 0) > self.thresholds.key_age_days
        is_idle = (idle or 0) > self.thresholds.unused_days
        return (bad if is_old or is_idle else good)(f"{words}{self._use(key.last_used)}")

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
    """Return an exam's report: the score of each topic, the belief behind it, what to repeat.

    Parameters
    ----------
    topics
        The results by topic.
    pass_mark
        The smallest share that passes a topic, 0 to 1.

    Raises
    ------
    RequestError
        A value isn't a topic, a score is wrong, or the mark isn't a share.

    Examples
    --------
    >>> print(exam_table([Topic("boundaries", 1, 4, "boundaries grant", ("11.2",))]))
    Exam: 1 of 4 right, 1 topic to repeat
    topic       right  of  result       as if             repeat
    ──────────  ─────  ──  ───────────  ────────────────  ──────
    boundaries      1   4  ✕ to repeat  boundaries grant  11.2
    """
    values: object = topics
    several = list(values) if isinstance(values, Iterable) else [values]
    every = [topic for topic in several if isinstance(topic, Topic)]
    if len(every) < len(several):
        raise RequestError(f"Pass exam_table() a list of Topic(name, right, of), not {topics!r}.")
    rows = []
    for topic in every:
        # As in score_bars, so that table and picture agree.
        [score] = scores_of({topic.name: (topic.right, topic.of)}, pass_mark)
        words = topic.belief or None, ", ".join(topic.again) or None
        rows.append((topic.name, topic.right, topic.of, score.look, *words))
    right, of = sum(topic.right for topic in every), sum(topic.of for topic in every)
    caption = f"Exam: {right} of {of} right, {count(_to_do(rows), 'topic')} to repeat"
    return Table.of(caption, "topic, right, of, result, as if, repeat", rows)

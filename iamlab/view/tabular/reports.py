"""Tables of reports: credentials, numbers, recommendations, findings of an audit, what was used."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from iamlab.analysis.last_accessed.organizations import OrganizationsLastAccessed
from iamlab.view.tables import Table
from iamlab.view.tabular.signs import NO, YES, bad, good, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.account_reports import Summary, UserSummary
    from iamlab.analysis.audit.audit import Audit
    from iamlab.analysis.credential_report import CredentialReport, Row
    from iamlab.analysis.last_accessed.report import LastAccessed, LastAttempt
    from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
    from iamlab.analysis.least_privilege.unused import Unused
    from iamlab.analysis.security_status import SecurityStatus
    from iamlab.model.console_access import PasswordPolicy
    from iamlab.view.style import Look


def credential_report_table(report: CredentialReport) -> Table:
    """Give the report's main columns; its frame has all 23."""
    when = f", {report.generated_time:%Y-%m-%d %H:%M} UTC" if report.generated_time else ""
    columns = (
        *("user", "password_enabled", "password_last_used", "mfa_active"),
        *("access_key_1_active", "access_key_1_last_used_date"),
        *("access_key_2_active", "access_key_2_last_used_date"),
    )
    rows = (tuple(_of_report(row, column) for column in columns) for row in report.rows)
    return Table(f"Credential report{when}", columns, tuple(rows))


def _of_report(row: Row, column: str) -> object:
    text: str = getattr(row, column)
    return {"true": YES, "false": NO}.get(text.lower(), text)


def summary_table(summary: Summary) -> Table:
    """Give the numbers of an account, each with its quota."""
    numbers = summary.numbers
    rows: list[tuple[object, ...]] = [
        (name, number, numbers.get(f"{name}Quota"))
        for name, number in numbers.items()
        if not (name.endswith("Quota") and name.removesuffix("Quota") in numbers)
    ]
    rows += [(name, None, None) for name in summary.unknown]
    return Table("Account summary", ("name", "number", "quota"), tuple(rows))


_STATES = {"done": good("done"), "to do": bad("to do"), "not known": silent("not known", "?")}


def security_status_table(status: SecurityStatus) -> Table:
    """Give the items, each done or to do."""
    rows = (
        (_STATES[one.state], one.title, one.reason, one.remedy or None, one.today or None)
        for one in status.items
    )
    return Table(status.title, ("state", "title", "reason", "mend", "today"), tuple(rows))


def audit_table(audit: Audit) -> Table:
    """Give the findings of an audit, then what is well, and what could not be told."""
    columns = ("result", "severity", "control", "subject", "what", "mend")
    rows = (
        *(
            (bad("found"), one.severity, one.control.id, one.subject, one.what, one.remedy)
            for one in audit.findings
        ),
        *((good("passed"), one.severity, one.id, None, None, None) for one in audit.passed),
        *(
            (silent("not asked", "?"), one.control.severity, one.control.id, None, one.reason, None)
            for one in audit.unanswered
        ),
    )
    return Table(f"Audit of account {audit.account} ({audit.account_id})", columns, rows)


def user_summary_table(summary: UserSummary) -> Table:
    """Give a user at a glance; it is one row."""
    row = (
        *(summary.name, summary.arn, summary.create_date, summary.console_sign_in_url),
        *(summary.last_sign_in, summary.mfa_devices, summary.groups),
        tuple(f"{policy} ({way})" for policy, way in summary.policies),
        summary.boundary,
        tuple(map(str, summary.access_keys)),
    )
    columns = tuple(one.name for one in fields(summary))
    return Table(f"User {summary.name}", columns, (row,), of_one=True)


def password_policy_table(policy: PasswordPolicy) -> Table:
    """Give what an account demands of passwords; it is one row."""
    names = [one.name for one in fields(policy)]
    row = tuple(getattr(policy, name) for name in (*names, "expire_passwords"))
    return Table("Password policy", (*names, "expire_passwords"), (row,), of_one=True)


# -- what was used ---------------------------------------------------------------------------------


def last_accessed_table(found: LastAccessed | OrganizationsLastAccessed) -> Table:
    """Give when services were last accessed, and by whom."""
    about = found.entity_path if isinstance(found, OrganizationsLastAccessed) else found.arn
    columns = ("service", "action", "last accessed", "when", "who", "Region")
    return Table(f"Last accessed: {about}", columns, tuple(_accesses(found)))


def _accesses(found: LastAccessed | OrganizationsLastAccessed) -> Iterator[tuple[object, ...]]:
    for one in found.services:
        yield one.service_namespace, None, *_access(one.last_access)
        for action in one.tracked_actions:
            yield one.service_namespace, action.action_name, *_access(action.access)


def _access(access: LastAttempt | None) -> tuple[object, ...]:
    if access is None:
        return NO, None, None, None
    return YES, access.time, access.entity, access.region


def least_privilege_table(found: LeastPrivilege) -> Table:
    """Give what was used, how often, and what was refused."""
    rows = (
        (_used(tally.allowed), *pair, tally.allowed, tally.refused, tally.first, tally.last)
        for pair, tally in sorted({**found.used, **found.refused}.items())
    )
    columns = ("state", "action", "resource", "allowed", "refused", "first", "last")
    return Table(f"What {found.principal} used", columns, tuple(rows))


def _used(times: int) -> Look:
    return good("used") if times else bad("refused")


def unused_table(found: Unused) -> Table:
    """Give the statements, with how much of each was used."""
    rows = (
        (
            good("used") if one.used else silent("unused"),
            *(one.principal, one.policy, one.statement, one.used, one.actions),
        )
        for one in found.rows
    )
    columns = ("state", "principal", "policy", "statement", "used", "actions")
    return Table(f"Used since {found.since:%Y-%m-%d %H:%M} UTC", columns, tuple(rows))

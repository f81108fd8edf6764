"""Tables of reports: credentials, numbers, recommendations, findings of an audit, what was used."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING

from iamlab.analysis.account_reports import Summary, UserSummary
from iamlab.analysis.audit.audit import Audit
from iamlab.analysis.credential_report import CredentialReport
from iamlab.analysis.last_accessed.organizations import OrganizationsLastAccessed
from iamlab.analysis.last_accessed.report import LastAccessed
from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
from iamlab.analysis.least_privilege.unused import Unused
from iamlab.analysis.security_status import SecurityStatus
from iamlab.model.console_access import PasswordPolicy
from iamlab.view.tables import Table, table_of
from iamlab.view.tabular.signs import NO, YES, bad, good, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.last_accessed.report import LastAttempt

REPORT = (
    "user, password_enabled, password_last_used, mfa_active, access_key_1_active, "
    "access_key_1_last_used_date, access_key_2_active, access_key_2_last_used_date"
)
STATES = {"done": good("done"), "to do": bad("to do"), "not known": silent("not known", "?")}


@table_of.register(CredentialReport)
def _(report: CredentialReport) -> Table:
    """Return the report's main columns; its frame has all 23."""
    when = f", {report.generated_time:%Y-%m-%d %H:%M} UTC" if report.generated_time else ""
    signs, cells = {"true": YES, "false": NO}, attrgetter(*REPORT.split(", "))
    rows = (tuple(signs.get(cell.lower(), cell) for cell in cells(row)) for row in report.rows)
    return Table.of(f"Credential report{when}", REPORT, rows)


@table_of.register(Summary)
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


@table_of.register(SecurityStatus)
def _(status: SecurityStatus) -> Table:
    """Return the items, each done or to do."""
    rows = (
        (STATES[item.state], item.title, item.reason, item.remedy or None, item.today or None)
        for item in status.items
    )
    return Table.of(status.title, "state, title, reason, mend, today", rows)


@table_of.register(Audit)
def _(audit: Audit) -> Table:
    """Return the findings of an audit, then what is well, and what isn't known."""
    finding = attrgetter("severity", "control.id", "subject", "what", "remedy")
    rows: list[tuple[object, ...]] = [(bad("found"), *finding(row)) for row in audit.findings]
    rows += [(good("passed"), row.severity, row.id, None, None, None) for row in audit.passed]
    for row in audit.unanswered:
        control, sign = row.control, silent("not asked", "?")
        rows.append((sign, control.severity, control.id, None, row.reason, None))
    caption = f"Audit of account {audit.account} ({audit.account_id})"
    return Table.of(caption, "result, severity, control, subject, what, mend", rows)


@table_of.register(UserSummary)
def _(summary: UserSummary) -> Table:
    """Return a user at a glance; it is one row."""
    cells = {field.name: getattr(summary, field.name) for field in fields(summary)}
    cells["policies"] = tuple(f"{policy} ({way})" for policy, way in summary.policies)
    cells["access_keys"] = tuple(map(str, summary.access_keys))
    return Table.facts(f"User {summary.name}", cells)


@table_of.register(PasswordPolicy)
def _(policy: PasswordPolicy) -> Table:
    """Return what an account demands of passwords; it is one row."""
    names = (*(field.name for field in fields(policy)), "expire_passwords")
    return Table.facts("Password policy", {name: getattr(policy, name) for name in names})


# -- what was used ---------------------------------------------------------------------------------


@table_of.register(LastAccessed)
@table_of.register(OrganizationsLastAccessed)
def _(found: LastAccessed | OrganizationsLastAccessed) -> Table:
    """Return when services were last accessed, and by whom."""
    about = found.entity_path if isinstance(found, OrganizationsLastAccessed) else found.arn
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


@table_of.register(LeastPrivilege)
def _(found: LeastPrivilege) -> Table:
    """Return what was used, how often, and what was denied."""
    rows = []
    for pair, tally in sorted({**found.used, **found.refused}.items()):
        state = good("used") if tally.allowed else bad("refused")
        rows.append((state, *pair, tally.allowed, tally.refused, tally.first, tally.last))
    columns = "state, action, resource, allowed, refused, first, last"
    return Table.of(f"What {found.principal} used", columns, rows)


@table_of.register(Unused)
def _(found: Unused) -> Table:
    """Return the statements, with how much of each was used."""
    columns = "principal, policy, statement, used, actions"
    cells = attrgetter(*columns.split(", "))
    rows = ((good("used") if row.used else silent("unused"), *cells(row)) for row in found.rows)
    return Table.of(f"Used since {found.since:%Y-%m-%d %H:%M} UTC", f"state, {columns}", rows)

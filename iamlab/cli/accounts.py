"""Commands that review accounts: an audit, a report, and access from outside.

An export of account details has no credentials. A credential report has those of one account, which
its ARNs name.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iamlab.analysis.audit.controls import SEVERITIES
from iamlab.analysis.credential_report import CredentialReport
from iamlab.analysis.security_status import (
    DONE,
    OPEN,
    UNKNOWN,
    security_recommendations,
    security_status,
)
from iamlab.cli.answers import WORDS, Answer, as_json
from iamlab.cli.options import check_read_once, load_world, pairs, read_text, read_world, warned
from iamlab.display import count
from iamlab.errors import LoadError, RequestError
from iamlab.model.clock_and_ids import Clock
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from iamlab.analysis.external_access.findings import OutsideAccess, OutsideFinding
    from iamlab.analysis.security_status import SecurityStatus
    from iamlab.cli.answers import Row
    from iamlab.world.account import Account
    from iamlab.world.world import World

_FAILS = {level.lower(): SEVERITIES[: n + 1] for n, level in enumerate(SEVERITIES)}


def audit(options: argparse.Namespace) -> Answer:
    """Check accounts against CIS and AWS Security Hub controls."""
    form = "NAME=NUMBER, such as key_age_days=60"
    limits = pairs(
        "--threshold", options.threshold, form, lambda _, n: n.isdecimal() and n.isascii()
    )
    thresholds = {name: int(number) for name, number in limits}
    world, reports = _read_exports(options)
    audits = [
        account.audit(credential_report=reports.get(account.account_id), **thresholds)
        for account in world.accounts.values()
    ]
    every = [finding for findings in audits for finding in findings]
    levels = Counter(finding.severity.lower() for finding in every)
    counts = ", ".join(f"{levels[level]} {level}" for level in _FAILS if levels[level])
    by_severity = sorted(every, key=lambda finding: SEVERITIES.index(finding.severity))
    same = Counter((finding.severity, finding.what) for finding in by_severity)
    return Answer(
        any(finding.severity in _FAILS[options.fail_on] for finding in every),
        lambda: {"accounts": [findings.to_dict() for findings in audits]},
        lambda: "\n\n".join(map(str, audits)).split("\n"),
        lambda: (
            f"Audit of {count(len(audits), 'account')}: {counts or 'nothing found'}.",
            *(f"{level}: {what} ({count(n, 'finding')})" for (level, what), n in same.items()),
        ),
    )


def report(options: argparse.Namespace) -> Answer:
    """Show accounts in numbers, with security recommendations."""
    world, reports = _read_exports(options)
    every = [
        (account, reports.get(account.account_id), _lists(account, reports))
        for account in world.accounts.values()
    ]
    items = [item for _, _, lists in every for status in lists for item in status]
    states = Counter(item.state for item in items)
    numbers = (f"{states[state]} {state}" for state in (OPEN, DONE, UNKNOWN))
    return Answer(
        OPEN in states,
        lambda: {"accounts": [_account_value(*parts) for parts in every]},
        lambda: "\n\n".join(_account_text(*parts) for parts in every).split("\n"),
        lambda: (
            f"{count(len(every), 'account')}: {', '.join(numbers)}.",
            *dict.fromkeys(f"{item.state}: {item.title}" for item in items if item.state == OPEN),
        ),
    )


def _lists(account: Account, reports: dict[str, CredentialReport]) -> list[SecurityStatus]:
    report = reports.get(account.account_id)
    known = None if report is None else report.credentials()
    return [security_recommendations(account, credentials=known), security_status(account, known)]


def _account_text(
    account: Account, report: CredentialReport | None, lists: list[SecurityStatus]
) -> str:
    parts = [f"Account {account.account_id}", str(account.summary()), *map(str, lists)]
    if report is not None:
        parts.append("\n".join(["Credentials", *_users(report)]))
    return "\n\n".join(parts)


def _account_value(
    account: Account, report: CredentialReport | None, lists: list[SecurityStatus]
) -> dict[str, Any]:
    return {
        "accountId": account.account_id,
        **as_json(account.summary(), "summary=numbers unknown"),
        "security": [status.to_dict() for status in lists],
        "credentials": None if report is None else list(_users(report)),
    }


def _users(report: CredentialReport) -> Iterator[str]:
    """Describe the credentials of each user on a line."""
    for credential in report.credentials():
        keys = len(credential.active_keys)
        has = [
            "a password" if credential.password else "",
            "MFA" if credential.mfa else "",
            count(keys, "active access key") if keys else "",
        ]
        yield f"{credential.user}: {', '.join(filter(None, has)) or 'no credentials'}"


def _read_exports(options: argparse.Namespace) -> tuple[World, dict[str, CredentialReport]]:
    """Read the files; return the world, and the credential reports by account ID."""
    moment = _moment(options.as_of)
    check_read_once((options.world, *options.credential_report), options)
    world = warned(load_world(options))
    if options.as_of or world.loaded:
        world.clock = Clock(moment)
    reports: dict[str, CredentialReport] = {}
    for file in options.credential_report:
        report = CredentialReport.parse(read_text(file), name=file)
        account_id = _account_of(report, file)
        if account_id not in world.accounts:
            raise LoadError(
                f"{file} belongs to account {account_id}, which has no account details here."
            )
        if account_id in reports:
            raise LoadError(f"{file} is a second credential report for account {account_id}.")
        reports[account_id] = report
    return world, reports


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(f"--as-of {text!r}: write a day, such as 2026-11-25.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _account_of(report: CredentialReport, file: str) -> str:
    found = {Arn.parse(row.arn).account if is_arn(row.arn) else "" for row in report.rows}
    if len(found) != 1 or "" in found:
        raise LoadError(f"{file} must have the users of one account, each with its ARN.")
    return found.pop()


def outside(options: argparse.Namespace) -> Answer:
    """List access from outside the zone of trust."""
    zones = options.zone  # several are accounts; one can be an account too
    is_word = len(zones) == 1 and not zones[0].isdigit()
    found = read_world(options).outside_access(zones[0] if is_word else zones or None)
    heading = f"Zone of trust: {found.zone}; {count(found.asked, 'resource')} checked."
    columns = "open, public, type, resource, owner, principal, actions, conditions, statement"
    is_open = sum(map(bool, found))
    public = sum(finding.is_public for finding in found if finding)
    services = Counter(finding.service for finding in found).most_common()
    by = f": {', '.join(f'{service} {number}' for service, number in services)}" if services else ""
    return Answer(
        options.fail and bool(found.open),
        lambda: {
            **as_json(found, "zone asked"),
            "findings": list(map(_finding, found)),
            **as_json(found, "services assumed"),
        },
        lambda: (
            heading,
            *(_by_service(found) if len(found) else ("No access from outside.",)),
            *(f"note: {service}" for service in found.services),
            *(f"assumed: {note}" for note in found.assumed),
        ),
        lambda: (
            f"{heading} {is_open} open ({public} public), {len(found) - is_open} blocked{by}.",
            *map(str, sorted(found, key=lambda finding: (not finding, not finding.is_public))),
        ),
        lambda: (f"{columns}, stopped by", map(_outside_row, found)),
    )


def _by_service(found: OutsideAccess) -> Iterator[str]:
    """Write the findings of each service below its name, and those of a principal together."""
    for service in dict.fromkeys(finding.service for finding in found):
        yield f"{service}:"
        same = [finding for finding in found if finding.service == service]
        who = list(dict.fromkeys(str(finding.principal) for finding in same))
        same.sort(key=lambda finding: (not finding, who.index(str(finding.principal))))
        yield from (f"  {finding}" for finding in same)


def _finding(finding: OutsideFinding) -> dict[str, Any]:
    about = "resource resource_type owner principal actions condition statement source is_public"
    return {
        **as_json(finding, f"{about} stopped_by"),
        "is_open": bool(finding),
        "text": str(finding),
    }


def _outside_row(finding: OutsideFinding) -> Row:
    names = "type=resource_type resource owner actions conditions=when statement"
    return {
        **as_json(finding, names),
        "stopped by": list(map(str, finding.stopped_by)),
        "open": WORDS[bool(finding)],
        "public": WORDS[finding.is_public],
        "principal": [f"{kind}: {value}" for kind, value in finding.principal.items()],
    }

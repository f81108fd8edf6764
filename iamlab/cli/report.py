"""``iamlab report``: the accounts in numbers, and the security recommendations for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.analysis.security_status import OPEN, security_recommendations, security_status
from iamlab.cli.documents import printable
from iamlab.cli.exports import add_export_arguments, read_exports
from iamlab.cli.forms import print_json

if TYPE_CHECKING:
    import argparse

    from iamlab.analysis.credential_report import CredentialReport
    from iamlab.analysis.security_status import SecurityStatus
    from iamlab.lab.account import Account

HELP = "Show accounts in numbers, with the security recommendations for them."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab report --account-details account.json

Exit status: 0 nothing to do, 1 something, 2 bad input. What is not known does not count.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_export_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Report on each account; 0 nothing to do, 1 something."""
    world, reports = read_exports(options)
    every = [
        (account, reports.get(account.account_id), _lists(account, reports))
        for account in world.accounts.values()
    ]
    if options.json:
        found = [_as_json(account, report, lists) for account, report, lists in every]
        print_json(found)
    else:
        texts = [_as_text(account, report, lists) for account, report, lists in every]
        print(printable("\n\n".join(texts)))
    return int(any(item.state == OPEN for _, _, lists in every for one in lists for item in one))


def _lists(account: Account, reports: dict[str, CredentialReport]) -> list[SecurityStatus]:
    report = reports.get(account.account_id)
    known = None if report is None else report.credentials()
    return [
        security_recommendations(account, credentials=known),
        security_status(account, known),
    ]


def _as_text(account: Account, report: CredentialReport | None, lists: list[SecurityStatus]) -> str:
    parts = [f"Account {account.account_id}", str(account.summary()), *map(str, lists)]
    if report is not None:
        parts.append("\n".join(["Credentials", *_of_users(report)]))
    return "\n\n".join(parts)


def _of_users(report: CredentialReport) -> list[str]:
    """Say in a line for each user what the user has."""
    lines = []
    for one in report.credentials():
        keys = len(one.active_keys)
        has = [
            "a password" if one.password else "",
            "MFA" if one.mfa else "",
            f"{keys} active access key{'' if keys == 1 else 's'}" if keys else "",
        ]
        lines.append(f"{one.user}: {', '.join(filter(None, has)) or 'no credentials'}")
    return lines


def _as_json(
    account: Account, report: CredentialReport | None, lists: list[SecurityStatus]
) -> dict[str, Any]:
    summary = account.summary()
    return {
        "accountId": account.account_id,
        "summary": dict(summary.numbers),
        "unknown": list(summary.unknown),
        "security": [one.to_dict() for one in lists],
        "credentials": None if report is None else _of_users(report),
    }

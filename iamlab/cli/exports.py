"""What ``audit`` and ``report`` share: account exports, and credential reports beside them.

An export holds no credentials; a credential report holds them, of one account. Which account it is
of stands in its ARNs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from iamlab.analysis.credential_report import CredentialReport
from iamlab.cli.common import add_world_source, check_read_once, load_world, warned
from iamlab.cli.documents import read_text
from iamlab.errors import LoadError, RequestError
from iamlab.model.clock_and_ids import Clock
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    import argparse

    from iamlab.lab.world import World


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which accounts are looked at."""
    add_world_source(parser)
    parser.add_argument(
        "--credential-report",
        action="append",
        default=[],
        metavar="CSV",
        help="output of 'aws iam get-credential-report', decoded: account details hold none",
    )
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        help="the day from which ages are counted, such as 2026-11-25 (now; of a world that "
        "was built and not exported, its own day)",
    )
    parser.add_argument("--json", action="store_true", help="print all as JSON")


def read_exports(options: argparse.Namespace) -> tuple[World, dict[str, CredentialReport]]:
    """Read the files; give the world, and the credential reports by account id."""
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
                f"{file} is of account {account_id}, of which there are no account details."
            )
        if account_id in reports:
            raise LoadError(f"{file} is a second credential report of account {account_id}.")
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
        raise LoadError(f"{file} must hold the users of one account, each with its ARN.")
    return found.pop()

"""``iamlab audit``: what an auditor would find in the accounts that these files describe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import SEVERITIES
from iamlab.cli.documents import printable
from iamlab.cli.exports import add_export_arguments, read_exports
from iamlab.cli.forms import print_json
from iamlab.errors import RequestError

if TYPE_CHECKING:
    import argparse

HELP = "Look for what an auditor would find: the controls of CIS and AWS Security Hub."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  aws iam generate-credential-report
  aws iam get-credential-report --query Content --output text | base64 --decode > users.csv
  iamlab audit --account-details account.json --credential-report users.csv

Exit status: 0 nothing found, 1 something, 2 bad input. What could not be asked does not count.
"""
_FAILS = {level.lower(): SEVERITIES[: n + 1] for n, level in enumerate(SEVERITIES)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_export_arguments(parser)
    parser.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="what counts as too old, too short, too many, such as key_age_days=60",
    )
    parser.add_argument(
        "--fail-on",
        default="informational",
        choices=tuple(_FAILS),
        help="the mildest finding that makes the exit status 1 (informational)",
    )


def run(options: argparse.Namespace) -> int:
    """Look at each account; 0 nothing found, 1 something."""
    limits = dict(map(_threshold, options.threshold))
    world, reports = read_exports(options)
    audits = [
        account.audit(credential_report=reports.get(account.account_id), **limits)
        for account in world.accounts.values()
    ]
    if options.json:
        print_json([one.to_dict() for one in audits])
    else:
        print(printable("\n\n".join(map(str, audits))))
    counting = _FAILS[options.fail_on]
    return int(any(finding.severity in counting for one in audits for finding in one))


def _threshold(item: str) -> tuple[str, int]:
    name, equals, value = item.partition("=")
    if not equals or not value.isdecimal() or not value.isascii():
        raise RequestError(f"--threshold {item!r}: write NAME=NUMBER, such as key_age_days=60.")
    return name, int(value)

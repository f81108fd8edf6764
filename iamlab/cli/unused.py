"""``iamlab unused TRAIL``: what was granted and never used, and the edits that take it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cli.common import filled, read_world
from iamlab.cli.forms import one_line, print_csv, print_json
from iamlab.cli.trails import add_trail_arguments, read_trail, tell_problems

if TYPE_CHECKING:
    import argparse

    from iamlab.analysis.least_privilege.unused import Unused

HELP = "Say which permissions nobody used, by a CloudTrail trail, and what takes them away."
EXAMPLE = """\
example:
  iamlab unused trail/ --account-details account.json

Each edit is proved to keep all that the trail shows as used.
--json: principals, since, edits, findings, not_shown, problems.
--csv: principal, holder, policy, statement, used, actions.
Exit status: 0; with --fail 1 if something can go; 2 bad input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_trail_arguments(parser)
    parser.add_argument(
        "--principal", type=filled, metavar="ARN", help="only this user or role (all)"
    )
    parser.add_argument(
        "--unused-access-age",
        type=int,
        default=90,
        metavar="DAYS",
        help="how long ago the last use must be for a finding, 1 to 365 (90)",
    )


def run(options: argparse.Namespace) -> int:
    """Say it; 0, or 1 if something can go and ``--fail`` is given."""
    trail = read_trail(options)
    found = read_world(options).unused(
        options.principal, trail, unused_access_age=options.unused_access_age
    )
    tell_problems(trail)
    if options.json:
        print_json({**to_dict(found), "problems": trail.problems.total})
    elif options.csv:
        columns = ("principal", "holder", "policy", "statement", "used", "actions")
        rows = (
            (one.principal, one.holder, one.policy, one.statement, one.used, str(one.actions))
            for one in found.rows
        )
        print_csv(columns, rows)
    else:
        print("\n".join(map(one_line, str(found).split("\n"))))
    return 1 if options.fail and (found.edits or found.findings) else 0


def to_dict(found: Unused) -> dict[str, Any]:
    """Give all of it as JSON values."""
    return {
        "principals": list(found.asked),
        "since": f"{found.since:%Y-%m-%dT%H:%M:%SZ}",
        "edits": [
            {
                "kind": one.kind,
                "holder": one.holder,
                "policy": one.policy_arn or one.policy,
                "text": one.text,
                "changes": list(one.lines),
                "document": None if one.document is None else one.document.to_dict(),
            }
            for one in found.edits
        ],
        "findings": [
            {"type": one.finding_type, "resource": one.resource, "text": str(one)}
            for one in found.findings
        ],
        "skipped": list(found.skipped),
        "not_shown": [{"kind": one.kind, "text": one.text} for one in found.not_shown],
    }

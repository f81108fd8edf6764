"""``iamlab can``: may this principal do this, in the world that these files describe?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cli.common import (
    add_circumstance_arguments,
    add_question_arguments,
    add_world_arguments,
    read_circumstances,
    read_context,
    read_world,
)
from iamlab.cli.documents import printable
from iamlab.cli.forms import one_line, print_csv, print_json

if TYPE_CHECKING:
    import argparse

    from iamlab.engine.decision import Decision

HELP = "Say whether a principal may perform an action on a resource, and why."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab can --account-details account.json --explain \\
      --principal arn:aws:iam::111111111111:user/dana \\
      --action s3:DeleteObject --resource arn:aws:s3:::star-maps/m31.fits

--json: principal, action, resource, verdict, determining, blocked_by, message,
steps, assumed.
--csv: principal, action, resource, verdict, determining, blocked_by, message.
Exit status: 0 allowed, 1 denied, 2 bad input.
"""

COLUMNS = ("principal", "action", "resource", "verdict", "determining", "blocked_by", "message")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    parser.add_argument(
        "--principal",
        required=True,
        metavar="ARN",
        help="a user, a role ('some session of it'), a role session or a root user; or a service",
    )
    add_question_arguments(parser)
    add_circumstance_arguments(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--explain", action="store_true", help="answer the six questions")
    form.add_argument("--json", action="store_true", help="print the decision as JSON")
    form.add_argument("--csv", action="store_true", help="print it as a table of one row")


def run(options: argparse.Namespace) -> int:
    """Answer; 0 allowed, 1 denied."""
    decision = read_world(options).can(
        options.principal,
        options.action,
        options.resource,
        context=read_context(options.context),
        **read_circumstances(options),
    )
    if options.json:
        print_json(decision.to_dict())
    elif options.csv:
        print_csv(COLUMNS, [_row(decision)])
    elif options.explain:
        print(printable(decision.explain()))
    else:
        print(one_line(str(decision)))
        for line in (decision.message, *(f"assumed: {note}" for note in decision.assumed)):
            if line:
                print(one_line(line))
    return 0 if decision else 1


def _row(decision: Decision) -> tuple[str | list[str], ...]:
    request = decision.request
    return (
        *(request.principal, request.action, request.resource, decision.verdict.value),
        [hit.address for hit in decision.determining],
        sorted(decision.blocked_by),
        decision.message,
    )

"""``iamlab can``: may this principal do this, in the account that this file describes?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamlab.cli.common import add_world_arguments, read_context, read_world

if TYPE_CHECKING:
    import argparse

HELP = "Say whether a principal may perform an action on a resource, and why."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab can --account-details account.json --explain \\
      --principal arn:aws:iam::111111111111:user/dana \\
      --action s3:DeleteObject --resource arn:aws:s3:::star-maps/m31.fits
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    parser.add_argument(
        "--principal",
        required=True,
        metavar="ARN",
        help="a user, a role ('some session of it'), a role session or a root user",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--explain", action="store_true", help="answer the six questions")
    form.add_argument("--json", action="store_true", help="print the decision as JSON")


def run(options: argparse.Namespace) -> int:
    """Answer; 0 allowed, 1 denied."""
    world = read_world(options)
    decision = world.can(
        options.principal,
        options.action,
        options.resource,
        context=read_context(options.context),
    )
    if options.json:
        print(json.dumps(decision.to_json(), indent=2, ensure_ascii=False))
    elif options.explain:
        print(decision.explain())
    else:
        print(decision)
        for line in (decision.message, *(f"assumed: {note}" for note in decision.assumed)):
            if line:
                print(line)
    return 0 if decision else 1

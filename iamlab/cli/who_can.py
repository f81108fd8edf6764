"""``iamlab who-can``: which users, roles and root users may do this?"""

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
from iamlab.cli.forms import add_form_arguments, one_line, print_csv, print_json
from iamlab.display import steps

if TYPE_CHECKING:
    import argparse

    from iamlab.engine.decision import Decision

HELP = "List the principals that may perform an action on a resource."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab who-can --account-details account.json \\
      --action s3:DeleteObject --resource arn:aws:s3:::star-maps/m31.fits

--json: action, resource, asked (how many were), allowed (principal,
determining), assumed.
--csv: principal, action, resource, by.
Exit status: 0 there is somebody, 1 nobody, 2 bad input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    add_question_arguments(parser)
    # Those who are asked are no services.
    add_circumstance_arguments(parser, without=("--source-arn",))
    add_form_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """List them, each with the statements that allow it; 0 if there is one, else 1."""
    allowed = read_world(options).who_can(
        options.action,
        options.resource,
        context=read_context(options.context),
        **read_circumstances(options),
    )
    notes = dict.fromkeys(allowed.assumed)
    by: dict[str, list[str]] = {}
    for arn, decision in steps(allowed.items(), "finding out why"):
        notes |= dict.fromkeys(decision.assumed)
        by[arn] = _addresses(decision)
    if options.json:
        found = [{"principal": arn, "determining": names} for arn, names in by.items()]
        told = {"action": allowed.action, "resource": allowed.resource, "asked": allowed.asked}
        print_json({**told, "allowed": found, "assumed": list(notes)})
    elif options.csv:
        rows = ((arn, options.action, options.resource, _why(arn, by[arn])) for arn in by)
        print_csv(("principal", "action", "resource", "by"), rows)
    else:
        lines = [f"{arn}  ({', '.join(_why(arn, names))})" for arn, names in by.items()]
        for line in (*lines, *(f"assumed: {note}" for note in notes)):
            print(one_line(line))
    return 0 if allowed else 1


def _addresses(decision: Decision) -> list[str]:
    return [hit.address for hit in decision.determining]


def _why(arn: str, addresses: list[str]) -> list[str]:
    """Name the statements; where there are none, say why none is needed."""
    is_root = arn.endswith(":root")
    return addresses or ["root user of the account" if is_root else "no permission is needed"]

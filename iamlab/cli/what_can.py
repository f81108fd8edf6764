"""``iamlab what-can``: all that a principal may do, in few lines, and what stops the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cli.common import (
    add_circumstance_arguments,
    add_world_arguments,
    read_circumstances,
    read_context,
    read_world,
)
from iamlab.cli.forms import WORDS, add_form_arguments, print_csv, print_json, print_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from iamlab.analysis.what_can.granting_statements import Access, Stopped
    from iamlab.analysis.what_can.what_can import WhatCan

HELP = "Say what a principal may do, by which statements, and what stops the rest."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab what-can --account-details account.json --service s3 --service sts \\
      --principal arn:aws:iam::111111111111:user/dana

Actions and resources are patterns: a line means all that they match, but for
what stands under "except". A statement whose condition is not met has no line:
say how the call is made.
--json: principal, allowed (actions, resources, except, when, by), stopped
(actions, resources, except, layer, by, why), assumed.
--csv: allowed (yes or no), actions, resources, except, when, by.
Exit status: 0 something, 1 nothing, 2 bad input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    parser.add_argument(
        "--principal",
        required=True,
        metavar="ARN",
        help="a user, a role ('some session of it'), a role session or a root user; or a service",
    )
    parser.add_argument(
        "--service",
        action="append",
        metavar="PREFIX",
        help="only this service, such as s3; repeat it for more (all)",
    )
    add_circumstance_arguments(parser)
    add_form_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Say it; 0 if there is something, else 1."""
    from iamlab.analysis.what_can.what_can import what_can

    found = what_can(
        read_world(options),
        options.principal,
        services=options.service,
        context=read_context(options.context),
        circumstances=read_circumstances(options),
    )
    if options.json:
        print_json(to_dict(found))
    elif options.csv:
        print_csv(("allowed", "actions", "resources", "except", "when", "by"), _rows(found))
    else:
        _print(found)
    return 0 if found.allowed else 1


def _print(found: WhatCan) -> None:
    print_line(f"{found.caller} may{':' if found.allowed else ' do nothing.'}")
    for one in found.allowed:
        print_line(str(one), indent=2)
    if found.stopped:
        print("but not:")
    for stopped in found.stopped:
        print_line(str(stopped), indent=2)
    for note in found.assumed:
        print_line(f"assumed: {note}")


def to_dict(found: WhatCan) -> dict[str, Any]:
    """Give all of it as JSON values."""
    return {
        "principal": found.caller,
        "allowed": [{**_what(one), "when": one.when, "by": one.by} for one in found.allowed],
        "stopped": [
            {**_what(one), "layer": one.layer, "by": one.by, "why": one.why}
            for one in found.stopped
        ],
        "assumed": found.assumed,
    }


def _what(one: Access | Stopped) -> dict[str, Any]:
    return {"actions": one.actions, "resources": one.resources, "except": one.but}


def _rows(found: WhatCan) -> Iterator[tuple[str, ...]]:
    yield from ((WORDS[True], *one.columns) for one in found.allowed)
    yield from ((WORDS[False], *one.columns) for one in found.stopped)

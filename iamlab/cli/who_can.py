"""``iamlab who-can``: which users, roles and root users may do this?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cli.common import add_world_arguments, read_context, read_world

if TYPE_CHECKING:
    import argparse

HELP = "List the principals that may perform an action on a resource."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab who-can --account-details account.json \\
      --action s3:DeleteObject --resource arn:aws:s3:::star-maps/m31.fits
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """List them, each with the statements that allow it; 0 if there is one, else 1."""
    world = read_world(options)
    context = read_context(options.context)
    allowed = world.who_can(options.action, options.resource, context=context)
    assumed = dict.fromkeys(allowed.assumed)
    for arn, decision in allowed.items():
        assumed |= dict.fromkeys(decision.assumed)
        by = ", ".join(hit.address for hit in decision.determining) or "root user of the account"
        print(f"{arn}  ({by})")
    for note in assumed:
        print(f"assumed: {note}")
    return 0 if allowed else 1

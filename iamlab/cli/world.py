"""``iamlab world``: the files of AWS's command line, as one file with a saved world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cli.common import add_world_arguments, filled, read_world
from iamlab.cli.documents import STANDARD_INPUT
from iamlab.cli.forms import print_json

if TYPE_CHECKING:
    import argparse

HELP = "Save accounts and their organization as one file, for --world."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab world --account-details account.json --output world.json

The file holds no secrets. Exit status: 0 it is written, 2 bad input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    parser.add_argument(
        "--output",
        required=True,
        type=filled,
        metavar="FILE",
        help="where to write it; - for standard output",
    )


def run(options: argparse.Namespace) -> int:
    """Read and write; 0."""
    from iamlab.storage.saved_world import world_to_json

    world = read_world(options)
    if options.output == STANDARD_INPUT:
        print_json(world_to_json(world))
        return 0
    world.save(options.output)
    accounts = list(world.accounts.values())
    counts = {
        "account": len(accounts),
        "user": sum(len(one.users) for one in accounts),
        "group": sum(len(one.groups) for one in accounts),
        "role": sum(len(one.roles) for one in accounts),
    }
    print(", ".join(f"{many} {what}{'' if many == 1 else 's'}" for what, many in counts.items()))
    return 0

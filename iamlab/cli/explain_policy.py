"""``iamlab explain-policy``: what a policy says, in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cli.documents import printable, read_text
from iamlab.policy.document import Policy
from iamlab.policy.rules import TYPES

if TYPE_CHECKING:
    import argparse

HELP = "Say in plain English what policy documents say, statement by statement."
EXAMPLE = """\
example:
  iamlab explain-policy policy.json
  iamlab explain-policy --type trust role.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="- for standard input")
    parser.add_argument("--type", default="", choices=("", *TYPES), help="what the policy is")


def run(options: argparse.Namespace) -> int:
    """Say it, file by file; 0."""
    policies = [(file, Policy.parse(read_text(file), name=file)) for file in options.files]
    for number, (file, policy) in enumerate(policies):
        if len(policies) > 1:
            print(f"{chr(10) if number else ''}{printable(file)}:")
        print(printable(policy.describe(options.type)))
    return 0

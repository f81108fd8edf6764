"""``iamlab actions``: which actions a pattern matches, or which ones some words find."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from iamlab.cli.forms import print_json
from iamlab.policy import catalog

if TYPE_CHECKING:
    import argparse

    from iamlab.policy.catalog import Action

HELP = "List the actions that a pattern such as 's3:Get*' matches, or that some words find."
EXAMPLE = """\
example:
  iamlab actions 's3:Get*Tag*'
  iamlab actions 'iam:*' --level 'Permissions management'
  iamlab actions bucket policy
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("pattern", nargs="+", help="a pattern of actions, or words to look for")
    parser.add_argument("--level", choices=catalog.LEVELS, help="only actions of this level")
    parser.add_argument("--json", action="store_true", help="print all that is known, as JSON")


def run(options: argparse.Namespace) -> int:
    """List them; 0 if there is one, else 1."""
    found = [one for one in find(options.pattern) if options.level in (None, one.level)]
    if options.json:
        print_json([to_dict(one) for one in found])
    else:
        width = max((len(one.full_name) for one in found), default=0)
        for one in found:
            forms = " or ".join(catalog.arns_for(one.full_name))
            print(f"{one.full_name:{width}}  {one.level:<22}  {forms}")
    print(f"{len(found)} actions; catalogue of {catalog.data_date()}", file=sys.stderr)
    return 0 if found else 1


def find(words: list[str]) -> list[Action]:
    """Find actions by a pattern, or by words where nothing looks like one."""
    if not any(":" in word or word == "*" for word in words):
        return list(catalog.search(" ".join(words)))
    names = dict.fromkeys(name for word in words for name in catalog.expand(word))
    return [one for one in map(catalog.action, names) if one is not None]


def to_dict(action: Action) -> dict[str, Any]:
    """Give all that is known of an action as JSON values."""
    return {
        "name": action.full_name,
        "level": action.level,
        "description": action.description,
        "resources": list(catalog.arns_for(action.full_name)),
        "conditionKeys": list(action.all_condition_keys),
        "dependentActions": list(action.dependent_actions),
    }

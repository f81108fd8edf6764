"""``iamlab outside``: what somebody outside the zone of trust can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cli.common import add_world_arguments, filled, read_world
from iamlab.cli.forms import (
    WORDS,
    add_fail_argument,
    add_form_arguments,
    one_line,
    print_csv,
    print_json,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from iamlab.analysis.external_access.findings import OutsideAccess, OutsideFinding

HELP = "List what somebody outside can reach, by which statement, and what stops it."
EXAMPLE = """\
example:
  iamlab outside --account-details account.json \\
      --resource-policy arn:aws:s3:::star-maps=bucket-policy.json --zone account

Role trust policies stand in account details; policies of resources are given
beside them. What an RCP, a Deny or Block Public Access stops is listed last.
--json: zone, asked, findings, services, assumed.
--csv: open, public, type, resource, owner, principal, actions, conditions,
statement, stopped by.
Exit status: 0; with --fail 1 if somebody outside gets in; 2 bad input.
"""
COLUMNS = (
    *("open", "public", "type", "resource", "owner", "principal", "actions", "conditions"),
    *("statement", "stopped by"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    parser.add_argument(
        "--zone",
        action="append",
        type=filled,
        metavar="ZONE",
        help="whom to trust: account (each by itself), organization, an OU by its id, or an "
        "account's id, repeated for more (organization, where there is one)",
    )
    add_form_arguments(parser)
    add_fail_argument(parser)


def run(options: argparse.Namespace) -> int:
    """List it; 0, or 1 if somebody gets in and ``--fail`` is given."""
    found = read_world(options).outside_access(_zone(options.zone))
    if options.json:
        print_json(to_dict(found))
    elif options.csv:
        print_csv(COLUMNS, _rows(found))
    else:
        _print(found)
    return 1 if options.fail and found.open else 0


def _zone(named: list[str] | None) -> str | list[str] | None:
    """Read the zone: several are accounts, and one of 12 digits is an account too."""
    if not named:
        return None
    return named if len(named) > 1 or named[0].isdigit() else named[0]


def _print(found: OutsideAccess) -> None:
    print(one_line(f"Zone of trust: {found.zone}; {found.asked} resources looked at."))
    for finding in found:
        print(one_line(str(finding)))
    if not len(found):
        print("Nobody outside is let in.")
    for service in found.services:
        print(one_line(f"note: {service}"))
    for note in found.assumed:
        print(one_line(f"assumed: {note}"))


def to_dict(found: OutsideAccess) -> dict[str, Any]:
    """Give all of it as JSON values."""
    return {
        "zone": found.zone,
        "asked": found.asked,
        "findings": list(map(_finding, found)),
        "services": list(map(str, found.services)),
        "assumed": list(found.assumed),
    }


def _finding(one: OutsideFinding) -> dict[str, Any]:
    return {
        "resource": one.resource,
        "resource_type": one.resource_type,
        "owner": one.owner,
        "principal": dict(one.principal),
        "actions": list(one.actions),
        "condition": {key: list(values) for key, values in one.condition.items()},
        "statement": one.statement,
        "source": one.source,
        "is_public": one.is_public,
        "is_open": bool(one),
        "stopped_by": list(map(str, one.stopped_by)),
        "text": str(one),
    }


def _rows(found: OutsideAccess) -> Iterator[tuple[str | tuple[str, ...], ...]]:
    for one in found:
        who = tuple(f"{kind}: {value}" for kind, value in one.principal.items())
        named = (one.resource_type, one.resource, one.owner)
        stops = tuple(map(str, one.stopped_by))
        yield (WORDS[bool(one)], WORDS[one.is_public], *named, who, one.actions, one.when,
               one.statement, stops)  # fmt: skip

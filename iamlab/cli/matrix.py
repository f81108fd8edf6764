"""``iamlab matrix``: who may do what, many callers, actions and resources at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cli.common import (
    add_circumstance_arguments,
    add_world_arguments,
    read_circumstances,
    read_context,
    read_world,
)
from iamlab.cli.forms import (
    WIDTH,
    WORDS,
    add_form_arguments,
    one_line,
    print_csv,
    print_json,
    print_line,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from iamlab.engine.matrix import AccessMatrix

HELP = "Ask for many principals, actions and resources at once: a table of yes and no."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > account.json
  iamlab matrix --account-details account.json \\
      --action s3:GetObject --action s3:DeleteObject \\
      --resource arn:aws:s3:::star-maps/m31.fits \\
      --resource arn:aws:s3:::star-maps/raw/1.fits

Every action is asked on every resource. A group stands for a member who has
nothing else.
--json: by, pairs (action, resource), rows (caller, allowed: true or false for
each pair).
--csv: caller, then a column "action on resource" for each pair; yes or no.
Exit status: 0 somebody may do something, 1 nobody anything, 2 bad input.
"""
BY = ("principal", "group", "role")
_CELL = 5  # columns of text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    for option, metavar, what in (
        ("--action", "ACTION", "such as s3:GetObject; repeat it for more"),
        ("--resource", "ARN", "an ARN, or *; repeat it for more"),
    ):
        parser.add_argument(option, action="append", required=True, metavar=metavar, help=what)
    parser.add_argument(
        "--principal",
        action="append",
        metavar="ARN",
        help="a row: a principal, or with --by group a group; repeat it for more (all)",
    )
    parser.add_argument("--by", default="principal", choices=BY, help="what rows are (principal)")
    add_circumstance_arguments(parser)
    add_form_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Show the table; 0 if there is a yes in it, else 1."""
    from iamlab.analysis.access_matrix import access

    matrix = access(
        read_world(options),
        list(dict.fromkeys(options.action)),
        list(dict.fromkeys(options.resource)),
        options.principal,
        options.by,
        read_context(options.context),
        read_circumstances(options),
    )
    if options.json:
        print_json({"by": options.by, **to_dict(matrix)})
    elif options.csv:
        rows = ((caller, *map(WORDS.__getitem__, row)) for caller, row in _rows(matrix))
        print_csv(("caller", *map(" on ".join, matrix.pairs)), rows)
    else:
        _print(matrix, options.by)
    return 0 if any(matrix.rows) else 1


def _rows(matrix: AccessMatrix) -> list[tuple[str, list[bool]]]:
    places = range(len(matrix.pairs))
    return [
        (caller, [bool(row >> place & 1) for place in places])
        for caller, row in zip(matrix.callers, matrix.rows, strict=True)
    ]


def to_dict(matrix: AccessMatrix) -> dict[str, Any]:
    """Give all of it as JSON values."""
    return {
        "pairs": [{"action": action, "resource": resource} for action, resource in matrix.pairs],
        "rows": [{"caller": caller, "allowed": row} for caller, row in _rows(matrix)],
    }


def _print(matrix: AccessMatrix, by: str) -> None:
    """Print as many pairs side by side as there is room for, and the others below."""
    rows = [(one_line(caller), row) for caller, row in _rows(matrix)]
    if not rows:
        print(f"There is no {by} here.")
    margin = max((len(name) for name, _ in rows), default=0)
    room = max(1, (WIDTH - margin) // _CELL)
    for start in range(0, len(matrix.pairs) if rows else 0, room):
        places = range(start, min(start + room, len(matrix.pairs)))
        for place in places:
            print_line(f"{place + 1:>3}  {' on '.join(matrix.pairs[place])}")
        print()
        _print_row("", [str(place + 1) for place in places], margin)
        for name, row in rows:
            _print_row(name, [WORDS[row[place]] for place in places], margin)
        if places.stop < len(matrix.pairs):
            print()


def _print_row(name: str, cells: Sequence[str], margin: int) -> None:
    print(f"{name:<{margin}}{''.join(f'{cell:>{_CELL}}' for cell in cells)}")

"""``iamlab least-privilege TRAIL``: the tightest policy that allows what somebody did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cli.common import filled, read_world
from iamlab.cli.forms import one_line, print_csv, print_json
from iamlab.cli.trails import add_trail_arguments, read_trail, tell_problems

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege

HELP = "Write the tightest policy that allows what a principal did, by a CloudTrail trail."
EXAMPLE = """\
example:
  iamlab least-privilege trail/ --account-details account.json \\
      --principal arn:aws:iam::111111111111:user/dana

The policy is proved to allow all that was used. What it allows beyond that, how
resources were generalised, and what a trail cannot show stand beside it.
--json: principal, policies, steps, excess, refused, not_shown, problems.
--csv: action, resource, allowed, refused, first, last.
Exit status: 0; with --fail 1 if the principal's policies allow more than it used;
2 bad input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_trail_arguments(parser)
    parser.add_argument(
        "--principal", required=True, type=filled, metavar="ARN", help="a user or a role"
    )
    parser.add_argument(
        "--most-resources",
        type=int,
        default=10,
        metavar="N",
        help="more resources than this with one beginning are written with a star (10)",
    )
    parser.add_argument(
        "--form",
        choices=("managed", "inline"),
        default="managed",
        help="for which kind of policy, and so which size (managed)",
    )
    parser.add_argument(
        "--pass-role", action="store_true", help="also allow the roles that calls handed over"
    )


def run(options: argparse.Namespace) -> int:
    """Write it; 0, or 1 if there is too much and ``--fail`` is given."""
    trail = read_trail(options)
    found = read_world(options).least_privilege(
        options.principal,
        trail,
        most_resources=options.most_resources,
        form=options.form,
        pass_role=options.pass_role,
    )
    tell_problems(trail)
    if options.json:
        print_json({**to_dict(found), "problems": trail.problems.total})
    elif options.csv:
        print_csv(("action", "resource", "allowed", "refused", "first", "last"), _rows(found))
    else:
        print("\n".join(map(one_line, str(found).split("\n"))))
    return 1 if options.fail and has_too_much(found) else 0


def has_too_much(found: LeastPrivilege) -> bool:
    """Say whether the principal's policies allow more than it used."""
    return found.compared is not None and bool(found.compared.gone)


def to_dict(found: LeastPrivilege) -> dict[str, Any]:
    """Give all of it as JSON values."""
    return {
        "principal": found.caller,
        "policies": found.to_dict(),
        "steps": list(map(str, found.steps)),
        "excess": list(map(str, found.excess)),
        "refused": [{"action": action, "resource": on} for action, on in sorted(found.refused)],
        "left_out": [{"action": action, "resource": on} for action, on in found.left_out],
        "not_shown": [{"kind": one.kind, "text": one.text} for one in found.not_shown],
    }


def _rows(found: LeastPrivilege) -> Iterator[tuple[str, ...]]:
    for pair, tally in sorted({**found.used, **found.refused}.items()):
        times = (f"{tally.first:%Y-%m-%dT%H:%M:%SZ}", f"{tally.last:%Y-%m-%dT%H:%M:%SZ}")
        yield (*pair, str(tally.allowed), str(tally.refused), *times)

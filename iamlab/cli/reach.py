"""``iamlab reach``: who can become whom, by which calls, and what closes the ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cli.common import (
    add_circumstance_arguments,
    add_world_arguments,
    filled,
    read_circumstances,
    read_context,
    read_world,
)
from iamlab.cli.forms import add_fail_argument, one_line, print_csv, print_json
from iamlab.errors import RequestError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from iamlab.analysis.privilege_escalation.cut import Cut
    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.lab.world import World

HELP = "Say who can become whom, or get to a resource, and by which calls."
EXAMPLE = """\
examples:
  aws iam get-account-authorization-details --output json > account.json
  iamlab reach --account-details account.json
  iamlab reach --account-details account.json \\
      --from arn:aws:iam::111111111111:user/dana --to admin --cut
  iamlab reach --account-details account.json \\
      --action s3:GetObject --resource arn:aws:s3:::star-maps/m31.fits

Without --from and --action: who is an administrator or can make himself so.
--from alone: whom a principal can become. With --to: a shortest way, and with
--cut the smallest edits that close every such way. --keep says what shall stay.
--dot, --mermaid: the graph of those ways, for Graphviz and for web pages;
with neither --from nor --action, of all.
--json: ways (principal, steps), each step with source, target, way, calls,
conditions; with --cut also edits. --csv: principal, step, source, target,
as, way, calls, conditions.
Exit status: 0; with --fail 1 if there is a way that somebody can go; 2 bad input.
"""
COLUMNS = ("principal", "step", "source", "target", "as", "way", "calls", "conditions")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_world_arguments(parser)
    asked = parser.add_argument_group("what is asked")
    asked.add_argument("--from", dest="source", type=filled, metavar="ARN", help="who begins")
    asked.add_argument(
        "--to", dest="target", type=filled, metavar="ARN", help="whom he wants to be; or admin"
    )
    asked.add_argument("--action", type=filled, help="who gets to do this, such as s3:GetObject")
    asked.add_argument("--resource", type=filled, metavar="ARN", help="on which resource")
    asked.add_argument("--cut", action="store_true", help="also: the edits that close the ways")
    asked.add_argument(
        "--keep",
        nargs=3,
        action="append",
        default=[],
        metavar=("ARN", "ACTION", "RESOURCE"),
        help="what shall stay allowed; repeat it for more",
    )
    add_circumstance_arguments(parser, without=("--source-arn",))
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all of it as JSON")
    form.add_argument("--csv", action="store_true", help="print a table, for spreadsheets")
    form.add_argument("--dot", action="store_true", help="print the graph, for Graphviz")
    form.add_argument("--mermaid", action="store_true", help="print the graph, for Mermaid")
    add_fail_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Say it; 0, or 1 if there is a way and ``--fail`` is given."""
    _check(options)
    world = read_world(options)
    reach = world.reach(context=read_context(options.context), **read_circumstances(options))
    found = _asked(reach, options)
    cut = None
    if options.cut:
        keep = [(who, action, resource) for who, action, resource in options.keep]
        cut = reach.cut(options.source, options.target or "admin", keep=keep)
    if options.dot or options.mermaid:
        asks_for_all = not options.source and not options.action
        edges = reach.edges if asks_for_all else _edges(found.values())
        print(reach.to_dot(edges) if options.dot else reach.to_mermaid(edges))
    elif options.json:
        print_json(to_dict(world, found, cut))
    elif options.csv:
        print_csv(COLUMNS, _rows(found))
    else:
        _print(found, cut, options)
    ways = any(len(path) for path in found.values())
    return 1 if options.fail and ways else 0


def _check(options: argparse.Namespace) -> None:
    """Refuse what does not go together.

    Raises
    ------
    RequestError
        With the way to say it.
    """
    if bool(options.action) != bool(options.resource):
        raise RequestError("--action and --resource go together.")
    if options.action and (options.source or options.target):
        raise RequestError("--action asks for everybody: leave --from and --to out.")
    if (options.target or options.cut) and not options.source:
        raise RequestError("--to and --cut need --from: who begins.")
    if options.keep and not options.cut:
        raise RequestError("--keep goes with --cut.")
    if options.cut and (options.csv or options.dot or options.mermaid):
        raise RequestError("--cut is printed as text or with --json.")


def _asked(reach: Reach, options: argparse.Namespace) -> Mapping[str, Path]:
    """Give the ways that are asked for, by principal."""
    if options.action:
        return reach.to(options.action, options.resource)
    if options.target or options.cut:
        path = reach.path(options.source, options.target or "admin")
        return {} if path is None else {path.target.arn: path}
    if options.source:
        return reach.blast_radius(options.source)
    return reach.admins()


def _print(found: Mapping[str, Path], cut: Cut | None, options: argparse.Namespace) -> None:
    print(one_line(_heading(found, options)))
    for arn, path in found.items():
        print(one_line(f"{arn}{'' if len(path) else ' (as it is)'}"))
        for number, edge in enumerate(path, 1):
            print(one_line(f"  {number}. {edge}"))
    if cut is not None and (found or not cut):
        print(*map(one_line, str(cut).split("\n")), sep="\n")


def _heading(found: Mapping[str, Path], options: argparse.Namespace) -> str:
    direct = sum(not len(path) for path in found.values())
    further = len(found) - direct
    if options.action:
        return f"{options.action} on {options.resource}: {direct} directly, {further} in steps"
    if options.target or options.cut:
        target = options.target or "admin"
        return f"{options.source} to {target}: {'a way' if found else 'no way'}"
    if options.source:
        return f"{options.source} can become {len(found)} principals"
    return f"{direct} administrators, {further} who can make themselves so"


def to_dict(world: World, found: Mapping[str, Path], cut: Cut | None) -> dict[str, Any]:
    """Give all of it as JSON values."""
    told: dict[str, Any] = {
        "ways": [
            {"principal": arn, "steps": [_step(edge) for edge in path]}
            for arn, path in found.items()
        ],
        "assumed": list(dict.fromkeys(world.warnings)),
    }
    if cut is not None:
        told["cut"] = {
            "edits": list(map(str, cut.edits)),
            "is_closed": cut.is_closed,
            "is_smallest": cut.is_smallest,
        }
    return told


def _step(edge: Edge) -> dict[str, Any]:
    return {
        "source": edge.source.arn,
        "target": edge.target.arn,
        "as": str(edge.target),
        "way": edge.way.number,
        "title": edge.way.title,
        "calls": list(map(str, edge.calls)),
        "conditions": list(edge.conditions),
    }


def _rows(found: Mapping[str, Path]) -> Iterable[tuple[str | tuple[str, ...], ...]]:
    for arn, path in found.items():
        for number, edge in enumerate(path, 1):
            calls = tuple(map(str, edge.calls))
            named = (edge.source.arn, edge.target.arn, str(edge.target), edge.way.title)
            yield (arn, str(number), *named, calls, edge.conditions)
        if not len(path):
            yield (arn, "0", arn, arn, "as it is", "", "", "")


def _edges(paths: Iterable[Path]) -> list[Edge]:
    return list(dict.fromkeys(edge for path in paths for edge in path))

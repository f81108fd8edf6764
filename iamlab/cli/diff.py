"""``iamlab diff``: what is different between two worlds, and who gained or lost what by it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from iamlab.cli.common import check_read_once, read_either, warned
from iamlab.cli.forms import add_form_arguments, print_csv, print_json, print_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.world_diff.world_diff import Change

HELP = "Compare two worlds: the edits, and who gained or lost what by which."
EXAMPLE = """\
example:
  aws iam get-account-authorization-details --output json > monday.json
  aws iam get-account-authorization-details --output json > friday.json
  iamlab diff monday.json friday.json

Each FILE is account details or a saved world: 'iamlab world' makes one of
several accounts, their organization and the policies of their resources.
Without --action and --resource a choice is asked of what the edits are about.
--json: edits, changes (change: gained or lost, principal, action, resource, by,
together: only all edits under "by" together do it; null: not worked out, as
there are too many).
--csv: change, principal, action, resource, by.
Exit status: 0 nothing is different, 1 something, 2 bad input.
"""
LONG = 160  # characters of an edit, which may hold a whole policy
FEW = 20  # edits, and lines of each; the other forms have all

_HOW = {
    True: "By all of these together:",
    False: "By these:",
    None: "By one or several of these:",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    for name, what in (("before", "the world before"), ("after", "the world after")):
        parser.add_argument(name, metavar="FILE", help=f"{what}; - for standard input")
    for option, metavar in (("--action", "ACTION"), ("--resource", "ARN")):
        what = "what to ask for; repeat it for more"
        parser.add_argument(option, action="append", metavar=metavar, help=what)
    add_form_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Compare; 0 nothing is different, 1 something."""
    from iamlab.analysis.world_diff.world_diff import diff_between

    check_read_once((options.before, options.after))
    diff = diff_between(*(warned(read_either(file)) for file in (options.before, options.after)))
    changes = diff.changes(options.action, options.resource)
    if options.json:
        print_json({"edits": diff.edits, "changes": list(map(to_dict, changes))})
    elif options.csv:
        rows = ((_word(one), one.caller, one.action, one.resource, one.by) for one in changes)
        print_csv(("change", "principal", "action", "resource", "by"), rows)
    else:
        _print(diff.edits, changes)
    return int(bool(diff))


def to_dict(one: Change) -> dict[str, Any]:
    """Give a gain or loss as JSON values."""
    return {
        "change": _word(one),
        "principal": one.caller,
        "action": one.action,
        "resource": one.resource,
        "by": one.by,
        "together": one.together,
    }


def _word(one: Change) -> str:
    return "gained" if one.gained else "lost"


def _print(edits: Sequence[str], changes: Iterable[Change]) -> None:
    _print_few([(_short(one), 0) for one in edits] or [("Nothing is different.", 0)])
    found: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in changes:
        found[change.by].append(change)
    if edits and not found:
        print("Nobody gained or lost anything that was asked for.")
    for by, caused in found.items():
        print()
        if len(by) > 1:
            print(_HOW[caused[0].together])
        _print_few([(_short(one), 0) for one in by])
        _print_few(list(_told(caused)))


def _print_few(lines: Sequence[tuple[str, int]]) -> None:
    for line, indent in lines[:FEW]:
        print_line(line, indent)
    if len(lines) > FEW:
        print_line(f"and {len(lines) - FEW} more lines, which --json has", lines[-1][1])


def _short(sentence: str) -> str:
    line = " ".join(sentence.split())
    return line if len(line) <= LONG else f"{line[:LONG]}..."


def _told(changes: Iterable[Change]) -> Iterator[tuple[str, int]]:
    """Say who gained or lost what: a line for each caller, and below it one for each resource."""
    grouped: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in changes:
        grouped[one.words][one.resource].append(one.action)
    for words, by_resource in grouped.items():
        yield f"{words}:", 2
        for resource, actions in by_resource.items():
            yield f"{', '.join(actions)} on {resource}", 4

"""Commands that review permissions: privilege escalation, and unused permissions.

``least-privilege`` and ``unused`` read a trail: files that CloudTrail delivered.
"""

from __future__ import annotations

import sys
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation.paths import Kinds, assumptions
from iamlab.cli.answers import Answer, as_json, one_line
from iamlab.cli.options import check_read_once, read_call, read_world, seekable
from iamlab.display import count
from iamlab.errors import LoadError, RequestError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from iamlab.analysis.least_privilege.excess import NotShown
    from iamlab.analysis.privilege_escalation.cut import Cut
    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.analysis.trails.reading import Trail
    from iamlab.cli.answers import Row


def reach(options: argparse.Namespace) -> Answer:
    """Find privilege escalation: who can become another principal."""
    _check(options)
    world = read_world(options)
    found = world.reach(**read_call(options))
    paths = _paths(found, options)
    kinds, assumed = Kinds.of(paths), [*dict.fromkeys(world.warnings), *assumptions(paths)]
    cut = None
    if options.cut:
        keep = [(arn, action, resource) for arn, action, resource in options.keep]
        cut = found.cut(options.source, options.target or "admin", keep=keep)
    edges: Iterable[Edge] = dict.fromkeys(edge for path in paths.values() for edge in path)
    if not options.source and not options.action:
        edges = found.edges

    def text() -> Iterable[str]:
        if options.dot or options.mermaid:
            graph = found.to_dot(edges) if options.dot else found.to_mermaid(edges)
            return graph.split("\n")
        return _path_lines(paths, kinds, cut, options)

    fails = kinds.proved if options.fail == "proved" else kinds.proved | kinds.conditional
    shortest = sorted(fails.items(), key=lambda item: (not item[1].is_proved, len(item[1])))
    return Answer(
        options.fail is not None and bool(fails),
        lambda: {
            "ways": [
                {
                    "principal": arn,
                    "is_proved": path.is_proved,
                    "conditions": list(path.conditions),
                    "steps": list(map(_step, path)),
                }
                for arn, path in paths.items()
            ],
            "assumed": assumed,
            **({} if cut is None else {"cut": as_json(cut, "edits is_closed is_smallest")}),
        },
        text,
        None
        if options.dot or options.mermaid
        else lambda: (
            _heading(kinds, options),
            *(f"{arn} in {count(len(path), 'step')}: {path.edges[0]}" for arn, path in shortest),
            *(f"{arn} (already)" for arn in kinds.already),
        ),
        lambda: ("principal, step, source, target, as, way, calls, conditions", _path_rows(paths)),
    )


def _check(options: argparse.Namespace) -> None:
    """Check that the options can be used together.

    Raises
    ------
    RequestError
        They can't. The message says what to do.
    """
    if bool(options.action) != bool(options.resource):
        raise RequestError("Use --action and --resource together.")
    if options.action and (options.source or options.target):
        raise RequestError("--action is about everybody. Remove --principal and --to.")
    if (options.target or options.cut) and not options.source:
        raise RequestError("--to and --cut need --principal, the one who starts.")
    if options.keep and not options.cut:
        raise RequestError("Use --keep with --cut.")
    if options.cut and (options.csv or options.dot or options.mermaid):
        raise RequestError("Use --cut without another form, or with --json.")


def _paths(reach: Reach, options: argparse.Namespace) -> Mapping[str, Path]:
    """Find the paths of the question, by principal."""
    if options.action:
        return reach.to(options.action, options.resource)
    if options.target or options.cut:
        path = reach.path(options.source, options.target or "admin")
        return {} if path is None else {path.target.arn: path}
    if options.source:
        return reach.blast_radius(options.source)
    return reach.admins()


MOST_EXAMPLES = 3
"""So many paths of one family are shown without ``--all``."""


def _path_lines(
    paths: Mapping[str, Path], kinds: Kinds, cut: Cut | None, options: argparse.Namespace
) -> Iterable[str]:
    yield _heading(kinds, options)
    for heading, found in zip(("Already", "Proved", "Conditional"), kinds, strict=True):
        if found:
            yield f"{heading}: {len(found)}"
        families: dict[tuple[str, str], list[str]] = {}
        for arn, path in found.items():
            end, how = path.family
            families.setdefault(("" if options.source else end, how), []).append(arn)
        for (end, how), members in families.items():
            if how and len(members) > 1:
                yield f"{end and f'To {end}, '}{how}: {len(members)}"
            for arn in members if options.all else members[:MOST_EXAMPLES]:
                edges, words = found[arn].edges, " and ".join(found[arn].conditions)
                yield arn if edges or not words else f"{arn} (if {words})"
                yield from (f"  {number}. {edge}" for number, edge in enumerate(edges, 1))
            if len(members) > MOST_EXAMPLES and not options.all:
                yield f"and {len(members) - MOST_EXAMPLES} more (--all shows them)"
    if cut is not None and (paths or not cut):
        yield from str(cut).split("\n")


def _heading(kinds: Kinds, options: argparse.Namespace) -> str:
    already, proved, conditional = map(len, kinds)
    kind = f"{proved} proved, {conditional} conditional"
    if options.action:
        return f"{options.action} on {options.resource}: {already} directly; in steps: {kind}"
    if options.target or options.cut:
        target = options.target or "admin"
        found = "a proved path" if proved else "a conditional path" if conditional else "no path"
        return f"{options.source} to {target}: {'a path' if already else found}"
    if options.source:
        return f"{options.source} can become {count(sum(map(len, kinds)), 'principal')}: {kind}"
    return f"{count(already, 'administrator')}; who can become one: {kind}"


def _step(edge: Edge) -> dict[str, Any]:
    ends = "source=source.arn target=target.arn as=target"
    return as_json(edge, f"{ends} way=way.number title=way.title calls conditions")


def _path_rows(paths: Mapping[str, Path]) -> Iterable[Row]:
    for arn, path in paths.items():
        for number, edge in enumerate(path, 1):
            yield _step(edge) | {"principal": arn, "step": str(number), "way": edge.way.title}
        if not len(path):
            yield (arn, "0", arn, arn, "as it is", "", "", "")


def least_privilege(options: argparse.Namespace) -> Answer:
    """Write the smallest policy that allows what a principal did."""
    trail = _read_trail(options)
    found = read_world(options).least_privilege(
        options.principal,
        trail,
        most_resources=options.most_resources,
        form=options.form,
        pass_role=options.pass_role,
    )
    _warn_of_problems(trail)
    heading = (
        f"{found.principal} used {count(len(found.used), 'permission')}; "
        f"{count(len(found.policies), 'policy allows', 'policies allow')} them and"
    )
    missing = _missing(trail, found.not_shown)
    return Answer(
        bool(missing or (options.fail and found.compared and found.compared.gone)),
        lambda: {
            "principal": found.principal,
            "policies": found.to_dict(),
            **as_json(found, "steps excess"),
            "refused": [{"action": action, "resource": on} for action, on in sorted(found.refused)],
            "left_out": [{"action": action, "resource": on} for action, on in found.left_out],
            "not_shown": [as_json(idea, "kind text") for idea in found.not_shown],
            "problems": trail.problems.total,
        },
        lambda: [*missing, *str(found).split("\n")],
        lambda: (
            f"{heading} {'more' if found.excess else 'nothing more'}.",
            *missing,
            *map(str, (*found.excess, *found.steps)),
        ),
        lambda: (
            "action, resource, allowed, refused, first, last",
            (
                (*pair, tally.allowed, tally.refused, *_times(tally.first, tally.last))
                for pair, tally in sorted({**found.used, **found.refused}.items())
            ),
        ),
    )


def _times(*times: datetime) -> Iterable[str]:
    return (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in times)


def unused(options: argparse.Namespace) -> Answer:
    """Find unused permissions, and the edits that remove them."""
    trail = _read_trail(options)
    found = read_world(options).unused(
        options.principal, trail, unused_access_age=options.unused_access_age
    )
    _warn_of_problems(trail)
    number = f"{count(len(found.edits), 'edit')}, {count(len(found.findings), 'finding')}"
    missing = _missing(trail, found.not_shown)
    return Answer(
        bool(missing or (options.fail and (found.edits or found.findings))),
        lambda: {
            "principals": list(found.asked),
            "since": next(iter(_times(found.since))),
            "edits": [
                {
                    **as_json(edit, "kind holder"),
                    "policy": edit.policy_arn or edit.policy,
                    **as_json(edit, "text changes=lines"),
                    "document": None if edit.document is None else edit.document.to_dict(),
                }
                for edit in found.edits
            ],
            "findings": [
                {**as_json(finding, "type=finding_type resource"), "text": str(finding)}
                for finding in found.findings
            ],
            **as_json(found, "skipped"),
            "not_shown": [as_json(idea, "kind text") for idea in found.not_shown],
            "problems": trail.problems.total,
        },
        lambda: [*missing, *str(found).split("\n")],
        lambda: (
            f"{count(len(found.asked), 'user or role', 'users and roles')}: {number}.",
            *missing,
            *map(str, found.findings),
            *(edit.text for edit in found.edits),
        ),
        lambda: ("principal, holder, policy, statement, used, actions", map(astuple, found.rows)),
    )


_MOST_PROBLEMS = 10


def _read_trail(options: argparse.Namespace) -> Trail:
    """Find the files of the trail; their records are read later.

    Standard input and pipes, which can be read only once, are copied to a temporary file.
    """
    from iamlab.analysis.trails.reading import Trail

    check_read_once((*options.trail, options.world, options.organization), options)
    return Trail(*map(seekable, options.trail))


def _missing(trail: Trail, not_shown: Iterable[NotShown]) -> list[str]:
    """Return the records that the answer doesn't have, in sentences: they could change it."""
    number = trail.problems.total
    unread = [f"The trail is incomplete: {count(number, 'record')} can't be read."]
    return [*unread[: bool(number)], *(str(idea) for idea in not_shown if idea.kind == "future")]


def _warn_of_problems(trail: Trail) -> None:
    """Print the records that can't be read on standard error: the answer doesn't have them.

    Raises
    ------
    LoadError
        No record can be read. That isn't a trail, and an empty answer would prove nothing.
    """
    problems = trail.problems
    if problems.total and not trail.read:
        raise LoadError(f"No CloudTrail record can be read: {problems[0]}")
    for problem in list(problems)[:_MOST_PROBLEMS]:
        print(one_line(f"iamlab: warning: {problem}"), file=sys.stderr)
    if problems.total > _MOST_PROBLEMS:
        more = count(problems.total - _MOST_PROBLEMS, "more record")
        print(f"iamlab: warning: and {more} can't be read", file=sys.stderr)

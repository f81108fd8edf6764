"""Commands that ask about access: for one request, or for many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.authorization.question_defects import defects_of, raise_problems
from iamlab.cli.answers import WIDTH, WORDS, Answer, as_json, one_line, wrapped
from iamlab.cli.options import read_call, read_text, read_world
from iamlab.display import count, steps
from iamlab.engine.evaluate import evaluate_call
from iamlab.engine.labels import pair_lines
from iamlab.engine.questions import read_questions
from iamlab.engine.refused_statements import loud, quiet, refused_statements
from iamlab.engine.verdict import addresses
from iamlab.policy import catalog

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.what_can.granting_statements import Access
    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix

_WHAT = "actions resources except=but"
_CELL = 5  # columns of text


def can(options: argparse.Namespace) -> Answer:
    """Decide whether a principal can do an action, and say why."""
    several = len(options.resource) > 1 or options.request_tag
    decision = read_world(options).can(
        options.principal,
        options.action,
        options.resource if several else options.resource[0],
        **read_call(options),
    )
    options.details |= options.explain  # who asks for an explanation wants to read it
    short = _noting(decision.assumed, (*_verdict(decision), *pair_lines(decision)))
    columns = "principal, action, resource, verdict, determining, blocked_by, message"
    return Answer(
        not decision,
        decision.to_dict,
        lambda: decision.explain().split("\n") if options.explain else short,
        lambda: short,
        lambda: (columns, [pair.to_dict() for pair in decision.pairs or (decision,)]),
    )


def explain(options: argparse.Namespace) -> Answer:
    """Decide a request from a JSON file, with ways to change it."""
    questions = tuple(read_questions(read_text(options.file)))
    known = {"allow_unknown": options.allow_unknown}
    pairs = ((request.action, request.resource) for request, _ in questions)
    defects = [defect for pair in pairs for defect in defects_of(*pair, **known)]
    if options.strict:
        every = (refused for question in questions for refused in refused_statements(*question))
        raise_problems((*map(str, every), *defects))
    decision = evaluate_call(questions).assuming(defects)
    fixes = decision.fixes()
    heading = "What would change it:" if fixes else "No policy would change it."
    changes = ["", heading, *(line for fix in fixes for line in f"  - {fix}".split("\n"))]
    return Answer(
        not decision,
        lambda: {**decision.to_dict(), "fixes": [fix.to_dict() for fix in fixes]},
        lambda: decision.explain().split("\n") + ([] if decision else changes),
        lambda: [*loud(decision.assumed), *_verdict(decision), *map(str, fixes)],
    )


def _verdict(decision: Decision) -> list[str]:
    return [str(decision), *filter(None, [decision.message])]


def _noting(notes: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Return lines with what AWS would not save before them, and assumptions after them."""
    return [*loud(notes), *lines, *wrapped(*(f"assumed: {note}" for note in quiet(notes)))]


def who_can(options: argparse.Namespace) -> Answer:
    """List the principals that can do an action on a resource."""
    allowed = read_world(options).who_can(options.action, options.resource, **read_call(options))
    notes = dict.fromkeys(allowed.assumed)
    by: dict[str, list[str]] = {}
    for arn, decision in steps(allowed.items(), "finding out why"):
        notes |= dict.fromkeys(decision.assumed)
        by[arn] = addresses(decision.determining)
    why = {arn: _reasons(arn, names) for arn, names in by.items()}
    lines = [f"{arn}  ({', '.join(names)})" for arn, names in why.items()]
    conditional = allowed.conditional.items()
    under = [f"{arn}  ({words})" for arn, words in conditional]
    reasons = {**why, **allowed.conditional}
    number = f"{len(by)} of {count(allowed.asked, 'principal')}"
    return Answer(
        not allowed,
        lambda: {
            **as_json(allowed, "action resource asked"),
            "allowed": [{"principal": arn, "determining": names} for arn, names in by.items()],
            "conditional": [{"principal": arn, "condition": words} for arn, words in conditional],
            "assumed": list(notes),
        },
        lambda: _noting(notes, (*lines, *under)),
        # Users come first: their credentials are long-term. Root users always have access.
        lambda: (
            f"{number} can do {allowed.action} on {allowed.resource}.",
            *sorted(lines, key=lambda line: (":root  " in line, ":user/" not in line)),
        ),
        lambda: (
            "principal, action, resource, by",
            [(arn, options.action, options.resource, reason) for arn, reason in reasons.items()],
        ),
    )


def _reasons(arn: str, addresses: list[str]) -> list[str]:
    """Name the statements that allow it, or say why it needs none."""
    is_root = arn.endswith(":root")
    return addresses or ["root user of the account" if is_root else "no permission is needed"]


def what_can(options: argparse.Namespace) -> Answer:
    """List what a principal can do, and what blocks the rest."""
    found = read_world(options).what_can(
        options.principal, services=options.service or None, **read_call(options)
    )
    number = f"{len(found.allowed)} allowed and {len(found.stopped)} blocked"
    return Answer(
        not found.allowed,
        lambda: {
            "principal": found.principal,
            "allowed": [as_json(entry, f"{_WHAT} when by") for entry in found.allowed],
            "conditional": [as_json(entry, f"{_WHAT} when by") for entry in found.conditional],
            "stopped": [as_json(entry, f"{_WHAT} layer by why") for entry in found.stopped],
            "assumed": found.assumed,
            "incomplete": [as_json(entry, "actions missing") for entry in found.incomplete],
        },
        lambda: _noting(found.assumed, wrapped(*found.lines())),
        lambda: (
            f"{found.principal}: {number} sets of actions.",
            *map(str, sorted(found.allowed, key=_breadth, reverse=True)),
        ),
        lambda: (
            "allowed, actions, resources, except, when, by",
            [
                *((WORDS[True], *entry.columns) for entry in found.allowed),
                *(("conditional", *entry.columns) for entry in found.conditional),
                *((WORDS[False], *entry.columns) for entry in found.stopped),
            ],
        ),
    )


def _breadth(access: Access) -> int:
    """Count the actions: an access with more of them is more important."""
    return sum(len(catalog.expand(pattern)) for pattern in access.actions)


def matrix(options: argparse.Namespace) -> Answer:
    """Show a table: many principals, actions and resources."""
    found = read_world(options).access_matrix(
        list(dict.fromkeys(options.action)),
        list(dict.fromkeys(options.resource)),
        options.principal or None,
        by=options.by,
        **read_call(options),
    )
    pairs = range(len(found.pairs))
    rows = [
        (arn, [bool(row >> pair & 1) for pair in pairs])
        for arn, row in zip(found.principals, found.rows, strict=True)
    ]
    total = sum(sum(row) for _, row in rows)
    return Answer(
        not total,
        lambda: {
            "by": options.by,
            "pairs": [{"action": action, "resource": resource} for action, resource in found.pairs],
            "rows": [{"principal": arn, "caller": arn, "allowed": row} for arn, row in rows],
            "assumed": found.assumed,
        },
        lambda: _noting(found.assumed, _matrix_lines(found, rows, options.by)),
        lambda: (
            f"{count(len(rows), options.by)}: {total} yes, {len(rows) * len(pairs) - total} no.",
            *(f"{arn}: {sum(row)} yes" for arn, row in sorted(rows, key=lambda row: -sum(row[1]))),
        ),
        lambda: (
            ["principal", *map(" on ".join, found.pairs)],
            [(arn, *map(WORDS.__getitem__, row)) for arn, row in rows],
        ),
    )


def _matrix_lines(
    found: AccessMatrix, rows: Sequence[tuple[str, list[bool]]], by: str
) -> Iterator[str]:
    """Write as many pairs next to each other as fit, and the others below."""
    if not rows:
        yield f"There is no {by} here."
        return
    margin = max(len(one_line(arn)) for arn, _ in rows)
    room = max(1, (WIDTH - margin) // _CELL)
    for start in range(0, len(found.pairs), room):
        pairs = range(start, min(start + room, len(found.pairs)))
        if start:
            yield ""
        for pair in pairs:
            yield from wrapped(f"{pair + 1:>3}  {' on '.join(found.pairs[pair])}")
        yield ""
        numbers = ("", [str(pair + 1) for pair in pairs])
        words = [(one_line(arn), [WORDS[row[pair]] for pair in pairs]) for arn, row in rows]
        for name, cells in (numbers, *words):
            yield f"{name:<{margin}}{''.join(f'{cell:>{_CELL}}' for cell in cells)}"

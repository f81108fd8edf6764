"""The three kinds of questions about an account: predict a verdict, explain it, and cut.

A question shows the statements that it is about, so that it can be answered without the account.
Every option is evaluated. A statement decides if the verdict is another one without it. An edit is
made in a copy of the world, where the question is asked again.

Notes
-----
AWS pages: "How AWS enforcement code logic evaluates requests to allow or deny access"; "Grant least
privilege"; "Security best practices in IAM".
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation import cut_edits
from iamlab.analysis.privilege_escalation.attacker_view import GIVES_POWER
from iamlab.analysis.privilege_escalation.cut import candidates, takes
from iamlab.analysis.privilege_escalation.cut_edits import DenyAction
from iamlab.analysis.privilege_escalation.paths import in_a_line
from iamlab.display import steps
from iamlab.engine.labels import context_in_policies, labels
from iamlab.engine.layers import CEILINGS
from iamlab.engine.refused_statements import quiet
from iamlab.errors import AwsError
from iamlab.exam.documents import reasons
from iamlab.exam.items import Item, Option, statement_line
from iamlab.exam.verdicts import WHAT_DECIDES, WRONG, what_decides
from iamlab.policy.catalog import actions_of
from iamlab.teach.mutants import telling
from iamlab.widgets.prediction import FINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from iamlab.analysis.privilege_escalation.cut_edits import CutEdit
    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.reach import Reach
    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import StatementMatch
    from iamlab.world.world import World

NEAR, MOST = 6, 16
"""So many edits are tried that are about the calls in question, and so many in total."""


# -- what a question shows of a decision ----------------------------------------------------------


def _names_action(match: StatementMatch) -> bool:
    """Return whether the Action of a statement matches the request."""
    return not any("Action" in mismatch.element for mismatch in match.mismatches)


def naming(decision: Decision) -> list[StatementMatch]:
    """Return the statements whose Action matches the request."""
    return [match for match in decision.trace.matches if _names_action(match)]


def facts(decision: Decision) -> tuple[str, ...]:
    """Return the statements with the action, limits without it, condition keys and assumptions."""
    request, lines = decision.request, list[str]()
    for step in decision.trace.steps:
        for number, level in enumerate(step.found.levels, 1):
            kind = f"{step.name}, level {number}" if len(step.found.levels) > 1 else step.name
            named = {(own.address, own.statement): own for own in level if _names_action(own)}
            for own in named.values():
                name = f"{own.address} ({', '.join((kind, *own.path))})"
                line = statement_line(name, own.statement, request.action, request.resource)
                lines.append(line)
            if step.layer in CEILINGS and not named:
                lines.append(f"{kind}: no statement has {request.action}")
    text, keys = "\n".join(lines).lower(), context_in_policies(decision).items()
    known = (f"{key}: {value}" for key, value in keys if key.lower() in text)
    return (*lines, *known, *quiet(decision.assumed))


def _about(world: World, decision: Decision) -> dict[str, Any]:
    """Return what every item about a decision has."""
    request = decision.request
    question = ("--principal", request.principal, "--action", request.action)
    return {
        "world": world,
        "decision": decision,
        "facts": facts(decision),
        "rationale": reasons(decision),
        "command": ("can", "--explain", *question, "--resource", request.resource),
    }


def _call(decision: Decision) -> str:
    who = labels(decision)[0].answer[0].removesuffix(".")
    return f"{who} calls {decision.request.action} on {decision.request.resource}."


# -- predict and explain --------------------------------------------------------------------------


def predict(world: World, decision: Decision) -> Item:
    """Ask for the verdict; a wrong one has the beliefs that lead to it."""
    led = [(own.name, str(own.verdict(decision, world))) for own in telling(decision, world)]
    return Item(
        **_about(world, decision),
        question=f"{_call(decision)} What does AWS decide?",
        options=tuple(
            Option(word, tuple(name for name, believed in led if believed == word)) for word in FINE
        ),
        key=(FINE.index(str(decision.verdict)),),
        tags={"kind": "predict", "lesson": "13"},
    )


def explain(world: World, decision: Decision, draw: Random) -> Item | None:
    """Ask what decides; ``None`` if it isn't one statement, one type of policy, or nothing."""
    made = what_decides(decision, world, draw, about=_names_action)
    if made is None:
        return None
    question = f"{_call(decision)} {WHAT_DECIDES}"
    tags = {"kind": "explain", "lesson": "13"}
    return Item(**_about(world, decision), **made, question=question, tags=tags)


# -- cut ------------------------------------------------------------------------------------------


def close_paths(world: World, draw: Random) -> Iterator[Item]:
    """Ask which edit closes every path to an administrator, for one path of each kind."""
    reach, seen = world.reach(), set[tuple[str, ...]]()
    waiting = [arn for arn in reach.principals if not arn.endswith(":root")]
    draw.shuffle(waiting)
    while path := _next_path(reach, waiting):
        kind = tuple(edge.way.title for edge in path.edges)
        if kind not in seen and (item := _close_path(reach, path, draw)):
            seen.add(kind)
            yield item


def _next_path(reach: Reach, waiting: list[str]) -> Path | None:
    """Find the next principal that isn't an administrator, but can become one."""
    for _ in steps(range(len(waiting)), "looking for paths"):
        path = reach.path(waiting.pop())
        if path is not None and path.edges and path.is_proved:
            return path
    return None


def _close_path(reach: Reach, path: Path, draw: Random) -> Item | None:
    arn, edges = path.source.arn, path.edges
    decisions = [own for edge in edges for own in reach.decisions(edge)]
    others = [edit for own in decisions if own.request.principal == arn for edit in _edits(own)]
    others += [DenyAction(arn, f"iam:{name}") for name in draw.sample(GIVES_POWER, WRONG - 1)]

    def still(twin: World) -> str:
        left = reach.again(twin).path(arn)
        return "" if left is None else f"A path stays open: {in_a_line(left)}."

    lines = dict.fromkeys(line for own in decisions for line in facts(own))
    about = {
        "world": reach.world,
        "question": f"{arn} isn't an administrator, but can become one by these calls. "
        "Which edit closes every path?",
        "facts": (*map(str, edges), *lines),
        "rationale": ("After the right edit, there is no path to an administrator.",),
        "command": ("reach", "--cut", "--to", "admin", "--principal", arn),
    }
    return _cut(list(candidates(reach, path)), others, still, draw, about)


def take_permissions(world: World, decisions: Iterable[Decision], draw: Random) -> Iterator[Item]:
    """Ask which edit takes away a permission that the caller's own policies give."""
    own = (each for each in decisions if {at.layer for at in each.determining} == {"identity"})
    yield from filter(None, (_take_permission(world, each, draw) for each in own))


def _take_permission(world: World, decision: Decision, draw: Random) -> Item | None:
    request, every = decision.request, _edits(decision)
    arn, action = request.principal, request.action
    alike = [known.full_name for known in actions_of(request.service).values()]
    others = [edit for edit in every if f" {request.service}:" in str(edit)] or every
    others += [DenyAction(arn, name) for name in draw.sample(alike, min(WRONG, len(alike)))]

    def still(twin: World) -> str:
        found = twin.can(arn, action, request.resource)
        return f"After this edit: {found}." if found else ""

    near = [DenyAction(arn, action), *_edits(decision, applying=True)]
    about = _about(world, decision)
    about["question"] = f"{_call(decision)} It is allowed. Which edit takes this permission away?"
    about["rationale"] = ("After the right edit, the request is denied.",)
    return _cut(near, others, still, draw, about)


def _edits(decision: Decision, *, applying: bool = False) -> list[CutEdit]:
    """Return edits of the caller's own Allow statements: of all, or of those that match."""
    matches, arn = decision.trace.step("identity").matches, decision.request.principal
    allows = [own for own in matches if own.effect == "Allow" and own.applies >= applying]
    return list(dict.fromkeys(edit for own in allows for edit in takes(own, arn)))


def _cut(
    near: list[CutEdit],
    others: list[CutEdit],
    still: Callable[[World], str],
    draw: Random,
    about: dict[str, Any],
) -> Item | None:
    """Make edits in copies of the world, until one is right and three are wrong.

    Parameters
    ----------
    near, others
        Edits that are about the question, and other edits.
    still
        Says in a sentence why an edit isn't enough; nothing if it is.
    about
        The other parameters of the item.
    """
    near = draw.sample(near, min(NEAR, len(near)))
    edits = list(dict.fromkeys([*near, *draw.sample(others, len(others))]))[:MOST]
    right, wrong = list[Option](), list[Option]()
    for number, edit in enumerate(steps(edits, "trying edits")):
        if number >= len(near) and not right:
            break  # no single edit is enough, and there are other questions
        twin = about["world"].copy()
        with suppress(AwsError):  # IAM refuses an edit, such as one that makes a policy too long
            cut_edits.apply(twin, [edit])
            why = still(twin)
            (wrong if why else right).append(Option(str(edit), why=why))
        if right and len(wrong) >= WRONG:
            options = draw.sample([right[0], *wrong[:WRONG]], WRONG + 1)
            key = (options.index(right[0]),)
            tags = {"kind": "cut", "lesson": "18"}
            return Item(options=tuple(options), key=key, tags=tags, **about)
    return None

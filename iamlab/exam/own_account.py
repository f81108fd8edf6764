"""Questions about a learner's own account: predict a verdict, explain it, cut a path.

A quiz has three kinds of questions. The requests are about principals, actions and resources that
the policies of the account name. Those are preferred in which a wrong belief differs from AWS. The
same world and seed make the same questions.

Notes
-----
AWS pages: "Policy evaluation logic"; "How AWS enforcement code logic evaluates requests to allow or
deny access".
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import reduce
from itertools import chain, islice
from operator import or_
from random import Random
from typing import TYPE_CHECKING

from iamlab.analysis.what_can.candidates import Home, candidates_for, patterns_in
from iamlab.analysis.who_can import everybody
from iamlab.analysis.world_diff.edit_questions import KNOWN, some_of
from iamlab.authorization.authorize import question_defects
from iamlab.authorization.principal import principal_of
from iamlab.display import steps
from iamlab.engine.decision import Decision
from iamlab.engine.layers import LAYERS
from iamlab.engine.request import as_text
from iamlab.engine.verdict import Verdict
from iamlab.errors import RequestError
from iamlab.exam import kinds
from iamlab.exam.items import Quiz
from iamlab.exam.verdicts import WRONG
from iamlab.policy.arn import Arn
from iamlab.teach.items import DEFAULT
from iamlab.teach.mutants import telling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.authorization.principal import PrincipalContext
    from iamlab.exam.items import Item
    from iamlab.policy.statement import Statement
    from iamlab.world.world import World

QUESTIONS = 9
MOST_PRINCIPALS = 16
"""So many principals are asked about, and twice as many as there are questions, if that is more."""
OF_VERDICT = 3
"""So many requests of a principal with one verdict are looked at."""
MOST_STATEMENTS = 24
"""So many statements of a principal are asked about."""
RULES = ("same_account", "role_trust")
"""The rules for which account details have all policies; for others they lack some."""


Candidate = tuple[Decision, frozenset[str]]
"""A request that can be asked about, and the wrong beliefs that decide it differently."""


def quiz(world: World, questions: int = QUESTIONS, *, seed: object = None) -> Quiz:
    """Ask predict, explain and cut questions about a world, such as an export of your account.

    Parameters
    ----------
    questions
        How many. There are fewer if the world is too small for them.
    seed
        The same seed asks the same. Default: today's date, so that tomorrow asks something else.

    Raises
    ------
    RequestError
        It isn't a positive number, or nothing can be asked about the world.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> items = quiz(scenario("groups"), 3, seed=7)
    >>> [item.tags["kind"] for item in items]
    ['predict', 'explain', 'cut']
    """
    return Quiz(make_items(world, questions, seed))


def make_items(world: World, questions: int = QUESTIONS, seed: object = None) -> Iterator[Item]:
    """Yield the items of a quiz; each is made when it is needed."""
    if questions < 1:
        raise RequestError(f"A quiz has at least one question, not {questions}.")
    draw = Random(f"quiz {datetime.now(UTC).astimezone().date() if seed is None else seed}")
    pool = list(_requests(world, draw, max(MOST_PRINCIPALS, 2 * questions)))
    if not pool:
        raise RequestError("Nothing can be asked: no policy of a user or role names an action.")

    def explained(number: int) -> Iterator[Item]:
        return _chosen(pool, number, lambda own: kinds.explain(world, own, draw))

    def cut() -> Iterator[Item]:
        left = [decision for decision, _ in pool if decision]
        taken = kinds.take_permissions(world, draw.sample(left, len(left)), draw)
        yield from chain(kinds.close_paths(world, draw), taken)

    third, made = questions // 3, 0
    predicted = _chosen(pool, questions - 2 * third, lambda own: kinds.predict(world, own))
    for item in chain(predicted, explained(third), islice(cut(), third)):
        made += 1
        yield item
    yield from explained(questions - made)  # for those that are missing


# -- the requests ---------------------------------------------------------------------------------


def _requests(world: World, draw: Random, most: int) -> Iterator[Candidate]:
    """Yield requests of some principals, several with each verdict.

    Nobody learns from root users, and from roles that only AWS uses.
    """
    every = everybody(world.accounts.values())
    arns = [arn for arn in every if not (arn.endswith(":root") or "/aws-service-role/" in arn)]
    for arn in steps(draw.sample(arns, min(most, len(arns))), "looking for questions"):
        found: Counter[Verdict] = Counter()
        for pair in dict.fromkeys(_pairs(world, principal_of(world, arn), draw)):
            decision = world.can(arn, *pair)
            is_odd = decision.refused or question_defects(world, *pair, {})
            is_known = decision.combining_rule in RULES and not is_odd
            if found[decision.verdict] < OF_VERDICT and is_known and kinds.naming(decision):
                found[decision.verdict] += 1
                beliefs = (own.belief for own in telling(decision, world))
                yield decision, frozenset(beliefs) - {DEFAULT}


def _pairs(world: World, known: PrincipalContext, draw: Random) -> Iterator[tuple[str, str]]:
    """Yield for each statement an action that it names, on its resources and on others."""
    layers, keys = known.layers(), as_text(known.context())
    every = [own for layer in LAYERS for held in layers.of(layer) for own in held.policy.statements]
    actions = {own: names for own in every if (names := _actions(own))}
    chosen = draw.sample(list(actions), min(MOST_STATEMENTS, len(actions)))
    patterns = {own: list(patterns_in(own, keys)) for own in chosen}
    services = dict.fromkeys(name.partition(":")[0] for own in chosen for name in actions[own])
    home = Home(Arn.parse(known.arn).partition, known.account_id)
    found = candidates_for((world,), home, services, chain.from_iterable(patterns.values()))
    found = found.only(lambda arn: ":accesspoint/" not in arn)  # few people have access points
    unnamed = found.nameless | found.generic("*")
    for own in chosen * (MOST_STATEMENTS // max(1, len(chosen))):
        action = draw.choice(actions[own])
        fitting = (every_one := found.fitting(action)) & ~unnamed or every_one
        within = reduce(or_, map(found.matched, patterns[own]), 0)
        for bits in (fitting & within, fitting & ~within):
            if bits:
                yield action, found.known[draw.choice(found.places(bits))].arn


def _actions(statement: Statement) -> list[str]:
    """Return a few actions that a statement names, those only that most people know if it can."""
    names = some_of(statement)
    return [name for name in names if name in KNOWN] or list(names)


def _chosen(
    pool: list[Candidate], number: int, make: Callable[[Decision], Item | None]
) -> Iterator[Item]:
    """Take requests from the pool: not more than half of them with the same verdict.

    Those come first that ask about another principal and another belief than before.
    """
    most, made = max(1, number // 2), 0
    verdicts, seen = Counter[Verdict](), set[str]()

    def interest(candidate: Candidate) -> tuple[bool, int, int]:
        decision, beliefs = candidate
        is_new = decision.request.principal not in seen
        return is_new, len(beliefs - seen), min(len(kinds.naming(decision)), WRONG)

    while made < number and (fitting := [own for own in pool if verdicts[own[0].verdict] < most]):
        candidate = max(fitting, key=interest)
        pool.remove(candidate)
        if item := make(candidate[0]):
            made += 1
            verdicts[candidate[0].verdict] += 1
            seen |= {candidate[0].request.principal, *candidate[1]}
            yield item

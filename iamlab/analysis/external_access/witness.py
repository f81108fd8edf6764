"""Is somebody outside let in? Whoever may be meant is tried, and the engine decides.

A statement is asked twice: alone, and with all that stands around it. A caller who gets in both
times is a witness, and proves the finding. If all are stopped whom the statement alone would let
in, what stops them is told. If it would let in nobody, either there is a reason why it never can,
or the finding stays, without a proof.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "Resource control policies (RCPs)"; "Blocking
public access to your Amazon S3 storage".
"""

from __future__ import annotations

from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.external_access.callers import (
    STRANGERS,
    account_named,
    can_be_tried,
    has_star,
    is_everybody,
)
from iamlab.analysis.external_access.findings import PUBLIC_ACCESS_BLOCK, Stop
from iamlab.analysis.external_access.inside_conditions import OF_CALLER, OF_SOURCE, filled
from iamlab.analysis.external_access.sample_contexts import (
    TIMES,
    Question,
    Samples,
    as_values,
    can_bring,
)
from iamlab.engine.evaluate import evaluate
from iamlab.engine.public_access import shuts_out
from iamlab.engine.request import ANONYMOUS, MAX_TEXT, Request
from iamlab.errors import RequestError
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.external_access.callers import Outsider
    from iamlab.analysis.external_access.sample_contexts import Bringing
    from iamlab.analysis.external_access.shared_resource import Case, Lever
    from iamlab.engine.decision import Decision
    from iamlab.policy.statement import Statement

    Pair = tuple[str, str]

MOST_CALLERS = 200
"""So many callers are tried at most, for one statement and one sort of actions."""

MOST_REQUESTS = 1_500
"""And so many requests of theirs."""

FEW_DENIED = 40
"""Of so many refused requests it is looked up what refuses them."""


class Answer(Enum):
    """What comes of the search."""

    OPEN = "somebody gets in"
    STOPPED = "somebody would get in, and is stopped"
    NOBODY = "the statement can let in nobody"
    UNKNOWN = "nobody was found, nor a reason for it"


class Outcome(NamedTuple):
    """What was found for one statement, one value of its Principal, and one sort of actions.

    Parameters
    ----------
    proof
        A witness, or the first who was stopped.
    stops
        What keeps out those whom the statement alone would let in, all or some of them.
    """

    answer: Answer
    proof: Decision | None = None
    is_public: bool = False
    stops: tuple[Stop, ...] = ()


class Search:
    """The search for a witness."""

    def __init__(self, case: Case, lever: Lever, pair: Pair, action: str) -> None:
        self._case = case
        self._lever = lever
        self._pair = pair
        self._action = action
        self._others = case.stopping(action)
        self._outside = case.outside(lever.statement, self._others)
        self._is_complete = not any(map(self._is_open, self._others))
        self._denied: list[Decision] = []

    def outcome(self) -> Outcome:
        """Look for somebody who gets in: if possible, somebody whom everybody can be."""
        found: Decision | None = None
        if not can_be_tried(*self._pair):
            return Outcome(Answer.UNKNOWN)
        for caller, bringing, request in self._let_in_by(self._lever):
            if found and not caller.is_anybody:
                continue
            decision = self._case.decide(request)
            if not decision:
                self._note(decision, bringing)
                continue
            is_public = caller.is_anybody and bringing.is_anybodys
            if is_public or not is_everybody(*self._pair):
                return Outcome(Answer.OPEN, decision, is_public, self._stops())
            found = found or decision
        if found:
            return Outcome(Answer.OPEN, found, stops=self._stops())
        if self._denied and self._is_complete:
            return Outcome(Answer.STOPPED, self._denied[0], stops=self._stops())
        if not self._denied and self._can_let_in_nobody():
            return Outcome(Answer.NOBODY)
        return Outcome(Answer.UNKNOWN)

    def _let_in_by(self, lever: Lever) -> Iterator[tuple[Outsider, Bringing, Request]]:
        """Give the requests that a statement alone would let through."""
        samples = Samples(
            lever.statement,
            self._others,
            self._case.is_fixed,
            self._case.base,
            self._case.inside,
        )
        tried = 0
        for caller in self._callers():
            for bringing in samples.of(caller):
                for request in self._requests(lever.statement, caller, bringing):
                    tried += 1
                    if evaluate(request, lever.alone):
                        yield caller, bringing, request
                if tried > MOST_REQUESTS:
                    self._is_complete = False
                    return
        self._is_complete &= samples.is_complete

    def _callers(self) -> Iterator[Outsider]:
        every = self._outside.called(*self._pair)
        yield from islice(every, MOST_CALLERS)
        if next(every, None) is not None:
            self._is_complete = False

    def _requests(
        self, statement: Statement, caller: Outsider, bringing: Bringing
    ) -> Iterator[Request]:
        """Ask for each resource that the statements tell apart."""
        own = {key.lower(): value for key, value in caller.context.items()}
        context = {**self._case.base, **own}
        for key, values in bringing.values.items():
            context[key] = () if values is None else values[0] if len(values) == 1 else values
        known = {key: value for key, value in context.items() if len(key) <= MAX_TEXT}
        for resource in self._case.resources(self._action, (statement, *self._others), known):
            try:
                yield Request(caller.principal, self._action, resource, self._case.owner, known)
            except RequestError:
                return  # such a caller cannot be

    def _note(self, decision: Decision, bringing: Bringing) -> None:
        """Keep a refusal; one that a natural request meets says most."""
        if bringing.is_natural or not self._denied:
            self._denied.append(decision)

    def _stops(self) -> tuple[Stop, ...]:
        found: dict[Stop, None] = {}
        for decision in self._denied[:FEW_DENIED]:
            found |= dict.fromkeys(self._stops_of(decision))
        return tuple(found)

    def _stops_of(self, decision: Decision) -> Iterator[Stop]:
        for reading in decision.denies:
            yield Stop(reading.layer, reading.address, ", ".join(reading.path))
        for layer in decision.shut:
            levels = decision.layers.levels(layer)
            for level, says in zip(levels, decision.heard[layer].says, strict=False):
                if not says:
                    names = ", ".join(one.policy.name or "policy" for one in level)
                    where = dict.fromkeys(part for one in level for part in one.path)
                    yield Stop(layer, names or "no policy", ", ".join(where))
        facts = self._case.facts
        if facts.policy is not None and shuts_out(
            facts.public_access_block, facts.policy, decision.request
        ):
            yield Stop(PUBLIC_ACCESS_BLOCK, "RestrictPublicBuckets")

    def _is_open(self, statement: Statement) -> bool:
        """Say whether a statement asks who calls with a variable whose value nobody knows."""
        return any(
            None in filled(condition, statement, self._case.inside.context)
            for condition in statement.conditions
            if condition.key.lower() in (*OF_CALLER, *OF_SOURCE)
        )

    def _can_let_in_nobody(self) -> bool:
        """Say whether there is a reason why nobody outside can meet what the statement asks for."""
        callers: dict[int, Outsider] = {}
        self._is_complete = True  # now of this search
        for caller, _, _ in self._let_in_by(self._lever.without_conditions()):
            callers[id(caller)] = caller
        asked: dict[str, list[Question]] = {}
        for condition in self._lever.statement.conditions:
            wanted = filled(condition, self._lever.statement, self._case.inside.context)
            question = Question(condition.comparison, wanted)
            asked.setdefault(condition.key.lower(), []).append(question)
        # If there are no callers, it names nobody who could do this.
        return not callers or any(
            self._is_never_met(key, questions, tuple(callers.values()))
            for key, questions in asked.items()
        )

    def _is_never_met(
        self, key: str, questions: Sequence[Question], callers: Sequence[Outsider]
    ) -> bool:
        """Say whether no caller meets all that is asked of a key, where it is known of each."""
        if key in TIMES:
            return any(self._is_past(one, key) for one in questions)
        is_known = (
            key in self._known(callers)
            or self._case.is_of_resource(key)
            or self._stands_for_all(key, questions, callers)
        )

        def may_fit(caller: Outsider) -> bool:
            values = self._values_of(key, caller)
            if not is_known and can_bring(key, caller):
                return True
            return all(
                (None in one.wanted and bool(values)) or one.fits(key, values) for one in questions
            )

        return not any(map(may_fit, callers))

    def _stands_for_all(
        self, key: str, questions: Sequence[Question], callers: Sequence[Outsider]
    ) -> bool:
        """Say whether these callers have a key in all the ways that the questions tell apart.

        They do where texts are compared as they are: there is a caller for each that is asked for
        and is outside, and one whom nobody has named stands for all others.
        """
        wanted = {value for one in questions for value in one.wanted}
        names = {one.comparison.name for one in questions}
        is_plain = all(value is not None and not has_star(value) for value in wanted)
        if key in _OF_SERVICES and self._is_complete:
            return is_plain or all(one.is_signed or one.principal == ANONYMOUS for one in callers)
        if not (self._is_complete and is_plain):
            return False
        seen = {value for one in callers for value in self._values_of(key, one) or ()}
        others = seen & set(STRANGERS) - wanted
        return key in _TRIED and bool(others) and names <= _AS_THEY_ARE

    def _is_past(self, question: Question, key: str) -> bool:
        return question.comparison.name.startswith("DateLess") and not question.fits(
            key, as_values(self._case.base.get(key))
        )

    def _values_of(self, key: str, caller: Outsider) -> tuple[str, ...] | None:
        own = {name.lower(): value for name, value in caller.context.items()}
        return as_values(own.get(key, self._case.base.get(key)))

    def _known(self, callers: Iterable[Outsider]) -> Iterable[str]:
        """Give the keys about the caller whose values the Principal element itself settles."""
        kind, value = self._pair
        if is_everybody(kind, value):
            unsigned = all(one.principal == ANONYMOUS for one in callers)
            return (*OF_CALLER, *OF_SOURCE) if unsigned else ()
        if kind == "Federated":
            return (*OF_CALLER, *OF_SOURCE)
        if kind == "Service":
            return OF_CALLER
        account = account_named(value)
        own = _OF_ACCOUNT if account else tuple(set(OF_CALLER) - {*_OF_ORGANIZATION})
        place = account or (value.split(":")[4] if is_arn(value) else "")
        known = _OF_ORGANIZATION if place in self._case.world.accounts else ()
        return (*own, *known, *OF_SOURCE)


_OF_SERVICES = (
    *("aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist"),
)
"""The keys by which services are told from all others."""

_TRIED = ("aws:principalaccount", "aws:sourceowner", "kms:calleraccount")
"""The keys of which each value that is asked for has its caller. Not so of organizations: it is not
sure that all members are known."""

_AS_THEY_ARE = {"Null"} | frozenset(
    f"String{word}{case}"
    for word in ("Equals", "NotEquals", "Like", "NotLike")
    for case in ("", "IgnoreCase")
)
_OF_ORGANIZATION = ("aws:principalorgid", "aws:principalorgpaths")
_OF_ACCOUNT = (
    *("aws:principalaccount", "aws:principalisawsservice", "aws:principalservicename"),
    *("aws:principalservicenameslist", "aws:sourceowner", "kms:calleraccount"),
)

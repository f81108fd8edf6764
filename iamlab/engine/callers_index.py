"""Many callers before one question after the other: who can do this?

How it works
------------
This is ``engine/matrix.py`` turned over: there a bit is a pair, here it is a caller. What does not
depend on the question is worked out once, when the crowd is made:

*Statements.* For each layer and level, which callers have which statement. Most have theirs in
common, through groups or their account, and those of many accounts were made from one template. So
a question looks at each statement once, and not once for each caller (this module). Which of them
can match an action is remembered, as in ``engine/compiled.py``.

*Condition keys.* Callers with the same value of a key pass a condition together, and a condition
that looks at nothing but callers has the same answer for all questions (``engine/brought.py``).

*Kinds and names.* Which rule combines the layers, and which layers have a part, depends on the kind
of caller and on whether the resource is of its account; and a Principal element is asked only about
those whom it can mean (``engine/callers.py``).

What depends on the question stands in ``engine/column.py``. The rules are those of ``AWS_RULES``,
used as in the matrix; a property test proves that each bit is what ``evaluate`` says of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from iamlab.engine.allowed_callers import AllowedCallers
from iamlab.engine.allowed_pairs import refuse_what_is_of_resources
from iamlab.engine.caller_context import NO_QUESTION, CallerContext, keep
from iamlab.engine.callers import NAMING, Callers, members
from iamlab.engine.compiled import MOST
from iamlab.engine.layers import LAYERS
from iamlab.engine.pair_bitsets import bits_at
from iamlab.engine.request import NO_CONTEXT, Request
from iamlab.engine.statement_tests import action_test, all_tests, keys_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from iamlab.engine.caller_context import CallerQuestion, Context, Keys
    from iamlab.engine.callers import Members
    from iamlab.engine.layers import Layers
    from iamlab.engine.question_space import ResourceFacts
    from iamlab.engine.request import ContextValue
    from iamlab.engine.statement_tests import Test, Tests
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

__all__ = ["CallersIndex"]

OF_CALLERS = tuple(layer for layer in LAYERS if layer not in ("rcp", "resource", "grant"))
"""The layers that callers bring along."""

EVERYBODY = -1
"""Every bit is set."""


@dataclass(frozen=True, slots=True)
class IndexedStatement:
    """A statement made ready, and who has it.

    Parameters
    ----------
    resource
        The test of its resources.
    in_resource
        The keys that this looks at: those for which variables stand.
    """

    statement: Statement
    resource: Test
    in_resource: Keys
    conditions: tuple[CallerQuestion, ...]
    who: Members


class IndexedLevel:
    """One level of a layer: who has any policy in it, and the statements of them all."""

    __slots__ = ("_known", "_lines", "under")

    def __init__(self, under: int, lines: Iterable[IndexedStatement]) -> None:
        self.under = under
        self._lines = tuple((line, action_test(line.statement)) for line in lines)
        self._known: dict[str, tuple[IndexedStatement, ...]] = {}

    def about(self, action: str) -> tuple[IndexedStatement, ...]:
        """Give the statements that can match an action, worked out once."""
        known = self._known.get(action)
        if known is None:
            found = tuple(line for line, can_match in self._lines if can_match(action))
            known = keep(self._known, action, found, MOST)
        return known


@dataclass(slots=True)
class _LevelInTheMaking:
    """A level in the making: who has any policy in it, and who has which."""

    under: list[int] = field(default_factory=list)
    policies: dict[int, tuple[Policy, list[int]]] = field(default_factory=dict)

    def statements(self) -> Iterator[tuple[Statement, Members]]:
        """Put together who has the same statement, in whichever policy."""
        found: dict[Hashable, tuple[Statement, list[list[int]]]] = {}
        for policy, having in self.policies.values():
            for statement in policy.statements:
                found.setdefault(_content(statement), (statement, []))[1].append(having)
        for statement, lists in found.values():
            one = lists[0] if len(lists) == 1 else sorted(chain.from_iterable(lists))
            yield statement, members(one)


def _content(statement: Statement) -> Hashable:
    """Give all that a statement says, without what it is called."""
    return (
        *(statement.effect, statement.variables, statement.conditions),
        *(statement.principal, statement.not_principal),
        *(statement.action, statement.not_action, statement.resource, statement.not_resource),
    )


def _any(_: Request) -> bool:
    return True


class _Making:
    """A crowd in the making."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Context, str | None]] = []
        self.levels: dict[str, list[_LevelInTheMaking]] = {layer: [] for layer in OF_CALLERS}
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    def enter(
        self,
        principal: str,
        layers: Layers,
        context: Mapping[str, ContextValue],
        issuer: str | None = None,
    ) -> Request:
        """Note one caller and what it has; give some request of it."""
        refuse_what_is_of_resources(layers)
        request = Request(principal, *NO_QUESTION, context, issuer)
        share, number = self._shared.setdefault, len(self.given)
        keys = {key: share(values, values) for key, values in request.keys.items()}
        self.given.append((principal, keys, issuer))
        for layer, levels in self.levels.items():
            for place, level in enumerate(layers.levels(layer)):
                if place == len(levels):
                    levels.append(_LevelInTheMaking())
                levels[place].under.append(number)
                policies = levels[place].policies
                for attached in level:
                    policy = attached.policy
                    policies.setdefault(id(policy), (policy, []))[1].append(number)
        return request


class CallersIndex:
    """Many callers, ready to be asked about.

    Parameters
    ----------
    callers
        (principal, layers, context), as in ``Request`` and ``Layers``; a fourth part may be the
        issuer. Of the layers only the caller's side.

    Attributes
    ----------
    callers
        The principals; bit ``i`` of an answer is the one with number ``i``.

    Raises
    ------
    RequestError
        No request of a caller can be asked; or its layers hold a resource's policies.

    Examples
    --------
    >>> from iamlab import Layers, Policy
    >>> from iamlab.engine.question_space import ResourceFacts
    >>> readers = Policy.allow("s3:Get*", "arn:aws:s3:::maps/*")
    >>> users = "alice", "bob", "carol"
    >>> crowd = CallersIndex((f"arn:aws:iam::111122223333:user/{user}",
    ...                Layers(identity=[readers] if user != "bob" else []), {}) for user in users)
    >>> bin(crowd.who_can("s3:GetObject", "arn:aws:s3:::maps/m31", ResourceFacts()))
    '0b101'
    """

    def __init__(
        self,
        callers: Iterable[
            tuple[str, Layers, Mapping[str, ContextValue]]
            | tuple[str, Layers, Mapping[str, ContextValue], str | None]
        ],
    ) -> None:
        made = _Making()
        self._index = Callers(made.enter(*caller) for caller in callers)
        self._given = made.given
        self.callers = tuple(principal for principal, _, _ in made.given)
        self.full = (1 << len(made.given)) - 1
        self.brought = CallerContext([context for _, context, _ in made.given])
        self.levels = {
            layer: [self._stand(layer, level) for level in levels]
            for layer, levels in made.levels.items()
        }

    def _stand(self, layer: str, level: _LevelInTheMaking) -> IndexedLevel:
        lines = (
            self.line(statement, tests, who)
            for statement, who in level.statements()
            for tests in [all_tests(statement, layer)]
            if tests is not None
        )
        return IndexedLevel(bits_at(level.under), lines)

    def who_can(
        self,
        action: str,
        resource: str,
        facts: ResourceFacts,
        context: Mapping[str, ContextValue] = NO_CONTEXT,
    ) -> int:
        """Say who may do this.

        Parameters
        ----------
        facts
            What is known of the resource. Its context counts more than the callers'.
        context
            What else is so in this moment, whoever calls; it counts more than both, and so takes
            away a key whose value is an empty list. Letter case of keys does not matter.

        Returns
        -------
        int
            Bit ``i`` says whether caller ``i`` may: what ``evaluate`` would say.

        Raises
        ------
        RequestError
            The question cannot be asked of one of the callers.
        """
        return (
            AllowedCallers(self, action, resource, facts, context).allowed() if self.callers else 0
        )

    # What a column asks -------------------------------------------------------------------------

    def line(
        self, statement: Statement, tests: Tests, who: Members = EVERYBODY
    ) -> IndexedStatement:
        """Make a statement ready, given its tests: of its resources, if any, and its conditions."""
        count = len(tests) - len(statement.conditions)
        return IndexedStatement(
            statement,
            tests[0] if count else _any,
            tuple(sorted(keys_of(statement)[0])) if count else (),
            self.brought.asked(statement, tests[count:]),
            who,
        )

    def ask(
        self,
        number: int,
        action: str,
        resource: str,
        account: str,
        over: Mapping[str, ContextValue],
    ) -> Request:
        """Make a request of one caller; some of its keys are laid over by others."""
        principal, keys, issuer = self._given[number]
        return Request(principal, action, resource, account, {**keys, **over}, issuer)

    def index_with(self, over: Mapping[str, ContextValue]) -> Callers:
        """Give the index of the callers; it is made anew if a question says who they are."""
        if NAMING.isdisjoint(over):
            return self._index
        named = {key: over[key] for key in NAMING.intersection(over)}
        return Callers(self.ask(number, *NO_QUESTION, named) for number in range(len(self.callers)))

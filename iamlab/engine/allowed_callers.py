"""Who may do one (action, resource) pair, of all callers at once.

See ``engine/crowd.py`` for how the parts work together.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from iamlab.engine.allowed_pairs import names_somebody
from iamlab.engine.caller_context import NO_QUESTION, probe
from iamlab.engine.callers import united
from iamlab.engine.compiled import statements_about
from iamlab.engine.evaluation_case import levels_that_speak, only_denies
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import GUARDS, LIMITS, Layers, Place
from iamlab.engine.principals import Named, how_reached
from iamlab.engine.public_access import shuts_out
from iamlab.engine.question_space import Cases, account_in
from iamlab.engine.request import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.engine.caller_context import CallerQuestion, Keys
    from iamlab.engine.callers_index import CallersIndex, IndexedStatement
    from iamlab.engine.layers import Level
    from iamlab.engine.question_space import ResourceFacts
    from iamlab.engine.request import ContextValue, Request
    from iamlab.engine.statement_tests import Test
    from iamlab.policy.statement import Statement

NO_LAYERS = Layers()
FITTING = frozenset({"StringEquals", "StringLike", "ArnEquals", "ArnLike"})
"""The operators that want the request's value to be one of the policy's, or like it."""


def laid_over(*contexts: Mapping[str, ContextValue]) -> dict[str, tuple[str, ...]]:
    """Lay contexts one over the other, whatever the letter case of their keys.

    Examples
    --------
    >>> laid_over({"aws:TagKeys": ["a"], "aws:SourceVpc": "vpc-1"}, {"AWS:tagkeys": []})
    {'aws:tagkeys': (), 'aws:sourcevpc': ('vpc-1',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    for context in contexts:
        values = as_text(context)
        found |= {key.lower(): values.get(key.lower(), ()) for key in context}
    return found


class AllowedCallers:
    """All callers before one pair.

    Raises
    ------
    RequestError
        The question cannot be asked, or not of one of the callers.
    """

    def __init__(
        self,
        crowd: CallersIndex,
        action: str,
        resource: str,
        facts: ResourceFacts,
        context: Mapping[str, ContextValue],
    ) -> None:
        self.crowd = crowd
        self.question = (action, resource, NO_QUESTION[2])
        self.plain = probe(self.question, {})  # refuses what is no action or no resource
        self.action, self.resource = action.lower(), resource
        self.account = facts.account
        self.over = laid_over(facts.context, context)
        self.layers = facts.layers()
        self.callers = crowd.index_with(self.over)
        self._requests: dict[int, Request] = {}
        self.groups = list(self._groups(facts.account or account_in(resource)))
        self.cases = Cases.of(self.groups)
        boundaries = united(level.under for level in crowd.levels["boundary"])
        self.bounded = boundaries & self.cases.speaks["boundary"]
        self.denied = 0

    def _groups(self, owner: str) -> Iterator[tuple[Request, int]]:
        """Part callers by situation and layers, which depend on an account only as the owner's."""
        own = self.callers.of_account(owner) if owner else self.crowd.full
        for alike in self.callers.alike:
            for bits in (alike & own, alike & ~own):
                if bits:
                    yield self._ask(bits), bits

    def _ask(self, bits: int) -> Request:
        """Give the request of the first of some callers."""
        number = (bits & -bits).bit_length() - 1
        request = self._requests.get(number)
        if request is None:
            _, resource, _ = self.question
            request = self.crowd.ask(number, self.plain.action, resource, self.account, self.over)
            self._requests[number] = request
        return request

    def allowed(self) -> int:
        """Give the callers who may do it."""
        ceilings = {layer: self._ceiling(layer) for layer in (*GUARDS, *LIMITS, "scoped")}
        named = self._named()
        votes = LayerResults(
            named[Named.DIRECT],
            named[Named.INDIRECT],
            named[Named.ACCOUNT],
            self._granted(),
            self._attached(),
            limits=reduce(and_, (ceilings[layer] for layer in LIMITS)),
            guard=reduce(and_, (ceilings[layer] for layer in (*GUARDS, "scoped"))),
        )
        return self.cases.allowed(votes, self.denied)

    def _ceiling(self, layer: str) -> int:
        """Give the callers whom a ceiling lets through: all levels allow, or it has no part."""
        through, part = self.crowd.full, self.cases.speaks[layer]
        if layer == "rcp":
            for level in self.layers.rcps:
                through &= self._allowed_by(layer, self._lines(layer, level), part)
            return through | (self.crowd.full & ~part)
        under = 0
        for stand in self.crowd.levels[layer]:
            through &= self._allowed_by(layer, stand.about(self.action), part) | ~stand.under
            under |= stand.under
        for request, bits in self.groups:
            if only_denies(layer, request):
                through |= bits
            elif levels_that_speak(layer, request, NO_LAYERS):
                through &= ~bits | under  # a level without policies is there all the same
        return through | (self.crowd.full & ~part)

    def _lines(self, layer: str, policies: Level) -> list[IndexedStatement]:
        """Give the statements of a resource's policies that can match the action."""
        return [
            self.crowd.line(statement, tests)
            for attached in policies
            for statement, tests in statements_about(attached.policy, self.action, layer)
        ]

    def _allowed_by(self, layer: str, lines: Iterable[IndexedStatement], part: int) -> int:
        """Give those whom some statements allow, and note those whom they deny."""
        allows = 0
        for line in lines:
            bits = self._applying(line, part)
            if bits and names_somebody(line.statement):
                bits = united(reached for _, reached in self._reached(line.statement, layer, bits))
            if line.statement.effect == "Deny":
                self.denied |= bits
            else:
                allows |= bits
        return allows

    def _applying(self, line: IndexedStatement, part: int) -> int:
        """Give those who have a statement and for whom all but the Principal fits."""
        if not line.in_resource and not line.resource(self.plain):
            return 0  # so it is with most of them
        within = united([line.who]) & part
        if line.in_resource and within:
            patterns = line.statement.resource
            within = self._passing(line.resource, line.in_resource, within, patterns, self.resource)
        for asked in line.conditions:
            within = within and self._meeting(asked, within)
        return within

    def _meeting(self, asked: CallerQuestion, within: int) -> int:
        """Give the callers, of those, who meet a condition."""
        if self.over.keys().isdisjoint(asked.keys):
            return self.crowd.brought.passing(asked, within)
        comparison, found = asked.condition.comparison, self.over.get(asked.condition.key.lower())
        fitting = comparison.name in FITTING and not comparison.set_operator
        if fitting and found is not None and len(found) == 1:
            values = asked.condition.values
            return self._passing(asked.test, asked.keys, within, values, found[0])
        return self._passing(asked.test, asked.keys, within)

    def _passing(
        self,
        test: Test,
        keys: Keys,
        within: int,
        patterns: Iterable[str] | None = None,
        text: str = "",
    ) -> int:
        """Give the callers, of those, who pass a test that looks at some keys.

        Parameters
        ----------
        patterns, text
            If one of the patterns must match a text.
        """
        brought = self.crowd.brought
        own = brought.own(keys, self.over)
        if patterns is not None:
            within = brought.narrowed(patterns, text, own, within)
        over = {key: self.over[key] for key in keys if key in self.over}
        passed = (
            having
            for values, having in brought.alike(own, within).items()
            if test(probe(self.question, {**over, **dict(zip(own, values, strict=True))}))
        )
        return united(passed) & within

    def _reached(
        self, statement: Statement, layer: str, within: int
    ) -> Iterator[tuple[Named, int]]:
        """Part the callers, of those, whom a statement with a Principal reaches, by how it does."""
        named = statement.principal is not None
        listed = statement.principal if named else statement.not_principal
        for part, values in self.callers.parts(listed or (), within):
            # The other values mean none of these: without them the element says the same.
            short = replace(
                statement,
                principal=values if named else None,
                not_principal=None if named else values,
            )
            for alike in self.callers.alike:
                for bits in (part & alike & self.bounded, part & alike & ~self.bounded):
                    place = Place(layer, bool(bits & self.bounded))
                    how = how_reached(short, self._ask(bits), place) if bits else Named.NOT
                    if how is not Named.NOT:
                        yield how, bits

    def _named(self) -> dict[Named, int]:
        """Give those whom the resource policy allows, by how it names them; note whom it denies."""
        found = dict.fromkeys(Named, 0)
        if self.layers.resource is None:
            return found
        policy, block = self.layers.resource.policy, self.layers.public_access_block
        outside = united(bits for request, bits in self.groups if shuts_out(block, policy, request))
        within = self.cases.speaks["resource"]
        for line in self._lines("resource", (self.layers.resource,)):
            applying = self._applying(line, within)
            for named, bits in self._reached(line.statement, "resource", applying):
                if line.statement.effect == "Deny":
                    self.denied |= bits
                else:
                    found[named] |= bits & ~outside
        return found

    def _granted(self) -> int:
        """Give those to whom a grant gives it."""
        lines = self._lines("grant", self.layers.of("grant"))
        return self._allowed_by("grant", lines, self.cases.speaks["grant"])

    def _attached(self) -> int:
        """Give those whom identity-based policies allow; they stand in one level."""
        part, found = self.cases.speaks["identity"], 0
        for stand in self.crowd.levels["identity"]:
            found |= self._allowed_by("identity", stand.about(self.action), part)
        return found

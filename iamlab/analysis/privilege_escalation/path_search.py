"""The search along the edges: who gets where, and by which edges.

A path is *proved* if nothing but permissions is needed for it, and *conditional* if one of its
edges has a condition. Proved paths are looked for first. A search stops at a principal once it has
a path, and knows what the principals before it have found.

Whoever can widen himself by ten methods has a thousand sets of them. Each method is looked at by
itself, and one chain that goes through all of them: no other set gives what the chain does not
give. Steps of the chain that are not needed are left out of a path (``replay.py``).

Notes
-----
AWS pages: "IAM roles"; "Policy evaluation logic".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.edge_finder import (
    SUPPOSES,
    EdgeFinder,
    is_shared,
)
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.display import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iamlab.policy.statement import Statement

Edges = tuple[Edge, ...]

LONGEST_CHAIN = 30
"""So often somebody widens himself at most on one path."""


class SearchPoint(NamedTuple):
    """Where a search is: at a principal, and as what it came there before it widened itself."""

    state: PrincipalState
    base: PrincipalState

    @classmethod
    def of(cls, state: PrincipalState) -> SearchPoint:
        """Begin with a principal."""
        return cls(state, state)


class Step(NamedTuple):
    """How a search came to a point: from which point, by which edge, as the how manieth step."""

    before: SearchPoint
    edge: Edge | None = None
    number: int = 0


def returns(before: Edge | None, edge: Edge) -> bool:
    """Return whether an administrator would only become itself again, as any other could."""
    if before is None or not is_shared(edge.source):
        return False
    return before.source.arn == edge.target.arn


@dataclass(eq=False)
class PathSearcher:
    """Goes from point to point of the graph.

    Parameters
    ----------
    finder
        Knows the edges.
    """

    finder: EdgeFinder

    def further(self, point: SearchPoint) -> Iterator[tuple[Edge, SearchPoint]]:
        """Return the edges that begin at a point, each with the point that it leads to."""
        state = point.state
        chain = None if state == point.base else self._chain(point.base)
        for edge in self.finder.edges(state):
            if not edge.is_own or edge.way is SUPPOSES:
                yield edge, SearchPoint.of(edge.target)
            elif chain is None or chain.get(state) is edge:
                yield edge, SearchPoint(edge.target, point.base)

    def together(
        self, source: PrincipalState, point: SearchPoint
    ) -> Iterator[tuple[Edge, SearchPoint]]:
        """Return the edges of a point that there are because of who began the path."""
        if point.state == point.base:
            for edge in self.finder.together(source, point.state):
                yield edge, SearchPoint.of(edge.target)

    def _chain(self, base: PrincipalState) -> Mapping[PrincipalState, Edge]:
        """Return the own edges by which somebody makes the most of himself, one after the other."""
        return self.finder.decider.once(("chain", base), lambda: dict(self._links(base)))

    def _links(self, state: PrincipalState) -> Iterator[tuple[PrincipalState, Edge]]:
        made = {change.label for change in state.changes}
        for _ in range(LONGEST_CHAIN):
            if self.finder.is_admin(state):
                return
            new = [
                edge
                for edge in self.finder.edges(state)
                if edge.is_own and not made >= {change.label for change in edge.target.changes}
            ]
            if not new:
                return
            best = next((edge for edge in new if self.finder.is_admin(edge.target)), new[0])
            yield state, best
            state = best.target
            made |= {change.label for change in state.changes}

    def paths_from(
        self, source: PrincipalState, is_wanted: Callable[[PrincipalState], bool]
    ) -> Iterator[Edges]:
        """Return paths to states that are wanted, one to each point.

        Proved paths come first, and of these the shortest.
        """
        if is_wanted(source):
            yield ()
        done = set[SearchPoint]()
        for is_proved in (True, False):
            came: dict[SearchPoint, Edges] = {SearchPoint.of(source): ()}
            waiting = deque(came)
            while waiting:
                here = waiting.popleft()
                before = came[here][-1] if came[here] else None
                own = self.further(here)
                for edge, there in chain(own, self.together(source, here) if before else ()):
                    is_of_search = not (is_proved and edge.conditions)
                    if there in came or not is_of_search or returns(before, edge):
                        continue
                    came[there] = (*came[here], edge)
                    waiting.append(there)
                    is_new = there not in done and not is_shared(there.state)
                    if is_new and is_wanted(there.state):
                        yield came[there]
            done |= came.keys()

    def all_from(self, source: PrincipalState) -> dict[PrincipalState, Edges]:
        """Return all that can be got to, each with a short path there."""
        found: dict[PrincipalState, Edges] = {}
        for edges in self.paths_from(source, lambda _: True):
            found.setdefault(edges[-1].target if edges else source, edges)
        return found

    def paths_to(
        self, is_wanted: Callable[[PrincipalState], bool], of_resource: Sequence[Statement] = ()
    ) -> dict[PrincipalState, Edges]:
        """Return all of today who get to a wanted state, each with a short path there.

        Parameters
        ----------
        of_resource
            The statements of a resource's policy, if access to that is what is wanted.
        """
        searches = [Arrival(self, is_wanted, is_proved, of_resource) for is_proved in (True, False)]
        found: dict[PrincipalState, Edges] = {}
        for state in steps(list(self.finder.today.values()), "looking for paths"):
            paths = (way(SearchPoint.of(state)) for search in searches for way in search.ways)
            path = next((path for path in paths if path is not None), None)
            if path is not None:
                found[state] = path
        return found

    @cached_property
    def whole(self) -> Mapping[SearchPoint, tuple[tuple[Edge, SearchPoint], ...]]:
        """Every point to which anybody of today can get, with what leads on from it."""
        found: dict[SearchPoint, tuple[tuple[Edge, SearchPoint], ...]] = {}
        for state in steps(list(self.finder.today.values()), "looking for paths"):
            waiting = [SearchPoint.of(state)]
            while waiting:
                here = waiting.pop()
                if here not in found:
                    found[here] = tuple(self.further(here))
                    waiting += [there for _, there in found[here] if there not in found]
        return found


@dataclass(eq=False)
class Arrival:
    """The search for paths to wanted states, by one principal after the other.

    Parameters
    ----------
    is_proved
        Whether only edges without conditions count.
    of_resource
        As in ``paths_to``.
    """

    searcher: PathSearcher
    is_wanted: Callable[[PrincipalState], bool]
    is_proved: bool
    of_resource: Sequence[Statement] = ()
    _known: dict[SearchPoint, Edges] = field(default_factory=dict)
    _without: set[SearchPoint] = field(default_factory=set)

    @property
    def ways(self) -> tuple[Callable[[SearchPoint], Edges | None], ...]:
        """What looks for a path, one after the other."""
        return self.path_from, self.path_by_helper

    def path_by_helper(self, begin: SearchPoint) -> Edges | None:
        """Return a path on which the one who began does more than to become others."""
        came: dict[SearchPoint, Edges] = {begin: ()}
        waiting = deque(came)
        while waiting:
            here = waiting.popleft()
            for edge, there in self.searcher.together(begin.state, here) if came[here] else ():
                is_of_search = not (self.is_proved and edge.conditions)
                rest = self.path_from(there) if is_of_search else None
                if rest is not None:
                    return (*came[here], edge, *rest)
            for edge, there in self.searcher.further(here):
                is_of_search = not (self.is_proved and edge.conditions)
                before = came[here][-1] if came[here] else None
                if there not in came and is_of_search and not returns(before, edge):
                    came[there] = (*came[here], edge)
                    waiting.append(there)
        return None

    def path_from(self, begin: SearchPoint) -> Edges | None:
        """Return a short path; ``None`` if there is none."""
        if (known := self._rest(begin)) is not None:
            return known
        came, met = self._search(begin)
        if met is None:
            return None
        while (step := came[met]).edge is not None:
            self._known[step.before] = (step.edge, *self._known[met])
            met = step.before
        return self._known[begin]

    def _search(self, begin: SearchPoint) -> tuple[dict[SearchPoint, Step], SearchPoint | None]:
        """Return how the search came to each point, and the one whose way on is known."""
        came = {begin: Step(begin)}
        waiting, is_whole = deque(came), True
        met, shortest = None, float("inf")
        while waiting and came[waiting[0]].number + 1 < shortest:
            here = waiting.popleft()
            step = came[here]
            for edge, there in self._edges(here):
                if returns(step.edge, edge):
                    is_whole = False  # another administrator gets there
                elif there not in came:
                    came[there] = Step(here, edge, step.number + 1)
                    rest = self._rest(there)
                    if rest is None:
                        waiting.append(there)
                    elif step.number + 1 + len(rest) < shortest:
                        met, shortest = there, step.number + 1 + len(rest)
        if met is None and is_whole:
            self._without |= came.keys()
        return came, met

    def _edges(self, point: SearchPoint) -> Iterator[tuple[Edge, SearchPoint]]:
        """Return the edges of this search that may lead to a path."""
        for edge, there in self.searcher.further(point):
            if there not in self._without and not (self.is_proved and edge.conditions):
                yield edge, there

    def _rest(self, point: SearchPoint) -> Edges | None:
        """Return the rest of a path from a point, as far as it is known."""
        if point not in self._known and not is_shared(point.state):
            if self.is_wanted(point.state):
                self._known[point] = ()
            elif not self.is_proved and self.of_resource:
                every = self.searcher.finder.supposing(point.state, self.of_resource)
                edge = next((edge for edge in every if self.is_wanted(edge.target)), None)
                self._known |= {} if edge is None else {point: (edge,)}
        return self._known.get(point)

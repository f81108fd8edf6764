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
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.edge_finder import SUPPOSES, EdgeFinder, is_shared
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.display import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iamlab.policy.statement import Statement

Edges = tuple[Edge, ...]
SearchedPath = tuple["SearchPoint", Edges]

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

    def further(
        self, point: SearchPoint, source: PrincipalState | None = None
    ) -> Iterator[tuple[Edge, SearchPoint]]:
        """Return the edges that begin at a point, each with the point that it leads to.

        Parameters
        ----------
        source
            Who began, if there can be edges because of it.
        """
        state = point.state
        chain = None if state == point.base else self._chain(point.base)
        for edge in self.finder.edges(state):
            if not edge.is_own or edge.way is SUPPOSES:
                yield edge, SearchPoint.of(edge.target)
            elif chain is None or chain.get(state) is edge:
                yield edge, SearchPoint(edge.target, point.base)
        if source is not None and chain is None:
            for edge in self.finder.together(source, state):
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

    def walk(self, source: PrincipalState, *, is_proved: bool) -> Iterator[SearchedPath]:
        """Return the points to which somebody gets, the nearest first, each with a path there.

        Parameters
        ----------
        is_proved
            Whether only edges without conditions count.
        """
        came: dict[SearchPoint, Edges] = {SearchPoint.of(source): ()}
        waiting = deque(came)
        while waiting:
            here = waiting.popleft()
            edges = came[here]
            before = edges[-1] if edges else None
            for edge, there in self.further(here, source if before else None):
                is_left_out = is_proved and edge.conditions
                if there not in came and not is_left_out and not returns(before, edge):
                    came[there] = (*edges, edge)
                    waiting.append(there)
                    yield there, came[there]

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
            for there, edges in self.walk(source, is_proved=is_proved):
                if there not in done and not is_shared(there.state) and is_wanted(there.state):
                    done.add(there)
                    yield edges

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
        ends = (Ends(is_wanted), Ends(is_wanted, self.finder, of_resource))
        found: dict[PrincipalState, Edges] = {}
        for state in steps(list(self.finder.today.values()), "looking for paths"):
            for is_proved, end in zip((True, False), ends, strict=True):
                path = self._shortest(state, end, is_proved=is_proved)
                if path is not None:
                    found[state] = path
                    end.known[SearchPoint.of(state)] = path
                    break
        return found

    def _shortest(self, source: PrincipalState, ends: Ends, *, is_proved: bool) -> Edges | None:
        """Return a short path to an end; it goes on as that of somebody on it, who has one."""
        best = ends.rest(SearchPoint.of(source))
        for there, edges in () if best is not None else self.walk(source, is_proved=is_proved):
            if best is not None and len(edges) >= len(best):
                break
            rest = ends.rest(there)
            if rest is not None and (best is None or len(edges) + len(rest) < len(best)):
                best = (*edges, *rest)
        return best

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
class Ends:
    """Where paths end: at wanted states, or at points from which a path is known.

    Parameters
    ----------
    finder, of_resource
        If a supposition may end a path: the finder, and the statements of a resource's policy.
    """

    is_wanted: Callable[[PrincipalState], bool]
    finder: EdgeFinder | None = None
    of_resource: Sequence[Statement] = ()
    known: dict[SearchPoint, Edges | None] = field(default_factory=dict)

    def rest(self, point: SearchPoint) -> Edges | None:
        """Return the rest of a path from a point, as far as it is known."""
        if point not in self.known:
            self.known[point] = None if is_shared(point.state) else self._end(point.state)
        return self.known[point]

    def _end(self, state: PrincipalState) -> Edges | None:
        if self.is_wanted(state):
            return ()
        every = self.finder.supposing(state, self.of_resource) if self.finder else ()
        return next(((edge,) for edge in every if self.is_wanted(edge.target)), None)

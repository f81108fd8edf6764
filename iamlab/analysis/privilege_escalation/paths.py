"""A path is edges one after the other; the search says who gets where, and by which edges.

Whoever can widen himself by ten methods has a thousand sets of them. Each method is looked at by
itself, and one chain that goes through all of them: no other set gives what the chain does not
give. Steps of the chain that are not needed are left out of a path (``replay.py``).

Notes
-----
AWS pages: "IAM API Reference"; "AWS STS API Reference"; "Policy evaluation logic".
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.edge_finder import ADMINISTERS, EdgeFinder, is_shared
from iamlab.analysis.privilege_escalation.replay import Replay, replay, written_out
from iamlab.display import FEW, Shown, called, count, few, steps
from iamlab.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
    from iamlab.model.world import World


@dataclass(frozen=True, slots=True)
class Path(Shown):
    """How one principal gets to where another is, or makes itself more.

    Parameters
    ----------
    source
        Who begins.
    """

    source: PrincipalState
    _edges: tuple[Edge, ...]
    _finder: EdgeFinder = field(compare=False, repr=False)
    _is_wanted: Callable[[PrincipalState], bool] = field(compare=False, repr=False)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Step by step; none if it is there already."""
        return written_out(self._finder, self._edges, self._is_wanted)

    @property
    def target(self) -> PrincipalState:
        """What it ends with."""
        return self._edges[-1].target if self._edges else self.source

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in order."""
        return tuple(call for edge in self.edges for call in edge.calls)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must be so in addition to permissions."""
        return tuple(dict.fromkeys(one for edge in self.edges for one in edge.conditions))

    @property
    def can_be_replayed(self) -> bool:
        """Whether all its calls are of IAM and STS."""
        return all(edge.way.can_be_replayed for edge in self.edges)

    @property
    def world(self) -> World:
        """The world in which it was found, in which nothing changes."""
        return self._finder.decider.world

    def is_admin(self, state: PrincipalState) -> bool:
        """Say whether a point of it is an administrator of its account, as it then is."""
        return self._finder.is_admin(state)

    def replay(self) -> Replay:
        """Make the calls in a copy of the world, and look at what the caller then is.

        Returns
        -------
        Replay
            The copy, and the caller in it.

        Raises
        ------
        RequestError
            Another service takes part, which the model has no operations of.
        AwsError
            A call is refused: then the edge promised too much.
        """
        return replay(self._finder.decider, self)

    def __len__(self) -> int:
        is_plain = sum(edge.is_own for edge in self._edges) < 2
        if is_plain and not self.source.arn.endswith(":root"):
            return sum(edge.way is not ADMINISTERS for edge in self._edges)
        return len(self.edges)

    def __iter__(self) -> Iterator[Edge]:
        return iter(self.edges)

    def __bool__(self) -> bool:
        return True  # there is one, be it without a step

    def __str__(self) -> str:
        if not self.edges:
            return f"{self.source} is there already"
        return "\n".join(f"{number}. {edge}" for number, edge in enumerate(self.edges, 1))

    def __repr__(self) -> str:
        edges = self.edges
        every = (self.source.arn, *(edge.target.arn for edge in edges))
        names = [few([called(arn)]) for arn, _ in groupby(every)]  # who makes himself more, stays
        if len(names) > FEW:
            names[FEW - 1 : -1] = ["…"]
        return f"<Path {' -> '.join(names)}: {count(len(edges), 'step')}>"


def comes_back(edges: Iterable[Edge]) -> bool:
    """Say whether a path comes to somebody whom it has left, or has changed from outside."""
    seen: set[str] = set()
    for edge in edges:
        seen.add(edge.source.arn)
        if not edge.is_own and edge.target.arn in seen:
            return True
    return False


def is_kept(path: Path) -> bool:
    """Say whether a path's replay is not refused; what cannot be replayed is taken as it is."""
    if not path.can_be_replayed:
        return True
    try:
        path.replay()
    except AwsError:
        return False
    return True


Edges = tuple["Edge", ...]

LONGEST_CHAIN = 30
"""So often somebody widens himself at most on one path."""


@dataclass(frozen=True, slots=True)
class SearchPoint:
    """Where a search is: at a principal, and as what it came there before it widened itself."""

    state: PrincipalState
    base: PrincipalState

    @classmethod
    def of(cls, state: PrincipalState) -> SearchPoint:
        """Begin with a principal."""
        return cls(state, state)


@dataclass(eq=False)
class PathSearcher:
    """Goes from point to point of the graph.

    Parameters
    ----------
    explorer
        Knows the edges.
    """

    finder: EdgeFinder
    _chains: dict[PrincipalState, Mapping[PrincipalState, Edge]] = field(default_factory=dict)

    def further(self, point: SearchPoint) -> Iterator[tuple[Edge, SearchPoint]]:
        """Give the edges that begin at a point, each with the point that it leads to."""
        state = point.state
        chain = None if state == point.base else self._chain(point.base)
        for edge in self.finder.edges(state):
            if not edge.is_own:
                yield edge, SearchPoint.of(edge.target)
            elif chain is None or chain.get(state) is edge:
                yield edge, SearchPoint(edge.target, point.base)

    def _chain(self, base: PrincipalState) -> Mapping[PrincipalState, Edge]:
        """Give the own edges by which somebody makes the most of himself, one after the other."""
        if base not in self._chains:
            self._chains[base] = dict(self._links(base))
        return self._chains[base]

    def _links(self, state: PrincipalState) -> Iterator[tuple[PrincipalState, Edge]]:
        made = {change.label for change in state.changes}
        for _ in range(LONGEST_CHAIN):
            if self.finder.is_admin(state):
                return
            new = [
                edge
                for edge in self.finder.edges(state)
                if edge.is_own and not made >= {one.label for one in edge.target.changes}
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
        """Give paths to states that are wanted, the shortest first: one to each point."""
        if is_wanted(source):
            yield ()
        came: dict[SearchPoint, tuple[SearchPoint, Edge] | None] = {SearchPoint.of(source): None}
        waiting = deque(came)
        while waiting:
            here = waiting.popleft()
            for edge, there in self.further(here):
                if there not in came:
                    came[there] = (here, edge)
                    waiting.append(there)
                    if not is_shared(there.state) and is_wanted(there.state):
                        yield _back(came, there)

    def all_from(self, source: PrincipalState) -> dict[PrincipalState, Edges]:
        """Give all that can be got to, each with a short path there."""
        found: dict[PrincipalState, Edges] = {}
        for edges in self.paths_from(source, lambda _: True):
            found.setdefault(edges[-1].target if edges else source, edges)
        return found

    def paths_to(self, is_wanted: Callable[[PrincipalState], bool]) -> dict[PrincipalState, Edges]:
        """Give all of today who get to a wanted state, each with a short path there."""
        into: dict[SearchPoint, list[tuple[Edge, SearchPoint]]] = defaultdict(list)
        for here, leading in self.whole.items():
            for edge, there in leading:
                into[there].append((edge, here))
        asked = [one for one in self.whole if not is_shared(one.state)]
        found: dict[SearchPoint, Edges] = {
            point: () for point in steps(asked, "asking") if is_wanted(point.state)
        }
        waiting = deque(found)
        while waiting:
            there = waiting.popleft()
            for edge, here in into[there]:
                if here not in found:
                    found[here] = (edge, *found[there])
                    waiting.append(here)
        return {
            state: found[SearchPoint.of(state)]
            for state in self.finder.today.values()
            if SearchPoint.of(state) in found
        }

    @cached_property
    def whole(self) -> Mapping[SearchPoint, tuple[tuple[Edge, SearchPoint], ...]]:
        """Every point to which anybody of today can get, with what leads on from it."""
        found: dict[SearchPoint, tuple[tuple[Edge, SearchPoint], ...]] = {}
        waiting = [SearchPoint.of(state) for state in self.finder.today.values()]
        while waiting:
            for point in steps(waiting, "looking for ways"):
                found[point] = tuple(self.further(point))
            new = dict.fromkeys(there for here in waiting for _, there in found[here])
            waiting = [point for point in new if point not in found]
        return found


def _back(
    came: Mapping[SearchPoint, tuple[SearchPoint, Edge] | None], last: SearchPoint
) -> tuple[Edge, ...]:
    """Go back from the last point to the first; give the edges in order."""
    found: list[Edge] = []
    before = came[last]
    while before is not None:
        point, edge = before
        found.append(edge)
        before = came[point]
    return tuple(reversed(found))

"""A path: edges one after the other, and their replay in a copy of the world.

What an edge claims, a replay proves: the very calls are made as the very principal, each is decided
and logged, and at the end stands somebody who may do what was claimed. A way through a service that
runs code cannot be replayed; there the decisions of all calls are the proof.

Notes
-----
AWS pages: "IAM API Reference"; "AWS STS API Reference".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from iamlab.display import FEW, Shown, called, count, few
from iamlab.errors import AwsError
from iamlab.world.reach.administrators import ADMINISTERS
from iamlab.world.reach.replaying import Replay, replay
from iamlab.world.reach.writing_out import written_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.world.reach.calls import Call
    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.exploring import Explorer
    from iamlab.world.reach.powers import Power
    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Path(Shown):
    """How one principal gets to where another is, or makes itself more.

    Parameters
    ----------
    source
        Who begins.
    """

    source: Power
    _edges: tuple[Edge, ...]
    _explorer: Explorer = field(compare=False, repr=False)
    _is_wanted: Callable[[Power], bool] = field(compare=False, repr=False)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Step by step; none if it is there already."""
        return written_out(self._explorer, self._edges, self._is_wanted)

    @property
    def target(self) -> Power:
        """What it ends with."""
        return self._edges[-1].target if self._edges else self.source

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in order."""
        return tuple(call for edge in self.edges for call in edge.calls)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must be so besides permissions."""
        return tuple(dict.fromkeys(one for edge in self.edges for one in edge.conditions))

    @property
    def can_be_replayed(self) -> bool:
        """Whether all its calls are of IAM and STS."""
        return all(edge.way.can_be_replayed for edge in self.edges)

    @property
    def world(self) -> World:
        """The world in which it was found, in which nothing changes."""
        return self._explorer.decider.world

    def is_admin(self, power: Power) -> bool:
        """Say whether a point of it is an administrator of its account, as it then is."""
        return self._explorer.is_admin(power)

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
        return replay(self._explorer.decider, self)

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
    """Say whether a way comes to somebody whom it has left, or has changed from outside."""
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

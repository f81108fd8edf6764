"""What is read off the graph: who gets to a resource, and how far somebody gets.

Notes
-----
AWS page: "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.display import Shown, called, count, few
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from iamlab.world.reach.paths import Path

FEW = 30
"""So many lines are printed; the others are counted."""


class Paths(Mapping[str, "Path"], Shown):
    """Principals by ARN, each with the way that leads to him or from him."""

    __slots__ = ()
    _found: Mapping[str, Path]

    def __getitem__(self, arn: str) -> Path:
        return self._found[arn]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def to_frame(self) -> Any:
        """Give it as a ``pandas.DataFrame``: a line for each principal."""
        from iamlab import display

        rows = [(arn, len(path), _then(path)) for arn, path in self._found.items()]
        return display.table(("principal", "steps", "how"), rows)

    def _told(self, head: str) -> str:
        """Say it line by line, each principal with his steps."""
        lines = [
            f"  {len(path)} {arn}{': ' if len(path) else ''}{_then(path)}"
            for arn, path in list(self._found.items())[:FEW]
        ]
        more = [f"  and {len(self) - FEW} more"] if len(self) > FEW else []
        return "\n".join((head, *lines, *more))


@dataclass(frozen=True, slots=True)
class Arrivals(Paths):
    """Who gets to do something, by ARN, each with a shortest way; the nearest first.

    Parameters
    ----------
    asked
        How many principals there are.
    """

    action: str
    resource: str
    asked: int
    _found: Mapping[str, Path] = field(repr=False)

    @property
    def directly(self) -> tuple[str, ...]:
        """Those who may do it as they are."""
        return tuple(arn for arn, path in self._found.items() if not len(path))

    def __str__(self) -> str:
        what = f"{self.action} on {self.resource}"
        head = (
            f"{len(self)} of {self.asked} get to do {what}, {len(self.directly)} of them directly"
        )
        return self._told(head)

    def __repr__(self) -> str:
        who = few(map(called, self._found)) or "nobody"
        what = few([f"{self.action} on {self.resource}"])
        return f"<Arrivals {what}: {who}, of {count(self.asked, 'principal')}>"


@dataclass(frozen=True, slots=True)
class BlastRadius(Paths):
    """How far somebody gets: whom he can become, by ARN, each with a shortest way.

    Parameters
    ----------
    source
        Whose credentials are lost.
    admin_of
        The accounts that he gets to administer, each with a shortest way.
    asked
        How many principals there are.
    """

    source: str
    admin_of: Mapping[str, Path]
    asked: int
    _found: Mapping[str, Path] = field(repr=False)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ids of the accounts that he gets into, his own first."""
        every = (Arn.parse(arn).account for arn in (self.source, *self._found))
        return tuple(dict.fromkeys(every))

    def __str__(self) -> str:
        whole = ", ".join(self.admin_of)
        admin = f"administrator of {whole}" if whole else "administrator of no account"
        head = (
            f"{self.source} becomes {len(self)} of {self.asked} principals in "
            f"{len(self.accounts)} account{'' if len(self.accounts) == 1 else 's'}, and {admin}"
        )
        return self._told(head)

    def __repr__(self) -> str:
        who = few(map(called, self._found)) or "nobody"
        admin = f"; administrator of {few(self.admin_of)}" if self.admin_of else ""
        size = count(self.asked, "principal")
        return f"<BlastRadius {few([called(self.source)])} becomes {who}, of {size}{admin}>"


def _then(path: Path) -> str:
    """Say the steps of a path in one line: the way, and what it leads to."""
    return ", then ".join(f"{edge.way.title} ({edge.target})" for edge in path.edges)

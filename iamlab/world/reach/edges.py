"""An edge: one principal can gain what another has, or widen itself, by calls that it may make.

Notes
-----
AWS pages: "IAM roles"; "Grant a user permissions to pass a role to an AWS service"; "Policies and
permissions in AWS Identity and Access Management".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.world.reach.calls import Call
    from iamlab.world.reach.powers import Power
    from iamlab.world.reach.table import Way

Calls = Callable[[], "tuple[Call, ...]"]


@dataclass(frozen=True, slots=True)
class Edge:
    """One step from a point of the graph to another.

    Parameters
    ----------
    way
        How: a row of the table of ways.
    source, target
        From which power to which; of one principal, if it widens itself.
    make
        Gives the calls; only asked for when somebody looks at them.
    conditions
        What must be so besides permissions, and no policy says: "an instance runs ...".
    """

    way: Way
    source: Power
    target: Power
    make: Calls = field(compare=False, repr=False)
    conditions: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """What the source calls, in order; the last one gives it the target's power."""
        return self.make()

    @property
    def is_own(self) -> bool:
        """Whether a principal only widens itself."""
        return self.source.arn == self.target.arn

    @property
    def permissions(self) -> tuple[str, ...]:
        """The actions that its calls need, each once."""
        return tuple(dict.fromkeys(need.action for call in self.calls for need in call.needs))

    def __str__(self) -> str:
        how = " + ".join(dict.fromkeys(call.operation for call in self.calls))
        more = f" (if {' and '.join(self.conditions)})" if self.conditions else ""
        return f"{self.source} -> {self.target}: {how}{more}"

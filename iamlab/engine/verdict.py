"""The three verdicts, and what one layer says of a request: which of its statements apply."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.engine.layers import Attached
    from iamlab.engine.principals import Named
    from iamlab.policy.document import Statement


class Verdict(Enum):
    """The three outcomes, with AWS's words for them.

    Examples
    --------
    >>> print(Verdict.IMPLICIT_DENY.value, Verdict.IMPLICIT_DENY.symbol, Verdict.IMPLICIT_DENY)
    implicitDeny ○ implicit deny
    """

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"

    def __str__(self) -> str:
        return _WORDS[self.value][1]

    @property
    def symbol(self) -> str:
        """``✓``, ``✕`` or ``○``: colour is never the only sign."""
        return _WORDS[self.value][0]


_WORDS = {
    "allowed": ("✓", "allowed"),
    "explicitDeny": ("✕", "explicit deny"),
    "implicitDeny": ("○", "implicit deny"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A statement that applies to the request, and where it came from.

    Parameters
    ----------
    layer
        The kind of policy it stands in.
    attached
        The policy, and where that hangs.
    statement
        The statement.
    named
        In a resource policy: how directly it names the caller.
    """

    layer: str
    attached: Attached
    statement: Statement
    named: Named

    @property
    def address(self) -> str:
        """Policy and statement: ``readers/ReadMaps``, or ``readers/#2``."""
        return f"{self.attached.policy.name or 'policy'}/{self.statement.label}"

    def __str__(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True)
class Heard:
    """What one layer says of a request. ``present`` is False when there is no such policy."""

    present: bool = False
    allows: tuple[Hit, ...] = ()
    denies: tuple[Hit, ...] = ()

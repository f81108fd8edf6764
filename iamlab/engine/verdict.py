"""The three verdicts, and what the layers say of a request, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.deprecated import with_old_names

if TYPE_CHECKING:
    from iamlab.engine.layers import AttachedPolicy
    from iamlab.engine.matching import Mismatch
    from iamlab.engine.principals import Named
    from iamlab.policy.statement import Effect, Statement


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


@with_old_names
class StatementMatch(NamedTuple):
    """One statement, compared with a request: it applies if every element matches.

    Parameters
    ----------
    layer
        The kind of policy it stands in.
    attached
        The policy, and where that hangs.
    statement
        The statement.
    named
        How directly it names the caller, where it has a Principal.
    mismatches
        The elements that don't match the request.
    """

    layer: str
    attached: AttachedPolicy
    statement: Statement
    named: Named
    mismatches: tuple[Mismatch, ...] = ()

    @property
    def applies(self) -> bool:
        """Whether every element of it matches."""
        return not self.mismatches

    @property
    def misses(self) -> tuple[Mismatch, ...]:
        """The old name of ``mismatches``."""
        return self.mismatches

    @property
    def effect(self) -> Effect:
        """``"Allow"`` or ``"Deny"``."""
        return self.statement.effect

    @property
    def path(self) -> tuple[str, ...]:
        """From the caller to the policy: ``("group astronomers",)``."""
        return self.attached.path

    @property
    def address(self) -> str:
        """Policy and statement: ``readers/ReadMaps``, or ``readers/#2``."""
        return f"{self.attached.policy.name or 'policy'}/{self.statement.label}"

    def __str__(self) -> str:
        return self.address

    def __repr__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """Whether it applies, and if not, every mismatch."""
        if self.applies:
            return f"{self.effect} {self.address} applies."
        missed = "; ".join(map(str, self.mismatches))
        return f"{self.effect} {self.address} does not apply. {missed}."

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "statement": self.address,
            "effect": self.effect,
            "applies": self.applies,
            "misses": [str(mismatch) for mismatch in self.mismatches],
            "path": list(self.path),
        }


@dataclass(frozen=True, slots=True)
class LayerMatches:
    """What one layer says of a request.

    Parameters
    ----------
    levels
        Its statements, held against the request, level by level; no level at all when there is no
        such policy or it has no part in this request.
    why_absent
        In that case the reason, in a clause; empty when there is no such policy.
    only_denies
        Whether it is a ceiling that needs no Allow.

    Attributes
    ----------
    applying
        The statements that apply.
    """

    levels: tuple[tuple[StatementMatch, ...], ...] = ()
    why_absent: str = ""
    only_denies: bool = False
    applying: tuple[StatementMatch, ...] = field(init=False)

    def __post_init__(self) -> None:
        applying = tuple(one for level in self.levels for one in level if not one.mismatches)
        object.__setattr__(self, "applying", applying)

    @property
    def present(self) -> bool:
        """Whether there is such a policy, and it has a part in this request."""
        return bool(self.levels)

    @property
    def readings(self) -> tuple[StatementMatch, ...]:
        """All its statements."""
        return tuple(reading for level in self.levels for reading in level)

    @property
    def allows(self) -> tuple[StatementMatch, ...]:
        """The Allow statements that apply."""
        return tuple(reading for reading in self.applying if reading.effect == "Allow")

    @property
    def denies(self) -> tuple[StatementMatch, ...]:
        """The Deny statements that apply."""
        return tuple(reading for reading in self.applying if reading.effect == "Deny")

    @property
    def says(self) -> tuple[bool, ...]:
        """For each level that must allow, whether one of its statements does."""
        if self.only_denies:
            return ()
        return tuple(
            any(not reading.mismatches and reading.effect == "Allow" for reading in level)
            for level in self.levels
        )

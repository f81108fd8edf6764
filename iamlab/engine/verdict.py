"""The three verdicts, and the statements of each layer compared with a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamlab.engine.layers import AttachedPolicy
    from iamlab.engine.matching import Mismatch
    from iamlab.engine.principals import PrincipalMatch
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
        """``✓``, ``✕`` or ``○``, so that colour isn't the only sign."""
        return _WORDS[self.value][0]


_WORDS = {
    "allowed": ("✓", "allowed"),
    "explicitDeny": ("✕", "explicit deny"),
    "implicitDeny": ("○", "implicit deny"),
}


@with_old_names
class StatementMatch:
    """A statement, compared with a request: it matches if every element matches.

    Parameters
    ----------
    layer
        The type of its policy.
    attached
        The policy, and where it is attached.
    statement
        The statement.
    principal_match
        How directly it names the caller, if it has a Principal.
    applies
        Whether every element matches.
    compare
        Finds the mismatches of a statement with its principal match.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> (match,) = scenario("groups").can("dana", "s3:DeleteObject", MAP).determining
    >>> match.layer, match.effect, match.statement.sid, match.applies
    ('identity', 'Deny', 'KeepMaps', True)
    """

    __slots__ = (
        "_compare",
        "_found",
        "applies",
        "attached",
        "layer",
        "principal_match",
        "statement",
    )

    def __init__(
        self,
        layer: str,
        attached: AttachedPolicy,
        statement: Statement,
        principal_match: PrincipalMatch,
        *,
        applies: bool,
        compare: Callable[[Statement, PrincipalMatch], tuple[Mismatch, ...]],
    ) -> None:
        self.layer = layer
        self.attached = attached
        self.statement = statement
        self.principal_match = principal_match
        self.applies = applies
        self._compare = compare
        self._found: tuple[Mismatch, ...] | None = () if applies else None

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """The elements that don't match the request; computed at first use."""
        if self._found is None:
            self._found = self._compare(self.statement, self.principal_match)
        return self._found

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, StatementMatch)
            and (self.layer, self.attached, self.statement, self.principal_match)
            == (other.layer, other.attached, other.statement, other.principal_match)
            and self.mismatches == other.mismatches
        )

    def __hash__(self) -> int:
        return hash((self.layer, self.attached, self.statement))

    @property
    def effect(self) -> Effect:
        """``"Allow"`` or ``"Deny"``."""
        return self.statement.effect

    @property
    def path(self) -> tuple[str, ...]:
        """The path from the caller to the policy: ``("group astronomers",)``."""
        return self.attached.path

    @property
    def address(self) -> str:
        """The policy and statement: ``readers/ReadMaps``, or ``readers/#2``."""
        return f"{self.attached.policy.name or 'policy'}/{self.statement.label}"

    def __str__(self) -> str:
        return self.address

    def __repr__(self) -> str:
        return self.text

    @property
    def why_not(self) -> str:
        """The mismatches as text."""
        return "; ".join(map(str, self.mismatches))

    @property
    def text(self) -> str:
        """Whether the statement matches, and if not, every mismatch."""
        if self.applies:
            return f"{self.effect} {self.address} matches."
        return f"{self.effect} {self.address} doesn't match. {self.why_not}."

    def to_dict(self) -> dict[str, Any]:
        """Return the match as JSON values."""
        return {
            "statement": self.address,
            "effect": self.effect,
            "applies": self.applies,
            "misses": [str(mismatch) for mismatch in self.mismatches],
            "path": list(self.path),
        }


@dataclass(frozen=True, slots=True)
class LayerMatches:
    """The statements of a layer, compared with a request.

    Parameters
    ----------
    levels
        The statements by level; empty if there is no such policy, or it doesn't apply to the
        request.
    why_absent
        Why the layer doesn't apply, in a clause; empty if there is no such policy.
    only_denies
        Whether it is a ceiling that needs no Allow.
    is_restricted
        Whether Block Public Access cancels its Allow statements.

    Attributes
    ----------
    applying
        The statements that match.
    """

    levels: tuple[tuple[StatementMatch, ...], ...] = ()
    why_absent: str = ""
    only_denies: bool = False
    is_restricted: bool = False
    applying: tuple[StatementMatch, ...] = field(init=False)

    def __post_init__(self) -> None:
        applying = tuple(match for level in self.levels for match in level if match.applies)
        object.__setattr__(self, "applying", applying)

    @property
    def present(self) -> bool:
        """Whether there is such a policy, and it applies to this request."""
        return bool(self.levels)

    @property
    def matches(self) -> tuple[StatementMatch, ...]:
        """All statements of the layer."""
        return tuple(match for level in self.levels for match in level)

    @property
    def allows(self) -> tuple[StatementMatch, ...]:
        """The Allow statements that match."""
        return tuple(match for match in self.applying if match.effect == "Allow")

    @property
    def denies(self) -> tuple[StatementMatch, ...]:
        """The Deny statements that match."""
        return tuple(match for match in self.applying if match.effect == "Deny")

    @property
    def allows_by_level(self) -> tuple[bool, ...]:
        """For each level that must allow, whether one of its statements allows."""
        if self.only_denies:
            return ()
        return tuple(
            any(match.applies and match.effect == "Allow" for match in level)
            for level in self.levels
        )


def addresses(matches: Iterable[StatementMatch]) -> list[str]:
    """List the addresses of statements, each once: a policy can apply through several groups."""
    return list(dict.fromkeys(match.address for match in matches))

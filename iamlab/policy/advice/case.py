"""What every detector is given: the policy, what it is to be, and help to write findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.policy.advice.finding import Finding
from iamlab.policy.places import Places
from iamlab.policy.writing import edited

if TYPE_CHECKING:
    from iamlab.policy.advice.finding import Better
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


@dataclass(frozen=True, slots=True)
class Case:
    """A policy under review.

    Parameters
    ----------
    policy_type
        ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``, ``"session"``, ``"scp"``,
        ``"rcp"`` or ``"endpoint"``.
    service
        Of a resource policy: the service whose resource it hangs on, such as ``"s3"``.
    """

    policy: Policy
    policy_type: str = "identity"
    service: str | None = None
    places: Places = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", Places(self.policy))

    @property
    def names_principals(self) -> bool:
        """Whether a policy of this type says whom it means."""
        return self.policy_type in ("resource", "trust", "rcp", "endpoint")

    def find(
        self, code: str, path: str, what: str, mend: str, better: Better | None = None
    ) -> Finding:
        """Make a finding about the value at a path."""
        return Finding(code, path, *self.places.where(path), what, mend, better)

    def change(self, statement: Statement, **elements: Any) -> Better:
        """Write the policy with some elements of a statement replaced."""
        return lambda: edited(self.policy, {statement.number: replace(statement, **elements)})

    def without(self, statement: Statement) -> Better | None:
        """Write the policy without a statement; ``None`` if no other would be left."""
        if len(self.policy.statements) < 2:
            return None
        return partial(edited, self.policy, {statement.number: None})


Detector = Callable[[Case], Iterator[Finding]]
"""Looks at a whole policy for findings of one kind."""

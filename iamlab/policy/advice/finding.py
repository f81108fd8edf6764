"""A finding: what a reviewer would say about one place of a policy, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.errors import RequestError
from iamlab.policy.advice.codes import LEVEL_OF, MEANING_OF, OWN

if TYPE_CHECKING:
    from iamlab.policy.document import Policy

Better = Callable[[], "Policy"]
"""Writes a better policy, once somebody wants it."""


@with_old_names
@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    code
        As IAM Access Analyzer names it; :attr:`is_own` says whether it is iamlab's own.
    path, line, column
        Where it is: JSON path, and the place in the text, counted from 1.
    what
        What is wrong, with the values of this policy.
    mend
        How to mend it.
    better
        Writes the policy with this mended, where that needs no knowledge of what was meant.
    """

    code: str
    path: str
    line: int | None
    column: int | None
    what: str
    mend: str
    better: Better | None = field(default=None, repr=False, compare=False)

    @property
    def level(self) -> str:
        """``ERROR``, ``SECURITY_WARNING``, ``WARNING`` or ``SUGGESTION``."""
        return LEVEL_OF[self.code]

    @property
    def meaning(self) -> str:
        """What the code means wherever it stands."""
        return MEANING_OF[self.code]

    @property
    def is_own(self) -> bool:
        """Whether Access Analyzer has no such code."""
        return self.code in OWN

    @property
    def is_fixable(self) -> bool:
        """Whether :meth:`fix` can mend it."""
        return self.better is not None

    def fix(self) -> Policy:
        """Give the policy with this mended.

        Raises
        ------
        RequestError
            Only a person can say what was meant.
        """
        if self.better is None:
            raise RequestError(f"{self.code} has no mechanical mend. {self.mend}")
        return self.better()

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as JSON values, in the field names of ``ValidatePolicy``."""
        return {
            "findingType": self.level,
            "issueCode": self.code,
            "findingDetails": f"{self.what} {self.mend}",
            "locations": [{"path": self.path, "line": self.line, "column": self.column}],
            "fixable": self.is_fixable,
        }

    def __str__(self) -> str:
        place = self.path
        if self.line is not None:
            place += f" (line {self.line}, column {self.column})"
        return f"{self.level} {self.code} at {place}: {self.what} {self.mend}"

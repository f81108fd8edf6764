"""A finding: what a reviewer would say about one place of a policy, and how to fix it.

``finding_codes.toml`` has all codes of IAM Access Analyzer, and a few that are iamlab's own. Those
that iamlab does not look for are in ``NOT_DONE`` with the reason, so that nobody takes "no finding"
for "no problem".

Notes
-----
AWS page: "IAM Access Analyzer policy check reference" (state of September 2026).
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.errors import RequestError

if TYPE_CHECKING:
    from iamlab.policy.record import PolicyRecord


LEVELS = ("ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION")
ERROR, SECURITY_WARNING, WARNING, SUGGESTION = LEVELS
"""The gravest first."""

_TABLES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("finding_codes.toml").read_text("utf-8")
)
_OWN: dict[str, dict[str, str]] = _TABLES["own"]

OWN = frozenset(code for codes in _OWN.values() for code in codes)
"""The codes that Access Analyzer does not have."""

_CODES: dict[str, dict[str, str]] = {
    level: _TABLES[level] | _OWN.get(level, {}) for level in LEVELS
}
LEVEL_OF = {code: level for level, codes in _CODES.items() for code in codes}
"""The level of each code."""

MEANING_OF = {code: meaning for codes in _CODES.values() for code, meaning in codes.items()}
"""What each code means, in a sentence."""

NOT_DONE: dict[str, str] = _TABLES["not_checked"]
"""What iamlab does not look for, each with the reason."""

ELEMENT_TEXTS: dict[str, dict[str, dict[str, str]]] = _TABLES["elements"]
"""Kind of defect of an element -> type of policy -> code, what and remedy."""

Better = Callable[[], "PolicyRecord"]
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
    remedy
        How to fix it.
    better
        Writes the policy with this mended, where that needs no knowledge of what was meant.
    """

    code: str
    path: str
    line: int | None
    column: int | None
    what: str
    remedy: str
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
        """Whether :meth:`fixed` can fix it."""
        return self.better is not None

    def fixed(self) -> PolicyRecord:
        """Return the policy with this problem fixed.

        Raises
        ------
        RequestError
            Only a person can say what was meant.
        """
        if self.better is None:
            raise RequestError(f"{self.code} has no automatic fix. {self.remedy}")
        return self.better()

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as JSON values, in the field names of ``ValidatePolicy``."""
        return {
            "findingType": self.level,
            "issueCode": self.code,
            "findingDetails": f"{self.what} {self.remedy}",
            "locations": [{"path": self.path, "line": self.line, "column": self.column}],
            "fixable": self.is_fixable,
        }

    def __str__(self) -> str:
        place = self.path
        if self.line is not None:
            place += f" (line {self.line}, column {self.column})"
        return f"{self.level} {self.code} at {place}: {self.what} {self.remedy}"

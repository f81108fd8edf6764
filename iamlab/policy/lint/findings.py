"""A finding: a problem at one place of a policy, and how to fix it.

``finding_codes.toml`` has all codes of IAM Access Analyzer, and a few of iamlab's own. ``NOT_DONE``
lists the codes that iamlab doesn't check, with the reason. "No finding" doesn't mean "no problem".

Notes
-----
AWS page: "IAM Access Analyzer policy check reference" (state of September 2026).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.errors import RequestError
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.policy.record import PolicyRecord


LEVELS = ("ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION")
ERROR, SECURITY_WARNING, WARNING, SUGGESTION = LEVELS
"""The levels, most severe first."""

_TABLES: dict[str, Any] = tables(__file__, "finding_codes.toml")
_OWN: dict[str, dict[str, str]] = _TABLES["own"]

OWN = frozenset(code for codes in _OWN.values() for code in codes)
"""The codes that Access Analyzer doesn't have."""

_CODES: dict[str, dict[str, str]] = {
    level: _TABLES[level] | _OWN.get(level, {}) for level in LEVELS
}
LEVEL_OF = {code: level for level, codes in _CODES.items() for code in codes}
"""The level of each code."""

MEANING_OF = {code: meaning for codes in _CODES.values() for code, meaning in codes.items()}
"""What each code means, in a sentence."""

NOT_DONE: dict[str, str] = _TABLES["not_checked"]
"""The codes that iamlab doesn't check, with the reason."""

ELEMENT_TEXTS: dict[str, dict[str, dict[str, str]]] = _TABLES["elements"]
"""Kind of defect of an element -> policy type -> code, problem and remedy."""

Better = Callable[[], "PolicyRecord"]
"""Writes the fixed policy when it is called."""


@with_old_names
@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    code
        The code of IAM Access Analyzer; if :attr:`is_own` is true, iamlab's own.
    path, line, column
        The JSON path, and the position in the text, from 1.
    what
        The problem, with the values of this policy.
    remedy
        How to fix it.
    better
        Writes the fixed policy; ``None`` if only a person can fix it.

    Examples
    --------
    >>> from iamlab import Policy
    >>> (finding,) = Policy.allow("s3:GetObjct").lint()
    >>> finding.code, finding.path
    ('INVALID_ACTION', '$.Statement[0].Action')
    >>> print(finding.remedy)
    Did you mean s3:GetObject?
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
        """The general meaning of the code."""
        return MEANING_OF[self.code]

    @property
    def is_own(self) -> bool:
        """Whether the code is iamlab's own: Access Analyzer doesn't have it."""
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
            Only a person can fix it.
        """
        if self.better is None:
            raise RequestError(f"{self.code} has no automatic fix. {self.remedy}")
        return self.better()

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values, in the field names of ``ValidatePolicy``."""
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

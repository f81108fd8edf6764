"""What an audit has found: findings, what is well, and what could not be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.display import Shown, few
from iamlab.world.audit.control import SEVERITIES, names_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.audit.control import Control
    from iamlab.world.audit.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    subject
        Of whom or what it is: an ARN.
    """

    control: Control
    subject: str
    what: str
    mend: str

    @property
    def severity(self) -> str:
        """``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW`` or ``INFORMATIONAL``."""
        return self.control.severity

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "control": self.control.id,
            "severity": self.severity,
            "subject": self.subject,
            "what": self.what,
            "mend": self.mend,
        }

    def __str__(self) -> str:
        return _said((self.control,), self)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A control that could not be asked."""

    control: Control
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {**self.control.to_json(), "reason": self.reason}


@dataclass(frozen=True, slots=True, repr=False)
class Audit(Shown):
    """An audit of one account.

    Parameters
    ----------
    findings
        The gravest first.
    passed
        The controls that found nothing.
    unanswered
        The controls that could not be asked, each with the reason.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main")
    >>> _ = main.root.create_access_key()
    >>> audit = main.audit()
    >>> audit.findings[0].control.id, audit.findings[0].severity
    ('root-access-key', 'CRITICAL')
    """

    account: str
    account_id: str
    thresholds: Thresholds
    findings: tuple[Finding, ...]
    passed: tuple[Control, ...]
    unanswered: tuple[Unanswered, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def of(self, control_id: str) -> tuple[Finding, ...]:
        """Give the findings of one control."""
        return tuple(one for one in self.findings if one.control.id == control_id)

    def to_json(self) -> dict[str, Any]:
        """Give all of it as JSON values."""
        return {
            "account": self.account,
            "accountId": self.account_id,
            "thresholds": self.thresholds.to_json(),
            "controls": {
                control.id: control.to_json()
                for control in (*(one.control for one in self.findings), *self.passed)
            },
            "findings": [finding.to_json() for finding in self.findings],
            "passed": [control.id for control in self.passed],
            "unanswered": [one.to_json() for one in self.unanswered],
        }

    def __str__(self) -> str:
        lines = [f"Audit of account {self.account_id}: {self._counts()}"]
        lines += [_said(controls, finding) for finding, controls in self._grouped()]
        lines.append(f"✓ {len(self.passed)} controls found nothing.")
        lines.append(f"? {len(self.unanswered)} controls could not be asked:")
        by_reason: dict[str, list[Control]] = {}
        for one in self.unanswered:
            by_reason.setdefault(one.reason, []).append(one.control)
        for reason, controls in by_reason.items():
            lines.append(f"    {', '.join(control.id for control in controls)}: {reason}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Audit of account {few([self.account])} ({self.account_id}): {self._counts()}>"

    def _counts(self) -> str:
        counts = {
            level: sum(finding.severity == level for finding in self.findings)
            for level in SEVERITIES
        }
        said = ", ".join(f"{number} {level.lower()}" for level, number in counts.items() if number)
        return f"{said}." if said else "nothing found."

    def _grouped(self) -> Iterator[tuple[Finding, tuple[Control, ...]]]:
        """Give each flaw once, with all controls that found it."""
        groups: dict[tuple[str, str, str], list[Finding]] = {}
        for one in self.findings:
            groups.setdefault((one.subject, one.what, one.mend), []).append(one)
        for same in groups.values():
            yield same[0], tuple(one.control for one in same)


def _said(controls: tuple[Control, ...], finding: Finding) -> str:
    ids = ", ".join(control.id for control in controls)
    names = names_of(controls)
    head = f"✕ {finding.severity} {ids}" + (f" ({names})" if names else "")
    return f"{head}\n    {finding.subject}: {finding.what}\n    {finding.mend}"

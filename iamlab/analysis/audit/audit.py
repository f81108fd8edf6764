"""What an auditor would find in an account: the controls of CIS and of AWS Security Hub.

Each control is checked on the whole account, and knows nothing of the others. The controls that
this world can't answer are listed with the reason: "no finding" doesn't mean "no problem".

The default thresholds are those of CIS and Security Hub.

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.analysis.audit import controls
from iamlab.analysis.audit import credentials as _of_credentials  # noqa: F401 - its checks
from iamlab.analysis.audit import identities as _of_identities  # noqa: F401 - its checks
from iamlab.analysis.audit.controls import AuditedAccount, CannotTell, Thresholds, Unanswered
from iamlab.deprecated import with_old_names
from iamlab.display import Shown, count, few

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.analysis.audit.controls import Control
    from iamlab.analysis.credential_report import Credentials
    from iamlab.model.account import Account


def audit(
    account: Account, credentials: Sequence[Credentials] | None = None, **limits: object
) -> Audit:
    """Check an account against every control.

    Parameters
    ----------
    credentials
        As a credential report gives them; without it, what the world knows.
    limits
        Thresholds, by the names of :class:`Thresholds`.

    Raises
    ------
    RequestError
        There is no such threshold, or it has a value of the wrong kind.
    """
    audited = AuditedAccount(account, controls.thresholds(limits), credentials)
    findings: list[Finding] = []
    passed: list[Control] = []
    unanswered: list[Unanswered] = []
    for control in controls.CONTROLS:
        try:
            found = [Finding(control, *flaw) for flaw in controls.CHECKS[control.id](audited)]
        except CannotTell as reason:
            unanswered.append(Unanswered(control, str(reason)))
            continue
        findings += found
        if not found:
            passed.append(control)
    return Audit(
        account.name,
        account.account_id,
        audited.thresholds,
        tuple(sorted(findings, key=lambda finding: finding.control.rank)),
        tuple(passed),
        (*unanswered, *controls.NOT_MODELLED),
    )


@with_old_names
@dataclass(frozen=True, slots=True)
class Finding:
    """A control that an account does not meet.

    Parameters
    ----------
    subject
        The ARN of the identity or policy.

    Examples
    --------
    >>> from iamlab import World
    >>> account = World(seed=7).create_account("acme")
    >>> account.create_user("dana").attach_policy("ReadOnlyAccess")
    >>> (finding,) = account.audit().of("user-policies")
    >>> print(finding.what, finding.remedy)
    The user has 1 policy of its own. Give it to a group, and put the user into it; or ...
    """

    control: Control
    subject: str
    what: str
    remedy: str

    @property
    def severity(self) -> str:
        """``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW`` or ``INFORMATIONAL``."""
        return self.control.severity

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "control": self.control.id,
            "severity": self.severity,
            "subject": self.subject,
            "what": self.what,
            "mend": self.remedy,
        }

    def __str__(self) -> str:
        return _written((self.control,), [self])


@with_old_names
@dataclass(frozen=True, slots=True, repr=False)
class Audit(Shown):
    """An audit of one account.

    Parameters
    ----------
    findings
        The most severe first.
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
        """Return the findings of one control."""
        return tuple(finding for finding in self.findings if finding.control.id == control_id)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "account": self.account,
            "accountId": self.account_id,
            "thresholds": self.thresholds.to_dict(),
            "controls": {
                control.id: control.to_dict()
                for control in (*(finding.control for finding in self.findings), *self.passed)
            },
            "findings": [finding.to_dict() for finding in self.findings],
            "passed": [control.id for control in self.passed],
            "unanswered": [question.to_dict() for question in self.unanswered],
        }

    def __str__(self) -> str:
        lines = [f"Audit of account {self.account_id}: {self._counts()}"]
        lines += [_written(*group) for group in self._grouped()]
        lines.append(f"✓ {count(len(self.passed), 'control')} found nothing.")
        lines.append(f"? {count(len(self.unanswered), 'control')} could not be asked:")
        by_reason: dict[str, list[Control]] = {}
        for question in self.unanswered:
            by_reason.setdefault(question.reason, []).append(question.control)
        for reason, same in by_reason.items():
            lines.append(f"    {', '.join(control.id for control in same)}: {reason}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Audit of account {few([self.account])} ({self.account_id}): {self._counts()}>"

    def _counts(self) -> str:
        counts = Counter(finding.severity for finding in self.findings)
        found = [level for level in controls.SEVERITIES if counts[level]]
        numbers = [f"{counts[level]} {level.lower()}" for level in found]
        return f"{', '.join(numbers)}." if found else "nothing found."

    def _grouped(self) -> Iterator[tuple[tuple[Control, ...], list[Finding]]]:
        """Return controls that found the same, with each flaw once."""
        flaws: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self.findings:
            flaws.setdefault((finding.subject, finding.what, finding.remedy), []).append(finding)
        groups: dict[tuple[tuple[Control, ...], str], list[Finding]] = {}
        for same in flaws.values():
            found_by = tuple(finding.control for finding in same)
            groups.setdefault((found_by, same[0].remedy), []).append(same[0])
        for (found_by, _), findings in groups.items():
            yield found_by, findings


def _written(found_by: tuple[Control, ...], findings: Sequence[Finding]) -> str:
    ids = ", ".join(control.id for control in found_by)
    names = controls.names_of(found_by)
    head = f"✕ {findings[0].severity} {ids}" + (f" ({names})" if names else "")
    flaws = [f"{finding.subject}: {finding.what}" for finding in findings]
    return "\n    ".join((head, *flaws, findings[0].remedy))

"""What an auditor would find in an account: the controls of CIS and of AWS Security Hub.

Each module holds controls of one kind; each control looks at a whole account and knows nothing of
the others. What this world cannot tell is listed with the reason, so that nobody takes "no finding"
for "no problem".

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management". The numbers are those of
the CIS AWS Foundations Benchmark, versions 3.0 and 5.0.
"""

from __future__ import annotations

from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING

from iamlab.world.audit.case import CannotTell, Case
from iamlab.world.audit.report import Audit, Finding, Unanswered
from iamlab.world.audit.thresholds import thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.world.account import Account
    from iamlab.world.audit.control import Control
    from iamlab.world.reports_facts import Credentials

MODULES = ("root", "keys", "signing_in", "passwords", "policies", "references", "tidiness")
"""Where the controls are."""

__all__ = ["Audit", "Finding", "Unanswered", "audit", "controls"]


def controls() -> tuple[Control, ...]:
    """List all controls that this world can look at, in the order of their modules."""
    found: list[Control] = []
    for name in MODULES:
        found += import_module(f"iamlab.world.audit.{name}").CONTROLS
    return tuple(found)


def control_of(control_id: str) -> Control:
    """Find a control by its name; one that cannot be asked here, too."""
    from iamlab.world.audit.not_asked import NOT_ASKED

    every = chain(controls(), (one.control for one in NOT_ASKED))
    return next(one for one in every if one.id == control_id)


def audit(
    account: Account,
    credentials: Sequence[Credentials] | None = None,
    **given: object,
) -> Audit:
    """Look at an account with every control.

    Parameters
    ----------
    credentials
        As a credential report gives them; without it, what the world knows.
    given
        Thresholds, by the names of :class:`Thresholds`.

    Raises
    ------
    RequestError
        There is no such threshold, or it has a value of the wrong kind.
    """
    from iamlab.world.audit.not_asked import NOT_ASKED

    limits = thresholds(given)
    case = Case(account, limits, credentials)
    findings: list[Finding] = []
    passed: list[Control] = []
    unanswered: list[Unanswered] = []
    for control in controls():
        try:
            found = [Finding(control, *flaw) for flaw in control.look(case)]
        except CannotTell as reason:
            unanswered.append(Unanswered(control, str(reason)))
            continue
        findings += found
        if not found:
            passed.append(control)
    return Audit(
        account.name,
        account.account_id,
        limits,
        tuple(sorted(findings, key=lambda finding: finding.control.rank)),
        tuple(passed),
        (*unanswered, *NOT_ASKED),
    )

"""A control: one thing that an auditor asks, and what others call it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iamlab.world.audit.case import Case

CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL = (
    *("CRITICAL", "HIGH", "MEDIUM", "LOW"),
    "INFORMATIONAL",
)
SEVERITIES = (CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL)
"""The gravest first."""

Flaw = tuple[str, str, str]
"""Of whom or what (an ARN), what is wrong, how to mend it."""

Look = Callable[["Case"], Iterable[Flaw]]


def nobody_looks(_: Case) -> Iterable[Flaw]:
    """Look at nothing: a control that this world cannot answer."""
    return ()


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that is asked of an account.

    Parameters
    ----------
    id
        iamlab's name for it.
    severity
        As Security Hub grades it; where it has no such control, iamlab's own judgement.
    cis_3, cis_5
        Its number in the CIS AWS Foundations Benchmark 3.0 and 5.0; empty if it is not there.
    security_hub
        Its numbers there.
    config_rule
        The rule of AWS Config that asks the same.
    look
        Looks at a case, and gives what is wrong.
    """

    id: str
    title: str
    severity: str
    cis_3: str = ""
    cis_5: str = ""
    security_hub: tuple[str, ...] = ()
    config_rule: str = ""
    look: Look = field(default=nobody_looks, repr=False, compare=False)

    def __reduce__(self) -> tuple[Any, ...]:  # a function inside of a function fits in no file
        from iamlab.world.audit import control_of

        return control_of, (self.id,)

    @property
    def rank(self) -> int:
        """Where it stands among the severities: 0 is the gravest."""
        return SEVERITIES.index(self.severity)

    @property
    def is_own(self) -> bool:
        """Whether only iamlab asks it."""
        return not (self.cis_3 or self.cis_5 or self.security_hub or self.config_rule)

    @property
    def names(self) -> str:
        """What others call it: ``CIS 1.4 (3.0), 1.3 (5.0); Security Hub IAM.4``."""
        return names_of((self,))

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "id": self.id,
            "title": self.title,
            "severity": self.severity,
            "cis": {"3.0": self.cis_3 or None, "5.0": self.cis_5 or None},
            "securityHub": list(self.security_hub),
            "configRule": self.config_rule or None,
        }


def names_of(controls: Sequence[Control]) -> str:
    """Say what others call some controls; empty if nobody does."""
    cis = [
        f"{number} ({version})"
        for one in controls
        for version, number in (("3.0", one.cis_3), ("5.0", one.cis_5))
        if number
    ]
    hub = [number for one in controls for number in one.security_hub]
    rules = [one.config_rule for one in controls if one.config_rule and not one.security_hub]
    kinds = (("CIS", cis), ("Security Hub", hub), ("AWS Config", rules))
    return "; ".join(f"{kind} {', '.join(numbers)}" for kind, numbers in kinds if numbers)

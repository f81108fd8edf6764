"""What reaches an account from above: the policies at each level, from the root to the account.

Notes
-----
AWS pages: "SCP evaluation"; "How RCPs work with AWS Organizations".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.display import Shown
from iamlab.engine.layers import Attached
from iamlab.world.organization.policies import type_of
from iamlab.world.policy_types import SCP

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.organization import Organization


def levels(
    organization: Organization, account_id: str, policy_type: str
) -> tuple[tuple[Attached, ...], ...]:
    """Give what reaches an account from above, the root first.

    There is nothing if the type is not enabled, and never anything for the management account: no
    SCP limits its principals, and no RCP its resources.
    """
    type_of(policy_type)
    if policy_type not in organization.root.policy_types:
        return ()
    if account_id == organization.management_account_id or account_id not in organization.members:
        return ()
    return tuple(
        tuple(
            Attached(policy.document, policy.arn, (target.label,))
            for policy in map(organization.policies.__getitem__, target.attached)
            if policy.type == policy_type
        )
        for target in organization.way_to(account_id)
    )


@dataclass(frozen=True, slots=True)
class Level:
    """What hangs at one place on the way from the root to an account.

    Parameters
    ----------
    label
        ``root``, ``OU Prod``, ``account acme-dev``.
    """

    label: str
    target_id: str
    policies: tuple[Attached, ...]


@dataclass(frozen=True, slots=True)
class EffectivePolicies(Shown):
    """What reaches an account from above; every level must allow, and none may deny.

    Parameters
    ----------
    levels
        The root first, the account last.
    note
        Why nothing reaches it, if nothing does.
    """

    account_id: str
    account_name: str
    type: str
    levels: tuple[Level, ...]
    note: str = ""

    def __str__(self) -> str:
        head = f"{self.type} for {self.account_name} ({self.account_id})"
        if self.note:
            return f"{head}: {self.note}"
        wide = max(len(level.label) for level in self.levels)
        lines = [f"{head}: each level must allow, none may deny"]
        for level in self.levels:
            names = ", ".join(attached.policy.name for attached in level.policies)
            lines.append(f"  {level.label:<{wide}}  {names}")
        return "\n".join(lines)


def effective(organization: Organization, account: Account, policy_type: str) -> EffectivePolicies:
    """Say what reaches an account from above."""
    found = levels(organization, account.account_id, policy_type)
    way = organization.way_to(account.account_id)
    shown = tuple(
        Level(target.label, target.id, policies)
        for target, policies in zip(way, found, strict=False)
    )
    note = "" if found else _why_nothing(organization, policy_type)
    return EffectivePolicies(account.account_id, account.name, policy_type, shown, note)


def _why_nothing(organization: Organization, policy_type: str) -> str:
    if policy_type not in organization.root.policy_types:
        return "nothing, as the type is not enabled"
    what = "its principals" if policy_type == SCP else "its resources"
    return f"nothing, as it is the management account: no policy limits {what}"

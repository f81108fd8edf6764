"""Who is an administrator: may do all in its account that the account's SCPs leave to it.

Three things must be so. An action of which no policy has ever heard is allowed, so it is allowed
everything. No Deny of the principal's own, and no ceiling of its own, takes anything away; whoever
can take such a Deny away has a way to do so, and is an administrator after it. And with all that
applies, SCPs too, it may make the calls of IAM by which power is given: whoever may not (a power
user, a federated user) cannot do as he likes.

Notes
-----
AWS pages: "AWS managed policies for job functions", AdministratorAccess; "Policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.world.reach.calls import Need
from iamlab.world.reach.own_denies import UNHEARD_OF, denying

if TYPE_CHECKING:
    from iamlab.engine.layers import Attached
    from iamlab.world.reach.deciding import Decider
    from iamlab.world.reach.powers import Power

GIVES_POWER = (
    *("AttachRolePolicy", "PutRolePolicy", "CreateRole", "UpdateAssumeRolePolicy"),
    *("AttachUserPolicy", "PutUserPolicy", "CreateUser", "CreateAccessKey"),
)
"""Calls of IAM that an administrator makes to give power to whom he likes."""


def is_admin(decider: Decider, power: Power) -> bool:
    """Say whether a power is an administrator of its account, as it stands."""
    known, is_root = power.gathered, power.arn.endswith(":root")
    if is_root and known.session:
        return False  # a member's root user, assumed for one task
    if not is_root and not any(takes_all(one) for one in known.identity):
        return False  # the usual case, quickly
    without_scps = replace(power, gathered=replace(known, scps=()))
    if not decider.decide(without_scps, Need(UNHEARD_OF, "*", {})):
        return False
    if denying(decider, power):
        return False
    account = decider.world.accounts[power.account_id]
    start = f"arn:{account.partition}:iam::{account.account_id}"
    return all(
        decider.decide(power, Need(f"iam:{name}", f"{start}:{_kind(name)}/iamlab-probe", {}))
        for name in GIVES_POWER
    )


def takes_all(attached: Attached) -> bool:
    """Say whether a policy has an Allow that could be for all actions."""
    return any(
        one.effect == "Allow" and ("*" in (one.action or ()) or one.not_action is not None)
        for one in attached.policy.statements
    )


def _kind(name: str) -> str:
    return "role" if "Role" in name else "user"

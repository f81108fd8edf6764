"""Which Denies of a principal's own policies take something away from it.

A Deny counts if its conditions can hold for the principal as it stands. A condition on who calls,
such as one on MFA, is known; one on what is called, such as a Region, holds for some call or other.

Notes
-----
AWS page: "Policy evaluation logic", an explicit deny.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.prepared import condition_tests
from iamlab.world.reach.calls import Need

if TYPE_CHECKING:
    from iamlab.engine.layers import Attached
    from iamlab.engine.request import Request
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement
    from iamlab.world.reach.deciding import Decider
    from iamlab.world.reach.powers import Power

OF_CALLER = ("aws:principal", "aws:username", "aws:userid", "aws:multifactor", "aws:token")
"""How the condition keys begin that say who calls."""

UNHEARD_OF = "iamlab-probe:AnythingAtAll"
"""An action that no policy names: only a policy for all actions allows it."""


def denies_something(policy: Policy) -> bool:
    """Say whether a policy has a Deny."""
    return any(one.effect == "Deny" for one in policy.statements)


def denying(decider: Decider, power: Power) -> list[Attached]:
    """Give those of a principal's own policies and ceilings that deny it something."""
    layers = power.gathered.layers()
    own = (*layers.of("identity"), *layers.of("boundary"), *layers.of("session"))
    having = [one for one in own if denies_something(one.policy)]
    if not having:
        return []
    request = decider.question(power, Need(UNHEARD_OF, "*", {})).request
    return [
        one
        for one in having
        if any(_denies(statement, request) for statement in one.policy.statements)
    ]


def _denies(statement: Statement, request: Request) -> bool:
    """Say whether a statement is a Deny that holds for a caller, at least for some calls."""
    tests = zip(statement.conditions, condition_tests(statement), strict=True)
    return statement.effect == "Deny" and all(
        test(request) for one, test in tests if one.key.lower().startswith(OF_CALLER)
    )

"""Ways to have a function of the world run code of one's own with its role: rows 61 and 62.

Notes
-----
AWS pages: "API UpdateFunctionCode"; "API UpdateFunctionConfiguration"; "Managing Lambda
dependencies with layers"; "Viewing resource-based IAM policies in Lambda", for a function's policy
lets its principals change the function too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.world.reach.plans import plan
from iamlab.world.reach.ways.finding import finds
from iamlab.world.reach.ways.services import Known, by_known
from iamlab.world.services.lambda_function import Function
from iamlab.world.sts.finding import find_role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.world.account import Account
    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.plans import Plan
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way

EVENTS = "lambda:CreateEventSourceMapping"

RUN = {
    " & lambda:InvokeFunction function": "",
    " & lambda:AddPermission function": "",
    f" & {EVENTS} lambda:FunctionArn={{function}}": (
        "the role {role} may read a stream or a queue that is there"
    ),
    "": "something calls the function",
}
"""How the function comes to run: by the caller, by somebody whom it lets, by events, or anyway."""

LAYER = (
    "lambda:GetLayerVersion layerVersion & "
    "lambda:UpdateFunctionConfiguration function lambda:Layer={layerVersion}"
)
BY_LAYER = "a layer holds code of the caller's"
BY_VARIABLE = "an environment variable makes the function's runtime load other code"


def _and(*texts: str) -> str:
    return ", and ".join(text for text in texts if text)


CODE_PLANS = tuple(
    plan("lambda", f"lambda:UpdateFunctionCode function{run}", given) for run, given in RUN.items()
)
SETTING_PLANS = (
    *(
        plan("lambda", f"{LAYER}{run}", _and(BY_LAYER, given), main="function")
        for run, given in RUN.items()
    ),
    *(
        plan(
            "lambda",
            f"lambda:UpdateFunctionConfiguration function{run}",
            _and(BY_VARIABLE, given),
        )
        for run, given in RUN.items()
    ),
)


A_FUNCTION = "a function works with the role {role}"


@finds(61)
def replace_code(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``UpdateFunctionCode``; then the function must run."""
    yield from _change(one, way, CODE_PLANS)


@finds(62)
def change_settings(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``UpdateFunctionConfiguration`` with a layer, or with environment variables."""
    yield from _change(one, way, SETTING_PLANS)


def _change(one: Standpoint, way: Way, plans: Sequence[Plan]) -> Iterator[Edge]:
    yield from by_known(one, way, plans, list(_functions(one.account)), A_FUNCTION)
    for account in one.world.accounts.values():
        if account is not one.account:
            # Nobody makes an event source for a function of another account.
            abroad = [plan for plan in plans if EVENTS not in plan.actions]
            shared = [each for each in _functions(account) if each.is_shared]
            yield from by_known(one, way, abroad, shared, "")


def _functions(account: Account) -> Iterator[Known]:
    """Give the functions of an account that have a role of it."""
    for each in account.resources.values():
        role = find_role(account.world, each.role_arn) if isinstance(each, Function) else None
        if role is not None and role.account is account:
            yield Known({"function": each.arn}, role, is_shared=each.policy is not None)

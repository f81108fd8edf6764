"""Lambda: the operations that make functions, give them their roles, and write their policies.

Notes
-----
AWS pages: "Viewing resource-based IAM policies in Lambda"; "Defining Lambda function permissions
with an execution role"; "API AddPermission"; "Grant a user permissions to pass a role to an AWS
service".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.authorize import authorization_request
from iamlab.errors.services import (
    InvalidParameterValueException,
    LambdaAccessDenied,
    LambdaResourceNotFound,
    ResourceConflictException,
)
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.common import keep, misfit
from iamlab.operations.services.lambda_function import API, Function
from iamlab.operations.services.statements import (
    add_statement,
    principal_of,
    remove_statement,
    sids_of,
)
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

SERVICE = "lambda.amazonaws.com"
_ROLE = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"


def _configuration(function: Function) -> dict[str, Any]:
    return {"FunctionName": function.name, "FunctionArn": function.arn, "Role": function.role_arn}


def _pass_role(account: Account, given: Parameters) -> list[tuple[str, str]]:
    """Whoever gives a function its role hands the role to Lambda."""
    role = given.get("Role", "")
    passed = [("iam:PassRole", role)] if is_arn(role) else []
    return [*passed, *API.also(account, given)]


@API.makes("CreateFunction", answer=_configuration, also=_pass_role)
def create_function(account: Account, given: Parameters) -> Function:
    """Make a function, with a role that Lambda can assume."""
    function = Function(account, API.check_new(account, given), API.tags(given))
    _check_role(function, given["Role"])
    function.role_arn = given["Role"]
    if "Policy" in given:
        function.policy = resource_policy(given["Policy"], function, "lambda")
    return keep(account, function)


@API.does("UpdateFunctionConfiguration", answer=_configuration, also=_pass_role)
def update_function_configuration(account: Account, given: Parameters) -> Function:
    """Give a function another role."""
    function: Function = API.find(account, given)
    if "Role" in given:
        _check_role(function, given["Role"])
        function.role_arn = given["Role"]
        account.changed()
    return function


def _check_role(function: Function, role_arn: str) -> None:
    """Insist on a role of the account that lets Lambda assume it, for this function."""
    account = function.account
    parsed = Arn.parse(role_arn) if is_arn(role_arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind != "role":
        raise misfit(role_arn, "role", _ROLE)
    if parsed.account != account.account_id:
        raise LambdaAccessDenied("Cross-account pass role is not allowed.")
    context = {"aws:SourceArn": function.arn, "aws:SourceAccount": account.account_id}
    asked = authorization_request(account.world, SERVICE, "sts:AssumeRole", role_arn, context, {})
    if not asked.decide():
        raise InvalidParameterValueException(
            "The role defined for the function cannot be assumed by Lambda."
        )


@API.does(
    "AddPermission",
    answer=lambda made: {"Statement": made},
    keys=lambda _, given: {"lambda:Principal": given["Principal"]},
)
def add_permission(account: Account, given: Parameters) -> dict[str, Any]:
    """Write a statement into a function's policy."""
    function: Function = API.find(account, given)
    sid = given["StatementId"]
    if sid in sids_of(function.policy):
        raise ResourceConflictException(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )
    conditions: dict[str, dict[str, str]] = {}
    for parameter, (operator, key) in _CONDITIONS.items():
        if parameter in given:
            value = given[parameter]
            text = str(value).lower() if isinstance(value, bool) else value
            conditions.setdefault(operator, {})[key] = text
    return add_statement(
        function,
        sid,
        principal_of(given["Principal"], account.partition),
        given["Action"],
        conditions,
        qualifier=f":{given['Qualifier']}" if "Qualifier" in given else "",
        policy_id="default",
    )


_CONDITIONS = {
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
"""Parameter of AddPermission -> the condition that it becomes."""


def _no_policy(_: str) -> LambdaResourceNotFound:
    return LambdaResourceNotFound("No policy is associated with the given resource.")


@API.does("RemovePermission")
def remove_permission(account: Account, given: Parameters) -> None:
    """Take a statement out of a function's policy."""
    function: Function = API.find(account, given)
    if function.policy is None:
        raise _no_policy(function.arn)
    sid = given["StatementId"]
    refusal = LambdaResourceNotFound(f"Statement {sid} is not found in resource policy.")
    end = f":{given['Qualifier']}" if "Qualifier" in given else ""
    for one in function.policy.statements:
        if one.sid == sid and not any(arn.endswith(end) for arn in one.resource or ()):
            raise refusal  # it is of another version or alias
    remove_statement(function, sid, refusal)


API.saves_policies("PutResourcePolicy", "Policy")
API.deletes_policies("DeleteResourcePolicy", _no_policy)
API.shared()

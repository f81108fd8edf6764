"""Lambda functions: each has an execution role, and a policy for its callers.

The function's single policy also applies to its versions and aliases, which its statements name.
(Lambda has a policy for each, with the same result.)

Lambda assumes the role for an execution environment, and runs the function in it repeatedly with
the same credentials. They last twelve hours and aren't renewed: a new environment gets new ones.
Lambda decides when. Here, a new environment starts before a run could outlast its credentials (a
run takes at most 15 minutes); that is likely, not certain.

Notes
-----
AWS pages: "Viewing resource-based IAM policies in Lambda"; "Defining Lambda function permissions
with an execution role"; "API AddPermission"; "Working with Lambda execution environment
credentials"; "Lambda quotas", for the longest run; "Grant a user permissions to pass a role to an
AWS service".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.authorization.authorize import authorization_request
from iamlab.errors.services import (
    InvalidParameterValueException,
    LambdaAccessDenied,
    LambdaResourceNotFound,
    ResourceConflictException,
)
from iamlab.operations.parameter_checks import unlisted
from iamlab.operations.parameters import arn_of, as_text
from iamlab.operations.resource_policies import (
    add_statement,
    principal_of,
    remove_statement,
    sids_of,
)
from iamlab.operations.services.apis import Api, NamedResource, api_of
from iamlab.operations.services.names_and_tags import misfit, region_of
from iamlab.operations.sts.service_sessions import assume_role_as_service
from iamlab.operations.sts.session import Session, environment_variables, find_role
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

SERVICE = "lambda.amazonaws.com"
LONGEST_RUN = timedelta(minutes=15)
_ROLE = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"


class _Functions(Api):
    """A call can name a function with or without account and qualifier."""

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of the function itself, without version or alias."""
        text = next((arguments[name] for name in self.named_by if name in arguments), "")
        if is_arn(text):
            kind, _, rest = Arn.parse(text).resource.partition(":")
            end = rest.partition(":")[0]
            return text.removesuffix(f"{kind}:{rest}") + f"{kind}:{end}"
        name = text.rpartition("function:")[2].partition(":")[0]
        return self.arn(account, name, region_of(arguments))


API = api_of("function", _Functions)


@dataclass(slots=True, eq=False)
class Function(NamedResource):
    """A Lambda function.

    Parameters
    ----------
    role_arn
        The execution role of its code.
    delivered
        The id of the current access key of its code; empty before its first run.
    """

    role_arn: str = field(default="")
    delivered: str = field(default="", repr=False)
    kind: ClassVar[str] = "function"
    separator: ClassVar[str] = ":"
    api: ClassVar[Api] = API

    def add_permission(
        self,
        statement_id: str,
        action: str,
        principal: str,
        *,
        source_arn: str | None = None,
        source_account: str | None = None,
        principal_org_id: str | None = None,
        function_url_auth_type: str | None = None,
        invoked_via_function_url: bool | None = None,
        qualifier: str | None = None,
    ) -> dict[str, Any]:
        """Allow a principal to call it; Lambda writes and returns the statement.

        Parameters
        ----------
        principal
            A service (``"s3.amazonaws.com"``), an account, an ARN, or ``"*"``.
        source_arn, source_account
            The resource and account that a service must call for.
        qualifier
            The version or alias that can be called.

        Raises
        ------
        ResourceConflictException
            The statement id is taken.
        InvalidParameterValueException
            There is no such principal.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> role = main.create_role("worker", assume_role_policy_document={
        ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}})
        >>> function = main.create_function("thumbnails", role=role)
        >>> made = function.add_permission("s3", "lambda:InvokeFunction", "s3.amazonaws.com",
        ...     source_arn="arn:aws:s3:::maps", source_account="111111111111")
        >>> made["Condition"]
        {'StringEquals': {'AWS:SourceAccount': '111111111111'}, \
'ArnLike': {'AWS:SourceArn': 'arn:aws:s3:::maps'}}
        """
        made: dict[str, Any] = self._do(
            "AddPermission",
            StatementId=statement_id,
            Action=action,
            Principal=principal,
            SourceArn=source_arn,
            SourceAccount=source_account,
            PrincipalOrgID=principal_org_id,
            FunctionUrlAuthType=function_url_auth_type,
            InvokedViaFunctionUrl=invoked_via_function_url,
            Qualifier=qualifier,
        )
        return made

    def remove_permission(self, statement_id: str) -> None:
        """Remove a statement from the policy.

        Raises
        ------
        LambdaResourceNotFound
            There is no statement with that id.
        """
        self._do("RemovePermission", StatementId=statement_id)

    def put_policy(self, document: Document) -> None:
        """Replace the policy as a whole (``PutResourcePolicy``).

        Raises
        ------
        InvalidParameterValueException
            In Lambda's words.
        """
        self._do("PutResourcePolicy", Policy=as_text(document))

    def delete_policy(self) -> None:
        """Delete the policy (``DeleteResourcePolicy``)."""
        self._do("DeleteResourcePolicy")

    def update_configuration(self, *, role: Role | str) -> None:
        """Replace the role (``UpdateFunctionConfiguration``), which is passed to Lambda again.

        Raises
        ------
        InvalidParameterValueException
            Lambda can't assume it.
        """
        found = self.account.roles[role] if isinstance(role, str) else role
        arn = arn_of(found, "role is a role or its name")
        self._do("UpdateFunctionConfiguration", Role=arn)

    def role_session(self) -> Session:
        """Return the session of its code, created by Lambda from its role.

        It stays the same from one run to the next. There is a new session if it could expire during
        the longest run, or if the role changes.

        Raises
        ------
        AccessDenied
            The role was deleted, or its trust policy doesn't allow Lambda any more.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> role = main.create_role("worker", assume_role_policy_document={
        ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}})
        >>> main.create_function("resize", role=role).role_session().arn
        'arn:aws:sts::111111111111:assumed-role/worker/resize'
        """
        world = self.account.world
        kept, role = world.sessions.get(self.delivered), find_role(world, self.role_arn)
        if kept is not None and role is not None:
            made_for = kept.keys.get("lambda:SourceFunctionArn")  # a file can contain anything
            is_own = (made_for, kept.issuer_id) == (self.arn, role.unique_id)
            if is_own and kept.expiration - world.clock.now >= LONGEST_RUN:
                return Session(world, kept)
        session = assume_role_as_service(
            world, SERVICE, self.role_arn, endpoint=self.region, source_arn=self.arn
        )
        self.delivered = session.access_key_id
        return session

    def environment(self) -> dict[str, str]:
        """Return the environment variables that Lambda sets for its code, credentials among them.

        Raises
        ------
        AccessDenied
            As in :meth:`role_session`.
        """
        more = {
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
        }
        return environment_variables(self.role_session(), more)


def _pass_role(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    """Return the permission to pass the role to Lambda."""
    role = arguments.get("Role", "")
    passed = [("iam:PassRole", role)] if is_arn(role) else []
    return [*passed, *API.also(account, arguments)]


@API.does("CreateFunction", also=_pass_role)
def create_function(account: Account, arguments: Parameters) -> Function:
    """Create a function, with a role that Lambda can assume."""
    function = API.new(Function, account, arguments)
    _set_role(function, arguments["Role"])
    return API.keep(function, arguments)


@API.does("UpdateFunctionConfiguration", also=_pass_role)
def update_function_configuration(account: Account, arguments: Parameters) -> Function:
    """Replace a function's role."""
    function: Function = API.find(account, arguments)
    if "Role" in arguments:
        _set_role(function, arguments["Role"])
    return function


def _set_role(function: Function, role_arn: str) -> None:
    """Set the role of a function; it must be in the same account and trust Lambda."""
    account = function.account
    parsed = Arn.parse(role_arn) if is_arn(role_arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind != "role":
        raise misfit(role_arn, "role", _ROLE)
    if parsed.account != account.account_id:
        raise LambdaAccessDenied("Cross-account pass role is not allowed.")
    context = {"aws:SourceArn": function.arn, "aws:SourceAccount": account.account_id}
    request = authorization_request(account.world, SERVICE, "sts:AssumeRole", role_arn, context, {})
    if not request.decide():
        raise InvalidParameterValueException(
            "The role defined for the function cannot be assumed by Lambda."
        )
    function.role_arn = role_arn


@API.does("AddPermission", lambda made: {"Statement": made})
def add_permission(account: Account, arguments: Parameters) -> dict[str, Any]:
    """Add a statement to a function's policy."""
    function: Function = API.find(account, arguments)
    sid = arguments["StatementId"]
    if sid in sids_of(function.policy):
        raise ResourceConflictException(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, "
            "or remove the existing statement."
        )
    if arguments.get("FunctionUrlAuthType", "NONE") not in _URL_AUTHENTICATION:
        where = "functionUrlAuthType"
        raise unlisted(arguments["FunctionUrlAuthType"], where, _URL_AUTHENTICATION)
    conditions: dict[str, dict[str, str]] = {}
    for parameter, (operator, key) in _CONDITIONS.items():
        if parameter in arguments:
            value = arguments[parameter]
            text = str(value).lower() if isinstance(value, bool) else value
            conditions.setdefault(operator, {})[key] = text
    return add_statement(
        function,
        sid,
        principal_of(arguments["Principal"], account.partition),
        arguments["Action"],
        conditions,
        qualifier=f":{arguments['Qualifier']}" if "Qualifier" in arguments else "",
        policy_id="default",
    )


_URL_AUTHENTICATION = ("NONE", "AWS_IAM")
_CONDITIONS = {
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
"""Parameter of AddPermission -> its condition."""


def _no_policy(_: str) -> LambdaResourceNotFound:
    return LambdaResourceNotFound("No policy is associated with the given resource.")


@API.does("RemovePermission")
def remove_permission(account: Account, arguments: Parameters) -> None:
    """Remove a statement from a function's policy."""
    function: Function = API.find(account, arguments)
    if function.policy is None:
        raise _no_policy(function.arn)
    sid = arguments["StatementId"]
    refusal = LambdaResourceNotFound(f"Statement {sid} is not found in resource policy.")
    end = f":{arguments['Qualifier']}" if "Qualifier" in arguments else ""
    for statement in function.policy.statements:
        if statement.sid == sid and not any(arn.endswith(end) for arn in statement.resource or ()):
            raise refusal  # it is for another version or alias
    remove_statement(function, sid, refusal)


API.saves_policies("PutResourcePolicy", "Policy")
API.deletes_policies("DeleteResourcePolicy", _no_policy)
API.shared()

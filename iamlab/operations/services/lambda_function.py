"""A Lambda function: it has a role that it works with, and a policy that says who may call it.

A call of a version or an alias is asked of the function's one policy: its statements name which of
them they mean. (Lambda keeps a policy for each, which comes to the same.)

How a function's code gets the credentials of its role: from Lambda, before it runs.

Lambda assumes the role for an execution environment, and runs the function in it again and again
with the same credentials. They last twelve hours and are not renewed: a new environment gets new
ones. When that comes is Lambda's affair. Here, it comes before a run could outlast its credentials
(a run takes 15 minutes at most); that is likely, not sure.

Notes
-----
AWS pages: "Viewing resource-based IAM policies in Lambda"; "Defining Lambda function permissions
with an execution role"; "API AddPermission".
AWS pages: "Defining Lambda function permissions with an execution role"; "Working with Lambda
execution environment credentials"; "Lambda quotas", for the longest run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors.services import (
    InvalidParameterValueException,
    LambdaAccessDenied,
    LambdaResourceNotFound,
    ResourceConflictException,
)
from iamlab.operations.parameters import arn_of, as_text
from iamlab.operations.services.apis import Api, NamedResource
from iamlab.operations.services.common import misfit, name_in
from iamlab.operations.sts.service_sessions import assume_role_as_service
from iamlab.operations.sts.session import Session, environment_variables, find_role
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.credentials import SessionRecord
    from iamlab.model.identities import Role
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters


_NAME = r"[A-Za-z0-9-_]{1,64}"


class _Functions(Api):
    """Functions are named with or without account and qualifier."""

    def arn_of(self, account: Account, given: Parameters) -> str:
        """Give the ARN of the function itself, whichever version or alias a call names."""
        text = next((given[name] for name in self.named_by if name in given), "")
        if is_arn(text):
            kind, _, rest = Arn.parse(text).resource.partition(":")
            end = rest.partition(":")[0]
            return text.removesuffix(f"{kind}:{rest}") + f"{kind}:{end}"
        name = text.rpartition("function:")[2].partition(":")[0]
        return self.arn(account, name, given.get("Region", DEFAULT_REGION))


API = _Functions(
    service="lambda",
    kinds=("function",),
    place="function:",
    named_by=("FunctionName", "ResourceArn", "Resource"),
    pattern=_NAME,
    misnamed=lambda name: misfit(name, "functionName", _NAME),
    absent=lambda arn: LambdaResourceNotFound(f"Function not found: {arn}"),
    taken=lambda arn: ResourceConflictException(f"Function already exist: {name_in(arn)}"),
    untaggable=InvalidParameterValueException,
    tag="TagResource",
    untag="UntagResource",
    delete="DeleteFunction",
    put_policy="PutResourcePolicy",
    refuse=LambdaAccessDenied,
)


@dataclass(slots=True, eq=False)
class Function(NamedResource):
    """A Lambda function.

    Parameters
    ----------
    role_arn
        The execution role, as which its code works.
    delivered
        The id of the access key with which its code works now; empty before its first run.
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
        """Let somebody call it: Lambda writes the statement and gives it back.

        Parameters
        ----------
        principal
            A service (``"s3.amazonaws.com"``), an account, an ARN, or ``"*"``.
        source_arn, source_account
            For which resource, and of which account, a service may call it.
        qualifier
            The version or alias that may be called.

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
            **self._as("FunctionName"),
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
        """Take a statement out of the policy.

        Raises
        ------
        LambdaResourceNotFound
            There is none of that id.
        """
        self._do("RemovePermission", **self._as("FunctionName"), StatementId=statement_id)

    def put_policy(self, document: Document) -> None:
        """Replace the policy as a whole (``PutResourcePolicy``).

        Raises
        ------
        InvalidParameterValueException
            In Lambda's words.
        """
        self._do("PutResourcePolicy", ResourceArn=self.arn, Policy=as_text(document))

    def delete_policy(self) -> None:
        """Take the policy away (``DeleteResourcePolicy``)."""
        self._do("DeleteResourcePolicy", ResourceArn=self.arn)

    def update_configuration(self, *, role: Role | str) -> None:
        """Give it another role (``UpdateFunctionConfiguration``), which is passed to Lambda anew.

        Raises
        ------
        InvalidParameterValueException
            Lambda cannot assume it.
        """
        found = self.account.get_role(role) if isinstance(role, str) else role
        arn = arn_of(found, "role is a role or its name")
        self._do("UpdateFunctionConfiguration", **self._as("FunctionName"), Role=arn)

    def role_session(self) -> Session:
        """Give the session that its code works with: one of its role, made by Lambda.

        It stays the same from one run to the next. There is a new one when it would end during the
        longest run, or when the function has another role.

        Raises
        ------
        AccessDenied
            The role is gone, or its trust policy does not let Lambda any more.

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
        return session_of(self)

    def environment(self) -> dict[str, str]:
        """Give the environment variables that Lambda sets for its code, credentials among them.

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


SERVICE = "lambda.amazonaws.com"
LONGEST_RUN = timedelta(minutes=15)
_KEY = "lambda:SourceFunctionArn"


def session_of(function: Function) -> Session:
    """Give a function's current session, or let Lambda make one.

    Raises
    ------
    AccessDenied
        Lambda may not assume the role, or there is no such role.
    """
    world = function.account.world
    kept = world.sessions.get(function.delivered)
    if kept is not None and _goes_on(function, kept):
        return Session(world, kept)
    session = assume_role_as_service(
        world, SERVICE, function.role_arn, endpoint=function.region, source_arn=function.arn
    )
    function.delivered = session.access_key_id
    return session


def _goes_on(function: Function, kept: SessionRecord) -> bool:
    """Say whether a session is still the one to work with: of this role, and with time left."""
    world = function.account.world
    role = find_role(world, function.role_arn)
    is_own = kept.keys.get(_KEY) == function.arn  # a file may hold anything
    left = kept.expiration - world.clock.now
    return is_own and role is not None and kept.issuer_id == role.unique_id and left >= LONGEST_RUN

"""``world.sts``: the operations of STS as methods, with AWS's parameters in snake_case.

Those that give roles and those that give tokens stand in two modules beside this one; what services
do, and what leads into the console, in two more. To revoke sessions is a call of IAM: see the
methods of a role.

The way of a session into the console, as methods of ``world.sts``.

Neither of them is a call of STS: the console's federation endpoint is a service of its own.

What AWS services do at STS, as methods of ``world.sts``.

Notes
-----
AWS page: "Enable custom identity broker access to the AWS console".
AWS pages: "Roles terms and concepts", for service roles and service-linked roles; "API AssumeRole".
AWS page: "AWS STS API Reference".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.lab.sts_roles import AssumesRoles
from iamlab.lab.sts_tokens import GetsTokens
from iamlab.operations.parameters import arn_of, as_role_arn
from iamlab.operations.sts.caller import check_region
from iamlab.operations.sts.calls import call, find
from iamlab.operations.sts.service_sessions import assume_role_as_service

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.identities import Role
    from iamlab.model.resources import Resource
    from iamlab.model.world import World
    from iamlab.operations.sts.console_federation import ConsoleLink
    from iamlab.operations.sts.federation_endpoint import FederatedConsoleSession
    from iamlab.operations.sts.session import Session


class TakesIntoTheConsole:
    """The methods that take sessions into the console."""

    __slots__ = ()

    if TYPE_CHECKING:
        world: World

    def console_federation_url(
        self,
        session: Session,
        *,
        destination: str | None = None,
        issuer: str = "https://example.com",
        session_duration: int | None = None,
    ) -> ConsoleLink:
        """Make a link into the console: see ``iamlab.operations.sts.console_federation``.

        Raises
        ------
        BadRequest
            AWS does not take these credentials, or this duration; a note says why.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
        >>> role = main.create_role("audit", assume_role_policy_document=trust)
        >>> main.create_user("ana").put_policy("audit", Policy.allow("sts:AssumeRole", role.arn))
        >>> session = world.sts.assume_role(
        ...     world.user("ana"), role_arn=role, role_session_name="ana")
        >>> link = world.sts.console_federation_url(session)
        >>> world.sts.sign_in_with(link).arn
        'arn:aws:sts::111111111111:assumed-role/audit/ana'
        """
        from iamlab.operations.sts.console_federation import console_federation_url

        return console_federation_url(
            session,
            destination=destination,
            issuer=issuer,
            session_duration=session_duration,
            world=self.world,
        )

    def sign_in_with(self, link: ConsoleLink | str) -> FederatedConsoleSession:
        """Open a link into the console, as a browser does.

        Raises
        ------
        BadRequest
            It is no such link, or it was opened too late.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> key = world.create_account("main").create_user("ana").create_access_key()
        >>> key.user.put_policy("federate", Policy.allow("sts:GetFederationToken"))
        >>> session = world.sts.get_federation_token(key, name="bo", duration_seconds=900)
        >>> browser = world.sts.sign_in_with(world.sts.console_federation_url(session))
        >>> world.clock.advance(minutes=15)
        >>> browser.is_expired
        True
        """
        from iamlab.operations.sts.console_federation import sign_in_with

        return sign_in_with(self.world, link)


class ServicesAssumeRoles:
    """The method that plays the part of an AWS service."""

    __slots__ = ()

    if TYPE_CHECKING:
        world: World
        region: str

    def assume_role_as_service(
        self,
        service: str,
        *,
        role_arn: str | Role,
        role_session_name: str | None = None,
        source_arn: str | Resource | None = None,
        duration_seconds: int | None = None,
    ) -> Session:
        """Let an AWS service take a role: only the role's trust policy is asked.

        Parameters
        ----------
        service
            The service principal: ``"ecs-tasks.amazonaws.com"``.
        role_arn
            A service role, or the service's service-linked role.
        role_session_name, duration_seconds
            If nothing is said, as the service does it: see ``iamlab.operations.sts.service_session_kinds``.
            The role's maximum session duration does not limit a service.
        source_arn
            The resource for which the service works: a function, a task, a project. Of it come
            ``aws:SourceArn`` and ``aws:SourceAccount``, which the trust policy can ask for, and
            condition keys of the session such as ``lambda:SourceFunctionArn``.

        Raises
        ------
        AccessDenied
            The trust policy does not let the service, or there is no such role; in the service's
            words, where they are known.
        ValidationError
            A parameter is not as it must be.
        RegionDisabledException
            The account has switched STS off in the Region.
        RequestError
            It is no service; or it is EC2, which gives a role to an instance.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> role = main.create_role("deploy", assume_role_policy_document={
        ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"Service": "cloudformation.amazonaws.com"},
        ...     "Action": "sts:AssumeRole"}})
        >>> session = world.sts.assume_role_as_service(
        ...     "cloudformation.amazonaws.com", role_arn=role)
        >>> session.arn
        'arn:aws:sts::111111111111:assumed-role/deploy/AWSCloudFormation'
        """
        if source_arn is not None and not isinstance(source_arn, str):
            source_arn = arn_of(source_arn, "source_arn is a resource or its ARN")
        return assume_role_as_service(
            self.world,
            service,
            as_role_arn(role_arn),
            endpoint=self.region,
            role_session_name=role_session_name,
            source_arn=source_arn,
            duration_seconds=duration_seconds,
        )


class CallerIdentity(NamedTuple):
    """Who calls, as GetCallerIdentity answers."""

    user_id: str
    account: str
    arn: str


@dataclass(frozen=True, slots=True)
class Sts(AssumesRoles, GetsTokens, ServicesAssumeRoles, TakesIntoTheConsole):
    """The Security Token Service of a world, at the endpoint of a Region.

    Parameters
    ----------
    region
        ``"us-east-1"``, or ``"aws-global"``: the global endpoint.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> world.sts.get_caller_identity(main.create_user("ana")).arn
    'arn:aws:iam::111111111111:user/ana'
    """

    world: World = field(repr=False)
    region: str = "us-east-1"

    def endpoint(self, region: str) -> Sts:
        """Give the service at another endpoint: a Region's, or ``"aws-global"``.

        Raises
        ------
        RequestError
            There is no such Region.
        """
        check_region(region)
        return replace(self, region=region)

    def call(self, operation: str, caller: Caller, **parameters: Any) -> dict[str, Any]:
        """Call an operation with AWS's own names, and give what the API answers.

        Parameters
        ----------
        caller
            Who signs it; ``ANONYMOUS`` for what nobody signs.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> sorted(world.sts.call("GetSessionToken", ana, DurationSeconds=900))
        ['Credentials', 'SessionTokenSize', 'SessionTokenUtilization']
        """
        return find(operation).answer(self._do(operation, caller, **parameters))

    def _do(self, operation: str, caller: Caller, **parameters: Any) -> Any:
        return call(self.world, operation, caller, parameters, self.region)

    def get_caller_identity(self, caller: Caller) -> CallerIdentity:
        """Tell the caller who he is; not even a Deny keeps him from asking."""
        told = self._do("GetCallerIdentity", caller)
        return CallerIdentity(told["UserId"], told["Account"], told["Arn"])

    def get_access_key_info(self, caller: Caller, *, access_key_id: str) -> str:
        """Tell the account of an access key, be the key active or not.

        Raises
        ------
        AccessDenied
            The caller may not.
        """
        account: str = self._do("GetAccessKeyInfo", caller, AccessKeyId=access_key_id)["Account"]
        return account

    def decode_authorization_message(
        self, caller: Caller, *, encoded_message: str
    ) -> dict[str, Any]:
        """Read the encoded part of a refusal; who may need not be who was refused.

        Raises
        ------
        AccessDenied
            The caller may not.
        InvalidAuthorizationMessageException
            It is no such message, or of another account.
        """
        told = self._do("DecodeAuthorizationMessage", caller, EncodedMessage=encoded_message)
        message: dict[str, Any] = json.loads(told["DecodedMessage"])
        return message

"""``world.sts``: the operations of STS as methods, with AWS's parameters in snake_case.

It also has methods for a service that assumes a role, and for the federation endpoint, which turns
a session into a console session. Revoking sessions is a call to IAM: see the methods of a role.

Notes
-----
AWS pages: "AWS STS API Reference"; "Roles terms and concepts", for service roles and service-linked
roles; "Enable custom identity broker access to the AWS console".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from iamlab.deprecated import with_old_names
from iamlab.model.record import facade_of
from iamlab.operations.parameters import arn_of, as_role_arn
from iamlab.operations.sts import session
from iamlab.operations.sts.service_sessions import assume_role_as_service
from iamlab.world.sts_roles import StsRoles
from iamlab.world.sts_tokens import StsTokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.authorization.principal import Caller
    from iamlab.model.identities import Role
    from iamlab.model.resources import Resource
    from iamlab.operations.sts.console_federation import ConsoleLink
    from iamlab.operations.sts.federation_endpoint import FederatedConsoleSession


class CallerIdentity(NamedTuple):
    """The response of GetCallerIdentity.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> dana = world.create_account("acme", account_id="111111111111").create_user("dana")
    >>> world.sts.get_caller_identity(dana).arn
    'arn:aws:iam::111111111111:user/dana'
    """

    user_id: str
    account: str
    arn: str


class Sts(StsRoles, StsTokens):
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

    __slots__ = ()

    @with_old_names
    def get_caller_identity(self, principal: Caller) -> CallerIdentity:
        """Return the caller's identity; even a Deny can't block this call."""
        answer = self.call("GetCallerIdentity", principal)
        return CallerIdentity(answer["UserId"], answer["Account"], answer["Arn"])

    @with_old_names
    def get_access_key_info(self, principal: Caller, *, access_key_id: str) -> str:
        """Return the account of an access key, active or not.

        Raises
        ------
        AccessDenied
            The caller has no permission.
        """
        return str(self.call("GetAccessKeyInfo", principal, AccessKeyId=access_key_id)["Account"])

    @with_old_names
    def decode_authorization_message(
        self, principal: Caller, *, encoded_message: str
    ) -> dict[str, Any]:
        """Decode the message of a denied call; any principal with permission can do it.

        Raises
        ------
        AccessDenied
            The caller has no permission.
        InvalidAuthorizationMessageException
            It isn't such a message, or belongs to another account.
        """
        answer = self.call("DecodeAuthorizationMessage", principal, EncodedMessage=encoded_message)
        return cast("dict[str, Any]", json.loads(answer["DecodedMessage"]))

    def assume_role_as_service(
        self,
        service: str,
        *,
        role_arn: str | Role,
        role_session_name: str | None = None,
        source_arn: str | Resource | None = None,
        duration_seconds: int | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Session:
        """Let an AWS service assume a role: only the role's trust policy decides.

        Parameters
        ----------
        service
            The service principal: ``"ecs-tasks.amazonaws.com"``.
        role_arn
            A service role, or the service's service-linked role.
        role_session_name, duration_seconds
            By default like the service: see
            ``iamlab.operations.sts.service_session_kinds``.
            The role's maximum session duration does not limit a service.
        source_arn
            The resource that the service works for: a function, a task, a project. It sets
            ``aws:SourceArn`` and ``aws:SourceAccount``, which the trust policy can check, and
            condition keys of the session such as ``lambda:SourceFunctionArn``.
        tags
            Session tags of EKS Pod Identity (``{"kubernetes-namespace": "shop"}``) or Roles
            Anywhere (``{"x509Subject/CN": "build-7"}``). The trust policy must allow
            ``sts:TagSession``, and for Roles Anywhere ``sts:SetSourceIdentity``.

        Raises
        ------
        AccessDenied
            The trust policy doesn't allow the service, or there is no such role; in the service's
            words, if known.
        ValidationError
            A parameter isn't valid.
        RegionDisabledException
            The account has disabled STS in the Region.
        RequestError
            It isn't a service; or it is EC2, which passes a role to an instance.

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
        if source_arn is not None:
            source_arn = arn_of(source_arn, "source_arn is a resource or its ARN")
        named = self.world, service, as_role_arn(role_arn)
        return assume_role_as_service(  # type: ignore[return-value]  # an object of `iamlab.world`
            *named,
            endpoint=self.region,
            role_session_name=role_session_name,
            source_arn=source_arn,
            duration_seconds=duration_seconds,
            tags=tags,
        )

    def console_federation_url(
        self,
        session: Session,
        *,
        destination: str | None = None,
        issuer: str = "https://example.com",
        session_duration: int | None = None,
    ) -> ConsoleLink:
        """Create a link to the console: see ``iamlab.operations.sts.console_federation``.

        Raises
        ------
        BadRequest
            AWS rejects these credentials or this duration; a note explains why.

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
        """Open a link to the console, like a browser.

        Raises
        ------
        BadRequest
            It isn't such a link, or it has expired.

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


@facade_of(session.Session)
class Session(session.Session):
    """Temporary credentials: a caller until they expire.

    AWS shows them once, in the response to the call that creates them. This object is that
    response; the world itself stores no secret.

    Parameters
    ----------
    record
        The session, as the world stores it.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> key = world.create_account("main").create_user("ana").create_access_key()
    >>> session = world.sts.get_session_token(key, duration_seconds=900)
    >>> session.access_key_id[:4], session.expiration.isoformat()
    ('ASIA', '2026-11-25T09:15:00+00:00')
    """

    __slots__ = ()

    def chain(self) -> tuple[Lifetime, ...]:
        """Return the chain of credentials, the first ones first and this session last.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> key = world.create_account("main").create_user("ana").create_access_key()
        >>> [one.operation for one in world.sts.get_session_token(key).chain()]
        ['CreateAccessKey', 'GetSessionToken']
        """
        from iamlab.analysis.credential_timeline.lifetimes import chain_of

        return chain_of(self)

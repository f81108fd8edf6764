"""The operations of STS that return credentials of a role or a root user.

Notes
-----
AWS pages: "API AssumeRole"; "API AssumeRoleWithWebIdentity"; "API AssumeRoleWithSAML"; "API
AssumeRoot".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.engine.request import ANONYMOUS
from iamlab.operations.parameters import (
    arn_of,
    as_policy_arns,
    as_role_arn,
    as_session_policy,
    as_session_tags,
    as_transitive_tag_keys,
)
from iamlab.world.sts_tokens import StsEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.model.identities import Role, RootUser
    from iamlab.model.providers import SAMLProvider
    from iamlab.operations.parameters import Policies, Tags
    from iamlab.operations.policy_documents import Document
    from iamlab.world.sts import Session


class StsRoles(StsEndpoint):
    """The methods of ``world.sts`` whose names begin with ``assume``."""

    __slots__ = ()

    @with_old_names
    def assume_role(
        self,
        principal: Caller,
        *,
        role_arn: str | Role,
        role_session_name: str,
        duration_seconds: int | None = None,
        policy: Document | None = None,
        policy_arns: Policies | None = None,
        tags: Tags | None = None,
        transitive_tag_keys: Iterable[str] | None = None,
        external_id: str | None = None,
        serial_number: str | None = None,
        token_code: str | None = None,
        source_identity: str | None = None,
        provided_contexts: list[dict[str, str]] | None = None,
        minimum_session_token_size: int | None = None,
    ) -> Session:
        """Assume a role: its trust policy must allow it, and often the caller's own policies too.

        Parameters
        ----------
        duration_seconds
            900 to the role's maximum, by default 3,600; for a calling role session at most 3,600.
        policy, policy_arns
            Session policies, which limit the session's permissions. Managed policies, up to ten,
            are AWS's or of the role's account.
        tags, transitive_tag_keys
            Session tags, and which of them pass to the next role of a chain.
        external_id
            The external id that a trust policy for a third party can require.
        serial_number, token_code
            An MFA device and its current code.
        source_identity
            The person or application behind the session; all sessions of the chain keep it.

        Raises
        ------
        AccessDenied
            The caller has no permission, or there is no such role: AWS doesn't tell which.
        ValidationError
            A parameter isn't valid.
        PackedPolicyTooLarge
            Policies and tags are too large.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> ana = main.create_user("ana")
        >>> role = main.create_role("audit", assume_role_policy_document={
        ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
        ...     "Principal": {"AWS": ana.arn}, "Action": "sts:AssumeRole"}})
        >>> session = world.sts.assume_role(ana, role_arn=role.arn, role_session_name="ana")
        >>> session.arn
        'arn:aws:sts::111111111111:assumed-role/audit/ana'
        >>> world.clock.advance(hours=1)
        >>> session.is_expired
        True
        """
        return self._do(
            "AssumeRole",
            principal,
            RoleArn=as_role_arn(role_arn),
            RoleSessionName=role_session_name,
            DurationSeconds=duration_seconds,
            Policy=as_session_policy(policy),
            PolicyArns=as_policy_arns(policy_arns),
            Tags=as_session_tags(tags),
            TransitiveTagKeys=as_transitive_tag_keys(transitive_tag_keys),
            ExternalId=external_id,
            SerialNumber=serial_number,
            TokenCode=token_code,
            SourceIdentity=source_identity,
            ProvidedContexts=provided_contexts,
            MinimumSessionTokenSize=minimum_session_token_size,
        )

    def assume_role_with_web_identity(
        self,
        *,
        role_arn: str | Role,
        role_session_name: str,
        web_identity_token: str,
        provider_id: str | None = None,
        duration_seconds: int | None = None,
        policy: Document | None = None,
        policy_arns: Policies | None = None,
        minimum_session_token_size: int | None = None,
    ) -> Session:
        """Assume a role with a token signed by an OIDC provider; the call itself is unsigned.

        Parameters
        ----------
        provider_id
            Only for OAuth access tokens, which aren't modelled.

        Raises
        ------
        InvalidIdentityToken
            None of the account's providers accepts the token.
        ExpiredTokenException
            The token has expired.
        AccessDenied
            The role's trust policy doesn't allow the token's subject.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> from iamlab.operations.federation.oidc_issuer import create_issuer
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> issuer = create_issuer(world, "https://id.acme.example")
        >>> provider = issuer.register(main)
        >>> role = main.create_role("app", assume_role_policy_document=Policy.allow(
        ...     "sts:AssumeRoleWithWebIdentity", None, principal={"Federated": provider.arn}))
        >>> world.sts.assume_role_with_web_identity(
        ...     role_arn=role, role_session_name="ana", web_identity_token=issuer.token("ana")).arn
        'arn:aws:sts::111111111111:assumed-role/app/ana'
        """
        made: tuple[Session, Any] = self._do(
            "AssumeRoleWithWebIdentity",
            ANONYMOUS,
            RoleArn=as_role_arn(role_arn),
            RoleSessionName=role_session_name,
            WebIdentityToken=web_identity_token,
            ProviderId=provider_id,
            DurationSeconds=duration_seconds,
            Policy=as_session_policy(policy),
            PolicyArns=as_policy_arns(policy_arns),
            MinimumSessionTokenSize=minimum_session_token_size,
        )
        return made[0]

    def assume_role_with_saml(
        self,
        *,
        role_arn: str | Role,
        principal_arn: str | SAMLProvider,
        saml_assertion: str,
        duration_seconds: int | None = None,
        policy: Document | None = None,
        policy_arns: Policies | None = None,
        minimum_session_token_size: int | None = None,
    ) -> Session:
        """Assume a role that a SAML provider's assertion names; the call itself is unsigned.

        Parameters
        ----------
        principal_arn
            The SAML provider in the role's account.
        saml_assertion
            The directory's response, in base64.

        Raises
        ------
        InvalidIdentityToken
            The provider doesn't accept the assertion.
        ExpiredTokenException
            It is older than five minutes.
        AccessDenied
            It doesn't name the role, or the role's trust policy doesn't allow it.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> from iamlab.operations.federation.saml_directory import create_directory
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> acme = create_directory(world)
        >>> provider = acme.register(main)
        >>> role = main.create_role("sky", assume_role_policy_document=Policy.allow(
        ...     "sts:AssumeRoleWithSAML", None, principal={"Federated": provider.arn}))
        >>> acme.map_group("astronomers", role, provider)
        >>> ana = acme.add_user("ana", groups=["astronomers"])
        >>> world.sts.assume_role_with_saml(
        ...     role_arn=role, principal_arn=provider, saml_assertion=acme.sign_in(ana)).arn
        'arn:aws:sts::111111111111:assumed-role/sky/ana'
        """
        made: tuple[Session, Any] = self._do(
            "AssumeRoleWithSAML",
            ANONYMOUS,
            RoleArn=as_role_arn(role_arn),
            PrincipalArn=arn_of(principal_arn, "principal_arn is a SAML provider or its ARN"),
            SAMLAssertion=saml_assertion,
            DurationSeconds=duration_seconds,
            Policy=as_session_policy(policy),
            PolicyArns=as_policy_arns(policy_arns),
            MinimumSessionTokenSize=minimum_session_token_size,
        )
        return made[0]

    @with_old_names
    def assume_root(
        self,
        principal: Caller,
        *,
        target_principal: str | Account | RootUser,
        task_policy_arn: str,
        duration_seconds: int | None = None,
        minimum_session_token_size: int | None = None,
    ) -> Session:
        """Assume root in a member account, for one task and at most 15 minutes.

        Parameters
        ----------
        target_principal
            The member account or its root user, as an object, id or ARN.
        task_policy_arn
            ``"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"``, or one of the four others.

        Raises
        ------
        AccessDenied
            The caller has no permission, isn't in the management account (or a delegated
            administrator for IAM), or root sessions aren't enabled.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> world = World(seed=7)
        >>> main = world.create_account("main", account_id="111111111111")
        >>> organization = world.create_organization(main)
        >>> dev = organization.create_account("dev", account_id="222222222222")
        >>> organization.enable_aws_service_access("iam.amazonaws.com")
        >>> organization.enable_organizations_root_sessions()
        >>> ana = main.create_user("ana")
        >>> ana.put_policy("root", Policy.allow("sts:AssumeRoot"))
        >>> world.sts.assume_root(ana, target_principal=dev,
        ...     task_policy_arn="arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy").arn
        'arn:aws:iam::222222222222:root'
        """
        own_arn = getattr(target_principal, "arn", target_principal)
        named = getattr(target_principal, "account_id", own_arn)
        return self._do(
            "AssumeRoot",
            principal,
            TargetPrincipal=named,
            TaskPolicyArn={"arn": task_policy_arn},
            DurationSeconds=duration_seconds,
            MinimumSessionTokenSize=minimum_session_token_size,
        )

"""What an account creates in IAM: identities, policies, instance profiles, identity providers.

Notes
-----
AWS pages: "IAM identities"; "Managed policies and inline policies"; "Use instance profiles";
"Identity providers and federation"; "Service-linked roles".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.model import account as records
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import as_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.model.managed_policies import ManagedPolicies
    from iamlab.operations.policy_documents import Document
    from iamlab.world.iam_resources import (
        InstanceProfile,
        ManagedPolicy,
        OpenIDConnectProvider,
        SAMLProvider,
        ServerCertificate,
    )
    from iamlab.world.identities import Group, Role, User


class AccountIam(records.Account):
    """The methods of an account that create resources in IAM, each an operation of its API."""

    __slots__ = ()

    policies: ManagedPolicies[ManagedPolicy]  # type: ignore[assignment]  # objects of `iamlab.world`

    def create_user(
        self,
        user_name: str,
        *,
        path: str = "/",
        permissions_boundary: str | ManagedPolicy | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> User:
        """Create a user. It has no permissions.

        Raises
        ------
        EntityAlreadyExists
            There is a user with that name; names are case-insensitive.
        LimitExceeded
            The account has reached its quota.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> ana = main.create_user("ana", path="/research/", tags={"team": "sky"})
        >>> ana.arn
        'arn:aws:iam::111111111111:user/research/ana'
        >>> print(main.world.can(ana, "s3:ListAllMyBuckets", "*"))
        ○ implicit deny
        """
        return perform(
            self,
            "CreateUser",
            UserName=user_name,
            Path=path,
            PermissionsBoundary=self._arn_of(permissions_boundary),
            Tags=as_tags(tags),
        )

    def create_group(self, group_name: str, *, path: str = "/") -> Group:
        """Create a group. It has no members and no policies.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> team = main.create_group("astronomers")
        >>> team.attach_policy("ReadOnlyAccess")
        >>> team.add_user(main.create_user("ana"))
        >>> bool(main.world.can("arn:aws:iam::111111111111:user/ana", "s3:ListAllMyBuckets", "*"))
        True
        """
        return perform(self, "CreateGroup", GroupName=group_name, Path=path)

    def create_role(
        self,
        role_name: str,
        *,
        assume_role_policy_document: Document,
        path: str = "/",
        description: str | None = None,
        max_session_duration: int = 3600,
        permissions_boundary: str | ManagedPolicy | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Role:
        """Create a role, with its trust policy.

        Raises
        ------
        MalformedPolicyDocument
            The trust policy isn't valid; the notes explain why.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
        >>> main.create_role("audit", assume_role_policy_document=trust).arn
        'arn:aws:iam::111111111111:role/audit'
        """
        return perform(
            self,
            "CreateRole",
            RoleName=role_name,
            Path=path,
            AssumeRolePolicyDocument=as_text(assume_role_policy_document),
            Description=description,
            MaxSessionDuration=max_session_duration,
            PermissionsBoundary=self._arn_of(permissions_boundary),
            Tags=as_tags(tags),
        )

    def create_policy(
        self,
        policy_name: str,
        policy_document: Document,
        *,
        path: str = "/",
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ManagedPolicy:
        """Create a customer managed policy; this is its version v1.

        Raises
        ------
        MalformedPolicyDocument
            It isn't a valid identity policy; the notes explain why.
        """
        return perform(
            self,
            "CreatePolicy",
            PolicyName=policy_name,
            Path=path,
            PolicyDocument=as_text(policy_document),
            Description=description,
            Tags=as_tags(tags),
        )

    def _arn_of(self, policy: str | ManagedPolicy | None) -> str | None:
        return None if policy is None else self.policies[policy].arn

    def create_instance_profile(
        self, instance_profile_name: str, *, path: str = "/", tags: Mapping[str, str] | None = None
    ) -> InstanceProfile:
        """Create an instance profile. It contains no role yet."""
        named = {"InstanceProfileName": instance_profile_name, "Path": path}
        return perform(self, "CreateInstanceProfile", **named, Tags=as_tags(tags))

    def create_service_linked_role(
        self,
        aws_service_name: str,
        *,
        description: str | None = None,
        custom_suffix: str | None = None,
    ) -> Role:
        """Create a service-linked role, which only the service can change.

        Parameters
        ----------
        aws_service_name
            The service principal: ``"autoscaling.amazonaws.com"``.
        custom_suffix
            For another role; few services support it.

        Raises
        ------
        InvalidInput
            The service is unknown, the role exists, or the service doesn't support a suffix.
        """
        return perform(
            self,
            "CreateServiceLinkedRole",
            AWSServiceName=aws_service_name,
            Description=description,
            CustomSuffix=custom_suffix,
        )

    def delete_service_linked_role(self, role_name: str) -> str:
        """Ask the service to delete its role; return the id of that task.

        AWS asks the service whether it still needs the role. Here services have no resources, so
        the role is deleted at once.
        """
        return perform(self, "DeleteServiceLinkedRole", RoleName=role_name)

    def get_service_linked_role_deletion_status(self, deletion_task_id: str) -> str:
        """Return the status of such a task: ``"SUCCEEDED"``."""
        name = "GetServiceLinkedRoleDeletionStatus"
        return perform(self, name, DeletionTaskId=deletion_task_id)

    def create_saml_provider(
        self,
        name: str,
        saml_metadata_document: str,
        *,
        assertion_encryption_mode: str | None = None,
        add_private_key: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> SAMLProvider:
        """Create an identity provider from its metadata: at least 1,000 characters.

        Raises
        ------
        InvalidInput
            The document isn't SAML metadata.
        """
        return perform(
            self,
            "CreateSAMLProvider",
            Name=name,
            SAMLMetadataDocument=saml_metadata_document,
            AssertionEncryptionMode=assertion_encryption_mode,
            AddPrivateKey=add_private_key,
            Tags=as_tags(tags),
        )

    def create_open_id_connect_provider(
        self,
        url: str,
        *,
        client_id_list: Iterable[str] = (),
        thumbprint_list: Iterable[str] = (),
        tags: Mapping[str, str] | None = None,
    ) -> OpenIDConnectProvider:
        """Create an identity provider by its URL, the ``iss`` of its tokens.

        Raises
        ------
        ValidationError
            It isn't ``https://``, a host, and optionally a path.
        """
        return perform(
            self,
            "CreateOpenIDConnectProvider",
            Url=url,
            ClientIDList=list(client_id_list),
            ThumbprintList=list(thumbprint_list),
            Tags=as_tags(tags),
        )

    def upload_server_certificate(
        self,
        server_certificate_name: str,
        certificate_body: str,
        private_key: str,
        *,
        certificate_chain: str | None = None,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
    ) -> ServerCertificate:
        """Upload a TLS certificate; its private key is checked, but not stored.

        Raises
        ------
        MalformedCertificate
            Certificate, chain or key isn't in PEM form, or the chain is broken.
        KeyPairMismatch
            The private key belongs to another certificate.
        """
        return perform(
            self,
            "UploadServerCertificate",
            ServerCertificateName=server_certificate_name,
            CertificateBody=certificate_body,
            PrivateKey=private_key,
            CertificateChain=certificate_chain,
            Path=path,
            Tags=as_tags(tags),
        )

    def set_security_token_service_preferences(self, global_endpoint_token_version: str) -> None:
        """Set in which Regions tokens of STS's global endpoint are valid.

        Parameters
        ----------
        global_endpoint_token_version
            ``"v1Token"``: in the default Regions; ``"v2Token"``: in all Regions.
        """
        perform(
            self,
            "SetSecurityTokenServicePreferences",
            GlobalEndpointTokenVersion=global_endpoint_token_version,
        )

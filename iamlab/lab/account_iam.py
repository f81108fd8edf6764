"""How an account gets what is no identity and no policy: profiles, linked roles, providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.operations.parameters import as_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.model.identities import Role
    from iamlab.model.providers import (
        InstanceProfile,
        OpenIDConnectProvider,
        SAMLProvider,
        ServerCertificate,
    )


class Makes:
    """The methods of an account that make such things, each one operation of IAM's API."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _do(self, operation: str, **parameters: Any) -> Any: ...

    def create_instance_profile(
        self,
        instance_profile_name: str,
        *,
        path: str = "/",
        tags: Mapping[str, str] | None = None,
    ) -> InstanceProfile:
        """Create an instance profile: it holds no role yet."""
        made: InstanceProfile = self._do(
            "CreateInstanceProfile",
            InstanceProfileName=instance_profile_name,
            Path=path,
            Tags=as_tags(tags),
        )
        return made

    def create_service_linked_role(
        self,
        aws_service_name: str,
        *,
        description: str | None = None,
        custom_suffix: str | None = None,
    ) -> Role:
        """Create the role that a service wants linked to it; only the service can change it.

        Parameters
        ----------
        aws_service_name
            The service's principal: ``"autoscaling.amazonaws.com"``. How its role is called is
            known of the best-known services; else the name is derived, and ``world.warnings`` says
            so.
        custom_suffix
            For a further role; few services take one.

        Raises
        ------
        InvalidInput
            The role is there, or the service takes no suffix.
        """
        made: Role = self._do(
            "CreateServiceLinkedRole",
            AWSServiceName=aws_service_name,
            Description=description,
            CustomSuffix=custom_suffix,
        )
        return made

    def delete_service_linked_role(self, role_name: str) -> str:
        """Ask the service to delete its role; give the id of that task.

        AWS asks the service whether it still needs the role. Here no service has resources, so
        that the role is gone at once.
        """
        return str(self._do("DeleteServiceLinkedRole", RoleName=role_name))

    def get_service_linked_role_deletion_status(self, deletion_task_id: str) -> str:
        """Ask how far such a task is: ``"SUCCEEDED"``."""
        return str(self._do("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=deletion_task_id))

    def create_saml_provider(
        self,
        name: str,
        saml_metadata_document: str,
        *,
        assertion_encryption_mode: str | None = None,
        add_private_key: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> SAMLProvider:
        """Create an identity provider of the metadata that it gave: 1,000 characters at least.

        Raises
        ------
        InvalidInput
            The document is not SAML metadata.
        """
        made: SAMLProvider = self._do(
            "CreateSAMLProvider",
            Name=name,
            SAMLMetadataDocument=saml_metadata_document,
            AssertionEncryptionMode=assertion_encryption_mode,
            AddPrivateKey=add_private_key,
            Tags=as_tags(tags),
        )
        return made

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
            It is not ``https://``, a host, and perhaps a path.
        """
        made: OpenIDConnectProvider = self._do(
            "CreateOpenIDConnectProvider",
            Url=url,
            ClientIDList=list(client_id_list),
            ThumbprintList=list(thumbprint_list),
            Tags=as_tags(tags),
        )
        return made

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
        """Upload a TLS certificate; its private key is checked, and let go at once.

        Raises
        ------
        MalformedCertificate
            Certificate, chain or key is not in PEM form, or the chain does not lead on.
        KeyPairMismatch
            The private key is that of another certificate.
        """
        made: ServerCertificate = self._do(
            "UploadServerCertificate",
            ServerCertificateName=server_certificate_name,
            CertificateBody=certificate_body,
            PrivateKey=private_key,
            CertificateChain=certificate_chain,
            Path=path,
            Tags=as_tags(tags),
        )
        return made

    def set_security_token_service_preferences(self, global_endpoint_token_version: str) -> None:
        """Say in which Regions tokens of the global endpoint of STS are valid.

        Parameters
        ----------
        global_endpoint_token_version
            ``"v1Token"``: in those that are there by default; ``"v2Token"``: in all.
        """
        self._do(
            "SetSecurityTokenServicePreferences",
            GlobalEndpointTokenVersion=global_endpoint_token_version,
        )

"""Managed policies, instance profiles, identity providers and server certificates: their methods.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies"; "Use instance
profiles"; "Create a SAML identity provider in IAM"; "Create an OpenID Connect (OIDC) identity
provider in IAM"; "Manage server certificates in IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied, RequestError
from iamlab.model import managed_policies as policy_records
from iamlab.model import providers as records
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import as_keys, as_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.analysis.last_accessed.report import Granularity, LastAccessed
    from iamlab.lab.account import Account
    from iamlab.model.event import Event
    from iamlab.model.identities import Role
    from iamlab.operations.policy_documents import Document


class IamResourceMethods(records.IamResource):
    """The methods that all but policies share, each an operation of IAM."""

    __slots__ = ()
    account: Account

    def delete(self) -> None:
        """Delete it (``DeleteInstanceProfile`` and its like).

        Raises
        ------
        DeleteConflict
            It is an instance profile that still holds a role.
        """
        self._do("Delete{}")

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagInstanceProfile`` and its like)."""
        self._do("Tag{}", Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagInstanceProfile`` and its like)."""
        self._do("Untag{}", TagKeys=as_keys(tag_keys))

    def _do(self, operation: str, **parameters: object) -> Any:
        """Do an operation on it, as the account's root user."""
        named = {self.named_by: self.arn if self.named_by.endswith("Arn") else self.name}
        return perform(self.account, operation.format(self.noun), **named, **parameters)


@facade_of(records.InstanceProfile)
class InstanceProfile(IamResourceMethods, records.InstanceProfile):
    """What hands a role to an EC2 instance. It holds one role at most, and cannot be renamed."""

    __slots__ = ()

    def add_role(self, role: Role | str) -> None:
        """Put a role in (``AddRoleToInstanceProfile``).

        Raises
        ------
        LimitExceeded
            There is one already.
        UnmodifiableEntity
            The role is linked to a service.
        """
        self._do("AddRoleTo{}", RoleName=records.name_of(role))

    def remove_role(self, role: Role | str) -> None:
        """Take a role out (``RemoveRoleFromInstanceProfile``).

        Raises
        ------
        NoSuchEntity
            It is not in.
        """
        self._do("RemoveRoleFrom{}", RoleName=records.name_of(role))


@facade_of(records.SAMLProvider)
class SAMLProvider(IamResourceMethods, records.SAMLProvider):
    """An identity provider that speaks SAML 2.0.

    Parameters
    ----------
    metadata
        The document that the provider gave, as it was given.
    issuer
        What the document says its name is: the ``entityID``.
    private_keys
        Ids of the keys that decrypt its assertions, and when each was added. The keys themselves
        are not kept.
    """

    __slots__ = ()

    def update(
        self,
        *,
        saml_metadata_document: str | None = None,
        assertion_encryption_mode: str | None = None,
        add_private_key: str | None = None,
        remove_private_key: str | None = None,
    ) -> None:
        """Replace the metadata (``UpdateSAMLProvider``), or change how assertions are encrypted.

        Raises
        ------
        InvalidInput
            The document is not SAML metadata.
        """
        self._do(
            "Update{}",
            SAMLMetadataDocument=saml_metadata_document,
            AssertionEncryptionMode=assertion_encryption_mode,
            AddPrivateKey=add_private_key,
            RemovePrivateKey=remove_private_key,
        )


@facade_of(records.OpenIDConnectProvider)
class OpenIDConnectProvider(IamResourceMethods, records.OpenIDConnectProvider):
    """An identity provider that speaks OpenID Connect. Its name is its URL without ``https://``.

    Parameters
    ----------
    client_ids
        The audiences that its tokens may be for.
    thumbprints
        SHA-1 sums of certificates that its server may show.
    """

    __slots__ = ()

    def add_client_id(self, client_id: str) -> None:
        """Take tokens for one more audience (``AddClientIDToOpenIDConnectProvider``)."""
        self._do("AddClientIDTo{}", ClientID=client_id)

    def remove_client_id(self, client_id: str) -> None:
        """Take no more tokens for an audience (``RemoveClientIDFromOpenIDConnectProvider``)."""
        self._do("RemoveClientIDFrom{}", ClientID=client_id)

    def update_thumbprint(self, thumbprint_list: Iterable[str]) -> None:
        """Replace the thumbprints (``UpdateOpenIDConnectProviderThumbprint``)."""
        self._do("Update{}Thumbprint", ThumbprintList=list(thumbprint_list))


@facade_of(records.ServerCertificate)
class ServerCertificate(IamResourceMethods, records.ServerCertificate):
    """A TLS certificate that load balancers may use. Its private key is not kept.

    Parameters
    ----------
    expiration
        When it ends, as far as that can be read in it.
    """

    __slots__ = ()

    def update(
        self, *, new_server_certificate_name: str | None = None, new_path: str | None = None
    ) -> None:
        """Rename it, or move it to another path (``UpdateServerCertificate``)."""
        self._do("Update{}", NewPath=new_path, NewServerCertificateName=new_server_certificate_name)


@facade_of(policy_records.ManagedPolicy)
class ManagedPolicy(policy_records.ManagedPolicy):
    """A policy with an ARN of its own, that may hang on many identities.

    Parameters
    ----------
    versions
        ``"v1"`` ... to document. One of them, the default, is what applies.
    create_date, update_date
        When AWS published it and its default version; known of AWS's own policies only.
    account
        Whose it is; ``None`` for one of AWS's.
    """

    __slots__ = ()
    account: Account | None

    def create_version(self, document: Document, *, set_as_default: bool = False) -> str:
        """Add a version (``CreatePolicyVersion``); its number is never used again.

        Returns
        -------
        str
            The new version's id, such as ``"v2"``.

        Raises
        ------
        LimitExceeded
            There are five versions already.
        MalformedPolicyDocument
            IAM does not save such a document.
        """
        made = self._do(
            "CreatePolicyVersion", PolicyDocument=as_text(document), SetAsDefault=set_as_default
        )
        return str(made["PolicyVersion"]["VersionId"])

    def delete_version(self, version_id: str) -> None:
        """Delete a version (``DeletePolicyVersion``) that is not the default.

        Raises
        ------
        DeleteConflict
            It is the default version.
        NoSuchEntity
            There is none of that id.
        """
        self._do("DeletePolicyVersion", VersionId=version_id)

    def set_default_version(self, version_id: str) -> None:
        """Let another version apply (``SetDefaultPolicyVersion``): the way to roll back.

        Raises
        ------
        NoSuchEntity
            There is none of that id.
        """
        self._do("SetDefaultPolicyVersion", VersionId=version_id)

    def delete(self) -> None:
        """Delete the policy (``DeletePolicy``).

        Raises
        ------
        DeleteConflict
            It is attached, or has more than one version.
        """
        self._do("DeletePolicy")

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagPolicy``)."""
        self._do("TagPolicy", Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagPolicy``)."""
        self._do("UntagPolicy", TagKeys=as_keys(tag_keys))

    def last_accessed(
        self, events: Iterable[Event] | None = None, granularity: Granularity = "SERVICE_LEVEL"
    ) -> LastAccessed:
        """Report when the services that it allows were last accessed, and by which principal.

        Raises
        ------
        RequestError
            It is AWS's, and every account has it: ask ``account.last_accessed(policy)``.
        """
        if self.account is None:
            raise RequestError(
                f"{self.name} is AWS's, and every account has it: ask account.last_accessed(...)."
            )
        return self.account.last_accessed(self, events, granularity)

    def _do(self, operation: str, **parameters: object) -> Any:
        """Do an operation on this policy, as the root user of the account that it is of."""
        if self.account is None:
            error = AccessDenied("Policy is outside your own account.")
            error.add_note(f"{self.name} is AWS's. Make a policy of your own from its document.")
            raise error
        return perform(self.account, operation, PolicyArn=self.arn, **parameters)

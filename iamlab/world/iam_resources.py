"""Managed policies, instance profiles, identity providers and server certificates: their methods.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies"; "Use instance
profiles"; "Create a SAML identity provider in IAM"; "Create an OpenID Connect (OIDC) identity
provider in IAM"; "Manage server certificates in IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied, RequestError, noted
from iamlab.model import managed_policies as policy_records
from iamlab.model import providers as records
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import as_keys, as_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.analysis.last_accessed.report import Granularity, LastAccessed
    from iamlab.model.event import Event
    from iamlab.model.identities import Role
    from iamlab.operations.policy_documents import Document
    from iamlab.world.account import Account


class TaggedMethods:
    """The methods of everything in IAM with a name and tags, each an operation of IAM.

    Examples
    --------
    >>> from iamlab import World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> dana.tag({"team": "astronomy"})
    >>> dana.tags
    {'team': 'astronomy'}
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def _do(self, operation: str, **parameters: object) -> Any: ...

    def delete(self) -> None:
        """Delete it (``DeleteUser``, ``DeletePolicy`` and similar).

        First remove what is attached to it or in it, and from a policy the versions that aren't the
        default.

        Raises
        ------
        DeleteConflict
            Something is still attached to it, or in it.
        """
        self._do("Delete{}")

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagUser``, ``TagPolicy`` and similar)."""
        self._do("Tag{}", Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Remove tags (``UntagUser``, ``UntagPolicy`` and similar)."""
        self._do("Untag{}", TagKeys=as_keys(tag_keys))


class IamResourceMethods(TaggedMethods, records.IamResource):
    """The common methods of all except policies.

    Examples
    --------
    >>> from iamlab import World
    >>> profile = World(seed=7).create_account("acme").create_instance_profile("web")
    >>> profile.tag({"team": "astronomy"})
    >>> profile.tags
    {'team': 'astronomy'}
    """

    __slots__ = ()
    account: Account

    def _do(self, operation: str, **parameters: object) -> Any:
        """Do an operation on it, as the account's root user."""
        named = {self.named_by: self.arn if self.named_by.endswith("Arn") else self.name}
        return perform(self.account, operation.format(self.noun), **named, **parameters)


@facade_of(records.InstanceProfile)
class InstanceProfile(IamResourceMethods, records.InstanceProfile):
    """A container that passes a role to an EC2 instance: at most one. It can't be renamed.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> account = World(seed=7).create_account("acme")
    >>> trust = Policy.allow("sts:AssumeRole", None, principal={"Service": "ec2.amazonaws.com"})
    >>> profile = account.create_instance_profile("web")
    >>> profile.add_role(account.create_role("web", assume_role_policy_document=trust))
    >>> profile.roles
    [<Role web: no policies attached>]
    """

    __slots__ = ()

    def add_role(self, role: Role | str) -> None:
        """Add a role (``AddRoleToInstanceProfile``).

        Raises
        ------
        LimitExceeded
            It already contains a role.
        UnmodifiableEntity
            The role is linked to a service.
        """
        self._do("AddRoleTo{}", RoleName=records.name_of(role))

    def remove_role(self, role: Role | str) -> None:
        """Remove a role (``RemoveRoleFromInstanceProfile``).

        Raises
        ------
        NoSuchEntity
            It doesn't contain the role.
        """
        self._do("RemoveRoleFrom{}", RoleName=records.name_of(role))


@facade_of(records.SAMLProvider)
class SAMLProvider(IamResourceMethods, records.SAMLProvider):
    """A SAML 2.0 identity provider.

    Parameters
    ----------
    metadata
        The provider's metadata document, unchanged.
    issuer
        Its name in the document: the ``entityID``.
    private_keys
        Ids of the keys that decrypt its assertions, with the time of upload. The keys themselves
        aren't stored.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> account = world.create_account("acme", account_id="111111111111")
    >>> metadata = world.create_saml_directory().metadata()
    >>> provider = account.create_saml_provider("corp", saml_metadata_document=metadata)
    >>> provider.arn
    'arn:aws:iam::111111111111:saml-provider/corp'
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
    """An OpenID Connect identity provider. Its name is its URL without ``https://``.

    Parameters
    ----------
    client_ids
        The audiences that it accepts in tokens.
    thumbprints
        SHA-1 sums of its server's certificates.

    Examples
    --------
    >>> from iamlab import World
    >>> account = World(seed=7).create_account("acme")
    >>> url = "https://token.actions.githubusercontent.com"
    >>> github = account.create_open_id_connect_provider(url=url)
    >>> github.add_client_id("sts.amazonaws.com")
    >>> github.client_ids
    ['sts.amazonaws.com']
    """

    __slots__ = ()

    def add_client_id(self, client_id: str) -> None:
        """Accept tokens for one more audience (``AddClientIDToOpenIDConnectProvider``)."""
        self._do("AddClientIDTo{}", ClientID=client_id)

    def remove_client_id(self, client_id: str) -> None:
        """Stop accepting tokens for an audience (``RemoveClientIDFromOpenIDConnectProvider``)."""
        self._do("RemoveClientIDFrom{}", ClientID=client_id)

    def update_thumbprint(self, thumbprint_list: Iterable[str]) -> None:
        """Replace the thumbprints (``UpdateOpenIDConnectProviderThumbprint``)."""
        self._do("Update{}Thumbprint", ThumbprintList=list(thumbprint_list))


@facade_of(records.ServerCertificate)
class ServerCertificate(IamResourceMethods, records.ServerCertificate):
    """A TLS certificate that load balancers can use. Its private key isn't stored.

    Parameters
    ----------
    expiration
        When it expires, if that can be read.

    Examples
    --------
    >>> from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    >>> from cryptography.hazmat.primitives.serialization import (
    ...     Encoding, NoEncryption, PrivateFormat)
    >>> from iamlab import World
    >>> from iamlab.operations.federation.signatures import certificate_of
    >>> key = generate_private_key(65537, 2048)
    >>> body = certificate_of(key, "maps.example", 1).public_bytes(Encoding.PEM).decode()
    >>> own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    >>> account = World(seed=7).create_account("acme", account_id="111111111111")
    >>> certificate = account.upload_server_certificate("maps", body, own)
    >>> certificate.update(new_server_certificate_name="star-maps")
    >>> certificate.arn
    'arn:aws:iam::111111111111:server-certificate/star-maps'
    """

    __slots__ = ()

    def update(
        self, *, new_server_certificate_name: str | None = None, new_path: str | None = None
    ) -> None:
        """Rename it, or move it to another path (``UpdateServerCertificate``)."""
        self._do("Update{}", NewPath=new_path, NewServerCertificateName=new_server_certificate_name)


@facade_of(policy_records.ManagedPolicy)
class ManagedPolicy(TaggedMethods, policy_records.ManagedPolicy):
    """A policy with its own ARN that can be attached to many identities.

    Parameters
    ----------
    versions
        ``"v1"`` ... -> document. The default version applies.
    create_date, update_date, version_dates
        When it, its newest version and each version were created.
    account
        Its account; ``None`` for an AWS managed policy.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> account = World(seed=7).create_account("acme")
    >>> policy = account.create_policy("read", Policy.allow("s3:Get*"))
    >>> policy.create_version(Policy.allow("s3:GetObject"), set_as_default=True)
    'v2'
    >>> policy.default_version_id
    'v2'
    """

    __slots__ = ()
    account: Account | None

    def create_version(self, document: Document, *, set_as_default: bool = False) -> str:
        """Add a version (``CreatePolicyVersion``); version numbers aren't reused.

        Returns
        -------
        str
            The new version's id, such as ``"v2"``.

        Raises
        ------
        LimitExceeded
            It already has five versions.
        MalformedPolicyDocument
            IAM doesn't save such a document.
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
            There is no version with that id.
        """
        self._do("DeletePolicyVersion", VersionId=version_id)

    def set_default_version(self, version_id: str) -> None:
        """Set the default version (``SetDefaultPolicyVersion``), for example to roll back.

        Raises
        ------
        NoSuchEntity
            There is no version with that id.
        """
        self._do("SetDefaultPolicyVersion", VersionId=version_id)

    def last_accessed(
        self, events: Iterable[Event] | None = None, granularity: Granularity = "SERVICE_LEVEL"
    ) -> LastAccessed:
        """Report when the services that it allows were last accessed, and by which principal.

        Raises
        ------
        RequestError
            It is an AWS managed policy, in every account: use ``account.last_accessed(policy)``.
        """
        if self.account is None:
            raise RequestError(f"{self.name} is AWS managed: use account.last_accessed(...).")
        return self.account.last_accessed(self, events, granularity)

    def _do(self, operation: str, **parameters: object) -> Any:
        """Do an operation on this policy, as the root user of its account."""
        if self.account is None:
            error = AccessDenied("Policy is outside your own account.")
            raise noted(error, f"{self.name} is AWS managed. Create your own from its document.")
        named = {"PolicyArn": self.arn, **parameters}
        return perform(self.account, operation.format("Policy"), **named)

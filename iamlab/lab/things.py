from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.world import things as records
from iamlab.world.api.calling import perform
from iamlab.world.api.values import as_keys, as_tags
from iamlab.world.kept import stands_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.world.identities import Role


class _Thing:
    __slots__ = ()

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
        """Do an operation on this thing, as the account's root user."""
        named = {self.named_by: self.arn if self.named_by.endswith("Arn") else self.name}
        return perform(self.account, operation.format(self.noun), **named, **parameters)


@stands_for(records.InstanceProfile)
class InstanceProfile(_Thing, records.InstanceProfile):
    __doc__ = records.InstanceProfile.__doc__
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
        self._do("AddRoleTo{}", RoleName=_name_of(role))

    def remove_role(self, role: Role | str) -> None:
        """Take a role out (``RemoveRoleFromInstanceProfile``).

        Raises
        ------
        NoSuchEntity
            It is not in.
        """
        self._do("RemoveRoleFrom{}", RoleName=_name_of(role))


@stands_for(records.SAMLProvider)
class SAMLProvider(_Thing, records.SAMLProvider):
    __doc__ = records.SAMLProvider.__doc__
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


@stands_for(records.OpenIDConnectProvider)
class OpenIDConnectProvider(_Thing, records.OpenIDConnectProvider):
    __doc__ = records.OpenIDConnectProvider.__doc__
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


@stands_for(records.ServerCertificate)
class ServerCertificate(_Thing, records.ServerCertificate):
    __doc__ = records.ServerCertificate.__doc__
    __slots__ = ()

    def update(
        self, *, new_server_certificate_name: str | None = None, new_path: str | None = None
    ) -> None:
        """Rename it, or move it to another path (``UpdateServerCertificate``)."""
        self._do("Update{}", NewPath=new_path, NewServerCertificateName=new_server_certificate_name)


def _name_of(role):
    return role if isinstance(role, str) else role.name

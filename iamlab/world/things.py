"""What an account holds beside identities and policies: profiles, providers, certificates.

Notes
-----
AWS pages: "Use instance profiles"; "Create a SAML identity provider in IAM"; "Create an OpenID
Connect (OIDC) identity provider in IAM"; "Manage server certificates in IAM".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.world.kept import Kept

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.identities import Role


@dataclass(slots=True, eq=False)
class Thing(Kept):
    """What they have in common: a name, an ARN, tags."""

    account: Account = field(repr=False)
    name: str
    path: str = "/"
    unique_id: str = field(default="", repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    create_date: datetime | None = field(default=None, repr=False)
    kind: ClassVar[str] = ""  # in its ARN
    noun: ClassVar[str] = ""  # in the names of operations
    named_by: ClassVar[str] = ""  # the parameter that names it

    @property
    def arn(self) -> str:
        """``arn:aws:iam::ACCOUNT:kind/path/name``."""
        start = f"arn:{self.account.partition}:iam::{self.account.account_id}"
        return f"{start}:{self.kind}{self.path}{self.name}"


@dataclass(slots=True, eq=False)
class InstanceProfile(Thing):
    """What hands a role to an EC2 instance. It holds one role at most, and cannot be renamed."""

    kind: ClassVar[str] = "instance-profile"
    noun: ClassVar[str] = "InstanceProfile"
    named_by: ClassVar[str] = "InstanceProfileName"

    @property
    def roles(self) -> list[Role]:
        """The role in it, if there is one. Only roles keep it, so nothing gets out of step."""
        every = self.account.roles.values()
        return [role for role in every if self.name in role.instance_profiles]


def _name_of(role: Role | str) -> str:
    return role if isinstance(role, str) else role.name


@dataclass(slots=True, eq=False)
class Provider(Thing):
    """An identity provider outside of AWS whose users may assume roles.

    Parameters
    ----------
    context_provider, identity_center_instance_arn
        The settings of trusted identity propagation, kept as they were given.
    """

    context_provider: dict[str, Any] | None = field(default=None, repr=False)
    identity_center_instance_arn: str | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False)
class SAMLProvider(Provider):
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

    metadata: str = field(default="", repr=False)
    issuer: str = ""
    valid_until: datetime | None = field(default=None, repr=False)
    assertion_encryption_mode: str = field(default="Allowed", repr=False)
    private_keys: dict[str, datetime] = field(default_factory=dict, repr=False)
    kind: ClassVar[str] = "saml-provider"
    noun: ClassVar[str] = "SAMLProvider"
    named_by: ClassVar[str] = "SAMLProviderArn"


@dataclass(slots=True, eq=False)
class OpenIDConnectProvider(Provider):
    """An identity provider that speaks OpenID Connect. Its name is its URL without ``https://``.

    Parameters
    ----------
    client_ids
        The audiences that its tokens may be for.
    thumbprints
        SHA-1 sums of certificates that its server may show.
    """

    client_ids: list[str] = field(default_factory=list, repr=False)
    thumbprints: list[str] = field(default_factory=list, repr=False)
    kind: ClassVar[str] = "oidc-provider"
    noun: ClassVar[str] = "OpenIDConnectProvider"
    named_by: ClassVar[str] = "OpenIDConnectProviderArn"

    @property
    def url(self) -> str:
        """Its address: the ``iss`` of its tokens."""
        return f"https://{self.name}"


@dataclass(slots=True, eq=False)
class ServerCertificate(Thing):
    """A TLS certificate that load balancers may use. Its private key is not kept.

    Parameters
    ----------
    expiration
        When it ends, as far as that can be read in it.
    """

    body: str = field(default="", repr=False)
    chain: str | None = field(default=None, repr=False)
    expiration: datetime | None = field(default=None, repr=False)
    kind: ClassVar[str] = "server-certificate"
    noun: ClassVar[str] = "ServerCertificate"
    named_by: ClassVar[str] = "ServerCertificateName"

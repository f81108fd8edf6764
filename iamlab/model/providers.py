"""Instance profiles, identity providers and server certificates, and the metadata of SAML.

A SAML metadata document comes from outside. So it is read as a stream, and rejected as soon as it
declares a document type: without one, entities can't expand.

Notes
-----
AWS pages: "Use instance profiles"; "Create a SAML identity provider in IAM"; "Create an OpenID
Connect (OIDC) identity provider in IAM"; "Manage server certificates in IAM".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors import InvalidInput, noted
from iamlab.model.record import Record

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.identities import Role


@dataclass(slots=True, eq=False)
class IamResource(Record):
    """An IAM resource with a name, an ARN and tags."""

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
class InstanceProfile(IamResource):
    """A container that passes a role to an EC2 instance; it holds at most one role."""

    kind: ClassVar[str] = "instance-profile"
    noun: ClassVar[str] = "InstanceProfile"
    named_by: ClassVar[str] = "InstanceProfileName"

    @property
    def roles(self) -> list[Role]:
        """The role in it, if there is one. Only the role holds the link."""
        every = self.account.roles.values()
        return [role for role in every if self.name in role.instance_profiles]


def name_of(role: Role | str) -> str:
    """Return the name of a role, passed as an object or by name."""
    return role if isinstance(role, str) else role.name


@dataclass(slots=True, eq=False)
class Provider(IamResource):
    """An identity provider outside AWS whose users can assume roles.

    Parameters
    ----------
    context_provider, identity_center_instance_arn
        The settings of trusted identity propagation, stored as sent.
    """

    context_provider: dict[str, Any] | None = field(default=None, repr=False)
    identity_center_instance_arn: str | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False)
class SAMLProvider(Provider):
    """A SAML 2.0 identity provider."""

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
    """An OpenID Connect identity provider. Its name is its URL without ``https://``."""

    client_ids: list[str] = field(default_factory=list, repr=False)
    thumbprints: list[str] = field(default_factory=list, repr=False)
    kind: ClassVar[str] = "oidc-provider"
    noun: ClassVar[str] = "OpenIDConnectProvider"
    named_by: ClassVar[str] = "OpenIDConnectProviderArn"

    @property
    def url(self) -> str:
        """Its URL: the ``iss`` of its tokens."""
        return f"https://{self.name}"


@dataclass(slots=True, eq=False)
class ServerCertificate(IamResource):
    """A TLS certificate that load balancers can use. Its private key is not kept."""

    body: str = field(default="", repr=False)
    chain: str | None = field(default=None, repr=False)
    expiration: datetime | None = field(default=None, repr=False)
    kind: ClassVar[str] = "server-certificate"
    noun: ClassVar[str] = "ServerCertificate"
    named_by: ClassVar[str] = "ServerCertificateName"


_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_ROOT, _PROVIDER = f"{_METADATA} EntityDescriptor", f"{_METADATA} IDPSSODescriptor"
_DEFAULT = timedelta(days=36_525)
"""How long metadata without ``validUntil`` are valid: a hundred years."""


@dataclass(frozen=True, slots=True)
class SAMLMetadata:
    """What IAM reads in the metadata."""

    issuer: str
    valid_until: datetime


class _Wrong(Exception):  # noqa: N818 - it is caught where it is raised
    """The reason why a document isn't SAML metadata."""


class _Reader:
    """A parser target that notes the outermost element and whether it describes an IdP."""

    def __init__(self) -> None:
        self.root: dict[str, str] | None = None
        self.describes_provider = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self.root is None:
            if name != _ROOT or not attributes.get("entityID"):
                raise _Wrong("The outermost element is an EntityDescriptor with an entityID.")
            self.root = attributes
        self.describes_provider |= name == _PROVIDER

    @staticmethod
    def doctype(*_: Any) -> None:
        raise _Wrong("A document type is not allowed.")


def read(text: str, now: datetime) -> SAMLMetadata:
    """Read metadata.

    Parameters
    ----------
    now
        The time of the upload.

    Raises
    ------
    InvalidInput
        They aren't metadata; in AWS's words, with the reason as a note.
    """
    from io import BytesIO
    from xml.parsers import expat

    reader = _Reader()
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.StartDoctypeDeclHandler = reader.doctype
    try:
        parser.ParseFile(BytesIO(text.lstrip("\ufeff").encode()))
        return _found(reader, now)
    except (_Wrong, expat.ExpatError, UnicodeEncodeError, OverflowError) as wrong:
        raise noted(InvalidInput("Could not parse metadata"), str(wrong)) from None


def _found(reader: _Reader, now: datetime) -> SAMLMetadata:
    root = reader.root or {}
    if not reader.describes_provider:
        raise _Wrong("It has no IDPSSODescriptor, so it describes no identity provider.")
    until = root.get("validUntil")
    if until is None:
        return SAMLMetadata(root["entityID"], now + _DEFAULT)
    try:
        valid_until = datetime.fromisoformat(until)
    except ValueError:
        raise _Wrong(f"validUntil isn't a time: {until[:40]}.") from None
    if valid_until.tzinfo is None:
        valid_until = valid_until.replace(tzinfo=UTC)
    return SAMLMetadata(root["entityID"], valid_until.astimezone(UTC))

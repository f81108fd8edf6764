"""A company's directory of people, which signs SAML assertions about them for AWS.

It represents Active Directory with AD FS, or any other SAML 2.0 provider. AWS never contacts it:
the account has its metadata, and people present assertions that it signed.

Notes
-----
AWS pages: "SAML 2.0 federation"; "Create a SAML identity provider in IAM"; "Configure SAML
assertions for the authentication response".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iamlab.errors import RequestError, did_you_mean
from iamlab.model.clock_and_ids import HEX
from iamlab.operations.dispatch import perform
from iamlab.operations.federation import saml_assertion as checks
from iamlab.operations.federation import saml_xml as names
from iamlab.operations.federation.saml_assertion import Statements, metadata_of, response_of, signed
from iamlab.operations.federation.signatures import certificate_of, rsa_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.model.providers import SAMLProvider
    from iamlab.model.world import World
    from iamlab.operations.federation.saml_assertion import SamlAssertion

ENTITY_ID = "http://adfs.acme.example/adfs/services/trust"


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """A person in a directory, who isn't an IAM user.

    Parameters
    ----------
    groups
        Groups of the directory, which aren't IAM groups.
    attributes
        Other attributes: ``{"department": "astronomy"}``.
    """

    name: str
    email: str | None = None
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class SamlDirectory:
    """A directory of people, with the roles of its groups.

    Parameters
    ----------
    entity_id
        Its name: the issuer of its assertions.
    role_pairs
        Group -> pairs of the ARNs of a role and a SAML provider.
    certificate_number
        The number of its current certificate; the key follows from the world's seed.
    sign_ins
        The number of sign-ins.
    """

    world: World = field(repr=False)
    name: str
    entity_id: str
    users: dict[str, DirectoryUser] = field(default_factory=dict, repr=False)
    role_pairs: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict, repr=False)
    certificate_number: int = field(default=1, repr=False)
    sign_ins: int = field(default=0, repr=False)

    def add_user(
        self,
        name: str,
        *,
        groups: Iterable[str] = (),
        email: str | None = None,
        attributes: Mapping[str, str | Iterable[str]] | None = None,
    ) -> DirectoryUser:
        """Add a person.

        Parameters
        ----------
        attributes
            By full or short names: ``cn`` and ``eduPersonAffiliation`` become condition keys,
            ``department`` doesn't.

        Raises
        ------
        RequestError
            The name is taken, or a value isn't text.

        Examples
        --------
        >>> from iamlab import World
        >>> acme = create_directory(World(seed=7))
        >>> acme.add_user("ana", groups=["astronomers"], attributes={"department": "stars"}).groups
        ('astronomers',)
        """
        if checks.text("The name", name) in self.users:
            raise RequestError(f"{self.name} already has a user {name}.")
        named = checks.by_name("attributes", attributes)
        user = DirectoryUser(
            name,
            None if email is None else checks.text("The email address", email),
            checks.texts("groups", groups),
            {key: checks.values(key, value) for key, value in named.items()},
        )
        self.users[name] = user
        return user

    def remove_user(self, user: DirectoryUser | str) -> None:
        """Remove a person who leaves, which ends access to roles in all accounts.

        Raises
        ------
        RequestError
            There is no such user.
        """
        del self.users[self._find(user).name]

    def map_group(self, group: str, role: Role | str, provider: SAMLProvider | str) -> None:
        """Map a group to a role; a group can have several roles.

        Parameters
        ----------
        role, provider
            Or their ARNs. The role must trust the provider; the directory doesn't check that.

        Raises
        ------
        RequestError
            A value isn't a role or a provider.

        Examples
        --------
        >>> from iamlab import World
        >>> acme = create_directory(World(seed=7))
        >>> here = "arn:aws:iam::111111111111"
        >>> acme.map_group("astronomers", f"{here}:role/stars", f"{here}:saml-provider/AcmeAD")
        """
        pair = (checks.arn(role, "role"), checks.arn(provider, "saml-provider"))
        pairs = (*self.role_pairs.get(checks.text("The group", group), ()), pair)
        self.role_pairs[group] = tuple(dict.fromkeys(pairs))

    def roles_of(self, user: DirectoryUser | str) -> tuple[tuple[str, str], ...]:
        """Return a person's choices: pairs of the ARNs of a role and a provider.

        Raises
        ------
        RequestError
            There is no such user.
        """
        groups = self._find(user).groups
        every = (pair for group in groups for pair in self.role_pairs.get(group, ()))
        return tuple(dict.fromkeys(every))

    def metadata(self, *, certificates: int = 1, valid_until: datetime | None = None) -> str:
        """Return the metadata, which an account uploads to check this directory's signatures.

        Parameters
        ----------
        certificates
            The number of certificates: the current one and future ones. With two in the account,
            the next rotation locks nobody out.
        valid_until
            When the metadata expire.

        Raises
        ------
        RequestError
            The number isn't valid, or the time has no time zone.

        Examples
        --------
        >>> from iamlab import World
        >>> acme = create_directory(World(seed=7))
        >>> acme.metadata(certificates=2).count("<md:KeyDescriptor")
        2
        """
        if certificates not in range(1, 11):
            raise RequestError(f"Metadata name 1 to 10 certificates, not {certificates!r}.")
        first = self.certificate_number
        shown = [self.certificate(number) for number in range(first, first + certificates)]
        return metadata_of(
            self.entity_id, shown, valid_until=checks.moment("valid_until", valid_until)
        )

    def certificate(self, number: int | None = None) -> Certificate:
        """Return the current certificate, or the one with a number."""
        which = self.certificate_number if number is None else number
        serial = int(self._hidden(f"serial/{which}", 30), 16) + 1
        return certificate_of(self._key(which), f"ADFS Signing - {self.name}", serial)

    def rotate_certificate(self) -> None:
        """Start signing with another key; accounts with only the old metadata reject it.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> acme = create_directory(world)
        >>> provider = acme.register(world.create_account("main"))
        >>> acme.rotate_certificate()
        >>> provider.update(saml_metadata_document=acme.metadata())
        """
        self.certificate_number += 1

    def register(self, account: Account, name: str = "AcmeAD") -> SAMLProvider:
        """Register the directory in an account: create a SAML provider from its metadata.

        Raises
        ------
        EntityAlreadyExists
            The account already has a provider with that name.
        """
        return perform(
            account, "CreateSAMLProvider", Name=name, SAMLMetadataDocument=self.metadata()
        )

    def sign_in(
        self,
        user: DirectoryUser | str,
        *,
        role_session_name: str | None = None,
        session_duration: int | None = None,
        principal_tags: Mapping[str, str] | None = None,
        transitive_tag_keys: Iterable[str] = (),
        source_identity: str | None = None,
        audience: str = names.SIGN_IN,
        recipient: str = names.SIGN_IN,
        subject_type: str = "persistent",
        lifetime_seconds: float = 300,
        session_not_on_or_after: datetime | None = None,
    ) -> SamlAssertion:
        """Sign a person in, and return a signed assertion for AWS.

        The directory writes the parameters unchecked; AWS can reject them.

        Parameters
        ----------
        role_session_name
            By default the user's name.
        session_duration
            Seconds of a console session.
        principal_tags, transitive_tag_keys
            Session tags, and which of them pass to the next role of a chain.
        audience, recipient
            Its audience, and its destination.
        subject_type
            ``persistent``: the user's name; ``transient``: a new value each time; another URI: the
            email address, if there is one.
        lifetime_seconds
            The validity in the assertion.
        session_not_on_or_after
            When the session with the directory ends.

        Raises
        ------
        RequestError
            There is no such user, or a value has the wrong type.

        Examples
        --------
        >>> from iamlab import World
        >>> acme = create_directory(World(seed=7))
        >>> ana = acme.add_user("ana")
        >>> "<saml:Audience>https://signin.aws.amazon.com/saml<" in acme.sign_in(ana).xml
        True
        """
        who, now = self._find(user), self.world.clock.now
        named = who.name if role_session_name is None else role_session_name
        behind = () if source_identity is None else (source_identity,)
        for_aws = {
            names.ROLE: tuple(f"{role},{provider}" for role, provider in self.roles_of(who)),
            names.ROLE_SESSION_NAME: (checks.text("role_session_name", named),),
            names.SESSION_DURATION: checks.number_texts("session_duration", session_duration),
            names.SOURCE_IDENTITY: checks.texts("source_identity", behind),
            names.TRANSITIVE_TAG_KEYS: checks.texts("transitive_tag_keys", transitive_tag_keys),
        }
        for key, tag in checks.by_name("principal_tags", principal_tags).items():
            for_aws[names.PRINCIPAL_TAG + key] = (checks.text("A tag", tag, least=0),)
        for_aws = {name: values for name, values in for_aws.items() if values}
        number = self.sign_ins + 1
        subject, subject_format = self._subject(
            who, checks.text("subject_type", subject_type), number
        )
        stated = Statements(
            response_id=f"_{self._hidden(f'response/{number}', 32)}",
            assertion_id=f"_{self._hidden(f'assertion/{number}', 32)}",
            issuer=self.entity_id,
            issued=now,
            not_on_or_after=checks.later(now, lifetime_seconds),
            subject=subject,
            subject_format=subject_format,
            audience=checks.text("audience", audience),
            recipient=checks.text("recipient", recipient),
            attributes={**_known_of(who), **for_aws},
            session_not_on_or_after=checks.moment(
                "session_not_on_or_after", session_not_on_or_after
            ),
        )
        done = signed(response_of(stated), self._key(self.certificate_number), self.certificate())
        self.sign_ins = number
        return done

    def copy(self, world: World) -> SamlDirectory:
        """Copy the directory into a copy of its world."""
        return replace(self, world=world, users=dict(self.users), role_pairs=dict(self.role_pairs))

    def _find(self, user: object) -> DirectoryUser:
        name = user.name if isinstance(user, DirectoryUser) else user
        if not isinstance(name, str) or name not in self.users:
            hint = did_you_mean(str(name)[:100], self.users)
            raise RequestError(f"{self.name} has no user {str(name)[:100]!r}. {hint}")
        return self.users[name]

    def _subject(self, user: DirectoryUser, subject_type: str, number: int) -> tuple[str, str]:
        """Write the name identifier and its format."""
        if subject_type == "transient":
            return f"_{self._hidden(f'transient/{number}', 40)}", f"{names.NAME_ID}transient"
        if subject_type == "persistent":
            return user.name, f"{names.NAME_ID}persistent"
        if ":" not in subject_type:
            hint = "persistent, transient, or the URI of another format"
            raise RequestError(f"subject_type is {hint}, not {subject_type[:100]!r}.")
        return user.email or user.name, subject_type

    def _key(self, number: int) -> RSAPrivateKey:
        return rsa_key(self.world, f"saml/{self.entity_id}/{number}")

    def _hidden(self, what: str, size: int) -> str:
        return self.world.ids.hidden(f"saml/{self.entity_id}/{what}", HEX, size)


def create_directory(
    world: World, name: str = "Acme Active Directory", *, entity_id: str = ENTITY_ID
) -> SamlDirectory:
    """Create a directory in a world, without people, and not registered in any account.

    Raises
    ------
    RequestError
        The entity id is taken.

    Examples
    --------
    >>> from iamlab import World
    >>> create_directory(World(seed=7))
    SamlDirectory(name='Acme Active Directory', \
entity_id='http://adfs.acme.example/adfs/services/trust')
    """
    if checks.text("The entity id", entity_id) in world.saml_directories:
        raise RequestError(f"The world already has a directory {entity_id}.")
    made = SamlDirectory(world, checks.text("The name", name), entity_id)
    world.saml_directories[entity_id] = made
    return made


def _known_of(user: DirectoryUser) -> dict[str, tuple[str, ...]]:
    """Return a person's attributes, which are in every assertion."""
    found: dict[str, tuple[str, ...]] = {f"{names.CLAIMS_OF_AD}name": (user.name,)}
    if user.email is not None:
        found[f"{names.CLAIMS_OF_AD}emailaddress"] = (user.email,)
    if user.groups:
        found[names.GROUP] = user.groups
    for name, value in user.attributes.items():
        found[names.attribute_name(name)] = (value,) if isinstance(value, str) else tuple(value)
    return found

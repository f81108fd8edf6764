"""Read and check a SAML response, and return the identity of the person.

The response comes from the person's browser, so nothing in it is trusted. It is parsed as XML, then
its signature is checked, and only the signed part is read.

AWS documents few of the error messages. Other errors have the general message and a note with the
reason.

Notes
-----
AWS pages: "API AssumeRoleWithSAML"; "Configure SAML assertions for the authentication response";
"Troubleshoot SAML federation with IAM"; "SAML 2.0 federation", for how users are distinguished.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha1
from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied, RequestError, ValidationError, noted
from iamlab.operations.federation import saml_xml as xml
from iamlab.operations.federation.saml_claims import (
    check_audience,
    check_times,
    read_claims,
    session_ends,
)
from iamlab.operations.federation.signatures import signed_assertion, signing_certificates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from lxml.etree import _Element as Element

    from iamlab.model.account import Account
    from iamlab.model.providers import SAMLProvider


_MOST_CHARACTERS = 100_000
_BASE64, _SIGNATURE = "Invalid base64 SAMLResponse", "Response signature invalid"
_ISSUER = "Issuer not present in specified provider"


@dataclass(frozen=True, slots=True)
class SamlIdentity:
    """A person identified by a SAML identity provider.

    Parameters
    ----------
    principal
        The ARN of the SAML provider in the account.
    subject, subject_type
        The provider's name for the person, and its format: ``persistent``, ``transient`` (new each
        time), or the URI of another format.
    audience
        The endpoint that the response was sent to: the ``Recipient``, not the ``Audience``.
    name_qualifier
        A hash of issuer, account and provider: together with the subject it is unique for each
        person.
    roles
        The roles that can be assumed, each with the provider: pairs of ARNs.
    session_not_on_or_after
        When the provider ends the session.
    context
        The condition keys for trust policies: ``saml:aud`` and so on.
    assertion_id
        The assertion's id.
    """

    principal: str
    subject: str
    subject_type: str
    issuer: str
    audience: str
    name_qualifier: str
    roles: tuple[tuple[str, str], ...]
    role_session_name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    session_not_on_or_after: datetime | None = None
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, repr=False)
    assertion_id: str = ""


def read_saml(account: Account, provider_arn: str, assertion: str) -> SamlIdentity:
    """Read a SAML response, or raise an error.

    Parameters
    ----------
    account
        The account of the SAML provider.
    provider_arn
        The provider that should have signed it.
    assertion
        The response in Base64, as a browser sends it.

    Raises
    ------
    InvalidIdentityToken
        It can't be read, isn't signed by that provider, or isn't for AWS; a note explains why.
    ExpiredTokenException
        It has expired.
    AccessDenied
        It has no subject.
    ValidationError
        It is too long.
    RequestError
        It isn't text.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.saml_directory import create_directory
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> acme = create_directory(world)
    >>> provider = acme.register(main)
    >>> acme.map_group("astronomers", f"arn:aws:iam::111111111111:role/stars", provider)
    >>> ana = acme.add_user("ana", groups=["astronomers"])
    >>> identity = read_saml(main, provider.arn, acme.sign_in("ana"))
    >>> identity.subject, identity.subject_type, identity.context["saml:doc"]
    ('ana', 'persistent', '111111111111/AcmeAD')
    """
    response = _decoded(assertion)
    provider = _provider(account, provider_arn)
    genuine = _genuine(response, provider)
    try:
        return _identity(genuine, provider)
    except ValueError as error:  # a text contains a comment or an element
        raise xml.invalid(f"The assertion can't be read: {error}.") from None


def context_of(
    provider: SAMLProvider, subject: str, subject_type: str, audience: str
) -> dict[str, str]:
    """Return the condition keys of every assertion, without its attributes.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.saml_directory import create_directory
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> provider = create_directory(world).register(main)
    >>> found = context_of(provider, "ana", "persistent", "https://signin.aws.amazon.com/saml")
    >>> found["saml:doc"], found["saml:namequalifier"]
    ('111111111111/AcmeAD', 'cGeXq3OhbhR5kak7xekhXZVyxgk=')
    """
    document = f"{provider.account.account_id}/{provider.name}"
    qualifier = sha1(f"{provider.issuer}{document}".encode(), usedforsecurity=False).digest()
    return {
        "saml:aud": audience,
        "saml:iss": provider.issuer,
        "saml:sub": subject,
        "saml:sub_type": subject_type,
        "saml:namequalifier": b64encode(qualifier).decode(),
        "saml:doc": document,
    }


def _decoded(assertion: object) -> Element:
    if not isinstance(assertion, str):
        raise RequestError(f"A SAML assertion is a text, not {type(assertion).__name__}.")
    if len(assertion) > _MOST_CHARACTERS:
        raise ValidationError(
            "1 validation error detected: Value at 'sAMLAssertion' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MOST_CHARACTERS}"
        )
    try:
        document = b64decode("".join(assertion.split()), validate=True)
    except (binascii.Error, ValueError):
        hint = " It is URL-encoded: %2B is +." if "%" in assertion else ""
        raise xml.invalid(f"This isn't Base64.{hint}", _BASE64) from None
    try:
        response = xml.parse(document)
    except ValueError as error:
        raise xml.invalid(f"The response can't be read: {error}.") from None
    if response.tag != xml.tag("samlp:Response"):
        raise xml.invalid("The outermost element must be a Response of SAML 2.0.")
    return response


def _provider(account: Account, arn: object) -> SAMLProvider:
    if not isinstance(arn, str):
        raise RequestError(f"Name a SAML provider by its ARN, not by {type(arn).__name__}.")
    provider = account.saml_providers.get(arn)
    if provider is None:
        note = f"Account {account.account_id} has no SAML provider {xml.shown(arn)}."
        raise xml.invalid(note, "Specified provider doesn't exist")
    until = provider.valid_until
    if until is not None and until <= account.world.clock.now:
        raise xml.invalid(
            f"The metadata of {provider.name} were valid until {until}: upload new ones."
        )
    return provider


def _genuine(response: Element, provider: SAMLProvider) -> Element:
    """Return the assertion, as signed by the provider."""
    if xml.every(response, "saml:EncryptedAssertion"):
        raise xml.invalid("The assertion is encrypted; iamlab doesn't store private keys.")
    if provider.assertion_encryption_mode == "Required":
        raise xml.invalid(f"{provider.name} requires encrypted assertions; this one isn't.")
    # AWS checks the issuer first, so a wrong provider has its own error. This check only rejects;
    # the signed issuer is checked again below.
    for issuer in xml.every(response, "saml:Assertion/saml:Issuer"):
        _check_issuer(issuer, provider)
    try:
        assertion = signed_assertion(response, signing_certificates(provider.metadata))
    except ValueError as error:
        wrong = xml.invalid(f"The signature isn't valid: {error}.", _SIGNATURE)
        raise noted(
            wrong,
            "Did the identity provider change its certificate? Then upload its new metadata: "
            "provider.update(saml_metadata_document=directory.metadata()).",
        ) from None
    status = xml.every(response, "samlp:Status/samlp:StatusCode")
    if [code.get("Value") for code in status] != [xml.SUCCESS]:
        raise xml.invalid("The identity provider rejected the user: the status isn't Success.")
    return assertion


def _check_issuer(issuer: Element, provider: SAMLProvider) -> None:
    if len(issuer) or (issuer.text or "").strip() != provider.issuer:
        note = f"{provider.name} is {xml.shown(provider.issuer)}; this is from another issuer."
        raise xml.invalid(note, _ISSUER)


def _identity(assertion: Element, provider: SAMLProvider) -> SamlIdentity:
    """Read the signed assertion."""
    account = provider.account
    issuers = xml.every(assertion, "saml:Issuer")
    if len(issuers) != 1:
        raise xml.invalid("The assertion names no issuer, or several.", _ISSUER)
    _check_issuer(issuers[0], provider)
    audience = check_audience(assertion, provider)
    check_times(assertion, account.world.clock.now)
    subject, subject_type = _subject(assertion)
    claims = read_claims(assertion)
    context = context_of(provider, subject, subject_type, audience)
    return SamlIdentity(
        principal=provider.arn,
        subject=subject,
        subject_type=subject_type,
        issuer=provider.issuer,
        audience=audience,
        name_qualifier=context["saml:namequalifier"],
        session_not_on_or_after=session_ends(assertion),
        assertion_id=assertion.get("ID", ""),
        **{**claims, "context": {**context, **claims["context"]}},
    )


def _subject(assertion: Element) -> tuple[str, str]:
    """Return the name identifier and its format."""
    found = xml.every(assertion, "saml:Subject/saml:NameID")
    if len(found) != 1 or not xml.text_of(found[0]):
        note = "The assertion names nobody: there must be a Subject with one NameID."
        raise noted(AccessDenied("Not authorized to perform sts:AssumeRoleWithSAML"), note)
    form = found[0].get("Format", xml.UNSPECIFIED)
    return xml.text_of(found[0]), form.removeprefix(xml.NAME_ID)

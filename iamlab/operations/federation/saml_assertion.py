"""Write SAML responses with a signed assertion, and metadata, as an identity provider does.

Values that AWS would reject are written unchanged, and AWS rejects them. Values that can't be in a
SAML message are programming errors, so each is a ``RequestError``.

Notes
-----
AWS page: "Configure SAML assertions for the authentication response". Standards: "Assertions and
Protocols for SAML 2.0"; "Metadata for SAML 2.0".
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from iamlab.display import has_stand_in
from iamlab.errors import RequestError
from iamlab.operations.federation import saml_xml as names
from iamlab.operations.federation.signatures import der_of
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate
    from lxml.etree import _Element as Element

    from iamlab.model.identities import Role
    from iamlab.model.providers import SAMLProvider


_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_PLACEHOLDER = "placeholder"
"""The place of an element's signature, by Id, as the schema requires."""


class SamlAssertion(str):
    """A SAML response in Base64, as AWS accepts it. It is a credential, so it isn't shown.

    It is a string, so you can pass it to anything that takes strings, also boto3.

    Examples
    --------
    >>> SamlAssertion("PFJlc3BvbnNlLz4=")
    SamlAssertion(16 characters)
    >>> SamlAssertion("PFJlc3BvbnNlLz4=").xml
    '<Response/>'
    """

    __slots__ = ()

    @property
    def xml(self) -> str:
        """The readable signed response."""
        return b64decode(self).decode()

    def __repr__(self) -> str:
        return f"SamlAssertion({len(self):,} characters)"


@dataclass(frozen=True, slots=True)
class Statements:
    """The contents of a response.

    Parameters
    ----------
    response_id, assertion_id
        Ids that are new each time.
    subject_format
        A URI.
    recipient
        The destination endpoint.
    attributes
        Full names with values.
    session_not_on_or_after
        When the session with the identity provider ends, if the response has that.
    """

    response_id: str
    assertion_id: str
    issuer: str
    issued: datetime
    not_on_or_after: datetime
    subject: str
    subject_format: str
    audience: str
    recipient: str
    attributes: Mapping[str, Iterable[str]]
    session_not_on_or_after: datetime | None = None


def response_of(stated: Statements) -> Element:
    """Write an unsigned response."""
    issued = {"Version": "2.0", "IssueInstant": written(stated.issued)}
    root = _root("samlp:Response", ID=stated.response_id, **issued, Destination=stated.recipient)
    _add(root, "saml:Issuer", stated.issuer)
    _add(_add(root, "samlp:Status"), "samlp:StatusCode", Value=names.SUCCESS)
    assertion = _add(root, "saml:Assertion", ID=stated.assertion_id, **issued)
    _add(assertion, "saml:Issuer", stated.issuer)
    _add(assertion, "ds:Signature", Id=_PLACEHOLDER)
    until = written(stated.not_on_or_after)
    subject = _add(assertion, "saml:Subject")
    _add(subject, "saml:NameID", stated.subject, Format=stated.subject_format)
    confirmed = _add(subject, "saml:SubjectConfirmation", Method=names.BEARER)
    data = {"NotOnOrAfter": until, "Recipient": stated.recipient}
    _add(confirmed, "saml:SubjectConfirmationData", **data)
    times = {"NotBefore": written(stated.issued), "NotOnOrAfter": until}
    conditions = _add(assertion, "saml:Conditions", **times)
    _add(_add(conditions, "saml:AudienceRestriction"), "saml:Audience", stated.audience)
    statement = _add(assertion, "saml:AttributeStatement")
    for name, attribute_values in stated.attributes.items():
        attribute = _add(statement, "saml:Attribute", Name=name)
        for value in attribute_values:
            _add(attribute, "saml:AttributeValue", value)
    _add_authentication(assertion, stated)
    return root


def _add_authentication(assertion: Element, stated: Statements) -> None:
    session = {"AuthnInstant": written(stated.issued), "SessionIndex": stated.assertion_id}
    if stated.session_not_on_or_after is not None:
        session["SessionNotOnOrAfter"] = written(stated.session_not_on_or_after)
    statement = _add(assertion, "saml:AuthnStatement", **session)
    context = _add(statement, "saml:AuthnContext")
    _add(context, "saml:AuthnContextClassRef", names.BY_PASSWORD)


@has_stand_in("signxml")
def signed(response: Element, key: RSAPrivateKey, certificate: Certificate) -> SamlAssertion:
    """Sign the assertion in a response; return the response as it is sent."""
    from signxml.signer import XMLSigner

    etree = names.etree()
    etree.indent(response)  # before signing, because nothing can change afterwards
    assertion = response.find(names.tag("saml:Assertion"))
    signer = XMLSigner(c14n_algorithm=_EXCLUSIVE)
    done = signer.sign(
        response, key=key, cert=[certificate], reference_uri=assertion.get("ID"), id_attribute="ID"
    )
    return SamlAssertion(b64encode(etree.tostring(done, encoding="utf-8")).decode())


def metadata_of(
    entity_id: str, certificates: Iterable[Certificate], *, valid_until: datetime | None = None
) -> str:
    """Write the metadata of an identity provider: its certificates and its address."""
    limits = {} if valid_until is None else {"validUntil": written(valid_until)}
    root = _root("md:EntityDescriptor", entityID=entity_id, **limits)
    protocol = {"protocolSupportEnumeration": names.NAMESPACES["samlp"]}
    descriptor = _add(root, "md:IDPSSODescriptor", WantAuthnRequestsSigned="false", **protocol)
    for certificate in certificates:
        key = _add(descriptor, "md:KeyDescriptor", use="signing")
        data = _add(_add(key, "ds:KeyInfo"), "ds:X509Data")
        _add(data, "ds:X509Certificate", b64encode(der_of(certificate)).decode())
    for form in ("persistent", "transient"):
        _add(descriptor, "md:NameIDFormat", f"{names.NAME_ID}{form}")
    place = f"{entity_id.rstrip('/')}/ls/"
    _add(descriptor, "md:SingleSignOnService", Binding=names.REDIRECT, Location=place)
    etree = names.etree()
    etree.indent(root)
    declared = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return str(declared.decode())


def written(moment: datetime) -> str:
    """Write a time in SAML's form: in UTC, to the millisecond.

    Examples
    --------
    >>> written(datetime(2026, 11, 25, 9, tzinfo=UTC))
    '2026-11-25T09:00:00.000Z'
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _root(name: str, **attributes: str) -> Element:
    """Make an outermost element."""
    return names.etree().Element(names.tag(name), attributes)


def _add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Append an element to another."""
    made = names.etree().SubElement(parent, names.tag(name), attributes)
    made.text = text
    return made


_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(what: str, value: object, *, least: int = 1) -> str:
    r"""Check for a text that XML can contain.

    Examples
    --------
    >>> text("The name", "ana")
    'ana'
    >>> text("The name", "a\0")
    Traceback (most recent call last):
    ...
    iamlab.errors.RequestError: The name has a character that XML can't contain: '\x00'.
    """
    if not isinstance(value, str) or len(value) < least:
        raise RequestError(f"{what} must be a text, not {_shown(value)}.")
    wrong = _NOT_IN_XML.search(value)
    if wrong is not None:
        raise RequestError(f"{what} has a character that XML can't contain: {wrong[0]!a}.")
    return value


def texts(what: str, value: object) -> tuple[str, ...]:
    """Check for a list of texts; a single text would be read letter by letter."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise RequestError(f"{what} must be a list of texts, not {_shown(value)}.")
    return tuple(text(f"Each of {what}", item) for item in value)


def by_name(what: str, value: object) -> Mapping[str, Any]:
    """Check for a mapping whose keys are texts; ``None`` is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise RequestError(f"{what} must be a mapping of names to texts, not {_shown(value)}.")
    for name in value:
        text(f"Each name in {what}", name)
    return value


def values(what: str, value: object) -> str | tuple[str, ...]:
    """Check for a text, or several."""
    return text(what, value, least=0) if isinstance(value, str) else texts(what, value)


def number_texts(what: str, value: object) -> tuple[str, ...]:
    """Return a whole number as the values of an attribute: one text or none."""
    if value is None:
        return ()
    if not isinstance(value, int) or isinstance(value, bool):
        raise RequestError(f"{what} must be a whole number, not {_shown(value)}.")
    return (str(value),)


def moment(what: str, value: object) -> datetime | None:
    """Check for a time with its time zone, or ``None``."""
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise RequestError(f"{what} must be a datetime with a time zone, not {_shown(value)}.")
    return value


def later(now: datetime, seconds: Any) -> datetime:
    """Add seconds to a time."""
    try:
        return now + timedelta(seconds=seconds)
    except (TypeError, ValueError, OverflowError):
        raise RequestError(f"lifetime_seconds cannot be {_shown(seconds)}.") from None


def arn(thing: Role | SAMLProvider | str, kind: str) -> str:
    """Return the ARN of a role or a provider, passed as an object or an ARN.

    Examples
    --------
    >>> arn("arn:aws:iam::111111111111:role/stars", "role")
    'arn:aws:iam::111111111111:role/stars'
    """
    found = thing if isinstance(thing, str) else getattr(thing, "arn", None)
    if isinstance(found, str) and is_arn(text(f"The ARN of a {kind}", found)):
        parsed = Arn.parse(found)
        if (parsed.service, parsed.kind) == ("iam", kind) and "," not in found:
            return found
    raise RequestError(f"This isn't a {kind} or its ARN: {_shown(thing)}.")


def _shown(value: object) -> str:
    return ascii(value)[:100]

"""The contents of a signed SAML assertion: audience, validity, and the attributes that AWS reads.

An assertion is valid for five minutes, even if it names a longer time. STS doesn't check whether it
was used before, so it can be used again in that time, for example for another role.

Notes
-----
AWS pages: "Configure SAML assertions for the authentication response"; "Pass session tags in AWS
STS"; "API AssumeRoleWithSAML"; "Troubleshoot SAML federation with IAM".
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from iamlab.operations.api_models import shape
from iamlab.operations.federation import saml_xml as names
from iamlab.operations.federation.saml_xml import (
    BEARER,
    DOORS,
    every,
    expired,
    invalid,
    shown,
    tag,
    text_of,
)
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.condition_keys import is_multivalued

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from iamlab.model.providers import SAMLProvider


_PATTERN = "[a-zA-Z_0-9+=,.@-]{2,64}"
_SECONDS = range(900, 43_200 + 1)

Attributes = dict[str, list[str]]


def read_claims(assertion: Element) -> dict[str, Any]:
    """Return the attributes of an assertion, as fields of ``SamlIdentity``.

    Raises
    ------
    InvalidIdentityToken
        A required attribute is missing, or an attribute isn't valid.
    """
    attributes: Attributes = {}
    for attribute in every(assertion, "saml:AttributeStatement/saml:Attribute"):
        values = [text_of(value) for value in every(attribute, "saml:AttributeValue")]
        attributes.setdefault(attribute.get("Name", ""), []).extend(values)
    _check_session_duration(attributes)
    return {
        "roles": _roles(attributes),
        "role_session_name": _role_session_name(attributes),
        "tags": _tags(attributes),
        "transitive_tag_keys": tuple(dict.fromkeys(attributes.get(names.TRANSITIVE_TAG_KEYS, ()))),
        "source_identity": _source_identity(attributes),
        "context": _context(attributes),
    }


def _single(attributes: Attributes, name: str) -> str | None:
    """Return the value of an attribute with a single value."""
    values = attributes.get(name, [])
    if len(values) > 1:
        raise invalid(f"The attribute {shown(name)} has {len(values)} values; it must have one.")
    return values[0] if values else None


def _roles(attributes: Attributes) -> tuple[tuple[str, str], ...]:
    values = attributes.get(names.ROLE, [])
    if not values:
        raise invalid(f"There is no attribute {names.ROLE}: the user can't assume a role.")
    return tuple(dict.fromkeys(map(_pair, values)))


def _pair(value: str) -> tuple[str, str]:
    """Read the ARNs of a role and of a provider, in any order."""
    arns = [part.strip() for part in value.split(",")]
    kinds = [_kind(arn) for arn in arns]
    if kinds == ["role", "saml-provider"]:
        return arns[0], arns[1]
    if kinds == ["saml-provider", "role"]:
        return arns[1], arns[0]
    raise invalid(
        f"A value of the attribute Role is {shown(value)}: it must be the ARN of a role, a comma, "
        "and the ARN of a SAML provider."
    )


def _kind(text: str) -> str:
    arn = Arn.parse(text) if is_arn(text) else None
    return arn.kind if arn is not None and arn.service == "iam" else ""


def is_session_name(name: str) -> bool:
    """Return whether a role session can have this name.

    Examples
    --------
    >>> is_session_name("ana@acme.example"), is_session_name("Ana Diaz")
    (True, False)
    """
    return shape("roleSessionNameType", "sts").fits(name)


def _role_session_name(attributes: Attributes) -> str:
    name = _single(attributes, names.ROLE_SESSION_NAME)
    if name is None:
        note = f"There is no attribute {names.ROLE_SESSION_NAME}."
        raise invalid(note, "RoleSessionName is required in AuthnResponse")
    if not is_session_name(name):
        note = f"It is {shown(name)}. A common mistake is a full name, with a space."
        raise invalid(note, f"RoleSessionName in AuthnResponse must match {_PATTERN}")
    return name


def _source_identity(attributes: Attributes) -> str | None:
    name = _single(attributes, names.SOURCE_IDENTITY)
    if name is not None and not is_session_name(name):  # which excludes colons, and so aws:
        sentence = f'Source Identity must match {_PATTERN} and not begin with "aws:"'
        raise invalid(f"It is {shown(name)}.", sentence)
    return name


def _check_session_duration(attributes: Attributes) -> None:
    """Check the duration of a console session, which only the console uses."""
    text = _single(attributes, names.SESSION_DURATION)
    if text is None:
        return
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) not in _SECONDS:
        raise invalid(f"SessionDuration is {shown(text)}: it must be 900 to 43200 seconds.")


def _tags(attributes: Attributes) -> dict[str, str]:
    """Read the session tags; their limits are checked when the session is created."""
    found = {}
    for name in attributes:
        if name.startswith(names.PRINCIPAL_TAG):
            value = _single(attributes, name)
            if value is None:
                raise invalid(f"The attribute {shown(name)} has no value.")
            found[name.removeprefix(names.PRINCIPAL_TAG)] = value
    return found


def _context(attributes: Attributes) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys from the attributes; the first of two equal keys counts."""
    found: dict[str, str | tuple[str, ...]] = {}
    for name, values in attributes.items():
        key = names.CLAIMS.get(name)
        if key is not None and values:
            found.setdefault(key, tuple(values) if is_multivalued(key) else values[0])
    return found


_USED_WITHIN = timedelta(minutes=5)
_REDEEM = "Token must be redeemed within 5 minutes of issuance"
_AUDIENCE = "Response does not contain the required audience."
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def check_times(assertion: Element, now: datetime) -> None:
    """Check that an assertion is new and currently valid.

    Raises
    ------
    ExpiredTokenException
        It was issued more than five minutes ago, or has expired.
    InvalidIdentityToken
        It is from the future, or a time can't be read.
    """
    issued = moment(assertion, "IssueInstant")
    if issued is None:
        raise invalid("The Assertion has no IssueInstant.")
    if now - issued > _USED_WITHIN:
        note = f"It was issued at {issued}, and it is {now}: sign in again for a new one."
        raise expired(note, _REDEEM)
    limited = (
        *every(assertion, "saml:Conditions"),
        *every(assertion, "saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"),
    )
    for begin in (issued, *(moment(element, "NotBefore") for element in limited)):
        if begin is not None and begin > now:
            raise invalid(f"It is valid from {begin}, and it is {now}.")
    ends = [moment(element, "NotOnOrAfter") for element in limited]
    for end in (*ends, session_ends(assertion)):
        if end is not None and end <= now:
            raise expired(f"It was valid until {end}, and it is {now}.")


def session_ends(assertion: Element) -> datetime | None:
    """Return when the identity provider ends the session, if the assertion has that.

    Raises
    ------
    InvalidIdentityToken
        The time can't be read.
    """
    statements = every(assertion, "saml:AuthnStatement")
    ends = (moment(statement, "SessionNotOnOrAfter") for statement in statements)
    return min((end for end in ends if end is not None), default=None)


def moment(element: Element, attribute: str) -> datetime | None:
    """Read a time, which SAML writes in UTC; ``None`` if it is missing.

    Raises
    ------
    InvalidIdentityToken
        It isn't a time.
    """
    text = element.get(attribute)
    if text is None:
        return None
    # Python also reads forms that SAML doesn't write: 2026-W48-3.
    with suppress(ValueError, OverflowError):
        if _MOMENT.fullmatch(text):
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    raise invalid(f"{attribute} isn't a time: {shown(text)}.")


def check_audience(assertion: Element, provider: SAMLProvider) -> str:
    """Check that an assertion is for AWS; return the endpoint that it was sent to.

    Policies see the endpoint, not the ``Audience``, as ``saml:aud``.

    Raises
    ------
    InvalidIdentityToken
        It is for another audience, or has none.
    """
    door = DOORS.get(provider.account.partition, DOORS["aws"])
    restrictions = every(assertion, "saml:Conditions/saml:AudienceRestriction")
    for restriction in restrictions:  # an AWS name in each restriction
        named = [text_of(element) for element in every(restriction, "saml:Audience")]
        if not any(map(door.is_audience, named)):
            note = f"Its audience is {shown(', '.join(named))}; AWS is https://{door.host}/saml"
            raise invalid(f"{note} or {door.urn}.", _AUDIENCE)
    if not restrictions:
        raise invalid("There is no AudienceRestriction.", _AUDIENCE)
    recipient = _confirmation(assertion).get("Recipient", "")
    if not door.is_recipient(recipient, provider.unique_id):
        note = f"Its recipient is {shown(recipient)}; AWS is https://{door.host}/saml."
        raise invalid(note, _AUDIENCE)
    return str(recipient)


def _confirmation(assertion: Element) -> Element:
    """Return the confirmation of the subject: AWS requires exactly one, with an end."""
    found = every(assertion, "saml:Subject/saml:SubjectConfirmation")
    if len(found) != 1 or found[0].get("Method") != BEARER:
        raise invalid("There must be one SubjectConfirmation, of the method bearer.")
    data = found[0].findall(tag("saml:SubjectConfirmationData"))
    if len(data) != 1 or data[0].get("NotOnOrAfter") is None or data[0].get("Recipient") is None:
        raise invalid("SubjectConfirmationData must have NotOnOrAfter and Recipient.")
    return data[0]

"""Whether an assertion is meant for AWS, and for now.

An assertion is good for five minutes, whatever longer time it names; STS does not ask whether it
was used before, so within that time it can be used again, for another role say.

Notes
-----
AWS pages: "Configure SAML assertions for the authentication response"; "API AssumeRoleWithSAML";
"Troubleshoot SAML federation with IAM".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from iamlab.world.federation.saml_names import BEARER, DOORS, tag
from iamlab.world.federation.saml_refusals import expired, invalid, shown
from iamlab.world.federation.saml_xml import every, text_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from iamlab.world.things import SAMLProvider

_USED_WITHIN = timedelta(minutes=5)
_REDEEM = "Token must be redeemed within 5 minutes of issuance"
_AUDIENCE = "Response does not contain the required audience."
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def check_times(assertion: Element, now: datetime) -> None:
    """Check that an assertion is new, and neither too early nor too late.

    Raises
    ------
    ExpiredTokenException
        It was issued more than five minutes ago, or names an end that has come.
    InvalidIdentityToken
        It is of the future, or a time cannot be read.
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
    begins = [issued, *(moment(one, "NotBefore") for one in limited)]
    for begin in begins:
        if begin is not None and begin > now:
            raise invalid(f"It is good from {begin} on, and it is {now}.")
    ends = [moment(one, "NotOnOrAfter") for one in limited]
    for end in (*ends, session_ends(assertion)):
        if end is not None and end <= now:
            raise expired(f"It was good until {end}, and it is {now}.")


def session_ends(assertion: Element) -> datetime | None:
    """Give when the identity provider ends the session, if it says so.

    Raises
    ------
    InvalidIdentityToken
        The time cannot be read.
    """
    named = [moment(one, "SessionNotOnOrAfter") for one in every(assertion, "saml:AuthnStatement")]
    return min((one for one in named if one is not None), default=None)


def moment(element: Element, attribute: str) -> datetime | None:
    """Read a time, which SAML writes in UTC; ``None`` if it is not there.

    Raises
    ------
    InvalidIdentityToken
        It is no time.
    """
    text = element.get(attribute)
    if text is None:
        return None
    found = _read_moment(text)
    if found is None:
        raise invalid(f"{attribute} is no time: {shown(text)}.")
    return found


def _read_moment(text: str) -> datetime | None:
    if not _MOMENT.fullmatch(text):  # Python reads more than SAML writes: 2026-W48-3
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def check_audience(assertion: Element, provider: SAMLProvider) -> str:
    """Check that an assertion is for AWS, and give the endpoint that it was sent to.

    The endpoint, not the ``Audience``, is what policies see as ``saml:aud``.

    Raises
    ------
    InvalidIdentityToken
        It is for somebody else, or does not say for whom.
    """
    door = DOORS.get(provider.account.partition, DOORS["aws"])
    restrictions = every(assertion, "saml:Conditions/saml:AudienceRestriction")
    for restriction in restrictions:  # one of the names in each of them
        named = [text_of(one) for one in every(restriction, "saml:Audience")]
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
    """Give what says how the subject is confirmed: AWS wants it once, with an end."""
    found = every(assertion, "saml:Subject/saml:SubjectConfirmation")
    if len(found) != 1 or found[0].get("Method") != BEARER:
        raise invalid("There must be one SubjectConfirmation, of the method bearer.")
    data = found[0].findall(tag("saml:SubjectConfirmationData"))
    if len(data) != 1 or data[0].get("NotOnOrAfter") is None or data[0].get("Recipient") is None:
        raise invalid("SubjectConfirmationData must have NotOnOrAfter and Recipient.")
    return data[0]

"""What the claims of a token mean for STS: for whom it is, how long it is valid, what it carries.

Notes
-----
AWS pages: "IAM and AWS STS condition context keys", section "Available keys for AWS OIDC
federation"; "Actions, resources, and condition keys for AWS Security Token Service", for the
claims of single providers; "Pass session tags in AWS STS"; "API AssumeRoleWithWebIdentity", which
wants times as whole numbers.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.errors import noted
from iamlab.errors.sts import ExpiredTokenException, InvalidIdentityToken
from iamlab.policy.condition_keys import condition_keys_of, is_form

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from iamlab.engine.request import ContextValue


TAGS = "https://aws.amazon.com/tags"
"""The claim that holds session tags."""

SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
"""The claim that holds the source identity."""

GOOGLE = "accounts.google.com"

_LAST = 253_402_300_799  # the last second of the year 9999
_PRINCIPAL_TAG = f"{TAGS}/principal_tags/"
_TRANSITIVE_TAG_KEYS = f"{TAGS}/transitive_tag_keys"
_OF_EVERY_PROVIDER = ("aud", "sub", "amr", "oaud")


def text_of(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that must be there, and be text.

    Raises
    ------
    InvalidIdentityToken
        It is not there, or no text.
    """
    found = _required(claims, name)
    if not isinstance(found, str):
        raise _wrong(name, "text")
    return found


def audience_of(claims: Mapping[str, Any], client_ids: Collection[str] | None) -> str:
    """Return the audience of a token.

    The authorized party (``azp``) takes the place of ``aud`` where it is set.

    Parameters
    ----------
    client_ids
        The audiences that the identity provider is registered with; ``None`` for one that IAM
        knows by itself, whose audience only the trust policy checks.

    Raises
    ------
    InvalidIdentityToken
        It is for somebody else.

    Notes
    -----
    AWS page: "IAM and AWS STS condition context keys", which says so of Google; others are treated
    alike. Of several audiences without ``azp`` AWS's pages say nothing: here the first that is
    registered counts.

    Examples
    --------
    >>> audience_of({"aud": "star-maps"}, ["star-maps"])
    'star-maps'
    >>> audience_of({"aud": "star-maps", "azp": "phone"}, ["phone"])
    'phone'
    """
    found = _audiences(claims)
    if claims.get("azp") is not None:
        found = (text_of(claims, "azp"),)
    if client_ids is None:
        if len(found) > 1:
            raise refusal("Incorrect token audience", "It is for several audiences at once.")
        return found[0]
    registered = next((audience for audience in found if audience in client_ids), None)
    if registered is None:
        known = ", ".join(client_ids) or "none"
        note = f"The identity provider takes tokens for these audiences (client ids): {known}."
        raise refusal("Incorrect token audience", note)
    return registered


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Check that a token is valid now.

    Raises
    ------
    ExpiredTokenException
        Its time is over.
    InvalidIdentityToken
        Its time has not come, or it does not say when that is.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    >>> start = int(now.timestamp())
    >>> check_times({"iat": start, "exp": start + 300}, now)
    >>> check_times({"iat": start - 300, "exp": start}, now)
    Traceback (most recent call last):
    ...
    iamlab.errors.sts.ExpiredTokenException: ExpiredTokenException: Token expired: current \
date/time 1795597200 must be before the expiration date/time 1795597200
    """
    expiry, moment = _seconds(claims, "exp"), now.timestamp()
    starts = ["iat"] if claims.get("nbf") is None else ["iat", "nbf"]
    for name in starts:
        if _seconds(claims, name) > moment:
            raise refusal(NOT_VALID, f"Its time has not come: {name} lies in the future.")
    if moment >= expiry:
        raise ExpiredTokenException(
            f"Token expired: current date/time {int(moment)} must be before the expiration "
            f"date/time {expiry}"
        )


def session_tags_of(claims: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the session tags that a token carries, and the keys of those that are transitive.

    They stand in one claim with an object in it, or, for providers that cannot write objects, in
    one claim each. How many there may be, and with which letters, is checked as for every session.

    Raises
    ------
    InvalidIdentityToken
        They are written in another way.

    Examples
    --------
    >>> session_tags_of({TAGS: {"principal_tags": {"team": ["sky"]}}})
    ({'team': 'sky'}, ())
    >>> session_tags_of({f"{TAGS}/principal_tags/team": "sky"})
    ({'team': 'sky'}, ())
    """
    nested = claims.get(TAGS, {})
    if not isinstance(nested, dict):
        raise _wrong(TAGS, "an object")
    principal_tags = nested.get("principal_tags", {})
    if not isinstance(principal_tags, dict):
        raise _wrong("principal_tags", "an object")
    flat = {
        name.removeprefix(_PRINCIPAL_TAG): value
        for name, value in claims.items()
        if name.startswith(_PRINCIPAL_TAG)
    }
    twice = flat.keys() & principal_tags.keys()
    if twice:
        raise refusal(NOT_VALID, f"It has the session tag {min(twice)!r} twice.")
    tags = {key: _tag_value(key, value) for key, value in (principal_tags | flat).items()}
    nested_keys = _texts("transitive_tag_keys", nested.get("transitive_tag_keys", []))
    flat_keys = _texts(_TRANSITIVE_TAG_KEYS, claims.get(_TRANSITIVE_TAG_KEYS, []))
    return tags, tuple(dict.fromkeys(nested_keys + flat_keys))


def source_identity_of(claims: Mapping[str, Any]) -> str | None:
    """Return the source identity that a token sets, if it sets one.

    Raises
    ------
    InvalidIdentityToken
        It is no text.
    """
    if SOURCE_IDENTITY not in claims:
        return None
    found = claims[SOURCE_IDENTITY]
    if not isinstance(found, str):
        raise _wrong(SOURCE_IDENTITY, "text")
    return found


def condition_keys(host: str, claims: Mapping[str, Any], audience: str) -> dict[str, ContextValue]:
    """Return what a trust policy may ask about: ``HOST:aud``, ``HOST:sub`` and the like.

    Of further claims only those count that AWS lists for a provider: a policy cannot ask about a
    claim that a company has made up.

    Raises
    ------
    InvalidIdentityToken
        The subject is missing, or one of them is of the wrong kind.

    Examples
    --------
    >>> claims = {"sub": "ana", "aud": "star-maps", "groups": "staff"}
    >>> condition_keys("id.acme.example", claims, "star-maps")
    {'id.acme.example:aud': 'star-maps', 'id.acme.example:sub': 'ana'}
    """
    found: dict[str, ContextValue] = {"aud": audience, "sub": text_of(claims, "sub")}
    methods = _texts("amr", claims.get("amr", []))
    if methods:
        found["amr"] = methods
    audiences = _audiences(claims)
    if host == GOOGLE and len(audiences) == 1:
        found["oaud"] = audiences[0]
    found.update(
        (name, text) for name in _listed_claims(host) for text in _as_text(claims.get(name))
    )
    return {f"{host}:{name}": value for name, value in found.items()}


@lru_cache(maxsize=256)
def _listed_claims(host: str) -> tuple[str, ...]:
    """Name the claims of a provider that AWS lists as condition keys, those of all left out."""
    split = (key.name.partition(":") for key in condition_keys_of("sts").values())
    return tuple(
        claim
        for form, _, claim in split
        if "." in form and is_form(form, host) and claim not in _OF_EVERY_PROVIDER
    )


def _as_text(value: object) -> Iterator[str]:
    """Write one value as a condition compares it; what is neither text nor number has none."""
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, float):
        yield format(Decimal(repr(value)), "f")
    elif isinstance(value, str | int):
        yield str(value)


def _required(claims: Mapping[str, Any], name: str) -> Any:
    found = claims.get(name)
    if found is None or found in ("", [], [""]):
        raise InvalidIdentityToken(f"Missing a required claim: {name}")
    return found


def _audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    found = _required(claims, "aud")
    return (found,) if isinstance(found, str) else _texts("aud", found)


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    """Return a time, in seconds since 1970."""
    found = _required(claims, name)
    if type(found) is not int or not 0 <= found <= _LAST:
        raise _wrong(name, "a time: a whole number of seconds since 1970 (not of milliseconds)")
    return found


def _tag_value(key: str, value: object) -> str:
    text = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(text, str):
        raise refusal(NOT_VALID, f"A session tag has one value, which is text: {key[:128]!r}.")
    return text


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _wrong(name, "a list of text")
    return tuple(value)


def _wrong(name: str, wanted: str) -> InvalidIdentityToken:
    return refusal(NOT_VALID, f"Its claim {name} is not {wanted}.")


NOT_VALID = (
    "The web identity token that was passed could not be validated by AWS. Get a new identity "
    "token from the identity provider and then retry the request."
)


def refusal(message: str, note: str) -> InvalidIdentityToken:
    """Make the error for a token that STS does not take; the note tells the learner why."""
    return noted(InvalidIdentityToken(message), note)

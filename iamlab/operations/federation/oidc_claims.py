"""The claims of a token: its audience, its validity, its tags and its condition keys.

Notes
-----
AWS pages: "IAM and AWS STS condition context keys", section "Available keys for AWS OIDC
federation"; "Actions, resources, and condition keys for AWS Security Token Service", for the claims
of some providers; "Pass session tags in AWS STS"; "API AssumeRoleWithWebIdentity", which requires
times as whole numbers.
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
"""The claim with session tags."""

SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
"""The claim with the source identity."""

GOOGLE = "accounts.google.com"

_LAST = 253_402_300_799  # the last second of the year 9999
_PRINCIPAL_TAG = f"{TAGS}/principal_tags/"
_TRANSITIVE_TAG_KEYS = f"{TAGS}/transitive_tag_keys"
_OF_EVERY_PROVIDER = ("aud", "sub", "amr", "oaud")


def text_of(claims: Mapping[str, Any], name: str) -> str:
    """Return a required claim, which must be text.

    Raises
    ------
    InvalidIdentityToken
        It is missing, or isn't text.
    """
    found = _required(claims, name)
    if not isinstance(found, str):
        raise _wrong(name, "text")
    return found


def audience_of(claims: Mapping[str, Any], client_ids: Collection[str] | None) -> str:
    """Return the audience of a token.

    The authorized party (``azp``) replaces ``aud`` if it is set.

    Parameters
    ----------
    client_ids
        The identity provider's registered audiences; ``None`` for a built-in provider, whose
        audience only the trust policy checks.

    Raises
    ------
    InvalidIdentityToken
        It is for another audience.

    Notes
    -----
    AWS page: "IAM and AWS STS condition context keys", which describes it for Google; other
    providers are treated alike. AWS doesn't document several audiences without ``azp``: here the
    first registered audience counts.

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
            raise refusal("Incorrect token audience", "It has several audiences.")
        return found[0]
    registered = next((audience for audience in found if audience in client_ids), None)
    if registered is None:
        known = ", ".join(client_ids) or "none"
        note = f"The identity provider accepts tokens for these audiences (client ids): {known}."
        raise refusal("Incorrect token audience", note)
    return registered


def check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Check that a token is valid now.

    Raises
    ------
    ExpiredTokenException
        It has expired.
    InvalidIdentityToken
        It isn't valid yet, or a time is missing.

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
            raise refusal(NOT_VALID, f"It isn't valid yet: {name} is in the future.")
    if moment >= expiry:
        raise ExpiredTokenException(
            f"Token expired: current date/time {int(moment)} must be before the expiration "
            f"date/time {expiry}"
        )


def session_tags_of(claims: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the session tags of a token, and the keys of transitive tags.

    They are in a claim with an object or, for providers that can't write objects, in several
    claims. Their number and characters are checked as for every session.

    Raises
    ------
    InvalidIdentityToken
        They have another form.

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
        raise refusal(NOT_VALID, f"The session tag {min(twice)!r} is duplicated.")
    tags = {key: _tag_value(key, value) for key, value in (principal_tags | flat).items()}
    nested_keys = _texts("transitive_tag_keys", nested.get("transitive_tag_keys", []))
    flat_keys = _texts(_TRANSITIVE_TAG_KEYS, claims.get(_TRANSITIVE_TAG_KEYS, []))
    return tags, tuple(dict.fromkeys(nested_keys + flat_keys))


def source_identity_of(claims: Mapping[str, Any]) -> str | None:
    """Return the source identity that a token sets, if it sets one.

    Raises
    ------
    InvalidIdentityToken
        It isn't text.
    """
    if SOURCE_IDENTITY not in claims:
        return None
    found = claims[SOURCE_IDENTITY]
    if not isinstance(found, str):
        raise _wrong(SOURCE_IDENTITY, "text")
    return found


def condition_keys(host: str, claims: Mapping[str, Any], audience: str) -> dict[str, ContextValue]:
    """Return the condition keys for the trust policy: ``HOST:aud``, ``HOST:sub`` and so on.

    Other claims count only if AWS lists them for the provider: a policy can't check custom claims.

    Raises
    ------
    InvalidIdentityToken
        The subject is missing, or a claim has the wrong type.

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
    """Return the claims of a provider that AWS lists as condition keys, without common claims."""
    split = (key.name.partition(":") for key in condition_keys_of("sts").values())
    return tuple(
        claim
        for form, _, claim in split
        if "." in form and is_form(form, host) and claim not in _OF_EVERY_PROVIDER
    )


def _as_text(value: object) -> Iterator[str]:
    """Return a value as conditions compare it; ``None`` if it isn't text or a number."""
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
    """Make the error for a rejected token; the note explains why."""
    return noted(InvalidIdentityToken(message), note)

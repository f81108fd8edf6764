"""Condition keys in words: what each one is, and what it means that a request has it.

A key that no table knows is named as it is written, which is always right.
"""

from __future__ import annotations

from iamlab.policy.catalog import vocabulary
from iamlab.policy.condition_keys import ALWAYS, ALWAYS_IF_SIGNED, global_key
from iamlab.policy.describe.words import named

_NOUNS: dict[str, str] = vocabulary("keys")
_OF_TAGS: dict[str, str] = vocabulary("tags")
_ITEMS: dict[str, str] = vocabulary("items")
_PRESENT, _PRESENT_TAGS, _BOOLEANS = (
    {key: (yes, no) for key, (yes, no) in vocabulary(table).items()}
    for table in ("presence", "tag_presence", "booleans")
)


def noun(key: str) -> str:
    """Say what a condition key is.

    Examples
    --------
    >>> noun("aws:PrincipalTag/team"), noun("s3:max-keys")
    ("the caller's tag team", 's3:max-keys')
    """
    known = _NOUNS.get(key.lower())
    if known:
        return known
    stem, slash, tag = key.partition("/")
    form = _OF_TAGS.get(stem.lower() + slash)
    return form.format(named(tag)) if form and tag else named(key)


def own(key: str) -> str:
    """Name a key where it stands for its value in the request.

    Examples
    --------
    >>> own("aws:username"), own("aws:RequestedRegion"), own("s3:max-keys")
    ('own user name', 'Region of the call', 's3:max-keys')
    """
    words = noun(key).partition(" (")[0] if key.lower() in _NOUNS else noun(key)
    of_caller = "the caller's "
    if words.startswith(of_caller):
        return f"own {words.removeprefix(of_caller)}"
    return words.removeprefix("the ")


def item(key: str) -> str:
    """Name one value of a key that may hold several."""
    return _ITEMS.get(key.lower(), f"value of {named(key)}")


def presence(key: str) -> tuple[str, str]:
    """Say that a request has a key, and that it has none.

    Examples
    --------
    >>> presence("aws:RequestTag/team")[1], presence("s3:prefix")[0]
    ('the request does not send the tag team', 'the request has s3:prefix')
    """
    known = _PRESENT.get(key.lower())
    if known:
        return known
    stem, slash, tag = key.partition("/")
    forms = _PRESENT_TAGS.get(stem.lower() + slash)
    if forms and tag:
        return forms[0].format(named(tag)), forms[1].format(named(tag))
    return f"the request has {named(key)}", f"the request has no {named(key)}"


def boolean(key: str) -> tuple[str, str]:
    """Say that a key is true, and that it is false."""
    known = _BOOLEANS.get(key.lower())
    return known or (f"{noun(key)} is true", f"{noun(key)} is false")


def may_miss(key: str, *, signed: bool) -> bool:
    """Say whether a request may lack a key.

    Parameters
    ----------
    signed
        Whether only signed requests come into question.

    Examples
    --------
    >>> may_miss("aws:SecureTransport", signed=True), may_miss("aws:SourceIp", signed=True)
    (False, True)
    """
    known = global_key(key)
    return known is None or known.present not in (ALWAYS_IF_SIGNED if signed else ALWAYS)

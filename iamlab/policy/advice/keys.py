"""Does the key of a condition exist?

Nobody checks it when a policy is saved. A condition on a key that no request has never holds, or
always does if its operator is negated.

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "AWS global condition context keys".
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.advice.spots import Spot, is_short, on_conditions, spots_of
from iamlab.policy.catalog import PLACEHOLDER, data_date, has, services
from iamlab.policy.condition_keys import condition_key, condition_keys_of, stem
from iamlab.policy.global_keys import DEPRECATED, GLOBAL_KEYS
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Finding

# Keys that AWS fills, and writes in policies of its own, but does not describe.
UNDESCRIBED = frozenset(("aws:principalorgmasteraccountid", "aws:sourceowner"))

LONGEST_WORD = 80
"""Of what is longer nobody asks what was meant."""


def exists(key: str) -> bool:
    """Say whether some service, or AWS itself, has this key; letter case does not count.

    Examples
    --------
    >>> exists("aws:PrincipalTag/team"), exists("S3:Prefix"), exists("s3:prefixes")
    (True, True, False)
    """
    return key.lower() in UNDESCRIBED or condition_key(key) is not None


@lru_cache(maxsize=1)
def _prefixes() -> frozenset[str]:
    """Give what stands before the colon in all keys; not only prefixes of services do."""
    return frozenset(key.partition(":")[0] for one in services() for key in condition_keys_of(one))


@lru_cache(maxsize=512)
def _tag_keys(service: str) -> frozenset[str]:
    """Give a service's keys for tags, without the key of any tag."""
    names = GLOBAL_KEYS if service == "aws" else condition_keys_of(service)
    return frozenset(start for start in map(stem, names) if start.endswith("tag/"))


def _format(spot: Spot) -> Iterator[Finding]:
    """A condition key is a service and a name, with a colon between."""
    service, colon, name = spot.condition.key.partition(":")
    if (service and colon and name) or has_variable(spot.key) or _tag_key_is_missing(spot.key):
        return
    what = f"{spot.condition.key!r} is no condition key: it has the form service:name."
    meant = GLOBAL_KEYS.get(f"aws:{spot.key}")
    if meant is None or meant.name.endswith("/"):
        mend = "Write the service, a colon and the name of the key."
        yield spot.find("INVALID_CONDITION_KEY_FORMAT", what, mend)
    else:
        mend = f"Did you mean {meant.name}?"
        better = spot.instead(key=meant.name)
        yield spot.find("INVALID_CONDITION_KEY_FORMAT", what, mend, better)


def _existence(spot: Spot) -> Iterator[Finding]:
    """A key that no request has."""
    service, _, name = spot.key.partition(":")
    if not service or not name or has_variable(spot.key) or _tag_key_is_missing(spot.key):
        return
    if spot.key in DEPRECATED:
        yield _replaced(spot)
    elif "." in service or exists(spot.condition.key):
        return  # a key of an identity provider is made of its address
    elif service == "aws":
        what = f"There is no global condition key {spot.condition.key}."
        names = [key.name for key in GLOBAL_KEYS.values()]
        yield _unknown(spot, "INVALID_GLOBAL_CONDITION_KEY", what, names)
    elif has(service):
        what = f"The catalogue of {data_date()} has no condition key {spot.condition.key}."
        names = [key.name for key in condition_keys_of(service).values()]
        yield _unknown(spot, "INVALID_SERVICE_CONDITION_KEY", what, names)
    elif service not in _prefixes():
        what = f"The catalogue of {data_date()} has no service {service}."
        yield _unknown_service(spot, what)


def _replaced(spot: Spot) -> Finding:
    """``aws:ARN`` named the session where ``aws:PrincipalArn`` names the role."""
    new = DEPRECATED[spot.key]
    of_sessions = any(":sts:" in value for value in spot.condition.values)
    return spot.find(
        "UNSUPPORTED_GLOBAL_CONDITION_KEY",
        f"AWS has replaced {spot.condition.key}.",
        f"Write {new}.",
        None if of_sessions else spot.instead(key=new),
    )


def _unknown(spot: Spot, code: str, what: str, names: Iterable[str]) -> Finding:
    meant = _nearest(spot, spot.condition.key, names)
    if meant is None:
        return spot.find(code, what, "Look the key up in AWS's list of condition keys.")
    start = PLACEHOLDER.split(meant, maxsplit=1)[0]
    key = start + spot.condition.key.partition("/")[2] if start.endswith("/") else meant
    better = None if key.endswith("/") else spot.instead(key=key)
    return spot.find(code, what, f"Did you mean {key}?", better)


def _unknown_service(spot: Spot, what: str) -> Finding:
    service, _, name = spot.condition.key.partition(":")
    meant = _nearest(spot, service, services())
    if meant is None:
        return spot.find("INVALID_SERVICE", what, "Write the prefix of a service before the colon.")
    key = f"{meant}:{name}"
    better = spot.instead(key=key) if exists(key) else None
    return spot.find("INVALID_SERVICE", what, f"Did you mean {key}?", better)


def _nearest(spot: Spot, word: str, known: Iterable[str]) -> str | None:
    """Say what was probably meant; nothing is said of words in a document beyond all sizes."""
    if len(word) > LONGEST_WORD or not is_short(spot.case.policy):
        return None
    names = {PLACEHOLDER.sub("", name).lower(): name for name in known}
    shown, slash, _ = word.lower().partition("/")
    close = get_close_matches(shown + slash, names, n=1, cutoff=0.8)
    return names[close[0]] if close else None


def _tag_key_is_missing(key: str) -> bool:
    """Say whether a key in lower case is that of a tag, but of no tag in particular."""
    return key.removesuffix("/") + "/" in _tag_keys(key.partition(":")[0])


def _tag_key(spot: Spot) -> Iterator[Finding]:
    """A key for tags is followed by the key of one tag."""
    if _tag_key_is_missing(spot.key):
        start = spot.condition.key.removesuffix("/")
        what = f"{spot.condition.key} does not say which tag."
        yield spot.find("MISSING_TAG_KEY_IN_CONDITION", what, f"Write {start}/ and a tag's key.")


def _duplicates(case: Case) -> Iterator[Finding]:
    """The same key twice under one operator, since letter case does not count."""
    for statement in case.policy.statements:
        first: dict[tuple[object, str], Spot] = {}
        for spot in spots_of(case, statement):
            earlier = first.setdefault((spot.comparison, spot.key), spot)
            if earlier is not spot:
                same = set(earlier.condition.values) == set(spot.condition.values)
                yield spot.find(
                    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
                    f"{earlier.condition.key} and {spot.condition.key} are one key.",
                    f"Write one list of values under {spot.comparison}.",
                    spot.dropped() if same else None,
                )


DETECTORS: tuple[Detector, ...] = (on_conditions(_format, _existence, _tag_key), _duplicates)

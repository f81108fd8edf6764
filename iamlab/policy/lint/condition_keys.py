"""Findings about condition keys: whether they exist, and whether a request can have them.

AWS doesn't check this when it saves a policy. If no request has the key, the condition is never
met; with a negated operator it is always met.

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "AWS global condition context keys";
"Service Authorization Reference".
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.display import few
from iamlab.policy.catalog import (
    PLACEHOLDER,
    action,
    actions_of,
    data_date,
    expand,
    has,
    resource_types_of,
    services,
    vocabulary,
)
from iamlab.policy.condition_keys import (
    DEPRECATED,
    GLOBAL_KEYS,
    ConditionKey,
    condition_key,
    condition_keys_of,
    stem,
)
from iamlab.policy.lint.context import (
    ConditionContext,
    condition_contexts,
    holds_without_key,
    in_types,
    is_short,
    on_conditions,
)
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement


# Keys that AWS sets and uses in its own policies, but doesn't document.
UNDESCRIBED = frozenset(("aws:principalorgmasteraccountid", "aws:sourceowner"))

LONGEST_WORD = 80
"""For longer words, no similar key is suggested."""


def exists(key: str) -> bool:
    """Return whether AWS or a service has this key, ignoring case.

    Examples
    --------
    >>> exists("aws:PrincipalTag/team"), exists("S3:Prefix"), exists("s3:prefixes")
    (True, True, False)
    """
    return key.lower() in UNDESCRIBED or condition_key(key) is not None


@lru_cache(maxsize=1)
def _prefixes() -> frozenset[str]:
    """Return the prefixes of all keys; not all are prefixes of services."""
    return frozenset(
        key.partition(":")[0] for service in services() for key in condition_keys_of(service)
    )


@lru_cache(maxsize=512)
def _tag_keys(service: str) -> frozenset[str]:
    """Return the beginnings of a service's tag keys: ``s3:existingobjecttag/``."""
    names = GLOBAL_KEYS if service == "aws" else condition_keys_of(service)
    return frozenset(start for start in map(stem, names) if start.endswith("tag/"))


def _format(context: ConditionContext) -> Iterator[Finding]:
    """Find keys without the format ``service:name``."""
    service, colon, name = context.name.partition(":")
    if (
        (service and colon and name)
        or has_variable(context.key)
        or _tag_key_is_missing(context.key)
    ):
        return
    what = f"{context.name!r} isn't a condition key. Its format is service:name."
    meant = GLOBAL_KEYS.get(f"aws:{context.key}")
    if meant is None or meant.name.endswith("/"):
        remedy = "Write the service, a colon and the name of the key."
        yield context.find("INVALID_CONDITION_KEY_FORMAT", what, remedy)
    else:
        remedy = f"Did you mean {meant.name}?"
        better = context.instead(key=meant.name)
        yield context.find("INVALID_CONDITION_KEY_FORMAT", what, remedy, better)


def _existence(context: ConditionContext) -> Iterator[Finding]:
    """Find keys that no request has."""
    service, _, name = context.key.partition(":")
    if not service or not name or has_variable(context.key) or _tag_key_is_missing(context.key):
        return
    if context.key in DEPRECATED:
        yield _replaced(context)
    elif "." in service or exists(context.name):
        return  # the key of an identity provider begins with its address
    elif service == "aws":
        what = f"There is no global condition key {context.name}."
        names = [key.name for key in GLOBAL_KEYS.values()]
        yield _unknown(context, "INVALID_GLOBAL_CONDITION_KEY", what, names)
    elif has(service):
        what = f"The catalogue of {data_date()} has no condition key {context.name}."
        names = [key.name for key in condition_keys_of(service).values()]
        yield _unknown(context, "INVALID_SERVICE_CONDITION_KEY", what, names)
    elif service not in _prefixes():
        what = f"The catalogue of {data_date()} has no service {service}."
        yield _unknown_service(context, what)


def _replaced(context: ConditionContext) -> Finding:
    """Find replaced keys: ``aws:ARN`` had the session, ``aws:PrincipalArn`` has the role."""
    new = DEPRECATED[context.key]
    of_sessions = any(":sts:" in value for value in context.values)
    return context.find(
        "UNSUPPORTED_GLOBAL_CONDITION_KEY",
        f"AWS has replaced {context.name}.",
        f"Write {new}.",
        None if of_sessions else context.instead(key=new),
    )


def _unknown(context: ConditionContext, code: str, what: str, names: Iterable[str]) -> Finding:
    meant = _nearest(context, context.name, names)
    if meant is None:
        return context.find(code, what, "Look up the key in AWS's list of condition keys.")
    start = PLACEHOLDER.split(meant, maxsplit=1)[0]
    key = start + context.name.partition("/")[2] if start.endswith("/") else meant
    better = None if key.endswith("/") else context.instead(key=key)
    return context.find(code, what, f"Did you mean {key}?", better)


def _unknown_service(context: ConditionContext, what: str) -> Finding:
    service, _, name = context.name.partition(":")
    meant = _nearest(context, service, services())
    if meant is None:
        return context.find("INVALID_SERVICE", what, "Write a service prefix before the colon.")
    key = f"{meant}:{name}"
    better = context.instead(key=key) if exists(key) else None
    return context.find("INVALID_SERVICE", what, f"Did you mean {key}?", better)


def _nearest(context: ConditionContext, word: str, known: Iterable[str]) -> str | None:
    """Return the key that was probably meant; ``None`` in a very large document."""
    if len(word) > LONGEST_WORD or not is_short(context.checked.policy):
        return None
    names = {PLACEHOLDER.sub("", name).lower(): name for name in known}
    shown, slash, _ = word.lower().partition("/")
    close = get_close_matches(shown + slash, names, n=1, cutoff=0.8)
    return names[close[0]] if close else None


def _tag_key_is_missing(key: str) -> bool:
    """Return whether a key, in lower case, is for a tag but has no tag key."""
    return key.removesuffix("/") + "/" in _tag_keys(key.partition(":")[0])


def _tag_key(context: ConditionContext) -> Iterator[Finding]:
    """Find condition keys for tags without a tag key."""
    if _tag_key_is_missing(context.key):
        start = context.name.removesuffix("/")
        what = f"{context.name} has no tag key."
        yield context.find("MISSING_TAG_KEY_IN_CONDITION", what, f"Write {start}/ and a tag key.")


def _duplicates(checked: PolicyContext) -> Iterator[Finding]:
    """Find keys of one operator that differ only in case: they are the same key."""
    for statement in checked.statements:
        first: dict[tuple[object, str], ConditionContext] = {}
        for context in condition_contexts(checked, statement):
            earlier = first.setdefault((context.comparison, context.key), context)
            if earlier is not context:
                same = set(earlier.condition.values) == set(context.values)
                yield context.find(
                    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
                    f"{earlier.condition.key} and {context.name} are the same key.",
                    f"Write one list of values under {context.comparison}.",
                    context.dropped() if same else None,
                )


RESOURCE_TAG = "aws:resourcetag/"
# Global keys that depend on the action: the catalogue lists them with each action.
_LISTED = ("aws:requesttag/", "aws:tagkeys")
# AWS's own policies use keys of these services with actions that have no keys in the catalogue.
_INCOMPLETE = ("aws-marketplace",)


def _has(name: str, key: str) -> bool:
    """Return whether a request for an action can have a key; ``key`` is its stem."""
    keys = keys_of_action(name)
    return key in keys or (key.endswith("/") and any(known.startswith(key) for known in keys))


def never_has(name: str, key: str) -> bool:
    """Return whether, by the catalogue, no request for an action has a service's key.

    Examples
    --------
    >>> never_has("s3:GetObject", "s3:prefix"), never_has("s3:ListBucket", "s3:prefix")
    (True, False)
    """
    known, service = condition_key(key), key.partition(":")[0].lower()
    if action(name) is None or not isinstance(known, ConditionKey) or not has(service):
        return False
    return _is_placed(service, stem(known.name)) and not _has(name, stem(known.name))


def _is_placed(service: str, key: str) -> bool:
    """Return whether the catalogue lists a key, given as its stem, for some action."""
    return service not in _INCOMPLETE and any(other.startswith(key) for other in _placed(service))


@lru_cache(maxsize=512)
def _placed(service: str) -> frozenset[str]:
    """Return the keys of a service that the catalogue lists for its actions."""
    return frozenset().union(
        *(keys_of_action(known.full_name) for known in actions_of(service).values())
    )


@lru_cache(maxsize=32768)
def keys_of_action(name: str) -> frozenset[str]:
    """Return the stems of the keys that a request for an action can have, without global keys.

    Examples
    --------
    >>> "s3:prefix" in keys_of_action("s3:ListBucket")
    True
    >>> "s3:prefix" in keys_of_action("s3:GetObject")
    False
    """
    found = action(name)
    if found is None:
        return frozenset()
    declared = resource_types_of(found.service)
    types = [declared[use.name] for use in found.resource_types if use.name in declared]
    keys = set(found.all_condition_keys).union(*(kind.condition_keys for kind in types))
    return frozenset(map(stem, keys))


def _named_actions(context: ConditionContext) -> list[tuple[str, ...]] | None:
    """Return the actions that each value of Action matches; ``None`` if that doesn't help.

    With ``*`` for a service, some action always has the key. Nothing is known about an action that
    isn't in the catalogue. In a very large policy, the search takes too long.
    """
    listed = context.statement.action or ()
    if not listed or not is_short(context.checked.policy):
        return None
    if any("*" in pattern.partition(":")[0] for pattern in listed):
        return None
    matched = [expand(pattern) for pattern in listed]
    return matched if all(matched) else None


def _unsupported(context: ConditionContext) -> Iterator[Finding]:
    """Find actions whose requests don't have a key. Values with wildcards aren't judged."""
    if context.known is None or not is_short(context.checked.policy):
        return
    key = stem(context.known.name)
    if not isinstance(context.known, ConditionKey) and key not in _LISTED:
        return
    listed = context.statement.action or ()
    without = [name for name in listed if action(name) is not None and not _has(name, key)]
    service = key.partition(":")[0]
    placed = key in _LISTED or _is_placed(service, key)
    if without and placed:
        yield context.find(
            "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
            f"In the catalogue of {data_date()}, no request for {few(without)} has {context.name}.",
            "Remove the key, or move these actions to a statement without it.",
        )


# Key -> the action that a trust policy must also allow; otherwise requests with the key fail.
_NEEDED: dict[str, str] = vocabulary("needed_permissions")


def _permission_is_missing(checked: PolicyContext) -> Iterator[Finding]:
    """Find missing permissions to pass tags, a source identity or a context."""
    allowed = {
        name
        for statement in checked.statements
        if statement.effect == "Allow"
        for name in _needed_actions(statement)
    }
    for statement in checked.statements:
        for context in (
            condition_contexts(checked, statement) if statement.effect == "Allow" else ()
        ):
            condition = context.condition
            needed = _NEEDED.get(stem(context.known.name)) if context.known else None
            optional = (
                holds_without_key(condition.comparison) or condition.comparison.name == "Null"
            )
            if needed is None or needed in allowed or optional or statement.action is None:
                continue
            both = (*statement.action, needed)
            yield context.find(
                "MISSING_ACTION_FOR_CONDITION_KEY",
                f"A request with {condition.key} also needs {needed}, which nothing here allows.",
                f"Add {needed} to Action.",
                checked.change(statement, action=both),
            )


def _needed_actions(statement: Statement) -> set[str]:
    """Return the needed permissions that a statement matches."""
    needed = set(_NEEDED.values())
    if statement.action is None:
        return needed.difference(*map(expand, statement.not_action or ()))
    return needed.intersection(name for pattern in statement.action for name in expand(pattern))


def _resource_tag(context: ConditionContext) -> Iterator[Finding]:
    """Find conditions on resource tags that no request has: the statement has no effect."""
    if not context.key.startswith(RESOURCE_TAG) or context.key == RESOURCE_TAG:
        return
    if context.operator == "Null" or holds_without_key(context.comparison):
        return
    if context.statement.action is None:
        yield _of_not_action(context)
        return
    matched = _named_actions(context) or ()
    by_service: dict[str, bool] = {}
    for names in matched:
        service = names[0].partition(":")[0]
        has_tags = any(RESOURCE_TAG in keys_of_action(name) for name in names)
        by_service[service] = by_service.get(service, False) or has_tags
    without = sorted(service for service, has_tags in by_service.items() if not has_tags)
    if without:
        effect = context.statement.effect
        verb = "allows" if effect == "Allow" else "denies"
        yield context.find(
            f"{effect.upper()}_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
            f"No request for these actions of {', '.join(without)} has {context.name}, "
            f"so the statement {verb} none of them.",
            "Move these actions to a statement without this key.",
        )


def _of_not_action(context: ConditionContext) -> Finding:
    """Find conditions on resource tags with NotAction: some actions have no resource tags."""
    effect = context.statement.effect
    verb = "allowed" if effect == "Allow" else "denied"
    return context.find(
        f"{effect.upper()}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        f"Actions whose requests have no {context.name} aren't {verb} by this statement.",
        "Write the actions in Action.",
    )


DETECTORS: tuple[Detector, ...] = (
    on_conditions(_format, _existence, _tag_key),
    _duplicates,
    on_conditions(_unsupported, _resource_tag),
    in_types(("trust",), _permission_is_missing),
)

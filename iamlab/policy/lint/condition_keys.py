"""Does the key of a condition exist?

Nobody checks it when a policy is saved. A condition on a key that no request has never holds, or
always does if its operator is negated.

Does a request for this action ever have this key?

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "AWS global condition context keys".
AWS pages: "Service Authorization Reference"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

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
    is_short,
    on_conditions,
)
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement


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


def _format(context: ConditionContext) -> Iterator[Finding]:
    """A condition key is a service and a name, with a colon between."""
    service, colon, name = context.name.partition(":")
    if (
        (service and colon and name)
        or has_variable(context.key)
        or _tag_key_is_missing(context.key)
    ):
        return
    what = f"{context.name!r} is no condition key: it has the form service:name."
    meant = GLOBAL_KEYS.get(f"aws:{context.key}")
    if meant is None or meant.name.endswith("/"):
        remedy = "Write the service, a colon and the name of the key."
        yield context.find("INVALID_CONDITION_KEY_FORMAT", what, remedy)
    else:
        remedy = f"Did you mean {meant.name}?"
        better = context.instead(key=meant.name)
        yield context.find("INVALID_CONDITION_KEY_FORMAT", what, remedy, better)


def _existence(context: ConditionContext) -> Iterator[Finding]:
    """A key that no request has."""
    service, _, name = context.key.partition(":")
    if not service or not name or has_variable(context.key) or _tag_key_is_missing(context.key):
        return
    if context.key in DEPRECATED:
        yield _replaced(context)
    elif "." in service or exists(context.name):
        return  # a key of an identity provider is made of its address
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
    """``aws:ARN`` named the session where ``aws:PrincipalArn`` names the role."""
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
        return context.find(code, what, "Look the key up in AWS's list of condition keys.")
    start = PLACEHOLDER.split(meant, maxsplit=1)[0]
    key = start + context.name.partition("/")[2] if start.endswith("/") else meant
    better = None if key.endswith("/") else context.instead(key=key)
    return context.find(code, what, f"Did you mean {key}?", better)


def _unknown_service(context: ConditionContext, what: str) -> Finding:
    service, _, name = context.name.partition(":")
    meant = _nearest(context, service, services())
    if meant is None:
        return context.find(
            "INVALID_SERVICE", what, "Write the prefix of a service before the colon."
        )
    key = f"{meant}:{name}"
    better = context.instead(key=key) if exists(key) else None
    return context.find("INVALID_SERVICE", what, f"Did you mean {key}?", better)


def _nearest(context: ConditionContext, word: str, known: Iterable[str]) -> str | None:
    """Say what was probably meant; nothing is said of words in a document beyond all sizes."""
    if len(word) > LONGEST_WORD or not is_short(context.checked.policy):
        return None
    names = {PLACEHOLDER.sub("", name).lower(): name for name in known}
    shown, slash, _ = word.lower().partition("/")
    close = get_close_matches(shown + slash, names, n=1, cutoff=0.8)
    return names[close[0]] if close else None


def _tag_key_is_missing(key: str) -> bool:
    """Say whether a key in lower case is that of a tag, but of no tag in particular."""
    return key.removesuffix("/") + "/" in _tag_keys(key.partition(":")[0])


def _tag_key(context: ConditionContext) -> Iterator[Finding]:
    """A key for tags is followed by the key of one tag."""
    if _tag_key_is_missing(context.key):
        start = context.name.removesuffix("/")
        what = f"{context.name} does not say which tag."
        yield context.find("MISSING_TAG_KEY_IN_CONDITION", what, f"Write {start}/ and a tag's key.")


def _duplicates(checked: PolicyContext) -> Iterator[Finding]:
    """The same key twice under one operator, since letter case does not count."""
    for statement in checked.statements:
        first: dict[tuple[object, str], ConditionContext] = {}
        for context in condition_contexts(checked, statement):
            earlier = first.setdefault((context.comparison, context.key), context)
            if earlier is not context:
                same = set(earlier.condition.values) == set(context.values)
                yield context.find(
                    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
                    f"{earlier.condition.key} and {context.name} are one key.",
                    f"Write one list of values under {context.comparison}.",
                    context.dropped() if same else None,
                )


RESOURCE_TAG = "aws:resourcetag/"
# Global keys that depend on the action, so that the catalogue lists them with each.
_LISTED = ("aws:requesttag/", "aws:tagkeys")
# AWS's own policies use their keys with actions for which the catalogue lists none.
_INCOMPLETE = ("aws-marketplace",)


def _has(name: str, key: str) -> bool:
    """Say whether a request for an action may have a key, given by its stem."""
    keys = keys_of_action(name)
    return key in keys or (key.endswith("/") and any(one.startswith(key) for one in keys))


@lru_cache(maxsize=512)
def _placed(service: str) -> frozenset[str]:
    """Give the keys of which the catalogue says with which actions they come."""
    return frozenset().union(
        *(keys_of_action(one.full_name) for one in actions_of(service).values())
    )


@lru_cache(maxsize=32768)
def keys_of_action(name: str) -> frozenset[str]:
    """Give the stems of the keys that a request for an action may have, beside the global ones.

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
    keys = set(found.all_condition_keys).union(*(one.condition_keys for one in types))
    return frozenset(map(stem, keys))


def _named_actions(context: ConditionContext) -> list[tuple[str, ...]] | None:
    """Give the actions that each value of Action matches; ``None`` where that would be no answer.

    With ``*`` for a service there is always one that has the key; of an action that the catalogue
    does not know nothing can be said; and a policy beyond all sizes is not worth the search.
    """
    listed = context.statement.action or ()
    if not listed or not is_short(context.checked.policy):
        return None
    if any("*" in pattern.partition(":")[0] for pattern in listed):
        return None
    matched = [expand(pattern) for pattern in listed]
    return matched if all(matched) else None


def _never_there(context: ConditionContext) -> Iterator[Finding]:
    """A key that no action of the statement has, so that the statement never applies."""
    if holds_without_key(context.comparison) or context.operator == "Null" or context.known is None:
        return
    key = stem(context.known.name)
    if not isinstance(context.known, ConditionKey) and key not in _LISTED:
        return
    matched = _named_actions(context)
    if matched is None or any(_has(name, key) for names in matched for name in names):
        return
    service = key.partition(":")[0]
    placed = key in _LISTED or any(one.startswith(key) for one in _placed(service))
    if not placed or service in _INCOMPLETE:
        return
    listed = context.statement.action or ()
    shown = listed[0] if len(listed) == 1 else f"{listed[0]} or the other actions here"
    yield context.find(
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        f"By the catalogue of {data_date()}, no request for {shown} has {context.name}.",
        "Take the key out, or give it a statement with actions that have it.",
    )


# What a trust policy must also allow, since a request with the key is refused otherwise.
_NEEDED: dict[str, str] = vocabulary("needed_permissions")


def _permission_is_missing(checked: PolicyContext) -> Iterator[Finding]:
    """Who passes tags, a source identity or a context needs a permission for that too."""
    if checked.policy_type != "trust":
        return
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
    """Give those of the needed permissions that a statement is about."""
    needed = set(_NEEDED.values())
    if statement.action is None:
        return needed.difference(*map(expand, statement.not_action or ()))
    return needed.intersection(name for pattern in statement.action for name in expand(pattern))


def _resource_tag(context: ConditionContext) -> Iterator[Finding]:
    """On a tag of the resource, where no request has it, a statement has no effect."""
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
            f"so that the statement {verb} none of them.",
            "Give them a statement without this key.",
        )


def _of_not_action(context: ConditionContext) -> Finding:
    """Among all other actions there are always some that have no tags of a resource."""
    effect = context.statement.effect
    verb = "allowed" if effect == "Allow" else "denied"
    return context.find(
        f"{effect.upper()}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        f"Actions whose requests have no {context.name} are not {verb} by this statement.",
        "List the actions in Action.",
    )


DETECTORS: tuple[Detector, ...] = (
    on_conditions(_format, _existence, _tag_key),
    _duplicates,
    on_conditions(_never_there, _resource_tag),
    _permission_is_missing,
)

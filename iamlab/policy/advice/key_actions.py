"""Does a request for this action ever have this key?

Notes
-----
AWS pages: "Service Authorization Reference"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.advice.spots import Spot, holds_without_key, is_short, on_conditions, spots_of
from iamlab.policy.catalog import action, actions_of, data_date, expand, resource_types_of
from iamlab.policy.condition_keys import ConditionKey, stem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Finding
    from iamlab.policy.statement import Statement

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


def _named_actions(spot: Spot) -> list[tuple[str, ...]] | None:
    """Give the actions that each value of Action matches; ``None`` where that would be no answer.

    With ``*`` for a service there is always one that has the key; of an action that the catalogue
    does not know nothing can be said; and a policy beyond all sizes is not worth the search.
    """
    listed = spot.statement.action or ()
    if not listed or not is_short(spot.case.policy):
        return None
    if any("*" in pattern.partition(":")[0] for pattern in listed):
        return None
    matched = [expand(pattern) for pattern in listed]
    return matched if all(matched) else None


def _never_there(spot: Spot) -> Iterator[Finding]:
    """A key that no action of the statement has, so that the statement never applies."""
    if holds_without_key(spot.comparison) or spot.comparison.name == "Null" or spot.known is None:
        return
    key = stem(spot.known.name)
    if not isinstance(spot.known, ConditionKey) and key not in _LISTED:
        return
    matched = _named_actions(spot)
    if matched is None or any(_has(name, key) for names in matched for name in names):
        return
    service = key.partition(":")[0]
    placed = key in _LISTED or any(one.startswith(key) for one in _placed(service))
    if not placed or service in _INCOMPLETE:
        return
    listed = spot.statement.action or ()
    shown = listed[0] if len(listed) == 1 else f"{listed[0]} or the other actions here"
    yield spot.find(
        "UNSUPPORTED_ACTION_FOR_CONDITION_KEY",
        f"By the catalogue of {data_date()}, no request for {shown} has {spot.condition.key}.",
        "Take the key out, or give it a statement with actions that have it.",
    )


# What a trust policy must also allow, since a request with the key is refused otherwise.
_NEEDED = {
    "aws:requesttag/": "sts:TagSession",
    "aws:tagkeys": "sts:TagSession",
    "sts:transitivetagkeys": "sts:TagSession",
    "sts:sourceidentity": "sts:SetSourceIdentity",
    "sts:requestcontext/": "sts:SetContext",
    "sts:requestcontextproviders": "sts:SetContext",
}


def _permission_is_missing(case: Case) -> Iterator[Finding]:
    """Who passes tags, a source identity or a context needs a permission for that too."""
    if case.policy_type != "trust":
        return
    allowed = {
        name
        for statement in case.policy.statements
        if statement.effect == "Allow"
        for name in _needed_actions(statement)
    }
    for statement in case.policy.statements:
        for spot in spots_of(case, statement) if statement.effect == "Allow" else ():
            condition = spot.condition
            needed = _NEEDED.get(stem(spot.known.name)) if spot.known else None
            optional = (
                holds_without_key(condition.comparison) or condition.comparison.name == "Null"
            )
            if needed is None or needed in allowed or optional or statement.action is None:
                continue
            both = (*statement.action, needed)
            yield spot.find(
                "MISSING_ACTION_FOR_CONDITION_KEY",
                f"A request with {condition.key} also needs {needed}, which nothing here allows.",
                f"Add {needed} to Action.",
                case.change(statement, action=both),
            )


def _needed_actions(statement: Statement) -> set[str]:
    """Give those of the needed permissions that a statement is about."""
    needed = set(_NEEDED.values())
    if statement.action is None:
        return needed.difference(*map(expand, statement.not_action or ()))
    return needed.intersection(name for pattern in statement.action for name in expand(pattern))


def _resource_tag(spot: Spot) -> Iterator[Finding]:
    """On a tag of the resource, where no request has it, a statement has no effect."""
    if not spot.key.startswith(RESOURCE_TAG) or spot.key == RESOURCE_TAG:
        return
    if spot.comparison.name == "Null" or holds_without_key(spot.comparison):
        return
    if spot.statement.action is None:
        yield _of_not_action(spot)
        return
    matched = _named_actions(spot) or ()
    by_service: dict[str, bool] = {}
    for names in matched:
        service = names[0].partition(":")[0]
        has_tags = any(RESOURCE_TAG in keys_of_action(name) for name in names)
        by_service[service] = by_service.get(service, False) or has_tags
    without = sorted(service for service, has_tags in by_service.items() if not has_tags)
    if without:
        effect = spot.statement.effect
        verb = "allows" if effect == "Allow" else "denies"
        yield spot.find(
            f"{effect.upper()}_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
            f"No request for these actions of {', '.join(without)} has {spot.condition.key}, "
            f"so that the statement {verb} none of them.",
            "Give them a statement without this key.",
        )


def _of_not_action(spot: Spot) -> Finding:
    """Among all other actions there are always some that have no tags of a resource."""
    effect = spot.statement.effect
    verb = "allowed" if effect == "Allow" else "denied"
    return spot.find(
        f"{effect.upper()}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        f"Actions whose requests have no {spot.condition.key} are not {verb} by this statement.",
        "List the actions in Action.",
    )


DETECTORS: tuple[Detector, ...] = (
    on_conditions(_never_there, _resource_tag),
    _permission_is_missing,
)

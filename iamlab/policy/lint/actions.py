"""Findings about actions: unknown actions, unsupported actions, and broad permissions.

A user who can pass any role to a service has, through this service, the permissions of the most
powerful role in the account.

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "IAM JSON policy elements: Action";
"Service Authorization Reference"; "Grant a user permissions to pass a role to an AWS service".
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.catalog import action, actions_of, data_date, has, services, vocabulary
from iamlab.policy.covering import covers, covers_action
from iamlab.policy.lint.context import ValueFault, in_types
from iamlab.policy.patterns import glob, is_action_pattern
from iamlab.policy.statement import ACTIONS
from iamlab.policy.validate.action_and_resource_defects import unwanted
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement

LONGEST_NAME = 128
MOST_HINTS = 20
"""The most unknown actions of a policy for which a similar action is searched, which takes time."""

# API operations whose permission has another name.
_OPERATIONS: dict[str, str] = vocabulary("operations")
# Wrong prefixes that people write for a service.
_PREFIXES: dict[str, str] = vocabulary("prefixes")


def unknown_actions(checked: PolicyContext) -> Iterator[Finding]:
    """Find actions that no service has: they never match a request."""
    hints = 0
    for value in checked.values(ACTIONS):
        fault = name_fault(value.text)
        if fault is None:
            continue
        nearest = None
        if fault.right and hints < MOST_HINTS:
            hints += 1
            nearest = nearest_action(value.text)
        remedy = f"Did you mean {nearest}?" if nearest else fault.remedy
        better = checked.put(value, nearest)
        yield checked.find(fault.code, checked.path(value), fault.what, remedy, better)


@lru_cache(maxsize=8192)
def name_fault(text: str) -> ValueFault | None:
    """Return the fault of an action; ``right`` is set if the nearest action may be meant."""
    if has_variable(text) or text == "*":
        return None  # another module checks variables
    prefix, colon, name = text.partition(":")
    shown = text[:LONGEST_NAME]
    if not text.isascii() or not colon or ":" in name or not prefix or not name:
        what = f"{shown!r} isn't an action."
        return ValueFault("INVALID_ACTION", what, "Write the service's prefix, a colon and a name.")
    if prefix != "*" and not is_action_pattern(text):
        what = f"The prefix {prefix[:LONGEST_NAME]!r} has a wildcard, which isn't permitted."
        return ValueFault("INVALID_SERVICE_IN_ACTION", what, "Write one value for each service.")
    if prefix != "*" and not has(prefix):
        what = f"There is no service with the prefix {prefix[:LONGEST_NAME]}."
        return ValueFault("INVALID_SERVICE_IN_ACTION", what, _look_up("prefixes"), right=text)
    if prefix == "*" or names_like(text):
        return None
    if "*" in name or "?" in name:
        what = f"{shown} matches no action of {prefix}."
        return ValueFault("INVALID_ACTION", what, _look_up("actions"))
    what = f"{prefix} has no action {name[:LONGEST_NAME]}."
    return ValueFault("INVALID_ACTION", what, _look_up("actions"), right=text)


@lru_cache(maxsize=2)
def _look_up(what: str) -> str:
    return f"Look up the {what} in AWS's reference. The catalogue here is from {data_date()}."


def names_like(pattern: str) -> list[str]:
    """List the actions of one service that a value matches.

    Examples
    --------
    >>> names_like("sts:GetCaller*"), names_like("sts:GetCallers")
    (['sts:GetCallerIdentity'], [])
    """
    prefix, _, name = pattern.lower().partition(":")
    if name in actions_of(prefix):
        return [actions_of(prefix)[name].full_name]
    start = re.split("[*?]", name, maxsplit=1)[0]
    # Few begin like the pattern; only these are matched.
    alike = (action for action in actions_of(prefix) if action.startswith(start))
    return [actions_of(prefix)[action].full_name for action in alike if glob(name, action)]


@lru_cache(maxsize=4096)
def nearest_action(text: str) -> str | None:
    """Find the action that was probably meant."""
    if len(text) > LONGEST_NAME:
        return None
    if text.lower() in _OPERATIONS:
        return _OPERATIONS[text.lower()]
    prefix, _, name = text.partition(":")
    if not has(prefix):
        return _of_another_service(prefix.lower(), name)
    # Most typos aren't in the first letter, so most names needn't be compared.
    known = [other for other in actions_of(prefix) if other[0] == name[0].lower()]
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.87)
    return actions_of(prefix)[close[0]].full_name if close else None


def _of_another_service(prefix: str, name: str) -> str | None:
    close = get_close_matches(prefix, services(), n=3, cutoff=0.87)
    for service in (*([_PREFIXES[prefix]] if prefix in _PREFIXES else []), *close):
        found = action(f"{service}:{name}")
        if found is not None:
            return found.full_name
    return None


def unsupported_actions(checked: PolicyContext) -> Iterator[Finding]:
    """Find actions that the policy type doesn't support: a trust policy needs those of STS."""
    for value in checked.values(("Action",)):
        kind = unwanted(value.text, checked.rules)
        if kind is None or has_variable(value.text):
            continue
        path, shown = checked.path(value), value.text[:LONGEST_NAME]
        if checked.policy_type == "rcp":
            why = (
                "has no service prefix" if shown == "*" else "has a service that RCPs don't support"
            )
            remedy = "Write actions of services that RCPs support, such as s3:*."
            yield checked.find("RCP_SYNTAX_ERROR_ACTION", path, f"{shown!r} {why}.", remedy)
        elif checked.policy_type == "trust" if shown == "*" else _is_action(value.text):
            why = {"*": ", which needs actions of sts"}.get(shown, "")
            if kind == "action_wildcard":
                why = ", which can't have wildcards in actions"
            what = f"{shown} isn't valid in {checked.type_name}{why}."
            service = " or ".join(sorted(checked.rules.services or ()))
            remedy = f"Write actions of {service} that this policy type supports."
            yield checked.find("UNSUPPORTED_ACTION_IN_POLICY", path, what, remedy)


def _is_action(text: str) -> bool:
    """Return whether a value is a valid action of one service."""
    return name_fault(text) is None and not text.startswith("*:")


# Actions that should never be allowed broadly ---------------------------------------------------

# The first word of the codes -> the action, and the key that narrows it.
_DELICATE = {
    "PASS_ROLE": ("iam:PassRole", "iam:PassedToService"),
    "CREATE_SLR": ("iam:CreateServiceLinkedRole", "iam:AWSServiceName"),
}
_TEXTS: dict[str, dict[str, str]] = vocabulary("broad_permissions")
_ROLES = re.compile(r"arn:[^:]*:iam::[^:]*:(?P<names>[^:]*)")


def broad_permissions(checked: PolicyContext) -> Iterator[Finding]:
    """Find broad grants of iam:PassRole: one can give away the whole account."""
    for statement in checked.statements:
        where = _on_what(statement) if statement.effect == "Allow" else None
        if where is None:
            continue
        keys = {condition.key.lower() for condition in statement.conditions}
        for word, (_, narrowing) in _DELICATE.items():
            if narrowing.lower() not in keys:
                yield from _broad(checked, statement, word, where)


def _on_what(statement: Statement) -> tuple[str, str] | None:
    """Return the element that makes a statement match every role, and the end of a sentence."""
    if statement.not_resource is not None:
        return "NotResource", " on all resources that NotResource doesn't list."
    listed = statement.resource or ()
    if "*" in listed:
        return "Resource", ' on every resource, "*".'
    wide = next(filter(_is_every_role, listed), None)
    return None if wide is None else ("Resource", f" on every role, {wide[:128]}.")


def _is_every_role(resource: str) -> bool:
    role = _ROLES.fullmatch(resource)
    return role is not None and covers(role["names"], "role/*")


def _broad(
    checked: PolicyContext, statement: Statement, word: str, where: tuple[str, str]
) -> Iterator[Finding]:
    element, on_what = where
    action, narrowing = _DELICATE[word]
    how, index = _how(statement, action)
    if how is None:
        return
    if how == "NotAction":
        path, value = checked.places.element(statement, "NotAction"), ""
    else:
        path = checked.places.value(statement, "Action", index)
        value = (statement.action or ())[index][:128]
    yield checked.find(
        f"{word}_WITH_{_TEXTS[element][how]}",
        path,
        _TEXTS["what"][how].format(action=action, value=value) + on_what,
        f"Name the roles in Resource, or add a condition on {narrowing}.",
    )


def _how(statement: Statement, action: str) -> tuple[str | None, int]:
    """Return how a statement matches an action, and the index of the value."""
    if statement.action is None:
        listed = statement.not_action or ()
        spared = any(covers_action(pattern, action) for pattern in listed)
        return (None if spared else "NotAction"), 0
    lower = action.lower()
    wide = None
    for index, pattern in enumerate(statement.action):
        if pattern.lower() == lower:
            return "exact", index
        if wide is None and ("*" in pattern or "?" in pattern) and covers_action(pattern, action):
            wide = index
    return (None, 0) if wide is None else ("wildcard", wide)


DETECTORS: tuple[Detector, ...] = (
    unknown_actions,
    unsupported_actions,
    in_types(("identity",), broad_permissions),
)

"""Findings about two actions that should never be allowed broadly: to pass and to create roles.

Who may pass any role to a service, can do through that service whatever the mightiest role of the
account can do. A condition on the service that is passed to, or that is linked, narrows it.

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "Grant a user permissions to pass a role to
an AWS service".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.covering import covers, covers_action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Finding
    from iamlab.policy.statement import Statement

# The first word of the codes -> the action, and the key that narrows it.
_DELICATE = {
    "PASS_ROLE": ("iam:PassRole", "iam:PassedToService"),
    "CREATE_SLR": ("iam:CreateServiceLinkedRole", "iam:AWSServiceName"),
}
# How the action is allowed, and on what -> the end of the code.
_ENDS = {
    ("exact", "Resource"): "STAR_IN_RESOURCE",
    ("wildcard", "Resource"): "STAR_IN_ACTION_AND_RESOURCE",
    ("NotAction", "Resource"): "STAR_IN_RESOURCE_AND_NOT_ACTION",
    ("exact", "NotResource"): "NOT_RESOURCE",
    ("wildcard", "NotResource"): "STAR_IN_ACTION_AND_NOT_RESOURCE",
    ("NotAction", "NotResource"): "NOT_ACTION_AND_NOT_RESOURCE",
}
_HOW = {
    "exact": "{action} is allowed",
    "wildcard": "{value} also allows {action}",
    "NotAction": "NotAction allows {action}, which it does not list,",
}
_ROLES = re.compile(r"arn:[^:]*:iam::[^:]*:(?P<names>[^:]*)")


def broad_permissions(case: Case) -> Iterator[Finding]:
    """One broad grant of iam:PassRole can hand over the account."""
    if case.policy_type != "identity":
        return
    for statement in case.policy.statements:
        where = _on_what(statement) if statement.effect == "Allow" else None
        if where is None:
            continue
        keys = {condition.key.lower() for condition in statement.conditions}
        for word, (_, narrowing) in _DELICATE.items():
            if narrowing.lower() not in keys:
                yield from _broad(case, statement, word, where)


def _on_what(statement: Statement) -> tuple[str, str] | None:
    """Give the element by which a statement is about every role, and the end of a sentence."""
    if statement.not_resource is not None:
        return "NotResource", " on all resources that NotResource does not list."
    listed = statement.resource or ()
    if "*" in listed:
        return "Resource", ' on every resource, "*".'
    wide = next(filter(_is_every_role, listed), None)
    return None if wide is None else ("Resource", f" on every role, {wide[:128]}.")


def _is_every_role(resource: str) -> bool:
    role = _ROLES.fullmatch(resource)
    return role is not None and covers(role["names"], "role/*")


def _broad(
    case: Case, statement: Statement, word: str, where: tuple[str, str]
) -> Iterator[Finding]:
    element, on_what = where
    action, narrowing = _DELICATE[word]
    how, index = _how(statement, action)
    if how is None:
        return
    if how == "NotAction":
        path, value = case.places.element(statement, "NotAction"), ""
    else:
        path = case.places.value(statement, "Action", index)
        value = (statement.action or ())[index][:128]
    yield case.find(
        f"{word}_WITH_{_ENDS[how, element]}",
        path,
        _HOW[how].format(action=action, value=value) + on_what,
        f"Name the roles in Resource, or add a condition on {narrowing}.",
    )


def _how(statement: Statement, action: str) -> tuple[str | None, int]:
    """Say how a statement is about an action, and by which of its values."""
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


DETECTORS: tuple[Detector, ...] = (broad_permissions,)

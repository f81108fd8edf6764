"""The form of actions, and which of them a type of policy takes.

IAM reads only the form: it saves the name of an action, or of a service, that does not exist.

Notes
-----
AWS pages: "IAM JSON policy elements: Action"; "Troubleshoot IAM policies".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy import catalog
from iamlab.policy.checks.defects import (
    Defect,
    actions_of,
    at_element,
    at_statement,
    at_value,
    short,
)
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.checks.type_rules import TypeRules
    from iamlab.policy.document import Policy

_VENDOR = re.compile(r"[A-Za-z0-9.-]+")


def missing_actions(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find empty lists of actions; only IAM minds them, elsewhere they just never match."""
    for statement in policy.statements if rules.iam_grammar else ():
        element, values = actions_of(statement)
        if not values:
            yield Defect("no_action", at_element(statement, element))


def misformed_actions(policy: Policy, _: TypeRules) -> Iterator[Defect]:
    """Find actions that are not written as ``service:Name``."""
    for statement in policy.statements:
        element, values = actions_of(statement)
        for index, value in enumerate(values):
            kind = action_fault(value)
            if kind:
                details = {"value": short(value), "vendor": short(value.partition(":")[0])}
                yield Defect(kind, at_value(statement, element, index), details)


def action_fault(action: str) -> str | None:
    """Say what is wrong with the form of an action; ``None`` if IAM would save it.

    Examples
    --------
    >>> [action_fault(text) for text in ("s3", "s*:Get*", "*:Get*", "no-such:Thing")]
    ['no_vendor', 'vendor', None, None]
    """
    if action == "*":
        return None
    vendor, _, _ = action.partition(":")
    colons = action.count(":")
    if not colons:
        return "no_vendor"
    if colons > 1:
        return "two_colons"
    return None if vendor == "*" or _VENDOR.fullmatch(vendor) else "vendor"


def forbidden_not_action(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find NotAction where it may not stand."""
    for statement in policy.statements if not rules.not_action else ():
        if statement.not_action is not None:
            yield Defect("not_action_forbidden", at_element(statement, "NotAction"))


def forbidden_allow(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find Allow where only Deny may stand."""
    for statement in policy.statements if not rules.allow else ():
        if statement.effect == "Allow":
            yield Defect("allow_forbidden", at_statement(statement))


def unwanted_actions(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find actions that the type of policy does not take."""
    for statement in policy.statements:
        element, values = actions_of(statement)
        for index, value in enumerate(values):
            kind = None if action_fault(value) else _refused(value, rules)
            if kind:
                yield Defect(kind, at_value(statement, element, index), {"value": short(value)})


def _refused(action: str, rules: TypeRules) -> str | None:
    name = action.lower()
    if name == "*" and rules.every_action and rules.wildcards:
        return None
    if rules.services is not None and name.partition(":")[0] not in rules.services:
        return "foreign_action"
    if not rules.wildcards and ("*" in name or "?" in name):
        return "action_wildcard"
    if rules.actions is not None and not any(glob(name, known) for known in rules.actions):
        return "unknown_action"
    unknown = rules.looks_actions_up and not catalog.expand(action)
    return "unknown_action" if unknown else None

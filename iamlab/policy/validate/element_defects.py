"""Defects of elements: missing and forbidden elements, and principals.

Only a world can check whether a principal exists.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal"; "RCP
syntax"; "Control access to VPC endpoints using endpoint policies"; "Identity-provider controls for
shared OIDC providers".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import names
from iamlab.policy.catalog import vocabulary
from iamlab.policy.condition_keys import IDENTIFIERS
from iamlab.policy.rules import PARTITIONS
from iamlab.policy.validate.document_defects import SaveDefect, short

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from iamlab.policy.rules import TypeRules
    from iamlab.policy.statement import Condition, Statement
    from iamlab.policy.validate.document_defects import Check, CheckedPolicy

EVERYBODY = (("*", "*"),)

_ARN = rf"arn:(?:{'|'.join(sorted(PARTITIONS))})"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_FORMS = {
    # AWS replaces a deleted principal with its unique ID. The ID of an existing principal is valid.
    "AWS": re.compile(
        rf"\*|\d{{12}}|A(?:IDA|ROA)[A-Z0-9]{{12,}}"
        rf"|{_ARN}:iam::(?:\d{{12}}|cloudfront):(?:root|(?:user|role)/[^*?$]+)"
        rf"|{_ARN}:sts::\d{{12}}:(?:assumed-role/[^*?$/]+/[^*?$/]+|federated-user/[^*?$/]+)",
        re.ASCII,
    ),
    "Service": re.compile(_HOST, re.ASCII),
    "Federated": re.compile(
        rf"{_ARN}:iam::\d{{12}}:(?:saml|oidc)-provider/[^*?$]+|{_HOST}", re.ASCII
    ),
    "CanonicalUser": re.compile(r"[0-9a-fA-F]{64}", re.ASCII),
}


def bare_principals(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find a Principal that is plain text other than ``"*"``: the grammar doesn't permit it."""
    for statement in checked.statements:
        for kind, value in statement.principal or statement.not_principal or ():
            if not kind:
                place = checked.places.element(statement, statement.element("Principal"))
                yield SaveDefect("bare_principal", place, {"value": short(value)})


PRINCIPAL_FAULTS = names("principal_faults")


def element_faults(statement: Statement, rules: TypeRules) -> Iterator[tuple[str, str]]:
    """Return forbidden and missing elements of a statement: kind of defect, element."""
    principals, resources = statement.principals, statement.resources
    principal = statement.element("Principal")
    if statement.not_action is not None and not rules.not_action:
        yield "not_action_forbidden", "NotAction"
    if statement.effect == "Allow" and not rules.allow:
        yield "allow_forbidden", "Effect"
    # Only IAM rejects an empty list. Other services save it, and the statement matches nothing.
    if rules.resource == "required" and _lacks(resources, rules):
        yield "no_resource", "Resource"
    if rules.resource == "forbidden" and resources is not None:
        yield "resource_forbidden", statement.element("Resource")
    if rules.principal == "required" and _lacks(principals, rules):
        yield "no_principal", "Principal"
    if principals is None:
        return
    if rules.principal == "forbidden":
        yield "principal_forbidden", principal
    if statement.not_principal is not None and not rules.not_principal:
        yield "not_principal_forbidden", principal
    if rules.principal_is_everybody and statement.principal != EVERYBODY:
        yield "principal_is_not_everybody", principal


def _lacks(values: Collection[object] | None, rules: TypeRules) -> bool:
    return values is None or (not values and rules.iam_grammar)


def element_check(*kinds: str) -> Check:
    """Make a check that finds the first defect of some kinds in each statement."""

    def check(checked: CheckedPolicy) -> Iterator[SaveDefect]:
        for statement in checked.statements:
            faults = element_faults(statement, checked.rules)
            kind, element = next((fault for fault in faults if fault[0] in kinds), ("", ""))
            if kind in ("no_principal", "no_resource", "allow_forbidden"):
                yield SaveDefect(kind, checked.places.statement(statement))
            elif kind:
                yield SaveDefect(kind, checked.places.element(statement, element))

    return check


def forms(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find principals whose type or format AWS wouldn't save."""
    if checked.rules.principal == "forbidden" or checked.rules.principal_types is None:
        return
    for statement in checked.statements:
        for index, (type_, value) in enumerate(statement.principals or ()):
            kind = fault_of(type_, value, checked.rules)
            if kind:
                details = {"type": type_, "value": short(value)}
                remedy = "group_principal" if ":group/" in value else ""
                yield SaveDefect(kind, checked.places.principal(statement, index), details, remedy)


def fault_of(type_: str, value: str, rules: TypeRules) -> str | None:
    """Return the kind of defect of a principal; ``None`` if AWS would save its format.

    Examples
    --------
    >>> from iamlab.policy.rules import TYPES
    >>> [fault_of(*pair, TYPES["trust"]) for pair in (("AWS", "111122223333"), ("Service", "*"))]
    [None, 'Service_principal']
    """
    if type_ == "*":
        return None if rules.bare_star else "bare_star"
    if not type_:
        return None  # bare_principals finds it
    if type_ not in (rules.principal_types or ()):
        return "principal_type"
    return None if _FORMS[type_].fullmatch(value) else f"{type_}_principal"


SHARED: dict[str, str] = vocabulary("shared_providers")
"""Identity provider that many organizations share -> the key that a trust policy must evaluate."""
_SELECTING = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")


def shared_providers(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find trust in a shared identity provider that doesn't say which of its organizations."""
    for statement in checked.statements if checked.rules.iam_grammar else ():
        for index, (kind, value) in enumerate(statement.principal or ()):
            url = value.partition(":oidc-provider/")[2] or value
            if kind != "Federated" or url not in SHARED or statement.effect != "Allow":
                continue
            if not any(_selects(condition, SHARED[url]) for condition in statement.conditions):
                provider = "Cognito" if url.startswith("cognito") else url
                place = checked.places.principal(statement, index)
                yield SaveDefect("shared_provider", place, {"name": provider, "key": SHARED[url]})


def _selects(condition: Condition, key: str) -> bool:
    """Return whether a condition lets only some values of a key pass: none is only wildcards."""
    is_about = condition.key.lower() == key.lower() and condition.comparison.name in _SELECTING
    return is_about and all(value.strip("*?") for value in condition.values)


def open_identifiers(checked: CheckedPolicy) -> Iterator[SaveDefect]:
    """Find wildcards in the values of keys that identify accounts or VPCs."""
    for statement in checked.statements if checked.rules.named_accounts else ():
        for condition in statement.conditions:
            if condition.key.lower() in IDENTIFIERS:
                for index, value in enumerate(condition.values):
                    if "*" in value or "?" in value:
                        place = checked.places.condition(statement, condition, index)
                        yield SaveDefect("named_accounts", place, {"key": condition.key})

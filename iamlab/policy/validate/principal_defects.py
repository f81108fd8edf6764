"""Whom a type of policy may name, and in which form. Whether they exist, a world must say.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal"; "RCP
syntax"; "Control access to VPC endpoints using endpoint policies".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.condition_keys import IDENTIFIERS
from iamlab.policy.rules import PARTITIONS
from iamlab.policy.validate.document_defects import (
    Defect,
    at_condition,
    at_element,
    at_principal,
    at_statement,
    short,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.document import Policy
    from iamlab.policy.rules import TypeRules
    from iamlab.policy.statement import Statement

EVERYBODY = (("*", "*"),)

_ARN = rf"arn:(?:{'|'.join(sorted(PARTITIONS))})"
_HOST = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_FORMS = {
    # A unique ID is what is left of a principal that was deleted; one that lives is saved.
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


def bare_principals(policy: Policy, _: TypeRules) -> Iterator[Defect]:
    """Find a Principal that is bare text but not ``"*"``: the grammar has no such thing."""
    for statement in policy.statements:
        for kind, value in statement.principal or statement.not_principal or ():
            if not kind:
                place = at_element(statement, _element(statement))
                yield Defect("bare_principal", place, {"value": short(value)})


def _element(statement: Statement) -> str:
    return "NotPrincipal" if statement.principal is None else "Principal"


def presence(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find statements that name somebody where none may be named, or nobody where one must."""
    for statement in policy.statements:
        kind = _misplaced(statement, rules)
        if kind == "no_principal":
            yield Defect(kind, at_statement(statement))
        elif kind:
            yield Defect(kind, at_element(statement, _element(statement)))


def _misplaced(statement: Statement, rules: TypeRules) -> str | None:
    somebody = statement.principal if statement.principal is not None else statement.not_principal
    if rules.principal == "forbidden":
        return None if somebody is None else "principal_forbidden"
    # Only IAM minds an empty list: other services save it, and the statement reaches nobody.
    if somebody is None or (not somebody and rules.iam_grammar):
        return "no_principal"
    if statement.not_principal is not None and not rules.not_principal:
        return "not_principal_forbidden"
    if rules.principal_is_everybody and somebody != EVERYBODY:
        return "principal_is_not_everybody"
    return None


def forms(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find principals of a type, or in a form, that cannot be saved."""
    if rules.principal == "forbidden" or rules.principal_types is None:
        return
    for statement in policy.statements:
        pairs = statement.principal if statement.principal is not None else statement.not_principal
        for index, (type_, value) in enumerate(pairs or ()):
            kind = fault_of(type_, value, rules)
            if kind:
                details = {"type": type_, "value": short(value)}
                mend = "group_principal" if ":group/" in value else ""
                yield Defect(kind, at_principal(statement, index), details, mend)


def fault_of(type_: str, value: str, rules: TypeRules) -> str | None:
    """Say what is wrong with one principal; ``None`` if its form can be saved.

    Examples
    --------
    >>> from iamlab.policy.rules import TRUST
    >>> fault_of("AWS", "111122223333", TRUST), fault_of("Service", "*", TRUST)
    (None, 'Service_principal')
    """
    if type_ == "*":
        return None if rules.bare_star else "bare_star"
    if not type_:
        return None  # it is told by bare_principals
    if type_ not in (rules.principal_types or ()):
        return "principal_type"
    return None if _FORMS[type_].fullmatch(value) else f"{type_}_principal"


def open_identifiers(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find wildcards in the value of a key that tells accounts or VPCs apart."""
    for statement in policy.statements if rules.named_accounts else ():
        for condition in statement.conditions:
            if condition.key.lower() not in IDENTIFIERS:
                continue
            for index, value in enumerate(condition.values):
                if "*" in value or "?" in value:
                    place = at_condition(statement, condition, index)
                    yield Defect("named_accounts", place, {"key": condition.key})

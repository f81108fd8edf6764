"""Findings about the policies of an organization: service and resource control policies.

An RCP stops whoever calls, AWS's own services included. So a guard that asks where a principal
belongs must spare the services, which belong nowhere; and one that asks on whose behalf a service
comes must spare the people, who come on nobody's.

Notes
-----
AWS pages: "SCP syntax"; "RCP syntax"; "Resource control policy examples"; "IAM Access Analyzer
policy check reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.lint.context import holds_without_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Condition, Statement

_OF_PRINCIPALS_NAMES = (
    "aws:principalaccount aws:principalarn aws:principalorgid aws:principalorgpaths "
    "aws:principaltag/"
)
_OF_PRINCIPALS = tuple(_OF_PRINCIPALS_NAMES.split())
_OF_SOURCES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
_TELL_SERVICES = ("aws:principalisawsservice", "aws:principalservicename")


def rcp_guards(case: PolicyContext) -> Iterator[Finding]:
    """A guard against strangers must not stop AWS's services, nor one of services the people."""
    if case.policy_type != "rcp":
        return
    for statement in case.policy.statements:
        if statement.effect == "Deny":
            spared = {_caller(one) for one in statement.conditions if not _holds_without_key(one)}
            for condition in statement.conditions:
                if _holds_without_key(condition) and not (spared & {"any", _caller(condition)}):
                    yield from _unguarded(case, statement, condition)


def _caller(condition: Condition) -> str:
    """Say who alone has a key: a person or role of AWS, or a service that comes for somebody."""
    key = condition.key.lower()
    if key in _TELL_SERVICES:
        return "any"
    if key.startswith(_OF_PRINCIPALS):
        return "principal"
    return "service" if key in _OF_SOURCES else ""


def _holds_without_key(condition: Condition) -> bool:
    """Say whether the condition is met without its key, and not because it asks for that."""
    asks = condition.comparison.name == "Null" or condition.key.lower() in _TELL_SERVICES
    return not asks and holds_without_key(condition.comparison)


def _unguarded(
    case: PolicyContext, statement: Statement, condition: Condition
) -> Iterator[Finding]:
    path = case.places.condition(statement, condition)
    key, caller = condition.key, _caller(condition)
    if caller == "principal":
        what = f"A call that an AWS service makes itself has no {key}, so it is denied."
        mend = 'Add "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}.'
        yield case.find("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", path, what, mend)
    if caller == "service":
        what = f"A call that no AWS service makes has no {key}, so it is denied."
        mend = 'Add "Bool": {"aws:PrincipalIsAWSService": "true"}.'
        yield case.find("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", path, what, mend)


def rcp_sources(case: PolicyContext) -> Iterator[Finding]:
    """Not every call of a service says on whose behalf it comes."""
    if case.policy_type != "rcp":
        return
    for statement in case.policy.statements:
        sources = [one for one in statement.conditions if _caller(one) == "service"]
        sure = any(not _holds_without_key(one) for one in sources)
        if statement.effect == "Allow" or sure:
            continue
        for condition in sources:
            path = case.places.condition(statement, condition)
            what = f"Some calls of AWS services have no {condition.key}, and are denied."
            mend = 'Add "Null": {"aws:SourceAccount": "false"}.'
            yield case.find("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", path, what, mend)


DETECTORS: tuple[Detector, ...] = (rcp_guards, rcp_sources)

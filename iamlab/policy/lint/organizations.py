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

from iamlab.policy.arn import RCP_SERVICES
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.lint.context import values_of
from iamlab.policy.lint.principals import bare, element_of
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Case, Detector
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Condition, Statement

_OF_PRINCIPALS = (
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
    "aws:principaltag/",
)
_OF_SOURCES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
_TELL_SERVICES = ("aws:principalisawsservice", "aws:principalservicename")


def principals_in_scp(case: Case) -> Iterator[Finding]:
    """An SCP names no principal: it is about all that the account has."""
    if case.policy_type != "scp":
        return
    for statement in case.policy.statements:
        element = element_of(statement)
        if element is not None:
            path = case.places.element(statement, element)
            what = f"A service control policy has no {element}."
            mend = "Leave it out; a condition on aws:PrincipalArn can narrow the statement."
            better = bare(case, statement)
            yield case.find("SCP_SYNTAX_ERROR_PRINCIPAL", path, what, mend, better)


def rcp_grammar(case: Case) -> Iterator[Finding]:
    """An RCP denies everybody some actions of some services, and nothing else."""
    if case.policy_type != "rcp":
        return
    for statement in case.policy.statements:
        element = case.places.element
        if statement.effect == "Allow":
            what = "A resource control policy only denies."
            mend = "Make it a Deny; the only Allow is AWS's own RCPFullAWSAccess."
            yield case.find("RCP_SYNTAX_ERROR_ALLOW", element(statement, "Effect"), what, mend)
        if statement.not_action is not None:
            path = element(statement, "NotAction")
            what = "A resource control policy has no NotAction."
            yield case.find("RCP_SYNTAX_ERROR_NOTACTION", path, what, "List actions in Action.")
        yield from _rcp_principal(case, statement)
        yield from _rcp_actions(case, statement)


def _rcp_principal(case: Case, statement: Statement) -> Iterator[Finding]:
    named = element_of(statement)
    if named is None or statement.principal == (("*", "*"),):
        return
    better = None
    if statement.principal == (("AWS", "*"),):
        better = case.change(statement, principal=(("*", "*"),))
    yield case.find(
        "RCP_SYNTAX_ERROR_PRINCIPAL",
        case.places.element(statement, named),
        f'A resource control policy has "Principal": "*", not this {named}.',
        'Write "Principal": "*", and spare some by a condition on aws:PrincipalArn.',
        better,
    )


def _rcp_actions(case: Case, statement: Statement) -> Iterator[Finding]:
    for value in values_of(statement, ("Action",)):
        prefix = value.text.partition(":")[0].lower()
        if prefix in RCP_SERVICES or has_variable(value.text):
            continue
        reached = "no one service" if value.text == "*" else "no service that RCPs reach"
        what = f"{value.text[:128]!r} names {reached}."
        mend = "Name actions of services that RCPs support, such as s3:*, one by one."
        yield case.find("RCP_SYNTAX_ERROR_ACTION", value.path(case), what, mend)


def rcp_guards(case: Case) -> Iterator[Finding]:
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
    """Say whether the condition is met when the request has no such key."""
    comparison = condition.comparison
    if comparison.name == "Null" or condition.key.lower() in _TELL_SERVICES:
        return False  # with these it is told on purpose
    if comparison.set_operator == "ForAnyValue":
        return False
    negated = OPERATORS[comparison.name].negated
    return negated or comparison.if_exists or comparison.set_operator == "ForAllValues"


def _unguarded(case: Case, statement: Statement, condition: Condition) -> Iterator[Finding]:
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


def rcp_sources(case: Case) -> Iterator[Finding]:
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


DETECTORS: tuple[Detector, ...] = (principals_in_scp, rcp_grammar, rcp_guards, rcp_sources)

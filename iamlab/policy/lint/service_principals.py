"""AWS services as principals: on whose behalf do they call, and which guards stop them?

A service that calls for itself calls for one of its customers, and not always for you. It says for
which one in ``aws:SourceArn`` and ``aws:SourceAccount``. A policy that does not check that lets
every customer use the service as a deputy.

A resource control policy (RCP) stops every caller, AWS's own services included. A guard that checks
where a principal belongs must exempt the services, which belong nowhere. A guard that checks on
whose behalf a service calls must exempt the people, who call for themselves.

Notes
-----
AWS pages: "The confused deputy problem"; "SCP syntax"; "RCP syntax"; "Resource control policy
examples"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.lint.context import (
    ConditionContext,
    condition_contexts,
    holds_without_key,
    on_conditions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Condition, Statement


_SENDERS = (
    "apigateway budgets cloudfront cloudtrail cloudwatch cognito-idp config delivery.logs events "
    "guardduty logging.s3 logs s3 secretsmanager ses sns"
)
SENDERS = frozenset(_SENDERS.split())
"""Services that call resources directly, and are known to say on whose behalf."""

_SERVICE = re.compile(r"(.{1,60})\.amazonaws\.com(?:\.cn)?")
_REGION = re.compile(r"\.[a-z]{2}(?:-[a-z]{1,10}){1,3}-\d{1,2}$")

_SOURCES = frozenset(
    ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
)
# Older ways to say it; services filled these before there were the keys above.
_OLDER = frozenset(("aws:sourceowner", "aws:referer"))
# A key's use can be tied to a customer in these ways too.
_OF_KMS = ("kms:encryptioncontext:", "kms:calleraccount", "kms:viaservice")


def sender(principal: str) -> str:
    """Give the service that a service principal stands for, without Region.

    Examples
    --------
    >>> sender("logs.eu-west-1.amazonaws.com"), sender("logging.s3.amazonaws.com")
    ('logs', 'logging.s3')
    """
    service = _SERVICE.fullmatch(principal)
    return _REGION.sub("", service[1]) if service else ""


def _unrestricted(checked: PolicyContext) -> Iterator[Finding]:
    """An Allow for a service that does not ask on whose behalf it comes."""
    if checked.policy_type != "resource":
        return
    for statement in checked.statements:
        if statement.effect != "Allow" or not statement.principal:
            continue
        keys = {condition.key.lower() for condition in statement.conditions}
        if keys & (_SOURCES | _OLDER) or any(key.startswith(_OF_KMS) for key in keys):
            continue
        for index, (kind, value) in enumerate(statement.principal):
            if kind == "Service" and sender(value) in SENDERS:
                yield checked.find(
                    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
                    checked.places.principal(statement, index),
                    f"{value} may come on behalf of any of its customers.",
                    "Add a condition on aws:SourceAccount or aws:SourceArn.",
                )


def _is_for_services(statement: Statement) -> bool:
    principals = statement.principal or ()
    return bool(principals) and all(kind == "Service" for kind, _ in principals)


def _older_key(context: ConditionContext) -> Iterator[Finding]:
    """Keys that said on whose behalf before there were proper ones."""
    if context.key not in _OLDER or not _is_for_services(context.statement):
        return
    others = {condition.key.lower() for condition in context.statement.conditions}
    if context.statement.effect == "Allow" and not others & _SOURCES:
        yield context.find(
            "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
            f"{context.name} is an old way to say on whose behalf a service comes.",
            "Use aws:SourceAccount or aws:SourceArn.",
        )


# What a request has only if a person or a role of some account makes it.
_OF_IDENTITIES = ("aws:principalorgid", "aws:principalorgpaths", "aws:username")


def _never_sent(context: ConditionContext) -> Iterator[Finding]:
    """A service that calls for itself belongs to no organization, and has neither name nor tags."""
    tag = context.key.startswith("aws:principaltag/") and not _comes_with_certificate(
        context.statement
    )
    if (
        not (tag or context.key in _OF_IDENTITIES)
        or context.comparison.if_exists
        or context.operator == "Null"
    ):
        return
    if _is_for_services(context.statement):
        yield context.find(
            "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
            f"A service that calls for itself sends no {context.name}.",
            "Use aws:SourceOrgID, aws:SourceAccount or aws:SourceArn.",
        )


def _comes_with_certificate(statement: Statement) -> bool:
    """Say whether Roles Anywhere calls, which turns the fields of a certificate into tags."""
    return any(sender(value) == "rolesanywhere" for _, value in statement.principal or ())


_OF_THE_RESOURCE = frozenset(("aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"))


def _own_resource(context: ConditionContext) -> Iterator[Finding]:
    """A resource's policy is about that resource, whose account is known."""
    if context.checked.policy_type == "resource" and context.key in _OF_THE_RESOURCE:
        yield context.find(
            "IRRELEVANT_CONDITION_KEY_IN_POLICY",
            f"In the policy of a resource, {context.name} is always the same.",
            "Use it in the policies of those who call.",
        )


# A key that means little without one of the others.
_PAIRS = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
}


def _paired(checked: PolicyContext) -> Iterator[Finding]:
    """Private addresses are the same in every VPC, and a bucket's ARN holds no account.

    A Deny may say it in another statement.
    """
    denied = {
        condition.key.lower()
        for statement in checked.statements
        if statement.effect == "Deny"
        for condition in statement.conditions
    }
    for statement in checked.statements:
        own = {condition.key.lower() for condition in statement.conditions}
        beside = own if statement.effect == "Allow" else denied
        for context in condition_contexts(checked, statement):
            missing = _missing(context, beside)
            if missing:
                yield context.find(
                    "MISSING_PAIRED_CONDITION_KEYS",
                    f"{context.name} alone does not say whose it is.",
                    f"Add {' or '.join(missing)}.",
                )


def _missing(context: ConditionContext, beside: set[str]) -> tuple[str, ...]:
    if not context.narrows or context.operator == "Null":
        return ()
    partners = _PAIRS.get(context.key, ())
    if context.key == "aws:sourcearn" and _is_for_services(context.statement):
        values = filter(is_arn, context.values)
        if any(Arn.parse(value).service == "s3" for value in values):
            partners = ("aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
    found = beside.intersection(partner.lower() for partner in partners)
    return () if found else partners


_OF_PRINCIPALS_NAMES = (
    "aws:principalaccount aws:principalarn aws:principalorgid aws:principalorgpaths "
    "aws:principaltag/"
)
_OF_PRINCIPALS = tuple(_OF_PRINCIPALS_NAMES.split())
_OF_SOURCES = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
_TELL_SERVICES = ("aws:principalisawsservice", "aws:principalservicename")


def rcp_guards(checked: PolicyContext) -> Iterator[Finding]:
    """A guard against strangers must not stop AWS's services, nor one of services the people."""
    if checked.policy_type != "rcp":
        return
    for statement in checked.statements:
        if statement.effect == "Deny":
            spared = {_caller(one) for one in statement.conditions if not _holds_without_key(one)}
            for condition in statement.conditions:
                if _holds_without_key(condition) and not (spared & {"any", _caller(condition)}):
                    yield from _unguarded(checked, statement, condition)


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
    checked: PolicyContext, statement: Statement, condition: Condition
) -> Iterator[Finding]:
    path = checked.places.condition(statement, condition)
    key, caller = condition.key, _caller(condition)
    if caller == "principal":
        what = f"A call that an AWS service makes itself has no {key}, so it is denied."
        remedy = 'Add "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}.'
        yield checked.find("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", path, what, remedy)
    if caller == "service":
        what = f"A call that no AWS service makes has no {key}, so it is denied."
        remedy = 'Add "Bool": {"aws:PrincipalIsAWSService": "true"}.'
        yield checked.find(
            "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", path, what, remedy
        )


def rcp_sources(checked: PolicyContext) -> Iterator[Finding]:
    """Not every call of a service says on whose behalf it comes."""
    if checked.policy_type != "rcp":
        return
    for statement in checked.statements:
        sources = [one for one in statement.conditions if _caller(one) == "service"]
        sure = any(not _holds_without_key(one) for one in sources)
        if statement.effect == "Allow" or sure:
            continue
        for condition in sources:
            path = checked.places.condition(statement, condition)
            what = f"Some calls of AWS services have no {condition.key}, and are denied."
            remedy = 'Add "Null": {"aws:SourceAccount": "false"}.'
            yield checked.find("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", path, what, remedy)


DETECTORS: tuple[Detector, ...] = (
    _unrestricted,
    on_conditions(_older_key, _never_sent, _own_resource),
    _paired,
    rcp_guards,
    rcp_sources,
)

"""Findings about AWS services as principals: the confused deputy, and guards that stop services.

A service principal calls on behalf of a customer, and this customer isn't always you. The keys
``aws:SourceArn`` and ``aws:SourceAccount`` identify the customer. A policy that doesn't check them
lets every customer use the service as a confused deputy.

A resource control policy (RCP) applies to every caller, including AWS's services. A guard on the
principal's organization must exempt services, since they belong to none. A guard on the customer of
a service must exempt people, since they have no such key.

Notes
-----
AWS pages: "The confused deputy problem"; "SCP syntax"; "RCP syntax"; "Resource control policy
examples"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn, names
from iamlab.policy.lint.context import (
    ConditionContext,
    condition_contexts,
    holds_without_key,
    in_types,
    on_conditions,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Condition, Statement


SENDERS = frozenset(names("senders"))
"""Services that call resources directly and send the keys for their customer."""

_SERVICE = re.compile(r"(.{1,60})\.amazonaws\.com(?:\.cn)?")
_REGION = re.compile(r"\.[a-z]{2}(?:-[a-z]{1,10}){1,3}-\d{1,2}$")

_SOURCES = frozenset(names("keys_of_sources"))
# Older keys with the customer, from before the keys above existed.
_OLDER = frozenset(("aws:sourceowner", "aws:referer"))
# These keys of KMS can identify a customer too.
_OF_KMS = ("kms:encryptioncontext:", "kms:calleraccount", "kms:viaservice")


def sender(principal: str) -> str:
    """Return the service of a service principal, without the Region.

    Examples
    --------
    >>> sender("logs.eu-west-1.amazonaws.com"), sender("logging.s3.amazonaws.com")
    ('logs', 'logging.s3')
    """
    service = _SERVICE.fullmatch(principal)
    return _REGION.sub("", service[1]) if service else ""


def _unrestricted(checked: PolicyContext) -> Iterator[Finding]:
    """Find Allows for a service without a condition on the service's customer."""
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
                    f"{value} can call on behalf of any of its customers.",
                    "Add a condition on aws:SourceAccount or aws:SourceArn.",
                )


def _is_for_services(statement: Statement) -> bool:
    principals = statement.principal or ()
    return bool(principals) and all(kind == "Service" for kind, _ in principals)


def _older_key(context: ConditionContext) -> Iterator[Finding]:
    """Find older keys for the customer of a service."""
    if context.key not in _OLDER or not _is_for_services(context.statement):
        return
    others = {condition.key.lower() for condition in context.statement.conditions}
    if context.statement.effect == "Allow" and not others & _SOURCES:
        yield context.find(
            "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
            f"{context.name} is an old key for the customer that a service calls for.",
            "Write aws:SourceAccount or aws:SourceArn.",
        )


# Keys that a request has only if a user or role makes it.
_OF_IDENTITIES = names("keys_of_identities")


def _never_sent(context: ConditionContext) -> Iterator[Finding]:
    """Find keys that a service principal doesn't send: organization, user name and tags."""
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
            f"A service principal sends no {context.name}.",
            "Write aws:SourceOrgID, aws:SourceAccount or aws:SourceArn.",
        )


def _comes_with_certificate(statement: Statement) -> bool:
    """Return whether Roles Anywhere is a principal: it sends a certificate's fields as tags."""
    return any(sender(value) == "rolesanywhere" for _, value in statement.principal or ())


_OF_THE_RESOURCE = frozenset(("aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"))


def _own_resource(context: ConditionContext) -> Iterator[Finding]:
    """Find keys of the resource in resource-based policies, in which they never differ."""
    if context.checked.policy_type == "resource" and context.key in _OF_THE_RESOURCE:
        yield context.find(
            "IRRELEVANT_CONDITION_KEY_IN_POLICY",
            f"In a resource-based policy, {context.name} always has the same value.",
            "Remove it here. Write it in the policies of the callers.",
        )


# Key -> the keys of which it needs one.
_PAIRS = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
}


def _paired(checked: PolicyContext) -> Iterator[Finding]:
    """Find keys that need another key: private addresses of a VPC, ARNs of buckets.

    For a Deny, the other key can be in another statement.
    """
    denied = {
        condition.key.lower()
        for statement in checked.statements
        if statement.effect == "Deny"
        for condition in statement.conditions
    }
    for statement in checked.statements:
        own = {condition.key.lower() for condition in statement.conditions}
        present = own if statement.effect == "Allow" else denied
        for context in condition_contexts(checked, statement):
            missing = _missing(context, present)
            if missing:
                yield context.find(
                    "MISSING_PAIRED_CONDITION_KEYS",
                    f"{context.name} alone doesn't identify the owner.",
                    f"Add {' or '.join(missing)}.",
                )


def _missing(context: ConditionContext, present: set[str]) -> tuple[str, ...]:
    if not context.narrows or context.operator == "Null":
        return ()
    partners = _PAIRS.get(context.key, ())
    if context.key == "aws:sourcearn" and _is_for_services(context.statement):
        values = filter(is_arn, context.values)
        if any(Arn.parse(value).service == "s3" for value in values):
            partners = ("aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
    found = present.intersection(partner.lower() for partner in partners)
    return () if found else partners


_OF_PRINCIPALS = names("keys_of_principals")
_TELL_SERVICES = names("keys_that_tell_services")


def rcp_guards(checked: PolicyContext) -> Iterator[Finding]:
    """Find RCP guards on principals that stop services, and guards on services that stop people."""
    for statement in checked.statements:
        if statement.effect == "Deny":
            needed = (line for line in statement.conditions if not _holds_without_key(line))
            exempt = {_caller(line) for line in needed}
            for condition in statement.conditions:
                if _holds_without_key(condition) and not (exempt & {"any", _caller(condition)}):
                    yield from _unguarded(checked, statement, condition)


def _caller(condition: Condition) -> str:
    """Return which callers have a key: principals, or services that call for a customer."""
    key = condition.key.lower()
    if key in _TELL_SERVICES:
        return "any"
    if key.startswith(_OF_PRINCIPALS):
        return "principal"
    return "service" if key in _SOURCES else ""


def _holds_without_key(condition: Condition) -> bool:
    """Return whether a request without the key meets the condition unintentionally."""
    asks = condition.comparison.name == "Null" or condition.key.lower() in _TELL_SERVICES
    return not asks and holds_without_key(condition.comparison)


def _unguarded(
    checked: PolicyContext, statement: Statement, condition: Condition
) -> Iterator[Finding]:
    path = checked.places.condition(statement, condition)
    key, caller = condition.key, _caller(condition)
    if caller == "principal":
        what = f"A call by a service principal has no {key}, so it is denied."
        remedy = 'Add "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}.'
        yield checked.find("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", path, what, remedy)
    if caller == "service":
        what = f"A call that isn't by a service principal has no {key}, so it is denied."
        remedy = 'Add "Bool": {"aws:PrincipalIsAWSService": "true"}.'
        yield checked.find(
            "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", path, what, remedy
        )


def rcp_sources(checked: PolicyContext) -> Iterator[Finding]:
    """Find RCP guards on a service's customer that deny calls without this key."""
    for statement in checked.statements:
        sources = [line for line in statement.conditions if _caller(line) == "service"]
        sure = any(not _holds_without_key(source) for source in sources)
        if statement.effect == "Allow" or sure:
            continue
        for condition in sources:
            path = checked.places.condition(statement, condition)
            what = f"Some calls by AWS services have no {condition.key}, so they are denied."
            remedy = 'Add "Null": {"aws:SourceAccount": "false"}.'
            yield checked.find("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", path, what, remedy)


DETECTORS: tuple[Detector, ...] = (
    in_types(("resource",), _unrestricted),
    on_conditions(_older_key, _never_sent, _own_resource),
    _paired,
    in_types(("rcp",), rcp_guards, rcp_sources),
)

"""Services of AWS as principals: on whose behalf do they come?

A service that calls for itself calls for one of its customers, and not always for you. It says for
whom in ``aws:SourceArn`` and ``aws:SourceAccount``; a policy that does not ask lets every customer
use the service as a deputy.

Notes
-----
AWS pages: "The confused deputy problem"; "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.lint.context import Spot, on_conditions, spots_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Case, Detector
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement

SENDERS = frozenset(
    (
        *("apigateway", "budgets", "cloudfront", "cloudtrail", "cloudwatch", "cognito-idp"),
        *("config", "delivery.logs", "events", "guardduty", "logging.s3", "logs", "s3"),
        *("secretsmanager", "ses", "sns"),
    )
)
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


def _unrestricted(case: Case) -> Iterator[Finding]:
    """An Allow for a service that does not ask on whose behalf it comes."""
    if case.policy_type != "resource":
        return
    for statement in case.policy.statements:
        if statement.effect != "Allow" or not statement.principal:
            continue
        keys = {condition.key.lower() for condition in statement.conditions}
        if keys & (_SOURCES | _OLDER) or any(key.startswith(_OF_KMS) for key in keys):
            continue
        for index, (kind, value) in enumerate(statement.principal):
            if kind == "Service" and sender(value) in SENDERS:
                yield case.find(
                    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
                    case.places.principal(statement, index),
                    f"{value} may come on behalf of any of its customers.",
                    "Add a condition on aws:SourceAccount or aws:SourceArn.",
                )


def _is_for_services(statement: Statement) -> bool:
    principals = statement.principal or ()
    return bool(principals) and all(kind == "Service" for kind, _ in principals)


def _older_key(spot: Spot) -> Iterator[Finding]:
    """Keys that said on whose behalf before there were proper ones."""
    if spot.key not in _OLDER or not _is_for_services(spot.statement):
        return
    others = {condition.key.lower() for condition in spot.statement.conditions}
    if spot.statement.effect == "Allow" and not others & _SOURCES:
        yield spot.find(
            "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
            f"{spot.condition.key} is an old way to say on whose behalf a service comes.",
            "Use aws:SourceAccount or aws:SourceArn.",
        )


# What a request has only if a person or a role of some account makes it.
_OF_IDENTITIES = ("aws:principalorgid", "aws:principalorgpaths", "aws:username")


def _never_sent(spot: Spot) -> Iterator[Finding]:
    """A service that calls for itself belongs to no organization, and has neither name nor tags."""
    tag = spot.key.startswith("aws:principaltag/") and not _comes_with_certificate(spot.statement)
    if (
        not (tag or spot.key in _OF_IDENTITIES)
        or spot.comparison.if_exists
        or spot.comparison.name == "Null"
    ):
        return
    if _is_for_services(spot.statement):
        yield spot.find(
            "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL",
            f"A service that calls for itself sends no {spot.condition.key}.",
            "Use aws:SourceOrgID, aws:SourceAccount or aws:SourceArn.",
        )


def _comes_with_certificate(statement: Statement) -> bool:
    """Say whether Roles Anywhere calls, which turns the fields of a certificate into tags."""
    return any(sender(value) == "rolesanywhere" for _, value in statement.principal or ())


_OF_THE_RESOURCE = frozenset(("aws:resourceaccount", "aws:resourceorgid", "s3:resourceaccount"))


def _own_resource(spot: Spot) -> Iterator[Finding]:
    """A resource's policy is about that resource, whose account is known."""
    if spot.case.policy_type == "resource" and spot.key in _OF_THE_RESOURCE:
        yield spot.find(
            "IRRELEVANT_CONDITION_KEY_IN_POLICY",
            f"In the policy of a resource, {spot.condition.key} is always the same.",
            "Use it in the policies of those who call.",
        )


# A key that means little without one of the others.
_PAIRS = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
}


def _paired(case: Case) -> Iterator[Finding]:
    """Private addresses are the same in every VPC, and a bucket's ARN holds no account.

    A Deny may say it in another statement.
    """
    denied = {
        condition.key.lower()
        for statement in case.policy.statements
        if statement.effect == "Deny"
        for condition in statement.conditions
    }
    for statement in case.policy.statements:
        own = {condition.key.lower() for condition in statement.conditions}
        beside = own if statement.effect == "Allow" else denied
        for spot in spots_of(case, statement):
            missing = _missing(spot, beside)
            if missing:
                yield spot.find(
                    "MISSING_PAIRED_CONDITION_KEYS",
                    f"{spot.condition.key} alone does not say whose it is.",
                    f"Add {' or '.join(missing)}.",
                )


def _missing(spot: Spot, beside: set[str]) -> tuple[str, ...]:
    if not spot.narrows or spot.comparison.name == "Null":
        return ()
    partners = _PAIRS.get(spot.key, ())
    if spot.key == "aws:sourcearn" and _is_for_services(spot.statement):
        values = filter(is_arn, spot.condition.values)
        if any(Arn.parse(value).service == "s3" for value in values):
            partners = ("aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
    found = beside.intersection(partner.lower() for partner in partners)
    return () if found else partners


DETECTORS: tuple[Detector, ...] = (
    _unrestricted,
    on_conditions(_older_key, _never_sent, _own_resource),
    _paired,
)

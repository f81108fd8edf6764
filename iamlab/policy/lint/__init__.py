"""Findings about a policy, as a reviewer would have them, whether AWS would save it or not.

The findings have the codes and levels of IAM Access Analyzer, so that people learn to read its
findings. Each module has detectors: independent functions that find one kind of problem in a whole
policy.

Notes
-----
AWS page: "IAM Access Analyzer policy check reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import PolicyError
from iamlab.policy.lint import (
    actions,
    arns,
    condition_keys,
    missing_keys,
    operators,
    principals,
    redundancy,
    resource_forms,
    service_principals,
    structure,
    trust,
    values,
)
from iamlab.policy.lint.context import PolicyContext
from iamlab.policy.lint.findings import LEVELS, Finding
from iamlab.policy.record import PolicyRecord, written
from iamlab.policy.rules import rules_for

if TYPE_CHECKING:
    from collections.abc import Mapping


ABOUT_ELEMENTS = (structure, actions, resource_forms, arns, redundancy, principals, trust)
ABOUT_KEYS = (condition_keys, missing_keys, service_principals)
ABOUT_VALUES = (operators, values)
MODULES = (*ABOUT_ELEMENTS, *ABOUT_KEYS, *ABOUT_VALUES)
"""The modules with detectors."""

DETECTORS = tuple(detector for module in MODULES for detector in module.DETECTORS)
"""All detectors."""


def advise(
    policy: PolicyRecord, policy_type: str = "identity", service: str | None = None
) -> tuple[Finding, ...]:
    """Return the findings in the order of the text; at one place, the most severe first.

    Raises
    ------
    RequestError
        There is no such type or service.

    Examples
    --------
    >>> from iamlab import Policy
    >>> wide = Policy.parse({"Version": "2012-10-17", "Statement": [
    ...     {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]})
    >>> [finding.code for finding in advise(wide)]
    ['PASS_ROLE_WITH_STAR_IN_RESOURCE']
    """
    rules_for(policy_type, service)  # rejects an unknown type or service
    if not policy.text:
        policy = written(policy.statements, policy)  # it was built from statements
    checked = PolicyContext.of(policy, policy_type, service)
    found = [finding for detector in DETECTORS for finding in detector(checked)]
    return tuple(sorted(dict.fromkeys(found), key=_reading_order))


def review(
    document: str | Mapping[str, object], policy_type: str = "identity", service: str | None = None
) -> tuple[Finding, ...]:
    """Return the findings about a text that may not be a valid policy.

    Examples
    --------
    >>> [finding.code for finding in review('{"Statement": {"Effect": "allow", "Action": "*"}}')]
    ['INVALID_EFFECT']
    """
    try:
        policy = PolicyRecord.parse(document)
    except PolicyError as error:
        return tuple(
            Finding(found.code, found.path, found.line, found.column, found.what, found.remedy)
            for found in error.problems
        )
    return advise(policy, policy_type, service)


def _reading_order(finding: Finding) -> tuple[int, int, int, str]:
    level = LEVELS.index(finding.level)
    return finding.line or 0, finding.column or 0, level, finding.code

"""Findings about the values of Principal and NotPrincipal.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal"; "IAM
Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import ACCOUNT
from iamlab.policy.lint.context import in_types
from iamlab.policy.lint.resource_forms import is_wild
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Better, Finding
    from iamlab.policy.statement import Statement

_PARTITION = r"arn:aws(?:-[a-z]+)*"
_GOOD_ARN = re.compile(
    rf"{_PARTITION}:(?:iam::(?:\d{{12}}:(?:root|user/.+|role/.+)|cloudfront:user/.+)"
    r"|sts::\d{12}:(?:assumed-role/[^/]+/[^/]+|federated-user/.+))"
)
_GROUP = re.compile(rf"{_PARTITION}:iam::\d{{12}}:group/.*")
PROVIDER = re.compile(rf"{_PARTITION}:iam::\d{{12}}:(?P<kind>saml|oidc)-provider/.+")
_ID = re.compile(r"(?P<kind>AROA|AIDA)[A-Z0-9]{12,124}")
_CANONICAL = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
# The domains of AWS's partitions, and two more that some services have.
SERVICE = re.compile(
    r"[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|amazon\.com|aws\.internal"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|aws)",
    re.IGNORECASE,
)
_SERVICE_NAME = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)(?:\.(?:amazonaws|aws|com))*")
_LONGEST_SHOWN = 200


class PrincipalFault(NamedTuple):
    """A fault of a principal, and the right pair of type and value if it is clear."""

    code: str
    what: str
    remedy: str
    right: tuple[str, str] | None = None


def malformed(checked: PolicyContext) -> Iterator[Finding]:
    """Find principals with an unknown format or a wildcard."""
    for statement, index, pair in all_principals(checked):
        fault = None if has_variable(pair[1]) else _fault(checked, *pair)
        if fault is not None:
            path = checked.places.principal(statement, index)
            better = instead(checked, statement, index, fault.right)
            yield checked.find(fault.code, path, fault.what, fault.remedy, better)


def all_principals(checked: PolicyContext) -> Iterator[tuple[Statement, int, tuple[str, str]]]:
    """Return the principals of all statements."""
    for statement in checked.statements:
        for index, pair in enumerate(statement.principals or ()):
            yield statement, index, pair


def instead(
    checked: PolicyContext, statement: Statement, index: int, pair: tuple[str, str] | None
) -> Better | None:
    """Write the policy with one principal replaced."""
    if pair is None:
        return None

    listed = list(statement.principals or ())
    listed[index] = pair
    name = "principal" if statement.principal is not None else "not_principal"
    return checked.change(statement, **{name: tuple(dict.fromkeys(listed))})


def _fault(checked: PolicyContext, kind: str, text: str) -> PrincipalFault | None:
    if kind == "*" or (kind == "AWS" and text == "*"):
        return None
    shown = text[:_LONGEST_SHOWN]
    if not kind:
        right = _right_pair(text)
        remedy = 'Write {"AWS": ...}, {"Service": ...} or "*".'
        return PrincipalFault("INVALID_PRINCIPAL_FORMAT", f"{shown!r} has no type.", remedy, right)
    if is_wild(text) and not (checked.policy_type == "trust" and text == "*"):
        what = f"{shown!r} has a wildcard. A principal can't have wildcards."
        remedy = 'Write each principal, or write "*" and a condition on aws:PrincipalArn.'
        return PrincipalFault("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", what, remedy)
    if kind == "AWS":
        return _aws(text)
    if kind == "Service":
        return None if text == "*" else _service(text)
    return _other_kinds(checked, kind, text)


def _aws(text: str) -> PrincipalFault | None:
    if ACCOUNT.fullmatch(text) or _GOOD_ARN.fullmatch(text):
        return None
    shown = text[:_LONGEST_SHOWN]
    gone = _ID.fullmatch(text)
    if gone:
        role = gone["kind"] == "AROA"
        word = "role" if role else "user"
        what = f"{shown} is the ID of a {word}. The {word} may have been deleted."
        remedy = f"Write the {word}'s ARN."
        code = "INVALID_ROLE_REFERENCE" if role else "INVALID_USER_REFERENCE"
        return PrincipalFault(code, what, remedy)
    if _GROUP.fullmatch(text):
        what = f"{shown} is a group. A group isn't a principal."
        return PrincipalFault("UNSUPPORTED_PRINCIPAL", what, "Write a role, or the group's users.")
    right = _right_pair(text)
    remedy = f'Did you mean {{"{right[0]}": "{right[1][:_LONGEST_SHOWN]}"}}?' if right else ""
    return PrincipalFault(
        "INVALID_PRINCIPAL_FORMAT",
        f"{shown!r} isn't an AWS principal.",
        remedy or "Write an account ID, or the ARN of a root user, user, role or session.",
        right,
    )


def _right_pair(text: str) -> tuple[str, str] | None:
    """Find the type and format that were meant."""
    digits = text.replace("-", "")
    if ACCOUNT.fullmatch(digits):
        return "AWS", digits
    if SERVICE.fullmatch(text):
        return "Service", text
    if PROVIDER.fullmatch(text):
        return "Federated", text
    return ("AWS", text) if _GOOD_ARN.fullmatch(text) else None


def _service(text: str) -> PrincipalFault | None:
    if SERVICE.fullmatch(text):
        return None
    what = f"{text[:_LONGEST_SHOWN]!r} isn't a service principal."
    name = _SERVICE_NAME.fullmatch(text)
    right = ("Service", f"{name['name']}.amazonaws.com") if name else None
    remedy = (
        f"Did you mean {right[1][:_LONGEST_SHOWN]}?" if right else "Write SERVICE.amazonaws.com."
    )
    return PrincipalFault("INVALID_SERVICE_PRINCIPAL_FORMAT", what, remedy, right)


def _other_kinds(checked: PolicyContext, kind: str, text: str) -> PrincipalFault | None:
    shown = text[:_LONGEST_SHOWN]
    kinds = checked.rules.principal_types
    if kind == "Federated" and checked.policy_type != "trust":
        what = f"{shown} isn't valid in {checked.type_name}."
        remedy = "Write the role that the provider's users assume."
        return PrincipalFault("FEDERATED_PRINCIPAL_NOT_SUPPORTED", what, remedy)
    if kind == "CanonicalUser" and kinds is not None and kind not in kinds:
        what = f"{checked.type_name.capitalize()} can't name a CanonicalUser; only S3 has them."
        return PrincipalFault("UNSUPPORTED_PRINCIPAL", what, "Write the account or a role of it.")
    if kind == "CanonicalUser" and not _CANONICAL.fullmatch(text):
        what = f"{shown!r} isn't a canonical user ID."
        return PrincipalFault("INVALID_PRINCIPAL_FORMAT", what, "Write 64 hexadecimal digits.")
    return None


def everybody_else(checked: PolicyContext) -> Iterator[Finding]:
    """Find Allows with NotPrincipal: they let in everybody except those listed."""
    for statement in checked.statements:
        if statement.effect == "Allow" and statement.not_principal is not None:
            path = checked.places.element(statement, "NotPrincipal")
            what = "It lets in everybody except those listed, even people without an account."
            remedy = "Write Principal with the principals that you mean."
            yield checked.find("ALLOW_WITH_NOT_PRINCIPAL", path, what, remedy)


DETECTORS: tuple[Detector, ...] = (
    in_types(("resource", "trust", "endpoint"), malformed),
    in_types(("resource", "endpoint"), everybody_else),
)

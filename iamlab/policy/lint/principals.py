"""Findings about the values of Principal and NotPrincipal.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal"; "IAM
Access Analyzer policy check reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.lint.context import named, rules_of
from iamlab.policy.lint.resource_forms import is_wild
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.document import Policy
    from iamlab.policy.lint.context import Case, Detector
    from iamlab.policy.lint.findings import Better, Finding
    from iamlab.policy.statement import Principals, Statement

_ACCOUNT = re.compile(r"\d{12}")
_PARTITION = r"arn:aws(?:-[a-z]+)*"
_GOOD_ARN = re.compile(
    rf"{_PARTITION}:(?:iam::(?:\d{{12}}:(?:root|user/.+|role/.+)|cloudfront:user/.+)"
    r"|sts::\d{12}:(?:assumed-role/[^/]+/[^/]+|federated-user/.+))"
)
_GROUP = re.compile(rf"{_PARTITION}:iam::\d{{12}}:group/.*")
PROVIDER = re.compile(rf"{_PARTITION}:iam::\d{{12}}:(?P<kind>saml|oidc)-provider/.+")
_ID = re.compile(r"(?P<kind>AROA|AIDA)[A-Z0-9]{12,124}")
_CANONICAL = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
# The domains of AWS's partitions, and two that some services have beside.
SERVICE = re.compile(
    r"[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|amazon\.com|aws\.internal"
    r"|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|aws)",
    re.IGNORECASE,
)
_SERVICE_NAME = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]*)(?:\.(?:amazonaws|aws|com))*")
_LONGEST_SHOWN = 200
_WITH_PRINCIPALS = ("resource", "trust", "endpoint")
_WITHOUT = ("identity", "boundary", "session")


class Defect(NamedTuple):
    """What is wrong with a principal, and the right pair of type and value where that is plain."""

    code: str
    what: str
    mend: str
    right: tuple[str, str] | None = None


def unsupported(case: Case) -> Iterator[Finding]:
    """A policy of an identity names nobody: it is about whom it hangs on."""
    if case.policy_type not in _WITHOUT:
        return
    for statement in case.policy.statements:
        element = element_of(statement)
        if element is not None:
            path = case.places.element(statement, element)
            what = f"{named(case).capitalize()} has no {element}."
            mend = "Leave it out: the policy is about the identity that it is attached to."
            better = bare(case, statement)
            yield case.find("UNSUPPORTED_PRINCIPAL", path, what, mend, better)


def element_of(statement: Statement) -> str | None:
    """Say which of the two elements a statement has."""
    if statement.principal is not None:
        return "Principal"
    return "NotPrincipal" if statement.not_principal is not None else None


def bare(case: Case, statement: Statement) -> Better | None:
    """Write the policy without a statement's Principal.

    ``None`` of NotPrincipal: a Deny without it would hit those whom it was to spare.
    """
    return None if statement.principal is None else case.change(statement, principal=None)


def malformed(case: Case) -> Iterator[Finding]:
    """A principal is written in one of few forms, and has no wildcard in it."""
    if case.policy_type not in _WITH_PRINCIPALS:
        return
    for statement, index, pair in all_principals(case):
        defect = None if has_variable(pair[1]) else _defect(case, *pair)
        if defect is not None:
            path = case.places.principal(statement, index)
            better = instead(case, statement, index, defect.right)
            yield case.find(defect.code, path, defect.what, defect.mend, better)


def all_principals(case: Case) -> Iterator[tuple[Statement, int, tuple[str, str]]]:
    """Walk through the principals of all statements."""
    for statement in case.policy.statements:
        listed = statement.principal if statement.principal is not None else statement.not_principal
        for index, pair in enumerate(listed or ()):
            yield statement, index, pair


def instead(
    case: Case, statement: Statement, index: int, pair: tuple[str, str] | None
) -> Better | None:
    """Write the policy with another principal in the place of one."""
    if pair is None:
        return None

    def better() -> Policy:
        field = "principal" if statement.principal is not None else "not_principal"
        listed: Principals = getattr(statement, field)
        changed = (pair if place == index else one for place, one in enumerate(listed))
        return case.change(statement, **{field: tuple(dict.fromkeys(changed))})()

    return better


def _defect(case: Case, kind: str, text: str) -> Defect | None:
    if kind == "*" or (kind == "AWS" and text == "*"):
        return None
    shown = text[:_LONGEST_SHOWN]
    if not kind:
        right = _right_pair(text)
        mend = 'Write {"AWS": ...}, {"Service": ...} or "*".'
        return Defect("INVALID_PRINCIPAL_FORMAT", f"{shown!r} has no type.", mend, right)
    if is_wild(text) and not (case.policy_type == "trust" and text == "*"):
        what = f"{shown!r} has a wildcard, which a principal may not have."
        mend = 'Name each, or write "*" and a condition on aws:PrincipalArn.'
        return Defect("UNSUPPORTED_WILDCARD_IN_PRINCIPAL", what, mend)
    if kind == "AWS":
        return _aws(text)
    if kind == "Service":
        return None if text == "*" else _service(text)
    return _other_kinds(case, kind, text)


def _aws(text: str) -> Defect | None:
    if _ACCOUNT.fullmatch(text) or _GOOD_ARN.fullmatch(text):
        return None
    shown = text[:_LONGEST_SHOWN]
    gone = _ID.fullmatch(text)
    if gone:
        role = gone["kind"] == "AROA"
        word = "role" if role else "user"
        what = f"{shown} is the id of a {word}, perhaps of one that is gone."
        mend = f"Write the {word}'s ARN."
        code = "INVALID_ROLE_REFERENCE" if role else "INVALID_USER_REFERENCE"
        return Defect(code, what, mend)
    if _GROUP.fullmatch(text):
        what = f"{shown} is a group, which is no principal."
        return Defect("UNSUPPORTED_PRINCIPAL", what, "Name its users, or better a role.")
    right = _right_pair(text)
    mend = f'Did you mean {{"{right[0]}": "{right[1][:_LONGEST_SHOWN]}"}}?' if right else ""
    return Defect(
        "INVALID_PRINCIPAL_FORMAT",
        f"{shown!r} is no AWS principal.",
        mend or "Write 12 digits, or the ARN of a root, user, role or session.",
        right,
    )


def _right_pair(text: str) -> tuple[str, str] | None:
    """Find the type that was meant, and the form."""
    digits = text.replace("-", "")
    if _ACCOUNT.fullmatch(digits):
        return "AWS", digits
    if SERVICE.fullmatch(text):
        return "Service", text
    if PROVIDER.fullmatch(text):
        return "Federated", text
    return ("AWS", text) if _GOOD_ARN.fullmatch(text) else None


def _service(text: str) -> Defect | None:
    if SERVICE.fullmatch(text):
        return None
    what = f"{text[:_LONGEST_SHOWN]!r} is no service principal."
    name = _SERVICE_NAME.fullmatch(text)
    right = ("Service", f"{name['name']}.amazonaws.com") if name else None
    mend = f"Did you mean {right[1][:_LONGEST_SHOWN]}?" if right else "They end in .amazonaws.com."
    return Defect("INVALID_SERVICE_PRINCIPAL_FORMAT", what, mend, right)


def _other_kinds(case: Case, kind: str, text: str) -> Defect | None:
    shown = text[:_LONGEST_SHOWN]
    kinds = rules_of(case).principal_types
    if kind == "Federated" and case.policy_type != "trust":
        what = f"{shown} cannot be named in {named(case)}."
        mend = "Name the role whose sessions the provider's users have."
        return Defect("FEDERATED_PRINCIPAL_NOT_SUPPORTED", what, mend)
    if kind == "CanonicalUser" and kinds is not None and kind not in kinds:
        what = f"{named(case).capitalize()} names no CanonicalUser; only S3 knows them."
        return Defect("UNSUPPORTED_PRINCIPAL", what, "Name the account or a role of it.")
    if kind == "CanonicalUser" and not _CANONICAL.fullmatch(text):
        what = f"{shown!r} is no canonical user id."
        return Defect("INVALID_PRINCIPAL_FORMAT", what, "They have 64 hexadecimal digits.")
    return None


def everybody_else(case: Case) -> Iterator[Finding]:
    """Allow with NotPrincipal lets in everybody but those listed, strangers included."""
    if case.policy_type not in ("resource", "endpoint"):
        return
    for statement in case.policy.statements:
        if statement.effect == "Allow" and statement.not_principal is not None:
            path = case.places.element(statement, "NotPrincipal")
            what = "Everybody but those listed is let in, people without an account included."
            mend = "Name in Principal whom you mean."
            yield case.find("ALLOW_WITH_NOT_PRINCIPAL", path, what, mend)


DETECTORS: tuple[Detector, ...] = (unsupported, malformed, everybody_else)

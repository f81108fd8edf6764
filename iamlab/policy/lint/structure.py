"""Findings about the frame: the version, Sids, elements that are missing, and empty lists.

Findings about the length of a policy.

IAM does not count white space between the values; most other services do.

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "Grammar of the IAM JSON policy language";
"IAM JSON policy elements: Sid".
AWS pages: "IAM and AWS STS quotas"; "Quotas and service limits for AWS Organizations"; for resource
policies the quotas of each service.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from iamlab.policy.document import written
from iamlab.policy.json_text import child
from iamlab.policy.lint.context import named, rules_of
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.document import Policy
    from iamlab.policy.lint.context import Case, Detector
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement


NEWEST: Literal["2012-10-17"] = "2012-10-17"


def version(case: Case) -> Iterator[Finding]:
    """Without Version the language is that of 2008, where ``${...}`` is plain text."""
    policy = case.policy
    if policy.version == NEWEST or "Version" in _written(policy):
        return
    what = "The policy has no Version, so the language is that of 2008-10-17."
    if has_variable(json.dumps(_written(policy))):  # the text may have it escaped
        mend = f'Add "Version": "{NEWEST}"; then each "${{" begins a policy variable.'
        yield case.find("MISSING_VERSION", "$", what, mend)
    else:
        newest = partial(written, policy.statements, replace(policy, version=NEWEST))
        yield case.find("MISSING_VERSION", "$", what, f'Add "Version": "{NEWEST}".', newest)


def _written(policy: Policy) -> dict[str, Any]:
    """Give the document as it was written; a policy made of statements alone is written first."""
    found: dict[str, Any] = json.loads(policy.text) if policy.text else {"Version": ""}
    return found


def sids(case: Case) -> Iterator[Finding]:
    """A Sid is not empty, has letters and digits only, and stands once."""
    rules = rules_of(case)
    form = re.compile(rules.sid) if rules.sid is not None else None
    used = {statement.sid for statement in case.policy.statements}
    first: dict[str, Statement] = {}
    for statement in case.policy.statements:
        sid = statement.sid
        if sid is None:
            continue
        if not sid:
            yield _empty_sid(case, statement)
            continue
        if form is not None and not form.fullmatch(sid):
            yield _unsupported_sid(case, statement, form, used)
        if first.setdefault(sid, statement) is not statement:
            yield _repeated_sid(case, statement, first[sid], used)


def _empty_sid(case: Case, statement: Statement) -> Finding:
    path = case.places.element(statement, "Sid")
    what = "The Sid is empty."
    better = case.change(statement, sid=None)
    return case.find("EMPTY_SID_VALUE", path, what, "Leave it out, or give a name.", better)


def _unsupported_sid(
    case: Case, statement: Statement, form: re.Pattern[str], used: set[str | None]
) -> Finding:
    sid = statement.sid or ""
    odd = next((sign for sign in sid if not form.fullmatch(sign)), None)
    shown = "more than 100 characters" if odd is None else repr(odd)
    better = None
    left = "".join(filter(form.fullmatch, sid))[:100]
    if left and left not in used:
        used.add(left)
        better = case.change(statement, sid=left)
    signs = "letters, digits, - and _" if form.fullmatch("_") else "letters and digits"
    return case.find(
        "UNSUPPORTED_SID",
        case.places.element(statement, "Sid"),
        f"The Sid {sid[:60]!r} has {shown} in it.",
        f"In {named(case)} write {signs} only.",
        better,
    )


def _repeated_sid(
    case: Case, statement: Statement, first: Statement, used: set[str | None]
) -> Finding:
    code = "UNIQUE_SIDS_REQUIRED" if rules_of(case).unique_sids else "UNIQUE_SIDS_RECOMMENDED"
    # Two statements before it cannot have taken the numbers up to its own.
    free = (f"{statement.sid}{number}" for number in range(statement.number, 10**9))
    name = next(name for name in free if name not in used)
    used.add(name)
    return case.find(
        code,
        case.places.element(statement, "Sid"),
        f"The Sid {(statement.sid or '')[:60]!r} is also that of statement #{first.number}.",
        "Give each statement a Sid of its own.",
        case.change(statement, sid=name),
    )


def missing_elements(case: Case) -> Iterator[Finding]:
    """Most statements need a Resource; those of a resource-based policy need a Principal."""
    rules = rules_of(case)
    needs_resource = rules.resource == "required" or case.service == "kms"
    for statement in case.policy.statements:
        path = case.places.statement
        if needs_resource and statement.resource is None and statement.not_resource is None:
            what = f"The statement has no Resource, which {named(case)} needs."
            mend = 'Add the ARNs that it is about, or "Resource": "*".'
            yield case.find("MISSING_RESOURCE", path(statement), what, mend)
        lacks = statement.principal is None and statement.not_principal is None
        if rules.principal == "required" and lacks:
            yield _missing_principal(case, statement)


def _missing_principal(case: Case, statement: Statement) -> Finding:
    everybody = rules_of(case).principal_is_everybody
    better = None
    if everybody:
        better = case.change(statement, principal=(("*", "*"),))
    return case.find(
        "MISSING_PRINCIPAL",
        case.places.statement(statement),
        f"The statement has no Principal, which {named(case)} needs.",
        'Add "Principal": "*".' if everybody else "Say whom it means.",
        better,
    )


def empty_lists(case: Case) -> Iterator[Finding]:
    """A statement with an empty Action, Resource or Principal has no effect."""
    for statement in case.policy.statements:
        for element, values in (("Action", statement.action), ("Resource", statement.resource)):
            if values == ():
                path = case.places.element(statement, element)
                yield _empty(case, statement, f"EMPTY_ARRAY_{element.upper()}", path, element)
    if any(statement.principal == () for statement in case.policy.statements):
        yield from _empty_principals(case)


def _empty_principals(case: Case) -> Iterator[Finding]:
    raw = _written(case.policy)["Statement"]
    for statement in case.policy.statements:
        if statement.principal != ():
            continue
        block = (raw[statement.number - 1] if isinstance(raw, list) else raw)["Principal"]
        path = case.places.element(statement, "Principal")
        if not block:
            yield _empty(case, statement, "EMPTY_OBJECT_PRINCIPAL", path, "Principal")
        for kind in block:
            here = child(path, kind)
            yield _empty(case, statement, "EMPTY_ARRAY_PRINCIPAL", here, "Principal")


def _empty(case: Case, statement: Statement, code: str, path: str, element: str) -> Finding:
    what = f"{element} is empty, so the statement has no effect."
    better = case.without(statement)
    return case.find(code, path, what, "Fill it, or take the statement out.", better)


_KIND = {
    "trust": "ROLE_TRUST_POLICY",
    "scp": "SCP",
    "rcp": "RCP",
    "resource": "RESOURCE_POLICY",
    "endpoint": "RESOURCE_POLICY",
}


def size(case: Case) -> Iterator[Finding]:
    """A policy that is longer than AWS takes cannot be saved."""
    rules, text = rules_of(case), case.policy.text
    if rules.size is None or _length(text, rules.size.counting) <= rules.size.limit:
        return
    document = case.policy.to_dict()
    dense = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    limit, counting = rules.size.limit, rules.size.counting
    needed = _length(dense, counting)
    unit = "bytes" if counting == "bytes" else "characters"
    code = f"POLICY_SIZE_EXCEEDS_{_KIND.get(case.policy_type, 'IDENTITY_POLICY')}_QUOTA"
    kind = "a managed policy of your own" if case.policy_type == "identity" else named(case)
    most = f"{kind} may have {limit:,}."
    if needed > limit:
        what = f"The policy has {needed:,} {unit}, white space not counted; {most}"
        yield case.find(code, "$", what, "Make it shorter, or make two of it.")
    elif counting != "compact":
        what = f"The policy has {_length(text, counting):,} {unit}; {most}"
        better = partial(replace, case.policy, text=dense)
        yield case.find(code, "$", what, f"Without white space it has {needed:,}.", better)


def _length(text: str, counting: str) -> int:
    return len(text.encode()) if counting == "bytes" else len(text)


DETECTORS: tuple[Detector, ...] = (
    version,
    sids,
    missing_elements,
    empty_lists,
    size,
)

"""Findings about the structure: version, Sids, missing and forbidden elements, size.

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "Grammar of the IAM JSON policy language";
"IAM JSON policy elements: Sid"; "IAM and AWS STS quotas"; "Quotas and service limits for AWS
Organizations"; for resource policies, the quotas of each service.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from iamlab.policy.building import statements_as_written
from iamlab.policy.catalog import vocabulary
from iamlab.policy.json_text import child
from iamlab.policy.lint.findings import ELEMENT_TEXTS
from iamlab.policy.record import written
from iamlab.policy.validate.document_defects import repeated_sids
from iamlab.policy.validate.element_defects import EVERYBODY, element_faults
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Better, Finding
    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Statement


NEWEST: Literal["2012-10-17"] = "2012-10-17"


def version(checked: PolicyContext) -> Iterator[Finding]:
    """Find a missing Version: AWS then assumes 2008-10-17, in which ``${...}`` is plain text."""
    policy = checked.policy
    if policy.version == NEWEST or "Version" in _written(policy):
        return
    what = "The policy has no Version, so its version is 2008-10-17."
    if has_variable(json.dumps(_written(policy))):  # it may be escaped in the text
        remedy = f'Add "Version": "{NEWEST}". Then each "${{" begins a policy variable.'
        yield checked.find("MISSING_VERSION", "$", what, remedy)
    else:
        newest = partial(written, policy.statements, replace(policy, version=NEWEST))
        yield checked.find("MISSING_VERSION", "$", what, f'Add "Version": "{NEWEST}".', newest)


def _written(policy: PolicyRecord) -> dict[str, Any]:
    """Return the document as it was written; a policy without text counts as having a Version."""
    found: dict[str, Any] = json.loads(policy.text) if policy.text else {"Version": ""}
    return found


def sids(checked: PolicyContext) -> Iterator[Finding]:
    """Find Sids that are empty, have invalid characters, or are duplicated."""
    rules = checked.rules
    form = re.compile(rules.sid) if rules.sid is not None else None
    used = {statement.sid for statement in checked.statements}
    repeated = {again.number: first for again, first in repeated_sids(checked.statements)}
    for statement in checked.statements:
        if statement.sid == "":
            yield _empty_sid(checked, statement)
        if statement.sid and form is not None and not form.fullmatch(statement.sid):
            yield _unsupported_sid(checked, statement, form, used)
        if statement.number in repeated:
            yield _repeated_sid(checked, statement, repeated[statement.number], used)


def _empty_sid(checked: PolicyContext, statement: Statement) -> Finding:
    path = checked.places.element(statement, "Sid")
    what = "The Sid is empty."
    better = checked.change(statement, sid=None)
    return checked.find("EMPTY_SID_VALUE", path, what, "Remove it, or write a name.", better)


def _unsupported_sid(
    checked: PolicyContext, statement: Statement, form: re.Pattern[str], used: set[str | None]
) -> Finding:
    sid = statement.sid or ""
    odd = next((sign for sign in sid if not form.fullmatch(sign)), None)
    shown = "more than 100 characters" if odd is None else repr(odd)
    better = None
    left = "".join(filter(form.fullmatch, sid))[:100]
    if left and left not in used:
        used.add(left)
        better = checked.change(statement, sid=left)
    signs = "letters, digits, - and _" if form.fullmatch("_") else "letters and digits"
    return checked.find(
        "UNSUPPORTED_SID",
        checked.places.element(statement, "Sid"),
        f"The Sid {sid[:60]!r} contains {shown}.",
        f"In {checked.type_name}, write only {signs}.",
        better,
    )


def _repeated_sid(
    checked: PolicyContext, statement: Statement, first: Statement, used: set[str | None]
) -> Finding:
    code = "UNIQUE_SIDS_REQUIRED" if checked.rules.unique_sids else "UNIQUE_SIDS_RECOMMENDED"
    # Fewer statements come before it than there are numbers.
    free = (f"{statement.sid}{number}" for number in range(statement.number, 10**9))
    name = next(name for name in free if name not in used)
    used.add(name)
    return checked.find(
        code,
        checked.places.element(statement, "Sid"),
        f"Statement #{first.number} also has the Sid {(statement.sid or '')[:60]!r}.",
        "Write a different Sid for each statement.",
        checked.change(statement, sid=name),
    )


def elements(checked: PolicyContext) -> Iterator[Finding]:
    """Find missing and forbidden elements for this policy type."""
    # A key policy applies to its key, but KMS still requires Resource.
    rules = (
        replace(checked.rules, resource="required") if checked.service == "kms" else checked.rules
    )
    names = {"type": checked.type_name, "Type": checked.type_name.capitalize()}
    for statement in checked.statements:
        for kind, element in element_faults(statement, rules):
            by_type = ELEMENT_TEXTS.get(kind, {})
            texts = by_type.get(checked.policy_type, by_type.get("any"))
            path = checked.places.element(statement, element)
            if kind in ("no_principal", "no_resource"):
                path = checked.places.statement(statement)
                if getattr(statement, f"{element.lower()}s") is not None:
                    continue  # it has the element, although it is empty
            if texts is not None:
                what = texts["what"].format(element=element, **names)
                better = _better(checked, statement, kind)
                yield checked.find(texts["code"], path, what, texts["remedy"], better)


def _better(checked: PolicyContext, statement: Statement, kind: str) -> Better | None:
    """Write the policy with an element fixed, if it is clear how.

    NotPrincipal stays: without it, a Deny would also apply to the exempted principals.
    """
    if kind == "principal_forbidden" and statement.principal is not None:
        return checked.change(statement, principal=None)
    if kind == "principal_is_not_everybody" and statement.principal == (("AWS", "*"),):
        return checked.change(statement, principal=EVERYBODY)
    if kind == "no_principal" and checked.policy_type == "rcp":
        return checked.change(statement, principal=EVERYBODY)
    if kind == "resource_forbidden":
        return checked.change(statement, resource=None, not_resource=None)
    return None


def empty_lists(checked: PolicyContext) -> Iterator[Finding]:
    """Find statements without an effect: Action, Resource or Principal is empty."""
    for statement in checked.statements:
        for element, values in (("Action", statement.action), ("Resource", statement.resource)):
            if values == ():
                path = checked.places.element(statement, element)
                yield _empty(checked, statement, f"EMPTY_ARRAY_{element.upper()}", path, element)
    if any(statement.principal == () for statement in checked.statements):
        yield from _empty_principals(checked)


def _empty_principals(checked: PolicyContext) -> Iterator[Finding]:
    raw = statements_as_written(checked.policy)
    for statement in checked.statements:
        if statement.principal != ():
            continue
        block = raw[statement.number - 1]["Principal"]
        path = checked.places.element(statement, "Principal")
        if not block:
            yield _empty(checked, statement, "EMPTY_OBJECT_PRINCIPAL", path, "Principal")
        for kind in block:
            here = child(path, kind)
            yield _empty(checked, statement, "EMPTY_ARRAY_PRINCIPAL", here, "Principal")


def _empty(
    checked: PolicyContext, statement: Statement, code: str, path: str, element: str
) -> Finding:
    what = f"{element} is empty, so the statement has no effect."
    better = checked.without(statement)
    return checked.find(code, path, what, "Write values, or remove the statement.", better)


_QUOTAS: dict[str, str] = vocabulary("quotas")


def size(checked: PolicyContext) -> Iterator[Finding]:
    """Find a policy that is over AWS's size limit."""
    rules, text = checked.rules, checked.policy.text
    if rules.size is None or _length(text, rules.size.counting) <= rules.size.limit:
        return
    document = checked.policy.to_dict()
    dense = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    limit, counting = rules.size.limit, rules.size.counting
    needed = _length(dense, counting)
    unit = "bytes" if counting == "bytes" else "characters"
    code = f"POLICY_SIZE_EXCEEDS_{_QUOTAS[checked.policy_type]}_QUOTA"
    kind = "a customer managed policy" if checked.policy_type == "identity" else checked.type_name
    most = f"The limit for {kind} is {limit:,}."
    if needed > limit:
        what = f"The policy has {needed:,} {unit} without white space. {most}"
        yield checked.find(code, "$", what, "Shorten it, or divide it into two.")
    elif counting != "compact":
        what = f"The policy has {_length(text, counting):,} {unit}. {most}"
        better = partial(replace, checked.policy, text=dense)
        remedy = f"Remove white space. Without it, the policy has {needed:,}."
        yield checked.find(code, "$", what, remedy, better)


def _length(text: str, counting: str) -> int:
    return len(text.encode()) if counting == "bytes" else len(text)


DETECTORS: tuple[Detector, ...] = (version, sids, elements, empty_lists, size)

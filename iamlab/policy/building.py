"""Policies written from Python: a document of one statement, and two documents put together.

What comes out is what a person would write: the newest version, AWS's order of elements, no
brackets around a single value.

Notes
-----
AWS pages: "Grammar of the IAM JSON policy language"; "IAM JSON policy elements: Condition
operators"; "IAM JSON policy elements: Sid"; "IAM JSON policy elements: Version".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.policy.arn import WEB_IDENTITY_PROVIDERS
from iamlab.policy.condition_keys import condition_key, is_multivalued
from iamlab.policy.record import PolicyRecord
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from iamlab.policy.record import Document
    from iamlab.policy.statement import Effect, Statement

NEWEST = "2012-10-17"

Principal = str | Iterable[str] | Mapping[str, str | Iterable[str]]

# The operator that a key's type asks for, where a condition names none. What a date is to be
# compared for, before or after, nobody can guess.
OPERATOR_FOR = {
    "String": "StringEquals",
    "ARN": "ArnLike",
    "Bool": "Bool",
    "Numeric": "NumericEquals",
    "IPAddress": "IpAddress",
    "Binary": "BinaryEquals",
}


def document_of(
    effect: Effect,
    actions: str | Iterable[str],
    resources: str | Iterable[str] | None = "*",
    *,
    when: Mapping[str, object] | None = None,
    principal: Principal | None = None,
    sid: str | None = None,
) -> str:
    """Write a document of one statement; see ``Policy.allow``.

    Parameters
    ----------
    actions, resources
        One, or several. Without resources (``None``) it can be a role trust policy.
    when
        Conditions, each either as AWS writes them, ``{"Bool": {"aws:SecureTransport": True}}``, or
        short, ``{"aws:SecureTransport": True}``: the operator then follows from the key's type.
    principal
        For resource policies: ``"*"``, an ARN, an account, a service, several of them, or AWS's
        own form ``{"AWS": ...}``.
    sid
        The statement's identifier.

    Raises
    ------
    RequestError
        A value is of the wrong type, or a condition needs its operator spelt out.

    Examples
    --------
    >>> sky = {"aws:PrincipalTag/team": "sky"}
    >>> print(document_of("Allow", "s3:GetObject", "arn:aws:s3:::maps/*", when=sky))
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": "s3:GetObject",
          "Resource": "arn:aws:s3:::maps/*",
          "Condition": {
            "StringEquals": {
              "aws:PrincipalTag/team": "sky"
            }
          }
        }
      ]
    }
    """
    elements = {
        "Sid": _sid(sid),
        "Effect": effect,
        "Principal": None if principal is None else _principal(principal),
        "Action": _texts("actions", actions),
        "Resource": None if resources is None else _texts("resources", resources),
        "Condition": _condition({} if when is None else when) or None,
    }
    statement = {element: value for element, value in elements.items() if value is not None}
    return _text({"Version": NEWEST, "Statement": [statement]})


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _sid(given: object) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise RequestError(f"sid is text, not {given!r}.")


def _texts(what: str, given: object) -> str | list[str]:
    """Take one text or several; a single one stands without brackets."""
    many = [given] if isinstance(given, str) else given
    if not isinstance(many, Iterable) or isinstance(many, Mapping):
        raise RequestError(f"{what} is text or a list of text, not {given!r}.")
    texts = list(many)
    wrong = [one for one in texts if not isinstance(one, str)]
    if wrong:
        raise RequestError(f"{what} holds text, not {wrong[0]!r}.")
    if not texts:
        raise RequestError(f"{what} needs at least one: an empty list matches nothing.")
    return texts[0] if len(texts) == 1 else texts


def _principal(given: object) -> str | dict[str, str | list[str]]:
    """Put principals under their types, unless they stand there already."""
    if given == "*":
        return "*"
    if isinstance(given, Mapping):
        return {kind: _texts(f"principal {kind}", values) for kind, values in given.items()}
    names = _texts("principal", given)
    kinds: dict[str, list[str]] = {}
    for one in [names] if isinstance(names, str) else names:
        kinds.setdefault(_principal_type(one), []).append(one)
    return {kind: _texts("principal", values) for kind, values in kinds.items()}


def _principal_type(name: str) -> str:
    if ":saml-provider/" in name or ":oidc-provider/" in name or name in WEB_IDENTITY_PROVIDERS:
        return "Federated"
    return "Service" if name.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"


def _condition(when: object) -> dict[str, dict[str, str | list[str]]]:
    """Write a Condition block: an item is an operator with its keys, or one key with its values."""
    if not isinstance(when, Mapping):
        raise RequestError(f'when is a dict such as {{"aws:SourceIp": "..."}}, not {when!r}.')
    block: dict[str, dict[str, str | list[str]]] = {}
    for one, given in when.items():
        tests = given if isinstance(given, Mapping) else {one: given}
        for key, raw in tests.items():
            values = _values(key, raw)
            operator = one if isinstance(given, Mapping) else _operator(key, values)
            if not isinstance(operator, str) or not isinstance(key, str):
                raise RequestError(
                    f"Operators and condition keys are text, not {operator!r}, {key!r}."
                )
            keys = block.setdefault(operator, {})
            if any(known.lower() == key.lower() for known in keys):
                message = f"{operator} has {key} twice; letter case does not count. Give a list."
                raise RequestError(message)
            keys[key] = values[0] if len(values) == 1 else values
    return block


def _operator(key: object, values: list[str]) -> str:
    """Say which operator a key's type asks for."""
    key = str(key)
    known = condition_key(key)
    example = f'{{"StringEquals": {{"{key}": ...}}}}'
    if known is None:
        message = (
            f"There is no condition key {key!r} in the catalogue. Name the operator: {example}."
        )
        raise RequestError(message)
    if is_multivalued(key):
        message = (
            f"{key} can hold several values at once. Choose whether all or any of them must fit: "
            f'{{"ForAllValues:StringEquals": {{"{key}": ...}}}}, or ForAnyValue.'
        )
        raise RequestError(message)
    if known.type not in OPERATOR_FOR:
        message = (
            f"{key} is a date. Say before or after: "
            f'{{"DateLessThan": {{"{key}": ...}}}} or DateGreaterThan.'
        )
        raise RequestError(message)
    operator = OPERATOR_FOR[known.type]
    like = operator == "StringEquals" and any(map(_has_wildcard, values))
    return "StringLike" if like else operator


def _has_wildcard(value: str) -> bool:
    """Say whether a star or question mark stands outside of variables."""
    plain = substitute(value, lambda _: "", lambda _: "")
    return any(sign in (value if plain is None else plain) for sign in "*?")


def _values(key: object, given: object) -> list[str]:
    many = given if isinstance(given, list | tuple | set | frozenset) else [given]
    # A set has no order of its own; the text must be the same each time.
    texts = [_value(key, one) for one in many]
    return sorted(texts) if isinstance(many, set | frozenset) else texts


def _value(key: object, given: object) -> str:
    """Write one condition value as text."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, str):
        return given
    if isinstance(given, datetime):
        moment = given.astimezone(UTC) if given.tzinfo else given  # bare times are UTC
        return moment.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(given, int) and abs(given) < 10**400:
        return str(given)
    if isinstance(given, float) and isfinite(given):
        return format(Decimal(repr(given)), "f")  # never 1e+16, which no condition reads
    shown = f"of type {type(given).__name__}"
    raise RequestError(f"A value of {key} is {shown}; give text, a number, a boolean or a date.")


def add(first: Document, other: Document) -> Document:
    """Give a policy with the statements of both, in order.

    IAM wants each Sid to be unique, so a Sid that was there before gets a number at its end. The
    name and the Id are those of the first that has first.

    Raises
    ------
    RequestError
        One document is of version 2008-10-17 and holds ``${...}``, which would turn from plain
        text into a variable.

    Examples
    --------
    >>> from iamlab import Policy
    >>> both = add(Policy.allow("s3:Get*", sid="Read"), Policy.allow("s3:List*", sid="Read"))
    >>> [statement.sid for statement in both.statements]
    ['Read', 'Read2']
    """
    if not isinstance(other, PolicyRecord):
        raise RequestError(f"Only a policy can be added to a policy, not {type(other).__name__}.")
    version = first.version if first.version == other.version else NEWEST
    for policy in (first, other):
        if policy.version != version:
            _check_newer_means_the_same(policy)
    document: dict[str, Any] = {"Version": version}
    if first.id is not None or other.id is not None:
        document["Id"] = other.id if first.id is None else first.id
    document["Statement"] = _unique_sids(
        [*statements_as_written(first), *statements_as_written(other)]
    )
    return type(first).parse(_text(document), name=first.name or other.name)


def statements_as_written(policy: PolicyRecord) -> list[dict[str, Any]]:
    """Give the statements of a document as JSON values, just as they were written.

    Examples
    --------
    >>> from iamlab import Policy
    >>> statements_as_written(Policy.deny("s3:*"))
    [{'Effect': 'Deny', 'Action': 's3:*', 'Resource': '*'}]
    """
    raw = policy.to_dict()["Statement"]
    return raw if isinstance(raw, list) else [raw]


def _check_newer_means_the_same(policy: PolicyRecord) -> None:
    for statement in policy.statements:
        found = next(filter(has_variable, _texts_with_variables(statement)), None)
        if found is not None:
            message = (
                f"{policy.name or 'A policy'} is of version {policy.version}, in which {found!r} "
                f"({statement.label}) is plain text; in {NEWEST} it would hold a variable. Give "
                f"that policy the version {NEWEST} if a variable is meant, else write ${{$}} for "
                "the dollar sign."
            )
            raise RequestError(message)


def _texts_with_variables(statement: Statement) -> Iterable[str]:
    """Give all texts of a statement in which variables may stand."""
    yield from statement.resource or ()
    yield from statement.not_resource or ()
    for condition in statement.conditions:
        yield from condition.values


def _unique_sids(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number the Sids that were there before."""
    taken = {statement.get("Sid") for statement in statements}
    seen: set[str] = set()
    last: dict[str, int] = {}
    unique = []
    for statement in statements:
        sid = statement.get("Sid")
        if not sid or sid not in seen:
            seen.add(sid or "")
            unique.append(statement)
            continue
        number = last.get(sid, 1) + 1
        while f"{sid}{number}" in taken:
            number += 1
        last[sid] = number
        taken.add(f"{sid}{number}")
        unique.append(statement | {"Sid": f"{sid}{number}"})
    return unique

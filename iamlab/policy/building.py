"""Policies written from Python: a document of one statement, and two documents put together.

The result reads as if a person wrote it: the newest version, AWS's order of elements, and no
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
from iamlab.policy.catalog import vocabulary
from iamlab.policy.condition_keys import condition_key, is_multivalued
from iamlab.policy.record import PolicyRecord
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from iamlab.policy.record import Document
    from iamlab.policy.statement import Effect

NEWEST = "2012-10-17"

Principal = str | Iterable[str] | Mapping[str, str | Iterable[str]]

OPERATOR_FOR: dict[str, str] = vocabulary("operators_for_types")


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
        One or several. Without resources (``None``), it can be a role trust policy.
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
        A value has the wrong type, or a condition needs an explicit operator.

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


def _sid(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise RequestError(f"sid must be text, not {value!r}.")


def _texts(what: str, value: object) -> str | list[str]:
    """Read one text or several; a single text is written without brackets."""
    many = [value] if isinstance(value, str) else value
    if not isinstance(many, Iterable) or isinstance(many, Mapping):
        raise RequestError(f"{what} must be text or a list of texts, not {value!r}.")
    texts = list(many)
    wrong = [text for text in texts if not isinstance(text, str)]
    if wrong:
        raise RequestError(f"{what} must contain text, not {wrong[0]!r}.")
    if not texts:
        raise RequestError(f"{what} is empty. An empty list matches nothing.")
    return texts[0] if len(texts) == 1 else texts


def _principal(principal: object) -> str | dict[str, str | list[str]]:
    """Put principals under their types, unless they already are."""
    if principal == "*":
        return "*"
    if isinstance(principal, Mapping):
        return {kind: _texts(f"principal {kind}", values) for kind, values in principal.items()}
    names = _texts("principal", principal)
    kinds: dict[str, list[str]] = {}
    for name in [names] if isinstance(names, str) else names:
        kinds.setdefault(_principal_type(name), []).append(name)
    return {kind: _texts("principal", values) for kind, values in kinds.items()}


def _principal_type(name: str) -> str:
    if ":saml-provider/" in name or ":oidc-provider/" in name or name in WEB_IDENTITY_PROVIDERS:
        return "Federated"
    return "Service" if name.endswith((".amazonaws.com", ".amazonaws.com.cn")) else "AWS"


def _condition(when: object) -> dict[str, dict[str, str | list[str]]]:
    """Write a Condition block from operators with their keys, or from keys with their values."""
    if not isinstance(when, Mapping):
        raise RequestError(f'when must be a dict such as {{"aws:SourceIp": "..."}}, not {when!r}.')
    block: dict[str, dict[str, str | list[str]]] = {}
    for name, value in when.items():
        tests = value if isinstance(value, Mapping) else {name: value}
        for key, raw in tests.items():
            values = _values(key, raw)
            operator = name if isinstance(value, Mapping) else _operator(key, values)
            if not isinstance(operator, str) or not isinstance(key, str):
                raise RequestError(
                    f"Operators and condition keys must be text, not {operator!r}, {key!r}."
                )
            keys = block.setdefault(operator, {})
            if any(known.lower() == key.lower() for known in keys):
                message = f"{operator} has a duplicate key: {key}. Pass one key with a list."
                raise RequestError(message)
            keys[key] = values[0] if len(values) == 1 else values
    return block


def _operator(key: object, values: list[str]) -> str:
    """Return the operator for a key's type."""
    key = str(key)
    known = condition_key(key)
    example = f'{{"StringEquals": {{"{key}": ...}}}}'
    if known is None:
        message = f"The catalogue has no condition key {key!r}. Name the operator: {example}."
        raise RequestError(message)
    if is_multivalued(key):
        message = (
            f"{key} can have several values. Choose whether all or any of them must match: "
            f'{{"ForAllValues:StringEquals": {{"{key}": ...}}}}, or ForAnyValue.'
        )
        raise RequestError(message)
    if known.type not in OPERATOR_FOR:
        message = (
            f"{key} is a date. Choose before or after: "
            f'{{"DateLessThan": {{"{key}": ...}}}} or DateGreaterThan.'
        )
        raise RequestError(message)
    operator = OPERATOR_FOR[known.type]
    like = operator == "StringEquals" and any(map(_has_wildcard, values))
    return "StringLike" if like else operator


def _has_wildcard(value: str) -> bool:
    """Return whether a value has a star or question mark outside its variables."""
    plain = substitute(value, lambda _: "", lambda _: "")
    return any(sign in (value if plain is None else plain) for sign in "*?")


def _values(key: object, value: object) -> list[str]:
    many = value if isinstance(value, list | tuple | set | frozenset) else [value]
    # A set has no order of its own; the text must be the same each time.
    texts = [_value(key, item) for item in many]
    return sorted(texts) if isinstance(many, set | frozenset) else texts


def _value(key: object, value: object) -> str:
    """Write one condition value as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value  # bare times are UTC
        return moment.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, int) and abs(value) < 10**400:
        return str(value)
    if isinstance(value, float) and isfinite(value):
        return format(Decimal(repr(value)), "f")  # never 1e+16, which no condition reads
    shown = f"of type {type(value).__name__}"
    raise RequestError(f"A value of {key} is {shown}. Pass text, a number, a boolean or a date.")


def add(first: Document, other: Document) -> Document:
    """Return a policy with the statements of both, in order.

    IAM requires unique Sids, so a Sid that occurred before gets a number at its end. The name and
    the Id come from the first policy, or from the other if the first has none.

    Raises
    ------
    RequestError
        One document has version 2008-10-17 and contains ``${...}``. It is plain text there and
        would become a variable.

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
    """Return the statements of a document as JSON values, exactly as they were written.

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
        found = next(filter(has_variable, statement.texts_with_variables), None)
        if found is not None:
            message = (
                f"{policy.name or 'A policy'} has version {policy.version}, in which {found!r} "
                f"({statement.label}) is plain text. In {NEWEST} it would contain a variable. "
                f"If you mean a variable, set the version to {NEWEST}. If not, write ${{$}} for "
                "the dollar sign."
            )
            raise RequestError(message)


def _unique_sids(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Number the Sids that occurred before."""
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

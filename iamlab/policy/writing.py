"""Statements back to JSON, and documents with a statement changed, added or taken out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.policy.statement import Principals, Statement


def statement_to_json(statement: Statement) -> dict[str, Any]:
    """Write a statement as JSON values, its elements in AWS's usual order.

    Examples
    --------
    >>> from iamlab import Policy
    >>> document = {"Statement": [{"Effect": "Deny", "Action": ["s3:*"], "Resource": "*"}]}
    >>> statement_to_json(Policy.parse(document).statements[0])
    {'Effect': 'Deny', 'Action': 's3:*', 'Resource': '*'}
    """
    written = {
        "Sid": statement.sid,
        "Effect": statement.effect,
        "Principal": _principals(statement.principal),
        "NotPrincipal": _principals(statement.not_principal),
        "Action": _values(statement.action),
        "NotAction": _values(statement.not_action),
        "Resource": _values(statement.resource),
        "NotResource": _values(statement.not_resource),
        "Condition": _conditions(statement),
    }
    return {element: value for element, value in written.items() if value is not None}


def _values(values: tuple[str, ...] | None) -> str | list[str] | None:
    if values is None:
        return None
    return values[0] if len(values) == 1 else list(values)


def _principals(principals: Principals | None) -> str | dict[str, Any] | None:
    if principals is None:
        return None
    if len(principals) == 1 and principals[0][0] in ("*", ""):
        return principals[0][1]
    kinds = dict.fromkeys(kind for kind, _ in principals)
    return {
        kind: _values(tuple(value for own, value in principals if own == kind)) for kind in kinds
    }


def _conditions(statement: Statement) -> dict[str, Any] | None:
    if not statement.conditions:
        return None
    block: dict[str, Any] = {}
    for condition in statement.conditions:
        block.setdefault(str(condition.comparison), {})[condition.key] = _values(condition.values)
    return block


def edited(
    policy: Policy,
    changed: Mapping[int, Statement | None],
    added: Iterable[Statement] = (),
) -> Policy:
    """Give a document with some statements changed, by number, and some added.

    Parameters
    ----------
    changed
        What stands in the place of a statement; ``None`` takes it out.
    added
        Statements that come last.

    Returns
    -------
    Policy
        Its statements are numbered anew.
    """
    kept = [changed.get(one.number, one) for one in policy.statements]
    return written((*(one for one in kept if one is not None), *added), policy)


def written(statements: Iterable[Statement], like: Policy) -> Policy:
    """Make a document of statements, numbered anew, with version, id and name of another.

    Where that one says no version, this one says none either.
    """
    numbered = tuple(
        replace(one, number=number, variables=like.version == "2012-10-17")
        for number, one in enumerate(statements, 1)
    )
    document: dict[str, Any] = {"Version": like.version} if _has_version(like) else {}
    if like.id is not None:
        document["Id"] = like.id
    document["Statement"] = [statement_to_json(one) for one in numbered]
    return Policy(
        numbered,
        like.version,
        like.id,
        like.name,
        json.dumps(document, indent=2, ensure_ascii=False),
    )


def _has_version(policy: Policy) -> bool:
    """Say whether a document says its version; one that was never written shall."""
    newest = policy.version == "2012-10-17"
    return newest or not policy.text or "Version" in json.loads(policy.text)

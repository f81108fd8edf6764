"""Statements that services write themselves: into a resource's policy, and out of it by their Sid.

Notes
-----
AWS pages: the API references of ``AddPermission`` of Lambda, SQS and SNS, and of ``PutPermission``
of EventBridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.model.quotas import is_account_id
from iamlab.operations.resource_policies import resource_policy
from iamlab.policy.writing import edited

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.errors import AwsError
    from iamlab.model.resources import Resource
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

    Refuses = Callable[[str, str], AwsError]


def add_statement(
    resource: Resource,
    sid: str,
    principal: Any,
    action: Any,
    condition: Mapping[str, Any] | None = None,
    *,
    qualifier: str = "",
    policy_id: str | None = None,
) -> dict[str, Any]:
    """Write an Allow statement into a resource's policy; give the statement.

    Parameters
    ----------
    qualifier
        What follows the resource's ARN: of a function, the version.
    policy_id
        The Id of a policy that begins with this statement.
    """
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource.arn + qualifier,
        **({"Condition": condition} if condition else {}),
    }
    document = with_statement(resource.policy, statement, policy_id)
    resource.policy = resource_policy(document, resource, resource.service)
    resource.account.changed()
    return statement


def add_permission(
    resource: Resource,
    given: Parameters,
    names: tuple[str, str],
    refuse: Refuses,
    *,
    most_actions: int | None = None,
) -> None:
    """Let accounts do some actions, as ``AddPermission`` of SNS and of SQS does.

    Parameters
    ----------
    names
        The parameters with the accounts and with the actions.
    refuse
        Makes the service's error for a mistake: what it is (``empty``, ``taken``, ``many`` or
        ``stranger``), and a name, label, number or account.
    most_actions
        So many actions a statement can have.

    Raises
    ------
    AwsError
        The label is taken, an account is none, there are too many actions, or something is empty.
    """
    label, (accounts, actions) = given["Label"], names
    for name in ("Label", accounts, actions):
        if not given[name]:
            raise refuse("empty", name)
    if label in sids_of(resource.policy):
        raise refuse("taken", label)
    if most_actions is not None and len(given[actions]) > most_actions:
        raise refuse("many", str(len(given[actions])))
    for one in given[accounts]:
        if not is_account_id(one):
            raise refuse("stranger", str(one))
    partition, prefix = resource.account.partition, resource.service.upper()
    principal = {"AWS": [root_of(one, partition) for one in given[accounts]]}
    add_statement(resource, label, principal, [f"{prefix}:{one}" for one in given[actions]])


def remove_statement(resource: Resource, sid: str | None, refusal: AwsError) -> None:
    """Take a statement out of a resource's policy.

    Raises
    ------
    AwsError
        The ``refusal``: there is none of that Sid.
    """
    if resource.policy is None or sid not in sids_of(resource.policy):
        raise refusal
    resource.policy = without_statement(resource.policy, sid)
    resource.account.changed()


_ACCOUNT_DIGITS = 12


def sids_of(policy: Policy | None) -> tuple[str, ...]:
    """Give the Sids of a policy's statements."""
    return () if policy is None else tuple(one.sid for one in policy.statements if one.sid)


def with_statement(
    policy: Policy | None, statement: dict[str, Any], policy_id: str | None = None
) -> dict[str, Any]:
    """Give the document with one more statement, which replaces one of the same Sid.

    Parameters
    ----------
    policy_id
        The Id of a policy that begins with this statement.

    Examples
    --------
    >>> with_statement(None, {"Sid": "a"}, "default")
    {'Version': '2012-10-17', 'Id': 'default', 'Statement': [{'Sid': 'a'}]}
    """
    if policy is None:
        named = {} if policy_id is None else {"Id": policy_id}
        return {"Version": "2012-10-17", **named, "Statement": [statement]}
    document = policy.to_json()
    held = document["Statement"]
    others = [one for one in _listed(held) if one.get("Sid") != statement["Sid"]]
    return {**document, "Statement": [*others, statement]}


def without_statement(policy: Policy, sid: str | None) -> Policy | None:
    """Give a policy without the statement of that Sid; ``None`` if nothing is left."""
    gone = {one.number: None for one in policy.statements if one.sid == sid}
    return None if len(gone) == len(policy.statements) else edited(policy, gone)


def _listed(statements: Any) -> list[dict[str, Any]]:
    return statements if isinstance(statements, list) else [statements]


def root_of(account_id: str, partition: str = "aws") -> str:
    """Write an account as a principal: by its root user's ARN.

    Examples
    --------
    >>> root_of("111122223333")
    'arn:aws:iam::111122223333:root'
    """
    return f"arn:{partition}:iam::{account_id}:root"


def principal_of(text: str, partition: str) -> Any:
    """Write the Principal that a word means: an account, everybody, an ARN, or a service.

    Examples
    --------
    >>> principal_of("111122223333", "aws"), principal_of("s3.amazonaws.com", "aws")
    ({'AWS': 'arn:aws:iam::111122223333:root'}, {'Service': 's3.amazonaws.com'})
    """
    if text == "*":
        return text
    if text.isdigit() and len(text) == _ACCOUNT_DIGITS:
        return {"AWS": root_of(text, partition)}
    return {"AWS" if text.startswith("arn:") else "Service": text}

"""Statements that services add to a resource's policy, and remove by their Sid.

Notes
-----
AWS pages: the API references of ``AddPermission`` of Lambda, SQS and SNS, and of ``PutPermission``
of EventBridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors.services import OverLimit
from iamlab.model.quotas import is_account_id
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.names_and_tags import ERRORS
from iamlab.policy.document import edited
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError
    from iamlab.model.resources import Resource
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy


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
    """Add an Allow statement to a resource's policy; return the statement.

    It replaces a statement with the same Sid.

    Parameters
    ----------
    qualifier
        The suffix of the resource's ARN: a function's version.
    policy_id
        The Id of a new policy.
    """
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": resource.arn + qualifier,
        **({"Condition": condition} if condition else {}),
    }
    named = {} if policy_id is None else {"Id": policy_id}
    new: dict[str, Any] = {"Version": "2012-10-17", **named, "Statement": []}
    document = new if resource.policy is None else resource.policy.to_dict()
    held = document["Statement"]
    entries = held if isinstance(held, list) else [held]
    kept = [entry for entry in entries if entry.get("Sid") != sid]
    resource.policy = resource_policy({**document, "Statement": [*kept, statement]}, resource)
    return statement


_ADDING = tables(__file__)


def add_permission(resource: Resource, arguments: Parameters) -> None:
    """Allow accounts some actions, as ``AddPermission`` of SNS and SQS does.

    Raises
    ------
    AwsError
        The label is taken, an account isn't valid, there are too many actions, or a list is empty.
    """
    rules, label = _ADDING[resource.service], arguments["Label"]
    (accounts, actions), most = rules["lists"], rules.get("most_actions", float("inf"))

    def wrong(mistake: str, what: object) -> AwsError:
        made: AwsError = ERRORS[rules["error"]](rules[mistake].format(what))
        return made

    for name in ("Label", accounts, actions):
        if not arguments[name]:
            raise wrong("empty", name)
    if label in sids_of(resource.policy):
        raise wrong("taken", label)
    if len(arguments[actions]) > most:
        many = len(arguments[actions])
        raise OverLimit(f"{many} Actions were found, maximum allowed is {most}.")
    for account_id in arguments[accounts]:
        if not is_account_id(account_id):
            raise wrong("stranger", account_id)
    partition = resource.account.partition
    roots = [principal_of(account_id, partition)["AWS"] for account_id in arguments[accounts]]
    names = [f"{resource.service.upper()}:{name}" for name in arguments[actions]]
    add_statement(resource, label, {"AWS": roots}, names)


def remove_statement(resource: Resource, sid: str | None, refusal: AwsError | None = None) -> None:
    """Remove a statement from a resource's policy; an empty policy is deleted.

    Raises
    ------
    AwsError
        The ``refusal``: there is no statement with that Sid. Without it, that isn't an error.
    """
    policy = resource.policy
    if policy is not None and sid in sids_of(policy):
        gone = {found.number: None for found in policy.statements if found.sid == sid}
        resource.policy = edited(policy, gone) if len(gone) < len(policy.statements) else None
    elif refusal is not None:
        raise refusal


def sids_of(policy: Policy | None) -> tuple[str, ...]:
    """Return the Sids of a policy's statements."""
    statements = () if policy is None else policy.statements
    return tuple(statement.sid for statement in statements if statement.sid)


def principal_of(text: str, partition: str) -> Any:
    """Return the Principal for a text: an account, everybody, an ARN, or a service.

    Examples
    --------
    >>> principal_of("111122223333", "aws"), principal_of("s3.amazonaws.com", "aws")
    ({'AWS': 'arn:aws:iam::111122223333:root'}, {'Service': 's3.amazonaws.com'})
    """
    if text == "*":
        return text
    if is_account_id(text):
        return {"AWS": f"arn:{partition}:iam::{text}:root"}
    return {"AWS" if text.startswith("arn:") else "Service": text}

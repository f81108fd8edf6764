"""Resource-based policies: the checks of a service before it saves one, and statements of calls.

``policy/rules.py`` checks the form of the document, with a table for each service. Here are the
checks that need a world: whether the named principals exist, and whether the policy is about its
own resource. The service uses the same code and sentence as for a principal, or a resource, with a
wrong form. Some services also add a statement to a policy, and remove it by its Sid.

Notes
-----
AWS pages: "Identity-based policies and resource-based policies"; "AWS JSON policy elements:
Principal"; the API reference of the operation that saves the policy; ``AddPermission`` of Lambda,
SQS and SNS, and ``PutPermission`` of EventBridge.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.resource import context_of_resource
from iamlab.engine.evaluate import evaluate
from iamlab.errors import noted
from iamlab.errors.services import OverLimit
from iamlab.model.quotas import is_account_id
from iamlab.operations.policy_documents import absent, error_of, saved, with_principals
from iamlab.policy.document import edited
from iamlab.policy.patterns import glob_resource
from iamlab.policy.rules import ANY, rules_for
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.errors import AwsError
    from iamlab.model.resources import Resource
    from iamlab.model.world import World
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}", re.ASCII)

SPEAKS_OF_ALL = frozenset({"backup", "logs"})
"""Services whose policies aren't only about their own resource: a vault's is about its recovery
points, CloudWatch Logs' about an account's log groups."""

_THIS_API = "execute-api:/"
"""The start of an API's own ARN in its policy, since its id isn't known before."""


def resource_policy(document: Document, resource: Resource) -> Policy:
    """Read a document to save as the policy of a resource.

    Parameters
    ----------
    resource
        The resource of the policy, which needn't be in the world yet.

    Returns
    -------
    Policy
        The policy, as the service stores it.

    Raises
    ------
    AwsError
        The service would reject it, in its own words; the notes explain where and why.

    Examples
    --------
    >>> from iamlab import World
    >>> bucket = World(seed=7).create_account("main").create_bucket("maps")
    >>> policy = {"Version": "2012-10-17", "Statement": {
    ...     "Effect": "Allow", "Principal": {"AWS": bucket.account.account_id},
    ...     "Action": "s3:GetObject", "Resource": f"{bucket.arn}/*"}}
    >>> resource_policy(policy, bucket).name
    'policy of maps'
    """
    name, service = f"policy of {resource.name}", resource.service
    if service == "ec2":  # which doesn't seem to check principals
        return saved(document, name, "endpoint")
    policy = saved(document, name, "resource", service)
    if service == "execute-api":
        policy = _with_whole_arns(policy, resource)
    for kind, note in _nobody(policy, resource.account.world):
        _refuse(service, f"{kind}_principal", note)
    if service not in SPEAKS_OF_ALL:
        _check_resources(policy, resource, service)
    return _with_accounts(policy, resource.account.world) if service == "s3" else policy


def _nobody(policy: Policy, world: World) -> Iterator[tuple[str, str]]:
    """Return the types of the missing principals, each with a note."""
    for kind, _, note in absent(policy, world):
        yield kind, note
    for statement in policy.statements:
        for kind, value in statement.principal or statement.not_principal or ():
            if _is_gone(kind, value, world):
                yield kind, f"See statement {statement.label}. There is no {value} in this world."


def _is_gone(kind: str, value: str, world: World) -> bool:
    """Return whether it is the id of a deleted principal, or in an account outside this world."""
    accounts = world.accounts.values()
    if kind == "CanonicalUser":
        return all(account.canonical_user_id != value for account in accounts)
    if kind != "AWS" or not _UNIQUE_ID.fullmatch(value):
        return False
    return not any(
        user.unique_id == value
        for account in accounts
        for user in (*account.users.values(), *account.roles.values())
    )


def _check_resources(policy: Policy, resource: Resource, service: str) -> None:
    """Check that a policy is about its own resource, or its parts."""
    start, _, name = resource.arn.partition(":event-bus/")
    rules = f"{start}:rule/{name}/*"  # the policy of an event bus can also be about its rules
    own = (resource.arn, rules) if service == "events" else (resource.arn,)
    below = tuple(f"{arn}{resource.separator}" for arn in own if resource.separator)
    for statement in policy.statements:
        for value in statement.resource or statement.not_resource or ():
            if not _is_own(value, own, below):
                note = f"A policy must be about its own {resource.kind}: {resource.arn}."
                _refuse(service, "foreign_resource", f"See statement {statement.label}. {note}")


def _is_own(value: str, own: tuple[str, ...], below: tuple[str, ...]) -> bool:
    return (
        value.startswith(below)
        or any(glob_resource(value, arn) for arn in own)
        or any(glob_resource(value, f"{start}x") for start in below)
    )


def _refuse(service: str, kind: str, note: str) -> NoReturn:
    texts = rules_for("resource", service).texts
    text = texts.get(kind, texts[ANY])
    raise noted(error_of(text.code)(text.message.format()), note)


def _with_whole_arns(policy: Policy, api: Resource) -> Policy:
    """Expand ``execute-api:/prod/*`` to the ARN of the API with that path, like API Gateway.

    A saved policy has the full ARN, so other code needn't know the short form.
    """

    def whole(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if values is None:
            return None
        return tuple(
            f"{api.arn}/{value.removeprefix(_THIS_API)}" if value.startswith(_THIS_API) else value
            for value in values
        )

    changed: dict[int, Statement | None] = {}
    for old in policy.statements:
        new = replace(old, resource=whole(old.resource), not_resource=whole(old.not_resource))
        if new != old:
            changed[old.number] = new
    return edited(policy, changed) if changed else policy


def _with_accounts(policy: Policy, world: World) -> Policy:
    """Replace each canonical user ID by its account, like S3."""
    roots = {
        ("CanonicalUser", account.canonical_user_id): ("AWS", account.root_arn)
        for account in world.accounts.values()
    }
    return with_principals(policy, roots)


def check_not_locked_out(
    resource: Resource, policy: Policy, caller: Caller, operation: str, refusal: AwsError
) -> None:
    """Reject a new policy with which the caller couldn't save another one.

    Services check only the policy itself: SCPs, RCPs and VPC endpoints can change without it.

    Parameters
    ----------
    operation
        The operation that saves policies of such a resource.

    Raises
    ------
    AwsError
        The ``refusal``: the caller couldn't call the operation any more.
    """
    known = replace(context_of_resource(resource), policy=policy)
    action, world = f"{resource.service}:{operation}", resource.account.world
    request = authorization_request(
        world, caller, action, resource.arn, None, {}, known_resource=known
    )
    if not evaluate(request.request, replace(request.layers, scp=(), rcp=(), endpoint=None)):
        raise refusal


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
        return error_of(rules["error"])(rules[mistake].format(what))

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

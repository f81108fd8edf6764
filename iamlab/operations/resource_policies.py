"""A resource's own policy: what its service checks before it saves one.

The form of the document is judged by ``policy/rules.py``, with a table for each service. Here
comes what only a world can know: whether those who are named are there, and whether the policy
is about the resource that it is attached to. The service refuses with the same code and sentence as
for a principal, or a resource, of a wrong form.

Notes
-----
AWS pages: "Identity-based policies and resource-based policies"; "AWS JSON policy elements:
Principal"; the API reference of the operation that saves the policy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.resource import context_of_resource
from iamlab.engine.evaluate import evaluate
from iamlab.errors import noted
from iamlab.operations.policy_documents import absent, error_of, saved, with_principals
from iamlab.policy.document import edited
from iamlab.policy.patterns import glob_resource
from iamlab.policy.rules import rules_for
from iamlab.policy.validate.messages import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.authorization.principal import Caller
    from iamlab.errors import AwsError
    from iamlab.model.resources import Resource
    from iamlab.model.world import World
    from iamlab.operations.policy_documents import Document
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}", re.ASCII)

SPEAKS_OF_ALL = frozenset({"backup", "logs"})
"""Services whose policies are not of one resource only: a vault's is of its recovery points, that
of CloudWatch Logs of an account's log groups."""

_THIS_API = "execute-api:/"
"""How the policy of an API may begin the ARN of the API itself, whose id is not known before."""


def resource_policy(document: Document, resource: Resource) -> Policy:
    """Read a document that is to be the policy of a resource.

    Parameters
    ----------
    resource
        What the policy will be attached to; it need not be in the world yet.

    Returns
    -------
    Policy
        As the service keeps it.

    Raises
    ------
    AwsError
        The service would refuse it, in its own words; the notes say where and why.

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
    if service == "ec2":  # which does not seem to look at who is named
        return saved(document, name, "endpoint")
    policy = saved(document, name, "resource", service)
    if service == "execute-api":
        policy = _with_whole_arns(policy, resource)
    for statement, kind, value in _nobody(policy, resource.account.world):
        note = f"See statement {statement.label}. There is no {value} in this world."
        _refuse(service, f"{kind}_principal", note)
    if service not in SPEAKS_OF_ALL:
        _check_resources(policy, resource, service)
    return _with_accounts(policy, resource.account.world) if service == "s3" else policy


def _nobody(policy: Policy, world: World) -> Iterator[tuple[Statement, str, str]]:
    """Return the principals that are not there, each with its kind."""
    for statement, value in absent(policy, world):
        yield statement, "AWS", value
    for statement in policy.statements:
        for kind, value in statement.principal or statement.not_principal or ():
            if _is_gone(kind, value, world):
                yield statement, kind, value


def _is_gone(kind: str, value: str, world: World) -> bool:
    """Return whether it is the id of somebody who was deleted, or of no account of this world."""
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
    """Insist that a policy speaks of its own resource, or of what lies below it."""
    start, _, name = resource.arn.partition(":event-bus/")
    rules = f"{start}:rule/{name}/*"  # the policy of an event bus can be about its rules too
    own = (resource.arn, rules) if service == "events" else (resource.arn,)
    below = tuple(f"{arn}{resource.separator}" for arn in own if resource.separator)
    for statement in policy.statements:
        for value in statement.resource or statement.not_resource or ():
            if not _is_own(value, own, below):
                note = f"A policy speaks of its own {resource.kind}: {resource.arn}."
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
    """Write ``execute-api:/prod/*`` as the ARN of the API with that path, as API Gateway does.

    Whoever reads such a policy back gets the whole ARN, so nobody else need know the short form.
    """

    def whole(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if values is None:
            return None
        return tuple(
            f"{api.arn}/{value.removeprefix(_THIS_API)}" if value.startswith(_THIS_API) else value
            for value in values
        )

    changed: dict[int, Statement | None] = {
        statement.number: replace(
            statement,
            resource=whole(statement.resource),
            not_resource=whole(statement.not_resource),
        )
        for statement in policy.statements
        if any(
            value.startswith(_THIS_API)
            for value in statement.resource or statement.not_resource or ()
        )
    }
    return edited(policy, changed) if changed else policy


def _with_accounts(policy: Policy, world: World) -> Policy:
    """Write each canonical user ID as the account that it stands for, as S3 does."""
    roots = {
        ("CanonicalUser", account.canonical_user_id): ("AWS", account.root_arn)
        for account in world.accounts.values()
    }
    return with_principals(policy, roots)


def check_not_locked_out(
    resource: Resource, policy: Policy, caller: Caller, operation: str, refusal: AwsError
) -> None:
    """Refuse a new policy with which the caller could not save another one any more.

    Services look at the policy itself: what an SCP, an RCP or a VPC endpoint forbids can change
    without it.

    Parameters
    ----------
    operation
        The one that saves policies of such a resource.

    Raises
    ------
    AwsError
        The ``refusal``: the caller could not do the operation any more.
    """
    known = replace(context_of_resource(resource), policy=policy)
    action, world = f"{resource.service}:{operation}", resource.account.world
    request = authorization_request(
        world, caller, action, resource.arn, None, {}, known_resource=known
    )
    if not evaluate(request.request, replace(request.layers, scps=(), rcps=(), endpoint=None)):
        raise refusal

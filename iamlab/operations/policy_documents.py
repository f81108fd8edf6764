"""Policy documents to save: read them, and reject them with AWS's errors.

``policy/rules.py`` has the rules; here each problem becomes the error that a client would get, with
all other reasons as notes.

Saved policies identify users and roles by unique id. If the principal is renamed, the policy still
names it. If it is deleted, the policy shows its id, and a new principal with the same name isn't
meant.

Notes
-----
AWS page: "AWS JSON policy elements: Principal", the section on IAM users and role principals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab import errors
from iamlab.errors import (
    LimitExceeded,
    PolicyError,
    did_you_mean,
    noted,
)
from iamlab.model.service_principals import KNOWN, KNOWN_ON, is_known
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy, edited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.errors import AwsError
    from iamlab.model.world import World
    from iamlab.policy.statement import Principals, Statement
    from iamlab.policy.validate.validation import Refusal


Document = str | Mapping[str, object] | Policy


def error_of(code: str) -> type[AwsError]:
    """Return the class of an error code for documents.

    Examples
    --------
    >>> error_of("MalformedPolicy").http_status
    400
    """
    from iamlab.errors import organizations, services  # on first use by one of these services

    homes = (vars(errors), vars(services), vars(organizations))
    found: type[AwsError] = next(home[code] for home in homes if code in home)
    return found


def saved(document: Document, name: str, policy_type: str, service: str | None = None) -> Policy:
    """Read a document to save as a policy of a type.

    Raises
    ------
    AwsError
        AWS would reject it; with AWS's code and sentence, and the place and fix of each reason as
        notes.

    Examples
    --------
    >>> from iamlab.errors import MalformedPolicyDocument
    >>> try:
    ...     saved({"Version": "2012-10-17", "Statement": []}, "empty", "identity")
    ... except MalformedPolicyDocument as error:
    ...     print(error)
    MalformedPolicyDocument: Syntax errors in policy.
    """
    from iamlab.policy.validate.validation import refusal_of_parse_error, refusals

    try:
        policy = Policy.parse(document, name=name)
    except PolicyError as error:
        raise _error(refusal_of_parse_error(error, policy_type, service)) from None
    refused = refusals(policy, policy_type, service)
    if refused:
        raise _error(refused)
    return policy


def saved_inline(
    document: Document, name: str, holder: tuple[str, str], others: Iterable[Policy]
) -> Policy:
    """Read a document to save as an inline policy of a user, group or role.

    Parameters
    ----------
    holder
        Its kind and its name: ``("user", "alice")``.
    others
        The identity's other inline policies; all share one limit.
    """
    from iamlab.policy.rules import INLINE_LIMITS
    from iamlab.policy.validate.document_defects import size

    kind, whose = holder
    limit = INLINE_LIMITS[kind]
    try:
        policy = saved(document, name, "identity")
    except LimitExceeded:  # the limit of managed policies, which applies to each
        policy = Policy.parse(document, name=name)
    if size(policy) + sum(map(size, others)) > limit:
        raise LimitExceeded(f"Maximum policy size of {limit} bytes exceeded for {kind} {whose}")
    return policy


def _error(refused: tuple[Refusal, ...]) -> AwsError:
    first, *others = refused
    notes = (f"{first.path}: {first.remedy}", *map(str, others))
    return noted(error_of(first.code)(first.message), *notes)


def absent(policy: Policy, world: World) -> Iterator[tuple[str, str, str]]:
    """Return the users, roles and services that a policy names and that don't exist.

    Principals in accounts outside this world are assumed to exist.

    Returns
    -------
    Iterator
        The type of principal, its name, and a note.
    """
    for statement in policy.statements:
        note = f"See statement {statement.label}."
        for kind, value in statement.principal or statement.not_principal or ():
            if kind == "AWS" and not _is_there(value, world):
                yield kind, value, f"{note} There is no {value} in this world."
            if kind == "Service" and not is_known(value):
                known = did_you_mean(value, [f"{name}.amazonaws.com" for name in KNOWN])
                newer = f"The list of services is of {KNOWN_ON}; add newer ones to KNOWN."
                yield kind, value, f"{note} {known} {newer}"


def _is_there(value: str, world: World) -> bool:
    if not is_arn(value):
        return True
    arn = Arn.parse(value)
    account = world.accounts.get(arn.account)
    if account is None or arn.service != "iam" or arn.kind not in ("user", "role"):
        return True
    known: dict[str, object] = dict(account.users if arn.kind == "user" else account.roles)
    return getattr(known.get(arn.name), "arn", "") == value


def rename_everywhere(world: World, old: str, new: str) -> None:
    """Replace a principal in all trust and resource-based policies by its new ARN, or its id.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("main", account_id="111111111111")
    >>> bob = main.create_user("bob")
    >>> role = main.create_role("audit", assume_role_policy_document={
    ...     "Version": "2012-10-17", "Statement": {"Effect": "Allow",
    ...     "Principal": {"AWS": bob.arn}, "Action": "sts:AssumeRole"}})
    >>> bob.update(new_user_name="robert")
    >>> role.trust.statements[0].principal
    (('AWS', 'arn:aws:iam::111111111111:user/robert'),)
    >>> bob.delete()
    >>> role.trust.statements[0].principal[0][1][:4]
    'AIDA'
    """
    if old == new:
        return
    new_names = {("AWS", old): ("AWS", new)}
    for account in world.accounts.values():
        for role in account.roles.values():
            if role.trust is not None:
                role.trust = with_principals(role.trust, new_names)
        for resource in account.resources.values():
            if resource.policy is not None:
                resource.policy = with_principals(resource.policy, new_names)
    for organization in world.organizations.values():
        if (held := organization.resource_policy) is not None:
            held.policy = with_principals(held.policy, new_names)
    for arn, policy in world.resource_policies.items():
        world.resource_policies[arn] = with_principals(policy, new_names)


def with_principals(policy: Policy, new_names: Mapping[tuple[str, str], tuple[str, str]]) -> Policy:
    """Replace principals of a policy, each a type and a name."""

    def renamed(principals: Principals | None) -> Principals | None:
        return principals and tuple(new_names.get(principal, principal) for principal in principals)

    changed: dict[int, Statement | None] = {
        statement.number: replace(
            statement,
            principal=renamed(statement.principal),
            not_principal=renamed(statement.not_principal),
        )
        for statement in policy.statements
        if not new_names.keys().isdisjoint(statement.principal or statement.not_principal or ())
    }
    return edited(policy, changed) if changed else policy

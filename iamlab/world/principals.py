"""Whom saved policies name: users and roles are known by their unique ids behind their ARNs.

When somebody who is named is renamed, the policy goes with him; when he is deleted, the policy
shows his bare id, and whoever comes later under the same name is another.

Notes
-----
AWS page: "AWS JSON policy elements: Principal", the section on IAM users and role principals.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.writing import edited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.document import Policy, Principals, Statement
    from iamlab.world.world import World


def absent(policy: Policy, world: World) -> Iterator[tuple[Statement, str]]:
    """Give the users and roles that a policy names and that are not there.

    What lies in accounts outside of this world is taken as there.
    """
    for statement in policy.statements:
        for kind, value in statement.principal or statement.not_principal or ():
            if kind == "AWS" and not _is_there(value, world):
                yield statement, value


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
    """Let every trust and resource policy that names somebody name him by his new ARN, or his id.

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
    for account in world.accounts.values():
        for role in account.roles.values():
            if role.trust is not None:
                role.trust = _renamed(role.trust, old, new)
        for resource in account.resources.values():
            if resource.policy is not None:
                resource.policy = _renamed(resource.policy, old, new)
    for arn, policy in world.resource_policies.items():
        world.resource_policies[arn] = _renamed(policy, old, new)


def _renamed(policy: Policy, old: str, new: str) -> Policy:
    changed: dict[int, Statement | None] = {
        one.number: replace(
            one,
            principal=_by(one.principal, old, new),
            not_principal=_by(one.not_principal, old, new),
        )
        for one in policy.statements
        if ("AWS", old) in (one.principal or one.not_principal or ())
    }
    return edited(policy, changed) if changed else policy


def _by(principals: Principals | None, old: str, new: str) -> Principals | None:
    if principals is None:
        return None
    return tuple(("AWS", new) if one == ("AWS", old) else one for one in principals)

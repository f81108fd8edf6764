"""Which services and actions policies name in their Allows, and whose policies these are.

Only identity-based policies count, and only what they allow: what a Deny, a permissions boundary, a
session policy, an organization or the policy of a resource says changes no row.

Notes
-----
AWS page: "Refine permissions in AWS using last accessed information". Likely, not sure: that a Deny
in an identity-based policy takes no service away, as in ListPoliciesGrantingServiceAccess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import InvalidInput, NoSuchEntity, did_you_mean
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.world.gather import policies_of
from iamlab.world.identities import Group, Identity, Role, User
from iamlab.world.last_accessed.report import Entity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.policies import ManagedPolicy

KINDS = ("user", "group", "role", "policy")


def granted(policies: Iterable[Policy]) -> dict[str, list[str]]:
    """Give the actions that policies allow, by service; both in alphabetical order.

    Examples
    --------
    >>> from iamlab import Policy
    >>> granted([Policy.allow(["sts:AssumeRole", "s3:ListAll*"])])
    {'s3': ['s3:ListAllMyBuckets'], 'sts': ['sts:AssumeRole']}
    """
    names = {
        name
        for policy in policies
        for statement in policy.statements
        if statement.effect == "Allow"
        for name in catalog.matched(statement)
    }
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: name.split(":")):
        found.setdefault(name.partition(":")[0], []).append(name)
    return found


def find(account: Account, arn: str) -> Identity | ManagedPolicy:
    """Find what is asked about, in an account.

    Raises
    ------
    InvalidInput
        It is no ARN of a user, a group, a role or a managed policy.
    NoSuchEntity
        The account has none of that ARN.
    """
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind not in KINDS:
        error = InvalidInput(f"ARN {arn} is not valid.")
        error.add_note("Give the ARN of a user, a group, a role or a managed policy.")
        raise error
    if parsed.kind == "policy":
        return account.get_policy(arn)
    held: Mapping[str, Identity] = getattr(account, f"{parsed.kind}s")
    for one in held.values():
        if one.arn == arn:
            return one
    missing = NoSuchEntity(f"ARN {arn} is not found.")
    missing.add_note(did_you_mean(arn, (one.arn for one in held.values())))
    raise missing


def documents_of(asked: Identity | ManagedPolicy) -> list[Policy]:
    """List the policies in question: a user has those of his groups too."""
    if not isinstance(asked, Identity):
        return [asked.document]
    groups = asked.account.groups
    names = asked.groups if isinstance(asked, User) else ()
    holders = (asked, *(groups[name] for name in names if name in groups))
    return [one.policy for holder in holders for one in policies_of(holder)]


def entities_of(account: Account, asked: Identity | ManagedPolicy) -> list[User | Role]:
    """List who could have used the policies: oneself, the members, or whoever has the policy."""
    if isinstance(asked, User | Role):
        return [asked]
    if isinstance(asked, Group):
        return list(asked.users)
    with_it = {name for name, group in account.groups.items() if asked.arn in group.attached}
    users = (
        user
        for user in account.users.values()
        if asked.arn in user.attached or with_it.intersection(user.groups)
    )
    roles = (role for role in account.roles.values() if asked.arn in role.attached)
    return [*users, *roles]


def described(one: User | Role) -> Entity:
    """Describe a user or a role as the API does."""
    return Entity(one.arn, one.name, one.kind.upper(), one.unique_id, one.path)

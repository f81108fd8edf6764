"""The policies that apply to an identity: its own, those of its groups, and those above it.

Notes
-----
AWS pages: "Policies and permissions in AWS Identity and Access Management"; "Service control
policies (SCPs)"; "Permit IAM users to change their own passwords".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from iamlab.engine.layers import Attached, Level
from iamlab.model.identities import Bounded, Group, Identity, Role, User
from iamlab.model.managed_policies import document_of_aws
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from iamlab.model.account import Account


@cache
def root_user_policy() -> Policy:
    """Give what the root user may in its own account, as a policy."""
    return Policy.allow("*", "*", name="root user")


def scps_of(account: Account) -> tuple[Level, ...]:
    """Give the service control policies above an account, level by level."""
    if not account.world.organizations:
        return ()
    organization = account.world.organization_of(account.account_id)
    if organization is None:
        return ()
    from iamlab.model.organization.policies import SCP

    return organization.levels(account.account_id, SCP)


def allows_password_change(account: Account) -> bool:
    """Say whether the account's password policy lets all its users change their own."""
    policy = account.password_policy
    return policy is not None and policy.allow_users_to_change_password


@cache
def password_change_policy() -> Policy:
    """Give the permission to change one's own password, as a policy of each user."""
    own = ["arn:*:iam::*:user/${aws:username}", "arn:*:iam::*:user/*/${aws:username}"]
    return Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": own},
                {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
            ],
        },
        name="AllowUsersToChangePassword",
    )


def groups_of(identity: Bounded, missing: list[str]) -> list[Group]:
    """List the groups of a user; a loaded file may lack some, which is noted."""
    if not isinstance(identity, User):
        return []
    known = identity.account.groups
    missing += [
        f"Group {name} of user {identity.name} is not in the file: taken as one without policies."
        for name in identity.groups
        if name not in known
    ]
    return [known[name] for name in identity.groups if name in known]


def policies_of(
    identity: Identity, path: tuple[str, ...] = (), missing: list[str] | None = None
) -> list[Attached]:
    """List the policies attached to one identity: inline policies first, then managed ones."""
    found = [Attached(policy, None, path) for policy in identity.inline.values()]
    for arn in identity.attached:
        document = document_of(identity.account, arn)
        if document is not None:
            found.append(Attached(document, arn, path))
        elif missing is not None:
            missing.append(_unknown(arn))
    return found


def _unknown(arn: str) -> str:
    return f"Policy {arn} is attached, but its document is not in the file: taken as empty."


def document_of(account: Account, arn: str) -> Policy | None:
    """Give the document of a managed policy that applies; ``None`` if nobody knows it."""
    policy = account.policies.get(arn)
    return document_of_aws(arn) if policy is None else policy.document


def boundary_of(identity: Bounded, missing: list[str]) -> Attached | None:
    """Give the permissions boundary; one that nobody knows allows nothing, which is noted."""
    if identity.boundary is None:
        return None
    document = document_of(identity.account, identity.boundary)
    if document is None:
        missing.append(_unknown(identity.boundary) + " As a boundary it allows nothing.")
        document = Policy((), "2012-10-17", name=identity.boundary.rpartition("/")[2])
    return Attached(document, identity.boundary)


def identity_policies(identity: User | Role, missing: list[str]) -> tuple[Attached, ...]:
    """List all identity-based policies of a user or role, through groups too."""
    holders: list[tuple[Identity, tuple[str, ...]]] = [(identity, ())]
    holders += [(group, (f"group {group.name}",)) for group in groups_of(identity, missing)]
    attached = tuple(
        policy for holder, path in holders for policy in policies_of(holder, path, missing)
    )
    if isinstance(identity, User) and allows_password_change(identity.account):
        own = Attached(password_change_policy(), None, ("account password policy",))
        return (*attached, own)
    return attached

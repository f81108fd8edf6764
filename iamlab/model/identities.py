"""Users, groups, roles and the root user: names, policies, tags, credentials.

Also which policies apply to each: its own, those of its groups, its boundary.

Notes
-----
AWS pages: "IAM users"; "IAM user groups"; "IAM roles"; "AWS account root user"; "Policies and
permissions in AWS Identity and Access Management"; "Permit IAM users to change their own
passwords".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from iamlab.display import Shown, few
from iamlab.engine.layers import AttachedPolicy
from iamlab.errors import NoSuchEntity, noted
from iamlab.model.console_access import switch_role_page
from iamlab.model.credentials import CredentialOwner
from iamlab.model.managed_policies import document_of
from iamlab.model.record import Record, RoleLastUsed, check_texts
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.console_access import LoginProfile
    from iamlab.model.credentials import KeyRecord
    from iamlab.model.user_credentials import (
        ServiceSpecificCredential,
        SigningCertificate,
        SSHPublicKey,
    )


@dataclass(slots=True, eq=False, repr=False)
class Identity(Shown, Record):
    """A user, group or role: a name and policies.

    An identity holds the *ARNs* of its managed policies, so that a new default version applies
    everywhere at once. It holds inline policies itself.
    """

    account: Account = field(repr=False)
    name: str
    path: str = "/"
    unique_id: str = field(default="", repr=False)
    attached: list[str] = field(default_factory=list, repr=False)
    inline: dict[str, Policy] = field(default_factory=dict, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    create_date: datetime | None = field(default=None, repr=False)
    kind: ClassVar[str] = ""
    noun: ClassVar[str] = ""  # in the names of operations

    @property
    def arn(self) -> str:
        """``arn:aws:iam::ACCOUNT:kind/path/name``."""
        account = self.account
        return (
            f"arn:{account.partition}:iam::{account.account_id}:{self.kind}{self.path}{self.name}"
        )

    def __repr__(self) -> str:
        return _summary_of(self)


@dataclass(slots=True, eq=False, repr=False)
class Bounded(Identity):
    """An identity that can have a permissions boundary: a user or a role."""

    boundary: str | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False, repr=False)
class User(Bounded, CredentialOwner):
    """A long-term identity with its own policies and credentials."""

    groups: list[str] = field(default_factory=list, repr=False)
    key_records: dict[str, KeyRecord] = field(default_factory=dict, repr=False)
    login_profile: LoginProfile | None = field(default=None, repr=False)
    former_sign_in: datetime | None = field(default=None, repr=False)
    signing_certificates: dict[str, SigningCertificate] = field(default_factory=dict, repr=False)
    ssh_public_keys: dict[str, SSHPublicKey] = field(default_factory=dict, repr=False)
    service_specific_credentials: dict[str, ServiceSpecificCredential] = field(
        default_factory=dict, repr=False
    )
    kind: ClassVar[str] = "user"
    noun: ClassVar[str] = "User"

    @property
    def user_name(self) -> str:
        """The user's name, as the API calls it."""
        return self.name

    @property
    def named(self) -> dict[str, str]:
        """The parameters that name it in the API."""
        return {"UserName": self.name}

    @property
    def is_there(self) -> bool:
        """Whether it has not been deleted."""
        return self.account.users.get(self.name) is self

    @property
    def console_sign_in_url(self) -> str | None:
        """Where the user signs in; ``None`` without a password."""
        return self.account.console_sign_in_url if self.login_profile else None


@dataclass(slots=True, eq=False, repr=False)
class Group(Identity):
    """Users that share policies. A group isn't a principal and can't contain groups."""

    kind: ClassVar[str] = "group"
    noun: ClassVar[str] = "Group"

    @property
    def users(self) -> list[User]:
        """The group's users."""
        return [user for user in self.account.users.values() if self.name in user.groups]

    def own_user(self, user: Identity | str) -> User:
        """Find a user of the group's account; users of other accounts can't be members."""
        if not isinstance(user, Identity):
            check_texts(user=user)
            return self.account.users[user]
        if user.arn.split(":")[4] != self.account.account_id:
            error = NoSuchEntity(f"The user with name {user.name} cannot be found.")
            why = f"{user.arn} is in another account. A group contains its own users."
            raise noted(error, why)
        return self.account.users[user.name]


@dataclass(slots=True, eq=False, repr=False)
class Role(Bounded):
    """An identity that principals assume."""

    trust: Policy | None = field(default=None, repr=False)
    max_session_duration: int = field(default=3600, repr=False)
    description: str = field(default="", repr=False)
    instance_profiles: list[str] = field(default_factory=list, repr=False)
    last_used: RoleLastUsed | None = field(default=None, repr=False)
    kind: ClassVar[str] = "role"
    noun: ClassVar[str] = "Role"

    @property
    def switch_role_url(self) -> str:
        """Where a user who is signed in to the console switches to this role."""
        account = self.account
        whose = account.alias or account.account_id
        return switch_role_page(account.partition, whose, f"{self.path}{self.name}"[1:])


@dataclass(slots=True, eq=False)
class RootUser(CredentialOwner, Shown, Record):
    """The root user of an account."""

    account: Account = field(repr=False)
    email: str = ""
    key_records: dict[str, KeyRecord] = field(default_factory=dict, repr=False)
    login_profile: LoginProfile | None = field(default=None, repr=False)
    former_sign_in: datetime | None = field(default=None, repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:iam::ACCOUNT:root``."""
        return self.account.root_arn

    @property
    def unique_id(self) -> str:
        """The account's id, in place of a user's unique id."""
        return self.account.account_id

    @property
    def user_name(self) -> str:
        """Its name in the API's responses: the account's alias or id."""
        return self.account.alias or self.account.account_id

    @property
    def named(self) -> dict[str, str]:
        """No parameters: the API names it by naming nobody."""
        return {}

    @property
    def is_there(self) -> bool:
        """Whether it has not been deleted; a root user cannot be."""
        return True


def _summary_of(identity: Identity) -> str:
    """Describe an identity on one line.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> scenario("groups").user("dana")
    <User dana: groups developers, contractors; policies own-notes>
    """
    boundary = getattr(identity, "boundary", None)
    hanging = (
        ("groups", getattr(identity, "groups", ())),
        ("users", [user.name for user in getattr(identity, "users", ())]),
        ("policies", [*identity.inline, *map(_name, identity.attached)]),
        ("boundary", [] if boundary is None else [_name(boundary)]),
    )
    words = "; ".join(f"{what} {few(names)}" for what, names in hanging if names)
    kind = identity.kind.capitalize()
    return f"<{kind} {few([identity.name])}: {words or 'no policies attached'}>"


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def with_groups(identity: Identity) -> list[Identity]:
    """Return an identity and, for a user, the groups."""
    known = identity.account.groups
    names = identity.groups if isinstance(identity, User) else ()
    return [identity, *(known[name] for name in names if name in known)]


@cache
def root_user_policy() -> Policy:
    """Return the root user's permissions in its own account, as a policy."""
    return Policy.allow("*", "*", name="root user")


def allows_password_change(account: Account) -> bool:
    """Return whether the account's password policy lets all users change their own password."""
    policy = account.password_policy
    return policy is not None and policy.allow_users_to_change_password


@cache
def password_change_policy() -> Policy:
    """Return the permission to change one's own password, as a policy of each user."""
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


def policies_of(
    identity: Identity, path: tuple[str, ...] = (), missing: list[str] | None = None
) -> list[AttachedPolicy]:
    """List the policies of an identity: inline policies first, then managed policies."""
    found = [AttachedPolicy(policy, None, path) for policy in identity.inline.values()]
    for arn in identity.attached:
        document = document_of(identity.account, arn)
        if document is not None:
            found.append(AttachedPolicy(document, arn, path))
        elif missing is not None:
            missing.append(_unknown(arn))
    return found


def _unknown(arn: str) -> str:
    return f"Policy {arn} is attached, but its document isn't in the file: assumed to be empty."


def boundary_of(identity: Bounded, missing: list[str]) -> AttachedPolicy | None:
    """Return the permissions boundary; an unknown one allows nothing, with a warning."""
    if identity.boundary is None:
        return None
    document = document_of(identity.account, identity.boundary)
    if document is None:
        missing.append(_unknown(identity.boundary) + " As a boundary it allows nothing.")
        document = Policy((), "2012-10-17", name=identity.boundary.rpartition("/")[2])
    return AttachedPolicy(document, identity.boundary)


def identity_policies(identity: User | Role, missing: list[str]) -> tuple[AttachedPolicy, ...]:
    """List all identity-based policies of a user or role, including its groups' policies."""
    holders: list[tuple[Identity, tuple[str, ...]]] = [(identity, ())]
    missing += [
        f"Group {name} of user {identity.name} isn't in the file: assumed to have no policies."
        for name in getattr(identity, "groups", ())
        if name not in identity.account.groups
    ]
    holders += [(group, (f"group {group.name}",)) for group in with_groups(identity)[1:]]
    attached = tuple(
        policy for holder, path in holders for policy in policies_of(holder, path, missing)
    )
    if isinstance(identity, User) and allows_password_change(identity.account):
        own = AttachedPolicy(password_change_policy(), None, ("account password policy",))
        return (*attached, own)
    return attached

"""Users, groups and roles: what they carry, and how that is changed.

Notes
-----
AWS pages: "IAM users"; "IAM user groups"; "IAM roles".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors import LimitExceeded, NoSuchEntity, RequestError, did_you_mean
from iamlab.world.quotas import GROUPS_PER_USER, check_name, check_tags
from iamlab.world.saving import Document, saved, saved_inline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.policies import ManagedPolicy


@dataclass(slots=True, eq=False)
class Identity:
    """What users, groups and roles have in common: a name, and policies.

    An identity holds the *ARNs* of its managed policies, so that a new default version is seen
    everywhere at once; inline policies it holds itself.
    """

    account: Account = field(repr=False)
    name: str
    path: str = "/"
    unique_id: str = field(default="", repr=False)
    attached: list[str] = field(default_factory=list, repr=False)
    inline: dict[str, Policy] = field(default_factory=dict, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    kind: ClassVar[str] = ""

    @property
    def arn(self) -> str:
        """``arn:aws:iam::ACCOUNT:kind/path/name``."""
        account = self.account
        return (
            f"arn:{account.partition}:iam::{account.account_id}:{self.kind}{self.path}{self.name}"
        )

    def attach_policy(self, policy: str | ManagedPolicy) -> None:
        """Attach a managed policy.

        Parameters
        ----------
        policy
            The policy, its ARN, or the name of one of AWS's or of the account's own.

        Raises
        ------
        NoSuchEntity
            There is no such policy.
        """
        arn = self.account.get_policy(policy).arn
        if arn not in self.attached:
            self.attached.append(arn)
            self.account.changed()

    def detach_policy(self, policy: str | ManagedPolicy) -> None:
        """Detach a managed policy.

        Raises
        ------
        NoSuchEntity
            It is not attached.
        """
        arn = policy if policy in self.attached else self.account.get_policy(policy).arn
        if arn not in self.attached:
            raise NoSuchEntity(f"Policy {arn} was not found.")
        self.attached.remove(str(arn))
        self.account.changed()

    def put_policy(self, policy_name: str, document: Document) -> None:
        """Write an inline policy: it belongs to this identity alone and goes with it."""
        check_name("policyName", policy_name)
        others = [policy for name, policy in self.inline.items() if name != policy_name]
        holder = (self.kind, self.name)
        self.inline[policy_name] = saved_inline(document, policy_name, holder, others)
        self.account.changed()

    def delete_policy(self, policy_name: str) -> None:
        """Delete an inline policy.

        Raises
        ------
        NoSuchEntity
            There is none of that name.
        """
        if policy_name not in self.inline:
            error = NoSuchEntity(f"The {self.kind} policy with name {policy_name} cannot be found.")
            error.add_note(did_you_mean(policy_name, self.inline))
            raise error
        del self.inline[policy_name]
        self.account.changed()

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagUser``, ``TagRole``)."""
        lower = {key.lower(): key for key in self.tags}
        kept = {lower.get(key.lower(), key): value for key, value in check_tags(tags).items()}
        self.tags = check_tags({**self.tags, **kept})
        self.account.changed()

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagUser``, ``UntagRole``)."""
        if isinstance(tag_keys, str):
            raise RequestError(f"tag_keys is a list of keys: write [{tag_keys!r}].")
        for key in tag_keys:
            self.tags.pop(key, None)
        self.account.changed()

    def _repr_html_(self) -> str:
        from iamlab import display

        return display.html(self)


@dataclass(slots=True, eq=False)
class Bounded(Identity):
    """An identity that may have a permissions boundary: a user or a role, never a group."""

    boundary: str | None = field(default=None, repr=False)

    def put_permissions_boundary(self, policy: str | ManagedPolicy) -> None:
        """Set the ceiling: at most what this managed policy allows."""
        self.boundary = self.account.get_policy(policy).arn
        self.account.changed()

    def delete_permissions_boundary(self) -> None:
        """Take the ceiling away."""
        if self.boundary is None:
            message = f"{self.kind.capitalize()} {self.name} does not have a permissions boundary."
            raise NoSuchEntity(message)
        self.boundary = None
        self.account.changed()


@dataclass(slots=True, eq=False)
class User(Bounded):
    """A long-term identity. It starts with no permissions at all."""

    groups: list[str] = field(default_factory=list, repr=False)
    kind: ClassVar[str] = "user"


@dataclass(slots=True, eq=False)
class Group(Identity):
    """A bag of users that hands them its policies. It is no principal and holds no groups."""

    kind: ClassVar[str] = "group"

    @property
    def users(self) -> list[User]:
        """Its members."""
        return [user for user in self.account.users.values() if self.name in user.groups]

    def add_user(self, user: Identity | str) -> None:
        """Make a user a member.

        Raises
        ------
        LimitExceeded
            The user is in ten groups already.
        NoSuchEntity
            There is no such user in the group's account.
        RequestError
            What is added is no user: groups do not nest, and roles do not join.
        """
        if isinstance(user, Identity) and not isinstance(user, User):
            message = (
                f"{user.kind} {user.name} cannot be a member of group {self.name}: "
                "a group holds users only."
            )
            raise RequestError(message)
        member = self._own(user)
        if self.name not in member.groups:
            if len(member.groups) >= GROUPS_PER_USER:
                raise LimitExceeded(f"Cannot exceed quota for GroupsPerUser: {GROUPS_PER_USER}")
            member.groups.append(self.name)
            self.account.changed()

    def remove_user(self, user: User | str) -> None:
        """End a membership.

        Raises
        ------
        NoSuchEntity
            The user is no member.
        """
        member = self._own(user)
        if self.name not in member.groups:
            raise NoSuchEntity(f"User {member.name} not in group {self.name}.")
        member.groups.remove(self.name)
        self.account.changed()

    def _own(self, user: Identity | str) -> User:
        """Find a user of the group's account; its namesake in another account is somebody else."""
        if not isinstance(user, Identity):
            return self.account.get_user(user)
        if user.arn.split(":")[4] != self.account.account_id:
            error = NoSuchEntity(f"The user with name {user.name} cannot be found.")
            error.add_note(f"{user.arn} is of another account; a group holds users of its own.")
            raise error
        return self.account.get_user(user.name)


@dataclass(slots=True, eq=False)
class Role(Bounded):
    """An identity that others assume for a while.

    Parameters
    ----------
    trust
        The trust policy: who may assume it.
    max_session_duration
        In seconds, 3,600 to 43,200.
    instance_profiles
        Names of the instance profiles that hold it.
    """

    trust: Policy | None = field(default=None, repr=False)
    max_session_duration: int = field(default=3600, repr=False)
    instance_profiles: list[str] = field(default_factory=list, repr=False)
    kind: ClassVar[str] = "role"

    def update_assume_role_policy(self, document: Document) -> None:
        """Replace the trust policy."""
        self.trust = saved(document, f"trust of {self.name}", "trust")
        self.account.changed()

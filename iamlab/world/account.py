"""One account: its users, groups, roles, policies and buckets, by name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    EntityAlreadyExists,
    NoSuchEntity,
    RequestError,
    did_you_mean,
)
from iamlab.world import managed
from iamlab.world.identities import Group, Role, User
from iamlab.world.policies import ManagedPolicy
from iamlab.world.quotas import (
    check_bucket_name,
    check_name,
    check_path,
    check_session_duration,
    check_tags,
)
from iamlab.world.resources import Bucket, bucket_policy
from iamlab.world.saving import Document, saved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.world import World

Thing = TypeVar("Thing")


@dataclass(slots=True, eq=False)
class Account:
    """An AWS account. Names are unique in it whatever their letter case; the case is kept.

    Parameters
    ----------
    partition
        ``aws``, ``aws-cn``, ``aws-us-gov`` or ``aws-eusc``.
    """

    world: World = field(repr=False)
    name: str
    account_id: str
    partition: str = "aws"
    users: dict[str, User] = field(default_factory=dict, repr=False)
    groups: dict[str, Group] = field(default_factory=dict, repr=False)
    roles: dict[str, Role] = field(default_factory=dict, repr=False)
    policies: dict[str, ManagedPolicy] = field(default_factory=dict, repr=False)  # by ARN
    buckets: dict[str, Bucket] = field(default_factory=dict, repr=False)

    @property
    def root_arn(self) -> str:
        """The root user's ARN; in a Principal element it stands for the whole account."""
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    @property
    def canonical_user_id(self) -> str:
        """The account's second name, 64 hexadecimal digits, which only S3 knows.

        AWS draws it by lot; here it follows from the account id.
        """
        return sha256(f"canonical user {self.account_id}".encode()).hexdigest()

    def changed(self) -> None:
        """Note that something in the account is different now."""
        self.world.changed()

    def create_user(
        self, user_name: str, *, path: str = "/", tags: Mapping[str, str] | None = None
    ) -> User:
        """Create a user: it has no permissions."""
        self._check_new("User", "userName", user_name, self.users, path)
        own = check_tags(tags or {})
        user = User(self, user_name, path, self.world.ids.unique_id("user"), tags=own)
        self.users[user_name] = user
        self.changed()
        return user

    def create_group(self, group_name: str, *, path: str = "/") -> Group:
        """Create a group: it has no members and no policies."""
        self._check_new("Group", "groupName", group_name, self.groups, path)
        group = Group(self, group_name, path, self.world.ids.unique_id("group"))
        self.groups[group_name] = group
        self.changed()
        return group

    def create_role(
        self,
        role_name: str,
        *,
        assume_role_policy_document: Document,
        path: str = "/",
        max_session_duration: int = 3600,
        tags: Mapping[str, str] | None = None,
    ) -> Role:
        """Create a role, with its trust policy."""
        self._check_new("Role", "roleName", role_name, self.roles, path)
        check_session_duration(max_session_duration)
        trust = saved(assume_role_policy_document, f"trust of {role_name}", "trust")
        role = Role(
            self,
            role_name,
            path,
            self.world.ids.unique_id("role"),
            tags=check_tags(tags or {}),
            trust=trust,
            max_session_duration=max_session_duration,
        )
        self.roles[role_name] = role
        self.changed()
        return role

    def create_policy(
        self, policy_name: str, policy_document: Document, *, path: str = "/"
    ) -> ManagedPolicy:
        """Create a customer managed policy; this is its version v1."""
        arn = f"arn:{self.partition}:iam::{self.account_id}:policy{path}{policy_name}"
        taken = {policy.name: policy for policy in self.policies.values()}
        self._check_new("", "policyName", policy_name, taken, path)
        document = saved(policy_document, policy_name, "identity")
        policy = ManagedPolicy(
            policy_name,
            arn,
            {"v1": document},
            path=path,
            policy_id=self.world.ids.unique_id("policy"),
            changed=self.changed,
        )
        self.policies[arn] = policy
        self.changed()
        return policy

    def create_bucket(
        self,
        name: str,
        *,
        policy: Document | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Bucket:
        """Create an S3 bucket. Its name is unique in the whole world."""
        check_bucket_name(name)
        if name in self.buckets:
            raise BucketAlreadyOwnedByYou(
                "Your previous request to create the named bucket succeeded and you already own it."
            )
        if any(name in account.buckets for account in self.world.accounts.values()):
            raise BucketAlreadyExists(
                "The requested bucket name is not available. The bucket namespace is shared by all "
                "users of the system. Please select a different name and try again."
            )
        bucket = Bucket(self, name, tags=check_tags(tags or {}))
        bucket.policy = None if policy is None else bucket_policy(policy, bucket)
        self.buckets[name] = bucket
        self.changed()
        return bucket

    def get_user(self, user_name: str) -> User:
        """Find a user by name, in any letter case."""
        return _find(self.users, user_name, "The user")

    def get_group(self, group_name: str) -> Group:
        """Find a group by name, in any letter case."""
        return _find(self.groups, group_name, "The group")

    def get_role(self, role_name: str) -> Role:
        """Find a role by name, in any letter case."""
        return _find(self.roles, role_name, "The role")

    def get_policy(self, policy: str | ManagedPolicy) -> ManagedPolicy:
        """Find a managed policy by ARN; AWS's own and this account's also by name."""
        if isinstance(policy, ManagedPolicy):
            policy = policy.arn
        if not isinstance(policy, str):
            raise RequestError(
                f"{policy!r} is no managed policy. Make one of a document with create_policy, or "
                "write it inline with put_policy."
            )
        by_name = (own for own in self.policies.values() if own.name == policy)
        found = self.policies.get(policy) or next(by_name, None)
        found = found or managed.find(policy, self.partition)
        if found is None:
            error = NoSuchEntity(f"Policy {policy} does not exist or is not attachable.")
            error.add_note(self._policy_like(policy.rpartition("/")[2]))
            raise error
        return found

    def copy(self, world: World) -> Account:
        """Copy the account into another world; what is frozen is shared."""
        twin = replace(self, world=world)
        twin.policies = {arn: policy.copy(twin.changed) for arn, policy in self.policies.items()}
        for kind in ("users", "groups", "roles", "buckets"):
            originals = getattr(self, kind)
            setattr(twin, kind, {name: _copy_of(one, twin) for name, one in originals.items()})
        return twin

    def _policy_like(self, name: str) -> str:
        """Name the policies that may be meant, as a note for the learner."""
        namesake = managed.find(name, self.partition)
        if namesake is not None:  # so its path was wrong
            return f"Did you mean {namesake.arn}?"
        own = [policy.name for policy in self.policies.values()]
        note = did_you_mean(name, [*own, *managed.names()])
        # Without a likeness AWS's 1,500 names say nothing.
        return did_you_mean(name, own) if own and not note.endswith("?") else note

    def _check_new(
        self, noun: str, parameter: str, name: str, taken: Mapping[str, object], path: str
    ) -> None:
        check_name(parameter, name)
        check_path(path)
        if any(name.lower() == other.lower() for other in taken):
            message = f"{noun} with name {name} already exists."
            if parameter == "policyName":
                message = f"A policy called {name} already exists. Duplicate names are not allowed."
            raise EntityAlreadyExists(message)


def _find(things: Mapping[str, Thing], name: object, noun: str) -> Thing:
    if not isinstance(name, str):
        raise RequestError(f"{name!r} is no name.")
    if name in things:
        return things[name]
    for other, thing in things.items():
        if other.lower() == name.lower():
            return thing
    error = NoSuchEntity(f"{noun} with name {name} cannot be found.")
    error.add_note(did_you_mean(name, things))
    raise error


Own = TypeVar("Own", User, Group, Role, Bucket)


def _copy_of(thing: Own, account: Account) -> Own:
    """Copy an identity or a bucket: its lists and dicts are new, their values shared."""
    mutable: dict[str, Any] = {
        name: type(value)(value)
        for name in thing.__dataclass_fields__
        if isinstance(value := getattr(thing, name), list | dict)
    }
    return replace(thing, account=account, **mutable)

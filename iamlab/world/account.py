"""One account: its identities, policies, credentials and resources, and what is set for all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.display import Shown
from iamlab.errors import NoSuchEntity, RequestError, did_you_mean
from iamlab.world import managed
from iamlab.world.account_reports import AccountReports
from iamlab.world.account_settings import AccountSettings
from iamlab.world.api.calling import call, perform
from iamlab.world.api.values import as_tags, as_text
from iamlab.world.identities import Group, Role, User
from iamlab.world.making import Makes
from iamlab.world.making_resources import MakesResources
from iamlab.world.policies import ManagedPolicy
from iamlab.world.questions import check_texts
from iamlab.world.quotas import raised
from iamlab.world.resources import Resource
from iamlab.world.root import RootUser

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.world.gather import Caller
    from iamlab.world.last_accessed.jobs import LastAccessedJob
    from iamlab.world.mfa import MfaRecord
    from iamlab.world.organization import Organization
    from iamlab.world.passwords import PasswordPolicy
    from iamlab.world.reports import Job
    from iamlab.world.saving import Document
    from iamlab.world.services.s3.bucket import Bucket
    from iamlab.world.things import (
        InstanceProfile,
        OpenIDConnectProvider,
        SAMLProvider,
        ServerCertificate,
    )
    from iamlab.world.world import World

Thing = TypeVar("Thing")


@dataclass(slots=True, eq=False, repr=False)
class Account(AccountReports, AccountSettings, Makes, MakesResources, Shown):
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
    resources: dict[str, Resource] = field(default_factory=dict, repr=False)  # by ARN
    quotas: dict[str, int] = field(default_factory=dict, repr=False)  # those that were raised
    create_date: datetime | None = field(default=None, repr=False)  # unknown of a loaded account
    report_job: Job | None = field(default=None, repr=False)  # the newest credential report
    root: RootUser = field(init=False, repr=False)
    alias: str | None = field(default=None, repr=False)
    password_policy: PasswordPolicy | None = field(default=None, repr=False)
    mfa_records: dict[str, MfaRecord] = field(default_factory=dict, repr=False)  # by serial number
    instance_profiles: dict[str, InstanceProfile] = field(default_factory=dict, repr=False)
    server_certificates: dict[str, ServerCertificate] = field(default_factory=dict, repr=False)
    saml_providers: dict[str, SAMLProvider] = field(default_factory=dict, repr=False)  # by ARN
    oidc_providers: dict[str, OpenIDConnectProvider] = field(default_factory=dict, repr=False)
    deletion_tasks: dict[str, str] = field(default_factory=dict, repr=False)  # id -> status
    global_endpoint_token_version: int = field(default=1, repr=False)
    s3_public_access_block: PublicAccessBlock | None = field(default=None, repr=False)
    sts_regions_off: list[str] = field(default_factory=list, repr=False)
    role_manager_enabled: bool = field(default=False, repr=False)
    outbound_federation: str = field(default="", repr=False)  # its issuer's URL, while it is on
    last_accessed_jobs: dict[str, LastAccessedJob] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.root = RootUser(self, f"root-{self.account_id}@example.com")
        if self.create_date is None and not self.world.loaded:
            self.create_date = self.world.clock.now

    @property
    def root_arn(self) -> str:
        """The root user's ARN; in a Principal element it stands for the whole account."""
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    @property
    def organization(self) -> Organization | None:
        """The organization that it is in."""
        return self.world.organization_of(self.account_id)

    def leave_organization(self) -> None:
        """Leave the organization (``LeaveOrganization``).

        Raises
        ------
        MasterCannotLeaveOrganizationException
            It is the management account.
        """
        from iamlab.world.organization import leave_organization

        leave_organization(self)

    @property
    def buckets(self) -> dict[str, Bucket]:
        """Its S3 buckets, by name."""
        found = (one for one in self.resources.values() if one.kind == "bucket")
        return {one.name: one for one in found}  # type: ignore[misc]

    def changed(self) -> None:
        """Note that something in the account is different now."""
        self.world.changed()

    def raise_quota(self, name: str, value: int) -> None:
        """Have a quota raised, as AWS does when it is asked.

        Parameters
        ----------
        name
            As in AWS's refusals: ``"PoliciesPerRole"``.

        Raises
        ------
        RequestError
            There is no such quota, or AWS does not raise it so far.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.raise_quota("PoliciesPerRole", 25)
        """
        self.quotas[name] = raised(name, value)

    def call(self, operation: str, caller: Caller, **parameters: Any) -> dict[str, Any]:
        """Call an operation of an AWS API as somebody, who needs permission for it.

        Parameters
        ----------
        operation
            Its name, with the service's prefix if it is none of IAM's: ``"CreateUser"``,
            ``"kms:CreateKey"``, ``"sts:AssumeRole"``.
        caller
            A user, a role ("some session of it"), a session or the root user: of this account for
            IAM and Organizations; for other services also of another one, if policies allow it.
        parameters
            By their names in the API: ``UserName="zoe"``.

        Returns
        -------
        dict
            What the API answers, as real clients give it.

        Raises
        ------
        AccessDenied
            The caller may not; ``error.decision`` says why.
        AwsError
            Whatever else AWS would answer; the world is then as it was, but for its log and for
            when the caller's key was last used.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> dana = main.create_user("dana")
        >>> dana.attach_policy("IAMReadOnlyAccess")
        >>> len(main.call("ListUsers", dana)["Users"])
        1
        """
        check_texts(operation=operation)
        if operation.startswith("sts:"):
            return self.world.sts.call(operation[4:], caller, **parameters)
        return call(self, operation, caller, parameters)

    def create_user(
        self,
        user_name: str,
        *,
        path: str = "/",
        permissions_boundary: str | ManagedPolicy | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> User:
        """Create a user: it has no permissions.

        Raises
        ------
        EntityAlreadyExists
            There is a user of that name, in whatever letter case.
        LimitExceeded
            The account has as many as it may have.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> ana = main.create_user("ana", path="/research/", tags={"team": "sky"})
        >>> ana.arn
        'arn:aws:iam::111111111111:user/research/ana'
        >>> print(main.world.can(ana, "s3:ListAllMyBuckets", "*"))
        ○ implicit deny
        """
        made: User = perform(
            self,
            "CreateUser",
            UserName=user_name,
            Path=path,
            PermissionsBoundary=self._arn_of(permissions_boundary),
            Tags=as_tags(tags),
        )
        return made

    def create_group(self, group_name: str, *, path: str = "/") -> Group:
        """Create a group: it has no members and no policies.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> team = main.create_group("astronomers")
        >>> team.attach_policy("ReadOnlyAccess")
        >>> team.add_user(main.create_user("ana"))
        >>> bool(main.world.can("arn:aws:iam::111111111111:user/ana", "s3:ListAllMyBuckets", "*"))
        True
        """
        made: Group = perform(self, "CreateGroup", GroupName=group_name, Path=path)
        return made

    def create_role(
        self,
        role_name: str,
        *,
        assume_role_policy_document: Document,
        path: str = "/",
        description: str | None = None,
        max_session_duration: int = 3600,
        permissions_boundary: str | ManagedPolicy | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Role:
        """Create a role, with its trust policy.

        Raises
        ------
        MalformedPolicyDocument
            The trust policy is none; the notes say why.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
        >>> main.create_role("audit", assume_role_policy_document=trust).arn
        'arn:aws:iam::111111111111:role/audit'
        """
        made: Role = perform(
            self,
            "CreateRole",
            RoleName=role_name,
            Path=path,
            AssumeRolePolicyDocument=as_text(assume_role_policy_document),
            Description=description,
            MaxSessionDuration=max_session_duration,
            PermissionsBoundary=self._arn_of(permissions_boundary),
            Tags=as_tags(tags),
        )
        return made

    def create_policy(
        self,
        policy_name: str,
        policy_document: Document,
        *,
        path: str = "/",
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> ManagedPolicy:
        """Create a customer managed policy; this is its version v1.

        Raises
        ------
        MalformedPolicyDocument
            It is no identity policy; the notes say why.
        """
        made: ManagedPolicy = perform(
            self,
            "CreatePolicy",
            PolicyName=policy_name,
            Path=path,
            PolicyDocument=as_text(policy_document),
            Description=description,
            Tags=as_tags(tags),
        )
        return made

    def _arn_of(self, policy: str | ManagedPolicy | None) -> str | None:
        return None if policy is None else self.get_policy(policy).arn

    def get_user(self, user_name: str) -> User:
        """Find a user by name, in any letter case."""
        return _find(self.users, user_name, "The user")

    def get_group(self, group_name: str) -> Group:
        """Find a group by name, in any letter case."""
        return _find(self.groups, group_name, "The group")

    def get_role(self, role_name: str) -> Role:
        """Find a role by name, in any letter case."""
        return _find(self.roles, role_name, "The role")

    def get_bucket(self, name: str) -> Bucket:
        """Find a bucket by name."""
        return _find(self.buckets, name, "The bucket")

    def get_resource(self, arn: str) -> Resource:
        """Find a resource by its ARN."""
        return _find(self.resources, arn, "The resource")

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
        twin = replace(self, world=world, quotas=dict(self.quotas))
        twin.root, twin.mfa_records = _copy_of(self.root, twin), dict(self.mfa_records)
        twin.policies = {arn: policy.copy(twin) for arn, policy in self.policies.items()}
        twin.deletion_tasks = dict(self.deletion_tasks)
        twin.last_accessed_jobs = dict(self.last_accessed_jobs)
        twin.sts_regions_off = list(self.sts_regions_off)
        for kind in _COPIED:
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


_COPIED = (
    *("users", "groups", "roles", "resources", "instance_profiles"),
    *("server_certificates", "saml_providers", "oidc_providers"),
)
"""What an account holds that can change, by name or ARN."""

Own = TypeVar("Own", User, Group, Role, Resource, RootUser)


def _copy_of(thing: Own, account: Account) -> Own:
    """Copy an identity or a resource: its lists and dicts are new, their values shared."""
    mutable: dict[str, Any] = {
        name: type(value)(value)
        for name in thing.__dataclass_fields__
        if isinstance(value := getattr(thing, name), list | dict)
    }
    return replace(thing, account=account, **mutable)

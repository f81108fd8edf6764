"""One account: its identities, policies, credentials and resources, and the settings for all."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from iamlab.deprecated import with_old_names
from iamlab.display import Shown, count, few
from iamlab.model.console_access import sign_in_page
from iamlab.model.identities import Group, Role, RootUser, User
from iamlab.model.managed_policies import ManagedPolicies
from iamlab.model.quotas import raised
from iamlab.model.record import Entities, Record, copy_into

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.model.console_access import PasswordPolicy
    from iamlab.model.credentials import CredentialOwner, MfaRecord
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.organization.organization import Organization
    from iamlab.model.providers import (
        InstanceProfile,
        OpenIDConnectProvider,
        SAMLProvider,
        ServerCertificate,
    )
    from iamlab.model.resources import Resource
    from iamlab.model.world import World


@with_old_names
@dataclass(slots=True, eq=False, repr=False)
class Account(Shown, Record):
    """An AWS account: what it holds, and how to find it."""

    world: World = field(repr=False)
    name: str
    account_id: str
    partition: str = "aws"
    users: dict[str, User] = field(default_factory=dict, repr=False)
    groups: dict[str, Group] = field(default_factory=dict, repr=False)
    roles: dict[str, Role] = field(default_factory=dict, repr=False)
    policies: dict[str, ManagedPolicy] = field(default_factory=dict, repr=False)  # by ARN
    resources: dict[str, Resource] = field(default_factory=dict, repr=False)  # by ARN
    quotas: dict[str, int] = field(default_factory=dict, repr=False)  # only raised quotas
    create_date: datetime | None = field(default=None, repr=False)  # unknown of a loaded account
    report_job: Any = field(default=None, repr=False)  # the newest credential report
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
    outbound_federation: str = field(default="", repr=False)  # the issuer's URL while it is enabled
    last_accessed_jobs: dict[str, Any] = field(default_factory=dict, repr=False)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a dictionary of entities, of a new or a loaded account, finds them."""
        if name == "policies":
            value = ManagedPolicies(self, value)
        elif name in _COPIED:
            value = Entities(name, value)
        object.__setattr__(self, name, value)

    def __post_init__(self) -> None:
        self.root = RootUser(self, f"root-{self.account_id}@example.com")
        if self.create_date is None and not self.world.loaded:
            self.create_date = self.world.clock.now

    @property
    def root_arn(self) -> str:
        """The root user's ARN; in a Principal element it means the whole account."""
        return f"arn:{self.partition}:iam::{self.account_id}:root"

    @property
    def organization(self) -> Organization | None:
        """The account's organization."""
        return self.world.organization_of(self.account_id)

    @property
    def buckets(self) -> Entities[Resource]:
        """Its S3 buckets, by name."""
        found = (resource for resource in self.resources.values() if resource.kind == "bucket")
        return Entities("buckets", {resource.name: resource for resource in found})

    def owner_of_key(self, access_key_id: str) -> CredentialOwner | None:
        """Find the owner of an access key; ``None``: no owner in this account."""
        every: tuple[CredentialOwner, ...] = (self.root, *self.users.values())
        return next((owner for owner in every if access_key_id in owner.key_records), None)

    @property
    def console_sign_in_url(self) -> str:
        """Where its users sign in, by alias if there is one; the address with the id also works."""
        return sign_in_page(self.partition, self.alias or self.account_id)

    @property
    def canonical_user_id(self) -> str:
        """The account's second name, 64 hexadecimal digits, which only S3 knows.

        AWS picks it at random; here it follows from the account id.
        """
        return sha256(f"canonical user {self.account_id}".encode()).hexdigest()

    def changed(self) -> None:
        """Clear cached answers, because something in the account has changed."""
        self.world.changed()

    def raise_quota(self, name: str, value: int) -> None:
        """Raise a quota, as AWS does on request.

        Parameters
        ----------
        name
            As in AWS's refusals: ``"PoliciesPerRole"``.

        Raises
        ------
        RequestError
            There is no such quota, or AWS doesn't raise it that far.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> main.raise_quota("PoliciesPerRole", 25)
        """
        self.quotas[name] = raised(name, value)

    def copy(self, world: World) -> Account:
        """Copy the account into another world; what is frozen is shared."""
        twin = replace(self, world=world, quotas=dict(self.quotas))
        twin.root, twin.mfa_records = copy_into(self.root, account=twin), dict(self.mfa_records)
        twin.policies = {arn: policy.copy(twin) for arn, policy in self.policies.items()}
        twin.deletion_tasks = dict(self.deletion_tasks)
        twin.last_accessed_jobs = dict(self.last_accessed_jobs)
        twin.sts_regions_off = list(self.sts_regions_off)
        for kind in _COPIED:
            held = getattr(self, kind).items()
            setattr(twin, kind, {name: copy_into(part, account=twin) for name, part in held})
        return twin

    def __repr__(self) -> str:
        kinds = ("user", "group", "role", "resource")
        numbers = (count(len(getattr(self, f"{noun}s")), noun) for noun in kinds)
        return f"<Account {few([self.name])} ({self.account_id}): {', '.join(numbers)}>"


_COPIED = (
    *("users", "groups", "roles", "resources", "instance_profiles"),
    *("server_certificates", "saml_providers", "oidc_providers"),
)
"""An account's mutable contents, by name or ARN."""

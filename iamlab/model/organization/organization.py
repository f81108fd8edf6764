"""An organization: a management account, member accounts, and their tree of OUs.

An account is in at most one organization. An organization holds accounts by their ids. Only
operations of AWS Organizations change it, and its management account calls them.

A member account can call some of these operations, too: as a delegated administrator of a service
it reads, and the organization's resource policy can let it manage policies.

Not modelled: billing transfer, payment, and the service-linked roles that the service creates.

Notes
-----
AWS pages: "What is AWS Organizations?"; "Quotas and service limits for AWS Organizations";
"Delegated administrator for AWS Organizations".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.display import Shown, count, few
from iamlab.errors import RequestError
from iamlab.errors.organizations import AWSOrganizationsNotInUseException
from iamlab.model.organization.policies import TYPES, OrganizationPolicy, ResourcePolicy, levels
from iamlab.model.organization.targets import (
    NOT_IN_USE,
    Container,
    Member,
    OrganizationalUnit,
    Root,
    Target,
)
from iamlab.model.quotas import OF_ORGANIZATIONS, quota_of, raised
from iamlab.model.record import Record, copy_into
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from iamlab.engine.layers import AttachedPolicy
    from iamlab.model.account import Account
    from iamlab.model.organization.targets import AccountRequest, Handshake
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

MANAGEMENT, DELEGATE, MEMBER, ANYBODY = "management", "delegate", "member", "anybody"
"""The accounts that can call an operation: the management account; also delegated administrators of
a service; all accounts in the organization; all accounts."""

_CALLERS: Mapping[str, str] = {
    name.lower(): who
    for who, names in tables(__file__, "../data/organization_callers.toml").items()
    for name in names.split()
}


def callers_of(operation: str) -> str:
    """Return which accounts can call an operation.

    Examples
    --------
    >>> callers_of("MoveAccount"), callers_of("ListRoots"), callers_of("LeaveOrganization")
    ('management', 'delegate', 'anybody')
    """
    return _CALLERS.get(operation.lower(), MANAGEMENT)


@dataclass(slots=True, eq=False, repr=False)
class Organization(Shown, Record):
    """An organization: a tree of accounts with policies at each level."""

    world: World = field(repr=False)
    id: str
    management_account_id: str
    root: Root = field(repr=False)
    feature_set: str = field(default="ALL", repr=False)
    organizational_units: dict[str, OrganizationalUnit] = field(default_factory=dict, repr=False)
    members: dict[str, Member] = field(default_factory=dict, repr=False)
    policies: dict[str, OrganizationPolicy] = field(default_factory=dict, repr=False)
    handshakes: dict[str, Handshake] = field(default_factory=dict, repr=False)
    requests: dict[str, AccountRequest] = field(default_factory=dict, repr=False)
    service_access: dict[str, datetime | None] = field(default_factory=dict, repr=False)
    delegates: dict[str, dict[str, datetime | None]] = field(default_factory=dict, repr=False)
    quotas: dict[str, int] = field(default_factory=dict, repr=False)
    root_features: list[str] = field(default_factory=list, repr=False)
    resource_policy: ResourcePolicy | None = field(default=None, repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:organization/o-...``."""
        start = f"arn:{self.partition}:organizations::{self.management_account_id}"
        return f"{start}:organization/{self.id}"

    @property
    def partition(self) -> str:
        """The partition of the management account."""
        return self.management_account.partition

    @property
    def management_account(self) -> Account:
        """The account that created it; no SCP or RCP applies to it. Formerly the master account."""
        return self.world.accounts[self.management_account_id]

    @property
    def accounts(self) -> list[Account]:
        """Its accounts, in the order in which they joined; they include the management account."""
        return [member.account for member in self.members.values()]

    @property
    def targets(self) -> list[Target]:
        """Everything that policies can be attached to."""
        return [self.root, *self.organizational_units.values(), *self.members.values()]

    def arn_of(self, kind: str, end: str) -> str:
        """Return the ARN of a part of the organization, such as ``ou`` and the OU's id."""
        start = f"arn:{self.partition}:organizations::{self.management_account_id}"
        return f"{start}:{kind}/{self.id}/{end}"

    def full_access(self) -> list[str]:
        """List the ids of AWS's policies of the enabled types, attached to new targets."""
        return [TYPES[policy_type].full_access_id for policy_type in self.root.policy_types]

    def container(self, key: str) -> Container | None:
        """Find a root or an OU by its id."""
        return self.root if key == self.root.id else self.organizational_units.get(key)

    def target(self, key: str) -> Target | None:
        """Find a root, an OU or an account by its id."""
        return self.container(key) or self.members.get(key)

    def way_to(self, key: str) -> list[Target]:
        """List the path from the root down to an OU or an account, by its id.

        Raises
        ------
        RequestError
            It isn't in this organization.
        """
        target = self.target(key)
        if target is None:
            raise RequestError(f"{key} isn't in the organization {self.id}.")
        path = [target]
        while isinstance(target, OrganizationalUnit | Member):
            target = self.container(target.parent_id) or self.root
            path.append(target)
        return path[::-1]

    def path_to(self, container: Container) -> str:
        """Return the path of a root or an OU: ``o-.../r-.../ou-.../``."""
        return "/".join((self.id, *(target.id for target in self.way_to(container.id)), ""))

    def path_of(self, account_id: str) -> str:
        """Return the path of an account, as in ``aws:PrincipalOrgPaths``, without its own id.

        Raises
        ------
        RequestError
            The account is not in this organization.
        """
        return "/".join((self.id, *(target.id for target in self.way_to(account_id)[:-1]), ""))

    def levels(self, account_id: str, policy_type: str) -> tuple[tuple[AttachedPolicy, ...], ...]:
        """List the policies above an account, root first; nothing for a management account."""
        return levels(self, account_id, policy_type)

    def is_open_to(self, account_id: str, operation: str) -> bool:
        """Return whether an account can call an operation if its own policies allow it."""
        by = callers_of(operation)
        is_delegate = by == DELEGATE and account_id in self.delegates
        return is_delegate or by in (MEMBER, ANYBODY) or account_id == self.management_account_id

    def delegation(self, account_id: str, operation: str) -> Policy | None:
        """Return the resource policy, if it decides about an account's call of an operation.

        It can let member accounts read the organization and manage its policies.
        """
        from iamlab.policy.rules import SERVICES

        known, delegable = self.resource_policy, SERVICES["organizations"].actions or ()
        decides = f"organizations:{operation.lower()}" in delegable
        if known is None or not decides or self.is_open_to(account_id, operation):
            return None
        return known.policy

    def describe(self) -> str:
        """Draw the tree: root, OUs and accounts, each with its attached policies."""
        return tree(self)

    def changed(self) -> None:
        """Clear cached answers, because something in the organization has changed."""
        self.world.changed()

    def copy(self, world: World) -> Organization:
        """Copy the organization into another world; what is frozen is shared."""
        made = copy_into(self, world=world, root=copy_into(self.root, world=world))
        held: dict[str, Any]
        for held in (made.organizational_units, made.members, made.policies, made.handshakes):
            held |= {key: copy_into(part, world=world) for key, part in held.items()}
        made.delegates = {key: dict(services) for key, services in self.delegates.items()}
        if self.resource_policy is not None:
            made.resource_policy = copy_into(self.resource_policy, world=world)
        return made

    def quota(self, name: str) -> int:
        """Return a quota: AWS's default, unless it has been raised.

        Raises
        ------
        RequestError
            There is no such quota.
        """
        return self.quotas.get(name, quota_of(name, OF_ORGANIZATIONS).default)

    def raise_quota(self, name: str, value: int) -> None:
        """Raise a quota, as AWS does on request: ``"Accounts"``, for example.

        Raises
        ------
        RequestError
            There is no such quota, or AWS doesn't raise it that far.
        """
        self.quotas[name] = raised(name, value, OF_ORGANIZATIONS)

    def __str__(self) -> str:
        return self.describe()

    def __repr__(self) -> str:
        manager = self.world.accounts.get(self.management_account_id)
        name = few([self.management_account_id if manager is None else manager.name])
        units = count(len(self.organizational_units), "OU")
        return f"<Organization {self.id} of {name}: {count(len(self.members), 'account')}, {units}>"


def own_organization(account: Account) -> Organization:
    """Find the organization of an account, or raise an error.

    Raises
    ------
    AWSOrganizationsNotInUseException
        The account isn't in an organization.
    """
    found = account.organization
    if found is None:
        raise AWSOrganizationsNotInUseException(NOT_IN_USE)
    return found


FEATURES = {"ALL": "all features", "CONSOLIDATED_BILLING": "consolidated billing only"}


def tree(organization: Organization) -> str:
    """Draw an organization.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> organization = world.create_organization(main)
    >>> ou = organization.create_organizational_unit("Prod")
    >>> print(tree(organization))  # doctest: +ELLIPSIS
    Organization o-... (all features), management account acme-main
    root r-...: FullAWSAccess
    ├─ OU Prod ou-...: FullAWSAccess
    └─ account acme-main 111111111111, management account: FullAWSAccess
    """
    features = FEATURES.get(organization.feature_set, organization.feature_set)
    management = organization.management_account.name
    head = f"Organization {organization.id} ({features}), management account {management}"
    below = targets_below(organization)
    return "\n".join((head, *_lines(organization, organization.root, below, "", "")))


def targets_below(organization: Organization) -> dict[str, list[Target]]:
    """Return what is directly in the root and in each OU, by its id: OUs first, then accounts."""
    below: dict[str, list[Target]] = {}
    for targets in (organization.organizational_units, organization.members):
        for target in targets.values():
            below.setdefault(target.parent_id, []).append(target)
    return below


def _lines(
    organization: Organization,
    target: Target,
    below: Mapping[str, list[Target]],
    first: str,
    rest: str,
) -> Iterator[str]:
    yield first + _line(organization, target)
    children = below.get(target.id, [])
    for number, child in enumerate(children, 1):
        last = number == len(children)
        branch, stem = ("└─ ", "   ") if last else ("├─ ", "│  ")
        yield from _lines(organization, child, below, rest + branch, rest + stem)


def _line(organization: Organization, target: Target) -> str:
    names = [organization.policies[key].name for key in target.attached]
    role = ", management account" if target.id == organization.management_account_id else ""
    hanging = f": {', '.join(names)}" if names else ""
    return f"{target.label} {target.id}{role}{hanging}"

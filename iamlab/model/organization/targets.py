"""Roots, OUs and member accounts, to which policies are attached; and how accounts join.

Notes
-----
AWS pages: "Terminology and concepts for AWS Organizations"; "Managing organizational units (OUs)";
"Inviting an AWS account to join your organization"; "Creating a member account in an organization".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors.organizations import AWSOrganizationsNotInUseException
from iamlab.model.record import Record

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization
    from iamlab.model.world import World


NOT_IN_USE = "Your account is not a member of an organization."


@dataclass(slots=True, eq=False)
class OrganizationPart(Record):
    """A part of an organization: it holds its world, and its organization's id."""

    world: World = field(repr=False)
    organization_id: str = field(repr=False)
    id: str

    @property
    def organization(self) -> Organization:
        """The organization of the part.

        Raises
        ------
        AWSOrganizationsNotInUseException
            The organization was deleted.
        """
        found = self.world.organizations.get(self.organization_id)
        if found is None:
            raise AWSOrganizationsNotInUseException(NOT_IN_USE)
        return found


@dataclass(slots=True, eq=False)
class Target(OrganizationPart):
    """A root, OU or account that policies can be attached to.

    Parameters
    ----------
    attached
        The ids of the policies of all types, in the order of attachment.
    """

    attached: list[str] = field(default_factory=list, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    kind: ClassVar[str] = ""
    """The type, as the API calls it."""

    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...  # noqa: D102 - said where it is computed

        @property
        def label(self) -> str: ...  # noqa: D102

        @property
        def arn(self) -> str: ...  # noqa: D102


@dataclass(slots=True, eq=False)
class Container(Target):
    """A root or an OU, which contains accounts and OUs."""

    @property
    def organizational_units(self) -> list[OrganizationalUnit]:
        """The OUs directly below it."""
        every = self.organization.organizational_units.values()
        return [unit for unit in every if unit.parent_id == self.id]

    @property
    def members(self) -> list[Member]:
        """The memberships of the accounts directly below it."""
        every = self.organization.members.values()
        return [member for member in every if member.parent_id == self.id]

    @property
    def accounts(self) -> list[Account]:
        """The accounts directly below it."""
        return [member.account for member in self.members]


@dataclass(slots=True, eq=False)
class Root(Container):
    """The root of an organization."""

    policy_types: list[str] = field(default_factory=list, repr=False)
    kind: ClassVar[str] = "ROOT"

    @property
    def name(self) -> str:
        """AWS's name for every root."""
        return "Root"

    @property
    def label(self) -> str:
        """Its name in explanations."""
        return "root"

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:root/o-.../r-...``."""
        return self.organization.arn_of("root", self.id)


@dataclass(slots=True, eq=False)
class OrganizationalUnit(Container):
    """An organizational unit (OU): a folder of accounts and OUs."""

    unit_name: str = ""
    parent_id: str = ""
    kind: ClassVar[str] = "ORGANIZATIONAL_UNIT"

    @property
    def name(self) -> str:
        """Its name, which is unique below its parent."""
        return self.unit_name

    @property
    def label(self) -> str:
        """Its name in explanations."""
        return f"OU {self.unit_name}"

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:ou/o-.../ou-...``."""
        return self.organization.arn_of("ou", self.id)

    @property
    def path(self) -> str:
        """``o-.../r-.../ou-.../``."""
        return self.organization.path_to(self)


@dataclass(slots=True, eq=False)
class Member(Target):
    """An account's place in an organization; its ``id`` is the account's."""

    parent_id: str = ""
    joined_method: str = "INVITED"
    joined_timestamp: datetime | None = field(default=None, repr=False)
    status: str = "ACTIVE"
    kind: ClassVar[str] = "ACCOUNT"

    @property
    def account(self) -> Account:
        """The account itself."""
        return self.world.accounts[self.id]

    @property
    def name(self) -> str:
        """The account's name."""
        return self.account.name

    @property
    def label(self) -> str:
        """Its name in explanations."""
        return f"account {self.account.name}"

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:account/o-.../ID``."""
        return self.organization.arn_of("account", self.id)


ACCESS_ROLE = "OrganizationAccountAccessRole"
"""The role that the management account assumes in an account that it created."""

VALID_FOR, FEATURES_VALID_FOR = timedelta(days=15), timedelta(days=90)
"""How long an invitation, and a request to enable all features, can be accepted."""

INVITE, ENABLE, APPROVE = "INVITE", "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"
"""What a handshake is about. The management account accepts ``ENABLE_ALL_FEATURES`` after each
invited account has accepted its own ``APPROVE_ALL_FEATURES``. That follows from the page of
``EnableAllFeatures``; other pages exchange the names."""


@dataclass(slots=True, eq=False)
class Handshake(OrganizationPart):
    """An invitation of an account, or a request to enable all features."""

    target_type: str
    target_id: str
    requested_timestamp: datetime
    notes: str = field(default="", repr=False)
    outcome: str = "OPEN"
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    action: str = field(default=INVITE, repr=False)
    parent_id: str = field(default="", repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:handshake/o-.../invite/h-...``."""
        return self.organization.arn_of("handshake", f"{self.action.lower()}/{self.id}")

    @property
    def expiration_timestamp(self) -> datetime:
        """When it expires."""
        is_invitation = self.action == INVITE
        return self.requested_timestamp + (VALID_FOR if is_invitation else FEATURES_VALID_FOR)

    @property
    def state(self) -> str:
        """``OPEN``, ``ACCEPTED``, ``DECLINED``, ``CANCELED`` or ``EXPIRED``.

        It is ``REQUESTED`` while accounts of the organization haven't accepted theirs yet.
        """
        if self.outcome != "OPEN":
            return self.outcome
        if self.world.clock.now >= self.expiration_timestamp:
            return "EXPIRED"
        every, members = self.organization.handshakes.values(), self.organization.members
        needed = [each for each in every if each.parent_id == self.id and each.target_id in members]
        return "OPEN" if all(each.outcome == "ACCEPTED" for each in needed) else "REQUESTED"

    def is_for(self, account: Account) -> bool:
        """Return whether an account is the one that can accept it."""
        if self.target_type == "EMAIL":
            return account.root.email.lower() == self.target_id.lower()
        key = account.account_id
        is_own = self.action == ENABLE and key == self.organization.management_account_id
        return is_own or key == self.target_id


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """The result of creating an account. AWS takes minutes; here it is immediate.

    Parameters
    ----------
    failure_reason
        Empty if the account was created.
    """

    id: str
    account_name: str
    requested_timestamp: datetime
    account_id: str = ""
    failure_reason: str = ""

    @property
    def state(self) -> str:
        """``SUCCEEDED`` or ``FAILED``."""
        return "FAILED" if self.failure_reason else "SUCCEEDED"

"""What policies of an organization hang on: its root, its OUs, its accounts.

Notes
-----
AWS pages: "Terminology and concepts for AWS Organizations"; "Managing organizational units (OUs)".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.organization_errors import AWSOrganizationsNotInUseException
from iamlab.world.api.calling import perform
from iamlab.world.api.values import as_keys, as_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from iamlab.world.account import Account
    from iamlab.world.organization import Organization
    from iamlab.world.world import World

NOT_IN_USE = "Your account is not a member of an organization."


@dataclass(slots=True, eq=False)
class Part:
    """A part of an organization: it knows its world, and its organization by id."""

    world: World = field(repr=False)
    organization_id: str = field(repr=False)
    id: str

    @property
    def organization(self) -> Organization:
        """The organization that it belongs to.

        Raises
        ------
        AWSOrganizationsNotInUseException
            It has been deleted.
        """
        found = self.world.organizations.get(self.organization_id)
        if found is None:
            raise AWSOrganizationsNotInUseException(NOT_IN_USE)
        return found

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation for the management account."""
        management = self.organization.management_account
        return perform(management, f"organizations:{operation}", **parameters)


@dataclass(slots=True, eq=False)
class Target(Part):
    """What policies hang on.

    Parameters
    ----------
    attached
        The ids of the policies, of whatever type, in the order in which they were attached.
    """

    attached: list[str] = field(default_factory=list, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)
    kind: ClassVar[str] = ""
    """As the API calls it."""

    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...  # noqa: D102 - said where it is computed

        @property
        def label(self) -> str: ...  # noqa: D102

        @property
        def arn(self) -> str: ...  # noqa: D102

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagResource``)."""
        self._do("TagResource", ResourceId=self.id, Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagResource``)."""
        self._do("UntagResource", ResourceId=self.id, TagKeys=as_keys(tag_keys))


@dataclass(slots=True, eq=False)
class Container(Target):
    """A root or an OU: what accounts and OUs are in."""

    @property
    def organizational_units(self) -> list[OrganizationalUnit]:
        """The OUs right below it."""
        every = self.organization.organizational_units.values()
        return [unit for unit in every if unit.parent_id == self.id]

    @property
    def members(self) -> list[Member]:
        """The memberships of the accounts right below it."""
        every = self.organization.members.values()
        return [member for member in every if member.parent_id == self.id]

    @property
    def accounts(self) -> list[Account]:
        """The accounts right below it."""
        return [member.account for member in self.members]

    def create_organizational_unit(
        self, name: str, *, tags: Mapping[str, str] | None = None
    ) -> OrganizationalUnit:
        """Make an OU in it."""
        made: OrganizationalUnit = self._do(
            "CreateOrganizationalUnit", ParentId=self.id, Name=name, Tags=as_tags(tags)
        )
        return made


@dataclass(slots=True, eq=False)
class Root(Container):
    """The one root of an organization.

    Parameters
    ----------
    policy_types
        Those that are enabled: only their policies can be attached, anywhere in the organization.
    """

    policy_types: list[str] = field(default_factory=list, repr=False)
    kind: ClassVar[str] = "ROOT"

    @property
    def name(self) -> str:
        """AWS calls every root so."""
        return "Root"

    @property
    def label(self) -> str:
        """How explanations name it."""
        return "root"

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:root/o-.../r-...``."""
        return self.organization.arn_of("root", self.id)


@dataclass(slots=True, eq=False)
class OrganizationalUnit(Container):
    """An organizational unit: a folder of accounts and of further OUs."""

    unit_name: str = ""
    parent_id: str = ""
    kind: ClassVar[str] = "ORGANIZATIONAL_UNIT"

    @property
    def name(self) -> str:
        """What it is called; no other OU of its parent is called so."""
        return self.unit_name

    @property
    def label(self) -> str:
        """How explanations name it."""
        return f"OU {self.unit_name}"

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:ou/o-.../ou-...``."""
        return self.organization.arn_of("ou", self.id)

    @property
    def path(self) -> str:
        """``o-.../r-.../ou-.../``."""
        return self.organization.path_to(self)

    def update(self, *, name: str) -> None:
        """Rename it: its id and its ARN stay."""
        self._do("UpdateOrganizationalUnit", OrganizationalUnitId=self.id, Name=name)

    def delete(self) -> None:
        """Delete it.

        Raises
        ------
        OrganizationalUnitNotEmptyException
            Accounts or OUs are in it.
        """
        self._do("DeleteOrganizationalUnit", OrganizationalUnitId=self.id)


@dataclass(slots=True, eq=False)
class Member(Target):
    """An account's place in the organization; its ``id`` is the account's.

    Parameters
    ----------
    joined_method
        ``CREATED`` in the organization, or ``INVITED`` into it, as the management account is too.
    status
        ``ACTIVE``, ``SUSPENDED`` or ``PENDING_CLOSURE``.
    """

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
        """How explanations name it."""
        return f"account {self.account.name}"

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:account/o-.../ID``."""
        return self.organization.arn_of("account", self.id)

"""The world: accounts, organizations, sessions, a log of events, a clock and ids."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from iamlab.display import Shown, count, few
from iamlab.errors import (
    EntityAlreadyExists,
    NoSuchEntity,
    RequestError,
    ValidationError,
    did_you_mean,
    noted,
)
from iamlab.model.account import Account
from iamlab.model.clock_and_ids import AnyClock, Clock, Ids
from iamlab.model.event import EventLog
from iamlab.model.network_locations import Network, Standing
from iamlab.model.quotas import is_account_id
from iamlab.model.record import Entities, Membership, Record, check_texts

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from iamlab.model.credentials import CredentialOwner, SessionRecord
    from iamlab.model.identities import Group, Role, User
    from iamlab.model.organization.organization import Organization
    from iamlab.model.resources import Resource
    from iamlab.policy.document import Policy


class World(Shown, Record):
    """A simulated AWS. Worlds are independent of each other."""

    def __init__(self, seed: int = 0, *, clock: AnyClock | None = None) -> None:
        self.seed = seed
        self.clock: AnyClock = Clock() if clock is None else clock
        self.ids = Ids(seed)
        self.accounts: dict[str, Account] = {}  # by account id
        self.organizations: dict[str, Organization] = {}  # by id
        self.current_network = Network()
        self.standing = Standing()
        self.resource_policies: dict[str, Policy] = {}  # by ARN, passed from outside
        self.warnings: list[str] = []  # warnings about a loaded file
        self.loaded = False
        self.events = EventLog()
        self.sessions: dict[str, SessionRecord] = {}  # by access key id
        self.key_owners: dict[str, CredentialOwner] = {}  # an index by access key id
        self.oidc_issuers: dict[str, Any] = {}  # by URL
        self.saml_directories: dict[str, Any] = {}  # by entity id
        self.identity_centers: dict[str, Any] = {}  # by ARN of the instance
        self.revision = 0
        self.remembered = Remembered()

    def create_account(self, name: str, *, account_id: str | None = None) -> Account:
        """Add an account.

        Parameters
        ----------
        name
            The account's name.
        account_id
            12 digits; by default it follows from the seed.

        Raises
        ------
        EntityAlreadyExists
            The id is taken.
        ValidationError
            The id doesn't have 12 digits.
        RequestError
            The name isn't text.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> world.create_account("acme", account_id="111111111111").root_arn
        'arn:aws:iam::111111111111:root'
        """
        check_texts(name=name)
        number = self.ids.account_id() if account_id is None else account_id
        if not is_account_id(number):
            raise ValidationError(f"Account id {number!r} is not of 12 digits.")
        if number in self.accounts:
            raise EntityAlreadyExists(f"Account with id {number} already exists.")
        account = Account(self, name, number)
        self.accounts[account.account_id] = account
        self.changed()
        return account

    def __getstate__(self) -> dict[str, Any]:  # it can be computed again
        return {**self.__dict__, "remembered": Remembered(), "key_owners": {}}

    def changed(self) -> None:
        """Clear cached answers, because something has changed."""
        self.revision += 1
        self.remembered = Remembered()

    def copy(self, *, at: datetime | None = None) -> Self:
        """Copy the world, also at another time: change the copy, and this one stays as it is.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> acme = world.create_account("acme")
        >>> other = world.copy()
        >>> zoe = acme.create_user("zoe")
        >>> [len(own.account("acme").users) for own in (world, other)]
        [1, 0]
        """
        twin = type(self)(self.seed, clock=Clock(at) if at else self.clock.copy())
        twin.ids = Ids(self.seed, self.ids.made, self.ids.events)
        twin.events = self.events.copy()
        twin.sessions = dict(self.sessions)
        for held in _COPIED:
            copies = {key: part.copy(twin) for key, part in getattr(self, held).items()}
            setattr(twin, held, copies)
        twin.current_network, twin.standing = self.current_network, self.standing
        twin.resource_policies = dict(self.resource_policies)
        twin.warnings = list(self.warnings)
        twin.loaded = self.loaded
        return twin

    def account(self, name_or_id: str) -> Account:
        """Find an account by name or id.

        Raises
        ------
        NoSuchEntity
            There is no such account.
        """
        check_texts(name_or_id=name_or_id)
        for account in self.accounts.values():
            if name_or_id in (account.name, account.account_id):
                return account
        error = NoSuchEntity(f"The account {name_or_id} cannot be found.")
        raise noted(error, did_you_mean(name_or_id, (own.name for own in self.accounts.values())))

    def user(self, name: str) -> User:
        """Find a user by name, in any account."""
        return self._named(name, "users")  # type: ignore[return-value]

    def group(self, name: str) -> Group:
        """Find a group by name, in any account."""
        return self._named(name, "groups")  # type: ignore[return-value]

    def role(self, name: str) -> Role:
        """Find a role by name, in any account."""
        return self._named(name, "roles")  # type: ignore[return-value]

    def bucket(self, name: str) -> Resource:
        """Find a bucket by name."""
        return self._named(name, "buckets")  # type: ignore[return-value]

    def _named(self, name: str, attribute: str) -> object:
        check_texts(name=name)
        held = [getattr(account, attribute) for account in self.accounts.values()]
        found = [by_name[name] for by_name in held if name in by_name]
        if len(found) > 1:
            where = f"world.account(...).{attribute}[{name!r}]"
            raise RequestError(f"Several accounts have a {attribute[:-1]} {name}: use {where}.")
        if not found:
            raise Entities[object](attribute, ChainMap(*held)).not_found(name)
        return found[0]

    def organization_of(self, account_id: str) -> Organization | None:
        """Return the organization of an account."""
        for organization in self.organizations.values():
            if account_id in organization.members:
                return organization
        return None

    def membership_of(self, account_id: str) -> Membership | None:
        """Return where an account is in its organization."""
        organization = self.organization_of(account_id)
        if organization is None:
            return None
        status = organization.members[account_id].status
        return Membership(organization.id, organization.path_of(account_id), status)

    def __repr__(self) -> str:
        inside = few(
            f"{account.name} ({count(len(account.users), 'user')}, "
            f"{count(len(account.groups), 'group')}, {count(len(account.roles), 'role')})"
            for account in self.accounts.values()
        )
        return f"<World {inside or 'without accounts'}>"


@dataclass(slots=True)
class Remembered:
    """Answers that are cached until the world changes.

    Parameters
    ----------
    principals
        Callers, by ARN.
    callers
        All callers of the world or of an account, with their policies and condition keys, the time
        and tags that they depend on, and the world's revision.
    """

    principals: dict[str, Any] = field(default_factory=dict)
    callers: dict[Hashable, tuple[Hashable, Any]] = field(default_factory=dict)


_COPIED = ("accounts", "organizations", "oidc_issuers", "saml_directories", "identity_centers")
"""The contents of a world that can be copied into another one."""

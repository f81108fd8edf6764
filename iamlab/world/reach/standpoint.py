"""One power's view of the world: what it may call, on which things. The ways are written with it.

Notes
-----
AWS pages: "Policy evaluation logic"; "Methods to assume a role".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from iamlab.policy.arn import Arn
from iamlab.world.api.roles import OF_AWS
from iamlab.world.reach.calls import Call, iam_call
from iamlab.world.reach.edges import Calls, Edge
from iamlab.world.reach.powers import VERSION, Change, Power
from iamlab.world.reach.table import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.world.account import Account
    from iamlab.world.identities import Group, Role, User
    from iamlab.world.policies import ManagedPolicy
    from iamlab.world.reach.assuming import Assuming, Taken
    from iamlab.world.reach.deciding import Decider
    from iamlab.world.reach.table import Way
    from iamlab.world.world import World


@dataclass(slots=True, eq=False)
class Stock:
    """The things of an account in lists that stay the same, so that answers can be kept by them."""

    account: Account
    users: list[User] = field(init=False)
    roles: list[Role] = field(init=False)
    groups: list[Group] = field(init=False)
    policies: list[ManagedPolicy] = field(init=False)

    def __post_init__(self) -> None:
        account = self.account
        self.users = list(account.users.values())
        # Nobody but AWS changes these others.
        self.roles = [one for one in account.roles.values() if not one.path.startswith(OF_AWS)]
        self.groups = list(account.groups.values())
        self.policies = [one for one in account.policies.values() if not one.is_aws_managed]


@dataclass(eq=False)
class Standpoint:
    """A power, and what it may do.

    Parameters
    ----------
    power
        Who looks.
    stock
        The things of its account.
    """

    decider: Decider
    power: Power
    stock: Stock
    assuming: Assuming

    @property
    def world(self) -> World:
        """The world, which does not change."""
        return self.decider.world

    @property
    def account(self) -> Account:
        """The power's account."""
        return self.stock.account

    @cached_property
    def user(self) -> User | None:
        """The user that it is, if it is one; also of a session of the user's own."""
        arn = Arn.parse(self.power.arn)
        if arn.service != "iam" or arn.kind != "user":
            return None
        return self.account.users.get(arn.name)

    @cached_property
    def role(self) -> Role | None:
        """The role that it is a session of, if it is one."""
        issuer = self.power.gathered.issuer or ""
        if ":role/" not in issuer:
            return None
        return self.account.roles.get(issuer.rpartition("/")[2])

    @property
    def own_groups(self) -> list[Group]:
        """The groups that it is in."""
        names = set(self.user.groups) if self.user is not None else set()
        return [one for one in self.stock.groups if one.name in names]

    # Questions ----------------------------------------------------------------------------------

    def call(self, name: str, **parameters: Any) -> Call:
        """Make a call of IAM in the power's account."""
        return iam_call(self.account, name, **parameters)

    def may(self, call: Call) -> bool:
        """Say whether the power may make a call."""
        return self.decider.may(self.power, call)

    def ever(self, action: str) -> bool:
        """Say whether one of the power's own Allows could be about an action at all."""
        return self.decider.ever(self.power, action)

    def allowed(self, name: str, things: Sequence[Any], **fixed: Any) -> list[Any]:
        """Give those things of its account on which the power may do an operation of IAM."""
        return self.decider.allowed(self.power, self.account, name, things, **fixed)

    @cached_property
    def takes(self) -> dict[str, Taken]:
        """The roles that it may assume as they are, in whichever account, by ARN."""
        return {one.role.arn: one for one in self.assuming.taken_by(self.power)}

    @cached_property
    def admits_itself(self) -> dict[str, Taken]:
        """The roles whose trust policy it may write so that it lets it in, by ARN."""
        roles = self.allowed("UpdateAssumeRolePolicy", self.stock.roles, PolicyDocument="{}")
        return {one.role.arn: one for one in self.assuming.after_editing(self.power, roles)}

    def abroad(self) -> Iterator[Edge]:
        """Give the edges by which it assumes roles as they are."""
        for taken in self.assuming.taken_by(self.power, elsewhere=True):
            yield self.acts_as(TABLE[15], taken, partial(tuple, (taken.call,)))

    # Answers ------------------------------------------------------------------------------------

    def widened(self, way: Way, change: Change, calls: Calls, *conditions: str) -> Edge:
        """Say that the power can widen itself."""
        return Edge(way, self.power, self.power.with_(change), calls, conditions)

    def becomes(
        self,
        way: Way,
        whom: User | Role,
        calls: Calls,
        *conditions: str,
        changes: Sequence[Change] = (),
    ) -> Edge:
        """Say that the power can act as another principal, perhaps a widened one."""
        target = self._today(whom).with_(*changes)
        return Edge(way, self.power, target, calls, conditions)

    def _today(self, whom: User | Role) -> Power:
        """Give another principal as it is, with those versions of policies that were set before."""
        power = Power.of(self.world.gather(whom))
        set_before = [
            change
            for change in self.power.changes
            if change.about.startswith(VERSION) and change.make(power.gathered) != power.gathered
        ]
        return power.with_(*set_before)

    def acts_as(self, way: Way, taken: Taken, calls: Calls, *changes: Change) -> Edge:
        """Say that the power gets a session of a role, perhaps of a widened one.

        Parameters
        ----------
        taken
            How it gets it.
        changes
            What was made of the role before.
        """
        power = self._today(taken.role)
        target = replace(power, carried=taken.carried).with_(*taken.session, *changes)
        return Edge(way, self.power, target, calls, taken.conditions)

"""An edge: one principal can gain what another has, or widen itself, by calls that it may make.

The edges of the graph: a power's are looked for when somebody comes to it, and then kept.

Today's principals are asked together, what they can be made into is asked one by one.

Notes
-----
AWS pages: "IAM roles"; "Grant a user permissions to pass a role to an AWS service"; "Policies and
permissions in AWS Identity and Access Management".
AWS page: "Policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.administrators import (
    ADMINISTERS,
    accounts_told_apart,
    an_administrator,
    asks_who_calls,
    is_admin,
    is_shared,
    known_abroad,
    shared_by,
)
from iamlab.analysis.privilege_escalation.assumable_roles import Assuming
from iamlab.analysis.privilege_escalation.attacker_view import FINDERS, Standpoint, Stock
from iamlab.analysis.privilege_escalation.principal_states import Edge, Power
from iamlab.analysis.who_can import everybody
from iamlab.authorization.principal import principal_of
from iamlab.display import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.privilege_escalation.permission_checks import Decider


SEEN_ABROAD = (29, 30)
"""Ways to widen oneself that another account's trust policies see: MFA, tags."""

MAKING = (22,)
"""The way to make a user, and to become it."""


@dataclass(eq=False)
class Explorer:
    """Finds edges, and keeps what it has found.

    Parameters
    ----------
    decider
        Of a world that does not change meanwhile.
    asks_together
        Whether everybody will be asked; then many are asked at once.
    """

    decider: Decider
    asks_together: bool = True
    _edges: dict[Power, tuple[Edge, ...]] = field(default_factory=dict)
    _own: dict[Power, tuple[Edge, ...]] = field(default_factory=dict)
    _admins: dict[Power, bool] = field(default_factory=dict)
    _stocks: dict[str, Stock] = field(default_factory=dict)
    _alike: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def today(self) -> dict[str, Power]:
        """Every user, role and root user as it is, by ARN."""
        world = self.decider.world
        found = {
            arn: Power.of(principal_of(world, arn))
            for arn in steps(list(everybody(world.accounts.values())), "gathering")
        }
        self.decider.together(found.values())
        return found

    @cached_property
    def assuming(self) -> Assuming:
        """Who may assume what."""
        return Assuming(self.decider)

    def is_admin(self, power: Power) -> bool:
        """Say whether a power is an administrator of its account."""
        known = self._admins.get(power)
        if known is None:
            known = self._admins[power] = is_admin(self.decider, power)
        return known

    # Edges --------------------------------------------------------------------------------------

    def own_edges(self, power: Power) -> tuple[Edge, ...]:
        """Give all edges that a power has, be it an administrator or not."""
        known = self._own.get(power)
        if known is None:
            if self.asks_together:
                _ = self.today
            known = self._own[power] = tuple(edges_from(self._standpoint(power)))
        return known

    def edges(self, power: Power) -> tuple[Edge, ...]:
        """Give the edges of the graph that begin at a point."""
        known = self._edges.get(power)
        if known is None:
            known = self._edges[power] = self._edges_of(power)
        return known

    def _edges_of(self, power: Power) -> tuple[Edge, ...]:
        if is_shared(power):
            return tuple(self._of_administrators(power))
        if not self._shares(power):
            return self.own_edges(power)
        shared = Edge(ADMINISTERS, power, shared_by(power), tuple)
        one = self._standpoint(power)
        if power.arn.endswith(":root"):  # which assumes no role, but can make somebody who does
            made = (edge for edge in edges_from(one, MAKING) if self.is_admin(edge.target))
            return (shared, *made)
        abroad = (edge for edge in one.abroad() if edge.target.account_id != power.account_id)
        # What he makes of himself matters only where another account looks at it.
        seen = SEEN_ABROAD if power.account_id in self.told_apart else ()
        own = (
            edge
            for edge in edges_from(one, seen)
            if edge.is_own or edge.target.account_id != power.account_id
        )
        return (shared, *abroad, *own)

    def _shares(self, power: Power) -> bool:
        """Say whether a power is an administrator like all others of its account."""
        if not self.is_admin(power):
            return False
        account_id = power.account_id
        if account_id not in self._alike:
            self._alike[account_id] = not asks_who_calls(power)
        return self._alike[account_id]

    def _of_administrators(self, shared: Power) -> Iterable[Edge]:
        """Give what any administrator of an account can do to the others in it."""
        account = self.decider.world.accounts[shared.account_id]
        for edge in self.own_edges(an_administrator(account)):
            target = edge.target
            is_new = target.arn not in self.today  # one more administrator
            if target.account_id != shared.account_id or edge.is_own or is_new:
                continue
            is_told_apart = shared.account_id in self.told_apart
            if not target.changes or is_told_apart or target.arn in self.known_abroad:
                yield Edge(edge.way, shared, target, edge.make, edge.conditions)

    def _standpoint(self, power: Power) -> Standpoint:
        stock = self._stocks.get(power.account_id)
        if stock is None:
            account = self.decider.world.accounts[power.account_id]
            stock = self._stocks[power.account_id] = Stock(account)
        return Standpoint(self.decider, power, stock, self.assuming)

    @cached_property
    def told_apart(self) -> frozenset[str]:
        """The accounts whose principals another account's roles tell apart."""
        return accounts_told_apart(self.decider.world)

    @cached_property
    def known_abroad(self) -> frozenset[str]:
        """The principals that policies of another account name."""
        return known_abroad(self.decider.world)


MODULES = (
    *("own_policies", "own_versions", "boundaries", "own_denies", "own_sessions", "own_tags"),
    *("groups", "others"),
    *("roles", "users", "new_principals", "providers"),
    *("compute", "existing_resources", "instances", "identity_center"),
)
"""Where the functions are."""


def edges_from(standpoint: Standpoint, numbers: Iterable[int] | None = None) -> Iterator[Edge]:
    """Give all edges that one power has; or only those by some ways."""
    for module in MODULES:
        import_module(f"iamlab.analysis.privilege_escalation.finders.{module}")
    for number in FINDERS if numbers is None else numbers:
        yield from FINDERS[number](standpoint)

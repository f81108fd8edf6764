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

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.administrators import (
    ADMINISTERS,
    accounts_told_apart,
    an_administrator,
    asks_who_calls,
    is_shared,
    known_abroad,
    shared_by,
)
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRoles
from iamlab.analysis.privilege_escalation.attacker_view import (
    AccountInventory,
    AttackerView,
    is_admin,
)
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS, EscalationMethod
from iamlab.analysis.privilege_escalation.finders import (
    boundaries,
    denies,
    groups,
    identity_providers,
    new_principals,
    own_policies,
    own_sessions,
    own_versions,
    roles,
    services,
    tags,
    users,
)
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.analysis.who_can import everybody
from iamlab.authorization.principal import principal_of
from iamlab.display import steps

if TYPE_CHECKING:
    from iamlab.analysis.privilege_escalation.permission_checks import Decider


SEEN_ABROAD = (29, 30)
"""Ways to widen oneself that another account's trust policies see: MFA, tags."""

MAKING = (22,)
"""The way to make a user, and to become it."""


@dataclass(eq=False)
class EdgeFinder:
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
    _edges: dict[PrincipalState, tuple[Edge, ...]] = field(default_factory=dict)
    _own: dict[PrincipalState, tuple[Edge, ...]] = field(default_factory=dict)
    _admins: dict[PrincipalState, bool] = field(default_factory=dict)
    _stocks: dict[str, AccountInventory] = field(default_factory=dict)
    _alike: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def today(self) -> dict[str, PrincipalState]:
        """Every user, role and root user as it is, by ARN."""
        world = self.decider.world
        found = {
            arn: PrincipalState.of(principal_of(world, arn))
            for arn in steps(list(everybody(world.accounts.values())), "gathering")
        }
        self.decider.together(found.values())
        return found

    @cached_property
    def assuming(self) -> AssumableRoles:
        """Who may assume what."""
        return AssumableRoles(self.decider)

    def is_admin(self, state: PrincipalState) -> bool:
        """Say whether a power is an administrator of its account."""
        known = self._admins.get(state)
        if known is None:
            known = self._admins[state] = is_admin(self.decider, state)
        return known

    # Edges --------------------------------------------------------------------------------------

    def own_edges(self, state: PrincipalState) -> tuple[Edge, ...]:
        """Give all edges that a power has, be it an administrator or not."""
        known = self._own.get(state)
        if known is None:
            if self.asks_together:
                _ = self.today
            known = self._own[state] = tuple(edges_from(self._view(state)))
        return known

    def edges(self, state: PrincipalState) -> tuple[Edge, ...]:
        """Give the edges of the graph that begin at a point."""
        known = self._edges.get(state)
        if known is None:
            known = self._edges[state] = self._edges_of(state)
        return known

    def _edges_of(self, state: PrincipalState) -> tuple[Edge, ...]:
        if is_shared(state):
            return tuple(self._of_administrators(state))
        if not self._shares(state):
            return self.own_edges(state)
        shared = Edge(ADMINISTERS, state, shared_by(state), tuple)
        one = self._view(state)
        if state.arn.endswith(":root"):  # which assumes no role, but can make somebody who does
            made = (edge for edge in edges_from(one, MAKING) if self.is_admin(edge.target))
            return (shared, *made)
        abroad = (edge for edge in one.abroad() if edge.target.account_id != state.account_id)
        # What he makes of himself matters only where another account looks at it.
        seen = SEEN_ABROAD if state.account_id in self.told_apart else ()
        own = (
            edge
            for edge in edges_from(one, seen)
            if edge.is_own or edge.target.account_id != state.account_id
        )
        return (shared, *abroad, *own)

    def _shares(self, state: PrincipalState) -> bool:
        """Say whether a power is an administrator like all others of its account."""
        if not self.is_admin(state):
            return False
        account_id = state.account_id
        if account_id not in self._alike:
            self._alike[account_id] = not asks_who_calls(state)
        return self._alike[account_id]

    def _of_administrators(self, shared: PrincipalState) -> Iterable[Edge]:
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

    def _view(self, state: PrincipalState) -> AttackerView:
        stock = self._stocks.get(state.account_id)
        if stock is None:
            account = self.decider.world.accounts[state.account_id]
            stock = self._stocks[state.account_id] = AccountInventory(account)
        return AttackerView(self.decider, state, stock, self.assuming)

    @cached_property
    def told_apart(self) -> frozenset[str]:
        """The accounts whose principals another account's roles tell apart."""
        return accounts_told_apart(self.decider.world)

    @cached_property
    def known_abroad(self) -> frozenset[str]:
        """The principals that policies of another account name."""
        return known_abroad(self.decider.world)


Finder = Callable[["AttackerView", "EscalationMethod"], "Iterator[Edge]"]

_PLANNED = (services.pass_or_change,)

FINDERS: dict[int, tuple[Finder, ...]] = {
    # One's own permissions.
    **dict.fromkeys((3, 4, 5), (own_policies.attach, own_policies.swap)),
    **dict.fromkeys((6, 7, 8), (own_policies.put,)),
    9: (own_policies.join_group, groups.fill_and_join),
    1: (own_versions.rewrite,),
    2: (own_versions.set_back,),
    23: (boundaries.remove_own, boundaries.remove_of_user),
    24: (boundaries.remove_own, boundaries.remove_of_role),
    25: (boundaries.set_wider,),
    26: (boundaries.rewrite,),
    27: (denies.remove_own, denies.remove_of_others),
    29: (own_sessions.use_session, own_sessions.use_mfa),
    30: (tags.tag_own, tags.tag_others),
    # Users, roles, and new ones.
    **dict.fromkeys((10, 11), (users.make_key,)),
    **dict.fromkeys((12, 13, 28), (users.set_password,)),
    20: (users.widen_and_enter,),
    31: (users.create_key_of_service,),
    14: (roles.write_trust,),
    15: (roles.assume,),
    **dict.fromkeys((16, 17, 18), (roles.widen_and_assume,)),
    19: (roles.widen_and_write_trust,),
    33: (roles.assume_root,),
    21: (new_principals.create_role,),
    22: (new_principals.create_user,),
    32: (identity_providers.write_provider,),
    # Services.
    **dict.fromkeys((35, 36, *range(39, 44), *range(45, 51), *range(52, 61)), _PLANNED),
    44: (services.pass_to_stack_set,),
    **dict.fromkeys((63, 64, 65, *range(69, 73)), _PLANNED),
    **dict.fromkeys((61, 62), (services.change_function,)),
    37: (services.give_profile,),
    38: (services.give_new_profile,),
    **dict.fromkeys((66, 67), (services.use_instance,)),
    68: (services.write_start_script,),
    34: (roles.by_identity_center,),
}
"""Number of a method -> what finds its edges; in the order in which they are looked for."""


def edges_from(view: AttackerView, numbers: Iterable[int] | None = None) -> Iterator[Edge]:
    """Give all edges that begin at a principal; or only those by some methods."""
    for number in FINDERS if numbers is None else numbers:
        for finder in FINDERS[number]:
            yield from finder(view, METHODS[number])

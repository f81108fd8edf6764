"""The edges that begin at a principal, found when they are needed, and kept.

Today's principals are decided together, what they can be made into one by one. Administrators of an
account are alike: what one can do to the others in it, each can. So they share one point of the
graph, "administrators of 111111111111", and what it leads to is found once. They are not alike
where an SCP asks who calls, or where a role of another account treats them differently: then each
is looked at by itself.

Notes
-----
AWS pages: "IAM roles"; "Grant a user permissions to pass a role to an AWS service"; "Policies and
permissions in AWS Identity and Access Management"; "Policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRoles
from iamlab.analysis.privilege_escalation.attacker_view import (
    AccountInventory,
    AttackerView,
    is_admin,
)
from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
from iamlab.analysis.privilege_escalation.finders import edges_from
from iamlab.analysis.privilege_escalation.finders.new_principals import UNIQUE_IDS, NewPrincipal
from iamlab.analysis.privilege_escalation.principal_states import (
    Edge,
    PrincipalState,
    any_permission,
    policies_in,
)
from iamlab.analysis.privilege_escalation.satisfying_values import OF_CALLER
from iamlab.analysis.who_can import everybody
from iamlab.authorization.principal import principal_of
from iamlab.display import steps
from iamlab.model.identities import User
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.analysis.privilege_escalation.permission_checks import Decider
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


ADMINISTERS = EscalationMethod(0, "is an administrator of the account", (), (), ())
"""Leads from an administrator to the point that all administrators of the account share."""


SHARED = "administrators of "
"""How the name begins of the point that the administrators of an account share."""


def an_administrator(account: Account) -> PrincipalState:
    """Make up an administrator who is none of those that there are, and so can do it to each."""
    name = "administrator"
    while name in account.users:
        name += "-"
    made = NewPrincipal(User(account, name, unique_id=UNIQUE_IDS["user"]))
    return made.state().with_(any_permission())


def is_shared(state: PrincipalState) -> bool:
    """Say whether a point of the graph is that of an account's administrators."""
    return state.arn.startswith(SHARED)


def asks_who_calls(state: PrincipalState) -> bool:
    """Say whether an SCP above a principal's account treats some of its principals otherwise."""
    return any(
        condition.key.lower().startswith(OF_CALLER)
        for attached in policies_in(state.gathered, "scp")
        for statement in attached.policy.statements
        for condition in statement.conditions
    )


def tells_apart(trust: Policy | None) -> bool:
    """Say whether a trust policy has a condition on who calls, or on what only he can say."""
    return any(
        condition.key.lower().startswith((*OF_CALLER, "aws:requesttag", "sts:"))
        and condition.key.lower() != "sts:externalid"
        for statement in (() if trust is None else trust.statements)
        for condition in statement.conditions
    )


def accounts_named_by(trust: Policy | None, accounts: Iterable[str]) -> set[str]:
    """Give the accounts whose principals a trust policy may mean."""
    found: set[str] = set()
    for statement in () if trust is None else trust.statements:
        for _, value in statement.principal or statement.not_principal or ():
            own = Arn.parse(value).account if is_arn(value) else value
            found |= {own} if own.isdigit() else set(accounts)
    return found


def accounts_told_apart(world: World) -> frozenset[str]:
    """Give the accounts whose principals another account's roles tell apart by conditions."""
    found: set[str] = set()
    for account in world.accounts.values():
        for role in account.roles.values():
            if tells_apart(role.trust):
                found |= accounts_named_by(role.trust, world.accounts) - {account.account_id}
    return frozenset(found)


def known_abroad(world: World) -> frozenset[str]:
    """Give the principals that policies of another account name.

    Only for these it matters to an administrator of their account what they can be made into.
    """
    found: set[str] = set()
    for account in world.accounts.values():
        policies = [role.trust for role in account.roles.values()]
        policies += [one.policy for one in account.resources.values()]
        statements = (each for one in policies if one is not None for each in one.statements)
        for statement in statements:
            named = statement.principal or statement.not_principal or ()
            texts = [value for _, value in named]
            texts += [value for one in statement.conditions for value in one.values]
            found |= {
                text
                for text in texts
                if is_arn(text) and Arn.parse(text).account != account.account_id
            }
    return frozenset(found)


SEEN_ABROAD = (29, 30)
"""Methods to widen oneself that another account's trust policies see: MFA, tags."""

MAKING = (22,)
"""The method that creates a user, and becomes it."""


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
        """Say whether a principal is an administrator of its account."""
        if state not in self._admins:
            self._admins[state] = is_admin(self.decider, state)
        return self._admins[state]

    # Edges --------------------------------------------------------------------------------------

    def own_edges(self, state: PrincipalState) -> tuple[Edge, ...]:
        """Give all edges that a principal has, be it an administrator or not."""
        if state not in self._own:
            _ = self.asks_together and self.today
            self._own[state] = tuple(edges_from(self._view(state)))
        return self._own[state]

    def edges(self, state: PrincipalState) -> tuple[Edge, ...]:
        """Give the edges of the graph that begin at a point."""
        if state not in self._edges:
            self._edges[state] = self._edges_of(state)
        return self._edges[state]

    def _edges_of(self, state: PrincipalState) -> tuple[Edge, ...]:
        if is_shared(state):
            return tuple(self._of_administrators(state))
        if not self._shares(state):
            return self.own_edges(state)
        point = PrincipalState(f"{SHARED}{state.account_id}", gathered=state.gathered)
        shared = Edge(ADMINISTERS, state, point, tuple)
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
        """Say whether a principal is an administrator like all others of its account."""
        account_id = state.account_id
        if self.is_admin(state) and account_id not in self._alike:
            self._alike[account_id] = not asks_who_calls(state)
        return self.is_admin(state) and self._alike[account_id]

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
        account = self.decider.world.accounts[state.account_id]
        if account.account_id not in self._stocks:
            self._stocks[account.account_id] = AccountInventory(account)
        stock = self._stocks[account.account_id]
        return AttackerView(self.decider, state, stock, self.assuming)

    @cached_property
    def told_apart(self) -> frozenset[str]:
        """The accounts whose principals another account's roles tell apart."""
        return accounts_told_apart(self.decider.world)

    @cached_property
    def known_abroad(self) -> frozenset[str]:
        """The principals that policies of another account name."""
        return known_abroad(self.decider.world)

"""The edges that begin at a principal, and the search that goes along them.

Today's principals are decided together, what they can be made into one by one. Administrators of an
account are alike: what one can do to the others in it, each can. So they share one point of the
graph, "administrators of 111111111111", and what it leads to is found once. They are not alike
where an SCP asks who calls, or where a role of another account treats them differently: then each
is looked at by itself.

Whoever can widen himself by ten methods has a thousand sets of them. Each method is looked at by
itself, and one chain that goes through all of them: no other set gives what the chain does not
give. Steps of the chain that are not needed are left out of a path (``replay.py``).

Notes
-----
AWS pages: "IAM roles"; "Grant a user permissions to pass a role to an AWS service"; "Policies and
permissions in AWS Identity and Access Management"; "Policy evaluation logic".
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation import attacker_view
from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRoles
from iamlab.analysis.privilege_escalation.attacker_view import AccountInventory, AttackerView
from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
from iamlab.analysis.privilege_escalation.finders import edges_from
from iamlab.analysis.privilege_escalation.finders.new_principals import UNIQUE_IDS, NewPrincipal
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.analysis.privilege_escalation.satisfying_values import OF_CALLER, conditions_of
from iamlab.analysis.who_can import everybody
from iamlab.authorization.principal import principal_of
from iamlab.display import steps
from iamlab.model.identities import User
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.permission_checks import Decider
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy


ADMINISTERS = EscalationMethod(0, "is an administrator of the account", (), (), ())
"""Leads from an administrator to the point that all administrators of the account share."""


SHARED = "administrators of "
"""How the name begins of the point that the administrators of an account share."""


def an_administrator(account: Account) -> PrincipalState:
    """Return an imaginary administrator, who can act on every existing principal."""
    name = "administrator"
    while name in account.users:
        name += "-"
    made = NewPrincipal(User(account, name, unique_id=UNIQUE_IDS["user"]))
    return made.state().with_(states.any_permission())


def is_shared(state: PrincipalState) -> bool:
    """Return whether a point of the graph is that of an account's administrators."""
    return state.arn.startswith(SHARED)


def tells_apart(trust: Policy | None) -> bool:
    """Return whether a trust policy has a condition on who calls, or on what only he can say."""
    keys = (condition.key.lower() for condition in conditions_of([trust]))
    starts = (*OF_CALLER, "aws:requesttag", "sts:")
    return any(key.startswith(starts) and key != "sts:externalid" for key in keys)


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
        """Return whether a principal is an administrator of its account."""
        return self.decider.once(
            ("is admin", state), lambda: attacker_view.is_admin(self.decider, state)
        )

    # Edges --------------------------------------------------------------------------------------

    def own_edges(self, state: PrincipalState) -> tuple[Edge, ...]:
        """Return all edges that a principal has, be it an administrator or not."""

        def found() -> tuple[Edge, ...]:
            _ = self.asks_together and self.today
            return tuple(edges_from(self._view(state)))

        return self.decider.once(("own edges", state), found)

    def edges(self, state: PrincipalState) -> tuple[Edge, ...]:
        """Return the edges of the graph that begin at a point."""
        return self.decider.once(("edges", state), lambda: self._edges_of(state))

    def _edges_of(self, state: PrincipalState) -> tuple[Edge, ...]:
        if is_shared(state):
            return tuple(self._of_administrators(state))
        if not self._shares(state):
            return self.own_edges(state)
        point = PrincipalState(f"{SHARED}{state.account_id}", principal=state.principal)
        shared = Edge(ADMINISTERS, state, point, ())
        view = self._view(state)
        if state.arn.endswith(":root"):  # which assumes no role, but can make somebody who does
            made = (edge for edge in edges_from(view, MAKING) if self.is_admin(edge.target))
            return (shared, *made)
        # What he makes of himself matters only where another account looks at it.
        seen = SEEN_ABROAD if state.account_id in self.told_apart else ()
        every = (*view.abroad(), *edges_from(view, seen))
        own = state.account_id
        return (shared, *(edge for edge in every if edge.is_own or edge.target.account_id != own))

    def _shares(self, state: PrincipalState) -> bool:
        """Return whether a principal is an administrator like all others of its account."""
        account_id = state.account_id
        if self.is_admin(state) and account_id not in self._alike:
            scps = (attached.policy for attached in states.policies_in(state.principal, "scp"))
            keys = (condition.key.lower() for condition in conditions_of(scps))
            self._alike[account_id] = not any(key.startswith(OF_CALLER) for key in keys)
        return self.is_admin(state) and self._alike[account_id]

    def _of_administrators(self, shared: PrincipalState) -> Iterable[Edge]:
        """Return what any administrator of an account can do to the others in it."""
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
        key = ("inventory", account.account_id)
        stock = self.decider.once(key, lambda: AccountInventory(account))
        return AttackerView(self.decider, state, stock, self.assuming)

    @cached_property
    def told_apart(self) -> frozenset[str]:
        """The accounts whose principals another account's roles tell apart by conditions."""
        accounts, found = self.decider.world.accounts, set[str]()
        for account in accounts.values():
            trusts = (role.trust for role in account.roles.values() if tells_apart(role.trust))
            named = _principals(trusts)
            owners = (Arn.parse(value).account if is_arn(value) else value for value in named)
            for owner in owners:
                found |= ({owner} if owner.isdigit() else {*accounts}) - {account.account_id}
        return frozenset(found)

    @cached_property
    def known_abroad(self) -> frozenset[str]:
        """The principals that policies of another account name.

        Only for these it matters to an administrator of their account what they can be made into.
        """
        found: set[str] = set()
        for account in self.decider.world.accounts.values():
            policies = [role.trust for role in account.roles.values()]
            policies += [resource.policy for resource in account.resources.values()]
            texts = list(_principals(policies))
            texts += [value for condition in conditions_of(policies) for value in condition.values]
            arns = {text for text in texts if is_arn(text)}
            found |= {arn for arn in arns if Arn.parse(arn).account != account.account_id}
        return frozenset(found)


def _principals(policies: Iterable[Policy | None]) -> Iterator[str]:
    """Return what elements Principal and NotPrincipal of policies name."""
    for statement in states.statements_of(policies):
        yield from (value for _, value in statement.principal or statement.not_principal or ())


# Paths -------------------------------------------------------------------------------------------


Edges = tuple[Edge, ...]

LONGEST_CHAIN = 30
"""So often somebody widens himself at most on one path."""


class SearchPoint(NamedTuple):
    """Where a search is: at a principal, and as what it came there before it widened itself."""

    state: PrincipalState
    base: PrincipalState

    @classmethod
    def of(cls, state: PrincipalState) -> SearchPoint:
        """Begin with a principal."""
        return cls(state, state)


@dataclass(eq=False)
class PathSearcher:
    """Goes from point to point of the graph.

    Parameters
    ----------
    finder
        Knows the edges.
    """

    finder: EdgeFinder

    def further(self, point: SearchPoint) -> Iterator[tuple[Edge, SearchPoint]]:
        """Return the edges that begin at a point, each with the point that it leads to."""
        state = point.state
        chain = None if state == point.base else self._chain(point.base)
        for edge in self.finder.edges(state):
            if not edge.is_own:
                yield edge, SearchPoint.of(edge.target)
            elif chain is None or chain.get(state) is edge:
                yield edge, SearchPoint(edge.target, point.base)

    def _chain(self, base: PrincipalState) -> Mapping[PrincipalState, Edge]:
        """Return the own edges by which somebody makes the most of himself, one after the other."""
        return self.finder.decider.once(("chain", base), lambda: dict(self._links(base)))

    def _links(self, state: PrincipalState) -> Iterator[tuple[PrincipalState, Edge]]:
        made = {change.label for change in state.changes}
        for _ in range(LONGEST_CHAIN):
            if self.finder.is_admin(state):
                return
            new = [
                edge
                for edge in self.finder.edges(state)
                if edge.is_own and not made >= {change.label for change in edge.target.changes}
            ]
            if not new:
                return
            best = next((edge for edge in new if self.finder.is_admin(edge.target)), new[0])
            yield state, best
            state = best.target
            made |= {change.label for change in state.changes}

    def paths_from(
        self, source: PrincipalState, is_wanted: Callable[[PrincipalState], bool]
    ) -> Iterator[Edges]:
        """Return paths to states that are wanted, the shortest first: one to each point."""
        if is_wanted(source):
            yield ()
        came: dict[SearchPoint, Edges] = {SearchPoint.of(source): ()}
        waiting = deque(came)
        while waiting:
            here = waiting.popleft()
            for edge, there in self.further(here):
                if there not in came:
                    came[there] = (*came[here], edge)
                    waiting.append(there)
                    if not is_shared(there.state) and is_wanted(there.state):
                        yield came[there]

    def all_from(self, source: PrincipalState) -> dict[PrincipalState, Edges]:
        """Return all that can be got to, each with a short path there."""
        found: dict[PrincipalState, Edges] = {}
        for edges in self.paths_from(source, lambda _: True):
            found.setdefault(edges[-1].target if edges else source, edges)
        return found

    def paths_to(self, is_wanted: Callable[[PrincipalState], bool]) -> dict[PrincipalState, Edges]:
        """Return all of today who get to a wanted state, each with a short path there."""
        into: dict[SearchPoint, list[tuple[Edge, SearchPoint]]] = defaultdict(list)
        for here, leading in self.whole.items():
            for edge, there in leading:
                into[there].append((edge, here))
        views = [view for view in self.whole if not is_shared(view.state)]
        found: dict[SearchPoint, Edges] = {
            point: () for point in steps(views, "asking") if is_wanted(point.state)
        }
        waiting = deque(found)
        while waiting:
            there = waiting.popleft()
            for edge, here in into[there]:
                if here not in found:
                    found[here] = (edge, *found[there])
                    waiting.append(here)
        return {
            state: found[SearchPoint.of(state)]
            for state in self.finder.today.values()
            if SearchPoint.of(state) in found
        }

    @cached_property
    def whole(self) -> Mapping[SearchPoint, tuple[tuple[Edge, SearchPoint], ...]]:
        """Every point to which anybody of today can get, with what leads on from it."""
        found: dict[SearchPoint, tuple[tuple[Edge, SearchPoint], ...]] = {}
        waiting = [SearchPoint.of(state) for state in self.finder.today.values()]
        while waiting:
            for point in steps(waiting, "looking for ways"):
                found[point] = tuple(self.further(point))
            new = dict.fromkeys(there for here in waiting for _, there in found[here])
            waiting = [point for point in new if point not in found]
        return found

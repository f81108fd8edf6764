"""The edges that begin at a principal.

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

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import attacker_view
from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRoles
from iamlab.analysis.privilege_escalation.attacker_view import AccountInventory, AttackerView
from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
from iamlab.analysis.privilege_escalation.finders import FINDERS, edges_from
from iamlab.analysis.privilege_escalation.finders.helpers import edges_for
from iamlab.analysis.privilege_escalation.finders.new_principals import UNIQUE_IDS, NewPrincipal
from iamlab.analysis.privilege_escalation.permission_checks import Need
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.analysis.privilege_escalation.satisfying_values import (
    OF_CALLER,
    OWN_LAYERS,
    conditions_of,
)
from iamlab.analysis.suppositions import IN_SESSION, MFA, session_arns, suppositions, unknown_keys
from iamlab.analysis.who_can import everybody
from iamlab.authorization.principal import principal_of
from iamlab.display import steps
from iamlab.model.identities import User
from iamlab.operations.iam.roles import SERVICE_LINKED
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.privilege_escalation.permission_checks import Decider
    from iamlab.model.account import Account
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


ADMINISTERS = EscalationMethod(0, "is an administrator of the account", (), (), ())
"""Leads from an administrator to the point that all administrators of the account share."""


SUPPOSES = EscalationMethod(0, "calls as no export tells", (), (), ())
"""Leads from a principal to the same principal, whose calls are made in a certain way."""


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

    @cached_property
    def today(self) -> dict[str, PrincipalState]:
        """Every user, role and root user as it is, by ARN, except service-linked roles."""
        world = self.decider.world
        found = {
            arn: PrincipalState.of(principal_of(world, arn))
            for arn in steps(list(everybody(world.accounts.values())), "gathering")
            if not Arn.parse(arn).resource.startswith(f"role{SERVICE_LINKED}")
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
            every = edges_from(self._view(state))
            words = state.supposed.words if state.supposed else ""
            if not words:
                return tuple(every)
            return tuple(replace(edge, conditions=(words, *edge.conditions)) for edge in every)

        return self.decider.once(("own edges", state), found)

    def edges(self, state: PrincipalState) -> tuple[Edge, ...]:
        """Return the edges of the graph that begin at a point, proved and plain ones first."""

        def found() -> tuple[Edge, ...]:
            every = (*self._edges_of(state), *self.supposing(state))
            return tuple(sorted(every, key=_plainness))

        return self.decider.once(("edges", state), found)

    def supposing(self, state: PrincipalState, more: Iterable[Statement] = ()) -> Iterator[Edge]:
        """Return edges to the same principal, whose calls meet conditions that no export tells.

        Parameters
        ----------
        more
            Statements of a resource's policy; the principal can also be a session that they name.
        """
        if is_shared(state):
            return
        decider, extra = self.decider, tuple(more)
        keys = unknown_keys(decider.world, decider.context, decider.circumstances, without=MFA)
        own = (own.policy for own in states.policies_in(state.principal, *OWN_LAYERS))
        every = (*states.statements_of(own), *states.statements_of(self._trusts(state)), *extra)
        limited = [
            entry for entry in every if any(each.key.lower() in keys for each in entry.conditions)
        ]
        usual = partial(decider.question, state, Need("iam:ListUsers", "*", {}))
        known = decider.once(("usual call", state.account_id), usual).request.context
        for supposed in suppositions(limited, keys, known) if limited else ():
            if supposed != state.supposed:
                words = (supposed.words,) if supposed.words else ()
                yield Edge(SUPPOSES, state, replace(state, supposed=supposed), (), words)
        issuer = state.principal.issuer or ""
        for arn in session_arns(issuer, extra) if ":role/" in issuer else ():
            session = principal_of(decider.world, arn)
            target = replace(state, arn=arn, principal=session, changes=())
            name = f"{IN_SESSION} {arn.rpartition('/')[2]}"
            yield Edge(SUPPOSES, state, target, (), (name,))

    def _trusts(self, state: PrincipalState) -> list[Policy | None]:
        """Return the trust policies that mean a principal, and have a condition."""
        direct, wide = self.assuming.naming(state)
        return [role.trust for role in (*direct, *wide) if role.trust is not None]

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

        def are_alike() -> bool:
            scps = (attached.policy for attached in states.policies_in(state.principal, "scp"))
            keys = (condition.key.lower() for condition in conditions_of(scps))
            return not any(key.startswith(OF_CALLER) for key in keys)

        return self.is_admin(state) and self.decider.once(("alike", state.account_id), are_alike)

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

    def together(self, behind: PrincipalState, state: PrincipalState) -> tuple[Edge, ...]:
        """Return the edges of a principal, as it is, because of the one that became it."""
        is_changed = any(change.about != states.CALLS_WITH for change in state.changes)
        is_same = state.arn == behind.arn
        if is_changed or is_same or any(map(self._needs_no_help, (state, behind))):
            return ()

        def found() -> tuple[Edge, ...]:
            known = {(edge.way.number, edge.target) for edge in self.edges(state)}
            every = edges_for(self._view(behind), self._view(state), FINDERS)
            return tuple(edge for edge in every if (edge.way.number, edge.target) not in known)

        return self.decider.once(("together", behind, state), found)

    def _needs_no_help(self, state: PrincipalState) -> bool:
        return is_shared(state) or state.arn.endswith(":root") or self.is_admin(state)

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


def _plainness(edge: Edge) -> tuple[bool, int, int]:
    """Return what edges are sorted by: without conditions, few permissions, few calls."""
    calls = MANY if callable(edge.make) else len(edge.make)
    return bool(edge.conditions), edge.way.plainness, calls


MANY = 10
"""Calls that are put together only when somebody looks at them are as many."""


def _principals(policies: Iterable[Policy | None]) -> Iterator[str]:
    """Return what elements Principal and NotPrincipal of policies name."""
    for statement in states.statements_of(policies):
        yield from (value for _, value in statement.principal or statement.not_principal or ())

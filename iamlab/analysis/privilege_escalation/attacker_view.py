"""What one principal may do, on which identities of its account: finders ask this.

An administrator may do everything in its account that the account's SCPs leave to it. Three
conditions must be met. An action that no policy names is allowed, so every action is. No Deny and
no ceiling of its own takes anything away: a principal that can remove such a Deny is an
administrator afterwards. And with everything that applies, SCPs too, it may make the calls of IAM
that give permissions: power users and federated users may not.

Notes
-----
AWS pages: "Policy evaluation logic"; "Methods to assume a role"; "AWS managed policies for job
functions", AdministratorAccess.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS
from iamlab.analysis.privilege_escalation.permission_checks import Need, iam_call, named, operation
from iamlab.analysis.privilege_escalation.principal_states import (
    Edge,
    Gain,
    PrincipalState,
    StateChange,
)
from iamlab.analysis.privilege_escalation.required_parameters import words
from iamlab.analysis.privilege_escalation.satisfying_values import UNHEARD_OF, denying
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import AttachedPolicy
from iamlab.operations.iam.roles import OF_AWS
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole, AssumableRoles
    from iamlab.analysis.privilege_escalation.permission_checks import Call, Decider
    from iamlab.analysis.privilege_escalation.principal_states import Calls
    from iamlab.model.account import Account
    from iamlab.model.identities import Group, Role, User
    from iamlab.model.world import World


class AccountInventory:
    """The things of an account in lists that stay the same, so that answers can be kept by them."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.users = list(account.users.values())
        # Nobody but AWS changes these others.
        self.roles = [role for role in account.roles.values() if not role.path.startswith(OF_AWS)]
        self.groups = list(account.groups.values())
        self.policies = [own for own in account.policies.values() if not own.is_aws_managed]


@dataclass(eq=False)
class AttackerView:
    """A principal, and what it may do.

    Parameters
    ----------
    state
        Who looks.
    stock
        The things of its account.
    """

    decider: Decider
    state: PrincipalState
    stock: AccountInventory
    assuming: AssumableRoles

    @property
    def world(self) -> World:
        """The world, which does not change."""
        return self.decider.world

    @property
    def account(self) -> Account:
        """The principal's account."""
        return self.stock.account

    @cached_property
    def user(self) -> User | None:
        """The user that it is, if it is one; also of a session of the user's own."""
        arn = Arn.parse(self.state.arn)
        if arn.service != "iam" or arn.kind != "user":
            return None
        return self.account.users.get(arn.name)

    @cached_property
    def role(self) -> Role | None:
        """The role that it is a session of, if it is one."""
        issuer = self.state.principal.issuer or ""
        if ":role/" not in issuer:
            return None
        return self.account.roles.get(issuer.rpartition("/")[2])

    # Questions ----------------------------------------------------------------------------------

    def call(self, name: str, **parameters: Any) -> Call:
        """Make a call of IAM in the principal's account."""
        return iam_call(self.account, name, **parameters)

    def on(self, identity: User | Group | Role, name: str, **more: Any) -> Call:
        """Make a call about a user, a group or a role; ``{}`` in its name is which of them."""
        return self.call(operation(name, identity), **named(identity), **more)

    def may(self, call: Call) -> bool:
        """Return whether the principal may make a call."""
        return self.decider.may(self.state, call)

    def ever(self, action: str) -> bool:
        """Return whether one of the principal's own Allows could be about an action at all."""
        return self.decider.ever(self.state, action)

    def allowed(self, name: str, resources: Sequence[Any], **fixed: Any) -> list[Any]:
        """Return those things of its account on which the principal may do an operation of IAM."""
        if not resources:
            return []
        name = operation(name, resources[0])
        return self.decider.allowed(self.state, self.account, name, resources, **fixed)

    @cached_property
    def assumable(self) -> dict[str, AssumableRole]:
        """The roles that it may assume as they are, in whichever account, by ARN."""
        return {assumed.role.arn: assumed for assumed in self.assuming.taken_by(self.state)}

    @cached_property
    def assumable_once_trusted(self) -> dict[str, AssumableRole]:
        """The roles whose trust policy it may write so that it lets it in, by ARN."""
        roles = self.allowed("UpdateAssumeRolePolicy", self.stock.roles, PolicyDocument="{}")
        return {taken.role.arn: taken for taken in self.assuming.by_editing(self.state, roles)}

    def trusting(self, taken: AssumableRole) -> Call:
        """Make the call that writes a role's trust policy so that it lets the principal in."""
        trust = self.assuming.trust_to_write(self.state, taken)
        return self.on(taken.role, "UpdateAssumeRolePolicy", PolicyDocument=trust.text)

    def abroad(self) -> Iterator[Edge]:
        """Return the edges by which it assumes roles as they are."""
        for taken in self.assuming.taken_by(self.state, abroad=True):
            yield Edge(METHODS[15], self.state, *self.acts_as(taken, (taken.call,)))

    # Answers ------------------------------------------------------------------------------------

    def widened(
        self, changes: Iterable[StateChange], calls: Iterable[Call], *conditions: str
    ) -> Gain:
        """Return the gain of the principal itself: the same principal with changes."""
        return Gain(self.state.with_(*changes), tuple(calls), conditions)

    def becomes(
        self,
        victim: User | Role,
        calls: Calls,
        *conditions: str,
        changes: Sequence[StateChange] = (),
    ) -> Gain:
        """Return the gain of another principal, perhaps with changes."""
        return Gain(self.changed(self._again(victim), *changes), calls, conditions)

    def acts_as(self, taken: AssumableRole, calls: Calls, *changes: StateChange) -> Gain:
        """Return the gain of a role session, perhaps of a changed role.

        Parameters
        ----------
        taken
            How the principal gets the session.
        changes
            The changes to the role before.
        """
        state = replace(self._again(taken.role), carried=taken.carried)
        return Gain(self.changed(state, *taken.session, *changes), calls, taken.conditions)

    # What was done before ------------------------------------------------------------------------

    def changed(self, other: PrincipalState, *changes: StateChange) -> PrincipalState:
        """Return another principal with changes, and with what this principal has done before.

        Its managed policies have their present default versions, whether they were attached to
        it before or come with the changes. If it is in a group that was changed, the change applies
        too. If the other principal is this principal, all its changes to itself apply.
        """
        made = other.with_(*changes)
        if not self.state.changes:
            return made
        known = made.principal
        held = (*known.identity, known.boundary, *known.session)
        attached = (policy for policy in held if isinstance(policy, AttachedPolicy))
        labels = {f"{states.VERSION} {policy.arn}" for policy in attached}
        labels |= {f"{states.GROUP} {name}" for name in self._groups_of(made)}
        # Any permission is enough once, wherever it is written.
        done = {change.label for change in changes} & {states.EVERYTHING}
        done |= {change.about for change in changes}
        shared = (change for change in self.state.changes if states.thing_of(change) in labels)
        return made.with_(*(change for change in shared if not done & {change.about, change.label}))

    def _groups_of(self, state: PrincipalState) -> list[str]:
        """Return the groups that a principal of this account is in, joined ones among them."""
        about = [change.about for change in state.changes]
        joined = [text for text in about if text.startswith(states.MEMBER)]
        names = [about.removeprefix(f"{states.MEMBER} ") for about in joined]
        user = self.account.users.get(state.arn.rpartition("/")[2])
        return [*user.groups, *names] if user is not None and user.arn == state.arn else names

    def _again(self, victim: User | Role) -> PrincipalState:
        """Return a principal; if it is this principal, with its changes to itself."""
        state = PrincipalState.of(principal_of(self.world, victim))
        own = self.state.changes if victim is (self.user or self.role) else ()
        return state.with_(*(change for change in own if change.about != states.CALLS_WITH))

    def as_they_are(self, policies: Iterable[AttachedPolicy]) -> tuple[AttachedPolicy, ...]:
        """Return policies that somebody may get, in the versions that are in force by now."""
        now = replace(self.state.principal, identity=tuple(policies))
        for change in self.state.changes:
            if change.about.startswith(states.VERSION):
                now = change.make(now)
        return now.identity


GIVES_POWER = words("calls", "gives_power")
"""Calls of IAM by which an administrator gives permissions to others."""


def is_admin(decider: Decider, state: PrincipalState) -> bool:
    """Return whether a principal is an administrator of its account without any change."""
    known, is_root = state.principal, state.arn.endswith(":root")
    if is_root and known.session:
        return False  # a member's root user, assumed for one task
    if not is_root and not any(takes_all(attached) for attached in known.identity):
        return False  # the usual case, quickly
    without_scps = replace(state, principal=replace(known, scps=()))
    if not decider.decide(without_scps, Need(UNHEARD_OF, "*", {})):
        return False
    if denying(decider, state):
        return False
    account = decider.world.accounts[state.account_id]
    start = f"arn:{account.partition}:iam::{account.account_id}"
    return all(
        decider.decide(state, Need(f"iam:{name}", f"{start}:{_kind(name)}/iamlab-probe", {}))
        for name in GIVES_POWER
    )


def takes_all(attached: AttachedPolicy) -> bool:
    """Return whether a policy has an Allow that could be for all actions."""
    return any(
        entry.effect == "Allow" and ("*" in (entry.action or ()) or entry.not_action is not None)
        for entry in attached.policy.statements
    )


def _kind(name: str) -> str:
    return "role" if "Role" in name else "user"

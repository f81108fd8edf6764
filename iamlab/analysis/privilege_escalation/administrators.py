"""Administrators of an account are alike: what one can do to the others in it, each can.

So they share one point of the graph, "administrators of 111111111111", and what it leads to is
worked out once. They are not alike where an SCP asks who calls, or where a role of another account
tells the principals of theirs apart: then each is looked at by itself.

Who is an administrator: may do all in its account that the account's SCPs leave to it.

Three things must be so. An action of which no policy has ever heard is allowed, so it is allowed
everything. No Deny of the principal's own, and no ceiling of its own, takes anything away; whoever
can take such a Deny away has a way to do so, and is an administrator after it. And with all that
applies, SCPs too, it may make the calls of IAM by which power is given: whoever may not (a power
user, a federated user) cannot do as he likes.

Notes
-----
AWS page: "Policy evaluation logic".
AWS pages: "AWS managed policies for job functions", AdministratorAccess; "Policy evaluation logic".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
from iamlab.analysis.privilege_escalation.finders.new_principals import UNIQUE_IDS, NewPrincipal
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState, any_permission
from iamlab.analysis.privilege_escalation.satisfying_values import OF_CALLER
from iamlab.model.identities import User
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


ADMINISTERS = EscalationMethod(0, "is an administrator of the account", (), (), ())
"""Leads from an administrator to the point that all administrators of the account share."""


def shared_by(state: PrincipalState) -> PrincipalState:
    """Give the point that the administrators of a power's account share."""
    return PrincipalState(shared_name(state.account_id), gathered=state.gathered)


def an_administrator(account: Account) -> PrincipalState:
    """Make up an administrator who is none of those that there are, and so can do it to each."""
    name = "administrator"
    while name in account.users:
        name += "-"
    made = NewPrincipal(User(account, name, unique_id=UNIQUE_IDS["user"]))
    return made.state().with_(any_permission())


def shared_name(account_id: str) -> str:
    """Give the name of the point that the administrators of an account share."""
    return f"administrators of {account_id}"


def is_shared(state: PrincipalState) -> bool:
    """Say whether a point of the graph is that of an account's administrators."""
    return state.arn.startswith("administrators of ")


def asks_who_calls(state: PrincipalState) -> bool:
    """Say whether an SCP above a power's account treats some of its principals otherwise."""
    return any(
        condition.key.lower().startswith(OF_CALLER)
        for attached in state.gathered.layers().of("scp")
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

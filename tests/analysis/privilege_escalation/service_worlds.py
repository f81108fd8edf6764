"""Small worlds for the ways through services: a caller, and a role for each service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab import Policy, World
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRoles
from iamlab.analysis.privilege_escalation.attacker_view import AccountInventory, AttackerView
from iamlab.analysis.privilege_escalation.finders import edges_from
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
from iamlab.authorization.principal import principal_of
from iamlab.operations.sts.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.analysis.privilege_escalation.escalation_methods import ServicePlan
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.world.account import Account
    from iamlab.world.identities import Role, User

MAIN, OTHER = "111111111111", "222222222222"


def account(*, member: bool = False) -> Account:
    """Make an account; as a member it has an organization's management account above it."""
    world = World(seed=7)
    if not member:
        return world.create_account("main", account_id=MAIN)
    top = world.create_account("top", account_id=OTHER)
    main = world.create_account("main", account_id=MAIN)
    world.create_organization(top).invite_account(main).accept()
    return main


def trust(service: str, when: dict[str, Any] | None = None) -> Policy:
    """Write a trust policy for a service."""
    return Policy.allow("sts:AssumeRole", None, principal=f"{service}.amazonaws.com", when=when)


def worker(
    main: Account, service: str, when: dict[str, Any] | None = None, *, profile: bool = True
) -> Role:
    """Make a role for a service; EC2's is in an instance profile, unless it is said otherwise."""
    name = f"{service.replace('.', '-')}-worker"
    role = main.create_role(name, assume_role_policy_document=trust(service, when))
    if service == "ec2" and profile:
        main.create_instance_profile(name).add_role(name)
    return role


def role_for(main: Account, plan: ServicePlan, when: dict[str, Any] | None = None) -> Role:
    """Make what a plan needs of an account; give the role that is to be gained."""
    if plan.also:
        worker(main, plan.also)
    return worker(main, plan.service, when, profile=plan.needs_profile)


def caller(main: Account, *statements: Policy) -> User:
    """Make the user who looks for ways."""
    dana = main.create_user("dana")
    for number, policy in enumerate(statements):
        dana.put_policy(f"own-{number}", policy)
    return dana


def edges(of: User | Role | Session, *numbers: int, **how: Any) -> list[Edge]:
    """Return the first edges of a principal, by some methods; there are no others."""
    world = of.world if isinstance(of, Session) else of.account.world
    reach = world.reach(**how)
    decider = reach._finder.decider
    world = reach.world
    power = PrincipalState.of(principal_of(world, of), of)
    item = AttackerView(
        decider, power, AccountInventory(world.accounts[power.account_id]), AssumableRoles(decider)
    )
    return list(edges_from(item, numbers))


def proved(of: User | Role, found: Sequence[Edge], **how: Any) -> bool:
    """Return whether the decisions for all calls of edges are yes, in the world as it is."""
    world = of.account.world
    needs = {need.key: need for edge in found for call in edge.calls for need in call.needs}
    return all(
        world.can(of, need.action, need.resource, context=dict(need.keys), **how)
        for need in needs.values()
    )

"""Methods that remove what limits: a permissions boundary, or a Deny.

One's own limit applies to whatever one gives oneself, so these methods come before or after others.
The boundary of a role limits what the role is given: whoever may also give the role a policy, or
write its trust policy, does so in the same step. A removed policy takes its Allows with it: so
policies with Denies are removed one after the other, those that only deny first.

Notes
-----
AWS pages: "Permissions boundaries for IAM entities"; "Delegating responsibility to others using
permissions boundaries", for the condition key ``iam:PermissionsBoundary``; "API
DeleteUserPermissionsBoundary"; "Adding and removing IAM identity permissions"; "API
RemoveUserFromGroup"; "Policy evaluation logic", an explicit deny.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, is_admin
from iamlab.analysis.privilege_escalation.finders import granting
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.granting import Grant
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour, is_wider, rewriting
from iamlab.analysis.privilege_escalation.finders.users import enter, entered
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.analysis.privilege_escalation.required_parameters import literals
from iamlab.analysis.privilege_escalation.satisfying_values import denying
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import Attached
from iamlab.model import managed_policies as managed
from iamlab.model.identities import Role, User
from iamlab.model.quotas import quota
from iamlab.operations.iam.lookup import SERVICE_LINKED_ONLY
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole
    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
    from iamlab.analysis.privilege_escalation.permission_checks import Call


NOUN = {23: "User", 24: "Role"}
"""Number of a method -> whose boundary it removes."""


def remove_own_boundary(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``Delete...PermissionsBoundary`` on one's own user or role."""
    holder = own.oneself(view)
    if holder is None or holder.noun != NOUN[method.number] or is_detour(view):
        return
    call = own.own_call(view, f"Delete{holder.noun}PermissionsBoundary", **holder.named)
    if view.state.gathered.boundary is not None and view.may(call):
        yield own.widened_by(view, method, [states.boundary_gone()], [call])


def remove_boundary_of_user(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``DeleteUserPermissionsBoundary`` of another user, then a key or a password."""
    name = "DeleteUserPermissionsBoundary"
    if not view.ever(f"iam:{name}") or is_admin(view.decider, view.state):
        return
    bounded = [user for user in view.stock.users if user.boundary is not None]
    may = view.allowed(name, view.stock.users) if bounded else []
    for entry, grant in entered(view, [user for user in bounded if user in may]):
        # What is written while there is a boundary is decided with that boundary.
        call = view.call(name, UserName=entry.user.name)
        freed = Grant((states.boundary_gone(), *grant.changes), (*grant.calls, call))
        yield enter(view, method, entry, freed)


def remove_boundary_of_role(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``DeleteRolePermissionsBoundary``, and ``AssumeRole``."""
    name = "DeleteRolePermissionsBoundary"
    if not view.ever(f"iam:{name}"):
        return
    for target in _targets(view, view.allowed(name, view.stock.roles)):
        call = view.call(name, RoleName=target.role.name)
        yield from _past_boundary(view, method, target, (call,), states.boundary_gone())


def set_wider_boundary(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``PutUserPermissionsBoundary`` on oneself; on a role, and ``AssumeRole``."""
    yield from _set_own(view, method)
    name = "PutRolePermissionsBoundary"
    if not view.ever(f"iam:{name}"):
        return
    left = {role.arn for role in view.stock.roles if role.boundary is not None}
    for arn, document in _to_try(view):
        may = view.allowed(name, view.stock.roles, PermissionsBoundary=arn)
        for target in _targets(view, [role for role in may if role.arn in left]):
            if not is_wider(document, target.document):
                continue
            call = view.call(name, RoleName=target.role.name, PermissionsBoundary=arn)
            change = states.boundary_set(document, arn)
            found = list(_past_boundary(view, method, target, (call,), change))
            yield from found
            # A role may be written to under one boundary and not under another.
            is_whole = any(states.any_permission() in edge.target.changes for edge in found)
            if own.allows_all(document) and (is_whole or _is_wide(view, target.role)):
                left.discard(target.role.arn)


def _set_own(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    holder, boundary = own.oneself(view), view.state.gathered.boundary
    if (
        holder is None
        or not view.ever(f"iam:Put{holder.noun}PermissionsBoundary")
        or is_detour(view)
    ):
        return
    required, is_done = _required(view), False
    for arn, document in _to_try(view):
        if boundary is not None and arn == boundary.arn:
            continue
        is_wider_one = boundary is not None and is_wider(document, boundary.policy)
        # Where a policy asks for a boundary, it lets its owner do more under just that one.
        if arn not in required and (is_done or not is_wider_one):
            continue
        name = f"Put{holder.noun}PermissionsBoundary"
        call = own.own_call(view, name, **holder.named, PermissionsBoundary=arn)
        if view.may(call):
            yield own.widened_by(view, method, [states.boundary_set(document, arn)], [call])
            is_done = is_done or own.allows_all(document)


def rewrite_boundary(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``CreatePolicyVersion`` of the boundary policy; of a role's, and ``AssumeRole``."""
    if not view.ever("iam:CreatePolicyVersion"):
        return
    boundary = view.state.gathered.boundary
    if boundary is not None and boundary.arn and not own.allows_all(boundary.policy):
        calls = rewriting(view, boundary.arn)
        if calls:
            yield own.widened_by(view, method, [states.policy_rewritten(boundary.arn)], calls)
    known: dict[str, tuple[Call, ...]] = {}
    for target in _targets(view, view.stock.roles):
        arn = target.role.boundary or ""
        if arn not in known:
            known[arn] = rewriting(view, arn)
        if known[arn] and not own.allows_all(target.document):
            yield from _past_boundary(
                view, method, target, known[arn], states.policy_rewritten(arn)
            )


# Roles -------------------------------------------------------------------------------------------


class BoundedRole(NamedTuple):
    """A role with a boundary that a principal can take.

    Parameters
    ----------
    document
        Of its boundary.
    before
        The call that lets the principal in first, if one is needed.
    """

    taken: AssumableRole
    document: Policy
    before: tuple[Call, ...] = ()

    @property
    def role(self) -> Role:
        """The role."""
        return self.taken.role


def _targets(view: AttackerView, roles: list[Role]) -> Iterator[BoundedRole]:
    """Give those of some roles that have a boundary, and that a principal can take."""
    for role in roles:
        if role.boundary is None or role is view.role:
            continue
        boundary = principal_of(view.world, role).boundary
        document = Policy(()) if boundary is None else boundary.policy
        if role.arn in view.assumable:
            yield BoundedRole(view.assumable[role.arn], document)
        elif role.arn in view.assumable_once_trusted:
            taken = view.assumable_once_trusted[role.arn]
            trust = view.assuming.trust_to_write(view.state, taken).text
            let = view.call("UpdateAssumeRolePolicy", RoleName=role.name, PolicyDocument=trust)
            yield BoundedRole(taken, document, (let,))


def _past_boundary(
    view: AttackerView,
    method: EscalationMethod,
    target: BoundedRole,
    calls: tuple[Call, ...],
    change: states.Change,
) -> Iterator[Edge]:
    """Say that a principal can act as a role past its boundary, with more policies if it can be.

    Parameters
    ----------
    calls, change
        What is done about the boundary.
    """
    after = change.make(principal_of(view.world, target.role)).boundary
    arn = None if after is None else after.arn
    for grant in (*_grants(view, target.role, change), granting.NOTHING):
        # What is written to a role with the wrong boundary may be refused: before or after, then.
        writes = (*grant.calls, *target.before)
        early = [call for call in writes if view.may(call)]
        late = [own.with_boundary(call, target.role, arn) for call in writes if call not in early]
        if not all(map(view.may, late)):
            continue
        made = (*early, *calls, *late, target.taken.call)
        yield view.acts_as(method, target.taken, states.fixed(*made), change, *grant.changes)
        if grant.is_all:
            return  # nothing else gives more


def _is_wide(view: AttackerView, role: Role) -> bool:
    return any(own.allows_all(each.policy) for each in principal_of(view.world, role).identity)


def _grants(view: AttackerView, role: Role, change: states.Change) -> list[Grant]:
    """Give what a role could be given besides."""
    if _is_wide(view, role):
        return []
    named, name = {"RoleName": role.name}, granting.name_to_write(role)
    is_room = len(role.attached) < quota(view.account, "PoliciesPerRole")
    calls = []
    if name is not None and view.ever("iam:PutRolePolicy"):
        calls.append(view.call("PutRolePolicy", **named, PolicyName=name, PolicyDocument=own.ALL))
    if is_room and view.ever("iam:AttachRolePolicy"):
        calls.append(view.call("AttachRolePolicy", **named, PolicyArn=own.administrator(view)))
    grants = [Grant((states.any_permission(),), (call,)) for call in calls]
    some = granting.best(
        granting.attached(view, view.stock.roles), granting.rewritten(view, view.stock.roles)
    )
    return [*grants, *(grant for grant in some.get(role.arn, ()) if change not in grant.changes)]


# Boundaries --------------------------------------------------------------------------------------


def _required(view: AttackerView) -> set[str]:
    """Give the ARNs that the principal's own policies want a boundary to have."""
    return {
        value
        for each in view.state.gathered.identity
        for value in literals(each.policy, own.BOUNDARY)
    }


def _to_try(view: AttackerView) -> Iterator[tuple[str, Policy]]:
    """Give policies that could be a boundary, the widest first."""
    named = [managed.find(arn) for arn in sorted(_required(view))]
    policies = (
        view.account.get_policy(own.administrator(view)),
        *(each for each in named if each and not each.path.startswith(SERVICE_LINKED_ONLY)),
        *view.stock.policies,
    )
    every = (Attached(each.document, each.arn) for each in policies)
    yield from ((each.arn or "", each.policy) for each in view.as_they_are(every))


MOST_ALONE = 4
"""If more policies deny something, they are only removed all together."""

REMOVES = {
    "user": ("DetachUserPolicy", "DeleteUserPolicy"),
    "role": ("DetachRolePolicy", "DeleteRolePolicy"),
    "group": ("DetachGroupPolicy", "DeleteGroupPolicy", "RemoveUserFromGroup"),
}
"""Who has a policy -> the operations that remove it."""


Remove: TypeAlias = "Callable[[PrincipalState, Attached], Grant | None]"


def _denying(view: AttackerView, state: PrincipalState) -> list[Attached]:
    """Give the policies of a principal's own that deny it something, without an Allow first."""
    denies = {states.place_of(each) for each in denying(view.decider, state)}
    found = [each for each in state.gathered.identity if states.place_of(each) in denies]
    return sorted(found, key=lambda each: own.allows_something(each.policy))


def _removed(state: PrincipalState, found: Sequence[Attached], remove: Remove) -> list[Grant]:
    """Remove all that may be removed, in an order in which that is allowed."""
    removals: list[Grant] = []
    left = list(found)
    while removal := next(filter(None, (remove(state, each) for each in left)), None):
        removals.append(removal)
        state = state.with_(*removal.changes)
        there = {states.place_of(each) for each in state.gathered.identity}
        left = [each for each in left if states.place_of(each) in there]
    return removals


def _removals(
    removed: Attached, holders: Sequence[own.PolicyHolder], user: str, call: Callable[..., Call]
) -> Iterator[Grant]:
    """Give the calls that remove a policy of somebody; that a user leaves its group is the last."""
    if removed.arn is None:
        operation, named = "Delete{}Policy", {"PolicyName": removed.policy.name}
    else:
        operation, named = "Detach{}Policy", {"PolicyArn": removed.arn}
    for holder in holders:
        if holder.path == removed.path:
            remove = call(operation.format(holder.noun), **holder.named, **named)
            yield Grant((states.policies_gone([removed]),), (remove,))
        if holder.path == removed.path and holder.path:
            leave = call("RemoveUserFromGroup", **holder.named, UserName=user)
            yield Grant((states.group_left(holder.identity.name),), (leave,))


# One's own ---------------------------------------------------------------------------------------


def remove_own_denies(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``Detach...Policy``, ``Delete...Policy`` or ``RemoveUserFromGroup``, of what has a Deny."""
    found = _denying(view, view.state)
    if not found or is_detour(view):
        return
    name = "" if view.user is None else view.user.name

    def remove(state: PrincipalState, each: Attached) -> Grant | None:
        now = replace(view, state=state)
        every = _removals(each, own.holders(now), name, partial(own.own_call, now))
        return next((removal for removal in every if now.may(removal.calls[0])), None)

    together = _removed(view.state, found, remove)
    alone = [remove(view.state, each) for each in found] if 1 < len(found) <= MOST_ALONE else []
    choices = [[removal] for removal in alone if removal is not None]
    if together and together not in choices:
        choices.append(together)
    for removals in choices:
        removed = granting.together(removals)
        yield own.widened_by(view, method, removed.changes, removed.calls)


# Those of others ---------------------------------------------------------------------------------


def remove_denies_of_others(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``Delete...Policy`` or ``Detach...Policy`` of a Deny, then a key, a password, the role."""
    if is_admin(view.decider, view.state):
        return
    if _may_ever(view, "user", "group"):
        freed = {user.arn: _freed(view, user) for user in view.stock.users if user is not view.user}
        some = [user for user in view.stock.users if freed.get(user.arn, granting.NOTHING).calls]
        for entry, grant in entered(view, some):
            done = freed[entry.user.arn]
            if _groups_in(grant.calls) & _groups_in(done.calls, "RemoveUserFromGroup"):
                continue  # a user that has left its group loses what the group is given
            changes, calls = (*done.changes, *grant.changes), (*done.calls, *grant.calls)
            yield enter(view, method, entry, Grant(changes, calls))
    if _may_ever(view, "role"):
        yield from _roles(view, method)


def _groups_in(calls: Sequence[Call], name: str = "") -> set[object]:
    """Give the groups that calls are about; or only those of one operation."""
    about = [call.parameters.get("GroupName") for call in calls if name in ("", call.name)]
    return {group for group in about if group is not None}


def _may_ever(view: AttackerView, *kinds: str) -> bool:
    return any(view.ever(f"iam:{name}") for kind in kinds for name in REMOVES[kind])


def _roles(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    every = [taken for taken in view.assumable.values() if taken.role in view.stock.roles]
    others = [taken for taken in every if taken.role is not view.role]
    freed = [(taken, _freed(view, taken.role)) for taken in others]
    if not any(done.calls for _, done in freed):
        return
    grants = granting.best(
        granting.written(view, view.stock.roles), granting.attached(view, view.stock.roles)
    )
    for taken, done in freed:
        for grant in (*granting.whole(grants, taken.role), granting.NOTHING) if done.calls else ():
            calls = partial(tuple, (*done.calls, *grant.calls, taken.call))
            yield view.acts_as(method, taken, calls, *done.changes, *grant.changes)


def _freed(view: AttackerView, principal: User | Role) -> Grant:
    """Remove all that denies somebody something and may be removed."""
    state = view.changed(PrincipalState.of(principal_of(view.world, principal)))
    groups = principal.groups if isinstance(principal, User) else ()
    holders = [own.PolicyHolder(principal, ()), *own.groups_named(view, groups)]

    def remove(_: PrincipalState, each: Attached) -> Grant | None:
        every = _removals(each, holders, principal.name, view.call)
        return next((removal for removal in every if view.may(removal.calls[0])), None)

    return granting.together(_removed(state, _denying(view, state), remove))

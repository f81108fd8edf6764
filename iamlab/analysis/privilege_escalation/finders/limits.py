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
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, is_admin
from iamlab.analysis.privilege_escalation.finders import granting
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour, is_wider, rewriting
from iamlab.analysis.privilege_escalation.finders.users import enter, entered
from iamlab.analysis.privilege_escalation.permission_checks import operation
from iamlab.analysis.privilege_escalation.principal_states import Gain, Grant, PrincipalState
from iamlab.analysis.privilege_escalation.required_parameters import literals
from iamlab.analysis.privilege_escalation.satisfying_values import denying
from iamlab.authorization.principal import principal_of
from iamlab.model import managed_policies as managed
from iamlab.operations.iam.common import SERVICE_LINKED_ONLY, quota
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.engine.layers import AttachedPolicy
    from iamlab.model.identities import Role, User


DELETE, PUT = "Delete{}PermissionsBoundary", "Put{}PermissionsBoundary"


def remove_own_boundary(view: AttackerView, kind: str) -> Iterator[Gain]:
    """``Delete...PermissionsBoundary`` on one's own user or role."""
    holder = own.oneself(view)
    if holder is None or holder.kind != kind or is_detour(view):
        return
    call = own.own_call(view, holder, DELETE)
    if view.state.principal.boundary is not None and view.may(call):
        yield view.widened([states.boundary_gone()], [call])


def remove_boundary_of_user(view: AttackerView) -> Iterator[Gain]:
    """``DeleteUserPermissionsBoundary`` of another user, then a key or a password."""
    if not view.ever("iam:DeleteUserPermissionsBoundary") or is_admin(view.decider, view.state):
        return
    bounded = [user for user in view.stock.users if user.boundary is not None]
    may = view.allowed(DELETE, view.stock.users) if bounded else []
    for entry, grant in entered(view, [user for user in bounded if user in may]):
        # What is written while there is a boundary is decided with that boundary.
        calls = (*grant.calls, view.on(entry.user, DELETE))
        yield enter(view, entry, Grant((states.boundary_gone(), *grant.changes), calls))


def remove_boundary_of_role(view: AttackerView) -> Iterator[Gain]:
    """``DeleteRolePermissionsBoundary``, and ``AssumeRole``."""
    for target in _targets(view, view.allowed(DELETE, view.stock.roles)):
        freed = Grant((states.boundary_gone(),), (view.on(target.role, DELETE),))
        yield from _past_boundary(view, target, freed)


def set_wider_boundary(view: AttackerView) -> Iterator[Gain]:
    """``PutUserPermissionsBoundary`` on oneself; on a role, and ``AssumeRole``."""
    yield from _set_own(view)
    if not view.ever("iam:PutRolePermissionsBoundary"):
        return
    left = {role.arn for role in view.stock.roles if role.boundary is not None}
    for policy in _to_try(view):
        arn, document = str(policy.arn), policy.policy
        may = view.allowed(PUT, view.stock.roles, PermissionsBoundary=arn)
        for target in _targets(view, [role for role in may if role.arn in left]):
            if not is_wider(document, target.document):
                continue
            call = view.on(target.role, PUT, PermissionsBoundary=arn)
            freed = Grant((states.boundary_set(document, arn),), (call,))
            found = list(_past_boundary(view, target, freed))
            yield from found
            # A role may be written to under one boundary and not under another.
            is_whole = any(states.any_permission() in gain.target.changes for gain in found)
            if own.allows_all(document) and (is_whole or _is_wide(view, target.role)):
                left.discard(target.role.arn)


def _set_own(view: AttackerView) -> Iterator[Gain]:
    holder, boundary = own.oneself(view), view.state.principal.boundary
    if holder is None or not view.ever(f"iam:{operation(PUT, holder)}") or is_detour(view):
        return
    required, is_done = _required(view), False
    for policy in _to_try(view):
        arn, document = str(policy.arn), policy.policy
        if boundary is not None and arn == boundary.arn:
            continue
        is_wider_one = boundary is not None and is_wider(document, boundary.policy)
        # Where a policy asks for a boundary, it lets its owner do more under just that one.
        if arn not in required and (is_done or not is_wider_one):
            continue
        call = own.own_call(view, holder, PUT, PermissionsBoundary=arn)
        if view.may(call):
            yield view.widened([states.boundary_set(document, arn)], [call])
            is_done = is_done or own.allows_all(document)


def rewrite_boundary(view: AttackerView) -> Iterator[Gain]:
    """``CreatePolicyVersion`` of the boundary policy; of a role's, and ``AssumeRole``."""
    if not view.ever("iam:CreatePolicyVersion"):
        return
    boundary = view.state.principal.boundary
    if boundary is not None and boundary.arn and not own.allows_all(boundary.policy):
        calls = rewriting(view, boundary.arn)
        if calls:
            yield view.widened([states.policy_rewritten(boundary.arn)], calls)
    known = {role.boundary or "" for role in view.stock.roles}
    rewrites = {arn: rewriting(view, arn) for arn in sorted(known)}
    for target in _targets(view, view.stock.roles):
        arn = target.role.boundary or ""
        if rewrites[arn] and not own.allows_all(target.document):
            freed = Grant((states.policy_rewritten(arn),), rewrites[arn])
            yield from _past_boundary(view, target, freed)


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

    role: Role
    taken: AssumableRole
    document: Policy
    before: tuple[Call, ...] = ()


def _targets(view: AttackerView, roles: list[Role]) -> Iterator[BoundedRole]:
    """Return those of some roles that have a boundary, and that a principal can take."""
    for role in roles:
        if role.boundary is None or role is view.role:
            continue
        boundary = principal_of(view.world, role).boundary
        document = Policy(()) if boundary is None else boundary.policy
        taken = view.assumable.get(role.arn) or view.assumable_once_trusted.get(role.arn)
        if taken is not None:
            before = () if taken.trust is None else (view.trusting(taken),)
            yield BoundedRole(role, taken, document, before)


def _past_boundary(view: AttackerView, target: BoundedRole, freed: Grant) -> Iterator[Gain]:
    """Yield the gains of a role without its boundary, with more policies if possible.

    Parameters
    ----------
    freed
        What is done about the boundary.
    """
    (change,) = freed.changes
    after = change.make(principal_of(view.world, target.role)).boundary
    arn = None if after is None else after.arn
    for grant in (*_grants(view, target.role, change), states.NOTHING):
        # What is written to a role with the wrong boundary may be refused: before or after, then.
        writes = (*grant.calls, *target.before)
        early = [call for call in writes if view.may(call)]
        late = [own.with_boundary(call, target.role, arn) for call in writes if call not in early]
        if all(map(view.may, late)):
            calls = (*early, *freed.calls, *late, target.taken.call)
            yield view.acts_as(target.taken, calls, change, *grant.changes)
            if grant.is_all:
                return  # nothing else gives more


def _is_wide(view: AttackerView, role: Role) -> bool:
    return any(own.allows_all(each.policy) for each in principal_of(view.world, role).identity)


def _grants(view: AttackerView, role: Role, change: states.StateChange) -> list[Grant]:
    """Return the policies that a role could get in addition."""
    if _is_wide(view, role):
        return []
    is_room = len(role.attached) < quota(view.account, "PoliciesPerRole")
    names = own.names_to_write(role, role.inline) if view.ever("iam:PutRolePolicy") else ()
    whole = [{"PolicyName": name, "PolicyDocument": own.ALL} for name in names]
    calls = [view.on(role, "Put{}Policy", **written) for written in whole]
    if is_room and view.ever("iam:AttachRolePolicy"):
        calls.append(view.on(role, "Attach{}Policy", PolicyArn=own.administrator(view)))
    grants = [Grant((states.any_permission(),), (call,)) for call in calls]
    gives, roles = (granting.attached, granting.rewritten), view.stock.roles
    some = granting.best(*(give(view, roles) for give in gives)).get(role.arn, ())
    return [*grants, *(grant for grant in some if change not in grant.changes)]


# Boundaries --------------------------------------------------------------------------------------


def _required(view: AttackerView) -> set[str]:
    """Return the ARNs that the principal's own policies want a boundary to have."""
    policies = (each.policy for each in view.state.principal.identity)
    return {arn for policy in policies for arn in literals(policy, own.BOUNDARY)}


def _to_try(view: AttackerView) -> list[AttachedPolicy]:
    """Return policies that could be a boundary, the widest first."""
    named = [managed.find(arn) for arn in sorted(_required(view))]
    policies = (
        view.account.policies[own.administrator(view)],
        *(each for each in named if each and not each.path.startswith(SERVICE_LINKED_ONLY)),
        *view.stock.policies,
    )
    return [own.in_force(view, policy) for policy in policies]


MOST_ALONE = 4
"""If more policies deny something, they are only removed all states.together."""

REMOVES, LEAVES = ("Detach{}Policy", "Delete{}Policy"), "RemoveUserFromGroup"
"""The operations that remove a policy; by the last, a user leaves the group that has it."""

Remove: TypeAlias = "Callable[[PrincipalState, AttachedPolicy], Grant | None]"


def _denying(view: AttackerView, state: PrincipalState) -> list[AttachedPolicy]:
    """Return the policies of a principal's own that deny it something, without an Allow first."""
    denies = {states.place_of(each) for each in denying(view.decider, state)}
    found = [each for each in state.principal.identity if states.place_of(each) in denies]
    return sorted(found, key=lambda each: own.allows_something(each.policy))


def _removed(state: PrincipalState, found: Sequence[AttachedPolicy], remove: Remove) -> list[Grant]:
    """Remove all that may be removed, in an order in which that is allowed."""
    removals: list[Grant] = []
    left = list(found)
    while removal := next(filter(None, (remove(state, each) for each in left)), None):
        removals.append(removal)
        state = state.with_(*removal.changes)
        there = {states.place_of(each) for each in state.principal.identity}
        left = [each for each in left if states.place_of(each) in there]
    return removals


def _removal(
    view: AttackerView,
    removed: AttachedPolicy,
    holders: Sequence[own.Holder],
    user: str,
    call: Callable[..., Call],
) -> Grant | None:
    """Return the call that removes a policy of a principal; the last resort is to leave a group."""
    is_inline = removed.arn is None
    name, key = (REMOVES[1], "PolicyName") if is_inline else (REMOVES[0], "PolicyArn")
    named = {key: removed.policy.name if is_inline else removed.arn}
    holder = next((each for each in holders if own.path_of(each) == removed.path), None)
    if holder is None:
        return None
    remove = call(view, holder, name, **named)
    if view.may(remove):
        return Grant((states.policies_gone([removed]),), (remove,))
    leaves = [call(view, holder, LEAVES, UserName=user)] if removed.path else []
    may_leave = (call for call in leaves if view.may(call))
    return next((Grant((states.group_left(holder.name),), (call,)) for call in may_leave), None)


# One's own ---------------------------------------------------------------------------------------


def remove_own_denies(view: AttackerView) -> Iterator[Gain]:
    """``Detach...Policy``, ``Delete...Policy`` or ``RemoveUserFromGroup``, of what has a Deny."""
    found = _denying(view, view.state)
    if not found or is_detour(view):
        return
    name = "" if view.user is None else view.user.name

    def remove(state: PrincipalState, each: AttachedPolicy) -> Grant | None:
        now = replace(view, state=state)
        return _removal(now, each, own.holders(now), name, own.own_call)

    every = _removed(view.state, found, remove)
    alone = [remove(view.state, each) for each in found] if 1 < len(found) <= MOST_ALONE else []
    choices = [[removal] for removal in alone if removal is not None]
    if every and every not in choices:
        choices.append(every)
    for removed in map(states.together, choices):
        yield view.widened(removed.changes, removed.calls)


# Those of others ---------------------------------------------------------------------------------


def remove_denies_of_others(view: AttackerView) -> Iterator[Gain]:
    """``Delete...Policy`` or ``Detach...Policy`` of a Deny, then a key, a password, the role."""
    if is_admin(view.decider, view.state):
        return
    if _may_ever(view, "User", "Group") or view.ever(f"iam:{LEAVES}"):
        freed = {user.arn: _freed(view, user) for user in view.stock.users if user is not view.user}
        some = [user for user in view.stock.users if freed.get(user.arn, states.NOTHING).calls]
        for entry, grant in entered(view, some):
            done = freed[entry.user.arn]
            # A user that has left its group loses what the group is given.
            if not _groups_in(grant.calls) & _groups_in(done.calls, LEAVES):
                yield enter(view, entry, done, grant)
    if _may_ever(view, "Role"):
        yield from _roles(view)


def _groups_in(calls: Sequence[Call], name: str = "") -> set[object]:
    """Return the groups that calls are about; or only those of one operation."""
    about = [call.parameters.get("GroupName") for call in calls if name in ("", call.name)]
    return {group for group in about if group is not None}


def _may_ever(view: AttackerView, *nouns: str) -> bool:
    return any(view.ever(f"iam:{name.format(noun)}") for name in REMOVES for noun in nouns)


def _roles(view: AttackerView) -> Iterator[Gain]:
    every = [taken for taken in view.assumable.values() if taken.role in view.stock.roles]
    others = [taken for taken in every if taken.role is not view.role]
    freed = [(taken, _freed(view, taken.role)) for taken in others]
    if not any(done.calls for _, done in freed):
        return
    gives, roles = (granting.written, granting.attached), view.stock.roles
    grants = granting.best(*(give(view, roles) for give in gives))
    for taken, done in freed:
        for grant in (*granting.whole(grants, taken.role), states.NOTHING) if done.calls else ():
            made = states.together([done, grant])
            yield view.acts_as(taken, (*made.calls, taken.call), *made.changes)


def _freed(view: AttackerView, principal: User | Role) -> Grant:
    """Remove all that denies somebody something and may be removed."""
    state = view.changed(PrincipalState.of(principal_of(view.world, principal)))
    groups, names = view.account.groups, getattr(principal, "groups", ())
    holders = [principal, *(groups[name] for name in names if name in groups)]

    def remove(_: PrincipalState, each: AttachedPolicy) -> Grant | None:
        return _removal(view, each, holders, principal.name, AttackerView.on)

    return states.together(_removed(state, _denying(view, state), remove))

"""Ways past a permissions boundary: take it away, set a wider one, rewrite the policy that it is.

A boundary of one's own caps whatever one gives oneself, so these ways come before or after others.
A boundary of a role caps what the role is given: whoever may also give the role a policy, or write
its trust policy, does so in the same step.

Notes
-----
AWS pages: "Permissions boundaries for IAM entities"; "Delegating responsibility to others using
permissions boundaries", for the condition key ``iam:PermissionsBoundary``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.principal_states import (
    Change,
    any_permission,
    boundary_gone,
    boundary_set,
    policy_rewritten,
)
from iamlab.analysis.privilege_escalation.required_parameters import literals
from iamlab.analysis.privilege_escalation.ways.grants import (
    Gift,
    attached,
    best,
    name_to_write,
    rewritten,
)
from iamlab.analysis.privilege_escalation.ways.own_calls import (
    ALL,
    BOUNDARY,
    administrator,
    allows_all,
    oneself,
    own_call,
    widened_by,
    with_boundary,
)
from iamlab.analysis.privilege_escalation.ways.own_policies import is_detour
from iamlab.analysis.privilege_escalation.ways.own_versions import is_wider, rewriting
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import Attached
from iamlab.model import managed_policies as managed
from iamlab.model.quotas import quota
from iamlab.operations.iam.lookup import SERVICE_LINKED_ONLY
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.assumable_roles import Taken
    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.model.identities import Role
    from iamlab.model.managed_policies import ManagedPolicy

PER_ROLE = "PoliciesPerRole"


@finds(23)
def take_own_away(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``DeleteUserPermissionsBoundary`` on oneself."""
    if one.user is not None:
        yield from _take_own_away(one, way)


@finds(24)
def take_away(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``DeleteRolePermissionsBoundary``, and ``AssumeRole``; one's own role needs no assuming."""
    if one.role is not None:
        yield from _take_own_away(one, way)
    if not one.ever("iam:DeleteRolePermissionsBoundary"):
        return
    may = one.allowed("DeleteRolePermissionsBoundary", one.stock.roles)
    for target in _targets(one, may):
        call = one.call("DeleteRolePermissionsBoundary", RoleName=target.role.name)
        yield from _freed(one, way, target, (call,), boundary_gone())


def _take_own_away(one: Standpoint, way: Way) -> Iterator[Edge]:
    own = oneself(one)
    if own is None or one.power.gathered.boundary is None or is_detour(one):
        return
    call = own_call(one, f"Delete{own.noun}PermissionsBoundary", **own.named)
    if one.may(call):
        yield widened_by(one, way, [boundary_gone()], [call])


@finds(25)
def set_wider(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``PutUserPermissionsBoundary`` on oneself; on a role, and ``AssumeRole``."""
    yield from _set_own(one, way)
    if not one.ever("iam:PutRolePermissionsBoundary"):
        return
    left = {role.arn for role in one.stock.roles if role.boundary is not None}
    for arn, document in _to_try(one):
        may = one.allowed("PutRolePermissionsBoundary", one.stock.roles, PermissionsBoundary=arn)
        for target in _targets(one, [role for role in may if role.arn in left]):
            if not is_wider(document, target.document):
                continue
            call = one.call(
                "PutRolePermissionsBoundary",
                RoleName=target.role.name,
                PermissionsBoundary=arn,
            )
            change = boundary_set(document, arn)
            found = list(_freed(one, way, target, (call,), change))
            yield from found
            # A role may be written to under one boundary and not under another.
            is_whole = any(any_permission() in edge.target.changes for edge in found)
            if allows_all(document) and (is_whole or _is_wide(one, target.role)):
                left.discard(target.role.arn)


def _set_own(one: Standpoint, way: Way) -> Iterator[Edge]:
    own, boundary = oneself(one), one.power.gathered.boundary
    if own is None or not one.ever(f"iam:Put{own.noun}PermissionsBoundary") or is_detour(one):
        return
    asked_for, is_done = _asked_for(one), False
    for arn, document in _to_try(one):
        if boundary is not None and arn == boundary.arn:
            continue
        is_wider_one = boundary is not None and is_wider(document, boundary.policy)
        # Where a policy asks for a boundary, it lets its owner do more under just that one.
        if arn not in asked_for and (is_done or not is_wider_one):
            continue
        name = f"Put{own.noun}PermissionsBoundary"
        call = own_call(one, name, **own.named, PermissionsBoundary=arn)
        if one.may(call):
            yield widened_by(one, way, [boundary_set(document, arn)], [call])
            is_done = is_done or allows_all(document)


@finds(26)
def rewrite(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreatePolicyVersion`` of the boundary policy; of a role's, and ``AssumeRole``."""
    if not one.ever("iam:CreatePolicyVersion"):
        return
    boundary = one.power.gathered.boundary
    if boundary is not None and boundary.arn and not allows_all(boundary.policy):
        calls = rewriting(one, boundary.arn)
        if calls:
            yield widened_by(one, way, [policy_rewritten(boundary.arn)], calls)
    known: dict[str, tuple[Call, ...]] = {}
    for target in _targets(one, one.stock.roles):
        arn = target.role.boundary or ""
        if arn not in known:
            known[arn] = rewriting(one, arn)
        if known[arn] and not allows_all(target.document):
            yield from _freed(one, way, target, known[arn], policy_rewritten(arn))


# Roles -------------------------------------------------------------------------------------------


class Target(NamedTuple):
    """A role with a boundary that a power can take.

    Parameters
    ----------
    document
        Of its boundary.
    before
        The call that lets the power in first, if one is needed.
    """

    taken: Taken
    document: Policy
    before: tuple[Call, ...] = ()

    @property
    def role(self) -> Role:
        """The role."""
        return self.taken.role


def _targets(one: Standpoint, roles: list[Role]) -> Iterator[Target]:
    """Give those of some roles that have a boundary, and that a power can take."""
    for role in roles:
        if role.boundary is None or role is one.role:
            continue
        attached = principal_of(one.world, role).boundary
        document = Policy(()) if attached is None else attached.policy
        if role.arn in one.assumable:
            yield Target(one.assumable[role.arn], document)
        elif role.arn in one.assumable_once_trusted:
            taken = one.assumable_once_trusted[role.arn]
            trust = one.assuming.trust_to_write(one.power, taken).text
            let = one.call("UpdateAssumeRolePolicy", RoleName=role.name, PolicyDocument=trust)
            yield Target(taken, document, (let,))


def _freed(
    one: Standpoint, way: Way, target: Target, calls: tuple[Call, ...], change: Change
) -> Iterator[Edge]:
    """Say that a power can act as a role past its boundary, with more policies if it can be.

    Parameters
    ----------
    calls, change
        What is done about the boundary.
    """
    after = change.make(principal_of(one.world, target.role)).boundary
    arn = None if after is None else after.arn
    for gift in (*_gifts(one, target.role, change), Gift((), ())):
        # What is written to a role with the wrong boundary may be refused: before or after, then.
        writes = (*gift.calls, *target.before)
        early = [call for call in writes if one.may(call)]
        late = [with_boundary(call, target.role, arn) for call in writes if call not in early]
        if not all(map(one.may, late)):
            continue
        made = (*early, *calls, *late, target.taken.call)
        yield one.acts_as(way, target.taken, partial(tuple, made), change, *gift.changes)
        if gift.is_all:
            return  # nothing else gives more


def _is_wide(one: Standpoint, role: Role) -> bool:
    return any(allows_all(each.policy) for each in principal_of(one.world, role).identity)


def _gifts(one: Standpoint, role: Role, change: Change) -> list[Gift]:
    """Give what a role could be given besides."""
    if _is_wide(one, role):
        return []
    name = name_to_write(role)
    written = {"PolicyName": name, "PolicyDocument": ALL}
    whole = {"PolicyArn": administrator(one)}
    named = {"RoleName": role.name}
    gifts = [
        Gift((any_permission(),), (one.call(operation, **named, **given),))
        for operation, given, is_room in (
            ("PutRolePolicy", written, name is not None),
            ("AttachRolePolicy", whole, len(role.attached) < quota(one.account, PER_ROLE)),
        )
        if is_room and one.ever(f"iam:{operation}")
    ]
    some = best(attached(one, one.stock.roles), rewritten(one, one.stock.roles))
    return [*gifts, *(gift for gift in some.get(role.arn, ()) if change not in gift.changes)]


# Boundaries --------------------------------------------------------------------------------------


def _asked_for(one: Standpoint) -> set[str]:
    """Give the ARNs that the power's own policies want a boundary to have."""
    return {
        value for each in one.power.gathered.identity for value in literals(each.policy, BOUNDARY)
    }


def _to_try(one: Standpoint) -> Iterator[tuple[str, Policy]]:
    """Give policies that could be a boundary, the widest first."""
    every = (Attached(each.document, each.arn) for each in _policies(one))
    yield from ((each.arn or "", each.policy) for each in one.as_they_are(every))


def _policies(one: Standpoint) -> Iterator[ManagedPolicy]:
    yield one.account.get_policy(administrator(one))
    for arn in sorted(_asked_for(one)):
        policy = managed.find(arn)
        if policy is not None and not policy.path.startswith(SERVICE_LINKED_ONLY):
            yield policy
    yield from one.stock.policies

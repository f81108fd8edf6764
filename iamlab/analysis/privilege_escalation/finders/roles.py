"""Ways to act as a role: as it is, or after widening it, or after writing its trust policy.

The way to the root user of a member account, for one task.

Ways through IAM Identity Center: row 34 of the table.

Whoever may write the policies of a permission set widens all that are assigned to it, in each
account that has its role; whoever may make assignments can assign a set to himself. Both are calls
of the management account. There, Identity Center works with the permissions of whoever calls it,
so that the caller needs those of IAM too.

The model lets nobody but the management account's root user make these calls, so that they cannot
be replayed: the decisions about them are the proof.

Notes
-----
AWS pages: "API AssumeRole"; "API UpdateAssumeRolePolicy"; "Methods to assume a role".
AWS pages: "API AssumeRoot"; "Centralize root access for member accounts"; "Perform a privileged
task on an AWS Organizations member account".
AWS pages: "Actions, resources, and condition keys for AWS IAM Identity Center"; "Using identity-
based policies (IAM policies) for IAM Identity Center".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.grants import (
    Grants,
    attached,
    best,
    for_each,
    rewritten,
    written,
)
from iamlab.analysis.privilege_escalation.finders.own_calls import ALL, administrator
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, iam_call, other_call
from iamlab.analysis.privilege_escalation.principal_states import (
    CALLS_WITH,
    Carried,
    Change,
    Edge,
    PrincipalState,
    any_permission,
)
from iamlab.authorization.context_keys import of_temporary
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import Attached
from iamlab.model import aws_managed_policies as managed
from iamlab.model.credentials import CredentialKind, Presented
from iamlab.model.organization.root_features import TASKS, may_assume_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole
    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.operations.identity_center.permission_sets import PermissionSet


@finds(14)
def write_trust(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``UpdateAssumeRolePolicy``, then ``AssumeRole``."""
    for taken in view.assumable_once_trusted.values():
        if _adds(view, taken):
            yield view.acts_as(method, taken, partial(_trust_and_assume, view, taken))


@finds(15)
def assume(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AssumeRole`` alone."""
    for taken in view.assumable.values():
        if _adds(view, taken):
            yield view.acts_as(method, taken, partial(_assume, taken))


@finds(16)
def attach_and_assume(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AttachRolePolicy`` and ``AssumeRole``."""
    yield from _widened(view, method, attached(view, view.stock.roles if view.assumable else ()))


@finds(17)
def put_and_assume(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``PutRolePolicy`` and ``AssumeRole``."""
    yield from _widened(view, method, written(view, view.stock.roles if view.assumable else ()))


@finds(18)
def rewrite_and_assume(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``CreatePolicyVersion`` for a policy of a role, and ``AssumeRole``."""
    yield from _widened(view, method, rewritten(view, view.stock.roles if view.assumable else ()))


@finds(19)
def widen_and_write_trust(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """A policy for the role, ``UpdateAssumeRolePolicy`` and ``AssumeRole``."""
    takes = view.assumable_once_trusted
    if not takes:
        return
    roles = view.stock.roles
    given = best(written(view, roles), attached(view, roles), rewritten(view, roles))
    for role, grant in for_each(given, (taken.role for taken in takes.values())):
        taken = takes[role.arn]
        if _adds(view, taken):
            calls = partial(_trust_and_assume, view, taken, *grant.calls)
            yield view.acts_as(method, taken, calls, *grant.changes)


def _widened(view: AttackerView, method: EscalationMethod, given: Grants) -> Iterator[Edge]:
    """Give the edges to roles of the power's own account: to those of others it cannot write."""
    for role, grant in for_each(given, (taken.role for taken in view.assumable.values())):
        taken = view.assumable[role.arn]
        if _adds(view, taken):
            yield view.acts_as(method, taken, partial(_assume, taken, *grant.calls), *grant.changes)


def _adds(view: AttackerView, taken: AssumableRole) -> bool:
    """Say whether a session of a role gives a power what it has not.

    A session of the same role gives something only to one that is less than its role: which was
    asked for with session policies.
    """
    known = view.state.gathered
    return taken.role is not view.role or bool(known.session or known.scoped)


def _assume(taken: AssumableRole, *before: Call) -> tuple[Call, ...]:
    return (*before, taken.call)


def _trust_and_assume(view: AttackerView, taken: AssumableRole, *before: Call) -> tuple[Call, ...]:
    trust = view.assuming.trust_to_write(view.state, taken)
    named = {"RoleName": taken.role.name, "PolicyDocument": trust.text}
    return (*before, view.call("UpdateAssumeRolePolicy", **named), taken.call)


@finds(33)
def assume_root(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AssumeRoot``, for each member account and each task."""
    organization = view.world.organization_of(view.account.account_id)
    if organization is None or not view.ever("sts:AssumeRoot"):
        return
    for account_id in organization.members:
        member = view.world.accounts.get(account_id)
        if member is None:
            continue
        for task in TASKS:
            if may_assume_root(view.world, view.account.account_id, account_id, task):
                continue  # it says why not
            arn = f"arn:{view.account.partition}:iam::aws:policy/root-task/{task}"
            call = _call(member, arn)
            if view.may(call):
                target = _for_task(view, member, arn)
                yield Edge(method, view.state, target, lambda call=call: (call,))  # type: ignore[misc]


def _call(member: Account, task_arn: str) -> Call:
    need = Need("sts:AssumeRoot", member.root_arn, {"sts:TaskPolicyArn": task_arn})
    given = {"TargetPrincipal": member.account_id, "TaskPolicyArn": {"arn": task_arn}}
    return Call("sts:AssumeRoot", given, (need,))


def _for_task(view: AttackerView, member: Account, task_arn: str) -> PrincipalState:
    """Give the root user as far as a task goes."""
    policy = managed.find(task_arn)
    assert policy is not None  # noqa: S101 - iamlab has the five of them
    now = view.world.clock.now
    keys: dict[str, ContextValue] = {**of_temporary(now, now), "aws:AssumedRoot": True}
    source_identity = view.state.carried.source_identity
    if source_identity:
        keys["aws:SourceIdentity"] = source_identity
    presented = Presented(
        member.root_arn,
        keys,
        (Attached(policy.document, task_arn),),
        member.root_arn,
        CredentialKind.ROOT_TASK,
    )
    change = Change(
        f"for the task {task_arn.rpartition('/')[2]}",
        lambda known: known.showing(presented),
        CALLS_WITH,
    )
    state = PrincipalState.of(principal_of(view.world, member.root_arn)).with_(change)
    return replace(state, carried=Carried(source_identity=source_identity))


INLINE, MANAGED = "sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet"
ASSIGN, PROVISION = "sso:CreateAccountAssignment", "sso:ProvisionPermissionSet"
SIGNS_IN = "the caller can sign in to the access portal of IAM Identity Center"


class _ProvisionedSet(NamedTuple):
    """A permission set in an account, and the role that the account has of it."""

    permission_set: PermissionSet
    role: Role

    @property
    def account_id(self) -> str:
        """Where it is."""
        return self.role.account.account_id


@finds(34)
def by_identity_center(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Widen a permission set, or assign one to oneself, or both."""
    if not any(view.ever(action) for action in (INLINE, MANAGED, ASSIGN)):
        return
    for center in view.world.identity_centers.values():
        if center.organization.management_account is not view.account:
            continue
        for permission_set in center.permission_sets.values():
            places = list(_provisioned(view, permission_set))
            is_own = any(view.role is place.role for place in places)
            for place in places:
                yield from _center_edges(view, method, place, is_own=is_own)


def _provisioned(view: AttackerView, permission_set: PermissionSet) -> Iterator[_ProvisionedSet]:
    for account_id, provisioned in permission_set.provisioned.items():
        account = view.world.accounts.get(account_id)
        role = None if account is None else account.roles.get(provisioned.role_name)
        if role is not None:
            yield _ProvisionedSet(permission_set, role)


def _center_edges(
    view: AttackerView, method: EscalationMethod, place: _ProvisionedSet, *, is_own: bool
) -> Iterator[Edge]:
    """Give what there is to gain in one account."""
    is_self = place.role is view.role
    entry = () if is_self else _assignment(view, place)
    if not is_own and not entry:
        return
    name = place.permission_set.name
    conditions = []
    if is_own and not is_self and not entry:
        conditions.append(f"{name} is assigned to the caller in account {place.account_id} too")
    if not is_own:
        conditions.append(SIGNS_IN)
    wider = _wider(view, place)
    if wider:
        calls = (*wider, *entry)
        if is_self:
            yield view.widened(method, any_permission(), lambda: calls)
        else:
            changes = [any_permission()]
            yield view.becomes(method, place.role, lambda: calls, *conditions, changes=changes)
    elif entry:
        yield view.becomes(method, place.role, lambda: entry, *conditions)


def _assignment(view: AttackerView, place: _ProvisionedSet) -> tuple[Call, ...]:
    """Give the call that assigns the set to the caller, if it may make it."""
    if not view.ever(ASSIGN):
        return ()
    call = _center_call(view, ASSIGN, place, on_account=True)
    return (call,) if view.may(call) else ()


def _wider(view: AttackerView, place: _ProvisionedSet) -> tuple[Call, ...]:
    """Give the calls that let the set allow all, and bring the account's role up to date."""
    for action in (INLINE, MANAGED):
        if not (view.ever(action) and view.ever(PROVISION)):
            continue
        write = _center_call(view, action, place)
        provision = _center_call(view, PROVISION, place, on_account=True, writes=action)
        if view.may(write) and view.may(provision):
            return write, provision
    return ()


def _center_call(
    view: AttackerView,
    action: str,
    place: _ProvisionedSet,
    *,
    on_account: bool = False,
    writes: str = "",
) -> Call:
    """Make a call of Identity Center.

    Parameters
    ----------
    on_account
        Whether it is about the set in the account, and not only about the set.
    writes
        What has been written to the set, and now comes to the role.
    """
    permission_set, partition = place.permission_set, view.account.partition
    resources = [permission_set.instance_arn, permission_set.arn]
    if on_account:
        resources.append(f"arn:{partition}:sso:::account/{place.account_id}")
    needs = [Need(action, resource, {}) for resource in resources]
    if writes and place.role.account is view.account:
        needs += _needs_of_iam(view, place.role, writes)
    given = {"InstanceArn": permission_set.instance_arn, "PermissionSetArn": permission_set.arn}
    if on_account:
        given["TargetId"] = place.account_id
    return other_call(action, *needs, **given)


def _needs_of_iam(view: AttackerView, role: Role, writes: str) -> tuple[Need, ...]:
    """Give what the caller needs in the management account, where it is its own role that changes.

    That the very calls of IAM are decided for it is likely, not sure.
    """
    if writes == INLINE:
        named = {"PolicyName": "AwsSSOInlinePolicy", "PolicyDocument": ALL}
        return iam_call(view.account, "PutRolePolicy", RoleName=role.name, **named).needs
    policy = administrator(view)
    return iam_call(view.account, "AttachRolePolicy", RoleName=role.name, PolicyArn=policy).needs

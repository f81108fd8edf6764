"""Methods to act as a role, and to act as the root user of a member account for one task.

A role is assumed as it is, or after it is given a policy, or after its trust policy is written.
IAM Identity Center gives roles as well: whoever may write the policies of a permission set widens
all that are assigned to it, in each account that has its role; whoever may make assignments can
assign a set to itself. Both are calls of the management account, where Identity Center works with
the permissions of its caller, so that the caller needs those of IAM too. The model lets only the
management account's root user make them, so the decisions about them are the proof.

Notes
-----
AWS pages: "API AssumeRole"; "API UpdateAssumeRolePolicy"; "Methods to assume a role"; "API
AssumeRoot"; "Centralize root access for member accounts"; "Perform a privileged task on an AWS
Organizations member account"; "Actions, resources, and condition keys for AWS IAM Identity Center";
"Using identity-based policies (IAM policies) for IAM Identity Center".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders.granting import attached, best, rewritten, written
from iamlab.analysis.privilege_escalation.finders.own_calls import ALL, administrator
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, iam_call, other_call
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import Attached
from iamlab.model import managed_policies as managed
from iamlab.model.credentials import Presented
from iamlab.model.organization.root_features import TASKS, may_assume_root
from iamlab.model.record import CredentialKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole
    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.operations.identity_center.permission_sets import PermissionSet


def assume(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``AssumeRole`` alone."""
    for taken in view.assumable.values():
        if _adds(view, taken):
            yield view.acts_as(method, taken, states.fixed(taken.call))


def write_trust(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``UpdateAssumeRolePolicy``, then ``AssumeRole``."""
    for taken in view.assumable_once_trusted.values():
        if _adds(view, taken):
            yield view.acts_as(method, taken, partial(_trust_and_assume, view, taken))


GIVES = {16: attached, 17: written, 18: rewritten}
"""Number of a method -> how it gives a role a policy."""


def widen_and_assume(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """A policy for a role of the principal's own account, and ``AssumeRole``."""
    grants = GIVES[method.number](view, view.stock.roles if view.assumable else ())
    for taken in view.assumable.values():
        for grant in grants.get(taken.role.arn, ()) if _adds(view, taken) else ():
            calls = states.fixed(*grant.calls, taken.call)
            yield view.acts_as(method, taken, calls, *grant.changes)


def widen_and_write_trust(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """A policy for the role, ``UpdateAssumeRolePolicy`` and ``AssumeRole``."""
    once_trusted, roles = view.assumable_once_trusted, view.stock.roles
    if not once_trusted:
        return
    grants = best(written(view, roles), attached(view, roles), rewritten(view, roles))
    for taken in once_trusted.values():
        for grant in grants.get(taken.role.arn, ()) if _adds(view, taken) else ():
            calls = partial(_trust_and_assume, view, taken, *grant.calls)
            yield view.acts_as(method, taken, calls, *grant.changes)


def _adds(view: AttackerView, taken: AssumableRole) -> bool:
    """Say whether a session of a role gives a principal what it has not.

    A session of the same role gives something only to one that is less than its role: which was
    asked for with session policies.
    """
    known = view.state.gathered
    return taken.role is not view.role or bool(known.session or known.scoped)


def _trust_and_assume(view: AttackerView, taken: AssumableRole, *before: Call) -> tuple[Call, ...]:
    trust = view.assuming.trust_to_write(view.state, taken)
    named = {"RoleName": taken.role.name, "PolicyDocument": trust.text}
    return (*before, view.call("UpdateAssumeRolePolicy", **named), taken.call)


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
            arn = f"arn:{view.account.partition}:iam::aws:policy/root-task/{task}"
            need = Need("sts:AssumeRoot", member.root_arn, {"sts:TaskPolicyArn": arn})
            named = {"TargetPrincipal": member.account_id, "TaskPolicyArn": {"arn": arn}}
            call = Call("sts:AssumeRoot", named, (need,))
            why_not = may_assume_root(view.world, view.account.account_id, account_id, task)
            if not why_not and view.may(call):
                yield Edge(method, view.state, _for_task(view, member, arn), states.fixed(call))


def _for_task(view: AttackerView, member: Account, task_arn: str) -> PrincipalState:
    """Give the root user as far as a task goes."""
    policy = managed.find(task_arn)
    assert policy is not None  # noqa: S101 - iamlab has the five of them
    now = view.world.clock.now
    keys: dict[str, ContextValue] = {**temporary_credential_keys(now, now), "aws:AssumedRoot": True}
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
    change = states.calling_with(f"for the task {task_arn.rpartition('/')[2]}", presented)
    state = PrincipalState.of(principal_of(view.world, member.root_arn)).with_(change)
    return replace(state, carried=states.Carried(source_identity=source_identity))


INLINE, MANAGED = "sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet"
ASSIGN, PROVISION = "sso:CreateAccountAssignment", "sso:ProvisionPermissionSet"
SIGNS_IN = "the caller can sign in to the access portal of IAM Identity Center"


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
                yield from place.edges(method, is_own=is_own)


def _provisioned(view: AttackerView, permission_set: PermissionSet) -> Iterator[_ProvisionedSet]:
    for account_id, provisioned in permission_set.provisioned.items():
        account = view.world.accounts.get(account_id)
        role = None if account is None else account.roles.get(provisioned.role_name)
        if role is not None:
            yield _ProvisionedSet(view, permission_set, role)


class _ProvisionedSet(NamedTuple):
    """A permission set in an account, and the role that the account has of it."""

    view: AttackerView
    permission_set: PermissionSet
    role: Role

    def edges(self, method: EscalationMethod, *, is_own: bool) -> Iterator[Edge]:
        """Give what there is to gain in the account."""
        view, role, name = self.view, self.role, self.permission_set.name
        is_self = role is view.role
        entry = () if is_self else self._assignment()
        if not is_own and not entry:
            return
        conditions = []
        if is_own and not is_self and not entry:
            account_id = role.account.account_id
            conditions.append(f"{name} is assigned to the caller in account {account_id} too")
        if not is_own:
            conditions.append(SIGNS_IN)
        wider, changes = self._wider(), [states.any_permission()]
        calls = states.fixed(*wider, *entry)
        if wider and is_self:
            yield view.widened(method, states.any_permission(), calls)
        elif wider:
            yield view.becomes(method, role, calls, *conditions, changes=changes)
        elif entry:
            yield view.becomes(method, role, calls, *conditions)

    def _assignment(self) -> tuple[Call, ...]:
        """Give the call that assigns the set to the caller, if it may make it."""
        call = self._call(ASSIGN, on_account=True)
        return (call,) if self.view.ever(ASSIGN) and self.view.may(call) else ()

    def _wider(self) -> tuple[Call, ...]:
        """Give the calls that let the set allow everything, and update the account's role."""
        view = self.view
        for action in (INLINE, MANAGED) if view.ever(PROVISION) else ():
            write = self._call(action)
            provision = self._call(PROVISION, on_account=True, writes=action)
            if view.ever(action) and view.may(write) and view.may(provision):
                return write, provision
        return ()

    def _call(self, action: str, *, on_account: bool = False, writes: str = "") -> Call:
        """Make a call of Identity Center.

        Parameters
        ----------
        on_account
            Whether it is about the set in the account, and not only about the set.
        writes
            What was written to the set, and is now written to the role. If it is a role of the
            management account, the caller needs the permissions of IAM for it. That the same calls
            of IAM are decided for it is likely, not sure.
        """
        permission_set, role, account = self.permission_set, self.role, self.view.account
        resources = [permission_set.instance_arn, permission_set.arn]
        given = {"InstanceArn": permission_set.instance_arn, "PermissionSetArn": permission_set.arn}
        if on_account:
            target = role.account.account_id
            resources.append(f"arn:{account.partition}:sso:::account/{target}")
            given["TargetId"] = target
        needs = [Need(action, resource, {}) for resource in resources]
        if role.account is account and writes:
            inline = {"PolicyName": "AwsSSOInlinePolicy", "PolicyDocument": ALL}
            name = "PutRolePolicy" if writes == INLINE else "AttachRolePolicy"
            more = inline if writes == INLINE else {"PolicyArn": administrator(self.view)}
            needs += iam_call(account, name, RoleName=role.name, **more).needs
        return other_call(action, *needs, **given)

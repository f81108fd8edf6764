"""Ways through IAM Identity Center: row 34 of the table.

Whoever may write the policies of a permission set widens all that are assigned to it, in each
account that has its role; whoever may make assignments can assign a set to himself. Both are calls
of the management account. There, Identity Center works with the permissions of whoever calls it,
so that the caller needs those of IAM too.

The model lets nobody but the management account's root user make these calls, so that they cannot
be replayed: the decisions about them are the proof.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS IAM Identity Center"; "Using identity-
based policies (IAM policies) for IAM Identity Center".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.permission_checks import Need, iam_call, other_call
from iamlab.analysis.privilege_escalation.principal_states import any_permission
from iamlab.analysis.privilege_escalation.ways.own_calls import ALL, administrator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.model.identities import Role
    from iamlab.operations.identity_center.permission_sets import PermissionSet

INLINE, MANAGED = "sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet"
ASSIGN, PROVISION = "sso:CreateAccountAssignment", "sso:ProvisionPermissionSet"
SIGNS_IN = "the caller can sign in to the access portal of IAM Identity Center"


class _Place(NamedTuple):
    """A permission set in an account, and the role that the account has of it."""

    permission_set: PermissionSet
    role: Role

    @property
    def account_id(self) -> str:
        """Where it is."""
        return self.role.account.account_id


@finds(34)
def by_identity_center(one: Standpoint, way: Way) -> Iterator[Edge]:
    """Widen a permission set, or assign one to oneself, or both."""
    if not any(one.ever(action) for action in (INLINE, MANAGED, ASSIGN)):
        return
    for center in one.world.identity_centers.values():
        if center.organization.management_account is not one.account:
            continue
        for permission_set in center.permission_sets.values():
            places = list(_provisioned(one, permission_set))
            is_own = any(one.role is place.role for place in places)
            for place in places:
                yield from _center_edges(one, way, place, is_own=is_own)


def _provisioned(one: Standpoint, permission_set: PermissionSet) -> Iterator[_Place]:
    for account_id, provisioned in permission_set.provisioned.items():
        account = one.world.accounts.get(account_id)
        role = None if account is None else account.roles.get(provisioned.role_name)
        if role is not None:
            yield _Place(permission_set, role)


def _center_edges(one: Standpoint, way: Way, place: _Place, *, is_own: bool) -> Iterator[Edge]:
    """Give what there is to gain in one account."""
    is_self = place.role is one.role
    entry = () if is_self else _assignment(one, place)
    if not is_own and not entry:
        return
    name = place.permission_set.name
    conditions = []
    if is_own and not is_self and not entry:
        conditions.append(f"{name} is assigned to the caller in account {place.account_id} too")
    if not is_own:
        conditions.append(SIGNS_IN)
    wider = _wider(one, place)
    if wider:
        calls = (*wider, *entry)
        if is_self:
            yield one.widened(way, any_permission(), lambda: calls)
        else:
            changes = [any_permission()]
            yield one.becomes(way, place.role, lambda: calls, *conditions, changes=changes)
    elif entry:
        yield one.becomes(way, place.role, lambda: entry, *conditions)


def _assignment(one: Standpoint, place: _Place) -> tuple[Call, ...]:
    """Give the call that assigns the set to the caller, if it may make it."""
    if not one.ever(ASSIGN):
        return ()
    call = _center_call(one, ASSIGN, place, on_account=True)
    return (call,) if one.may(call) else ()


def _wider(one: Standpoint, place: _Place) -> tuple[Call, ...]:
    """Give the calls that let the set allow all, and bring the account's role up to date."""
    for action in (INLINE, MANAGED):
        if not (one.ever(action) and one.ever(PROVISION)):
            continue
        write = _center_call(one, action, place)
        provision = _center_call(one, PROVISION, place, on_account=True, writes=action)
        if one.may(write) and one.may(provision):
            return write, provision
    return ()


def _center_call(
    one: Standpoint, action: str, place: _Place, *, on_account: bool = False, writes: str = ""
) -> Call:
    """Make a call of Identity Center.

    Parameters
    ----------
    on_account
        Whether it is about the set in the account, and not only about the set.
    writes
        What has been written to the set, and now comes to the role.
    """
    permission_set, partition = place.permission_set, one.account.partition
    resources = [permission_set.instance_arn, permission_set.arn]
    if on_account:
        resources.append(f"arn:{partition}:sso:::account/{place.account_id}")
    needs = [Need(action, resource, {}) for resource in resources]
    if writes and place.role.account is one.account:
        needs += _needs_of_iam(one, place.role, writes)
    given = {"InstanceArn": permission_set.instance_arn, "PermissionSetArn": permission_set.arn}
    if on_account:
        given["TargetId"] = place.account_id
    return other_call(action, *needs, **given)


def _needs_of_iam(one: Standpoint, role: Role, writes: str) -> tuple[Need, ...]:
    """Give what the caller needs in the management account, where it is its own role that changes.

    That the very calls of IAM are decided for it is likely, not sure.
    """
    if writes == INLINE:
        named = {"PolicyName": "AwsSSOInlinePolicy", "PolicyDocument": ALL}
        return iam_call(one.account, "PutRolePolicy", RoleName=role.name, **named).needs
    policy = administrator(one)
    return iam_call(one.account, "AttachRolePolicy", RoleName=role.name, PolicyArn=policy).needs

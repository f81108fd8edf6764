"""Methods by sessions: those of roles, of the root user of a member account, and one's own.

A role is assumed as it is, or after it is given a policy, or after its trust policy is written.
IAM Identity Center gives roles as well: whoever may write the policies of a permission set widens
all that are assigned to it, in each account that has its role; whoever may make assignments can
assign a set to itself. Both are calls of the management account, where Identity Center works with
the permissions of its caller, so that the caller needs those of IAM too. The model lets only the
management account's root user make them, so the decisions about them are the proof.

A policy can ask when credentials were issued, or whether MFA was used: an access key says nothing
of either. Whoever has a password and a device needs no permission to sign in to the console.
Whoever has a device gains with GetSessionToken what policies allow under
``aws:MultiFactorAuthPresent``; the device may be registered now.

Notes
-----
AWS pages: "API AssumeRole"; "API UpdateAssumeRolePolicy"; "Methods to assume a role"; "API
AssumeRoot"; "Centralize root access for member accounts"; "Perform a privileged task on an AWS
Organizations member account"; "Actions, resources, and condition keys for AWS IAM Identity Center";
"Using identity-based policies (IAM policies) for IAM Identity Center"; "AWS global condition
context keys", ``aws:TokenIssueTime`` and ``aws:MultiFactorAuthPresent``; "API GetSessionToken";
"Sign in to the AWS Management Console"; "Secure API access with MFA"; "API CreateVirtualMFADevice";
"API EnableMFADevice".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders import granting
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour
from iamlab.analysis.privilege_escalation.finders.tags import statements_about
from iamlab.analysis.privilege_escalation.finders.users import by_key, in_console, sign_in_call
from iamlab.analysis.privilege_escalation.permission_checks import SUPPOSED, Call, Need, iam_call
from iamlab.analysis.privilege_escalation.principal_states import Gain, PrincipalState
from iamlab.analysis.privilege_escalation.role_calls import HAS_DEVICE, MFA_CODE, device_of
from iamlab.analysis.privilege_escalation.satisfying_values import UNHEARD_OF, holds
from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import AttachedPolicy
from iamlab.model import managed_policies as managed
from iamlab.model.credentials import VIRTUAL, Presented, devices_of
from iamlab.model.organization.root_features import TASKS, may_assume_root, task_policy_arn
from iamlab.model.record import CredentialKind
from iamlab.operations.iam.common import quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole
    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.finders.granting import Grants
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Role, User
    from iamlab.operations.identity_center.permission_sets import PermissionSet
    from iamlab.policy.statement import Statement


def act_as_each(
    view: AttackerView,
    *,
    gives: Sequence[Callable[[AttackerView, Sequence[Role]], Grants]] = (),
    once_trusted: bool = False,
) -> Iterator[Gain]:
    """Act as each role, with ``AssumeRole``.

    Parameters
    ----------
    gives
        What gives a role of the principal's own account a policy before, if anything is to.
    once_trusted
        Whether ``UpdateAssumeRolePolicy`` is called before.
    """
    roles = view.assumable_once_trusted if once_trusted else view.assumable
    grants = granting.best(*(give(view, view.stock.roles if roles else ()) for give in gives))
    # A session of the same role gives something only to one that is less than its role: which was
    # asked for with session policies.
    is_less = bool(view.state.principal.session or view.state.principal.scoped)
    for arn, taken in roles.items():
        if taken.role is view.role and not is_less:
            continue
        for grant in grants.get(arn, ()) if gives else [states.NOTHING]:
            before = partial(_with_trust, view, taken, grant.calls)
            calls = (*grant.calls, taken.call) if taken.trust is None else before
            yield view.acts_as(taken, calls, *grant.changes)


def _with_trust(
    view: AttackerView, taken: AssumableRole, before: tuple[Call, ...]
) -> tuple[Call, ...]:
    return (*before, view.trusting(taken), taken.call)


def assume_root(view: AttackerView) -> Iterator[Gain]:
    """``AssumeRoot``, for each member account and each task."""
    organization = view.world.organization_of(view.account.account_id)
    if organization is None or not view.ever("sts:AssumeRoot"):
        return
    members = (view.world.accounts.get(account_id) for account_id in organization.members)
    for member in (each for each in members if each is not None):
        for task in TASKS:
            arn = task_policy_arn(task, view.account.partition)
            need = Need("sts:AssumeRoot", member.root_arn, {"sts:TaskPolicyArn": arn})
            named = {"TargetPrincipal": member.account_id, "TaskPolicyArn": {"arn": arn}}
            call = Call("sts:AssumeRoot", named, (need,))
            why_not = may_assume_root(view.world, view.account.account_id, member.account_id, task)
            if not why_not and view.may(call):
                yield Gain(_for_task(view, member, arn), (call,))


def _for_task(view: AttackerView, member: Account, task_arn: str) -> PrincipalState:
    """Return the root user as far as a task goes."""
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
        (AttachedPolicy(policy.document, task_arn),),
        member.root_arn,
        CredentialKind.ROOT_TASK,
    )
    change = states.calling_with(f"for the task {task_arn.rpartition('/')[2]}", presented)
    state = PrincipalState.of(principal_of(view.world, member.root_arn)).with_(change)
    return replace(state, carried=states.Carried(source_identity=source_identity))


INLINE, MANAGED = "sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet"
ASSIGN, PROVISION = "sso:CreateAccountAssignment", "sso:ProvisionPermissionSet"
SIGNS_IN = "the caller can sign in to the access portal of IAM Identity Center"


def by_identity_center(view: AttackerView) -> Iterator[Gain]:
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
                yield from place.gains(is_own=is_own)


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

    def gains(self, *, is_own: bool) -> Iterator[Gain]:
        """Return what there is to gain in the account."""
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
        if wider and is_self:
            yield view.widened(changes, wider)
        elif wider or entry:
            applied = changes if wider else []
            yield view.becomes(role, (*wider, *entry), *conditions, changes=applied)

    def _assignment(self) -> tuple[Call, ...]:
        """Return the call that assigns the set to the caller, if it may make it."""
        call = self._call(ASSIGN, on_account=True)
        return (call,) if self.view.ever(ASSIGN) and self.view.may(call) else ()

    def _wider(self) -> tuple[Call, ...]:
        """Return the calls that let the set allow everything, and update the account's role."""
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
        names = {"InstanceArn": permission_set.instance_arn, "PermissionSetArn": permission_set.arn}
        if on_account:
            target = role.account.account_id
            resources.append(f"arn:{account.partition}:sso:::account/{target}")
            names["TargetId"] = target
        needs = [Need(action, resource, {}) for resource in resources]
        if role.account is account and writes:
            inline = {"PolicyName": "AwsSSOInlinePolicy", "PolicyDocument": own.ALL}
            name = "PutRolePolicy" if writes == INLINE else "AttachRolePolicy"
            more = inline if writes == INLINE else {"PolicyArn": own.administrator(self.view)}
            needs += iam_call(account, name, RoleName=role.name, **more).needs
        return Call(action, names, tuple(needs))


# One's own sessions ------------------------------------------------------------------------------


MFA = "aws:multifactorauth"
"""How the keys begin that say whether MFA was used, and when."""

OF_SESSION = (MFA, "aws:tokenissuetime")
"""How the keys begin that temporary credentials say something of."""

KNOWS_PASSWORD = "the caller knows the user's password"
GET_TOKEN = Need("sts:GetSessionToken", "*", {})


def use_session(view: AttackerView) -> Iterator[Gain]:
    """``GetSessionToken`` without MFA; one's own sign-in to the console, with MFA if need be."""
    user = view.user
    if user is None or view.state.principal.kind is not CredentialKind.LONG_TERM:
        return
    statements = _conditional_on(view, *OF_SESSION)
    if not statements or is_detour(view):
        return
    gets_token = bool(view.decider.decide(view.state, GET_TOKEN))
    session = states.in_session(user, CredentialKind.USER, "in a session")
    if gets_token and _gains(view, session, statements):
        yield view.widened([session], [Call(GET_TOKEN.action, {}, (GET_TOKEN,))])
    profile, devices = user.login_profile, devices_of(user)
    having = [each for each in devices if each.kind == VIRTUAL]
    has_no_entry = profile is None or profile.password_reset_required
    if has_no_entry or (devices and (gets_token or not having)):
        return  # with MFA, a session of GetSessionToken is as good
    change = in_console(user, with_mfa=bool(having))
    if _gains(view, change, statements):
        codes = {"SerialNumber": having[0].serial_number, "mfa_code": MFA_CODE} if having else {}
        conditions = (KNOWS_PASSWORD, HAS_DEVICE) if having else (KNOWS_PASSWORD,)
        yield view.widened([change], [sign_in_call(user, password=SUPPOSED, **codes)], *conditions)


def _conditional_on(view: AttackerView, *starts: str) -> list[Statement]:
    """Return the statements that can match for a principal, with conditions on such keys."""
    return [
        statement
        for statement in statements_about(view, view.state.principal)
        if any(each.key.lower().startswith(starts) for each in statement.conditions)
    ]


def _gains(view: AttackerView, change: states.StateChange, statements: list[Statement]) -> bool:
    """Return whether an Allow begins to hold by a change, or a Deny ends to."""
    probe = Need(UNHEARD_OF, "*", {})
    before = view.decider.question(view.state, probe).request
    after = view.decider.question(view.state.with_(change), probe).request
    for statement in statements:
        gained, lost = (after, before) if statement.effect == "Allow" else (before, after)
        if holds(statement, gained, OF_SESSION) and not holds(statement, lost, OF_SESSION):
            return True
    return False


def use_mfa(view: AttackerView) -> Iterator[Gain]:
    """``GetSessionToken`` with a code, after ``EnableMFADevice`` if there is no device yet."""
    user = view.user
    change = states.with_mfa(view.world.clock)
    if user is None or change in view.state.changes or not _conditional_on(view, MFA):
        return
    if is_detour(view) or not view.decider.decide(view.state, GET_TOKEN):
        return
    serial, condition = device_of(user)
    has_room = len(devices_of(user)) < quota(view.account, "MFADevicesPerUser")
    calls = _register(view, user) if has_room and condition != HAS_DEVICE else ()
    if calls:
        yield view.widened([change], calls)
    elif serial:
        yield view.widened([change], [_sign_in(serial)], condition)


def enter_with_mfa(view: AttackerView) -> Iterator[Gain]:
    """Become another user with a key, and with an MFA device that is registered for it now."""
    change = states.with_mfa(view.world.clock)
    for entry in by_key(view):
        user = entry.user
        known = principal_of(view.world, user)
        every = (limit for each in statements_about(view, known) for limit in each.conditions)
        if user is view.user or not any(each.key.lower().startswith(MFA) for each in every):
            continue
        has_room = len(devices_of(user)) < quota(view.account, "MFADevicesPerUser")
        *device, signed = (_register(view, user) if has_room else ()) or [None]
        if signed is not None:
            calls = (*device, *entry.calls, signed)
            yield view.becomes(user, calls, *entry.conditions, changes=[change])


def _sign_in(serial_number: str) -> Call:
    parameters = {"SerialNumber": serial_number, "TokenCode": MFA_CODE}
    return Call(GET_TOKEN.action, parameters, (GET_TOKEN,))


def _register(view: AttackerView, user: User) -> tuple[Call, ...]:
    """Return the calls that create and enable a device; empty if they aren't allowed."""
    taken = {serial.rpartition("/")[2] for serial in view.account.mfa_records}
    name = own.free_name(taken, user.name)  # its user's, as policies mostly want it
    create = view.call("CreateVirtualMFADevice", VirtualMFADeviceName=name)
    serial = create.needs[0].resource
    codes = {"AuthenticationCode1": MFA_CODE, "AuthenticationCode2": MFA_CODE}
    call_on = own.own_call if user is view.user else type(view).on
    enable = call_on(view, user, "EnableMFADevice", SerialNumber=serial, **codes)
    virtual = [each for each in view.account.mfa_records.values() if each.kind == VIRTUAL]
    is_room = len(virtual) < quota(view.account, "VirtualMFADevices")
    if is_room and view.may(create) and view.may(enable):
        return (create, enable, _sign_in(serial))
    return ()

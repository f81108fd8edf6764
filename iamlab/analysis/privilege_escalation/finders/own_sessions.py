"""Methods by one's own sessions, where policies depend on how one has signed in: MFA, and when.

A policy can ask when credentials were issued, or whether MFA was used: an access key says nothing
of either. Whoever has a password and a device needs no permission to sign in to the console.
Whoever has a device gains with GetSessionToken what policies allow under
``aws:MultiFactorAuthPresent``; the device may be registered now.

Statements about who calls are those of the caller's own policies, and those of trust policies,
resource-based policies and RCPs that can be about the caller.

Notes
-----
AWS pages: "AWS global condition context keys", ``aws:TokenIssueTime`` and
``aws:MultiFactorAuthPresent``; "API GetSessionToken"; "Sign in to the AWS Management Console";
"Secure API access with MFA"; "API CreateVirtualMFADevice"; "API EnableMFADevice".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders.own_calls import free_name, own_call, widened_by
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need
from iamlab.analysis.privilege_escalation.required_parameters import SUPPOSED, policies_above
from iamlab.analysis.privilege_escalation.role_calls import MFA_CODE
from iamlab.analysis.privilege_escalation.satisfying_values import UNHEARD_OF
from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.engine.statement_tests import condition_tests
from iamlab.model.credentials import VIRTUAL, Presented, devices_of
from iamlab.model.organization.policies import RCP
from iamlab.model.record import CredentialKind
from iamlab.operations.iam.common import quota

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.authorization.principal import PrincipalContext
    from iamlab.engine.request import Request
    from iamlab.model.identities import User
    from iamlab.model.world import World
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


TAG = "aws:principaltag/"
OF_CALLER = (TAG, "aws:multifactorauth", "aws:tokenissuetime")
VARIABLE = re.compile(r"\$\{aws:PrincipalTag/([^},]+)[^}]*\}", re.IGNORECASE)


# Statements --------------------------------------------------------------------------------------


def about(view: AttackerView, known: PrincipalContext) -> Iterator[Statement]:
    """Give the statements with conditions on who calls that can be about a principal."""
    own = states.policies_in(known, "identity", "boundary", "session", "scp")
    yield from _conditional(each.policy for each in own)
    kept = view.decider.kept
    if "statements about callers" not in kept:
        kept["statements about callers"] = list(_conditional(_of_others(view.world)))
    for statement in kept["statements about callers"]:
        named = statement.principal or ()
        if statement.principal is None or any(
            value == "*" or known.account_id in value for _, value in named
        ):
            yield statement


def _conditional(policies: Iterable[Policy]) -> Iterator[Statement]:
    for statement in (each for policy in policies for each in policy.statements):
        for condition in statement.conditions:
            is_about = condition.key.lower().startswith(OF_CALLER)
            if is_about or any(map(VARIABLE.search, condition.values)):
                yield statement
                break


def _of_others(world: World) -> Iterator[Policy]:
    """Give the policies that do not hang on callers."""
    for account in world.accounts.values():
        yield from (role.trust for role in account.roles.values() if role.trust is not None)
        for resource in account.resources.values():
            if resource.policy is not None:
                yield resource.policy
        yield from dict.fromkeys(policies_above(world, account.account_id, RCP))
    yield from world.resource_policies.values()


OF_SESSION = ("aws:multifactorauth", "aws:tokenissuetime")
"""How the keys begin that temporary credentials say something of."""

KNOWS_PASSWORD = "the caller knows the user's password"


def use_session(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``GetSessionToken`` without MFA; one's own sign-in to the console, with MFA if need be."""
    user = view.user
    if user is None or view.state.gathered.kind is not CredentialKind.LONG_TERM:
        return
    statements = _conditional_on(view, *OF_SESSION)
    if not statements or is_detour(view):
        return
    need = Need(GET_SESSION_TOKEN, "*", {})
    gets_token = bool(view.decider.decide(view.state, need))
    token = _session(view, user, CredentialKind.USER, "in a session")
    if gets_token and _gains(view, token, statements):
        yield widened_by(view, method, [token], [Call(GET_SESSION_TOKEN, {}, (need,))])
    if user.login_profile is not None and not user.login_profile.password_reset_required:
        yield from _signed_in(view, method, user, statements, gets_token=gets_token)


def _signed_in(
    view: AttackerView,
    method: EscalationMethod,
    user: User,
    statements: list[Statement],
    *,
    gets_token: bool,
) -> Iterator[Edge]:
    devices = devices_of(user)
    having = [each for each in devices if each.kind == VIRTUAL]
    if devices and (gets_token or not having):
        return  # with MFA, a session of GetSessionToken is as good
    label = "in the console with MFA" if having else "in the console"
    change = _session(view, user, CredentialKind.CONSOLE, label, with_mfa=bool(having))
    if not _gains(view, change, statements):
        return
    named = {"account": view.account.account_id, "user": user.name, "password": SUPPOSED}
    if having:
        named |= {"SerialNumber": having[0].serial_number, "mfa_code": MFA_CODE}
    conditions = (KNOWS_PASSWORD, HAS_DEVICE) if having else (KNOWS_PASSWORD,)
    yield widened_by(view, method, [change], [Call("signin:ConsoleLogin", named, ())], *conditions)


def _session(
    view: AttackerView, user: User, kind: CredentialKind, label: str, *, with_mfa: bool = False
) -> states.Change:
    now = view.world.clock.now
    presented = Presented(
        user.arn, temporary_credential_keys(now, now, now if with_mfa else None), kind=kind
    )
    return states.calling_with(label, presented)


def _conditional_on(view: AttackerView, *starts: str) -> list[Statement]:
    """Give the statements that can be about a principal, with conditions on keys that begin so."""
    return [
        statement
        for statement in about(view, view.state.gathered)
        if any(each.key.lower().startswith(starts) for each in statement.conditions)
    ]


def _gains(view: AttackerView, change: states.Change, statements: list[Statement]) -> bool:
    """Say whether an Allow begins to hold by a change, or a Deny ends to."""
    probe = Need(UNHEARD_OF, "*", {})
    before = view.decider.question(view.state, probe).request
    after = view.decider.question(view.state.with_(change), probe).request
    for statement in statements:
        gained, lost = (after, before) if statement.effect == "Allow" else (before, after)
        if _holds(statement, gained) and not _holds(statement, lost):
            return True
    return False


def _holds(statement: Statement, request: Request) -> bool:
    tests = zip(statement.conditions, condition_tests(statement), strict=True)
    return all(test(request) for one, test in tests if one.key.lower().startswith(OF_SESSION))


MFA = "aws:multifactorauth"
"""How the keys begin that say whether MFA was used, and when."""

HAS_DEVICE = "the caller has the MFA device"
GET_SESSION_TOKEN = "sts:GetSessionToken"


def use_mfa(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``GetSessionToken`` with a code, after ``EnableMFADevice`` if there is no device yet."""
    user = view.user
    change = states.with_mfa(view.world.clock)
    if user is None or change in view.state.changes or not _conditional_on(view, MFA):
        return
    need = Need(GET_SESSION_TOKEN, "*", {})
    if is_detour(view) or not view.decider.decide(view.state, need):
        return
    having = [record for record in devices_of(user) if record.kind == VIRTUAL]
    if having:
        signed = _sign_in(having[0].serial_number)
        yield widened_by(view, method, [change], [signed], HAS_DEVICE)
        return
    is_room = len(devices_of(user)) < quota(view.account, "MFADevicesPerUser")
    calls = _register(view, user) if is_room else ()
    if calls:
        yield widened_by(view, method, [change], calls)


def _sign_in(serial_number: str) -> Call:
    given = {"SerialNumber": serial_number, "TokenCode": MFA_CODE}
    return Call(GET_SESSION_TOKEN, given, (Need(GET_SESSION_TOKEN, "*", {}),))


def _register(view: AttackerView, user: User) -> tuple[Call, ...]:
    """Give the calls that make a device, and make it the user's; none if the principal may not."""
    taken = {serial.rpartition("/")[2] for serial in view.account.mfa_records}
    name = free_name(taken, user.name)  # its user's, as policies mostly want it
    create = view.call("CreateVirtualMFADevice", VirtualMFADeviceName=name)
    serial = create.needs[0].resource
    codes = {"AuthenticationCode1": MFA_CODE, "AuthenticationCode2": MFA_CODE}
    enable = own_call(view, "EnableMFADevice", UserName=user.name, SerialNumber=serial, **codes)
    virtual = [each for each in view.account.mfa_records.values() if each.kind == VIRTUAL]
    is_room = len(virtual) < quota(view.account, "VirtualMFADevices")
    if is_room and view.may(create) and view.may(enable):
        return (create, enable, _sign_in(serial))
    return ()

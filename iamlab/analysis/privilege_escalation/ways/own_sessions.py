"""The way to the rights that depend on a session of one's own: of GetSessionToken, in the console.

A policy can ask when credentials were issued, or that they say that no MFA was used: an access key
says nothing of either. Whoever has his password, and his device, needs no permission to sign in to
the console; so a Deny for all that is done without MFA, GetSessionToken among it, keeps him from
nothing there.

The way to the rights that depend on MFA: a code of one's own device, registered now if need be.

Whoever has a device already needs no permission for anything but a Deny not to stand in the way:
whatever his policies say under ``aws:MultiFactorAuthPresent`` he gains by signing in with it. The
session is one of GetSessionToken, which may call IAM because MFA was used, and of STS only little.

Notes
-----
AWS pages: "AWS global condition context keys", ``aws:TokenIssueTime`` and
``aws:MultiFactorAuthPresent``; "API GetSessionToken"; "Sign in to the AWS Management Console".
AWS pages: "Secure API access with MFA"; "API CreateVirtualMFADevice"; "API EnableMFADevice"; "API
GetSessionToken".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need
from iamlab.analysis.privilege_escalation.principal_states import CALLS_WITH, Change, with_mfa
from iamlab.analysis.privilege_escalation.required_parameters import SUPPOSED
from iamlab.analysis.privilege_escalation.role_calls import MFA_CODE
from iamlab.analysis.privilege_escalation.satisfying_values import UNHEARD_OF
from iamlab.analysis.privilege_escalation.ways.own_calls import own_call, widened_by
from iamlab.analysis.privilege_escalation.ways.own_conditions import about, depends_on
from iamlab.analysis.privilege_escalation.ways.own_policies import is_detour
from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.engine.prepared import condition_tests
from iamlab.model.credentials import VIRTUAL, MfaRecord, Presented, devices_of
from iamlab.model.quotas import quota
from iamlab.model.record import CredentialKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.engine.request import Request
    from iamlab.model.identities import User
    from iamlab.policy.statement import Statement


OF_SESSION = ("aws:multifactorauth", "aws:tokenissuetime")
"""How the keys begin that temporary credentials say something of."""

KNOWS_PASSWORD = "the caller knows the user's password"


@finds(29)
def use_session(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``GetSessionToken`` without MFA; one's own sign-in to the console, with MFA if need be."""
    user = one.user
    if user is None or one.power.gathered.kind is not CredentialKind.LONG_TERM:
        return
    statements = _about_sessions(one)
    if not statements or is_detour(one):
        return
    need = Need(GET_SESSION_TOKEN, "*", {})
    gets_token = bool(one.decider.decide(one.power, need))
    token = _session(one, user, CredentialKind.USER, "in a session")
    if gets_token and _gains(one, token, statements):
        yield widened_by(one, way, [token], [Call(GET_SESSION_TOKEN, {}, (need,))])
    if user.login_profile is not None and not user.login_profile.password_reset_required:
        yield from _signed_in(one, way, user, statements, gets_token=gets_token)


def _signed_in(
    one: Standpoint, way: Way, user: User, statements: list[Statement], *, gets_token: bool
) -> Iterator[Edge]:
    devices = devices_of(user)
    having = [each for each in devices if each.kind == VIRTUAL]
    if devices and (gets_token or not having):
        return  # with MFA, a session of GetSessionToken is as good
    label = "in the console with MFA" if having else "in the console"
    change = _session(one, user, CredentialKind.CONSOLE, label, with_mfa=bool(having))
    if not _gains(one, change, statements):
        return
    named = {"account": one.account.account_id, "user": user.name, "password": SUPPOSED}
    if having:
        named |= {"SerialNumber": having[0].serial_number, "mfa_code": MFA_CODE}
    conditions = (KNOWS_PASSWORD, HAS_DEVICE) if having else (KNOWS_PASSWORD,)
    yield widened_by(one, way, [change], [Call("signin:ConsoleLogin", named, ())], *conditions)


def _session(
    one: Standpoint, user: User, kind: CredentialKind, label: str, *, with_mfa: bool = False
) -> Change:
    now = one.world.clock.now
    presented = Presented(
        user.arn, temporary_credential_keys(now, now, now if with_mfa else None), kind=kind
    )
    return Change(label, lambda known: known.showing(presented), CALLS_WITH)


def _about_sessions(one: Standpoint) -> list[Statement]:
    """Give the statements that can be about a power and ask for what sessions say."""
    return [
        statement
        for statement in about(one, one.power.gathered)
        if any(each.key.lower().startswith(OF_SESSION) for each in statement.conditions)
    ]


def _gains(one: Standpoint, change: Change, statements: list[Statement]) -> bool:
    """Say whether an Allow begins to hold by a change, or a Deny ends to."""
    probe = Need(UNHEARD_OF, "*", {})
    before = one.decider.question(one.power, probe).request
    after = one.decider.question(one.power.with_(change), probe).request
    return any(
        _holds(statement, gained) and not _holds(statement, lost)
        for statement in statements
        for gained, lost in (
            [(after, before)] if statement.effect == "Allow" else [(before, after)]
        )
    )


def _holds(statement: Statement, request: Request) -> bool:
    tests = zip(statement.conditions, condition_tests(statement), strict=True)
    return all(test(request) for one, test in tests if one.key.lower().startswith(OF_SESSION))


MFA = "aws:multifactorauth"
"""How the keys begin that say whether MFA was used, and when."""

HAS_DEVICE = "the caller has the MFA device"
GET_SESSION_TOKEN = "sts:GetSessionToken"


@finds(29)
def use_mfa(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``GetSessionToken`` with a code, after ``EnableMFADevice`` if there is no device yet."""
    user = one.user
    change = with_mfa(one.world.clock)
    if user is None or change in one.power.changes or not depends_on(one, MFA):
        return
    if is_detour(one):
        return
    if not one.decider.decide(one.power, Need(GET_SESSION_TOKEN, "*", {})):
        return
    having = [record for record in devices_of(user) if record.kind == VIRTUAL]
    if having:
        signed = _sign_in(having[0].serial_number)
        yield widened_by(one, way, [change], [signed], HAS_DEVICE)
        return
    if len(devices_of(user)) < quota(one.account, "MFADevicesPerUser"):
        calls = _register(one, user)
        if calls:
            yield widened_by(one, way, [change], calls)


def _sign_in(serial_number: str) -> Call:
    given = {"SerialNumber": serial_number, "TokenCode": MFA_CODE}
    return Call(GET_SESSION_TOKEN, given, (Need(GET_SESSION_TOKEN, "*", {}),))


def _register(one: Standpoint, user: User) -> tuple[Call, ...]:
    """Give the calls that make a device, and make it the user's; none if the power may not."""
    name = _free_name(one.account.mfa_records, user.name)
    create = one.call("CreateVirtualMFADevice", VirtualMFADeviceName=name)
    serial = create.needs[0].resource
    codes = {"AuthenticationCode1": MFA_CODE, "AuthenticationCode2": MFA_CODE}
    enable = own_call(one, "EnableMFADevice", UserName=user.name, SerialNumber=serial, **codes)
    is_room = sum(each.kind == VIRTUAL for each in one.account.mfa_records.values()) < quota(
        one.account, "VirtualMFADevices"
    )
    if is_room and one.may(create) and one.may(enable):
        return (create, enable, _sign_in(serial))
    return ()


def _free_name(records: dict[str, MfaRecord], name: str) -> str:
    """Give a device the name of its user, as policies mostly want it, or one that is like it."""
    taken = {serial.rpartition("/")[2] for serial in records}
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free

"""The way to the rights that depend on a session of one's own: of GetSessionToken, in the console.

A policy can ask when credentials were issued, or that they say that no MFA was used: an access key
says nothing of either. Whoever has his password, and his device, needs no permission to sign in to
the console; so a Deny for all that is done without MFA, GetSessionToken among it, keeps him from
nothing there.

Notes
-----
AWS pages: "AWS global condition context keys", ``aws:TokenIssueTime`` and
``aws:MultiFactorAuthPresent``; "API GetSessionToken"; "Sign in to the AWS Management Console".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.engine.prepared import condition_tests
from iamlab.world.context import of_temporary
from iamlab.world.mfa import VIRTUAL, devices_of
from iamlab.world.presented import CredentialKind, Presented
from iamlab.world.reach.calls import Call, Need
from iamlab.world.reach.later import SUPPOSED
from iamlab.world.reach.own_denies import UNHEARD_OF
from iamlab.world.reach.powers import CALLS_WITH, Change
from iamlab.world.reach.role_calls import MFA_CODE
from iamlab.world.reach.ways.finding import finds
from iamlab.world.reach.ways.own_calls import widened_by
from iamlab.world.reach.ways.own_conditions import about
from iamlab.world.reach.ways.own_mfa import GET_SESSION_TOKEN, HAS_DEVICE
from iamlab.world.reach.ways.own_policies import is_detour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.request import Request
    from iamlab.policy.statement import Statement
    from iamlab.world.identities import User
    from iamlab.world.reach.edges import Edge
    from iamlab.world.reach.standpoint import Standpoint
    from iamlab.world.reach.table import Way

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
    presented = Presented(user.arn, of_temporary(now, now, now if with_mfa else None), kind=kind)
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

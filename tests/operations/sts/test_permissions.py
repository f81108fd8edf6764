"""Who may call STS, and what the sessions that it makes may do: every policy type, end to end."""

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AccessDenied, AwsError, ValidationError
from iamlab.errors.sts import InvalidContextAssertion
from iamlab.model.organization.organization import Organization
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from iamlab.world.identities import Role, User
from tests.effort import tries
from tests.operations.organizations.small_organization import DEV, MAIN, OUTSIDE, small_organization
from tests.operations.sts.sts_scene import EVERYTHING, PHONE, Scene, made, trusting, with_mfa
from tests.policy.documents import allow, deny, document

OWN, OTHER = "111111111111", "222222222222"
ANA = f"arn:aws:iam::{OWN}:user/ana"
HALL, HALL_SESSION = f"arn:aws:iam::{OWN}:role/hall", f"arn:aws:sts::{OWN}:assumed-role/hall/s1"
NO_STS = document(allow("s3:*"))
STS = document(allow("sts:*"))


def assume(caller: Any, role: Role, **how: Any) -> Session:
    """Assume a role."""
    world = role.account.world
    return world.sts.assume_role(caller, role_arn=role, **{"role_session_name": "s1", **how})


def refused(caller: Any, role: Role, action: str = "sts:AssumeRole", **how: Any) -> AccessDenied:
    """Fail to assume a role; the error has the decision about that action."""
    with pytest.raises(AccessDenied) as caught:
        assume(caller, role, **how)
    decision = caught.value.decision
    assert decision is not None
    assert not decision
    assert (decision.request.action, decision.request.resource) == (action, role.arn)
    return caught.value


# -- the trust policy, and the caller's own side --------------------------------------------------


def two_accounts() -> tuple[World, User, Role]:
    """Make ana, who may do nothing, and a role of her account that lets her in."""
    world = World(seed=3)
    own = world.create_account("own", account_id=OWN)
    world.create_account("other", account_id=OTHER)
    ana = own.create_user("ana")
    hall = own.create_role("hall", assume_role_policy_document=trusting(ANA))
    for account in (own, world.accounts[OTHER]):
        account.create_policy("no-sts", NO_STS)
    return world, ana, hall


def bounded(principal: User | Role) -> None:
    """Set a permissions boundary that does not allow STS."""
    principal.put_permissions_boundary(f"arn:aws:iam::{OWN}:policy/no-sts")


def as_ana(world: World) -> Any:
    """Call with nothing but her name."""
    return world.user("ana")


def as_allowed_ana(world: World) -> Any:
    """Let her policy allow it."""
    world.user("ana").put_policy("sts", STS)
    return world.user("ana")


def as_denied_ana(world: World) -> Any:
    """Let her policy allow everything and deny STS."""
    world.user("ana").put_policy("sts", document(allow("*"), deny("sts:AssumeRole")))
    return world.user("ana")


def as_bounded_ana(world: World) -> Any:
    """Set a permissions boundary, and no policy."""
    bounded(world.user("ana"))
    return world.user("ana")


def as_allowed_bounded_ana(world: World) -> Any:
    """Set a policy, and a permissions boundary that does not allow its action."""
    bounded(world.user("ana"))
    return as_allowed_ana(world)


def as_session_token(world: World) -> Any:
    """Let her trade her name for a session."""
    return world.sts.get_session_token(world.user("ana"))


def as_role(world: World) -> Any:
    """Let her take the role of her account, which may do nothing."""
    return assume(world.user("ana"), world.role("hall"))


def as_allowed_role(world: World) -> Any:
    """Let her take it, when it may call STS."""
    world.role("hall").put_policy("sts", STS)
    return as_role(world)


def as_bounded_role(world: World) -> Any:
    """Let her take it, when its boundary does not let it call STS."""
    bounded(world.role("hall"))
    return as_role(world)


def as_limited_role(world: World) -> Any:
    """Let her take it with a session policy that does not let it call STS."""
    return assume(world.user("ana"), world.role("hall"), policy=NO_STS)


def as_allowed_limited_role(world: World) -> Any:
    """Let the role call STS, and the session policy not."""
    world.role("hall").put_policy("sts", STS)
    return as_limited_role(world)


def as_allowed_scoped_role(world: World) -> Any:
    """Scope the session of an allowed role down to no STS."""
    return world.sts.get_scoped_credentials(as_allowed_role(world), policy=NO_STS)


TRUST: list[tuple[str, str, Callable[[World], Any], str, bool]] = [
    # Where the role is, its trusted principal, the caller, why, whether he can assume it.
    (OWN, ANA, as_ana, "the trust names the user: no policy of his is needed", True),
    (OWN, ANA, as_bounded_ana, "nor does his boundary cut it", True),
    (OWN, ANA, as_denied_ana, "an explicit deny wins", False),
    (OWN, ANA, as_session_token, "GetSessionToken is the user himself", True),
    (OWN, ANA, as_role, "a session of a role is not the user", False),
    (OWN, OWN, as_ana, "trusting the account leaves it to his policies", False),
    (OWN, OWN, as_allowed_ana, "which allow", True),
    (OWN, OWN, as_allowed_bounded_ana, "and are cut by his boundary", False),
    (OWN, f"arn:aws:iam::{OWN}:root", as_allowed_ana, "root's ARN is the account", True),
    (OWN, f"arn:aws:iam::{OWN}:root", as_ana, "and no more than that", False),
    (OWN, "*", as_ana, "everybody, within the account", True),
    (OWN, "*", as_bounded_ana, "and no boundary cuts that", True),
    (OWN, OTHER, as_allowed_ana, "another account is another account", False),
    (OWN, HALL, as_role, "the trust names the role", True),
    (OWN, HALL, as_bounded_role, "whose boundary cuts it", False),
    (OWN, HALL, as_limited_role, "and whose session policy", False),
    (OWN, HALL, as_allowed_limited_role, "even if the role may", False),
    (OWN, HALL, as_allowed_scoped_role, "and a scope-down policy", False),
    (OWN, HALL_SESSION, as_role, "the trust names the session", True),
    (OWN, HALL_SESSION, as_bounded_role, "which nothing cuts that is silent", True),
    (OWN, HALL_SESSION, as_limited_role, "not even a session policy", True),
    (OWN, HALL_SESSION, as_allowed_scoped_role, "but a scope-down policy does", False),
    (OWN, HALL_SESSION.replace("s1", "s2"), as_allowed_role, "another session", False),
    (OTHER, ANA, as_ana, "between accounts both sides must allow", False),
    (OTHER, ANA, as_allowed_ana, "both do", True),
    (OTHER, ANA, as_allowed_bounded_ana, "and there the boundary counts", False),
    (OTHER, ANA, as_denied_ana, "a deny counts everywhere", False),
    (OTHER, OWN, as_ana, "the account is trusted, its user is not allowed", False),
    (OTHER, OWN, as_allowed_ana, "and allowed", True),
    (OTHER, "*", as_ana, "everybody is trusted, and she is not allowed", False),
    (OTHER, "*", as_allowed_ana, "and allowed", True),
    (OTHER, OTHER, as_allowed_ana, "it trusts its own account only", False),
    (OTHER, HALL, as_role, "the role's policies do not allow", False),
    (OTHER, HALL, as_allowed_role, "and allow", True),
    (OTHER, HALL_SESSION, as_role, "naming the session is not enough there", False),
    (OTHER, HALL_SESSION, as_allowed_role, "with the role's policy it is", True),
    (OTHER, HALL_SESSION, as_allowed_limited_role, "the session policy counts there", False),
]


@pytest.mark.parametrize(("where", "principal", "who", "why", "gets_in"), TRUST)
def test_trust_policy_and_caller_decide_together(
    where: str, principal: str, who: Callable[[World], Any], why: str, *, gets_in: bool
) -> None:
    """As AWS's pages on policy evaluation say; and ``world.can`` says the same."""
    world, _, _ = two_accounts()
    account = world.accounts[where]
    role = account.create_role("door", assume_role_policy_document=trusting(principal))
    caller = who(world)

    assert bool(world.can(caller, "sts:AssumeRole", role.arn)) == gets_in, why
    if gets_in:
        assert assume(caller, role).role_arn == role.arn
    else:
        refused(caller, role)


def test_an_administrator_is_nobody_to_a_role_that_does_not_trust_him() -> None:
    """A role doesn't trust itself either."""
    world, ana, hall = two_accounts()
    ana.attach_policy("AdministratorAccess")
    hall.attach_policy("AdministratorAccess")
    trust = document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )
    role = world.account("own").create_role("door", assume_role_policy_document=trust)

    refused(ana, role)
    refused(as_role(world), hall)


def test_a_deny_in_the_trust_policy_wins() -> None:
    """Whatever else there is."""
    world, ana, _ = two_accounts()
    no = {"Effect": "Deny", "Principal": {"AWS": ANA}, "Action": "sts:AssumeRole"}
    trust = document(*trusting("*")["Statement"], no)
    role = world.account("own").create_role("door", assume_role_policy_document=trust)
    ana.attach_policy("AdministratorAccess")

    error = refused(ana, role)
    assert error.decision is not None
    assert error.decision.verdict.value == "explicitDeny"
    assert error.message.endswith(f"perform: sts:AssumeRole on resource: {role.arn}")


def test_a_forbidden_role_and_an_absent_one_cannot_be_distinguished() -> None:
    """The policies of an account can't be used either by passing their ARNs."""
    world, ana, _ = two_accounts()
    ana.attach_policy("AdministratorAccess")
    other = world.accounts[OTHER]
    role = other.create_role("door", assume_role_policy_document=trusting(OTHER))
    for arns in ([], [f"arn:aws:iam::{OTHER}:policy/no-sts"], [f"arn:aws:iam::{OTHER}:policy/x"]):
        shown = []
        for arn in (role.arn, role.arn.replace("door", "wall"), role.arn.replace(OTHER, "9" * 12)):
            with pytest.raises(AwsError) as caught:
                world.sts.assume_role(ana, role_arn=arn, role_session_name="s1", policy_arns=arns)
            shown.append((type(caught.value), caught.value.message.replace(arn, "ARN")))

        assert shown == [shown[0]] * 3
        assert shown[0][0] is AccessDenied


# -- conditions of the trust policy ---------------------------------------------------------------

REQUEST: dict[str, tuple[dict[str, Any], dict[str, Any] | None, list[dict[str, Any]]]] = {
    # What it asks for; what fits, if anything does; what does not.
    "an external id": (
        {"StringEquals": {"sts:ExternalId": "sky"}},
        {"external_id": "sky"},
        [{}, {"external_id": "sea"}, {"external_id": "SKY"}],
    ),
    "that no external id is sent": (
        {"Null": {"sts:ExternalId": "true"}},
        {},
        [{"external_id": "sky"}],
    ),
    "a session name": (
        {"StringLike": {"sts:RoleSessionName": "${aws:username}"}},
        {"role_session_name": "ana"},
        [{"role_session_name": "bob"}, {"role_session_name": "ana2"}],
    ),
    "a source identity": (
        {"StringEquals": {"sts:SourceIdentity": "${aws:username}"}},
        {"source_identity": "ana"},
        [{}, {"source_identity": "bob"}],
    ),
    "a tag": (
        {"StringEquals": {"aws:RequestTag/team": "sky"}},
        {"tags": {"Team": "sky"}},
        [{}, {"tags": {"team": "sea"}}],
    ),
    "an address": (
        {"IpAddress": {"aws:SourceIp": "198.18.0.0/24"}},
        {},
        [],
    ),
    "a Region": ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, {}, []),
    "another Region": ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, None, [{}]),
    "a tag of the caller": ({"StringEquals": {"aws:PrincipalTag/team": "sky"}}, {}, []),
    "a tag of the role": ({"StringEquals": {"iam:ResourceTag/site": "north"}}, {}, []),
    "another tag of the role": ({"StringEquals": {"iam:ResourceTag/site": "x"}}, None, [{}]),
}


@pytest.mark.parametrize("what", REQUEST)
def test_a_trust_policy_can_ask_for_it(what: str) -> None:
    """And who does not bring it stays outside."""
    condition, good, bad = REQUEST[what]
    world, ana, _ = two_accounts()
    ana.tag({"team": "sky"})
    role = world.account("own").create_role(
        "door",
        assume_role_policy_document=trusting(ANA, Condition=condition),
        tags={"site": "north"},
    )
    if good is not None:
        ana.put_policy("identity", document(allow("sts:SetSourceIdentity")))
        assert assume(ana, role, **good).role_arn == role.arn
    for how in bad:
        refused(ana, role, **how)


MFA: dict[str, tuple[dict[str, Any], Callable[[Scene], tuple[Any, dict[str, Any]]], bool]] = {
    "a code with the call": (
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        lambda scene: (scene.key, {"serial_number": PHONE, "token_code": scene.phone.code()}),
        True,
    ),
    "no code": (
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        lambda scene: (scene.key, {}),
        False,
    ),
    "a session with MFA": (
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        lambda scene: (with_mfa(scene), {}),
        True,
    ),
    "a session without MFA": (
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        lambda scene: (scene.session("GetSessionToken"), {}),
        False,
    ),
    "a session of a role that was taken with MFA": (
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        lambda scene: (
            scene.assume(scene.key, scene.work, serial_number=PHONE, token_code=scene.phone.code()),
            {},
        ),
        False,
    ),
    "MFA that is recent": (
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
        lambda scene: (with_mfa(scene), {}),
        True,
    ),
    "MFA that is old": (
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}},
        lambda scene: (later(scene, with_mfa(scene), 3600), {}),
        False,
    ),
    "a code with the call is recent": (
        {"NumericLessThan": {"aws:MultiFactorAuthAge": "1"}},
        lambda scene: (scene.key, {"serial_number": PHONE, "token_code": scene.phone.code()}),
        True,
    ),
}


def later(scene: Scene, caller: Any, seconds: int) -> Any:
    """Let time go by."""
    scene.world.clock.advance(seconds=seconds)
    return caller


@pytest.mark.parametrize("what", MFA)
def test_a_trust_policy_can_ask_for_mfa(what: str) -> None:
    """Long-term keys without a code have no such key at all."""
    condition, prepare, gets_in = MFA[what]
    scene = made()
    scene.phone.enable()
    role = scene.main.create_role(
        "strict", assume_role_policy_document=trusting(OWN, Condition=condition)
    )
    caller, how = prepare(scene)
    if gets_in:
        assert assume(caller, role, **how).role_arn == role.arn
    else:
        refused(caller, role, **how)


# -- TagSession, SetSourceIdentity, SetContext ----------------------------------------------------

BOTH: list[tuple[str, str, list[str], list[str], bool]] = [
    # Where the role is, the request, what its trust policy allows, what the caller's policy allows.
    (OWN, "sts:TagSession", ["sts:AssumeRole"], ["*"], False),
    (OWN, "sts:TagSession", ["sts:AssumeRole", "sts:TagSession"], [], True),
    (OTHER, "sts:TagSession", ["sts:AssumeRole", "sts:TagSession"], ["sts:AssumeRole"], False),
    (OTHER, "sts:TagSession", ["sts:AssumeRole"], ["*"], False),
    (OTHER, "sts:TagSession", ["sts:AssumeRole", "sts:TagSession"], ["*"], True),
    (OWN, "sts:SetSourceIdentity", ["sts:AssumeRole"], ["*"], False),
    (OWN, "sts:SetSourceIdentity", ["sts:AssumeRole", "sts:SetSourceIdentity"], [], False),
    (OWN, "sts:SetSourceIdentity", ["sts:*"], ["sts:SetSourceIdentity"], True),
    (OTHER, "sts:SetSourceIdentity", ["sts:*"], ["sts:AssumeRole"], False),
    (OTHER, "sts:SetSourceIdentity", ["sts:AssumeRole"], ["*"], False),
    (OTHER, "sts:SetSourceIdentity", ["sts:*"], ["sts:*"], True),
    (OWN, "sts:SetContext", ["sts:AssumeRole"], ["*"], False),
]
SENT: dict[str, dict[str, Any]] = {
    "sts:TagSession": {"tags": {"team": "sky"}},
    "sts:SetSourceIdentity": {"source_identity": "ana"},
    "sts:SetContext": {
        "provided_contexts": [
            {
                "ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter",
                "ContextAssertion": "assertion",
            }
        ]
    },
}


@pytest.mark.parametrize(("where", "action", "trusted", "allowed", "passes"), BOTH)
def test_what_goes_with_a_call_needs_a_permission_of_its_own(
    where: str, action: str, trusted: list[str], allowed: list[str], *, passes: bool
) -> None:
    """Without it, the whole call fails; and without what needs it, the call does not."""
    world, ana, _ = two_accounts()
    if allowed:
        ana.put_policy("some", document(allow(allowed)))
    trust = trusting(ANA, actions=trusted)
    role = world.accounts[where].create_role("door", assume_role_policy_document=trust)
    if passes:
        assert assume(ana, role, **SENT[action]).role_arn == role.arn
    else:
        refused(ana, role, action, **SENT[action])
    if where == OWN or allowed:
        assert assume(ana, role).role_arn == role.arn


def test_a_context_that_may_be_set_is_still_none_that_anybody_has_made() -> None:
    """Trusted identity propagation is not modelled."""
    world, ana, _ = two_accounts()
    role = world.account("own").create_role("door", assume_role_policy_document=trusting(ANA))
    with pytest.raises(InvalidContextAssertion):
        assume(ana, role, **SENT["sts:SetContext"])


def test_a_source_identity_needs_both_sides_at_every_hop_and_never_changes() -> None:
    """It is set once; the same one again is not a change."""
    world, ana, hall = two_accounts()
    own = world.account("own")
    ana.put_policy("identity", document(allow("sts:SetSourceIdentity")))
    first = assume(ana, hall, source_identity="ana")
    door = own.create_role("door", assume_role_policy_document=trusting(HALL))
    plain = own.create_role(
        "plain", assume_role_policy_document=trusting(HALL, actions="sts:AssumeRole")
    )

    refused(first, door, "sts:SetSourceIdentity")
    hall.put_policy("identity", document(allow("sts:SetSourceIdentity")))
    assert assume(first, door).source_identity == "ana"
    assert assume(first, door, source_identity="ana").source_identity == "ana"
    refused(first, plain, "sts:SetSourceIdentity")
    with pytest.raises(ValidationError, match="source identity is already set"):
        assume(first, door, source_identity="bob")


def test_the_source_identity_is_a_key_of_all_that_the_chain_does() -> None:
    """aws:SourceIdentity, in requests of its sessions; a user's own have none."""
    scene = made()
    first = scene.assume(scene.key, scene.work, source_identity="ana")
    second = scene.assume(first, scene.short)
    scoped = scene.session("GetScopedCredentials", second)
    for caller, expected in ((scene.key, None), (first, "ana"), (second, "ana"), (scoped, "ana")):
        request = scene.can(caller, "s3:GetObject", "arn:aws:s3:::b/k").request

        assert request.value("aws:SourceIdentity") == expected


def test_a_federation_token_with_tags_needs_the_permission_for_them() -> None:
    """GetFederationToken alone is not enough."""
    world, ana, _ = two_accounts()
    ana.put_policy("some", document(allow("sts:GetFederationToken")))
    assert world.sts.get_federation_token(ana, name="guest").tags == {}
    with pytest.raises(AccessDenied, match="sts:TagSession") as caught:
        world.sts.get_federation_token(ana, name="guest", tags={"team": "sky"})
    assert caught.value.decision is not None

    ana.put_policy("more", document(allow("sts:TagSession")))
    tagged = world.sts.get_federation_token(ana, name="guest", tags={"team": "sky"})
    assert tagged.tags == {"team": "sky"}


def test_a_policy_can_say_which_federated_users_there_may_be() -> None:
    """By their ARNs."""
    world, ana, _ = two_accounts()
    start = f"arn:aws:sts::{OWN}:federated-user/"
    ana.put_policy("some", document(allow("sts:GetFederationToken", f"{start}guest-*")))
    assert world.sts.get_federation_token(ana, name="guest-1").arn == f"{start}guest-1"
    with pytest.raises(AccessDenied, match=f"on resource: {start}boss"):
        world.sts.get_federation_token(ana, name="boss")


WITH_CALLS = ("sts:TagSession", "sts:SetSourceIdentity", "sts:TagGetWebIdentityToken")
KEYS: list[tuple[str, str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # The operation, its action, a condition, what fits it, what does not.
    (
        *("AssumeRoot", "sts:AssumeRoot"),
        {"ArnLike": {"sts:TaskPolicyArn": "arn:aws:iam::aws:policy/root-task/S3*"}},
        {},
        {"TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/SQSUnlockQueuePolicy"}},
    ),
    (
        *("GetWebIdentityToken", "sts:GetWebIdentityToken"),
        {"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": ["maps", "star-maps"]}},
        {"Audience": ["maps", "star-maps"]},
        {"Audience": ["maps", "other"]},
    ),
    (
        *("GetWebIdentityToken", "sts:GetWebIdentityToken"),
        {"StringEquals": {"sts:SigningAlgorithm": "ES384"}},
        {},
        {"SigningAlgorithm": "RS256"},
    ),
    (
        *("GetWebIdentityToken", "sts:GetWebIdentityToken"),
        {"NumericLessThanEquals": {"sts:DurationSeconds": "300"}},
        {},
        {"DurationSeconds": 301},
    ),
    (
        *("GetWebIdentityToken", "sts:TagGetWebIdentityToken"),
        {"StringEquals": {"aws:RequestTag/team": "sky"}},
        {"Tags": [{"Key": "team", "Value": "sky"}]},
        {"Tags": [{"Key": "team", "Value": "sea"}]},
    ),
    (
        *("GetFederationToken", "sts:GetFederationToken"),
        {"StringEquals": {"aws:RequestTag/team": "sky"}},
        {"Tags": [{"Key": "team", "Value": "sky"}]},
        {"Tags": [{"Key": "team", "Value": "sea"}]},
    ),
    (
        *("GetFederationToken", "sts:TagSession"),
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
        {"Tags": [{"Key": "team", "Value": "sky"}]},
        {"Tags": [{"Key": "site", "Value": "sky"}]},
    ),
    (
        *("AssumeRole", "sts:AssumeRole"),
        {"StringEquals": {"iam:ResourceTag/site": "north"}},
        {},
        {"RoleArn": f"arn:aws:iam::{OWN}:role/short"},
    ),
    (
        *("AssumeRole", "sts:TagSession"),
        {"ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"]}},
        {"Tags": [{"Key": "team", "Value": ""}], "TransitiveTagKeys": ["team"]},
        {"Tags": [{"Key": "site", "Value": ""}], "TransitiveTagKeys": ["site"]},
    ),
    (
        *("AssumeRole", "sts:SetSourceIdentity"),
        {"StringLike": {"sts:SourceIdentity": "${aws:username}"}},
        {"SourceIdentity": "ana"},
        {"SourceIdentity": "bob"},
    ),
]


@pytest.mark.parametrize(("operation", "action", "condition", "good", "bad"), KEYS)
def test_an_identity_policy_can_say_what_a_call_may_be_like(
    operation: str,
    action: str,
    condition: dict[str, Any],
    good: dict[str, Any],
    bad: dict[str, Any],
) -> None:
    """By the keys that the operation brings along."""
    scene = made()
    scene.work.tag({"site": "north"})
    others = {f"sts:{operation}", *WITH_CALLS} - {action}
    policy = document(allow(action, Condition=condition), allow(sorted(others)))
    scene.ana.put_policy("everything", policy)

    assert scene.call(operation, **good)
    with pytest.raises(AccessDenied, match=f"perform: {action}"):
        scene.call(operation, **bad)


# -- SCPs and RCPs --------------------------------------------------------------------------------


def organized(scp: Any = None, rcp: Any = None) -> tuple[Organization, dict[str, Role]]:
    """Make an organization with a role in each account; policies are attached to its root."""
    organization = small_organization()
    world = organization.world
    roles = {}
    for account in world.accounts.values():
        boss = account.create_user("boss")
        boss.put_policy("all", EVERYTHING)
        roles[account.account_id] = account.create_role(
            "door", assume_role_policy_document=trusting("*")
        )
        roles[account.account_id].put_policy("all", EVERYTHING)
    for document_, kind in ((scp, "SERVICE_CONTROL_POLICY"), (rcp, "RESOURCE_CONTROL_POLICY")):
        if document_ is not None:
            if kind not in organization.root.policy_types:
                organization.enable_policy_type(kind)
            policy = organization.create_policy("guard", document_, type=kind)
            organization.attach_policy(policy, organization.root)
    return organization, roles


NO_ASSUMING = document(deny("sts:AssumeRole"))
STRANGERS = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}
NO_STRANGERS = document({**deny("sts:AssumeRole", Condition=STRANGERS), "Principal": "*"})
ORGANIZED = [
    # The SCP, the RCP, whose boss calls, whose role, whether he gets in, and why.
    (NO_ASSUMING, None, DEV, DEV, False, "an SCP binds members"),
    (NO_ASSUMING, None, DEV, OUTSIDE, False, "wherever the role is"),
    (NO_ASSUMING, None, MAIN, DEV, True, "and not the management account"),
    (NO_ASSUMING, None, OUTSIDE, DEV, True, "nor whoever comes from outside"),
    (None, NO_STRANGERS, OUTSIDE, DEV, False, "an RCP binds whoever comes"),
    (None, NO_STRANGERS, OUTSIDE, MAIN, True, "but not to the management account"),
    (None, NO_STRANGERS, DEV, DEV, True, "and lets in whom it exempts"),
    (None, NO_STRANGERS, MAIN, DEV, True, "from whichever account of the organization"),
    (None, NO_STRANGERS, DEV, OUTSIDE, True, "it says nothing of roles elsewhere"),
]


@pytest.mark.parametrize(("scp", "rcp", "caller", "owner", "gets_in", "why"), ORGANIZED)
def test_scps_bind_who_calls_and_rcps_what_is_called(
    scp: Any, rcp: Any, caller: str, owner: str, why: str, *, gets_in: bool
) -> None:
    """In an organization with a member, a management account and a stranger outside."""
    organization, roles = organized(scp, rcp)
    boss = organization.world.accounts[caller].users["boss"]
    if gets_in:
        assert assume(boss, roles[owner]).role_arn == roles[owner].arn, why
        return
    decision = refused(boss, roles[owner]).decision
    assert decision is not None
    assert decision.verdict.value == "explicitDeny", why
    assert {reading.layer for reading in decision.denies} == {"scp" if scp else "rcp"}


def test_the_scps_of_the_roles_account_bind_its_sessions_whoever_took_it() -> None:
    """Not those of the account that the caller came from."""
    organization, roles = organized(document(deny("s3:*")))
    boss = organization.management_account.users["boss"]
    world = organization.world

    inside, outside = assume(boss, roles[DEV]), assume(boss, roles[OUTSIDE])
    assert not world.can(inside, "s3:ListAllMyBuckets", "*")
    assert world.can(outside, "s3:ListAllMyBuckets", "*")


@pytest.mark.parametrize("how", ["get_session_token", "get_federation_token"])
def test_scps_bind_the_sessions_of_a_members_users(how: str) -> None:
    """Root's too."""
    organization, _ = organized(document(deny("s3:*")))
    world, dev = organization.world, organization.world.accounts[DEV]
    more = {} if how == "get_session_token" else {"name": "guest", "policy": EVERYTHING}
    for caller in (dev.users["boss"], dev.root_arn):
        session = getattr(world.sts, how)(caller, **more)

        assert world.can(session, "sqs:ListQueues", "*")
        assert world.can(session, "s3:ListAllMyBuckets", "*").verdict.value == "explicitDeny"


def test_an_scp_binds_whoever_assumes_a_members_root_user() -> None:
    """Even for the task of the session."""
    scene = made()
    scene.dev.create_bucket("far-maps")
    session = scene.session("AssumeRoot")
    assert scene.can(session, "s3:DeleteBucketPolicy", "arn:aws:s3:::far-maps")

    organization = scene.main.organization
    assert organization is not None
    policy = organization.create_policy("guard", document(deny("s3:*")))
    organization.attach_policy(policy, organization.root)
    assert not scene.can(session, "s3:DeleteBucketPolicy", "arn:aws:s3:::far-maps")


def test_an_rcp_applies_to_federated_principals_and_an_scp_does_not() -> None:
    """They are not principals of the organization before they have a session."""
    token = "sts:AssumeRoleWithWebIdentity"
    for kind, guard, refuses in (
        ("scp", document(deny(token)), False),
        ("rcp", document({**deny(token), "Principal": "*"}), True),
    ):
        organization, _ = organized(**{kind: guard})
        role, sign = with_provider(organization.world.accounts[DEV])
        how: dict[str, Any] = {"role_arn": role, "role_session_name": "s1"}
        how["web_identity_token"] = sign("carol1")
        if refuses:
            with pytest.raises(AccessDenied, match="Not authorized to perform"):
                organization.world.sts.assume_role_with_web_identity(**how)
        else:
            session = organization.world.sts.assume_role_with_web_identity(**how)
            assert session.role_arn == role.arn


def with_provider(account: Account) -> tuple[Role, Callable[[str], str]]:
    """Add an issuer to an account, and make a role for its users."""
    from iamlab.operations.federation.oidc_issuer import create_issuer

    issuer = create_issuer(account.world, "https://id.io", audience="maps", algorithm="ES384")
    provider = issuer.register(account)
    trust = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider.arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
    )
    return account.create_role("web", assume_role_policy_document=trust), issuer.token


# -- what sessions may do: AWS's table of policy types --------------------------------------------

BUCKET, THING = "arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/m31"
GUEST = f"arn:aws:sts::{OWN}:federated-user/guest"
S3, EC2 = document(allow("s3:*")), document(allow("ec2:*"))
NO_S3 = document(deny("s3:*"), allow("*"))


def as_session(kind: str, world: World, session_policy: Any) -> Any:
    """Make the caller of a row: a session of the kind."""
    ana, hall = world.user("ana"), world.role("hall")
    if kind == "role":
        return assume(ana, hall, policy=session_policy)
    if kind == "federated":
        ana.put_policy("federate", document(allow("sts:GetFederationToken")))
        return world.sts.get_federation_token(ana, name="guest", policy=session_policy)
    return world.sts.get_session_token(ana) if kind == "token" else ana


TABLE: list[tuple[str, str | None, Any, Any, Any, str, str]] = [
    # Type of caller, the bucket's principal, identity, boundary, session policy, verdict, layer.
    ("user", ANA, None, EC2, None, "allowed", "the user is named"),
    ("user", OWN, None, EC2, None, "implicitDeny", "naming the account delegates only"),
    ("user", OWN, S3, EC2, None, "implicitDeny", "and the boundary cuts what was delegated"),
    ("user", "*", None, EC2, None, "allowed", "everybody is named"),
    ("token", ANA, None, EC2, None, "allowed", "GetSessionToken is the user himself"),
    ("token", None, S3, None, None, "allowed", "with his permissions"),
    ("role", HALL, None, EC2, EC2, "implicitDeny", "naming the role is cut by both"),
    ("role", HALL, None, EC2, None, "implicitDeny", "by the boundary"),
    ("role", HALL, None, None, EC2, "implicitDeny", "by the session policy"),
    ("role", HALL, None, None, None, "allowed", "and replaces the role's policies"),
    ("role", HALL, None, S3, S3, "allowed", "if nothing cuts it"),
    ("role", HALL_SESSION, None, EC2, EC2, "allowed", "the session itself is named"),
    ("role", HALL_SESSION, NO_S3, None, None, "explicitDeny", "a deny still wins"),
    ("role", HALL_SESSION, None, NO_S3, None, "explicitDeny", "in the boundary too"),
    ("role", HALL_SESSION, None, None, NO_S3, "explicitDeny", "and in the session policy"),
    ("role", "*", None, EC2, EC2, "allowed", "everybody is named"),
    ("role", "*", None, NO_S3, None, "explicitDeny", "a deny wins there too"),
    ("role", ANA, None, None, None, "implicitDeny", "the session is not the user any more"),
    ("role", OWN, S3, None, EC2, "implicitDeny", "naming the account delegates only"),
    ("role", None, S3, S3, S3, "allowed", "all three allow"),
    ("role", None, S3, EC2, S3, "implicitDeny", "the boundary does not"),
    ("role", None, S3, S3, EC2, "implicitDeny", "the session policy does not"),
    ("role", None, EC2, S3, S3, "implicitDeny", "the role does not"),
    ("federated", ANA, S3, None, None, "implicitDeny", "without a session policy nothing"),
    ("federated", ANA, None, None, S3, "allowed", "with one, what the user is granted"),
    ("federated", ANA, None, EC2, S3, "implicitDeny", "but for his boundary"),
    ("federated", GUEST, None, EC2, None, "allowed", "the federated user himself is named"),
    ("federated", "*", None, EC2, None, "allowed", "everybody is named"),
    ("federated", OWN, S3, None, None, "implicitDeny", "naming the account delegates only"),
    ("federated", None, S3, None, S3, "allowed", "user and session policy allow"),
    ("federated", None, S3, None, EC2, "implicitDeny", "the session policy does not"),
    ("federated", None, EC2, None, S3, "implicitDeny", "the user does not"),
    ("federated", None, S3, None, NO_S3, "explicitDeny", "the session policy denies"),
    ("federated", GUEST, NO_S3, None, None, "explicitDeny", "the user's policy denies"),
]


@pytest.mark.parametrize(
    ("kind", "names", "identity", "boundary", "session", "verdict", "why"), TABLE
)
def test_a_real_session_may_do_what_awss_table_says(
    kind: str, names: str | None, identity: Any, boundary: Any, session: Any, verdict: str, why: str
) -> None:
    """A bucket of the same account, and each type of policy."""
    world, ana, hall = two_accounts()
    behind = hall if kind == "role" else ana
    own = world.account("own")
    bucket = own.create_bucket("star-maps")
    caller = as_session(kind, world, session)  # its permissions are looked up at each request
    if boundary is not None:
        behind.put_permissions_boundary(own.create_policy("ceiling", boundary))
    if identity is not None:
        behind.put_policy("own", identity)
    if names is not None:
        put_bucket_policy(bucket, names)

    assert world.can(caller, "s3:GetObject", THING).verdict.value == verdict, why


def put_bucket_policy(bucket: Any, principal: str) -> None:
    """Let a bucket let somebody in, public or not."""
    bucket.delete_public_access_block()
    statement = {**allow("s3:*", [BUCKET, THING]), "Principal": {"AWS": principal}}
    bucket.put_policy(document(statement))


ABROAD = [
    # The principal of the other account's bucket, the role's policies, session policy, verdict.
    (HALL_SESSION, None, None, "implicitDeny"),
    (HALL_SESSION, S3, None, "allowed"),
    (HALL_SESSION, S3, EC2, "implicitDeny"),
    (HALL, S3, S3, "allowed"),
    (OWN, S3, None, "allowed"),
    (OWN, S3, EC2, "implicitDeny"),
    (None, S3, None, "implicitDeny"),
]


@pytest.mark.parametrize(("names", "identity", "session", "verdict"), ABROAD)
def test_between_accounts_a_session_needs_both_sides(
    names: str | None, identity: Any, session: Any, verdict: str
) -> None:
    """There, the session policy limits every request."""
    world, ana, hall = two_accounts()
    if identity is not None:
        hall.put_policy("own", identity)
    caller = assume(ana, hall, policy=session)
    bucket = world.accounts[OTHER].create_bucket("star-maps")
    if names is not None:
        put_bucket_policy(bucket, names)

    assert world.can(caller, "s3:GetObject", THING).verdict.value == verdict


# -- session policies and scope-down policies -----------------------------------------------------


def test_inline_and_managed_session_policies_are_one() -> None:
    """Either may allow; the role must, too."""
    scene = made()
    arns = ["AmazonS3ReadOnlyAccess", scene.main.create_policy("own", EC2)]
    policy = document(allow("sqs:*"))
    session = scene.assume(scene.key, scene.work, policy=policy, policy_arns=arns)
    for action in ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "sqs:ListQueues"):
        assert scene.can(session, action)
    assert not scene.can(session, "sns:ListTopics")


def test_a_managed_session_policy_is_as_it_is_now() -> None:
    """Changed, it counts as changed; deleted, it allows nothing."""
    scene = made()
    policy = scene.main.create_policy("own", EC2)
    session = scene.assume(scene.key, scene.work, policy_arns=[policy])
    assert not scene.can(session, "s3:ListAllMyBuckets")

    policy.create_version(S3, set_as_default=True)
    assert scene.can(session, "s3:ListAllMyBuckets")

    policy.delete_version("v1")
    policy.delete()
    assert not scene.can(session, "s3:ListAllMyBuckets")


def test_what_is_attached_to_the_role_or_user_counts_at_once() -> None:
    """Sessions are asked anew each time; only who may make new ones is the trust policy's."""
    scene = made()
    token = scene.session("GetSessionToken")
    guest = scene.session("GetFederationToken", Policy=json.dumps(EVERYTHING))
    session = scene.assume(scene.key, scene.work)
    scene.work.update_assume_role_policy(trusting(scene.short.arn))
    callers = (session, token, guest)
    assert all(scene.can(caller, "s3:ListAllMyBuckets") for caller in callers)

    for item in (scene.work, scene.ana):
        item.put_policy("guard", document(deny("s3:*")))
    assert not any(scene.can(caller, "s3:ListAllMyBuckets") for caller in callers)
    with pytest.raises(AccessDenied):
        scene.assume(scene.key, scene.work)


def test_each_scope_down_policy_cuts_once_more_and_three_are_the_most() -> None:
    """A fourth is refused; a shorter life is not."""
    scene = made()
    layer = [document(allow(f"{name}:*")) for name in ("s3", "s3", "ec2")]
    session = scene.assume(scene.key, scene.work)
    verdicts, counts = [], []
    for policy in layer:
        sent: dict[str, Any] = {"Policy": json.dumps(policy), "DurationSeconds": ...}
        answer = scene.call("GetScopedCredentials", session, **sent)
        session = Session(scene.world, scene.world.sessions[answer["Credentials"]["AccessKeyId"]])
        verdicts.append(bool(scene.can(session, "s3:ListAllMyBuckets")))
        counts.append(answer["ScopedPoliciesCount"])

    assert (verdicts, counts) == ([True, True, False], [1, 2, 3])
    with pytest.raises(AccessDenied, match="at most 3"):
        scene.session("GetScopedCredentials", session, Policy=json.dumps(S3))
    assert scene.session("GetScopedCredentials", session, DurationSeconds=60).record.seconds == 60


def test_a_scope_down_policy_cuts_even_what_the_session_itself_is_granted() -> None:
    """A session policy does not."""
    world, ana, hall = two_accounts()
    put_bucket_policy(world.account("own").create_bucket("star-maps"), HALL_SESSION)
    session = assume(ana, hall, policy=EC2)
    scoped = world.sts.get_scoped_credentials(session, policy=EC2)

    assert world.can(session, "s3:GetObject", THING)
    assert not world.can(scoped, "s3:GetObject", THING)
    assert (scoped.arn, scoped.record.userid) == (session.arn, session.record.userid)


ACTIONS = ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "sqs:ListQueues", "sns:ListTopics")
NOTHING: AbstractSet[str] = frozenset()
subsets = st.sets(st.sampled_from(ACTIONS))
ceilings = st.one_of(st.none(), subsets)


@settings(max_examples=tries(60))
@given(subsets, subsets, ceilings, ceilings, st.lists(subsets, max_size=3), subsets)
def test_a_session_may_do_what_every_layer_allows_and_none_denies(
    role: set[str],
    denied: set[str],
    boundary: set[str] | None,
    session: set[str] | None,
    scoped: list[set[str]],
    scp_denies: set[str],
) -> None:
    """Whatever the layers are; of a resource there is no policy here."""
    organization, roles = organized(statements(set(ACTIONS), scp_denies))
    world, item = organization.world, roles[DEV]
    item.put_policy("all", statements(role | {"sts:*"}, denied))
    if boundary is not None:
        policy = item.account.create_policy("ceiling", statements(boundary))
        item.put_permissions_boundary(policy)
    how = {} if session is None else {"policy": statements(session)}
    caller = assume(world.accounts[MAIN].users["boss"], item, **how)
    for layer in scoped:
        caller = world.sts.get_scoped_credentials(caller, policy=statements(layer))
    may = role - denied - scp_denies
    for limit in (boundary, session, *scoped):
        may = may if limit is None else may & limit

    assert {action for action in ACTIONS if world.can(caller, action, "*")} == may


def statements(allowed: AbstractSet[str], denied: AbstractSet[str] = NOTHING) -> dict[str, Any]:
    """Write a policy; where nothing is named, an action is that nobody asks for."""
    return document(allow(sorted(allowed) or "none:None"), deny(sorted(denied) or "none:None"))


# -- how it is said -------------------------------------------------------------------------------


def with_session_policy(scene: Scene) -> Any:
    """Take a role with a session policy that does not allow it."""
    return scene.assume(scene.key, scene.work, policy=S3)


def with_identity_deny(scene: Scene) -> Any:
    """Deny it to the user."""
    scene.ana.put_policy("guard", document(deny("sts:*")))
    return scene.key


def with_boundary(scene: Scene) -> Any:
    """Return the user a boundary that does not allow it."""
    scene.ana.put_permissions_boundary(scene.main.create_policy("ceiling", S3))
    return scene.key


def with_managed_deny(scene: Scene) -> Any:
    """Deny it by a managed policy."""
    scene.ana.attach_policy(scene.main.create_policy("guard", document(deny("sts:*"))))
    return scene.key


SAID: list[tuple[Callable[[Scene], Any], str]] = [
    (with_session_policy, "because no session policy allows the {} action"),
    (with_identity_deny, "with an explicit deny in an identity-based policy"),
    (with_boundary, "because no permissions boundary allows the {} action"),
    (
        with_managed_deny,
        f"with an explicit deny in an identity-based policy: arn:aws:iam::{OWN}:policy/guard",
    ),
]
ASKED = [
    ("GetAccessKeyInfo", ""),
    ("DecodeAuthorizationMessage", ""),
    ("GetWebIdentityToken", ""),
    ("AssumeRoot", f" on resource: arn:aws:iam::{OTHER}:root"),
]


@pytest.mark.parametrize(("prepare", "reason"), SAID)
@pytest.mark.parametrize(("operation", "where"), ASKED)
def test_a_refusal_names_one_policy_type_and_has_the_decision(
    operation: str, where: str, prepare: Callable[[Scene], Any], reason: str
) -> None:
    """In AWS's grammar."""
    scene = made()
    action = f"sts:{operation}"
    caller = prepare(scene)
    with pytest.raises(AccessDenied) as caught:
        scene.call(operation, caller)
    error, who = caught.value, getattr(caller, "arn", scene.ana.arn)

    assert error.message == (
        f"User: {who} is not authorized to perform: {action}{where} {reason.format(action)}"
    )
    assert error.decision is not None
    assert error.decision.request.action == action
    event = scene.world.events[-1]
    assert (event.error_code, event.request_parameters) == ("AccessDenied", None)
    assert event.error_message == error.message


def test_a_refused_assume_role_gives_no_reason_to_anybody() -> None:
    """Identity policy, trust, external id, tags: one sentence."""
    world, ana, _ = two_accounts()
    other = world.accounts[OTHER]
    role = other.create_role(
        "door",
        assume_role_policy_document=trusting(
            ANA, Condition={"StringEquals": {"sts:ExternalId": "sky"}}
        ),
    )
    first = refused(ana, role, external_id="sky").message
    ana.put_policy("sts", STS)
    second = refused(ana, role).message
    ana.put_policy("guard", document(deny("sts:AssumeRole")))

    assert first == second == refused(ana, role, external_id="sky").message
    assert first == (
        f"User: {ANA} is not authorized to perform: sts:AssumeRole on resource: {role.arn}"
    )


def test_an_explicit_deny_does_not_keep_anybody_from_learning_who_he_is() -> None:
    """GetCallerIdentity; whatever kind of policy it is in."""
    organization, roles = organized(document(deny("sts:GetCallerIdentity")))
    boss = organization.world.accounts[DEV].users["boss"]
    boss.put_policy("guard", document(deny("*")))
    session = assume(
        organization.management_account.users["boss"], roles[DEV], policy=document(deny("*"))
    )
    for caller in (boss, session):
        assert organization.world.sts.get_caller_identity(caller).account == DEV


UNKNOWN = ("iam:NoSuchThing", "sts:NoSuchThing", "IAM:listusers", "STS:getsessiontoken")
FITTING = ("iam:PassRole", "sts:GetScopedCredentials", "sts:TagSession", "nosuch:Thing", "s3:X")


@pytest.mark.parametrize("operation", ["GetSessionToken", "GetFederationToken"])
def test_what_credentials_are_not_good_for_is_not_good_by_any_other_name(operation: str) -> None:
    """New actions of AWS aren't allowed either, if only a few are listed."""
    scene = made()
    more = {"Policy": json.dumps(EVERYTHING)} if operation == "GetFederationToken" else {}
    session = scene.session(operation, **more)

    def can(action: str) -> bool:
        return bool(scene.can(session, action, allow_unknown=True))

    assert [item for item in UNKNOWN if can(item)] == []
    assert [item for item in FITTING if not can(item)] == []

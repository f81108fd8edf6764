"""Sessions as callers: their world, lifetime and owner; and what STS tells about them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from iamlab import World, unsure
from iamlab.errors import (
    AccessDenied,
    ExpiredToken,
    InvalidClientTokenId,
    NoSuchEntity,
    RequestError,
    ValidationError,
)
from iamlab.errors.sts import InvalidAuthorizationMessageException
from iamlab.operations.sts.session import Session
from iamlab.operations.sts.tokens_and_messages import jwks_of
from tests.operations.sts.sts_scene import (
    CALLERS,
    DEV,
    MAIN,
    PHONE,
    WORK,
    Scene,
    administrator,
    made,
    message,
    random_tags,
    trusting,
    with_mfa,
)
from tests.policy.documents import allow, deny, document

MAP = "arn:aws:s3:::star-maps/m31"
SESSIONS = [name for name in CALLERS if "session" in name or "federated" in name]


@pytest.fixture
def scene() -> Scene:
    """Everybody who can call STS."""
    return made()


def who(world: World, caller: Any) -> str:
    """Ask STS who somebody is."""
    return world.sts.get_caller_identity(caller).arn


# -- copies of a world ----------------------------------------------------------------------------


def test_a_copy_knows_the_sessions_made_before_and_not_those_made_after(scene: Scene) -> None:
    """Neither the other way round."""
    before = scene.session("AssumeRole")
    twin = scene.world.copy()
    after = scene.assume(scene.key, scene.work)
    theirs = twin.sts.assume_role(scene.key, role_arn=WORK, role_session_name="theirs")

    assert who(twin, before) == who(scene.world, before) == before.arn
    assert who(scene.world, after) == after.arn
    assert who(twin, theirs) == theirs.arn
    for world, stranger in ((twin, after), (scene.world, theirs)):
        with pytest.raises(InvalidClientTokenId):
            who(world, stranger)


def test_a_session_of_a_copy_is_asked_about_the_copy(scene: Scene) -> None:
    """What was changed there does not count here."""
    session = scene.session("AssumeRole")
    twin = scene.world.copy()
    twin.role("work").put_policy("guard", document(deny("s3:*")))

    assert scene.world.can(session, "s3:GetObject", MAP)
    assert not twin.can(session, "s3:GetObject", MAP)


def test_time_goes_by_in_each_world_alone(scene: Scene) -> None:
    """What has expired here has not in the copy."""
    session = scene.session("AssumeRole")
    twin = scene.world.copy()
    scene.world.clock.advance(hours=1)

    assert session.is_expired
    with pytest.raises(ExpiredToken):
        who(scene.world, session)
    assert who(twin, session) == session.arn


@pytest.mark.parametrize("name", ["a role session", "a GetSessionToken session", "a user's key"])
def test_another_world_knows_no_credentials_of_this_one(scene: Scene, name: str) -> None:
    """Though its users have the same names."""
    with pytest.raises(InvalidClientTokenId):
        who(made(8).world, CALLERS[name](scene))


# -- until when -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SESSIONS)
def test_every_session_ends_to_the_second(scene: Scene, name: str) -> None:
    """With every service, STS included; and nothing makes it longer."""
    session = CALLERS[name](scene)
    left = session.expiration - scene.world.clock.now
    scene.world.clock.advance(seconds=left.total_seconds() - 1)
    assert who(scene.world, session) == session.arn

    scene.world.clock.advance(seconds=1)
    for ask in (lambda: who(scene.world, session), lambda: scene.can(session, "s3:GetObject", MAP)):
        with pytest.raises(ExpiredToken, match="security token included in the request is expired"):
            ask()


def test_a_scoped_session_never_outlives_its_own(scene: Scene) -> None:
    """Not even by a part of a second."""
    session = scene.session("AssumeRole")
    scene.world.clock.advance(seconds=0.5)
    scoped = scene.session(
        "GetScopedCredentials",
        session,
        DurationSeconds=...,
        Policy=json.dumps(document(allow("*"))),
    )

    assert timedelta() <= session.expiration - scoped.expiration < timedelta(seconds=1)


def test_a_session_without_any_seconds_has_expired_at_once(scene: Scene) -> None:
    """AssumeRoot takes 0."""
    session = scene.session("AssumeRoot", DurationSeconds=0)

    assert session.is_expired
    with pytest.raises(ExpiredToken):
        who(scene.world, session)


@pytest.mark.parametrize("operation", ["GetSessionToken", "GetWebIdentityToken", "AssumeRole"])
def test_at_the_end_of_all_dates_nothing_is_made_that_would_last_longer(
    scene: Scene, operation: str
) -> None:
    """It is said in words, and leaves nothing behind."""
    left = datetime.max.replace(tzinfo=UTC) - scene.world.clock.now
    scene.world.clock.advance(seconds=int(left.total_seconds()) - 10)
    before = (dict(scene.world.sessions), scene.world.ids.made)
    with pytest.raises(RequestError, match="9999"):
        scene.call(operation)

    assert (scene.world.sessions, scene.world.ids.made) == before


# -- the owner of a session ------------------------------------------------------------------------


def test_a_user_who_is_renamed_keeps_his_sessions(scene: Scene) -> None:
    """Under his new name; a federated user keeps the name that he was given."""
    token = scene.session("GetSessionToken")
    guest = scene.session("GetFederationToken")
    scene.ana.update(new_user_name="anna")

    assert who(scene.world, token) == f"arn:aws:iam::{MAIN}:user/anna"
    assert who(scene.world, guest) == f"arn:aws:sts::{MAIN}:federated-user/guest"
    assert scene.can(token, "s3:GetObject", MAP)


def test_of_who_is_gone_nobody_calls_any_more_not_even_a_namesake(scene: Scene) -> None:
    """Whichever credentials they are."""
    token, guest = scene.session("GetSessionToken"), scene.session("GetFederationToken")
    scoped = scene.session("GetScopedCredentials", token)
    scene.phone.delete()
    scene.key.delete()
    scene.ana.delete_login_profile()
    scene.ana.delete_policy("everything")
    scene.ana.delete()
    for _ in range(2):
        for session in (token, guest, scoped):
            with pytest.raises(InvalidClientTokenId):
                who(scene.world, session)
        if "ana" not in scene.main.users:
            scene.main.create_user("ana")


def test_a_key_that_is_off_gets_no_session(scene: Scene) -> None:
    """And the name of its user does."""
    scene.key.update("Inactive")
    with pytest.raises(InvalidClientTokenId):
        scene.session("GetSessionToken")

    assert scene.session("GetSessionToken", scene.ana).record.parent == ""


def test_a_key_was_used_whether_it_got_a_session_or_not(scene: Scene) -> None:
    """For STS, in the Region of the endpoint: whoever is refused has shown his key too."""
    assert scene.key.last_used is None
    with pytest.raises(ValidationError):
        scene.session("GetSessionToken", DurationSeconds=1)
    assert (scene.key.last_used.service, scene.key.last_used.region) == ("sts", "us-east-1")
    scene.world.clock.advance(minutes=15)
    session = scene.session("GetSessionToken", region="eu-west-1")

    assert scene.key.last_used is not None
    assert (scene.key.last_used.service, scene.key.last_used.region) == ("sts", "eu-west-1")
    assert session.record.parent == scene.key.access_key_id


def test_every_session_knows_with_what_it_was_asked_for(scene: Scene) -> None:
    """Along the chain."""
    first = scene.session("AssumeRole")
    second = scene.assume(first, scene.short)
    scoped = scene.session("GetScopedCredentials", second)

    assert [session.record.parent for session in (first, second, scoped)] == [
        scene.key.access_key_id,
        first.access_key_id,
        second.access_key_id,
    ]


def test_a_code_is_accepted_once(scene: Scene) -> None:
    """Nor one before it; the next one is, and the same code of another device."""
    scene.phone.enable()
    get = scene.world.sts.get_session_token
    code = {"serial_number": PHONE, "token_code": scene.phone.code()}
    before = scene.phone.code(scene.world.clock.now - timedelta(seconds=30))
    after = scene.phone.code(scene.world.clock.now + timedelta(seconds=30))

    get(scene.key, **code)
    for used in (code["token_code"], before):
        with pytest.raises(AccessDenied, match="invalid MFA one time pass code") as caught:
            get(scene.key, serial_number=PHONE, token_code=used)
        assert "Each code is accepted once" in caught.value.__notes__[0]
    with pytest.raises(AccessDenied, match="invalid MFA one time pass code"):
        scene.assume(scene.key, scene.work, **code)  # not by another operation either
    get(scene.key, serial_number=PHONE, token_code=after)
    scene.world.clock.advance(seconds=30)
    with pytest.raises(AccessDenied):
        get(scene.key, serial_number=PHONE, token_code=scene.phone.code())
    scene.world.clock.advance(seconds=30)
    get(scene.key, serial_number=PHONE, token_code=scene.phone.code())


def test_a_call_that_fails_uses_no_code(scene: Scene) -> None:
    """A wrong code, or a role that isn't there."""
    scene.phone.enable()
    code = {"serial_number": PHONE, "token_code": scene.phone.code()}

    with pytest.raises(AccessDenied):
        scene.world.sts.get_session_token(scene.key, serial_number=PHONE, token_code="000000")
    with pytest.raises(AccessDenied):
        scene.world.sts.assume_role(
            scene.key, role_arn=f"{WORK}-none", role_session_name="ana", **code
        )
    assert scene.world.sts.get_session_token(scene.key, **code)


def test_a_used_code_stays_used_in_a_copy(scene: Scene) -> None:
    """But in a copy made before, it is not used yet."""
    scene.phone.enable()
    before = scene.world.copy()
    code = {"serial_number": PHONE, "token_code": scene.phone.code()}
    scene.world.sts.get_session_token(scene.key, **code)

    with pytest.raises(AccessDenied):
        scene.world.copy().sts.get_session_token(scene.key, **code)
    assert before.sts.get_session_token(scene.key, **code)


def test_mfa_goes_along_to_scoped_credentials_and_ages(scene: Scene) -> None:
    """Since they are the same session."""
    session = with_mfa(scene)
    scene.world.clock.advance(seconds=60)
    scoped = scene.session("GetScopedCredentials", session)
    scene.world.clock.advance(seconds=60)
    request = scene.can(scoped, "s3:GetObject", MAP).request

    assert request.value("aws:MultiFactorAuthPresent") == "true"
    assert request.value("aws:MultiFactorAuthAge") == "120"


def test_a_role_session_with_mfa_of_its_own_would_be_possible(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the open question answered so; a chained one has none in either case."""
    monkeypatch.setattr(unsure, "ROLE_SESSIONS_CARRY_MFA", True)
    scene.phone.enable()
    first = scene.assume(scene.key, scene.work, serial_number=PHONE, token_code=scene.phone.code())
    second = scene.assume(first, scene.short)

    assert first.keys["aws:MultiFactorAuthPresent"] is True
    assert second.keys["aws:MultiFactorAuthPresent"] is False


def test_root_has_a_device_of_its_own(scene: Scene) -> None:
    """With its code, root's session may call IAM."""
    phone = scene.main.root.create_virtual_mfa_device("root-phone")
    phone.enable()
    code = {"serial_number": phone.serial_number, "token_code": phone.code()}
    session = scene.world.sts.get_session_token(scene.main.root_arn, **code)
    assert scene.main.call("ListUsers", session)["Users"]

    with pytest.raises(AccessDenied, match="unable to validate MFA code"):
        scene.world.sts.get_session_token(scene.key, **code)


# -- who calls at all -----------------------------------------------------------------------------

NOBODY: dict[str, tuple[Callable[[Scene], Any], type[Exception]]] = {
    "a group": (lambda scene: scene.main.create_group("all"), RequestError),
    "a service": (lambda _: "ec2.amazonaws.com", RequestError),
    "an identity provider": (lambda _: f"arn:aws:iam::{MAIN}:saml-provider/AcmeAD", RequestError),
    "a bucket": (lambda _: "arn:aws:s3:::star-maps", NoSuchEntity),
    "a user that is not there": (lambda _: f"arn:aws:iam::{MAIN}:user/none", NoSuchEntity),
    "a user of an account that is not there": (
        lambda _: "arn:aws:iam::999999999999:user/ana",
        NoSuchEntity,
    ),
    "a federated user as text": (
        lambda _: f"arn:aws:sts::{MAIN}:federated-user/guest",
        RequestError,
    ),
    "an account": (lambda _: MAIN, RequestError),
    "text": (lambda _: "anna", RequestError),
}


@pytest.mark.parametrize("name", NOBODY)
@pytest.mark.parametrize("operation", ["AssumeRole", "GetCallerIdentity", "GetSessionToken"])
def test_who_has_no_credentials_signs_nothing(scene: Scene, operation: str, name: str) -> None:
    """And the error says why."""
    make, error = NOBODY[name]
    caller = make(scene)
    with pytest.raises(error):
        scene.call(operation, caller)


def test_every_caller_sees_its_identity(scene: Scene) -> None:
    """By id, account and ARN."""
    role = scene.session("AssumeRole")
    guest = scene.session("GetFederationToken")
    ana = (scene.ana.unique_id, MAIN, scene.ana.arn)
    start = f"arn:aws:sts::{MAIN}:"
    expected: list[tuple[Any, tuple[str, str, str]]] = [
        (scene.key, ana),
        (scene.session("GetSessionToken"), ana),
        (scene.main.root_arn, (MAIN, MAIN, f"arn:aws:iam::{MAIN}:root")),
        (role, (f"{scene.work.unique_id}:s1", MAIN, f"{start}assumed-role/{scene.work.name}/s1")),
        (
            scene.session("GetScopedCredentials", role),
            (f"{scene.work.unique_id}:s1", MAIN, f"{start}assumed-role/{scene.work.name}/s1"),
        ),
        (guest, (f"{MAIN}:guest", MAIN, f"{start}federated-user/guest")),
        (scene.session("AssumeRoot"), (DEV, DEV, f"arn:aws:iam::{DEV}:root")),
    ]
    for caller, shown in expected:
        assert scene.world.sts.get_caller_identity(caller) == shown


# -- what STS tells of keys and refusals ----------------------------------------------------------


def test_the_account_of_a_key_is_shown_whatever_its_state(scene: Scene) -> None:
    """Of long-term keys and of temporary ones, of any account."""
    far = administrator(scene.dev)
    session = scene.world.sts.get_session_token(far)
    scene.key.update("Inactive")
    tell = scene.world.sts.get_access_key_info
    for key_id, account in (
        (scene.key.access_key_id, MAIN),
        (far.access_key_id, DEV),
        (session.access_key_id, DEV),
    ):
        assert tell(scene.ana, access_key_id=key_id) == account
    scene.world.clock.advance(days=2)
    assert tell(scene.ana, access_key_id=session.access_key_id) == DEV

    scene.key.delete()
    with pytest.raises(ValidationError, match="cannot be found"):
        tell(scene.ana, access_key_id=scene.key.access_key_id)


def test_a_refusal_is_read_by_whoever_of_the_account_may(scene: Scene) -> None:
    """It says what was requested, and by which principal."""
    shown = scene.world.sts.decode_authorization_message(
        scene.session("AssumeRole"), encoded_message=message(scene)
    )

    assert (shown["allowed"], shown["explicitDeny"]) == (False, False)
    assert shown["matchedStatements"] == {"items": []}
    assert shown["context"]["principal"]["arn"] == f"arn:aws:iam::{MAIN}:user/nobody"
    assert shown["context"]["action"] == "ec2:RunInstances"


def test_a_denying_statement_is_in_the_refusal(scene: Scene) -> None:
    """With its id and its parts."""
    nobody = scene.main.create_user("nobody")
    nobody.put_policy("guard", document(deny("ec2:*", Sid="NoMachines")))
    shown = scene.world.sts.decode_authorization_message(scene.key, encoded_message=message(scene))
    (statement,) = shown["matchedStatements"]["items"]

    assert shown["explicitDeny"]
    assert (statement["statementId"], statement["effect"]) == ("NoMachines", "DENY")
    assert statement["actions"] == {"items": [{"value": "ec2:*"}]}


def test_no_message_is_read_that_somebody_has_changed_or_brought_along(scene: Scene) -> None:
    """Letter by letter."""
    text = message(scene)
    middle = len(text) // 2
    other = "A" if text[middle] != "A" else "B"
    wrong = (
        *(text[:-1], text + "A", text[1:], text[:middle] + other + text[middle + 1 :]),
        *("none", "é", "\n", text + "\n", "=" * 10, message(made(8))),
    )
    for item in wrong:
        with pytest.raises(InvalidAuthorizationMessageException):
            scene.world.sts.decode_authorization_message(scene.key, encoded_message=item)


def test_what_a_scoped_session_is_for_is_in_the_log(scene: Scene) -> None:
    """As the caller described it."""
    scene.session(
        "GetScopedCredentials", scene.session("AssumeRole"), ScopedSessionDescription="build 7"
    )
    sent = scene.world.events[-1].request_parameters

    assert sent is not None
    assert sent["scopedSessionDescription"] == "build 7"


def test_access_tokens_of_oauth_are_not_modelled_and_it_says_so(scene: Scene) -> None:
    """Else they would seem to be taken."""
    with pytest.raises(RequestError, match="doesn't model"):
        scene.call("AssumeRoleWithWebIdentity", ProviderId="www.amazon.com")


def test_a_session_needs_no_user_to_be_there_after_a_chain(scene: Scene) -> None:
    """It is the role's, whoever asked for it."""
    role = scene.dev.create_role("far", assume_role_policy_document=trusting(MAIN))
    session = scene.assume(scene.assume(scene.key, scene.work), role)
    scene.work.put_policy("guard", document(deny("*")))
    scene.key.delete()

    assert isinstance(session, Session)
    assert who(scene.world, session) == f"arn:aws:sts::{DEV}:assumed-role/far/s1"


# -- tokens for services outside of AWS -----------------------------------------------------------


def verified(scene: Scene, token: str) -> dict[str, Any]:
    """Verify a token as a service outside of AWS does, but for its time."""
    header = jwt.get_unverified_header(token)
    keys = jwt.PyJWKSet.from_dict(jwks_of(scene.main))
    claims: dict[str, Any] = jwt.decode(
        token,
        keys[header["kid"]],
        [header["alg"]],
        options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
    )
    return claims


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_service_outside_verifies_the_token_with_the_published_keys(
    scene: Scene, algorithm: str
) -> None:
    """It says who its caller is, and until when it is good."""
    scene.ana.tag({"team": "sky"})
    token = scene.world.sts.endpoint("eu-west-1").get_web_identity_token(
        scene.key, audience="star-maps", signing_algorithm=algorithm, tags={"job": "7"}
    )
    claims = verified(scene, token.web_identity_token)
    assert scene.main.organization is not None

    assert claims["iss"] == scene.main.outbound_federation
    assert (claims["sub"], claims["aud"]) == (scene.ana.arn, "star-maps")
    assert claims["exp"] - claims["iat"] == 300
    assert claims["exp"] == token.expiration.timestamp()
    assert claims["https://sts.amazonaws.com/"] == {
        "aws_account": MAIN,
        "source_region": "eu-west-1",
        "principal_id": scene.ana.arn,
        "org_id": scene.main.organization.id,
        "principal_tags": {"team": "sky"},
        "request_tags": {"job": "7"},
    }


def test_a_token_of_a_role_session_is_about_the_role(scene: Scene) -> None:
    """With its session tags, and who is behind it; every token has an id of its own."""
    session = scene.assume(scene.key, scene.work, tags={"team": "sky"}, source_identity="ana")
    get = scene.world.sts.get_web_identity_token
    tokens = [get(session, audience=["maps", "stars"]) for _ in range(2)]
    claims = [verified(scene, token.web_identity_token) for token in tokens]
    own = claims[0]["https://sts.amazonaws.com/"]

    assert claims[0]["sub"] == own["principal_id"] == WORK
    assert claims[0]["aud"] == ["maps", "stars"]
    assert (own["principal_tags"], own["source_identity"]) == ({"team": "sky"}, "ana")
    assert claims[0]["jti"] != claims[1]["jti"]


def test_no_account_signs_for_another(scene: Scene) -> None:
    """Each has keys of its own."""
    scene.dev.enable_outbound_web_identity_federation()
    get = scene.world.sts.get_web_identity_token
    far = get(administrator(scene.dev), audience="maps").web_identity_token
    kid = jwt.get_unverified_header(far)["kid"]
    for account, known in ((scene.main, False), (scene.dev, True)):
        assert (kid in [key["kid"] for key in jwks_of(account)["keys"]]) is known


# -- the rest of what sessions are made of --------------------------------------------------------


def test_codes_are_sent_of_virtual_devices_only(scene: Scene) -> None:
    """A passkey shows no code, and a role session has no device."""
    passkey = scene.ana.register_passkey("laptop")
    with pytest.raises(AccessDenied, match="unable to validate MFA code") as caught:
        scene.session("GetSessionToken", SerialNumber=passkey.serial_number, TokenCode="123456")
    assert "passkey" in caught.value.__notes__[0]

    scene.phone.enable()
    code = {"serial_number": PHONE, "token_code": scene.phone.code()}
    with pytest.raises(AccessDenied, match="unable to validate MFA code"):
        scene.assume(scene.session("AssumeRole"), scene.short, **code)


def test_a_session_shows_the_policies_that_limit_it(scene: Scene) -> None:
    """The inline one, and the managed ones by their names."""
    policy = document(allow("s3:*"))
    session = scene.assume(scene.key, scene.work, policy=policy, policy_arns=["ReadOnlyAccess"])

    assert [item.name for item in session.policies] == ["session policy", "ReadOnlyAccess"]


@pytest.mark.parametrize("tags", [{"a\nb": "c"}, {"a": "x" * 257}, {"k" * 129: "1"}, {"": "1"}])
def test_a_token_with_tags_that_arent_any_gives_no_session(
    scene: Scene, tags: dict[str, str]
) -> None:
    """The limits are those of AssumeRole."""
    token = scene.issuer.token("carol1", principal_tags=tags)
    with pytest.raises(ValidationError, match="at 'tags' failed to satisfy constraint"):
        scene.call("AssumeRoleWithWebIdentity", WebIdentityToken=token)


def test_what_is_too_long_for_a_message_is_left_out_of_it(scene: Scene) -> None:
    """The refusal itself is still read."""
    nobody = scene.main.create_user("nobody")
    for number in range(3):
        names = random_tags(27, 180 + number).values()
        guard = document(deny("ec2:*", ["*", *(f"arn:aws:ec2:*:*:{item}/*" for item in names)]))
        nobody.attach_policy(scene.main.create_policy(f"guard{number}", guard))
    encoded = message(scene)
    shown = scene.world.sts.decode_authorization_message(scene.key, encoded_message=encoded)

    assert len(encoded) < 10_240
    assert shown["explicitDeny"]
    assert shown["matchedStatements"] == {"items": []}


def test_whoever_is_not_let_in_learns_nothing_of_policies(scene: Scene) -> None:
    """Neither with a token for somebody else nor without permission: the answer is the same."""
    own, absent = (f"arn:aws:iam::{MAIN}:policy/{name}" for name in ("own", "absent"))
    stranger = scene.main.create_user("stranger")
    trust = {**allow("sts:AssumeRole"), "Principal": {"AWS": scene.main.root_arn}}
    del trust["Resource"]
    closed = scene.main.create_role("closed", assume_role_policy_document=document(trust))
    codes = set()
    for arn in (own, absent):
        with pytest.raises(AccessDenied) as caught:
            scene.world.sts.get_federation_token(stranger, name="guest", policy_arns=[arn])
        codes.add(str(caught.value))
        token = scene.issuer.token("stranger")
        with pytest.raises(AccessDenied, match="Not authorized to perform sts:AssumeRoleWith"):
            scene.world.sts.assume_role_with_web_identity(
                role_arn=closed,
                role_session_name="guest",
                web_identity_token=token,
                policy_arns=[arn],
            )

    assert len(codes) == 1

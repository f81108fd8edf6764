"""A role is assumed for a while: who may, for how long, and what the session can do then."""

import copy
import json
import pickle
from typing import Any

import pytest

from iamlab import Policy, World
from iamlab.errors import AccessDenied, ExpiredToken, InvalidClientTokenId, ValidationError
from iamlab.errors.sts import PackedPolicyTooLarge
from iamlab.operations.sts.session import Session
from iamlab.world.identities import Role, User
from tests.policy.documents import allow, deny, document

MAIN, PARTNER = "111111111111", "222222222222"
MAP = "arn:aws:s3:::star-maps/m31.fits"


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return document(statement | more)


@pytest.fixture
def world() -> World:
    """Two accounts: ana and her role reader in the first, a role for strangers in the second."""
    world = World(seed=5)
    main = world.create_account("main", account_id=MAIN)
    partner = world.create_account("partner", account_id=PARTNER)
    ana = main.create_user("ana")
    reader = main.create_role(
        "reader", assume_role_policy_document=trust({"AWS": ana.arn}), max_session_duration=7200
    )
    reader.put_policy("read", document(allow("s3:GetObject", "*")))
    partner.create_role(
        "guest",
        assume_role_policy_document=trust(
            {"AWS": MAIN}, Condition={"StringEquals": {"sts:ExternalId": "sky"}}
        ),
    )
    return world


@pytest.fixture
def ana(world: World) -> User:
    """The user."""
    return world.user("ana")


@pytest.fixture
def reader(world: World) -> Role:
    """Her role."""
    return world.role("reader")


def assume(world: World, caller: Any, role: Role, **more: Any) -> Session:
    """Assume a role."""
    return world.sts.assume_role(caller, role_arn=role.arn, role_session_name="s1", **more)


def test_a_session_can_what_its_role_can_and_no_more(world: World, ana: User, reader: Role) -> None:
    """While in the role, the user's own policies do not count."""
    ana.put_policy("write", document(allow("s3:PutObject", "*")))
    session = assume(world, ana, reader)

    assert world.can(session, "s3:GetObject", MAP)
    assert not world.can(session, "s3:PutObject", MAP)
    assert session.arn == f"arn:aws:sts::{MAIN}:assumed-role/reader/s1"


def test_who_is_not_trusted_gets_nothing(world: World, reader: Role) -> None:
    """Not even an administrator."""
    bob = world.account("main").create_user("bob")
    bob.attach_policy("AdministratorAccess")

    with pytest.raises(AccessDenied) as caught:
        assume(world, bob, reader)

    assert caught.value.message == (
        f"User: {bob.arn} is not authorized to perform: sts:AssumeRole on resource: {reader.arn}"
    )


def test_aws_does_not_say_whether_a_role_exists(world: World, ana: User, reader: Role) -> None:
    """The refusal is the same."""
    absent = reader.arn.replace("reader", "absent")
    ana.put_policy("all", document(allow("*", "*")))

    with pytest.raises(AccessDenied) as caught:
        world.sts.assume_role(ana, role_arn=absent, role_session_name="s1")

    assert caught.value.message == (
        f"User: {ana.arn} is not authorized to perform: sts:AssumeRole on resource: {absent}"
    )


def test_between_accounts_both_sides_must_allow_and_the_external_id_must_fit(
    world: World, ana: User
) -> None:
    """The owner names it in the trust policy, so that nobody else's customer comes in."""
    guest = world.role("guest")
    with pytest.raises(AccessDenied):
        assume(world, ana, guest, external_id="sky")
    ana.put_policy("guest", document(allow("sts:AssumeRole", guest.arn)))
    for wrong in (None, "sea"):
        with pytest.raises(AccessDenied):
            assume(world, ana, guest, external_id=wrong)

    assert assume(world, ana, guest, external_id="sky").arn.startswith(f"arn:aws:sts::{PARTNER}:")


def test_a_session_ends_by_the_worlds_clock(world: World, ana: User, reader: Role) -> None:
    """Then AWS says that the token is expired."""
    session = assume(world, ana, reader, duration_seconds=900)
    world.clock.advance(seconds=899)
    assert world.can(session, "s3:GetObject", MAP)
    assert not session.is_expired

    world.clock.advance(seconds=1)
    assert session.is_expired
    with pytest.raises(ExpiredToken, match="The security token included in the request is expired"):
        world.can(session, "s3:GetObject", MAP)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (899, "greater than or equal to 900"),
        (43_201, "less than or equal to 43200"),
        (7201, "exceeds the MaxSessionDuration set for this role."),
    ],
)
def test_a_duration_has_limits(
    world: World, ana: User, reader: Role, seconds: Any, words: str
) -> None:
    """Of the API, and of the role."""
    with pytest.raises(ValidationError, match=words):
        assume(world, ana, reader, duration_seconds=seconds)
    assert assume(world, ana, reader, duration_seconds=7200)


@pytest.mark.parametrize("name", ["", "a", "a b", "x" * 65, "é" * 3, None])
def test_a_session_name_has_its_letters_and_its_length(
    world: World, ana: User, reader: Role, name: Any
) -> None:
    """In AWS's words."""
    with pytest.raises(ValidationError, match="'roleSessionName' failed to satisfy constraint"):
        world.sts.assume_role(ana, role_arn=reader.arn, role_session_name=name)


def test_a_chained_session_lasts_an_hour_at_most(world: World, ana: User, reader: Role) -> None:
    """Whatever the second role allows."""
    second = world.account("main").create_role(
        "second",
        assume_role_policy_document=trust({"AWS": reader.arn}),
        max_session_duration=43_200,
    )
    first = assume(world, ana, reader)

    with pytest.raises(ValidationError, match="1 hour session limit for roles assumed by role"):
        assume(world, first, second, duration_seconds=3601)
    assert assume(world, first, second, duration_seconds=3600)


def test_a_session_policy_only_takes_away(world: World, ana: User, reader: Role) -> None:
    """What it allows beyond the role's policies stays forbidden."""
    policy = document(allow("s3:PutObject", "*"), allow("s3:GetObject", f"{MAP}"))
    session = assume(world, ana, reader, policy=policy)

    assert world.can(session, "s3:GetObject", MAP)
    assert not world.can(session, "s3:GetObject", "arn:aws:s3:::star-maps/m33.fits")
    assert not world.can(session, "s3:PutObject", MAP)


def test_a_session_says_that_it_is_temporary_and_came_without_mfa(
    world: World, ana: User, reader: Role
) -> None:
    """So a Deny for whoever signed in without MFA hits it, as it hits any session of a role."""
    session = assume(world, ana, reader)
    reader.put_policy(
        "guard",
        document(deny("*", "*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
    )

    assert world.can(session, "s3:GetObject", MAP).verdict.value == "explicitDeny"
    assert world.can(reader, "s3:GetObject", MAP).verdict.value == "explicitDeny"


def test_a_session_of_a_deleted_role_is_worth_nothing(
    world: World, ana: User, reader: Role
) -> None:
    """It doesn't belong to a new role with the same name either."""
    session = assume(world, ana, reader)
    main = world.account("main")
    reader.delete_policy("read")
    reader.delete()
    for _ in range(2):
        with pytest.raises(InvalidClientTokenId, match="security token included in the request is"):
            world.can(session, "s3:GetObject", MAP)
        if "reader" not in main.roles:
            main.create_role("reader", assume_role_policy_document=trust({"AWS": ana.arn}))


def test_each_call_is_noted_where_aws_notes_it(world: World, ana: User) -> None:
    """A refusal in the caller's account only; a success in the role's account too."""
    guest = world.role("guest")
    ana.put_policy("guest", document(allow("sts:AssumeRole", guest.arn)))
    start = len(world.events)
    with pytest.raises(AccessDenied):
        assume(world, ana, guest)
    session = assume(world, ana, guest, external_id="sky")
    refused, ours, theirs = world.events[start:]

    assert (refused.recipient_account_id, refused.error_code) == (MAIN, "AccessDenied")
    assert refused.request_parameters is None
    assert (ours.recipient_account_id, theirs.recipient_account_id) == (MAIN, PARTNER)
    assert ours.user_identity["type"] == "IAMUser"
    assert theirs.user_identity == {
        "type": "AWSAccount",
        "principalId": ana.unique_id,
        "accountId": MAIN,
    }
    assert ours.read_only
    assert ours.request_parameters is not None
    assert ours.request_parameters["externalId"] == "sky"
    assert session.access_key_id in str(ours.response_elements)
    assert ours.resources == (guest.arn,)


def test_no_secret_of_a_session_is_in_any_text(world: World, ana: User, reader: Role) -> None:
    """Not in its repr, nor in the log; and it cannot be pickled."""
    session = assume(world, ana, reader)
    texts = repr(session) + str(session) + repr(world) + str([e.to_dict() for e in world.events])

    assert session.secret_access_key.endswith("EXAMPLEKEY")
    assert session.secret_access_key not in texts
    assert session.session_token not in texts
    with pytest.raises(TypeError, match="secrets"):
        pickle.dumps(session)
    with pytest.raises(TypeError, match="secrets"):
        copy.deepcopy(session)


def test_the_same_seed_gives_the_same_session() -> None:
    """Ids included."""

    def made() -> Session:
        world = World(seed=9)
        main = world.create_account("main", account_id=MAIN)
        user = main.create_user("ana")
        role = main.create_role("r", assume_role_policy_document=trust({"AWS": user.arn}))
        return assume(world, user, role)

    assert made().session_token == made().session_token
    assert made().access_key_id.startswith("ASIA")


def test_a_session_policy_is_sent_without_white_space_that_nobody_wrote(
    world: World, ana: User, reader: Role
) -> None:
    """A dict has none; 2,048 characters are counted of what is sent."""
    buckets = [f"arn:aws:s3:::a-bucket-{number}" for number in range(60)]
    policy = document(allow("s3:GetObject", buckets))
    assert len(json.dumps(policy, indent=2)) > 2048 > len(json.dumps(policy))
    for item in (policy, Policy.parse(json.dumps(policy, indent=2))):
        assert assume(world, ana, reader, policy=item).policies
    with pytest.raises(PackedPolicyTooLarge):
        assume(world, ana, reader, policy=json.dumps(policy, indent=2))


def test_a_role_that_is_switched_to_in_the_console_ends_with_the_sign_in(
    world: World, ana: User, reader: Role
) -> None:
    """Switch Role gives no more than what is left."""
    ana.create_login_profile("Correct-Horse-1")
    console = world.sign_in(account="main", user="ana", password="Correct-Horse-1")
    world.clock.advance(hours=11, minutes=30)

    assert assume(world, console, reader).expiration == console.expiration


def test_a_user_with_a_session_token_may_still_show_his_own_device(
    world: World, ana: User, reader: Role
) -> None:
    """The session is his; a role's session has no devices."""
    phone = ana.create_virtual_mfa_device("phone")
    phone.enable()
    shown = {"serial_number": phone.serial_number, "token_code": phone.code()}
    with_mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    reader.update_assume_role_policy(trust({"AWS": ana.arn}, **with_mfa))
    token = world.sts.get_session_token(ana)
    with pytest.raises(AccessDenied):
        assume(world, token, reader)

    assert assume(world, token, reader, **shown).arn.endswith("/reader/s1")


@pytest.mark.parametrize(
    "arn",
    [
        "nothing-valid-in-here",
        "arn::b:::something/test-role",
        "arn:a::::something/test-role",
        "arn:a:::something/test-role",
        "arn:a:a::aaaaaaaaaa:",
    ],
)
def test_a_role_needs_an_arn(world: World, ana: User, arn: str) -> None:
    """What isn't an ARN is invalid; another kind of ARN is denied. Recorded answers of STS."""

    def refused(role_arn: str) -> str:
        with pytest.raises((ValidationError, AccessDenied)) as caught:
            world.sts.call("AssumeRole", ana, RoleArn=role_arn, RoleSessionName="s1")
        return str(caught.value)

    assert refused(arn) == f"ValidationError: {arn} is invalid"
    assert refused(ana.arn).startswith("AccessDenied: User:")
    assert refused(f"arn:aws:iam::{MAIN}:role/none").startswith("AccessDenied: User:")


def test_a_token_is_for_a_role(world: World) -> None:
    """With a token or an assertion, the sentence about the ARN doesn't name it."""
    sent = {"RoleSessionName": "s1", "WebIdentityToken": "a.b.c"}
    for arn in ("longrolenamebutnotanarn", f"arn:aws:iam::{MAIN}:saml-provider/corp"):
        with pytest.raises(ValidationError, match="Request ARN is invalid"):
            world.sts.call("AssumeRoleWithWebIdentity", "*", RoleArn=arn, **sent)

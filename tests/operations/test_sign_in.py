"""Signing in to the console: who is let in, with what, for how long; what policies see of it."""

from typing import Any

import pytest

from iamlab import World
from iamlab.authorization.principal import principal_of
from iamlab.errors import (
    AccessDenied,
    EntityAlreadyExists,
    ExpiredToken,
    FailedAuthentication,
    InvalidClientTokenId,
    NoSuchEntity,
    PasswordPolicyViolation,
    RequestError,
    ValidationError,
)
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.operations.sign_in import WRONG, ConsoleSession, sign_in
from iamlab.world.account import Account
from tests.operations.iam.user_credentials import BETTER, GOOD, ID, OTHER, held, told
from tests.operations.iam.user_credentials import made as made_bare
from tests.policy.documents import allow, document, trust

ROOT_PASSWORD = "Of-Acme-Alone-1"


def made() -> tuple[World, Account]:
    """Make a world whose root user and user alice have passwords."""
    world, main = made_bare()
    main.users["alice"].create_login_profile(GOOD)
    main.root.create_login_profile(ROOT_PASSWORD)
    return world, main


def enter(world: World, password: str = GOOD, user: Any = "alice", **more: Any) -> ConsoleSession:
    """Sign in as a user of the account."""
    return sign_in(world, **{"account": ID, "user": user, "password": password, **more})


def refused(world: World, password: str = GOOD, **more: Any) -> str:
    """Try to sign in, and give the sentence that is answered; nothing may have changed."""
    before = held(world)
    with pytest.raises(FailedAuthentication) as caught:
        enter(world, password, **more)
    assert held(world) == before
    assert caught.value.http_status == 401
    return caught.value.message


# -- with a password --------------------------------------------------------------------------


def test_a_session_calls_as_its_user() -> None:
    """With the user's policies, and with the keys that come with a session."""
    world, main = made()
    alice = main.users["alice"]
    session = enter(world)
    alice.attach_policy("AmazonS3ReadOnlyAccess")

    assert world.can(session, "s3:GetObject", "arn:aws:s3:::star-maps/m31")
    assert (session.arn, session.account) == (alice.arn, main)
    context = principal_of(world, session).context()
    assert context["aws:username"] == "alice"
    assert context["aws:TokenIssueTime"] == "2026-11-25T09:00:00Z"
    assert context["aws:MultiFactorAuthPresent"] is False
    assert "aws:MultiFactorAuthAge" not in context


@pytest.mark.parametrize("account", [ID, "main", "star-maps"])
def test_an_account_is_found_by_id_name_and_alias(account: str) -> None:
    """And a user that is given itself knows its own."""
    world, main = made()
    main.create_alias("star-maps")

    assert enter(world, account=account).user is main.users["alice"]
    assert enter(world, account=main).user is main.users["alice"]
    assert enter(world, account=None, user=main.users["alice"]).user is main.users["alice"]


def test_root_signs_in_by_e_mail() -> None:
    """In any letter case; it may then do everything."""
    world, main = made()
    main.root.email = "Owner@example.com"
    session = sign_in(world, email="owner@EXAMPLE.com", password=ROOT_PASSWORD)

    assert session.arn == main.root_arn
    assert world.can(session, "iam:DeleteUser", main.users["bob"].arn)
    assert principal_of(world, session).context()["aws:MultiFactorAuthPresent"] is False


def test_nobody_learns_what_was_wrong() -> None:
    """User, password, account, or that the user has no password: one sentence for all."""
    world, _ = made()
    message = {
        refused(world, BETTER),
        refused(world, user="bob"),
        refused(world, user="nobody"),
        refused(world, account=OTHER),
        refused(world, account=5),
        refused(world, user=5),
        refused(world, "\ud800"),
    }
    with pytest.raises(FailedAuthentication) as caught:
        sign_in(world, email="nobody@example.com", password=GOOD)

    assert message | {caught.value.message} == {WRONG}


def test_a_password_is_text() -> None:
    """What isn't one is neither tried nor repeated."""
    with pytest.raises(RequestError, match=r"^A password is text\.$"):
        enter(made()[0], password=123456)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "who", [{}, {"user": "alice"}, {"user": "alice", "email": "a@b", "account": ID}]
)
def test_a_question_without_a_person_isnt_one(who: dict[str, Any]) -> None:
    """A user of an account, or an e-mail address: not both."""
    with pytest.raises(RequestError):
        sign_in(made()[0], password=GOOD, **who)


def test_a_session_ends_after_12_hours() -> None:
    """Or when the login profile says, or when the user is gone."""
    world, main = made()
    alice = main.users["alice"]
    long = enter(world)
    alice.update_login_profile(max_signin_session_duration=3600)
    short = enter(world)
    alice.delete_login_profile()
    world.clock.advance(hours=1)
    with pytest.raises(ExpiredToken):
        short.present(world)
    assert not long.is_expired
    assert long.present(world).arn == alice.arn

    alice.delete()
    with pytest.raises(InvalidClientTokenId):
        long.present(world)
    main.create_user("alice")
    with pytest.raises(InvalidClientTokenId):
        long.present(world)
    world.clock.advance(hours=11)
    assert long.is_expired


# -- with MFA ---------------------------------------------------------------------------------


def test_who_has_a_device_must_use_it() -> None:
    """And policies see that it was used, and how long ago."""
    world, main = made()
    alice = main.users["alice"]
    phone = alice.create_virtual_mfa_device("phone")
    assert not enter(world).with_mfa, "it is not enabled yet"
    phone.enable()
    alice.put_policy(
        "mfa",
        document(allow("ec2:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    )

    assert refused(world) == "Enter an MFA code to complete sign-in."
    wrong = "Your MFA code is incorrect. Please try again."
    assert refused(world, mfa_code="000000") == wrong
    assert refused(world, BETTER, mfa_code=phone.code()) == WRONG
    session = enter(world, mfa_code=phone.code())
    recorded = world.events[-1].additional_event_data
    world.clock.advance(minutes=5)
    context = principal_of(world, session).context()

    assert recorded == {
        "LoginTo": "https://console.aws.amazon.com/console/home?state=hashArgs%23&isauthcode=true",
        "MobileVersion": "No",
        "MFAIdentifier": phone.serial_number,
        "MFAUsed": "Yes",
    }

    assert (context["aws:MultiFactorAuthPresent"], context["aws:MultiFactorAuthAge"]) == (True, 300)
    assert world.can(session, "ec2:RunInstances", "*")
    assert not world.can(alice, "ec2:RunInstances", "*")


def test_a_code_of_yesterday_is_of_no_use() -> None:
    """One step before and after now is taken."""
    world, main = made()
    phone = main.users["alice"].create_virtual_mfa_device("phone")
    phone.enable()
    code = phone.code()
    world.clock.advance(seconds=30)
    assert enter(world, mfa_code=code).with_mfa
    assert "incorrect" in refused(world, mfa_code=code)  # each is accepted once
    assert enter(world, mfa_code=phone.code()).with_mfa
    world.clock.advance(seconds=30)

    assert "incorrect" in refused(world, mfa_code=code)


def test_any_one_of_several_devices_will_do() -> None:
    """A passkey and a token are handed over; a phone is not, and another's does not count."""
    world, main = made()
    alice, bob = main.users["alice"], main.users["bob"]
    passkey = alice.register_passkey("yubi")
    token = alice.enable_mfa_device("GAHT12345678", "123456", "654321")
    phone = alice.create_virtual_mfa_device("phone")
    phone.enable()
    others = bob.register_passkey("yubi")
    elsewhere = world.create_account("other", account_id=OTHER)

    for shown in (passkey, token, phone.code()):
        assert enter(world, mfa_code=shown).with_mfa
    for shown in (phone, others, "123456", MfaDevice(elsewhere, passkey.serial_number)):
        assert "incorrect" in refused(world, mfa_code=shown)


def test_root_uses_its_own_device() -> None:
    """As everybody does."""
    world, main = made()
    phone = main.root.create_virtual_mfa_device("root-phone")
    phone.enable()
    with pytest.raises(FailedAuthentication):
        sign_in(world, email=main.root.email, password=ROOT_PASSWORD)
    session = sign_in(world, email=main.root.email, password=ROOT_PASSWORD, mfa_code=phone.code())

    assert principal_of(world, session).context()["aws:MultiFactorAuthPresent"] is True


# -- a password that must be changed ----------------------------------------------------------


def test_who_must_change_his_password_does_so_when_signing_in() -> None:
    """If he may, and if the new one is good."""
    world, main = made()
    alice = main.users["alice"]
    alice.update_login_profile(password_reset_required=True)
    assert refused(world) == "You must change your password to continue."
    with pytest.raises(AccessDenied, match="iam:ChangePassword"):
        enter(world, new_password=BETTER)
    alice.attach_policy("IAMUserChangePassword")
    with pytest.raises(PasswordPolicyViolation):
        enter(world, new_password="weak")

    assert enter(world, new_password=BETTER).user is alice
    assert enter(world, BETTER).user is alice
    assert refused(world, GOOD) == WRONG


def test_a_password_expires_by_the_worlds_clock() -> None:
    """A policy that comes later counts at once; a new password starts anew."""
    world, main = made()
    world.clock.advance(days=89)
    main.update_password_policy(max_password_age=90, allow_users_to_change_password=True)
    assert enter(world)
    world.clock.advance(days=1)

    expired = "Your password has expired. You must change your password to continue."
    assert refused(world) == expired
    assert enter(world, new_password=BETTER)
    world.clock.advance(days=89)
    assert enter(world, BETTER)
    world.clock.advance(days=1)
    assert refused(world, BETTER) == expired


def test_after_a_hard_expiry_only_an_administrator_helps() -> None:
    """Root's password does not expire."""
    world, main = made()
    main.update_password_policy(
        max_password_age=1, hard_expiry=True, allow_users_to_change_password=True
    )
    world.clock.advance(days=1)
    assert "Contact your administrator" in refused(world, new_password=BETTER)
    assert sign_in(world, email=main.root.email, password=ROOT_PASSWORD)

    main.users["alice"].update_login_profile(password=BETTER)
    assert enter(world, BETTER)


# -- what is noted ----------------------------------------------------------------------------


def test_the_use_of_a_password_is_noted_once_in_5_minutes() -> None:
    """Failed attempts are not."""
    world, main = made()
    alice = main.users["alice"]
    refused(world, BETTER)
    assert alice.login_profile is not None
    assert alice.login_profile.last_used is None
    enter(world)
    first = world.clock.now
    world.clock.advance(minutes=4)
    enter(world)
    assert alice.login_profile.last_used == first
    world.clock.advance(minutes=1)
    enter(world)
    assert alice.login_profile.last_used == world.clock.now
    assert alice.summary().last_sign_in == world.clock.now


def test_each_attempt_is_in_the_log() -> None:
    """With the person, unless there is nobody of that name; never with a password."""
    world, main = made()
    enter(world)
    refused(world, BETTER)
    refused(world, user="a-password-typed-as-a-name")
    sign_in(world, email=main.root.email, password=ROOT_PASSWORD)
    seen = [
        (
            event.user_identity.get("userName", event.user_identity["type"]),
            event.response_elements,
            event.error_message,
        )
        for event in world.events[-4:]
    ]

    good, bad = {"ConsoleLogin": "Success"}, {"ConsoleLogin": "Failure"}
    assert seen == [
        ("alice", good, ""),
        ("alice", bad, "Failed authentication"),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", bad, "Failed authentication"),
        ("Root", good, ""),
    ]
    text = told(world)
    assert not [item for item in (GOOD, BETTER, ROOT_PASSWORD, "typed-as") if item in text]


# -- aliases and addresses --------------------------------------------------------------------


def test_an_alias_is_in_the_address_and_can_be_replaced() -> None:
    """There is one at a time."""
    _, main = made()
    ask = lambda: main.call("ListAccountAliases", main.root_arn)["AccountAliases"]  # noqa: E731
    seen = [(ask(), main.console_sign_in_url)]
    for alias in ("star-maps", "sky"):
        main.create_alias(alias)
        seen.append((ask(), main.console_sign_in_url))
    main.delete_alias("sky")

    address = "https://{}.signin.aws.amazon.com/console"
    assert [*seen, (ask(), main.console_sign_in_url)] == [
        ([], address.format(ID)),
        (["star-maps"], address.format("star-maps")),
        (["sky"], address.format("sky")),
        ([], address.format(ID)),
    ]


PARTITIONS = {
    "aws": "signin.aws.amazon.com",
    "aws-cn": "signin.amazonaws.cn",
    "aws-us-gov": "signin.amazonaws-us-gov.com",
    "aws-eusc": "signin.amazonaws-eusc.eu",
}


@pytest.mark.parametrize("partition", PARTITIONS)
def test_addresses_are_those_of_the_partition(partition: str) -> None:
    """For signing in, and for taking a role, whose path belongs to its name."""
    _, main = made()
    main.partition = partition
    role = main.create_role("r", path="/a/b/", assume_role_policy_document=trust({"AWS": ID}))
    host = PARTITIONS[partition]

    assert main.users["alice"].console_sign_in_url == f"https://{ID}.{host}/console"
    assert role.switch_role_url == f"https://{host}/switchrole?account={ID}&roleName=a%2Fb%2Fr"


ALIASES: dict[str, tuple[type[Exception], str]] = {
    "taken": (EntityAlreadyExists, "The account alias taken already exists."),
    "123456789012": (ValidationError, "must not be a number"),
    "a--b": (ValidationError, "regular expression"),
    "ab": (ValidationError, "greater than or equal to 3"),
    "Upper": (ValidationError, "regular expression"),
}


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_that_cannot_be_is_refused(alias: str) -> None:
    """And the old one stays."""
    world, main = made()
    world.create_account("other", account_id=OTHER).create_alias("taken")
    main.create_alias("sky")
    before = held(world)
    error, message = ALIASES[alias]
    with pytest.raises(error, match=message):
        main.create_alias(alias)
    with pytest.raises(NoSuchEntity):
        main.delete_alias("taken")

    assert held(world) == before

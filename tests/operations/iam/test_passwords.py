"""Passwords: what an account demands of them, and how they are set, changed and kept."""

import re
from collections.abc import Callable
from string import punctuation
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab.errors import (
    AccessDenied,
    AwsError,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    InvalidUserType,
    NoSuchEntity,
    PasswordPolicyViolation,
    ValidationError,
)
from iamlab.model.console_access import PasswordPolicy, violations
from iamlab.world.account import Account
from tests.operations.iam.user_credentials import BETTER, GOOD, ID, held, made, told, written
from tests.policy.documents import allow, deny, document, trust

# -- the policy -------------------------------------------------------------------------------

LETTERS = {
    "uppercase letter": "A",
    "lowercase letter": "a",
    "number": "1",
    "symbol": "|",
}
RULES = {
    "uppercase letter": "require_uppercase_characters",
    "lowercase letter": "require_lowercase_characters",
    "number": "require_numbers",
    "symbol": "require_symbols",
}


@pytest.mark.parametrize("noun", RULES)
def test_each_class_is_demanded_by_its_own_rule(noun: str) -> None:
    """One of the others isn't in for it."""
    policy = PasswordPolicy(**{RULES[noun]: True})
    others = "".join(letter for name, letter in LETTERS.items() if name != noun) * 3

    assert violations(others, policy) == [f"Password should have at least one {noun}"]
    assert violations(others + LETTERS[noun], policy) == []


@given(st.integers(6, 128), st.text(min_size=1, max_size=128))
def test_a_policy_without_rules_counts_letters_only(least: int, password: str) -> None:
    """Whatever they are."""
    found = violations(password, PasswordPolicy(minimum_password_length=least))

    assert bool(found) == (len(password) < least)


DEFAULT = {
    "Abcdef1": ["Password should have a minimum length of 8"],
    "Abcdefg1": [],
    "abcdefg1": [
        "Password should have at least three of: uppercase letter, lowercase letter, number, symbol"
    ],
    "abcdef1|": [],
    "Acme-Main-1": ["Password should not be the account's name or e-mail address"],
}


@pytest.mark.parametrize("password", DEFAULT)
def test_without_a_policy_aws_has_demands_of_its_own(password: str) -> None:
    """8 characters, 3 of 4 classes, and not the account's name in any letter case."""
    assert violations(password, None, ["acme-main-1"]) == DEFAULT[password]


def test_the_symbols_are_those_that_aws_lists() -> None:
    """Of the others, such as a comma, none counts."""
    policy = PasswordPolicy(require_symbols=True)

    symbols = [letter for letter in punctuation if violations(f"abcdef{letter}", policy) == []]

    assert sorted(symbols) == sorted("!@#$%^&*()_+-=[]{}|'")
    assert all(violations(f"abcdef{other}", policy) for other in ",.;:?/<>~`§")


def test_an_update_is_not_partial() -> None:
    """What is not sent falls back to its default."""
    _, main = made()
    main.update_password_policy(minimum_password_length=14, max_password_age=90, hard_expiry=True)
    first = main.call("GetAccountPasswordPolicy", main.root_arn)["PasswordPolicy"]
    main.update_password_policy(require_symbols=True, password_reuse_prevention=24)
    second = main.call("GetAccountPasswordPolicy", main.root_arn)["PasswordPolicy"]

    plain = dict.fromkeys(
        (
            *("RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters"),
            *("RequireLowercaseCharacters", "AllowUsersToChangePassword", "ExpirePasswords"),
            "HardExpiry",
        ),
        False,
    )
    expiring = {"MinimumPasswordLength": 14, "MaxPasswordAge": 90}
    assert first == {**plain, **expiring, "ExpirePasswords": True, "HardExpiry": True}
    assert second == {
        **plain,
        "MinimumPasswordLength": 6,
        "RequireSymbols": True,
        "PasswordReusePrevention": 24,
    }


def test_a_deleted_policy_is_gone() -> None:
    """And AWS's own demands apply again."""
    _, main = made()
    alice = main.users["alice"]
    main.update_password_policy()
    main.delete_password_policy()

    assert main.password_policy is None
    with pytest.raises(PasswordPolicyViolation, match="length of 8") as caught:
        alice.create_login_profile("abc")
    assert "three of" in "\n".join(caught.value.__notes__)


def test_a_policy_bites_at_the_next_change_and_not_before() -> None:
    """A weak password that is there stays good."""
    _, main = made()
    alice = main.users["alice"]
    alice.create_login_profile(GOOD)
    main.update_password_policy(minimum_password_length=40)

    assert alice.login_profile is not None
    assert alice.login_profile.is_right(GOOD)
    with pytest.raises(PasswordPolicyViolation, match="minimum length of 40"):
        alice.update_login_profile(password=BETTER)
    assert alice.login_profile.is_right(GOOD)


def test_a_policy_says_nothing_to_the_root_user() -> None:
    """Whose password AWS itself has demands of."""
    _, main = made()
    main.update_password_policy(minimum_password_length=40)
    main.create_alias("star-maps-1")
    main.root.create_login_profile(GOOD)
    main.root.delete_login_profile()

    for password in ("short", main.root.email, "Star-Maps-1"):
        with pytest.raises(PasswordPolicyViolation):
            main.root.create_login_profile(password)
    assert main.root.login_profile is None


# -- login profiles ---------------------------------------------------------------------------


def test_a_login_profile_is_made_shown_and_deleted() -> None:
    """What is shown says when, and never what."""
    world, main = made()
    alice = main.users["alice"]
    assert alice.console_sign_in_url is None
    alice.create_login_profile(GOOD, password_reset_required=True, max_signin_session_duration=7200)
    shown = main.call("GetLoginProfile", main.root_arn, UserName="alice")
    plain = {"UserName": "alice", "CreateDate": world.clock.now, "PasswordResetRequired": True}
    alice.update_login_profile(
        password_reset_required=False, reset_max_signin_session_duration=True
    )
    later = main.call("GetLoginProfile", main.root_arn, UserName="alice")

    assert shown == {"LoginProfile": {**plain, "MaxSigninSessionDuration": 7200}}
    assert later == {"LoginProfile": {**plain, "PasswordResetRequired": False}}
    assert alice.console_sign_in_url == f"https://{ID}.signin.aws.amazon.com/console"

    alice.delete_login_profile()
    assert alice.login_profile is None


def test_a_password_is_written_nowhere() -> None:
    """In no text, no event, no pickle; nor one that was refused."""
    world, main = made()
    alice = main.users["alice"]
    main.update_password_policy(allow_users_to_change_password=True)
    alice.create_login_profile(GOOD)
    alice.change_password(GOOD, BETTER)
    main.delete_password_policy()
    for wrong in ("pässwort-\u0100", "pässwort"):  # by the pattern, and by AWS's demands
        with pytest.raises(AwsError) as caught:
            alice.update_login_profile(password=wrong)
        assert "pässwort" not in str(caught.value)
    texts = [told(world), repr(alice.login_profile), str(alice.summary())]

    for password in (GOOD, BETTER, "pässwort"):
        assert not [text for text in texts if password in text]
        assert password.encode() not in written(world)
    assert repr(alice.login_profile).count("hashes") == 0


def test_two_users_with_one_password_have_different_hashes() -> None:
    """The salt is another."""
    _, main = made()
    for name in ("alice", "bob"):
        main.users[name].create_login_profile(GOOD)
    kept = {main.users[name].login_profile.hashes[0][1] for name in ("alice", "bob")}  # type: ignore[union-attr]

    assert len(kept) == 2


def test_a_copy_of_the_world_has_its_own_passwords() -> None:
    """What is changed there is not changed here."""
    world, main = made()
    main.users["alice"].create_login_profile(GOOD)
    main.update_password_policy()
    twin = world.copy().account("main")
    twin.users["alice"].update_login_profile(password=BETTER)
    twin.delete_password_policy()

    assert main.users["alice"].login_profile.is_right(GOOD)  # type: ignore[union-attr]
    assert main.password_policy == PasswordPolicy()


# -- changing one's own -----------------------------------------------------------------------


def test_a_user_needs_permission_to_change_his_password() -> None:
    """From a policy, or from the account, which lets all change theirs; a deny still counts."""
    _, main = made()
    alice = main.users["alice"]
    alice.create_login_profile(GOOD, password_reset_required=True)
    with pytest.raises(AccessDenied, match="iam:ChangePassword on resource: user alice"):
        alice.change_password(GOOD, BETTER)

    main.update_password_policy(allow_users_to_change_password=True)
    alice.change_password(GOOD, BETTER)
    assert alice.login_profile is not None
    assert alice.login_profile.is_right(BETTER)
    assert not alice.login_profile.password_reset_required
    assert main.call("GetAccountPasswordPolicy", alice)

    alice.put_policy("no", document(deny("iam:ChangePassword")))
    with pytest.raises(AccessDenied, match="explicit deny"):
        alice.change_password(BETTER, GOOD)

    main.update_password_policy()
    alice.put_policy("no", document(allow("iam:ChangePassword", alice.arn)))
    alice.change_password(BETTER, GOOD)
    with pytest.raises(AccessDenied):
        main.call("GetAccountPasswordPolicy", alice)


def test_the_account_lets_only_users_change_passwords() -> None:
    """A role's session is let do nothing by it, and users no more than that."""
    _, main = made()
    main.update_password_policy(allow_users_to_change_password=True)
    role = main.create_role("r", assume_role_policy_document=trust({"AWS": ID}))

    for who, operation in (
        (role, "GetAccountPasswordPolicy"),
        (main.users["alice"], "DeleteAccountPasswordPolicy"),
    ):
        with pytest.raises(AccessDenied):
            main.call(operation, who)


def test_former_passwords_cannot_come_back_while_they_are_remembered() -> None:
    """The policy says how many: this one counts too."""
    _, main = made()
    alice = main.users["alice"]
    main.update_password_policy(allow_users_to_change_password=True, password_reuse_prevention=2)
    words = [f"Correct-Horse-{number}" for number in range(3)]
    alice.create_login_profile(words[0])
    alice.change_password(words[0], words[1])
    for again in (words[0], words[1]):
        with pytest.raises(PasswordPolicyViolation, match="does not conform"):
            alice.change_password(words[1], again)
    alice.change_password(words[1], words[2])
    alice.change_password(words[2], words[0])

    assert alice.login_profile is not None
    assert alice.login_profile.is_right(words[0])


def test_only_24_former_passwords_are_remembered() -> None:
    """As many as a policy can ask for."""
    _, main = made()
    alice = main.users["alice"]
    alice.create_login_profile(GOOD)
    for number in range(30):
        alice.update_login_profile(password=f"{GOOD}{number}")

    assert alice.login_profile is not None
    assert len(alice.login_profile.hashes) == 25


# -- what is refused --------------------------------------------------------------------------

REFUSALS: dict[str, tuple[Callable[[Account], Any], type[AwsError], str]] = {
    "no policy to read": (
        lambda a: a.call("GetAccountPasswordPolicy", a.root_arn),
        NoSuchEntity,
        f"The Password Policy with domain name {ID} cannot be found.",
    ),
    "no policy to delete": (
        lambda a: a.delete_password_policy(),
        NoSuchEntity,
        "The account policy with name PasswordPolicy cannot be found.",
    ),
    "a policy that asks for too little": (
        lambda a: a.update_password_policy(minimum_password_length=5),
        ValidationError,
        (
            "1 validation error detected: Value at 'minimumPasswordLength' failed to satisfy "
            "constraint: Member must have value greater than or equal to 6"
        ),
    ),
    "a second password": (
        lambda a: a.users["alice"].create_login_profile(GOOD),
        EntityAlreadyExists,
        "Login Profile for user alice already exists.",
    ),
    "no password to read": (
        lambda a: a.call("GetLoginProfile", a.root_arn, UserName="bob"),
        NoSuchEntity,
        "Login Profile for User bob cannot be found.",
    ),
    "no password to set": (
        lambda a: a.users["bob"].update_login_profile(password=GOOD),
        NoSuchEntity,
        "Login Profile for User bob cannot be found.",
    ),
    "no password to delete": (
        lambda a: a.root.delete_login_profile(),
        NoSuchEntity,
        f"Login Profile for User {ID} cannot be found.",
    ),
    "no password to change": (
        lambda a: a.users["bob"].change_password(GOOD, BETTER),
        NoSuchEntity,
        "Login Profile for User bob cannot be found.",
    ),
    "no password given": (
        lambda a: a.call("CreateLoginProfile", a.root_arn, UserName="bob"),
        ValidationError,
        (
            "1 validation error detected: Value at 'password' failed to satisfy constraint: "
            "Member must not be null"
        ),
    ),
    "a weak password": (
        lambda a: a.users["bob"].create_login_profile("weak"),
        PasswordPolicyViolation,
        "Password should have a minimum length of 8",
    ),
    "a weak new password": (
        lambda a: a.users["alice"].change_password(GOOD, "weak"),
        PasswordPolicyViolation,
        "Password should have a minimum length of 8",
    ),
    "a wrong old password": (
        lambda a: a.users["alice"].change_password(BETTER, BETTER),
        AccessDenied,
        "The old password was incorrect.",
    ),
    "the root user": (
        lambda a: a.call("ChangePassword", a.root_arn, OldPassword=GOOD, NewPassword=BETTER),
        InvalidUserType,
        "Only IAM Users can change their own password.",
    ),
    "a role": (
        lambda a: a.call("ChangePassword", a.roles["r"], OldPassword=GOOD, NewPassword=BETTER),
        InvalidUserType,
        "Only IAM Users can change their own password.",
    ),
    "a duration set and reset": (
        lambda a: a.users["alice"].update_login_profile(
            max_signin_session_duration=3600, reset_max_signin_session_duration=True
        ),
        InvalidInput,
        "The session duration can't be set and reset at the same time.",
    ),
    "a user with a password": (
        lambda a: a.users["alice"].delete(),
        DeleteConflict,
        "Cannot delete entity, must delete login profile first.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_speaks_as_aws_and_leaves_the_world_as_it_was(case: str) -> None:
    """Not even a number is used up."""
    world, main = made()
    alice = main.users["alice"]
    role = main.create_role("r", assume_role_policy_document=trust({"AWS": ID}))
    for caller in (alice, main.users["bob"], role):
        caller.attach_policy("AdministratorAccess")
    alice.create_login_profile(GOOD)
    if "with a password" in case:
        alice.detach_policy("AdministratorAccess")
    operation, error, message = REFUSALS[case]
    before = held(world)

    with pytest.raises(error, match=re.escape(message)):
        operation(main)

    assert held(world) == before

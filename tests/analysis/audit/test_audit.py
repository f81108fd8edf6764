"""The audit: each control finds what it is for, and nothing in an account in good order."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.audit.audit import Audit
from iamlab.analysis.audit.controls import CHECKS, CONTROLS, NOT_MODELLED, SEVERITIES, Control
from iamlab.errors import NoSuchEntity, RequestError
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document, trust
from tests.storage.account_exports import ACCOUNT, export_of, hand_made

ID = "111111111111"
IAM = f"arn:aws:iam::{ID}:"
PASSWORD = "Correct-Horse-1"
ALL = document(allow("*"))
READ = document(allow("s3:GetObject"))
BY_EC2 = trust({"Service": "ec2.amazonaws.com"})
STRICT: dict[str, Any] = {
    "minimum_password_length": 14,
    "require_symbols": True,
    "require_numbers": True,
    "require_uppercase_characters": True,
    "require_lowercase_characters": True,
    "max_password_age": 90,
    "password_reuse_prevention": 24,
}


@pytest.fixture
def main() -> Account:
    """An account in which no control finds anything."""
    account = World(seed=1).create_account("main", account_id=ID)
    account.update_password_policy(**STRICT)
    tags = {"owner": "ana"}
    support = account.create_role("support", assume_role_policy_document=BY_EC2, tags=tags)
    support.attach_policy("AWSSupportAccess")
    ana = account.create_user("ana", tags=tags)
    ana.create_virtual_mfa_device("ana-phone").enable()
    group = account.create_group("readers")
    group.add_user(ana)
    group.attach_policy(account.create_policy("read", READ))
    return account


def found(account: Account, control: str, **limits: Any) -> list[tuple[str, str]]:
    """Return what a control finds: the end of the subject, and what."""
    return [
        (finding.subject.removeprefix(IAM), finding.what)
        for finding in account.audit(**limits).of(control)
    ]


def ids(audit: Audit) -> set[str]:
    """Name the controls that found something."""
    return {finding.control.id for finding in audit}


def test_an_account_in_good_order_has_no_findings(main: Account) -> None:
    """Every control was asked, and found nothing."""
    audit = main.audit()

    assert [str(finding) for finding in audit] == []
    assert len(audit.passed) == len(CONTROLS)
    assert audit.unanswered == NOT_MODELLED
    assert "nothing found." in str(audit)


# -- one fault, one control -----------------------------------------------------------------------


def _add_root_keys(main: Account) -> None:
    main.root.create_access_key()
    main.root.create_access_key()
    main.root.register_passkey("key")


def _add_root_password(main: Account) -> None:
    main.root.create_login_profile(PASSWORD)


def _add_root_phone(main: Account) -> None:
    _add_root_password(main)
    main.root.create_virtual_mfa_device("root-phone").enable()


def _let_key_grow_old(main: Account) -> None:
    key = main.users["ana"].create_access_key()
    main.world.clock.advance(days=91)
    key.used(key.user.account.world, "s3", "us-east-1")


def _leave_key_unused(main: Account) -> None:
    main.users["ana"].create_access_key()
    main.world.clock.advance(days=46)


def _add_two_keys(main: Account) -> None:
    main.users["ana"].create_access_key()
    main.users["ana"].create_access_key()


def _add_console_user(main: Account) -> None:
    ben = main.create_user("ben", tags={"owner": "ben"})
    main.groups["readers"].add_user(ben)
    ben.create_login_profile(PASSWORD)


def _make_key_with_user(main: Account) -> None:
    main.users["ana"].create_login_profile(PASSWORD)
    main.users["ana"].create_access_key()


def _add_wide_policy(main: Account) -> None:
    main.groups["readers"].attach_policy(main.create_policy("wide", ALL))


def _add_wide_inline_policy(main: Account) -> None:
    main.groups["readers"].put_policy("wide", ALL)


def _add_service_policy(main: Account) -> None:
    main.groups["readers"].attach_policy(main.create_policy("s3", document(allow("s3:*"))))


def _add_decrypting_policy(main: Account) -> None:
    main.groups["readers"].attach_policy(main.create_policy("kms", document(allow("kms:Decrypt"))))


def _add_decrypting_inline_policy(main: Account) -> None:
    main.groups["readers"].put_policy("kms", document(allow("kms:Dec*")))


def _attach_to_user(main: Account) -> None:
    main.users["ana"].attach_policy("read")


def _detach_support(main: Account) -> None:
    main.roles["support"].detach_policy("AWSSupportAccess")


def _attach_cloud_shell(main: Account) -> None:
    main.groups["readers"].attach_policy("AWSCloudShellFullAccess")


def _add_policy(main: Account) -> None:
    main.create_policy("spare", READ)


def _rename_user(main: Account) -> None:
    main.users["ana"].update(new_user_name="anna")
    main.create_policy("of-ana", document(allow("iam:GetUser", f"{IAM}user/ana")))
    main.groups["readers"].attach_policy("of-ana")


def _trust_a_deleted_user(main: Account) -> None:
    gone = main.create_user("gone")
    main.create_role(
        "old",
        assume_role_policy_document=trust({"AWS": gone.arn}),
        tags={"owner": "ana"},
    )
    gone.delete()


FAULTS: dict[str, tuple[Callable[[Account], None], set[str], str]] = {
    "root-access-key": (_add_root_keys, {"root-access-key"}, "2 access keys"),
    "root-mfa": (_add_root_password, {"root-mfa", "root-hardware-mfa"}, "no MFA device"),
    "root-hardware-mfa": (_add_root_phone, {"root-hardware-mfa"}, "an app on a phone"),
    "access-key-rotation": (_let_key_grow_old, {"access-key-rotation"}, "91 days old"),
    "unused-credentials": (
        _leave_key_unused,
        {"unused-credentials"},
        "made 46 days ago, and never used",
    ),
    "one-active-key": (_add_two_keys, {"one-active-key"}, "2 active access keys"),
    "key-at-creation": (_make_key_with_user, {"key-at-creation"}, "made together"),
    "console-mfa": (_add_console_user, {"console-mfa", "user-mfa"}, "password alone"),
    "user-mfa": (_add_console_user, {"console-mfa", "user-mfa"}, "no MFA device"),
    "policy-admin": (_add_wide_policy, {"policy-admin", "policy-kms-decrypt"}, "statement #1"),
    "inline-policy-admin": (
        _add_wide_inline_policy,
        {"inline-policy-admin", "inline-policies", "inline-policy-kms-decrypt"},
        "Inline policy wide",
    ),
    "policy-whole-service": (_add_service_policy, {"policy-whole-service"}, "all actions"),
    "policy-kms-decrypt": (_add_decrypting_policy, {"policy-kms-decrypt"}, "every KMS key"),
    "inline-policy-kms-decrypt": (
        _add_decrypting_inline_policy,
        {"inline-policies", "inline-policy-kms-decrypt"},
        "every KMS key",
    ),
    "inline-policies": (
        _add_wide_inline_policy,
        {"inline-policy-admin", "inline-policies", "inline-policy-kms-decrypt"},
        "Inline policies: wide.",
    ),
    "user-policies": (_attach_to_user, {"user-policies"}, "1 policy of its own"),
    "support-role": (_detach_support, {"support-role"}, "AWSSupportAccess"),
    "cloudshell-full-access": (_attach_cloud_shell, {"cloudshell-full-access"}, "download"),
    "unused-policy": (_add_policy, {"unused-policy"}, "Nobody has this policy"),
    "missing-name": (_rename_user, {"missing-name"}, f"names {IAM}user/ana"),
    "trusts-nobody": (_trust_a_deleted_user, {"missing-name", "trusts-nobody"}, "don't exist"),
    "role-tags": (lambda main: main.roles["support"].untag(["owner"]), {"role-tags"}, "no tags"),
    "user-tags": (lambda main: main.users["ana"].untag(["owner"]), {"user-tags"}, "no tags"),
    "empty-group": (
        lambda main: main.create_group("empty") and None,
        {"empty-group"},
        "no members",
    ),
    "user-without-group": (
        lambda main: main.groups["readers"].remove_user("ana"),
        {"user-without-group", "empty-group"},
        "in no group",
    ),
    "expired-certificate": (
        lambda main: _add_certificate(main, days=-1),
        {"expired-certificate"},
        "out of date since 2026-11-24",
    ),
}


def _add_certificate(main: Account, *, days: int | None) -> None:
    from iamlab.model.providers import ServerCertificate

    ends = None if days is None else main.world.clock.now + timedelta(days=days)
    main.server_certificates["site"] = ServerCertificate(main, "site", expiration=ends)


@pytest.mark.parametrize("control", FAULTS)
def test_one_fault_is_found_by_its_control_and_by_few_others(control: str, main: Account) -> None:
    """The subject is named, with what is wrong and how to fix it."""
    make, expected, text = FAULTS[control]
    make(main)
    audit = main.audit()

    assert ids(audit) == expected
    (first, *_) = audit.of(control)
    assert text in first.what
    assert first.remedy
    assert first.subject.startswith((IAM, f"account {ID}"))
    assert control not in {control.id for control in audit.passed}


def test_every_control_has_a_fault_that_it_finds() -> None:
    """Here, or among the password policies below."""
    every = {control.id for control in CONTROLS}

    assert every == set(FAULTS) | {f"password-policy-{name}" for name in LACKS}
    assert len(every) == len(CONTROLS)


# -- credentials ----------------------------------------------------------------------------------


def test_a_hardware_token_is_enough_for_the_root_user(main: Account) -> None:
    """A token or a passkey, but no phone beside it, which would open the door too."""
    _add_root_password(main)
    main.root.register_passkey("key")
    assert found(main, "root-hardware-mfa") == []

    main.root.create_virtual_mfa_device("root-phone").enable()
    assert len(found(main, "root-hardware-mfa")) == 1


def test_one_root_key_is_one_key(main: Account) -> None:
    """Inactive ones count too."""
    key = main.root.create_access_key()
    key.update("Inactive")

    ((_, what),) = found(main, "root-access-key")
    assert "an access key" in what


@pytest.mark.parametrize(("days", "count"), [(90, 0), (91, 1)])
def test_a_key_may_be_90_days_old(days: int, count: int, main: Account) -> None:
    """On the day after it is too old."""
    main.users["ana"].create_access_key()
    main.world.clock.advance(days=days)

    assert len(found(main, "access-key-rotation")) == count


def test_an_inactive_key_is_neither_old_nor_unused_nor_one_of_two(main: Account) -> None:
    """It opens nothing."""
    main.users["ana"].create_access_key().update("Inactive")
    main.users["ana"].create_access_key()
    main.world.clock.advance(days=400)
    for key in main.users["ana"].access_keys:
        if key.status == "Active":
            key.used(key.user.account.world, "s3", "us-east-1")
            key.update("Inactive")

    assert ids(main.audit()) == set()


def test_use_is_counted_from_the_last_time(main: Account) -> None:
    """Of keys and passwords each; what was never used counts from when it was made."""
    ana = main.users["ana"]
    key = ana.create_access_key()
    main.world.clock.advance(days=40)
    key.used(key.user.account.world, "s3", "us-east-1")
    ana.create_login_profile(PASSWORD)
    main.world.clock.advance(days=45)
    assert found(main, "unused-credentials") == []

    main.world.clock.advance(days=1)
    assert found(main, "unused-credentials") == [
        ("user/ana", "The password was made 46 days ago, and never used."),
        ("user/ana", "An active access key was last used 46 days ago."),
    ]


def test_a_key_that_is_made_later_is_not_made_at_creation(main: Account) -> None:
    """A minute is enough."""
    main.users["ana"].create_login_profile(PASSWORD)
    main.world.clock.advance(minutes=1)
    main.users["ana"].create_access_key()

    assert found(main, "key-at-creation") == []


def test_an_expired_certificate_must_have_an_end_that_is_known(main: Account) -> None:
    """One that is still good is, and one whose end cannot be read is not accused."""
    for days in (1, None):
        _add_certificate(main, days=days)
        assert found(main, "expired-certificate") == []


# -- the password policy --------------------------------------------------------------------------

LACKS: dict[str, tuple[dict[str, Any], set[str], str]] = {
    "length": ({"minimum_password_length": 13}, {"length"}, "14 characters"),
    "reuse": ({"password_reuse_prevention": 23}, {"reuse"}, "the last 24 passwords"),
    "age": ({"max_password_age": 91}, {"age", "pci"}, "every 90 days"),
    "uppercase": (
        {"require_uppercase_characters": False},
        {"uppercase", "strong"},
        "an uppercase letter",
    ),
    "lowercase": (
        {"require_lowercase_characters": False},
        {"lowercase", "strong"},
        "a lowercase letter",
    ),
    "symbol": ({"require_symbols": False}, {"symbol", "strong"}, "a symbol"),
    "number": ({"require_numbers": False}, {"number", "strong"}, "a number"),
    "strong": (
        {"minimum_password_length": 7, "require_numbers": False},
        {"length", "number", "strong"},
        "8 characters and a number",
    ),
    "pci": (
        {"minimum_password_length": 6, "password_reuse_prevention": 3, "max_password_age": None},
        {"length", "reuse", "age", "strong", "pci"},
        "7 characters and that the last 4 passwords are not used again and a new password every",
    ),
}


@pytest.mark.parametrize("control", LACKS)
def test_a_weak_password_policy_is_found(control: str, main: Account) -> None:
    """By the control that asks for what it lacks."""
    rules, expected, text = LACKS[control]
    main.update_password_policy(**{**STRICT, **rules})

    assert ids(main.audit()) == {f"password-policy-{name}" for name in expected}
    ((_, what),) = found(main, f"password-policy-{control}")
    assert text in what


def test_no_password_policy_fails_all_and_is_said_once(main: Account) -> None:
    """In the list nine times, in the text once, with the names of all."""
    main.delete_password_policy()
    audit = main.audit()

    assert ids(audit) == {f"password-policy-{name}" for name in LACKS}
    assert str(audit).count("There is no password policy.") == 1
    assert "Security Hub IAM.15, IAM.11, IAM.12" in str(audit)


# -- policies -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "is_found"),
    [
        (allow("*"), True),
        (allow("*:*"), True),
        (allow(["s3:GetObject", "*"], ["arn:aws:s3:::b", "*"]), True),
        (allow("*", Condition={"Bool": {"aws:SecureTransport": "true"}}), True),
        (allow("*", "arn:aws:s3:::b"), False),
        (deny("*"), False),
        (allow("s3:*"), False),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"}, False),
    ],
)
def test_everything_on_everything_is_found(
    statement: Any, *, is_found: bool, main: Account
) -> None:
    """Whatever the condition, as AWS Config looks at it."""
    main.create_policy("p", document(statement))

    assert bool(found(main, "policy-admin")) is is_found


@pytest.mark.parametrize(
    ("statement", "is_found"),
    [
        (allow("s3:*"), True),
        (allow("S3:*", "arn:aws:s3:::b/*"), True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True),
        (allow("s3:Get*"), False),
        (allow("*"), False),
        ({"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"}, False),
        (deny("s3:*"), False),
    ],
)
def test_a_whole_service_is_found(statement: Any, *, is_found: bool, main: Account) -> None:
    """A wildcard in a name passes; * alone is for another control."""
    main.create_policy("p", document(statement))

    assert bool(found(main, "policy-whole-service")) is is_found


@pytest.mark.parametrize(
    ("statement", "is_found"),
    [
        (allow("kms:Decrypt"), True),
        (allow("kms:ReEncrypt*", "arn:aws:kms:*:111111111111:key/*"), True),
        (allow("*", "arn:aws:kms:us-east-1:111111111111:*"), True),
        ({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "kms:*", "Resource": "*"}, False),
        (allow("kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/k1"), False),
        (allow("kms:Encrypt"), False),
        ({"Effect": "Allow", "Action": "kms:Decrypt", "NotResource": "*"}, False),
        (deny("kms:Decrypt"), False),
    ],
)
def test_decrypting_with_every_key_is_found(
    statement: Any, *, is_found: bool, main: Account
) -> None:
    """By the action's name, a pattern, or what NotAction leaves over."""
    main.create_policy("p", document(statement))

    assert bool(found(main, "policy-kms-decrypt")) is is_found


def test_only_the_default_version_counts(main: Account) -> None:
    """What a version could do that does not apply isn't a finding."""
    policy = main.create_policy("p", ALL)
    assert len(found(main, "policy-admin")) == 1

    policy.create_version(READ, set_as_default=True)
    assert found(main, "policy-admin") == []


def test_a_boundary_may_allow_everything(main: Account) -> None:
    """It grants nothing; once somebody has it as a policy, it does."""
    wide = main.create_policy("wide", ALL)
    main.users["ana"].put_permissions_boundary(wide)
    assert found(main, "policy-admin") == []

    main.groups["readers"].attach_policy(wide)
    assert [subject for subject, _ in found(main, "policy-admin")] == ["policy/wide"]


def test_a_policy_that_nobody_has_is_said_to_be_so(main: Account) -> None:
    """It is dangerous only once somebody gets it."""
    main.create_policy("wide", ALL)

    ((_, what),) = found(main, "policy-admin")
    assert what.endswith("Nobody has the policy now.")


def test_awss_own_policies_are_not_accused() -> None:
    """Not even when an export holds them."""
    account = hand_made().accounts[ACCOUNT]
    account.users["carol"].attach_policy("AdministratorAccess")
    export = account.call("GetAccountAuthorizationDetails", account.root_arn)
    audit = World.from_account_details(export).accounts[ACCOUNT].audit()

    assert any(policy["PolicyName"] == "AdministratorAccess" for policy in export["Policies"])
    assert not [finding for finding in audit if ":aws:policy/" in finding.subject]


def test_several_own_policies_are_counted(main: Account) -> None:
    """Attached and inline ones."""
    _attach_to_user(main)
    main.users["ana"].put_policy("p", READ)

    assert found(main, "user-policies") == [("user/ana", "The user has 2 policies of its own.")]


def test_required_tags_are_asked_for_by_name(main: Account) -> None:
    """Of users and roles, except roles that only AWS can tag."""
    main.create_service_linked_role("autoscaling.amazonaws.com")
    assert found(main, "role-tags") == []

    what = "Tags are missing: cost."
    assert found(main, "role-tags", required_tags=["owner", "cost"]) == [("role/support", what)]
    assert found(main, "user-tags", required_tags=("cost",)) == [("user/ana", what)]


# -- names that lead nowhere ----------------------------------------------------------------------


def naming(main: Account, statement: Any) -> list[str]:
    """Write a policy, and say what is found in it."""
    main.groups["readers"].put_policy("names", document(statement))
    return [what for _, what in found(main, "missing-name")]


@pytest.mark.parametrize(
    "name",
    [
        f"{IAM}user/gone",
        f"{IAM}user/path/ana",
        f"{IAM}group/gone",
        f"{IAM}role/gone",
        f"{IAM}policy/gone",
        f"{IAM}instance-profile/gone",
        f"{IAM}saml-provider/gone",
        f"{IAM}oidc-provider/gone.example.com",
        f"arn:aws:sts::{ID}:assumed-role/gone/session",
        f"arn:aws:sts::{ID}:assumed-role",
    ],
)
def test_what_is_not_there_is_found(name: str, main: Account) -> None:
    """In Resource, in NotResource, in a condition."""
    for statement in (
        allow("iam:Get*", name),
        {"Effect": "Deny", "Action": "iam:*", "NotResource": [name]},
        allow("s3:*", Condition={"ArnEquals": {"aws:PrincipalArn": name}}),
    ):
        (what,) = naming(main, statement)
        assert f"Inline policy names, statement #1, names {name}, which is not there." == what


@pytest.mark.parametrize(
    "name",
    [
        f"{IAM}user/ana",
        f"{IAM}user/*",
        f"{IAM}user/?na",
        f"{IAM}user/${{aws:username}}",
        f"{IAM}root",
        f"{IAM}mfa/gone",
        f"{IAM}role/support",
        f"{IAM}role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        "arn:aws:iam::222222222222:user/gone",
        "arn:aws:iam::aws:policy/AdministratorAccess",
        f"arn:aws:sts::{ID}:assumed-role/support/session",
        f"arn:aws:sqs:us-east-1:{ID}:user/gone",
        "*",
    ],
)
def test_what_is_there_or_elsewhere_is_not_accused(name: str, main: Account) -> None:
    """Nor patterns, variables, and what nobody can look up."""
    assert naming(main, allow("iam:Get*", name)) == []


def test_what_is_to_be_created_need_not_be_there(main: Account) -> None:
    """A statement that only creates names what is not there yet."""
    later = f"{IAM}user/later"
    assert naming(main, allow("iam:CreateUser", later)) == []
    assert len(naming(main, allow(["iam:CreateUser", "iam:DeleteUser"], later))) == 1
    assert len(naming(main, {"Effect": "Allow", "NotAction": "s3:*", "Resource": later})) == 1


def test_principals_are_looked_up_in_all_policies_of_resources(main: Account) -> None:
    """Of roles, of buckets, and those that were given beside the account."""
    gone = main.create_user("gone")
    main.roles["support"].update_assume_role_policy(trust({"AWS": gone.arn}))
    bucket = document(
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": f"{IAM}user/gone"},
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::maps",
        }
    )
    main.create_bucket("maps", policy=bucket)
    gone.delete()
    main.create_bucket("plain")
    main.world.resource_policies["arn:aws:sqs:us-east-1:111111111111:q"] = main.roles[
        "support"
    ].trust  # type: ignore[assignment]

    assert [finding.subject for finding in main.audit().of("missing-name")] == [
        f"{IAM}role/support",
        "arn:aws:s3:::maps",
        "arn:aws:sqs:us-east-1:111111111111:q",
    ]


def test_the_id_of_who_was_deleted_is_found(main: Account) -> None:
    """AWS shows it in place of the ARN."""
    known = main.users["ana"].unique_id
    gone = "AIDA" + "A" * 17
    role = main.roles["support"]
    role.update_assume_role_policy(trust({"AWS": [known, gone]}))

    ((_, what),) = found(main, "missing-name")
    assert gone in what
    assert found(main, "trusts-nobody") == []

    role.update_assume_role_policy(trust({"AWS": gone}))
    assert len(found(main, "trusts-nobody")) == 1
    ((finding),) = main.audit().of("missing-name")
    assert finding.remedy == "Name what is meant, or take it out."


def test_after_a_rename_the_new_name_is_reported(main: Account) -> None:
    """Over several renames, and after a move to another path."""
    main.groups["readers"].put_policy("p", document(allow("iam:GetUser", f"{IAM}user/ana")))
    main.users["ana"].update(new_path="/sky/")
    (finding,) = main.audit().of("missing-name")
    assert finding.remedy == f"Name {IAM}user/sky/ana, as it is called now."

    main.users["ana"].update(new_user_name="anna")
    with pytest.raises(NoSuchEntity):
        main.call("UpdateUser", main.root_arn, UserName="ana", NewUserName="other")
    main.users["anna"].update(new_user_name="annie")
    main.groups["readers"].update(new_group_name="watchers")
    (finding,) = main.audit().of("missing-name")
    assert finding.remedy == f"Name {IAM}user/sky/annie, as it is called now."


def test_a_session_of_a_role_that_is_gone_has_no_new_name(main: Account) -> None:
    """A role cannot be renamed."""
    name = f"arn:aws:sts::{ID}:assumed-role/gone/session"
    main.groups["readers"].put_policy("p", document(allow("sts:*", name)))

    (finding,) = main.audit().of("missing-name")
    assert finding.remedy == "Name what is meant, or take it out."


@pytest.mark.parametrize(
    ("who", "is_found"),
    [
        ({"AWS": f"{IAM}user/gone"}, True),
        ({"AWS": [f"{IAM}user/gone", f"{IAM}user/ana"]}, False),
        ({"AWS": "*"}, False),
        ({"AWS": "222222222222"}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
        ({"Federated": f"{IAM}saml-provider/gone"}, True),
        ({"Federated": "graph.facebook.com"}, False),
    ],
)
def test_a_role_that_nobody_can_assume_is_found(who: Any, *, is_found: bool, main: Account) -> None:
    """Somebody of another account is somebody."""
    gone = main.create_user("gone")
    main.roles["support"].update_assume_role_policy(trust(who))
    gone.delete()

    assert bool(found(main, "trusts-nobody")) is is_found


def test_a_trust_policy_that_only_denies_trusts_nobody(main: Account) -> None:
    """It names nobody who may."""
    shut = {"Effect": "Deny", "Principal": {"AWS": ID}, "Action": "sts:AssumeRole"}
    main.roles["support"].update_assume_role_policy(document(shut))

    assert found(main, "trusts-nobody") == [
        ("role/support", "Nobody can assume the role: it names no principal.")
    ]


def test_a_role_whose_trust_policy_is_not_known_is_not_accused(main: Account) -> None:
    """A loaded role can be without one."""
    main.roles["support"].trust = None

    assert ids(main.audit()) == set()


# -- exports --------------------------------------------------------------------------------------


def test_an_export_alone_leaves_credentials_unanswered() -> None:
    """Each with the reason; policies, groups and tags are looked at."""
    audit = World.from_account_details(export_of(hand_made())).accounts[ACCOUNT].audit()
    reasons = {question.control.id: question.reason for question in audit.unanswered}

    assert "get-credential-report" in reasons["root-mfa"]
    assert "get-credential-report" in reasons["access-key-rotation"]
    assert "does not hold the password policy" in reasons["password-policy-length"]
    assert "no server certificates" in reasons["expired-certificate"]
    assert {"policy-admin", "user-policies", "inline-policies"} <= ids(audit)
    assert "root-mfa" not in {control.id for control in audit.passed}
    assert reasons["root-mfa"] in str(audit)


def test_a_credential_report_answers_for_an_export() -> None:
    """All but the kind of the root user's MFA device, which it does not tell."""
    world = hand_made()
    account = world.accounts[ACCOUNT]
    _add_root_phone(account)
    account.users["carol"].create_login_profile(PASSWORD)
    report = account.credential_report()
    loaded = World.from_account_details(export_of(world)).accounts[ACCOUNT]
    audit = loaded.audit(credential_report=report)
    reasons = {question.control.id: question.reason for question in audit.unanswered}

    assert [finding.subject for finding in audit.of("console-mfa")] == [
        f"arn:aws:iam::{ACCOUNT}:user/carol"
    ]
    assert "does not tell the kind" in reasons["root-hardware-mfa"]
    assert "root-mfa" not in reasons


def test_a_report_without_the_root_user_leaves_it_unanswered(main: Account) -> None:
    """It may have been cut."""
    report = main.credential_report()
    cut = type(report)(report.rows[1:])
    reasons = {
        question.control.id: question.reason
        for question in main.audit(credential_report=cut).unanswered
    }

    assert "no row of the root user" in reasons["root-mfa"]


def test_ages_that_a_report_does_not_tell_are_not_guessed(main: Account) -> None:
    """A key without a date is neither old nor unused, nor made with its user."""
    ana = main.users["ana"]
    ana.create_login_profile(PASSWORD)
    ana.create_access_key()
    main.world.clock.advance(days=400)
    text = main.credential_report().csv.replace("2026-11-25T09:00:00+00:00", "N/A")
    report = type(main.credential_report()).parse(text)

    assert ids(main.audit(credential_report=report)) == set()
    with_user = report.csv.replace("user/ana,N/A", "user/ana,2026-11-25T09:00:00+00:00")
    report = type(report).parse(with_user)
    assert ids(main.audit(credential_report=report)) == {"unused-credentials"}


def test_what_a_filtered_export_left_out_is_not_missed() -> None:
    """A file without users, groups, roles or policies says nothing of whether they are there."""
    export = export_of(hand_made())
    export["UserDetailList"], export["GroupDetailList"] = [], []
    account = World.from_account_details(export).accounts[ACCOUNT]
    assert account.audit().of("missing-name") == ()

    whole = export_of(hand_made())
    whole["RoleDetailList"][0]["AssumeRolePolicyDocument"] = trust({"AWS": "AIDA" + "A" * 17})
    account = World.from_account_details(whole).accounts[ACCOUNT]
    assert account.audit().of("missing-name") == ()


def test_an_attached_policy_that_is_not_in_the_file_is_found() -> None:
    """Or a boundary; AWS's own are known without."""
    export = export_of(hand_made())
    export["Policies"] = [
        policy for policy in export["Policies"] if policy["PolicyName"] == "read-maps"
    ]
    with pytest.warns(UserWarning, match="n't in the file"):
        account = World.from_account_details(export).accounts[ACCOUNT]
    account.users["carol"].attach_policy("ReadOnlyAccess")
    nowhere = [
        (finding.subject.rpartition("/")[2], finding.what.split()[4].rpartition("/")[2])
        for finding in account.audit().of("missing-name")
    ]

    assert nowhere == [
        ("bob", "everything,"),
        ("bob", "ceiling,"),
        ("auditor", "everything,"),
        ("auditor", "ceiling,"),
    ]


# -- the report -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "count"), [({"key_age_days": 29}, 1), ({"key_age_days": 30}, 0), ({}, 0)]
)
def test_thresholds_are_parameters(limits: dict[str, int], count: int, main: Account) -> None:
    """What is too old for one is not for another."""
    main.users["ana"].create_access_key()
    main.world.clock.advance(days=30)

    assert len(found(main, "access-key-rotation", **limits)) == count


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"key_age": 3}, "Did you mean key_age_days"),
        ({"unused_days": "45"}, "unused_days is a number"),
        ({"unused_days": True}, "unused_days is a number"),
        ({"unused_days": -1}, "0 or more"),
        ({"required_tags": "owner"}, "list of keys"),
        ({"required_tags": 3}, "list of keys"),
    ],
)
def test_thresholds_of_the_wrong_kind_are_refused(limits: Any, text: str, main: Account) -> None:
    """With what is right."""
    with pytest.raises(RequestError, match=text):
        main.audit(**limits)


def test_the_gravest_comes_first(main: Account) -> None:
    """In the list and in the text."""
    _add_root_keys(main)
    _add_policy(main)
    main.delete_password_policy()
    audit = main.audit()
    ranks = [SEVERITIES.index(finding.severity) for finding in audit.findings]

    assert ranks == sorted(ranks)
    lines = str(audit).splitlines()
    assert lines[0] == f"Audit of account {ID}: 1 critical, 7 medium, 2 low, 1 informational."
    assert lines[1] == "✕ CRITICAL root-access-key (CIS 1.4 (3.0), 1.3 (5.0); Security Hub IAM.4)"
    assert lines[2].strip().startswith(f"{IAM}root: The root user has 2 access keys")


def test_a_finding_reads_well_alone(main: Account) -> None:
    """Its control, its other names, whose it is, what, and the fix; own controls have no other."""
    _add_policy(main)
    main.create_group("empty")
    texts = {finding.control.id: str(finding) for finding in main.audit()}

    assert texts["unused-policy"].splitlines()[0] == "✕ INFORMATIONAL unused-policy"
    head = "✕ INFORMATIONAL empty-group (AWS Config iam-group-has-users-check)"
    assert texts["empty-group"].splitlines()[0] == head


def test_an_audit_is_json_too(main: Account) -> None:
    """Findings, what is well, what could not be asked, and the thresholds."""
    _add_root_keys(main)
    found_json = json.loads(json.dumps(main.audit(required_tags=["owner"]).to_dict()))

    assert (found_json["accountId"], found_json["account"]) == (ID, "main")
    assert found_json["thresholds"]["required_tags"] == ["owner"]
    assert [entry["control"] for entry in found_json["findings"]] == ["root-access-key"]
    assert found_json["controls"]["root-access-key"]["securityHub"] == ["IAM.4"]
    assert found_json["controls"]["root-access-key"]["cis"] == {"3.0": "1.4", "5.0": "1.3"}
    assert len(found_json["passed"]) == len(CONTROLS) - 1
    assert {entry["id"] for entry in found_json["unanswered"]} == {
        question.control.id for question in NOT_MODELLED
    }
    assert all(entry["reason"] for entry in found_json["unanswered"])


def test_an_audit_changes_nothing_and_records_nothing(main: Account) -> None:
    """It only looks."""
    before = len(main.world.events), main.world.revision
    main.audit()

    assert (len(main.world.events), main.world.revision) == before


# -- the table of controls ------------------------------------------------------------------------

EVERY: list[Control] = [*CONTROLS, *(question.control for question in NOT_MODELLED)]


def test_the_numbers_of_cis_are_complete_and_right() -> None:
    """3.0 has 22 about identities, 5.0 has 21: what follows 1.3 moved up by one."""
    three = {control.cis_3: control.cis_5 for control in EVERY if control.cis_3}

    assert sorted(three, key=lambda number: int(number[2:])) == [f"1.{n}" for n in range(1, 23)]
    for old, new in three.items():
        number = int(old[2:])
        assert new == ("" if number == 3 else f"1.{number if number < 3 else number - 1}")


def test_the_numbers_of_security_hub_are_complete() -> None:
    """IAM.1 to IAM.28, the two of KMS, and the one of the account, each once."""
    numbers = [number for control in EVERY for number in control.security_hub]

    assert len(numbers) == len(set(numbers))
    assert set(numbers) == {f"IAM.{n}" for n in range(1, 29)} | {"KMS.1", "KMS.2", "Account.1"}


def test_severities_are_those_of_security_hub() -> None:
    """Critical, high and low as its page has them; the rest is medium."""
    grades = {number: control.severity for control in EVERY for number in control.security_hub}
    critical, high = {"IAM.4", "IAM.6", "IAM.9"}, {"IAM.1", "IAM.28"}
    low = {f"IAM.{n}" for n in (2, 16, 17, 18, 20, 21, 23, 24, 25)}

    for number, severity in grades.items():
        expected = (
            "CRITICAL"
            if number in critical
            else "HIGH"
            if number in high
            else "LOW"
            if number in low
            else "MEDIUM"
        )
        assert severity == expected, number


def test_own_controls_are_known_as_such() -> None:
    """Those that nobody else has a name for."""
    assert {control.id for control in EVERY if control.is_own} == {
        "inline-policy-admin",
        "unused-policy",
        "missing-name",
        "trusts-nobody",
    }
    assert all(not control.names for control in EVERY if control.is_own)


def test_controls_have_names_and_titles_of_their_own() -> None:
    """No two are alike."""
    assert (
        len({control.id for control in EVERY})
        == len({control.title for control in EVERY})
        == len(EVERY)
    )


def test_every_control_is_checked_or_has_a_reason() -> None:
    """Not both, and not neither."""
    assert list(CHECKS.keys() ^ {control.id for control in CONTROLS}) == []
    assert all(question.reason and question.control.id not in CHECKS for question in NOT_MODELLED)

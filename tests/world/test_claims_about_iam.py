"""What an old introduction to IAM says, statement by statement, beside what is true today.

The introduction was written about 2018. S1 to S12 and S22 are its statements about users, groups,
policies and keys, S17 is about access from account to account; each test proves what is right, in a
world built with public methods.
"""

import json
from typing import Any

import pytest

from iamlab import AccessDenied, World
from iamlab.errors import (
    AwsError,
    FailedAuthentication,
    LimitExceeded,
    MalformedPolicyDocument,
    PasswordPolicyViolation,
    RequestError,
)
from iamlab.operations.registry import entries
from iamlab.policy import catalog
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.operations.iam.key_material import metadata
from tests.policy.documents import allow, deny, document, trust

ID = "111111111111"
BUCKET, MAP = "arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/m31.fits"
PASSWORD = "Correct-Horse-1"
READ, WRITE = "s3:GetObject", "s3:PutObject"


@pytest.fixture
def main() -> Account:
    """An account with one new user."""
    account = World(seed=3).create_account("main", account_id=ID)
    account.create_user("ana")
    return account


@pytest.fixture
def ana(main: Account) -> User:
    """The user."""
    return main.users["ana"]


def may(who: Any, action: str, resource: str = MAP, **context: Any) -> bool:
    """Ask the world of somebody."""
    return bool(who.account.world.can(who, action, resource, context=context))


def titles(status: Any, *, done: bool) -> list[str]:
    """Return the titles of the items that are done, or that are not."""
    return [item.title for item in status if item.is_done is done]


# -- S1: what IAM manages: true, and not all ----------------------------------------------------


def test_s1_iam_manages_users_groups_roles_policies_and_keys(main: Account, ana: User) -> None:
    """Each of the five can be made, and is then counted in the account."""
    main.create_group("sky").add_user(ana)
    main.create_role("reader", assume_role_policy_document=trust({"AWS": ana.arn}))
    main.create_policy("read", document(allow(READ, MAP)))
    key = ana.create_access_key()
    summary = main.summary()

    assert [summary[name] for name in ("Users", "Groups", "Roles", "Policies")] == [1, 1, 1, 1]
    assert ana.access_keys == [key]


def test_s1_iam_manages_more_than_these_five(main: Account, ana: User) -> None:
    """Providers, instance profiles, MFA, the password policy, boundaries, the alias, reports."""
    main.create_saml_provider("corp", metadata())
    main.create_open_id_connect_provider("https://idp.example.com")
    main.create_instance_profile("web")
    ana.create_virtual_mfa_device("ana-phone").enable()
    main.update_password_policy(minimum_password_length=14)
    ana.put_permissions_boundary("ReadOnlyAccess")
    main.create_alias("star-maps")
    summary = main.summary()

    counted = ("Providers", "InstanceProfiles", "MFADevicesInUse")
    assert [summary[name] for name in counted] == [2, 1, 1]
    assert main.password_policy is not None
    assert (ana.boundary or "").endswith("/ReadOnlyAccess")
    assert main.alias == "star-maps"
    assert [row.user for row in main.credential_report().rows] == ["<root_account>", "ana"]


# -- S2: password policy and MFA "per user": out of date ----------------------------------------


def test_s2_the_password_policy_is_the_accounts_and_holds_for_every_user(
    main: Account, ana: User
) -> None:
    """No operation sets one for a single user; and it says nothing to the root user."""
    main.update_password_policy(minimum_password_length=17)
    users = [ana, main.create_user("ben")]
    for user in users:
        with pytest.raises(PasswordPolicyViolation, match="minimum length of 17"):
            user.create_login_profile(PASSWORD)
    main.root.create_login_profile(PASSWORD)

    of_policies = [name for name in entries() if name.endswith("PasswordPolicy")]
    assert sorted(of_policies) == [
        f"{verb}AccountPasswordPolicy" for verb in ("Delete", "Get", "Update")
    ]
    assert {entries()[name].on for name in of_policies} == {"*"}
    assert [user.login_profile for user in users] == [None, None]


def test_s2_mfa_is_enabled_for_each_user_and_eight_devices_at_most(
    main: Account, ana: User
) -> None:
    """Ana's device is not Ben's."""
    ben = main.create_user("ben")
    for number in range(8):
        ana.create_virtual_mfa_device(f"phone-{number}").enable()
    ninth = ana.create_virtual_mfa_device("phone-9")
    with pytest.raises(LimitExceeded, match="MFADevicesPerUser: 8"):
        ninth.enable()

    assert (len(ana.mfa_devices), ben.mfa_devices) == (8, [])


def test_s2_no_switch_requires_mfa_of_a_user_but_a_condition_does(main: Account, ana: User) -> None:
    """Who has no device signs in without; a Deny with a condition is what makes it count."""
    ana.create_login_profile(PASSWORD)
    ana.attach_policy("AmazonS3FullAccess")
    without = main.world.sign_in(user=ana, password=PASSWORD)
    before = main.world.can(without, READ, MAP)
    needs_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    ana.put_policy("require-mfa", document(deny("*", Condition=needs_mfa)))
    phone = ana.create_virtual_mfa_device("ana-phone")
    phone.enable()
    with_mfa = main.world.sign_in(user=ana, password=PASSWORD, mfa_code=phone.code())

    assert before
    assert not main.world.can(without, READ, MAP)
    assert main.world.can(with_mfa, READ, MAP)
    assert not main.world.can(ana.create_access_key(), READ, MAP)


def test_s2_a_user_with_a_device_cannot_sign_in_without_it(main: Account, ana: User) -> None:
    """So enabling is what makes the console ask; nothing but the device itself is set."""
    ana.create_login_profile(PASSWORD)
    phone = ana.create_virtual_mfa_device("ana-phone")
    phone.enable()
    with pytest.raises(FailedAuthentication, match="MFA code"):
        main.world.sign_in(user=ana, password=PASSWORD)

    assert main.world.sign_in(user=ana, password=PASSWORD, mfa_code=phone.code()).with_mfa


# -- S3: a new user has no access: true ---------------------------------------------------------


@pytest.mark.slow
def test_s3_a_new_user_may_do_nothing(ana: User) -> None:
    """Asked of every action that AWS declares: an implicit deny, but for what nobody is refused."""
    world = ana.account.world
    every = [all_action.full_name for all_action in catalog.all_actions()]
    allowed = {name for name in every if world.can(ana, name, "*")}

    assert len(every) > 15_000
    assert allowed == {"sts:GetCallerIdentity", "sts:GetSessionToken"}
    assert str(world.can(ana, READ, MAP)) == "○ implicit deny"


def test_s3_a_new_user_has_no_credentials_and_no_console(ana: User) -> None:
    """A user is made without a password and without keys."""
    assert (ana.access_keys, ana.mfa_devices, ana.login_profile) == ([], [], None)
    assert ana.console_sign_in_url is None
    with pytest.raises(FailedAuthentication):
        ana.account.world.sign_in(user=ana, password=PASSWORD)


def test_s3_the_account_may_let_new_users_change_their_own_password(
    main: Account, ana: User
) -> None:
    """The one exception that an administrator makes without any policy on the user."""
    before = may(ana, "iam:ChangePassword", ana.arn)
    main.update_password_policy(allow_users_to_change_password=True)
    ben = main.create_user("ben")

    assert (before, may(ana, "iam:ChangePassword", ana.arn)) == (False, True)
    assert not may(ana, "iam:ChangePassword", ben.arn)
    assert not may(ana, READ)


# -- S4: "the five items of Security Status": out of date ---------------------------------------


FIVE = {
    "a": "Delete your root access keys",
    "b": "Activate MFA on your root user",
    "c": "Create individual IAM users",
    "d": "Use groups to assign permissions",
    "e": "Apply an IAM password policy",
}


@pytest.fixture
def fresh() -> Account:
    """An account whose root user has a password and a key, and nothing else."""
    account = World(seed=3).create_account("fresh", account_id=ID)
    account.root.create_login_profile(PASSWORD)
    account.root.create_access_key()
    return account


def test_s4_the_old_panel_had_five_items(fresh: Account) -> None:
    """All of them are to do in an account in which nothing was done; each says what holds today."""
    status = fresh.security_status()

    assert status.title == "Security Status"
    assert titles(status, done=False) == list(FIVE.values())
    assert all(item.today for item in status)


def test_s4_todays_recommendations_are_others(fresh: Account) -> None:
    """Root MFA, no root keys, and one's own credentials; neither users nor groups are asked for."""
    zoe = fresh.create_user("zoe")
    today = [item.title for item in fresh.security_recommendations(zoe)]

    assert fresh.security_recommendations().title == "Security recommendations"
    assert today == [
        "Add MFA for root user",
        "Root user has no active access keys",
        "Add MFA for yourself",
        "Your user has no active access keys that are unused for more than a year",
    ]
    assert not set(today) & set(FIVE.values())


def test_s4_the_owner_is_called_root_user_not_root_account(fresh: Account) -> None:
    """In every text of both lists."""
    texts = f"{fresh.security_status()}\n{fresh.security_recommendations()}"

    assert "root user" in texts
    assert "root account" not in texts.lower()


def test_s4a_root_access_keys_are_deleted(fresh: Account) -> None:
    """Still right: a key of root may do everything, and a new account has none."""
    [key] = fresh.root.access_keys
    power = fresh.world.can(key, "s3:DeleteBucket", BUCKET)
    key.delete()

    assert power
    assert FIVE["a"] in titles(fresh.security_status(), done=True)
    assert fresh.world.create_account("new").root.access_keys == []


def test_s4b_mfa_is_activated_for_root(fresh: Account) -> None:
    """Still right, and demanded by AWS itself: so both lists, old and new, have it."""
    open_before = titles(fresh.security_status(), done=False)
    phone = fresh.root.create_virtual_mfa_device("root-phone")
    phone.enable()
    with pytest.raises(FailedAuthentication):
        fresh.world.sign_in(email=fresh.root.email, password=PASSWORD)
    session = fresh.world.sign_in(email=fresh.root.email, password=PASSWORD, mfa_code=phone.code())

    assert FIVE["b"] in open_before
    assert FIVE["b"] in titles(fresh.security_status(), done=True)
    assert "Add MFA for root user" in titles(fresh.security_recommendations(), done=True)
    assert session.with_mfa
    assert "June 2025" in item_of(fresh, FIVE["b"]).today


def item_of(account: Account, title: str) -> Any:
    """Find an item of the old panel."""
    return next(item for item in account.security_status() if item.title == title)


def test_s4c_individual_users_are_no_longer_advised(fresh: Account) -> None:
    """The item can be done; the text beside it is: prefer temporary credentials."""
    fresh.create_user("zoe")
    item = item_of(fresh, FIVE["c"])

    assert item.is_done
    assert item.today.startswith("No longer advised")
    assert "temporary credentials" in item.today


def test_s4c_a_role_gives_access_that_ends_by_itself(fresh: Account) -> None:
    """Why: a session is over after its time, a user's key never is."""
    zoe = fresh.create_user("zoe")
    role = fresh.create_role("reader", assume_role_policy_document=trust({"AWS": zoe.arn}))
    role.attach_policy("AmazonS3ReadOnlyAccess")
    zoe.attach_policy("AmazonS3ReadOnlyAccess")
    key = zoe.create_access_key()
    session = fresh.world.sts.assume_role(zoe, role_arn=role.arn, role_session_name="zoe")
    before = fresh.world.can(session, READ, MAP)
    fresh.world.clock.advance(days=3650)

    assert before
    assert session.is_expired
    assert fresh.world.can(key, READ, MAP)


def test_s4d_groups_assign_permissions(fresh: Account) -> None:
    """Still right: one policy on a group, and the item is done."""
    zoe, group = fresh.create_user("zoe"), fresh.create_group("readers")
    group.attach_policy("ReadOnlyAccess")
    before = (may(zoe, READ), item_of(fresh, FIVE["d"]).is_done)
    group.add_user(zoe)

    assert before == (False, False)
    assert (may(zoe, READ), item_of(fresh, FIVE["d"]).is_done) == (True, True)


def test_s4e_a_password_policy_is_applied_but_matters_little(fresh: Account) -> None:
    """Without one AWS still wants 8 characters of 3 kinds; keys and sessions do not care."""
    zoe = fresh.create_user("zoe")
    for weak in ("Short-1", "only-lower-case", "lowerUPPER"):
        with pytest.raises(PasswordPolicyViolation):
            zoe.create_login_profile(weak)
    zoe.create_login_profile("Longer-1")
    zoe.attach_policy("ReadOnlyAccess")
    key = zoe.create_access_key()
    fresh.update_password_policy(minimum_password_length=14)

    assert item_of(fresh, FIVE["e"]).is_done
    assert "only where IAM users have passwords" in item_of(fresh, FIVE["e"]).today
    assert fresh.world.can(key, READ, MAP)


# -- S5: the "console login link": a little out of date -----------------------------------------


def test_s5_the_link_is_called_console_sign_in_link_and_needs_console_access(
    main: Account, ana: User
) -> None:
    """A user without a password has none."""
    before = (ana.console_sign_in_url, str(ana.summary()))
    ana.create_login_profile(PASSWORD)
    link = f"https://{ID}.signin.aws.amazon.com/console"

    assert before[0] is None
    assert "console sign-in link  no console access" in before[1]
    assert (ana.console_sign_in_url, main.console_sign_in_url) == (link, link)
    assert f"console sign-in link  {link}" in str(ana.summary())
    assert "login link" not in str(ana.summary()).lower()


def test_s5_the_link_is_the_accounts_and_shows_its_alias(main: Account, ana: User) -> None:
    """All users of an account sign in at the same address; a user is named there, not in it."""
    ben = main.create_user("ben")
    for user in (ana, ben):
        user.create_login_profile(PASSWORD)
    main.create_alias("star-maps")

    links = {user.console_sign_in_url for user in (ana, ben)}
    assert links == {"https://star-maps.signin.aws.amazon.com/console"}
    for name in ("star-maps", ID):  # the number stays good
        assert main.world.sign_in(account=name, user="ana", password=PASSWORD).arn == ana.arn


# -- S6: "a policy is for a particular user": out of date ---------------------------------------


def test_s6_one_policy_is_attached_to_users_groups_and_roles_alike(
    main: Account, ana: User
) -> None:
    """It names nobody. It applies to the identity that it is attached to."""
    policy = main.create_policy("read", document(allow(READ, MAP)))
    ben, cleo = main.create_user("ben"), main.create_user("cleo")
    group = main.create_group("sky")
    group.add_user(ben)
    role = main.create_role("reader", assume_role_policy_document=trust({"AWS": ID}))
    for identity in (ana, group, role):
        identity.attach_policy(policy)

    assert [may(who, READ) for who in (ana, ben, role, cleo)] == [True, True, True, False]
    assert all(statement.principal is None for statement in policy.document.statements)


def test_s6_an_identity_based_policy_cannot_even_name_a_user(main: Account, ana: User) -> None:
    """AWS refuses a Principal in it."""
    named = document(allow(READ, MAP, Principal={"AWS": ana.arn}))
    with pytest.raises(MalformedPolicyDocument, match="should not specify a principal"):
        ana.put_policy("for-ana", named)
    with pytest.raises(MalformedPolicyDocument, match="should not specify a principal"):
        main.create_policy("for-ana", named)


def test_s6_resources_ceilings_and_sessions_have_policies_too(main: Account, ana: User) -> None:
    """A bucket's grants, a boundary cuts, a trust policy lets in, a session policy cuts again."""
    world = main.world
    bucket = main.create_bucket("star-maps")
    bucket.put_policy(document(allow(READ, f"{BUCKET}/*", Principal={"AWS": ana.arn})))
    by_resource = world.can(ana, READ, MAP)
    ana.attach_policy("AmazonS3FullAccess")
    ana.put_permissions_boundary("AmazonS3ReadOnlyAccess")
    role = main.create_role("reader", assume_role_policy_document=trust({"AWS": ana.arn}))
    role.attach_policy("AmazonS3FullAccess")
    session = world.sts.assume_role(
        ana,
        role_arn=role.arn,
        role_session_name="s1",
        policy=document(allow(READ, "*")),
    )

    assert by_resource
    assert not world.can(ana, WRITE, MAP)  # the boundary
    assert world.can(role, WRITE, MAP)
    assert (bool(world.can(session, READ, MAP)), bool(world.can(session, WRITE, MAP))) == (
        True,
        False,
    )


# -- S7: an explicit deny wins: true ------------------------------------------------------------


def test_s7_one_deny_beats_ten_allows(main: Account, ana: User) -> None:
    """Ten policies that allow are attached to the user, and one line that denies."""
    for number in range(10):
        ana.attach_policy(main.create_policy(f"allow-{number}", document(allow("*"))))
    before = may(ana, READ)
    ana.put_policy("no", document(deny(READ, MAP)))
    decision = main.world.can(ana, READ, MAP)

    assert len(ana.attached) == 10
    assert (before, bool(decision)) == (True, False)
    assert decision.verdict.name == "EXPLICIT_DENY"
    assert may(ana, READ, f"{BUCKET}/other.fits")


@pytest.mark.parametrize("where", ["user", "group", "boundary", "bucket", "session"])
def test_s7_a_deny_wins_wherever_it_is(main: Account, ana: User, where: str) -> None:
    """Across types of policies, whichever of the others allow."""
    world, caller = main.world, ana
    bucket = main.create_bucket("star-maps")
    bucket.put_policy(document(allow("s3:*", f"{BUCKET}/*", Principal={"AWS": ID})))
    ana.attach_policy("AdministratorAccess")
    group = main.create_group("sky")
    group.add_user(ana)
    no = [allow("*"), deny(READ, MAP)]
    if where == "user":
        ana.put_policy("no", document(*no))
    elif where == "group":
        group.put_policy("no", document(*no))
    elif where == "boundary":
        ana.put_permissions_boundary(main.create_policy("no", document(*no)))
    elif where == "bucket":
        named = {"Principal": {"AWS": ID}}
        statements = [{**item, **named} for item in (allow("s3:*", f"{BUCKET}/*"), no[1])]
        bucket.put_policy(document(*statements))
    else:
        role = main.create_role("all", assume_role_policy_document=trust({"AWS": ana.arn}))
        role.attach_policy("AdministratorAccess")
        caller = world.sts.assume_role(
            ana, role_arn=role.arn, role_session_name="s1", policy=document(*no)
        )

    decision = world.can(caller, READ, MAP)
    assert decision.verdict.name == "EXPLICIT_DENY"
    assert world.can(caller, WRITE, MAP)


def test_s7_without_any_allow_the_answer_is_denied_too(ana: User) -> None:
    """Nobody denied anything: that is the implicit deny, which an Allow lifts."""
    decision = ana.account.world.can(ana, READ, MAP)
    ana.attach_policy("AmazonS3ReadOnlyAccess")

    assert decision.verdict.name == "IMPLICIT_DENY"
    assert may(ana, READ)


# -- S8: "policy templates": true, the words changed --------------------------------------------


def test_s8_aws_managed_policies_are_used_as_they_are(main: Account, ana: User) -> None:
    """By name, without writing a line; the introduction called them templates."""
    ana.attach_policy("AmazonS3ReadOnlyAccess")

    assert ana.attached == ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    assert (may(ana, READ), may(ana, WRITE)) == (True, False)
    listed = main.call("ListPolicies", main.root_arn, Scope="AWS", MaxItems=1000)
    assert len(listed["Policies"]) == 1000
    assert listed["IsTruncated"]


def test_s8_only_aws_changes_them(main: Account) -> None:
    """Unlike a template that one fills in: whoever wants less writes a policy of his own."""
    policy = main.policies["AmazonS3ReadOnlyAccess"]
    with pytest.raises(AccessDenied):
        policy.create_version(document(allow(READ, MAP)), set_as_default=True)
    own = main.create_policy("read-one-map", document(allow(READ, MAP)))

    assert policy.is_aws_managed
    assert not own.is_aws_managed


# -- S9: the three well-known ones --------------------------------------------------------------


SAMPLE = (
    *(
        "s3:GetObject",
        "ec2:TerminateInstances",
        "iam:CreateUser",
        "organizations:LeaveOrganization",
    ),
    *("account:CloseAccount", "kms:Decrypt", "dynamodb:DeleteTable"),
)


def test_s9a_an_administrator_has_full_access(main: Account, ana: User) -> None:
    """Allow * on *."""
    ana.attach_policy("AdministratorAccess")
    [statement] = main.policies["AdministratorAccess"].document.statements

    assert (statement.effect, statement.action, statement.resource) == ("Allow", ("*",), ("*",))
    others = [name for name in SAMPLE if name != "kms:Decrypt"]  # which asks its key
    assert [name for name in others if not may(ana, name, "*")] == []


def test_s9a_an_administrator_can_still_be_limited(main: Account, ana: User) -> None:
    """By a boundary, and by a Deny of the resource."""
    ana.attach_policy("AdministratorAccess")
    bucket = main.create_bucket("star-maps")
    bucket.put_policy(document(deny(READ, f"{BUCKET}/*", Principal="*")))
    denied = may(ana, READ)
    ana.put_permissions_boundary("AmazonS3ReadOnlyAccess")

    assert not denied
    assert not may(ana, "iam:CreateUser", f"arn:aws:iam::{ID}:user/new")


def test_s9b_a_power_user_is_kept_from_more_than_users_and_groups(main: Account, ana: User) -> None:
    """Also from roles, policies, the organization and the account itself: NotAction says it."""
    ana.attach_policy("PowerUserAccess")
    policy = main.policies["PowerUserAccess"]

    assert policy.default_version_id == "v12"
    assert policy.document.statements[0].not_action == ("iam:*", "organizations:*", "account:*")
    kept_from = (
        *("iam:CreateUser", "iam:CreateGroup", "iam:CreateRole", "iam:CreatePolicy"),
        *("iam:PassRole", "organizations:LeaveOrganization", "account:CloseAccount"),
    )
    assert [name for name in kept_from if may(ana, name, "*")] == []
    assert all(may(ana, name, "*") for name in ("ec2:TerminateInstances", "dynamodb:DeleteTable"))


def test_s9b_a_power_user_has_a_few_exceptions(ana: User) -> None:
    """Service-linked roles, the list of roles, what organization this is."""
    ana.attach_policy("PowerUserAccess")
    excepted = (
        *("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles"),
        "organizations:DescribeOrganization",
    )

    assert [name for name in excepted if not may(ana, name, "*")] == []


READS_DATA = (READ, "dynamodb:GetItem", "sqs:ReceiveMessage")


def test_s9c_read_only_access_views_resources_and_changes_none(ana: User) -> None:
    """It lists and describes; it writes, tags and grants nothing."""
    ana.attach_policy("ReadOnlyAccess")
    views = ("s3:ListAllMyBuckets", "ec2:DescribeInstances", "iam:ListUsers")
    changes = (WRITE, "ec2:TerminateInstances", "iam:CreateUser", "s3:PutBucketPolicy")

    assert [name for name in views if not may(ana, name, "*")] == []
    assert [name for name in changes if may(ana, name, "*")] == []


def test_s9c_read_only_access_reads_data_too(main: Account, ana: User) -> None:
    """Who is to see that things are there, and not what is in them, gets ViewOnlyAccess."""
    ana.attach_policy("ReadOnlyAccess")
    viewer, auditor = main.create_user("viewer"), main.create_user("auditor")
    viewer.attach_policy("ViewOnlyAccess")
    auditor.attach_policy("SecurityAudit")

    assert [may(ana, name, "*") for name in READS_DATA[:2]] == [True, True]
    for careful in (viewer, auditor):
        assert [name for name in READS_DATA if may(careful, name, "*")] == []
        assert may(careful, "ec2:DescribeInstances", "*")


# -- S11: users are made in IAM, and have policies ----------------------------------------------


def test_s10_an_identity_based_policy_is_never_attached_to_a_bucket(main: Account) -> None:
    """The refusal names both ways that work: a policy of the bucket's own, and a role or user."""
    bucket = main.create_bucket("star-maps")
    with pytest.raises(AwsError, match="Missing required field Principal") as caught:
        bucket.put_policy(document(allow(READ, f"{BUCKET}/*")))
    assert "attach it to a user, a group or a role" in caught.value.__notes__[0]
    with pytest.raises(RequestError, match=r"not to a bucket.*user.attach_policy.*put_policy"):
        bucket.attach_policy("AmazonS3ReadOnlyAccess")

    assert bucket.policy is None
    bucket.put_policy(document(allow(READ, f"{BUCKET}/*", Principal={"AWS": main.root_arn})))
    assert bucket.policy is not None


def test_s11_users_are_made_in_iam_and_5000_at_most(main: Account, ana: User) -> None:
    """By an operation of IAM, for which its caller needs permission."""
    with pytest.raises(AccessDenied, match="iam:CreateUser"):
        main.call("CreateUser", ana, UserName="ben")
    ana.attach_policy("IAMFullAccess")
    main.call("CreateUser", ana, UserName="ben")

    assert main.world.events[-1].event_source == "iam.amazonaws.com"
    assert set(main.users) == {"ana", "ben"}
    assert main.summary()["UsersQuota"] == 5000


def test_s11_policies_come_at_the_making_or_later_and_several_to_one_user(
    main: Account, ana: User
) -> None:
    """Managed ones, inline ones, those of groups; a boundary can be set at once."""
    ben = main.create_user("ben", permissions_boundary="PowerUserAccess")
    ana.attach_policy("AmazonS3ReadOnlyAccess")
    ana.attach_policy("IAMReadOnlyAccess")
    ana.put_policy("own", document(allow("sqs:SendMessage")))
    group = main.create_group("sky")
    group.attach_policy("AmazonEC2ReadOnlyAccess")
    group.add_user(ana)

    actions = (READ, "iam:ListUsers", "sqs:SendMessage", "ec2:DescribeInstances")
    assert [name for name in actions if not may(ana, name, "*")] == []
    assert [how for _, how in ana.summary().policies] == [
        *("attached", "attached", "inline", "attached to group sky")
    ]
    assert (ben.boundary or "").endswith("/PowerUserAccess")


def test_s11_ten_managed_policies_twenty_if_asked_for(main: Account, ana: User) -> None:
    """And inline policies as long as all of them together have 2,048 characters."""
    made = [main.create_policy(f"p{number}", document(allow(READ, MAP))) for number in range(21)]
    for policy in made[:10]:
        ana.attach_policy(policy)
    with pytest.raises(LimitExceeded, match="PoliciesPerUser: 10"):
        ana.attach_policy(made[10])
    main.quotas["PoliciesPerUser"] = 20
    for policy in made[10:20]:
        ana.attach_policy(policy)
    with pytest.raises(LimitExceeded, match="PoliciesPerUser: 20"):
        ana.attach_policy(made[20])

    ana.put_policy("first", document(allow(READ, f"{BUCKET}/{'x' * 1500}")))
    with pytest.raises(LimitExceeded, match="2048 bytes exceeded for user ana"):
        ana.put_policy("second", document(allow(READ, f"{BUCKET}/{'y' * 600}")))
    assert (len(ana.attached), list(ana.inline)) == (20, ["first"])


# -- S12: groups --------------------------------------------------------------------------------


def test_s12_a_groups_policies_apply_to_its_members_as_long_as_they_are(
    main: Account, ana: User
) -> None:
    """One change reaches all members; who leaves loses it."""
    ben, group = main.create_user("ben"), main.create_group("sky")
    for user in (ana, ben):
        group.add_user(user)
    group.attach_policy("AmazonS3ReadOnlyAccess")
    both = [may(user, READ) for user in (ana, ben)]
    group.remove_user(ben)

    assert both == [True, True]
    assert [may(user, READ) for user in (ana, ben)] == [True, False]


def test_s12_groups_do_not_nest_and_are_nobody(main: Account, ana: User) -> None:
    """No group in a group; no group calls; no trust policy or bucket policy names one."""
    inner, outer = main.create_group("inner"), main.create_group("outer")
    inner.add_user(ana)
    with pytest.raises(
        RequestError,
        match="Add the users of group inner to group outer: ana",
    ):
        outer.add_user(inner)
    with pytest.raises(RequestError, match="isn't a principal"):
        main.world.can(inner, READ, MAP)
    with pytest.raises(AwsError, match="Invalid principal"):
        main.create_role("r", assume_role_policy_document=trust({"AWS": inner.arn}))
    bucket = main.create_bucket("star-maps")
    with pytest.raises(AwsError, match="Invalid principal"):
        bucket.put_policy(document(allow(READ, f"{BUCKET}/*", Principal={"AWS": inner.arn})))


def test_s12_a_user_is_in_ten_groups_and_an_account_has_300(main: Account, ana: User) -> None:
    """At most; the second number can be raised."""
    for number in range(300):
        group = main.create_group(f"g{number}")
        if number < 10:
            group.add_user(ana)
    with pytest.raises(LimitExceeded, match="GroupsPerUser: 10"):
        main.groups["g10"].add_user(ana)
    with pytest.raises(LimitExceeded, match="Groups"):
        main.create_group("one-more")

    assert (len(ana.groups), len(main.groups)) == (10, 300)


# -- S22: when a secret can be had --------------------------------------------------------------


def test_s22_a_secret_is_shown_when_its_key_is_made_and_never_again(ana: User) -> None:
    """Not when the user is made: a user has no keys, and gets two at most."""
    keyless = list(ana.access_keys)
    first, second = ana.create_access_key(), ana.create_access_key()
    with pytest.raises(LimitExceeded, match="AccessKeysPerUser: 2"):
        ana.create_access_key()
    with pytest.raises(RequestError, match="shown only once"):
        _ = ana.access_keys[0].secret_access_key

    assert keyless == []
    assert first.secret_access_key != second.secret_access_key


def test_s22_no_operation_tells_a_secret_but_the_making(main: Account, ana: User) -> None:
    """Every operation that reads is asked; a lost secret means another key, "re-issued" or not."""
    secret = ana.create_access_key().secret_access_key
    key_id = ana.access_keys[0].access_key_id
    request = {
        "ListAccessKeys": {"UserName": "ana"},
        "GetAccessKeyLastUsed": {"AccessKeyId": key_id},
        "GetUser": {"UserName": "ana"},
        "ListUsers": {},
        "GetAccountAuthorizationDetails": {},
    }
    answers = [main.call(name, main.root_arn, **arguments) for name, arguments in request.items()]
    ana.access_keys[0].delete()
    anew = ana.create_access_key()

    assert secret not in json.dumps(answers, default=str)
    assert "SecretAccessKey" not in json.dumps(answers, default=str)
    assert (anew.access_key_id, anew.secret_access_key) != (key_id, secret)


def test_s22_a_rotation_never_leaves_a_gap(main: Account, ana: User) -> None:
    """What two keys are for: the new one works before the old one goes."""
    ana.attach_policy("AmazonS3ReadOnlyAccess")
    old = ana.create_access_key()
    new = ana.create_access_key()
    both = [bool(main.world.can(key, READ, MAP)) for key in (old, new)]
    old.update("Inactive")
    with pytest.raises(AwsError, match="security token"):
        main.world.can(old, READ, MAP)
    old.delete()

    assert both == [True, True]
    assert main.world.can(new, READ, MAP)


def test_s22b_the_console_shows_id_status_age_and_last_use_but_no_secret(
    main: Account, ana: User
) -> None:
    """The page of a user, ten days after its key was made."""
    ana.attach_policy("AmazonEC2ReadOnlyAccess")
    key = ana.create_access_key()
    main.world.clock.advance(days=10)
    main.world.do(key, "ec2:DescribeInstances", "*")
    [shown] = ana.summary().access_keys

    assert (shown.access_key_id, shown.status) == (key.access_key_id, "Active")
    assert (shown.age_days, shown.last_used) == (10, "2026-12-05, ec2 in us-east-1")
    assert key.access_key_id in str(ana.summary())
    assert key.secret_access_key not in f"{ana.summary()}{ana.summary()!r}"


# -- S10: "policies can never be attached to AWS resources": wrong ------------------------------


def resources_of(account: Account) -> dict[str, tuple[Any, str]]:
    """One of each kind of resource that can have a policy of its own, with an action on it."""
    return {
        "bucket": (account.create_bucket("star-maps"), "s3:ListBucket"),
        "queue": (account.create_queue("jobs"), "sqs:SendMessage"),
        "topic": (account.create_topic("news"), "sns:Publish"),
        "key": (account.create_key(), "kms:Decrypt"),
        "secret": (account.create_secret("password"), "secretsmanager:GetSecretValue"),
        "table": (account.create_table("stars"), "dynamodb:GetItem"),
        "repository": (account.create_repository("telescope"), "ecr:BatchGetImage"),
        "event bus": (account.create_event_bus("sky"), "events:PutEvents"),
    }


@pytest.mark.parametrize(
    "kind", ["bucket", "queue", "topic", "key", "secret", "table", "repository", "event bus"]
)
def test_s10_a_resource_has_a_policy_that_says_who_may_touch_it(
    main: Account, ana: User, kind: str
) -> None:
    """It lets a user in to which nothing is attached at all, and its Deny keeps everybody out."""
    resource, action = resources_of(main)[kind]
    assert not may(ana, action, resource.arn)
    who = {"Principal": {"AWS": ana.arn}}
    named = {} if kind == "repository" else {"Resource": resource.arn}
    rules = {"Effect": "Allow", "Action": action, **who, **named}
    keep = allow("kms:*", Principal={"AWS": main.root_arn})  # else nobody could fix the key

    resource.put_policy(document(rules, *([keep] if kind == "key" else [])))
    assert may(ana, action, resource.arn)

    ana.attach_policy("AdministratorAccess")
    resource.put_policy(document({**rules, "Effect": "Deny"}, *([keep] if kind == "key" else [])))
    assert not may(ana, action, resource.arn)


def test_s10_a_role_has_a_policy_about_itself_too(main: Account, ana: User) -> None:
    """The trust policy: IAM's only resource-based policy."""
    role = main.create_role("audit", assume_role_policy_document=trust({"AWS": ana.arn}))

    assert may(ana, "sts:AssumeRole", role.arn)


def test_s10_an_instance_has_no_policy_but_gets_a_role(main: Account) -> None:
    """What it may do, its role says; the statement was right of EC2 alone."""
    role = main.create_role(
        "web", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"})
    )
    main.create_instance_profile("web").add_role("web")
    instance = main.create_instance(instance_profile="web")
    with pytest.raises(RequestError):
        instance.attach_policy("AmazonS3ReadOnlyAccess")
    assert not hasattr(instance, "put_policy")
    main.create_bucket("star-maps")
    session = instance.role_session()
    assert not main.world.can(session, READ, MAP)

    role.attach_policy("AmazonS3ReadOnlyAccess")

    assert main.world.can(session, READ, MAP)


# -- S17: cross-account access with roles: true -------------------------------------------------


@pytest.mark.parametrize("asks", [True, False], ids=["may ask", "may not ask"])
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "not trusted"])
def test_s17_a_role_of_another_account_needs_both_sides(
    main: Account, ana: User, *, asks: bool, trusted: bool
) -> None:
    """The role's trust policy, and sts:AssumeRole in the caller's own account."""
    partner = main.world.create_account("partner", account_id="222222222222")
    principal = main.root_arn if trusted else partner.root_arn
    role = partner.create_role("audit", assume_role_policy_document=trust({"AWS": principal}))
    if asks:
        ana.put_policy("ask", document(allow("sts:AssumeRole", role.arn)))

    assert may(ana, "sts:AssumeRole", role.arn) is (asks and trusted)


def test_s17_naming_the_very_user_is_not_enough_abroad(main: Account, ana: User) -> None:
    """At home it is."""
    partner = main.world.create_account("partner", account_id="222222222222")
    at_home = main.create_role("own", assume_role_policy_document=trust({"AWS": ana.arn}))
    abroad = partner.create_role("audit", assume_role_policy_document=trust({"AWS": ana.arn}))

    assert may(ana, "sts:AssumeRole", at_home.arn)
    assert not may(ana, "sts:AssumeRole", abroad.arn)


def test_s17_a_third_party_shows_the_external_id(main: Account, ana: User) -> None:
    """So that it cannot be made to use the role for another of its customers."""
    partner = main.world.create_account("partner", account_id="222222222222")
    ana.put_policy("ask", document(allow("sts:AssumeRole", "*")))
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": main.root_arn},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "acme-1"}},
    }
    role = partner.create_role("audit", assume_role_policy_document=document(statement))

    assert not may(ana, "sts:AssumeRole", role.arn)
    assert not may(ana, "sts:AssumeRole", role.arn, **{"sts:ExternalId": "acme-2"})
    assert may(ana, "sts:AssumeRole", role.arn, **{"sts:ExternalId": "acme-1"})


def test_s17_the_role_gives_its_permissions_and_takes_those_of_its_user(
    main: Account, ana: User
) -> None:
    """A resource policy is the other way, and keeps both."""
    world = main.world
    partner = world.create_account("partner", account_id="222222222222")
    partner.create_bucket("star-maps")
    role = partner.create_role("audit", assume_role_policy_document=trust({"AWS": ana.arn}))
    role.attach_policy("AmazonS3ReadOnlyAccess")
    ana.put_policy("ask", document(allow("sts:AssumeRole", role.arn), allow("iam:GetUser")))
    session = world.sts.assume_role(ana, role_arn=role.arn, role_session_name="ana")
    assert world.can(session, READ, MAP)
    assert not world.can(session, "iam:GetUser", ana.arn)
    assert not may(ana, READ)

    policy = {**allow(READ, f"{BUCKET}/*"), "Principal": {"AWS": ana.arn}}
    world.bucket("star-maps").put_policy(document(policy))
    ana.put_policy("read", document(allow(READ, f"{BUCKET}/*")))

    assert may(ana, READ)
    assert may(ana, "iam:GetUser", ana.arn)


def test_s17_service_control_policies_hold_for_the_caller_not_for_the_role_abroad(
    main: Account, ana: User
) -> None:
    """Each organization limits the principals of its own members."""
    world = main.world
    partner = world.create_account("partner", account_id="222222222222")
    organization = world.create_organization(world.create_account("boss"))
    role = partner.create_role("audit", assume_role_policy_document=trust({"AWS": ana.arn}))
    ana.put_policy("ask", document(allow("sts:AssumeRole", role.arn)))
    guard = organization.create_policy("no-sts", document(deny("sts:AssumeRole")))
    organization.invite_account(partner).accept()
    guard.attach(partner)
    assert may(ana, "sts:AssumeRole", role.arn)

    organization.invite_account(main).accept()
    guard.attach(main)

    assert not may(ana, "sts:AssumeRole", role.arn)

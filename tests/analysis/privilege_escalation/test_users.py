"""Ways to become another user: keys, passwords, MFA devices, credentials for services."""

from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.privilege_escalation.reach import Reach
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.way_checks import (
    ALL,
    HERE,
    MAIN,
    Row,
    edges,
    proved,
    small_world,
    without,
)
from tests.policy.documents import allow, deny, document

EVE = f"{HERE}:user/eve"
ENTER = allow("iam:CreateAccessKey", EVE)


def with_keys(number: int) -> Any:
    """Let eve have some access keys."""
    return lambda main: [main.users["eve"].create_access_key() for _ in range(number)]


def with_password(main: Account) -> None:
    """Let eve have a password, which must be changed at her next sign-in."""
    main.users["eve"].create_login_profile("Some-Other-1", password_reset_required=True)


def with_devices(main: Account) -> None:
    """Let eve have two MFA devices."""
    for name in ("phone", "tablet"):
        main.users["eve"].create_virtual_mfa_device(name).enable(main.users["eve"])


def with_device_and_password(main: Account) -> None:
    """Let eve have both."""
    with_devices(main)
    with_password(main)


def in_group(main: Account) -> None:
    """Let eve be in a group that has a policy."""
    main.create_group("readers").attach_policy("own")
    main.groups["readers"].add_user("eve")
    main.create_group("strong").put_policy("all", ALL)


def with_policy(main: Account) -> None:
    """Let eve have a customer managed policy."""
    main.users["eve"].attach_policy("own")


def with_all_versions(main: Account) -> None:
    """Let that policy have as many versions as may be."""
    with_policy(main)
    for _ in range(4):
        main.policies[f"{HERE}:policy/own"].create_version(document(allow("s3:ListBucket")))


def with_credentials(main: Account) -> None:
    """Let eve have two Git passwords."""
    for _ in range(2):
        main.users["eve"].create_service_specific_credential("codecommit.amazonaws.com")


VERSION = ["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"]
SERVICES = "iam:ServiceSpecificCredentialServiceName"
FOR_GIT = {"Condition": {"StringEquals": {SERVICES: "codecommit.amazonaws.com"}}}
ROWS = (
    Row(10, (ENTER,), "user/eve"),
    Row(10, (ENTER,), "user/eve", with_keys(1)),
    Row(10, (ENTER,), "user/eve", with_devices),
    Row(11, (allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"]),), "user/eve", with_keys(2)),
    Row(12, (allow("iam:CreateLoginProfile", EVE),), "user/eve in the console"),
    Row(13, (allow("iam:UpdateLoginProfile", EVE),), "user/eve in the console", with_password),
    Row(
        28,
        (allow(["iam:DeactivateMFADevice", "iam:UpdateLoginProfile"], EVE),),
        "user/eve in the console",
        with_device_and_password,
    ),
    Row(
        28,
        (allow(["iam:DeactivateMFADevice", "iam:CreateLoginProfile"], EVE),),
        "user/eve in the console",
        with_devices,
    ),
    Row(20, (ENTER, allow("iam:PutUserPolicy", EVE)), "user/eve with any permission"),
    Row(20, (ENTER, allow("iam:AttachUserPolicy", EVE)), "user/eve with any permission"),
    Row(
        20,
        (allow("iam:CreateLoginProfile"), allow("iam:PutUserPolicy")),
        "user/eve in the console and with any permission",
    ),
    Row(
        20,
        (
            ENTER,
            allow(
                "iam:AttachUserPolicy",
                Condition={"ArnEquals": {"iam:PolicyARN": f"{HERE}:policy/own"}},
            ),
        ),
        "user/eve with own",
    ),
    Row(20, (ENTER, allow("iam:PutGroupPolicy")), "user/eve with any permission", in_group),
    Row(
        20,
        (ENTER, allow("iam:AddUserToGroup", f"{HERE}:group/strong")),
        "user/eve in the group strong",
        in_group,
    ),
    Row(
        20,
        (ENTER, allow("iam:CreatePolicyVersion")),
        "user/eve with own rewritten to allow all",
        with_policy,
    ),
    Row(
        20,
        (ENTER, allow(VERSION)),
        "user/eve with own rewritten to allow all",
        with_all_versions,
    ),
    Row(
        31,
        (allow("iam:CreateServiceSpecificCredential", EVE, **FOR_GIT),),
        "user/eve in codecommit",
    ),
    Row(
        31,
        (allow("iam:ResetServiceSpecificCredential", EVE),),
        "user/eve in codecommit",
        with_credentials,
    ),
    Row(31, (allow("iam:UploadSSHPublicKey", EVE),), "user/eve in codecommit"),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_way_is_gone_where_one_of_its_calls_is_refused(row: Row) -> None:
    """By a Deny, a boundary or an SCP, for each permission that it needs."""
    world = row.world()
    found = edges(world, f"{HERE}:user/dana", row.number)
    (edge,) = [edge for edge in found if str(edge.target) == row.target]
    for permission in edge.permissions:
        for how, closed in without(row, permission).items():
            left = row.named(closed)
            assert row.target not in left, (permission, how)


STATES = (
    (Row(10, (ENTER,), "user/eve", with_keys(2)), "two keys are the most"),
    (Row(11, (allow("iam:*AccessKey"),), "user/eve", with_keys(1)), "there is room for a key"),
    (Row(12, (allow("iam:CreateLoginProfile"),), "user/eve", with_password), "it has a password"),
    (Row(13, (allow("iam:UpdateLoginProfile"),), "user/eve"), "it has no password"),
    (Row(12, (allow("iam:*LoginProfile"),), "user/eve", with_devices), "MFA is asked for"),
    (Row(13, (allow("iam:*"),), "user/eve", with_device_and_password), "MFA is asked for"),
    (Row(28, (allow("iam:*"),), "user/eve", with_password), "there is no device"),
    (Row(20, (ENTER, allow("iam:PutUserPolicy")), "user/eve", with_keys(2)), "no key to be had"),
    (Row(20, (allow("iam:PutUserPolicy"),), "user/eve"), "a policy alone makes nobody eve"),
    (
        Row(20, (ENTER, allow("iam:CreatePolicyVersion")), "user/eve", with_all_versions),
        "five versions are the most",
    ),
    (
        Row(31, (allow("iam:CreateServiceSpecific*"),), "user/eve", with_credentials),
        "two passwords for a service are the most",
    ),
    (Row(10, (allow("iam:CreateAccessKey", f"{EVE}l"),), "user/eve"), "another user is meant"),
)


@pytest.mark.parametrize(("row", "why"), STATES, ids=str)
def test_a_way_needs_the_right_state(row: Row, why: str) -> None:
    """Permissions are not enough: limits count, and what is there already."""
    targets = row.targets(row.world())

    assert not [target for target in targets if target.startswith("user/eve")], why


def test_nobody_becomes_himself_by_his_own_key() -> None:
    """Dana may make herself a second key: it gives her nothing."""
    row = Row(10, (allow("iam:*AccessKey", f"{HERE}:user/dana"),), "")

    assert row.targets(row.world()) == []


def test_a_session_in_the_console_gets_more_by_a_key_of_its_user() -> None:
    """What is allowed without temporary credentials only is out of reach of the console."""
    main = small_world()
    dana = main.users["dana"]
    outside = {"Condition": {"Null": {"aws:TokenIssueTime": "true"}}}
    dana.put_policy("keys", document(allow("iam:CreateAccessKey"), allow("s3:*", **outside)))
    dana.create_login_profile("Correct-Horse-1")
    session = main.world.sign_in(account="main", user="dana", password="Correct-Horse-1")

    assert not main.world.can(session, "s3:GetObject", "arn:aws:s3:::maps/x")
    found = proved(main.world, session, 10)
    assert [str(edge.target) for edge in found] == ["user/dana", "user/eve"]
    assert main.world.reach().path(session, dana) is not None


def test_what_a_boundary_keeps_from_a_user_no_policy_gives() -> None:
    """The user's own boundary caps what dana gives to it."""
    row = ROWS[8]
    world = row.world()
    world.user("eve").put_permissions_boundary("limit")

    (edge,) = proved(world, f"{HERE}:user/dana", 20)
    assert not world.reach().is_admin(edge.target)


def test_a_password_that_is_set_suits_every_password_policy() -> None:
    """As long as can be, with letters of all kinds; and nobody reads it in the calls."""
    row = ROWS[4]
    world = row.world()
    world.account(MAIN).update_password_policy(
        minimum_password_length=128,
        require_symbols=True,
        require_numbers=True,
        require_uppercase_characters=True,
        require_lowercase_characters=True,
    )

    (edge,) = proved(world, f"{HERE}:user/dana", 12)
    shown = [*map(str, edge.calls), *map(repr, edge.calls)]
    assert "a password that the caller chooses" in shown[-2]
    assert not [line for line in shown if "Aa1-" in line]


def test_an_access_key_is_more_than_a_password_where_policies_ask_for_the_console() -> None:
    """The console says that no MFA was used; a key says nothing of it."""
    row = Row(12, (allow("iam:CreateLoginProfile"), ENTER), "")
    world = row.world()
    no_mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}
    world.user("eve").put_policy("guard", document(deny("s3:*", **no_mfa)))
    reach = world.reach()
    by_number = {
        edge.way.number: edge.target for edge in proved(world, f"{HERE}:user/dana", 10, 12)
    }

    assert not _reads(reach, by_number[12])
    assert _reads(reach, by_number[10])


def _reads(reach: Reach, power: Any) -> bool:
    return bool(reach.world.can(power.principal, "s3:GetObject", "arn:aws:s3:::maps/x"))


def test_a_credential_for_a_service_is_good_for_nothing_else() -> None:
    """Eve reads maps too; in CodeCommit she does not."""
    row = ROWS[-1]
    world = row.world()
    world.user("eve").put_policy("all", ALL)

    (edge,) = proved(world, f"{HERE}:user/dana", 31)
    reach = world.reach()
    assert reach.world.can(edge.target.principal, "codecommit:GitPull", "arn:aws:codecommit:::x")
    assert not _reads(reach, edge.target)
    assert not reach.is_admin(edge.target)


def test_a_signing_certificate_counts_only_if_a_service_still_takes_it() -> None:
    """No page says so: it is a condition."""
    row = Row(31, (allow("iam:UploadSigningCertificate"),), "")
    world = row.world()
    world.user("eve").put_policy("machines", document(allow("ec2:*")))

    (edge,) = proved(world, f"{HERE}:user/dana", 31)
    assert edge.conditions == ("EC2 takes requests that are signed with a certificate",)
    assert str(edge.target) == "user/eve in ec2"


def test_a_principal_without_permissions_in_a_service_is_not_a_gain() -> None:
    """A Git password of somebody without repositories opens nothing."""
    row = Row(31, (allow("iam:UploadSSHPublicKey"),), "")
    world = row.world()
    world.user("eve").put_policy("reads", document(allow("s3:Get*")))

    assert row.targets(world) == []


@pytest.fixture
def loaded() -> World:
    """The small account as if it came from an export; dana may set passwords and make keys."""
    world = Row(13, (ENTER, allow("iam:*LoginProfile")), "").world()
    world.loaded = True
    return world


def test_what_an_export_does_not_tell_becomes_a_condition(loaded: World) -> None:
    """It has no keys, passwords and devices: nobody knows which of the ways it is."""
    found = proved(loaded, f"{HERE}:user/dana", 10, 12, 13)

    of_eve = {edge.way.number: edge.conditions for edge in found if edge.target.arn == EVE}
    assert of_eve == {
        10: ("the user has fewer than two access keys",),
        12: ("the user has no password yet, and no MFA device",),
        13: ("the user has a password, and no MFA device",),
    }


def test_an_account_that_is_known_has_no_such_conditions() -> None:
    """The world made it: so it knows."""
    assert proved(ROWS[4].world(), f"{HERE}:user/dana", 12)[0].conditions == ()


# New users --------------------------------------------------------------------------------------

MAKES = ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateAccessKey"]


def condition(**keys: Any) -> dict[str, Any]:
    """Write a condition."""
    return {"Condition": keys}


def demands(arn: str) -> dict[str, Any]:
    """Ask for a boundary."""
    return condition(StringEquals={"iam:PermissionsBoundary": arn})


NEW = (
    Row(22, (allow(MAKES),), "user/reach with any permission"),
    Row(
        22,
        (allow(["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateLoginProfile"]),),
        "user/reach in the console and with any permission",
    ),
    Row(
        22,
        (
            allow(MAKES[:2], **demands(f"{HERE}:policy/limit")),
            allow("iam:CreateAccessKey"),
        ),
        "user/reach under the boundary limit and with any permission",
    ),
    Row(22, (allow(MAKES, f"{HERE}:user/dev/*"),), "user/dev/reach with any permission"),
    Row(
        22,
        (allow(MAKES, f"{HERE}:user/${{aws:username}}-*"),),
        "user/dana-reach with any permission",
    ),
    Row(
        22,
        (
            allow(
                ["iam:CreateUser", "iam:TagUser"],
                **condition(StringEquals={"aws:RequestTag/team": "${aws:PrincipalTag/team}"}),
            ),
            allow(MAKES[1:], **condition(StringEquals={"aws:ResourceTag/team": "sky"})),
        ),
        "user/reach tagged team=sky and with any permission",
    ),
    Row(
        22,
        (allow(["iam:CreateUser", "iam:CreateAccessKey", "iam:AddUserToGroup"]),),
        "user/reach in the group strong",
        in_group,
    ),
)


@pytest.mark.parametrize("row", NEW, ids=str)
def test_no_user_is_made_where_one_of_the_calls_is_refused(row: Row) -> None:
    """By a Deny, a boundary or an SCP."""
    found = edges(row.world(), f"{HERE}:user/dana", 22)
    (edge,) = [edge for edge in found if str(edge.target) == row.target]
    for permission in edge.permissions:
        for how, closed in without(row, permission).items():
            assert row.target not in row.named(closed), (permission, how)


def test_a_boundary_that_is_demanded_caps_the_new_user() -> None:
    """Any permission, but within the boundary: no administrator."""
    world = NEW[2].world()

    (edge,) = proved(world, f"{HERE}:user/dana", 22)
    reach = world.reach()
    assert not reach.is_admin(edge.target)
    assert _reads(reach, edge.target)


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    """Another one is found; where the policy names only one, there is no way."""
    row = NEW[0]
    world = row.world()
    world.account(MAIN).create_user("Reach")
    assert row.targets(world) == ["user/reach-2 with any permission"]

    only = Row(22, (allow(MAKES, f"{HERE}:user/eve"),), "")
    assert only.targets(only.world()) == []


def test_an_account_that_is_full_gets_no_new_user() -> None:
    """The quota of users counts."""
    world = NEW[0].world()
    main = world.account(MAIN)
    main.quotas["Users"] = len(main.users)

    assert NEW[0].targets(world) == []


def test_users_of_another_are_not_a_gain_for_a_principal_who_can_only_look() -> None:
    """Reading is no way."""
    row = Row(10, (allow(["iam:Get*", "iam:List*"]),), "")
    world = row.world()

    assert not world.reach().edges_from(f"{HERE}:user/dana")

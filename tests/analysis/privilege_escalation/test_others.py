"""Ways to make more of somebody else first: boundaries, Denys, tags; and room for a policy."""

from typing import Any

import pytest

from iamlab.world.account import Account
from tests.analysis.privilege_escalation.way_checks import (
    ALL,
    HERE,
    Row,
    edges,
    proved,
    trusting,
    without,
)
from tests.policy.documents import allow, deny, document

DANA, EVE, STARS = f"{HERE}:user/dana", f"{HERE}:user/eve", f"{HERE}:role/stars"
KEY = allow("iam:CreateAccessKey", EVE)
ASSUME = allow("sts:AssumeRole", STARS)
OPEN = {"Condition": {"StringEquals": {"aws:ResourceTag/open": "yes"}}}


def with_password(main: Account) -> None:
    """Let eve have a password."""
    main.users["eve"].create_login_profile("Some-Other-1")


def with_password_and_device(main: Account) -> None:
    """Let eve have both."""
    with_password(main)
    main.users["eve"].create_virtual_mfa_device("phone").enable(main.users["eve"])


def bounded(main: Account) -> None:
    """Let eve be nearly an administrator under a boundary."""
    main.users["eve"].put_policy("all", ALL)
    main.users["eve"].put_permissions_boundary("own")


def denied(main: Account) -> None:
    """Let eve's second policy deny what the first allows."""
    main.users["eve"].put_policy("all", ALL)
    main.users["eve"].put_policy("no", document(deny("s3:*")))


def denied_by_group(main: Account) -> None:
    """Let eve's group deny it."""
    main.users["eve"].put_policy("all", ALL)
    group = main.create_group("fence")
    group.put_policy("no", document(deny("s3:*")))
    group.add_user("eve")


def denied_by_managed(main: Account) -> None:
    """Let a managed policy deny it, to eve and to the role."""
    policy = main.create_policy("no", document(deny("s3:*")))
    main.users["eve"].attach_policy(policy)
    main.roles["stars"].attach_policy(policy)
    trusted(main)


def trusted(main: Account) -> None:
    """Let the role trust its account."""
    main.roles["stars"].update_assume_role_policy(trusting(f"{HERE}:root"))


def denied_role(main: Account) -> None:
    """Let the role deny what it allows."""
    trusted(main)
    main.roles["stars"].put_policy("no", document(deny("s3:*")))


def full(main: Account) -> None:
    """Let dana have as many managed policies as may be."""
    for number in range(10):
        policy = main.create_policy(f"p{number}", document(allow("s3:ListBucket")))
        main.users["dana"].attach_policy(policy)


def full_group(main: Account) -> None:
    """Let dana's group have as many."""
    main.create_group("sky").add_user("dana")
    for number in range(10):
        policy = main.create_policy(f"p{number}", document(allow("s3:ListBucket")))
        main.groups["sky"].attach_policy(policy)


ROWS = (
    Row(
        12,
        (allow(["iam:DeleteLoginProfile", "iam:CreateLoginProfile"], EVE),),
        "user/eve in the console",
        with_password,
    ),
    Row(
        28,
        (allow(["iam:De*", "iam:CreateLoginProfile"], EVE),),
        "user/eve in the console",
        with_password_and_device,
    ),
    Row(
        23,
        (allow("iam:DeleteUserPermissionsBoundary", EVE), KEY),
        "user/eve without its boundary",
        bounded,
    ),
    Row(
        23,
        (
            allow(["iam:DeleteUserPermissionsBoundary", "iam:PutUserPolicy"], EVE),
            allow("iam:CreateLoginProfile", EVE),
        ),
        "user/eve in the console and with any permission and without its boundary",
        bounded,
    ),
    Row(27, (allow("iam:DeleteUserPolicy", EVE), KEY), "user/eve without no", denied),
    Row(27, (allow("iam:DetachUserPolicy", EVE), KEY), "user/eve without no", denied_by_managed),
    Row(27, (allow("iam:DeleteGroupPolicy"), KEY), "user/eve without no", denied_by_group),
    Row(
        27,
        (allow("iam:RemoveUserFromGroup"), KEY),
        "user/eve out of the group fence",
        denied_by_group,
    ),
    Row(
        27,
        (allow(["iam:DeleteUserPolicy", "iam:PutUserPolicy"], EVE), KEY),
        "user/eve with any permission and without no",
        denied,
    ),
    Row(27, (allow("iam:DeleteRolePolicy", STARS), ASSUME), "role/stars without no", denied_role),
    Row(
        27,
        (allow("iam:DetachRolePolicy", STARS), ASSUME),
        "role/stars without no",
        denied_by_managed,
    ),
    Row(
        27,
        (allow(["iam:DeleteRolePolicy", "iam:PutRolePolicy"], STARS), ASSUME),
        "role/stars with any permission and without no",
        denied_role,
    ),
    Row(
        30,
        (allow("iam:TagRole"), allow("sts:AssumeRole", **OPEN)),
        "role/stars tagged open=yes",
        trusted,
    ),
    Row(
        30,
        (
            allow("iam:TagRole"),
            allow("sts:AssumeRole", Condition={"StringLike": {"iam:ResourceTag/open": "y*"}}),
        ),
        "role/stars tagged open=yreach",
        trusted,
    ),
    Row(
        30,
        (allow("iam:TagUser"), allow("iam:CreateAccessKey", **OPEN)),
        "user/eve tagged open=yes",
    ),
    Row(
        3,
        (allow(["iam:DetachUserPolicy", "iam:AttachUserPolicy"], DANA),),
        "user/dana with any permission and without p0",
        full,
    ),
    Row(
        4,
        (allow(["iam:DetachGroupPolicy", "iam:AttachGroupPolicy"]),),
        "user/dana with any permission and without p0",
        full_group,
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_limits_another_is_taken_away(row: Row) -> None:
    """Each call is let, and what is promised is so."""
    assert row.target in row.targets(row.world())


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_it_is_gone_where_one_of_its_calls_is_refused(row: Row) -> None:
    """By a Deny, a boundary or an SCP, for each permission that it needs."""
    found = edges(row.world(), DANA, row.number)
    (edge,) = [edge for edge in found if str(edge.target) == row.target]
    for permission in edge.permissions:
        for how, closed in without(row, permission).items():
            assert row.target not in row.named(closed), (permission, how)


def keys(before: Any) -> Any:
    """Let eve have two keys in addition."""

    def make(main: Account) -> None:
        before(main)
        for _ in range(2):
            main.users["eve"].create_access_key()

    return make


def tags(main: Account) -> None:
    """Let there be not a room for one more tag."""
    trusted(main)
    many = {f"k{number}": "v" for number in range(50)}
    main.users["eve"].tag(many)
    main.roles["stars"].tag(many)


def is_enough(main: Account) -> None:
    """Let the tags be there."""
    trusted(main)
    main.users["eve"].tag({"open": "yes"})
    main.roles["stars"].tag({"open": "yes"})


BOUNDARY = allow("iam:DeleteUserPermissionsBoundary")
STATES = (
    (Row(12, (allow("iam:*LoginProfile"),), "", with_password), "it may be changed"),
    (
        Row(
            12,
            (allow(["iam:DeleteLoginProfile", "iam:CreateLoginProfile"]),),
            "",
            with_password_and_device,
        ),
        "MFA is asked for",
    ),
    (Row(23, (BOUNDARY, KEY), "", keys(bounded)), "two keys are the most"),
    (Row(23, (BOUNDARY, KEY), ""), "there is no boundary"),
    (Row(23, (BOUNDARY,), "", bounded), "nobody becomes eve"),
    (Row(27, (allow("iam:DeleteUserPolicy"), KEY), ""), "nothing denies"),
    (Row(27, (allow("iam:DeleteUserPolicy"),), "", denied), "nobody becomes eve"),
    (Row(27, (allow("iam:DeleteUserPolicy"), KEY), "", keys(denied)), "two keys are the most"),
    (Row(27, (allow("iam:DetachUserPolicy"), KEY), "", denied), "it is written, not attached"),
    (Row(27, (allow("iam:DeleteRolePolicy"), ASSUME), "", trusted), "nothing denies"),
    (Row(30, (allow("iam:Tag*"), allow("sts:*", **OPEN)), "", tags), "fifty tags are the most"),
    (Row(30, (allow("iam:Tag*"), allow("sts:*", **OPEN)), ""), "dana is not trusted"),
    (Row(30, (allow("iam:Tag*"), allow("sts:*", **OPEN)), "", is_enough), "it is tagged so"),
    (
        Row(30, (allow("iam:Tag*"), allow("iam:CreateAccessKey", EVE, **OPEN)), "", keys(trusted)),
        "two keys are the most",
    ),
    (Row(3, (allow("iam:AttachUserPolicy"),), "", full), "ten policies are the most"),
)


@pytest.mark.parametrize(("row", "why"), STATES, ids=str)
def test_limits_and_states_count(row: Row, why: str) -> None:
    """Permissions are not enough."""
    assert row.targets(row.world()) == [], why


def test_an_administrator_is_not_shown_every_detour() -> None:
    """He needs none of it."""
    for number, before in ((23, bounded), (27, denied_role), (30, trusted)):
        row = Row(number, (allow("*"), allow("sts:AssumeRole", **OPEN)), "", before)
        assert row.targets(row.world()) == []


def test_a_policy_that_lets_one_attach_is_not_given_up() -> None:
    """What is taken away to make room may not be what one needs."""
    row = Row(3, (), "", full)
    world = row.world()
    dana = world.user("dana")
    both = document(allow(["iam:DetachUserPolicy", "iam:AttachUserPolicy"]))
    world.account("main").create_policy("a", both)
    dana.detach_policy(f"{HERE}:policy/p0")
    dana.attach_policy("a")
    (edge,) = proved(world, DANA, 3)
    assert "p1" in str(edge.target)
    for number in range(1, 10):
        dana.detach_policy(f"{HERE}:policy/p{number}")
        dana.attach_policy(world.account("main").create_policy(f"b{number}", both))
    assert len(proved(world, DANA, 3)) == 1


def test_no_room_is_made_by_what_one_needs_for_it() -> None:
    """Only the policy that lets dana attach others may be taken away."""
    world = Row(3, (allow("iam:ListUsers"),), "", full).world()
    dana, own = world.user("dana"), f"{HERE}:policy/a"
    only = {"Condition": {"ArnEquals": {"iam:PolicyARN": own}}}
    both = document(allow("iam:AttachUserPolicy"), allow("iam:DetachUserPolicy", **only))
    dana.detach_policy(f"{HERE}:policy/p0")
    dana.attach_policy(world.account("main").create_policy("a", both))
    assert edges(world, DANA, 3) == []


def test_a_deny_that_is_gone_for_all_of_a_group_is_gone_for_all() -> None:
    """Dana is in it, too."""
    row = Row(27, (allow("iam:DeleteGroupPolicy"), KEY), "", denied_by_group)
    world = row.world()
    world.account("main").groups["fence"].add_user("dana")
    assert {str(edge.target) for edge in proved(world, DANA, 27)} == {
        "user/dana without no",
        "user/eve without no",
    }

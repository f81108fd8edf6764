"""Ways by groups that one is not in: for oneself, for another user, for a new one."""

import pytest

from iamlab.analysis.privilege_escalation.finders.own_calls import ALL
from iamlab.errors import AccessDenied
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.way_checks import (
    HERE,
    MAIN,
    Row,
    edges,
    proved,
    small_world,
    without,
)
from tests.policy.documents import allow, deny, document

DANA, EVE = f"{HERE}:user/dana", f"{HERE}:user/eve"
PUT = allow("iam:PutGroupPolicy")
ADD = allow("iam:AddUserToGroup")
CREATE = allow("iam:CreateGroup")
READS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ONLY_READS = {"Condition": {"ArnEquals": {"iam:PolicyARN": READS}}}


def with_group(main: Account) -> None:
    """Let there be a group without policies and members."""
    main.create_group("stars", path="/sky/")


def with_two_groups(main: Account) -> None:
    """Let one of two groups deny something."""
    main.create_group("anvil").put_policy("no", document(deny("s3:*")))
    with_group(main)


def without_keys(main: Account) -> None:
    """Let eve have two keys, and no password."""
    for _ in range(2):
        main.users["eve"].create_access_key()


def group(name: str, what: str = "with any permission") -> str:
    """Return what dana becomes."""
    return f"user/dana in the group {name} and {what}"


ROWS = (
    Row(9, (PUT, ADD, CREATE), group("reach")),
    Row(9, (PUT, ADD), group("stars"), with_group),
    Row(9, (allow("iam:AttachGroupPolicy"), ADD), group("stars"), with_group),
    Row(9, (allow("iam:AttachGroupPolicy"), ADD, CREATE), group("reach")),
    Row(
        9,
        (allow("iam:AttachGroupPolicy", **ONLY_READS), ADD),
        group("stars", "with ReadOnlyAccess"),
        with_group,
    ),
    Row(
        9,
        (allow("iam:AttachGroupPolicy", **ONLY_READS), ADD, CREATE),
        group("reach", "with ReadOnlyAccess"),
    ),
    Row(
        9,
        (
            allow(
                ["iam:PutGroupPolicy", "iam:AddUserToGroup", "iam:CreateGroup"], f"{HERE}:group/a/*"
            ),
        ),
        group("reach"),
    ),
    Row(
        20,
        (
            PUT,
            ADD,
            CREATE,
            deny("iam:AddUserToGroup", f"{HERE}:group/no*"),
            allow("iam:CreateAccessKey", EVE),
        ),
        "user/eve in the group reach and with any permission",
    ),
    Row(
        20,
        (PUT, ADD, allow("iam:CreateLoginProfile", EVE)),
        "user/eve in the console and in the group stars and with any permission",
        with_group,
    ),
    Row(
        22,
        (PUT, ADD, CREATE, allow(["iam:CreateUser", "iam:CreateAccessKey"])),
        "user/reach in the group reach and with any permission",
    ),
    Row(
        22,
        (PUT, ADD, allow(["iam:CreateUser", "iam:CreateLoginProfile"])),
        "user/reach in the console and in the group stars and with any permission",
        with_group,
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_group_one_is_not_in_is_a_way(row: Row) -> None:
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


def full_of_groups(main: Account) -> None:
    """Let dana be in as many groups as may be."""
    for number in range(10):
        main.create_group(f"g{number}").add_user("dana")


def full_group(main: Account) -> None:
    """Let the group have as many managed policies as may be."""
    with_group(main)
    for number in range(10):
        policy = main.create_policy(f"p{number}", document(allow("s3:ListBucket")))
        main.groups["stars"].attach_policy(policy)


STATES = (
    (Row(9, (PUT, ADD, CREATE), "", full_of_groups), "ten groups are the most"),
    (Row(9, (allow("iam:AttachGroupPolicy"), ADD), "", full_group), "ten policies are the most"),
    (Row(9, (PUT, ADD), ""), "there is no group"),
    (Row(9, (PUT, CREATE), "", with_group), "nobody may be put into it"),
    (Row(9, (ADD, CREATE), "", with_group), "it may be given nothing"),
    (
        Row(9, (allow("iam:PutGroupPolicy", f"{HERE}:group/x"), ADD), "", with_group),
        "another group is meant",
    ),
    (
        Row(20, (PUT, ADD, CREATE, allow("iam:CreateAccessKey", EVE)), "", without_keys),
        "two keys are the most",
    ),
)


@pytest.mark.parametrize(("row", "why"), STATES, ids=str)
def test_limits_and_resources_count(row: Row, why: str) -> None:
    """Permissions are not enough."""
    assert [target for target in row.targets(row.world()) if "any permission" in target] == [], why


def eve_in_groups(main: Account) -> None:
    """Let eve be in as many groups as may be, and let there be one more."""
    for number in range(10):
        main.create_group(f"g{number}").add_user("eve")
    with_group(main)


def test_another_user_may_have_no_room_for_a_group() -> None:
    """Ten are the most."""
    only = allow(["iam:PutGroupPolicy", "iam:AddUserToGroup"], f"{HERE}:group/sky/*")
    row = Row(20, (only, allow("iam:CreateAccessKey", EVE)), "", eve_in_groups)
    assert row.targets(row.world()) == []


def test_whoever_joins_a_group_has_its_denys_too() -> None:
    """There is no other group: what it is given is capped by what it denies."""
    world = Row(9, (PUT, ADD), "", with_two_groups).world(deny("*", f"{HERE}:group/sky/*"))
    found = {str(edge.target): edge for edge in proved(world, DANA, 9)}
    power = found[group("anvil")].target
    assert world.can(power.principal, "ec2:RunInstances", "*")
    assert not world.can(power.principal, "s3:GetObject", "arn:aws:s3:::maps/x")


def test_a_group_of_the_right_name_is_made() -> None:
    """If policies let one write groups of one name only, it gets that."""
    only = f"{HERE}:group/x"
    row = Row(9, (allow(["iam:PutGroupPolicy", "iam:CreateGroup"], only), ADD), "", with_group)
    assert row.targets(row.world()) == [group("x")]


def test_a_group_without_a_deny_is_chosen() -> None:
    """Whoever joined the other one would have its Deny as well."""
    row = Row(9, (PUT, ADD), "", with_two_groups)
    assert row.targets(row.world()) == ["user/dana in the group anvil", group("stars")]


def test_who_gives_himself_all_needs_no_group() -> None:
    """It would only be a longer way to the same."""
    row = Row(9, (PUT, ADD, CREATE, allow("iam:PutUserPolicy", DANA)), "")
    assert row.targets(row.world()) == []
    admin = Row(9, (allow("*"),), "", with_group)
    assert admin.targets(admin.world()) == []


def test_a_boundary_caps_what_the_group_gives() -> None:
    """The way is there, and leads to no administrator."""
    world = ROWS[0].world()
    world.user("dana").put_permissions_boundary("limit")
    (edge,) = proved(world, DANA, 9)
    assert not world.reach().is_admin(edge.target)


def test_a_cut_closes_the_way_by_a_group_too() -> None:
    """A cut that claims to close a path closes it."""
    main = small_world()
    main.users["dana"].put_policy("risky", document(allow("iam:*")))
    dana, world = main.users["dana"], main.world
    cut = world.reach().cut(dana, keep=[(dana, "iam:ListUsers", "*")])
    assert cut.is_closed
    after = cut.apply()
    named = {"GroupName": "x"}
    written = {**named, "PolicyName": "p", "PolicyDocument": ALL}
    calls = (
        ("CreateGroup", named),
        ("PutGroupPolicy", written),
        ("AddUserToGroup", {**named, "UserName": "dana"}),
    )
    with pytest.raises(AccessDenied):
        _ = [after.account(MAIN).call(name, DANA, **parameters) for name, parameters in calls]

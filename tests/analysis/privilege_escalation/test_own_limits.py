"""The own ways at their limits: the very resource, quotas, guards."""

from typing import Any

import pytest

from iamlab.world.account import Account
from tests.analysis.privilege_escalation.own_paths import Own
from tests.analysis.privilege_escalation.test_own import (
    DANA,
    MAP,
    OTHER,
    ROLE,
    START,
    TEAM,
    edges,
    give,
    made,
    managed,
)
from tests.policy.documents import allow, deny, document

KINDS = ("user", "group", "role", "policy", "mfa")
NOWHERE = [f"{START}:{kind}/nobody" for kind in KINDS]
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
LIMIT = f"{START}:policy/limit"
WITH_LIMIT = {"StringEquals": {"iam:PermissionsBoundary": LIMIT}}
PROBE = ("iamlab-probe:AnythingAtAll", "*")


def labels(main: Account, caller: Any, number: int) -> list[str]:
    """Return what the edges of a way lead to."""
    return [str(edge.target) for edge in edges(main, caller, number)]


def proved(main: Account, *numbers: int, caller: Any = DANA) -> list[bool]:
    """Follow ways, each time by the last edge; say what the replay may in the end."""
    own = Own(main.world)
    power, taken = own.power(caller), []
    for number in numbers:
        edge = own.edges(power, number)[-1]
        taken.append(edge)
        power = edge.target
    path = own.reach.along(*taken)
    kept = own.kept(path, [MAP, PROBE])
    assert kept == own.promised(power, [MAP, PROBE])
    return kept


# Resources ---------------------------------------------------------------------------------------

ON_WHAT = {
    1: "iam:CreatePolicyVersion",
    2: "iam:SetDefaultPolicyVersion",
    3: "iam:AttachUserPolicy",
    4: "iam:AttachGroupPolicy",
    5: "iam:AttachRolePolicy",
    6: "iam:PutUserPolicy",
    7: "iam:PutGroupPolicy",
    8: "iam:PutRolePolicy",
    9: "iam:AddUserToGroup",
    23: "iam:DeleteUserPermissionsBoundary",
    24: "iam:DeleteRolePermissionsBoundary",
    25: "iam:Put*PermissionsBoundary",
    26: "iam:CreatePolicyVersion",
    27: "iam:De*Policy",
    29: "iam:*MFADevice",
    30: "iam:Tag*",
}


def everything_at_once(main: Account, resource: Any) -> None:
    """Make a world in which each way needs only its permission: on these resources."""
    limit = managed(main, "limit", allow(["iam:*", "sts:*"]))
    wide = managed(main, "wide", allow("s3:*"))
    for _ in range(2):
        main.policies[wide].create_version(document(allow("ec2:*"), allow("s3:*")))
    main.create_group("admins").attach_policy("AdministratorAccess")
    for item in (main.users["dana"], main.roles["job"]):
        item.attach_policy(wide)
        item.put_permissions_boundary(limit)
        give(item, deny("ec2:*", Condition=TEAM), name="deny")
        asks = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        give(item, allow("s3:*", Condition=TEAM), allow("s3:*", Condition=asks), name="asks")
        give(item, allow(list(ON_WHAT.values()), resource))
        item.tag({"team": "sky"})


@pytest.mark.parametrize("number", ON_WHAT)
def test_a_way_needs_its_right_on_the_very_thing(number: int) -> None:
    """On everything it is there, on something else it is not."""
    caller = ROLE if number in (5, 8, 24) else DANA
    here, there = made(), made()
    everything_at_once(here, "*")
    everything_at_once(there, NOWHERE)

    assert edges(here, caller, number)
    assert not edges(there, caller, number)


# Quotas ------------------------------------------------------------------------------------------


def test_ten_attached_policies_are_the_most() -> None:
    """Then nothing is attached, though it may be."""
    main = made()
    give(main.users["dana"], allow("iam:AttachUserPolicy"))
    for number in range(9):
        main.users["dana"].attach_policy(managed(main, f"p{number}", allow("s3:ListAllMyBuckets")))
    assert edges(main, DANA, 3)

    main.users["dana"].attach_policy(managed(main, "p9", allow("s3:ListAllMyBuckets")))

    assert not edges(main, DANA, 3)


def test_only_as_many_are_attached_as_there_is_room_for() -> None:
    """Of three that may be attached two fit."""
    main = made()
    dana = main.users["dana"]
    for number in range(8):
        dana.attach_policy(managed(main, f"p{number}", allow("s3:ListAllMyBuckets")))
    more = [managed(main, f"more{number}", allow("sqs:*")) for number in range(3)]
    own = {"ArnEquals": {"iam:PolicyARN": more}}
    give(dana, allow("iam:AttachUserPolicy", Condition=own))

    found = edges(main, DANA, 3)

    assert sorted(len(edge.calls) for edge in found) == [1, 1, 1, 2]
    for edge in found:
        Own(main.world).reach.along(edge).replay()


def test_ten_groups_are_the_most() -> None:
    """Whoever is in ten joins none."""
    main = made()
    main.create_group("admins").attach_policy("AdministratorAccess")
    give(main.users["dana"], allow("iam:AddUserToGroup"))
    for number in range(8):
        main.create_group(f"g{number}").add_user("dana")
    assert edges(main, DANA, 9)

    main.create_group("last").add_user("dana")

    assert not edges(main, DANA, 9)


def test_a_full_user_writes_over_the_largest_policy() -> None:
    """All inline policies share one limit; what is written over is gone, and is not missed."""
    main = made()
    dana = main.users["dana"]
    give(dana, allow("iam:PutUserPolicy"), name="reach")
    give(dana, allow("s3:GetObject", f"arn:aws:s3:::{'x' * 1800}"), name="large")

    (edge,) = edges(main, DANA, 6)

    assert edge.calls[0].parameters["PolicyName"] == "large"
    assert proved(main, 6) == [True, True]


def test_the_name_of_what_is_written_is_free() -> None:
    """A policy that has the usual name already stays."""
    main = made()
    give(main.users["dana"], allow("iam:PutUserPolicy"), name="reach")

    (edge,) = edges(main, DANA, 6)

    assert edge.calls[0].parameters["PolicyName"] == "reach-2"


def test_more_than_fifty_tags_are_refused() -> None:
    """Another value for one of them is not one more."""
    main = made()
    dana = main.users["dana"]
    dana.tag({f"key{number}": "x" for number in range(50)})
    give(dana, allow("iam:TagUser"), allow("s3:*", Condition=TEAM))
    assert not edges(main, DANA, 30)

    dana.untag(["key0"])
    dana.tag({"Team": "sea"})

    assert proved(main, 30) == [True, False]


def test_a_passkey_shows_no_code() -> None:
    """With passkeys one registers a device that does, as long as there is room for one."""
    main = made()
    dana = main.users["dana"]
    asks = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    give(dana, allow("iam:*MFADevice"), allow("s3:*", Condition=asks))
    for number in range(7):
        dana.register_passkey(f"key{number}")
    assert proved(main, 29) == [True, False]

    dana.register_passkey("last")

    assert not edges(main, DANA, 29)


def test_a_device_gets_a_name_that_is_free() -> None:
    """The user's own name, if it is."""
    main = made()
    asks = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    give(main.users["dana"], allow("iam:*MFADevice"), allow("s3:*", Condition=asks))
    (edge,) = edges(main, DANA, 29)
    assert edge.calls[0].parameters["VirtualMFADeviceName"] == "dana"

    main.create_virtual_mfa_device("dana")

    (edge,) = edges(main, DANA, 29)
    assert edge.calls[0].parameters["VirtualMFADeviceName"] == "dana-2"


# Guards ------------------------------------------------------------------------------------------


def test_only_the_policies_that_the_guard_names_can_be_attached() -> None:
    """``iam:PolicyARN``: not AdministratorAccess."""
    main = made()
    only = {"ArnEquals": {"iam:PolicyARN": READ_ONLY}}
    give(main.users["dana"], allow("iam:AttachUserPolicy", Condition=only))

    assert labels(main, DANA, 3) == ["user/dana with ReadOnlyAccess"]
    assert proved(main, 3) == [True, False]


def test_a_deny_of_one_policy_leaves_a_detour() -> None:
    """Whoever may not attach AdministratorAccess attaches IAMFullAccess, and writes a policy."""
    main = made()
    but = {"ArnEquals": {"iam:PolicyARN": ADMIN}}
    give(main.users["dana"], allow("iam:AttachUserPolicy"))
    give(main.users["dana"], deny("iam:AttachUserPolicy", Condition=but), name="guard")

    path = main.world.reach().path(DANA)

    assert path is not None
    assert [edge.way.number for edge in path.edges] == [3, 6]
    assert "iam:AttachUserPolicy" in str(path)
    replay = path.replay()
    assert replay.world.can(replay.principal, *PROBE, allow_unknown=True)


def test_a_guard_on_the_boundary_lets_only_bounded_users_be_written_to() -> None:
    """Dana without a boundary writes nothing; she sets the boundary on herself, and is capped."""
    main = made()
    managed(main, "limit", allow(["iam:*", "s3:*"]))
    writes = ["iam:PutUserPolicy", "iam:PutUserPermissionsBoundary"]
    give(main.users["dana"], allow(writes, Condition=WITH_LIMIT))

    assert not edges(main, DANA, 6)
    assert proved(main, 25, 6) == [True, False]


def test_without_the_boundary_that_a_guard_asks_for_the_way_is_closed() -> None:
    """What a call says of the caller's boundary is what has become of it."""
    main = made()
    main.users["dana"].put_permissions_boundary(managed(main, "limit", allow(["iam:*", "s3:*"])))
    give(main.users["dana"], allow("iam:PutUserPolicy", Condition=WITH_LIMIT))
    give(main.users["dana"], allow("iam:DeleteUserPermissionsBoundary"), name="free")
    assert proved(main, 6, 23) == [True, True]

    own = Own(main.world)
    (freed,) = own.edges(own.power(DANA), 23)

    assert not own.edges(freed.target, 6)


def test_a_role_is_written_to_before_its_boundary_goes_if_the_guard_wants_it() -> None:
    """And after it is set, if the guard wants the new one."""
    main = made()
    managed(main, "limit", allow(["iam:*", "s3:*"]))
    main.roles["other"].put_permissions_boundary(LIMIT)
    puts = allow(["iam:PutRolePolicy"], Condition=WITH_LIMIT)
    give(main.users["dana"], allow(["sts:AssumeRole", "iam:DeleteRole*"]), puts)
    (before,) = edges(main, DANA, 24)
    assert [call.name for call in before.calls][:1] == ["PutRolePolicy"]
    assert proved(main, 24) == [True, True]

    tight = managed(main, "tight", allow("iam:ListUsers"))
    main.roles["other"].put_permissions_boundary(tight)
    sets = ["sts:AssumeRole", "iam:PutRolePermissionsBoundary"]
    give(main.users["dana"], allow(sets), puts)
    with_limit = [edge for edge in edges(main, DANA, 25) if "limit" in str(edge.target)]

    assert [call.name for call in with_limit[0].calls][1:2] == ["PutRolePolicy"]
    Own(main.world).reach.along(with_limit[0]).replay()


def test_a_role_whose_trust_may_be_written_is_freed_too() -> None:
    """Though it lets nobody in."""
    main = made()
    service = {**allow("sts:AssumeRole", None), "Principal": {"Service": "ec2.amazonaws.com"}}
    del service["Resource"]
    main.roles["other"].update_assume_role_policy(document(service))
    main.roles["other"].put_permissions_boundary(managed(main, "limit", allow("iam:ListUsers")))
    rights = ["iam:DeleteRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy"]
    give(main.roles["other"], allow("s3:*"))
    give(main.users["dana"], allow(rights, OTHER))

    assert proved(main, 24) == [True, False]


def test_a_guard_on_tags_says_which_may_be_set() -> None:
    """``aws:TagKeys`` is compared with the letters' case, and ``aws:RequestTag`` as it says."""
    main = made()
    dana = main.users["dana"]
    sets = {
        "StringEquals": {"aws:RequestTag/Team": "sky"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]},
    }
    give(dana, allow("iam:TagUser", Condition=sets), allow("s3:*", Condition=TEAM))
    assert proved(main, 30) == [True, False]

    sets["StringEquals"] = {"aws:RequestTag/Team": "sea"}
    give(dana, allow("iam:TagUser", Condition=sets), allow("s3:*", Condition=TEAM))

    assert not edges(main, DANA, 30)


def test_tags_of_resources_say_which_tag_is_worth_having() -> None:
    """The classic ABAC policy compares the caller's tag with the bucket's."""
    main = made()
    same = {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}}
    bucket = main.create_bucket("star-maps")
    bucket.tag({"project": "m31"})
    give(main.users["dana"], allow("iam:TagUser"), allow("s3:*", Condition=same))

    assert "user/dana tagged project=m31" in labels(main, DANA, 30)

"""Own ways one after the other: what one step does to the next."""

from typing import Any

import pytest

from tests.analysis.privilege_escalation.own_paths import Own
from tests.analysis.privilege_escalation.test_own import (
    DANA,
    MAP,
    OTHER,
    ROLE,
    TEAM,
    edges,
    give,
    made,
    managed,
)
from tests.analysis.privilege_escalation.test_own_limits import (
    LIMIT,
    PROBE,
    READ_ONLY,
    labels,
    proved,
)
from tests.policy.documents import allow, deny, document


def test_what_is_written_over_a_deny_takes_its_place() -> None:
    """``PutUserPolicy`` under the names of the policies that deny: no right to delete is needed."""
    main = made()
    give(main.users["dana"], allow("iam:PutUserPolicy"))
    for name in ("not-s3", "not-s3-either"):  # which say the same
        give(main.users["dana"], deny("s3:*"), name=name)

    (edge,) = edges(main, DANA, 6)

    assert {call.parameters["PolicyName"] for call in edge.calls} == {"not-s3", "not-s3-either"}
    assert proved(main, 6) == [True, True]


def test_equal_denies_are_taken_away_one_by_one() -> None:
    """Two policies may say the same, and are two all the same."""
    main = made()
    give(main.users["dana"], allow(["s3:*", "iam:DeleteUserPolicy"]))
    for name in ("one", "two"):
        give(main.users["dana"], deny("s3:*"), name=name)

    found = edges(main, DANA, 27)

    assert [len(edge.calls) for edge in found] == [1, 1, 2]
    assert proved(main, 27) == [True, False]


def test_a_deny_that_guards_another_goes_first() -> None:
    """The second call is allowed only after the first."""
    main = made()
    give(main.users["dana"], allow(["s3:*", "iam:DeleteUserPolicy", "iam:DetachUserPolicy"]))
    main.users["dana"].attach_policy(managed(main, "a-guarded", deny("s3:*")))
    give(main.users["dana"], deny("iam:DetachUserPolicy"), name="z-guard")

    together = edges(main, DANA, 27)[-1]

    assert [call.name for call in together.calls] == ["DeleteUserPolicy", "DetachUserPolicy"]
    assert proved(main, 27) == [True, False]


def test_a_policy_that_also_allows_the_taking_goes_last() -> None:
    """What is taken away takes its Allows along."""
    main = made()
    give(main.users["dana"], allow("iam:DeleteUserPolicy"), deny("ec2:*"), name="a-both")
    give(main.users["dana"], deny("s3:*"), name="z-deny")
    give(main.users["dana"], allow("s3:*"), name="s3")

    together = edges(main, DANA, 27)[-1]

    assert [call.parameters["PolicyName"] for call in together.calls] == ["z-deny", "a-both"]
    assert proved(main, 27) == [True, False]


def test_a_joined_group_is_ones_own_and_one_that_was_left_is_not() -> None:
    """Permissions on own groups depend on the present memberships."""
    main = made()
    writers = main.create_group("writers")
    give(writers, allow("iam:PutGroupPolicy", writers.arn))
    give(main.users["dana"], allow(["iam:AddUserToGroup", "iam:RemoveUserFromGroup", "s3:*"]))
    assert not edges(main, DANA, 7)
    assert proved(main, 9, 7) == [True, True]

    give(main.groups["team"], deny("s3:*"))
    writes = allow("iam:PutGroupPolicy", main.groups["team"].arn)
    give(main.users["dana"], allow(["iam:RemoveUserFromGroup", "s3:*"]), writes)
    own = Own(main.world)
    (left,) = own.edges(own.power(DANA), 27)

    assert str(left.target) == "user/dana out of the group team"
    assert not own.edges(left.target, 7)
    assert proved(main, 27) == [True, False]


def test_a_right_that_a_group_gives_is_used_afterwards() -> None:
    """Whoever cannot have all at once is looked at with what it was given."""
    main = made()
    cleaners = main.create_group("cleaners")
    give(cleaners, allow("iam:DeleteUserPolicy"))
    give(main.users["dana"], allow("iam:AddUserToGroup", cleaners.arn), allow("s3:*"))
    give(main.users["dana"], deny("s3:*"), name="not-s3")

    assert proved(main, 9, 27) == [True, False]


def test_what_a_group_was_given_is_lost_with_the_group() -> None:
    """Its own Deny can only be left behind together with it."""
    main = made()
    main.groups["team"].attach_policy(managed(main, "not-s3", deny("s3:*")))
    rights = ["iam:PutGroupPolicy", "iam:RemoveUserFromGroup"]
    give(main.users["dana"], allow(rights))
    boundary = managed(main, "boundary", allow([*rights, "s3:*"]))
    main.users["dana"].put_permissions_boundary(boundary)

    assert proved(main, 7, 27) == [False, False]


def test_a_groups_denies_come_with_its_allows() -> None:
    """To join it gives both; groups without a Deny can be joined all at once."""
    main = made()
    give(main.create_group("both"), allow("*"), deny("s3:*"))
    give(main.create_group("maps"), allow("s3:*"))
    give(main.create_group("queues"), allow("sqs:*"))
    give(main.users["dana"], allow("iam:AddUserToGroup"))

    found = {str(edge.target): edge for edge in edges(main, DANA, 9)}

    assert set(found) == {
        "user/dana in the group both",
        "user/dana in the group maps",
        "user/dana in the group queues",
        "user/dana in the group maps and in the group queues",
    }
    own = Own(main.world)
    for edge in found.values():
        probes = [MAP, PROBE, ("sqs:ListQueues", "*")]
        assert own.kept(own.reach.along(edge), probes) == own.promised(edge.target, probes)


def test_policies_of_one_name_are_distinguished() -> None:
    """One is AWS's, one the account's own: two powers, not one."""
    main = made()
    own = managed(main, "ReadOnlyAccess", allow("sqs:*"))
    either = {"ArnEquals": {"iam:PolicyARN": [own, READ_ONLY]}}
    give(main.users["dana"], allow("iam:AttachUserPolicy", Condition=either))

    assert len({edge.target for edge in edges(main, DANA, 3)}) == 3


def test_an_older_version_is_only_worth_setting_if_it_allows_more() -> None:
    """Or denies less."""
    main = made()
    arn = managed(main, "own", allow("iam:SetDefaultPolicyVersion"))
    policy = main.policies[arn]
    policy.create_version(document(allow("iam:SetDefaultPolicyVersion"), deny("s3:*")))
    main.users["dana"].attach_policy(arn)
    assert not edges(main, DANA, 2)

    policy.set_default_version("v2")

    assert labels(main, DANA, 2) == ["user/dana with v1 of own"]


def test_a_version_that_is_in_force_is_not_deleted_to_make_room() -> None:
    """After another one was set, the room is made by one that is in force no more."""
    main = made()
    rights = ["iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion"]
    arn = managed(main, "own", allow([*rights, "iam:CreatePolicyVersion"]))
    policy = main.policies[arn]
    policy.create_version(document(allow(rights)), set_as_default=True)
    for _ in range(3):
        policy.create_version(document(allow(rights)))
    main.users["dana"].attach_policy(arn)

    assert proved(main, 2, 1) == [True, True]


def test_a_managed_session_policy_that_is_rewritten_limits_no_more() -> None:
    """It is looked up with every call: only policies that were sent along stay as they are."""
    main = made()
    arn = managed(main, "narrow", allow("iam:CreatePolicyVersion"))
    give(main.roles["job"], allow("*"))
    give(main.users["dana"], allow("sts:AssumeRole"))
    session = main.world.sts.assume_role(
        main.users["dana"], role_arn=ROLE, role_session_name="dana", policy_arns=[arn]
    )

    assert proved(main, 1, caller=session) == [True, True]


@pytest.mark.parametrize("path", ["/aws-service-role/x.amazonaws.com/", "/aws-reserved/sso/"])
def test_a_role_of_aws_cannot_be_changed(path: str) -> None:
    """Not by its own sessions, whatever they may."""
    main = made()
    role = main.roles["job"]
    give(role, allow("iam:*"), deny("s3:*"), allow("s3:*", Condition=TEAM))
    ways = (5, 8, 27, 30)
    assert all(edges(main, ROLE, number) for number in ways)

    role.path = path  # so it is made by AWS only
    main.changed()

    assert not [number for number in ways if edges(main, role.arn, number)]


def test_mfa_is_used_once_and_only_where_it_matters() -> None:
    """A policy that does not ask for it gives nothing for it."""
    main = made()
    dana = main.users["dana"]
    dana.create_virtual_mfa_device("phone").enable(dana)
    give(dana, allow("s3:*"))
    assert not edges(main, DANA, 29)

    give(dana, allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    own = Own(main.world)
    (edge,) = own.edges(own.power(DANA), 29)

    assert edge.conditions == ("the caller has the MFA device",)
    assert not own.edges(edge.target, 29)
    assert str(edge.target) == "user/dana with MFA"


def test_a_bucket_that_asks_for_mfa_is_reason_enough() -> None:
    """Also a policy of somebody else, if it can be about the caller."""
    main = made()
    dana = main.users["dana"]
    dana.create_virtual_mfa_device("phone").enable(dana)
    asks = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    about = allow("s3:GetObject", "arn:aws:s3:::star-maps/*", Condition=asks)
    bucket = main.create_bucket("star-maps")
    bucket.put_policy(document({**about, "Principal": {"AWS": "222222222222"}}))
    assert not edges(main, DANA, 29)

    bucket.put_policy(document({**about, "Principal": {"AWS": DANA}}))

    assert proved(main, 29) == [True, False]


def test_tags_of_a_session_win_over_what_is_written_to_its_role() -> None:
    """So a session cannot give itself a tag that it has been given."""
    main = made()
    role = main.roles["job"]
    lets = {
        **allow(["sts:AssumeRole", "sts:TagSession"], None),
        "Principal": {"AWS": "111111111111"},
    }
    del lets["Resource"]
    role.update_assume_role_policy(document(lets))
    give(role, allow("iam:TagRole"), allow("s3:*", Condition=TEAM))
    give(main.users["dana"], allow("sts:*"))

    def session(**tags: str) -> Any:
        return main.world.sts.assume_role(
            main.users["dana"], role_arn=ROLE, role_session_name="dana", tags=tags
        )

    assert not edges(main, session(team="sea"), 30)
    assert proved(main, 30, caller=session(site="x")) == [True, False]


def test_a_role_that_goes_by_its_own_tags_may_be_lost_by_tagging_it() -> None:
    """The tags of a role are the resource's when it is assumed."""
    main = made()
    closed = {"StringEquals": {"aws:ResourceTag/team": "sky"}}
    give(main.roles["other"], allow("s3:*", Condition=TEAM))
    give(main.users["dana"], allow(["iam:TagRole", "sts:AssumeRole"], OTHER))
    assert edges(main, DANA, 30)

    give(main.users["dana"], deny("sts:AssumeRole", Condition=closed), name="guard")

    assert not edges(main, DANA, 30)


def test_whoever_may_do_all_gains_nothing_by_more() -> None:
    """Administrators have no own ways but past a Deny or a boundary."""
    main = made()
    main.users["dana"].attach_policy("AdministratorAccess")
    main.create_group("admins").attach_policy("AdministratorAccess")

    assert not [
        edge for number in (1, 3, 4, 6, 7, 9, 23, 25, 26, 27) for edge in edges(main, DANA, number)
    ]


def test_a_policy_that_was_rewritten_is_so_for_all_who_have_it() -> None:
    """Whoever is taken afterwards has it in the new version too."""
    main = made()
    rights = ["iam:CreatePolicyVersion", "iam:TagRole", "sts:AssumeRole"]
    shared = managed(main, "shared", allow(rights))
    main.users["dana"].attach_policy(shared)
    main.roles["other"].attach_policy(shared)
    give(main.roles["other"], allow("sqs:*", Condition=TEAM))

    assert proved(main, 1, 30) == [True, True]


def test_a_boundary_that_was_rewritten_opens_what_it_had_closed() -> None:
    """All that one may have is not all as long as the boundary is there."""
    main = made()
    rights = [allow(["iam:PutUserPolicy", "s3:*"]), allow("iam:CreatePolicyVersion", LIMIT)]
    main.users["dana"].attach_policy(managed(main, "not-s3", deny("s3:*")))
    main.users["dana"].put_permissions_boundary(managed(main, "limit", *rights))
    give(main.users["dana"], *rights)

    assert proved(main, 6, 26) == [False, True]
    assert proved(main, 6, 26, 27) == [True, True]


def test_what_a_later_step_undoes_makes_no_other_power() -> None:
    """To set a boundary and then take it away comes to the same as to take it away."""
    main = made()
    main.users["dana"].put_permissions_boundary(managed(main, "tight", allow("iam:*")))
    managed(main, "loose", allow(["iam:*", "s3:*"]))
    give(main.users["dana"], allow("iam:*UserPermissionsBoundary"))
    own = Own(main.world)
    (free,) = own.edges(own.power(DANA), 23)

    set_first = [edge.target for edge in own.edges(own.power(DANA), 25)]
    free_then = {edge.target for power in set_first for edge in own.edges(power, 23)}

    assert set_first
    assert free_then == {free.target}
    assert str(free.target) == "user/dana without its boundary"


@pytest.mark.slow
def test_there_is_only_a_state_for_useful_selections() -> None:
    """Whoever may have all at once is not looked at with each part of it."""
    main = made()
    dana = main.users["dana"]
    for number in range(4):
        give(main.create_group(f"g{number}"), allow("s3:*", f"arn:aws:s3:::b{number}"))
        policy = managed(main, f"p{number}", allow("sqs:*"))
        main.policies[policy].create_version(document(allow("sns:*")))
        dana.attach_policy(policy)
    tags = [{"StringEquals": {f"aws:PrincipalTag/{key}": "x"}} for key in ("a", "b", "c", "d")]
    asks = allow("rds:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    give(dana, allow("iam:*"), asks, *(allow("ec2:*", Condition=tag) for tag in tags))
    dana.put_permissions_boundary(managed(main, "limit", allow(["iam:*", "ec2:*"])))

    own = Own(main.world)
    powers = {path.target for path in own.paths(own.power(DANA), 3)}

    assert len(powers) < 300

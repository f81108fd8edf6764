"""Two steps one after the other: the second one knows what the first has done."""

import random
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, World
from iamlab.analysis.privilege_escalation.principal_states import (
    CALLS_WITH,
    Edge,
    PrincipalState,
    group_joined,
    policies_gone,
    thing_of,
)
from iamlab.analysis.privilege_escalation.reach import Reach
from iamlab.world.account import Account
from tests.analysis.privilege_escalation import random_role_worlds, random_worlds
from tests.analysis.privilege_escalation.way_checks import HERE, MAIN, prove, small_world, trusting
from tests.effort import tries
from tests.policy.documents import allow, deny, document

DANA = f"{HERE}:user/dana"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def steps(reach: Reach, power: PrincipalState, *numbers: int) -> list[Edge]:
    """Return the edges of a power that can be replayed, of some ways or of all."""
    every = reach._finder.own_edges(power)
    return [
        edge
        for edge in every
        if edge.way.can_be_replayed and (not numbers or edge.way.number in numbers)
    ]


def follow(world: World, caller: str, *numbers: int) -> PrincipalState:
    """Go by the first edge of each way, and prove it; give where that ends."""
    reach = world.reach()
    path: list[Edge] = []
    power = reach._finder.today[caller]
    for number in numbers:
        path.append(steps(reach, power, number)[0])
        power = path[-1].target
    prove(reach, *path)
    return power


@settings(max_examples=tries(8))
@given(st.integers(0, 1_000_000), st.sampled_from([random_worlds, random_role_worlds]))
def test_whatever_two_steps_promise_is_kept(seed: int, worlds: Any) -> None:
    """No call is refused, also of those who come back, and the caller may do just the text."""
    chance, reach = random.Random(seed), worlds.made(seed).reach()
    callers = [arn for arn in reach.principals if not arn.endswith(":root")]
    for arn in chance.sample(callers, 3):
        first = steps(reach, reach._finder.today[arn])
        for edge in chance.sample(first, min(4, len(first))):
            second = steps(reach, edge.target)
            for then in chance.sample(second, min(3, len(second))):
                prove(reach, edge, then, probes=random_worlds.PROBES)


# Coming back -------------------------------------------------------------------------------------


def circle(actions: list[str]) -> Account:
    """Let dana do something to eve, eve become finn, and he the same, and write her policies."""
    main = small_world()
    eve, finn = main.users["eve"], main.create_user("finn")
    main.users["dana"].put_policy("risky", document(allow(actions, [eve.arn, f"{HERE}:mfa/*"])))
    eve.put_policy("risky", document(allow("iam:CreateAccessKey", finn.arn)))
    finn.put_policy("risky", document(allow(["iam:PutUserPolicy", *actions], eve.arn)))
    return main


def test_a_key_that_is_deleted_already_is_not_deleted_again() -> None:
    """Eve has two keys: one goes when she is entered, and none when she is entered once more."""
    main = circle(["iam:CreateAccessKey", "iam:DeleteAccessKey"])
    for _ in range(2):
        main.users["eve"].create_access_key()

    assert str(follow(main.world, DANA, 11, 10, 20)) == "user/eve with any permission"


def test_a_device_that_is_gone_already_is_not_taken_away_again() -> None:
    """Her MFA device goes once."""
    main = circle(["iam:DeactivateMFADevice", "iam:UpdateLoginProfile"])
    main.users["eve"].create_login_profile("Correct-Horse-1")
    main.users["eve"].create_virtual_mfa_device("phone").enable(main.users["eve"])

    there = follow(main.world, DANA, 28, 10, 20)
    assert str(there) == "user/eve in the console and with any permission"


def test_whoever_comes_back_to_herself_is_what_she_has_made_of_herself() -> None:
    """Eve, with any permission in the console, makes herself a key: with this she has it too."""
    main = small_world()
    enters = ["iam:CreateLoginProfile", "iam:PutUserPolicy"]
    main.users["dana"].put_policy("risky", document(allow(enters, f"{HERE}:user/eve")))

    reach = main.world.reach()
    [first] = steps(reach, reach._finder.today[DANA], 20)
    [back] = [
        step for step in steps(reach, first.target, 10) if step.target.arn == first.target.arn
    ]

    assert str(back.target) == "user/eve with any permission"
    prove(reach, first, back)


def test_somebody_new_makes_somebody_with_another_name() -> None:
    """The name of the role that was made is taken by now."""
    main = small_world()
    main.users["dana"].put_policy("risky", document(allow(["iam:CreateRole", "iam:PutRolePolicy"])))

    assert str(follow(main.world, DANA, 21, 21)) == "role/reach-2 with any permission"


# Versions that were set --------------------------------------------------------------------------


def versioned(*actions: str, versions: int = 2) -> Account:
    """Let dana have policy P, whose second version lets her do more."""
    main = small_world()
    policy = main.create_policy("P", Policy.allow("iam:SetDefaultPolicyVersion"))
    policy.create_version(Policy.allow([*actions, "sts:AssumeRole"]))
    for _ in range(versions - 2):
        policy.create_version(Policy.allow("s3:ListBucket"))
    main.users["dana"].attach_policy("P")
    main.create_role("open", assume_role_policy_document=trusting(MAIN))
    return main


def test_the_version_that_is_in_force_is_not_the_one_deleted() -> None:
    """With five versions one goes: one that is not the default by now, whoever has the policy."""
    writes = ("iam:CreatePolicyVersion", "iam:DeletePolicyVersion")
    main = versioned(*writes, versions=5)
    main.roles["open"].attach_policy("P")

    assert str(follow(main.world, DANA, 2, 18)) == "role/open with P rewritten to allow all"


def test_a_policy_is_rewritten_once() -> None:
    """Who rewrote the policy that a role has too takes the role, and need not write it again."""
    main = versioned("iam:CreatePolicyVersion")
    main.roles["open"].attach_policy("P")
    reach = main.world.reach()
    start = reach._finder.today[DANA]
    [changed] = [step.target for step in steps(reach, start, 2) if "v2" in str(step.target)]
    [rewritten] = [step.target for step in steps(reach, changed, 1)]

    assert steps(reach, rewritten, 18) == []
    assert str(follow(main.world, DANA, 2, 1, 15)) == "role/open with P rewritten to allow all"


@pytest.mark.parametrize(
    ("actions", "number", "there"),
    [
        (["iam:AttachRolePolicy"], 16, "role/open with P and with v2 of P"),
        (["iam:CreateRole", "iam:AttachRolePolicy"], 21, "role/reach with P and with v2 of P"),
        (
            ["iam:CreateUser", "iam:AddUserToGroup", "iam:CreateAccessKey"],
            22,
            "user/reach in the group stars and with v2 of P",
        ),
        (
            ["iam:AddUserToGroup", "iam:CreateAccessKey"],
            20,
            "user/eve in the group stars and with v2 of P",
        ),
    ],
)
def test_what_is_handed_over_is_in_the_version_in_force(
    actions: list[str], number: int, there: str
) -> None:
    """Attached, or by a group: the policy says what its default version says by now."""
    main = versioned(*actions)
    main.create_group("stars").attach_policy("P")
    other = {"Condition": {"ArnNotEquals": {"iam:PolicyARN": f"{HERE}:policy/P"}}}
    main.users["dana"].put_policy("only", document(deny("iam:Attach*", **other)))
    reach = main.world.reach()
    [before] = steps(reach, reach._finder.today[DANA], 2)
    found = {str(step.target): step for step in steps(reach, before.target, number)}

    assert there in found
    for edge in found.values():
        prove(reach, before, edge, probes=[(action, "*") for action in actions])


# Groups ------------------------------------------------------------------------------------------


def test_what_a_group_gets_all_of_it_have() -> None:
    """Dana writes her group a policy, and becomes eve, who is in it: she has it too."""
    main = small_world()
    group = main.create_group("stars")
    for name in ("dana", "eve"):
        group.add_user(name)
    risky = ["iam:PutGroupPolicy", "iam:CreateAccessKey"]
    main.users["dana"].put_policy("risky", document(allow(risky)))

    assert str(follow(main.world, DANA, 7, 10)) == "user/eve with any permission"


def test_only_what_changes_a_group_or_a_policy_changes_others() -> None:
    """What somebody has been given himself, or has left, is his own."""
    others = (policies_gone([]), group_joined("stars", ()))

    assert [thing_of(other) for other in others] == ["", ""]


# Credentials -------------------------------------------------------------------------------------


def test_a_power_calls_with_one_kind_of_credentials() -> None:
    """Every change that says with which has the same subject: the later takes the place."""
    main = small_world()
    eve = main.users["eve"]
    eve.create_virtual_mfa_device("phone").enable(eve)
    eve.put_policy("mfa", document(allow("iam:*", Condition=MFA)))
    main.create_user("finn")
    reach = main.world.reach()
    [edge] = steps(reach, reach._finder.today[eve.arn], 29)

    assert [change.about for change in edge.target.changes] == [CALLS_WITH]
    [console] = [
        change
        for step in steps(reach, edge.target, 12)
        for change in step.target.changes
        if step.target.arn == f"{HERE}:user/finn"
    ]
    assert console.about == CALLS_WITH
    assert edge.target.with_(console).changes == (console,)


# Rooms -------------------------------------------------------------------------------------------


def test_a_new_role_gets_as_many_policies_as_a_role_may_have() -> None:
    """Twenty: more than ten, though a user may have no more than that."""
    main = small_world()
    for number in range(24):
        main.create_policy(f"p{number:02}", document(allow(f"s3:Get{number}")))
    own = {"Condition": {"ArnLike": {"iam:PolicyARN": f"{HERE}:policy/p*"}}}
    attaches = allow(["iam:AttachRolePolicy", "iam:AttachUserPolicy"], **own)
    makes = allow(["iam:CreateRole", "iam:CreateUser", "iam:CreateAccessKey"])
    main.users["dana"].put_policy("risky", document(attaches, makes))
    reach = main.world.reach()
    found = steps(reach, reach._finder.today[DANA])

    for number, most in ((21, 20), (22, 10)):
        [first] = islice((edge for edge in found if edge.way.number == number), 1)
        assert sum("Attach" in call.name for call in first.calls) == most
        prove(reach, first)


def test_a_trust_is_written_while_a_condition_on_the_boundary_lets_it_be() -> None:
    """Where a role may be written to under its boundary only, that goes last."""
    main = small_world()
    main.roles["stars"].put_permissions_boundary("limit")
    under = {"StringEquals": {"iam:PermissionsBoundary": f"{HERE}:policy/limit"}}
    main.users["dana"].put_policy("risky", document(allow("*", Condition=under)))
    reach = main.world.reach()
    found = steps(reach, reach._finder.today[DANA], 24)

    assert found
    for edge in found:
        names = [call.name for call in edge.calls]
        taken_away = names.index("DeleteRolePermissionsBoundary")
        assert names.index("UpdateAssumeRolePolicy") < taken_away
        prove(reach, edge)

"""Ways by what is in the world and has a role: functions, instances, permission sets."""

import json
from functools import cache
from typing import Any

import pytest

from iamlab import Policy, World
from iamlab.analysis.privilege_escalation.principal_states import Edge
from iamlab.operations.services.ec2.instance import Instance
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.service_worlds import (
    MAIN,
    OTHER,
    account,
    caller,
    edges,
    proved,
    trust,
    worker,
)

UPDATE, INVOKE = "lambda:UpdateFunctionCode", "lambda:InvokeFunction"
SETTINGS = "lambda:UpdateFunctionConfiguration"


def export(*services: str) -> Account:
    """Load an account from IAM's own export, which tells of no functions and instances."""
    main = account()
    for service in services:
        worker(main, service)
    caller(main)
    return World.from_account_details(*main.world.to_account_details()).accounts[MAIN]


def has(main: Account, **keys: Any) -> Instance:
    """Make an instance with the role of EC2."""
    return main.create_instance(instance_profile="ec2-worker", **keys)


# Functions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actions", "operations", "condition"),
    [
        ([UPDATE, INVOKE], [UPDATE, INVOKE], None),
        ([UPDATE, "lambda:AddPermission"], [UPDATE, "lambda:AddPermission"], None),
        (
            [UPDATE, "lambda:CreateEventSourceMapping"],
            [UPDATE, "lambda:CreateEventSourceMapping"],
            "the role lambda-worker may read a stream or a queue that is there",
        ),
        ([UPDATE], [UPDATE], "something calls the function"),
        ([INVOKE], None, None),
    ],
)
def test_new_code_needs_somebody_to_run_it(
    actions: list[str], operations: list[str] | None, condition: str | None
) -> None:
    """The caller calls the function, or has it called; else it is a condition that others do."""
    main = account()
    role = worker(main, "lambda")
    main.create_function("thumbs", role=role)
    dana = caller(main, Policy.allow(actions, "*"))
    found = edges(dana, 61)

    assert [edge.target.arn for edge in found] == ([role.arn] if operations else [])
    for edge in found:
        assert [call.operation for call in edge.calls] == operations
        assert edge.conditions == ((condition,) if condition else ())
        assert proved(dana, [edge])


def test_each_function_is_an_edge_of_its_own() -> None:
    """Two functions with one role are two ways to it; one that may not be changed isn't one."""
    main = account()
    worker(main, "lambda")
    for name in ("a", "b", "c"):
        main.create_function(name, role="lambda-worker", tags={"team": name})
    dana = caller(
        main,
        Policy.allow(UPDATE, "*", when={"aws:ResourceTag/team": ["a", "b"]}),
        Policy.deny(UPDATE, f"arn:aws:lambda:*:{MAIN}:function:b"),
    )
    [edge] = edges(dana, 61)

    assert edge.calls[0].parameters == {
        "FunctionArn": f"arn:aws:lambda:us-east-1:{MAIN}:function:a"
    }


def test_a_functions_own_policy_lets_others_change_it() -> None:
    """Whoever the function's policy names needs no Allow, and may be of another account."""
    main = account()
    role = worker(main, "lambda")
    function = main.create_function("thumbs", role=role)
    dana = caller(main)
    other = main.world.create_account("other", account_id=OTHER)
    eve = other.create_user("eve")
    eve.put_policy("own", Policy.allow("lambda:*", "*"))

    assert not edges(dana, 61, 62)
    assert not edges(eve, 61, 62)

    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [dana.arn, eve.arn]},
        "Action": [UPDATE, INVOKE],
        "Resource": function.arn,
    }
    function.put_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    for user in (dana, eve):
        [edge] = edges(user, 61)
        assert edge.target.arn == role.arn
        assert proved(user, [edge])


def test_nobody_makes_events_for_a_function_of_another_account() -> None:
    """There, the function must be called by whoever calls it anyway."""
    main = account()
    function = main.create_function("thumbs", role=worker(main, "lambda"))
    eve = main.world.create_account("other", account_id=OTHER).create_user("eve")
    eve.put_policy("own", Policy.allow("lambda:*", "*"))
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": eve.arn},
        "Action": UPDATE,
        "Resource": function.arn,
    }
    function.put_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    [edge] = edges(eve, 61)

    assert edge.permissions == (UPDATE,)
    assert edge.conditions == ("something calls the function",)


def test_a_function_with_a_role_of_another_account_gives_nothing() -> None:
    """AWS refuses such a role; a file may hold it all the same."""
    main = account()
    function = main.create_function("thumbs", role=worker(main, "lambda"))
    other = main.world.create_account("other", account_id=OTHER)
    function.role_arn = worker(other, "lambda").arn

    assert not edges(caller(main, Policy.allow("lambda:*", "*")), 61, 62)


def test_a_function_whose_role_lets_lambda_no_more_gives_nothing() -> None:
    """The role's trust policy is asked for the function."""
    main = account()
    role = worker(main, "lambda")
    main.create_function("thumbs", role=role)
    dana = caller(main, Policy.allow("lambda:*", "*"))

    assert len(edges(dana, 61, 62)) == 2

    role.update_assume_role_policy(trust("ec2"))

    assert not edges(dana, 61, 62)


def test_settings_bring_code_by_a_layer_or_by_variables() -> None:
    """A guard on layers leaves the environment variables; without either there is no way."""
    main = account()
    worker(main, "lambda")
    main.create_function("thumbs", role="lambda-worker")
    dana = caller(main, Policy.allow([SETTINGS, INVOKE, "lambda:GetLayerVersion"], "*"))
    layered = edges(dana, 62)
    dana.put_policy(
        "guard",
        Policy.deny(SETTINGS, "*", when={"ForAnyValue:StringLike": {"lambda:Layer": "*"}}),
    )
    plain = edges(dana, 62)

    assert layered[0].conditions == ("a layer holds code of the caller's",)
    assert plain[0].conditions == (
        "an environment variable makes the function's runtime load other code",
    )
    assert proved(dana, plain)

    dana.put_policy("guard", Policy.deny(SETTINGS, "*"))

    assert not edges(dana, 62)


# Instances ---------------------------------------------------------------------------------------

RUN = {
    66: ["ssm:StartSession", "ssm:SendCommand"],
    67: [
        "ec2-instance-connect:SendSSHPublicKey",
        "ec2-instance-connect:SendSerialConsoleSSHPublicKey",
    ],
    68: ["ec2:StopInstances", "ec2:ModifyInstanceAttribute", "ec2:StartInstances"],
}


@pytest.mark.parametrize("number", [66, 67, 68])
@pytest.mark.parametrize("state", ["running", "stopped", "terminated"])
def test_commands_run_only_where_an_instance_runs(number: int, state: str) -> None:
    """A stopped instance takes no commands, but a script for its next start; an ended one none."""
    main = account()
    role = worker(main, "ec2")
    instance = has(main)
    if state == "stopped":
        instance.stop()
    elif state == "terminated":
        instance.terminate()
    dana = caller(main, Policy.allow(RUN[number], "*"))
    found = edges(dana, number)
    expected = {"running": True, "stopped": number == 68, "terminated": False}[state]

    assert [edge.target.arn for edge in found] == ([role.arn] if expected else [])
    assert proved(dana, found)


@pytest.mark.parametrize("action", RUN[68])
def test_each_permission_for_the_script_is_needed(action: str) -> None:
    """A running instance is stopped, written to and started; a stopped one needs no stopping."""
    main = account()
    worker(main, "ec2")
    instance = has(main)
    dana = caller(main, Policy.allow([item for item in RUN[68] if item != action], "*"))

    assert not edges(dana, 68)

    instance.stop()

    assert len(edges(dana, 68)) == (1 if action == "ec2:StopInstances" else 0)


@pytest.mark.parametrize(
    ("number", "action"), [(66, action) for action in RUN[66]] + [(67, RUN[67][0])]
)
def test_one_permission_is_enough_to_run_commands(number: int, action: str) -> None:
    """A session, a command or a key: each alone."""
    main = account()
    worker(main, "ec2")
    instance = has(main)
    dana = caller(main, Policy.allow(action, "*"))
    [edge] = edges(dana, number)

    assert edge.permissions == (action,)
    assert edge.calls[0].parameters["InstanceArn"] == instance.arn
    assert edge.conditions


def test_an_instance_without_a_role_gives_none() -> None:
    """No instance profile, no role; a profile without a role neither."""
    main = account()
    worker(main, "ec2")
    main.create_instance()
    instance = has(main)
    main.instance_profiles["ec2-worker"].remove_role("ec2-worker")
    dana = caller(main, Policy.allow(["ssm:*", "ec2-instance-connect:*", *RUN[68]], "*"))

    assert instance.iam_instance_profile is not None
    assert not edges(dana, 66, 67, 68)


@pytest.mark.parametrize("key", ["ssm:resourceTag/team", "aws:ResourceTag/team"])
def test_tags_tell_which_instances_take_commands(key: str) -> None:
    """Both keys for tags name those of the instance."""
    main = account()
    worker(main, "ec2")
    has(main, tags={"team": "sea"})
    mine = has(main, tags={"team": "sky"})
    dana = caller(main, Policy.allow("ssm:StartSession", "*", when={key: "sky"}))
    [edge] = edges(dana, 66)

    assert edge.calls[0].parameters == {"InstanceArn": mine.arn}
    assert proved(dana, [edge])


def test_a_key_about_machines_says_nothing_of_documents() -> None:
    """A condition on the machine's tags, written for all resources, leaves no document to run."""
    main = account()
    worker(main, "ec2")
    has(main, tags={"team": "sky"})
    when = {"ssm:resourceTag/team": "sky"}
    dana = caller(main, Policy.allow("ssm:SendCommand", "*", when=when))

    assert not edges(dana, 66)

    dana.put_policy("documents", Policy.allow("ssm:SendCommand", "arn:aws:ssm:*:*:document/*"))

    assert len(edges(dana, 66)) == 1


@pytest.mark.parametrize(
    ("document", "operations"),
    [
        ("arn:aws:ssm:us-east-1::document/AWS-RunShellScript", ["ssm:SendCommand"]),
        ("arn:aws:ssm:*::document/AWS-RunPowerShellScript", ["ssm:SendCommand"]),
        ("arn:aws:ssm:*::document/AWS-UpdateSSMAgent", None),
        (f"arn:aws:ssm:*:{MAIN}:document/mine-*", ["ssm:CreateDocument", "ssm:SendCommand"]),
    ],
)
def test_a_document_that_runs_its_parameter_is_needed(
    document: str, operations: list[str] | None
) -> None:
    """One of AWS's two, or one that the caller writes; others do only what is in them."""
    main = account()
    worker(main, "ec2")
    has(main)
    dana = caller(
        main,
        Policy.allow("ssm:SendCommand", [document, "arn:aws:ec2:*:*:instance/*"]),
        Policy.allow("ssm:CreateDocument", document),
    )
    found = edges(dana, 66)

    assert [[call.operation for call in edge.calls] for edge in found] == (
        [operations] if operations else []
    )
    assert proved(dana, found)


GIVE = ["iam:PassRole", "ec2:AssociateIamInstanceProfile"]
REPLACE = ["iam:PassRole", "ec2:ReplaceIamInstanceProfileAssociation"]


@pytest.mark.parametrize(
    ("actions", "profile", "state", "gained"),
    [
        (GIVE, None, "running", {"ec2-worker", "first"}),
        (GIVE, "first", "running", set()),
        (REPLACE, "first", "running", {"ec2-worker"}),
        (REPLACE, None, "running", set()),
        (GIVE, None, "stopped", set()),
        (GIVE[1:], None, "running", set()),
        (GIVE[:1], None, "running", set()),
    ],
)
def test_an_instance_is_given_a_profile_or_another_one(
    actions: list[str], profile: str | None, state: str, gained: set[str]
) -> None:
    """One that has none is given one, one that has gets another; the caller must be on it."""
    main = account()
    main.create_instance_profile("first").add_role(
        main.create_role("first", assume_role_policy_document=trust("ec2"))
    )
    worker(main, "ec2")
    instance = main.create_instance(instance_profile=profile)
    if state == "stopped":
        instance.stop()
    dana = caller(main, Policy.allow(actions, "*"))
    found = edges(dana, 37)

    assert {edge.target.arn.rpartition("/")[2] for edge in found} == gained
    assert all(instance.name in edge.conditions[0] for edge in found)
    assert proved(dana, found)


def test_policies_see_the_new_profile_of_an_instance() -> None:
    """``ec2:NewInstanceProfile`` narrows down what may be given."""
    main = account()
    worker(main, "ec2")
    main.create_instance_profile("kept").add_role(
        main.create_role("kept", assume_role_policy_document=trust("ec2"))
    )
    main.create_instance()
    kept = f"arn:aws:iam::{MAIN}:instance-profile/kept"
    dana = caller(
        main,
        Policy.allow("iam:PassRole", "*"),
        Policy.allow(GIVE[1], "*", when={"ec2:NewInstanceProfile": kept}),
    )

    assert [edge.target.arn for edge in edges(dana, 37)] == [f"arn:aws:iam::{MAIN}:role/kept"]


def test_a_role_in_no_profile_gets_one_for_an_instance_that_is_there() -> None:
    """Who may not start instances gives the new profile to one that he controls."""
    main = account()
    role = worker(main, "ec2", profile=False)
    instance = main.create_instance()
    dana = caller(
        main,
        Policy.allow([*GIVE, "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"], "*"),
    )
    [edge] = edges(dana, 38)

    assert edge.target.arn == role.arn
    assert edge.calls[-1].parameters["InstanceArn"] == instance.arn
    assert proved(dana, [edge])

    main.create_instance_profile("late").add_role(role)

    assert not edges(dana, 38)


# What an export does not tell --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "service", "actions", "condition"),
    [
        (61, "lambda", [UPDATE], "a function works with the role lambda-worker"),
        (62, "lambda", [SETTINGS], "a function works with the role lambda-worker"),
        (66, "ec2", ["ssm:StartSession"], "an instance works with the role ec2-worker"),
        (67, "ec2", RUN[67], "an instance works with the role ec2-worker"),
        (68, "ec2", RUN[68], "an instance works with the role ec2-worker"),
        (37, "ec2", GIVE, "the caller runs code on an instance"),
    ],
)
def test_of_an_export_it_is_a_condition_that_such_a_thing_is_there(
    number: int, service: str, actions: list[str], condition: str
) -> None:
    """IAM's export tells of no functions and instances: an edge says what must be so."""
    main = export(service)
    dana = main.users["dana"]
    dana.put_policy("own", Policy.allow(actions, "*"))
    [edge] = edges(dana, number)

    assert condition in edge.conditions
    assert proved(dana, [edge])

    own = account()
    worker(own, service)

    assert not edges(caller(own, Policy.allow(actions, "*")), number)


# Identity Center ---------------------------------------------------------------------------------

INLINE, MANAGED = "sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet"
ASSIGN, PROVISION = "sso:CreateAccountAssignment", "sso:ProvisionPermissionSet"


@cache
def _organization() -> World:
    """Make an organization with a set that is assigned in two accounts; its key takes a while."""
    world = World(seed=7)
    main = world.create_account("main", account_id=MAIN)
    organization = world.create_organization(main)
    dev = organization.create_account("dev")
    center = organization.enable_identity_center()
    ana = center.create_user("ana")
    for name, accounts in (("Ops", (main, dev)), ("Readers", (dev,))):
        made = center.create_permission_set(name)
        for target in accounts:
            center.create_account_assignment(target, made, ana)
    return world


class Center:
    """An organization with Identity Center, where the set Ops allows some actions."""

    def __init__(self, *actions: str) -> None:
        self.world = _organization().copy()
        self.main, self.dev = self.world.accounts.values()
        [self.center] = self.world.identity_centers.values()
        self.ops = next(
            permission_set
            for permission_set in self.center.permission_sets.values()
            if permission_set.name == "Ops"
        )
        if actions:
            self.ops.put_inline_policy(Policy.allow(list(actions), "*"))
            self.center.provision_permission_set(self.ops)

    def role(self, name: str, where: Account) -> Any:
        """Return the role that an account has of a set."""
        return next(role for role in where.roles.values() if f"SSO_{name}_" in role.name)


def said(found: list[Edge]) -> list[tuple[str, bool]]:
    """Return of each edge whose role it leads to, and whether that is widened."""
    return [
        (edge.target.arn.rpartition("/")[2].split("_")[1], bool(edge.target.changes))
        for edge in found
    ]


@pytest.mark.parametrize(
    ("write", "by_iam"), [(INLINE, "iam:PutRolePolicy"), (MANAGED, "iam:AttachRolePolicy")]
)
def test_whoever_writes_his_own_permission_set_may_do_anything(write: str, by_iam: str) -> None:
    """Written and provisioned, the set allows all; in the management account IAM is asked too."""
    for actions, expected in (
        ([write, PROVISION, by_iam], [True, False]),
        ([write, PROVISION], [False]),
        ([PROVISION, by_iam], []),
        ([write, by_iam], []),
    ):
        item = Center(*actions)
        ops = item.role("Ops", item.main)
        found = edges(ops, 34)

        assert [edge.is_own for edge in found] == expected, actions
        assert all(edge.target.changes for edge in found)
        assert proved(ops, found)


def test_a_set_that_is_assigned_elsewhere_too_is_widened_there() -> None:
    """In the other account it is a condition that the set is assigned to the caller there."""
    item = Center(INLINE, PROVISION)
    [edge] = edges(item.role("Ops", item.main), 34)

    assert edge.target.account_id == item.dev.account_id
    assert edge.conditions == (
        f"Ops is assigned to the caller in account {item.dev.account_id} too",
    )


def test_whoever_may_assign_sets_takes_those_that_are_there() -> None:
    """The caller assigns them to a user with a known sign-in, and widens them if allowed."""
    item = Center()
    dana = caller(item.main, Policy.allow(ASSIGN, "*"))

    assert said(edges(dana, 34)) == [("Ops", False), ("Ops", False), ("Readers", False)]

    dana.put_policy("more", Policy.allow([INLINE, PROVISION, "iam:PutRolePolicy"], "*"))
    found = edges(dana, 34)

    assert said(found) == [("Ops", True), ("Ops", True), ("Readers", True)]
    assert proved(dana, found)
    assert {edge.conditions for edge in found} == {
        ("the caller can sign in to the access portal of IAM Identity Center",)
    }


def test_only_the_management_account_manages_identity_center() -> None:
    """The same rights in a member account open nothing."""
    item = Center("sso:*", "iam:*")
    eve = item.dev.create_user("eve")
    eve.put_policy("own", Policy.allow(["sso:*", "iam:*"], "*"))

    assert not edges(eve, 34)
    assert not edges(item.role("Ops", item.dev), 34)


def test_rights_on_one_set_or_account_are_for_these() -> None:
    """The resources are the instance, the set and the account: each must be allowed."""
    item = Center()
    instance, center = item.center.arn, item.ops.arn
    account_arn = f"arn:aws:sso:::account/{item.dev.account_id}"
    dana = caller(item.main, Policy.allow(ASSIGN, [instance, center, account_arn]))

    assert said(edges(dana, 34)) == [("Ops", False)]

    for left in (instance, center, account_arn):
        rest = [arn for arn in (instance, center, account_arn) if arn != left]
        dana.put_policy("own-0", Policy.allow(ASSIGN, rest))

        assert not edges(dana, 34), left


def test_others_widen_a_set_but_do_not_become_it() -> None:
    """Whoever may write a set that is not his own, and assign none, gains nothing by it."""
    item = Center()
    dana = caller(item.main, Policy.allow([INLINE, MANAGED, PROVISION, "iam:*"], "*"))

    assert not edges(dana, 34)


# Whole paths -------------------------------------------------------------------------------------


def test_a_path_leads_through_a_service_and_says_that_it_cannot_be_replayed() -> None:
    """From who may pass a role to who that role may become: the decisions are the proof."""
    main = account()
    role = worker(main, "lambda")
    role.put_policy("all", Policy.allow("*", "*"))
    dana = caller(main, Policy.allow(["iam:PassRole", "lambda:CreateFunction", INVOKE], "*"))
    reach = main.world.reach()
    path = reach.path(dana, to="admin")

    assert path is not None
    assert [edge.way.number for edge in path] == [40]
    assert not path.can_be_replayed
    assert all(all(reach.decisions(edge)) for edge in path)

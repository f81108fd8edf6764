"""Calls that need several permissions: each pair of action and resource on its own."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from iamlab import Policy, RequestError, Verdict, World
from iamlab.errors import AccessDenied
from iamlab.policy.call_permissions import (
    NeededPair,
    also_needed,
    keys_of_other_types,
    pairs_of,
    required_types,
)
from iamlab.policy.catalog import actions_of
from tests.policy.documents import allow, deny, document

OWN, OTHER = "111122223333", "444455556666"
EC2 = f"arn:aws:ec2:us-east-1:{OWN}:"
ROWS = json.loads((Path(__file__).parent.parent / "conformance/pairs.json").read_text("utf-8"))
KEY = f"arn:aws:kms:us-east-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OBJECT = "arn:aws:s3:::maps/m31"
LAUNCH = [f"{EC2}{end}" for end in ("instance/*", "subnet/subnet-1")]


def arn(text: str) -> str:
    """Return a row's resource as an ARN: images are nobody's."""
    if text.startswith("arn:") or text == "*":
        return text
    return f"arn:aws:ec2:us-east-1::{text}" if text.startswith("image/") else f"{EC2}{text}"


@pytest.fixture
def world() -> World:
    """A world with ana, who has no permission."""
    made = World(seed=4)
    made.create_account("main", account_id=OWN).create_user("ana")
    return made


def ana(world: World) -> Any:
    """Ana."""
    return world.accounts[OWN].users["ana"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_call_is_decided_as_the_page_of_aws_says(row: Any, world: World) -> None:
    """Whether it is allowed, and which pair fails."""
    statements = [
        make(action, list(map(arn, resources)), Condition=condition)
        if condition
        else make(action, list(map(arn, resources)))
        for make, key in ((allow, "allow"), (deny, "deny"))
        for action, resources, condition in row.get(key, ())
    ]
    ana(world).put_policy("own", document(*statements))
    for name, (default, has_bucket_key) in row.get("encryption", {}).items():
        bucket = world.accounts[OWN].create_bucket(name)
        bucket.put_encryption(*default.values(), bucket_key_enabled=has_bucket_key)
    tags = {"request_tags": row["tags"]} if "tags" in row else {}

    decision = world.can(
        ana(world),
        row["action"],
        list(map(arn, row["resources"])),
        context=row.get("context"),
        **tags,
    )

    assert decision.verdict.value == row["verdict"]
    if "fails" in row:
        action, _, resource = row["fails"].partition(" on ")
        assert (decision.request.action, decision.request.resource) == (action, arn(resource))
        assert f"perform: {action} on resource: {arn(resource)}" in decision.message


def test_every_pair_is_explained(world: World) -> None:
    """In words, as JSON, and on the card; those first that fail."""
    ana(world).put_policy("own", document(allow("ec2:RunInstances", LAUNCH[0])))

    decision = world.can(ana(world), "ec2:RunInstances", LAUNCH)

    assert [pair.allowed for pair in decision.pairs] == [True, False]
    text = decision.explain()
    assert "The call needs all of these permissions:" in text
    assert text.index(f"○ ec2:RunInstances on {LAUNCH[1]}") < text.index(f"on {LAUNCH[0]}: allowed")
    shown = decision.to_dict()["pairs"]
    assert [pair["verdict"] for pair in shown] == ["allowed", "implicitDeny"]
    assert shown[1]["message"] == decision.message
    assert f"✓ ec2:RunInstances on {LAUNCH[0]}: allowed" in decision._repr_html_()


def test_a_decision_about_a_call_can_be_copied(world: World) -> None:
    """With its pairs."""
    decision = world.can(ana(world), "ec2:RunInstances", LAUNCH)
    copied = deepcopy(decision)

    assert copied == decision
    assert copied.pairs == decision.pairs


def test_the_first_pair_is_the_decision_if_all_are_allowed(world: World) -> None:
    """One ARN in a list is as good as the ARN."""
    ana(world).put_policy("own", document(allow("*")))

    assert world.can(ana(world), "ec2:RunInstances", LAUNCH).request.resource == LAUNCH[0]
    alone = world.can(ana(world), "s3:GetObject", [OBJECT])
    assert alone == world.can(ana(world), "s3:GetObject", OBJECT)
    assert alone.pairs == ()
    assert "pairs" not in alone.to_dict()


def test_the_pairs_of_another_action_come_after_the_first_that_fails(world: World) -> None:
    """EC2 asks IAM whether the role may be passed only when the launch itself is allowed."""
    role = f"arn:aws:iam::{OWN}:role/web"
    ana(world).put_policy("own", document(deny("iam:PassRole"), allow("ec2:*", LAUNCH[0])))

    decision = world.can(ana(world), "ec2:RunInstances", [*LAUNCH, role])

    assert decision.verdict is Verdict.IMPLICIT_DENY
    assert decision.request.resource == LAUNCH[1]


@pytest.mark.parametrize("resource", [[], [5], {"a": 1}, None, 5, ["s3"], (None,)])
def test_a_resource_that_is_not_a_list_of_arns_is_refused(resource: Any, world: World) -> None:
    """A list of what no API could receive is refused, too."""
    with pytest.raises(RequestError, match="resource"):
        world.can(ana(world), "s3:GetObject", resource)
    with pytest.raises(RequestError, match="resource"):
        world.do(ana(world), "s3:GetObject", resource)


# -- what one ARN doesn't show --------------------------------------------------------------------


def test_an_answer_for_one_arn_names_what_a_call_also_needs(world: World) -> None:
    """And how to ask for all of it."""
    ana(world).put_policy("own", document(allow("*")))
    decision = world.can(ana(world), "ec2:RunInstances", LAUNCH[0])

    assert decision
    [note] = decision.assumed
    assert note == (
        "A call of ec2:RunInstances also needs permission on: image, network-interface, "
        "security-group, subnet, volume, and iam:PassRole if it passes a role. "
        "Pass all ARNs as a list."
    )
    assert note in decision.explain()
    every = [arn("image/ami-1"), *LAUNCH]
    every += [f"{EC2}{end}" for end in ("network-interface/*", "security-group/sg-1", "volume/*")]
    [rest] = world.can(ana(world), "ec2:RunInstances", every).assumed
    assert rest.startswith("A call of ec2:RunInstances also needs iam:PassRole if")


def test_tags_of_one_arn_are_noted(world: World) -> None:
    """A question about one pair stays one."""
    decision = world.can(
        ana(world), "iam:CreateUser", f"arn:aws:iam::{OWN}:user/zoe", request_tags={"a": "b"}
    )

    assert decision.pairs == ()
    assert any("iam:TagUser for the tags" in note for note in decision.assumed)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", OBJECT),
        ("ec2:TerminateInstances", f"{EC2}instance/i-1"),
        ("iam:GenerateServiceLastAccessedDetails", f"arn:aws:iam::{OWN}:user/ana"),
        ("night:Count", "*"),
    ],
)
def test_an_action_that_needs_one_pair_has_no_note(action: str, resource: str) -> None:
    """Also if its types are alternatives, or if the catalogue doesn't have it."""
    assert also_needed(action, (resource,)) == ()


def test_a_key_of_another_type_is_left_out_and_said(world: World) -> None:
    """Only instances have a type; keys of all services stay."""
    only = {"StringEquals": {"ec2:InstanceType": "t3.micro"}}
    ana(world).put_policy("own", document(allow("ec2:RunInstances", Condition=only)))
    context = {"ec2:InstanceType": "t3.micro", "aws:SourceIp": "203.0.113.9", "my:key": "1"}

    instance, subnet = (
        world.can(ana(world), "ec2:RunInstances", used, context=context) for used in LAUNCH
    )

    assert instance
    assert not subnet
    assert not subnet.request.values("ec2:InstanceType")
    assert subnet.request.values("aws:SourceIp") == ("203.0.113.9",)
    assert subnet.request.values("my:key") == ("1",)
    assert any(note.startswith("ec2:InstanceType isn't in requests") for note in subnet.assumed)
    assert not any("InstanceType" in note for note in instance.assumed)


@pytest.mark.parametrize(
    ("action", "resource"),
    [("s3:PutObject", OBJECT), ("kms:Decrypt", KEY), ("ec2:StopInstances", f"{EC2}instance/i-1")],
)
def test_an_action_whose_types_have_the_same_keys_has_no_keys_of_other_types(
    action: str, resource: str
) -> None:
    """An action of a single type has none either."""
    assert keys_of_other_types(action, resource) == frozenset()
    assert "ec2:resourcetag" not in keys_of_other_types("ec2:RunInstances", f"{EC2}instance/*")


# -- dependent actions ----------------------------------------------------------------------------


def test_a_key_of_another_account_decides_by_its_policy_too() -> None:
    """SSE-KMS across accounts: bucket policy, identity policy and key policy must allow."""
    world = World(seed=4)
    main = world.create_account("main", account_id=OWN)
    theirs = world.create_account("theirs", account_id=OTHER)
    bucket, key, user = theirs.create_bucket("maps"), theirs.create_key(), main.create_user("ana")
    bucket.put_policy(Policy.allow("s3:GetObject", f"{bucket.arn}/*", principal=user.arn))
    user.put_policy("own", document(allow(["s3:GetObject", "kms:Decrypt"])))

    refused = world.can(user, "s3:GetObject", [OBJECT, key.arn])
    via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    own = Policy.allow("kms:*", "*", principal=theirs.root_arn).to_dict()["Statement"]
    shared = Policy.allow("kms:Decrypt", "*", principal=user.arn).to_dict()["Statement"]
    statements = [*own, {**shared[0], "Condition": via}]
    key.put_policy({"Version": "2012-10-17", "Statement": statements})

    assert (refused.request.action, refused.blocked_by) == ("kms:Decrypt", {"resource"})
    assert world.can(user, "s3:GetObject", [OBJECT, key.arn])
    assert not world.can(user, "kms:Decrypt", key.arn)  # not by herself


def test_who_calls_for_the_caller_comes_before_the_service_that_uses_the_key() -> None:
    """Athena reads an object for ana, and S3 its key."""
    world = World(seed=4)
    user = world.create_account("main", account_id=OWN).create_user("ana")

    pairs = world.can(user, "s3:GetObject", [OBJECT, KEY], via="athena.amazonaws.com").pairs

    assert pairs[0].request.values("aws:CalledVia") == ("athena.amazonaws.com",)
    assert pairs[1].request.values("aws:CalledViaFirst") == ("athena.amazonaws.com",)
    assert pairs[1].request.values("kms:ViaService") == ("s3.us-east-1.amazonaws.com",)


def test_a_role_for_one_of_several_services_has_no_name_of_a_service() -> None:
    """Batch gives roles to EC2 and to itself: the caller of `can` says which."""
    role = f"arn:aws:iam::{OWN}:role/web"
    [pair] = pairs_of("batch:CreateComputeEnvironment", [role])

    assert pair.action == "iam:PassRole"
    assert pair.keys == {}
    [passed] = pairs_of("ecs:RunTask", [role])
    assert passed.keys == {"iam:PassedToService": "ecs-tasks.amazonaws.com"}


@pytest.mark.parametrize("action", ["s3:GetObject", "datasync:CreateTask", "sns:Publish"])
def test_a_role_that_is_not_the_resource_of_an_action_is_passed(action: str) -> None:
    """Whatever the action is; to which service isn't known."""
    role = f"arn:aws:iam::{OWN}:role/web"

    assert pairs_of(action, ["*", role])[1:] == [NeededPair("iam:PassRole", role)]


@pytest.mark.parametrize("action", ["sts:AssumeRole", "iam:GetRole", "night:Count"])
def test_a_role_that_is_the_resource_of_an_action_is_not_passed(action: str) -> None:
    """What types of resources an unknown action has isn't known."""
    role = f"arn:aws:iam::{OWN}:role/web"

    assert pairs_of(action, [role]) == [NeededPair(action, role)]


def test_the_grant_of_an_encrypted_volume_is_for_aws(world: World) -> None:
    """The condition that the page of EBS recommends is met, and the grant's alone isn't enough."""
    aws_only = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    used = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"]
    statements = [allow("ec2:*"), allow("kms:CreateGrant", Condition=aws_only)]
    ana(world).put_policy("own", document(*statements))
    call = ("ec2:CreateVolume", [f"{EC2}volume/*", KEY])

    assert world.can(ana(world), *call).request.action == "kms:Decrypt"
    ana(world).put_policy("own", document(*statements, allow([*used, "kms:ReEncrypt*"])))

    assert world.can(ana(world), *call)
    assert not world.can(ana(world), "kms:CreateGrant", KEY)  # not by herself


def test_a_key_that_a_call_never_uses_is_odd(world: World) -> None:
    """It isn't decided, but said."""
    ana(world).put_policy("own", document(allow("*")))

    notes = world.can(ana(world), "s3:ListBucket", ["arn:aws:s3:::maps", KEY]).assumed

    assert any(note.startswith(f"s3:ListBucket never has the resource {KEY}") for note in notes)


def test_tags_are_decided_on_a_resource_without_a_name_too() -> None:
    """A key has no ARN before it exists; an action that tags nothing, no pair."""
    tagging = NeededPair("kms:TagResource", "*")

    assert pairs_of("kms:CreateKey", ["*"], tagged=True)[1:] == [tagging]
    assert len(pairs_of("kms:ListKeys", ["*"], tagged=True)) == 1
    assert len(pairs_of("ec2:CreateTags", [LAUNCH[0]], tagged=True)) == 1


def test_either_action_that_tags_is_enough_unless_both_are_denied(world: World) -> None:
    """A denied one leaves the other."""
    group = [f"arn:aws:logs:us-east-1:{OWN}:log-group:app"]
    either = ["logs:TagResource", "logs:TagLogGroup"]
    decided = []
    for denied in ([either[0]], [either[1]], either):
        ana(world).put_policy("own", document(allow("logs:*"), deny(denied)))
        tags = {"team": "red"}
        decided.append(bool(world.can(ana(world), "logs:CreateLogGroup", group, request_tags=tags)))

    assert decided == [True, True, False]


@pytest.mark.parametrize(
    ("action", "types"),
    [
        ("ec2:AttachVolume", ("instance", "volume")),
        ("sso:CreateAccountAssignment", ("Account", "Instance", "PermissionSet")),
        ("glue:GetTable", ("database", "rootcatalog", "table")),
        ("kms:CreateAlias", ("alias", "key")),
        ("glue:GetIntegrationResourceProperty", ()),
        ("bedrock:InvokeModel", ()),
        ("lambda:GetResourcePolicy", ()),
        ("elasticloadbalancing:DeleteListener", ()),
        ("sqs:SendMessage", ("queue",)),
    ],
)
def test_marked_types_are_all_needed_only_where_a_page_says_so(
    action: str, types: tuple[str, ...]
) -> None:
    """Of others, a call has one."""
    assert required_types(action) == types


PARENTS = {
    "table": "database",
    "userdefinedfunction": "database",
    "database": "rootcatalog",
    "connection": "rootcatalog",
    "catalog": "rootcatalog",
    "schema": "registry",
}


def test_a_call_of_glue_needs_a_resource_and_its_ancestors() -> None:
    """Exactly the actions whose marked types are one resource, its ancestors and what is below.

    AWS pages: "Configure access to databases and tables in the AWS Glue Data Catalog": permission
    on the resource and on all its ancestors, for deletions also on what is below; "Actions,
    resources, and condition keys for AWS Glue". Of other types that are marked, a call has one.
    """
    trees = 0
    for action in actions_of("glue").values():
        marked = tuple(use.name for use in action.resource_types if use.required)
        above = {PARENTS[name] for name in marked if name in PARENTS}
        is_tree = above <= {*marked} and sum(name not in PARENTS for name in marked) == 1
        if len(marked) > 1:
            trees += is_tree
            assert required_types(action.full_name) == (marked if is_tree else ())

    assert trees > 60


OF_CLUSTER, OF_INSTANCE = ("cluster", "cluster-pg", "og", "subgrp"), ("db", "og", "pg", "subgrp")


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("CreateDBCluster", OF_CLUSTER),
        ("CreateDBClusterEndpoint", ("cluster", "cluster-endpoint")),
        ("CreateDBClusterSnapshot", ("cluster", "cluster-snapshot")),
        ("CreateDBSnapshot", ("db", "snapshot")),
        ("RestoreDBClusterFromS3", OF_CLUSTER),
        ("RestoreDBClusterFromSnapshot", OF_CLUSTER),
        ("RestoreDBClusterToPointInTime", OF_CLUSTER),
        ("RestoreDBInstanceFromDBSnapshot", OF_INSTANCE),
        ("RestoreDBInstanceFromS3", OF_INSTANCE),
        ("RestoreDBInstanceToPointInTime", OF_INSTANCE),
        ("CreateDBClusterParameterGroup", ("cluster-pg",)),
        ("CreateDBInstance", ("db",)),
        ("CreateDBInstanceReadReplica", ()),  # of a cluster or of an instance
        ("DeleteDBCluster", ()),  # with a last snapshot or without one
        ("DeregisterDBProxyTargets", ()),
    ],
)
def test_a_call_of_rds_needs_all_groups_of_a_new_database(
    name: str, types: tuple[str, ...]
) -> None:
    """Also the default ones.

    AWS pages: "Actions, resources, and condition keys for Amazon RDS"; "Permission policies to
    create, modify and, delete resources in Amazon RDS", whose example names the default groups.
    """
    assert required_types(f"rds:{name}") == types


def test_request_tags_bring_no_pair_where_a_call_tags_nothing() -> None:
    """PutObject's tags aren't request tags, and an unknown action has none."""
    for action, resource in (("s3:PutObject", OBJECT), ("night:Count", "*")):
        assert len(pairs_of(action, [resource], tagged=True)) == 1


def test_volumes_are_required_in_practice() -> None:
    """Every image of today has a root volume; the catalogue only marks the other five."""
    marked = {"image", "instance", "network-interface", "security-group", "subnet"}

    assert set(required_types("ec2:RunInstances")) == {*marked, "volume"}


# -- what is done ---------------------------------------------------------------------------------


def test_a_call_without_a_model_is_one_event_with_its_own_resources(world: World) -> None:
    """The role is passed, not used: PassRole isn't a call."""
    ana(world).put_policy("own", document(allow("*")))
    role = f"arn:aws:iam::{OWN}:role/web"

    assert world.do(ana(world), "ec2:RunInstances", [*LAUNCH, role]).pairs
    event = world.events[-1]
    assert (event.event_name, event.resources) == ("RunInstances", tuple(LAUNCH))
    assert event.event_source == "ec2.amazonaws.com"


def test_a_denied_call_without_a_model_names_the_pair_that_failed(world: World) -> None:
    """In AWS's words, and in the event of the call itself."""
    ana(world).put_policy("own", document(allow("s3:GetObject")))

    with pytest.raises(AccessDenied, match="perform: kms:Decrypt on resource") as caught:
        world.do(ana(world), "s3:GetObject", [OBJECT, KEY])

    assert len(caught.value.decision.pairs) == 2
    event = world.events[-1]
    assert (event.event_name, event.error_code) == ("GetObject", "AccessDenied")
    assert "kms:Decrypt" in event.error_message
    assert event.resources == (OBJECT,)

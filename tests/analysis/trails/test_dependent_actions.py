"""Calls that need more than their own action: tags, settings, roles, further things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from iamlab import Policy, World
from iamlab.analysis.trails.uses import uses_of
from iamlab.model.event import Event
from iamlab.operations import registry as entries
from tests.operations.iam.key_material import CERTIFICATE, PRIVATE_KEY

if TYPE_CHECKING:
    from iamlab.world.account import Account

MAIN = "111111111111"
PAIRS = [{"Key": "team", "Value": "sky"}]
ROOM = Policy.allow("s3:GetObject", "*", principal={"AWS": MAIN})
POINT = Policy.allow(
    "s3:GetObject",
    f"arn:aws:s3:us-east-1:{MAIN}:accesspoint/night/object/*",
    principal={"AWS": MAIN},
).text
FOR_INSTANCES = [{"ResourceType": "instance", "Tags": PAIRS}]
FOR_ENDPOINTS = [{"ResourceType": "vpc-endpoint", "Tags": PAIRS}]
SEE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


DELEGATION = Policy.allow(
    "organizations:ListAccounts", "*", principal={"AWS": "arn:aws:iam::222222222222:root"}
)


def trusting(service: str) -> Policy:
    """Write the trust policy of a role of a service."""
    return Policy.allow("sts:AssumeRole", None, principal={"Service": f"{service}.amazonaws.com"})


@pytest.fixture(scope="module")
def before() -> World:
    """Make a world in which there is something to work with."""
    world = World(seed=7)
    main = world.create_account("main", account_id=MAIN)
    main.create_user("ana").put_policy("own", Policy.allow("*"))
    main.create_role("job", assume_role_policy_document=trusting("ec2"), path="/sky/")
    main.create_role("run", assume_role_policy_document=trusting("lambda"), path="/sky/")
    for name in ("p", "q"):
        main.create_instance_profile(name, path="/sky/").add_role("job")
    main.create_instance_profile("empty")
    main.create_instance()
    main.create_key().create_alias("alias/old")
    main.upload_server_certificate("old", CERTIFICATE, PRIVATE_KEY)
    main.create_bucket("maps", object_ownership="ObjectWriter")
    organization = world.create_organization(main)
    organization.create_organizational_unit("night")
    organization.create_account("two", account_id="222222222222")
    world.create_account("three", account_id="333333333333")
    return world


def instance(account: Account) -> Any:
    """Return the only instance."""
    return next(resource for resource in account.resources.values() if resource.kind == "instance")


def key_id(account: Account) -> str:
    """Return the id of the only key."""
    return next(resource.name for resource in account.resources.values() if resource.kind == "key")


def organization_of(account: Account) -> Any:
    """Return the organization of an account."""
    return account.organization


def parents(account: Account) -> tuple[str, str]:
    """Return the root, and the unit in it."""
    organization = organization_of(account)
    (unit,) = organization.organizational_units.values()
    return organization.root.id, unit.id


def path_of_root(account: Account) -> str:
    """Return the path of a report of the whole organization."""
    return f"{organization_of(account).id}/{parents(account)[0]}"


def moved(account: Account) -> dict[str, Any]:
    """Move an account from the root to the unit."""
    root, unit = parents(account)
    return {"AccountId": "222222222222", "SourceParentId": root, "DestinationParentId": unit}


def attached(account: Account) -> dict[str, Any]:
    """Name the policy that was made, and an account."""
    made = next(
        policy for policy in organization_of(account).policies.values() if policy.name == "see"
    )
    return {"PolicyId": made.id, "TargetId": "222222222222"}


ROLE = f"arn:aws:iam::{MAIN}:role/sky/run"
CALLS: dict[str, list[tuple[str, Any]]] = {
    "a policy generated from a trail": [
        (
            "access-analyzer:StartPolicyGeneration",
            {
                "policyGenerationDetails": {"principalArn": f"arn:aws:iam::{MAIN}:user/ana"},
                "cloudTrailDetails": {"accessRole": f"arn:aws:iam::{MAIN}:role/sky/run"},
            },
        ),
    ],
    "a role put into a profile": [
        ("AddRoleToInstanceProfile", {"InstanceProfileName": "empty", "RoleName": "job"}),
    ],
    "an instance with a profile": [
        ("ec2:RunInstances", {"MinCount": 1, "MaxCount": 1, "IamInstanceProfile": {"Name": "p"}}),
    ],
    "an instance with tags": [
        ("ec2:RunInstances", {"MinCount": 1, "MaxCount": 1, "TagSpecifications": FOR_INSTANCES}),
    ],
    "an instance with all that it uses": [
        (
            "ec2:RunInstances",
            {
                "MinCount": 1,
                "MaxCount": 1,
                "ImageId": "ami-1",
                "SubnetId": "subnet-1",
                "SecurityGroupIds": ["sg-1", "sg-2"],
                "KeyName": "night",
                "BlockDeviceMappings": [{"DeviceName": "x", "Ebs": {"SnapshotId": "snap-1"}}],
                "Placement": {"GroupName": "close", "Tenancy": "dedicated"},
                "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"},
                "TagSpecifications": [
                    {"ResourceType": kind, "Tags": PAIRS} for kind in ("instance", "volume")
                ],
            },
        ),
    ],
    "an instance with a network interface": [
        (
            "ec2:RunInstances",
            {
                "MinCount": 1,
                "MaxCount": 1,
                "NetworkInterfaces": [
                    {"NetworkInterfaceId": "eni-1"},
                    {"SubnetId": "subnet-2", "Groups": ["sg-3"]},
                ],
            },
        ),
    ],
    "identities with tags": [
        ("CreateUser", {"UserName": "zoe", "Tags": PAIRS}),
        (
            "CreateRole",
            {
                "RoleName": "night",
                "Tags": PAIRS,
                "AssumeRolePolicyDocument": trusting("ec2").text,
            },
        ),
        (
            "CreatePolicy",
            {"PolicyName": "see", "Tags": PAIRS, "PolicyDocument": Policy.parse(SEE).text},
        ),
    ],
    "a profile of an instance": [
        (
            "ec2:AssociateIamInstanceProfile",
            lambda account: {
                "InstanceId": instance(account).name,
                "IamInstanceProfile": {"Name": "p"},
            },
        ),
        (
            "ec2:ReplaceIamInstanceProfileAssociation",
            lambda account: {
                "AssociationId": instance(account).association.association_id,
                "IamInstanceProfile": {"Name": "q"},
            },
        ),
    ],
    "an endpoint with tags": [
        (
            "ec2:CreateVpcEndpoint",
            {
                "VpcId": "vpc-0123456789abcdef0",
                "ServiceName": "com.amazonaws.us-east-1.s3",
                "TagSpecifications": FOR_ENDPOINTS,
            },
        ),
    ],
    "a key with tags": [("kms:CreateKey", {"Tags": [{"TagKey": "team", "TagValue": "sky"}]})],
    "an alias": [
        (
            "kms:CreateAlias",
            lambda account: {"AliasName": "alias/new", "TargetKeyId": key_id(account)},
        ),
    ],
    "an alias taken away": [("kms:DeleteAlias", {"AliasName": "alias/old"})],
    "a bucket with settings": [
        (
            "s3:CreateBucket",
            {
                "Bucket": "moons",
                "Tags": PAIRS,
                "ObjectOwnership": "ObjectWriter",
                "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
            },
        ),
    ],
    "an access point with a policy": [
        (
            "s3:CreateAccessPoint",
            {"Name": "night", "Bucket": "maps", "Policy": POINT},
        ),
    ],
    "an object with a key": [
        (
            "s3:PutObject",
            lambda account: {
                "Bucket": "maps",
                "Key": "x",
                "ServerSideEncryption": "aws:kms",
                "SSEKMSKeyId": f"arn:aws:kms:us-east-1:{MAIN}:key/{key_id(account)}",
            },
        ),
    ],
    "an object with an ACL": [
        ("s3:PutObject", {"Bucket": "maps", "Key": "x", "ACL": "bucket-owner-full-control"}),
    ],
    "a table with tags": [("dynamodb:CreateTable", {"TableName": "moons", "Tags": PAIRS})],
    "a repository with tags": [("ecr:CreateRepository", {"repositoryName": "sky", "tags": PAIRS})],
    "a bus with tags": [("events:CreateEventBus", {"Name": "sky", "Tags": PAIRS})],
    "a function with tags": [
        (
            "lambda:CreateFunction",
            {"FunctionName": "resize", "Role": ROLE, "Tags": {"team": "sky"}},
        ),
        ("lambda:UpdateFunctionConfiguration", {"FunctionName": "resize", "Role": ROLE}),
    ],
    "a secret with tags": [("secretsmanager:CreateSecret", {"Name": "sky", "Tags": PAIRS})],
    "a topic with tags": [("sns:CreateTopic", {"Name": "sky", "Tags": PAIRS})],
    "a queue with tags": [("sqs:CreateQueue", {"QueueName": "sky", "tags": {"team": "sky"}})],
    "an account with tags": [
        (
            "organizations:CreateAccount",
            {"Email": "x@example.com", "AccountName": "x", "Tags": PAIRS},
        ),
    ],
    "an account moved": [("organizations:MoveAccount", moved)],
    "an account invited": [
        (
            "organizations:InviteAccountToOrganization",
            {"Target": {"Id": "333333333333", "Type": "ACCOUNT"}, "Tags": PAIRS},
        ),
    ],
    "a unit with tags": [
        (
            "organizations:CreateOrganizationalUnit",
            lambda account: {"ParentId": parents(account)[0], "Name": "day", "Tags": PAIRS},
        ),
    ],
    "a policy of an organization": [
        (
            "organizations:CreatePolicy",
            {
                "Content": Policy.parse(SEE).text,
                "Description": "",
                "Name": "see",
                "Type": "SERVICE_CONTROL_POLICY",
                "Tags": PAIRS,
            },
        ),
        ("organizations:AttachPolicy", attached),
        ("organizations:DetachPolicy", attached),
    ],
    "a certificate renamed": [
        (
            "UpdateServerCertificate",
            {"ServerCertificateName": "old", "NewServerCertificateName": "new", "NewPath": "/x/"},
        ),
    ],
    "credentials of all users": [("ListServiceSpecificCredentials", {"AllUsers": True})],
    "role manager": [
        (
            "PutAccountProperties",
            {"Properties": {"RoleManager/Enabled": "true"}},
        ),
    ],
    "a delegation policy with tags": [
        ("organizations:PutResourcePolicy", {"Content": DELEGATION.text, "Tags": PAIRS}),
    ],
    "a report of an organization": [
        (
            "GenerateOrganizationsAccessReport",
            lambda account: {"EntityPath": path_of_root(account)},
        ),
    ],
}
"""What is done -> the calls, in an account that is not touched by the others."""


def done(world: World, name: str) -> World:
    """Make the calls as ana."""
    account = world.accounts[MAIN]
    for operation, parameters in CALLS[name]:
        sent = parameters(account) if callable(parameters) else parameters
        account.call(operation, account.users["ana"], **sent)
    return world


def test_every_operation_that_needs_more_is_called_here() -> None:
    """An operation with further needs has calls in the table, so that the law below holds it."""
    every = {**entries.entries(), **entries.entries_of()}
    more = {name for name, each in every.items() if each.also is not entries.no_more}
    called = {operation for calls in CALLS.values() for operation, _ in calls}
    assert more - called <= NEVER_MORE


NEVER_MORE = {
    # These work on several things at once, each on the same footing.
    *("ec2:CreateTags", "ec2:DeleteTags", "ec2:StartInstances", "ec2:StopInstances"),
    *("ec2:TerminateInstances", "ec2:DeleteVpcEndpoints", "ec2:ModifyVpcEndpoint"),
    *("ec2:DisassociateIamInstanceProfile", "ec2:ModifyInstanceMetadataOptions"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_was_done_can_be_done_again_with_least_privilege(before: World, name: str) -> None:
    """Under the new policies, in the world as it was, the same calls are allowed."""
    found = done(before.copy(), name).least_privilege(
        f"arn:aws:iam::{MAIN}:user/ana", pass_role=True
    )
    again = before.copy()
    again.accounts[MAIN].users["ana"].put_policy("own", found.policy)
    done(again, name)


@pytest.mark.parametrize("name", CALLS)
def test_what_was_done_can_be_done_again_without_what_is_unused(before: World, name: str) -> None:
    """After the edits, in the world as it was, the same calls are allowed."""
    found = done(before.copy(), name).unused(f"arn:aws:iam::{MAIN}:user/ana")
    assert found.edits
    done(found.apply(before.copy()), name)


def event(source: str, call: str, /, **parameters: Any) -> Event:
    """Make a record of a call."""
    maya = {"type": "IAMUser", "arn": f"arn:aws:iam::{MAIN}:user/maya", "userName": "maya"}
    return Event(
        datetime(2026, 11, 25, tzinfo=UTC),
        f"{source}.amazonaws.com",
        call,
        "eu-west-1",
        maya,
        read_only=False,
        recipient_account_id=MAIN,
        event_id="e-1",
        request_parameters=parameters,
    )


EC2 = f"arn:aws:ec2:eu-west-1:{MAIN}"
IAM = f"arn:aws:iam::{MAIN}"
RECORDS: list[tuple[Event, tuple[str, str]]] = [
    (
        event(
            "ec2",
            "RunInstances",
            tagSpecificationSet={"items": [{"resourceType": "volume", "tags": [{"key": "a"}]}]},
        ),
        ("ec2:CreateTags", f"{EC2}:volume/*"),
    ),
    (
        event("iam", "CreateRole", roleName="app", path="/sky/", tags=[{"key": "a", "value": "b"}]),
        ("iam:TagRole", f"{IAM}:role/sky/app"),
    ),
    (
        event("iam", "CreateVirtualMFADevice", virtualMFADeviceName="m", tags=[{"key": "a"}]),
        ("iam:TagMFADevice", f"{IAM}:mfa/m"),
    ),
    (
        event("rds", "CreateDBInstance", dBInstanceIdentifier="moons", tags=[{"key": "a"}]),
        ("rds:AddTagsToResource", f"arn:aws:rds:eu-west-1:{MAIN}:db:moons"),
    ),
    (
        event("s3", "CreateBucket", **{"bucketName": "maps", "x-amz-object-ownership": "x"}),
        ("s3:PutBucketOwnershipControls", "arn:aws:s3:::maps"),
    ),
    (
        event("s3", "PutObject", **{"bucketName": "maps", "key": "k", "x-amz-tagging": "a=b"}),
        ("s3:PutObjectTagging", "arn:aws:s3:::maps/k"),
    ),
    (
        event("sts", "AssumeRole", roleArn=f"{IAM}:role/app", sourceIdentity="maya"),
        ("sts:SetSourceIdentity", f"{IAM}:role/app"),
    ),
]


@pytest.mark.parametrize(("record", "wanted"), RECORDS)
def test_a_real_record_shows_what_the_call_needs_in_addition(
    record: Event, wanted: tuple[str, str]
) -> None:
    """Parameters are read as CloudTrail writes them."""
    assert wanted in {(use.action, use.resource) for use in uses_of(record)}


@pytest.mark.parametrize(
    "record",
    [
        event("s3", "CreateBucket", **{"bucketName": "maps", "x-amz-acl": "private"}),
        event("sns", "CreateTopic", name="moons", tags=[]),
        event("sns", "TagResource", resourceArn=f"arn:aws:sns:eu-west-1:{MAIN}:a", tags=[{"a": 1}]),
        event("ec2", "RunInstances", tagSpecificationSet={"items": [{"resourceType": "volume"}]}),
        event("iam", "PutAccountProperties", properties={"roleManager/Enabled": "false"}),
    ],
)
def test_parameters_that_say_nothing_need_nothing_more(record: Event) -> None:
    """Without tags nothing is tagged, and a private bucket is what it would be anyhow."""
    assert {use.action for use in uses_of(record)} == {f"{service_of(record)}:{record.event_name}"}


def service_of(record: Event) -> str:
    """Return the prefix of a record's actions."""
    return record.event_source.partition(".")[0]


@pytest.mark.parametrize("odd", [None, 7, "x", [1], {"items": 3}, {"items": [None, [], {"a": 1}]}])
def test_odd_parameters_break_nothing(odd: Any) -> None:
    """A record may have anything where tags are expected."""
    for source, name, parameter in (
        ("ec2", "RunInstances", "tagSpecificationSet"),
        ("iam", "PutAccountProperties", "properties"),
        ("iam", "UpdateServerCertificate", "newServerCertificateName"),
        ("organizations", "AttachPolicy", "targetId"),
        ("kms", "CreateKey", "tags"),
    ):
        assert uses_of(event(source, name, **{parameter: odd}))

"""Calls that need several permissions, as principals make them: each is checked and named."""

from typing import Any

import pytest

from iamlab import Policy, Verdict, World
from iamlab.errors import AccessDenied
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.policy.documents import allow, deny, document, trust

OWN, OTHER = "111111111111", "222222222222"
TAGS = [{"Key": "team", "Value": "sky"}]
ALL = {"Version": "2012-10-17", "Statement": allow("*")}
LAUNCH: dict[str, Any] = {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-1", "SubnetId": "subnet-1"}


@pytest.fixture
def main() -> Account:
    """An account with ana, who has no permission."""
    account = World(seed=4).create_account("main", account_id=OWN)
    account.create_user("ana")
    return account


@pytest.fixture
def ana(main: Account) -> User:
    """Ana."""
    return main.users["ana"]


@pytest.mark.parametrize(
    ("operation", "needed", "parameters"),
    [
        ("CreateUser", "iam:TagUser", {"UserName": "zoe"}),
        (
            "CreateRole",
            "iam:TagRole",
            {
                "RoleName": "zoe",
                "AssumeRolePolicyDocument": Policy.parse(
                    document({**allow("sts:AssumeRole"), "Principal": {"AWS": OWN}})
                ).text,
            },
        ),
        (
            "CreatePolicy",
            "iam:TagPolicy",
            {"PolicyName": "z", "PolicyDocument": Policy.parse(ALL).text},
        ),
        ("CreateInstanceProfile", "iam:TagInstanceProfile", {"InstanceProfileName": "zoe"}),
        ("CreateVirtualMFADevice", "iam:TagMFADevice", {"VirtualMFADeviceName": "zoe"}),
    ],
)
def test_a_new_thing_of_iam_with_tags_needs_the_permission_to_tag(
    operation: str, needed: str, parameters: dict[str, Any], main: Account, ana: User
) -> None:
    """On what is created, with the tags in the request, and without other keys."""
    ana.put_policy("own", document(allow(f"iam:{operation}")))

    with pytest.raises(AccessDenied, match=f"perform: {needed} on resource: arn:aws:iam") as caught:
        main.call(operation, ana, Tags=TAGS, **parameters)

    pairs = caught.value.decision.pairs
    assert [pair.request.action for pair in pairs] == [f"iam:{operation}", needed]
    assert pairs[0].request.resource == pairs[1].request.resource
    assert pairs[1].request.values("aws:RequestTag/team") == ("sky",)
    assert main.world.events[-1].error_code == "AccessDenied"


def test_tagging_has_no_key_of_the_boundary(main: Account, ana: User) -> None:
    """TagUser has no iam:PermissionsBoundary, so an Allow with it has no effect."""
    limit = main.create_policy("limit", ALL).arn
    only = {"StringEquals": {"iam:PermissionsBoundary": limit}}
    ana.put_policy("own", document(allow(["iam:CreateUser", "iam:TagUser"], Condition=only)))
    main.call("CreateUser", ana, UserName="una", PermissionsBoundary=limit)

    with pytest.raises(AccessDenied, match="iam:TagUser"):
        main.call("CreateUser", ana, UserName="zoe", PermissionsBoundary=limit, Tags=TAGS)


def test_without_tags_nothing_more_is_needed(main: Account, ana: User) -> None:
    """An empty list has no tags."""
    ana.put_policy("own", document(allow("iam:CreateUser")))

    main.call("CreateUser", ana, UserName="zoe", Tags=[])
    assert "zoe" in main.users


def test_a_function_with_tags_needs_all_three(main: Account, ana: User) -> None:
    """To create it, to tag it, and to pass its role to Lambda."""
    role = main.create_role(
        "worker", assume_role_policy_document=trust({"Service": "lambda.amazonaws.com"})
    )
    sent = {"FunctionName": "f", "Role": role.arn, "Tags": {"team": "sky"}}
    missing = ["lambda:CreateFunction", "lambda:TagResource", "iam:PassRole"]
    for number, action in enumerate(missing):
        ana.put_policy("own", document(*map(allow, missing[:number] or ["s3:ListBucket"])))
        with pytest.raises(AccessDenied, match=f"perform: {action} on"):
            main.call("lambda:CreateFunction", ana, **sent)
    ana.put_policy("own", document(allow(missing)))

    assert main.call("lambda:CreateFunction", ana, **sent)["FunctionName"] == "f"


def test_a_launch_names_the_pair_that_fails(main: Account, ana: User) -> None:
    """And has all decisions; nothing is started."""
    others = {**allow("ec2:RunInstances"), "NotResource": "arn:aws:ec2:*:*:subnet/*"}
    del others["Resource"]
    ana.put_policy("own", document(others))
    where = f"arn:aws:ec2:us-east-1:{OWN}:subnet/subnet-1"

    with pytest.raises(AccessDenied, match=f"RunInstances on resource: {where}") as caught:
        main.call("ec2:RunInstances", ana, **LAUNCH)

    decision = caught.value.decision
    assert [pair.request.resource for pair in decision.pairs if not pair] == [where]
    assert len(decision.pairs) == 6
    assert not main.resources


def test_an_explicit_deny_of_a_later_resource_is_reported_first(main: Account, ana: User) -> None:
    """One call of one action is one question to IAM."""
    denied = deny("ec2:RunInstances", "arn:aws:ec2:*::image/ami-1")
    ana.put_policy("own", document(denied))

    with pytest.raises(AccessDenied, match="image/ami-1 with an explicit deny") as caught:
        main.call("ec2:RunInstances", ana, **LAUNCH)

    assert caught.value.decision.verdict is Verdict.EXPLICIT_DENY


# -- objects encrypted with a KMS key -------------------------------------------------------------


def test_an_upload_with_a_key_of_another_account_needs_its_policy(main: Account, ana: User) -> None:
    """And an Allow of one's own; S3 calls KMS with the object's ARN as encryption context."""
    theirs = main.world.create_account("theirs", account_id=OTHER)
    main.create_bucket("maps")
    key = theirs.create_key()
    sent = {"Bucket": "maps", "Key": "m31", "SSEKMSKeyId": key.arn}
    ana.put_policy("own", document(allow(["s3:PutObject", "kms:GenerateDataKey"])))

    with pytest.raises(AccessDenied, match="kms:GenerateDataKey on this resource because"):
        main.call("s3:PutObject", ana, **sent)
    context = {
        "kms:ViaService": "s3.us-east-1.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::maps/m31",
    }
    own = {**allow("kms:*"), "Principal": {"AWS": theirs.root_arn}}
    shared = {**allow("kms:GenerateDataKey"), "Principal": {"AWS": ana.arn}}
    key.put_policy(document(own, {**shared, "Condition": {"StringEquals": context}}))

    assert main.call("s3:PutObject", ana, **sent) == {}
    with pytest.raises(AccessDenied, match="kms:GenerateDataKey"):
        main.world.do(ana, "kms:GenerateDataKey", key.arn)


def test_an_upload_can_be_kept_to_encryption(main: Account, ana: User) -> None:
    """By the keys of the request's headers."""
    main.create_bucket("maps")
    name = "s3:x-amz-server-side-encryption"
    only = {"StringNotEquals": {name: "aws:kms"}}
    ana.put_policy("own", document(allow("*"), deny("s3:PutObject", Condition=only)))
    key = main.create_key()

    for more in ({}, {"ServerSideEncryption": "AES256"}):
        with pytest.raises(AccessDenied, match="s3:PutObject"):
            main.call("s3:PutObject", ana, Bucket="maps", Key="m31", **more)
    main.call("s3:PutObject", ana, Bucket="maps", Key="m31", SSEKMSKeyId=key.name)
    main.call("s3:PutObject", ana, Bucket="maps", Key="m31", ServerSideEncryption="aws:kms")

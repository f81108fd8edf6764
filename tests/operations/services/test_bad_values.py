"""A value that an API could receive is refused with AWS's code, in every service.

AWS pages: "Error responses" of Amazon S3; API CreateKey and CreateGrant of AWS KMS; API
AddPermission of AWS Lambda; "Error codes for the Amazon EC2 API"; API CreatePolicy of AWS
Organizations.
"""

from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AwsError
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import trust

ID = "111111111111"
XML = "The XML you provided was not well-formed or did not validate against our published schema"


@pytest.fixture
def main() -> Account:
    """An account with a bucket, a key, a function, an instance and an organization."""
    account = World(seed=7).create_account("main", account_id=ID)
    account.create_bucket("star-maps")
    account.create_key().create_alias("alias/sky")
    by_lambda = trust({"Service": "lambda.amazonaws.com"})
    role = account.create_role("work", assume_role_policy_document=by_lambda)
    account.create_function("resize", role=role)
    account.world.create_organization(account)
    return account


def listed(where: str, *allowed: str) -> str:
    """Return the sentence for a value that isn't in a list."""
    demand = "Member must satisfy enum value set"
    return f"Value 'X' at '{where}' failed to satisfy constraint: {demand}: [{', '.join(allowed)}"


KEY = "alias/sky"
GRANT = {"KeyId": KEY, "GranteePrincipal": f"arn:aws:iam::{ID}:root"}
PERMISSION = {"FunctionName": "resize", "StatementId": "s", "Principal": "*"}
STARTED = {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1}
BUCKET = {"Bucket": "star-maps"}
ROWS: list[tuple[str, dict[str, Any], str, str]] = [
    ("kms:CreateKey", {"KeyUsage": "X"}, "ValidationException", listed("keyUsage")),
    ("kms:CreateKey", {"KeySpec": "X"}, "ValidationException", listed("keySpec")),
    ("kms:CreateGrant", {**GRANT, "Operations": ["X"]}, "ValidationException", "'operations'"),
    ("kms:CreateGrant", {**GRANT, "Operations": []}, "ValidationException", "at least one"),
    (
        "kms:ScheduleKeyDeletion",
        {"KeyId": KEY, "PendingWindowInDays": 3},
        "ValidationException",
        "PendingWindowInDays",
    ),
    (
        "lambda:AddPermission",
        {**PERMISSION, "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "X"},
        "ValidationException",
        listed("functionUrlAuthType", "NONE", "AWS_IAM"),
    ),
    (
        "s3:CreateBucket",
        {"Bucket": "new-maps", "ObjectOwnership": "X"},
        "InvalidArgument",
        "Invalid x-amz-object-ownership header: X",
    ),
    ("s3:CreateBucket", {"Bucket": "new-maps", "ACL": "X"}, "InvalidArgument", "x-amz-acl"),
    ("s3:PutBucketAcl", {**BUCKET, "ACL": "X"}, "InvalidArgument", "x-amz-acl"),
    ("s3:PutObject", {**BUCKET, "Key": "k", "ACL": "X"}, "InvalidArgument", "x-amz-acl"),
    ("s3:PutBucketAbac", {**BUCKET, "AbacStatus": {"Status": "X"}}, "MalformedXML", XML),
    (
        "s3:PutBucketOwnershipControls",
        {**BUCKET, "OwnershipControls": {"Rules": [{"ObjectOwnership": "X"}]}},
        "MalformedXML",
        XML,
    ),
    (
        "s3:PutBucketOwnershipControls",
        {**BUCKET, "OwnershipControls": {"Rules": []}},
        "MalformedXML",
        XML,
    ),
    (
        "ec2:RunInstances",
        {**STARTED, "MetadataOptions": {"HttpTokens": "X"}},
        "InvalidParameterValue",
        "Value (X) for parameter HttpTokens is invalid.",
    ),
    (
        "organizations:ListPolicies",
        {"Filter": "X"},
        "InvalidInputException",
        "You specified an invalid value.",
    ),
]
"""Operation, parameters, and AWS's code with a part of its sentence."""


@pytest.mark.parametrize(("operation", "parameters", "code", "part"), ROWS)
def test_a_bad_value_gets_the_code_of_aws(
    main: Account, operation: str, parameters: dict[str, Any], code: str, part: str
) -> None:
    """Nothing changes, and the sentence isn't empty."""
    before = snapshot(main.world)["accounts"]
    with pytest.raises(AwsError) as caught:
        main.call(operation, main.root_arn, **parameters)

    assert (caught.value.code, part in caught.value.message) == (code, True)
    assert snapshot(main.world)["accounts"] == before

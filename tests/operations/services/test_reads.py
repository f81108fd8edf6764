"""What services tell of their resources: AWS's members, and what a world contains of them."""

import json
from typing import Any

import botocore.session
import pytest

from iamlab import World
from iamlab.errors import AwsError
from iamlab.operations.registry import find
from iamlab.operations.services.kms.key import Key
from iamlab.world.account import Account
from tests.policy.documents import allow, document, trust

SESSION = botocore.session.get_session()
OWN = "111111111111"
START = f"us-east-1:{OWN}"
TABLE, REPOSITORY = f"arn:aws:dynamodb:{START}:table/stars", f"arn:aws:ecr:{START}:repository/web"
BUS, TOPIC = f"arn:aws:events:{START}:event-bus/shop", f"arn:aws:sns:{START}:news"
FUNCTION, QUEUE = f"arn:aws:lambda:{START}:function:resize", f"arn:aws:sqs:{START}:orders"
URL = f"https://sqs.us-east-1.amazonaws.com/{OWN}/orders"
TAGS = [{"Key": "team", "Value": "sky"}]
SKY = {"team": "sky"}
NAMED = {"registryId": OWN, "repositoryName": "web"}
WRITTEN = {"FunctionName": "resize", "FunctionArn": FUNCTION, "Role": f"arn:aws:iam::{OWN}:role/w"}
DEFAULT = {"Name": "default", "Arn": f"arn:aws:events:{START}:event-bus/default"}
KEY_ID = "the id of the key"
ALIAS = {
    "AliasName": "alias/maps",
    "AliasArn": f"arn:aws:kms:{START}:alias/maps",
    "TargetKeyId": KEY_ID,
}
POLICY, SECRET = "the policy", "the ARN of the secret"
"""What the table has for a text that is compared as JSON, and for a name by chance."""

# Operation, parameters, answer.
ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "dynamodb:DescribeTable",
        {"TableName": "stars"},
        {"Table": {"TableName": "stars", "TableArn": TABLE}},
    ),
    ("dynamodb:ListTables", {}, {"TableNames": ["stars"]}),
    ("dynamodb:ListTagsOfResource", {"ResourceArn": TABLE}, {"Tags": TAGS}),
    ("dynamodb:GetResourcePolicy", {"ResourceArn": TABLE}, {"Policy": POLICY}),
    (
        "ecr:DescribeRepositories",
        {},
        {"repositories": [{"repositoryArn": REPOSITORY, **NAMED}]},
    ),
    ("ecr:ListTagsForResource", {"resourceArn": REPOSITORY}, {"tags": TAGS}),
    ("ecr:GetRepositoryPolicy", {"repositoryName": "web"}, {**NAMED, "policyText": POLICY}),
    ("events:DescribeEventBus", {}, DEFAULT),
    ("events:DescribeEventBus", {"Name": "shop"}, {"Name": "shop", "Arn": BUS, "Policy": POLICY}),
    (
        "events:ListEventBuses",
        {},
        {"EventBuses": [DEFAULT, {"Name": "shop", "Arn": BUS, "Policy": POLICY}]},
    ),
    ("events:ListEventBuses", {"NamePrefix": "d"}, {"EventBuses": [DEFAULT]}),
    ("events:ListTagsForResource", {"ResourceARN": BUS}, {"Tags": TAGS}),
    ("kms:ListKeyPolicies", {"KeyId": "alias/maps"}, {"PolicyNames": ["default"]}),
    ("kms:ListAliases", {}, {"Aliases": [ALIAS]}),
    ("kms:ListAliases", {"KeyId": "alias/maps"}, {"Aliases": [ALIAS]}),
    ("kms:ListAliases", {"Region": "eu-west-1"}, {"Aliases": []}),
    (
        "lambda:GetFunction",
        {"FunctionName": "resize"},
        {"Configuration": WRITTEN, "Tags": SKY},
    ),
    ("lambda:GetFunctionConfiguration", {"FunctionName": "resize"}, WRITTEN),
    ("lambda:ListFunctions", {}, {"Functions": [WRITTEN]}),
    ("lambda:ListFunctions", {"Region": "eu-west-1"}, {"Functions": []}),
    ("lambda:ListTags", {"Resource": FUNCTION}, {"Tags": SKY}),
    ("lambda:GetPolicy", {"FunctionName": FUNCTION}, {"Policy": POLICY}),
    ("s3:GetBucketAbac", {"Bucket": "maps"}, {"AbacStatus": {"Status": "Disabled"}}),
    (
        "s3:GetBucketOwnershipControls",
        {"Bucket": "maps"},
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
    ),
    ("s3:GetBucketTagging", {"Bucket": "maps"}, {"TagSet": TAGS}),
    ("s3:ListBuckets", {}, {"Buckets": [{"Name": "maps", "BucketArn": "arn:aws:s3:::maps"}]}),
    ("s3:ListBuckets", {"Prefix": "x"}, {"Buckets": []}),
    (
        "secretsmanager:DescribeSecret",
        {"SecretId": "prod"},
        {"ARN": SECRET, "Name": "prod", "Tags": TAGS},
    ),
    (
        "secretsmanager:ListSecrets",
        {},
        {"SecretList": [{"ARN": SECRET, "Name": "prod", "Tags": TAGS}]},
    ),
    (
        "secretsmanager:GetResourcePolicy",
        {"SecretId": "prod"},
        {"ARN": SECRET, "Name": "prod", "ResourcePolicy": POLICY},
    ),
    (
        "sns:GetTopicAttributes",
        {"TopicArn": TOPIC},
        {"Attributes": {"TopicArn": TOPIC, "Owner": OWN, "Policy": POLICY}},
    ),
    ("sns:ListTopics", {}, {"Topics": [{"TopicArn": TOPIC}]}),
    ("sns:ListTagsForResource", {"ResourceArn": TOPIC}, {"Tags": TAGS}),
    ("sqs:GetQueueUrl", {"QueueName": "orders"}, {"QueueUrl": URL}),
    (
        "sqs:GetQueueAttributes",
        {"QueueUrl": URL, "AttributeNames": ["All"]},
        {"Attributes": {"QueueArn": QUEUE, "Policy": POLICY}},
    ),
    (
        "sqs:GetQueueAttributes",
        {"QueueUrl": URL, "AttributeNames": ["QueueArn"]},
        {"Attributes": {"QueueArn": QUEUE}},
    ),
    ("sqs:GetQueueAttributes", {"QueueUrl": URL}, {}),
    ("sqs:ListQueues", {"QueueNamePrefix": "or"}, {"QueueUrls": [URL]}),
    ("sqs:ListQueues", {"QueueNamePrefix": "x"}, {"QueueUrls": []}),
    ("sqs:ListQueueTags", {"QueueUrl": URL}, {"Tags": SKY}),
]


@pytest.fixture
def main() -> Account:
    """An account with a resource of each type, each with tags and a policy."""
    account = World(seed=3).create_account("main", account_id=OWN)
    role = account.create_role("w", assume_role_policy_document=trust(LAMBDA))
    made: list[Any] = [
        account.create_table("stars", tags=SKY),
        account.create_repository("web", tags=SKY),
        account.create_event_bus("shop", tags=SKY),
        account.create_function("resize", role=role, tags=SKY),
        account.create_bucket("maps", tags=SKY),
        account.create_secret("prod", tags=SKY),
        account.create_topic("news", tags=SKY),
        account.create_queue("orders", tags=SKY),
    ]
    for resource in made:
        action = f"{resource.service}:{ACTIONS.get(resource.service, '*')}"
        on = {} if resource.service == "ecr" else {"Resource": resource.arn}
        statement = {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": action, **on}
        resource.put_policy({"Version": "2012-10-17", "Statement": [statement]})
    account.create_key().create_alias("alias/maps")
    return account


LAMBDA = {"Service": "lambda.amazonaws.com"}
ACTIONS = {
    "lambda": "InvokeFunction",
    "events": "PutEvents",
    "sns": "Publish",
    "dynamodb": "GetItem",
    "s3": "ListBucket",
}


def shown(value: Any, account: Account) -> Any:
    """Return an answer with the names that are in the table."""
    if isinstance(value, dict):
        return {key: shown(part, account) for key, part in value.items()}
    if isinstance(value, list):
        return [shown(part, account) for part in value]
    if isinstance(value, str) and value.startswith("{"):
        policies = [item.policy.to_dict() for item in account.resources.values() if item.policy]
        return POLICY if json.loads(value) in policies else value
    keys = {key.key_id for key in account.resources.values() if isinstance(key, Key)}
    return SECRET if ":secret:prod-" in str(value) else KEY_ID if value in keys else value


@pytest.mark.parametrize(("operation", "sent", "answer"), ROWS)
def test_a_read_has_the_members_that_aws_answers(
    main: Account, operation: str, sent: dict[str, Any], answer: dict[str, Any]
) -> None:
    """Those that a world contains, under names that botocore knows."""
    output = main.call(operation, main.root_arn, **sent)

    assert shown(output, main) == answer
    service, _, name = operation.partition(":")
    shape = SESSION.get_service_model(service).operation_model(name)
    assert unknown_members(output, shape.output_shape) == []


def unknown_members(value: Any, shape: Any) -> list[str]:
    """Return the members of an answer that botocore's model doesn't have."""
    if isinstance(value, list):
        return [name for part in value for name in unknown_members(part, shape.member)]
    if not isinstance(value, dict) or shape.type_name != "structure":
        return []
    inner = [
        name
        for key, part in value.items()
        if key in shape.members
        for name in unknown_members(part, shape.members[key])
    ]
    return [*(key for key in value if key not in shape.members), *inner]


@pytest.mark.parametrize("operation", sorted({row[0] for row in ROWS}))
def test_a_read_needs_its_permission_and_is_read_only(main: Account, operation: str) -> None:
    """The action has the operation's name, but for ListBuckets."""
    sent = next(row[1] for row in ROWS if row[0] == operation)
    dana = main.create_user("dana")
    for resource in main.resources.values():
        resource.policy = None if resource.service != "kms" else resource.policy
    with pytest.raises(AwsError) as refused:
        main.call(operation, dana, **sent)
    assert "not authorized" in refused.value.message or refused.value.code == "AccessDenied"

    action = {"s3:ListBuckets": "s3:ListAllMyBuckets"}.get(operation, operation)
    dana.put_policy("read", document(allow(action)))
    assert find(operation).is_read_only
    if operation not in {row[0] for row in WITHOUT}:
        main.call(operation, dana, **sent)


NO_POLICY = (
    "Repository policy does not exist for the repository with name 'web' in the registry with id "
    f"'{OWN}'"
)
# Operation, parameters, code and sentence where there is no policy.
WITHOUT = [
    (
        "dynamodb:GetResourcePolicy",
        {"ResourceArn": TABLE},
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {TABLE}",
    ),
    (
        "ecr:GetRepositoryPolicy",
        {"repositoryName": "web"},
        "RepositoryPolicyNotFoundException",
        NO_POLICY,
    ),
    (
        "lambda:GetPolicy",
        {"FunctionName": "resize"},
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    ),
]


@pytest.mark.parametrize(("operation", "sent", "code", "text"), WITHOUT)
def test_to_read_a_policy_that_is_not_there_is_an_error(
    main: Account, operation: str, sent: dict[str, Any], code: str, text: str
) -> None:
    """In the service's words; other services leave the member out."""
    for resource in main.resources.values():
        resource.policy = None
    with pytest.raises(AwsError) as refused:
        main.call(operation, main.root_arn, **sent)
    assert (refused.value.code, refused.value.message) == (code, text)

    output = main.call("secretsmanager:GetResourcePolicy", main.root_arn, SecretId="prod")
    assert sorted(output) == ["ARN", "Name"]


def test_repositories_are_described_as_all_of_the_account(main: Account) -> None:
    """ECR asks for permission on every repository; the other lists ask for it on ``*``."""
    dana = main.create_user("dana")
    every = f"arn:aws:ecr:{START}:repository/*"
    with pytest.raises(AwsError) as refused:
        main.call("ecr:DescribeRepositories", dana)
    assert every in refused.value.message

    dana.put_policy("read", document(allow("ecr:DescribeRepositories", every)))
    assert main.call("ecr:DescribeRepositories", dana)["repositories"]


def test_a_function_is_shown_with_tags_to_whoever_can_list_them(main: Account) -> None:
    """AWS page: API GetFunction: Lambda returns tags only with permission for lambda:ListTags."""
    dana = main.create_user("dana")
    main.resources[FUNCTION].policy = None
    dana.put_policy("read", document(allow("lambda:GetFunction")))
    assert main.call("lambda:GetFunction", dana, FunctionName="resize") == {
        "Configuration": WRITTEN
    }

    dana.put_policy("tags", document(allow("lambda:ListTags", FUNCTION)))
    assert main.call("lambda:GetFunction", dana, FunctionName="resize")["Tags"] == SKY


def test_a_function_without_tags_is_shown_without(main: Account) -> None:
    """And ListTags has an empty map."""
    main.resources[FUNCTION].tags = {}
    assert "Tags" not in main.call("lambda:GetFunction", main.root_arn, FunctionName="resize")
    assert main.call("lambda:ListTags", main.root_arn, Resource=FUNCTION) == {"Tags": {}}


def test_aliases_of_a_key_that_is_not_there_are_not_found(main: Account) -> None:
    """In the words of KMS."""
    with pytest.raises(AwsError, match="NotFoundException"):
        main.call("kms:ListAliases", main.root_arn, KeyId="alias/none")


PARAMETER = f"arn:aws:ssm:{START}:parameter/moon"


def test_what_cloud_control_makes_is_read_back() -> None:
    """With its tags and policy; what has another Region is not listed."""
    account = World(seed=3).create_account("main", account_id=OWN)
    account.create_resource(PARAMETER, tags=SKY)
    account.create_resource(PARAMETER.replace("us-east-1", "eu-west-1"))
    account.create_queue("orders")
    [shown] = account.call("cloudformation:ListResources", account.root_arn)["ResourceDescriptions"]

    assert shown["Identifier"] == PARAMETER
    assert json.loads(shown["Properties"]) == {"Arn": PARAMETER, "Tags": TAGS}
    found = account.call("cloudformation:GetResource", account.root_arn, Arn=PARAMETER)
    assert found == {"ResourceDescription": shown}
    for name, answer in (
        ("ListResources", {"ResourceDescriptions": [shown]}),
        ("GetResource", found),
    ):
        shape = SESSION.get_service_model("cloudcontrol").operation_model(name).output_shape
        assert unknown_members(answer, shape) == []


@pytest.mark.parametrize("name", [f"{PARAMETER}s", f"arn:aws:sqs:{START}:orders"])
def test_cloud_control_finds_only_what_it_makes(name: str) -> None:
    """Anything else is not found."""
    account = World(seed=3).create_account("main", account_id=OWN)
    account.create_queue("orders")
    with pytest.raises(AwsError, match=f"Resource of identifier {name} was not found"):
        account.call("cloudformation:GetResource", account.root_arn, Arn=name)


def test_cloud_control_needs_permission_on_everything() -> None:
    """Its actions have no resource types."""
    account = World(seed=3).create_account("main", account_id=OWN)
    account.create_resource(PARAMETER)
    dana = account.create_user("dana")
    dana.put_policy("read", document(allow("cloudformation:GetResource", PARAMETER)))
    with pytest.raises(AwsError, match="not authorized"):
        account.call("cloudformation:GetResource", dana, Arn=PARAMETER)
    dana.put_policy("read", document(allow("cloudformation:*")))
    assert account.call("cloudformation:GetResource", dana, Arn=PARAMETER)

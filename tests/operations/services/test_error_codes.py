"""Each error code of the services is raised once, with AWS's status and words; nothing happens."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, AwsError
from iamlab.errors import ec2 as ec2_errors
from iamlab.operations.dispatch import perform
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust

OWN, OTHER = "111111111111", "222222222222"
START = f"us-east-1:{OWN}"
FUNCTION = f"arn:aws:lambda:{START}:function"


@pytest.fixture
def main() -> Account:
    """An account with one thing of each kind."""
    account = World(seed=9).create_account("main", account_id=OWN)
    for name, service in (("worker", "lambda"), ("web", "ec2")):
        account.create_role(name, assume_role_policy_document=trust({"Service": of(service)}))
    account.create_instance_profile("web").add_role("web")
    account.create_instance_profile("empty")
    account.create_queue("orders")
    account.create_topic("news")
    account.create_function("resize", role="worker").add_permission(
        "one", "lambda:InvokeFunction", OTHER
    )
    account.create_secret("database")
    account.create_table("stars", stream_enabled=True)
    account.create_repository("team/web")
    account.create_event_bus("partners")
    account.create_instance(private_ip="10.0.0.9", vpc_id="vpc-1", instance_profile="web")
    account.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    account.create_resource(f"arn:aws:logs:{START}:log-group:web")
    return account


def of(service: str) -> str:
    """A service's principal."""
    return f"{service}.amazonaws.com"


def the(account: Account, kind: str) -> Any:
    """The one thing of a kind."""
    [found] = [resource for resource in account.resources.values() if resource.kind == kind]
    return found


def by_nobody(action: str, resource: Any = "*") -> dict[str, Any]:
    """A policy that shuts everybody out."""
    return document(deny(action, resource, Principal="*"))


ALL = document(allow("secretsmanager:*", "*", Principal="*"))
NO_ECR = {"Version": "2012-10-17", "Statement": by_nobody("ecr:*")["Statement"]}
del NO_ECR["Statement"][0]["Resource"]
FIFTY_ONE = {f"key-{number}": "" for number in range(51)}


class Row(NamedTuple):
    """A refusal: what is done, and what AWS answers."""

    code: str
    status: int
    text: str
    do: Callable[[Account], Any]


def shut_table(account: Account) -> None:
    """Return the table a policy that nobody could change."""
    table = the(account, "table")
    table.put_policy(by_nobody("dynamodb:*", table.arn))


ROWS = (
    Row(
        "AWS.SimpleQueueService.NonExistentQueue",
        400,
        "The specified queue does not exist.",
        lambda a: perform(a, "sqs:DeleteQueue", QueueUrl="https://sqs.us-east-1.amazonaws.com/1/x"),
    ),
    Row(
        "QueueAlreadyExists",
        400,
        "A queue already exists with the same name orders and a different value for attribute "
        "Policy",
        lambda a: a.create_queue("orders", policy=grant("sqs:SendMessage", f"sqs:{START}:orders")),
    ),
    Row(
        "InvalidParameterValue",
        400,
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        lambda a: a.create_queue("no good"),
    ),
    Row(
        "InvalidAttributeValue",
        400,
        "Invalid value for the parameter Policy.",
        lambda a: the(a, "queue").put_policy(document(allow("sns:Publish", "*", Principal="*"))),
    ),
    Row(
        "InvalidParameterValue",
        400,
        "Value [nobody] for parameter PrincipalId is invalid. Reason: Unable to verify.",
        lambda a: the(a, "queue").add_permission(
            "one", aws_account_ids=["nobody"], actions=["SendMessage"]
        ),
    ),
    Row(
        "InvalidParameterValue",
        400,
        "Value one for parameter Label is invalid. Reason: can't find label.",
        lambda a: the(a, "queue").remove_permission("one"),
    ),
    Row(
        "OverLimit",
        403,
        "8 Actions were found, maximum allowed is 7.",
        lambda a: the(a, "queue").add_permission(
            "one", aws_account_ids=[OTHER], actions=list("abcdefgh")
        ),
    ),
    Row(
        "NotFound",
        404,
        "Topic does not exist",
        lambda a: perform(
            a, "sns:SetTopicAttributes", TopicArn=f"arn:aws:sns:{START}:x", AttributeName="Policy"
        ),
    ),
    Row(
        "InvalidParameter",
        400,
        "Invalid parameter: Topic Name",
        lambda a: a.create_topic("no good"),
    ),
    Row(
        "InvalidParameter",
        400,
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
        lambda a: a.create_topic("news", policy=grant("sns:Publish", f"sns:{START}:news")),
    ),
    Row(
        "InvalidParameter",
        400,
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
        lambda a: a.create_topic("news", tags={"team": "sky"}),
    ),
    Row(
        "InvalidParameter",
        400,
        "Invalid parameter: Policy statement action out of service scope!",
        lambda a: the(a, "topic").put_policy(grant("sns:*", f"sns:{START}:news")),
    ),
    Row(
        "InvalidParameter",
        400,
        "Invalid parameter: Policy Error: PrincipalNotFound",
        lambda a: the(a, "topic").add_permission(
            "one", aws_account_id=["nobody"], action_name=["Publish"]
        ),
    ),
    Row("TagLimitExceeded", 400, "", lambda a: the(a, "topic").tag(FIFTY_ONE)),
    Row(
        "ResourceConflictException",
        409,
        "Function already exist: resize",
        lambda a: a.create_function("resize", role="worker"),
    ),
    Row(
        "ResourceConflictException",
        409,
        "The statement id (one) provided already exists. Please provide a new statement id, or "
        "remove the existing statement.",
        lambda a: the(a, "function").add_permission("one", "lambda:InvokeFunction", OTHER),
    ),
    Row(
        "ResourceNotFoundException",
        404,
        f"Function not found: {FUNCTION}:x",
        lambda a: perform(a, "lambda:DeleteFunction", FunctionName="x"),
    ),
    Row(
        "ResourceNotFoundException",
        404,
        "Statement two is not found in resource policy.",
        lambda a: the(a, "function").remove_permission("two"),
    ),
    Row(
        "InvalidParameterValueException",
        400,
        "The role defined for the function cannot be assumed by Lambda.",
        lambda a: a.create_function("other", role="web"),
    ),
    Row(
        "InvalidParameterValueException",
        400,
        "The provided principal was invalid. Please check the principal and try again.",
        lambda a: the(a, "function").add_permission("two", "lambda:InvokeFunction", "nobody"),
    ),
    Row(
        "PolicyLengthExceededException",
        400,
        "",
        lambda a: the(a, "function").put_policy(
            grant("lambda:InvokeFunction", f"lambda:{START}:function:resize", "x" * 20_480)
        ),
    ),
    Row(
        "AccessDeniedException",
        403,
        "Cross-account pass role is not allowed.",
        lambda a: a.create_function("other", role=f"arn:aws:iam::{OTHER}:role/worker"),
    ),
    Row(
        "ValidationException",
        400,
        "1 validation error detected: Value 'no good' at 'functionName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [A-Za-z0-9-_]{1,64}",
        lambda a: a.create_function("no good", role="worker"),
    ),
    Row(
        "ResourceExistsException",
        400,
        "The operation failed because the secret database already exists.",
        lambda a: a.create_secret("database"),
    ),
    Row(
        "ResourceNotFoundException",
        400,
        "Secrets Manager can't find the specified secret.",
        lambda a: perform(a, "secretsmanager:DeleteSecret", SecretId="x"),
    ),
    Row(
        "MalformedPolicyDocumentException",
        400,
        "This resource policy contains a syntax error.",
        lambda a: the(a, "secret").put_policy("{"),
    ),
    Row(
        "MalformedPolicyDocumentException",
        400,
        "Your requested changes will not allow you to manage this secret in the future.",
        lambda a: the(a, "secret").put_policy(by_nobody("secretsmanager:*")),
    ),
    Row(
        "PublicPolicyException",
        400,
        "",
        lambda a: the(a, "secret").put_policy(ALL, block_public_policy=True),
    ),
    Row("InvalidParameterException", 400, "", lambda a: the(a, "secret").tag({"aws:a": ""})),
    Row(
        "RepositoryAlreadyExistsException",
        400,
        f"The repository with name 'team/web' already exists in the registry with id '{OWN}'",
        lambda a: a.create_repository("team/web"),
    ),
    Row(
        "RepositoryNotFoundException",
        400,
        f"The repository with name 'x' does not exist in the registry with id '{OWN}'",
        lambda a: perform(a, "ecr:DeleteRepository", repositoryName="x"),
    ),
    Row(
        "RepositoryPolicyNotFoundException",
        400,
        "Repository policy does not exist for the repository with name 'team/web' in the registry "
        f"with id '{OWN}'",
        lambda a: the(a, "repository").delete_policy(),
    ),
    Row(
        "InvalidParameterException",
        400,
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository "
        "policy provided'",
        lambda a: the(a, "repository").put_policy(NO_ECR),
    ),
    Row("TooManyTagsException", 400, "", lambda a: the(a, "repository").tag(FIFTY_ONE)),
    Row(
        "ResourceInUseException",
        400,
        "Table already exists: stars",
        lambda a: a.create_table("stars"),
    ),
    Row(
        "ResourceNotFoundException",
        400,
        "Requested resource not found: Table: xyz not found",
        lambda a: perform(a, "dynamodb:DeleteTable", TableName="xyz"),
    ),
    Row("ValidationException", 400, "", shut_table),
    Row(
        "ValidationException",
        400,
        "TableName must be at least 3 characters long and at most 255 characters long",
        lambda a: a.create_table("x"),
    ),
    Row(
        "ResourceAlreadyExistsException",
        400,
        "Event bus default already exists.",
        lambda a: a.create_event_bus("default"),
    ),
    Row(
        "ResourceNotFoundException",
        400,
        "Event bus x does not exist.",
        lambda a: perform(a, "events:PutPermission", EventBusName="x", Policy="{}"),
    ),
    Row(
        "ResourceNotFoundException",
        400,
        "EventBus does not have a policy.",
        lambda a: the(a, "event bus").remove_permission("one"),
    ),
    Row(
        "PolicyLengthExceededException",
        400,
        "",
        lambda a: the(a, "event bus").put_policy(
            grant("events:PutEvents", f"events:{START}:event-bus/partners", "x" * 10_240)
        ),
    ),
    Row(
        "ValidationException",
        400,
        r"1 validation error detected: Value 'nobody' at 'principal' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: (\d{12}|\*)",
        lambda a: the(a, "event bus").put_permission("one", principal="nobody"),
    ),
    Row(
        "AlreadyExistsException",
        400,
        f"Resource of identifier arn:aws:logs:{START}:log-group:web already exists.",
        lambda a: a.create_resource(f"arn:aws:logs:{START}:log-group:web"),
    ),
    Row(
        "ResourceNotFoundException",
        400,
        f"Resource of identifier arn:aws:sqs:{START}:orders was not found.",
        lambda a: perform(a, "cloudformation:DeleteResource", Arn=f"arn:aws:sqs:{START}:orders"),
    ),
    Row(
        "IncorrectState",
        400,
        "There is an existing association for instance {instance}",
        lambda a: the(a, "instance").associate_iam_instance_profile("web"),
    ),
    Row(
        "IncorrectInstanceState",
        400,
        "This instance '{instance}' is not in a state from which it can be started.",
        lambda a: ended(a).start(),
    ),
    Row(
        "InvalidAssociationID.NotFound",
        400,
        "An invalid association-id of 'iip-assoc-none' was given",
        lambda a: ended(a).disassociate_iam_instance_profile(),
    ),
    Row(
        "InvalidParameterValue",
        400,
        "Value (none) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance "
        "Profile name",
        lambda a: a.create_instance(instance_profile="none"),
    ),
    Row(
        "InvalidParameterValue",
        400,
        f'IAM Instance Profile "arn:aws:iam::{OWN}:instance-profile/empty" has no associated IAM '
        "Roles",
        lambda a: a.create_instance(instance_profile="empty"),
    ),
    Row(
        "InvalidParameterCombination",
        400,
        "The parameter 'iamInstanceProfile.name' may not be used in combination with "
        "'iamInstanceProfile.arn'",
        lambda a: perform(
            a,
            "ec2:RunInstances",
            MinCount=1,
            MaxCount=1,
            IamInstanceProfile={"Name": "web", "Arn": f"arn:aws:iam::{OWN}:instance-profile/web"},
        ),
    ),
    Row(
        "InvalidParameterCombination",
        400,
        "The parameter PolicyDocument cannot be used together with ResetPolicy",
        lambda a: the(a, "VPC endpoint").modify(
            policy=document(allow("*", "*", Principal="*")), reset_policy=True
        ),
    ),
    Row(
        "InvalidInstanceID.NotFound",
        400,
        "The instance ID 'i-0123456789abcdef0' does not exist",
        lambda a: perform(a, "ec2:StopInstances", InstanceIds=["i-0123456789abcdef0"]),
    ),
    Row(
        "InvalidInstanceID.Malformed",
        400,
        'Invalid id: "web"',
        lambda a: perform(a, "ec2:StopInstances", InstanceIds=["web"]),
    ),
    Row(
        "InvalidID",
        400,
        "The ID 'vol-1' is not valid",
        lambda a: perform(a, "ec2:CreateTags", Resources=["vol-1"], Tags=[]),
    ),
    Row(
        "InvalidIPAddress.InUse",
        400,
        "Address 10.0.0.9 is in use.",
        lambda a: a.create_instance(vpc_id="vpc-1", private_ip="10.0.0.9"),
    ),
    Row(
        "InvalidVpcID.Malformed",
        400,
        'Invalid id: "maps" (expecting "vpc-...")',
        lambda a: a.create_instance(vpc_id="maps"),
    ),
    Row(
        "InvalidServiceName",
        400,
        "The Vpc Endpoint Service 'com.amazonaws.eu-west-1.s3' does not exist",
        lambda a: a.create_vpc_endpoint("com.amazonaws.eu-west-1.s3", "vpc-1"),
    ),
    Row(
        "InvalidParameter",
        400,
        "Endpoint type (Gateway) does not match available service types ([Interface]).",
        lambda a: a.create_vpc_endpoint(
            "com.amazonaws.us-east-1.sqs", "vpc-1", vpc_endpoint_type="Gateway"
        ),
    ),
    Row(
        "InvalidVpcEndpointId.NotFound",
        400,
        "The Vpc Endpoint Id 'vpce-1' does not exist",
        lambda a: perform(a, "ec2:DeleteVpcEndpoints", VpcEndpointIds=["vpce-1"]),
    ),
    Row("InvalidPolicyDocument", 400, "", lambda a: the(a, "VPC endpoint").put_policy("{")),
)


def grant(action: str, arn: str, value: str = "o-1234567890") -> dict[str, Any]:
    """A policy that lets everybody of an organization in."""
    only = {"StringEquals": {"aws:PrincipalOrgID": value}}
    return document(allow(action, f"arn:aws:{arn}", Principal="*", Condition=only))


def ended(account: Account) -> Any:
    """The instance, which comes to its end first."""
    instance = the(account, "instance")
    if instance.state != "terminated":
        instance.terminate()
    return instance


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}: {row.text[:40]}")
def test_a_refusal_has_awss_code_status_and_words(row: Row, main: Account) -> None:
    """Where AWS documents its words; the rest is left empty, or said in a sentence of our own."""
    if row.code in ("IncorrectInstanceState", "InvalidAssociationID.NotFound"):
        ended(main)
    before = snapshot(main.world)
    with pytest.raises(AwsError) as caught:
        row.do(main)

    assert (caught.value.code, caught.value.http_status) == (row.code, row.status)
    if row.text:
        words = row.text.replace("{instance}", the(main, "instance").name)
        assert caught.value.message == words
    assert snapshot(main.world) == before
    event = main.world.events[-1]
    if event.event_source == "ec2.amazonaws.com":
        assert event.error_code == f"Client.{row.code}"
    else:
        assert event.error_code == row.code.replace("AccessDeniedException", "AccessDenied")


def used_in(module: str) -> set[str]:
    """Collect the codes of the errors that a module of a service names."""
    names = vars(import_module(f"iamlab.operations.services.{module}")).values()
    classes = [name for name in names if isinstance(name, type) and issubclass(name, AwsError)]
    return {class_.code for class_ in classes if class_ is not AwsError}


def test_every_error_that_these_services_know_is_raised_here() -> None:
    """None is decoration."""
    of_services = set[str]().union(*map(used_in, MODULES))
    of_ec2 = {
        var.code
        for var in vars(ec2_errors).values()
        if isinstance(var, type) and var.__module__ == ec2_errors.__name__
    }

    assert of_ec2 <= of_services
    assert of_services <= {row.code for row in ROWS} | {code for _, _, code, _ in REFUSED}


# Of somebody who may not: an operation of each service, its parameters, the code, the status.
REFUSED: list[tuple[str, dict[str, Any], str, int]] = [
    ("sqs:CreateQueue", {"QueueName": "x"}, "AccessDenied", 403),
    ("sns:CreateTopic", {"Name": "x"}, "AuthorizationError", 403),
    ("lambda:DeleteFunction", {"FunctionName": "resize"}, "AccessDeniedException", 403),
    ("secretsmanager:CreateSecret", {"Name": "x"}, "AccessDeniedException", 400),
    ("ecr:CreateRepository", {"repositoryName": "x1"}, "AccessDeniedException", 400),
    ("dynamodb:CreateTable", {"TableName": "xyz"}, "AccessDeniedException", 400),
    ("events:CreateEventBus", {"Name": "x"}, "AccessDeniedException", 400),
    ("ec2:RunInstances", {"MinCount": 1, "MaxCount": 1}, "UnauthorizedOperation", 403),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused[0])
def test_a_denied_call_gets_the_services_own_error(refused: Any, main: Account) -> None:
    """Whatever the code, it is a denial with its decision."""
    operation, arguments, code, status = refused
    dana = main.create_user("dana")
    before = snapshot(main.world)
    with pytest.raises(AccessDenied) as caught:
        main.call(operation, dana, **arguments)

    assert (caught.value.code, caught.value.http_status) == (code, status)
    assert caught.value.decision is not None
    message = f"User: {dana.arn} is not authorized to perform: {operation} on resource: arn:aws:"
    assert message in caught.value.message
    assert str(caught.value) == f"{code}: {caught.value.message}"
    assert snapshot(main.world) == before


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("sqs:CreateQueue", {"QueueName": "x", "Attributes": {"Policy": 5}}, "InvalidAttribute"),
        ("sns:CreateTopic", {"Name": "x", "Attributes": {"Policy": 5}}, "InvalidParameter"),
        ("sns:CreateTopic", {"Name": "x", "Tags": [{"Key": "", "Value": ""}]}, "TagLimitExceeded"),
        ("ecr:CreateRepository", {"repositoryName": "No"}, "InvalidParameterException"),
        ("secretsmanager:CreateSecret", {"Name": "a b"}, "ValidationException"),
        ("events:CreateEventBus", {"Name": "a b"}, "ValidationException"),
        ("dynamodb:CreateTable", {"TableName": "a b c"}, "ValidationException"),
        ("lambda:CreateFunction", {"FunctionName": "x", "Role": "web"}, "ValidationException"),
        (
            "ec2:AssociateIamInstanceProfile",
            {"InstanceId": "INSTANCE", "IamInstanceProfile": {}},
            "InvalidParameterValue",
        ),
        ("cloudformation:CreateResource", {}, "ValidationError"),
    ],
)
def test_what_makes_no_sense_is_refused(
    operation: str, arguments: Any, code: str, main: Account
) -> None:
    """Names, values and tags that cannot be."""
    if "InstanceId" in arguments:
        arguments = {**arguments, "InstanceId": main.create_instance().name}
    before = snapshot(main.world)
    with pytest.raises(AwsError) as caught:
        perform(main, operation, **arguments)

    assert caught.value.code.startswith(code)
    assert snapshot(main.world) == before


MODULES = (
    *("cloudcontrol", "tables_and_repositories", "ec2.tagged_resources", "eventbridge"),
    *("ec2.instances", "ec2.instance", "lambda_functions"),
    *("secretsmanager", "queues_and_topics", "ec2.vpc_endpoints"),
)

"""Every service that botocore has a model of: a call of it is decided, or it is listed why not."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import create_loader

from iamlab import Policy, World
from iamlab.analysis.trails.uses import uses_of
from tests.rows import each_row

MAIN = "111111111111"
CONFIG = Config(
    parameter_validation=False, inject_host_prefix=False, retries={"total_max_attempts": 1}
)
UNSIGNED = "Its requests aren't signed with an access key."
NO_ACTION = "The Service Authorization Reference has no action for it."
CBOR = "moto doesn't read the protocol smithy-rpc-v2-cbor."
VERSION_2 = "It is signed with Signature Version 2."
NOT_DECIDED = {
    **dict.fromkeys(("account-access-runtime", "codecatalyst", "sso"), UNSIGNED),
    **dict.fromkeys(("cloudwatchomni", "eventbridgev2", "partnercentral-marketing"), CBOR),
    "partnercentral-revenue-measurement": CBOR,
    **dict.fromkeys(("importexport", "sdb"), VERSION_2),
    **dict.fromkeys(("abuse-signal", "agent-discovery", "apigatewaymanagementapi"), NO_ACTION),
    **dict.fromkeys(("apiportal", "applicationcostprofiler", "connectparticipant"), NO_ACTION),
    **dict.fromkeys(("connectscheduling", "iam-toolbox", "iotthingsgraph"), NO_ACTION),
    **dict.fromkeys(("sagemaker-gateway-runtime", "opensearchmemory"), NO_ACTION),
    **dict.fromkeys(("cloudhsm", "sagemaker-inference-router-runtime"), NO_ACTION),
    "keyspaces": "Its actions are statements of Cassandra, such as cassandra:Select.",
    "cloudfront-keyvaluestore": "Its endpoint follows from the ARN of a store.",
    "cloudsearchdomain": "boto3 sends Search as a form, which is another operation's protocol.",
}
"""Model of botocore -> why no operation of it is decided."""

SERVICES = create_loader().list_available_services("service-2")


@cache
def clients():
    """Make a world and the session of a user who can do everything."""
    world = World(seed=7)
    dana = world.create_account("main", account_id=MAIN).create_user("dana")
    dana.create_access_key()
    dana.attach_policy("AdministratorAccess")
    return world, world.boto3_session(dana)


def value_of(shape):
    """Make a value that fits a shape."""
    kind, least = shape.type_name, shape.metadata.get("min", 1)
    if kind == "structure":
        return {name: value_of(shape.members[name]) for name in shape.required_members}
    if kind == "list":
        return [value_of(shape.member)]
    if kind == "string":
        return shape.enum[0] if shape.enum else "a" * max(12, least)
    numbers = dict.fromkeys(("integer", "long", "float", "double"), max(1, least))
    others = {
        "map": {},
        "boolean": True,
        "blob": b"x",
        "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return {**numbers, **others}[kind]


def reads(model):
    """Return the operations that read, those that list first; else all operations."""
    starts = ("List", "Describe", "Get", "Batch", "Search")
    names = [each for each in model.operation_names if each.startswith(starts)]
    return sorted(names or model.operation_names, key=lambda each: not each.startswith(starts[:2]))


def decided_of(name):
    """Call the first operation of a service that is decided; return its name and its action."""
    world, session = clients()
    client = session.client(name, config=CONFIG)
    model = client.meta.service_model
    for operation in reads(model)[:8]:
        shape = model.operation_model(operation).input_shape
        world.gateway.calls.clear()
        with suppress(Exception):  # whatever it is, the next one is tried
            getattr(client, xform_name(operation))(**({} if shape is None else value_of(shape)))
        made = world.gateway.calls[-1] if world.gateway.calls else None
        if made is not None and made.decision is not None and made.operation == operation:
            return operation, made.decision.request.action
    return "", ""


@each_row("name", SERVICES)
@pytest.mark.slow
def test_every_service_is_decided_or_listed(name):
    """A read of each of the 445 models, signed and sent by a real client."""
    operation, action = decided_of(name)

    assert bool(operation) != (name in NOT_DECIDED), (operation, action)


@pytest.fixture
def ana():
    """Return a world, and the session of a user who can do nothing."""
    world = World(seed=7)
    user = world.create_account("main", account_id=MAIN).create_user("ana")
    user.create_access_key()
    return world, world.boto3_session(user)


GATEWAY = "arn:aws:apigateway:us-east-1::"
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/a.b"
SAID = [{"role": "user", "content": [{"text": "Which star is that?"}]}]


@each_row(
    ("service", "operation", "parameters", "action", "resource"),
    [
        ("apigateway", "GetRestApis", {}, "apigateway:GET", f"{GATEWAY}/restapis"),
        (
            "apigateway",
            "DeleteStage",
            {"restApiId": "a1", "stageName": "prod"},
            "apigateway:DELETE",
            f"{GATEWAY}/restapis/a1/stages/prod",
        ),
        (
            "apigateway",
            "CreateRestApi",
            {"name": "stars"},
            "apigateway:POST",
            f"{GATEWAY}/restapis",
        ),
        ("apigatewayv2", "GetApi", {"ApiId": "a1"}, "apigateway:GET", f"{GATEWAY}/apis/a1"),
        ("apigatewayv2", "UpdateApi", {"ApiId": "a1"}, "apigateway:PATCH", f"{GATEWAY}/apis/a1"),
        (
            "bedrock-runtime",
            "Converse",
            {"modelId": "a.b", "messages": SAID},
            "bedrock:InvokeModel",
            MODEL,
        ),
        (
            "bedrock-runtime",
            "InvokeModel",
            {"modelId": MODEL, "body": b"{}"},
            "bedrock:InvokeModel",
            MODEL,
        ),
        (
            "bedrock-agent",
            "GetFlowAlias",
            {"flowIdentifier": "F" * 10, "aliasIdentifier": "A" * 10},
            "bedrock:GetFlowAlias",
            "*",
        ),
        (
            "bedrock-agent-runtime",
            "ListFlowExecutionEvents",
            {
                "flowIdentifier": "F" * 10,
                "flowAliasIdentifier": "A" * 10,
                "executionIdentifier": "a",
                "eventType": "Node",
            },
            "bedrock:ListFlowExecutionEvents",
            "*",
        ),
        ("budgets", "DescribeBudgets", {"AccountId": MAIN}, "budgets:ViewBudget", "*"),
        (
            "cloudcontrol",
            "ListResources",
            {"TypeName": "AWS::S3::Bucket"},
            "cloudformation:ListResources",
            "*",
        ),
        ("dynamodbstreams", "ListStreams", {}, "dynamodb:ListStreams", "*"),
        ("elb", "DescribeLoadBalancers", {}, "elasticloadbalancing:DescribeLoadBalancers", "*"),
        ("elbv2", "DescribeLoadBalancers", {}, "elasticloadbalancing:DescribeLoadBalancers", "*"),
        ("lambda-web", "ListTags", {"resource": "a"}, "lambda:ListTags", "*"),
        (
            "sagemaker-runtime",
            "InvokeEndpoint",
            {"EndpointName": "sky", "Body": b"x"},
            "sagemaker:InvokeEndpoint",
            f"arn:aws:sagemaker:us-east-1:{MAIN}:endpoint/sky",
        ),
        ("sesv2", "ListEmailIdentities", {}, "ses:ListEmailIdentities", "*"),
    ],
)
def test_models_that_share_a_signing_name_are_decided(
    ana, service, operation, parameters, action, resource
):
    """The model that has the operation counts; the event has the operation's name."""
    world, session = ana
    client = session.client(service, config=CONFIG)
    with pytest.raises(ClientError) as caught:
        getattr(client, xform_name(operation))(**parameters)
    call, event = world.gateway.calls[-1], world.events[-1]

    assert "AccessDenied" in caught.value.response["Error"]["Code"]
    assert (call.operation, call.is_denied, call.is_decided_only) == (operation, True, True)
    request = call.decision.request
    assert (request.action, request.resource) == (action, resource)
    assert event.event_name == operation
    assert action in {use.action for use in uses_of(event)}


def test_a_policy_for_one_api_of_api_gateway(ana):
    """Its statement names a method of HTTP and a path."""
    world, session = ana
    own = Policy.allow("apigateway:GET", f"{GATEWAY}/restapis/a1/*")
    world.user("ana").put_policy("one", own)
    client = session.client("apigateway")
    for arguments, is_allowed in (({"restApiId": "a1"}, True), ({"restApiId": "a2"}, False)):
        with pytest.raises(ClientError):
            client.get_stage(**arguments, stageName="prod")
        assert bool(world.gateway.calls[-1].decision) is is_allowed


def test_an_operation_that_no_model_has_is_the_main_models_error(ana):
    """In the form of the service's main model, without a decision."""
    world, session = ana
    client = session.client("ses", config=CONFIG)
    client.meta.service_model.metadata["apiVersion"] = "2000-01-01"
    with pytest.raises(ClientError) as caught:
        client.list_identities()

    assert caught.value.response["Error"]["Code"] == "InvalidAction"
    assert world.gateway.calls[-1].decision is None

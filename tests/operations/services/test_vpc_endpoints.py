"""VPC endpoints: a policy for what goes through, and none for the endpoint itself."""

from typing import Any

import pytest

from iamlab import Network, World
from iamlab.errors import AccessDenied, RequestError, ValidationError
from iamlab.errors.ec2 import InvalidVpcEndpointIdNotFound
from iamlab.errors.services import InvalidParameterValue, InvalidPolicyDocument
from iamlab.operations.dispatch import perform
from iamlab.operations.services.ec2.vpc_endpoints import VpcEndpoint, type_for
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, document

OWN = "111111111111"
S3 = "com.amazonaws.us-east-1.s3"
READ = document(allow("s3:GetObject", "*", Principal="*"))


@pytest.fixture
def main() -> Account:
    """An account."""
    return World(seed=4).create_account("main", account_id=OWN)


@pytest.fixture
def endpoint(main: Account) -> VpcEndpoint:
    """An endpoint for S3."""
    return main.create_vpc_endpoint(S3, "vpc-1")


def test_an_endpoint_lets_everything_through_at_first(endpoint: VpcEndpoint) -> None:
    """Its policy allows everybody everything; it narrows nothing down."""
    [statement] = endpoint.endpoint_policy.to_dict()["Statement"]

    assert statement == {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    assert endpoint.name.startswith("vpce-")
    assert endpoint.arn == f"arn:aws:ec2:us-east-1:{OWN}:vpc-endpoint/{endpoint.name}"
    assert endpoint.vpc_arn == f"arn:aws:ec2:us-east-1:{OWN}:vpc/vpc-1"


def test_its_policy_lets_nobody_do_anything_with_the_endpoint(
    main: Account, endpoint: VpcEndpoint
) -> None:
    """It is not a resource-based policy, although it allows everybody everything."""
    dana = main.create_user("dana")

    assert endpoint.policy is None
    assert not main.world.can(dana, "ec2:DeleteVpcEndpoints", endpoint.arn)


def test_its_policy_is_replaced_and_reset(endpoint: VpcEndpoint) -> None:
    """EC2 keeps no endpoint without one."""
    endpoint.put_policy(READ)
    assert endpoint.endpoint_policy.statements[0].action == ("s3:GetObject",)
    endpoint.delete_policy()
    assert endpoint.endpoint_policy.statements[0].action == ("*",)
    endpoint.modify()

    assert endpoint.endpoint_policy.statements[0].action == ("*",)


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        document(allow("s3:GetObject", "*")),
        document(
            allow(
                "s3:*",
                "*",
                Principal="*",
                Condition={"StringLike": {"aws:PrincipalAccount": "1111*"}},
            )
        ),
        document(allow("s3:*", "*", Principal="*", Sid="x" * 20_480)),
    ],
)
def test_what_is_not_an_endpoint_policy_is_not_saved(
    bad: Any, main: Account, endpoint: VpcEndpoint
) -> None:
    """An endpoint isn't created with it either."""
    before = snapshot(main.world)
    with pytest.raises(InvalidPolicyDocument):
        endpoint.put_policy(bad)
    with pytest.raises(InvalidPolicyDocument):
        main.create_vpc_endpoint(S3, "vpc-1", policy=bad)

    assert snapshot(main.world) == before


@pytest.mark.parametrize(
    ("end", "prefix", "kind"),
    [
        ("s3", "s3", "Gateway"),
        ("dynamodb", "dynamodb", "Gateway"),
        ("sqs", "sqs", "Interface"),
        ("secretsmanager", "secretsmanager", "Interface"),
        ("ecr.dkr", "ecr", "Interface"),
        ("monitoring", "cloudwatch", "Interface"),
        ("kms-fips", "kms", "Interface"),
        ("execute-api", "execute-api", "Interface"),
    ],
)
def test_an_endpoint_leads_to_one_service(end: str, prefix: str, kind: str, main: Account) -> None:
    """Whose actions may be called otherwise than its endpoints."""
    endpoint = main.create_vpc_endpoint(f"com.amazonaws.us-east-1.{end}", "vpc-1")

    assert (endpoint.for_service, endpoint.vpc_endpoint_type) == (prefix, kind)
    assert type_for(endpoint.service_name) == kind


def test_s3_has_endpoints_of_both_types(main: Account) -> None:
    """The API takes a gateway for meant if nothing is said."""
    assert main.create_vpc_endpoint(S3, "vpc-1", vpc_endpoint_type="Interface")
    made = perform(main, "ec2:CreateVpcEndpoint", VpcId="vpc-1", ServiceName=S3)

    assert made.vpc_endpoint_type == "Gateway"


def test_who_makes_one_needs_the_permission_for_it(main: Account) -> None:
    """It can be kept to a service."""
    dana = main.create_user("dana")
    only = {"StringEquals": {"ec2:VpceServiceName": S3}}
    made, vpc = "arn:aws:ec2:*:*:vpc-endpoint/*", "arn:aws:ec2:*:*:vpc/vpc-1"
    dana.put_policy("some", document(allow("ec2:CreateVpcEndpoint", made, Condition=only)))
    dana.put_policy("vpc", document(allow("ec2:CreateVpcEndpoint", vpc)))
    other = "com.amazonaws.us-east-1.dynamodb"
    with pytest.raises(AccessDenied, match=r"on resource: .*:vpc-endpoint/\*"):
        main.call("ec2:CreateVpcEndpoint", dana, VpcId="vpc-1", ServiceName=other)
    with pytest.raises(AccessDenied, match=r"on resource: .*:vpc/vpc-2"):
        main.call("ec2:CreateVpcEndpoint", dana, VpcId="vpc-2", ServiceName=S3)

    answer = main.call("ec2:CreateVpcEndpoint", dana, VpcId="vpc-1", ServiceName=S3)
    endpoint_id = answer["VpcEndpoint"]["VpcEndpointId"]
    with pytest.raises(AccessDenied, match=f"vpc-endpoint/{endpoint_id}"):
        main.call("ec2:ModifyVpcEndpoint", dana, VpcEndpointId=endpoint_id, ResetPolicy=True)


def test_it_has_tags_and_can_be_deleted(main: Account) -> None:
    """As everything of EC2."""
    endpoint = main.create_vpc_endpoint(S3, "vpc-1", tags={"team": "sky"}, policy=READ)
    endpoint.tag({"cost": "1"})
    endpoint.untag(["team"])

    assert endpoint.tags == {"cost": "1"}
    assert endpoint.context["ec2:ResourceTag/cost"] == "1"
    assert endpoint.context["ec2:VpceServiceName"] == S3
    endpoint.delete()
    assert not main.resources


def test_a_region_has_its_own_endpoints(main: Account) -> None:
    """They lead to the services of that Region."""
    endpoint = main.create_vpc_endpoint("com.amazonaws.eu-west-1.s3", "vpc-1", region="eu-west-1")

    assert endpoint.region == "eu-west-1"
    with pytest.raises(RequestError, match="isn't a Region"):
        main.create_vpc_endpoint(S3, "vpc-1", region="here")


def test_what_goes_through_an_endpoint_is_held_to_its_policy(main: Account) -> None:
    """In the VPC it narrows down what dana may do; from elsewhere it does not."""
    from iamlab.model.network_locations import Network

    dana = main.create_user("dana")
    dana.put_policy("all", document(allow("s3:*")))
    main.create_bucket("maps")
    main.create_vpc_endpoint(S3, "vpc-1", policy=READ)
    world, a_map = main.world, "arn:aws:s3:::maps/m31.fits"
    inside = Network(vpc="vpc-1")

    assert world.can(dana, "s3:PutObject", a_map)
    assert not world.can(dana, "s3:PutObject", a_map, network=inside)
    assert world.can(dana, "s3:GetObject", a_map, network=inside)


def test_an_endpoint_is_not_changed_by_no_policy(endpoint: VpcEndpoint) -> None:
    """It isn't silently left unchanged either."""
    nothing: Any = None

    with pytest.raises(ValidationError, match="must not be null"):
        endpoint.put_policy(nothing)


def test_the_service_of_an_endpoint_is_named_by_text(main: Account) -> None:
    """And so are those that are deleted."""
    wrong: Any = 5

    with pytest.raises(RequestError, match="service_name must be text"):
        main.create_vpc_endpoint(wrong, "vpc-1")
    with pytest.raises(InvalidVpcEndpointIdNotFound):
        main.call("ec2:DeleteVpcEndpoints", main.root_arn, VpcEndpointIds=[[1]])


def test_an_endpoint_gets_no_tags_that_are_sent_for_an_instance(main: Account) -> None:
    """EC2 refuses them."""
    sent = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "sky"}]}]

    with pytest.raises(InvalidParameterValue, match="not a valid taggable resource type"):
        main.call(
            *("ec2:CreateVpcEndpoint", main.root_arn),
            VpcId="vpc-1",
            ServiceName=S3,
            TagSpecifications=sent,
        )


def test_a_network_takes_an_endpoint_itself(endpoint: VpcEndpoint) -> None:
    """As well as its id or its ARN."""
    world = endpoint.account.world
    itself: Any = endpoint

    assert Network(endpoint=itself) == Network(endpoint=endpoint.arn)
    with world.network(endpoint=endpoint) as here:
        assert here == Network(endpoint=endpoint.arn)


@pytest.mark.parametrize("name", ["ip", "vpc", "endpoint"])
@pytest.mark.parametrize("wrong", [5, True, None, [1]])
def test_a_network_is_described_by_texts(name: str, wrong: Any, main: Account) -> None:
    """A number would be taken for an address."""
    with pytest.raises(RequestError, match=f"{name} must be text"):
        Network(**{name: wrong})
    with pytest.raises(RequestError, match=f"{name} must be text"):
        main.world.network(**{name: wrong})

"""What EC2 tells of instances, instance profiles, endpoints and tags, with its filters."""

from typing import Any

import botocore.session
import pytest

from iamlab import World
from iamlab.errors import AwsError, RequestError
from iamlab.operations.registry import find
from iamlab.operations.services.ec2.instance import Instance
from iamlab.operations.services.ec2.vpc_endpoints import VpcEndpoint
from iamlab.world.account import Account
from tests.operations.services.test_reads import unknown_members
from tests.policy.documents import allow, document, trust

MODEL = botocore.session.get_session().get_service_model("ec2")
OWN = "111111111111"
VPC = "vpc-0a1b2c3d"
ABSENT, OTHER = "i-0123456789abcdef0", "i-0123456789abcdef1"
READS = (
    "DescribeInstances",
    "DescribeIamInstanceProfileAssociations",
    "DescribeVpcEndpoints",
    "DescribeTags",
)


@pytest.fixture
def main() -> Account:
    """An account with two instances, one with a role, an endpoint, and an instance elsewhere."""
    account = World(seed=3).create_account("main", account_id=OWN)
    account.create_role("w", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"}))
    profile = account.create_instance_profile("w")
    profile.add_role("w")
    account.create_instance(instance_profile=profile, tags={"Name": "web"})
    account.create_instance(tags={"team": "sky"}).stop()
    account.create_vpc_endpoint("com.amazonaws.us-east-1.s3", VPC, tags={"team": "sea"})
    account.create_instance(region="eu-west-1")
    return account


def read(account: Account, operation: str, **sent: Any) -> list[Any]:
    """Return what an operation lists, whose members botocore must know."""
    output = account.call(f"ec2:{operation}", account.root_arn, **sent)
    assert unknown_members(output, MODEL.operation_model(operation).output_shape) == []
    [found] = output.values()
    return found


def ids(account: Account, **sent: Any) -> list[str]:
    """Return the ids of described instances."""
    reservations = read(account, "DescribeInstances", **sent)
    return [each["InstanceId"] for held in reservations for each in held["Instances"]]


def own(account: Account) -> list[Any]:
    """Return the instances in us-east-1."""
    every = (each for each in account.resources.values() if isinstance(each, Instance))
    return [each for each in every if each.region == "us-east-1"]


def test_instances_of_a_region_are_described(main: Account) -> None:
    """As RunInstances answers, in reservations with the owner."""
    web, idle = own(main)
    first, second = read(main, "DescribeInstances")

    assert first["OwnerId"] == OWN
    [shown] = first["Instances"]
    assert shown["IamInstanceProfile"]["Arn"] == f"arn:aws:iam::{OWN}:instance-profile/w"
    assert shown["Tags"] == [{"Key": "Name", "Value": "web"}]
    assert second["Instances"][0]["State"] == {"Code": 80, "Name": "stopped"}
    assert ids(main) == [web.name, idle.name]
    assert len(ids(main, Region="eu-west-1")) == 1
    assert ids(main, InstanceIds=[idle.name, idle.name]) == [idle.name]
    assert ids(main, InstanceIds=[]) == [web.name, idle.name]


# The filters, and how many of the two instances pass.
FILTERS: list[tuple[dict[str, list[str]], int]] = [
    ({"instance-state-name": ["running"]}, 1),
    ({"instance-state-name": ["running", "stopped"]}, 2),
    ({"instance-state-name": ["RUNNING"]}, 0),
    ({"instance-state-name": []}, 0),
    ({"tag:Name": ["w?b"]}, 1),
    ({"tag:Name": ["sky"]}, 0),
    ({"tag:team": ["*"]}, 1),
    ({"tag-key": ["team", "Name"]}, 2),
    ({"tag-key": ["team"], "instance-state-name": ["running"]}, 0),
    ({"iam-instance-profile.arn": ["*:instance-profile/w"]}, 1),
    ({"metadata-options.http-put-response-hop-limit": ["1"]}, 2),
    ({"metadata-options.http-tokens": ["required"]}, 0),
    ({"owner-id": [OWN]}, 2),
    ({"vpc-id": ["vpc-none"]}, 0),
]


@pytest.mark.parametrize(("filters", "number"), FILTERS)
def test_filters_are_combined_with_and_and_their_values_with_or(
    main: Account, filters: dict[str, list[str]], number: int
) -> None:
    """With wildcards, case-sensitively. AWS page: "Find your Amazon EC2 resources"."""
    sent = [{"Name": name, "Values": values} for name, values in filters.items()]
    assert len(ids(main, Filters=sent)) == number


@pytest.mark.parametrize("name", ["public-ip", "tag", "tag:", "Instance-Id", "tag-key:a", ""])
def test_an_unknown_filter_is_refused(name: str) -> None:
    """In EC2's words, also where there is nothing to filter."""
    account = World(seed=3).create_account("main")
    for operation in READS:
        with pytest.raises(AwsError) as refused:
            read(account, operation, Filters=[{"Name": name, "Values": ["x"]}])
        assert refused.value.code == "InvalidParameterValue"
        assert refused.value.message == f"The filter '{name}' is invalid"


@pytest.mark.parametrize("wanted", ["vpc-id", {"Name": "vpc-id", "Values": "vpc-1"}])
def test_what_no_client_sends_as_a_filter_is_refused(main: Account, wanted: Any) -> None:
    """A text in place of a mapping or a list."""
    with pytest.raises(RequestError):
        ids(main, Filters=[wanted])


NOT_FOUND = [
    (
        "DescribeInstances",
        {"InstanceIds": [ABSENT]},
        "InvalidInstanceID.NotFound",
        f"The instance ID '{ABSENT}' does not exist",
    ),
    (
        "DescribeInstances",
        {"InstanceIds": [ABSENT, OTHER]},
        "InvalidInstanceID.NotFound",
        f"The instance IDs '{ABSENT}, {OTHER}' do not exist",
    ),
    (
        "DescribeInstances",
        {"InstanceIds": ["web"]},
        "InvalidInstanceID.Malformed",
        'Invalid id: "web"',
    ),
    (
        "DescribeVpcEndpoints",
        {"VpcEndpointIds": ["vpce-1"]},
        "InvalidVpcEndpointId.NotFound",
        "The Vpc Endpoint Id 'vpce-1' does not exist",
    ),
    (
        "DescribeIamInstanceProfileAssociations",
        {"AssociationIds": ["iip-assoc-1"]},
        "InvalidAssociationID.NotFound",
        "An invalid association-id of 'iip-assoc-1' was given",
    ),
]


@pytest.mark.parametrize(("operation", "sent", "code", "text"), NOT_FOUND)
def test_ids_that_are_not_there_are_errors(
    main: Account, operation: str, sent: dict[str, Any], code: str, text: str
) -> None:
    """In EC2's words; the texts about instances are from answers that AWS gave."""
    with pytest.raises(AwsError) as refused:
        read(main, operation, **sent)
    assert (refused.value.code, refused.value.message) == (code, text)


def test_an_instance_of_another_region_is_not_found(main: Account) -> None:
    """Each Region has its own endpoint."""
    web = own(main)[0].name
    with pytest.raises(AwsError, match="does not exist"):
        ids(main, InstanceIds=[web], Region="eu-west-1")


def test_associations_are_those_of_instances_with_a_profile(main: Account) -> None:
    """By id, or by a filter; a terminated instance has none."""
    web, idle = own(main)
    [shown] = read(main, "DescribeIamInstanceProfileAssociations")
    assert (shown["InstanceId"], shown["State"]) == (web.name, "associated")
    assert shown["IamInstanceProfile"]["Id"] == main.instance_profiles["w"].unique_id

    named = {"AssociationIds": [shown["AssociationId"]]}
    assert read(main, "DescribeIamInstanceProfileAssociations", **named) == [shown]
    of_idle = [{"Name": "instance-id", "Values": [idle.name]}]
    assert read(main, "DescribeIamInstanceProfileAssociations", Filters=of_idle) == []
    web.terminate()
    assert read(main, "DescribeIamInstanceProfileAssociations") == []


def test_endpoints_are_described_with_their_policy(main: Account) -> None:
    """And only in their Region."""
    [shown] = read(main, "DescribeVpcEndpoints")
    [endpoint] = [each for each in main.resources.values() if isinstance(each, VpcEndpoint)]

    assert shown.pop("PolicyDocument") == endpoint.endpoint_policy.text
    assert shown == {
        "VpcEndpointId": endpoint.name,
        "VpcEndpointType": "Gateway",
        "VpcId": VPC,
        "ServiceName": "com.amazonaws.us-east-1.s3",
        "State": "available",
        "Tags": [{"Key": "team", "Value": "sea"}],
        "OwnerId": OWN,
    }
    assert len(read(main, "DescribeVpcEndpoints", VpcEndpointIds=[endpoint.name])) == 1
    assert read(main, "DescribeVpcEndpoints", Region="eu-west-1") == []


def test_tags_are_described_of_all_resources_of_ec2(main: Account) -> None:
    """Also of those without a model; tags of other services are not EC2's."""
    main.create_resource(f"arn:aws:ec2:us-east-1:{OWN}:volume/vol-1", tags={"team": "sky"})
    main.create_queue("orders", tags={"team": "sky"})
    web, idle = own(main)
    name = {"ResourceId": web.name, "ResourceType": "instance", "Key": "Name", "Value": "web"}
    assert read(main, "DescribeTags")[0] == name

    of_sky = [{"Name": "tag:team", "Values": ["sky"]}]
    found = read(main, "DescribeTags", Filters=of_sky)
    assert [each["ResourceId"] for each in found] == [idle.name, "vol-1"]
    kinds = [{"Name": "resource-type", "Values": ["vpc-endpoint"]}]
    assert [each["Value"] for each in read(main, "DescribeTags", Filters=kinds)] == ["sea"]


@pytest.mark.parametrize("operation", READS)
def test_a_description_needs_permission_on_everything(main: Account, operation: str) -> None:
    """It has no resource types, but the key ec2:Region; the refusal is encoded like every one."""
    web, dana, action = own(main)[0], main.create_user("dana"), f"ec2:{operation}"
    dana.put_policy("read", document(allow(action, web.arn)))
    with pytest.raises(AwsError) as refused:
        main.call(action, dana)
    assert refused.value.code == "UnauthorizedOperation"
    assert refused.value.message.startswith(
        f"You are not authorized to perform this operation. User: {dana.arn} is not authorized to "
        f"perform: {action} because no identity-based policy allows the {action} action. Encoded "
    )

    here = {"StringEquals": {"ec2:Region": "us-east-1"}}
    dana.put_policy("read", document({**allow(action), "Condition": here}))
    assert main.call(action, dana)
    with pytest.raises(AwsError):
        main.call(action, dana, Region="eu-west-1")
    assert find(action).is_read_only

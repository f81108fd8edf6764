"""Access points of S3: both they and their bucket must allow a request."""

from pathlib import Path
from typing import Any

import pytest

from iamlab import ANONYMOUS, World
from iamlab.analysis.access_matrix import access
from iamlab.analysis.external_access.external_access import outside_access
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import AccessDenied, AwsError, RequestError
from iamlab.errors.services import (
    AccessPointAlreadyOwnedByYou,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchAccessPoint,
    NoSuchAccessPointPolicy,
    NoSuchBucket,
)
from iamlab.model.network_locations import Network
from iamlab.operations.services.s3.access_points import AccessPoint
from iamlab.operations.services.s3.bucket import Bucket
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document

OWN, OTHER = "111111111111", "222222222222"
POINT = f"arn:aws:s3:us-east-1:{OWN}:accesspoint/readers"
THERE, HERE = f"{POINT}/object/m31", "arn:aws:s3:::maps/m31"
ANA, EVE = f"arn:aws:iam::{OWN}:user/ana", f"arn:aws:iam::{OTHER}:user/eve"
GET = "s3:GetObject"


@pytest.fixture
def world() -> World:
    """A bucket with an access point, and a user without permissions in each of two accounts."""
    world = World(seed=5)
    own = world.create_account("own", account_id=OWN)
    own.create_user("ana")
    world.create_account("other", account_id=OTHER).create_user("eve")
    own.create_access_point("readers", own.create_bucket("maps"))
    return world


@pytest.fixture
def own(world: World) -> Account:
    """The bucket's account."""
    return world.accounts[OWN]


@pytest.fixture
def point(own: Account) -> AccessPoint:
    """The access point."""
    found = own.resources[POINT]
    assert isinstance(found, AccessPoint)
    return found


@pytest.fixture
def bucket(own: Account) -> Bucket:
    """Its bucket."""
    return own.buckets["maps"]


def through(statement: dict[str, Any], key: str, value: str) -> dict[str, Any]:
    """Narrow a statement to requests through some access points."""
    return statement | {"Condition": {"StringEquals": {key: value}}}


EVERYBODY = {"AWS": "*"}
OBJECTS = "arn:aws:s3:::maps/*"
DELEGATED = through(
    allow("*", ["arn:aws:s3:::maps", OBJECTS], Principal=EVERYBODY),
    "s3:DataAccessPointAccount",
    OWN,
)
BY_ARN = through(allow(GET, OBJECTS, Principal=EVERYBODY), "s3:DataAccessPointArn", POINT)
ELSEWHERE = through(allow(GET, OBJECTS, Principal=EVERYBODY), "s3:DataAccessPointAccount", OTHER)
FROM_VPC = through(allow(GET, OBJECTS, Principal=EVERYBODY), "s3:AccessPointNetworkOrigin", "VPC")
LETS_ANA = allow(GET, f"{POINT}/object/*", Principal={"AWS": ANA})
LETS_EVE = allow(GET, f"{POINT}/object/*", Principal={"AWS": EVE})

# Caller, his own statements, of the access point, of the bucket -> verdict, and what blocks.
CASES: dict[str, tuple[str, list[Any], list[Any], list[Any], str, set[str]]] = {
    "the point alone": (ANA, [], [LETS_ANA], [], "implicitDeny", {"identity"}),
    "the caller alone, on the point": (
        ANA,
        [allow(GET, f"{POINT}/object/*")],
        [],
        [],
        "implicitDeny",
        {"identity"},
    ),
    "the caller alone, on both": (
        ANA,
        [allow(GET, [f"{POINT}/object/*", OBJECTS])],
        [],
        [],
        "allowed",
        set(),
    ),
    "the caller alone, on the bucket": (
        ANA,
        [allow(GET, OBJECTS)],
        [],
        [],
        "implicitDeny",
        {"identity"},
    ),
    "point and caller": (ANA, [allow(GET, OBJECTS)], [LETS_ANA], [], "allowed", set()),
    "delegated": (ANA, [], [LETS_ANA], [DELEGATED], "allowed", set()),
    "delegated to this point": (ANA, [], [LETS_ANA], [BY_ARN], "allowed", set()),
    "delegated to others": (ANA, [], [LETS_ANA], [ELSEWHERE], "implicitDeny", {"identity"}),
    "delegated to VPCs": (ANA, [], [LETS_ANA], [FROM_VPC], "implicitDeny", {"identity"}),
    "delegated, and nobody allows": (ANA, [], [], [DELEGATED], "implicitDeny", {"identity"}),
    "delegated, and the caller allows": (
        ANA,
        [allow(GET, f"{POINT}/object/*")],
        [],
        [DELEGATED],
        "allowed",
        set(),
    ),
    "repeated": (
        ANA,
        [],
        [LETS_ANA],
        [allow(GET, OBJECTS, Principal={"AWS": ANA})],
        "allowed",
        set(),
    ),
    "the bucket denies": (
        ANA,
        [],
        [LETS_ANA],
        [DELEGATED, deny(GET, OBJECTS, Principal="*")],
        "explicitDeny",
        {"resource"},
    ),
    "the point denies": (
        ANA,
        [allow("s3:*")],
        [deny(GET, f"{POINT}/object/*", Principal="*")],
        [DELEGATED],
        "explicitDeny",
        {"resource"},
    ),
    "the caller denies, on the bucket": (
        ANA,
        [allow("s3:*"), deny(GET, OBJECTS)],
        [LETS_ANA],
        [DELEGATED],
        "explicitDeny",
        {"identity"},
    ),
    "the point is silent, the bucket denies": (
        ANA,
        [],
        [],
        [deny(GET, OBJECTS, Principal="*")],
        "explicitDeny",
        {"resource"},
    ),
    "abroad": (EVE, [allow(GET, f"{POINT}/object/*")], [LETS_EVE], [DELEGATED], "allowed", set()),
    "abroad, not delegated": (EVE, [allow("*")], [LETS_EVE], [], "implicitDeny", {"resource"}),
    "abroad, own policies silent": (
        EVE,
        [],
        [LETS_EVE],
        [DELEGATED],
        "implicitDeny",
        {"identity"},
    ),
    "abroad, the point silent": (
        EVE,
        [allow("*")],
        [],
        [allow(GET, OBJECTS, Principal={"AWS": EVE})],
        "implicitDeny",
        {"resource"},
    ),
    "abroad, the account named": (
        EVE,
        [allow(GET, f"{POINT}/object/*")],
        [LETS_EVE],
        [allow(GET, OBJECTS, Principal={"AWS": OTHER})],
        "allowed",
        set(),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_access_point_and_bucket_must_both_allow(
    case: str, world: World, point: AccessPoint, bucket: Bucket
) -> None:
    """Page: Configuring IAM policies for using access points; in every way of asking."""
    caller, own, of_point, of_bucket, verdict, blocked_by = CASES[case]
    if own:
        world.user(caller.rpartition("/")[2]).put_policy("own", document(*own))
    if of_point:
        point.put_policy(document(*of_point))
    if of_bucket:
        bucket.put_public_access_block()
        bucket.put_policy(document(*of_bucket))

    decision = world.can(caller, GET, THERE)
    assert (decision.verdict.value, decision.blocked_by) == (verdict, blocked_by)
    assert [pair.request.resource for pair in decision.pairs] == [THERE, HERE]
    assert (caller in world.who_can(GET, THERE)) == bool(decision)
    [row] = access(world, [GET], [THERE], [caller]).rows
    assert bool(row) == bool(decision)


def test_a_bucket_that_delegates_is_closed_to_direct_requests(
    world: World, point: AccessPoint, bucket: Bucket
) -> None:
    """Only requests through an access point have its keys."""
    bucket.put_policy(document(DELEGATED))
    point.put_policy(document(LETS_ANA))

    assert world.can(ANA, GET, THERE)
    assert not world.can(ANA, GET, HERE)
    assert world.can(ANA, GET, THERE).request.value("s3:DataAccessPointArn") == POINT


def test_what_an_access_point_denies_is_open_on_the_bucket(
    world: World, point: AccessPoint
) -> None:
    """Restrictions in its policy apply only to requests through it."""
    world.user("ana").put_policy("all", document(allow("s3:*")))
    point.put_policy(document(deny("s3:*", [POINT, f"{POINT}/object/*"], Principal="*")))

    assert not world.can(ANA, GET, THERE)
    assert not world.can(ANA, "s3:ListBucket", POINT)
    assert world.can(ANA, GET, HERE)


def test_listing_through_an_access_point_is_about_the_bucket(
    world: World, point: AccessPoint, bucket: Bucket
) -> None:
    """Its own settings are not: who reads its policy needs nothing from the bucket."""
    policy = allow(["s3:ListBucket", "s3:GetAccessPointPolicy"], POINT)
    world.user("ana").put_policy("own", document(policy))
    point.put_policy(document(LETS_ANA))

    assert not world.can(ANA, "s3:ListBucket", POINT)
    assert world.can(ANA, "s3:GetAccessPointPolicy", POINT)
    assert point.account.call("s3:GetAccessPointPolicy", world.user("ana"), Name="readers")
    bucket.put_policy(document(DELEGATED))
    assert world.can(ANA, "s3:ListBucket", POINT)


def test_the_error_says_which_side_denies(world: World, point: AccessPoint) -> None:
    """With the ARN that is not allowed."""
    point.put_policy(document(LETS_ANA))
    assert f'on resource: "{HERE}"' in world.can(ANA, GET, THERE).message
    point.delete_policy()
    world.user("ana").put_policy("own", document(allow(GET, OBJECTS)))
    assert f'on resource: "{THERE}"' in world.can(ANA, GET, THERE).message


def test_an_endpoint_policy_must_allow_both(world: World, own: Account, bucket: Bucket) -> None:
    """Page: Creating access points restricted to a virtual private cloud."""
    world.user("ana").put_policy("all", document(allow("s3:*")))
    endpoint = own.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    at = Network(ip="10.0.0.9", endpoint=endpoint.name)
    for resources, wanted in (([THERE], False), ([HERE], False), ([THERE, HERE], True)):
        endpoint.put_policy(document(allow(GET, resources, Principal="*")))
        assert bool(world.can(ANA, GET, THERE, network=at)) == wanted
    assert bucket.policy is None


def test_both_sides_are_asked_in_the_region_of_the_access_point(world: World, own: Account) -> None:
    """A bucket's ARN names none."""
    point = own.create_access_point("far", "maps", region="eu-west-1")
    endpoint = own.create_vpc_endpoint("com.amazonaws.eu-west-1.s3", "vpc-1", region="eu-west-1")
    guard = {"Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}
    world.user("ana").put_policy("own", document(allow("s3:*"), deny("s3:*") | guard))
    there, at = f"{point.arn}/object/m31", Network(ip="10.0.0.9", endpoint=endpoint.name)

    assert world.can(ANA, GET, there)
    assert world.can(ANA, GET, there, network=at)
    endpoint.put_policy(document(allow(GET, there, Principal="*")))
    assert world.can(ANA, GET, there, network=at).blocked_by == {"endpoint"}


def test_an_access_point_of_a_vpc_is_closed_to_the_internet(world: World, own: Account) -> None:
    """Whoever calls; and it is said which policy does it."""
    point = own.create_access_point("inside", "maps", vpc_id="vpc-1")
    world.user("ana").put_policy("all", document(allow("s3:*")))
    endpoints = [
        own.create_vpc_endpoint("com.amazonaws.us-east-1.s3", vpc) for vpc in ("vpc-1", "vpc-2")
    ]
    inside, elsewhere = (Network(ip="10.0.0.9", endpoint=endpoint.name) for endpoint in endpoints)
    there = f"{point.arn}/object/m31"

    assert world.can(ANA, GET, there, network=inside)
    for network in (elsewhere, Network(ip="203.0.113.9")):
        decision = world.can(ANA, GET, there, network=network)
        assert decision.verdict.value == "explicitDeny"
        assert [match.statement.label for match in decision.denies] == ["NetworkOrigin"]
    assert point.policy is None
    assert own.call("s3:GetAccessPoint", own.root_arn, Name="inside")["NetworkOrigin"] == "VPC"


PUBLIC = allow(GET, f"{POINT[:-7]}shut/object/*", Principal="*")
OFF = PublicAccessBlock()


def test_block_public_access_of_the_point_the_bucket_and_the_account(
    world: World, own: Account, bucket: Bucket
) -> None:
    """The most restrictive setting counts; a new access point blocks everything."""
    point = own.create_access_point("open", bucket, public_access_block=OFF)
    public = document(allow(GET, f"{point.arn}/object/*", Principal="*"))
    with pytest.raises(AccessDenied, match=r"s3:PutAccessPointPolicy .* BlockPublicPolicy"):
        point.put_policy(public)  # the bucket's setting
    bucket.put_public_access_block()
    point.put_policy(public)
    bucket.put_policy(document(DELEGATED))
    there = f"{point.arn}/object/m31"

    assert world.can(ANONYMOUS, GET, there)
    bucket.put_public_access_block(restrict_public_buckets=True)
    assert not world.can(ANONYMOUS, GET, there)
    bucket.put_public_access_block()
    own.put_public_access_block(restrict_public_buckets=True)
    assert not world.can(ANONYMOUS, GET, there)
    with pytest.raises(AccessDenied):
        own.create_access_point("shut", bucket, policy=document(PUBLIC))
    assert [name for name in own.resources if "shut" in name] == []


def test_a_policy_behind_a_vpc_is_never_public(own: Account) -> None:
    """So nothing is refused."""
    point = own.create_access_point("inside", "maps", vpc_id="vpc-1")
    point.put_policy(document(allow(GET, f"{point.arn}/object/*", Principal="*")))

    assert point.get_policy().statements[0].effect == "Allow"


def test_an_access_point_in_another_account(world: World, bucket: Bucket) -> None:
    """Its owner decides only if the bucket delegates to that account."""
    other = world.accounts[OTHER]
    point = other.create_access_point("mine", "maps", bucket_account_id=OWN)
    world.user("eve").put_policy("all", document(allow("s3:*")))
    there = f"{point.arn}/object/m31"

    assert not world.can(EVE, GET, there)
    bucket.put_policy(document(DELEGATED))
    assert not world.can(EVE, GET, there)
    bucket.put_policy(document(ELSEWHERE))
    assert world.can(EVE, GET, there)


def test_a_bucket_that_nobody_knows_is_said_so(world: World) -> None:
    """An access point outside this world, or one of several Regions."""
    far = "arn:aws:s3:us-east-1:999999999999:accesspoint/far/object/k"
    own = world.accounts[OWN]
    many = own.create_resource(f"arn:aws:s3::{OWN}:accesspoint/m.mrap")
    for arn in (far, f"{many.arn}/object/k"):
        assert any("unknown here" in note for note in world.can(ANA, GET, arn).assumed)
    assert not any("unknown here" in note for note in world.can(ANA, GET, THERE).assumed)


WRONG: list[tuple[type[AwsError], str, dict[str, Any]]] = [
    (NoSuchBucket, "CreateAccessPoint", {"Name": "new", "Bucket": "none"}),
    (InvalidRequest, "CreateAccessPoint", {"Name": "No Name", "Bucket": "maps"}),
    (AccessPointAlreadyOwnedByYou, "CreateAccessPoint", {"Name": "readers", "Bucket": "maps"}),
    (NoSuchAccessPoint, "GetAccessPoint", {"Name": "none"}),
    (NoSuchAccessPoint, "DeleteAccessPoint", {"Name": "readers", "Region": "eu-west-1"}),
    (NoSuchAccessPointPolicy, "GetAccessPointPolicy", {"Name": "readers"}),
]


@pytest.mark.parametrize(("error", "operation", "parameters"), WRONG)
def test_a_call_that_aws_refuses_changes_nothing(
    error: type[AwsError], operation: str, parameters: dict[str, Any], own: Account
) -> None:
    """With its code."""
    before = dict(own.resources)
    with pytest.raises(error):
        own.call(f"s3:{operation}", own.root_arn, **parameters)
    assert own.resources == before


def test_keys_of_a_new_access_point_are_in_the_request(world: World, own: Account) -> None:
    """AWS's example: only access points of a VPC can be created."""
    narrow = {"Condition": {"StringNotEquals": {"s3:AccessPointNetworkOrigin": "VPC"}}}
    ana = world.user("ana")
    ana.put_policy("own", document(allow("s3:*"), deny("s3:CreateAccessPoint", "*") | narrow))
    with pytest.raises(AccessDenied):
        own.call("s3:CreateAccessPoint", ana, Name="new", Bucket="maps")
    vpc = {"VpcId": "vpc-1"}
    made = own.call("s3:CreateAccessPoint", ana, Name="new", Bucket="maps", VpcConfiguration=vpc)

    assert made == {"AccessPointArn": POINT.replace("readers", "new")}


def test_an_access_point_is_tagged_as_a_bucket_is(own: Account, point: AccessPoint) -> None:
    """By its ARN; operations of buckets don't take it for one."""
    point.tag({"team": "sky", "site": "x"})
    point.untag(["site"])
    listed = own.call("s3:ListTagsForResource", own.root_arn, ResourceArn=POINT)

    assert listed == {"Tags": [{"Key": "team", "Value": "sky"}]}
    with pytest.raises(NoSuchBucket):
        own.call("s3:DeleteBucket", own.root_arn, Bucket="readers")


def test_an_access_point_goes_and_its_bucket_stays(
    own: Account, point: AccessPoint, tmp_path: Path
) -> None:
    """And a world that was saved has it again."""
    own.world.save(tmp_path / "world.json")
    again = World.load(tmp_path / "world.json").accounts[OWN].resources[POINT]
    assert isinstance(again, AccessPoint)
    assert (again.bucket_name, again.network_origin) == ("maps", "Internet")
    point.delete()
    assert list(own.resources) == ["arn:aws:s3:::maps"]
    with pytest.raises(RequestError, match="create_access_point"):
        own.create_resource(POINT)


# -- calls that name an access point instead of a bucket -------------------------------------------


def test_an_upload_through_an_access_point_needs_both(
    world: World, own: Account, bucket: Bucket
) -> None:
    """Page: Access point compatibility. The error names the side that denies."""
    sent, ana = {"Bucket": POINT, "Key": "m31"}, world.user("ana")
    for resource, denied in ((f"{POINT}/object/*", HERE), (OBJECTS, THERE)):
        ana.put_policy("own", document(allow("s3:PutObject", resource)))
        with pytest.raises(AccessDenied, match=f's3:PutObject on resource: "{denied}"') as caught:
            own.call("s3:PutObject", ana, **sent)
        pairs = caught.value.decision.pairs
        assert [pair.request.resource for pair in pairs] == [THERE, HERE]
    ana.put_policy("own", document(allow("s3:PutObject", [f"{POINT}/object/*", OBJECTS])))
    assert own.call("s3:PutObject", ana, **sent) == {}
    bucket.put_policy(document(deny("s3:PutObject", OBJECTS, Principal="*")))
    with pytest.raises(AccessDenied, match="explicit deny"):
        own.call("s3:PutObject", ana, **sent)


def test_a_delegated_upload_from_another_account_is_its_writers(
    world: World, own: Account, point: AccessPoint, bucket: Bucket
) -> None:
    """The object is in the bucket, with the ACL of the call."""
    eve, put = world.user("eve"), "s3:PutObject"
    bucket.put_ownership_controls("ObjectWriter")
    bucket.put_policy(document(DELEGATED))
    eve.put_policy("own", document(allow(put, f"{POINT}/object/*")))
    with pytest.raises(AccessDenied):
        own.call(put, eve, Bucket=POINT, Key="m31")
    point.put_policy(document(allow(put, f"{POINT}/object/*", Principal={"AWS": EVE})))

    own.call(put, eve, Bucket=POINT, Key="m31")

    assert bucket.acl("m31").owner == OTHER


def test_a_call_through_an_access_point_of_a_vpc_comes_from_there(
    world: World, own: Account, bucket: Bucket
) -> None:
    """Its network origin is asked for calls, too."""
    point = own.create_access_point("inside", bucket, vpc_id="vpc-1")
    endpoint = own.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    ana = world.user("ana")
    ana.put_policy("all", document(allow("s3:*")))

    with pytest.raises(AccessDenied, match="explicit deny"):
        own.call("s3:PutObject", ana, Bucket=point.arn, Key="m31")
    with world.network(ip="10.0.0.9", endpoint=endpoint.name):
        assert own.call("s3:PutObject", ana, Bucket=point.arn, Key="m31") == {}


@pytest.mark.parametrize("operation", ["GetBucketAcl", "GetBucketPolicy", "GetObjectAcl"])
def test_some_reads_work_through_an_access_point(
    operation: str, world: World, own: Account, bucket: Bucket
) -> None:
    """Page: Access point compatibility."""
    bucket.put_policy(document(deny(GET, OBJECTS, Principal={"AWS": EVE})))
    world.user("ana").put_policy("all", document(allow("s3:*")))
    more = {"Key": "m31"} if "Object" in operation else {}

    through, directly = (
        own.call(f"s3:{operation}", world.user("ana"), Bucket=name, **more)
        for name in (POINT, "maps")
    )
    assert through == directly


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("PutBucketPolicy", {"Policy": "{}"}),
        ("DeleteBucketPolicy", {}),
        ("DeleteBucket", {}),
        ("PutBucketAcl", {"ACL": "private"}),
        ("GetBucketEncryption", {}),
        ("GetBucketTagging", {}),
        ("DeletePublicAccessBlock", {}),
    ],
)
def test_an_access_point_does_not_support_what_is_about_the_bucket(
    operation: str, more: dict[str, str], world: World, own: Account, point: AccessPoint
) -> None:
    """Neither for a caller with all permissions; another one gets an ordinary denial."""
    ana, before = world.user("ana"), point.policy
    with pytest.raises(AccessDenied):
        own.call(f"s3:{operation}", ana, Bucket=POINT, **more)
    ana.put_policy("all", document(allow("s3:*")))

    with pytest.raises(MethodNotAllowed):
        own.call(f"s3:{operation}", ana, Bucket=POINT, **more)

    assert (point.policy, own.buckets["maps"].policy) == (before, None)
    assert world.events[-1].error_code == "MethodNotAllowed"


def test_an_access_point_that_is_not_there_is_no_bucket(world: World, own: Account) -> None:
    """Neither is an object's ARN."""
    world.user("ana").put_policy("all", document(allow("s3:*")))
    for name in (f"{POINT}-2", f"{POINT}/object/m31"):
        with pytest.raises(NoSuchBucket):
            own.call("s3:PutObject", world.user("ana"), Bucket=name, Key="m31")


# -- reports --------------------------------------------------------------------------------------


def test_an_outsider_gets_through_only_if_the_bucket_allows(
    world: World, point: AccessPoint, bucket: Bucket
) -> None:
    """A finding about an access point says what its bucket stops."""
    point.put_policy(document(LETS_EVE))
    [finding] = [each for each in outside_access(world, "account") if each.resource == POINT]
    assert [stop.layer for stop in finding.stopped_by] == ["bucket"]
    assert "arn:aws:s3:::maps, whose policy doesn't allow it" in str(finding)

    bucket.put_policy(document(DELEGATED))
    [finding] = [each for each in outside_access(world, "account") if each.resource == POINT]
    assert not finding.stopped_by

    bucket.put_policy(document(DELEGATED, deny(GET, OBJECTS, Principal={"AWS": EVE})))
    [finding] = outside_access(world, "account").stopped
    assert [stop.layer for stop in finding.stopped_by] == ["resource"]


def test_what_can_leaves_out_what_the_bucket_denies(world: World, point: AccessPoint) -> None:
    """And says that the call also needs the bucket."""
    point.put_policy(document(LETS_ANA))
    found = world.what_can(ANA, services=["s3"], resources=[THERE])

    assert GET not in {name for name, _ in found}
    assert [HERE in str(line) for line in found.incomplete] == [True]


def test_the_event_names_the_access_point(world: World) -> None:
    """As the call did."""
    world.user("ana").put_policy("own", document(allow(GET)))
    for resource, names in (
        (THERE, {"bucketName": POINT, "key": "m31"}),
        (HERE, {"bucketName": "maps", "key": "m31"}),
    ):
        world.do(ANA, GET, resource)
        assert world.events[-1].request_parameters == names

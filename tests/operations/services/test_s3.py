"""Buckets: their policies, tags and names; whose operations they are."""

import json
from typing import Any

import pytest

from iamlab import World
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import AccessDenied, InvalidBucketName, NoSuchEntity, RequestError
from iamlab.errors.services import (
    InvalidTag,
    MalformedXML,
    MethodNotAllowed,
    NoSuchBucket,
    NoSuchBucketPolicy,
    NoSuchTagSet,
)
from iamlab.operations.services.s3.bucket import Bucket
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document

OWN, FOREIGN = "111122223333", "444455556666"
BUCKET, OBJECT = "arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/m31"
NAMED = {"Bucket": "star-maps"}


@pytest.fixture
def world() -> World:
    """A world of two accounts, each with a user who may do all in S3."""
    world = World(seed=4)
    for name, number, user in (("own", OWN, "ana"), ("foreign", FOREIGN, "eve")):
        account = world.create_account(name, account_id=number)
        account.create_user(user).attach_policy("AmazonS3FullAccess")
    return world


@pytest.fixture
def own(world: World) -> Account:
    """The bucket's account."""
    return world.accounts[OWN]


@pytest.fixture
def bucket(own: Account) -> Bucket:
    """The bucket."""
    return own.create_bucket("star-maps", tags={"team": "sky"})


def lets(*arns: str, action: str = "s3:GetObject", on: str = f"{BUCKET}/*") -> dict[str, Any]:
    """Write a bucket policy that lets somebody do something."""
    return document(allow(action, on, Principal={"AWS": list(arns)}))


# -- policies -------------------------------------------------------------------------------------


def test_a_policy_is_put_read_and_taken_away(world: World, own: Account, bucket: Bucket) -> None:
    """To take it away twice is not a mistake, to read it then is."""
    ana = world.user("ana")
    own.call("s3:PutBucketPolicy", ana, **NAMED, Policy=json.dumps(lets(ana.arn)))
    read = own.call("s3:GetBucketPolicy", ana, **NAMED)
    assert bucket.get_policy() is bucket.policy
    bucket.delete_policy()
    bucket.delete_policy()

    assert json.loads(read["Policy"]) == lets(ana.arn)
    with pytest.raises(NoSuchBucketPolicy, match="The bucket policy does not exist") as caught:
        bucket.get_policy()
    assert caught.value.http_status == 404


POLICY_OPERATIONS: dict[str, dict[str, str]] = {
    "GetBucketPolicy": {},
    "PutBucketPolicy": {"Policy": json.dumps(lets(f"arn:aws:iam::{FOREIGN}:root"))},
    "DeleteBucketPolicy": {},
}


@pytest.mark.parametrize("operation", POLICY_OPERATIONS)
def test_a_bucket_policy_is_the_own_accounts_business(
    operation: str, world: World, own: Account, bucket: Bucket
) -> None:
    """405 if both sides allow it; without the permission, the usual 403."""
    more = POLICY_OPERATIONS[operation]
    eve, foreign_root = world.user("eve"), world.accounts[FOREIGN].root_arn
    for caller in (eve, foreign_root):
        with pytest.raises(AccessDenied):
            own.call(f"s3:{operation}", caller, **NAMED, **more)
    bucket.put_policy(lets(eve.arn, foreign_root, action=f"s3:{operation}", on=BUCKET))
    before = snapshot(world)

    for caller in (eve, foreign_root):
        with pytest.raises(MethodNotAllowed, match="not allowed against this resource") as caught:
            own.call(f"s3:{operation}", caller, **NAMED, **more)
        assert caught.value.http_status == 405
        assert world.events[-1].error_code == "MethodNotAllowed"
    assert snapshot(world) == before
    eve.detach_policy("AmazonS3FullAccess")
    with pytest.raises(AccessDenied):
        own.call(f"s3:{operation}", eve, **NAMED, **more)


def test_a_deny_is_a_403_from_another_account_too(
    world: World, own: Account, bucket: Bucket
) -> None:
    """It is decided before whose business it is."""
    eve = world.user("eve")
    item = {"Principal": {"AWS": eve.arn}}
    bucket.put_policy(
        document(
            allow("s3:GetBucketPolicy", BUCKET, **item), deny("s3:GetBucketPolicy", BUCKET, **item)
        )
    )
    with pytest.raises(AccessDenied) as caught:
        own.call("s3:GetBucketPolicy", eve, **NAMED)

    assert caught.value.decision is not None
    assert caught.value.decision.verdict.name == "EXPLICIT_DENY"


def test_the_root_user_fixes_a_policy_that_shuts_out_everybody(
    world: World, own: Account, bucket: Bucket
) -> None:
    """Nobody else can; and other things the root user cannot do either."""
    bucket.put_policy(document(deny("s3:*", [BUCKET, f"{BUCKET}/*"], Principal="*")))
    with pytest.raises(AccessDenied):
        own.call("s3:DeleteBucketPolicy", world.user("ana"), **NAMED)
    assert not world.can(own.root_arn, "s3:GetObject", OBJECT)

    own.call("s3:DeleteBucketPolicy", own.root_arn, **NAMED)

    assert bucket.policy is None


def test_a_foreign_user_needs_both_sides(world: World, bucket: Bucket) -> None:
    """The bucket policy and its own; the own account needs one of them."""
    eve, dana = world.user("eve"), world.accounts[OWN].create_user("dana")
    before = [bool(world.can(caller, "s3:GetObject", OBJECT)) for caller in (eve, dana)]
    bucket.put_policy(lets(eve.arn, dana.arn))

    assert before == [False, False]
    assert [bool(world.can(caller, "s3:GetObject", OBJECT)) for caller in (eve, dana)] == [
        True,
        True,
    ]
    eve.detach_policy("AmazonS3FullAccess")
    assert not world.can(eve, "s3:GetObject", OBJECT)


# -- made and deleted -----------------------------------------------------------------------------


def test_deleting_frees_the_name_for_everybody(world: World, own: Account, bucket: Bucket) -> None:
    """The policy goes with the bucket."""
    bucket.put_policy(lets(world.user("eve").arn))
    bucket.delete()
    again = world.accounts[FOREIGN].create_bucket("star-maps")

    assert (own.buckets, again.policy) == ({}, None)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("GetBucketPolicy", {}),
        ("DeleteBucket", {}),
        ("GetBucketTagging", {}),
        ("PutBucketAcl", {"ACL": "private"}),
        ("GetPublicAccessBlock", {}),
        ("PutBucketAbac", {"AbacStatus": {"Status": "Enabled"}}),
    ],
)
def test_what_is_not_there_is_reported(operation: str, more: dict[str, Any], own: Account) -> None:
    """With S3's own code, and to those only who may ask."""
    with pytest.raises(NoSuchBucket, match="The specified bucket does not exist"):
        own.call(f"s3:{operation}", own.root_arn, Bucket="no-maps", **more)
    with pytest.raises(AccessDenied):
        own.call(f"s3:{operation}", own.create_user("dana"), Bucket="no-maps", **more)
    with pytest.raises(NoSuchEntity):
        own.buckets["no-maps"]


EXTRAS: dict[str, dict[str, Any]] = {
    "s3:TagResource": {"Tags": [{"Key": "team", "Value": "sky"}]},
    "s3:PutBucketOwnershipControls": {"ObjectOwnership": "ObjectWriter"},
    "s3:PutBucketPolicy": {"Policy": json.dumps(lets(f"arn:aws:iam::{OWN}:root"))},
    "s3:PutBucketPublicAccessBlock": {"PublicAccessBlockConfiguration": {}},
    "s3:PutBucketAcl": {"ACL": "public-read", "ObjectOwnership": "ObjectWriter"},
}


@pytest.mark.parametrize("action", EXTRAS)
def test_what_a_bucket_is_created_with_needs_its_own_permission(action: str, own: Account) -> None:
    """To create it bare is not enough."""
    dana = own.create_user("dana")
    dana.put_policy("make", document(allow("s3:CreateBucket"), deny(action)))
    made = own.call("s3:CreateBucket", dana, Bucket="plain-maps")
    dana.put_policy("make", document(allow("s3:*"), deny(action)))
    with pytest.raises(AccessDenied, match=action.partition(":")[2]):
        own.call("s3:CreateBucket", dana, **NAMED, **EXTRAS[action])

    assert made["BucketArn"] == "arn:aws:s3:::plain-maps"
    assert list(own.buckets) == ["plain-maps"]


def test_an_upload_with_an_acl_needs_permission_for_the_acl(own: Account) -> None:
    """Objects are not kept: it is only asked, and logged."""
    own.create_bucket("star-maps")
    dana = own.create_user("dana")
    dana.put_policy("put", document(allow("s3:PutObject")))
    own.call("s3:PutObject", dana, **NAMED, Key="m31")
    with pytest.raises(AccessDenied, match="s3:PutObjectAcl"):
        own.call("s3:PutObject", dana, **NAMED, Key="m31", ACL="bucket-owner-full-control")

    assert [event.event_name for event in own.world.events[-2:]] == ["PutObject", "PutObject"]


# -- tags -----------------------------------------------------------------------------------------


def by_tag(**tags: str) -> dict[str, Any]:
    """Let somebody read what has these tags."""
    where = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    return document(allow("s3:GetObject") | {"Condition": {"StringEquals": where}})


def test_tags_of_a_bucket_decide_nothing_until_abac_is_enabled(
    own: Account, bucket: Bucket
) -> None:
    """They are for the bill only; then they count for its objects too."""
    dana = own.create_user("dana")
    dana.put_policy("sky", by_tag(team="sky"))
    seen = [bool(own.world.can(dana, "s3:GetObject", OBJECT))]
    for status in ("Enabled", "Disabled"):
        bucket.put_abac(status)
        answer = own.call("s3:GetBucketAbac", own.root_arn, **NAMED)
        assert answer == {"AbacStatus": {"Status": status}}
        seen.append(bool(own.world.can(dana, "s3:GetObject", OBJECT)))

    assert seen == [False, True, False]
    with pytest.raises(MalformedXML, match="did not validate against our published schema"):
        bucket.put_abac("on")


def test_with_abac_the_older_way_of_tagging_ends(own: Account, bucket: Bucket) -> None:
    """Tags may open doors then, and the newer operations have permissions of their own."""
    bucket.put_tagging({"team": "sea"})
    bucket.delete_tagging()
    bucket.tag({"team": "sky", "site": "hill"})
    bucket.put_abac("Enabled")
    for attempt in (lambda: bucket.put_tagging({"team": "air"}), bucket.delete_tagging):
        with pytest.raises(MethodNotAllowed):
            attempt()
    bucket.tag({"team": "air"})
    bucket.untag(["site", "none"])

    assert bucket.tags == {"team": "air"}
    listed = own.call("s3:ListTagsForResource", own.root_arn, ResourceArn=bucket.arn)
    assert listed == {"Tags": [{"Key": "team", "Value": "air"}]}


def test_reading_the_tags_of_a_bucket_without_tags_is_an_error(
    own: Account, bucket: Bucket
) -> None:
    """As S3 has it."""
    read = own.call("s3:GetBucketTagging", own.root_arn, **NAMED)
    bucket.delete_tagging()

    assert read == {"TagSet": [{"Key": "team", "Value": "sky"}]}
    with pytest.raises(NoSuchTagSet, match="The TagSet does not exist"):
        own.call("s3:GetBucketTagging", own.root_arn, **NAMED)
    with pytest.raises(NoSuchBucket):
        own.call("s3:ListTagsForResource", own.root_arn, ResourceArn="arn:aws:s3:::no-maps")


def test_there_are_at_most_fifty_tags(bucket: Bucket) -> None:
    """And what is one too many changes nothing."""
    with pytest.raises(InvalidTag, match="at most 50"):
        bucket.tag({f"k{number}": "v" for number in range(50)})

    assert bucket.tags == {"team": "sky"}


@pytest.mark.parametrize("tags", [{"aws:x": "y"}, {"k" * 129: "v"}, {"": "v"}, {"k": "v" * 257}])
def test_s3_refuses_tags_with_its_own_code(own: Account, bucket: Bucket, tags: Any) -> None:
    """At the making and later."""
    for tag in (bucket.tag, lambda value: own.create_bucket("more-maps", tags=value)):
        with pytest.raises(InvalidTag):
            tag(tags)

    assert bucket.tags == {"team": "sky"}
    assert list(own.buckets) == ["star-maps"]


def test_a_single_key_is_not_a_list_of_keys(bucket: Bucket) -> None:
    """Each of its letters would be one."""
    with pytest.raises(RequestError, match=r"write \['team'\]"):
        bucket.untag("team")

    assert bucket.tags == {"team": "sky"}


def test_a_copy_of_the_world_has_buckets_of_its_own(world: World, bucket: Bucket) -> None:
    """What is changed there stays there."""
    twin = world.copy()
    copied = twin.bucket("star-maps")
    copied.put_public_access_block()
    copied.tag({"team": "sea"})
    copied.put_abac("Enabled")

    assert copied.public_access_block == PublicAccessBlock()
    assert bucket.public_access_block != PublicAccessBlock()
    assert (bucket.tags, bucket.shows_tags) == ({"team": "sky"}, False)


@pytest.mark.parametrize(
    "name",
    [
        *("a..b", "192.168.0.1", "xn--maps", "sthree-maps", "amzn-s3-demo-maps"),
        *("maps-s3alias", "maps--ol-s3", "maps.mrap", "maps--x-s3", "maps--table-s3"),
    ],
)
def test_names_that_s3_keeps_for_itself_are_refused(name: str, own: Account) -> None:
    """With a note that says which."""
    with pytest.raises(InvalidBucketName, match="specified bucket is not valid") as caught:
        own.create_bucket(name)

    assert caught.value.__notes__[0].startswith("The name of a bucket ")
    assert name not in own.buckets


@pytest.mark.parametrize("name", ["a.b", "192.168.0.1.2", "1.2.3", "axn--b", "s3alias", "x-s3"])
def test_names_that_only_look_like_those_are_taken(name: str, own: Account) -> None:
    """They begin or end otherwise."""
    assert own.create_bucket(name).name == name


@pytest.mark.parametrize("rules", [[5], 5, [], None, {}, [{"ObjectOwnership": 5}], [{}, {}]])
def test_ownership_controls_have_one_rule(rules: Any, own: Account, bucket: Bucket) -> None:
    """Anything else is refused."""
    with pytest.raises(MalformedXML, match="did not validate against our published schema"):
        own.call(
            "s3:PutBucketOwnershipControls",
            own.root_arn,
            **NAMED,
            OwnershipControls={"Rules": rules},
        )

    assert bucket.object_ownership == "BucketOwnerEnforced"


def test_switches_are_given_as_a_public_access_block(own: Account) -> None:
    """Not as the API writes them."""
    wrong: Any = {"BlockPublicAcls": True}

    with pytest.raises(RequestError, match=r"Pass a PublicAccessBlock\(\.\.\.\), not"):
        own.create_bucket("maps", public_access_block=wrong)

"""S3 Block Public Access: public policies, rejected changes, and blocked callers."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from iamlab import ANONYMOUS, Policy, World
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import AccessDenied, AwsError, MalformedPolicy, RequestError
from iamlab.errors.services import (
    AccessControlListNotSupported,
    InvalidArgument,
    InvalidBucketAclWithBlockPublicAccessError,
    InvalidBucketAclWithObjectOwnership,
    MalformedXML,
    NoSuchBucketPolicy,
    NoSuchPublicAccessBlockConfiguration,
    OwnershipControlsNotFoundError,
)
from iamlab.model.public_access_block import ALL_ON, combined
from iamlab.operations.services.s3.bucket import Bucket
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, document

OWN, FOREIGN = "111122223333", "444455556666"
TRAIL = "cloudtrail.amazonaws.com"
OBJECT = "arn:aws:s3:::star-maps/m31"
OFF = PublicAccessBlock()
SWITCHES = tuple(field.name for field in fields(PublicAccessBlock))
ROWS = json.loads(
    Path(__file__)
    .parents[2]
    .joinpath("conformance", "s3_public.json")
    .read_text("utf-8")
    .replace("arn:aws:s3:::bk", "arn:aws:s3:::star-maps")
)
BY_ID = {row["id"]: row for row in ROWS}
UNSAVED = {"6"}
"""S3 takes a federated principal for public, and lets none be saved: it can only be there."""


@pytest.fixture
def world() -> World:
    """A world with the two accounts of the rows, each with a user who may do all in S3."""
    world = World(seed=4)
    own = world.create_account("own", account_id=OWN)
    foreign = world.create_account("foreign", account_id=FOREIGN)
    for user in (own.create_user("ana"), foreign.create_user("eve")):
        user.attach_policy("AmazonS3FullAccess")
    own.create_role("dev", assume_role_policy_document=document(_by_account()))
    return world


def _by_account() -> dict[str, Any]:
    trusted = {"AWS": f"arn:aws:iam::{OWN}:root"}
    return {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}


@pytest.fixture
def own(world: World) -> Account:
    """The bucket's account."""
    return world.accounts[OWN]


@pytest.fixture
def old(own: Account) -> Bucket:
    """A bucket of the old kind, without any switch."""
    return own.create_bucket("star-maps", public_access_block=OFF)


# -- what is public -------------------------------------------------------------------------------


def put(bucket: Bucket, row: dict[str, Any]) -> None:
    """Let a bucket have a row's policy, saved if it can be."""
    if row["id"] not in UNSAVED:
        bucket.put_policy(row["policy"])
        return
    with pytest.raises(MalformedPolicy, match="Invalid principal in policy"):
        bucket.put_policy(row["policy"])
    bucket.policy = Policy.parse(row["policy"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_bucket_is_as_public_as_its_policy(
    row: dict[str, Any], own: Account, old: Bucket
) -> None:
    """By method and by the API alike; each says why."""
    put(old, row)
    status = old.is_public()
    answer = own.call("s3:GetBucketPolicyStatus", own.root_arn, Bucket="star-maps")

    assert bool(status) is status.is_public is row["public"], row["why"]
    assert answer == {"PolicyStatus": {"IsPublic": row["public"]}}
    assert str(status).startswith("public: #" if row["public"] else "not public: its policy")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_just_what_is_public_is_refused_while_public_policies_are_blocked(
    row: dict[str, Any], own: Account
) -> None:
    """By a new bucket as AWS makes it; and a refusal changes nothing."""
    bucket = own.create_bucket("star-maps")
    before = snapshot(own.world)
    if row["id"] in UNSAVED:
        return
    if not row["public"]:
        bucket.put_policy(row["policy"])
        assert bucket.policy is not None
        return

    with pytest.raises(AccessDenied, match="blocked by the BlockPublicPolicy"):
        bucket.put_policy(row["policy"])

    assert snapshot(own.world) == before


def test_without_a_policy_there_is_no_status(own: Account, old: Bucket) -> None:
    """The method says so in words, the API with an error."""
    assert str(old.is_public()) == "not public: it has no bucket policy"
    with pytest.raises(NoSuchBucketPolicy):
        own.call("s3:GetBucketPolicyStatus", own.root_arn, Bucket="star-maps")


def test_switches_make_a_public_bucket_harmless_but_not_private(old: Bucket) -> None:
    """GetBucketPolicyStatus is about the policy alone."""
    old.put_policy(BY_ID["1a"]["policy"])
    open_ = old.is_public()
    old.put_public_access_block(restrict_public_buckets=True)
    restricted = old.is_public()

    assert (bool(open_), open_.restricted) == (True, False)
    assert (bool(restricted), restricted.restricted) == (True, True)
    assert "RestrictPublicBuckets is off" in open_.reason
    assert "RestrictPublicBuckets is on" in restricted.reason


# -- requests -------------------------------------------------------------------------------------


def reads(world: World, *callers: Any) -> list[bool]:
    """Ask who may read the map."""
    return [bool(world.can(caller, "s3:GetObject", OBJECT)) for caller in callers]


def test_restrict_public_buckets_shuts_out_all_others_even_who_is_named(
    world: World, old: Bucket
) -> None:
    """Row 30: the service and the own account go on, the foreign account does not."""
    old.put_policy(BY_ID["30"]["policy"])
    callers = (TRAIL, world.user("ana"), world.user("eve"), ANONYMOUS)
    before = reads(world, *callers)
    old.put_public_access_block(restrict_public_buckets=True)

    assert before == [True, True, True, True]
    assert reads(world, *callers) == [True, True, False, False]


def test_a_foreign_account_is_not_the_public(world: World, own: Account) -> None:
    """Row 4 with all four switches on: saved, and it works."""
    bucket = own.create_bucket("star-maps")
    bucket.put_policy(BY_ID["4"]["policy"])

    assert bucket.public_access_block == ALL_ON
    assert reads(world, world.user("eve"), ANONYMOUS) == [True, False]


def test_block_public_policy_minds_the_saving_only(world: World, old: Bucket) -> None:
    """Row 1: what is stored goes on, saving it again fails."""
    old.put_policy(BY_ID["1a"]["policy"])
    old.put_public_access_block(block_public_policy=True)

    assert reads(world, ANONYMOUS) == [True]
    with pytest.raises(AccessDenied, match="BlockPublicPolicy"):
        old.put_policy(BY_ID["1a"]["policy"])


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("level", ["account", "bucket", "both"])
def test_on_anywhere_is_on(switch: str, level: str, world: World, own: Account) -> None:
    """Switching it off at one level opens nothing while it is on at another."""
    bucket = own.create_bucket("star-maps", policy=BY_ID["1a"]["policy"], public_access_block=OFF)
    assert reads(world, ANONYMOUS) == [True]
    for item in (own, bucket):
        if level in ("both", "account" if item is own else "bucket"):
            item.put_public_access_block(**{switch: True})  # type: ignore[union-attr]

    assert getattr(bucket.public_access_block, switch)
    assert reads(world, ANONYMOUS) == [switch != "restrict_public_buckets"]

    own.delete_public_access_block()
    bucket.delete_public_access_block()
    assert bucket.public_access_block == OFF
    assert reads(world, ANONYMOUS) == [True]


def test_the_accounts_switches_are_for_all_its_buckets_and_no_others(world: World) -> None:
    """Each account has its own."""
    own, foreign = world.accounts[OWN], world.accounts[FOREIGN]
    buckets = [
        item.create_bucket(f"of-{item.name}", public_access_block=OFF) for item in (own, foreign)
    ]
    own.put_public_access_block(restrict_public_buckets=True)

    found = [bucket.public_access_block.restrict_public_buckets for bucket in buckets]
    assert found == [True, False]


def test_switches_are_combined_one_by_one() -> None:
    """None of a level isn't one."""
    first, second = (
        PublicAccessBlock(block_public_acls=True),
        replace(OFF, block_public_policy=True),
    )

    assert combined() == combined(None, OFF) == OFF
    assert combined(first, second) == replace(first, block_public_policy=True)


# -- what is refused, in AWS's words --------------------------------------------------------------


def blocked(who: str, action: str, what: str, why: str) -> str:
    """Write S3's sentence."""
    return (
        f'User: {who} is not authorized to perform: {action} on resource: "{what}" because {why} '
        "block public access setting."
    )


POLICIES = "public policies are blocked by the BlockPublicPolicy"
ACLS = "public access control lists (ACLs) are blocked by the BlockPublicAcls"
ROOT, BUCKET = f"arn:aws:iam::{OWN}:root", "arn:aws:s3:::star-maps"


def with_acls(account: Account, **more: Any) -> Bucket:
    """Create a bucket whose ACLs count."""
    return account.create_bucket("star-maps", object_ownership="ObjectWriter", **more)


def account_blocks(account: Account) -> None:
    """Try a public ACL where only the account blocks them."""
    bucket = with_acls(account, public_access_block=OFF)
    account.put_public_access_block(block_public_acls=True)
    bucket.put_acl("public-read")


REFUSALS: dict[str, tuple[type[AwsError], int, str, Callable[[Account], Any]]] = {
    "public policy": (
        AccessDenied,
        403,
        blocked(ROOT, "s3:PutBucketPolicy", BUCKET, POLICIES),
        lambda a: a.create_bucket("star-maps").put_policy(BY_ID["1a"]["policy"]),
    ),
    "public policy of a new bucket": (
        AccessDenied,
        403,
        blocked(ROOT, "s3:PutBucketPolicy", BUCKET, POLICIES),
        lambda a: a.create_bucket("star-maps", policy=BY_ID["1a"]["policy"]),
    ),
    "public policy, by a user": (
        AccessDenied,
        403,
        blocked(f"arn:aws:iam::{OWN}:user/ana", "s3:PutBucketPolicy", BUCKET, POLICIES),
        lambda a: a.call(
            "s3:PutBucketPolicy",
            a.create_bucket("star-maps").account.users["ana"],
            Bucket="star-maps",
            Policy=json.dumps(BY_ID["1a"]["policy"]),
        ),
    ),
    "public ACL": (
        AccessDenied,
        403,
        blocked(ROOT, "s3:PutBucketAcl", BUCKET, ACLS),
        lambda a: with_acls(a).put_acl("public-read"),
    ),
    "public ACL, blocked for the account": (
        AccessDenied,
        403,
        blocked(ROOT, "s3:PutBucketAcl", BUCKET, ACLS),
        account_blocks,
    ),
    "public ACL of an object": (
        AccessDenied,
        403,
        blocked(ROOT, "s3:PutObject", f"{BUCKET}/m31", ACLS),
        lambda a: with_acls(a).put_object("m31", acl="authenticated-read"),
    ),
    "public ACL of a new bucket": (
        InvalidBucketAclWithBlockPublicAccessError,
        400,
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
        lambda a: with_acls(a, acl="public-read"),
    ),
    "ACLs off": (
        AccessControlListNotSupported,
        400,
        "The bucket does not allow ACLs",
        lambda a: a.create_bucket("star-maps").put_acl("private"),
    ),
    "ACLs off, for an object": (
        AccessControlListNotSupported,
        400,
        "The bucket does not allow ACLs",
        lambda a: a.create_bucket("star-maps").put_object("m31", acl="private"),
    ),
    "enforcing and an open ACL": (
        InvalidBucketAclWithObjectOwnership,
        400,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        lambda a: a.create_bucket("star-maps", acl="public-read", public_access_block=OFF),
    ),
    "no switches stored": (
        NoSuchPublicAccessBlockConfiguration,
        404,
        "The public access block configuration was not found",
        lambda a: a.get_public_access_block(),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal_has_awss_code_status_and_sentence(case: str, own: Account) -> None:
    """As section by section of the pages on Block Public Access and on ownership."""
    error, status, sentence, cause = REFUSALS[case]

    with pytest.raises(error) as caught:
        cause(own)

    assert type(caught.value) is error
    assert (caught.value.http_status, caught.value.message) == (status, sentence)
    if "new bucket" in case:
        assert own.buckets == {}


def test_a_bucket_can_lose_its_switches_too(old: Bucket) -> None:
    """Then only the account's are left."""
    assert old.get_public_access_block() == OFF
    old.delete_public_access_block()

    with pytest.raises(NoSuchPublicAccessBlockConfiguration):
        old.get_public_access_block()


# -- ownership and ACLs ---------------------------------------------------------------------------


def test_a_new_bucket_has_all_four_switches_on_and_no_acls(own: Account) -> None:
    """As AWS makes it since April 2023; the account has no switches unless somebody sets them."""
    bucket = own.create_bucket("star-maps")

    assert bucket.own_public_access_block == ALL_ON
    assert bucket.object_ownership == "BucketOwnerEnforced"
    assert own.s3_public_access_block is None


def test_while_acls_are_off_they_can_still_be_read(own: Account) -> None:
    """And an upload may name the one ACL that says nothing new."""
    bucket = own.create_bucket("star-maps")
    bucket.put_object("m31")
    bucket.put_object("m31", acl="bucket-owner-full-control")
    acl = own.call("s3:GetBucketAcl", own.root_arn, Bucket="star-maps")

    assert acl["Owner"] == {"ID": own.canonical_user_id}
    assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"]


def test_an_acl_that_does_not_exist_is_said_so(own: Account) -> None:
    """With the one that was meant."""
    bucket = with_acls(own, public_access_block=OFF)
    with pytest.raises(InvalidArgument, match="x-amz-acl") as caught:
        bucket.put_acl("public-raed")
    assert caught.value.__notes__[0].startswith("Did you mean public-read")
    made = own.create_bucket(
        "other", acl="public-read", object_ownership="ObjectWriter", public_access_block=OFF
    )
    assert made.acl().is_public
    assert not bucket.acl().is_public


def test_ownership_is_set_read_and_taken_away(own: Account) -> None:
    """Three ways to own, and none said."""
    bucket = own.create_bucket("star-maps")
    bucket.put_ownership_controls("BucketOwnerPreferred")
    answer = own.call("s3:GetBucketOwnershipControls", own.root_arn, Bucket="star-maps")
    bucket.delete_ownership_controls()

    assert answer == {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}}
    assert bucket.object_ownership is None
    with pytest.raises(OwnershipControlsNotFoundError):
        own.call("s3:GetBucketOwnershipControls", own.root_arn, Bucket="star-maps")
    with pytest.raises(MalformedXML) as caught:
        bucket.put_ownership_controls("ObjektWriter")
    assert "ObjectWriter" in caught.value.__notes__[0]


# -- who may turn them ----------------------------------------------------------------------------


def test_the_buckets_switches_need_a_permission_of_their_own(own: Account) -> None:
    """A bucket policy can give it; that is why AWS advises the account's switches."""
    bucket, dana = own.create_bucket("star-maps"), own.create_user("dana")
    sent = {"Bucket": "star-maps", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    with pytest.raises(AccessDenied, match="s3:PutBucketPublicAccessBlock"):
        own.call("s3:PutPublicAccessBlock", dana, **sent)
    bucket.put_policy(
        document(allow("s3:PutBucketPublicAccessBlock", bucket.arn, Principal={"AWS": dana.arn}))
    )
    own.call("s3:PutPublicAccessBlock", dana, **sent)

    assert bucket.own_public_access_block == PublicAccessBlock(block_public_acls=True)
    with pytest.raises(AccessDenied, match="s3:PutAccountPublicAccessBlock"):
        own.call("s3:PutAccountPublicAccessBlock", dana, PublicAccessBlockConfiguration={})
    own.call("s3:DeletePublicAccessBlock", dana, Bucket="star-maps")
    assert bucket.own_public_access_block is None


def test_a_switch_is_on_or_off(own: Account) -> None:
    """Misspelt ones are reported, not ignored."""
    own.create_bucket("star-maps")
    for sent, shown in (
        ({"BlockPublicAcl": True}, "Did you mean"),
        ({"BlockPublicAcls": "yes"}, "True"),
    ):
        with pytest.raises(RequestError, match=shown):
            own.call(
                "s3:PutPublicAccessBlock",
                own.root_arn,
                Bucket="star-maps",
                PublicAccessBlockConfiguration=sent,
            )


def test_a_call_reads_what_a_call_has_set(own: Account) -> None:
    """In the API's words, for bucket and account."""
    own.create_bucket("star-maps")
    own.put_public_access_block(block_public_policy=True)
    assert own.get_public_access_block() == PublicAccessBlock(block_public_policy=True)
    of_bucket = own.call("s3:GetPublicAccessBlock", own.root_arn, Bucket="star-maps")
    of_account = own.call("s3:GetAccountPublicAccessBlock", own.root_arn)

    assert set(of_bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert of_account["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": False,
    }

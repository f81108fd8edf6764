"""ACLs of S3, and who owns an object: what they allow, with policies, settings and accounts."""

from typing import Any

import pytest

from iamlab import ANONYMOUS, World
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import AccessDenied, AwsError
from iamlab.errors.services import (
    AccessControlListNotSupported,
    InvalidBucketAclWithObjectOwnership,
    MalformedACLError,
    MissingSecurityHeader,
)
from iamlab.operations.services.s3.bucket import Bucket
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document

OWN, OTHER, THIRD = "111111111111", "222222222222", "333333333333"
BUCKET = "arn:aws:s3:::maps"
OBJECT = f"{BUCKET}/m31"
GROUPS = "http://acs.amazonaws.com/groups"
EVERYBODY, SIGNED = f"{GROUPS}/global/AllUsers", f"{GROUPS}/global/AuthenticatedUsers"
LOGS = f"{GROUPS}/s3/LogDelivery"
GET, LIST, PUT = "s3:GetObject", "s3:ListBucket", "s3:PutObject"


@pytest.fixture
def world() -> World:
    """A bucket with ACLs in one of three accounts, and two users in each: one may do all of S3."""
    world = World(seed=6)
    for name, number in (("own", OWN), ("other", OTHER), ("third", THIRD)):
        account = world.create_account(name, account_id=number)
        account.create_user(f"{name}-admin").put_policy("all", document(allow("s3:*")))
        account.create_user(f"{name}-nobody")
    world.accounts[OWN].create_bucket(
        "maps", object_ownership="ObjectWriter", public_access_block=PublicAccessBlock()
    )
    return world


@pytest.fixture
def own(world: World) -> Account:
    """The bucket's account."""
    return world.accounts[OWN]


@pytest.fixture
def bucket(own: Account) -> Bucket:
    """The bucket."""
    return own.buckets["maps"]


CALLERS = (
    *("own-admin", "own-nobody", "other-admin", "other-nobody", "third-admin", "third-nobody"),
    *("anonymous", "logging.s3.amazonaws.com"),
)


def who(world: World, action: str, resource: str) -> set[str]:
    """Who may do something."""
    principals: dict[str, Any] = {
        name: world.user(name) if name.endswith(("admin", "nobody")) else name for name in CALLERS
    }
    principals["anonymous"] = ANONYMOUS
    return {name for name, caller in principals.items() if world.can(caller, action, resource)}


def grants(world: World, *pairs: tuple[str, str]) -> dict[str, Any]:
    """An ACL: to an account, by its number, or to a group."""
    made = []
    for grantee, permission in pairs:
        known = world.accounts.get(grantee)
        name = {"URI": grantee} if known is None else {"ID": known.canonical_user_id}
        made.append({"Grantee": name, "Permission": permission})
    return {"Grants": made}


OWNER = {"own-admin"}
ALL = set(CALLERS) - {"other-nobody", "third-nobody"}

# Grants of the bucket's ACL -> action and resource -> who may, beside the owner's administrator.
OF_BUCKET: dict[str, tuple[list[tuple[str, str]], dict[tuple[str, str], set[str]]]] = {
    "nothing": ([(OWN, "FULL_CONTROL")], {(LIST, BUCKET): set(), (PUT, OBJECT): set()}),
    "READ": (
        [(OTHER, "READ")],
        {
            (LIST, BUCKET): {"other-admin"},
            ("s3:ListBucketVersions", BUCKET): {"other-admin"},
            ("s3:ListBucketMultipartUploads", BUCKET): {"other-admin"},
            (GET, OBJECT): set(),
            (PUT, OBJECT): set(),
            ("s3:GetBucketAcl", BUCKET): set(),
        },
    ),
    "WRITE": (
        [(OTHER, "WRITE")],
        {(PUT, OBJECT): {"other-admin"}, (LIST, BUCKET): set(), ("s3:DeleteObject", OBJECT): set()},
    ),
    "READ_ACP": (
        [(OTHER, "READ_ACP")],
        {("s3:GetBucketAcl", BUCKET): {"other-admin"}, ("s3:PutBucketAcl", BUCKET): set()},
    ),
    "WRITE_ACP": (
        [(OTHER, "WRITE_ACP")],
        {("s3:PutBucketAcl", BUCKET): {"other-admin"}, ("s3:GetBucketAcl", BUCKET): set()},
    ),
    "FULL_CONTROL": (
        [(OTHER, "FULL_CONTROL"), (THIRD, "READ")],
        {
            (LIST, BUCKET): {"other-admin", "third-admin"},
            (PUT, OBJECT): {"other-admin"},
            ("s3:PutBucketAcl", BUCKET): {"other-admin"},
            (GET, OBJECT): set(),
            ("s3:PutBucketTagging", BUCKET): set(),
        },
    ),
    "everybody": ([(EVERYBODY, "READ")], {(LIST, BUCKET): ALL, (GET, OBJECT): set()}),
    "everybody with an account": (
        [(SIGNED, "READ")],
        {(LIST, BUCKET): ALL - {"anonymous", "logging.s3.amazonaws.com"}},
    ),
    "log delivery": (
        [(LOGS, "WRITE")],
        {(PUT, OBJECT): {"logging.s3.amazonaws.com"}, (LIST, BUCKET): set()},
    ),
}


@pytest.mark.parametrize("case", OF_BUCKET)
def test_each_permission_of_a_bucket_acl_is_what_aws_lists(
    case: str, world: World, bucket: Bucket
) -> None:
    """Page: Access control list (ACL) overview; another account's own policies must allow, too."""
    sent, wanted = OF_BUCKET[case]
    bucket.put_acl(access_control_policy=grants(world, *sent))
    assert {about: who(world, *about) for about in wanted} == {
        about: expected | OWNER for about, expected in wanted.items()
    }


CANNED: dict[str, dict[tuple[str, str], set[str]]] = {
    "private": {(GET, OBJECT): set()},
    "public-read": {(GET, OBJECT): ALL, ("s3:GetObjectAcl", OBJECT): set()},
    "public-read-write": {(GET, OBJECT): ALL, ("s3:DeleteObject", OBJECT): set()},
    "authenticated-read": {(GET, OBJECT): ALL - {"anonymous", "logging.s3.amazonaws.com"}},
    "aws-exec-read": {(GET, OBJECT): set()},
    "bucket-owner-read": {(GET, OBJECT): set()},
}


@pytest.mark.parametrize("acl", CANNED)
def test_each_canned_acl_of_an_own_object(acl: str, world: World, bucket: Bucket) -> None:
    """About this object only."""
    bucket.put_object("m31", acl=acl)
    for (action, resource), expected in CANNED[acl].items():
        assert who(world, action, resource) == expected | OWNER
    assert who(world, GET, f"{BUCKET}/m33") == OWNER
    assert who(world, LIST, BUCKET) == OWNER


def upload(world: World, bucket: Bucket, acl: str | None = None) -> None:
    """Let the other account's administrator upload the object."""
    bucket.put_policy(
        document(allow([PUT, "s3:PutObjectAcl"], f"{BUCKET}/*", Principal={"AWS": OTHER}))
    )
    bucket.account.call(PUT, world.user("other-admin"), Bucket="maps", Key="m31", ACL=acl)


# Ownership, ACL of an upload by the other account -> who may read, and who owns it.
UPLOADS: list[tuple[str, str | None, set[str], str]] = [
    ("ObjectWriter", None, {"other-admin"}, OTHER),
    ("ObjectWriter", "private", {"other-admin"}, OTHER),
    ("ObjectWriter", "bucket-owner-full-control", {"other-admin", "own-admin"}, OTHER),
    ("ObjectWriter", "bucket-owner-read", {"other-admin", "own-admin"}, OTHER),
    ("ObjectWriter", "public-read", (ALL - {"own-nobody"}) | {"other-nobody"}, OTHER),
    ("BucketOwnerPreferred", None, {"other-admin"}, OTHER),
    ("BucketOwnerPreferred", "bucket-owner-read", {"other-admin", "own-admin"}, OTHER),
    ("BucketOwnerPreferred", "bucket-owner-full-control", {"own-admin"}, OWN),
    ("BucketOwnerEnforced", None, {"own-admin"}, OWN),
    ("BucketOwnerEnforced", "bucket-owner-full-control", {"own-admin"}, OWN),
]


@pytest.mark.parametrize(("ownership", "acl", "readers", "owner"), UPLOADS)
def test_who_owns_an_upload_and_who_may_read_it(
    ownership: str, acl: str | None, readers: set[str], owner: str, world: World, bucket: Bucket
) -> None:
    """Page: Controlling ownership of objects and disabling ACLs for your bucket."""
    bucket.put_ownership_controls(ownership)
    upload(world, bucket, acl)
    shown = bucket.account.world.accounts[owner].canonical_user_id

    assert who(world, GET, OBJECT) == readers
    assert bucket.acl("m31").owner == owner
    if "own-admin" in readers and owner == OWN:
        found = bucket.account.call(
            "s3:GetObjectAcl", world.user("own-admin"), Bucket="maps", Key="m31"
        )
        assert found["Owner"] == {"ID": shown}


def test_the_account_of_the_keys_is_that_of_the_bucket(world: World, bucket: Bucket) -> None:
    """Whoever owns the object."""
    upload(world, bucket)
    request = world.can(world.user("other-admin"), GET, OBJECT).request

    assert request.resource_account == OTHER
    assert (request.value("aws:ResourceAccount"), request.value("s3:ResourceAccount")) == (OWN, OWN)


def test_a_bucket_policy_gives_no_object_of_another_account(world: World, bucket: Bucket) -> None:
    """It can only deny; and the bucket's owner may still delete the object."""
    upload(world, bucket)
    bucket.put_policy(document(allow(GET, f"{BUCKET}/*", Principal="*")))
    assert who(world, GET, OBJECT) == {"other-admin"}
    assert who(world, GET, f"{BUCKET}/m33") == ALL
    bucket.put_policy(document(deny(GET, f"{BUCKET}/*", Principal="*")))
    assert who(world, GET, OBJECT) == set()
    assert world.can(world.user("own-admin"), "s3:DeleteObject", OBJECT)
    assert not world.can(world.user("other-admin"), "s3:DeleteObject", OBJECT)


def test_disabling_acls_makes_the_bucket_owner_the_owner(world: World, bucket: Bucket) -> None:
    """And enabling them restores what there was."""
    upload(world, bucket)
    seen = [who(world, GET, OBJECT)]
    for ownership in ("BucketOwnerEnforced", "ObjectWriter"):
        bucket.put_ownership_controls(ownership)
        seen.append(who(world, GET, OBJECT))

    assert seen == [{"other-admin"}, {"own-admin"}, {"other-admin"}]


def test_a_deny_beats_an_acl(world: World, bucket: Bucket) -> None:
    """In the bucket policy, as in the caller's own."""
    bucket.put_acl("public-read")
    bucket.put_policy(document(deny(LIST, BUCKET, Principal={"AWS": OTHER})))
    assert who(world, LIST, BUCKET) == ALL - {"other-admin"}
    decision = world.can(ANONYMOUS, LIST, BUCKET)
    assert [match.address for match in decision.determining] == ["policy of maps/ACL READ"]


def test_block_public_access_and_acls(world: World, own: Account, bucket: Bucket) -> None:
    """IgnorePublicAcls takes what rests on public grants; RestrictPublicBuckets is for policies."""
    bucket.put_acl(access_control_policy=grants(world, (EVERYBODY, "READ"), (OTHER, "READ")))
    shown = own.call("s3:GetBucketAcl", own.root_arn, Bucket="maps")
    for settings in ({"restrict_public_buckets": True}, {"block_public_acls": True}):
        bucket.put_public_access_block(**settings)
        assert who(world, LIST, BUCKET) == ALL
    own.put_public_access_block(ignore_public_acls=True)
    ignored = own.call("s3:GetBucketAcl", own.root_arn, Bucket="maps")

    assert who(world, LIST, BUCKET) == {"own-admin", "other-admin"}
    assert [len(acl["Grants"]) for acl in (shown, ignored)] == [2, 1]


def test_a_public_policy_that_is_restricted_restricts_acls_too(
    world: World, bucket: Bucket
) -> None:
    """Only principals of the bucket's account and AWS services are left."""
    bucket.put_acl(access_control_policy=grants(world, (OTHER, "READ")))
    bucket.put_policy(document(allow(GET, f"{BUCKET}/*", Principal="*")))
    bucket.put_public_access_block(restrict_public_buckets=True)

    assert who(world, LIST, BUCKET) == OWNER


WRONG: dict[str, tuple[type[AwsError], str, dict[str, Any]]] = {
    "nothing sent": (MissingSecurityHeader, "PutBucketAcl", {}),
    "nothing sent for an object": (MissingSecurityHeader, "PutObjectAcl", {"Key": "m31"}),
    "no such permission": (
        MalformedACLError,
        "PutBucketAcl",
        {
            "AccessControlPolicy": {
                "Grants": [{"Grantee": {"URI": EVERYBODY}, "Permission": "WATCH"}]
            }
        },
    ),
    "no such group": (
        MalformedACLError,
        "PutObjectAcl",
        {
            "Key": "m31",
            "AccessControlPolicy": {
                "Grants": [{"Grantee": {"URI": f"{GROUPS}/x"}, "Permission": "READ"}]
            },
        },
    ),
    "no grantee": (
        MalformedACLError,
        "PutBucketAcl",
        {"AccessControlPolicy": {"Grants": [{"Permission": "READ"}]}},
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_acl_that_s3_refuses_changes_nothing(case: str, own: Account, bucket: Bucket) -> None:
    """With its code."""
    error, operation, parameters = WRONG[case]
    with pytest.raises(error):
        own.call(f"s3:{operation}", own.root_arn, Bucket="maps", **parameters)
    assert bucket.acls == {}


def test_acls_cannot_be_set_while_they_are_disabled(bucket: Bucket) -> None:
    """Except for the one that says nothing new; and not disabled while one is open."""
    bucket.put_acl("public-read")
    with pytest.raises(InvalidBucketAclWithObjectOwnership):
        bucket.put_ownership_controls("BucketOwnerEnforced")
    bucket.put_acl("private")
    bucket.put_ownership_controls("BucketOwnerEnforced")
    for acl in ("private", "public-read"):
        with pytest.raises(AccessControlListNotSupported):
            bucket.put_acl(acl)
        with pytest.raises(AccessControlListNotSupported):
            bucket.put_object_acl("m31", acl)
    bucket.put_object("m31", acl="bucket-owner-full-control")
    assert bucket.acls == {}


def test_a_bucket_policy_can_ask_for_an_acl(world: World, bucket: Bucket) -> None:
    """AWS's example: uploads of another account only with bucket-owner-full-control."""
    full = {"Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}
    statement = allow([PUT, "s3:PutObjectAcl"], f"{BUCKET}/*", Principal={"AWS": OTHER}) | full
    bucket.put_policy(document(statement))
    admin, call = world.user("other-admin"), bucket.account.call
    with pytest.raises(AccessDenied):
        call(PUT, admin, Bucket="maps", Key="m31")
    call(PUT, admin, Bucket="maps", Key="m31", ACL="bucket-owner-full-control")

    assert who(world, GET, OBJECT) == {"own-admin", "other-admin"}


def test_the_owner_of_an_object_sets_its_acl(world: World, bucket: Bucket) -> None:
    """Not the owner of the bucket; an object that is written again has a new one."""
    upload(world, bucket)
    call, by = bucket.account.call, world.user("other-admin")
    with pytest.raises(AccessDenied):
        call("s3:PutObjectAcl", world.user("own-admin"), Bucket="maps", Key="m31", ACL="private")
    call("s3:PutObjectAcl", by, Bucket="maps", Key="m31", ACL="public-read")
    assert world.can(ANONYMOUS, GET, OBJECT)
    bucket.put_object("m31")
    assert who(world, GET, OBJECT) == OWNER


def test_a_saved_world_keeps_its_acls(world: World, bucket: Bucket, tmp_path: Any) -> None:
    """And whoever may read may still."""
    upload(world, bucket, "public-read")
    world.save(tmp_path / "world.json")
    again = World.load(tmp_path / "world.json")

    assert again.accounts[OWN].buckets["maps"].acls == bucket.acls
    assert who(again, GET, OBJECT) == who(world, GET, OBJECT)


def test_access_from_outside_through_an_acl_is_found(world: World, bucket: Bucket) -> None:
    """As through a policy; not while ACLs are disabled."""
    bucket.put_acl("public-read")
    found = {(finding.resource, finding.is_public) for finding in world.outside_access()}
    bucket.put_acl("private")
    bucket.put_acl(access_control_policy=grants(world, (OTHER, "WRITE")))
    shared = {(finding.resource, finding.is_public) for finding in world.outside_access()}
    bucket.put_acl("private")

    assert found == {(BUCKET, True)}
    assert shared == {(BUCKET, False)}
    assert list(world.outside_access()) == []

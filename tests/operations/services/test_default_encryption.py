"""The default encryption of buckets: with SSE-KMS, reading and writing need the KMS key, too."""

from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.access_matrix import access
from iamlab.errors import AccessDenied, AwsError
from iamlab.operations.services.s3.bucket import Bucket, DefaultEncryption
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.policy.documents import allow, deny, document

OWN, OTHER = "111111111111", "222222222222"
GET, PUT, DATA_KEY, DECRYPT = "s3:GetObject", "s3:PutObject", "kms:GenerateDataKey", "kms:Decrypt"
OBJECT = "arn:aws:s3:::maps/m31"


@pytest.fixture
def main() -> Account:
    """An account with a bucket, and with ana, who can use S3."""
    account = World(seed=4).create_account("main", account_id=OWN)
    account.create_user("ana").put_policy("own", document(allow("s3:*")))
    account.create_bucket("maps")
    return account


@pytest.fixture
def ana(main: Account) -> User:
    """Ana."""
    return main.users["ana"]


@pytest.fixture
def bucket(main: Account) -> Bucket:
    """The bucket."""
    return main.buckets["maps"]


def rules(algorithm: str, key: str | None = None, **more: Any) -> dict[str, Any]:
    """Write a configuration."""
    named = {} if key is None else {"KMSMasterKeyID": key}
    default = {"SSEAlgorithm": algorithm, **named}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, **more}]}


# -- the operations -------------------------------------------------------------------------------


def test_a_bucket_is_encrypted_by_s3_until_it_is_set_and_after_it_is_deleted(
    main: Account, ana: User, bucket: Bucket
) -> None:
    """Page: Setting default server-side encryption behavior for Amazon S3 buckets."""
    get, default = "s3:GetBucketEncryption", rules("AES256", BucketKeyEnabled=False)
    key = main.create_key()

    def shown() -> Any:
        return main.call(get, ana, Bucket="maps")["ServerSideEncryptionConfiguration"]

    assert shown() == default
    sent = rules("aws:kms", key.key_id, BucketKeyEnabled=True)
    main.call("s3:PutBucketEncryption", ana, Bucket="maps", ServerSideEncryptionConfiguration=sent)
    assert shown() == sent
    assert bucket.encryption == DefaultEncryption("aws:kms", key.key_id, bucket_key_enabled=True)
    main.call("s3:DeleteBucketEncryption", ana, Bucket="maps")
    assert shown() == default


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("PutBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
        ("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ],
)
def test_the_operations_need_their_actions(
    operation: str, action: str, main: Account, ana: User
) -> None:
    """Page: Service Authorization Reference, Amazon S3."""
    sent = {"ServerSideEncryptionConfiguration": rules("AES256")}
    sent = sent if operation.startswith("Put") else {}
    ana.put_policy("own", document(allow(action, "arn:aws:s3:::maps")))
    main.call(f"s3:{operation}", ana, Bucket="maps", **sent)
    ana.put_policy("own", document(allow("s3:*"), deny(action)))

    with pytest.raises(AccessDenied, match=f"perform: {action} on"):
        main.call(f"s3:{operation}", ana, Bucket="maps", **sent)


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({}, "MalformedXML"),
        ({"Rules": []}, "MalformedXML"),
        ({"Rules": [*rules("AES256")["Rules"], *rules("AES256")["Rules"]]}, "MalformedXML"),
        ({"Rules": [{"BucketKeyEnabled": True}]}, "MalformedXML"),
        ({"Rules": 5}, "MalformedXML"),
        (rules("SSE-KMS"), "MalformedXML"),
        (rules("AES256", "1234"), "InvalidArgument"),
    ],
)
def test_a_wrong_configuration_changes_nothing(
    configuration: dict[str, Any], code: str, main: Account, ana: User, bucket: Bucket
) -> None:
    """A KMS key is only for SSE-KMS and DSSE-KMS."""
    sent = {"Bucket": "maps", "ServerSideEncryptionConfiguration": configuration}
    with pytest.raises(AwsError) as caught:
        main.call("s3:PutBucketEncryption", ana, **sent)
    assert caught.value.code == code
    assert bucket.encryption == DefaultEncryption()
    assert not main.call("kms:ListKeys", main.root_arn)["Keys"]


# -- what reading and writing need ----------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize(
    ("action", "needed"),
    [(GET, DECRYPT), ("s3:GetObjectVersion", DECRYPT), (PUT, DATA_KEY)],
)
def test_a_kms_key_must_allow_in_every_way_of_asking(
    algorithm: str, action: str, needed: str, main: Account, ana: User, bucket: Bucket
) -> None:
    """Page: Using server-side encryption with AWS KMS keys (SSE-KMS)."""
    world, key = main.world, main.create_key()
    bucket.put_encryption(algorithm, key.arn)

    for allowed in (False, True):
        if allowed:
            ana.put_policy("key", document(allow(needed, key.arn)))
        decision = world.can(ana, action, OBJECT)
        assert bool(decision) is allowed
        pairs = [(pair.request.action, pair.request.resource) for pair in decision.pairs]
        assert pairs == [(action, OBJECT), (needed, key.arn)]
        assert (ana.arn in world.who_can(action, OBJECT)) is allowed
        assert bool(access(world, [action], [OBJECT], [ana]).rows[0]) is allowed
        found = world.what_can(ana, services=["s3"], resources=[OBJECT])
        assert (action in {name for name, _ in found}) is allowed
        lines = [line for line in map(str, found.incomplete) if action in line]
        assert [key.arn in line for line in lines] == ([] if allowed else [True])
        if not allowed:
            assert f"perform: {needed} on" in decision.message
            with pytest.raises(AccessDenied, match=f"perform: {needed} on") as caught:
                world.do(ana, action, OBJECT)
            assert caught.value.decision.pairs == decision.pairs
    world.do(ana, action, OBJECT)
    events = [event for event in world.events if event.event_name == action[3:]]
    assert [bool(event.error_code) for event in events] == [True, False]


def test_nothing_else_needs_the_key(main: Account, ana: User, bucket: Bucket) -> None:
    """Lists, deletions and ACLs don't touch the data. Objects of other buckets have no key."""
    other = main.create_bucket("notes")
    bucket.put_encryption("aws:kms", main.create_key().arn)

    for action, resource in (
        ("s3:DeleteObject", OBJECT),
        ("s3:PutObjectAcl", OBJECT),
        ("s3:GetObjectTagging", OBJECT),
        ("s3:ListBucket", bucket.arn),
        (GET, f"{other.arn}/m31"),
    ):
        assert main.world.can(ana, action, resource).pairs == ()
        assert main.world.can(ana, action, resource)
    bucket.put_encryption("AES256")
    assert main.world.can(ana, GET, OBJECT)
    assert main.world.can(ana, GET, OBJECT).pairs == ()


@pytest.mark.parametrize("has_bucket_key", [False, True])
def test_kms_sees_the_service_and_the_object_or_its_bucket(
    *, has_bucket_key: bool, main: Account, ana: User, bucket: Bucket
) -> None:
    """Page: Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys."""
    key = main.create_key()
    bucket.put_encryption("aws:kms", key.key_id, bucket_key_enabled=has_bucket_key)
    context = {
        "kms:ViaService": "s3.us-east-1.amazonaws.com",
        "kms:EncryptionContext:aws:s3:arn": bucket.arn if has_bucket_key else OBJECT,
    }
    use = allow([DECRYPT, DATA_KEY], key.arn) | {"Condition": {"StringEquals": context}}
    ana.put_policy("key", document(use))

    assert main.world.can(ana, GET, OBJECT)
    assert main.call(PUT, ana, Bucket="maps", Key="m31") == {}
    assert not main.world.can(ana, DECRYPT, key.arn)


def test_a_key_of_another_account_needs_its_policy(
    main: Account, ana: User, bucket: Bucket
) -> None:
    """And the permission of the caller's own account."""
    key = main.world.create_account("theirs", account_id=OTHER).create_key()
    bucket.put_encryption("aws:kms", key.arn)
    ana.put_policy("key", document(allow("kms:*")))
    assert not main.world.can(ana, GET, OBJECT)

    own = {**allow("kms:*"), "Principal": {"AWS": OTHER}}
    key.put_policy(document(own, {**allow(DECRYPT), "Principal": {"AWS": OWN}}))
    assert main.world.can(ana, GET, OBJECT)
    ana.delete_policy("key")
    assert not main.world.can(ana, GET, OBJECT)


def test_the_aws_managed_key_is_for_the_account_only(
    main: Account, ana: User, bucket: Bucket
) -> None:
    """Page: AWS managed keys. Nobody of the account needs a permission, and no other gets one."""
    eve = main.world.create_account("other", account_id=OTHER).create_user("eve")
    eve.put_policy("own", document(allow("*")))
    bucket.put_policy(document({**allow(GET, f"{bucket.arn}/*"), "Principal": {"AWS": OTHER}}))
    assert main.world.can(eve, GET, OBJECT)

    bucket.put_encryption("aws:kms")

    [key] = main.call("kms:ListKeys", main.root_arn)["Keys"]
    decision = main.world.can(ana, GET, OBJECT)
    assert decision
    assert decision.pairs[1].request.resource == key["KeyArn"]
    assert not main.world.can(ana, DECRYPT, key["KeyArn"])
    assert main.world.can(eve, GET, OBJECT).request.action == DECRYPT
    assert not main.world.can(eve, GET, OBJECT)
    with pytest.raises(AccessDenied):
        main.call("kms:PutKeyPolicy", main.root_arn, KeyId=key["KeyId"], Policy="{}")
    main.create_bucket("more").put_encryption("aws:kms")
    assert len(main.call("kms:ListKeys", main.root_arn)["Keys"]) == 1


def test_the_headers_of_an_upload_come_before_the_default(
    main: Account, ana: User, bucket: Bucket
) -> None:
    """With SSE-S3, no key is needed; with another key, that one."""
    bucket.put_encryption("aws:kms", main.create_key().arn)
    other, sent = main.create_key(), {"Bucket": "maps", "Key": "m31"}

    assert main.call(PUT, ana, **sent, ServerSideEncryption="AES256") == {}
    for more in ({}, {"SSEKMSKeyId": other.key_id}):
        with pytest.raises(AccessDenied, match=f"perform: {DATA_KEY}"):
            main.call(PUT, ana, **sent, **more)
    ana.put_policy("key", document(allow(DATA_KEY, other.arn)))
    assert main.call(PUT, ana, **sent, SSEKMSKeyId=other.key_id) == {}
    with pytest.raises(AccessDenied):
        main.call(PUT, ana, **sent)

    header = "s3:x-amz-server-side-encryption"
    named = {header: "aws:kms", f"{header}-aws-kms-key-id": other.arn}
    assert main.world.can(ana, PUT, OBJECT, context=named)
    assert main.world.can(ana, PUT, OBJECT, context={header: "AES256"}).pairs == ()


def test_a_key_in_the_question_is_the_key(main: Account, ana: User, bucket: Bucket) -> None:
    """Not the bucket's, which can have changed since the object was written."""
    bucket.put_encryption("aws:kms", main.create_key().arn)
    older = main.create_key()
    ana.put_policy("key", document(allow(DECRYPT, older.arn)))

    decision = main.world.can(ana, GET, [OBJECT, older.arn])

    assert decision
    assert [pair.request.resource for pair in decision.pairs] == [OBJECT, older.arn]
    assert not main.world.can(ana, GET, [OBJECT])


def test_a_service_needs_the_key_policy(main: Account, bucket: Bucket) -> None:
    """Such as CloudTrail, which delivers logs to a bucket with a KMS key."""
    service, key = "cloudtrail.amazonaws.com", main.create_key()
    bucket.put_policy(
        document({**allow(PUT, f"{bucket.arn}/*"), "Principal": {"Service": service}})
    )
    bucket.put_encryption("aws:kms", key.arn)
    assert not main.world.can(service, PUT, OBJECT)

    own = {**allow("kms:*"), "Principal": {"AWS": OWN}}
    key.put_policy(document(own, {**allow(DATA_KEY), "Principal": {"Service": service}}))
    assert main.world.can(service, PUT, OBJECT)
    assert main.world.can(service, PUT, [OBJECT, key.arn])


def test_an_access_point_asks_for_the_key_of_its_bucket(
    main: Account, ana: User, bucket: Bucket
) -> None:
    """After the access point and the bucket; in every way of asking."""
    world, key = main.world, main.create_key()
    there = f"{main.create_access_point('readers', bucket).arn}/object/m31"
    bucket.put_encryption("aws:kms", key.arn)

    decision = world.can(ana, GET, there)
    assert [pair.request.resource for pair in decision.pairs] == [there, OBJECT, key.arn]
    assert decision.request.action == DECRYPT
    for allowed in (False, True):
        if allowed:
            ana.put_policy("key", document(allow(DECRYPT)))
        assert bool(world.can(ana, GET, there)) is allowed
        assert (ana.arn in world.who_can(GET, there)) is allowed
        assert bool(access(world, [GET], [there], [ana]).rows[0]) is allowed


def test_the_settings_are_saved(main: Account, ana: User, bucket: Bucket, tmp_path: Any) -> None:
    """With the AWS managed key."""
    bucket.put_encryption("aws:kms", bucket_key_enabled=True)
    main.world.save(tmp_path / "world.json")

    loaded = World.load(tmp_path / "world.json")

    assert loaded.accounts[OWN].buckets["maps"].encryption == bucket.encryption
    assert loaded.can(ana.arn, GET, OBJECT).pairs[1].request.action == DECRYPT

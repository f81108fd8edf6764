"""Objects, messages, items, secrets and ciphertexts: iamlab decides first, then moto works."""

import gc
import io
import json
import socket
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from iamlab import Policy, World
from tests.rows import each_row

MAIN, DATA = "111111111111", "222222222222"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse every connection."""

    def refuse(*_):
        raise AssertionError("a request left the machine")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def world():
    """Make a world with Dana, who may do everything, Ana, who may do nothing, and resources."""
    made = World(seed=7)
    main = made.create_account("main", account_id=MAIN)
    for name in ("ana", "dana"):
        main.create_user(name).create_access_key()
    made.user("dana").attach_policy("AdministratorAccess")
    main.create_bucket("star-maps")
    main.create_queue("jobs")
    main.create_topic("news")
    main.create_table("stars")
    main.create_secret("db")
    main.create_key()
    return made


@pytest.fixture
def dana(world):
    """Return Dana's boto3 session."""
    return world.boto3_session(world.user("dana"))


@pytest.fixture
def ana(world):
    """Return Ana's boto3 session."""
    return world.boto3_session(world.user("ana"))


def _code(caught):
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


def _trust(service):
    return Policy.allow("sts:AssumeRole", None, principal={"Service": service})


def _resource(world, kind):
    resources = world.account("main").resources.values()
    return next(each for each in resources if each.kind == kind)


# -- S3 -------------------------------------------------------------------------------------------


def test_an_object_is_created_read_changed_and_deleted(dana):
    """Create, read, update, delete, read again."""
    s3 = dana.client("s3")
    where = {"Bucket": "star-maps", "Key": "deep sky/m 31+é.fits"}
    s3.put_object(**where, Body=b"first", Metadata={"by": "dana"})
    first = s3.get_object(**where)
    s3.put_object(**where, Body=b"second")

    assert first["Body"].read() == b"first"
    assert first["Metadata"] == {"by": "dana"}
    assert s3.get_object(**where)["Body"].read() == b"second"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="star-maps")["Contents"]] == [
        where["Key"]
    ]

    s3.delete_object(**where)
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(**where)


def test_a_large_object_goes_in_parts(dana):
    """The client's own upload in parts works, and its checksums."""
    s3 = dana.client("s3")
    s3.upload_fileobj(io.BytesIO(b"x" * 9_000_000), "star-maps", "big")

    assert s3.head_object(Bucket="star-maps", Key="big")["ContentLength"] == 9_000_000


def test_a_denied_upload_stores_nothing(world, dana, ana):
    """The decision comes first; moto doesn't see the request."""
    with pytest.raises(ClientError) as caught:
        ana.client("s3").put_object(Bucket="star-maps", Key="a", Body=b"x")

    assert _code(caught) == ("AccessDenied", 403)
    assert dana.client("s3").list_objects_v2(Bucket="star-maps")["KeyCount"] == 0
    denied = world.gateway.denied[-1]
    assert (denied.operation, denied.decision.request.action) == ("PutObject", "s3:PutObject")
    assert world.gateway.calls[-2].operation == "PutObject"


def test_a_missing_object_is_hidden_from_who_cannot_list(world, ana):
    """AWS's rule: 404 with s3:ListBucket, 403 without."""
    user = world.user("ana")
    user.put_policy("read", Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*"))
    with pytest.raises(ClientError) as caught:
        ana.client("s3").get_object(Bucket="star-maps", Key="none")
    assert _code(caught) == ("AccessDenied", 403)
    assert world.events[-1].error_code == "AccessDenied"

    user.put_policy("list", Policy.allow("s3:ListBucket", "arn:aws:s3:::star-maps"))
    with pytest.raises(ClientError) as caught:
        ana.client("s3").get_object(Bucket="star-maps", Key="none")
    assert _code(caught) == ("NoSuchKey", 404)
    assert world.events[-1].error_code == "NoSuchKey"
    assert world.gateway.calls[-1].decision


@each_row(
    ("method", "arguments", "key", "value"),
    [
        ("list_objects_v2", {"Prefix": "ana/"}, "s3:prefix", "ana/"),
        ("list_objects_v2", {"Delimiter": "/"}, "s3:delimiter", "/"),
        ("list_objects", {"MaxKeys": 7}, "s3:max-keys", "7"),
        ("put_object", {"Key": "a", "ACL": "bucket-owner-full-control"}, "s3:x-amz-acl", None),
        ("put_object", {"Key": "a", "ServerSideEncryption": "AES256"}, None, "AES256"),
        ("copy_object", {"Key": "b", "CopySource": "star-maps/a"}, "s3:x-amz-copy-source", None),
        (
            "put_object",
            {"Key": "a", "Tagging": "project=sky"},
            "s3:RequestObjectTag/project",
            "sky",
        ),
        ("get_object", {"Key": "a"}, "s3:authType", "REST-HEADER"),
    ],
)
def test_the_keys_of_s3_have_the_values_that_the_client_sent(
    world, dana, method, arguments, key, value
):
    """Conditions of policies see them."""
    s3 = dana.client("s3")
    s3.put_object(Bucket="star-maps", Key="a", Body=b"x")
    getattr(s3, method)(Bucket="star-maps", **arguments)
    decision = world.gateway.calls[-1].decision
    found = [each.request.context for each in (decision.pairs or (decision,))]
    key = key or "s3:x-amz-server-side-encryption"

    assert any(key in each and value in (None, each[key]) for each in found)


def test_deleting_many_objects_deletes_those_that_the_caller_may(world, dana, ana):
    """Each object is decided alone; the answer names the others."""
    for name in ("a/1", "b/1"):
        dana.client("s3").put_object(Bucket="star-maps", Key=name, Body=b"x")
    allow = Policy.allow("s3:DeleteObject", "arn:aws:s3:::star-maps/a/*")
    world.user("ana").put_policy("own", allow)
    wanted = {"Objects": [{"Key": "a/1"}, {"Key": "b/1"}]}
    answer = ana.client("s3").delete_objects(Bucket="star-maps", Delete=wanted)

    assert [each["Key"] for each in answer["Deleted"]] == ["a/1"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("b/1", "AccessDenied")]
    left = dana.client("s3").list_objects_v2(Bucket="star-maps")["Contents"]
    assert [each["Key"] for each in left] == ["b/1"]


def test_a_bucket_with_objects_cannot_be_deleted(dana):
    """AWS's BucketNotEmpty; an empty one goes, and its name is free."""
    s3 = dana.client("s3")
    s3.put_object(Bucket="star-maps", Key="a", Body=b"x")
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket="star-maps")
    assert _code(caught) == ("BucketNotEmpty", 409)

    s3.delete_object(Bucket="star-maps", Key="a")
    s3.delete_bucket(Bucket="star-maps")
    s3.create_bucket(Bucket="star-maps")
    assert s3.list_objects_v2(Bucket="star-maps")["KeyCount"] == 0


def test_who_cannot_delete_a_bucket_does_not_learn_that_it_has_objects(world, dana, ana):
    """The permission is decided first."""
    dana.client("s3").put_object(Bucket="star-maps", Key="a", Body=b"x")
    with pytest.raises(ClientError) as caught:
        ana.client("s3").delete_bucket(Bucket="star-maps")

    assert _code(caught) == ("AccessDenied", 403)
    assert world.gateway.calls[-1].is_denied


def test_a_presigned_url_needs_no_client(world, dana):
    """Whoever has the URL acts as its signer, until it expires."""
    s3 = dana.client("s3")
    s3.put_object(Bucket="star-maps", Key="a", Body=b"stars")
    url = s3.generate_presigned_url("get_object", {"Bucket": "star-maps", "Key": "a"}, 60)
    status, _, body = world.gateway.handle("GET", url, {}, b"")

    assert (status, body) == (200, b"stars")
    context = world.gateway.calls[-1].decision.request.context
    assert context["s3:authType"] == "REST-QUERY-STRING"
    assert int(context["s3:signatureAge"]) < 60_000
    status, _, body = world.gateway.handle("GET", url, {"x-amz-acl": "public-read"}, b"")
    assert status == 403
    assert b"which were not signed" in body
    late = world.gateway.time_of_clients() + timedelta(seconds=61)
    world.gateway.time_of_clients = lambda: late
    status, _, body = world.gateway.handle("GET", url, {}, b"")
    assert status == 403
    assert b"<Message>Request has expired</Message>" in body
    changed = url.replace("/a?", "/b?")
    assert world.gateway.handle("GET", changed, {}, b"")[0] == 403


@each_row("kind", ["application/x-www-form-urlencoded", "image/fits"])
def test_a_presigned_upload_stores_the_body_as_it_is(world, dana, kind):
    """A program such as curl says of each body that it is a form."""
    s3, where = dana.client("s3"), {"Bucket": "star-maps", "Key": "a"}
    url = s3.generate_presigned_url("put_object", where)
    world.gateway.handle("PUT", url, {"content-type": kind}, b"first=1&second=2")

    assert s3.get_object(**where)["Body"].read() == b"first=1&second=2"


@each_row(
    "query",
    ["AWSAccessKeyId=AKIA&Signature=x&Expires=1", "X-Amz-Algorithm=AWS4-HMAC-SHA256"],
)
def test_a_presigned_url_that_is_not_accepted_has_an_error_of_s3(world, query):
    """One of an old version, and one that a shell cut off at its first &."""
    url = f"http://127.0.0.1:8080/star-maps/a?{query}"
    _, headers, body = world.gateway.handle("GET", url, {}, b"")

    assert headers["Content-Type"] == "text/xml"
    assert body.startswith(b"<Error><Code>")


def test_s3_has_its_own_words_for_a_wrong_secret(world):
    """Other services name the secret access key."""
    session = world.boto3_session(world.user("dana"))
    session._session.get_credentials().secret_key = "wrong"
    with pytest.raises(ClientError, match="Check your key and signing method"):
        session.client("s3").list_buckets()


def test_s3_has_its_own_words_for_a_wrong_clock(world, dana):
    """Fifteen minutes are allowed, not five."""
    now, s3 = world.gateway.time_of_clients(), dana.client("s3")
    for minutes, code in ((14, 200), (-14, 200), (16, 403), (-16, 403)):
        world.gateway.time_of_clients = lambda late=now + timedelta(minutes=minutes): late
        if code == 200:
            s3.list_buckets()
            continue
        with pytest.raises(ClientError) as caught:
            s3.list_buckets()
        assert _code(caught) == ("RequestTimeTooSkewed", code)


def test_anybody_reads_what_a_bucket_policy_opens(world, dana):
    """A request without a signature is anonymous."""
    url = "https://star-maps.s3.us-east-1.amazonaws.com/a"
    dana.client("s3").put_object(Bucket="star-maps", Key="a", Body=b"stars")
    assert world.gateway.handle("GET", url, {}, b"")[0] == 403

    bucket = world.account("main").buckets["star-maps"]
    bucket.delete_public_access_block()
    bucket.put_policy(Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", principal="*"))
    status, _, body = world.gateway.handle("GET", url, {}, b"")
    assert (status, body) == (200, b"stars")
    assert world.gateway.calls[-1].caller == ""


def test_anybody_calls_what_a_bucket_policy_opens(world, dana):
    """Also operations that iamlab itself has, such as an upload."""
    url = "https://star-maps.s3.us-east-1.amazonaws.com/"
    assert world.gateway.handle("PUT", f"{url}a", {}, b"stars")[0] == 403
    assert world.gateway.handle("GET", f"{url}?policy", {}, b"")[0] == 403

    bucket = world.account("main").buckets["star-maps"]
    bucket.delete_public_access_block()
    everything = ["arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/*"]
    actions = ["s3:PutObject", "s3:GetBucketPolicy"]
    bucket.put_policy(Policy.allow(actions, everything, principal="*"))
    assert world.gateway.handle("PUT", f"{url}a", {}, b"stars")[0] == 200
    assert world.gateway.handle("GET", f"{url}?policy", {}, b"")[0] == 200
    found = dana.client("s3").get_object(Bucket="star-maps", Key="a")
    assert found["Body"].read() == b"stars"


@each_row(
    ("method", "path"),
    [("GET", "/"), ("PUT", "/new-maps"), ("DELETE", "/star-maps"), ("GET", "/no?policy")],
)
def test_nobody_does_what_nobody_has_opened(world, method, path):
    """A browser at the server's address is anonymous, too. An empty world answers the same."""
    for each in (world, World(seed=7)):
        status, _, body = each.gateway.handle(method, f"https://s3.amazonaws.com{path}", {}, b"")

        assert status == 403
        assert b"<Code>AccessDenied</Code>" in body


def test_another_accounts_bucket_needs_both_sides(world, ana):
    """The object is in the owner's bucket, and both policies decide."""
    data = world.create_account("data", account_id=DATA)
    bucket = data.create_bucket("far-maps")
    world.user("ana").put_policy("far", Policy.allow("s3:*Object", "arn:aws:s3:::far-maps/*"))
    s3 = ana.client("s3")
    with pytest.raises(ClientError):
        s3.put_object(Bucket="far-maps", Key="a", Body=b"x")

    own = Policy.allow("s3:*Object", "arn:aws:s3:::far-maps/*", principal=world.user("ana").arn)
    bucket.put_policy(own)
    s3.put_object(Bucket="far-maps", Key="a", Body=b"x")
    assert s3.get_object(Bucket="far-maps", Key="a")["Body"].read() == b"x"
    assert world.events[-1].recipient_account_id == DATA


@each_row(
    ("method", "arguments"),
    [
        ("get_object", {"Key": "a"}),
        ("get_bucket_policy", {}),
        ("delete_bucket", {}),
    ],
)
def test_a_bucket_of_another_owner_than_expected_is_not_touched(dana, method, arguments):
    """``ExpectedBucketOwner`` guards against a bucket that somebody else has taken."""
    with pytest.raises(ClientError) as caught:
        getattr(dana.client("s3"), method)(
            Bucket="star-maps", ExpectedBucketOwner=DATA, **arguments
        )
    assert _code(caught) == ("AccessDenied", 403)


# -- messages -------------------------------------------------------------------------------------


def test_a_message_is_sent_received_and_deleted(world, dana):
    """Also through a queue that a client made, with its attributes."""
    sqs = dana.client("sqs")
    url = sqs.create_queue(QueueName="new", Attributes={"VisibilityTimeout": "7"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    assert message["Body"] == "hello"
    assert (found["VisibilityTimeout"], found["ApproximateNumberOfMessages"]) == ("7", "0")
    assert found["QueueArn"] == world.account("main").resources[found["QueueArn"]].arn


def test_a_topic_reaches_only_queues_whose_policies_let_it(world, dana):
    """SNS calls SQS on its own behalf; and no message leaves the machine."""
    sns, sqs = dana.client("sns"), dana.client("sqs")
    queue, topic = _resource(world, "queue"), _resource(world, "topic")
    for protocol, endpoint in (("sqs", queue.arn), ("https", "https://elsewhere.example/")):
        sns.subscribe(TopicArn=topic.arn, Protocol=protocol, Endpoint=endpoint)
    sns.publish(TopicArn=topic.arn, Message="lost")
    when = {"ArnEquals": {"aws:SourceArn": topic.arn}}
    sender = {"Service": "sns.amazonaws.com"}
    policy = Policy.allow("sqs:SendMessage", queue.arn, principal=sender, when=when)
    sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy.text})
    sns.publish(TopicArn=topic.arn, Message="found")
    received = sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=10)["Messages"]

    assert [json.loads(each["Body"])["Message"] for each in received] == ["found"]
    known = sns.list_subscriptions_by_topic(TopicArn=topic.arn)["Subscriptions"]
    assert len(known) == 2
    for each in known:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    assert sns.list_subscriptions()["Subscriptions"] == []


# -- items, secrets, ciphertexts ------------------------------------------------------------------


def test_a_table_that_a_client_made_has_its_keys(dana):
    """The client's waiter finds it, and items have the client's partition key."""
    table = dana.resource("dynamodb").create_table(
        TableName="observations",
        KeySchema=[{"AttributeName": "night", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "night", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.wait_until_exists()
    table.put_item(Item={"night": "2026-11-25", "stars": 7})

    assert table.get_item(Key={"night": "2026-11-25"})["Item"]["stars"] == 7
    table.delete()
    names = dana.client("dynamodb").list_tables()["TableNames"]
    assert names == ["stars"]


def test_items_of_others_are_closed_by_their_leading_key(world, ana):
    """``dynamodb:LeadingKeys`` is the value of the partition key."""
    arn = _resource(world, "table").arn
    when = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ana"]}}
    allow = Policy.allow(["dynamodb:GetItem", "dynamodb:Query"], arn, when=when)
    world.user("ana").put_policy("own", allow)
    dynamodb = ana.client("dynamodb")
    query = {"TableName": "stars", "KeyConditionExpression": "#k = :v"}
    names = {"ExpressionAttributeNames": {"#k": "id"}}

    dynamodb.get_item(TableName="stars", Key={"id": {"S": "ana"}})
    dynamodb.query(**query, **names, ExpressionAttributeValues={":v": {"S": "ana"}})
    for ask in (
        lambda: dynamodb.get_item(TableName="stars", Key={"id": {"S": "bob"}}),
        lambda: dynamodb.query(**query, **names, ExpressionAttributeValues={":v": {"S": "bob"}}),
    ):
        with pytest.raises(ClientError) as caught:
            ask()
        assert _code(caught) == ("AccessDeniedException", 400)


def test_a_transaction_needs_each_permission(world, ana):
    """Each item of a transaction is its own action."""
    arn = _resource(world, "table").arn
    world.user("ana").put_policy("put", Policy.allow("dynamodb:PutItem", arn))
    put = {"Put": {"TableName": "stars", "Item": {"id": {"S": "a"}}}}
    delete = {"Delete": {"TableName": "stars", "Key": {"id": {"S": "b"}}}}
    dynamodb = ana.client("dynamodb")
    dynamodb.transact_write_items(TransactItems=[put])
    with pytest.raises(ClientError):
        dynamodb.transact_write_items(TransactItems=[put, delete])

    assert world.gateway.denied[-1].decision.request.action == "dynamodb:DeleteItem"


def test_a_transaction_without_a_table_is_not_valid(dana):
    """The client itself would refuse an empty list, and not an empty item."""
    with pytest.raises(ClientError) as caught:
        dana.client("dynamodb").transact_write_items(TransactItems=[{}])

    assert _code(caught) == ("ValidationException", 400)


def test_what_moto_cannot_do_is_a_501_that_names_the_operation(dana):
    """Also if it fails for another reason than that it doesn't have the operation."""
    with pytest.raises(ClientError, match="iamlab doesn't answer dynamodb:ListExports") as caught:
        dana.client("dynamodb").list_exports()

    assert _code(caught) == ("NotImplemented", 501)


def test_what_moto_must_not_do_is_decided_all_the_same(dana, ana):
    """A notification of S3 would reach other resources; its action has another name."""
    sent = {"Bucket": "star-maps", "NotificationConfiguration": {}}
    for session, code in ((ana, ("AccessDenied", 403)), (dana, ("NotImplemented", 501))):
        with pytest.raises(ClientError) as caught:
            session.client("s3").put_bucket_notification_configuration(**sent)
        assert _code(caught) == code


def test_a_secret_has_one_arn_in_both(world, dana):
    """Made by a client or in the world, by name or ARN."""
    secrets = dana.client("secretsmanager")
    made = secrets.create_secret(Name="api", SecretString="key")
    secrets.put_secret_value(SecretId="db", SecretString="password")

    for name, value in (("api", "key"), (made["ARN"], "key"), ("db", "password")):
        found = secrets.get_secret_value(SecretId=name)
        assert found["SecretString"] == value
        assert found["ARN"] in world.account("main").resources
    assert "password" not in repr(world.gateway.calls) + repr(world.events[-1])
    secrets.delete_secret(SecretId="api", ForceDeleteWithoutRecovery=True)
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId="api")


def test_a_ciphertext_knows_its_key(world, dana, ana):
    """Decrypt names no key; the key's policy decides nevertheless."""
    key = _resource(world, "key")
    kms = dana.client("kms")
    context = {"project": "sky"}
    blob = kms.encrypt(KeyId=key.key_id, Plaintext=b"stars", EncryptionContext=context)
    secret = blob["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=secret, EncryptionContext=context)

    assert (opened["Plaintext"], opened["KeyId"]) == (b"stars", key.arn)
    for session, error in ((ana, "AccessDeniedException"), (dana, "InvalidCiphertextException")):
        with pytest.raises(ClientError) as caught:
            session.client("kms").decrypt(CiphertextBlob=secret)
        assert _code(caught) == (error, 400)
    decision = world.gateway.calls[-3].decision
    assert decision.request.context["kms:EncryptionContext:project"] == "sky"


def test_a_disabled_key_encrypts_nothing(world, dana):
    """The key's state is the world's."""
    key, kms = _resource(world, "key"), dana.client("kms")
    kms.encrypt(KeyId=key.key_id, Plaintext=b"x")
    kms.disable_key(KeyId=key.key_id)
    with pytest.raises(ClientError) as caught:
        kms.encrypt(KeyId=key.key_id, Plaintext=b"x")

    assert _code(caught)[0] == "DisabledException"


def test_a_function_answers_with_its_event(world, dana, ana):
    """Nothing runs code here; the permission is decided."""
    role = world.account("main").create_role(
        "job", assume_role_policy_document=_trust("lambda.amazonaws.com")
    )
    function = world.account("main").create_function("count", role=role)
    answer = dana.client("lambda").invoke(FunctionName="count", Payload=b'{"stars": 7}')
    assert json.load(answer["Payload"]) == {"stars": 7}

    with pytest.raises(ClientError):
        ana.client("lambda").invoke(FunctionName="count")
    assert world.gateway.denied[-1].decision.request.resource == function.arn


# -- what nobody executes -------------------------------------------------------------------------


def test_lists_of_other_services_are_decided_and_empty(world, dana, ana):
    """The log says that no more was done."""
    assert dana.client("athena").list_work_groups()["WorkGroups"] == []
    assert world.gateway.calls[-1].is_decided_only
    assert str(world.gateway.calls[-1]).endswith("(decided only)")
    assert dana.client("s3control").list_jobs(AccountId=MAIN)["Jobs"] == []
    assert world.gateway.calls[-1].is_decided_only

    with pytest.raises(ClientError) as caught:
        ana.client("athena").list_work_groups()
    assert _code(caught) == ("AccessDeniedException", 400)


def test_instances_have_the_code_of_their_state(dana):
    """Who stops instances learns the state of each."""
    ec2 = dana.client("ec2")
    made = ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)["Instances"][0]
    named = {"InstanceIds": [made["InstanceId"]]}
    stopped = ec2.stop_instances(**named)["StoppingInstances"]
    started = ec2.start_instances(**named)["StartingInstances"]
    ended = ec2.terminate_instances(**named)["TerminatingInstances"]

    assert made["State"] == {"Code": 16, "Name": "running"}
    assert [each["InstanceId"] for each in stopped] == named["InstanceIds"]
    states = [each[0]["CurrentState"] for each in (stopped, started, ended)]
    assert [(each["Code"], each["Name"]) for each in states] == [
        (80, "stopped"),
        (16, "running"),
        (48, "terminated"),
    ]


def test_a_list_of_buckets_names_the_owner(world, dana):
    """By the canonical user id of the account, as an ACL does."""
    answer = dana.client("s3").list_buckets()

    assert answer["Owner"]["ID"] == world.account("main").canonical_user_id


def test_every_answer_has_the_id_of_its_event(world, dana):
    """Whoever answers: moto, iamlab for it, or nobody."""
    bucket, objects = {"Bucket": "star-maps"}, {"Objects": [{"Key": "a"}]}
    calls = {
        "put_object": dana.client("s3").put_object(**bucket, Key="a", Body=b"x"),
        "delete_objects": dana.client("s3").delete_objects(**bucket, Delete=objects),
        "publish": dana.client("sns").publish(TopicArn=_resource(world, "topic").arn, Message="x"),
        "describe": dana.client("ec2").describe_security_groups(),
    }
    events = [event.request_id for event in world.events][-len(calls) :]

    assert [each["ResponseMetadata"]["RequestId"] for each in calls.values()] == events


def test_the_resource_of_a_call_is_found_by_its_names(world, ana):
    """A policy for one workgroup allows calls that name it."""
    arn = f"arn:aws:athena:us-east-1:{MAIN}:workgroup/sky"
    world.user("ana").put_policy("sky", Policy.allow("athena:GetWorkGroup", arn))
    for name, code in (("sky", "NotImplemented"), ("sea", "AccessDeniedException")):
        with pytest.raises(ClientError) as caught:
            ana.client("athena").get_work_group(WorkGroup=name)
        assert _code(caught)[0] == code


def test_a_dry_run_starts_nothing(dana, ana):
    """EC2's way to ask for a permission."""
    order = {"ImageId": "ami-0123456789abcdef0", "MinCount": 1, "MaxCount": 1, "DryRun": True}
    for session, code in ((dana, "DryRunOperation"), (ana, "UnauthorizedOperation")):
        with pytest.raises(ClientError) as caught:
            session.client("ec2").run_instances(**order)
        assert _code(caught)[0] == code

    assert dana.client("ec2").describe_instances()["Reservations"] == []


def test_what_a_world_kept_is_closed_with_it(world, dana):
    """No file of moto stays open when nobody has the world's data any more."""
    s3 = dana.client("s3")
    s3.put_object(Bucket="star-maps", Key="a", Body=b"x")
    [key] = world.gateway.moto._kept["s3"][MAIN]["aws"].buckets["star-maps"].keys.values()
    assert not key.disposed
    del world.gateway.moto
    gc.collect()

    assert key.disposed


def test_worlds_and_a_users_own_moto_dont_see_each_other(dana):
    """In moto is one state for the process; each world has its own."""
    other = World(seed=8)
    eve = other.create_account("main", account_id=MAIN).create_user("eve")
    eve.create_access_key()
    eve.attach_policy("AdministratorAccess")
    eves = other.boto3_session(eve).client("s3")
    eves.create_bucket(Bucket="star-maps")
    dana.client("s3").put_object(Bucket="star-maps", Key="a", Body=b"x")

    assert eves.list_objects_v2(Bucket="star-maps")["KeyCount"] == 0
    with mock_aws():
        client = boto3.client("s3", "us-east-1")
        dana.client("iam").create_user(UserName="only-here")
        assert client.list_buckets()["Buckets"] == []
        assert boto3.client("iam").list_users()["Users"] == []
        client.create_bucket(Bucket="own")
        assert dana.client("s3").get_object(Bucket="star-maps", Key="a")["Body"].read() == b"x"
        assert [each["Name"] for each in client.list_buckets()["Buckets"]] == ["own"]


def test_a_transaction_shows_its_leading_keys(world, ana):
    """No call with items hides whose items they are from a condition."""
    arn = _resource(world, "table").arn
    when = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ana"]}}
    allow = Policy.allow(["dynamodb:*Item", "dynamodb:Query"], arn, when=when)
    world.user("ana").put_policy("own", allow)
    dynamodb = ana.client("dynamodb")
    key = {"id": {"S": "bob"}}
    old = {"id": {"AttributeValueList": [{"S": "bob"}], "ComparisonOperator": "EQ"}}
    for ask in (
        lambda: dynamodb.transact_write_items(
            TransactItems=[{"Delete": {"TableName": "stars", "Key": key}}]
        ),
        lambda: dynamodb.batch_get_item(RequestItems={"stars": {"Keys": [key]}}),
        lambda: dynamodb.batch_write_item(RequestItems={"stars": [{"PutRequest": {"Item": key}}]}),
        lambda: dynamodb.query(TableName="stars", KeyConditions=old),
    ):
        with pytest.raises(ClientError) as caught:
            ask()
        assert _code(caught)[0] == "AccessDeniedException"

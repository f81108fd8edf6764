"""What a record shows as used: the action as policies spell it, the resource, whose permission."""

import json
from datetime import UTC, datetime

import pytest

from iamlab import Policy, Request, RequestError, World
from iamlab.analysis.trails import actions
from iamlab.analysis.trails import resources as targets
from iamlab.analysis.trails import uses as refusals
from iamlab.analysis.trails.actions import actions_of_call
from iamlab.analysis.trails.records import event_of
from iamlab.analysis.trails.uses import Use, uses, uses_of
from iamlab.cloudtrail import arn_formats
from iamlab.cloudtrail.recording import SOURCES, event_name
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.policy import catalog
from tests.analysis.trails.trail_files import ACCOUNT, REGION, iam_user, record, role_session
from tests.growth import grows_linearly
from tests.rows import each_row

allow = Policy.allow

HERE = f"{REGION}:{ACCOUNT}"
IAM = f"arn:aws:iam::{ACCOUNT}"
MAYA = f"{IAM}:user/maya"


def used(service, name, parameters=None, identity=None, **more):
    """Return the uses of one record."""
    return uses_of(event_of(record(service, name, parameters, identity, **more)))


def pairs(*call, **more):
    """Return actions with resources."""
    return [(use.action, use.resource) for use in used(*call, **more)]


NAMES = [
    # Source and event, and the actions; first what is called alike.
    ("iam CreateUser", "iam:CreateUser"),
    ("s3 GetObject", "s3:GetObject"),
    # S3
    ("s3 ListBuckets", "s3:ListAllMyBuckets"),
    ("s3 HeadBucket", "s3:ListBucket"),
    ("s3 ListObjects", "s3:ListBucket"),
    ("s3 ListObjectsV2", "s3:ListBucket"),
    ("s3 ListObjectVersions", "s3:ListBucketVersions"),
    ("s3 HeadObject", "s3:GetObject"),
    ("s3 CreateMultipartUpload", "s3:PutObject"),
    ("s3 UploadPart", "s3:PutObject"),
    ("s3 CompleteMultipartUpload", "s3:PutObject"),
    ("s3 ListParts", "s3:ListMultipartUploadParts"),
    ("s3 DeleteObjects", "s3:DeleteObject"),
    ("s3 CopyObject", "s3:GetObject s3:PutObject"),
    ("s3 GetBucketLifecycle", "s3:GetLifecycleConfiguration"),
    ("s3 GetBucketCors", "s3:GetBucketCORS"),
    ("s3 DeleteBucketCors", "s3:PutBucketCORS"),
    ("s3 GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3 DeleteBucketTagging", "s3:PutBucketTagging"),
    ("s3 GetBucketPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3 DeleteAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"),
    ("s3 CreateSession", "s3express:CreateSession"),
    # Names with a version behind them.
    ("lambda CreateFunction20150331", "lambda:CreateFunction"),
    ("lambda UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
    ("lambda Invoke", "lambda:InvokeFunction"),
    ("cloudfront CreateInvalidation2020_05_31", "cloudfront:CreateInvalidation"),
    ("access-analyzer ListFindingsV2", "access-analyzer:ListFindings"),
    # Sources whose prefix differs.
    ("monitoring PutMetricData", "cloudwatch:PutMetricData"),
    ("email SendEmail", "ses:SendEmail"),
    ("ses SendEmail", "ses:SendEmail"),
    ("tagging GetResources", "tag:GetResources"),
    ("cloudcontrolapi CreateResource", "cloudformation:CreateResource"),
    ("autoscaling DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingGroups"),
    ("autoscaling DescribeScalableTargets", "application-autoscaling:DescribeScalableTargets"),
    ("elasticloadbalancing DescribeTags", "elasticloadbalancing:DescribeTags"),
    ("cognito-idp AdminGetUser", "cognito-idp:AdminGetUser"),
    ("data.iot Publish", "iot:Publish"),
    ("apigateway CreateRestApi", "apigateway:POST"),
    ("apigateway GetRestApis", "apigateway:GET"),
    ("apigateway UpdateStage", "apigateway:PATCH"),
    # Batches, and calls with two sides.
    ("sqs SendMessageBatch", "sqs:SendMessage"),
    ("sns PublishBatch", "sns:Publish"),
    ("kms ReEncrypt", "kms:ReEncryptFrom kms:ReEncryptTo"),
    ("bedrock Converse", "bedrock:InvokeModel"),
    # What needs no permission.
    ("sts GetCallerIdentity", ""),
    ("sts GetSessionToken", ""),
    ("signin GetSigninToken", ""),
    # What nobody knows.
    ("night CountStars", "night:CountStars"),
    ("s3 CountStars", "s3:CountStars"),
]


@each_row(("call", "wanted"), NAMES, ids=[call for call, _ in NAMES])
def test_a_call_has_the_action_that_policies_name(call, wanted):
    """Known to the catalogue, or written as CloudTrail writes it."""
    source, name = call.split()

    found = actions_of_call(f"{source}.amazonaws.com", name)

    assert " ".join(entry.name for entry in found) == wanted
    assert all(entry.is_known == (catalog.action(entry.name) is not None) for entry in found)


def test_every_action_of_the_tables_is_in_the_catalogue():
    """Spelled as there; and no row says what would be found without it."""
    for name, needed in actions.RENAMED.items():
        for need in needed:
            assert catalog.action(need).full_name == need
        assert catalog.action(name) is None or name == "s3:GetObjectAttributes"
    for name, other in actions.VERSIONED.items():
        assert catalog.action(name).full_name == name
        assert catalog.action(other).full_name == other
    for prefixes in actions.PREFIXES.values():
        assert all(map(catalog.has, prefixes))
    for verb in actions.VERBS.values():
        assert catalog.action(f"apigateway:{verb}") is not None
    assert all(catalog.action(name) for name in actions.NO_PERMISSION)
    assert all(catalog.action(name) for name in targets.NEW | targets.INDEXED)


def test_every_place_of_the_tables_is_in_a_form_of_the_catalogue():
    """So that no row is left over when the catalogue changes."""
    forms = {
        place
        for prefix in catalog.services()
        for kind in catalog.resource_types_of(prefix).values()
        for place in (hole[0].strip("${}<>") for hole in catalog.PLACEHOLDER.finditer(kind.arn))
    }

    assert {*arn_formats.PARAMETERS_OF_PLACE, *arn_formats.CLEAN_TEXT} <= forms
    assert all(map(catalog.action, arn_formats.OWN_PARAMETER))
    assert set(arn_formats.TABLES["ec2_ids"].values()) <= set(catalog.resource_types_of("ec2"))


def test_the_names_of_this_worlds_events_lead_back_to_their_actions():
    """Of every action of every service."""
    for action in catalog.all_actions():
        source = f"{SOURCES.get(action.service, action.service)}.amazonaws.com"
        found = {
            use.name for use in actions_of_call(source, event_name(action.service, action.name))
        }
        assert action.full_name in found or action.full_name in actions.NO_PERMISSION


def arn(service, rest):
    """Write an ARN of this account and Region."""
    return f"arn:aws:{service}:{HERE}:{rest}"


ON = {
    # Event -> its parameters, and what was used on what.
    "s3 GetObject": ({"bucketName": "b", "key": "k/x"}, ["arn:aws:s3:::b/k/x"]),
    "s3 PutBucketPolicy": ({"bucketName": "b", "policy": ""}, ["arn:aws:s3:::b"]),
    "s3 ListObjects": ({"bucketName": "b", "prefix": "k/"}, ["arn:aws:s3:::b"]),
    "s3 DeleteObjects": ({"bucketName": "b", "delete": ""}, ["arn:aws:s3:::b/*"]),
    "s3 ListBuckets": (None, ["*"]),
    "iam AttachRolePolicy": (
        {"roleName": "app", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        [f"{IAM}:role/app"],
    ),
    "iam CreatePolicyVersion": ({"policyArn": f"{IAM}:policy/p/x"}, [f"{IAM}:policy/p/x"]),
    "iam AddUserToGroup": ({"groupName": "g", "userName": "u"}, [f"{IAM}:group/g"]),
    "iam CreateOpenIDConnectProvider": (
        {"url": "https://token.example.com/a"},
        [f"{IAM}:oidc-provider/token.example.com/a"],
    ),
    "iam ListUsers": (None, ["*"]),
    "sts AssumeRole": ({"roleArn": f"{IAM}:role/p/app"}, [f"{IAM}:role/p/app"]),
    "lambda CreateFunction20150331": (
        {"functionName": "f", "role": f"{IAM}:role/app"},
        [arn("lambda", "function:f")],
    ),
    "lambda GetFunction": (
        {"functionName": f"{ACCOUNT}:function:f:live"},
        [arn("lambda", "function:f")],
    ),
    "lambda Invoke": ({"functionName": arn("lambda", "function:f")}, [arn("lambda", "function:f")]),
    "dynamodb PutItem": ({"tableName": "T", "key": {"id": "1"}}, [arn("dynamodb", "table/T")]),
    "dynamodb Query": ({"tableName": "T", "indexName": "I"}, [arn("dynamodb", "table/T/index/I")]),
    "sqs SendMessage": (
        {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/444455556666/jobs"},
        [f"arn:aws:sqs:{REGION}:444455556666:jobs"],
    ),
    "sqs CreateQueue": ({"queueName": "jobs"}, [arn("sqs", "jobs")]),
    "sns Publish": ({"topicArn": arn("sns", "news")}, [arn("sns", "news")]),
    "sns CreateTopic": ({"name": "news"}, [arn("sns", "news")]),
    "kms Decrypt": ({"keyId": "1234-ab"}, [arn("kms", "key/1234-ab")]),
    "kms Encrypt": ({"keyId": "alias/data"}, ["*"]),
    "kms CreateAlias": (
        {"aliasName": "alias/data", "targetKeyId": "1234-ab"},
        [arn("kms", "alias/data"), arn("kms", "key/1234-ab")],
    ),
    "secretsmanager GetSecretValue": (
        {"secretId": "db/pw"},
        [arn("secretsmanager", "secret:db/pw-*")],
    ),
    "ssm GetParameter": ({"name": "/db/host"}, [arn("ssm", "parameter/db/host")]),
    "ssm GetParameters": (
        {"names": ["/a", "b"]},
        [arn("ssm", "parameter/a"), arn("ssm", "parameter/b")],
    ),
    "logs CreateLogStream": (
        {"logGroupName": "/aws/lambda/f", "logStreamName": "s"},
        [arn("logs", "log-group:/aws/lambda/f:log-stream:s")],
    ),
    "events PutRule": ({"name": "nightly"}, [arn("events", "rule/nightly")]),
    "states StartExecution": (
        {"stateMachineArn": arn("states", "stateMachine:m")},
        [arn("states", "stateMachine:m")],
    ),
    "cloudformation CreateStack": ({"stackName": "web"}, [arn("cloudformation", "stack/web/*")]),
    "eks DescribeCluster": ({"name": "prod"}, [arn("eks", "cluster/prod")]),
    "rds DeleteDBInstance": ({"dBInstanceIdentifier": "db1"}, [arn("rds", "db:db1")]),
    "ec2 TerminateInstances": (
        {"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}},
        [arn("ec2", "instance/i-1"), arn("ec2", "instance/i-2")],
    ),
    "ec2 CreateTags": (
        {"resourcesSet": {"items": [{"resourceId": "i-1"}, {"resourceId": "snap-2"}]}},
        [arn("ec2", "instance/i-1"), f"arn:aws:ec2:{REGION}::snapshot/snap-2"],
    ),
    "ec2 DescribeInstances": ({"instancesSet": {"items": [{"instanceId": "i-1"}]}}, ["*"]),
    "ec2 AttachVolume": (
        {"volumeId": "vol-1", "instanceId": "i-1"},
        [arn("ec2", "instance/i-1"), arn("ec2", "volume/vol-1")],
    ),
    "ec2 ModifyLaunchTemplate": (
        {"ModifyLaunchTemplateRequest": {"LaunchTemplateId": "lt-1"}},
        [arn("ec2", "launch-template/lt-1")],
    ),
    "ecs DescribeServices": (
        {"clusters": ["one", "two"], "services": ["web", "api"]},
        [arn("ecs", "service/one/web"), arn("ecs", "service/one/api")],
    ),
    "s3 PutBucketReplication": (
        {"bucketName": "b", "Destination": {"bucketName": "other"}},
        ["arn:aws:s3:::b"],
    ),
    "apigateway CreateRestApi": ({"name": "x"}, ["*"]),
    "night CountStars": ({"bucketName": "b"}, ["*"]),
}


@each_row("call", ON)
def test_the_resource_follows_from_the_parameters(call):
    """By the catalogue's forms; what nobody says is a star."""
    parameters, wanted = ON[call]

    assert [use.resource for use in used(*call.split(), parameters)] == wanted


@pytest.mark.parametrize("call", [call for call in ON if call[:3] not in ("kms", "sts")])
def test_a_policy_with_just_that_allows_the_use(call):
    """So uses are enough to write it; keys and roles have a say of their own."""
    parameters, _ = ON[call]
    for use in used(*call.split(), parameters):
        policy = allow(use.action, use.resource)
        request = Request(MAYA, use.action, use.resource, ACCOUNT)
        assert evaluate(request, Layers(identity=[policy]))


def test_an_instance_needs_all_that_it_is_made_of():
    """What exists by its id, what is made as a star."""
    sets = {
        "instancesSet": {"items": [{"imageId": "ami-1", "keyName": "k", "minCount": 1}]},
        "groupSet": {"items": [{"groupId": "sg-1"}]},
        "subnetId": "subnet-1",
    }

    assert {resource.rpartition(":")[2] for _, resource in pairs("ec2", "RunInstances", sets)} == {
        *("image/ami-1", "key-pair/k", "security-group/sg-1", "subnet/subnet-1"),
        *("instance/*", "network-interface/*", "volume/*"),
    }


def test_an_instance_needs_what_is_inside_its_parameters():
    """Disks from snapshots, interfaces with their groups, a template, and a placement group."""
    sets = {
        "instancesSet": {"items": [{"imageId": "ami-1"}]},
        "networkInterfaceSet": {
            "items": [
                {"networkInterfaceId": "eni-1", "groupSet": {"items": [{"groupId": "sg-1"}]}},
                {"subnetId": "subnet-1"},
            ]
        },
        "blockDeviceMapping": {"items": [{"deviceName": "x", "ebs": {"snapshotId": "snap-1"}}]},
        "placement": {"groupName": "close", "tenancy": "default"},
        "launchTemplate": {"launchTemplateId": "lt-1", "version": "2"},
    }

    assert {resource.rpartition(":")[2] for _, resource in pairs("ec2", "RunInstances", sets)} == {
        *("image/ami-1", "network-interface/eni-1", "security-group/sg-1", "subnet/subnet-1"),
        *("snapshot/snap-1", "placement-group/close", "launch-template/lt-1"),
        *("instance/*", "volume/*"),
    }


def test_the_name_of_a_security_group_does_not_name_a_placement_group():
    """Both are called groupName; only the one of the placement counts."""
    named = {"items": [{"groupId": "sg-1", "groupName": "web"}]}
    found = pairs("ec2", "RunInstances", {"groupSet": named})

    assert not any("placement-group" in resource for _, resource in found)


def test_the_records_own_resources_come_first():
    """They say more than parameters: other accounts, paths, several at once."""
    tables = [f"arn:aws:dynamodb:{REGION}:444455556666:table/{name}" for name in "TU"]
    listed = [{"ARN": table, "type": "AWS::DynamoDB::Table"} for table in tables]
    foreign = [{"ARN": "arn:aws:sns:eu-west-1:444455556666:news"}]

    found = pairs("dynamodb", "BatchGetItem", {"requestItems": {"T": {}}}, resources=listed)

    assert [resource for _, resource in found] == tables
    assert pairs("dynamodb", "GetItem", {"tableName": "X"}, resources=foreign) == [
        ("dynamodb:GetItem", arn("dynamodb", "table/X"))
    ]


def test_an_index_is_asked_for_instead_of_its_table():
    """The record names only the table, however the call did."""
    table = f"arn:aws:dynamodb:{REGION}:444455556666:table/T"
    index = [("dynamodb:Query", f"{table}/index/I")]
    noted = [{"ARN": table}]

    assert (
        pairs("dynamodb", "Query", {"tableName": "T", "indexName": "I"}, resources=noted) == index
    )
    assert pairs("dynamodb", "Query", {"tableName": table, "indexName": "I"}) == index
    assert pairs("dynamodb", "Query", {"tableName": "T"}, resources=noted) == [
        ("dynamodb:Query", table)
    ]


def test_an_object_is_used_and_not_its_bucket():
    """Though the record names both; and the other way round for what works on buckets."""
    both = [{"ARN": "arn:aws:s3:::b/k"}, {"ARN": "arn:aws:s3:::b", "accountId": ACCOUNT}]

    assert pairs("s3", "GetObject", resources=both) == [("s3:GetObject", "arn:aws:s3:::b/k")]
    for noted in (both, both[1:], both[:1]):
        assert pairs("s3", "ListObjects", {"bucketName": "b"}, resources=noted) == [
            ("s3:ListBucket", "arn:aws:s3:::b")
        ]


def test_a_version_of_an_object_needs_another_action():
    """If the call names the version."""
    parameters = {"bucketName": "b", "key": "k"}

    assert pairs("s3", "GetObject", parameters | {"versionId": "v1"})[0][0] == "s3:GetObjectVersion"
    assert (
        pairs("s3", "DeleteObject", parameters | {"versionId": "v1"})[0][0]
        == "s3:DeleteObjectVersion"
    )
    assert pairs("s3", "GetObject", parameters | {"versionId": None})[0][0] == "s3:GetObject"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("from/k%20x/y", ("s3:GetObject", "arn:aws:s3:::from/k x/y")),
        ("/from/k", ("s3:GetObject", "arn:aws:s3:::from/k")),
        ("from/k?versionId=v1", ("s3:GetObjectVersion", "arn:aws:s3:::from/k")),
        (None, ("s3:GetObject", "*")),
        (["from/k"], ("s3:GetObject", "*")),
    ],
)
def test_a_copy_reads_one_object_and_writes_another(source, wanted):
    """The record's resources name only what is written."""
    parameters = {"bucketName": "to", "key": "k", "x-amz-copy-source": source}
    noted = [{"ARN": "arn:aws:s3:::to/k"}, {"ARN": "arn:aws:s3:::to"}]

    for resources in ([], noted):
        found = pairs("s3", "CopyObject", parameters, resources=resources)
        assert found == [wanted, ("s3:PutObject", "arn:aws:s3:::to/k")]


def test_each_key_of_a_re_encryption_has_its_own_action():
    """Whichever way round the record lists them."""
    keys = [arn("kms", "key/new"), arn("kms", "key/old")]
    parameters = {"sourceKeyId": keys[1], "destinationKeyId": "new"}

    found = pairs("kms", "ReEncrypt", parameters, resources=[{"ARN": key} for key in keys])

    assert dict(found) == {"kms:ReEncryptFrom": keys[1], "kms:ReEncryptTo": keys[0]}
    assert len(found) == 2


def test_tags_and_a_source_identity_are_permissions_too():
    """They have no event of their own."""
    parameters = {"roleArn": f"{IAM}:role/app", "roleSessionName": "s"}
    more = {"tags": [{"key": "a", "value": "b"}], "sourceIdentity": "maya"}

    assert [action for action, _ in pairs("sts", "AssumeRole", parameters)] == ["sts:AssumeRole"]
    assert pairs("sts", "AssumeRole", parameters | more) == [
        (f"sts:{name}", f"{IAM}:role/app")
        for name in ("AssumeRole", "TagSession", "SetSourceIdentity")
    ]


def test_a_name_alone_does_not_tell_the_path():
    """It is said, unless the call creates the thing or an ARN is somewhere."""
    (known,) = used("iam", "CreateRole", {"roleName": "app", "path": "/p/"})
    (plain,) = used("iam", "CreateRole", {"roleName": "app"})
    (guessed,) = used("iam", "GetRole", {"roleName": "app"})
    (key,) = used("iam", "CreateAccessKey", {"userName": "robot"})
    (service,) = used(
        "iam",
        "CreateServiceLinkedRole",
        {"aWSServiceName": "x.amazonaws.com"},
        responseElements={"role": {"arn": f"{IAM}:role/aws-service-role/x.amazonaws.com/X"}},
    )

    assert (known.resource, known.is_path_known) == (f"{IAM}:role/p/app", True)
    assert (plain.resource, plain.is_path_known) == (f"{IAM}:role/app", True)
    assert (guessed.resource, guessed.is_path_known) == (f"{IAM}:role/app", False)
    assert (key.resource, key.is_path_known) == (f"{IAM}:user/robot", False)
    assert service.resource == f"{IAM}:role/aws-service-role/x.amazonaws.com/X"


def test_who_names_nobody_means_himself():
    """Of a user; a role or the root user may not, and a refusal does not tell."""
    assert pairs("iam", "CreateAccessKey") == [("iam:CreateAccessKey", MAYA)]
    assert pairs("iam", "CreateAccessKey", None, role_session()) == [("iam:CreateAccessKey", "*")]
    assert pairs("iam", "CreateAccessKey", errorCode="AccessDenied") == [
        ("iam:CreateAccessKey", "*")
    ]
    assert pairs("iam", "ListUsers") == [("iam:ListUsers", "*")]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-east-1", "aws")],
)
def test_arns_are_of_the_partition_of_the_region(region, partition):
    """In China and GovCloud they begin otherwise."""
    found = pairs("s3", "GetObject", {"bucketName": "b", "key": "k"}, awsRegion=region)

    assert found == [("s3:GetObject", f"arn:{partition}:s3:::b/k")]


WHO = {
    "a user": (iam_user("maya"), MAYA, MAYA),
    "a user's session": (iam_user() | {"sessionContext": {"attributes": {}}}, MAYA, MAYA),
    "the root user": ({"type": "Root", "arn": f"{IAM}:root"}, f"{IAM}:root", f"{IAM}:root"),
    "a role's session": (
        role_session("app", "job", "/p/"),
        f"{IAM}:role/p/app",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app/job",
    ),
    "a role's session without its issuer": (
        {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/job"},
        f"{IAM}:role/app",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app/job",
    ),
    "a federated user": (
        {
            "type": "FederatedUser",
            "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": MAYA}},
        },
        MAYA,
        f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    ),
    "a service": (
        {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        "",
        "ec2.amazonaws.com",
    ),
    "somebody of another account": (
        {"type": "AWSAccount", "principalId": "AIDALEO", "accountId": "444455556666"},
        "",
        "",
    ),
    "somebody with a token": ({"type": "WebIdentityUser", "userName": "u"}, "", ""),
    "wrong types": ({"type": 5, "arn": ["x"], "sessionContext": 7, "invokedBy": {}}, "", ""),
}


@pytest.mark.parametrize("who", WHO)
def test_the_caller_is_whose_permissions_were_used(who):
    """Of a session those of the role, or of the user who made it; and who called is said too."""
    identity, caller, session = WHO[who]

    (use,) = used("iam", "ListUsers", None, identity)

    assert (use.caller, use.session) == (caller, session)


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("", True),
        ("NoSuchEntityException", True),
        ("Client.DryRunOperation", True),
        ("ValidationException", True),
        ("AccessDenied", False),
        ("AccessDeniedException", False),
        ("Client.UnauthorizedOperation", False),
        ("UnauthorizedException", False),
        ("AuthorizationError", False),
        ("VpceAccessDenied", False),
        ("Forbidden", False),
    ],
)
def test_only_a_refusal_shows_that_a_permission_was_missing(code, allowed):
    """What failed for another reason was allowed first."""
    (use,) = used("iam", "GetRole", {"roleName": "x"}, errorCode=code)

    assert use.is_allowed is allowed


@pytest.mark.parametrize("code", ["ExpiredToken", "SignatureDoesNotMatch", "Client.AuthFailure"])
def test_who_cannot_show_who_he_is_uses_no_permission(code):
    """None was looked for, so none was missing either."""
    assert used("iam", "GetRole", {"roleName": "x"}, errorCode=code) == ()
    assert event_of(record("iam", "GetRole") | {"errorCode": code}).outcome == "failed"


@pytest.mark.parametrize(
    "code",
    [
        *("", "AccessDenied", "accessdenied", "AuthorizationError", "Forbidden", "NotAuthorized"),
        *("Unauthorized", "VpceAccessDenied", "NoSuchBucket", "Client.UnauthorizedOperation"),
        *("ExpiredToken", "OperationNotPermitted", "Throttling", "AccessDeniedException"),
    ],
)
def test_an_event_and_its_use_never_disagree(code):
    """One table of codes says what a refusal is."""
    event = event_of(record("iam", "GetRole") | {"errorCode": code})

    assert all(use.is_allowed is (event.outcome != "denied") for use in uses_of(event))


def refused(action, rest, service="iam", name="PutRolePolicy", code="AccessDenied", before=""):
    """Return the uses of a refused call, of which only the text says what it was about."""
    text = f"{before}User: {MAYA} is not authorized to perform: {action}{rest}"
    return [
        (use.action, use.resource, use.is_path_known)
        for use in used(service, name, errorCode=code, errorMessage=text)
    ]


TEXTS = [
    (
        " on resource: role audit because no identity-based policy allows",
        f"{IAM}:role/audit",
        False,
    ),
    (" on resource: user maya with an explicit deny in a boundary", f"{IAM}:user/maya", False),
    (" on resource: instance profile web because no", f"{IAM}:instance-profile/web", False),
    (" on resource: group g", f"{IAM}:group/g", False),
    (f" on resource: policy {IAM}:policy/p because no", f"{IAM}:policy/p", True),
    (f" on resource: {IAM}:role/p/audit because no", f"{IAM}:role/p/audit", True),
    (f' on resource: "{IAM}:role/p/audit" because no', f"{IAM}:role/p/audit", True),
    (f" on resource: {IAM}:role/x because y because no", f"{IAM}:role/x because y", True),
    (" on resource: * because no", "*", True),
    (" on resource: something else", "*", True),
    ("", "*", True),
]


@pytest.mark.parametrize(("rest", "resource", "is_whole"), TEXTS)
def test_the_text_of_a_refusal_says_what_it_was_about(rest, resource, is_whole):
    """Since IAM logs no parameters then."""
    assert refused("iam:PutRolePolicy", rest) == [("iam:PutRolePolicy", resource, is_whole)]


def test_a_refusal_may_be_because_of_a_missing_another_permission():
    """Both were attempted: the call, and what its text names."""
    found = refused(
        "iam:PassRole", f" on resource: {IAM}:role/x because no", "lambda", "CreateFunction20150331"
    )

    assert [pair[:2] for pair in found] == [
        ("lambda:CreateFunction", "*"),
        ("iam:PassRole", f"{IAM}:role/x"),
    ]


def test_of_several_actions_a_refusal_names_the_one():
    """That the others were missing too, nobody says."""
    text = f"User: {MAYA} is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::to/k"
    parameters = {"bucketName": "to", "key": "k", "x-amz-copy-source": "from/k"}

    found = pairs("s3", "CopyObject", parameters, errorCode="AccessDenied", errorMessage=text)

    assert found == [("s3:PutObject", "arn:aws:s3:::to/k")]


@pytest.mark.parametrize("rest", ["", " because no", " on resource: * because no"])
def test_a_text_without_a_resource_does_not_hide_the_parameters(rest):
    """S3 and EC2 keep them with a refusal."""
    text = f"User: {MAYA} is not authorized to perform: s3:GetObject{rest}"
    parameters = {"bucketName": "b", "key": "k"}

    found = pairs("s3", "HeadObject", parameters, errorCode="AccessDenied", errorMessage=text)

    assert found == [("s3:GetObject", "arn:aws:s3:::b/k")]


def test_ec2_says_which_of_the_resources_was_refused():
    """Before the encoded part."""
    before = "You are not authorized to perform this operation. "
    rest = f" on resource: {arn('ec2', 'instance/*')} because no. Encoded authorization failure"

    found = refused(
        "ec2:RunInstances", rest, "ec2", "RunInstances", "Client.UnauthorizedOperation", before
    )

    assert [pair[:2] for pair in found] == [("ec2:RunInstances", arn("ec2", "instance/*"))]


@pytest.mark.parametrize(
    "text",
    [
        *("", "Access Denied", "is not authorized to perform: ", "User: x", "é" * 9999),
        "is not authorized to perform: nonsense on resource: role x",
        "is not authorized to perform: no:Such on resource: role x",
        "is not authorized to perform: iam: on resource: role x",
        "is not authorized to perform: iam:Getéé on resource: role x",
        "is not authorized to perform: on resource: role x" * 500,
    ],
)
def test_a_text_that_says_nothing_changes_nothing(text):
    """The call itself is what was refused."""
    assert pairs("iam", "GetRole", errorCode="AccessDenied", errorMessage=text) == [
        ("iam:GetRole", "*")
    ]


def test_a_hostile_text_takes_no_time():
    """It is read once, however long it is."""
    for part in (" on resource: ", " because ", "is not authorized to perform: a:b "):
        assert refusals.refusal_in(part * 200_000, "aws", ACCOUNT) is None or part[0] == "i"
        assert grows_linearly(
            lambda size, part=part: lambda: refusals.refusal_in(part * size, "aws", ACCOUNT), 50_000
        )


@pytest.mark.parametrize(
    "more",
    [
        {"eventType": "AwsServiceEvent"},
        {"eventType": "AwsConsoleSignIn"},
        {"eventType": "AwsVpceEvents"},
        {"eventCategory": "Insight"},
    ],
)
def test_what_is_not_a_call_uses_nothing(more):
    """What a service does of its own accord, signing in, and what the log itself notices."""
    assert used("kms", "RotateKey", **more) == ()
    assert used("kms", "ListKeys") != ()


EXACT = [
    ("s3 GetObject", {"bucketName": "b", "key": "*"}, {"arn:aws:s3:::b/*": True}),
    ("s3 DeleteObjects", {"bucketName": "b"}, {"arn:aws:s3:::b/*": False}),
    ("s3 GetObject", None, {"*": False}),
    ("s3 ListBuckets", None, {"*": True}),
    ("kms Encrypt", {"keyId": "alias/data"}, {"*": False}),
    ("night CountStars", None, {"*": False}),
    (
        "secretsmanager GetSecretValue",
        {"secretId": "x"},
        {arn("secretsmanager", "secret:x-*"): False},
    ),
    ("cloudformation CreateStack", {"stackName": "w"}, {arn("cloudformation", "stack/w/*"): False}),
    ("ec2 CreateVolume", {}, {arn("ec2", "volume/*"): False}),
    ("eks DescribeCluster", {"name": "prod"}, {arn("eks", "cluster/prod"): True}),
    ("iam GetRole", {"roleName": "app"}, {f"{IAM}:role/app": True}),
]


@pytest.mark.parametrize(
    ("call", "parameters", "wanted"), EXACT, ids=[f"{e[0]} {e[1]}" for e in EXACT]
)
def test_a_star_for_an_unknown_part_is_distinguished_from_a_star(call, parameters, wanted):
    """Who calls an object "*" must not get a policy for all objects."""
    assert {use.resource: use.is_exact for use in used(*call.split(), parameters)} == wanted


def test_without_an_account_no_arn_is_made():
    """A record that does not say whose it is, says no table."""
    identity = {"type": "AWSAccount"}

    (use,) = used("dynamodb", "GetItem", {"tableName": "T"}, identity, recipientAccountId=None)

    assert (use.resource, use.is_exact, use.account_id) == ("*", False, "")


def test_passing_a_role_is_never_shown():
    """The role can be among the parameters; that it was passed is only likely."""
    parameters = {"functionName": "f", "role": f"{IAM}:role/app"}

    assert {action for action, _ in pairs("lambda", "CreateFunction20150331", parameters)} == {
        "lambda:CreateFunction"
    }


def test_a_use_says_where_and_when():
    """In whose log, in which Region, at what time, and whether the catalogue knows the action."""
    (use,) = used("night", "CountStars")

    assert use == Use(
        action="night:CountStars",
        resource="*",
        caller=MAYA,
        session=MAYA,
        account_id=ACCOUNT,
        time=datetime(2026, 11, 25, 10, 15, tzinfo=UTC),
        is_allowed=True,
        region=REGION,
        is_known=False,
        is_exact=False,
        caller_id=iam_user("maya")["principalId"],
    )


def test_uses_belong_to_the_requested_principal():
    """By user, by role with its sessions, by session; with or without the path of either side."""
    events = [
        event_of(record("iam", name, None, identity))
        for name, identity in [
            ("ListUsers", iam_user("maya")),
            ("ListRoles", role_session("app", "one", "/p/")),
            ("ListGroups", role_session("app", "two", "/p/")),
            (
                "ListPolicies",
                {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/x"},
            ),
            ("GetCallerIdentity", iam_user("maya")),
        ]
    ]

    def names(*caller):
        return [use.action.partition(":")[2] for use in uses(iter(events), *caller)]

    of_role = ["ListRoles", "ListGroups", "ListPolicies"]
    assert names() == ["ListUsers", *of_role, "GetCallerIdentity"]
    assert names(MAYA) == ["ListUsers", "GetCallerIdentity"]
    assert names(f"{IAM}:role/p/app") == of_role
    assert names(f"{IAM}:role/app") == of_role
    assert names(f"arn:aws:sts::{ACCOUNT}:assumed-role/app/two") == ["ListGroups"]
    assert names(f"{IAM}:user/app") == []


def test_objects_of_a_world_can_be_asked_for():
    """And what a world logs are uses like those of a real trail."""
    world = World(seed=7)
    main = world.create_account("main", account_id=ACCOUNT)
    ana = main.create_user("ana")
    ana.attach_policy("AdministratorAccess")
    main.create_bucket("star-maps")
    world.do(ana, "s3:ListAllMyBuckets", "*")
    world.do(ana, "s3:ListBucket", "arn:aws:s3:::star-maps")
    world.do(ana, "s3:GetObject", "arn:aws:s3:::star-maps/m31")

    assert [(use.action, use.resource, use.caller) for use in uses(world.events, ana)] == [
        ("s3:ListAllMyBuckets", "*", ana.arn),
        ("s3:ListBucket", "arn:aws:s3:::star-maps", ana.arn),
        ("s3:GetObject", "arn:aws:s3:::star-maps/m31", ana.arn),
    ]


@pytest.mark.parametrize("caller", [5, "maya", b"x", [], object(), ""])
def test_who_is_nobody_cannot_be_asked_for(caller):
    """It is said at once, not when the first use is taken."""
    with pytest.raises(RequestError):
        uses([], caller)


def test_forms_take_no_long_time():
    """A hostile ARN with all its colons and slashes is matched in linear time."""

    def work(size):
        parameters = {
            "logGroupName": ":/*" * size,
            "logStreamName": "s",
            "x": "arn:aws:logs:" + ":/" * 2 * size,
        }
        return lambda: pairs("logs", "CreateLogStream", parameters)

    assert len(json.dumps(work(30_000)())) > 1000
    assert grows_linearly(work, 8_000)


def test_a_use_says_itself_in_one_line():
    """Whoever wrote the record can break nothing by it."""
    (use,) = used("s3", "GetObject", {"bucketName": "maps", "key": "a\nb"})

    assert (
        str(use) == f"2026-11-25 10:15 {MAYA}: s3:GetObject on arn:aws:s3:::maps/a\ufffdb, allowed"
    )
    (use,) = used("iam", "GetRole", {"roleName": "x"}, errorCode="AccessDenied")
    assert str(use).endswith(f"iam:GetRole on {IAM}:role/x, refused")

"""Access Analyzer through real boto3 and aws: policies, analyzers, findings, generated policies."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from iamlab import Policy, RequestError, World
from iamlab.clients.http_server import LocalServer
from tests.rows import each_row

MAIN, PARTNER = "111111111111", "444455556666"
COGNITO = """{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "",
            "Effect": "Allow",
            "Principal": {
                "Federated": "cognito-identity.amazonaws.com"
            },
            "Action": [
                "sts:AssumeRole",
                "sts:TagSession"
            ],
            "Condition": {
                "StringEquals": {
                    "cognito-identity.amazonaws.com:aud": "us-west-2_EXAMPLE"
                }
            }
        }
    ]
}"""
"""The policy of the example of "validate-policy" in the AWS CLI Command Reference."""


def text(*statements):
    """Write a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


def allow(action, resource="*", **more):
    """Write a statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def world():
    """Make a world with Dana, who can do everything, and a bucket and a role that are shared."""
    made = World(seed=7)
    main = made.create_account("main", account_id=MAIN)
    dana, ana = (main.create_user(name) for name in ("dana", "ana"))
    for user in (dana, ana):
        user.create_access_key()
    dana.attach_policy("AdministratorAccess")
    maps = main.create_bucket("maps")
    maps.delete_public_access_block()
    maps.put_policy(
        text(
            allow("s3:GetObject", "arn:aws:s3:::maps/*", Principal="*", Sid="Public"),
            allow(
                "s3:ListBucket",
                "arn:aws:s3:::maps",
                Principal={"AWS": PARTNER},
                Condition={"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}},
            ),
        )
    )
    trust = Policy.allow("sts:AssumeRole", None, principal=PARTNER)
    main.create_role("audit", assume_role_policy_document=trust)
    return made


@pytest.fixture
def client(world):
    """Return Dana's client."""
    return world.boto3_session(world.user("dana")).client("accessanalyzer")


def refused(code, status, call, /, **parameters):
    """Check the code and the status of an error; return its message."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response

    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    return error["Error"]["Message"]


def complete(client, operation, answer):
    """Check that an answer has everything that the model requires."""

    def check(shape, value):
        if shape.type_name == "structure":
            assert set(shape.required_members) <= set(value), shape.name
            for name, part in value.items():
                check(shape.members[name], part)
        elif shape.type_name == "list":
            for part in value:
                check(shape.member, part)
        elif shape.type_name == "string" and shape.enum:
            assert value in shape.enum

    known = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    check(client.meta.service_model.operation_model(operation).output_shape, known)
    return known


# -- policies -------------------------------------------------------------------------------------


def validate(client, document, policy_type="IDENTITY_POLICY", **more):
    """Return the findings about a document."""
    sent = {"policyDocument": document, "policyType": policy_type, **more}
    return complete(client, "ValidatePolicy", client.validate_policy(**sent))["findings"]


def test_findings_have_the_positions_of_awss_example(client):
    """Codes, types, paths, spans and links."""
    sid, action = validate(client, COGNITO, "RESOURCE_POLICY")
    link = "access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-"

    assert (sid["issueCode"], sid["findingType"]) == ("EMPTY_SID_VALUE", "SUGGESTION")
    assert sid["learnMoreLink"].endswith(f"/{link}suggestion-empty-sid-value")
    [location] = sid["locations"]
    assert location["path"] == [{"value": "Statement"}, {"index": 0}, {"value": "Sid"}]
    assert location["span"] == {
        "start": {"line": 5, "column": 19, "offset": 79},
        "end": {"line": 5, "column": 21, "offset": 81},
    }
    assert action["issueCode"] == "MISMATCHED_ACTION_FOR_PRINCIPAL"
    [location] = action["locations"]
    assert location["path"][2:] == [{"value": "Action"}, {"index": 0}]
    assert location["span"]["start"] == {"line": 11, "column": 16, "offset": 258}
    assert location["span"]["end"] == {"line": 11, "column": 32, "offset": 274}


ODD = (
    text(allow(["iam:PassRole", "s3:Nothing"])),
    text(allow("s3:GetObject", Condition={"StringEquals": {"aws:a.b[0]": "x"}})),
    text(allow("*", **{"Foo.bar": {"a": [1]}})),
    '{"Statement":\r\n [{"Effect": "Allow", "Action": "s3:*",\n "Resource": "é"}]}',
    "[1, 2]",
    '"text"',
)


@each_row("document", ODD)
def test_a_path_leads_to_the_value_in_the_span(client, document):
    """Whatever is in the keys."""
    found = validate(client, document)

    assert found
    for finding in found:
        [location] = finding["locations"]
        span = location["span"]
        shown = document[span["start"]["offset"] : span["end"]["offset"]]
        value = json.loads(document)
        for element in location["path"]:
            value = value[element.get("value", element.get("index"))]
        assert json.loads(shown) == value
        lines = document[: span["end"]["offset"]].split("\n")
        assert (span["end"]["line"], span["end"]["column"]) == (len(lines), len(lines[-1]))


@each_row("document", ["", "{", '{"Statement": [', "é{", "[" * 5000])
def test_a_text_that_is_not_json_is_a_finding(client, document):
    """Not an error."""
    [finding] = validate(client, document)

    assert (finding["issueCode"], finding["findingType"]) == ("JSON_SYNTAX_ERROR", "ERROR")


def test_a_warning_has_the_anchor_of_a_general_warning(client):
    """As on AWS's page."""
    found = validate(client, '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    links = {each["issueCode"]: each["learnMoreLink"].partition("#")[2] for each in found}

    assert links["MISSING_VERSION"].endswith("-checks-general-warning-missing-version")


@each_row(
    ("policy_type", "resource_type", "code"),
    [
        ("IDENTITY_POLICY", None, "UNSUPPORTED_PRINCIPAL"),
        ("SERVICE_CONTROL_POLICY", None, "SCP_SYNTAX_ERROR_PRINCIPAL"),
        ("RESOURCE_CONTROL_POLICY", None, "RCP_SYNTAX_ERROR_ALLOW"),
        ("RESOURCE_POLICY", None, None),
        ("RESOURCE_POLICY", "AWS::S3::Bucket", "UNSUPPORTED_ACTION_IN_POLICY"),
    ],
)
def test_the_type_of_a_policy_matters(client, policy_type, resource_type, code):
    """A policy for a queue isn't one for a user or for a bucket."""
    document = text(allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:111111111111:q", Principal="*"))
    more = {"validatePolicyResourceType": resource_type} if resource_type else {}
    codes = [each["issueCode"] for each in validate(client, document, policy_type, **more)]

    assert next(iter(codes), None) == code


def test_only_codes_of_access_analyzer_are_answered(client):
    """The lint has some of its own."""
    document = text(allow("s3:GetObject", "arn:aws:s3:::maps"), allow("s3:GetObject"))

    assert {each["issueCode"] for each in validate(client, document)} <= {"REDUNDANT_STATEMENT"}


def test_findings_come_in_pages(client):
    """A paginator reads them all."""
    sent = {"policyDocument": COGNITO, "policyType": "RESOURCE_POLICY"}
    pages = client.get_paginator("validate_policy").paginate(
        **sent, PaginationConfig={"PageSize": 1}
    )

    assert [len(page["findings"]) for page in pages] == [1, 1]
    for more in ({"nextToken": "x"}, {"nextToken": "3"}, {"maxResults": 0}):
        refused("ValidationException", 400, client.validate_policy, **sent, **more)


@each_row(
    "more",
    [
        {"locale": "XX"},
        {"policyType": "NOTHING"},
        {"validatePolicyResourceType": "AWS::S3::Bucket"},
        {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::SQS::Queue"},
    ],
)
def test_a_value_that_aws_does_not_have_is_refused(client, more):
    """Before anything is read."""
    sent = {"policyDocument": "{}", "policyType": "IDENTITY_POLICY", **more}

    refused("ValidationException", 400, client.validate_policy, **sent)


NARROW, WIDE = text(allow("s3:GetObject")), text(allow(["s3:GetObject", "s3:PutObject"], Sid="Put"))


def test_new_access_is_found(client):
    """With the statement."""
    sent = {"existingPolicyDocument": NARROW, "policyType": "IDENTITY_POLICY"}
    failed = client.check_no_new_access(**sent, newPolicyDocument=WIDE)
    passed = client.check_no_new_access(**sent, newPolicyDocument=NARROW)

    complete(client, "CheckNoNewAccess", failed)
    assert failed["result"] == "FAIL"
    [reason] = failed["reasons"]
    assert (reason["statementIndex"], reason["statementId"]) == (0, "Put")
    assert (passed["result"], "reasons" in passed) == ("PASS", False)


@each_row(
    ("access", "result"),
    [
        ({"actions": ["s3:PutObject"]}, "FAIL"),
        ({"actions": ["iam:CreateUser"]}, "PASS"),
        ({"resources": ["arn:aws:s3:::maps/*"]}, "FAIL"),
        ({"actions": ["iam:*"], "resources": ["*"]}, "PASS"),
    ],
)
def test_granted_access_is_found(client, access, result):
    """By action, by resource, and by both."""
    sent = {"policyDocument": WIDE, "policyType": "IDENTITY_POLICY", "access": [access]}

    assert client.check_access_not_granted(**sent)["result"] == result


def test_public_access_is_found(client):
    """Depending on the type of the resource."""
    queue = text(allow("sqs:*", Principal="*"))
    check = client.check_no_public_access

    assert check(policyDocument=queue, resourceType="AWS::SQS::Queue")["result"] == "FAIL"
    inside = text(allow("sqs:*", Principal={"AWS": MAIN}))
    assert check(policyDocument=inside, resourceType="AWS::SQS::Queue")["result"] == "PASS"
    refused("ValidationException", 400, check, policyDocument=queue, resourceType="AWS::Nothing")


def test_what_a_check_cannot_read_is_refused(client):
    """A document, an action, a type."""
    code, identity = "InvalidParameterException", {"policyType": "IDENTITY_POLICY"}
    check, not_granted = client.check_no_new_access, client.check_access_not_granted
    both = {"existingPolicyDocument": NARROW, "newPolicyDocument": "{"}

    refused(code, 400, check, **both, **identity)
    for access in ([], [{}], [{"actions": ["nothing"]}], [{"actions": ["s3:*"]}] * 2):
        refused(code, 400, not_granted, policyDocument=NARROW, access=access, **identity)
    both["newPolicyDocument"] = NARROW
    refused("ValidationException", 400, check, **both, policyType="SERVICE_CONTROL_POLICY")


# -- analyzers ------------------------------------------------------------------------------------


def analyzer(client, name="one", kind="ACCOUNT", **more):
    """Create an analyzer."""
    return client.create_analyzer(analyzerName=name, type=kind, **more)["arn"]


def test_an_analyzer_is_made_listed_and_deleted(world, client):
    """With its tags."""
    arn = analyzer(client, tags={"team": "sky"})
    found = complete(client, "GetAnalyzer", client.get_analyzer(analyzerName="one"))["analyzer"]

    assert arn == f"arn:aws:access-analyzer:us-east-1:{MAIN}:analyzer/one"
    assert (found["arn"], found["name"], found["type"]) == (arn, "one", "ACCOUNT")
    assert (found["status"], found["tags"]) == ("ACTIVE", {"team": "sky"})
    assert found["createdAt"] == world.clock.now
    assert client.list_analyzers()["analyzers"] == [found]
    assert client.list_analyzers(type="ORGANIZATION")["analyzers"] == []
    client.delete_analyzer(analyzerName="one")
    assert client.list_analyzers()["analyzers"] == []
    refused("ResourceNotFoundException", 404, client.get_analyzer, analyzerName="one")
    refused("ResourceNotFoundException", 404, client.delete_analyzer, analyzerName="one")
    refused("ResourceNotFoundException", 404, client.list_findings, analyzerArn=arn)


@each_row(
    ("code", "status", "more"),
    [
        ("ConflictException", 409, {}),
        ("ValidationException", 400, {"analyzerName": "1 a"}),
        ("ValidationException", 400, {"analyzerName": "a" * 256}),
        ("ValidationException", 400, {"type": "NOTHING"}),
        ("ValidationException", 400, {"type": "ORGANIZATION"}),
        ("ValidationException", 400, {"tags": {"aws:a": "b"}}),
        ("ValidationException", 400, {"configuration": {"unusedAccess": {"unusedAccessAge": 0}}}),
        ("NotImplemented", 501, {"type": "ACCOUNT_INTERNAL_ACCESS"}),
        ("NotImplemented", 501, {"archiveRules": []}),
        ("NotImplemented", 501, {"configuration": {"unusedAccess": {"analysisRule": {}}}}),
    ],
)
def test_an_analyzer_that_cannot_be_is_refused(client, code, status, more):
    """Its name is taken, or a parameter isn't valid; nothing changes."""
    if not client.list_analyzers()["analyzers"]:
        analyzer(client, "taken")
    name = {"analyzerName": "new" if more else "taken"}

    refused(code, status, client.create_analyzer, **{**name, "type": "ACCOUNT", **more})
    assert len(client.list_analyzers()["analyzers"]) == 1


def test_an_analyzer_is_in_its_region(world, client):
    """Each Region has its own, and findings about its resources and the global ones."""
    arn = analyzer(client)
    ireland = world.boto3_session(world.user("dana"), region_name="eu-west-1")
    other = ireland.client("accessanalyzer")
    there = analyzer(other)
    queue = world.account("main").create_queue("orders", region="eu-west-1")
    queue.put_policy(text(allow("sqs:SendMessage", queue.arn, Principal={"AWS": PARTNER})))

    assert there == arn.replace("us-east-1", "eu-west-1")
    assert [each["arn"] for each in other.list_analyzers()["analyzers"]] == [there]
    kinds = [
        {each["resourceType"] for each in own.list_findings(analyzerArn=which)["findings"]}
        for own, which in ((client, arn), (other, there))
    ]
    assert kinds[1] - kinds[0] == {"AWS::SQS::Queue"}
    assert "AWS::IAM::Role" in kinds[0] & kinds[1]


def test_an_organizations_analyzer_trusts_its_members(world, client):
    """It needs trusted access, and the management account or a delegated administrator."""
    partner = world.create_account("partner", account_id=PARTNER)
    organization = world.create_organization("main")
    organization.invite_account(partner).accept()
    eve = partner.create_user("eve")
    eve.create_access_key()
    eve.attach_policy("AdministratorAccess")
    member = world.boto3_session(eve).client("accessanalyzer")
    own = analyzer(client)
    make = client.create_analyzer
    message = refused("ValidationException", 400, make, analyzerName="all", type="ORGANIZATION")
    organization.enable_aws_service_access("access-analyzer.amazonaws.com")
    denied = refused(
        "AccessDeniedException",
        403,
        member.create_analyzer,
        analyzerName="all",
        type="ORGANIZATION",
    )
    every = analyzer(client, "all", "ORGANIZATION")
    found = [client.list_findings(analyzerArn=arn)["findings"] for arn in (own, every)]

    assert message == "Service not enabled for AWS Organizations"
    assert denied == f"Account {PARTNER} is not a delegated administrator"
    assert [len(each) for each in found] == [3, 1]
    assert found[1][0]["isPublic"] is True
    organization.register_delegated_administrator(partner, "access-analyzer.amazonaws.com")
    assert analyzer(member, "all", "ORGANIZATION")


# -- findings about external access ---------------------------------------------------------------


@pytest.fixture
def shared(client):
    """Create an analyzer of the account."""
    return analyzer(client)


def findings(client, arn, **more):
    """List the findings of both versions, which are the same."""
    found = complete(client, "ListFindings", client.list_findings(analyzerArn=arn, **more))
    second = complete(client, "ListFindingsV2", client.list_findings_v2(analyzerArn=arn, **more))

    assert [each["id"] for each in found["findings"]] == [each["id"] for each in second["findings"]]
    assert {each["findingType"] for each in second["findings"]} <= {"ExternalAccess"}
    return found["findings"]


def test_a_finding_tells_who_can_do_what(world, client):
    """Both versions of the operations have it."""
    arn = analyzer(client)
    found = findings(client, arn, filter={"condition.aws:SourceIp": {"exists": True}})
    [finding] = found

    assert (finding["resource"], finding["resourceType"]) == (
        "arn:aws:s3:::maps",
        "AWS::S3::Bucket",
    )
    assert (finding["principal"], finding["action"]) == ({"AWS": PARTNER}, ["s3:ListBucket"])
    assert finding["condition"] == {"aws:SourceIp": "203.0.113.0/24,198.51.100.0/24"}
    assert (finding["isPublic"], finding["status"]) == (False, "ACTIVE")
    assert (finding["resourceOwnerAccount"], finding["sources"]) == (MAIN, [{"type": "POLICY"}])
    assert finding["analyzedAt"] == world.clock.now
    which = {"analyzerArn": arn, "id": finding["id"]}
    whole = complete(client, "GetFinding", client.get_finding(**which))["finding"]
    second = complete(client, "GetFindingV2", client.get_finding_v2(**which))
    [details] = second["findingDetails"]
    assert whole == finding
    assert details["externalAccessDetails"].items() <= finding.items()
    assert second["findingType"] == "ExternalAccess"
    refused("ResourceNotFoundException", 404, client.get_finding, analyzerArn=arn, id="no")


@each_row(
    ("criteria", "number"),
    [
        ({}, 3),
        ({"resourceType": {"eq": ["AWS::S3::Bucket"]}}, 2),
        ({"resourceType": {"neq": ["AWS::S3::Bucket"]}}, 1),
        ({"resource": {"contains": ["role/aud", "nothing"]}}, 1),
        ({"isPublic": {"eq": ["true"]}}, 1),
        ({"isPublic": {"eq": ["false"]}, "resource": {"contains": ["s3"]}}, 1),
        ({"principal.AWS": {"eq": [PARTNER]}}, 2),
        ({"principal.Federated": {"exists": True}}, 0),
        ({"condition.aws:SourceIp": {"exists": False}}, 2),
        ({"error": {"exists": False}}, 3),
        ({"status": {"eq": ["ACTIVE", "ARCHIVED"]}}, 3),
        ({"resourceOwnerAccount": {"neq": [MAIN]}}, 0),
        ({"findingType": {"eq": ["ExternalAccess"]}}, 3),
    ],
)
def test_a_filter_keeps_what_fits_all_criteria(client, shared, criteria, number):
    """With eq, neq, contains and exists."""
    assert len(findings(client, shared, filter=criteria)) == number


def test_findings_are_sorted(client):
    """By an attribute, up or down."""
    arn = analyzer(client)
    up, down = (
        [
            each["resource"]
            for each in findings(client, arn, sort={"attributeName": "resource", **more})
        ]
        for more in ({}, {"orderBy": "DESC"})
    )

    assert up == sorted(up) == down[::-1]
    for sort in ({"attributeName": "color"}, {"orderBy": "UP"}):
        refused("ValidationException", 400, client.list_findings, analyzerArn=arn, sort=sort)
    more = {"filter": {"color": {"eq": ["red"]}}}
    refused("ValidationException", 400, client.list_findings_v2, analyzerArn=arn, **more)


def test_findings_are_archived_and_become_active_again(world, client):
    """By id, or all of a resource; their ids stay."""
    arn = analyzer(client)
    before = {each["id"] for each in findings(client, arn)}
    world.clock.advance(hours=1)
    client.update_findings(analyzerArn=arn, resourceArn="arn:aws:s3:::maps", status="ARCHIVED")
    archived = findings(client, arn, filter={"status": {"eq": ["ARCHIVED"]}})

    assert {each["resource"] for each in archived} == {"arn:aws:s3:::maps"}
    assert {each["updatedAt"] for each in archived} == {world.clock.now}
    ids = [each["id"] for each in archived]
    client.update_findings(analyzerArn=arn, ids=ids, status="ACTIVE")
    after = findings(client, arn)
    assert {each["status"] for each in after} == {"ACTIVE"}
    assert {each["id"] for each in after} == before
    update = client.update_findings
    refused("ResourceNotFoundException", 404, update, analyzerArn=arn, ids=["a"], status="ACTIVE")
    refused("ValidationException", 400, update, analyzerArn=arn, status="ACTIVE")
    refused("ValidationException", 400, update, analyzerArn=arn, ids=ids, status="RESOLVED")


def test_access_that_is_stopped_is_resolved(world, client):
    """The finding stays the same."""
    arn = analyzer(client)
    [public] = findings(client, arn, filter={"isPublic": {"eq": ["true"]}})
    world.account("main").put_public_access_block(restrict_public_buckets=True)
    found = {each["id"]: each["status"] for each in findings(client, arn)}

    assert found[public["id"]] == "RESOLVED"


def test_access_points_and_acls_are_sources_of_a_buckets_findings(world, client):
    """The finding is about the bucket."""
    main = world.account("main")
    bucket = main.create_bucket("plans", object_ownership="BucketOwnerPreferred")
    bucket.delete_public_access_block()
    bucket.put_acl("public-read")
    point = main.create_access_point("door", bucket="maps")
    point.put_policy(
        text(allow("s3:GetObject", f"{point.arn}/object/*", Principal={"AWS": PARTNER}))
    )
    found = findings(client, analyzer(client), filter={"resourceType": {"eq": ["AWS::S3::Bucket"]}})
    sources = {(each["resource"], each["sources"][0]["type"]) for each in found}

    assert sources == {
        ("arn:aws:s3:::plans", "BUCKET_ACL"),
        ("arn:aws:s3:::maps", "POLICY"),
        ("arn:aws:s3:::maps", "S3_ACCESS_POINT"),
    }
    [detail] = [each["sources"][0]["detail"] for each in found if "detail" in each["sources"][0]]
    assert detail == {"accessPointArn": point.arn, "accessPointAccount": MAIN}


# -- findings about unused access -----------------------------------------------------------------


def test_unused_access_is_found(world, client):
    """Roles, keys, passwords and permissions, with their details."""
    world.user("ana").create_login_profile("Correct-Horse-1")
    arn = analyzer(client, kind="ACCOUNT_UNUSED_ACCESS")
    world.clock.advance(days=100)
    client.list_analyzers()
    listed = complete(client, "ListFindingsV2", client.list_findings_v2(analyzerArn=arn))[
        "findings"
    ]
    found = {(each["findingType"], each["resource"].rpartition("/")[2]): each for each in listed}

    assert set(found) == {
        ("UnusedIAMRole", "audit"),
        ("UnusedIAMUserAccessKey", "ana"),
        ("UnusedIAMUserPassword", "ana"),
        ("UnusedPermission", "dana"),
    }
    key = found["UnusedIAMUserAccessKey", "ana"]
    assert key["resourceType"] == "AWS::IAM::User"
    whole = complete(client, "GetFindingV2", client.get_finding_v2(analyzerArn=arn, id=key["id"]))
    [key_id] = world.user("ana").key_records
    assert whole["findingDetails"] == [{"unusedIamUserAccessKeyDetails": {"accessKeyId": key_id}}]
    which = {"analyzerArn": arn, "id": found["UnusedPermission", "dana"]["id"]}
    pages = client.get_paginator("get_finding_v2").paginate(**which)
    details = [each["unusedPermissionDetails"] for page in pages for each in page["findingDetails"]]
    services = {each["serviceNamespace"]: each.get("actions") for each in details}
    assert services["s3"] is None
    assert {"action": "access-analyzer:CreateAnalyzer"} in services["access-analyzer"]
    assert {"action": "access-analyzer:ListAnalyzers"} not in services["access-analyzer"]
    for call, more in ((client.list_findings, {}), (client.get_finding, {"id": key["id"]})):
        refused("ValidationException", 400, call, analyzerArn=arn, **more)


def test_the_age_of_unused_access_is_configured(world, client):
    """In days; each analyzer has its own, by default 90."""

    def found(name, **unused):
        arn = analyzer(
            client, name, "ACCOUNT_UNUSED_ACCESS", configuration={"unusedAccess": unused}
        )
        listed = client.list_findings_v2(analyzerArn=arn)["findings"]
        return {each["resource"].rpartition("/")[2] for each in listed}

    world.clock.advance(days=50)
    assert found("short", unusedAccessAge=40) >= {"ana", "audit"}
    assert found("long") == set()
    [short, _] = client.list_analyzers()["analyzers"]
    assert short["configuration"] == {"unusedAccess": {"unusedAccessAge": 40}}


# -- generated policies ---------------------------------------------------------------------------


@pytest.fixture
def reader(world):
    """Return a role that reads trails."""
    trust = Policy.allow(
        "sts:AssumeRole", None, principal={"Service": "access-analyzer.amazonaws.com"}
    )
    return world.account("main").create_role("reader", assume_role_policy_document=trust)


def start(world, client, reader, who="ana", **more):
    """Request a policy for a user; return the id of the request."""
    trail = {"cloudTrailArn": f"arn:aws:cloudtrail:us-east-1:{MAIN}:trail/all", "allRegions": True}
    details = {"trails": [trail], "accessRole": reader.arn}
    details["startTime"] = world.clock.now - timedelta(days=30)
    return client.start_policy_generation(
        policyGenerationDetails={"principalArn": world.user(who).arn},
        cloudTrailDetails={**details, **more},
    )["jobId"]


def test_a_policy_is_generated_from_what_was_done(world, client, reader):
    """Denied calls and data events don't count, nor what happened before or after."""
    ana, main = world.user("ana"), world.account("main")
    ana.put_policy("work", text(allow(["s3:*", "sqs:*", "iam:ListUsers"])))
    main.call("ListUsers", ana)
    world.clock.advance(days=60)
    main.call("sqs:ListQueues", ana)
    main.call("s3:GetBucketPolicy", ana, Bucket="maps")
    world.do(ana, "s3:GetObject", "arn:aws:s3:::maps/m31")
    with pytest.raises(Exception, match="not authorized"):
        main.call("ListRoles", ana)
    start_time = world.clock.now
    job = start(world, client, reader)
    world.clock.advance(minutes=1)
    main.call("s3:ListBuckets", ana)
    done = complete(client, "GetGeneratedPolicy", client.get_generated_policy(jobId=job))
    result = done["generatedPolicyResult"]

    assert done["jobDetails"]["status"] == "SUCCEEDED"
    assert result["properties"]["principalArn"] == ana.arn
    assert result["properties"]["cloudTrailProperties"]["endTime"] == start_time
    [policy] = result["generatedPolicies"]
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Sid": "SupportedServiceSid0",
            "Effect": "Allow",
            "Action": ["s3:GetBucketPolicy", "sqs:ListQueues"],
            "Resource": "*",
        }
    ]
    with_forms = client.get_generated_policy(jobId=job, includeResourcePlaceholders=True)
    [policy] = with_forms["generatedPolicyResult"]["generatedPolicies"]
    forms = [each["Resource"] for each in json.loads(policy["policy"])["Statement"]]
    assert "arn:aws:s3:::${BucketName}" in forms[0]


def test_requests_are_listed(world, client, reader):
    """For seven days, the newest first; to cancel one that is done has no effect."""
    first, second = start(world, client, reader), start(world, client, reader, "dana")
    client.cancel_policy_generation(jobId=first)
    listed = complete(client, "ListPolicyGenerations", client.list_policy_generations())
    of_ana = client.list_policy_generations(principalArn=world.user("ana").arn)

    found = [(each["jobId"], each["status"]) for each in listed["policyGenerations"]]
    assert found == [(second, "SUCCEEDED"), (first, "SUCCEEDED")]
    assert [each["jobId"] for each in of_ana["policyGenerations"]] == [first]
    world.clock.advance(days=8)
    assert client.list_policy_generations()["policyGenerations"] == []
    refused("ValidationException", 400, client.get_generated_policy, jobId=second)
    refused("ValidationException", 400, client.cancel_policy_generation, jobId="no")


def test_a_request_that_cannot_be_is_refused(world, client, reader):
    """A long period, a stranger; and the caller must be able to pass the role."""
    code, day = "ValidationException", timedelta(days=1)
    ana = world.user("ana")
    ana.put_policy("ask", text(allow("access-analyzer:*")))
    own = world.boto3_session(ana).client("accessanalyzer")

    with pytest.raises(ClientError, match="at most 90 days"):
        start(world, client, reader, startTime=world.clock.now - 91 * day)
    with pytest.raises(ClientError, match="at most 90 days"):
        start(world, client, reader, startTime=world.clock.now + day)
    nobody = {"principalArn": f"arn:aws:iam::{MAIN}:user/nobody"}
    refused(code, 400, client.start_policy_generation, policyGenerationDetails=nobody)
    with pytest.raises(ClientError, match="iam:PassRole"):
        start(world, own, reader)
    passing = allow(
        "iam:PassRole",
        Condition={"StringEquals": {"iam:PassedToService": "access-analyzer.amazonaws.com"}},
    )
    ana.put_policy("pass", text(passing))
    assert start(world, own, reader)


# -- permissions, events, files, processes --------------------------------------------------------


def test_the_engine_decides_about_each_call(world, client):
    """By action, by analyzer and by tag; a denial is an AccessDeniedException with the decision."""
    analyzer(client, tags={"team": "sky"})
    arn = analyzer(client, "two")
    ana = world.user("ana")
    own = world.boto3_session(ana).client("accessanalyzer")
    sent = {"policyDocument": NARROW, "policyType": "IDENTITY_POLICY"}
    message = refused("AccessDeniedException", 403, own.validate_policy, **sent)

    assert message.startswith(f"User: {ana.arn} is not authorized to perform: ")
    assert world.gateway.denied[-1].decision.request.action == "access-analyzer:ValidatePolicy"
    when = {"StringEquals": {"aws:ResourceTag/team": "sky"}}
    reading = allow(["access-analyzer:ListFindings", "access-analyzer:GetAnalyzer"], Condition=when)
    ana.put_policy("read", text(reading, allow("access-analyzer:ValidatePolicy")))
    own.validate_policy(**sent)
    own.list_findings_v2(analyzerArn=arn.replace("two", "one"))  # its action is ListFindings
    own.get_analyzer(analyzerName="one")
    refused("AccessDeniedException", 403, own.get_analyzer, analyzerName="two")
    refused("AccessDeniedException", 403, own.list_findings, analyzerArn=arn)
    refused("AccessDeniedException", 403, own.list_analyzers)


def test_each_call_has_an_event(world, client):
    """Of Access Analyzer."""
    analyzer(client)
    event = world.events[-1]

    assert event.event_source == "access-analyzer.amazonaws.com"
    assert (event.event_name, event.read_only) == ("CreateAnalyzer", False)
    assert event.request_parameters["analyzerName"] == "one"
    client.list_analyzers()
    assert (world.events[-1].event_name, world.events[-1].read_only) == ("ListAnalyzers", True)


def test_a_saved_world_keeps_its_analyzers(world, client, tmp_path):
    """With what was archived."""
    arn = analyzer(client)
    [first, *_] = findings(client, arn)
    client.update_findings(analyzerArn=arn, ids=[first["id"]], status="ARCHIVED")
    expected = findings(client, arn)
    world.save(tmp_path / "world.json")
    again = World.load(tmp_path / "world.json")
    call = {"analyzerArn": arn}
    found = again.account("main").call("access-analyzer:ListFindings", again.user("dana"), **call)

    assert [(each["id"], each["status"]) for each in found["findings"]] == [
        (each["id"], each["status"]) for each in expected
    ]


def aws(world, user, *words):
    """Run a command of the AWS CLI as a user, over HTTP; return its answer."""
    [key_id] = user.key_records
    with LocalServer(world.gateway.handle) as server:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": world.ids.secret_of(key_id),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": server.url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        command = [sys.executable, "-m", "awscli", *words, "--output", "json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_aws_cli_validates_a_policy(world):
    """The command is the one of AWS's example."""
    words = ("--policy-document", COGNITO, "--policy-type", "RESOURCE_POLICY")
    found = aws(world, world.user("dana"), "accessanalyzer", "validate-policy", *words)

    assert [each["issueCode"] for each in found["findings"]] == [
        *("EMPTY_SID_VALUE", "MISMATCHED_ACTION_FOR_PRINCIPAL")
    ]


def test_an_account_can_be_called_without_a_client():
    """In a new process, where nothing has loaded the operations."""
    code = (
        "from iamlab import World; main = World(seed=7).create_account('main');"
        "print(main.call('access-analyzer:ListAnalyzers', main.root_arn))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "{'analyzers': []}"


def test_create_resource_refers_to_the_operation(world):
    """Cloud Control can't set its type here."""
    with pytest.raises(RequestError, match="access-analyzer:CreateAnalyzer"):
        world.account("main").create_resource(
            f"arn:aws:access-analyzer:us-east-1:{MAIN}:analyzer/one"
        )

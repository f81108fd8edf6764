"""Real boto3 in a world: what it makes is there, a denial is explained, and nothing is sent."""

import json
import socket
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from iamlab import RequestError, World
from iamlab.clients.gateway import Gateway
from iamlab.operations.registry import NOT_MODELLED, entries_of
from tests.rows import each_row

MAIN = "111111111111"
READ = {
    "Version": "2012-10-17",
    "Statement": {"Sid": "Read", "Effect": "Allow", "Action": ["s3:Get*"], "Resource": "*"},
}
ODD = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::a/é +%41&<b>"],
        "Condition": {"StringEquals": {"aws:PrincipalTag/b": ["~ 1\\", "%2B"]}},
    },
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": MAIN}, "Action": "sts:AssumeRole", "Sid": "Ana"}
    ],
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Refuse every connection, and set what could lead a client elsewhere."""

    def refuse(*_):
        raise AssertionError("a request left the machine")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_ENDPOINT_URL": "http://elsewhere.example",
        "AWS_ENDPOINT_URL_IAM": "http://elsewhere.example",
        "AWS_ACCESS_KEY_ID": "AKIAELSEWHERE",
        "AWS_SECRET_ACCESS_KEY": "elsewhere",
        "AWS_SESSION_TOKEN": "elsewhere",
        "AWS_DEFAULTS_MODE": "auto",
        "HTTPS_PROXY": "http://elsewhere.example",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def world():
    """Make a world with Dana, who may do everything, and Ana, who may do nothing."""
    made = World(seed=7)
    main = made.create_account("main", account_id=MAIN)
    for name in ("ana", "dana"):
        main.create_user(name).create_access_key()
    made.user("dana").attach_policy("AdministratorAccess")
    return made


@pytest.fixture
def dana(world):
    """Return Dana's boto3 session."""
    return world.boto3_session(world.user("dana"))


def _without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_a_user_is_made_read_changed_and_deleted(world, dana):
    """What a client does is in the world, and what it reads is as it was written."""
    iam = dana.client("iam")
    made = iam.create_user(
        UserName="zoe", Path="/maps/", Tags=[{"Key": "té am", "Value": "a + b = @"}]
    )
    zoe = world.user("zoe")

    assert made["User"]["Arn"] == zoe.arn
    assert zoe.tags == {"té am": "a + b = @"}
    assert iam.get_user(UserName="zoe")["User"] == made["User"]
    iam.update_user(UserName="zoe", NewUserName="zoa", NewPath="/")
    assert world.user("zoa").path == "/"
    iam.untag_user(UserName="zoa", TagKeys=["té am"])
    assert iam.list_user_tags(UserName="zoa")["Tags"] == []
    iam.delete_user(UserName="zoa")
    with pytest.raises(iam.exceptions.NoSuchEntityException) as caught:
        iam.get_user(UserName="zoa")
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "NoSuchEntity",
        "Message": "The user with name zoa cannot be found.",
    }


def test_a_group_is_made_read_changed_and_deleted(world, dana):
    """With its members and an inline policy."""
    iam = dana.client("iam")
    iam.create_group(GroupName="maps")
    iam.add_user_to_group(GroupName="maps", UserName="ana")
    iam.put_group_policy(GroupName="maps", PolicyName="read", PolicyDocument=json.dumps(READ))

    assert [user["UserName"] for user in iam.get_group(GroupName="maps")["Users"]] == ["ana"]
    assert iam.get_group_policy(GroupName="maps", PolicyName="read")["PolicyDocument"] == READ
    assert world.can(world.user("ana"), "s3:GetObject", "arn:aws:s3:::maps/m31")
    iam.update_group(GroupName="maps", NewGroupName="stars")
    assert [group["GroupName"] for group in iam.list_groups()["Groups"]] == ["stars"]
    iam.remove_user_from_group(GroupName="stars", UserName="ana")
    iam.delete_group_policy(GroupName="stars", PolicyName="read")
    iam.delete_group(GroupName="stars")
    assert world.account("main").groups == {}


def test_a_role_is_made_read_changed_and_deleted(dana):
    """Its trust policy comes back as it was saved."""
    iam = dana.client("iam")
    made = iam.create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]

    assert made["AssumeRolePolicyDocument"] == TRUST
    iam.update_role(RoleName="app", Description="For the app", MaxSessionDuration=7200)
    role = iam.get_role(RoleName="app")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("For the app", 7200)
    assert role["AssumeRolePolicyDocument"] == TRUST
    iam.delete_role(RoleName="app")
    assert iam.list_roles()["Roles"] == []


def test_a_policy_is_made_read_changed_and_deleted(world, dana):
    """Its versions come back as they were saved, and on the wire they are percent-encoded."""
    iam = dana.client("iam")
    arn = iam.create_policy(PolicyName="read", PolicyDocument=json.dumps(READ))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ana", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(ODD))
    raw = world.account("main").call("GetPolicyVersion", world.user("dana"), **_version(arn))

    assert iam.get_policy_version(**_version(arn))["PolicyVersion"]["Document"] == READ
    assert raw["PolicyVersion"]["Document"] == READ
    odd = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]
    assert odd == ODD
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 2
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_user_policy(UserName="ana", PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert iam.list_policies(Scope="Local")["Policies"] == []


def _version(arn):
    return {"PolicyArn": arn, "VersionId": "v1"}


def test_pages_and_waiters_work(world, dana):
    """A client asks for the next page by itself."""
    iam = dana.client("iam")
    for number in range(25):
        world.account("main").create_user(f"user-{number:02}")
    pages = [*iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 10})]
    iam.get_waiter("user_exists").wait(UserName="user-24")

    assert [len(page["Users"]) for page in pages] == [10, 10, 7]


def test_a_role_is_assumed_and_used(world, dana):
    """The session's calls are its own; its credentials work in another session."""
    dana.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=json.dumps(TRUST))
    world.role("app").attach_policy("IAMReadOnlyAccess")
    answer = dana.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{MAIN}:role/app", RoleSessionName="ana"
    )
    session = world.caller_of(answer["Credentials"])
    app = world.boto3_session(session)

    assert answer["Credentials"]["Expiration"] == session.expiration
    assert app.client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/app/ana")
    assert len(app.client("iam").list_users()["Users"]) == 2
    with pytest.raises(ClientError, match="is not authorized to perform: iam:CreateUser"):
        app.client("iam").create_user(UserName="zoe")
    assert world.gateway.denied[-1].caller == session.arn


def test_an_organization_is_made_and_read(world, dana):
    """JSON in place of XML; the document of an SCP is a text."""
    client = dana.client("organizations")
    made = client.create_organization(FeatureSet="ALL")["Organization"]
    text = json.dumps({**READ, "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})
    policy = client.create_policy(
        Name="guard", Description="", Content=text, Type="SERVICE_CONTROL_POLICY"
    )["Policy"]

    assert made["Id"] == next(iter(world.organizations))
    assert json.loads(policy["Content"]) == json.loads(text)
    assert client.list_accounts()["Accounts"][0]["JoinedTimestamp"] == world.clock.now
    with pytest.raises(client.exceptions.PolicyNotFoundException):
        client.describe_policy(PolicyId="p-00000000")
    with pytest.raises(client.exceptions.InvalidInputException) as caught:
        client.describe_policy(PolicyId="?")
    assert caught.value.response["Reason"]


def test_a_denied_call_has_awss_words_and_its_decision(world):
    """Beside the wire is the whole explanation."""
    iam = world.boto3_session(world.user("ana")).client("iam")
    with pytest.raises(ClientError) as caught:
        iam.create_user(UserName="zoe")
    [call] = world.gateway.denied

    assert str(caught.value) == (
        "An error occurred (AccessDenied) when calling the CreateUser operation: User: "
        f"arn:aws:iam::{MAIN}:user/ana is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{MAIN}:user/zoe because no identity-based policy allows the iam:CreateUser "
        "action"
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert call.decision.request.action == "iam:CreateUser"
    assert not call.decision
    assert (call.status, call.code, call.message) == (403, "AccessDenied", call.decision.message)
    assert world.events[-1].request_id == call.request_id
    assert caught.value.response["ResponseMetadata"]["RequestId"] == call.request_id


def test_an_allowed_call_has_its_decision_too(world, dana):
    """Also one that fails for another reason; reading oneself needs no permission."""
    dana.client("iam").list_users()
    with pytest.raises(ClientError):
        dana.client("iam").get_user(UserName="nobody")
    dana.client("sts").get_caller_identity()
    first, second, third = world.gateway.calls

    assert (first.status, second.status, third.status) == (200, 404, 200)
    assert first.decision
    assert second.decision
    assert not third.is_denied
    assert world.gateway.denied == []


def _code(client_error):
    error = client_error.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


REJECTED = {
    "unknown": (("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400)),
    "inactive": (("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400)),
    "deleted": (("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400)),
    "expired": (("ExpiredToken", 403), ("ExpiredTokenException", 400)),
    "another token": (("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400)),
    "no token": (("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400)),
    "another secret": (("SignatureDoesNotMatch", 403), ("InvalidSignatureException", 400)),
}


def _made_invalid(world, how):
    """Return a boto3 session whose credentials aren't accepted."""
    key = world.user("ana").access_keys[0]
    session = world.sts.get_session_token(world.user("ana"), duration_seconds=900)
    temporary = how in ("expired", "another token", "no token")
    made = world.boto3_session(session if temporary else key)
    found = made._session.get_credentials()
    if how == "unknown":
        found.access_key = "AKIAUNKNOWNKEY000000"
    if how == "inactive":
        key.update("Inactive")
    if how == "deleted":
        key.delete()
    if how == "expired":
        world.clock.advance(seconds=901)
    if how == "another token":
        found.token = found.token[:-1]
    if how == "no token":
        found.token = None
    if how == "another secret":
        found.secret_key = found.secret_key.swapcase()
    return made


@pytest.mark.parametrize("how", REJECTED)
def test_credentials_that_are_not_accepted_have_the_error_of_the_service(world, how):
    """IAM and STS have other codes than JSON services; no permission is decided."""
    made = _made_invalid(world, how)
    of_query, of_json = REJECTED[how]
    with pytest.raises(ClientError) as caught:
        made.client("sts").get_caller_identity()
    assert _code(caught) == of_query
    with pytest.raises(ClientError) as caught:
        made.client("organizations").list_accounts()
    assert _code(caught) == of_json
    assert [call.decision for call in world.gateway.calls] == [None, None]
    assert {call.caller for call in world.gateway.calls} == {""}


def test_a_client_whose_clock_is_wrong_is_refused(world):
    """By more than five minutes."""
    gateway = Gateway(world, lambda: datetime.now(UTC) + timedelta(hours=1))
    client = gateway.boto3_session(world.user("dana")).client("iam")
    with pytest.raises(ClientError, match=r"Signature expired: .* - 5 min") as caught:
        client.list_users()

    assert _code(caught) == ("SignatureDoesNotMatch", 403)


def test_a_signature_is_for_one_region(world):
    """IAM has one; STS has an endpoint in each."""
    iam = world.boto3_session(world.user("dana"), region_name="eu-west-1").client("iam")
    sts = world.boto3_session(world.user("dana"), region_name="eu-west-1").client("sts")
    url = sts.generate_presigned_url("get_caller_identity")
    moved = url.replace("sts.eu-west-1", "sts.eu-west-2")
    _, _, body = world.gateway.handle("GET", moved, {}, b"")

    assert len(iam.list_users()["Users"]) == 2
    assert sts.get_caller_identity()["Account"] == MAIN
    assert b"Credential should be scoped to a valid region, not 'eu-west-1'." in body


def test_a_presigned_url_works_until_it_expires(world):
    """Whoever has it makes its call."""
    hour = [timedelta()]
    gateway = Gateway(world, lambda: datetime.now(UTC) + hour[0])
    sts = gateway.boto3_session(world.user("ana")).client("sts")
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    status, _, body = gateway.handle("GET", url, {}, b"")
    changed, _, _ = gateway.handle("GET", url.replace("Caller", "Called"), {}, b"")
    hour[0] = timedelta(seconds=90)
    late, _, why = gateway.handle("GET", url, {}, b"")

    assert (status, changed, late) == (200, 400, 400)
    assert f"<Arn>arn:aws:iam::{MAIN}:user/ana</Arn>".encode() in body
    assert b"<Code>RequestExpired</Code>" in why


def test_a_web_identity_signs_nothing(world, dana):
    """Its token says who it is: the call needs no credentials, and with a wrong token fails."""
    world.create_oidc_issuer("https://id.acme.example").register(world.account("main"))
    issuer = world.oidc_issuers["https://id.acme.example"]
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{MAIN}:oidc-provider/id.acme.example"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"id.acme.example:sub": "bo"}},
        },
    }
    dana.client("iam").create_role(RoleName="web", AssumeRolePolicyDocument=json.dumps(trust))
    sts = dana.client("sts")
    named = {"RoleArn": f"arn:aws:iam::{MAIN}:role/web", "RoleSessionName": "bo"}
    made = sts.assume_role_with_web_identity(**named, WebIdentityToken=issuer.token("bo"))

    assert made["SubjectFromWebIdentityToken"] == "bo"
    with pytest.raises(sts.exceptions.InvalidIdentityTokenException):
        sts.assume_role_with_web_identity(**named, WebIdentityToken="a.b.c.d")
    with pytest.raises(ClientError) as caught:
        sts.assume_role_with_web_identity(**named, WebIdentityToken=issuer.token("eve"))
    assert _code(caught) == ("AccessDenied", 403)


@each_row(
    ("service", "method", "arguments", "named"),
    [
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, "ec2:CreateVpc"),
        ("athena", "get_work_group", {"WorkGroup": "w"}, "athena:GetWorkGroup"),
        ("route53", "get_hosted_zone", {"Id": "Z1"}, "route53:GetHostedZone"),
        ("iam", "acquire_role", {"RoleName": "r"}, "iam:AcquireRole"),
    ],
)
def test_what_iamlab_lacks_is_named(world, dana, service, method, arguments, named):
    """Status 501, in the form that the service's client reads; nothing is invented."""
    client = dana.client(service)
    arguments = arguments if method != "acquire_role" else _least(client, "AcquireRole")
    with pytest.raises(ClientError) as caught:
        getattr(client, method)(**arguments)

    assert _code(caught) == ("NotImplemented", 501)
    assert f"iamlab doesn't answer {named}." in str(caught.value)
    assert world.gateway.calls[-1].status == 501


@each_row("operation", [name for name in NOT_MODELLED if ":" in name])
def test_what_organizations_lacks_has_a_reason(world, operation):
    """The error says why iamlab doesn't have it."""
    headers = {"X-Amz-Target": f"AWSOrganizationsV20161128.{operation.partition(':')[2]}"}
    url = "https://organizations.us-east-1.amazonaws.com/"
    status, _, body = world.gateway.handle("POST", url, headers, b"{}")

    assert status == 501
    assert NOT_MODELLED[operation] in json.loads(body)["message"]


def _least(client, operation):
    shape = client.meta.service_model.operation_model(operation).input_shape
    return dict.fromkeys(shape.required_members, "x" * 20)


def test_every_operation_of_the_world_is_found(world):
    """IAM's except the few that say why, all of STS's and Organizations': no answer is a 501."""
    for service in ("iam", "sts", "organizations"):
        for name in entries_of(service):
            operation = name.rpartition(":")[2]
            target = f"AWSOrganizationsV20161128.{operation}"
            headers = {"X-Amz-Target": target} if service == "organizations" else {}
            body = f"Action={operation}".encode() if service != "organizations" else b"{}"
            world.gateway.handle(
                "POST", f"https://{service}.us-east-1.amazonaws.com/", headers, body
            )
            made = world.gateway.calls[-1]

            assert (made.operation, made.service) == (operation, service)
            assert made.status in (400, 403), made
            assert operation not in NOT_MODELLED


def test_a_call_of_nobody_is_refused(world):
    """Without a signature there is no caller."""
    body = b"Action=ListUsers&Version=2010-05-08"
    status, headers, text = world.gateway.handle("POST", "https://iam.amazonaws.com/", {}, body)

    assert status == 403
    assert headers["Content-Type"] == "text/xml"
    assert b"<Code>MissingAuthenticationToken</Code>" in text


def test_another_host_is_refused(world, dana):
    """A session of a world can't be led elsewhere, not even on purpose."""
    client = dana.client("iam", endpoint_url="https://iam.amazonaws.com.example.org")
    with pytest.raises(RequestError, match=r"not 'iam\.amazonaws\.com\.example\.org'"):
        client.list_users()

    assert not world.gateway.calls


def test_other_sessions_are_not_touched(world, dana, monkeypatch):
    """A session of boto3's own still asks the network, which this test refuses."""
    dana.client("iam").list_users()
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "HTTPS_PROXY"):
        monkeypatch.delenv(name)
    own = boto3.Session(region_name="us-east-1").client(
        "iam", config=Config(retries={"total_max_attempts": 1})
    )
    with pytest.raises(HTTPClientError, match="left the machine"):
        own.list_users()

    assert len(world.gateway.calls) == 1


def test_two_worlds_know_only_their_own_keys(world, dana):
    """The key of one is unknown in the other."""
    other = World(seed=8)
    other.create_account("other", account_id="222222222222").create_user("dana").create_access_key()
    there = other.boto3_session(other.user("dana"))

    assert there.client("sts").get_caller_identity()["Account"] == "222222222222"
    assert dana.client("sts").get_caller_identity()["Account"] == MAIN
    assert (len(world.gateway.calls), len(other.gateway.calls)) == (1, 1)


def test_no_key_is_made_silently(world):
    """A user without an active key, and what has no key at all, get a sentence that helps."""
    zoe = world.account("main").create_user("zoe")
    with pytest.raises(RequestError, match=r"Create one: user\.create_access_key\(\)"):
        world.boto3_session(zoe)
    with pytest.raises(RequestError, match="A client needs credentials"):
        world.boto3_session("zoe")
    world.user("ana").access_keys[0].update("Inactive")
    with pytest.raises(RequestError, match="no active access key"):
        world.boto3_session(world.user("ana"))

    assert zoe.access_keys == []


def test_a_root_user_with_a_key_can_call(world):
    """As in AWS, which advises against it."""
    root = world.account("main").root
    root.create_access_key()

    assert world.boto3_session(root).client("sts").get_caller_identity()["Arn"] == root.arn


def test_no_secret_is_shown(world, dana):
    """Neither in the kept calls nor in the gateway."""
    iam = dana.client("iam")
    secret = iam.create_access_key(UserName="ana")["AccessKey"]["SecretAccessKey"]
    iam.create_login_profile(UserName="ana", Password="Correct-Horse-1")
    with pytest.raises(ClientError):
        iam.create_login_profile(UserName="nobody", Password="Correct-Horse-1")
    shown = f"{world.gateway!r} {list(world.gateway.calls)} {[*map(str, world.gateway.calls)]}"

    assert secret not in shown
    assert "Correct-Horse-1" not in shown

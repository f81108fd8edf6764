"""Who calls, how and from where: in the world's answer, in the context of a decision, in events."""

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamlab import IamLabError, Policy, World
from iamlab.errors import InvalidClientTokenId

URL = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"


@pytest.fixture
def world():
    """Make a world with Ana, who may list users."""
    made = World(seed=7)
    ana = made.create_account("main", account_id="111111111111").create_user("ana")
    ana.put_policy("list", Policy.allow("iam:ListUsers"))
    return made


def _signed(world, key_id, secret=None, token=None):
    secret = secret or world.ids.secret_of(key_id)
    request = AWSRequest("GET", URL)
    SigV4Auth(Credentials(key_id, secret, token), "iam", "us-east-1").add_auth(request)
    return "GET", URL, dict(request.headers)


def test_a_request_leads_to_its_signer(world):
    """A long-term key, a session; and not with a wrong secret, or changed after signing."""
    ana = world.user("ana")
    key = ana.create_access_key()
    session = world.sts.get_session_token(key)

    assert (
        world.caller_of_request(*_signed(world, key.access_key_id)).access_key_id
        == key.access_key_id
    )
    signed = _signed(world, session.access_key_id, token=session.session_token)
    assert world.caller_of_request(*signed).access_key_id == session.access_key_id
    method, url, headers = signed
    for changed in (
        _signed(world, key.access_key_id, "wrong"),
        (method, url.replace("ListUsers", "ListRoles"), headers),
    ):
        with pytest.raises(IamLabError, match="SignatureDoesNotMatch"):
            world.caller_of_request(*changed)


def test_a_key_is_found_again_after_its_owner_changed(world):
    """The index of key ids follows renamed users, and forgets deleted keys."""
    ana = world.user("ana")
    key = ana.create_access_key()
    signed = _signed(world, key.access_key_id)
    world.caller_of_request(*signed)
    ana.update(new_user_name="anna")
    assert world.caller_of_request(*signed).user.name == "anna"

    key.delete()
    with pytest.raises(InvalidClientTokenId):
        world.caller_of_request(*signed)


def test_a_call_carries_its_client_into_context_and_event(world):
    """User agent, Region, address and request id."""
    ana = world.user("ana")
    ana.create_access_key()
    session = world.boto3_session(ana, region_name="eu-west-1")
    with world.network(ip="203.0.113.7"):
        answer = session.client("iam").list_users()
    call, event = world.gateway.calls[-1], world.events[-1]

    assert event.user_agent.startswith("Boto3/")
    assert call.decision.request.context["aws:UserAgent"].startswith("Boto3/")
    assert event.source_ip_address == "203.0.113.7"
    assert call.decision.request.context["aws:SourceIp"] == "203.0.113.7"
    assert event.request_id == call.request_id == answer["ResponseMetadata"]["RequestId"]


def test_a_region_of_the_client_is_the_requested_region(world):
    """A policy for one Region decides by the client's."""
    ana = world.user("ana")
    ana.create_access_key()
    only = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    ana.put_policy("one", Policy.allow("ec2:Describe*", when=only))
    world.boto3_session(ana, region_name="eu-west-1").client("ec2").describe_instances()
    assert world.events[-1].aws_region == "eu-west-1"

    with pytest.raises(Exception, match="UnauthorizedOperation"):
        world.boto3_session(ana, region_name="us-east-1").client("ec2").describe_instances()


def test_calls_of_clients_feed_last_accessed_and_least_privilege(world):
    """What real clients did is in the log, and in what is made of it."""
    ana = world.user("ana")
    ana.create_access_key()
    world.boto3_session(ana).client("iam").list_users()

    [statement] = world.least_privilege(ana).policy.statements
    assert statement.actions == ("iam:ListUsers",)
    report = ana.last_accessed()
    accessed = {each for each in report.services if each not in report.not_accessed}
    assert [each.service_namespace for each in accessed] == ["iam"]
    assert ana.access_keys[0].last_used.service == "iam"


def test_each_request_has_its_own_id(world):
    """Also those that leave no event, such as requests with a wrong signature."""
    key = world.user("ana").create_access_key()
    for _ in range(3):
        method, url, headers = _signed(world, key.access_key_id, "wrong")
        world.gateway.handle(method, url, headers, b"")
    ids = {call.request_id for call in world.gateway.calls}

    assert len(ids) == 3

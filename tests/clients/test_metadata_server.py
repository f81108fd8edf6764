"""Real clients without any configuration: their instance or container gives them credentials."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import boto3
import botocore.credentials
import botocore.utils
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError, NoCredentialsError
from botocore.httpsession import URLLib3Session

from iamlab import AccessDenied, RequestError, World
from iamlab.model.clock_and_ids import RealClock
from tests.clients.at_home import home  # noqa: F401 - a fixture
from tests.policy.documents import allow, document, trust
from tests.rows import each_row

AWS = shutil.which("aws", path=Path(sys.executable).parent)
MAIN = "111111111111"
TOKEN, TTL = "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds"
SENT = "X-aws-ec2-metadata-token"
ROLES = "/latest/meta-data/iam/security-credentials"
CLUSTER = f"arn:aws:eks:eu-west-1:{MAIN}:cluster/shop"
TASK = f"arn:aws:ecs:us-east-1:{MAIN}:task/shop/{'0a' * 16}"
ECS, EKS = "ecs-tasks.amazonaws.com", "pods.eks.amazonaws.com"


@pytest.fixture(autouse=True)
def _at_home(home):  # noqa: F811
    """Each test is at home."""


@pytest.fixture(autouse=True)
def _closes(monkeypatch):
    """Each test closes its connections."""
    made, start = [], URLLib3Session.__init__

    def kept(own, *words, **named):
        start(own, *words, **named)
        made.append(own)

    monkeypatch.setattr(URLLib3Session, "__init__", kept)
    monkeypatch.setattr(botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0)
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "nobody")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield
    for each in made:
        each.close()


@pytest.fixture
def pass_time(monkeypatch):
    """Return a function that moves the time of the world and of botocore."""
    ahead = [timedelta()]
    real = RealClock.now.fget

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + ahead[0]

    in_utc = botocore.utils.get_current_datetime
    monkeypatch.setattr(RealClock, "now", property(lambda clock: real(clock) + ahead[0]))
    named = SimpleNamespace(datetime=Later, timedelta=timedelta)
    monkeypatch.setattr(botocore.credentials, "datetime", named)
    monkeypatch.setattr(botocore.utils, "get_current_datetime", lambda: in_utc() + ahead[0])

    def passes(**span):
        ahead[0] += timedelta(**span)

    return passes


@pytest.fixture
def main():
    """Make an account with two roles that list users and roles, in instance profiles."""
    account = World(seed=7).create_account("main", account_id=MAIN)
    for name, service in (
        *(("reader", "ec2.amazonaws.com"), ("writer", "ec2.amazonaws.com")),
        *(("task", ECS), ("pod", EKS)),
    ):
        policy = trust({"Service": service})
        policy["Statement"][0]["Action"] = ["sts:AssumeRole", "sts:TagSession"]
        role = account.create_role(name, assume_role_policy_document=policy)
        role.put_policy("read", document(allow("iam:ListRoles")))
        account.create_instance_profile(name).add_role(role)
    return account


@pytest.fixture
def gateway(main):
    """Return the gateway."""
    return main.world.gateway


@pytest.fixture
def job(main):
    """Start an instance."""
    return main.create_instance(instance_profile="reader")


@pytest.fixture
def metadata(gateway, job):
    """Start its metadata service."""
    with gateway.serve_metadata(job) as server:
        yield server


@pytest.fixture
def use(monkeypatch):
    """Return a function that gives this process the environment of a server."""

    def used(server):
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        return boto3.Session()

    return used


def _name_of(session):
    """Return the role and the session, as STS says."""
    return session.client("sts").get_caller_identity()["Arn"].partition(":assumed-role/")[2]


def _ask(server, method, path, headers=None):
    """Send a request; return the status and the body."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        line.request(method, path, headers=headers or {})
        response = line.getresponse()
        return response.status, response.read().decode()
    finally:
        line.close()


# -- an instance ----------------------------------------------------------------------------------


def test_software_on_an_instance_has_its_role(main, gateway, job, metadata, use):
    """It needs no configuration: no key, no profile. Its calls and events say who it is."""
    session = use(metadata)
    session.client("iam").list_roles()
    event = main.world.events[-1]

    assert _name_of(session) == f"reader/{job.name}"
    assert gateway.calls[0].caller == f"arn:aws:sts::{MAIN}:assumed-role/reader/{job.name}"
    assert event.user_identity["sessionContext"]["ec2RoleDelivery"] == "2.0"
    assert event.user_identity["principalId"].endswith(f":{job.name}")
    assert [*metadata.requests] == [
        f"PUT {TOKEN} 200",
        f"GET {ROLES}/ 200",
        f"GET {ROLES}/reader 200",
    ]


@each_row(
    ("key", "value"),
    [
        ("ec2:RoleDelivery", "2.0"),
        ("ec2:SourceInstanceARN", "arn:aws:ec2:us-east-1:*:instance/INSTANCE"),
        ("aws:userid", "*:INSTANCE"),
    ],
)
def test_the_session_knows_its_instance(key, value):
    """Policies can ask for the instance, and for version 2."""
    account = World(seed=7).create_account("main", account_id=MAIN)
    policy = trust({"Service": "ec2.amazonaws.com"})
    role = account.create_role("reader", assume_role_policy_document=policy)
    account.create_instance_profile("reader").add_role(role)
    job = account.create_instance(instance_profile="reader")
    with account.world.gateway.serve_metadata(job) as server:
        token = _ask(server, "PUT", TOKEN, {TTL: "60"})[1]
        found = json.loads(_ask(server, "GET", f"{ROLES}/reader", {SENT: token})[1])
    caller = account.world.caller_of({**found, "SessionToken": found["Token"]})
    wanted = {"StringLike": {key: value.replace("INSTANCE", job.name)}}
    assert not account.world.can(caller, "iam:ListRoles", "*")
    role.put_policy("read", document(allow("iam:ListRoles", Condition=wanted)))

    assert account.world.can(caller, "iam:ListRoles", "*")


def test_a_client_keeps_working_when_its_credentials_are_renewed(gateway, metadata, use, pass_time):
    """It asks again before they expire, and gets new ones in the last 15 minutes."""
    client = use(metadata).client("iam")
    keys = []
    for minutes in (0, 344, 2, 12, 3, 5, 200, 141):
        pass_time(minutes=minutes)
        client.list_roles()
        keys.append(gateway.world.events[-1].user_identity["accessKeyId"])

    assert keys == [keys[0]] * 2 + [keys[2]] * 5 + [keys[7]]
    assert len({*keys}) == 3
    assert [call.status for call in gateway.calls] == [200] * 8


def test_a_client_that_starts_late_keeps_working(gateway, metadata, use, pass_time):
    """With a quarter of an hour left, and at each minute from then on."""
    use(metadata)
    boto3.Session().client("iam").list_roles()
    pass_time(hours=5, minutes=43, seconds=50)
    client = boto3.Session().client("iam")
    for _ in range(30):
        client.list_roles()
        pass_time(minutes=1)

    assert {call.status for call in gateway.calls} == {200}


def test_a_world_ahead_tells_the_time_of_its_clients(main, gateway, job, use):
    """They see for how long the credentials are valid."""
    main.world.clock.advance(days=3650)
    with gateway.serve_metadata(job) as server:
        found = use(server).get_credentials()
        task = json.loads(_ask(server, "GET", f"{ROLES}/reader")[1])
    until = datetime.fromisoformat(task["Expiration"]) - datetime.now(UTC)

    assert found.access_key in main.world.sessions
    assert timedelta(hours=5, minutes=50) < until <= timedelta(hours=6)


def test_a_replaced_profile_brings_its_role(job, metadata, use, pass_time):
    """To new clients at once; to others when they renew their credentials."""
    session = use(metadata)
    assert _name_of(session) == f"reader/{job.name}"
    job.replace_iam_instance_profile_association("writer")

    assert _name_of(boto3.Session()) == f"writer/{job.name}"
    assert _name_of(session) == f"reader/{job.name}"
    pass_time(hours=5, minutes=50)
    assert _name_of(session) == f"writer/{job.name}"


def test_without_a_role_a_client_says_that_it_has_no_credentials(
    main, job, metadata, use, pass_time
):
    """A new one at once; another one when its credentials must be renewed."""
    session = use(metadata)
    _name_of(session)
    main.instance_profiles["reader"].remove_role("reader")
    with pytest.raises(NoCredentialsError):
        _name_of(boto3.Session())

    assert _name_of(session) == f"reader/{job.name}"
    assert metadata.requests[-1] == f"GET {ROLES}/ 404 its instance profile has no role: reader"
    pass_time(hours=5, minutes=51)
    with pytest.raises(CredentialRetrievalError, match="refresh failed"):
        _name_of(session)


def test_a_role_that_does_not_trust_ec2_gives_no_credentials(main, metadata, use):
    """The metadata service has the reason."""
    policy = trust({"Service": ECS})
    main.roles["reader"].update_assume_role_policy(policy)
    session = use(metadata)
    with pytest.raises(NoCredentialsError):
        _name_of(session)
    _, body = _ask(metadata, "GET", f"{ROLES}/reader")

    assert json.loads(body)["Code"] == "AssumeRoleUnauthorizedAccess"


@pytest.mark.slow
@pytest.mark.skipif(AWS is None, reason="the AWS CLI isn't installed")
def test_the_cli_uses_the_role_of_the_instance(main, job, metadata):
    """The same with the real ``aws``: with a role, with another one, and without."""

    def aws(*words):
        made = {**os.environ, **metadata.environment()}
        return subprocess.run([AWS, *words], env=made, capture_output=True, text=True, check=False)

    question = ("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
    first = aws(*question)
    job.replace_iam_instance_profile_association("writer")
    second = aws(*question)
    main.instance_profiles["writer"].remove_role("writer")
    third = aws(*question)

    assert first.stdout.strip().endswith(f":assumed-role/reader/{job.name}"), first.stderr
    assert second.stdout.strip().endswith(f":assumed-role/writer/{job.name}"), second.stderr
    assert third.returncode != 0
    assert "Unable to locate credentials" in third.stderr


def test_a_client_behind_another_hop_gets_no_token(gateway, job, use):
    """The connection ends without an answer. With version 2 only, it finds no credentials."""
    job.modify_metadata_options(http_tokens="required")
    with gateway.serve_metadata(job, hops=2) as server:
        with pytest.raises(http.client.RemoteDisconnected):
            _ask(server, "PUT", TOKEN, {TTL: "60"})
        refused = server.requests[-1]
        session = use(server)
        with pytest.raises(NoCredentialsError):
            _name_of(session)
        job.modify_metadata_options(http_put_response_hop_limit=2)

        assert _name_of(boto3.Session()) == f"reader/{job.name}"
    assert refused.startswith(f"PUT {TOKEN} 0 the response travels 1 of the 2 hops")


def test_version_1_needs_no_token(main, gateway, job, use):
    """A client that gets none tries it; the session says so."""
    with gateway.serve_metadata(job, hops=2) as server:
        use(server).client("iam").list_roles()
    context = main.world.events[-1].user_identity["sessionContext"]

    assert context["ec2RoleDelivery"] == "1.0"


def _statuses(server):
    """Ask for a token, data and more; return the statuses."""
    got, token = _ask(server, "PUT", TOKEN, {TTL: "21600"})
    return [
        got,
        _ask(server, "PUT", TOKEN, {TTL: "21601"})[0],
        _ask(server, "PUT", TOKEN)[0],
        _ask(server, "PUT", TOKEN, {TTL: "60", "X-Forwarded-For": "198.51.100.7"})[0],
        _ask(server, "GET", "/latest/meta-data/instance-id", {SENT.upper(): token})[0],
        _ask(server, "GET", "/latest/meta-data/instance-id", {SENT: "A" * 56})[0],
        _ask(server, "GET", "/latest/meta-data/instance-id")[0],
        _ask(server, "GET", "/latest/meta-data/nothing", {SENT: token})[0],
        _ask(server, "GET", TOKEN, {SENT: token})[0],
        _ask(server, "POST", TOKEN, {SENT: token})[0],
    ]


def test_the_statuses_are_those_of_aws(job, metadata):
    """For a wrong TTL, a proxy, a wrong or missing token, a missing path and a wrong method."""
    job.modify_metadata_options(http_tokens="required")

    assert _statuses(metadata) == [200, 400, 400, 403, 200, 401, 401, 404, 405, 405]
    job.modify_metadata_options(http_endpoint="disabled")
    assert _ask(metadata, "GET", "/latest/meta-data/")[0] == 403
    job.stop()
    with pytest.raises(http.client.RemoteDisconnected):
        _ask(metadata, "GET", "/latest/meta-data/")


def test_a_token_expires(metadata, pass_time):
    """After the time that the client has asked for."""
    token = _ask(metadata, "PUT", TOKEN, {TTL: "60"})[1]
    pass_time(seconds=58)
    before = _ask(metadata, "GET", "/latest/meta-data/", {SENT: token})[0]
    pass_time(seconds=3)

    assert (before, _ask(metadata, "GET", "/latest/meta-data/", {SENT: token})[0]) == (200, 401)


def test_two_instances_have_their_own_services(main, gateway, metadata):
    """A token of one isn't valid at the other, whose role is another one."""
    other = main.create_instance(instance_profile="writer")
    with gateway.serve_metadata(other) as server:
        token = _ask(server, "PUT", TOKEN, {TTL: "60"})[1]

        assert _ask(server, "GET", f"{ROLES}/", {SENT: token}) == (200, "writer")
        assert _ask(metadata, "GET", f"{ROLES}/", {SENT: token})[0] == 401
        assert _ask(metadata, "GET", f"{ROLES}/") == (200, "reader")


def test_many_clients_at_once_get_the_same_credentials(main, metadata):
    """EC2 assumes the role once, whatever asks."""
    found = []
    clients = [
        threading.Thread(target=lambda: found.append(_ask(metadata, "GET", f"{ROLES}/reader")))
        for _ in range(8)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    assert len(found) == 8
    assert len({json.loads(body)["AccessKeyId"] for _, body in found}) == 1
    assert [event.event_name for event in main.world.events].count("AssumeRole") == 1


# -- a container ----------------------------------------------------------------------------------


def _pod(gateway, role):
    """Start what a pod asks for credentials."""
    tags = {"kubernetes-namespace": "billing"}
    return gateway.serve_credentials(EKS, role_arn=role, source_arn=CLUSTER, tags=tags)


def test_a_task_of_ecs_has_its_role(main, gateway, use):
    """The container asks with a token in a variable; the session is named like the task."""
    with gateway.serve_credentials(ECS, role_arn=main.roles["task"], source_arn=TASK) as server:
        environment = server.environment()
        session = use(server)
        found = _name_of(session)
        url, token = urlsplit(environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]), "AUTHORIZATION"
        token = environment[f"AWS_CONTAINER_{token}_TOKEN"]
        _, body = _ask(server, "GET", url.path, {"Authorization": token})

    assert found == f"task/{'0a' * 16}"
    assert session.get_credentials().method == "container-role"
    assert [*json.loads(body)] == [
        *("RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration")
    ]
    assert json.loads(body)["RoleArn"] == main.roles["task"].arn


def test_a_pod_of_eks_has_its_role_and_its_tags(main, gateway, use):
    """The token is in a file; EKS says which pod it is, and policies can ask for that."""
    role = main.roles["pod"]
    own = {"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "billing"}}
    role.put_policy("read", document(allow("iam:ListRoles", Condition=own)))
    with _pod(gateway, role) as server:
        environment = server.environment()
        file = Path(environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
        session = use(server)
        session.client("iam").list_roles()
        with pytest.raises(ClientError, match="AccessDenied"):
            session.client("iam").list_users()

        assert "AWS_CONTAINER_AUTHORIZATION_TOKEN" not in environment
        assert environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == f"{server.url}/v1/credentials"
        assert environment["AWS_REGION"] == "eu-west-1"
        assert _name_of(session).startswith("pod/eks-shop-pod-")
        assert file.exists()
    assert not file.parent.exists()


def test_another_container_gets_nothing(main, gateway, use, monkeypatch):
    """Without the authorization token, or with that of another container."""
    with _pod(gateway, main.roles["pod"]) as server, _pod(gateway, main.roles["pod"]) as other:
        path = "/v1/credentials"
        token = Path(other.environment()["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]).read_text()
        statuses = [
            _ask(server, "GET", path)[0],
            _ask(server, "GET", path, {"Authorization": token})[0],
            _ask(server, "GET", path, {"Authorization": "é"})[0],
            _ask(server, "GET", "/v2/credentials/")[0],
            _ask(other, "GET", path, {"Authorization": token})[0],
        ]
        noted = server.requests[0]
        use(server)
        monkeypatch.delenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        with pytest.raises(CredentialRetrievalError, match="Received non 200 response 400"):
            _name_of(boto3.Session())

    assert statuses == [400, 400, 400, 404, 200]
    assert noted == f"GET {path} 400 the authorization token is missing or wrong"


def test_the_credentials_of_a_container_are_renewed(main, gateway, use, pass_time):
    """Before they expire; it stays the same pod."""
    with _pod(gateway, main.roles["pod"]) as server:
        client = use(server).client("sts")
        first = client.get_caller_identity()["Arn"]
        pass_time(hours=5, minutes=46)
        second = client.get_caller_identity()["Arn"]
        pass_time(minutes=15)
        third = client.get_caller_identity()["Arn"]
    before, after = main.world.sessions.values()

    assert first == second == third
    assert before.tags == after.tags
    assert dict(after.tags)["kubernetes-namespace"] == "billing"
    assert before.access_key_id != after.access_key_id


def test_a_container_whose_role_is_gone_gets_the_reason(main, gateway, use, pass_time):
    """When its credentials must be renewed."""
    with gateway.serve_credentials(ECS, role_arn=main.roles["task"]) as server:
        client = use(server).client("sts")
        client.get_caller_identity()
        main.roles["task"].update_assume_role_policy(trust({"Service": EKS}))
        pass_time(hours=5, minutes=51)
        with pytest.raises(CredentialRetrievalError, match="ECS was unable to assume the role"):
            client.get_caller_identity()

    assert " 403 ECS was unable to assume the role" in server.requests[-1]


def test_a_role_that_does_not_trust_the_service_starts_nothing(main, gateway):
    """The error says what to change; no server is left."""
    before = {*threading.enumerate()}
    with pytest.raises(AccessDenied, match="EKS does not have permissions to assume"):
        gateway.serve_credentials(EKS, role_arn=main.roles["task"])
    with pytest.raises(RequestError, match="EC2 assumes a role for an instance"):
        gateway.serve_credentials("ec2.amazonaws.com", role_arn=main.roles["task"])
    with pytest.raises(RequestError, match="source_arn"):
        gateway.serve_credentials(EKS, role_arn=main.roles["pod"], source_arn="shop")
    with pytest.raises(RequestError, match="role_arn is a role or its ARN"):
        gateway.serve_credentials(EKS, role_arn=None)

    assert {*threading.enumerate()} <= before


# -- both -----------------------------------------------------------------------------------------


def test_no_secret_is_shown(main, gateway, metadata, use):
    """Neither in a server, nor in its environment and requests; the port is."""
    with gateway.serve_credentials(ECS, role_arn=main.roles["task"]) as server:
        environment = server.environment()
        use(server)
        secret = boto3.Session().get_credentials().get_frozen_credentials()
        shown = f"{server!r} {environment} {server.requests}"

    assert f"127.0.0.1:{server.port}" in repr(server)
    assert str(metadata.port) in repr(metadata)
    for hidden in (environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"], *secret[1:3]):
        assert hidden not in shown


def test_a_computer_with_a_role_of_its_own_is_not_mixed_up(metadata, monkeypatch):
    """An SDK would ask there first, and no variable can hide that."""
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials")
    with pytest.raises(RequestError, match=r"os\.environ\.pop\('AWS_CONTAINER_CREDENTIALS_FULL"):
        metadata.environment()


def test_what_is_not_an_instance_here_is_refused(gateway, job, metadata):
    """An instance of another world, something else, a distance that isn't one, a used port."""
    there = World(seed=8).create_account("other").create_instance()
    for wrong in (there, "i-0123456789abcdef0", None):
        with pytest.raises(RequestError, match="isn't an instance of this world"):
            gateway.serve_metadata(wrong)
    with pytest.raises(RequestError, match="hops is a whole number"):
        gateway.serve_metadata(job, hops=0)
    with pytest.raises(RequestError, match="No server can listen"):
        gateway.serve_metadata(job, metadata.port)


def test_a_stopped_server_answers_nothing(gateway, job, metadata):
    """It stops once; stopping again is harmless, and its port can be used again."""
    port = metadata.port
    metadata.stop()
    metadata.stop()
    with pytest.raises(ConnectionRefusedError):
        _ask(metadata, "GET", "/latest/meta-data/")
    with gateway.serve_metadata(job, port) as again:
        assert _ask(again, "GET", f"{ROLES}/") == (200, "reader")

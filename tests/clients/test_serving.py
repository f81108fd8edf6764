"""A world over HTTP: real boto3 finds it by a profile, and what it does is in the world."""

import http.client
import json
import os
import signal
import socket
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import RequestError, World
from iamlab.cli.main import main
from iamlab.clients import serving
from iamlab.clients.serving import Server, call_line
from iamlab.model.clock_and_ids import Clock, RealClock
from tests.clients.at_home import home  # noqa: F401 - a fixture
from tests.clients.served import Served
from tests.rows import each_row

MAIN, OTHER = "111111111111", "222222222222"
ROLE_PROFILE = f"""
[profile deploy]
role_arn = arn:aws:iam::{MAIN}:role/deploy
source_profile = dana
role_session_name = night
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": MAIN}, "Action": "sts:AssumeRole"},
}


@pytest.fixture(autouse=True)
def _at_home(home):  # noqa: F811
    """Each test is at home."""


@pytest.fixture
def client():
    """Return a function that makes a client of a profile; its connections are closed at the end."""
    made = []

    def make(profile=None, service="iam"):
        made.append(boto3.Session(profile_name=profile).client(service))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _world(clock=None):
    """Make a world with Dana and a role, who may do everything, and Ana, who may do nothing."""
    made = World(seed=7, clock=clock)
    main_account = made.create_account("main", account_id=MAIN)
    for name in ("ana", "dana"):
        main_account.create_user(name).create_access_key()
    role = main_account.create_role("deploy", assume_role_policy_document=TRUST)
    for admin in (made.user("dana"), role):
        admin.attach_policy("AdministratorAccess")
    return made


@pytest.fixture
def world():
    """Make a world."""
    return _world()


@pytest.fixture
def server(world):
    """Serve it."""
    with world.gateway.serve() as started:
        yield started


@pytest.fixture
def profiles(server, tmp_path, monkeypatch):
    """Write the profiles, and set the variables that lead to them."""
    file = tmp_path / "profiles"
    for name, value in server.write_profiles(file).items():
        monkeypatch.setenv(name, value)
    return file


def _without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


# -- Clients ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("profiles")
def test_a_profile_leads_to_the_world(world, client):
    """What its client makes, changes and deletes is so in the world, and the caller is the user."""
    iam = client("dana")
    made = iam.create_user(UserName="zoe", Tags=[{"Key": "té am", "Value": "a + b"}])["User"]

    assert made["Arn"] == world.user("zoe").arn
    assert iam.get_user(UserName="zoe")["User"] == made
    iam.update_user(UserName="zoe", NewUserName="zoa")
    assert world.user("zoa").tags == {"té am": "a + b"}
    iam.delete_user(UserName="zoa")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_user(UserName="zoa")
    assert world.events[-1].user_identity["arn"] == world.user("dana").arn


@pytest.mark.usefixtures("profiles")
def test_an_object_is_stored_and_read(world, client):
    """A large one, which boto3 asks about before it sends it; other profiles don't matter."""
    world.account("main").create_bucket("maps")
    s3, body = client("dana", "s3"), b"stars" * 100_000
    s3.put_object(Bucket="maps", Key="m31.fits", Body=body)

    assert s3.get_object(Bucket="maps", Key="m31.fits")["Body"].read() == body
    s3.delete_object(Bucket="maps", Key="m31.fits")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="maps", Key="m31.fits")


@pytest.mark.usefixtures("profiles")
def test_a_request_has_one_id(world, client):
    """That of its call, also if moto answers it."""
    world.account("main").create_bucket("maps")
    made = client("dana", "s3").put_object(Bucket="maps", Key="a", Body=b"stars")

    assert made["ResponseMetadata"]["RequestId"] == world.gateway.calls[-1].request_id


def test_no_two_requests_have_the_same_id(world, server):
    """Also if they have no event, and the calls before them were already shown."""
    numbers = []
    for _ in range(3):
        line = http.client.HTTPConnection("127.0.0.1", server.port)
        line.request("GET", "/?Action=ListUsers&Version=2010-05-08")
        assert line.getresponse().status == 403
        line.close()
        numbers.append(world.gateway.calls.pop().request_id)

    assert len({*numbers}) == 3


@pytest.mark.usefixtures("profiles")
def test_a_denied_call_has_the_words_of_aws(world, client):
    """And the gateway has its decision."""
    iam = client("ana")

    with pytest.raises(ClientError, match=r"AccessDenied.*is not authorized to perform: iam:ListU"):
        iam.list_users()
    assert str(world.gateway.denied[-1].decision) == "○ implicit deny"


@pytest.mark.usefixtures("profiles")
def test_many_clients_at_once_all_do_their_calls(world, client):
    """Each in a thread, with a connection of its own; every user is made once."""

    def work(own):
        iam = client("dana")
        for number in range(5):
            iam.create_user(UserName=f"{own}-{number}")
            iam.get_user(UserName=f"{own}-{number}")

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c", "d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    users = world.account("main").users

    assert len(users) == 22
    assert len({user.unique_id for user in users.values()}) == 22
    assert [call.status for call in world.gateway.calls] == [200] * 40


@pytest.mark.usefixtures("profiles")
def test_a_client_that_dies_leaves_a_call_done_or_not_done(server, world, client, monkeypatch):
    """Cut off at any place, a request makes no user, and then a whole one makes one."""
    sent = []
    send = http.client.HTTPConnection.send
    monkeypatch.setattr(
        http.client.HTTPConnection, "send", lambda own, data: (sent.append(data), send(own, data))
    )
    iam = client("dana")
    iam.create_user(UserName="zoe")
    request = b"".join(sent)
    iam.delete_user(UserName="zoe")
    before = len(world.events)
    for end in (1, len(request) // 3, len(request) // 2, len(request) - 1):
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            line.sendall(request[:end])
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(request)
        line.recv(1)  # and the rest of the answer is not read

    assert [event.event_name for event in world.events[before:]] == ["CreateUser"]
    assert iam.get_user(UserName="zoe")["User"]["UserName"] == "zoe"


# -- Profiles --------------------------------------------------------------------------------------


def test_a_profile_file_has_each_user_with_a_key(server, profiles):
    """Only its owner can read it; a user without a key is not in it, and no settings are hidden."""
    lines = profiles.read_text().split("\n")

    assert stat.S_IMODE(profiles.stat().st_mode) == 0o600
    assert [line for line in lines if "[" in line] == [
        *("[default]", "[profile ana]", "[profile dana]")
    ]
    assert lines.count(f"endpoint_url = {server.url}") == 3
    assert list(server.profiles()) == ["ana", "dana"]


def test_a_name_in_two_accounts_gets_the_account(server, world):
    """Both have a profile."""
    world.create_account("other", account_id=OTHER).create_user("ana").create_access_key()

    assert list(server.profiles()) == [f"ana@{MAIN}", "dana", f"ana@{OTHER}"]
    assert server.profiles()[f"ana@{OTHER}"].account.name == "other"


def test_own_profiles_stay_in_the_file(server, profiles, world):
    """What iamlab wrote before is written again; what follows it is kept."""
    with profiles.open("a") as stream:
        stream.write(ROLE_PROFILE)
    world.account("main").create_user("eve").create_access_key()
    server.write_profiles(profiles)
    text = profiles.read_text()

    assert text.endswith(ROLE_PROFILE)
    assert text.count("[profile dana]") == text.count("[profile eve]") == 1


def test_no_other_file_is_overwritten(server, tmp_path, home):  # noqa: F811
    """And nothing is written to ~/.aws, even by a link."""
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    (tmp_path / "link").symlink_to(home / ".aws")
    for path in (home / ".aws" / "new", home / ".AWS" / "x", "~/.aws/new", tmp_path / "link" / "x"):
        with pytest.raises(RequestError, match=r"in ~/\.aws, where iamlab writes nothing"):
            server.write_profiles(path)
    for path in (other, tmp_path):
        with pytest.raises(RequestError, match=r"leaves it alone\. Name another file"):
            server.write_profiles(path)

    assert other.read_text() == "mine"
    assert [path.name for path in (home / ".aws").iterdir()] == ["config"]


def test_variables_are_enough_for_a_principal(server, world, client, monkeypatch):
    """A user or a session; their secrets are not printed, and stop() removes the file."""
    dana = world.user("dana")
    session = world.sts.assume_role(dana, role_arn=world.role("deploy"), role_session_name="night")
    for principal in (dana, session):
        variables = server.environment(principal)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        assert client(service="sts").get_caller_identity()["Arn"] == principal.arn
        assert variables["AWS_SECRET_ACCESS_KEY"] not in f"{variables} {server!r}"
    server.stop()
    assert not Path(variables["AWS_CONFIG_FILE"]).exists()


def test_who_has_no_key_has_no_variables(server, world):
    """The error says what to do."""
    with pytest.raises(RequestError, match="has no active access key"):
        server.environment(world.account("main").create_user("eve"))


# -- Time ------------------------------------------------------------------------------------------


def test_a_served_world_goes_with_the_computer():
    """A world of the past is moved to now; its time goes on when the server has stopped."""
    world = _world(Clock(datetime(2001, 2, 3, tzinfo=UTC)))
    with world.gateway.serve():
        assert world.clock == RealClock()
    assert world.clock == RealClock()


def test_a_world_of_the_future_stays_ahead(client, monkeypatch):
    """By the same difference, and phones don't show its codes."""
    world = _world(Clock(datetime(2101, 2, 3, tzinfo=UTC)))
    with world.gateway.serve() as server:
        ahead = world.clock.ahead
        assert world.clock.now >= datetime(2101, 2, 3, tzinfo=UTC)
        assert not world.clock.is_real
        for name, value in server.environment(world.user("dana")).items():
            monkeypatch.setenv(name, value)
        made = client().create_user(UserName="zoe")["User"]
        assert made["CreateDate"] >= datetime(2101, 2, 3, tzinfo=UTC)
    with world.gateway.serve():
        assert world.clock.ahead == ahead


@each_row("clock", [None, Clock(datetime(2101, 2, 3, tzinfo=UTC))])
def test_credentials_of_a_role_are_renewed_before_they_expire(tmp_path, monkeypatch, clock):
    """By the client's time, though the world's is ahead of it."""
    world = _world(clock)
    with world.gateway.serve() as server:
        file = tmp_path / f"profiles-{clock}"
        for name, value in server.write_profiles(file).items():
            monkeypatch.setenv(name, value)
        with file.open("a") as stream:
            stream.write(ROLE_PROFILE)
        session = boto3.Session(profile_name="deploy")
        sts, credentials = session.client("sts"), session.get_credentials()
        first = credentials.get_frozen_credentials().access_key
        assert sts.get_caller_identity()["Arn"].endswith("assumed-role/deploy/night")
        assert credentials.get_frozen_credentials().access_key == first

        left = credentials._expiry_time - datetime.now(UTC)
        assert timedelta(minutes=30) < left <= timedelta(hours=1)

        world.clock.advance(hours=2)
        with pytest.raises(ClientError, match="ExpiredToken"):
            sts.get_caller_identity()
        credentials._expiry_time -= timedelta(hours=1)
        monkeypatch.setattr(
            "botocore.credentials.CachedCredentialFetcher._is_expired", lambda *_: True
        )
        assert sts.get_caller_identity()["Arn"].endswith("assumed-role/deploy/night")
        assert credentials.get_frozen_credentials().access_key != first
        sts.close()


# -- On the command line ---------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    """Save a world whose Ana has no key."""
    world = _world()
    world.account("main").create_user("eve")
    world.save(tmp_path / "world.json")
    return tmp_path / "world.json"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_the_end_saves_what_clients_did(saved, tmp_path, client, monkeypatch, number):
    """Ctrl+C is enough, and each call was a line; what a client sends can't control a terminal."""
    file = tmp_path / "profiles"
    with Served(saved, "--save", "--profiles", file) as served:
        export = served.until("  export ").split("export ")[1]
        served.until("Calls:")
        for name, value in (pair.split("=", 1) for pair in export.split()):
            monkeypatch.setenv(name, value)
        client("dana").create_user(UserName="zoe")
        with pytest.raises(ClientError):
            client("eve").list_users()
        port = int(os.environ["AWS_ENDPOINT_URL"].rpartition(":")[2])
        odd = http.client.HTTPConnection("127.0.0.1", port)
        odd.request("POST", "/", "Version=2010-05-08&Action=%1B%5B31mRed%0ALine")
        odd.getresponse().read()
        odd.close()
        served.until("Red")
        status = served.end(number)
    again = World.load(saved)

    assert status == 0, served.lines
    assert "Access keys are created for users who had none: eve." in served.lines
    assert "  aws --profile eve sts get-caller-identity" in served.lines
    calls = [line[9:] for line in served.lines[served.lines.index("Calls:") + 1 :]]
    assert calls[:2] == [
        f"arn:aws:iam::{MAIN}:user/dana iam:CreateUser ✓ allowed by AdministratorAccess/#1",
        f"arn:aws:iam::{MAIN}:user/eve iam:ListUsers ○ implicit deny (identity-based policy)",
    ]
    assert "\ufffd[31mRed\ufffdLine" in calls[2]
    assert {"zoe", "eve"} <= set(again.account("main").users)
    assert len(again.user("eve").access_keys) == 1
    assert json.loads(saved.read_text())["secrets"] is False


def test_the_end_without_save_leaves_the_file(saved, monkeypatch, capsys):
    """And without --no-keys no user is changed in it."""
    before, handler = saved.read_bytes(), signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(serving, "sleep", lambda _: signal.raise_signal(signal.SIGINT))

    assert main(["serve", str(saved), "--no-keys"]) == 0
    printed = capsys.readouterr().out
    assert "--profile dana" in printed
    assert "--profile eve" not in printed
    assert saved.read_bytes() == before
    assert signal.getsignal(signal.SIGINT) is handler  # a job in the background ignores the signal


@each_row(
    ("arguments", "words"),
    [
        (["--save"], "Name the file of a saved world"),
        (["-", "--save"], "Name the file of a saved world"),
        (["--port", "70000"], "No server can listen on port 70000"),
        (["--profiles", "~/.aws/config"], "where iamlab writes nothing"),
        (["--profiles", "no/such/folder/file"], "No such file or directory"),
        (["missing.json"], "missing.json"),
    ],
)
def test_bad_input_serves_nothing(capsys, arguments, words):
    """It is one line, and the exit status is 2."""
    assert main(["serve", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_a_reader_who_goes_stops_the_server(world):
    """The world is saved nevertheless."""
    saved = []

    def show(_):
        raise BrokenPipeError

    serving.serve_until_stopped(world.gateway, show, lambda: saved.append(True))

    assert saved == [True]


def test_a_line_names_the_statement_and_the_layer(world):
    """In the decision's own words; a call without a decision has its error."""
    ana, gateway = world.user("ana"), world.gateway
    deny = {"Sid": "KeepUsers", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}
    ana.put_policy("guard", {"Version": "2012-10-17", "Statement": deny})
    with Server(gateway) as server:
        assert server.profiles()
        for call in (
            lambda iam: iam.list_users(),
            lambda iam: iam.get_user(UserName="nobody"),
        ):
            for user in ("ana", "dana"):
                try:
                    call(world.boto3_session(world.user(user)).client("iam"))
                except ClientError:
                    continue

    assert [call_line(call).partition(" ")[2] for call in gateway.calls] == [
        "iam:ListUsers ✕ explicit deny by guard/KeepUsers (identity-based policy)",
        "iam:ListUsers ✓ allowed by AdministratorAccess/#1",
        "iam:GetUser ✕ explicit deny by guard/KeepUsers (identity-based policy)",
        "iam:GetUser 404 NoSuchEntity: The user with name nobody cannot be found.",
    ]

"""A world's log as a list that can be searched, shown and written as AWS writes it."""

import gzip
import json
import pickle
from copy import copy, deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.analysis.event_search import names_of
from iamlab.analysis.trails.reading import Trail
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AwsError, RequestError
from iamlab.model.event import Event
from iamlab.world.events import EventLog
from tests.cloudtrail.record_format import problems
from tests.effort import tries
from tests.operations.identity_center import single_sign_on
from tests.operations.sts.sts_scene import DEV, MAIN, PASSWORD, Scene, made, trusting

READ = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Ana and her sessions, who did something; nobody changes it."""
    return busy()


def busy() -> Scene:
    """Make a world in which several people did something, for an hour."""
    scene = made()
    world, dana = scene.world, scene.main.create_user("dana")
    world.do(scene.key, *READ)
    for role in (scene.work, scene.short):
        world.do(scene.assume(scene.key, role), *READ)
        world.clock.advance(minutes=20)
    for call in (
        lambda: world.do(dana, *READ),
        lambda: scene.main.call("DeleteUser", scene.key, UserName="nobody"),
        lambda: world.do(ANONYMOUS, *READ),
        lambda: world.sign_in(account="main", user="dana", password="no"),
    ):
        with pytest.raises(AwsError):
            call()
    door = scene.dev.create_role("door", assume_role_policy_document=trusting(MAIN))
    scene.assume(scene.key, door)
    return scene


def told(log: EventLog) -> list[str]:
    """Return the names of the events."""
    return [event.event_name for event in log]


# -- a list ---------------------------------------------------------------------------------------


def test_a_log_is_a_list_and_parts_of_it_are_logs(scene: Scene) -> None:
    """A copy and a combination are too."""
    log = scene.world.events
    parts = [log[2:5], log.copy(), copy(log), deepcopy(log), log + log[:1], log.where()]
    parts += [pickle.loads(pickle.dumps(log)), scene.world.copy().events]  # noqa: S301 - our own

    assert {type(part) for part in parts} == {EventLog}
    assert isinstance(log[0], Event)
    assert log.where() == log == log.copy() == parts[-2]
    assert log.where() is not log
    assert log[:2] + log[2:3] == log[:3]


def test_what_happens_in_a_copy_is_not_in_the_log(scene: Scene) -> None:
    """Nor the other way round."""
    twin, before = scene.world.copy(), len(scene.world.events)
    twin.account("main").create_user("kim")

    assert len(twin.events) == before + 1
    assert len(scene.world.events) == before


# -- by principal ------------------------------------------------------------------------------


def test_the_events_of_somebody_are_found_by_all_that_he_is_called(scene: Scene) -> None:
    """Himself, ARN, key, name, unique id: with his key he did it all."""
    log, ana = scene.world.events, scene.ana
    ways = [ana, ana.arn, scene.key, scene.key.access_key_id, ana.name, ana.unique_id]
    found = [log.where(principal=who, what="s3:*") for who in ways]

    assert told(found[0]) == ["GetObject"]
    assert all(item == found[0] for item in found)


def test_of_a_role_all_sessions_are_found_and_of_a_session_its_own(scene: Scene) -> None:
    """By the name of the session, too, which both have."""
    log = scene.world.events
    of_role = log.where(principal=scene.work)

    assert told(of_role) == ["GetObject"]
    assert of_role == log.where(principal="work") == log.where(principal=scene.work.arn)
    assert len(log.where(principal="s1")) == 2
    [key_id] = {event.user_identity["accessKeyId"] for event in of_role}
    assert log.where(principal=key_id) == of_role


def test_a_session_is_found_by_its_credentials_not_by_its_name() -> None:
    """Two sessions may have one name."""
    scene = made()
    first, second = (scene.assume(scene.key, scene.work) for _ in range(2))
    for session in (first, second, second):
        scene.world.do(session, *READ)

    assert first.arn == second.arn
    assert [len(scene.world.events.where(principal=item)) for item in (first, second)] == [1, 2]
    assert len(scene.world.events.where(principal=first.arn)) == 3


def test_a_session_in_the_console_is_found_apart_from_another_one() -> None:
    """It has no access key; when it began tells it."""
    scene = made()
    sessions = []
    for _ in range(2):
        sessions.append(scene.world.sign_in(account="main", user="ana", password=PASSWORD))
        scene.world.clock.advance(minutes=5)
    for session in (sessions[0], sessions[1], sessions[1]):
        scene.main.call("ListUsers", session)

    assert [len(scene.world.events.where(principal=item)) for item in sessions] == [1, 2]


def test_services_strangers_and_accounts_are_found_too(scene: Scene) -> None:
    """By the service's name, as ``ANONYMOUS``, and by the account or its id."""
    log = scene.world.events
    abroad = log.where(account=DEV, principal=MAIN, what="sts:AssumeRole")

    assert told(log.where(principal=ANONYMOUS)) == ["GetObject"]
    assert [event.user_identity["type"] for event in abroad] == ["AWSAccount"]
    assert log.where(principal=scene.main) == log.where(principal=MAIN)
    there = single_sign_on.Scene()
    there.session()
    portal = there.world.events.where(principal=there.ana.id)
    assert told(portal) == ["UserAuthentication", "GetRoleCredentials"]
    assert there.world.events.where(principal="sso.amazonaws.com")


def test_an_odd_identity_is_nobody() -> None:
    """Of a log from elsewhere."""
    for odd in ({}, {"sessionContext": "x"}, {"onBehalfOf": None, "principalId": None}):
        assert list(names_of(odd)) in ([], ["None"])


# -- what, when, how ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("s3:GetObject", {"GetObject"}),
        ("S3:getobject", {"GetObject"}),
        ("GetObject", {"GetObject"}),
        ("s3:Get*", {"GetObject"}),
        ("*:*Role", {"AssumeRole", "CreateRole"}),
        ("iam:DeleteUser", {"DeleteUser"}),
        ("iam:Delete????", {"DeleteUser"}),
        ("ConsoleLogin", {"ConsoleLogin"}),
        ("signin:*", {"ConsoleLogin"}),
        ("kms:Decrypt", set()),
        ("night", set()),
    ],
)
def test_a_call_is_found_by_its_action_or_by_the_name_of_its_event(
    scene: Scene, what: str, names: set[str]
) -> None:
    """With stars; case is ignored. What nobody called is not there."""
    assert set(told(scene.world.events.where(what=what))) == names


def test_an_action_is_found_whose_event_has_another_name() -> None:
    """Both ways of saying it find the same."""
    scene = made()
    scene.world.do(scene.key, "s3:ListAllMyBuckets", "*")
    scene.world.do(
        scene.key, "lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{MAIN}:function:f"
    )
    log = scene.world.events

    for action, event in (
        ("s3:ListAllMyBuckets", "s3:ListBuckets"),
        ("lambda:InvokeFunction", "lambda:Invoke"),
    ):
        assert len(log.where(what=action)) == 1
        assert log.where(what=action) == log.where(what=event)


def test_times_are_within_if_they_are_the_first_or_the_last(scene: Scene) -> None:
    """As moments, or as text."""
    log = scene.world.events
    first, last = log[0].event_time, log[-1].event_time
    middle = first + timedelta(minutes=20)

    assert log.where(since=first, until=last) == log
    assert len(log.where(since=middle)) + len(log.where(until=middle)) > len(log)
    assert log.where(since="2026-11-25T09:20:00Z") == log.where(since=middle)
    assert log.where(since="2026-11-25T10:20:00+01:00") == log.where(since=middle)
    assert log.where(until=first - timedelta(seconds=1)) == []


def test_an_outcome_follows_from_the_error(scene: Scene) -> None:
    """A sign-in that went wrong has failed."""
    log = scene.world.events
    ends = {name: log.where(outcome=name) for name in ("allowed", "denied", "failed")}

    assert told(ends["denied"]) == ["GetObject", "GetObject"]
    assert told(ends["failed"]) == ["DeleteUser", "ConsoleLogin"]
    assert sum(map(len, ends.values())) == len(log)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"outcome": "allow"}, "Did you mean allowed?"),
        ({"outcome": 5}, "There are: allowed, denied, failed."),
        ({"outcome": []}, "There are: allowed"),
        ({"what": "s3:GetObjekt"}, "Did you mean GetObject"),
        ({"what": "s33:GetObject"}, "Did you mean s3"),
        ({"what": "s33:*"}, "there is no service s33"),
        ({"what": ""}, "isn't an action"),
        ({"what": 5}, "isn't an action"),
        ({"since": "yesterday"}, "isn't a time. Write"),
        ({"since": "2026-11-25"}, "write Z at its end"),
        ({"until": datetime(2026, 11, 25)}, "no time zone"),  # noqa: DTZ001 - that is it
        ({"until": 5}, "isn't a time"),
        ({"account": "main"}, "its id of 12 digits"),
        ({"account": 5}, "its id of 12 digits"),
        ({"principal": 5}, "is nobody"),
        ({"principal": ""}, "is nobody"),
        ({"principal": ["ana"]}, "is nobody"),
    ],
    ids=str,
)
def test_what_nothing_can_be_like_is_refused(
    scene: Scene, wanted: dict[str, Any], words: str
) -> None:
    """With what comes near."""
    with pytest.raises(RequestError) as caught:
        scene.world.events.where(**wanted)

    assert words in str(caught.value)


def test_a_group_never_calls() -> None:
    """Its users do."""
    scene = made()
    with pytest.raises(RequestError, match="search for its users"):
        scene.world.events.where(principal=scene.main.create_group("g"))


FILTERS = {
    "principal": st.sampled_from(["ana", "work", MAIN, "anonymous", "nobody"]),
    "what": st.sampled_from(["s3:*", "*", "iam:CreateUser", "ConsoleLogin", "sts:*"]),
    "outcome": st.sampled_from(["allowed", "denied", "failed"]),
    "account": st.sampled_from([MAIN, DEV, "999999999999"]),
    "since": st.integers(0, 60).map(
        lambda n: datetime(2026, 11, 25, 9, tzinfo=UTC) + n * timedelta(minutes=1)
    ),
}


@settings(max_examples=tries(60))
@given(st.fixed_dictionaries({}, optional=FILTERS))
def test_to_ask_at_once_is_to_ask_one_after_the_other(wanted: dict[str, Any]) -> None:
    """And keeps the order."""
    log = LOG
    step_by_step = log
    for name, value in wanted.items():
        step_by_step = step_by_step.where(**{name: value})
    found = log.where(**wanted)

    assert found == step_by_step
    places = [log.index(event) for event in found]
    assert places == sorted(places)


LOG = busy().world.events


# -- shown ----------------------------------------------------------------------------------------


def test_a_table_has_a_row_for_each_event(scene: Scene) -> None:
    """With who, what and how it ended."""
    frame = scene.world.events.to_frame()
    denied = frame[frame["outcome"] == "denied"]

    assert len(frame) == len(scene.world.events)
    assert denied["event"].tolist() == ["s3:GetObject"] * 2
    assert denied["error"].tolist() == ["AccessDenied"] * 2
    assert denied["who"].tolist()[0] == f"arn:aws:iam::{MAIN}:user/dana"
    assert denied["resource"].tolist() == [READ[1]] * 2


def test_a_card_shows_the_last_events_and_escapes_all() -> None:
    """Names of sessions and keys of objects are somebody's own words."""
    scene = made()
    scene.world.do(scene.key, "s3:GetObject", "arn:aws:s3:::star-maps/<script>")
    html = scene.world.events._repr_html_()

    assert "s3:GetObject" in html
    assert "✓&nbsp;allowed" in html
    assert "<script" not in html
    assert "&lt;script" in html
    assert "earlier ones" not in EventLog(scene.world.events[:30])._repr_html_()
    many = EventLog(scene.world.events[-1:] * 33)
    assert "after 3 earlier ones" in many._repr_html_()
    assert many._repr_html_().count("&lt;script") == 30
    assert "No events." in EventLog()._repr_html_()


# -- written --------------------------------------------------------------------------------------


def records(path: Path) -> list[Any]:
    """Read a file of CloudTrail's."""
    raw = path.read_bytes()
    found = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
    assert found.keys() == {"Records"}
    return list(found["Records"])


@pytest.mark.parametrize("name", ["trail.json", "trail.json.gz"])
def test_a_saved_log_has_its_records(scene: Scene, tmp_path: Path, name: str) -> None:
    """Packed if the name says so; the same log gives the same bytes."""
    path = tmp_path / name
    scene.world.events.save(path)
    first = path.read_bytes()
    scene.world.events.save(str(path))

    assert records(path) == [event.to_dict() for event in scene.world.events]
    assert [record for record in records(path) if problems(record)] == []
    assert path.read_bytes() == first
    assert [item.name for item in tmp_path.iterdir()] == [name]


def test_a_packed_file_does_not_say_when_it_was_made(scene: Scene, tmp_path: Path) -> None:
    """Nor by which name: else no two were the same."""
    path = tmp_path / "trail.json.gz"
    scene.world.events.save(path)

    assert path.read_bytes()[:8] == b"\x1f\x8b\x08\0\0\0\0\0"


def test_a_long_log_is_written_whole(scene: Scene, tmp_path: Path) -> None:
    """Part by part."""
    first = scene.world.events[0]
    long = EventLog(replace(first, event_id=str(hash((n, n)))) for n in range(5000))
    long.save(tmp_path / "trail.json.gz")

    assert [record["eventID"] for record in records(tmp_path / "trail.json.gz")] == [
        event.event_id for event in long
    ]


def test_a_file_has_the_events_of_the_five_minutes_before_it(tmp_path: Path) -> None:
    """The moment itself included."""
    world = World(seed=7)
    main = world.create_account("main", account_id=MAIN)
    for minute in range(12):
        main.create_user(f"u{minute}")
        world.clock.advance(minutes=1)
    stamps = {
        path.name.split("_")[3]: len(records(path)) for path in world.events.deliver(tmp_path)
    }

    assert stamps == {
        "20261125T0900Z": 1,
        "20261125T0905Z": 5,
        "20261125T0910Z": 5,
        "20261125T0915Z": 1,
    }


def test_an_empty_log_is_written_too(tmp_path: Path) -> None:
    """With no records."""
    World(seed=7).events.save(tmp_path / "trail.json")

    assert records(tmp_path / "trail.json") == []
    assert World(seed=7).events.deliver(tmp_path) == []


def test_what_cannot_be_written_leaves_the_file_that_was_there(
    scene: Scene, tmp_path: Path
) -> None:
    """And no half of another one."""
    path = tmp_path / "trail.json.gz"
    path.write_bytes(b"before")
    odd = replace(scene.world.events[0], request_parameters={"a": object()})
    with pytest.raises(TypeError):
        EventLog([*scene.world.events, odd]).save(path)

    assert path.read_bytes() == b"before"
    assert [item.name for item in tmp_path.iterdir()] == ["trail.json.gz"]


def test_a_trail_has_its_files_where_aws_puts_them(scene: Scene, tmp_path: Path) -> None:
    """By account, Region and day; each record once, within its five minutes."""
    log = scene.world.events
    files = log.deliver(tmp_path)
    start = f"AWSLogs/{MAIN}/CloudTrail/us-east-1/2026/11/25/{MAIN}_CloudTrail_us-east-1_20261125T"
    names = [path.relative_to(tmp_path).as_posix() for path in files]

    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(files)
    assert all(len(name.removesuffix(".json.gz").rpartition("_")[2]) == 16 for name in names)
    assert [name[: len(start) + 5] for name in names if MAIN in name] == [
        f"{start}{hour}Z" for hour in ("0900", "0920", "0940")
    ]
    every = [record for path in files for record in records(path)]
    assert sorted(every, key=lambda event: event["eventID"]) == sorted(
        (event.to_dict() for event in log), key=lambda item: item["eventID"]
    )
    for path in files:
        stamp = datetime.strptime(path.name.split("_")[3], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        for record in records(path):
            late = stamp - datetime.fromisoformat(record["eventTime"])
            assert timedelta(0) <= late < timedelta(minutes=5)
            assert record["recipientAccountId"] in path.parts


def test_what_a_log_delivers_is_read_again_as_it_was(scene: Scene, tmp_path: Path) -> None:
    """By the same package, which reads the files of real trails."""
    scene.world.events.deliver(tmp_path)
    trail = Trail(tmp_path)
    found = sorted((event.to_dict() for event in trail), key=lambda event: event["eventID"])

    assert found == sorted(
        (event.to_dict() for event in scene.world.events), key=lambda item: item["eventID"]
    )
    assert list(trail.problems) == []


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    """Names and bytes; another one has other names."""

    def written(folder: str, seed: int) -> dict[str, bytes]:
        scene = made(seed)
        files = scene.world.events.deliver(tmp_path / folder)
        return {file.name: file.read_bytes() for file in files}

    assert written("a", 7) == written("b", 7)
    assert written("a", 7).keys() != written("c", 8).keys()


def test_an_organizations_trail_has_its_accounts_below_its_id(tmp_path: Path) -> None:
    """And nothing of accounts outside; a prefix is before all."""
    scene = made()
    scene.world.create_account("far", account_id="999999999999").create_user("x")
    organization = scene.main.organization
    assert organization is not None
    for whose in (organization, organization.id):
        folder = tmp_path / str(type(whose).__name__)
        files = scene.world.events.deliver(folder, prefix="logs/all/", organization=whose)
        tops = {path.relative_to(folder).parts[:4] for path in files}
        ids = {MAIN, DEV, *(["999999999999"] if isinstance(whose, str) else [])}
        assert tops <= {("logs", "all", "AWSLogs", organization.id)}
        assert {path.relative_to(folder).parts[4] for path in files} <= ids
        assert ("999999999999" in {path.relative_to(folder).parts[4] for path in files}) is (
            isinstance(whose, str)
        )


@pytest.mark.parametrize(
    "how",
    [
        {"prefix": "../up"},
        {"prefix": "a/../../b"},
        {"prefix": "a//b"},
        {"prefix": "/"},
        {"prefix": "a\\b"},
        {"prefix": 5},
        {"organization": "o-1"},
        {"organization": "../../up"},
        {"organization": 5},
    ],
    ids=str,
)
def test_no_name_leads_out_of_the_folder(scene: Scene, tmp_path: Path, how: dict[str, Any]) -> None:
    """Nothing is written."""
    with pytest.raises(RequestError):
        scene.world.events.deliver(tmp_path / "in", **how)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"recipient_account_id": "../../.."},
        {"recipient_account_id": ""},
        {"recipient_account_id": "\N{ARABIC-INDIC DIGIT ONE}" * 12},
        {"aws_region": "../x"},
        {"aws_region": ""},
    ],
    ids=str,
)
def test_an_event_of_no_account_is_not_delivered_anywhere(
    scene: Scene, tmp_path: Path, odd: dict[str, str]
) -> None:
    """One from elsewhere could have any text there; nothing is written before it is found."""
    log = EventLog([*scene.world.events, replace(scene.world.events[0], **odd)])
    with pytest.raises(RequestError, match="cannot be delivered"):
        log.deliver(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_a_folder_and_a_folder_is_not_a_file(scene: Scene, tmp_path: Path) -> None:
    """The other method is named."""
    log, path = scene.world.events, tmp_path / "trail.json"
    log.save(path)
    for call, other in (
        (lambda: log.save(tmp_path), "deliver"),
        (lambda: log.deliver(path), "save"),
    ):
        with pytest.raises(RequestError, match=other):
            call()
    for bad in ("", 5, None, "a\0b", "\ud800x", Path("a\0b"), Path("\ud800")):
        with pytest.raises(RequestError, match="isn't the path"):
            log.save(bad)

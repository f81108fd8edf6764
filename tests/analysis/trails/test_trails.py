"""Trails: CloudTrail's files in all their shapes give their events, one at a time."""

import gzip
import json
import os
import random
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import iamlab
from iamlab import LoadError, RequestError, Trail, World
from iamlab import display as progress
from iamlab.analysis.trails import decoding
from iamlab.analysis.trails.decoding import Damage, records_in
from iamlab.analysis.trails.records import RecordError, event_of
from iamlab.model.event import Event
from tests.analysis.trails.trail_files import (
    ACCOUNT,
    iam_user,
    lookup_text,
    record,
    records,
    role_session,
    text_of,
    write,
    write_long,
)
from tests.effort import tries
from tests.rows import each_row

MADE = list(records(40))
EVENTS = [event_of(record) for record in MADE]


def lines_of(made):
    """One record a line."""
    return "".join(f"{json.dumps(record)}\n" for record in made)


SHAPES = {
    "as delivered": ("a.json.gz", text_of(MADE)),
    "not compressed": ("a.json", text_of(MADE)),
    "compressed, with a name that does not say so": (
        "a.json",
        gzip.compress(text_of(MADE).encode()),
    ),
    "plain, with a name that says otherwise": ("b.json", text_of(MADE)),
    "compressed in two parts": (
        "a.json",
        gzip.compress(text_of(MADE).encode()[:999]) + gzip.compress(text_of(MADE).encode()[999:]),
    ),
    "laid out for people": ("a.json", json.dumps({"Records": MADE}, indent=2)),
    "with a byte order mark": ("a.json", "\ufeff" + text_of(MADE)),
    "one record a line": ("a.jsonl", lines_of(MADE)),
    "one record a line, compressed": ("a.jsonl.gz", lines_of(MADE)),
    "a bare list": ("a.json", json.dumps(MADE)),
    "what lookup-events prints": ("a.json", lookup_text(MADE)),
    "pages one after the other": ("a.json", lookup_text(MADE[:9]) + "\n" + lookup_text(MADE[9:])),
    "the token before the events": (
        "a.json",
        json.dumps({"NextToken": "t"} | json.loads(lookup_text(MADE))),
    ),
    "letters of all scripts": (
        "a.json",
        text_of([*MADE[:-1], MADE[-1] | {"errorMessage": "né ☂ 🪐"}]),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_events(shape, tmp_path):
    """In their order, without a problem, as often as they are asked for."""
    name, text = SHAPES[shape]
    trail = Trail(write(tmp_path / name, text))

    first, second = list(trail), list(trail)

    assert first == second
    assert [e.event_id for e in first] == [e.event_id for e in EVENTS]
    assert first[:-1] == EVENTS[:-1]
    assert (trail.read, list(trail.problems), list(trail.skipped)) == (len(MADE), [], [])


@settings(max_examples=tries(40))
@given(st.integers(0, 2**32 - 1))
def test_it_does_not_matter_where_a_text_is_cut_into_pieces(seed):
    """Not even between the halves of an escape."""
    chance = random.Random(seed)
    made = [{"a": chance.choice(["\\", '"', "é\n", "🪐", 1.5e-7, -0, [], {}, None])}] * 5
    text = json.dumps({"Records": made}, ensure_ascii=chance.random() < 0.7)
    text = text.replace(" ", chance.choice((" ", "", "\n  ")))
    small = decoding.PIECE
    pieces = []
    while text:
        size = chance.randint(1, 9)
        pieces.append(text[:size])
        text = text[size:]

    decoding.PIECE = chance.randint(1, 40)
    try:
        found = list(records_in(iter(pieces)))
    finally:
        decoding.PIECE = small

    assert found == made


def test_a_folder_is_walked_in_the_order_of_names(tmp_path):
    """However deep; what isn't a file of a trail does not count."""
    layout = f"AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/11/25"
    for number, part in enumerate((MADE[:10], MADE[10:30], MADE[30:])):
        write(tmp_path / layout / f"{ACCOUNT}_CloudTrail_{number}.json.gz", text_of(part))
    write(tmp_path / layout / "notes.txt", "no trail")
    write(tmp_path / "last.json", "[]")

    trail = Trail(tmp_path)

    assert list(trail) == EVENTS
    assert len(trail.files) == 4
    assert [Path(file).name for file in trail.files] == sorted(file.name for file in trail.files)


def test_digests_and_insights_are_passed_over_and_said(tmp_path):
    """By their folder, and by what a file holds."""
    logs = tmp_path / "AWSLogs" / ACCOUNT
    digest = {"awsAccountId": ACCOUNT, "digestStartTime": "2026-11-25T00:00:00Z", "logFiles": []}
    insight = record() | {"eventCategory": "Insight", "eventType": "AwsCloudTrailInsight"}
    del insight["userIdentity"]
    write(logs / "CloudTrail" / "a.json", text_of([MADE[0], insight]))
    write(logs / "CloudTrail-Digest" / "d.json.gz", json.dumps(digest))
    write(logs / "CloudTrail-Insight" / "i.json.gz", text_of([insight]))
    alone = write(tmp_path / "digest.json", json.dumps(digest))

    trail = Trail(tmp_path)

    assert list(trail) == EVENTS[:1]
    assert list(trail) == EVENTS[:1]
    assert list(trail.problems) == []
    assert [(Path(damage.file).name, damage.position) for damage in trail.skipped] == [
        ("d.json.gz", 0),
        ("i.json.gz", 0),
        ("a.json", 2),
        ("digest.json", 1),
    ]
    assert "digest" in Trail(alone).skipped.__str__() + str(trail.skipped)


def test_a_file_that_is_named_twice_is_read_once(tmp_path):
    """As when a folder is named beside one of its files."""
    path = write(tmp_path / "a.json", text_of(MADE))

    assert list(Trail(tmp_path, path, str(path))) == EVENTS


@pytest.mark.parametrize("name", ["nowhere", "nowhere.json.gz"])
def test_where_nothing_is_nothing_is_read(name, tmp_path):
    """It is said when the trail is named, not later."""
    with pytest.raises(LoadError, match="no such file or folder"):
        Trail(tmp_path / name)


def test_a_folder_without_a_trail_is_refused(tmp_path):
    """With the way to get one; an only digest isn't one."""
    write(tmp_path / "CloudTrail-Digest" / "d.json.gz", "{}")
    write(tmp_path / "a.txt", text_of(MADE))

    with pytest.raises(LoadError, match=r"holds no file of a trail.*lookup-events"):
        Trail(tmp_path)


class OfBytes:
    """A path as bytes."""

    def __fspath__(self):
        return b"a.json"


@pytest.mark.parametrize(
    "parameters", [(), (5,), (None,), (b"a",), (["a"],), ("a\0b",), (OfBytes(),)]
)
def test_what_is_not_a_path_is_refused(parameters):
    """With the error for questions that cannot be asked."""
    with pytest.raises(RequestError):
        Trail(*parameters)


def test_a_folder_that_cannot_be_opened_is_said(tmp_path, monkeypatch):
    """What is in it is missing from the trail."""
    write(tmp_path / "a.json", text_of(MADE))
    write(tmp_path / "closed" / "b.json", text_of(MADE))
    scandir = os.scandir

    def guarded(place):
        if str(place).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", guarded)
    trail = Trail(tmp_path)

    assert list(trail) == EVENTS
    assert [damage.what for damage in trail.skipped] == ["It can't be read: Permission denied."]
    assert trail.skipped[0].file.endswith("closed")


def test_a_file_that_goes_away_is_a_problem(tmp_path):
    """The others are still read."""
    path = write(tmp_path / "a.json", text_of(MADE))
    write(tmp_path / "b.json", text_of(MADE))
    trail = Trail(tmp_path)
    path.unlink()

    assert list(trail) == EVENTS
    assert [(problem.file, problem.position) for problem in trail.problems] == [(str(path), 0)]
    assert "No such file" in trail.problems[0].what


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    """It may have the name of a file, and would never end."""
    os.mkfifo(tmp_path / "pipe.json")
    write(tmp_path / "a.json", text_of(MADE))

    assert list(Trail(tmp_path)) == EVENTS
    with pytest.raises(LoadError):
        Trail(tmp_path / "pipe.json")


def test_a_trail_remembers_nothing_of_a_reading_that_was_broken_off(tmp_path):
    """The next one begins at the beginning."""
    trail = Trail(write(tmp_path / "a.json.gz", text_of(MADE)))
    for event in trail:
        assert event == EVENTS[0]
        break
    assert trail.read == 1

    assert list(trail) == EVENTS
    assert trail.read == len(EVENTS)


def test_long_reading_shows_that_it_goes_on(tmp_path, capfd, monkeypatch):
    """On standard error, as everywhere."""
    monkeypatch.setattr(progress, "PATIENCE", -1)

    assert list(Trail(write(tmp_path / "a.json", text_of(MADE)))) == EVENTS
    assert "reading records" in capfd.readouterr().err


@pytest.mark.slow
def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path, monkeypatch):
    """Some records are kept at a time; all 6,000 would take 18 MB more."""
    monkeypatch.setattr(progress, "PATIENCE", 1000)
    peaks = []
    for count in (1_000, 6_000):
        trail = Trail(write_long(tmp_path / f"{count}.json.gz", count))
        tracemalloc.start()
        try:
            assert sum(1 for _ in trail) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()

    assert peaks[1] < peaks[0] + 1_000_000


def test_a_trail_is_a_public_name():
    """It is imported only when it is asked for."""
    assert "Trail" in iamlab.__all__
    assert iamlab.Trail is Trail


FIELDS = {
    "eventTime": ("event_time", "2026-11-25T10:15:00Z", datetime(2026, 11, 25, 10, 15, tzinfo=UTC)),
    "eventSource": ("event_source", "s3.amazonaws.com", "s3.amazonaws.com"),
    "eventName": ("event_name", "GetObject", "GetObject"),
    "awsRegion": ("aws_region", "eu-central-1", "eu-central-1"),
    "userIdentity": ("user_identity", iam_user("bob"), iam_user("bob")),
    "readOnly": ("read_only", True, True),
    "recipientAccountId": ("recipient_account_id", "444455556666", "444455556666"),
    "eventID": ("event_id", "e-7", "e-7"),
    "requestParameters": ("request_parameters", {"a": 1}, {"a": 1}),
    "responseElements": ("response_elements", {"b": [2]}, {"b": [2]}),
    "errorCode": ("error_code", "NoSuchBucket", "NoSuchBucket"),
    "errorMessage": ("error_message", "The bucket is not there.", "The bucket is not there."),
    "resources": (
        "resources",
        [{"ARN": "arn:aws:sqs:::q"}, {"ARNPrefix": "x"}],
        ("arn:aws:sqs:::q",),
    ),
    "eventType": ("event_type", "AwsServiceEvent", "AwsServiceEvent"),
    "additionalEventData": ("additional_event_data", {"c": 3}, {"c": 3}),
    "serviceEventDetails": ("service_event_details", {"d": 4}, {"d": 4}),
    "sharedEventID": ("shared_event_id", "s-1", "s-1"),
    "sourceIPAddress": ("source_ip_address", "203.0.113.7", "203.0.113.7"),
    "userAgent": ("user_agent", "curl", "curl"),
    "requestID": ("request_id", "r-9", "r-9"),
    "managementEvent": ("management_event", False, False),
    "eventCategory": ("event_category", "Data", "Data"),
    "vpcEndpointId": ("vpc_endpoint_id", "vpce-1", "vpce-1"),
    "vpcEndpointAccountId": ("vpc_endpoint_account_id", "444455556666", "444455556666"),
    "apiVersion": ("api_version", "2006-03-01", "2006-03-01"),
    "sessionCredentialFromConsole": ("session_credential_from_console", "true", True),
}
NEEDED = ("eventTime", "eventSource", "eventName", "userIdentity")


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_a_record_comes_into_the_event(field):
    """Under the same name, as Python writes it."""
    name, value, wanted = FIELDS[field]
    parameters = record() | {field: value}

    assert getattr(event_of(parameters), name) == wanted
    assert getattr(event_of(record()), name) != wanted or field in ("eventTime", "readOnly")


@each_row("field", FIELDS)
@pytest.mark.parametrize("value", [5, True, [5], {"a": 5}, "", "x", 1.5, [{"ARN": 5}], None])
def test_a_wrong_value_is_named_and_never_crashes(field, value):
    """Each field with each kind of value: an event, or the error that names the field."""
    parameters = record() | {field: value}
    if _is_taken(field, value):
        assert isinstance(event_of(parameters), Event)
        return

    with pytest.raises(RecordError, match=f"^{field} "):
        event_of(parameters)


TRUTHS = ("readOnly", "managementEvent", "sessionCredentialFromConsole")
OBJECTS = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails")


def _is_taken(field, value):
    """Return what can be in a field, beside what is there in records."""
    if field == "eventTime":
        return False  # none of the values is a time
    if field in NEEDED:
        kind = dict if field == "userIdentity" else str
        return isinstance(value, kind) and value != ""
    if field in TRUTHS:
        return value is True or value is None
    if field in OBJECTS:
        return value is None or isinstance(value, dict)
    if field == "resources":
        return value in ("", None)
    return value is None or isinstance(value, str)


@pytest.mark.parametrize("field", NEEDED)
def test_what_every_record_has_is_needed(field):
    """Its time, its source, its name, and who it was."""
    parameters = record()
    del parameters[field]

    with pytest.raises(RecordError, match=f"{field} is missing"):
        event_of(parameters)


@pytest.mark.parametrize(
    "text",
    ["2026-11-25T10:15:00Z", "2026-11-25T12:15:00+02:00", "2026-11-25 10:15:00.000000000"],
)
def test_times_are_in_utc(text):
    """However they are written."""
    time = event_of(record() | {"eventTime": text}).event_time

    assert (time, time.tzinfo) == (datetime(2026, 11, 25, 10, 15, tzinfo=UTC), UTC)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "2026-13-01T00:00:00Z", "10:15"])
def test_what_is_not_a_time_is_refused(text):
    """Also a time before all times."""
    with pytest.raises(RecordError, match=r"eventTime is .* not a time"):
        event_of(record() | {"eventTime": text})


@pytest.mark.parametrize("version", ["1.0", "1.01", "1.05", "1.11", "1.99", None])
def test_every_version_1_is_read(version):
    """Later minor versions only add fields, which do not disturb."""
    parameters = record() | {"eventVersion": version, "newField": {"x": 1}, "addendum": None}

    assert event_of(parameters) == event_of(record())


@pytest.mark.parametrize("version", ["2.0", "11", "", 1.11, [], {}])
def test_other_versions_are_refused(version):
    """Their fields might mean something else."""
    with pytest.raises(RecordError, match="eventVersion is"):
        event_of(record() | {"eventVersion": version})


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("GetUser", True),
        ("ListUsers", True),
        ("DescribeX", True),
        ("HeadObject", True),
        ("PutX", False),
    ],
)
def test_a_record_without_read_only_is_classified_by_its_name(name, reads):
    """Records before version 1.01 do not have the field."""
    parameters = record("s3", name)
    del parameters["readOnly"]

    assert event_of(parameters).read_only is reads


def test_old_records_are_of_the_callers_account():
    """Those before version 1.02 do not say whose log they are in."""
    parameters = record()
    del parameters["recipientAccountId"]

    assert event_of(parameters).recipient_account_id == ACCOUNT


def test_beside_an_object_its_bucket_says_only_whose_it_is():
    """So the event is about the object, and the account is that of the bucket."""
    arns = [{"ARN": "arn:aws:s3:::b/k"}, {"ARN": "arn:aws:s3:::b", "accountId": "444455556666"}]

    for order in (arns, arns[::-1]):
        event = event_of(record() | {"resources": order})
        assert event.resources == ("arn:aws:s3:::b/k",)
        assert event.resource_account_id == "444455556666"


def test_what_a_world_logs_can_be_read_again(tmp_path):
    """Its events, written as records, are the same events."""
    world = World(seed=7)
    main = world.create_account("main", account_id=ACCOUNT)
    ana = main.create_user("ana")
    ana.attach_policy("AdministratorAccess")
    main.create_bucket("star-maps")
    role = main.create_role(
        "app",
        assume_role_policy_document={
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": ana.arn},
                "Action": "sts:AssumeRole",
            },
        },
    )
    session = world.sts.assume_role(ana, role_arn=role.arn, role_session_name="job")
    world.do(ana, "s3:PutObject", "arn:aws:s3:::star-maps/m31")
    with pytest.raises(iamlab.AccessDenied):
        world.do(session, "s3:GetObject", "arn:aws:s3:::star-maps/m31")

    text = text_of(event.to_dict() for event in world.events)
    again = list(Trail(write(tmp_path / "a.json", text)))

    assert [event.to_dict() for event in again] == [event.to_dict() for event in world.events]
    assert {event.event_name for event in again} >= {"CreateUser", "AssumeRole", "GetObject"}


def test_sessions_of_roles_keep_who_made_them():
    """The whole identity stays as it was written."""
    identity = role_session("app", path="/service-role/")

    assert event_of(record(identity=identity)).user_identity == identity


def test_damage_is_not_a_record():
    """It is a value of its own, so that no record can look like it."""
    assert list(records_in(iter(['[{"what": "x"}]']))) == [{"what": "x"}]
    [damage] = records_in(iter(["[nonsense]"]))
    assert isinstance(damage, Damage)
    assert not isinstance(damage, dict)
    with pytest.raises(RecordError, match="not an object"):
        event_of(damage)

"""The sequence: every arrow is a real call, and what came back is where it came back."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from iamlab import World
from iamlab.analysis.credential_timeline.timeline import Hop, Party
from iamlab.errors import AwsError, RequestError
from iamlab.model.event import EventLog
from iamlab.teach.scenarios import DATA, MAIN, OLD_MAP, observatory
from iamlab.view.drawing.shapes import Curve
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.figures.calls.sequence import hops_of, sequence
from tests.operations.federation.issuer_tokens import workflow_token
from tests.operations.sts import sts_scene
from tests.view.looking import faults

MAP = "arn:aws:s3:::star-maps/m31.fits"
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def nightly():
    """An instance's job reads a map and can't delete it; return the world and the session."""
    world = observatory()
    instance = next(
        resource
        for resource in world.account(MAIN).resources.values()
        if resource.kind == "instance"
    )
    session = instance.role_session()
    world.clock.advance(minutes=3)
    world.do(session, "s3:GetObject", MAP)
    with suppress(AwsError):
        world.do(session, "s3:DeleteObject", MAP)
    return world, session


@pytest.fixture(scope="module")
def chain():
    """Carol assumes the auditor, and then a role of another account; with the last session."""
    world = observatory()
    carol = world.user("carol")
    first = world.sts.assume_role(carol, role_arn=world.role("auditor"), role_session_name="carol")
    world.clock.advance(minutes=10)
    archivist = f"arn:aws:iam::{DATA}:role/archivist"
    second = world.sts.assume_role(first, role_arn=archivist, role_session_name="carol")
    world.do(second, "s3:PutObject", OLD_MAP)
    return world, first, second


def cells(figure, *columns):
    """Return some columns of the figure's table."""
    return [tuple(row[name] for name in columns) for row in figure.rows]


def drawn(figure):
    """Return the words in the picture, whole."""
    return [label.whole for label in figure.sheet.record.labels]


def heads(figure):
    """Return the boxes at the top, from left to right."""
    return [box.text for box in sorted(figure.sheet.record.boxes, key=lambda box: box.x)]


# -- what the arrows are ---------------------------------------------------------------------------


def test_inside_the_instance_credentials_come_by_the_metadata_service_from_sts(nightly):
    """Lesson 16: instance, metadata service, STS, and then S3 with the credentials."""
    world, session = nightly
    figure = sequence(world.timeline(session))

    assert cells(figure, "source_kind", "target_kind", "operation", "is_answer", "outcome") == [
        (
            *("instance", "metadata service"),
            *("GET /latest/meta-data/iam/security-credentials/", False, ""),
        ),
        ("metadata service", "service", "AssumeRole", False, "allowed"),
        ("service", "session", "AssumeRole", True, ""),
        ("session", "service", "GetObject", False, "allowed"),
        ("session", "service", "DeleteObject", False, "denied"),
    ]
    assert heads(figure)[1:] == ["169.254.169.254", "STS", "role nightly-job", "S3"]
    assert figure.rows[2]["until"] == session.expiration
    assert "until 15:00" in drawn(figure)
    assert ("✕ DeleteObject" in drawn(figure), "AccessDenied" in drawn(figure)) == (True, True)
    assert "STS answers role nightly-job: temporary credentials until 15:00" in figure.alt
    assert "role nightly-job calls S3: ✕ DeleteObject AccessDenied" in figure.alt
    assert faults(figure) == []


def test_every_arrow_is_a_hop_of_the_timeline(nightly, chain):
    """With the same times, errors and events."""
    for world, session in (nightly, chain[::2]):
        timeline = world.timeline(session)
        columns = ("source", "target", "operation", "time", "error_code", "event_id")

        assert cells(sequence(timeline), *columns) == [
            (hop.source.name, hop.target.name, hop.operation, hop.at, hop.error_code, hop.event_id)
            for hop in timeline.hops
        ]


@pytest.mark.parametrize(
    ("operation", "kinds", "calls"),
    [
        (
            "AssumeRoleWithSAML",
            ["browser", "directory", "service", "session"],
            ["sign in", "✓ AssumeRoleWithSAML"],
        ),
        (
            "AssumeRoleWithWebIdentity",
            ["application", "OIDC issuer", "service", "session"],
            ["ask for a token", "✓ AssumeRoleWithWebIdentity"],
        ),
    ],
)
def test_who_comes_from_outside_is_vouched_for_before_sts(operation, kinds, calls):
    """A browser signs in at a directory, an application at its issuer; no log has these calls."""
    scene = sts_scene.made()
    figure = sequence(scene.world.timeline(scene.session(operation)))

    assert [row["source_kind"] for row in figure.rows] == kinds[:3]
    assert [label for label in drawn(figure) if label in calls] == calls
    assert figure.rows[0]["outcome"] == ""
    assert "so it isn't in a log" in figure.caption
    assert figure.as_text().count("in account") == 1
    assert faults(figure) == []


def test_a_workflow_of_github_comes_by_its_token():
    """Lesson 10's other example."""
    world = observatory()
    issuer = next(iter(world.oidc_issuers.values()))
    session = world.sts.assume_role_with_web_identity(
        role_arn=world.role("publisher"),
        role_session_name="deploy",
        web_identity_token=workflow_token(issuer, "acme/star-maps"),
    )
    figure = sequence(world.timeline(session))

    assert heads(figure)[0] == "repo:acme/star-maps:ref:refs/heads/main"
    assert [row["source_kind"] for row in figure.rows] == ["CI job", "OIDC issuer", "service"]
    assert faults(figure) == []


def test_accounts_are_fields_when_there_are_several(chain):
    """Those of one account are together; a service is in none; names are the world's."""
    world, _, second = chain
    figure = sequence(world.timeline(second), world=world)
    words = drawn(figure)

    assert [words.count(name) for name in ("acme-main", "acme-data", MAIN, DATA)] == [1, 1, 1, 1]
    assert heads(figure)[:2] == ["carol", "role auditor"]
    assert f"in account acme-data {DATA}" in figure.as_text()
    assert "acme-main" not in drawn(sequence(world.timeline(second)))
    assert faults(figure) == []


def test_heads_of_one_account_share_a_field():
    """They are together, although another caller is between them in time."""
    s3 = Party("service", "s3.amazonaws.com")
    users = [
        Party("user", f"arn:aws:iam::{account}:user/u{i}")
        for i, account in enumerate((MAIN, DATA) * 2)
    ]
    figure = sequence([Hop(user, s3, "GetObject", AT, "e") for user in users])

    assert [drawn(figure).count(account) for account in (MAIN, DATA)] == [1, 1]
    assert faults(figure) == []


def test_answers_are_dashed_and_calls_are_not(nightly):
    """Denied calls are bold."""
    world, session = nightly
    shapes = sequence(world.timeline(session)).sheet.shapes
    curves = [shape for shape in shapes if isinstance(shape, Curve)]
    level = [curve for curve in curves if len({round(y, 3) for _, y in curve.points}) == 1]

    assert [not curve.ink.dashes for curve in level] == [True, True, False, True, True]
    assert [curve.ink.width > 2 for curve in level] == [False] * 4 + [True]


def test_one_account_needs_no_field(nightly):
    """The list has its number."""
    world, session = nightly
    figure = sequence(world.timeline(session), world=world)

    assert MAIN not in drawn(figure)
    assert f"in account acme-main {MAIN}" in figure.as_text()


def test_a_revoked_session_says_so():
    """It was valid for an hour and ended earlier."""
    world = observatory()
    session = world.sts.assume_role(
        world.user("carol"), role_arn=world.role("auditor"), role_session_name="carol"
    )
    world.clock.advance(minutes=10)
    world.role("auditor").revoke_sessions()
    world.clock.advance(minutes=1)

    assert "revoked 09:10" in drawn(sequence(world.timeline(session)))


# -- logs ------------------------------------------------------------------------------------------


def test_a_log_shows_callers_services_and_what_sts_hands_out(chain):
    """The same calls as in the timeline, from the events alone."""
    world, *_, second = chain
    log = EventLog(
        [event for event in world.events if event.event_source.startswith(("sts", "s3"))]
    )
    figure, by_hops = sequence(log[-4:]), sequence(world.timeline(second))
    columns = ("target", "operation", "is_answer", "outcome", "until", "event_id")

    assert cells(figure, *columns) == cells(by_hops, *columns)
    assert (
        cells(figure, "source_kind", "source", "access_key_id")[2:]
        == (cells(by_hops, "source_kind", "source", "access_key_id")[2:])
    )


def test_a_log_knows_till_when_credentials_are_good_in_the_afternoon_too(nightly):
    """CloudTrail writes STS's times with AM and PM."""
    world, session = nightly
    _, ends = hops_of(world.events)
    [(until, _)] = ends.values()

    assert until == session.expiration
    assert until.hour == 15


def test_a_log_tells_a_users_key_from_a_users_session():
    """Both call with the user's ARN; the key's id shows the difference."""
    scene = sts_scene.made()
    before = len(scene.world.events)
    session = scene.session("GetSessionToken")
    for caller in (scene.key, session, scene.ana):
        with suppress(AwsError):
            scene.world.do(caller, "s3:GetObject", MAP)
    hops, _ = hops_of(scene.world.events[before:])

    assert [hop.source.kind for hop in hops if hop.operation == "GetObject"] == [
        *("access key", "session", "user"),
    ]


def test_a_call_between_accounts_is_one_arrow_though_two_logs_have_it(chain):
    """The event of the caller's account names the caller."""
    world, *_ = chain
    both = [event for event in world.events if event.shared_event_id][-2:]
    both = [event for event in world.events if event.shared_event_id == both[0].shared_event_id]
    assert len(both) == 2

    for events in (both, both[::-1]):
        (call, *answers), _ = hops_of(events)
        assert call.source.name == next(
            event.user_identity["arn"] for event in events if "arn" in event.user_identity
        )
        assert [hop.target.kind for hop in answers] == ["session"]
    (stranger, *_), _ = hops_of([event for event in both if "arn" not in event.user_identity])
    assert (stranger.source.kind, stranger.source.name) == ("AWS account", MAIN)


def test_a_call_that_failed_for_another_reason_is_not_called_denied():
    """It has another sign."""
    at = {"at": AT, "event_id": "e"}
    user, s3 = Party("user", f"arn:aws:iam::{MAIN}:user/ana"), Party("service", "s3.amazonaws.com")
    figure = sequence(
        [
            Hop(user, s3, "GetObject", error_code="NoSuchKey", **at),
            Hop(user, s3, "PutObject", error_code="AccessDenied", **at),
        ]
    )

    assert [row["outcome"] for row in figure.rows] == ["failed", "denied"]
    assert {"○ GetObject", "✕ PutObject"} <= set(drawn(figure))


# -- how much there is ---------------------------------------------------------------------------


def test_nothing_says_so():
    """An empty log, and a timeline without hops."""
    for nothing in ([], EventLog(), World(seed=1).timeline()):
        figure = sequence(nothing)

        assert drawn(figure) == ["No calls."]
        assert "no call" in figure.alt
        assert faults(figure) == []


def made_up(number):
    """Make so many calls, each of another operation, by three users."""
    s3 = Party("service", "s3.amazonaws.com")
    return [
        Hop(
            Party("user", f"arn:aws:iam::{MAIN}:user/ana{i % 3}"),
            s3,
            f"Do{i}",
            AT + timedelta(minutes=i),
            f"e{i}",
        )
        for i in range(number)
    ]


@pytest.mark.parametrize(("number", "left"), [(1, 0), (40, 0), (41, 1), (60, 20)])
def test_what_is_too_much_is_counted_in_the_middle(number, left):
    """The first and last calls are drawn; the table and the list have all."""
    figure = sequence(made_up(number))
    words = drawn(figure)

    assert len(figure.rows) == number
    assert sum(word.startswith("✓ Do") for word in words) == number - left
    assert ("✓ Do0" in words, f"✓ Do{number - 1}" in words) == (True, True)
    more = f"{left} more call{'s' * (left > 1)}: the table has all"
    assert (more in words) == bool(left)
    assert all(f"Do{i}" in figure.as_text() for i in range(number))
    assert faults(figure) == []


def test_a_call_that_is_made_again_and_again_is_one_arrow():
    """The arrow has the number of calls; in the table each call is a row."""
    [call] = made_up(1)
    again = [replace(call, at=AT + timedelta(minutes=i), event_id=f"e{i}") for i in range(7)]
    figure = sequence(again)

    assert "✓ 7 × Do0" in drawn(figure)
    assert len(figure.rows) == 7
    assert "2026-11-25 09:00:00 to 2026-11-25 09:06:00 ana0" in figure.as_text()
    assert "ana0 calls S3: ✓ 7 × Do0" in figure.alt


def test_above_ten_heads_the_others_share_one():
    """Those with the most calls have their own, and the first caller too."""
    s3 = Party("service", "s3.amazonaws.com")
    users = [
        Party("user", f"arn:aws:iam::{MAIN}:user/u{i}{'-long' * 9 * (i > 9)}") for i in range(14)
    ]
    hops = [Hop(user, s3, "GetObject", AT, "e") for user in (*users, *users[6:])]
    figure = sequence(hops)

    assert len(figure.sheet.record.boxes) == 10
    assert {"u0", "S3", "6 more"} < set(heads(figure))
    assert all(f"u{i}" in heads(figure) for i in range(6, 10))
    assert figure.drawing.get_size_inches()[0] <= PAGE
    assert "6 more, others" in figure.as_text()
    assert all(f"user/u{i}" in figure.as_text() for i in range(14))
    assert faults(figure) == []


def test_only_what_differs_of_the_time_is_written():
    """The day once if it is the same; seconds if there are some; both if days differ."""
    first, second = made_up(2)
    cases = {
        timedelta(minutes=1): {"2026-11-25", "09:00", "09:01"},
        timedelta(seconds=5): {"2026-11-25", "09:00:00", "09:00:05"},
        timedelta(days=1): {"2026-11-25 09:00", "2026-11-26 09:00"},
    }
    for later, words in cases.items():
        figure = sequence([first, replace(second, at=AT + later)])
        assert words <= set(drawn(figure))
        assert faults(figure) == []


def test_a_call_to_oneself_is_a_loop():
    """It leads back to its own lifeline."""
    sts = Party("service", "sts.amazonaws.com")
    figure = sequence([Hop(sts, sts, "AssumeRole", AT, "e")])

    assert heads(figure) == ["STS"]
    assert faults(figure) == []


# -- names and looks -----------------------------------------------------------------------------


def test_parties_of_one_name_have_distinct_names():
    """Root users by their accounts, sessions of one name by a number."""
    s3 = Party("service", "s3.amazonaws.com")
    roots = [Party("user", f"arn:aws:iam::{account}:root") for account in (MAIN, DATA)]
    arn = f"arn:aws:sts::{MAIN}:assumed-role/web/s1"
    twins = [Party("session", arn, key) for key in ("ASIA1", "ASIA2")]
    figure = sequence([Hop(user, s3, "GetObject", AT, "e") for user in (*roots, *twins)])
    text = figure.as_text()

    assert f"root user of {MAIN}" in text
    assert f"root user of {DATA}" in text
    assert {"role web", "role web (2)"} <= set(heads(figure))
    assert len(figure.sheet.record.boxes) == 5
    assert faults(figure) == []


def test_the_same_calls_give_the_same_picture(chain):
    """Byte for byte."""
    world, *_, second = chain
    pictures = {sequence(world.timeline(second), world=world).svg() for _ in range(2)}

    assert len(pictures) == 1


def test_no_secret_is_in_the_picture(nightly):
    """Although the figure is about credentials."""
    world, session = nightly
    for calls in (world.timeline(session), world.events[-4:]):
        figure = sequence(calls)
        text = f"{figure.as_text()}{figure.rows}{figure.alt}{drawn(figure)}"
        assert session.secret_access_key not in text
        assert session.session_token not in text


@pytest.mark.parametrize("wrong", [None, 7, "log", [1], {"a": 1}, object()])
def test_only_calls_are_drawn(wrong):
    """The error says what a sequence is made of."""
    with pytest.raises(RequestError, match="A sequence is made of"):
        sequence(wrong)


@pytest.mark.parametrize(
    "identity",
    [{}, {"type": "Odd"}, {"type": "IAMUser", "arn": None}, {"type": 7, "arn": ["x"]}],
)
def test_events_from_odd_files_are_drawn_all_the_same(identity, chain):
    """With any caller and any response."""
    world, *_ = chain
    event = next(
        candidate for candidate in reversed(world.events) if candidate.event_name == "AssumeRole"
    )
    answers = [
        None,
        {},
        {"credentials": "x"},
        {"credentials": {"accessKeyId": "A", "expiration": 7}},
    ]
    odd = [replace(event, user_identity=identity, response_elements=answer) for answer in answers]

    assert faults(sequence(odd)) == []

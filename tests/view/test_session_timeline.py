"""The timeline of sessions says what the world's own timeline says: lifetimes, chains, ends."""

from dataclasses import replace

import pytest

from iamlab import Policy, World
from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.display import printable
from iamlab.errors import RequestError
from iamlab.view.drawing.time_axis import stamp
from iamlab.view.figures.credentials.session_timeline import session_timeline
from iamlab.view.layouts.lifetimes import MOST
from tests.view.looking import faults
from tests.view.scenes import UGLY

MAIN, DATA = "111111111111", "222222222222"
ALL = Policy.allow("*", "*")
OF_MAIN = Policy.allow("sts:AssumeRole", None, principal=MAIN)
OF_EC2 = Policy.allow("sts:AssumeRole", None, principal="ec2.amazonaws.com")


class Night:
    """Alice operates the telescope at night; a camera on an instance has a role of its own."""

    def __init__(self):
        self.world = World(seed=7)
        main = self.world.create_account("acme-main", account_id=MAIN)
        data = self.world.create_account("acme-data", account_id=DATA)
        alice = main.create_user("alice")
        alice.put_policy("all", ALL)
        self.key = alice.create_access_key()
        self.operator = _role(main, "operator", OF_MAIN)
        self.reader = _role(data, "map-reader", OF_MAIN)
        main.create_instance_profile("camera").add_role(_role(main, "camera", OF_EC2))
        self.camera = main.create_instance(instance_profile="camera")

    def wait(self, **time):
        """Let time go by."""
        self.world.clock.advance(**time)

    def assume(self, caller, role, name, hours=1):
        """Assume a role, and wait ten minutes."""
        parameters = {
            "role_arn": role,
            "role_session_name": name,
            "duration_seconds": int(hours * 3600),
        }
        session = self.world.sts.assume_role(caller, **parameters)
        self.wait(minutes=10)
        return session

    def figure(self):
        """Draw it as it is now."""
        return session_timeline(self.world.timeline())


def _role(account, name, trust):
    role = account.create_role(
        name, assume_role_policy_document=trust, max_session_duration=12 * 3600
    )
    role.put_policy("all", ALL)
    return role


@pytest.fixture
def night():
    """The beginning of the night."""
    return Night()


def crowd(number):
    """Sessions of so many users by half as many roles, ten minutes apart."""
    night = Night()
    account = night.world.account(MAIN)
    roles = [_role(account, f"role-{i}", OF_MAIN) for i in range(max(number // 2, 1))]
    for i in range(number):
        user = account.create_user(f"user-{i}")
        user.put_policy("all", ALL)
        night.assume(user, roles[i % len(roles)], f"s{i}")
    return night


def areas(figure):
    """Return the colours of everything that is filled."""
    return [patch.get_facecolor() for patch in figure.drawing.axes[0].patches]


# -- the facts ------------------------------------------------------------------------------------


def test_the_table_is_the_worlds_own_timeline(night):
    """Each credential has one row, with the values of the timeline."""
    first = night.assume(night.key, night.operator, "alice", 8)
    night.assume(first, night.reader, "maps")
    night.camera.role_session()
    timeline = night.world.timeline()
    rows = {row["credentials"]: row for row in session_timeline(timeline).rows}

    assert len(rows) == len(timeline)
    for credential in timeline:
        row = rows[credential.access_key_id]
        assert (row["arn"], row["operation"], row["role"]) == (
            *(credential.arn, credential.operation, credential.role_arn),
        )
        assert (row["start"], row["end"], row["ended"]) == (
            credential.start,
            credential.end,
            credential.ended,
        )
        assert (row["parent"], row["depth"]) == (credential.parent, credential.depth)


def test_the_list_has_every_lifetime_with_its_whole_times(night):
    """Its begin, its end with the reason, its ARN, and the credentials that requested it."""
    first = night.assume(night.key, night.operator, "alice", 8)
    night.assume(first, night.reader, "maps")
    night.wait(hours=2)
    text = session_timeline(timeline := night.world.timeline()).as_text()

    for credential in timeline:
        [line] = [
            line
            for line in text.splitlines()
            if f"{credential.arn}, {credential.access_key_id}" in line
        ]
        assert f"from {stamp(credential.start)}" in line
        if credential.end is not None:
            assert stamp(credential.end) in line
        if credential.parent:
            assert f"requested with {credential.parent}" in line
    [chained] = [line for line in text.splitlines() if ":assumed-role/map-reader" in line]
    assert chained.startswith("    map-reader/maps")
    assert "○ expired 2026-11-25 10:10:00" in chained


def test_a_chained_session_is_said_to_be_one_and_meets_its_wall(night):
    """Only sessions that a role's session requested have the limit."""
    first = night.assume(night.key, night.operator, "alice", 8)
    alone = night.figure()
    chained = night.assume(first, night.reader, "maps")
    figure = night.figure()

    assert {row["credentials"] for row in figure.rows if row["is chained"]} == {
        chained.access_key_id
    }
    assert "AssumeRole (chained) in 222222222222" in figure.as_text()
    assert "A chained session lasts one hour at most." in figure.caption
    assert "one hour" not in alone.caption
    assert not any("limit" in label.whole for label in alone.sheet.record.labels)
    assert any("limit of a chained session" in label.whole for label in figure.sheet.record.labels)


def test_an_arrow_leads_from_the_credentials_that_asked_to_those_that_they_got(night):
    """At the time of the call; the camera's credentials have no arrow."""
    first = night.assume(night.key, night.operator, "alice", 8)
    night.assume(first, night.reader, "maps")
    night.camera.role_session()
    figure = night.figure()
    lines = figure.sheet.record.lines

    assert len(lines) == 2
    assert all(line[0][0] == line[-1][0] and line[0][1] < line[-1][1] for line in lines)
    assert lines[0][0][0] < lines[1][0][0]


def test_what_is_renewed_shares_a_lane(night):
    """An instance's credentials follow each other; each has its row and its end."""
    night.camera.role_session()
    night.wait(hours=5, minutes=56)
    night.camera.role_session()
    night.wait(hours=6)
    night.camera.role_session()
    figure = night.figure()
    own = [row for row in figure.rows if ":assumed-role/camera/" in row["arn"]]

    assert [row["ended"] for row in own] == ["expired", "expired", "still valid"]
    assert len({row["lane"] for row in own}) == 1
    assert "AssumeRole by ec2, 3 in turn" in figure.as_text()
    assert faults(figure) == []


def test_sessions_side_by_side_have_lanes_of_their_own(night):
    """Two sessions of one name at the same time don't hide each other."""
    night.assume(night.key, night.operator, "alice", 8)
    night.assume(night.key, night.operator, "alice", 8)
    lanes = {row["lane"] for row in night.figure().rows if row["operation"] == "AssumeRole"}

    assert len(lanes) == 2


def test_a_revoked_session_has_its_cross_and_what_outlives_it_is_named(night):
    """The alternative text says which session was revoked, and which one is still valid."""
    first = night.assume(night.key, night.operator, "alice", 8)
    night.assume(first, night.reader, "maps")
    night.operator.revoke_sessions()
    night.wait(minutes=5)
    figure = night.figure()

    assert (
        "operator/alice was revoked on 2026-11-25 at 09:20, but map-reader/maps stays" in figure.alt
    )
    assert "✕ revoked 2026-11-25 09:20:00" in figure.as_text()
    assert sum(label.drawn == "✕" for label in figure.sheet.record.labels) == 1
    assert faults(figure) == []


def test_crosses_at_one_moment_do_not_hide_each_other(night):
    """Five keys that were deleted together share a lane and a cross."""
    keys = [night.world.account(MAIN).create_user(f"u{i}").create_access_key() for i in range(5)]
    night.assume(night.key, night.operator, "alice", 1)
    for key in keys:
        key.delete()
    figure = night.figure()

    assert "5 more access keys: no sessions" in figure.as_text()
    assert any(label.drawn == "5 key deleted" for label in figure.sheet.record.labels)
    assert sum(label.drawn == "✕" for label in figure.sheet.record.labels) == 1
    assert faults(figure) == []


def test_every_end_is_said_in_words(night):
    """Expired, revoked, its role or user deleted; a key inactive, deleted, or without an end."""
    main = night.world.account(MAIN)
    night.assume(night.key, night.operator, "alice", 1)
    for name in ("bob", "carol"):
        user = main.create_user(name)
        user.put_policy("all", ALL)
        key = user.create_access_key()
        night.world.sts.get_session_token(key, duration_seconds=12 * 3600)
        if name == "bob":
            key.update("Inactive")
            continue
        key.delete()
        user.delete_policy("all")
        user.delete()
    gone = _role(main, "gone", OF_MAIN)
    night.assume(night.key, gone, "late", 6)
    gone.inline.clear()
    gone.delete()
    night.wait(hours=1)
    text, ended = (
        night.figure().as_text(),
        {credential.ended for credential in night.world.timeline()},
    )

    assert ended == {
        *("still valid", "expired", "role deleted", "user deleted", "inactive", "key deleted")
    }
    for words in (
        *("✓ valid until", "✓ valid, no end", "○ expired", "✕ role deleted", "✕ user deleted"),
        *("– inactive", "✕ key deleted"),
    ):
        assert words in text
    assert faults(night.figure()) == []


def test_the_alternative_text_counts_what_is_valid_and_names_them(night):
    """As the world's timeline has it, by the minute."""
    night.assume(night.key, night.operator, "alice", 1)
    before = night.figure().alt
    night.wait(hours=2)

    assert before.startswith("On 2026-11-25 at 09:10, 2 of 2 credentials are valid")
    assert before.endswith(": operator/alice and alice.")
    assert night.figure().alt == (
        "On 2026-11-25 at 11:10, 1 of 2 credentials is valid: alice. "
        "operator/alice expired on 2026-11-25 at 10:00."
    )


def test_what_is_good_is_dark_and_what_is_over_is_pale(night):
    """A black-and-white print shows the same."""
    night.assume(night.key, night.operator, "alice", 1)
    good = areas(night.figure())
    night.wait(hours=3)
    over = areas(night.figure())

    def dark(colours):
        return sum(sum(colour[:3]) / 3 < 0.45 and colour[2] > 0.5 for colour in colours)

    assert dark(good) == 3  # the key, the session, and the legend
    assert dark(over) == 2


# -- the window -----------------------------------------------------------------------------------


def test_an_old_key_does_not_squeeze_the_sessions(night):
    """The window is that of the sessions; a key from last year begins at its left edge."""
    night.wait(days=400)
    night.assume(night.key, night.operator, "alice", 1)
    figure = night.figure()

    assert any(
        label.drawn.startswith("TIME (UTC), 2027-12-30; now")
        for label in figure.sheet.record.labels
    )
    assert any(label.drawn == "◂" for label in figure.sheet.record.labels)
    assert "from 2026-11-25 09:00:00" in figure.as_text()
    assert faults(figure) == []


def test_now_is_on_the_picture_or_an_arrow_leads_to_it(night):
    """Long after all sessions, the window doesn't grow; the time has an arrow."""
    night.assume(night.key, night.operator, "alice", 1)
    near = [label.drawn for label in night.figure().sheet.record.labels]
    night.wait(days=300)
    far = [label.drawn for label in night.figure().sheet.record.labels]

    assert "now" in near
    assert "now ▸" in far
    assert "TIME (UTC), 2026-11-25; now 2027-09-21 09:10" in far
    assert faults(night.figure()) == []


# -- sizes, names, nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 20, MOST - 1])
def test_a_crowd_is_readable_lane_by_lane(size):
    """Up to forty lanes each session has its own."""
    figure = crowd(size).figure()

    assert len({row["lane"] for row in figure.rows}) == size + 1
    assert "drawn as one" not in figure.as_text()
    assert faults(figure) == []


def test_of_more_the_latest_have_lanes_and_the_others_share_one():
    """No session is lost in table or list."""
    timeline = crowd(130).world.timeline()
    figure = session_timeline(timeline)
    labels = [label.whole for label in figure.sheet.record.labels]

    assert len(timeline) == len(figure.rows)
    assert all(credential.access_key_id in figure.as_text() for credential in timeline)
    assert "110 sessions" in labels
    assert "role-64/s129" in labels
    assert "role-0/s0" not in labels
    assert "drawn as one box, 110 sessions" in figure.as_text()
    assert ": role-0/s0, role-1/s1, " in figure.as_text()
    assert faults(figure) == []


def test_keys_of_which_no_session_came_share_the_last_lane(night):
    """From four keys on, so that sessions have room."""
    for number in range(4):
        night.world.account(MAIN).create_user(f"u{number}").create_access_key()
    night.assume(night.key, night.operator, "alice", 1)
    text = night.figure().as_text()

    assert "4 more access keys: no sessions" in text
    assert text.index("operator/alice") < text.index("4 more access keys")
    assert "\nalice: CreateAccessKey" in text


def test_a_world_without_credentials_says_so():
    """In the picture, the alternative text and the table."""
    figure = session_timeline(World(seed=1).timeline())

    assert "no credentials" in figure.alt
    assert [row["credentials"] for row in figure.rows] == [0]
    assert faults(figure) == []


def test_every_name_is_text(night):
    """Shortened in the picture, whole in the list; nothing is interpreted, nothing overlaps."""
    for number in range(len(UGLY)):
        night.assume(night.key, night.operator, f"s{number}", 2)
    timeline = night.world.timeline()
    prefix = f"arn:aws:sts::{MAIN}:assumed-role/"
    names = dict(zip([row.access_key_id for row in timeline.rows[1:]], UGLY, strict=True))
    rows = [
        replace(row, arn=f"{prefix}{names[row.access_key_id]}", asked_by=names[row.access_key_id])
        for row in timeline.rows[1:]
    ]
    figure = session_timeline(Timeline(tuple(rows), timeline.hops, timeline.now))

    assert faults(figure) == []
    assert all(printable(name) in figure.as_text() for name in UGLY)
    assert {row["arn"] for row in figure.rows} == {f"{prefix}{name}" for name in UGLY}


def test_the_same_timeline_gives_the_same_bytes():
    """Drawn twice, from worlds made twice."""
    assert crowd(5).figure().svg() == crowd(5).figure().svg()


def test_no_secret_is_drawn(night):
    """Ids of access keys aren't secrets; nothing else of them is shown."""
    session = night.assume(night.key, night.operator, "alice", 1)
    figure = night.figure()
    text = f"{figure.as_text()}{figure.rows}{figure.alt}{figure.svg().decode()}"

    assert session.secret_access_key not in text
    assert session.session_token not in text
    assert night.key.secret_access_key not in text


@pytest.mark.parametrize("what", [None, "timeline", 3, World(seed=1)])
def test_only_a_timeline_is_drawn(what):
    """The error says how to get one."""
    with pytest.raises(RequestError, match=r"world.timeline\(\)"):
        session_timeline(what)

"""The session slider: each button is a call of AWS, at the time of the clock."""

import pytest

from iamlab import Policy, World
from iamlab.errors import AccessDenied, ExerciseError, ExpiredToken, ValidationError
from iamlab.widgets import session_slider
from tests.widgets.page import problems, put

MAIN = "arn:aws:iam::111111111111"


@pytest.fixture(scope="module")
def world():
    """Ana can assume ``reader``, whose sessions can assume ``writer``; Bob can't do anything."""
    world = World(seed=7)
    account = world.create_account("main", account_id="111111111111")
    ana, _ = account.create_user("ana"), account.create_user("bob")
    trust = Policy.allow("sts:AssumeRole", None, principal="111111111111")
    reader, writer = (
        account.create_role(name, assume_role_policy_document=trust)
        for name in ("reader", "writer")
    )
    ana.put_policy("assume", Policy.allow("sts:AssumeRole", reader.arn))
    reader.put_policy("assume", Policy.allow("sts:AssumeRole", writer.arn))
    return world


def _slider(world, **choices):
    slider = session_slider(world)
    for name, value in {
        "caller": f"{MAIN}:user/ana",
        "role": f"{MAIN}:role/reader",
        **choices,
    }.items():
        slider.set(name, value)
    return slider


def _states(slider):
    return [(row.arn.rpartition("/")[2], row.ended) for row in slider.world().timeline()]


def test_a_session_expires_when_the_clock_moves(world):
    """It is valid for an hour; the clock goes back to where it is valid, or isn't there yet."""
    before = world.clock.now
    slider = _slider(world, place=4)
    slider.press("issue")
    for place, states in {
        3: [],
        4: [("session-1", "still valid")],
        7: [("session-1", "still valid")],
        9: [("session-1", "expired")],
        5: [("session-1", "still valid")],
    }.items():
        slider.set("place", place)
        assert _states(slider) == states

    assert world.clock.now == before
    assert world.sessions == {}


def test_a_call_is_that_of_aws(world):
    """What AWS refuses changes nothing, and the card shows AWS's message."""
    slider = _slider(world, caller=f"{MAIN}:user/bob")
    for press, error in (("issue", AccessDenied), ("revoke", AccessDenied)):
        with pytest.raises(error):
            slider.press(press)
    slider.use("issue", press=True)
    assert "user/bob is not authorized to perform: sts:AssumeRole" in slider.parts()["result"]
    slider.set("caller", f"{MAIN}:user/ana")
    slider.set("seconds", "43200")
    with pytest.raises(ValidationError, match="DurationSeconds"):
        slider.press("issue")

    assert slider.state.calls == ()


def test_a_chain_outlives_the_revocation_of_its_parent(world):
    """Revoking denies the role's sessions; a session of another role stays valid."""
    slider = _slider(world)
    slider.press("issue")
    [first] = slider.world().sessions
    slider.set("caller", first)
    slider.set("role", f"{MAIN}:role/writer")
    slider.press("issue")
    slider.set("caller", f"{MAIN}:root")
    slider.set("role", f"{MAIN}:role/reader")
    slider.press("revoke")

    assert _states(slider) == [("session-1", "revoked"), ("session-2", "still valid")]
    assert "Still valid, as sessions of other roles: writer/session-2." in slider.parts()["facts"]
    slider.set("caller", first)
    with pytest.raises(AccessDenied):
        slider.press("issue")
    slider.set("place", 4)
    with pytest.raises(ExpiredToken):
        slider.press("issue")


def test_a_call_in_the_past_drops_later_calls(world):
    """They haven't happened yet."""
    slider = _slider(world, place=8)
    slider.press("issue")
    slider.set("place", 4)
    slider.press("issue")
    slider.set("place", slider.steps)

    assert _states(slider) == [("session-1", "expired")]
    assert [place for place, *_ in slider.state.calls] == [4]


def test_the_state_survives_as_json(world):
    """A copy of the state shows the same card."""
    slider, twin = _slider(world), session_slider(world)
    slider.press("issue")
    slider.set("place", 2)
    twin.from_json(slider.to_json())

    assert twin.state == slider.state
    assert twin.parts() == slider.parts()


def test_other_values_are_errors(world):
    """A world without a role has no slider."""
    slider = session_slider(world)
    for name, value in {"place": 49, "role": "admin", "caller": "ASIA", "chain": None}.items():
        with pytest.raises(ExerciseError, match=r"no control|can't be"):
            slider.set(name, value)
    with pytest.raises(ExerciseError, match="at least one role"):
        session_slider(World(seed=7))


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page, world):
    """Assume a role, drag the clock, revoke by keyboard; axe-core finds nothing."""
    slider = _slider(world)
    card = put(page, slider)
    card.get_by_role("button", name="Assume the role", exact=True).click()
    card.get_by_role("cell", name="✓ still valid").wait_for()
    box = card.get_by_role("slider").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 8, middle)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 8 + box["width"] * step / 16, middle)
    page.mouse.up()
    card.get_by_role("cell", name="✕ expired").wait_for()
    assert 23 <= slider.state.place <= 25
    page.keyboard.press("Home")
    card.get_by_role("cell", name="✓ still valid").wait_for()
    assert page.evaluate("document.activeElement.name") == "place"
    card.get_by_label("Caller").select_option(label="root user")
    card.get_by_role("button", name="Revoke").press("Space")
    card.get_by_role("cell", name="✕ revoked").wait_for()

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400

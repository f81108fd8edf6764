"""The reach explorer: its paths are those of worlds with the same edits."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from iamlab import ExerciseError, Policy, RequestError, World
from iamlab.teach.scenarios import observatory
from iamlab.widgets import reach_explorer
from tests.widgets.page import put

MAIN = "arn:aws:iam::111111111111:"


@pytest.fixture
def world():
    """Dana becomes an administrator by a function, or by Bob's access key."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    dana, bob = main.create_user("dana"), main.create_user("bob")
    bob.put_policy("widen", Policy.allow("iam:AttachUserPolicy", f"{MAIN}user/bob"))
    dana.put_policy("more", Policy.allow(["iam:PassRole", "lambda:*"], "*"))
    dana.put_policy("keys", Policy.allow("iam:CreateAccessKey", f"{MAIN}user/bob"))
    trust = Policy.allow("sts:AssumeRole", None, principal={"Service": "lambda.amazonaws.com"})
    role = main.create_role("ops", assume_role_policy_document=trust)
    role.attach_policy("AdministratorAccess")
    return world


def test_a_path_is_followed_and_cut_until_none_remains(world):
    """After each edit the path is that of a world with the same edits."""
    before = world.copy()
    explorer = reach_explorer(world, "dana")
    edited = world.copy()
    for steps in (1, 2):
        assert len(explorer.path.edges) == steps
        explorer.press("next")
        assert explorer.state.step == steps
        explorer.press("cut")
        _edit(edited, explorer.made[-1])
        assert str(explorer.path) == str(edited.reach().path(f"{MAIN}user/dana"))

    assert explorer.path is None
    assert explorer.edits == []
    assert str(explorer).splitlines()[1:2] == [
        "After 2 edits, no path leads from dana to an administrator."
    ]
    assert before.diff(world) == ()
    explorer.press("undo")
    assert len(explorer.path.edges) == 2


def _edit(world, edit):
    user = world.user(edit.holder.rpartition("/")[2])
    if len(user.inline[edit.policy].statements[0].action) == 1:
        user.delete_policy(edit.policy)
    else:
        user.put_policy(edit.policy, Policy.allow("lambda:*"))


def test_edits_of_the_present_step_take_away_what_it_needs(world):
    """An edit that closes the step removes the path, or makes it another one."""
    explorer = reach_explorer(world, "dana", "bob")
    assert explorer.state.target == f"{MAIN}user/bob"
    assert [str(edit) for edit in explorer.edits] == [
        f"Remove iam:CreateAccessKey from statement #1 of keys of {MAIN}user/dana.",
        f"Deny {MAIN}user/dana iam:CreateAccessKey, in an inline policy reach-cut.",
    ]
    explorer.set("edit", "1")
    explorer.press("cut")
    assert "another path of 2 steps" in explorer.parts()["facts"]
    assert "✕ closed" in explorer.parts()["before"]


def test_an_edit_can_leave_a_step_open(world):
    """Two statements allow the call: after an edit to one of them, the same path is open."""
    world.user("dana").put_policy("again", Policy.allow("iam:CreateAccessKey", f"{MAIN}user/bob"))
    world.user("dana").delete_policy("more")
    explorer = reach_explorer(world, "dana", world.user("bob"))
    explorer.press("cut")

    assert "the same path of 1 step" in explorer.parts()["facts"]


def test_the_state_is_json_and_belongs_to_no_object(world):
    """Another explorer takes it, with its edits."""
    explorer, other = reach_explorer(world, "dana"), reach_explorer(world, "bob")
    explorer.press("cut")
    explorer.press("next")
    other.from_json(explorer.to_json())

    assert other.state == explorer.state
    assert other.parts() == explorer.parts()
    assert other.marks() == explorer.marks()
    assert json.loads(explorer.to_json())["step"] == 2
    assert list(explorer.marks().values()) == ["", "", "decides"]


def test_sources_and_targets_are_chosen(world):
    """Edits stay; the path begins again at its first step."""
    explorer = reach_explorer(world, "dana")
    explorer.press("cut")
    explorer.set("source", f"{MAIN}user/bob")
    assert len(explorer.path.edges) == 1
    explorer.set("target", f"{MAIN}user/bob")
    assert explorer.path.edges == ()
    assert "no step" not in explorer.parts()["facts"]
    explorer.set("target", "admin")
    for name, value in (("source", "admin"), ("target", "zoe"), ("edit", 9), ("fly", 1)):
        with pytest.raises(ExerciseError, match="no control"):
            explorer.set(name, value)
    with pytest.raises(ExerciseError, match="no control"):
        reach_explorer(world, "dana").press("undo")


def test_a_session_can_be_the_source(world):
    """Its name is that of the session; a service can't be one."""
    main = world.account("main")
    trust = Policy.allow("sts:AssumeRole", None, principal={"AWS": f"{MAIN}user/bob"})
    role = main.create_role("helper", assume_role_policy_document=trust)
    role.put_policy("keys", Policy.allow("iam:CreateAccessKey", f"{MAIN}user/bob"))
    session = world.sts.assume_role(
        world.user("bob"), role_arn=role, role_session_name="night-shift"
    )
    explorer = reach_explorer(world, session, "bob")
    assert "from helper/night-shift to bob" in explorer.parts()["facts"]
    with pytest.raises(RequestError, match="of no account"):
        reach_explorer(world, "ec2.amazonaws.com")


def test_a_new_principal_can_be_on_a_path():
    """Whoever can create a role becomes a role that doesn't exist yet."""
    main = World(seed=7).create_account("main", account_id="111111111111")
    own = ["iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole"]
    main.create_user("dana").put_policy("roles", Policy.allow(own, f"{MAIN}role/dev-*"))
    explorer = reach_explorer(main.world, "dana")
    assert "dana becomes" in explorer.parts()["facts"]
    assert "dev-" in explorer.parts()["facts"]


def test_a_world_without_a_path_says_so():
    """Acme's developers can't become administrators."""
    explorer = reach_explorer(observatory(), "bob")
    assert explorer.path is None
    assert "No path leads from bob to an administrator." in explorer.parts()["facts"]
    assert explorer.marks() == {}


@pytest.mark.browser
def test_the_explorer_is_used_by_keyboard_alone(world, page):
    """Edits by Space until no path remains; the focus stays in the card, and axe finds nothing."""
    explorer = reach_explorer(world, "dana")
    card = put(page, explorer)
    status = card.get_by_role("status").filter(has_text="path")
    card.get_by_role("button", name="Make this edit").focus()
    page.keyboard.press("Space")
    expect(status).to_contain_text("another path of 2 steps")
    card.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("Step 2 of 2")
    expect(card.locator(".decides .word.decides")).to_be_visible()
    assert Axe().run(page, context=".iamlab-card").response["violations"] == []
    card.get_by_role("button", name="Make this edit").focus()
    page.keyboard.press("Space")
    expect(status).to_contain_text("no path leads")
    assert page.evaluate("document.activeElement.name") == "undo"
    page.keyboard.press("Space")
    expect(status).to_contain_text("path of 2 steps")
    card.locator("select[name=source]").select_option(label="bob")
    expect(status).to_contain_text("from bob to an administrator")
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert Axe().run(page, context=".iamlab-card").response["violations"] == []

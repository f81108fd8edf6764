"""The explorer opens any world, decides as the world does, and never loses what was typed."""

import json

import pytest

import iamlab
from iamlab import Network, Policy, World
from iamlab.errors import ExerciseError, NoSuchEntity, RequestError
from iamlab.teach.lesson import lessons
from iamlab.teach.scenarios import MAP, MAPS, scenario
from iamlab.widgets.choices import principals
from iamlab.widgets.instruments.explorer import ABSENT, VIEWS
from tests.storage.account_exports import export_of, hand_made
from tests.widgets.page import put

SCENARIOS = [name for lesson in lessons().values() for name in lesson.worlds]

UGLY = '<b>"&' + 50 * "x"


def guarded():
    """Make a world whose policies ask for MFA, tags, an address and a time."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    main.create_bucket("star-maps")
    alice = main.create_user("alice", tags={"project": "sky"})
    alice.put_policy(
        "own",
        Policy.allow(
            "s3:GetObject", f"{MAPS}/*", when={"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        )
        + Policy.allow(
            "s3:PutObject", f"{MAPS}/*", when={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
        )
        + Policy.allow(
            "s3:PutObjectTagging",
            f"{MAPS}/*",
            when={"StringEquals": {"aws:RequestTag/project": "${aws:PrincipalTag/project}"}},
        )
        + Policy.allow(
            "s3:DeleteObject",
            f"{MAPS}/*",
            when={"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}},
        ),
    )
    return world


@pytest.fixture(scope="module")
def large():
    """Make a world of 200 identities."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    main.create_group("readers").put_policy("read", Policy.allow("s3:Get*", f"{MAPS}/*"))
    for number in range(200):
        main.create_user(f"user-{number}")
        world.group("readers").add_user(f"user-{number}")
    return world


# -- decisions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dana"])
@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
def test_it_decides_as_the_world_does(who, action):
    """Also in words, when it is denied."""
    world = scenario("groups")
    lab = iamlab.lab(world, who, action, MAP)
    assert lab.decision == world.can(world.user(who), action, MAP)
    assert str(lab.decision.verdict) in str(lab).lower()


@pytest.mark.parametrize(
    ("action", "changes"),
    [
        ("s3:GetObject", {"mfa": "yes"}),
        ("s3:PutObject", {"address": "203.0.113.9"}),
        ("s3:PutObjectTagging", {"key aws:RequestTag/project": "sky"}),
        ("s3:DeleteObject", {"time": "2027-06-01T00:00"}),
    ],
)
def test_each_control_of_the_context_counts(action, changes):
    """Each one allows what is denied without it, and again from JSON."""
    lab = iamlab.lab(guarded(), "alice", action, MAP)
    assert not lab.decision
    for name, value in changes.items():
        lab.set(name, value)
    assert lab.decision
    before = lab.to_json()
    for name in changes:
        lab.set(name, "as it is" if name == "mfa" else "")
    assert not lab.decision
    lab.from_json(before)
    assert lab.decision
    assert lab.to_json() == json.dumps(json.loads(before))


def test_a_key_of_the_world_can_be_absent_or_another():
    """A tag that the principal has, for example."""
    lab = iamlab.lab(guarded(), "alice", "s3:PutObjectTagging", MAP)
    lab.set("key aws:RequestTag/project", "sea")
    lab.set("key aws:PrincipalTag/project", "sea")
    assert lab.decision
    lab.set("key aws:PrincipalTag/project", ABSENT)
    assert not lab.decision
    assert lab.decision.request.values("aws:PrincipalTag/project") is None


def test_fields_ask_for_the_keys_of_the_policies_with_their_values():
    """A key with a control of its own has no second field."""
    lab = iamlab.lab(guarded(), "alice", "s3:PutObject", MAP)
    keys = lab.controls()["keys"]
    assert "aws:RequestTag/project" in keys
    assert "aws:PrincipalTag/project" in keys
    assert "aws:SourceIp" not in keys
    assert iamlab.lab(scenario("groups"), "bob", "s3:GetObject", MAP).controls()["keys"] == ""


def test_a_vpc_endpoint_can_be_used():
    """Its policy counts."""
    world = scenario("groups")
    [main] = world.accounts.values()
    policy = Policy.deny("s3:*", "*", principal="*")
    name = main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1", policy=policy).name
    lab = iamlab.lab(world, "alice", "s3:GetObject", MAP)
    assert lab.decision
    lab.set("endpoint", name)
    assert lab.decision == world.can(
        world.user("alice"), "s3:GetObject", MAP, network=Network(endpoint=name)
    )
    assert not lab.decision


def test_a_request_that_needs_no_permission_names_no_statement():
    """Everybody can ask who they are, and the root user needs no Allow."""
    world = scenario("groups")
    lab = iamlab.lab(world, "bob", "sts:GetCallerIdentity", "*")
    assert "AWS always allows this." in lab.parts()["result"]
    lab.set("principal", "root user")
    lab.set("action", "s3:ListAllMyBuckets")
    assert "A root user needs no Allow in its own account." in lab.parts()["result"]


def test_sessions_and_roles_are_principals():
    """A session has its own policies, and expires."""
    world = guarded()
    [main] = world.accounts.values()
    alice = world.user("alice")
    trust = Policy.allow("sts:AssumeRole", None, principal=alice.arn)
    role = main.create_role("reader", assume_role_policy_document=trust)
    role.put_policy("read", Policy.allow("s3:GetObject", f"{MAPS}/*"))
    key = alice.create_access_key()
    limit = Policy.deny("s3:GetObject")
    world.sts.assume_role(key, role_arn=role.arn, role_session_name="night", policy=limit)
    assert list(principals(world)) == [
        "alice",
        "reader",
        "root user",
        "night as reader",
        "anonymous",
    ]
    lab = iamlab.lab(world, "reader", "s3:GetObject", MAP)
    assert lab.decision
    lab.set("principal", "night as reader")
    assert not lab.decision
    lab.set("principal", world.user("alice"))
    assert lab.state.principal == "alice"
    lab.set("principal", "night as reader")
    with pytest.raises(Exception, match="expired"):
        lab.set("time", "2027-06-01T00:00")
    assert lab.decision is None


def test_equal_names_in_two_accounts_are_told_apart():
    """By their accounts."""
    world = World(seed=7)
    for name in ("main", "lab"):
        world.create_account(name).create_user("ana")
    assert list(principals(world))[:2] == ["user ana of main", "the root user of main"]


# -- any world, also while it changes --------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::iamlab.storage.account_details.LoadWarning")
def test_it_opens_an_export():
    """An export has no resources; its policies name some."""
    world = World.from_account_details(export_of(hand_made()))
    lab = iamlab.lab(world)
    assert lab.decision is not None
    for view in VIEWS:
        lab.set("view", view)
        assert lab.parts()["more"]
    assert "Taken for granted" in lab.picture()


@pytest.mark.slow
def test_every_scenario_opens_with_a_request_that_its_policies_are_about():
    """A world without accounts has none."""
    for name in SCENARIOS:
        assert iamlab.lab(scenario(name)).decision is not None
    with pytest.raises(ExerciseError, match="account"):
        iamlab.lab(World())


def test_it_follows_the_world_and_does_not_change_it():
    """A change in another cell counts in the next picture."""
    world = scenario("groups")
    lab = iamlab.lab(world, "bob", "s3:GetObject", MAP)
    before, revision = lab.decision, world.revision
    lab.set("time", "2030-01-01T00:00")
    for view in VIEWS:
        lab.set("view", view)
    lab.set("time", "")
    assert world.revision == revision
    world.user("bob").put_policy("none", Policy.deny("s3:*"))
    assert before
    assert not lab.decision
    assert "explicit deny" in lab.parts()["result"]
    [main] = world.accounts.values()
    gone = main.create_user("zoe")
    lab.set("principal", "zoe")
    gone.delete()
    assert lab.decision is None
    assert "zoe" in lab.parts()["result"]


def test_many_principals_are_searched(large):
    """In a field with suggestions."""
    lab = iamlab.lab(large, "user-7")
    parts = lab.parts()
    assert '<input type="text" name="principal"' in parts["request"]
    assert '<option value="user-199">' in parts["picture"]
    with pytest.raises(RequestError, match="isn't a caller") as caught:
        lab.set("principal", "usr-7")
    assert "user-7" in caught.value.short


# -- views -----------------------------------------------------------------------------------------


def test_each_view_shows_what_the_world_answers():
    """A change leaves a view that takes longer."""
    lab = iamlab.lab(scenario("groups"), "dana", "s3:DeleteObject", MAP)
    seen = {}
    for view in VIEWS:
        lab.set("view", view)
        seen[view] = lab.parts()["more"]
    assert "Decided by rung 1" in seen["ladder"]
    assert "guard/KeepMaps" in seen["graph"]
    assert lab.decision.fixes()[0].text.split()[0] in seen["fixes"]
    assert "user/bob" in seen["who else can?"]
    assert "star-maps" in seen["what else can they do?"]
    lab.set("action", "s3:GetObject")
    assert lab.state.view == "ladder"  # what takes longer isn't computed at each change


def test_the_verdict_and_all_views_are_hidden_until_it_is_predicted():
    """Choosing a view keeps the prediction."""
    lab = iamlab.lab(scenario("groups"), "dana", "s3:DeleteObject", MAP, predict_first=True)
    assert lab.decision is None
    assert "more" not in lab.parts()
    assert "KeepMaps" not in "".join(lab.parts().values())
    lab.set("answer", "explicit deny")
    lab.set("confidence", "certain")
    lab.press("reveal")
    assert "KeepMaps" in lab.parts()["result"]
    lab.set("view", "fixes")
    assert "more" in lab.parts()
    lab.set("principal", "alice")
    assert lab.decision is None


# -- entries that aren't valid ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("principal", "alise", "Did you mean alice?"),
        ("principal", "astronomers", "a group isn't a principal"),
        ("principal", "arn:aws:iam::111111111111:user/zoe", "zoe"),
        ("action", "s3:GetObjct", "Did you mean s3:GetObject?"),
        ("action", "GetObject", "s3:GetObject"),
        ("resource", "star-maps", "isn't an ARN"),
        ("address", "300.1.1.1", "isn't an address"),
        ("time", "tomorrow", "isn't a time"),
    ],
)
def test_an_entry_that_is_not_valid_says_what_is_wrong(name, value, words):
    """It stays, and nothing that one can type is a traceback."""
    lab = iamlab.lab(scenario("groups"), "alice", "s3:GetObject", MAP)
    with pytest.raises((RequestError, NoSuchEntity)) as caught:
        lab.set(name, value)
    assert words in caught.value.short
    assert getattr(lab.state, name) == value
    assert lab.decision is None
    lab.use("mfa", "yes")  # the card says it until it is corrected
    assert words.split("?")[0] in lab.note
    assert "allow_unknown" not in lab.parts()["result"]  # a card has no such parameter
    assert "more" not in lab.parts()
    for text in (
        "",
        " ",
        "*",
        ":",
        "s3:",
        UGLY,
        "\n\0",
        "arn:",
        "arn:aws:s3:::",
        "é☂",
        "s3:\udc80",
    ):
        lab.use(name, text)
        lab.parts()


def test_an_unknown_control_is_an_error():
    """With the names that exist."""
    lab = iamlab.lab(scenario("groups"))
    for name, value in {
        "keys": (),
        "owner": "x",
        "mfa": "maybe",
        "view": "x",
        "endpoint": "x",
    }.items():
        with pytest.raises(ExerciseError):
            lab.set(name, value)
    with pytest.raises(ExerciseError):
        lab.press("action")


def test_ugly_names_are_escaped():
    """In every part."""
    world = World(seed=7)
    main = world.create_account(UGLY, account_id="111111111111")
    main.create_user("a" * 64, tags={"p 1": "x"})
    lab = iamlab.lab(world, "a" * 64)
    for view in VIEWS:
        lab.set("view", view)
        lab.set("key aws:PrincipalTag/<b>", UGLY)
        assert "<b>" not in "".join(lab.parts().values())


# -- in a browser ----------------------------------------------------------------------------------


@pytest.mark.browser
def test_it_works_with_mouse_and_keyboard(page, large):
    """What is typed keeps its place and its undo, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    lab = iamlab.lab(guarded(), "alice", "s3:GetObject", MAP)
    card = put(page, lab)
    put(page, iamlab.lab(large))
    result = card.locator("[data-part=result]")
    assert "implicit deny" in result.inner_text()
    card.get_by_label("yes", exact=True).check()
    result.get_by_text("allowed", exact=False).first.wait_for()
    action = card.get_by_label("Action")
    action.fill("")
    action.press_sequentially("s3:PutObjct", delay=5)
    result.get_by_text("Did you mean s3:PutObject?").wait_for()
    assert page.evaluate("document.activeElement.name") == "action"
    for _ in range(2):
        page.keyboard.press("Backspace")
    page.keyboard.type("e" + "ct")
    result.get_by_text("implicit deny").first.wait_for()
    assert action.input_value() == lab.state.action == "s3:PutObject"
    page.keyboard.press("Control+z")
    assert action.input_value() != "s3:PutObject"
    action.fill("s3:PutObject")
    for _ in range(3):
        page.keyboard.press("Tab")  # the resource, MFA, the source address
    page.keyboard.type("203.0.113.9")
    result.get_by_text("allowed", exact=False).first.wait_for()
    while page.evaluate("document.activeElement.name") != "view":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    card.locator("[data-part=more] img[alt*='alice']").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.value") == "graph"
    found = Axe().run(page, context=".iamlab-card")
    assert not found.response["violations"], found.generate_report()

"""The clickable access graph: its switches do what edits of the world do."""

import json
import re
from itertools import compress, pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from iamlab import ANONYMOUS, Network
from iamlab.errors import ExerciseError
from iamlab.teach.scenarios import MAP, OLD_MAP, arrange, observatory, scenario
from iamlab.widgets import clickable_graph
from iamlab.widgets.card import Card
from tests.effort import tries
from tests.rows import each_row
from tests.widgets.page import put

LAMBDA = "arn:aws:s3-object-lambda:us-east-1:111111111111:accesspoint/maps"
GROUPS, TWO_DENIES, ACME = scenario("groups"), scenario("two_denies"), observatory()
AUDITOR = ACME.sts.assume_role(
    ACME.user("carol"), role_arn=ACME.role("auditor"), role_session_name="carol"
)


def _acme(principal, action, resource=MAP):
    return clickable_graph(ACME, principal, action, resource)


GRAPHS = {
    "groups": clickable_graph(GROUPS, GROUPS.user("dana"), "s3:DeleteObject", MAP),
    "stack": clickable_graph(TWO_DENIES, TWO_DENIES.user("alice"), "s3:GetObject", MAP),
    "ceilings": _acme(ACME.user("bob"), "s3:GetObject"),
    "two accounts": _acme(AUDITOR, "s3:GetObject", OLD_MAP),
    "denied abroad": _acme(AUDITOR, "s3:DeleteObject", OLD_MAP),
    "trust": _acme(ACME.user("carol"), "sts:AssumeRole", ACME.role("auditor").arn),
    "service": _acme("ec2.amazonaws.com", "sts:AssumeRole", ACME.role("nightly-job").arn),
    "nobody": _acme(ANONYMOUS, "s3:GetObject", OLD_MAP),
    "boundary": _acme(ACME.user("bob"), "s3-object-lambda:GetObject", LAMBDA),
    "root": _acme("arn:aws:iam::111111111111:root", "s3:GetObject"),
}


@each_row("name", GRAPHS)
@pytest.mark.slow
def test_answers_beforehand_are_those_of_each_decision(name):
    """What a card answers without a kernel is what the kernel answers."""
    graph = GRAPHS[name]
    answers = graph.answers()
    for on in range(1 << len(graph.switches)):
        off = compress(graph.switches, [not on >> bit & 1 for bit in range(len(graph.switches))])
        graph.from_json(json.dumps({"off": sorted(off)}))
        outcome = answers["outcomes"][answers["of"][on]]

        assert graph.switches_on() == on
        assert outcome["parts"]["result"] == graph.parts()["result"]
        shown = {key: mark for key, mark in graph.marks().items() if mark not in ("off", "out", "")}
        assert shown.items() <= outcome["marks"].items()
    graph.from_json('{"off": []}')


def _leave(group):
    return lambda world: world.group(group).remove_user("dana")


EDITS = {
    "groups": {
        "group developers": _leave("developers"),
        "group contractors": _leave("contractors"),
        "AmazonS3FullAccess": lambda world: world.group("developers").detach_policy(
            "AmazonS3FullAccess"
        ),
        "guard": lambda world: world.group("contractors").delete_policy("guard"),
        "own-notes/OwnNotes": lambda world: world.user("dana").delete_policy("own-notes"),
    },
    "ceilings": {
        "permissions boundary": lambda world: world.user("bob").delete_permissions_boundary(),
        "AmazonS3FullAccess": lambda world: world.group("developers").detach_policy(
            "AmazonS3FullAccess"
        ),
        "star-maps-read": lambda world: world.group("astronomers").detach_policy(
            world.account("acme-main").policies["star-maps-read"]
        ),
        "SCP of OU Science": lambda world: _detach(world, "region-guard"),
        "RCP of root": lambda world: _detach(world, "tls-only"),
    },
    "denied abroad": {
        "read-all": lambda world: world.role("auditor").delete_policy("read-all"),
        "SCP of OU Science": lambda world: _detach(world, "region-guard"),
        "policy of star-archive": lambda world: (
            world.account("acme-data").buckets["star-archive"].delete_policy()
        ),
    },
}


def _detach(world, name):
    (organization,) = world.organizations.values()
    policy = next(own for own in organization.policies.values() if own.name == name)
    for target in list(policy.targets):
        policy.detach(target)


@settings(max_examples=tries(60), deadline=None)
@given(st.data())
def test_switches_do_what_edits_of_the_world_do(data):
    """A switch that is off gives the decision of a world with this edit."""
    name = data.draw(st.sampled_from(sorted(EDITS)))
    off = data.draw(st.sets(st.sampled_from(sorted(EDITS[name]))))
    graph = GRAPHS[name]
    graph.from_json(json.dumps({"off": sorted(off)}))
    request = graph.decision.request
    world = (GROUPS if name == "groups" else ACME).copy()
    for switch in off:
        EDITS[name][switch](world)

    edited = world.can(request.principal, request.action, request.resource)
    assert graph.decision.verdict is edited.verdict
    assert str(graph.decision) == str(edited)


@given(st.sets(st.sampled_from(range(7))))
@settings(max_examples=tries(60), deadline=None)
def test_a_statement_that_is_off_is_as_if_it_were_not_written(off):
    """The decision is that of a policy without the statement."""
    graph, world = GRAPHS["stack"], TWO_DENIES.copy()
    sids = [name.partition("/")[2] for name in graph.switches[1:]]
    graph.from_json(json.dumps({"off": [f"stack/{sids[number]}" for number in off]}))
    arrange(world.user("alice"), "stack", [sid for n, sid in enumerate(sids) if n not in off])

    edited = world.can(world.user("alice"), "s3:GetObject", MAP)
    assert (graph.decision.verdict, str(graph.decision)) == (edited.verdict, str(edited))


def test_a_press_switches_off_and_on():
    """The twin works without a card, and its state is JSON."""
    graph = clickable_graph(GROUPS, GROUPS.user("dana"), "s3:DeleteObject", MAP)
    graph.press("guard/KeepMaps")
    assert graph.decision.allowed
    assert graph.marks()["policy identity 1 2 0"] == "off"
    assert "listed guard/KeepMaps" in graph.marks()
    graph.set("guard/KeepMaps", value=True)
    assert not graph.decision
    assert graph.marks()["policy identity 1 2 0"] == "decides path deny"
    assert json.loads(graph.to_json()) == {"off": []}
    with pytest.raises(ExerciseError, match="Did you mean"):
        graph.press("guard/KeepMap")


def test_the_path_of_what_decides_is_marked_from_the_caller_to_the_resource():
    """Every edge that the Allow passes is marked, and no other."""
    graph = clickable_graph(GROUPS, GROUPS.user("alice"), "s3:GetObject", MAP)
    marks = graph.marks()

    assert marks["resource"] == "allow"
    path = ["caller", "group astronomers", "policy identity 1 0", "policy identity 1 0 1"]
    path += ["stop identity", "resource"]
    on_path = {key for key, mark in marks.items() if " -> " in key and "path allow" in mark}
    assert on_path == {f"{source} -> {target}" for source, target in pairwise(path)}
    assert marks["policy identity 1 0 0"] == "misses"
    graph.press("group astronomers")
    assert graph.marks()["policy identity 1 0 1"] == "out"
    assert not any("path" in mark for mark in graph.marks().values())


def test_the_stop_that_blocks_is_marked():
    """A boundary without an Allow, and an SCP with a Deny; what comes after it isn't passed."""
    how = {"region": "eu-north-1"}
    region = clickable_graph(ACME, "dana", "ec2:RunInstances", "*", circumstances=how)
    for graph, stop, mark in (
        (GRAPHS["boundary"], "stop boundary 1", "decides silent"),
        (region, "stop scp 2", "decides deny"),
    ):
        marks = graph.marks()
        edges = [edge for edge in graph._scene.edges if edge.source.startswith("stop ")]
        passed = [edge.source for edge in edges if marks[edge.id] == "path allow"]

        assert marks[stop] == mark
        assert stop not in passed
        assert passed == graph._stops[: graph._stops.index(stop)]
    region.press("SCP of OU Science")
    assert region.decision
    assert region.marks()["stop scp 2"] == "off"


def test_a_prediction_comes_before_every_answer():
    """Nothing that is sent before a prediction tells the verdict, and a click hides it again."""
    graph = clickable_graph(GROUPS, GROUPS.user("dana"), "s3:DeleteObject", MAP, predict_first=True)
    assert graph.answers() == {} == graph.marks()
    assert Card(graph).answers == {}
    before = graph.controls()
    assert ">misses " not in before["graph"]
    for name, value in (("answer", "allowed"), ("confidence", "a guess")):
        graph.set(name, value)
    graph.press("reveal")
    assert graph.marks()["resource"] == "deny"
    assert graph.controls() == before
    graph.press("group contractors")
    assert graph.decision is None
    assert set(graph.marks().values()) == {"off", "out"}
    assert "star-maps" not in graph.parts()["result"]


def test_more_than_ten_switches_are_answered_by_the_kernel():
    """There are no answers beforehand, and each switch has its own name."""
    world = GROUPS.copy()
    for number in range(8):
        group = world.account("acme-main").create_group(f"team-{number}")
        group.put_policy("look", {
            "Version": "2012-10-17",
            "Statement": [
                {"Sid": "Look", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
                {"Sid": "Work", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
            ],
        })  # fmt: skip
        group.add_user("alice")
    graph = clickable_graph(world, world.user("alice"), "s3:GetObject", MAP)

    assert graph.answers() == {}
    assert {"look/Look", "look/Look (8)", "group team-7"} <= set(graph.switches)
    for name in graph.switches:
        if name.startswith("group "):
            assert graph.decision
            graph.press(name)
    assert not graph.decision


def test_a_request_with_two_permissions_is_refused():
    """An access point and its bucket are two graphs."""
    world = observatory()
    data = world.account("acme-data")
    point = data.create_access_point("maps", bucket="star-archive")
    with pytest.raises(ExerciseError, match="shows one permission"):
        clickable_graph(world, world.user("carol"), "s3:GetObject", f"{point.arn}/object/m31.fits")


def test_the_context_belongs_to_the_request():
    """The circumstances of `World.can` can be passed."""
    how = {"network": Network(ip="203.0.113.9")}
    graph = clickable_graph(GROUPS, "alice", "s3:GetObject", MAP, circumstances=how)
    assert graph.decision.request.values("aws:SourceIp") == ("203.0.113.9",)


FOCUSED = "document.activeElement.dataset.press"
CLICK = """one => {
  const start = performance.now();
  one.dispatchEvent(new MouseEvent("click", {bubbles: true}));
  return performance.now() - start;
}"""


@pytest.mark.browser
def test_mouse_and_keyboard_switch_and_a_click_needs_no_kernel(page):
    """A click answers in 20 ms, the focus stays, and axe finds nothing."""
    graph = clickable_graph(GROUPS, GROUPS.user("dana"), "s3:DeleteObject", MAP)
    card = put(page, graph)
    result, guard = card.get_by_role("status").last, card.locator('[data-press="guard"]')
    assert "explicit deny" in result.inner_text()
    assert guard.evaluate(CLICK) < 20
    expect(result).to_contain_text("AmazonS3FullAccess/#1 allows it")
    expect(guard).to_have_attribute("aria-pressed", "false")
    expect(card.locator(".offs")).to_have_text(re.compile("guard"))
    page.wait_for_function("() => true")
    assert graph.state.off == ("guard",)

    page.keyboard.press("Tab")
    card.locator('[data-press="AmazonS3FullAccess"]').focus()
    page.keyboard.press("Space")
    expect(result).to_contain_text("implicit deny")
    assert page.evaluate(FOCUSED) == "AmazonS3FullAccess"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "AmazonS3FullAccess/#1"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(result).to_contain_text("allowed")
    assert page.evaluate(FOCUSED) == "AmazonS3FullAccess"
    assert Axe().run(page, context=".iamlab-card").response["violations"] == []


@pytest.mark.browser
def test_a_click_hides_a_verdict_again_until_it_is_predicted(page):
    """The marks of the verdict disappear, also in a narrow card."""
    graph = clickable_graph(ACME, ACME.user("bob"), "s3:GetObject", MAP, predict_first=True)
    card = put(page, graph)
    resource = card.locator('[data-id="resource"]')
    for name in ("allowed", "certain"):
        card.get_by_role("radio", name=name, exact=True).check()
    assert resource.get_attribute("class") in ("", None)
    card.get_by_role("button", name="Show what AWS decides").click()
    expect(resource).to_have_class("allow")
    card.locator('[data-press="permissions boundary"]').click()
    expect(resource).to_have_class("")
    expect(card.locator('[data-id="stop boundary 1"]')).to_have_class("off")
    expect(card.get_by_text("AWS decides", exact=True)).to_have_count(0)
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert Axe().run(page, context=".iamlab-card").response["violations"] == []

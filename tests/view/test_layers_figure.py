"""Allow and deny as two layers: the words, the table and the picture say what the engine says."""

import re
import xml.etree.ElementTree as ET
from html import escape
from itertools import combinations, product

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from iamlab import ANONYMOUS, Policy, Verdict
from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.errors import RequestError
from iamlab.policy import catalog
from iamlab.teach.scenarios import MAP, MAPS, README, scenario
from iamlab.view import two_layers
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.style import look
from tests.effort import first_now
from tests.view.looking import faults

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "iam:ListUsers"]
RESOURCES = [MAP, README, MAPS, "*"]
SYMBOLS = "✓✕○"
COUNTS = (
    (r"Of (\d+) request", len),
    (r" may do (\d+|none)", lambda every: sum(map(bool, every))),
    (r"the Denies stop (\d+|none)", lambda every: sum(bool(decision.denies) for decision in every)),
    (
        r"an Allow covers (\d+) of these, too",
        lambda every: sum(allows(decision) and bool(decision.denies) for decision in every),
    ),
    (
        r"for (\d+) an Allow is missing",
        lambda every: sum(decision.verdict is Verdict.IMPLICIT_DENY for decision in every),
    ),
)
NAMES = (
    '<script>alert("x")</script>',
    "$x^2$ and $",
    "\u202eright to left",
    "😀 two\nlines",
    "&lt;b&gt;",
    "long" * 100,
    "with:colons:in:it",
    "",
)


def allows(decision):
    """Return whether a granter allows: an identity policy, a resource policy or a grant."""
    return any(decision.layer_matches[layer].allows for layer in set(LAYERS) - set(CEILINGS))


def everything(action="*", resource="*", effect="Allow"):
    """A policy of one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def world():
    """The world of lesson 02."""
    return scenario("stack")


@pytest.mark.parametrize(
    ("name", "who", "actions", "resources"),
    [
        ("stack", "alice", ACTIONS, RESOURCES),
        ("stack", "bob", ACTIONS, RESOURCES),
        ("stack_admin", "alice", ACTIONS, RESOURCES),
        ("two_denies", "alice", ["s3:GetObject"], [README]),
        ("two_denies", "alice", ["s3:GetObject", "s3:PutObject"], [MAP, README]),
        ("groups", "dana", ACTIONS[:3], [MAP]),
    ],
)
def test_the_alternative_text_counts_what_the_engine_says(name, who, actions, resources):
    """All requests, those under an Allow, under a Deny, under both, and the allowed ones."""
    world = scenario(name)
    every = [world.can(world.user(who), *pair) for pair in product(actions, resources)]
    figure = two_layers(world, world.user(who), actions, resources)

    assert who in figure.alt
    for words, counted in COUNTS:
        found = re.search(words, figure.alt)
        number = found[1].replace("none", "0") if found else "0"
        assert int(number) == counted(every)


def test_the_alternative_text_says_which_requests_the_denies_stop():
    """It names them, as it names the allowed ones."""
    world = scenario("groups")
    figure = two_layers(world, world.user("dana"), ["s3:GetObject", "s3:DeleteObject"], [MAP])

    assert figure.alt == (
        "Of 2 requests, dana may do 1: s3:GetObject on star-maps/m31.fits; the Denies stop 1: "
        "s3:DeleteObject on star-maps/m31.fits; an Allow covers 1 of these, too."
    )


def test_the_table_and_the_list_have_every_request_in_order(world):
    """A row and a line for each, action by action."""
    figure = two_layers(world, world.user("alice"), ACTIONS, RESOURCES)
    pairs = list(product(ACTIONS, RESOURCES))

    assert [(row["action"], row["resource"]) for row in figure.rows] == pairs
    assert len(figure.lines[1:]) == len(pairs) == len(figure.table)
    for row, line, pair in zip(figure.rows, figure.lines[1:], pairs, strict=True):
        decision = world.can(world.user("alice"), *pair)

        assert row["an Allow"] is allows(decision)
        assert row["a Deny"] is bool(decision.denies)
        assert row["verdict"] == str(decision.verdict)
        assert line.startswith(f"{pair[0]} on ")
        assert line.endswith(f"{decision.verdict.symbol} {decision.verdict}")
        assert ("an Allow" in line) is allows(decision)
        assert ("a Deny" in line) is bool(decision.denies)


def signs(figure):
    """Return the signs in the cells, without those of the legend, which words follow."""
    texts = figure.drawing.axes[0].texts
    words = [text.get_text() for text in texts[1:]] + [""]
    return [
        text
        for text, after in zip(texts, words, strict=True)
        if text.get_text() in tuple(SYMBOLS) and len(after) <= 1
    ]


def test_each_panel_shows_its_own_layer(world):
    """The first has the Allows, the second the Denies, the third the verdicts; one mark a cell."""
    figure = two_layers(world, world.user("alice"), ACTIONS, RESOURCES)
    every = [world.can(world.user("alice"), *pair) for pair in product(ACTIONS, RESOURCES)]
    marks = signs(figure)
    places = sorted({round(text.get_position()[0], 2) for text in marks})

    assert [sum(text.get_text() == sign for text in marks) for sign in SYMBOLS] == [
        sum(map(allows, every)) + sum(map(bool, every)),
        sum(bool(decision.denies) for decision in every)
        + sum(decision.verdict is Verdict.EXPLICIT_DENY for decision in every),
        sum(decision.verdict is Verdict.IMPLICIT_DENY for decision in every),
    ]
    assert len(places) <= 3 * len(RESOURCES)


def test_the_picture_has_headings_and_a_legend_with_symbol_and_word(world):
    """Three panels have names, and each sign is explained; a colour is never the only sign."""
    figure = two_layers(world, world.user("alice"), ACTIONS, RESOURCES)
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]

    for heading in ("Allows cover", "− Denies cover", "= what is left"):
        assert heading in texts
    for seen in map(look, Verdict):
        assert texts[texts.index(seen.word) - 1] == seen.symbol


def test_the_same_world_gives_the_same_picture_words_and_table():
    """Drawn twice it is the same to the byte."""

    def draw():
        world = scenario("stack")
        return two_layers(world, world.user("alice"), ACTIONS, RESOURCES)

    first, two = draw(), draw()

    assert first.svg() == two.svg()
    assert (first.alt, first.as_text(), first.rows) == (two.alt, two.as_text(), two.rows)
    assert first._repr_html_() == two._repr_html_()


def test_the_order_of_statements_changes_nothing(world):
    """The lesson teaches this."""
    again = scenario("denies_last")
    figure = two_layers(world, world.user("alice"), ACTIONS, RESOURCES)
    two = two_layers(again, again.user("alice"), ACTIONS, RESOURCES)

    assert figure.svg() == two.svg()


@pytest.mark.parametrize("name", NAMES, ids=["script", "formula", *map(str, range(6))])
def test_names_from_strangers_are_drawn_as_text(world, name):
    """Any name of a resource is in the picture, unchanged, and breaks nothing."""
    resource = f"{MAPS}/{name}"
    figure = two_layers(world, world.user("alice"), ["s3:GetObject"], [resource])
    page = figure._repr_html_()

    ET.fromstring(figure.svg())  # noqa: S314 - our own picture
    assert set(re.findall(r"<([a-z]+)", page)) == {
        *("figure", "div", "img", "figcaption", "details", "summary", "pre")
    }
    assert figure.rows[0]["resource"] == resource
    assert escape(figure.as_text()) in page


def test_a_resource_policy_counts_among_the_allows(world):
    """A bucket policy that allows Bob is an Allow like any other."""
    bob = world.user("bob")
    grant = everything("s3:GetObject", f"{MAPS}/*")
    grant["Statement"][0]["Principal"] = {"AWS": bob.arn}
    before = two_layers(world, bob, ["s3:GetObject"], [MAP]).as_text()
    world.bucket("star-maps").put_policy(grant)
    after = two_layers(world, bob, ["s3:GetObject"], [MAP]).as_text()

    assert before.endswith("no Allow, no Deny: ○ implicit deny")
    assert after.endswith("an Allow, no Deny: ✓ allowed")


def test_the_deny_of_a_resource_policy_is_on_top_like_any_other(world):
    """A Deny of any type of policy is on top."""
    grant = everything("s3:GetObject", f"{MAPS}/*", "Deny")
    grant["Statement"][0]["Principal"] = "*"
    world.bucket("star-maps").put_policy(grant)
    figure = two_layers(world, world.user("alice"), ["s3:GetObject"], [MAP])

    assert figure.as_text().endswith("an Allow, a Deny: ✕ explicit deny")


def test_the_allow_of_a_boundary_grants_nothing(world):
    """A boundary doesn't grant, so its Allow covers nothing."""
    account, bob = world.account("acme-main"), world.user("bob")
    bob.put_permissions_boundary(account.create_policy("limit", everything()))
    figure = two_layers(world, bob, ["s3:GetObject"], [MAP])

    assert figure.as_text().endswith("no Allow, no Deny: ○ implicit deny")


def test_what_a_boundary_cuts_is_covered_and_yet_not_left(world):
    """The third panel has the verdicts."""
    account, alice = world.account("acme-main"), world.user("alice")
    alice.put_permissions_boundary(account.create_policy("limit", everything("ec2:*")))
    figure = two_layers(world, alice, ["s3:GetObject"], [MAP])

    assert figure.as_text().endswith("an Allow that is not enough, no Deny: ○ implicit deny")
    assert figure.alt.endswith(
        "alice may do none; the Denies stop none; for 1 an Allow is missing."
    )


@pytest.mark.parametrize("by", ["object", "arn"])
def test_any_caller_can_be_drawn(world, by):
    """Users, roles, services and anonymous callers; as an object and as an ARN."""
    role = world.account("acme-main").create_role(
        "reader",
        assume_role_policy_document={
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            },
        },
    )
    role.put_policy("own", everything("s3:GetObject"))
    caller = role if by == "object" else role.arn

    assert "✓ allowed" in two_layers(world, caller, ["s3:GetObject"], [MAP]).as_text()
    assert "reader" in two_layers(world, caller, ["s3:GetObject"], [MAP]).alt
    for other in ("ec2.amazonaws.com", ANONYMOUS, "arn:aws:iam::111111111111:root"):
        assert other in two_layers(world, other, ["s3:GetObject"], [MAP]).alt


def test_drawing_leaves_the_world_as_it_is(world):
    """A picture makes requests and changes nothing."""
    before = world.copy()
    two_layers(world, world.user("alice"), ACTIONS, RESOURCES)

    assert before.diff(world) == ()


OF_OBJECTS = sorted(
    (
        action.full_name
        for action in catalog.actions_of("s3").values()
        if any(form.endswith("/${ObjectName}") for form in catalog.arns_for(action.full_name))
    ),
    key=lambda name: name != "s3:GetObject",
)


def grid(actions, resources):
    """Make a world in which Alice can read, but can't delete drafts."""
    world = scenario("stack")
    names = OF_OBJECTS[:actions]
    objects = [f"{MAPS}/{'drafts/' * (number % 2)}{number}" for number in range(resources)]
    return world, world.user("alice"), names, objects


@pytest.mark.parametrize(
    ("actions", "resources"),
    first_now([(24, 8), (1, 1), (3, 6), (3, 7), (20, 20), (21, 6), (30, 60)], 4),
)
def test_the_picture_fits_a_page_with_any_number_of_requests(actions, resources):
    """The panels are side by side, on top of each other, or counted; nothing overlaps."""
    figure = two_layers(*grid(actions, resources))

    assert figure.drawing.get_size_inches()[0] <= PAGE
    assert len(figure.rows) == actions * resources
    assert faults(figure) == []


@pytest.mark.parametrize("resources", [4, 12])
def test_denies_are_hatched_and_nothing_else(resources):
    """A black-and-white print shows the layer of Denies."""
    world, alice, names, objects = grid(1, resources)
    figure = two_layers(world, alice, names, objects)
    denied = sum(bool(world.can(alice, names[0], thing).denies) for thing in objects)
    hatched = [patch for patch in figure.drawing.axes[0].patches if patch.get_hatch()]
    samples = 1  # of the legend

    assert denied == resources // 2
    assert len(hatched) - samples == denied * (2 if resources == 4 else 1)


def test_on_top_of_each_other_a_cut_allow_differs_from_none():
    """One look each: allowed, a Deny over an Allow, over nothing, a cut Allow, neither."""
    world = scenario("stack")
    account, alice = world.account("acme-main"), world.user("alice")
    guard = everything("sqs:*", "*", "Deny")
    alice.put_policy("guard", guard)
    limit = Policy.allow(["s3:Get*", "sqs:*", "iam:*"])
    alice.put_permissions_boundary(account.create_policy("limit", limit))
    actions = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "iam:ListUsers"]
    figure = two_layers(world, alice, actions, [MAP, README, *(f"{MAPS}/{i}" for i in range(6))])
    words = {text.get_text() for text in figure.drawing.axes[0].texts}

    assert {
        "allowed",
        "an Allow, a Deny",
        "no Allow, a Deny",
        "an Allow that is not enough",
        "implicit deny",
    } <= words


def test_what_has_no_room_is_counted():
    """Twenty rows and columns are drawn; the caption counts the other requests."""
    world, alice, names, objects = grid(22, 24)
    figure = two_layers(world, alice, names, objects)

    assert len(signs(figure)) == 20 * 20
    assert f"The list has {22 * 24 - 20 * 20} more." in figure.caption
    assert len(figure.lines[1:]) == 22 * 24


def test_resources_of_one_name_have_distinct_names():
    """Two queues with one name in two Regions are shown with their whole ARNs."""
    world = scenario("stack")
    queues = [f"arn:aws:sqs:{region}:111111111111:orders" for region in ("eu-west-1", "us-east-1")]
    text = two_layers(world, world.user("alice"), ["sqs:SendMessage"], queues).as_text()

    assert all(queue in text for queue in queues)


def test_the_alternative_text_names_what_is_left_in_one_breath():
    """At most 300 characters, with any names."""
    world = scenario("stack")
    objects = [f"{MAPS}/{'long' * 60}{number}" for number in range(6)]
    figure = two_layers(world, world.user("alice"), ["s3:GetObject"], objects)

    assert len(figure.alt) <= 300
    assert "alice" in figure.alt
    assert "s3:GetObject on star-maps" in figure.alt


@pytest.mark.parametrize(("actions", "resources"), [([], [MAP]), (["s3:GetObject"], [])])
def test_nothing_asked_is_refused(world, actions, resources):
    """There is nothing to draw."""
    with pytest.raises(RequestError, match="at least one"):
        two_layers(world, world.user("alice"), actions, resources)


@pytest.mark.parametrize("resources", [[MAP], [MAP, README], RESOURCES], ids=len)
def test_no_heading_and_no_name_runs_into_its_neighbour(world, resources):
    """Headings, row names, signs and the words between the panels have room, however many."""
    figure = two_layers(world, world.user("alice"), ACTIONS, resources)
    renderer = FigureCanvasAgg(figure.drawing).get_renderer()
    straight = [text for text in figure.drawing.axes[0].texts if not text.get_rotation()]
    boxes = [text.get_window_extent(renderer) for text in straight if text.get_text()]

    assert len(boxes) > len(ACTIONS) + 3
    assert not [pair for pair in combinations(boxes, 2) if pair[0].overlaps(pair[1])]

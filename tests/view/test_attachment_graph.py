"""The attachment graph is true: every line of it is an attachment, and every attachment a row."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import RequestError
from iamlab.storage.account_details import LoadWarning
from iamlab.teach.scenarios import observatory, scenario
from iamlab.view.drawing.sheet import MARGIN, PAGE
from iamlab.view.figures.account.attachment_graph import (
    MOST,
    MOST_ACCOUNTS,
    MOST_LINES,
    attachment_graph,
)
from iamlab.view.style import ALLOW, INK, LIT_AREA, PALE_INK
from tests.effort import tries
from tests.policy.documents import allow, document
from tests.view.looking import faults
from tests.view.scenes import MAIN, company

OWN = document(allow("s3:*"))


@pytest.fixture
def acme():
    """The account of lesson 03."""
    return scenario("groups").account("acme-main")


@pytest.fixture(scope="module")
def world():
    """All of the observatory."""
    return observatory()


def drawn(figure):
    """Return the words of a picture, as they were meant."""
    return [label.whole for label in figure.sheet.record.labels]


def attachments(account):
    """Return what is attached to each identity of the account itself."""
    for identity in (*account.users.values(), *account.roles.values(), *account.groups.values()):
        yield from ((identity.name, "inline", name) for name in identity.inline)
        yield from (
            (identity.name, "attached", arn.rpartition("/")[2]) for arn in identity.attached
        )
        if getattr(identity, "boundary", None):
            yield identity.name, "boundary", identity.boundary.rpartition("/")[2]
        yield from ((identity.name, "member", group) for group in getattr(identity, "groups", ()))


def told(figure):
    """Return what is attached to each identity, as the table has it."""
    rows = [row for row in figure.rows if row["attached_as"] != "nothing"]
    return [(row["from"], row["attached_as"], row["to"]) for row in rows]


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "alt"),
    [
        ("bob", "bob gets AmazonS3FullAccess through developers."),
        (
            "dana",
            (
                "dana gets AmazonS3FullAccess through developers; guard through contractors; "
                "own-notes directly."
            ),
        ),
    ],
)
def test_the_alternative_text_says_what_reaches_the_lit_user(acme, who, alt):
    """Each group with its policies, and what is attached to the user itself."""
    assert attachment_graph(acme, lit=acme.users[who]).alt == alt


def test_a_boundary_caps_and_does_not_give(world):
    """The alternative text names it separately; its line is dashed."""
    figure = attachment_graph(world.account("acme-main"), lit=world.user("bob"))
    edges = figure.graph.edges(data=True)
    (limit,) = (facts for _, _, facts in edges if facts["label"] == "boundary")

    assert figure.alt.endswith("; the boundary developer-limit limits this.")
    assert limit == {"label": "boundary", "missing": True}
    assert "boundary" in drawn(figure)
    assert not any(facts.get("missing") for _, _, facts in edges if facts != limit)


def test_one_policy_as_boundary_and_attached_is_two_boxes():
    """As a boundary it limits, and as an attached policy it grants."""
    main = World(seed=1).create_account("main", account_id=MAIN)
    ana = main.create_user("ana")
    limit = main.create_policy("limit", OWN)
    ana.attach_policy(limit)
    ana.put_permissions_boundary(limit)
    figure = attachment_graph(main, lit=ana)

    assert drawn(figure).count("limit") == 2
    assert {"customer managed", "permissions boundary"} <= set(drawn(figure))
    assert figure.alt == "ana gets limit directly; the boundary limit limits this."


def test_a_user_without_anything_gets_nothing(acme):
    """The alternative text, the list and the table say so."""
    eve = acme.create_user("eve")
    figure = attachment_graph(acme, lit=eve)
    (row,) = (row for row in figure.rows if row["from"] == "eve")

    assert figure.alt == "eve gets no policy and no group."
    assert row["attached_as"] == "nothing"
    assert "user eve (highlighted)\n  nothing" in figure.as_text()
    assert faults(figure) == []


def test_a_group_lights_its_members_and_its_policies(acme):
    """Members are on its left, policies on its right."""
    developers = acme.groups["developers"]
    figure = attachment_graph(acme, lit=developers)

    assert figure.alt == "Group developers gives AmazonS3FullAccess to bob and dana."
    assert {(row["from"], row["to"]) for row in figure.rows if row["lit"]} == {
        ("bob", "developers"),
        ("dana", "developers"),
        ("developers", "AmazonS3FullAccess"),
    }


def test_without_anybody_lit_the_most_connected_are_named(acme):
    """Groups with their members, and identities with policies of their own."""
    alt = attachment_graph(acme).alt

    assert alt.startswith("In acme-main: 4 users, 4 groups and 5 policies; ")
    assert "developers gives AmazonS3FullAccess to bob and dana" in alt
    assert "dana has own-notes" in alt


# -- what is drawn ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 20, 60])
def test_the_table_is_what_the_account_holds(size):
    """Every attachment is a row, also if boxes are drawn as one."""
    account = company(size, 1).account(MAIN)
    figure = attachment_graph(account, lit=next(iter(account.users.values())))

    assert sorted(told(figure)) == sorted(attachments(account))


def test_the_lit_rows_are_the_ways_of_the_lit_one(world):
    """A user's own attachments, and those of its groups."""
    main = world.account("acme-main")
    rows = attachment_graph(main, lit=world.user("bob")).rows
    reached = ("bob", "astronomers", "developers")

    assert {row["from"] for row in rows if row["lit"]} == set(reached)
    assert all(row["lit"] for row in rows if row["from"] in reached)


def test_only_the_lit_ways_are_strong(acme):
    """The highlighted user is yellow, what applies to it is blue and bold, the rest is pale."""
    figure = attachment_graph(acme, lit=acme.users["bob"])
    boxes = {box.text: box for box in figure.sheet.record.boxes}

    assert (boxes["bob"].colour, boxes["bob"].area, boxes["bob"].bold) == (INK, LIT_AREA, True)
    assert {boxes[name].colour for name in ("developers", "AmazonS3FullAccess")} == {ALLOW}
    assert {boxes[name].colour for name in ("alice", "dana", "guard", "security")} == {PALE_INK}
    assert [box.text for box in figure.sheet.record.boxes if box.bold] == [
        "bob",
        "developers",
        "AmazonS3FullAccess",
    ]


def test_in_lesson_03_no_line_crosses_another(acme):
    """Members of one group are beside each other, and straight lines are level."""
    figure = attachment_graph(acme, lit=acme.users["bob"])
    heights = {box.text: box.y for box in figure.sheet.record.boxes}
    steps = [(line[0], line[-1]) for line in figure.sheet.record.lines if len(line) == 4]

    assert heights["bob"] == heights["developers"] == heights["AmazonS3FullAccess"]
    for (x, y), (_, end) in steps:
        for (other_x, other_y), (_, other_end) in steps:
            assert x != other_x or (y - other_y) * (end - other_end) >= 0


# -- a user, an account, a world -------------------------------------------------------------------


def test_whoever_is_drawn_is_lit_in_its_account(acme):
    """The figure of a user, a group or a role is its account, with it highlighted."""
    for identity in (acme.users["dana"], acme.groups["developers"]):
        assert attachment_graph(identity).svg() == attachment_graph(acme, lit=identity).svg()


def test_a_world_has_a_field_for_each_account(world):
    """Each frame has a name and an id; no line leads from one to another."""
    figure = attachment_graph(world, lit=world.user("dana"))
    words = drawn(figure)

    for account in world.accounts.values():
        assert account.name in words
        assert any(word.startswith(account.account_id) for word in words)
        assert f"{account.name} {account.account_id}" in figure.as_text()
    for start, end in figure.graph.edges:
        assert figure.graph.nodes[start]["field"] == figure.graph.nodes[end]["field"]
    assert figure.alt.startswith("dana gets ")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: World(seed=1), "no accounts"),
        (lambda: World(seed=1).create_account("empty"), "no users, roles or groups"),
    ],
    ids=["world", "account"],
)
def test_what_is_empty_says_so(make, words):
    """In the picture, the list and the alternative text."""
    figure = attachment_graph(make())

    assert words in drawn(figure)
    assert words in figure.as_text()
    assert faults(figure) == []


def test_of_very_many_accounts_the_first_are_drawn_and_the_others_counted():
    """The highlighted identity's account is among them; the list and the table have all."""
    world = World(seed=1)
    for number in range(MOST_ACCOUNTS + 8):
        account = world.create_account(f"team-{number}", account_id=f"{number + 1:012}")
        last = account.create_user("ana")
    figure = attachment_graph(world, lit=last)

    assert "team-19" in drawn(figure)
    assert "team-18" not in drawn(figure)
    assert "8 more accounts are only in the list" in figure.caption
    assert len(figure.rows) == MOST_ACCOUNTS + 8
    assert faults(figure) == []


# -- too many --------------------------------------------------------------------------------------


def crowd(number):
    """Make an account of many users who are alike, and one who is not."""
    main = World(seed=1).create_account("main", account_id=MAIN)
    main.create_group("staff").attach_policy("ReadOnlyAccess")
    for i in range(number):
        user = main.create_user(f"user{i}")
        user.put_policy("own", OWN)
        main.groups["staff"].add_user(user)
    main.create_user("zoe").put_policy("odd", OWN)
    return main


def test_users_who_are_alike_become_one_box():
    """With their number and first names; their inline policies are one box, too."""
    figure = attachment_graph(crowd(300))

    assert {"300 users", "user0, user1 and 298 more", "300 inline policies", "zoe"} <= set(
        drawn(figure)
    )
    assert len(figure.sheet.record.boxes) == 6
    assert "drawn as one" in figure.as_text()
    assert all(f"user{i}" in figure.as_text() for i in range(300))
    assert len(figure.rows) == 300 * 2 + 2
    assert faults(figure) == []


def test_users_of_one_group_become_one_box_before_policies_do():
    """A hundred users with different policies of one group: seven policies stay."""
    main = World(seed=1).create_account("main", account_id=MAIN)
    staff = main.create_group("staff")
    policies = [main.create_policy(f"p{number}", OWN) for number in range(7)]
    for number in range(100):
        user = main.create_user(f"user{number}")
        staff.add_user(user)
        for bit, policy in enumerate(policies):
            if number >> bit & 1:
                user.attach_policy(policy)
    words = drawn(attachment_graph(main))

    assert {"100 users", "staff", *(f"p{number}" for number in range(7))} <= set(words)


def test_up_to_sixty_boxes_nobody_is_put_together():
    """Twenty-eight users with a policy each, and shared policies: every user is named."""
    words = drawn(attachment_graph(crowd(28)))

    assert {f"user{i}" for i in range(28)} <= set(words)


def test_the_highlighted_identity_and_its_policies_are_never_folded():
    """Also among hundreds of similar users."""
    main = crowd(300)
    figure = attachment_graph(main, lit=main.users["user299"])

    assert {"user299", "299 users", "staff", "ReadOnlyAccess"} <= set(drawn(figure))
    assert len(figure.sheet.record.boxes) == 8
    assert figure.alt == "user299 gets ReadOnlyAccess through staff; own directly."
    assert sum(box.bold for box in figure.sheet.record.boxes) == 4


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_never_has_more_than_can_be_read(seed):
    """At most sixty boxes, or the last step of folding; the highlighted paths are complete."""
    account = company(60, seed).account(MAIN)
    for lit in (None, next(iter(account.users.values()))):
        figure = attachment_graph(account, lit=lit)

        assert len(figure.sheet.record.boxes) <= MOST
        assert len(figure.sheet.record.lines) <= MOST_LINES
        assert figure.drawing.get_size_inches()[0] <= PAGE + 2 * MARGIN


# -- what cannot be drawn, and odd names -----------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, "acme-main", 7, [], scenario])
def test_only_an_account_a_world_or_somebody_can_be_drawn(wrong):
    """The error says what can be drawn."""
    with pytest.raises(RequestError, match="an account, world, user"):
        attachment_graph(wrong)


def test_whoever_is_not_there_cannot_be_lit(acme):
    """An identity of another account, and a value of another type."""
    other = World(seed=2).create_account("other", account_id="222222222222").create_user("bob")

    with pytest.raises(RequestError, match="in this picture"):
        attachment_graph(acme, lit=other)
    with pytest.raises(RequestError, match="a user, a role or a group"):
        attachment_graph(acme, lit="bob")


def test_a_group_that_the_file_lacks_is_shown_as_such():
    """In an incomplete file, a user can be in a group that the file doesn't have."""
    arn = f"arn:aws:iam::{MAIN}:user/eve"
    user = {"Path": "/", "UserName": "eve", "UserId": "AIDAX", "Arn": arn}
    managed = {"PolicyName": "lost", "PolicyArn": f"arn:aws:iam::{MAIN}:policy/lost"}
    user |= {"GroupList": ["ghosts"], "AttachedManagedPolicies": [managed]}
    with pytest.warns(LoadWarning):
        world = World.from_account_details({"UserDetailList": [user]})
    figure = attachment_graph(world, lit=world.user("eve"))

    assert {"ghosts", "lost", "not in the file"} <= set(drawn(figure))
    assert figure.alt == "eve gets nothing through ghosts; lost directly."


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(max_examples=tries(8))
@given(names=st.lists(TEXTS, min_size=1, max_size=4, unique=True))
def test_any_names_can_be_drawn(names):
    """No text breaks the picture or the list; the table has it unchanged."""
    main = World(seed=1).create_account("main", account_id=MAIN)
    for number, name in enumerate(names):
        user = main.create_user(f"u{number}")
        user.put_policy("own", OWN)
        user.inline[name] = user.inline.pop("own").with_name(name)
    figure = attachment_graph(main)

    assert faults(figure) == []
    assert all(line.isprintable() for line in figure.lines)
    assert [row["to"] for row in figure.rows] == names


PLACES = """
from iamlab.view.figures.account.attachment_graph import attachment_graph
from tests.view.scenes import MAIN, company
print(attachment_graph(company(20, 2).account(MAIN)).sheet.record.boxes)
"""


def test_the_layout_is_the_same_in_another_process():
    """Sets of names have another order there; the picture must not depend on it."""
    found = {
        subprocess.run(
            [sys.executable, "-c", PLACES],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(found) == 1


@pytest.mark.parametrize(
    ("accounts", "users", "begins"),
    [
        (0, 0, "In 0 accounts: no users, roles or groups."),
        (1, 0, "In a0: no users, roles or groups."),
        (1, 1, "In a0: 1 user; nothing is attached."),
        (1, 2, "In a0: 2 users; nothing is attached."),
        (1, 11, "In a0: 11 users; nothing is attached."),
        (3, 1, "In 3 accounts: 3 users; "),
    ],
)
def test_the_alternative_text_counts_in_whole_sentences(accounts, users, begins):
    """With no account, one and several; with no user, one and several."""
    world = World(seed=7)
    for i in range(accounts):
        account = world.create_account(f"a{i}")
        for user in range(users):
            account.create_user(f"u{user}")

    assert attachment_graph(world).alt.startswith(begins)

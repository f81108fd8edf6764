"""Figures say in words what they show, are always the same, and take text as text."""

import json
import re
import xml.etree.ElementTree as ET
from html import escape
from html.parser import HTMLParser

import pytest

from iamlab import Policy, World
from iamlab.teach.scenarios import MAP, scenario
from iamlab.view import access_graph, attachment_graph, door, verdict_table
from iamlab.view.style import INK, PALE_INK
from iamlab.world.identities import Group

HOSTILE = (
    '<script>alert("x")</script>',
    "$x^2$ and $",
    "\u202eright to left",
    "😀 two\nlines",
    "&lt;b&gt;",
    "long" * 100,
)


@pytest.fixture
def acme():
    """The world of lesson 03."""
    return scenario("groups")


@pytest.fixture(params=HOSTILE, ids=["script", "formula", "direction", "emoji", "entity", "long"])
def hostile(request):
    """An account from a file, in which every name is an attack; and that name."""
    name = request.param
    statement = {"Sid": name, "Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    prefix = "arn:aws:iam::111111111111"
    prefix = "arn:aws:iam::111111111111"
    user = {"Path": "/", "UserName": "eve", "UserId": "AIDAX", "Arn": f"{prefix}:user/eve"}
    user |= {"UserPolicyList": [{"PolicyName": "p", "PolicyDocument": document}]}
    user |= {"Tags": [{"Key": name, "Value": name}]}
    world = World.from_account_details({"UserDetailList": [user]})
    # AWS's pattern keeps such names out of files; nothing keeps them out of an object.
    account = world.account("111111111111")
    account.groups[name] = Group(account, name, inline={name: Policy.parse(document, name=name)})
    world.user("eve").groups.append(name)
    return world, name


class _Tags(HTMLParser):
    """Collects the tags and the alternative texts of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.alts = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.alts += [value for name, value in attrs if name == "alt"]


def _read(html):
    reader = _Tags()
    reader.feed(html)
    return reader


def test_the_access_graph_says_who_is_allowed_by_what_and_what_cuts_it(acme):
    """The words name the caller, the allowing statement with its group, and the Deny."""
    alt = access_graph(acme, acme.user("dana"), "s3:DeleteObject", MAP).alt

    assert "dana asks for s3:DeleteObject" in alt
    assert "AmazonS3FullAccess/#1 allows it through group developers" in alt
    assert "Deny in guard/KeepMaps, which came through group contractors, cuts the way" in alt


@pytest.mark.parametrize(
    ("who", "action", "words"),
    [
        ("alice", "s3:GetObject", "nothing cuts the way"),
        ("carol", "s3:GetObject", "no statement allows it"),
    ],
)
def test_the_alternative_text_follows_the_decision(acme, who, action, words):
    """An allowed request and an implicit deny are told apart in words."""
    assert words in access_graph(acme, acme.user(who), action, MAP).alt


def test_a_boundary_that_is_shut_is_in_the_picture_and_in_the_words(acme):
    """A ceiling is a gate on the way, and the words say that it is shut."""
    account = acme.account("acme-main")
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
    }
    acme.user("dana").put_permissions_boundary(account.create_policy("limit", document))
    figure = access_graph(acme, acme.user("dana"), "s3:GetObject", MAP)

    assert "permissions boundary does not let it through" in figure.alt
    assert any(row["layer"] == "permissions boundary" for row in figure.rows)


@pytest.mark.parametrize(
    "draw",
    [
        lambda w: access_graph(w, w.user("dana"), "s3:DeleteObject", MAP),
        lambda w: attachment_graph(w.account("acme-main"), lit=w.user("dana")),
        lambda _: door(),
    ],
    ids=["access", "attachment", "door"],
)
def test_the_same_data_gives_the_same_picture_with_words_and_a_table(draw):
    """Drawn twice it is the same to the byte; it has alt text, a table and a list."""
    one, two = draw(scenario("groups")), draw(scenario("groups"))
    page = _read(one._repr_html_())

    assert one.svg() == two.svg()
    assert page.alts == [one.alt]
    assert page.tags[:3] == ["figure", "img", "figcaption"]
    assert len(one.table) == len(one.rows) > 0
    assert one.as_text().count("\n") >= 3


def test_the_attachment_graph_says_what_reaches_the_lit_user(acme):
    """Own policies and those of each group are named."""
    alt = attachment_graph(acme.account("acme-main"), lit=acme.user("dana")).alt

    assert "own-notes hangs on dana itself" in alt
    assert "group developers hands on AmazonS3FullAccess" in alt
    assert "group contractors hands on guard" in alt


def test_names_from_strangers_are_drawn_as_text(hostile):
    """Markup, formulas, emoji and line breaks in names neither act nor break the picture."""
    world, _ = hostile
    eve = world.user("eve")
    for figure in (
        access_graph(world, eve, "s3:GetObject", "arn:aws:s3:::b/k"),
        attachment_graph(world.account("111111111111"), lit=eve),
    ):
        ET.fromstring(figure.svg())  # noqa: S314 - our own picture
        page = _read(figure._repr_html_())

        assert page.tags == ["figure", "img", "figcaption", "details", "summary", "pre"]


def test_cards_escape_what_they_show(hostile):
    """A decision, a policy, a user, a group and a world show hostile names as text."""
    world, name = hostile
    eve = world.user("eve")
    group = next(iter(world.account("111111111111").groups.values()))
    decision = world.can(eve, "s3:GetObject", "arn:aws:s3:::b/k")
    for value in (world, eve, group, decision, *group.inline.values()):
        html = value._repr_html_()

        assert "script" not in _read(html).tags
        assert "b" not in _read(html).tags
        assert escape(name) in html or escape(json.dumps(name)) in html


def test_the_table_has_symbol_and_word_in_every_cell(acme):
    """A verdict in a table is a symbol and a word, in HTML, in text and as a frame."""
    pairs = [("s3:GetObject", MAP), ("s3:DeleteObject", MAP)]
    table = verdict_table(acme, [acme.user("dana"), acme.user("carol")], pairs)
    cells = re.findall(r"<td[^>]*>([^<]+)</td>", table._repr_html_())

    assert cells == [
        "✓&nbsp;allowed",
        "✕&nbsp;explicit deny",
        "○&nbsp;implicit deny",
        "○&nbsp;implicit deny",
    ]
    assert table.to_frame().loc["dana"].tolist() == ["allowed", "explicit deny"]
    assert "carol, s3:GetObject on star-maps/m31.fits: ○ implicit deny" in str(table)


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_figure_is_saved_in_each_format(tmp_path, suffix):
    """The first bytes of the file are those of its format."""
    target = tmp_path / f"door.{suffix}"
    door().save(target)
    begins = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}

    assert target.read_bytes().startswith(begins[suffix])


def test_a_large_account_is_drawn_as_far_as_it_can_be_read(acme):
    """Of hundreds of users only some are drawn, the lit ones first; the table has them all."""
    account = acme.account("acme-main")
    for number in range(300):
        account.create_user(f"user{number}").put_policy(
            "own",
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            },
        )
    figure = attachment_graph(account, lit=account.get_user("user299"))

    assert figure.drawing.get_size_inches()[1] < 40
    assert "user299" in figure.alt
    assert "more stand only in the table" in figure.caption
    assert sum(row["from"].startswith("user") for row in figure.rows) == 300


def test_what_leads_nowhere_is_pale(acme):
    """Of Dana's policies the one that has nothing to say on deleting stands back, box and all."""
    figure = access_graph(acme, acme.user("dana"), "s3:DeleteObject", MAP)
    colours = {text.get_text(): text.get_color() for text in figure.drawing.axes[0].texts}

    assert colours["own-notes"] == PALE_INK
    assert {colours[name] for name in ("guard", "contractors", "developers")} == {INK}

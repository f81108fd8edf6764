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
    """Return an account from a file with hostile names, and such a name."""
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


@pytest.mark.parametrize(
    "draw",
    [
        lambda w: access_graph(w.can(w.user("dana"), "s3:DeleteObject", MAP)),
        lambda w: attachment_graph(w.account("acme-main"), lit=w.user("dana")),
        lambda _: door(),
    ],
    ids=["access", "attachment", "door"],
)
def test_the_same_data_gives_the_same_picture_with_words_and_a_table(draw):
    """Drawn twice it is the same to the byte; it has alt text, a table and a list."""
    first, two = draw(scenario("groups")), draw(scenario("groups"))
    page = _read(first._repr_html_())

    assert first.svg() == two.svg()
    assert page.alts == [first.alt]
    assert page.tags[:4] == ["figure", "div", "img", "figcaption"]
    assert len(first.table) == len(first.rows) > 0
    assert first.as_text().count("\n") >= 3


def test_names_from_strangers_are_drawn_as_text(hostile):
    """Markup, formulas, emoji and line breaks in names don't break the picture."""
    world, _ = hostile
    eve = world.user("eve")
    for figure in (
        access_graph(world.can(eve, "s3:GetObject", "arn:aws:s3:::b/k")),
        attachment_graph(world.account("111111111111"), lit=eve),
    ):
        ET.fromstring(figure.svg())  # noqa: S314 - our own picture
        page = _read(figure._repr_html_())

        assert page.tags == ["figure", "div", "img", "figcaption", "details", "summary", "pre"]


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


def test_a_figure_that_cannot_be_saved_leaves_the_old_file(tmp_path, monkeypatch):
    """It is written beside the file first."""
    path = tmp_path / "figure.svg"
    path.write_text("old", "utf-8")
    figure = door()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        figure.save(path)

    assert [item.name for item in tmp_path.iterdir()] == ["figure.svg"]
    assert path.read_text("utf-8") == "old"


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_figure_is_saved_in_each_format(tmp_path, suffix):
    """The first bytes of the file are those of its format."""
    target = tmp_path / f"door.{suffix}"
    door().save(target)
    begins = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}

    assert target.read_bytes().startswith(begins[suffix])


def test_a_wide_picture_scrolls_by_keyboard_instead_of_shrinking():
    """Enlarging a page makes the picture larger."""
    page = door()._repr_html_()

    assert "min-width:600px" in page
    assert re.search(r'<div tabindex="0" role="group" aria-label="Every request', page)

"""Tables say the same in a notebook, in a terminal and as a frame, and take text as text."""

import re
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, World
from iamlab.errors import RequestError
from iamlab.teach.scenarios import MAP, scenario
from iamlab.view.cells import ROWS, as_words
from iamlab.view.cells import to_frame as frame_of
from iamlab.view.style import INK, LOOKS, PAPER, Look
from iamlab.view.tables import Table, VerdictTable, table_of, verdict_table
from iamlab.view.terminal import LINE, broken, columns_of
from tests.effort import tries

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ALLOWED, DENIED, SILENT = LOOKS["allowed"], LOOKS["explicitDeny"], LOOKS["implicitDeny"]
EVIL = '<img src=x onerror="alert(1)">'


class Page(HTMLParser):
    """Collects the tags and the words of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Note it."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Note it."""
        self.texts.append(data)

    def of(self, tag):
        """Return the attributes of each tag of that name."""
        return [attributes for name, attributes in self.tags if name == tag]


def users(number):
    """Make a table of so many users."""
    rows = tuple((f"user{n}", n, ALLOWED if n % 2 else DENIED) for n in range(number))
    return Table("Users", ("name", "keys", "verdict"), rows)


# -- notebooks ------------------------------------------------------------------------------------


def test_a_table_has_a_caption_and_its_headings_say_of_what():
    """A screen reader reads the caption first, and the row and column of each cell."""
    page = Page(users(3)._repr_html_())
    scopes = [cell["scope"] for cell in page.of("th")]

    assert scopes == ["col"] * 3 + ["row"] * 3
    assert len(page.of("caption")) == 1
    assert page.texts[:4] == ["Users", "name", "keys", "verdict"]


def test_a_verdict_in_a_cell_is_a_symbol_and_a_word():
    """Also in its colours, which have enough contrast."""
    html = Table("t", ("a", "b", "c"), ((ALLOWED, DENIED, SILENT),))._repr_html_()

    for seen in (ALLOWED, DENIED, SILENT):
        assert f"{seen.symbol}&nbsp;{seen.word}</td>" in html
        assert f"background:{seen.area};color:{seen.colour}" in html


def test_a_table_brings_its_own_light_paper():
    """Dark themes colour rows and cells, so each cell has its own colours."""
    page = Page(users(3)._repr_html_())
    cells = [*page.of("th"), *page.of("td"), *page.of("caption"), *page.of("table")]

    assert cells
    for cell in cells:
        assert "background:#" in cell["style"]
        assert re.search(r"[;\"]color:#", cell["style"])
    assert all(f"background:{PAPER};color:{INK}" in cell["style"] for cell in page.of("th"))


def test_what_strangers_wrote_is_text_everywhere():
    """In the caption, which is also the frame's name, in headings and in cells."""
    evil = Look(EVIL, EVIL, INK, PAPER)
    html = Table(EVIL, (EVIL, "b", "c"), ((EVIL, (EVIL, "x"), evil),), left_out=2)._repr_html_()

    assert not Page(html).of("img")
    assert html.count(escape(EVIL)) == 7


@pytest.mark.parametrize("table", [users(40), Table("w", tuple("abcdefg"), (tuple(range(7)),) * 2)])
def test_a_large_table_scrolls_in_a_frame_that_the_keyboard_reaches(table):
    """It has a name, and can have the focus."""
    page = Page(table._repr_html_())
    [frame] = page.of("div")

    assert frame["tabindex"] == "0"
    assert frame["aria-label"] == table.caption
    assert "overflow:auto" in frame["style"]


def test_a_small_table_cannot_be_focused():
    """Nothing in it scrolls."""
    assert "tabindex" not in users(3)._repr_html_()


def test_a_table_of_long_words_scrolls_in_a_narrow_window():
    """Three long words are wider than a notebook at 200 %."""
    word = "x" * 24

    assert "tabindex" in Table("w", ("a", "b", "c"), ((word, word, word),))._repr_html_()
    assert "tabindex" not in Table("w", ("a", "b", "c"), ((word, "x", "x"),))._repr_html_()


def test_many_rows_are_counted_and_the_frame_has_all():
    """The first forty are shown."""
    table = users(ROWS + 34)
    html = table._repr_html_()

    assert len(Page(html).of("tr")) == 1 + ROWS + 1
    assert "and 34 more" in html
    assert "and 34 more" in str(table)
    assert f"user{ROWS + 33}" not in html
    assert f"user{ROWS + 33}" in table.as_text()
    assert len(table.to_frame()) == ROWS + 34
    assert "more" not in users(ROWS)._repr_html_()


def test_rows_that_were_left_out_before_are_counted_too():
    """A card cuts a table that was cut already."""
    table = Table("t", ("a",), (("x",),) * 5, left_out=10).first(2)

    assert "and 13 more" in table._repr_html_()
    assert len(table) == 2


def test_an_empty_table_says_so():
    """It has its headings, and a row that says that it is empty."""
    table = Table("Findings", ("subject", "what"), ())

    assert ">none</td>" in table._repr_html_()
    assert str(table).splitlines() == [
        "Findings",
        "subject  what",
        "───────  ────",
        "none",
    ]
    assert table.to_frame().shape == (0, 2)
    assert bool(table)


def test_a_column_with_nothing_in_it_is_not_shown_but_is_there():
    """A column of empty text is shown."""
    table = Table("t", ("name", "boundary", "note"), (("ana", None, ""), ("bob", None, "")))
    html = table._repr_html_()

    assert "boundary" not in html
    assert "note" in html
    assert "boundary" not in str(table)
    assert list(table.to_frame().columns) == ["name", "boundary", "note"]


def test_a_table_of_one_thing_is_a_list_of_what_is_known():
    """Each fact is a row, with its name as the heading."""
    table = Table("Session", ("id", "from", "mfa"), (("ASIA", NOON, False),), of_one=True)
    page = Page(table._repr_html_())

    assert [cell["scope"] for cell in page.of("th")] == ["row"] * 3
    assert str(table).splitlines() == [
        "Session",
        "id    ASIA",
        "from  2026-11-25 12:00:00",
        "mfa   no",
    ]
    assert table.to_frame().shape == (1, 3)


def test_some_of_the_columns_can_be_taken():
    """In the order of the argument."""
    table = users(2).only("verdict", "name")

    assert table.columns == ("verdict", "name")
    assert table.rows == ((DENIED, "user0"), (ALLOWED, "user1"))


# -- terminals ------------------------------------------------------------------------------------


def test_a_table_is_aligned_in_a_terminal():
    """Numbers on the right, words on the left, letters of two columns counted as two."""
    text = str(Table("Maps", ("name", "size"), (("地図", 9), ("m31", 1200))))

    assert text.splitlines() == [
        "Maps",
        "name   size",
        "────  ─────",
        "地図      9",
        "m31   1,200",
    ]
    assert repr(Table("Maps", ("a",), (("x",),))) == "Maps\na\n─\nx"


def test_nothing_in_a_cell_breaks_its_line():
    """Line breaks, tabs and marks that turn the direction become signs."""
    text = str(Table("two\nlines", ("a",), (("x\r\ny\t\u202ez\x1b[31m",),)))

    assert text.splitlines() == ["two↵lines", "a", "────────────", "x↵↵y→␣z␣[31m"]


cells = st.one_of(
    st.text(max_size=60),
    st.integers(-(10**20), 10**20),
    st.booleans(),
    st.none(),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([ALLOWED, DENIED, SILENT]),
    st.lists(st.text(max_size=8), max_size=3).map(tuple),
)


@settings(max_examples=tries(60))
@given(data=st.data(), width=st.integers(1, 6))
def test_no_line_is_too_long_and_no_word_is_lost(data, width):
    """Any values in the cells: as text, as HTML and as a frame."""
    rows = tuple(data.draw(st.lists(st.tuples(*[cells] * width), max_size=4)))
    table = Table("caption", tuple("abcdef"[:width]), rows)
    lines = table.as_text().splitlines()

    assert all(columns_of(line) <= LINE for line in lines)
    letters = sorted("".join(lines).replace("─", "").replace(" ", ""))
    for row in rows:
        for cell in row:
            for letter in as_words(cell):
                assert not letter.isalnum() or letter in letters
    assert table.to_frame().shape == (len(rows), width)
    assert {tag for tag, _ in Page(table._repr_html_()).tags} <= {
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "div"),
    }


@settings(max_examples=tries(80))
@given(text=st.text(st.characters(min_codepoint=32, max_codepoint=0x4E50), max_size=80))
def test_breaking_a_text_loses_nothing_but_blanks(text):
    """And each piece fits."""
    lines = broken(text, 12)

    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns_of(line) <= 12 for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("at 2026-11-25 09:00", ["at", "2026-11-25", "09:00"]),
        (
            "arn:aws:iam::111111111111:user/alice",
            ["arn:aws:", "iam::", "111111111111", ":user/alice"],
        ),
        ("password_policy", ["password_", "policy"]),
        ("", [""]),
    ],
)
def test_text_is_broken_where_a_reader_would(text, lines):
    """Between words, after signs, never within a number that fits."""
    assert broken(text, 12) == lines


def test_columns_give_way_where_they_have_most():
    """Short columns keep their width; no letter of the long column is lost."""
    table = Table("t", ("id", "what"), (("AKIAIOSFODNN7EXAMPLE", "word " * 40),))
    lines = str(table).splitlines()

    assert lines[3].startswith("AKIAIOSFODNN7EXAMPLE  word")
    assert len(lines) > 4
    assert str(table).count("word") == 40


# -- frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([NOON, NOON + timedelta(days=1)], "datetime64[us, UTC]"),
        ([NOON, None], "datetime64[us, UTC]"),
        ([datetime(2026, 1, 1), NOON], "datetime64[us, UTC]"),  # noqa: DTZ001 - on purpose
        ([True, False], "bool"),
        ([True, None], "boolean"),
        ([1, 2], "int64"),
        ([1, None], "Int64"),
        ([0.5, 1.0], "float64"),
        ([2**70, 1], "object"),
        ([None, None], "object"),
        ([True, 1], "object"),
    ],
)
def test_columns_of_a_frame_have_the_type_of_their_values(values, dtype):
    """Dates, truth values and numbers keep their type, also with empty cells."""
    frame = frame_of(["column"], [[value] for value in values])

    assert str(frame["column"].dtype) == dtype


def test_moments_are_in_utc():
    """Also those with another time zone."""
    berlin = datetime(2026, 11, 25, 13, tzinfo=timezone(timedelta(hours=1)))
    frame = frame_of(["t"], [[berlin]])

    assert frame["t"][0] == NOON
    assert str(frame["t"][0].tzinfo) == "UTC"
    assert "2026-11-25 12:00:00" in str(Table("t", ("t",), ((berlin,),)))


def test_looks_and_lists_become_words():
    """So a frame can be searched for a verdict."""
    frame = Table("t", ("v", "names"), ((DENIED, ("ana", "bob")), (ALLOWED, ()))).to_frame()

    assert frame["v"].tolist() == ["explicit deny", "allowed"]
    assert frame["names"].tolist() == ["ana, bob", ""]


def test_two_columns_may_have_one_name():
    """Each keeps its own values."""
    frame = frame_of(["a", "a"], [[1, "x"], [2, "y"]])

    assert list(frame.columns) == ["a", "a"]
    assert frame.iloc[1].tolist() == [2, "y"]


@pytest.mark.parametrize(("columns", "rows"), [([], []), (["a"], []), ([], [[], []])])
def test_frames_may_be_empty(columns, rows):
    """Without rows, without columns, without both."""
    assert frame_of(columns, rows).shape == (len(rows), len(columns))


# -- verdicts -------------------------------------------------------------------------------------


def test_a_table_of_verdicts_has_all_three_for_screen_readers():
    """In a notebook it is a table like every other."""
    world = scenario("groups")
    pairs = [("s3:GetObject", MAP), ("s3:DeleteObject", MAP)]
    table = verdict_table(world, [world.user("dana"), world.user("carol")], pairs)
    page = Page(table._repr_html_())

    assert isinstance(table, VerdictTable)
    assert [cell["scope"] for cell in page.of("th")] == ["col"] * 3 + ["row"] * 2
    assert table.table().to_frame()["s3:DeleteObject on star-maps/m31.fits"].tolist() == [
        str(world.can(who, "s3:DeleteObject", MAP).verdict)
        for who in (world.user("dana"), world.user("carol"))
    ]


def test_names_in_verdicts_break_no_line():
    """Each cell is one line, with any name."""
    decision = scenario("groups").can("arn:aws:iam::111111111111:user/dana", "s3:GetObject", MAP)
    table = VerdictTable(("two\nlines",), ("s3:GetObject on a\nb",), ((decision,),))

    assert table.as_text() == "two↵lines, s3:GetObject on a↵b: ✓ allowed"


def test_a_policy_without_statements_is_an_empty_frame_with_its_columns():
    """Frames of several policies can be put together."""
    policy = Policy.parse({"Version": "2012-10-17", "Statement": []})
    two = Policy.allow("s3:GetObject")

    assert list(policy.to_frame().columns) == list(two.to_frame().columns)
    assert len(pd.concat([policy.to_frame(), two.to_frame()])) == 1


def test_a_table_is_refused_when_its_rows_do_not_fit():
    """The error is raised when the table is made, not when it is shown."""
    with pytest.raises(
        RequestError, match="Row 2 of a table has 1 cell, and the table has 2 columns"
    ):
        Table("Maps", ("a", "b"), (("x", "y"), ("z",)))
    with pytest.raises(
        RequestError, match="Row 1 of a table has 2 cells, and the table has 1 column"
    ):
        Table("Maps", ("a",), (("x", "y"),))
    with pytest.raises(RequestError, match="must have a row"):
        Table("Map", ("a",), (), of_one=True)
    assert Table("Maps", ("a",), ()).as_text().endswith("none")


def test_the_table_of_an_organization_looks_at_each_target_once():
    """Each target is below its parent, OUs before accounts."""
    looked = []

    class Watched(dict):
        def values(self):
            looked.append(self)
            return super().values()

    main = World(seed=7).create_account("main", account_id="111111111111")
    organization = main.world.create_organization(main)
    for number in range(6):
        organization.create_organizational_unit(f"ou-{number}")
    inner = organization.create_organizational_unit("inner", parent="ou-3")
    organization.create_account("dev", parent=inner, account_id="222222222222")
    organization.organizational_units = Watched(organization.organizational_units)
    rows = table_of(organization).rows

    assert len(looked) == 1
    assert [row[:3] for row in rows[4:8]] == [
        (1, "ORGANIZATIONAL_UNIT", "ou-3"),
        (2, "ORGANIZATIONAL_UNIT", "inner"),
        (3, "ACCOUNT", "dev"),
        (1, "ORGANIZATIONAL_UNIT", "ou-4"),
    ]

"""The SVG of a figure: small, safe, the same bytes for the same data, no compiled package."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.display import printable
from iamlab.view.drawing.measure import POINTS, plain, width_of
from iamlab.view.drawing.shapes import Circle, Ink, Line, Rectangle, Tiles
from iamlab.view.drawing.sheet import Box, Sheet
from iamlab.view.drawing.svg import to_svg
from iamlab.view.scene import Scene
from tests.effort import first_now, tries
from tests.view.scenes import UGLY

SVG = "{http://www.w3.org/2000/svg}"
WORDS = st.text(max_size=30) | st.sampled_from(UGLY)


def parsed(sheet, title="", description=""):
    """Read the SVG of a sheet as XML."""
    return ET.fromstring(to_svg(sheet, title, description))  # noqa: S314 - our own picture


def elements(sheet, name):
    """Return the elements of a name, in the order in which they are drawn."""
    return list(parsed(sheet).iter(f"{SVG}{name}"))


@settings(max_examples=tries(60))
@given(WORDS, WORDS)
def test_words_are_text_that_can_be_selected(text, note):
    """The text is unchanged: no name is markup, and no space is lost."""
    sheet = Sheet()
    sheet.text(1, 1, text)
    sheet.note(1, 2, note, face="mono")
    words = [element.text for element in elements(sheet, "text")]

    assert words == [*filter(None, (plain(text), plain(note, "mono")))]


@pytest.mark.parametrize("words", [" ana", "ana ", "a  b"])
def test_a_browser_keeps_spaces(words):
    """It would drop some, and stretch the letters to the width that was measured."""
    sheet = Sheet()
    sheet.text(1, 1, words)
    sheet.text(1, 2, "one word")
    odd, plain_words = elements(sheet, "text")

    assert odd.get("style") == "white-space:pre"
    assert plain_words.get("style") is None


@settings(max_examples=tries(40))
@given(WORDS, WORDS)
def test_a_screen_reader_finds_a_title_and_a_description(alt, caption):
    """The alternative text and the caption, as the figure has them."""
    figure = Scene([]).figure(lambda _: Sheet(), alt=alt, caption=caption)
    root = ET.fromstring(figure.svg())  # noqa: S314 - our own picture

    assert root.get("role") == "img"
    assert [(root[i].tag, root[i].text or "") for i in (0, 1)] == [
        (f"{SVG}title", printable(alt)),
        (f"{SVG}desc", printable(caption)),
    ]


@pytest.mark.parametrize("face", ["sans", "bold", "mono"])
def test_another_font_cannot_leave_the_room_that_was_measured(face):
    """The SVG has the width of the text; a single sign is in the middle in any font."""
    sheet = Sheet()
    sheet.text(1, 1, "star-maps", face=face)
    sheet.text(1, 2, "✓", align="center")
    words, sign = elements(sheet, "text")

    assert float(words.get("textLength")) == pytest.approx(
        width_of("star-maps", 10, face) * POINTS, abs=0.01
    )
    assert words.get("lengthAdjust") == "spacingAndGlyphs"
    assert sign.get("textLength") is None
    assert sign.get("text-anchor") == "middle"


def test_layers_are_drawn_from_the_lowest_to_the_highest():
    """Within a layer, in the order in which shapes were added."""
    sheet = Sheet()
    for layer, colour in ((3, "#000003"), (0, "#000000"), (3, "#000004"), (1, "#000001")):
        sheet.draw(Circle(1, 1, 0.1, Ink(fill=colour, layer=layer)))

    fills = [circle.get("fill") for circle in elements(sheet, "path")]
    assert fills == ["#000000", "#000001", "#000003", "#000004"]


def test_an_arrow_ends_where_its_line_was_to_end():
    """The tip is at the end point, and the line ends behind it."""
    sheet = Sheet()
    sheet.straight((1, 1), (2, 1), arrow=True)
    line, head = elements(sheet, "path")
    tip_of_line = float(line.get("d").split(" ")[-2])
    corners = [float(x) for x in re.findall(r"[ML ]?([\d.]+) 7[\d.]+", head.get("d"))]

    assert max(corners) == tip_of_line < 2 * POINTS
    assert min(corners) < tip_of_line - 4.9
    assert head.get("fill") == head.get("stroke") == line.get("stroke")


@pytest.mark.parametrize("points", [((1, 1),) * 4, ((1, 1), (1, 1), (2, 2), (2, 2))])
def test_an_arrow_that_stops_where_it_bends_has_a_head(points):
    """It points away from the last different point; without one, to the right."""
    sheet = Sheet()
    sheet.curve(points, arrow=True)

    assert "nan" not in to_svg(sheet)
    assert len(elements(sheet, "path")) == 2


def test_a_hatching_is_a_pattern_named_after_what_it_is():
    """So two pictures on one page can share it; an area without fill has only the hatching."""
    sheet = Sheet()
    for hatch in ("////", "////", "...."):
        sheet.area((1, 1), (1, 1), "#D55E00", hatch=hatch)
    sheet.draw(Tiles((((1, 1), (1, 1)), ((2, 1), (1, 1))), Ink(hatch="//", hatch_colour="#123456")))
    patterns = [pattern.get("id") for pattern in elements(sheet, "pattern")]

    assert patterns == ["lines4-FFFFFF", "dots4-FFFFFF", "lines2-123456"]
    used = re.findall(r'fill="url\(#([\w-]+)\)"', to_svg(sheet))
    assert used == ["lines4-FFFFFF", "lines4-FFFFFF", "dots4-FFFFFF", "lines2-123456"]


def test_words_on_a_line_have_paper_behind_them():
    """It has the colour of the frame that they are in."""
    sheet = Sheet()
    sheet.field(0.5, 0.5, 3, 2, "acme-main")
    sheet.text(1, 1.5, "reads", on_line=True)
    paper = elements(sheet, "path")[-1]
    corners = [float(x) for x in re.findall(r"[ML]([\d.]+) ", paper.get("d"))]

    assert paper.get("fill") == "#F7F8F9"
    assert min(corners) < POINTS
    assert max(corners) > (1 + width_of("reads")) * POINTS


def test_the_same_shapes_give_the_same_bytes_and_no_number_is_long():
    """Numbers have two decimals, and 0 has no minus."""

    def drawn():
        sheet = Sheet()
        sheet.box(Box(1 / 3, 1, 2, "ana", "user", bold=True, dashed=True))
        sheet.text(1, 2, "turned", rotation=60)
        sheet.draw(Line(((-0.00001, 1), (1, 2), (2, 2)), Ink(fill="#123456", opacity=0.5)))
        sheet.draw(Rectangle(0, 0, 1, 1, Ink(edge="#123456", dashes=(1, 2)), 0.1))
        return to_svg(sheet)

    assert drawn() == drawn()
    assert not re.search(r"\d\.\d{3}|-0\b(?!\.)|nan|inf|e-\d", re.sub(r"<text.*", "", drawn()))


# -- what it costs ---------------------------------------------------------------------------------

FIRST = {
    "door": "from iamlab.view import door; door().svg()",
    "access_graph": (
        "from iamlab.teach.scenarios import MAP, scenario; from iamlab.view import access_graph;"
        "world = scenario('groups');"
        "access_graph(world.can(world.user('alice'), 's3:GetObject', MAP))._repr_html_()"
    ),
    "decision.show": (
        "from iamlab.teach.scenarios import MAP, scenario; world = scenario('groups');"
        "world.can(world.user('alice'), 's3:GetObject', MAP).show().svg()"
    ),
    "growth": "from iamlab.view.figures.charts.growth import growth; growth().svg()",
}


@pytest.mark.parametrize("name", first_now(FIRST))
def test_no_compiled_package_is_needed_to_draw(name):
    """So a figure can be drawn in a browser, and a first one is fast: it loads no other reports."""
    heavy = ("matplotlib", "numpy", "networkx", "pandas", "iamlab.analysis.privilege_escalation")
    code = f"{FIRST[name]}; import sys; print([one for one in {heavy} if one in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"

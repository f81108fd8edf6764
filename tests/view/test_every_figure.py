"""What holds of every figure: proved in worlds of any size, with plain names and with ugly ones."""

import base64
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path

import networkx as nx
import pytest

from iamlab.display import printable
from iamlab.view.drawing.sheet import MARGIN, PAGE
from tests.effort import first_now, is_thorough, slow
from tests.view.every_figure import FIGURES, PARTS, SEARCHED, draw, figure_of, homes, scene, seen
from tests.view.looking import faults
from tests.view.scenes import SIZES

pytestmark = pytest.mark.chance  # the profile says of how many scenes
ALL_SCENES = [
    (size, seed, (place + seed) % 2 == 0) for place, size in enumerate(SIZES) for seed in (1, 2)
]
"""Size, seed, and whether names are ugly: each size with either; `make soak` takes all together."""
SCENES = [(3, 2, True), (20, 2, False)]
"""Those of which all claims are judged, so that each is drawn once; in make test few and small."""
if is_thorough():
    SCENES = list(dict.fromkeys([*SCENES, *ALL_SCENES]))

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def each(names):
    """Take figures one by one, all claims on one in one process: there it is drawn once."""
    return [
        pytest.param(name, marks=pytest.mark.xdist_group(f"figure {name.split(' ')[0]}"))
        for name in names
    ]


every = pytest.mark.parametrize("name", each(FIGURES))


def all_seen(name):
    """Look at a figure of all scenes, or of fewer if it takes long to search."""
    for size, seed, ugly in SCENES:
        if name not in SEARCHED or seed in (1, 2):
            yield seen(name, size, seed, ugly=ugly)


def test_no_figure_is_left_out():
    """Each public function that returns a figure is in the table, or is a part of one that is."""
    proved = {name.split(" ", 1)[0] for name in FIGURES}

    assert set(homes()) == proved | set(PARTS)
    assert set(PARTS.values()) <= set(FIGURES)


@every
def test_nothing_is_in_the_way_of_anything(name):
    """No label overlaps another, leaves the paper, or is missing in the list; boxes are clear."""
    assert {repr(look.of): look.faults for look in all_seen(name) if look.faults} == {}


@every
def test_no_figure_is_wider_than_a_page(name):
    """At its full size it fits into a notebook's column."""
    assert {repr(look.of) for look in all_seen(name) if look.width > PAGE + 2 * MARGIN} == set()


ODD = re.compile(r"<Figure|<Box|object at 0x|\bNone\b(?! of)|\bnan\b|\[\]|\{\}")
"""What Python would say where nobody thought of words."""


@every
def test_alternative_texts_can_be_spoken(name):
    """One line of visible letters that ends a sentence, without markup."""
    for look in all_seen(name):
        assert look.alt.isprintable(), look
        assert not ODD.search(look.alt + look.text), look


@slow
@every
def test_different_data_has_a_different_alternative_text(name):
    """Most scenes with different tables have different alternative texts."""
    alts = {look.facts: look.alt for look in all_seen(name)}

    assert len(set(alts.values())) >= min(2, len(alts))
    assert len(set(alts.values())) > 0.6 * len(alts)


@every
def test_the_list_is_one_line_a_fact(name):
    """A line break in a name doesn't make a new line."""
    for look in all_seen(name):
        assert len(look.text.split("\n")) == len(look.text.splitlines()) == look.lines, look
        assert look.text.replace("\n", "").isprintable(), look


def test_nothing_heavy_is_loaded_before_something_is_drawn():
    """After importing all modules of figures, pandas, networkx and matplotlib aren't loaded."""
    modules = [f"iamlab.view.figures.{module}" for module in sorted(set(homes().values()))]
    heavy = ("matplotlib", "networkx", "pandas", "numpy")
    code = (
        f"import sys; from importlib import import_module; [*map(import_module, {modules})];"
        f"print([one for one in {heavy} if one in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


class Page(HTMLParser):
    """What a browser makes of HTML."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.images, self.words, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep it; an image has no end."""
        self.tags.append((tag, dict(attrs)))
        if tag == "img":
            self.images.append(dict(attrs))
        elif tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Keep the words."""
        self.words.append(data)


@every
def test_nothing_in_a_name_is_interpreted(name):
    """A browser finds the same tags as for plain names, and all names as text."""
    plain, ugly = (Page(figure_of(name, 20, 2, ugly=ugly)._repr_html_()) for ugly in (False, True))
    known = seen(name, 20, 2, ugly=True)

    assert {"mathjax_ignore", "tex2jax_ignore"} <= {*ugly.tags[0][1]["class"].split()}
    assert {tag for tag, _ in ugly.tags} == {tag for tag, _ in plain.tags}
    assert {tag for tag, _ in ugly.tags} <= {
        *("figure", "img", "figcaption", "details", "summary", "pre", "div", "p", "span"),
    }
    assert not any(key.startswith("on") for _, attrs in ugly.tags for key in attrs)
    assert ugly.open == []
    (image,) = ugly.images
    assert image["alt"] == known.alt
    assert known.text in "".join(ugly.words)
    picture(image["src"])


def picture(source):
    """Read a picture as XML: it has nothing that runs, and points at nothing but itself."""
    head, data = source.split(",", 1)
    assert head == "data:image/svg+xml;base64"
    root = ET.fromstring(base64.b64decode(data))  # noqa: S314 - our own picture
    assert root.tag == f"{SVG}svg"
    for node in root.iter():
        assert node.tag not in (f"{SVG}script", f"{SVG}foreignObject", f"{SVG}image", f"{SVG}a")
        for key, value in node.attrib.items():
            assert not key.startswith("on")
            assert not key.endswith("href") or value.startswith("#")


@every
def test_graphs_can_be_taken_along(name):
    """GraphML is read back by networkx, Mermaid by the few rules of its language."""
    for size in SIZES:
        known = seen(name, size, 2, ugly=True)
        if known.graph is None:
            assert name.split(" ", 1)[0] not in GRAPHS or name in SEARCHED  # who finds no way
            continue
        figure = figure_of(name, size, 2, ugly=True)
        wanted = [printable(facts["label"]) for _, facts in known.graph.nodes(data=True)]
        back = nx.read_graphml(io.StringIO(figure.to_graphml()))
        labels, edges = of_mermaid(figure.to_mermaid())

        assert [facts["label"] for _, facts in back.nodes(data=True)] == wanted
        assert back.number_of_edges() == edges == known.graph.number_of_edges()
        assert len(labels) == len(wanted)
        for label in wanted:
            assert any(words.startswith(label) for words in labels), label


GRAPHS = {"access_graph", "attachment_graph", "organization_tree", "reach_graph", "trust_graph"}
GRAPHS |= {"confused_deputy", "two_account_map"}


NODE = re.compile(r'\s*\w+\["([^"]*)"\]')
EDGE = re.compile(r'\s*\w+ (?:-->|-\.->|-- "[^"]*" -->|-\. "[^"]*" \.->) \w+')
FIELD = re.compile(r'\s*subgraph \w+\["[^"]*"\]|\s*end')
ENTITY = re.compile(r"#(\w+);")
MEANT = {"quot": '"', "lt": "<", "gt": ">", "amp": "&", **{str(i): chr(i) for i in range(128)}}


def of_mermaid(text):
    """Read Mermaid: the labels of its nodes, and how many edges it has."""
    head, *lines = text.split("\n")
    assert head == "flowchart LR"
    nodes = [found[1] for line in lines if (found := NODE.fullmatch(line))]
    edges = [line for line in lines if EDGE.fullmatch(line)]
    assert len(nodes) + len(edges) + sum(bool(FIELD.fullmatch(line)) for line in lines) == len(
        lines
    )
    for node in nodes:
        assert not re.search(r"[<>`]", node)
    return [printable(ENTITY.sub(lambda found: MEANT[found[1]], node)) for node in nodes], len(
        edges
    )


# -- the same data, the same bytes -----------------------------------------------------------------

AGAIN = """
import hashlib, json
from tests.view.every_figure import FIGURES, Scene, draw
one = Scene(20, 2, ugly=True)
print(json.dumps({
    name: hashlib.sha256(draw(name, one).svg()).hexdigest() for name in reversed(FIGURES)
}))
"""


@slow
def test_the_same_data_gives_the_same_bytes_in_another_process():
    """There, sets have another order, and other figures are drawn before."""
    run = subprocess.run(
        [sys.executable, "-c", AGAIN],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    figures = {name: figure_of(name, 20, 2, ugly=True) for name in FIGURES}
    here = {name: hashlib.sha256(figure.svg()).hexdigest() for name, figure in figures.items()}

    assert json.loads(run.stdout) == here


@pytest.mark.parametrize(
    ("name", "kind"), first_now(zip(FIGURES, cycle(["png", "pdf"]), strict=False), 6)
)
def test_the_same_data_gives_the_same_file(name, kind, tmp_path):
    """Saved twice for print, half of the figures in each format: no date, no random number."""
    files = [tmp_path / f"{number}.{kind}" for number in (1, 2)]
    for file in files:
        draw(name, scene(3, 1, ugly=False)).save(file)

    assert files[0].read_bytes() == files[1].read_bytes()


# -- other seeds -----------------------------------------------------------------------------------


@slow
def test_worlds_of_seeds_as_large_as_those_of_soak_are_drawn():
    """``make soak`` can start with any seed below a million."""
    ugly = scene(SIZES[0], 999_999, ugly=True)

    found = [
        f"{name}: {fault}"
        for name in FIGURES
        if name not in SEARCHED
        for fault in faults(draw(name, ugly))
    ]

    assert found == []

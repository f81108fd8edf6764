"""The site that `make docs` builds: its pages in a browser, and the course as a PDF.

A build takes longer than all tests of it, so they share one. What other tests have run of the
notebooks isn't run again.
"""

import re
import subprocess
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml import html
from playwright.sync_api import expect
from pypdf import PdfReader

from iamlab.teach.terms import terms
from tests.browser.lite import TOOLS, served
from tests.effort import give_up
from tests.repository import ROOT

SITE = ROOT / "build" / "site"
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
WIDTHS = [(1280, "light"), (390, "dark")]
VISITED = [
    "index",
    "notebooks/03_groups_and_policies",
    "notebooks/18_escalation",
    "reference/iamlab",
    "instructors/08_resource_policies",
]
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
VERDICT = re.compile(
    r"✓ allowed|✕ explicit deny|○ implicit deny|ALLOWED|EXPLICIT DENY|IMPLICIT DENY"
)


@pytest.fixture(scope="module")
def built():
    """Build the site with the tools of `make docs`; without them the tests are skipped."""
    if not (TOOLS / "sphinx-build").exists():
        give_up("Sphinx isn't installed: `make docs` makes an environment for it")
    installed = [f"{sys.prefix}/{name}" for name in (".test", "site/.site")]
    old = [part for name in (*installed, "chromium") for part in ("-o", name)]
    made = subprocess.run(
        ["make", "docs", f"VENV={sys.prefix}", *old],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert made.returncode == 0, made.stdout + made.stderr

    return SITE


@pytest.fixture(scope="module")
def pages(built):
    """Read all pages: their places, and their elements."""
    places = sorted(path.relative_to(built).as_posix() for path in built.rglob("*.html"))
    places = [own for own in places if not own.startswith(("_static/", "lite"))]
    return {place: html.parse(str(built / place)).getroot() for place in places}


@pytest.fixture(scope="module")
def address(built):
    """Serve the site, as a host of pages does."""
    with served(built) as url:
        yield url


@pytest.mark.parametrize(("width", "scheme"), WIDTHS)
def test_pages_are_accessible_narrow_and_load_nothing_from_elsewhere(
    browser, address, width, scheme
):
    """axe-core finds nothing, no page is wider than a phone, and no other host is asked."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    requests = []
    context.on("request", lambda request: requests.append(request.url))
    page = context.new_page()
    for name in VISITED:
        page.goto(f"{address}/{name}.html")
        found = Axe().run(page).response["violations"]

        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == [], name
        assert not page.evaluate(SIDEWAYS), name
    context.close()

    assert [url for url in requests if not url.startswith((address, "data:"))] == []


def test_no_page_names_a_script_a_style_or_a_picture_of_another_host(pages):
    """All pages, also those that no test opens."""
    loaded = [
        f"{name}: {url}"
        for name, page in pages.items()
        for url in page.xpath("//script/@src | //link[@rel!='canonical']/@href | //img/@src")
        if re.match(r"(https?:)?//", url)
    ]

    assert len(pages) > len(LESSONS) * 2
    assert loaded == []


def test_every_picture_has_words(pages):
    """Of the figures that the lessons draw, too."""
    pictures = [own for page in pages.values() for own in page.iter("img")]
    without = [own for own in pictures if len(own.get("alt") or "") < len("a picture of")]

    assert len(pictures) > len(LESSONS)
    assert without == []


def test_search_finds_a_lesson_by_a_word(browser, address):
    """The index of the site is in the site, and a result quotes the text of the page."""
    page = browser.new_page()
    page.goto(f"{address}/search.html?q=permissions+boundary")
    link = page.locator("a[href^='notebooks/11_boundaries']")
    quoted = page.locator("#search-results li", has=link).locator(".context")

    expect(quoted).to_contain_text("11 Permissions boundaries")
    expect(quoted).not_to_contain_text("System Settings")  # the theme's
    page.close()


def test_the_glossary_has_each_word_of_the_lessons(pages):
    """With the lesson that teaches it."""
    words = {own.text_content().strip("#\n ¶") for own in pages["glossary.html"].iter("dt")}

    assert set(terms()) <= words


def test_the_address_of_the_schemas_lists_them(built, pages):
    """Each schema is a file beside the list."""
    links = pages["schemas/index.html"].xpath("//article//td//a/@href")

    assert links == sorted(path.name for path in (built / "schemas").glob("*.json"))
    assert links


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_shows_what_it_asks_and_no_answer(lesson, pages):
    """Its cards have no controls, no verdict, and a link to the lesson in the browser."""
    page = pages[f"notebooks/{lesson}.html"]
    cards = page.find_class("iamlab-card")
    links = page.xpath("//p[@class='door']/a/@href | //p[@class='in-browser']/a/@href")
    ids = page.xpath("//article//@id")

    assert page.find_class("iamlab-asleep") == []
    assert len(cards) >= 1
    assert [own.tag for card in cards for own in card.iter("button", "input", "select")] == []
    assert [text for card in cards if VERDICT.search(text := card.text_content())] == []
    assert all(card.text_content().strip() for card in cards)
    assert "This appears when" not in page.text_content()
    assert set(links) == {f"../lite/lab/index.html?path={lesson}.ipynb"}
    assert len(ids) == len(set(ids))


def test_the_pdf_has_bookmarks_page_numbers_and_tags(built):
    """A screen reader can use it, and its table of contents names the pages of the lessons."""
    book = PdfReader(built / "iamlab-course.pdf")
    root = book.trailer["/Root"]
    titles = [own.title for own in book.outline if not isinstance(own, list)]
    contents = re.findall(r"^(\d\d) .*? (\d+)$", book.pages[1].extract_text(), re.MULTILINE)

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert [title[:2] for title in titles if title[:2].isdigit()] == [own[:2] for own in LESSONS]
    assert [number for number, _ in contents] == [own[:2] for own in LESSONS]
    for number, place in contents:
        text = book.pages[int(place) - 1].extract_text()

        assert re.match(rf"(\d+\n)?{number} ", text), number
        assert place in text

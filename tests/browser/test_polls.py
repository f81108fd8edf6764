"""The page of a poll on a projector: by keyboard, on one screen, zoomed, without a network."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from iamlab.classroom import poll

NAMES = ("8.3", "M02", "12")
FITS = "document.documentElement.scrollHeight <= innerHeight"
SIZE = "parseInt(getComputedStyle(document.querySelector('main')).fontSize)"
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def open_poll(browser, tmp_path):
    """Open the page of a poll, and note what it requests and which errors it has."""
    contexts = []

    def opened(name, width=1280, height=720):
        file = poll(name, seed=1).save(tmp_path / "poll.html", force=True)
        contexts.append(browser.new_context(viewport={"width": width, "height": height}))
        page = contexts[-1].new_page()
        page.requests, page.errors = [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda message: page.errors.append(message.text))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def _through(page, first="A 12, B 3", second="b 10 a 5"):
    """Go through all steps with the keyboard alone, and yield at each."""
    yield 0
    for _ in range(3):
        page.keyboard.press("Tab")  # over the page's buttons to the field
        if page.evaluate("document.activeElement.tagName") == "INPUT":
            break
    page.keyboard.type(first)
    page.keyboard.press("Enter")
    yield 1
    page.locator("body").press("ArrowRight")
    yield 2
    page.locator("#vote1").press_sequentially(second)
    page.keyboard.press("Enter")
    yield 3
    page.locator("body").press("PageDown")
    yield 4


@pytest.mark.parametrize("name", NAMES)
def test_each_step_is_one_screen_in_large_type_without_requests(open_poll, name):
    """It is read from ten metres; axe-core finds nothing, and the script works as it is."""
    page = open_poll(name)
    for step in _through(page):
        assert (step, page.evaluate(FITS)) == (step, True)
        assert page.evaluate(SIZE) >= 30
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    assert page.errors == []
    assert [url for url in page.requests if not url.startswith("file:")] == []


def test_votes_become_counts_shares_and_bars(open_poll):
    """Both votes are side by side; only then the right option has its mark."""
    page = open_poll("8.3")
    mark = page.get_by_text("✓ right answer")
    for step in _through(page):
        expect(mark).to_be_visible(visible=step == 3)
        if step == 3:
            texts = [text.strip() for text in page.locator("tbody td").all_inner_texts()]
            widths = [bar.bounding_box()["width"] for bar in page.locator("tbody .bar").all()]

    assert texts == ["12 (80 %)", "5 (33 %)", "3 (20 %)", "10 (67 %)"] + ["0 (0 %)"] * 4
    assert widths[0] / widths[2] == pytest.approx(4, rel=0.05)


def test_a_vote_that_is_not_clear_stays_on_its_step(open_poll):
    """The message says why, and how to write it; what is read is read again."""
    page = open_poll("8.3")
    field, step = page.locator("#vote0"), page.locator("#step")
    before = step.inner_text()
    field.fill("A 12, E <b>3")
    field.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("'E <b>3' isn't clear. Write a letter")
    assert step.inner_text() == before
    field.fill("A 12, D 3")
    field.press("Enter")
    expect(step).to_contain_text("Discuss")
    expect(page.get_by_role("alert")).to_have_text("")


def test_the_keyboard_goes_back_and_on_from_every_step(open_poll):
    """Also with the focus on a button that has no effect there; arrows in the field are its own."""
    page = open_poll("8.3")
    step = page.locator("#step")
    first = step.inner_text()
    for _ in range(6):
        page.locator("#next").click(force=True)
    assert step.inner_text() == "Why?"
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    assert step.inner_text() == first

    page.locator("#vote0").focus()
    page.keyboard.press("ArrowRight")
    assert step.inner_text() == first
    page.keyboard.press("Enter")
    assert step.inner_text() != first
    assert page.evaluate("document.activeElement.id") == "next"


def test_zoomed_to_200_percent_nothing_is_cut_off(open_poll):
    """The page gets longer, and never wider than the window."""
    page = open_poll("8.3", 640, 360)
    for step in _through(page):
        assert (step, page.evaluate(SIDEWAYS)) == (step, False)
        assert page.get_by_role("button", name="Next").is_visible()

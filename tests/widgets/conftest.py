"""Progress files of their own, and one browser for all."""

import pytest

from scripts.make_course_pdf import find_browser
from tests.browser.conftest import NO_BROWSER
from tests.effort import give_up


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """Save progress in a temporary folder; the file's path is returned."""
    file = tmp_path / "iamlab_progress.jsonl"
    monkeypatch.setenv("IAMLAB_PROGRESS", str(file))
    return file


# "module": Playwright keeps an event loop running, in which no other test should find itself.
@pytest.fixture(scope="module")
def _chromium():
    """One browser for the tests of a file; without one they are skipped, and fail where CI=true."""
    from playwright.sync_api import sync_playwright

    path = find_browser()
    if path is None:
        give_up(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(_chromium):
    """A page without anything; errors of its scripts fail the test."""
    page = _chromium.new_page(viewport={"width": 1000, "height": 900})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<!doctype html><html lang='en'><title>Card</title><body></body></html>")
    yield page
    page.close()

    assert errors == []

"""Progress files of their own, and one browser for all."""

import shutil

import pytest


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """Save progress in a temporary folder; the file's path is returned."""
    file = tmp_path / "iamlab_progress.jsonl"
    monkeypatch.setenv("IAMLAB_PROGRESS", str(file))
    return file


@pytest.fixture(scope="session")
def _chromium():
    """One browser for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
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

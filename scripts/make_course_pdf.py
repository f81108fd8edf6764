"""Print the lessons of the built site as one PDF, with bookmarks and page numbers.

``make docs`` runs it after Sphinx. Chromium prints; without one, the site has no PDF. It takes some
seconds, so a PDF that is newer than all lessons stays.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import html
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SITE = ROOT / "build" / "site"
BOOK = ROOT / "build" / "docs" / "course.html"
PDF = SITE / "iamlab-course.pdf"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
STYLES = ("pygments.css", "card.css", "site.css", "course.css")
COVER = """<section class="cover"><h1>iamlab</h1>
<p>How AWS decides: a course about IAM and STS, in {count} lessons.</p>
<p>Predict each verdict. This book doesn't have them: you see them when you answer the cards, in the
browser or in JupyterLab: <a href="{home}">{home}</a></p>
<p>Version {version}. The text is under the licence CC BY 4.0. iamlab is not affiliated with
AWS.</p>
</section>"""


def find_browser() -> str | None:
    """Name the first browser there is."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def main() -> None:
    """Print twice: the second time the table of contents has the numbers of the pages."""
    program = find_browser()
    if program is None:
        print("There is no Chromium or Chrome, so the site has no PDF.", file=sys.stderr)  # noqa: T201
        return
    sources = [*_files(), SITE / "_static/course.css", Path(__file__)]
    if PDF.exists() and PDF.stat().st_mtime > max(own.stat().st_mtime for own in sources):
        return
    lessons = dict(_lessons())
    with sync_playwright() as playwright:
        # Chromium's sandbox doesn't start as root, and the page is our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        _print(page, lessons, {})
        _print(page, lessons, _numbers_of_pages(lessons))
        browser.close()


def _files() -> list[Path]:
    """Return the pages of the lessons, in order."""
    return sorted((SITE / "notebooks").glob("[0-9]*.html"))


def _lessons() -> Iterator[tuple[str, Any]]:
    """Return the title of each lesson, and the element of its page."""
    for path in _files():
        article = html.parse(str(path)).getroot().find(".//article")
        for own in article.xpath('.//a[@class="headerlink"] | .//p[@class="door"] | .//script'):
            own.drop_tree()
        for own in article.find_class("cell"):
            if "iamlab_progress.jsonl, on this computer" in own.text_content():
                own.drop_tree()  # a reader of paper has no progress file
        for own in article.xpath(".//details"):
            _unfold(own)
        for own in article.iter():
            if isinstance(own.tag, str):
                _own_ids(own, path.stem)
        yield " ".join(article.find(".//h1").text_content().split()), article


def _unfold(details: Any) -> None:
    """Open what a reader of paper can't open; the words of a figure are its alternative text."""
    summary = details.find("summary").text_content().strip()
    if summary in ("The same in words", "Show the code") or "Hide the code" in summary:
        details.drop_tree()
    else:
        details.set("open", "open")


def _own_ids(own: Any, lesson: str) -> None:
    """Keep ids of different lessons apart, and lead links to where they lead on paper."""
    if name := own.get("id"):
        own.set("id", f"{lesson}-{name}")
    link = own.get("href", "")
    if link.startswith("#"):
        own.set("href", f"#{lesson}-{link[1:]}")
    elif found := re.match(r"(\d\d_\w+)\.html", link):
        own.set("href", f"#{found[1]}")
    elif own.tag == "a" and link and "://" not in link:
        own.set("href", f"{PROJECT['urls']['Homepage']}notebooks/{link}")
    if own.tag == "article":
        own.set("id", lesson)
        own.tag = "section"


def _print(page: Any, lessons: dict[str, Any], numbers: dict[str, int]) -> None:
    styles = "".join(
        f'<link rel="stylesheet" href="{(SITE / "_static" / name).as_uri()}">' for name in STYLES
    )
    entries = "".join(
        f'<li><a href="#{own.get("id")}">{escape(title)}</a> <span>{numbers.get(title, "")}</span>'
        for title, own in lessons.items()
    )
    home = PROJECT["urls"]["Homepage"]
    cover = COVER.format(count=len(lessons), home=home, version=PROJECT["version"])
    body = "".join(html.tostring(own, encoding="unicode") for own in lessons.values())
    BOOK.write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>iamlab: the course'
        f'</title>{styles}</head><body>{cover}<nav class="course"><h1>Lessons</h1><ol>{entries}'
        f"</ol></nav>{body}</body></html>",
        "utf-8",
    )
    page.goto(BOOK.as_uri())
    page.pdf(path=PDF, prefer_css_page_size=True, tagged=True, outline=True, print_background=True)


def _numbers_of_pages(lessons: dict[str, Any]) -> dict[str, int]:
    """Return the page on which each lesson begins, from the bookmarks."""
    from pypdf import PdfReader

    reader = PdfReader(PDF)
    found = {}
    for own in _bookmarks(reader.outline):
        title = " ".join(str(own.title).split())
        if title in lessons and (number := reader.get_destination_page_number(own)) is not None:
            found[title] = number + 1
    return found


def _bookmarks(outline: Any) -> Iterator[Any]:
    for own in outline:
        if isinstance(own, list):
            yield from _bookmarks(own)
        else:
            yield own


if __name__ == "__main__":
    main()

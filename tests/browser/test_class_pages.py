"""The class report and a page of feedback in a browser: accessible, narrow, printed, offline."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from iamlab.classroom import report, write_feedback
from tests.classroom.classes import attempt, hand_in

SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
CUT_OFF = """[...document.querySelectorAll('main *')].filter(one =>
  one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 1
  && getComputedStyle(one).overflowX !== 'visible').map(one => one.outerHTML.slice(0, 80))"""
ROSTER = "student,name\n" + "".join(f"s{n:02},Learner with a long name {n:02}\n" for n in range(12))


@pytest.fixture
def pages(tmp_path):
    """Write the report of a class of twelve, its anonymous report, and the feedback."""
    course, submissions = tmp_path / "course", tmp_path / "submissions"
    course.mkdir()
    (course / "course.key").write_text(f"{'07' * 32}\n", "utf-8")
    (course / "course.key").chmod(0o600)
    (course / "course.toml").write_text('title = "Access"\nlessons = ["02"]\n', "utf-8")
    (course / "roster.csv").write_text(ROSTER, "utf-8")
    for place in range(11):
        student = f"s{place:02}"
        tries = [
            attempt(student, number, right=(place + n) % 3 > 0, place=n)
            for n, number in enumerate(("2.1", "2.5", "2.5", "2.6", "2.7", "2.7"))
        ]
        hand_in(submissions, student, tries)
    named = report(submissions, course).save(tmp_path / "report.html")
    hidden = report(submissions, course, anonymous=True).save(tmp_path / "anonymous.html")
    index, first, *_ = write_feedback(submissions, course, tmp_path / "feedback")
    return [named, hidden, index, first]


def test_pages_of_a_class_are_accessible_narrow_and_printable(browser, pages):
    """axe-core finds nothing, nothing is cut off at 320 pixels or on A4, and nothing is loaded."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    noted = []
    page.on("request", lambda request: noted.append(request.url))
    page.on("console", lambda message: noted.append(message.text))
    for file in pages:
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(file.as_uri())
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        for width in (1280, 640, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert (file.name, width, page.evaluate(SIDEWAYS)) == (file.name, width, False)
        page.set_viewport_size({"width": 688, "height": 1000})
        page.emulate_media(media="print")
        assert (file.name, page.evaluate(CUT_OFF)) == (file.name, [])
    context.close()

    assert [own for own in noted if not own.startswith(("file:", "data:"))] == []

"""The browser edition, as a learner meets it: a page, without any installation.

One page serves all tests, and one kernel most of them: to start another takes seconds. Chromium can
reach no other host than this machine, and the page must not try.
"""

import hashlib
import json
import re
from argparse import Namespace

import pytest
from packaging.utils import canonicalize_name

from iamlab.distribution.share import share
from lite.make import FULL, MOST_MEGABYTES, PUBLIC, PYODIDE, fetch_core, megabytes
from lite.packages import AT_THE_START, LOCK, WITH_PUBLIC, lock_of
from tests.browser.answers import LESSONS
from tests.browser.conftest import REPOSITORY
from tests.browser.hub import UnreachableError
from tests.browser.learner import Learner
from tests.browser.lite import LitePage, built, served
from tests.browser.test_lessons import answer_wrongly_first, lesson_00
from tests.effort import give_up

IN_THE_BROWSER = [name for name in LESSONS if "01" <= name[:2] <= "14"]
ANSWERED = {"01": "1.3", "02": "2.3", "04": "4.1", "05": "5.3", "10": "10.4", "12": "12.2"}
"""Exercises of six kinds, by their lessons."""
PROGRESS = "iamlab_progress.jsonl"
AFTER_LESSON_00 = re.compile(r"Continue with exercise (?!0\.)")
UNSAVED = "() => window.jupyterapp.shell.currentWidget.context.model.dirty"
FORGET = "async path => { await window.jupyterapp.serviceManager.contents.delete(path); }"


@pytest.fixture(scope="module")
def site(request):
    """Build the site, or take it from the cache."""
    try:
        return built(request.config.cache.mkdir("lite"))
    except UnreachableError as error:
        pytest.skip(str(error))
    except RuntimeError as error:
        give_up(str(error))


@pytest.fixture(scope="module")
def first_day(browser, site):
    """Visit the site for the first time, and go through lesson 00 by mouse."""
    with served(site) as address:
        lab = LitePage(browser, address)
        lab.open()
        assert lab.opened == LESSONS[0]
        assert lab.page.locator(".jp-Dialog").count() == 0
        assert not lab.page.evaluate(UNSAVED), "the browser asks whether to leave"
        lab.run_all()
        assert lab.cell_errors() == []
        lesson_00(Learner(lab))
        lab.settle()
        yield lab
        lab.leave()


@pytest.fixture
def lab(first_day):
    """Check that what a test does asks no other host, and that nothing goes wrong."""
    yield first_day
    outside, complaints = first_day.outside_requests[:], first_day.complaints[:]
    first_day.outside_requests.clear()
    first_day.complaints.clear()
    assert outside == []
    assert complaints == []


def test_the_site_is_small_and_has_all_its_packages(site):
    """A package is a file of the site, as the list of packages knows it."""
    assert megabytes(site) < MOST_MEGABYTES
    lock = json.loads((site / "static/pyodide" / LOCK).read_text("utf-8"))
    for name, package in lock["packages"].items():
        content = (site / "static/pyodide" / package["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == package["sha256"], name


def test_the_site_has_the_lessons_and_no_progress(site):
    """What is beside the notebooks of whoever builds it isn't for others."""
    names = {path.name for path in (site / "files").iterdir()}

    assert {*LESSONS, "index.ipynb", "gallery.ipynb", "images"} == names
    for name in LESSONS:
        notebook = json.loads((site / "files" / name).read_text("utf-8"))
        assert notebook["metadata"]["kernelspec"]["name"] == "python"


def stored(lab):
    """Return the records in the file that the browser keeps."""
    script = """async path => {
      const { contents } = window.jupyterapp.serviceManager;
      const { content, format } = await contents.get(path, { content: true });
      return format === 'base64' ? new TextDecoder().decode(
        Uint8Array.from(atob(content), one => one.charCodeAt(0))) : content;
    }"""
    text = lab.page.evaluate(script, PROGRESS)
    return [json.loads(line) for line in text.splitlines()]


def test_the_first_visit_opens_the_first_lesson_whose_answers_are_kept(lab):
    """Wrong and right answers by mouse; each is in a file in the browser's storage."""
    answered = {record.get("exercise") for record in stored(lab)}

    assert {"0.1", "0.2", "0.3"} <= answered


def test_progress_outlives_kernel_page_and_browser(lab, tmp_path):
    """The kernel forgets, then the page; in another browser, a button reads the saved file."""
    before = stored(lab)
    lab.turn_to(LESSONS[0])
    lab.restart()
    lab.run_all()
    status = Learner(lab).cell("progress()").locator(".jp-OutputArea")
    status.get_by_text(AFTER_LESSON_00).first.wait_for()
    with lab.page.expect_download() as downloaded:
        status.get_by_role("link", name="Download progress").click()
    downloaded.value.save_as(file := tmp_path / downloaded.value.suggested_filename)
    lab.save()
    lab.reopen()

    assert lab.opened == LESSONS[0]
    assert len(before) > 3
    assert stored(lab) == before

    lab.page.evaluate(FORGET, PROGRESS)
    lab.restart()
    lab.run_all()
    with lab.page.expect_file_chooser() as chooser:
        lab.page.get_by_role("button", name="Upload progress").click()
    chooser.value.set_files(file)
    status.get_by_text(f"{len(before)} records added").wait_for(timeout=60_000)

    assert stored(lab) == before


@pytest.mark.parametrize("name", IN_THE_BROWSER)
def test_a_lesson_runs_from_top_to_bottom(lab, name):
    """Each cell runs, without compiled packages; cards of all kinds take answers by mouse."""
    lab.turn_to(name)
    lab.run_all()

    assert lab.cell_errors() == []
    if number := ANSWERED.get(name[:2]):
        answer_wrongly_first(Learner(lab), number)


def test_a_later_visit_opens_the_map_of_the_course(lab):
    """In a new tab; JupyterLite takes the path out of the address when it opens the notebook."""
    page = lab.page.context.new_page()
    page.goto(f"{lab.site}/lab/index.html", wait_until="commit")
    page.wait_for_function("() => location.search === '?path=index.ipynb'")
    page.close()


def test_a_shared_link_opens_its_puzzle(lab):
    """Somebody who has only the link predicts, and reads what AWS decides."""
    question = "dana s3:DeleteObject star-maps/m31.fits"
    [link] = share(Namespace(world="groups", question=question, output="", site=lab.site))
    page = lab.page.context.new_page()
    page.goto(link)
    card = page.locator(".iamlab-card").filter(has_text="Your prediction")
    for word in ("denied", "certain"):
        card.get_by_role("radio", name=word, exact=True).check(timeout=120_000)
    card.get_by_role("button", name="Show what AWS decides").click()
    card.get_by_role("status").filter(has_text="denied").first.wait_for()
    card.get_by_role("status").filter(has_text="As you predicted.").first.wait_for()
    page.close()


def test_the_full_site_has_what_is_missing_from_the_public_distribution(site):
    """Not run here, where its host can't be reached: each package that it loads is listed."""
    core = fetch_core(REPOSITORY / "build/lite")
    original = json.loads((core / LOCK).read_text("utf-8"))
    packages = lock_of(site / "static/pyodide", original, PUBLIC)["packages"]
    todo, seen = [*AT_THE_START, *(name for name in FULL if name not in WITH_PUBLIC)], set()
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in seen:
            seen.add(name)
            todo += packages[name]["depends"]
            file = packages[name]["file_name"]
            assert file.startswith(PUBLIC) or (site / "static/pyodide" / file).exists()

    assert {"numpy", "pandas", "matplotlib", "cryptography", "lxml"} <= seen
    assert PYODIDE in PUBLIC

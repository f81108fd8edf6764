"""Three learners at a real JupyterHub: own variants, own progress, and nobody else's files."""

import json

import pytest
from playwright.sync_api import expect

from iamlab.classroom.marking import mark_all
from iamlab.classroom.submissions import read_submissions
from iamlab.teach.lesson import seed_of
from iamlab.teach.tables import find
from tests.browser.conftest import ALL_CELLS, READY, LabPage
from tests.browser.hub import FIRST, NEWS, PROXY, UnreachableError, installed_proxy, running
from tests.browser.learner import Learner
from tests.classroom.handed_in import make_course
from tests.effort import give_up

NAMES = ("emil", "ben", "maria")
"""Their variants of exercise 0.1 have the allowed request at three different places."""
FILE = "notebooks/iamlab_progress.jsonl"
LINK = f"/hub/user-redirect/lab/tree/notebooks/{FIRST}?reset"
"""The same kind of link as nbgitpuller's: it leads everybody to a server of their own."""


def log_in(lab, hub, name):
    """Open a link into the hub, and log in; the hub then starts the learner's server."""
    page = lab.page
    page.goto(f"{hub.url}{LINK}")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill("anything")
    page.locator("[type=submit]").click(no_wait_after=True)


@pytest.fixture(scope="module")
def hub(request, tmp_path_factory):
    """Start the hub. Without npm its tests are skipped, and fail where CI=true."""
    try:
        proxy = installed_proxy(request.config.cache.mkdir(PROXY))
    except UnreachableError as error:
        pytest.skip(str(error))
    except RuntimeError as error:
        give_up(str(error))
    with running(tmp_path_factory.mktemp("hub"), NAMES, proxy) as hub:
        yield hub


@pytest.fixture(scope="module")
def learners(browser, hub):
    """Let all three log in at the same time, run lesson 00, and answer exercise 0.1 rightly."""
    labs = {name: LabPage(browser, f"{hub.url}/user/{name}") for name in NAMES}
    for name, lab in labs.items():
        log_in(lab, hub, name)
    learners = {}
    for name, lab in labs.items():
        lab.page.wait_for_url(f"**/user/{name}/lab/tree/**", timeout=120_000)
        lab.page.evaluate(READY, 120)
        lab.page.evaluate(ALL_CELLS, 60)
        lab.run_all()
        learners[name] = learner = Learner(lab)
        card = learner.card("0.1")
        learner.check(card, *find("0.1", seed_of(name)).solution_answer())
        learner.reads(card, "✓ Right.")
    yield learners
    for lab in labs.values():
        lab.page.context.close()  # the hub stops the kernels


def progress_of(hub, name):
    """Return the records in the file of a learner."""
    return [json.loads(line) for line in (hub.home(name) / FILE).read_text("utf-8").splitlines()]


def test_each_learner_has_a_variant_of_their_own(learners):
    """JupyterHub passes the name of the user, and the seed follows from it."""
    answers = set()
    for name, learner in learners.items():
        task = find("0.1", seed_of(name))
        *shown, _ = learner.card("0.1").locator("fieldset legend").all_inner_texts()

        assert shown == [f"{n}. {own}" for n, own in enumerate(task.questions, 1)]
        assert learner.lab.cell_errors() == []
        answers.add(tuple(task.solution_answer()))
    assert len(answers) == len(NAMES)


def test_each_learner_has_a_progress_file_of_their_own(hub, learners):
    """It is in the learner's folder, and each record has the learner's name and seed."""
    for name in learners:
        found = progress_of(hub, name)
        [attempt] = [own for own in found if own["kind"] == "attempt"]

        assert {own["student"] for own in found} == {name}
        assert attempt["exercise"] == "0.1"
        assert attempt["seed"] == seed_of(name)
        assert attempt["correct"] is True


def test_the_notebook_of_a_learner_is_marked_without_its_progress_file(hub, learners, tmp_path):
    """The last cell, run once more, has the answers; the learner saves and hands in the file."""
    name, folder = NAMES[2], tmp_path / "submissions" / NAMES[2]
    learners[name].run("progress()")
    learners[name].lab.settle()
    learners[name].page.keyboard.press("Control+s")
    source, saved = hub.home(name) / "notebooks" / FIRST, folder / FIRST
    folder.mkdir(parents=True)
    expect(learners[name].page.locator(".jp-mod-dirty")).to_have_count(0)
    saved.write_bytes(source.read_bytes())
    course = make_course(tmp_path / "course", '["00"]')
    found, _ = read_submissions(folder.parent, course)
    right = {own.exercise for own in mark_all(found, course, progress=False) if own.correct}

    assert right == {"0.1"}
    assert [own.student for own in found] == [name]


def test_the_hub_starts_jupyterlab_without_news_and_extensions_of_other_hosts(learners):
    """A learner's first click is for the lesson, and no page asks another host."""
    read = "() => JSON.parse(document.getElementById('jupyter-config-data').textContent)"
    for learner in learners.values():
        config = learner.page.evaluate(read)

        assert config["news"] == {"disabled": True}
        assert config["extensionManager"]["name"] == "read-only"
        assert NEWS in config["disabledExtensions"]
        assert learner.lab.outside_requests == []


@pytest.mark.parametrize("path", [f"files/{FILE}", f"api/contents/{FILE}", "lab", "api/kernels"])
def test_no_learner_reads_what_another_learner_has(hub, learners, path):
    """The same address, with the own name in it, leads to the own files."""
    for name, other in zip(NAMES, NAMES[1:] + NAMES[:1], strict=True):
        requests = learners[name].page.context.request
        own, foreign = (requests.get(f"{hub.url}/user/{user}/{path}") for user in (name, other))

        assert own.status == 200
        assert foreign.status == 403
        assert "0.1" not in foreign.text()

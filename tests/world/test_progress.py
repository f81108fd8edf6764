"""Long questions show how far they are, and can be interrupted without harm."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from iamlab import World
from iamlab import display as progress
from iamlab.analysis import access_matrix as access
from iamlab.analysis.what_can import what_can
from iamlab.analysis.world_diff import world_diff as causes
from iamlab.analysis.world_diff.world_diff import diff_between
from iamlab.display import steps
from iamlab.teach.scenarios import MAP, scenario
from tests.model.world_contents import snapshot

NAMES = ["ana", "bob", "carol"]


def test_things_come_in_their_order_and_quick_work_shows_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A bar would only flicker."""
    assert list(steps(NAMES, "gathering")) == NAMES
    assert list(steps(iter(NAMES), "gathering", 3)) == NAMES
    assert list(steps([], "gathering")) == []
    assert capfd.readouterr() == ("", "")


def test_slow_work_shows_a_bar_on_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what is done and how many are done of how many; standard output stays clean."""
    monkeypatch.setattr(progress, "PATIENCE", -1)

    assert list(steps(NAMES, "gathering")) == NAMES
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "gathering" in shown.err
    assert "1/3" in shown.err


def test_what_is_passed_one_by_one_needs_no_count(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read ahead to count it."""
    monkeypatch.setattr(progress, "PATIENCE", -1)
    read: list[str] = []

    def reading() -> Iterator[str]:
        for name in NAMES:
            read.append(name)
            yield name

    waiting = steps(reading(), "gathering")
    assert next(waiting) == "ana"
    assert read == ["ana"]
    assert list(waiting) == ["bob", "carol"]
    assert "gathering: 1" in capfd.readouterr().err


def test_a_bar_waits_a_second() -> None:
    """As long as most people wait without asking themselves whether something is wrong."""
    assert progress.PATIENCE == 1


def test_neither_the_package_nor_a_quick_question_loads_the_bar() -> None:
    """A learner's first answer does not wait for it."""
    code = (
        "import sys\n"
        "from iamlab import World\n"
        "from iamlab.analysis.access_matrix import access\n"
        "ana = World().create_account('main').create_user('ana')\n"
        "access(ana.account.world, ['s3:GetObject'], ['*'])\n"
        "assert not [name for name in sys.modules if name.startswith('tqdm')]\n"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def impatient(values: Any, *_: Any) -> Iterator[Any]:
    """Yield one item, and then be interrupted."""
    yield from list(values)[:1]
    raise KeyboardInterrupt


def changed(world: World) -> World:
    """Return a copy that differs."""
    after = world.copy()
    after.group("astronomers").remove_user("alice")
    after.user("bob").attach_policy("AmazonS3FullAccess")
    return after


QUESTIONS: dict[str, tuple[Any, Callable[[World], Any]]] = {
    "access": (access, lambda w: access.access(w, ["s3:GetObject"], [MAP])),
    "access of groups": (access, lambda w: access.access(w, ["s3:GetObject"], [MAP], by="group")),
    "what can": (what_can, lambda w: what_can.what_can(w, w.user("dana"), services=["s3"])),
    "changes": (causes, lambda w: diff_between(w, changed(w)).changes(["s3:GetObject"], [MAP])),
    "changes that are asked": (access, lambda w: diff_between(w, changed(w)).gains_and_losses),
}


@pytest.mark.parametrize("named", QUESTIONS)
def test_who_interrupts_has_done_no_harm(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The world is as it was, and the next answer is the right one."""
    module, ask = QUESTIONS[named]
    world = scenario("groups")
    right, before = ask(world), snapshot(world)

    with monkeypatch.context() as patch:
        patch.setattr(module, "steps", impatient)
        with pytest.raises(KeyboardInterrupt):
            ask(world)

    assert snapshot(world) == before
    assert ask(world) == right


@pytest.mark.parametrize("named", QUESTIONS)
def test_a_question_that_shows_a_bar_gives_the_same_answer(
    named: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes."""
    _, ask = QUESTIONS[named]
    world = scenario("groups")
    quick = ask(world)
    monkeypatch.setattr(progress, "PATIENCE", -1)

    assert ask(world) == quick
    assert capfd.readouterr().err


def test_a_terminal_stays_one_after_a_widget_was_imported(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar is text, not a widget, unless there is a kernel."""
    import_module("iamlab.widgets.card")
    monkeypatch.setattr(progress, "PATIENCE", -1)

    assert list(steps(NAMES, "gathering")) == NAMES
    assert "gathering" in capfd.readouterr().err
